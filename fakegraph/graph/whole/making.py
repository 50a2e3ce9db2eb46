"""From a body to the record that is stored: what is checked, filled in, and kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from fakegraph.edm import types
from fakegraph.edm.published import PublishedType
from fakegraph.edm.schema import InvalidEntity
from fakegraph.edm.typed import schema_of
from fakegraph.edm.values import format_instant
from fakegraph.errors import GraphError
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.places import Many, One
from fakegraph.graph.whole.records import has_values, put_at, value_at, with_keys
from fakegraph.graph.whole.world import PROVIDED, TYPE, World
from fakegraph.store import Key, KeyTaken, Record, Row, Transaction
from fakegraph.tenants import Tenant
from fakegraph.web.body import read_json
from fakegraph.web.headers import has_long_numbers_as_text
from fakegraph.workloads.declarations import Making, Type, Word, short
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
        record = reader.read(read_json(asked.exchange))
    except InvalidEntity as error:
        raise asked.words.invalid(error.problems) from error
    return {name: value for name, value in record.items() if name not in rules.ignored}


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
    for refuse in rules.refuses:
        refuse(record, None)


def check_change(words: Words, rules: Type, record: Record, changes: Record) -> None:
    """Raise GraphError for changes that cannot be made to a record."""
    fixed = rules.read_only | rules.immutable | {"id"}
    different = {name: value for name, value in changes.items() if record.get(name) != value}
    _refuse_read_only(words, rules, different, fixed)
    for refuse in rules.refuses:
        refuse({**record, **changes}, record)


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
        if owner and container != PROVIDED:
            self._provide(owner, container)
        listed = {} if many.beneath is not None else self._resolved(many.said.listed, owner)
        record = put_at({**listed, **record}, self._fixed(many))
        if many.said.within is not None:
            record = many.said.within.put(record, dict(many.about))
        whole = self.completed(type_, record, about, owner)
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
        seen = {own: self._seen(many.beneath, at) for own, at in many.view.items()}
        return {**many.fixed, **seen}

    def _seen(self, beneath: One, at: str) -> Any:
        """What a view goes by: a value of what the path led to, or of what contains that."""
        if not at.startswith("^/"):
            return value_at(beneath.record, at)
        row = self.transaction.row(beneath.stored)
        above = None if row is None else self.transaction.row(row.owner)
        return None if above is None else value_at(above.record, at.removeprefix("^/"))

    def _resolved(self, values: Mapping[str, Any], owner: Key) -> Record:
        return {
            name: self._id_of(value, owner) if isinstance(value, Word) else value
            for name, value in values.items()
        }

    def provide(self, owner: One, container: str) -> None:
        """Make what a thing has in a container before anybody makes one there."""
        self._provide(self.stored(owner), container)

    def _provide(self, owner: Key, container: str) -> None:
        said = self.world.declared.navigation(container)
        transaction = self.transaction
        if not said.provisioned or transaction.find(PROVIDED, "id", container, owner):
            return
        transaction.insert(PROVIDED, {"id": container}, owner)
        row = transaction.row(owner)
        about = None if row is None else row.record
        type_ = self.world.type_in(container)
        for record in said.provisioned:
            whole = self.completed(type_, self._resolved(record, owner), about, owner)
            transaction.insert(container, whole, owner)

    def _id_of(self, word: Word, owner: Key) -> str:
        """The id of what a word means among the things that an owner has."""
        self._provide(owner, word.navigation)
        sought = self.world.declared.navigation(word.navigation).words[word.word]
        for row in self.transaction.rows_of(word.navigation, [owner]):
            if has_values(row.record, sought):
                return str(row.record["id"])
        raise LookupError(f"nothing is '{word.word}' in {word.navigation}")

    def discard(self, one: One) -> None:
        """Delete a thing, in the way that its type is deleted."""
        rules = self.world.rules(one.type)
        if one.row is None:
            return
        if rules.bin:
            name, word = rules.bin
            place = self._id_of(word, one.row.owner)
            if one.row.record.get(name) != place:
                self._move(one, {name: place})
                return
        if rules.soft_deleted:
            self.transaction.hide(one.stored)
        else:
            self.transaction.delete(one.stored)

    def _move(self, one: One, changes: Record) -> Row:
        """Put a thing elsewhere, where it has another id."""
        assert one.row is not None
        rules = self.world.rules(one.type)
        making = self._making(one.type, {**one.record, **changes}, None, one.row.owner)
        key = one.type.key or "id"
        give = rules.generated.get(key)
        making.record[key] = self._new_id() if give is None else give(making)
        self._renew(rules, making)
        return self.transaction.replace(one.stored, making.record)

    def _making(
        self, type_: PublishedType, record: Record, about: Record | None, owner: Key
    ) -> Making:
        return Making(
            type_, record, about, self._now, self._new_id, lambda word: self._id_of(word, owner)
        )

    @staticmethod
    def _renew(rules: Type, making: Making) -> None:
        """Set what each change sets anew."""
        for name, value in rules.changed.items():
            making.record[name] = value(making)

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
        row = self.transaction.row(key)
        owner = 0 if row is None else row.owner
        making = replace(self._making(one.type, whole, None, owner), before=record)
        self._renew(rules, making)
        _write(rules, whole)
        whole = with_keys(whole, rules.together)
        return self._inserted(one.type, lambda: self.transaction.replace(key, whole))

    def completed(
        self, type_: PublishedType, record: Record, about: Record | None, owner: Key
    ) -> Record:
        """A record with its key, defaults and generated values; ``about`` what contains it."""
        rules = self.world.rules(type_)
        whole: Record = {}
        making = self._making(type_, whole, about, owner)
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
        _write(rules, whole)
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


def _write(rules: Type, record: Record) -> None:
    """Bring values into the form in which they are kept."""
    for name, form in rules.written.items():
        if record.get(name) is not None:
            record[name] = form(record[name])


def _has_time(type_: PublishedType, name: str) -> bool:
    prop = type_.member(name)
    return prop is not None and prop.type == types.DATE_TIME_OFFSET


__all__ = ["GraphError", "Maker", "check_change", "check_new", "read_record", "type_said"]
