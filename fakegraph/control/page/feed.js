// The requests of a tenant as they come, newest first, in short: useFeed(tenant) gives {rows, pending, error, ready}.
import { ask, useInterval, useRef, useState } from "./lib.js";

const MOST = 100_000;
// How many are read in a step, when nothing, something or very much has come: the latest at once, the rest in time.
const IDLE = 5_000, BUSY = 1_000, RUSH = 500;

class Feed {
	/** `holes` are the numbers between which rows were not read yet, [after, before], the latest first. */
	constructor() { this.rows = []; this.last = 0; this.holes = []; }

	/** What came since, then some of what was not read before; whether anything changed. */
	async step(tenant) {
		const newer = await ask(tenant, `/requests/summaries?after=${this.last}&most=${RUSH}`);
		const changed = this.forget(newer.first);
		const came = newer.value.length;
		if (came) this.took(newer.value);
		if (came === RUSH || !this.holes.length) return changed || came > 0;
		await this.fill(tenant, came ? BUSY : IDLE);
		return true;
	}

	took(found) {
		if (found[0].number > this.last + 1) this.holes.unshift([this.last, found[0].number]);
		this.last = found[found.length - 1].number;
		this.rows = found.slice().reverse().concat(this.rows).slice(0, MOST);
	}

	async fill(tenant, most) {
		const hole = this.holes[0], [after, before] = hole;
		const { value: found } = await ask(tenant, `/requests/summaries?after=${after}&before=${before}&most=${most}`);
		const at = this.rows.findIndex((row) => row.number < before);
		const above = at < 0 ? this.rows : this.rows.slice(0, at), below = at < 0 ? [] : this.rows.slice(at);
		this.rows = above.concat(found.reverse(), below).slice(0, MOST);
		const whole = !found.length || found[found.length - 1].number <= after + 1 || this.rows.length >= MOST;
		if (whole) this.holes.shift(); else hole[1] = found[found.length - 1].number;
	}

	/** Let go of what the journal no longer has, all of it after a reset. */
	forget(first) {
		let left = first === null ? 0 : this.rows.length;
		while (left && this.rows[left - 1].number < first) left -= 1;
		this.holes = first === null ? [] : this.holes.map(([after, before]) => [Math.max(after, first - 1), before]).filter(([after, before]) => before > after + 1);
		const changed = left !== this.rows.length;
		if (changed) this.rows = this.rows.slice(0, left);
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
				setState({ rows: mine.rows, pending: mine.pending, error: null, ready: true });
			}
		} catch (error) {
			setState((before) => ({ ...before, error, ready: true }));
		}
	}, 1000, [tenant]);
	return state;
}

/** Rows with the items of a batch below it. */
export function nested(rows) {
	const items = new Map();
	for (const row of rows) if (row.batch) items.get(row.batch)?.push(row) ?? items.set(row.batch, [row]);
	if (!items.size) return rows;
	const heads = new Set(rows.filter((row) => items.has(row.requestId)).map((row) => row.requestId)), found = [];
	for (const row of rows) {
		row.inside = heads.has(row.batch); // said of the row itself: a copy of each, each second, is felt
		if (row.inside) continue;
		found.push(row);
		if (heads.has(row.requestId)) found.push(...items.get(row.requestId).reverse());
	}
	return found;
}
