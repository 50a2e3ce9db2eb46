"""Records of published types, made from the model alone: always the same ones."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from fakegraph.edm.published import PublishedEnum, PublishedType
from fakegraph.edm.types import CollectionType, Property, Type
from fakegraph.workloads.declarations import Type as Rules
from fakegraph.workloads.declarations import short

DEPTH = 2
USERS = ("4b6e5a53-96b0-4f9f-8d3c-2c1d8b0c7b01", "4b6e5a53-96b0-4f9f-8d3c-2c1d8b0c7b02")
ANY = ("Edm.Untyped", "microsoft.graph.Json")

# What workloads ask of a value beyond its type: by property, or by type and property.
VALUES: dict[str, Callable[[int], Any]] = {
    "userPrincipalName": "sweep{}@contoso.com".format,
    "dateTimeTimeZone/dateTime": "2024-05-1{}T08:00:00.0000000".format,
    "dateTimeTimeZone/timeZone": lambda number: "UTC",
    "aadUserConversationMember/roles": lambda number: ["owner"],
    "chatMessage/mentions": lambda number: [],
    "chatMessage/attachments": lambda number: [],
    "event/recurrence": lambda number: None,
    "event/isAllDay": lambda number: False,
    "mailFolder/isHidden": lambda number: False,
    # An item is one of these, here a file.
    "driveItem/bundle": lambda number: None,
    "driveItem/package": lambda number: None,
    "driveItem/remoteItem": lambda number: None,
}
# And what else a body has to have, by type.
MEMBER = {
    "@odata.type": "#microsoft.graph.aadUserConversationMember",
    "roles": ["owner"],
}
_USER = "https://graph.microsoft.com/v1.0/users('{}')"
MORE: dict[str, dict[str, Any]] = {
    "chat": {
        "chatType": "group",
        "members": [MEMBER | {"user@odata.bind": _USER.format(each)} for each in USERS],
    },
}


def sample(type_: PublishedType, rules: Rules, number: int) -> dict[str, Any]:
    """A body that makes a thing, with every property that a body may have."""
    closed = rules.read_only | rules.ignored | set(type_.keys) | rules.computed.keys()
    record = {
        prop.name: _sample(type_, prop, number, 0)
        for prop in type_.properties.values()
        if prop.name not in closed and _can_be_written(prop.type)
    }
    return {**record, **MORE.get(short(type_.name), {})}


def _sample(type_: PublishedType, prop: Property, number: int, depth: int) -> Any:
    for name in (*(f"{short(each.name)}/{prop.name}" for each in type_.chain), prop.name):
        if name in VALUES:
            return VALUES[name](number)
    return _value(prop, prop.type, number, depth)


def _can_be_written(type_: Type) -> bool:
    item = type_.item if isinstance(type_, CollectionType) else type_
    return not (item.name == "Edm.Stream" or (isinstance(item, PublishedType) and not _first(item)))


def _first(type_: PublishedType) -> PublishedType | None:
    return next((each for each in (type_, *type_.descendants) if not each.abstract), None)


def _value(prop: Property, type_: Type, number: int, depth: int) -> Any:
    if isinstance(type_, CollectionType):
        return [_value(prop, type_.item, number, depth)]
    if isinstance(type_, PublishedEnum):
        names = [name for name in type_.documented if name != type_.unknown]
        return names[number % len(names)]
    if isinstance(type_, PublishedType):
        return "x" if type_.name in ANY else _object(type_, number, depth + 1)
    return plain(type_.name, prop.name, number)


def _object(declared: PublishedType, number: int, depth: int) -> dict[str, Any]:
    type_ = _first(declared)
    assert type_ is not None
    record: dict[str, Any] = {}
    if type_ is not declared:
        record["@odata.type"] = f"#{type_.name}"
    for prop in type_.properties.values():
        item = prop.type.item if isinstance(prop.type, CollectionType) else prop.type
        deep = isinstance(item, PublishedType) and item.name not in ANY
        if not (deep and depth >= DEPTH) and _can_be_written(prop.type):
            record[prop.name] = _sample(type_, prop, number, depth)
    return record


def plain(type_name: str, name: str, number: int) -> Any:
    """A value of a primitive type."""
    return {
        "Edm.Binary": b64encode(f"bytes {number}".encode()).decode(),
        "Edm.Boolean": number % 2 == 1,
        "Edm.Date": f"2024-05-{number + 10:02}",
        "Edm.DateTimeOffset": f"2024-05-{number + 10:02}T08:00:00Z",
        "Edm.Decimal": number + 0.5,
        "Edm.Double": number + 0.5,
        "Edm.Duration": f"PT{number + 1}H",
        "Edm.Guid": f"9f0c1e52-6a0b-4d5e-9c11-{number:012}",
        "Edm.Single": number + 0.5,
        "Edm.String": f"{name} {number}",
        "Edm.TimeOfDay": f"08:0{number}:00",
        "Edm.Untyped": "x",
    }.get(type_name, number)
