"""Where a path is served that is not served here; and whether Microsoft Graph has it at all.

Known of Microsoft Graph is the published model of v1.0. Its beta has that too, and more that is not
known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from fakegraph.edm.fields import did_you_mean
from fakegraph.edm.model import Model
from fakegraph.edm.published import PublishedModel, PublishedType, built_in
from fakegraph.edm.types import UNTYPED, CollectionType, NavigationProperty, Type
from fakegraph.errors import GraphError
from fakegraph.graph.paths import PathError, resolve

KNOWN_VERSION = "v1.0"
NOT_SERVED: Mapping[str, str] = {"x-fakegraph": "not-served"}


def graph_has(segments: Sequence[str]) -> bool:
    """Whether Microsoft Graph's v1.0 has a path: the types and operations of the published model.

    Any segment is taken for a key where a key may stand.
    """
    model = built_in(KNOWN_VERSION)
    at: Type | None = None
    for segment in segments:
        if segment.endswith(":"):  # begins a path in a drive, or in a site, which may be any
            return True
        name, parenthesis, _ = segment.partition("(")
        at = _root(model, name) if at is None else _below(model, at, name)
        if at is None:
            return False
        if parenthesis and isinstance(at, CollectionType):
            at = at.item
    return bool(segments)


def _root(model: PublishedModel, name: str) -> Type | None:
    root = model.root(name)
    return None if root is None or root.type is None else _many(root.type, root.many)


def _below(model: PublishedModel, at: Type, name: str) -> Type | None:
    """What a segment leads to from one thing, or from many; None where nothing is."""
    many = isinstance(at, CollectionType)
    item = at.item if isinstance(at, CollectionType) else at
    if name in _OF_ANY:
        return at if _OF_ANY[name](item, many) else None
    if not isinstance(item, PublishedType):
        return None
    cast = model.type_named(name) if "." in name else None
    if isinstance(cast, PublishedType) and cast.is_heir_of(item):
        return _many(cast, many)
    for operation in model.bound(name, item, many):
        return operation.result or UNTYPED
    if many:
        return item  # by a key
    member = item.member(name)
    if isinstance(member, NavigationProperty):
        return _many(member.type, member.many)
    return None if member is None else member.type


def _many(type_: Type, many: bool) -> Type:
    return CollectionType(type_) if many else type_


# The segments that OData itself has, and what of: told a type, and whether there are many.
_OF_ANY: Mapping[str, Callable[[Type, bool], bool]] = {
    "$count": lambda _, many: many,
    "$ref": lambda type_, _: isinstance(type_, PublishedType) and type_.is_entity,
    "$value": lambda _, many: not many,  # messages have it that are no streams in the model
}


def explained(error: PathError, models: Mapping[str, Model]) -> GraphError:
    """A refusal of a path with a hint at where it, or what is like it, is served.

    With the header ``x-fakegraph: not-served`` where Microsoft Graph has it.
    """
    if error.segments and error.segments[0].casefold() in models:
        hint = "The version is there already: leave the second one out."
        return replace(error, message=f"{error.message} {hint}")
    path = "/".join(error.segments)
    homes = [version for version, model in models.items() if _is_served(model, error.segments)]
    if homes:
        where = " and ".join(f"/{version}/{path}" for version in homes)
        return replace(error, message=f"{error.message} It is served as {where}.")
    model = models.get(error.version)
    if model is None:
        return error
    known = error.graph_has or graph_has(error.segments)
    served = [resource.path for resource in model.resources]
    listed = ", ".join(f"/{each}" for each in served) or "nothing"
    hint = f"In {model.version}, fakegraph serves {listed}.{did_you_mean(path, served)}"
    if known:
        message = f"{error.message} Microsoft Graph has /{path}, fakegraph does not. {hint}"
        return replace(error, message=message, headers={**error.headers, **NOT_SERVED})
    if error.version == KNOWN_VERSION:
        hint = f"The published model of {KNOWN_VERSION} has no such path either. {hint}"
    return replace(error, message=f"{error.message} {hint}")


def _is_served(model: Model, segments: Sequence[str]) -> bool:
    try:
        return resolve(model, segments).resource is not None
    except GraphError:
        return False
