"""A tenant's files as a store that is only read."""

from __future__ import annotations

from pathlib import Path

from fakegraph.store.bytes import FolderBytes
from fakegraph.store.files import Files
from fakegraph.store.reading import bytes_folder, read_files
from fakegraph.store.storage import RecordStorage
from fakegraph.store.store import Store
from fakegraph.store.template import Template


def read_store(path: Path, template: Template) -> Store:
    """What a data file has. A server may have it open. Raises DataFileError."""
    found = read_files(path, template)
    base = [] if found.base is None else [found.base.bytes]
    storage = RecordStorage(found.tables, FolderBytes(Files(), bytes_folder(path), base))
    storage.close()
    return Store(storage, template, lambda: None)
