"""``Loaded``: a tenant's tables while they are read: from data file, template and log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Generic

from fakegraph.store.datafile import DataFile
from fakegraph.store.documents import Documents
from fakegraph.store.errors import DataFileError
from fakegraph.store.layouts import LINKS, Layout, layout_in
from fakegraph.store.names import check_container_name, is_links
from fakegraph.store.records import Change, Records
from fakegraph.store.rows import NUMBER_BITS, E, Key, Row
from fakegraph.store.tables import Tables

MAX_PROBLEMS = 100  # what one error lists


class Problems:
    """What is wrong with a data file, each with its place."""

    def __init__(self, path: Path | str) -> None:
        self._path = path
        self._found: list[str] = []

    def add(self, table: str, position: int | None, problem: object) -> None:
        """Say what is wrong with a document, or (None) with a table."""
        place = f"table {table!r}" if position is None else f"table {table!r}, document {position}"
        self._found.append(f"{self._path}: {place}: {problem}")

    def refuse(self) -> None:
        """Raise DataFileError where anything is wrong: with all of it, or the first faults."""
        if self._found:
            more = len(self._found) - MAX_PROBLEMS
            rest = [f"and {more} more"] if more > 0 else []
            raise DataFileError(*self._found[:MAX_PROBLEMS], *rest)


class LoadedTable(Generic[E]):
    """A table as read: all of it, or what is other than in the template's."""

    def __init__(self, base: Records[E] | None = None) -> None:
        self.base = base
        self.own: dict[int, E] = {}
        self._gone: set[int] = set()
        self.next_position = 1 if base is None else base.next_position

    def get(self, position: int) -> E | None:
        """What is at that position, hidden or not."""
        found = self.own.get(position)
        if found is not None or self.base is None or position in self._gone:
            return found
        return self.base.any_at(position)

    def put(self, entry: E) -> E | None:
        """Put an entry at its position; gives what was there."""
        old = self.get(entry.position)
        self.own[entry.position] = entry
        self.next_position = max(self.next_position, entry.position + 1)
        return old

    def drop(self, position: int) -> E:
        """Take away what is at a position. Raises KeyError where nothing is."""
        old = self.get(position)
        if old is None:
            raise KeyError(position)
        self.own.pop(position, None)
        self._gone.add(position)
        return old

    def in_order(self) -> list[E]:
        """What is not the template's, in order."""
        return [self.own[position] for position in sorted(self.own)]

    def records(self, layout: Layout) -> Records[E]:
        """The finished table."""
        if self.base is None:
            found: Records[E] = Records(layout)
            found.fill(self.in_order())
        else:
            found = self.base.fork()
            found.apply(self.changes(self.base))
        found.next_position = self.next_position
        return found

    def changes(self, before: Records[E]) -> list[Change[E]]:
        """How it differs from a table of the template: from all of it, if nothing is shared."""
        if self.base is None:
            return [(old, None) for old in before.every()] + [
                (None, new) for new in self.in_order()
            ]
        places = sorted(self.own.keys() | self._gone)
        found = [(before.any_at(place), self.own.get(place)) for place in places]
        return [change for change in found if change != (None, None)]


class Loaded:
    """A tenant's tables by name: its own ones, and where it has none the template's (``base``)."""

    def __init__(self, data: DataFile, base: Tables | None) -> None:
        self._base: Tables | None = base
        self.numbers = {**(base.numbers if base else {}), **data.numbers}
        self.documents = Documents(self.numbers)
        self.tables: dict[str, LoadedTable[Any]] = {}

    def take(self, data: DataFile, problems: Problems) -> None:
        """Take the tables of a data file."""
        for name in {**data.next, **data.tables}:
            if self._is_begun_by_hand(name, data):
                problems.add(name, None, _BEGUN_BY_HAND)
            elif not self._number(name):
                problems.add(name, None, "no container can be called so")
        for name in {**data.next, **data.tables}:
            if is_links(name) or name in self.numbers:
                self._take(name, data, problems)

    def _is_begun_by_hand(self, name: str, data: DataFile) -> bool:
        base = self._base.records.get(name) if self._base else None
        return name not in data.next and base is not None and base.next_position > 1

    def _number(self, table: str) -> bool:
        """Give a container a number that has none: the former format had none, and people may add
        tables. False where it is no container.
        """
        if is_links(table):
            return True
        try:
            check_container_name(table)
        except ValueError:
            return False
        if table not in self.numbers:
            self.numbers[table] = 1 + max([0, *self.numbers.values()])
        return True

    def _take(self, name: str, data: DataFile, problems: Problems) -> None:
        table = self.tables[name] = LoadedTable()
        entry_of, own = self.documents.entry, table.own
        for position, document in data.tables.get(name, {}).items():
            try:
                own[position] = entry_of(name, position, document)
            except ValueError as error:
                problems.add(name, position, error)
        table.next_position = max(data.next.get(name, 1), max(own, default=0) + 1)

    def _own(self, name: str) -> LoadedTable[Any]:
        """A table, to be changed; from now it is the tenant's own."""
        found = self.tables.get(name)
        if found is None:
            base = self._base.records.get(name) if self._base else None
            found = self.tables[name] = LoadedTable(base)
        return found

    def redo(self, write: Mapping[str, Any]) -> dict[str, list[Change[Any]]]:
        """Make a write of the log; gives what goes and what comes, by table.

        Raises KeyError, TypeError, ValueError, AttributeError where it does not fit.
        """
        if write.get("anew"):
            self.tables, self._base = {}, None
        self._renumber(write)
        changes: dict[str, list[Change[Any]]] = {}
        for name, positions in write.get("del", {}).items():
            table = self._own(name)
            changes[name] = [(table.drop(position), None) for position in positions]
        for name, documents in (write.get("set") or write.get("put") or {}).items():
            self._number(name)
            table = self._own(name)
            found = changes.setdefault(name, [])
            for position, document in documents.items():
                new = self.documents.entry(name, int(position), document)
                found.append((table.put(new), new))
        for name, position in write.get("next", {}).items():
            self._own(name).next_position = position
        return changes

    def _renumber(self, write: Mapping[str, Any]) -> None:
        numbers = {name: int(number) for name, number in write.get("numbers", {}).items()}
        if numbers and "generation" in write:  # it goes back, also behind containers that are made
            self.numbers.clear()
            self.documents = Documents(self.numbers)
        self.numbers.update(numbers)

    def find(self, key: Key) -> Row | None:
        """The row with that key, hidden or not."""
        name = self.documents.container(key)
        if name is None:
            return None
        table = self.tables.get(name)
        if table is not None:
            return table.get(key >> NUMBER_BITS)
        return self._base.of(name).any_at(key >> NUMBER_BITS) if self._base else None

    def inherited(self) -> Iterator[tuple[str, Records[Any]]]:
        """The tables that are the template's still, by their names."""
        records = self._base.records if self._base else {}
        return ((name, found) for name, found in records.items() if name not in self.tables)

    def finish(self, layouts: Mapping[str, Layout]) -> Tables:
        """All of it, as a store has it."""
        tables = Tables({}) if self._base is None else self._base.fork()
        for name, table in self.tables.items():
            changes = table.changes(tables.of(name))
            layout = LINKS if is_links(name) else layout_in(layouts, name)
            tables.take(name, table.records(layout), changes)
        tables.declare(layouts, self.numbers)
        return tables


_BEGUN_BY_HAND = (
    "this tenant's is the template's still, and the file has no such table; one with only these "
    "documents would take its place: write to it through the server first, or begin another one"
)
