"""Sixteen threads at one tenant.

``STRESS_SECONDS`` says for how long (1 if not given; ``make crash-test`` says 30).
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fakegraph.store import Container, KeyTaken, Stores, Template

from .conftest import INDEXES, dump, ids, person
from .worlds import STORES, cut_logs, stores_of

SECONDS = float(os.environ.get("STRESS_SECONDS", "1"))
KEYS = [f"k{number}" for number in range(40)]


def run(jobs: list[Callable[[], object]]) -> None:
    """Run the jobs at the same time, and fail when one of them does."""
    failures: list[BaseException] = []

    def guarded(job: Callable[[], object]) -> None:
        try:
            job()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


class Tally:
    """What one writer was told of each key: how often created, deleted and counted up."""

    def __init__(self) -> None:
        self.created = dict.fromkeys(KEYS, 0)
        self.deleted = dict.fromkeys(KEYS, 0)
        self.added = 0


def work(collection: Container, tally: Tally, seed: int, until: float) -> None:
    """Create, count up and delete records that all writers share."""
    choice = random.Random(seed)
    while time.monotonic() < until:
        key, step = choice.choice(KEYS), choice.random()
        if step < 0.4:
            try:
                collection.insert([person(key, age=0, group=f"g{seed}")])
                tally.created[key] += 1
            except KeyTaken:
                pass
        elif step < 0.5:
            tally.deleted[key] += collection.delete(key)
        else:
            count = {"age": 0}

            def change(
                record: dict[str, object], count: dict[str, int] = count
            ) -> dict[str, object]:
                count["age"] = int(str(record["age"])) + 1
                return {**record, "age": count["age"], "name": str(count["age"])}

            row = collection.update(key, change)
            if row is not None:
                assert row.record["age"] == count["age"]
                tally.added += 1


def look(collection: Container, until: float) -> None:
    """Read in every way: each row is whole, in order, and comes once."""
    while time.monotonic() < until:
        for rows in (collection.scan(), collection.equal("group", ["g1", "g2", "always"])):
            found = list(rows)
            positions = [row.position for row in found]
            assert positions == sorted(set(positions))
            for row in found:
                assert row.record["name"] in {str(row.record["age"]), "Ada"}
        assert ids(collection.walk("age")).count("always") == 1
        always = collection.get("always")
        assert always is not None
        assert ids(collection.equal("group", ["always"])) == ["always"]


@pytest.fixture(params=STORES)
def stores(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Stores:
    cut_logs(monkeypatch)
    template = Template({"people": [person("always", group="always")]}, INDEXES)
    found: Stores = stores_of(request.param, template, tmp_path)
    return found


def test_the_end_is_what_the_acknowledged_writes_make(stores: Stores, tmp_path: Path) -> None:
    store = stores.open("contoso")
    collection = store.container("people")
    until = time.monotonic() + SECONDS
    tallies = [Tally() for _ in range(12)]
    snapshots = []

    def copy() -> None:
        while time.monotonic() < until:
            snapshots.append(store.snapshot())
            time.sleep(0.05)

    run(
        [lambda n=n, t=t: work(collection, t, n, until) for n, t in enumerate(tallies)]
        + [lambda: look(collection, until)] * 3
        + [copy]
    )

    for key in KEYS:
        created = sum(tally.created[key] for tally in tallies)
        deleted = sum(tally.deleted[key] for tally in tallies)
        assert created - deleted == (collection.get(key) is not None)
    assert sum(row.record["age"] for row in collection.scan()) <= 36 + sum(t.added for t in tallies)
    assert sum(t.added for t in tallies) > 0
    assert len(snapshots) > 0

    expected = dump(store)
    stores.close()
    if stores.on_disk:
        kind = "postgres" if stores.shared else stores._durability
        again = stores_of(kind, stores.template, tmp_path)
        assert dump(again.open("contoso")) == expected
        again.close()


def test_counting_up_loses_no_count(stores: Stores) -> None:
    collection = stores.open("contoso").container("people")
    collection.insert([person("counter", age=0)])

    def count() -> None:
        for _ in range(50):
            collection.update("counter", lambda record: {**record, "age": record["age"] + 1})

    run([count] * 16)
    assert collection.get("counter").record["age"] == 800
    stores.close()


def test_one_of_many_gets_an_id(stores: Stores) -> None:
    collection = stores.open("contoso").container("people")
    won: list[str] = []

    def race() -> None:
        for number in range(30):
            try:
                collection.insert([person(f"prize{number}")])
                won.append(f"prize{number}")
            except KeyTaken:
                pass

    run([race] * 16)
    assert sorted(won) == sorted(f"prize{number}" for number in range(30))
    stores.close()


def test_writers_through_tinydb_and_the_collection_share_positions(stores: Stores) -> None:
    store = stores.open("contoso")
    table, collection = store.tinydb.table("people"), store.container("people")

    def through_tinydb(name: str) -> None:
        for number in range(20):
            table.insert(person(f"{name}{number}"))

    def through_collection(name: str) -> None:
        for number in range(60):
            collection.insert([person(f"{name}{number}")])

    run(
        [lambda n=n: through_tinydb(f"t{n}") for n in range(4)]
        + [lambda n=n: through_collection(f"c{n}") for n in range(4)]
    )
    positions = [row.position for row in collection.scan()]
    assert positions == sorted(set(positions))
    assert len(positions) == 1 + 4 * 20 + 4 * 60
    stores.close()
