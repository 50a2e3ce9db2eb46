"""The journal: what was asked, who asks for it, and what it keeps to itself."""

from __future__ import annotations

import gzip
import json
import logging

import pytest

from fakegraph.process import _JsonFormatter
from tests.conftest import assert_error, event
from tests.control.conftest import Asked


@pytest.fixture
def told(asked):
    """A tenant with three requests in its journal."""
    asked.control("PUT", "/clock", {"now": "2024-01-01T00:00:00Z"})
    created = asked.graph("POST", json=event(id="a b"), headers={"Prefer": "return=minimal"})
    assert created.status_code == 201
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
    assert (created["status"], created["errorCode"], created["fault"]) == (201, None, None)
    assert (created["tenant"], created["durationMs"] > 0) == ("default", True)
    assert page["query"] == {"$filter": "isSuccess eq true", "$top": "5"}
    assert page["json"] is None
    assert missing["route"] == "/reports/userCredentialUsageDetails/{id}"
    assert (missing["status"], missing["errorCode"]) == (404, "ResourceNotFound")


def test_an_entry_says_why_and_what_was_answered(asked):
    refused = asked.graph(query_string={"$filter": "isSucces eq true"})
    asked.graph("POST", json=event(id="a"))
    asked.graph(path="/$count")
    asked.graph("HEAD")

    why, created, count, head = listed(asked)
    assert why["errorMessage"] == refused.json["error"]["message"]
    assert why["errorMessage"].endswith("Did you mean 'isSuccess'?")
    assert (why["responseJson"], why["responseSize"]) == (refused.json, len(refused.data))
    assert (created["errorMessage"], created["responseJson"]["id"]) == (None, "a")
    assert count["responseJson"] == 1
    assert head["responseJson"] is None


def test_a_reason_has_every_problem_and_an_end(asked):
    asked.graph("POST", json=event(feature="x", isSuccess=1, colour="red"))
    asked.graph("POST", json={f"{number:0>70}": 1 for number in range(50)})
    three, many = (entry["errorMessage"] for entry in listed(asked))
    assert all(word in three for word in ("'feature'", "'isSuccess'", "'colour'"))
    assert (len(many), many[-1]) == (1_000, "…")


def test_a_compressed_answer_is_shown_as_it_was(asked):
    for _ in range(20):
        asked.graph("POST", json=event())
    plain = asked.graph().json
    assert asked.graph(headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    assert listed(asked)[-1]["responseJson"]["value"] == plain["value"]
    har = asked.control("GET", "/requests.har")["log"]["entries"][-1]["response"]["content"]
    assert json.loads(har["text"])["value"] == plain["value"]
    assert har["size"] == len(har["text"])


def test_a_large_answer_is_told_of_but_not_kept(asked):
    for _ in range(2):
        asked.graph("POST", json=event(failureReason="x" * 40_000))
    asked.graph()
    entry = listed(asked)[-1]
    assert entry["responseJson"] is None
    assert entry["responseSize"] > 80_000


def test_answers_have_a_budget_and_the_oldest_go_first(make_client):
    asked = Asked(make_client(journal_size=80))
    created = asked.graph("POST", json=event(failureReason="x" * 60_000)).json
    for _ in range(90):
        asked.graph(path=f"/{created['id']}")
    kept = [entry["responseJson"] is not None for entry in listed(asked)]
    assert kept == [False] * (80 - sum(kept)) + [True] * sum(kept)
    assert sum(kept) == 4 * 1024 * 1024 // 60_400
    asked.control("DELETE", "/requests", status=204)
    asked.graph(path=f"/{created['id']}")
    assert listed(asked)[0]["responseJson"]["id"] == created["id"]


def test_a_reset_connection_was_answered_nothing(make_client):
    asked = Asked(make_client())
    asked.control("POST", "/faults", {"drop": True})
    asked.graph(environ_overrides={"fakegraph.disturb": lambda **_: None})
    (entry,) = listed(asked)
    assert (entry["status"], entry["responseJson"]) == (0, None)


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_log_has_the_reason_and_decoded_targets(asked, caplog, form):
    caplog.set_level(logging.INFO, logger="fakegraph")
    asked.graph(query_string="$filter=isSucces%20eq+true&$top=1%0A2")
    asked.client.get("/common/oauth2/v2.0/nothing?state=a%20b")
    graph, sign_in = caplog.records
    target = "/beta/reports/userCredentialUsageDetails?$filter=isSucces eq true&$top=1%0A2"
    if form == "text":
        assert f"GET {target} 400 " in graph.getMessage()
        assert graph.getMessage().endswith("BadRequest: " + listed(asked)[0]["errorMessage"])
        assert "invalid_request: Resource not found" in sign_in.getMessage()
        return
    said = json.loads(_JsonFormatter().format(graph))
    assert said["target"] == target
    assert (said["errorCode"], said["status"]) == ("BadRequest", 400)
    assert said["errorMessage"] == listed(asked)[0]["errorMessage"]
    assert (
        "/common/oauth2/v2.0/nothing?state=a b"
        in json.loads(_JsonFormatter().format(sign_in))["target"]
    )


def test_the_log_of_a_success_has_no_reason(asked, caplog):
    caplog.set_level(logging.INFO, logger="fakegraph")
    asked.graph()
    assert caplog.records[0].getMessage().endswith(listed(asked)[0]["requestId"])


def test_secrets_are_left_out(asked):
    secrets = {"Authorization": "Bearer hidden", "Cookie": "a=hidden", "X-Fakegraph-Key": "hidden"}
    asked.graph(headers=secrets)
    text = json.dumps(asked.control("GET", "/requests")) + json.dumps(
        asked.control("GET", "/requests.har")
    )
    assert "hidden" not in text
    assert listed(asked)[0]["headers"]["authorization"] == "[redacted]"


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_secrets_in_bodies_are_left_out_however_they_travel(asked, packed):
    def ask(path, body):
        data = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if packed:
            data = gzip.compress(data)
            headers |= {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"}
        answer = asked.client.post(f"/v1.0/{path}", data=data, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        assert (answer.headers.get("Content-Encoding") == "gzip") is packed
        return json.loads(gzip.decompress(answer.data) if packed else answer.data)

    app = ask("applications", {"displayName": "Ours", "tags": ["long" * 60] * 5})
    wanted = {"passwordCredential": {"displayName": "hidden no more" * 80}}
    secret = ask(f"applications/{app['id']}/addPassword", wanted)["secretText"]
    told = json.dumps([listed(asked), asked.control("GET", "/requests.har")])
    assert secret not in told
    assert "hidden no more" in told
    assert told.count("[redacted]") == 2
    assert listed(asked)[0]["json"]["displayName"] == "Ours"


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
    asked_for = '?method=POST&path=/reports/*&status=202&json={"isSuccess":false}'
    near = told.control("GET", f"/requests/near-misses{asked_for}")["value"]
    assert near[0]["request"]["method"] == "POST"
    assert near[0]["differences"] == [
        "status is 201, not 202",
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
    assert entry["response"]["status"] == 201
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
