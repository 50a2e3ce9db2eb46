"""From a request to the bytes of its answer, by way of a WSGI app (PEP 3333)."""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from werkzeug.exceptions import RequestEntityTooLarge

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from fakegraph.serving.request import Refused, Request

logger = logging.getLogger("fakegraph.serving")

Headers = list[tuple[str, str]]

DISTURB = "fakegraph.disturb"
_BODILESS = ("1", "204", "304")
_SERVER_ERROR = "500 Internal Server Error"


class _UnreadBody(io.RawIOBase):
    """Stands for a body over the limit: an app that reads it raises 413 as it does for its own."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raise RequestEntityTooLarge


@dataclass(slots=True)
class Reply:
    """What the app answered, collected."""

    status: str = ""
    headers: Headers = field(default_factory=list)
    body: bytes = b""


def base_environ(scheme: str, host: str, port: int) -> WSGIEnvironment:
    """What is the same for all requests to one server."""
    return {
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


def build_environ(
    base: WSGIEnvironment, request: Request, client: tuple[str, int]
) -> WSGIEnvironment:
    """The environ of one request.

    Beyond PEP 3333: ``RAW_URI`` and ``REQUEST_URI`` have the target as it was sent.
    """
    path, _, query = request.target.partition("?")
    environ = base.copy()
    environ["REQUEST_METHOD"] = request.method
    environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1") if "%" in path else path
    environ["QUERY_STRING"] = query
    environ["RAW_URI"] = environ["REQUEST_URI"] = request.target
    environ["SERVER_PROTOCOL"] = f"HTTP/{request.version}"
    environ["REMOTE_ADDR"] = client[0]
    environ["REMOTE_PORT"] = str(client[1])
    environ["wsgi.input"] = _UnreadBody() if request.too_large else io.BytesIO(request.body)
    for name, value in request.headers:
        key = _environ_key(name)
        if key is None:
            continue
        text = value.decode("latin-1")
        if key in environ:
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text
    return environ


@lru_cache(maxsize=1024)
def _environ_key(name: bytes) -> str | None:
    """None for a name with an underscore, which could pass for another header's."""
    if b"_" in name:
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def call(app: WSGIApplication, environ: WSGIEnvironment) -> Reply:
    """The app's answer, whole. An app that raises is logged, and answered for with a plain 500."""
    try:
        return _collect(app, environ)
    except Exception:
        logger.exception("error in the answer to %(REQUEST_METHOD)s %(RAW_URI)s", environ)
        return Reply(_SERVER_ERROR)


def _collect(app: WSGIApplication, environ: WSGIEnvironment) -> Reply:
    reply = Reply()
    chunks: list[bytes] = []

    def start_response(status: str, headers: Headers, exc_info: Any = None, /) -> Any:
        reply.status, reply.headers = status, headers
        return chunks.append

    result: Iterable[bytes] = app(environ, start_response)
    try:
        chunks.extend(result)
    finally:
        close = getattr(result, "close", None)
        if close is not None:
            close()
    if not reply.status:
        raise RuntimeError("the app did not call start_response")
    reply.body = b"".join(chunks)
    return reply


def render(reply: Reply, request: Request, *, last: bool) -> bytes:
    """The answer as it goes over the wire; ``last``: the connection ends with it.

    An answer that would break HTTP is logged, and a plain 500 is sent in its place.
    """
    try:
        return _render(reply, request, last)
    except ValueError:
        logger.exception("error in the answer to %s %s", request.method, request.target)
        return _render(Reply(_SERVER_ERROR), request, last)


def _render(reply: Reply, request: Request, last: bool) -> bytes:
    bodiless = reply.status.startswith(_BODILESS)
    head = request.method == "HEAD"
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
        lines.append(f"Content-Length: {len(reply.body)}")
    if not dated:
        lines.append(f"Date: {http_date()}")
    if last:
        lines.append("Connection: close")
    elif request.version == "1.0":
        lines.append("Connection: keep-alive")
    text = "\r\n".join(lines) + "\r\n\r\n"
    breaks = len(lines) + 1
    if text.count("\n") != breaks or text.count("\r") != breaks:
        raise ValueError("a line break in the status or in a header")
    data = text.encode("latin-1")
    return data if head or bodiless else data + reply.body


def render_refusal(refusal: Refused) -> bytes:
    """The last answer on a connection, in the shape of Graph's errors, to what was no request."""
    status = HTTPStatus(refusal.status)
    code = "".join(word.capitalize() for word in status.phrase.split())
    body = json.dumps({"error": {"code": code, "message": refusal.reason}}).encode()
    lines = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"Date: {http_date()}",
        "Connection: close",
    )
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def http_date() -> str:
    """Now, as the Date header writes it."""
    return _format_date(int(time.time()))


@lru_cache(maxsize=2)
def _format_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
