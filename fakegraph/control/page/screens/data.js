// Data: the model as a tree, records as a table that is asked as programs ask, one record as JSON, its links and its people.
import { Choice, Detail, Empty, Lines, LongTable, Problem, Tabs, Writing, addressOf, ask, coded, codedPath, download, go, hrefOf, html, look, pretty, useAct, useEffect, useLoaded, useMemo, useRef, useState } from "../lib.js";
import { filterWords, modelAt } from "../model.js";
import { Pages } from "../pages.js";
import { Suggest } from "../suggest.js";

export const name = "data";
export const title = "Data";
export const order = 30;

const VERSIONS = ["v1.0", "beta"];
const FIRST = ["displayName", "name", "subject", "title", "userPrincipalName", "mail", "receivedDateTime", "createdDateTime", "appId", "jobTitle"];

export function Screen({ tenant, params }) {
	const { path = "", version = "v1.0", tab = "JSON", ...more } = Object.fromEntries(params);
	const model = useLoaded(() => modelAt(version, path), [version, path]);
	const counts = useLoaded(() => ask(tenant, "/records"), [tenant]);
	const here = model.value;
	const many = here?.many && here.type;
	const open = more.open || (here && here.type && !many ? path : "");
	return html`<section class=${`whole mail data ${open ? "opened" : ""}`}>
		<${Tree} ...${{ version, path }} counts=${counts.value || {}} />
		<div class="list">
			${!path ? html`<${Empty}>Choose a set at the left, or go to <a href=${addressOf("data", { tenant, path: "users" })}>users</a>. An empty tenant is filled by <code>fakegraph serve --fixture contoso</code>, or by what your program makes.<//>`
				: !here && !model.busy ? html`<p class="problem" role="alert">The model has nothing at '${path}'.</p>`
				: many ? html`<${Table} key=${`${version} ${path}`} ...${{ tenant, version, path }} model=${here} ...${{ params, open }} changed=${counts.reload} />`
				: here?.kind && !here.type ? html`<${Empty}>'${path}' is called, not looked at: try it in the <a href=${addressOf("console", { tenant, target: path })}>console</a>.<//>` : null}
		</div>
		${open && html`<${Record} key=${`${version} ${open}`} ...${{ tenant, version }} path=${open} tab=${tab} alone=${open === path} />`}
	</section>`;
}

function Tree({ version, path, counts }) {
	const [text, setText] = useState("");
	const { value } = useLoaded(() => modelAt(version, ""), [version]);
	const wanted = (value?.navigation || []).filter((each) => each.name.toLowerCase().includes(text.toLowerCase()));
	const roots = [...wanted.filter((each) => counts[each.name]), ...wanted.filter((each) => !counts[each.name])]; // what has records comes first
	return html`<nav class="boxes" aria-label="Model">
		<${Choice} label="Version" value=${version} options=${VERSIONS} change=${(next) => go({ version: next, open: null })} />
		<input type="search" aria-label="Filter the model" placeholder="Filter: users, groups…" value=${text} onInput=${(event) => setText(event.target.value)} />
		<ul>${roots.map((each) => html`<${Node} key=${each.name} ...${{ version }} member=${each} path=${each.name} at=${path} count=${counts[each.name]} />`)}</ul></nav>`;
}

/** A member and, once it is opened, what is below it. */
function Node({ version, member, path, at, count }) {
	const [open, setOpen] = useState(false);
	const below = path + (member.many ? "/x" : "");
	const { value } = useLoaded(() => (open ? modelAt(version, below) : Promise.resolve(null)), [open, version, below]);
	const reachable = !path.includes("/x/");
	return html`<li><div class="bar node"><button class="small twist" aria-expanded=${open} aria-label=${`What ${member.name} has`} onClick=${() => setOpen(!open)}>${open ? "−" : "+"}</button>
		${reachable ? html`<a href=${seen({ path, open: null, filter: null, columns: null })} aria-current=${path === at ? "page" : undefined}>${member.name}</a>` : html`<span>${member.name}</span>`}
		<small>${count || ""} ${member.type.replace("microsoft.graph.", "")}${member.many ? "[]" : ""}</small></div>
		${open && value && html`<ul>${value.navigation.map((each) => html`<${Node} key=${each.name} ...${{ version }} member=${each} path=${`${below}/${each.name}`} at=${at} />`)}
			${value.properties.map((each) => html`<li class="leaf" key=${each.name}>${each.name} <small>${each.type.replace("microsoft.graph.", "").replace("Edm.", "")}${each.many ? "[]" : ""}</small></li>`)}</ul>`}</li>`;
}

/** A link that changes some of what the address says. */
const seen = (changes) => hrefOf("data", { tab: null, ...changes });

function columnsOf(model, chosen) {
	if (chosen) return chosen.split(",").filter((each) => model.properties.some((one) => one.name === each));
	const first = FIRST.filter((each) => model.properties.some((one) => one.name === each)).slice(0, 4);
	return first.length ? first : model.properties.slice(0, 4).map((each) => each.name);
}

const shownValue = (value) => (value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));

function Table({ tenant, version, path, model, params, open, changed }) {
	const { filter = "", plain, columns: chosen } = Object.fromEntries(params);
	const columns = columnsOf(model, chosen), key = model.key || "id";
	const [draft, setDraft] = useState(filter);
	const [state, setState] = useState({ count: 0, total: null, error: null, busy: true });
	const [making, setMaking] = useState(false);
	const pages = useRef(null);
	const asked = `${filter} ${plain} ${columns.join(",")}`;
	const begin = () => {
		const wanted = { filter, select: [...new Set([key, ...columns])].filter((each) => each !== "id" || model.properties.some((one) => one.name === "id")).join(",") };
		const mine = new Pages(tenant, `${version}/${codedPath(path)}`, wanted, plain ? {} : { ConsistencyLevel: "eventual" }, (next) => { if (pages.current === mine) setState(next); });
		pages.current = mine;
		setState({ count: 0, total: null, error: null, busy: true });
		mine.more();
	};
	useEffect(begin, [asked]);
	useEffect(() => setDraft(filter), [filter]);
	const shown = useMemo(() => columns.map((each) => ({ name: "value", title: each, show: (row) => shownValue(row[each]), hint: (row) => shownValue(row[each]) })), [columns.join(",")]);
	const pathOf = (row) => row["@odata.id"] || `${path}/${coded(row[key])}`;
	return html`
		<div class="bar"><h2>${path}</h2><span class="count" role="status">${state.total === null ? `${state.count}${state.busy || pages.current?.next ? "+" : ""}` : state.total} records</span>
			<details class="columns"><summary class="button">Columns</summary><fieldset class="over"><legend>Columns</legend>${model.properties.map((each) => html`<label><input type="checkbox" checked=${columns.includes(each.name)}
				onChange=${(event) => go({ columns: (event.target.checked ? [...columns, each.name] : columns.filter((one) => one !== each.name)).join(",") })} /> ${each.name}</label>`)}</fieldset></details>
			<button onClick=${() => setMaking(true)}>Add…</button>
			<button onClick=${async () => download(`${path.split("/").pop()}.json`, pretty((await ask(tenant, `/records/${codedPath(path)}`)).value), "application/json")}>Fixture</button>
			<button onClick=${begin}>Reload</button></div>
		<form class="bar" role="search" onSubmit=${(event) => { event.preventDefault(); go({ filter: draft }); }}>
			<${Suggest} id="filter" label="$filter" placeholder="$filter: startswith(displayName,'A')" value=${draft} change=${setDraft} submit=${(text) => go({ filter: text })} suggest=${(text, caret) => filterWords(version, path, text, caret)} />
			<button type="submit">Filter</button><label class="check"><input type="checkbox" checked=${!plain} onChange=${(event) => go({ plain: event.target.checked ? null : "1" })} /> ConsistencyLevel: eventual</label></form>
		<${Refused} error=${state.error} text=${filter} />
		${!state.busy && !state.error && !state.count ? html`<${Empty}>${filter ? "No record meets the filter." : "There is none yet: add one, or have your program make it."}<//>`
			: html`<${LongTable} label=${path} count=${state.count} rowAt=${(index) => pages.current?.rowAt(index)} columns=${shown} grid=${`repeat(${shown.length}, minmax(0, 1fr))`}
					keyOf=${(row) => row[key]} chosen=${open.split("/").pop()} choose=${(row) => go({ open: pathOf(row) })} seen=${(first, last) => pages.current?.seen(first, last)} />`}
		${making && html`<${Make} ...${{ tenant, path, model }} close=${() => setMaking(false)} made=${() => { setMaking(false); begin(); changed(); }} />`}`;
}

/** What the service says against a filter, with a mark under the place that it names. */
function Refused({ error, text }) {
	const at = error && /position (\d+)/.exec(error.message);
	return html`<${Problem} error=${error} />${at && text && html`<pre class="code place" tabindex="0" aria-label="Where the filter is wrong">${text}\n${" ".repeat(Math.min(text.length, Number(at[1])))}^</pre>`}`;
}

function Make({ tenant, path, model, close, made }) {
	const template = model.methods.find((each) => each.method === "POST")?.body || {};
	const save = (body) => ask(tenant, `/records/${codedPath(path)}`, { method: "POST", body }).then(made);
	return html`<${Writing} title=${`Add to ${path}`} text=${pretty(template)} button="Add the record" ...${{ save, close }}><p class="quiet">What is required and left out gets realistic values.</p><//>`;
}

const recordAt = async (tenant, path) => (await ask(tenant, `/records/${codedPath(path)}`)).value[0] || null;

function Record({ tenant, version, path, tab, alone }) {
	const record = useLoaded(() => recordAt(tenant, path), [tenant, path]);
	const close = () => go(alone ? { path: path.split("/").slice(0, -1).join("/"), open: null } : { open: null, tab: null });
	return html`<${Detail} label=${`Record ${path}`} title=${path} error=${record.error} close=${close}>
		${!record.busy && !record.error && !record.value && html`<${Empty}>Nothing is stored here: it is made when it is first needed, or it is there no more.<//>`}
		${record.value && html`<${Tabs} label="Sides of the record" names=${["JSON", "Links", "People"]} chosen=${tab} choose=${(next) => go({ tab: next })} />
			<div role="tabpanel" aria-label=${tab}>
				${tab === "Links" ? html`<${Links} ...${{ tenant, version, path }} record=${record.value} />`
					: tab === "People" ? html`<${People} ...${{ tenant, version, path }} record=${record.value} />`
					: html`<${Edit} ...${{ tenant, path }} record=${record.value} reload=${record.reload} close=${close} />`}</div>`}<//>`;
}

/** What of a record is another one now; what was taken away is null. */
function changesOf(before, after) {
	const same = (each) => JSON.stringify(before[each]) === JSON.stringify(after[each]);
	const names = new Set([...Object.keys(before), ...Object.keys(after)]);
	return Object.fromEntries([...names].filter((each) => !same(each)).map((each) => [each, each in after ? after[each] : null]));
}

function Edit({ tenant, path, record, reload, close }) {
	const [text, setText] = useState(pretty(record));
	const [error, act] = useAct();
	const [said, setSaid] = useState("");
	const [sure, setSure] = useState(false);
	useEffect(() => setText(pretty(record)), [pretty(record)]);
	const place = `/records/${codedPath(path)}`;
	const save = () => act(async () => {
		setSaid("");
		const changes = changesOf(record, JSON.parse(text)), some = Object.keys(changes).length;
		if (some) await ask(tenant, place, { method: "PATCH", body: changes });
		setSaid(some ? "Saved." : "Nothing has changed."); reload();
	});
	const remove = () => (sure ? act(() => ask(tenant, place, { method: "DELETE" }).then(close)) : setSure(true));
	return html`<div class="bar"><button onClick=${save}>Save</button><button onClick=${remove}>${sure ? "Really delete" : "Delete"}</button><span class="count" role="status">${said}</span></div>
		<${Problem} error=${error} /><${Lines} rows="24" label="Record as JSON" value=${text} change=${setText} />`;
}

const MOST_LINKS = 30;

/** The texts of a record by which another one may be found: those that are called an id, and GUIDs. */
function idsIn(value, called = "", found = new Map()) {
	if (typeof value === "string" && value && (/(^|[a-z])(Id|id|Ids)$/.test(called) || /principal/i.test(called) || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value))) found.set(value, called);
	if (value && typeof value === "object") for (const [each, below] of Object.entries(value)) idsIn(below, Array.isArray(value) ? called : each, found);
	return found;
}

async function linksOf(tenant, path, record) {
	const ids = [...idsIn(record)].slice(0, MOST_LINKS);
	const asked = ids.map(async ([value, called]) => (await ask(tenant, `/find?key=${coded(value)}&near=${coded(path)}`)).value.map((each) => ({ ...each, called })));
	return (await Promise.all(asked)).flat().filter((each) => decodeURIComponent(each.path) !== decodeURIComponent(path));
}

function Links({ tenant, version, path, record }) {
	const ids = useLoaded(() => linksOf(tenant, path, record), [tenant, path]);
	const model = useLoaded(() => modelAt(version, path), [version, path]);
	return html`<h3>What its ids name</h3><${Problem} error=${ids.error} />
		${ids.value?.length ? html`<ul class="plain">${ids.value.map((each) => html`<li>${each.called}: <a href=${seen({ path: each.path.split("/").slice(0, -1).join("/"), open: each.path, filter: null, columns: null })}>${each.path}</a> <small>${each.type.replace("microsoft.graph.", "")}</small></li>`)}</ul>`
			: html`<p class="quiet">${ids.busy ? "" : "No id in it names another record."}</p>`}
		<h3>What it leads to</h3><ul class="plain">${(model.value?.navigation || []).map((each) => html`<li><a href=${seen({ path: `${path}/${each.name}`, open: null, filter: null, columns: null })}>${each.name}</a> <small>${each.type.replace("microsoft.graph.", "")}${each.many ? "[]" : ""}</small></li>`)}</ul>`;
}

const ABOVE = ["manager", "memberOf", "owners"], BELOW = ["directReports", "members", "ownedObjects"];
const MOST_AROUND = 8;

async function around(tenant, version, path, model) {
	const asked = [...ABOVE, ...BELOW].map((each) => model.navigation.find((one) => one.name === each)).filter(Boolean).map(async (each) => {
		try {
			const found = await look(tenant, `${version}/${codedPath(path)}/${each.name}`);
			return [each.name, each.many ? found.value : [found]];
		} catch { return [each.name, []]; } // nobody, such as no manager
	});
	return Object.fromEntries(await Promise.all(asked));
}

const setOf = (record) => (/\.(user|group|application|servicePrincipal|device)$/.exec(record["@odata.type"])?.[1] || "directoryObject") + "s";
const nameOf = (record) => record.displayName || record.userPrincipalName || record.id || "";

function People({ tenant, version, path, record }) {
	const { value, error } = useLoaded(async () => { const model = await modelAt(version, path); return model && around(tenant, version, path, model); }, [tenant, version, path]);
	if (error || !value) return html`<${Problem} error=${error} />`;
	const rows = [[ABOVE, 45], [BELOW, 235]].map(([names, y]) => [names.flatMap((each) => (value[each] || []).map((one) => ({ one, each }))), y]);
	if (!rows.some(([found]) => found.length)) return html`<${Empty}>It has no manager, reports, members, owners or groups. Link some: <code>POST …/members/$ref</code><//>`;
	const placed = rows.flatMap(([found, y]) => found.slice(0, MOST_AROUND).map((each, index, all) => ({ ...each, x: (600 / (all.length + 1)) * (index + 1), y: y + (index % 2) * 34 })));
	return html`<figure><svg class="graph" viewBox="0 0 600 300" role="img" aria-label=${`Around ${nameOf(record)}`}>
			${placed.map((each) => html`<line x1="300" y1="155" x2=${each.x} y2=${each.y} />`)}
			<circle cx="300" cy="155" r="9" class="self" /><text x="300" y="178">${nameOf(record).slice(0, 40)}</text>
			${placed.map((each) => html`<circle cx=${each.x} cy=${each.y} r="6" /><text x=${each.x} y=${each.y - 10}>${nameOf(each.one).slice(0, 18)}</text>`)}</svg></figure>
		${rows.map(([found]) => found.length > 0 && html`<table><tbody>${found.map(({ one, each }) => html`<tr><td>${each}</td><td><a href=${seen({ path: setOf(one), open: `${setOf(one)}/${coded(one.id)}`, tab: "People", filter: null, columns: null })}>${nameOf(one)}</a></td></tr>`)}</tbody></table>`)}`;
}
