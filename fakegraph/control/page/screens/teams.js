// Teams: what is said in channels and chats, thread by thread, as Teams shows it.
import { Body, textOf } from "../frame.js";
import { Detail, Empty, Fields, Problem, Row, allOf, coded, html, shortDate, useLoaded, useState } from "../lib.js";

export const name = "teams";
export const title = "Teams";
export const order = 43;

const SYSTEM = { Prefer: "include-unknown-enum-members" }, MOST = 20; // pages of names
const who = (said) => Object.values(said || {}).find((each) => each?.id)?.displayName;
const by = ({ from }) => (from ? who(from) || "somebody" : "Teams");
const event = ({ eventDetail }) => eventDetail?.["@odata.type"].replace(/.*\.|EventMessageDetail$/g, "");
const quiet = (message) => (message.deletedDateTime ? "(deleted)" : event(message));
const said = (message) => quiet(message) || (message.body.contentType === "html" ? textOf(message.body.content) : message.body.content);

export function Screen({ tenant, params }) {
	const { team, place, open } = Object.fromEntries(params), more = { tenant, place };
	const channels = ({ id }) => html`<${Names} ...${more} path=${`teams/${coded(id)}/channels`} to=${(each) => ({ place: `teams/${coded(id)}/channels/${coded(each.id)}` })} kind="membershipType" />`;
	return html`<section class=${`mail ${open ? "split" : "whole"}`}><nav class="boxes" aria-label="Teams and chats">
			<h2>Teams</h2><${Names} ...${more} path="teams" to=${({ id }) => ({ team: id })} below=${(each) => each.id === team && channels(each)} />
			<h2>Chats</h2><${Names} ...${more} path="chats?$expand=members&$top=50" to=${({ id }) => ({ place: `chats/${coded(id)}` })} kind="chatType" /></nav>
		${place ? html`<${Threads} key=${place} ...${{ tenant, place, open }} />` : html`<${Empty}>Choose a channel of a team, or a chat.<//>`}</section>`;
}

/** What a list has, by name; `to` says where each leads, and `below` what is below it. */
function Names({ tenant, place, path, to, kind, below }) {
	const { value, error } = useLoaded(() => allOf(tenant, `v1.0/${path}`, SYSTEM, MOST), [path]), people = (each) => each.members?.map((one) => one.displayName).join(", ");
	return html`<${Problem} error=${error} /><ul>${value?.rows.map((each) => html`<${Row} key=${each.id} chosen=${to(each).place === place && place} to=${{ ...to(each), open: null }}>
		${each.displayName || each.topic || people(each) || each.id} <small>${each[kind]}</small><//>${below && html`<li>${below(each)}</li>`}`)}</ul>`;
}

function Threads({ tenant, place, open }) {
	const [pages, setPages] = useState(1), path = `v1.0/${place}/messages?$top=50${place[0] === "t" ? "&$expand=replies" : ""}`;
	const { value, error, reload } = useLoaded(() => allOf(tenant, path, SYSTEM, pages), [pages]), { rows = [], next } = value || {}, shown = rows.find(({ id }) => id === open);
	return html`<div class="list"><div class="bar"><span class="count" role="status">${value && `${rows.length}${next ? "+" : ""} messages`}</span><button onClick=${reload}>Reload</button></div><${Problem} error=${error} />
			${value && !rows.length && html`<${Empty}>Nothing was said here.<//>`}
			<ul class="messages" aria-label="Messages">${rows.map((each) => html`<${Row} key=${each.id} chosen=${each.id === open} to=${{ open: each.id }}>
				<strong>${each.subject || by(each)}</strong><time>${shortDate(each.createdDateTime)}</time><span>${said(each)}</span><small>${notes(each)}</small><//>`)}</ul>
			${next && html`<button onClick=${() => setPages(pages + 1)}>Show more</button>`}</div>
		${shown && html`<${Detail} key=${open} label="Thread" title=${shown.subject || by(shown)}>${[shown, ...(shown.replies || []).reverse()].map((each) => html`<${Message} message=${each} />`)}<//>`}`;
}

function notes({ replies, reactions, attachments, lastEditedDateTime }) {
	return [replies?.length && `replies: ${replies.length}`, ...(reactions || []).map((each) => each.reactionType), attachments?.length && "with attachments", lastEditedDateTime && "edited"].filter(Boolean).join(" ");
}

function Message({ message }) {
	const { mentions = [], reactions = [], attachments = [] } = message;
	const fields = [["edited", message.lastEditedDateTime], ["deleted", message.deletedDateTime], ...mentions.map((each) => ["mentions", who(each.mentioned) || each.mentionText]),
		...reactions.map((each) => [each.reactionType, who(each.user)]), ...attachments.map((each) => ["attached", each.name || each.contentType])];
	return html`<article><h3>${by(message)} <small><time>${shortDate(message.createdDateTime)}</time></small></h3>
		${quiet(message) ? html`<p class="quiet">${quiet(message)}</p>` : html`<${Body} body=${message.body} look="short" />`}<${Fields} fields=${fields} /></article>`;
}
