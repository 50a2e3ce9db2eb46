"""What docs/ shows by example works as it is written there."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from fakegraph import FakeGraph
from fakegraph.edm.values import instant
from fakegraph.store import Index, Layout, UniqueKey
from tests.conftest import event
from tests.pages import found_here, run_script

DOCS = Path(__file__).parents[1] / "docs"
# The code that a reader has: what makes a subscription.
SUBSCRIBE = """
import json, urllib.request

def subscribe(graph, url):
    body = {
        "changeType": "created",
        "notificationUrl": url,
        "resource": "me/messages",
        "expirationDateTime": soon(),
    }
    head = {"Authorization": "Bearer x", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{graph}/v1.0/subscriptions", json.dumps(body).encode(), head)
    urllib.request.urlopen(asked).close()

def soon():
    from datetime import datetime, timedelta, timezone
    return (datetime.now(timezone.utc) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

"""


def example(page, language, word):
    text = (DOCS / page).read_text()
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if word in block)
    return found


def post(url, headers, body):
    head = {**headers, "Content-Type": "application/json"}
    asked = urllib.request.Request(url, json.dumps(body).encode(), head, method="POST")
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, json.load(answer), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error), error.headers


def test_the_tests_of_pages_pass(pytester):
    pytester.makepyfile(
        test_contoso=example("reference/contoso.md", "python", "def test_"),
        test_notifications=SUBSCRIBE + example("reference/notifications.md", "python", "def test_"),
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=2)


def test_the_seed_of_the_page_is_one(fakegraph):
    fakegraph.control("POST", "/seed", json.loads(example("reference/control.md", "json", "Staff")))

    assert [each["subject"] for each in fakegraph.records("users/bo@contoso.com/messages")] == [
        "Hello"
    ]
    (group,) = (each for each in fakegraph.records("groups") if each["displayName"] == "Staff")
    (member,) = fakegraph.records(f"groups/{group['id']}/members")
    assert member["userPrincipalName"] == "bo@contoso.com"


def test_the_fault_of_the_page_strikes(fakegraph):
    fault = json.loads(example("reference/control.md", "json", '"preset"'))
    del fault["match"]["app"], fault["match"]["query"]  # of one app, and of a query
    fakegraph.control("POST", "/faults", fault)
    url = f"{fakegraph.beta}/reports/userCredentialUsageDetails"

    found = [post(url, fakegraph.headers, event()) for _ in range(4)]

    assert [status for status, _, _ in found] == [201, 429, 429, 201]
    assert found[1][2]["Retry-After"] == "2"


def test_operations_go_as_the_page_says(fakegraph):
    body = json.loads(example("reference/control.md", "json", '"lastMs"'))
    assert fakegraph.control("PUT", "/operations", body) == body


def test_the_stub_of_the_page_answers(fakegraph):
    stub = json.loads(example("reference/control.md", "json", '"emptySuggestionsReason"'))
    fakegraph.control("POST", "/stubs", stub)
    url = f"{fakegraph.v1}/users/ana.jansen003@contoso.com/findMeetingTimes"

    status, answer, _ = post(url, fakegraph.headers, {"meetingDuration": "PT1H"})

    assert (status, answer["meetingTimeSuggestions"]) == (200, [])
    assert answer["emptySuggestionsReason"] == ""


def test_the_mailbox_of_the_page_lets_others_send(fakegraph):
    people = [
        {"userPrincipalName": f"{name}@contoso.com", "displayName": name} for name in ("ada", "bob")
    ]
    fakegraph.control("POST", "/seed", {"users": people})
    fakegraph.control(
        "POST", "/seed", json.loads(example("reference/mail.md", "json", "@fullAccess"))
    )

    assert fakegraph.records("users/support@contoso.com")[0]["displayName"] == "Support"


def test_the_layout_of_the_page_is_one():
    known = {"Layout": Layout, "UniqueKey": UniqueKey, "Index": Index, "instant": instant}
    layout = eval(example("explanation/store.md", "python", "Layout("), known)

    assert [key.name for key in layout.keys] == ["id", "userPrincipalName"]


def test_the_mail_and_the_meeting_of_the_page_are_in_the_mailboxes(tmp_path):
    for name, word in (("mail", '"thread"'), ("meetings", '"organizer"')):
        told = json.loads(example("reference/fixture-files.md", "json", word))
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(told))
    people = [
        {"userPrincipalName": f"{name}@contoso.com", "displayName": name} for name in ("ada", "bob")
    ]
    (tmp_path / "users.json").write_text(json.dumps(people))

    with FakeGraph(fixture=tmp_path) as graph:
        (mail,) = graph.records("users/bob@contoso.com/mailFolders/inbox/messages")
        assert (mail["subject"], mail["isRead"]) == ("Roof", False)
        for address in ("ada@contoso.com", "bob@contoso.com"):
            assert {each["subject"] for each in graph.records(f"users/{address}/events")} == {
                "Planning"
            }


def test_the_server_of_the_page_speaks_https_to_who_trusts_its_ca(tmp_path):
    serve, export = example("reference/identity.md", "sh", "--auth strict").splitlines()
    script = f'{serve} --port 0 --ready-file ready.json >log &\n{export}\necho "$SSL_CERT_FILE"'
    assert serve == "fakegraph serve --tls --auth strict"
    out = tmp_path / "out"
    environ = {**found_here(), "XDG_CACHE_HOME": str(tmp_path)}
    status = run_script(
        f"{{\n{script}\nuntil [ -e ready.json ]; do sleep 0.1; done\n}} >{out}", tmp_path, environ
    )

    assert status == 0
    ca = out.read_text().splitlines()[-1]
    assert "BEGIN CERTIFICATE" in Path(ca).read_text()
    assert json.loads((tmp_path / "ready.json").read_text())["url"].startswith("https://")


def test_a_data_file_that_was_edited_wrongly_is_refused_as_the_page_shows(tmp_path):
    events = [event(userDisplayName=f"User {number}") for number in range(7)]
    for number, each in enumerate(events):
        each["id"] = f"4c03f248-f248-4c03-48f2-034c48f2{number:04}"
    with FakeGraph(data_dir=tmp_path / "data", fixture=None) as graph:
        graph.server.control("POST", "/seed", {"userCredentialUsageDetails": events})
    (file,) = (tmp_path / "data").glob("default.json")
    tables = json.loads(file.read_text())
    (table,) = (rows for name, rows in tables.items() if name == "userCredentialUsageDetails")
    table["7"]["feature"] = "nope"
    file.write_text(json.dumps(tables))

    with pytest.raises(Exception, match="nope") as raised:
        FakeGraph(data_dir=tmp_path / "data", fixture=None).start()

    (shown,) = re.findall(
        r"^```\n(data/.+?) …\n```$", (DOCS / "reference" / "data.md").read_text(), re.MULTILINE
    )
    assert shown in str(raised.value).replace(f"{tmp_path}/", "")
