"""``Maker``: makes, changes and links things in one write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

from fakegraph.edm import types
from fakegraph.edm.published import PublishedType
from fakegraph.edm.typed import BIND
from fakegraph.edm.types import NavigationProperty
from fakegraph.edm.values import Instant, binary, format_instant
from fakegraph.errors import GraphError, Problem, bad_request
from fakegraph.graph.resource_path import Segment
from fakegraph.graph.whole.extended import joined
from fakegraph.graph.whole.locate import Me, Way, rows_in
from fakegraph.graph.whole.lookup import InTransaction
from fakegraph.graph.whole.others import Others
from fakegraph.graph.whole.places import Many, One, Place
from fakegraph.graph.whole.records import BYTES, MEDIA, has_values, put_at, value_at, with_keys
from fakegraph.graph.whole.references import References
from fakegraph.graph.whole.tenancy import Tenancy, identities
from fakegraph.graph.whole.world import PROVIDED, TYPE, World
from fakegraph.store import Key, KeyTaken, Record, Row, Transaction
from fakegraph.tenants.trail import Deed
from fakegraph.workloads.declarations import (
    Acting,
    Filled,
    Linking,
    Making,
    Type,
    Word,
    folded_id,
    short,
)

DELETED = "deletedDateTime"
# The log's words for what is done.
OPERATIONS = {
    "add": "Add",
    "change": "Update",
    "delete": "Delete",
    "purge": "Delete",
    "restore": "Update",
}
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
        app: str = "",
        by: Mapping[str, Any] | None = None,
    ) -> None:
        """``by``: who writes, where that is not whom ``me`` and ``app`` say."""
        self.world = world
        self.transaction = transaction
        self.lookup = InTransaction(transaction)
        self._references = references
        self._me = me
        self._app = app
        self._by = by
        self.deeds: list[Deed] = []
        """What was done to things of which there is a log."""
        self._new_id = tenant.new_id
        self._now = format_instant(tenant.instant())
        self.touched: dict[Key, Record | None] = {}  # as it was before, None for what is made
        self.lagging: set[Key] = set()  # what of it gets about late
        self.held: Mapping[Key, Record | None] = {}  # what is seen when an operation is done
        self.held_until = Instant(0)

    def add(self, many: Many, record: Record) -> Row:
        """Make a thing in a collection, with what its record has of other things.

        Raises GraphError for a unique value that is taken, and for what is not there to be linked.
        """
        type_ = type_said(self.world, record, many.type)
        plain, related = parted(type_, record)
        row = self._add(many, {**self._taken_over(type_, related), **plain}, related)
        self.note("add", type_, row.record)
        self.relate(row, related)
        self.bring(row, type_)
        made = self.world.rules(type_).made
        if made is not None:
            made(self, row)
        once = self.world.rules(type_).once
        if not once.isdisjoint(row.record):
            kept = {name: value for name, value in row.record.items() if name not in once}
            self.transaction.replace(row.key, kept)
        return row

    def add_sent(self, many: Many, record: Record, person: str = "") -> Row:
        """As ``add``, of what a body says: it has to go with what else is there.

        ``person``: the id of whom a token names who makes it, empty where it names nobody.
        """
        type_ = type_said(self.world, record, many.type)
        self._check_suits(type_, record, None)
        row = self.add(many, record)
        founded = self.world.rules(type_).founded
        if person and founded is not None:
            self._found(row, founded(row.record), person)
        return row

    def _found(self, row: Row, navigation: str, person: str) -> None:
        """Link a new thing to who makes it, where nothing is linked there."""
        founder = self.lookup.find("users", "id", person, None)
        place = self.way(()).member_of(row, navigation) if navigation and founder else None
        if founder is None or not isinstance(place, Many) or place.relation is None:
            return
        if not self.transaction.targets(place.relation, row.key):
            self.link(place, founder.key)

    def put_sent(self, one: One, changes: Record) -> Row:
        """As ``put``, in the same way."""
        self._check_suits(one.type, {**one.record, **changes}, one.record)
        return self.put(one, changes)

    def replace_sent(self, one: One, record: Record) -> Row:
        """As ``replace``, in the same way."""
        self._check_suits(one.type, record, None)
        return self.replace(one, record)

    def _check_suits(self, type_: PublishedType, record: Record, before: Record | None) -> None:
        """Raise GraphError for a record that does not go with what else is there."""
        for suit in self.world.rules(type_).suits:
            suit(record, before, Others(self.transaction))

    @property
    def caller(self) -> Mapping[str, Any]:
        """Who writes, as an ``identitySet``."""
        if self._by is None:
            self._by = identities(self.lookup, self._me, self._app)
        return self._by

    def check(self, one: One, record: Record, beneath: Record | None) -> None:
        """Raise GraphError for a record that could not be made where a path says its name."""
        container = one.place.containers[0]
        making = self._making(one.type, record, None, 0, container, beneath=beneath)
        for check in self.world.rules(one.type).checks:
            check(making)

    def settle(self) -> None:
        """End the write with what follows from it. Raises GraphError for what cannot be."""
        self.world.declared.settle(self.transaction)

    def bring(self, row: Row, type_: PublishedType) -> None:
        """Make what comes with a thing that is made over the wire."""
        rules = self.world.rules(type_)
        for name, records in rules.brings.items():
            place = self.way(()).member_of(row, name)
            if callable(records):
                container = self.transaction.container_of(row.key)
                making = self._making(type_, row.record, None, row.owner, container)
                self._put_once(place, records(making))
                continue
            for record in records:
                self.put(place, dict(record))
        for container, twin in rules.twins.items():
            other = self.lookup.find(container, "id", row.record["id"], None)
            if other is None:
                whole = {"id": row.record["id"], **twin(row.record)}
                made = self.completed(self.world.type_in(container), whole, None, 0, container)
                row = self.transaction.insert(container, made)
                self._touch(self.world.rules(self.world.type_in(container)), row.key, None)
            else:
                place = self.way(()).place_of(other)
                said = twin(row.record)
                wanting = {name: said[name] for name in said if not other.record.get(name)}
                self.change(place, wanting)

    def _put_once(self, place: Place, record: Record) -> None:
        """Put a record at a place of links; or link what is there by a unique value of it."""
        many = place.place if isinstance(place, One) else place
        container = many.containers[0]
        for name in self.world.rules(many.type).unique:
            known = self.lookup.find(container, name, record.get(name), None)
            if known is not None:
                self.link(many, known.key)
                return
        self.put(place, record)

    def _taken_over(self, type_: PublishedType, related: Mapping[str, Any]) -> Record:
        """What a thing takes over from what its body links it to."""
        taken: Record = {}
        for name, values in self.world.rules(type_).takes.items():
            url = related.get(f"{name}{BIND}")
            if url is not None:
                other = self._references.find(self.lookup, url, f"{name}{BIND}", self.provide)
                taken |= {own: other.record.get(theirs) for own, theirs in values.items()}
        return taken

    def way(self, segments: Sequence[Segment]) -> Way:
        """The way along a path, as things are in this write."""
        return Way(self.world, self.lookup, self._me, segments, self.provide)

    def relate(self, row: Row, related: Mapping[str, Any]) -> None:
        """Give a thing what a body has of other things: the things themselves, or their URLs."""
        for name, value in related.items():
            navigation = name.partition(BIND)[0]
            place = self.way(()).member_of(row, navigation)
            for item in value if isinstance(value, list) else [value]:
                if name != navigation:
                    one = self._references.find(self.lookup, item, name, self.provide)
                    self._bind(place, one, navigation)
                elif item is not None:
                    self.put(place, item)

    def _bind(self, place: Place, one: One, navigation: str) -> None:
        """Link what a body binds. Raises GraphError for what is linked already."""
        if isinstance(place, Many) and place.relation is not None:
            self.check_link(place, one)
            if not self.link(place, self.stored(one)):
                words = self.world.declared.workload([place.type]).words
                raise words.linked(navigation)
        else:
            self.put_link(place, one)

    def put_link(self, place: Place, one: One) -> None:
        """Link a thing; where a place is for one, in the stead of the other."""
        if isinstance(place, One):
            if place.row is not None and place.row.key == one.stored:
                return  # as the group is that a team is made of
            if place.row is not None:
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

    def _add(self, many: Many, record: Record, related: Mapping[str, Any]) -> Row:
        owner = 0 if many.owner is None else self.stored(many.owner)
        about = many.owner.record if many.owner is not None else None
        type_ = type_said(self.world, record, many.type)
        container = self._container(many, type_)
        if owner and container != PROVIDED:
            self._provide(owner, container)
        listed = {} if many.beneath is not None else self._resolved(many.said.listed, owner)
        fixed = self._fixed(many)
        if many.said.firm:
            self._check_firm(type_, record, fixed)
        record = put_at({**listed, **record}, fixed)
        if many.said.within is not None:
            record = many.said.within.put(record, dict(many.about))
        beneath = None if many.beneath is None else many.beneath.record
        whole = self.completed(
            type_, record, about, owner, container, related=related, beneath=beneath
        )
        if self.world.type_in(container) is type_:
            whole.pop(TYPE, None)
        else:
            whole = {TYPE: f"#{type_.name}", **whole}
        self._check_hidden(type_, record, container)
        if self.world.rules(type_).alone:
            there = self.transaction.rows_of(container, [owner])
            before = [
                row.key for row in there if self.world.type_of(row.record, container) is type_
            ]
            self.transaction.delete(*before)
        row = self._inserted(type_, lambda: self.transaction.insert(container, whole, owner))
        self._touch(self.world.rules(type_), row.key, None)
        self.link(many, row.key)
        return row

    def _check_firm(self, type_: PublishedType, record: Record, fixed: Record) -> None:
        """Raise GraphError for a body that says something else than where it is posted to."""
        for name, value in fixed.items():
            said = record.get(name)
            if said is not None and folded_id(str(said)) != folded_id(str(value)):
                message = f"'{name}' is '{value}' here, as the path says."
                words = self.world.declared.workload([type_]).words
                raise words.invalid([Problem(message, name)])

    def _check_hidden(self, type_: PublishedType, record: Record, container: str) -> None:
        """Raise GraphError for the id of what was deleted softly: that may come back."""
        key = type_.key or "id"
        if not self.world.rules(type_).soft_deleted or not record.get(key):
            return
        wanted = folded_id(str(record[key]))
        hidden = self.lookup.hidden(container)
        if any(folded_id(str(row.record.get(key))) == wanted for row in hidden):
            words = self.world.declared.workload([type_]).words
            raise words.taken(short(type_.name), key, record[key])

    def check_beneath(self, many: Many, record: Record) -> None:
        """Raise GraphError for a body that says that it lies elsewhere than where it is made."""
        type_ = type_said(self.world, record, many.type)
        rules = self.world.rules(type_)
        name = (rules.lies_in or "").partition("/")[0]
        if rules.placed is None or many.beneath is None or record.get(name) is None:
            return
        owner = 0 if many.owner is None else self.stored(many.owner)
        self.stored(many.beneath)
        here = put_at({}, {own: self._seen(many.beneath, at) for own, at in many.view.items()})
        about = None if many.owner is None else many.owner.record
        whole = {**record, name: {**here[name], **record[name]}}
        making = self._making(type_, whole, about, owner, many.containers[0], before=here)
        if rules.placed(making) != here[name]:
            words = self.world.declared.workload([type_]).words
            message = f"'{name}' says another place than the one that it is posted to."
            raise words.invalid([Problem(message, name)])

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

    def provide(self, owner: One | None, container: str) -> None:
        """Make what a thing has in a container before anybody makes one there; None: the top."""
        self._provide(0 if owner is None else self.stored(owner), container)

    def _provide(self, owner: Key, container: str) -> None:
        said = self.world.declared.navigation(container)
        transaction = self.transaction
        given = said.provisioned if owner else said.given
        if not given or transaction.find(PROVIDED, "id", container, owner):
            return
        transaction.insert(PROVIDED, {"id": container}, owner)
        row = transaction.row(owner) if owner else None
        about = None if row is None else row.record
        type_ = self.world.type_in(container)
        for record in given(about or {}) if callable(given) else given:
            keys = (each.name for each in self.world.layout(container).keys)
            if any(
                transaction.find(container, key, record[key], owner)
                for key in keys
                if key in record
            ):
                continue  # a seed has it
            resolved = self._resolved(record, owner)
            whole = self.completed(type_, resolved, about, owner, container)
            transaction.insert(container, whole, owner)

    def _resolved(self, values: Mapping[str, Any], owner: Key) -> Record:
        """Values, with the ids that words mean."""
        return {
            name: self.id_of(value, owner) if isinstance(value, Word) else value
            for name, value in values.items()
        }

    def id_of(self, word: Word, owner: Key) -> str:
        """The id of what a word means among the things that an owner has."""
        self._provide(owner, word.navigation)
        sought = self.world.declared.navigation(word.navigation).words[word.word]
        for row in self.transaction.rows_of(word.navigation, [owner]):
            if has_values(row.record, sought):
                return str(row.record["id"])
        raise LookupError(f"nothing is '{word.word}' in {word.navigation}")

    def _making(
        self,
        type_: PublishedType,
        record: Record,
        about: Record | None,
        owner: Key,
        container: str,
        **around: Any,
    ) -> Making:
        def beside() -> Iterable[Record]:
            return (row.record for row in self.transaction.rows_of(container, [owner]))

        def having(name: str, value: Any) -> Iterable[Record]:
            return (row.record for row in self._having(container, owner, name, value))

        return Making(
            type_,
            record,
            about,
            self._now,
            self._new_id,
            lambda word: self.id_of(word, owner),
            owner_type=short(self._owner_type(owner)),
            beside=beside,
            having=having,
            app=self._app,
            by=lambda: self.caller,
            there=lambda name: (row.record for row in self.transaction.rows_of(name, [0])),
            **around,
        )

    def _having(self, container: str, owner: Key, name: str, value: Any) -> Iterable[Row]:
        """The things of a container, of one owner, that have a value of an indexed property or
        of the one that they are found by.
        """
        if name != self.world.layout(container).keys[0].name:
            return self.transaction.equal(container, name, value, owner)
        row = self.lookup.find(container, name, value, owner)
        return () if row is None else (row,)

    def _owner_type(self, owner: Key) -> str:
        row = self.transaction.row(owner) if owner else None
        if row is None:
            return ""
        return self.world.type_of(row.record, self.transaction.container_of(owner)).name

    def link(self, many: Many, key: Key) -> bool:
        """Link a thing to where a collection's links begin; False where it is already."""
        if many.relation is None or many.source is None:
            return True
        ends = _ends(many, self.stored(many.source), key)
        if not self.transaction.link(many.relation, *ends):
            return False
        self._follow(many.said.joined, ends)
        self._note_link(many, "+", ends)
        return True

    def _follow(
        self, come: Callable[[Acting, Row, Row], object] | None, ends: tuple[Key, Key]
    ) -> None:
        """Do what comes of a link that was made, or taken away."""
        source, target = map(self.transaction.row, ends)
        if come is not None and source is not None and target is not None:
            come(self, source, target)

    def _note_link(self, many: Many, sign: str, ends: tuple[Key, Key]) -> None:
        """Note that two things were linked, or are not any more."""
        if many.source is None or many.relation is None:
            return
        kind = f"{many.relation.rpartition('/')[2]}{sign}"
        audited = self.world.rules(many.source.type).audited
        if audited is None or kind not in audited.activities:
            return
        source, target = map(self.transaction.row, ends)
        if source is not None and target is not None:
            type_ = self.world.type_of(target.record, self.transaction.container_of(target.key))
            other = (short(type_.name), target.record)
            self.note(kind, many.source.type, source.record, other=other)

    def note(
        self,
        kind: str,
        type_: PublishedType,
        record: Record,
        before: Record | None = None,
        other: tuple[str, Record] | None = None,
    ) -> None:
        """Note what was done to a thing of which there is a log."""
        audited = self.world.rules(type_).audited
        if audited is None or kind not in audited.activities:
            return
        said = audited.activities[kind]
        activity = said(record) if callable(said) else said
        operation = OPERATIONS.get(kind, "Assign")
        name = short(type_.name)
        self.deeds.append(Deed(activity, audited.category, operation, name, record, before, other))

    def is_linked(self, many: Many, key: Key) -> bool:
        """Whether a collection has a link to a thing."""
        if many.relation is None or many.source is None:
            return False
        ends = _ends(many, many.source.stored, key)
        return self.transaction.has(many.relation, *ends)

    def check_link(self, many: Many, one: One, *, leaves: bool = False) -> None:
        """Raise GraphError for a link that a workload does not let a body make, or take away."""
        check = many.said.leaves if leaves else many.said.joins
        if check is None or many.source is None or many.relation is None:
            return
        relation, source = many.relation, many.source

        def links() -> int:
            return len(self.transaction.targets(relation, source.stored))

        check(Linking(source.record, short(one.type.name), one.record, links))

    def unlink(self, many: Many, key: Key) -> bool:
        """Take away the link to a thing; False where there is none."""
        if many.relation is None or many.source is None:
            return False
        ends = _ends(many, many.source.stored, key)
        if not self.transaction.unlink(many.relation, *ends):
            return False
        self._follow(many.said.left, ends)
        self._note_link(many, "-", ends)
        return True

    def stored(self, one: One) -> Key:
        """The key of a thing, which is stored first where it was only there anyway."""
        if one.row is None:
            planned = one.plan if one.start is None else one.start
            one.row = self.add(one.place, dict(one.record if planned is None else planned))
            self.lagging.discard(one.row.key)  # all have always seen it
        return one.row.key

    def made(self, one: One) -> Row:
        """A thing's row, which is stored first where it was only there anyway."""
        self.stored(one)
        assert one.row is not None
        return one.row

    def change(self, one: One, changes: Record) -> Row:
        """Change properties of a thing."""
        key, record = self.stored(one), one.record
        rules = self.world.rules(one.type)
        merged = {
            name: _blended(record.get(name), value, rules.merged, name)
            for name, value in changes.items()
            if name != TYPE
        }
        whole = {**record, **merged} if rules.extended is None else joined(record, merged)
        if _has_time(one.type, MODIFIED) and MODIFIED not in changes:
            whole[MODIFIED] = self._now
        row = self.transaction.row(key)
        owner = 0 if row is None else row.owner
        container = self.transaction.container_of(key)
        about = self.transaction.row(owner) if owner else None
        above = None if about is None else about.record
        making = self._making(one.type, whole, above, owner, container, before=record)
        place = (rules.lies_in or "").partition("/")[0]
        if rules.placed is not None and whole.get(place) is not None:
            whole[place] = rules.placed(making)
        self._check_place(one, rules, record, whole, container, owner)
        _renew(rules, making, changes)
        _write(rules, whole)
        self._set_aside(rules, whole)
        whole = with_keys(whole, rules.together)
        changed = self._inserted(one.type, lambda: self.transaction.replace(key, whole))
        self._touch(rules, key, record)
        self._hold_on(rules, changed, str(record.get("id")))
        if rules.altered is not None:
            rules.altered(self, changed, record)
        self.note("change", one.type, changed.record, record)
        return changed

    def _touch(self, rules: Type, key: Key, before: Record | None) -> None:
        """Note what is made or changed."""
        self.touched.setdefault(key, before)
        if rules.lags:
            self.lagging.add(key)

    def _hold_on(self, rules: Type, holder: Row, old: str) -> None:
        """Take what a thing holds along to its new id."""
        new = holder.record.get("id")
        for name, row in self._held(rules, holder.owner, old) if new != old else ():
            self.transaction.replace(row.key, put_at(row.record, {name: new}))

    def _held(self, rules: Type, owner: Key, id_: str) -> Iterable[tuple[str, Row]]:
        """What a thing holds, each with the property that says so."""
        for container, name in rules.holds:
            for row in self.transaction.rows_of(container, [owner]):
                if value_at(row.record, name) == id_:
                    yield name, row

    def fill(self, row: Row, stream: str, data: bytes, media_type: str) -> Row:
        """Give a thing bytes, as a stream of that name."""
        record = row.record
        one = self.way(()).place_of(row)
        changes: Record = {
            BYTES: {**record.get(BYTES, {}), stream: self.transaction.keep(data)},
            MEDIA: {**record.get(MEDIA, {}), stream: media_type},
        }
        filled = self.world.rules(one.type).filled
        if filled is not None:
            changes |= filled(Filled(record, stream, data, media_type))
        return self.change(one, changes)

    def touch_owner(self, row: Row) -> None:
        """Make another version of what contains a thing, where the type of that says so."""
        above = self.lookup.row(row.owner)
        container = self.transaction.container_of(row.key)
        if above is not None and self.world.rules(self.world.type_in(container)).touches:
            self.change(self.way(()).place_of(above), {})

    def delete(self, one: One) -> None:
        """Delete a thing in the way of its type: it goes with all that it contains and all links.

        Or it is hidden with them, or only put into a bin.
        """
        if one.row is None or self._discarded(one, one.row):
            return
        rules = self.world.rules(one.type)
        soft = rules.soft_deleted
        if rules.unmade is not None:
            rules.unmade(self, one.row)
        self.note("purge" if one.row.root else "delete", one.type, one.record)
        if one.row.root:
            self.transaction.purge(one.row.key)
        elif soft(one.record) if callable(soft) else soft:
            buried = one.record if rules.buried is None else rules.buried(one.record)
            form = rules.written.get(DELETED, str)
            self.transaction.replace(one.row.key, {**buried, DELETED: form(self._now)})
            self.transaction.hide(one.row.key)
        else:
            self.erase(one)

    def erase(self, one: One) -> None:
        """Delete a thing for good, with all that it contains and holds."""
        row = self.made(one)
        lying = self._lying_in(row, self.world.rules(one.type).lies_in)
        self.transaction.delete(*dict.fromkeys((*self._all_held(row), *lying)))

    def _all_held(self, row: Row) -> Iterator[Key]:
        """A thing, and what it holds at any depth."""

        def held(at: Row) -> Iterator[Row]:
            container = self.transaction.container_of(at.key)
            rules = self.world.rules(self.world.type_of(at.record, container))
            return (each for _, each in self._held(rules, at.owner, str(at.record.get("id"))))

        return _tree(row, held)

    def _lying_in(self, row: Row, path: str | None) -> Iterator[Key]:
        """A thing, and all that lies in it, at any depth; nothing where things lie in nothing."""
        if path is None:
            return iter(())
        container = self.transaction.container_of(row.key)
        return _tree(row, lambda at: self._having(container, row.owner, path, at.record["id"]))

    def _discarded(self, one: One, row: Row) -> bool:
        """Whether a thing was put into the bin of its kind, where it has another id."""
        rules = self.world.rules(one.type)
        if not rules.bin:
            return False
        name, word = rules.bin
        place = self.id_of(word, row.owner)
        if row.record.get(name) == place:
            return False
        whole = self._renewed(one, row, {name: place})
        moved = self._replaced(row.key, whole, rules)
        self._hold_on(rules, moved, str(row.record.get("id")))
        return True

    def renew(self, one: One, changes: Record) -> Row:
        """Change a thing, which has another id from then on."""
        row = self.made(one)
        rules = self.world.rules(one.type)
        whole = with_keys(self._renewed(one, row, changes), rules.together)
        moved = self._inserted(one.type, lambda: self.transaction.replace(row.key, whole))
        self._hold_on(rules, moved, str(row.record.get("id")))
        return moved

    def _renewed(self, one: One, row: Row, changes: Record) -> Record:
        """A thing's record with changes and another id."""
        rules = self.world.rules(one.type)
        whole = {**row.record, **changes}
        container = self.transaction.container_of(row.key)
        above = self.transaction.row(row.owner) if row.owner else None
        about = None if above is None else above.record
        making = self._making(one.type, whole, about, row.owner, container, before=row.record)
        key = one.type.key or "id"
        give = rules.generated.get(key)
        whole[key] = self._new_id() if give is None else give(making)
        _renew(rules, making, changes)
        _write(rules, whole)
        return whole

    def copy(self, row: Row, changes: Record, owner: Key | None = None) -> Row:
        """Make another thing beside one, with changes and with all that it contains."""
        container = self.transaction.container_of(row.key)
        type_ = self.world.type_of(row.record, container)
        rules = self.world.rules(type_)
        anew = {type_.key or "id", MODIFIED, *rules.changed}
        kept = {name: value for name, value in row.record.items() if name not in anew}
        owner = row.owner if owner is None else owner
        above = self.transaction.row(owner) if owner else None
        about = None if above is None else above.record
        whole = self.completed(type_, {**kept, **changes}, about, owner, container)
        made = self._inserted(type_, lambda: self.transaction.insert(container, whole, owner))
        self._touch(rules, made.key, None)
        for base in type_.chain:
            for name in base.navigation:
                for each in self.transaction.rows_of(f"{short(base.name)}/{name}", [row.key]):
                    self.copy(each, {}, made.key)
        for name, held in self._held(rules, row.owner, str(row.record.get("id"))):
            self.copy(held, {name: made.record["id"]})
        return made

    def restore(self, type_: PublishedType, key: Key, changes: Record) -> Row:
        """Bring back what was deleted softly. Raises GraphError where its place is taken."""

        container = self.transaction.container_of(key)
        hidden = next(row for row in self.lookup.hidden(container) if row.key == key)
        revived = self.world.revived(type_, hidden.record)
        kept = {name: value for name, value in revived.items() if name != DELETED}

        def put() -> Row:
            self.transaction.restore(key, {**kept, **changes})
            row = self.transaction.row(key)
            assert row is not None
            self._check_suits(type_, row.record, None)
            return row

        there = self._inserted(type_, put)
        self.note("restore", type_, there.record)
        restored = self.world.rules(type_).restored
        if restored is not None:
            restored(self, there)
        return there

    # What comes of it: ``declarations.Acting`` ------------------------------------------------

    def found(self, containers: Sequence[str], value: object, name: str = "id") -> Row | None:
        rows = (self.lookup.find(container, name, value, None) for container in containers)
        return next((row for row in rows if row is not None), None)

    def owner(self, row: Row) -> Row | None:
        return self.transaction.row(row.owner) if row.owner else None

    def ends(self, relation: str, row: Row, *, backwards: bool = False) -> Sequence[Row]:
        return list(self.lookup.ends(relation, row.key, backwards=backwards))

    def at(self, path: str) -> Row | None:
        try:
            return self._references.find(self.lookup, path, "@odata.id", self.provide).row
        except GraphError:
            return None

    def put_at(self, path: str, record: Record) -> Row:
        place = self.way(self._references.segments(path)).located().many
        return self.add(place, record)

    def all(self, path: str) -> Sequence[Row]:
        many = self.way(self._references.segments(path)).located().many
        return list(rows_in(self.lookup, many))

    def alter(self, row: Row, changes: Record) -> None:
        self.transaction.replace(row.key, {**row.record, **changes})

    def tie(self, relation: str, row: Row, other: Row) -> bool:
        return self.transaction.link(relation, row.key, other.key)

    def untie(self, relation: str, row: Row, other: Row) -> bool:
        return self.transaction.unlink(relation, row.key, other.key)

    def remove(self, row: Row) -> None:
        self.transaction.delete(row.key)

    def _replaced(self, key: Key, record: Record, rules: Type) -> Row:
        """Replace a record; where another there has its name, with a number behind that."""
        given = record
        for number in count(1):
            try:
                return self.transaction.replace(key, with_keys(record, rules.together))
            except KeyTaken:
                name = rules.together[0][-1]
                record = {**given, name: f"{given[name]}{number}"}
        raise AssertionError

    def replace(self, one: One, record: Record) -> Row:
        """Put a record in the place of a thing's, which keeps its key and when it was made."""
        key, old = self.stored(one), one.record
        kept = {name: old[name] for name in (TYPE, one.type.key or "id", CREATED) if name in old}
        row = self.transaction.row(key)
        owner = 0 if row is None else row.owner
        container = self.transaction.container_of(key)
        fixed = put_at({**record, **kept}, one.place.fixed)
        whole = self.completed(one.type, fixed, None, owner, container)
        return self._inserted(one.type, lambda: self.transaction.replace(key, whole))

    def _check_place(
        self, one: One, rules: Type, old: Record, new: Record, container: str, owner: Key
    ) -> None:
        """Raise GraphError for a thing that is put where there is nothing, or into itself."""
        path = rules.lies_in
        if path is None or value_at(old, path) == value_at(new, path):
            return
        at: Any = value_at(new, path)
        seen = {old["id"]}
        while at is not None:
            row = self.lookup.find(container, "id", at, owner)
            if row is None and at == value_at(new, path):
                raise self.world.declared.workload([one.type]).words.not_found(rules.name, str(at))
            if at in seen:
                raise bad_request("Nothing can be put into itself.", path)
            seen.add(at)
            at = None if row is None else value_at(row.record, path)

    def completed(
        self,
        type_: PublishedType,
        record: Record,
        about: Record | None,
        owner: Key,
        container: str,
        **around: Any,
    ) -> Record:
        """A record with its key, defaults and generated values; ``about`` what contains it."""
        rules = self.world.rules(type_)
        whole: Record = {}
        making = self._making(type_, whole, about, owner, container, **around)
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
                _give(whole, name, generate(making))
        for name, form in rules.formed.items():
            whole[name] = form(making)
        for check in rules.checks:
            check(making)
        _write(rules, whole)
        self._set_aside(rules, whole)
        identity = self.world.layout(container).keys[0].name
        if identity not in whole:
            whole[identity] = str(whole[key])
        return with_keys(whole, rules.together)

    def _set_aside(self, rules: Type, record: Record) -> None:
        """Keep bytes of properties beside the record."""
        for name in rules.aside & record.keys():
            data = binary(record.pop(name) or "")
            record[BYTES] = {**record.get(BYTES, {}), name: self.transaction.keep(data)}

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
            raise words.taken(short(type_.name), error.name, error.value, error.holder) from error


def _tree(row: Row, inside: Callable[[Row], Iterable[Row]]) -> Iterator[Key]:
    """A row and what is in it, at any depth, each once: what is seeded may be in itself."""
    waiting, seen = [row], {row.key}
    while waiting:
        at = waiting.pop()
        yield at.key
        new = [each for each in inside(at) if each.key not in seen]
        seen.update(each.key for each in new)
        waiting += new


def parted(type_: PublishedType, record: Record) -> tuple[Record, dict[str, Any]]:
    """What of a record is its own, and what it has of other things, inline or as URLs."""
    related = {
        name: value
        for name, value in record.items()
        if name not in type_.properties
        and isinstance(type_.member(name.partition(BIND)[0]), NavigationProperty)
    }
    if not related:
        return record, related
    return {name: value for name, value in record.items() if name not in related}, related


def _ends(many: Many, source: Key, key: Key) -> tuple[Key, Key]:
    """Where a collection's link to a thing begins, and where it ends."""
    return (key, source) if many.backwards else (source, key)


def _blended(old: Any, new: Any, merged: frozenset[str], path: str) -> Any:
    """What becomes of a value by a change, which of what is merged leaves alone what it has not."""
    if path not in merged or not isinstance(new, dict) or not isinstance(old, dict):
        return new
    below = f"{path}/*"
    blended = {name: _blended(old.get(name), new[name], merged, below) for name in new}
    return {**old, **blended}


def _renew(rules: Type, making: Making, sent: Collection[str]) -> None:
    """Set what each change sets anew. What bodies may not have, seeds do: that stays as sent."""
    for name, give in rules.changed.items():
        if name not in sent or name not in rules.ignored:
            _give(making.record, name, give(making))


def _give(record: Record, name: str, value: Any) -> None:
    """Give a record a value that was worked out; None: it has none."""
    if value is None:
        record.pop(name, None)
    else:
        record[name] = value


def _write(rules: Type, record: Record) -> None:
    """Bring values into the form in which they are kept."""
    for name, form in rules.written.items():
        if record.get(name) is not None:
            record[name] = form(record[name])


@lru_cache(maxsize=4096)
def _has_time(type_: PublishedType, name: str) -> bool:
    prop = type_.member(name)
    return prop is not None and prop.type == types.DATE_TIME_OFFSET
