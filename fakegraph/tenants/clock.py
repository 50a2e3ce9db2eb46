"""What time it is: the machine's, until a test freezes, sets or moves a tenant's."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from fakegraph.edm.values import MAX_INSTANT, TICKS_PER_DAY, Instant
from fakegraph.tenants.turns import Turns, alone

Clock = Callable[[], Instant]

_EPOCH = 719_162 * TICKS_PER_DAY  # from 0001-01-01 to 1970-01-01


def system_clock() -> Instant:
    """The machine's time."""
    return Instant(_EPOCH + time.time_ns() // 100)


class TenantClock:
    """A clock that follows ``base`` at a distance, or stands still. Threads may share it."""

    kind = "clock"

    def __init__(self, base: Clock, turns: Turns = alone) -> None:
        self._base = base
        self._turn = turns(self)
        self._frozen: Instant | None = None
        self._ahead = 0

    def __call__(self) -> Instant:
        frozen = self._frozen  # another thread may set it free meanwhile
        if frozen is not None:
            return frozen
        now = self._base()
        if not self._ahead:
            return now
        # A clock that runs stops at the end of time, which is the year 9999.
        return Instant(max(0, min(now + self._ahead, MAX_INSTANT)))

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self._frozen is not None

    def set(self, now: Instant, *, frozen: bool = True) -> None:
        """Make it ``now``, and stand still there or go on from there."""

        def work() -> None:
            self._frozen = Instant(now) if frozen else None
            self._ahead = now - self._base()
            self._turn.note()

        self._turn(work)

    def advance(self, ticks: int) -> None:
        """Move by a number of 100 ns ticks, back if negative; a frozen clock stays frozen.

        Raises ValueError when that would leave the years 1 to 9999.
        """

        def work() -> None:
            moved = self() + ticks
            if not 0 <= moved <= MAX_INSTANT:
                raise ValueError("the clock would leave the years 0001 to 9999")
            self._ahead += ticks
            if self._frozen is not None:
                self._frozen = Instant(moved)
            self._turn.note()

        self._turn(work)

    def reset(self) -> None:
        """Tell the base clock's time again."""

        def work() -> None:
            self._frozen, self._ahead = None, 0
            self._turn.note()

        if self.ids():
            self._turn(work)

    def ids(self) -> Sequence[str]:
        """The one row, where it does not tell the base clock's time."""
        return [""] if self._frozen is not None or self._ahead else []

    def row(self, id_: str) -> Any:
        """Where it stands still, and how far ahead it is."""
        return [self._frozen, self._ahead]

    def hear(self, id_: str, value: Any) -> None:
        """Tell the time that another replica has set."""
        frozen, self._ahead = value or (None, 0)
        self._frozen = None if frozen is None else Instant(frozen)
