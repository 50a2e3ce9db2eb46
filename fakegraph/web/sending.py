"""Sends a body that is not read whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from fakegraph.chunks import Part
from fakegraph.store.errors import DataFileError

logger = logging.getLogger("fakegraph.serving")


async def send_part(
    part: Part,
    transport: asyncio.Transport,
    drain: Callable[[], Awaitable[None]],
    waiting: Callable[[], None],
) -> None:
    """Send a part block by block, as the client takes it; the connection breaks off where it cannot
    be read on. ``drain`` comes back when there is room for a block; ``waiting`` comes first.
    """
    try:
        for block in part:
            waiting()
            await drain()
            if transport.is_closing():
                return
            transport.write(block)
            await asyncio.sleep(0)  # others have their turn
    except (OSError, DataFileError):
        logger.exception("the rest of a content could not be read")
        transport.abort()
