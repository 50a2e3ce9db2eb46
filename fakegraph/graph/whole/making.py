"""``Maker``: makes and changes things in one write, and does what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from fakegraph.chunks import Spooled
from fakegraph.edm.published import PublishedType
from fakegraph.edm.typed import BIND, REFERENCE
from fakegraph.edm.types import NavigationProperty
from fakegraph.errors import GraphError, Problem, bad_request
from fakegraph.graph.whole.asking import check_asked
from fakegraph.graph.whole.checks import check_kind, check_new
from fakegraph.graph.whole.completing import keep_forms, set_anew
from fakegraph.graph.whole.extended import joined
from fakegraph.graph.whole.finding import has_keys
from fakegraph.graph.whole.locate import rows_in
from fakegraph.graph.whole.names import FAIL, RENAME
from fakegraph.graph.whole.places import Many, One, Place
from fakegraph.graph.whole.records import BYTES, MEDIA, blended, put_at, value_at, with_keys
from fakegraph.graph.whole.unmaking import Unmaker
from fakegraph.graph.whole.world import CREATED, MODIFIED, PROVIDED, TYPE, World, ignores_case
from fakegraph.store import Key, KeyTaken, Record, Row
from fakegraph.store.bytes import Content
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import ANY, Acting, Filled, folded_id, short
from fakegraph.workloads.naming import numbered

Founder = Callable[[Type], tuple[str, str]]
"""Gives who makes a thing of a type, by id, and the navigation property that leads to them."""


def type_said(world: World, record: Record, type_: PublishedType) -> PublishedType:
    """The type that a record says it has, or else the one that its place is declared to have."""
    return (world.type_said(record) or type_) if TYPE in record else type_


class Maker(Unmaker):
    """Makes, changes, links and deletes things in one write of one tenant."""

    _is_sent = False  # whether what is made now is what a body says

    def add(self, many: Many, record: Record) -> Row:
        """Make a thing in a collection, with what its record has of other things.

        Raises GraphError for a unique value that is taken, and for what is not there to be linked.
        """
        type_ = type_said(self.world, record, many.type)
        plain, related = parted(type_, record)
        plain = self._in_values(type_, plain)
        rules = self.world.rules(type_)
        taken = self._taken_over(type_, related) if rules.takes else {}
        row = self._add(many, {**taken, **plain}, related)
        self.note("add", type_, row.record)
        if rules.brings or rules.twins:
            self.bring(row, type_)  # first: of a team's channels General is the oldest
        if related:
            self.relate(row, related)
        if rules.made is not None:
            self.come(rules.made, row)
            row = self.transaction.row(row.key) or row
        once, later = rules.once, rules.later
        if (once or later) and not (once | later.keys()).isdisjoint(row.record):
            kept = {name: value for name, value in row.record.items() if name not in once}
            for name in later.keys() & kept.keys():
                kept[name] = later[name](kept[name])
            self.transaction.replace(row.key, kept)
        return row

    def come(self, made: Callable[[Acting, Row], object], row: Row) -> None:
        """Do what comes of a thing that is made."""
        made(self, row)

    def add_sent(self, many: Many, record: Record, founder: Founder | None = None) -> Row:
        """As ``add``, of what a body says: it has to go with what else is there.

        ``founder``: gives the id of whom a token names who makes it, empty where it names nobody,
        and what leads to them, where that is not as it is declared.
        """
        type_ = type_said(self.world, record, many.type)
        self._check_home(many, type_)
        rules = self.world.rules(type_)
        if rules.suits:
            self._check_suits(type_, record, None)
        again = rules.again
        known = {**self._taken_over(type_, record), **record} if again else record
        for path, names in again.items():
            there = self._made_before(many, type_, path, value_at(known, path))
            if there is not None:
                changes = {name: record[name] for name in names & record.keys()}
                return self.change(self.way(()).place_of(there), changes) if changes else there
        if rules.reused is not None:
            meant = rules.reused(record, self.others)
            same = self.lookup.find(many.containers[0], "id", meant, None) if meant else None
            if same is not None:
                return same
        self._is_sent = True
        try:
            row = self.add(many, record)
        finally:
            self._is_sent = False
        if founder is not None and (rules.founded or rules.founded_with):
            person, navigation = founder(rules)
            founded = rules.founded or (lambda _: "")
            self._found(row, navigation or founded(row.record), person)
        return row

    def _check_home(self, many: Many, type_: PublishedType) -> None:
        """Raise GraphError (400) for what is of no kind that lives anywhere: to post a link where
        things are made, without ``$ref``, made something that was neither.
        """
        if len(many.containers) == 1:
            return
        if not any(self.world.type_in(each) in type_.chain for each in many.containers):
            said = f"A {short(type_.name)} is not made here: '@odata.type' says of which kind it is"
            raise bad_request(f"{said}; what is there is linked by a POST to /$ref.", TYPE)

    def _made_before(self, many: Many, type_: PublishedType, path: str, value: Any) -> Row | None:
        """What is there with a value by which what is made is the same."""
        owner = 0 if many.owner is None else many.owner.stored
        if not value or not owner:
            return None
        ignores = ignores_case(self.world.rules(type_), path.rpartition("/")[2])
        key = str(value).casefold() if ignores else value
        return next(iter(self.rows_having(self.home(many, type_), owner, path, key)), None)

    def _found(self, row: Row, navigation: str, person: str) -> None:
        """Link a new thing to who makes it, where nothing is linked there."""
        founder = self.found(("users", "servicePrincipals"), person) if person else None
        place = self.way(()).member_of(row, navigation) if navigation and founder else None
        if founder is None or not isinstance(place, Many) or place.relation is None:
            return
        if not self.transaction.targets(place.relation, row.key):
            self.link(place, founder.key)

    def put_sent(self, one: One, changes: Record) -> Row:
        """As ``put``, in the same way."""
        self._check_suits(one.type, {**one.record, **changes}, one.record)
        with self._sent():
            return self.put(one, changes)

    def replace_sent(self, one: One, record: Record) -> Row:
        """As ``replace``, in the same way."""
        self._check_suits(one.type, record, None)
        with self._sent():
            return self.replace(one, record)

    @contextmanager
    def _sent(self) -> Iterator[None]:
        """Take what is made for what a body says."""
        self._is_sent = True
        try:
            yield
        finally:
            self._is_sent = False

    def check(self, one: One, record: Record, beneath: Record | None) -> None:
        """Raise GraphError for a record that could not be made where a path says its name."""
        container = one.place.containers[0]
        owner = 0 if one.place.owner is None else one.place.owner.stored
        making = self._making(one.type, record, None, owner, container, beneath=beneath)
        for check in self.world.rules(one.type).checks:
            check(making)

    def settle(self) -> None:
        """End the write with what follows from it. Raises GraphError for what cannot be."""
        for container, follow in self.world.declared.follows:
            if self.transaction.has_changed(container):
                for old, new in self.transaction.changed(container):
                    follow(self, old, new)
        self.world.declared.settle(self.transaction, self._instant)

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
                whole = {"id": row.record["id"], **twin(row.record, self.others)}
                made = self.completed(self.world.type_in(container), whole, None, 0, container)
                row = self.transaction.insert(container, made)
                self._touch(self.world.rules(self.world.type_in(container)), row.key, None)
            else:
                place = self.way(()).place_of(other)
                said = twin(row.record, self.others)
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

    def relate(self, row: Row, related: Mapping[str, Any]) -> None:
        """Give a thing what a body has of other things: the things themselves, or their URLs."""
        for name, value in related.items():
            navigation = name.partition(BIND)[0]
            place = self.way(()).member_of(row, navigation)
            for item in value if isinstance(value, list) else [value]:
                if name != navigation or REFERENCE in (item or ()):
                    url = item if name != navigation else item[REFERENCE]
                    one = self._references.find(self.lookup, url, name, self.provide)
                    self._bind(place, one, navigation)
                elif item is not None:
                    self._put_inline(place, item, navigation)

    def _put_inline(self, place: Place, record: Record, navigation: str) -> None:
        """Put what a body has of another thing: what lives elsewhere is linked where it is there.

        Raises GraphError (404) for one that a body only names, or that is not made in passing.
        """
        many = place.place if isinstance(place, One) else place
        row = None
        if many.relation is not None:
            row = self.way(()).meant(many, record) or self._kept_apart(many, record)
        if row is not None:
            self._bind(place, self.way(()).place_of(row), navigation)
            return
        key = many.type.key or "id"
        if many.relation is not None and (record.keys() <= {key, TYPE} or _is_apart(many.type)):
            words = self.world.declared.workload([many.type]).words
            sought = record.get(key) or next(iter(record.values()), navigation)
            raise words.not_found(short(many.type.name), str(sought))
        there = self._overwritten(place, record) if isinstance(place, Many) else None
        if there is not None:
            self.change(self.way(()).place_of(there), record)
            return
        if self._is_sent and (isinstance(place, Many) or place.row is None):
            self._check_inline(many, record)
        self.put(place, record)

    def _overwritten(self, many: Many, record: Record) -> Row | None:
        """What is there with the key of what a body has, where that is to be changed."""
        key = many.type.key or "id"
        if not self.world.rules(many.type).overwrites or many.owner is None:
            return None
        form, said = self.world.rules(many.type).written.get(key), record.get(key)
        sought = said if form is None or said is None else form(said)
        return self.lookup.find(many.containers[0], key, sought, self.stored(many.owner))

    def _check_inline(self, many: Many, record: Record) -> None:
        """Raise GraphError for a thing in a body that could not be made by itself."""
        type_ = type_said(self.world, record, many.type)
        words = self.world.declared.workload([type_]).words
        check_new(words, self.world.rules(type_), record)
        check_kind(words, self.world.rules(type_), record)

    def _kept_apart(self, many: Many, record: Record) -> Row | None:
        """What a body means by its key of what several things contain; None where two have it."""
        key = many.type.key or "id"
        if record.get(key) is None:
            return None
        names = [name for name in many.containers if "/" in name]
        rows = [row for name in names for row in self.transaction.all_of(name)]
        found = [row for row in rows if has_keys(row, {key: record[key]})]
        return found[0] if len(found) == 1 else None

    def _in_values(self, type_: PublishedType, record: Record) -> Record:
        """A record with the keys of what URLs mean in the objects that are its properties."""
        into = self.world.bound_inside(type_)
        if into.isdisjoint(record):
            return record
        return {n: self._in_value(value, n) if n in into else value for n, value in record.items()}

    def _in_value(self, value: Any, name: str) -> Any:
        if isinstance(value, list):
            return [self._in_value(each, name) for each in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {REFERENCE}:
            one = self._references.find(self.lookup, value[REFERENCE], name, self.provide)
            key = one.type.key or "id"
            return {key: one.record[key]}
        return dict(self._in_object(name, inner) for name, inner in value.items())

    def _in_object(self, name: str, value: Any) -> tuple[str, Any]:
        """What an object has under a name; of URLs that it binds, what they lead to."""
        navigation, bound, _ = name.partition(BIND)
        if not bound:
            return name, self._in_value(value, name)
        links = [self._in_value({REFERENCE: url}, name) for url in _listed(value)]
        return navigation, links if isinstance(value, list) else links[0]

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
        for name in self.world.rules(place.type).renewed & related.keys():
            self._empty(row, name)
        self.relate(row, related)
        return row

    def _empty(self, row: Row, navigation: str) -> None:
        """Delete what a navigation property of a thing leads to."""
        many = self.way(()).member_of(row, navigation)
        assert isinstance(many, Many)
        self.transaction.delete(*(each.key for each in rows_in(self.lookup, many)))

    def _add(self, many: Many, record: Record, related: Mapping[str, Any]) -> Row:
        if many.question is not None:
            raise many.question.refusal
        owner = 0 if many.owner is None else self.stored(many.owner)
        about = many.owner.record if many.owner is not None else None
        type_ = type_said(self.world, record, many.type)
        check_asked(self.world, type_, record)
        container = self.home(many, type_)
        if owner and container != PROVIDED:
            self._provide(owner, container)
        elif not owner:
            self.say_itself(container)
        said = many.said.listed if many.beneath is None else None
        listed = self._resolved(said, owner) if said else {}
        fixed = self._fixed(many)
        kinds = [name for name, value in many.said.where.items() if value is ANY]
        if kinds:
            record = self._of_kind(kinds, type_, record)
        if many.said.firm:
            self._check_firm(type_, record, fixed)
        if listed or fixed:
            record = put_at({**listed, **record}, fixed)
        if many.said.within is not None:
            record = many.said.within.put(record, dict(many.about))
        beneath = None if many.beneath is None else many.beneath.record
        whole = self.completed(
            type_, record, about, owner, container, related=related, beneath=beneath
        )
        if self.world.type_in(container).name == type_.name:
            whole.pop(TYPE, None)
        else:
            whole = {TYPE: f"#{type_.name}", **whole}
        rules = self.world.rules(type_)
        if rules.soft_deleted:
            self._check_hidden(type_, record, container)
        if rules.alone:
            there = self.transaction.rows_of(container, [owner])
            before = [
                row.key for row in there if self.world.type_of(row.record, container) is type_
            ]
            self.transaction.delete(*before)
        row = self._inserted(type_, lambda: self.transaction.insert(container, whole, owner))
        self._touch(rules, row.key, None)
        if many.relation is not None:
            self.link(many, row.key)
        return row

    def _of_kind(self, kinds: Sequence[str], type_: PublishedType, record: Record) -> Record:
        """A record that is found where it is made: what a seed does not say of its kind is there,
        a body has to. Raises GraphError.
        """
        lacking = [name for name in kinds if record.get(name) is None]
        if lacking and not self.plants:
            words = self.world.declared.workload([type_]).words
            raise words.required(short(type_.name), lacking)
        return {**record, **{name: {} for name in lacking}}

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
        if not record.get(key):
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

    def stored(self, one: One) -> Key:
        """The key of a thing, which is stored first where it was only there anyway."""
        if one.row is None:
            planned = one.plan if one.start is None else one.start
            one.row = self.add(one.place, dict(one.record if planned is None else planned))
            self.lagging.discard(one.row.key)  # all have always seen it
        if one.adopts:
            row = self.transaction.row(one.row.key) or one.row
            one.row = self.transaction.replace(row.key, {**row.record, **one.adopts})
            one.adopts = None
        return one.row.key

    def change(self, one: One, changes: Record) -> Row:
        """Change properties of a thing."""
        key, record = self.stored(one), one.record
        rules = self.world.rules(one.type)
        changes = self._in_values(one.type, changes)
        check_asked(self.world, one.type, changes)
        merged = {
            name: blended(record.get(name), value, rules.merged, name)
            for name, value in changes.items()
            if name != TYPE
        }
        whole = {**record, **merged} if rules.extended is None else joined(record, merged)
        if MODIFIED in self.world.times(one.type) and MODIFIED not in changes:
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
        set_anew(rules, making, changes)
        keep_forms(rules, whole)
        self._set_aside(rules, whole)
        changed = self._inserted(one.type, lambda: self._renamed(one, whole))
        self._touch(rules, key, record)
        if changed.record.get("id") != record.get("id"):
            self._take_along(rules, changed, str(record.get("id")))
        if rules.altered is not None:
            rules.altered(self, changed, record)
            changed = self.transaction.row(key) or changed
        self.note("change", one.type, changed.record, record)
        return changed

    def _renamed(self, one: One, record: Record) -> Row:
        """Put a record in the place of a thing's, whose name may be taken. Raises KeyTaken."""
        rules, key = self.world.rules(one.type), self.stored(one)
        try:
            return self.transaction.replace(key, with_keys(record, rules.together))
        except KeyTaken as error:
            if self.conflict == FAIL or rules.conflicts is None:
                raise
            name, container = rules.conflicts, self.transaction.container_of(key)
            owner = one.row.owner if one.row is not None else 0
            if self.conflict == RENAME:
                for free in numbered(record[name]):
                    with suppress(KeyTaken):
                        whole = with_keys({**record, name: free}, rules.together)
                        return self.transaction.replace(key, whole)
            other = self.lookup.find(container, error.name, error.value, owner)
            if other is None or "folder" in other.record or "folder" in record:
                raise
            self.delete(self.way(()).place_of(other))
            return self.transaction.replace(key, record)

    def fill(self, row: Row, stream: str, data: bytes, media_type: str) -> Row:
        """Give a thing bytes, as a stream of that name."""
        return self.fill_with(row, stream, self.kept(data), media_type)

    def kept(self, data: bytes | Spooled) -> Content:
        """Bytes that are kept, to fill a thing with."""
        name = self.transaction.keep(data)
        return self.transaction.content(name, None if isinstance(data, Spooled) else data)

    def fill_with(self, row: Row, stream: str, content: Content, media_type: str) -> Row:
        """As ``fill``, with bytes that are kept already."""
        record = row.record
        one = self.way(()).place_of(row)
        changes: Record = {
            BYTES: {**record.get(BYTES, {}), stream: content.name},
            MEDIA: {**record.get(MEDIA, {}), stream: media_type},
        }
        rules = self.world.rules(one.type)
        suit = rules.suited.get(stream)
        if rules.filled is not None or suit is not None:
            above = self.transaction.row(row.owner) if row.owner else None
            owner = {} if above is None else above.record
            given = Filled(record, stream, content, media_type, owner)
            if suit is not None:
                suit(given)
            if rules.filled is not None:
                changes |= rules.filled(given)
        return self.change(one, changes)

    def touch_owner(self, row: Row) -> None:
        """Make another version of what contains a thing, where the type of that says so."""
        if not row.owner:
            return
        container = self.transaction.container_of(row.key)
        if not self.world.rules(self.world.type_in(container)).touches:
            return
        above = self.lookup.row(row.owner)
        if above is not None:
            self.change(self.way(()).place_of(above), {})

    def touch(self, row: Row) -> None:
        self.change(self.way(()).place_of(row), {})

    def give(self, row: Row, navigation: str, record: Record) -> Row:
        return self.put(self.way(()).member_of(row, navigation), record)

    def put_at(self, path: str, record: Record) -> Row:
        return self.put(self.way(self._references.segments(path)).located().place, record)

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
            words = self.world.declared.workload([one.type]).words
            if row is None and at == value_at(new, path):
                raise words.not_found(rules.name, str(at))
            if at in seen:
                raise GraphError(400, words.bad, "Nothing can be put into itself.", path)
            seen.add(at)
            at = None if row is None else value_at(row.record, path)

    def home(self, many: Many, type_: PublishedType) -> str:
        """Of the containers that a collection has the things of, the one for a type."""
        if len(many.containers) == 1:
            return many.containers[0]
        for base in type_.chain:
            for container in many.containers:
                if self.world.type_in(container) is base:
                    return container
        return many.containers[0]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_apart(type_: PublishedType) -> bool:
    """Whether its things are made on their own alone, as users, groups and sites are."""
    return any(short(each.name) in ("directoryObject", "site") for each in type_.chain)


def parted(type_: PublishedType, record: Record) -> tuple[Record, dict[str, Any]]:
    """What of a record is its own, and what it has of other things, inline or as URLs."""
    if record.keys() <= type_.properties.keys():  # nearly always
        return record, {}
    related = {
        name: value
        for name, value in record.items()
        if name not in type_.properties
        and isinstance(type_.member(name.partition(BIND)[0]), NavigationProperty)
    }
    if not related:
        return record, related
    return {name: value for name, value in record.items() if name not in related}, related
