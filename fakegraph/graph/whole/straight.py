"""Straight ways: paths of keys alone, where each thing is found in what the last one contains; who
is signed in counts as a key.

Most reads go one. What is not found so may be there in another way, or have a reason of its own why
it is not: ``locate.py`` knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fakegraph.edm.published import PublishedType, Root
from fakegraph.edm.types import STRING, NavigationProperty
from fakegraph.graph.resource_path import Segment
from fakegraph.graph.shapes import Shape, Step
from fakegraph.graph.whole.finding import Me
from fakegraph.graph.whole.world import TYPE, World
from fakegraph.store import Row, Store, Transaction
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.handed import short

ME = -1
_USERS = "users"


class Hop(NamedTuple):
    """From a thing to one that it contains: where that lives, and the property that its key is.

    ``place`` is the number of the segment that has the key; ``ME``: it is who is signed in.
    """

    container: str
    name: str
    place: int


class Inside(NamedTuple):
    """A collection of all that is in a container, or that the thing at the end of a way contains
    there. ``kept`` is the type of what is there, unless a thing says another itself.
    """

    container: str
    type: PublishedType
    said: Navigation
    way: tuple[Hop, ...]
    kept: PublishedType


class Crooked(Exception):
    """More than keys tells where something is."""


def straight(world: World, shape: Shape) -> tuple[Hop, ...]:
    """The way to the thing that a shape of paths leads to; empty where that is no straight one."""
    try:
        return tuple(_hops(world, shape)) if shape.step is Step.KEY or is_me(shape) else ()
    except Crooked:
        return ()


def is_me(shape: Shape) -> bool:
    """Whether it is who is signed in."""
    return shape.step is Step.ROOT and shape.name == "me"


def inside(world: World, shape: Shape) -> Inside | None:
    """The collection that a shape of paths leads to; None where it has not all of a container."""
    type_, before, member = shape.type, shape.before, shape.declared
    if not isinstance(type_, PublishedType) or shape.step not in (Step.ROOT, Step.MEMBER):
        return None
    try:
        if shape.step is Step.ROOT:
            container, said = _root(world, shape), world.declared.navigation(shape.name)
            elsewhere = said.given or said.listed_as
            kept = world.type_in(container)
            return None if elsewhere else Inside(container, type_, said, (), kept)
        container, way = _inside(world, shape), before and straight(world, before)
    except Crooked:
        return None
    if not way or before is None or not isinstance(before.type, PublishedType):
        return None
    assert isinstance(member, NavigationProperty)
    said = world.navigation(before.type, member)
    return Inside(container, type_, said, way, world.type_in(container))


def find(
    store: Store | Transaction,
    hops: Sequence[Hop],
    segments: Sequence[Segment],
    me: Me,
    passed: int = 0,
    row: Row | None = None,
) -> Row | None:
    """The row at the end of a way, where each thing on it is just of the type that is declared.

    ``row``: what was found already behind so many hops as were ``passed``. Raises GraphError where
    nobody can be signed in.
    """
    for number in range(passed, len(hops)):
        if row is not None and TYPE in row.record:
            return None
        (container, name, place), owner = hops[number], None if row is None else row.key
        id_ = me()[name] if place == ME else segments[place].keys[name]
        if isinstance(store, Transaction):
            row = store.find(container, name, id_, owner)
        else:
            row = store.container(container).get(id_, owner)
        if row is None:
            return None
    return row


def _hops(world: World, shape: Shape) -> Iterator[Hop]:
    line = shape.line
    begins = 1 if is_me(line[0]) else 0
    if begins:
        yield _to_me(world, line[0])
    pairs = zip(line[begins::2], line[begins + 1 :: 2], strict=True)
    for number, (place, key) in enumerate(pairs):
        type_ = key.type
        if key.step is not Step.KEY or not isinstance(type_, PublishedType):
            raise Crooked
        container = _root(world, place) if place.step is Step.ROOT else _inside(world, place)
        name = type_.key or ""
        by_name = key.names == type_.keys == (name,) and type_.properties[name].type == STRING
        if not by_name or world.finder(container, type_).identity != name:
            raise Crooked
        yield Hop(container, name, begins + 2 * number + 1)


def _to_me(world: World, shape: Shape) -> Hop:
    containers, type_ = world.union(_USERS), shape.type
    if containers != (_USERS,) or not isinstance(type_, PublishedType):
        raise Crooked
    if world.type_in(_USERS) is not type_ or world.finder(_USERS, type_).identity != "id":
        raise Crooked
    return Hop(_USERS, "id", ME)


def _root(world: World, place: Shape) -> str:
    root = place.declared
    if not isinstance(root, Root) or not root.many:
        raise Crooked
    said = world.declared.navigation(root.name)
    containers = world.union(said.home or root.name)
    if said.same is not None or len(containers) > 1 or "/" in containers[0]:
        raise Crooked
    return containers[0]


def _inside(world: World, place: Shape) -> str:
    member, owner = place.declared, place.before and place.before.type
    if not isinstance(member, NavigationProperty) or not isinstance(owner, PublishedType):
        raise Crooked
    said = world.navigation(owner, member)
    linked = said.linked or (world.is_linked(member) and not said.home)
    elsewhere = said.same or said.closure or said.deleted or linked or place.heir
    container = said.home or f"{short(member.owner)}/{member.name}"
    provided = world.declared.navigation(container).provisioned
    if not member.many or elsewhere or provided or not said.whole:
        raise Crooked
    return container
