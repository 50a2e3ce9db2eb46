"""The npm package in ``fakegraph/js``: installed by npm, typed, and run by three runners.

The examples are those of docs/how-to/javascript.md, so that a reader's first test passes, too.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = (ROOT / "docs" / "how-to" / "javascript.md").read_text()
RUNNERS = ("vitest", "jest", "typescript", "@types/node")


def example(start):
    blocks = re.findall(r"^```(?:js|ts)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if block.startswith(f"// {start}"))
    return found


def here(**more):
    """An environment in which this checkout's fakegraph is on the PATH, and no server is known."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FAKEGRAPH_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "PYTHONPATH": str(ROOT), "FORCE_COLOR": "0", **more}


def run(*command, cwd, fails=False, **more):
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=here(**more),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    said = done.stdout + done.stderr
    assert (done.returncode != 0) == fails, said
    return said


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project of somebody's, with the package as npm installs it, and the runners at hand."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "package.json").write_text('{"name": "project", "private": true}')
    package = run(sys.executable, "-m", "fakegraph", "js", cwd=folder).strip()
    run("npm", "install", "--save-dev", "--offline", "--no-audit", package, cwd=folder)
    for name in RUNNERS:
        link = folder / "node_modules" / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(HERE / "node_modules" / name)
    return folder


def test_it_is_installed_without_a_trace_in_the_project(tmp_path):
    (tmp_path / "package.json").write_text('{"name": "project", "private": true}')
    package = run(sys.executable, "-m", "fakegraph", "js", cwd=tmp_path).strip()
    assert 'npm install --no-save "$(fakegraph js)"' in PAGE
    run("npm", "install", "--no-save", "--offline", "--no-audit", package, cwd=tmp_path)
    run("node", "-e", "require('fakegraph').startFakegraph.call", cwd=tmp_path)
    assert "fakegraph" not in (tmp_path / "package.json").read_text()


@pytest.fixture
def files(project):
    """Writes files of tests, which are gone afterwards."""
    written = []

    def write(name, text):
        file = project / name
        file.write_text(text)
        written.append(file)
        return name

    yield write
    for file in written:
        file.unlink()


def runner(name):
    return HERE / "node_modules" / ".bin" / name


def answers(url):
    """Whether somebody listens there."""
    try:
        socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=5).close()
    except ConnectionError:
        return False
    return True


def test_the_first_example_passes_as_it_is_written(project, files):
    files("first.test.mjs", example("first.test.mjs"))
    said = run("node", "--test", "--test-reporter=spec", cwd=project)
    assert "pass 2" in said


def test_vitest_runs_its_example(project, files):
    files("mail.test.ts", example("mail.test.ts"))
    assert "2 passed" in run(runner("vitest"), "run", cwd=project)


def test_jest_runs_its_example(project, files):
    files("clock.test.js", example("clock.test.js"))
    assert "1 passed" in run(runner("jest"), cwd=project)


# An agent keeps its connections, and each library has agents of its own.
IN_PLACE = """
const https = require("node:https");
const { perTest, startFakegraph } = require("fakegraph");
const runner = RUNNER;
const graph = perTest(runner, { fixture: null, inPlace: true });
const agent = new https.Agent({ keepAlive: true });
const headers = { Authorization: "Bearer names-no-tenant" };
const url = "https://graph.microsoft.com/v1.0/users";

function asked() {
  return new Promise((resolve, reject) => https.get(url, { headers, agent }, (answer) => {
    let text = "";
    answer.on("data", (data) => { text += data; }).on("end", () => resolve(JSON.parse(text)));
  }).on("error", reject));
}

for (const name of ["Ada", "Bob", "Eve"]) {
  runner.test(name, async () => {
    await graph.tenant.create("users", { displayName: name });
    const form = new URLSearchParams({
      grant_type: "client_credentials", client_id: "6731de76-14a6-49ae-97bc-6eba6914391e", client_secret: "x",
      scope: "https://graph.microsoft.com/.default",
    });
    const tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    const at = `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`;
    const { access_token: token } = await (await fetch(at, { method: "POST", body: form })).json();
    const fetched = await (await fetch(url, { headers: { Authorization: `Bearer ${token}` } })).json();
    const found = [fetched, await asked(), await asked()].map(({ value }) => value.map((each) => each.displayName));
    if (JSON.stringify(found) !== JSON.stringify(Array(3).fill([name]))) throw new Error(JSON.stringify(found));
    const other = await graph.fakegraph.tenant();
    const second = await other.inPlace().catch((error) => error);
    if (!/one at a time/.test(second?.message)) throw new Error(`${second}`);
    await other.close();
    const elsewhere = await startFakegraph({ url: null, fixture: null });
    const foreign = await (await elsewhere.tenant()).inPlace().catch((error) => error);
    await elsewhere.close();
    if (!/leave url out/.test(foreign?.message)) throw new Error(`${foreign}`);
  });
}
"""
IN_PLACE_OF = {
    "node:test": ("node", "--test"),
    "vitest": (runner("vitest"), "run", "--globals"),
    "jest": (runner("jest"),),
}


@pytest.mark.parametrize("name", IN_PLACE_OF)
def test_hard_coded_hosts_lead_to_each_tests_tenant(project, files, name):
    given = 'require("node:test")' if name == "node:test" else "globalThis"
    files("place.test.js", IN_PLACE.replace("RUNNER", given))
    led = (sys.executable, "-m", "fakegraph", "run", "--", *IN_PLACE_OF[name])
    said = run(*led, cwd=project)
    assert re.search(r"pass 3|3 passed", said), said


def test_the_example_with_graphs_own_hosts_passes(project, files):
    files("in-place.test.mjs", example("in-place.test.mjs"))
    said = run(sys.executable, "-m", "fakegraph", "run", "--", "node", "--test", cwd=project)
    assert "pass 2" in said
    assert "`fakegraph run -- npm test`" in run("node", "--test", cwd=project, fails=True)


WHERE = """
import {{ test }} from "{runner}";
import {{ appendFileSync }} from "node:fs";
import {{ startFakegraph }} from "fakegraph";

test("where it is", async () => {{
  const fakegraph = await startFakegraph();
  const tenant = await fakegraph.tenant({{ fixture: null }});
  if ((await tenant.records("users")).length) throw new Error("another test's tenant");
  await tenant.create("users", {{ displayName: "Ada" }});
  appendFileSync("urls.txt", `${{fakegraph.url}} ${{tenant.id}} ${{fakegraph.started}}\\n`);
  await tenant.close();
  await fakegraph.close();
}});
"""
SHARED = {
    "node:test": (("npx", "with-fakegraph", "node", "--test"), {}),
    "vitest": (
        (runner("vitest"), "run"),
        {"vitest.config.mjs": 'export default { test: { globalSetup: "fakegraph/setup" } };'},
    ),
    "@jest/globals": (
        (runner("jest"), "--workers=2"),
        {"jest.config.json": '{"globalSetup": "fakegraph/setup"}'},
    ),
}


@pytest.mark.parametrize("name", SHARED)
def test_workers_of_a_run_share_a_server(project, files, name):
    command, configuration = SHARED[name]
    for file, text in configuration.items():
        files(file, text)
    files("urls.txt", "")
    test = WHERE.format(runner=name)
    if name == "@jest/globals":  # Jest takes CommonJS
        test = re.sub(r"import (\{.*?\}) from (\".*?\");", r"const \1 = require(\2);", test)
    for number in range(3):
        files(f"{number}.test.{'js' if name == '@jest/globals' else 'mjs'}", test)

    run(*command, cwd=project)

    lines = (project / "urls.txt").read_text().split("\n")[:-1]
    urls, tenants, started = (set(each) for each in zip(*map(str.split, lines), strict=True))
    assert (len(lines), len(urls), len(tenants), started) == (3, 1, 3, {"false"})


def test_a_command_runs_beside_a_server(project):
    script = "fetch(process.env.FAKEGRAPH_URL + '/_fakegraph/health').then(() => process.exit(7))"
    done = subprocess.run(
        ["npx", "with-fakegraph", "node", "-e", script], cwd=project, env=here(), check=False
    )
    assert done.returncode == 7
    for command, words in (((), "usage: with-fakegraph"), (("nowhere",), "nowhere: ENOENT")):
        assert words in run("npx", "with-fakegraph", *command, cwd=project, fails=True)


FAILS = """
import * as runner from "{runner}";
import {{ perTest }} from "fakegraph";

const graph = perTest(runner, {{ fixture: null }});
runner.test("fails", async () => {{
  await fetch(`${{graph.tenant.v1}}/users?$top=7`, {{ headers: graph.tenant.headers }});
  throw new Error("no");
}});
"""


@pytest.mark.parametrize("name", ["node:test", "vitest"])
def test_a_test_that_fails_shows_what_was_asked(project, files, name):
    files("fails.test.mjs", FAILS.format(runner=name))
    command = ("node", "--test") if name == "node:test" else (runner("vitest"), "run")
    said = run(*command, cwd=project, fails=True)
    assert "fakegraph requests:" in said
    assert "GET /v1.0/users?$top=7 200" in said


EVERYTHING = """
const assert = require("node:assert/strict");
const { ControlError, StartError, startFakegraph } = require("fakegraph");

const warnings = [];
process.on("warning", (warning) => warnings.push(`${warning.name}: ${warning.message}`));

async function main() {
  const fakegraph = await startFakegraph({ auth: "strict", pageSize: 2, notify: "none" });
  const records = { users: [{ userPrincipalName: "ada@contoso.com", displayName: "Ada" }] };
  const tenant = await fakegraph.tenant({ records, clock: new Date("2026-01-01T00:00:00Z") });
  const get = async (path, headers = tenant.headers) => {
    const answer = await fetch(tenant.v1 + path, { headers });
    return { status: answer.status, ...(await answer.json()) };
  };
  const send = (method, path, body, headers = tenant.headers) => fetch(tenant.v1 + path, {
    method, headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body),
  });

  assert.equal((await tenant.records("users")).length, 1);
  await tenant.build("users", 3, (number) => ({ displayName: `User ${number}`, department: "Sales" }));
  assert.equal((await get("/users")).value.length, 2); // pageSize
  assert.deepEqual(await tenant.seed({ "users/ada@contoso.com/messages": [{ subject: "Hi" }] }), {
    "users/ada@contoso.com/messages": 1,
  });
  assert.equal((await tenant.update("users/ada@contoso.com", { jobTitle: "Poet" })).jobTitle, "Poet");
  assert.equal((await get("/me", await tenant.asUser("ada@contoso.com", { scopes: ["User.Read"] }))).displayName, "Ada");
  assert.equal((await get("/users", await tenant.asApp({ roles: ["Mail.Read"] }))).status, 403);
  assert.equal((await get("/users", { Authorization: "Bearer x" })).status, 401);

  const before = await tenant.snapshot();
  await tenant.delete("users/ada@contoso.com");
  assert.equal((await get("/users/ada@contoso.com")).status, 404);
  await before.restore();
  assert.equal((await get("/users/ada@contoso.com")).status, 200);

  await tenant.fail(503, { method: "GET", path: "/users/*", times: 1, code: "busy", retryAfter: null });
  assert.equal((await get("/users/ada@contoso.com")).error.code, "busy");
  await tenant.stub("POST", "/users/*/findMeetingTimes", { json: { meetingTimeSuggestions: [] }, times: 1 });
  const found = await send("POST", "/users/ada@contoso.com/findMeetingTimes", {});
  assert.deepEqual((await found.json()).meetingTimeSuggestions, []);

  assert.equal(await tenant.now(), "2026-01-01T00:00:00Z");
  await tenant.advance(90);
  assert.equal(await tenant.now(), "2026-01-01T00:01:30Z");
  await tenant.freeze("2026-02-01");
  assert.equal(await tenant.now(), "2026-02-01T00:00:00Z");

  const message = {
    subject: "Invoice 7", body: { contentType: "text", content: "Pay" },
    toRecipients: [{ emailAddress: { address: "Bob@contoso.com" } }],
  };
  assert.equal((await send("POST", "/users/ada@contoso.com/sendMail", { message })).status, 202);
  assert.equal((await tenant.sent())[0].subject, "Invoice 7");
  const [mail] = await tenant.assertSent({ to: "bob@contoso.com", subject: "Invoice *", sender: "ada@contoso.com" });
  assert.equal(mail.body, "Pay");
  await tenant.assertNotSent({ subject: "invoice *" });
  await assert.rejects(tenant.assertSent({ cc: "bob@contoso.com" }), {
    name: "AssertionError",
    message: 'expected mail cc bob@contoso.com at least once, was 0 times; what was sent:\\n' +
      '  mail from ada@contoso.com to Bob@contoso.com subject "Invoice 7"',
  });
  await assert.rejects(tenant.assertNotSent(), /^AssertionError: expected no mail, was sent:\\n/);
  await assert.rejects(tenant.assertSent({ titel: "x" }), /^TypeError: mail is asked for by .*, not by titel$/);

  assert.equal((await tenant.requests({ status: 503 })).length, 1);
  await tenant.assertCalled("GET", "/users", { times: 3, since: new Date(0) });
  await tenant.assertCalled("POST", "/users/*/sendMail", { json: { message: { subject: "Invoice 7" } } });
  await tenant.assertNotCalled("DELETE");
  await assert.rejects(tenant.assertCalled("GET", "/users/*", { query: { $select: "id" } }), (error) => {
    assert.match(error.message, /^expected GET \\/users\\/\\* with query \\$select=id at least once, was 0 times\\nclosest:/);
    assert.match(error.message, /\\nrequests:\\n  GET \\/v1.0\\/users 200\\n/);
    return error.name === "AssertionError";
  });
  await assert.rejects(tenant.assertNotCalled("POST"), /was 2 times:\\n {2}POST/);
  await assert.rejects(tenant.requests({ stats: 5 }), ControlError);

  await assert.rejects(tenant.create("users", { displayNam: "x", age: 5 }), (error) => {
    assert.match(error.message, /displayNam.*\\n.*age/s);
    assert.equal(error.problems.length, 2);
    return error instanceof ControlError && error.status === 400;
  });
  assert.ok((await tenant.changes()).some(({ kind }) => kind === "created"));
  await assert.rejects(tenant.changes({ since: 0 }), { status: 410 });
  assert.deepEqual(await tenant.notifications(), []);
  assert.equal((await tenant.flushNotifications()).waiting, 0);
  assert.equal((await tenant.control("GET", "/clock")).frozen, true);
  await tenant.operations({ lastMs: 5 });
  await tenant.unstub();
  await tenant.clear("users");
  assert.deepEqual(await tenant.records("users"), []);

  await tenant.fail("throttled", { path: "/teams" });
  await tenant.reset();
  await tenant.fail("unavailable", { path: "/groups" });
  await tenant.heal();
  await tenant.fail("conflict", { path: "/chats", skip: 2 });
  await tenant.close();
  await tenant.close();
  await assert.rejects(tenant.records("users"), { code: "ResourceNotFound", status: 404 });
  await new Promise(setImmediate);
  assert.deepEqual(warnings, [
    "FaultNeverHitWarning: the fault throttled of /teams was never hit: no request matched it",
    "FaultNeverHitWarning: the fault conflict of /chats was never hit: no request matched it",
  ]);

  process.env.FAKEGRAPH_URL = fakegraph.url;
  const again = await startFakegraph();
  assert.equal(again.started, false);
  await again.close();
  assert.equal((await fakegraph.control("GET", "/health")).status, "ok"); // it goes on
  await assert.rejects(startFakegraph({ tls: true }), /^TypeError: tls: .*FAKEGRAPH_URL in the environment says/);
  const other = await startFakegraph({ url: null, fixture: null, tls: true, controlKey: "secret" });
  assert.notEqual(other.url, fakegraph.url);
  assert.deepEqual(await (await other.tenant()).records("users"), []);
  await assert.rejects(startFakegraph({ url: other.url }), (error) => {
    return error instanceof StartError && error.message.endsWith("or leave url and FAKEGRAPH_URL out to have one started")
      && error.message.includes("startFakegraph({ ca })");
  });
  const third = await startFakegraph({ url: other.url, ca: other.ca, controlKey: "secret" });
  await third.tenant();
  const keyless = await startFakegraph({ url: other.url, ca: other.ca });
  await assert.rejects(keyless.tenant(), { name: "ControlError", status: 401 });
  await other.close();
  await fakegraph.close();
  await assert.rejects(fakegraph.tenant(), /^StartError: fakegraph does not answer at http:.*ECONNREFUSED/);
  delete process.env.FAKEGRAPH_URL;

  await assert.rejects(startFakegraph({ pageSize: 0 }), (error) => {
    return error instanceof StartError && /status 2 before .*\\nError: pageSize is '0'/.test(error.message);
  });
  await assert.rejects(startFakegraph({ nonsense: 1 }), /^TypeError: startFakegraph takes no nonsense. There is auth, ca, chaos/);
  await assert.rejects(startFakegraph({ command: ["/nowhere/fakegraph"] }), /^StartError: .*ENOENT. Install it with pip/);
  await assert.rejects(startFakegraph({ url: "localhost" }), /^StartError: "localhost" is no URL/);
  process.env.PATH = "";
  await assert.rejects(startFakegraph(), /^StartError: .*no `fakegraph` on the PATH/);
  console.log("all");
}
main();
"""


def test_everything_it_has(project, files):
    files("everything.cjs", EVERYTHING)
    assert run("node", "everything.cjs", cwd=project).startswith("all\n")


REFUSED = """
const assert = require("node:assert/strict");
const { perTest, startFakegraph } = require("fakegraph");

const RIGHT = { create: ["users", {}], build: ["users", 1], fail: [503], stub: ["GET", "/users"], asUser: ["a@b.c"] };

async function main() {
  const refused = async (call, ...parts) => {
    const error = await (async () => call())().then(() => assert.fail(`taken: ${call}`), (error) => error);
    assert.equal(error.name, "TypeError", `${call}: ${error}`);
    for (const part of parts) assert.ok(error.message.includes(part), `${call}: ${error.message}`);
  };
  // Before there is a server:
  await refused(() => startFakegraph(null), "startFakegraph takes options in an object, as in { url:", "not null");
  await refused(() => startFakegraph("x"), 'not "x"');
  for (const command of ["fakegraph", [], [""], [1]]) {
    await refused(() => startFakegraph({ command }), 'command is the words that start one, as in ["/path', JSON.stringify(command));
  }
  await refused(() => startFakegraph({ url: 5 }), "url is a text of a server that runs", "not 5");
  await refused(() => startFakegraph({ pagesize: 5 }), "takes no pagesize. Did you mean pageSize?");
  await refused(() => startFakegraph({ help: true }), "takes no help. There is auth, ca,");
  await refused(() => perTest(), "perTest takes the functions of a runner", "perTest(globalThis)");
  await refused(() => perTest(require("node:test"), null), "perTest takes options in an object");
  await refused(() => perTest(require("node:test"), { server: { pagesize: 5 } }), "Did you mean pageSize?");

  const fakegraph = await startFakegraph({ fixture: null });
  const [mine, other] = [await fakegraph.tenant(), await fakegraph.tenant()];
  const ways = (path) => ({
    create: () => mine.create(path, { displayName: "Eve" }),
    build: () => mine.build(path, 1),
    records: () => mine.records(path),
    update: () => mine.update(path, { displayName: "Eve" }),
    delete: () => mine.delete(path),
    clear: () => mine.clear(path),
  });
  for (const dots of ["..", ".", "%2e%2E", ".%2e", "%2e"]) {
    for (const path of [`${dots}/../${other.id}`, `/users/${dots}/x`, `users/${dots}`, `users\\\\${dots}\\\\x`]) {
      for (const call of Object.values(ways(path))) {
        await refused(call, JSON.stringify(path), "leads down from its tenant, without . and ..");
      }
    }
    await refused(() => mine.control("DELETE", `/${dots}/../${other.id}`), "leads down from its tenant");
    await refused(() => fakegraph.control("DELETE", `/x/${dots}/tenants/${other.id}`), "leads down");
  }
  await refused(() => mine.control("DELETE", `/.\\t./${other.id}`), "no line breaks, backslashes or #");
  await refused(() => mine.control("DELETE", `\\\\..\\\\${other.id}`), "begins with /");
  await refused(() => mine.control("GET", "clock"), "begins with /, such as /clock", 'not "clock"');
  await refused(async () => (await mine.snapshot("..")).restore(), "leads down from its tenant");
  await refused(() => mine.snapshot(5), "the name of a snapshot is a text", "not 5");
  assert.deepEqual(await other.records("users"), []); // it is there, and nobody is in it
  const dotted = await mine.create("users", { id: "a..b", displayName: "x%2e" });
  assert.equal((await mine.records("users/a..b"))[0].displayName, dotted.displayName);

  for (const path of [undefined, null, 3, "", "/", {}]) {
    for (const [name, call] of Object.entries(ways(path))) {
      if (name !== "clear" || path !== undefined) await refused(call, "a path is a text such as users/ada@contoso.com");
    }
  }
  await refused(() => mine.update("users/x"), "update takes the properties of a record", "not undefined");
  for (const wrong of [3, null, "x", [], () => ({})]) {
    await refused(() => mine.create("users", wrong), "create takes the properties of a record, as in { displayName");
  }
  await refused(() => mine.build("users", 2, () => undefined), "build takes the properties of a record");
  for (const count of [-1, undefined, 1.5, "3", NaN, 100001]) {
    await refused(() => mine.build("users", count), "records cannot be made at once: it is a whole number from 0 to 100000");
  }
  for (const records of [undefined, [], null, "", 5, new Map()]) {
    await refused(() => mine.seed(records), "seed takes a fixture by its name, or records by path, as in { users: [");
  }
  await refused(() => fakegraph.tenant({ records: [] }), "seed takes a fixture by its name, or records by path");
  await refused(() => mine.seed({ users: [] }, { default: true }), "seed takes no default. Did you mean defaults?");
  await refused(() => mine.create("users", { displayName: () => "x" }), "displayName: a function cannot be sent");
  await refused(() => mine.create("users", { age: NaN }), "age: JSON has no NaN");
  await refused(() => mine.freeze(new Date("no day")), "now: an invalid Date is no moment");

  await refused(() => mine.stub("GET", "/users", () => ({})), "a function is only for Python", "{ json: … }");
  await refused(() => mine.stub("GET", "/users", { json: () => ({}) }), "a function is only for Python");
  await refused(() => mine.stub("GET"), "stub: the path is a text such as /users/*, not undefined");
  await refused(() => mine.stub(), "stub: the method is a text such as GET");
  await refused(() => mine.fail(), "a failure is a text such as throttled, or a status, not undefined");
  await refused(() => fakegraph.tenant("x"), "tenant takes options in an object, as in { fixture: null }, not");
  await refused(() => mine.token("x"), "token takes options in an object, as in { roles:");
  await refused(() => mine.asApp("x"), "asApp takes options in an object");
  await refused(() => mine.fail("throttled", "/users"), 'fail takes options in an object, as in { path: "/users" }, not');
  for (const call of ["changes", "operations", "requests", "assertSent", "assertNotSent"]) {
    await refused(() => mine[call]("x"), `${call} takes options in an object`, 'not "x"');
  }
  for (const call of ["assertCalled", "assertNotCalled"]) {
    await refused(() => mine[call]("GET", "/users", 2), `${call} takes options in an object`, "not 2");
    await refused(() => mine[call]({ method: "GET" }), `${call}: the method is a text such as GET`);
    await refused(() => mine[call](undefined, 5), `${call}: the path is a text such as /users/*, not 5`);
  }
  for (const times of ["0", "1", -1, 1.5, NaN, null]) {
    await refused(() => mine.assertCalled("GET", "/users", { times }), "times is a whole number from 0 on");
    await refused(() => mine.assertSent({ times }), "times is a whole number from 0 on");
  }
  await mine.assertCalled("GET", "/users", { times: 0 });
  for (const user of [undefined, null, "", 5]) {
    await refused(() => mine.asUser(user), "asUser: the user is a text such as ada@contoso.com");
  }
  await refused(() => mine.asUser("ada@contoso.com\\r\\nX: y"), "asUser: the user is a name in one line");
  await refused(() => mine.asUser("ada@contoso.com", "User.Read"), "asUser takes options in an object");

  assert.equal((await mine.records("users")).length, 1); // nothing of all that was done
  assert.deepEqual((await mine.control("GET", "/stubs")).value, []);
  assert.deepEqual((await mine.control("GET", "/faults")).value, []);
  await fakegraph.close();
  console.log("all");
}
main();
"""


def test_what_is_not_as_it_has_to_be_is_refused_in_plain_words(project, files):
    """No path leaves its tenant, and nothing that is wrong is taken for something else."""
    files("refused.cjs", REFUSED)
    assert run("node", "refused.cjs", cwd=project) == "all\n"


def test_the_settings_it_knows_are_those_that_are_typed_and_that_serve_has(project, files):
    package = ROOT / "fakegraph" / "js"
    files(
        "settings.cjs",
        f"console.log(JSON.stringify(require({json.dumps(str(package / 'given.cjs'))}).SETTINGS));",
    )
    known = json.loads(run("node", "settings.cjs", cwd=project))
    typed = (
        (package / "index.d.cts")
        .read_text()
        .partition("interface ServerSettings {")[2]
        .partition("\n}")[0]
    )
    assert sorted(known) == sorted(re.findall(r"^  (\w+)\?:", typed, re.MULTILINE))
    served = run(sys.executable, "-m", "fakegraph", "serve", "--help", cwd=project)
    flags = {"--" + re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name) for name in known}
    assert [flag for flag in sorted(flags) if not re.search(rf"{flag}\b", served)] == []


def test_a_server_ends_with_the_process_that_started_it(project, files):
    files(
        "dies.mjs",
        'import { startFakegraph } from "fakegraph";\n'
        "const { url } = await startFakegraph();\n"
        "console.log(url);\n"
        "setInterval(() => {}, 1000);\n",
    )
    with subprocess.Popen(
        ["node", "dies.mjs"], cwd=project, env=here(), stdout=subprocess.PIPE, text=True
    ) as process:
        url = process.stdout.readline().strip()
        assert answers(url)
        process.send_signal(signal.SIGKILL)
    while answers(url):
        time.sleep(0.05)


def test_a_process_that_forgets_its_server_ends(project, files):
    files("forgets.mjs", 'import { startFakegraph } from "fakegraph";\nawait startFakegraph();\n')
    run("node", "forgets.mjs", cwd=project)


TYPED = """
import { ControlError, perTest, startFakegraph, type GraphRequest, type Tenant } from "fakegraph";
import globalSetup, { globalTeardown } from "fakegraph/setup";
import * as node from "node:test";

interface User { id: string; displayName: string }

export async function uses(): Promise<void> {
  await using fakegraph = await startFakegraph({ auth: "strict", fixture: ["contoso"], tls: true, latency: "20..200" });
  const tenant: Tenant = await fakegraph.tenant({ fixture: null, clock: new Date(), pageSize: 5 });
  const user = await tenant.create<User>("users", { displayName: "Ada" });
  const name: string = user.displayName;
  const anything = (await tenant.create("users/x/messages")).subject;
  const requests: GraphRequest[] = await tenant.requests({ status: 429, query: { $top: 5 }, since: new Date() });
  const status: number = requests[0]!.status;
  await tenant.fail("throttled", { path: "/users/*", times: null, retryAfter: new Date() });
  await tenant.fail(503, { retryAfter: null });
  await tenant.assertSent({ to: ["a@b.example"], times: 2 });
  const subject: string = (await tenant.sent())[0]!.subject;
  await fetch(tenant.v1, { headers: { ...tenant.headers, Prefer: "x" } });
  const held = perTest(node, { records: { users: [{}] }, server: { url: null } });
  perTest(globalThis);
  const stop: () => Promise<void> = await globalSetup();
  await stop();
  await globalTeardown();
  console.log(name, anything, status, subject, held.tenant.id, ControlError);

  // @ts-expect-error
  await tenant.fail("throtled");
  // @ts-expect-error
  await tenant.fail(503, { delay: 5 });
  // @ts-expect-error
  await tenant.requests({ stats: 5 });
  // @ts-expect-error
  await tenant.assertSent({ titel: "x" });
  // @ts-expect-error
  await startFakegraph({ auth: "of" });
  // @ts-expect-error
  await startFakegraph({ readyFile: "x" });
  // @ts-expect-error
  await fakegraph.tenant({ fixtures: "x" });
  // @ts-expect-error
  tenant.url = "x";
  // @ts-expect-error
  (await tenant.sent())[0]!.subjct;
}
"""


def test_its_types_are_right_by_import_and_by_require(project, files):
    """With ``strict``; what is marked as an error has to be one."""
    files("uses.mts", TYPED)
    files("uses.cts", TYPED)
    options = ("--noEmit", "--strict", "--module", "nodenext", "--target", "es2023")
    types = ("--lib", "es2023,dom", "--types", "node", "--skipLibCheck", "false")
    run(runner("tsc"), *options, *types, "uses.mts", "uses.cts", cwd=project)


def test_the_typed_names_are_the_names_there_are(project, files):
    files(
        "names.cjs",
        'const found = require("fakegraph");\n'
        "const names = (of) => Object.getOwnPropertyNames(of.prototype).filter((each) => each !== 'constructor');\n"
        "console.log(JSON.stringify({ all: Object.keys(found), Tenant: names(found.Tenant), "
        "Fakegraph: names(found.Fakegraph) }));\n",
    )
    there = json.loads(run("node", "names.cjs", cwd=project))
    declared = (ROOT / "fakegraph" / "js" / "index.d.cts").read_text()
    for name in there["all"]:
        assert re.search(rf"^export (class|function) {name}\b", declared, re.MULTILINE), name
    for kind in ("Tenant", "Fakegraph"):
        body = declared.partition(f"export class {kind} ")[2].partition("\n}\n")[0]
        for name in there[kind]:
            assert re.search(rf"^  (readonly )?{name}[<(:]", body, re.MULTILINE), name


def test_npm_packs_what_is_needed_and_no_more(project, tmp_path):
    package = ROOT / "fakegraph" / "js"
    said = run("npm", "pack", "--json", "--pack-destination", tmp_path, package, cwd=tmp_path)
    packed = {file["path"] for file in json.loads(said)[0]["files"]}
    assert packed == {file.name for file in package.iterdir()}
