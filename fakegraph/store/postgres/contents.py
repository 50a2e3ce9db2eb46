"""``SharedBytes``: contents that records name, in the database, in parts of a quarter of a MiB."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from secrets import token_hex
from typing import Any, BinaryIO

from fakegraph.chunks import Spooled
from fakegraph.store.bytes import Bytes, Content, name_of
from fakegraph.store.errors import DataFileError
from fakegraph.store.postgres.pool import Pool
from fakegraph.store.postgres.wire import Statement

PART = 1 << 18
_HALF = "half:"  # how what is not whole yet is called
_AT_ONCE = 16  # parts that one round trip takes along

_INSERT = "INSERT INTO fakegraph_bytes VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
_SIZE = """SELECT max(part), sum(octet_length(data)) FROM fakegraph_bytes
    WHERE tenant = $1 AND name = $2 HAVING count(*) > 0"""
_PART = "SELECT data FROM fakegraph_bytes WHERE tenant = $1 AND name = $2 AND part = $3"
_NAMES = "SELECT DISTINCT name FROM fakegraph_bytes WHERE tenant = $1"
_DELETE = "DELETE FROM fakegraph_bytes WHERE tenant = $1 AND name = $2"
_RENAME = """UPDATE fakegraph_bytes SET name = $3 WHERE tenant = $1 AND name = $2
    AND NOT EXISTS (SELECT 1 FROM fakegraph_bytes WHERE tenant = $1 AND name = $3)"""


class SharedBytes:
    """Contents by name, of one tenant or one template, those of ``bases`` among them."""

    def __init__(self, pool: Pool, tenant: str, bases: Sequence[Bytes] = ()) -> None:
        self._pool = pool
        self._tenant = tenant
        self._bases = list(bases)

    def add(self, base: Bytes) -> None:
        """Have the contents of one more base."""
        if base not in self._bases:
            self._bases.append(base)

    def get(self, name: str) -> bytes | None:
        """The content of that name. Raises DataFileError for one that is damaged."""
        file = self.open(name)
        if file is None:
            return None
        with file:
            return file.read()

    def size(self, name: str) -> int | None:
        """How many bytes it has."""
        for base in self._bases:
            found = base.size(name)
            if found is not None:
                return found
        return self._own_size(name)

    def _own_size(self, name: str) -> int | None:
        [rows] = self._pool.ask((_SIZE, self._tenant, name))
        return int(rows[0][1]) if rows else None

    def open(self, name: str) -> BinaryIO | None:
        """The content as a file, of which what is read is fetched."""
        for base in self._bases:
            there = base.open(name)
            if there is not None:
                return there
        first = self._part(name, 0)
        if first is None:
            return None
        if len(first) < PART:  # most are as short
            if name_of(first) != name:
                raise DataFileError(f"the bytes {name} of {self._tenant} are damaged")
            return io.BytesIO(first)
        size = self._own_size(name)
        return None if size is None else io.BufferedReader(_Parts(self._part, name, size), PART)

    def _part(self, name: str, part: int) -> bytes | None:
        [rows] = self._pool.ask((_PART, self._tenant, name, part), binary=True)
        found: bytes | None = rows[0][0] if rows else None
        return found

    def keep(self, data: bytes | Spooled) -> str:
        """Keep a content and give its name. Raises StorageFailure."""
        if isinstance(data, Spooled):
            return self._keep_long(data)
        return self._keep_short(bytes(data)) if len(data) <= PART else self._keep_long((data,))

    def _keep_short(self, data: bytes) -> str:
        name = name_of(data)
        self._pool.ask((_INSERT, self._tenant, name, 0, data))
        return name

    def join(self, names: Sequence[str]) -> str:
        """Keep what contents are one after the other, and give its name. Raises StorageFailure,
        and DataFileError for one that is damaged or gone.
        """
        if len(names) == 1:
            return names[0]
        return self._keep_long(block for name in names for block in Content(self, name).blocks())

    def _keep_long(self, blocks: Iterable[bytes]) -> str:
        """Keep what is not to be in memory as a whole: its name is known once it is there."""
        digest, own = sha256(), f"{_HALF}{token_hex(16)}"
        batch: list[Statement] = []
        for part, data in enumerate(_parts(blocks)):
            digest.update(data)
            batch.append((_INSERT, self._tenant, own, part, data))
            if len(batch) == _AT_ONCE:
                self._pool.ask(*batch)
                batch = []
        name = digest.hexdigest()
        self._pool.ask(*batch, (_RENAME, self._tenant, own, name), (_DELETE, self._tenant, own))
        return name

    def take(self, content: Content) -> None:
        """Keep a content of other bytes. Raises StorageFailure, DataFileError."""
        self._keep_long(content.blocks())

    def __iter__(self) -> Iterator[str]:
        """The names of what is here itself."""
        [rows] = self._pool.ask((_NAMES, self._tenant))
        return (name for (name,) in rows if not name.startswith(_HALF))

    def drop(self, names: Iterable[str]) -> None:
        """Leave them to the next sweep: a write that lets go of them may not be kept."""

    def sweep(self, wanted: Callable[[str], bool]) -> None:
        """Let go of what is not wanted any more; nobody writes meanwhile."""
        [rows] = self._pool.ask((_NAMES, self._tenant))
        gone: list[Statement] = [
            (_DELETE, self._tenant, name) for (name,) in rows if not wanted(name)
        ]
        if gone:
            self._pool.ask(*gone)


def _parts(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in parts of one size, the last one alone shorter."""
    waiting = bytearray()
    some = False
    for block in blocks:
        waiting += block
        while len(waiting) >= PART:
            yield bytes(waiting[:PART])
            del waiting[:PART]
            some = True
    if waiting or not some:
        yield bytes(waiting)


class _Parts(io.RawIOBase):
    """A content whose parts are fetched when they are read."""

    def __init__(self, fetch: Callable[[str, int], bytes | None], name: str, size: int) -> None:
        self._fetch = fetch
        self._content = name
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        part, start = divmod(self._at, PART)
        data = self._fetch(self._content, part)
        if data is None:
            raise DataFileError(f"a part of the bytes {self._content} is not there")
        found = data[start : start + len(buffer)]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)
