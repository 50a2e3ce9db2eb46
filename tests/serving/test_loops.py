"""What a server wants of asyncio beyond what that does by itself."""

from __future__ import annotations

import asyncio
import inspect

from fakegraph.web.loops import run_at_once


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
