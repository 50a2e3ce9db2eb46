"""What the published model costs a process: opening it, its first type. Prints markdown.

    python benchmarks/model.py [--rounds N]

Each round is a process of its own, since a process pays once; medians are printed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys

PROGRAM = """
import json, time, tracemalloc
from fakegraph.edm import published, typed
began = time.perf_counter()
model = published.built_in("v1.0")
model.root("users")
opened = time.perf_counter()
user = model.structured("microsoft.graph.user")
typed.schema_of(user).reader().read({"displayName": "Ada"})
used = time.perf_counter()
print(json.dumps([(opened - began) * 1000, (used - opened) * 1000]))
"""
MEMORY = """
import tracemalloc
from fakegraph.edm import published
tracemalloc.start()
published.built_in("v1.0").root("users")
print(tracemalloc.get_traced_memory()[0] / 1e6)
"""


def printed(program: str) -> str:
    """What a fresh process prints."""
    line = [sys.executable, "-c", program]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    times = [json.loads(printed(PROGRAM)) for _ in range(rounds)]
    opened, used = (statistics.median(column) for column in zip(*times, strict=True))
    memory = float(printed(MEMORY))
    print("| | measured | budget |\n| --- | --- | --- |")
    print(f"| opening the model and finding a root | {opened:.2f} ms | 5 ms |")
    print(f"| memory of that | {memory:.1f} MB | 3 MB |")
    print(f"| first use of `user`, a body read by its schema | {used:.2f} ms | 2 ms |")


if __name__ == "__main__":
    main()
