"""``DIR/<tenant>.json``: an ordinary TinyDB file, which stock ``TinyDB(path)`` reads.

One table per entity set, one line per record. Stock TinyDB makes an ``int`` of every document id,
so it is the row's position and not the record's own ``id``; positions then stay what they were
when the file is opened again, and with them the pages that clients are in the midst of.

The table ``_fakegraph`` comes last and has one document: the ``format`` of the file, the ``store``
(a random id that the log repeats), the ``sequence`` number of the last write that the file
includes, for each set the ``next`` position, which is above any ever given, also where the last row
was deleted, and ``crc32``: the checksum of all that stands before it. People may edit a file, so
one whose checksum does not fit is read with a warning.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson

from fakegraph.store.errors import DataFileError
from fakegraph.store.files import Files
from fakegraph.store.records import Records
from fakegraph.store.rows import Record, Row

FORMAT = 1
OUR_TABLE = "_fakegraph"
_BATCH = 64 * 1024

Tables = dict[str, dict[int, Record]]
"""Records by set and position."""


@dataclass(slots=True)
class DataFile:
    """What a data file says: its ``tables``, and how the log goes on from it.

    ``whole``: its checksum fits, so it is as it was written.
    """

    store: str
    sequence: int
    next: dict[str, int]
    tables: Tables
    whole: bool = True


def write_data(
    files: Files,
    path: Path,
    data: DataFile,
    sets: Mapping[str, Records],
    rest: Callable[[], object] = lambda: None,
) -> int:
    """Write a data file in one step, from sets that nobody writes to. Gives its size in bytes.

    ``data`` says what goes beside the records; its ``tables`` and ``next`` are not looked at.
    ``rest`` is called now and then, to let other threads go on. Raises OSError, and then the file
    that was there is there still.
    """
    temporary = path.with_name(path.name + ".tmp")
    fd = files.open(temporary, os.O_CREAT | os.O_TRUNC)
    try:
        size = _write(files, fd, data, sets, rest)
        files.replace(path, temporary, fd)
    except BaseException:
        files.discard(fd, temporary)
        raise
    files.close(fd)
    return size


def _write(
    files: Files,
    fd: int,
    data: DataFile,
    sets: Mapping[str, Records],
    rest: Callable[[], object],
) -> int:
    parts: list[bytes] = []
    total = waiting = checksum = 0
    between = b"{"
    for name, records in sets.items():
        parts.append(b"%s%s:{" % (between, orjson.dumps(name)))
        between = b",\n"
        before = b"\n"
        for row in records:
            parts.append(b'%s"%d":%s' % (before, row.position, row.dump()))
            before = b",\n"
            waiting += len(parts[-1])
            if waiting > _BATCH:
                block = _joined(parts)
                files.write_all(fd, block)
                total, waiting, checksum = total + len(block), 0, crc32(block, checksum)
                rest()
        parts.append(b"}")
    parts.append(between + _ours(data, sets))
    block = _joined(parts)
    block += _tail(crc32(block, checksum))
    files.write_all(fd, block)
    return total + len(block)


def _joined(parts: list[bytes]) -> bytes:
    block = b"".join(parts)
    parts.clear()
    return block


def _ours(data: DataFile, sets: Mapping[str, Records]) -> bytes:
    """The table about the file itself, up to where ``_tail`` goes on."""
    following = {name: records.next_position for name, records in sets.items()}
    ours = {"format": FORMAT, "store": data.store, "sequence": data.sequence, "next": following}
    return b'"%s":{"1":%s,"crc32":"' % (OUR_TABLE.encode(), orjson.dumps(ours)[:-1])


def _tail(checksum: int) -> bytes:
    """How a file ends. It always has the same length."""
    return b'%08x"}}}\n' % checksum


_TAIL = len(_tail(0))


def _is_whole(data: bytes) -> bool:
    return data[-_TAIL:] == _tail(crc32(memoryview(data)[:-_TAIL]))


def read_data(path: Path) -> DataFile:
    """Read a data file. Raises DataFileError, with the place, for one that is not ours."""
    try:
        data = path.read_bytes()
        found = orjson.loads(data)
    except OSError as error:
        raise DataFileError(f"{path}: it cannot be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise DataFileError(
            f"{path}: line {error.lineno}, column {error.colno}: it is not JSON: {error.msg}"
        ) from error
    read = _header(path, found)
    for name, table in found.items():
        if name != OUR_TABLE:
            read.tables[name] = _read_table(path, name, table)
    read.whole = _is_whole(data)
    return read


def _header(path: Path, found: Any) -> DataFile:
    try:
        ours = found[OUR_TABLE]["1"]
        version = ours["format"]
    except (KeyError, TypeError) as error:
        raise DataFileError(
            f"{path}: it is not a fakegraph data file: it has no table {OUR_TABLE!r} that says "
            "its format"
        ) from error
    if version != FORMAT:
        raise DataFileError(
            f"{path}: its format is {version!r}, and this version reads format {FORMAT} only"
        )
    try:
        following = {name: int(position) for name, position in ours["next"].items()}
        return DataFile(str(ours["store"]), int(ours["sequence"]), following, {})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataFileError(
            f"{path}: table {OUR_TABLE!r}: it must have a store, a sequence and next"
        ) from error


def _read_table(path: Path, name: str, table: Any) -> dict[int, Record]:
    if not isinstance(table, dict):
        raise DataFileError(f"{path}: table {name!r}: it is not an object of documents")
    try:
        found = {int(position): record for position, record in table.items()}
    except ValueError as error:
        raise DataFileError(
            f"{path}: table {name!r}: a document id is not a number: {error}"
        ) from error
    if len(found) < len(table):
        raise DataFileError(f"{path}: table {name!r}: a document id is there twice")
    return found


def rows_of(
    path: Path,
    name: str,
    table: Mapping[int, Record],
    check: Callable[[Record], str | None] | None = None,
) -> list[Row]:
    """A table's rows in order. Raises DataFileError for what cannot be a stored record.

    ``check`` says what is wrong with one that has an id: people edit files.
    """
    seen: set[str] = set()
    rows = []
    for position in sorted(table):
        record = table[position]
        key = record.get("id") if isinstance(record, dict) else None
        if not isinstance(key, str) or position < 0:
            raise DataFileError(
                f"{path}: table {name!r}, document {position}: it is not a record with an id"
            )
        if key in seen:
            raise DataFileError(
                f"{path}: table {name!r}, document {position}: the id {key!r} is there twice"
            )
        problem = None if check is None else check(record)
        if problem is not None:
            raise DataFileError(f"{path}: table {name!r}, document {position}: {problem}")
        seen.add(key)
        rows.append(Row(position, record))
    return rows
