// Sign-ins: who, how, what their tokens say, and why one was refused. Tokens themselves are never shown.
import { Code, Detail, Empty, Fields, Lines, Problem, Row, Tabs, addressOf, ask, bytesOf, go, html, pretty, shortTime, useInterval, useLoaded, useState } from "../lib.js";

export const name = "signins";
export const title = "Sign-ins";
export const order = 60;

const HOW = { client_credentials: "as itself, with a secret or a certificate", authorization_code: "by a code, in a browser", password: "by user name and password", refresh_token: "by a refresh token", "urn:ietf:params:oauth:grant-type:device_code": "by a device code", "urn:ietf:params:oauth:grant-type:jwt-bearer": "on behalf of a user", authorize: "page to sign in", devicecode: "asks for a device code", deviceauth: "page for a device code", logout: "signs out" };
const LATE = { exp: "expires", iat: "issued", nbf: "from", auth_time: "signed in" };

export function Screen({ tenant, params }) {
	const { value, error, reload } = useLoaded(() => ask(tenant, "/sign-ins"), [tenant]);
	useInterval(reload, 2000, [tenant]);
	const tab = params.get("tab") || "Sign-ins", open = Number(params.get("open"));
	const rows = (tab === "Sign-ins" ? value?.value : tab === "Tokens" ? value?.tokens : [])?.slice().reverse() || [];
	const shown = rows.find((each) => each.number === open);
	return html`<section class="split"><div class="list scrolls">
			<${Tabs} label="What is listed" names=${["Sign-ins", "Tokens", "Decode"]} chosen=${tab} choose=${(next) => go({ tab: next, open: null })} />
			<${Problem} error=${error} />
			<div role="tabpanel" aria-label=${tab}>${tab === "Decode" ? html`<${Decode} now=${value?.now} />` : value && !rows.length ? html`<${Empty}>${tab === "Tokens" ? "Nothing has asked Graph with a token yet." : html`Nobody has signed in yet. Have your program's authority be <code>${location.origin}/${tenant}</code>; under <code>fakegraph run</code> it is led here.`}<//>`
				: html`<ul class="messages">${rows.map((each) => html`<${Row} key=${each.number} chosen=${each.number === open} to=${{ open: each.number }}>
					<strong>${nameOf(each)}</strong><span class=${`status is-${String(each.status)[0]}`}>${each.status || "cut"}</span><span>${each.how ? HOW[each.how] || each.how : `${each.times}× asked, ${each.refused}× refused`}</span><small>${shortTime(each.time)} ${[each.errorCode, each.errorMessage].filter(Boolean).join(": ")}</small><//>`)}</ul>`}</div></div>
		${shown && html`<${SignIn} key=${`${tab} ${open}`} ...${{ tenant, shown }} now=${value.now} />`}</section>`;
}

const nameOf = (each) => each.user || each.claims?.upn || each.claims?.preferred_username || each.app || each.claims?.appid || each.claims?.azp || (each.how ? "nobody who said so" : "a token that is no JWT");

function SignIn({ tenant, shown, now }) {
	const close = () => go({ open: null });
	const said = { how: shown.how && (HOW[shown.how] || shown.how), app: shown.app, user: shown.user, scope: shown.scope, fault: shown.fault };
	const tokens = shown.tokens || { "access token": shown.claims };
	return html`<${Detail} label="Sign-in" title=${nameOf(shown)} close=${close}>
		<div class="bar actions"><a class="button" href=${addressOf("requests", { tenant, open: shown.number })}>The request</a></div>
		${shown.errorCode && html`<h3>Refused</h3><p class="problem">${shown.status} ${shown.errorCode}: ${shown.errorMessage}</p>`}
		<${Fields} fields=${said} />
		${Object.entries(tokens).map(([kind, claims]) => html`<h3>${kind.replace("_", " ")}</h3>${claims ? html`<${Claims} ...${{ claims, now }} />` : html`<p>It is no JWT: it names nobody, and no permissions.</p>`}`)}<//>`;
}

function Claims({ claims, now }) {
	const at = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
	const late = Object.entries(LATE).filter(([each]) => Math.abs(claims[each]) < 8e12);
	const expired = Number.isFinite(claims.exp) && now && claims.exp * 1000 < Date.parse(now);
	return html`${expired && html`<p class="problem">It has expired, by the clock of the tenant.</p>`}
		<${Fields} fields=${late.map(([each, words]) => [words, at(claims[each])])} /><${Code} text=${pretty(claims)} label="Claims" />`;
}

/** A token that somebody has at hand: read here, and sent nowhere. */
function Decode({ now }) {
	const [text, setText] = useState("");
	const parts = text.trim().replace(/^Bearer\s+/i, "").split(".");
	let found = null;
	try { found = parts.length === 3 && parts.slice(0, 2).map((each) => JSON.parse(new TextDecoder().decode(bytesOf(each.replaceAll("-", "+").replaceAll("_", "/"))))); } catch { /* no JWT */ }
	return html`<div class="stacked"><label>A token, which stays in this page <${Lines} rows="5" value=${text} change=${setText} /></label>
		${found ? html`<h2>Header</h2><${Code} text=${pretty(found[0])} label="Header" /><h2>Claims</h2><${Claims} claims=${found[1]} now=${now} />` : text && html`<p class="problem">This is no JWT: it has to be three parts in base64url with dots between them.</p>`}</div>`;
}
