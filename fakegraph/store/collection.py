"""``Collection``: the records of one entity set of one tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fakegraph.store.drafts import Draft
from fakegraph.store.rows import Record, Row
from fakegraph.store.storage import Drafts, RecordStorage
from fakegraph.store.walk import Walk


class Collection:
    """The records of one entity set, by ``id``, in the order in which they came.

    What it gives belongs to it: rows, records and the values in them must not be changed; nor must
    the nested values of what it is given. Reads that give an iterator fetch as they go. Beside
    writers, a row that is there all the while comes exactly once; in ``walk`` that goes for a row
    whose key stays the same.

    Writes raise StorageFailure when they cannot be kept, and TypeError for what is not JSON; then
    nothing has changed.
    """

    __slots__ = ("_name", "_records", "_storage", "indexed")

    indexed: Mapping[str, bool]
    """The indexed properties, and whether ``walk`` can go by them."""

    def __init__(self, storage: RecordStorage, name: str) -> None:
        self._storage = storage
        self._name = name
        self._records = storage.records[name]
        indexes = self._records.indexes.items()
        self.indexed = {name: index.declared.ordered for name, index in indexes}

    def get(self, key: str) -> Row | None:
        """The row with that id."""
        return self._records.get(key)

    def insert(self, records: Sequence[Record]) -> list[Row]:
        """Store all of the records or, raising KeyTaken, none."""

        def work(drafts: Drafts) -> list[Row]:
            draft = drafts[self._name]
            return [draft.insert(record) for record in records]

        return self._storage.transact(work)

    def update(self, key: str, change: Callable[[Record], Record]) -> Row | None:
        """Replace a record by what ``change`` makes of a copy; None where there is none.

        ``change`` runs while nobody else writes. When it raises, all stays as it was.
        """

        def work(drafts: Drafts) -> Row | None:
            draft = drafts[self._name]
            row = draft.get(key)
            return None if row is None else draft.replace(row, change(dict(row.record)))

        return self._storage.transact(work)

    def delete(self, key: str) -> bool:
        """Take a record away; False where there is none."""

        def work(drafts: Drafts) -> bool:
            draft = drafts[self._name]
            return _remove(draft, draft.get(key))

        return self._storage.transact(work)

    def __len__(self) -> int:
        return len(self._records)

    def scan(self, after: int = -1) -> Iterator[Row]:
        """Rows in insertion order, from the first whose position is above ``after``."""
        return self._records.scan(after)

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]:
        """Rows whose key in that index is one of ``keys``, in insertion order."""
        return self._records.equal(index, keys, after)

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        """How many rows ``equal`` would give, without going through them."""
        return self._records.count_equal(index, keys)

    def walk(
        self,
        index: str,
        low: Any = None,
        low_inclusive: bool = True,
        high: Any = None,
        high_inclusive: bool = True,
        descending: bool = False,
        after: tuple[Any, int] | None = None,
    ) -> Iterator[Row]:
        """Rows by the key of an ordered index, those with the same key in insertion order.

        ``low`` and ``high`` are keys; with either, null (and NaN) is left out, as it is in no
        range. Otherwise null comes first, then NaN; descending, they come last. ``after`` is the
        key and the position of the row to go on from, which need not be there any more. Raises
        KeyError when the index is not an ordered one.
        """
        walk = Walk(self._records, index, low, low_inclusive, high, high_inclusive)
        return walk.rows(descending, after)


def _remove(draft: Draft, row: Row | None) -> bool:
    if row is None:
        return False
    draft.remove(row)
    return True
