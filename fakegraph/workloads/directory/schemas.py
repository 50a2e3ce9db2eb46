"""Schema extensions: objects with declared members, which any application may use.

https://learn.microsoft.com/graph/api/resources/schemaextension
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Extension, Making

_KINDS = {
    "Binary": ("Edm.Binary", 344),  # 256 bytes, in base64
    "Boolean": ("Edm.Boolean", 0),
    "DateTime": ("Edm.DateTimeOffset", 0),
    "Integer": ("Edm.Int32", 0),
    "String": ("Edm.String", 256),
}
TARGETS = (
    *("user", "group", "device", "organization", "administrativeUnit"),
    *("message", "event", "contact", "post"),
)
_NEXT = {"InDevelopment": "Available", "Available": "Deprecated"}
_ROOTS = (".com", ".net", ".gov", ".edu", ".org")
_GIVEN = re.compile(r"ext[a-z0-9]{8}_\w+")
_NAME = re.compile(r"[A-Za-z]\w{0,127}", re.ASCII)

Of = Callable[[str], Iterable[Record]]


def _id(making: Making) -> str:
    """The name behind that of a verified domain, or behind one that nobody else has.

    A tenant without domains verifies any. What is no name comes from a seed, and stays.
    """
    name = str(making.record["id"])
    domain, behind, _ = name.partition("_")
    domains = list(making.there("domains"))
    if _GIVEN.fullmatch(name) or not _NAME.fullmatch(name):
        return name
    if behind and (not domains or domain in _verified(domains)):
        return name
    return f"ext{making.new_id().replace('-', '')[:8]}_{name}"


def _verified(domains: Iterable[Record]) -> set[str]:
    """What stands for each verified domain of those that schemas are named by."""
    names = (str(each.get("id")) for each in domains if each.get("isVerified", True))
    return {name.rpartition(".")[0].replace(".", "") for name in names if name.endswith(_ROOTS)}


def _invalid(name: str) -> GraphError:
    message = f"Invalid value specified for property '{name}' of resource 'SchemaExtension'."
    return GraphError(400, "Request_BadRequest", message, name)


def _members(schema: Record) -> Mapping[str, Any]:
    listed = schema.get("properties") or ()
    return {str(each.get("name") or ""): each.get("type") for each in listed}


def _check(schema: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a schema that is none, or that takes back what it promised."""
    targets = {str(each).casefold() for each in schema.get("targetTypes") or ()}
    members = _members(schema)
    if not targets or not targets.issubset(map(str.casefold, TARGETS)):
        raise _invalid("targetTypes")
    if not members or len(members) != len(schema["properties"]) or not _are_known(members):
        raise _invalid("properties")
    if before is None:
        if not _NAME.fullmatch(str(schema.get("id"))):
            raise _invalid("id")
        return
    if not _members(before).items() <= members.items():
        raise _invalid("properties")
    if not {str(each).casefold() for each in before.get("targetTypes") or ()} <= targets:
        raise _invalid("targetTypes")
    was, is_ = before.get("status"), schema.get("status")
    if is_ not in (was, _NEXT.get(str(was))):
        raise _invalid("status")


def _are_known(members: Mapping[str, Any]) -> bool:
    return all(_NAME.fullmatch(name) and kind in _KINDS for name, kind in members.items())


def _check_new(schema: Record, before: Record | None) -> None:
    """Raise GraphError (400) for the status of a schema that is being made."""
    if before is None and schema.get("status") not in (None, "InDevelopment"):
        raise _invalid("status")


def of_schemas(type_: str, of: Of) -> Iterator[Extension]:
    """What schemas add to things of a type."""
    for each in of("schemaExtensions"):
        if _is_for(type_, each.get("targetTypes") or ()):
            members = _extensions(each.get("properties") or ())
            if members:
                yield Extension(str(each["id"]), members=members)


def _extensions(listed: Sequence[Mapping[str, Any]]) -> tuple[Extension, ...]:
    known = ((str(each.get("name")), _KINDS.get(str(each.get("type")))) for each in listed)
    return tuple(Extension(name, kind[0], longest=kind[1]) for name, kind in known if kind)


def _is_for(type_: str, targets: Iterable[str]) -> bool:
    return type_ == "directoryObject" or type_.casefold() in map(str.casefold, targets)


TYPES = (
    Type(
        "schemaExtension",
        required=("id", "targetTypes", "properties"),
        immutable=frozenset({"id", "owner"}),
        refuses=(_check, _check_new),
        formed={"id": _id},
        generated={"owner": lambda making: making.app or making.new_id()},
        defaults={"status": "InDevelopment"},
        kept={"status": ("Available", "Deprecated")},
        ignore_case=frozenset({"*"}),
    ),
    *(Type(name, extended=of_schemas) for name in ("message", "event", "contact", "post")),
)

NAVIGATION: tuple[Navigation, ...] = ()
