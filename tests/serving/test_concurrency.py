from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

import pytest

from fakegraph.serving import InProcessServer, engine, wheel
from tests.serving.wire import HOST, Wire, echo, reply, serving

HALVES = [
    b"G",
    b"GET / HTTP/1.1\r\nHost:",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\nhalf",
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
]


class Meeting:
    """An app where ``/wait`` is answered once ``/go`` has been asked for."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.waiting = threading.Semaphore(0)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/wait":
            self.waiting.release()
            if not self.opened.wait(30):
                return reply(start_response, "nobody came")
        elif environ["PATH_INFO"] == "/go":
            self.opened.set()
        return reply(start_response, environ["PATH_INFO"])


def ask(wire: Wire, path: str) -> Wire:
    return wire.send(b"GET %s HTTP/1.1\r\n%s\r\n" % (path.encode(), HOST))


def test_slow_and_idle_connections_hold_up_nobody() -> None:
    with serving(echo) as url:
        idle = [Wire(url) for _ in range(200)]
        halves = [Wire(url).send(HALVES[n % len(HALVES)]) for n in range(100)]
        with Wire(url) as wire:
            assert all(wire.get("/").status == 200 for _ in range(50))
        for wire in (*idle, *halves):
            wire.close()


@pytest.mark.parametrize("waiters", [1, 2, 40])
@pytest.mark.parametrize("rounds", [1, 3])
def test_requests_that_wait_hold_up_nobody(waiters: int, rounds: int) -> None:
    meeting = Meeting()
    with serving(meeting) as url:
        wires = [Wire(url) for _ in range(waiters)]
        for _ in range(rounds):
            meeting.opened.clear()
            for wire in wires:
                ask(wire, "/wait")
            for _ in wires:
                meeting.waiting.acquire(timeout=30)
            with Wire(url) as other:
                assert other.get("/go").json == "/go"
            assert [wire.answer().json for wire in wires] == ["/wait"] * waiters
        assert all(wire.get("/then").json == "/then" for wire in wires)
        for wire in wires:
            wire.close()


def test_the_next_request_waits_for_the_one_before_it() -> None:
    meeting = Meeting()
    with serving(meeting) as url, Wire(url) as wire, Wire(url) as other:
        ask(wire, "/wait")
        meeting.waiting.acquire(timeout=30)
        ask(wire, "/next")
        assert [other.get("/other").json for _ in range(20)] == ["/other"] * 20
        other.get("/go")
        assert [wire.answer().json for _ in range(2)] == ["/wait", "/next"]


def test_a_request_that_waits_after_a_quiet_time_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wheel, "_QUIET_TICKS", 0)
    meeting = Meeting()
    with serving(meeting) as url, Wire(url) as wire, Wire(url) as other:
        ask(wire, "/wait")
        meeting.waiting.acquire(timeout=30)
        other.get("/go")
        assert wire.answer().json == "/wait"


def test_after_requests_that_waited_nobody_waits_for_the_watcher(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wheel, "_TICK", 3600)

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/short":
            time.sleep(0.01)
            return reply(start_response, "short")
        return meeting(environ, start_response)

    meeting = Meeting()
    with serving(app) as url, Wire(url) as wire, Wire(url) as other:
        for _ in range(8):
            wire.get("/short")
        ask(wire, "/wait")
        meeting.waiting.acquire(timeout=30)
        other.get("/go")
        assert wire.answer().json == "/wait"


def test_many_clients_get_their_own_answers() -> None:
    wrong = []

    def client(url: str, name: str) -> None:
        with Wire(url) as wire:
            for turn in range(100):
                path = f"/{name}/{turn}"
                if wire.get(path).json["PATH_INFO"] != path:
                    wrong.append(path)

    with serving(echo) as url:
        threads = [threading.Thread(target=client, args=(url, f"{n}")) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_client_that_does_not_read_holds_up_nobody() -> None:
    big = b"a" * 20_000_000

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        return reply(start_response, big if environ["PATH_INFO"] == "/big" else "small")

    with serving(app) as url, Wire(url) as slow, Wire(url) as wire:
        ask(ask(slow, "/big"), "/small")
        assert wire.get("/small").json == "small"
        assert slow.answer().body == big
        assert slow.answer().json == "small"


def test_an_app_that_holds_the_processor_holds_up_nobody() -> None:
    done = threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/stop":
            done.set()
        while environ["PATH_INFO"] == "/calculate" and not done.is_set():
            pass
        return reply(start_response, "done")

    with serving(app) as url, Wire(url) as busy, Wire(url) as wire:
        ask(busy, "/calculate")
        assert wire.get("/stop").json == "done"
        assert busy.answer().json == "done"


def test_the_longest_idle_connection_makes_room_for_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "MAX_CONNECTIONS", 3)
    with serving(echo) as url:
        wires = [Wire(url) for _ in range(3)]
        for wire in wires:
            wire.get("/")
        with Wire(url) as newest:
            assert newest.get("/").status == 200
            assert wires[0].at_end()
            assert wires[1].get("/").status == 200
        for wire in wires:
            wire.close()


@pytest.mark.parametrize("half", HALVES)
def test_a_request_that_is_never_finished_is_given_up(
    half: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_REQUEST_TIMEOUT", 0.1)
    monkeypatch.setattr(engine, "_SWEEP", 0.05)
    with serving(echo) as url, Wire(url) as wire:
        assert wire.send(half).answer().status == 408
        assert wire.at_end()


def test_a_request_that_trickles_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_REQUEST_TIMEOUT", 0.2)
    monkeypatch.setattr(engine, "_SWEEP", 0.05)
    with serving(echo) as url, Wire(url) as wire:
        wire.send(b"GET / HTTP/1.1\r\nX: ").sock.settimeout(0.02)
        while True:
            wire.send(b"x")
            with suppress(TimeoutError):
                assert wire.sock.recv(12) == b"HTTP/1.1 408"
                break


def test_an_idle_connection_is_closed_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_IDLE_TIMEOUT", 0.1)
    monkeypatch.setattr(engine, "_SWEEP", 0.05)
    with serving(echo) as url, Wire(url) as wire:
        assert wire.get("/").status == 200
        assert wire.at_end()


def test_threads_beyond_the_spare_ones_go_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel, "SPARE_THREADS", 2)
    meeting = Meeting()
    server = InProcessServer(meeting)
    before = threading.active_count()
    server.start()
    wires = [ask(Wire(server.url), "/wait") for _ in range(20)]
    for _ in wires:
        meeting.waiting.acquire(timeout=30)
    most = threading.active_count()
    wires[0].close()
    with Wire(server.url) as wire:
        wire.get("/go")
    for waiter in wires[1:]:
        waiter.answer()
        waiter.close()
    while threading.active_count() > before + 4:
        pass
    server.stop()

    assert most >= before + 20
    assert threading.active_count() == before
