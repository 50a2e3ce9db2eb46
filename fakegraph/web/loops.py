"""What a server wants of asyncio's loop beyond what that does by itself."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import types
from collections.abc import Coroutine, Generator
from contextlib import suppress
from selectors import DefaultSelector
from time import perf_counter
from typing import Any

_QUICK = 200e-6  # seconds: who came back within these is looked out for
_LOOKOUT = 100e-6  # seconds, at most
_QUIET = 0.02  # seconds in which nobody asked for anything: there is time for what can wait
_MANY = 10_000  # objects that are new since cycles were looked for


def new_loop(*, alone: bool) -> asyncio.AbstractEventLoop:
    """A loop that logs every error but the one that asyncio makes of a client that goes just when
    the last byte was sent. ``alone``: its process does nothing else, so it may be ``Tidy``, and
    ``Attentive`` too where clients have a processor of their own.
    """
    kind = (Attentive if _processors() > 1 else Tidy) if alone else DefaultSelector
    loop = asyncio.SelectorEventLoop(kind())
    loop.set_exception_handler(_complain)
    return loop


def _processors() -> int:
    """How many this process may use, where the system tells; else how many there are."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


class Tidy(DefaultSelector):
    """Looks for garbage in cycles while nobody asks for anything: in the midst of requests that
    would be the longest wait that there is.
    """

    def select(self, timeout: float | None = None) -> Any:
        """What is ready, as any selector."""
        if timeout is not None and timeout <= _QUIET:
            return super().select(timeout)
        if found := super().select(_QUIET):
            return found
        if gc.get_count()[0] > _MANY:
            gc.collect(1)  # not those that have stayed before: they may be a million
        return super().select(None if timeout is None else timeout - _QUIET)


class Attentive(Tidy):
    """Looks out for a moment before it sleeps, as long as clients come back at once: falling
    asleep and being woken can take longer than all else that a small answer needs.
    """

    _is_quick = False

    def select(self, timeout: float | None = None) -> Any:
        """What is ready, as any selector."""
        if timeout is not None and timeout <= 0:
            return super().select(timeout)
        began = perf_counter()
        found = self._look_out(began + _LOOKOUT) if self._is_quick else None
        found = found or super().select(timeout)
        self._is_quick = perf_counter() - began < _QUICK
        return found

    def _look_out(self, until: float) -> Any:
        while perf_counter() < until:
            if found := super().select(0):
                return found
        return None


def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if getattr(context.get("exception"), "errno", None) != errno.ENOTCONN:
        loop.default_exception_handler(context)


def run_at_once(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None]
) -> asyncio.Task[None] | None:
    """Run a coroutine as far as it goes without waiting; the task that does the rest, if any.

    Most end there, and a task is a turn of the loop.
    """
    try:
        future = coroutine.send(None)
    except StopIteration:
        return None
    return loop.create_task(_rest(coroutine, future))


async def _rest(coroutine: Coroutine[Any, Any, None], future: Any) -> None:
    """The rest of a coroutine that waits for a future, for a task: from 3.12 on, none runs a
    generator."""
    await _resumed(coroutine, future)


@types.coroutine
def _resumed(coroutine: Coroutine[Any, Any, None], future: Any) -> Generator[Any, Any, None]:
    with suppress(StopIteration):
        while True:
            try:
                yield future
            except BaseException as error:
                future = coroutine.throw(error)
            else:
                future = coroutine.send(None)
