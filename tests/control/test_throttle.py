"""``--rate-limit``: budgets in windows of the tenant's time."""

from __future__ import annotations

import pytest

from fakegraph.edm.values import TICKS_PER_SECOND, Instant
from fakegraph.settings import RateLimit
from fakegraph.tenants.throttle import Throttle
from tests.conftest import assert_error, event
from tests.control.conftest import Asked


def jwt(app):
    import base64
    import json

    part = base64.urlsafe_b64encode(json.dumps({"appid": app}).encode()).decode().rstrip("=")
    return {"Authorization": f"Bearer x.{part}.y"}


@pytest.fixture
def asked(make_client):
    asked = Asked(make_client(rate_limit="10/60"))
    asked.control("PUT", "/clock", {"now": "2024-01-01T00:00:00Z"})
    return asked


def advance(asked, seconds):
    asked.control("PUT", "/clock", {"advance": f"PT{seconds}S"})


def test_a_client_within_its_budget_is_let_through(asked):
    answers = [asked.graph() for _ in range(10)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit-Limit" not in answers[6].headers
    near = answers[7].headers  # 8 of 10: four fifths
    assert (near["RateLimit-Limit"], near["RateLimit-Remaining"]) == ("10", "2")
    assert near["RateLimit-Reset"] == "60"


def test_one_over_its_budget_waits_as_it_is_told(asked):
    for _ in range(10):
        asked.graph()
    advance(asked, 20)

    refused = asked.graph("POST", json=event())

    error = assert_error(refused, 429, "TooManyRequests")
    assert error["innerError"]["status"] == "429"
    assert refused.headers["RateLimit-Remaining"] == "0"
    wait = int(refused.headers["Retry-After"])
    assert wait == 40
    advance(asked, wait)
    assert asked.graph().status_code == 200
    assert asked.count() == 0


def test_one_that_comes_back_early_is_refused_again(asked):
    for _ in range(10):
        asked.graph()
    waits = []
    for _ in range(5):
        advance(asked, 10)
        answer = asked.graph()
        assert answer.status_code == 429
        waits.append(int(answer.headers["Retry-After"]))
    assert waits == [50, 40, 30, 20, 10]
    advance(asked, 10)
    assert asked.graph().status_code == 200


def test_hammering_is_never_let_in():
    throttle = Throttle(RateLimit(2, 10))
    granted = [
        throttle.ask("app", Instant(second * TICKS_PER_SECOND)).granted for second in range(60)
    ]
    assert granted == [True, True] + [False] * 58


def test_who_waits_as_told_is_always_let_in():
    throttle = Throttle(RateLimit(3, 7))
    now = 0
    for _ in range(50):
        allowance = throttle.ask("app", Instant(now))
        if not allowance.granted:
            now += int(allowance.headers["Retry-After"]) * TICKS_PER_SECOND
            allowance = throttle.ask("app", Instant(now))
        assert allowance.granted
        now += TICKS_PER_SECOND // 3


def test_each_app_and_each_tenant_has_a_budget_of_its_own(make_client):
    asked = Asked(make_client(rate_limit="1/60", auth="bearer"))
    other = asked.tenant()
    assert asked.graph(headers=jwt("one")).status_code == 200
    assert asked.graph(headers=jwt("one")).status_code == 429
    assert asked.graph(headers=jwt("two")).status_code == 200
    assert asked.graph(headers=jwt("one"), tenant=other).status_code == 200
    asked.control("POST", "/reset")
    assert asked.graph(headers=jwt("one")).status_code == 200


def test_turning_the_clock_back_locks_nobody_out():
    throttle = Throttle(RateLimit(1, 10))
    assert throttle.ask("app", Instant(10**12)).granted
    assert throttle.ask("app", Instant(0)).granted


def test_what_is_left_of_each_budget_is_shown(make_client):
    asked = Asked(make_client(rate_limit="10/60", auth="bearer"))
    asked.control("PUT", "/clock", {"now": "2024-01-01T00:00:00Z", "frozen": True})
    assert asked.control("GET", "/throttle") == {"requests": 10, "seconds": 60, "apps": []}
    for _ in range(3):
        asked.graph(headers=jwt("one"))
    advance(asked, 20)
    asked.graph(headers=jwt("two"))
    one = {"app": "one", "used": 3, "resetSeconds": 40}
    two = {"app": "two", "used": 1, "resetSeconds": 60}
    assert asked.control("GET", "/throttle")["apps"] == [two, one]
    advance(asked, 40)
    assert asked.control("GET", "/throttle")["apps"] == [two | {"resetSeconds": 20}]


def test_without_a_limit_there_is_no_budget(make_client):
    nothing = {"requests": None, "seconds": None, "apps": []}
    assert Asked(make_client()).control("GET", "/throttle") == nothing


# What the directory says --------------------------------------------------------------------------


def units(client, method, path, **more):
    answer = client.open(f"/v1.0/{path}", method=method, **more)
    return answer.headers.get("x-ms-resource-unit")


@pytest.mark.parametrize(
    ("method", "path", "weight"),
    [
        ("GET", "users", "2"),
        ("GET", "users?$select=id", "1"),
        ("GET", "users?$top=5", "1"),
        ("GET", "users?$top=20", "2"),
        ("GET", "users?$expand=manager", "3"),
        ("GET", "users?$expand=manager&$select=id&$top=1", "1"),
        ("GET", "users/x", "1"),
        ("GET", "me/memberOf", "2"),
        ("GET", "groups", "1"),
        ("GET", "groups/x/members", "3"),
        ("GET", "groups/x/members/microsoft.graph.user", "3"),
        ("GET", "groups/x/transitiveMembers", "5"),
        ("GET", "subscribedSkus", "3"),
        ("GET", "domains/x/domainNameReferences", "4"),
        ("POST", "directoryObjects/getByIds", "3"),
        ("POST", "users/x/checkMemberGroups", "4"),
        ("POST", "users/x/getMemberObjects", "2"),
        ("POST", "users", "1"),
        ("DELETE", "users/x", "1"),
        ("GET", "me/messages", None),
    ],
)
def test_answers_of_the_directory_say_what_a_request_weighs(client, method, path, weight):
    assert units(client, method, path) == weight


def test_the_directory_says_whose_budget_is_nearly_and_wholly_used(make_client):
    client = make_client(rate_limit="10/60", auth="bearer")
    app = "4e7a3f0a-0000-4000-8000-0000000000aa"
    answers = [client.get("/v1.0/groups", headers=jwt(app)) for _ in range(12)]
    name = "x-ms-throttle-limit-percentage"
    near = [each.headers.get(name) for each in answers]
    assert near[:10] == [None] * 7 + ["0.8", "0.9", "1.0"]
    refused = answers[-1]
    assert refused.status_code == 429
    scope = refused.headers["x-ms-throttle-scope"]
    tenant = client.get("/v1.0/organization", headers=jwt("b")).json["value"][0]["id"]
    assert scope == f"Tenant_Application/ReadWrite/{app}/{tenant}"
    assert refused.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    other = client.get("/v1.0/me/messages", headers=jwt(app))
    assert (other.status_code, "x-ms-throttle-scope" in other.headers) == (429, False)
