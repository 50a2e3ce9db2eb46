"""``States``: what of a tenant changes beside its records, where replicas share it.

Each row of a room is a row in the database, with the tenant's counter as it was changed last as its
version: a request brings what is newer than what is known here (``take``). Who changes a room locks
it in the database first, so that what is counted is counted once whichever replica is asked; it
takes one round trip to begin a turn and one to end it, and nobody has any who changes nothing.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, TypeVar

import orjson

from fakegraph.store import StoreClosed
from fakegraph.store.postgres.pool import Pool
from fakegraph.store.postgres.wire import Wire
from fakegraph.tenants.noted import NotedJournal, NotedTrail
from fakegraph.tenants.notes import Notes
from fakegraph.tenants.turns import Room, Turn

T = TypeVar("T")

Heard = list[tuple[str, int, str | None]]
"""Rows of one room: their ids, versions and JSON."""

Row = tuple[str, str, int, str | None]
"""Kind and id of a row, its version, and its JSON; None for one that is gone."""

_TURNS = count(1)

_OPEN = "INSERT INTO fakegraph_turns VALUES ($1, $2, 0) ON CONFLICT DO NOTHING"
_LOCK = "SELECT number FROM fakegraph_turns WHERE tenant = $1 AND kind = $2 FOR UPDATE"
_NEWER = (
    "SELECT id, version, value FROM fakegraph_states "
    "WHERE tenant = $1 AND kind = $2 AND version > $3 ORDER BY version"
)
_DONE = "SELECT number FROM fakegraph_turns WHERE tenant = $1 AND kind = $2"
_COUNT = (
    "INSERT INTO fakegraph_turns VALUES ($1, '', 1) ON CONFLICT (tenant, kind) "
    "DO UPDATE SET number = fakegraph_turns.number + 1 RETURNING number"
)
_KEEP = (
    "INSERT INTO fakegraph_states (tenant, kind, id, version, value) "
    "SELECT $1, $2, $3, number, $4 FROM fakegraph_turns WHERE tenant = $1 AND kind = '' "
    "ON CONFLICT (tenant, kind, id) "
    "DO UPDATE SET version = excluded.version, value = excluded.value"
)
_ALL = "SELECT kind, id, version, value FROM fakegraph_states WHERE tenant = $1"
_FORGET = "DELETE FROM fakegraph_states WHERE tenant = $1 AND value IS NULL AND version < $2"
_REMEMBERED = 10_000
"""So many versions back it is known which rows are gone; who knows less reads all of them."""
_EVERY = 1_000
_SIGN = (
    "INSERT INTO fakegraph_turns VALUES ($1, $2, $3) ON CONFLICT (tenant, kind) "
    "DO UPDATE SET number = excluded.number"
)


class States:
    """The rooms of one tenant. Until it is ``bound``, they are this process's alone."""

    def __init__(self) -> None:
        self.version = 0
        """Up to which version all is known here."""
        self._rooms: dict[str, SharedTurn] = {}
        self._kinds: set[str] = set()
        self.pool: Pool | None = None
        self.tenant = ""
        self.replica = uuid.uuid4().hex
        """What signs the turns that were taken here."""
        self._notes = Notes()
        self._noted: list[NotedJournal | NotedTrail] = []

    def journal(self, size: int) -> NotedJournal:
        """The journal of the tenant."""
        journal = NotedJournal(size, self._notes)
        self._noted.append(journal)
        return journal

    def trail(self, journal_size: int) -> NotedTrail:
        """The trail of the tenant, whose journal has that size."""
        trail = NotedTrail(self._notes, with_requests=bool(journal_size))
        self._noted.append(trail)
        return trail

    def join(self, room: Room) -> Turn:
        """The turns of a room."""
        turn = self._rooms[room.kind] = SharedTurn(self, room)
        return turn

    def has(self, kind: str) -> bool:
        """Whether another replica has told of a room of that kind."""
        return kind in self._kinds

    def bind(self, pool: Pool, tenant: str) -> None:
        """Share what there is from now on. Raises StorageFailure."""
        self.tenant, self.pool = tenant, pool
        self._notes.bind(pool, tenant)
        for turn in self._rooms.values():
            turn.hand_over()
        for each in self._noted:
            each.share()

    def take(self, version: int, rows: Iterable[Row]) -> None:
        """Take in what others have changed, up to a version."""
        whole = 0 < self.version < version - _REMEMBERED
        if whole and self.pool is not None:
            [rows] = self.pool.ask((_ALL, self.tenant))
        found: dict[str, Heard] = {kind: [] for kind in (self._rooms if whole else ())}
        for kind, id_, number, value in rows:
            found.setdefault(kind, []).append((id_, int(number), value))
        self._kinds.update(kind for kind, changed in found.items() if changed)
        for kind, changed in found.items():
            turn = self._rooms.get(kind)
            if turn is not None:
                turn.hear_later(changed, version if whole else 0)
        self.version = max(self.version, version)


class SharedTurn(Turn):
    """The turns of one room, among all replicas."""

    shared = True

    def __init__(self, states: States, room: Room) -> None:
        self._states, self._room = states, room
        self._lock: threading.Lock = threading.Lock()
        self._version = 0  # of the newest row that is known here
        self._waiting: list[tuple[Heard, int]] = []
        self._noted: dict[str, None] = {}
        self._opened = False
        self._stale = False  # what is here was not kept, or that is not known

    def __call__(self, work: Callable[[], T]) -> T:
        """As for a room of this process alone, but nobody else changes it anywhere."""
        try:
            with self._lock:
                pool = self._states.pool
                return work() if pool is None else self._shared(pool, work)
        finally:
            self._hear_what_waits()

    def note(self, id_: str = "") -> None:
        """Say in a turn that a row is another one now."""
        self._noted[id_] = None

    def hand_over(self) -> None:
        """Share what was here before."""
        ids = list(self._room.ids())
        if ids:
            self(lambda: self._note_all(ids))

    def _note_all(self, ids: Iterable[str]) -> None:
        for each in ids:
            self.note(each)

    def _shared(self, pool: Pool, work: Callable[[], T]) -> T:
        number = next(_TURNS)
        made: list[T] = []

        def attempt(wire: Wire) -> T:
            known = self._begin(wire, number, again=bool(made))
            if known:
                return made[0]
            self._noted = {}
            result: T
            try:
                result = work()
            except BaseException:
                wire.ask(("ROLLBACK",))
                raise
            made[:] = [result]
            if self._noted:
                self._stale = True
                self._end(wire, number)
                self._stale = False
            else:
                wire.ask(("ROLLBACK",))
            return result

        return pool.run(attempt)

    @property
    def _signature(self) -> str:
        return f"{self._room.kind}/{self._states.replica}"

    def _begin(self, wire: Wire, number: int, *, again: bool) -> bool:
        """Lock the room and have it as it is; whether this turn was made already."""
        tenant, kind = self._states.tenant, self._room.kind
        opening = () if self._opened else ((_OPEN, tenant, kind),)
        since = -1 if self._stale else self._version
        *_, locked, rows, done = wire.ask(
            ("BEGIN",),
            *opening,
            (_LOCK, tenant, kind),
            (_NEWER, tenant, kind, since),
            (_DONE, tenant, self._signature),
        )
        if self._opened and not locked:
            raise StoreClosed  # somebody has removed the tenant
        if again and done and int(done[0][0]) == number:
            wire.ask(("ROLLBACK",))
            self._stale = True  # nobody knows of which version this was
            return True
        self._hear([(id_, int(version), value) for id_, version, value in rows], since < 0)
        self._stale = False
        return False

    def _end(self, wire: Wire, number: int) -> None:
        tenant, kind = self._states.tenant, self._room.kind
        rows = [(id_, self._room.row(id_)) for id_ in self._noted]
        counted, *_ = wire.ask(
            (_COUNT, tenant),
            *((_KEEP, tenant, kind, id_, _text(value)) for id_, value in rows),
            (_SIGN, tenant, self._signature, number),
            ("COMMIT",),
        )
        self._version, self._opened = int(counted[0][0]), True
        if not self._version % _EVERY:
            wire.ask((_FORGET, tenant, self._version - _REMEMBERED))

    # What others did ----------------------------------------------------------------------------

    def hear_later(self, rows: Heard, whole: int) -> None:
        """Take in what others have changed: now, or when the turn that is under way ends.
        ``whole``: up to which version they are all that there are, 0 where they are not.
        """
        self._waiting.append((rows, whole))
        self._hear_what_waits()

    def _hear_what_waits(self) -> None:
        while self._waiting and self._lock.acquire(blocking=False):
            try:
                while self._waiting:
                    self._hear(*self._waiting.pop(0))
            finally:
                self._lock.release()

    def _hear(self, rows: Heard, whole: int = 0) -> None:
        if self._stale and not whole:
            return  # the next turn reads all of it
        if whole and (self._stale or whole >= self._version):
            there = {id_ for id_, _, value in rows if value is not None}
            for id_ in [each for each in self._room.ids() if each not in there]:
                self._room.hear(id_, None)
            self._version = -1
        before = self._version
        for id_, version, value in rows:
            if version > before:
                self._room.hear(id_, None if value is None else orjson.loads(value))
                self._version = max(self._version, version)


def _text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
