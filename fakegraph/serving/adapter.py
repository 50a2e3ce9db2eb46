"""An ASGI app that calls a WSGI app at once, on the loop."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import TYPE_CHECKING, Any

from fakegraph.chunks import Spooled
from fakegraph.web.later import Unfinished
from fakegraph.web.pool import Pool
from fakegraph.web.wsgi import Reply, bug_answer, client_environ, read_scope, render

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from fakegraph.serving.protocol import Connection

logger = logging.getLogger("fakegraph.serving")


class Adapter:
    """What the app puts off (``web.later``) waits on the loop's timers, or is done by threads.

    ``base`` is the part of the environ that is the same for all requests. To it comes
    ``fakegraph.disturb`` and ``fakegraph.gone``, the connection's methods of these names.
    """

    def __init__(self, app: WSGIApplication, base: WSGIEnvironment) -> None:
        self._app = app
        self._base = base
        self._pool = Pool()

    def _begin(self, connection: Connection, client: tuple[str, int] | None) -> WSGIEnvironment:
        """What is the same for all requests of a connection."""
        own = {"fakegraph.disturb": connection.disturb, "fakegraph.gone": connection.gone}
        connection.environ = self._base | connection.place | own | client_environ(client)
        return connection.environ

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request on the connection that it came by."""
        connection: Connection = scope["extensions"]["fakegraph.connection"]
        environ = (connection.environ or self._begin(connection, scope["client"])).copy()
        body = connection.body
        read_scope(environ, scope, body)
        reply = Reply()
        try:
            result = self._app(environ, reply.start)
            if isinstance(result, Unfinished):
                result = await self._pool.finish(result)
            reply.take(result)
            part = None if environ["REQUEST_METHOD"] == "HEAD" else reply.part
            answer = (*render(reply, environ, connection.ends), part)
        except BaseException as error:  # SystemExit too: it costs the request that it came from
            if isinstance(error, asyncio.CancelledError) and connection.transport.is_closing():
                return  # the server has ended
            told = environ["REQUEST_METHOD"], environ["RAW_URI"], str(uuid.uuid4())
            logger.exception("error in the answer to %s %s, request-id %s", *told)
            answer = bug_answer(environ, connection.ends, told[-1]), 0, None
        finally:
            if isinstance(body, Spooled):
                body.close()
        try:
            await connection.answer(*answer)
        except asyncio.CancelledError:
            logger.debug("a client was left before it had the whole answer")
