"""How long-running operations go: well and at once, unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.tenants.turns import Turns, alone


@dataclass(frozen=True, slots=True)
class Course:
    """How an operation goes: how long it is under way, and the ``code`` of what it fails with."""

    last_ms: int = 0
    code: str = ""
    message: str = ""


AT_ONCE = Course()


class Courses:
    """How the operations of one tenant go. Threads may share it."""

    kind = "courses"

    def __init__(self, turns: Turns = alone) -> None:
        self._turn = turns(self)
        self._next = AT_ONCE
        self._times: int | None = None

    def clear(self) -> None:
        """Let all go well and at once."""
        if self.ids():
            self.say(AT_ONCE, None)

    def say(self, course: Course, times: int | None) -> None:
        """Let the next operations go so; None: all that come."""

        def work() -> None:
            self._next, self._times = course, times
            self._turn.note()

        self._turn(work)

    @property
    def next(self) -> Course:
        """How the next one goes."""
        return self._next

    def begun(self) -> None:
        """Say that one has begun."""
        if self._times is None:
            return

        def work() -> None:
            if self._times is None:
                return
            self._times -= 1
            if not self._times:
                self._next, self._times = AT_ONCE, None
            self._turn.note()

        self._turn(work)

    def shown(self) -> Mapping[str, Any]:
        """What was said of it."""
        course, times = self._next, self._times
        fails = {"code": course.code, "message": course.message}
        return {
            "lastMs": course.last_ms,
            **(fails if course.code else {}),
            **({} if times is None else {"times": times}),
        }

    def ids(self) -> Sequence[str]:
        """The one row, where something was said."""
        return [] if self._next == AT_ONCE and self._times is None else [""]

    def row(self, id_: str) -> Any:
        """What was said."""
        course = self._next
        return [course.last_ms, course.code, course.message, self._times]

    def hear(self, id_: str, value: Any) -> None:
        """Take in what was said through another replica."""
        last_ms, code, message, times = value or (0, "", "", None)
        self._next, self._times = Course(last_ms, code, message), times
