"""Drives: one for each user, group and site, which is there although nobody made it.

https://learn.microsoft.com/graph/api/resources/drive
"""

from __future__ import annotations

import re

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.files.ids import team_site, whole_seconds
from fakegraph.workloads.files.libraries import first_drive_id, list_of
from fakegraph.workloads.files.personal import of_unified
from fakegraph.workloads.files.totals import ITEMS, TOTALS, USUAL_TOTAL, WHOLE, size_of, total_id
from fakegraph.workloads.handed import ANY, Making, Reading

#: What the places of libraries end in: a user's, and a site's.
LIBRARIES = ("Documents", "Shared%20Documents")
_LIBRARY = ("documentLibrary", "Documents")
_PERSONAL = ("business", "OneDrive")


def _kind(making: Making) -> str:
    return _PERSONAL[0] if making.owner_type == "user" else _LIBRARY[0]


def _name(making: Making) -> str:
    return _PERSONAL[1] if making.owner_type == "user" else _LIBRARY[1]


def _owner(making: Making) -> Record | None:
    owner = making.owner
    if owner is None or making.owner_type not in ("user", "group"):
        return None
    said = {name: owner[name] for name in ("id", "displayName") if owner.get(name)}
    return {making.owner_type: said}


def _web_url(making: Making) -> str:
    owner = making.owner or {}
    if making.owner_type == "user":
        upn = str(owner.get("userPrincipalName") or owner.get("id"))
        place = f"personal/{upn.replace('@', '_').replace('.', '_')}/{LIBRARIES[0]}"
        return f"https://contoso-my.sharepoint.com/{place}"
    site = owner.get("webUrl") or team_site(owner)
    return f"{site}/{LIBRARIES[1]}"


def _quota(reading: Reading) -> Record:
    said = reading.record.get("quota") or {}
    total = int(said.get("total") or USUAL_TOTAL)
    whole = reading.held(TOTALS, total_id(reading.record["id"], WHOLE))
    used = sum(map(size_of, reading.inside(ITEMS) if whole is None else (whole,)))
    deleted = sum(map(size_of, reading.hidden_inside(ITEMS)))
    left = max(total - used, 0)
    state = _state(left, total)
    return {"deleted": deleted, "remaining": left, "state": state, "total": total, "used": used}


def _state(left: int, total: int) -> str:
    """How full a drive is: less than a tenth is left, than a hundredth, nothing."""
    if not left:
        return "exceeded"
    return "critical" if left * 100 < total else "nearing" if left * 10 < total else "normal"


_SPECIAL = {
    "documents": "Documents",
    "photos": "Pictures",
    "cameraroll": "Camera Roll",
    "music": "Music",
    "approot": "App",
}


def app_folder(name: str) -> str:
    """What the folder of an application is called, which may be called what no folder may."""
    return re.sub(r'["*:<>?/\\|\x00-\x1f\x7f]', "_", name).strip(" .~") or "App"


TYPES = (
    Type(
        "drive",
        generated={
            "id": first_drive_id,
            "@list": list_of,
            "driveType": _kind,
            "name": _name,
            "owner": _owner,
            "webUrl": _web_url,
        },
        computed={"quota": _quota},
        indexed=("webUrl",),
        read_only=frozenset({"driveType", "quota", "owner"}),
        written=dict.fromkeys(("createdDateTime", "lastModifiedDateTime"), whole_seconds),
    ),
)

_ROOT: Record = {"root": {}}
_READ = frozenset({"GET"})


def _check_listed(_options: object) -> None:
    """Raise GraphError for whoever lists all of a drive: it is gone through by folders."""
    message = (
        "The request is malformed or incorrect. The items of a drive are neither listed nor "
        "expanded at once: ask root/children, items/ID/children or root/delta."
    )
    raise GraphError(400, "invalidRequest", message, "items")


NAVIGATION = (
    Navigation("drive", same="me/drive", documented=_READ),
    Navigation("drives", provisioned=({},), documented=_READ, listed_as="me/drives"),
    Navigation("user/drive", home="drives"),
    Navigation("group/drive", home="drives", opens=of_unified),
    Navigation("site/drive", home="drives", above="root"),
    Navigation("user/drives", home="drives"),
    Navigation("group/drives", home="drives", opens=of_unified),
    Navigation("site/drives", home="drives", above="root"),
    Navigation("drive/root", home="drive/items", where=_ROOT),
    Navigation(
        "drive/items",
        documented=_READ,
        queries=(_check_listed,),
        words={"root": _ROOT},
        provisioned=({"name": "root", "folder": {}, **_ROOT},),
    ),
    Navigation(
        "drive/special",
        home="drive/items",
        words={word: {"specialFolder/name": word} for word in _SPECIAL},
        offered={
            word: {"name": name, "folder": {}, "specialFolder": {"name": word}}
            for word, name in _SPECIAL.items()
        },
        offered_in="root/children",
        of_apps={"approot": (("Apps",), app_folder)},
    ),
    Navigation("drive/bundles", home="drive/items", where={"bundle": ANY}),
    Navigation("drive/following", home="drive/items", linked=True),
)
