"""``RecordTable``: TinyDB's table, over rows and links that are in memory, at constant cost.

TinyDB's own table reads and writes everything for each operation. All of its methods go through
two steps, though: they read a mapping of documents, and they have a function change one. Here the
first is a view and the second a transaction, so each costs what it touches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

import orjson
from tinydb import TinyDB
from tinydb.table import Table

from fakegraph.store.documents import DELETED, document_of
from fakegraph.store.everything import keys_of
from fakegraph.store.names import is_links, relation_of
from fakegraph.store.storage import RecordStorage
from fakegraph.store.tables import Tables
from fakegraph.store.transaction import Transaction

Document = dict[str, Any]


class RecordTable(Table):
    """The rows of a container, or the links of a relation (``links:group/members``), for TinyDB:
    insert, get, search, update, remove and the rest.

    A document's id is its position, and it is as in the data file: with ``"@owner"`` where another
    row contains it. What is deleted softly is not here. Removing a row removes what it contains.
    Raises KeyTaken, NoSuchRow, and ValueError for what is no document.
    """

    default_query_cache_capacity = 0  # it could not know of writes that do not go through TinyDB

    def __init__(self, storage: RecordStorage, name: str, **options: Any) -> None:
        options.setdefault("cache_size", self.default_query_cache_capacity)
        super().__init__(storage, name, **options)
        self._record_storage = storage

    def _read_table(self) -> Mapping[str, Document]:  # type: ignore[override]  # a dict in TinyDB
        return _View(_Stored(self._record_storage.tables, self.name))

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        def work(transaction: Transaction) -> None:
            stored = _Stored(self._record_storage.tables, self.name)
            changed = _Changed(stored)
            updater(changed)
            write = _write_links if is_links(self.name) else _write_rows
            write(transaction, stored, changed.made())

        self._record_storage.exclusively(work)

    def _get_next_id(self) -> int:
        return self._record_storage.claim_position(self.name)


class _Stored:
    """A table's entries as documents."""

    def __init__(self, tables: Tables, name: str) -> None:
        self.tables = tables
        self.name = name
        self.records = tables.of(name)

    def dump(self, position: int) -> bytes | None:
        """The document at a position, as JSON."""
        entry = self.records.at(position)
        return None if entry is None else document_of(entry, self.tables.text_of)

    def document(self, position: int) -> Document | None:
        """The document at a position, to be changed by whoever asks."""
        dumped = self.dump(position)
        return None if dumped is None else orjson.loads(dumped)

    def positions(self) -> Iterator[int]:
        """Where there are documents, in order."""
        return (entry.position for entry in self.records.scan(-1))


class _View(Mapping[str, Document]):
    """Documents by id, for reading."""

    def __init__(self, stored: _Stored) -> None:
        self._stored = stored

    def __getitem__(self, key: str) -> Document:
        found = self._stored.document(int(key))
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return map(str, self._stored.positions())

    def __len__(self) -> int:
        return len(self._stored.records)


class _Changed(MutableMapping[int, Document]):
    """Documents by id, for TinyDB to change."""

    def __init__(self, stored: _Stored) -> None:
        self._stored = stored
        self._touched: dict[int, Document | None] = {}

    def __getitem__(self, key: int) -> Document:
        if key not in self._touched:
            self._touched[key] = self._stored.document(key)
        found = self._touched[key]
        if found is None:
            raise KeyError(key)
        return found

    def __setitem__(self, key: int, document: Document) -> None:
        self._touched[key] = document

    def __delitem__(self, key: int) -> None:
        self[key]
        self._touched[key] = None

    def __iter__(self) -> Iterator[int]:
        records = self._stored.records
        added = [key for key in self._touched if records.at(key) is None]
        for position in self._stored.positions():
            if position not in self._touched or self._touched[position] is not None:
                yield position
        yield from (key for key in added if self._touched[key] is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def made(self) -> dict[int, Document | None]:
        """What has become of the documents that are not what they were."""
        return {
            key: document
            for key, document in self._touched.items()
            if self._stored.dump(key) != (None if document is None else orjson.dumps(document))
        }


def _write_rows(
    transaction: Transaction, stored: _Stored, made: Mapping[int, Document | None]
) -> None:
    at = stored.records.at
    transaction.delete(*[row.key for key in made if made[key] is None and (row := at(key))])
    staying = [row for key in made if made[key] is not None and (row := at(key))]
    identity = stored.records.layout.keys[0].name
    for row in staying if len(staying) > 1 else ():  # they may swap their keys
        transaction.replace(row.key, {identity: f"\0{row.position}"})
    for row in staying:
        new = _read(transaction, stored, row.position, made[row.position])
        if new.owner != row.owner:
            transaction.move(row.key, new.owner)
        transaction.replace(row.key, new.record)
    for key, document in made.items():
        if document is not None and at(key) is None:
            new = _read(transaction, stored, key, document)
            transaction.insert(stored.name, new.record, new.owner, key)


def _write_links(
    transaction: Transaction, stored: _Stored, made: Mapping[int, Document | None]
) -> None:
    relation = relation_of(stored.name)
    for key in made:
        link = stored.records.at(key)
        if link is not None:
            transaction.unlink(relation, link.source, link.target)
    for key, document in made.items():
        if document is not None:
            new = _read(transaction, stored, key, document)
            if not transaction.link(relation, new.source, new.target, key):
                raise ValueError(f"document {key}: the same two rows are linked already")


def _read(transaction: Transaction, stored: _Stored, position: int, document: Any) -> Any:
    """The row or the link that a document says. Raises ValueError."""
    hidden = stored.records.hidden
    if hidden is not None and hidden.at(position) is not None:
        raise ValueError(f"document {position}: a deleted one has this id")
    if DELETED in document:
        raise ValueError(f"document {position}: {DELETED}: it is deleted by the store's own hide")
    keys = keys_of(transaction, stored.tables)
    if not is_links(stored.name):
        return keys.row(0, position, dict(document))
    return keys.link(position, dict(document))


class Database(TinyDB):
    """A tenant's records for TinyDB: ``Database(storage).table(NAME)``.

    It is one more way in, so closing it leaves the store open.
    """

    table_class = RecordTable  # type: ignore[assignment]  # their stub says type[Table]

    def __init__(self, storage: RecordStorage) -> None:
        super().__init__(storage=lambda: storage)
        self._stored = storage.tables

    def tables(self) -> set[str]:
        """The names of the containers, and of the tables that have relations' links."""
        return set(self._stored.records)

    def close(self) -> None:
        """Nothing is held: the store has its own ``close``."""
        self._opened = False
