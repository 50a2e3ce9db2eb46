"""``Lines``: the notifications that wait, for each URL those that are due and those that are later.

Nothing here looks at all that wait: a receiver that fails must not cost the others anything.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator, Sequence

from fakegraph.changes.notices import UNDER_WAY, WAITING, At, Notice
from fakegraph.edm.values import Instant


class Line:
    """What waits for one URL: one notification is under way to it at a time."""

    def __init__(self) -> None:
        self.ready: deque[Notice] = deque()
        self.later: list[tuple[Instant, int, Notice]] = []
        self.under_way: Sequence[Notice] = ()

    def put(self, notice: Notice, now: Instant) -> None:
        """Have one wait until it is due."""
        if notice.due <= now:
            self.ready.append(notice)
        else:
            heapq.heappush(self.later, (notice.due, notice.number, notice))

    def ripen(self, now: Instant) -> None:
        """Have what is due by now ready."""
        while self.later and self.later[0][0] <= now:
            self.ready.append(heapq.heappop(self.later)[2])

    def __len__(self) -> int:
        return len(self.ready) + len(self.later) + len(self.under_way)

    def __iter__(self) -> Iterator[Notice]:
        yield from self.under_way
        yield from self.ready
        yield from (each for _, _, each in self.later)


class Lines:
    """All that waits, by URL; and by subscription, which changes that is of."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._open: dict[str, dict[At, None]] = {}

    def put(self, notice: Notice, now: Instant) -> None:
        """Have one wait until it is due."""
        self._lines.setdefault(notice.url, Line()).put(notice, now)
        self.note(notice)

    def resume(self, notice: Notice) -> None:
        """Know of one that it is under way."""
        line = self._lines.setdefault(notice.url, Line())
        line.under_way = [*line.under_way, notice]
        self.note(notice)

    def note(self, notice: Notice) -> None:
        """Know of a change that it is still to be told."""
        if notice.at is not None:
            self._open.setdefault(notice.subscription, {})[notice.at] = None

    def done(self, notice: Notice) -> None:
        """Know that one is over."""
        if notice.at is not None:
            self._open.get(notice.subscription, {}).pop(notice.at, None)

    def open(self, subscription: str) -> list[At]:
        """The changes that a subscription is still to be told of."""
        return sorted(self._open.get(subscription, ()))

    def take(self, now: Instant, most: int) -> Iterator[list[Notice]]:
        """What is to be sent now: for each URL that nothing is under way to, ``most`` at once."""
        for line in self._lines.values():
            line.ripen(now)
            if line.under_way or not line.ready:
                continue
            batch = [line.ready.popleft() for _ in range(min(most, len(line.ready)))]
            for each in batch:
                each.state = UNDER_WAY
            line.under_way = batch
            yield batch

    def back(self, batch: Sequence[Notice], now: Instant) -> list[Notice]:
        """Take in that a delivery has ended: what is over; the others wait again."""
        url = batch[0].url
        line = self._lines[url]
        line.under_way = ()
        over = []
        for each in batch:
            if each.lasts:
                line.put(each, now)
            else:
                self.done(each)
                over.append(each)
        if not len(line):
            del self._lines[url]
        return over

    def drop(self, subscription: str) -> list[Notice]:
        """Let nothing wait of what tells of changes to a subscription: what did."""
        if not self._open.pop(subscription, None):
            return []
        gone = [
            each
            for each in self
            if each.subscription == subscription and each.at and each.state == WAITING
        ]
        numbers = {each.number for each in gone}
        for line in self._lines.values():
            line.ready = deque(each for each in line.ready if each.number not in numbers)
            line.later = [each for each in line.later if each[1] not in numbers]
            heapq.heapify(line.later)
        return gone

    def first(self) -> Notice | None:
        """One of those that wait the longest."""
        for line in self._lines.values():
            if line.ready:
                return line.ready.popleft()
            if line.later:
                return heapq.heappop(line.later)[2]
        return None

    def clear(self) -> list[Notice]:
        """Let nothing wait: what did."""
        gone = [each for each in self if each.state == WAITING]
        for line in self._lines.values():
            line.ready.clear()
            line.later.clear()
        self._open.clear()
        return gone

    def idle(self, now: Instant) -> bool:
        """Whether nothing is under way, and nothing due."""
        for line in self._lines.values():
            line.ripen(now)
            if line.under_way or line.ready:
                return False
        return True

    def next_time(self) -> Instant | None:
        """When the next one is due that is not yet; None for never."""
        return min((line.later[0][0] for line in self._lines.values() if line.later), default=None)

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __iter__(self) -> Iterator[Notice]:
        for line in self._lines.values():
            yield from line
