"""Where what ours is compared with spends its time, for what missed beside it. Prints markdown.

    python benchmarks/beside.py [--rounds N] [--seconds N]

First a get by id over one connection, of ours, of the floors under it and of others, in turn: by
the clock and of the processor. Then what comes before any server's own work in a start: the
interpreter by itself, and with the libraries that the server is made of. It wants wrk and ``npm
install`` in this folder.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from contenders import FAKEGRAPH, FLOORS, start_contoso
from rungs import JSON_SERVER, STUBS, WIREMOCK, running

SIZE = 1_000
INTERPRETERS = {
    "Python by itself": [sys.executable, "-c", "pass"],
    "Python with Flask": [sys.executable, "-c", "import flask"],
    "Python with Flask and uvicorn": [sys.executable, "-c", "import flask, uvicorn.server"],
    "Node.js by itself": ["node", "-e", "0"],
}


def gets(rounds: int, seconds: int, folder: Path) -> None:
    """One get after the other, over one connection: microseconds each."""
    sizes = {FAKEGRAPH: SIZE, **dict.fromkeys(FLOORS, SIZE), JSON_SERVER: SIZE, WIREMOCK: STUBS}
    home = folder / "gets" / "round"
    home.mkdir(parents=True)
    clock, busy = defaultdict(list), defaultdict(list)
    with running(list(sizes.items()), home) as servers:
        for _ in range(rounds):
            for each, size in sizes.items():
                took = servers[each.name].load("get", size, each.path, 1, seconds)
                assert not took["refused"] + took["broken"], (each.name, took)
                clock[each.name].append(1e6 * took["seconds"] / took["requests"])
                busy[each.name].append(1e6 * took["spent"] / took["requests"])
    print("| µs of a get, one connection | by the clock | of the server's processor |")
    print("| --- | ---: | ---: |")
    for name in clock:
        cells = (statistics.median(clock[name]), statistics.median(busy[name]))
        print(f"| {name} | {cells[0]:,.0f} | {cells[1]:,.0f} |")
    print()


def starts(rounds: int, folder: Path) -> None:
    """Until it has ended, or until a server answers: milliseconds, of some the least."""
    least: dict[str, float] = {}
    for turn in range(rounds):
        for name, line in INTERPRETERS.items():
            began = time.perf_counter()
            subprocess.run(line, check=True)
            _keep(least, name, time.perf_counter() - began)
        for name, start in (("fakegraph", start_contoso), ("json-server", JSON_SERVER.start)):
            home = folder / f"start-{turn}-{name}"
            home.mkdir()
            server = start(SIZE, home)
            _keep(least, f"{name}, to its first answer", server.started)
            server.end()
    print("| ms of a start | the least |")
    print("| --- | ---: |")
    for name, seconds in least.items():
        print(f"| {name} | {seconds * 1e3:,.0f} |")


def _keep(least: dict[str, float], name: str, seconds: float) -> None:
    least[name] = min(seconds, least.get(name, seconds))


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fakegraph-beside-") as folder:
        gets(options.rounds, options.seconds, Path(folder))
        starts(options.rounds, Path(folder))


if __name__ == "__main__":
    main()
