// A request as code in several languages, and as an assertion of a test.

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const string = (text) => JSON.stringify(text);
const ASCII = /^[\x00-\x7f]*$/;
// What clients say by themselves, or may not say.
const UNSENT = new Set(["host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding", "expect", "keep-alive", "upgrade", "te"]);

function parts(request) {
	const headers = Object.entries(request.headers).filter(([name]) => !UNSENT.has(name));
	const shown = headers.map(([name, value]) => [name, name === "authorization" && value === "[redacted]" ? "Bearer TOKEN" : value]);
	return { headers: shown, body: request.text, url: request.url, method: request.method };
}

/** What a body that cannot be sent again in this form says of that, behind what begins a comment. */
function unlike({ text, bodySize }, begins) {
	return new TextEncoder().encode(text).length === bodySize ? "" : `${begins} The body of ${bodySize} bytes is not here as it was sent: it is no text, was too large to keep, or has secrets.\n`;
}

function curl(request) {
	const { headers, body, url, method } = parts(request);
	const lines = [`curl -X ${method} ${quoted(url)}`, ...headers.map(([name, value]) => `-H ${quoted(value ? `${name}: ${value}` : `${name};`)}`)];
	if (method === "HEAD") lines[0] = `curl -I ${quoted(url)}`;
	if (body) lines.push(`--data-binary ${quoted(body)}`);
	const bytes = headers.every(([, value]) => ASCII.test(value)) ? "" : "# Headers here are not ASCII: a shell sends other bytes.\n";
	return unlike(request, "#") + bytes + lines.join(" \\\n  ");
}

/** A header's value in Python: its bytes, where it has more than ASCII. */
const python_header = (value) => (ASCII.test(value) ? string(value) : `${string(value)}.encode("latin-1")`);

function python(request) {
	const { headers, body, url, method } = parts(request);
	const named = headers.map(([name, value]) => `    ${string(name)}: ${python_header(value)},`).join("\n");
	const sent = body ? `, content=${string(body)}.encode()` : "";
	return `${unlike(request, "#")}import httpx\n\nheaders = {\n${named}\n}\nanswer = httpx.request(${string(method)}, ${string(url)}, headers=headers${sent})\nprint(answer.status_code, answer.text)\n`;
}

function javascript(request) {
	const { headers, body, url, method } = parts(request);
	const options = { method, headers: Object.fromEntries(headers), ...(body && !["GET", "HEAD"].includes(method) ? { body } : {}) };
	return `${unlike(request, "//")}const answer = await fetch(${string(url)}, ${JSON.stringify(options, null, 2)});\nconsole.log(answer.status, await answer.text());\n`;
}

/** A path as a pattern that it alone meets. */
export const patternOf = (path) => path.replace(/[*?[]/g, "[$&]");

function pytest(request) {
	const json = request.json === null ? "" : `, json=${python_value(request.json)}`;
	return `def test_it(fakegraph):\n    ...\n    fakegraph.assert_called(${string(request.method)}, ${string(patternOf(request.path))}${json})\n`;
}

const WORDS = { null: "None", true: "True", false: "False", ",": ", ", ":": ": " };

/** A value as Python writes it: as JSON, but for words and spaces outside of texts. */
const python_value = (value) => string(value).replace(/"(?:[^"\\]|\\.)*"|null|true|false|[,:]/g, (each) => WORDS[each] || each);

export const FORMS = { curl, Python: python, JavaScript: javascript, pytest };
