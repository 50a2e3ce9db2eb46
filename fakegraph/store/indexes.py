"""``EqualityIndex`` and ``OrderedIndex``: what comes of an ``Index`` that is declared."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from fakegraph.store.keymap import KeyMap
from fakegraph.store.layouts import Index
from fakegraph.store.rows import Key
from fakegraph.store.sortedset import SortedSet

_FEW = 32  # so many positions are kept in a tuple

Place = tuple[Key, int, Any]
"""Whose row it is (0 where that does not matter), the rank of its key, and the key."""


class EqualityIndex:
    """Positions by key, each key's in order."""

    __slots__ = ("_map", "_owner", "declared", "place", "place_of")

    def __init__(self, declared: Index) -> None:
        self.declared = declared
        self.place = declared.place
        self.place_of = declared.placing()
        self._map = KeyMap()
        self._owner = object()

    def fork(self) -> EqualityIndex:
        """An index with the same entries that changes on its own."""
        copy = type(self).__new__(type(self))
        copy.declared, copy.place, copy.place_of = self.declared, self.place, self.place_of
        copy._map, copy._owner = self._map.fork(), object()
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
        elif type(found) is _Positions:
            own = found.set if found.owner is self._owner else self._own(key, found)
            own.add(position)
        elif position > found[-1] and len(found) < _FEW:
            self._map[key] = (*found, position)
        else:
            positions = sorted((*found, position))
            few = len(positions) <= _FEW
            self._map[key] = tuple(positions) if few else self._big(positions)

    def discard(self, key: Any, position: int) -> None:
        """Take back what ``add`` said."""
        found = self._map.get(key)
        if type(found) is _Positions:
            own = found.set if found.owner is self._owner else self._own(key, found)
            if not own.discard(position):
                del self._map[key]
        elif len(found) == 1:
            del self._map[key]
        else:
            self._map[key] = tuple(kept for kept in found if kept != position)

    def _own(self, key: Any, found: _Positions) -> SortedSet:
        copy = found.set.fork()
        self._map[key] = _Positions(self._owner, copy)
        return copy

    def positions(self, key: Any, after: int, limit: int) -> tuple[Sequence[int], bool]:
        """Up to ``limit`` positions above ``after`` with this key, and whether that is all."""
        found = self._map.get(key)
        if found is None:
            return (), True
        if isinstance(found, _Positions):
            return _part(found.set, after, limit)
        start = bisect_right(found, after)
        return found[start : start + limit], start + limit >= len(found)

    def first_each(self, keys: Iterable[Any], limit: int) -> list[Sequence[int]]:
        """For each key its first positions, as many as there are up to ``limit``."""
        return [
            found[:limit] if type(found) is tuple else _first(found.set, limit)
            for found in self._map.get_each(keys, ())
        ]

    def count(self, key: Any) -> int:
        """How many positions have this key."""
        found = self._map.get(key)
        if found is None:
            return 0
        return len(found.set if isinstance(found, _Positions) else found)

    def count_before(self, key: Any, position: int) -> int:
        """How many positions below that one have this key."""
        found = self._map.get(key) or ()
        if isinstance(found, _Positions):
            return found.set.count(-1, position)
        return bisect_left(found, position)


class ItemsIndex(EqualityIndex):
    """What comes of an ``EachIndex``: a row is added with all of its keys at once."""

    __slots__ = ()

    def fill(self, pairs: Iterable[tuple[Any, int]]) -> None:
        """As above, each position with several keys."""
        super().fill((key, position) for keys, position in pairs for key in keys)

    def add(self, key: Any, position: int) -> None:
        """Say that the row at a position has these keys."""
        for each in key:
            super().add(each, position)

    def discard(self, key: Any, position: int) -> None:
        """Take back what ``add`` said."""
        for each in key:
            super().discard(each, position)


class _Positions:
    """The positions of a key that many rows have, and the index that may write to them."""

    __slots__ = ("owner", "set")

    def __init__(self, owner: object, positions: SortedSet) -> None:
        self.owner = owner
        self.set = positions


class OrderedIndex:
    """Positions ordered by (owner, rank, key, position).

    The rank is 0 for null, 1 for NaN, which have no order, and 2 for the rest. Where the index is
    for all of a container, the owner is always 0.
    """

    __slots__ = ("_by_owner", "_key_of", "_sample", "declared", "entries")

    def __init__(self, declared: Index) -> None:
        self.declared = declared
        self._key_of, self._by_owner = declared.keying(), declared.by_owner
        self._sample: Any = None
        self.entries = SortedSet()

    def fork(self) -> OrderedIndex:
        """An index with the same entries that changes on its own."""
        copy = type(self).__new__(type(self))
        copy.declared, copy._key_of, copy._by_owner = self.declared, self._key_of, self._by_owner
        copy.entries = self.entries.fork()
        copy._sample = self._sample
        return copy

    def fill(self, pairs: Iterable[tuple[Place, int]]) -> None:
        """Add (place, position) pairs whose positions ascend, to an empty index."""
        self.entries = SortedSet(sorted([(*place, position) for place, position in pairs]))

    def place_of(self, entry: Any) -> Place:
        """Owner, rank and key of a row: null where it cannot be compared with the first one."""
        key = self._key_of(entry.record)
        if self._sample is None:
            self._sample = key
        elif key is not None:
            try:
                key < self._sample  # noqa: B015
            except TypeError:
                key = None
        owner = entry.owner if self._by_owner else 0
        if key is None:
            return (owner, 0, 0)
        return (owner, 2, key) if key == key else (owner, 1, 0)

    def place(self, owner: Key, key: Any) -> Place:
        """Where the rows with a key begin, of one owner if the index goes by owner."""
        owner = owner if self.declared.by_owner else 0
        if key is None:
            return (owner, 0, 0)
        return (owner, 2, key) if key == key else (owner, 1, 0)

    def add(self, place: Place, position: int) -> None:
        """Say that the row at a position has this place."""
        self.entries.add((*place, position))

    def discard(self, place: Place, position: int) -> None:
        """Take back what ``add`` said."""
        self.entries.discard((*place, position))

    def positions(self, place: Place, after: int, limit: int) -> tuple[Sequence[int], bool]:
        """Up to ``limit`` positions above ``after`` with this place, and whether that is all."""
        found = self.entries.after((*place, after), limit)
        stop = bisect_left(found, (*place, math.inf))
        return [entry[3] for entry in found[:stop]], not found or stop < len(found)

    def count(self, place: Place) -> int:
        """How many positions have this place."""
        return self.entries.count(place, (*place, math.inf))


class OrderedGroups(OrderedIndex):
    """What comes of a ``GroupIndex`` that is ordered: what is in no group has no place in it.

    How many are in each group is kept beside them.
    """

    __slots__ = ("_sizes",)

    def __init__(self, declared: Index) -> None:
        super().__init__(declared)
        self._sizes = KeyMap()

    def fork(self) -> OrderedGroups:
        """As above."""
        copy = super().fork()
        assert isinstance(copy, OrderedGroups)
        copy._sizes = self._sizes.fork()
        return copy

    def fill(self, pairs: Iterable[tuple[Place, int]]) -> None:
        """As above."""
        grouped = [(place, position) for place, position in pairs if place[1]]
        super().fill(grouped)
        self._sizes.fill([*Counter(_group(place) for place, _ in grouped).items()])

    def add(self, place: Place, position: int) -> None:
        """As above."""
        if place[1]:
            super().add(place, position)
            self._count(place, 1)

    def discard(self, place: Place, position: int) -> None:
        """As above."""
        if place[1]:
            super().discard(place, position)
            self._count(place, -1)

    def _count(self, place: Place, more: int) -> None:
        group = _group(place)
        size = (self._sizes.get(group) or 0) + more
        if size:
            self._sizes[group] = size
        else:
            del self._sizes[group]

    def size(self, owner: Key, value: Any) -> int:
        """How many are in a group."""
        return self._sizes.get((owner if self.declared.by_owner else 0, value)) or 0


def _group(place: Place) -> tuple[Key, Any]:
    """Whose group a place is in, and its value."""
    return (place[0], place[2][0])


def _first(positions: SortedSet, limit: int) -> Sequence[int]:
    found, complete = _part(positions, -1, limit)
    while not complete and len(found) < limit:
        more, complete = _part(positions, found[-1], limit - len(found))
        found = [*found, *more]
    return found


def _part(positions: SortedSet, after: int, limit: int) -> tuple[Sequence[int], bool]:
    found = positions.after(after, limit)
    return found, not found or found[-1] == positions.last
