"""What applications add to directory objects, and how their values are kept.

https://learn.microsoft.com/graph/extensibility-overview
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.directory.attributes import of_definitions
from fakegraph.workloads.directory.schemas import of_schemas
from fakegraph.workloads.handed import Extension, Making

_BAD = "Request_BadRequest"
Of = Callable[[str], Iterable[Record]]

# https://learn.microsoft.com/graph/api/resources/extensionproperty
_KINDS = {
    "Binary": ("Edm.Binary", 344),  # 256 bytes, in base64
    "Boolean": ("Edm.Boolean", 0),
    "DateTime": ("Edm.DateTimeOffset", 0),
    "Integer": ("Edm.Int32", 0),
    "LargeInteger": ("Edm.Int64", 0),
    "String": ("Edm.String", 256),
}
_TARGETS = frozenset(
    {"User", "Group", "AdministrativeUnit", "Application", "Device", "Organization"}
)
_NAME = re.compile(r"[A-Za-z_]\w{0,127}", re.ASCII)


def _mangled(making: Making) -> str:
    """The name that others know an extension property by."""
    name = str(making.record.get("name") or "")
    app_id = str((making.owner or {}).get("appId") or "").replace("-", "")
    return name if name.startswith("extension_") else f"extension_{app_id}_{name}"


def _spelt(kind: Any) -> Any:
    """A data type as it is declared; clients may write it in any case."""
    return next((each for each in _KINDS if each.casefold() == str(kind).casefold()), kind)


def _check_property(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a data type, a target or a name that there is not."""
    kind, targets = record.get("dataType"), record.get("targetObjects") or ()
    bad = (
        "dataType"
        if kind not in _KINDS
        else "targetObjects"
        if not targets or not _TARGETS.issuperset(targets)
        else "name"
        if not _NAME.fullmatch(str(record.get("name")))
        else None
    )
    if bad is not None:
        message = f"Invalid value specified for property '{bad}' of resource 'ExtensionProperty'."
        raise GraphError(400, _BAD, message, bad, [Problem(message, bad, "InvalidValue")])


def _check_name(making: Making) -> None:
    """Raise GraphError (400) for a name that another extension property of the application has."""
    name = str(making.record.get("name"))
    if any(str(each.get("name")).casefold() == name.casefold() for each in making.beside()):
        message = f"An extension property exists with the name {name}."
        raise GraphError(400, _BAD, message, "name")


def _of_applications(type_: str, of: Of) -> Iterator[Extension]:
    """The extension properties of a type, of those applications that have a service principal."""
    there = {str(each.get("appId")).replace("-", "").casefold() for each in of("servicePrincipals")}
    for each in of("application/extensionProperties"):
        name = each["name"]
        known = _KINDS.get(str(each.get("dataType")))
        is_there = name.split("_")[1].casefold() in there
        if known and is_there and _is_for(type_, each.get("targetObjects") or ()):
            kind, longest = known
            yield Extension(name, kind, bool(each.get("isMultiValued")), longest)


def _is_for(type_: str, targets: Iterable[str]) -> bool:
    """Whether something is for things of a type; what may be any of them has all."""
    return type_ == "directoryObject" or type_.casefold() in map(str.casefold, targets)


def extended(type_: str, of: Of) -> Iterator[Extension]:
    """What things of a type have in a tenant beside what is declared."""
    yield from _of_applications(type_, of)
    yield from of_schemas(type_, of)
    yield from of_definitions(type_, of)


TYPES = (
    Type("user", merged=frozenset({"onPremisesExtensionAttributes"})),
    *(
        Type(name, extended=extended)
        for name in (
            "directoryObject",
            "user",
            "group",
            "administrativeUnit",
            "application",
            "device",
            "organization",
            "servicePrincipal",
        )
    ),
    Type(
        "extensionProperty",
        required=("name", "dataType", "targetObjects"),
        sent={"dataType": _spelt},
        refuses=(_check_property,),
        formed={"name": _mangled},
        checks=(_check_name,),
        read_only=frozenset({"appDisplayName", "isSyncedFromOnPremises"}),
        generated={"appDisplayName": lambda making: (making.owner or {}).get("displayName")},
        defaults={"isMultiValued": False, "isSyncedFromOnPremises": False},
    ),
)

NAVIGATION: tuple[Navigation, ...] = ()
