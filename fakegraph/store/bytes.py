"""Bytes: contents of files, attachments and photos, kept beside the records that name them.

A content's name is the SHA-256 of it, in hexadecimal digits; the record has it as
``"@bytes": {PROPERTY: NAME}``. So equal contents are kept once, and a damaged one shows.
"""

from __future__ import annotations

import io
import logging
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO, Protocol

from fakegraph.chunks import Spooled
from fakegraph.regular import open_regular
from fakegraph.store.errors import DataFileError, StorageFailure
from fakegraph.store.files import Files
from fakegraph.store.keymap import KeyMap
from fakegraph.store.rows import Record

PROPERTY = "@bytes"

log = logging.getLogger("fakegraph.store")

_NAME = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"[0-9a-f]{64}(\.tmp)?")


def name_of(data: bytes) -> str:
    """The name of a content."""
    return sha256(data).hexdigest()


def names_in(record: Record) -> Iterable[str]:
    """The names of the bytes that a stored record has."""
    found = record.get(PROPERTY)
    return found.values() if found else ()


def is_naming(found: Any) -> bool:
    """Whether a value is as ``"@bytes"`` has to be: names by property, and not without one."""
    return (
        isinstance(found, dict)
        and bool(found)
        and all(isinstance(name, str) and _NAME.fullmatch(name) for name in found.values())
    )


class Named:
    """How many rows name which bytes, of what a store has, hidden rows as well."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts = KeyMap()

    def fork(self) -> Named:
        """The same, counting on its own from now."""
        copy = Named()
        copy._counts = self._counts.fork()
        return copy

    def __contains__(self, name: str) -> bool:
        """Whether any row names it."""
        return self._counts.get(name) is not None

    def count(self, changes: Iterable[tuple[Any, Any]]) -> list[str]:
        """Take in what went and what came of rows; gives what no row names any more."""
        gone = []
        for old, new in changes:
            if new is not None and PROPERTY in new.record:
                for name in names_in(new.record):
                    self._counts[name] = (self._counts.get(name) or 0) + 1
            if old is not None and PROPERTY in old.record:
                gone += [name for name in names_in(old.record) if self._is_last(name)]
        return gone

    def _is_last(self, name: str) -> bool:
        left = self._counts.get(name) - 1
        if left:
            self._counts[name] = left
        else:
            del self._counts[name]
        return not left


class Bytes(Protocol):
    """Contents by name. One thread at a time keeps and sweeps; others may read meanwhile."""

    def get(self, name: str) -> bytes | None:
        """The content of that name. Raises DataFileError for one that is damaged."""

    def size(self, name: str) -> int | None:
        """How many bytes it has, without reading them."""

    def open(self, name: str) -> BinaryIO | None:
        """The content as a file, for reading parts of it. Raises DataFileError, as ``get``."""

    def keep(self, data: bytes | Spooled) -> str:
        """Keep a content and give its name. Raises StorageFailure."""

    def join(self, names: Sequence[str]) -> str:
        """Keep what contents are one after the other, and give its name. Raises StorageFailure,
        and DataFileError for one that is damaged or gone.
        """

    def drop(self, names: Iterable[str]) -> None:
        """Let go of some that nobody wants any more, at once or with the next sweep."""

    def sweep(self, wanted: Callable[[str], bool]) -> None:
        """Let go of what is not wanted any more."""

    def __iter__(self) -> Iterator[str]:
        """The names of what is kept here itself, and not in a base."""


class Content:
    """One content, which is read a block at a time: it need not fit into memory.

    ``size`` is in bytes. ``data`` is it, where it is at hand. Raises DataFileError, as ``content``.
    """

    __slots__ = ("_data", "_kept", "name", "size")

    def __init__(self, kept: Bytes, name: str, data: bytes | None = None) -> None:
        self._kept = kept
        self._data = data
        self.name = name
        size = kept.size(name) if data is None else len(data)
        self.size = len(content(kept, name)) if size is None else size

    def read(self) -> bytes:
        """All of it."""
        return content(self._kept, self.name) if self._data is None else self._data

    def check(self) -> None:
        """Raise DataFileError where it is damaged or gone."""
        _open(self._kept, self.name).close()

    def blocks(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """The bytes from one to another, which comes as well; the last one where none is said."""
        left = (self.size if last is None else last + 1) - first
        file = _open(self._kept, self.name) if self._data is None else io.BytesIO(self._data)
        with file:
            file.seek(first)
            while left > 0 and (block := file.read(min(left, _BLOCK))):
                left -= len(block)
                yield block


_BLOCK = 1 << 18


class MemoryBytes:
    """Contents in memory, those of a ``base`` among them."""

    def __init__(self, base: Bytes | None = None) -> None:
        self._base = base
        self._found: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        """The content of that name."""
        found = self._found.get(name)
        return self._base.get(name) if found is None and self._base is not None else found

    def size(self, name: str) -> int | None:
        """How many bytes it has."""
        found = self._found.get(name)
        if found is None:
            return self._base.size(name) if self._base is not None else None
        return len(found)

    def open(self, name: str) -> BinaryIO | None:
        """The content as a file."""
        found = self._found.get(name)
        if found is None:
            return self._base.open(name) if self._base is not None else None
        return io.BytesIO(found)

    def keep(self, data: bytes | Spooled) -> str:
        """Keep a content and give its name."""
        whole = b"".join(data) if isinstance(data, Spooled) else bytes(data)
        name = name_of(whole)
        self._found.setdefault(name, whole)
        return name

    def join(self, names: Sequence[str]) -> str:
        """Keep what contents are one after the other, and give its name."""
        return names[0] if len(names) == 1 else self.keep(b"".join(content(self, n) for n in names))

    def drop(self, names: Iterable[str]) -> None:
        """Let go of some that nobody wants any more."""
        for name in names:
            self._found.pop(name, None)

    def sweep(self, wanted: Callable[[str], bool]) -> None:
        """Let go of what is not wanted any more; the base keeps its own."""
        for name in [name for name in self._found if not wanted(name)]:
            del self._found[name]

    def __iter__(self) -> Iterator[str]:
        """The names, without those of the base."""
        return iter(list(self._found))


def content(kept: Bytes, name: str) -> bytes:
    """The content that a record names. Raises DataFileError, which is logged, where it is damaged
    or gone.
    """
    with _open(kept, name) as file:
        return file.read()


def _open(kept: Bytes, name: str) -> BinaryIO:
    try:
        found = kept.open(name)
        if found is None:
            raise DataFileError(f"the bytes {name} are not there, and a record has them")
    except DataFileError as error:
        log.error("%s", error)
        raise
    return found


_State = tuple[int, ...]


def _state(found: os.stat_result) -> _State:
    """What is another one when a file was changed, or another is in its place."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _regular(path: Path) -> os.stat_result | None:
    """What is known of a file; None for what is none, a link to one included."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


class FolderBytes:
    """Contents in a folder, which is made with the first one: a file each, and those of ``bases``.

    A file is there whole, or not at all. With ``fsync`` it is on the disk when ``keep`` returns.
    """

    def __init__(
        self, files: Files, path: Path, bases: Sequence[Bytes] = (), *, fsync: bool = False
    ) -> None:
        self._files = files
        self._path = path
        self._bases = bases
        self._fsync = fsync
        self._sound: dict[str, _State] = {}  # files as this process has written or checked them

    def get(self, name: str) -> bytes | None:
        """The content of that name. Raises DataFileError where the file does not have it."""
        file = self.open(name)
        if file is None:
            return None
        with file:
            return file.read()

    def size(self, name: str) -> int | None:
        """How many bytes it has."""
        if not _NAME.fullmatch(name):
            return None
        found = _regular(self._path / name)
        if found is not None:
            return found.st_size
        return next((n for base in self._bases if (n := base.size(name)) is not None), None)

    def has(self, name: str) -> bool:
        """Whether it is here, and not only in a base."""
        return _regular(self._path / name) is not None

    def open(self, name: str) -> BinaryIO | None:
        """The content as a file. It is checked as a whole when it is opened first, and again when
        its file is not as it was then.
        """
        if not _NAME.fullmatch(name):
            return None
        path = self._path / name
        try:
            file: BinaryIO = os.fdopen(open_regular(path, follow=False), "rb")
        except FileNotFoundError:
            return next((there for base in self._bases if (there := base.open(name))), None)
        except OSError as error:
            raise DataFileError(f"{path}: it cannot be read: {error.strerror}") from error
        try:
            self._check(path, file)
        except BaseException:
            file.close()
            raise
        return file

    def _check(self, path: Path, file: BinaryIO) -> None:
        state = _state(os.fstat(file.fileno()))
        if self._sound.get(path.name) == state:
            return
        content = sha256()
        while block := file.read(1 << 20):
            content.update(block)
        if content.hexdigest() != path.name:
            raise DataFileError(
                f"{path}: it is damaged: its name is the SHA-256 of what was stored, and that is "
                f"now {content.hexdigest()}"
            )
        file.seek(0)
        self._sound[path.name] = state

    def keep(self, data: bytes | Spooled) -> str:
        """Write a content, unless it is there, and give its name. Raises StorageFailure."""
        try:
            return self._joined(data) if isinstance(data, Spooled) else self.add(data)
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> StorageFailure:
        """What is said where it cannot be written, and why: also that what it is in is gone."""
        gone = (
            "" if self._path.parent.is_dir() else " was removed or replaced while the server runs"
        )
        return StorageFailure(f"{self._path}{gone and f'{gone}:'} cannot be written", error)

    def add(self, data: bytes) -> str:
        """As ``keep``. Raises OSError."""
        name = name_of(data)
        there = _regular(self._path / name) if name in self._sound else None
        if there is None or self._sound[name] != _state(there):
            self._write(name, (data,), lambda: name)
        return name

    def join(self, names: Sequence[str]) -> str:
        """Write what contents are one after the other, and give its name. Raises StorageFailure,
        and DataFileError for one that is damaged or gone.
        """
        if len(names) == 1:
            return names[0]
        try:
            return self._joined(block for name in names for block in Content(self, name).blocks())
        except OSError as error:
            raise self._failure(error) from error

    def _joined(self, blocks: Iterable[bytes]) -> str:
        """Write what blocks are one after the other, and give its name. Raises OSError."""
        digest = sha256()

        def digested() -> Iterator[bytes]:
            for block in blocks:
                digest.update(block)
                yield block

        return self._write(token_hex(32), digested(), digest.hexdigest)

    def _write(self, own: str, blocks: Iterable[bytes], name: Callable[[], str]) -> str:
        """Write blocks to a file of their ``own`` first, which then is called as they are."""
        self._files.make_folder(self._path)
        temporary = self._path / f"{own}.tmp"
        fd = self._files.open(temporary, os.O_CREAT | os.O_TRUNC)
        try:
            for block in blocks:
                self._files.write_all(fd, block)
            if self._fsync:
                self._files.fsync(fd)
            path = self._path / name()
            self._files.rename(temporary, path)
            state = _state(os.fstat(fd))  # a file that is renamed has changed
        except BaseException:
            self._files.discard(fd, temporary)
            raise
        self._files.close(fd)
        if self._fsync:
            self._files.fsync_folder(self._path)
            self._files.fsync_folder(self._path.parent)
        self._sound[path.name] = state
        return path.name

    def drop(self, names: Iterable[str]) -> None:
        """Leave them to the next sweep: the data file may have them still, and the log may lose
        what lets go of them.
        """

    def sweep(self, wanted: Callable[[str], bool]) -> None:
        """Remove the files of what is not wanted any more, and half ones. What cannot be removed
        does no harm, and goes with a later sweep.
        """
        for name in self._names():
            if not _NAME.fullmatch(name) or not wanted(name):
                self._sound.pop(name, None)
                with suppress(OSError):
                    self._files.remove(self._path / name)

    def __iter__(self) -> Iterator[str]:
        """The names of what is here itself; half ones do not count."""
        return (name for name in self._names() if _NAME.fullmatch(name))

    def take(self, content: Content) -> None:
        """Write a content of other bytes. Raises OSError, DataFileError, StorageFailure."""
        self._joined(content.blocks())

    def is_empty(self) -> bool:
        """Whether no content is here itself; half ones do not count."""
        return not any(self)

    def _names(self) -> list[str]:
        found = list(self._path.iterdir()) if self._path.is_dir() else []
        return [path.name for path in found if _FILE.fullmatch(path.name)]

    def remove(self) -> None:
        """Remove all of it, and the folder unless others have something in it. Raises OSError."""
        for name in self._names():
            self._files.remove(self._path / name)
        with suppress(OSError):
            self._files.remove_folder(self._path)
