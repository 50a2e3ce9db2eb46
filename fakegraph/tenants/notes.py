"""``Notes``: lists that only grow at their end, where replicas share a tenant: journal and trail.

A note is a row in the database, numbered without a gap in the order in which they came.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence

from fakegraph.store.postgres.pool import Pool
from fakegraph.store.postgres.wire import SOON, Statement, Wire

_OPEN = "INSERT INTO fakegraph_turns VALUES ($1, $2, 0) ON CONFLICT DO NOTHING"
_ADD = (
    "WITH counted AS (UPDATE fakegraph_turns SET number = number + 1 "
    "WHERE tenant = $1 AND kind = $2 RETURNING number) "
    "INSERT INTO fakegraph_notes SELECT $1, $2, number, $3, $4 FROM counted RETURNING number"
)
_THERE = "SELECT count(*) FROM fakegraph_notes WHERE tenant = $1 AND kind = $2 AND id = $3"
_FIRST = "SELECT coalesce(min(number), 0) FROM fakegraph_notes WHERE tenant = $1 AND kind = $2"
_AFTER = (
    "SELECT number, data FROM fakegraph_notes WHERE tenant = $1 AND kind = $2 AND number > $3 "
    "ORDER BY number DESC LIMIT $4"
)
_DROP = "DELETE FROM fakegraph_notes WHERE tenant = $1 AND kind = $2 AND number <= $3"
_CLEAR = "DELETE FROM fakegraph_notes WHERE tenant = $1 AND kind = $2"
_TAKE = "DELETE FROM fakegraph_notes WHERE tenant = $1 AND kind = $2 RETURNING number, data"

_BEGIN: tuple[Statement, ...] = (("BEGIN",), ("SET LOCAL synchronous_commit = off",))
"""What was only noted may be lost where the machine of the database ends: nobody waits for it."""
_EVERY = 64  # so many come between two looks at whether there are too many


class Notes:
    """The lists of one tenant, by kind. Threads may share it. Until it is ``bound``, there are
    none.
    """

    def __init__(self) -> None:
        self.pool: Pool | None = None
        self._tenant = ""
        self._later: list[tuple[str, str, int]] = []
        self._lock = threading.Lock()
        self._opened: set[str] = set()

    def bind(self, pool: Pool, tenant: str) -> None:
        """Keep the lists of a tenant in a database."""
        self.pool, self._tenant = pool, tenant

    def later(self, kind: str, data: str, most: int) -> None:
        """Note something together with what is noted next."""
        with self._lock:
            self._later.append((kind, data, most))

    def add(self, kind: str, data: str, most: int) -> None:
        """Note something, and what was to be noted with it; of each kind ``most`` are kept.

        Raises StorageFailure.
        """
        assert self.pool is not None
        with self._lock:
            notes, self._later = [*self._later, (kind, data, most)], []
        made = [(kind, uuid.uuid4().hex, data) for kind, data, _ in notes]
        numbers = self._added(self.pool, made)
        for (each, _, most), number in zip(notes, numbers, strict=True):
            if number > most and not number % _EVERY:
                self.pool.ask((_DROP, self._tenant, each, number - most))

    def _added(self, pool: Pool, made: Sequence[tuple[str, str, str]]) -> list[int]:
        tries = 0
        last_kind, last_id, _ = made[-1]

        def work(wire: Wire) -> list[int]:
            nonlocal tries
            tries += 1
            if tries > 1:  # the answer may have been lost, and not what was asked
                [[(there,)]] = wire.ask((_THERE, self._tenant, last_kind, last_id))
                if int(there):
                    return [1] * len(made)
            kinds = {kind for kind, _, _ in made} - self._opened
            opening = [(_OPEN, self._tenant, kind) for kind in sorted(kinds)]
            adding = [(_ADD, self._tenant, kind, id_, data) for kind, id_, data in made]
            found = wire.ask(*_BEGIN, *opening, *adding, ("COMMIT",), patience=SOON)
            self._opened |= kinds
            return [int(rows[0][0]) if rows else 1 for rows in found[-1 - len(made) : -1]]

        return pool.run(work, SOON)

    def after(self, kind: str, number: int, most: int) -> tuple[int, list[tuple[int, str]]]:
        """The number of the first that is there, 0 for none, and the last ``most`` of those after a
        number. Raises StorageFailure.
        """
        assert self.pool is not None
        self.flush()
        [[(first,)], rows] = self.pool.ask(
            (_FIRST, self._tenant, kind),
            (_AFTER, self._tenant, kind, number, most),
            patience=SOON,
        )
        return int(first), [(int(each), data) for each, data in reversed(rows)]

    def take(self, kind: str) -> list[str]:
        """All of a kind, oldest first; they are not there any more. Raises StorageFailure."""
        assert self.pool is not None
        self.flush()
        [rows] = self.pool.ask((_TAKE, self._tenant, kind), patience=SOON)
        return [data for _, data in sorted((int(number), data) for number, data in rows)]

    def clear(self, *kinds: str) -> None:
        """Have none of some kinds. Raises StorageFailure."""
        assert self.pool is not None
        with self._lock:
            self._later = [each for each in self._later if each[0] not in kinds]
        self.pool.ask(*((_CLEAR, self._tenant, kind) for kind in kinds))

    def flush(self) -> None:
        """Note what was to be noted later. Raises StorageFailure."""
        with self._lock:
            waiting, self._later = self._later, []
        for kind, data, most in waiting:
            self.add(kind, data, most)
