"""``Collection``: the records of one entity set of one tenant."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
from sortedcontainers import SortedDict, SortedList

from fakegraph.store.errors import KeyTaken

Record = dict[str, Any]
"""JSON-ready property values, ``id`` included. Never changed once it is stored."""

BATCH = 128


@dataclass(frozen=True, slots=True)
class Index:
    """A property that is looked up often. ``key`` turns its values into what is compared."""

    name: str
    key: Callable[[Any], Any]
    ordered: bool = False


class Row:
    """A stored record, where it stands in the order of insertion, and its JSON."""

    __slots__ = ("_json", "position", "record")

    def __init__(self, position: int, record: Record) -> None:
        self.position = position
        self.record = record
        self._json: bytes | None = None

    @property
    def json(self) -> bytes:
        """The record as JSON, made once."""
        if self._json is None:
            self._json = orjson.dumps(self.record)
        return self._json


class Collection:
    """The records of one entity set, by ``id``, in the order in which they came."""

    def __init__(self, indexes: Iterable[Index], lock: threading.RLock | None = None) -> None:
        self._lock = lock or threading.RLock()
        self._indexes = {index.name: index for index in indexes}
        self._next = 0
        self._rows = SortedDict()
        self._keys: dict[str, Row] = {}
        self._equal: dict[str, dict[Any, SortedList]] = {name: {} for name in self._indexes}
        self._ordered = {name: SortedList() for name, i in self._indexes.items() if i.ordered}

    @property
    def indexed(self) -> Mapping[str, bool]:
        """The indexed properties, and whether the index is an ordered one."""
        return {name: index.ordered for name, index in self._indexes.items()}

    def fork(self, lock: threading.RLock) -> Collection:
        """An independent copy."""
        copy = Collection(self._indexes.values(), lock)
        with self._lock:
            for row in self._rows.values():
                copy._put(row)
            copy._next = self._next
        return copy

    def get(self, key: str) -> Row | None:
        """The row with that id."""
        return self._keys.get(key)

    def insert(self, records: Sequence[Record]) -> list[Row]:
        """Store all of the records, or, raising KeyTaken, none."""
        with self._lock:
            self.check_free(records)
            rows = [Row(self._next + offset, record) for offset, record in enumerate(records)]
            for row in rows:
                self._put(row)
            self._next += len(rows)
            return rows

    def check_free(self, records: Sequence[Record]) -> None:
        """Raise KeyTaken where an id is there or comes twice."""
        seen: set[str] = set()
        for record in records:
            key = record["id"]
            if key in self._keys or key in seen:
                raise KeyTaken(key)
            seen.add(key)

    def update(self, key: str, change: Callable[[Record], Record]) -> Row | None:
        """Replace a record by what ``change`` makes of it. Gives None where there is none.

        ``change`` must not alter what it is given. When it raises, all stays as it was.
        """
        with self._lock:
            old = self._keys.get(key)
            if old is None:
                return None
            row = Row(old.position, change(dict(old.record)))
            self._remove(old)
            self._put(row)
            return row

    def delete(self, key: str) -> bool:
        """Take a record away. Gives False where there is none."""
        with self._lock:
            row = self._keys.get(key)
            if row is not None:
                self._remove(row)
            return row is not None

    def __len__(self) -> int:
        return len(self._keys)

    def scan(self, after: int = -1) -> Iterator[Row]:
        """Rows in insertion order, from the first whose position is greater than ``after``."""
        while True:
            with self._lock:
                positions = list(islice(self._rows.irange(after, None, (False, True)), BATCH))
                rows = [self._rows[position] for position in positions]
            if not rows:
                return
            yield from rows
            after = rows[-1].position

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]:
        """Rows whose key in that index is one of ``keys``, in insertion order."""
        wanted = set(keys)
        while True:
            with self._lock:
                found = [self._equal[index].get(key, ()) for key in wanted]
                merged = heapq.merge(*(p.irange(after, None, (False, True)) for p in found if p))
                rows = [self._rows[position] for position in islice(merged, BATCH)]
            if not rows:
                return
            yield from rows
            after = rows[-1].position

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        """How many rows ``equal`` would give."""
        return sum(len(self._equal[index].get(key, ())) for key in set(keys))

    def walk(
        self,
        index: str,
        low: Any = None,
        low_inclusive: bool = True,
        high: Any = None,
        high_inclusive: bool = True,
        descending: bool = False,
        after: tuple[Any, int] | None = None,
    ) -> Iterator[Row]:
        """Rows by the key of an ordered index, equal keys in insertion order.

        A range leaves out nulls; without one they come first, descending they come last.
        """
        with self._lock:
            entries = list(self._ordered[index])
            if descending:
                entries.sort(key=lambda entry: entry[0], reverse=True)
            rows = [(key, self._rows[position]) for key, position in entries]
        start = None if after is None else (_rank(after[0]), after[1])
        for key, row in rows:
            if start is not None:
                same = key == start[0]
                past = row.position > start[1] if same else (key > start[0]) != descending
                if not past:
                    continue
            if _within(key, low, low_inclusive, high, high_inclusive):
                yield row

    def _put(self, row: Row) -> None:
        self._rows[row.position] = row
        self._keys[row.record["id"]] = row
        for index in self._indexes.values():
            key = _key(index, row.record)
            self._equal[index.name].setdefault(key, SortedList()).add(row.position)
            if index.ordered:
                self._ordered[index.name].add((_rank(key), row.position))

    def _remove(self, row: Row) -> None:
        del self._rows[row.position]
        del self._keys[row.record["id"]]
        for index in self._indexes.values():
            key = _key(index, row.record)
            self._equal[index.name][key].remove(row.position)
            if index.ordered:
                self._ordered[index.name].remove((_rank(key), row.position))


def _key(index: Index, record: Record) -> Any:
    value = record.get(index.name)
    return None if value is None else index.key(value)


def _rank(key: Any) -> tuple[Any, ...]:
    return (0,) if key is None else (1, key)


def _within(
    rank: tuple[Any, ...], low: Any, low_inclusive: bool, high: Any, high_inclusive: bool
) -> bool:
    if low is None and high is None:
        return True
    if rank == (0,):
        return False
    key = rank[1]
    if low is not None and not (key >= low if low_inclusive else key > low):
        return False
    return high is None or (key <= high if high_inclusive else key < high)
