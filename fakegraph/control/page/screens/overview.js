// Overview: requests by status over time, how long they took, what was asked most, and what is left of the budget.
import { Empty, Problem, addressOf, ask, html, useInterval, useLoaded } from "../lib.js";
import { each as eachOf, useFeed, useWorkedOut } from "../feed.js";

export const name = "overview";
export const title = "Overview";
export const order = 20;

const BARS = 60, TALL = 120;
const KINDS = ["2", "3", "4", "5", "0"];
const SHARES = [50, 95, 99], LOOKS = { 50: 2, 95: 4, 99: 5 };

export function Screen({ tenant }) {
	const { rows, pending, error, ready } = useFeed(tenant);
	const drawn = useWorkedOut(charted, ready ? rows : null);
	if (ready && !rows.length) return html`<${Problem} error=${error} /><${Empty}>Charts of a tenant's requests are here once something asks it.<//>`;
	if (!drawn) return null;
	const { bars, templates, all } = drawn;
	return html`<section class="whole scrolls">
		<${Problem} error=${error} />${pending > 0 && html`<p class="count" role="status">${pending} requests more to read</p>`}
		<h2>Requests by status over time</h2><${Bars} bars=${bars} />
		<h2>How long they took</h2>
		<dl class="figures">${[50, 90, 95, 99].map((share) => html`<div><dt>p${share}</dt><dd>${percentile(all, share).toFixed(1)} ms</dd></div>`)}</dl>
		<${Lines} bars=${bars} />
		<h2>Asked most</h2><${Most} ...${{ tenant, templates }} />
		<h2>Throttle budget</h2><${Budget} tenant=${tenant} />
	</section>`;
}

/** What the charts show, each request looked at once. */
function* charted(rows) {
	const bars = Array.from({ length: BARS }, () => ({ counts: {}, took: [] })), found = new Map(), all = [];
	const [begin, end] = yield* spanOf(rows);
	yield* eachOf(rows, (row) => {
		const bar = bars[Math.floor(((Date.parse(row.time) - begin) / (end - begin + 1)) * BARS)];
		const kind = row.status ? String(row.status)[0] : "0";
		bar.counts[kind] = (bar.counts[kind] || 0) + 1;
		const key = `${row.method} ${row.route || row.path}`;
		const each = found.get(key) || { key, method: row.method, route: row.route || row.path, path: row.path, took: [], refused: 0 };
		if (row.status >= 400 || row.status === 0) each.refused += 1;
		found.set(key, each);
		for (const took of [all, bar.took, each.took]) took.push(row.durationMs);
	});
	const templates = [...found.values()].sort((one, other) => other.took.length - one.took.length).slice(0, 20);
	for (const each of [...bars, ...templates]) { each.took = sorted(each.took); yield; }
	return { bars, templates, all: sorted(all) };
}

/** When the first was asked and the last, in milliseconds. A clock may have been set back. */
function* spanOf(rows) {
	let begin = Infinity, end = -Infinity;
	yield* eachOf(rows, (row) => { const time = Date.parse(row.time); begin = Math.min(begin, time); end = Math.max(end, time); });
	return [begin, end];
}

const sum = (values) => values.reduce((one, other) => one + other, 0);

const Chart = ({ label, words, children }) => html`<figure><svg class="bars" viewBox="0 0 600 120" preserveAspectRatio="none" role="img" aria-label=${label}>${children}</svg><figcaption>${words}</figcaption></figure>`;

function Bars({ bars }) {
	const most = Math.max(1, ...bars.map((bar) => sum(Object.values(bar.counts))));
	const total = KINDS.map((kind) => [kind, sum(bars.map((bar) => bar.counts[kind] || 0))]).filter(([, count]) => count);
	const words = total.map(([kind, count]) => `${count} ${kind === "0" ? "cut off" : `${kind}xx`}`).join(", ");
	return html`<${Chart} label=${`Requests over time: ${words}`} words=${words}>
		${bars.map((bar, index) => {
			let top = TALL;
			return KINDS.filter((kind) => bar.counts[kind]).map((kind) => {
				const tall = (bar.counts[kind] / most) * (TALL - 4);
				top -= tall;
				return html`<rect class=${`is-${kind}`} x=${index * 10 + 1} y=${top} width="8" height=${tall} />`;
			});
		})}<//>`;
}

/** Percentiles of how long requests took, span by span, on a scale that one slow answer does not flatten. */
function Lines({ bars }) {
	const spans = bars.map((bar) => bar.took);
	const found = SHARES.map((share) => [share, spans.map((each) => (each.length ? percentile(each, share) : null))]);
	const most = Math.max(1, ...found.flatMap(([, values]) => values.filter((each) => each !== null)));
	const high = (took) => TALL - 4 - (Math.log1p(took) / Math.log1p(most)) * (TALL - 12);
	const points = (values) => values.map((took, index) => (took === null ? null : [index * 10 + 5, high(took)])).filter(Boolean);
	return html`<${Chart} label=${`How long requests took over time: ${SHARES.map((each) => `p${each}`).join(", ")}, up to ${most.toFixed(1)} ms`} words=${html`${SHARES.map((share) => html`<span class=${`is-${LOOKS[share]}`}>p${share}</span> `)} up to ${most.toFixed(1)} ms`}>
			${found.map(([share, values]) => html`<polyline class=${`line-${share} is-${LOOKS[share]}`} points=${points(values).map((each) => each.join(",")).join(" ")} />${points(values).map(([x, y]) => html`<path class=${`dot line-${share} is-${LOOKS[share]}`} d=${`M${x} ${y}h0`} />`)}`)}<//>`;
}

const sorted = (took) => Float64Array.from(took).sort();
const percentile = (took, share) => took[Math.max(0, Math.ceil((share / 100) * took.length) - 1)] || 0;

function Most({ tenant, templates }) {
	const most = Math.max(1, ...templates.map((each) => each.took.length));
	return html`<table aria-label="Asked most"><thead><tr><th>Method and path</th><th>Times</th><th>Refused</th><th>p50 ms</th><th>p95 ms</th></tr></thead>
		<tbody>${templates.map((each) => html`<tr key=${each.key}><td><a href=${addressOf("requests", { tenant, text: `${each.method} ${each.path}` })}>${each.method} ${each.route}</a><${Meter} value=${each.took.length} most=${most} /></td>
			<td>${each.took.length}</td><td>${each.refused}</td><td>${percentile(each.took, 50).toFixed(1)}</td><td>${percentile(each.took, 95).toFixed(1)}</td></tr>`)}</tbody></table>`;
}

/** How much of a whole something is, beside words that say it. */
function Meter({ value, most, level = "" }) {
	return html`<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class=${`is-${level}`} width=${(Math.min(value, most) / most) * 100} height="4" /></svg>`;
}

function Budget({ tenant }) {
	const { value, error, reload } = useLoaded(() => ask(tenant, "/throttle"), [tenant]);
	useInterval(reload, 2000, [tenant]);
	if (!value) return html`<${Problem} error=${error} />`;
	const { requests, seconds, apps } = value;
	if (requests === null) return html`<p class="quiet">Nobody is throttled: start the server with <code>--rate-limit 100/60</code> for a budget of requests.</p>`;
	if (!apps.length) return html`<p class="quiet">Each app may ask ${requests} times in ${seconds} s, and none has asked in that time.</p>`;
	return html`<p>Each app may ask ${requests} times in ${seconds} s.</p><table aria-label="Throttle budget"><thead><tr><th>App</th><th>Used</th><th>Left</th><th>More in</th></tr></thead>
		<tbody>${apps.map((each) => html`<tr key=${each.app}><td>${each.app || "no app"}<${Meter} value=${each.used} most=${requests} level=${each.used >= requests ? "5" : each.used >= 0.8 * requests ? "4" : "2"} /></td><td>${each.used}</td><td>${requests - each.used}</td><td>${each.resetSeconds} s</td></tr>`)}</tbody></table>`;
}
