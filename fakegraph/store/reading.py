"""Reading a tenant's files while leaving them alone, for whoever wants the records elsewhere."""

from __future__ import annotations

from pathlib import Path

from fakegraph.store.datafile import read_data, rows_of
from fakegraph.store.log import read_log, replay
from fakegraph.store.rows import Record


def read_records(path: Path) -> dict[str, list[Record]]:
    """The records of a data file by set, in order, the writes in the log beside it included.

    A server may have the file open. Raises DataFileError.
    """
    log = path.with_suffix(".wal")
    while True:
        before = _identity(path)
        data = read_data(path)
        contents = read_log(log, data.store)
        if _identity(path) == before:
            break  # else a server wrote the file anew meanwhile, and the log goes on from that one
    replay(log, data, contents.writes)
    return {
        name: [row.record for row in rows_of(path, name, table)]
        for name, table in data.tables.items()
    }


def _identity(path: Path) -> int | None:
    return path.stat().st_ino if path.exists() else None
