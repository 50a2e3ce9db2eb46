"""Custom security attributes: sets of them, their definitions, and the values that people have.

https://learn.microsoft.com/graph/api/resources/custom-security-attributes-overview
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Extension, Making

Of = Callable[[str], Iterable[Record]]

VALUES = "customSecurityAttributes"
_SETS = "directory/attributeSets"
_DEFINITIONS = "directory/customSecurityAttributeDefinitions"
_ALLOWED = "customSecurityAttributeDefinition/allowedValues"
_MOST_SETS = 500
_NAME = re.compile(r"[A-Za-z]\w{0,31}", re.ASCII)
_TYPE = "@odata.type"
_TYPED = frozenset(
    {"Microsoft.DirectoryServices.CustomSecurityAttributeValue"}
    | {"microsoft.graph.customSecurityAttributeValue"}
)
_OF = "@definition"  # the definition that an allowed value is of, which is kept with it
_KINDS: Mapping[str, tuple[type, str]] = {
    "Boolean": (bool, "Edm.Boolean"),
    "Integer": (int, "Edm.Int32"),
    "String": (str, "Edm.String"),
}
_WIRE = {"Integer": "Int32", "String": "String"}  # what has to say its type, with many: always


def _refused(message: str, target: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", message, target)


def _invalid(name: str, resource: str) -> GraphError:
    return _refused(
        f"Invalid value specified for property '{name}' of resource '{resource}'.", name
    )


def _check_set(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a set's name that is none, or a size that it cannot have."""
    most = record.get("maxAttributesPerSet")
    if not _NAME.fullmatch(str(record.get("id"))):
        raise _invalid("id", "AttributeSet")
    if most is not None and not 1 <= most <= _MOST_SETS:
        raise _invalid("maxAttributesPerSet", "AttributeSet")


def _check_sets(record: Record, before: Record | None, of: Of) -> None:
    """Raise GraphError (400) for a set beyond those that a tenant may have."""
    if before is None and sum(1 for _ in of(_SETS)) >= _MOST_SETS:
        raise _refused(f"A tenant has at most {_MOST_SETS} attribute sets.", "id")


def _check_definition(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a definition of what cannot be."""
    flag = record.get("type") == "Boolean"
    many, listed = record.get("isCollection"), record.get("usePreDefinedValuesOnly")
    bad = {
        "name": not _NAME.fullmatch(str(record.get("name"))),
        "type": record.get("type") not in _KINDS,
        "status": record.get("status") not in ("Available", "Deprecated"),
        "isCollection": flag and many,
        "usePreDefinedValuesOnly": flag and listed,
    }
    for name, is_bad in bad.items():
        if is_bad:
            raise _invalid(name, "CustomSecurityAttributeDefinition")


def _check_its_set(record: Record, before: Record | None, of: Of) -> None:
    """Raise GraphError (400) for a definition in a set that is not there, or that is full."""
    if before is not None:
        return
    found = next((each for each in of(_SETS) if each["id"] == record.get("attributeSet")), None)
    if found is None:
        raise _invalid("attributeSet", "CustomSecurityAttributeDefinition")
    most = found.get("maxAttributesPerSet") or _MOST_SETS
    active = sum(
        1
        for each in of(_DEFINITIONS)
        if each.get("attributeSet") == found["id"] and each.get("status") == "Available"
    )
    if active >= most:
        raise _refused(f"The attribute set '{found['id']}' has {most} attributes.", "attributeSet")


def _id(making: Making) -> str:
    record = making.record
    known = record.get("attributeSet") and record.get("name")
    return f"{record['attributeSet']}_{record['name']}" if known else str(record["id"])


def _of(making: Making) -> str:
    return str((making.owner or {}).get("id"))


# Values -----------------------------------------------------------------------------------------


def _check_values(record: Record, before: Record | None, of: Of) -> None:
    """Raise GraphError (400) for values of what is not defined, or of another type."""
    values = record.get(VALUES)
    if not values or (before is not None and before.get(VALUES) == values):
        return
    defined = {str(each["id"]): each for each in of(_DEFINITIONS)}
    for name, attributes in values.items():
        if attributes is None:
            continue
        if not isinstance(attributes, dict) or _said(attributes.get(_TYPE)) not in _TYPED:
            raise _wrong(name)
        for attribute, value in attributes.items():
            if "@" in attribute:
                continue
            said = _said(attributes.get(f"{attribute}{_TYPE}"))
            _check_value(defined.get(f"{name}_{attribute}"), f"{name}/{attribute}", value, said, of)


def _wrong(name: str) -> GraphError:
    message = "One or more property values specified are invalid."
    return _refused(message, f"{VALUES}/{name}")


def _said(text: object) -> str:
    return str(text or "").removeprefix("#")


def _check_value(definition: Record | None, at: str, value: Any, said: str, of: Of) -> None:
    if definition is None:
        raise _wrong(at)
    if value is None or value == []:
        return
    many = bool(definition.get("isCollection"))
    kind = str(definition.get("type"))
    wire = f"Collection({_WIRE[kind]})" if many else _WIRE[kind] if kind == "Integer" else ""
    items = value if many and isinstance(value, list) else [value]
    fits = all(type(each) is _KINDS[kind][0] for each in items)
    if definition.get("status") != "Available" or (wire and said != wire) or not fits:
        raise _wrong(at)
    if definition.get("usePreDefinedValuesOnly"):
        allowed = {
            str(each["id"])
            for each in of(_ALLOWED)
            if each.get(_OF) == definition["id"] and each.get("isActive", True)
        }
        if not allowed.issuperset(map(str, items)):
            raise _wrong(at)


def _kept(values: Mapping[str, Any]) -> Record:
    """Values without those that were taken away, and without sets that have none."""
    found = {name: _without_nothing(each) for name, each in values.items() if each is not None}
    return {name: each for name, each in found.items() if each.keys() - {_TYPE}}


def _without_nothing(attributes: Any) -> Record:
    if not isinstance(attributes, dict):
        return {}
    gone = {name for name, value in attributes.items() if value is None or value == []}
    return {
        name: value for name, value in attributes.items() if name.removesuffix(_TYPE) not in gone
    }


def of_definitions(type_: str, of: Of) -> Iterator[Extension]:
    """The attributes as what queries find people by."""
    if type_ not in ("user", "servicePrincipal"):
        return
    sets: dict[str, list[Extension]] = {}
    for each in of(_DEFINITIONS):
        known = _KINDS.get(str(each.get("type")))
        if known is not None and each.get("isSearchable"):
            is_many = bool(each.get("isCollection"))
            name = str(each.get("name"))
            one = Extension(name, known[1], is_many, exact=True, each=is_many)
            sets.setdefault(str(each.get("attributeSet")), []).append(one)
    members = tuple(Extension(name, members=tuple(found)) for name, found in sets.items())
    if members:
        yield Extension(VALUES, members=members)


TYPES = (
    Type(
        "attributeSet",
        required=("id",),
        refuses=(_check_set,),
        suits=(_check_sets,),
    ),
    Type(
        "customSecurityAttributeDefinition",
        required=(
            *("attributeSet", "name", "type", "status"),
            *("isCollection", "isSearchable", "usePreDefinedValuesOnly"),
        ),
        refuses=(_check_definition,),
        suits=(_check_its_set,),
        formed={"id": _id},
        immutable=frozenset({"attributeSet", "name", "type", "isCollection", "isSearchable"}),
        related=frozenset({"allowedValues"}),
    ),
    Type("allowedValue", required=("id", "isActive"), generated={_OF: _of}),
    *(
        Type(
            name,
            suits=(_check_values,),
            merged=frozenset({VALUES, f"{VALUES}/*"}),
            written={VALUES: _kept},
            only_when_selected=frozenset({VALUES}),
        )
        for name in ("user", "servicePrincipal")
    ),
)

NAVIGATION: tuple[Navigation, ...] = ()
