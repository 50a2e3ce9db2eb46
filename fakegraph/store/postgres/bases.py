"""What a tenant's log begins after, and its snapshots: data files in parts, by number of the write,
which is negative for snapshots.

A base is written beside the requests, whole or not at all. Then the tenant's row names it, and the
lines that came before the one before it go: who is at one of those reads the tenant anew.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping

from fakegraph.chunks import in_chunks
from fakegraph.store.changelog import ChangesTable, read_changes
from fakegraph.store.datafile import CHANGES_TABLE, DataFile, Table, blocks, parse_data
from fakegraph.store.documents import Documents
from fakegraph.store.errors import StorageFailure
from fakegraph.store.lines import agree, own_tables
from fakegraph.store.loading import Loaded, Problems
from fakegraph.store.postgres.opened import Opened, Templates
from fakegraph.store.postgres.pool import Pool
from fakegraph.store.postgres.wire import LONG, Refused, Rows, Statement, Wire
from fakegraph.store.records import without_gc
from fakegraph.store.tables import Snapshot
from fakegraph.store.template import Template
from fakegraph.store.templates import WrittenTable

READ = "SELECT data FROM fakegraph_bases WHERE tenant = $1 AND seq = $2 ORDER BY part"
_FIRST = "INSERT INTO fakegraph_bases VALUES ($1, $2, $3, $4)"
_THERE = "23505"  # SQLSTATE: another server is quicker, or has been
_PART = 1 << 19
_AT_ONCE = 8  # parts that one round trip takes along
_REST = 0.0005  # seconds between blocks, to let requests go on


def write_base(
    pool: Pool,
    key: str,
    number: int,
    snapshot: Snapshot,
    about: Opened,
    template: Template,
    digest: str,
) -> int:
    """Write what there is in a snapshot, under a number; ``about`` says what goes beside. Gives its
    size, 0 where it is there already. Raises StorageFailure.
    """
    data, tables = described(key, snapshot, about, template, digest)

    def write(wire: Wire) -> int:
        size = 0
        batch: list[Statement] = [("BEGIN",)]
        for part, block in enumerate(in_parts(blocks(data, tables))):
            batch.append((_FIRST, key, number, part, block))
            size += len(block)
            if len(batch) >= _AT_ONCE:
                wire.ask(*batch, patience=LONG)
                batch = []
            time.sleep(_REST)
        wire.ask(*batch, ("COMMIT",), patience=LONG)
        return size

    try:
        return pool.run(write)
    except StorageFailure as failure:
        cause = failure.__cause__
        if isinstance(cause, Refused) and cause.state == _THERE:
            return 0
        raise


def described(
    store: str, snapshot: Snapshot, about: Opened, template: Template, digest: str
) -> tuple[DataFile, Mapping[str, Table]]:
    """What a data file says of a snapshot, and its tables: those that differ from the template's,
    unless containers have other numbers there.
    """
    agrees = agree(snapshot.numbers, template.tables.numbers)
    known = template.tables.numbers if agrees else {}
    data = DataFile(store, about.generation, about.sequence, digest if agrees else None)
    data.changes = about.changes.begins
    data.numbers = {name: n for name, n in snapshot.numbers.items() if name not in known}
    own, documents = own_tables(snapshot, template if agrees else None), Documents(snapshot.numbers)
    tables: dict[str, Table] = {n: WrittenTable(each, documents) for n, each in own.items()}
    if len(about.changes):
        tables[CHANGES_TABLE] = ChangesTable(about.changes, documents)
    return data, tables


def read_base(key: str, parts: Rows, templates: Templates) -> Opened:
    """What parts of a base say. Raises DataFileError."""
    place = f"the base of {key}"
    with without_gc():
        data = parse_data(place, "".join(data for (data,) in parts).encode())
        problems = Problems(place)
        template = None if data.template is None else templates.template(data.template)
        loaded = Loaded(data, None if template is None else template.tables)
        told = data.tables.pop(CHANGES_TABLE, {})
        loaded.take(data, problems)
        changes = read_changes(told, data, loaded.documents, problems)
        problems.refuse()
        tables = loaded.finish(templates.layouts)
    return Opened(tables, changes, data.generation, data.sequence)


def in_parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, half a MiB or a piece more at a time."""
    return filter(None, in_chunks(pieces, _PART))
