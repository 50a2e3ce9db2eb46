// The page: which screens there are, which tenant they are about, and the key where one is asked for.
import { Problem, addressOf, ask, formOf, html, rememberKey, render, useAddress, useEffect, useLoaded } from "./lib.js";

// A screen is one file in screens/: its `name`, its `title`, its place among the others as `order`, and `Screen({ tenant, params })`.
const NAMES = document.querySelector("meta[name=screens]").content.split(" ");
const SCREENS = (await Promise.all(NAMES.map((each) => import(`./screens/${each}.js`)))).sort((one, other) => one.order - other.order);

function App() {
	const { screen, params } = useAddress();
	const tenant = params.get("tenant") || "default";
	const shown = SCREENS.find((each) => each.name === screen) || SCREENS[0];
	const health = useLoaded(() => ask(null, "/health"), []);
	const { value, error, reload } = useLoaded(() => ask(null, "/tenants"), [screen]);
	useEffect(() => { document.title = `${shown.title} · fakegraph`; }, [shown]);
	if (error?.status === 401) return html`<${Key} again=${reload} />`;
	return html`<a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById("main").focus(); }}>To the content</a>
		<header class="top">
			<h1>fakegraph <small>${health.value?.version}</small></h1>
			<nav aria-label="Screens">${SCREENS.map((each) => html`<a href=${addressOf(each.name, { tenant: tenant === "default" ? null : tenant })} aria-current=${each === shown ? "page" : undefined}>${each.title}</a>`)}</nav>
			<label class="tenant">Tenant <input list="tenants" aria-label="Tenant" value=${tenant} onChange=${(event) => { location.hash = addressOf(shown.name, { tenant: event.target.value }); }} />
				<datalist id="tenants">${(value?.value || []).slice(0, 1000).map((each) => html`<option value=${each.id}>${each.test || ""}</option>`)}</datalist></label>
		</header>
		<main id="main" tabindex="-1"><${Problem} error=${error} /><${shown.Screen} key=${`${shown.name} ${tenant}`} ...${{ tenant, params }} /></main>`;
}

function Key({ again }) {
	const submit = (event) => {
		rememberKey(formOf(event).key);
		again();
	};
	return html`<main class="key"><h1>fakegraph</h1><form class="stacked" onSubmit=${submit}>
		<label>This server asks for its control key <input name="key" type="password" autocomplete="off" required /></label><button type="submit">Open</button></form></main>`;
}

render(html`<${App} />`, document.getElementById("page"));
