"""What changes of a tenant beside its records can be told, and be gone on with elsewhere."""

from __future__ import annotations

import json

import pytest

from fakegraph.edm.values import Instant
from fakegraph.settings import Delay, RateLimit
from fakegraph.tenants.clock import TenantClock
from fakegraph.tenants.courses import Course, Courses
from fakegraph.tenants.faults import PRESETS, Facts, Fault, Faults, Match, Weather
from fakegraph.tenants.lag import Lag
from fakegraph.tenants.signins import Code, Consent, SignIns
from fakegraph.tenants.stubs import Stub, Stubs
from fakegraph.tenants.throttle import Throttle

NOW = Instant(638_000_000_000_000_000)
READ = Facts("GET", "/v1.0/users", {"top": "2"}, "app")


def now() -> Instant:
    return NOW


def tell(room, other):
    """Have another room of the kind be as one is, by way of JSON."""
    for id_ in {*room.ids(), *other.ids()}:
        row = room.row(id_)
        other.hear(id_, None if row is None else json.loads(json.dumps(row)))


def hits(faults, number):
    return [faults.pick(READ) is not None for _ in range(number)]


def fault(**about):
    match = Match("GET", "/users", {"$top": "*"})
    return Fault("one", match, PRESETS["throttled"], **{"times": None, **about})


@pytest.mark.parametrize(
    "about", [{}, {"times": 3}, {"skip": 5, "times": 2}, {"probability": 0.5, "seed": 7}]
)
def test_a_fault_goes_on_elsewhere_where_it_has_come_to(about):
    whole, first, second = Faults(), Faults(), Faults()
    whole.add(fault(**about))
    first.add(fault(**about))

    begun = hits(first, 4)
    tell(first, second)

    assert second.shown() == first.shown()
    assert begun + hits(second, 6) == hits(whole, 10)


def test_a_fault_that_was_counted_in_vain_goes_back():
    first, second = Faults(), Faults()
    first.add(fault(probability=0.5, seed=3))
    tell(first, second)

    wanted = hits(first, 8)
    hits(second, 5)
    fresh = Faults()
    fresh.add(fault(probability=0.5, seed=3))
    tell(fresh, second)

    assert hits(second, 8) == wanted


def test_rules_that_were_taken_away_are_gone_elsewhere():
    first, second = Faults(), Faults()
    first.add(fault())
    tell(first, second)
    first.clear()
    tell(first, second)
    assert not second


def test_a_stub_answers_the_rest_of_its_times_elsewhere():
    first, second = Stubs(), Stubs()
    said = {"match": {"path": "/users"}, "json": {"a": 1}}
    stub = Stub("one", Match(path="/users"), 200, {"a": 1}, {"b": 2}, {"X": "y"}, 2, shown=said)
    first.add(stub)
    assert first.pick(READ, lambda: {"b": 2, "c": 3}) is stub
    tell(first, second)

    assert second.shown() == first.shown()
    assert second.pick(READ, lambda: {"b": 3}) is None
    assert second.pick(READ, lambda: {"b": 2}).json == {"a": 1}
    assert second.pick(READ, lambda: {"b": 2}) is None


def test_the_weather_goes_on_elsewhere():
    def days(weather, number):
        return [(weather.delay_ms(), weather.failure()) for _ in range(number)]

    whole, first, second = (Weather(0.5, (1, 900), 4) for _ in range(3))
    begun = days(first, 5)
    tell(first, second)
    assert begun + days(second, 20) == days(whole, 25)


def test_a_budget_is_used_up_elsewhere_too():
    first, second = (Throttle(RateLimit(3, 60)) for _ in range(2))
    assert [first.ask("app", NOW).granted for _ in range(2)] == [True, True]
    tell(first, second)
    assert [second.ask("app", NOW).granted for _ in range(2)] == [True, False]
    assert second.ask("other", NOW).granted


def test_a_clock_stands_still_elsewhere_too():
    first, second = TenantClock(now), TenantClock(now)
    first.set(Instant(5))
    tell(first, second)
    assert (second(), second.frozen) == (5, True)
    first.reset()
    tell(first, second)
    assert (second(), second.frozen) == (NOW, False)


def test_operations_take_their_course_elsewhere_too():
    first, second = Courses(), Courses()
    first.say(Course(30, "nameAlreadyExists", "taken"), 2)
    with first.one():
        pass
    tell(first, second)
    assert second.shown() == first.shown()
    with second.one(), second.one() as course:
        assert course == Course()


def test_what_is_late_is_late_elsewhere_for_the_reads_that_are_left():
    first, second = (Lag(Delay(0, 2), now) for _ in range(2))
    first.hold({17: None, 33: {"id": "x"}})
    assert first.met(17, reading=True) is not None
    tell(first, second)

    assert second.met(17, reading=True) is not None
    assert second.met(17, reading=True) is None
    assert second.met(33, reading=True).old == {"id": "x"}


def test_a_code_that_is_used_is_used_elsewhere():
    first, second = SignIns(), SignIns()
    code = Code(
        Consent("app", "ada", "openid"), "http://x", ("c", "S256"), None, NOW, NOW, "s", ("email",)
    )
    first.codes.put("secret", code)
    tell(first.codes, second.codes)
    assert second.codes.get("secret") == code

    def use(found):
        found.used = True
        return found

    second.codes.visit("secret", use)
    tell(second.codes, first.codes)
    assert first.codes.get("secret").used


def test_who_signs_in_to_a_second_app_has_one_session():
    first, second = SignIns(), SignIns()
    first.join("Ada@x", "one", "s", lambda: "id")
    tell(first.sessions, second.sessions)
    second.join("ada@x", "two", "s", lambda: "another id")
    tell(second.sessions, first.sessions)
    session = first.session("ada@x")
    assert (session.id, session.apps) == ("id", ["one", "two"])


def test_operations_that_go_on_together_go_as_was_said_for_so_many():
    courses = Courses()
    courses.say(Course(code="Broken"), 1)

    with courses.one() as first, courses.one() as second:
        assert (first.code, second.code) == ("Broken", "")


def test_an_operation_that_was_refused_has_not_begun():
    courses = Courses()
    courses.say(Course(code="Broken"), 2)

    for _ in range(3):
        with pytest.raises(KeyError), courses.one():
            raise KeyError
    assert courses.shown()["times"] == 2
    with courses.one(), pytest.raises(KeyError), courses.one():
        raise KeyError
    assert courses.shown()["times"] == 1
