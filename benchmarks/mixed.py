"""The mixed profile of a real application, over HTTP: the headline figure. Prints markdown.

    python benchmarks/mixed.py [--against COMMIT] [--rounds N] [--times N]

One connection, in memory, with ``contoso``. A figure is the processor time of the server's process
for a request, the median of the rounds; the time by the clock hangs on who else is busy. In a round
each step is done ``times`` times in a row. With ``--against`` an older commit's server has its turn
in each round too, and ratios are taken within rounds.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from application import STEPS, Application
from commits import ROOT, checked_out, environment

NEW = "new event"
HEADERS = {"Authorization": "Bearer benchmark", "Content-Type": "application/json"}


def serve(tree: Path, ready: Path) -> subprocess.Popen[bytes]:
    """A ``fakegraph serve`` of the tree in a folder."""
    line = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--fixture", "contoso"]
    line += ["--log-level", "error", "--ready-file", str(ready)]
    return subprocess.Popen(line, env=os.environ | environment(tree), stdout=subprocess.DEVNULL)


class Server:
    """A server that writes where it is into a file, and an application that asks it."""

    def __init__(self, process: subprocess.Popen[bytes], ready: Path) -> None:
        self._process = process
        while not ready.exists():
            assert self._process.poll() is None, "the server ended"
            time.sleep(0.01)
        port = int(json.loads(ready.read_text())["url"].rpartition(":")[2])
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self.application = Application(self.ask)

    def ask(self, method: str, target: str, body: Any) -> Any:
        """The JSON of an answer."""
        sent = None if body is None else json.dumps(body)
        self._connection.request(method, target, sent, HEADERS)
        answer = self._connection.getresponse()
        found = answer.read()
        assert answer.status < 300, (method, target, answer.status, found[:500])
        return json.loads(found) if found else None

    def spent(self) -> float:
        """The processor time of all its threads so far, in µs."""
        found = 0
        for task in Path(f"/proc/{self._process.pid}/task").iterdir():
            found += int((task / "schedstat").read_text().split()[0])
        return found / 1000

    def cost(self, step: Callable[[], Any], times: int) -> float:
        """What it takes of the processor to answer a step, in µs."""
        before = self.spent()
        for _ in range(times):
            step()
        time.sleep(0.001)  # it is idle again, and has been counted
        return (self.spent() - before) / times

    def round(self, times: int) -> dict[str, float]:
        """What each step takes. What a round makes is gone behind it."""
        found: dict[str, float] = {}
        for name, step in self.application.steps().items():
            if name != NEW:
                found[name] = self.cost(step, times)
                continue
            costs = []
            for _ in range(times):
                costs.append(self.cost(step, 1))
                self.application.tidy()
            found[name] = statistics.mean(costs)
        return found

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def rate(server: Server, rounds: int) -> float:
    """Requests a second by the clock: eleven steps and what tidies up, again and again."""
    began = time.perf_counter()
    for _, step in server.application.rounds(rounds):
        step()
    return rounds * (len(STEPS) + 1) / (time.perf_counter() - began)


def report(rounds: dict[str, list[dict[str, float]]]) -> None:
    """The table."""
    now, before = rounds["now"], rounds.get("before")
    print("| step | µs of the server's processor |" + (" of before |" if before else ""))
    print("| --- | ---: |" + (" ---: |" if before else ""))
    for name in (*STEPS, "a round"):
        ours = [_of(name, each) for each in now]
        row = f"| {name} | {statistics.median(ours):,.0f} |"
        if before:
            pairs = zip(ours, (_of(name, each) for each in before), strict=True)
            row += f" {statistics.median(a / b for a, b in pairs):.2f} |"
        print(row)


def _of(name: str, costs: dict[str, float]) -> float:
    return costs[name] if name in costs else sum(costs.values())


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", help="a commit to compare with")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    with ExitStack() as stack:
        trees = {"now": ROOT}
        if options.against:
            trees["before"] = stack.enter_context(checked_out(options.against))
        servers = {}
        for name, tree in trees.items():
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fakegraph-mixed-"))
            ready = Path(folder) / "ready.json"
            servers[name] = Server(serve(tree, ready), ready)
            stack.callback(servers[name].end)
            servers[name].round(options.times)  # what is imported and worked out once
        for _ in range(options.rounds):
            for name, server in servers.items():
                found[name].append(server.round(options.times))
        rates = [rate(servers["now"], 20) for _ in range(5)]
    report(found)
    print(f"\nBy the clock, one connection: {statistics.median(rates):,.0f} requests a second.")


if __name__ == "__main__":
    main()
