"""From a body to the record that is stored: what is checked, filled in, and kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fakegraph.edm import types
from fakegraph.edm.published import PublishedType
from fakegraph.edm.schema import InvalidEntity
from fakegraph.edm.typed import schema_of
from fakegraph.edm.values import format_instant
from fakegraph.errors import GraphError
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.places import Many, One
from fakegraph.graph.whole.records import put_at, value_at, with_keys
from fakegraph.graph.whole.world import TYPE, World
from fakegraph.store import Key, KeyTaken, Record, Row, Transaction
from fakegraph.tenants import Tenant
from fakegraph.web.body import read_json
from fakegraph.web.headers import has_long_numbers_as_text
from fakegraph.workloads.declarations import Making, Type, short
from fakegraph.workloads.words import Words

CREATED, MODIFIED = "createdDateTime", "lastModifiedDateTime"


def read_record(asked: Asked, type_: PublishedType, *, partial: bool) -> Record:
    """The record that a body means. Raises GraphError with every problem."""
    rules = asked.world.rules(type_)
    reader = schema_of(type_).reader(
        partial=partial,
        future_members=asked.preferences.future_members,
        ieee754=has_long_numbers_as_text(asked.exchange.header("CONTENT_TYPE")),
        related=rules.related,
    )
    try:
        return reader.read(read_json(asked.exchange))
    except InvalidEntity as error:
        raise asked.words.invalid(error.problems) from error


def type_said(world: World, record: Record, type_: PublishedType) -> PublishedType:
    """The type that a record says it has, or else the one that its place is declared to have."""
    said = record.get(TYPE)
    return type_ if said is None else world.model.structured(said.removeprefix("#"))


def check_new(words: Words, rules: Type, record: Record) -> None:
    """Raise GraphError for a record that cannot be made so."""
    _refuse_read_only(words, rules, record, rules.read_only)
    missing = [name for name in rules.required if record.get(name) is None]
    if missing:
        raise words.required(rules.name, missing)


def check_change(words: Words, rules: Type, record: Record, changes: Record) -> None:
    """Raise GraphError for changes that cannot be made to a record."""
    fixed = rules.read_only | rules.immutable | {"id"}
    different = {name: value for name, value in changes.items() if record.get(name) != value}
    _refuse_read_only(words, rules, different, fixed)


def _refuse_read_only(
    words: Words, rules: Type, sent: Iterable[str], names: frozenset[str]
) -> None:
    refused = [name for name in sent if name in names]
    if refused:
        raise words.read_only(rules.name, refused)


class Maker:
    """Makes and changes things in one write of one tenant."""

    def __init__(self, world: World, tenant: Tenant, transaction: Transaction) -> None:
        self.world = world
        self.transaction = transaction
        self._new_id = tenant.new_id
        self._now = format_instant(tenant.instant())

    def add(self, many: Many, record: Record) -> Row:
        """Make a thing in a collection. Raises GraphError for a unique value that is taken."""
        owner = 0 if many.owner is None else self.stored(many.owner)
        about = many.owner.record if many.owner is not None else None
        type_ = type_said(self.world, record, many.type)
        container = self._container(many, type_)
        whole = self.completed(type_, put_at(record, self._fixed(many)), about)
        if self.world.type_in(container) is type_:
            whole.pop(TYPE, None)
        else:
            whole = {TYPE: f"#{type_.name}", **whole}
        row = self._inserted(type_, lambda: self.transaction.insert(container, whole, owner))
        self.link(many, row.key)
        return row

    def _fixed(self, many: Many) -> Record:
        """What a thing has because of where it is made: what that is a view by is stored first."""
        if many.beneath is None:
            return dict(many.fixed)
        self.stored(many.beneath)
        beneath = many.beneath.record
        return {**many.fixed, **{own: value_at(beneath, at) for own, at in many.view.items()}}

    def link(self, many: Many, key: Key) -> bool:
        """Link a thing to where a collection's links begin; False where it is already."""
        if many.relation is None or many.source is None:
            return True
        source = self.stored(many.source)
        ends = (key, source) if many.backwards else (source, key)
        return self.transaction.link(many.relation, *ends)

    def stored(self, one: One) -> Key:
        """The key of a thing, which is stored first where it was only there anyway."""
        if one.row is None:
            planned = one.plan if one.start is None else one.start
            one.row = self.add(one.place, dict(planned or one.record))
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
        whole = with_keys(whole, rules.together)
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
        return with_keys(whole, rules.together)

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


def _has_time(type_: PublishedType, name: str) -> bool:
    prop = type_.member(name)
    return prop is not None and prop.type == types.DATE_TIME_OFFSET


__all__ = ["GraphError", "Maker", "check_change", "check_new", "read_record", "type_said"]
