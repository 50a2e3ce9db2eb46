"""Functions of dates and times: days are counted from 1900, which Excel takes for a leap year.

https://support.microsoft.com/office/date-and-time-functions-reference
"""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.workloads.files.excel.functions.dates import (
    LAST,
    SECONDS,
    Day,
    day_of,
    days_in,
    read_moment,
    serial_of,
)
from fakegraph.workloads.files.excel.functions.faults import NUM, VALUE, Fault
from fakegraph.workloads.files.excel.functions.values import Built, flat, integer


def _date(year: int, month: int, day: int) -> int:
    if not 0 <= year <= 9999 or abs(month) > LAST:
        raise Fault(NUM)
    return serial_of(year + (1900 if year < 1900 else 0), month, day)


def _date_value(said: str) -> int:
    found = math.floor(read_moment(said))
    if not found:
        raise Fault(VALUE)
    return found


def _time_value(said: str) -> float:
    found = read_moment(said)
    return float(f"{found % 1:.15g}")


def _time(hour: int, minute: int, second: int) -> float:
    whole = hour * 3600 + minute * 60 + second
    if whole < 0 or max(hour, minute, second) > 32_767:
        raise Fault(NUM)
    return whole % SECONDS / SECONDS


def _clock(serial: float) -> tuple[int, int, int]:
    if not 0 <= serial <= LAST + 1:
        raise Fault(NUM)
    seconds = math.floor(serial % 1 * SECONDS + 0.5) % SECONDS
    return seconds // 3600, seconds // 60 % 60, seconds % 60


# Weeks and months --------------------------------------------------------------------------------

_FIRST_DAYS = {1: 7, 2: 1, **{10 + each: each for each in range(1, 8)}}
"""The day that weeks begin with, from 1 for Monday, by what says so."""


def _iso_day(serial: float) -> int:
    """From 1 for Monday; the days before March 1900 are as Excel has them."""
    day_of(serial)
    return (math.floor(serial) - 2) % 7 + 1


def _weekday(serial: float, type_: int) -> int:
    if type_ == 3:
        return _iso_day(serial) - 1
    if type_ not in _FIRST_DAYS:
        raise Fault(NUM)
    return (_iso_day(serial) - _FIRST_DAYS[type_]) % 7 + 1


def _week_number(serial: float, type_: int) -> int:
    if type_ == 21:
        return _iso_week(serial)
    if type_ not in _FIRST_DAYS:
        raise Fault(NUM)
    first = serial_of(day_of(serial)[0], 1, 1)
    return (math.floor(serial) - first + _weekday(first, type_) - 1) // 7 + 1


def _iso_week(serial: float) -> int:
    thursday = math.floor(serial) - _iso_day(serial) + 4
    first = serial_of(day_of(thursday)[0], 1, 1)
    return (thursday - first) // 7 + 1


def _later(serial: float, months: int) -> int:
    year, month, day = day_of(serial)
    year, month = year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1
    if not 1900 <= year <= 9999:
        raise Fault(NUM)
    return serial_of(year, month, min(day, days_in(year, month)))


def _end_of_month(serial: float, months: int) -> int:
    year, month, _ = day_of(serial)
    return serial_of(year, month + months + 1, 0)


_DAYS_OFF = {
    1: (6, 7),
    **{each: ((each + 4) % 7 or 7, (each + 5) % 7 or 7) for each in range(2, 8)},
    11: (7,),
    **{each: (each - 11,) for each in range(12, 18)},
}
"""The days of a week that nobody works, from 1 for Monday, by what says so."""
_MOST_DAYS = 1_000_000


def _days_off(weekend: Any) -> frozenset[int]:
    if isinstance(weekend, str):
        if not re.fullmatch("[01]{7}", weekend):
            raise Fault(VALUE)
        return frozenset(at for at, each in enumerate(weekend, 1) if each == "1")
    which = 1 if weekend is None else integer(weekend)
    if which not in _DAYS_OFF:
        raise Fault(NUM)
    return frozenset(_DAYS_OFF[which])


def _holidays(said: Any) -> frozenset[int]:
    values = said if isinstance(said, list) else [said]
    return frozenset(integer(each) for each in flat(values) if each is not None)


def _net_days(start: float, end: float, weekend: Any, holidays: Any) -> int:
    day_of(start), day_of(end)
    off, free = _days_off(weekend), _holidays(holidays)
    low, high = sorted((math.floor(start), math.floor(end)))
    weeks, rest = divmod(high - low + 1, 7)
    found = weeks * (7 - len(off)) + sum(
        _iso_day(each) not in off for each in range(high - rest + 1, high + 1)
    )
    found -= sum(low <= each <= high and _iso_day(each) not in off for each in free)
    return found if start <= end else -found


def _work_day(start: float, days: int, weekend: Any, holidays: Any) -> int:
    day_of(start)
    off, free = _days_off(weekend), _holidays(holidays)
    if len(off) == 7:
        raise Fault(VALUE)
    if abs(days) > _MOST_DAYS:
        raise Fault(NUM)
    at, step = math.floor(start), 1 if days > 0 else -1
    for _ in range(abs(days)):
        at += step
        while at >= 0 and (_iso_day_free(at) in off or at in free):
            at += step
    day_of(at)
    return at


def _iso_day_free(serial: int) -> int:
    return (serial - 2) % 7 + 1


# Years -------------------------------------------------------------------------------------------


def days_360(start: float, end: float, european: bool) -> int:
    """How many days are between two, in years of twelve months of 30 days."""
    first, last = day_of(start), day_of(end)
    return _days_360(first, last, european=european, ends=False)


def _days_360(first: Day, last: Day, *, european: bool, ends: bool) -> int:
    """``ends``: the ends of two Februaries are the 30th, as where years are counted."""
    (year, month, day), (year_2, month_2, day_2) = first, last
    if european:
        day, day_2 = min(day, 30), min(day_2, 30)
    else:
        at_end = day == days_in(year, month) and (day == 31 or month == 2)
        if ends and month == month_2 == 2 and at_end and day_2 == days_in(year_2, 2):
            day_2 = 30
        if at_end:
            day = 30
        if day_2 == 31:
            if day < 30 and not ends:
                month_2, day_2 = month_2 + 1, 1
            elif day == 30:
                day_2 = 30
    return (year_2 - year) * 360 + (month_2 - month) * 30 + day_2 - day


def year_fraction(start: float, end: float, basis: int) -> float:
    """How many years are between two days, as a basis counts days. Raises Fault."""
    low, high = sorted((math.floor(start), math.floor(end)))
    first, last = day_of(low), day_of(high)
    if basis in (0, 4):
        return _days_360(first, last, european=basis == 4, ends=True) / 360
    if basis in (2, 3):
        return (high - low) / (360 if basis == 2 else 365)
    if basis != 1:
        raise Fault(NUM)
    return (high - low) / _year_length(first, last)


def _year_length(first: Day, last: Day) -> float:
    if last[0] - first[0] > 1 or (last[0] > first[0] and last[1:] > first[1:]):
        days = serial_of(last[0] + 1, 1, 1) - serial_of(first[0], 1, 1)
        return days / (last[0] - first[0] + 1)
    if first[0] == last[0]:
        return 366 if calendar.isleap(first[0]) else 365
    has_leap_day = any(
        calendar.isleap(year) and first <= (year, 2, 29) <= last for year in (first[0], last[0])
    )
    return 366 if has_leap_day else 365


def _part(at: int) -> Callable[[float], int]:
    return lambda serial: day_of(serial)[at]


def _clock_part(at: int) -> Callable[[float], int]:
    return lambda serial: _clock(serial)[at]


FUNCTIONS: Mapping[str, Built] = {
    "date": Built(_date, "year:i month:i day:i"),
    "datevalue": Built(_date_value, "dateText:t"),
    "day": Built(_part(2), "serialNumber"),
    "days": Built(lambda end, start: math.floor(end) - math.floor(start), "endDate startDate"),
    "days360": Built(days_360, "startDate endDate method:b=false"),
    "edate": Built(_later, "startDate months:i"),
    "eoMonth": Built(_end_of_month, "startDate months:i"),
    "hour": Built(_clock_part(0), "serialNumber"),
    "isoWeekNum": Built(_iso_week, "date"),
    "minute": Built(_clock_part(1), "serialNumber"),
    "month": Built(_part(1), "serialNumber"),
    "networkDays": Built(
        lambda start, end, holidays: _net_days(start, end, None, holidays),
        "startDate endDate holidays:x?",
    ),
    "networkDays_Intl": Built(_net_days, "startDate endDate weekend:s? holidays:x?"),
    "second": Built(_clock_part(2), "serialNumber"),
    "time": Built(_time, "hour:i minute:i second:i"),
    "timevalue": Built(_time_value, "timeText:t"),
    "weekday": Built(_weekday, "serialNumber returnType:i=1"),
    "weekNum": Built(_week_number, "serialNumber returnType:i=1"),
    "workDay": Built(
        lambda start, days, holidays: _work_day(start, days, None, holidays),
        "startDate days:i holidays:x?",
    ),
    "workDay_Intl": Built(_work_day, "startDate days:i weekend:s? holidays:x?"),
    "year": Built(_part(0), "serialNumber"),
    "yearFrac": Built(year_fraction, "startDate endDate basis:i=0"),
}
