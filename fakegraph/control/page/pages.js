// A collection of Graph, a page at a time, as far as somebody has scrolled; pages out of sight are let go and asked for again.
import { coded, look } from "./lib.js";

const SIZE = 200; // records: what most collections give at once
const MOST_KEPT = 60; // pages

export class Pages {
	/** `tell` is handed {count, total, error, busy} whenever that changes. */
	constructor(tenant, path, { filter, select }, headers, tell) {
		const filtered = filter ? `$filter=${coded(filter)}` : "";
		const full = [filtered, `$count=true&$top=${SIZE}`, select && `$select=${select}`];
		this.tenant = tenant; this.headers = headers; this.tell = tell;
		// What refuses the options that only spare work is asked without them.
		this.ways = [full, [filtered, full[2]], [filtered]].map((options) => [path, options.filter(Boolean).join("&")].filter(Boolean).join("?"));
		this.pages = []; this.next = this.ways[0]; this.count = 0; this.total = null; this.busy = false;
	}

	rowAt(index) {
		const page = this.pageOf(index);
		return page?.rows?.[index - page.start];
	}

	pageOf(index) {
		let low = 0, high = this.pages.length - 1;
		while (low <= high) {
			const middle = (low + high) >> 1, page = this.pages[middle];
			if (index < page.start) high = middle - 1;
			else if (index >= page.start + page.size) low = middle + 1;
			else return page;
		}
		return undefined;
	}

	/** Ask for what is in sight and not there, and for more near the end. */
	async seen(first, last) {
		this.first = first; this.last = last;
		if (this.busy) return;
		const missing = [this.pageOf(first), this.pageOf(Math.max(first, last - 1))].find((page) => page && !page.rows);
		if (missing) await this.again(missing);
		else if (this.next && last >= this.count - SIZE / 2) await this.more();
	}

	async more() {
		const link = this.next;
		const found = await this.asked(link);
		if (!found) return;
		const rows = Array.isArray(found.value) ? found.value : [];
		this.pages.push({ link, start: this.count, size: rows.length, rows });
		this.count += rows.length;
		this.total = found["@odata.count"] ?? this.total;
		this.next = found["@odata.nextLink"] || null;
		if (!this.next) this.total = this.count;
		this.letGo();
		this.told();
		if (this.last !== undefined) this.seen(this.first, this.last);
	}

	async again(page) {
		const found = await this.asked(page.link);
		if (!found) return;
		page.rows = found.value;
		this.letGo(page);
		this.told();
		this.seen(this.first, this.last);
	}

	async asked(link) {
		if (this.busy) return null;
		this.busy = true;
		try {
			return await this.firstWay(link);
		} catch (error) {
			this.next = null;
			this.told(error);
			return null;
		} finally { this.busy = false; }
	}

	async firstWay(link) {
		const ways = link === this.ways[0] ? this.ways : [link];
		for (const [index, way] of ways.entries()) {
			try { return await look(this.tenant, way, this.headers); } catch (error) {
				if (error.status !== 400 && error.status !== 501 || index === ways.length - 1) throw error;
			}
		}
		return null;
	}

	letGo(kept) {
		const loaded = this.pages.filter((page) => page.rows);
		if (loaded.length <= MOST_KEPT) return;
		const middle = this.first || 0;
		loaded.sort((one, other) => Math.abs(other.start - middle) - Math.abs(one.start - middle));
		for (const page of loaded.slice(0, loaded.length - MOST_KEPT)) if (page !== kept) page.rows = null;
	}

	told(error = null) { this.tell({ count: this.count, total: this.total, error, busy: false }); }
}
