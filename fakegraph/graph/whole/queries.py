"""What queries are bound against: a published type, with what its workload says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from fakegraph.edm.published import PublishedType
from fakegraph.edm.typed import is_dictionary
from fakegraph.edm.types import Property, StructuredType
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
def queried(world: World, shape: Shape) -> Queried:
    """What queries about a shape of paths are bound against; always the same one."""
    assert isinstance(shape.type, PublishedType)
    return Queried(shape.template, query_type(world, shape.type), shape.word)


@lru_cache(maxsize=4096)
def query_type(world: World, type_: PublishedType) -> StructuredType:
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
    return StructuredType(
        type_.name,
        properties,
        type_.key,
        type_.base,
        type_.navigation,
        type_.abstract,
        is_dictionary(type_) or rules.open is True,
    )
