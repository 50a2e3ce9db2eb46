"""The journal: what was asked, who asks for it, and what it keeps to itself."""

from __future__ import annotations

import json

import pytest

from tests.conftest import assert_error, event
from tests.control.conftest import Asked


@pytest.fixture
def told(asked):
    """A tenant with three requests in its journal."""
    asked.control("PUT", "/clock", {"now": "2024-01-01T00:00:00Z"})
    created = asked.graph("POST", json=event(id="a b"), headers={"Prefer": "return=minimal"})
    assert created.status_code == 204
    asked.control("PUT", "/clock", {"advance": "PT1H"})
    asked.graph(query_string={"$filter": "isSuccess eq true", "$top": "5"})
    asked.graph(path="/nobody")
    return asked


def listed(asked, query=""):
    return asked.control("GET", f"/requests{query}")["value"]


def test_an_entry_says_everything(told):
    created, page, missing = listed(told)
    assert created["number"] < page["number"] < missing["number"]
    assert created["time"] == "2024-01-01T00:00:00Z"
    assert created["method"] == "POST"
    assert created["path"] == "/beta/reports/userCredentialUsageDetails"
    assert created["route"] == "/reports/userCredentialUsageDetails"
    assert created["json"] == event(id="a b")
    assert created["headers"]["prefer"] == "return=minimal"
    assert created["headers"]["content-type"] == "application/json"
    assert (created["status"], created["errorCode"], created["fault"]) == (204, None, None)
    assert (created["tenant"], created["durationMs"] > 0) == ("default", True)
    assert page["query"] == {"$filter": "isSuccess eq true", "$top": "5"}
    assert page["json"] is None
    assert missing["route"] == "/reports/userCredentialUsageDetails/{id}"
    assert (missing["status"], missing["errorCode"]) == (404, "ResourceNotFound")


def test_secrets_are_left_out(asked):
    secrets = {"Authorization": "Bearer hidden", "Cookie": "a=hidden", "X-Fakegraph-Key": "hidden"}
    asked.graph(headers=secrets)
    text = json.dumps(asked.control("GET", "/requests")) + json.dumps(
        asked.control("GET", "/requests.har")
    )
    assert "hidden" not in text
    assert listed(asked)[0]["headers"]["authorization"] == "[redacted]"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?method=POST", [0]),
        ("?method=get", [1, 2]),
        ("?path=/reports/*", [0, 1, 2]),
        ("?path=/beta/reports/usercredentialusagedetails", [0, 1]),
        ("?path=/v1.0/*", []),
        ("?route=*/{id}", [2]),
        ("?status=404", [2]),
        ("?errorCode=ResourceNotFound", [2]),
        ("?since=2024-01-01T00:30:00Z", [1, 2]),
        ("?query=$top", [1]),
        ("?query=filter=*isSuccess*&query=top=5", [1]),
        ("?query=top=6", []),
        ("?header=Prefer=return*", [0]),
        ("?header=Origin", []),
        ('?json={"isSuccess":true}', [0]),
        ('?json={"isSuccess":1}', []),
        ("?minDurationMs=0", [0, 1, 2]),
        ("?minDurationMs=60000", []),
        ("?fault=*", []),
        ("?method=GET&status=200", [1]),
    ],
)
def test_entries_are_found(told, query, found):
    every = listed(told)
    assert [every.index(entry) for entry in listed(told, query)] == found


def test_an_entry_is_found_by_its_request_id(told):
    wanted = listed(told)[1]
    assert listed(told, f"?requestId={wanted['requestId']}") == [wanted]


@pytest.mark.parametrize(
    "query",
    [
        "colour=red",
        "status=ok",
        "since=yesterday",
        "json={",
        "method=GET&method=PUT",
        "minDurationMs=x",
    ],
)
def test_bad_questions_are_refused(told, query):
    answer = told.client.get(f"/_fakegraph/requests?{query}")
    assert_error(answer, 400, "BadRequest", query.partition("=")[0])


def test_near_misses_say_how_they_differ(told):
    asked_for = '?method=POST&path=/reports/*&status=201&json={"isSuccess":false}'
    near = told.control("GET", f"/requests/near-misses{asked_for}")["value"]
    assert near[0]["request"]["method"] == "POST"
    assert near[0]["differences"] == [
        "status is 204, not 201",
        "body isSuccess is true, not false",
    ]
    assert len(near) == 3


def test_a_fault_is_named_by_what_it_hit(asked):
    fault = asked.control("POST", "/faults", {"preset": "throttled"})["id"]
    asked.graph("POST", json=event())
    (entry,) = listed(asked)
    assert (entry["fault"], entry["status"]) == (fault, 429)
    assert entry["json"] == event()
    assert listed(asked, f"?fault={fault}") == [entry]


def test_what_no_route_matched_is_noted_too(asked):
    asked.client.get("/beta/nothing")
    (entry,) = listed(asked)
    assert (entry["route"], entry["status"]) == (None, 400)


def test_the_oldest_go_first(make_client):
    asked = Asked(make_client(journal_size=2))
    for key in "abc":
        asked.graph(path=f"/{key}")
    assert [entry["path"][-1] for entry in listed(asked)] == ["b", "c"]


def test_a_journal_of_no_size_keeps_nothing(make_client):
    asked = Asked(make_client(journal_size=0))
    asked.graph()
    assert listed(asked) == []


def test_a_large_body_is_told_of_but_not_kept(asked):
    asked.graph("POST", json=event(failureReason="x" * 100_000))
    (entry,) = listed(asked)
    assert entry["json"] is None
    assert entry["bodySize"] > 100_000


def test_a_journal_is_cleared(told):
    told.control("DELETE", "/requests", status=204)
    assert listed(told) == []


def test_the_journal_of_a_tenant_is_its_own(asked):
    name = asked.tenant()
    asked.graph(tenant=name)
    assert listed(asked) == []
    (entry,) = asked.control("GET", f"/tenants/{name}/requests")["value"]
    assert entry["path"] == "/beta/reports/userCredentialUsageDetails"
    assert entry["tenant"] == name


def test_a_journal_is_exported_as_har(told):
    archive = told.control("GET", "/requests.har?method=POST")["log"]
    assert archive["version"] == "1.2"
    (entry,) = archive["entries"]
    assert entry["request"]["url"] == "http://localhost/beta/reports/userCredentialUsageDetails"
    assert entry["request"]["postData"]["mimeType"] == "application/json"
    assert json.loads(entry["request"]["postData"]["text"]) == event(id="a b")
    assert entry["response"]["status"] == 204
    assert {"startedDateTime", "time", "cache", "timings"} <= entry.keys()


def test_the_control_face_is_not_in_the_journal(asked):
    asked.control("GET", "/clock")
    assert listed(asked) == []


def test_who_may_not_in_is_noted_too(make_client):
    asked = Asked(make_client(auth="bearer"))
    asked.graph()
    (entry,) = listed(asked)
    assert (entry["status"], entry["errorCode"]) == (401, "InvalidAuthenticationToken")


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"n": 1000000000000000000000000000000}', {"n": 10**30}),
        (b'{"s": "\\ud800"}', {"s": "\ud800"}),
        (b'{"n": NaN}', None),
    ],
)
def test_bodies_that_json_writers_stumble_over_are_shown(asked, body, shown):
    asked.graph("POST", data=body, content_type="application/json")

    (entry,) = asked.control("GET", "/requests?method=POST")["value"]
    assert entry["json"] == shown
