"""``SharedStorage``: a tenant's records in memory, which a log in the database keeps up to date.

What is stored is in memory, as everywhere; the log is shared. Whoever writes takes the tenant's
row in the database, catches up with what others have written, works the write out and appends its
line. Whoever reads catches up first: that is one round trip, whatever is stored. So every server
has the same rows at the same positions, with the same keys, and the queries are the same code.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from secrets import token_hex
from typing import Any, Protocol
from zlib import crc32

import orjson

from fakegraph.store.bytes import names_in
from fakegraph.store.changes import ChangeLog
from fakegraph.store.documents import Documents
from fakegraph.store.errors import (
    DataFileError,
    SnapshotTaken,
    StorageFailure,
    StoreClosed,
    StoreError,
)
from fakegraph.store.lines import as_documents, way_back
from fakegraph.store.log import write_line
from fakegraph.store.postgres.applying import gone_back, read_write, show
from fakegraph.store.postgres.bases import READ, read_base, write_base
from fakegraph.store.postgres.contents import SharedBytes
from fakegraph.store.postgres.opened import Mark, Opened, Templates
from fakegraph.store.postgres.pool import ATTEMPTS, Pool, Unreachable, rest
from fakegraph.store.postgres.wire import LONG, PATIENCE, SOON, Lost, Refused, Rows, Statement, Wire
from fakegraph.store.records import without_gc
from fakegraph.store.rows import Row
from fakegraph.store.storage import RecordStorage, T, new_generation
from fakegraph.store.tables import Snapshot
from fakegraph.store.template import Template
from fakegraph.store.transaction import Parts, Transaction

LEAST_LOG = 4 << 20  # bytes of lines; fewer are never put together to a base
_SURE = 10.0  # seconds in which it is found out what became of a write whose answer was lost

_NEWS = """SELECT t.seq, t.made, coalesce((SELECT number FROM fakegraph_turns n
        WHERE n.tenant = t.tenant AND n.kind = ''), 0) FROM fakegraph_tenants t
    WHERE t.tenant = $1"""
_LOCK = "SELECT seq, made FROM fakegraph_tenants WHERE tenant = $1 FOR UPDATE"
_LINES = "SELECT seq, line FROM fakegraph_writes WHERE tenant = $1 AND seq > $2 ORDER BY seq"
_APPEND = "INSERT INTO fakegraph_writes (tenant, seq, id, line) VALUES ($1, $2, $3, $4)"
_FIRST = """WITH first AS (
        UPDATE fakegraph_tenants SET seq = $2 WHERE tenant = $1 AND made = $3 AND seq = $4
        RETURNING tenant)
    INSERT INTO fakegraph_writes (tenant, seq, id, line)
    SELECT tenant, CAST($2 AS BIGINT), $5, $6 FROM first RETURNING seq"""
_COUNT = "UPDATE fakegraph_tenants SET seq = $2 WHERE tenant = $1"
_ID = "SELECT id FROM fakegraph_writes WHERE tenant = $1 AND seq = $2"
_OLD = """DELETE FROM fakegraph_writes WHERE tenant = $1
    AND seq <= (SELECT base FROM fakegraph_tenants WHERE tenant = $1)"""
_NO_BASES = "DELETE FROM fakegraph_bases WHERE tenant = $1"
_EMPTY_BASE = "INSERT INTO fakegraph_bases VALUES ($1, $2, 0, '')"
# A base after the tenant's own is one that another server is at: it is not there yet.
_OLD_BASES = """DELETE FROM fakegraph_bases WHERE tenant = $1
    AND position(' ' || CAST(seq AS TEXT) || ' ' IN $2) = 0
    AND seq < (SELECT base FROM fakegraph_tenants WHERE tenant = $1)"""
_REBASED = """UPDATE fakegraph_tenants SET base = $2, template = $3
    WHERE tenant = $1 AND base < $2"""
_MARKS = "UPDATE fakegraph_tenants SET marks = $2 WHERE tenant = $1"
_ANEW = """UPDATE fakegraph_tenants SET base = $2, generation = $3, template = $4
    WHERE tenant = $1"""
_STATES = """SELECT kind, id, version, value FROM fakegraph_states
    WHERE tenant = $1 AND version > $2 ORDER BY version"""

_BEGIN: Statement = ("BEGIN",)
_COMMIT: Statement = ("COMMIT",)
_ROLLBACK: Statement = ("ROLLBACK",)

log = logging.getLogger("fakegraph.store")

_OWN, _LINE_IDS = token_hex(8), count()


class Place(Templates, Protocol):
    """What a storage asks of what has all tenants."""

    pool: Pool

    def found(self, key: str, made: str) -> Found:
        """A tenant as the database has it now. Raises StoreClosed, DataFileError."""

    def keep(self, template: Template) -> str:
        """Keep a template and give its digest."""


class Found:
    """A tenant as it was found: what its log begins after, its lines, its snapshots by id."""

    def __init__(
        self, opened: Opened, lines: Rows, began: Template, marks: dict[str, Mark], base_size: int
    ) -> None:
        self.opened = opened
        self.lines = lines
        self.began = began
        self.marks = marks
        self.base_size = base_size


class SharedStorage(RecordStorage):
    """Records in memory, and their log in the database.

    Locks, in the order in which they are taken:

    - ``_writing``: one thread of this server writes to the tenant. It waits for the tenant's row in
      the database, of which other servers wait as well.
    - ``_applying``: one thread shows a write, its own or another server's. It is held for moments
      in memory, never while anything is waited for.
    """

    def __init__(
        self,
        place: Place,
        key: str,
        made: str,
        found: Found,
        bytes_: SharedBytes,
        template: Template,
    ) -> None:
        """Go on from what was ``found``. ``template`` is what ``reset`` goes back to."""
        super().__init__(found.opened.tables, bytes_, found.opened.generation)
        self._place = place
        self._pool = place.pool
        self._contents = bytes_
        self.key = key
        self.made = made
        self.template: Template = template
        self._applying = threading.RLock()
        self._saver: threading.Thread | None = None
        self._begin(found)

    def _begin(self, found: Found) -> None:
        """Have what was found; the tables are there already. Raises DataFileError."""
        self.sequence, self.changes = found.opened.sequence, found.opened.changes
        self.generation = found.opened.generation
        self._numbered = set(self.tables.numbers)  # containers whose numbers the log tells
        self._began = found.began
        self._marks = found.marks
        self._log_size = 0  # bytes of lines since the base
        self._base_size = found.base_size
        with without_gc():
            for number, line in found.lines:
                if int(number) == self.sequence + 1:
                    self._redo(line)

    @property
    def writes_wait(self) -> bool:
        """Whether a write would now have to wait: always, for the database."""
        return True

    @property
    def began(self) -> Template:
        """The template that the tenant's row names."""
        return self._began

    @property
    def as_begun(self) -> bool:
        """Whether what this server has it go back to is what it began as."""
        return self._began is self.template

    def start(self, usual: Template) -> Template:
        """What ``reset`` goes back to: what this storage was opened with."""
        return self.template

    # Reading what others wrote

    def catch_up(self) -> None:
        """Take in what others have written. Raises StoreClosed where the tenant is gone, or another
        one of its name is there; StorageFailure.
        """
        self._check_open()
        [rows] = self._pool.ask((_NEWS, self.key), patience=SOON)
        if not rows or rows[0][1] != self.made:
            raise self._gone()
        seq, made, state = rows[0]
        states, reached = self.states, self.sequence
        heard = int(state) if states is None else states.version
        if int(seq) <= reached and int(state) <= heard:  # nearly always
            return
        about = (_LINES, self.key, reached), (_STATES, self.key, heard)
        lines, changed = self._pool.ask(*about, patience=SOON)
        self._take(int(seq), made, lines)
        if states is not None and int(state) > states.version:
            states.take(int(state), changed)

    def _gone(self) -> StoreClosed:
        self._closed = True
        return StoreClosed()

    def _take(self, seq: int, made: str, lines: Rows) -> None:
        """Take in lines that were read, as far as others have not done so meanwhile."""
        if made != self.made:
            raise self._gone()
        with self._applying:
            for number, line in lines:
                if int(number) == self.sequence + 1:
                    self._redo(line)
            if self.sequence < seq:
                self._begin_again()

    def _begin_again(self) -> None:
        """Read the tenant anew: what comes next in the log is no longer there."""
        found = self._place.found(self.key, self.made)
        if found.opened.sequence > self.sequence:
            self.tables.restore(found.opened.tables.snapshot())
            self._begin(found)
            self._tell_all()
            return
        for number, line in found.lines:
            if int(number) == self.sequence + 1:
                self._redo(line)

    def _redo(self, line: str) -> None:
        write = self._read(line)
        number = self.sequence + 1
        try:
            if "generation" in write:
                self._redo_back(write)
            elif "mark" in write or "unmark" in write:
                self._redo_mark(write)
            else:
                changes = read_write(self.tables, write)
                self._numbered.update(write.get("numbers", ()))
                self._let_go += show(self.tables, changes, write.get("next", {}))
                self.changes.add(number, {table: (None, c) for table, c in changes.items()})
                self.sequence = number
                if self.heard is not None:
                    self.heard(changes)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataFileError(
                f"the log of {self.key}: write {number} does not fit what comes before it"
            ) from error
        self._log_size += len(line)

    def _read(self, line: str) -> dict[str, Any]:
        data = line.encode()
        write = orjson.loads(data[9:]) if data[:9] == b"%08x " % crc32(data[9:]) else {}
        if write.get("n") != self.sequence + 1:
            raise DataFileError(f"the log of {self.key}: write {self.sequence + 1} is damaged")
        return dict(write)

    def _redo_mark(self, write: Mapping[str, Any]) -> None:
        self.sequence += 1
        if "mark" in write:
            self._mark(write["mark"])
        else:
            self._marks.pop(write["unmark"], None)

    def _redo_back(self, write: Mapping[str, Any]) -> None:
        if "template" in write:
            self._began = self._place.template(write["template"])
            self._contents.add(self._began.bytes)
            snapshot = self._began.snapshot
        elif "back" in write:
            snapshot = self._of_mark(self._marks[write["back"]])
        else:
            snapshot = gone_back(self.tables, write)
        self.sequence += 1
        self._show_back(snapshot, write["generation"])

    def _show_back(self, snapshot: Snapshot, generation: str) -> None:
        self._go_back(snapshot, generation)
        self._numbered = set(snapshot.numbers)

    def _tell_all(self) -> None:
        if self.heard is not None:
            self.heard(tuple(self.tables.containers()))

    # Writing

    def transact(self, work: Callable[[Transaction], T], *, again: bool = False) -> T:
        """Make one write; it is kept, and seen, when this returns. Raises StorageFailure.

        Where ``work`` may be done ``again``, it is tried first without the tenant's row: that saves
        a round trip where nobody else has written since this server has caught up.
        """
        with self._writing:
            self._check_open()
            if self._working:
                raise RuntimeError("a write was begun inside another one")
            try:
                made = self._try(work) if again else None
                if made is None:
                    with self._locked() as wire:
                        made = (self._append(wire, work),)
            finally:
                self._let_go.clear()
        self._compact_soon()
        return made[0]

    def _try(self, work: Callable[[Transaction], T]) -> tuple[T] | None:
        """What the work gives, if nobody wrote meanwhile, here or elsewhere; else None, and nothing
        is made. Contents are kept under the tenant's row alone, where nobody sweeps.
        """
        before, kept = self.sequence, len(self._let_go)
        try:
            result, write = self._work(work)
            parts = write.parts()
        except Exception:
            if self.sequence != before:  # what it saw was changing
                return None
            raise
        if self.sequence != before or len(self._let_go) != kept:
            return None
        if not parts:
            return (result,)
        number = before + 1
        line = self._line(number, write, parts)
        if not self._keep_first(number, line):
            return None
        self._show_own(number, write, parts, len(line))
        return (result,)

    def _keep_first(self, number: int, line: bytes) -> bool:
        """Have the database keep a line if nobody else has that number; whether it does. Raises
        StorageFailure.
        """
        id_, payload = _new_id(), line.rstrip(b"\n")
        try:
            with self._pool.lent() as wire:
                about = self.key, number, self.made, number - 1, id_, payload
                return bool(wire.ask((_FIRST, *about))[0])
        except Refused as error:
            failure = self._pool.failure(error)
            if failure is not None:
                raise failure from error
            return False
        except Lost as error:
            statements = self._statements(number, id_, payload)
            self._make_sure(number, id_, statements, error)
            return True

    @contextmanager
    def _locked(self) -> Iterator[Wire]:
        """A connection that has the tenant's row; all that others wrote is taken in."""
        wire = self._lock()
        try:
            yield wire
        except BaseException:
            self._let_loose(wire)
            raise
        else:
            if wire.is_open and not wire.is_idle:
                self._let_loose(wire)
        finally:
            self._pool.give(wire)

    def _let_loose(self, wire: Wire) -> None:
        if wire.is_open and not wire.is_idle:
            with suppress(Lost, Refused):
                wire.ask(_ROLLBACK)

    def _lock(self) -> Wire:
        for attempt in range(1, ATTEMPTS + 1):
            wire = self._pool.take()
            try:
                about = (_LOCK, self.key), (_LINES, self.key, self.sequence)
                _, rows, lines = wire.ask(_BEGIN, *about)
                if not rows:
                    raise self._gone()
                self._take(int(rows[0][0]), rows[0][1], lines)
                return wire
            except (Lost, Refused) as error:
                self._pool.give(wire)
                failure = self._pool.failure(error)
                if failure is not None or attempt == ATTEMPTS:
                    raise (failure or Unreachable(str(error))) from error
                rest(attempt, error)
            except BaseException:
                self._let_loose(wire)
                self._pool.give(wire)
                raise
        raise AssertionError

    def _append(self, wire: Wire, work: Callable[[Transaction], T]) -> T:
        result, write = self._work(work)
        parts = write.parts()
        if not parts:
            return result
        number = self.sequence + 1
        line = self._line(number, write, parts)
        self._keep_line(wire, number, line)
        self._show_own(number, write, parts, len(line))
        return result

    def apart(self, work: Callable[[Transaction], object]) -> None:
        """Make a write in memory alone: what is copied from here has it, the database has not."""
        with self._writing:
            _, write = self._work(work)
            parts = write.parts()
            if parts:
                self._show_own(self.sequence + 1, write, parts, 0)

    def _line(self, number: int, write: Transaction, parts: Parts) -> bytes:
        new = {**self._not_numbered(), **write.numbers}
        text_of = self.tables.text_of
        if write.numbers:
            text_of = Documents({**self.tables.numbers, **write.numbers}).text_of
        changes = [as_documents(table, changes, text_of) for table, (_, changes) in parts.items()]
        return write_line(number, changes, {"numbers": new} if new else {})

    def _show_own(self, number: int, write: Transaction, parts: Parts, size: int) -> None:
        with self._applying:
            if self.sequence >= number:
                return  # somebody who reads was quicker
            for name, each in write.numbers.items():
                self.tables.give_number(name, each)
            self._numbered.update(self.tables.numbers)
            self._claim(write, parts)
            self.sequence = number
            self._log_size += size
            self._show(number, parts)

    def _not_numbered(self) -> dict[str, int]:
        numbers = self.tables.numbers
        if len(numbers) == len(self._numbered):  # nearly always
            return {}
        return {name: each for name, each in numbers.items() if name not in self._numbered}

    def _keep_line(self, wire: Wire, number: int, line: bytes, *more: Statement) -> None:
        """Have the database keep a line and what goes with it. Raises StorageFailure, and then it
        does not.
        """
        id_ = _new_id()
        statements = self._statements(number, id_, line.rstrip(b"\n"), *more)
        try:
            wire.ask(*statements, patience=LONG if more else PATIENCE)
        except (Lost, Refused) as error:
            failure = self._pool.failure(error)
            if failure is not None:
                raise failure from error
            wire.close()
            self._make_sure(number, id_, statements, error)

    def _statements(
        self, number: int, id_: str, payload: bytes, *more: Statement
    ) -> Sequence[Statement]:
        append = (_APPEND, self.key, number, id_, payload)
        return append, (_COUNT, self.key, number), *more, _COMMIT

    def _make_sure(
        self, number: int, id_: str, statements: Sequence[Statement], cause: Lost | Refused
    ) -> None:
        """Find out whether a line was kept, and have it kept where nobody else came between."""
        give_up = time.monotonic() + _SURE
        while time.monotonic() < give_up:
            try:
                with self._pool.lent() as wire:
                    about = (_LOCK, self.key), (_ID, self.key, number)
                    _, rows, found = wire.ask(_BEGIN, *about)
                    if not rows or rows[0][1] != self.made:
                        raise self._gone()
                    if found and found[0][0] == id_:
                        self._let_loose(wire)
                        return
                    if int(rows[0][0]) == number - 1:
                        wire.ask(*statements)
                        return
                    self._let_loose(wire)
                    if found:
                        raise Unreachable("the connection was lost, and others have written since")
                    raise _untold(cause)
            except (Lost, Refused) as error:
                failure = self._pool.failure(error)
                if failure is not None:
                    raise failure from error
            except Unreachable as error:
                if "others" in str(error):
                    raise
            time.sleep(0.1)
        raise _untold(cause)

    def claim_position(self, table: str) -> int:
        """The next position of a table, which is then no longer the next, on any server."""
        with self._writing:
            self._check_open()
            if self._working:  # then it goes with the write under way
                return super().claim_position(table)
            with self._locked() as wire:
                number, position = self.sequence + 1, self.tables.of(table).next_position
                following = {table: position + 1}
                line = write_line(number, (), {"next": following})
                self._keep_line(wire, number, line)
                with self._applying:
                    if self.sequence < number:
                        show(self.tables, {}, following)
                        self.sequence = number
        return position

    # Going back

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """A time in which this server writes nothing, and shows nothing of others."""
        with self._writing:
            self._check_open()
            with self._applying:
                yield

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot: one line of the log, as long as what has changed since."""
        with self._writing:
            self._check_open()
            with self._locked() as wire:
                number, generation = self.sequence + 1, new_generation()
                marked = next((n for n, m in self._marks.items() if m.snapshot is snapshot), None)
                if snapshot is self.template.snapshot:
                    self._keep_template(wire, number, generation)
                elif marked is not None:
                    beside = {"generation": generation, "back": marked}
                    self._keep_line(wire, number, write_line(number, (), beside))
                else:
                    back = way_back(self.tables, snapshot)
                    self._adopt(back.rows())
                    self._keep_line(wire, number, back.line(number, generation))
                self._shown_back(number, snapshot, generation)
        self._compact_soon()

    def _keep_template(self, wire: Wire, number: int, generation: str) -> None:
        """Have the log begin anew with the template: what comes before is not needed to open the
        tenant, unless snapshots are in it. What was written since the base before is left for those
        who are still at it.
        """
        digest = self._place.keep(self.template)
        line = write_line(number, (), {"generation": generation, "template": digest})
        more: tuple[Statement, ...] = ()
        if not self._marks:
            anew = (_ANEW, self.key, number, generation, digest)
            empty = (_EMPTY_BASE, self.key, number)  # it says that there is none to be read
            more = ((_OLD, self.key), (_NO_BASES, self.key), empty, anew)
        self._keep_line(wire, number, line, *more)
        self._began = self.template
        if more:
            self._log_size = self._base_size = 0

    def _adopt(self, rows: Iterable[Row | None]) -> None:
        """Keep the bytes of rows that come back, where they are gone from the database."""
        for row in rows:
            for name in () if row is None else names_in(row.record):
                if self.bytes.size(name) is None:
                    data = self.bytes.get(name)
                    if data is not None:
                        self.bytes.keep(data)

    def _shown_back(self, number: int, snapshot: Snapshot, generation: str) -> None:
        with self._applying:
            if self.sequence < number:
                self.sequence = number
                self._show_back(snapshot, generation)

    # Snapshots that all servers have by the same id

    def mark(self, id_: str) -> Snapshot:
        """Keep what is stored now as a snapshot of that id, on every server."""
        with self._writing:
            self._check_open()
            with self._locked() as wire:
                if id_ in self._marks:
                    raise SnapshotTaken(id_)
                number = self.sequence + 1
                marks = {**self._marks, id_: Mark(number, self.generation)}
                line = write_line(number, (), {"mark": id_})
                self._keep_line(wire, number, line, (_MARKS, self.key, _told(marks)))
                with self._applying:
                    if self.sequence < number:
                        self.sequence = number
                        self._mark(id_)
                return self._of_mark(self._marks[id_])

    def _mark(self, id_: str) -> None:
        snapshot = self.tables.snapshot()
        self._snapshots.add(snapshot)
        self._marks[id_] = Mark(self.sequence, self.generation, snapshot)

    def unmark(self, id_: str) -> None:
        """Keep a snapshot no longer."""
        with self._writing:
            self._check_open()
            with self._locked() as wire:
                if id_ not in self._marks:
                    return
                number = self.sequence + 1
                marks = {name: each for name, each in self._marks.items() if name != id_}
                line = write_line(number, (), {"unmark": id_})
                self._keep_line(wire, number, line, (_MARKS, self.key, _told(marks)))
                with self._applying:
                    if self.sequence < number:
                        self.sequence = number
                        self._marks.pop(id_, None)

    def marked(self, id_: str) -> Snapshot | None:
        """The snapshot of that id. Raises StorageFailure, DataFileError."""
        with self._applying:
            mark = self._marks.get(id_)
            return None if mark is None else self._of_mark(mark)

    def marks(self) -> list[str]:
        """The ids of the snapshots that are kept, in the order in which they came."""
        with self._applying:
            return sorted(self._marks, key=lambda name: self._marks[name].number)

    def _of_mark(self, mark: Mark) -> Snapshot:
        if mark.snapshot is None:
            [parts] = self._pool.ask((READ, self.key, -mark.number), patience=LONG)
            found = read_base(self.key, parts, self._place).tables.snapshot()
            self._snapshots.add(found)
            mark.snapshot = found
        return mark.snapshot

    # Putting the log together

    def _compact_soon(self) -> None:
        """Put the log together beside the requests, when it has outgrown what it begins after."""
        if self._log_size <= max(LEAST_LOG, self._base_size):
            return
        with self._writing:
            if self._closed or (self._saver is not None and self._saver.is_alive()):
                return
            self._saver = threading.Thread(target=self._try_to_compact, name="fakegraph-save")
            self._saver.daemon = True  # what it has not finished is undone
            self._saver.start()

    def _try_to_compact(self) -> None:
        try:
            self.compact()
        except StoreError as error:
            log.warning("the log of %s could not be put together: %s", self.key, error)
        finally:
            self._log_size = 0

    def compact(self) -> None:
        """Have the log begin after all that was written so far. Raises StoreError.

        Readers and writers go on meanwhile.
        """
        with self.quiet():
            snapshot, digest = self.tables.snapshot(), self._place.keep(self._began)
            now = Opened(self.tables, self.changes.copy(), self.generation, self.sequence)
            began, marks = self._began, list(self._marks.values())
            self._log_size = 0
        for mark in marks:
            if mark.snapshot is not None:
                then = Opened(self.tables, ChangeLog(mark.number), mark.generation, mark.number)
                write_base(self._pool, self.key, -mark.number, mark.snapshot, then, began, digest)
        about = now.sequence, snapshot, now, began, digest
        size = write_base(self._pool, self.key, *about)
        with self._writing, self._locked() as wire:
            with suppress(StorageFailure):  # what is left then, a later one finds
                self.bytes.sweep(self._wants)  # before anybody else writes
            kept = " ".join(str(-each.number) for each in self._marks.values())
            try:
                wire.ask(
                    (_OLD, self.key),
                    (_REBASED, self.key, now.sequence, digest),
                    (_OLD_BASES, self.key, f" {kept} "),
                    _COMMIT,
                    patience=LONG,
                )
            except (Lost, Refused) as error:
                raise Unreachable(str(error)) from error
            self._base_size = size

    def sweep(self) -> None:
        """Remove the contents that nothing names. Raises StorageFailure."""
        with self._writing, self._locked():
            self.bytes.sweep(self._wants)

    def close(self, *, keep: bool = True) -> None:
        """Take no more writes. What is stored stays where it is."""
        with self._writing:
            self._closed = True


def _new_id() -> str:
    """An id that no other line has: of this process, and counted."""
    return f"{os.getpid()}-{_OWN}-{next(_LINE_IDS)}"


def _told(marks: Mapping[str, Mark]) -> str:
    """What a tenant's row says of its snapshots."""
    return orjson.dumps({n: [each.number, each.generation] for n, each in marks.items()}).decode()


def _untold(cause: Exception) -> StorageFailure:
    return StorageFailure(
        "the database was lost, and whether the write was made cannot be told",
        OSError(errno.EHOSTDOWN, str(cause)),
    )
