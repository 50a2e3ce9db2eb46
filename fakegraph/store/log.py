"""``DIR/<tenant>.wal``: the write-ahead log, one line per write since the data file was written.

A line is a checksum (CRC-32 of the rest, eight hex digits), a space, and a JSON object. The first
one says the log's ``format`` and which ``store`` it belongs to. The second one says the number of
the ``last`` write; it is as long whatever the number, and overwritten with each write, so that a
log that has lost its end tells how much that was. Each other line is one write, in the documents
and tables of the data file::

    {"n": 12, "set": {TABLE: {POSITION: DOCUMENT}}, "del": {TABLE: [POSITION]}}

A write that makes containers has their ``numbers``; one that goes back to a snapshot has the
``next`` positions, a ``generation`` and, where nothing of what was there stays, ``anew``. What
became of rows and links is not said: it follows from the documents before and after.

``n`` counts the writes of a store from 1 without a gap. Lines that the data file includes already
(up to its ``sequence``) are passed over, so a crash between writing the data file and cutting the
log does no harm. The former format has ``put`` in the place of ``set``; the first one has no line
that counts, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson

from fakegraph.dataclass import dataclass
from fakegraph.regular import read_regular
from fakegraph.store.errors import DataFileError

FORMAT, FORMER, FIRST = 3, 2, 1

TableChange = tuple[str, list[tuple[int, bytes]], list[int]]
"""A table's name, the documents that are put there, and the positions that are cleared."""


def line_of(payload: bytes) -> bytes:
    """A line of the log."""
    return b"%08x %s\n" % (crc32(payload), payload)


def header_line(store: str) -> bytes:
    """The first line."""
    return line_of(_header(FORMAT, store))


def _header(version: int, store: str) -> bytes:
    return orjson.dumps({"format": version, "store": store})


def count_line(last: int) -> bytes:
    """The second line."""
    return line_of(b'{"last":%-19d}' % last)


COUNT_SIZE = len(count_line(0))


def write_line(
    number: int, changes: Iterable[TableChange], beside: Mapping[str, Any] = {}
) -> bytes:
    """The line of one write. ``beside``: what else it says."""
    puts, removals = [], {}
    for name, documents, gone in changes:
        if documents:
            rows = b",".join([b'"%d":%s' % document for document in documents])
            puts.append(b"%s:{%s}" % (orjson.dumps(name), rows))
        if gone:
            removals[name] = gone
    parts = [b'{"n":%d' % number]
    if puts:
        parts.append(b'"set":{%s}' % b",".join(puts))
    if removals:
        parts.append(b'"del":' + orjson.dumps(removals))
    if beside:
        parts.append(orjson.dumps(dict(beside))[1:-1])
    return line_of(b",".join(parts) + b"}")


@dataclass
class LogContents:
    """A log as read: the writes in it, and where the good part ends.

    ``last`` is the number of the last write that it had; None where that is lost. ``cut`` says, in
    words, how the rest breaks off. A log of the first format is not ``counted``: its ``end`` is
    where it will be once it has the line that counts.
    """

    writes: list[dict[str, Any]] = field(default_factory=list)
    end: int = 0
    last: int | None = 0
    cut: str | None = None
    counted: bool = True


def read_log(path: Path, store: str) -> LogContents:
    """Read a log; one that is not there is empty.

    An end that is torn off is left out: ``what_is_missing`` tells of it. Raises DataFileError, with
    the line and the byte, for any other fault.
    """
    try:
        data = read_regular(path)
    except FileNotFoundError:
        return LogContents()
    except OSError as error:
        raise DataFileError(f"{path}: it cannot be read: {error.strerror}") from error
    lines = _Lines(path, data)
    header = lines.next()
    if header is None:
        return LogContents(last=None, cut=lines.cut or "it is empty")
    if _check_header(lines.place, header, store) == FIRST:
        contents = LogContents(last=None, counted=False)
    else:
        counted = data[lines.end : lines.end + COUNT_SIZE]
        lines.skip(COUNT_SIZE)
        contents = LogContents(last=_last(counted))
    contents.end = lines.end
    payload = lines.next()
    while payload is not None:
        _take(contents, lines.place, _object(lines.place, payload))
        contents.end = lines.end
        payload = lines.next()
    contents.cut = lines.cut
    if not contents.counted:
        contents.end += COUNT_SIZE
    return contents


class _Lines:
    """The lines of a log, one after the other. ``place`` is where the one given last began."""

    def __init__(self, path: Path, data: bytes) -> None:
        self._path = path
        self._data = data
        self._number = 0
        self.end = 0
        self.place = ""
        self.cut: str | None = None

    def skip(self, size: int) -> None:
        """Pass over a line of that size, whatever is in it."""
        self._number += 1
        self.end += size

    def next(self) -> bytes | None:
        """The next line's payload; None at the end, or where the rest is torn off (``cut``).

        Raises DataFileError for a damaged line that others come after.
        """
        if self.end >= len(self._data):
            return None
        self._number += 1
        start, stop = self.end, self._data.find(b"\n", self.end)
        self.place = f"{self._path}: line {self._number} (byte {start})"
        payload = _checked(self._data[start:stop]) if stop >= 0 else None
        if payload is not None:
            self.end = stop + 1
            return payload
        after = self._data.count(b"\n", stop + 1) if stop >= 0 else 0
        if after:
            raise DataFileError(
                f"{self.place}: the checksum does not fit: the line is damaged, and the {after} "
                "after it need it: put the file back as it was, or cut it off at this byte to go "
                "on without them"
            )
        self.cut = f"line {self._number} (byte {start}) is torn"
        return None


def _checked(line: bytes) -> bytes | None:
    """The payload of a whole line, or None."""
    payload = line[9:]
    return payload if line[:9] == b"%08x " % crc32(payload) else None


def _last(line: bytes) -> int | None:
    payload = _checked(line[:-1]) if line.endswith(b"\n") else None
    return None if payload is None else int(orjson.loads(payload)["last"])


def _object(place: str, payload: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(payload)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise DataFileError(f"{place}: it is not a line of a fakegraph log")
    return found


_WORDS = {"n", "set", "put", "del", "next", "numbers", "generation", "anew"}


def _take(contents: LogContents, place: str, found: dict[str, Any]) -> None:
    number = found.get("n")
    if number is None:
        raise DataFileError(f"{place}: it is not a line of a fakegraph log")
    following = contents.writes[-1]["n"] + 1 if contents.writes else number
    known = found.keys() <= _WORDS
    if not known or not isinstance(number, int) or number != following:
        raise DataFileError(f"{place}: it does not go on from the line before it")
    contents.writes.append(found)


def _check_header(place: str, payload: bytes, store: str) -> int:
    """The log's format. Raises DataFileError."""
    found = _object(place, payload)
    version = found.get("format")
    if version not in (None, FIRST, FORMER, FORMAT):
        raise DataFileError(
            f"{place}: the log's format is {version!r}, and this version reads formats {FIRST} to "
            f"{FORMAT} only"
        )
    if "store" in found and found["store"] != store:
        raise DataFileError(f"{place}: the log belongs to another data file than the one beside it")
    for known in (FIRST, FORMER, FORMAT):
        if payload == _header(known, store):
            return known
    raise DataFileError(f"{place}: it is not the first line of a fakegraph log")


def what_is_missing(path: Path, contents: LogContents, reached: int) -> str | None:
    """What a log has lost, in words, when with it a store has got to the write ``reached``.

    A write is counted when its line is there, and acknowledged after that: so a torn line that was
    not counted was never acknowledged.
    """
    if not contents.counted and not contents.cut:
        return None  # what the first version had at the end cannot be known
    where = f"{path}: {contents.cut or 'it ends too early'}"
    if contents.last is None:
        where = f"{path}: {contents.cut or 'line 2, which counts the writes, is damaged'}"
        return f"{where}; whether writes are missing at its end cannot be told"
    missing = contents.last - reached
    if missing > 0:
        writes = "1 write is" if missing == 1 else f"{missing} writes are"
        return f"{where}; {writes} missing: the last one left is {reached}, of {contents.last}"
    if contents.cut:
        return f"{where}; that write was never finished, and none that was acknowledged is missing"
    return None
