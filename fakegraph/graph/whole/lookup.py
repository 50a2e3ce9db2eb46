"""Looking things up in a store, or in a write to one that is under way: both in one way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from fakegraph.store import Key, Row, Store, Transaction


class Lookup(Protocol):
    """What of the store ``locate`` asks for."""

    def find(self, container: str, name: str, value: object, owner: Key | None) -> Row | None:
        """The row whose unique property of that name has this value."""

    def row(self, key: Key) -> Row | None:
        """The row with that key."""

    def owned(self, container: str, owner: Key) -> Iterable[Row]:
        """The rows of a container that a row contains."""

    def ends(self, relation: str, key: Key, *, backwards: bool) -> Iterable[Row]:
        """The rows that a row is linked to, or those that are linked to it."""

    def is_linked(self, relation: str, source: Key, target: Key) -> bool:
        """Whether one row is linked to the other."""

    def hidden(self, container: str) -> Iterable[Row]:
        """The rows of a container that were deleted softly."""

    def container_of(self, key: Key) -> str:
        """The container that a row is in."""


class InStore:
    """A store, as it is."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.row = store.row
        self.container_of = store.container_of

    def find(self, container: str, name: str, value: object, owner: Key | None) -> Row | None:
        try:
            return self.store.container(container).find(name, value, owner)
        except ValueError:  # it is unique among the things of one owner, and none is told
            return None

    def owned(self, container: str, owner: Key) -> Iterable[Row]:
        return self.store.container(container).of(owner).scan()

    def ends(self, relation: str, key: Key, *, backwards: bool) -> Iterable[Row]:
        links = self.store.links(relation)
        return (links.sources(key) if backwards else links.targets(key)).scan()

    def is_linked(self, relation: str, source: Key, target: Key) -> bool:
        return self.store.links(relation).has(source, target)

    def hidden(self, container: str) -> Iterable[Row]:
        return self.store.hidden(container).scan()


class InTransaction:
    """A write under way, with what it has changed so far."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.row = transaction.row
        self.container_of = transaction.container_of

    def find(self, container: str, name: str, value: object, owner: Key | None) -> Row | None:
        try:
            return self.transaction.find(container, name, value, owner)
        except ValueError:  # as above
            return None

    def owned(self, container: str, owner: Key) -> Iterable[Row]:
        return self.transaction.rows_of(container, [owner])

    def ends(self, relation: str, key: Key, *, backwards: bool) -> Iterable[Row]:
        transaction = self.transaction
        return (
            transaction.sources(relation, key) if backwards else transaction.targets(relation, key)
        )

    def is_linked(self, relation: str, source: Key, target: Key) -> bool:
        return self.transaction.has(relation, source, target)

    def hidden(self, container: str) -> Iterable[Row]:
        return self.transaction.hidden(container)
