"""Reading files that are files: no pipe that nobody writes to, no device, nothing without end."""

from __future__ import annotations

import os
import stat
from pathlib import Path


class NotRegular(OSError):
    """What is not read, and why."""


class TooLarge(NotRegular):
    """What has more bytes than may be read."""


def read_regular(path: Path, most: int) -> bytes:
    """What a file holds. Raises NotRegular for what is no file, TooLarge for more than ``most``
    bytes, OSError.
    """
    _check(path.stat(), most)
    # It may be another one by now: whoever opens a pipe waits for a writer unless told not to.
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(fd, "rb") as file:  # noqa: PTH123  # a descriptor has no path
        _check(os.fstat(fd), most)
        data = file.read(most + 1)  # it may grow meanwhile, and some say they were empty
    if len(data) > most:
        raise _too_large(most)
    return data


def _check(found: os.stat_result, most: int) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise NotRegular("it is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise NotRegular("it is no regular file, but a pipe, a socket or a device")
    if found.st_size > most:
        raise _too_large(most)


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"it is larger than {most} bytes, the limit")
