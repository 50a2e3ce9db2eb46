"""Extended properties: what MAPI keeps of items beside what Graph has names for.

https://learn.microsoft.com/graph/api/resources/extended-properties-overview
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fakegraph.errors import GraphError
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import Making

_KINDS = "ApplicationTime|Binary|CLSID|Currency|Double|Float|Integer|Long|Object|Short|SystemTime"
_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NUMBER = r"(?:0x[0-9a-f]{1,8}|\d{1,10})"
_FORM = re.compile(
    rf"(?:(?:{_KINDS}|String)(?:Array)?|Boolean|Error|Null) "
    rf"(?:(?:\{{{_GUID}\}}|{_GUID}) (?:Name .+|Id {_NUMBER})|{_NUMBER})",
    re.IGNORECASE | re.DOTALL,
)
_ASKED = re.compile(
    r"ExtendedProperties(?:\(\$filter=|/(?:any|all)\()[^']*?\bid\s+eq\s+'((?:[^']|'')*)'",
    re.IGNORECASE,
)


_IDS = re.compile(r"(\bid\s+eq\s+')((?:[^']|'')*)(?=')", re.IGNORECASE)
_BY_NAME = re.compile(rf"\{{?({_GUID})\}}? Name (.+)", re.IGNORECASE | re.DOTALL)
_ALL_KINDS = (*_KINDS.split("|"), "String", "Boolean", "Error", "Null")
_NAMES = {name.casefold(): name for name in _ALL_KINDS}


def spelt(id_: str) -> str:
    """An id of an extended property as the service writes it, however a client does."""
    if _FORM.fullmatch(id_) is None:
        return id_
    kind, _, rest = id_.partition(" ")
    single = kind.casefold().removesuffix("array")
    kind = _NAMES[single] + ("" if single == kind.casefold() else "Array")
    found = _BY_NAME.fullmatch(rest)
    if found is not None:
        return f"{kind} {{{found[1].lower()}}} Name {found[2]}"
    space, _, number = rest.rpartition(" ")
    tag = f"0x{int(number, 16 if number[:2].lower() == '0x' else 10):x}"
    guid = space[: -len(" Id")].strip("{}").lower()
    return f"{kind} {{{guid}}} Id {tag}" if space else f"{kind} {tag}"


def spelt_in(text: str) -> str:
    """A part of a query in which all such ids are written so."""
    if "extendedproperties" not in text.casefold():
        return text
    return _IDS.sub(lambda found: found[1] + _quoted(spelt(found[2].replace("''", "'"))), text)


def _quoted(text: str) -> str:
    return text.replace("'", "''")


EXTENDED = frozenset({"singleValueExtendedProperties", "multiValueExtendedProperties"})
"""What items, their folders and calendars have of them; bodies may bring them."""


def check_id(text: str) -> None:
    """Raise GraphError (400) for what cannot be the id of an extended property."""
    if _FORM.fullmatch(text) is None:
        raise GraphError(
            400,
            "ErrorInvalidProperty",
            "PropertyId values may only be in one of the following formats: "
            "'MapiPropertyType namespaceGuid Name propertyName', "
            "'MapiPropertyType namespaceGuid Id propertyId' or 'MapiPropertyType propertyTag'.",
            "id",
        )


def _check_value(id_: str, value: object) -> None:
    """Raise GraphError (400) for what an extended property of that kind cannot be."""
    kind = id_.partition(" ")[0].casefold().removesuffix("array")
    form = _VALUES.get(kind)
    if form is None or value is None or (isinstance(value, str) and form.fullmatch(value)):
        return
    message = f"'{value}' is no value of an extended property of the type '{id_.split()[0]}'."
    raise GraphError(400, "ErrorInvalidExtendedPropertyValue", message, "value")


_WHOLE, _REAL = r"[+-]?\d+", r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_VALUES = {
    kind: re.compile(form, re.IGNORECASE | re.ASCII)
    for kind, form in {
        "boolean": "true|false|0|1",
        **dict.fromkeys(("integer", "short", "long", "error"), _WHOLE),
        **dict.fromkeys(("double", "float", "currency"), _REAL),
        "systemtime": r"\d{4}-\d\d-\d\d(?:T.+)?",
        "clsid": rf"{_GUID}|\{{{_GUID}\}}",
    }.items()
}
"""The text of a value, by the type of MAPI; other types take any."""


def check_asked(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) where a query names an extended property that there cannot be."""
    for name in ("expand", "filter"):
        for found in _ASKED.findall(options.get(name) or ""):
            check_id(found.replace("''", "'"))


def check_expanded(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) for extensions that are expanded, and none of them named."""
    if _UNFILTERED.search(options.get("expand") or ""):
        code = "ErrorGraphExtensionExpandRequiresFilter"
        message = "Extensions are expanded with a filter: extensions($filter=id eq '…')."
        raise GraphError(400, code, message, "$expand")


_UNFILTERED = re.compile(r"(?<![\w'])extensions(?!\w|\s*\([^)]*\$filter=)", re.IGNORECASE)


def _check_made(making: Making) -> None:
    id_, value = str(making.record.get("id")), making.record.get("value")
    check_id(id_)
    for each in value if isinstance(value, list) else (value,):
        _check_value(id_, each)


TYPES = tuple(
    Type(
        f"{kind}ValueLegacyExtendedProperty",
        ignore_case=frozenset({"value"}),
        overwrites=True,
        written={"id": spelt},
        checks=(_check_made,),
    )
    for kind in ("single", "multi")
)
