"""``Records``: one table in memory, of a container or a relation, with its keys and indexes."""

from __future__ import annotations

import gc
import math
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate, chain, islice, pairwise
from typing import Any, Generic, TypeVar, cast

from fakegraph.store.indexes import EqualityIndex, ItemsIndex, OrderedGroups, OrderedIndex
from fakegraph.store.keymap import KeyMap
from fakegraph.store.layouts import DEFAULT, OWNER, EachIndex, GroupIndex, Index, Layout
from fakegraph.store.rows import E, Key, Row, RowList
from fakegraph.store.sharing import share_strings

BATCH = 128  # rows that a reader takes at a time
MOST_LISTED = 8  # in so many ways what is listed is remembered until something changes
MOST_REMEMBERED = 1_000
MANY = 1_000  # a change of more rows is made beside the readers and then shown at once

T = TypeVar("T")

Change = tuple[E | None, E | None]
"""What goes and what comes at a position."""


class Records(Generic[E]):
    """Entries by position, by their unique keys, and by the keys of each index.

    What is hidden is in ``hidden``, a table of its own: no read of this one meets it.

    The lock rule of a tenant's records:

    - A tenant's writes are serial (``RecordStorage`` has the locks); only one thread at a time
      changes these structures. What a template or a snapshot holds is never changed, but forked.
    - ``mutex`` is held while they change and while a reader takes a batch from them: moments in
      memory, never while anything waits for the disk. A long read takes it once per batch and goes
      on from the last position, so it never keeps a writer out for long.
    - ``get`` and ``at`` take no lock at all; ``KeyMap`` says why they need not.
    """

    __slots__ = (
        "_listed",
        "_remembered",
        "_rows",
        "_size",
        "_uniques",
        "by_owner",
        "finders",
        "hidden",
        "indexes",
        "keys",
        "layout",
        "mutex",
        "next_position",
        "whole",
    )

    def __init__(self, layout: Layout = DEFAULT) -> None:
        self.mutex = threading.Lock()
        self.layout = layout
        self.keys = tuple([KeyMap() for _ in layout.keys])
        """What is found by each of the layout's keys."""
        self.finders = tuple([each.finding() for each in layout.keys])
        """What gives the key of an entry, by each of them."""
        self._uniques = list(zip(layout.keys, self.finders, self.keys, strict=True))
        self.indexes = {each.name: _made(each) for each in layout.indexes if not each.late}
        self.whole = {each.name: each.ordered for each in layout.indexes if not each.by_owner}
        """The declared indexes that are for all rows, and whether ``walk`` can go by them."""
        self.by_owner = {each.name: each.ordered for each in layout.indexes if each.by_owner}
        """The same of those that are for the rows of one owner."""
        self.hidden: Records[E] | None = None
        self._listed: dict[tuple[str, int], dict[Any, list[Any]]] = {}
        self._remembered: dict[Any, Any] = {}
        self._rows: RowList[E] = RowList()
        self._size = 0
        self.next_position = 1  # belongs to the writers: higher than any position ever given

    def fill(self, entries: Sequence[E]) -> None:
        """Take in entries with ascending positions, while empty. The quick way to have many."""
        hidden = [entry for entry in entries if entry.root]
        shown = [entry for entry in entries if not entry.root] if hidden else entries
        if hidden:
            self._hidden_part().fill_part(hidden)
        self.fill_part(shown)
        if entries:
            self.next_position = entries[-1].position + 1

    def fill_part(self, entries: Sequence[E]) -> None:
        """Take in what is not hidden, or what is."""
        share_strings([entry.record for entry in entries if isinstance(entry, Row)])
        self._rows.fill(entries)
        for _, key_of, found in self._uniques:
            found.fill([(key, entry) for entry in entries if (key := key_of(entry)) is not None])
        if any(entry.owner for entry in entries):
            self.indexes[OWNER.name] = _made(OWNER)
        for index in self.indexes.values():
            self._fill(index, entries)
        self._size = len(entries)

    def _fill(self, index: EqualityIndex | OrderedIndex, entries: Iterable[E]) -> None:
        place_of = index.place_of
        index.fill([(place_of(entry), entry.position) for entry in entries])

    def _hidden_part(self) -> Records[E]:
        if self.hidden is None:
            self.hidden = Records(self.layout.hidden())
        return self.hidden

    def fork(self) -> Records[E]:
        """The same entries, changing on their own from now. Costs microseconds."""
        copy: Records[E] = Records.__new__(Records)
        copy.mutex, copy.layout = threading.Lock(), self.layout
        copy.whole, copy.by_owner = self.whole, self.by_owner
        copy._listed, copy._remembered = {}, {}
        with self.mutex:
            copy.indexes = {name: index.fork() for name, index in self.indexes.items()}
            copy.keys = tuple([found.fork() for found in self.keys])
            copy.finders = self.finders
            copy._uniques = list(zip(self.layout.keys, copy.finders, copy.keys, strict=True))
            copy.hidden = None if self.hidden is None else self.hidden.fork()
            copy._rows = self._rows.fork()
            copy._size, copy.next_position = self._size, self.next_position
        return copy

    def become(self, other: Records[E]) -> None:
        """Show what ``other`` holds, which is then no longer used on its own."""
        for name in self.indexes.keys() & self._late() - other.indexes.keys():
            other._make_late(name)  # whoever goes by it goes on
        with self.mutex:
            self.indexes, self.keys, self.hidden = other.indexes, other.keys, other.hidden
            self.finders = other.finders
            self._rows, self._size, self._uniques = other._rows, other._size, other._uniques
            self._listed, self._remembered = {}, {}

    def apply(self, changes: Sequence[Change[E]]) -> None:
        """Make changes in one go.

        A batch of rows shows all of them or none, and so does everything when they are many.
        """
        if len(changes) > MANY:
            copy = self.fork()
            copy._apply(changes)
            self.become(copy)
        else:
            with self.mutex:
                self._apply(changes)

    def _apply(self, changes: Sequence[Change[E]]) -> None:
        self._listed, self._remembered = {}, {}
        # First all that goes, so that a unique value is free before another row takes it.
        for old, new in changes:
            if old is not None and (new is None or old.root != new.root):
                (self._hidden_part() if old.root else self)._remove(old)
        for old, new in changes:
            if new is None:
                continue
            if old is None or old.root != new.root:
                (self._hidden_part() if new.root else self)._add(new)
            else:
                (self._hidden_part() if new.root else self)._replace(old, new)
        self._remembered = {}  # what was worked out meanwhile may have seen the half of it

    def _add(self, entry: E) -> None:
        if entry.owner and OWNER.name not in self.indexes:
            self._index_owners()
        self._rows.put(entry)
        self._size += 1
        for _, key_of, found in self._uniques:
            key = key_of(entry)
            if key is not None:
                found[key] = entry
        position = entry.position
        for index in self.indexes.values():
            index.add(index.place_of(entry), position)

    def _remove(self, entry: E) -> None:
        self._rows.remove(entry.position)
        self._size -= 1
        for _, key_of, found in self._uniques:
            key = key_of(entry)
            if key is not None:
                del found[key]
        for index in self.indexes.values():
            index.discard(index.place_of(entry), entry.position)
        entry.step_back()

    def _replace(self, old: E, new: E) -> None:
        if new.owner and OWNER.name not in self.indexes:
            self._index_owners()
        self._rows.put(new)
        for unique, key_of, found in self._uniques:
            if unique.differs(old, new):
                key = key_of(old)
                if key is not None and found.get(key).position == old.position:
                    del found[key]  # else another row has taken it in this write
            key = key_of(new)
            if key is not None:
                found[key] = new
        for index in self.indexes.values():
            if index.declared.differs(old, new):
                index.discard(index.place_of(old), old.position)
                index.add(index.place_of(new), new.position)
        old.step_back()

    def _index_owners(self) -> None:
        """Before the first row with an owner comes; what has none needs no such index."""
        index = _made(OWNER)
        self._fill(index, self._rows)
        self.indexes = {**self.indexes, OWNER.name: index}

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[E]:
        """All entries in order; for records that nobody writes to."""
        return iter(self._rows)

    def get(self, key: Any, which: int = 0) -> E | None:
        """What has that key, as the layout's key of that number compares it."""
        found: E | None = self.keys[which].get(key)
        return found

    def at(self, position: int) -> E | None:
        """What is at that position."""
        return self._rows.get(position)

    def at_each(self, positions: Sequence[int]) -> list[E | None]:
        """What is at each of the positions."""
        return self._rows.at_each(positions)

    def any_at(self, position: int) -> E | None:
        """What is at that position, hidden or not."""
        found = self.at(position)
        return self.hidden.at(position) if found is None and self.hidden is not None else found

    def every(self) -> Iterable[E]:
        """All entries in order, the hidden ones too; for records that nobody writes to."""
        if self.hidden is None or not len(self.hidden):
            return self
        return sorted([*self, *self.hidden], key=lambda entry: entry.position)

    def scan(self, after: int) -> Iterator[E]:
        """Entries in order from the first whose position is above ``after``."""
        return chain.from_iterable(self._batches(after))

    def _batches(self, after: int) -> Iterator[list[E]]:
        while True:
            with self.mutex:
                rows = self._rows.after(after, BATCH)
            if not rows:
                return
            yield rows
            after = rows[-1].position

    def equal(
        self, index: str, keys: Iterable[Any], after: int, owner: Key | None = None
    ) -> Iterator[E]:
        """Entries whose key is one of ``keys``, in order, from above ``after``."""
        return chain.from_iterable(self._equal_batches(index, keys, after, owner))

    def _equal_batches(
        self, index: str, keys: Iterable[Any], after: int, owner: Key | None
    ) -> Iterator[list[E]]:
        places = self._places(index, keys, owner)
        limit = max(BATCH // max(len(places), 1), 8)
        while places:
            with self.mutex:
                positions, places = _next_positions(self.indexes[index], places, after, limit)
                rows = self.rows_at(positions)
            yield rows
            if positions:
                after = positions[-1]

    def listed(self, index: str, place: Any, after: int, limit: int) -> tuple[list[E], bool]:
        """Up to ``limit`` entries at a place of an index, in order, from above ``after``; and
        whether there are no more.
        """
        with self.mutex:
            positions, complete = self.indexes[index].positions(place, after, limit)
            return self.rows_at(positions), complete

    def listed_each(
        self, index: str, places: Sequence[Any], limit: int, get: Callable[[E], T]
    ) -> list[list[T]]:
        """What ``get`` gives of the first entries, up to ``limit``, that an equality index lists
        at each place. It is always the same function for one index; none may change a list.
        """
        if len(self._listed) > MOST_LISTED:
            self._listed = {}
        known = self._listed.setdefault((index, limit), {})
        with suppress(KeyError):  # nearly always all are
            return list(map(known.__getitem__, places))
        waiting = iter(set(places).difference(known))
        while batch := list(islice(waiting, BATCH)):
            with self.mutex:
                listed = self.indexes[index]
                assert isinstance(listed, EqualityIndex)
                positions = listed.first_each(batch, limit)
                entries = self._rows.pick(list(chain.from_iterable(positions)))
            found = list(map(get, entries))
            stops = accumulate(map(len, positions), initial=0)
            known.update(zip(batch, [found[a:b] for a, b in pairwise(stops)], strict=True))
        return list(map(known.__getitem__, places))

    def remembered(self, mark: Any, work: Callable[[], T]) -> T:
        """What ``work`` gives of all that is here, which is worked out anew when that changes.
        ``mark`` tells it from all else that is remembered.
        """
        known = self._remembered  # who comes too late with it notes it where nobody looks any more
        found: Any = known.get(mark, known)
        if found is known:
            if len(known) >= MOST_REMEMBERED:
                known = self._remembered = {}
            found = known[mark] = work()
        return cast(T, found)

    @property
    def mark(self) -> object:
        """What is another object after every change."""
        return self._remembered

    def count_equal(self, index: str, keys: Iterable[Any], owner: Key | None = None) -> int:
        """How many entries have one of the keys."""
        places = self._places(index, keys, owner)
        with self.mutex:
            return sum(map(self.indexes[index].count, places))

    def count_before(self, index: str, key: Any, position: int, owner: Key | None) -> int:
        """How many entries with a key in an equality index are at lower positions."""
        found = self.indexed_by(index, owner)
        assert isinstance(found, EqualityIndex)
        with self.mutex:
            return found.count_before(found.place(owner or 0, key), position)

    def count_group(self, index: str, value: Any, owner: Key | None) -> int:
        """How many entries an ordered index has of a group."""
        found = self.indexed_by(index, owner)
        assert isinstance(found, OrderedGroups)
        with self.mutex:
            return found.size(owner or 0, value)

    def _places(self, index: str, keys: Iterable[Any], owner: Key | None) -> list[Any]:
        """Where each of the keys is in the index, once; every NaN as the one that it knows."""
        found = self.indexed_by(index, owner)
        distinct = {key if key == key else math.nan for key in keys}
        if owner is None and not found.declared.ordered:
            return list(distinct)
        return [found.place(owner or 0, key) for key in distinct]

    def indexed_by(self, index: str, owner: Key | None) -> EqualityIndex | OrderedIndex:
        """The index of that name. Raises KeyError where there is none for all rows, or with an
        ``owner`` for those of one.
        """
        if index not in self.indexes:
            self._make_late(index)
        found = self.indexes[index]
        if found.declared.by_owner is (owner is None):
            raise KeyError(index)
        return found

    def _late(self) -> set[str]:
        """The names of the indexes that are made when they are asked for."""
        return {each.name for each in self.layout.indexes if each.late}

    def _make_late(self, name: str) -> None:
        """Make an index that waits for who asks first. Raises KeyError where there is none.

        It is filled beside the writers, and then told what they have changed meanwhile.
        """
        if name not in self._late():
            raise KeyError(name)
        made = _made(self.layout.index_named(name))
        with self.mutex:
            seen = self._rows.fork()
        self._fill(made, seen)
        with self.mutex:
            for old, new in seen.differences(self._rows):
                if old is not None:
                    made.discard(made.place_of(old), old.position)
                if new is not None:
                    made.add(made.place_of(new), new.position)
            self.indexes = {**self.indexes, name: made}

    def rows_at(self, positions: Sequence[int]) -> list[E]:
        """The entries at positions that an index gave; the caller holds ``mutex``."""
        return self._rows.pick(positions)

    def differences(self, other: Records[E]) -> list[Change[E]]:
        """The changes that make these records the other ones; neither is written to meanwhile."""
        found = {
            (old or new).position: (old, new)  # type: ignore[union-attr]
            for old, new in self._rows.differences(other._rows)
        }
        for old, new in _rows_of(self.hidden).differences(_rows_of(other.hidden)):
            position = (old or new).position  # type: ignore[union-attr]
            shown = found.get(position, (None, None))
            found[position] = (old or shown[0], new or shown[1])
        return [found[position] for position in sorted(found)]


def _rows_of(records: Records[E] | None) -> RowList[E]:
    return RowList() if records is None else records._rows


def _made(index: Index) -> EqualityIndex | OrderedIndex:
    if isinstance(index, EachIndex):
        return ItemsIndex(index)
    if not index.ordered:
        return EqualityIndex(index)
    return (OrderedGroups if isinstance(index, GroupIndex) else OrderedIndex)(index)


@contextmanager
def without_gc() -> Iterator[None]:
    """Put off the search for cycles while many objects are made: it would go through them all."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _next_positions(
    index: EqualityIndex | OrderedIndex, places: list[Any], after: int, limit: int
) -> tuple[list[int], list[Any]]:
    """Some positions above ``after`` that have one of the places, and those that may have more.

    All positions up to the last one given are there, whichever place they have: a row that goes
    from one to another between two batches comes exactly once.
    """
    if len(places) == 1:  # nearly always
        positions, complete = index.positions(places[0], after, limit)
        return list(positions), [] if complete else places
    found: list[Sequence[int]] = []
    more: list[Any] = []
    horizon: float = math.inf
    for place in places:
        positions, complete = index.positions(place, after, limit)
        found.append(positions)
        if not complete:
            more.append(place)
            horizon = min(horizon, positions[-1])
    merged = sorted(chain.from_iterable(found))
    if not more:
        return merged, []
    return merged[: bisect_right(merged, horizon)], places
