"""``ChangeLog``: what became of rows and links, write by write, as far back as it is kept."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from fakegraph.store.errors import ChangesLost
from fakegraph.store.names import is_links, relation_of
from fakegraph.store.rows import Key, Link, Record, Row

MOST_CHANGES = 10_000

CREATED, UPDATED, MOVED, DELETED = "created", "updated", "moved", "deleted"
HIDDEN, RESTORED, PURGED = "hidden", "restored", "purged"
LINKED, UNLINKED = "linked", "unlinked"


@dataclass(frozen=True, slots=True)
class Change:
    """What one write made of one row, or of one link.

    ``container`` is the relation's name for a link, and ``source`` and ``target`` are its ends.
    ``owner`` and ``id`` are a row's as they were before. ``old``: of what was updated, the values
    that the changed properties had (None where there was none).
    """

    sequence: int
    kind: str
    container: str
    key: Key = 0
    owner: Key = 0
    id: str = ""
    old: Record = field(default_factory=dict)
    source: Key = 0
    target: Key = 0


Parts = Mapping[str, Sequence[tuple[Any, Any]]]
"""What went and what came, by table."""


class _Write:
    """One write in the log. What is to be said of it is only worked out when somebody asks."""

    __slots__ = ("_changes", "_parts", "sequence", "size")

    def __init__(
        self, sequence: int, size: int, parts: Parts, changes: list[Change] | None
    ) -> None:
        self.sequence = sequence
        self.size = size
        self._parts = parts
        self._changes = changes

    def changes(self) -> list[Change]:
        """What became of rows and links."""
        parts = self._parts  # before it is asked for: another thread may be doing the same
        found = self._changes
        if found is None:
            found = self._changes = list(_said(self.sequence, parts))
            self._parts = {}
        return found


class ChangeLog:
    """The last ``MOST_CHANGES`` changes, or fewer; a write is there whole, or not at all."""

    def __init__(self, begins: int = 0) -> None:
        """``begins``: the number of the last write that is not in it."""
        self.begins = begins
        self._writes: list[_Write] = []
        self._size = 0
        self._lock = threading.Lock()

    def copy(self) -> ChangeLog:
        """The same, to be read while this one goes on."""
        copy = ChangeLog()
        with self._lock:
            copy.begins, copy._writes, copy._size = self.begins, self._writes.copy(), self._size
        return copy

    def add(self, sequence: int, parts: Parts) -> None:
        """Note a write that was made."""
        size = sum(map(len, parts.values()))
        self._add(_Write(sequence, size, parts, None))

    def extend(self, changes: Iterable[Change]) -> None:
        """Note changes that were read, in order."""
        for sequence, found in groupby(changes, lambda change: change.sequence):
            said = list(found)
            self._add(_Write(sequence, len(said), {}, said))

    def _add(self, write: _Write) -> None:
        with self._lock:
            self._writes.append(write)
            self._size += write.size
            if self._size > 2 * MOST_CHANGES:
                self._drop()

    def _drop(self) -> None:
        """Let go of the oldest ones; seldom, and then of many, as that costs what is left."""
        count = 0
        while self._size > MOST_CHANGES:
            self._size -= self._writes[count].size
            self.begins = self._writes[count].sequence
            count += 1
        self._writes = self._writes[count:]

    def begin_anew(self, sequence: int) -> None:
        """Forget all: what comes next has nothing to do with it."""
        with self._lock:
            self.begins, self._writes, self._size = sequence, [], 0

    def after(self, sequence: int, limit: int) -> list[Change]:
        """What the writes after that one made: ``limit`` changes and the rest of the last one's
        write, or fewer where that is all. Raises ChangesLost where the log begins later.
        """
        with self._lock:
            if sequence < self.begins:
                raise ChangesLost(sequence)
            start = bisect_right(self._writes, sequence, key=lambda write: write.sequence)
            writes = self._writes[start : start + max(limit, 1)]
        found: list[Change] = []
        for write in writes:
            if len(found) >= limit:
                break
            found += write.changes()
        return found

    def __len__(self) -> int:
        """How many changes it has, about."""
        return self._size

    def __iter__(self) -> Iterator[Change]:
        """All of it."""
        with self._lock:
            writes = self._writes.copy()
        return (change for write in writes for change in write.changes())


def _said(sequence: int, parts: Parts) -> Iterator[Change]:
    for table, changes in parts.items():
        for old, new in changes:
            if is_links(table):
                yield from _said_of_link(sequence, relation_of(table), old, new)
            else:
                yield from _said_of_row(sequence, table, old, new)


def _said_of_link(
    sequence: int, relation: str, old: Link | None, new: Link | None
) -> Iterator[Change]:
    was, now = old is not None and not old.root, new is not None and not new.root
    link = old or new
    if was != now and link is not None:
        kind = LINKED if now else UNLINKED
        yield Change(sequence, kind, relation, source=link.source, target=link.target)


def _said_of_row(
    sequence: int, container: str, old: Row | None, new: Row | None
) -> Iterator[Change]:
    row = old or new
    assert row is not None
    values = {} if old is None or new is None else _old_values(old.record, new.record)
    for kind in _kinds(old, new, changed=bool(values)):
        said = values if kind == UPDATED else {}
        identity = str(row.record.get("id", ""))
        yield Change(sequence, kind, container, row.key, row.owner, identity, said)


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


def _old_values(old: Record, new: Record) -> Record:
    """The values that the properties had which have others now."""
    names = {**old, **new}
    return {name: old.get(name) for name in names if old.get(name) != new.get(name)}
