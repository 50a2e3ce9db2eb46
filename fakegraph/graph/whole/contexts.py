"""``@odata.context``: what an answer is about, as a URL (OData JSON Format 4.01, section 10)."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from fakegraph.edm.published import PublishedType, Root
from fakegraph.edm.types import NavigationProperty
from fakegraph.graph.resource_path import Segment
from fakegraph.graph.shapes import Step
from fakegraph.graph.whole.world import World

_SAFE = "'@:!$*,;~-._"


def fragment(
    world: World,
    segments: Sequence[Segment],
    me: str = "",
    select: tuple[str, ...] | None = None,
    *,
    one: bool = False,
) -> str:
    """What stands behind ``$metadata#`` for things that segments lead to; ``one`` of them.

    ``me`` is the id of who is signed in.
    """
    path: str | None = ""
    for segment in segments:
        path = _joined(world, path, segment, me)
    projection = f"({','.join(select)})" if select is not None else ""
    last = segments[-1].shape
    if path is None:
        type_ = last.type
        many = last.many and not one
        return f"Collection({type_}){projection}" if many else f"{type_}{projection}"
    if last.many and not one:
        return f"{path}{projection}"
    return f"{_without_key(path)}{projection}/$entity"


def _joined(world: World, path: str | None, segment: Segment, me: str) -> str | None:
    shape = segment.shape
    if shape.step is Step.ROOT:
        assert isinstance(shape.declared, Root)
        return f"users{_key(me)}" if shape.name == "me" and me else shape.name
    if shape.step is Step.KEY:
        return None if path is None else path + "".join(map(_key, map(str, segment.keys.values())))
    if shape.step is Step.CAST:
        return None if path is None else f"{path}/{shape.type}"
    declared = shape.declared
    if isinstance(declared, NavigationProperty):
        if declared.contained and path is not None:
            return f"{path}/{declared.name}"
        return _set_of(world, declared)
    return path


def _set_of(world: World, member: NavigationProperty) -> str | None:
    """The entity set that has what a navigation property leads to."""
    assert isinstance(member.type, PublishedType)
    sets = (root for root in world.model.roots() if root.many)
    return next((root.name for root in sets if root.type is member.type), None)


def _key(key: str) -> str:
    escaped = quote(key.replace("'", "''"), safe=_SAFE)
    return f"('{escaped}')"


def _without_key(path: str) -> str:
    """A path without the key that it ends with."""
    if not path.endswith("')"):
        return path
    return path[: path.rindex("('")]
