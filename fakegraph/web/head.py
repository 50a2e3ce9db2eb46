"""What the head of a request must be to be served (RFC 9112). Knows neither sockets nor a parser.

What two readers could take in two ways is refused: two hosts, a length that is none, codings other
than chunked. The rest of that is the parser's: llhttp in its strict form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from fakegraph.web.wsgi import header_environ

MAX_HEAD = 64 * 1024
REMEMBERED = 4 * 1024  # bytes of a head that is remembered until the next one on its connection

_HOST, _LENGTH, _CODING, _EXPECT = b"host", b"content-length", b"transfer-encoding", b"expect"
_TELLING = frozenset((_CODING, _EXPECT))
_LONGEST_LENGTH = 19  # digits of 2 to the power of 63

Fields = list[tuple[bytes, bytes]]  # names in lower case


GRANTED = b"HTTP/1.1 200 Connection established\r\n\r\n"

Way = Callable[[Any, Any], None]  # takes a connection, and the hall that it leaves


class Leads(Protocol):
    """What a proxy is to those who read requests."""

    def way(self, target: bytes, headers: Fields) -> Way:
        """Where CONNECT leads. Raises Refused."""

    def check(self, scheme: str, headers: Fields, port: int) -> dict[str, str]:
        """What an environ says of where ``GET http://host/…`` came to, if that is answered here, on
        this port; ``headers`` end with the host. Raises Refused.
        """

    def check_host(self, place: Mapping[str, str], headers: Fields) -> None:
        """See that a request is for the host that its client was led to. Raises Refused."""


class Refused(Exception):
    """What was sent cannot be served as a request, and the connection cannot go on."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Told(NamedTuple):
    """What the headers of a request tell, whatever its method and target are.

    ``sent``: as they came; ``fields``: names in lower case, values without white space around.
    ``size``: bytes of both; ``length``: what they give the body. ``expects``: the client waits to
    be told to go on. ``environ``: the fields by the names that CGI has for them.
    """

    version: str
    sent: Fields
    fields: Fields
    size: int
    length: int
    expects: bool
    environ: Mapping[str, str]


def check_size(target: bytes, size: int) -> None:
    """Raise Refused where a target and headers of this size are too much."""
    if len(target) + size > MAX_HEAD:
        raise too_large()


def tell(method: bytes, version: str, target: bytes, sent: Fields) -> Told:
    """Read the headers of a request. Raises Refused."""
    headers = [(name.lower(), value.strip(b" \t")) for name, value in sent]
    size = sum(len(name) + len(value) for name, value in headers)
    check_size(target, size)
    fields = dict(headers)
    if version == "1.1":
        if _HOST not in fields and method != b"CONNECT":
            raise _wrong_hosts(0)
    elif version != "1.0":
        reason = "This server speaks HTTP/1.1 and HTTP/1.0."
        raise Refused(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, reason)
    if len(fields) < len(headers) or not _TELLING.isdisjoint(fields):
        _check_fields(headers)
    length = _length(fields[_LENGTH]) if _LENGTH in fields else 0
    environ = header_environ(headers)
    return Told(version, sent, headers, size, length, _EXPECT in fields, environ)


def too_large() -> Refused:
    """The refusal of a head that is too large."""
    return Refused(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"The request line and the headers may have {MAX_HEAD} bytes together.",
    )


def no_proxy() -> Refused:
    """The refusal of CONNECT where there is no proxy."""
    reason = "This server is not a proxy: serve --proxy makes it one."
    return Refused(HTTPStatus.NOT_IMPLEMENTED, reason)


def origin_form(target: bytes, headers: Fields) -> tuple[bytes, bytes, Fields]:
    """``GET http://host/path``, as proxies are asked, means the path on that host (3.2.2).

    The scheme, the path, and the headers with that host. Raises Refused.
    """
    scheme, found, rest = target.partition(b"://")
    if scheme.lower() not in (b"http", b"https") or not found:
        reason = "The request target has to be a path or a URL."
        raise Refused(HTTPStatus.BAD_REQUEST, reason)
    cut = min(rest.find(mark) if mark in rest else len(rest) for mark in (b"/", b"?"))
    authority, path = rest[:cut], rest[cut:]
    kept = [field for field in headers if field[0] != _HOST]
    path = path if path.startswith(b"/") else b"/" + path
    return scheme.lower(), path, [*kept, (_HOST, authority)]


def without_upgrade(method: bytes, version: str, target: bytes, headers: Fields) -> bytes:
    """The same head without the offer to switch to another protocol."""
    lines = [b"%s %s HTTP/%s" % (method, target, version.encode())]
    lines += [name + b": " + value for name, value in headers if name != b"upgrade"]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _length(digits: bytes) -> int:
    if len(digits) > _LONGEST_LENGTH or not digits.isdigit():
        raise Refused(HTTPStatus.BAD_REQUEST, "The Content-Length is not a length.")
    return int(digits)


def _check_fields(headers: Iterable[tuple[bytes, bytes]]) -> None:
    hosts = 0
    for name, value in headers:
        if name == _HOST:
            hosts += 1
        elif name == _CODING and value.lower() != b"chunked":
            reason = "Transfer-Encoding can be chunked, and nothing else."
            raise Refused(HTTPStatus.NOT_IMPLEMENTED, reason)
        elif name == _EXPECT and value.lower() != b"100-continue":
            reason = "Expect can be 100-continue, and nothing else."
            raise Refused(HTTPStatus.EXPECTATION_FAILED, reason)
    if hosts > 1:
        raise _wrong_hosts(hosts)


def _wrong_hosts(number: int) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, f"A request has one Host header; this one has {number}.")
