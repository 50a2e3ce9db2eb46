"""Bodies of messages and events, as mailboxes give them."""

from __future__ import annotations

from html import escape

import pytest

from tests.graph.whole.conftest import make, seed

BEFORE = '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n</head>\r\n<body>\r\n'  # fmt: skip
AFTER = "\r\n</body>\r\n</html>\r\n"
UNSAFE = '<p onclick="x()">Hi<script>alert(1)</script></p>'
TEXT, ALLOWED = 'outlook.body-content-type="text"', "outlook.allow-unsafe-html"


def mail(content, kind="html"):
    return {"subject": "Hi", "body": {"contentType": kind, "content": content}}


def body_of(client, path, prefer=""):
    answer = client.get(f"/v1.0/{path}", headers={"Prefer": prefer})
    assert answer.headers.get("Preference-Applied", "") == prefer
    return answer.json["body"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Hi & <b>bye</b><br/>", "Hi & <b>bye</b><br/>"),  # what is safe stays as it was written
        ("1 < 2", "1 < 2"),
        ("", ""),
        ('<p style="color:red" align=left>x</p>',) * 2,
        ('<img src="cid:logo" alt="">',) * 2,
        ('<style type="text/css"><!-- p {color: red} --></style><p>Hi</p>',) * 2,
        (UNSAFE, "<p>Hi</p>"),
        ('<a href="javascript:alert(1)">Hi</a>', "<a>Hi</a>"),
        ('<iframe src="https://contoso.com"></iframe>Hi', "Hi"),
        ('<form action="/x"><input name="a">Hi</form>', "Hi"),
        ('<svg onload="x()"></svg>Hi', "Hi"),
        ("<p>Hi</p><!-- a --!><script>x()</script> -->", "<p>Hi</p> --&gt;"),
        ('<p title=a="b onclick=x() c">Hi</p>', '<p title="a=&quot;b">Hi</p>'),
        ("Hi<p title='", "Hi"),  # or what comes behind it would be part of it
        ("Hi<img src=x onerror=x() ", "Hi"),
        ("Hi<!-- a", "Hi"),
    ],
)
def test_html_is_a_whole_document_in_which_nothing_can_run(client, given, shown):
    made = make(client, "me/messages", mail(given))

    assert made["body"] == {"contentType": "html", "content": f"{BEFORE}{shown}{AFTER}"}
    assert body_of(client, f"me/messages/{made['id']}") == made["body"]


DEEP = "<div>" * 30_000


@pytest.mark.parametrize(
    "given",
    [
        DEEP,
        "<b><i><a href=x><p>" * 10_000,
        "<p>x</p>" * 60_000,
        "<" * 150_000,
        f"<p {' '.join(f'a{number}' for number in range(20_000))}>",
    ],
    ids=["deep", "mixed up", "many", "none", "attributes"],
)
def test_too_much_markup_is_shown_as_it_was_written(client, given):
    path = f"me/messages/{make(client, 'me/messages', mail(given))['id']}"
    shown = body_of(client, path)["content"]
    assert shown == f'{BEFORE}<div class="PlainText">{escape(given, quote=False)}</div>{AFTER}'
    assert body_of(client, path, TEXT)["content"] == given


@pytest.mark.parametrize(
    "given", ["<a" * 100_000, "<!--" * 50_000, "</" * 100_000, '<a x="' * 30_000]
)
def test_what_ends_nowhere_is_looked_for_once(client, given):
    made = make(client, "me/messages", mail(f"Hi <b>you</b>{given}"))
    assert made["bodyPreview"] in ("Hi you", f"Hi <b>you</b>{given}"[:255])
    assert "<script" not in body_of(client, f"me/messages/{made['id']}")["content"]


def test_many_tags_that_are_not_deep_stay_as_they_are(client):
    given = "<table><tr><td><p>x</p></td></tr></table>" * 1_000
    assert make(client, "me/messages", mail(given))["body"]["content"].count("<td>") == 1_000


def test_what_could_run_is_given_to_those_who_want_it(client):
    path = f"me/messages/{make(client, 'me/messages', mail(UNSAFE))['id']}"

    assert body_of(client, path, ALLOWED)["content"] == f"{BEFORE}{UNSAFE}{AFTER}"
    assert body_of(client, path)["content"] == f"{BEFORE}<p>Hi</p>{AFTER}"
    assert body_of(client, path, TEXT) == {"contentType": "text", "content": "Hi"}


def test_a_document_stays_one(client):
    given = f"{BEFORE}<p>Hi</p>{AFTER}"
    document = '<!DOCTYPE html><html lang="en"><head><title>T</title></head><body>Hi</body></html>'
    for content in (given, document):
        assert make(client, "me/messages", mail(content))["body"]["content"] == content
    unsafe = given.replace("<p>", '<p onclick="x()">')
    cleaned = make(client, "me/messages", mail(unsafe))["body"]["content"]
    assert cleaned.startswith(BEFORE)
    assert cleaned.count("<html>") == cleaned.count("<body>") == 1
    assert "<p>Hi</p>" in cleaned


def test_a_text_stays_one_until_html_is_preferred(client):
    made = make(client, "me/messages", mail("1 < 2\r\n3", "text"))
    path = f"me/messages/{made['id']}"

    assert made["body"] == {"contentType": "text", "content": "1 < 2\r\n3"}
    html = 'outlook.body-content-type="html"'
    found = body_of(client, path, html)
    assert found["contentType"] == "html"
    assert found["content"] == f'{BEFORE}<div class="PlainText">1 &lt; 2<br>\r\n3</div>{AFTER}'


def test_all_preferences_that_were_met_are_told(client):
    path = f"me/messages/{make(client, 'me/messages', mail('<b>Hi</b>'))['id']}"
    wanted = f"{ALLOWED}, {TEXT}"
    assert body_of(client, path, wanted) == {"contentType": "text", "content": "Hi"}


def test_lists_events_and_unique_bodies_are_shown_alike(client):
    seed(client, {"me/messages": [mail(UNSAFE)], "me/events": [mail(UNSAFE)]})
    for path in ("me/messages", "me/events", "me/messages?$select=uniqueBody"):
        (found,) = client.get(f"/v1.0/{path}").json["value"]
        name = "uniqueBody" if "uniqueBody" in found else "body"
        assert found[name]["content"] == f"{BEFORE}<p>Hi</p>{AFTER}"


def test_what_a_body_may_be_long_and_odd(client):
    odd = "<" * 5000 + "<p a=" + "<!--" * 500 + "<![CDATA[" + "&#0;&#xD800;" + "\u0000"
    made = make(client, "me/messages", mail(odd))
    assert client.get(f"/v1.0/me/messages/{made['id']}").status_code == 200
