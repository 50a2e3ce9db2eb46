"""``RecordTable``: TinyDB's table, over records that are in memory, at constant cost.

TinyDB's own table reads and writes everything for each operation. All of its methods go through
two steps, though: they read a mapping of documents, and they have a function change one. Here the
first is a view and the second a draft, so each costs what it touches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from copy import deepcopy
from typing import Any

import orjson
from tinydb import TinyDB
from tinydb.table import Table

from fakegraph.store.records import Records
from fakegraph.store.rows import Record, Row
from fakegraph.store.storage import RecordStorage
from fakegraph.store.transaction import Transaction


class RecordTable(Table):
    """The records of one set for TinyDB: insert, get, search, update, remove and the rest.

    A document's id is its row's position. Records need an ``id``; a taken one raises KeyTaken.
    """

    default_query_cache_capacity = 0  # it could not know of writes that do not go through TinyDB

    def __init__(self, storage: RecordStorage, name: str, **options: Any) -> None:
        options.setdefault("cache_size", self.default_query_cache_capacity)
        super().__init__(storage, name, **options)
        self._record_storage = storage

    def _read_table(self) -> Mapping[str, Record]:  # type: ignore[override]  # a dict in TinyDB
        return _View(self._records())

    def _records(self) -> Records[Row]:
        return self._record_storage.tables.of(self.name)

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        def work(transaction: Transaction) -> None:
            changed = _Changed(self._records(), transaction, self.name)
            updater(changed)
            changed.finish()

        self._record_storage.exclusively(work)

    def _get_next_id(self) -> int:
        return self._record_storage.claim_position(self.name)


class _View(Mapping[str, Record]):
    """Records by document id, for reading. Nested values are the stored ones' copies."""

    def __init__(self, records: Records[Row]) -> None:
        self._records = records

    def __getitem__(self, key: str) -> Record:
        row = self._records.at(int(key))
        if row is None:
            raise KeyError(key)
        return deepcopy(row.record)

    def __iter__(self) -> Iterator[str]:
        return (str(row.position) for row in self._records.scan(-1))

    def __len__(self) -> int:
        return len(self._records)


class _Changed(MutableMapping[int, Record]):
    """Records by document id, for TinyDB to change; ``finish`` puts the changes into a draft."""

    def __init__(self, records: Records[Row], transaction: Transaction, container: str) -> None:
        self._records = records
        self._transaction = transaction
        self._container = container
        self._touched: dict[int, Record | None] = {}

    def __getitem__(self, key: int) -> Record:
        if key not in self._touched:
            row = self._records.at(key)
            self._touched[key] = None if row is None else deepcopy(row.record)
        found = self._touched[key]
        if found is None:
            raise KeyError(key)
        return found

    def __setitem__(self, key: int, record: Record) -> None:
        self._touched[key] = record

    def __delitem__(self, key: int) -> None:
        self[key]
        self._touched[key] = None

    def __iter__(self) -> Iterator[int]:
        added = [key for key in self._touched if self._records.at(key) is None]
        for row in self._records.scan(-1):
            if self._touched.get(row.position, row) is not None:
                yield row.position
        yield from (key for key in added if self._touched[key] is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def finish(self) -> None:
        """Say what has become of the records that were touched."""
        changed = {
            key: record
            for key, record in self._touched.items()
            if not _same(self._records.at(key), record)
        }
        rows = {key: self._records.at(key) for key in changed}
        staying = [row for key, row in rows.items() if row is not None and changed[key] is not None]
        identity = self._records.layout.keys[0].name
        for row in staying if len(changed) > 1 else ():  # they may swap their keys
            self._transaction.replace(row.key, {identity: f"\0{row.position}"})
        for key, record in changed.items():
            gone = rows[key]
            if record is None and gone is not None:
                self._transaction.delete(gone.key)
        for key, record in changed.items():
            there = rows[key]
            if record is not None and there is not None:
                self._transaction.replace(there.key, record)
            elif record is not None:
                self._transaction.insert(self._container, record, position=key)


def _same(row: Row | None, record: Record | None) -> bool:
    if row is None or record is None:
        return row is None and record is None
    return row.dump() == orjson.dumps(record)


class Database(TinyDB):
    """A tenant's records for TinyDB: ``Database(storage).table(NAME)``.

    It is one more way in, so closing it leaves the store open.
    """

    table_class = RecordTable  # type: ignore[assignment]  # their stub says type[Table]

    def __init__(self, storage: RecordStorage) -> None:
        super().__init__(storage=lambda: storage)
        self._records = storage.tables

    def tables(self) -> set[str]:
        """The names of the sets."""
        return set(self._records.containers())

    def close(self) -> None:
        """Nothing is held: the store has its own ``close``."""
        self._opened = False
