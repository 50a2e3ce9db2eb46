"""``Others``: what else is there in a write, as checks of workloads ask for it."""

from __future__ import annotations

from collections.abc import Iterable

from fakegraph.graph.whole.lookup import InTransaction
from fakegraph.store import Record, Transaction


class Others:
    """The things of one tenant, as they are in the midst of a write."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._lookup = InTransaction(transaction)

    def __call__(self, container: str) -> Iterable[Record]:
        return (row.record for row in self._transaction.all_of(container))

    def find(self, container: str, name: str, value: object) -> Record | None:
        row = self._lookup.find(container, name, value, None)
        return None if row is None else row.record

    def equal(self, container: str, index: str, value: object) -> Iterable[Record]:
        return (row.record for row in self._transaction.equal(container, index, value))
