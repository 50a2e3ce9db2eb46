"""``Others``: what else is there in a write, as checks of workloads ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from fakegraph.graph.whole.lookup import InTransaction
from fakegraph.store import Record, Transaction

T = TypeVar("T")


class Others:
    """The things of one tenant, as they are in the midst of a write."""

    def __init__(self, transaction: Transaction, lookup: InTransaction) -> None:
        self._transaction = transaction
        self._lookup = lookup

    def __call__(self, container: str) -> Iterable[Record]:
        return (row.record for row in self._transaction.all_of(container))

    def made_of(self, container: str, work: Callable[[Iterable[Record]], T]) -> T:
        return self._transaction.remembered(container, work, lambda: work(self(container)))

    def find(self, container: str, name: str, value: object) -> Record | None:
        row = self._lookup.find(container, name, value, None)
        return None if row is None else row.record

    def equal(self, container: str, index: str, value: object) -> Iterable[Record]:
        return (row.record for row in self._transaction.equal(container, index, value))
