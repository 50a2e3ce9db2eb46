"""``Walk``: the rows of a container, or of one owner, in the order of a property."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import chain
from operator import itemgetter
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.store.indexes import OrderedIndex
from fakegraph.store.records import BATCH, Records
from fakegraph.store.rows import Key, Row

_Bound = tuple[Any, ...]
"""An entry or a part of one: it stands before all that begin with it, and with infinity after."""

_key, _position = itemgetter(2), itemgetter(3)
_rank_and_key = itemgetter(1, 2)


def _descending(entries: list[Any]) -> list[Any]:
    """Entries of one owner by key descending, those with the same key as they are."""
    one_kind = not entries or entries[0][1] == entries[-1][1]  # nearly always
    return sorted(entries, key=_key if one_kind else _rank_and_key, reverse=True)


@dataclass(slots=True)
class Walk:
    """A range of an ordered index, from one end to the other, rows with the same key as inserted.

    Ascending, null comes first, then NaN, then the rest; descending, the other way round;
    backwards, just as it is ascending, from the end. With a
    ``low`` or a ``high`` null and NaN are left out, as they are in no range.
    """

    records: Records[Row]
    index: str
    owner: Key | None = None
    low: Any = None
    low_inclusive: bool = True
    high: Any = None
    high_inclusive: bool = True

    def _declared(self) -> OrderedIndex:
        found = self.records.indexed_by(self.index, self.owner)
        if not isinstance(found, OrderedIndex):
            raise KeyError(self.index)
        return found

    def rows(
        self, descending: bool, after: tuple[Any, int] | None, backwards: bool = False
    ) -> Iterator[Row]:
        """The rows, from the one that follows (key, position) ``after``."""
        start, stop = self._start(), self._stop()
        if backwards:
            return chain.from_iterable(self._back(start, stop, after))
        if after is None:
            return self._down(start, stop) if descending else self._up(start, stop)
        place = self._declared().place(self.owner or 0, after[0])
        if descending:
            return self._down_from(start, stop, place, after[1])
        return self._up(max(start, (*place, after[1])), stop)

    def _start(self) -> _Bound:
        """The bound that the first entry is above."""
        owner = self.owner or 0
        if self.low is None:
            return (owner, 0 if self.high is None else 2)
        low = (owner, 2, self.low)
        return low if self.low_inclusive else (*low, math.inf)

    def _stop(self) -> _Bound:
        """The bound that the last entry is below."""
        owner = self.owner or 0
        if self.high is None:
            return (owner, math.inf)
        high = (owner, 2, self.high)
        return (*high, math.inf) if self.high_inclusive else high

    def _up(self, start: _Bound, stop: _Bound) -> Iterator[Row]:
        """Entries above ``start`` and below ``stop``, ascending."""
        return chain.from_iterable(self._batches(start, stop))

    def _batches(self, start: _Bound, stop: _Bound) -> Iterator[list[Row]]:
        while True:
            with self.records.mutex:
                entries = self._declared().entries.after(start, BATCH)
                if not entries:
                    return
                start = entries[-1]
                ends = start >= stop
                rows = self._rows(entries[: bisect_left(entries, stop)] if ends else entries)
            yield rows
            if ends:
                return

    def _back(
        self, start: _Bound, stop: _Bound, after: tuple[Any, int] | None
    ) -> Iterator[list[Row]]:
        """Entries above ``start`` and below ``stop``, from the last to the first, in batches."""
        if after is not None:
            stop = min(stop, (*self._declared().place(self.owner or 0, after[0]), after[1]))
        while True:
            with self.records.mutex:
                entries = self._declared().entries.before(stop, BATCH)
                cut = bisect_right(entries, start)
                rows = self._rows(entries[cut:])
            rows.reverse()
            yield rows
            if cut or not entries:
                return
            stop = entries[0]

    def _down_from(
        self, start: _Bound, stop: _Bound, place: _Bound, position: int
    ) -> Iterator[Row]:
        """Entries by key descending, from the one that follows the position in its place."""
        end = (*place, math.inf)
        if start < end and place < stop:
            yield from self._up(max(start, (*place, position)), min(stop, end))
        yield from self._down(start, min(stop, place))

    def _down(self, start: _Bound, stop: _Bound) -> Iterator[Row]:
        """Entries by key descending, those with the same key as they were inserted."""
        while True:
            with self.records.mutex:
                entries = self._declared().entries.before(stop, BATCH)
                cut = bisect_right(entries, start)
                if cut == len(entries):
                    return
                # The lowest key may go on below, unless what is there is out of the range: where it
                # is not the only one, it is for later.
                lowest = entries[cut][:3]
                whole = cut or bisect_right(entries, (*lowest, math.inf))
                rows = self._rows(_descending(entries[whole:]))
            if whole < len(entries):
                yield from rows
                stop = (*lowest, math.inf)
            else:
                yield from self._up(lowest, (*lowest, math.inf))
                stop = lowest
            if cut:
                return

    def _rows(self, entries: list[Any]) -> list[Row]:
        return self.records.rows_at(list(map(_position, entries)))
