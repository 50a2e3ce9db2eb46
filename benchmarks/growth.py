"""Whether the mixed profile has become dearer since an older commit. Prints markdown; exit code 1.

    python benchmarks/growth.py [--against COMMIT] [--most RATIO] [--most-of-a-step RATIO]

What is compared is how many operations Python's interpreter does for each step, which is the same
on a busy machine and on a quiet one, and so can be asked of each commit. A commit that has to be
dearer says why in a line of its message that begins with ``Dearer:``, and is let pass.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from application import STEPS, Application
from commits import ROOT, checked_out, environment, git, is_there
from inside import Inside

WARM = 4  # rounds, until all is imported and worked out that is so once
COUNTED = 3
LEAVE = "Dearer:"


def operations(work: Callable[[], Any]) -> int:
    """How many operations the interpreter does for it in this thread."""
    done = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal done
        if event == "call":
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        elif event == "opcode":
            done += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return done


def counted() -> dict[str, float]:
    """The operations for each step, of the fakegraph that this process imports."""
    app = Inside("contoso")
    try:
        application = Application(app.ask)
        for _, step in application.rounds(WARM):
            step()
        found: dict[str, list[int]] = defaultdict(list)
        for name, step in application.rounds(COUNTED):
            found[name].append(operations(step))
        return {name: statistics.median(each) for name, each in found.items()}
    finally:
        app.end()


def counted_of(tree: Path) -> dict[str, float]:
    """The same of the fakegraph in a folder."""
    line = [sys.executable, __file__, "--count"]
    own = environment(tree) | {"PYTHONHASHSEED": "0"}
    own["PYTHONPATH"] += os.pathsep + str(Path(__file__).parent)
    said = subprocess.run(line, env=os.environ | own, stdout=subprocess.PIPE, check=True).stdout
    found: dict[str, float] = json.loads(said)
    return found


def grown(
    before: Mapping[str, float], now: Mapping[str, float], most: float, most_of_a_step: float
) -> list[str]:
    """What has become dearer than it may, in words."""
    found = [
        f"'{name}' takes {now[name] / before[name]:.2f} of what it took"
        for name in STEPS
        if now[name] > before[name] * most_of_a_step
    ]
    if sum(now.values()) > sum(before.values()) * most:
        found.append(f"a round takes {sum(now.values()) / sum(before.values()):.2f} of that")
    return found


def main() -> None:
    """Count, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", default="HEAD~1", help="a commit; the one before, if none")
    parser.add_argument("--most", type=float, default=1.1, help="of what a round took")
    parser.add_argument("--most-of-a-step", type=float, default=1.3, help="of what each took")
    parser.add_argument("--count", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.count:
        print(json.dumps(counted()))
        return
    if not is_there(options.against):
        print(f"There is no {options.against} here to compare with.")
        return
    with checked_out(options.against) as tree:
        before, now = counted_of(tree), counted_of(ROOT)
    print("| step | thousand operations | of before |")
    print("| --- | ---: | ---: |")
    for name in STEPS:
        print(f"| {name} | {now[name] / 1000:.1f} | {now[name] / before[name]:.2f} |")
    ours, theirs = sum(now.values()), sum(before.values())
    print(f"| a round | {ours / 1000:.1f} | {ours / theirs:.2f} |")
    found = grown(before, now, options.most, options.most_of_a_step)
    why = [line for line in git("log", "-1", "--format=%B").splitlines() if line.startswith(LEAVE)]
    if found and why:
        print(f"\nLet pass: {'; '.join(found)}. {why[0]}")
    elif found:
        sys.exit(f"\nDearer than {options.against}: {'; '.join(found)}.")


if __name__ == "__main__":
    main()
