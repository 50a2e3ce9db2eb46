// What tests hold: a tenant of their own on a server.
"use strict";

const tls = require("node:tls");
const given = require("./given.cjs");
const { ControlError } = require("./wire.cjs");
const { describe, matches, wantedMail } = require("./sent.cjs");

const SHOWN = 20; // requests and mails in a message
const LEAD = Symbol.for("fakegraph.lead"); // what `fakegraph run` has Node read puts it there

/** A fresh tenant, gone when it is closed. */
class Tenant {
  #wire;
  #strict = false;
  #token = "fakegraph";
  #faults = new Map();
  #closed = false;
  #leave = async () => {};

  constructor(wire, id) {
    this.#wire = wire;
    this.id = id;
    this.url = `${wire.url}/tenants/${id}`;
    this.v1 = `${this.url}/v1.0`;
    this.beta = `${this.url}/beta`;
    this.authority = `${wire.url}/${id}`;
  }

  static async open(wire, { records, clock, ...settings }, auth) {
    const wanted = { ...settings };
    if (wanted.fixture === null) wanted.fixture = [];
    if (wanted.fixture === undefined && records !== undefined) wanted.fixture = [];
    const { id } = await wire.control("POST", "/tenants", wanted);
    const tenant = new Tenant(wire, id);
    try {
      if (records !== undefined) await tenant.seed(records);
      if (clock !== undefined) await tenant.freeze(clock);
      tenant.#strict = auth === "strict";
      await tenant.#renew();
    } catch (error) {
      await tenant.close();
      throw error;
    }
    return tenant;
  }

  /** Has a token for `headers`, which are to be had at once: one that is good at the tenant's time. */
  async #renew() {
    if (this.#strict) this.#token = await this.token();
  }

  async inPlace() {
    const lead = tls.connect[LEAD];
    if (!lead) {
      throw new Error("inPlace() needs a process that is led to fakegraph: run the tests by `fakegraph run -- npm test`");
    }
    this.#leave = await lead(this.#wire.url, this.id);
  }

  get headers() {
    return { Authorization: `Bearer ${this.#token}` };
  }

  async control(method, path, body) {
    given.controlPath(path);
    return this.#wire.control(method, `/tenants/${this.id}${path}`, body);
  }

  async create(path, properties = {}) {
    return this.control("POST", place(path), given.properties(properties, "create"));
  }

  async build(path, count, properties = {}) {
    const where = place(path);
    const numbers = Array.from({ length: given.numberOfRecords(count) }, (_, number) => number);
    const of = typeof properties === "function" ? properties : () => properties;
    const bodies = numbers.map((number) => given.properties(of(number), "build"));
    return bodies.length ? (await this.control("POST", where, bodies)).value : [];
  }

  async records(path) {
    return (await this.control("GET", place(path))).value;
  }

  async update(path, properties) {
    return this.control("PATCH", place(path), given.properties(properties, "update"));
  }

  async delete(path) {
    await this.control("DELETE", place(path));
  }

  async clear(path) {
    await this.control("DELETE", `/records${query(path === undefined ? {} : { path: given.recordPath(path) })}`);
  }

  async seed(records, options = {}) {
    const { defaults } = given.options(options, "seed", "{ defaults: true }", ["defaults"]);
    given.seeds(records);
    const body = typeof records === "string" ? { fixture: records } : { ...records };
    return this.control("POST", "/seed", defaults ? { ...body, defaults } : body);
  }

  async changes(options = {}) {
    const { since } = given.options(options, "changes", "{ since: 5 }", ["since"]);
    return (await this.control("GET", `/changes${query({ since })}`)).value;
  }

  async sent() {
    return (await this.control("GET", "/sent")).value;
  }

  async notifications() {
    return (await this.control("GET", "/notifications")).value;
  }

  async flushNotifications() {
    return this.control("POST", "/notifications/flush");
  }

  async fail(presetOrStatus, options = {}) {
    given.options(options, "fail", '{ path: "/users" }');
    const { method, path, query: asked, app, retryAfter, ...others } = options;
    if (typeof presetOrStatus !== "number") given.text(presetOrStatus, "a failure", "such as throttled, or a status");
    const kind = typeof presetOrStatus === "number" ? "status" : "preset";
    const moment = retryAfter instanceof Date ? retryAfter.toUTCString() : retryAfter;
    const match = { method, path, query: asked, app };
    const { id } = await this.control("POST", "/faults", { [kind]: presetOrStatus, match, retryAfter: moment, ...others });
    const what = [method, path].filter(Boolean).join(" ") || "any request";
    this.#faults.set(id, `the fault ${presetOrStatus} of ${what}`);
    return id;
  }

  async heal() {
    await this.control("DELETE", "/faults");
    this.#faults.clear();
  }

  async stub(method, path, options = {}) {
    given.text(method, "stub: the method", "such as GET");
    given.text(path, "stub: the path", "such as /users/*");
    if (typeof options === "function" || typeof options?.json === "function") {
      throw new TypeError("stub: a function is only for Python, in the process of its server: give { json: … } here");
    }
    const { query: asked, body, ...answer } = given.options(options, "stub", "{ json: { value: [] } }");
    const match = { method, path, query: asked, json: body };
    return (await this.control("POST", "/stubs", { match, ...answer })).id;
  }

  async unstub() {
    await this.control("DELETE", "/stubs");
  }

  async operations(how = {}) {
    given.options(how, "operations", "{ lastMs: 500 }");
    await this.control("PUT", "/operations", how);
  }

  async now() {
    return (await this.control("GET", "/clock")).now;
  }

  async freeze(instant) {
    await this.control("PUT", "/clock", { frozen: true, now: instant });
    await this.#renew();
  }

  async advance(by) {
    await this.control("PUT", "/clock", { advance: typeof by === "number" ? duration(by) : by });
    await this.#renew();
  }

  async token(options = {}) {
    const { scopes, ...wanted } = given.options(options, "token", '{ roles: ["Mail.Read"] }');
    const scp = scopes === undefined ? undefined : [scopes].flat().join(" ");
    return (await this.control("POST", "/tokens", { scp, ...wanted })).access_token;
  }

  async asUser(user, options = {}) {
    given.person(user, "asUser");
    given.options(options, "asUser", '{ scopes: ["User.Read"] }');
    return { Authorization: `Bearer ${await this.token({ ...options, user })}` };
  }

  async asApp(options = {}) {
    given.options(options, "asApp", '{ roles: ["Mail.Read"] }');
    return { Authorization: `Bearer ${await this.token(options)}` };
  }

  async snapshot(name = `snapshot-${crypto.randomUUID()}`) {
    given.text(name, "the name of a snapshot", "such as before");
    await this.control("POST", "/snapshots", { name });
    return { name, restore: () => this.control("POST", `/snapshots/${encodeURIComponent(name)}/restore`) };
  }

  async requests(criteria = {}) {
    given.options(criteria, "requests", "{ status: 429 }");
    return (await this.control("GET", `/requests${query(asked(criteria))}`)).value;
  }

  async journal() {
    return journal(await this.requests());
  }

  async assertCalled(method, path, options = {}) {
    const { times, ...criteria } = given.options(options, "assertCalled", "{ times: 1 }");
    given.times(times);
    const wanted = called("assertCalled", method, path, criteria);
    const found = (await this.control("GET", `/requests${query(wanted)}`)).value;
    if (times === undefined ? found.length : found.length === times) return found;
    const near = await this.#near(wanted);
    throw failure(
      `expected ${told(wanted)} ${often(times)}, was ${found.length} times${near}\n${await this.journal()}`,
      this.assertCalled,
    );
  }

  async assertNotCalled(method, path, criteria = {}) {
    given.options(criteria, "assertNotCalled", "{ status: 429 }");
    const wanted = called("assertNotCalled", method, path, criteria);
    const found = (await this.control("GET", `/requests${query(wanted)}`)).value;
    if (!found.length) return;
    const times = `was ${found.length} times:${listed(found.slice(0, SHOWN))}`;
    throw failure(`expected no ${told(wanted)}, ${times}\n${await this.journal()}`, this.assertNotCalled);
  }

  async #near(wanted) {
    const near = (await this.control("GET", `/requests/near-misses${query(wanted)}`)).value;
    const lines = near.map(({ request, differences }) => `\n  ${line(request)}: ${differences.join("; ")}`);
    return lines.length ? `\nclosest:${lines.join("")}` : "";
  }

  async assertSent(options = {}) {
    const { times, ...criteria } = given.options(options, "assertSent", '{ to: "ada@contoso.com" }');
    given.times(times);
    const wanted = wantedMail(criteria);
    const mail = await this.sent();
    const found = mail.filter((each) => matches(wanted, each));
    if (times === undefined ? found.length : found.length === times) return found;
    const instead = mail.length ? `; what was sent:${mailed(mail)}` : "; no mail was sent";
    throw failure(`expected ${describe(wanted)} ${often(times)}, was ${found.length} times${instead}`, this.assertSent);
  }

  async assertNotSent(criteria = {}) {
    given.options(criteria, "assertNotSent", '{ to: "ada@contoso.com" }');
    const wanted = wantedMail(criteria);
    const found = (await this.sent()).filter((each) => matches(wanted, each));
    if (found.length) throw failure(`expected no ${describe(wanted)}, was sent:${mailed(found)}`, this.assertNotSent);
  }

  /** Warns of faults that no request came for. */
  async reset() {
    await this.#warnOfUnhit();
    await this.control("POST", "/reset");
    await this.#renew();
  }

  /** Warns of faults that no request came for; does nothing the second time. */
  async close() {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#leave();
      await this.#warnOfUnhit();
    } finally {
      await this.#wire.control("DELETE", `/tenants/${this.id}`);
    }
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.close();
  }

  async #warnOfUnhit() {
    if (!this.#faults.size) return;
    for (const { id, matched, skip = 0 } of (await this.control("GET", "/faults")).value) {
      if (!this.#faults.has(id) || matched > skip) continue; // beyond that it is by chance
      const reason = matched ? `of those that match, the first ${skip} pass, and ${matched} came` : "no request matched it";
      process.emitWarning(`${this.#faults.get(id)} was never hit: ${reason}`, "FaultNeverHitWarning");
    }
    this.#faults.clear();
  }
}

function place(path) {
  return `/records/${given.recordPath(path).split("/").map(encodeURIComponent).join("/")}`;
}

function query(named) {
  const pairs = Object.entries(named).flatMap(([name, value]) => [value].flat().map((each) => [name, each]));
  const said = pairs.filter(([, value]) => value !== undefined).map(([name, value]) => [name, text(value)]);
  return said.length ? `?${new URLSearchParams(said)}` : "";
}

function text(value) {
  return value instanceof Date ? value.toISOString() : String(value);
}

/** Criteria as the control API's query has them. */
function asked({ query: options, headers, json, ...others }) {
  return { ...others, query: patterns(options), header: patterns(headers), json: json === undefined ? json : JSON.stringify(json) };
}

/** Which requests an assertion is of. */
function called(assertion, method, path, criteria) {
  given.optionalText(method, `${assertion}: the method`, "such as GET");
  given.optionalText(path, `${assertion}: the path`, "such as /users/*");
  return asked({ method, path, ...criteria });
}

function patterns(named) {
  return typeof named === "object" ? Object.entries(named).map(([name, value]) => `${name}=${value}`) : named;
}

function duration(seconds) {
  return `${seconds < 0 ? "-" : ""}PT${Math.abs(seconds).toFixed(6)}S`;
}

function told({ method, path, ...others }) {
  const start = [method, path].filter(Boolean).join(" ") || "a request";
  const more = Object.entries(others).filter(([, value]) => value !== undefined);
  const rest = more.flatMap(([name, value]) => [value].flat().map((each) => `${name} ${text(each)}`));
  return rest.length ? `${start} with ${rest.join(", ")}` : start;
}

function often(times) {
  return times === undefined ? "at least once" : `${times} times`;
}

/** A request and what it got, as a line. */
function line({ method, path, query: options, status, errorCode }) {
  const said = Object.entries(options).map(([name, value]) => `${name}=${value}`).join("&");
  return printable(`${method} ${path}${said ? `?${said}` : ""} ${status || "reset"}${errorCode ? ` ${errorCode}` : ""}`);
}

function listed(requests) {
  const reason = ({ errorMessage }) => (errorMessage ? printable(`: ${errorMessage}`) : "");
  return requests.map((each) => `\n  ${line(each)}${reason(each)}`).join("");
}

function journal(requests) {
  if (!requests.length) return "no requests were received";
  const some = requests.length > SHOWN ? ` (the last ${SHOWN} of ${requests.length})` : "";
  return `requests${some}:${listed(requests.slice(-SHOWN))}`;
}

function mailed(mail) {
  return mail.slice(-SHOWN).map((each) => `\n  ${printable(describe(wantedOf(each)))}`).join("");
}

function wantedOf({ from, to, cc, bcc, subject, attachments }) {
  return wantedMail({ sender: from, to, cc, bcc, subject, attachments: attachments.map(({ name }) => name ?? "?") });
}

/** Without what would break a message's lines, or a terminal. */
function printable(words) {
  return words.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (each) => JSON.stringify(each).slice(1, -1));
}

function failure(message, thrower) {
  const error = new Error(message);
  error.name = "AssertionError";
  error.code = "ERR_ASSERTION";
  Error.captureStackTrace(error, thrower);
  return error;
}

module.exports = { ControlError, Tenant };
