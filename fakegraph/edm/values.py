"""Edm values: from the text or JSON of the wire to something that compares.

Records keep what the wire said. To compare, sort and compute, a value becomes a *key*: dates and
times become counts of 100 ns ticks, so that no digit is lost to ``datetime``'s microseconds.
Text forms are those of OData ABNF 4.01, section 7. Everything here raises :class:`ValueError`
with words that say what is wrong.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from fakegraph.edm.types import EnumType, PrimitiveType, Type

TICKS_PER_SECOND = 10_000_000
TICKS_PER_MINUTE = 60 * TICKS_PER_SECOND
TICKS_PER_HOUR = 60 * TICKS_PER_MINUTE
TICKS_PER_DAY = 24 * TICKS_PER_HOUR

MAX_OFFSET_MINUTES = 14 * 60  # what .NET's DateTimeOffset, and so the service, allows
BYTE_RANGE = range(2**8)
SBYTE_RANGE = range(-(2**7), 2**7)
INT16_RANGE = range(-(2**15), 2**15)
INT32_RANGE = range(-(2**31), 2**31)
INT64_RANGE = range(-(2**63), 2**63)
MAX_SINGLE = (2 - 2**-23) * 2.0**127

_DATE_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?"
    r"(Z|([+-])(\d\d):(\d\d))?",
    re.ASCII | re.IGNORECASE,
)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?", re.ASCII)
_DURATION = re.compile(
    r"([+-])?P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,12}))?S)?)?",
    re.ASCII,
)
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


class Instant(int):
    """A point in time: 100 ns ticks since 0001-01-01T00:00:00Z, with the offset it was written in.

    It compares as a plain number; ``offset`` (minutes east of UTC) only matters to functions such
    as ``hour()``, which OData evaluates in the value's own time zone.
    """

    offset: int = 0

    @classmethod
    def at(cls, ticks: int, offset: int) -> Instant:
        """One that was written with an offset."""
        self = cls(ticks)
        if offset:  # nearly none has one of its own, and a number alone weighs half
            self.offset = offset
        return self

    @property
    def local(self) -> int:
        """Ticks since 0001-01-01 on the clock of the value's own offset."""
        return self + self.offset * TICKS_PER_MINUTE


MAX_INSTANT = Instant(date.max.toordinal() * TICKS_PER_DAY - 1)


@lru_cache(maxsize=1 << 16)
def instant(text: str) -> Instant:
    """Read a DateTimeOffset such as ``2017-01-01T00:00:02.9716266+03:00``.

    Raises ValueError when the text is not one, lacks its offset, names a day or time that does
    not exist, is finer than 100 ns, or lies outside the years 1 to 9999.
    """
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError("a date and time is written like 2024-01-31T23:59:59.1234567Z")
    year, month, day, hour, minute, second, fraction, zone, sign, zone_hour, zone_minute = (
        match.groups()
    )
    if zone is None:
        raise ValueError("it has no offset: end it with Z or, for example, +01:00")
    offset = 0 if sign is None else int(zone_hour) * 60 + int(zone_minute)
    if offset > MAX_OFFSET_MINUTES or (sign and int(zone_minute) > 59):
        raise ValueError(f"the offset {zone} does not exist: the range is -14:00 to +14:00")
    if sign == "-":
        offset = -offset
    local = day_number(year, month, day) * TICKS_PER_DAY + _time_ticks(
        hour, minute, second, fraction
    )
    utc = local - offset * TICKS_PER_MINUTE
    if not 0 <= utc <= MAX_INSTANT:
        raise ValueError("in UTC it lies outside the years 0001 to 9999")
    return Instant.at(utc, offset)


_PLAIN = re.compile(
    r"[1-8]\d{3}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,7})?"
    r"(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)",
    re.ASCII,
)


def is_plain_instant(value: object) -> bool:
    """Whether it is a text that ``instant`` surely reads; a third of its time, for many of them."""
    if type(value) is not str or not _PLAIN.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def format_instant(value: Instant) -> str:
    """The text of an instant, in its own offset, with only the fractional digits it needs."""
    seconds, fraction = divmod(value.local, TICKS_PER_SECOND)
    digits = f".{fraction:07d}".rstrip("0") if fraction else ""
    return f"{_second(seconds)}{digits}{_zone(value.offset) if value.offset else 'Z'}"


@lru_cache(maxsize=256)
def _second(number: int) -> str:
    """The text of a second since 0001-01-01. Kept, as what happens now mostly is in the same."""
    return (datetime.min + timedelta(seconds=number)).isoformat()


def _zone(offset: int) -> str:
    hours, minutes = divmod(abs(offset), 60)
    return f"{'-' if offset < 0 else '+'}{hours:02d}:{minutes:02d}"


def day_number(year: str, month: str, day: str) -> int:
    """Days since 0001-01-01. Raises ValueError for a day that the calendar does not have."""
    try:
        return date(int(year), int(month), int(day)).toordinal() - 1
    except ValueError as error:
        raise ValueError(f"the day {year}-{month}-{day} does not exist") from error


def _time_ticks(hour: str, minute: str, second: str | None, fraction: str | None) -> int:
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        shown = ":".join(part for part in (hour, minute, second) if part)
        raise ValueError(f"the time {shown} does not exist")
    return (
        int(hour) * TICKS_PER_HOUR
        + int(minute) * TICKS_PER_MINUTE
        + int(second or 0) * TICKS_PER_SECOND
        + _fraction_ticks(fraction)
    )


def _fraction_ticks(digits: str | None) -> int:
    if not digits:
        return 0
    if digits[7:].strip("0"):
        raise ValueError("it is finer than 100 ns: seven fractional digits at most")
    return int(digits[:7].ljust(7, "0"))


def day(text: str) -> int:
    """Read an ``Edm.Date`` such as ``2024-01-31`` into days since 0001-01-01."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError("a date is written like 2024-01-31")
    return day_number(*match.groups())


def time_of_day(text: str) -> int:
    """Read an ``Edm.TimeOfDay`` such as ``23:59:59.5`` into ticks since midnight."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("a time of day is written like 23:59:59.1234567")
    return _time_ticks(*match.groups())


def duration(text: str) -> int:
    """Read an ``Edm.Duration`` such as ``P1DT2H`` or ``-PT0.5S`` into ticks."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()[1:5]):
        raise ValueError("a duration is written like P1DT2H30M5.5S")
    sign, days, hours, minutes, seconds, fraction = match.groups()
    ticks = (
        _bounded(days) * TICKS_PER_DAY
        + _bounded(hours) * TICKS_PER_HOUR
        + _bounded(minutes) * TICKS_PER_MINUTE
        + _bounded(seconds) * TICKS_PER_SECOND
        + _fraction_ticks(fraction)
    )
    if ticks not in INT64_RANGE:
        raise ValueError("the duration is longer than Edm.Duration can hold")
    return -ticks if sign == "-" else ticks


def _bounded(digits: str | None) -> int:
    if digits and len(digits) > 19:  # int() refuses thousands of digits with other words
        raise ValueError("the duration is longer than Edm.Duration can hold")
    return int(digits or 0)


def guid(text: str) -> str:
    """Read an ``Edm.Guid``; two that differ only in case are the same."""
    if _GUID.fullmatch(text) is None:
        raise ValueError("a GUID is written like 4c03f248-f248-4c03-48f2-034c48f2034c")
    return text.lower()


_BLANKS = str.maketrans("", "", " \t\r\n")


def binary(text: str) -> bytes:
    """Read an ``Edm.Binary``: base64url as in OData JSON format 4.01, plain base64 as well.

    White space in it does not count, as in .NET: clients send certificates in lines.
    """
    try:
        text = text.translate(_BLANKS)
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        return base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("binary data is written in base64url") from error


def kept(value: Any) -> Any:
    """A JSON value as it is kept: whole numbers of more than 64 bits, wherever they are in it, as
    the nearest numbers that JSON writers have. Raises ValueError for one that is near to none.
    """
    if type(value) is int and value not in INT64_RANGE:
        return double(value)
    if isinstance(value, list):
        return [kept(each) for each in value]
    if isinstance(value, dict):
        return {name: kept(each) for name, each in value.items()}
    return value


def double(value: float | str) -> float:
    """Read an ``Edm.Double``; JSON has no word for ``INF``, ``-INF`` and ``NaN``, so text may."""
    if isinstance(value, str):
        if value not in {"INF", "-INF", "NaN"}:
            raise ValueError("as text, a double is one of INF, -INF, NaN")
        return float(value)
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError("the number is too large for Edm.Double") from error


def single(value: float | str) -> float:
    """Read an ``Edm.Single``: a double that is not larger than 32 bits can say."""
    number = double(value)
    if abs(number) > MAX_SINGLE and not isinstance(value, str):
        raise ValueError("the number is too large for Edm.Single")
    return number


def decimal(value: float | str | Decimal) -> Decimal:
    """Read an ``Edm.Decimal`` from a JSON number or, with IEEE754Compatible, from text."""
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError("a decimal is written like 12.50") from error


def same(value: Any) -> Any:
    """The key of a value that compares as it is."""
    return value


_KEYS: dict[str, Callable[[Any], Any]] = {
    "Edm.Binary": binary,
    "Edm.Boolean": same,
    "Edm.Byte": same,
    "Edm.Date": day,
    "Edm.DateTimeOffset": instant,
    "Edm.Decimal": decimal,
    "Edm.Double": double,
    "Edm.Duration": duration,
    "Edm.Guid": guid,
    "Edm.Int16": same,
    "Edm.Int32": same,
    "Edm.Int64": same,
    "Edm.SByte": same,
    "Edm.Single": single,
    "Edm.Stream": same,
    "Edm.String": same,
    "Edm.TimeOfDay": time_of_day,
    "Edm.Untyped": same,
}


def key_of(type_: Type) -> Callable[[Any], Any]:
    """The function from a stored value of that type to a key that compares; None stays None.

    Structured values and collections are compared by nobody: they keep their JSON.
    """
    if isinstance(type_, EnumType):
        return enum_key(type_)
    if isinstance(type_, PrimitiveType):
        return _KEYS[type_.name]
    return same


def enum_key(type_: EnumType) -> Callable[[str], int]:
    """From a member's name (or several, for flags, with commas) to its number."""
    members = type_.members
    if not type_.flags:
        return members.__getitem__

    def flags(value: str) -> int:
        total = 0
        for name in value.split(","):
            total |= members[name.strip()]
        return total

    return flags
