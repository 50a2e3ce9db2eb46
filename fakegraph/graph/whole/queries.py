"""What queries are bound against: a published type, with what its workload says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache

from fakegraph.dataclass import dataclass
from fakegraph.edm.published import PublishedType
from fakegraph.edm.typed import is_dictionary
from fakegraph.edm.types import STRING, CollectionType, NavigationProperty, Property, StructuredType
from fakegraph.errors import GraphError
from fakegraph.graph.shapes import Shape
from fakegraph.graph.whole.extended import property_of
from fakegraph.graph.whole.world import World, ignores_case
from fakegraph.workloads.handed import Extension


@dataclass(frozen=True, eq=False)
class Queried:
    """A place that queries are about: the path that leads there and the type of what is there."""

    path: str
    type: StructuredType
    name: str
    options: frozenset[str] | None = None


class QueriedType(StructuredType):
    """A published type as queries see it, which may go on to what its things lead to."""

    __eq__ = object.__eq__  # those of two versions, or with other extensions, have one name
    __hash__ = object.__hash__

    def __init__(
        self,
        world: World,
        type_: PublishedType,
        properties: Mapping[str, Property],
        *,
        open_: bool,
        beyond: Mapping[str, tuple[Extension, ...]] | None = None,
    ) -> None:
        """``beyond``: what is behind navigation properties beside what is declared there."""
        about = type_.key, type_.base, type_.navigation, type_.abstract, open_
        super().__init__(type_.name, properties, *about)
        self.__dict__.update(_world=world, _type=type_, _beyond=beyond or {})

    @property
    def descendants(self) -> Iterator[PublishedType]:
        """Every type derived from it."""
        return self.__dict__["_type"].descendants  # type: ignore[no-any-return]  # as it was put

    @cached_property
    def _leads(self) -> Mapping[str, NavigationProperty]:
        return {name.casefold(): member for name, member in self.navigation.items()}

    def lead(self, name: str) -> Property | None:
        """The navigation property of that name, as a property of what is there."""
        member = self._leads.get(name.casefold())
        if member is None:
            return None
        there = self.seen_as(member.type, self.__dict__["_beyond"].get(member.name, ()))
        return Property(member.name, CollectionType(there) if member.many else there, nullable=True)

    def unknown(self, name: str) -> GraphError | None:
        """What a workload says of a name that might be an extension, and is none."""
        world, type_ = self.__dict__["_world"], self.__dict__["_type"]
        words = world.declared.workload([type_]).words
        return words.unextended(name) if type_.open and words.dynamic else None

    def is_nominal(self, name: str) -> bool:
        nominal = self.__dict__["_world"].rules(self.__dict__["_type"]).nominal
        found = name.casefold()
        if nominal is None:
            return found in self._leads
        return any(each.casefold() == found for each in nominal)

    def seen_as(self, other: StructuredType, beyond: tuple[Extension, ...] = ()) -> StructuredType:
        """Another type as queries see it, with what else its things have."""
        if not isinstance(other, PublishedType) or not other.is_entity:
            return other
        return query_type(self.__dict__["_world"], other, beyond)


def queried(world: World, shape: Shape, extensions: tuple[Extension, ...] = ()) -> Queried:
    """What queries about a shape of paths are bound against; always the same one.

    ``extensions`` are what they name that the model does not declare.
    """
    assert isinstance(shape.type, PublishedType)
    return _queried(world, shape.type, shape.template, shape.word, extensions)


@lru_cache(maxsize=4096)  # by no shape, which would keep all others
def _queried(
    world: World, type_: PublishedType, path: str, word: str, extensions: tuple[Extension, ...]
) -> Queried:
    return Queried(path, query_type(world, type_, extensions), word)


@lru_cache(maxsize=1024)
def queried_as(world: World, type_: PublishedType, added: tuple[Extension, ...]) -> Queried:
    """What queries about things of a type are bound against that no path leads to."""
    return Queried(type_.name, query_type(world, type_, added), type_.name)


@lru_cache(maxsize=4096)
def query_type(
    world: World, type_: PublishedType, extensions: tuple[Extension, ...] = ()
) -> StructuredType:
    """A type as queries see it: texts that ignore case do, and heirs' properties are there."""
    rules = world.rules(type_)
    properties: dict[str, Property] = dict(type_.properties)
    if rules.asks_heirs:
        for heir in type_.descendants:
            for name, prop in heir.own_properties.items():
                properties.setdefault(name, prop)
    if rules.ignore_case:
        properties = {
            name: replace(prop, ignore_case=ignores_case(rules, name))
            for name, prop in properties.items()
        }
    beyond = {each.name: each.members for each in extensions if each.name in type_.navigation}
    properties |= {each.name: property_of(each) for each in extensions if each.name not in beyond}
    properties |= {name: Property(means, STRING) for name, means in rules.annotated.items()}
    for name, spellings in rules.spellings.items():
        properties[name] = replace(properties[name], spellings=spellings)
    is_open = is_dictionary(type_) or rules.open is True
    return QueriedType(world, type_, properties, open_=is_open, beyond=beyond)
