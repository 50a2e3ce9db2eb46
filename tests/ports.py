"""Ports that are known before anybody listens at them."""

from __future__ import annotations

import socket


class ReservedPort:
    """A port of the loopback address that nobody else is given while this is held.

    A socket is bound to it that never listens: who names the port can, as every server does that
    may start again at once (SO_REUSEADDR), and the system gives it to nobody who asks for any.
    """

    def __init__(self) -> None:
        self._holder = socket.socket()
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._holder.bind(("127.0.0.1", 0))
        self.number: int = self._holder.getsockname()[1]

    def __enter__(self) -> int:
        return self.number

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let others have it."""
        self._holder.close()
