"""``ChangeLog``: what became of rows and links, write by write, as far back as it is kept."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from operator import itemgetter
from typing import Any

from fakegraph.store.change import Change, Entry, Written, said, written
from fakegraph.store.errors import ChangesLost
from fakegraph.store.names import is_aside
from fakegraph.store.since import Index, Since

MOST_CHANGES = 10_000


class ChangeLog:
    """The last ``MOST_CHANGES`` changes, or fewer; a write is there whole, or not at all.

    What is to be said of a change is only worked out when somebody asks: until then there is what
    went and what came.
    """

    def __init__(self, begins: int = 0) -> None:
        """``begins``: the number of the last write that is not in it."""
        self.begins = begins
        self._entries: list[Entry] = []
        self._index = Index()
        self._lock = threading.Lock()

    def copy(self) -> ChangeLog:
        """The same, no more of it than is to be kept, to be read while this one goes on."""
        copy = ChangeLog()
        with self._lock:
            copy.begins, copy._entries = self.begins, self._entries.copy()
        if len(copy) > MOST_CHANGES:
            copy._drop()
        return copy

    def add(self, sequence: int, parts: Mapping[str, tuple[Any, list[tuple[Any, Any]]]]) -> None:
        """Note what a write made of each table; at once, so that nobody reads a part of it."""
        with self._lock:
            for table, (_, changes) in parts.items():
                for old, new in () if is_aside(table) else changes:
                    self._entries.append((sequence, table, old, new))
            if len(self._entries) > 2 * MOST_CHANGES:
                self._drop()

    def extend(
        self, sequence: int, told: Iterable[Any], read: Callable[[int, Any], Change]
    ) -> None:
        """Note what a file tells of a write, to be read when somebody asks."""
        self._entries += [(sequence, read, each) for each in told]

    def _drop(self) -> None:
        """Let go of the oldest ones; seldom, and then of many, as that costs what is left."""
        self.begins = self._entries[-MOST_CHANGES - 1][0]
        self._entries, self._index = self._entries[self._end_of(self.begins) :], Index()

    def _end_of(self, sequence: int) -> int:
        return bisect_right(self._entries, sequence, key=itemgetter(0))

    def begin_anew(self, sequence: int) -> None:
        """Forget all: what comes next has nothing to do with it."""
        with self._lock:
            self.begins, self._entries, self._index = sequence, [], Index()

    def after(self, sequence: int, limit: int) -> list[Change]:
        """What the writes after that one made: ``limit`` changes and the rest of the last one's
        write, or fewer where that is all. Raises ChangesLost where the log begins later.
        """
        found: list[Change] = []
        for entry in self._entries_after(sequence):
            if len(found) >= limit and entry[0] != found[-1].sequence:
                break
            found += said(entry)
        return found

    def written_after(self, sequence: int) -> list[Written]:
        """All of that, with the rows as they were before and after. Raises ChangesLost."""
        return [each for entry in self._entries_after(sequence) for each in written(entry)]

    def _entries_after(self, sequence: int) -> Iterator[Entry]:
        with self._lock:
            if sequence < self.begins:
                raise ChangesLost(sequence)
            entries = self._entries
            start, stop = self._end_of(sequence), len(entries)
        return islice(entries, start, stop)

    def since(self, sequence: int) -> Since:
        """The same, to be found by table and by row. Raises ChangesLost."""
        with self._lock:
            if sequence < self.begins:
                raise ChangesLost(sequence)
            self._index.extend(self._entries)
            return Since(self._entries, self._index, self._end_of(sequence))

    @property
    def ends(self) -> int:
        """The number of the last write that readers see whole, with what is told of it."""
        with self._lock:
            return self._entries[-1][0] if self._entries else self.begins

    def __len__(self) -> int:
        """How many rows and links it tells of."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """All of it, as it is kept; for a copy, which nobody adds to."""
        return iter(self._entries)
