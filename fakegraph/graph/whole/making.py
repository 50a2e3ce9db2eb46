"""``Maker``: makes, changes and links things in one write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.edm import types
from fakegraph.edm.published import PublishedType
from fakegraph.edm.typed import BIND
from fakegraph.edm.types import NavigationProperty
from fakegraph.edm.values import format_instant
from fakegraph.errors import bad_request
from fakegraph.graph.whole.locate import Me, Way
from fakegraph.graph.whole.lookup import InTransaction
from fakegraph.graph.whole.places import Many, One, Place
from fakegraph.graph.whole.references import References
from fakegraph.graph.whole.tenancy import Tenancy
from fakegraph.graph.whole.world import TYPE, World
from fakegraph.store import Key, KeyTaken, Record, Row, Transaction
from fakegraph.workloads.declarations import Making, short

CREATED, MODIFIED = "createdDateTime", "lastModifiedDateTime"


def type_said(world: World, record: Record, type_: PublishedType) -> PublishedType:
    """The type that a record says it has, or else the one that its place is declared to have."""
    said = record.get(TYPE)
    return type_ if said is None else world.model.structured(said.removeprefix("#"))


class Maker:
    """Makes and changes things in one write of one tenant."""

    def __init__(
        self,
        world: World,
        tenant: Tenancy,
        transaction: Transaction,
        references: References,
        me: Me,
    ) -> None:
        self.world = world
        self.transaction = transaction
        self.lookup = InTransaction(transaction)
        self._references = references
        self._me = me
        self._new_id = tenant.new_id
        self._now = format_instant(tenant.instant())

    def add(self, many: Many, record: Record) -> Row:
        """Make a thing in a collection, with what its record has of other things.

        Raises GraphError for a unique value that is taken, and for what is not there to be linked.
        """
        plain, related = parted(type_said(self.world, record, many.type), record)
        row = self._add(many, plain)
        self.relate(row, related)
        return row

    def relate(self, row: Row, related: Mapping[str, Any]) -> None:
        """Give a thing what a body has of other things: the things themselves, or their URLs."""
        for name, value in related.items():
            navigation = name.partition(BIND)[0]
            place = Way(self.world, self.lookup, self._me, ()).member_of(row, navigation)
            for item in value if isinstance(value, list) else [value]:
                if name != navigation:
                    self.put_link(place, self._references.find(self.lookup, item, name))
                elif item is not None:
                    self.put(place, item)

    def put_link(self, place: Place, one: One) -> None:
        """Link a thing; where a place is for one, in the stead of the other."""
        if isinstance(place, One):
            if place.row is not None and place.row.key != one.stored:
                self.unlink(place.place, place.row.key)
            place = place.place
        if place.relation is None:
            raise bad_request(f"What '{place.said.name}' has is made there, and not linked.")
        self.link(place, self.stored(one))

    def put(self, place: Place, record: Record) -> Row:
        """Put a record at a place that a body leads to."""
        if isinstance(place, Many):
            return self.add(place, record)
        if place.row is None:
            return self.add(place.place, {**(place.start or {}), **record})
        plain, related = parted(place.type, record)
        row = self.change(place, plain)
        self.relate(row, related)
        return row

    def _add(self, many: Many, record: Record) -> Row:
        owner = 0 if many.owner is None else self.stored(many.owner)
        about = many.owner.record if many.owner is not None else None
        type_ = type_said(self.world, record, many.type)
        container = self._container(many, type_)
        whole = self.completed(type_, _with(record, many.fixed), about)
        if self.world.type_in(container) is type_:
            whole.pop(TYPE, None)
        else:
            whole = {TYPE: f"#{type_.name}", **whole}
        row = self._inserted(type_, lambda: self.transaction.insert(container, whole, owner))
        self.link(many, row.key)
        return row

    def link(self, many: Many, key: Key) -> bool:
        """Link a thing to where a collection's links begin; False where it is already."""
        if many.relation is None or many.source is None:
            return True
        source = self.stored(many.source)
        ends = (key, source) if many.backwards else (source, key)
        return self.transaction.link(many.relation, *ends)

    def unlink(self, many: Many, key: Key) -> bool:
        """Take away the link to a thing; False where there is none."""
        if many.relation is None or many.source is None:
            return False
        source = many.source.stored
        ends = (key, source) if many.backwards else (source, key)
        return self.transaction.unlink(many.relation, *ends)

    def stored(self, one: One) -> Key:
        """The key of a thing, which is stored first where it was only there anyway."""
        if one.row is None:
            owner = 0 if one.place.owner is None else self.stored(one.place.owner)
            one.row = self.transaction.insert(one.place.containers[0], one.record, owner)
            self.link(one.place, one.row.key)
        return one.row.key

    def change(self, one: One, changes: Record) -> Row:
        """Change properties of a thing."""
        key, record = self.stored(one), one.record
        rules = self.world.rules(one.type)
        merged = {
            name: {**record[name], **value}
            if name in rules.merged and isinstance(value, dict) and record.get(name)
            else value
            for name, value in changes.items()
            if name != TYPE
        }
        whole = {**record, **merged}
        if _has_time(one.type, MODIFIED) and MODIFIED not in changes:
            whole[MODIFIED] = self._now
        about = Making(one.type, whole, None, self._now, self._new_id)
        whole |= {name: value(about) for name, value in rules.changed.items()}
        return self._inserted(one.type, lambda: self.transaction.replace(key, whole))

    def delete(self, one: One) -> None:
        """Delete a thing, with all that it contains and all links to it; softly where it is so."""
        if one.row is None:
            return
        if self.world.rules(one.type).soft_deleted:
            self.transaction.hide(one.row.key)
        else:
            self.transaction.delete(one.row.key)

    def replace(self, one: One, record: Record) -> Row:
        """Put a record in the place of a thing's, which keeps its key and when it was made."""
        key, old = self.stored(one), one.record
        kept = {name: old[name] for name in (TYPE, one.type.key or "id", CREATED) if name in old}
        whole = self.completed(one.type, {**record, **kept, **one.place.fixed}, None)
        return self._inserted(one.type, lambda: self.transaction.replace(key, whole))

    def completed(self, type_: PublishedType, record: Record, owner: Record | None) -> Record:
        """A record with its key, defaults and generated values."""
        rules = self.world.rules(type_)
        whole: Record = {}
        making = Making(type_, whole, owner, self._now, self._new_id)
        key = type_.key or "id"
        if not record.get(key):
            give = rules.generated.get(key)
            whole[key] = self._new_id() if give is None else None
        whole |= {**rules.defaults, **record}
        for name in (CREATED, MODIFIED):
            if _has_time(type_, name):
                whole.setdefault(name, self._now)
        for name, generate in rules.generated.items():
            if whole.get(name) is None:
                whole[name] = generate(making)
        return whole

    def _container(self, many: Many, type_: PublishedType) -> str:
        """Of the containers that a collection has the things of, the one for a type."""
        if len(many.containers) == 1:
            return many.containers[0]
        for base in type_.chain:
            for container in many.containers:
                if self.world.type_in(container) is base:
                    return container
        return many.containers[0]

    def _inserted(self, type_: PublishedType, put: Callable[[], Row]) -> Row:
        try:
            return put()
        except KeyTaken as error:
            words = self.world.declared.workload([type_]).words
            raise words.taken(short(type_.name), error.name, error.value) from error


def parted(type_: PublishedType, record: Record) -> tuple[Record, dict[str, Any]]:
    """What of a record is its own, and what it has of other things, inline or as URLs."""
    related = {
        name: value
        for name, value in record.items()
        if isinstance(type_.member(name.partition(BIND)[0]), NavigationProperty)
    }
    return {name: value for name, value in record.items() if name not in related}, related


def _has_time(type_: PublishedType, name: str) -> bool:
    prop = type_.member(name)
    return prop is not None and prop.type == types.DATE_TIME_OFFSET


def _with(record: Record, fixed: object) -> Record:
    """A record with values at paths of names."""
    whole = dict(record)
    for path, value in dict(fixed).items():  # type: ignore[call-overload]
        at = whole
        *names, last = path.split("/")
        for name in names:
            at[name] = dict(at.get(name) or {})
            at = at[name]
        at[last] = value
    return whole
