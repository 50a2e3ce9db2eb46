"""Threads for what takes long, so that the loop is free for everybody else."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from fakegraph.web.later import CONTROL, Unfinished

# The control API has as many to itself: it gets through whatever the tenants do.
MAX_THREADS = 16
MAX_OF_A_SHARE = 4

_Job = tuple[Callable[[], Any], asyncio.Future[Any]]


class Pool:
    """Does work on threads; none of them is waited for at the end of the process.

    Shares take turns, and one has MAX_OF_A_SHARE threads at most. Used on the loop's thread.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[_Job]] = {}  # the share whose turn it is comes first
        self._busy: Counter[str] = Counter()

    async def finish(self, answer: Unfinished) -> Iterable[bytes]:
        """The body of an answer, after its pauses."""
        body: Iterable[bytes] = answer
        while isinstance(body, Unfinished):
            if body.pause.seconds:
                await asyncio.sleep(body.pause.seconds)
                body = body.go_on()
            else:
                body = await self.run(body.pause.share, body.go_on)
        return body

    async def run(self, share: str, work: Callable[[], Any]) -> Any:
        """What the work gives, or raises."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(share, deque()).append((work, future))
        self._hand_out()
        value, error = await future
        if error is not None:
            raise error  # here, since a future takes no StopIteration
        return value

    def _hand_out(self) -> None:
        for share in tuple(self._waiting):
            if not self._has_thread(share):
                continue
            jobs = self._waiting.pop(share)
            job = jobs.popleft()
            if jobs:
                self._waiting[share] = jobs  # behind the others
            self._busy[share] += 1
            thread = threading.Thread(target=self._work, args=(share, *job), name="fakegraph-work")
            thread.daemon = True
            try:
                thread.start()
            except RuntimeError as error:  # there are too many in this process
                asyncio.get_running_loop().call_soon(self._done, share, job[1], None, error)

    def _has_thread(self, share: str) -> bool:
        if share == CONTROL:
            return self._busy[CONTROL] < MAX_THREADS
        others = self._busy.total() - self._busy[CONTROL]
        return others < MAX_THREADS and self._busy[share] < MAX_OF_A_SHARE

    def _work(self, share: str, work: Callable[[], Any], future: asyncio.Future[Any]) -> None:
        value, error = None, None
        try:
            value = work()
        except BaseException as raised:  # it costs the request, which raises it again
            error = raised
        with suppress(RuntimeError):  # the server was stopped meanwhile
            future.get_loop().call_soon_threadsafe(self._done, share, future, value, error)

    def _done(
        self, share: str, future: asyncio.Future[Any], value: Any, error: BaseException | None
    ) -> None:
        self._busy[share] -= 1
        if not self._busy[share]:
            del self._busy[share]
        if not future.done():
            future.set_result((value, error))
        self._hand_out()
