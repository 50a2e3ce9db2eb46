"""Recurrence: on which days a series has an occurrence.

https://learn.microsoft.com/graph/api/resources/recurrencepattern and recurrencerange. Days are
worked out from the window that is asked for, however long ago a series began: but for those that
end after a number of occurrences, which has to be counted from the first.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST = 999
"""How many occurrences a numbered range may have."""
UNSET = "0001-01-01"

_INDEXES = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
_RELATIVE = ("relativeMonthly", "relativeYearly")
_ABSOLUTE = ("absoluteMonthly", "absoluteYearly")

Period = Callable[[int], Sequence[date]]
"""The fitting days of a pattern's period of that number, in order: there is always one."""


def whole(recurrence: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """A recurrence as the service shows it: with all that its kind has no use for as well."""
    pattern, span = dict(recurrence.get("pattern") or {}), dict(recurrence.get("range") or {})
    of_pattern = {"month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday", "index": "first"}
    of_range = {"numberOfOccurrences": 0, "endDate": UNSET, "recurrenceTimeZone": zone}
    return {
        "pattern": {**of_pattern, "interval": 1, **_given(pattern)},
        "range": {**of_range, **_given(span)},
    }


def _given(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if value is not None}


def problem(recurrence: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is wrong with a recurrence, and where; None for one that can be."""
    pattern, span = recurrence.get("pattern") or {}, recurrence.get("range") or {}
    kind = pattern.get("type")
    checks = (
        (not kind, "A pattern has a type.", "pattern/type"),
        (_number(pattern, "interval") < 1, "An interval is 1 at least.", "pattern/interval"),
        (
            kind in ("weekly", *_RELATIVE) and not pattern.get("daysOfWeek"),
            f"A {kind} pattern has daysOfWeek.",
            "pattern/daysOfWeek",
        ),
        (
            kind in _ABSOLUTE and not 1 <= _number(pattern, "dayOfMonth") <= 31,
            "A dayOfMonth is from 1 to 31.",
            "pattern/dayOfMonth",
        ),
        (
            not 0 <= _number(pattern, "dayOfMonth") <= 31,
            "A dayOfMonth is from 1 to 31.",
            "pattern/dayOfMonth",
        ),
        (
            kind in ("absoluteYearly", "relativeYearly")
            and not 1 <= _number(pattern, "month") <= 12,
            "A month is from 1 to 12.",
            "pattern/month",
        ),
        (not 0 <= _number(pattern, "month") <= 12, "A month is from 1 to 12.", "pattern/month"),
        (not span.get("type"), "A range has a type.", "range/type"),
        (not span.get("startDate"), "A range has a startDate.", "range/startDate"),
        (
            span.get("type") == "endDate"
            and str(span.get("endDate") or "") < str(span.get("startDate")),
            "A range ends on its startDate or later.",
            "range/endDate",
        ),
        (
            span.get("type") == "numbered"
            and not 1 <= _number(span, "numberOfOccurrences") <= MOST,
            f"A numbered range has 1 to {MOST} occurrences.",
            "range/numberOfOccurrences",
        ),
    )
    return next(((why, where) for wrong, why, where in checks if wrong), None)


def _number(part: Mapping[str, Any], name: str, default: int = 0) -> int:
    value = part.get(name)
    return default if value is None else int(value)


def days(recurrence: Mapping[str, Any], low: date, high: date) -> Iterator[date]:
    """The days from one to another on which there is an occurrence, in order.

    Nothing where ``problem`` has something to say.
    """
    if problem(recurrence) is not None:
        return
    span, start = recurrence["range"], date.fromisoformat(recurrence["range"]["startDate"])
    left = span["numberOfOccurrences"] if span["type"] == "numbered" else None
    if span["type"] == "endDate":
        high = min(high, date.fromisoformat(span["endDate"]))
    periods = _periods(recurrence["pattern"], start)
    number = 0 if left is not None else periods[1](low)
    for day in _from(periods[0], number, start):
        if day > high or left == 0:
            return
        if left is not None:
            left -= 1
        if day >= low:
            yield day


def _from(period: Period, number: int, start: date) -> Iterator[date]:
    """The fitting days of a period and of all after it, that are not before a day."""
    try:
        while True:
            yield from (day for day in period(number) if day >= start)
            number += 1
    except (OverflowError, ValueError):  # the calendar has no day after the year 9999
        return


def _periods(pattern: Mapping[str, Any], start: date) -> tuple[Period, Callable[[date], int]]:
    """The periods of a pattern, and the number of the one to begin with for a day."""
    kind, interval = pattern["type"], _number(pattern, "interval", 1)
    if kind == "daily":
        return (lambda number: [start + timedelta(number * interval)]), _by_days(start, interval)
    if kind == "weekly":
        first = DAYS.index(pattern.get("firstDayOfWeek") or "sunday")
        week = start.toordinal() - (start.weekday() - first) % 7
        offsets = sorted((DAYS.index(each) - first) % 7 for each in set(pattern["daysOfWeek"]))
        step = 7 * interval

        def in_week(number: int) -> Sequence[date]:
            return _known(week + number * step + each for each in offsets)

        return in_week, lambda day: max((day.toordinal() - week) // step, 0)
    months = interval if kind.endswith("Monthly") else 12 * interval
    month = start.month if kind.endswith("Monthly") else _number(pattern, "month")
    begin = 12 * start.year + month - 1
    of_month = _relative(pattern) if kind in _RELATIVE else _absolute(pattern)

    def in_month(number: int) -> Sequence[date]:
        year, month = divmod(begin + number * months, 12)
        return [of_month(year, month + 1)]

    return in_month, lambda day: max((12 * day.year + day.month - 1 - begin) // months, 0)


def _known(ordinals: Iterator[int]) -> list[date]:
    """Days by their numbers, as far as the calendar goes. Raises ValueError where it has none."""
    found = [date.fromordinal(each) for each in ordinals if 1 <= each <= date.max.toordinal()]
    if not found:
        raise ValueError("no day")
    return found


def _by_days(start: date, interval: int) -> Callable[[date], int]:
    return lambda day: max((day - start).days // interval, 0)


def _absolute(pattern: Mapping[str, Any]) -> Callable[[int, int], date]:
    """A day of a month; of a shorter one the last."""
    wanted = _number(pattern, "dayOfMonth")
    return lambda year, month: date(year, month, min(wanted, monthrange(year, month)[1]))


def _relative(pattern: Mapping[str, Any]) -> Callable[[int, int], date]:
    """The first, second… or last of a month's days that are one of some days of the week."""
    wanted = {DAYS.index(each) for each in pattern["daysOfWeek"]}
    place = _INDEXES[pattern.get("index") or "first"]

    def of_month(year: int, month: int) -> date:
        first, length = monthrange(year, month)
        fitting = [day for day in range(1, length + 1) if (first + day - 1) % 7 in wanted]
        return date(year, month, fitting[place])

    return of_month
