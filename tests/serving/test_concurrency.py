from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pytest

from fakegraph.serving import InProcessServer
from fakegraph.web import limits, pool
from fakegraph.web.later import CONTROL, Pause, Steps, begin
from tests.serving.wire import HOST, Wire, echo, reply, serving

HALVES = [
    b"G",
    b"GET / HTTP/1.1\r\nHost:",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\nhalf",
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
]


class Meeting:
    """An app where ``/wait`` is answered once ``/go`` has been asked for.

    It says that it may take long, for the share that the query names.
    """

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.waiting = threading.Semaphore(0)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return begin(self.steps(environ), lambda said: reply(start_response, said))

    def steps(self, environ: dict[str, Any]) -> Steps[str]:
        if environ["PATH_INFO"] == "/wait":
            yield Pause(share=environ["QUERY_STRING"] or "somebody")
            self.waiting.release()
            if not self.opened.wait(30):
                return "nobody came"
        elif environ["PATH_INFO"] == "/go":
            self.opened.set()
        said: str = environ["PATH_INFO"]
        return said


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
            for _ in wires[: pool.MAX_OF_A_SHARE]:
                assert meeting.waiting.acquire(timeout=30)
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


def test_a_share_that_is_all_taken_holds_up_no_other_share() -> None:
    meeting = Meeting()
    with serving(meeting) as url:
        greedy = [ask(Wire(url), "/wait?greedy") for _ in range(3 * pool.MAX_OF_A_SHARE)]
        for _ in range(pool.MAX_OF_A_SHARE):
            assert meeting.waiting.acquire(timeout=30)
        modest = ask(Wire(url), "/wait?modest")
        assert meeting.waiting.acquire(timeout=30)  # the greedy ones have all that they can have
        with Wire(url) as other:
            other.get("/go")
        assert {wire.answer().json for wire in (*greedy, modest)} == {"/wait"}
        for wire in (*greedy, modest):
            wire.close()


def test_the_control_api_gets_through_when_all_tenants_are_busy() -> None:
    meeting = Meeting()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def steps() -> Steps[str]:
            yield Pause(share=CONTROL)
            return "control"

        if environ["PATH_INFO"] == "/control":
            return begin(steps(), lambda said: reply(start_response, said))
        return meeting(environ, start_response)

    with serving(app) as url:
        tenants = range(pool.MAX_THREADS)
        wires = [ask(Wire(url), f"/wait?{n}") for n in tenants for _ in range(2)]
        for _ in tenants:
            assert meeting.waiting.acquire(timeout=30)
        with Wire(url) as other:
            assert other.get("/control").json == "control"
            other.get("/go")
        for wire in wires:
            assert wire.answer().json == "/wait"
            wire.close()


def test_waits_of_a_known_time_take_no_thread() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def steps() -> Steps[str]:
            yield Pause(seconds=0.2)
            return "waited"

        if environ["PATH_INFO"] == "/wait":
            return begin(steps(), lambda said: reply(start_response, said))
        return reply(start_response, threading.active_count())

    with serving(app) as url, Wire(url) as other:
        before = other.get("/").json
        wires = [ask(Wire(url), "/wait") for _ in range(200)]
        assert other.get("/").json == before
        assert {wire.answer().json for wire in wires} == {"waited"}
        for wire in wires:
            wire.close()


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
    with serving(big_or_small) as url, Wire(url) as slow, Wire(url) as wire:
        ask(ask(slow, "/big"), "/small")
        assert wire.get("/small").json == "small"
        assert len(slow.answer().body) == 20_000_000
        assert slow.answer().json == "small"


def big_or_small(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return reply(start_response, b"a" * 20_000_000 if environ["PATH_INFO"] == "/big" else "small")


def test_a_client_that_does_not_read_is_read_no_further() -> None:
    request = b"GET /small HTTP/1.1\r\n" + HOST + b"\r\n"
    with serving(big_or_small) as url, Wire(url) as slow:
        ask(slow, "/big").sock.settimeout(0.5)
        sent, before = 0, -1
        while before < sent < 20_000_000:
            before = sent
            with suppress(TimeoutError):
                while sent < 20_000_000:
                    sent += slow.sock.send(request * 1000)
        assert sent < 20_000_000  # what the buffers of both sockets take is less


def test_who_says_no_more_is_still_answered_when_there_is_much_to_read() -> None:
    with serving(big_or_small) as url, Wire(url) as wire, Wire(url) as other:
        ask(ask(ask(wire, "/big"), "/small"), "/small").sock.shutdown(socket.SHUT_WR)
        other.get("/small")
        assert [len(wire.answer().body) for _ in range(3)] == [20_000_000, 7, 7]
        assert wire.at_end()


def test_what_is_sent_after_the_last_request_takes_no_answer_away() -> None:
    last = b"GET /big HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n"
    with serving(big_or_small) as url, Wire(url) as wire, Wire(url) as other:
        wire.send(last)
        other.get("/small")
        wire.send(b"\r\nand more")
        other.get("/small")
        assert len(wire.answer().body) == 20_000_000
        assert wire.at_end()


def test_who_is_refused_has_time_to_read_the_answers_before_that(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(limits, "DRAIN_TIMEOUT", 0.05)
    monkeypatch.setattr(limits, "REQUEST_TIMEOUT", 0.5)
    monkeypatch.setattr(limits, "SWEEP", 0.02)
    with serving(big_or_small) as url, Wire(url) as wire:
        ask(wire, "/big").send(b"nonsense")
        with Wire(url) as other:  # who is drained has less time than this one
            assert other.send(b"GET").answer().status == 408
        assert len(wire.answer().body) == 20_000_000
        assert wire.answer().status == 501
        assert wire.at_end()
    assert caplog.text == ""


def test_an_app_that_holds_the_processor_holds_up_nobody() -> None:
    done = threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def calculate() -> Steps[str]:
            yield Pause(share="somebody")
            while not done.is_set():
                pass
            return "done"

        if environ["PATH_INFO"] == "/calculate":
            return begin(calculate(), lambda said: reply(start_response, said))
        done.set()
        return reply(start_response, "done")

    with serving(app) as url, Wire(url) as busy, Wire(url) as wire:
        ask(busy, "/calculate")
        assert wire.get("/stop").json == "done"
        assert busy.answer().json == "done"


def test_the_longest_idle_connection_makes_room_for_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 3)
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
    monkeypatch.setattr(limits, "REQUEST_TIMEOUT", 0.1)
    monkeypatch.setattr(limits, "SWEEP", 0.05)
    with serving(echo) as url, Wire(url) as wire:
        assert wire.send(half).answer().status == 408
        assert wire.at_end()


def test_a_request_that_trickles_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REQUEST_TIMEOUT", 0.2)
    monkeypatch.setattr(limits, "SWEEP", 0.05)
    with serving(echo) as url, Wire(url) as wire:
        wire.send(b"GET / HTTP/1.1\r\nX: ").sock.settimeout(0.02)
        while True:
            wire.send(b"x")
            with suppress(TimeoutError):
                assert wire.sock.recv(12) == b"HTTP/1.1 408"
                break


def test_who_waits_for_an_answer_is_not_given_up_for_the_next_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "REQUEST_TIMEOUT", 0.1)
    monkeypatch.setattr(limits, "IDLE_TIMEOUT", 0.3)
    monkeypatch.setattr(limits, "SWEEP", 0.02)
    meeting = Meeting()
    with serving(meeting) as url, Wire(url) as wire, Wire(url) as other:
        ask(wire, "/wait")
        meeting.waiting.acquire(timeout=30)
        wire.send(b"GET /next HT")
        other.get("/other")  # the half request was read
        wire.send(b"TP/1.1\r\n" + HOST + b"\r\n")
        with pytest.raises(EOFError):
            other.answer()  # whose time was over, and more
        with Wire(url) as helper:
            helper.get("/go")
        assert [wire.answer().json for _ in range(2)] == ["/wait", "/next"]


def test_an_idle_connection_is_closed_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IDLE_TIMEOUT", 0.1)
    monkeypatch.setattr(limits, "SWEEP", 0.05)
    with serving(echo) as url, Wire(url) as wire:
        assert wire.get("/").status == 200
        assert wire.at_end()


def test_threads_go_home_when_their_work_is_done() -> None:
    meeting = Meeting()
    server = InProcessServer(meeting)
    before = threading.active_count()
    server.start()
    wires = [ask(Wire(server.url), f"/wait?{n}") for n in range(pool.MAX_THREADS + 4)]
    for _ in range(pool.MAX_THREADS):
        assert meeting.waiting.acquire(timeout=30)
    most = threading.active_count()
    wires[0].close()
    with Wire(server.url) as wire:
        wire.get("/go")
    for waiter in wires[1:]:
        waiter.answer()
        waiter.close()
    while threading.active_count() > before + 1:
        pass
    server.stop()

    assert most == before + 1 + pool.MAX_THREADS
    assert threading.active_count() == before
