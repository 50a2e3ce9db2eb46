// The control API over HTTP, and what can go wrong on the way there.
"use strict";

const http = require("node:http");
const https = require("node:https");

const given = require("./given.cjs");

/** What the control API refused; nothing was done. The message has every problem. */
class ControlError extends Error {
  constructor(status, refusal) {
    const problems = refusal.details?.length ? refusal.details : [refusal];
    super(problems.map(({ target, message }) => (target ? `${target}: ${message}` : message)).join("\n"));
    this.name = "ControlError";
    this.status = status;
    this.code = refusal.code;
    this.problems = problems;
  }
}

/** Why there is no server: none could be started, or none answers. */
class StartError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "StartError";
  }
}

/** A server that answers somewhere. */
class Wire {
  #controlKey;
  #agent;
  #request;

  constructor(url, { controlKey, ca } = {}) {
    this.url = origin(url);
    this.#controlKey = controlKey;
    const scheme = this.url.startsWith("https:") ? https : http;
    this.#agent = new scheme.Agent({ keepAlive: true, ca });
    this.#request = scheme.request;
  }

  close() {
    this.#agent.destroy();
  }

  async control(method, path, body) {
    given.text(method, "a method", "such as GET");
    given.controlPath(path);
    const { status, text } = await this.#send(method, `/_fakegraph${path}`, body);
    const answer = parsed(text);
    if (status < 300 && answer !== BROKEN) return answer;
    const words = `what answers at ${this.url} is no fakegraph: it says ${status} and no JSON of one`;
    throw new ControlError(status, answer?.error?.message ? answer.error : { code: "notFakegraph", message: words });
  }

  #send(method, path, body) {
    const headers = this.#controlKey === undefined ? {} : { "X-Fakegraph-Key": this.#controlKey };
    const data = body === undefined ? undefined : Buffer.from(given.encoded(body));
    if (data) Object.assign(headers, { "Content-Type": "application/json", "Content-Length": data.length });
    const options = { method, headers, agent: this.#agent, timeout: 60_000 };
    return new Promise((resolve, reject) => {
      const lost = (error) => reject(new StartError(this.#nobody(error), { cause: error }));
      const request = this.#request(new URL(path, this.url), options, (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("end", () => resolve({ status: answer.statusCode, text: Buffer.concat(parts).toString() }));
        answer.on("error", lost);
      });
      request.on("timeout", () => request.destroy(new Error("no answer within 60 seconds")));
      request.on("error", (error) => {
        // The server closed an idle connection just as it was used again, so it has not seen the request.
        if (request.reusedSocket && CLOSED.has(error.code)) resolve(this.#send(method, path, body));
        else lost(error);
      });
      request.end(data);
    });
  }

  #nobody(error) {
    const trust = /CERT|SIGNATURE/.test(error.code ?? "") ? ": give its CA as startFakegraph({ ca })" : "";
    const reason = error.message || error.errors?.map((each) => each.message).join(", ") || error.code;
    return `fakegraph does not answer at ${this.url}: ${reason}${trust}. Start one there with \`fakegraph serve\`, ` +
      "or leave url and FAKEGRAPH_URL out to have one started";
  }
}

const CLOSED = new Set(["ECONNRESET", "EPIPE"]);
const BROKEN = Symbol("no JSON");

function parsed(text) {
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return BROKEN;
  }
}

function origin(url) {
  let found;
  try {
    found = new URL(url);
  } catch {
    found = { protocol: "" };
  }
  if (!["http:", "https:"].includes(found.protocol)) {
    throw new StartError(`${JSON.stringify(url)} is no URL of a server, such as http://localhost:8365`);
  }
  return found.origin;
}

module.exports = { ControlError, StartError, Wire };
