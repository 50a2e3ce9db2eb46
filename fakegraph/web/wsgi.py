"""WSGI (PEP 3333) by itself: a request's environ, an app's reply, and the bytes of an answer."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from werkzeug.exceptions import RequestEntityTooLarge

from fakegraph.chunks import Part, Spooled

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Headers = list[tuple[str, str]]

_BODILESS = ("1", "204", "304")
_LENGTH = "content-length"
_LINE = "\r\n"
_NAME = itemgetter(0)
_PROTOCOLS = {version: f"HTTP/{version}" for version in ("1.0", "1.1")}


class Reply:
    """What an app answers, as it comes."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: Headers = []
        self.chunks: list[bytes] = []
        self.part: Part | None = None

    def start(self, status: str, headers: Headers, exc_info: Any = None, /) -> Any:
        """The ``start_response`` of PEP 3333."""
        self.status, self.headers = status, headers
        return self.chunks.append

    def take(self, body: Iterable[bytes]) -> None:
        """Take in the body. Raises RuntimeError where no response was started."""
        if isinstance(body, Part):
            self.part = body
        else:
            self._take_chunks(body)
        if not self.status:
            raise RuntimeError("the app did not call start_response")

    def _take_chunks(self, body: Iterable[bytes]) -> None:
        try:
            self.chunks.extend(body)
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()


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


def client_environ(client: tuple[str, int] | None) -> WSGIEnvironment:
    """Who asks, where that is known."""
    return {} if client is None else {"REMOTE_ADDR": client[0], "REMOTE_PORT": str(client[1])}


def header_environ(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by their CGI names."""
    environ: dict[str, str] = {}
    for name, value in headers:
        key = _environ_key(name)
        if key is None:
            continue
        text = value.decode("latin-1")
        if key in environ:
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text
    return environ


def read_scope(
    environ: WSGIEnvironment, scope: Any, body: bytes | bytearray | Spooled | None
) -> None:
    """Add what an ASGI scope tells to an environ; ``body`` None: it was too large to be read.

    Beyond PEP 3333: ``RAW_URI`` and ``REQUEST_URI`` have the target as it was sent.
    """
    extensions = scope["extensions"]
    environ.update(extensions["fakegraph.environ"])
    target: str = extensions["fakegraph.target"]
    path, _, query = target.partition("?")
    environ["REQUEST_METHOD"] = scope["method"]
    environ.update(extensions["fakegraph.place"])
    environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1") if "%" in path else path
    environ["QUERY_STRING"] = query
    environ["RAW_URI"] = environ["REQUEST_URI"] = target
    environ["SERVER_PROTOCOL"] = _PROTOCOLS[scope["http_version"]]
    if isinstance(body, Spooled):
        body.file.seek(0)
        environ["wsgi.input"], environ["fakegraph.spooled"] = body.file, body
    else:
        environ["wsgi.input"] = _UnreadBody() if body is None else io.BytesIO(body)


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
    lines = [f"HTTP/1.1 {reply.status}", *map(": ".join, reply.headers)]
    dated, lengths = _known(tuple(map(_NAME, reply.headers)))
    length = f"Content-Length: {len(body) if reply.part is None else reply.part.size}"
    if len(lengths) == 1 and not (head or bodiless):  # nearly always
        lines[lengths[0]] = length
    elif not (lengths and head) or bodiless:  # else what the app says of the body that is not sent
        for place in lengths:
            del lines[place]
        if not bodiless:
            lines.append(length)
    if not dated:
        lines.append(f"Date: {_http_date(int(time.time()))}")
    if last:
        lines.append("Connection: close")
    elif environ["SERVER_PROTOCOL"] == "HTTP/1.0":
        lines.append("Connection: keep-alive")
    text = f"{_LINE.join(lines)}\r\n\r\n"
    breaks = len(lines) + 1
    if text.count("\n") != breaks or text.count("\r") != breaks:
        raise ValueError("a line break in the status or in a header")
    data = text.encode("latin-1")
    return (data, 0) if head or bodiless else (data + body, len(body))


@lru_cache(maxsize=256)
def _known(names: tuple[str, ...]) -> tuple[bool, tuple[int, ...]]:
    """Whether a date is among the headers of these names; the lines with a length, from the last
    one to the first, when a line is before them.
    """
    lower = [name.lower() for name in names]
    lengths = (place for place, name in enumerate(lower, 1) if name == _LENGTH)
    return "date" in lower, tuple(lengths)[::-1]


def error_answer(
    status: HTTPStatus, reason: str, last: bool, id_: str = "", to_head: bool = False
) -> bytes:
    """An answer in the shape of Graph's errors where no app could give one."""
    code = "".join(word.capitalize() for word in status.phrase.split())
    body = json.dumps({"error": {"code": code, "message": reason}}).encode()
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"Date: {_http_date(int(time.time()))}",
    ]
    if status is HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        lines.append('Proxy-Authenticate: Basic realm="fakegraph"')
    if id_:
        lines.append(f"request-id: {id_}")
    if last:
        lines.append("Connection: close")
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return head if to_head else head + body


def bug_answer(environ: WSGIEnvironment, last: bool, id_: str) -> bytes:
    """The answer to a request in which the app failed, for which the log has this id."""
    reason = "The server met an error of its own; its log has it."
    head = environ["REQUEST_METHOD"] == "HEAD"
    return error_answer(HTTPStatus.INTERNAL_SERVER_ERROR, reason, last, id_, to_head=head)


@lru_cache(maxsize=2)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
