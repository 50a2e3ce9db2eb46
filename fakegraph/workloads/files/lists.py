"""Lists, what is in them, and their columns.

https://learn.microsoft.com/graph/api/resources/list
"""

from __future__ import annotations

import re

from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Making, Reading

_TAG = re.compile(r'"([^,"]*),(\d+)"')


def _etag(making: Making) -> str:
    return f'"{making.new_id()},1"'


def _next_etag(making: Making) -> str:
    found = _TAG.fullmatch(str(making.record.get("eTag")))
    return f'"{found[1]},{int(found[2]) + 1}"' if found else _etag(making)


def _number(making: Making) -> str:
    """Items of a list are counted."""
    taken = [int(id_) for each in making.beside() if (id_ := str(each["id"])).isdigit()]
    return str(max(taken, default=0) + 1)


def _url_name(making: Making) -> str | None:
    return making.record.get("displayName")


def _internal_name(making: Making) -> str | None:
    shown = making.record.get("displayName")
    return None if shown is None else str(shown).replace(" ", "_x0020_")


def _display_name(making: Making) -> str | None:
    return making.record.get("name")


def _site(reading: Reading) -> Record | None:
    owner = reading.owner()
    return {"siteId": owner["id"]} if owner and owner.get("id") else None


_TAGS = {"eTag": _next_etag}
_SERVICES_OWN = frozenset(
    {"createdBy", "createdDateTime", "eTag", "lastModifiedBy", "lastModifiedDateTime", "webUrl"}
)

TYPES = (
    Type(
        "list",
        required=("displayName",),
        ignored=_SERVICES_OWN,
        generated={"name": _url_name, "eTag": _etag},
        changed=_TAGS,
        defaults={
            "list": {"contentTypesEnabled": False, "hidden": False, "template": "genericList"}
        },
        merged=frozenset({"list"}),
        unique=("displayName",),
        also_by=("displayName",),
        related=frozenset({"columns", "contentTypes"}),
        computed={"parentReference": _site},
        etag="eTag",
    ),
    Type(
        "listItem",
        ignored=_SERVICES_OWN,
        generated={"id": _number, "eTag": _etag},
        changed=_TAGS,
        related=frozenset({"fields"}),
        etag="eTag",
    ),
    Type(
        "columnDefinition",
        generated={"name": _internal_name, "displayName": _display_name},
        defaults={
            "enforceUniqueValues": False,
            "hidden": False,
            "indexed": False,
            "readOnly": False,
            "required": False,
        },
        unique=("name",),
    ),
)

NAVIGATION = (
    Navigation(
        "listItem/fields",
        provided=True,
        statuses={"PATCH": 200},
        documented=frozenset({"GET"}),
    ),
    Navigation("driveItem/listItem", provided=True),
    Navigation("list/items", page_size=200, max_page=5000),
)
