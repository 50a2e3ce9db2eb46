"""The two ways to serve an app: on the side of a process, and as what the process is for."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from fakegraph.serving.engine import Engine

MAX_BODY = 4 * 1024 * 1024
GRACE = 0.5
_BACKLOG = 1024
_LAST_PORT = 65535
# Seconds. A signal that the system hands to another thread does not wake the main one, which alone
# runs its handler; so it looks up now and then.
_GLANCE = 0.1
_ANY_HOST = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


class CannotServe(Exception):
    """The server cannot start; the message says where and why, in one line."""


class ServerCrashed(Exception):
    """The server ended by an error of its own, which is the cause of this one."""


class InProcessServer:
    """Serves an app from threads of this process, for tests.

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
        self._app = app
        self._address = (host, port)
        self._max_body = max_body
        self._cert, self._key = cert, key
        self._running: tuple[Engine, str] | None = None

    @property
    def url(self) -> str:
        """Scheme, host and port. Raises RuntimeError when the server is not running."""
        if self._running is None:
            raise RuntimeError("the server is not running: start() it first")
        return self._running[1]

    def start(self) -> None:
        """Begin to answer. Raises CannotServe when it cannot."""
        if self._running is not None:
            raise RuntimeError("the server is running already")
        self._running = _start(self._app, self._address, self._max_body, self._cert, self._key)

    def stop(self, grace: float = GRACE) -> None:
        """Finish what is under way, for ``grace`` seconds at most, and close every connection.

        Does nothing when the server is not running.
        """
        if self._running is not None:
            self._running[0].stop(grace)
            self._running = None


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
    asked = threading.Event()
    with _on_stop_signals(asked.set):  # before anybody can know that it answers
        engine, url = _start(app, (host, port), max_body, cert, key)
        try:
            ready(url)
            while not (asked.wait(_GLANCE) or engine.ended):
                pass
        finally:
            engine.stop(grace)
    if engine.failure is not None:
        raise ServerCrashed("the server ended by an error of its own") from engine.failure


def _start(
    app: WSGIApplication,
    address: tuple[str, int],
    max_body: int,
    cert: Path | None,
    key: Path | None,
) -> tuple[Engine, str]:
    # Imported here so that naming these classes costs nothing.
    from fakegraph.serving.engine import Engine
    from fakegraph.serving.wsgi import base_environ

    wrap = None
    if cert is not None and key is not None:
        from fakegraph.serving.tls import tls_wrapper

        try:
            wrap = tls_wrapper(cert, key)
        except OSError as error:
            raise CannotServe(f"cannot use certificate {cert} with key {key}: {error}") from error
    elif cert or key:
        raise CannotServe("TLS needs a certificate and its key: one of the two is missing")
    listener = _listen(*address)
    host, port = address[0], listener.getsockname()[1]
    scheme = "https" if wrap else "http"
    engine = Engine(app, listener, base_environ(scheme, host, port), max_body, wrap)
    engine.start()
    return engine, f"{scheme}://{_reachable(host)}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= _LAST_PORT:
        raise CannotServe(f"cannot listen on {host} port {port}: ports go from 0 to {_LAST_PORT}")
    try:
        # A name may have addresses of both families; localhost usually has, and is 127.0.0.1 then.
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        families = {family for family, *_ in found}
        family = socket.AF_INET if socket.AF_INET in families else socket.AF_INET6
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(
            (host, port), family=family, backlog=_BACKLOG, dualstack_ipv6=both
        )
    except OSError as error:
        raise CannotServe(f"cannot listen on {host} port {port}: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    # socket.create_server repeats the address in its words, and the resolver has its own numbers.
    if isinstance(error, socket.gaierror):
        return str(error.strerror)
    return os.strerror(error.errno or 0)


def _reachable(host: str) -> str:
    """The host as a client on this machine writes it in a URL."""
    host = _ANY_HOST.get(host, host)
    return f"[{host}]" if ":" in host else host


@contextmanager
def _on_stop_signals(stop: Callable[[], None]) -> Iterator[None]:
    assert threading.current_thread() is threading.main_thread(), (
        "signals reach the main thread only"
    )
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: stop()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
