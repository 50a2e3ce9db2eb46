"""Records that exchanges say, as a tenant of their own: to be written out as any tenant is."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.app import template
from fakegraph.edm.model import all_entity_sets
from fakegraph.edm.values import Instant
from fakegraph.fixtures import check_records, declared_set
from fakegraph.generate.people import guid
from fakegraph.graph.versions import Versions
from fakegraph.graph.whole.exported import Exporter
from fakegraph.graph.whole.stored import Things
from fakegraph.store import Stores, Transaction
from fakegraph.workloads.reports import build_models


class Workshop:
    """Makes a tenant of records. What is made up is the same each time."""

    def __init__(self, now: Instant) -> None:
        models = build_models()
        self._sets = all_entity_sets(models)
        self._published = Versions(models)
        self._chance = random.Random("recorded")
        self._now = now
        self.things = Things(self._published)

    # What a write asks of a tenant

    id = guid = me = ""

    @property
    def new_id(self) -> Callable[[], str]:
        return lambda: guid(self._chance)

    @property
    def instant(self) -> Callable[[], Instant]:
        return lambda: self._now

    def exporter(self, seeds: Mapping[str, Any]) -> Exporter:
        """Writes out what a tenant has of these records. Raises GraphError."""
        start = template((), self._sets, self.new_id, self._now, published=self._published)
        store = Stores(start).open("recorded")
        read = []
        for path, records in seeds.items():
            entity_set = declared_set(path, self._sets)
            if entity_set is not None:
                store.container(entity_set.collection).insert(
                    check_records(entity_set, records, self.new_id)
                )
                continue
            many = isinstance(records, list)
            numbered = [*enumerate(records, 1)] if many else [(None, records)]
            seed = self.things.read(path, numbered, lambda _, __: None, many=many)
            read += [] if seed is None else [seed]

        def work(transaction: Transaction) -> None:
            self.things.planter(self, transaction).plant(read)

        store.transact(work)
        return self.things.exporter(self, store, self._sets)
