// `fakegraph serve` as a process that ends with this one.
"use strict";

const { spawn } = require("node:child_process");
const { accessSync, constants, mkdtempSync, readFileSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { delimiter, join, sep } = require("node:path");

const { SETTINGS } = require("./given.cjs");
const { StartError } = require("./wire.cjs");

const STARTS_WITHIN = 60_000; // milliseconds
const REMEMBERED = 200; // lines of what it says on stderr
const ON_WINDOWS = process.platform === "win32";
const INSTALL =
  "Install it with pip in a virtual environment and activate that, or say how to start it: " +
  'startFakegraph({ command: ["/path/to/venv/bin/fakegraph"] })';

/** Starts a server on a free port, unless the settings name one. Raises StartError with what it said. */
async function startProcess(settings, command = ownCommand()) {
  const folder = mkdtempSync(join(tmpdir(), "fakegraph-"));
  const ready = join(folder, "ready.json");
  const [program, ...first] = command;
  const flags = ["serve", ...flagsOf({ port: 0, logLevel: logLevel(), ...settings })];
  const child = spawn(program, [...first, ...flags, "--until-eof", "--ready-file", ready], {
    env: serverEnvironment(),
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
  });
  const served = new Served(child);
  try {
    await served.answers(program);
    const { url, ca } = JSON.parse(readFileSync(ready, "utf8"));
    served.url = url;
    served.ca = ca ?? undefined;
  } catch (error) {
    await served.stop();
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  served.release();
  return served;
}

class Served {
  #child;
  #said = [];
  #ended;

  constructor(child) {
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.on("error", (error) => resolve({ error }));
      child.on("close", (status, signal) => resolve({ status, signal }));
    });
    child.stdin.on("error", () => {}); // it ended first
    child.stderr.setEncoding("utf8").on("data", (text) => this.#remember(text));
  }

  #remember(text) {
    this.#said = (this.#said.join("\n") + text).split("\n").slice(-REMEMBERED);
  }

  /** What it said on stderr. */
  get log() {
    return this.#said.join("\n").trim();
  }

  /** Resolves once it answers. */
  async answers(program) {
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, STARTS_WITHIN, { late: true });
    });
    const up = new Promise((resolve) => {
      this.#child.stdout.once("data", () => resolve(undefined));
    });
    const failure = await Promise.race([up, this.#ended, late]);
    clearTimeout(timer);
    this.#child.stdout.resume();
    if (failure) throw new StartError(this.#why(program, failure));
  }

  #why(program, { error, status, signal, late }) {
    if (error) return `fakegraph cannot be started: ${program}: ${error.code ?? error.message}. ${INSTALL}`;
    const said = this.log ? `\n${inOurNames(this.log)}` : "";
    if (late) return `fakegraph does not answer after ${STARTS_WITHIN / 1000} seconds${said}`;
    return `fakegraph serve ended with ${signal ?? `status ${status}`} before it answered${said}`;
  }

  /** Lets this process end while it runs: it then ends, too, as its standard input does. */
  release() {
    for (const each of this.#handles()) each.unref?.();
  }

  #handles() {
    return [this.#child, this.#child.stdin, this.#child.stdout, this.#child.stderr];
  }

  async stop() {
    for (const each of this.#handles()) each.ref?.();
    this.#child.stdin.end();
    await this.#ended;
  }
}

/** Settings as flags: `{ pageSize: 5, tls: true, fixture: null }` is `--page-size 5 --tls --no-fixture`. */
function flagsOf(settings) {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    if (name === "fixture" && (value === null || value.length === 0)) return ["--no-fixture"];
    const flag = flagOf(name);
    if (value === true) return [flag];
    return [value].flat().flatMap((each) => [flag, String(each)]);
  });
}

function flagOf(name) {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

const NAMES = new Map(SETTINGS.map((name) => [flagOf(name), name]));

/** What the server says of its flags, by the names that they have here. */
function inOurNames(said) {
  return said.replace(/--[a-z][a-z-]*/g, (flag) => NAMES.get(flag) ?? flag);
}

/** The environment, but for what says where a server is that others use. */
function serverEnvironment() {
  const { FAKEGRAPH_URL, FAKEGRAPH_CA, ...others } = process.env;
  return others;
}

function logLevel() {
  return process.env.FAKEGRAPH_LOG_LEVEL || "warning";
}

/** How to start the fakegraph that this folder came with, or else the one on the PATH. */
function ownCommand() {
  const python = pythonAround(__dirname);
  if (python) return [python, "-m", "fakegraph"];
  const program = onPath(ON_WINDOWS ? "fakegraph.exe" : "fakegraph");
  if (program) return [program];
  throw new StartError(`fakegraph cannot be started: there is no \`fakegraph\` on the PATH. ${INSTALL}`);
}

/** The interpreter of the environment whose site-packages a folder lies in. */
function pythonAround(folder) {
  const parts = folder.split(sep);
  const at = parts.lastIndexOf("site-packages");
  if (at < 0) return undefined;
  const prefix = parts.slice(0, ON_WINDOWS ? at - 1 : at - 2).join(sep);
  const python = ON_WINDOWS ? join(prefix, "Scripts", "python.exe") : join(prefix, "bin", "python");
  return canRun(python) ? python : undefined;
}

function onPath(name) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(canRun);
}

function canRun(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

module.exports = { flagsOf, startProcess };
