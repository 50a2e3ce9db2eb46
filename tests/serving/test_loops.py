"""What a server wants of asyncio beyond what that does by itself."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
from selectors import DefaultSelector

import pytest

from fakegraph.web import loops
from fakegraph.web.loops import Attentive, Tidy, new_loop, run_at_once

QUIET, MANY = loops._QUIET, loops._MANY


def test_what_waits_goes_on_as_a_coroutine_that_tasks_of_every_python_take() -> None:
    done = []

    async def waits() -> None:
        await asyncio.sleep(0.001)
        done.append(True)

    async def main() -> None:
        task = run_at_once(asyncio.get_running_loop(), waits())
        assert task is not None
        assert inspect.iscoroutine(task.get_coro())
        await task

    asyncio.run(main())
    assert done == [True]


def test_what_does_not_wait_is_done_at_once() -> None:
    done = []

    async def does_not() -> None:
        done.append(True)

    async def main() -> None:
        assert run_at_once(asyncio.get_running_loop(), does_not()) is None
        assert done == [True]

    asyncio.run(main())


class System:
    """What lies under a selector: clients come after so many seconds each, and a look takes 30 us."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.comes: list[float] = []
        self.asked: list[float | None] = []
        self._since = 0.0
        patch.setattr(loops, "perf_counter", lambda: self.now)
        patch.setattr(DefaultSelector, "select", lambda _, timeout=None: self._select(timeout))

    def _select(self, timeout: float | None) -> list[str]:
        self.asked.append(timeout)
        comes = self._since + self.comes[0]
        until = float("inf") if timeout is None else self.now + (timeout or 30e-6)
        self.now = max(self.now, min(comes, until))
        if comes > self.now:
            return []
        self._since = self.now
        del self.comes[0]
        return ["client"]


def test_who_comes_back_at_once_is_looked_out_for_and_others_are_slept_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system, selector = System(monkeypatch), Attentive()
    system.comes = [50e-6, 50e-6, 0.01, 0.01, 150e-6, 50e-6]

    def asked(timeout: float | None = None) -> list[float | None]:
        system.asked.clear()
        assert selector.select(timeout) == ["client"]
        return system.asked.copy()

    assert asked() == [QUIET]  # nothing is known of it yet
    assert asked() == [0, 0]  # it came at once, and does so again
    assert asked(9) == [0, 0, 0, 0, QUIET]  # it takes longer: the look-out is over after a moment
    assert asked(9) == [QUIET]
    assert asked(9) == [QUIET]
    assert asked(9) == [0, 0]


def test_garbage_in_cycles_is_looked_for_when_nobody_asks_for_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system, selector = System(monkeypatch), Tidy()
    counts = iter([MANY, MANY + 1])
    monkeypatch.setattr(gc, "get_count", lambda: (next(counts), 0, 0))
    collected: list[int] = []
    monkeypatch.setattr(gc, "collect", collected.append)
    system.comes = [0.01, 1, 2, 9]

    def asked(timeout: float | None) -> tuple[list[float | None], list[int]]:
        system.asked.clear()
        selector.select(timeout)
        return system.asked.copy(), collected.copy()

    assert asked(9) == ([QUIET], [])  # somebody came soon
    assert asked(9) == ([QUIET, 9 - QUIET], [])  # nobody did, and there is little to look through
    assert asked(None) == ([QUIET, None], [1])
    assert asked(QUIET) == ([QUIET], [1])  # there is something else to do soon


def test_what_is_ready_now_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    system, selector = System(monkeypatch), Attentive()
    system.comes = [1e-6, 0.01, 0.01]
    selector.select(None)
    system.asked.clear()
    assert selector.select(0) == []
    assert system.asked == [0]


@pytest.mark.parametrize(
    ("alone", "processors", "kind"),
    [(True, {0, 1}, Attentive), (True, {0}, Tidy), (False, {0, 1}, DefaultSelector)],
)
def test_a_loop_looks_out_where_that_keeps_nobody_from_working(
    monkeypatch: pytest.MonkeyPatch, alone: bool, processors: set[int], kind: type
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: processors)
    loop = new_loop(alone=alone)
    try:
        assert type(loop._selector) is kind  # type: ignore[attr-defined]
    finally:
        loop.close()
