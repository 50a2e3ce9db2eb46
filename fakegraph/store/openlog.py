"""``Log``: the log of a store as it is written; ``OpenLogs``: those of a folder that are open.

A tenant that is only read needs no descriptor, and one that was written to a while ago gives it
back, so a server may have more tenants than the system lets it have files open.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fakegraph.regular import read_regular
from fakegraph.store.errors import StorageFailure
from fakegraph.store.files import Files
from fakegraph.store.log import COUNT_SIZE, LogContents, count_line, header_line

IDLE = 2.0  # seconds; opening a log again costs less than a tenth of a write
MOST_OPEN = 100


class OpenLogs:
    """Closes what has been idle for a while, and the longest idle where too many are open."""

    def __init__(self) -> None:
        self._logs: list[Log] = []
        self._lock = threading.Lock()
        self._closer: threading.Thread | None = None
        self._closed = threading.Event()

    def add(self, log: Log) -> None:
        """Say that a log was opened."""
        with self._lock:
            longest_idle = sorted(self._logs, key=lambda each: each.used)
            for other in longest_idle[: max(len(longest_idle) + 1 - MOST_OPEN, 0)]:
                self._rest(other)
            self._logs.append(log)
            if self._closer is None and not self._closed.is_set():
                self._closer = threading.Thread(target=self._run, name="fakegraph-idle")
                self._closer.daemon = True
                self._closer.start()

    def discard(self, log: Log) -> None:
        """Say that a log was closed."""
        with self._lock, suppress(ValueError):
            self._logs.remove(log)

    def close(self) -> None:
        """Watch no longer."""
        self._closed.set()

    def _rest(self, log: Log) -> None:
        if log.rest():
            self._logs.remove(log)

    def _run(self) -> None:
        while not self._closed.wait(IDLE / 2):
            with self._lock:
                before = time.monotonic() - IDLE
                for log in [each for each in self._logs if each.used < before]:
                    self._rest(log)
                if not self._logs:
                    self._closer = None
                    return


class Log:
    """The log of a store, made with its first write. One thread at a time appends, cuts and drops;
    another may ``sync`` meanwhile.
    """

    def __init__(
        self,
        files: Files,
        path: Path,
        store: str,
        contents: LogContents,
        reached: int,
        open_logs: OpenLogs,
        check: Callable[[], object],
    ) -> None:
        """Go on from what was read, which got the store to the write ``reached``.

        ``check`` raises OSError when the files are no longer where they were. Nothing is touched
        before the first write.
        """
        self._files = files
        self._path = path
        self._name = str(path)
        self._header = header_line(store)
        self._start = len(self._header) + COUNT_SIZE  # where the writes begin
        self._open_logs = open_logs
        self._check = check
        self.end = contents.end  # 0 where there is no log
        self._counted = contents.counted
        self._number = reached
        self._sound = False  # whether the file is known to end there and to say that number
        self._named = False  # whether the folder's entry for it is known to be on the disk
        self._lock = threading.Lock()  # for what follows; held for moments
        self._fd: int | None = None
        self._identity: tuple[int, int] | None = None  # the file's, once it was open
        self._users = 0
        self.used = time.monotonic()

    @contextmanager
    def _open(self) -> Iterator[int]:
        """The descriptor, which stays open meanwhile. Raises OSError."""
        fd = self._hold()
        try:
            yield fd
        finally:
            self._let_go()

    def _hold(self) -> int:
        """The descriptor, which stays open until ``_let_go``. Raises OSError."""
        with self._lock:
            fd = self._opened() if self._fd is None else self._fd
            self._users += 1
        return fd

    def _let_go(self) -> None:
        with self._lock:
            self._users -= 1
            self.used = time.monotonic()

    def _opened(self) -> int:
        self._check()
        fd = self._files.open(self._path, 0)
        try:
            identity = self._files.identity(fd)
            if self._identity not in (None, identity):
                raise self._replaced()
        except OSError:
            self._files.close(fd)
            raise
        self._fd, self._identity = fd, identity
        self._open_logs.add(self)
        return fd

    def _replaced(self) -> OSError:
        return OSError(errno.ESTALE, "another file is in its place now")

    def rest(self) -> bool:
        """Close the file unless somebody is using it; whether it is closed now."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            if self._users:
                return False
            self._close()
            return True
        finally:
            self._lock.release()

    def _close(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            with suppress(OSError):  # every line is where it was promised to be
                self._files.close(fd)

    def append(self, line: bytes, number: int) -> None:
        """Add the line of a write. Raises StorageFailure, and then the log is as it was."""
        try:
            if self.end:
                self._bring_up()
                self._append(line, number)
            else:
                self._check()
                self._replace(line, number)
        except OSError as error:
            raise StorageFailure(f"{self._path} cannot be written", error) from error

    def _append(self, line: bytes, number: int) -> None:
        fd = self._hold()
        try:
            self._mend(fd)
            try:
                self._files.write_all_at(fd, self.end, line)
                self._files.write_all_at(fd, len(self._header), count_line(number))
                self._check_place()
            except OSError:
                self.cut(self.end, self._number)
                raise
        finally:
            self._let_go()
        self.end += len(line)
        self._number = number

    def _bring_up(self) -> None:
        """Give a log of the first format the line that counts. Raises OSError."""
        if not self._counted:
            self._check()
            written = read_regular(self._path)
            lines = written[len(self._header) : self.end - COUNT_SIZE]
            self._replace(lines, self._number, fsync=True)
            self._counted = True

    def _check_place(self) -> None:
        """Raise OSError when what is written would not be found again."""
        self._check()
        if self._files.identity(self._name) != self._identity:
            raise self._replaced()

    def sync(self) -> None:
        """Return when every line is on the disk. Raises OSError."""
        with self._open() as fd:
            if not self._named:
                self._files.fsync_folder(self._path.parent)
                self._named = True
            self._files.fsync(fd)

    def cut(self, end: int, number: int) -> None:
        """Take back the lines after ``end``, so that write ``number`` is the last one; if that
        fails now, before anything is appended.
        """
        self.end, self._number, self._sound = max(end, self._start), number, False
        with suppress(OSError), self._open() as fd:
            self._mend(fd)

    def _mend(self, fd: int) -> None:
        if not self._sound:
            self._files.truncate(fd, self.end)
            self._files.write_all_at(fd, len(self._header), count_line(self._number))
            self._sound = True

    def drop(self, start: int) -> None:
        """Keep only the lines from byte ``start`` on. Raises OSError, and then all are there."""
        if not self.end:
            return
        self._bring_up()
        with self._open() as fd:
            self._check_place()
            self._mend(fd)
            if start == self.end:
                self._files.truncate(fd, self._start)
                self.end = self._start
                return
            kept = read_regular(self._path)[start : self.end]
            self._replace(kept, self._number, fsync=True)

    def _replace(self, lines: bytes, number: int, *, fsync: bool = False) -> None:
        """Put a new file with these lines in place, in one step. Raises OSError."""
        temporary = self._path.with_name(self._path.name + ".tmp")
        fd = self._files.open(temporary, os.O_CREAT | os.O_TRUNC)
        try:
            identity = self._files.identity(fd)
            self._files.write_all(fd, self._header + count_line(number) + lines)
            if fsync:
                self._files.fsync(fd)
            self._files.rename(temporary, self._path)
        except OSError:
            self._files.discard(fd, temporary)
            raise
        with self._lock:
            self._open_logs.discard(self)
            self._close()
            self._fd, self._identity = fd, identity
            self._open_logs.add(self)
        self.end, self._number = self._start + len(lines), number
        self._sound, self._named = True, False

    def close(self) -> None:
        """Close the file, and remove it when it has no lines."""
        self._open_logs.discard(self)
        with self._lock:
            self._close()
        if self.end <= self._start:
            with suppress(OSError):
                self._check()
                self._files.remove(self._path)
