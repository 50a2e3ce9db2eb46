"""Where things are, as URLs: each has one address, whichever way led to it."""

from __future__ import annotations

from urllib.parse import quote

from fakegraph.graph.whole.lookup import Lookup
from fakegraph.graph.whole.places import UnstoredRow, row_in
from fakegraph.graph.whole.world import World
from fakegraph.store import Row

_SAFE = "@:!$*,;~-._="


def address(world: World, lookup: Lookup, row: Row) -> str:
    """The path of a thing below the service root: ``users/ID/messages/ID``."""
    if isinstance(row, UnstoredRow):
        place = row.one.place
        name = place.said.name.rpartition("/")[2]
        above = "" if place.owner is None else address(world, lookup, row_in(place.owner))
        return f"{above}/{name}".lstrip("/")
    row = lookup.row(row.key) or row  # and not as the end of a link
    container = lookup.container_of(row.key)
    type_ = world.type_of(row.record, container)
    _, slash, name = container.rpartition("/")
    if not slash and not is_many(world, container):
        return container
    id_ = quote(str(row.record[type_.key or "id"]), safe=_SAFE)
    owner = lookup.row(row.owner) if row.owner else None
    if owner is None:
        return f"{name}/{id_}"
    above = address(world, lookup, owner)
    return f"{above}/{name}/{id_}" if is_many(world, container) else f"{above}/{name}"


def is_many(world: World, container: str) -> bool:
    """Whether a container is an entity set's, or of a navigation property that leads to many."""
    owner, slash, name = container.rpartition("/")
    if not slash:
        root = world.model.root(container)
        return root is None or root.many
    member = world.type_named(owner).navigation.get(name)
    return member is None or member.many
