"""The file calls that keeping records takes, in one place, so that a test can make each fail."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


class Files:
    """The system's own calls. All raise OSError."""

    def open(self, path: Path, flags: int) -> int:
        """A descriptor for writing. A pipe that nobody reads is an error, and not waited for."""
        flags |= os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
        return os.open(path, flags, 0o666)

    def write(self, fd: int, data: bytes) -> int:
        """Write some of the data and say how much."""
        return os.write(fd, data)

    def write_at(self, fd: int, place: int, data: bytes) -> int:
        """Write some of the data from a place on, and say how much."""
        if sys.platform == "win32":
            os.lseek(fd, place, os.SEEK_SET)
            return os.write(fd, data)
        return os.pwrite(fd, data, place)

    def fsync(self, fd: int) -> None:
        """Return when what was written is on the disk."""
        os.fsync(fd)

    def truncate(self, fd: int, size: int) -> None:
        """Cut a file to that size."""
        os.ftruncate(fd, size)

    def close(self, fd: int) -> None:
        """Let go of a descriptor."""
        os.close(fd)

    def identity(self, file: str | int) -> tuple[int, int]:
        """What tells a file, by its path or a descriptor, from all others."""
        found = os.stat(file)  # noqa: PTH116  # with each write, and a Path takes thrice as long
        return found.st_dev, found.st_ino

    def rename(self, path: Path, target: Path) -> None:
        """Put a file in the place of another, in one step."""
        path.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file if it is there."""
        path.unlink(missing_ok=True)

    def make_folder(self, path: Path) -> None:
        """Make a folder if it is not there."""
        path.mkdir(exist_ok=True)

    def remove_folder(self, path: Path) -> None:
        """Remove a folder that is empty."""
        path.rmdir()

    def fsync_folder(self, path: Path) -> None:
        """Return when the folder's list of names is on the disk."""
        if sys.platform == "win32":
            return  # it has no such call; a rename there is in the file system's own log
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def write_all(self, fd: int, data: bytes) -> None:
        """Write all of the data, in as many calls as it takes."""
        written = self.write(fd, data)
        while written < len(data):
            written += self.write(fd, data[written:])

    def write_all_at(self, fd: int, place: int, data: bytes) -> None:
        """Write all of the data from a place on."""
        written = self.write_at(fd, place, data)
        while written < len(data):
            written += self.write_at(fd, place + written, data[written:])

    def replace(self, path: Path, temporary: Path, fd: int) -> None:
        """Put the finished temporary file in place: it is there whole, or not at all."""
        self.fsync(fd)
        self.rename(temporary, path)
        self.fsync_folder(path.parent)

    def discard(self, fd: int, path: Path) -> None:
        """Clear away what came to nothing, as far as that is possible."""
        with suppress(OSError):
            self.close(fd)
        with suppress(OSError):
            self.remove(path)
