from __future__ import annotations

import gc
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fakegraph.serving import CannotServe, InProcessServer
from tests.serving.test_concurrency import Meeting, ask
from tests.serving.wire import HOST, Wire, echo, serving

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Any:
    before = threading.active_count()
    yield
    gc.collect()  # sockets left open would warn here
    assert threading.active_count() == before


def test_it_serves_where_its_url_says() -> None:
    server = InProcessServer(echo)
    server.start()
    with urllib.request.urlopen(server.url + "/a") as answer:
        assert answer.status == 200
    server.stop()


def test_the_url_is_known_while_it_runs() -> None:
    server = InProcessServer(echo)
    with pytest.raises(RuntimeError, match="start"):
        _ = server.url
    server.start()
    assert server.url.startswith("http://127.0.0.1:")
    with pytest.raises(RuntimeError, match="already"):
        server.start()
    server.stop()
    server.stop()
    with pytest.raises(RuntimeError, match="start"):
        _ = server.url


def test_it_can_start_again() -> None:
    server = InProcessServer(echo)
    for _ in range(20):
        server.start()
        with Wire(server.url) as wire:
            assert wire.get("/").status == 200
        server.stop()


def test_after_the_stop_nobody_listens() -> None:
    with serving(echo) as url:
        idle = Wire(url)
        half = Wire(url).send(b"GET / HTTP/1.1\r\n")
        idle.get("/")

    assert idle.at_end()
    half.close()
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        Wire(url)


def test_a_stop_lets_requests_under_way_finish() -> None:
    meeting = Meeting()
    server = InProcessServer(meeting)
    server.start()
    with Wire(server.url) as wire:
        ask(wire, "/wait")
        meeting.waiting.acquire(timeout=30)
        threading.Timer(0.05, meeting.opened.set).start()
        server.stop(grace=30)
        answer = wire.answer()
    assert answer.json == "/wait"
    assert answer.headers["connection"] == "close"


def test_a_stop_does_not_wait_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    meeting = Meeting()
    server = InProcessServer(meeting)
    server.start()
    with Wire(server.url) as wire:
        ask(wire, "/wait")
        meeting.waiting.acquire(timeout=30)
        server.stop(grace=0.05)
        assert wire.at_end()
    assert "1 requests did not end in time" in caplog.text
    stuck = [t for t in threading.enumerate() if t.name == "fakegraph-work"]
    meeting.opened.set()
    for thread in stuck:
        thread.join()


@pytest.mark.parametrize(
    ("host", "in_url"),
    [
        ("::1", "[::1]"),
        ("localhost", "localhost"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "[::1]"),
        ("", "127.0.0.1"),
    ],
)
def test_it_listens_on_any_address_of_the_machine(host: str, in_url: str) -> None:
    with serving(echo, host=host) as url:
        assert url.startswith(f"http://{in_url}:")
        with Wire(url) as wire:
            assert wire.get("/").status == 200


def test_the_wildcard_of_ipv6_takes_in_ipv4() -> None:
    with serving(echo, host="::") as url, Wire(url.replace("[::1]", "127.0.0.1")) as wire:
        assert wire.get("/").json["REMOTE_ADDR"].endswith("127.0.0.1")


@pytest.mark.parametrize(
    ("host", "port", "says"),
    [
        ("no-such-host.invalid", 0, "no-such-host.invalid port 0: "),
        ("192.0.2.1", 0, "192.0.2.1 port 0: Cannot assign"),
        ("127.0.0.1", 70_000, "127.0.0.1 port 70000: ports go from 0 to 65535"),
    ],
)
def test_where_it_cannot_listen_it_says_so(host: str, port: int, says: str) -> None:
    with pytest.raises(CannotServe, match="cannot listen on " + says):
        InProcessServer(echo, host=host, port=port).start()


def test_a_port_that_is_taken_is_named() -> None:
    with serving(echo) as url, socket.create_server(("127.0.0.1", 0)) as foreign:
        for port in (int(url.rpartition(":")[2]), foreign.getsockname()[1]):
            with pytest.raises(CannotServe, match=f"127.0.0.1 port {port}: Address already in use"):
                InProcessServer(echo, port=port).start()


def test_who_comes_while_it_stops_leaves_nothing_open() -> None:
    def come(url: str, wires: list[Wire]) -> None:
        with suppress(OSError):
            while len(wires) < 1000:
                wires.append(Wire(url))

    for _ in range(10):
        server = InProcessServer(echo)
        server.start()
        wires: list[Wire] = []
        thread = threading.Thread(target=come, args=(server.url, wires))
        thread.start()
        while len(wires) < 10:
            pass
        server.stop()
        thread.join()
        for wire in wires:
            wire.close()


def test_a_port_can_be_taken_again_at_once() -> None:
    with serving(echo) as url:
        wire = Wire(url)
        wire.get("/")
    with serving(echo, port=int(url.rpartition(":")[2])) as again:
        assert again == url
    wire.close()


def test_naming_the_server_costs_neither_parser_nor_tls() -> None:
    code = (
        "import fakegraph.serving, sys;"
        "print([m for m in ('httptools', 'ssl', 'werkzeug', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_large_answer_is_finished_before_the_stop() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"a" * 20_000_000]

    server = InProcessServer(app)
    server.start()
    with Wire(server.url) as wire:
        wire.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n").sock.recv(1)
        reader = threading.Thread(target=server.stop, args=(30,))
        reader.start()
        left = 0
        while data := wire.sock.recv(1 << 20):
            left += len(data)
        reader.join()
    assert left > 20_000_000
