"""File calls that can be told to fail."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fakegraph.store import StorageFailure
from fakegraph.store.files import Files

CALLS = [
    "open",
    "write",
    "identity",
    "fsync",
    "truncate",
    "close",
    "rename",
    "remove",
    "fsync_folder",
    "make_folder",
    "remove_folder",
]
NO_SPACE, BROKEN = errno.ENOSPC, errno.EIO


class FaultyFiles(Files):
    """File calls that can be told to fail: ``fails(number, name)`` gives an errno or None."""

    def __init__(self) -> None:
        self.fails: Callable[[int, str], int | None] = lambda number, name: None
        self.short = False
        self.number = 0
        self.made: list[str] = []
        self.failed: list[str] = []

    @contextmanager
    def failing(self, fails: Callable[[int, str], int | None]) -> Iterator[None]:
        self.fails, self.number, self.made = fails, 0, []
        yield
        self.fails = lambda number, name: None

    def check(self, name: str) -> None:
        self.number += 1
        self.made.append(name)
        code = self.fails(self.number, name)
        if code is not None:
            self.failed.append(name)
            raise OSError(code, os.strerror(code))

    def write(self, fd: int, data: bytes) -> int:
        try:
            self.check("write")
        except OSError:
            super().write(fd, data[: len(data) // 2])  # what a full disk does
            raise
        return super().write(fd, data[:7] if self.short else data)

    def write_at(self, fd: int, place: int, data: bytes) -> int:
        try:
            self.check("write")
        except OSError:
            super().write_at(fd, place, data[: len(data) // 2])
            raise
        return super().write_at(fd, place, data[:7] if self.short else data)


def _checked(name: str) -> Any:
    def call(self: FaultyFiles, *arguments: Any) -> Any:
        self.check(name)
        return getattr(Files, name)(self, *arguments)

    return call


for _name in CALLS:
    if not _name.startswith("write"):
        setattr(FaultyFiles, _name, _checked(_name))


def the(number: int, code: int) -> Callable[[int, str], int | None]:
    return lambda n, name: code if n == number else None


def every(*names: str, code: int = BROKEN) -> Callable[[int, str], int | None]:
    return lambda n, name: code if name in names else None


def failure(call: Callable[[], object]) -> StorageFailure | None:
    try:
        call()
    except StorageFailure as error:
        return error
    return None
