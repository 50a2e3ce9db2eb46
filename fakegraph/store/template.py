"""``Template``: what every new tenant starts as, and goes back to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from fakegraph.store.bytes import Bytes
from fakegraph.store.checking import Check
from fakegraph.store.errors import KeyTaken
from fakegraph.store.layouts import Index, Layout, Layouts, layout_of
from fakegraph.store.records import without_gc
from fakegraph.store.rows import Record, Row
from fakegraph.store.storage import RecordStorage
from fakegraph.store.tables import Tables
from fakegraph.store.transaction import Transaction


class Template:
    """Records by container, with the containers' layouts; made once and never changed.

    A new tenant shares all of it, and copies a container when it first writes to it.
    """

    def __init__(
        self,
        records: Mapping[str, Sequence[Record]],
        layouts: Mapping[str, Layout | Iterable[Index]] | None = None,
        checks: Mapping[str, Check] | None = None,
        seed: Callable[[Transaction], object] | None = None,
        others: Callable[[str], Layout] | None = None,
        later: Callable[[Transaction], object] | None = None,
    ) -> None:
        """Take the records over; they must not be changed from now. Raises KeyTaken.

        ``layouts``: what is declared of containers; of some, the indexes alone. ``checks``: what
        looks over the records that a data file has, by container. ``seed`` makes what else there is
        at the start: rows that others contain, links, bytes. ``others`` gives the layouts of
        containers that are made later. ``later`` makes more of what is there at the start, when
        somebody first asks for a container that is not declared; so it may write to others alone.
        """
        self.checks = {} if checks is None else checks
        declared: dict[str, Layout | Iterable[Index]] = dict(layouts or {})
        for name in records:
            if name not in declared:
                declared[name] = others(name) if others else ()
        laid_out = {name: layout_of(each) for name, each in declared.items()}
        storage = RecordStorage(Tables(Layouts(laid_out, others)))
        tables = storage.tables
        with without_gc():
            for name, items in records.items():
                number = tables.numbers[name]
                rows = [Row(place, record, number) for place, record in enumerate(items, start=1)]
                _check_keys(tables.layout(name), rows)
                tables.own(name).fill(rows)
            if seed is not None:
                storage.transact(seed)
        self._take(tables, storage.bytes, later)

    @classmethod
    def of(cls, tables: Tables, bytes_: Bytes) -> Template:
        """A template of tables that nobody else writes to."""
        template = cls.__new__(cls)
        template.checks = {}
        template._take(tables, bytes_)
        return template

    def _take(
        self,
        tables: Tables,
        bytes_: Bytes,
        later: Callable[[Transaction], object] | None = None,
    ) -> None:
        self._later = later
        self.snapshot = tables.snapshot()
        self.layouts = tables.layouts
        self.bytes = bytes_
        self.tables = tables
        """What it has; never written to, but forked."""
        self._mark: str | None = None  # a table that only those have which have all
        self._completing = threading.Lock()

    def complete(self, tables: Tables | None = None) -> None:
        """See to it that what is made later is in the tables of a fork, or else in all forks that
        are made from now on.
        """
        if self._later is None and self._mark is None:
            return
        if tables is not None and self._mark is not None and self._mark in tables.records:
            return
        with self._completing:
            if self._later is not None:
                self._make_later(self._later)
            if tables is not None:
                tables.adopt(self.tables)

    def is_complete(self, tables: Tables) -> bool:
        """Whether a fork has what is made later."""
        return self._later is None and (self._mark is None or self._mark in tables.records)

    def _make_later(self, later: Callable[[Transaction], object]) -> None:
        storage = RecordStorage(self.tables.fork(), self.bytes)
        with without_gc():
            storage.transact(later)
        made = [name for name in storage.tables.records if name not in self.tables.records]
        self.tables, self.snapshot = storage.tables, storage.tables.snapshot()
        self._mark = made[-1] if made else None
        self._later = None  # the last of these: who sees it asks no more

    def fork(self) -> Tables:
        """The same for a tenant, to be changed."""
        return self.tables.fork()


def _check_keys(layout: Layout, rows: Iterable[Row]) -> None:
    for unique in layout.keys:
        seen, key_of = set(), unique.finding()
        for row in rows:
            key = key_of(row)
            if key is not None and key in seen:
                raise KeyTaken(unique.name, row.record[unique.name])
            seen.add(key)
