"""Where in a tenant a thing is that something names: by its id, or by another key of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from fakegraph.edm.model import EntitySet
from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.world import World, is_aside
from fakegraph.store import Key, Row, Store

MOST = 20  # of several things that are called the same


def found(
    world: World,
    store: Store,
    sets: Mapping[str, EntitySet],
    value: str,
    near: Iterable[Row] = (),
) -> list[dict[str, Any]]:
    """The paths of what has that value as a key, each with its type. What others contain has ids
    of its owner's: it is found where ``near``, or what that is in, contains it.
    """
    owners = [key for row in near for key in _upwards(store, row)]
    places = _declared(store, sets, value), _published(world, store, sets, value, owners)
    every = [each for place in places for each in place]
    return list({each["path"]: each for each in every}.values())[:MOST]


def _upwards(store: Store, row: Row | None) -> Iterator[Key]:
    while row is not None:
        yield row.key
        row = store.row(row.owner) if row.owner else None


def _declared(store: Store, sets: Mapping[str, EntitySet], value: str) -> Iterator[dict[str, Any]]:
    for each in sets.values():
        if not each.view_of and store.container(each.collection).get(value) is not None:
            yield {"path": f"{each.path}/{value}", "type": each.name}


def _published(
    world: World, store: Store, sets: Mapping[str, EntitySet], value: str, owners: Sequence[Key]
) -> Iterator[dict[str, Any]]:
    lookup, declared = InStore(store), {each.collection for each in sets.values()}
    for name in list(store.names()):
        if name in declared or is_aside(name):
            continue
        for key, owner in product(world.layout(name).keys, (None, *owners)):
            row = lookup.find(name, key.name, value, owner)
            if row is not None:
                type_ = world.type_of(row.record, name)
                yield {"path": address(world, lookup, row), "type": type_.name}
