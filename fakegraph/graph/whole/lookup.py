"""Looking things up in a store, or in a write to one that is under way: both in one way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from fakegraph.store import Key, Row, Store, Transaction
from fakegraph.tenants.lag import Lag, Sight
from fakegraph.workloads.handed import Veil


class Lookup(Protocol):
    """What of the store ``locate`` asks for."""

    def find(self, container: str, name: str, value: object, owner: Key | None) -> Row | None:
        """The row whose unique property of that name has this value."""

    def row(self, key: Key) -> Row | None:
        """The row with that key."""

    def equal(self, container: str, index: str, key: object, owner: Key = 0) -> Iterable[Row]:
        """The rows that have that key of an index, of one owner where it goes by owner."""

    def owned(self, container: str, owner: Key) -> Iterable[Row]:
        """The rows of a container that a row contains."""

    def first(self, container: str, owner: Key, test: Callable[[Row], bool]) -> Row | None:
        """The first of these rows that passes a test: none behind it is looked at."""

    def ends(self, relation: str, key: Key, *, backwards: bool) -> Iterable[Row]:
        """The rows that a row is linked to, or those that are linked to it."""

    def is_linked(self, relation: str, source: Key, target: Key) -> bool:
        """Whether one row is linked to the other."""

    def hidden(self, container: str) -> Iterable[Row]:
        """The rows of a container that were deleted softly."""

    def unseen(self, container: str) -> Iterable[Row]:
        """Those, and the rows that nobody sees yet."""

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

    def equal(self, container: str, index: str, key: object, owner: Key = 0) -> Iterable[Row]:
        whole = self.store.container(container)
        return (whole.of(owner) if owner else whole).equal(index, [key])

    def owned(self, container: str, owner: Key) -> Iterable[Row]:
        return self.store.container(container).of(owner).scan()

    def first(self, container: str, owner: Key, test: Callable[[Row], bool]) -> Row | None:
        return next(filter(test, self.owned(container, owner)), None)

    def ends(self, relation: str, key: Key, *, backwards: bool) -> Iterable[Row]:
        links = self.store.links(relation)
        return (links.sources(key) if backwards else links.targets(key)).scan()

    def is_linked(self, relation: str, source: Key, target: Key) -> bool:
        return self.store.links(relation).has(source, target)

    def hidden(self, container: str) -> Iterable[Row]:
        return self.store.hidden(container).scan()

    unseen = hidden

    def rows(self, container: str) -> Iterable[Row]:
        """All that is in a container, whoever has it."""
        return self.store.container(container).scan()

    def linked(self, relation: str, key: Key) -> Iterable[Row]:
        """What links of a relation lead to."""
        return self.store.links(relation).targets(key).scan()

    def were_linked(self, relation: str, key: Key) -> Iterable[Row]:
        """What links of a relation led to, of what was deleted softly."""
        return self.store.links(relation).hidden_targets(key).scan()


class Veiled(Sight):
    """What one request sees who is shown some things in part: none of them is late then."""

    def __init__(self, lag: Lag, store: Store, veil: Veil) -> None:
        super().__init__(lag, reading=False)
        self._store, self._veil = store, veil

    def hides(self, row: Row) -> bool:
        """Whether it is what something has that is shown in part."""
        above = self._store.row(row.owner) if row.owner else None
        return super().hides(row) or (above is not None and self.shown(above) is not above)

    def shown(self, row: Row) -> Row:
        seen = super().shown(row)
        if not row.key:
            return seen
        record = self._veil(self._store.container_of(row.key), seen.record)
        return seen if record is seen.record else Row.of(row.key, record, row.owner)


class Lagging(InStore):
    """A store as one request sees it, to which not all that was done has got yet."""

    def __init__(self, store: Store, sight: Sight) -> None:
        super().__init__(store)
        self._sight = sight
        self.row = self._row

    def _row(self, key: Key) -> Row | None:
        return self._seen(self.store.row(key))

    def _seen(self, row: Row | None) -> Row | None:
        return None if row is None or self._sight.hides(row) else self._sight.shown(row)

    def _all(self, rows: Iterable[Row]) -> Iterator[Row]:
        return filter(None, map(self._seen, rows))

    def find(self, container: str, name: str, value: object, owner: Key | None) -> Row | None:
        row = super().find(container, name, value, owner)
        seen = self._seen(row)
        if row is None or seen is None or seen.record.get(name) != row.record.get(name):
            return None
        return seen

    def equal(self, container: str, index: str, key: object, owner: Key = 0) -> Iterable[Row]:
        return self._all(super().equal(container, index, key, owner))

    def owned(self, container: str, owner: Key) -> Iterable[Row]:
        return self._all(super().owned(container, owner))

    def ends(self, relation: str, key: Key, *, backwards: bool) -> Iterable[Row]:
        return self._all(super().ends(relation, key, backwards=backwards))

    def unseen(self, container: str) -> Iterable[Row]:
        yield from self.hidden(container)
        for key in filter(self._sight.lag.is_late, self._sight.lag.keys()):
            row = self.store.row(key)
            if row is not None and self.store.container_of(key) == container:
                yield row


class Monitoring(InStore):
    """A store as those see it who follow an operation: with what it made and what came of it."""

    def find(self, container: str, name: str, value: object, owner: Key | None) -> Row | None:
        found = super().find(container, name, value, owner)
        if found is not None:
            return found
        return next(
            (
                row
                for row in self.hidden(container)
                if row.record.get(name) == value and owner in (None, row.owner)
            ),
            None,
        )


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

    def equal(self, container: str, index: str, key: object, owner: Key = 0) -> Iterable[Row]:
        return self.transaction.equal(container, index, key, owner or None)

    def owned(self, container: str, owner: Key) -> Iterable[Row]:
        return self.transaction.rows_of(container, [owner])

    def first(self, container: str, owner: Key, test: Callable[[Row], bool]) -> Row | None:
        return self.transaction.first_of(container, owner, test)

    def ends(self, relation: str, key: Key, *, backwards: bool) -> Iterable[Row]:
        transaction = self.transaction
        return (
            transaction.sources(relation, key) if backwards else transaction.targets(relation, key)
        )

    def is_linked(self, relation: str, source: Key, target: Key) -> bool:
        return self.transaction.has(relation, source, target)

    def hidden(self, container: str) -> Iterable[Row]:
        return self.transaction.hidden(container)

    unseen = hidden
