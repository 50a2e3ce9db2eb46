"""What change notifications cost the requests beside them, and how soon they come. Prints markdown.

    python benchmarks/notifications.py [--rounds N] [--requests N]

One tenant makes messages, and one of two has subscribed to them: its writes are told to a receiver
in another process. The two take turns, and each round's ratio is of its own two rates; of the
server's processor they have what it needs until all is delivered, which neighbours change least.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

HEADERS = {"Authorization": "Bearer program", "Content-Type": "application/json"}
END = "2099-01-01T00:00:00Z"
RECEIVER = """
import json, sys, time
from fakegraph.handle.notified import Receiver
with Receiver() as receiver:
    print(receiver.url, flush=True)
    for line in sys.stdin:
        items = receiver.wait(int(line))
        print(time.time(), flush=True)
"""


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, int]]:
    """The port and the process of a server without records."""
    ready = folder / "ready.json"
    line = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--log-level", "error"]
    process = subprocess.Popen(
        [*line, "--no-fixture", "--ready-file", str(ready)], stdout=subprocess.DEVNULL
    )
    try:
        while not ready.exists():
            time.sleep(0.01)
        yield int(json.loads(ready.read_text())["url"].rpartition(":")[2]), process.pid
    finally:
        process.terminate()
        process.wait()


def ask(connection: HTTPConnection, path: str, body: Any) -> Any:
    """What a POST is answered with."""
    connection.request("POST", path, json.dumps(body), HEADERS)
    answer = connection.getresponse()
    found = answer.read()
    assert answer.status < 300, found
    return json.loads(found) if found else None


def rate(connection: HTTPConnection, tenant: str, requests: int) -> float:
    """How many messages a second are made."""
    begun = time.perf_counter()
    for number in range(requests):
        ask(connection, f"/tenants/{tenant}/v1.0/me/messages", {"subject": str(number)})
    return requests / (time.perf_counter() - begun)


def needed(process: int) -> float:
    """What a process has had of a processor so far, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Receiving:
    """Somebody who is told, in a process of its own: its ``url``, and when what arrived."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._asking, self._telling = process.stdin, process.stdout
        self.url = self._telling.readline().strip()

    def expect(self, number: int) -> None:
        """Have it tell when so many have arrived."""
        self._asking.write(f"{number}\n")
        self._asking.flush()

    def arrived(self) -> float:
        """When that was."""
        return float(self._telling.readline())


@contextmanager
def receiving() -> Iterator[Receiving]:
    """Somebody who is told."""
    command = [sys.executable, "-c", RECEIVER]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        yield Receiving(process)
        assert process.stdin is not None
        process.stdin.close()


def subscribe(connection: HTTPConnection, tenant: str, url: str) -> None:
    """Have somebody told of the messages of a tenant's user."""
    ask(connection, f"/_fakegraph/tenants/{tenant}/seed", {"users": [{"displayName": "A"}]})
    clock = {"now": "2098-12-31T00:00:00Z"}
    connection.request("PUT", f"/_fakegraph/tenants/{tenant}/clock", json.dumps(clock), HEADERS)
    connection.getresponse().read()
    body = {
        "changeType": "created",
        "notificationUrl": url,
        "resource": "me/messages",
        "expirationDateTime": END,
    }
    ask(connection, f"/tenants/{tenant}/v1.0/subscriptions", body)


def late(connection: HTTPConnection, tenant: str, receiver: Receiving) -> Iterator[float]:
    """How long after a write its notification arrives, fifty times."""
    for number in range(1, 51):
        receiver.expect(number)
        begun = time.time()
        rate(connection, tenant, 1)
        yield receiver.arrived() - begun
        time.sleep(0.02)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=300)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as (port, process),
        closing(HTTPConnection("127.0.0.1", port)) as connection,
        receiving() as receiver,
    ):
        plain, told = (ask(connection, "/_fakegraph/tenants", {})["id"] for _ in range(2))
        rate(connection, plain, 50)
        subscribe(connection, told, receiver.url)
        waits = list(late(connection, told, receiver))
        ratios, shares = [], []
        for _ in range(given.rounds):
            first = needed(process)
            alone = rate(connection, plain, given.requests)
            second = needed(process)
            ratios.append(rate(connection, told, given.requests) / alone)
            ask(connection, f"/_fakegraph/tenants/{told}/notifications/flush", {})
            shares.append((second - first) / (needed(process) - second))
    print("| change notifications | |")
    print("| --- | --- |")
    print(
        f"| rate of writes that are told, of those that are not | {statistics.median(ratios):.2f} |"
    )
    print(f"| the same by the server's processor | {statistics.median(shares):.2f} |")
    print(f"| from a write to its delivery, median | {statistics.median(waits) * 1000:.1f} ms |")


if __name__ == "__main__":
    main()
