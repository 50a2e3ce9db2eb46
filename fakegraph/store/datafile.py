"""``DIR/<tenant>.json``: an ordinary TinyDB file, which stock ``TinyDB(path)`` reads.

A table for each container and each relation that differs from the template's, one line a document.
Stock TinyDB makes an ``int`` of every document id, so it is a position and not a record's own
``id``; positions then stay what they were when the file is opened again, and with them the pages
that clients are in the midst of. ``documents`` says what is in a document.

The table ``_changes`` has what became of rows and links, by the number of the write. The table
``_fakegraph`` comes last and has one document:

- the ``format`` of the file, the ``store`` (a random id that the log repeats) and the store's
  ``generation``, the ``sequence`` number of the last write that the file includes;
- for each table ``next``, a position above any ever given, also where the last row was deleted: a
  container that is not among them is the template's;
- the ``numbers`` of the containers, the write that ``changes`` begins after, the ``template``'s
  digest, null where all is in this file; and ``crc32``: the checksum of all that stands before it.

People may edit a file, so one whose checksum does not fit is read with a warning. A file of the
former format has no marks, links or changes, and no template.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

import orjson

from fakegraph.dataclass import dataclass
from fakegraph.regular import open_regular, read_regular
from fakegraph.store.documents import MAX_POSITION
from fakegraph.store.errors import DataFileError
from fakegraph.store.files import Files

FORMAT, FORMER = 2, 1
OUR_TABLE = "_fakegraph"
CHANGES_TABLE = "_changes"
_BATCH = 64 * 1024
_MOST_AT_ONCE = 128  # documents; small ones take longer to make than to write
_BOM = b"\xef\xbb\xbf"  # editors put one there

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ENDING = re.compile(rb',"template":(?:null|"([0-9a-f]{64})"),"crc32":"[0-9a-f]{8}"}}}\n\Z')

Documents = dict[int, Any]
"""A table's documents by position, as JSON has them."""


class Table(Protocol):
    """What is written as a table: nobody writes to it meanwhile."""

    next_position: int

    def documents(self) -> Iterable[tuple[int, bytes]]:
        """Positions and documents, in order."""


@dataclass(slots=True)
class DataFile:
    """What a data file says: its ``tables``, and how the log goes on from it.

    ``whole``: its checksum fits, so it is as it was written. ``sealed``: it has one; the first
    version wrote none.
    """

    store: str
    generation: str
    sequence: int
    template: str | None = None
    next: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    changes: int = 0
    tables: dict[str, Documents] = field(default_factory=dict)
    format: int = FORMAT
    whole: bool = True
    sealed: bool = True


def write_data(
    files: Files,
    path: Path,
    data: DataFile,
    tables: Mapping[str, Table],
    rest: Callable[[], object] = lambda: None,
) -> int:
    """Write a data file in one step. Gives its size in bytes.

    ``data`` says what goes beside the tables; its own ``tables`` and ``next`` are not looked at.
    ``rest`` is called now and then, to let other threads go on. Raises OSError, and then the file
    that was there is there still.
    """
    temporary = path.with_name(path.name + ".tmp")
    fd = files.open(temporary, os.O_CREAT | os.O_TRUNC)
    size = 0
    try:
        for block in blocks(data, tables):
            files.write_all(fd, block)
            size += len(block)
            rest()
        files.replace(path, temporary, fd)
    except BaseException:
        files.discard(fd, temporary)
        raise
    files.close(fd)
    return size


def blocks(data: DataFile, tables: Mapping[str, Table]) -> Iterable[bytes]:
    """A data file's bytes, a block at a time."""
    parts: list[bytes] = []
    waiting = checksum = 0
    between = b"{"
    for name, table in tables.items():
        parts.append(b"%s%s:{" % (between, orjson.dumps(name)))
        between = b",\n"
        before = b"\n"
        for position, document in table.documents():
            parts.append(b'%s"%d":%s' % (before, position, document))
            before = b",\n"
            waiting += len(document)
            if waiting > _BATCH or len(parts) > _MOST_AT_ONCE:
                block = _joined(parts)
                waiting, checksum = 0, crc32(block, checksum)
                yield block
        parts.append(b"}")
    parts.append(between + _ours(data, tables))
    block = _joined(parts)
    yield block + _tail(crc32(block, checksum))


def _joined(parts: list[bytes]) -> bytes:
    block = b"".join(parts)
    parts.clear()
    return block


def _ours(data: DataFile, tables: Mapping[str, Table]) -> bytes:
    """The table about the file itself, up to where ``_tail`` goes on."""
    ours = {
        "format": FORMAT,
        "store": data.store,
        "generation": data.generation,
        "sequence": data.sequence,
        "changes": data.changes,
        "numbers": data.numbers,
        "next": {
            name: table.next_position for name, table in tables.items() if name != CHANGES_TABLE
        },
        "template": data.template,
    }
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
        data = read_regular(path)
    except OSError as error:
        raise DataFileError(f"{path}: it cannot be read: {error.strerror}") from error
    return parse_data(path, data)


def parse_data(path: Path | str, data: bytes) -> DataFile:
    """What a data file has, which is called so. Raises DataFileError, as ``read_data``."""
    try:
        found = orjson.loads(data.removeprefix(_BOM))
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


def _refuse_twins(path: Path | str, data: bytes, found: object) -> None:
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


def _header(path: Path | str, found: Any) -> DataFile:
    try:
        ours = found[OUR_TABLE]["1"]
        version = ours["format"]
    except (KeyError, TypeError) as error:
        raise DataFileError(
            f"{path}: it is not a fakegraph data file: it has no table {OUR_TABLE!r} that says "
            "its format"
        ) from error
    if version not in (FORMER, FORMAT):
        raise DataFileError(
            f"{path}: its format is {version!r}, and this version reads format {FORMAT} and, to "
            f"bring it up to that, format {FORMER}"
        )
    try:
        return _read_former(ours) if version == FORMER else _read_header(ours)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        wanted = "a store, a sequence and next"
        if version != FORMER:
            wanted = "a store, a generation, a sequence, changes, numbers, next and a template"
        raise DataFileError(f"{path}: table {OUR_TABLE!r}: it must have {wanted}") from error


def _read_former(ours: Any) -> DataFile:
    store = str(ours["store"])
    return DataFile(
        store,
        generation=store,
        sequence=_number(ours["sequence"]),
        next={name: _number(position) for name, position in ours["next"].items()},
        changes=_number(ours["sequence"]),  # it told nothing of them
        format=FORMER,
        sealed="crc32" in ours,
    )


def _read_header(ours: Any) -> DataFile:
    template = ours["template"]
    if template is not None and not is_digest(template):
        raise ValueError
    return DataFile(
        str(ours["store"]),
        str(ours["generation"]),
        _number(ours["sequence"]),
        template,
        {name: _number(position) for name, position in ours["next"].items()},
        {name: _number(number) for name, number in ours["numbers"].items()},
        _number(ours["changes"]),
    )


def is_digest(value: Any) -> bool:
    """Whether it can be the digest of a template."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _number(value: Any) -> int:
    if not 0 <= int(value) <= MAX_POSITION:
        raise ValueError
    return int(value)


def _read_table(path: Path | str, name: str, table: Any) -> Documents:
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


def template_of(path: Path) -> str | None:
    """The digest of the template that a data file refers to. Raises DataFileError.

    It is at the end of the file, as long as nobody edited that.
    """
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - 200, 0))
            ending = _ENDING.search(file.read())
    except OSError as error:
        raise DataFileError(f"{path}: it cannot be read: {error.strerror}") from error
    if ending is None:
        return read_data(path).template
    return ending[1].decode() if ending[1] else None
