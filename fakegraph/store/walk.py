"""``Walk``: the rows of a set in the order of a property."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from fakegraph.store.indexes import OrderedIndex
from fakegraph.store.records import BATCH, Records
from fakegraph.store.rows import Row
from fakegraph.store.sortedset import SortedSet

_Entry = tuple[Any, float]
"""A key and a position; ``(key,)`` stands before all entries with the key, (key, inf) after."""

_key = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Walk:
    """A range of an ordered index, from one end to the other, rows with the same key as inserted.

    Ascending, null comes first, then NaN, then the rest; descending, the other way round. With a
    ``low`` or a ``high`` null and NaN are left out, as they are in no range.
    """

    records: Records
    index: str
    low: Any = None
    low_inclusive: bool = True
    high: Any = None
    high_inclusive: bool = True

    def _declared(self) -> OrderedIndex:
        found = self.records.indexes[self.index]
        if not isinstance(found, OrderedIndex):
            raise KeyError(self.index)
        return found

    def rows(self, descending: bool, after: tuple[Any, int] | None) -> Iterator[Row]:
        """The rows, from the one that follows (key, position) ``after``."""
        bounded = self.low is not None or self.high is not None
        parts = [_REST] if bounded else [_NULLS, _NANS, _REST]
        if descending:
            parts.reverse()
        if after is not None:
            parts = parts[parts.index(_part_of(after[0])) :] if _part_of(after[0]) in parts else []
        for number, part in enumerate(parts):
            start = after if number == 0 else None
            if part != _REST:
                yield from self._group(part, -1 if start is None else start[1])
            elif descending:
                yield from self._down(start)
            else:
                yield from self._up(self._start(start), self._stop())

    def _start(self, after: tuple[Any, int] | None) -> Any:
        """The bound that the first entry is above."""
        if self.low is None:
            return after
        low = (self.low,) if self.low_inclusive else (self.low, math.inf)
        return low if after is None else max(low, after)

    def _stop(self) -> Any:
        """The bound that the last entry is below."""
        if self.high is None:
            return None
        return (self.high, math.inf) if self.high_inclusive else (self.high,)

    def _group(self, part: str, after: int) -> Iterator[Row]:
        while True:
            with self.records.mutex:
                group: SortedSet = getattr(self._declared(), part)
                positions = group.after(after, BATCH)
                rows = self.records.rows_at(positions)
            if not positions:
                return
            yield from rows
            after = positions[-1]

    def _up(self, start: Any, stop: Any) -> Iterator[Row]:
        """Entries above ``start`` and below ``stop``, ascending."""
        while True:
            with self.records.mutex:
                entries = self._declared().entries.after(start, BATCH)
                if stop is not None:
                    entries = entries[: bisect_left(entries, stop)]
                rows = self._rows(entries)
            if not entries:
                return
            yield from rows
            start = entries[-1]

    def _down(self, after: tuple[Any, int] | None) -> Iterator[Row]:
        """Entries by key descending, those with the same key as they were inserted."""
        stop, start = self._stop(), self._start(None)
        if after is not None:
            yield from self._up(after, (after[0], math.inf))
            stop = (after[0],) if stop is None else min(stop, (after[0],))
        while True:
            with self.records.mutex:
                entries = self._declared().entries.before(stop, BATCH)
                if start is not None:
                    entries = entries[bisect_right(entries, start) :]
                if not entries:
                    return
                # The lowest key may go on below: unless it is the only one, it is for later.
                lowest = entries[0][0]
                whole = bisect_right(entries, (lowest, math.inf))
                rows = self._rows(sorted(entries[whole:], key=_key, reverse=True))
            if whole < len(entries):
                yield from rows
                stop = (lowest, math.inf)
            else:
                yield from self._up((lowest,), (lowest, math.inf))
                stop = (lowest,)

    def _rows(self, entries: list[Any]) -> list[Row]:
        return self.records.rows_at(position for _, position in entries)


_NULLS, _NANS, _REST = "nulls", "nans", "entries"


def _part_of(key: Any) -> str:
    if key is None:
        return _NULLS
    return _REST if key == key else _NANS
