// Faults, stubs and the clock: what answers otherwise than the service would, how often it did, and what time it is.
import { Code, Dialog, Empty, Problem, ask, coded, formOf, html, pretty, useInterval, useLoaded, useState } from "../lib.js";

export const name = "rules";
export const title = "Faults";
export const order = 50;

const PRESETS = document.querySelector("meta[name=presets]").content.split(" ");
const METHODS = ["", "GET", "POST", "PATCH", "PUT", "DELETE"];
const STEPS = { "1 minute": "PT1M", "1 hour": "PT1H", "1 day": "P1D", "31 days": "P31D" };

export function Screen({ tenant }) {
	const faults = useLoaded(() => ask(tenant, "/faults"), [tenant]);
	const stubs = useLoaded(() => ask(tenant, "/stubs"), [tenant]);
	const [error, setError] = useState(null);
	useInterval(async () => { await Promise.all([faults.reload(), stubs.reload()]); }, 2000, [tenant]);
	const act = async (path, options) => {
		try { await ask(tenant, path, options); setError(null); return true; } catch (problem) { setError(problem); return false; } finally { faults.reload(); stubs.reload(); }
	};
	return html`<section class="whole scrolls">
		<${Problem} error=${error || faults.error || stubs.error} />
		<h2>Clock</h2><${Clock} tenant=${tenant} />
		<h2>Faults</h2><${AddFault} add=${(body) => act("/faults", { method: "POST", body })} />
		<${Rules} kind="faults" rules=${faults.value?.value} act=${act} empty=${html`No fault: every request is answered as the service does. Choose a preset above, or <em>Fail the next like this</em> at a request.`} />
		<h2>Stubs</h2><${AddStub} add=${(body) => act("/stubs", { method: "POST", body })} error=${error} />
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
		const match = { ...(form.method ? { method: form.method } : {}), ...(form.path ? { path: form.path } : {}) };
		const numbers = Object.fromEntries(["retryAfter", "probability", "skip"].filter((each) => form[each] !== "").map((each) => [each, Number(form[each])]));
		if (await add({ match, preset: form.preset, times: form.times ? Number(form.times) : null, ...numbers })) target.reset();
	};
	return html`<form class="bar" aria-label="Add a fault" onSubmit=${submit}>
		<select name="preset" aria-label="Preset">${PRESETS.map((each) => html`<option>${each}</option>`)}</select>
		<select name="method" aria-label="Method of what fails">${METHODS.map((each) => html`<option value=${each}>${each || "any method"}</option>`)}</select>
		<input name="path" aria-label="Path of what fails" placeholder="/users/**, or any path" />
		<label>Times <input name="times" class="number" type="number" min="1" placeholder="always" /></label>
		<label>after <input name="skip" class="number" type="number" min="0" placeholder="0" /></label>
		<label>Probability <input name="probability" class="number" type="number" min="0" max="1" step="any" placeholder="1" /></label>
		<label>Retry-After <input name="retryAfter" class="number" type="number" min="0" step="any" placeholder="1" /></label>
		<button type="submit">Add the fault</button></form>`;
}

function AddStub({ add, error }) {
	const [open, setOpen] = useState(false);
	const [wrong, setWrong] = useState(null);
	const submit = async (event) => {
		const form = formOf(event);
		try {
			const body = { match: { method: form.method, path: form.path }, status: Number(form.status), ...(form.json.trim() ? { json: JSON.parse(form.json) } : {}), times: form.times ? Number(form.times) : null };
			setWrong(null);
			if (await add(body)) setOpen(false);
		} catch (problem) { setWrong(problem); }
	};
	return html`<div class="bar"><button onClick=${() => setOpen(true)}>Add a stub…</button></div>
		${open && html`<${Dialog} title="Add a stub" close=${() => setOpen(false)}><form onSubmit=${submit}>
			<label>Method <select name="method">${METHODS.slice(1).map((each) => html`<option>${each}</option>`)}</select></label>
			<label>Path <input name="path" placeholder="/users/*/findMeetingTimes" required /></label>
			<label>Status <input name="status" type="number" min="200" max="599" value="200" /></label>
			<label>Times <input name="times" type="number" min="1" placeholder="always" /></label>
			<label>JSON <textarea name="json" rows="10" spellcheck=${false}>{}</textarea></label><${Problem} error=${wrong || error} />
			<div class="bar"><button type="submit">Add the stub</button><button onClick=${() => setOpen(false)}>Cancel</button></div></form><//>`}`;
}

function Clock({ tenant }) {
	const clock = useLoaded(() => ask(tenant, "/clock"), [tenant]);
	const [error, setError] = useState(null);
	useInterval(clock.reload, 1000, [tenant]);
	const change = async (body) => {
		try { await ask(tenant, "/clock", body ? { method: "PUT", body } : { method: "DELETE" }); setError(null); } catch (problem) { setError(problem); }
		clock.reload();
	};
	const send = (event) => change(formOf(event));
	const { now, frozen } = clock.value || {};
	return html`<p class="first" data-clock=${frozen ? "frozen" : "running"}><time>${now ? now.replace("T", " ").slice(0, 19) : ""}</time> ${now && (frozen ? "stands still" : "goes on")}</p>
		<div class="bar"><button onClick=${() => change({ frozen: !frozen })}>${frozen ? "Let it go on" : "Freeze"}</button>
			${Object.entries(STEPS).map(([words, advance]) => html`<button onClick=${() => change({ advance })}>+ ${words}</button>`)}
			<form class="bar" onSubmit=${send}><input name="advance" aria-label="A duration to step" placeholder="P1DT2H" required /><button type="submit">Step</button></form>
			<form class="bar" onSubmit=${send}><input name="now" aria-label="A time to set" placeholder="2027-01-31T09:00:00Z" required /><button type="submit">Set</button></form>
			<button onClick=${() => change(null)}>The machine's time</button></div><${Problem} error=${error || clock.error} />`;
}
