"""``Container``: the rows of one container of one tenant; ``Owned``: those of one owner in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from fakegraph.store.indexes import EqualityIndex
from fakegraph.store.layouts import OWN_ROOT, OWNER, Index, same
from fakegraph.store.records import Records
from fakegraph.store.rows import Key, Record, Row
from fakegraph.store.storage import RecordStorage
from fakegraph.store.tables import Tables
from fakegraph.store.transaction import Transaction
from fakegraph.store.walk import Walk

T = TypeVar("T")


class Container:
    """The rows of one container, in the order in which they came.

    What it gives belongs to it: rows, records and the values in them must not be changed; nor must
    the nested values of what it is given. Reads that give an iterator fetch as they go. Beside
    writers, a row that is there all the while comes exactly once; in ``walk`` that goes for a row
    whose key stays the same.

    Writes raise StorageFailure when they cannot be kept, and TypeError for what is not JSON; then
    nothing has changed.
    """

    __slots__ = ("_identity", "_name", "_plain", "_storage", "_tables")

    def __init__(self, storage: RecordStorage, name: str) -> None:
        self._storage = storage
        self._tables = storage.tables
        self._name = name
        layout = self._tables.layout(name)
        self._identity = layout.keys[0]
        self._plain = self._identity.fold is same and not self._identity.within_owner

    @property
    def indexed(self) -> Mapping[str, bool]:
        """The indexed properties, and whether ``walk`` can go by them."""
        return self._tables.of(self._name).whole

    def get(self, id_: str, owner: Key | None = None) -> Row | None:
        """The row with that id, of that owner where one is told."""
        try:
            rows = self._tables.records[self._name].keys[0]
        except KeyError:
            return None
        row: Row | None = rows.get(id_ if self._plain else self._identity.key(id_, owner))
        return row if owner is None or row is None or row.owner == owner else None

    def find(self, key_name: str, value: Any, owner: Key | None = None) -> Row | None:
        """The row whose key of that name has this value. Raises KeyError for no such key.

        Where a key is unique within an owner only, it takes the owner too.
        """
        records = self._tables.of(self._name)
        which, unique = records.layout.key_named(key_name)
        key = None if value is None else unique.key(value, owner)
        row: Row | None = None if key is None else records.get(key, which)
        return row if row is None or owner is None or row.owner == owner else None

    def of(self, owner: Key) -> Owned:
        """The rows that one row contains; with 0, those that none does."""
        return Owned(self._tables, self._name, owner)

    def first_of(self, owners: Sequence[Key], limit: int) -> list[list[Row]]:
        """Of each of some rows the first that it contains, at most ``limit`` of each."""
        records = self._tables.of(self._name)
        if OWNER.name not in records.indexes:
            return [[] for _ in owners]
        return records.listed_each(OWNER.name, owners, limit, _itself)

    def insert(self, records: Sequence[Record]) -> list[Row]:
        """Store all of the records or, raising KeyTaken, none."""
        return self._storage.transact(
            lambda transaction: [transaction.insert(self._name, record) for record in records],
            again=True,
        )

    def update(self, id_: str, change: Callable[[Record], Record]) -> Row | None:
        """Replace a record by what ``change`` makes of a copy; None where there is none.

        ``change`` runs while nobody else writes. When it raises, all stays as it was.
        """

        def work(transaction: Transaction) -> Row | None:
            row = self._row(transaction, id_)
            if row is None:
                return None
            return transaction.put(self._name, row, change(dict(row.record)))

        return self._storage.transact(work)

    def delete(self, id_: str) -> bool:
        """Take a row away with all that hangs on it; False where there is none."""

        def work(transaction: Transaction) -> bool:
            row = self._row(transaction, id_)
            if row is not None:
                transaction.end([row])
            return row is not None

        return self._storage.transact(work, again=True)

    def _row(self, transaction: Transaction, id_: str) -> Row | None:
        return transaction.get(self._name, id_ if self._plain else self._identity.key(id_))

    def __len__(self) -> int:
        return len(self._tables.of(self._name))

    def scan(self, after: int = -1) -> Iterator[Row]:
        """Rows in insertion order, from the first whose position is above ``after``."""
        return self._tables.of(self._name).scan(after)

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]:
        """Rows whose key in that index is one of ``keys``, in insertion order."""
        return self._tables.of(self._name).equal(index, keys, after)

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        """How many rows ``equal`` would give, without going through them."""
        return self._tables.of(self._name).count_equal(index, keys)

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
    ) -> Iterator[Row]:
        """Rows by the key of an ordered index, those with the same key in insertion order.

        ``low`` and ``high`` are keys; with either, null (and NaN) is left out, as it is in no
        range. Otherwise null comes first, then NaN; descending, they come last. ``backwards`` is
        descending, those with the same key too: the last one that was inserted comes first.
        ``after`` is the key and the position of the row to go on from, which need not be there any
        more. Raises KeyError when the index is not an ordered one.
        """
        records = self._tables.of(self._name)
        walk = Walk(records, index, None, low, low_inclusive, high, high_inclusive)
        return walk.rows(descending, after, backwards)


def _itself(row: Row) -> Row:
    return row


class Listed:
    """The rows that an index of the store's own lists under one key, in insertion order."""

    __slots__ = ("_key", "_name", "_tables")

    _index: Index

    def __init__(self, tables: Tables, name: str, key: Key) -> None:
        self._tables = tables
        self._name = name
        self._key = key

    @property
    def indexed(self) -> Mapping[str, bool]:
        """The indexed properties, and whether ``walk`` can go by them."""
        return {}

    def _records(self) -> Records[Row] | None:
        """The table, where it has anything of this; ``_index`` is one of its indexes then."""
        raise NotImplementedError

    def __len__(self) -> int:
        records = self._records()
        if records is None:
            return 0
        with records.mutex:
            index: Any = records.indexes[self._index.name]
            return int(index.count(self._key))

    def scan(self, after: int = -1) -> Iterator[Row]:
        """Rows in insertion order, from the first whose position is above ``after``."""
        records = self._records()
        if records is None:
            return iter(())
        listed = records.indexes[self._index.name]
        if isinstance(listed, EqualityIndex) and not listed.count(self._key):
            return iter(())
        return records.equal(self._index.name, (self._key,), after)

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]:
        """As a container's ``equal``. Raises KeyError for what is not indexed."""
        raise KeyError(index)

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        """As a container's ``count_equal``. Raises KeyError for what is not indexed."""
        raise KeyError(index)

    def walk(self, index: str, *arguments: Any, **named: Any) -> Iterator[Row]:
        """As a container's ``walk``. Raises KeyError for what is not indexed."""
        raise KeyError(index)


class Owned(Listed):
    """The rows of a container that one row contains; with 0, those that none does."""

    __slots__ = ()

    _index = OWNER

    @property
    def owner(self) -> Key:
        """The key of the row that contains them."""
        return self._key

    @property
    def indexed(self) -> Mapping[str, bool]:
        """The indexes that go by owner, and whether ``walk`` can go by them."""
        return self._tables.of(self._name).by_owner

    def _records(self) -> Records[Row] | None:
        records = self._tables.of(self._name)
        return records if OWNER.name in records.indexes else None

    def made(self, work: Callable[[Sequence[Row]], T]) -> T:
        """What ``work`` gives of these rows, and of nothing else: it is only called where something
        in the container was changed since. It is always the same function for the same.
        """
        mark = (self._index.name, self._key, work)
        return self._tables.of(self._name).remembered(mark, lambda: work(list(self.scan())))

    def _all_at_the_top(self) -> bool:
        return self._key == 0 and self._records() is None

    def get(self, id_: str) -> Row | None:
        """The row with that id."""
        identity = self._tables.layout(self._name).keys[0]
        row: Row | None = self._tables.of(self._name).get(identity.key(id_, self._key))
        return row if row is not None and row.owner == self._key else None

    def __len__(self) -> int:
        records = self._tables.of(self._name)
        index: Any = records.indexes.get(OWNER.name)
        if index is None:  # nothing is owned
            return 0 if self._key else len(records)
        with records.mutex:
            return int(index.count(self._key))

    def scan(self, after: int = -1) -> Iterator[Row]:
        """Rows in insertion order, from the first whose position is above ``after``."""
        if self._all_at_the_top():
            return self._tables.of(self._name).scan(after)
        return super().scan(after)

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]:
        """Rows whose key in that index is one of ``keys``, in insertion order."""
        return self._tables.of(self._name).equal(index, keys, after, self._key)

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        """How many rows ``equal`` would give, without going through them."""
        return self._tables.of(self._name).count_equal(index, keys, self._key)

    def count_before(self, index: str, key: Any, position: int) -> int:
        """How many rows at lower positions have a key in an index that is not ordered."""
        return self._tables.of(self._name).count_before(index, key, position, self._key)

    def count_group(self, index: str, value: Any) -> int:
        """How many rows of a group an ordered index of groups has, without going through them."""
        return self._tables.of(self._name).count_group(index, value, self._key)

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
    ) -> Iterator[Row]:
        """Rows by the key of an index that goes by owner; see ``Container.walk``."""
        records = self._tables.of(self._name)
        walk = Walk(records, index, self._key, low, low_inclusive, high, high_inclusive)
        return walk.rows(descending, after, backwards)


class Hidden(Listed):
    """The rows of a container that were hidden themselves, not along with what contains them."""

    __slots__ = ()

    _index = OWN_ROOT

    def _records(self) -> Records[Row] | None:
        return self._tables.of(self._name).hidden

    def get(self, id_: str) -> Row | None:
        """The row with that id, the last one where there are several."""
        records, identity = self._records(), self._tables.layout(self._name).keys[0]
        if records is None:
            return None
        key = identity.key(id_)
        rows = list(records.equal(identity.name, [(0, key)], -1))
        return rows[-1] if rows else None
