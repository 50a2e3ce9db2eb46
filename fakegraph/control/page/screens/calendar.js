// Calendar: a week of anybody's calendar, as a calendar program shows it, in the zone of whose mailbox it is.
import { Boxes } from "../boxes.js";
import { Choice, Code, Detail, Empty, Fields, Problem, allOf, ask, coded, go, html, look, pretty, useLoaded, useMemo } from "../lib.js";

export const name = "calendar";
export const title = "Calendar";
export const order = 45;

const MOST = 5; // pages of a week's events
const NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const after = (day, count) => new Date(Date.parse(day) + count * 86_400_000).toISOString().slice(0, 10);
const at = (event, end) => event[end].dateTime.slice(0, 16);
const who = ({ emailAddress: each = {} }) => each.name || each.address;

export function Screen({ tenant, params }) {
	const [box, calendar, week, open] = ["box", "calendar", "week", "open"].map((each) => params.get(each) || "");
	return html`<section class=${`mail ${open ? "split" : "whole"}`}><${Boxes} ...${{ tenant, box }} />
		${box ? html`<${Week} ...${{ tenant, box, calendar, week, open }} />` : html`<div class="list"><${Empty}>Choose whose calendar to see.<//></div>`}</section>`;
}

async function loaded(tenant, owner) {
	const [clock, calendars, settings] = await Promise.all([ask(tenant, "/clock"), look(tenant, `${owner}/calendars?$top=100`), look(tenant, `${owner}/mailboxSettings`)]);
	return { today: clock.now.slice(0, 10), calendars: calendars.value, zone: settings.timeZone };
}

/** What is in a week, and a day about it: an event's day is that of its zone. */
async function eventsOf(tenant, place, monday, zone) {
	const path = `${place}/calendarView?startDateTime=${after(monday, -1)}&endDateTime=${after(monday, 8)}&$top=1000`;
	return (await allOf(tenant, path, { Prefer: `outlook.timezone="${zone}", outlook.body-content-type="text"` }, MOST)).rows;
}

function Week({ tenant, box, calendar, week, open }) {
	const owner = `v1.0/users/${coded(box)}`;
	const { value, error } = useLoaded(() => loaded(tenant, owner), [tenant, owner]);
	const day = Date.parse(week) ? week : value?.today, monday = value && after(day, -((new Date(day).getUTCDay() + 6) % 7));
	const place = calendar ? `${owner}/calendars/${coded(calendar)}` : owner;
	const events = useLoaded(async () => (value ? eventsOf(tenant, place, monday, value.zone) : null), [place, monday, value]);
	const shown = events.value?.find((each) => each.id === open);
	const turn = (words, to) => html`<button onClick=${() => go({ week: to, open: null })}>${words}</button>`;
	return html`<div class="list"><${Problem} error=${error || events.error} />
			${value && html`<div class="bar">${turn("Earlier", after(monday, -7))}${turn("Today", null)}${turn("Later", after(monday, 7))}<button onClick=${events.reload}>Reload</button>
				<${Choice} label="Calendar" value=${calendar} options=${value.calendars.map((each) => [each.isDefaultCalendar ? "" : each.id, each.name])} change=${(next) => go({ calendar: next, open: null })} />
				<span class="count" role="status">${events.value && !events.value.length ? "nothing in" : ""} the week of ${monday}, ${value.zone}</span></div>
				<div class="week scrolls" tabindex="0" role="region" aria-label="Week">${NAMES.map((each, index) => html`<${Day} title=${each} day=${after(monday, index)} events=${events.value || []} open=${open} />`)}</div>`}</div>
		${shown && html`<${Event} event=${shown} />`}`;
}

function Day({ title, day, events, open }) {
	const next = after(day, 1);
	const here = useMemo(() => events.filter((each) => at(each, "start") < next && (at(each, "end") > day + "T00:00" || at(each, "start") >= day)), [events, day]);
	const isLong = (each) => each.isAllDay || at(each, "start") < day || at(each, "end") > `${next}T00:00`;
	const slot = (time) => 2 * time.slice(11, 13) + (time.slice(14) >= "30") + 1;
	const last = (each) => Math.max(slot(at(each, "start")) + 1, at(each, "end") > next ? 49 : slot(at(each, "end")));
	const one = (each, style) => html`<li key=${each.id} style=${style}><button class=${`as-${each.showAs}${each.isCancelled ? " off" : ""}`} aria-current=${each.id === open ? "true" : undefined}
		onClick=${() => go({ open: each.id })}>${!isLong(each) && html`<time>${at(each, "start").slice(11)}</time> `}${each.subject || "(no subject)"}</button></li>`;
	return html`<div><h2>${title} ${day.slice(5)}</h2><ul class="long">${here.filter(isLong).map((each) => one(each))}</ul>
		<ol>${here.filter((each) => !isLong(each)).map((each) => one(each, { gridRow: `${slot(at(each, "start"))} / ${last(each)}` }))}</ol></div>`;
}

function Event({ event }) {
	const fields = [["when", `${at(event, "start")} – ${at(event, "end")}`], ["where", event.location?.displayName], ["organizer", event.organizer && who(event.organizer)], ["shown as", event.showAs], ["join", event.onlineMeeting?.joinUrl], ...event.attendees.map((each) => [each.type, `${who(each)}: ${each.status?.response}`])];
	return html`<${Detail} label="Event" title=${event.subject || "(no subject)"}><${Fields} fields=${fields} /><${Code} text=${pretty(event)} label="JSON" /><//>`;
}
