// The requests of a tenant as they come, newest first, in short.
import { ask, useInterval, useRef, useState } from "./lib.js";

const MOST = 100_000;

class Feed {
  constructor() { this.rows = []; this.first = Infinity; this.last = 0; this.whole = false; }

  /** What came since, then some of what was before; whether anything changed. */
  async step(tenant) {
    const newer = await ask(tenant, `/requests/summaries?after=${this.last}`);
    let changed = this.forget(newer.first);
    if (newer.value.length) { this.take(newer.value, true); changed = true; }
    if (!this.whole && this.rows.length) {
      const older = await ask(tenant, `/requests/summaries?before=${this.first}`);
      this.whole = !older.value.length || this.rows.length >= MOST;
      if (older.value.length) { this.take(older.value, false); changed = true; }
    }
    return changed;
  }

  /** Let go of what the journal no longer has, all of it after a reset. */
  forget(first) {
    const kept = first === null ? [] : this.rows.filter((row) => row.number >= first);
    const changed = kept.length !== this.rows.length;
    if (changed) this.rows = kept;
    return changed;
  }

  take(found, newer) {
    const ordered = found.slice().reverse();
    this.rows = newer ? ordered.concat(this.rows).slice(0, MOST) : this.rows.concat(ordered);
    this.first = Math.min(this.first, found[0].number);
    this.last = Math.max(this.last, found[found.length - 1].number);
  }
}

export function useFeed(tenant) {
  const feed = useRef(null);
  const [state, setState] = useState({ rows: [], error: null, ready: false });
  useInterval(async () => {
    if (feed.current?.tenant !== tenant) {
      feed.current = Object.assign(new Feed(), { tenant });
      setState({ rows: [], error: null, ready: false });
    }
    const mine = feed.current;
    try {
      const changed = await mine.step(tenant);
      if (mine === feed.current && (changed || !mine.shown)) {
        mine.shown = true;
        setState({ rows: mine.rows, error: null, ready: true });
      }
    } catch (error) {
      setState((before) => ({ ...before, error, ready: true }));
    }
  }, 1000, [tenant]);
  return state;
}

/** Rows with the items of a batch below it. */
export function nested(rows) {
  const items = Map.groupBy ? Map.groupBy(rows.filter((row) => row.batch), (row) => row.batch) : new Map();
  const known = new Set(rows.filter((row) => items.has(row.requestId)).map((row) => row.requestId));
  const found = [];
  for (const row of rows) {
    if (row.batch && known.has(row.batch)) continue;
    found.push(row);
    for (const item of (items.get(row.requestId) || []).slice().reverse()) found.push({ ...item, inside: true });
  }
  return found;
}
