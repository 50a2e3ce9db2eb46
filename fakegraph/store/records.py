"""``Records``: one entity set's rows in memory, with their ids and indexes."""

from __future__ import annotations

import gc
import math
import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fakegraph.store.indexes import EqualityIndex, Index, OrderedIndex
from fakegraph.store.keymap import KeyMap
from fakegraph.store.rows import Row, RowList, share_strings

BATCH = 128  # rows that a reader takes at a time
MANY = 1_000  # a change of more rows is made beside the readers and then shown at once


class Records:
    """Rows by position, by id, and by the keys of each index.

    The lock rule of a tenant's records:

    - A tenant's writes are serial (``RecordStorage`` has the locks); only one thread at a time
      changes these structures.
    - ``mutex`` is held while they change and while a reader takes a batch from them: moments in
      memory, never while anything waits for the disk. A long read takes it once per batch and goes
      on from the last position, so it never keeps a writer out for long.
    - ``get`` takes no lock at all; ``KeyMap`` says why it need not.
    """

    __slots__ = ("_ids", "_rows", "_size", "indexes", "mutex", "next_position")

    def __init__(self, indexes: Iterable[Index] = ()) -> None:
        self.mutex = threading.Lock()
        self.indexes: dict[str, EqualityIndex | OrderedIndex] = {
            index.name: OrderedIndex(index) if index.ordered else EqualityIndex(index)
            for index in indexes
        }
        self._rows = RowList()
        self._ids = KeyMap()
        self._size = 0
        self.next_position = 1  # belongs to the writers: higher than any position ever given

    def fill(self, rows: Sequence[Row]) -> None:
        """Take in rows with ascending positions, while empty. The quick way to have many."""
        share_strings(rows)
        self._rows.fill(rows)
        self._ids.fill([(row.record["id"], row) for row in rows])
        for index in self.indexes.values():
            index.fill([(index.key_of(row.record), row.position) for row in rows])
        self._size = len(rows)
        if rows:
            self.next_position = rows[-1].position + 1

    def fork(self) -> Records:
        """The same records, changing on their own from now. Costs microseconds."""
        copy = Records()
        with self.mutex:
            copy.indexes = {name: index.fork() for name, index in self.indexes.items()}
            copy._rows, copy._ids = self._rows.fork(), self._ids.fork()
            copy._size, copy.next_position = self._size, self.next_position
        return copy

    def become(self, other: Records) -> None:
        """Show what ``other`` holds, which is then no longer used on its own."""
        with self.mutex:
            self.indexes = other.indexes
            self._rows, self._ids, self._size = other._rows, other._ids, other._size

    def apply(self, changes: Sequence[tuple[Row | None, Row | None]]) -> None:
        """Make changes, each (the row that goes, the row that comes), in one go.

        A batch of rows shows all of them or none, and so does everything when they are many.
        """
        if len(changes) > MANY:
            copy = self.fork()
            copy._apply(changes)
            self.become(copy)
        else:
            with self.mutex:
                self._apply(changes)

    def _apply(self, changes: Sequence[tuple[Row | None, Row | None]]) -> None:
        for old, new in changes:
            if new is None:
                if old is not None:
                    self._remove(old)
            elif old is None:
                self._add(new)
            else:
                self._replace(old, new)

    def _add(self, row: Row) -> None:
        self._rows.put(row)
        self._ids[row.record["id"]] = row
        self._size += 1
        for index in self.indexes.values():
            index.add(index.key_of(row.record), row.position)

    def _remove(self, row: Row) -> None:
        self._rows.remove(row.position)
        del self._ids[row.record["id"]]
        self._size -= 1
        for index in self.indexes.values():
            index.discard(index.key_of(row.record), row.position)

    def _replace(self, old: Row, new: Row) -> None:
        self._rows.put(new)
        self._ids[new.record["id"]] = new
        for name, index in self.indexes.items():
            if old.record.get(name) is not new.record.get(name):
                index.discard(index.key_of(old.record), old.position)
                index.add(index.key_of(new.record), new.position)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Row]:
        """All rows in order; for records that nobody writes to."""
        return iter(self._rows)

    def get(self, key: str) -> Row | None:
        """The row with that id."""
        found: Row | None = self._ids.get(key)
        return found

    def at(self, position: int) -> Row | None:
        """The row at that position."""
        with self.mutex:
            return self._rows.get(position)

    def scan(self, after: int) -> Iterator[Row]:
        """Rows in order from the first whose position is above ``after``."""
        while True:
            with self.mutex:
                rows = self._rows.after(after, BATCH)
            if not rows:
                return
            yield from rows
            after = rows[-1].position

    def equal(self, index: str, keys: Iterable[Any], after: int) -> Iterator[Row]:
        """Rows whose key is one of ``keys``, in order, from above ``after``."""
        wanted = _distinct(keys)
        limit = max(BATCH // max(len(wanted), 1), 8)
        while wanted:
            with self.mutex:
                positions, wanted = _next_positions(self.indexes[index], wanted, after, limit)
                rows = self.rows_at(positions)
            yield from rows
            if positions:
                after = positions[-1]

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        """How many rows have one of the keys."""
        with self.mutex:
            return sum(map(self.indexes[index].count, _distinct(keys)))

    def rows_at(self, positions: Iterable[int]) -> list[Row]:
        """The rows at positions that an index gave; the caller holds ``mutex``."""
        return self._rows.pick(positions)

    def differences(self, other: Records) -> list[tuple[Row | None, Row | None]]:
        """The changes that make these records the other ones; neither is written to meanwhile."""
        return list(self._rows.differences(other._rows))


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


def _distinct(keys: Iterable[Any]) -> list[Any]:
    """Each key once, every NaN as the one that indexes know."""
    return list({key if key == key else math.nan for key in keys})


def _next_positions(
    index: EqualityIndex | OrderedIndex, keys: list[Any], after: int, limit: int
) -> tuple[list[int], list[Any]]:
    """Some positions above ``after`` that have one of the keys, and the keys that may have more.

    All positions up to the last one given are there, whichever key they have: a row that changes
    from one key to another between two batches comes exactly once.
    """
    found: list[Sequence[int]] = []
    more: list[Any] = []
    horizon: float = math.inf
    for key in keys:
        positions, complete = index.positions(key, after, limit)
        found.append(positions)
        if not complete:
            more.append(key)
            horizon = min(horizon, positions[-1])
    merged = sorted(position for positions in found for position in positions)
    if not more:
        return merged, []
    return merged[: bisect_right(merged, horizon)], keys
