"""The two ways to serve an app: on the side of a process, and as what the process is for."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fakegraph.web.listening import CannotServe, listen, url_of

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from _typeshed.wsgi import WSGIApplication

    from fakegraph.serving.running import Server

log = logging.getLogger("fakegraph.serving")

MAX_BODY = 4 * 1024 * 1024
GRACE = 0.5
_HELD_UP = 0.1  # seconds beyond the grace in which the loop's thread must have ended


class ServerCrashed(Exception):
    """The server ended by an error of its own, which is the cause of this one."""


class InProcessServer:
    """Serves an app from a thread of this process, for tests.

    ``port`` 0 takes a free one. A request with a body of more than ``max_body`` bytes reaches the
    app without it, and reading it there raises Werkzeug's RequestEntityTooLarge. The environ has
    the undecoded request target as ``RAW_URI``, and ``fakegraph.disturb``, ``Connection``'s method
    of that name, for an app that wants its answer spoilt.
    """

    def __init__(
        self,
        app: WSGIApplication,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        max_body: int = MAX_BODY,
        cert: Path | None = None,
        key: Path | None = None,
    ) -> None:
        self._make = partial(_make, app, host, port, max_body, cert, key)
        self._running: tuple[Server, str, threading.Thread, int] | None = None

    @property
    def url(self) -> str:
        """Scheme, host and port. Raises RuntimeError when it is not running, ServerCrashed."""
        if self._running is None:
            raise RuntimeError("the server is not running: start() it first")
        _check(self._running[0])
        return self._running[1]

    def start(self) -> None:
        """Begin to answer. Raises CannotServe when it cannot."""
        if self._running is not None:
            raise RuntimeError("the server is running already")
        server, url = self._make()
        thread = threading.Thread(target=server.operate, name="fakegraph-server", daemon=True)
        thread.start()
        server.begun.wait()
        self._running = server, url, thread, os.getpid()

    def stop(self, grace: float = GRACE) -> None:
        """Finish what is under way, for ``grace`` seconds at most, and close every connection.

        Does nothing when the server is not running, nor in a forked child: it is the parent's.
        Raises ServerCrashed where it has ended by an error of its own.
        """
        if self._running is None or self._running[3] != os.getpid():
            return
        server, _, thread, _ = self._running
        self._running = None
        server.stop(grace)
        thread.join(grace + _HELD_UP)
        if thread.is_alive():
            log.warning("a request holds the server up; its thread is left behind")
        _check(server)


def serve(
    app: WSGIApplication,
    *,
    host: str,
    port: int,
    ready: Callable[[str], object],
    cert: Path | None = None,
    key: Path | None = None,
    max_body: int = MAX_BODY,
    grace: float = GRACE,
) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is under way and return.

    All in this one process. ``ready`` is called with the URL once that answers. With ``cert`` and
    ``key``, files in PEM form, it speaks https only. Call it from the main thread. Raises
    CannotServe when it cannot start, ServerCrashed when it fails later.
    """
    server, url = _make(app, host, port, max_body, cert, key)

    def prepare(loop: AbstractEventLoop) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, server.stop, grace)

    server.operate(prepare, lambda: ready(url))
    _check(server)


def _check(server: Server) -> None:
    if server.failure is not None:
        raise ServerCrashed("the server ended by an error of its own") from server.failure


def _make(
    app: WSGIApplication, host: str, port: int, max_body: int, cert: Path | None, key: Path | None
) -> tuple[Server, str]:
    if (cert is None) != (key is None):
        raise CannotServe("TLS needs a certificate and its key: one of the two is missing")
    # Imported here so that naming these classes costs nothing.
    from fakegraph.serving.running import Server
    from fakegraph.web.wsgi import base_environ

    tls, scheme = None, "http"
    if cert is not None and key is not None:
        from fakegraph.web.tls import tls_context

        try:
            tls, scheme = tls_context(cert, key), "https"
        except OSError as error:
            raise CannotServe(f"cannot use certificate {cert} with key {key}: {error}") from error
    listener = listen(host, port)
    base = base_environ(scheme, host, listener.getsockname()[1])
    return Server(app, base, listener, max_body, tls), url_of(scheme, host, listener)
