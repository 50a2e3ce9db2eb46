"""Whatever clients send, and however they leave: each sees its own answers, and the server goes on.

``FUZZ_EXAMPLES`` says how many runs there are (30 if not given; ``make crash-test`` says 300).
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from werkzeug.exceptions import RequestEntityTooLarge

from fakegraph.serving import InProcessServer
from fakegraph.web import hall, limits
from fakegraph.web.hall import Hall
from fakegraph.web.later import Pause, Steps, begin
from tests.serving.test_http import OFFER, REFUSED
from tests.serving.test_tls import CERT, KEY, TlsWire
from tests.serving.wire import HOST, PATIENCE, Answer, Wire, reply

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "30"))
CONNECTIONS = 12
CLIENTS = 5
MAX_BODY = 20_000
HALF_BODY = 15_000
UNFINISHED = 40_000  # room for two half bodies, and for a small one beside them
BIG = b'"' + b"b" * 6_000_000 + b'"'
RESET = struct.pack("ii", 1, 0)

RAISED = {
    error.__name__: error
    for error in (ValueError, SystemExit, KeyboardInterrupt, StopIteration, asyncio.CancelledError)
}
PAUSES = {"wait": Pause(seconds=0.02), "work": Pause(share="a"), "control": Pause()}
SPOILT = {
    "drop": {"drop": True},
    "truncate": {"truncate": True},
    "trickle": {"body_seconds": 0.02},
}
BROKEN = [(sent, status) for sent, status, _ in REFUSED if status != 413]  # a larger MAX_BODY


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """``/wait.drop/1`` does what its path says, and names itself in its answer."""
    does = set(environ["PATH_INFO"].split("/")[1].split("."))

    def steps() -> Steps[None]:
        for name in does & PAUSES.keys():
            yield PAUSES[name]

    def finish(_: None) -> list[bytes]:
        for name in does & RAISED.keys():
            raise RAISED[name]
        for name in does & SPOILT.keys():
            environ["fakegraph.disturb"](**SPOILT[name])
        if "big" in does:
            return reply(start_response, BIG)
        try:
            body = environ["wsgi.input"].read().decode()
        except RequestEntityTooLarge:
            return reply(start_response, None, "413 Content Too Large")
        return reply(start_response, [environ["RAW_URI"], body])

    return begin(steps(), finish)


@dataclass(frozen=True)
class Expected:
    """What a request is answered with; ``status`` 0: with the end of the connection."""

    status: int
    body: Any = None
    to_head: bool = False
    part: bool = False  # the body breaks off
    asked: bool = False  # the client may have been asked for the request's body before

    def check(self, answer: Answer) -> None:
        assert answer.status == self.status
        if self.to_head:
            return
        length = int(answer.headers["content-length"])
        assert len(answer.body) == (length // 2 if self.part else length)
        if self.body is not None:
            whole = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
            assert answer.body == whole[: len(answer.body)]


@dataclass(frozen=True)
class Request:
    """A valid one. ``number`` tells it from all others."""

    number: int
    does: frozenset[str] = frozenset()
    method: str = "GET"
    version: str = "1.1"
    fields: bytes = b""
    body: str | None = None
    chunk: int = 0  # bytes of each chunk of the body

    @property
    def target(self) -> str:
        return f"/{'.'.join(sorted(self.does))}/{self.number}"

    @property
    def data(self) -> bytes:
        line = f"{self.method} {self.target} HTTP/{self.version}\r\n".encode()
        return line + HOST + self.fields + coded(self.body, self.chunk)

    @property
    def ends(self) -> bool:
        """Whether the connection ends with the answer."""
        kept = b"close" not in self.fields if self.version == "1.1" else b"alive" in self.fields
        spoilt = not self.does & RAISED.keys() and self.does & {"drop", "truncate"}
        return not kept or bool(spoilt)

    @property
    def expected(self) -> Expected:
        to_head = self.method == "HEAD"
        if self.does & RAISED.keys():
            return Expected(500, to_head=to_head)
        if "drop" in self.does:
            return Expected(0)
        body = BIG if "big" in self.does else [self.target, self.body or ""]
        return Expected(200, body, to_head, "truncate" in self.does, self.waits)

    @property
    def waits(self) -> bool:
        return b"Expect" in self.fields


def coded(body: str | None, chunk: int) -> bytes:
    """The rest of a request: with a length, or in chunks."""
    data = (body or "").encode()
    if body is None:
        return b"\r\n"
    if not chunk:
        return b"Content-Length: %d\r\n\r\n%s" % (len(data), data)
    pieces = [data[start : start + chunk] for start in range(0, len(data), chunk)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def what_to_do(*names: Iterable[str]) -> st.SearchStrategy[frozenset[str]]:
    chosen = st.tuples(*(st.sampled_from(["", *some]) for some in names))
    return chosen.map(lambda some: frozenset(filter(None, some)))


KINDS = st.one_of(
    st.fixed_dictionaries(
        {
            "does": st.one_of(*(what_to_do(PAUSES, some) for some in (RAISED, SPOILT, ["big"]))),
            "method": st.sampled_from(["GET", "HEAD", "POST"]),
        }
    ),
    st.fixed_dictionaries({"fields": st.sampled_from([OFFER, b"Connection: close\r\n"])}),
    st.fixed_dictionaries(
        {
            "version": st.just("1.0"),
            "fields": st.sampled_from([b"", b"Connection: keep-alive\r\n"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "method": st.sampled_from(["POST", "GET"]),
            "fields": st.sampled_from([b"", OFFER, b"Expect: 100-continue\r\n"]),
            "body": st.text("ab", max_size=50),
            "chunk": st.sampled_from([0, 1, 7]),
        }
    ),
)


class Client:
    """A connection, and what has to come by it."""

    def __init__(self, wire: Wire) -> None:
        wire.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is sent has arrived
        wire.sock.settimeout(PATIENCE)
        self.wire = wire
        self.expected: list[Expected] = []
        self.half: Request | None = None  # sent in part
        self.rest = b""  # of that
        self.kept = 0  # bytes of a body that the server has, and waits for more
        self.ends = False  # after what is expected
        self.unsure = False  # it may end before that, too

    @property
    def ready(self) -> bool:
        return not (self.ends or self.unsure or self.half) and len(self.expected) < 10

    def send(self, data: bytes) -> None:
        try:
            self.wire.send(data)
        except OSError:
            assert self.ends or self.unsure

    def expect(self, expected: Expected, ends: bool = False) -> None:
        if not self.ends:
            self.expected.append(expected)
            self.ends = ends
            self.unsure |= expected.status == 0  # a reset takes with it what is on the way

    def read(self) -> None:
        """Read what came, and see that it is what was expected."""
        expected, self.expected = self.expected, []
        for each in expected:
            try:
                answer = self.wire.answer(to_head=each.to_head)
                if answer.status == 100 and each.asked:
                    answer = self.wire.answer()
            except (EOFError, OSError, ValueError) as error:
                if self.unsure and not isinstance(error, TimeoutError):
                    self.ends = True
                    return
                raise
            if self.unsure and len(answer.body) < int(answer.headers["content-length"]):
                self.ends = True
                return
            each.check(answer)
        if self.ends:
            assert self.at_end()
        elif not self.unsure and not (self.half and self.half.waits):
            assert not self.has_more()

    def at_end(self) -> bool:
        """Whether the connection ends here; if that is not sure, whether it ends at all."""
        if not self.unsure:
            return self.wire.at_end()
        try:
            while not self.wire.at_end():
                pass
        except TimeoutError:
            return False
        except (OSError, ValueError):
            pass
        return True

    def has_more(self) -> bool:
        self.wire.sock.setblocking(False)
        try:
            return self.wire._file.peek(1) != b""  # type: ignore[attr-defined]
        except ssl.SSLWantReadError:
            return False
        finally:
            self.wire.sock.settimeout(PATIENCE)


class Log(logging.Handler):
    """Keeps what should not have been logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.unexpected: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.getMessage().startswith("error in the answer to") and (
            "did not end in time" not in record.getMessage()
        ):
            self.unexpected.append(logging.Formatter().format(record))


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.0005)


class Clients(RuleBasedStateMachine):
    """A server, and up to five clients that behave well and badly."""

    wire: type[Wire] = Wire
    options: dict[str, Any] = {}
    drain = limits.IDLE_TIMEOUT  # seconds: nobody waits for it

    def __init__(self) -> None:
        super().__init__()
        self.later, self.numbers = 0.0, 0
        clock = SimpleNamespace(monotonic=lambda: time.monotonic() + self.later)
        self.patches = [
            patch.object(limits, "MAX_CONNECTIONS", CONNECTIONS),
            patch.object(limits, "UNFINISHED_BODIES", UNFINISHED),
            patch.object(limits, "DRAIN_TIMEOUT", self.drain),
            patch.object(limits, "SWEEP", 0.005),
            patch.object(hall, "time", clock),
        ]
        for each in self.patches:
            each.start()
        self.log = Log()
        logging.getLogger().addHandler(self.log)
        self.threads = threading.active_count()
        self.server = InProcessServer(app, max_body=MAX_BODY, **self.options)
        self.server.start()
        self.url = self.server.url
        self.clients: list[Client] = []

    @property
    def hall(self) -> Hall:
        assert self.server._running is not None
        return self.server._running[0]._hall

    def teardown(self) -> None:
        try:
            for client in self.clients:
                client.read()
            self.all_leave()
            self.server.stop()
            assert threading.active_count() == self.threads
            assert self.log.unexpected == []
        finally:
            self.server.stop()
            logging.getLogger().removeHandler(self.log)
            for client in self.clients:
                client.wire.close()
            for each in self.patches:
                each.stop()

    def take(self, pick: int, which: Callable[[Client], bool] = lambda _: True) -> Client | None:
        fitting = [client for client in self.clients if which(client)]
        return fitting[pick % len(fitting)] if fitting else None

    def take_ready(self, pick: int) -> Client | None:
        """One that may send a request: a new one where there is room for it and the pick says so."""
        client = self.take(pick, lambda client: client.ready)
        if len(self.clients) < CLIENTS and (client is None or pick % 3 == 0):
            client = Client(self.wire(self.url))
            self.clients.append(client)
        return client

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def ask(self, wire: Wire) -> None:
        request = Request(self.number())
        request.expected.check(wire.send(request.data).answer())

    def settle(self) -> None:
        """Have the server take in what was sent: it takes a step for each answer to another."""
        with self.wire(self.url) as wire:
            for _ in range(16):
                self.ask(wire)
        self.wait_for_leavers()

    def wait_for_leavers(self) -> None:
        wait_until(lambda: len(self.hall.members) <= len(self.clients))

    def close(self, client: Client) -> None:
        self.clients.remove(client)
        client.wire.close()
        self.wait_for_leavers()

    @rule(pick=st.integers(0, 9), kind=KINDS)
    def send_one(self, pick: int, kind: Any) -> None:
        client = self.take_ready(pick)
        if client is not None:
            request = Request(self.number(), **kind)
            client.expect(request.expected, request.ends)
            client.send(request.data)

    @rule(
        pick=st.integers(0, 9),
        kinds=st.lists(KINDS, min_size=1, max_size=4),
        cuts=st.lists(st.integers(0, 1000), max_size=3),
        half=st.booleans(),
    )
    def send(self, pick: int, kinds: list[Any], cuts: list[int], half: bool) -> None:
        """Some requests at once, in pieces; the last one perhaps not all of it."""
        client = self.take_ready(pick)
        if client is None:
            return
        requests = [Request(self.number(), **kind) for kind in kinds]
        whole = requests[:-1] if half else requests
        data = b"".join(request.data for request in whole)
        if half:
            end = requests[-1].data
            cut = 1 + (cuts[0] if cuts else 9) % (len(end) - 1)
            data += end[:cut]
            client.rest, client.half = end[cut:], requests[-1]
        for request in whole:
            client.expect(request.expected, request.ends)
        for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), len(data)], strict=True):
            client.send(data[start:stop])
        if client.ends:
            client.half = None

    @rule(pick=st.integers(0, 9))
    def send_rest(self, pick: int) -> None:
        client = self.take(pick, lambda client: client.half is not None and not client.unsure)
        if client is None:
            return
        assert client.half is not None
        client.expect(client.half.expected, client.half.ends)
        client.send(client.rest)
        client.half, client.kept = None, 0

    @rule(
        pick=st.integers(0, 9), which=st.integers(0, len(BROKEN) - 1), cut=st.integers(0, 100_000)
    )
    def send_nonsense(self, pick: int, which: int, cut: int) -> None:
        client = self.take_ready(pick)
        if client is None:
            return
        data, status = BROKEN[which]
        client.expect(Expected(status), ends=True)
        client.send(data[: cut % len(data)])
        client.send(data[cut % len(data) :])

    @rule(
        pick=st.integers(0, 9),
        size=st.sampled_from([0, 1, 8191, 8192, 8193, MAX_BODY, MAX_BODY + 1, 2 * MAX_BODY]),
        chunk=st.sampled_from([0, 1, 1000, 100_000]),
        waits=st.booleans(),
    )
    def send_body(self, pick: int, size: int, chunk: int, waits: bool) -> None:
        """As large as it may be, or larger; the client may wait until it is asked for."""
        client = self.take_ready(pick)
        if client is None:
            return
        client.read()
        self.settle()
        fields = b"Expect: 100-continue\r\n" if waits else b""
        request = Request(self.number(), method="PUT", fields=fields, body="x" * size, chunk=chunk)
        head, _, body = request.data.partition(b"\r\n\r\n")
        client.send(head + b"\r\n\r\n")
        if waits and body and (chunk or size <= MAX_BODY):
            assert client.wire.answer().status == 100
        room = UNFINISHED - sum(other.kept for other in self.clients)
        if size > MAX_BODY and not chunk:
            client.expect(Expected(413), ends=True)
        elif min(size, MAX_BODY) > room:
            client.expect(Expected(503), ends=True)
        elif size > MAX_BODY:
            client.expect(Expected(413), ends=True)
        else:
            client.expect(request.expected)
        client.send(body)

    @rule(pick=st.integers(0, 9), chunk=st.sampled_from([0, 100]))
    def send_half_a_body(self, pick: int, chunk: int) -> None:
        client = self.take_ready(pick)
        if client is None:
            return
        client.read()
        self.settle()
        room = UNFINISHED - sum(other.kept for other in self.clients)
        request = Request(self.number(), method="PUT", body="x" * HALF_BODY, chunk=chunk)
        client.send(request.data[:-10])
        if room < HALF_BODY:
            client.expect(Expected(503), ends=True)
        else:
            client.half, client.rest = request, request.data[-10:]
            client.kept = HALF_BODY
        self.settle()

    @rule(pick=st.integers(0, 9))
    def read(self, pick: int) -> None:
        client = self.take(pick)
        if client is None:
            return
        client.read()
        if client.ends or client.unsure:
            self.close(client)

    @rule(pick=st.integers(0, 9), resets=st.booleans(), reads=st.booleans())
    def leave(self, pick: int, resets: bool, reads: bool) -> None:
        client = self.take(pick)
        if client is None:
            return
        if reads:
            client.read()
        if resets:
            client.wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close(client)

    def all_leave(self) -> None:
        while self.clients:
            self.clients.pop().wire.close()
        self.wait_for_leavers()
        assert self.hall.unfinished == 0
        assert not self.hall._until
        wait_until(lambda: threading.active_count() == self.threads + 1)

    @rule()
    def crowd(self) -> None:
        """So many come that those who have waited go, and nobody else."""
        for client in self.clients:
            client.unsure, client.kept = True, 0
        wires = []
        for _ in range(CONNECTIONS):
            wires.append(self.wire(self.url))
            self.ask(wires[-1])
        for wire in wires:
            wire.close()
        self.wait_for_leavers()

    @rule()
    def time_passes(self) -> None:
        """More than any client may take. Nobody is given up whom the server keeps waiting."""
        self.settle()
        given_up = []
        for client in self.clients:
            if client.expected or client.unsure:
                client.unsure = True
            else:
                given_up.append(client)
                if not client.ends and client.half is not None:
                    client.expected.append(Expected(408))
                client.ends, client.half, client.kept = True, None, 0
        self.later += 1000
        for client in given_up:
            client.read()
            self.close(client)

    @rule(grace=st.sampled_from([0.0, 0.2]))
    def stop_and_start_again(self, grace: float) -> None:
        self.server.stop(grace)
        for client in self.clients:
            client.unsure = True
            client.read()
            assert client.ends or client.at_end()
            client.wire.close()
        self.clients.clear()
        wait_until(lambda: threading.active_count() == self.threads)
        self.server.start()
        self.url = self.server.url

    @invariant()
    def a_newcomer_is_answered(self) -> None:
        with self.wire(self.url) as wire:
            self.ask(wire)
        self.wait_for_leavers()

    @invariant()
    def nothing_is_left_of_who_left(self) -> None:
        assert len(self.hall._until) <= len(self.hall.members)
        assert self.hall.unfinished <= UNFINISHED
        assert threading.active_count() <= self.threads + 1 + CLIENTS
        assert self.log.unexpected == []


class PlainClients(Clients):
    """Who can say that they have said all, and listen on."""

    @rule(pick=st.integers(0, 9))
    def say_no_more(self, pick: int) -> None:
        client = self.take(pick, lambda client: not client.unsure)
        if client is None:
            return
        with suppress(OSError):
            client.wire.sock.shutdown(socket.SHUT_WR)
        client.ends, client.half, client.kept = True, None, 0

    @rule(pick=st.integers(0, 9))
    def send_more_after_the_end(self, pick: int) -> None:
        client = self.take(pick, lambda client: client.ends)
        if client is not None:
            client.send(b"\r\nmore" * 100)


class TlsClients(Clients):
    """Who speak TLS, or do not."""

    wire = TlsWire
    options = {"cert": CERT, "key": KEY}
    drain = 3.0  # who was refused a body sees the end no sooner: in TLS nobody ends one side

    @rule(data=st.binary(max_size=100), leaves=st.booleans())
    def begin_a_handshake(self, data: bytes, leaves: bool) -> None:
        if len(self.clients) < CLIENTS:
            client = Client(Wire(self.url))
            client.send(b"\x16\x03\x01" + data)
            client.unsure = True
            self.clients.append(client)
            if leaves:
                self.close(client)

    @rule()
    def speak_http(self) -> None:
        with Wire(self.url) as wire:
            Expected(400).check(wire.send(Request(0).data).answer())
            assert wire.at_end()
        self.wait_for_leavers()


def runs(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=50,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


TestPlainClients = PlainClients.TestCase
TestPlainClients.settings = runs(EXAMPLES)
TestTlsClients = TlsClients.TestCase
TestTlsClients.settings = runs(EXAMPLES // 4)  # a handshake takes its time
