"""When events may be, as keys of an index, so that what is in a window is found by few of them.

A span of weeks is a few nodes of a tree: its leaves are weeks, and each node above has those of the
two below (a segment tree). A window asks for the nodes of its weeks and all above these. What comes
once a year, for many years, has its months instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.workloads.outlook.recurrence import days
from fakegraph.workloads.outlook.zones import moment_of

OPEN = "open"
"""The key of what may be at any time."""
_MOST_WEEKS = 120
_LEVELS = 20  # so many have more weeks than the calendar
_LAST = 2**_LEVELS - 1
_DAY = timedelta(days=1)


def keys_of(record: Mapping[str, Any]) -> list[str]:
    """The keys of an event or a series."""
    try:
        first, last = (moment_of(record[name])[0].toordinal() for name in ("start", "end"))
        recurrence = record.get("recurrence")
        if not recurrence:
            return [*_nodes((first - 1) // 7, (last + 1) // 7)]
        return _of_series(recurrence, date.fromordinal(first), last - first + 2)
    except (GraphError, KeyError, TypeError, ValueError, OverflowError):
        return [OPEN]


def keys_in(begin: datetime, end: datetime) -> list[str]:
    """The keys that have all that may be in a window."""
    first, last = (begin - _DAY).toordinal(), (end + _DAY).toordinal()
    found = [OPEN, *map(_month, _months(first, last))]
    low, high = first // 7, last // 7
    for level in range(_LEVELS + 1):
        found += (_node(level, number) for number in range(low, high + 1))
        low, high = low // 2, high // 2
    return found


def _of_series(recurrence: Mapping[str, Any], begin: date, spare: int) -> list[str]:
    """Those of a series whose occurrences end so many days after they begin, at most."""
    span, pattern = recurrence["range"], recurrence["pattern"]
    if pattern["type"].endswith("Yearly") and spare < 300:
        return _of_years(recurrence, begin, spare)
    first, last = begin.toordinal() - 2, _LAST * 7
    if span["type"] == "endDate":
        last = date.fromisoformat(span["endDate"]).toordinal() + spare
    if span["type"] == "numbered":
        last = max(map(date.toordinal, days(recurrence, date.min, date.max))) + spare
    return [*_nodes(first // 7, last // 7)]


def _of_years(recurrence: Mapping[str, Any], begin: date, spare: int) -> list[str]:
    """Those of a series that comes once a year or more rarely: weeks, or months of many years."""
    weeks: dict[int, None] = {}
    months: dict[int, None] = {}
    for day in days(recurrence, begin - 2 * _DAY, date.max):
        number = day.toordinal()
        weeks.update(dict.fromkeys(range((number - 1) // 7, (number + spare) // 7 + 1)))
        months.update(dict.fromkeys(_months(number - 1, number + spare)))
        if len(weeks) > _MOST_WEEKS:
            return [*map(_month, months)]
    return [*map(_week, weeks)]


def _months(first: int, last: int) -> Iterable[int]:
    """The months of the year that some days have a part of."""
    here, until = (
        date.fromordinal(max(1, min(each, date.max.toordinal()))) for each in (first, last)
    )
    count = min(12 * (until.year - here.year) + until.month - here.month + 1, 12)
    return ((here.month + number - 1) % 12 + 1 for number in range(count))


def _nodes(low: int, high: int) -> Iterator[str]:
    """The nodes that have the weeks from one to another, and no others."""
    high = min(high, _LAST) + 1
    for level in range(_LEVELS + 1):
        if low >= high:
            return
        if low % 2:
            yield _node(level, low)
            low += 1
        if high % 2:
            high -= 1
            yield _node(level, high)
        low, high = low // 2, high // 2


def _node(level: int, number: int) -> str:
    return f"{level}.{number}" if level else _week(number)


def _week(number: int) -> str:
    return str(number)


def _month(number: int) -> str:
    return f"month.{number}"
