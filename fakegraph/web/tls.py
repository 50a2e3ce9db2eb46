"""TLS on a connection that was accepted without it. Imported on use only: ssl costs time."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

_PATIENCE = 60.0  # seconds for a handshake
_FAREWELL = 60.0  # seconds for a client to read what was said before the end


def tls_context(cert: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or later with this certificate. Raises OSError where the files do not do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(cert, key)
    return context


async def start_tls(
    transport: asyncio.Transport, first: bytes, inner: asyncio.Protocol, context: ssl.SSLContext
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
