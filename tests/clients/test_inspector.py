"""The inspector in a real browser: its screens, by mouse and by keyboard, and nothing that runs."""

from __future__ import annotations

import base64
import html
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from fakegraph.handle import FakeGraph
from fakegraph.handle.notified import Receiver
from tests.clients.conftest import serving
from tests.pages import DOCS
from tests.pages import Page as Document

CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 800}
# A look at each screen: what its URL says, and what is there once it is shown.
SCREENS = {
    "requests": ("&open=1&tab=Why", ".why"),
    "overview": ("", "figure"),
    "data": ("&path=users&open=users/{user}&tab=People", ".graph text"),
    "console": ("&method=POST&target=users", ".needed button"),
    "mail": ("&open=1", "iframe"),
    "teams": ("&team={team}&place={channel}&open={said}", ".detail article:nth-of-type(2) iframe"),
    "calendar": ("&box={user}&week=2026-05-04&open={event}", ".detail pre"),
    "files": ("&drive={drive}&open={file}", ".detail pre"),
    "rules": ("", ".never"),
    "signins": ("&tab=Tokens&open={latest}", ".detail pre, .detail p"),
    "notifications": ("&open=1", ".detail pre"),
    "unserved": ("", "[aria-label='Not served'] td"),
    "tenants": ("", ".detail table:not(details table)"),
}

# What runs says so by the title, which nothing else here sets to this.
_RUN = "top.document.title='ran'"
_MARKUP = (
    f"<script>{_RUN}</script>",
    f"<img src=x onerror={_RUN}>",
    f"<svg onload={_RUN}></svg>",
    f"<svg><script>{_RUN}</script></svg>",
    f'<iframe srcdoc="<script>{_RUN}</script>"></iframe>',
    f'<iframe src="javascript:{_RUN}"></iframe>',
    f'<a href="javascript:{_RUN}" autofocus onfocus={_RUN}>x</a>',
    f"<body onload={_RUN}>",
    f"<details open ontoggle={_RUN}>x</details>",
    f"<video><source onerror={_RUN}></video>",
    f"<math><mtext><script>{_RUN}</script></mtext></math>",
    f'<object data="javascript:{_RUN}"></object>',
    f'<embed src="javascript:{_RUN}">',
    f'<meta http-equiv=refresh content="0;url=javascript:{_RUN}">',
    f'<base href="javascript:{_RUN}//">',
    f"<link rel=stylesheet href=\"data:text/css,@import 'javascript:{_RUN}'\">",
    f'<form><button formaction="javascript:{_RUN}" autofocus>x</button></form>',
    f"<input autofocus onfocus={_RUN}>",
    f"<marquee onstart={_RUN}>x</marquee>",
    f"<style onload={_RUN}></style>",
    f"<template><script>{_RUN}</script></template>",
    f'<noscript><p title="</noscript><img src=x onerror={_RUN}>">',
    f"<svg><animate onbegin={_RUN} attributeName=x dur=1s></svg>",
    f'<svg><a xlink:href="javascript:{_RUN}"><text>x</text></a></svg>',
    f"<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{_RUN}'/>\">",
)
_WRAPS = ("{}", "\"'>{}", "</textarea></pre></style></title>{}")
PAYLOADS = [wrap.format(each) for each in _MARKUP for wrap in _WRAPS]
ASKS_CONTROL = (
    "<script>fetch('/_fakegraph/tenants',{method:'POST',body:'{\"id\":\"pwned\"}',"
    "headers:{'Content-Type':'application/json'}})</script>"
)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.fail("Debian's chromium is needed: .ci/run installs it")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    options = ("--fixture", "contoso", "--rate-limit", "5000/3600", "--journal-size", "3000")
    with serving(tmp_path_factory.mktemp("inspected"), *options) as url:
        yield url


@pytest.fixture
def page(browser):
    found = browser.new_page(viewport=WIDE)
    problems: list[str] = []
    found.on("pageerror", lambda error: problems.append(str(error)))
    yield found
    found.close()
    assert problems == []


def ask(url, method, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    sent = {"Authorization": "Bearer any", "Content-Type": "application/json", **headers}
    request = urllib.request.Request(f"{url}{path}", data, sent, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return json.loads(error.read() or b"null")


def opened(page: Page, url, address=""):
    page.goto(f"{url}/_fakegraph/ui{address}")
    page.wait_for_selector("main")
    return page


def tenant(url, name, **wanted):
    ask(url, "POST", "/_fakegraph/tenants", {"id": name, **wanted})
    return f"{url}/tenants/{name}"


NEWCOMER = """
import { Empty, html } from "../lib.js";
export const name = "newcomer";
export const title = "Newcomer";
export const order = 15;
export function Screen({ tenant, params }) {
  return html`<${Empty}>${params.get("said")} of ${tenant}<//>`;
}
"""


def newcomer(page, name, text):
    """Have the page show one screen more than there is."""

    def with_it(route):
        answer = route.fetch()
        named = answer.text().replace(
            'name="screens" content="', f'name="screens" content="{name} '
        )
        route.fulfill(response=answer, body=named)

    file = f"**/ui/screens/{name}.js"
    page.route(file, lambda route: route.fulfill(body=text, content_type="text/javascript"))
    page.route("**/_fakegraph/ui", with_it)


def test_a_screen_is_one_file(page, server):
    """One more in its folder is shown, in its place, at a URL of its own."""
    newcomer(page, "newcomer", NEWCOMER)
    opened(page, server, "#/newcomer?tenant=default&said=Hello")
    page.wait_for_selector("text=Hello of default")
    assert page.title() == "Newcomer · fakegraph"
    assert page.locator("nav a").all_inner_texts()[:2] == ["Requests", "Newcomer"]


def test_the_screen_of_the_documentation_is_one(page, server):
    (example,) = Document(DOCS / "explanation" / "inspector.md").blocks
    newcomer(page, "clock", example.text)
    opened(page, server, "#/clock?tenant=default")
    page.wait_for_selector("h2:has-text('T')")
    assert page.title() == "Clock · fakegraph"


def test_a_request_appears_by_itself_and_says_why_it_was_refused(page, server):
    root = tenant(server, "seen")
    opened(page, server, "#/requests?tenant=seen")
    page.wait_for_selector("text=Nothing has asked this tenant yet")
    ask(root, "GET", "/v1.0/users?$filter=((((")
    row = page.locator("[role=rowgroup] [role=row]").first
    row.wait_for()
    assert "Invalid filter clause" in row.inner_text()
    row.click()
    page.click("[data-tab=Why]")
    page.wait_for_selector("text=microsoft.graph.user")
    assert "open=1" in page.url
    assert "tab=Why" in page.url


def test_items_of_a_batch_are_below_it(page, server):
    root = tenant(server, "batched")
    items = [{"id": str(n), "method": "GET", "url": "/users?$top=1"} for n in (1, 2)]
    ask(root, "POST", "/v1.0/$batch", {"requests": items})
    opened(page, server, "#/requests?tenant=batched")
    page.wait_for_selector(".row.inside >> nth=1")
    rows = page.locator("[role=rowgroup] [role=row]").all_inner_texts()
    assert "$batch" in rows[0]
    assert len(rows) == 3


def test_the_next_one_fails_is_replayed_and_stubbed(page, server):
    root = tenant(server, "acted")
    ask(root, "GET", "/v1.0/users?$top=1")
    opened(page, server, "#/requests?tenant=acted&open=1")
    page.select_option("[aria-label='Fail the next one like this']", "throttled")
    page.wait_for_selector("text=The next such request is throttled.")
    page.click("text=Replay")
    page.wait_for_selector("text=Sent again: 429.")
    page.click("text=Stub this")
    page.fill("dialog textarea", '{"value": [{"surprise": true}]}')
    page.click("text=Add the stub")
    page.wait_for_selector("dialog .problem")
    page.fill("dialog textarea", '{"value": []}')
    page.click("text=Add the stub")
    page.wait_for_selector("text=Answered by stub")
    assert ask(root, "GET", "/v1.0/users?$top=1") == {"value": []}


def test_by_keyboard_alone(page, server):
    root = tenant(server, "keys")
    for top in (1, 2, 3):
        ask(root, "GET", f"/v1.0/users?$top={top}")
    opened(page, server, "#/requests?tenant=keys")
    page.wait_for_selector("[role=rowgroup] [role=row] >> nth=2")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('role')") == "grid":
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".detail")
    assert "open=2" in page.url
    page.focus("[data-tab=Response]")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".why")
    page.keyboard.press("Escape")
    page.wait_for_selector(".detail", state="detached")


def test_mail_that_was_sent_is_shown_and_nothing_in_it_runs(page, server):
    root = tenant(server, "mailed")
    (user, other) = ask(root, "GET", "/v1.0/users?$top=2")["value"]
    for number, payload in enumerate((*PAYLOADS, ASKS_CONTROL)):
        person = {"address": other["userPrincipalName"], "name": payload}
        message = {
            "subject": f"{number} {payload}",
            "body": {
                "contentType": "html",
                "content": f"<p style='color: red'>{number}</p>{payload}",
            },
            "toRecipients": [{"emailAddress": person}],
        }
        ask(root, "POST", f"/v1.0/users/{user['id']}/sendMail", {"message": message})
    opened(page, server, "#/mail?tenant=mailed")
    page.wait_for_selector(".messages button")
    total = len(PAYLOADS) + 1
    assert page.locator(".messages button").count() == total
    for number in range(1, total + 1):
        page.goto(f"{server}/_fakegraph/ui#/mail?tenant=mailed&open={number}")
        page.wait_for_selector(f".detail h2:has-text('{number - 1} ')")
        page.frame_locator("iframe").locator(f"p:has-text('{number - 1}')").first.wait_for()
    assert page.title() == "Mail · fakegraph"
    assert "pwned" not in json.dumps(ask(server, "GET", "/_fakegraph/tenants"))


def test_nothing_that_a_client_sends_runs_in_the_requests(page, server):
    root = tenant(server, "sent")
    for number, payload in enumerate(PAYLOADS):
        quoted = urllib.request.quote(payload)
        headers = {
            "X-Mine": payload.encode("ascii", "ignore").decode(),
            "client-request-id": quoted,
        }
        ask(root, "PATCH", f"/v1.0/users/{number}?$filter={quoted}", {payload: payload}, **headers)
        ask(root, "GET", f"/v1.0/{quoted}")
    opened(page, server, "#/requests?tenant=sent")
    page.wait_for_selector("[role=rowgroup] [role=row]")
    noted = ask(server, "GET", "/_fakegraph/tenants/sent/requests/summaries")["value"]
    assert len(noted) > len(PAYLOADS)
    for number in [each["number"] for each in noted][::7]:
        for tab in ("Request", "Response", "Why", "Copy"):
            page.goto(f"{server}/_fakegraph/ui#/requests?tenant=sent&open={number}&tab={tab}")
            page.wait_for_selector(f"[role=tabpanel][aria-label={tab}] > *")
    assert page.title() == "Requests · fakegraph"
    for screen, there in (
        ("overview", "[aria-label='Asked most'] td"),
        ("unserved", "[role=status]"),
    ):
        page.goto(f"{server}/_fakegraph/ui#/{screen}?tenant=sent")
        page.wait_for_selector(there)
        page.wait_for_timeout(100)
        assert page.title().endswith(" · fakegraph")


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xhtml+xml"])
def test_what_was_uploaded_runs_not_even_when_it_is_opened(page, server, kind):
    name = f"up-{kind.partition('/')[2].partition('+')[0]}"
    root = tenant(server, name)
    user = ask(root, "GET", "/v1.0/users?$top=1")["value"][0]["id"]
    script = f"<script>{_RUN}</script>{ASKS_CONTROL}"
    svg = f"<svg xmlns='http://www.w3.org/2000/svg'>{script}</svg>"
    data = (
        svg if "svg" in kind else f"<html xmlns='http://www.w3.org/1999/xhtml'>{script}</html>"
    ).encode()
    item = put(root, f"users/{user}/drive/root:/evil.bin", data, kind)
    where = item["@microsoft.graph.downloadUrl"]
    page.set_content(f"<iframe src='{where}'></iframe>")
    answer = page.request.get(where)
    assert "sandbox" in answer.headers["content-security-policy"]
    assert base64.b64encode(answer.body()) == base64.b64encode(data)
    assert "pwned" not in json.dumps(ask(server, "GET", "/_fakegraph/tenants"))
    assert page.title() != "ran"


def event(subject, start, hours=1, **more):
    begin = datetime.fromisoformat(start)
    times = {"start": begin, "end": begin + timedelta(hours=hours)}
    said = {name: {"dateTime": at.isoformat(), "timeZone": "UTC"} for name, at in times.items()}
    return {"subject": subject, **said, **more}


def put(root, path, data, kind="text/plain"):
    """Give a drive a file, and give what it is then."""
    sent = {"Authorization": "Bearer any", "Content-Type": kind}
    request = urllib.request.Request(f"{root}/v1.0/{path}:/content", data, sent, method="PUT")
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_drives_are_gone_through_folder_by_folder_and_files_are_seen(page, server):
    root = tenant(server, "drives", fixture=[])
    name = "<img src=x onerror=top.document.title=1>"
    put(root, "sites/root/drive/root:/A/notes.txt", b"one")
    put(root, "sites/root/drive/root:/A/notes.txt", name.encode())
    put(root, "sites/root/drive/root:/A/dot.png", PICTURE)
    put(root, "sites/root/drive/root:/A/bytes.bin", bytes(9))

    opened(page, server, "#/files?tenant=drives")
    page.click("nav >> text=Documents")
    page.click("text=A/")
    page.wait_for_selector("text=.. from A")
    page.click("text=notes.txt")
    page.wait_for_selector(".detail pre")
    assert page.inner_text(".detail pre >> nth=0") == name
    versions = json.loads(page.inner_text("[aria-label=Versions]"))
    assert [each["id"] for each in versions] == ["2.0", "1.0"]
    link = page.get_attribute("text=Download", "href")
    assert page.request.get(f"{server}{link}").text() == name
    page.focus(".detail button")
    page.keyboard.press("Escape")
    page.wait_for_selector(".detail", state="detached")

    page.click("text=dot.png")
    page.wait_for_selector(".detail img")
    assert page.evaluate("document.querySelector('.detail img').decode().then(() => 1)") == 1
    page.click("text=bytes.bin")
    page.wait_for_selector("text=Not shown.")
    page.click("text=.. from A")
    page.wait_for_selector("text=A/")
    assert page.title() != "1"


def new_team(root, name):
    """A team, which whoever is signed in owns: its id."""
    template = "https://graph.microsoft.com/v1.0/teamsTemplates('standard')"
    ask(root, "POST", "/v1.0/teams", {"template@odata.bind": template, "displayName": name})
    found = ask(root, "GET", "/v1.0/me/joinedTeams")["value"]
    return next(each["id"] for each in found if each["displayName"] == name)


def general_of(root, team):
    """The id of the channel that each team has, as it stands in a URL."""
    id_ = ask(root, "GET", f"/v1.0/teams/{team}/primaryChannel")["id"]
    return urllib.parse.quote(id_, safe="")


def html_said(content, **more):
    """The body of a message."""
    return {"body": {"contentType": "html", "content": content}, **more}


@pytest.fixture(scope="module")
def reached(server):
    """A tenant with something to see on each screen: the URL of a look at it, and what is there."""
    root = tenant(server, "reached")
    user = ask(root, "GET", "/v1.0/users?$top=1")["value"][0]
    message = {"subject": "Hi", "toRecipients": [{"emailAddress": {"address": user["mail"]}}]}
    ask(root, "POST", f"/v1.0/users/{user['id']}/sendMail", {"message": message})
    meeting = ask(root, "POST", f"/v1.0/users/{user['id']}/events", event("Hi", "2026-05-05T09:00"))
    ask(root, "GET", "/v1.0/nobody")
    fault = {"match": {"method": "DELETE", "path": "/never"}, "preset": "conflict"}
    ask(server, "POST", "/_fakegraph/tenants/reached/faults", fault)
    with Receiver() as receiver:
        subscribed(server, "reached", receiver)
        ask(root, "POST", "/v1.0/me/messages", {"subject": "Hi"})
        ask(server, "POST", "/_fakegraph/tenants/reached/notifications/flush")
    team = new_team(root, "Crew")
    channel = f"teams/{team}/channels/{general_of(root, team)}"
    root_id = ask(root, "POST", f"/v1.0/{channel}/messages", html_said("<p>Hi</p>"))["id"]
    ask(root, "POST", f"/v1.0/{channel}/messages/{root_id}/replies", html_said("<p>So be it</p>"))
    ask(root, "POST", f"/v1.0/{channel}/messages/{root_id}/setReaction", {"reactionType": "like"})
    file = put(root, f"users/{user['id']}/drive/root:/a.txt", b"hello")
    drive = file["parentReference"]["driveId"]
    latest = ask(server, "GET", "/_fakegraph/tenants/reached/sign-ins")["tokens"][-1]["number"]

    def look(screen):
        address, there = SCREENS[screen]
        ids = {"user": user["id"], "event": meeting["id"], "drive": drive, "file": file["id"]}
        place = urllib.parse.quote(channel, safe="")
        ids |= {"team": team, "channel": place, "said": root_id}
        said = address.format(latest=latest, **ids)
        return f"{server}/_fakegraph/ui#/{screen}?tenant=reached{said}", there

    return look


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_is_accessible_and_fits(page, reached, screen, scheme, size):
    url, there = reached(screen)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    page.goto(url)
    page.wait_for_selector(there)
    page.wait_for_load_state("networkidle") if screen == "tenants" else page.wait_for_timeout(400)
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document)")["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


# What a page has that can be used, and where the keyboard is; what is not shown cannot be used.
_USABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((each) => each.checkVisibility() && !each.disabled && each.tabIndex >= 0 && each.getClientRects().length)
    .map((each) => { each.dataset.seen ||= "no"; return each; }).length"""
_HERE = """() => { const at = document.activeElement; if (!at || at === document.body) return false; at.dataset.seen = "yes";
    return getComputedStyle(at).outlineStyle !== "none" || at.matches("iframe, .skip, main"); }"""
_UNSEEN = """() => [...document.querySelectorAll("[data-seen=no]")].map((each) => each.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("screen", SCREENS)
def test_the_keyboard_reaches_everything_that_can_be_used_and_shows_where_it_is(
    page, reached, screen
):
    url, there = reached(screen)
    page.goto(url)
    page.wait_for_selector(there)
    page.wait_for_timeout(200)
    for _ in range(page.evaluate(_USABLE) + 3):
        page.keyboard.press("Tab")
        assert page.evaluate(_HERE) is not None
    assert page.evaluate(_UNSEEN) == []


def test_firefox_shows_every_screen_and_runs_nothing(server, reached):
    firefox = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    if firefox is None:
        pytest.fail("Debian's firefox-esr is needed: .ci/run installs it")
    root = tenant(server, "fox")
    user = ask(root, "GET", "/v1.0/users?$top=1")["value"][0]
    to = [{"emailAddress": {"address": user["mail"]}}]
    for number, payload in enumerate(PAYLOADS, start=1):
        body = {"contentType": "html", "content": f"<p>{payload}</p>"}
        message = {"subject": f"{number} {payload}", "body": body, "toRecipients": to}
        ask(root, "POST", f"/v1.0/users/{user['id']}/sendMail", {"message": message})
    at = f"{server}/_fakegraph/ui#"
    hostile = [
        {"url": f"{at}/mail?tenant=fox&open={n}", "there": ".detail h2", "text": f"{n} "}
        for n in range(1, len(PAYLOADS) + 1)
    ]
    messages = f"{at}/data?tenant=fox&path=users/{user['id']}/messages"
    hostile.append({"url": messages, "there": "[role=gridcell]"})
    hostile.append({"url": f"{at}/requests?tenant=fox&open=3&tab=Request", "there": ".detail pre"})
    screens = [dict(zip(("url", "there"), reached(screen), strict=True)) for screen in SCREENS]
    said = {"title": " · fakegraph", "screens": screens, "hostile": hostile}
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec", "inspector.test.mjs"],
        cwd=Path(__file__).parent,
        env={**os.environ, "FIREFOX": firefox, "LOOKS": json.dumps(said)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"pass {len(SCREENS) + len(hostile)}" in done.stdout


def test_the_key_is_asked_for_and_is_in_no_url(page, tmp_path):
    with serving(tmp_path, "--control-key", "k3y-of-mine") as url:
        opened(page, url)
        page.fill("input[name=key]", "k3y-of-mine")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.click("text=Open")
        page.wait_for_selector("nav >> text=Overview")
        assert not [each for each in (*asked, page.url) if "k3y" in each]


def test_a_hundred_thousand_requests_scroll(page, server):
    """Only rows in sight are in the page, however many there are."""
    root = tenant(server, "many")
    batch = {"requests": [{"id": str(n), "method": "GET", "url": "/users/1"} for n in range(20)]}
    for _ in range(50):
        ask(root, "POST", "/v1.0/$batch", batch)
    opened(page, server, "#/requests?tenant=many")
    page.wait_for_selector("text=/of 1050$/")
    assert page.locator("[role=rowgroup] [role=row]").count() < 60
    page.focus("[role=grid]")
    page.keyboard.press("End")
    page.wait_for_selector("[aria-rowindex='1051']")
    assert page.locator("[role=rowgroup] [role=row]").count() < 60


# Counts of how many requests one task of the page reads something, and how many it is sent at once.
_COUNTED = """(() => {
    const parse = JSON.parse, gate = new MessageChannel();
    let task = 0, seen = 0;
    window.most = { sent: 0, read: 0 };
    gate.port1.onmessage = () => { task += 1; seen = 0; };
    const read = (row, name) => {
        if (row.task !== task) {
            if (!seen) gate.port2.postMessage("the next task");
            row.task = task;
            seen += 1;
            window.most.read = Math.max(window.most.read, seen);
        }
        return row[name];
    };
    JSON.parse = (text) => {
        const found = parse(text);
        if (!Array.isArray(found?.value) || !found.value[0]?.requestId) return found;
        window.most.sent = Math.max(window.most.sent, found.value.length);
        return { ...found, value: found.value.map((row) => new Proxy(row, { get: read })) };
    };
})()"""


def test_the_page_works_on_a_thousand_requests_at_most_before_the_browser_draws(page, server):
    """However many there are, and whatever they are looked through for."""
    root = tenant(server, "sliced")
    batch = {"requests": [{"id": str(n), "method": "GET", "url": "/users/1"} for n in range(20)]}
    for _ in range(120):
        ask(root, "POST", "/v1.0/$batch", batch)
    page.add_init_script(_COUNTED)
    opened(page, server, "#/requests?tenant=sliced")
    page.wait_for_selector("text=/^2520 of 2520$/")
    page.fill("[aria-label='Filter requests']", "users/1")
    page.wait_for_selector("text=/^2400 of 2520$/")
    for screen, there in (
        ("overview", "svg[aria-label^='Requests over time: 120 2xx, 2400 4xx']"),
        ("unserved", "[role=status], .empty"),
    ):
        page.evaluate(f"location.hash = '#/{screen}?tenant=sliced'")
        page.wait_for_selector(there)
    most = page.evaluate("window.most")
    assert most["sent"] == 1000
    assert 900 < most["read"] <= 1000 + 60


def test_a_rush_of_requests_leaves_no_gap(page, server):
    """Of what came since the page last asked, the latest is shown, then all the rest."""
    root = tenant(server, "rushed")
    batch = {"requests": [{"id": str(n), "method": "GET", "url": "/users/1"} for n in range(20)]}
    ask(root, "POST", "/v1.0/$batch", batch)
    opened(page, server, "#/requests?tenant=rushed")
    page.wait_for_selector("text=/^21 of 21$/")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => window.away, configurable: true }); window.away = true"
    )
    for _ in range(40):
        ask(root, "POST", "/v1.0/$batch", batch)
    page.evaluate("window.away = false")
    page.wait_for_selector("text=/^861 of 861$/")
    page.focus("[role=grid]")
    page.keyboard.press("End")
    page.wait_for_selector("[aria-rowindex='862']")
    page.click("text=Clear")
    page.wait_for_selector("text=Nothing has asked this tenant yet")
    ask(root, "POST", "/v1.0/$batch", batch)
    page.wait_for_selector("text=/^21 of 21$/")
    assert rows_of(page).locator(".target").first.inner_text() == "/v1.0/$batch"


def test_what_is_read_stays_where_it_is_as_requests_come(page, server):
    """In sight and at the keyboard; who is at the top has the latest there."""
    root = tenant(server, "steady")
    for number in range(100):
        ask(root, "GET", f"/v1.0/users/{number}")
    opened(page, server, "#/requests?tenant=steady")
    page.wait_for_selector("text=/^100 of 100$/")
    page.focus("[role=grid]")
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    here = page.locator(".row.here")
    where, words = here.bounding_box(), here.inner_text()
    for _ in range(30):
        ask(root, "GET", "/v1.0/groups")
    page.wait_for_selector("text=/^130 of 130$/")
    page.wait_for_timeout(50)
    assert (here.bounding_box(), here.inner_text()) == (where, words)
    page.keyboard.press("Home")
    page.wait_for_selector(".row.here:has-text('/v1.0/groups')")
    ask(root, "GET", "/v1.0/me")
    page.wait_for_selector(".row.here:has-text('/v1.0/me')")


# Where shells, languages and patterns would see more than text.
_HOSTILE = 'it\'s "$(x)" `y` \\n %41 é 😀\n\t*[a]?'


@pytest.mark.parametrize("form", ["curl", "Python", "JavaScript"])
def test_a_request_that_was_copied_is_the_same_when_it_is_sent(page, server, tmp_path, form):
    name = f"copied-{form.lower()}"
    root = tenant(server, name)
    user = ask(root, "GET", "/v1.0/users?$top=1")["value"][0]["id"]
    quoted = urllib.parse.quote("a [1]*'s é.txt", safe="")
    path = f"/v1.0/users/{user}/drive/root:/{quoted}?select=a%27%26b"
    more = {"X-Mine": 'it\'s $x "y" \\ é', "Prefer": "return=minimal"}
    ask(root, "PATCH", path, {_HOSTILE: [_HOSTILE, None, True, 1.5]}, **more)
    opened(page, server, f"#/requests?tenant={name}&open=2&tab=Copy")
    page.wait_for_selector("pre[aria-label=HAR]")
    text = page.locator(f"pre[aria-label={form}]").text_content()
    run = {
        "curl": ["sh", "-c"],
        "Python": [sys.executable, "-c"],
        "JavaScript": ["node", "--input-type=module", "-e"],
    }
    subprocess.run([*run[form], text], cwd=tmp_path, capture_output=True, check=True)
    sent, again = ask(server, "GET", f"/_fakegraph/tenants/{name}/requests")["value"][1:]
    for said in ("method", "path", "query", "json", "status", "errorCode"):
        assert again[said] == sent[said]
    for header in ("prefer", "content-type"):
        assert again["headers"][header] == sent["headers"][header]
    if form == "curl":  # a shell has no bytes but those of its text
        assert text.startswith("# Headers")
    else:
        assert again["headers"]["x-mine"] == sent["headers"]["x-mine"]


def test_a_copy_for_pytest_and_one_as_har_and_a_fault_are_for_that_request(page, server):
    """A path is no pattern, whatever a file in it is called."""
    path = f"/v1.0/me/drive/root:/{urllib.parse.quote('a [1]*.txt', safe='')}"
    other = "/v1.0/me/drive/root:/a%201b.txt"
    with FakeGraph(url=server) as fake:
        root = fake.v1.removesuffix("/v1.0")
        name = root.rpartition("/")[2]
        ask(root, "PATCH", path, {"text": _HOSTILE})
        opened(page, server, f"#/requests?tenant={name}&open=1&tab=Copy")
        har = json.loads(page.locator("pre[aria-label=HAR]").text_content())
        (entry,) = har["log"]["entries"]
        assert entry["request"]["url"] == f"{root}{path}"
        called: dict = {}
        exec(page.locator("pre[aria-label=pytest]").text_content(), called)
        called["test_it"](fake)
        ask(server, "DELETE", f"/_fakegraph/tenants/{name}/requests")
        ask(root, "PATCH", other, {"text": _HOSTILE})
        with pytest.raises(AssertionError):
            called["test_it"](fake)
        page.select_option("[aria-label='Fail the next one like this']", "locked")
        page.wait_for_selector("text=The next such request is locked.")
        assert ask(root, "PATCH", other, {})["error"]["code"] != "resourceLocked"
        assert ask(root, "PATCH", path, {})["error"]["code"] == "resourceLocked"


@pytest.mark.parametrize("has_one", [True, False], ids=["clipboard", "no-clipboard"])
def test_what_is_copied_can_be_pasted(page, server, has_one):
    """Also where a browser has no clipboard for the page, since it came by http from elsewhere."""
    root = tenant(server, "pasted")
    ask(root, "GET", "/v1.0/users?$top=7")
    if not has_one:
        gone = "Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined })"
        page.add_init_script(gone)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, server, "#/requests?tenant=pasted&open=1&tab=Copy")
    page.click("[role=tabpanel] section:has(h3:text-is('curl')) button")
    page.wait_for_selector("text=Copied")
    page.focus("[aria-label='Filter requests']")
    page.keyboard.press("Control+V")
    assert "curl -X GET" in page.input_value("[aria-label='Filter requests']")


def test_a_copy_says_where_the_body_is_not_what_was_sent(page, server):
    root = tenant(server, "bytes")
    put(root, "me/drive/root:/a.bin", bytes(range(256)))
    opened(page, server, "#/requests?tenant=bytes&open=1&tab=Copy")
    for form in ("curl", "Python", "JavaScript"):
        words = page.locator(f"pre[aria-label={form}]").text_content()
        assert "The body of 256 bytes is not here as it was sent" in words.splitlines()[0]


def rows_of(page):
    return page.locator("[role=rowgroup] [role=row]")


def test_records_are_filtered_with_completion_and_the_service_s_own_refusal(page, server):
    tenant(server, "asked-for")
    opened(page, server, "#/data?tenant=asked-for")
    page.wait_for_selector("text=Choose a set")
    page.click("nav[aria-label=Model] >> a:text-is('users')")
    page.wait_for_selector("text=/^\\d\\d records$/")
    page.locator("#filter").press_sequentially("depart")
    page.wait_for_selector("[role=option]:has-text('department')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("#filter").press_sequentially(" e")
    page.wait_for_selector("[role=option] >> text=eq")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.locator("#filter").press_sequentially(" 'Engineering'")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=/^[1-9] records$/")
    assert "department+eq+%27Engineering%27" in page.url
    page.fill("#filter", "department eq 'x' and (((")
    page.keyboard.press("Enter")
    page.wait_for_selector(".problem:has-text('Invalid filter clause')")
    assert "^" in page.inner_text(".place")
    page.fill("#filter", "department eq 'nobody'")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=No record meets the filter.")


def test_columns_are_chosen(page, server):
    tenant(server, "columns")
    opened(page, server, "#/data?tenant=columns&path=users")
    rows_of(page).first.wait_for()
    page.click("summary:text-is('Columns')")
    page.check("fieldset >> text=/^ city$/")
    page.wait_for_selector("[role=columnheader]:text-is('city')")
    page.wait_for_selector("[role=gridcell]:text-is('Redmond')")
    assert "city" in page.url


def test_a_record_is_added_edited_with_the_schema_s_errors_and_deleted(page, server):
    root = tenant(server, "edited")
    opened(page, server, "#/data?tenant=edited&path=groups")
    page.click("text=Add…")
    page.fill("dialog textarea", '{"displayName": 5}')
    page.click("text=Add the record")
    page.wait_for_selector("dialog .problem:has-text('displayName')")
    page.fill("dialog textarea", '{"displayName": "Ours"}')
    page.click("text=Add the record")
    page.wait_for_selector("text=/^13 records$/")
    (made,) = ask(root, "GET", "/v1.0/groups?$filter=displayName%20eq%20'Ours'")["value"]
    page.goto(f"{server}/_fakegraph/ui#/data?tenant=edited&path=groups&open=groups/{made['id']}")
    box = page.locator("[aria-label='Record as JSON']")
    box.wait_for()
    box.fill(box.input_value().replace('"Ours"', "true"))
    page.click("text=Save")
    page.wait_for_selector(".detail .problem:has-text('displayName')")
    record = json.loads(box.input_value()) | {"displayName": "Theirs"}
    box.fill(json.dumps(record))
    page.click("text=Save")
    page.wait_for_selector("text=Saved.")
    assert ask(root, "GET", f"/v1.0/groups/{made['id']}")["displayName"] == "Theirs"
    page.click("button:text-is('Delete')")
    page.click("text=Really delete")
    page.wait_for_selector(".detail", state="detached")
    assert ask(root, "GET", f"/v1.0/groups/{made['id']}")["error"]


def test_a_fixture_is_downloaded_that_makes_the_same_again(page, server):
    tenant(server, "fixed")
    opened(page, server, "#/data?tenant=fixed&path=groups")
    rows_of(page).first.wait_for()
    with page.expect_download() as download:
        page.click("button:text-is('Fixture')")
    assert download.value.suggested_filename == "groups.json"
    records = json.loads(Path(download.value.path()).read_text())
    ask(server, "POST", "/_fakegraph/tenants", {"id": "fixed-again", "fixture": []})
    ask(server, "POST", "/_fakegraph/tenants/fixed-again/seed", {"groups": records})
    again = ask(server, "GET", "/_fakegraph/tenants/fixed-again/records/groups")["value"]
    assert again == records


def test_ids_lead_to_records_and_people_are_a_graph(page, server):
    root = tenant(server, "linked")
    ada, bo = ask(root, "GET", "/v1.0/users?$top=2&$select=id,displayName")["value"]
    (group,) = ask(root, "GET", "/v1.0/groups?$top=1")["value"]
    boss = {"@odata.id": f"{root}/v1.0/users/{ada['id']}"}
    ask(root, "PUT", f"/v1.0/users/{bo['id']}/manager/$ref", boss)
    sent = {"subject": "Hi", "body": {"contentType": "text", "content": group["id"]}}
    message = ask(root, "POST", f"/v1.0/users/{bo['id']}/messages", sent)["id"]
    where = f"users/{bo['id']}"
    opened(page, server, f"#/data?tenant=linked&path=users&open={where}&tab=People")
    page.wait_for_selector(".graph text")
    assert ada["displayName"] in page.inner_text(".detail")
    page.click(f".detail td a:text-is('{ada['displayName']}')")
    page.wait_for_selector(f".detail h2:has-text('{ada['id']}')")
    page.wait_for_selector(f".detail tr:has-text('directReports') a:text-is('{bo['displayName']}')")
    coded = urllib.request.quote(f"{where}/messages/{message}", safe="")
    page.goto(
        f"{server}/_fakegraph/ui#/data?tenant=linked&path={where}/messages&open={coded}&tab=Links"
    )
    page.click("li:has-text('parentFolderId') >> a")
    page.wait_for_selector(".detail h2:has-text('mailFolders')")


def test_records_come_as_somebody_scrolls(page, server):
    """A page at a time, by the links of the service, however many there are."""
    tenant(server, "scrolled")
    groups = [
        {"id": f"00000000-0000-0000-0000-{n:012}", "displayName": f"G{n}"} for n in range(900)
    ]
    ask(server, "POST", "/_fakegraph/tenants/scrolled/seed", {"groups": groups})
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/look/" in request.url else None
    )
    opened(page, server, "#/data?tenant=scrolled&path=groups")
    page.wait_for_selector("text=/^912 records$/")
    assert len(asked) == 1
    assert rows_of(page).count() < 60
    page.focus("[role=grid]")
    for _ in range(6):
        page.keyboard.press("End")
        page.wait_for_timeout(150)
    page.wait_for_selector("[role=gridcell]:text-is('G899')")
    assert rows_of(page).count() < 60
    assert len(asked) == 5


LONG = """
import { LongTable, html } from "../lib.js";
export const name = "long";
export const title = "Long";
export const order = 1;
const COLUMNS = [{ name: "value", title: "Value", show: (row) => row.text }];
export function Screen() {
  return html`<section class="whole"><div class="list"><${LongTable} label="Long" count=${1_000_000} columns=${COLUMNS} keyOf=${(row) => row.text}
    choose=${() => {}} rowAt=${(index) => ({ text: `row ${index}` })} grid="1fr" /></div></section>`;
}
"""


def test_a_million_rows_scroll(page, server):
    """No box is taller than browsers can draw, and each row can be reached."""
    newcomer(page, "long", LONG)
    opened(page, server, "#/long")
    page.wait_for_selector("text='row 0'")
    page.focus("[role=grid]")
    page.keyboard.press("End")
    page.wait_for_selector("text='row 999999'")
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowUp")
    here = page.get_attribute("[role=grid]", "aria-activedescendant")
    assert page.locator(f"[id='{here}']").is_visible()
    page.evaluate("document.querySelector('[role=grid]').scrollTop = 4_000_000")
    page.wait_for_selector("text=/row (4|5)\\d{5}/")
    assert rows_of(page).count() < 60


def test_nothing_that_is_stored_runs_in_the_data(page, server):
    tenant(server, "stored")
    groups = [{"displayName": payload, "description": payload} for payload in PAYLOADS]
    ask(server, "POST", "/_fakegraph/tenants/stored/seed", {"groups": groups})
    members = ask(server, "GET", "/_fakegraph/tenants/stored/records/groups")["value"]
    (user,) = ask(server, "GET", "/tenants/stored/v1.0/users?$top=1")["value"]
    for each in members:
        path = f"/tenants/stored/v1.0/groups/{each['id']}/members/$ref"
        ask(server, "POST", path, {"@odata.id": f"{server}/v1.0/users/{user['id']}"})
    opened(page, server, "#/data?tenant=stored&path=groups&columns=displayName,description")
    rows_of(page).first.wait_for()
    for each in members[-len(PAYLOADS) :: 9]:
        for tab, there in (("JSON", "textarea"), ("Links", "h3"), ("People", "svg")):
            open_ = f"groups/{each['id']}"
            page.goto(
                f"{server}/_fakegraph/ui#/data?tenant=stored&path=groups&open={open_}&tab={tab}"
            )
            page.wait_for_selector(f"[role=tabpanel][aria-label={tab}] {there}")
    opened(page, server, f"#/data?tenant=stored&path=users&open=users/{user['id']}&tab=People")
    page.wait_for_selector(".graph text")
    for payload in PAYLOADS[::9]:
        quoted = urllib.request.quote(payload, safe="")
        page.goto(f"{server}/_fakegraph/ui#/data?tenant=stored&path={quoted}&filter={quoted}")
        page.wait_for_selector(".problem")
    assert page.title() == "Data · fakegraph"


def test_the_console_completes_asks_as_anybody_and_says_what_is_needed(page, server):
    root = tenant(server, "console")
    (user,) = ask(root, "GET", "/v1.0/users?$top=1")["value"]
    opened(page, server, "#/console?tenant=console&target=")
    box = page.locator("#target")
    box.fill("")
    box.press_sequentially("use")
    page.wait_for_selector("[role=option]:has-text('users')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    box.press_sequentially("?$sel")
    page.wait_for_selector("[role=option]:has-text('$select=')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    box.press_sequentially("displayN")
    page.wait_for_selector("[role=option]:has-text('displayName')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".needed:has-text('User.ReadBasic.All')")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=200 OK")
    assert user["displayName"] in page.inner_text("pre[aria-label=Answer]")
    page.goto(
        f"{server}/_fakegraph/ui#/console?tenant=console&target=me&as=user&who={user['userPrincipalName']}"
    )
    page.wait_for_selector("[aria-label=User]")
    page.fill("[aria-label=User]", user["userPrincipalName"])
    page.fill("[aria-label=Permissions]", "User.Read")
    page.click("text=Send")
    page.wait_for_selector(f"pre:has-text('{user['id']}')")
    page.click("text=Why")
    page.wait_for_selector(f"[role=gridcell]:has-text('{user['userPrincipalName']}')")
    latest = ask(server, "GET", "/_fakegraph/tenants/console/requests")["value"][-1]
    assert latest["path"] == "/v1.0/me"
    why = ask(server, "GET", f"/_fakegraph/tenants/console/requests/{latest['number']}/why")
    assert why["permissions"]["held"] == ["User.Read"]


def test_the_console_has_a_template_for_what_is_sent(page, server):
    root = tenant(server, "templates")
    opened(page, server, "#/console?tenant=templates&method=POST&target=groups")
    page.click("text=Template")
    assert "displayName" in page.input_value("[aria-label=Body]")
    page.click("text=Send")
    page.wait_for_selector("text=201 Created")
    name = json.loads(page.inner_text("pre[aria-label=Answer]"))["displayName"]
    quoted = urllib.request.quote(name)
    assert ask(root, "GET", f"/v1.0/groups?$filter=displayName%20eq%20'{quoted}'")["value"]


@pytest.mark.parametrize(
    "target",
    [
        "../../../_fakegraph/tenants",
        "..%2f..",
        "%2e%2e/%2e%2e/%2e%2e/_fakegraph/tenants",
        "\\\\evil.example/x",
    ],
)
def test_the_console_asks_graph_and_nothing_else(page, server, target):
    """A link that somebody was sent leads to no other room, whatever is pressed."""
    tenant(server, "led")
    quoted = urllib.request.quote(target, safe="")
    opened(page, server, f"#/console?tenant=led&method=POST&target={quoted}")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    page.click("text=Send")
    page.wait_for_selector("text=/leads out of Graph|^4\\d\\d /")
    told = [each for each in asked if not each.startswith("GET")]
    assert all(
        f" {server}/tenants/led/v1.0/" in each or each.endswith("/led/tokens") for each in told
    )
    assert "_fakegraph/tenants\n" not in "\n".join(told)


def test_a_link_to_a_record_deletes_nothing_else(page, server):
    tenant(server, "deleted")
    quoted = urllib.request.quote("../../../tenants/deleted", safe="")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page, server, f"#/data?tenant=deleted&path=users&open={quoted}")
    page.wait_for_selector(".detail .problem:has-text('no parts of a path')")
    assert not [each for each in asked if each.endswith("/tenants/deleted")]


def test_nothing_runs_in_the_console(page, server):
    tenant(server, "consoled")
    opened(page, server, "#/console?tenant=consoled")
    for payload in PAYLOADS[::9]:
        quoted = urllib.request.quote(f"groups?$filter={payload}", safe="")
        page.goto(
            f"{server}/_fakegraph/ui#/console?tenant=consoled&target={quoted}&held={quoted}&who={quoted}"
        )
        page.wait_for_timeout(50)
        page.click("text=Send")
        page.wait_for_selector("h2[role=status], .problem")
    assert page.title() == "Console · fakegraph"


def test_faults_are_added_by_preset_and_say_whether_they_ever_hit(page, server):
    root = tenant(server, "failing")
    opened(page, server, "#/rules?tenant=failing")
    page.wait_for_selector("text=No fault: every request")
    page.wait_for_selector("text=No stub: nothing is answered")
    page.select_option("[aria-label=Preset]", "locked")
    page.fill("[aria-label='Path of what fails']", "/groups")
    page.click("text=Add the fault")
    page.wait_for_selector("[aria-label=faults] .never:has-text('never hit')")
    assert ask(root, "GET", "/v1.0/groups")["error"]["code"] == "resourceLocked"
    page.wait_for_selector("[aria-label=faults] td:text-is('1×')")
    page.click("text=Delete all faults")
    page.wait_for_selector("text=No fault: every request")
    assert "error" not in ask(root, "GET", "/v1.0/groups")
    page.fill("[aria-label='Path of what fails']", "no path (")
    page.fill("[name=probability]", "0.5")
    page.click("text=Add the fault")
    page.wait_for_selector(".problem, [aria-label=faults]")


def test_a_stub_is_written_and_refused_where_the_model_says_otherwise(page, server):
    root = tenant(server, "stubbed")
    opened(page, server, "#/rules?tenant=stubbed")
    page.click("text=Add a stub…")
    page.fill("[name=path] >> nth=-1", "/groups")
    page.fill("dialog textarea", '{"value": 5}')
    page.click("text=Add the stub")
    page.wait_for_selector("dialog .problem")
    page.fill("dialog textarea", '{"value": []}')
    page.click("text=Add the stub")
    page.wait_for_selector("[aria-label=stubs] .never")
    assert ask(root, "GET", "/v1.0/groups")["value"] == []
    page.wait_for_selector("[aria-label=stubs] td:text-is('1×')")


def test_the_clock_is_frozen_and_stepped(page, server):
    tenant(server, "clocked")
    clock = "/_fakegraph/tenants/clocked/clock"
    opened(page, server, "#/rules?tenant=clocked")
    page.click("text=Freeze")
    page.wait_for_selector("[data-clock=frozen]")
    before = ask(server, "GET", clock)["now"]
    page.click("text=+ 31 days")
    page.fill("[name=now]", "2027-01-31T09:00:00Z")
    page.click("button:text-is('Set')")
    page.wait_for_selector("time:text-is('2027-01-31 09:00:00')")
    page.fill("[name=advance]", "P1DT2H")
    page.click("button:text-is('Step')")
    page.wait_for_selector("time:text-is('2027-02-01 11:00:00')")
    page.fill("[name=advance]", "tomorrow")
    page.click("button:text-is('Step')")
    page.wait_for_selector(".problem:has-text('advance')")
    page.click("text=The machine's time")
    page.wait_for_selector("[data-clock=running]")
    assert before < ask(server, "GET", clock)["now"] < "2027-02"


def test_nothing_that_rules_say_runs(page, server):
    tenant(server, "ruled")
    for payload in PAYLOADS:
        match = {"method": "GET", "path": f"/{payload}"}
        fault = {"match": match, "status": 500, "code": payload, "message": payload}
        ask(server, "POST", "/_fakegraph/tenants/ruled/faults", fault)
        stub = {"match": match, "json": {payload: payload}, "check": False}
        ask(server, "POST", "/_fakegraph/tenants/ruled/stubs", stub)
    opened(page, server, "#/rules?tenant=ruled")
    page.wait_for_selector(f"[aria-label=faults] tbody tr >> nth={len(PAYLOADS) - 1}")
    page.wait_for_selector(f"[aria-label=stubs] tbody tr >> nth={len(PAYLOADS) - 1}")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.wait_for_timeout(200)
    assert page.title() == "Faults · fakegraph"


def signing_in(url, name, **form):
    data = urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(f"{url}/{name}/oauth2/v2.0/token", data) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


def test_sign_ins_say_who_how_and_why_not(page, server):
    root = tenant(server, "signed")
    opened(page, server, "#/signins?tenant=signed")
    page.wait_for_selector("text=Nobody has signed in yet")
    app, secret = "11111111-2222-3333-4444-555555555555", "never-to-be-seen"
    wanted = {
        "client_id": app,
        "client_secret": secret,
        "scope": "https://graph.microsoft.com/.default",
    }
    given = signing_in(server, "signed", grant_type="client_credentials", **wanted)
    refused = signing_in(server, "signed", grant_type="made-up", **wanted)
    page.wait_for_selector(f".messages strong:has-text('{app}') >> nth=1")
    page.click(".messages li >> nth=0")
    page.wait_for_selector(".detail .problem")
    assert refused["error_description"].split(":")[0] in page.inner_text(".detail .problem")
    page.keyboard.press("Escape")
    page.click(".messages li >> nth=1")
    page.wait_for_selector(".detail pre:has-text('appid')")
    assert secret not in page.content()
    assert given["access_token"][-40:] not in page.content()
    bearer = f"Bearer {given['access_token']}"
    ask(root, "GET", "/v1.0/users?$top=1", Authorization=bearer)
    page.click("[data-tab=Tokens]")
    page.wait_for_selector("text=1× asked, 0× refused")
    page.click("[data-tab=Decode]")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.post_data}"))
    page.fill("textarea", bearer)
    page.wait_for_selector("pre[aria-label=Claims]:has-text('appid')")
    assert not [each for each in asked if given["access_token"] in each]
    page.fill("textarea", "nonsense")
    page.wait_for_selector("text=This is no JWT")


def test_nothing_that_a_token_or_a_sign_in_says_runs(page, server):
    root = tenant(server, "signs")
    for payload in PAYLOADS:
        signing_in(
            server, "signs", grant_type=payload, client_id=payload, username=payload, scope=payload
        )
        claims = base64.urlsafe_b64encode(json.dumps({"appid": payload, "upn": payload}).encode())
        ask(root, "GET", "/v1.0/me", Authorization=f"Bearer e30.{claims.decode().rstrip('=')}.x")
    shown = ask(server, "GET", "/_fakegraph/tenants/signs/sign-ins")
    for tab, rows in (("Sign-ins", shown["value"]), ("Tokens", shown["tokens"])):
        for each in rows[::9]:
            page.goto(
                f"{server}/_fakegraph/ui#/signins?tenant=signs&tab={tab}&open={each['number']}"
            )
            page.wait_for_selector(".detail h2")
    assert page.title() == "Sign-ins · fakegraph"


def subscribed(server, name, receiver, **more):
    """Have a tenant tell a receiver of messages."""
    body = {
        "changeType": "created",
        "notificationUrl": receiver.url,
        "resource": "me/messages",
        "expirationDateTime": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        **more,
    }
    ask(f"{server}/tenants/{name}", "POST", "/v1.0/subscriptions", body)


def test_notifications_show_their_attempts_and_are_delivered_again(page, server):
    root = tenant(server, "notified")
    opened(page, server, "#/notifications?tenant=notified")
    page.wait_for_selector("text=Nothing has been told yet")
    with Receiver() as receiver:
        subscribed(server, "notified", receiver, clientState=PAYLOADS[1])
        receiver.answer(503)
        ask(root, "POST", "/v1.0/me/messages", {"subject": "Hi"})
        page.click("[aria-label=Notifications] button:has-text('created Users/')")
        page.wait_for_selector(".detail ol li:has-text('503')")
        page.wait_for_selector(".detail ol li:has-text('202')")
        (first,) = receiver.wait(1)
        page.click("text=Deliver again")
        assert receiver.wait(2) == [first, first]
        page.wait_for_selector(".detail ol li:nth-child(3)")
    assert page.title() == "Notifications · fakegraph"


def test_a_week_of_a_calendar_is_shown_in_the_zone_of_whose_it_is(page, server):
    root = tenant(server, "weekly")
    ada, bo = ask(root, "GET", "/v1.0/users?$top=2")["value"]
    where = f"/v1.0/users/{ada['id']}"
    ask(root, "PATCH", f"{where}/mailboxSettings", {"timeZone": "Tokyo Standard Time"})
    every = {
        "pattern": {"type": "daily", "interval": 2},
        "range": {"type": "noEnd", "startDate": "2026-05-03"},
    }
    guest = {"emailAddress": {"address": bo["userPrincipalName"], "name": PAYLOADS[1]}}
    for each in (
        event("Early", "2026-05-03T22:30", recurrence=every, attendees=[guest]),
        event("Beside", "2026-05-03T23:00", hours=2),
        event("Whole day", "2026-05-08T00:00", hours=24, isAllDay=True),
        event("Two days", "2026-05-09T02:00", hours=30),
        event("Next week", "2026-05-10T16:00"),
    ):
        assert "id" in ask(root, "POST", f"{where}/events", each)
    opened(page, server, "#/calendar?tenant=weekly")
    page.wait_for_selector("text=Choose whose calendar to see.")
    page.goto(f"{server}/_fakegraph/ui#/calendar?tenant=weekly&box={ada['id']}&week=2026-05-06")
    page.wait_for_selector("text=the week of 2026-05-04, Tokyo Standard Time")
    page.wait_for_selector(".week li >> nth=7")
    days = page.locator(".week > div").all_inner_texts()
    assert [" ".join(each.split()) for each in days] == [
        "Mon 05-04 07:30 Early 08:00 Beside",
        "Tue 05-05",
        "Wed 05-06 07:30 Early",
        "Thu 05-07",
        "Fri 05-08 Whole day 07:30 Early",
        "Sat 05-09 Two days",
        "Sun 05-10 Two days 07:30 Early",
    ]
    early, beside = (
        page.locator(f".week li:has-text('{each}')").first for each in ("Early", "Beside")
    )
    one, other = early.bounding_box(), beside.bounding_box()
    assert one["y"] < other["y"] < one["y"] + one["height"]
    assert one["x"] + one["width"] <= other["x"]
    early.get_by_role("button").click()
    page.wait_for_selector(".detail h2:has-text('Early')")
    assert f"{PAYLOADS[1]}: none" in page.locator(".detail .fields").inner_text()
    page.focus(".detail [aria-label=Close]")
    page.keyboard.press("Escape")
    page.wait_for_selector(".detail", state="detached")
    page.click("text=Later")
    page.wait_for_selector("text=the week of 2026-05-11")
    page.wait_for_selector(".week > div:first-child li:has-text('01:00 Next week')")
    assert page.title() == "Calendar · fakegraph"


def test_nothing_that_an_event_says_runs(page, server):
    root = tenant(server, "eventful")
    user = ask(root, "GET", "/v1.0/users?$top=1")["value"][0]["id"]
    for number, payload in enumerate(PAYLOADS):
        more = {
            "location": {"displayName": payload},
            "attendees": [{"emailAddress": {"address": f"a{number}@b.example", "name": payload}}],
            "body": {"contentType": "html", "content": payload},
        }
        said = event(f"{number} {payload}", "2026-05-05T09:00", **more)
        ask(root, "POST", f"/v1.0/users/{user}/events", said)
    opened(page, server, f"#/calendar?tenant=eventful&box={user}&week=2026-05-04")
    shown = page.locator(".week button")
    page.wait_for_selector(f".week button >> nth={len(PAYLOADS) - 1}")
    for number in range(0, len(PAYLOADS), 7):
        shown.nth(number).dispatch_event("click")
        page.wait_for_selector(f".detail h2:has-text('{number} ')")
    for week in ("<img src=x onerror=alert(1)>", "9999-12-31", "+275760-09-13", "0001-01-01"):
        opened(page, server, f"#/calendar?tenant=eventful&box={user}&week={week}")
        page.wait_for_selector(".week")
    assert page.title() == "Calendar · fakegraph"


def test_conversations_are_gone_through_team_by_team_and_thread_by_thread(page, server):
    root = tenant(server, "crews")
    team = new_team(root, "Crew")
    ada, bo = ask(root, "GET", "/v1.0/users?$top=2")["value"]
    plans = ask(root, "POST", f"/v1.0/teams/{team}/channels", {"displayName": "Plans"})["id"]
    where = f"/v1.0/teams/{team}/channels/{urllib.parse.quote(plans, safe='')}/messages"
    bob = {
        "id": 0,
        "mentionText": "Bo",
        "mentioned": {"user": {"id": bo["id"], "displayName": "Bo"}},
    }
    said = html_said('<b>Launch</b> on <at id="0">Bo</at>', subject="When", mentions=[bob])
    root_id = ask(root, "POST", where, said)["id"]
    for words in ("Monday", "Tuesday"):
        reply = ask(root, "POST", f"{where}/{root_id}/replies", html_said(f"<i>{words}</i>"))["id"]
    ask(root, "POST", f"{where}/{root_id}/setReaction", {"reactionType": "heart"})
    ask(root, "POST", f"{where}/{root_id}/replies/{reply}/softDelete")
    kind = "#microsoft.graph.aadUserConversationMember"
    bound = [
        {
            "@odata.type": kind,
            "roles": ["owner"],
            "user@odata.bind": f"{root}/v1.0/users/{each['id']}",
        }
        for each in (ada, bo)
    ]
    chat = ask(root, "POST", "/v1.0/chats", {"chatType": "group", "members": bound})["id"]
    ask(root, "POST", f"/v1.0/chats/{chat}/messages", {"body": {"content": "<plain>"}})
    ask(root, "PATCH", f"/v1.0/chats/{chat}", {"topic": "Lunch"})

    opened(page, server, "#/teams?tenant=crews")
    page.wait_for_selector("text=Choose a channel of a team, or a chat.")
    page.focus("nav.boxes button:has-text('Crew')")
    page.keyboard.press("Enter")
    page.click("nav.boxes button:has-text('General')")
    page.wait_for_selector("text=Nothing was said here.")
    page.click("nav.boxes button:has-text('Plans')")
    row = page.locator("[aria-label=Messages] button")
    row.wait_for()
    words = " ".join(row.inner_text().split())
    assert "When" in words
    assert "Launch on Bo" in words
    assert "replies: 2 heart" in words
    row.click()
    page.wait_for_selector(".detail article >> nth=2")
    articles = page.locator(".detail article")
    assert "mentions\nBo" in articles.nth(0).inner_text()
    assert f"heart\n{ada['displayName']}" in articles.nth(0).inner_text()
    frames = page.locator(".detail iframe")
    assert frames.count() == 2
    page.frame_locator(".detail iframe >> nth=1").locator("i:has-text('Monday')").wait_for()
    assert "(deleted)" in articles.nth(2).inner_text()
    assert "Tuesday" not in page.content()
    page.focus(".detail button")
    page.keyboard.press("Escape")
    page.wait_for_selector(".detail", state="detached")

    page.click("nav.boxes button:has-text('Lunch')")
    page.wait_for_selector("[aria-label=Messages] button:has-text('chatRenamed')")
    page.click("[aria-label=Messages] button:has-text('<plain>')")
    page.wait_for_selector(".detail pre:has-text('<plain>')")
    assert urllib.parse.quote(chat, safe="") in urllib.parse.unquote(page.url)
    late = html_said("<p>later</p>")
    ask(root, "POST", f"/v1.0/chats/{chat}/messages", late)
    page.click("text=Reload")
    page.wait_for_selector("[role=status]:has-text('3 messages')")


def test_more_is_shown_of_a_long_conversation(page, server):
    root = tenant(server, "long")
    team = new_team(root, "Talk")
    where = f"teams/{team}/channels/{general_of(root, team)}"
    for number in range(60):
        ask(root, "POST", f"/v1.0/{where}/messages", {"body": {"content": f"word {number}"}})
    place = urllib.parse.quote(where, safe="")
    opened(page, server, f"#/teams?tenant=long&team={team}&place={place}")
    page.wait_for_selector("[role=status]:has-text('50+ messages')")
    page.click("text=Show more")
    page.wait_for_selector("[role=status]:has-text('60 messages')")
    assert page.locator("[aria-label=Messages] li").count() == 60


def test_nothing_that_is_said_in_teams_runs(page, server):
    root = tenant(server, "talk")
    team = new_team(root, PAYLOADS[1])
    where = f"teams/{team}/channels/{general_of(root, team)}"
    for number, payload in enumerate((*PAYLOADS, ASKS_CONTROL)):
        body = html_said(
            f"<p style='color: red'>{number}</p>{payload}", subject=f"{number} {payload}"
        )
        if number % 5 == 0:
            user = {"id": "x", "displayName": payload}
            body["mentions"] = [{"id": 0, "mentionText": payload, "mentioned": {"user": user}}]
            body["body"]["content"] += f'<at id="0">{html.escape(payload)}</at>'
        said = ask(root, "POST", f"/v1.0/{where}/messages", body)
        path = f"/v1.0/{where}/messages/{said['id']}"
        ask(root, "POST", f"{path}/setReaction", {"reactionType": payload})
    place = urllib.parse.quote(where, safe="")
    found = ask(root, "GET", f"/v1.0/{where}/messages?$top=50")["value"]
    for each in found[::4]:
        number = each["subject"].split()[0]
        look = f"#/teams?tenant=talk&team={team}&place={place}&open={each['id']}"
        page.goto(f"{server}/_fakegraph/ui{look}")
        page.wait_for_selector(f".detail h2:has-text('{number} ')")
        page.frame_locator(".detail iframe").locator(f"p:has-text('{number}')").first.wait_for()
    for wrong in ("../tenants", "teams/../../x", "<img src=x>", "users", "chats/x/../../.."):
        opened(page, server, f"#/teams?tenant=talk&place={urllib.parse.quote(wrong, safe='')}")
        page.wait_for_selector("main [role=alert]")
    assert page.title() == "Teams · fakegraph"
    assert "pwned" not in json.dumps(ask(server, "GET", "/_fakegraph/tenants"))


def test_what_is_not_served_is_counted_most_often_first(page, server):
    root = tenant(server, "unserved")
    opened(page, server, "#/unserved?tenant=unserved")
    page.wait_for_selector("text=Nothing has asked this tenant yet")
    ask(root, "GET", "/v1.0/users")
    page.wait_for_selector("text=Everything that was asked for is served.")
    for number in (1, 2, 3):
        ask(root, "GET", f"/v1.0/nobodies/{number}")
    ask(root, "GET", "/v1.0/me/drive/root/workbook/sessionInfoResource(key='a')")
    ask(root, "GET", "/v1.0/users/nobody@contoso.com")  # a path that is served
    fault = {"match": {"path": "/groups"}, "status": 501}
    ask(server, "POST", "/_fakegraph/tenants/unserved/faults", fault)
    ask(root, "GET", "/v1.0/groups")
    page.wait_for_selector("td:has-text('sessionInfoResource')")
    rows = page.locator("[aria-label='Not served'] tbody tr").all_inner_texts()
    assert [each.split("\t")[:2] for each in rows] == [
        ["3", "GET /v1.0/nobodies/{id}"],
        ["1", "GET /me/drive/root/workbook/sessionInfoResource(key={key})"],
    ]
    page.click("text=/why, or stub it/ >> nth=1")
    page.wait_for_selector(".why")
    page.wait_for_selector("text=Stub this…")


def test_charts_show_percentiles_templates_and_the_budget(page, server):
    root = tenant(server, "charted")
    for top in (1, 2, 3):
        ask(root, "GET", f"/v1.0/users?$top={top}")
    ask(root, "GET", "/v1.0/groups/none")
    opened(page, server, "#/overview?tenant=charted")
    page.wait_for_selector("svg[aria-label='Requests over time: 3 2xx, 1 4xx']")
    page.wait_for_selector("path.line-95", state="attached")
    most = page.locator("[aria-label='Asked most'] tbody tr").all_inner_texts()
    assert [each.split("\t")[0].strip() for each in most] == ["GET /users", "GET /groups/{id}"]
    page.wait_for_selector("[aria-label='Throttle budget'] td:text-is('4996')")


def test_a_tenant_is_compared_with_its_start_and_with_a_snapshot(page, server):
    root = tenant(server, "compared")
    (group,) = ask(root, "GET", "/v1.0/groups?$top=1")["value"]
    opened(page, server, "#/tenants?tenant=compared")
    page.wait_for_selector("text=Nothing is another than it was.")
    ask(root, "PATCH", f"/v1.0/groups/{group['id']}", {"displayName": "First"})
    page.fill("[aria-label='Name of a snapshot']", "mine")
    page.click("text=Take")
    page.wait_for_selector(".changes .kind-changed")
    ask(root, "PATCH", f"/v1.0/groups/{group['id']}", {"displayName": "Second"})
    page.select_option("[aria-label='Compare with']", "mine")
    page.click("summary:has-text('displayName')")
    row = page.locator("tr:has(td:text-is('displayName')):visible").first
    assert row.inner_text().split("\t") == ["displayName", "First", "Second"]
    assert "with=mine" in page.url
    page.click(f".changes a:has-text('{group['id']}')")
    page.wait_for_selector(".detail textarea")


def test_nothing_that_changed_runs(page, server):
    tenant(server, "changed")
    groups = [{"displayName": payload} for payload in PAYLOADS]
    ask(server, "POST", "/_fakegraph/tenants/changed/seed", {"groups": groups})
    ask(server, "POST", "/_fakegraph/tenants/changed/snapshots", {"name": "before"})
    for each in ask(server, "GET", "/_fakegraph/tenants/changed/records/groups")["value"][
        -len(PAYLOADS) :
    ]:
        path = f"/_fakegraph/tenants/changed/records/groups/{each['id']}"
        ask(server, "PATCH", path, {"displayName": f"{each['displayName']} again"})
    opened(page, server, "#/tenants?tenant=changed&with=before")
    page.wait_for_selector(f".changes li >> nth={len(PAYLOADS) - 1}")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.wait_for_timeout(100)
    assert page.title() == "Tenants · fakegraph"


def test_pictures_of_it(page, server, tmp_path):
    """Those in the README: ``make screenshots`` has them written into the folder SCREENSHOTS."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    root = tenant(server, "pictured")
    ada, bo = ask(root, "GET", "/v1.0/users?$top=2")["value"]
    to = [{"emailAddress": {"address": bo["userPrincipalName"]}}]
    content = (
        "<h2>Numbers of May</h2><p>Dear Aiko,<br>the <b>numbers</b> are attached.</p><p>Ada</p>"
    )
    body = {"contentType": "html", "content": content}
    sheet = {"name": "may.csv", "contentType": "text/csv", "contentBytes": "YSxiCjEsMgo="}
    attached = [{"@odata.type": "#microsoft.graph.fileAttachment", **sheet}]
    message = {"subject": "Numbers of May", "body": body, "toRecipients": to}
    sent = {"message": message | {"attachments": attached}}
    ask(root, "GET", "/v1.0/groups?$select=displayName")
    ask(root, "POST", f"/v1.0/users/{ada['id']}/sendMail", sent)
    ask(root, "GET", f"/v1.0/users/{bo['id']}/messages?$top=1")
    items = [{"id": name, "method": "GET", "url": f"/{name}"} for name in ("me", "groups")]
    ask(root, "POST", "/v1.0/$batch", {"requests": items})
    ask(root, "GET", "/v1.0/users?$filter=startswith(displayName,'A')%20and")
    ask(root, "GET", "/v1.0/me/drive/root/workbook/sessionInfoResource(key='a')")
    for name, address, there in (
        ("requests", "#/requests?tenant=pictured&open=8&tab=Why", ".why"),
        ("mail", "#/mail?tenant=pictured&open=1", "iframe"),
        (
            "data",
            f"#/data?tenant=pictured&path=users&open=users/{ada['id']}&tab=People",
            ".graph text",
        ),
    ):
        opened(page, server, address)
        page.wait_for_selector(there)
        page.wait_for_timeout(300)
        page.screenshot(path=folder / f"{name}.png")
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
