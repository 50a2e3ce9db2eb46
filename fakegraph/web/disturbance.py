"""Answers that a test wants spoilt on the wire: reset, broken off, or slow."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

_ABORT = struct.pack("ii", 1, 0)  # linger on, for no time: closing sends RST in place of FIN
_PIECES = 20  # of a body that is sent slowly


async def send_disturbed(
    transport: asyncio.WriteTransport, data: bytes, body_size: int, effects: Mapping[str, Any]
) -> bytes:
    """Send an answer, whose last bytes are the body, with these effects.

    ``drop``: the connection is reset where the answer would have been. ``truncate``: the answer
    breaks off in the middle of its body. ``body_seconds``: so long the body takes. What comes back
    is what is still to be sent of it.
    """
    if effects.get("drop") and not transport.is_closing():
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        transport.abort()
    if effects.get("truncate"):
        data = data[: len(data) - (body_size + 1) // 2]
        body_size //= 2
    seconds, start = effects.get("body_seconds", 0.0), len(data) - body_size
    pieces = _PIECES if seconds and body_size else 1
    cuts = [0, *(start + body_size * piece // pieces for piece in range(1, pieces))]
    for begin, end in pairwise(cuts):
        if transport.is_closing():
            break
        transport.write(data[begin:end])
        await asyncio.sleep(seconds / (pieces - 1))
    return data[cuts[-1] :]
