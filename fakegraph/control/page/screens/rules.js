// Faults, stubs and the clock: what answers otherwise than the service would, how often it did, and what time it is.
import { Choice, Code, Empty, METHODS, Problem, Stub, ask, coded, formOf, html, pretty, useAct, useInterval, useLoaded, useState } from "../lib.js";

export const name = "rules";
export const title = "Faults";
export const order = 50;

const PRESETS = document.querySelector("meta[name=presets]").content.split(" ");
const STEPS = { "1 minute": "PT1M", "1 hour": "PT1H", "1 day": "P1D", "31 days": "P31D" };

export function Screen({ tenant }) {
	const faults = useLoaded(() => ask(tenant, "/faults"), [tenant]);
	const stubs = useLoaded(() => ask(tenant, "/stubs"), [tenant]);
	const [error, doing] = useAct();
	useInterval(async () => { await Promise.all([faults.reload(), stubs.reload()]); }, 2000, [tenant]);
	const act = (path, options) => doing(() => ask(tenant, path, options)).finally(() => { faults.reload(); stubs.reload(); });
	return html`<section class="whole scrolls">
		<${Problem} error=${error || faults.error || stubs.error} />
		<h2>Clock</h2><${Clock} tenant=${tenant} />
		<h2>Faults</h2><${AddFault} add=${(body) => act("/faults", { method: "POST", body })} />
		<${Rules} kind="faults" rules=${faults.value?.value} act=${act} empty=${html`No fault: every request is answered as the service does. Choose a preset above, or <em>Fail the next like this</em> at a request.`} />
		<h2>Stubs</h2><${AddStub} tenant=${tenant} made=${stubs.reload} />
		<${Rules} kind="stubs" rules=${stubs.value?.value} act=${act} empty=${html`No stub: nothing is answered in the service's stead. Write one above, or <em>Stub this…</em> at a request.`} />
	</section>`;
}

const matchOf = (rule) => [rule.match?.method || "any method", rule.match?.path || "any path"].join(" ");

function does(rule) {
	const { id, match, hit, matched, ...rest } = rule;
	if (rest.preset) return rest.preset;
	if ("json" in rest) return `${rest.status || 200} ${JSON.stringify(rest.json)}`;
	return Object.entries(rest).map(([each, value]) => `${each} ${value}`).join(", ");
}

function Rules({ kind, rules, act, empty }) {
	if (!rules) return null;
	if (!rules.length) return html`<${Empty}>${empty}<//>`;
	return html`<table aria-label=${kind}><thead><tr><th>For</th><th>Does</th><th>Times</th><th>Hit</th><th><span class="unseen">Actions</span></th></tr></thead>
		<tbody>${rules.map((rule) => html`<tr key=${rule.id}><td>${matchOf(rule)}<details><summary>whole</summary><${Code} text=${pretty(rule)} label="Rule" /></details></td><td class="short">${does(rule)}</td>
			<td>${rule.times === null ? "always" : rule.times ?? ""}</td><td>${rule.hit ? `${rule.hit}×` : html`<strong class="never">never hit</strong>`}${rule.matched > rule.hit ? html` <small>of ${rule.matched}</small>` : ""}</td>
			<td><button class="small" onClick=${() => act(`/${kind}/${coded(rule.id)}`, { method: "DELETE" })}>Delete</button></td></tr>`)}</tbody></table>
		<div class="bar"><button onClick=${() => act(`/${kind}`, { method: "DELETE" })}>Delete all ${kind}</button></div>`;
}

function AddFault({ add }) {
	const submit = async (event) => {
		const form = formOf(event), target = event.target;
		const match = { method: form.method || undefined, path: form.path || undefined };
		const numbers = Object.fromEntries(["retryAfter", "probability", "skip"].filter((each) => form[each] !== "").map((each) => [each, Number(form[each])]));
		if (await add({ match, preset: form.preset, times: form.times ? Number(form.times) : null, ...numbers })) target.reset();
	};
	return html`<form class="bar" aria-label="Add a fault" onSubmit=${submit}>
		<${Choice} name="preset" label="Preset" options=${PRESETS} />
		<${Choice} name="method" label="Method of what fails" options=${[["", "any method"], ...METHODS]} />
		<input name="path" aria-label="Path of what fails" placeholder="/users/**, or any path" />
		<label>Times <input name="times" class="number" type="number" min="1" placeholder="always" /></label>
		<label>after <input name="skip" class="number" type="number" min="0" placeholder="0" /></label>
		<label>Probability <input name="probability" class="number" type="number" min="0" max="1" step="any" placeholder="1" /></label>
		<label>Retry-After <input name="retryAfter" class="number" type="number" min="0" step="any" placeholder="1" /></label>
		<button type="submit">Add the fault</button></form>`;
}

function AddStub({ tenant, made }) {
	const [open, setOpen] = useState(false), close = () => setOpen(false);
	return html`<div class="bar"><button onClick=${() => setOpen(true)}>Add a stub…</button></div>${open && html`<${Stub} ...${{ tenant, close }} made=${() => { close(); made(); }} />`}`;
}

function Clock({ tenant }) {
	const clock = useLoaded(() => ask(tenant, "/clock"), [tenant]);
	const [error, act] = useAct();
	useInterval(clock.reload, 1000, [tenant]);
	const change = (body) => act(() => ask(tenant, "/clock", body ? { method: "PUT", body } : { method: "DELETE" })).then(clock.reload);
	const send = (event) => change(formOf(event));
	const { now, frozen } = clock.value || {};
	return html`<p class="first" data-clock=${frozen ? "frozen" : "running"}><time>${now ? now.replace("T", " ").slice(0, 19) : ""}</time> ${now && (frozen ? "stands still" : "goes on")}</p>
		<div class="bar"><button onClick=${() => change({ frozen: !frozen })}>${frozen ? "Let it go on" : "Freeze"}</button>
			${Object.entries(STEPS).map(([words, advance]) => html`<button onClick=${() => change({ advance })}>+ ${words}</button>`)}
			<form class="bar" onSubmit=${send}><input name="advance" aria-label="A duration to step" placeholder="P1DT2H" required /><button type="submit">Step</button></form>
			<form class="bar" onSubmit=${send}><input name="now" aria-label="A time to set" placeholder="2027-01-31T09:00:00Z" required /><button type="submit">Set</button></form>
			<button onClick=${() => change(null)}>The machine's time</button></div><${Problem} error=${error || clock.error} />`;
}
