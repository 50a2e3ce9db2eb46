"""A web page from a foreign origin, in a real browser, against a server on localhost."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import subprocess
import threading
import urllib.parse
import urllib.request
from contextlib import contextmanager

import pytest

from fakegraph.handle import RemoteServer
from tests.clients.conftest import serving

# Each attempt says what the page could read. What a page sends without being let read the answer
# counts too: the server is looked at afterwards.
PAGE = """<!doctype html><body><script>
const root = "FAKEGRAPH";
const json = { "Content-Type": "application/json" };
const event = JSON.stringify({ userCredentialUsageDetails: [] });
const attempts = {
  health: () => fetch(root + "/_fakegraph/health"),
  records: () => fetch(root + "/_fakegraph/records/userCredentialUsageDetails"),
  requests: () => fetch(root + "/_fakegraph/requests"),
  reset: () => fetch(root + "/_fakegraph/reset", { method: "POST" }),
  resetBlind: () => fetch(root + "/_fakegraph/reset", { method: "POST", mode: "no-cors" }),
  seedText: () => fetch(root + "/_fakegraph/seed",
    { method: "POST", mode: "no-cors", body: '{"fixture":"contoso"}' }),
  seedJson: () => fetch(root + "/_fakegraph/seed",
    { method: "POST", headers: json, body: '{"fixture":"contoso"}' }),
  createText: () => fetch(root + "/beta/reports/userCredentialUsageDetails",
    { method: "POST", mode: "no-cors", body: event }),
  createTyped: () => fetch(root + "/beta/reports/userCredentialUsageDetails",
    { method: "POST", mode: "no-cors", headers: json, body: event }),
  clearFaults: () => fetch(root + "/_fakegraph/faults", { method: "DELETE" }),
};
const form = document.createElement("form");
form.method = "post"; form.action = root + "/_fakegraph/reset"; form.target = "frame";
const frame = document.createElement("iframe");
frame.name = "frame";
document.body.append(frame, form);
form.submit();
const read = {};
for (const [name, attempt] of Object.entries(attempts)) {
  try { const answer = await attempt(); read[name] = await answer.text(); }
  catch (error) { read[name] = ""; }
}
await new Promise((done) => setTimeout(done, 500));
await fetch("/report", { method: "POST", body: JSON.stringify(read) });
</script>""".replace("<script>", '<script type="module">')


class Silent(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def listening(handler):
    """The URL at which a handler answers browsers."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def site(page):
    """A web site with one page, and what the page reports."""
    reported, done = [], threading.Event()

    class Handler(Silent):
        def do_GET(self):
            self.answer(page.encode() if self.path == "/" else b"")

        def do_POST(self):
            reported.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer(b"")
            done.set()

        def answer(self, body):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with listening(Handler) as url:
        yield f"{url}/", reported, done


def browse(url, profile, done):
    """Open a page, and close the browser when the page has reported."""
    chromium = shutil.which("chromium")
    assert chromium, "this test needs the browser chromium on the PATH"
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu"]
    command += ["--disable-quic", "--no-first-run", "--disable-background-networking"]
    command += ["--disable-component-update", "--disable-sync", f"--user-data-dir={profile}", url]
    quiet = functools.partial(
        subprocess.Popen, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with quiet([*command, "--remote-debugging-port=0"]) as browser:
        try:
            assert done.wait(60), "the page never reported"
        finally:
            browser.terminate()


@pytest.mark.parametrize("auth", ["off", "bearer"])
def test_a_foreign_page_neither_uses_the_control_face_nor_writes_blindly(tmp_path, auth):
    with serving(tmp_path, "--auth", auth, "--no-fixture") as served:
        server = RemoteServer(served)
        server.control("POST", "/seed", {"fixture": "contoso"})
        server.control("POST", "/faults", {"status": 503, "match": {"path": "/nothing"}})
        before = server.control("GET", "/records/userCredentialUsageDetails")

        with site(PAGE.replace("FAKEGRAPH", served)) as (url, reported, done):
            browse(url, tmp_path / "profile", done)

        (read,) = reported
        assert len(read) == 10
        assert set(read.values()) == {""}, read
        assert server.control("GET", "/records/userCredentialUsageDetails") == before
        assert len(server.control("GET", "/faults")["value"]) == 1
        asked = server.control("GET", "/requests")["value"]
        assert {each["method"] for each in asked} == {"POST"}, "the page reached nothing"


CALLER = """<!doctype html><body><script type="module">
const root = "FAKEGRAPH/beta/reports/userCredentialUsageDetails";
const headers = { Authorization: "Bearer x", "Content-Type": "application/json" };
const read = {};
const event = {
  feature: "reset", userPrincipalName: "page@contoso.com", userDisplayName: "Page",
  isSuccess: true, authMethod: "email", failureReason: "", eventDateTime: "2024-01-01T00:00:00Z",
};
const first = await fetch(root + "?$top=1", { headers });
read.id = first.headers.get("request-id");
read.next = (await first.json())["@odata.nextLink"];
read.refused = (await fetch(root)).status;
const made = await fetch(root, { method: "POST", headers, body: JSON.stringify(event) });
read.location = made.headers.get("Location");
read.deleted = (await fetch(read.location, { method: "DELETE", headers })).status;
await fetch("/report", { method: "POST", body: JSON.stringify(read) });
</script>"""


def test_a_foreign_page_may_call_the_graph_face(tmp_path):
    with serving(tmp_path) as served, site(CALLER.replace("FAKEGRAPH", served)) as page:
        url, reported, done = page
        browse(url, tmp_path / "profile", done)

        (read,) = reported
        assert len(read["id"]) == 36
        assert read["next"].startswith(f"{served}/beta/reports/userCredentialUsageDetails?")
        assert read["location"].startswith(f"{served}/beta/reports/userCredentialUsageDetails(")
        assert (read["refused"], read["deleted"]) == (401, 204)


@contextmanager
def app():
    """An app that is signed in to: its redirect URI, and what browsers posted there."""
    posted, done = [], threading.Event()

    class Handler(Silent):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            posted.append(dict(urllib.parse.parse_qsl(body)))
            self.send_response(204)
            self.end_headers()
            done.set()

    with listening(Handler) as url:
        yield f"{url}/callback", posted, done


def test_a_browser_posts_a_code_to_the_app(tmp_path):
    """The page's own policy lets its one script run, and no other."""
    hostile = "\"><script>document.forms[0].action='/stolen'</script>"
    with serving(tmp_path) as served, app() as (uri, posted, done):
        asked = {
            "client_id": "a",
            "response_type": "code",
            "response_mode": "form_post",
            "redirect_uri": uri,
            "scope": "openid",
            "login_hint": "ada@contoso.com",
            "state": hostile,
        }
        query = urllib.parse.urlencode(asked)
        browse(f"{served}/default/oauth2/v2.0/authorize?{query}", tmp_path / "profile", done)
        (back,) = posted
        assert back["state"] == hostile
        form = {"client_id": "a", "code": back["code"], "redirect_uri": uri}
        data = urllib.parse.urlencode({"grant_type": "authorization_code", **form}).encode()
        with urllib.request.urlopen(f"{served}/default/oauth2/v2.0/token", data) as answer:
            assert "id_token" in json.load(answer)
