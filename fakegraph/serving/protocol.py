"""A connection: uvicorn's, with what no app could do: limits, refusals, and faults on the wire.

What is used of uvicorn's ``HttpToolsProtocol`` beside its public face: ``_start_asgi_task``,
``pipeline``, ``flow``, ``cycle``, ``headers``, ``url``, ``scope``, and of its cycle ``run_asgi``,
``body``, ``more_body``, ``waiting_for_100_continue``, ``response_started``, ``response_complete``.
The bound of its version in setup.cfg goes up when ``tests/serving`` pass with the new one.

The grammar is llhttp's, in its strict form: what two parsers could read in two ways (two lengths, a
length and chunks, folded headers, bare line feeds) is refused. (RFC 9112)
"""

from __future__ import annotations

import asyncio
import socket
import struct
import types
from collections.abc import Coroutine, Generator
from contextlib import suppress
from http import HTTPStatus
from itertools import pairwise
from typing import Any

from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserUpgrade,
)
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from fakegraph.serving import limits
from fakegraph.serving.adapter import error_answer, logger

_ABORT = struct.pack("ii", 1, 0)  # linger on, for no time: closing sends RST in place of FIN
_PIECES = 20  # of a body that is sent slowly
_HOST, _LENGTH, _CODING, _EXPECT = b"host", b"content-length", b"transfer-encoding", b"expect"
_TELLING = frozenset((_CODING, _EXPECT))
_LONGEST_LENGTH = 19  # digits of 2 to the power of 63


class Refused(Exception):
    """What was sent cannot be served as a request, and the connection cannot go on."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class _Unread(Exception):
    """Stops the parser: nothing more is read on this connection."""


class Connection(HttpToolsProtocol):
    """One client's connection. Requests are answered one after the other, each when it is whole.

    ``answering`` is the cycle of the request that is being answered. ``ends``: the connection ends
    with its answer. ``too_large``: the last request had a body over the limit, which was not read.
    """

    def __init__(self, *arguments: Any, hall: limits.Hall, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=False)
        self.hall = hall
        self.answering: RequestResponseCycle | None = None
        self.too_large = False
        self.refusal: Refused | None = None
        self._early = b""  # what came before the transport was there
        self._unread = False  # nothing more is read as a request
        self._begun = self._in_head = False
        self._received = self._kept = 0
        self._advancing = False
        self._effects: dict[str, Any] = {}

    @property
    def ends(self) -> bool:
        """Whether the connection ends with the answer that is being made."""
        cycle = self.answering
        return self.hall.closing or cycle is None or not cycle.keep_alive

    @property
    def body(self) -> bytes:
        """The body of the request that is being answered."""
        return b"" if self.answering is None else self.answering.body

    # What the loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self.hall.enter(self, limits.REQUEST_TIMEOUT)
        early, self._early = self._early, b""
        if early:
            self.data_received(early)

    def connection_lost(self, exc: Exception | None) -> None:
        self.hall.leave(self)
        self._release()
        self.pipeline.clear()
        if self.transport is not None:
            super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client that says no more may still listen: what it is waiting for is sent."""
        self._unread = True
        waits = self.answering is not None and self.transport.can_write_eof()
        if waits and self.answering is not None:
            self.answering.keep_alive = False
        return waits

    def resume_writing(self) -> None:
        super().resume_writing()
        self._advance()

    def data_received(self, data: bytes) -> None:
        if self.transport is None:
            self._early += data
        if self.transport is None or self._unread or self.transport.is_closing():
            return
        begun = self._begun
        self._received += len(data)
        try:
            while data:
                data = self._parse(data)
            self._check_size()
        except Refused as refusal:
            self._refuse(refusal)
        except _Unread:
            self._unread = True
        if self._begun and not begun:
            self.hall.waits(self, limits.REQUEST_TIMEOUT)
        self._advance()

    def give_up(self) -> None:
        """The client has taken too long."""
        if self._begun and not self._unread:
            self._refuse(
                Refused(HTTPStatus.REQUEST_TIMEOUT, "The rest of the request did not come.")
            )
            self._advance()
        else:
            self.abort()

    def shutdown(self) -> None:
        """The server stops."""
        if self.answering is None and not self.transport.get_write_buffer_size():
            self.transport.close()

    def abort(self) -> None:
        """End the connection now, without a word."""
        self.transport.abort()

    # Reading. The methods without a docstring are called by the parser.

    def _parse(self, data: bytes) -> bytes:
        """Parse; what has to be parsed next comes back where an upgrade was asked for."""
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            # Clients of HTTP/2 may offer to switch. Not taking up the offer is a server's right,
            # but the parser stops before the body then: let it read the same without the offer.
            return self._head_without_upgrade() + data[upgrade.args[0] :]
        except HttpParserCallbackError as error:
            cause = error.__context__
            if isinstance(cause, Refused | _Unread):
                raise cause from None
            logger.exception("error in reading a request")
            raise Refused(HTTPStatus.BAD_REQUEST, "The request cannot be read.") from error
        except HttpParserInvalidMethodError as error:
            reason = "What was sent does not begin with an HTTP method."
            raise Refused(HTTPStatus.NOT_IMPLEMENTED, reason) from error
        except HttpParserError as error:
            reason = f"This is not valid HTTP/1.1: {error}."
            raise Refused(HTTPStatus.BAD_REQUEST, reason) from error
        return b""

    def _head_without_upgrade(self) -> bytes:
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (method, self.url, version)]
        lines += [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def _check_size(self) -> None:
        if not self._begun:
            self._received = 0
        elif self._in_head and self._received > limits.MAX_HEAD:
            raise _head_too_large()
        elif self._received > limits.MAX_HEAD + limits.CHUNKING * self.hall.max_body:
            reason = "The chunks of the body say next to nothing."
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)

    def on_message_begin(self) -> None:
        self._begun = self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # else a trailer after the last chunk, which may be dropped
            super().on_header(name, value.rstrip(b" \t"))

    def on_headers_complete(self) -> None:
        self._in_head = False
        fields = dict(self.headers)
        if self._received > limits.MAX_HEAD and self._head_size() > limits.MAX_HEAD:
            raise _head_too_large()
        self._check_kind(fields)
        if len(fields) < len(self.headers) or not _TELLING.isdisjoint(fields):
            _check_fields(self.headers)
        if self.parser.should_upgrade():
            return  # the same request comes again, without the offer
        if not self.url.startswith(b"/"):
            self._make_origin_form()
        self.scope["extensions"] = {"fakegraph.connection": self}  # type: ignore[dict-item]
        self.scope["fakegraph.target"] = self.url.decode("ascii")  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()
        self.cycle.keep_alive = self.parser.should_keep_alive()
        if self.scope["http_version"] == "1.0":
            self.cycle.waiting_for_100_continue = False
        if _length(fields) > self.hall.max_body:
            self._give_up_body()

    def on_body(self, body: bytes) -> None:
        cycle = self.cycle
        cycle.waiting_for_100_continue = False
        cycle.body += body
        self._kept += len(body)
        self.hall.unfinished += len(body)
        if len(cycle.body) > self.hall.max_body:
            self._give_up_body()
        if self.hall.unfinished > limits.UNFINISHED_BODIES:
            reason = "Too many request bodies are under way. Try again later."
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, reason)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._begun = False
        self._release()
        super().on_message_complete()
        if not self.cycle.keep_alive:
            raise _Unread

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _check_kind(self, fields: dict[bytes, bytes]) -> None:
        version = self.parser.get_http_version()
        if version == "1.1":
            if _HOST not in fields:
                raise _wrong_hosts(0)
        elif version != "1.0":
            reason = "This server speaks HTTP/1.1 and HTTP/1.0."
            raise Refused(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, reason)
        if self.parser.get_method() == b"CONNECT":
            raise Refused(HTTPStatus.NOT_IMPLEMENTED, "This server is not a proxy.")

    def _make_origin_form(self) -> None:
        """``GET http://host/path``, as proxies are asked, means the path on that host (3.2.2)."""
        scheme, found, rest = self.url.partition(b"://")
        if scheme.lower() not in (b"http", b"https") or not found:
            reason = "The request target has to be a path or a URL."
            raise Refused(HTTPStatus.BAD_REQUEST, reason)
        cut = min(rest.find(mark) if mark in rest else len(rest) for mark in (b"/", b"?"))
        authority, path = rest[:cut], rest[cut:]
        self.url = path if path.startswith(b"/") else b"/" + path
        self.headers[:] = [field for field in self.headers if field[0] != _HOST]
        self.headers.append((_HOST, authority))

    def _give_up_body(self) -> None:
        self.too_large = True
        self._begun = False
        self._release()
        self.cycle.more_body = self.cycle.keep_alive = False
        raise _Unread

    def _release(self) -> None:
        self.hall.unfinished -= self._kept
        self._kept = 0

    def _refuse(self, refusal: Refused) -> None:
        """End the connection with this answer, after those that are under way."""
        self.refusal = refusal
        self._unread = True
        self._begun = False
        self._release()
        if self.pipeline and self.pipeline[0][0].more_body:
            self.pipeline.popleft()

    # Answering.

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.pipeline.appendleft((cycle, app))

    def _advance(self) -> None:
        """Answer, one after the other, the requests that are whole; then wait for the client."""
        if self._advancing or self.transport.is_closing():
            return
        self._advancing = True
        while self._ready():
            self.hall.busy(self)
            self.answering, app = self.pipeline.pop()
            self._take_step(self.answering, self.answering.run_asgi(app))
        self._advancing = False
        if self.answering is not None or self.transport.is_closing():
            return
        if self.refusal is not None:
            self.transport.write(error_answer(self.refusal.status, self.refusal.reason, last=True))
            self._finish()
            return
        self.flow.resume_reading()
        if self.pipeline and self.pipeline[-1][0].waiting_for_100_continue:
            self.pipeline[-1][0].waiting_for_100_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _ready(self) -> bool:
        return (
            self.answering is None
            and bool(self.pipeline)
            and not self.pipeline[-1][0].more_body
            and not self.transport.is_closing()
        )

    def _take_step(self, cycle: RequestResponseCycle, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run at once: most answers are ready without waiting, and a task is a turn of the loop."""
        try:
            future = coroutine.send(None)
        except StopIteration:
            self._check_answered(cycle)
            return
        task = self.loop.create_task(self._go_on(cycle, coroutine, future))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    async def _go_on(
        self, cycle: RequestResponseCycle, coroutine: Coroutine[Any, Any, None], future: Any
    ) -> None:
        await _resumed(coroutine, future)
        self._check_answered(cycle)
        self._advance()

    def _check_answered(self, cycle: RequestResponseCycle) -> None:
        if not cycle.response_complete:
            self.abort()

    def on_response_complete(self) -> None:
        """uvicorn has sent a 500 of its own, since our answer failed; it logged why."""
        self.abort()

    def disturb(self, **effects: Any) -> None:
        """Have the connection reset where the answer would have been (``drop``); or break off in
        the middle of the answer's body (``truncate``); or let the body take ``body_seconds``.
        """
        self._effects = effects

    async def answer(self, data: bytes, body_size: int) -> None:
        """Send an answer whose last bytes are the body, as ``disturb`` was told to."""
        cycle, effects = self.answering, self._effects
        assert cycle is not None
        ends = self.ends
        if self.transport.is_closing():
            pass
        elif not effects:
            self.transport.write(data)
        elif effects.get("drop"):
            self._reset()
        else:
            await self._send_disturbed(data, body_size, **effects)
            ends = ends or bool(effects.get("truncate"))
        cycle.response_started = cycle.response_complete = True
        self._effects = {}
        self.answering = None
        self.server_state.total_requests += 1
        if ends:
            self._finish()
        else:
            wait = limits.REQUEST_TIMEOUT if self._begun else limits.IDLE_TIMEOUT
            self.hall.waits(self, wait)

    async def _send_disturbed(
        self, data: bytes, body_size: int, truncate: bool = False, body_seconds: float = 0.0
    ) -> None:
        head, end = len(data) - body_size, len(data)
        if truncate:
            end -= (body_size + 1) // 2
        pieces = _PIECES if body_seconds else 1
        cuts = [head + (end - head) * piece // pieces for piece in range(1, pieces + 1)]
        self.transport.write(data[: cuts[0]])
        for start, stop in pairwise(cuts):
            await asyncio.sleep(body_seconds / (pieces - 1))
            self.transport.write(data[start:stop])

    def _reset(self) -> None:
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self.transport.abort()

    def _finish(self) -> None:
        """All was said. What the client still sends is thrown away for a while, because closing a
        socket with unread bytes could take the answer from the client.
        """
        self._unread = True
        self.pipeline.clear()
        if self.transport.is_closing():
            return
        if (self.too_large or self.refusal is not None) and self.transport.can_write_eof():
            with suppress(OSError):  # the client may have gone
                self.transport.write_eof()
            self.flow.resume_reading()
            self.hall.waits(self, limits.DRAIN_TIMEOUT)
        else:
            self.hall.waits(self, limits.SEND_TIMEOUT)
            self.transport.close()


@types.coroutine
def _resumed(coroutine: Coroutine[Any, Any, None], future: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that waits for a future, within a task."""
    while True:
        error: BaseException | None = None
        try:
            yield future
        except BaseException as raised:
            error = raised
        try:
            future = coroutine.send(None) if error is None else coroutine.throw(error)
        except StopIteration:
            return


def _length(fields: dict[bytes, bytes]) -> int:
    digits = fields.get(_LENGTH, b"0").lstrip(b"0") or b"0"
    if len(digits) > _LONGEST_LENGTH or not digits.isdigit():
        raise Refused(HTTPStatus.BAD_REQUEST, "The Content-Length is not a length.")
    return int(digits)


def _head_too_large() -> Refused:
    return Refused(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"The request line and the headers may have {limits.MAX_HEAD} bytes together.",
    )


def _check_fields(headers: list[tuple[bytes, bytes]]) -> None:
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
