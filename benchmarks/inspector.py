"""What the inspector's page costs a program's requests while it is open. Prints markdown.

    python benchmarks/inspector.py [--steps N] [--requests N]

While a program asks as fast as it can, the page asks once a second what came since: the latest 500
requests in short, and 1,000 that it has not read. What that takes of the server's processor is what
the program's requests lose at most: its share of a second. Processor time is measured, and not
rates: what else a machine does changes these by far more.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

HEADERS = {"Authorization": "Bearer program"}
PATH = "/v1.0/users?$top=5"
SUMMARIES = "/_fakegraph/tenants/default/requests/summaries"


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, int]]:
    """The port and the process of a server with the built-in fixture."""
    ready = folder / "ready.json"
    line = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--log-level", "error"]
    line += ["--journal-size", "100000", "--fixture", "contoso", "--ready-file", str(ready)]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    try:
        while not ready.exists():
            time.sleep(0.01)
        yield int(json.loads(ready.read_text())["url"].rpartition(":")[2]), process.pid
    finally:
        process.terminate()
        process.wait()


def processor(pid: int) -> float:
    """The processor time of a process so far, in seconds, to a hundredth (proc(5))."""
    said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


def ask(connection: HTTPConnection, path: str) -> bytes:
    """The body of an answer."""
    connection.request("GET", path, headers=HEADERS)
    return connection.getresponse().read()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--requests", type=int, default=8_000)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as (port, pid),
        closing(HTTPConnection("127.0.0.1", port)) as connection,
    ):
        for _ in range(500):
            ask(connection, PATH)
        begun = processor(pid)
        for _ in range(given.requests):
            ask(connection, PATH)
        request = (processor(pid) - begun) / given.requests
        begun = processor(pid)
        for _ in range(given.steps):
            ask(connection, f"{SUMMARIES}?after=0&most=500")
            ask(connection, f"{SUMMARIES}?before={given.requests}&most=1000")
        step = (processor(pid) - begun) / given.steps
    print("| takes of the server's processor | |")
    print("| --- | --- |")
    print(f"| a request of the program | {request * 1e6:.0f} µs |")
    print(f"| the page, in a second, as requests come | {step * 1e3:.1f} ms |")
    print(f"| **what the program's requests lose of their rate, at most** | **{step:.2%}** |")


if __name__ == "__main__":
    main()
