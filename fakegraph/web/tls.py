"""TLS on a connection that was accepted without it. Imported on use only: ssl costs time."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

from fakegraph.web.hall import Hall
from fakegraph.web.wsgi import error_answer

_HANDSHAKE = 0x16  # how what speaks TLS begins
_RECORD_HEAD = 5  # bytes: kind, version, and in the last two the length of the rest
_SENT_HTTP = "This port speaks https, and was sent http."

_PATIENCE = 60.0  # seconds for a handshake
_FAREWELL = 60.0  # seconds for a client to read what was said before the end


def tls_context(cert: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or later with this certificate. Raises OSError where the files do not do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(cert, key)
    return context


class Inner(Protocol):
    """The protocol that goes on inside TLS. ``beneath`` is what TLS goes over."""

    beneath: asyncio.Transport | None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It can begin."""


class Doorway(asyncio.Protocol):
    """A connection until TLS is spoken. What speaks it takes a quarter of a megabyte, which those
    who only begin to do not get. ``make`` makes what goes on inside.
    """

    def __init__(
        self, make: Callable[..., Any], hall: Hall, context: ssl.SSLContext, **named: Any
    ) -> None:
        self._make: Callable[[], Inner] = lambda: make(**named)
        self._hall = hall
        self._context = context
        self._transport: asyncio.Transport | None = None
        self._hello = b""  # what came of how TLS begins
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._hall.enter(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._hall.leave(self)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._hello += data
        if self._hello[0] == _HANDSHAKE:
            size = _RECORD_HEAD + int.from_bytes(self._hello[3:_RECORD_HEAD], "big")
            if len(self._hello) >= max(size, _RECORD_HEAD):
                self._transport.pause_reading()
                self._task = asyncio.ensure_future(self._go_on(self._transport))
        else:
            self._transport.write(error_answer(HTTPStatus.BAD_REQUEST, _SENT_HTTP, last=True))
            self._transport.close()

    async def _go_on(self, transport: asyncio.Transport) -> None:
        if transport.is_closing():
            return
        inner = self._make()
        inner.beneath = transport
        secured = await _start_tls(transport, self._hello, inner, self._context)
        self._hall.leave(self)
        if secured is not None and not secured.is_closing():
            inner.connection_made(secured)

    def abort(self) -> None:
        """End now, without a word."""
        if self._transport is not None:
            self._transport.abort()

    give_up = abort

    def shutdown(self) -> None:
        """The server stops."""
        if self._transport is not None:
            self._transport.close()


async def _start_tls(
    transport: asyncio.Transport, first: bytes, inner: Any, context: ssl.SSLContext
) -> asyncio.Transport | None:
    """The transport by which ``inner`` goes on inside TLS; ``first`` was read of it already.

    What arrives at once is given to ``inner`` before this returns. None: the handshake failed, or
    the transport was aborted meanwhile, and the connection is at its end.
    """
    loop = asyncio.get_running_loop()
    start = loop.start_tls(
        transport,
        inner,
        context,
        server_side=True,
        ssl_handshake_timeout=_PATIENCE,
        ssl_shutdown_timeout=_FAREWELL,
    )
    loop.call_soon(loop.call_soon, _hand_over, transport, first)  # when the protocol is in place
    try:
        return await start
    except OSError:
        transport.abort()
        return None


def _hand_over(transport: asyncio.Transport, data: bytes) -> None:
    protocol = transport.get_protocol()
    while data and isinstance(protocol, asyncio.BufferedProtocol):  # else it was aborted meanwhile
        buffer = memoryview(protocol.get_buffer(len(data)))
        taken = min(len(buffer), len(data))
        buffer[:taken] = data[:taken]
        protocol.buffer_updated(taken)
        data = data[taken:]
