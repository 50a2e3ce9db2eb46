"""``ChangeLog``: what became of rows and links, write by write, as far back as it is kept."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from fakegraph.store.errors import ChangesLost
from fakegraph.store.names import is_links, relation_of
from fakegraph.store.rows import Key, Link, Record, Row

MOST_CHANGES = 10_000

CREATED, UPDATED, MOVED, DELETED = "created", "updated", "moved", "deleted"
HIDDEN, RESTORED, PURGED = "hidden", "restored", "purged"
LINKED, UNLINKED = "linked", "unlinked"


class Change(NamedTuple):
    """What one write made of one row, or of one link.

    ``container`` is the relation's name for a link, and ``source`` and ``target`` are its ends.
    ``owner`` and ``id`` are a row's as they were before. ``old``: of what was updated, the values
    that the changed properties had (None where there was none). ``left``: of what another row
    contained and is gone from there, the short texts and objects that it had: they tell where it
    was. A link is purged when it was hidden with a row, and is gone with that.
    """

    sequence: int
    kind: str
    container: str
    key: Key = 0
    owner: Key = 0
    id: str = ""
    old: Record = {}
    source: Key = 0
    target: Key = 0
    left: Record = {}


Entry = tuple[int, Callable[[int, Any], Change], Any] | tuple[int, str, Any, Any]
"""The number of a write, and what a file tells of a change with what reads that; or a table, what
went and what came.
"""


class ChangeLog:
    """The last ``MOST_CHANGES`` changes, or fewer; a write is there whole, or not at all.

    What is to be said of a change is only worked out when somebody asks: until then there is what
    went and what came.
    """

    def __init__(self, begins: int = 0) -> None:
        """``begins``: the number of the last write that is not in it."""
        self.begins = begins
        self._entries: list[Entry] = []
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
                for old, new in changes:
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
        self._entries = self._entries[self._end_of(self.begins) :]

    def _end_of(self, sequence: int) -> int:
        return bisect_right(self._entries, sequence, key=itemgetter(0))

    def begin_anew(self, sequence: int) -> None:
        """Forget all: what comes next has nothing to do with it."""
        with self._lock:
            self.begins, self._entries = sequence, []

    def after(self, sequence: int, limit: int) -> list[Change]:
        """What the writes after that one made: ``limit`` changes and the rest of the last one's
        write, or fewer where that is all. Raises ChangesLost where the log begins later.
        """
        with self._lock:
            if sequence < self.begins:
                raise ChangesLost(sequence)
            entries = self._entries
            start, stop = self._end_of(sequence), len(entries)
        found: list[Change] = []
        for entry in islice(entries, start, stop):
            if len(found) >= limit and entry[0] != found[-1].sequence:
                break
            found += said(entry)
        return found

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


def said(entry: Entry) -> Iterable[Change]:
    """The changes that an entry tells of."""
    if len(entry) == 3:
        return (entry[1](entry[0], entry[2]),)
    sequence, table, old, new = entry
    if is_links(table):
        return _said_of_link(sequence, relation_of(table), old, new)
    return _said_of_row(sequence, table, old, new)


def _said_of_link(
    sequence: int, relation: str, old: Link | None, new: Link | None
) -> Iterator[Change]:
    was, now = old is not None and not old.root, new is not None and not new.root
    link = old or new
    assert link is not None
    if was != now or new is None:
        kind = LINKED if now else UNLINKED if was else PURGED
        yield Change(sequence, kind, relation, source=link.source, target=link.target)


def _said_of_row(
    sequence: int, container: str, old: Row | None, new: Row | None
) -> Iterator[Change]:
    row = old or new
    assert row is not None
    values = {} if old is None or new is None else _old_values(old.record, new.record)
    for kind in _kinds(old, new, changed=bool(values)):
        said = values if kind == UPDATED else {}
        left = _short(row.record) if kind in _GONE and row.owner else {}
        identity = str(row.record.get("id", ""))
        yield Change(sequence, kind, container, row.key, row.owner, identity, said, left=left)


def _kinds(old: Row | None, new: Row | None, *, changed: bool) -> Iterator[str]:
    if old is None:
        yield CREATED
    if new is None:
        yield PURGED if old is not None and old.root else DELETED
        return
    root = 0 if old is None else old.root
    if new.root != root:
        yield HIDDEN if new.root else RESTORED
    if changed:
        yield UPDATED
    if old is not None and new.owner != old.owner:
        yield MOVED


_GONE = frozenset({HIDDEN, DELETED, PURGED})
_SHORT = 256  # bytes of JSON


def _short(record: Record) -> Record:
    """The texts and objects of a record that do not weigh much."""
    return {
        name: value
        for name, value in record.items()
        if isinstance(value, str | dict) and name != "id" and len(orjson.dumps(value)) <= _SHORT
    }


def _old_values(old: Record, new: Record) -> Record:
    """The values that the properties had which have others now."""
    names = {**old, **new}
    return {name: old.get(name) for name in names if not _same(old.get(name), new.get(name))}


def _same(old: Any, new: Any) -> bool:
    """Whether two values are the same JSON; Python alone takes 1 for true and 1.0."""
    return old is new or (old == new and orjson.dumps(old) == orjson.dumps(new))
