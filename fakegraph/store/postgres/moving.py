"""Tenants of a data folder into a database, and back: with all that is in their files."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from fakegraph.store.bytes import Content, FolderBytes, names_in
from fakegraph.store.datafile import write_data
from fakegraph.store.errors import FolderError, StorageFailure, StoreError
from fakegraph.store.files import Files
from fakegraph.store.folder import DataFolder, has_tenants
from fakegraph.store.names import is_links
from fakegraph.store.postgres.bases import described
from fakegraph.store.postgres.opened import Opened
from fakegraph.store.postgres.place import SharedPlace, key_of
from fakegraph.store.postgres.shared import SharedStorage
from fakegraph.store.reading import Reader, bytes_folder
from fakegraph.store.tables import Tables
from fakegraph.store.template import Template
from fakegraph.store.templates import TemplateFiles
from fakegraph.store.transaction import Transaction

Moved = Iterator[tuple[str, int]]
"""The tenants that were moved, each once it is there, and how many records it has."""

States = Iterable[tuple[str, str, str]]
"""What servers share of a tenant beside its records: kinds, ids, and JSON."""

Beside = Callable[[str, States], Callable[[Transaction], object]]
"""What is written in a folder beside a tenant's records, by its generation and what was shared."""


def into_database(folder: Path, url: str, template: Template) -> Moved:
    """Copy all tenants of a folder, which no server has meanwhile. Raises StoreError: also where
    the database has one of them already, and then none is copied.
    """
    if not folder.is_dir():
        raise FolderError(f"the data folder {folder} is not there")
    if not has_tenants(folder):
        raise FolderError(f"{folder} is no data folder: no tenant's file is in it")
    here, files = DataFolder(folder, Files()), Files()
    place = SharedPlace(url, template)
    try:
        tenants = here.tenants()
        _refuse_twins([name for name in tenants if name in place], "the database")
        reader = Reader(files, TemplateFiles(files, folder), template)
        for name in tenants:
            yield name, _put(place, name, folder / f"{name}.json", reader)
    finally:
        place.close()
        here.close()


def _put(place: SharedPlace, name: str, path: Path, reader: Reader) -> int:
    found = reader.read(path)
    began = found.base or Template({})
    now = Opened(found.tables, found.changes, found.data.generation, max(found.data.sequence, 1))
    kept = place.contents(key_of(name))
    folder = FolderBytes(reader.files, bytes_folder(path))
    for each in folder:
        kept.take(Content(folder, each))
    place.put(name, now, began)
    return _count(found.tables)


def out_of_database(url: str, folder: Path, template: Template, beside: Beside) -> Moved:
    """Copy all tenants of a database into a folder, which no server has meanwhile; each as it is
    at one moment. Raises StoreError: also where the folder has one of them already.

    ``beside``: what a folder has in records of what servers share otherwise.
    """
    place = SharedPlace(url, template, reads=True)
    try:
        here, files = DataFolder(folder, Files()), Files()
        try:
            tenants = place.tenants()
            _refuse_twins([name for name in tenants if name in here], f"the data folder {folder}")
            for name in tenants:
                storage = place.opened(name)
                storage.apart(beside(storage.generation, place.states(name)))
                yield name, _write(files, folder / f"{name}.json", storage)
        finally:
            here.close()
    finally:
        place.close()


def _write(files: Files, path: Path, storage: SharedStorage) -> int:
    try:
        began = storage.began
        digest = TemplateFiles(files, path.parent).keep(began)
        now = Opened(storage.tables, storage.changes, storage.generation, storage.sequence)
        snapshot = storage.tables.snapshot()
        data, tables = described(uuid.uuid4().hex, snapshot, now, began, digest)
        kept = FolderBytes(files, bytes_folder(path))
        for name in _named(storage.tables):
            if data.template is None or began.bytes.size(name) is None:
                kept.take(Content(storage.bytes, name))
        write_data(files, path, data, tables)
    except OSError as error:
        raise StorageFailure(f"{path} cannot be written", error) from error
    return _count(storage.tables)


def _named(tables: Tables) -> set[str]:
    """The names of the contents that rows have."""
    return {
        name
        for table, records in tables.records.items()
        if not is_links(table)
        for row in records.every()
        for name in names_in(row.record)
    }


def _count(tables: Tables) -> int:
    return sum(len(tables.of(name)) for name in tables.containers())


def _refuse_twins(tenants: list[str], where: str) -> None:
    if tenants:
        told = ", ".join(map(repr, tenants[:5])) + (", …" if len(tenants) > 5 else "")
        raise AlreadyThere(
            f"{where} has {told} already: remove what is there, or choose another place; nothing "
            "was moved"
        )


class AlreadyThere(StoreError):
    """A tenant that is to be moved where there is one of its name."""
