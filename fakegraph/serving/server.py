"""uvicorn's server on a listener of ours, and the two ways to run it: on the side of a process, and
as what the process is for. Importing this takes long, so it is done when a server starts.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from operator import methodcaller
from socket import socket
from typing import TYPE_CHECKING, Any, Unpack

import uvicorn

from fakegraph.serving.adapter import Adapter
from fakegraph.serving.protocol import Connection
from fakegraph.web import limits
from fakegraph.web.hall import Hall, room_for
from fakegraph.web.head import Leads
from fakegraph.web.leaving import AT_ONCE, End, heed_no_more
from fakegraph.web.listening import ServerCrashed, Where, listen
from fakegraph.web.loops import new_loop
from fakegraph.web.wsgi import base_environ

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger("fakegraph.serving")

MAX_BODY = 4 * 1024 * 1024
GRACE = 0.5
_HELD_UP = 0.1  # seconds beyond the grace in which the loop's thread must have ended
_GLANCE = 0.005  # seconds between two looks at whether all is answered
_HOW: Any = {"ws": "none", "lifespan": "off", "interface": "asgi3", "log_config": None}
_HOW |= dict.fromkeys(("access_log", "proxy_headers", "server_header", "date_header"), False)


class Server(uvicorn.Server):
    """Serves a WSGI app. ``operate`` it once; any thread may ``stop`` it.

    A request with a body of more than ``max_body`` bytes reaches the app without it; reading it
    there raises Werkzeug's RequestEntityTooLarge. ``alone``: it is what the process is for. Making
    one listens, and raises CannotServe.
    """

    def __init__(
        self, app: WSGIApplication, *, max_body: int, alone: bool, **where: Unpack[Where]
    ) -> None:
        place = listen(**where)
        self.url = place.url
        self.begun = threading.Event()
        self._failure: BaseException | None = None
        most, room = room_for(limits.MAX_CONNECTIONS, place.at_once), limits.UNFINISHED_BODIES
        self._hall = Hall(most, limits.REQUEST_TIMEOUT, max_body, room)
        self._hall.proxy = place.proxy
        self._listener = place.socket
        self._loop = new_loop(alone=alone)
        self._grace: asyncio.Future[float] = self._loop.create_future()
        make: Any = partial(Connection, hall=self._hall)
        if place.tls is not None:
            from fakegraph.web.tls import Doorway

            make = partial(Doorway, make, self._hall, place.tls)
        adapter = Adapter(app, base_environ(place.scheme, place.host, place.port))
        config = uvicorn.Config(adapter, http=make, backlog=place.at_once, workers=1, **_HOW)
        super().__init__(config)

    def operate(self, ready: Callable[[], object], ends: Iterable[tuple[int, End]] = ()) -> None:
        """Serve until ``stop`` or a signal that ``ends`` it; it answers when it is ``ready``."""
        self._ready = ready
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                for number, end in ends:
                    runner.get_loop().add_signal_handler(number, end, partial(self.stop, GRACE))
                runner.run(self.serve([self._listener]))
            except BaseException as error:
                self._failure = error
                log.critical("the server failed", exc_info=True)
            finally:
                self._accept_no_more()
                self._listener.close()
                heed_no_more(runner.get_loop(), [number for number, _ in ends])
                runner.run(self._hall.tell_all(methodcaller("abort")))
                self.begun.set()

    def stop(self, grace: float) -> None:
        """Take no new requests, and end when those under way are answered, or after ``grace``."""

        def tell() -> None:
            if not self._grace.done():
                self._grace.set_result(grace)

        with suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(tell)

    def check(self) -> None:
        """Raise ServerCrashed where an error has ended it."""
        if self._failure is not None:
            raise ServerCrashed("the server ended by an error of its own") from self._failure

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Signals are the business of ``operate``."""
        return nullcontext()

    async def main_loop(self) -> None:
        """Wait for the stop."""
        self._listener.listen(limits.BACKLOG)  # asyncio accepts as many at once as it listens for
        self._hall.watch(self._loop, limits.SWEEP)
        self._ready()
        await self._grace

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End what waits for its client, and wait for the rest as long as was said."""
        self._hall.closing = True
        until = self._loop.time() + self._grace.result()
        self._accept_no_more()
        await self._hall.tell_all(methodcaller("shutdown"))
        for server in self.servers:
            server.close()
        while self._hall.members and self._loop.time() < until:
            await asyncio.sleep(_GLANCE)
            await self._hall.tell_all(methodcaller("shutdown"))
        if self.server_state.tasks:
            log.warning("%d requests did not end in time", len(self.server_state.tasks))

    def _accept_no_more(self) -> None:
        if self._listener.fileno() >= 0:
            self._loop.remove_reader(self._listener)


class InProcessServer:
    """Serves an app from a thread of this process, for tests.

    The environ has the undecoded request target as ``RAW_URI``, and ``fakegraph.disturb``,
    ``Connection``'s method of that name, for an app that wants its answer spoilt.
    """

    def __init__(
        self, app: WSGIApplication, *, max_body: int = MAX_BODY, **where: Unpack[Where]
    ) -> None:
        self._make = partial(Server, app, max_body=max_body, alone=False, **where)
        self._running: tuple[Server, threading.Thread, int] | None = None

    @property
    def url(self) -> str:
        """Scheme, host and port. Raises RuntimeError when it is not running, ServerCrashed."""
        if self._running is None:
            raise RuntimeError("the server is not running: start() it first")
        self._running[0].check()
        return self._running[0].url

    def start(self) -> None:
        """Begin to answer. Raises CannotServe when it cannot."""
        if self._running is not None:
            raise RuntimeError("the server is running already")
        server = self._make()
        work = partial(server.operate, server.begun.set)
        thread = threading.Thread(target=work, name="fakegraph-server", daemon=True)
        thread.start()
        server.begun.wait()
        self._running = server, thread, os.getpid()

    def lead(self, proxy: Leads) -> None:
        """Be a proxy too, while it runs."""
        assert self._running is not None
        self._running[0]._hall.proxy = proxy

    def stop(self, grace: float = GRACE) -> None:
        """Finish what is under way, for ``grace`` seconds at most, and close every connection.

        Does nothing when the server is not running, nor in a forked child: it is the parent's.
        Raises ServerCrashed where it has ended by an error of its own.
        """
        if self._running is None or self._running[2] != os.getpid():
            return
        server, thread, _ = self._running
        self._running = None
        server.stop(grace)
        thread.join(grace + _HELD_UP)
        if thread.is_alive():
            log.warning("a request holds the server up; its thread is left behind")
        server.check()


def serve(
    app: WSGIApplication,
    *,
    ready: Callable[[str], object],
    ends: Mapping[int, End] = AT_ONCE,
    max_body: int = MAX_BODY,
    **where: Unpack[Where],
) -> None:
    """Serve until a signal ``ends`` it, then finish what is under way and return.

    All in this one process. ``ready`` is called with the URL once that answers. Call it from the
    main thread. Raises CannotServe when it cannot start, ServerCrashed when it fails later.
    """
    server = Server(app, max_body=max_body, alone=True, **where)
    server.operate(lambda: ready(server.url), ends.items())
    server.check()
