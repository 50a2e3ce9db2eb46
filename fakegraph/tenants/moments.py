"""When things were written: which number of a store's writes a time of the tenant stands for."""

from __future__ import annotations

import threading
from bisect import bisect_right

from fakegraph.edm.values import Instant
from fakegraph.store import Store

_MOST = 20_000


class Moments:
    """The last moments after which nothing was written for a while. Threads may share it.

    What was written without being noted counts to the next moment, so a time stands for no more
    writes than there were.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = ""
        self._times: list[Instant] = []
        self._numbers: list[int] = []

    def note(self, now: Instant, store: Store) -> None:
        """What has been written so far was written by now."""
        number = store.changes.ends
        with self._lock:
            if store.generation != self._generation:
                self._generation, self._times, self._numbers = store.generation, [], []
            elif len(self._times) >= _MOST:
                del self._times[: _MOST // 2], self._numbers[: _MOST // 2]
            if self._times and now < self._times[-1]:  # the clock was put back
                kept = bisect_right(self._times, now)
                del self._times[kept:], self._numbers[kept:]
            self._times.append(now)
            self._numbers.append(number)

    def at(self, when: Instant, store: Store) -> int | None:
        """The number of the last write by then; None for before all that is known."""
        with self._lock:
            place = bisect_right(self._times, when)
            if store.generation != self._generation or not place:
                return None
            return self._numbers[place - 1]
