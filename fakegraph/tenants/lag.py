"""Eventual consistency: what was made or changed, and has not got about yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import Instant
from fakegraph.settings import Delay
from fakegraph.store import Key, Record, Row
from fakegraph.tenants.turns import Turns, alone

_TICKS_PER_MS = 10_000


@dataclass(slots=True)
class _Late:
    """``old``: what is read meanwhile, None for nothing. It is late until ``due``, and for so many
    ``reads``.
    """

    old: Record | None
    due: Instant
    reads: int


class Lag:
    """What of one tenant is late. Threads may share it. It is false while that is nothing."""

    kind = "lag"

    def __init__(self, delay: Delay, clock: Callable[[], Instant], turns: Turns = alone) -> None:
        self.delay = delay
        self._clock = clock
        self._late: dict[Key, _Late] = {}
        self._latest = Instant(0)  # when the last of them is late no more
        self._turn = turns(self)

    def __bool__(self) -> bool:
        if self._late and not self.delay.reads and self._latest <= self._clock():
            self._turn(self._let_go)
        return bool(self._late)

    def _let_go(self) -> None:
        if self._latest <= self._clock():
            self._drop(list(self._late))

    def _drop(self, keys: Iterable[Key]) -> None:
        for key in keys:
            if self._late.pop(key, None) is not None:
                self._turn.note(str(key))

    def hold(self, before: Mapping[Key, Record | None], until: Instant | None = None) -> None:
        """Let things be late that were made, or changed from what they were before: as late as
        things are here, or until a moment.
        """
        due = Instant(self._clock() + self.delay.milliseconds * _TICKS_PER_MS)
        due, reads = (due, self.delay.reads) if until is None else (until, 0)

        def work() -> None:
            self._latest = max(self._latest, due)
            for key, old in before.items():
                known = self._late.get(key)
                seen = old if known is None or self._is_over(known) else known.old
                self._late[key] = _Late(seen, due, reads)
                self._turn.note(str(key))

        self._turn(work)

    def forget(self, keys: Iterable[Key]) -> None:
        """Let things be seen as they are."""
        if self._late:
            self._turn(lambda: self._drop(keys))

    def clear(self) -> None:
        """Let everything be seen as it is."""
        if self._late:
            self._turn(lambda: self._drop(list(self._late)))

    def keys(self) -> list[Key]:
        """What is late, or was until lately."""
        return list(self._late)

    def is_late(self, key: Key) -> bool:
        """Whether a thing that was made is not to be seen. That is no read."""
        late = self._late.get(key)
        return late is not None and late.old is None and not self._is_over(late)

    def met(self, key: Key, *, reading: bool) -> _Late | None:
        """What is late of a thing that a request comes across: one read. What was changed is so
        for those only who are ``reading``.
        """
        known = self._late.get(key)
        if known is None or (known.old is not None and not reading):
            return None
        if known.reads <= 0 and not self._is_over(known):
            return known  # which nothing is counted of

        def work() -> _Late | None:
            late = self._late.get(key)
            if late is None or (late.old is not None and not reading):
                return None
            if self._is_over(late):
                self._drop([key])
                return None
            if late.reads > 0:
                late.reads -= 1
                self._turn.note(str(key))
            return late

        return self._turn(work)

    def _is_over(self, late: _Late) -> bool:
        return late.reads <= 0 and late.due <= self._clock()

    def ids(self) -> Iterable[str]:
        """What is late, by its key."""
        return map(str, list(self._late))

    def row(self, id_: str) -> Any:
        """What is late of a thing."""
        late = self._late.get(int(id_))
        return None if late is None else [late.old, late.due, late.reads]

    def hear(self, id_: str, value: Any) -> None:
        """Know what is late of what another replica has changed."""
        key = int(id_)
        self._late.pop(key, None)
        if value is not None:
            old, due, reads = value
            self._late[key] = _Late(old, Instant(due), reads)
            self._latest = max(self._latest, Instant(due))


class Sight:
    """What one request sees of what is late: the same as long as it lasts."""

    def __init__(self, lag: Lag, *, reading: bool) -> None:
        self.lag = lag
        self._reading = reading
        self._met: dict[Key, _Late | None] = {}

    def spare(self, keys: Iterable[Key]) -> None:
        """See things as they are: this request made them so."""
        self._met |= dict.fromkeys(keys)

    def hides(self, row: Row) -> bool:
        """Whether a row is not to be seen."""
        late = self._of(row.key)
        return late is not None and late.old is None

    def shown(self, row: Row) -> Row:
        """A row that is to be seen, as it is seen."""
        late = self._of(row.key)
        if late is None or late.old is None:
            return row
        return Row.of(row.key, late.old, row.owner)

    def _of(self, key: Key) -> _Late | None:
        if key not in self._met:
            self._met[key] = self.lag.met(key, reading=self._reading)
        return self._met[key]
