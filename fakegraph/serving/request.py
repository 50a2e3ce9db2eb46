"""Cuts what a connection sends into requests (RFC 9112). Knows neither sockets nor WSGI.

The grammar is llhttp's, the parser of Node.js, in its strict form: what two parsers could read in
two ways (two lengths, a length and chunks, folded headers, bare line feeds) is refused.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from http import HTTPStatus

from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserUpgrade,
    HttpRequestParser,
)

MAX_HEAD = 64 * 1024
# What chunked coding may add to a body. A chunk of one byte takes six on the wire.
_CHUNKING = 8

_HOST, _LENGTH, _CODING, _EXPECT = b"host", b"content-length", b"transfer-encoding", b"expect"
_TELLING = frozenset((_CODING, _EXPECT))


class Refused(Exception):
    """What was sent cannot be served as a request, and the connection cannot go on."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class _BodyTooLarge(Exception):
    """Stops the parser inside a body that nobody will read."""


@dataclass(slots=True)
class Request:
    """One request, whole.

    ``target`` is the path and query as sent, percent-encoding kept. Header names are in lower case.
    ``too_large``: the body was over the limit, was not read, and the connection must end.
    """

    method: str
    target: str
    version: str
    headers: list[tuple[bytes, bytes]]
    keep_alive: bool
    body: bytes = b""
    too_large: bool = False


class RequestReader:
    """The requests of one connection, from the bytes that arrive on it.

    After each ``feed``, ``requests`` has those that are complete, oldest first; ``refusal`` is set
    once something came that is no request; ``ended``: nothing more of this connection will be read
    as a request; ``begun``: part of a request is there, and more must come; ``wants_continue``: the
    client holds the body back until it is told to go on.
    """

    def __init__(self, max_body: int) -> None:
        self.requests: deque[Request] = deque()
        self.refusal: Refused | None = None
        self.ended = False
        self.begun = False
        self.wants_continue = False
        self._max_body = max_body
        self._parser = HttpRequestParser(self)
        self._in_head = True
        self._received = 0
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._body_size = 0
        self._request: Request | None = None

    def feed(self, data: bytes) -> None:
        """Take in the next bytes of the connection."""
        self._received += len(data)
        try:
            rest = data
            while rest:
                rest = self._parse(rest)
            if self.begun:
                self._check_size()
            else:
                self._received = 0
        except Refused as refusal:
            self.refuse(refusal.status, refusal.reason)

    def refuse(self, status: HTTPStatus, reason: str) -> None:
        """End the connection with this answer."""
        self.refusal = Refused(status, reason)
        self.ended = True
        self.begun = self.wants_continue = False

    def release(self) -> None:
        """Let go of the parser, which refers back to this object."""
        del self._parser

    def _parse(self, data: bytes) -> bytes:
        """Parse; what has to be parsed next comes back where an upgrade was asked for."""
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            # Clients of HTTP/2 may offer to switch. Not taking up the offer is a server's right,
            # but the parser stops before the body then: let it read the same without the offer.
            return self._head_without_upgrade() + data[upgrade.args[0] :]
        except HttpParserCallbackError as error:
            if isinstance(error.__context__, Refused):
                raise error.__context__ from None
            if not isinstance(error.__context__, _BodyTooLarge):
                raise
        except HttpParserInvalidMethodError as error:
            raise Refused(
                HTTPStatus.NOT_IMPLEMENTED, "What was sent does not begin with an HTTP method."
            ) from error
        except HttpParserError as error:
            raise Refused(
                HTTPStatus.BAD_REQUEST, f"This is not valid HTTP/1.1: {error}."
            ) from error
        return b""

    def _head_without_upgrade(self) -> bytes:
        request = self._request
        assert request is not None
        lines = [f"{request.method} {request.target} HTTP/{request.version}".encode("latin-1")]
        lines += [name + b": " + value for name, value in request.headers if name != b"upgrade"]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def _head_size(self) -> int:
        return len(self._target) + sum(len(name) + len(value) for name, value in self._headers)

    def _check_size(self) -> None:
        if self._in_head and self._received > MAX_HEAD:
            raise _head_too_large()
        if self._received > MAX_HEAD + _CHUNKING * self._max_body:
            raise Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The chunks of the body say next to nothing."
            )

    # What follows is called by the parser.

    def on_message_begin(self) -> None:
        self.begun = self._in_head = True
        self._target = b""
        self._headers = []

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # else a trailer after the last chunk, which may be dropped
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        parser = self._parser
        request = self._request = Request(
            parser.get_method().decode("ascii"),
            self._target.decode("ascii"),
            parser.get_http_version(),
            self._headers,
            parser.should_keep_alive(),
        )
        fields = dict(self._headers)
        if self._received > MAX_HEAD and self._head_size() > MAX_HEAD:
            raise _head_too_large()
        if len(fields) < len(self._headers) or not _TELLING.isdisjoint(fields):
            _check_fields(self._headers)
        _check_kind(request, fields)
        if not request.target.startswith("/"):
            _make_origin_form(request)
        if int(fields.get(_LENGTH, 0)) > self._max_body:
            self._give_up_body()
        if _EXPECT in fields and not parser.should_upgrade():
            self.wants_continue = request.version == "1.1"

    def on_body(self, data: bytes) -> None:
        self.wants_continue = False
        self._body.append(data)
        self._body_size += len(data)
        if self._body_size > self._max_body:
            self._give_up_body()

    def on_message_complete(self) -> None:
        assert self._request is not None
        if self._parser.should_upgrade():
            return  # the same request comes again, without the offer
        if self._body:
            self._request.body = b"".join(self._body)
        self._hand_over(self._request)

    def _give_up_body(self) -> None:
        assert self._request is not None
        self._request.too_large = self.ended = True
        self._hand_over(self._request)
        raise _BodyTooLarge

    def _hand_over(self, request: Request) -> None:
        self.begun = self.wants_continue = False
        if self._body:
            self._body = []
            self._body_size = 0
        self.requests.append(request)


def _head_too_large() -> Refused:
    return Refused(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"The request line and the headers may have {MAX_HEAD} bytes together.",
    )


def _check_kind(request: Request, fields: dict[bytes, bytes]) -> None:
    if request.version == "1.1":
        if _HOST not in fields:
            raise _wrong_hosts(0)
    elif request.version != "1.0":
        raise Refused(
            HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "This server speaks HTTP/1.1 and HTTP/1.0."
        )
    if request.method == "CONNECT":
        raise Refused(HTTPStatus.NOT_IMPLEMENTED, "This server is not a proxy.")


def _check_fields(headers: list[tuple[bytes, bytes]]) -> None:
    hosts = 0
    for name, value in headers:
        if name == _HOST:
            hosts += 1
        elif name == _CODING and value.lower() != b"chunked":
            raise Refused(
                HTTPStatus.NOT_IMPLEMENTED, "Transfer-Encoding can be chunked, and nothing else."
            )
        elif name == _EXPECT and value.lower() != b"100-continue":
            raise Refused(
                HTTPStatus.EXPECTATION_FAILED, "Expect can be 100-continue, and nothing else."
            )
    if hosts > 1:
        raise _wrong_hosts(hosts)


def _wrong_hosts(number: int) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, f"A request has one Host header; this one has {number}.")


def _make_origin_form(request: Request) -> None:
    """``GET http://host/path``, as proxies are asked, means the path on that host (3.2.2)."""
    scheme, found, rest = request.target.partition("://")
    if scheme.lower() not in ("http", "https") or not found:
        raise Refused(HTTPStatus.BAD_REQUEST, "The request target has to be a path or a URL.")
    cut = min(rest.find(mark) if mark in rest else len(rest) for mark in "/?")
    authority, path = rest[:cut], rest[cut:]
    request.target = path if path.startswith("/") else "/" + path
    request.headers = [field for field in request.headers if field[0] != _HOST]
    request.headers.append((_HOST, authority.encode("ascii")))
