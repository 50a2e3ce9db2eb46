"""Dates and times as Excel numbers them: days from 1900, which it takes for a leap year.

https://support.microsoft.com/office/date-systems-in-excel
"""

from __future__ import annotations

import calendar
import math
import re
from datetime import date, timedelta

from fakegraph.workloads.files.excel.functions.faults import NUM, VALUE, Fault

_BEGIN = date(1899, 12, 30)
_LEAP = 60  # the day that was none: 29 February 1900
#: The last day, 31 December 9999, and how many seconds one has.
LAST = 2_958_465
SECONDS = 86_400

Day = tuple[int, int, int]


def day_of(serial: float) -> Day:
    """The year, the month and the day of a number. Raises Fault for none."""
    whole = math.floor(serial)
    if not 0 <= whole <= LAST:
        raise Fault(NUM)
    if whole == 0:
        return 1900, 1, 0
    if whole == _LEAP:
        return 1900, 2, 29
    found = _BEGIN + timedelta(whole + (whole < _LEAP))
    return found.year, found.month, found.day


def serial_of(year: int, month: int, day: int) -> int:
    """The number of a day; months and days that there are not go on. Raises Fault."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    if not 1899 <= year <= 9999 or abs(day) > LAST:
        raise Fault(NUM)
    first = (date(year, month, 1) - _BEGIN).days
    found = first - (first <= _LEAP) + day - 1
    if not 0 <= found <= LAST:
        raise Fault(NUM)
    return found


# Texts -------------------------------------------------------------------------------------------

_MONTHS = {name.lower()[:3]: at for at, name in enumerate(calendar.month_name) if name}
_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_DATES = tuple(
    re.compile(form)
    for form in (
        r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})",
        rf"(?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}})[-/]{_YEAR}",
        rf"(?P<day>\d{{1,2}})[- ]{_NAME}[- ,]+{_YEAR}",
        rf"{_NAME} (?P<day>\d{{1,2}}),? +{_YEAR}",
    )
)
_TIME = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2}))?(?::(?P<second>\d{1,2}(?:\.\d{1,9})?))?"
    r"(?: ?(?P<half>[AaPp])[Mm])?"
)
_THIS_CENTURY = 30


def read_moment(said: str) -> float:
    """The number of a date, of a time, or of both, as a text says it. Raises Fault."""
    first, _, rest = said.strip().replace("T", " ").removesuffix("Z").rpartition(" ")
    clock = _time_of(rest)
    if clock is None:  # of a time with AM behind a blank there are two words
        first, _, more = first.rpartition(" ")
        clock = _time_of(f"{more} {rest}")
    if clock is None:
        return _date_of(said.strip())
    return clock if not first else _date_of(first.strip()) + clock


def _date_of(said: str) -> int:
    found = next(filter(None, (form.fullmatch(said) for form in _DATES)), None)
    if found is None:
        raise Fault(VALUE)
    parts = found.groupdict()
    name = parts.get("name")
    month = int(parts["month"]) if name is None else _month_named(name)
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 2000 if year < _THIS_CENTURY else 1900
    day = int(parts["day"])
    if not year >= 1900 or not 1 <= month <= 12 or not 1 <= day <= days_in(year, month):
        raise Fault(VALUE)
    return serial_of(year, month, day)


def _month_named(name: str) -> int:
    month = _MONTHS.get(name.lower()[:3], 0)
    whole = calendar.month_name[month].lower()
    if not month or name.lower() not in (whole, whole[:3], "sept" if month == 9 else whole):
        raise Fault(VALUE)
    return month


def days_in(year: int, month: int) -> int:
    """How many days a month has."""
    return 29 if (year, month) == (1900, 2) else calendar.monthrange(year, month)[1]


def _time_of(said: str) -> float | None:
    found = _TIME.fullmatch(said.strip())
    if found is None or (found["minute"] is None and found["half"] is None):
        return None
    hour, half = int(found["hour"]), found["half"]
    minute, second = int(found["minute"] or 0), float(found["second"] or 0)
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in "Pp" else 0)
    if hour > 24 or minute > 59 or second >= 60:
        return None
    return (hour * 3600 + minute * 60 + second) / SECONDS
