"""Faults: what they match, what they do, and that they leave nothing half-done."""

from __future__ import annotations

import base64
import http.client
import json
import re
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import pytest

from fakegraph import FakeGraph
from fakegraph.tenants.faults import PRESETS, Weather
from tests.conftest import assert_error, event
from tests.control.conftest import Asked

SET = "userCredentialUsageDetails"


def fail(asked, **fault):
    return asked.control("POST", "/faults", fault, status=201)["id"]


def statuses(asked, number, method="GET", **options):
    return [asked.graph(method, **options).status_code for _ in range(number)]


def test_throttled_has_the_documented_shape(asked):
    fail(asked, preset="throttled", retryAfter=2)

    answer = asked.graph()

    error = assert_error(answer, 429, "TooManyRequests", "Please retry again later.")
    inner = error["innerError"]
    assert (inner["code"], inner["message"], inner["status"]) == (
        "429",
        "Please retry after",
        "429",
    )
    assert answer.headers["Retry-After"] == "2"
    assert asked.graph().status_code == 200


def test_code_and_message_may_be_empty(asked):
    fail(asked, status=412, code="", message="")
    error = asked.graph().json["error"]
    assert (error["code"], error["message"]) == ("", "")


def test_a_claims_challenge_says_what_the_next_token_must_hold(asked):
    fail(asked, preset="claimsChallenge")
    answer = asked.graph()
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_claims"' in challenge
    claims = re.search(r'claims="([^"]+)"', challenge)[1]
    wanted = {"access_token": {"nbf": {"essential": True, "value": "1657834417"}}}
    assert json.loads(base64.b64decode(claims, validate=True)) == wanted
    assert "TokenIssuedBeforeRevocationTimestamp" in answer.json["error"]["message"]
    fail(asked, status=401)
    assert "insufficient_claims" not in asked.graph().headers["WWW-Authenticate"]


def test_retry_after_can_be_left_out(asked):
    fail(asked, preset="throttled", retryAfter=None)
    assert "Retry-After" not in asked.graph().headers


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ("30,120", "30,120"),
        ("soon", "soon"),
        ("", ""),
        ("-1", "-1"),
        ("après", "après"),
        (0, "0"),
        (0.00001, "0.00001"),
        (1234.5678, "1234.5678"),
        (86_399.5, "86399.5"),
        (2.0, "2"),
    ],
)
def test_retry_after_is_sent_as_it_is_given(asked, given, sent):
    for fault in ({"preset": "throttled"}, {"status": 503}):
        fail(asked, **fault, retryAfter=given)
        assert asked.graph().headers["Retry-After"] == sent
    (listed, _) = asked.control("GET", "/faults")["value"]
    assert listed["retryAfter"] == given


def test_retry_after_is_any_text_in_batches_and_sign_ins_too(asked):
    fail(asked, preset="throttled", retryAfter="30,120", match={"path": "/reports/*"})
    item = {"id": "1", "method": "GET", "url": "/reports/userCredentialUsageDetails"}
    (response,) = asked.client.post("/beta/$batch", json={"requests": [item]}).json["responses"]
    assert response["headers"]["Retry-After"] == "30,120"
    fail(asked, status=429, retryAfter="soon", match={"path": "*/oauth2/*"})
    answer = asked.client.post("/default/oauth2/v2.0/token", data={"client_id": "a"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "soon")


@pytest.mark.parametrize(
    "given", ["a\nb", "a\rb", "\0", " 3", "3 ", "…", "x" * 1001, True, [3], {}]
)
def test_what_no_header_can_hold_is_no_retry_after(asked, given):
    answer = asked.client.post("/_fakegraph/faults", json={"status": 503, "retryAfter": given})
    error = assert_error(answer, 400, "BadRequest", "retryAfter", "HTTP date")
    assert error["target"] == "retryAfter"


@pytest.mark.parametrize(
    ("preset", "status", "code"),
    [
        ("throttled", 429, "TooManyRequests"),
        ("unavailable", 503, "serviceNotAvailable"),
        ("gatewayTimeout", 504, "GatewayTimeout"),
        ("tokenExpired", 401, "InvalidAuthenticationToken"),
        ("claimsChallenge", 401, "InvalidAuthenticationToken"),
        ("forbidden", 403, "Authorization_RequestDenied"),
        ("conflict", 409, "Conflict"),
        ("locked", 423, "resourceLocked"),
        ("serverError", 500, "InternalServerError"),
        ("mailboxConcurrency", 429, "ApplicationThrottled"),
        ("mailboxPolicy", 403, "ErrorAccessDenied"),
    ],
)
def test_presets_answer_as_documented_and_store_nothing(asked, preset, status, code):
    fail(asked, preset=preset)
    answer = asked.graph("POST", json=event())
    assert_error(answer, status, code)
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    assert asked.count() == 0


def test_a_status_alone_answers_as_the_service_does(asked):
    fail(asked, status=503, retryAfter=1.5)
    answer = asked.graph()
    assert_error(answer, 503, "serviceNotAvailable")
    assert answer.headers["Retry-After"] == "1.5"
    fail(asked, status=418, code="teapot", message="short and stout")
    assert_error(asked.graph(), 418, "teapot", "short and stout")
    fail(asked, status=599)
    assert_error(asked.graph(), 599, "generalException")


def test_what_mailboxes_say_is_not_what_a_status_alone_says(asked):
    fail(asked, preset="mailboxConcurrency")
    answer = asked.graph()
    words = "Application is over its MailboxConcurrency limit."
    assert assert_error(answer, 429, "ApplicationThrottled")["message"] == words
    assert answer.headers["Retry-After"] == "1"
    fail(asked, preset="mailboxPolicy")
    assert_error(asked.graph(), 403, "ErrorAccessDenied", "Access to OData is disabled.")
    for status, code in ((429, "TooManyRequests"), (403, "Authorization_RequestDenied")):
        fail(asked, status=status)
        assert_error(asked.graph(), status, code)


def test_the_nth_call_can_be_scripted(asked):
    fail(asked, status=503, skip=2, times=2)
    assert statuses(asked, 6) == [200, 200, 503, 503, 200, 200]


def test_a_fault_hits_once_unless_told_otherwise(asked):
    fail(asked, status=503)
    assert statuses(asked, 3) == [503, 200, 200]
    fail(asked, status=503, times=None)
    assert statuses(asked, 3) == [503, 503, 503]


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({"method": "get"}, True),
        ({"method": "POST"}, False),
        ({"path": "/reports/*"}, True),
        ({"path": "reports/*"}, True),
        ({"path": "/beta/reports/USERcredential*"}, True),
        ({"path": "/v1.0/*"}, False),
        ({"path": "/reports/userCredentialUsageDetails"}, True),
        ({"path": "/reports/userCredentialUsageDetails/*"}, False),
        ({"query": {"$filter": "*isSuccess*"}}, True),
        ({"query": {"FILTER": "*"}}, True),
        ({"query": {"$filter": "*feature*"}}, False),
        ({"query": {"$top": "*"}}, False),
        ({"app": "nobody"}, False),
    ],
)
def test_faults_match(asked, match, hit):
    fail(asked, status=503, match=match)
    answer = asked.graph(query_string={"$filter": "isSuccess eq true"})
    assert answer.status_code == (503 if hit else 200)


def test_an_app_is_known_by_its_token(make_client):
    asked = Asked(make_client(auth="bearer"))
    with_app = {"Authorization": "Bearer x.eyJhcHBpZCI6Im1pbmUifQ.y"}  # {"appid":"mine"}
    fail(asked, status=503, times=None, match={"app": "mine"})
    assert asked.graph(headers=with_app).status_code == 503
    assert asked.graph(headers={"Authorization": "Bearer other"}).status_code == 200


def test_the_first_fault_that_hits_wins(asked):
    fail(asked, status=503, skip=1)
    fail(asked, status=429)
    assert statuses(asked, 3) == [429, 503, 200]


def test_probability_repeats_with_its_seed(asked):
    runs = []
    for _ in range(2):
        asked.control("DELETE", "/faults")
        fail(asked, status=503, times=None, probability=0.5, seed=7)
        runs.append(statuses(asked, 40))
    assert runs[0] == runs[1]
    assert 8 < runs[0].count(503) < 32


def test_faults_are_listed_and_removed(asked):
    first = fail(asked, status=503, match={"method": "POST"})
    second = fail(asked, preset="throttled", times=3)
    asked.graph()

    listed = asked.control("GET", "/faults")["value"]

    assert [each["id"] for each in listed] == [first, second]
    assert listed[1] == {"id": second, "preset": "throttled", "times": 3, "matched": 1, "hit": 1}
    asked.control("DELETE", f"/faults/{second}", status=204)
    assert_error(asked.client.delete(f"/_fakegraph/faults/{second}"), 404, "ResourceNotFound")
    assert asked.graph().status_code == 200
    asked.control("DELETE", "/faults", status=204)
    assert asked.control("GET", "/faults") == {"value": []}


@pytest.mark.parametrize(
    ("fault", "target"),
    [
        ({}, None),
        ({"match": {"method": "GET"}}, None),
        ({"status": 200}, "status"),
        ({"status": 600}, "status"),
        ({"status": "503"}, "status"),
        ({"status": True}, "status"),
        ({"preset": "explode"}, "preset"),
        ({"preset": "slow", "status": 503}, "status"),
        ({"status": 503, "times": 0}, "times"),
        ({"status": 503, "skip": -1}, "skip"),
        ({"status": 503, "probability": 1.5}, "probability"),
        ({"status": 503, "delayMs": 9_999_999}, "delayMs"),
        ({"status": 503, "retryAfter": -1}, "retryAfter"),
        ({"delayMs": 5, "retryAfter": 1}, "retryAfter"),
        ({"delayMs": 5, "message": "x"}, "message"),
        ({"drop": True, "status": 503}, "drop"),
        ({"drop": "yes"}, "drop"),
        ({"status": 503, "truncateBody": True}, "status"),
        ({"status": 503, "match": {"method": "GET /"}}, "match/method"),
        ({"status": 503, "match": {"query": {"a": 1}}}, "match/query"),
        ({"status": 503, "match": {"path": "/users/{id | userPrincipalName}"}}, "match/path"),
        ({"status": 503, "match": {"header": "x"}}, "match/header"),
        ({"status": 503, "match": "POST"}, "match"),
        ({"status": 503, "when": "now"}, "when"),
        ([], None),
    ],
)
def test_bad_faults_are_refused(asked, fault, target):
    answer = asked.client.post("/_fakegraph/faults", json=fault)
    error = assert_error(answer, 400, "BadRequest")
    targets = [detail.get("target") for detail in error["details"]]
    assert target in targets
    assert asked.control("GET", "/faults") == {"value": []}


@pytest.fixture(scope="module")
def served():
    """A tenant behind a real server: what is done to connections cannot be seen without one."""
    with FakeGraph(fixture=["contoso"]) as graph:
        yield graph


@pytest.fixture
def graph(served):
    served.reset()
    return served


def ask(graph, data=None, timeout=60):
    headers = {**graph.headers, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{graph.beta}/reports/{SET}", data, headers)
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return answer.read()


def test_every_retry_after_arrives_as_it_was_scripted(graph):
    moment = datetime(2015, 10, 21, 9, 28, tzinfo=timezone(timedelta(hours=2)))
    for given, sent in {
        "30,120": "30,120",
        "après": "après",
        moment: "Wed, 21 Oct 2015 07:28:00 GMT",
        timedelta(minutes=1.5): "90",
    }.items():
        graph.fail("throttled", retry_after=given)
        with pytest.raises(urllib.error.HTTPError, match="429") as raised:
            ask(graph)
        raised.value.close()
        assert raised.value.headers["Retry-After"].encode("latin-1") == sent.encode("latin-1")
    with pytest.raises(ValueError, match="time zone"):
        graph.fail("throttled", retry_after=moment.replace(tzinfo=None))


def test_a_connection_is_reset_before_anything_is_stored(graph):
    stored = len(graph.records(SET))
    graph.fail("connectionReset", method="POST")
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        ask(graph, b"{}")
    assert len(graph.records(SET)) == stored
    assert graph.requests[-1].status == 0
    assert ask(graph)


def test_a_body_breaks_off_in_the_middle(graph):
    whole = ask(graph)
    graph.fail("truncatedBody")
    with pytest.raises(http.client.IncompleteRead) as raised:
        ask(graph)
    assert 0 < len(raised.value.partial) < len(whole)
    assert whole.startswith(raised.value.partial)
    assert ask(graph) == whole


def test_a_slow_body_comes_whole_in_the_end(graph):
    whole = ask(graph)
    graph.fail("slowBody", body_ms=300)
    began = time.perf_counter()
    assert ask(graph) == whole
    assert time.perf_counter() - began >= 0.25


def test_a_slow_answer_waits_and_then_is_itself(graph):
    graph.fail("slow", delay_ms=200)
    began = time.perf_counter()
    assert b'"value"' in ask(graph)
    assert time.perf_counter() - began >= 0.2


def test_a_client_that_gives_up_on_a_slow_answer_hurts_nobody(graph):
    graph.fail("slow", delay_ms=2_000)
    with pytest.raises(TimeoutError):
        ask(graph, timeout=0.1)
    assert ask(graph)


def test_every_preset_is_accepted(asked):
    for preset in PRESETS:
        fail(asked, preset=preset)


def test_other_servers_say_that_they_cannot_reset(asked):
    fail(asked, preset="connectionReset")
    assert_error(asked.graph(), 501, "notImplemented")


def test_chaos_is_the_same_for_the_same_seed(make_client):
    runs = []
    for seed in (1, 1, 2):
        asked = Asked(make_client(chaos=0.5, chaos_seed=seed))
        runs.append(statuses(asked, 40))
        asked.control("POST", "/reset")
        assert statuses(asked, 40) == runs[-1]
    assert runs[0] == runs[1] != runs[2]
    assert set(runs[0]) == {200, 429, 503, 504}
    journal = asked.control("GET", "/requests")["value"]
    assert {each["fault"] for each in journal} >= {None, "chaos:throttled"}


def test_latency_is_drawn_between_its_bounds():
    weather = Weather(0, (20, 40), 3)
    drawn = [weather.delay_ms() for _ in range(50)]
    assert all(20 <= delay <= 40 for delay in drawn)
    assert len(set(drawn)) > 5
    weather.reset()
    assert [weather.delay_ms() for _ in range(50)] == drawn


def test_latency_delays_requests(make_client):
    asked = Asked(make_client(latency="30..40"))
    began = time.perf_counter()
    asked.graph()
    assert time.perf_counter() - began >= 0.03
