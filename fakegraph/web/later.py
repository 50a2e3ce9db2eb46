"""Answers that are not ready at once.

A request's way is a generator where it may have to wait or to work long: it yields a ``Pause`` at
each such place. fakegraph's own server has timers and threads for them, so that nobody else waits;
any other WSGI server finds an iterable that waits and works while it is read (PEP 3333).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import NamedTuple, TypeVar

T = TypeVar("T")

CONTROL = ""
"""The share of the control API, which no tenant can use up. No tenant has this name."""


class Pause(NamedTuple):
    """What comes next has to wait for so many seconds, or, without any, takes long.

    What takes long is done for ``share``, a tenant's id or CONTROL: shares take turns.
    """

    seconds: float = 0.0
    share: str = CONTROL


Steps = Generator[Pause, None, T]


class Unfinished:  # no subclass of Iterable: what is none is found out at once then
    """An answer that goes on after a ``pause``. Whoever does not know it reads it as a body."""

    def __init__(
        self, pause: Pause, steps: Steps[T], finish: Callable[[T], Iterable[bytes]]
    ) -> None:
        self.pause = pause
        self._steps = steps
        self._finish = finish

    def go_on(self) -> Iterable[bytes]:
        """Take up the work after the pause: the body, or what is still unfinished."""
        return begin(self._steps, self._finish)

    def __iter__(self) -> Iterator[bytes]:
        rest: Iterable[bytes] = self
        while isinstance(rest, Unfinished):
            time.sleep(rest.pause.seconds)
            rest = rest.go_on()
        return iter(rest)


def ended(steps: Steps[T]) -> T:
    """What steps end with, which are not waited for where they pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: T = end.value
            return found


def begin(steps: Steps[T], finish: Callable[[T], Iterable[bytes]]) -> Iterable[bytes]:
    """The body that ``finish`` makes of what the steps end with; Unfinished where they pause."""
    try:
        pause = next(steps)
    except StopIteration as end:
        return finish(end.value)
    return Unfinished(pause, steps, finish)
