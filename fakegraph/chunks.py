"""Long answers in chunks: neither the whole in memory, nor a write for each word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

CHUNK = 64 << 10


class Part:
    """A body that is not read whole: ``size`` bytes, which come a block at a time."""

    size: int

    def check(self) -> None:
        """Find out that it can be read, which may take long. Raises DataFileError."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[bytes]:
        raise NotImplementedError


def in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, ``CHUNK`` or a piece more at a time."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)
