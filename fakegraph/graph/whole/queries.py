"""What queries are bound against: a published type, with what its workload says of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from fakegraph.edm.published import PublishedType
from fakegraph.edm.typed import is_dictionary
from fakegraph.edm.types import CollectionType, Property, StructuredType
from fakegraph.graph.shapes import Shape
from fakegraph.graph.whole.world import World, ignores_case


@dataclass(frozen=True, eq=False)
class Queried:
    """A place that queries are about: the path that leads there and the type of what is there."""

    path: str
    type: StructuredType
    name: str
    options: frozenset[str] | None = None


@lru_cache(maxsize=4096)
def queried(world: World, shape: Shape, followed: tuple[str, ...] = ()) -> Queried:
    """What queries about a shape of paths are bound against; always the same one.

    ``followed`` are the navigation properties that they go along.
    """
    assert isinstance(shape.type, PublishedType)
    return Queried(shape.template, query_type(world, shape.type, followed), shape.word)


@lru_cache(maxsize=1024)
def followed_in(text: str, type_: PublishedType) -> tuple[str, ...]:
    """The navigation properties of a type that the text of a query may go along."""
    words = {word.lower() for word in _FOLLOWED.findall(text)}
    return tuple(name for name in type_.navigation if name.lower() in words)


_FOLLOWED = re.compile(r"(?<![\w./])(\w+)/")


@lru_cache(maxsize=4096)
def query_type(
    world: World, type_: PublishedType, followed: tuple[str, ...] = ()
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
    for name in followed:
        member = type_.navigation[name]
        assert isinstance(member.type, PublishedType)
        there = query_type(world, member.type)
        leads = CollectionType(there) if member.many else there
        properties[name] = Property(name, leads, nullable=True)
    return StructuredType(
        type_.name,
        properties,
        type_.key,
        type_.base,
        type_.navigation,
        type_.abstract,
        is_dictionary(type_) or rules.open is True,
    )
