// Change notifications: what was told to whom, each with its attempts and their answers; deliver one again.
import { Code, Detail, Empty, Fields, Problem, Row, ask, html, pretty, shortTime, useAct, useInterval, useLoaded } from "../lib.js";

export const name = "notifications";
export const title = "Notifications";
export const order = 65;

const WORDS = { waiting: "waits", underWay: "under way", delivered: "delivered", dropped: "dropped" };
const LOOKS = { waiting: 4, underWay: 3, delivered: 2, dropped: 5 };

const nameOf = ({ notification: item }) => item.lifecycleEvent || `${item.changeType} ${item.resource}`;

export function Screen({ tenant, params }) {
	const { value, error, reload } = useLoaded(() => ask(tenant, "/notifications"), [tenant]);
	useInterval(reload, 2000, [tenant]);
	const open = Number(params.get("open")), rows = value?.value.slice().reverse() || [];
	const shown = rows.find((each) => each.number === open);
	if (value && !rows.length) return html`<${Problem} error=${error} /><${Empty}>Nothing has been told yet. Have your program subscribe: POST <code>/subscriptions</code> with the address that it listens at.<//>`;
	return html`<section class="split"><div class="list scrolls"><${Problem} error=${error} />
			<ul class="messages" aria-label="Notifications">${rows.map((each) => html`<${Row} key=${each.number} chosen=${each.number === open} to=${{ open: each.number }}>
				<strong>${nameOf(each)}</strong><span class=${`status is-${LOOKS[each.state]}`}>${WORDS[each.state]}</span><span>${each.attempts.length}× tried</span><small>${shortTime(each.time)} ${each.url}</small><//>`)}</ul></div>
		${shown && html`<${Told} key=${open} ...${{ tenant, shown, reload }} />`}</section>`;
}

function Told({ tenant, shown, reload }) {
	const [error, act] = useAct();
	const again = () => act(() => ask(tenant, `/notifications/${shown.number}/redeliver`, { method: "POST" }).then(reload));
	const isOver = shown.state === "delivered" || shown.state === "dropped";
	return html`<${Detail} label="Notification" title=${nameOf(shown)} error=${error}>
		<div class="bar actions"><button disabled=${!isOver} onClick=${again}>Deliver again</button></div>
		<${Fields} fields=${{ to: shown.url, subscription: shown.subscriptionId, state: `${WORDS[shown.state]}${shown.due ? `, due at ${shown.due}` : ""}` }} />
		<h3>Attempts</h3>${shown.attempts.length ? html`<ol>${shown.attempts.map((each) => html`<li>${shortTime(each.time)} ${each.status || each.error || "no answer"}</li>`)}</ol>` : html`<p>None yet.</p>`}
		<h3>What is sent</h3><${Code} text=${pretty(shown.notification)} label="Notification" /><//>`;
}
