"""``Since``: what became of rows and links after a write, found by table and by row."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge

from fakegraph.store.change import HIDDEN, RESTORED, Change, Entry, kinds, said
from fakegraph.store.names import is_links, links_table
from fakegraph.store.rows import Key

At = tuple[int, int]
"""The number of a write, and how many changes of it come before."""


class Index:
    """Where in a change log what is. It grows with the log, when somebody asks."""

    def __init__(self) -> None:
        self.ats: list[At] = []
        """Where each entry is, ascending."""
        self.keys: list[Key] = []
        """The row that each is about; of a link, the one that it begins at."""
        self.tables: dict[str, list[int]] = {}
        self.rows: dict[tuple[str, Key], list[int]] = {}
        self.hidden: set[tuple[int, Key]] = set()
        self.restored: set[tuple[int, Key]] = set()
        self._next: At = (0, 0)

    def extend(self, entries: Sequence[Entry]) -> None:
        """Take in what has come since the last time."""
        for number in range(len(self.ats), len(entries)):
            sequence = entries[number][0]
            table, key, made = _gist(entries[number])
            at = self._next if self._next[0] == sequence else (sequence, 0)
            self._next = (sequence, at[1] + len(made))
            self.ats.append(at)
            self.keys.append(key)
            if made:
                self.tables.setdefault(table, []).append(number)
                self.rows.setdefault((table, key), []).append(number)
            if not is_links(table):
                self.hidden |= {(sequence, key)} if HIDDEN in made else set()
                self.restored |= {(sequence, key)} if RESTORED in made else set()


class Since:
    """The changes after a write, as many as there are now; what comes later is not in it."""

    def __init__(self, entries: Sequence[Entry], index: Index, start: int) -> None:
        self._entries = entries
        self._index = index
        self._start, self._stop = start, len(entries)

    def places(self, tables: Iterable[str], after: At | None = None) -> Iterator[tuple[At, Key]]:
        """Where the changes of some tables are, in order, from the first behind a place: with the
        row that each is about; of a link, with the one that it begins at.
        """
        ats, keys = self._index.ats, self._index.keys
        start = self._start if after is None else max(self._start, bisect_right(ats, after))
        listed = (self._index.tables.get(each, ()) for each in tables)
        for number in merge(*(self._from(each, start) for each in listed)):
            yield ats[number], keys[number]

    def of(self, key: Key, tables: Iterable[str]) -> Iterator[tuple[At, Change]]:
        """What became of a row and of the links that begin at it, as far as some tables have it:
        each with its place.
        """
        rows = self._index.rows
        listed = (rows.get((each, key), ()) for each in tables)
        for number in merge(*(self._from(each, self._start) for each in listed)):
            sequence, first = self._index.ats[number]
            for count, change in enumerate(said(self._entries[number]), start=first):
                yield (sequence, count), change

    def hides(self, sequence: int, *keys: Key) -> bool:
        """Whether a write hid one of some rows."""
        return any((sequence, key) in self._index.hidden for key in keys)

    def restores(self, sequence: int, key: Key) -> bool:
        """Whether a write restored a row."""
        return (sequence, key) in self._index.restored

    def _from(self, numbers: Sequence[int], start: int) -> Iterator[int]:
        for at in range(bisect_left(numbers, start), len(numbers)):
            if numbers[at] >= self._stop:
                return
            yield numbers[at]


def _gist(entry: Entry) -> tuple[str, Key, Sequence[str]]:
    """The table of an entry, the row that it is about, and the kinds of its changes."""
    if len(entry) == 4:
        _, table, old, new = entry
        one = old or new
        return table, one.source if is_links(table) else one.key, kinds(table, old, new)
    (change,) = said(entry)
    table = links_table(change.container) if change.source else change.container
    return table, change.source or change.key, (change.kind,)
