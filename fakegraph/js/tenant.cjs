// What tests hold: a tenant of their own on a server.
"use strict";

const { ControlError } = require("./wire.cjs");
const { describe, matches, wantedMail } = require("./sent.cjs");

const SHOWN = 20; // requests and mails in a message

/** A fresh tenant, gone when it is closed. */
class Tenant {
  #wire;
  #strict = false;
  #token = "fakegraph";
  #faults = new Map();
  #closed = false;

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

  get headers() {
    return { Authorization: `Bearer ${this.#token}` };
  }

  async control(method, path, body) {
    return this.#wire.control(method, `/tenants/${this.id}${path}`, body);
  }

  async create(path, properties = {}) {
    return this.control("POST", place(path), properties);
  }

  async build(path, count, properties = {}) {
    const numbers = Array.from({ length: count }, (_, number) => number);
    const bodies = numbers.map((number) => (typeof properties === "function" ? properties(number) : properties));
    return bodies.length ? (await this.control("POST", place(path), bodies)).value : [];
  }

  async records(path) {
    return (await this.control("GET", place(path))).value;
  }

  async update(path, properties) {
    return this.control("PATCH", place(path), properties);
  }

  async delete(path) {
    await this.control("DELETE", place(path));
  }

  async clear(path) {
    await this.control("DELETE", `/records${query(path === undefined ? {} : { path })}`);
  }

  async seed(records, { defaults } = {}) {
    const body = typeof records === "string" ? { fixture: records } : { ...records };
    return this.control("POST", "/seed", defaults ? { ...body, defaults } : body);
  }

  async changes({ since } = {}) {
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

  async fail(presetOrStatus, { method, path, query: asked, app, retryAfter, ...others } = {}) {
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

  async stub(method, path, { query: asked, body, ...answer } = {}) {
    const match = { method, path, query: asked, json: body };
    return (await this.control("POST", "/stubs", { match, ...answer })).id;
  }

  async unstub() {
    await this.control("DELETE", "/stubs");
  }

  async operations(how = {}) {
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

  async token({ scopes, ...wanted } = {}) {
    const scp = scopes === undefined ? undefined : [scopes].flat().join(" ");
    return (await this.control("POST", "/tokens", { scp, ...wanted })).access_token;
  }

  async asUser(user, options = {}) {
    return { Authorization: `Bearer ${await this.token({ user, ...options })}` };
  }

  async asApp(options = {}) {
    return { Authorization: `Bearer ${await this.token(options)}` };
  }

  async snapshot(name = `snapshot-${crypto.randomUUID()}`) {
    await this.control("POST", "/snapshots", { name });
    return { name, restore: () => this.control("POST", `/snapshots/${encodeURIComponent(name)}/restore`) };
  }

  async requests(criteria = {}) {
    return (await this.control("GET", `/requests${query(asked(criteria))}`)).value;
  }

  async journal() {
    return journal(await this.requests());
  }

  async assertCalled(method, path, { times, ...criteria } = {}) {
    const wanted = asked({ method, path, ...criteria });
    const found = (await this.control("GET", `/requests${query(wanted)}`)).value;
    if (times === undefined ? found.length : found.length === times) return found;
    const near = await this.#near(wanted);
    throw failure(
      `expected ${told(wanted)} ${often(times)}, was ${found.length} times${near}\n${await this.journal()}`,
      this.assertCalled,
    );
  }

  async assertNotCalled(method, path, criteria = {}) {
    const wanted = asked({ method, path, ...criteria });
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

  async assertSent({ times, ...criteria } = {}) {
    const wanted = wantedMail(criteria);
    const mail = await this.sent();
    const found = mail.filter((each) => matches(wanted, each));
    if (times === undefined ? found.length : found.length === times) return found;
    const instead = mail.length ? `; what was sent:${mailed(mail)}` : "; no mail was sent";
    throw failure(`expected ${describe(wanted)} ${often(times)}, was ${found.length} times${instead}`, this.assertSent);
  }

  async assertNotSent(criteria = {}) {
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
  return `/records/${path.replace(/^\//, "").split("/").map(encodeURIComponent).join("/")}`;
}

function query(named) {
  const pairs = Object.entries(named).flatMap(([name, value]) => [value].flat().map((each) => [name, each]));
  const given = pairs.filter(([, value]) => value !== undefined).map(([name, value]) => [name, text(value)]);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

function text(value) {
  return value instanceof Date ? value.toISOString() : String(value);
}

/** Criteria as the control API's query has them. */
function asked({ query: options, headers, json, ...others }) {
  return { ...others, query: patterns(options), header: patterns(headers), json: json === undefined ? json : JSON.stringify(json) };
}

function patterns(given) {
  return typeof given === "object" ? Object.entries(given).map(([name, value]) => `${name}=${value}`) : given;
}

function duration(seconds) {
  return `${seconds < 0 ? "-" : ""}PT${Math.abs(seconds).toFixed(6)}S`;
}

function told({ method, path, ...others }) {
  const start = [method, path].filter(Boolean).join(" ") || "a request";
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  const rest = given.flatMap(([name, value]) => [value].flat().map((each) => `${name} ${text(each)}`));
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
