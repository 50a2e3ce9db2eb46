"""From an ASGI scope to the bytes of an answer, by way of a WSGI app (PEP 3333) called at once."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import time
import uuid
from collections.abc import Iterable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from werkzeug.exceptions import RequestEntityTooLarge

from fakegraph.serving.pool import Pool
from fakegraph.web.later import Unfinished

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from fakegraph.serving.protocol import Connection

logger = logging.getLogger("fakegraph.serving")

Headers = list[tuple[str, str]]

_BODILESS = ("1", "204", "304")


class Reply:
    """What an app answers, as it comes."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: Headers = []
        self.chunks: list[bytes] = []

    def start(self, status: str, headers: Headers, exc_info: Any = None, /) -> Any:
        """The ``start_response`` of PEP 3333."""
        self.status, self.headers = status, headers
        return self.chunks.append


class Adapter:
    """An ASGI app that calls a WSGI app on the loop; what that puts off (``web.later``) waits on
    the loop's timers, or is done by threads.
    """

    def __init__(self, app: WSGIApplication, scheme: str, host: str, port: int) -> None:
        self._app = app
        self._pool: Pool | None = None
        self._base: WSGIEnvironment = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": scheme,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
            "SCRIPT_NAME": "",
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "SERVER_SOFTWARE": "fakegraph",
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request on the connection that it came by."""
        connection: Connection = scope["extensions"]["fakegraph.connection"]
        if connection.flow.write_paused:
            await connection.flow.drain()
        environ = self._environ(scope, connection)
        try:
            reply = await self._replied(environ)
            data, body_size = render(reply, environ, connection.ends)
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                raise
            data, body_size = _server_error(environ, connection.ends), 0
        await connection.answer(data, body_size)

    async def _replied(self, environ: WSGIEnvironment) -> Reply:
        reply = Reply()
        result: Iterable[bytes] = self._app(environ, reply.start)
        while isinstance(result, Unfinished):
            pause = result.pause
            if pause.seconds:
                await asyncio.sleep(pause.seconds)
                result = result.go_on()
            else:
                if self._pool is None:
                    self._pool = Pool(asyncio.get_running_loop())
                result = await self._pool.run(pause.share, result.go_on)
        try:
            reply.chunks.extend(result)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()
        if not reply.status:
            raise RuntimeError("the app did not call start_response")
        return reply

    def _environ(self, scope: Any, connection: Connection) -> WSGIEnvironment:
        """Beyond PEP 3333: ``RAW_URI`` and ``REQUEST_URI`` have the target as it was sent, and
        ``fakegraph.disturb`` is the connection's method of that name.
        """
        target: str = scope["fakegraph.target"]
        path, _, query = target.partition("?")
        environ = self._base.copy()
        environ["REQUEST_METHOD"] = scope["method"]
        environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1") if "%" in path else path
        environ["QUERY_STRING"] = query
        environ["RAW_URI"] = environ["REQUEST_URI"] = target
        environ["SERVER_PROTOCOL"] = f"HTTP/{scope['http_version']}"
        if scope["client"] is not None:
            environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = map(str, scope["client"])
        unread = connection.too_large
        environ["wsgi.input"] = _UnreadBody() if unread else io.BytesIO(connection.body)
        environ["fakegraph.disturb"] = connection.disturb
        for name, value in scope["headers"]:
            key = _environ_key(name)
            if key is None:
                continue
            text = value.decode("latin-1")
            if key in environ:
                text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
            environ[key] = text
        return environ


class _UnreadBody(io.RawIOBase):
    """Stands for a body over the limit: an app that reads it raises 413 as it does for its own."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raise RequestEntityTooLarge


@lru_cache(maxsize=1024)
def _environ_key(name: bytes) -> str | None:
    """None for a name with an underscore, which could pass for another header's."""
    if b"_" in name:
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def render(reply: Reply, environ: WSGIEnvironment, last: bool) -> tuple[bytes, int]:
    """The answer as it goes over the wire, and how much of it is body; ``last``: the connection
    ends with it. Raises ValueError for one that would break HTTP.
    """
    body = b"".join(reply.chunks)
    bodiless = reply.status.startswith(_BODILESS)
    head = environ["REQUEST_METHOD"] == "HEAD"
    lines = [f"HTTP/1.1 {reply.status}"]
    measured = dated = False
    for name, value in reply.headers:
        match name.lower():
            case "content-length":
                if bodiless or not head:
                    continue  # the body itself is measured below
                measured = True
            case "date":
                dated = True
        lines.append(f"{name}: {value}")
    if not bodiless and not measured:
        lines.append(f"Content-Length: {len(body)}")
    if not dated:
        lines.append(f"Date: {_http_date(int(time.time()))}")
    if last:
        lines.append("Connection: close")
    elif environ["SERVER_PROTOCOL"] == "HTTP/1.0":
        lines.append("Connection: keep-alive")
    text = "\r\n".join(lines) + "\r\n\r\n"
    breaks = len(lines) + 1
    if text.count("\n") != breaks or text.count("\r") != breaks:
        raise ValueError("a line break in the status or in a header")
    data = text.encode("latin-1")
    return (data, 0) if head or bodiless else (data + body, len(body))


def _server_error(environ: WSGIEnvironment, last: bool) -> bytes:
    """Log the error that is being handled, and answer for it with an id to find it by."""
    id_ = str(uuid.uuid4())
    told = environ["REQUEST_METHOD"], environ["RAW_URI"], id_
    logger.exception("error in the answer to %s %s, request-id %s", *told)
    return error_answer(HTTPStatus.INTERNAL_SERVER_ERROR, "The server met an error.", last, id_)


def error_answer(status: HTTPStatus, reason: str, last: bool, id_: str = "") -> bytes:
    """An answer in the shape of Graph's errors where no app could give one."""
    code = "".join(word.capitalize() for word in status.phrase.split())
    body = json.dumps({"error": {"code": code, "message": reason}}).encode()
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"Date: {_http_date(int(time.time()))}",
    ]
    if id_:
        lines.append(f"request-id: {id_}")
    if last:
        lines.append("Connection: close")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@lru_cache(maxsize=2)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
