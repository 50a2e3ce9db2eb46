"""``Row``: a stored record; and ``RowList``: the rows of a set in the order in which they came."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import orjson

Record = dict[str, Any]
"""JSON-ready property values, ``id`` included. Never changed once it is stored."""

_BITS = 7
_SIZE = 1 << _BITS
_MASK = _SIZE - 1

_SAMPLE = 1_000


class Row:
    """A stored record. An update makes a new row at the same ``position``."""

    __slots__ = ("_json", "position", "record")

    def __init__(self, position: int, record: Record) -> None:
        self.position = position
        self.record = record
        self._json: bytes | None = None

    @property
    def json(self) -> bytes:
        """The record as JSON, made once and kept."""
        if self._json is None:
            self._json = orjson.dumps(self.record)
        return self._json

    def dump(self) -> bytes:
        """The record as JSON, not kept: for going through many rows."""
        return self._json or orjson.dumps(self.record)

    def __repr__(self) -> str:
        return f"Row({self.position}, {self.record!r})"


def share_strings(rows: Sequence[Row]) -> None:
    """Let equal strings be one object, for properties that repeat them: a quarter of the memory."""
    sample = [row.record for row in rows[:_SAMPLE]]
    for name in {name for record in sample for name in record}:
        found = [value for record in sample if type(value := record.get(name)) is str]
        if len(set(found)) * 2 <= len(found):
            pool: dict[str, str] = {}
            for row in rows:
                value = row.record.get(name)
                if type(value) is str:
                    row.record[name] = pool.setdefault(value, value)


class _Chunk(list[Row | None]):
    """The rows of ``_SIZE`` neighbouring positions; None where one was deleted."""

    __slots__ = ("live", "owner")

    def __init__(self, owner: object, rows: list[Row | None], live: int) -> None:
        super().__init__(rows)
        self.owner = owner
        self.live = live


_NO_ROWS = _Chunk(None, [], 0)


class RowList:
    """Rows by position, in chunks that forks share until one of them writes.

    A chunk belongs to the list whose ``_owner`` it bears; any other list copies it before it
    writes. ``fork`` gives both sides a new owner, so from then on neither has a chunk of its own.
    """

    __slots__ = ("_chunks", "_numbers", "_owner")

    def __init__(self) -> None:
        self._owner = object()
        self._chunks: dict[int, _Chunk] = {}
        self._numbers: list[int] = []  # of the chunks, ascending

    def fill(self, rows: Sequence[Row]) -> None:
        """Take in rows with ascending positions, while empty."""
        for number, group in groupby(rows, lambda row: row.position >> _BITS):
            found = list(group)
            slots: list[Row | None] = [*found]
            if len(found) <= found[-1].position & _MASK:
                slots = [None] * ((found[-1].position & _MASK) + 1)
                for row in found:
                    slots[row.position & _MASK] = row
            self._numbers.append(number)
            self._chunks[number] = _Chunk(self._owner, slots, len(found))

    def fork(self) -> RowList:
        """A list with the same rows that changes on its own. Costs one pointer per chunk."""
        copy = RowList()
        copy._chunks = self._chunks.copy()
        copy._numbers = self._numbers.copy()
        self._owner = object()
        return copy

    def get(self, position: int) -> Row | None:
        """The row at that position."""
        chunk = self._chunks.get(position >> _BITS)
        slot = position & _MASK
        return None if chunk is None or slot >= len(chunk) else chunk[slot]

    def pick(self, positions: Iterable[int]) -> list[Row]:
        """The rows at ascending positions; where there is none, it is left out."""
        found: list[Row] = []
        number, chunk = -1, _NO_ROWS
        for position in positions:
            if position >> _BITS != number:
                number = position >> _BITS
                chunk = self._chunks.get(number, _NO_ROWS)
            slot = position & _MASK
            if slot < len(chunk) and (row := chunk[slot]) is not None:
                found.append(row)
        return found

    def put(self, row: Row) -> None:
        """Store a row at its position, in place of the one that was there."""
        chunk = self._own(row.position >> _BITS)
        slot = row.position & _MASK
        if slot == len(chunk):
            chunk.append(row)
            chunk.live += 1
            return
        if slot > len(chunk):
            chunk.extend([None] * (slot + 1 - len(chunk)))
        chunk.live += chunk[slot] is None
        chunk[slot] = row

    def remove(self, position: int) -> None:
        """Take away the row that is at that position."""
        number = position >> _BITS
        chunk = self._own(number)
        chunk[position & _MASK] = None
        chunk.live -= 1
        if not chunk.live:
            del self._chunks[number]
            del self._numbers[bisect_left(self._numbers, number)]

    def _own(self, number: int) -> _Chunk:
        chunk = self._chunks.get(number)
        if chunk is None:
            chunk = self._chunks[number] = _Chunk(self._owner, [], 0)
            self._numbers.insert(bisect_left(self._numbers, number), number)
        elif chunk.owner is not self._owner:
            chunk = self._chunks[number] = _Chunk(self._owner, chunk, chunk.live)
        return chunk

    def after(self, position: int, limit: int) -> list[Row]:
        """Up to ``limit`` rows that follow a position; fewer do not mean that it is the end."""
        start = position + 1
        place = bisect_left(self._numbers, start >> _BITS)
        while place < len(self._numbers):
            number = self._numbers[place]
            slot = start & _MASK if number == start >> _BITS else 0
            chunk = self._chunks[number]
            rows = [row for row in chunk[slot : slot + limit] if row is not None]
            if rows:
                return rows
            if slot + limit < len(chunk):
                start = (number << _BITS) + slot + limit
            else:
                place += 1
        return []

    def __iter__(self) -> Iterator[Row]:
        """All rows in order; for a list that nobody writes to."""
        for number in self._numbers:
            yield from (row for row in self._chunks[number] if row is not None)

    def differences(self, other: RowList) -> Iterator[tuple[Row | None, Row | None]]:
        """What to change so that this becomes the other: (row here, row there) where they differ.

        What both share since a fork is not looked at.
        """
        for number in sorted(self._chunks.keys() | other._chunks.keys()):
            here, there = self._chunks.get(number, ()), other._chunks.get(number, ())
            if here is not there:
                yield from _differing(here, there)


def _differing(
    here: list[Row | None] | tuple[()], there: list[Row | None] | tuple[()]
) -> Iterator[tuple[Row | None, Row | None]]:
    for slot in range(max(len(here), len(there))):
        mine = here[slot] if slot < len(here) else None
        theirs = there[slot] if slot < len(there) else None
        if mine is theirs or _alike(mine, theirs):
            continue
        yield mine, theirs


def _alike(mine: Row | None, theirs: Row | None) -> bool:
    """Whether two rows are the same JSON; Python alone takes 1 for true and 1.0."""
    if mine is None or theirs is None:
        return False
    return mine.record == theirs.record and mine.dump() == theirs.dump()
