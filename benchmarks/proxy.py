"""What the forward proxy costs: requests, connections, a command's start, other tunnels beside one.

    python benchmarks/proxy.py [--rounds N] [--requests N]

Prints markdown. A round takes both sides of each comparison, one right after the other and first in
turn; a ratio is of one round. Directly means to a server with ``--tls``, through the proxy to one
with ``--proxy``, by its TLS for graph.microsoft.com. The built-in fixture is served.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

GRAPH = "graph.microsoft.com"
PATH = "/v1.0/users?$top=10&$select=id,displayName"
HEAD = {"Authorization": "Bearer benchmark"}
TUNNELS = 200
CONNECT = b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\nHost: graph.microsoft.com\r\n\r\n"
GARBAGE = b"\x16\x03\x01\x00\x05hello"
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # the beginning of one
Connect = Callable[[], http.client.HTTPSConnection]
Measure = Callable[[], float]


def environ(folder: Path) -> dict[str, str]:
    """An environment in which a server's authority is kept in a folder."""
    return {**os.environ, "XDG_CACHE_HOME": str(folder)}


class Server:
    """``fakegraph serve`` with these options. ``started``: seconds until it listened."""

    def __init__(self, folder: Path, *options: str) -> None:
        ready = folder / "ready.json"
        ready.unlink(missing_ok=True)
        line = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--log-level", "error"]
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [*line, "--ready-file", str(ready), *options],
            stdout=subprocess.PIPE,
            env=environ(folder),
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()
        self.started = time.perf_counter() - began
        while not ready.exists():
            time.sleep(0.001)
        known = json.loads(ready.read_text())
        self.port = urlsplit(known["url"]).port or 0
        self.context = ssl.create_default_context(cafile=known["ca"])

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Server]:
    """Such a server, ended afterwards."""
    server = Server(folder, *options)
    try:
        yield server
    finally:
        server.end()


def directly(server: Server) -> http.client.HTTPSConnection:
    """A connection to a server's own TLS."""
    return http.client.HTTPSConnection("127.0.0.1", server.port, context=server.context)


def through(server: Server) -> http.client.HTTPSConnection:
    """A connection to Graph, through a server's proxy."""
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=server.context)
    connection.set_tunnel(GRAPH, 443)
    return connection


def asked(connection: http.client.HTTPSConnection) -> None:
    """Ask once, and read the answer."""
    connection.request("GET", PATH, headers=HEAD)
    answer = connection.getresponse()
    if answer.status != 200 or not answer.read():
        raise RuntimeError(f"a request was answered {answer.status}")


def on_one(connect: Connect, requests: int) -> list[float]:
    """How long each of some requests takes on a connection that is kept, in seconds."""
    connection, took = connect(), []
    asked(connection)
    for _ in range(requests):
        began = time.perf_counter()
        asked(connection)
        took.append(time.perf_counter() - began)
    connection.close()
    return took


def on_new(connect: Connect, requests: int) -> list[float]:
    """The same, with a new connection for each."""
    took = []
    for _ in range(requests):
        began = time.perf_counter()
        connection = connect()
        asked(connection)
        connection.close()
        took.append(time.perf_counter() - began)
    return took


def in_turn(number: int, first: Measure, second: Measure) -> tuple[float, float]:
    """What both give, begun with the one or the other by the number of the round."""
    if number % 2:
        later = second()
        return first(), later
    return first(), second()


def tunnel(port: int, sends: bytes) -> socket.socket:
    """A tunnel in which no TLS is spoken, or only what is sent."""
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(CONNECT)
    while not sock.recv(4096).endswith(b"\r\n\r\n"):
        pass
    sock.sendall(sends)
    return sock


@contextmanager
def crowd(server: Server) -> Iterator[None]:
    """200 tunnels that are open, one that sends nothing, and others that send garbage or a
    handshake byte by byte, again and again.
    """
    over = threading.Event()

    def bother(sends: bytes) -> None:
        while not over.is_set():
            with tunnel(server.port, sends[:1]) as sock:
                for byte in sends[1:]:
                    over.wait(0.01)
                    sock.sendall(bytes((byte,)))

    with ExitStack() as stack:
        for _ in range(TUNNELS):
            connection = through(server)
            connection.connect()
            stack.callback(connection.close)
        stack.enter_context(tunnel(server.port, b""))
        threads = [threading.Thread(target=bother, args=(sends,)) for sends in (GARBAGE, HELLO)]
        for thread in threads:
            thread.start()
        yield
        over.set()
        for thread in threads:
            thread.join()


def compared(folder: Path, rounds: int, requests: int) -> Iterator[tuple[str, list[float], str]]:
    """Rates through the proxy as multiples of those directly, by round; and what is wanted."""
    with serving(folder, "--tls") as plain, serving(folder, "--proxy") as proxy:

        def pair(measure: Callable[[Connect, int], list[float]], count: int) -> list[float]:
            ratios = []
            for number in range(rounds + 1):
                direct, led = in_turn(
                    number,
                    lambda: sum(measure(lambda: directly(plain), count)),
                    lambda: sum(measure(lambda: through(proxy), count)),
                )
                ratios.append(direct / led)
            return ratios[1:]  # the first warms both up

        yield "requests through it, of direct https", pair(on_one, requests), "0.85 at least"
        yield "a new connection for each, of direct https", pair(on_new, requests // 10), ""
        latency = []
        for number in range(rounds):

            def alone() -> float:
                return statistics.median(on_one(lambda: through(proxy), requests))

            def among() -> float:
                with crowd(proxy):
                    return statistics.median(on_one(lambda: through(proxy), requests))

            one, many = in_turn(number, alone, among)
            latency.append(many / one)
        yield f"latency beside {TUNNELS} tunnels and bad ones, of alone", latency, "about 1"


def starts(folder: Path, rounds: int) -> list[float]:
    """How much longer ``fakegraph run -- true`` takes than a server's start, in seconds."""
    line = [sys.executable, "-m", "fakegraph", "run", "--", "true"]

    def served() -> float:
        with serving(folder, "--proxy") as server:
            return server.started

    def ran() -> float:
        began = time.perf_counter()
        subprocess.run(line, check=True, env=environ(folder))
        return time.perf_counter() - began

    pairs = [in_turn(number, served, ran) for number in range(rounds)]
    return [run - serve for serve, run in pairs]


def spread(values: list[float]) -> str:
    """The median, and the least and the most."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    """Measure all of it, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--requests", type=int, default=300)
    given = parser.parse_args()
    print("| | median (least to most) | wanted |")
    print("| --- | ---: | --- |")
    with tempfile.TemporaryDirectory() as name:
        for what, ratios, wanted in compared(Path(name), given.rounds, given.requests):
            print(f"| {what} | {spread(ratios)} | {wanted} |", flush=True)
        later = starts(Path(name), given.rounds)
    print(f"| `fakegraph run -- true`, seconds more than a start | {spread(later)} | 0.3 at most |")


if __name__ == "__main__":
    main()
