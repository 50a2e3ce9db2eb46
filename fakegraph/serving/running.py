"""uvicorn's server on a listener of ours: how it begins, stops, and ends when it fails."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from fakegraph.serving import limits
from fakegraph.serving.adapter import Adapter, logger
from fakegraph.serving.protocol import Connection
from fakegraph.serving.tls import Gate, tls_context

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Server(uvicorn.Server):
    """Serves a WSGI app on one listening socket, which it owns from here on.

    ``operate`` it in a thread, or as what a process is for; ``stop`` may be called from any thread.
    Raises OSError where the certificate and its key do not do.
    """

    def __init__(
        self,
        app: WSGIApplication,
        listener: socket.socket,
        host: str,
        max_body: int,
        cert: Path | None,
        key: Path | None,
    ) -> None:
        self.hall = limits.Hall(max_body)
        self.failure: BaseException | None = None
        self.begun, self.ended = threading.Event(), threading.Event()
        self._listener = listener
        self._loop: asyncio.AbstractEventLoop | None = None
        self._grace: asyncio.Future[float] | None = None
        self._ready: Callable[[], object] = lambda: None
        port = listener.getsockname()[1]
        protocol: Callable[..., Any] = partial(Connection, hall=self.hall)
        if cert is not None and key is not None:
            protocol = partial(Gate, context=tls_context(cert, key), hall=self.hall)
        scheme = "http" if cert is None else "https"
        config = uvicorn.Config(
            Adapter(app, scheme, host, port),
            loop="asyncio",
            http=protocol,  # type: ignore[arg-type]  # it need not be a class
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            backlog=limits.ACCEPTED_AT_ONCE,
        )
        super().__init__(config)

    def operate(
        self,
        prepare: Callable[[asyncio.AbstractEventLoop], object] = lambda _: None,
        ready: Callable[[], object] = lambda: None,
    ) -> None:
        """Serve until ``stop``; ``failure`` says what else ended it.

        ``prepare`` is called before anybody is answered, ``ready`` when they are.
        """
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            self._loop = runner.get_loop()
            self._grace = self._loop.create_future()
            try:
                self._ready = ready
                prepare(self._loop)
                runner.run(self.serve([self._listener]))
            except BaseException as error:
                self.failure = error
                logger.critical("the server failed", exc_info=True)
            finally:
                self._listener.close()
                runner.run(self._abort_all())
                self.ended.set()
                self.begun.set()

    def stop(self, grace: float) -> None:
        """Take no new requests, and end when those under way are answered, or after ``grace``."""
        if self._loop is not None and not self.ended.is_set():
            self._loop.call_soon_threadsafe(self._end, grace)

    def _end(self, grace: float) -> None:
        if self._grace is not None and not self._grace.done():
            self._grace.set_result(grace)

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Signals are for those to say who run it."""
        return nullcontext()

    async def main_loop(self) -> None:
        """Wait for the stop."""
        self._listener.listen(limits.BACKLOG)  # asyncio accepts as many at once as it listens for
        self._ready()
        self.begun.set()
        assert self._loop is not None
        assert self._grace is not None
        self._sweep(self._loop)
        await self._grace

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have those given up who wait too long, each by itself: one that fails stops no other."""
        for member in self.hall.overdue():
            loop.call_soon(member.give_up)
        loop.call_later(limits.SWEEP, self._sweep, loop)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what waits for its client, and wait for the rest as long as was said."""
        assert self._grace is not None
        self.hall.closing = True
        for server in self.servers:
            server.close()
        self._listener.close()
        for member in tuple(self.hall.members):
            member.shutdown()
        until = asyncio.get_running_loop().time() + self._grace.result()
        while self.hall.members and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(limits.GLANCE)
        if self.tasks_left:
            logger.warning("%d requests did not end in time", self.tasks_left)

    @property
    def tasks_left(self) -> int:
        """How many requests are still being answered."""
        return len(self.server_state.tasks)

    async def _abort_all(self) -> None:
        for member in tuple(self.hall.members):
            member.abort()
        await asyncio.sleep(0)
