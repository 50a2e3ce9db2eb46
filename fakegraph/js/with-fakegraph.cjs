#!/usr/bin/env node
// `with-fakegraph node --test`: runs a command beside a server that FAKEGRAPH_URL names.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const { globalSetup, globalTeardown } = require("./setup.cjs");

const PASSED_ON = ["SIGTERM", "SIGHUP"];
const OF_TERMINALS = ["SIGINT"]; // the command has these, too

async function main([program, ...options]) {
  if (!program) throw new Error("usage: with-fakegraph COMMAND…, as in: with-fakegraph node --test");
  await globalSetup();
  try {
    return await run(program, options);
  } finally {
    await globalTeardown();
  }
}

/** Runs a command; its exit code, as a shell says it. */
function run(program, options) {
  return new Promise((resolve, reject) => {
    const command = spawn(program, options, { stdio: "inherit", shell: process.platform === "win32" });
    for (const signal of PASSED_ON) process.on(signal, () => command.kill(signal));
    for (const signal of OF_TERMINALS) process.on(signal, () => {});
    command.on("error", (error) => reject(new Error(`${program}: ${error.code ?? error.message}`)));
    command.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
