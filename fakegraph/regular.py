"""Reading files that are files: no pipe that nobody writes to, no device, nothing without end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class NotRegular(OSError):
    """What is not read, and why."""

    def __str__(self) -> str:
        return str(self.strerror or self.args[0])


class TooLarge(NotRegular):
    """What has more bytes than may be read."""


def read_regular(path: Path, most: int | None = None) -> bytes:
    """What a file holds. Raises NotRegular for what is no file, TooLarge for more than ``most``
    bytes, OSError.
    """
    with open(open_regular(path), "rb") as file:  # a descriptor has no path
        if most is None:
            return file.read()
        if os.fstat(file.fileno()).st_size > most:
            raise _too_large(most)
        parts, left = [], most
        while part := file.read(_PART):  # it may grow meanwhile, and some say they were empty
            left -= len(part)
            if left < 0:
                raise _too_large(most)
            parts.append(part)
    return b"".join(parts)


_PART = 1 << 20  # to ask for all that may be there would take the memory for that


def open_regular(path: Path, *, follow: bool = True) -> int:
    """A descriptor to read a file with. Raises NotRegular, OSError.

    ``follow``: where a link is in its place, what that leads to; else that is no file.
    """
    _check(path.stat() if follow else path.lstat())
    # It may be another one by now: whoever opens a pipe waits for a writer unless told not to.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    fd = os.open(path, flags if follow else flags | getattr(os, "O_NOFOLLOW", 0))
    try:
        _check(os.fstat(fd))
    except BaseException:
        os.close(fd)
        raise
    return fd


def _check(found: os.stat_result) -> None:
    mode = found.st_mode
    if stat.S_ISDIR(mode):
        raise NotRegular(errno.EISDIR, "it is a folder")
    if stat.S_ISLNK(mode):
        raise NotRegular(errno.ELOOP, "it is no regular file, but a link")
    if not stat.S_ISREG(mode):
        raise NotRegular(errno.EINVAL, "it is no regular file, but a pipe, a socket or a device")


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"it is larger than {most} bytes, the limit")
