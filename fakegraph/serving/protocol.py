"""A connection: it is answered in order, and disturbed where a test wants it.

What is used of uvicorn's ``HttpToolsProtocol`` beyond asyncio's and the parser's methods, here and
in ``web.reading``: ``on_response_complete``, ``pipeline``, ``flow``, ``cycle``, ``headers``,
``url``, ``tasks``, ``client``, ``app``; of its cycle how it is made, ``run_asgi``, ``body``,
``more_body``, ``keep_alive``, ``waiting_for_100_continue``, ``disconnected`` and
``response_complete``. ``tests/serving`` fail when an upgrade moves one of them; its bound in
setup.cfg then stays.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from fakegraph.chunks import Part, Spooled
from fakegraph.web import limits
from fakegraph.web.disturbance import send_disturbed
from fakegraph.web.hall import Hall
from fakegraph.web.head import Refused
from fakegraph.web.loops import run_at_once
from fakegraph.web.reading import Reader, no_room
from fakegraph.web.sending import send_part
from fakegraph.web.wsgi import error_answer


class Connection(Reader):
    """One client's connection. Requests are answered one after the other, each when it is whole.

    ``beneath``: what TLS goes over, where that is spoken.
    """

    def __init__(self, *arguments: Any, hall: Hall, **named: Any) -> None:
        super().__init__(*arguments, room=hall, **named)
        self.beneath: asyncio.Transport | None = None
        self.environ: dict[str, Any] = {}  # what is the same for all of its requests
        self._hall = hall
        self._effects: dict[str, Any] = {}
        self._answering: RequestResponseCycle | None = None

    @property
    def ends(self) -> bool:
        """Whether the connection ends with the answer that is being made."""
        return self._hall.closing or not (self._answering and self._answering.keep_alive)

    @property
    def body(self) -> bytes | bytearray | Spooled | None:
        """The body of the request that is being answered; None where it was too large."""
        return None if self._answering is None else self.body_of(self._answering)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        if not self._hall.enter(self):
            self.refuse(no_room())
        self._advance()

    def connection_lost(self, exc: Exception | None) -> None:
        self._hall.leave(self)
        self.release()
        self.drop_spools()
        self.pipeline.clear()
        if self._answering is not None:  # whose answer uvicorn need not miss
            self._answering.response_started = self._answering.response_complete = True
        if self.transport is not None:
            super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client that says no more may still listen for the answer that is being made."""
        self.heard_all = True
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
        if not self.unread:
            self.unparsed += data
            self._advance()

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
        if self.transport is None:
            return
        if self.unparsed or self.refusal or self.whole:
            self.flow.pause_reading()
            if self._free():
                self.loop.call_soon(self._advance)
        else:
            self.flow.resume_reading()

    def _step(self) -> None:
        if self.unparsed and not (self.whole or self.way):
            begun = self.begun
            self.read()
            if self.begun and not begun:
                self._hall.waits(self, limits.REQUEST_TIMEOUT)
        if self.whole:
            self._hall.busy(self)
            self._answering, app = self.pipeline.pop()
            task = run_at_once(self.loop, self._answering.run_asgi(app))
            if task is not None:
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
                task.add_done_callback(lambda _: self._advance())
        elif self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            self.transport.write(error_answer(refusal.status, refusal.reason, last=True))
            self._finish()
        elif self.way is not None:
            self._hall.leave(self)
            self.way(self, self._hall)
        elif self.wants_word:
            self.pipeline[-1][0].waiting_for_100_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _free(self) -> bool:
        waiting = self._answering is not None or self.flow.write_paused
        return not (waiting or self.transport.is_closing())

    def disturb(self, **effects: Any) -> None:
        """Spoil the next answer; ``web.disturbance`` says with what."""
        self._effects = effects

    async def answer(self, data: bytes, body_size: int, part: Part | None = None) -> None:
        """Send an answer, whose last bytes are the body, and be ready for the next request.
        A part is sent behind them as the client takes it.
        """
        cycle, effects, self._effects = self._answering, self._effects, {}
        assert cycle is not None
        if effects:
            if part is not None:
                data, body_size, part = data + b"".join(part), part.size, None
            cycle.keep_alive &= not effects.get("truncate")
            data = await send_disturbed(self.transport, data, body_size, effects)
        if not self.transport.is_closing():
            self.transport.write(data)
        if part is not None:
            heard = partial(self._hall.waits, self, limits.SEND_TIMEOUT)
            await send_part(part, self.transport, self.flow.drain, heard)
        ends, cycle.response_started, cycle.response_complete = self.ends, True, True
        self._answering = None
        if ends:
            self._finish()
        else:
            self._hall.waits(self, limits.REQUEST_TIMEOUT if self.begun else limits.IDLE_TIMEOUT)

    def _finish(self) -> None:
        """All was said. What the client still sends is thrown away for a while: closing a socket
        with unread bytes could take the answer from it. In TLS the client closes, after too much.
        """
        drains = self.too_large is not None or self.transport.can_write_eof()
        self.read_no_more()
        self.pipeline.clear()
        if self.transport.is_closing():
            return
        if self._hall.closing or self.heard_all or not drains:
            self._hall.waits(self, limits.SEND_TIMEOUT)
            self._close()
            return
        unsent = self.transport.get_write_buffer_size() > 0
        self._hall.waits(self, limits.SEND_TIMEOUT if unsent else limits.DRAIN_TIMEOUT)
        with suppress(OSError, NotImplementedError):  # the client may have gone; no sides in TLS
            self.transport.write_eof()
        self.flow.resume_reading()

    def _close(self) -> None:
        """End when all is sent. In TLS clients say goodbye too, for which a stop does not wait."""
        if not self.transport.is_closing():
            self.transport.close()
        beneath = self.beneath if self._hall.closing else None
        if beneath and not (beneath.is_closing() or beneath.get_write_buffer_size()):
            beneath.abort()
