// Overview: requests by status over time, how long they took, and what was asked most.
import { Empty, Problem, addressOf, html, useMemo } from "../lib.js";
import { useFeed } from "../feed.js";

export const name = "overview";
export const title = "Overview";
export const order = 20;

const BARS = 60;
const KINDS = ["2", "3", "4", "5", "0"];

export function Screen({ tenant }) {
  const { rows, error, ready } = useFeed(tenant);
  const bars = useMemo(() => overTime(rows), [rows]);
  const templates = useMemo(() => byTemplate(rows), [rows]);
  const unserved = useMemo(() => notServed(rows), [rows]);
  if (ready && !rows.length) return html`<${Problem} error=${error} /><${Empty}>Charts of a tenant's requests are here once something asks it.<//>`;
  return html`<section class="whole scrolls">
    <${Problem} error=${error} />
    <h2>Requests by status over time</h2><${Bars} bars=${bars} />
    <h2>How long they took</h2>
    <dl class="figures">${[50, 90, 95, 99].map((share) => html`<div><dt>p${share}</dt><dd>${percentile(rows, share).toFixed(1)} ms</dd></div>`)}</dl>
    <h2>Asked most</h2>
    <table><thead><tr><th>Method and path</th><th>Times</th><th>Refused</th><th>p95 ms</th></tr></thead>
      <tbody>${templates.map((each) => html`<tr><td><a href=${addressOf("requests", { tenant, text: each.method })}>${each.method}</a> ${each.route}</td><td>${each.rows.length}</td><td>${each.refused}</td><td>${percentile(each.rows, 95).toFixed(1)}</td></tr>`)}</tbody></table>
    <h2>Asked for and not served</h2>
    ${unserved.length ? html`<table><thead><tr><th>Method and path</th><th>Times</th><th>Reason</th></tr></thead>
      <tbody>${unserved.map((each) => html`<tr><td>${each.method} ${each.path}</td><td>${each.times}</td><td>${each.reason}</td></tr>`)}</tbody></table>`
      : html`<p class="quiet">Everything that was asked for is served.</p>`}
  </section>`;
}

function overTime(rows) {
  if (!rows.length) return [];
  const times = rows.map((row) => Date.parse(row.time));
  const end = Math.max(...sample(times)), begin = Math.min(...sample(times));
  const width = Math.max(1000, (end - begin + 1) / BARS);
  const bars = Array.from({ length: BARS }, (_, index) => ({ from: begin + index * width, counts: {} }));
  rows.forEach((row, index) => {
    const bar = bars[Math.max(0, Math.min(BARS - 1, Math.floor((times[index] - begin) / width)))];
    const kind = row.status ? String(row.status)[0] : "0";
    bar.counts[kind] = (bar.counts[kind] || 0) + 1;
  });
  return bars;
}

/** So few that they can be the arguments of a function: the ends, and some between. */
function sample(values) {
  const step = Math.max(1, Math.floor(values.length / 10_000));
  return values.filter((_, index) => index % step === 0 || index === values.length - 1);
}

function Bars({ bars }) {
  const most = Math.max(1, ...bars.map((bar) => Object.values(bar.counts).reduce((sum, each) => sum + each, 0)));
  const total = KINDS.map((kind) => [kind, bars.reduce((sum, bar) => sum + (bar.counts[kind] || 0), 0)]).filter(([, count]) => count);
  const words = total.map(([kind, count]) => `${count} ${kind === "0" ? "cut off" : `${kind}xx`}`).join(", ");
  return html`<figure><svg class="bars" viewBox="0 0 600 120" preserveAspectRatio="none" role="img" aria-label=${`Requests over time: ${words}`}>
    ${bars.map((bar, index) => {
      let top = 120;
      return KINDS.filter((kind) => bar.counts[kind]).map((kind) => {
        const tall = (bar.counts[kind] / most) * 116;
        top -= tall;
        return html`<rect class=${`bar-${kind}`} x=${index * 10 + 1} y=${top} width="8" height=${tall} />`;
      });
    })}</svg><figcaption>${words}</figcaption></figure>`;
}

function percentile(rows, share) {
  const took = rows.map((row) => row.durationMs).sort((a, b) => a - b);
  return took.length ? took[Math.min(took.length - 1, Math.floor((took.length * share) / 100))] : 0;
}

function byTemplate(rows) {
  const found = new Map();
  for (const row of rows) {
    const key = `${row.method} ${row.route || row.path}`;
    const each = found.get(key) || { method: row.method, route: row.route || row.path, rows: [], refused: 0 };
    each.rows.push(row);
    each.refused += row.status >= 400;
    found.set(key, each);
  }
  return [...found.values()].sort((a, b) => b.rows.length - a.rows.length).slice(0, 20);
}

function notServed(rows) {
  const found = new Map();
  for (const row of rows.filter((each) => each.status === 501)) {
    const key = `${row.method} ${row.route || row.path}`;
    const each = found.get(key) || { method: row.method, path: row.route || row.path, times: 0, reason: row.errorMessage };
    each.times += 1;
    found.set(key, each);
  }
  return [...found.values()].sort((a, b) => b.times - a.times);
}
