"""Long answers in chunks: neither the whole in memory, nor a write for each word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO

CHUNK = 64 << 10


class Part:
    """A body that is not read whole: ``size`` bytes, which come a block at a time."""

    size: int

    def check(self) -> None:
        """Find out that it can be read, which may take long. Raises DataFileError."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[bytes]:
        raise NotImplementedError


def in_chunks(pieces: Iterable[bytes], least: int = CHUNK) -> Iterator[bytes]:
    """The same bytes, ``least`` or a piece more at a time; what is last may be less, or nothing."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= least:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


_BLOCK = 1 << 18


class Spooled:
    """Bytes in a file of their own, which goes with them: as many as are too many for memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self._size = 0

    def add(self, data: bytes) -> None:
        """Write some more. Raises OSError."""
        self.file.write(data)
        self._size += len(data)

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):  # of what was still to be written, which nobody wants
            self.file.close()

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        """All of them, a block at a time, from the start whenever somebody asks."""
        self.file.seek(0)
        while block := self.file.read(_BLOCK):
            yield block
