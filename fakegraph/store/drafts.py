"""``Draft``: what one write means to change in one set, before it is made."""

from __future__ import annotations

from collections.abc import Mapping

from fakegraph.store.errors import KeyTaken
from fakegraph.store.log import Change
from fakegraph.store.records import Records
from fakegraph.store.rows import Record, Row

_FEW = 100  # of so many rows the JSON is kept, as an answer is likely to show it

Unseen = Mapping[str, Row | None]
"""Rows by id (None: deleted) of writes that wait for the disk and are not shown yet."""


class Draft:
    """Changes to a set, worked out under the write lock: the set itself is not touched.

    It sees what is stored, what is still on its way to the disk, and its own changes.
    """

    __slots__ = ("_changes", "_next", "_unseen", "records", "rows")

    def __init__(self, records: Records, unseen: Unseen) -> None:
        self.records = records
        self._unseen = unseen
        self._changes: dict[int, Change] = {}
        self._next = records.next_position
        self.rows: dict[str, Row | None] = {}
        """The changed rows by id; None for a deleted one."""

    def get(self, key: str) -> Row | None:
        """The row with that id, as it will be."""
        if key in self.rows:
            return self.rows[key]
        if key in self._unseen:
            return self._unseen[key]
        return self.records.get(key)

    def insert(self, record: Record, position: int | None = None) -> Row:
        """Add a record at the end, or where it is told. Raises KeyTaken."""
        key = record.get("id")
        if not isinstance(key, str):
            raise TypeError(f"a record's id must be a string, not {key!r}")
        if self.get(key) is not None:
            raise KeyTaken(key)
        row = Row(self._next if position is None else position, dict(record))
        self._next = max(self._next, row.position + 1)
        self._change(None, row)
        return row

    def replace(self, row: Row, record: Record) -> Row:
        """Put another record with the same id in the place of a row's."""
        if record.get("id") != row.record["id"]:
            raise ValueError(f"a record keeps its id: it is {row.record['id']!r}")
        new = Row(row.position, record)
        self._change(row, new)
        return new

    def remove(self, row: Row) -> None:
        """Take a row away."""
        self._change(row, None)

    def _change(self, old: Row | None, new: Row | None) -> None:
        row = new or old
        assert row is not None
        earlier = self._changes.get(row.position)
        self._changes[row.position] = (old if earlier is None else earlier[0], new)
        self.rows[row.record["id"]] = new

    def changes(self) -> list[Change]:
        """All changes, in an order in which an id is free before another row takes it.

        Raises TypeError for a value that is not JSON.
        """
        found = [change for change in self._changes.values() if change != (None, None)]
        for _, new in found:
            if new is not None:  # where a value is not JSON, this shows it before anything is made
                _ = new.json if len(found) <= _FEW else new.dump()
        if len(found) == 1:  # nearly always
            return found
        removals: list[Change] = []
        additions: list[Change] = []
        for old, new in found:
            if old and new and old.record["id"] != new.record["id"]:
                removals.append((old, None))
                additions.append((None, new))
            else:
                (removals if new is None else additions).append((old, new))
        return removals + additions

    def claim(self) -> None:
        """Keep the positions that were given, now that the write is made."""
        self.records.next_position = max(self.records.next_position, self._next)
