"""What a normal request takes beside company that is idle, stuck, slow or busy. Prints markdown.

    python benchmarks/company.py [--rounds N] [--seconds S]

Each round measures alone and in company, one right after the other, on the same server: a ratio is
of such a pair. One connection asks for one record, of a tenant that the company has nothing to do
with, and the median latency is taken.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

SET = "/beta/reports/userCredentialUsageDetails"
HEADERS = {"Authorization": "Bearer company", "Content-Type": "application/json"}
HALF = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf"
HELLO = b"\x16\x03\x01\x02\x00\x01"  # how a TLS handshake begins


class Server:
    """A ``fakegraph serve`` of its own, over http or https."""

    def __init__(self, folder: Path, *options: str) -> None:
        ready = folder / "ready.json"
        line = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--log-level", "error"]
        line += ["--ready-file", str(ready), "--data-dir", str(folder / "data"), *options]
        self.process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
        while not ready.exists():
            time.sleep(0.01)
        told = json.loads(ready.read_text())
        self.port = int(told["url"].rpartition(":")[2])
        self.context = ssl.create_default_context(cafile=told["ca"]) if told["ca"] else None

    def connect(self) -> http.client.HTTPConnection:
        """A client's connection."""
        if self.context is None:
            return http.client.HTTPConnection("127.0.0.1", self.port)
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of one answer."""
        with closing(self.connect()) as connection:
            connection.request(method, path, json.dumps(body) if body else None, HEADERS)
            return json.loads(connection.getresponse().read() or b"null")

    def latency(self, path: str, seconds: float) -> float:
        """The median of what a request takes on one connection, in ms."""
        times = []
        with closing(self.connect()) as connection:
            until = time.perf_counter() + seconds
            while time.perf_counter() < until:
                began = time.perf_counter()
                connection.request("GET", path, headers=HEADERS)
                assert connection.getresponse().read()
                times.append(time.perf_counter() - began)
        return statistics.median(times) * 1000

    def end(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait()


@contextmanager
def sockets(server: Server, number: int, sent: bytes) -> Iterator[None]:
    """So many connections that have sent this, and no more."""
    with ExitStack() as stack:
        for _ in range(number):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            sock.sendall(sent)
        yield


@contextmanager
def delays(server: Server) -> Iterator[None]:
    """A tenant of which 200 requests wait ten minutes for their answers."""
    tenant = server.ask("POST", "/_fakegraph/tenants", {"id": "slow"})["id"]
    fault = {"status": 503, "delayMs": 600_000, "times": None}
    server.ask("POST", f"/_fakegraph/tenants/{tenant}/faults", fault)
    request = (
        f"GET /tenants/{tenant}{SET} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n\r\n"
    )
    with sockets(server, 200, request.encode()):
        yield
    server.ask("DELETE", f"/_fakegraph/tenants/{tenant}")


COMPANY: dict[str, tuple[tuple[str, ...], Callable[[Server], Any]]] = {
    "200 idle connections": ((), lambda server: sockets(server, 200, b"")),
    "100 half-sent requests": ((), lambda server: sockets(server, 100, HALF)),
    "200 requests of another tenant that wait ten minutes": ((), delays),
    "600 half TLS handshakes": (("--tls",), lambda server: sockets(server, 600, HELLO)),
}


def measure(options: tuple[str, ...], company: Any, rounds: int, seconds: float) -> list[Any]:
    """What it takes alone and in company, in ms, in each round."""
    with tempfile.TemporaryDirectory(prefix="fakegraph-company-") as folder:
        server = Server(Path(folder), *options)
        try:
            (first,) = server.ask("GET", f"{SET}?$top=1")["value"]
            path = f"{SET}/{first['id']}"
            server.latency(path, seconds)
            found = []
            for _ in range(rounds):
                alone = server.latency(path, seconds)
                with company(server):
                    time.sleep(0.2)
                    found.append((alone, server.latency(path, seconds)))
            return found
        finally:
            server.end()


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    print("| beside | alone, ms | in company, ms | ratio |\n| --- | ---: | ---: | ---: |")
    for name, (settings, company) in COMPANY.items():
        pairs = measure(settings, company, options.rounds, options.seconds)
        alone, beside = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        print(f"| {name} | {alone:.2f} | {beside:.2f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
