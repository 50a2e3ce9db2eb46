"""Killed at any moment, a store keeps what it has acknowledged, whole.

``STORE_KILLS`` says how often, half of them with each durability (6 if not given; ``make
crash-test`` says 200).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from .conftest import ids
from .worlds import STORES, place_of, stores_of
from .writers import FRIENDS, PARTS, THINGS, Items, photo, record, template, things

ROUNDS = int(os.environ.get("STORE_KILLS", "6")) // 2

Possible = dict[str, list[Items]]
"""What each writer's items may be: as acknowledged, or with the one write that was under way."""


def run_and_kill(folder: Path, durability: str, seed: int) -> list[str]:
    """Let writers run for a moment, kill them, and give what they told."""
    place = place_of(durability, folder)
    command = [sys.executable, "-m", "tests.store.writers", place, durability, str(seed)]
    root = Path(__file__).parents[2]
    told = folder.with_name(f"told{seed}")
    with told.open("wb") as out, subprocess.Popen(command, stdout=out, cwd=root) as writers:
        while not told.read_bytes().startswith(b"ready\n"):
            assert writers.poll() is None
            time.sleep(0.01)
        time.sleep(random.Random(seed).uniform(0, 1.5))
        assert writers.poll() is None
        writers.kill()
    lines = told.read_text().split("\n")
    told.unlink()
    return lines[1:-1]  # the last one is empty, or torn: then it was never said


def possible_items(told: list[str]) -> Possible:
    """What may be there of each writer, by what it told."""
    acknowledged: dict[str, Items] = {}
    possible: Possible = {}
    for line in told:
        word, name, change = line.split(" ", 2)
        before = acknowledged.get(name, {})
        after = {key: age for key, age in (before | json.loads(change)).items() if age is not None}
        if word == "done":
            acknowledged[name] = after
            possible[name] = [after]
        else:
            possible[name] = [before, after]
    return possible


def items_of(store: Any) -> dict[str, Items]:
    """What is there of each writer."""
    found: dict[str, Items] = {}
    for key, age in _items(store):
        found.setdefault(key.partition(".")[0], {})[key] = age
    return found


def _items(store: Any) -> Iterator[tuple[str, int]]:
    for row in store.container("people").scan():
        yield row.record["id"], row.record["age"]
        for friend in store.links(FRIENDS).targets(row.key).scan():
            yield f"{row.record['id']}>{friend.record['id']}", 1
    for row in store.hidden("people").scan():
        yield f"{row.record['id']} hidden", row.record["age"]


def check_whole(store: Any) -> None:
    """Each person has all that is its own, nothing hangs loose, and every index agrees."""
    people = list(store.container("people").scan())
    counts: Counter[str] = Counter()
    for row in people:
        check_person(store, row, counts)
    assert len(store.container(THINGS)) == counts[THINGS], "no thing without its owner"
    assert len(store.container(PARTS)) == counts[PARTS]
    links = store.links(FRIENDS)
    sources = sorted(
        (source.key, row.key) for row in people for source in links.sources(row.key).scan()
    )
    targets = ((row.key, target.key) for row in people for target in links.targets(row.key).scan())
    assert sources == sorted(targets), "a link is seen from both ends"
    by_age = sorted(people, key=lambda row: (row.record["age"], row.position))
    assert ids(store.container("people").walk("age")) == ids(by_age)
    everybody = [*people, *store.hidden("people").scan()]
    named = {row.record["@bytes"]["photo"] for row in everybody}
    assert set(store.bytes) == named, "bytes are there when something names them, and only then"


def check_person(store: Any, row: Any, counts: Counter[str]) -> None:
    """Everything of a person says the same age."""
    key, age = row.record["id"], row.record["age"]
    assert row.record == record(key, age, lambda data: sha256(data).hexdigest())
    assert store.bytes.get(row.record["@bytes"]["photo"]) == photo(key, age)
    owned = list(store.container(THINGS).of(row.key).scan())
    assert [thing.record for thing in owned] == [{"id": t, "age": age} for t in things(key, age)]
    for thing in owned:
        parts = list(store.container(PARTS).of(thing.key).scan())
        assert [part.record["id"] for part in parts] == [f"{thing.record['id']}/part"]
    counts[THINGS] += len(owned)
    counts[PARTS] += len(owned)


@pytest.mark.parametrize("durability", [kind for kind in STORES if kind != "memory"])
def test_what_was_acknowledged_survives_being_killed(tmp_path: Path, durability: str) -> None:
    before: dict[str, Items] = {}
    writes = 0
    for number in range(ROUNDS):
        folder = tmp_path / f"data{number // 6}"
        if number % 6 == 0:
            before = {}
        told = run_and_kill(folder, durability, number)
        writes += sum(line.startswith("done") for line in told)
        stores = stores_of(durability, template(), folder)
        store = stores.open("crash")
        found = items_of(store)
        check_whole(store)
        possible = {name: [items] for name, items in before.items()} | possible_items(told)
        for name, choices in possible.items():
            assert found.get(name, {}) in choices, name
        assert found.keys() <= possible.keys()
        before = found
        if number % 3 == 2:
            check_hidden(store)
            before = items_of(store)
        if number % 2 == 0:
            stores.close()
        else:
            stores._folder.close()  # as if killed once more, before anything was written

    assert writes > 10 * ROUNDS


def check_hidden(store: Any) -> None:
    """What is hidden comes back whole."""
    for row in list(store.hidden("people").scan()):
        store.transact(lambda transaction, key=row.key: transaction.restore(key))
    check_whole(store)
    assert len(store.hidden("people")) == 0
