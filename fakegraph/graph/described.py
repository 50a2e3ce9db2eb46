"""What the model has at a path, for people: members, operations, methods, and what these take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakegraph.edm.published import Operation, PublishedEnum, PublishedModel, PublishedType
from fakegraph.edm.types import CollectionType, NavigationProperty, Property, Type
from fakegraph.edm.values import Instant, format_instant
from fakegraph.errors import GraphError
from fakegraph.generate.things import Filling
from fakegraph.graph.paths import locate
from fakegraph.graph.whole.answer import world_of
from fakegraph.graph.why import Place, by_scheme, place_of

if TYPE_CHECKING:
    from fakegraph.graph.api import GraphApi
    from fakegraph.graph.whole.world import World

_DEEP = 3  # so far down values are written out
# What one says first of a thing, where it has it.
_FIRST = ("displayName", "subject", "body", "toRecipients", "start", "end", "passwordProfile")
_REFERENCE = {"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/ID"}


def described(graph: GraphApi, path: str, now: Instant) -> dict[str, Any]:
    """What is at an undecoded path that begins with a version; at that alone, all that paths begin
    with. ``now`` is what times in the templates of bodies are. Raises GraphError (404).
    """
    location = locate(f"/{path}", graph.versions)
    model = graph.published.model(location.version)
    if not location.raw.strip("/"):
        roots = [_member(each.name, each.type, each.many) for each in model.roots() if each.type]
        return {**_NOWHERE, "version": location.version, "navigation": roots}
    place = place_of(graph, f"/{path}")
    if place is None:
        raise GraphError(404, "ResourceNotFound", f"The model has nothing at '{path}'.")
    walked = place.path or graph.published.walk(location.version)(location.raw)
    type_ = walked.type if isinstance(walked.type, PublishedType) else None
    bodies = _Bodies(world_of(graph.published, location.version), now, walked.kind, type_)
    methods = [_method(place, each, bodies, walked.operation) for each in place.shown["methods"]]
    found = {**_NOWHERE, **place.shown, "many": walked.many, "methods": methods}
    if type_ is None or walked.kind in ("refs", "ref", "count", "action"):
        return found
    return found | {
        "key": type_.key,
        "properties": [_property(each) for each in type_.properties.values()],
        "navigation": [_navigation(each) for each in type_.navigation.values()],
        "operations": [_operation(each) for each in _bound(model, type_, walked.many)],
    }


_NOWHERE: dict[str, Any] = {
    "template": "/",
    "kind": "service",
    "type": None,
    "many": False,
    "key": None,
    "operation": None,
    "methods": [],
    "properties": [],
    "navigation": [],
    "operations": [],
}

# What of a template is to be replaced, but does until then.
_SAMPLES: Mapping[str, Any] = {
    "address": "ada.abara001@contoso.onmicrosoft.com",
    "consentType": "AllPrincipals",
    "invitedUserEmailAddress": "guest@example.com",
    "inviteRedirectUrl": "https://contoso.com",
    "mailNickname": "sample",
    "password": "xWwvJ]6NMw+bWH-d",
    "timeZone": "UTC",
    "userPrincipalName": "sample@contoso.onmicrosoft.com",
}


class _Bodies:
    """Templates of what is sent: what a thing cannot be made without, with values that do."""

    def __init__(self, world: World, now: Instant, kind: str, type_: PublishedType | None) -> None:
        self._world = world
        self._now = now
        self._kind = kind
        self._type = type_

    def of(self, method: str, operation: Operation | None) -> Any:
        """None where nothing is sent."""
        if method not in ("POST", "PATCH", "PUT"):
            return None
        if operation is not None:
            return {each.name: self._value(each.name, each.type) for each in operation.parameters}
        if self._kind in ("refs", "ref"):
            return _REFERENCE
        return {} if self._type is None or method != "POST" else self._thing(self._type)

    @property
    def _any(self) -> PublishedType:
        """Some type: what values are like does not depend on whose they are."""
        types = self._world.model.types()
        return self._type or next(each for each in types if isinstance(each, PublishedType))

    def _value(self, name: str, type_: Type, depth: int = 0) -> Any:
        if isinstance(type_, CollectionType):
            item = self._value(name, type_.item, depth)
            return [] if item is None or item == {} else [item]
        if name in _SAMPLES:
            return _SAMPLES[name]
        if name == "dateTime":
            return format_instant(self._now).removesuffix("Z")
        if not isinstance(type_, PublishedType):
            return Filling(self._any, 0, self._now).of_type(name, type_)
        if type_.is_entity:
            return self._thing(type_)
        if depth == _DEEP:
            return {}
        written = [each for each in type_.properties.values() if not each.computed]
        return {each.name: self._value(each.name, each.type, depth + 1) for each in written}

    def _thing(self, type_: PublishedType) -> dict[str, Any]:
        required = self._world.rules(type_).required
        found = Filling(type_, 0, self._now).filled({}, required)
        more = [name for name in _FIRST if name not in found and type_.find(name)]
        sampled = [name for name in found if name in _SAMPLES]
        return found | {
            name: self._value(name, type_.properties[name].type) for name in (*more, *sampled)
        }


def _method(
    place: Place, said: dict[str, Any], bodies: _Bodies, operation: Operation | None
) -> dict[str, Any]:
    needed = place.needed(said["method"])
    return {
        **said,
        "permissions": {} if needed is None else by_scheme(needed),
        "body": bodies.of(said["method"], operation),
    }


def _member(name: str, type_: Type | None, many: bool) -> dict[str, Any]:
    return {"name": name, "type": str(type_), "many": many}


def _property(each: Property) -> dict[str, Any]:
    many = isinstance(each.type, CollectionType)
    type_ = each.type.item if isinstance(each.type, CollectionType) else each.type
    members = list(type_.members) if isinstance(type_, PublishedEnum) else []
    return {
        **_member(each.name, type_, many),
        "nullable": each.nullable,
        "computed": each.computed,
        "members": members,
    }


def _navigation(each: NavigationProperty) -> dict[str, Any]:
    return {**_member(each.name, each.type, each.many), "contained": each.contained}


def _operation(each: Operation) -> dict[str, Any]:
    parameters = [_member(one.name, one.type, False) for one in each.parameters]
    return {"name": each.name, "action": each.is_action, "parameters": parameters}


def _bound(model: PublishedModel, type_: PublishedType, many: bool) -> Iterator[Operation]:
    """What can be called there, an overload after the other."""
    by_type = _operations(model)
    for each in type_.chain:
        yield from by_type.get((each.name, many), ())


@lru_cache(maxsize=4)
def _operations(model: PublishedModel) -> dict[tuple[str, bool], list[Operation]]:
    found: dict[tuple[str, bool], list[Operation]] = {}
    for each in _of_things(model.all_operations()):
        found.setdefault((str(each.bound_to), each.bound_to_many), []).append(each)
    return found


def _of_things(operations: Iterable[Operation]) -> Iterator[Operation]:
    return (each for each in operations if each.bound_to is not None)
