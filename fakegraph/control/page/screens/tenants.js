// Tenants: which there are, what each holds and how it differs from its start.
import { Choice, Empty, Problem, Row, addressOf, ask, coded, formOf, go, html, useAct, useLoaded, useState } from "../lib.js";

export const name = "tenants";
export const title = "Tenants";
export const order = 90;

export function Screen({ tenant, params }) {
	const { value, error, reload } = useLoaded(() => ask(null, "/tenants"), []);
	const [text, setText] = useState("");
	const shown = (value?.value || []).filter((each) => `${each.id} ${each.test || ""}`.toLowerCase().includes(text.toLowerCase()));
	return html`<section class="split">
		<div class="list scrolls">
			<div class="bar"><input type="search" aria-label="Filter tenants" placeholder="Filter: name, test…" value=${text} onInput=${(event) => setText(event.target.value)} />
				<span class="count" role="status">${shown.length} tenants</span><button onClick=${reload}>Reload</button></div>
			<${Problem} error=${error} />
			<${Make} made=${(id) => { reload(); go({ tenant: id }); }} />
			<ul class="messages">${shown.slice(0, 500).map((each) => html`<${Row} key=${each.id} chosen=${each.id === tenant} to=${{ tenant: each.id }}>
				<strong>${each.id}</strong><span>${each.test || ""}</span><//>`)}</ul>
		</div>
		<${Detail} key=${tenant} ...${{ tenant, params }} changed=${reload} />
	</section>`;
}

function Make({ made }) {
	const [error, act] = useAct();
	const submit = (event) => {
		const form = formOf(event);
		const body = { id: form.id || undefined, fixture: form.fixture ? form.fixture.split(",").map((each) => each.trim()) : undefined };
		act(() => ask(null, "/tenants", { method: "POST", body }).then((one) => made(one.id)));
	};
	return html`<details><summary>Make a tenant</summary><form class="stacked" onSubmit=${submit}>
		<label>Name <input name="id" placeholder="a new one" /></label><label>Fixtures <input name="fixture" placeholder="the server's" /></label>
		<button type="submit">Make</button><${Problem} error=${error} /></form></details>`;
}

function Detail({ tenant, params, changed }) {
	const records = useLoaded(() => ask(tenant, "/records"), [tenant]);
	const snapshots = useLoaded(() => ask(tenant, "/snapshots"), [tenant]);
	const since = snapshots.value?.value.some((each) => each.name === params.get("with")) ? params.get("with") : null;
	const changes = useLoaded(() => ask(tenant, `/compare${since ? `?with=${coded(since)}` : ""}`), [tenant, since]);
	const [error, doing] = useAct();
	const act = (path, options) => () => doing(() => ask(tenant, path, options)).then(() => { for (const each of [records, snapshots, changes]) each.reload(); });
	const remove = () => doing(async () => { await ask(null, `/tenants/${coded(tenant)}`, { method: "DELETE" }); go({ tenant: null }); changed(); });
	const take = (event) => act("/snapshots", { method: "POST", body: formOf(event) })();
	return html`<aside class="detail scrolls" aria-label=${`Tenant ${tenant}`}>
		<header><h2>${tenant}</h2></header>
		<div class="bar actions"><a class="button" href=${addressOf("requests", { tenant })}>Requests</a><a class="button" href=${addressOf("mail", { tenant })}>Mail</a>
			<button onClick=${act("/reset", { method: "POST" })}>Reset</button>
			${tenant !== "default" && html`<button onClick=${remove}>Delete</button>`}</div>
		<${Problem} error=${error || records.error} />
		<h3>Snapshots</h3>
		<form class="bar" onSubmit=${take}><input name="name" aria-label="Name of a snapshot" placeholder="name" required /><button type="submit">Take</button></form>
		<ul class="plain">${(snapshots.value?.value || []).map((each) => html`<li>${each.name} <button class="small" onClick=${act(`/snapshots/${coded(each.name)}/restore`, { method: "POST" })}>Restore</button>
			<button class="small" onClick=${act(`/snapshots/${coded(each.name)}`, { method: "DELETE" })}>Delete</button></li>`)}</ul>
		<div class="bar"><h3>What has changed since</h3><${Choice} label="Compare with" value=${since || ""} options=${[["", "the start"], ...(snapshots.value?.value || []).map((each) => [each.name, `snapshot ${each.name}`])]} change=${(next) => go({ with: next })} /></div>
		<${Changes} tenant=${tenant} changes=${changes.value?.value} error=${changes.error} />
		<h3>Records</h3><${Records} tenant=${tenant} counts=${records.value} />
	</aside>`;
}

const MOST_CHANGES = 200;
const whereOf = (tenant, path) => addressOf("data", { tenant, path: path.split("/").slice(0, -1).join("/"), open: path });

function Changes({ tenant, changes, error }) {
	if (error) return html`<${Problem} error=${error} />`;
	if (!changes) return null;
	if (!changes.length) return html`<${Empty}>Nothing is another than it was.<//>`;
	return html`<ul class="plain changes">${changes.slice(0, MOST_CHANGES).map((each) => html`<li key=${`${each.kind} ${each.path}`}><span class=${`chip kind-${each.kind}`}>${each.kind}</span> ${each.kind === "created" || each.kind === "changed" ? html`<a href=${whereOf(tenant, each.path)}>${each.path}</a>` : each.path}
		${each.old && html`<details><summary>${Object.keys(each.old).join(", ")}</summary><table><thead><tr><th>Property</th><th>Was</th><th>Is</th></tr></thead><tbody>${Object.keys(each.old).map((name) => html`<tr><td>${name}</td><td>${shown(each.old[name])}</td><td>${shown(each.new?.[name])}</td></tr>`)}</tbody></table></details>`}</li>`)}</ul>
		${changes.length > MOST_CHANGES && html`<p class="quiet">And ${changes.length - MOST_CHANGES} more.</p>`}`;
}

const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value ?? null));

function Records({ tenant, counts }) {
	const rows = Object.entries(counts || {}).filter(([, count]) => count).sort((a, b) => b[1] - a[1]);
	if (!rows.length) return html`<${Empty}>This tenant has no records: seed it, or choose fixtures when you make one.<//>`;
	return html`<table><tbody>${rows.map(([path, count]) => html`<tr><td>${path.includes("/") ? path : html`<a href=${addressOf("data", { tenant, path })}>${path}</a>`}</td><td>${count}</td></tr>`)}</tbody></table>`;
}
