"""``SortedSet``: entries that compare with each other, in order, copied in no time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

_FULL = 128  # few enough that a copy costs less than finding the place


class _Chunk(list[Any]):
    """Neighbouring entries."""

    __slots__ = ("owner",)

    def __init__(self, owner: object, entries: Iterable[Any]) -> None:
        super().__init__(entries)
        self.owner = owner


class SortedSet:
    """Sorted chunks that forks share until one of them writes, as in ``RowList``.

    ``_firsts[n]`` is not above what chunk n holds and above all that the chunk before it holds;
    the first one is never looked at.
    """

    __slots__ = ("_chunks", "_firsts", "_owner", "_size")

    def __init__(self, entries: Sequence[Any] = ()) -> None:
        """``entries`` are in order, each once."""
        self._owner = object()
        starts = range(0, len(entries), _FULL)
        self._chunks = [_Chunk(self._owner, entries[start : start + _FULL]) for start in starts]
        self._firsts = [entries[start] for start in starts]
        self._size = len(entries)

    def fork(self) -> SortedSet:
        """A set with the same entries that changes on its own. Costs two pointers per chunk."""
        copy = SortedSet()
        copy._chunks = self._chunks.copy()
        copy._firsts = self._firsts.copy()
        copy._size = self._size
        self._owner = object()
        return copy

    def __len__(self) -> int:
        return self._size

    @property
    def last(self) -> Any:
        """The greatest entry. Raises IndexError where there is none."""
        return self._chunks[-1][-1]

    def add(self, entry: Any) -> None:
        """Put in an entry that is not there."""
        self._size += 1
        if not self._chunks:
            self._chunks.append(_Chunk(self._owner, [entry]))
            self._firsts.append(entry)
            return
        if entry > self._chunks[-1][-1]:  # positions come so
            place, chunk = len(self._chunks) - 1, self._chunks[-1]
            if chunk.owner is not self._owner:
                chunk = self._own(place)
            chunk.append(entry)
        else:
            place = self._place(entry)
            chunk = self._own(place)
            chunk.insert(bisect_left(chunk, entry), entry)
        if len(chunk) > _FULL:
            self._split(place, chunk)

    def discard(self, entry: Any) -> None:
        """Take out an entry that is there."""
        place = self._place(entry)
        chunk = self._own(place)
        del chunk[bisect_left(chunk, entry)]
        self._size -= 1
        if not chunk:
            del self._chunks[place], self._firsts[place]

    def _place(self, entry: Any) -> int:
        return max(bisect_right(self._firsts, entry) - 1, 0)

    def _own(self, place: int) -> _Chunk:
        chunk = self._chunks[place]
        if chunk.owner is not self._owner:
            chunk = self._chunks[place] = _Chunk(self._owner, chunk)
        return chunk

    def _split(self, place: int, chunk: _Chunk) -> None:
        # What only grows at its end leaves full chunks behind, not half ones.
        last = place == len(self._chunks) - 1
        middle = len(chunk) - 1 if last else len(chunk) // 2
        right = _Chunk(self._owner, chunk[middle:])
        del chunk[middle:]
        self._chunks.insert(place + 1, right)
        self._firsts.insert(place + 1, right[0])

    def after(self, bound: Any, limit: int) -> list[Any]:
        """Up to ``limit`` entries above the bound (None: from the start); none: it is the end."""
        if bound is None:
            return self._chunks[0][:limit] if self._chunks else []
        for place in range(self._place(bound), len(self._chunks)):
            chunk = self._chunks[place]
            start = bisect_right(chunk, bound)
            if start < len(chunk):
                found = chunk[start : start + limit]
                if len(found) < limit and place + 1 < len(self._chunks):
                    found += self._chunks[place + 1][: limit - len(found)]
                return found
        return []

    def before(self, bound: Any, limit: int) -> list[Any]:
        """Up to ``limit`` entries below the bound (None: from the end), ascending all the same."""
        if bound is None:
            return self._chunks[-1][-limit:] if self._chunks else []
        if not self._chunks:
            return []
        for place in range(self._place(bound), -1, -1):
            chunk = self._chunks[place]
            stop = bisect_left(chunk, bound)
            if stop:
                found = chunk[max(stop - limit, 0) : stop]
                if len(found) < limit and place:
                    found = self._chunks[place - 1][len(found) - limit :] + found
                return found
        return []

    def count(self, low: Any, high: Any) -> int:
        """How many entries are above ``low`` and below ``high``."""
        if not self._chunks:
            return 0
        first, last = self._place(low), self._place(high)
        start = bisect_right(self._chunks[first], low)
        stop = bisect_left(self._chunks[last], high)
        return stop - start + sum(len(self._chunks[place]) for place in range(first, last))
