// A request as code in several languages, and as an assertion of a test.

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const string = (text) => JSON.stringify(text);
const UNSENT = new Set(["host", "content-length", "connection", "accept-encoding", "user-agent"]);

function parts(request) {
	const headers = Object.entries(request.headers).filter(([name]) => !UNSENT.has(name));
	const shown = headers.map(([name, value]) => [name, value === "[redacted]" ? "Bearer TOKEN" : value]);
	return { headers: shown, body: request.text, url: request.url, method: request.method };
}

function curl(request) {
	const { headers, body, url, method } = parts(request);
	const lines = [`curl -X ${method} ${quoted(url)}`, ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`)];
	if (body) lines.push(`--data-binary ${quoted(body)}`);
	return lines.join(" \\\n  ");
}

function python(request) {
	const { headers, body, url, method } = parts(request);
	const named = headers.map(([name, value]) => `    ${string(name)}: ${string(value)},`).join("\n");
	const sent = body ? `, content=${string(body)}.encode()` : "";
	return `import httpx\n\nheaders = {\n${named}\n}\nanswer = httpx.request(${string(method)}, ${string(url)}, headers=headers${sent})\nprint(answer.status_code, answer.text)\n`;
}

function javascript(request) {
	const { headers, body, url, method } = parts(request);
	const options = { method, headers: Object.fromEntries(headers), ...(body ? { body } : {}) };
	return `const answer = await fetch(${string(url)}, ${JSON.stringify(options, null, 2)});\nconsole.log(answer.status, await answer.text());\n`;
}

function pytest(request) {
	const json = request.json === null ? "" : `, json=${python_value(request.json)}`;
	return `def test_it(fakegraph):\n    ...\n    fakegraph.assert_called(${string(request.method)}, ${string(request.path)}${json})\n`;
}

const WORDS = { null: "None", true: "True", false: "False", ",": ", ", ":": ": " };

/** A value as Python writes it: as JSON, but for words and spaces outside of texts. */
const python_value = (value) => string(value).replace(/"(?:[^"\\]|\\.)*"|null|true|false|[,:]/g, (each) => WORDS[each] || each);

export const FORMS = { curl, Python: python, JavaScript: javascript, pytest };
