"""Python's values as the control API takes them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from fakegraph.handle.errors import BadValue, Misuse


def encoded(body: Any) -> str:
    """A body as JSON; dates and times, durations, UUIDs, paths and enums are taken as text is."""
    return json.dumps(body, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | time | timedelta | UUID | PurePath):
        return text(value)
    raise Misuse(f"{value!r} is nothing that can be sent: JSON has no {type(value).__name__}")


def text(value: object) -> str:
    """A value as the control API writes it in texts."""
    if isinstance(value, datetime):
        return aware(value).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    return duration(value) if isinstance(value, timedelta) else str(value)


def duration(by: timedelta | float) -> str:
    """A length of time, or seconds, as an ``Edm.Duration``."""
    delta = by if isinstance(by, timedelta) else timedelta(seconds=by)
    sign = "-" if delta < timedelta() else ""
    delta = abs(delta)
    seconds = delta.days * 86_400 + delta.seconds
    return f"{sign}PT{seconds}.{delta.microseconds:06d}S"


def retry_after(wanted: float | str | datetime | timedelta | None) -> float | str | None:
    """What ``Retry-After`` is to say; a moment is said as an HTTP date (RFC 9110, 5.6.7)."""
    if isinstance(wanted, timedelta):
        return wanted.total_seconds()
    if isinstance(wanted, datetime):
        return format_datetime(aware(wanted).astimezone(UTC), usegmt=True)
    return wanted


def aware(moment: datetime) -> datetime:
    """The same. Raises BadValue where it has none, and so could mean many moments."""
    if moment.utcoffset() is None:
        raise BadValue(
            f"{moment!r} has no time zone: give it one, as in datetime(2024, 1, 31, tzinfo=UTC)"
        )
    return moment
