"""Killed at any moment, a store keeps what it has acknowledged, whole.

``CRASH_ROUNDS`` says how often (3 if not given; ``make crash-test`` says 50).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fakegraph.store import Collection, Stores, Template

from .conftest import INDEXES, ids
from .writers import record

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "3"))


def run_and_kill(folder: Path, durability: str, seed: int) -> list[str]:
    """Let writers run for a moment, kill them, and give what they told."""
    command = [sys.executable, "-m", "tests.store.writers", folder, durability, str(seed)]
    root = Path(__file__).parents[2]
    told = folder.with_name(f"told{seed}")
    with told.open("wb") as out, subprocess.Popen(command, stdout=out, cwd=root) as writers:
        while not told.read_bytes().startswith(b"ready\n"):
            assert writers.poll() is None
            time.sleep(0.01)
        time.sleep(random.Random(seed).uniform(0, 1.5))
        writers.kill()
    lines = told.read_text().split("\n")
    return lines[1:-1]  # the last one is empty, or torn: then it was never said


def possible_values(told: list[str], before: dict[str, set[str]]) -> dict[str, set[str]]:
    """What each record may be: as acknowledged, or as the one write that was under way has it."""
    values = dict(before)
    for line in told:
        word, key, value = line.split(" ")
        if word == "done":
            values[key] = {value}
        else:
            values[key] = {*values.get(key, {"-"}), value}
    return values


def check(collection: Collection, possible: dict[str, set[str]]) -> dict[str, set[str]]:
    """Compare what is stored, and give it as what the next round begins with."""
    found = {row.record["id"]: row.record for row in collection.scan()}
    for key, values in possible.items():
        assert (str(found[key]["age"]) if key in found else "-") in values, key
    assert found.keys() <= possible.keys()
    for key, stored in found.items():
        assert stored == record(key, stored["age"])
    for key in possible:
        pair = [possible[key], possible.get(f"{key}+", set())]
        if all("-" in values and len(values) == 2 for values in pair):
            assert (key in found) == (f"{key}+" in found), "one write, so both or neither"
    by_age = sorted(found.values(), key=lambda stored: stored["age"])
    assert ids(collection.walk("age")) == [stored["id"] for stored in by_age]
    return {key: {str(found[key]["age"]) if key in found else "-"} for key in possible}


@pytest.mark.parametrize("durability", ["flush", "fsync"])
def test_what_was_acknowledged_survives_being_killed(tmp_path: Path, durability: str) -> None:
    before: dict[str, set[str]] = {}
    writes = 0
    for number in range(ROUNDS):
        told = run_and_kill(tmp_path / "data", durability, number)
        writes += sum(line.startswith("done") for line in told)
        stores = Stores(Template({"people": []}, INDEXES), tmp_path / "data")
        before = check(stores.open("crash").collection("people"), possible_values(told, before))
        if number % 2:
            stores.close()
        else:
            stores._folder.close()  # as if killed once more, before anything was written

    assert writes > 10 * ROUNDS
