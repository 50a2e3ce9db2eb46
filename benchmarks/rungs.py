"""What is aimed at, side by side with what it is aimed at, in one run. Prints markdown.

    python benchmarks/rungs.py [--rounds N] [--seconds N] [--size N]

Whatever is compared has its turn in each round, one right after the other, and a ratio is the
median of those of the rounds, with the least and the greatest. In processor time of the servers it
is the same on a busy machine. It wants wrk, pytest-httpserver, and ``npm install`` in this folder.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import fixture_cost
from contenders import FAKEGRAPH, FLOORS, PEERS, Contender, start_contoso
from run import check

JSON_SERVER = next(each for each in PEERS if each.name == "json-server")
WIREMOCK = next(each for each in PEERS if each.name == "WireMock")
STUBS = 3
CONNECTIONS = 16
IMPORTED = """
import time, pytest
began = time.process_time()
import fakegraph.pytest_plugin
print((time.process_time() - began) * 1000)
"""


class Rung(NamedTuple):
    """What is measured, what is aimed at, and whether more is better."""

    what: str
    wanted: float
    more: bool = True
    unit: str = ""

    def row(self, clock: list[float], processor: list[float]) -> str:
        """A row of the table; in bold where it is missed."""
        cells = (self._cell(clock), self._cell(processor))
        return f"| {self.what} | {self.wanted:g}{self.unit} | {' | '.join(cells)} |"

    def _cell(self, values: list[float]) -> str:
        if not values:
            return "-"
        found = statistics.median(values)
        held = found >= self.wanted if self.more else found <= self.wanted
        text = f"{found:.2f}{self.unit}"
        spread = f"{min(values):.2f} to {max(values):.2f}"
        return f"{text if held else f'**{text}**'} ({spread})"


class Value(NamedTuple):
    """What a round says of a rung: by the clock, and of the processor, where it is told of."""

    name: str
    clock: float | None
    processor: float | None


RUNGS = {
    "start": Rung("`serve` to the first answer, of json-server's", 1.3, more=False),
    "create": Rung("create, of the constant view's rate, 16 connections", 0.7),
    "create p99": Rung("its p99, of the view's", 1.5, more=False),
    "page": Rung("filtered page of 100, of the view's rate", 0.75),
    "get": Rung("get by id, of the view's rate", 1.2),
    "wiremock": Rung("get by id, of WireMock's rate with three stubs, one connection", 1),
    "json-server": Rung("get by id, of json-server's rate, 16 connections", 1),
    "json-server, one": Rung("the same with one connection", 1),
    "fixture": Rung("a test with the fixture, of one with pytest-httpserver", 0.7, more=False),
    "import": Rung("import of the plugin that nobody uses", 5, more=False, unit=" ms"),
}


def starts(rounds: int, folder: Path) -> Iterator[Value]:
    """How long ours takes, of json-server's."""
    for turn in range(rounds):
        took = []
        for name, start in (("ours", start_contoso), ("theirs", JSON_SERVER.start)):
            home = folder / f"start-{turn}-{name}"
            home.mkdir()
            server = start(1_000, home)
            took.append((server.started, server.spent()))
            server.end()
        (ours, busy), (theirs, busy_too) = took
        yield Value("start", ours / theirs, busy / busy_too)


@contextmanager
def running(contenders: list[tuple[Contender, int]], folder: Path) -> Iterator[dict[str, Any]]:
    """All of them, by name, each with that many records."""
    bodies = folder / "bodies"
    bodies.mkdir()
    found = {}
    with ExitStack() as stack:
        for contender, size in contenders:
            home = folder / contender.name
            home.mkdir()
            server = contender.start(size, folder if contender in FLOORS else home)
            stack.callback(server.end)
            if contender is FAKEGRAPH:
                for name, answer in check(contender, server, size).items():
                    (bodies / name).write_text(json.dumps(answer, separators=(",", ":")))
            found[contender.name] = server
        yield found


def loads(rounds: int, seconds: int, size: int, folder: Path) -> Iterator[Value]:
    """Rates and tails, ours of the others'."""
    view = FLOORS[0]
    sizes = {FAKEGRAPH: size, view: size, JSON_SERVER: size, WIREMOCK: STUBS}
    home = folder / "loads" / "round"  # contenders keep what can be used again two above
    home.mkdir(parents=True)
    with running(list(sizes.items()), home) as servers:

        def took(contender: Contender, mode: str, connections: int) -> Any:
            path = contender.page if mode == "page" else contender.path
            server, size = servers[contender.name], sizes[contender]
            found = server.load(mode, size, path, connections, seconds)
            assert not found["refused"] + found["broken"], (contender.name, mode, found)
            return found

        def compared(name: str, ours: Any, theirs: Any) -> Value:
            clock = (ours["requests"] / ours["seconds"]) / (theirs["requests"] / theirs["seconds"])
            busy = (ours["requests"] / ours["spent"]) / (theirs["requests"] / theirs["spent"])
            return Value(name, clock, busy)

        for _ in range(rounds):
            for mode in ("get", "page", "create"):
                ours, theirs = took(FAKEGRAPH, mode, CONNECTIONS), took(view, mode, CONNECTIONS)
                yield compared(mode, ours, theirs)
                if mode == "create":
                    yield Value("create p99", ours["p99"] / theirs["p99"], None)
                if mode == "get":
                    yield compared("json-server", ours, took(JSON_SERVER, mode, CONNECTIONS))
            ours = took(FAKEGRAPH, "get", 1)
            yield compared("wiremock", ours, took(WIREMOCK, "get", 1))
            yield compared("json-server, one", ours, took(JSON_SERVER, "get", 1))


def fixtures(rounds: int, folder: Path) -> Iterator[Value]:
    """What a test costs with ours, of what it costs with pytest-httpserver's."""
    for _ in range(rounds):
        names = random.sample(list(fixture_cost.TESTS), len(fixture_cost.TESTS))
        took = {name: fixture_cost.took(name, folder, 200) for name in names}
        alone, ours, theirs = (took[name] for name in fixture_cost.TESTS)
        clock, busy = ((ours[n] - alone[n]) / (theirs[n] - alone[n]) for n in range(len(alone)))
        yield Value("fixture", clock, busy)


def imports(rounds: int, folder: Path) -> Iterator[Value]:
    """Milliseconds of the processor, beside what pytest takes anyway."""
    for _ in range(rounds):
        command = [sys.executable, "-c", IMPORTED]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        yield Value("import", None, float(said))


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--size", type=int, default=10_000)
    options = parser.parse_args()
    values: list[Value] = []

    def load(rounds: int, folder: Path) -> Iterator[Value]:
        return loads(rounds, options.seconds, options.size, folder)

    parts: list[Callable[[int, Path], Iterator[Value]]] = [load, starts, fixtures, imports]
    with tempfile.TemporaryDirectory(prefix="fakegraph-rungs-") as folder:
        for part in parts:
            for value in part(options.rounds, Path(folder)):
                values.append(value)
                print(f"  {value}", file=sys.stderr)
    print("| what | wanted | by the clock | in processor time |")
    print("| --- | ---: | ---: | ---: |")
    for name, rung in RUNGS.items():
        of = [each for each in values if each.name == name]
        clock = [each.clock for each in of if each.clock is not None]
        print(rung.row(clock, [each.processor for each in of if each.processor is not None]))


if __name__ == "__main__":
    main()
