"""The store once more, as simple as can be: what the real ones must agree with.

One dict of rows, one of links. No index, no fork, no file: every read goes through everything, a
write works on a copy that takes the place of what was there, and a snapshot is a copy. Slow, and
correct by being obvious. What it gives and takes is what ``fakegraph.store`` gives and takes.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar

import orjson

from fakegraph.store import (
    Change,
    ChangesLost,
    Index,
    Key,
    KeyTaken,
    Layout,
    NoSuchRow,
    Record,
    StoreClosed,
    UniqueKey,
)

T = TypeVar("T")
BITS = 12
MOST_CHANGES = 10_000


@dataclass(frozen=True)
class OracleRow:
    """A row, live or hidden. ``root``: the key of the row that it was hidden with."""

    key: Key
    container: str
    owner: Key
    record: Record
    position: int
    root: Key = 0

    @cached_property
    def json(self) -> bytes:
        return orjson.dumps(self.record)

    def dump(self) -> bytes:
        return self.json


@dataclass(frozen=True)
class OracleLink:
    """A link, live or hidden."""

    relation: str
    source: Key
    target: Key
    position: int
    root: Key = 0


@dataclass
class State:
    """Everything that a store holds. Rows and links are never changed, only put in or taken out."""

    rows: dict[Key, OracleRow] = field(default_factory=dict)
    links: dict[tuple[str, Key, Key], OracleLink] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    next: dict[str, int] = field(default_factory=dict)

    def copy(self) -> State:
        return State(*map(dict, (self.rows, self.links, self.numbers, self.next)))

    def live(self, container: str) -> list[OracleRow]:
        found = [row for row in self.rows.values() if row.container == container and not row.root]
        return sorted(found, key=lambda row: row.position)

    def hidden_roots(self, container: str) -> list[OracleRow]:
        found = [
            row for row in self.rows.values() if row.container == container and row.root == row.key
        ]
        return sorted(found, key=lambda row: row.position)

    def row(self, key: Key) -> OracleRow | None:
        """The live row with that key."""
        row = self.rows.get(key)
        return None if row is None or row.root else row

    def linked(self, relation: str) -> list[OracleLink]:
        found = [each for each in self.links.values() if each.relation == relation]
        return sorted((each for each in found if not each.root), key=lambda each: each.position)

    def targets(self, relation: str, source: Key) -> list[OracleRow]:
        return [
            replace(self.rows[each.target], position=each.position)
            for each in self.linked(relation)
            if each.source == source
        ]

    def sources(self, relation: str, target: Key) -> list[OracleRow]:
        return [
            replace(self.rows[each.source], position=each.position)
            for each in self.linked(relation)
            if each.target == target
        ]

    def positions(self) -> Iterator[tuple[str, int]]:
        """Where each row and link is, in which table."""
        yield from ((each.container, each.position) for each in self.rows.values())
        yield from ((f"links:{each.relation}", each.position) for each in self.links.values())

    def take_position(self, name: str) -> int:
        self.next[name] = self.next.get(name, 1) + 1
        return self.next[name] - 1


def layout_of(declared: Layout | Iterable[Index] | None) -> Layout:
    """A layout; the indexes alone will do."""
    if isinstance(declared, Layout):
        return declared
    return Layout(indexes=tuple(declared or ()))


def find(
    state: State, layout: Layout, container: str, name: str, value: Any, owner: Key | None
) -> OracleRow | None:
    """The live row whose unique key has a value that compares as this one."""
    unique = _unique(layout, name)
    wanted = folded(unique, value)
    for row in state.live(container):
        if wanted is None or folded(unique, row.record.get(name)) != wanted:
            continue
        if row.owner == owner or (owner is None and not unique.within_owner):
            return row
    return None


def folded(unique: UniqueKey, value: Any) -> Any:
    """How a value is compared; None where it has nothing to be compared by."""
    try:
        return None if value is None else unique.fold(value)
    except Exception:
        return None


def _unique(layout: Layout, name: str) -> UniqueKey:
    for unique in layout.keys:
        if unique.name == name:
            return unique
    raise KeyError(name)


class Transaction:
    """A write under way, on a copy of the state."""

    def __init__(self, store: OracleStore, state: State) -> None:
        self._store = store
        self._state = state

    # Reading

    def row(self, key: Key) -> OracleRow | None:
        return self._state.row(key)

    def find(
        self, container: str, key_name: str, value: Any, owner: Key | None = None
    ) -> OracleRow | None:
        layout = self._store.layout(container)
        return find(self._state, layout, container, key_name, value, owner)

    def first_of(
        self, container: str, owner: Key, test: Callable[[OracleRow], bool]
    ) -> OracleRow | None:
        return next(filter(test, self.rows_of(container, [owner])), None)

    def remembered(self, container: str, mark: Any, work: Callable[[], T]) -> T:
        return work()

    def rows_of(self, container: str, owners: Iterable[Key]) -> list[OracleRow]:
        wanted = set(owners)
        return [row for row in self._state.live(container) if row.owner in wanted]

    def targets(self, relation: str, source: Key) -> list[OracleRow]:
        return self._state.targets(relation, source)

    def sources(self, relation: str, target: Key) -> list[OracleRow]:
        return self._state.sources(relation, target)

    def equal(
        self, container: str, index: str, value: Any, owner: Key | None = None
    ) -> list[OracleRow]:
        found = next((i for i in self._store.layout(container).indexes if i.name == index), None)
        if found is None:
            raise KeyError(index)
        key_of = found.keying()
        rows = [row for row in self._state.live(container) if owner in (None, row.owner)]
        return [row for row in rows if key_of(row.record) == value]

    def changed(self, container: str) -> list[tuple[OracleRow | None, OracleRow | None]]:
        states = (self._store.state, self._state)
        keys = dict.fromkeys(row.key for state in states for row in state.live(container))
        pairs = [tuple(state.row(key) for state in states) for key in keys]
        return [(old, new) for old, new in pairs if old != new]

    def relinked(self, relation: str) -> list[tuple[Key, Key, bool]]:
        before, after = self._store.state.links, self._state.links
        names = [name for name in {**before, **after} if name[0] == relation]
        return [
            (name[1], name[2], name not in before)
            for name in names
            if before.get(name) != after.get(name)
        ]

    # Rows

    def insert(self, container: str, record: Record, owner: Key = 0) -> OracleRow:
        state = self._state
        if owner:
            self._live(owner)
        self._check(container, record, owner, 0)
        number = state.numbers.setdefault(container, len(state.numbers) + 1)
        position = state.take_position(container)
        row = OracleRow(position << BITS | number, container, owner, dict(record), position)
        state.rows[row.key] = row
        return row

    def replace(self, key: Key, record: Record) -> OracleRow:
        row = self._live(key)
        self._check(row.container, record, row.owner, key)
        self._state.rows[key] = replace(row, record=dict(record))
        return self._state.rows[key]

    def move(self, key: Key, owner: Key) -> OracleRow:
        row = self._live(key)
        if owner:
            self._live(owner)
        if owner in self._tree(key):
            raise ValueError("a row cannot be moved into what it contains")
        self._check(row.container, row.record, owner, key)
        self._state.rows[key] = replace(row, owner=owner)
        return self._state.rows[key]

    def delete(self, *keys: Key) -> None:
        for key in [self._live(each).key for each in keys]:
            if key in self._state.rows:
                self._end(key)

    def _live(self, key: Key) -> OracleRow:
        row = self._state.row(key)
        if row is None:
            raise NoSuchRow(key)
        return row

    def _check(self, container: str, record: Record, owner: Key, key: Key) -> None:
        """Refuse what is not JSON, what has no identity, and a value that another row has."""
        orjson.dumps(record)
        identity, *_ = layout_keys = self._store.layout(container).keys
        if not isinstance(record.get(identity.name), str):
            raise TypeError(f"{identity.name} must be a string")
        for unique in layout_keys:
            value = folded(unique, record.get(unique.name))
            for other in self._state.rows.values() if value is not None else ():
                if (
                    other.container == container
                    and not other.root
                    and other.key != key
                    and folded(unique, other.record.get(unique.name)) == value
                    and (other.owner == owner or not unique.within_owner)
                ):
                    raise KeyTaken(unique.name, record[unique.name])

    def _tree(self, key: Key) -> list[Key]:
        """A row and all that it contains, live or hidden, at any depth."""
        found = [key]
        for each in found:
            found += [row.key for row in self._state.rows.values() if row.owner == each]
        return found

    def _end(self, key: Key) -> None:
        tree = set(self._tree(key))
        for each in tree:
            del self._state.rows[each]
        for name, link in list(self._state.links.items()):
            if link.source in tree or link.target in tree:
                del self._state.links[name]

    # Soft deletion

    def hide(self, key: Key) -> None:
        self._live(key)
        rows, links = self._state.rows, self._state.links
        tree = set(self._live_tree(key))
        for each in tree:
            rows[each] = replace(rows[each], root=key)
        for name, link in links.items():
            if not link.root and (link.source in tree or link.target in tree):
                links[name] = replace(link, root=key)

    def _live_tree(self, key: Key) -> list[Key]:
        return [each for each in self._tree(key) if not self._state.rows[each].root]

    def restore(self, key: Key, record: Record | None = None) -> None:
        root = self._hidden_root(key)
        if root.owner:
            self._live(root.owner)
        rows, links = self._state.rows, self._state.links
        tree = [each for each in rows.values() if each.root == key]
        if record is not None:
            tree = [replace(each, record=record) if each.key == key else each for each in tree]
        for row in tree:
            self._check(row.container, row.record, row.owner, row.key)
        for row in tree:
            rows[row.key] = replace(row, root=0)
        for name, link in links.items():
            if link.root == key:
                root_of_other = rows[link.source].root or rows[link.target].root
                links[name] = replace(link, root=root_of_other)

    def purge(self, key: Key) -> None:
        self._hidden_root(key)
        self._end(key)

    def _hidden_root(self, key: Key) -> OracleRow:
        row = self._state.rows.get(key)
        if row is None or row.root != key:
            raise NoSuchRow(key)
        return row

    # Links and bytes

    def link(self, relation: str, source: Key, target: Key) -> bool:
        self._live(source)
        self._live(target)
        name = (relation, source, target)
        if name in self._state.links:
            return False
        position = self._state.take_position(f"links:{relation}")
        self._state.links[name] = OracleLink(relation, source, target, position)
        return True

    def unlink(self, relation: str, source: Key, target: Key) -> bool:
        link = self._state.links.get((relation, source, target))
        if link is None or link.root:
            return False
        del self._state.links[relation, source, target]
        return True

    def keep(self, data: bytes) -> str:
        name = sha256(data).hexdigest()
        self._store.bytes.kept[name] = bytes(data)
        return name


class Rows:
    """Some rows of a store, found anew for each read: what a query goes over."""

    def __init__(self, find_rows: Callable[[], list[OracleRow]], indexes: Iterable[Index]) -> None:
        self._rows = find_rows
        self._indexes = {index.name: index for index in indexes}

    @property
    def indexed(self) -> Mapping[str, bool]:
        return {name: index.ordered for name, index in self._indexes.items()}

    def __len__(self) -> int:
        return len(self._rows())

    def get(self, key: str) -> OracleRow | None:
        return next((row for row in self._rows() if row.record["id"] == key), None)

    def scan(self, after: int = -1) -> Iterator[OracleRow]:
        return (row for row in self._rows() if row.position > after)

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[OracleRow]:
        key_of = self._indexes[index].keying()
        wanted = {_hashable(key) for key in keys}
        return (row for row in self.scan(after) if _hashable(key_of(row.record)) in wanted)

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        return len(list(self.equal(index, keys)))

    def walk(
        self,
        index: str,
        low: Any = None,
        low_inclusive: bool = True,
        high: Any = None,
        high_inclusive: bool = True,
        descending: bool = False,
        after: tuple[Any, int] | None = None,
        backwards: bool = False,
    ) -> Iterator[OracleRow]:
        if not self.indexed[index]:
            raise KeyError(index)
        key_of = self._indexes[index].keying()
        ranked = [(_rank(key_of(row.record)), row) for row in self._rows()]
        if low is not None or high is not None:
            ranked = [pair for pair in ranked if pair[0][0] == _ORDERED]
        if low is not None:
            ranked = [(r, x) for r, x in ranked if r[1] > low or (low_inclusive and r[1] == low)]
        if high is not None:
            ranked = [(r, x) for r, x in ranked if r[1] < high or (high_inclusive and r[1] == high)]
        ranked.sort(key=lambda pair: pair[0], reverse=descending)  # stable: ties as inserted
        if backwards:
            ranked.sort(key=lambda pair: (pair[0], pair[1].position), reverse=True)
            if after is not None:
                end = (_rank(after[0]), after[1])
                ranked = [pair for pair in ranked if (pair[0], pair[1].position) < end]
        elif after is not None:
            start, position = _rank(after[0]), after[1]
            ranked = [
                (rank, row)
                for rank, row in ranked
                if (row.position > position if rank == start else (rank > start) != descending)
            ]
        return iter([row for _, row in ranked])


_ORDERED = 2


def _rank(key: Any) -> tuple[int, Any]:
    """Null first, then NaN, then the rest."""
    if key is None:
        return (0, 0)
    return (_ORDERED, key) if key == key else (1, 0)


def _hashable(key: Any) -> Any:
    """Each NaN as the same one."""
    return key if key == key else math.nan


class OracleContainer(Rows):
    """A container: its live rows."""

    def __init__(self, store: OracleStore, name: str) -> None:
        self._store = store
        self._name = name
        self._layout = store.layout(name)
        whole = (index for index in self._layout.indexes if not index.by_owner)
        super().__init__(lambda: store.state.live(name), whole)

    def get(self, key: str, owner: Key | None = None) -> OracleRow | None:
        return self.find(self._layout.keys[0].name, key, owner)

    def find(self, key_name: str, value: Any, owner: Key | None = None) -> OracleRow | None:
        return find(self._store.state, self._layout, self._name, key_name, value, owner)

    def of(self, owner: Key) -> Owned:
        return Owned(self, owner)

    def first_of(self, owners: Sequence[Key], limit: int) -> list[list[OracleRow]]:
        return [list(self.of(owner).scan())[:limit] for owner in owners]

    def insert(self, records: Sequence[Record]) -> list[OracleRow]:
        return self._store.transact(
            lambda transaction: [transaction.insert(self._name, each) for each in records]
        )

    def update(self, key: str, change: Callable[[Record], Record]) -> OracleRow | None:
        def work(transaction: Transaction) -> OracleRow | None:
            row = transaction.find(self._name, self._layout.keys[0].name, key)
            return None if row is None else transaction.replace(row.key, change(dict(row.record)))

        return self._store.transact(work)

    def delete(self, key: str) -> bool:
        def work(transaction: Transaction) -> bool:
            row = transaction.find(self._name, self._layout.keys[0].name, key)
            if row is not None:
                transaction.delete(row.key)
            return row is not None

        return self._store.transact(work)


class Owned(Rows):
    """The rows of a container that one row owns."""

    def __init__(self, container: OracleContainer, owner: Key) -> None:
        super().__init__(
            lambda: [row for row in container.scan() if row.owner == owner],
            (index for index in container._layout.indexes if index.by_owner),
        )
        self._container = container
        self._owner = owner

    def get(self, key: str) -> OracleRow | None:
        return self._container.get(key, self._owner)

    def count_before(self, index: str, key: Any, position: int) -> int:
        return sum(row.position < position for row in self.equal(index, [key]))


class OracleLinks:
    """A relation."""

    def __init__(self, store: OracleStore, relation: str) -> None:
        self._store = store
        self._relation = relation

    def targets(self, source: Key) -> Rows:
        return Rows(lambda: self._store.state.targets(self._relation, source), ())

    def sources(self, target: Key) -> Rows:
        return Rows(lambda: self._store.state.sources(self._relation, target), ())

    def ends(self, keys: Sequence[Key], limit: int, *, backwards: bool) -> list[list[Key]]:
        ends = self.sources if backwards else self.targets
        return [[row.key for row in ends(key).scan()][:limit] for key in keys]

    def page(self, source: Key, after: int, limit: int) -> list[tuple[int, OracleRow]]:
        found = list(self.targets(source).scan(after))
        return [(row.position, row) for row in found[:limit]]

    def has(self, source: Key, target: Key) -> bool:
        return any(
            (each.source, each.target) == (source, target)
            for each in self._store.state.linked(self._relation)
        )

    def __len__(self) -> int:
        return len(self._store.state.linked(self._relation))


class OracleBytes:
    """Bytes by name. Nothing is ever dropped before the store is opened again."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def size(self, name: str) -> int | None:
        found = self.kept.get(name)
        return None if found is None else len(found)


class OracleChanges:
    """What has become of rows and links, write by write."""

    def __init__(self) -> None:
        self.log: list[Change] = []
        self.begins = 0

    def after(self, sequence: int, limit: int) -> list[Change]:
        if sequence < self.begins:
            raise ChangesLost(sequence)
        found = [each for each in self.log if each.sequence > sequence]
        return [each for each in found if each.sequence <= found[:limit][-1].sequence]


class OracleStore:
    """The records of one tenant."""

    def __init__(
        self,
        layouts: Mapping[str, Layout | Iterable[Index]] | None = None,
        start: State | None = None,
    ) -> None:
        self._layouts = {name: layout_of(each) for name, each in (layouts or {}).items()}
        self._start = start or State()
        self.state = self._start.copy()
        self.bytes = OracleBytes()
        self.changes = OracleChanges()
        self.sequence = 0
        self.generation = uuid.uuid4().hex
        self._working = False
        self._closed = False

    def layout(self, container: str) -> Layout:
        return self._layouts.get(container, Layout())

    def names(self) -> Iterable[str]:
        return list(self._layouts | self.state.numbers)

    def container(self, name: str) -> OracleContainer:
        return OracleContainer(self, name)

    def row(self, key: Key) -> OracleRow | None:
        return self.state.row(key)

    def rows(self, keys: Sequence[Key]) -> list[OracleRow | None]:
        return [self.row(key) for key in keys]

    def container_of(self, key: Key) -> str:
        for name, number in self.state.numbers.items():
            if number == key & ((1 << BITS) - 1):
                return name
        raise KeyError(key)

    def links(self, relation: str) -> OracleLinks:
        return OracleLinks(self, relation)

    def hidden(self, container: str) -> Rows:
        return Rows(lambda: self.state.hidden_roots(container), ())

    def transact(self, work: Callable[[Transaction], T]) -> T:
        if self._closed:
            raise StoreClosed
        if self._working:
            raise RuntimeError("a write was begun inside another one")
        self._working = True
        try:
            after = self.state.copy()
            result = work(Transaction(self, after))
        finally:
            self._working = False
        self._become(after)
        return result

    def _become(self, after: State) -> None:
        changes = list(differences(self.state, after, self.sequence + 1))
        after.next = {**self.state.next}
        for name, position in after.positions():
            after.next[name] = max(after.next.get(name, 1), position + 1)
        self.state = after
        if changes:
            self.sequence += 1
            self.changes.log += changes

    def insert_many(self, records: Mapping[str, Sequence[Record]]) -> None:
        def work(transaction: Transaction) -> None:
            for name, items in records.items():
                for record in items:
                    transaction.insert(name, record)

        self.transact(work)

    def clear(self, names: Iterable[str]) -> None:
        def work(transaction: Transaction) -> None:
            for name in names:
                for row in self.state.live(name):
                    if transaction.row(row.key) is not None:
                        transaction.delete(row.key)

        self.transact(work)

    def snapshot(self) -> State:
        return self.state.copy()

    def restore(self, snapshot: State) -> None:
        if self._closed:
            raise StoreClosed
        self.state = snapshot.copy()
        self.sequence += 1
        self.changes.log, self.changes.begins = [], self.sequence
        self.generation = uuid.uuid4().hex

    def reset(self) -> None:
        self.restore(self._start)

    def close(self) -> None:
        self._closed = True

    discard = close

    def reopen(self) -> OracleStore:
        """The same store, opened again."""
        self._closed = False
        named = {
            name
            for state in (self.state, self._start)
            for row in state.rows.values()
            for name in row.record.get("@bytes", {}).values()
        }
        self.bytes.kept = {name: d for name, d in self.bytes.kept.items() if name in named}
        return self


def differences(before: State, after: State, sequence: int) -> Iterator[Change]:
    """What one write has made of rows and links."""
    for key in before.rows | after.rows:
        old, new = before.rows.get(key), after.rows.get(key)
        row = old or new
        assert row is not None
        for kind in _kinds(old, new):
            changed = _old_values(old, new) if kind == "updated" else {}
            identity = row.record.get("id", "")
            yield Change(
                sequence, kind, row.container, key, owner=row.owner, id=identity, old=changed
            )
    for name in before.links | after.links:
        was = name in before.links and not before.links[name].root
        now = name in after.links and not after.links[name].root
        if was != now:
            relation, source, target = name
            yield Change(
                sequence, "linked" if now else "unlinked", relation, source=source, target=target
            )
        elif name not in after.links:
            relation, source, target = name
            yield Change(sequence, "purged", relation, source=source, target=target)


def _kinds(old: OracleRow | None, new: OracleRow | None) -> Iterator[str]:
    if old is None:
        assert new is not None
        yield "created"
        if new.root:
            yield "hidden"
    elif new is None:
        yield "purged" if old.root else "deleted"
    elif old.root != new.root:
        yield "hidden" if new.root else "restored"
    if old is not None and new is not None:
        if _old_values(old, new):
            yield "updated"
        if old.owner != new.owner:
            yield "moved"


def _old_values(old: OracleRow | None, new: OracleRow | None) -> Record:
    assert old is not None
    assert new is not None
    names = old.record | new.record
    was, now = old.record.get, new.record.get
    return {name: was(name) for name in names if orjson.dumps(was(name)) != orjson.dumps(now(name))}


class OracleTemplate:
    """What every new tenant starts as: records, and what ``seed`` makes besides."""

    def __init__(
        self,
        records: Mapping[str, Sequence[Record]],
        layouts: Mapping[str, Layout | Iterable[Index]] | None = None,
        seed: Callable[[Transaction], object] = lambda transaction: None,
    ) -> None:
        self.layouts = {**dict.fromkeys(records, ()), **(layouts or {})}
        store = OracleStore(self.layouts)
        for name in self.layouts:
            store.state.numbers[name] = len(store.state.numbers) + 1
        store.insert_many(records)
        store.transact(seed)
        self.start, self.bytes = store.state, store.bytes.kept


class OracleStores:
    """The stores of a server's tenants. Closed ones are as they were when they are opened again."""

    on_disk = False

    def __init__(self, template: OracleTemplate) -> None:
        self.template = template
        self._known: dict[str, OracleStore] = {}

    def open(self, tenant: str, template: OracleTemplate | None = None) -> OracleStore:
        if tenant not in self._known:
            chosen = template or self.template
            store = self._known[tenant] = OracleStore(chosen.layouts, chosen.start)
            store.bytes.kept.update(chosen.bytes)
        return self._known[tenant].reopen()

    def remove(self, tenant: str) -> None:
        self._known.pop(tenant).close()

    def close(self) -> None:
        for store in self._known.values():
            store.close()
