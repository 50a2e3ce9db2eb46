"""Reading a tenant's two files, the data file and the log beside it, while leaving them alone."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fakegraph.store.datafile import Check, DataFile, read_data, rows_of
from fakegraph.store.log import LogContents, read_log, replay, what_is_missing
from fakegraph.store.rows import Record, Row

log = logging.getLogger("fakegraph.store")


@dataclass(frozen=True, slots=True)
class TenantFiles:
    """A tenant's files as read. ``rows`` and ``data`` include the log's writes, ``saved`` is the
    last one that the data file itself has.
    """

    rows: dict[str, list[Row]]
    data: DataFile
    saved: int
    log: LogContents


def read_files(path: Path, checks: Mapping[str, Check] | None = None) -> TenantFiles:
    """Read a data file and the log beside it. A server may have them open.

    ``checks``: as for a Template. That it was edited, and what is missing, is logged as a warning.
    Raises DataFileError.
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
    rows = rows_of(path, data.tables, checks)
    data.tables.clear()
    if not data.whole:
        log.warning(
            "%s: its checksum does not fit: it was edited, or it is damaged. It is taken as it is.",
            path,
        )
    missing = what_is_missing(journal, contents, data.sequence)
    if missing is not None:
        log.warning("%s", missing)
    return TenantFiles(rows, data, saved, contents)


def read_records(path: Path, checks: Mapping[str, Check] | None = None) -> dict[str, list[Record]]:
    """The records of a data file by set, in order, as ``read_files`` finds them."""
    rows = read_files(path, checks).rows
    return {name: [row.record for row in found] for name, found in rows.items()}


def _identity(path: Path) -> int | None:
    return path.stat().st_ino if path.exists() else None
