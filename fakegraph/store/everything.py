"""All that a store has at once, as TinyDB's storage gives and takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from fakegraph.store.documents import OWNER, Documents, document_of
from fakegraph.store.names import is_links, relation_of
from fakegraph.store.rows import Key
from fakegraph.store.tables import Tables
from fakegraph.store.transaction import Transaction

Everything = Mapping[str, Mapping[str, Any]]
"""Documents by table and by document id."""


def read_everything(tables: Tables) -> dict[str, dict[str, Any]]:
    """The documents of all that is not deleted."""
    return {
        name: {
            str(entry.position): orjson.loads(document_of(entry, tables.text_of))
            for entry in records.fork()
        }
        for name, records in tables.records.items()
    }


def write_everything(transaction: Transaction, tables: Tables, data: Everything) -> None:
    """Put documents in the place of all that is not deleted. Raises KeyTaken, ValueError."""
    containers = [tables.of(name) for name in tables.containers()]
    transaction.delete(*[row.key for records in containers for row in records.fork()])
    waiting = [each for each in _documents(data) if not is_links(each[0])]
    while waiting:
        later = [each for each in waiting if not _insert(transaction, tables, *each)]
        if len(later) == len(waiting):
            name, position, document = later[0]
            raise ValueError(
                f"table {name!r}, document {position}: {OWNER}: {document[OWNER]!r} is not there"
            )
        waiting = later
    for name, position, document in _documents(data):
        if is_links(name):
            _link(transaction, tables, name, position, document)


def _documents(data: Everything) -> Iterator[tuple[str, int, dict[str, Any]]]:
    for name, table in data.items():
        for position, document in table.items():
            yield name, int(position), dict(document)


def _insert(
    transaction: Transaction, tables: Tables, name: str, position: int, document: dict[str, Any]
) -> bool:
    """Insert a row, unless the one that is to contain it is not there yet."""
    owner: Key = 0
    if OWNER in document:
        try:
            owner = keys_of(transaction, tables).key_of(document[OWNER])
        except ValueError:
            return False
        if transaction.row(owner) is None:
            return False
    record = {name: value for name, value in document.items() if name != OWNER}
    transaction.insert(name, record, owner, position)
    return True


def keys_of(transaction: Transaction, tables: Tables) -> Documents:
    """How keys are read, those of containers that the write makes among them."""
    return Documents({**tables.numbers, **transaction.numbers})


def _link(
    transaction: Transaction, tables: Tables, name: str, position: int, document: Any
) -> None:
    link = keys_of(transaction, tables).link(position, document)
    transaction.link(relation_of(name), link.source, link.target, position)
