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

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
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
_BOM = b"\xef\xbb\xbf"  # editors put one there

MAX_POSITION = 2**53
MAX_PROBLEMS = 100  # what one error lists

Tables = dict[str, dict[int, Record]]
"""Records by set and position."""

Check = Callable[[Sequence[Any]], Iterable[Record | list[str]]]
"""Looks over the stored records of a set: gives each as it is to be, or what is wrong with it."""


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
    sets: Mapping[str, Records[Any]],
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
    sets: Mapping[str, Records[Any]],
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


def _ours(data: DataFile, sets: Mapping[str, Records[Any]]) -> bytes:
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
        found = orjson.loads(data.removeprefix(_BOM))
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
    if not read.whole:
        _refuse_twins(path, data, found)
    return read


def _refuse_twins(path: Path, data: bytes, found: object) -> None:
    """Raise DataFileError where a name is twice in one object: readers only see the last one.

    Who edits a file copies lines. Finding a twin takes long, so first it is counted whether there
    can be one: a text with a quote and a colon in it looks like a name, but no name is missed.
    """
    if data.translate(None, b" \t\r\n").count(b'":') == _count_names([found]):
        return
    try:
        json.loads(data.removeprefix(_BOM), object_pairs_hook=_object)
    except _Twins as twins:
        raise DataFileError(f"{path}: {twins}") from twins


def _count_names(level: list[Any]) -> int:
    """How many names there are in objects, level by level."""
    total = 0
    while level:
        total += sum(len(each) for each in level if type(each) is dict)
        level = [
            inner
            for each in level
            for inner in (each.values() if type(each) is dict else each)
            if type(inner) is dict or type(inner) is list
        ]
    return total


class _Twins(ValueError):
    """That a name is there twice, and where."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        key = found.get("id")
        where = f"in the record with the id {key!r}, " if isinstance(key, str) else ""
        raise _Twins(f"{where}{twice!r} is there twice in one object")
    return found


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
        following = {name: _number(position) for name, position in ours["next"].items()}
        return DataFile(str(ours["store"]), _number(ours["sequence"]), following, {})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataFileError(
            f"{path}: table {OUR_TABLE!r}: it must have a store, a sequence and next"
        ) from error


def _number(value: Any) -> int:
    if not 0 <= int(value) <= MAX_POSITION:
        raise ValueError
    return int(value)


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
    path: Path, tables: Mapping[str, Mapping[int, Any]], checks: Mapping[str, Check] | None = None
) -> dict[str, list[Row]]:
    """The tables' rows in order. Raises DataFileError for what cannot be a stored record: all of
    it, or the first ``MAX_PROBLEMS`` faults. Sets that nothing checks only need ids.
    """
    problems: list[str] = []
    found = {}
    for name, table in tables.items():
        rows = _Rows(f"{path}: table {name!r}, document", problems)
        positions = sorted(table)
        records = [table[position] for position in positions]
        check = (checks or {}).get(name)
        for position, record in zip(positions, check(records) if check else records, strict=True):
            rows.add(position, record)
        found[name] = rows.rows
    if problems:
        more = len(problems) - MAX_PROBLEMS
        raise DataFileError(*problems[:MAX_PROBLEMS], *([f"and {more} more"] if more > 0 else ()))
    return found


class _Rows:
    """The rows of one table, and what is wrong with its records."""

    def __init__(self, where: str, problems: list[str]) -> None:
        self.rows: list[Row] = []
        self._where = where
        self._problems = problems
        self._seen: set[str] = set()

    def add(self, position: int, record: Any) -> None:
        """Take a record, or the list of what is wrong with it."""
        if isinstance(record, list):
            self._problems.extend(f"{self._where} {position}: {problem}" for problem in record)
            return
        key = record.get("id") if isinstance(record, dict) else None
        if not isinstance(key, str) or not 0 <= position <= MAX_POSITION:
            self._refuse(position, "it is not a record with an id")
        elif key in self._seen:
            self._refuse(position, f"the id {key!r} is there twice")
        else:
            self._seen.add(key)
            self.rows.append(Row(position, record))

    def _refuse(self, position: int, why: str) -> None:
        self._problems.append(f"{self._where} {position}: {why}")
