"""Stubs: answers that a test says, checked by the model."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from fakegraph.handle import FakeGraph
from fakegraph.handle.errors import ControlError
from tests.conftest import assert_error
from tests.graph.whole.conftest import make, user

TIMES = {"meetingTimeSuggestions": [{"confidence": 100.0}], "emptySuggestionsReason": ""}
PATH = "/users/*/findMeetingTimes"


def stub(client, path=PATH, status=201, **more):
    match = {"method": "POST", "path": path, **more.pop("match", {})}
    answer = client.post("/_fakegraph/stubs", json={"match": match, **more})
    assert answer.status_code == status, answer.text
    return answer.json


def ask(client, body=None, name="ada"):
    return client.post(f"/v1.0/users/{name}/findMeetingTimes", json=body or {})


def test_what_is_not_built_says_that_a_test_can_answer(client):
    answer = client.post("/v1.0/me/drive/root/workbook/functions/abs")
    refused = assert_error(answer, 501, "NotImplemented", "/_fakegraph/stubs")
    assert "stub" in refused["message"]


def test_an_operation_is_answered_as_a_test_says(client):
    assert ask(client).status_code == 404  # as the service does: there is no such user
    id_ = stub(client, json=TIMES, headers={"X-More": "1"})["id"]

    answer = ask(client)

    assert (answer.status_code, answer.json) == (200, TIMES)
    assert answer.headers["X-More"] == "1"
    assert answer.headers["Content-Type"].startswith("application/json;odata.metadata=minimal")
    (first, entry) = client.get("/_fakegraph/requests").json["value"]
    assert (first["stub"], entry["stub"]) == (None, id_)
    assert entry["route"] == "/users/{id}/findMeetingTimes"
    found = client.get(f"/_fakegraph/requests?stub={id_}").json["value"]
    assert [each["number"] for each in found] == [entry["number"]]


def test_every_problem_of_a_wrong_answer_is_told(client):
    wrong = {"meetingTimeSuggestions": [{"confidence": "high"}], "nonsense": 1}

    error = stub(client, json=wrong, status=400)["error"]

    targets = {each["target"] for each in error["details"]}
    assert targets == {"json/meetingTimeSuggestions[0]/confidence", "json/nonsense"}
    assert client.get("/_fakegraph/stubs").json["value"] == []
    stub(client, json=wrong, check=False)
    assert ask(client).json == wrong


@pytest.mark.parametrize(
    ("method", "path", "answer", "words"),
    [
        ("POST", "/me/getMemberGroups", {"value": [5]}, "json/value[0]"),
        ("POST", "/me/getMemberGroups", {"ids": []}, "json/value"),
        ("POST", "/me/getMemberGroups", ["a"], "json"),
        ("POST", "/me/sendMail", {"a": 1}, "json"),
        ("GET", "/users", {"value": [{"displayName": 5}]}, "json/value[0]/displayName"),
        ("GET", "/users/*", {"displayName": 5}, "json/displayName"),
        ("GET", "/me/findMeetingTimes", {}, "match/method"),
        ("POST", "/me/fidMeetingTimes", {}, "match/path"),
        ("GET", "/users/{user-id}", {}, "match/path"),
        ("GET", "/users/*/photo/$value", {}, "match/path"),
    ],
)
def test_what_cannot_be_an_answer_is_refused(client, method, path, answer, words):
    match = {"method": method, "path": path}
    refused = client.post("/_fakegraph/stubs", json={"match": match, "json": answer})

    assert refused.status_code == 400, refused.text
    error = refused.json["error"]
    assert words in {error.get("target"), *(each["target"] for each in error.get("details", ()))}


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("POST", "/me/getMemberGroups", {"value": ["a"], "@odata.context": "x"}),
        ("GET", "/users", {"value": [{"displayName": "a", "id": "1"}], "@odata.count": 1}),
        ("GET", "/v1.0/users/*", {"displayName": "a", "manager": {"id": "2"}}),
        ("POST", "/users", {"id": "1", "displayName": "a"}),
        ("POST", "/me/revokeSignInSessions", {"value": True}),
        ("GET", "/reports/getOffice365ActiveUserDetail(period='*')", {"content": None}),
    ],
)
def test_what_can_be_an_answer_is_taken(client, method, path, answer):
    match = {"method": method, "path": path}
    made = client.post("/_fakegraph/stubs", json={"match": match, "json": answer})
    assert made.status_code == 201, made.text


def test_later_stubs_win_as_long_as_they_last(client):
    stub(client, json=TIMES)
    stub(client, json={"emptySuggestionsReason": "later"}, times=1)

    reasons = [ask(client).json["emptySuggestionsReason"] for _ in range(2)]

    assert reasons == ["later", ""]
    assert [each["hit"] for each in client.get("/_fakegraph/stubs").json["value"]] == [1, 1]


def test_a_stub_is_for_what_it_matches(client):
    ada = make(client, "users", user())["id"]
    stub(
        client,
        "/users/*/getMemberGroups",
        json={"value": ["x"]},
        match={"json": {"securityEnabledOnly": True}},
    )
    place = f"/v1.0/users/{ada}/getMemberGroups"

    asked = [
        client.post(place, json={"securityEnabledOnly": only}).json["value"]
        for only in (True, False)
    ]

    assert asked == [["x"], []]  # and the other body is read by the service all the same
    deep = client.post(place, data="[" * 100_000, content_type="application/json")
    assert deep.status_code == 400, deep.text


@pytest.mark.parametrize("named", ["delta", "delta()", "Microsoft.Graph.delta"])
@pytest.mark.parametrize("asked", ["delta", "delta()", "microsoft.graph.delta()"])
def test_an_operation_is_meant_by_any_of_its_names(client, named, asked):
    match = {"method": "GET"}
    stub(client, f"/users/{named}", match=match, json={"value": [{"id": "stubbed"}]})
    assert client.get(f"/v1.0/users/{asked}").json == {"value": [{"id": "stubbed"}]}
    assert client.get("/v1.0/groups/delta").json["value"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X", "a\r\nY: b"),
        ("X", "\u4e2d"),
        ("X", "\x00"),
        ("X", " a"),
        ("X y", "a"),
        ("X:", "a"),
        ("", "a"),
        ("Content-Length", "5"),
        ("transfer-encoding", "chunked"),
        ("Connection", "close"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused(client, name, value):
    error = stub(client, json=TIMES, headers={name: value}, status=400)["error"]
    assert error["target"] == "headers"


def test_an_answer_may_be_of_another_type(client):
    stub(client, json=TIMES, headers={"content-type": "application/json"})
    make(client, "users", user())
    answer = ask(client, name="ada@contoso.com")
    assert answer.headers.getlist("Content-Type") == ["application/json"]


def test_faults_win_over_stubs(client):
    stub(client, json=TIMES)
    client.post("/_fakegraph/faults", json={"status": 503, "match": {"path": PATH}})

    assert [ask(client).status_code for _ in range(2)] == [503, 200]


def test_stubs_answer_in_batches(client):
    stub(client, json=TIMES)
    item = {"id": "1", "method": "POST", "url": "/users/a/findMeetingTimes", "body": {}}
    item["headers"] = {"Content-Type": "application/json"}

    answer = client.post("/v1.0/$batch", json={"requests": [item]}).json["responses"][0]

    assert (answer["status"], answer["body"]) == (200, TIMES)


def test_stubs_go(client):
    one = stub(client, json=TIMES)["id"]
    assert client.delete(f"/_fakegraph/stubs/{one}").status_code == 204
    assert client.delete(f"/_fakegraph/stubs/{one}").status_code == 404
    for clear in (
        lambda: client.delete("/_fakegraph/stubs"),
        lambda: client.post("/_fakegraph/reset"),
    ):
        stub(client, json=TIMES)
        assert clear().status_code == 204
        assert ask(client).status_code == 404


def test_errors_and_nothing_are_answered(client):
    said = {"error": {"code": "ErrorX", "message": "No."}}
    made = client.post(
        "/_fakegraph/stubs",
        json={"match": {"method": "POST", "path": PATH}, "status": 409, "json": said},
    )
    assert made.status_code == 201
    assert (ask(client).status_code, ask(client).json) == (409, said)
    stub(client, "/me/sendMail", json=None)
    assert client.post("/v1.0/me/sendMail", json={"message": {}}).status_code == 204


# The handle --------------------------------------------------------------------------------------


def call(graph: FakeGraph, body: Any) -> tuple[int, Any]:
    """The status and the body of what a client is answered to a POST of the operation."""
    request = Request(
        f"{graph.v1}/users/a/findMeetingTimes",
        json.dumps(body).encode(),
        {**graph.headers, "Content-Type": "application/json"},
    )
    try:
        with urlopen(request) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        return refused.code, json.load(refused)


def test_the_handle_stubs_an_operation():
    with FakeGraph(fixture=None) as graph:
        id_ = graph.stub("POST", PATH, json=TIMES, times=1)
        assert [call(graph, {})[0] for _ in range(2)] == [200, 404]
        assert graph.requests[0].stub == id_


def test_a_function_says_the_answer():
    asked = []

    def answer(request):
        asked.append(request)
        return TIMES if len(asked) == 1 else (409, {"error": {"code": "a", "message": "b"}})

    with FakeGraph(fixture=None) as graph:
        graph.stub("POST", PATH, answer)
        assert [call(graph, {"x": 1})[0] for _ in range(2)] == [200, 409]
        assert (asked[0].method, asked[0].json) == ("POST", {"x": 1})
        assert asked[0].path.endswith("/users/a/findMeetingTimes")


@pytest.mark.parametrize("more", [{}, {"check": False}])
@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_that_has_no_body_is_not_given_one(client, status, more):
    stub = {"match": {"path": "/me"}, "status": status, "json": {"displayName": "Ada"}, **more}
    refused = client.post("/_fakegraph/stubs", json=stub)
    assert_error(refused, 400, "BadRequest", f"{status} has no body")
    del stub["json"]
    assert client.post("/_fakegraph/stubs", json=stub).status_code == 201


@pytest.mark.parametrize("said", [{"nonsense": 1}, ZeroDivisionError(), (200, None)])
def test_a_function_that_fails_is_told(said):
    def answer(_):
        if isinstance(said, Exception):
            raise said
        return said

    with FakeGraph(fixture=None) as graph:
        graph.stub("POST", PATH, answer)
        status, failed = call(graph, {})
        assert (status, failed["error"]["code"]) == (500, "stubFailed")


def test_what_is_no_answer_is_told_where_it_is_scripted():
    with FakeGraph(fixture=None) as graph, pytest.raises(ControlError, match="nonsense"):
        graph.stub("POST", PATH, json={"nonsense": 1})
