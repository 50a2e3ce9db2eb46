"""``LoggedStorage``: TinyDB's storage of a tenant's records, on disk.

What is stored is in memory. A write is first a line of the log, then visible, and now and then
everything is written to the data file and the log begins anew.

An acknowledged write is kept. With ``durability="flush"`` the system has the line, so it survives
the end of this process, ``kill -9`` included. With ``"fsync"`` the disk has it, so it survives the
end of the machine; writes that wait at the same time share one ``fsync``. Nobody sees a write
before it is kept in that sense, so nothing that was seen is ever taken back.
"""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fakegraph.store.bytes import FolderBytes, names_in
from fakegraph.store.changelog import ChangesTable
from fakegraph.store.changes import ChangeLog
from fakegraph.store.datafile import (
    CHANGES_TABLE,
    FORMAT,
    FORMER,
    DataFile,
    Table,
    write_data,
)
from fakegraph.store.documents import Documents
from fakegraph.store.drafts import Unseen
from fakegraph.store.errors import DataFileError, StorageFailure
from fakegraph.store.files import Files
from fakegraph.store.lines import as_documents, own_tables, shared_with, way_back
from fakegraph.store.log import write_line
from fakegraph.store.names import is_links
from fakegraph.store.openlog import Log
from fakegraph.store.reading import TenantFiles, bytes_folder
from fakegraph.store.records import Records
from fakegraph.store.rows import Row
from fakegraph.store.storage import RecordStorage, T, new_generation
from fakegraph.store.tables import Snapshot
from fakegraph.store.template import Template
from fakegraph.store.templates import TemplateFiles, WrittenTable
from fakegraph.store.transaction import Parts, Transaction

LEAST_LOG = 4 * 1024 * 1024  # bytes; a shorter log never outgrows its data file
_REST = 0.0005  # seconds between blocks of a data file that is written beside requests

_NONE: Mapping[str, int] = {}

log = logging.getLogger("fakegraph.store")


class _Commit:
    """A write with its line in the log, and what became of it."""

    __slots__ = ("end", "error", "number", "numbered", "parts", "seen")

    def __init__(self, number: int, end: int, parts: Parts, numbered: Iterable[str]) -> None:
        self.number = number
        self.end = end  # of its line in the log
        self.parts = parts
        self.numbered = numbered  # the containers whose numbers its line tells
        self.seen = False
        self.error: StorageFailure | None = None


class LoggedStorage(RecordStorage):
    """Records in memory, a log, and a data file.

    Locks, in the order in which they are taken:

    - ``_saving``: one thread writes the data file.
    - ``_syncing``: one thread waits for the disk and shows what has got there. Whoever waits for
      this lock finds its own write done by the one before it, or does it for all that wait.
    - ``_writing``: one thread works out a write and appends its line. It is not held during
      ``fsync``, so lines gather for the next one.
    - ``Records.mutex``: see there. Readers take no other lock.
    """

    def __init__(
        self,
        files: Files,
        path: Path,
        found: TenantFiles,
        journal: Log,
        template: Template,
        templates: TemplateFiles,
        *,
        fsync: bool,
        check: Callable[[], object],
    ) -> None:
        """Go on from what was ``found`` in the files. ``template`` is what ``reset`` goes back to.
        ``check`` raises OSError when the folder is no longer this process's.
        """
        bases = [each.bytes for each in dict.fromkeys([found.base, template]) if each is not None]
        self._own_bytes = FolderBytes(files, bytes_folder(path), bases, fsync=fsync)
        super().__init__(found.tables, self._own_bytes)
        self.sequence = self._number = found.data.sequence
        self.generation, self.changes = found.data.generation, found.changes
        self._files = files
        self._path = path
        self._store = found.data.store
        self._former = found.data.format != FORMAT
        self._base = found.base  # what the data file refers to
        self._template = template
        self._templates = templates
        self._numbered = found.logged  # the containers whose numbers the files tell
        self._log = journal
        self._fsync = fsync
        self._check = check
        self._kept = journal.end  # how much of the log has been acknowledged
        self._saved = found.saved  # the last write that is in the data file
        self._size = path.stat().st_size
        self._waiting: list[_Commit] = []
        self._unseen: dict[str, Unseen[Any]] = {}
        self._saving = threading.Lock()
        self._syncing = threading.Lock()
        self._saver: threading.Thread | None = None
        self._limit = max(LEAST_LOG, self._size)

    def sweep(self) -> None:
        """Remove the bytes that nothing names; nobody writes meanwhile."""
        self._let_go.clear()
        self.bytes.sweep(self._wants)

    def unseen(self, table: str) -> Unseen[Any] | None:
        """What writes that still wait for the disk have made of a table."""
        return self._unseen.get(table)

    @property
    def writes_wait(self) -> bool:
        """Whether a write would now have to wait: for the disk, or for another one to end."""
        return self._fsync or super().writes_wait

    def transact(self, work: Callable[[Transaction], T], *, again: bool = False) -> T:
        """Make one write; it is kept, and seen, when this returns. Raises StorageFailure."""
        with self._writing:
            self._check_open()
            result, commit = self._append(work)
            if commit is not None and self._fsync:
                self._waiting.append(commit)
                self._hide(commit)
            elif commit is not None:
                self._show_commit(commit)
        if commit is not None and self._fsync:
            self._await(commit)
        self._save_soon()
        return result

    def _append(self, work: Callable[[Transaction], T]) -> tuple[T, _Commit | None]:
        result, write = self._work(work)
        parts = write.parts()
        if not parts:
            return result, None
        number = self._number + 1
        for name, each in write.numbers.items():
            self.tables.give_number(name, each)
        new = self._not_numbered()
        text_of = self.tables.text_of
        changes = [as_documents(table, changes, text_of) for table, (_, changes) in parts.items()]
        self._log.append(write_line(number, changes, {"numbers": new} if new else new), number)
        self._number = number
        if new:
            self._numbered.update(new)
        self._claim(write, parts)
        return result, _Commit(number, self._log.end, parts, new)

    def _not_numbered(self) -> Mapping[str, int]:
        """The numbers of containers that the files do not tell yet."""
        numbers = self.tables.numbers
        if len(numbers) == len(self._numbered):  # nearly always
            return _NONE
        return {name: number for name, number in numbers.items() if name not in self._numbered}

    def _show_commit(self, commit: _Commit) -> None:
        self.sequence = commit.number
        self._show(commit.number, commit.parts)
        commit.seen = True
        self._kept = commit.end

    def _hide(self, commit: _Commit) -> None:
        for table, (draft, _) in commit.parts.items():
            self._unseen.setdefault(table, Unseen()).add(draft)

    def _await(self, commit: _Commit) -> None:
        """Return when the disk has the write. Raises StorageFailure when it will not."""
        with self._syncing:
            if not commit.seen and commit.error is None:
                self._sync()
        if commit.error is not None:
            raise commit.error

    def _sync(self) -> None:
        """Wait for the disk once for all writes that wait, then show them; or take them back."""
        with self._writing:
            batch, self._waiting = self._waiting, []
        try:
            self._log.sync()
        except OSError as error:
            self._take_back(batch, error)
            return
        for commit in batch:
            self._show_commit(commit)
        with self._writing:
            self._unseen = {}
            for commit in self._waiting:
                self._hide(commit)

    def _take_back(self, batch: list[_Commit], error: OSError) -> None:
        with self._writing:
            # Lines that came meanwhile go too: they follow those that are lost.
            lost = batch + self._waiting
            self._waiting, self._unseen = [], {}
            self._number = lost[0].number - 1
            self._numbered = self._numbered.difference(*(commit.numbered for commit in lost))
            self._log.cut(self._kept, self._number)
        for commit in lost:
            commit.error = _not_kept(self._path, error)

    def exclusively(self, work: Callable[[Transaction], T]) -> T:
        """As ``transact``, while no write is on its way: ``work`` may read the records as well."""
        with self.quiet():
            result, commit = self._append(work)
            if commit is not None:
                self._keep_line()
                self._show_commit(commit)
        self._save_soon()
        return result

    def _keep_line(self) -> None:
        """Have the disk keep the line just added; nothing is written meanwhile."""
        if self._fsync:
            try:
                self._log.sync()
            except OSError as error:
                self._number -= 1
                self._log.cut(self._kept, self._number)
                raise _not_kept(self._path, error) from error
        self._kept = self._log.end

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """A time in which nothing is written and every write that was made is seen."""
        with self._drained():
            self._check_open()
            yield

    @contextmanager
    def _drained(self) -> Iterator[None]:
        with self._syncing:
            self._writing.acquire()
            while self._waiting:  # who waits cannot write again, so this ends
                self._writing.release()
                self._sync()
                self._writing.acquire()
            try:
                yield
            finally:
                self._writing.release()

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot: one line of the log, as long as what has changed since."""
        with self.quiet():
            number, generation = self._number + 1, new_generation()
            back = way_back(self.tables, snapshot)
            self._adopt(back.rows(), self._base)
            self._log.append(back.line(number, generation), number)
            self._number = number
            self._keep_line()
            self.sequence = self._number
            self._numbered = set(snapshot.numbers)
            self._go_back(snapshot, generation)
        self._save_soon()

    def _adopt(self, rows: Iterable[Row | None], base: Template | None) -> None:
        """Keep the bytes of rows that neither the tenant itself has nor what its file refers to."""
        for row in rows:
            for name in () if row is None else names_in(row.record):
                at_base = base is not None and base.bytes.size(name) is not None
                if not at_base and not self._own_bytes.has(name):
                    data = self.bytes.get(name)
                    if data is not None:
                        self.bytes.keep(data)

    def _save_soon(self) -> None:
        """Write the data file beside the requests when the log has outgrown it."""
        if self._log.end <= self._limit:
            return
        with self._writing:
            if self._closed or (self._saver is not None and self._saver.is_alive()):
                return
            self._saver = threading.Thread(target=self._try_to_save, name="fakegraph-save")
            self._saver.daemon = True  # dying in the midst of it leaves the old file and the log
            self._saver.start()

    def _try_to_save(self) -> None:
        try:
            self.save(lambda: time.sleep(_REST))
        except OSError as error:
            self._limit = self._log.end + LEAST_LOG
            log.warning(
                "%s could not be written: %s. The one before it and its log are complete.",
                self._path,
                error.strerror or error,
            )

    def save(self, rest: Callable[[], object] = lambda: None) -> None:
        """Write the data file and drop what it includes from the log. Raises OSError.

        Readers and writers go on meanwhile; ``rest`` is called now and then to let them.
        """
        with self._saving:
            self._check()
            with self._drained():
                data = DataFile(self._store, self.generation, self._number)
                changes = self.changes.copy()
                data.changes = changes.begins
                snapshot, end = self.tables.snapshot(), self._log.end
            is_old = data.sequence != self._saved
            if is_old:
                self._write(data, snapshot, changes, rest)
            with self._drained():
                self._log.drop(end)
                self._kept = self._log.end
                self._limit = max(LEAST_LOG, self._size)
                if is_old:
                    self.sweep()

    def _write(
        self, data: DataFile, snapshot: Snapshot, changes: ChangeLog, rest: Callable[[], object]
    ) -> None:
        base = max((self._base, self._template), key=lambda each: shared_with(snapshot, each))
        if not shared_with(snapshot, base):
            base = None
        own = own_tables(snapshot, base)
        known: Mapping[str, int] = {}
        if base is not None:
            data.template, known = self._templates.keep(base), base.tables.numbers
        if base is not self._base:
            self._adopt_for(base, own)
        data.numbers = {name: n for name, n in snapshot.numbers.items() if name not in known}
        documents = Documents(snapshot.numbers)
        tables: dict[str, Table] = {n: WrittenTable(each, documents) for n, each in own.items()}
        if len(changes):
            tables[CHANGES_TABLE] = ChangesTable(changes, documents)
        self._size = write_data(self._files, self._path, data, tables, rest)
        self._saved, self._base = data.sequence, base
        if self._former:
            log.info("%s was brought up from format %d to format %d.", self._path, FORMER, FORMAT)
            self._former = False

    def _adopt_for(self, base: Template | None, own: Mapping[str, Records[Any]]) -> None:
        """Before the data file refers to another template. Raises OSError."""
        try:
            rows = (row for name in own if not is_links(name) for row in own[name].every())
            self._adopt(rows, base)
        except StorageFailure as failure:
            raise failure.error from failure
        except DataFileError as damage:
            raise OSError(errno.EIO, str(damage)) from damage

    def close(self, *, keep: bool = True) -> None:
        """Take no more writes, write the data file, remove the log, which is then empty.

        When that fails nothing is lost: the log stays, and is read when the store is opened again.
        """
        with self._writing:
            if self._closed:
                return
            self._closed = True
            saver = self._saver
        if saver is not None:
            saver.join()
        try:
            if keep:
                self.save()
        except OSError as error:
            log.warning(
                "%s could not be brought up to date: %s. The log beside it has the rest.",
                self._path,
                error.strerror or error,
            )
        self._log.close()


def _not_kept(path: Path, error: OSError) -> StorageFailure:
    return StorageFailure(f"the log of {path} cannot be written", error)
