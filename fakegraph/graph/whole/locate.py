"""Locate: from the segments of a path to the place in a store that they lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from urllib.parse import quote, urlsplit

from fakegraph.edm.published import PublishedType, Root
from fakegraph.edm.types import NavigationProperty
from fakegraph.errors import GraphError
from fakegraph.graph import refusals
from fakegraph.graph.elsewhere import NOT_SERVED
from fakegraph.graph.resource_path import Segment
from fakegraph.graph.shapes import Shape, Step
from fakegraph.graph.whole.collections import Group, Nothing, Part, Several, Together
from fakegraph.graph.whole.lookup import InStore, Lookup
from fakegraph.graph.whole.places import Many, One, Place, Rows
from fakegraph.graph.whole.records import joined, name_of, put_at, value_at
from fakegraph.graph.whole.world import PROVIDED, World, stable_id
from fakegraph.store import Key, Record, Row
from fakegraph.workloads.declarations import ANY, Navigation, Word, folded_id, short
from fakegraph.workloads.operations import Thing

_PROPERTIES = frozenset({"property", "stream"})

Me = Callable[[], Mapping[str, str]]
"""What is known of the user who is signed in: the ``id``, and maybe the ``userPrincipalName``.

It raises GraphError where there is none."""


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

Provide = Callable[[One | None, str], None]
"""Makes what a thing, or the tenant, has in a container before anybody makes one there."""


class Unprovided(Exception):
    """What a thing has in a container before anybody makes one there is not made yet."""

    def __init__(self, owner: One | None, container: str) -> None:
        super().__init__(container)
        self.owner = owner
        self.container = container


def unprovided(owner: One | None, container: str) -> None:
    """Raise ``Unprovided``: what only reads cannot make it."""
    raise Unprovided(owner, container)


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


class Way:
    """The way along the segments of one path."""

    def __init__(
        self,
        world: World,
        lookup: Lookup,
        me: Me,
        segments: Sequence[Segment],
        provide: Provide = unprovided,
    ) -> None:
        self.world = world
        self.lookup = lookup
        self.me = me
        self.provide = provide
        self.operate: Operate = refuse
        self.segments = segments
        self._root_name = ""
        self.path: list[str] = []
        self.making = False  # whether the last thing may be one that is made by what is asked

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
            if shape.step is Step.END or (properties and shape.step is Step.CAST):
                continue
            if properties or shape.kind in _PROPERTIES:
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
            return self._item(place, segment.keys)
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
        return self._navigation(place, self._member(place, segment.name))

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
        many = Many(shape.type, Navigation(name), (), get, lambda: Several(rows), computed=True)
        if shape.many:
            return many
        if rows and rows[0].key:
            return self.place_of(rows[0])
        missing = partial(self._missing, shape.type, name)
        return One(shape.type, rows[0] if rows else None, many, name, missing)

    def member_of(self, row: Row, name: str) -> Place:
        """What a navigation property of a row leads to."""
        one = self.place_of(row)
        container = self.lookup.container_of(row.key)
        self._root_name, self.path = container, []
        return self._navigation(one, self._member(one, name))

    def led_from(self, one: One, name: str) -> Place:
        """What a navigation property of a thing leads to, of which nothing need be stored."""
        return self._navigation(one, self._member(one, name))

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

    # Roots ------------------------------------------------------------------------------------

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
            return self._elsewhere(said.same)
        if root.many:
            return self._set(root.name, root.type)
        return self._single(self._contained(root.name, root.type, said, None), provided=True)

    def _elsewhere(self, path: str) -> Place:
        """What another path of names leads to: ``me/drive``."""
        assert path.startswith("me/")
        at: Place = self._user(self.set_of("users"))
        self._root_name = "users"
        for name in path.split("/")[1:]:
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

    @property
    def _store(self) -> Any:
        assert isinstance(self.lookup, InStore)  # only what is read is listed
        return self.lookup.store

    # Navigation -------------------------------------------------------------------------------

    def _member(self, one: One, name: str) -> NavigationProperty:
        """What the thing that is there has of that name; the walk knows only what it may be."""
        member = one.type.member(name)
        if isinstance(member, NavigationProperty):
            return member
        raise self._nothing(one, name)

    @staticmethod
    def _nothing(one: One, name: str) -> GraphError:
        why = f"'{one.key}' is a {one.type.name}, which has nothing of that name."
        return refusals.not_found(name, why)

    def _navigation(self, one: One, member: NavigationProperty) -> Place:
        said = self.world.navigation(one.type, member)
        if said.same is not None:
            other = one.type.member(said.same)
            assert isinstance(other, NavigationProperty)
            return self._navigation(one, other)
        self.path.append(member.name)
        many = self._way_to(one, member, said)
        return many if member.many else self._single(many, provided=said.provided)

    def _way_to(self, one: One, member: NavigationProperty, said: Navigation) -> Many:
        type_ = member.type
        assert isinstance(type_, PublishedType)
        name = f"{short(member.owner)}/{member.name}"
        if said.closure is not None:
            return self._closure(one, type_, said)
        if said.deleted:
            return self._deleted(type_, said)
        linked = said.linked or (self.world.is_linked(member) and not said.home)
        if not linked or said.view is not None or said.within:
            return self._contained(said.home or name, type_, said, one)
        containers = (
            (said.home,)
            if said.home
            else self.world.homes(self._root_name, "/".join(self.path), name, type_)
        )
        relations = said.inverse or (name,)
        return self._linked(one, type_, said, containers, relations, backwards=bool(said.inverse))

    def _contained(
        self, container: str, type_: PublishedType, said: Navigation, owner: One | None
    ) -> Many:
        if owner is not None and said.whole:
            return self._all_in(container, type_, said, owner)
        fixed: Mapping[str, Any] = dict(said.where)
        beneath, within = None, said.within
        if (said.view is not None or within is not None) and owner is not None:
            beneath = owner
            if beneath.there:
                seen = {own: self._seen(beneath, at) for own, at in (said.view or {}).items()}
                fixed = {**fixed, **seen}
            owner = self._owner_in(container, beneath)
        if owner is not None:
            self._provide(owner, container)
        key = 0 if owner is None else owner.stored
        containers = (container,)
        lost = beneath is not None and not beneath.there
        about = self._above(beneath) if beneath is not None and within is not None else {}

        def is_seen(row: Row) -> bool:
            return _has(row, fixed) and (within is None or within.test(row.record, about))

        @cache
        def is_listed() -> Callable[[Row], bool]:
            return self._listed(said, key) or is_seen

        def get(keys: Mapping[str, Any]) -> Row | None:
            if lost or (owner is not None and not key):
                return None
            row = self._find(containers, type_, {**fixed, **keys}, key if owner else None)
            return row if row is None or is_seen(row) else None

        def rows() -> Rows:
            if lost or (owner is not None and not key):
                return Nothing()
            whole = self._store.container(container)
            owned: Rows = whole.of(key) if owner else whole
            group = next(iter(fixed), "") if len(fixed) == 1 and within is None else ""
            if key and group in self.world.groups(container) and not said.listed:
                return Group(whole.of(key), group, fixed[group], self.world.groups(container))
            listed = self._listed(said, key)
            if listed is not None:
                owned = Part(owned, listed)
            return Part(owned, is_seen) if fixed or within is not None else owned

        constant = {path: value for path, value in said.where.items() if value is not ANY}
        everywhere = {k: v for k, v in said.listed.items() if not isinstance(v, Word)}
        return Many(
            type_,
            said,
            containers,
            get,
            rows,
            owner=owner,
            fixed=constant,
            beneath=beneath,
            view=said.view or {},
            about=about,
            has=lambda row: is_seen(row) and _has(row, everywhere),
            lists=lambda row: is_seen(row) and is_listed()(row),
            goes_by=frozenset(path.partition("/")[0] for path in (*fixed, *said.listed)),
        )

    def _all_in(self, container: str, type_: PublishedType, said: Navigation, owner: One) -> Many:
        """All that a thing has in a container."""
        self._provide(owner, container)
        key = owner.stored
        return Many(
            type_,
            said,
            (container,),
            get=lambda keys: self._found(container, type_, keys, key) if key else None,
            rows=lambda: self._store.container(container).of(key) if key else Nothing(),
            owner=owner,
        )

    def _seen(self, beneath: One, at: str) -> Any:
        """What a view goes by: a value of what the path led to, or of what contains that."""
        if at.startswith("^/"):
            return value_at(self._above(beneath), at.removeprefix("^/"))
        return value_at(beneath.record, at)

    def _above(self, one: One) -> Record:
        """The record of what contains a thing."""
        above = self._owner_of(one)
        return {} if above is None else above.record

    def _owner_in(self, container: str, one: One) -> One | None:
        """What contains the things of a container that a thing has a view of."""
        name = container.partition("/")[0]
        above = self._owner_of(one)
        if above is not None and any(short(each.name) == name for each in above.type.chain):
            return above
        return self._singleton(container) or above

    def _provide(self, owner: One | None, container: str) -> None:
        """See to it that what a thing, or the tenant, has in a container from the start is made."""
        said = self.world.declared.navigation(container)
        if not (said.given if owner is None else said.provisioned):
            return
        others = () if owner is not None or said.besides else self.lookup.owned(container, 0)
        if next(iter(others), None) is not None:
            return  # somebody has said what is there
        key = 0 if owner is None else owner.stored
        wanting = owner is not None and not key
        if wanting or self.lookup.find(PROVIDED, "id", container, key) is None:
            self.provide(owner, container)

    def _listed(self, said: Navigation, owner: Key) -> Callable[[Row], bool] | None:
        """The test of what a collection lists, None for all of it."""
        if not said.listed:
            return None
        plain = {name: value for name, value in said.listed.items() if not isinstance(value, Word)}
        others = {
            name: self._others(value, owner)
            for name, value in said.listed.items()
            if isinstance(value, Word)
        }

        def is_listed(row: Row) -> bool:
            record = row.record
            return _has(row, plain) and not any(record.get(at) in ids for at, ids in others.items())

        return is_listed

    def _others(self, word: Word, owner: Key) -> frozenset[Any]:
        """The ids of all in a container but what a word means."""
        sought = self.world.declared.navigation(word.navigation).words[word.word]
        rows = self.lookup.owned(word.navigation, owner)
        return frozenset(row.record["id"] for row in rows if not _has(row, sought))

    def _owner_of(self, one: One) -> One | None:
        """What contains a thing, as a place."""
        row = None if one.row is None else self.lookup.row(one.row.owner)
        return one.place.owner if row is None else self.place_of(row)

    def place_of(self, row: Row) -> One:
        """A row, as a place that a path could lead to."""
        container = self.lookup.container_of(row.key)
        type_ = self.world.type_of(row.record, container)
        id_ = str(row.record.get(type_.key or "id"))
        many = Many(type_, Navigation(container), (container,), lambda _: row, Nothing)
        return One(type_, row, many, id_, lambda: self._missing(type_, id_))

    def _linked(
        self,
        one: One,
        type_: PublishedType,
        said: Navigation,
        containers: tuple[str, ...],
        relations: tuple[str, ...],
        *,
        backwards: bool,
    ) -> Many:
        key = one.stored

        def is_there(row: Row | None) -> bool:
            return row is not None and (
                any(
                    self.lookup.is_linked(
                        relation, *((row.key, key) if backwards else (key, row.key))
                    )
                    for relation in relations
                )
                or any(each.key == row.key for each in self._through(key, said, containers))
            )

        def get(keys: Mapping[str, Any]) -> Row | None:
            if not keys:
                return next(iter(self.lookup.ends(relations[0], key, backwards=backwards)), None)
            row = self._find(containers, type_, keys, None)
            if is_there(row):
                return row
            ends = (self.lookup.ends(each, key, backwards=backwards) for each in relations)
            return next((row for rows in ends for row in rows if _has_keys(row, keys)), None)

        def rows() -> Rows:
            links = [self._store.links(relation) for relation in relations]
            found = [each.sources(key) if backwards else each.targets(key) for each in links]
            if said.through:
                linked = {row.key: row for each in found for row in each.scan()}
                others = self._through(key, said, containers)
                more = [row for row in others if row.key not in linked]
                return Several([*linked.values(), *more])
            return found[0] if len(found) == 1 else Together(found)

        return Many(
            type_,
            said,
            containers,
            get,
            rows,
            owner=self._singleton(containers[0]),
            source=one,
            relation=relations[0],
            backwards=backwards,
        )

    def _singleton(self, container: str) -> One | None:
        """The singleton that contains all that is in a container."""
        root = self.world.singleton(container)
        said = self.world.declared.navigation(root.name) if root is not None else None
        if root is None or said is None or said.same is not None or "/" not in container:
            return None
        assert isinstance(root.type, PublishedType)
        return self._single(self._contained(root.name, root.type, said, None), provided=True)

    def _through(self, key: Key, said: Navigation, containers: Sequence[str]) -> list[Row]:
        """What contains things that are linked to a thing."""
        found: dict[Key, Row] = {}
        for relation in said.through:
            for row in self.lookup.ends(relation, key, backwards=True):
                at = self.lookup.row(row.key)
                above = None if at is None else self.lookup.row(at.owner)
                if above is not None and self.lookup.container_of(above.key) in containers:
                    found[above.key] = above
        return list(found.values())

    def _closure(self, one: One, type_: PublishedType, said: Navigation) -> Many:
        def all_rows() -> list[Row]:
            return sorted(self._reached(one, said.closure or ""), key=lambda row: row.key)

        return Many(
            type_,
            said,
            (),
            get=lambda keys: next((row for row in all_rows() if _has_keys(row, keys)), None),
            rows=lambda: Several(all_rows()),
            computed=True,
        )

    def _deleted(self, type_: PublishedType, said: Navigation) -> Many:
        """What was deleted softly."""

        def get(keys: Mapping[str, Any]) -> Row | None:
            hidden = (row for name in said.deleted for row in self.lookup.hidden(name))
            return next((row for row in hidden if _has_keys(row, keys)), None)

        def rows() -> Rows:
            return Together([self._store.hidden(name) for name in said.deleted])

        return Many(type_, said, (), get, rows, computed=True)

    def _reached(self, one: One, closure: str) -> Iterator[Row]:
        """What links of the closure's relation lead to over any number of steps, each once."""
        name = closure.rpartition("/")[2]
        seen: set[Key] = {one.stored}
        waiting = [one]
        while waiting:
            at = waiting.pop()
            member = at.type.member(name)
            if not isinstance(member, NavigationProperty):
                continue
            said = self.world.navigation(at.type, member)
            relations = said.inverse or (f"{short(member.owner)}/{member.name}",)
            for relation in relations:
                ends = self.lookup.ends(relation, at.stored, backwards=bool(said.inverse))
                for row in ends:
                    row = self.lookup.row(row.key) or row
                    if row.key not in seen:
                        seen.add(row.key)
                        waiting.append(self.place_of(row))
                        yield row

    def _below_host(self, one: One, name: str, segment: Segment) -> One:
        """What has its place below the host that something is at: ``https://HOST/a/b``."""
        host = urlsplit(str(one.record.get(name))).hostname or one.key.partition(",")[0]
        path = "/".join(map(quote, segment.path))
        return self._item(self.set_of("sites"), {name: f"https://{host}/{path}"})

    # Things -----------------------------------------------------------------------------------

    def _item(self, many: Many, keys: Mapping[str, Any]) -> One:
        self.path = self.path if many.owner is not None and many.relation is None else []
        word = next(iter(keys.values()))
        sought = many.said.words.get(str(word).lower()) if len(keys) == 1 else None
        row = many.get(keys)
        if row is None and sought is not None:
            row = next((each for each in self._each(many) if _has(each, sought)), None)
        if row is None and many.said.offered:
            other = self._offered(many, str(word))
            if other is not None:
                return other
        type_ = many.type if row is None else self._type_of(row)
        return One(type_, row, many, str(word), lambda: self._missing(type_, str(word)), keys)

    def _offered(self, many: Many, key: str) -> One | None:
        """What is there by a word although nobody made it."""
        offered = many.said.offered.get(key.lower())
        if offered is None:
            return None
        about: Record = {} if many.owner is None else many.owner.record
        place: Place = many
        for name in filter(None, many.said.offered_in.split("/")):
            one = many.owner if place is many else place
            assert isinstance(one, One)
            place = self._navigation(one, self._member(one, name))
        assert isinstance(place, Many)
        id_ = stable_id(str(about.get("id")), many.said.name, key.lower())
        return self._provided(place, key, {"id": id_, **offered})

    def _provided(self, many: Many, key: str, record: Record) -> One:
        """A thing that is there although nobody made it."""
        beneath = many.beneath.record if many.beneath is not None else {}
        seen = {own: value_at(beneath, at) for own, at in many.view.items()}
        start = put_at(record, {**many.fixed, **seen})
        missing = partial(self._missing, many.type, key)
        return One(many.type, None, many, key, missing, start=start, plan=start)

    def _by_path(self, one: One, segment: Segment) -> One:
        """What ``:/a/b:`` leads to, name by name; what is not there has a plan to be made."""
        rules = self.world.rules(one.type)
        if not rules.by_path:
            raise not_built(segment.shape, segment.shape.template)
        navigation, name = rules.by_path
        if not navigation:
            return self._below_host(one, name, segment)
        return self.along(one, segment.path)

    def along(self, one: One, names: Iterable[str]) -> One:
        """What names lead to, one after the other, from a thing of a type that goes by them."""
        rules = self.world.rules(one.type)
        navigation, name = rules.by_path
        for each in names:
            many = self._navigation(one, self._member(one, navigation))
            assert isinstance(many, Many)
            one = self._item(many, {name: each})
            one.plan = {name: each, **rules.on_the_way}
        return one

    def _each(self, many: Many) -> Iterable[Row]:
        owner = 0 if many.owner is None else many.owner.stored
        return self.lookup.owned(many.containers[0], owner)

    def _single(self, many: Many, *, provided: bool | None) -> One:
        if many.relation is not None or (many.view and not many.said.where):
            row = many.get({})
        else:
            among = self._each(many) if _has_owner(many) else ()
            wanted = {**many.said.where, **many.said.listed}
            row = next((each for each in among if _has(each, wanted)), None)
        name = many.said.name.rpartition("/")[2]
        type_ = many.type if row is None else self._type_of(row)
        start = None
        is_there = _is_facade(type_) if provided is None else provided
        if row is None and many.relation is None and is_there:
            owner = many.owner.record if many.owner else {}
            said = many.said.start
            start = {
                "id": stable_id(str(owner.get("id")), many.said.name),
                **(said(owner) if callable(said) else said),
                **many.fixed,
            }
        return One(type_, row, many, name, lambda: self._missing(type_, name), start=start)

    def _missing(self, type_: PublishedType, key: str) -> GraphError:
        words = self.world.declared.workload([type_], self.segments[0].name).words
        return words.not_found(short(type_.name), key)

    def _type_of(self, row: Row) -> PublishedType:
        return self.world.type_of(row.record, self.lookup.container_of(row.key))

    def _cast(self, place: Place, segment: Segment) -> Place:
        cast = segment.shape.type
        assert isinstance(cast, PublishedType)
        if isinstance(place, One):
            if place.row is not None and not place.type.is_heir_of(cast):
                raise self._missing(cast, place.key)
            return place

        def fits(row: Row) -> bool:
            return self._type_of(row).is_heir_of(cast)

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

    def held(self, container: str, id_: str, owner: Key) -> Row | None:
        """The row with that id among those that a row has in a container."""
        return self._found(container, self.world.type_in(container), {"id": id_}, owner)

    def _find(
        self,
        containers: Sequence[str],
        type_: PublishedType,
        keys: Mapping[str, Any],
        owner: Key | None,
    ) -> Row | None:
        """The row with those keys in the first of the containers that has one."""
        for container in containers:
            row = self._found(container, type_, keys, owner)
            if row is not None:
                return row
        return None

    def _found(
        self, container: str, type_: PublishedType, keys: Mapping[str, Any], owner: Key | None
    ) -> Row | None:
        if owner is None and "/" in container:
            above = self._singleton(container)
            if above is not None:
                return self._found(container, type_, keys, above.stored or -1)
        finder = self.world.finder(container, type_)
        if len(keys) == 1 and finder.identity in keys:  # nearly always
            row = self.lookup.find(container, finder.identity, keys[finder.identity], owner)
            if row is not None:
                return row
        for together in finder.together:
            key = joined(together, keys)
            if key is not None:
                return self.lookup.find(container, name_of(together), key, owner)
        if finder.identity in keys or "id" in keys:
            value = keys.get(finder.identity, keys.get("id"))
            sought = [(name, value) for name in (finder.identity, *finder.also_by)]
        else:
            sought = [(name, keys[name]) for name in finder.others if name in keys]
        for name, value in sought:
            row = self.lookup.find(container, name, value, owner)
            if row is not None:
                rest = len(keys) > 1 and {k: v for k, v in keys.items() if k not in (name, "id")}
                return row if not rest or _has_keys(row, rest) else None
        if sought:
            return self._lasting(container, type_, keys, owner)
        rows = self.lookup.owned(container, owner or 0)
        return next((row for row in rows if _has_keys(row, keys)), None)

    def _lasting(
        self, container: str, type_: PublishedType, keys: Mapping[str, Any], owner: Key | None
    ) -> Row | None:
        """The row of what has an id that it keeps wherever it is."""
        lasting, name = self.world.rules(type_).lasting, type_.key or "id"
        key = None if lasting is None else lasting.read(str(keys.get(name)))
        row = None if key is None else self.lookup.row(key)
        if row is None or row.owner != owner or self.lookup.container_of(row.key) != container:
            return None
        rest = {path: value for path, value in keys.items() if path != name}
        return row if _has_keys(row, rest) else None


def row_of(find: Callable[[Key], Row | None], thing: Any) -> Row:
    """The row of a thing that an operation gave; a record that is stored nowhere gets one."""
    if isinstance(thing, Thing):
        return find(thing.key) or Row(0, thing.record)
    return Row(0, thing)


def rows_in(lookup: Lookup, many: Many) -> Iterator[Row]:
    """What is in a collection that is not worked out, as a write under way sees it."""
    if many.relation is not None and many.source is not None:
        yield from lookup.ends(many.relation, many.source.stored, backwards=many.backwards)
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


def _has_owner(many: Many) -> bool:
    return many.owner is None or many.owner.row is not None


def _has(row: Row, values: Mapping[str, Any]) -> bool:
    return all(_is(value_at(row.record, path), value) for path, value in values.items())


def _is(found: Any, wanted: Any) -> bool:
    return found is not None if wanted is ANY else bool(found == wanted)


def _has_keys(row: Row, keys: Mapping[str, Any]) -> bool:
    for path, value in keys.items():
        found = value_at(row.record, path)
        if isinstance(found, str) and isinstance(value, str):
            found, value = folded_id(found), folded_id(value)
        if found != value:
            return False
    return True


def _is_facade(type_: PublishedType) -> bool:
    """Whether a type has nothing itself but what it leads to."""
    return set(type_.properties) <= set(type_.keys)


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
