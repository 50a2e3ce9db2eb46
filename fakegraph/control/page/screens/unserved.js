// What was asked and is not served, most often first: what to build next, or to say by a stub.
import { Empty, Problem, addressOf, html } from "../lib.js";
import { each as eachOf, useFeed, useWorkedOut } from "../feed.js";

export const name = "unserved";
export const title = "Not served";
export const order = 70;

const KINDS = { 501: "not built", 405: "no such method", 404: "no such path", 400: "no such path" };
const ID = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|.*@.*|[\w=-]{30,}|\d+)$/i;

/** A path of which nobody knows what it is, with a name for what looks like an id. */
const patternOf = (path) => path.split("/").map((each) => (ID.test(each) ? "{id}" : each)).join("/");

/** Whether nothing serves what a request asked for. */
const isUnserved = (row) => !row.fault && !row.stub && (row.status === 501 || row.status === 405 || ((row.status === 404 || row.status === 400) && row.route === null));

function* unserved(rows) {
	const found = new Map();
	yield* eachOf(rows, (row) => {
		if (!isUnserved(row)) return;
		const path = row.route || patternOf(row.path), key = `${row.method} ${path} ${row.status}`;
		const each = found.get(key) || { key, method: row.method, path, status: row.status, times: 0, latest: row };
		each.times += 1;
		found.set(key, each);
	});
	return [...found.values()].sort((one, other) => other.times - one.times);
}

export function Screen({ tenant }) {
	const { rows, pending, error, ready } = useFeed(tenant);
	const shown = useWorkedOut(unserved, ready ? rows : null);
	if (!shown) return null;
	if (ready && !shown.length) return html`<${Problem} error=${error} /><${Empty}>${rows.length ? "Everything that was asked for is served." : "Nothing has asked this tenant yet: what is asked and not served is counted here."}<//>`;
	return html`<section class="whole scrolls"><${Problem} error=${error} />
		<p class="count" role="status">${shown.length} that nothing serves${pending ? `; ${pending} requests more to read` : ""}</p>
		<table aria-label="Not served"><thead><tr><th>Times</th><th>Method and path</th><th>Why</th><th>Latest</th></tr></thead>
			<tbody>${shown.slice(0, 500).map((each) => html`<tr key=${each.key}><td>${each.times}</td><td>${each.method} ${each.path}</td><td>${KINDS[each.status]}<br /><small>${each.latest.errorMessage}</small></td>
				<td><a href=${addressOf("requests", { tenant, open: each.latest.number, tab: "Why" })}>${each.latest.number}: why, or stub it</a></td></tr>`)}</tbody></table></section>`;
}
