"""One HTTP request as the server hands it over (PEP 3333), and the answer to it.

The Graph API works on these directly. Going through Flask's contexts, routing and Response costs
more than everything fakegraph itself does for a read, and uses none of what they offer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import orjson
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from fakegraph.chunks import Part, Spooled
from fakegraph.edm.values import Instant, format_instant
from fakegraph.errors import GraphError, bad_request
from fakegraph.hosts import host_url
from fakegraph.tenants import random_id
from fakegraph.web.headers import DIAGNOSTIC

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Headers = list[tuple[str, str]]

IGNORED = "fakegraph.ignored"
"""Where an environ has what of a request was without effect, in words."""
HOME = "fakegraph.home"
"""In an environ: the tenant that is meant where neither path nor token names one."""
INFERRED = "fakegraph.inferred"
"""In an environ: its path leads to a type that was read off an SDK."""
_ASCII = "".join(map(chr, range(128)))
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NO_GUID = "It is no GUID, and what the server made is in its place."
_NO_CACHE = ("Cache-Control", "no-cache")
_OF_ALL = (("x-ms-ags-diagnostic", DIAGNOSTIC), ("OData-Version", "4.0"))
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Answer(NamedTuple):
    """What goes back: a status, a body (empty for none) and the headers that are its own.

    ``part`` is the body where that is not read whole.
    """

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: Mapping[str, str] = _NO_HEADERS
    part: Part | None = None

    @property
    def size(self) -> int:
        """How many bytes the body has."""
        return len(self.body) if self.part is None else self.part.size


class Exchange:
    """A request and the ids of its answer. Headers are read by their CGI names, ``HTTP_PREFER``.

    ``raw_path`` is the path before percent-decoding, so that ``%2F`` in a key is no separator;
    ``query`` the undecoded query string, and ``target`` both.
    """

    __slots__ = (
        "body",
        "client_request_id",
        "environ",
        "max_body",
        "method",
        "query",
        "raw_path",
        "request_id",
        "taken",
        "target",
    )

    def __init__(self, environ: WSGIEnvironment, max_body: int) -> None:
        self.environ = environ
        self.max_body = max_body
        self.body = b""  # what was read of it
        self.taken = 0  # bytes of it that were taken as a file
        self.method: str = environ["REQUEST_METHOD"]
        raw: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
        if not raw.startswith("/"):
            raw = quote(environ.get("PATH_INFO", "").encode("latin-1"))
        query: str = environ.get("QUERY_STRING", "")
        if not (raw.isascii() and query.isascii()):
            raw, query = _coded(raw), _coded(query)
        self.raw_path = raw.partition("?")[0]
        self.query = query
        self.target = f"{self.raw_path}?{self.query}" if self.query else self.raw_path
        self.request_id = random_id()
        self.client_request_id: str = self.request_id
        if sent := environ.get("HTTP_CLIENT_REQUEST_ID", "").strip():
            if _GUID.fullmatch(sent):
                self.client_request_id = sent
            else:
                self.note_ignored("The header client-request-id", _NO_GUID)

    def header(self, name: str) -> str:
        """A request header by its CGI name; empty where it was not sent."""
        value: str = self.environ.get(name, "")
        return value

    def note_ignored(self, what: str, why: str) -> None:
        """Have the journal tell that a part of the request is without effect, as at the service."""
        ignored = self.environ.setdefault(IGNORED, [])
        ignored.append(f"{what} was ignored. {why}")

    @property
    def has_form(self) -> bool:
        """Whether the body is a form's, as those who sign in send it."""
        media = self.header("CONTENT_TYPE").partition(";")[0].strip().casefold()
        return media == "application/x-www-form-urlencoded"

    @property
    def home(self) -> str | None:
        """The tenant that is meant where neither path nor token names one, if not the default."""
        return self.environ.get(HOME)

    @property
    def gone(self) -> Callable[[], bool] | None:
        """Says whether the client has left; None where the server cannot tell."""
        return self.environ.get("fakegraph.gone")

    @property
    def host_url(self) -> str:
        """Scheme and host as the caller used them. Raises GraphError (400) for a bad Host."""
        environ = self.environ
        host = environ.get("HTTP_HOST") or _own_host(environ)
        return host_url(environ["wsgi.url_scheme"], host)

    def read_body(self) -> bytes:
        """The body. Raises GraphError: 413 over the limit, 400 where the client stopped short."""
        length = self.environ.get("CONTENT_LENGTH") or ""
        if length and not (length.isascii() and length.isdigit()):
            raise bad_request(f"The Content-Length '{length}' is not a number.")
        try:
            self.body = data = self._read(int(length or 0))
        except RequestEntityTooLarge as error:
            raise self._too_large() from error
        except OSError as error:
            raise bad_request("The request body ended early.") from error
        return data

    def take_body(self) -> bytes | Spooled:
        """The body, which may be on the disk. Raises GraphError as ``read_body``."""
        found = self.environ.get("fakegraph.spooled")
        if not isinstance(found, Spooled) or "HTTP_CONTENT_ENCODING" in self.environ:
            return self.read_body()
        if len(found) > self.max_body:
            raise self._too_large()
        self.taken = len(found)
        return found

    def _too_large(self) -> GraphError:
        reason = f"The request body is larger than {self.max_body} bytes, the limit."
        return GraphError(413, "RequestEntityTooLarge", reason)

    def _read(self, length: int) -> bytes:
        stream = self.environ["wsgi.input"]
        if type(stream) is BytesIO and "wsgi.input_terminated" in self.environ:
            data: bytes = stream.read()  # the server has all of it: no need to go by steps
            if max(len(data), length) > self.max_body:
                raise RequestEntityTooLarge
            return data
        return get_input_stream(self.environ, max_content_length=self.max_body).read()

    def peek_body(self) -> bytes:
        """The body, which can be read again. Raises GraphError as ``read_body``."""
        data = self.read_body()
        self.environ["wsgi.input"] = BytesIO(data)
        self.environ["CONTENT_LENGTH"] = str(len(data))
        self.environ.pop("HTTP_TRANSFER_ENCODING", None)
        return data

    @property
    def has_body(self) -> bool:
        """Whether the client said that it sends one."""
        length = self.environ.get("CONTENT_LENGTH") or "0"
        return length != "0" or "HTTP_TRANSFER_ENCODING" in self.environ

    @property
    def body_size(self) -> float:
        """How many bytes the body has as it is sent; infinite where only reading it would tell."""
        if "HTTP_TRANSFER_ENCODING" in self.environ or "HTTP_CONTENT_ENCODING" in self.environ:
            return math.inf
        length = self.environ.get("CONTENT_LENGTH") or "0"
        return int(length) if length.isascii() and length.isdigit() else 0

    def try_body(self) -> None:
        """Read the body if it can be read and was not yet, for those who only look on."""
        if not self.body and "fakegraph.spooled" not in self.environ:
            with suppress(GraphError):
                self.read_body()

    def headers(self, answer: Answer) -> Headers:
        """The headers of an answer: its own, and those that the service gives with every one."""
        headers = [
            _NO_CACHE,
            ("request-id", self.request_id),
            ("client-request-id", self.client_request_id),
            *_OF_ALL,
            *answer.headers.items(),
        ]
        if answer.content_type is not None:
            headers.append(_content_type(answer.content_type))
        if answer.status != HTTPStatus.NO_CONTENT:
            headers.append(("Content-Length", str(answer.size)))
        if self.environ["wsgi.url_scheme"] == "https":
            headers.append(("Strict-Transport-Security", "max-age=31536000"))
        return headers

    def send(
        self, answer: Answer, headers: Headers, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Send an answer."""
        start_response(_status_line(answer.status), headers)
        if self.method == "HEAD":
            return [b""]
        return [answer.body] if answer.part is None else answer.part

    def refusal(self, error: GraphError, now: Instant) -> Answer:
        """The service's error envelope; ``now`` is the tenant's time."""
        body: dict[str, Any] = {"code": error.code, "message": error.message}
        if error.target is not None:
            body["target"] = error.target
        if error.details:
            body["details"] = [
                {"code": problem.code, "message": problem.message, "target": problem.target}
                for problem in error.details
            ]
        body["innerError"] = {
            **error.inner,
            "date": format_instant(now)[:19],
            "request-id": self.request_id,
            "client-request-id": self.client_request_id,
        }
        data = orjson.dumps({"error": body})
        return Answer(error.status, data, "application/json", error.headers)


@lru_cache(maxsize=64)
def _content_type(media_type: str) -> tuple[str, str]:
    return ("Content-Type", media_type)


def _status_line(status: int) -> str:
    return _STATUS_LINES.get(status) or f"{status} Unknown"


def _own_host(environ: WSGIEnvironment) -> str:
    name, port = environ["SERVER_NAME"], environ["SERVER_PORT"]
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def _coded(text: str) -> str:
    """A part of a target, percent-encoded where a server lets other bytes pass than ASCII's.

    PEP 3333 has each byte be a character.
    """
    return quote(text.encode("latin-1", "replace"), safe=_ASCII)
