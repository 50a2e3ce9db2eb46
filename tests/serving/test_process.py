"""``serve``, as a process of its own."""

from __future__ import annotations

import signal
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.serving.test_concurrency import ask
from tests.serving.wire import Wire, echo, serving

HERE = Path(__file__).parent
PROGRAM = """
import asyncio, sys, threading, time
from pathlib import Path
from fakegraph.serving import CannotServe, serve
from fakegraph.web.later import Pause, begin
from tests.serving.wire import reply

def app(environ, start_response):
    return begin(steps(environ["PATH_INFO"]), lambda said: reply(start_response, said))

def steps(path):
    if path == "/wait":
        print("waiting", flush=True)
        yield Pause(seconds=0.2)
    if path == "/stuck":
        print("waiting", flush=True)
        yield Pause(share="somebody")
        threading.Event().wait()
    if path == "/exit":
        raise SystemExit("the app wants out")
    if path == "/crash":
        asyncio.get_running_loop().call_soon(crash)
    return path

def crash():
    raise SystemExit("the loop is gone")

port, *tls = sys.argv[1:]
cert, key = map(Path, tls) if tls else (None, None)
try:
    serve(app, host="127.0.0.1", port=int(port), cert=cert, key=key,
          ready=lambda url: print(url, flush=True))
except CannotServe as error:
    raise SystemExit(str(error))
print("closed", flush=True)
"""


class Process:
    """The program above, while it runs."""

    def __init__(self, *arguments: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        assert self.child.stdout is not None
        return self.child.stdout.readline().strip()

    def end(self) -> tuple[int, str, str]:
        """Wait for its end: exit code, what else it printed, and what it complained of."""
        out, err = self.child.communicate()
        return self.child.returncode, out.strip(), err.strip()


@contextmanager
def process(*arguments: str) -> Iterator[Process]:
    running = Process(*arguments)
    try:
        yield running
    finally:
        running.child.kill()
        running.child.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with process("0") as running, Wire(running.line()) as idle, Wire(idle_url(idle)) as half:
        idle.get("/")
        half.send(b"GET / HTTP/1.1\r\n")
        running.child.send_signal(number)
        assert running.end() == (0, "closed", "")


def idle_url(wire: Wire) -> str:
    host, port = wire.sock.getpeername()
    return f"http://{host}:{port}"


def test_requests_under_way_are_finished_first() -> None:
    with process("0") as running, Wire(running.line()) as wire:
        ask(wire, "/wait")
        assert running.line() == "waiting"
        running.child.terminate()
        assert wire.answer().json == "/wait"
        assert running.end() == (0, "closed", "")


def test_a_request_that_does_not_end_does_not_stop_the_end() -> None:
    with process("0") as running, Wire(running.line()) as wire:
        ask(wire, "/stuck")
        assert running.line() == "waiting"
        running.child.terminate()
        code, out, err = running.end()
        assert (code, out) == (0, "closed")
        assert "did not end in time" in err


def test_a_crash_of_the_server_is_the_end_of_the_process() -> None:
    with process("0") as running, Wire(running.line()) as wire:
        ask(wire, "/crash")
        code, out, err = running.end()
        assert code == 1
        assert "closed" not in out
        assert "ServerCrashed" in err
        assert "the loop is gone" in err


def test_an_app_that_wants_out_costs_its_own_request_alone() -> None:
    with process("0") as running, Wire(running.line()) as wire:
        assert wire.get("/exit").status == 500
        assert wire.get("/next").json == "/next"
        running.child.terminate()
        code, out, err = running.end()
        assert (code, out) == (0, "closed")
        assert "the app wants out" in err


def test_a_port_that_is_taken_is_one_line() -> None:
    with serving(echo) as url:
        port = url.rpartition(":")[2]
        with process(port) as running:
            assert running.end() == (
                1,
                "",
                f"cannot listen on 127.0.0.1 port {port}: Address already in use",
            )


def test_it_speaks_https() -> None:
    with process("0", str(HERE / "cert.pem"), str(HERE / "key.pem")) as running:
        url = running.line()
        assert url.startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=str(HERE / "cert.pem"))
        with urllib.request.urlopen(url + "/a", context=context) as answer:
            assert answer.status == 200
        running.child.terminate()
        assert running.end() == (0, "closed", "")


EARLY = """
import os, signal
from fakegraph.serving import serve
from fakegraph.serving.server import Server
from tests.serving.wire import reply

def app(environ, start_response):
    return reply(start_response, "")

class Hasty(Server):
    # Whoever was quick enough to be answered may say that it was enough.
    async def startup(self, sockets=None):
        await super().startup(sockets)
        os.kill(os.getpid(), signal.SIGTERM)

import fakegraph.serving.server
fakegraph.serving.server.Server = Hasty
serve(app, host="127.0.0.1", port=0, ready=lambda url: None)
print("closed")
"""


def test_a_signal_that_comes_before_it_is_ready_is_heard() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EARLY], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "closed\n"), done.stderr
