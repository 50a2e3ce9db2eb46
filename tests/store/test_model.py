"""Any sequence of operations, on each kind of store, against plain dicts."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tinydb import TinyDB

from fakegraph.store import KeyTaken, Record, Snapshot, Stores, Template

from .conftest import INDEXES, ids, people

KEYS = st.sampled_from([f"p{number}" for number in range(8)])
AGES = st.sampled_from([None, 1, 2, 2.5, 3])
GROUPS = st.sampled_from([None, "a", "b"])
RECORDS = st.fixed_dictionaries({"id": KEYS, "group": GROUPS, "age": AGES})

Rows = dict[str, tuple[int, Record]]


class Machine(RuleBasedStateMachine):
    """A store and the dict that it should be like: position and record by id."""

    durability: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp()) if self.durability else None
        self.snapshots: list[tuple[Snapshot, Rows, int]] = []
        self.start = {f"p{n}": (n, record) for n, record in enumerate(people(1, 2), start=1)}
        self.rows, self.next = dict(self.start), 3

    @initialize()
    def open(self) -> None:
        template = Template({"people": people(1, 2)}, INDEXES)
        self.stores = Stores(template, self.folder, self.durability or "flush")
        self.store = self.stores.open("model")
        self.collection = self.store.collection("people")

    @rule(records=st.lists(RECORDS, max_size=3))
    def insert(self, records: list[Record]) -> None:
        keys = [record["id"] for record in records]
        if len(set(keys)) < len(keys) or self.rows.keys() & set(keys):
            with pytest.raises(KeyTaken):
                self.collection.insert(records)
            return
        self.collection.insert(records)
        for record in records:
            self.rows[record["id"]] = (self.next, record)
            self.next += 1

    @rule(key=KEYS, group=GROUPS, age=AGES)
    def update(self, key: str, group: str | None, age: Any) -> None:
        row = self.collection.update(key, lambda record: {**record, "group": group, "age": age})
        assert (row is not None) == (key in self.rows)
        if row is not None:
            position, record = self.rows[key]
            self.rows[key] = (position, {**record, "group": group, "age": age})

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        assert self.collection.delete(key) == (self.rows.pop(key, None) is not None)

    @rule(key=KEYS, age=AGES)
    def change_through_tinydb(self, key: str, age: Any) -> None:
        position = self.rows.get(key, (99_999, {}))[0]
        changed = self.store.tinydb.table("people").update({"age": age}, doc_ids=[position])
        if changed:
            self.rows[key] = (position, {**self.rows[key][1], "age": age})

    @rule()
    def reset(self) -> None:
        self.store.reset()
        self.rows, self.next = dict(self.start), 3

    @rule()
    def take_snapshot(self) -> None:
        self.snapshots.append((self.store.snapshot(), dict(self.rows), self.next))

    @rule(which=st.integers(0, 5))
    def restore(self, which: int) -> None:
        if which < len(self.snapshots):
            snapshot, rows, self.next = self.snapshots[which]
            self.store.restore(snapshot)
            self.rows = dict(rows)

    @rule()
    def open_again(self) -> None:
        if self.folder is not None:
            self.stores.close()
            with TinyDB(self.folder / "model.json") as stock:
                if "people" in stock.tables():
                    assert stock.table("people").all() == self.in_order()
                else:
                    assert self.rows == self.start, "it is the template's still"
            self.open()

    def in_order(self) -> list[Record]:
        return [record for _, record in sorted(self.rows.values(), key=lambda pair: pair[0])]

    @invariant()
    def every_way_to_read_agrees(self) -> None:
        if not hasattr(self, "collection"):
            return
        records = self.in_order()
        found = list(self.collection.scan())
        assert [row.record for row in found] == records
        assert [row.position for row in found] == sorted(
            position for position, _ in self.rows.values()
        )
        assert len(self.collection) == len(records)
        for key in [None, "a", "b", "staff"]:
            expected = [record["id"] for record in records if record["group"] == key]
            assert ids(self.collection.equal("group", [key])) == expected
            assert self.collection.count_equal("group", [key]) == len(expected)
        walked = sorted(records, key=lambda r: (r["age"] is not None, r["age"] or 0))
        assert [row.record for row in self.collection.walk("age")] == walked
        for number in range(8):
            row = self.collection.get(f"p{number}")
            assert (row and row.record) == self.rows.get(f"p{number}", (0, None))[1]

    def teardown(self) -> None:
        if hasattr(self, "stores"):
            self.stores.close()
        if self.folder is not None:
            shutil.rmtree(self.folder)


class FlushMachine(Machine):
    durability = "flush"


class FsyncMachine(Machine):
    durability = "fsync"


TestInMemory = Machine.TestCase
TestFlushed = FlushMachine.TestCase
TestSynced = FsyncMachine.TestCase
TestInMemory.settings = TestFlushed.settings = TestSynced.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None
)
