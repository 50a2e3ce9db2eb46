"""A connection: it is answered in order, and disturbed where a test wants it.

What is used of uvicorn's ``HttpToolsProtocol`` beyond asyncio's and the parser's methods, here and
in ``web.reading``: ``_start_asgi_task``, ``on_response_complete``, ``pipeline``, ``flow``,
``cycle``, ``headers``, ``url``, ``scope``, ``tasks``; of its cycle ``run_asgi``, ``body``,
``more_body``, ``keep_alive``, ``waiting_for_100_continue``, ``disconnected`` and
``response_complete``. ``tests/serving`` fail when an upgrade moves one of them; its bound in
setup.cfg then stays.
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

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from fakegraph.serving import limits
from fakegraph.web.head import Refused
from fakegraph.web.reading import Reader
from fakegraph.web.wsgi import error_answer

_ABORT = struct.pack("ii", 1, 0)  # linger on, for no time: closing sends RST in place of FIN
_HANDSHAKE = 0x16  # how what speaks TLS begins
_PIECES = 20  # of a body that is sent slowly
_RECORD_HEAD = 5  # bytes: kind, version, and in the last two the length of the rest
_SENT_HTTP = "This port speaks https, and was sent http."


class Connection(Reader):
    """One client's connection. Requests are answered one after the other, each when it is whole.

    ``effects`` are how the next answer is to be disturbed.
    """

    def __init__(self, *arguments: Any, hall: limits.Hall, **named: Any) -> None:
        super().__init__(*arguments, bodies=hall, **named)
        self.effects: dict[str, Any] = {}
        self._hall = hall
        self._inner = partial(Connection, *arguments, hall=hall, **named)
        self._beneath: asyncio.Transport | None = None  # what TLS goes over
        self._answering: RequestResponseCycle | None = None
        self._hello = b""  # what came of how TLS begins
        self._heard_all = False  # the client says no more

    @property
    def ends(self) -> bool:
        """Whether the connection ends with the answer that is being made."""
        return self._hall.closing or not (self._answering and self._answering.keep_alive)

    @property
    def body(self) -> bytes | bytearray | None:
        """The body of the request that is being answered; None where it was too large."""
        answering = self._answering
        return None if answering is None or answering is self.too_large else answering.body

    def gone(self) -> bool:
        """Whether the client has left, or said that it says no more. Any thread may ask."""
        return self._heard_all or self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        if self._hall.enter(self):
            self._advance()
        elif self._speaks_as_agreed:
            reason = "All the connections that there may be are waiting for their answers."
            self.refuse(Refused(HTTPStatus.SERVICE_UNAVAILABLE, reason))
            self._advance()
        else:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._hall.leave(self)
        self.release()
        self.pipeline.clear()
        if self._answering is not None:  # whose answer uvicorn need not miss
            self._answering.response_started = self._answering.response_complete = True
        if self.transport is not None:
            super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client that says no more may still listen for the answer that is being made."""
        self._heard_all = True
        self.read_no_more()
        if self._answering is not None:
            self._answering.keep_alive = False
        return self._answering is not None and self.transport.can_write_eof()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._advance()

    def give_up(self) -> None:
        """The client has taken too long."""
        if self.begun and not (self.unread or self.flow.write_paused):
            reason = "The rest of the request did not come."
            self.refuse(Refused(HTTPStatus.REQUEST_TIMEOUT, reason))
            self._advance()
        else:
            self.abort()

    def shutdown(self) -> None:
        """The server stops: end when what is under way is answered and sent."""
        if self._answering is None:
            self._close()

    def abort(self) -> None:
        """End now, without a word."""
        if self._answering is not None:
            self._answering.disconnected = True
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.unread:
            return
        if self._speaks_as_agreed:
            self.unparsed += data
            self._advance()
        else:
            self._pass_on(data)

    @property
    def _speaks_as_agreed(self) -> bool:
        """Whether what comes is HTTP, and no TLS has to be spoken first."""
        return self._hall.tls is None or self.scheme != "http"

    def _pass_on(self, data: bytes) -> None:
        self._hello += data
        if self._hello[0] == _HANDSHAKE:
            # What speaks TLS takes a quarter of a megabyte: not for those who only begin to.
            size = _RECORD_HEAD + int.from_bytes(self._hello[3:_RECORD_HEAD], "big")
            if len(self._hello) >= max(size, _RECORD_HEAD):
                self.transport.pause_reading()
                self._task = self.loop.create_task(self._speak_tls(self._hello))
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
        if self.unparsed or self.refusal or self._whole():
            self.flow.pause_reading()
            if self._free():
                self.loop.call_soon(self._advance)
        else:
            self.flow.resume_reading()

    def _step(self) -> None:
        if self.unparsed and not self._whole():
            begun = self.begun
            self.read()
            if self.begun and not begun:
                self._hall.waits(self, limits.REQUEST_TIMEOUT)
        if self._whole():
            self._hall.busy(self)
            self._answering, app = self.pipeline.pop()
            self._run(self._answering.run_asgi(app))
        elif self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            self.transport.write(error_answer(refusal.status, refusal.reason, last=True))
            self._finish()
        elif self.pipeline and self.pipeline[-1][0].waiting_for_100_continue and not self.unparsed:
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
        pieces = _PIECES if seconds and body_size else 1
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
            wait = limits.REQUEST_TIMEOUT if self.begun else limits.IDLE_TIMEOUT
            self._hall.waits(self, wait)

    def _finish(self) -> None:
        """All was said. What the client still sends is thrown away for a while, because closing a
        socket with unread bytes could take the answer from the client.
        """
        self.read_no_more()
        self.pipeline.clear()
        if self.transport.is_closing():
            return
        if self._hall.closing or self._heard_all or not self.transport.can_write_eof():
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
