"""The inspector in a real browser: its screens, by mouse and by keyboard, and nothing that runs."""

from __future__ import annotations

import base64
import json
import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.clients.conftest import serving

CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 800}
SCREENS = ("requests", "overview", "mail", "tenants")

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
    with serving(tmp_path_factory.mktemp("inspected"), "--fixture", "contoso") as url:
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


def tenant(url, name):
    ask(url, "POST", "/_fakegraph/tenants", {"id": name})
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


def test_a_screen_is_one_file(page, server):
    """One more in its folder is shown, in its place, at a URL of its own."""
    screens = "**/ui/screens/newcomer.js"
    page.route(screens, lambda route: route.fulfill(body=NEWCOMER, content_type="text/javascript"))

    def with_newcomer(route):
        answer = route.fetch()
        named = answer.text().replace(
            'name="screens" content="', 'name="screens" content="newcomer '
        )
        route.fulfill(response=answer, body=named)

    page.route("**/_fakegraph/ui", with_newcomer)
    opened(page, server, "#/newcomer?tenant=default&said=Hello")
    page.wait_for_selector("text=Hello of default")
    assert page.title() == "Newcomer · fakegraph"
    assert page.locator("nav a").all_inner_texts()[:2] == ["Requests", "Newcomer"]


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
    put = urllib.request.Request(
        f"{root}/v1.0/users/{user}/drive/root:/evil.bin:/content",
        data,
        {"Authorization": "Bearer any", "Content-Type": kind},
        method="PUT",
    )
    with urllib.request.urlopen(put) as answer:
        item = json.loads(answer.read())
    where = item["@microsoft.graph.downloadUrl"]
    page.set_content(f"<iframe src='{where}'></iframe>")
    answer = page.request.get(where)
    assert "sandbox" in answer.headers["content-security-policy"]
    assert base64.b64encode(answer.body()) == base64.b64encode(data)
    assert "pwned" not in json.dumps(ask(server, "GET", "/_fakegraph/tenants"))
    assert page.title() != "ran"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_is_accessible_and_fits(page, server, screen, scheme, size):
    root = tenant(server, "reached")
    user = ask(root, "GET", "/v1.0/users?$top=1")["value"][0]
    message = {"subject": "Hi", "toRecipients": [{"emailAddress": {"address": user["mail"]}}]}
    ask(root, "POST", f"/v1.0/users/{user['id']}/sendMail", {"message": message})
    ask(root, "GET", "/v1.0/nobody")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    opened(page, server, f"#/{screen}?tenant=reached" + ("&open=1" if screen != "tenants" else ""))
    page.wait_for_selector(".detail h2, figure")
    page.wait_for_load_state("networkidle") if screen == "tenants" else page.wait_for_timeout(400)
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document)")["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


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
    page.wait_for_selector("text=/of 1000$/")
    assert page.locator("[role=rowgroup] [role=row]").count() < 60
    page.focus("[role=grid]")
    page.keyboard.press("End")
    page.wait_for_selector("[aria-rowindex='1001']")
    assert page.locator("[role=rowgroup] [role=row]").count() < 60


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
    ask(root, "POST", "/v1.0/users/me/findMeetingTimes", {})
    for name, address, there in (
        ("requests", "#/requests?tenant=pictured&open=8&tab=Why", ".why"),
        ("mail", "#/mail?tenant=pictured&open=1", "iframe"),
        ("overview", "#/overview?tenant=pictured", "figure"),
    ):
        opened(page, server, address)
        page.wait_for_selector(there)
        page.wait_for_timeout(300)
        page.screenshot(path=folder / f"{name}.png")
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
