"""``Links``: the links of one relation, from either end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter

from fakegraph.store.container import Listed
from fakegraph.store.layouts import FROM, TO
from fakegraph.store.names import links_table
from fakegraph.store.records import Records
from fakegraph.store.rows import Key, Link, LinkedRow, Row
from fakegraph.store.tables import Tables

_BATCH = 128


class Links:
    """The links of one relation, each pair of rows once, in the order in which they came.

    ``targets`` and ``sources`` are collections of the rows at the other end, whose positions are
    those of the links.
    """

    __slots__ = ("_table", "_tables")

    def __init__(self, tables: Tables, relation: str) -> None:
        self._tables = tables
        self._table = links_table(relation)

    def targets(self, source: Key) -> Targets:
        """The rows that a row is linked to."""
        return Targets(self._tables, self._table, source)

    def sources(self, target: Key) -> Sources:
        """The rows that are linked to a row."""
        return Sources(self._tables, self._table, target)

    def hidden_targets(self, source: Key) -> HiddenTargets:
        """The rows that a row was linked to when it was hidden, as far as they are there."""
        return HiddenTargets(self._tables, self._table, source)

    def page(self, source: Key, after: int, limit: int) -> list[tuple[int, Row]]:
        """Up to ``limit`` rows that a row is linked to, each with its link's position, from the
        first above ``after``; fewer are the last.
        """
        return self.targets(source).page(after, limit)

    def ends(self, keys: Sequence[Key], limit: int, *, backwards: bool) -> list[list[Key]]:
        """Of each of some rows the keys of the first that it is linked to, or with ``backwards``
        that are linked to it: at most ``limit`` of each.
        """
        kind: type[Ends] = Sources if backwards else Targets
        records: Records[Link] = self._tables.of(self._table)
        if not len(records):
            return [[] for _ in keys]
        return records.listed_each(kind._index.name, keys, limit, kind._other)

    def has(self, source: Key, target: Key) -> bool:
        """Whether one row is linked to the other."""
        return self._tables.of(self._table).get((source, target)) is not None

    def __len__(self) -> int:
        return len(self._tables.of(self._table))


class Ends(Listed):
    """The rows at the other ends of one row's links."""

    __slots__ = ()

    _other: attrgetter[Key]

    def _records(self) -> Records[Link]:  # type: ignore[override]  # of links, not of rows
        return self._tables.of(self._name)

    def scan(self, after: int = -1) -> Iterator[Row]:
        """The rows in the order of the links, from the first whose position is above ``after``."""
        complete = False
        while not complete:
            found, after, complete = self._batch(after, _BATCH)
            for position, row in found:
                yield LinkedRow(position, row)

    def page(self, after: int, limit: int) -> list[tuple[int, Row]]:
        """Up to ``limit`` rows as they are, each with its link's position; fewer are the last."""
        page: list[tuple[int, Row]] = []
        complete = False
        while not complete and len(page) < limit:
            found, after, complete = self._batch(after, limit - len(page))
            page += found
        return page

    def _batch(self, after: int, limit: int) -> tuple[list[tuple[int, Row]], int, bool]:
        """Some rows with the positions of the links, the last position, and whether that is all.

        A row that is being deleted at this moment is left out.
        """
        links, complete = self._records().listed(self._index.name, self._key, after, limit)
        if links:
            after = links[-1].position
        rows = self._tables.rows(list(map(self._other, links)))
        found = zip(links, rows, strict=True)
        return [(link.position, row) for link, row in found if row is not None], after, complete


class Targets(Ends):
    """The rows that one row is linked to."""

    __slots__ = ()
    _index, _other = FROM, attrgetter("target")


class Sources(Ends):
    """The rows that are linked to one row."""

    __slots__ = ()
    _index, _other = TO, attrgetter("source")


class HiddenTargets(Targets):
    """The rows that one row was linked to when it was hidden, or they were."""

    __slots__ = ()

    def _records(self) -> Records[Link] | None:  # type: ignore[override]  # None: none is hidden
        return self._tables.of(self._name).hidden

    def scan(self, after: int = -1) -> Iterator[Row]:
        """The rows that are there, in the order of the links."""
        return iter(()) if self._records() is None else super().scan(after)
