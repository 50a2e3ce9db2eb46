"""Throttling as the service does it: a budget of requests in a window, per tenant and app.

https://learn.microsoft.com/graph/throttling
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import TICKS_PER_SECOND, Instant
from fakegraph.settings import RateLimit
from fakegraph.tenants.turns import Turns, alone

_NEAR = 0.8  # of the budget; from here on answers say how much is left
_MAX_APPS = 1_000  # a hostile client may name any number of them


@dataclass(frozen=True)
class Allowance:
    """What became of a request: whether it may pass, and the headers that say how things stand."""

    granted: bool
    headers: Mapping[str, str]


class Throttle:
    """The budgets of one tenant's apps. Threads may share it.

    A refused request counts like any other, as the service documents: a client that does not wait
    keeps itself out.
    """

    kind = "throttle"

    def __init__(self, limit: RateLimit, turns: Turns = alone) -> None:
        self._limit = limit
        self._seen: OrderedDict[str, deque[int]] = OrderedDict()
        self._turn = turns(self)

    def ask(self, app: str, now: Instant) -> Allowance:
        """May this app's request pass at this time?"""
        budget = self._limit.requests

        def work() -> tuple[bool, int, int]:
            seen = self._seen.setdefault(app, deque(maxlen=budget))
            self._seen.move_to_end(app)
            if len(self._seen) > _MAX_APPS:
                self._turn.note(self._seen.popitem(last=False)[0])
            self._forget(seen, now)
            granted = len(seen) < budget
            seen.append(now)
            self._turn.note(app)
            return granted, len(seen), self._wait(seen, now)

        granted, used, wait = self._turn(work)
        headers = {}
        if used >= _NEAR * budget:
            headers = {
                "RateLimit-Limit": str(budget),
                "RateLimit-Remaining": str(budget - used),
                "RateLimit-Reset": str(wait),
            }
        if not granted:
            headers["Retry-After"] = str(wait)
        return Allowance(granted, headers)

    @property
    def _window(self) -> int:
        return self._limit.seconds * TICKS_PER_SECOND

    def _forget(self, seen: deque[int], now: Instant) -> None:
        while seen and not now - self._window < seen[0] <= now:
            seen.popleft()  # also what lies in the future, after the clock was turned back

    def _wait(self, seen: deque[int], now: Instant) -> int:
        """In how many seconds there is room for one more than now."""
        return max(1, math.ceil((seen[0] + self._window - now) / TICKS_PER_SECOND))

    def shown(self, now: Instant) -> dict[str, Any]:
        """The budget, and what of it each app has used that asked within the window; those that
        asked latest come first.
        """

        def work() -> list[dict[str, Any]]:
            for seen in self._seen.values():
                self._forget(seen, now)
            return [
                {"app": app, "used": len(seen), "resetSeconds": self._wait(seen, now)}
                for app, seen in reversed(self._seen.items())
                if seen
            ]

        apps = self._turn(work)
        return {"requests": self._limit.requests, "seconds": self._limit.seconds, "apps": apps}

    def reset(self) -> None:
        """Give everyone a whole budget."""

        def work() -> None:
            for app in self._seen:
                self._turn.note(app)
            self._seen.clear()

        if self._seen:
            self._turn(work)

    def ids(self) -> Iterable[str]:
        """The apps that have asked."""
        return list(self._seen)

    def row(self, id_: str) -> Any:
        """When an app has asked."""
        seen = self._seen.get(id_)
        return None if seen is None else list(seen)

    def hear(self, id_: str, value: Any) -> None:
        """Know when an app has asked anywhere."""
        self._seen.pop(id_, None)
        if value is not None:
            self._seen[id_] = deque(value, maxlen=self._limit.requests)
