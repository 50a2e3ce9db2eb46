"""``Row`` and ``Link``: what is stored; ``RowList``: a table's, in the order in which they came."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Generic, TypeVar

import orjson

from fakegraph.store.sharing import compact

Record = dict[str, Any]
"""JSON-ready property values, ``id`` included. Never changed once it is stored."""

Key = int
"""Names a row as long as it lives: its position, and the number of its container. 0 names none."""

NUMBER_BITS = 12
MOST_CONTAINERS = (1 << NUMBER_BITS) - 1  # the greatest number, and the mask of it

LARGE = 1024  # bytes of JSON; to make it again costs little beside what it takes to send it
SHOWN = 4096  # the same of JSON that is not the record's alone: that takes longer to make

_number = attrgetter("number")
_kept_json = attrgetter("_json")

_BITS = 7
_SIZE = 1 << _BITS
_MASK = _SIZE - 1


class Entry:
    """What is at a position of a table. A change puts a new one there.

    ``owner``: the key of the row that contains it. ``root``: where it is hidden, the key of the row
    that it was hidden with. 0 where there is none.
    """

    __slots__ = ("position",)

    position: int
    owner: Key = 0
    root: Key = 0
    record: Record = {}

    def settle(self, *, few: bool) -> None:
        """Make ready to be kept."""

    def step_back(self) -> None:
        """Let go of what only answers want: another one has come in its stead, and who still knows
        it, as those do who tell of changes, wants what it says.
        """

    def alike(self, other: Any) -> bool:
        """Whether another one, at this position, says the same."""
        raise NotImplementedError


Shown = tuple[Any, bytes, Any]
_IN_NO_WAY: Shown = (object(), b"", None)


def keys_of(rows: Sequence[Row]) -> list[Key]:
    """The keys of rows, quicker than one by one where all are of one container."""
    numbers = set(map(_number, rows))
    if len(numbers) != 1 or set(map(type, rows)) != {Row}:  # others are at other positions
        return [row.key for row in rows]
    (number,) = numbers
    return [row.position << NUMBER_BITS | number for row in rows]


def json_of(rows: Sequence[Row]) -> list[bytes]:
    """The JSON of rows, quicker than one by one where all of it is kept."""
    kept = list(map(_kept_json, rows))
    return kept if all(kept) else [row.json for row in rows]


class Row(Entry):
    """A stored record. An update makes a new row at the same ``position``.

    ``number`` is its container's, and ``owner`` the key of the row that contains it.
    """

    __slots__ = ("_json", "number", "owner", "record", "shown_as")

    def __init__(self, position: int, record: Record, number: int = 0, owner: Key = 0) -> None:
        self.position = position
        self.record = record
        self.number = number
        self.owner = owner
        self._json: bytes | None = None
        self.shown_as = _IN_NO_WAY
        """The record as JSON in another way, as ``show`` was told of it."""

    @staticmethod
    def of(key: Key, record: Record, owner: Key = 0) -> Row:
        """A row of that key with another record: as it was, or could be."""
        return Row(key >> NUMBER_BITS, record, key & MOST_CONTAINERS, owner)

    @property
    def key(self) -> Key:
        """What names it as long as it lives, whatever becomes of its record and its owner."""
        return self.position << NUMBER_BITS | self.number

    @property
    def json(self) -> bytes:
        """The record as JSON; made once and kept, unless it weighs much."""
        known = self._json  # which another thread may let go of
        if known is not None:
            return known
        found = orjson.dumps(self.record)
        if len(found) <= LARGE:
            # A copy: what orjson gives takes up to eight times the room of what is in it.
            self._json = b"".join((found, b""))
        return found

    def show(self, mark: object, found: bytes, of: Any) -> None:
        """Keep the record as JSON in another way, in the stead of the last, unless it weighs much.
        ``mark`` says which way that is, and ``of`` tells what it was made of besides from others.
        """
        if len(found) <= SHOWN:
            self.shown_as = (mark, bytes(memoryview(found)), of)
            self._json = None  # who is shown in another way is not asked for this one again

    def dump(self) -> bytes:
        """The record as JSON, not kept: for going through many rows."""
        return self._json or orjson.dumps(self.record)

    def step_back(self) -> None:
        self._json, self.shown_as = None, _IN_NO_WAY

    def settle(self, *, few: bool) -> None:
        """Make ready to be kept. ``few``: an answer is likely to show it. Raises TypeError for what
        is not JSON.
        """
        if len(self.json if few else self.dump()) > LARGE:
            self.record = compact(self.record)

    def alike(self, other: Any) -> bool:
        """Whether both are the same JSON in the same place; Python alone takes 1 for true."""
        return bool(
            self.owner == other.owner
            and self.root == other.root
            and self.record == other.record
            and self.dump() == other.dump()
        )

    def __repr__(self) -> str:
        return f"Row({self.position}, {self.record!r})"


class HiddenRow(Row):
    """A row that was deleted softly: with the row ``root``, which it is or which contained it."""

    __slots__ = ("root",)

    def __init__(self, row: Row, root: Key) -> None:
        super().__init__(row.position, row.record, row.number, row.owner)
        self.root = root

    def shown(self) -> Row:
        """The row as it was before."""
        return Row(self.position, self.record, self.number, self.owner)


class LinkedRow(Row):
    """A row as one end of a link: its ``position`` is the link's."""

    __slots__ = ("row",)

    def __init__(self, position: int, row: Row) -> None:
        self.position = position
        self.record = row.record
        self.number = row.number
        self.owner = row.owner
        self.row = row
        self._json = None  # the row itself keeps it

    @property
    def key(self) -> Key:
        """The row's own key."""
        return self.row.key

    @property
    def json(self) -> bytes:
        """The record as JSON, made once and kept by the row itself."""
        return self.row.json

    @property
    def shown_as(self) -> Shown:  # type: ignore[override]
        """What the row itself keeps."""
        return self.row.shown_as

    def show(self, mark: object, found: bytes, of: Any) -> None:
        """Have the row itself keep it."""
        self.row.show(mark, found, of)

    def dump(self) -> bytes:
        """The record as JSON, not kept."""
        return self.row.dump()


class Link(Entry):
    """One reference from a row to another."""

    __slots__ = ("source", "target")

    def __init__(self, position: int, source: Key, target: Key) -> None:
        self.position = position
        self.source = source
        self.target = target

    def alike(self, other: Any) -> bool:
        """Whether both have the same ends, and are hidden with the same row if they are."""
        return (self.source, self.target, self.root) == (other.source, other.target, other.root)

    def __repr__(self) -> str:
        return f"Link({self.position}, {self.source}, {self.target})"


class HiddenLink(Link):
    """A link that is out of sight with a row at one of its ends."""

    __slots__ = ("root",)

    def __init__(self, link: Link, root: Key) -> None:
        super().__init__(link.position, link.source, link.target)
        self.root = root

    def shown(self) -> Link:
        """The link as it was before."""
        return Link(self.position, self.source, self.target)


E = TypeVar("E", bound=Entry)


class _Chunk(list[E | None]):
    """The rows of ``_SIZE`` neighbouring positions; None where one was deleted."""

    __slots__ = ("live", "owner")

    def __init__(self, owner: object, rows: list[E | None], live: int) -> None:
        super().__init__(rows)
        self.owner = owner
        self.live = live


_NOTHING: list[Any] = []


def _there(slots: list[E | None]) -> list[E]:
    """What is there of what may be there."""
    return list(filter(None, slots))


class RowList(Generic[E]):
    """Rows by position, in chunks that forks share until one of them writes.

    A chunk belongs to the list whose ``_owner`` it bears; any other list copies it before it
    writes. ``fork`` gives both sides a new owner, so from then on neither has a chunk of its own.
    """

    __slots__ = ("_chunks", "_numbers", "_owner")

    def __init__(self) -> None:
        self._owner = object()
        self._chunks: dict[int, _Chunk[E]] = {}
        self._numbers: list[int] = []  # of the chunks, ascending

    def fill(self, rows: Sequence[E]) -> None:
        """Take in rows with ascending positions, while empty."""
        for number, group in groupby(rows, lambda row: row.position >> _BITS):
            found = list(group)
            slots: list[E | None] = [*found]
            if len(found) <= found[-1].position & _MASK:
                slots = [None] * ((found[-1].position & _MASK) + 1)
                for row in found:
                    slots[row.position & _MASK] = row
            self._numbers.append(number)
            self._chunks[number] = _Chunk(self._owner, slots, len(found))

    def fork(self) -> RowList[E]:
        """A list with the same rows that changes on its own. Costs one pointer per chunk."""
        copy: RowList[E] = RowList()
        copy._chunks = self._chunks.copy()
        copy._numbers = self._numbers.copy()
        self._owner = object()
        return copy

    def get(self, position: int) -> E | None:
        """The row at that position."""
        chunk = self._chunks.get(position >> _BITS)
        slot = position & _MASK
        return None if chunk is None or slot >= len(chunk) else chunk[slot]

    def pick(self, positions: Sequence[int]) -> list[E]:
        """The rows at positions, in that order; where there is none, it is left out."""
        if not positions:
            return []
        first, last = positions[0], positions[-1]
        if last - first == len(positions) - 1 and [*range(first, last + 1)] == positions:
            return self._run(first, last)
        return _there(self.at_each(positions))

    def at_each(self, positions: Sequence[int]) -> list[E | None]:
        """What is at each of the positions."""
        chunks = self._chunks
        try:  # nearly always all of them are there
            return [chunks[position >> _BITS][position & _MASK] for position in positions]
        except LookupError:
            return list(map(self.get, positions))

    def _run(self, first: int, last: int) -> list[E]:
        """The rows of neighbouring positions: what came together is often asked for together."""
        found: list[E | None] = []
        for number in range(first >> _BITS, (last >> _BITS) + 1):
            start = number << _BITS
            chunk = self._chunks.get(number, _NOTHING)
            found += chunk[max(first - start, 0) : last + 1 - start]
        return _there(found)

    def put(self, row: E) -> None:
        """Store a row at its position, in place of the one that was there."""
        chunk = self._chunks.get(row.position >> _BITS)
        if chunk is None or chunk.owner is not self._owner:
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
        chunk = self._chunks[number]
        if chunk.owner is not self._owner:
            chunk = self._own(number)
        chunk[position & _MASK] = None
        chunk.live -= 1
        if not chunk.live:
            del self._chunks[number]
            del self._numbers[bisect_left(self._numbers, number)]

    def _own(self, number: int) -> _Chunk[E]:
        chunk = self._chunks.get(number)
        if chunk is None:
            chunk = self._chunks[number] = _Chunk(self._owner, [], 0)
            self._numbers.insert(bisect_left(self._numbers, number), number)
        elif chunk.owner is not self._owner:
            chunk = self._chunks[number] = _Chunk(self._owner, chunk, chunk.live)
        return chunk

    def after(self, position: int, limit: int) -> list[E]:
        """Up to ``limit`` rows that follow a position; fewer do not mean that it is the end."""
        start = position + 1
        place = bisect_left(self._numbers, start >> _BITS)
        while place < len(self._numbers):
            number = self._numbers[place]
            slot = start & _MASK if number == start >> _BITS else 0
            chunk = self._chunks[number]
            rows = _there(chunk[slot : slot + limit])
            if rows:
                return rows
            if slot + limit < len(chunk):
                start = (number << _BITS) + slot + limit
            else:
                place += 1
        return []

    def __iter__(self) -> Iterator[E]:
        """All rows in order; for a list that nobody writes to."""
        for number in self._numbers:
            yield from (row for row in self._chunks[number] if row is not None)

    def differences(self, other: RowList[E]) -> Iterator[tuple[E | None, E | None]]:
        """What to change so that this becomes the other: (row here, row there) where they differ.

        What both share since a fork is not looked at.
        """
        for number in sorted(self._chunks.keys() | other._chunks.keys()):
            here, there = self._chunks.get(number, ()), other._chunks.get(number, ())
            if here is not there:
                yield from _differing(here, there)


def _differing(
    here: list[E | None] | tuple[()], there: list[E | None] | tuple[()]
) -> Iterator[tuple[E | None, E | None]]:
    for slot in range(max(len(here), len(there))):
        mine = here[slot] if slot < len(here) else None
        theirs = there[slot] if slot < len(there) else None
        if mine is not theirs and (mine is None or theirs is None or not mine.alike(theirs)):
            yield mine, theirs
