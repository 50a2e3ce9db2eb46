"""When who made a subscription is told to approve of it again.

https://learn.microsoft.com/graph/change-notifications-lifecycle-events
"""

from __future__ import annotations

from fakegraph.edm.values import TICKS_PER_HOUR, TICKS_PER_MINUTE, Instant

REAUTHORIZED = "@reauthorized"
"""Where a subscription has when it was made, or last approved of."""

EVENTS = ("reauthorizationRequired", "subscriptionRemoved", "missed")
_SHARE = 4
_GAP = 15 * TICKS_PER_MINUTE


def next_reminder(approved: Instant, ends: Instant, reminded: Instant) -> Instant | None:
    """The next time after ``reminded``: when a quarter of the time is left, and in the last hour
    every 15 minutes. None where no more comes.
    """
    first = ends - (ends - approved) // _SHARE
    last_hour = (ends - TICKS_PER_HOUR + count * _GAP for count in range(_SHARE))
    times = (first, *(each for each in last_hour if each > first))
    return next((Instant(each) for each in times if each > reminded and each < ends), None)
