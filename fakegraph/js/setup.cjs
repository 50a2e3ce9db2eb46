// One server for all workers of a run: Vitest's and Jest's `globalSetup`, Node's `--test-global-setup`.
"use strict";

const { startFakegraph } = require("./index.cjs");

let fakegraph;

/** Starts a server, and tells the workers by their environment; does nothing where there is one already. */
async function globalSetup() {
  if (process.env.FAKEGRAPH_URL) return globalTeardown;
  fakegraph = await startFakegraph();
  process.env.FAKEGRAPH_URL = fakegraph.url;
  if (fakegraph.ca) process.env.FAKEGRAPH_CA = fakegraph.ca;
  return globalTeardown;
}

/** Stops it. Without this it ends when the runner's process does. */
async function globalTeardown() {
  if (!fakegraph) return;
  delete process.env.FAKEGRAPH_URL;
  delete process.env.FAKEGRAPH_CA;
  await fakegraph.close();
  fakegraph = undefined;
}

module.exports = globalSetup;
module.exports.default = globalSetup;
module.exports.globalSetup = globalSetup;
module.exports.globalTeardown = globalTeardown;
