// Files: each drive that is in use, folder by folder; what a file looks like, its versions and who may have it.
import { Code, Detail, Empty, Problem, Row, ask, coded, html, look, pretty, useLoaded } from "../lib.js";

export const name = "files";
export const title = "Files";
export const order = 46;

const PICTURE = 5_000_000, TEXT = 200_000; // the most bytes that are shown

export function Screen({ tenant, params }) {
	const { drive, folder = "root", open } = Object.fromEntries(params), { value, error } = useLoaded(() => ask(tenant, "/records/drives"), [tenant]);
	const read = (id, rest = "") => look(tenant, `v1.0/drives/${coded(drive)}/items/${coded(id)}${rest}`);
	return html`<section class=${`mail ${open ? "split" : "whole"}`}><nav class="boxes" aria-label="Drives"><${Problem} error=${error} />
			<ul>${value?.value.map((each) => html`<${Row} chosen=${each.id === drive} to=${{ drive: each.id, folder: null, open: null }}>${(each.owner?.user || each.owner?.group)?.displayName || each.webUrl} <small>${each.name}</small><//>`)}</ul></nav>
		${drive ? html`<${Folder} key=${drive + folder} ...${{ read, folder, open }} />` : html`<${Empty}>Choose a drive that is in use.<//>`}
		${open && html`<${File} key=${open} ...${{ tenant, read, open }} />`}</section>`;
}

function Folder({ read, folder, open }) {
	const { value, error } = useLoaded(() => Promise.all([read(folder), read(folder, "/children?$top=1000")]), []), [it, inside] = value || [], up = it?.parentReference.id;
	return html`<div class="list"><${Problem} error=${error} /><ul class="messages" aria-label="Files">
		${up && html`<${Row} to=${{ folder: up, open: null }}><strong>.. from ${it.name}</strong><//>`}
		${inside?.value.map((each) => html`<${Row} chosen=${open === each.id} to=${each.folder ? { folder: each.id, open: null } : { open: each.id }}>
			<strong>${each.name}${each.folder && "/"}</strong><time>${each.lastModifiedDateTime}</time><small>${each.folder ? `${each.folder.childCount} inside` : `${each.size} bytes`}</small><//>`)}</ul></div>`;
}

async function loaded(tenant, read, open) {
	const [item, ...lists] = await Promise.all(["", "/versions", "/permissions"].map((rest) => read(open, rest)));
	const { pathname, search } = new URL(item["@microsoft.graph.downloadUrl"] || location), url = `/tenants/${coded(tenant)}${pathname}${search}`, kind = item.file?.mimeType;
	const most = /^image/.test(kind) ? PICTURE : /^text|json|xml/.test(kind) ? TEXT : -1, bytes = item.size <= most && await (await fetch(url)).blob();
	return { item, lists, url, text: most === TEXT && bytes && await bytes.text(), picture: most === PICTURE && bytes && URL.createObjectURL(bytes) };
}

function File({ tenant, read, open }) {
	const { value, error } = useLoaded(() => loaded(tenant, read, open), []), { item, lists, url, text, picture } = value || {};
	return html`<${Detail} label="File" title=${item?.name} error=${error}>${item && html`<p><a href=${url} download=${item.name}>Download</a></p>
		${picture ? html`<img src=${picture} alt=${item.name} />` : html`<pre class="code plain" tabindex="0">${text || "Not shown."}</pre>`}
		${[item, ...lists].map((each, index) => html`<${Code} text=${pretty(each.value || each)} label=${["Item", "Versions", "Permissions"][index]} />`)}`}<//>`;
}
