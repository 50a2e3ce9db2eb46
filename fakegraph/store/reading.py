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
    data = read_data(path)
    log = path.with_suffix(".wal")
    replay(log, data, read_log(log, data.store).writes)
    return {
        name: [row.record for row in rows_of(path, name, table)]
        for name, table in data.tables.items()
    }
