"""The port of a server with a certificate: who speaks TLS there is served, others are told."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

from fakegraph.serving import limits
from fakegraph.serving.protocol import Connection

_HANDSHAKE = 0x16  # how every TLS record of a handshake begins
_SENT_HTTP = b"This port speaks https, and was sent http.\n"
_ANSWER_TO_HTTP = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n%s" % (len(_SENT_HTTP), _SENT_HTTP)
)


def tls_context(cert: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or later with this certificate. Raises OSError where the files do not do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(cert, key)
    return context


class Gate(asyncio.Protocol):
    """A connection before TLS. It is counted, and waited for, as those are that came through."""

    def __init__(self, *, context: ssl.SSLContext, hall: limits.Hall, **named: Any) -> None:
        self._context = context
        self._hall = hall
        self._named = named
        self._transport: Any = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._hall.enter(self, limits.HANDSHAKE_TIMEOUT)

    def connection_lost(self, exc: Exception | None) -> None:
        self._hall.leave(self)

    def data_received(self, data: bytes) -> None:
        if data[0] == _HANDSHAKE:
            self._transport.pause_reading()
            self._task = asyncio.get_running_loop().create_task(self._speak_tls(data))
        else:
            self._transport.write(_ANSWER_TO_HTTP)
            self._transport.close()

    async def _speak_tls(self, first: bytes) -> None:
        loop, inner = asyncio.get_running_loop(), Connection(hall=self._hall, **self._named)
        start = loop.start_tls(
            self._transport,
            inner,
            self._context,
            server_side=True,
            ssl_handshake_timeout=limits.HANDSHAKE_TIMEOUT,
            ssl_shutdown_timeout=limits.DRAIN_TIMEOUT,
        )
        loop.call_soon(loop.call_soon, self._hand_over, first)
        try:
            transport = await start
        except (OSError, ConnectionError):
            self._hall.leave(self)
            self._transport.abort()
            return
        self._hall.leave(self)
        if transport is not None and not transport.is_closing():
            inner.connection_made(transport)

    def _hand_over(self, first: bytes) -> None:
        """Give the bytes that were read already to the protocol that shakes hands."""
        protocol = self._transport.get_protocol()
        while first:
            buffer = protocol.get_buffer(len(first))
            taken = min(len(buffer), len(first))
            buffer[:taken] = first[:taken]
            protocol.buffer_updated(taken)
            first = first[taken:]

    def give_up(self) -> None:
        """The client has taken too long."""
        self.abort()

    def shutdown(self) -> None:
        """The server stops."""
        self.abort()

    def abort(self) -> None:
        """End the connection now."""
        self._hall.leave(self)
        self._transport.abort()
