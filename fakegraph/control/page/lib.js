// What the screens share: markup, the address, the control API, lists that are long.
import { h, render, Fragment } from "./preact.js";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./preact-hooks.js";
import htm from "./htm.js";

/** Only those buttons send a form that say so. */
export const html = htm.bind((type, props, ...inside) => h(type, type === "button" ? { type, ...props } : props, ...inside));
export const coded = encodeURIComponent;
export { render, Fragment, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState };

// --- The address: #/screen?name=value ---

function readAddress() {
	const [screen, query] = location.hash.replace(/^#\/?/, "").split("?");
	return { screen: screen || "requests", params: new URLSearchParams(query || "") };
}

export function useAddress() {
	const [address, setAddress] = useState(readAddress);
	useEffect(() => {
		const changed = () => setAddress(readAddress());
		addEventListener("hashchange", changed);
		return () => removeEventListener("hashchange", changed);
	}, []);
	return address;
}

export function addressOf(screen, params) {
	const kept = Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== "");
	const query = new URLSearchParams(kept).toString();
	return `#/${screen}${query ? `?${query}` : ""}`;
}

/** A link to a screen as it is but for some of what the address says. */
export const hrefOf = (screen, changes) => addressOf(screen, { ...Object.fromEntries(readAddress().params), ...changes });

/** Change some of what the address says; null takes a name away. */
export function go(changes, screen) {
	const now = readAddress();
	const params = { ...Object.fromEntries(now.params), ...changes };
	location.hash = addressOf(screen || now.screen, params);
}

// --- The control API ---

const KEY = "fakegraph-key";

export class ApiError extends Error {
	constructor(status, body) {
		super(body?.error?.message || `The server answered ${status}.`);
		this.status = status;
		this.code = body?.error?.code;
		this.details = body?.error?.details || [];
	}
}

export function rememberKey(key) {
	sessionStorage.setItem(KEY, key);
}

/** Ask the control API. `tenant` null: about the server. Throws ApiError. */
export async function ask(tenant, path, { method = "GET", body, as = "json", headers: more = {} } = {}) {
	const place = tenant === null ? "" : `/tenants/${coded(tenant)}`;
	if (climbs(path)) throw new ApiError(400, { error: { message: "'.' and '..' are no parts of a path." } });
	const headers = { ...more };
	const key = sessionStorage.getItem(KEY);
	if (key) headers["X-Fakegraph-Key"] = key;
	if (method !== "GET") headers["Content-Type"] = "application/json";
	const answer = await fetch(`/_fakegraph${place}${path}`, {
		method, headers, cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body),
	});
	const text = await answer.text();
	if (!answer.ok) throw new ApiError(answer.status, parsed(text));
	return as === "text" ? text : parsed(text);
}

/** Whether a browser would go up from where a path begins, to other rooms of the server. */
const climbs = (path) => path.split(/[?#]/)[0].replace(/[\t\n\r]/g, "").split(/[/\\]/).some((each) => /^(\.|%2e){1,2}$/i.test(each));

/** Read Graph without a trace; `target` begins with the version, or is a nextLink. Throws ApiError. */
export function look(tenant, target, headers = {}) {
	const path = target.replace(/^https?:\/\/[^/]+(\/tenants\/[^/]+)?\//, "");
	return ask(tenant, `/look/${path}`, { headers });
}

/** So many pages of a list, as `rows`, and whether there is a `next` one. Throws ApiError. */
export async function allOf(tenant, next, headers, pages) {
	const rows = [];
	while (next && pages-- > 0) {
		const page = await look(tenant, next, headers);
		rows.push(...page.value);
		next = page["@odata.nextLink"];
	}
	return { rows, next };
}

/** A path of Graph with what must be coded in its segments coded; slashes and what is coded stay. */
export const codedPath = (path) => path.split("/").map((each) => coded(safeDecoded(each)).replace(/%(40|24|3A|3D|2C)/g, decodeURIComponent)).join("/");

function safeDecoded(text) {
	try { return decodeURIComponent(text); } catch { return text; }
}

export function parsed(text) {
	try { return JSON.parse(text); } catch { return null; }
}

/** What `load` gives, and `reload`; loaded again when one of `inputs` changes. */
export function useLoaded(load, inputs) {
	const [state, setState] = useState({ value: null, error: null, busy: true });
	const turn = useRef(0);
	const reload = useCallback(async () => {
		const mine = ++turn.current;
		setState((before) => ({ ...before, busy: true }));
		try {
			const value = await load();
			if (mine === turn.current) setState({ value, error: null, busy: false });
		} catch (error) {
			if (mine === turn.current) setState({ value: null, error, busy: false });
		}
	}, inputs);
	useEffect(() => { reload(); }, [reload]);
	return { ...state, reload };
}

/** Call `work` every so many milliseconds, one after the other, while somebody can see the page. */
export function useInterval(work, milliseconds, inputs) {
	useEffect(() => {
		let timer, ended = false;
		const turn = async () => {
			if (!document.hidden) await work();
			if (!ended) timer = setTimeout(turn, milliseconds);
		};
		turn();
		return () => { ended = true; clearTimeout(timer); };
	}, inputs);
}

// --- Parts of screens ---

export function Problem({ error }) {
	if (!error) return null;
	return html`<div class="problem" role="alert">${error.message}
		${(error.details || []).length > 0 && html`<ul>${error.details.map((each) => html`<li>${each.target && html`<code>${each.target}</code>: `}${each.message}</li>`)}</ul>`}
	</div>`;
}

export function Empty({ children }) {
	return html`<div class="empty">${children}</div>`;
}

const closed = () => go({ open: null, tab: null });

/** What a form says that is sent; the page stays. */
export function formOf(event) {
	event.preventDefault();
	return Object.fromEntries(new FormData(event.target));
}

/** One of several to choose; `options` are values, or [value, words] each. */
export const Choice = ({ label, value, options, change, ...more }) => html`<select aria-label=${label} value=${value} ...${more} onChange=${change && ((event) => change(event.target.value))}>
	${options.map((each) => [each].flat()).map(([own, words = own]) => html`<option value=${own} selected=${own === value}>${words}</option>`)}</select>`;

/** Lines of text to write. */
export const Lines = ({ label, rows = 14, change, ...more }) => html`<textarea class="whole" rows=${rows} aria-label=${label} spellcheck=${false} ...${more} onInput=${(event) => change(event.target.value)}></textarea>`;

/** What was refused last, and `act(work)`, which gives whether something was done that may be. */
export function useAct() {
	const [error, setError] = useState(null);
	const act = (work) => Promise.resolve().then(work).then(() => { setError(null); return true; }, (problem) => { setError(problem); return false; });
	return [error, act];
}

/** One of a list, to open. */
export const Row = ({ chosen, to, look, children }) => html`<li><button class=${look} aria-current=${chosen ? "true" : undefined} onClick=${() => go(to)}>${children}</button></li>`;

/** Names and values, [name, value] each, or an object, as far as they have any. */
export function Fields({ fields }) {
	const pairs = (Array.isArray(fields) ? fields : Object.entries(fields)).filter(([, value]) => (value ?? "") !== "");
	return html`<dl class="fields">${pairs.map(([field, value]) => html`<dt>${field}</dt><dd>${typeof value === "object" && value !== null ? pretty(value) : String(value)}</dd>`)}</dl>`;
}

/** What is open, beside the list that it is of. */
export function Detail({ label, title, error, close = closed, children }) {
	return html`<aside class="detail" aria-label=${label} onKeyDown=${(event) => event.key === "Escape" && close()}>
		<header><h2>${title}</h2><button class="small" aria-label="Close" onClick=${close}>✕</button></header>
		<${Problem} error=${error} />${children}</aside>`;
}

export function Tabs({ names, chosen, choose, label }) {
	const move = (event) => {
		const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
		if (!step) return;
		const next = names[(names.indexOf(chosen) + step + names.length) % names.length];
		choose(next);
		event.currentTarget.querySelector(`[data-tab="${next}"]`)?.focus();
	};
	return html`<div class="tabs" role="tablist" aria-label=${label} onKeyDown=${move}>
		${names.map((name) => html`<button role="tab" data-tab=${name} key=${name}
			aria-selected=${name === chosen} tabindex=${name === chosen ? 0 : -1}
			onClick=${() => choose(name)}>${name}</button>`)}
	</div>`;
}

/** Browsers have a clipboard to write to where a page is of this machine, or came by https; elsewhere they copy what is selected. */
async function toClipboard(text) {
	if (navigator.clipboard) return navigator.clipboard.writeText(text);
	const box = Object.assign(document.createElement("textarea"), { value: text });
	document.body.append(box);
	box.select();
	document.execCommand("copy");
	return box.remove();
}

export function Copy({ text, children = "Copy" }) {
	const [done, setDone] = useState(false);
	const copy = async () => {
		await toClipboard(text);
		setDone(true);
		setTimeout(() => setDone(false), 1200);
	};
	return html`<button class="small" onClick=${copy}>${done ? "Copied" : children}</button>`;
}

/** Text as a file of the user's. Nothing is opened: a browser would run some of it. */
export function download(name, text, type = "application/octet-stream") {
	const url = URL.createObjectURL(new Blob([text], { type }));
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 1000);
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;
const MOST_COLOURED = 200_000; // characters

/** JSON with colours; anything else as it is. */
export function Code({ text, label }) {
	const pieces = useMemo(() => coloured(text), [text]);
	return html`<pre class="code" tabindex="0" role="region" aria-label=${label}>${pieces}</pre>`;
}

function coloured(text) {
	if (text.length > MOST_COLOURED || !/^\s*[[{"]/.test(text)) return text;
	const pieces = [];
	let at = 0;
	for (const found of text.matchAll(TOKEN)) {
		const kind = found[2] ? "name" : found[1] ? "text" : found[3] ? "word" : "number";
		const shown = found[1] || found[0];
		pieces.push(text.slice(at, found.index), html`<span class=${`is-${kind}`}>${shown}</span>`);
		at = found.index + shown.length;
	}
	pieces.push(text.slice(at));
	return pieces;
}

export const bytesOf = (base64) => Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));

export function pretty(value) {
	return JSON.stringify(value, null, 2);
}

const MOST_ABOVE = 1_000; // rows that come at once

/** By how many rows one has moved down that had this key at that place, as far as it is found. */
function movedBy([index, key], keyAt) {
	let by = 0;
	while (key !== undefined && by <= MOST_ABOVE) if (keyAt(index + by) === key) return by; else by += 1;
	return 0;
}

const TALLEST = 8_000_000; // pixels: browsers draw nothing right that is much taller

/** A table whose rows all have one height, of which only those in sight are in the document.
 *  `rowAt(index)`: undefined while it is not there yet; `seen(first, last)` is told which are in sight.
 *  `columns`: {name, title, show(row)}; `grid`: their widths, as CSS has them.
 */
export function LongTable({ count, rowAt, columns, keyOf, chosen, choose, classOf = () => "", seen = () => {}, label, grid, height = 30 }) {
	const box = useRef(null);
	const [view, setView] = useState({ top: 0, size: 600 });
	const [at, setAt] = useState(0);
	const measure = () => setView({ top: box.current.scrollTop, size: box.current.clientHeight - height });
	useLayoutEffect(() => {
		const watcher = new ResizeObserver(measure);
		watcher.observe(box.current);
		return () => watcher.disconnect();
	}, []);
	const tall = Math.min(TALLEST, count * height);
	const ratio = count * height > TALLEST ? (count * height - view.size) / (TALLEST - view.size) : 1;
	const from = view.top * ratio;
	const first = Math.max(0, Math.min(count, Math.floor(from / height)) - 5);
	const last = Math.min(count, Math.ceil((from + view.size) / height) + 5);
	const here = Math.min(at, Math.max(0, count - 1));
	useEffect(() => { seen(first, last); }, [first, last, count]);
	const keyAt = (index) => { const row = rowAt(index); return row && keyOf(row); };
	const before = useRef({ sight: [], cursor: [] });
	// What is read, and where the keyboard is, stay as rows come above them; the latest stays at the top for who is there.
	useLayoutEffect(() => {
		const { sight, cursor } = before.current, top = Math.floor(from / height);
		const down = view.top > 0 ? movedBy(sight, keyAt) : 0, on = here > 0 ? movedBy(cursor, keyAt) : 0;
		if (down) box.current.scrollTop += down * height / ratio;
		if (on) setAt(here + on);
		before.current = { sight: [top + down, keyAt(top + down)], cursor: [here + on, keyAt(here + on)] };
	});
	const show = (index) => {
		const next = Math.max(0, Math.min(count - 1, index));
		setAt(next);
		const top = next * height, element = box.current, now = element.scrollTop * ratio;
		if (top < now) element.scrollTop = top / ratio;
		if (top + height > now + view.size) element.scrollTop = (top + height - view.size) / ratio;
	};
	const keys = (event) => {
		const page = Math.max(1, Math.floor(view.size / height) - 1);
		const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -count, End: count };
		if (event.key in steps) { event.preventDefault(); show(here + steps[event.key]); }
		if (event.key === "Enter" && rowAt(here)) choose(rowAt(here));
	};
	const style = grid ? { gridTemplateColumns: grid } : undefined;
	const cells = (row) => columns.map((column) => html`<div role="gridcell" class=${`cell ${column.name}`} title=${row && column.hint ? column.hint(row) : undefined}>${row ? column.show(row) : "…"}</div>`);
	const inSight = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
	const slots = Math.ceil(view.size / height) + 12; // as many as are ever in the document: rows out of sight become those that come
	const idOf = (index) => (rowAt(index) ? `row-${keyAt(index)}` : undefined);
	return html`<div class="table" role="grid" ref=${box} onScroll=${measure} aria-label=${label} aria-rowcount=${count + 1} tabindex="0"
			aria-activedescendant=${here >= first && here < last ? idOf(here) : undefined} onKeyDown=${keys}>
		<div class="row head" role="row" aria-rowindex="1" style=${style}>${columns.map((column) => html`<div role="columnheader" class=${`cell ${column.name}`}>${column.title}</div>`)}</div>
		<div class="rows" role="rowgroup"><div role="presentation" class="all" style=${{ height: `${tall}px` }}>
			<div role="presentation" style=${{ transform: `translateY(${view.top - (from - first * height)}px)` }}>
			${inSight.map((index) => html`<div role="row" key=${index % slots} id=${idOf(index)} style=${style}
				aria-rowindex=${index + 2} aria-selected=${rowAt(index) !== undefined && keyAt(index) === chosen}
				class=${`row ${rowAt(index) ? classOf(rowAt(index)) : ""} ${index === here ? "here" : ""}`}
				onClick=${() => { setAt(index); if (rowAt(index)) choose(rowAt(index)); }}>${cells(rowAt(index))}</div>`)}
			</div></div></div>
	</div>`;
}

export function Dialog({ title, close, children }) {
	const box = useRef(null);
	useEffect(() => { box.current.showModal(); }, []);
	return html`<dialog ref=${box} aria-label=${title} onClose=${close} onCancel=${close}>
		<h2>${title}</h2>${children}</dialog>`;
}

/** A dialog to write JSON in, and what else its children ask for; `save(json, form)` may be refused. */
export function Writing({ title, text, button, save, close, children }) {
	const [said, setSaid] = useState(text), [error, act] = useAct();
	const submit = (event) => { const form = formOf(event); act(() => save(said.trim() ? JSON.parse(said) : undefined, form)); };
	return html`<${Dialog} ...${{ title, close }}><form onSubmit=${submit}>${children}<label>JSON <${Lines} value=${said} change=${setSaid} /></label><${Problem} error=${error} />
		<div class="bar"><button type="submit">${button}</button><button onClick=${close}>Cancel</button></div></form><//>`;
}

/** The same for a stub, of a match or of what is written; `made` is handed the stub. */
export function Stub({ tenant, match, status = 200, text = "{}", close, made }) {
	const save = async (json, { status, times, ...named }) => made(await ask(tenant, "/stubs", { method: "POST", body: { match: match || named, status: Number(status), json, times: times ? Number(times) : null } }));
	return html`<${Writing} title=${match ? `Stub ${match.method} ${match.path}` : "Add a stub"} button="Add the stub" ...${{ text, save, close }}>
		${!match && html`<label>Method <${Choice} name="method" options=${METHODS} /></label><label>Path <input name="path" placeholder="/users/*/findMeetingTimes" required /></label>`}
		<label>Status <input name="status" type="number" min="200" max="599" value=${status} /></label><label>Times <input name="times" type="number" min="1" placeholder="always" /></label><//>`;
}

export const METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"];
export const shortTime = (text) => text.slice(11, 23);
export const shortDate = (text) => (text || "").slice(0, 16).replace("T", " ");
