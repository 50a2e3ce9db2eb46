"""``Tables``: all that one tenant stores, shared with its template until it writes to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.store.bytes import Named
from fakegraph.store.layouts import LINKS, Layout, layout_in
from fakegraph.store.names import is_links
from fakegraph.store.reach import Reach
from fakegraph.store.records import Change, Records
from fakegraph.store.rows import MOST_CONTAINERS, NUMBER_BITS, Key, Row

_NO_LINKS: Records[Any] = Records(LINKS)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Snapshot:
    """What a store held at one moment. It costs next to nothing until either side changes."""

    records: Mapping[str, Records[Any]]
    numbers: Mapping[str, int]
    reach: Reach
    named: Named


class Tables:
    """Tables by name: containers, and links as ``names.links_table`` calls them.

    Forks and snapshots share tables. Who writes to one asks for its ``own``, which is then a copy
    unless nobody else can have it. A read keeps to the table that it began with.
    """

    def __init__(self, layouts: Mapping[str, Layout]) -> None:
        self.layouts = layouts
        self.records: dict[str, Records[Any]] = {}
        self.reach = Reach()
        self.named = Named()
        self._own: set[str] = set()
        self._empty: dict[str, Records[Any]] = {}  # of containers that were never written to
        self._number({})
        for number, name in enumerate(layouts, start=1):
            self.give_number(name, number)
            self.records[name] = Records(layouts[name])

    def _number(self, numbers: Mapping[str, int]) -> None:
        self.numbers = dict(numbers)
        self.names = {number: name for name, number in numbers.items()}
        """The containers by number."""

    def fork(self) -> Tables:
        """The same, changing on its own from now; nobody writes to this one any more."""
        copy = Tables.__new__(Tables)
        copy.layouts, copy.reach, copy.named = self.layouts, self.reach.copy(), self.named.fork()
        copy.records, copy.numbers, copy.names = (
            self.records.copy(),
            self.numbers.copy(),
            self.names.copy(),
        )
        copy._own, copy._empty = set(), {}
        return copy

    def adopt(self, other: Tables) -> None:
        """Share the tables of another fork of the same that these have not, for readers to see."""
        for name, number in other.numbers.items():
            if name not in self.numbers:
                self.give_number(name, number)
        self.reach.add(other.reach)
        for name, records in list(other.records.items()):  # what is last, is there last
            if name not in self.records:
                if not is_links(name):
                    self.named.count((None, entry) for entry in records.every())
                self.records[name] = records

    def take(self, table: str, records: Records[Any], changes: Iterable[Change[Any]]) -> None:
        """Take in a table that was read; ``changes`` are from what is here to that."""
        self.records[table] = records
        self.reach.learn(table, (new for _, new in changes if new is not None))
        if not is_links(table):
            self.named.count(changes)

    def declare(self, layouts: Mapping[str, Layout], numbers: Mapping[str, int]) -> None:
        """Say how containers are laid out, and what their numbers are."""
        self.layouts, self._empty = layouts, {}
        self._number(numbers)
        for name, layout in layouts.items():
            self.records.setdefault(name, Records(layout))

    def layout(self, container: str) -> Layout:
        """What is declared of a container."""
        return layout_in(self.layouts, container)

    def of(self, table: str) -> Records[Any]:
        """A table, to be read. One that was never written to is empty."""
        found = self.records.get(table)
        if found is None:
            found = self._empty.get(table)
        if found is None:
            if is_links(table):
                return _NO_LINKS
            found = self._empty[table] = Records(self.layout(table))
        return found

    def own(self, table: str) -> Records[Any]:
        """A table, to be written to."""
        if table not in self._own:
            self.records[table] = self.of(table).fork()
            self._own.add(table)
        return self.records[table]

    def containers(self) -> Iterable[str]:
        """The names of the containers."""
        return [name for name in list(self.records) if not is_links(name)]

    def give_number(self, container: str, number: int) -> None:
        """Number a container that is made, for the keys of its rows."""
        self.numbers[container] = number
        self.names[number] = container

    def row(self, key: Key) -> Row | None:
        """The row with that key."""
        name = self.names.get(key & MOST_CONTAINERS)
        found = None if name is None else self.records.get(name)
        return None if found is None else found.at(key >> NUMBER_BITS)

    def rows(self, keys: Sequence[Key]) -> list[Row | None]:
        """The row of each key, in their order."""
        numbers = {key & MOST_CONTAINERS for key in keys}
        name = self.names.get(numbers.pop()) if len(numbers) == 1 else None
        if name is None:
            return list(map(self.row, keys))
        return self.of(name).at_each([key >> NUMBER_BITS for key in keys])

    def text_of(self, key: Key) -> str:
        """A key as people read it: ``users/17``."""
        return f"{self.names[key & MOST_CONTAINERS]}/{key >> NUMBER_BITS}"

    def snapshot(self) -> Snapshot:
        """What there is now."""
        self._own = set()
        return Snapshot(
            self.records.copy(), self.numbers.copy(), self.reach.copy(), self.named.fork()
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot, positions and numbers included."""
        self._own = set()
        self._number(snapshot.numbers)
        self.records = dict(snapshot.records)
        self.reach, self.named = snapshot.reach.copy(), snapshot.named.fork()
