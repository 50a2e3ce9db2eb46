"""An ASGI app that calls a WSGI app at once, on the loop."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fakegraph.web.later import Unfinished
from fakegraph.web.pool import Pool
from fakegraph.web.wsgi import Reply, error_answer, read_scope, render

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from fakegraph.serving.protocol import Connection

logger = logging.getLogger("fakegraph.serving")

_BUG = "The server met an error of its own; its log has it."


class Adapter:
    """What the app puts off (``web.later``) waits on the loop's timers, or is done by threads.

    ``base`` is the part of the environ that is the same for all requests. To it comes
    ``fakegraph.disturb`` and ``fakegraph.gone``, the connection's methods of these names.
    """

    def __init__(self, app: WSGIApplication, base: WSGIEnvironment) -> None:
        self._app = app
        self._base = base
        self._pool = Pool()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request on the connection that it came by."""
        connection: Connection = scope["extensions"]["fakegraph.connection"]
        with suppress(asyncio.CancelledError):  # the server has ended
            data, body_size = await self._answer(connection, scope)
            if connection.effects:
                data = await connection.send_disturbed(data, body_size)
            connection.end_answer(data)

    async def _answer(self, connection: Connection, scope: Any) -> tuple[bytes, int]:
        own = {"fakegraph.disturb": connection.disturb, "fakegraph.gone": connection.gone}
        environ = {**self._base, **own}
        read_scope(environ, scope, connection.body)
        reply, ends = Reply(), connection.ends
        try:
            result: Iterable[bytes] = self._app(environ, reply.start)
            while isinstance(result, Unfinished):
                if result.pause.seconds:
                    await asyncio.sleep(result.pause.seconds)
                    result = result.go_on()
                else:
                    result = await self._pool.run(result.pause.share, result.go_on)
                ends = connection.ends
            reply.take(result)
            return render(reply, environ, ends)
        except BaseException as error:  # SystemExit too: it costs the request that it came from
            if isinstance(error, asyncio.CancelledError) and connection.transport.is_closing():
                raise
            id_ = str(uuid.uuid4())
            told = environ["REQUEST_METHOD"], environ["RAW_URI"], id_
            logger.exception("error in the answer to %s %s, request-id %s", *told)
            head = environ["REQUEST_METHOD"] == "HEAD"
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            return error_answer(status, _BUG, last=ends, id_=id_, to_head=head), 0
