"""What lines of a log say of writes, and what a data file has of a store: for each log alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from fakegraph.store.documents import Documents, document_of
from fakegraph.store.log import TableChange, write_line
from fakegraph.store.names import is_links
from fakegraph.store.records import Change, Records
from fakegraph.store.rows import Key, Row
from fakegraph.store.tables import Snapshot, Tables
from fakegraph.store.template import Template
from fakegraph.store.templates import is_begun

EMPTY: Records[Any] = Records()


def as_documents(
    table: str, changes: Iterable[Change[Any]], text_of: Callable[[Key], str]
) -> TableChange:
    """What of a write a line of the log says of one table."""
    puts, gone = [], []
    for old, new in changes:
        if new is not None:
            puts.append((new.position, document_of(new, text_of)))
        elif old is not None:
            gone.append(old.position)
    return table, puts, gone


class WayBack(NamedTuple):
    """What it takes to go back to a snapshot: from nothing where it is ``anew``."""

    changes: list[tuple[str, list[Change[Any]]]]
    beside: dict[str, Any]
    numbers: Mapping[str, int]

    def rows(self) -> Iterable[Row | None]:
        """The rows that come."""
        return (new for table, found in self.changes if not is_links(table) for _, new in found)

    def line(self, number: int, generation: str) -> bytes:
        """The line of the log."""
        text_of = Documents(self.numbers).text_of
        told = (as_documents(table, found, text_of) for table, found in self.changes)
        return write_line(number, told, {"generation": generation, **self.beside})


def way_back(tables: Tables, snapshot: Snapshot) -> WayBack:
    """From what there is to a snapshot. Where the numbers of containers are others, no row of now
    is one of then, and the line has all of them.
    """
    here, there = tables.numbers, snapshot.numbers
    anew = not agree(here, there)
    changes: list[tuple[str, list[Change[Any]]]] = []
    following = {}
    for table in {**tables.records, **snapshot.records}:
        now, then = tables.of(table), snapshot.records.get(table, EMPTY)
        if anew:
            changes.append((table, [(None, entry) for entry in then.every()]))
        elif now is not then:
            changes.append((table, now.differences(then)))
        if anew or now.next_position != then.next_position:
            following[table] = then.next_position
    beside: dict[str, Any] = {}
    if anew:
        beside["anew"] = True
    if here != there:
        beside["numbers"] = dict(there)
    if following:
        beside["next"] = following
    return WayBack(changes, beside, there)


def agree(here: Mapping[str, int], there: Mapping[str, int]) -> bool:
    """Whether the same keys mean the same containers."""
    if any(here.get(name, number) != number for name, number in there.items()):
        return False
    names = {number: name for name, number in here.items()}
    return all(names.get(number, name) == name for name, number in there.items())


def shared_with(snapshot: Snapshot, template: Template | None) -> int:
    """How many of a template's tables a store has as they are there."""
    if template is None or not agree(snapshot.numbers, template.tables.numbers):
        return 0
    return sum(snapshot.records.get(n) is each for n, each in template.tables.records.items())


def own_tables(snapshot: Snapshot, base: Template | None) -> dict[str, Records[Any]]:
    """The tables that are not the template's, and are not as empty as there."""
    there = {} if base is None else base.tables.records
    found = {}
    for name in {**there, **snapshot.records}:
        records = snapshot.records.get(name, EMPTY)
        begun = is_begun(records) or is_begun(there.get(name))
        if begun and records is not there.get(name):
            found[name] = records
    return found
