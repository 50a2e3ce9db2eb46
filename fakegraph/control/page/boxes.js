// The mailboxes of a tenant, to choose one of; below the chosen one is what screens put there.
import { Problem, ask, coded, go, html, useLoaded, useState } from "./lib.js";

/** `whole` is what there is when none is chosen. */
export function Boxes({ tenant, box, whole, children }) {
	const [text, setText] = useState("");
	const path = `/look/v1.0/users?$select=id,displayName,mail,userPrincipalName&$top=100${text ? `&$search=${coded(`"displayName:${text.replaceAll(/["\\]/g, "")}"`)}` : ""}`;
	const { value, error } = useLoaded(() => ask(tenant, path), [tenant, path]);
	const one = (id, words) => html`<button aria-current=${box === id ? "page" : undefined} onClick=${() => go({ box: id || null, folder: null, open: null })}>${words}</button>`;
	return html`<nav class="boxes" aria-label="Mailboxes">${whole && one("", whole)}
		<input type="search" aria-label="Find a mailbox" placeholder="Find a mailbox…" value=${text} onInput=${(event) => setText(event.target.value)} />
		<${Problem} error=${error} />
		<ul>${(value?.value || []).map((user) => html`<li key=${user.id}>${one(user.id, user.displayName || user.userPrincipalName)}${box === user.id && children}</li>`)}</ul></nav>`;
}
