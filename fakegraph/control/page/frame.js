// HTML that programs have written, as it looks and as text: it is data, and nothing in it runs or loads.
import { html, useMemo } from "./lib.js";

const NONCE = document.querySelector("meta[name=mail-styles]").content;
const parsed = (content) => new DOMParser().parseFromString(content, "text/html");

export function textOf(content) {
	const page = parsed(content);
	page.querySelectorAll("style, script, title").forEach((each) => each.remove());
	return page.body.textContent.replace(/\n{3,}/g, "\n\n").trim();
}

/** An `itemBody` as it looks. The frame of HTML has no scripts and no origin, and loads nothing by the policy of this page,
 *  which lets only styles in that have its number: those of the HTML are given it.
 */
export function Body({ body, look }) {
	const { content = "", contentType } = body || {}, page = useMemo(() => styled(content), [content]);
	return contentType === "html" ? html`<iframe class=${look} title="The message as it looks" sandbox="" srcdoc=${page}></iframe>` : html`<pre class="code plain" tabindex="0">${content}</pre>`;
}

function styled(content) {
	const page = parsed(content);
	page.querySelectorAll("script, meta, base, link, iframe, object, embed").forEach((each) => each.remove());
	const rules = [];
	page.querySelectorAll("[style]").forEach((each, index) => {
		each.dataset.fakegraphStyle = index;
		rules.push(`[data-fakegraph-style="${index}"]{${each.getAttribute("style").replaceAll(/[{}<]/g, "")}}`);
		each.removeAttribute("style");
	});
	page.querySelectorAll("style").forEach((each) => each.setAttribute("nonce", NONCE));
	const own = page.createElement("style");
	own.setAttribute("nonce", NONCE);
	own.textContent = `html{background:#fff;color:#111;font:14px sans-serif}${rules.join("")}`;
	page.head.append(own);
	return `<!doctype html>${page.documentElement.outerHTML}`;
}
