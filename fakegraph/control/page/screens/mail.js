// Mail: what the program sent, and every mailbox, as a mail program shows them.
import { Detail, Empty, Fields, Problem, Row, Tabs, ask, bytesOf, coded, download, formOf, go, html, pretty, shortDate, useLoaded, useMemo, useState } from "../lib.js";
import { Boxes } from "../boxes.js";
import { Body, textOf } from "../frame.js";

export const name = "mail";
export const title = "Mail";
export const order = 40;

const PAGE = 50;
const FIELDS = "id,subject,from,toRecipients,receivedDateTime,isRead,hasAttachments,bodyPreview";
const who = (recipient) => recipient?.emailAddress?.name || recipient?.emailAddress?.address || "";
const address = (recipient) => recipient?.emailAddress?.address || "";

export function Screen({ tenant, params }) {
	const { box = "", folder = "", open = "", text = "", tab = "Message" } = Object.fromEntries(params);
	return html`<section class=${`mail ${open ? "split" : "whole"}`}>
		<${Boxes} ...${{ tenant, box }} whole="Sent by your program">${box && html`<${Folders} ...${{ tenant, box, folder }} />`}<//>
		${box ? html`<${Folder} ...${{ tenant, box, folder, open }} text=${text} />` : html`<${Sent} ...${{ tenant, open }} text=${text} />`}
		${open && html`<${Message} key=${box + open} ...${{ tenant, box }} id=${open} tab=${tab} />`}
	</section>`;
}

function Folders({ tenant, box, folder }) {
	const { value, error } = useLoaded(() => ask(tenant, `/look/v1.0/users/${coded(box)}/mailFolders?$top=100`), [tenant, box]);
	return html`<${Problem} error=${error} /><ul>${(value?.value || []).map((each) => html`<li key=${each.id}>
		<button aria-current=${folder === each.id ? "page" : undefined} onClick=${() => go({ folder: each.id, open: null })}>${each.displayName} <small>${each.unreadItemCount ? `${each.unreadItemCount} of ` : ""}${each.totalItemCount}</small></button></li>`)}</ul>`;
}

function Search({ text }) {
	return html`<form class="bar" role="search" onSubmit=${(event) => go({ ...formOf(event), open: null })}>
		<input type="search" name="text" aria-label="Search mail" placeholder="Search" value=${text} /><button type="submit">Search</button></form>`;
}

function Rows({ rows, open, empty }) {
	if (!rows.length) return html`<${Empty}>${empty}<//>`;
	return html`<ul class="messages">${rows.map((row) => html`<${Row} key=${row.key} look=${row.isRead ? "" : "unread"} chosen=${open === row.key} to=${{ open: row.key }}>
		<strong>${row.subject || "(no subject)"}${row.hasAttachments && html` <small>with attachments</small>`}</strong><time>${row.time}</time>
		<span>${row.people}</span><small>${row.preview}</small><//>`)}</ul>`;
}

function Sent({ tenant, open, text }) {
	const { value, error, reload } = useLoaded(() => ask(tenant, "/sent"), [tenant]);
	const rows = useMemo(() => (value?.value || []).map((mail, index) => ({
		key: String(index + 1), subject: mail.subject, time: shortDate(mail.time), isRead: true, hasAttachments: mail.attachments.length > 0,
		people: `${mail.sender} → ${[...mail.to, ...mail.cc, ...mail.bcc].join(", ")}`, preview: mail.bodyType === "text" ? (mail.body || "").slice(0, 120) : "",
		all: JSON.stringify(mail).toLowerCase(),
	})).filter((row) => !text || row.all.includes(text.toLowerCase())).reverse(), [value, text]);
	return html`<div class="list"><div class="bar"><${Search} text=${text} /><button onClick=${reload}>Reload</button></div><${Problem} error=${error} />
		${value && html`<${Rows} ...${{ rows, open }} empty=${text ? "Nothing that was sent has that in it." : "Nothing was sent yet. Mail that your program sends by sendMail, send, reply or forward is listed here."} />`}</div>`;
}

function Folder({ tenant, box, folder, open, text }) {
	const [pages, setPages] = useState(1);
	const place = `/look/v1.0/users/${coded(box)}/${folder ? `mailFolders/${coded(folder)}/` : ""}messages`;
	const query = text ? `$search=${coded(`"${text.replaceAll(/["\\]/g, " ")}"`)}` : "$orderby=receivedDateTime desc";
	const path = `${place}?$select=${FIELDS}&$top=${PAGE * pages}&${query}`;
	const { value, error } = useLoaded(() => ask(tenant, path), [tenant, path]);
	const rows = (value?.value || []).map((mail) => ({
		key: mail.id, subject: mail.subject, time: shortDate(mail.receivedDateTime), isRead: mail.isRead, hasAttachments: mail.hasAttachments,
		people: `${who(mail.from)} → ${(mail.toRecipients || []).map(who).join(", ")}`, preview: mail.bodyPreview || "",
	}));
	return html`<div class="list"><${Search} text=${text} /><${Problem} error=${error} />
		${value && html`<${Rows} ...${{ rows, open }} empty=${text ? "Nothing here has that in it." : "This mailbox or folder is empty."} />`}
		${value?.["@odata.nextLink"] && html`<button onClick=${() => setPages(pages + 1)}>Show more</button>`}</div>`;
}

async function loaded(tenant, box, id) {
	let place = `v1.0/users/${coded(box)}/messages/${coded(id)}`;
	if (!box) {
		const mail = (await ask(tenant, "/sent")).value[Number(id) - 1];
		if (!mail) throw new Error("That mail is not among what was sent, or no more.");
		if (!mail.path) return { mail: ofSent(mail), attachments: mail.attachments, source: null };
		place = `v1.0/${mail.path}`;
	}
	const extra = "$select=subject,from,toRecipients,ccRecipients,bccRecipients,body,internetMessageHeaders,internetMessageId";
	const mail = await ask(tenant, `/look/${place}?${extra}`);
	const attachments = (await ask(tenant, `/look/${place}/attachments`)).value;
	return { mail, attachments, place };
}

function ofSent(mail) {
	const people = (addresses) => addresses.map((each) => ({ emailAddress: { address: each } }));
	return { subject: mail.subject, from: { emailAddress: { address: mail.from || mail.sender } }, toRecipients: people(mail.to), ccRecipients: people(mail.cc), bccRecipients: people(mail.bcc),
		receivedDateTime: mail.time, body: { contentType: mail.bodyType, content: mail.body }, internetMessageId: mail.internetMessageId };
}

function Message({ tenant, box, id, tab }) {
	const { value, error } = useLoaded(() => loaded(tenant, box, id), [tenant, box, id]);
	return html`<${Detail} label="Message" title=${value?.mail.subject || "(no subject)"} error=${error}>
		${value && html`<${People} mail=${value.mail} />
			<${Tabs} label="Views of the message" names=${["Message", "Text", "Headers", "Attachments", "Source"]} chosen=${tab} choose=${(next) => go({ tab: next })} />
			<div role="tabpanel" aria-label=${tab}><${View} ...${{ tenant, tab }} ...${value} /></div>`}<//>`;
}

function People({ mail }) {
	const all = { From: [mail.from], To: mail.toRecipients, Cc: mail.ccRecipients, Bcc: mail.bccRecipients };
	return html`<${Fields} fields=${Object.entries(all).filter(([, each]) => each?.some(Boolean)).map(([field, each]) => [field, each.map((one) => `${who(one)} <${address(one)}>`).join(", ")])} />`;
}

function View({ tenant, tab, mail, attachments, place }) {
	const content = mail.body?.content || "", isHtml = mail.body?.contentType === "html";
	if (tab === "Message") return html`<${Body} body=${mail.body} />`;
	if (tab === "Text") return html`<${Body} body=${{ content: isHtml ? textOf(content) : content }} />`;
	if (tab === "Headers") return html`<${Fields} fields=${[["Message-ID", mail.internetMessageId], ...(mail.internetMessageHeaders || []).map((each) => [each.name, each.value])]} />`;
	if (tab === "Attachments") return html`<${Attachments} ...${{ attachments }} />`;
	return html`<${Source} ...${{ tenant, place, mail }} />`;
}

function Attachments({ attachments }) {
	if (!attachments.length) return html`<${Empty}>Nothing is attached.<//>`;
	return html`<ul class="plain">${attachments.map((each) => html`<li>${each.name} <small>${each.contentType} ${each.size} bytes</small>
		${each.contentBytes && html`<button class="small" onClick=${() => download(each.name || "attachment", bytesOf(each.contentBytes))}>Download</button>`}</li>`)}</ul>`;
}

function Source({ tenant, place, mail }) {
	const { value, error } = useLoaded(() => (place ? ask(tenant, `/look/${place}/$value`, { as: "text" }) : pretty(mail)), [tenant, place]);
	return html`<${Problem} error=${error} />${value && html`<div class="bar"><button class="small" onClick=${() => download("message.eml", value)}>Download</button></div><pre class="code plain" tabindex="0">${value}</pre>`}`;
}
