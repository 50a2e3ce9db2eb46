"""When who made a subscription is told to approve of it again.

https://learn.microsoft.com/graph/change-notifications-lifecycle-events
"""

from __future__ import annotations

from fakegraph.edm.values import TICKS_PER_HOUR, TICKS_PER_MINUTE, Instant

REAUTHORIZED = "@reauthorized"
"""Where a subscription has when it was made, or last approved of."""

SUBSCRIBER = "@subscriber"
"""Where a subscription has the id of the user who made it, which is shown to nobody."""

EVENTS = ("reauthorizationRequired", "subscriptionRemoved", "missed")
_SHARE = 4
_GAP = 15 * TICKS_PER_MINUTE
"""So long after a reminder comes the next, and nothing more is told who has not reacted by then."""


def next_reminder(approved: Instant, ends: Instant, reminded: Instant) -> Instant | None:
    """The next time after ``reminded``: when a quarter of the time is left, and in the last hour
    every 15 minutes. None where no more comes.
    """
    first = ends - (ends - approved) // _SHARE
    last_hour = (ends - TICKS_PER_HOUR + count * _GAP for count in range(_SHARE))
    times = (first, *(each for each in last_hour if each > first))
    return next((Instant(each) for each in times if each > reminded and each < ends), None)


def pauses(approved: Instant, ends: Instant, asked: Instant | None) -> Instant:
    """From when on nothing is told any more of what changes, unless it is approved of again: a
    while after the first reminder, or after one that a test had sent, which was at ``asked``.
    """
    first = next_reminder(approved, ends, Instant(0)) or ends
    return Instant((first if asked is None else min(first, asked)) + _GAP)
