"""``Pool``: the connections of a server to its database, and what is done when one is lost."""

from __future__ import annotations

import errno
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from fakegraph.store.errors import StorageFailure
from fakegraph.store.postgres.wire import (
    CONNECTING,
    PATIENCE,
    Lost,
    Refused,
    Rows,
    Silent,
    Statement,
    Wire,
)

T = TypeVar("T")

MOST = 8  # connections of a server
ATTEMPTS = 5
_ROOM = 10.0  # seconds in which one of the connections is to be had
REST = 0.5  # seconds in which nobody tries again what could not be reached
AGAIN = frozenset({"40001", "40P01", "25P02"})
"""What two transactions at once may come to: to be done again, as if nothing had been."""

_GONE = ("08", "57P")  # classes of SQLSTATE: the connection fails, the database goes down
_WAITED = frozenset({"55P03", "57014"})
_SESSION: tuple[Statement, ...] = (
    ("SET lock_timeout = 10000",),
    ("SET statement_timeout = 25000",),
    ("SET idle_in_transaction_session_timeout = 300000",),
    # All goes by keys, so that nothing is to be planned anew for other values of them.
    ("SET plan_cache_mode = force_generic_plan",),
)
"""What a connection begins with, each where the database knows it."""


class Unreachable(StorageFailure):
    """The database does not answer now. It is asked again with the next request."""

    refusal = "The store does not answer: "
    retry_after = 1

    def __init__(self, reason: str) -> None:
        super().__init__("the database cannot be reached", OSError(errno.EHOSTDOWN, reason))


class Denied(StorageFailure):
    """The database answers, and does not do what it is asked for, be that a read or a write."""

    refusal = "The store is of no use for this request: "


class Pool:
    """Connections, at most ``most``. Threads share it."""

    def __init__(self, conninfo: str, most: int = MOST) -> None:
        self._conninfo = conninfo
        self._idle: list[Wire] = []
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(most)
        self._closed = False
        self._down = 0.0  # until when nobody tries again
        self._why = ""

    def ask(
        self, *statements: Statement, binary: bool = False, patience: float = PATIENCE
    ) -> list[Rows]:
        """One round trip, one transaction; it is made again where it may have failed, so that it
        has to be one that can be made twice. Raises StorageFailure.
        """
        return self.run(
            lambda wire: wire.ask(*statements, binary=binary, patience=patience), patience
        )

    def run(self, work: Callable[[Wire], T], patience: float = PATIENCE) -> T:
        """What ``work`` gives, which is handed a connection; it is done again where the connection
        is lost, or others were quicker. ``patience``: how many seconds a connection is waited for.
        Raises StorageFailure.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.lent(patience) as wire:
                    return work(wire)
            except (Lost, Refused) as error:
                failure = self.failure(error)
                if failure is not None or attempt == ATTEMPTS:
                    raise (failure or Unreachable(str(error))) from error
                rest(attempt, error)
        raise AssertionError

    def failure(self, error: Lost | Refused) -> StorageFailure | None:
        """What an error comes to; None where it is worth another try."""
        if isinstance(error, Silent):
            self._rest(str(error))
            return Unreachable(str(error))
        if isinstance(error, Lost) or error.state in AGAIN or error.state.startswith(_GONE):
            return None
        if error.state in _WAITED:
            return Unreachable(f"it was waited for in vain: {error}")
        return Denied("the database refuses it", OSError(errno.EIO, str(error)))

    @contextmanager
    def lent(self, patience: float = PATIENCE) -> Iterator[Wire]:
        """A connection, for as long as it takes; what is still under way then, ends with it.

        Raises Unreachable; what ``Wire.ask`` raises goes on from here.
        """
        wire = self.take(patience)
        try:
            yield wire
        finally:
            self.give(wire)

    def take(self, patience: float = PATIENCE) -> Wire:
        """A connection, to be given back. Raises Unreachable."""
        if not self._room.acquire(timeout=min(_ROOM, patience)):
            raise Unreachable("all of this server's connections are in use")
        try:
            return self._taken(patience)
        except BaseException:
            self._room.release()
            raise

    def _taken(self, patience: float) -> Wire:
        with self._lock:
            if self._closed:
                raise Unreachable("the server stops")
            if self._idle:
                return self._idle.pop()
            if time.monotonic() < self._down:
                raise Unreachable(self._why)
        try:
            wire = Wire(self._conninfo, min(CONNECTING, patience))
            _begin(wire, patience)
        except (Lost, Refused) as error:
            self._rest(str(error))
            raise Unreachable(str(error)) from error
        return wire

    def _rest(self, why: str) -> None:
        """Have nobody try again for a moment."""
        self._down, self._why = time.monotonic() + REST, why

    def give(self, wire: Wire) -> None:
        """Give a connection back; one that is in a transaction is closed, and that undone."""
        if not wire.is_open:
            self._clear()
        with self._lock:
            keeps = wire.is_idle and not self._closed
            if keeps:
                self._idle.append(wire)
        if not keeps:
            wire.close()
        self._room.release()

    @property
    def is_quick(self) -> bool:
        """Whether a connection is at hand, so that nothing is waited for but an answer."""
        return bool(self._idle)

    def _clear(self) -> None:
        """Where one connection is lost, those that nobody uses are as good as lost."""
        with self._lock:
            idle, self._idle = self._idle, []
        for wire in idle:
            wire.close()

    def close(self) -> None:
        """Let go of all connections."""
        with self._lock:
            self._closed = True
        self._clear()


def _begin(wire: Wire, patience: float) -> None:
    try:
        wire.ask(*_SESSION, patience=patience)
    except Refused:  # it is not PostgreSQL itself, and has not all of them
        for statement in _SESSION:
            with suppress(Refused):
                wire.ask(statement, patience=patience)


def rest(attempt: int, error: Lost | Refused) -> None:
    """Wait a little before another try, where others may be at it too."""
    if isinstance(error, Refused):
        time.sleep(random.uniform(0, 0.005 * 2**attempt))
