"""How many bytes there are in folders, at any depth: kept as they change, so that nobody counts.

A folder's total is a record of its own, so the folder is the same whatever comes into it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from fakegraph.store import Key, Record, Row, Transaction

ITEMS, TOTALS = "drive/items", "@totals"
#: Stands for all of a drive, as the root does.
WHOLE = ""
#: How many bytes a drive holds that says nothing else.
USUAL_TOTAL = 1 << 40

_Change = tuple[Row | None, Row | None]


def total_id(drive: object, item: object) -> str:
    """Under which id the total of a folder is kept."""
    return f"{drive}/{item}"


def parent_of(record: Record) -> str | None:
    """The id of the folder that an item lies in; None for the root."""
    if "root" in record:
        return None
    return (record.get("parentReference") or {}).get("id")


def size_of(record: Record) -> int:
    """How many bytes an item has itself."""
    return int(record.get("size") or 0)


def walked(record: Record, inside: Callable[[str], Iterable[Record]]) -> int:
    """How many bytes there are in a folder of a drive that has no totals: an older file's."""
    waiting, total, seen = [record], 0, set()
    while waiting:
        at = waiting.pop()
        if at["id"] not in seen:  # what is seeded may lie in itself
            seen.add(at["id"])
            total += size_of(at)
            waiting += inside(at["id"])
    return total


def settle(transaction: Transaction) -> None:
    """Let totals follow what a write has done to items."""
    drives: dict[Key, list[_Change]] = defaultdict(list)
    for old, new in transaction.changed(ITEMS):
        row = new or old
        assert row is not None
        drives[row.owner].append((old, new))
    for key, changes in drives.items():
        drive = transaction.row(key)
        if drive is not None:
            _Drive(transaction, drive).follow(changes)


class _Drive:
    """The items of one drive, and their totals."""

    def __init__(self, transaction: Transaction, drive: Row) -> None:
        self._transaction = transaction
        self._drive = drive
        self._gone: dict[str, Record] = {}  # items that are there no more, as they were

    def follow(self, changes: list[_Change]) -> None:
        """Add and take away what has changed, along the folders above it."""
        moved = list(filter(None, map(_moved, changes)))
        if len(moved) > 1 or self._row(WHOLE) is None:
            self._count_anew()
            return
        self._gone = {old.record["id"]: old.record for old, new in changes if old and not new}
        more: dict[str, int] = defaultdict(int)
        for old, new in changes:
            if old is not None:
                self._add(more, old.record, -size_of(old.record))
            if new is not None:
                self._add(more, new.record, size_of(new.record))
        for before, after in moved:
            inside = self._row(before["id"])
            size = 0 if inside is None else size_of(inside.record)
            self._add(more, before, -size)
            self._add(more, after, size)
        for id_, size in more.items():
            self._keep(id_, size)

    def _add(self, more: dict[str, int], record: Record, size: int) -> None:
        """Add so many bytes to all folders that an item lies in, and to the whole."""
        if size:
            for id_ in (*self._above(record), WHOLE):
                more[id_] += size

    def _above(self, record: Record) -> Iterator[str]:
        """The ids of the folders that an item lies in, without the root."""
        seen = set()  # what is seeded may lie in itself
        id_ = parent_of(record)
        while id_ is not None and id_ not in seen:
            seen.add(id_)
            at = self._gone.get(id_)
            row = None if at else self._transaction.find(ITEMS, "id", id_, self._drive.key)
            record = at or (row.record if row is not None else {"root": {}})
            if "root" in record:
                return
            yield id_
            id_ = parent_of(record)

    def _count_anew(self) -> None:
        """Go through all of the drive: it has no totals yet, or much has moved at once."""
        transaction, drive = self._transaction, self._drive.key
        for row in transaction.rows_of(TOTALS, [drive]):
            transaction.delete(row.key)
        more: dict[str, int] = defaultdict(int, {WHOLE: 0})
        for row in transaction.rows_of(ITEMS, [drive]):
            self._add(more, row.record, size_of(row.record))
        for id_, size in more.items():
            self._keep(id_, size)

    def _row(self, id_: str) -> Row | None:
        id_ = total_id(self._drive.record["id"], id_)
        return self._transaction.find(TOTALS, "id", id_, self._drive.key)

    def _keep(self, id_: str, more: int) -> None:
        """Add to a total, which a folder without any bytes has none of."""
        row, key = self._row(id_), total_id(self._drive.record["id"], id_)
        size = more + (0 if row is None else size_of(row.record))
        if row is None:
            self._transaction.insert(TOTALS, {"id": key, "size": size}, self._drive.key)
        elif not size and id_ != WHOLE:
            self._transaction.delete(row.key)
        elif more:
            self._transaction.replace(row.key, {"id": key, "size": size})


def _moved(change: _Change) -> tuple[Record, Record] | None:
    """A folder as it was and as it is, where it lies in another one now."""
    old, new = change
    if old is None or new is None or "file" in new.record:
        return None
    is_same = parent_of(old.record) == parent_of(new.record)
    return None if is_same else (old.record, new.record)
