"""``Index``: what the caller declares; ``EqualityIndex`` and ``OrderedIndex``: what comes of it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from fakegraph.store.keymap import KeyMap
from fakegraph.store.rows import Record
from fakegraph.store.sortedset import SortedSet

_FEW = 32  # so many positions are kept in a tuple


@dataclass(frozen=True, slots=True)
class Index:
    """A property that is looked up often.

    ``key`` turns its values into what is compared: hashable, and for an ordered index all of one
    kind. None stands for null and is never given to it; a value that it raises for, or whose key
    cannot be compared, counts as null.
    """

    name: str
    key: Callable[[Any], Any]
    ordered: bool = False

    def key_of(self, record: Record) -> Any:
        """The key of a record. Every NaN is the same one."""
        value = record.get(self.name)
        if value is None:
            return None
        try:
            key = self.key(value)
            hash(key)
        except Exception:  # the caller's function: whatever it cannot read has no key
            return None
        if type(key) is not int and isinstance(key, int):
            return int(key)  # one of a subclass can weigh many times as much
        return key if key == key else math.nan


class EqualityIndex:
    """Positions by key, each key's in order."""

    __slots__ = ("_map", "_owner", "declared", "key_of")

    def __init__(self, declared: Index) -> None:
        self.declared = declared
        self.key_of = declared.key_of
        self._map = KeyMap()
        self._owner = object()

    def fork(self) -> EqualityIndex:
        """An index with the same entries that changes on its own."""
        copy = EqualityIndex(self.declared)
        copy._map = self._map.fork()
        self._owner = object()
        return copy

    def fill(self, pairs: Iterable[tuple[Any, int]]) -> None:
        """Add (key, position) pairs whose positions ascend, to an empty index."""
        found: dict[Any, list[int]] = {}
        for key, position in pairs:
            found.setdefault(key, []).append(position)
        self._map.fill(
            [
                (key, tuple(positions) if len(positions) <= _FEW else self._big(positions))
                for key, positions in found.items()
            ]
        )

    def _big(self, positions: list[int]) -> _Positions:
        return _Positions(self._owner, SortedSet(positions))

    def add(self, key: Any, position: int) -> None:
        """Say that the row at a position has this key."""
        found = self._map.get(key)
        if found is None:
            self._map[key] = (position,)
        elif isinstance(found, _Positions):
            self._own(key, found).set.add(position)
        elif position > found[-1] and len(found) < _FEW:
            self._map[key] = (*found, position)
        else:
            positions = sorted((*found, position))
            few = len(positions) <= _FEW
            self._map[key] = tuple(positions) if few else self._big(positions)

    def discard(self, key: Any, position: int) -> None:
        """Take back what ``add`` said."""
        found = self._map.get(key)
        if isinstance(found, _Positions):
            own = self._own(key, found).set
            own.discard(position)
            if not own:
                del self._map[key]
        elif len(found) == 1:
            del self._map[key]
        else:
            self._map[key] = tuple(kept for kept in found if kept != position)

    def _own(self, key: Any, found: _Positions) -> _Positions:
        if found.owner is not self._owner:
            found = _Positions(self._owner, found.set.fork())
            self._map[key] = found
        return found

    def positions(self, key: Any, after: int, limit: int) -> tuple[Sequence[int], bool]:
        """Up to ``limit`` positions above ``after`` with this key, and whether that is all."""
        found = self._map.get(key)
        if found is None:
            return (), True
        if isinstance(found, _Positions):
            return _part(found.set, after, limit)
        start = bisect_right(found, after)
        return found[start : start + limit], start + limit >= len(found)

    def count(self, key: Any) -> int:
        """How many positions have this key."""
        found = self._map.get(key)
        if found is None:
            return 0
        return len(found.set if isinstance(found, _Positions) else found)


class _Positions:
    """The positions of a key that many rows have, and the index that may write to them."""

    __slots__ = ("owner", "set")

    def __init__(self, owner: object, positions: SortedSet) -> None:
        self.owner = owner
        self.set = positions


class OrderedIndex:
    """Positions ordered by (key, position); null and NaN, which have no order, are kept apart."""

    __slots__ = ("_sample", "declared", "entries", "nans", "nulls")

    def __init__(self, declared: Index) -> None:
        self.declared = declared
        self._sample: Any = None
        self.nulls = SortedSet()
        self.nans = SortedSet()
        self.entries = SortedSet()

    def fork(self) -> OrderedIndex:
        """An index with the same entries that changes on its own."""
        copy = OrderedIndex(self.declared)
        copy.nulls, copy.nans = self.nulls.fork(), self.nans.fork()
        copy.entries = self.entries.fork()
        copy._sample = self._sample
        return copy

    def fill(self, pairs: Iterable[tuple[Any, int]]) -> None:
        """Add (key, position) pairs whose positions ascend, to an empty index."""
        groups: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
        for key, position in pairs:
            if key is None:
                groups[0].append(position)
            elif key is math.nan:
                groups[1].append(position)
            else:
                groups[2].append((key, position))
        groups[2].sort(key=itemgetter(0))
        self.nulls, self.nans, self.entries = map(SortedSet, groups)

    def key_of(self, record: Record) -> Any:
        """The key of a record; None where it cannot be compared with the first one that came."""
        key = self.declared.key_of(record)
        if self._sample is None:
            self._sample = key
        elif key is not None:
            try:
                key < self._sample  # noqa: B015
            except TypeError:
                return None
        return key

    def group(self, key: Any) -> SortedSet | None:
        """The positions of null or NaN; None for a key that has an order."""
        if key is None:
            return self.nulls
        return self.nans if key is math.nan else None

    def add(self, key: Any, position: int) -> None:
        """Say that the row at a position has this key."""
        group = self.group(key)
        if group is None:
            self.entries.add((key, position))
        else:
            group.add(position)

    def discard(self, key: Any, position: int) -> None:
        """Take back what ``add`` said."""
        group = self.group(key)
        if group is None:
            self.entries.discard((key, position))
        else:
            group.discard(position)

    def positions(self, key: Any, after: int, limit: int) -> tuple[Sequence[int], bool]:
        """Up to ``limit`` positions above ``after`` with this key, and whether that is all."""
        group = self.group(key)
        if group is not None:
            return _part(group, after, limit)
        found = self.entries.after((key, after), limit)
        stop = bisect_left(found, (key, math.inf))
        return [position for _, position in found[:stop]], not found or stop < len(found)

    def count(self, key: Any) -> int:
        """How many positions have this key."""
        group = self.group(key)
        if group is not None:
            return len(group)
        return self.entries.count((key,), (key, math.inf))


def _part(positions: SortedSet, after: int, limit: int) -> tuple[Sequence[int], bool]:
    found = positions.after(after, limit)
    return found, not found or found[-1] == positions.last
