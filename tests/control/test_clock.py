"""The tenant's idea of now."""

from __future__ import annotations

import pytest

from fakegraph.edm.values import Instant
from fakegraph.tenants.clock import TenantClock
from tests.conftest import assert_error


def date_of_an_error(asked):
    return asked.graph(path="/nobody").json["error"]["innerError"]["date"]


def test_a_frozen_clock_stands_still_and_dates_errors(asked):
    shown = asked.control("PUT", "/clock", {"now": "2024-02-29T12:00:00.5+02:00"})
    assert shown == {"now": "2024-02-29T10:00:00.5Z", "frozen": True}
    assert date_of_an_error(asked) == "2024-02-29T10:00:00"
    assert asked.control("GET", "/clock") == shown


def test_a_date_is_its_midnight_in_utc(asked):
    assert asked.control("PUT", "/clock", {"now": "2024-02-29"})["now"] == "2024-02-29T00:00:00Z"
    asked.graph()
    assert len(asked.control("GET", "/requests?since=2024-02-29")["value"]) == 1
    assert asked.control("GET", "/requests?since=2024-03-01")["value"] == []


def test_a_clock_is_advanced(asked):
    asked.control("PUT", "/clock", {"now": "2024-01-31T23:00:00Z"})
    asked.control("PUT", "/clock", {"advance": "P1DT2H"})
    assert asked.control("GET", "/clock")["now"] == "2024-02-02T01:00:00Z"
    asked.control("PUT", "/clock", {"advance": "-PT1H"})
    assert date_of_an_error(asked) == "2024-02-02T00:00:00"


def test_a_clock_that_was_set_may_go_on(asked):
    asked.control("PUT", "/clock", {"now": "2001-01-01T00:00:00Z", "frozen": False})
    first = asked.control("GET", "/clock")
    second = asked.control("GET", "/clock")
    assert first["frozen"] is False
    assert "2001-01-01T00:00:00" < first["now"] < second["now"] < "2001-01-01T00:05:00"


def test_now_in_filters_is_the_tenants(asked):
    from tests.conftest import event

    asked.graph("POST", json=event(eventDateTime="2020-06-01T00:00:00Z"))
    query = {"$filter": "eventDateTime lt now()"}
    for now, found in (("2020-05-31T00:00:00Z", 0), ("2020-06-02T00:00:00Z", 1)):
        asked.control("PUT", "/clock", {"now": now})
        assert len(asked.graph(query_string=query).json["value"]) == found


def test_a_clock_goes_back_to_the_machines_time(asked):
    asked.control("PUT", "/clock", {"now": "1999-01-01T00:00:00Z"})
    asked.control("DELETE", "/clock", status=204)
    assert asked.control("GET", "/clock")["now"] > "2025"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"now": "2024-02-30"},
        {"now": "yesterday"},
        {"now": "noon"},
        {"now": "2024-01-01T00:00:00"},
        {"now": 5},
        {"advance": "1h"},
        {"advance": "PT1H", "now": "2024-01-01T00:00:00Z"},
        {"advance": "PT1H", "frozen": True},
        {"advance": "P9999999D"},
        {"frozen": "yes"},
        {"tick": True},
        [],
    ],
)
def test_bad_times_are_refused(asked, body):
    assert_error(asked.client.put("/_fakegraph/clock", json=body), 400, "BadRequest")
    assert asked.control("GET", "/clock")["frozen"] is False


def test_a_running_clock_follows_its_base():
    base = [Instant(1_000)]
    clock = TenantClock(lambda: base[0])
    clock.advance(500)
    base[0] = Instant(2_000)
    assert clock() == 2_500
    clock.set(clock())
    base[0] = Instant(9_000)
    assert clock() == 2_500
    clock.reset()
    assert clock() == 9_000


def test_a_running_clock_stops_at_the_end_of_time(asked):
    last = "9999-12-31T23:59:59.9999999Z"
    asked.control("PUT", "/clock", {"now": last, "frozen": False})
    assert asked.control("GET", "/clock")["now"] == last
    assert date_of_an_error(asked) == "9999-12-31T23:59:59"
    answer = asked.client.put("/_fakegraph/clock", json={"advance": "PT1H"})
    assert_error(answer, 400, "BadRequest", "9999")
