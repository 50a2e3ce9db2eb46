"""``Filler``: gives what tests make what they left out, in the write that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from fakegraph.edm.published import PublishedType
from fakegraph.edm.values import instant
from fakegraph.graph.whole.lookup import InTransaction
from fakegraph.graph.whole.making import type_said
from fakegraph.graph.whole.places import Many, Place
from fakegraph.graph.whole.world import World
from fakegraph.store import Key, Record, Row, Transaction
from fakegraph.workloads.directory.addresses import default_domain


class Planter(Protocol):
    """The write that something is made in."""

    world: World
    transaction: Transaction
    lookup: InTransaction

    @property
    def moment(self) -> str:
        """The tenant's time."""

    def home(self, many: Many, type_: PublishedType) -> str:
        """Of the containers that a collection has the things of, the one for a type."""

    def place_at(self, path: str) -> Place:
        """What a path without version leads to."""

    def put(self, place: Place, record: Record) -> Row:
        """Put a record at a place."""


class Filler:
    """Fills what one write makes."""

    def __init__(self, planter: Planter) -> None:
        self._planter = planter
        self._turns: dict[tuple[str, Key], int] = {}

    def filled(self, many: Many, record: Record) -> Record:
        """A record for a collection with values for what is missing. Raises GraphError."""
        from fakegraph.generate.things import Filling

        world = self._planter.world
        type_ = type_said(world, record, many.type)
        around = _Around(self._planter, many, type_)
        turn = self._turn(around.container, around.owner)
        now = instant(self._planter.moment)
        return Filling(type_, turn, now, around).filled(record, world.rules(type_).required)

    def _turn(self, container: str, owner: Key) -> int:
        """How many things are in a container, of one owner."""
        at = container, owner
        if at not in self._turns:
            self._turns[at] = sum(1 for _ in self._planter.lookup.owned(container, owner))
        else:
            self._turns[at] += 1
        return self._turns[at]


class _Around:
    """What there is besides a thing that is filled."""

    def __init__(self, planter: Planter, many: Many, type_: PublishedType) -> None:
        self._planter = planter
        self._many = many
        self._type = type_
        self.container = planter.home(many, type_)
        self.owner = 0 if many.owner is None else many.owner.stored

    @property
    def domain(self) -> str:
        rows = self._planter.transaction.all_of
        return default_domain(lambda container: [row.record for row in rows(container)])

    def is_taken(self, name: str, value: Any) -> bool:
        planter = self._planter
        layout = planter.world.layout(self.container)
        unique = next((key for key in layout.keys if key.name == name), None)
        if unique is not None:
            owner = self.owner if unique.within_owner else None
            return planter.lookup.find(self.container, name, value, owner) is not None
        if not any(name in each for each in planter.world.rules(self._type).together):
            return False
        rows = planter.lookup.owned(self.container, self.owner)
        return any(str(row.record.get(name)).casefold() == value.casefold() for row in rows)

    def one(self, path: str, number: int) -> Mapping[str, Any]:
        """What is in a container at the top, by its place in the order; made where it is not."""
        place = self._planter.place_at(path)
        rows = self._planter.transaction.all_of(path)
        while len(rows) <= number:
            rows.append(self._planter.put(place, {}))
        return rows[number].record
