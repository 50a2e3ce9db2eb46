"""``Tables``: all that one tenant stores, shared with its template until it writes to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fakegraph.store.layouts import LINKS, Layout, Layouts
from fakegraph.store.names import is_links
from fakegraph.store.reach import Reach
from fakegraph.store.records import Records
from fakegraph.store.rows import MOST_CONTAINERS, NUMBER_BITS, Key, Row

_NO_ROWS: Records[Any] = Records()
_NO_LINKS: Records[Any] = Records(LINKS)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a store held at one moment. It costs next to nothing until either side changes."""

    records: Mapping[str, Records[Any]]
    numbers: Mapping[str, int]


class Tables:
    """Tables by name: containers, and links as ``names.links_table`` calls them.

    Forks and snapshots share tables. Who writes to one asks for its ``own``, which is then a copy
    unless nobody else can have it. A read keeps to the table that it began with.
    """

    def __init__(self, layouts: Layouts) -> None:
        self.layouts = layouts
        self.records: dict[str, Records[Any]] = {}
        self.reach = Reach()
        self._own: set[str] = set()
        self._number({})
        for number, name in enumerate(layouts, start=1):
            self.give_number(name, number)
            self.records[name] = Records(layouts[name])

    def _number(self, numbers: Mapping[str, int]) -> None:
        self.numbers = dict(numbers)
        self._names = {number: name for name, number in numbers.items()}

    def fork(self) -> Tables:
        """The same, changing on its own from now; nobody writes to this one any more."""
        copy = Tables.__new__(Tables)
        copy.layouts, copy.reach = self.layouts, self.reach.copy()
        copy.records, copy.numbers, copy._names = (
            self.records.copy(),
            self.numbers.copy(),
            self._names.copy(),
        )
        copy._own = set()
        return copy

    def adopt(self, other: Tables) -> None:
        """Share the tables of another fork of the same that these have not, for readers to see."""
        for name, number in other.numbers.items():
            if name not in self.numbers:
                self.give_number(name, number)
        self.reach.add(other.reach)
        for name, records in list(other.records.items()):  # what is last, is there last
            self.records.setdefault(name, records)

    def layout(self, container: str) -> Layout:
        """What is declared of a container."""
        return self.layouts[container]

    def of(self, table: str) -> Records[Any]:
        """A table, to be read. One that was never written to is empty."""
        found = self.records.get(table)
        if found is not None:
            return found
        return _NO_LINKS if is_links(table) else Records(self.layouts[table])

    def own(self, table: str) -> Records[Any]:
        """A table, to be written to."""
        if table not in self._own:
            self.records[table] = self.of(table).fork()
            self._own.add(table)
        return self.records[table]

    def containers(self) -> Iterable[str]:
        """The names of the containers."""
        return [name for name in list(self.records) if not is_links(name)]

    def name_of(self, number: int) -> str | None:
        """The container with that number."""
        return self._names.get(number)

    def give_number(self, container: str, number: int) -> None:
        """Number a container that is made, for the keys of its rows."""
        self.numbers[container] = number
        self._names[number] = container

    def row(self, key: Key) -> Row | None:
        """The row with that key."""
        name = self._names.get(key & MOST_CONTAINERS)
        found = None if name is None else self.records.get(name)
        return None if found is None else found.at(key >> NUMBER_BITS)

    def rows(self, keys: Iterable[Key]) -> list[Row | None]:
        """The row of each key, in their order."""
        names, records = self._names, self.records
        tables = {
            number: records.get(names.get(number, ""), _NO_ROWS)
            for number in {key & MOST_CONTAINERS for key in keys}
        }
        return [tables[key & MOST_CONTAINERS].at(key >> NUMBER_BITS) for key in keys]

    def text_of(self, key: Key) -> str:
        """A key as people read it: ``users/17``."""
        return f"{self._names[key & MOST_CONTAINERS]}/{key >> NUMBER_BITS}"

    def key_of(self, text: str) -> Key:
        """The key that a text stands for. Raises KeyError for no such container, ValueError."""
        name, _, position = text.rpartition("/")
        return int(position) << NUMBER_BITS | self.numbers[name]

    def snapshot(self) -> Snapshot:
        """What there is now."""
        self._own = set()
        return Snapshot(self.records.copy(), self.numbers.copy())

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot, positions and numbers included."""
        self._own = set()
        self._number(snapshot.numbers)
        self.records = dict(snapshot.records)
