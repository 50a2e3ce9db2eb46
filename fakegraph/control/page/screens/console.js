// The query console: asks Graph as any user or app would, and says which permissions that takes.
import { Choice, Code, Copy, Empty, Fields, Lines, METHODS, Problem, addressOf, ask, coded, download, go, hrefOf, html, look, parsed, pretty, useAct, useEffect, useLoaded, useState } from "../lib.js";
import { modelAt, targetWords } from "../model.js";
import { Suggest } from "../suggest.js";

export const name = "console";
export const title = "Console";
export const order = 35;

const VERSIONS = ["v1.0", "beta"];
const CALLERS = { app: "an app", user: "a user", nobody: "nobody" };
const TEXTUAL = /json|text|xml|javascript/;

export function Screen({ tenant, params }) {
	const said = Object.fromEntries(params), { method = "GET", version = "v1.0", as = "app", target: asked = "users?$top=5" } = said;
	const [target, setTarget] = useState(asked);
	const [who, setWho] = useState(said.who || "");
	const [held, setHeld] = useState(said.held || "");
	const [headers, setHeaders] = useState(said.headers || "");
	const [body, setBody] = useState("");
	const [answer, setAnswer] = useState(null);
	const [error, act] = useAct();
	const path = target.split("?")[0].replace(/^\/+/, "");
	const model = useLoaded(() => modelAt(version, path), [version, path]);
	const users = useLoaded(() => look(tenant, "v1.0/users?$select=userPrincipalName&$top=100").catch(() => ({ value: [] })), [tenant]);
	useEffect(() => setTarget(asked), [asked]);
	const use = model.value?.methods.find((each) => each.method === method);
	const send = async (text = target) => {
		go({ target: text, who, held, headers });
		await act(async () => { setAnswer(null); setAnswer(await sent(tenant, { method, version, target: text, as, who, held, headers, body })); });
	};
	return html`<section class="whole scrolls console">
		<form class="stacked" onSubmit=${(event) => { event.preventDefault(); send(); }}>
			<div class="bar"><${Choice} label="Method" value=${method} options=${METHODS} change=${(next) => go({ method: next })} />
				<${Choice} label="Version" value=${version} options=${VERSIONS} change=${(next) => go({ version: next })} />
				<${Suggest} id="target" label="Path and query" placeholder="users?$filter=…" value=${target} change=${setTarget} submit=${send} suggest=${(text, caret) => targetWords(version, text, caret)} />
				<button type="submit">Send</button></div>
			<div class="bar"><span>as</span><${Choice} label="Caller" value=${as} options=${Object.entries(CALLERS)} change=${(next) => go({ as: next })} />
				${as !== "nobody" && html`<input aria-label=${as === "user" ? "User" : "App"} list=${as === "user" ? "users" : undefined} placeholder=${as === "user" ? "userPrincipalName: the first" : "client id: any"} value=${who} onInput=${(event) => setWho(event.target.value)} />
					<input class="wide" aria-label="Permissions" placeholder="Permissions: all, or such as User.Read Mail.Send" value=${held} onInput=${(event) => setHeld(event.target.value)} />`}
				<datalist id="users">${(users.value?.value || []).map((each) => html`<option value=${each.userPrincipalName} />`)}</datalist></div>
			<${Needed} ...${{ model, method, path }} said=${use} hold=${setHeld} />
			<details open=${headers !== ""}><summary>Headers</summary><${Lines} rows="3" label="Headers" placeholder="ConsistencyLevel: eventual" value=${headers} change=${setHeaders} /></details>
			${method !== "GET" && method !== "DELETE" && html`<div><div class="bar"><h2>Body</h2><button onClick=${() => setBody(pretty(use?.body ?? {}))}>Template</button></div>
				<${Lines} label="Body" value=${body} change=${setBody} /></div>`}
		</form>
		<${Problem} error=${error} />
		${answer ? html`<${Answer} ...${{ tenant, answer }} />` : !error && html`<${Empty}>Choose a path and send: what is answered is shown here, and is among the <a href=${addressOf("requests", { tenant })}>requests</a> like any other.<//>`}
	</section>`;
}

/** Who may ask that, the least first. */
function Needed({ model, said, method, path, hold }) {
	if (!path || model.busy) return null;
	if (!model.value) return html`<p class="quiet">The model has nothing at '${path}'.</p>`;
	const methods = model.value.methods.map((each) => each.method).join(", ");
	if (!said) return html`<p class="quiet">'${model.value.template}' takes no ${method}. It takes ${methods || "none"}.</p>`;
	const kinds = Object.entries(said.permissions).filter(([, names]) => names.length);
	return html`<p class="needed"><span>${model.value.template} ${said.built ? "" : html`<strong>is not built</strong>`}</span> needs ${kinds.length ? kinds.map(([kind, names]) => html`<span>${kind}: ${names.slice(0, 6).map((each) => html`<button class="small" onClick=${() => hold(each)}>${each}</button> `)}</span> `) : "no permission that is known"}</p>`;
}

function headersOf(text) {
	const lines = text.split("\n").map((each) => each.trim()).filter(Boolean);
	return Object.fromEntries(lines.map((each) => {
		const at = each.indexOf(":");
		if (at < 1) throw new Error(`A header is a name, a colon and a value, not '${each}'.`);
		return [each.slice(0, at).trim(), each.slice(at + 1).trim()];
	}));
}

async function tokenOf(tenant, { as, who, held }) {
	if (as === "nobody") return {};
	const names = held.split(/[\s,]+/).filter(Boolean);
	const user = as === "user" && (who || (await look(tenant, "v1.0/users?$select=userPrincipalName&$top=1")).value[0]?.userPrincipalName);
	if (as === "user" && !user) throw new Error("This tenant has no user: name one, or ask as an app.");
	const caller = as === "user" ? { user, scp: names.join(" ") || undefined } : { app: who || undefined, roles: names.length ? names : undefined };
	const { access_token: token } = await ask(tenant, "/tokens", { method: "POST", body: caller });
	return { Authorization: `Bearer ${token}` };
}

/** Send it to Graph, and nowhere else. */
async function sent(tenant, { method, version, target, headers, body, ...caller }) {
	const root = `/tenants/${coded(tenant)}/${version}/`;
	const url = new URL(root + target.replace(/^\/+/, "").replaceAll("#", "%23"), location.origin);
	if (url.origin !== location.origin || !url.pathname.startsWith(root)) throw new Error(`'${target}' leads out of Graph.`);
	const token = await tokenOf(tenant, caller);
	const withBody = method !== "GET" && method !== "DELETE" && body.trim() !== "";
	const kind = withBody ? { "Content-Type": "application/json" } : {};
	const begun = performance.now();
	const found = await fetch(url, { method, cache: "no-store", credentials: "omit", redirect: "manual", headers: { ...kind, ...token, ...headersOf(headers) }, body: withBody ? body : undefined });
	const data = await found.arrayBuffer(), took = performance.now() - begun;
	const shown = TEXTUAL.test(found.headers.get("Content-Type") || "");
	return { status: found.status, words: found.statusText, took, headers: Object.fromEntries(found.headers), data, text: shown ? new TextDecoder().decode(data) : null, redirected: found.type === "opaqueredirect" };
}

function Answer({ tenant, answer }) {
	const value = answer.text === null ? null : parsed(answer.text);
	const text = value === null ? answer.text : pretty(value);
	const next = value?.["@odata.nextLink"]?.replace(/^https?:\/\/[^/]+(\/tenants\/[^/]+)?\/[^/]+\//, "");
	const id = answer.headers["request-id"];
	return html`<h2 role="status">${answer.redirected ? "It is elsewhere: a redirect, which is among the requests" : html`<span class=${`status is-${String(answer.status)[0]}`}>${answer.status} ${answer.words}</span> in ${answer.took.toFixed(0)} ms`}</h2>
		<div class="bar"><a class="button" href=${addressOf("requests", { tenant, text: id })}>Why</a>${next && html`<a class="button" href=${hrefOf("console", { target: next })}>Next page</a>`}${text !== null && html`<${Copy} text=${text} />`}</div>
		<details><summary>Headers</summary><${Fields} fields=${answer.headers} /></details>
		${text === null ? html`<p>${answer.data.byteLength} bytes ${answer.data.byteLength > 0 && html`<button onClick=${() => download("answer", answer.data)}>Download</button>`}</p>` : text && html`<${Code} text=${text} label="Answer" />`}`;
}
