"""Throttling as the service does it: a budget of requests in a window, per tenant and app.

https://learn.microsoft.com/graph/throttling
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import TICKS_PER_SECOND, Instant
from fakegraph.settings import RateLimit

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

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit
        self._seen: OrderedDict[str, deque[int]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, app: str, now: Instant) -> Allowance:
        """May this app's request pass at this time?"""
        budget = self._limit.requests
        with self._lock:
            seen = self._seen.setdefault(app, deque(maxlen=budget))
            self._seen.move_to_end(app)
            if len(self._seen) > _MAX_APPS:
                self._seen.popitem(last=False)
            self._forget(seen, now)
            granted = len(seen) < budget
            seen.append(now)
            used, wait = len(seen), self._wait(seen, now)
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
        with self._lock:
            for seen in self._seen.values():
                self._forget(seen, now)
            apps = [
                {"app": app, "used": len(seen), "resetSeconds": self._wait(seen, now)}
                for app, seen in reversed(self._seen.items())
                if seen
            ]
        return {"requests": self._limit.requests, "seconds": self._limit.seconds, "apps": apps}

    def reset(self) -> None:
        """Give everyone a whole budget."""
        with self._lock:
            self._seen.clear()
