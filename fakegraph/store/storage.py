"""``RecordStorage``: TinyDB's storage of a tenant's records, in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from tinydb.storages import Storage

from fakegraph.store.drafts import Draft
from fakegraph.store.errors import StoreClosed
from fakegraph.store.log import Change
from fakegraph.store.records import Records

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a store held at one moment. It costs next to nothing until either side changes."""

    records: Mapping[str, Records]


Parts = Mapping[str, tuple[Draft, list[Change]]]
"""The changes of one write, by set."""


class Drafts(dict[str, Draft]):
    """The drafts of one write, by set, made when they are asked for."""

    def __init__(self, storage: RecordStorage) -> None:
        self._storage = storage

    def __missing__(self, name: str) -> Draft:
        draft = self[name] = Draft(self._storage.records_of(name), self._storage.unseen(name))
        return draft


class RecordStorage(Storage):
    """A tenant's records by set. All writes go through ``transact``.

    TinyDB's own ``read`` and ``write`` give and take everything at once; they are there for what
    goes by TinyDB's rules, and nothing of ours calls them.
    """

    def __init__(self, records: Mapping[str, Records]) -> None:
        self.records = dict(records)
        self._writing = threading.RLock()
        self._working = False
        self._closed = False

    def records_of(self, name: str) -> Records:
        """The records of a set, which is made if it is not there."""
        if name not in self.records:
            with self._writing:
                self.records.setdefault(name, Records())
        return self.records[name]

    def unseen(self, name: str) -> Mapping[str, Any]:
        """Rows of writes that nobody sees yet; in memory there are none."""
        return {}

    @property
    def writes_wait(self) -> bool:
        """Whether a write would now have to wait."""
        free = self._writing.acquire(blocking=False)
        if free:
            self._writing.release()
        return not free

    def transact(self, work: Callable[[Drafts], T]) -> T:
        """Make one write: ``work`` changes drafts, and all of it is made, or none if it raises.

        It runs alone. Raises StorageFailure when the write cannot be kept.
        """
        with self._writing:
            self._check_open()
            result, parts = self._work(work)
            for draft, changes in parts.values():
                draft.claim()
                draft.records.apply(changes)
            return result

    def _work(self, work: Callable[[Drafts], T]) -> tuple[T, Parts]:
        """What ``work`` gives and means to change, by set."""
        if self._working:
            raise RuntimeError("a write was begun inside another one")
        self._working = True
        try:
            drafts = Drafts(self)
            result = work(drafts)
            return result, {name: (draft, draft.changes()) for name, draft in drafts.items()}
        finally:
            self._working = False

    def exclusively(self, work: Callable[[Drafts], T]) -> T:
        """As ``transact``, while no write is on its way: ``work`` may read the records as well."""
        return self.transact(work)

    def claim_position(self, name: str) -> int:
        """The next position of a set, which is then no longer the next."""
        with self._writing:
            records = self.records_of(name)
            records.next_position += 1
            return records.next_position - 1

    def _check_open(self) -> None:
        if self._closed:
            raise StoreClosed

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """A time in which nothing is written and every write that was made is seen."""
        with self._writing:
            self._check_open()
            yield

    def snapshot(self) -> Snapshot:
        """What is stored now."""
        with self.quiet():
            return Snapshot({name: records.fork() for name, records in self.records.items()})

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot, positions included. Raises StorageFailure."""
        with self.quiet():
            self._show_snapshot(snapshot)

    def _show_snapshot(self, snapshot: Snapshot) -> None:
        for name in self.records:
            there = snapshot.records.get(name)
            copy = Records() if there is None else there.fork()
            self.records[name].become(copy)
            self.records[name].next_position = copy.next_position

    def read(self) -> dict[str, dict[str, Any]]:
        """Everything, as TinyDB has it: records by table and document id."""
        return {
            name: {str(row.position): row.record for row in records.fork()}
            for name, records in self.records.items()
        }

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Make everything as TinyDB has it. Raises KeyTaken, StorageFailure."""
        self.exclusively(lambda drafts: self._rewrite(drafts, data))

    def _rewrite(self, drafts: Drafts, data: dict[str, dict[str, Any]]) -> None:
        for name in self.records.keys() | data.keys():
            draft = drafts[name]
            for row in self.records_of(name).fork():
                draft.remove(row)
            for position, record in data.get(name, {}).items():
                draft.insert(record, int(position))

    def close(self, *, keep: bool = True) -> None:
        """Take no more writes. ``keep``: whether what is stored is still wanted."""
        with self._writing:
            self._closed = True
