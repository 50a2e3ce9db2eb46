"""``World``: the model of one version with what workloads declare, as all requests see it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache, cached_property, lru_cache
from hashlib import blake2s
from typing import Any, NamedTuple

from fakegraph.edm.published import Operation, PublishedModel, PublishedType
from fakegraph.edm.types import (
    DATE_TIME_OFFSET,
    NAMESPACE,
    STRING,
    CollectionType,
    NavigationProperty,
    Property,
    StructuredType,
)
from fakegraph.errors import bad_request
from fakegraph.graph.beyond import Beyond
from fakegraph.graph.shapes import Shape
from fakegraph.graph.whole.records import name_of
from fakegraph.odata.plan import index_key
from fakegraph.store import EachIndex, GroupIndex, Index, Layout, Record, UniqueKey
from fakegraph.store import names as store_names
from fakegraph.tenants.guids import SETTLED
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.handed import folded_id, short

TYPE = "@odata.type"
CREATED, MODIFIED = "createdDateTime", "lastModifiedDateTime"
_UNASKED = "AutoExpand"

PROVIDED = SETTLED
"""The container that says what was made before anybody made one: containers' names, by owner."""


def is_aside(container: str) -> bool:
    """Whether no path of Graph leads to what a container has."""
    return container == PROVIDED or store_names.is_aside(container)


class Finder(NamedTuple):
    """By what things are found: the property with their ids, others that no two have the same of,
    those of them that a key in a URL may be as well, and what several say together.
    """

    identity: str
    others: tuple[str, ...]
    also_by: tuple[str, ...]
    together: tuple[tuple[str, ...], ...]


class World:
    """What is known of types and containers. Threads may share it.

    ``beyond``: where the types are of what is stored and has no path in this version.
    ``first``: the version that is asked first what is written of itself, where all are one model.
    """

    def __init__(
        self,
        model: PublishedModel,
        declared: Declarations,
        beyond: Beyond | None = None,
        first: PublishedModel | None = None,
    ) -> None:
        self.model = model
        self.declared = declared
        self._beyond = beyond
        self._first = first or model
        self.rules = _Rules(declared).__getitem__
        """Gives what is declared of a type."""
        self.type_in = cache(self._type_in)
        self.layout = cache(self._layout)
        self.times = cache(self._times)
        self.is_linked = cache(self._is_linked)
        self.stands = cache(self._stands)
        self.unasked = cache(self._unasked)
        self.homes = lru_cache(maxsize=4096)(self._homes)
        self.navigation = cache(self._navigation)
        self.related = cache(self._related)
        self.spells = cache(self._spells)
        self.bound_inside = cache(self._bound_inside)
        self.groups = cache(self._groups)
        self.grouped = cache(self._grouped)
        self.finder = cache(self._finder)

    # Types ------------------------------------------------------------------------------------

    def type_of(self, record: Record, container: str) -> PublishedType:
        """The type of a thing that is in a container."""
        said = self.type_said(record) if TYPE in record else None
        return said or self.type_in(container)

    def type_said(self, record: Record) -> PublishedType | None:
        """The type that a thing says it has; None where it says none that this version has."""
        said = record.get(TYPE)
        found = None if said is None else self.model.type_named(said.removeprefix("#"))
        return found if isinstance(found, PublishedType) else None

    def type_named(self, name: str) -> PublishedType:
        """The type of that short name. Raises KeyError."""
        return self.model.structured(_qualified(name))

    def _times(self, type_: PublishedType) -> tuple[str, ...]:
        """Which of a thing's own times it has: when it was made, when it was last changed.

        Seeds are the same whether anybody has asked for beta before them: what v1.0 has no such
        time of gets it from beta's own paths alone.
        """
        with suppress(KeyError):
            type_ = self._first.structured(type_.name)
        members = ((name, type_.member(name)) for name in (CREATED, MODIFIED))
        return tuple(name for name, member in members if _is_time(member))

    def revived(self, type_: PublishedType, record: Record) -> Record:
        """The record of what was deleted softly, as it was before."""
        revive = self.rules(type_).revived
        return record if revive is None else revive(record)

    def _related(self, type_: PublishedType) -> frozenset[str]:
        """The navigation properties that bodies of a type may set, or of one derived from it."""
        found = (self.rules(each).related for each in (type_, *type_.descendants))
        return frozenset().union(*found)

    def _spells(self, type_: PublishedType) -> bool:
        """Whether bodies of a type may name things in other ways than its properties do."""
        names = {name.partition("/")[0] for name in self.related(type_)}
        inner = (getattr(type_.navigation.get(name), "type", None) for name in names)
        found = [type_, *(each for each in inner if isinstance(each, PublishedType))]
        return any(self.rules(each).named or self.rules(each).heard for each in found)

    def _bound_inside(self, type_: PublishedType) -> frozenset[str]:
        """The properties that have objects in which bodies may bind what is elsewhere."""
        related = self.rules(type_).related
        return frozenset(name.partition("/")[0] for name in related if "/" in name)

    def spelt(self, type_: PublishedType, body: Any) -> Any:
        """A body in which what names of its own say is said by properties."""
        if isinstance(body, list):
            return [self.spelt(type_, each) for each in body]
        if not isinstance(body, dict) or not self.spells(type_):
            return body
        named, heard = self.rules(type_).named, self.rules(type_).heard
        whole: dict[str, Any] = {}
        for name, value in body.items():
            member = type_.navigation.get(name)
            if name in named and isinstance(value, str):
                navigation, key = named[name]
                whole.setdefault(navigation, {key: value})
            elif member is not None and isinstance(member.type, PublishedType):
                whole[name] = self.spelt(member.type, value)
            else:
                own = _heard(heard.get(name, name), name, value)
                whole |= {
                    each: said for each, said in own.items() if each[:1] != "@" or each == name
                }
        return whole

    def noted(self, type_: PublishedType, body: Any) -> Record:
        """What annotations in a body say that no property has a name for, as records keep it."""
        said = self.rules(type_).heard.items() if isinstance(body, dict) else ()
        found: Record = {}
        for name, own in said:
            if name in body and own[0].startswith("@"):
                found |= _heard(own, name, body[name])
        return found

    def related_in(self, called: Operation) -> frozenset[str]:
        """The navigation properties that the arguments of an action may set."""
        found = ((each, getattr(each.type, "item", each.type)) for each in called.parameters)
        return frozenset(
            f"{parameter.name}/{name}"
            for parameter, type_ in found
            if isinstance(type_, PublishedType) and type_.is_entity
            for name in self.related(type_)
        )

    def _unasked(self, type_: PublishedType) -> tuple[str, ...]:
        """The navigation properties of a type that are shown although nobody expands them."""
        said = self.rules(type_).unasked
        terms = {name for each in type_.chain for name, value in each.core.items() if value is True}
        return tuple(
            name for name in type_.navigation if name in said or f"{name}/{_UNASKED}" in terms
        )

    def _is_linked(self, member: NavigationProperty) -> bool:
        """Whether what it leads to lives elsewhere: it is not contained, or is linked."""
        if not member.contained:
            return not self._is_changed_there(member)
        return not self._methods(member, "/$ref").isdisjoint({"POST", "PUT"})

    def _stands(self, member: NavigationProperty) -> bool:
        """Whether what it leads to is always there: it is changed, and neither made nor deleted.

        What a thing has that only leads to others cannot be put there anew: that changes it. What
        there is one of has its parts from the start, where nothing makes them.
        """
        if member.many or not (member.contained or self._is_changed_there(member)):
            return False
        methods = self._methods(member)
        changes = {"PATCH", "PUT"} if is_facade(self.model.structured(member.owner)) else {"PATCH"}
        if not methods.isdisjoint(_MADE - changes):
            return False
        return not methods.isdisjoint(changes) or self._is_alone(member.owner)

    def _is_changed_there(self, member: NavigationProperty) -> bool:
        """Whether a single thing is a part of what there is one of, though the model does not say
        so: it is changed in its place, and nothing else can be put there.
        """
        methods = self._methods(member)
        is_changed = "PATCH" in methods and methods.isdisjoint(_MADE)
        return not member.many and is_changed and self._is_alone(member.owner)

    def _is_alone(self, name: str) -> bool:
        """Whether a tenant has one thing of a type, which is always there."""
        return name in self._alone

    @cached_property
    def _alone(self) -> frozenset[str]:
        """The types of singletons, and of what those have that has nothing itself."""
        roots = [each for each in self.model.roots() if isinstance(each.type, PublishedType)]
        several = {each.type for each in roots if each.many}
        waiting = [each.type for each in roots if not each.many and each.type not in several]
        found: set[str] = set()
        while waiting:
            type_ = waiting.pop()
            if type_ is None or type_.name in found:
                continue
            found.add(type_.name)
            waiting += [
                each.type
                for each in type_.navigation.values()
                if each.contained and not each.many and isinstance(each.type, PublishedType)
                if is_facade(each.type)
            ]
        return frozenset(found)

    def _methods(self, member: NavigationProperty, behind: str = "") -> frozenset[str]:
        """The methods that are known at what it leads to, by any path."""
        owner = member.owner.removeprefix(self.model.namespace)
        columns = self.model.lines.find(f"use {owner}/{member.name}{behind}") or ()
        return frozenset(each.partition(" ")[0] for each in columns)

    def _navigation(self, type_: PublishedType, member: NavigationProperty) -> Navigation:
        """What is declared of a navigation property, by the nearest type that says something."""
        for each in type_.chain:
            name = f"{short(each.name)}/{member.name}"
            if self.declared.is_declared(name):
                return self.declared.navigation(name)
        return self.declared.navigation(f"{short(member.owner)}/{member.name}")

    def parameters(self, shape: Shape) -> tuple[str, ...]:
        """The query parameters that a place has of its own."""
        declared, before = shape.declared, shape.before
        if isinstance(declared, NavigationProperty) and before is not None:
            assert isinstance(before.type, PublishedType)
            return self.navigation(before.type, declared).parameters
        return ()

    # Containers -------------------------------------------------------------------------------

    def _type_in(self, container: str) -> PublishedType:
        """The type of what a container is declared to have, in this version or in another."""
        try:
            return self._declared_in(container)
        except KeyError:
            if self._beyond is None or is_aside(container):
                raise
            return self._wider.type_in(container)

    @cached_property
    def _wider(self) -> World:
        """What is known of what no path of this version leads to."""
        assert self._beyond is not None
        return World(self._beyond.model(), self.declared)

    def _declared_in(self, container: str) -> PublishedType:
        owner, slash, name = container.rpartition("/")
        if not slash:
            root = self.model.root(name)
            if root is not None and root.type is not None:
                return root.type
            raise KeyError(container)
        member = self.type_named(owner).member(name)
        if not isinstance(member, NavigationProperty):
            raise KeyError(container)
        assert isinstance(member.type, PublishedType)
        return member.type

    def way_to(self, container: str) -> tuple[str, ...]:
        """The names that lead to the one thing that contains all that is in a container.

        Empty where it is not one alone that has things there.
        """
        owner, slash, _ = container.partition("/")
        if not slash:
            return ()
        root = self._singletons.get(owner)
        return (root,) if root is not None else self._parts.get(owner, ())

    @cached_property
    def _singletons(self) -> dict[str, str]:
        """The singletons, by the short name of their type."""
        return {
            short(root.type.name): root.name
            for root in self.model.roots()
            if not root.many and root.type is not None and root.name != "me"
        }

    @cached_property
    def _parts(self) -> dict[str, tuple[str, ...]]:
        """The ways to what singletons have parts of, by the short name of a type that one has."""
        found: dict[str, tuple[str, ...]] = {}
        waiting: list[tuple[PublishedType, tuple[str, ...]]] = [
            (self.type_named(owner), (root,)) for owner, root in self._singletons.items()
        ]
        for type_, way in waiting:
            for member in type_.navigation.values():
                inner = member.type
                if isinstance(inner, PublishedType) and self._is_part(type_, member, inner):
                    again = short(inner.name) in found
                    found[short(inner.name)] = () if again else (*way, member.name)
                    waiting += [] if again else [(inner, (*way, member.name))]
        return found

    @cached_property
    def _kept_apart(self) -> dict[PublishedType, tuple[str, ...]]:
        """The containers that singletons have things of just a type in, as policies have their
        kinds, by the type.
        """
        found: dict[PublishedType, tuple[str, ...]] = {}
        for owner in self._singletons:
            for member in self.type_named(owner).navigation.values():
                if member.many and member.contained and isinstance(member.type, PublishedType):
                    container = self.navigation(self.type_named(owner), member).home
                    name = container or f"{short(member.owner)}/{member.name}"
                    found[member.type] = (*found.get(member.type, ()), name)
        return found

    def _is_part(
        self, type_: PublishedType, member: NavigationProperty, inner: PublishedType
    ) -> bool:
        """Whether what a single thing leads to is a part of it, which has more of its own."""
        if member.many or not member.contained:
            return False
        said = self.navigation(type_, member)
        return said.same is None and bool(said.provided or is_facade(inner))

    def _layout(self, container: str) -> Layout:
        """How the rows of a container are found."""
        if container == PROVIDED:
            return Layout((UniqueKey("id", within_owner=True),))
        try:
            type_ = self.type_in(container)
        except KeyError:
            return Layout()
        rules = self.rules(type_)
        key = type_.key or "id"
        if type_.key and type_.properties[type_.key].type != STRING:
            key = name_of((type_.key,))  # stores know things by texts
        within = "/" in container
        unique = dict.fromkeys((*rules.unique, *_alternates(type_)))
        known = (type_, *type_.descendants)
        keys = [
            UniqueKey(name, str if name in rules.exact else str.casefold, within)
            for name in unique
            if name[0] == "@" or any(each.find(name) for each in known)  # what no client sees
        ]
        keys += [UniqueKey(name_of(each), within_owner=within) for each in rules.together]
        declared = [(name, name in rules.ordered) for name in (*rules.indexed, *rules.ordered)]
        indexes = [_index(type_, rules, *each, by_owner=within) for each in declared]
        late = (_index(type_, rules, name, False, by_owner=within) for name in rules.late)
        indexes += (each and dataclasses.replace(each, late=True) for each in late)
        found = tuple(each for each in indexes if each is not None)
        return Layout((UniqueKey(key, folded_id, within), *keys), found)

    def _groups(self, container: str) -> Mapping[str, Mapping[str, str]]:
        """By what things of a container are grouped, and what each group can be sorted by: each
        property with the index for that.
        """
        found: dict[str, dict[str, str]] = {}
        for each in self.layout(container).indexes:
            if isinstance(each, GroupIndex) and each.ordered:
                found.setdefault(each.group, {})[each.property] = each.name
        return found

    def _grouped(self, container: str) -> Mapping[str, bool]:
        """The properties that groups of the things of a container have the same value of."""
        groups = (each.split("&") for each in self.groups(container))
        return {name.partition("=")[0]: False for names in groups for name in names}

    def _finder(self, container: str, type_: PublishedType) -> Finder:
        """By what things of a type are found in a container."""
        rules = self.rules(type_)
        identity, *others = (unique.name for unique in self.layout(container).keys)
        also_by = tuple(name for name in rules.also_by if name in others)
        return Finder(identity, tuple(others), also_by, rules.together)

    def _homes(self, root_name: str, path: str, name: str, type_: PublishedType) -> tuple[str, ...]:
        """The containers that the targets of a navigation property live in.

        ``path`` is the way to it from the root. New ones are made in the first.
        """
        root = self.model.root(root_name)
        bound = root.bindings.get(path) if root is not None else None
        found = self._container_at(bound) if bound else None
        if found is not None:
            return found
        sets = [each for each in self.model.roots() if each.many and each.type is not None]
        for each in sets:
            if each.type is type_:
                return self.union(each.name)
            if each.type and type_.is_heir_of(each.type):
                return self._kept_apart.get(type_) or self.union(each.name)
        heirs = tuple(each.name for each in sets if each.type and each.type.is_heir_of(type_))
        return (name, *heirs)

    def union(self, name: str) -> tuple[str, ...]:
        """The containers that an entity set has the things of."""
        return self.declared.navigation(name).union or (name,)

    def _container_at(self, path: str) -> tuple[str, ...] | None:
        """What a path of names leads to: ``planner/tasks``."""
        first, *rest = path.split("/")
        root = self.model.root(first)
        if root is None or root.type is None:
            return None
        container, at = root.name, root.type
        for name in rest:
            member = at.member(name)
            if not isinstance(member, NavigationProperty):
                return None
            said = self.navigation(at, member)
            container = said.home or f"{short(member.owner)}/{member.name}"
            assert isinstance(member.type, PublishedType)
            at = member.type
        return self.union(container)


class _Rules(dict[StructuredType, Type]):
    """What is declared of each type, asked for so often that a call for it would be felt."""

    def __init__(self, declared: Declarations) -> None:
        self._declared = declared

    def __missing__(self, type_: StructuredType) -> Type:
        found = self[type_] = self._declared.type(type_)
        return found


def _index(
    type_: PublishedType, rules: Type, name: str, ordered: bool, *, by_owner: bool
) -> Index | None:
    """The index of that name; None where neither a type nor an heir of it has such a property."""
    each = name.endswith("/*")
    if name.startswith("@"):  # what no client sees
        return (EachIndex if each else Index)(name, str, by_owner=by_owner)
    *group, path = name.removesuffix("/*").split("+")
    found = (_property_at(each, path) for each in (type_, *type_.descendants))
    prop = next((each for each in found if each is not None), None)
    if prop is None:
        return None
    ignores = ignores_case(rules, prop.name)
    if each:
        assert isinstance(prop.type, CollectionType)
        return EachIndex(name, index_key(prop.type.item, ignores))
    key = index_key(prop.type, ignores)
    kind = GroupIndex if group else Index
    return kind(name, key, ordered=ordered, by_owner=by_owner)


def _property_at(type_: PublishedType, path: str) -> Property | None:
    """The property that a path of names leads to; None where it leads to none."""
    name, _, rest = path.partition("/")
    prop = type_.find(name)
    if prop is None or not rest:
        return prop
    return _property_at(prop.type, rest) if isinstance(prop.type, PublishedType) else None


def ignores_case(rules: Type, name: str) -> bool:
    """Whether the service compares the texts of a property without regard to case."""
    ignored = "*" in rules.ignore_case or name in rules.ignore_case
    return ignored and name not in rules.exact


_MADE = frozenset({"POST", "PUT", "DELETE"})
"""The methods by which something comes to be in its place, or is there no more."""


def is_facade(type_: PublishedType) -> bool:
    """Whether a type has nothing itself but what it leads to."""
    return set(type_.properties) <= set(type_.keys)


def stable_id(*parts: str) -> str:
    """A GUID that is always the same for the same parts."""
    digits = blake2s("\n".join(parts).encode(), digest_size=16).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _is_time(member: Any) -> bool:
    return member is not None and member.type == DATE_TIME_OFFSET


def _qualified(name: str) -> str:
    return f"{NAMESPACE}.{name}"


def _alternates(type_: PublishedType) -> Iterator[str]:
    """The properties that alone are alternate keys."""
    for each in type_.alternate_keys:
        if len(each) == 1:
            yield from (path for path in each.values() if "/" not in path)


def _heard(said: str | tuple[str, Mapping[str, Any]], name: str, value: Any) -> dict[str, Any]:
    """What a name in a body says: a property, with that value or the one that is meant by it."""
    if isinstance(said, str):
        return {said: value}
    own, values = said
    if not isinstance(value, str) or value not in values:
        known = ", ".join(f"'{each}'" for each in values)
        raise bad_request(f"'{name}' is {known}, if anything.", name)
    return {own: values[value]}
