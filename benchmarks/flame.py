"""Where the time of the mixed profile goes: a table by the steps of a request's way, and a picture.

    python benchmarks/flame.py [--seconds N] [--picture FILE.svg]

A server of its own answers the application of ``mixed.py`` and looks, whenever its process has used
the processor for some milliseconds, at what it is doing. What threads of its pool would do is done
at once, as looks are taken in one thread alone.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from commits import ROOT, environment
from mixed import Server

Stack = tuple[str, ...]
"""The functions that are being called, the outermost first: ``graph/api.py GraphApi.respond``."""

_IDLE = frozenset({"select"})

# The steps of the way in the words of docs/explanation/house.md, by what is called: of a stack the
# innermost one counts.
WAY: Mapping[str, Sequence[str]] = {
    "sockets, parser, loop": ("serving/", "web/reading.py", "web/head.py", "web/hall.py"),
    "exchange, head, sending": ("web/exchange.py", "web/wsgi.py"),
    "locate": ("graph/paths.py",),
    "authorise": ("graph/api.py GraphApi._authorize", "tokens/", "graph/whole/guarding.py"),
    "obstruct": ("graph/api.py GraphApi._obstruct", "graph/api.py GraphApi._stubbed"),
    "walk and surface": ("graph/walk.py", "graph/resource_path.py", "graph/whole/plan.py"),
    "read query": ("odata/query_string.py", "odata/reading.py", "graph/whole/expansions.py"),
    "locate things": ("graph/whole/locate.py", "graph/whole/straight.py"),
    "find and sort": ("odata/engine.py", "graph/whole/narrowing.py", "graph/whole/reading.py"),
    "read body": ("graph/whole/bodies.py", "web/body.py", "edm/"),
    "write": ("store/store.py Store.transact",),
    "tell changes": ("graph/whole/delta.py",),
    "shape": ("graph/whole/shape.py", "graph/shape.py", "graph/whole/expanding.py"),
    "journal and log": ("graph/api.py GraphApi._note",),
}
REST = "in between"

_WIDTH, _ROW, _LEAST = 1200, 17, 0.004
_COLOURS = {"store": "#9ecae1", "graph": "#fdae6b", "odata": "#bcbddc", "edm": "#a1d99b"}
_COLOURS |= {"workloads": "#fdd0a2", "web": "#d9d9d9", "serving": "#d9d9d9", "tenants": "#c7e9c0"}


def sampled(ready: str, found: str) -> None:
    """Serve, and write down what was seen when it ends."""
    from fakegraph.process import run
    from fakegraph.settings import Settings
    from fakegraph.web.later import Unfinished
    from fakegraph.web.pool import Pool

    async def at_once(_: Pool, result: Any) -> Any:
        while isinstance(result, Unfinished):
            result = result.go_on()
        return result

    Pool.finish = at_once  # type: ignore[assignment,method-assign]  # looks are taken in one thread alone
    stacks: Counter[Stack] = Counter()

    def look(_: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code.co_name not in _IDLE:
            stacks[_stack(frame)] += 1

    def told(_: object) -> None:
        signal.signal(signal.SIGPROF, look)
        signal.signal(signal.SIGUSR1, lambda *_: signal.setitimer(signal.ITIMER_PROF, 1e-3, 1e-3))

    try:
        fixture, port = ("contoso",), 0
        run(Settings(fixture=fixture, port=port, log_level="error", ready_file=Path(ready)), told)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        seen = [[list(stack), number] for stack, number in stacks.items()]
        Path(found).write_text(json.dumps(seen))


def _stack(frame: FrameType | None) -> Stack:
    names: list[str] = []
    while frame is not None:
        code = frame.f_code
        _, inside, file = code.co_filename.rpartition("/fakegraph/")
        if inside:
            name = code.co_qualname.replace(".<locals>", "").replace("<lambda>", "λ")
            names.append(f"{file} {name}")
        frame = frame.f_back
    return tuple(reversed(names))


def driven(seconds: float) -> Counter[Stack]:
    """What was seen of a server while an application asked it."""
    with tempfile.TemporaryDirectory(prefix="fakegraph-flame-") as folder:
        found = Path(folder) / "stacks.json"
        ready = Path(folder) / "ready.json"
        line = [sys.executable, __file__, "--sample", str(ready), str(found)]
        own = environment(ROOT)
        own["PYTHONPATH"] += os.pathsep + str(Path(__file__).parent)
        process = subprocess.Popen(line, env=os.environ | own, stdout=subprocess.DEVNULL)
        server = Server(process, ready)
        server.round(3)  # what is imported and worked out once
        process.send_signal(signal.SIGUSR1)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for _, step in server.application.rounds(1):
                step()
        server.end()
        return Counter({tuple(stack): number for stack, number in json.loads(found.read_text())})


def step_of(stack: Stack) -> str:
    """Which step of the way a stack is in."""
    for name in reversed(stack):
        for step, begins in WAY.items():
            if name.startswith(tuple(begins)):
                return step
    return REST


class Node(NamedTuple):
    """A function in a picture: what it took with all that it calls, by which others."""

    total: list[int]
    below: dict[str, Node]


def tree_of(stacks: Counter[Stack]) -> Node:
    """All stacks as one tree."""
    root = Node([0], {})
    for stack, number in stacks.items():
        at = root
        at.total[0] += number
        for name in stack:
            at = at.below.setdefault(name, Node([0], {}))
            at.total[0] += number
    return root


def picture(root: Node) -> str:
    """A flame graph as SVG, callers above what they call; too narrow ones are left out."""
    shown: list[str] = []
    whole, deepest = root.total[0], 0

    def draw(node: Node, left: float, depth: int) -> None:
        nonlocal deepest
        deepest = max(deepest, depth)
        for name, each in sorted(node.below.items()):
            share = each.total[0] / whole
            if share >= _LEAST:
                shown.append(_box(name, share, left, depth))
                draw(each, left, depth + 1)
            left += share * _WIDTH

    draw(root, 0, 0)
    height = (deepest + 1) * _ROW
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
    head += 'font-family="monospace" font-size="10" role="img" aria-label="Flame graph">'
    paper = f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
    return "\n".join((head, paper, *shown, "</svg>\n"))


def _box(name: str, share: float, left: float, depth: int) -> str:
    width, top = share * _WIDTH, depth * _ROW
    colour = _COLOURS.get(name.partition("/")[0], "#fee8c8")
    title = f"<title>{escape(name)}: {share:.1%}</title>"
    box = (
        f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{_ROW - 1}" fill="{colour}"/>'
    )
    text = name.partition(" ")[2][: int(width / 6.2)]
    label = (
        f'<text x="{left + 2:.1f}" y="{top + 12}">{escape(text)}</text>' if len(text) > 3 else ""
    )
    return f"<g>{title}{box}{label}</g>"


def report(stacks: Counter[Stack]) -> None:
    """The table."""
    whole, steps = sum(stacks.values()), Counter[str]()
    for stack, number in stacks.items():
        steps[step_of(stack)] += number
    print("| step of the way | share of the processor's time |")
    print("| --- | ---: |")
    for name in (*WAY, REST):
        print(f"| {name} | {steps[name] / whole:.1%} |")
    print(f"\n{whole:,} looks.")


def main() -> None:
    """Drive, then print and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--sample", nargs=2, help=argparse.SUPPRESS)
    options: Any = parser.parse_args()
    if options.sample:
        sampled(*options.sample)
        return
    stacks = driven(options.seconds)
    report(stacks)
    if options.picture:
        options.picture.write_text(picture(tree_of(stacks)))


if __name__ == "__main__":
    main()
