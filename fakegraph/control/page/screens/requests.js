// Requests: what came, both sides of each, why it was answered so, and what to do with it.
import { Choice, Code, Copy, Detail, Empty, Fields, LongTable, Problem, Stub, Tabs, addressOf, ask, coded, download, go, html, pretty, shortTime, useAct, useLoaded, useState } from "../lib.js";
import { each, nested, useFeed, useWorkedOut } from "../feed.js";
import { FORMS, patternOf } from "../copies.js";

export const name = "requests";
export const title = "Requests";
export const order = 10;

const STATUSES = [["", "every status"], ...["2", "3", "4", "5"].map((each) => [each, `${each}xx`]), ["0", "cut off"]];
const PRESETS = document.querySelector("meta[name=presets]").content.split(" ");
function targetOf(row) {
	let query = row.query;
	try { query = decodeURIComponent(query.replaceAll("+", " ")); } catch { /* as it was sent */ }
	return row.path + (query ? `?${query}` : "");
}

const statusClass = (row) => (row.status === 0 ? "0" : String(row.status)[0]);
const reasonOf = (row) => [row.errorCode, row.errorMessage].filter(Boolean).join(": ") || (row.fault ? `fault ${row.fault}` : row.stub ? `stub ${row.stub}` : "");

const COLUMNS = [
	{ name: "time", title: "Time", show: (row) => shortTime(row.time) },
	{ name: "method", title: "Method", show: (row) => row.method },
	{ name: "target", title: "Path", show: (row) => targetOf(row), hint: targetOf },
	{ name: "status", title: "Status", show: (row) => html`<span class=${`status is-${statusClass(row)}`}>${row.status || "cut"}</span>` },
	{ name: "caller", title: "Caller", show: (row) => row.caller || "", hint: (row) => row.caller || "" },
	{ name: "took", title: "ms", show: (row) => row.durationMs.toFixed(1) },
	{ name: "reason", title: "Reason", show: (row) => reasonOf(row), hint: reasonOf },
];

function meets(row, text, status) {
	if (status && statusClass(row) !== status) return false;
	if (!text) return true;
	const all = `${row.method} ${targetOf(row)} ${row.status} ${row.caller || ""} ${row.requestId} ${reasonOf(row)}`.toLowerCase();
	return text.toLowerCase().split(/\s+/).every((word) => all.includes(word));
}

/** Those that are to be shown, of how many. A row is looked at once: what came of it is said of itself. */
function* sifted(rows, text, status) {
	const all = yield* nested(rows), sieve = `${status} ${text}`;
	if (!text && !status) return { shown: all, of: rows.length };
	const shown = [];
	yield* each(all, (row) => {
		if (row.sieve !== sieve) Object.assign(row, { sieve, met: meets(row, text, status) });
		if (row.met) shown.push(row);
	});
	return { shown, of: rows.length };
}

export function Screen({ tenant, params }) {
	const { rows, pending, error, ready } = useFeed(tenant);
	const { text = "", status = "", tab = "Response", ...more } = Object.fromEntries(params), open = Number(more.open || 0);
	const { shown, of } = useWorkedOut((now) => sifted(now, text, status), rows, [text, status]) || { shown: [], of: 0 };
	return html`<section class=${open ? "split" : "whole"}>
		<div class="list">
			<form class="bar" role="search" onSubmit=${(event) => event.preventDefault()}>
				<input type="search" aria-label="Filter requests" placeholder="Filter: path, caller, reason…" value=${text}
					onInput=${(event) => go({ text: event.target.value })} />
				<${Choice} label="Status" value=${status} options=${STATUSES} change=${(next) => go({ status: next })} />
				<span class="count" role="status">${shown.length} of ${of}${pending ? `, ${pending} more to read` : ""}</span>
				<button onClick=${() => ask(tenant, "/requests", { method: "DELETE" })}>Clear</button>
				<button onClick=${async () => download(`${tenant}.har`, await ask(tenant, "/requests.har", { as: "text" }))}>HAR</button>
			</form>
			<${Problem} error=${error} />
			${ready && !rows.length
				? html`<${Empty}>Nothing has asked this tenant yet. Try <code>curl ${location.origin}${tenant === "default" ? "" : `/tenants/${tenant}`}/v1.0/users -H 'Authorization: Bearer any'</code><//>`
				: html`<${LongTable} count=${shown.length} rowAt=${(index) => shown[index]} columns=${COLUMNS} keyOf=${(row) => row.number} chosen=${open} label="Requests"
						classOf=${(row) => (row.inside ? "inside" : "")} choose=${(row) => go({ open: row.number })} />`}
		</div>
		${open > 0 && html`<${Request} key=${open} tenant=${tenant} number=${open} tab=${tab} />`}
	</section>`;
}

function Request({ tenant, number, tab }) {
	const { value, error } = useLoaded(() => ask(tenant, `/requests/${number}`), [tenant, number]);
	return html`<${Detail} label=${`Request ${number}`} title=${value ? `${value.method} ${value.path}` : `Request ${number}`} error=${error}>
		${value && html`<${Actions} tenant=${tenant} request=${value} />
			<${Tabs} label="Sides of the request" names=${["Request", "Response", "Why", "Copy"]} chosen=${tab} choose=${(next) => go({ tab: next })} />
			<div role="tabpanel" aria-label=${tab}>${panel(tab, tenant, value)}</div>`}<//>`;
}

function panel(tab, tenant, request) {
	if (tab === "Request") return html`<${Side} first=${`${request.method} ${request.url}`} headers=${request.headers} json=${request.json} text=${request.text} size=${request.bodySize} />`;
	if (tab === "Why") return html`<${Why} tenant=${tenant} number=${request.number} />`;
	if (tab === "Copy") return html`<${Copies} ...${{ tenant, request }} />`;
	return html`<${Side} first=${`${request.status || "The connection was cut"}${request.errorCode ? ` ${request.errorCode}` : ""} in ${request.durationMs.toFixed(1)} ms`}
		headers=${request.responseHeaders} json=${request.responseJson} text=${request.responseText} size=${request.responseSize} />`;
}

function Side({ first, headers, json, text, size }) {
	const body = json === null ? text : pretty(json);
	return html`<p class="first">${first}</p>
		<details open><summary>Headers</summary><${Fields} fields=${headers} /></details>
		${body ? html`<div class="bar"><span class="count">${size} bytes</span><${Copy} text=${body} /></div><${Code} text=${body} label="Body" />`
			: html`<p class="quiet">${size ? `The body of ${size} bytes was not kept.` : "No body."}</p>`}`;
}

function Why({ tenant, number }) {
	const { value, error } = useLoaded(() => ask(tenant, `/requests/${number}/why`), [tenant, number]);
	if (!value) return html`<${Problem} error=${error} />`;
	const { path, caller, permissions, query, refusal, ignored, fault, stub, nearMisses } = value;
	return html`<div class="why">
		${refusal && html`<h3>Refused</h3><p class="problem">${refusal.status} ${refusal.code}: ${refusal.reason}</p>`}
		${fault && html`<h3>A fault hit it</h3><${Code} text=${pretty(fault)} label="Fault" />`}
		${stub && html`<h3>A stub answered</h3><${Code} text=${pretty(stub)} label="Stub" />`}
		${nearMisses.length > 0 && html`<h3>Near misses</h3><ul>${nearMisses.map((each) => html`<li>${each.kind} ${each.id}: ${each.difference}</li>`)}</ul>`}
		<h3>Path</h3>
		${path ? html`<${Fields} fields=${{ leads: `${path.version}${path.template}`, kind: path.kind, ...(path.type ? { type: path.type } : {}), ...(path.operation ? { "not built": path.operation } : {}) }} />
			<p>Methods: ${path.methods.map((each) => html`<span class="chip" title=${each.built ? "" : "not built"}>${each.method} <small>${each.evidence}${each.built ? "" : ", not built"}</small></span>`)}</p>`
			: html`<p>Nothing is there.</p>`}
		<h3>Caller</h3>
		${caller ? html`<${Fields} fields=${Object.fromEntries(Object.entries(caller).filter(([field]) => field !== "held"))} />` : html`<p>No token was sent.</p>`}
		<h3>Permissions</h3>
		<p>${{ true: "What is held is enough.", false: "What is held is not enough.", null: "The token names no permissions, or the path needs none." }[String(permissions.enough)]}</p>
		<${Fields} fields=${{ held: permissions.held.join(", ") || "none named", ...Object.fromEntries(Object.entries(permissions.needed).map(([scheme, names]) => [scheme, names.join(" or ") || "none will do"])) }} />
		${query && query.length > 0 && html`<h3>How it is read</h3><ul>${query.map((each) => html`<li>${each.read} of ${each.records} records, ${each.by ? `by the index on ${each.by}` : "one after the other"}</li>`)}</ul>`}
		${ignored.length > 0 && html`<h3>Ignored</h3><ul>${ignored.map((each) => html`<li>${each}</li>`)}</ul>`}
	</div>`;
}

function Copies({ tenant, request }) {
	const { value, error } = useLoaded(() => ask(tenant, `/requests.har?requestId=${request.requestId}`), [tenant, request]);
	const written = [...Object.entries(FORMS).map(([form, write]) => [form, write(request)]), ...(value ? [["HAR", pretty(value)]] : [])];
	return html`${written.map(([form, text]) => html`<section key=${form}><div class="bar"><h3>${form}</h3><${Copy} text=${text} /></div><${Code} text=${text} label=${form} /></section>`)}<${Problem} error=${error} />`;
}

/** Where the console would ask the same. */
function partsOf(request) {
	const [version, ...path] = request.path.replace(/^\//, "").split("/");
	const query = request.url.includes("?") ? request.url.slice(request.url.indexOf("?")) : "";
	return { version, target: path.map(coded).join("/").replace(/%(24|40)/g, decodeURIComponent) + query };
}

function Actions({ tenant, request }) {
	const [dialog, setDialog] = useState(false);
	const [said, setSaid] = useState(null);
	const [error, doing] = useAct();
	const act = (work, words) => doing(async () => setSaid(words(await work())));
	const match = { method: request.method, path: patternOf(request.path) };
	const fail = (preset) => act(() => ask(tenant, "/faults", { method: "POST", body: { match, preset } }), () => `The next such request is ${preset}.`);
	const answer = request.status >= 200 && request.status < 300 ? { status: request.status, text: request.responseJson === null ? "{}" : pretty(request.responseJson) } : {};
	const replay = () => act(() => ask(tenant, `/requests/${request.number}/replay`, { method: "POST" }), (answer) => `Sent again: ${answer.status}.`);
	return html`<div class="bar actions">
		<button onClick=${replay}>Replay</button>
		<${Choice} label="Fail the next one like this" value="" options=${[["", "Fail the next like this…"], ...PRESETS]} change=${(preset) => preset && fail(preset)} />
		<button onClick=${() => setDialog(true)}>Stub this…</button>
		<a class="button" href=${addressOf("console", { tenant, method: request.method, ...partsOf(request) })}>Console</a>
		<span class="count" role="status">${said}</span></div>
		<${Problem} error=${error} />
		${dialog && html`<${Stub} ...${{ tenant, match, ...answer }} close=${() => setDialog(false)} made=${({ id }) => { setSaid(`Answered by stub ${id} from now on.`); setDialog(false); }} />`}`;
}
