"""Any sequence of operations, on the oracle and on each kind of store: all must say the same.

``MACHINE_EXAMPLES`` says how many sequences are tried (15 if not given; ``make crash-test`` says
1,000).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tinydb import TinyDB

from fakegraph.store import ChangesLost, KeyTaken, NoSuchRow

from .worlds import CONTAINERS, MANAGER, MEMBERS, SHARED, STORES, World, dump, ids, name_of, said

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "15"))

Handle = str
"""What a row is called here: container and position, which all stores give alike."""

NOBODY = 1 << 50 | 1  # a key that no row ever has

PLACES = st.integers(0, 40)
IDS = st.sampled_from(["ada", "ADA", "bo", "x", "y", "z"])
RELATION = st.sampled_from([MEMBERS, MANAGER])
RECORDS = {
    "users": st.fixed_dictionaries(
        {"id": IDS, "upn": st.sampled_from([None, "a@x", "A@X", "b@x", "bo@contoso.com"])},
        optional={"age": st.sampled_from([None, 1, 2, 2.5]), "city": st.sampled_from("abA")},
    ),
    "groups": st.fixed_dictionaries({"id": IDS}, optional={"note": st.integers(0, 3)}),
    "user/folders": st.fixed_dictionaries(
        {"id": IDS, "name": st.sampled_from([None, "in", "IN", "out"])}
    ),
    "user/messages": st.fixed_dictionaries(
        {"id": IDS, "received": st.sampled_from([None, 1, 2, 2.5, 3])},
        optional={"read": st.booleans(), "@bytes": st.sampled_from([b"one", b"two", b"three"])},
    ),
    "user/notes": st.fixed_dictionaries({"id": IDS}),
}
CONTENTS = st.one_of(*(st.tuples(st.just(name), records) for name, records in RECORDS.items()))
STEPS = st.one_of(
    st.tuples(st.just("insert"), CONTENTS, PLACES),
    st.tuples(st.just("replace"), CONTENTS, PLACES),
    st.tuples(st.just("move"), PLACES, PLACES),
    st.tuples(st.sampled_from(["delete", "hide", "restore", "purge"]), PLACES),
    st.tuples(st.sampled_from(["link", "unlink"]), RELATION, PLACES, PLACES),
)
ENDINGS = st.tuples(
    st.integers(0, 1),
    st.sampled_from(["hide", "hide", "hide", "restore", "restore", "delete", "purge"]),
)
TENANTS = st.sampled_from(["one", "two", "three"])


@dataclass
class Tenant:
    """One tenant in one kind of store."""

    store: Any
    keys: dict[Handle, int]
    began: int

    @classmethod
    def of(cls, store: Any) -> Tenant:
        rows = [row for name in CONTAINERS for row in store.container(name).scan()]
        return cls(store, {name_of(store, row.key): row.key for row in rows}, store.sequence)

    def key(self, handle: Handle) -> int:
        return self.keys.get(handle, NOBODY) if handle else 0

    def perform(self, transaction: Any, step: tuple[Any, ...], handles: list[Handle]) -> Any:
        """Do one step of a transaction, and give what it gave in words that all share."""
        keys = [self.key(handle) for handle in handles]
        match step:
            case "insert", (container, record), _:
                row = transaction.insert(container, _with_bytes(transaction, record), *keys)
                self.keys[f"{container}/{row.position}"] = row.key
                return row.position, row.record
            case "replace", (_, record), _:
                row = transaction.replace(*keys, _with_bytes(transaction, record))
                return row.position, row.record
            case "move", _, _:
                return transaction.move(*keys).position
            case ("link" | "unlink") as word, relation, _, _:
                return getattr(transaction, word)(relation, *keys)
            case word, _:
                return getattr(transaction, word)(*keys)


def _with_bytes(transaction: Any, record: dict[str, Any]) -> dict[str, Any]:
    data = record.get("@bytes")
    return record if data is None else {**record, "@bytes": {"content": transaction.keep(data)}}


class Machine(RuleBasedStateMachine):
    """All kinds of stores side by side; the first is the oracle."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        kinds = ["oracle", *STORES, *SHARED]
        self.worlds = [World(kind, self.folder / kind) for kind in kinds]
        self.tenants: dict[str, list[Tenant]] = {}
        self.snapshots: dict[str, list[list[tuple[Any, dict[Handle, int]]]]] = {}
        self.touched: set[str] = set()
        self.steps = 0

    @initialize()
    def begin(self) -> None:
        self.open("one")

    def open(self, tenant: str) -> list[Tenant]:
        """A tenant in all kinds of stores: a fork of the template where it is new."""
        if tenant not in self.tenants:
            self.tenants[tenant] = [Tenant.of(world.open(tenant)) for world in self.worlds]
            self.snapshots[tenant] = []
        self.touched.add(tenant)
        return self.tenants[tenant]

    # What is there to do something with

    def handles(self, tenant: str) -> list[Handle]:
        """Every row that is there, live or hidden; then one that is not."""
        oracle = self.tenants[tenant][0]
        there = {name for name, key in oracle.keys.items() if key in oracle.store.state.rows}
        return [*sorted(there), "users/999"]

    def pick(self, tenant: str, place: int) -> Handle:
        found = self.handles(tenant)
        return found[place % len(found)]

    def owner(self, tenant: str, place: int) -> Handle:
        """A row, or the top."""
        return "" if place % 4 == 0 else self.pick(tenant, place)

    def handles_of(self, tenant: str, step: tuple[Any, ...]) -> list[Handle]:
        match step:
            case "insert", _, place:
                return [self.owner(tenant, place)]
            case "move", place, owner:
                return [self.pick(tenant, place), self.owner(tenant, owner)]
            case (("link" | "unlink"), _, one, other):
                return [self.pick(tenant, one), self.pick(tenant, other)]
            case _:
                return [self.pick(tenant, step[-1])]

    def linked(self, tenant: str) -> list[tuple[str, int, int]]:
        """Every link that is there, live or hidden: relation and the places of its ends."""
        oracle, handles = self.open(tenant)[0], self.handles(tenant)
        place = {oracle.keys[handle]: number for number, handle in enumerate(handles[:-1])}
        return [
            (each.relation, place[each.source], place[each.target])
            for each in oracle.store.state.links.values()
        ]

    def contained(self, tenant: str) -> list[list[int]]:
        """The places of every row that another one contains, and of that one."""
        oracle, handles = self.open(tenant)[0], self.handles(tenant)
        place = {oracle.keys[handle]: number for number, handle in enumerate(handles[:-1])}
        rows = oracle.store.state.rows.values()
        return [[place[row.key], place[row.owner]] for row in rows if row.owner]

    # Doing the same everywhere

    def transact(
        self, tenant: str, steps: list[tuple[Any, ...]], *, fail: bool = False, go_on: bool = False
    ) -> None:
        """``fail``: raise in the end. ``go_on``: a step that is refused leaves the others alone."""
        self.open(tenant)
        named = [(step, self.handles_of(tenant, step)) for step in steps]
        self.perform(tenant, named, fail=fail, go_on=go_on)

    def perform(
        self,
        tenant: str,
        named: list[tuple[tuple[Any, ...], list[Handle]]],
        *,
        fail: bool = False,
        go_on: bool = False,
    ) -> None:
        """A transaction of steps, each with the rows that it is about."""

        def perform(each: Tenant, transaction: Any, step: Any, handles: list[Handle]) -> Any:
            if go_on:
                return _outcome(lambda: each.perform(transaction, step, handles))
            return each.perform(transaction, step, handles)

        def work_of(each: Tenant) -> Callable[[Any], Any]:
            def work(transaction: Any) -> list[Any]:
                found = [perform(each, transaction, step, handles) for step, handles in named]
                return 1 / 0 if fail else found

            return lambda: each.store.transact(work)

        self.everywhere(tenant, work_of)

    def everywhere(self, tenant: str, action: Callable[[Tenant], Callable[[], Any]]) -> None:
        """Do something in all stores; what comes of it must be the same."""
        expected, *outcomes = [_outcome(action(each)) for each in self.tenants[tenant]]
        for world, found in zip(self.worlds[1:], outcomes, strict=True):
            assert found == expected, world.kind

    @rule(tenant=TENANTS, content=CONTENTS, owner=PLACES)
    def insert(self, tenant: str, content: Any, owner: int) -> None:
        self.transact(tenant, [("insert", content, owner)])

    @rule(tenant=TENANTS, content=CONTENTS, place=PLACES)
    def update(self, tenant: str, content: Any, place: int) -> None:
        self.transact(tenant, [("replace", content, place)])

    @rule(tenant=TENANTS, place=PLACES, owner=PLACES)
    def move(self, tenant: str, place: int, owner: int) -> None:
        self.transact(tenant, [("move", place, owner)])

    @rule(tenant=TENANTS, relation=RELATION, one=PLACES, other=PLACES)
    def link(self, tenant: str, relation: str, one: int, other: int) -> None:
        self.transact(tenant, [("link", relation, one, other)])

    @rule(tenant=TENANTS, which=PLACES, word=st.sampled_from(["unlink", "unlink", "link"]))
    def unlink(self, tenant: str, which: int, word: str) -> None:
        """A pair that was linked is so no longer, or is linked once more."""
        links = self.linked(tenant)
        if links:
            self.transact(tenant, [(word, *links[which % len(links)])])

    @rule(tenant=TENANTS, which=PLACES, words=st.lists(ENDINGS, min_size=1, max_size=4))
    def one_after_another(self, tenant: str, which: int, words: list[tuple[int, str]]) -> None:
        """Things become of two rows, of which one is linked to the other, or contains it."""
        pairs = [places for _, *places in self.linked(tenant)] + self.contained(tenant)
        if pairs:
            both = [self.pick(tenant, place) for place in pairs[which % len(pairs)]]
            for which_one, word in words:
                self.perform(tenant, [((word, 0), [both[which_one]])])

    @rule(tenant=TENANTS, place=PLACES)
    def delete(self, tenant: str, place: int) -> None:
        self.transact(tenant, [("delete", place)])

    @rule(tenant=TENANTS, place=PLACES)
    def hide(self, tenant: str, place: int) -> None:
        self.transact(tenant, [("hide", place)])

    @rule(tenant=TENANTS, word=st.sampled_from(["restore", "restore", "purge"]), place=PLACES)
    def end_hiding(self, tenant: str, word: str, place: int) -> None:
        """Restore or purge something that is hidden, where there is anything."""
        self.open(tenant)
        state = self.tenants[tenant][0].store.state
        roots = [n for n, h in enumerate(self.handles(tenant)) if self._is_root(tenant, state, h)]
        if roots:
            self.transact(tenant, [(word, roots[place % len(roots)])])

    def _is_root(self, tenant: str, state: Any, handle: Handle) -> bool:
        row = state.rows.get(self.tenants[tenant][0].key(handle))
        return row is not None and row.root == row.key

    @rule(
        tenant=TENANTS,
        steps=st.lists(STEPS, min_size=2, max_size=5),
        fail=st.sampled_from([False, False, True]),
        go_on=st.booleans(),
    )
    def several_at_once(self, tenant: str, steps: list[Any], fail: bool, go_on: bool) -> None:
        self.transact(tenant, steps, fail=fail, go_on=go_on)

    @rule(tenant=TENANTS, place=PLACES, age=st.sampled_from([None, 1, 2, 2.5]))
    def change_through_tinydb(self, tenant: str, place: int, age: Any) -> None:
        self.open(tenant)
        position = int(self.pick(tenant, place).rpartition("/")[2])
        for each in self.tenants[tenant]:
            if hasattr(each.store, "tinydb"):
                table = each.store.tinydb.table("users")
                if table.contains(doc_id=position):
                    table.update({"age": age}, doc_ids=[position])
                continue
            row = next(each.store.container("users").scan(position - 1), None)
            if row is not None and row.position == position:
                changed = {**row.record, "age": age}
                each.store.transact(lambda t, key=row.key, new=changed: t.replace(key, new))

    @rule(tenant=TENANTS)
    def reset(self, tenant: str) -> None:
        self.open(tenant)
        self.everywhere(tenant, lambda each: each.store.reset)
        for each in self.tenants[tenant]:
            began = each.began
            each.__dict__.update(Tenant.of(each.store).__dict__)
            _check_lost(each, began)

    @rule(tenant=TENANTS)
    def take_snapshot(self, tenant: str) -> None:
        taken = [(each.store.snapshot(), dict(each.keys)) for each in self.open(tenant)]
        self.snapshots[tenant].append(taken)

    @rule(tenant=TENANTS, which=st.integers(0, 9))
    def restore_snapshot(self, tenant: str, which: int) -> None:
        found = self.snapshots.get(tenant)
        if not found:
            return
        self.touched.add(tenant)
        taken = found[which % len(found)]
        for each, (snapshot, keys) in zip(self.tenants[tenant], taken, strict=True):
            generation, began = each.store.generation, each.began
            each.store.restore(snapshot)
            each.keys, each.began = dict(keys), each.store.sequence
            assert each.store.generation != generation
            _check_lost(each, began)

    @rule(tenant=TENANTS, steps=st.lists(STEPS, min_size=1, max_size=4))
    def there_and_back(self, tenant: str, steps: list[Any]) -> None:
        """All is as it was before, whatever was done since."""
        self.take_snapshot(tenant)
        for step in steps:
            self.transact(tenant, [step])
        self.all_say_the_same()
        self.restore_snapshot(tenant, len(self.snapshots[tenant]) - 1)

    @rule(kill=st.booleans())
    def open_again(self, kill: bool) -> None:
        """Close, or kill, what lasts, and open the tenants again. Snapshots end with it."""
        for place, world in enumerate(self.worlds):
            if not world.lasts:
                continue
            before = {name: each[place].store.generation for name, each in self.tenants.items()}
            world.kill() if kill else world.begin_anew()
            if not kill and world.kind in ("flush", "fsync"):
                for name, each in self.tenants.items():
                    check_file(world.folder / f"{name}.json", each[0].store)
            for name, each in self.tenants.items():
                each[place].store = world.open(name)
                assert each[place].store.generation == before[name]
        self.snapshots = {name: [] for name in self.tenants}
        self.touched |= self.tenants.keys()

    @rule(tenant=TENANTS)
    def remove(self, tenant: str) -> None:
        if self.tenants.pop(tenant, None):
            for world in self.worlds:
                world.stores.remove(tenant)
            self.snapshots.pop(tenant)

    # What must hold after each

    @invariant()
    def all_say_the_same(self) -> None:
        """Of the tenants that were written to; now and then of those too that were not."""
        self.steps += 1
        looked_at = self.touched if self.steps % 10 else set(self.tenants)
        for oracle, *others in (self.tenants[name] for name in looked_at & self.tenants.keys()):
            expected = everything(oracle)
            for world, each in zip(self.worlds[1:], others, strict=True):
                assert everything(each) == expected, world.kind
        self.touched = set()

    def teardown(self) -> None:
        for world in self.worlds:
            world.close()
        shutil.rmtree(self.folder)


def check_file(path: Path, oracle: Any) -> None:
    """Stock TinyDB finds in a tenant's file what there is, of all containers that it has."""
    with TinyDB(path) as stock:
        for name in stock.tables() & RECORDS.keys():
            documents = [each for each in stock.table(name) if "@deleted" not in each]
            found = [(each.doc_id, {**each}) for each in documents]
            for (_, record), row in zip(found, oracle.container(name).scan(), strict=True):
                assert record.pop("@owner", "") == name_of(oracle, row.owner)
            assert found == [(row.position, row.record) for row in oracle.container(name).scan()]


def _check_lost(tenant: Tenant, sequence: int) -> None:
    with pytest.raises(ChangesLost):
        tenant.store.changes.after(sequence, 10)


def _outcome(action: Callable[[], Any]) -> Any:
    """What an action gives, or how it is refused."""
    try:
        return action()
    except (KeyTaken, NoSuchRow, ValueError, ZeroDivisionError) as error:
        return type(error)


def everything(tenant: Tenant) -> dict[str, Any]:
    """All that can be read of a tenant, by every way to read it."""
    store = tenant.store
    found = dump(store)
    found["changes"] = said(store, tenant.began)
    live = [row for name in RECORDS for row in store.container(name).scan()]
    rows = store.rows([row.key for row in live])
    assert [row.record for row in rows] == [row.record for row in live]
    for name in RECORDS:
        container = store.container(name)
        found[f"{name} by id"] = [
            row and row.position for row in map(container.get, ["ada", "ADA", "x", "Y", "z"])
        ]
        found[f"{name} whole"] = lookups(container)
        for owner in [0, *(row.key for row in live)]:
            owned = container.of(owner)
            if len(owned):
                found[f"{name} of {name_of(store, owner)}"] = lookups(owned)
    for relation in (MEMBERS, MANAGER):
        for row in live:
            targets = store.links(relation).targets(row.key).scan()
            page = store.links(relation).page(row.key, -1, 99)
            assert [(each.position, each.key) for each in targets] == [(p, e.key) for p, e in page]
    users, folders = store.container("users"), store.container("user/folders")
    found["by upn"] = [row and row.position for row in map(_finder(users, "upn"), ["a@x", "B@x"])]
    for row in live:
        by_name = [each and each.position for each in (folders.find("name", "in", row.key),)]
        found[f"in {name_of(store, row.key)}"] = by_name
    for row in store.container("user/messages").scan():
        for data in (b"one", b"two", b"three"):
            if sha256(data).hexdigest() in row.record.get("@bytes", {}).values():
                assert store.bytes.get(sha256(data).hexdigest()) == data
    return found


def _finder(container: Any, name: str) -> Callable[[str], Any]:
    return lambda value: container.find(name, value)


def lookups(rows: Any) -> dict[str, Any]:
    """What the indexes of some rows say; that they agree with a scan."""
    scanned = list(rows.scan())
    assert len(rows) == len(scanned)
    found: dict[str, Any] = {"size": len(rows), "ids": ids(scanned)}
    for name, ordered in rows.indexed.items():
        for value in (None, 1, 2, 2.5) if ordered else (None, True, "a"):
            equal = ids(rows.equal(name, [value]))
            assert rows.count_equal(name, [value]) == len(equal)
            found[f"{name} {value!r}"] = equal
        if ordered:
            found[f"{name} up"] = ids(rows.walk(name))
            found[f"{name} down"] = ids(rows.walk(name, descending=True))
            found[f"{name} part"] = ids(rows.walk(name, low=2, high=2.5))
    return found


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
