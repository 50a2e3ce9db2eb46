// What tests give: what is not as it has to be is refused here, in the words of JavaScript, before anything is asked.
"use strict";

const MOST_BUILT = 100_000; // records at once; the handle in Python has the same

/** The settings of a server by name, as ServerSettings in index.d.cts has them. */
const SETTINGS = [
  "host", "port", "fixture", "fixturesFrom", "dataDir", "store", "workers", "durability", "auth", "strictDirectory",
  "deviceAutoApprove", "tls", "tlsName", "tlsCert", "tlsKey", "proxy", "proxyOthers", "pageSize", "maxBody", "rateLimit",
  "chaos", "chaosSeed", "latency", "consistencyDelay", "drain", "journalSize", "maxTenants", "retired", "surface", "model",
  "strictQueries", "me", "notify", "notifySeconds", "logLevel", "logFormat",
];
const OF_STARTING = [...SETTINGS, "url", "controlKey", "ca", "command"];
const OF_COMMANDS = 'the words that start one, as in ["/path/to/venv/bin/fakegraph"]';

/** The options of a call. Refuses what is no object, and where they are known the names of others. */
function options(given, call, example, known) {
  if (!isObject(given)) throw new TypeError(`${call} takes options in an object, as in ${example}, not ${shown(given)}`);
  const unknown = known && Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`${call} takes no ${unknown}.${didYouMean(unknown, known)}`);
  return given;
}

/** The options of startFakegraph. */
function starting(given) {
  options(given, "startFakegraph", '{ url: "http://localhost:8365" }', OF_STARTING);
  const { url, command } = given;
  if (url !== undefined && url !== null) text(url, "url", "of a server that runs, or null to start one");
  const words = Array.isArray(command) && command.length > 0 && command.every((each) => typeof each === "string" && each);
  if (command !== undefined && !words) throw new TypeError(`command is ${OF_COMMANDS}, not ${shown(command)}`);
  return given;
}

/** The properties of a record. */
function properties(given, call) {
  if (isObject(given)) return given;
  throw new TypeError(`${call} takes the properties of a record, as in { displayName: "Ada" }, not ${shown(given)}`);
}

/** Records by path, or a fixture's name. */
function seeds(given) {
  if (isObject(given) || (typeof given === "string" && given)) return given;
  const right = 'a fixture by its name, or records by path, as in { users: [{ displayName: "Ada" }] }';
  throw new TypeError(`seed takes ${right}, not ${shown(given)}`);
}

/** A text that is not empty. */
function text(given, name, what) {
  if (typeof given === "string" && given) return given;
  throw new TypeError(`${name} is a text ${what}, not ${shown(given)}`);
}

/** What requests are asked for by, where it is given at all. */
function optionalText(given, name, what) {
  return given === undefined ? given : text(given, name, what);
}

/** A person, by UPN or id, who stands in a header. */
function person(given, call) {
  text(given, `${call}: the user`, "such as ada@contoso.com");
  if (!/\p{Cc}/u.test(given)) return given;
  throw new TypeError(`${call}: the user is a name in one line, such as ada@contoso.com, not ${shown(given)}`);
}

function numberOfRecords(given) {
  if (Number.isInteger(given) && given >= 0 && given <= MOST_BUILT) return given;
  throw new TypeError(`${shown(given)} records cannot be made at once: it is a whole number from 0 to ${MOST_BUILT}`);
}

/** How often something was to happen; undefined for at least once. */
function times(given) {
  if (given === undefined || (Number.isInteger(given) && given >= 0)) return given;
  throw new TypeError(`times is a whole number from 0 on, or left out for at least once, not ${shown(given)}`);
}

/** A path of records, each segment of which is a name: URLs would fold `..`, and leave the tenant. */
function recordPath(given) {
  const path = text(given, "a path", "such as users/ada@contoso.com").replace(/^\//, "");
  if (!path) throw new TypeError(`a path is a text such as users/ada@contoso.com, not ${shown(given)}`);
  return inside(path, given);
}

/** A path of the control API behind a tenant or the server's root. */
function controlPath(given) {
  if (typeof given !== "string" || !/^([/?]|$)/.test(given)) {
    throw new TypeError(`a path of the control API is a text that begins with /, such as /clock, not ${shown(given)}`);
  }
  const path = given.replace(/\?.*$/s, "");
  if (/[\p{Cc}\\#]/u.test(path)) {
    throw new TypeError(`a path has no line breaks, backslashes or # in it, unless percent-encoded: ${shown(given)}`);
  }
  inside(path, given);
  return given;
}

function inside(path, given) {
  const dots = path.split(/[/\\]/).find((segment) => /^(\.|%2e){1,2}$/i.test(segment));
  if (dots === undefined) return path;
  throw new TypeError(`${shown(given)} has ${shown(dots)} in it: a path leads down from its tenant, without . and ..`);
}

/** A body as JSON. Refuses what JSON would leave out or make null of. */
function encoded(body) {
  return JSON.stringify(body, function (name, value) {
    const where = name ? `${name}: ` : "";
    if (Object.prototype.toString.call(this[name]) === "[object Date]" && value === null) {
      throw new TypeError(`${where}an invalid Date is no moment`);
    }
    if (typeof value === "function" || typeof value === "symbol") {
      throw new TypeError(`${where}${shown(value)} cannot be sent: give the value itself`);
    }
    if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`${where}JSON has no ${value}`);
    return value;
  });
}

/** Whether a value is a plain object, also one of another realm, as Jest has. */
function isObject(value) {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** A value in a message. */
function shown(value) {
  if (typeof value === "function") return "a function";
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "symbol") return String(value);
  try {
    return value === undefined ? "undefined" : JSON.stringify(value).slice(0, 200);
  } catch {
    return `a ${typeof value}`; // one that holds itself
  }
}

function didYouMean(name, known) {
  const near = known.map((each) => [distance(name.toLowerCase(), each.toLowerCase()), each]).sort(([a], [b]) => a - b);
  const [[changes, nearest]] = near;
  return changes <= Math.min(2, name.length / 3) ? ` Did you mean ${nearest}?` : ` There is ${[...known].sort().join(", ")}`;
}

/** How many letters are to be changed, put in or left out to make one text of another. */
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [to, wanted] of [...other].entries()) {
      next.push(Math.min(row[to + 1] + 1, next[to] + 1, row[to] + (letter === wanted ? 0 : 1)));
    }
    row = next;
  }
  return row[other.length];
}

module.exports = {
  SETTINGS, controlPath, encoded, numberOfRecords, optionalText, options, person, properties, recordPath, seeds, shown,
  starting, text, times,
};
