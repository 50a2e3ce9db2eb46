"""Throttling as the service does it: a budget of requests in a window, per tenant and app.

https://learn.microsoft.com/graph/throttling
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass

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
        budget, window = self._limit.requests, self._limit.seconds * TICKS_PER_SECOND
        with self._lock:
            seen = self._seen.setdefault(app, deque(maxlen=budget))
            self._seen.move_to_end(app)
            if len(self._seen) > _MAX_APPS:
                self._seen.popitem(last=False)
            while seen and not now - window < seen[0] <= now:
                seen.popleft()  # also what lies in the future, after the clock was turned back
            granted = len(seen) < budget
            seen.append(now)
            used, oldest = len(seen), seen[0]
        wait = max(1, math.ceil((oldest + window - now) / TICKS_PER_SECOND))
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

    def reset(self) -> None:
        """Give everyone a whole budget."""
        with self._lock:
            self._seen.clear()
