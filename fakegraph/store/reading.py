"""Reading a tenant's files, the data file and the log beside it, while leaving them alone."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.store.bytes import FolderBytes
from fakegraph.store.changelog import read_changes
from fakegraph.store.changes import ChangeLog
from fakegraph.store.checking import Check, Checking
from fakegraph.store.datafile import CHANGES_TABLE, DataFile, read_data
from fakegraph.store.errors import DataFileError
from fakegraph.store.files import Files
from fakegraph.store.layouts import Layout
from fakegraph.store.loading import Loaded, Problems
from fakegraph.store.log import LogContents, read_log, what_is_missing
from fakegraph.store.rows import Record
from fakegraph.store.tables import Tables
from fakegraph.store.template import Template
from fakegraph.store.templates import TemplateFiles

log = logging.getLogger("fakegraph.store")


@dataclass(frozen=True, slots=True)
class TenantFiles:
    """A tenant's files as read. ``tables``, ``changes`` and ``data`` include the log's writes.

    ``base`` is the template that the data file refers to, ``saved`` the last write that it has
    itself, and ``logged`` the containers whose numbers the files tell. ``complete``: nothing is
    missing at the end of the log.
    """

    tables: Tables
    base: Template | None
    changes: ChangeLog
    data: DataFile
    saved: int = 0
    logged: set[str] = field(default_factory=set)
    log: LogContents = field(default_factory=LogContents)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Reader:
    """What it takes to read tenants' files: the templates beside them, and what is declared now."""

    files: Files
    templates: TemplateFiles
    template: Template = field(default_factory=lambda: Template({}))

    def read(self, path: Path) -> TenantFiles:
        """Read a data file and the log beside it. A server may have them open.

        That it was edited, and what is missing, is logged as a warning. Raises DataFileError.
        """
        journal = path.with_suffix(".wal")
        while True:
            before = _identity(path)
            data = read_data(path)
            contents = read_log(journal, data.store)
            if _identity(path) == before:
                break  # else a server wrote the file anew, and the log goes on from that one
        base = self._template(path, data)
        problems, saved = Problems(path), data.sequence
        loaded = Loaded(data, None if base is None else base.tables)
        _check_numbers(path, loaded.numbers)
        loaded.numbers.update(_given(contents.writes))
        logged = {*loaded.numbers}
        told = data.tables.pop(CHANGES_TABLE, {})
        loaded.take(data, problems)
        changes = read_changes(told, data, loaded.documents, problems)
        replay(journal, data, contents.writes, loaded, changes)
        self._check(path, loaded, problems, base, edited=not data.whole)
        problems.refuse()
        complete = _warn(path, journal, data, contents)
        tables = loaded.finish(self.template.layouts)
        return TenantFiles(tables, base, changes, data, saved, logged, contents, complete)

    def _template(self, path: Path, data: DataFile) -> Template | None:
        if data.template is None:
            return None
        try:
            return self.templates.find(data.template, self.template)
        except DataFileError as error:
            raise DataFileError(f"{path}: it refers to the template {error}") from error

    def _check(
        self, path: Path, loaded: Loaded, problems: Problems, base: Template | None, *, edited: bool
    ) -> None:
        kept = FolderBytes(self.files, bytes_folder(path), [base.bytes] if base else [])
        checking = Checking(
            loaded,
            problems,
            self.template.layouts,
            self.template.checks,
            lambda name: kept.size(name) is not None,
            edited=edited,
        )
        checking.check()


def bytes_folder(path: Path) -> Path:
    """Where the bytes are that the rows of a data file name."""
    return path.with_suffix(".bytes")


def _identity(path: Path) -> int | None:
    return path.stat().st_ino if path.exists() else None


def _check_numbers(path: Path, numbers: Mapping[str, int]) -> None:
    if sorted(numbers.values()) != list(range(1, len(numbers) + 1)):
        raise DataFileError(
            f"{path}: table '_fakegraph': numbers: with those of the template they must go from 1 "
            f"to {len(numbers)}, each once"
        )


def _given(writes: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The numbers that the log gives to containers: others must not have them."""
    found: dict[str, int] = {}
    for write in writes:
        if "generation" in write:
            break
        numbers = write.get("numbers")
        if isinstance(numbers, dict):
            found.update(numbers)
    return found


def replay(
    path: Path,
    data: DataFile,
    writes: Iterable[Mapping[str, Any]],
    loaded: Loaded,
    changes: ChangeLog,
) -> None:
    """Make the writes that the data file does not include. Raises DataFileError."""
    for write in writes:
        if write["n"] <= data.sequence:
            continue
        if write["n"] != data.sequence + 1:
            raise DataFileError(
                f"{path}: it goes on from write {write['n'] - 1}, but the data file beside it ends "
                f"with write {data.sequence}"
            )
        try:
            made = loaded.redo(write)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataFileError(
                f"{path}: write {write['n']} does not fit the data file beside it"
            ) from error
        data.sequence = write["n"]
        if "generation" in write:
            data.generation = write["generation"]
            changes.begin_anew(data.sequence)
        else:
            changes.add(data.sequence, {table: (None, pairs) for table, pairs in made.items()})


def _warn(path: Path, journal: Path, data: DataFile, contents: LogContents) -> bool:
    """Log what is to be known of the files; gives whether nothing is missing."""
    if not data.sealed:
        log.info("%s: the first version wrote it, without a checksum: all of it is checked.", path)
        if not contents.writes and not contents.end:
            return True  # a log of its time is empty after a clean stop
    elif not data.whole:
        log.warning(
            "%s: its checksum does not fit: it was edited, or it is damaged. It is taken as it is.",
            path,
        )
    missing = what_is_missing(journal, contents, data.sequence)
    if missing is not None:
        log.warning("%s", missing)
    return missing is None


def read_records(
    path: Path,
    checks: Mapping[str, Check] | None = None,
    layouts: Mapping[str, Layout] | None = None,
) -> dict[str, list[Record]]:
    """The records of a data file by container, in order, those of its template among them, as a
    server would find them; without what is deleted. Raises DataFileError.
    """
    tables = read_files(path, Template({}, layouts, checks)).tables
    return {name: [row.record for row in tables.of(name)] for name in tables.containers()}


def read_files(path: Path, template: Template) -> TenantFiles:
    """A data file and the log beside it. Raises DataFileError."""
    files = Files()
    return Reader(files, TemplateFiles(files, path.parent), template).read(path)
