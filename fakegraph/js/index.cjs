// fakegraph for tests in JavaScript; what each name is, is said in index.d.cts.
"use strict";

const { options: taken, starting } = require("./given.cjs");
const { startProcess } = require("./process.cjs");
const { Tenant } = require("./tenant.cjs");
const { ControlError, StartError, Wire } = require("./wire.cjs");
const { readFileSync } = require("node:fs");

/** A server, started here or found by its URL. */
class Fakegraph {
  #wire;
  #served;
  #auth;

  constructor(wire, { served, auth, caFile } = {}) {
    this.#wire = wire;
    this.#served = served;
    this.#auth = auth;
    this.url = wire.url;
    this.ca = caFile;
    this.started = served !== undefined;
  }

  get log() {
    return this.#served?.log ?? "";
  }

  async tenant(options = {}) {
    taken(options, "tenant", "{ fixture: null }");
    return Tenant.open(this.#wire, options, options.auth ?? this.#auth);
  }

  async control(method, path, body) {
    return this.#wire.control(method, path, body);
  }

  async close() {
    this.#wire.close();
    await this.#served?.stop();
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.close();
  }
}

async function startFakegraph(options = {}) {
  const { url = process.env.FAKEGRAPH_URL || null, ca, controlKey, command, ...settings } = starting(options);
  const key = controlKey ?? (process.env.FAKEGRAPH_CONTROL_KEY || undefined);
  if (url === null) {
    if (ca !== undefined) throw new TypeError("ca goes with the url of a server that runs elsewhere");
    return started({ ...settings, controlKey: key }, command);
  }
  const named = Object.keys({ ...settings, ...(command && { command }) });
  if (named.length) {
    const whence = options.url ? "url" : "FAKEGRAPH_URL in the environment";
    throw new TypeError(
      `${named.join(", ")}: not for a server that runs already, as ${whence} says. Give what a tenant can have ` +
        "of its own to tenant(), or url: null to start a server all the same",
    );
  }
  return found(url, key, ca ?? (process.env.FAKEGRAPH_CA || undefined));
}

async function started(settings, command) {
  const served = await startProcess(settings, command);
  const ca = served.ca ?? settings.tlsCert;
  const wire = new Wire(served.url, { controlKey: settings.controlKey, ca: read(ca) });
  return new Fakegraph(wire, { served, auth: settings.auth ?? process.env.FAKEGRAPH_AUTH, caFile: ca });
}

async function found(url, controlKey, ca) {
  const wire = new Wire(url, { controlKey, ca: read(ca) });
  const health = await wire.control("GET", "/health").catch((error) => {
    throw error instanceof ControlError ? new StartError(error.message, { cause: error }) : error;
  });
  if (health?.status !== "ok") throw new StartError(`what answers at ${wire.url} is no fakegraph`);
  return new Fakegraph(wire, { caFile: ca });
}

function read(file) {
  return file === undefined ? undefined : readFileSync(file);
}

function perTest(runner, options = {}) {
  const { server, inPlace = false, ...tenantOptions } = taken(options, "perTest", "{ fixture: null }");
  if (server !== undefined) starting(server);
  const before = runner?.beforeAll ?? runner?.before;
  const after = runner?.afterAll ?? runner?.after;
  if (!before || !after || !runner.beforeEach || !runner.afterEach) {
    throw new TypeError(
      "perTest takes the functions of a runner: import * as runner from 'node:test' or 'vitest', and give " +
        "perTest(runner); with Jest, perTest(globalThis)",
    );
  }
  let fakegraph, tenant;
  before(async () => {
    fakegraph = await startFakegraph(server);
  });
  runner.beforeEach(async () => {
    tenant = await fakegraph.tenant(tenantOptions);
    if (inPlace) await tenant.inPlace();
  });
  // Without parameters: Jest would wait for one to be called, and Vitest reads their names.
  runner.afterEach(async function () {
    const test = tenant;
    tenant = undefined;
    try {
      if (test && hasFailed(arguments[0])) console.error(`fakegraph ${await test.journal()}`);
    } finally {
      await test?.close();
    }
  });
  after(async () => fakegraph?.close());
  return {
    get fakegraph() {
      if (!fakegraph) throw new Error("there is no fakegraph yet: it is started before the first test");
      return fakegraph;
    },
    get tenant() {
      if (!tenant) throw new Error("there is no tenant outside a test: each test has one of its own");
      return tenant;
    },
  };
}

/** Whether the test that a hook is called after has failed, where its runner tells: Vitest, node:test. */
function hasFailed(context) {
  return context?.task?.result?.state === "fail" || context?.passed === false;
}

module.exports = { ControlError, Fakegraph, StartError, Tenant, perTest, startFakegraph };
