"""The index of when events may be leaves nothing out, and finds little beside what is there."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from fakegraph.workloads.outlook import spans
from fakegraph.workloads.outlook.recurrence import DAYS, problem, whole
from fakegraph.workloads.outlook.series import Window

_KINDS = (
    "daily",
    "weekly",
    "absoluteMonthly",
    "relativeMonthly",
    "absoluteYearly",
    "relativeYearly",
)


def _time(moment):
    return {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}


def _event(begin, length, recurrence=None):
    said = {"id": "AAMkseries=", "start": _time(begin), "end": _time(begin + length)}
    return {**said, "recurrence": recurrence and whole(recurrence, "UTC")}


def _drawn(draw):
    begin = datetime(2020, 1, 1) + timedelta(hours=draw.randrange(24 * 3000))
    length = draw.choice([timedelta(0), timedelta(hours=1), timedelta(hours=20)])
    if draw.random() < 0.3:
        return _event(begin, draw.choice([length, timedelta(days=draw.randrange(3000))]))
    pattern = {
        "type": draw.choice(_KINDS),
        "interval": draw.choice([1, 1, 2, 7, 30]),
        "daysOfWeek": draw.sample(DAYS, draw.randrange(1, 4)),
        "dayOfMonth": draw.randrange(1, 32),
        "month": draw.randrange(1, 13),
        "index": draw.choice(["first", "last", "third"]),
    }
    span = {
        "type": draw.choice(["noEnd", "endDate", "numbered"]),
        "startDate": str(begin.date()),
        "endDate": str(begin.date() + timedelta(days=draw.randrange(9000))),
        "numberOfOccurrences": draw.choice([1, 5, 150, 999]),
    }
    return _event(begin, length, {"pattern": pattern, "range": span})


def _there(window, event):
    if event["recurrence"]:
        return next(window.occurrences(event), None) is not None
    return window.has(event)


def test_what_is_in_a_window_has_one_of_its_keys():
    """1,500 events and series against windows of an hour to five years."""
    draw, seen = random.Random(5), 0
    for _ in range(1_500):
        event = _drawn(draw)
        assert not event["recurrence"] or problem(event["recurrence"]) is None
        keys = {*spans.keys_of(event)}
        assert spans.OPEN not in keys
        for _ in range(4):
            begin = datetime(2019, 1, 1, tzinfo=UTC) + timedelta(hours=draw.randrange(24 * 5000))
            end = begin + timedelta(hours=draw.choice([1, 24, 24 * 7, 24 * 400, 24 * 1825]))
            if _there(Window(begin, end, UTC), event):
                seen += 1
                assert keys & {*spans.keys_in(begin, end)}, (event, begin, end)
    assert seen > 1_000


def _series(kind, *, start="2015-01-05", **ends):
    day = date.fromisoformat(start)
    pattern = {"type": kind, "interval": 1, "daysOfWeek": ["monday"], "dayOfMonth": 5, "month": 1}
    span = {"type": "noEnd", "startDate": start, **ends}
    begin = datetime(day.year, day.month, day.day, 9)
    return _event(begin, timedelta(hours=1), {"pattern": pattern, "range": span})


@pytest.mark.parametrize(
    ("event", "is_found"),
    [
        (_event(datetime(2026, 5, 5, 9), timedelta(hours=1)), True),
        (_event(datetime(2026, 3, 5, 9), timedelta(hours=1)), False),
        (_event(datetime(2016, 3, 5), timedelta(days=6000)), True),
        (_event(datetime(2016, 3, 5), timedelta(days=3000)), False),
        (_series("weekly"), True),
        (_series("weekly", start="2026-06-01"), False),
        (_series("weekly", type="endDate", endDate="2026-03-01"), False),
        (_series("daily", type="numbered", numberOfOccurrences=999), False),
        (_series("daily", start="2026-05-01", type="numbered", numberOfOccurrences=999), True),
        (_series("absoluteYearly"), False),
        (_series("relativeYearly"), False),
    ],
)
def test_what_is_not_in_a_window_is_mostly_not_looked_at(event, is_found):
    keys = spans.keys_in(datetime(2026, 5, 4, tzinfo=UTC), datetime(2026, 5, 11, tzinfo=UTC))
    assert bool({*keys} & {*spans.keys_of(event)}) is is_found


@pytest.mark.parametrize("broken", [{}, {"start": {"dateTime": "no"}, "end": {}}])
def test_what_says_nothing_of_when_it_is_may_be_at_any_time(broken):
    assert spans.keys_of(broken) == [spans.OPEN]
    assert spans.OPEN in spans.keys_in(datetime.now(UTC), datetime.now(UTC))


def test_keys_are_few():
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    assert len(spans.keys_in(begin, begin + timedelta(days=7))) < 60
    assert len(spans.keys_in(begin, begin + timedelta(days=1825))) < 600
    assert len(spans.keys_of(_series("daily"))) < 40
