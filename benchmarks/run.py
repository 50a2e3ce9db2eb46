"""fakegraph beside its peers and beside the floor that its own server sets. Prints markdown.

    make bench                      the whole, about half an hour
    make bench BENCH="--quick"      two sizes, one round: does it all run?

Servers are loaded one after the other within seconds, and ratios are taken between such
neighbours: the speed of a machine drifts by up to two while one measures.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from contenders import FAKEGRAPH, FLOORS, PAGE, PEERS, Contender
from records import record
from running import Running

SIZES = (1_000, 10_000, 100_000, 1_000_000)
MODES = {"get": "get by id", "page": "filtered page of 100", "create": "create"}
CONNECTIONS = (1, 16)

T = TypeVar("T")


class Key(NamedTuple):
    """What was measured, of which server."""

    size: int
    mode: str
    connections: int
    name: str


class Results:
    """All that was measured, a value for each round."""

    def __init__(self) -> None:
        self.rates: dict[Key, list[float]] = defaultdict(list)
        self.tails: dict[Key, list[float]] = defaultdict(list)
        self.starts: dict[tuple[int, str], list[float]] = defaultdict(list)
        self.memory: dict[tuple[int, str], list[float]] = defaultdict(list)
        self.lost: Counter[str] = Counter()
        self.created: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()

    def rate(self, size: int, mode: str, connections: int, name: str) -> float | None:
        """Requests a second, the median of the rounds."""
        values = self.rates.get(Key(size, mode, connections, name))
        return statistics.median(values) if values else None

    def ratio(
        self, size: int, mode: str, connections: int, other: str, *, tails: bool = False
    ) -> float | None:
        """fakegraph's to the other's, the median of the rounds."""
        table = self.tails if tails else self.rates
        ours = table.get(Key(size, mode, connections, FAKEGRAPH.name))
        theirs = table.get(Key(size, mode, connections, other))
        if not ours or not theirs:
            return None
        pairs = zip(ours, theirs, strict=True)
        return statistics.median(a / b if b else math.inf for a, b in pairs)


def check(contender: Contender, server: Running, size: int) -> dict[str, Any]:
    """Does it answer as the others do? Its answers. Raises AssertionError if not."""
    middle = record(size // 2)
    new = {name: value for name, value in middle.items() if name != "id"}
    new["userDisplayName"] = "New"
    answers = {
        "get": server.ask("GET", f"{contender.path}/{middle['id']}"),
        "page": server.ask("GET", contender.page),
        "create": server.ask("POST", contender.path, new),
    }
    if contender in FLOORS:
        return answers
    found, page, made = answers.values()
    rows = page if isinstance(page, list) else page.get("value") or page["data"]
    assert {name: found[name] for name in middle} == middle, (contender.name, found)
    assert len(rows) == PAGE, (contender.name, len(rows))
    assert all(row["feature"] == "reset" for row in rows), (contender.name, rows[:2])
    if contender.stores:
        again = server.ask("GET", f"{contender.path}/{made['id']}")
        assert again["userDisplayName"] == "New", (contender.name, again)
    return answers


def start_all(
    size: int, folder: Path, peers: list[Contender], results: Results
) -> list[tuple[Contender, Running]]:
    """All that are measured at this size, started and checked, fakegraph first."""
    running = []
    bodies = folder / "bodies"
    bodies.mkdir(parents=True)
    for contender in (FAKEGRAPH, *FLOORS, *peers):
        if size > contender.largest:
            continue
        home = folder if contender in FLOORS else folder / contender.name
        home.mkdir(exist_ok=True)
        server = contender.start(size, home)
        running.append((contender, server))
        results.starts[size, contender.name].append(server.started)
        answers = check(contender, server, size)
        if contender is FAKEGRAPH:
            for name, answer in answers.items():
                (bodies / name).write_text(json.dumps(answer, separators=(",", ":")))
    return running


def measure(
    size: int, folder: Path, peers: list[Contender], seconds: int, results: Results
) -> None:
    """One round at one size."""
    running: list[tuple[Contender, Running]] = []
    try:
        running = start_all(size, folder, peers, results)
        before = {c.name: c.count(server) for c, server in running if c.stores}
        created: Counter[str] = Counter()
        for mode in MODES:
            for connections in CONNECTIONS:
                for contender, server in running:
                    path = contender.page if mode == "page" else contender.path
                    took = server.load(mode, size, path, connections, seconds)
                    key = Key(size, mode, connections, contender.name)
                    good = took["requests"] - took["refused"]
                    results.rates[key].append(good / took["seconds"])
                    results.tails[key].append(took["p99"])
                    results.errors[contender.name] += took["refused"] + took["broken"]
                    if mode == "create":
                        created[contender.name] += good
                    print(f"  {key}: {good / took['seconds']:,.0f}/s", file=sys.stderr)
        for contender, server in running:
            results.memory[size, contender.name].append(server.memory())
            if contender.stores:
                kept = contender.count(server) - before[contender.name]
                results.created[contender.name] += created[contender.name]
                results.lost[contender.name] += max(created[contender.name] - kept, 0)
    finally:
        for _, server in running:
            server.end()


def _show(value: float | None, form: str = ".2f") -> str:
    if value is None:
        return "-"
    if value == math.inf:  # the other one answered nothing in time
        return "∞"
    return format(value, form if value < 20 else ",.0f")


def _table(header: list[str], rows: list[list[str]]) -> None:
    print("| " + " | ".join(header) + " |")
    print("| --- |" + " ---: |" * (len(header) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def report(results: Results, sizes: list[int], names: list[str]) -> None:
    """All tables."""
    others = [name for name in names if name != FAKEGRAPH.name]
    for connections in reversed(CONNECTIONS):
        print(f"### fakegraph's rate as a multiple of the others', {connections} connections\n")
        rows = []
        for mode, words in MODES.items():
            for size in sizes:
                ours = results.rate(size, mode, connections, FAKEGRAPH.name)
                ratios = [results.ratio(size, mode, connections, name) for name in others]
                row = [words, f"{size:,}", _show(ours, ",.0f")]
                rows.append(row + [_show(ratio) for ratio in ratios])
        _table(["operation", "records", "fakegraph /s", *others], rows)
    print("### p99 at 16 connections, fakegraph's as a multiple of the constant Flask view's\n")
    floor = FLOORS[0].name
    rows = [
        [words, *(_show(results.ratio(s, mode, 16, floor, tails=True)) for s in sizes)]
        for mode, words in MODES.items()
    ]
    _table(["operation", *(f"{size:,}" for size in sizes)], rows)
    print("### Start to the first answer in seconds / resident memory in MB after the load\n")
    rows = [[name, *(_start_and_memory(results, size, name) for size in sizes)] for name in names]
    _table(["server", *(f"{size:,}" for size in sizes)], rows)
    print("### Created, acknowledged, and lost\n")
    rows = [
        [name, f"{results.created[name]:,}", f"{results.lost[name]:,}", f"{results.errors[name]:,}"]
        for name in results.created
    ]
    _table(["server", "acknowledged", "lost", "failed requests in all"], rows)


def _start_and_memory(results: Results, size: int, name: str) -> str:
    starts, memory = results.starts.get((size, name)), results.memory.get((size, name))
    if not starts or not memory:
        return "-"
    return f"{statistics.median(starts):.2f} / {statistics.median(memory):,.0f}"


def report_start(folder: Path, json_server: float | None) -> None:
    """The start with the built-in fixture, and where the time of importing goes."""
    from contenders import start_contoso

    starts = []
    for turn in range(5):
        home = folder / f"contoso-{turn}"
        home.mkdir()
        server = start_contoso(0, home)
        starts.append(server.started)
        server.end()
    ours = statistics.median(starts)
    times = "" if json_server is None else f", {ours / json_server:.2f} of json-server's"
    print(f"Start with `contoso` to the first answer: {ours:.2f} s{times}.\n")
    print("Imports of `fakegraph serve`, in ms, by package:\n")
    said = subprocess.run(
        [
            sys.executable,
            "-X",
            "importtime",
            "-c",
            "import fakegraph.cli, fakegraph.process, fakegraph.serving",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    packages: Counter[str] = Counter()
    for line in said.splitlines():
        own, _, name = line.removeprefix("import time:").split("|")
        if own.strip().isdigit():
            packages[name.strip().partition(".")[0]] += int(own)
    rows = [[f"`{name}`", f"{micros / 1000:.1f}"] for name, micros in packages.most_common(12)]
    rows.append(["all", f"{sum(packages.values()) / 1000:.1f}"])
    _table(["package", "ms"], rows)


def report_in_process() -> None:
    """What tests in the same process pay, with ``contoso``, once everything is imported."""
    from fakegraph.handle import FakeGraph, FakeGraphServer

    took: dict[str, list[float]] = defaultdict(list)
    for _ in range(11):
        server = _timed(took["start of a server"], lambda: FakeGraphServer().start())
        for _ in range(20):
            graph = FakeGraph(server)
            _timed(took["new tenant"], graph.__enter__)
            graph.create("userCredentialUsageDetails", **record(0) | {"id": "x"})
            _timed(took["reset"], graph.reset)
            _timed(took["removal of a tenant"], partial(graph.__exit__, None, None, None))
        _timed(took["stop of a server"], server.stop)
    rows = [[name, f"{statistics.median(times) * 1000:.2f}"] for name, times in took.items()]
    _table(["in the test's process", "ms"], rows)


def _timed(times: list[float], work: Callable[[], T]) -> T:
    began = time.perf_counter()
    result = work()
    times.append(time.perf_counter() - began)
    return result


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two sizes, one round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--peers", nargs="*", default=[peer.name for peer in PEERS])
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.sizes = 1, 1, [1_000, 10_000]
    peers = [peer for peer in PEERS if peer.name in options.peers]
    results = Results()
    with tempfile.TemporaryDirectory(prefix="fakegraph-bench-") as root:
        for turn in range(options.rounds):
            for size in options.sizes:
                print(f"round {turn + 1}, {size:,} records", file=sys.stderr)
                measure(size, Path(root) / f"{turn}-{size}", peers, options.seconds, results)
        now = datetime.datetime.now(datetime.UTC)
        print(
            f"{now:%d %B %Y}, {platform.machine()}, Python {platform.python_version()}, "
            f"medians of {options.rounds} rounds of {options.seconds} s each.\n"
        )
        names = [each.name for each in (FAKEGRAPH, *FLOORS, *peers)]
        report(results, options.sizes, names)
        starts = results.starts.get((1_000, "json-server"))
        report_start(Path(root), statistics.median(starts) if starts else None)
        report_in_process()


if __name__ == "__main__":
    main()
