// What the model has at a path, and the words that would do in a path or a query.
import { ask, codedPath } from "./lib.js";

const known = new Map();

/** What is at a path without version: members, operations, methods; null where nothing is. */
export function modelAt(version, path) {
	const place = `${version}/${codedPath(path)}`.replace(/\/$/, "");
	if (!known.has(place)) {
		const asked = ask(null, `/model/${place}`).catch((error) => {
			if (error.status !== 404 && error.status !== 400) known.delete(place);
			return null;
		});
		known.set(place, asked);
	}
	return known.get(place);
}

const item = (text, hint = "") => ({ text, hint });
const starting = (items, word) => {
	const small = word.toLowerCase();
	const first = items.filter((each) => each.text.toLowerCase().startsWith(small));
	return [...first, ...items.filter((each) => !first.includes(each) && each.text.toLowerCase().includes(small))].filter((each) => each.text !== word);
};
const shortType = (member) => member.type.replace("microsoft.graph.", "").replace("Edm.", "") + (member.many ? "[]" : "");
const NUMBERS = /Int|Double|Decimal|Single|Byte|Date|Duration|Time/;
const COMPARED = ["eq", "ne", "gt", "ge", "lt", "le", "in"];
const CALLED = ["startswith(", "endswith(", "contains(", "not "];

/** The words for a `$filter` before the caret: properties, operators, values, by what stands before. */
export async function filterWords(version, path, text, caret) {
	const before = text.slice(0, caret);
	const word = /[\w/]*$/.exec(before)[0];
	const [last = "", earlier = ""] = before.slice(0, before.length - word.length).trim().split(/[\s(,]+/).reverse();
	const ended = (items) => ({ from: caret - word.length, items: starting(items, word) });
	const here = await modelAt(version, path);
	if (!here) return { from: caret, items: [] };
	const valueOf = (name) => here.properties.find((each) => each.name === name);
	if (COMPARED.includes(last)) return ended(valuesOf(valueOf(earlier)));
	if (valueOf(last) || /\)$/.test(before.trimEnd()) && word === "") return ended((valueOf(last) ? COMPARED : ["and", "or", "eq"]).map((each) => item(each)));
	if (/['\d]$|true$|false$|null$/.test(before.trimEnd()) && COMPARED.includes(earlier)) return ended(["and", "or"].map((each) => item(each)));
	return ended([...await membersOf(version, path, word), ...CALLED.map((each) => item(each))]);
}

function valuesOf(property) {
	if (!property) return [];
	if (property.members.length) return [...property.members.map((each) => item(`'${each}'`)), item("null")];
	if (property.type === "Edm.Boolean") return [item("true"), item("false")];
	return [item("null"), ...(NUMBERS.test(property.type) ? [] : [item("''", "text")])];
}

/** Properties by name, those of an object by `object/name`. */
async function membersOf(version, path, word) {
	const at = word.lastIndexOf("/");
	const begun = at < 0 ? "" : word.slice(0, at + 1);
	const here = await modelAt(version, begun && (await modelAt(version, path))?.many ? `${path}/x/${begun.slice(0, -1)}` : `${path}${begun ? `/${begun.slice(0, -1)}` : ""}`);
	return (here?.properties || []).map((each) => item(begun + each.name, shortType(each)));
}

const OPTIONS = ["$select", "$filter", "$orderby", "$top", "$skip", "$count=true", "$search", "$expand", "$format=json"];

/** The words for a path with its query before the caret. `text` begins behind the version. */
export async function targetWords(version, text, caret) {
	const before = text.slice(0, caret);
	const [path, query] = [before.split("?")[0], before.includes("?") ? before.slice(before.indexOf("?") + 1) : null];
	if (query === null) return pathWords(version, path, caret);
	const option = query.slice(query.lastIndexOf("&") + 1), [name, value] = [option.split("=")[0], option.includes("=") ? option.slice(option.indexOf("=") + 1) : null];
	if (value === null) return { from: caret - name.length, items: starting(OPTIONS.map((each) => item(each.includes("=") ? each : `${each}=`)), name) };
	if (name === "$filter") return shifted(await filterWords(version, path, value, value.length), caret - value.length);
	const word = /[\w/]*$/.exec(value)[0];
	const ended = (items) => ({ from: caret - word.length, items: starting(items, word) });
	if (name === "$expand") return ended(((await modelAt(version, path))?.navigation || []).map((each) => item(each.name, shortType(each))));
	if (name === "$select" || name === "$orderby") return ended(await membersOf(version, path, word));
	return { from: caret, items: [] };
}

const shifted = (found, by) => ({ ...found, from: found.from + by });

async function pathWords(version, path, caret) {
	const at = path.lastIndexOf("/");
	const word = path.slice(at + 1), above = path.slice(0, Math.max(0, at));
	const here = await modelAt(version, above);
	if (!here) return { from: caret, items: [] };
	const parameters = (each) => each.parameters.map((one) => one.name).join(", ");
	const called = new Map(here.operations.map((each) => [each.name, item(each.action || !each.parameters.length ? each.name : `${each.name}(${each.parameters.map((one) => `${one.name}=`).join(",")})`, `${each.action ? "action" : "function"} ${parameters(each)}`)]));
	const inside = here.many ? [item("$count")] : here.navigation.map((each) => item(each.name, shortType(each)));
	return { from: caret - word.length, items: starting([...inside, ...called.values(), ...(here.kind === "service" ? [item("$batch"), item("$metadata")] : [])], word) };
}
