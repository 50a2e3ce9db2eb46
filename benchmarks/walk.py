"""What reading paths takes: the time of a path's first and later readings, and memory.

    python benchmarks/walk.py [--rounds N]

The paths are all of the built-in model's surface, each with ids of its own. *Cold* is a path whose
shape no one has asked for before, in a process that has read others: what it reads of the model is
read then. *First* is the very first path of a process. *Warm* is a path of a known shape with other
ids. Memory is what all of them leave behind, types and surface included. Prints markdown.
"""

from __future__ import annotations

import argparse
import gc
import re
import statistics
import time
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

from fakegraph.edm import published
from fakegraph.edm.published import PublishedModel, open_model
from fakegraph.edm.surface import Surface
from fakegraph.graph.walk import Walk

FILE = Path(published.__file__).parent / "builtin" / "v1.0.model"
FIRST = "/users/ada@contoso.com/mailFolders/inbox/messages/AAMkAGI2THVSAAA=/attachments"
_FILLED = {
    r"=\{\w+\}": "='x'",
    r"\{path\}": "Reports/plan%20{n}.xlsx",
    r"\{id\}": "48d31887-5fad-4d73-a9f5-{n:012x}",
}
BUDGETS = {
    "first path of a process": "",
    "cold, mean": "0.4 ms",
    "cold, median": "0.4 ms",
    "cold, 99 of 100": "",
    "warm, mean": "10 µs",
    "warm, slowest shape": "",
    "warm, with the surface of each": "",
    "shapes of these paths": "",
    "memory of the walk": "10 MB",
    "memory with each surface": "10 MB",
}


def paths_of(model: PublishedModel, round_: int) -> list[str]:
    """Every path of the surface, with ids that no other round has."""
    return [
        _filled(template, round_ << 24 | place)
        for place, (template, _) in enumerate(Surface(model.lines).permitted())
    ]


def _filled(template: str, number: int) -> str:
    for pattern, value in _FILLED.items():
        template = re.sub(pattern, value.format(n=number), template)
    return template


def timed(walk: Walk, paths: Iterable[str]) -> list[float]:
    """Seconds for each path."""
    took = []
    for path in paths:
        began = time.perf_counter()
        walk(path)
        took.append(time.perf_counter() - began)
    return took


def measured(rounds: int) -> dict[str, str]:
    model = open_model(FILE)
    walk = Walk(model)
    first = timed(walk, [FIRST])[0]
    cold = timed(walk, paths_of(model, 0))
    warm = [timed(walk, paths_of(model, each)) for each in range(1, rounds + 1)]
    nearest = list(map(min, zip(*warm, strict=True)))
    paths = paths_of(model, rounds + 1)
    for path in paths:
        assert walk(path).uses
    began = time.perf_counter()
    for path in paths:
        assert walk(path).uses
    surface = (time.perf_counter() - began) / len(paths)
    shapes, alone, whole = memory()
    return {
        "first path of a process": f"{first * 1e3:.2f} ms",
        "cold, mean": f"{statistics.mean(cold) * 1e3:.3f} ms",
        "cold, median": f"{statistics.median(cold) * 1e3:.3f} ms",
        "cold, 99 of 100": f"{statistics.quantiles(cold, n=100)[98] * 1e3:.2f} ms",
        "warm, mean": f"{statistics.mean(map(statistics.mean, warm)) * 1e6:.1f} µs",
        "warm, slowest shape": f"{max(nearest) * 1e6:.1f} µs",
        "warm, with the surface of each": f"{surface * 1e6:.1f} µs",
        "shapes of these paths": str(shapes),
        "memory of the walk": f"{alone / 1e6:.1f} MB",
        "memory with each surface": f"{whole / 1e6:.1f} MB",
    }


def memory() -> tuple[int, float, float]:
    """How many shapes all paths make, and the bytes that they and then their surfaces leave."""
    model = open_model(FILE)
    paths = paths_of(model, 0)
    gc.collect()
    tracemalloc.start()
    walk = Walk(model)
    shapes = len({id(walk(path).shape) for path in paths})
    gc.collect()
    alone, _ = tracemalloc.get_traced_memory()
    assert all(walk(path).uses for path in paths)
    gc.collect()
    whole, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return shapes, alone, whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    found = measured(parser.parse_args().rounds)
    print("| | measured | budget |\n| --- | --- | --- |")
    for name, value in found.items():
        print(f"| {name} | {value} | {BUDGETS[name]} |")


if __name__ == "__main__":
    main()
