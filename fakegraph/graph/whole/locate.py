"""Locate: from the segments of a path to the place in a store that they lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from fakegraph.dataclass import dataclass
from fakegraph.edm.published import PublishedType, Root
from fakegraph.edm.types import NavigationProperty
from fakegraph.errors import GraphError
from fakegraph.graph import refusals
from fakegraph.graph.elsewhere import NOT_SERVED
from fakegraph.graph.resource_path import Segment
from fakegraph.graph.shapes import Shape, Step
from fakegraph.graph.whole.collections import Part, Several, Together
from fakegraph.graph.whole.finding import OF_APP, Me, Provide, has, has_keys, unprovided
from fakegraph.graph.whole.lookup import Lookup
from fakegraph.graph.whole.navigating import Navigator, through
from fakegraph.graph.whole.places import Many, One, Place, Rows, UnstoredRow, worked_out
from fakegraph.graph.whole.records import put_at, value_at
from fakegraph.graph.whole.unfolding import unfolded
from fakegraph.graph.whole.world import World, stable_id
from fakegraph.quoting import parts_of
from fakegraph.store import Key, Record, Row
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.handed import Reading, Unfold, folded_id
from fakegraph.workloads.operations import Marked, Thing

_PROPERTIES = frozenset({"property", "stream"})


@dataclass(frozen=True, slots=True)
class Located:
    """A place, and the names of the properties that the path goes on with behind it."""

    place: Place
    properties: tuple[str, ...] = ()

    @property
    def one(self) -> One:
        assert isinstance(self.place, One)
        return self.place

    @property
    def many(self) -> Many:
        assert isinstance(self.place, Many)
        return self.place


Operate = Callable[["Way", Place, Segment], Any]
"""Gives what a function gives that a path names, called on a place."""


def refuse(way: Way, place: Place, segment: Segment) -> Any:
    """Raise GraphError (501): nothing here calls operations."""
    raise not_built(segment.shape, segment.shape.template)


def locate(
    world: World,
    lookup: Lookup,
    segments: Sequence[Segment],
    me: Me,
    provide: Provide = unprovided,
) -> Located:
    """What the segments of a path lead to. Raises GraphError (404) for what is not on the way."""
    return Way(world, lookup, me, segments, provide).located()


class Way(Navigator):
    """The way along the segments of one path."""

    operate: Operate = staticmethod(refuse)
    """Calls the functions that the path names."""

    select: Callable[[], tuple[str, ...]] = staticmethod(tuple)
    """Gives the names that the query selects."""

    around: Callable[[Row], Reading] | None = None
    """Gives a row with what is around it, where something is read."""

    reads = False
    """Whether a client reads what it leads to: a set may then be listed as something else."""

    making = False
    """Whether the last thing may be one that is made by what is asked."""

    def leave(self) -> None:
        """Forget who goes along it: what was found knows the way, and must not lead back there."""
        for name in ("operate", "select", "around"):
            vars(self).pop(name, None)

    def called(self) -> Any:
        """What the function at the end of the path gives."""
        return self.operate(self, self.located().place, self.segments[-1])

    def located(self) -> Located:
        """What the path leads to; of an operation at its end, what that is called on."""
        place: Place | None = None
        properties: list[str] = []
        for segment in self.segments:
            shape = segment.shape
            if shape.step is Step.OPERATION and segment is self.segments[-1]:
                continue
            if shape.step is Step.END:
                continue
            if properties and isinstance(shape.declared, NavigationProperty):
                place = self._in_value(place, properties, shape.declared)
                properties = []
            elif properties and shape.step is Step.CAST:
                self._check_value(place, properties, segment)
            elif properties or shape.kind in _PROPERTIES:
                properties.append(self._property(place, segment, properties))
            else:
                place = self.step(place, segment)
        assert place is not None
        return Located(place, tuple(properties))

    def step(self, place: Place | None, segment: Segment) -> Place:
        """The place that a segment leads to from another. Raises GraphError (404)."""
        step = segment.shape.step
        if step is Step.ROOT:
            return self._root(segment)
        if step is Step.KEY:
            assert isinstance(place, Many)
            one = self._item(place, segment.keys)
            return one if one.row is not None else self._by_name(place, one)
        assert place is not None
        if step is Step.CAST:
            return self._cast(place, segment)
        if step is Step.BY_PATH:
            assert isinstance(place, One)
            return self._by_path(place, segment)
        if step is Step.OPERATION:
            return self._result(place, segment)
        assert isinstance(place, One)
        place.check()
        member = self._member(place, segment.name)
        if member.many is not segment.shape.many:  # what several heirs have, one of another kind
            why = f"'{place.key}' is a {place.type.name}: /{place.type.name} before it says that."
            raise refusals.not_found(segment.name, why)
        return self._navigation(place, member)

    def _result(self, place: Place, segment: Segment) -> Place:
        """What a function in the middle of a path gives."""
        shape = segment.shape
        if not isinstance(shape.type, PublishedType) or not shape.type.is_entity:
            raise not_built(shape, shape.template)
        result = self.operate(self, place, segment)
        key = shape.type.key or "id"
        rows = [
            row_of(self.lookup.row, each) for each in (result if shape.many else [result]) if each
        ]

        def get(keys: Mapping[str, Any]) -> Row | None:
            return next((row for row in rows if row.record.get(key) == keys.get(key)), None)

        name = segment.name
        built = None if shape.operation is None else self.world.declared.operation(shape.operation)
        said = (built and built.lists) or Navigation(name)
        many = Many(shape.type, said, (), get, lambda: Several(rows), computed=True)
        if shape.many:
            return many
        if rows and rows[0].key:
            return self.place_of(rows[0])
        missing = partial(self._missing, shape.type, name)
        return One(shape.type, rows[0] if rows else None, many, name, missing)

    def _property(self, place: Place | None, segment: Segment, before: Sequence[str]) -> str:
        """The name of a property, as the thing that is there has it."""
        assert isinstance(place, One)
        if not self.making:
            place.check()
        if before or segment.shape.step is Step.UNDECLARED:
            return segment.name
        member = place.type.member(segment.name)
        if member is None:
            raise self._nothing(place, segment.name)
        return member.name

    def _check_value(self, place: Place | None, names: Sequence[str], segment: Segment) -> None:
        """Raise GraphError (404) for an object that is not of the type that a path says."""
        assert isinstance(place, One)
        cast = segment.shape.type
        assert isinstance(cast, PublishedType)
        value = value_at(place.record, "/".join(names)) if place.there else None
        type_ = self.world.type_said(value) if isinstance(value, dict) else None
        if type_ is not None and not type_.is_heir_of(cast):
            raise self._missing(cast, names[-1])

    def _root(self, segment: Segment) -> Place:
        root = segment.shape.declared
        assert isinstance(root, Root)
        assert isinstance(root.type, PublishedType)
        self._root_name, self.path = root.name, []
        said = self.world.declared.navigation(root.name)
        if root.name == "me":
            self._root_name = "users"
            return self._user(self._set("users", root.type))
        if said.same is not None:
            return self.elsewhere(said.same)
        if self.reads and said.listed_as and len(self.segments) == 1:
            return self.elsewhere(said.listed_as)
        if root.many:
            return self._set(root.name, root.type)
        return self._single(self._contained(root.name, root.type, said, None), provided=True)

    def elsewhere(self, path: str) -> Place:
        """What another path of names leads to: ``me/drive``."""
        first, *names = path.split("/")
        if first == "me":
            at: Place = self._user(self.set_of("users"))
            self._root_name = "users"
        else:
            root = self.world.model.root(first)
            assert root is not None
            assert isinstance(root.type, PublishedType)
            said = self.world.declared.navigation(first)
            at = self._single(self._contained(first, root.type, said, None), provided=True)
            self._root_name = first
        for name in names:
            assert isinstance(at, One)
            at = self._navigation(at, self._member(at, name))
        return at

    def _user(self, users: Many) -> One:
        """Who is signed in: there, whether or not anybody made that user."""
        known = self.me()
        found = self._item(users, {"id": known["id"]})
        if found.row is None and "userPrincipalName" in known:
            found = self._item(users, {"userPrincipalName": known["userPrincipalName"]})
        if found.row is None:
            if is_deleted(self.world, self.lookup, known):
                raise found.missing()
            found.start = {**known}
        return found

    def _set(self, name: str, type_: PublishedType) -> Many:
        said = self.world.declared.navigation(name)
        containers = self.world.union(said.home or name)
        self._provide(None, name)
        return Many(
            type_,
            said,
            containers,
            get=lambda keys: self._find(containers, type_, keys, None),
            rows=lambda: self._all(containers),
        )

    def set_of(self, name: str) -> Many:
        """The entity set of that name."""
        root = self.world.model.root(name)
        assert root is not None
        assert isinstance(root.type, PublishedType)
        return self._set(name, root.type)

    def _all(self, containers: Sequence[str]) -> Rows:
        found = [self._store.container(name) for name in containers]
        return found[0] if len(found) == 1 else Together(found)

    def _below_host(self, one: One, name: str, segment: Segment) -> One:
        """What has its place below the host that something is at: ``https://HOST/a/b``."""
        at = parts_of(str(one.record.get(name)))
        host = (at and at.hostname) or one.key.partition(",")[0]
        path = "/".join(map(quote, segment.path))
        return self._item(self.set_of("sites"), {name: f"https://{host}/{path}"})

    def _item(self, many: Many, keys: Mapping[str, Any]) -> One:
        self.path = self.path if many.owner is not None and many.relation is None else []
        word = next(iter(keys.values()))
        sought = many.said.words.get(str(word).lower()) if len(keys) == 1 else None
        if sought is not None and str(word).lower() in many.said.of_apps:
            sought = {**sought, OF_APP: self.app}
        row = many.get(keys)
        if row is None and sought is not None:
            row = self._first(many, sought)
        if row is None and many.said.offered:
            other = self._offered(many, str(word))
            if other is not None:
                return other
        if row is None and len(keys) == 1:
            other = self.derived(many, str(word))
            if other is not None:
                return other
        if row is None and many.said.reached is not None:
            record = many.said.reached(Looks(self), str(word), _as_row(many.owner))
            if record is not None:
                return worked_out(many, record, many.type.key or "id")
        if row is None and many.said.unfolds is not None:
            other = self._unfolded(many, many.said.unfolds, keys)
            if other is not None:
                return other
        type_ = self._type_at(many, row)
        by_id = not keys or (type_.key or "id") in keys
        return One(
            type_, row, many, str(word), lambda: self._missing(type_, str(word), by_id=by_id), keys
        )

    def _unfolded(self, many: Many, unfold: Unfold, keys: Mapping[str, Any]) -> One | None:
        """What is listed there although nothing is stored of it, where something is read."""
        if self.around is None or many.said.parameters:
            return None  # without what the query says besides nothing is listed
        found = unfolded(many, many.rows(), {}, unfold, self._store, self.around)
        rows = (row for row in found if isinstance(row, UnstoredRow) and has_keys(row, keys))
        return next((row.one for row in rows), None)

    def derived(self, many: Many, key: str) -> One | None:
        """What is worked out of another thing of a collection, of which nothing is stored."""
        derived = self.world.rules(many.type).derived
        parent_id = None if derived is None else derived.parent(key)
        if derived is None or parent_id is None or many.computed:
            return None
        if derived.of:
            parent = self.lookup.find(derived.of, "id", parent_id, None)
        else:
            owner = None if many.owner is None else many.owner.stored
            parent = self._find(many.containers, many.type, {"id": parent_id}, owner)
        record = None if parent is None else derived.record(parent.record, key)
        if record is None:
            return None
        beneath = many.beneath
        seen = (
            {} if beneath is None else {o: self._seen(beneath, at) for o, at in many.view.items()}
        )
        name = many.type.key or "id"
        return worked_out(many, record, name) if has(Row(0, record), seen) else None

    def _led(self, one: One, member: NavigationProperty, said: Navigation) -> Place:
        row = self.lookup.row(one.record[said.led])
        assert row is not None
        self._root_name, self.path = self.lookup.container_of(row.key), []
        if not member.many:
            return self.place_of(row)
        type_, owner, id_ = self._type_of(row), self.lookup.row(row.owner), row.record["id"]
        assert owner is not None
        whole = self._contained(self._root_name, type_, Navigation(said.name), self.place_of(owner))
        lies_in = self.world.rules(type_).lies_in

        def get(keys: Mapping[str, Any]) -> Row | None:
            found = at = whole.get(keys)
            seen: set[Key] = set()
            while at is not None and at.record["id"] != id_ and at.key not in seen:
                seen.add(at.key)
                at = whole.get({"id": value_at(at.record, lies_in or "")})
            return None if at is None or at.key in seen else found

        def rows() -> Rows:
            words = self.world.declared.workload([type_]).words
            why = f"'{said.name.rpartition('/')[2]}' cannot be listed: what is in it has a key."
            raise GraphError(400, words.bad, why)

        return replace(whole, get=get, rows=rows)

    def _offered(self, many: Many, key: str) -> One | None:
        """What is there by a word although nobody made it."""
        offered = many.said.offered.get(key.lower())
        if offered is None:
            return None
        about: Record = {} if many.owner is None else many.owner.record
        names, call = many.said.of_apps.get(key.lower(), ((), str))
        place: Place = many
        for name in filter(None, many.said.offered_in.split("/")):
            one = many.owner if place is many else place
            assert isinstance(one, One)
            if names and place is not many:
                one = self._offered_along(one, names, about)
            place = self._navigation(one, self._member(one, name))
        assert isinstance(place, Many)
        word = key.lower()
        if names:
            by = self.world.rules(many.type).by_path[1]
            name = call(self._app_name())
            if place.get({by: name}) is not None:  # another application is called so
                name = f"{name} {self.app}"
            offered = {**offered, by: name, OF_APP: self.app}
            word = f"{word}{self.app}"
        if "id" in offered and place.get({"id": offered["id"]}) is not None:
            return self._item(place, {"id": offered["id"]})
        if not names and (there := self._namesake(place, offered)) is not None:
            return there
        id_ = self._offered_id(many, word, about)
        return self._provided(place, key, {"id": id_, **offered})

    def _namesake(self, place: Many, offered: Mapping[str, Any]) -> One | None:
        """What somebody made already where a thing is offered, of its name and its kind."""
        by = self.world.rules(place.type).by_path
        row = place.get({by[1]: offered[by[1]]}) if by and by[1] in offered else None
        kinds = (name for name, value in offered.items() if value == {})
        if row is None or any(kind not in row.record for kind in kinds):
            return None
        found = self._item(place, {by[1]: offered[by[1]]})
        found.adopts = {name: offered[name] for name in offered if name not in row.record}
        return found

    def _offered_along(self, one: One, names: Iterable[str], about: Record) -> One:
        """What names lead to from a thing, whether or not anybody made it."""
        rules = self.world.rules(one.type)
        navigation, by = rules.by_path
        for name in names:
            many = self._navigation(one, self._member(one, navigation))
            assert isinstance(many, Many)
            found = self._item(many, {by: name})
            if found.row is None:
                id_ = self._offered_id(many, name, about)
                found = self._provided(many, name, {"id": id_, by: name, **rules.on_the_way})
            one = found
        return one

    def _app_name(self) -> str:
        """What the application that asks is called; empty where none does."""
        homes = (("servicePrincipals", "appId"), ("applications", "appId")) if self.app else ()
        rows = (self.lookup.find(home, name, self.app, None) for home, name in homes)
        named = next(filter(None, rows), None)
        return self.app if named is None else str(named.record.get("displayName") or self.app)

    def _offered_id(self, many: Many, word: str, about: Record) -> str:
        """Its id, before it is made and from then on."""
        id_ = stable_id(str(about.get("id")), many.said.name, word)
        form = self.world.rules(many.type).identified
        return id_ if form is None else form(id_, about)

    def _provided(self, many: Many, key: str, record: Record) -> One:
        """A thing that is there although nobody made it."""
        beneath = many.beneath.record if many.beneath is not None else {}
        seen = {own: value_at(beneath, at) for own, at in many.view.items()}
        start = put_at(record, {**many.fixed, **seen})
        missing = partial(self._missing, many.type, key)
        type_ = self.world.type_said(start) or many.type
        return One(type_, None, many, key, missing, start=start, plan=start)

    def _by_path(self, one: One, segment: Segment) -> One:
        """What ``:/a/b:`` leads to, name by name; what is not there has a plan to be made."""
        rules = self.world.rules(one.type)
        if not rules.by_path:
            raise not_built(segment.shape, segment.shape.template)
        navigation, name = rules.by_path
        if not navigation:
            return self._below_host(one, name, segment)
        return self.along(one, segment.path)

    def _by_name(self, many: Many, one: One) -> One:
        """What a key that is no id names, as ``:/a.txt:`` does: ``children/a.txt``."""
        rules = self.world.rules(many.type)
        if rules.by_path[:1] != (many.said.name.rpartition("/")[2],) or one.start is not None:
            return one
        return self._named(many, one.key)

    def _named(self, many: Many, name: str) -> One:
        rules = self.world.rules(many.type)
        one = self._item(many, {rules.by_path[1]: name})
        one.plan = {rules.by_path[1]: name, **rules.on_the_way}
        return one

    def along(self, one: One, names: Iterable[str]) -> One:
        """What names lead to, one after the other, from a thing of a type that goes by them."""
        navigation = self.world.rules(one.type).by_path[0]
        for each in names:
            many = self._navigation(one, self._member(one, navigation))
            assert isinstance(many, Many)
            one = self._named(many, each)
        return one

    def _cast(self, place: Place, segment: Segment) -> Place:
        cast = segment.shape.type
        assert isinstance(cast, PublishedType)
        if isinstance(place, One):
            if place.row is not None and not place.type.is_heir_of(cast):
                raise self._missing(cast, place.key)
            return place

        def fits(row: Row) -> bool:
            return self._type_at(whole, row).is_heir_of(cast)

        whole = place

        def get(keys: Mapping[str, Any]) -> Row | None:
            row = whole.get(keys)
            return row if row is not None and fits(row) else None

        return Many(
            cast,
            whole.said,
            whole.containers,
            get,
            rows=lambda: Part(whole.rows(), fits),
            owner=whole.owner,
            source=whole.source,
            relation=whole.relation,
            backwards=whole.backwards,
            fixed=whole.fixed,
            computed=whole.computed,
            has=lambda row: whole.has(row) and fits(row),
            lists=lambda row: whole.lists(row) and fits(row),
            goes_by=whole.goes_by,
        )


class Looks:
    """``handed.Looking``, on the way along a path."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self.row = way.lookup.row
        self.find = way.lookup.find
        self.equal = way.lookup.equal
        self.owned = way.lookup.owned
        self.container_of = way.lookup.container_of

    @property
    def selected(self) -> tuple[str, ...]:
        return self._way.select()

    def link(self, row: Row, stream: str) -> str:
        around = self._way.around
        return "" if around is None else around(row).download(stream)

    def linked(self, relation: str, row: Row) -> Iterable[Row]:
        return self._way.lookup.ends(relation, row.key, backwards=False)

    def along(self, row: Row, names: Iterable[str]) -> Row | None:
        return self._way.along(self._way.place_of(row), names).row


def _as_row(one: One | None) -> Row | None:
    """What contains a collection, though it need not be stored."""
    if one is None or one.row is not None or not one.there:
        return None if one is None else one.row
    return Row(0, one.record)


def row_of(find: Callable[[Key], Row | None], thing: Any) -> Row:
    """The row of a thing that an operation gave, which may be deleted; a record that is stored
    nowhere gets one.
    """
    if isinstance(thing, Thing):
        return find(thing.key) or Row.of(thing.key, thing.record, 0)
    if isinstance(thing, Marked):
        row = row_of(find, thing.thing)
        return Row.of(row.key, {**row.record, **thing.marks}, row.owner)
    return Row(0, thing)


def rows_in(lookup: Lookup, many: Many) -> Iterator[Row]:
    """What is in a collection that is not worked out, as a write under way sees it."""
    if many.relation is not None and many.source is not None:
        at = many.source.stored
        linked = lookup.ends(many.relation, at, backwards=many.backwards)
        if many.said.through:
            others = through(lookup, at, many.said, many.containers)
            linked = {row.key: row for row in (*linked, *others)}.values()
        yield from linked
        return
    owner = 0 if many.owner is None else many.owner.stored
    key = many.type.key or "id"
    for container in many.containers:
        for row in lookup.owned(container, owner):
            if many.get({key: row.record.get(key)}) is not None:  # no other view's
                yield row


def is_deleted(world: World, lookup: Lookup, known: Mapping[str, str]) -> bool:
    """Whether a user was deleted softly, or is not seen yet, who had one of these values."""
    user = world.type_named("user")
    unseen = (world.revived(user, row.record) for row in lookup.unseen("users"))
    return any(
        folded_id(str(record.get(name))) == folded_id(value)
        for record in unseen
        for name, value in known.items()
    )


def not_built(shape: Shape, what: str) -> GraphError:
    """The refusal of what Graph has, and nothing here does: of an operation, with its name."""
    operation = shape.operation
    named = "" if operation is None else f", which is {operation.qualified}"
    return GraphError(
        501,
        "NotImplemented",
        f"{what}{named}: Microsoft Graph has it, fakegraph does not. A test can say what it "
        "answers: POST /_fakegraph/stubs, or .stub(method, path, json=…).",
        headers=NOT_SERVED,
    )
