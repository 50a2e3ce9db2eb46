"""``Navigator``: what the navigation properties of things lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import NavigationProperty
from fakegraph.errors import GraphError
from fakegraph.graph import refusals
from fakegraph.graph.whole.asking import question
from fakegraph.graph.whole.collections import Group, Nothing, Part, Several, Together
from fakegraph.graph.whole.finding import Finder, has, has_keys
from fakegraph.graph.whole.lookup import Lookup
from fakegraph.graph.whole.places import Lying, Many, One, Place, Question, Rows
from fakegraph.graph.whole.records import value_at
from fakegraph.graph.whole.straight import Inside
from fakegraph.graph.whole.world import TYPE
from fakegraph.store import Key, Record, Row
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.handed import ANY, Word, short


class Navigator(Finder):
    """Goes from a thing to what it leads to: contained, linked, seen in another way, deleted."""

    def member_of(self, row: Row, name: str) -> Place:
        """What a navigation property of a row leads to."""
        one = self.place_of(row)
        container = self.lookup.container_of(row.key)
        self._root_name, self.path = container, []
        return self._navigation(one, self._member(one, name))

    def all_inside(self, inside: Inside, row: Row | None) -> Many:
        """A collection that has all of a container, or all that a row contains there."""
        container, type_ = inside.container, inside.type
        if row is None:
            return Many(
                type_,
                inside.said,
                (container,),
                get=lambda keys: self._find((container,), type_, keys, None),
                rows=lambda: self._store.container(container),
            )
        if inside.said.led or inside.said.signed_in:
            found = self.member_of(row, inside.said.name.rpartition("/")[2])
            assert isinstance(found, Many)
            return found
        return self._all_in(container, type_, inside.said, self.place_of(row))

    def led_from(self, one: One, name: str) -> Place:
        """What a navigation property of a thing leads to, of which nothing need be stored."""
        return self._navigation(one, self._member(one, name))

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
        if said.led and one.there and said.led in one.record:
            return self._led(one, member, said)
        self.path.append(member.name)
        mine = self._signed_in(one, said.signed_in) if said.signed_in else None
        if mine is not None:
            return mine
        many = self._way_to(one, member, said)
        if member.many:
            return many
        stands = said.provided is None and self.world.stands(member)
        found = self._single(many, provided=stands or said.provided)
        if said.signed_in and found.start is not None:
            found.start["id"] = self.me()["id"]
        return found

    def _led(self, one: One, member: NavigationProperty, said: Navigation) -> Place:
        """What something leads to by the key of a row."""
        raise NotImplementedError

    def _signed_in(self, one: One, name: str) -> One | None:
        """Who is signed in, as one of a collection; None for who is none there."""
        many = self._navigation(one, self._member(one, name))
        assert isinstance(many, Many)
        me = self.me()["id"]
        row = many.get({"id": me})
        if row is None:
            return None
        type_ = self._type_at(many, row)
        return One(type_, row, many, me, partial(self._missing, type_, me), {"id": me})

    def _in_value(self, place: Place | None, names: Sequence[str], member: Any) -> Place:
        """What a navigation property of an object leads to that is a property of a thing."""
        assert isinstance(place, One)
        assert isinstance(member, NavigationProperty)
        assert isinstance(member.type, PublishedType)
        place.check()
        type_, name = member.type, member.name
        value = value_at(place.record, "/".join(names))
        kept = value.get(name) if isinstance(value, dict) else None
        said = self.world.declared.navigation(f"{short(member.owner)}/{name}")
        rows = [
            self._living(type_, member, said, each)
            for each in (kept if isinstance(kept, list) else [kept])
            if each
        ]

        def get(keys: Mapping[str, Any]) -> Row | None:
            return next((row for row in rows if has_keys(row, keys)), None)

        lying = Lying(place, tuple(names), member)
        many = Many(type_, said, (), get, lambda: Several(rows), computed=True, lying=lying)
        if member.many:
            return many
        row = rows[0] if rows else None
        return One(self._type_at(many, row), row, many, name, lambda: self._missing(type_, name))

    def _living(
        self, type_: PublishedType, member: NavigationProperty, said: Navigation, kept: Record
    ) -> Row:
        """The row of what a value has: of what lives elsewhere that one, where it is there."""
        key = type_.key or "id"
        if (member.contained and not said.linked) or kept.get(key) is None:
            return Row(0, kept)
        name = f"{short(member.owner)}/{member.name}"
        homes = (said.home,) if said.home else self.world.homes("", "", name, type_)
        return self._find(homes, type_, {key: kept[key]}, None) or Row(0, kept)

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
        owner = self._holder(owner, said)
        if owner is not None and said.whole:
            return self._all_in(container, type_, said, owner)
        fixed: Mapping[str, Any] = dict(said.where)
        beneath, within = None, said.within
        if (said.view is not None or within is not None) and owner is not None:
            beneath = owner
            if beneath.there:
                seen = {own: self._seen(beneath, at) for own, at in (said.view or {}).items()}
                fixed = {**fixed, **seen}
            owner = self._owner_in(container, beneath, said.of)
        lost = beneath is not None and not beneath.there
        if said.of and owner is not None and not owner.there:
            lost, owner = True, None  # what would contain them is not there: a list of no files
        if owner is not None:
            self._provide(owner, container)
        key = 0 if owner is None else owner.stored
        asked = self._question(said, beneath, type_, key)
        if asked is not None:
            fixed = dict(said.where)
        containers = (container,)
        about: Record = {}
        if beneath is not None and within is not None:
            about = self._above(beneath) or beneath.record  # at the top nothing else contains it

        def is_seen(row: Row) -> bool:
            if asked is not None and not asked.test(row):
                return False
            return has(row, fixed) and (within is None or within.test(row.record, about))

        @cache
        def is_listed() -> Callable[[Row], bool]:
            return self._listed(said, key) or is_seen

        def get(keys: Mapping[str, Any]) -> Row | None:
            if lost or (owner is not None and not key):
                return None
            sought = {own: value for own, value in fixed.items() if value is not ANY}
            row = self._find(containers, type_, {**sought, **keys}, key if owner else None)
            return row if row is None or is_seen(row) else None

        def rows() -> Rows:
            if lost or (owner is not None and not key):
                return Nothing()
            whole = self._store.container(container)
            owned: Rows = whole.of(key) if owner else whole
            if asked is not None:
                return self._answers(whole.of(key), asked, container)
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
            view={} if asked is not None else said.view or {},
            about=about,
            has=lambda row: is_seen(row) and has(row, everywhere),
            lists=lambda row: is_seen(row) and is_listed()(row),
            goes_by=frozenset(path.partition("/")[0] for path in (*fixed, *said.listed))
            | (frozenset() if asked is None else asked.names),
            question=asked,
        )

    def _question(
        self, said: Navigation, beneath: One | None, type_: PublishedType, owner: Key
    ) -> Question | None:
        """What a thing asks for that has nothing itself there; nearly all have."""
        if beneath is None or not beneath.there:
            return None
        asks = self.world.rules(beneath.type).asks.get(said.name.rpartition("/")[2])
        if asks is None or (asks.of and beneath.record.get(asks.of) is None):
            return None
        return question(self.world, self.lookup, type_, asks, beneath.record, owner)

    def _answers(self, owned: Any, asked: Question, container: str) -> Rows:
        """What is asked for, of what one thing has in a container."""
        groups = self.world.groups(container)
        if len(asked.values) == 1 and asked.by in groups:
            return Part(Group(owned, asked.by, asked.values[0], groups), asked.test)
        return Part(owned, asked.test)

    def _holder(self, owner: One | None, said: Navigation) -> One | None:
        """Whose things it is that a thing has: its own, or those of what contains it."""
        if owner is None or not (said.above and owner.there and said.above in owner.record):
            return owner
        return self._owner_of(owner) or owner

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

    def _owner_in(self, container: str, one: One, of: str) -> One | None:
        """What contains the things of a container that a thing has a view of."""
        name, _, inside = container.partition("/")
        above = self._owner_of(one)
        if not inside and (above is None or not self._may_hold(above, container)):
            return None  # an entity set is at the top
        if of and above is not None and above.type.member(of) is not None:
            found = self._navigation(above, self._member(above, of))
            return found if isinstance(found, One) else None
        if above is not None and any(short(each.name) == name for each in above.type.chain):
            return above
        return self._singleton(container) or above

    def _may_hold(self, one: One, container: str) -> bool:
        """Whether something of its own lives in an entity set, as a site's drives do."""
        members = (one.type.member(name) for name in one.type.navigation)
        led = (self.world.navigation(one.type, each) for each in members if each is not None)
        return any(said.home == container and said.view is None for said in led)

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
            return has(row, plain) and not any(record.get(at) in ids for at, ids in others.items())

        return is_listed

    def _others(self, word: Word, owner: Key) -> frozenset[Any]:
        """The ids of all in a container but what a word means."""
        sought = self.world.declared.navigation(word.navigation).words[word.word]
        rows = self.lookup.owned(word.navigation, owner)
        return frozenset(row.record["id"] for row in rows if not has(row, sought))

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
                or any(each.key == row.key for each in through(self.lookup, key, said, containers))
            )

        def get(keys: Mapping[str, Any]) -> Row | None:
            if not keys:
                return next(iter(self.lookup.ends(relations[0], key, backwards=backwards)), None)
            row = self._find(containers, type_, keys, None)
            if is_there(row):
                return row
            # Who links many asks for each; what lives elsewhere may be linked too.
            if row is not None and self._is_known_to_all(containers, type_, keys):
                others = (self._found(each, type_, keys, None) for each in containers[1:])
                return next(filter(is_there, others), None)
            ends = (self.lookup.ends(each, key, backwards=backwards) for each in relations)
            return next((row for rows in ends for row in rows if has_keys(row, keys)), None)

        def rows() -> Rows:
            links = [self._store.links(relation) for relation in relations]
            found = [each.sources(key) if backwards else each.targets(key) for each in links]
            if said.through:
                linked = {row.key: row for each in found for row in each.scan()}
                others = through(self.lookup, key, said, containers)
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
        """The single thing that contains all that is in a container."""
        name, *names = self.world.way_to(container) or ("",)
        root = self.world.model.root(name) if name else None
        said = self.world.declared.navigation(name)
        if root is None or said.same is not None:
            return None
        assert isinstance(root.type, PublishedType)
        one = self._single(self._contained(name, root.type, said, None), provided=True)
        before = list(self.path)
        for each in names:
            found = self._navigation(one, self._member(one, each))
            assert isinstance(found, One)
            one = found
        self.path = before
        return one

    def _closure(self, one: One, type_: PublishedType, said: Navigation) -> Many:
        def all_rows() -> list[Row]:
            return sorted(self._reached(one, said.closure or ""), key=lambda row: row.key)

        return Many(
            type_,
            said,
            (),
            get=lambda keys: next((row for row in all_rows() if has_keys(row, keys)), None),
            rows=lambda: Several(all_rows()),
            computed=True,
        )

    def _deleted(self, type_: PublishedType, said: Navigation) -> Many:
        """What was deleted softly; of what is shown as another type then there is only its key."""
        own = {name: self.world.type_in(name).is_heir_of(type_) for name in said.deleted}

        def seen(name: str, row: Row) -> Row:
            if own[name]:
                return row
            key = type_.key or "id"
            return Row.of(row.key, {TYPE: f"#{type_.name}", key: row.record[key]}, row.owner)

        def get(keys: Mapping[str, Any]) -> Row | None:
            hidden = ((name, row) for name in said.deleted for row in self.lookup.hidden(name))
            return next((seen(name, row) for name, row in hidden if has_keys(row, keys)), None)

        def rows() -> Rows:
            if all(own.values()):
                return Together([self._store.hidden(name) for name in said.deleted])
            return Several([seen(n, row) for n in said.deleted for row in self.lookup.hidden(n)])

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


def through(lookup: Lookup, key: Key, said: Navigation, containers: Sequence[str]) -> list[Row]:
    """What contains things that are linked to a thing."""
    found: dict[Key, Row] = {}
    for relation in said.through:
        for row in lookup.ends(relation, key, backwards=True):
            at = lookup.row(row.key)
            above = None if at is None else lookup.row(at.owner)
            if above is not None and lookup.container_of(above.key) in containers:
                found[above.key] = above
    return list(found.values())
