"""``Finder``: finds things by their keys, in what contains them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from fakegraph.edm.published import PublishedType
from fakegraph.errors import GraphError
from fakegraph.graph.resource_path import Segment
from fakegraph.graph.whole.collections import Nothing
from fakegraph.graph.whole.lookup import InStore, Lookup
from fakegraph.graph.whole.places import Many, One
from fakegraph.graph.whole.records import joined, name_of, value_at
from fakegraph.graph.whole.world import PROVIDED, World, is_facade, stable_id
from fakegraph.store import Key, Record, Row
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.handed import ANY, folded_id, short

Me = Callable[[], Mapping[str, str]]
"""What is known of the user who is signed in: the ``id``, and maybe the ``userPrincipalName``.

It raises GraphError where there is none."""

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


#: What a thing has that a word means for one application.
OF_APP = "@app"


class Finder:
    """What is looked up on the way along the segments of one path."""

    app = ""
    """The application that asks."""

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
        self.segments = segments
        self._root_name = ""
        self.path: list[str] = []
        self.making = False  # whether the last thing may be one that is made by what is asked

    def _singleton(self, container: str) -> One | None:
        """The singleton that contains all that is in a container."""
        raise NotImplementedError

    def held(self, container: str, id_: str, owner: Key) -> Row | None:
        """The row with that id among those that a row has in a container."""
        return self._found(container, self.world.type_in(container), {"id": id_}, owner)

    def meant(self, many: Many, record: Record) -> Row | None:
        """What a body means of what lives elsewhere: by its key, or else by all that it says."""
        key = many.type.key or "id"
        if record.get(key) is not None:
            return self._find(many.containers, many.type, {key: record[key]}, None)
        said = {name: value for name, value in record.items() if _is_plain(name, value)}
        owners = {name: self._singleton(name) if "/" in name else None for name in many.containers}
        rows = (
            row
            for name, above in owners.items()
            for row in self.lookup.owned(name, 0 if above is None else above.stored or -1)
        )
        return next((row for row in rows if said and has_keys(row, said)), None)

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

    def _is_known_to_all(
        self, containers: Sequence[str], type_: PublishedType, keys: Mapping[str, Any]
    ) -> bool:
        """Whether each of the containers finds all that it has by those keys, whoever owns it."""
        return all(
            keys.keys() == {self.world.finder(each, type_).identity}
            and ("/" not in each or self._singleton(each) is not None)
            for each in containers
        )

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
                return row if not rest or has_keys(row, rest) else None
        if sought:
            return self._lasting(container, type_, keys, owner)
        rows = self.lookup.owned(container, owner or 0)
        return next((row for row in rows if has_keys(row, keys)), None)

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
        return row if has_keys(row, rest) else None

    @property
    def _store(self) -> Any:
        assert isinstance(self.lookup, InStore)  # only what is read is listed
        return self.lookup.store

    def _provide(self, owner: One | None, container: str) -> None:
        """See to it that what a thing, or the tenant, has in a container from the start is made."""
        said = self.world.declared.navigation(container)
        if not (said.given if owner is None else said.provisioned):
            return
        anyway = owner is not None or said.besides or said.itself
        others = () if anyway else self.lookup.owned(container, 0)
        if next(iter(others), None) is not None:
            return  # somebody has said what is there
        key = 0 if owner is None else owner.stored
        wanting = owner is not None and not key
        if wanting or self.lookup.find(PROVIDED, "id", container, key) is None:
            self.provide(owner, container)

    def _first(self, many: Many, wanted: Mapping[str, Any]) -> Row | None:
        owner = 0 if many.owner is None else many.owner.stored
        return self.lookup.first(many.containers[0], owner, lambda row: has(row, wanted))

    def _single(self, many: Many, *, provided: bool | None) -> One:
        if many.relation is not None or (many.view and not many.said.where):
            row = many.get({})
        else:
            wanted = {**many.said.where, **many.said.listed}
            row = self._first(many, wanted) if _has_owner(many) else None
        name = many.said.name.rpartition("/")[2]
        type_ = self._type_at(many, row)
        start = None
        is_there = is_facade(type_) if provided is None else provided
        if row is None and many.relation is None and is_there:
            above = many.beneath or many.owner
            owner = above.record if above else {}
            said = many.said.start
            seen = {own: owner[at] for own, at in many.view.items() if at in owner}
            start = {
                "id": stable_id(str(owner.get("id")), many.said.name),
                **seen,
                **(said(owner) if callable(said) else said),
                **many.fixed,
            }
        return One(type_, row, many, name, lambda: self._unset(type_, name, many), start=start)

    def place_of(self, row: Row) -> One:
        """A row, as a place that a path could lead to."""
        container = self.lookup.container_of(row.key)
        type_ = self.world.type_of(row.record, container)
        id_ = str(row.record.get(type_.key or "id"))
        many = Many(type_, _unsaid(container), (container,), lambda _: row, Nothing)
        return One(type_, row, many, id_, lambda: self._missing(type_, id_))

    def _owner_of(self, one: One) -> One | None:
        """What contains a thing, as a place."""
        row = None if one.row is None else self.lookup.row(one.row.owner)
        return one.place.owner if row is None else self.place_of(row)

    def _type_at(self, many: Many, row: Row | None) -> PublishedType:
        """The type of what was found in a collection, or would be; it need not be stored."""
        if row is not None and row.key:
            return self._type_of(row)
        said = None if row is None else self.world.type_said(row.record)
        return said or many.type

    def _type_of(self, row: Row) -> PublishedType:
        return self.world.type_of(row.record, self.lookup.container_of(row.key))

    @property
    def _begin(self) -> str:
        """The first name of the path; empty where there is none, as for what follows a write."""
        return self.segments[0].name if self.segments else ""

    def _unset(self, type_: PublishedType, name: str, many: Many) -> GraphError:
        """That there is none of what a thing has one of at most."""
        words = self.world.declared.workload([type_], self._begin).words
        above = many.beneath or many.owner
        return words.unset(short(type_.name), name, str(above.key if above else ""))

    def _missing(self, type_: PublishedType, key: str, *, by_id: bool = True) -> GraphError:
        declared, called = self.world.declared, short(type_.name)
        led = (declared.navigation(f"{called}/{each.name}").missed_as for each in self.segments)
        meant = next(filter(None, led), "")
        of = self.world.type_named(meant) if meant else type_
        words = declared.workload([of], self._begin).words
        say = words.not_found if by_id else words.unnamed
        return say(meant or called, key)


@lru_cache(maxsize=4096)
def _unsaid(container: str) -> Navigation:
    """What leads to a container of which nothing is declared."""
    return Navigation(container)


def _has_owner(many: Many) -> bool:
    return many.owner is None or many.owner.row is not None


def _is_plain(name: str, value: Any) -> bool:
    return "@" not in name and not isinstance(value, dict | list)


def has(row: Row, values: Mapping[str, Any]) -> bool:
    return all(_is(value_at(row.record, path), value) for path, value in values.items())


def _is(found: Any, wanted: Any) -> bool:
    return found is not None if wanted is ANY else bool(found == wanted)


def has_keys(row: Row, keys: Mapping[str, Any]) -> bool:
    for path, value in keys.items():
        found = value_at(row.record, path)
        if isinstance(found, str) and isinstance(value, str):
            found, value = folded_id(found), folded_id(value)
        if found != value:
            return False
    return True
