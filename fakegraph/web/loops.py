"""What a server wants of asyncio's loop beyond what that does by itself."""

from __future__ import annotations

import asyncio
import errno
import types
from collections.abc import Coroutine, Generator
from contextlib import suppress
from typing import Any


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop that logs every error but the one that asyncio makes of a client that goes just when
    the last byte was sent.
    """
    loop = asyncio.SelectorEventLoop()
    loop.set_exception_handler(_complain)
    return loop


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
