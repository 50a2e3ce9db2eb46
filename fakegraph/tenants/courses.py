"""How long-running operations go: well and at once, unless a test says otherwise."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from fakegraph.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Course:
    """How an operation goes: how long it is under way, and the ``code`` of what it fails with."""

    last_ms: int = 0
    code: str = ""
    message: str = ""


AT_ONCE = Course()


class Courses:
    """How the operations of one tenant go. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = AT_ONCE
        self._times: int | None = None

    def clear(self) -> None:
        """Let all go well and at once."""
        self.say(AT_ONCE, None)

    def say(self, course: Course, times: int | None) -> None:
        """Let the next operations go so; None: all that come."""
        with self._lock:
            self._next, self._times = course, times

    @property
    def next(self) -> Course:
        """How the next one goes."""
        return self._next

    def begun(self) -> None:
        """Say that one has begun."""
        with self._lock:
            if self._times is None:
                return
            self._times -= 1
            if not self._times:
                self._next, self._times = AT_ONCE, None

    def shown(self) -> Mapping[str, Any]:
        """What was said of it."""
        with self._lock:
            fails = {"code": self._next.code, "message": self._next.message}
            return {
                "lastMs": self._next.last_ms,
                **(fails if self._next.code else {}),
                **({} if self._times is None else {"times": self._times}),
            }
