// A single-page app in Chromium, with @azure/msal-browser as it is: by popup, in frames, by refresh tokens, and out again.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import puppeteer from "puppeteer-core";

const { chromium, profile, proxy, authority, graph, users } = JSON.parse(process.env.APP);
const library = (path) => readFileSync(new URL(`node_modules/${path}`, import.meta.url), "utf8");
const SCRIPTS = {
  "/msal.js": library("@azure/msal-browser/lib/msal-browser.min.js"),
  "/bridge.js": library("@azure/msal-browser/lib/redirect-bridge/msal-redirect-bridge.min.js"),
  "/graph.js": library("@microsoft/microsoft-graph-client/lib/graph-js-sdk.js"),
};
const PAGES = {
  "/": "<script src=/msal.js></script><script src=/graph.js></script>",
  "/back": "<script src=/bridge.js></script><script>msalRedirectBridge.broadcastResponseToMainFrame()</script>",
  "/bye": "Bye",
};
let site, origin, browser, page;

before(async () => {
  site = createServer((request, answer) => {
    const { pathname } = new URL(request.url, "http://localhost");
    answer.setHeader("Content-Type", pathname in SCRIPTS ? "text/javascript" : "text/html");
    answer.end(SCRIPTS[pathname] ?? PAGES[pathname] ?? "");
  });
  await new Promise((listening) => site.listen(0, "localhost", listening));
  origin = `http://localhost:${site.address().port}`;
  // Frames of other sites may bring cookies: some packages of Chromium have it the other way.
  mkdirSync(`${profile}/Default`, { recursive: true });
  writeFileSync(`${profile}/Default/Preferences`, JSON.stringify({ profile: { cookie_controls_mode: 0 } }));
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
  browser = await puppeteer.launch({
    executablePath: chromium, headless: true, userDataDir: profile, acceptInsecureCerts: true,
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", ...quiet, ...(proxy ? [`--proxy-server=${proxy}`] : [])],
  });
  page = await browser.newPage();
  await open();
});
after(async () => {
  await browser?.close();
  site.close();
});

/** Open the app: what it has of earlier sign-ins lies in the browser's storage. */
async function open() {
  await page.goto(origin);
  await page.evaluate(async (authority, graph) => {
    const auth = {
      clientId: "11111111-2222-4333-8444-555555555555", authority, knownAuthorities: [new URL(authority).host],
      redirectUri: `${location.origin}/back`, postLogoutRedirectUri: `${location.origin}/bye`,
    };
    window.app = new msal.PublicClientApplication({ auth, cache: { cacheLocation: "localStorage" } });
    await app.initialize();
    window.request = { scopes: [`${graph}/user.read`] };
    window.account = (name) => app.getAllAccounts().find((each) => each.username === name);
    window.silent = (name, more) => app.acquireTokenSilent({ ...request, account: account(name), ...more });
    window.refused = (promise) => promise.then(() => "it was not", (error) => error.message.match(/AADSTS\d+/)?.[0] ?? `${error}`);
  }, authority, graph);
}

/** Sign in in a popup as one of those it shows; who that was. */
async function pick(user, more = {}) {
  const opened = new Promise((done) => page.once("popup", done));
  const done = page.evaluate((more) => app.loginPopup({ ...request, ...more }).then((found) => found.account.username), more);
  const popup = await opened;
  if (user) {
    const link = await popup.waitForSelector(`a[href*="${encodeURIComponent(user)}"]`);
    await link.evaluate((each) => each.click());
  }
  return done;
}

/** Ask the control API, which answers no page of another site. */
async function control(method, path, body) {
  const answer = await fetch(process.env.CONTROL + path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  assert.ok(answer.ok, await answer.text());
}

test("nobody is signed in silently who is not there", async () => {
  assert.equal(await page.evaluate(() => refused(app.ssoSilent(request))), "AADSTS50058");
  assert.equal(await page.evaluate((loginHint) => refused(app.ssoSilent({ ...request, loginHint })), users[0]), "AADSTS50058");
});

test("a popup lets pick a user, and a page of another app knows who that is", async () => {
  assert.equal(await pick(users[0]), users[0]);
  assert.equal(await pick(), users[0]);
  assert.equal(await page.evaluate(() => app.ssoSilent(request).then((found) => found.account.username)), users[0]);
  assert.deepEqual(await page.evaluate(() => app.getAllAccounts().map((each) => each.username)), [users[0]]);
});

test("the Graph client reads who is signed in", async () => {
  const name = await page.evaluate((user, graph) => MicrosoftGraph.Client.init({
    baseUrl: graph, customHosts: new Set([new URL(graph).hostname]),
    authProvider: (done) => silent(user).then((found) => done(null, found.accessToken), done),
  }).api("/me").get().then((me) => me.userPrincipalName), users[0], graph);
  assert.equal(name, users[0]);
});

test("a claims challenge is read, and passed on", async () => {
  await control("POST", "/faults", { preset: "claimsChallenge", times: 1, match: { path: "/me" } });
  const statuses = await page.evaluate(async (user, graph) => {
    const me = async (token) => fetch(`${graph}/v1.0/me`, { headers: { Authorization: `Bearer ${token.accessToken}` } });
    const first = await me(await silent(user));
    const coded = first.headers.get("WWW-Authenticate").match(/claims="([^"]+)"/)[1];
    const token = await silent(user, { claims: atob(coded) });
    return [first.status, token.fromCache, (await me(token)).status];
  }, users[0], graph);
  assert.deepEqual(statuses, [401, false, 200]);
});

test("refresh tokens last a day, and the session goes on", async () => {
  const asked = [];
  page.on("response", (answer) => answer.url().includes("/token") && answer.request().method() === "POST" && asked.push(answer.status()));
  const renewed = () => page.evaluate((user) => silent(user, { forceRefresh: true }).then((found) => found.fromCache), users[0]);
  assert.equal(await renewed(), false);
  assert.deepEqual(asked, [200]);
  await control("PUT", "/clock", { advance: "P1D" });
  assert.equal(await renewed(), false);
  assert.deepEqual(asked, [200, 400, 200]);
});

test("who signs out is there no longer, and others stay", async () => {
  assert.equal(await pick(users[1], { prompt: "select_account" }), users[1]);
  assert.equal(await page.evaluate(() => refused(app.ssoSilent(request))), "AADSTS16000");
  await page.evaluate((user) => void app.logoutRedirect({ account: account(user) }), users[0]);
  await page.waitForFunction(() => location.pathname === "/bye");
  await open();
  assert.deepEqual(await page.evaluate(() => app.getAllAccounts().map((each) => each.username)), [users[1]]);
  assert.equal(await page.evaluate((loginHint) => refused(app.ssoSilent({ ...request, loginHint })), users[0]), "AADSTS50058");
  assert.equal(await page.evaluate(() => app.ssoSilent(request).then((found) => found.account.username)), users[1]);
});
