"""Reading a tenant's two files, the data file and the log beside it, while leaving them alone."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fakegraph.store.datafile import Check, DataFile, read_data, rows_of
from fakegraph.store.log import LogContents, read_log, replay, what_is_missing
from fakegraph.store.rows import Record

log = logging.getLogger("fakegraph.store")


@dataclass(frozen=True, slots=True)
class ReadFiles:
    """A tenant's files as read. ``data`` includes the log's writes, ``saved`` is the last one that
    the data file itself has.
    """

    data: DataFile
    saved: int
    log: LogContents


def read_files(path: Path) -> ReadFiles:
    """Read a data file and the log beside it. A server may have them open.

    What was edited or is missing is logged as a warning. Raises DataFileError.
    """
    journal = path.with_suffix(".wal")
    while True:
        before = _identity(path)
        data = read_data(path)
        contents = read_log(journal, data.store)
        if _identity(path) == before:
            break  # else a server wrote the file anew meanwhile, and the log goes on from that one
    saved = data.sequence
    replay(journal, data, contents.writes)
    if not data.whole:
        log.warning(
            "%s: its checksum does not fit: it was edited, or it is damaged. It is taken as it is.",
            path,
        )
    missing = what_is_missing(journal, contents, data.sequence)
    if missing is not None:
        log.warning("%s", missing)
    return ReadFiles(data, saved, contents)


def read_records(path: Path, checks: Mapping[str, Check] | None = None) -> dict[str, list[Record]]:
    """The records of a data file by set, in order, the writes in the log beside it included.

    A server may have the file open. ``checks``: as for a Template. Raises DataFileError.
    """
    tables = read_files(path).data.tables
    return {
        name: [row.record for row in rows] for name, rows in rows_of(path, tables, checks).items()
    }


def _identity(path: Path) -> int | None:
    return path.stat().st_ino if path.exists() else None
