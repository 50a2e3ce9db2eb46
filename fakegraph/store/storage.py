"""``RecordStorage``: TinyDB's storage of what a tenant stores, in memory."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar
from weakref import WeakSet

from tinydb.storages import Storage

from fakegraph.chunks import Spooled
from fakegraph.store.bytes import Bytes, Content, MemoryBytes
from fakegraph.store.change import Change, said
from fakegraph.store.changes import ChangeLog
from fakegraph.store.drafts import Unseen
from fakegraph.store.errors import SnapshotTaken, StoreClosed
from fakegraph.store.everything import read_everything, write_everything
from fakegraph.store.layouts import Layout
from fakegraph.store.records import Records
from fakegraph.store.tables import Snapshot, Tables
from fakegraph.store.transaction import Parts, Transaction

T = TypeVar("T")


class States(Protocol):
    """What a tenant has beside its records, and hears of as of them."""

    version: int
    """Up to where it has heard."""

    def take(self, version: int, rows: Iterable[Any]) -> None:
        """Take in what has changed: kinds, ids, versions and values, None for what is gone."""


def new_generation() -> str:
    """A text that no other generation of any store has."""
    return uuid.uuid4().hex


class RecordStorage(Storage):
    """A tenant's tables. All writes go through ``transact``.

    TinyDB's own ``read`` and ``write`` give and take everything at once; they are there for what
    goes by TinyDB's rules, and nothing of ours calls them.
    """

    def __init__(
        self, tables: Tables, bytes_: Bytes | None = None, generation: str | None = None
    ) -> None:
        self.tables = tables
        self.bytes: Bytes = MemoryBytes() if bytes_ is None else bytes_
        self.changes = ChangeLog()
        self.sequence = 0
        """The number of the last write that was made."""
        self.generation = generation or new_generation()
        """Another one after each ``restore``: what was told of the store before is not true now."""
        self.states: States | None = None
        """What the tenant has beside its records; it hears of that where others change it too."""
        self._snapshots: WeakSet[Snapshot] = WeakSet()
        self._marked: dict[str, Snapshot] = {}
        self._frozen_of: Snapshot | None = None  # whose bytes stay as long as this is read
        self._let_go: list[str] = []  # names of bytes that the write under way keeps or lets go
        self.heard: Callable[[Collection[str]], object] | None = None
        """Told of the tables of each write, once readers see it."""
        self._writing = threading.RLock()
        self._working = False
        self._closed = False

    def unseen(self, table: str) -> Unseen[Any] | None:
        """What writes that nobody sees yet have made of a table; in memory there are none."""
        return None

    @property
    def writes_wait(self) -> bool:
        """Whether a write would now have to wait."""
        free = self._writing.acquire(blocking=False)
        if free:
            self._writing.release()
        return not free

    def transact(self, work: Callable[[Transaction], T], *, again: bool = False) -> T:
        """Make one write: ``work`` changes a transaction, and all of it is made, or none if it
        raises. It runs alone. Raises StorageFailure when the write cannot be kept. ``again``: the
        work may be done more than once, with the same to come of it.
        """
        with self._writing:
            self._check_open()
            try:
                result, write = self._work(work)
                parts = write.parts()
                if parts:
                    self.sequence += 1
                    self._claim(write, parts)
                    self._show(self.sequence, parts)
                return result
            finally:
                if self._let_go and not self._working:
                    self._drop_bytes()

    @property
    def as_begun(self) -> bool:
        """Whether what it goes back to is what it began as, as far as that is known."""
        return True

    def start(self, usual: Any) -> Any:
        """The template that ``reset`` goes back to, which usually is that one."""
        return usual

    def catch_up(self) -> None:
        """Take in what other servers have written, where others may. Raises StoreError."""

    def _drop_bytes(self) -> None:
        """Let the bytes go that no row and no snapshot names any more."""
        self.bytes.drop([name for name in self._let_go if not self._wants(name)])
        self._let_go.clear()

    def _wants(self, name: str) -> bool:
        """Whether a row names these bytes, or one that a snapshot has."""
        return name in self.tables.named or any(name in each.named for each in self._snapshots)

    def _work(self, work: Callable[[Transaction], T]) -> tuple[T, Transaction]:
        """What ``work`` gives and means to change."""
        if self._working:
            raise RuntimeError("a write was begun inside another one")
        self._working = True
        try:
            write = Transaction(self.tables, self.unseen, self)
            return work(write), write
        finally:
            self._working = False

    def _claim(self, write: Transaction, parts: Parts) -> None:
        """Take the positions and numbers that a write has given, now that it is kept."""
        for name, number in write.numbers.items():
            self.tables.give_number(name, number)
        for table, (draft, changes) in parts.items():
            draft.records = self.tables.own(table)
            # What it made and took away again has none: no log has it, and no other server.
            last = max(each.position for change in changes for each in change if each is not None)
            if last >= draft.records.next_position:
                draft.records.next_position = last + 1

    def _show(self, sequence: int, parts: Parts) -> None:
        """Let readers see a write."""
        for draft, changes in parts.values():
            draft.records.apply(changes)
            self._let_go += self.tables.named.count(changes)
        self.changes.add(sequence, parts)
        if self.heard is not None:
            self.heard(parts)

    def keep(self, data: bytes | Spooled) -> str:
        """Keep bytes, which are let go again unless the write under way names them."""
        return self._to_let_go(self.bytes.keep(data))

    def join(self, names: Sequence[str]) -> str:
        """Keep what others are one after the other, in the same way."""
        return self._to_let_go(self.bytes.join(names))

    def _to_let_go(self, name: str) -> str:
        self._let_go.append(name)
        return name

    def has_bytes(self, name: str) -> bool:
        """Whether there are bytes of that name."""
        return self.bytes.size(name) is not None

    def content(self, name: str, data: bytes | None = None) -> Content:
        """The bytes of that name, which are ``data`` where they are at hand."""
        return Content(self.bytes, name, data)

    def exclusively(self, work: Callable[[Transaction], T]) -> T:
        """As ``transact``, while no write is on its way: ``work`` may read the tables as well."""
        return self.transact(work)

    def claim_position(self, table: str) -> int:
        """The next position of a table, which is then no longer the next."""
        with self._writing:
            records = self.tables.own(table)
            records.next_position += 1
            return records.next_position - 1

    def _check_open(self) -> None:
        if self._closed:
            raise StoreClosed

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """A time in which nothing is written and every write that was made is seen."""
        with self._writing:
            yield

    def snapshot(self) -> Snapshot:
        """What is stored now."""
        with self.quiet():
            return self._snapshot()

    def _snapshot(self) -> Snapshot:
        snapshot = self.tables.snapshot()
        self._snapshots.add(snapshot)
        return snapshot

    def frozen(self, layouts: Mapping[str, Layout]) -> RecordStorage:
        """The same as it is now, with what is told of it, to be read."""
        tables = Tables(layouts)
        with self.quiet():
            snapshot = self._snapshot()
            tables.restore(snapshot)
            frozen = RecordStorage(tables, self.bytes, self.generation)
            frozen.sequence, frozen.changes = self.sequence, self.changes.copy()
        frozen._frozen_of = snapshot
        frozen.close()
        return frozen

    def mark(self, id_: str) -> Snapshot:
        """Keep what is stored now as the snapshot of that id. Raises SnapshotTaken,
        StorageFailure.
        """
        with self.quiet():
            if id_ in self._marked:
                raise SnapshotTaken(id_)
            self._marked[id_] = self._snapshot()
            return self._marked[id_]

    def unmark(self, id_: str) -> None:
        """Keep a snapshot no longer. Raises StorageFailure."""
        self._marked.pop(id_, None)

    def marked(self, id_: str) -> Snapshot | None:
        """The snapshot of that id. Raises StoreError."""
        return self._marked.get(id_)

    def marks(self) -> list[str]:
        """The ids of the snapshots that are kept."""
        return list(self._marked)

    def differences(self, since: Snapshot, start: Snapshot) -> list[Change]:
        """What is another one now than in a snapshot; what that did not have yet was as at the
        ``start``.
        """
        before = {**start.records, **since.records}
        with self.quiet():
            tables = dict.fromkeys([*since.records, *self.tables.records])
            return [
                change
                for name in tables
                for each in self._differences(name, before.get(name))
                for change in said((self.sequence, name, *each))
            ]

    def _differences(self, table: str, before: Records[Any] | None) -> Iterable[tuple[Any, Any]]:
        after = self.tables.of(table)
        if before is None:
            return ((None, entry) for entry in after.every())
        return () if before is after else before.differences(after)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot, positions included. Raises StorageFailure."""
        with self.quiet():
            self._check_open()
            self.sequence += 1
            self._go_back(snapshot, new_generation())
            self.bytes.sweep(self._wants)

    def _go_back(self, snapshot: Snapshot, generation: str) -> None:
        self.tables.restore(snapshot)
        self.generation = generation
        self.changes.begin_anew(self.sequence)
        if self.heard is not None:
            self.heard(tuple(self.tables.containers()))

    def read(self) -> dict[str, dict[str, Any]]:
        """Everything, as TinyDB has it: documents by table and document id."""
        with self.quiet():
            return read_everything(self.tables)

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Make everything as TinyDB has it. Raises KeyTaken, ValueError, StorageFailure."""
        self.exclusively(lambda transaction: write_everything(transaction, self.tables, data))

    def close(self, *, keep: bool = True) -> None:
        """Take no more writes. ``keep``: whether what is stored is still wanted."""
        with self._writing:
            self._closed = True
