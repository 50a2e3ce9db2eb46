"""How long-running operations go: well and at once, unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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

    @contextmanager
    def one(self) -> Iterator[Course]:
        """How one goes that begins; where an error comes of it, it has not begun."""
        course, counted = self._next, False
        if self._times is not None:
            course, counted = self._turn(self._taken)
        try:
            yield course
        except BaseException:
            if counted:
                self._turn(lambda: self._give_back(course))
            raise

    def _taken(self) -> tuple[Course, bool]:
        course, times = self._next, self._times
        if times is None:
            return course, False
        self._next, self._times = (course, times - 1) if times > 1 else (AT_ONCE, None)
        self._turn.note()
        return course, True

    def _give_back(self, course: Course) -> None:
        """Have it once more, unless something else was said meanwhile."""
        said = self._next, self._times
        times = 0 if said == (AT_ONCE, None) else self._times
        if times == 0 or (times is not None and self._next == course):
            self._next, self._times = course, times + 1
            self._turn.note()

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
