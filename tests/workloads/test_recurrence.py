"""On which days a series has occurrences: as python-dateutil, which knows nothing of Outlook."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from itertools import islice
from random import Random

import pytest
from dateutil import rrule

from fakegraph.workloads.outlook.recurrence import DAYS, days, problem, whole

START = date(2025, 10, 15)  # a Wednesday
NO_END = {"type": "noEnd", "startDate": START.isoformat()}
INDEXES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}


def series(pattern, **span):
    return {"pattern": {"interval": 1, **pattern}, "range": {**NO_END, **span}}


def first(count, recurrence, low=START):
    return [each.isoformat() for each in islice(days(recurrence, low, date.max), count)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"type": "daily", "interval": 3}, ["2025-10-15", "2025-10-18", "2025-10-21"]),
        ({"type": "weekly", "daysOfWeek": ["monday"]}, ["2025-10-20", "2025-10-27", "2025-11-03"]),
        # The week that has the 15th begins on the 12th, or on the 13th: the Sunday tells.
        ({"type": "weekly", "interval": 2, "daysOfWeek": ["sunday", "wednesday"]}, ["2025-10-15", "2025-10-26", "2025-10-29"]),
        ({"type": "weekly", "interval": 2, "firstDayOfWeek": "monday", "daysOfWeek": ["sunday", "wednesday"]}, ["2025-10-15", "2025-10-19", "2025-10-29"]),
        ({"type": "absoluteMonthly", "dayOfMonth": 31}, ["2025-10-31", "2025-11-30", "2025-12-31"]),
        ({"type": "absoluteMonthly", "dayOfMonth": 1, "interval": 2}, ["2025-12-01", "2026-02-01", "2026-04-01"]),
        ({"type": "relativeMonthly", "daysOfWeek": ["friday"], "index": "last"}, ["2025-10-31", "2025-11-28", "2025-12-26"]),
        ({"type": "relativeMonthly", "daysOfWeek": ["saturday", "sunday"]}, ["2025-11-01", "2025-12-06", "2026-01-03"]),
        ({"type": "absoluteYearly", "month": 2, "dayOfMonth": 29}, ["2026-02-28", "2027-02-28", "2028-02-29"]),
        ({"type": "relativeYearly", "month": 11, "daysOfWeek": ["thursday"], "index": "fourth"}, ["2025-11-27", "2026-11-26", "2027-11-25"]),
    ],
)  # fmt: skip
def test_each_pattern_has_its_days(pattern, expected):
    assert first(3, series(pattern)) == expected


def test_ranges_end():
    daily = {"type": "daily"}
    ends = series(daily, type="endDate", endDate="2025-10-17")
    numbered = series(daily, type="numbered", numberOfOccurrences=2)
    assert first(9, ends) == ["2025-10-15", "2025-10-16", "2025-10-17"]
    assert first(9, numbered) == ["2025-10-15", "2025-10-16"]
    assert first(9, numbered, date(2025, 10, 16)) == ["2025-10-16"]
    assert first(9, numbered, date(2025, 10, 17)) == []


def test_the_calendar_ends():
    late = series({"type": "daily"}, startDate="9999-12-30")
    assert first(9, late, date(9999, 1, 1)) == ["9999-12-30", "9999-12-31"]
    for kind in ({"type": "weekly", "daysOfWeek": ["monday"]}, {"type": "absoluteMonthly", "dayOfMonth": 31}):  # fmt: skip
        assert first(9, series(kind, startDate="9999-12-30"), date(9999, 12, 1)) in ([], ["9999-12-31"])  # fmt: skip


def test_what_a_kind_has_no_use_for_is_shown_too():
    shown = whole(series({"type": "daily"}), "UTC")
    assert shown["pattern"] == {"type": "daily", "interval": 1, "month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday", "index": "first"}  # fmt: skip
    assert shown["range"] == {**NO_END, "endDate": "0001-01-01", "numberOfOccurrences": 0, "recurrenceTimeZone": "UTC"}  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "span", "where"),
    [
        ({"type": "daily", "interval": 0}, {}, "pattern/interval"),
        ({"type": "weekly"}, {}, "pattern/daysOfWeek"),
        ({"type": "absoluteMonthly"}, {}, "pattern/dayOfMonth"),
        ({"type": "absoluteMonthly", "dayOfMonth": 32}, {}, "pattern/dayOfMonth"),
        ({"type": "daily", "dayOfMonth": 32}, {}, "pattern/dayOfMonth"),
        ({"type": "absoluteYearly", "dayOfMonth": 1}, {}, "pattern/month"),
        ({"type": "relativeYearly", "daysOfWeek": ["monday"], "month": 13}, {}, "pattern/month"),
        ({"type": "daily"}, {"type": "endDate", "endDate": "2025-10-14"}, "range/endDate"),
        ({"type": "daily"}, {"type": "numbered"}, "range/numberOfOccurrences"),
        ({"type": "daily"}, {"startDate": None}, "range/startDate"),
    ],
)
def test_what_no_recurrence_can_be_has_no_days(pattern, span, where):
    wrong = series(pattern, **span)
    assert problem(wrong)[1] == where
    assert first(1, wrong) == []


# As an independent library has it ---------------------------------------------------------------


def generated(random):
    """A series that can be, with the start that it has."""
    kind = random.choice(["daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"])  # fmt: skip
    start = date(2019, 12, 20) + timedelta(days=random.randrange(900))
    pattern = {
        "type": kind,
        "interval": random.randint(1, 5),
        "daysOfWeek": random.sample(DAYS, random.randint(1, 4)),
        "firstDayOfWeek": random.choice(DAYS),
        "index": random.choice([*INDEXES]),
        "dayOfMonth": random.randint(1, 31),
        "month": random.randint(1, 12),
    }
    span = {"type": random.choice(["noEnd", "endDate", "numbered"]), "startDate": start.isoformat()}
    span["endDate"] = (start + timedelta(days=random.randrange(1500))).isoformat()
    span["numberOfOccurrences"] = random.randint(1, 40)
    return {"pattern": pattern, "range": span}


def of_library(recurrence):
    """The same as python-dateutil has it."""
    pattern, span = recurrence["pattern"], recurrence["range"]
    kind = pattern["type"]
    known = {
        "interval": pattern["interval"],
        "wkst": DAYS.index(pattern["firstDayOfWeek"]),
        "dtstart": datetime.fromisoformat(span["startDate"]),
    }
    week = [rrule.weekday(DAYS.index(each)) for each in pattern["daysOfWeek"]]
    if span["type"] == "endDate":
        known["until"] = datetime.fromisoformat(span["endDate"])
    if span["type"] == "numbered":
        known["count"] = span["numberOfOccurrences"]
    if kind.endswith("Yearly"):
        known["bymonth"] = pattern["month"]
    if kind == "daily":
        return rrule.rrule(rrule.DAILY, **known)
    if kind == "weekly":
        return rrule.rrule(rrule.WEEKLY, byweekday=week, **known)
    often = rrule.MONTHLY if kind.endswith("Monthly") else rrule.YEARLY
    if kind.startswith("relative"):
        return rrule.rrule(often, byweekday=week, bysetpos=INDEXES[pattern["index"]], **known)
    # Outlook takes the last day of a month that is too short, iCalendar none at all: so it is said
    # as the last of the days up to the wanted one.
    upto = tuple(range(1, pattern["dayOfMonth"] + 1))
    return rrule.rrule(often, bymonthday=upto, bysetpos=-1, **known)


@pytest.mark.parametrize("part", range(20))
def test_days_are_those_of_an_independent_library(part):
    random = Random(part)
    for _ in range(100):
        recurrence = generated(random)
        low = date(2019, 12, 1) + timedelta(days=random.randrange(2500))
        high = low + timedelta(days=random.randrange(400))
        expected = of_library(recurrence).between(
            datetime(low.year, low.month, low.day), datetime(high.year, high.month, high.day), inc=True
        )  # fmt: skip
        assert [*days(recurrence, low, high)] == [each.date() for each in expected], recurrence


def test_short_months_are_where_the_library_differs():
    pattern = {"type": "absoluteMonthly", "dayOfMonth": 31}
    found = first(12, series(pattern), date(2026, 1, 1))
    assert found == [f"2026-{month:02}-{monthrange(2026, month)[1]:02}" for month in range(1, 13)]
    plain = rrule.rrule(rrule.MONTHLY, bymonthday=31, dtstart=datetime(2026, 1, 1), count=7)
    assert [f"{each:%Y-%m-%d}" for each in plain] == [each for each in found if each.endswith("31")]
