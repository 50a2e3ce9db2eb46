"""Open extensions: what applications keep with one thing, by a name of their own.

https://learn.microsoft.com/graph/api/resources/opentypeextension
"""

from __future__ import annotations

import json

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Making

_MOST_BYTES = 2048
_OUTLOOK = "Microsoft.OutlookServices.OpenTypeExtension."
_OF_OUTLOOK = frozenset({"message", "eventMessage", "event", "contact", "post"})
_OWNERS = ("user", "group", "device", "organization", "administrativeUnit")


def _id(making: Making) -> str:
    """Its name, which items of Outlook have more of."""
    name = making.record.get("extensionName")
    if not name:
        return str(making.record["id"])
    return f"{_OUTLOOK}{name}" if making.owner_type in _OF_OUTLOOK else str(name)


def _check(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for no name, for one that is Microsoft's, and for more than fits."""
    name = str(record.get("extensionName"))
    if not name.strip():
        raise GraphError(400, "BadRequest", "The name of an extension is empty.", "extensionName")
    if name.casefold().startswith("com.microsoft"):
        raise GraphError(
            400, "BadRequest", f"'{name}' begins as the names of Microsoft do.", "extensionName"
        )
    size = len(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode())
    if size > _MOST_BYTES:
        message = f"An extension has at most {_MOST_BYTES} bytes, and this one has {size}."
        raise GraphError(400, "BadRequest", message)


TYPES = (
    Type(
        "extension",
        unique=("extensionName",),
        also_by=("extensionName",),
        spellings={"id": lambda text: (text, f"{_OUTLOOK}{text}")},
    ),
    Type(
        "openTypeExtension",
        required=("extensionName",),
        immutable=frozenset({"extensionName"}),
        refuses=(_check,),
        formed={"id": _id},
    ),
)

_METHODS = frozenset({"GET", "POST", "PATCH", "DELETE"})
_OTHERS = ("message", "event", "contact", "post", "todoTask", "todoTaskList")

NAVIGATION = (
    *(
        Navigation(f"{name}/extensions", statuses={"PATCH": 204}, documented=_METHODS)
        for name in _OWNERS
    ),
    *(Navigation(f"{name}/extensions", documented=_METHODS) for name in _OTHERS),
)
