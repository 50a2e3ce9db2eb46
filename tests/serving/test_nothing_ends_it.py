"""What once ended the server, or stopped the others on it."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
import subprocess
import sys
import threading
import tracemalloc
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from fakegraph.serving import InProcessServer, ServerCrashed
from fakegraph.web import limits
from fakegraph.web.later import Pause, begin
from fakegraph.web.pool import MAX_OF_A_SHARE
from tests.serving.test_tls import CERT, KEY, TlsWire
from tests.serving.wire import HOST, Wire, echo, reply, serving

ROOT = Path(__file__).parents[2]
POST = b"POST / HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def crashing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Ends the loop that it is called on where ``/crash`` is asked for."""
    if environ["PATH_INFO"] == "/crash":

        def crash() -> None:
            raise SystemExit("out of order")

        asyncio.get_running_loop().call_soon(crash)
    return reply(start_response, environ["PATH_INFO"])


def test_an_error_on_the_loop_is_logged_unless_a_client_just_went(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(number: int) -> None:
        raise OSError(number, os.strerror(number))

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asyncio.get_running_loop().call_soon(fail, int(environ["QUERY_STRING"]))
        return reply(start_response, "")

    with serving(app) as url, Wire(url) as wire:
        wire.get(f"/?{errno.ENOTCONN}")
        wire.get(f"/?{errno.EMFILE}")
    assert "Too many open files" in caplog.text
    assert "not connected" not in caplog.text


def test_a_server_that_fails_says_so_and_lets_its_clients_go() -> None:
    server = InProcessServer(crashing)
    server.start()
    port = int(server.url.rpartition(":")[2])
    with Wire(server.url) as idle, Wire(server.url) as half, Wire(server.url) as wire:
        idle.get("/")
        half.send(b"GET / HTTP/1.1\r\n")
        wire.get("/crash")
        assert idle.at_end()
        assert half.at_end()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port))
    with pytest.raises(ServerCrashed) as url:
        _ = server.url
    with pytest.raises(ServerCrashed) as stop:
        server.stop()
    assert str(url.value.__cause__) == str(stop.value.__cause__) == "out of order"


@pytest.mark.parametrize(
    "error",
    [
        SystemExit,
        KeyboardInterrupt,
        GeneratorExit,
        MemoryError,
        StopIteration,
        asyncio.CancelledError,
    ],
)
@pytest.mark.parametrize("pause", [None, Pause(share="somebody"), Pause(seconds=0.01)])
def test_whatever_an_app_raises_costs_its_own_request(
    error: type[BaseException], pause: Pause | None, caplog: pytest.LogCaptureFixture
) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Any:
        def steps() -> Any:
            if pause is not None:
                yield pause

        def finish(_: None) -> list[bytes]:
            if environ["PATH_INFO"] == "/bad":
                raise error
            return reply(start_response, "fine")

        return begin(steps(), finish)

    with serving(app) as url, Wire(url) as wire, Wire(url) as other:
        answer = wire.get("/bad")
        assert answer.status == 500
        assert answer.json["error"]["code"] == "InternalServerError"
        assert answer.headers["request-id"] in caplog.text
        assert wire.get("/next").json == "fine"
        assert other.get("/").json == "fine"
    assert len(caplog.records) == 1


def working(environ: dict[str, Any], start_response: Any) -> Any:
    """Says that ``/work`` takes long."""

    def steps() -> Any:
        if environ["PATH_INFO"] == "/work":
            yield Pause(share="somebody")
        return environ["PATH_INFO"]

    return begin(steps(), lambda said: reply(start_response, said))


def test_when_no_thread_can_be_had_it_costs_the_requests_that_want_one() -> None:
    with serving(working) as url, Wire(url) as wire:
        usual = threading.stack_size(1 << 50)  # more than there can be
        try:
            paths = ["/", *["/work"] * (MAX_OF_A_SHARE + 1)]
            assert [wire.get(path).status for path in paths] == [200] + [500] * 5
        finally:
            threading.stack_size(usual)
        assert wire.get("/work").json == "/work"


def test_the_newcomer_is_served_and_the_longest_waiting_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 10)
    with serving(echo) as url, ExitStack() as stack:
        wires = [stack.enter_context(Wire(url)) for _ in range(10)]
        for wire in wires:
            wire.get("/")
        wires[0].get("/again")  # so that now another one has waited longest
        for newcomer in range(5):
            assert stack.enter_context(Wire(url)).get(f"/{newcomer}").status == 200
        assert wires[0].get("/still").status == 200
        assert [wire.get("/kept").status for wire in wires[6:]] == [200] * 4
        for wire in wires[1:6]:
            with pytest.raises((EOFError, ConnectionResetError)):
                wire.get("/gone")


class Waiting:
    """An app that answers what ends in ``/wait`` once it is let."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self._asked = threading.Semaphore(0)

    def keep_busy(self, wires: list[Wire], path: str = "/wait") -> None:
        """Let each wait for an answer."""
        for wire in wires:
            wire.send(f"GET {path} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
        for _ in wires:
            assert self._asked.acquire(timeout=60)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"].endswith("/wait"):
            self._asked.release()
            return begin(self._steps(), lambda said: reply(start_response, said))
        return reply(start_response, environ["PATH_INFO"])

    def _steps(self) -> Any:
        while not self.let.is_set():
            yield Pause(seconds=0.02)
        return "waited"


def disturbing(environ: dict[str, Any], start_response: Any) -> Any:
    """Answers some time later, as the query wants it spoilt."""

    def steps() -> Any:
        yield Pause(seconds=0.1)
        if environ["QUERY_STRING"]:
            environ["fakegraph.disturb"](**{environ["QUERY_STRING"]: 0.2})
        return "a" * 1000

    return begin(steps(), lambda said: reply(start_response, said))


@pytest.mark.parametrize("effect", ["", "drop", "truncate", "body_seconds"])
@pytest.mark.parametrize("tls", [{}, {"cert": CERT, "key": KEY}], ids=["http", "https"])
def test_who_goes_before_the_answer_is_nothing_to_complain_of(
    effect: str, tls: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    ask = b"GET /?" + effect.encode() + b" HTTP/1.1\r\n" + HOST + b"\r\n"
    with serving(disturbing, **tls) as url:
        for _ in range(3):
            with (TlsWire if tls else Wire)(url) as gone:
                gone.send(ask)
        with (TlsWire if tls else Wire)(url) as wire:
            plain = ask.replace(effect.encode(), b"")
            assert {wire.send(plain).answer().status for _ in range(4)} == {200}
    assert caplog.text == ""


@pytest.mark.parametrize("effect", ["", "body_seconds"])
@pytest.mark.parametrize("requests", [1, 3])
def test_what_the_end_cuts_off_is_counted_and_nothing_else_said(
    effect: str, requests: int, caplog: pytest.LogCaptureFixture
) -> None:
    server = InProcessServer(disturbing)
    server.start()
    with Wire(server.url) as wire, Wire(server.url) as other:
        wire.send((b"GET /?" + effect.encode() + b" HTTP/1.1\r\n" + HOST + b"\r\n") * requests)
        if effect:
            other.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n").answer()
        else:
            other.send(b"nonsense").answer()
        server.stop(grace=0)
        with suppress(ConnectionResetError):
            assert len(wire._file.read()) < 1000
    assert [record.getMessage() for record in caplog.records] == ["1 requests did not end in time"]


def test_when_all_wait_for_the_server_the_control_api_alone_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 10)
    waiting = Waiting()
    with serving(waiting) as url, ExitStack() as stack:
        wires = [stack.enter_context(Wire(url)) for _ in range(9)]
        waiting.keep_busy(wires)
        for _ in range(20):
            with Wire(url) as newcomer:
                assert newcomer.get("/").status == 503
                assert newcomer.at_end()
            with Wire(url) as newcomer:
                assert newcomer.get("/_fakegraph/status").status == 200
        waiting.let.set()
        assert [wire.answer().json for wire in wires] == ["waited"] * 9
        with Wire(url) as newcomer:
            assert newcomer.get("/").status == 200


@pytest.mark.parametrize("tls", [{}, {"cert": CERT, "key": KEY}])
def test_when_none_is_left_a_newcomer_is_told_at_once(
    tls: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 5)
    waiting, kind = Waiting(), TlsWire if tls else Wire
    with serving(waiting, **tls) as url, ExitStack() as stack:
        wires = [stack.enter_context(kind(url)) for _ in range(5)]
        waiting.keep_busy(wires, "/_fakegraph/wait")
        if tls:
            with pytest.raises(OSError):  # noqa: PT011 - what ssl says of it varies
                TlsWire(url)
        else:
            with Wire(url) as newcomer:
                assert newcomer.answer().status == 503
        waiting.let.set()
        assert [wire.answer().json for wire in wires] == ["waited"] * 5


def test_who_has_gone_takes_nobodys_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 3)
    waiting = Waiting()
    with serving(waiting) as url, ExitStack() as stack:
        for _ in range(3):
            with Wire(url) as wire:
                waiting.keep_busy([wire])
        waiting.let.set()
        last = stack.enter_context(Wire(url))
        while last.send(b"GET /wait HTTP/1.1\r\n" + HOST + b"\r\n").answer().status != 200:
            last = stack.enter_context(Wire(url))  # those who have gone are still waited for
        wires = [stack.enter_context(Wire(url)) for _ in range(10)]
        assert wires[-1].get("/").status == 200
        for wire in (last, *wires[:7]):
            assert wire.at_end()


def test_more_clients_than_there_are_files_are_all_answered() -> None:
    program = (
        "from fakegraph.serving import serve; from tests.serving.wire import echo;"
        "serve(echo, host='127.0.0.1', port=0, ready=lambda url: print(url, flush=True))"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
    )
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        with ExitStack() as stack:
            for _ in range(200):
                assert stack.enter_context(Wire(url)).get("/").status == 200
            assert server.poll() is None
    finally:
        server.terminate()
        server.communicate()
    assert server.returncode == 0


def test_handshakes_that_never_end_are_counted_too(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 10)
    with serving(echo, cert=CERT, key=KEY) as url, ExitStack() as stack:
        halves = [stack.enter_context(Wire(url)) for _ in range(30)]
        for half in halves:
            half.send(b"\x16\x03\x01\x02\x00\x01")
        with TlsWire(url) as wire:
            assert wire.get("/").status == 200
        for half in halves[:20]:
            with suppress(ConnectionResetError):
                assert half.at_end()
        for _ in range(1000):  # some of them go while their handshake begins
            Wire(url).send(b"\x16\x03\x01\x02\x00\x01").close()
    assert caplog.text == ""


def test_a_body_in_the_smallest_chunks_takes_little_more_than_its_size() -> None:
    size = 100_000
    sizes: list[int] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        sizes.append(len(environ["wsgi.input"].read()))
        return reply(start_response, "")

    with serving(app) as url, Wire(url) as wire:
        wire.get("/")
        tracemalloc.start()
        try:
            wire.send(CHUNKED)
            for _ in range(size // 2000):
                wire.send(b"2\r\nab\r\n" * 1000)
            wire.send(b"0\r\n\r\n").answer()
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert sizes == [0, size]
    assert most < 10 * size


def test_all_unfinished_bodies_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNFINISHED_BODIES", 100_000)
    head = POST + b"Content-Length: 60000\r\n\r\n"
    with serving(echo) as url, Wire(url) as first, Wire(url) as second, Wire(url) as third:
        first.send(head + b"a" * 59_999)
        assert {second.get("/").status for _ in range(20)} == {200}  # until the first one is read
        assert second.send(head + b"a" * 59_999).answer().status == 503
        assert first.send(b"a").answer().status == 200
        assert third.send(head + b"a" * 60_000).answer().status == 200


def test_a_forked_child_leaves_the_server_to_its_parent() -> None:
    server = InProcessServer(echo)
    server.start()
    with Wire(server.url) as wire:
        wire.get("/")
        child = os.fork()
        if child == 0:
            status = 1
            try:
                with Wire(server.url) as other:
                    answered = other.get("/").status == 200
                server.stop()
                status = 0 if answered and server.url else 1
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert wire.get("/still").status == 200
        with Wire(server.url) as other:
            assert other.get("/").status == 200
    server.stop()


def test_a_thousand_requests_at_once_on_one_connection_are_answered_in_order() -> None:
    gate = threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        def steps() -> Any:
            yield Pause(share="somebody")
            gate.wait(30)
            return "first"

        if environ["PATH_INFO"] == "/first":
            return begin(steps(), lambda said: reply(start_response, said))
        return reply(start_response, environ["PATH_INFO"])

    with serving(app) as url, Wire(url) as wire:
        wire.send(b"GET /first HTTP/1.1\r\n" + HOST + b"\r\n")
        wire.send(b"".join(b"GET /%d HTTP/1.1\r\n%s\r\n" % (n, HOST) for n in range(1000)))
        gate.set()
        assert wire.answer().json == "first"
        assert [wire.answer().json for _ in range(1000)] == [f"/{n}" for n in range(1000)]
