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
        checks=(_check_made,),
    )
    for kind in ("single", "multi")
)
