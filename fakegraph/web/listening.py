"""Where a server listens, and how clients reach it there."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict
from weakref import WeakSet

if TYPE_CHECKING:
    from ssl import SSLContext

    from fakegraph.web.proxy import Proxy

_LAST_PORT = 65535
_AT_ONCE = 16  # connections that are accepted in one turn of the loop
_open: WeakSet[socket.socket] = WeakSet()
_ANY_HOST = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


class CannotServe(Exception):
    """The server cannot start; the message says where and why, in one line."""


class ServerCrashed(Exception):
    """The server ended by an error of its own, which is the cause of this one."""


class Shared(socket.socket):
    """A listener at which other processes accept too. Whoever opened it has it listen."""

    def __init__(self, opened: socket.socket) -> None:
        super().__init__(opened.family, opened.type, opened.proto, os.dup(opened.fileno()))

    def listen(self, backlog: int = 0, /) -> None:
        """It does already, and how many may wait there is for all to rely on."""


class Where(TypedDict, total=False):
    """Where a server listens, 127.0.0.1 and a free port if not told.

    With ``cert`` and ``key``, files in PEM form, it speaks https only. ``proxy``: it is a proxy
    too. ``listener``: what it accepts at, which is open already.
    """

    host: str
    port: int
    cert: Path | None
    key: Path | None
    proxy: Proxy | None
    listener: Shared | None


class Place(NamedTuple):
    """Where a server listens: its socket, what it speaks TLS with, and how clients reach it."""

    socket: socket.socket
    tls: SSLContext | None
    scheme: str
    host: str
    proxy: Proxy | None

    @property
    def port(self) -> int:
        """The port, which may have been chosen by the system."""
        return int(self.socket.getsockname()[1])

    @property
    def at_once(self) -> int:
        """How many connections are accepted in one turn of the loop: where others accept too, one,
        so that who comes first does not take all.
        """
        return 1 if isinstance(self.socket, Shared) else _AT_ONCE

    @property
    def url(self) -> str:
        """The URL by which a client on this machine reaches it."""
        host = _ANY_HOST.get(self.host, self.host)
        shown = f"[{host}]" if ":" in host else host
        return f"{self.scheme}://{shown}:{self.port}"


def listen(
    host: str = "127.0.0.1",
    port: int = 0,
    cert: Path | None = None,
    key: Path | None = None,
    proxy: Proxy | None = None,
    listener: Shared | None = None,
) -> Place:
    """Listen there: see Where. Raises CannotServe."""
    if cert is None and key is None:
        return Place(listener or _listener(host, port), None, "http", host, proxy)
    if cert is None or key is None:
        raise CannotServe("TLS needs a certificate and its key: one of the two is missing")
    from fakegraph.web.tls import tls_context

    try:
        tls = tls_context(cert, key)
    except OSError as error:
        raise CannotServe(f"cannot use certificate {cert} with key {key}: {error}") from error
    return Place(listener or _listener(host, port), tls, "https", host, proxy)


def own_listeners() -> list[tuple[str, int]]:
    """The addresses and ports that servers of this process listen at."""
    return [each.getsockname()[:2] for each in tuple(_open) if each.fileno() >= 0]


def _listener(host: str, port: int) -> socket.socket:
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
        listener = socket.create_server((host, port), family=family, dualstack_ipv6=both)
    except OSError as error:
        raise CannotServe(f"cannot listen on {host} port {port}: {_reason(error)}") from error
    _open.add(listener)
    return listener


def _reason(error: OSError) -> str:
    # socket.create_server repeats the address in its words, and the resolver has its own numbers.
    if isinstance(error, socket.gaierror):
        return str(error.strerror)
    return os.strerror(error.errno or 0)
