"""Where a server listens, and how clients reach it there."""

from __future__ import annotations

import os
import socket

_LAST_PORT = 65535
_ANY_HOST = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


class CannotServe(Exception):
    """The server cannot start; the message says where and why, in one line."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises CannotServe."""
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
        return socket.create_server((host, port), family=family, dualstack_ipv6=both)
    except OSError as error:
        raise CannotServe(f"cannot listen on {host} port {port}: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    # socket.create_server repeats the address in its words, and the resolver has its own numbers.
    if isinstance(error, socket.gaierror):
        return str(error.strerror)
    return os.strerror(error.errno or 0)


def url_of(scheme: str, host: str, listener: socket.socket) -> str:
    """The URL by which a client on this machine reaches a listener on that host."""
    host = _ANY_HOST.get(host, host)
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{listener.getsockname()[1]}"
