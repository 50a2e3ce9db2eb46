"""``Notice``: one notification, from the change that it tells of to the answer that ends it."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import TICKS_PER_HOUR, TICKS_PER_SECOND, Instant, format_instant

WAITING, UNDER_WAY, DELIVERED, DROPPED = "waiting", "underWay", "delivered", "dropped"
LONGEST = 4 * TICKS_PER_HOUR
"""How long the service tries: then a notification is dropped."""
_FIRST_GAP, _LONGEST_GAP = TICKS_PER_SECOND, TICKS_PER_HOUR
_SUCCESS = range(200, 300)

At = tuple[int, int]
"""The number of the write that is told of, and which of what a subscription is told of it."""


@dataclass(slots=True)
class Attempt:
    """One try: when it ended, and with what; ``status`` is 0 where there was no answer."""

    time: Instant
    status: int
    error: str = ""

    @property
    def shown(self) -> dict[str, Any]:
        """As the control API has it."""
        said = {"error": self.error} if self.error else {}
        return {"time": format_instant(self.time), "status": self.status or None, **said}


@dataclass(slots=True)
class Notice:
    """One item of a notification's ``value``, and what became of it.

    ``at`` is None for what tells of no change. ``validated``: for whose contents a token proves
    where they come from. ``by``: which server delivers it, where there are several, and ``until``
    when it is sure to have ended, as machines tell the time.
    """

    number: int
    subscription: str
    url: str
    item: dict[str, Any]
    made: Instant
    due: Instant
    at: At | None = None
    validated: str = ""
    state: str = WAITING
    attempts: list[Attempt] = field(default_factory=list)
    by: str = ""
    until: float = 0.0

    @property
    def lasts(self) -> bool:
        """Whether it is still to be delivered."""
        return self.state in (WAITING, UNDER_WAY)

    def answered(self, now: Instant, status: int, error: str) -> None:
        """Take in what a try ended with: it is over, or due again, each time later than before."""
        self.attempts.append(Attempt(now, status, error))
        if status in _SUCCESS:
            self.state = DELIVERED
        elif now - self.made >= LONGEST:
            self.state = DROPPED
        else:
            gap = min(_FIRST_GAP << min(len(self.attempts) - 1, 12), _LONGEST_GAP)
            self.state, self.due = WAITING, Instant(now + gap)

    @property
    def shown(self) -> dict[str, Any]:
        """As the control API has it."""
        due = {"due": format_instant(self.due)} if self.state == WAITING else {}
        return {
            "number": self.number,
            "subscriptionId": self.subscription,
            "url": self.url,
            "state": self.state,
            "time": format_instant(self.made),
            **due,
            "notification": self.item,
            "attempts": [each.shown for each in self.attempts],
        }
