// The requests of a tenant as they come, newest first, in short: useFeed(tenant) gives {rows, pending, error, ready}.
import { ask, useEffect, useInterval, useRef, useState } from "./lib.js";

const MOST = 100_000;
// Rows that are read, or worked on, in one go: the browser draws before the next.
const SLICE = 1_000;
// How many are read in a step, when nothing, something or very much has come: the latest at once, the rest in time.
const IDLE = 5 * SLICE, BUSY = SLICE, RUSH = SLICE / 2;

class Feed {
	/** `holes` are the numbers between which rows were not read yet, [after, before], the latest first.
	 *  `rows` change in place: a list of 100,000 for each piece that is read is felt, when it is garbage.
	 */
	constructor() { this.rows = []; this.last = 0; this.holes = []; }

	/** What came since, then some of what was not read before; whether anything changed. */
	async step(tenant) {
		const newer = await ask(tenant, `/requests/summaries?after=${this.last}&most=${RUSH}`);
		const changed = this.forget(newer.first);
		const came = newer.value.length;
		if (came) this.took(newer.value);
		if (came === RUSH || !this.holes.length) return changed || came > 0;
		for (let left = came ? BUSY : IDLE; left > 0 && this.holes.length; left -= SLICE) await this.fill(tenant);
		return true;
	}

	took(found) {
		const first = found[0].number;
		if (first > this.last + 1) this.holes.unshift([this.last, first]);
		this.rows.unshift(...found.reverse());
		this.last = found[0].number;
		this.rows.splice(MOST);
	}

	async fill(tenant) {
		const hole = this.holes[0], [after, before] = hole;
		const { value: found } = await ask(tenant, `/requests/summaries?after=${after}&before=${before}&most=${SLICE}`);
		this.rows.splice(this.below(before), 0, ...found.reverse());
		this.rows.splice(MOST);
		const whole = !found.length || found[found.length - 1].number <= after + 1 || this.rows.length >= MOST;
		if (whole) this.holes.shift(); else hole[1] = found[found.length - 1].number;
	}

	/** Where the first row with a lower number is. */
	below(number) {
		let low = 0, high = this.rows.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.rows[middle].number < number) high = middle; else low = middle + 1;
		}
		return low;
	}

	/** Let go of what the journal no longer has, all of it after a reset. */
	forget(first) {
		const left = first === null ? 0 : this.below(first);
		this.holes = first === null ? [] : this.holes.map(([after, before]) => [Math.max(after, first - 1), before]).filter(([after, before]) => before > after + 1);
		const changed = left !== this.rows.length;
		this.rows.splice(left);
		return changed;
	}

	/** How many are there that were not read yet. */
	get pending() { return this.holes.reduce((sum, [after, before]) => sum + before - after - 1, 0); }
}

export function useFeed(tenant) {
	const feed = useRef(null);
	const [state, setState] = useState({ rows: [], pending: 0, error: null, ready: false });
	useInterval(async () => {
		if (feed.current?.tenant !== tenant) {
			feed.current = Object.assign(new Feed(), { tenant });
			setState({ rows: [], pending: 0, error: null, ready: false });
		}
		const mine = feed.current;
		try {
			const changed = await mine.step(tenant);
			if (mine === feed.current && (changed || !mine.shown)) {
				mine.shown = true;
				setState({ rows: mine.rows.slice(), pending: mine.pending, error: null, ready: true });
			}
		} catch (error) {
			setState((before) => ({ ...before, error, ready: true }));
		}
	}, 1000, [tenant]);
	return state;
}

const gate = new MessageChannel(), waiting = [];
gate.port1.onmessage = () => waiting.shift()();
/** Let the browser do what else there is: a timer would wait for longer. */
const breath = () => new Promise((resolve) => { waiting.push(resolve); gate.port2.postMessage(0); });

/** Do something with each of many rows: a generator, for `useWorkedOut`. */
export function* each(rows, work) {
	for (let at = 0; at < rows.length; at += SLICE) {
		if (rows.length > SLICE) yield;
		for (const row of rows.slice(at, at + SLICE)) work(row);
	}
}

/** What the generator `make(rows)` returns, begun anew as one of `inputs` changes; the browser draws where it yields.
 *  Until that of the latest rows is done, this is that of former ones, and null at first. Rows that are null wait.
 */
export function useWorkedOut(make, rows, inputs = []) {
	const [found, setFound] = useState(null);
	const job = useRef(null);
	const run = async (mine) => {
		mine.busy = true;
		while (mine.rows) {
			const work = make(mine.rows);
			mine.rows = null;
			let turn = work.next();
			while (!turn.done) {
				await breath();
				if (mine.ended) return;
				turn = work.next();
			}
			setFound(turn.value);
		}
		mine.busy = false;
	};
	useEffect(() => {
		const mine = job.current = {};
		return () => { mine.ended = true; };
	}, inputs);
	useEffect(() => {
		job.current.rows = rows;
		if (!job.current.busy) run(job.current);
	}, [rows, ...inputs]);
	return found;
}

/** Rows with the items of a batch below it. */
export function* nested(rows) {
	const items = new Map(), heads = new Set(), found = [];
	yield* each(rows, (row) => { if (row.batch) items.get(row.batch)?.push(row) ?? items.set(row.batch, [row]); });
	if (!items.size) return rows;
	yield* each(rows, (row) => { if (items.has(row.requestId)) heads.add(row.requestId); });
	yield* each(rows, (row) => {
		row.inside = heads.has(row.batch); // said of the row itself: a copy of each, each second, is felt
		if (row.inside) return;
		found.push(row);
		if (heads.has(row.requestId)) found.push(...items.get(row.requestId).reverse());
	});
	return found;
}
