"""A connection: uvicorn's, with what no app could do: limits, refusals, and faults on the wire.

What is used of uvicorn's ``HttpToolsProtocol`` beyond asyncio's and the parser's methods:
``_start_asgi_task``, ``on_response_complete``, ``pipeline``, ``flow``, ``cycle``, ``headers``,
``url``, ``scope``, ``tasks``; of its cycle ``run_asgi``, ``body``, ``more_body``, ``keep_alive``,
``waiting_for_100_continue``, ``response_started`` and ``response_complete``. ``tests/serving`` fail
when an upgrade moves one of them; then its bound in setup.cfg stays where it is.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import types
from collections.abc import Coroutine, Generator
from contextlib import suppress
from functools import partial
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
from fakegraph.serving.adapter import logger
from fakegraph.web import head
from fakegraph.web.head import Refused
from fakegraph.web.wsgi import error_answer

_ABORT = struct.pack("ii", 1, 0)  # linger on, for no time: closing sends RST in place of FIN
_HANDSHAKE = 0x16  # how what speaks TLS begins
_PIECES = 20  # of a body that is sent slowly
_STEP = 8 * 1024  # bytes that are parsed at once: a few milliseconds' work, whatever they are
_SENT_HTTP = "This port speaks https, and was sent http."


class _Unread(Exception):
    """Stops the parser: nothing more is read on this connection."""


class Connection(HttpToolsProtocol):
    """One client's connection. Requests are answered one after the other, each when it is whole.

    ``effects`` are how the next answer is to be disturbed.
    """

    def __init__(self, *arguments: Any, hall: limits.Hall, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=False)
        self.effects: dict[str, Any] = {}
        self._hall = hall
        self._inner = partial(Connection, *arguments, hall=hall, **named)
        self._beneath: asyncio.Transport | None = None  # what TLS goes over
        self._answering: RequestResponseCycle | None = None
        self._refusal: Refused | None = None
        self._rest = b""  # what came and is not parsed yet
        self._too_large: RequestResponseCycle | None = None  # its body is not read
        self._unread = False  # nothing that still comes is
        self._begun = self._in_head = False
        self._received = self._kept = 0  # bytes: of the request, and of its body in memory

    @property
    def ends(self) -> bool:
        """Whether the connection ends with the answer that is being made."""
        return self._hall.closing or not (self._answering and self._answering.keep_alive)

    @property
    def body(self) -> bytes | bytearray | None:
        """The body of the request that is being answered; None where it was too large."""
        answering = self._answering
        return None if answering is None or answering is self._too_large else answering.body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        if self._hall.enter(self):
            self._advance()
        elif self._speaks_as_agreed:
            reason = "All the connections that there may be are waiting for their answers."
            self._refuse(Refused(HTTPStatus.SERVICE_UNAVAILABLE, reason))
            self._advance()
        else:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._hall.leave(self)
        self._release()
        self.pipeline.clear()
        if self.transport is not None:
            super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client that says no more may still listen for the answer that is being made."""
        self._read_no_more()
        if self._answering is not None:
            self._answering.keep_alive = False
        return self._answering is not None and self.transport.can_write_eof()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._advance()

    def give_up(self) -> None:
        """The client has taken too long."""
        if self._begun and not (self._unread or self.flow.write_paused):
            reason = "The rest of the request did not come."
            self._refuse(Refused(HTTPStatus.REQUEST_TIMEOUT, reason))
            self._advance()
        else:
            self.abort()

    def shutdown(self) -> None:
        """The server stops: end when what is under way is answered and sent."""
        if self._answering is None:
            self._close()

    def abort(self) -> None:
        """End now, without a word."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._unread:
            return
        if self._speaks_as_agreed:
            self._rest += data
            self._advance()
        else:
            self._pass_on(data)

    @property
    def _speaks_as_agreed(self) -> bool:
        """Whether what comes is HTTP, and no TLS has to be spoken first."""
        return self._hall.tls is None or self.scheme != "http"

    def _pass_on(self, data: bytes) -> None:
        if data[0] == _HANDSHAKE:
            self.transport.pause_reading()
            self._task = self.loop.create_task(self._speak_tls(data))
        else:
            self.transport.write(error_answer(HTTPStatus.BAD_REQUEST, _SENT_HTTP, last=True))
            self.transport.close()

    async def _speak_tls(self, first: bytes) -> None:
        """Have another one of these go on with this connection, inside TLS."""
        from fakegraph.web.tls import start_tls

        if self._hall.tls is None or self.transport.is_closing():
            return
        inner = self._inner()
        inner._beneath = self.transport
        secured = await start_tls(self.transport, first, inner, self._hall.tls)
        self._hall.leave(self)
        self.connections.discard(self)
        if secured is not None and not secured.is_closing():
            inner.connection_made(secured)

    def _read(self) -> None:
        """Parse some of what came."""
        data, self._rest = self._rest[:_STEP], self._rest[_STEP:]
        begun = self._begun
        self._received += len(data)
        try:
            while data:
                data = self._parse(data)
            self._check_size()
        except Refused as refusal:
            self._refuse(refusal)
        except _Unread:
            self._read_no_more()
        if self._begun and not begun:
            self._hall.waits(self, limits.REQUEST_TIMEOUT)

    def _read_no_more(self) -> None:
        self._unread, self._rest = True, b""

    def _parse(self, data: bytes) -> bytes:
        """Parse; what has to be parsed next comes back where an upgrade was asked for."""
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            # Clients of HTTP/2 may offer to switch. Not taking up the offer is a server's right,
            # but the parser stops before the body then: let it read the same without the offer.
            method, version = self.parser.get_method(), self.parser.get_http_version()
            again = head.without_upgrade(method, version, self.url, self.headers)
            return again + data[upgrade.args[0] :]
        except HttpParserCallbackError as error:
            if isinstance(error.__context__, Refused | _Unread):
                raise error.__context__ from None
            logger.exception("error in reading a request")
            raise Refused(HTTPStatus.BAD_REQUEST, "The request cannot be read.") from error
        except HttpParserInvalidMethodError as error:
            reason = "What was sent does not begin with an HTTP method."
            raise Refused(HTTPStatus.NOT_IMPLEMENTED, reason) from error
        except HttpParserError as error:
            reason = f"This is not valid HTTP/1.1: {error}."
            raise Refused(HTTPStatus.BAD_REQUEST, reason) from error
        return b""

    def _check_size(self) -> None:
        if not self._begun:
            self._received = 0
        elif self._in_head and self._received > head.MAX_HEAD:
            raise head.too_large()
        elif self._received > head.MAX_HEAD + limits.CHUNKING * self._hall.max_body:
            reason = "The chunks of the body say next to nothing."
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)

    # What follows is called by the parser.

    def on_message_begin(self) -> None:
        self._begun = self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # else a trailer after the last chunk, which may be dropped
            super().on_header(name, value.strip(b" \t"))

    def on_headers_complete(self) -> None:
        self._in_head = False
        method, version = self.parser.get_method(), self.parser.get_http_version()
        length = head.check(method, version, self.url, self.headers)
        if self.parser.should_upgrade():
            return  # the same request comes again, without the offer
        if not self.url.startswith(b"/"):
            self.url, self.headers[:] = head.origin_form(self.url, self.headers)
        self.scope["extensions"] = {"fakegraph.connection": self, "fakegraph.target": self.url}  # type: ignore[dict-item]
        super().on_headers_complete()
        self.cycle.keep_alive = self.parser.should_keep_alive()
        self.cycle.waiting_for_100_continue &= version == "1.1"
        if length > self._hall.max_body:
            self._give_up_body()

    def on_body(self, body: bytes) -> None:
        self.cycle.waiting_for_100_continue = False
        self.cycle.body += body
        self._kept += len(body)
        self._hall.unfinished += len(body)
        if len(self.cycle.body) > self._hall.max_body:
            self._give_up_body()
        if self._hall.unfinished > limits.UNFINISHED_BODIES:
            reason = "Too many request bodies are under way. Try again later."
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, reason)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._begun, self._received = False, 0
        self._release()
        super().on_message_complete()
        if not self.cycle.keep_alive:
            raise _Unread

    def _give_up_body(self) -> None:
        self._too_large, self._begun = self.cycle, False
        self._release()
        self.cycle.more_body = self.cycle.keep_alive = False
        raise _Unread

    def _release(self) -> None:
        self._hall.unfinished -= self._kept
        self._kept = 0

    def _refuse(self, refusal: Refused) -> None:
        """End the connection with this answer, after those that are under way."""
        self._refusal, self._begun = refusal, False
        self._read_no_more()
        self._release()
        if self.pipeline and self.pipeline[0][0].more_body:
            self.pipeline.popleft()

    # Answering.

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.pipeline.appendleft((cycle, app))

    def on_response_complete(self) -> None:
        """uvicorn has sent a 500, since our own answer failed; it logged why."""
        self.abort()

    def _advance(self) -> None:
        """Take a step: parse some of what came, answer a request that is whole. Other connections
        have their turn before the next step, and until then this one is read no further.
        """
        if self.transport is None or self.transport.is_closing():
            return
        if self._free():
            self._step()
        if self._rest or self._refusal or self._whole():
            self.flow.pause_reading()
            if self._free():
                self.loop.call_soon(self._advance)
        else:
            self.flow.resume_reading()

    def _step(self) -> None:
        if self._rest and not self._whole():
            self._read()
        if self._whole():
            self._hall.busy(self)
            self._answering, app = self.pipeline.pop()
            self._run(self._answering.run_asgi(app))
        elif self._refusal is not None:
            refusal, self._refusal = self._refusal, None
            self.transport.write(error_answer(refusal.status, refusal.reason, last=True))
            self._finish()
        elif self.pipeline and self.pipeline[-1][0].waiting_for_100_continue and not self._rest:
            self.pipeline[-1][0].waiting_for_100_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _whole(self) -> bool:
        return bool(self.pipeline) and not self.pipeline[-1][0].more_body

    def _free(self) -> bool:
        waiting = self._answering is not None or self.flow.write_paused
        return not (waiting or self.transport.is_closing())

    def _run(self, answer: Coroutine[Any, Any, None]) -> None:
        """Run at once: most answers are ready without waiting, and a task is a turn of the loop."""
        try:
            future = answer.send(None)
        except StopIteration:
            return
        task = self.loop.create_task(_rest(answer, future))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        task.add_done_callback(lambda _: self._advance())

    def disturb(self, **effects: Any) -> None:
        """Have the connection reset where the answer would have been (``drop``); or break off in
        the middle of the answer's body (``truncate``); or let the body take ``body_seconds``.
        """
        self.effects = effects

    async def send_disturbed(self, data: bytes, body_size: int) -> bytes:
        """Send an answer, whose last bytes are the body, as ``disturb`` was told to.

        What comes back is what is still to be sent of it.
        """
        effects, self.effects = self.effects, {}
        if effects.get("drop") and not self.transport.is_closing():
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            self.transport.abort()
        if effects.get("truncate") and self._answering is not None:
            data = data[: len(data) - (body_size + 1) // 2]
            body_size //= 2
            self._answering.keep_alive = False
        seconds, start = effects.get("body_seconds", 0.0), len(data) - body_size
        pieces = _PIECES if seconds else 1
        cuts = [0, *(start + body_size * piece // pieces for piece in range(1, pieces))]
        for begin, end in pairwise(cuts):
            if self.transport.is_closing():
                break
            self.transport.write(data[begin:end])
            await asyncio.sleep(seconds / (pieces - 1))
        return data[cuts[-1] :]

    def end_answer(self, data: bytes) -> None:
        """Send an answer, or what is left of it, and be ready for the next request."""
        cycle, ends = self._answering, self.ends
        assert cycle is not None
        if not self.transport.is_closing():
            self.transport.write(data)
        cycle.response_started = cycle.response_complete = True
        self._answering = None
        if ends:
            self._finish()
        else:
            wait = limits.REQUEST_TIMEOUT if self._begun else limits.IDLE_TIMEOUT
            self._hall.waits(self, wait)

    def _finish(self) -> None:
        """All was said. What the client still sends is thrown away for a while, because closing a
        socket with unread bytes could take the answer from the client.
        """
        self._read_no_more()
        self.pipeline.clear()
        if self.transport.is_closing():
            return
        if self._hall.closing or not self.transport.can_write_eof():
            self._hall.waits(self, limits.SEND_TIMEOUT)
            self._close()
            return
        unsent = self.transport.get_write_buffer_size() > 0
        self._hall.waits(self, limits.SEND_TIMEOUT if unsent else limits.DRAIN_TIMEOUT)
        with suppress(OSError):  # the client may have gone
            self.transport.write_eof()
        self.flow.resume_reading()

    def _close(self) -> None:
        """End when all is sent. In TLS clients say goodbye too, for which a stop does not wait."""
        if not self.transport.is_closing():
            self.transport.close()
        if self._hall.closing and self._beneath and not self._beneath.get_write_buffer_size():
            self._beneath.abort()


@types.coroutine
def _rest(coroutine: Coroutine[Any, Any, None], future: Any) -> Generator[Any, Any, None]:
    """The rest of a coroutine that waits for a future, for a task to run."""
    with suppress(StopIteration):
        while True:
            try:
                yield future
            except BaseException as error:
                future = coroutine.throw(error)
            else:
                future = coroutine.send(None)
