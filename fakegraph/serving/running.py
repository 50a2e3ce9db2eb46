"""uvicorn's server on a listener of ours: how it begins, stops, and ends when it fails."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import uvicorn

from fakegraph.serving import limits
from fakegraph.serving.adapter import Adapter, logger
from fakegraph.serving.protocol import Connection

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

_GLANCE = 0.005  # seconds between two looks at whether all is answered
_ARRIVING = 5  # turns of the loop between accepting a connection and having its end told


def _nothing(*_: object) -> None:
    pass


def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """asyncio's errors are logged, but for the one that it makes of a client that goes just when
    the last byte was sent.
    """
    if getattr(context.get("exception"), "errno", None) != errno.ENOTCONN:
        loop.default_exception_handler(context)


class Server(uvicorn.Server):
    """Serves a WSGI app on one listening socket, which it owns from here on.

    ``operate`` it in a thread, or as what a process is for; any thread may ``stop`` it.
    """

    def __init__(
        self,
        app: WSGIApplication,
        base: WSGIEnvironment,
        listener: socket.socket,
        max_body: int,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.failure: BaseException | None = None
        self.begun, self.ended = threading.Event(), threading.Event()
        self._hall = limits.Hall(max_body, tls)
        self._listener = listener
        self._loop = asyncio.SelectorEventLoop()
        self._grace: asyncio.Future[float] = self._loop.create_future()
        self._ready: Callable[[], object] = _nothing
        config = uvicorn.Config(
            Adapter(app, base),
            http=partial(Connection, hall=self._hall),  # type: ignore[arg-type]  # not a class
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            workers=1,  # else a variable of other servers is read
            server_header=False,
            date_header=False,
            backlog=limits.ACCEPTED_AT_ONCE,
        )
        super().__init__(config)

    def operate(
        self,
        prepare: Callable[[asyncio.AbstractEventLoop], object] = _nothing,
        ready: Callable[[], object] = _nothing,
    ) -> None:
        """Serve until ``stop``; ``failure`` says what else ended it.

        ``prepare`` is called before anybody is answered, ``ready`` when they are.
        """
        self._ready = ready
        self._loop.set_exception_handler(_complain)
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                prepare(runner.get_loop())
                runner.run(self.serve([self._listener]))
            except BaseException as error:
                self.failure = error
                logger.critical("the server failed", exc_info=True)
            finally:
                self._accept_no_more()
                self._listener.close()
                runner.run(self._end_all(methodcaller("abort")))
                self.ended.set()
                self.begun.set()

    def stop(self, grace: float) -> None:
        """Take no new requests, and end when those under way are answered, or after ``grace``."""
        if not self.ended.is_set():
            self._loop.call_soon_threadsafe(self._stop_soon, grace)

    def _stop_soon(self, grace: float) -> None:
        if not self._grace.done():
            self._grace.set_result(grace)

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Signals are the business of those who run it."""
        return nullcontext()

    async def main_loop(self) -> None:
        """Wait for the stop."""
        self._listener.listen(limits.BACKLOG)  # asyncio accepts as many at once as it listens for
        self._sweep()
        self._ready()
        self.begun.set()
        await self._grace

    def _sweep(self) -> None:
        """Have those given up who wait too long, each by itself: one that fails stops no other."""
        for member in self._hall.overdue():
            self._loop.call_soon(member.give_up)
        self._loop.call_later(limits.SWEEP, self._sweep)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what waits for its client, and wait for the rest as long as was said."""
        self._hall.closing = True
        until = self._loop.time() + self._grace.result()
        self._accept_no_more()
        await self._end_all(methodcaller("shutdown"))
        for server in self.servers:
            server.close()
        while self._hall.members and self._loop.time() < until:
            await asyncio.sleep(_GLANCE)
            await self._end_all(methodcaller("shutdown"))
        if self.server_state.tasks:
            logger.warning("%d requests did not end in time", len(self.server_state.tasks))

    def _accept_no_more(self) -> None:
        if self._listener.fileno() >= 0:
            self._loop.remove_reader(self._listener)

    async def _end_all(self, how: Callable[[limits.Member], None]) -> None:
        """Those too that were accepted a moment ago, and will be members some turns later."""
        for _ in range(_ARRIVING):
            for member in tuple(self._hall.members):
                how(member)
            await asyncio.sleep(0)
