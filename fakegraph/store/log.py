"""``DIR/<tenant>.wal``: the write-ahead log, one line per write since the data file was written.

A line is a checksum (CRC-32 of the rest, eight hex digits), a space, and a JSON object. The first
one says the log's ``format`` and which ``store`` it belongs to. Each other one is one write::

    {"n": 12, "put": {SET: {POSITION: RECORD}}, "del": {SET: [POSITION]}, "next": {SET: POSITION}}

``n`` counts the writes of a store from 1 without a gap. Lines that the data file includes already
(up to its ``sequence``) are passed over, so a crash between writing the data file and cutting the
log does no harm.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson

from fakegraph.store.datafile import DataFile
from fakegraph.store.errors import DataFileError, StorageFailure
from fakegraph.store.files import Files
from fakegraph.store.rows import Row

FORMAT = 1

Change = tuple[Row | None, Row | None]
"""The row that goes and the row that comes."""


def line_of(payload: bytes) -> bytes:
    """A line of the log."""
    return b"%08x %s\n" % (crc32(payload), payload)


def write_line(
    number: int, changes: Iterable[tuple[str, Iterable[Change]]], following: Mapping[str, int] = {}
) -> bytes:
    """The line of one write. ``following``: the next positions, where they go back."""
    puts, removals = [], {}
    for name, changed in changes:
        rows = [b'"%d":%s' % (new.position, new.dump()) for _, new in changed if new is not None]
        if rows:
            puts.append(b"%s:{%s}" % (orjson.dumps(name), b",".join(rows)))
        gone = [old.position for old, new in changed if new is None and old is not None]
        if gone:
            removals[name] = gone
    parts = [b'{"n":%d' % number]
    if puts:
        parts.append(b'"put":{%s}' % b",".join(puts))
    if removals:
        parts.append(b'"del":' + orjson.dumps(removals))
    if following:
        parts.append(b'"next":' + orjson.dumps(dict(following)))
    return line_of(b",".join(parts) + b"}")


@dataclass
class LogContents:
    """A log as read: the writes in it, where the good part ends, and what was dropped."""

    writes: list[dict[str, Any]] = field(default_factory=list)
    end: int = 0
    torn: str | None = None


def read_log(path: Path, store: str) -> LogContents:
    """Read a log; one that is not there is empty.

    A last line that is torn is left out and told of. Raises DataFileError, with the line and the
    byte, for any other fault.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return LogContents()
    except OSError as error:
        raise DataFileError(f"{path}: it cannot be read: {error.strerror}") from error
    contents = LogContents()
    number = 0
    while contents.end < len(data):
        number += 1
        place = f"{path}: line {number} (byte {contents.end})"
        stop = data.find(b"\n", contents.end)
        payload = _checked(data[contents.end : stop]) if stop >= 0 else None
        if payload is None:
            if 0 <= stop < len(data) - 1:
                raise DataFileError(f"{place}: the checksum does not fit: the line is damaged")
            contents.torn = (
                f"{place}: the last line is torn and was left out: that write was cut off"
            )
            break
        _take(contents, place, payload, number, store)
        contents.end = stop + 1
    return contents


def _checked(line: bytes) -> bytes | None:
    """The payload of a whole line, or None."""
    payload = line[9:]
    return payload if line[:9] == b"%08x " % crc32(payload) else None


def _take(contents: LogContents, place: str, payload: bytes, number: int, store: str) -> None:
    try:
        found = orjson.loads(payload)
        if number == 1:
            _check_header(place, found, store)
            return
        following = contents.writes[-1]["n"] + 1 if contents.writes else found["n"]
        fits = found["n"] == following and found.keys() <= {"n", "put", "del", "next"}
        fits = fits and isinstance(following, int)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise DataFileError(f"{place}: it is not a line of a fakegraph log") from error
    if not fits:
        raise DataFileError(f"{place}: it does not go on from the line before it")
    contents.writes.append(found)


def _check_header(place: str, found: dict[str, Any], store: str) -> None:
    if found["format"] != FORMAT:
        raise DataFileError(
            f"{place}: the log's format is {found['format']!r}, and this version reads format "
            f"{FORMAT} only"
        )
    if found["store"] != store:
        raise DataFileError(f"{place}: the log belongs to another data file than the one beside it")


def replay(path: Path, data: DataFile, writes: Iterable[Mapping[str, Any]]) -> None:
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
            _redo(data, write)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataFileError(
                f"{path}: write {write['n']} does not fit the data file beside it"
            ) from error
        data.sequence = write["n"]


def _redo(data: DataFile, write: Mapping[str, Any]) -> None:
    for name, positions in write.get("del", {}).items():
        for position in positions:
            del data.tables[name][position]
    for name, rows in write.get("put", {}).items():
        table = data.tables.setdefault(name, {})
        for position, record in rows.items():
            table[int(position)] = record
        data.next[name] = max(data.next.get(name, 1), *(int(p) + 1 for p in rows))
    data.next.update(write.get("next", {}))


class Log:
    """The open log of a store. One thread at a time appends and cuts."""

    def __init__(self, files: Files, path: Path, store: str, end: int) -> None:
        """Go on at ``end``, cutting off what follows. Raises OSError."""
        self._files = files
        self._path = path
        self._header = line_of(orjson.dumps({"format": FORMAT, "store": store}))
        self.end = end
        self._fd = files.open(path, os.O_APPEND)
        self._named = False  # whether the folder's entry for it is known to be on the disk
        self._damaged = False
        try:
            files.truncate(self._fd, end)
        except OSError:
            files.close(self._fd)
            raise

    def append(self, line: bytes) -> None:
        """Add a line. Raises StorageFailure, and then the log is as it was."""
        try:
            self._repair()
            data = line if self.end else self._header + line
            try:
                self._files.write_all(self._fd, data)
            except OSError:
                self.cut(self.end)
                raise
        except OSError as error:
            raise StorageFailure(f"{self._path} cannot be written", error) from error
        self.end += len(data)

    def sync(self) -> None:
        """Return when every line is on the disk. Raises OSError."""
        if not self._named:
            self._files.fsync_folder(self._path.parent)
            self._named = True
        self._files.fsync(self._fd)

    def cut(self, end: int) -> None:
        """Take back the lines after ``end``; if that fails now, before anything is appended."""
        self.end = end
        self._damaged = True
        try:
            self._repair()
        except OSError:
            return

    def _repair(self) -> None:
        if self._damaged:
            self._files.truncate(self._fd, self.end)
            self._damaged = False

    def drop(self, start: int) -> None:
        """Keep only the lines from byte ``start`` on. Raises OSError, and then all are there."""
        self._repair()
        if start == self.end:
            self._files.truncate(self._fd, 0)
            self.end = 0
            return
        temporary = self._path.with_name(self._path.name + ".tmp")
        kept = self._header + self._path.read_bytes()[start : self.end]
        fd = self._files.open(temporary, os.O_TRUNC | os.O_APPEND)
        try:
            self._files.write_all(fd, kept)
            self._files.fsync(fd)
            self._files.rename(temporary, self._path)
        except OSError:
            self._files.discard(fd, temporary)
            raise
        old, self._fd, self.end, self._named = self._fd, fd, len(kept), False
        with suppress(OSError):  # it has no name any more, and nothing to lose
            self._files.close(old)

    def close(self) -> None:
        """Close the file, and remove it when it is empty."""
        with suppress(OSError):  # every line is where it was promised to be
            self._files.close(self._fd)
            if not self.end:
                self._files.remove(self._path)
