"""What a connection sends, cut into requests: uvicorn's protocol with limits and refusals.

The grammar is llhttp's, the parser of Node.js, in its strict form; ``web.head`` adds what that lets
pass. Reading ends with the first thing that is no request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Protocol

from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserUpgrade,
)
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from fakegraph.chunks import Spooled
from fakegraph.web import head
from fakegraph.web.head import Leads, Refused, Told, Way
from fakegraph.web.lengths import longest
from fakegraph.web.wsgi import header_environ

logger = logging.getLogger("fakegraph.serving")

_STEP = 8 * 1024  # bytes that are parsed at once: a few milliseconds' work, whatever they are
_IN_MEMORY = 1 << 20  # bytes of a file that are kept in memory
_CHUNKING = 8  # times a body's size that chunks may take; one of a byte takes six on the wire
_HERE: dict[str, str] = {}
_UNUSED = asyncio.Event()  # what apps wait for that ask for a body piece by piece; here nobody does
_METHODS = {name.encode(): name for name in ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD")}


class _Unread(Exception):
    """Stops the parser: nothing more is read on this connection."""


@contextmanager
def _kept() -> Iterator[None]:
    """Refuse a body for which there is no room on the disk."""
    try:
        yield
    except OSError as error:
        reason = f"The body cannot be kept: {error.strerror}."
        raise Refused(HTTPStatus.INSUFFICIENT_STORAGE, reason) from error


def no_room() -> Refused:
    """What is told where no connection is to be had."""
    reason = "All the connections that there may be are waiting for their answers."
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, reason)


class Room(Protocol):
    """What all connections together may take: requests, and bodies whose rest is still to come."""

    max_body: int
    proxy: Leads | None

    def hold(self, size: int) -> bool:
        """So many bytes more, or fewer, are kept. False: that is more than all may have."""

    def admits(self, target: bytes) -> bool:
        """Whether there is room for a request of that target."""


class Reader(HttpToolsProtocol):
    """Reads requests; each becomes a cycle of uvicorn's in ``pipeline``, the oldest at its end.

    ``begun``: part of a request is there, and more must come. ``unread``: nothing that still comes
    is read. ``heard_all``: the client says no more. ``unparsed``: what came, and is still to be
    parsed. ``refusal``: why, where something came that is no request. ``too_large``: a request with
    a body over the limit, not read. ``way``: where the client is led, when all before is answered.
    ``place``: where it was led to already.
    """

    def __init__(
        self, *arguments: Any, room: Room, place: dict[str, str] = _HERE, **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=False)
        self.begun = self.unread = self.heard_all = False
        self.unparsed = b""
        self.refusal: Refused | None = None
        self.too_large: RequestResponseCycle | None = None
        self.way: Way | None = None
        self.place = place
        self._room = room
        self._in_head = False
        self._received = self._kept = 0  # bytes: of the request, and of its body in memory
        self._longest = room.max_body
        self.spools: dict[RequestResponseCycle, Spooled] = {}  # bodies that are on the disk
        self._told: Told | None = None  # what the headers of the last request did

    def gone(self) -> bool:
        """Whether the client has left, or said that it says no more. Any thread may ask."""
        return self.heard_all or self.transport.is_closing()

    def body_of(self, cycle: RequestResponseCycle) -> bytes | bytearray | Spooled | None:
        """The body of a request, which may be asked for once; None where it was too large."""
        if cycle is self.too_large:
            return None
        return self.spools.pop(cycle, None) or cycle.body if self.spools else cycle.body

    @property
    def whole(self) -> bool:
        """Whether a request is there from its first byte to its last."""
        return bool(self.pipeline) and not self.pipeline[-1][0].more_body

    @property
    def wants_word(self) -> bool:
        """Whether the client waits to be told to go on before it sends the body."""
        waits = self.pipeline and self.pipeline[-1][0].waiting_for_100_continue
        return bool(waits) and not self.unparsed

    def read(self) -> None:
        """Parse some of what came."""
        data, self.unparsed = self.unparsed[:_STEP], self.unparsed[_STEP:]
        self._received += len(data)
        try:
            while data:
                data = self._parse(data)
            self._check_size()
        except Refused as refusal:
            self.refuse(refusal)
        except _Unread:
            self.read_no_more()

    def hand_over(self, protocol: Any, word: bytes = b"") -> None:
        """Let another protocol go on with what the client sends, after this word to it."""
        transport, self.transport = self.transport, None  # type: ignore[assignment]
        self.connections.discard(self)
        self._unset_keepalive_if_required()
        transport.write(word)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        if self.unparsed:
            protocol.data_received(self.unparsed)

    def inside(self, place: dict[str, str], hall: Any) -> Reader:
        """One like it, for what comes in TLS from where the client was led."""
        known: Any = {"server_state": self.server_state, "app_state": self.app_state}
        return type(self)(self.config, **known, _loop=self.loop, hall=hall, place=place)

    def read_no_more(self) -> None:
        """Let go of what came, and of what still comes."""
        self.unread, self.unparsed = True, b""

    def refuse(self, refusal: Refused) -> None:
        """End reading with this answer, which follows those to the requests that were whole."""
        self.refusal, self.begun = refusal, False
        self.read_no_more()
        self.release()
        if self.pipeline and self.pipeline[0][0].more_body:
            self.pipeline.popleft()

    def drop_spools(self) -> None:
        """Let go of the bodies that are on the disk."""
        for spool in self.spools.values():
            spool.close()
        self.spools.clear()

    def release(self) -> None:
        """The body that was being read is whole, or wanted no more."""
        if self._kept:
            self._room.hold(-self._kept)
            self._kept = 0

    def _parse(self, data: bytes) -> bytes:
        """Parse; what has to be parsed next comes back where an upgrade was asked for."""
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            if self.way is not None:
                self.unparsed = data[upgrade.args[0] :] + self.unparsed
                return b""
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
        if not self.begun:
            self._received = 0
        elif self._in_head and self._received > head.MAX_HEAD:
            raise head.too_large()
        elif self._received > head.MAX_HEAD + _CHUNKING * self._longest:
            reason = "The chunks of the body say next to nothing."
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)

    # What follows is called by the parser.

    def on_message_begin(self) -> None:
        self.begun = self._in_head = True
        self.url, self.headers = b"", []

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # else a trailer after the last chunk, which may be dropped
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        method, version = self.parser.get_method(), self.parser.get_http_version()
        told = self._tell(method, version)
        if method == b"CONNECT":
            self._lead()
        if self.parser.should_upgrade():
            return  # the same request comes again, without the offer
        place, environ = _HERE, told.environ
        if self.place or not self.url.startswith(b"/"):
            place = self._localise()
            environ = header_environ(self.headers)
        if not self._room.admits(self.url):
            raise no_room()
        target = self.url.decode("ascii")
        extensions: Any = {
            "fakegraph.connection": self,
            "fakegraph.target": target,
            "fakegraph.place": place,
            "fakegraph.environ": environ,
        }
        scope: Any = {
            "type": "http",
            "http_version": version,
            "method": _METHODS.get(method) or method.decode("ascii"),
            "client": self.client,
            "extensions": extensions,
        }
        self.cycle = RequestResponseCycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.logger,
            access_log=False,
            default_headers=[],
            message_event=_UNUSED,
            expect_100_continue=told.expects and version == "1.1",
            keep_alive=self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        self.pipeline.appendleft((self.cycle, self.app))
        self._longest = longest(target, self._room.max_body)
        if told.length > self._longest:
            self._give_up_body()

    def _tell(self, method: bytes, version: str) -> Told:
        """What the headers tell: most clients send the same ones with each request."""
        told = self._told
        if told is None or told.sent != self.headers or told.version != version:
            told = head.tell(method, version, self.url, self.headers)
            self._told = told if told.size <= head.REMEMBERED else None
        else:
            head.check_size(self.url, told.size)
        self.headers = told.fields
        return told

    def _lead(self) -> None:
        """Be a proxy, where that is wanted; in a tunnel there is no second one."""
        if self.place or self._room.proxy is None:
            raise head.no_proxy()
        self.way, self.begun = self._room.proxy.way(self.url, self.headers), False

    def _localise(self) -> dict[str, str]:
        """Have a URL as the target mean its path; where one that a proxy was asked for came to."""
        scheme, proxy = b"", self._room.proxy
        if not self.url.startswith(b"/"):
            scheme, self.url, self.headers = head.origin_form(self.url, self.headers)
        if proxy is None:
            return _HERE
        if self.place:
            proxy.check_host(self.place, self.headers)
        elif scheme:
            port = self.transport.get_extra_info("sockname")[1]
            return proxy.check(scheme.decode(), self.headers, port)
        return _HERE

    def on_body(self, body: bytes) -> None:
        self.cycle.waiting_for_100_continue = False
        spool = self.spools.get(self.cycle) if self.spools else None
        if spool is not None:
            self._spool_more(spool, body)
            return
        self.cycle.body += body
        self._kept += len(body)
        has_room = self._room.hold(len(body))
        if len(self.cycle.body) > self._longest:
            self._give_up_body()
        if self._longest > self._room.max_body and len(self.cycle.body) > _IN_MEMORY:
            self._begin_spool()
        if not has_room:
            reason = "Too many request bodies are under way. Try again later."
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, reason)

    def _begin_spool(self) -> None:
        """Let the bytes of a file go to the disk from now on."""
        from tempfile import TemporaryFile

        found, self.cycle.body = bytes(self.cycle.body), bytearray()
        self.release()
        with _kept():
            spool = self.spools[self.cycle] = Spooled(TemporaryFile())  # noqa: SIM115
        self._spool_more(spool, found)

    def _spool_more(self, spool: Spooled, body: bytes) -> None:
        with _kept():
            spool.add(body)
        if len(spool) > self._longest:
            self._give_up_body()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        if self.spools and self.cycle in self.spools:
            with _kept():
                self.spools[self.cycle].file.flush()
        self.begun, self._received = False, 0
        self.release()
        self.cycle.more_body = False
        if not self.cycle.keep_alive:
            raise _Unread

    def _give_up_body(self) -> None:
        self.too_large, self.begun = self.cycle, False
        self.release()
        self.cycle.more_body = self.cycle.keep_alive = False
        raise _Unread
