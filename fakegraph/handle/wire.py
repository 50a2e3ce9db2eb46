"""Python's values as the control face takes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime


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
    """The same. Raises ValueError where it has no time zone, and so could mean many moments."""
    if moment.tzinfo is None:
        raise ValueError(
            f"{moment!r} has no time zone: give it one, as in datetime(2024, 1, 31, tzinfo=UTC)"
        )
    return moment
