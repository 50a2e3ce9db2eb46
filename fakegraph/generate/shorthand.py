"""Records as people write them in tests: ``to="bob@contoso.com"``, ``body="Hi"``.

A text in the place of a thing, or of an object, is spelt out by the type that is wanted there; all
else is left as it is, for the schema to refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import CollectionType, NavigationProperty, Type
from fakegraph.generate.people import name_of
from fakegraph.workloads.handed import short

_TYPE = "@odata.type"
_USERS = "https://graph.microsoft.com/v1.0/users('{}')"

# Names that people use, where the type has no property that is called so.
_NAMES: Mapping[str, str] = {
    "to": "toRecipients",
    "cc": "ccRecipients",
    "bcc": "bccRecipients",
}


def spelt_out(type_: PublishedType, record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of a type with all of it in full, at any depth."""
    actual = _said(type_, record)
    found: dict[str, Any] = {}
    for given, value in record.items():
        name = given
        if actual.member(given) is None and _NAMES.get(given, given) not in record:
            name = _NAMES.get(given, given)
        found[name] = _of_member(actual, name, value)
    return found


def _said(type_: PublishedType, record: Mapping[str, Any]) -> PublishedType:
    """The type that a record says it has, where it is one that can be there."""
    said = str(record.get(_TYPE, "")).removeprefix("#")
    return next((each for each in type_.descendants if each.name == said), type_)


def _of_member(type_: PublishedType, name: str, value: Any) -> Any:
    member = type_.member(name)
    if isinstance(member, NavigationProperty):
        target = member.type
        if not isinstance(target, PublishedType):
            return value
        if isinstance(value, list):
            return [_of_thing(type_, target, member.contained, each) for each in value]
        whole = _of_thing(type_, target, member.contained, value)
        return [whole] if isinstance(value, str) and whole is not value and member.many else whole
    return value if member is None else _of_type(member.type, value)


def _of_thing(owner: PublishedType, target: PublishedType, contained: bool, value: Any) -> Any:
    """A thing in a record: who is meant by a name to sign in with, or what by an id."""
    if isinstance(value, Mapping):
        return spelt_out(target, value)
    if not isinstance(value, str):
        return value
    if short(target.name) == "conversationMember":
        roles = ["owner"] if short(owner.name) == "chat" else []
        kind = "#microsoft.graph.aadUserConversationMember"
        return {_TYPE: kind, "roles": roles, "user@odata.bind": _USERS.format(value)}
    if contained:
        return value
    people = any(short(each.name) == "user" for each in (target, *target.descendants))
    return {"userPrincipalName" if people and "@" in value else (target.key or "id"): value}


def _of_type(type_: Type, value: Any) -> Any:
    if isinstance(type_, CollectionType):
        if isinstance(value, list):
            return [_of_type(type_.item, each) for each in value]
        return [_of_type(type_.item, value)] if _is_short(type_.item, value) else value
    if not isinstance(type_, PublishedType):
        return value
    if _is_short(type_, value):
        return _OBJECTS[short(type_.name)](value)
    return spelt_out(type_, value) if isinstance(value, Mapping) else value


def _is_short(type_: Type, value: Any) -> bool:
    is_one = isinstance(type_, PublishedType) and short(type_.name) in _OBJECTS
    return is_one and isinstance(value, str)


def _address(text: str) -> dict[str, Any]:
    return {"address": text, "name": name_of(text)}


def _recipient(text: str) -> dict[str, Any]:
    return {"emailAddress": _address(text)}


def _body(text: str) -> dict[str, Any]:
    kind = "html" if text.lstrip().startswith("<") else "text"
    return {"contentType": kind, "content": text}


def _moment(text: str) -> dict[str, Any]:
    """A moment in some zone; of one with an offset, the same in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return {"dateTime": text, "timeZone": "UTC"}
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return {"dateTime": moment.isoformat(), "timeZone": "UTC"}


def _password(text: str) -> dict[str, Any]:
    return {"password": text, "forceChangePasswordNextSignIn": False}


# By type, the object that a text stands for.
_OBJECTS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "attendee": lambda text: {**_recipient(text), "type": "required"},
    "dateTimeTimeZone": _moment,
    "emailAddress": _address,
    "itemBody": _body,
    "location": lambda text: {"displayName": text},
    "passwordProfile": _password,
    "recipient": _recipient,
}
