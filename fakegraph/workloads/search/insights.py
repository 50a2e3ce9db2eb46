"""Insights: which files somebody has used, what others have shared, what goes around.

All of it comes of the files as they are stored: who changed them last, and who was let in.
https://learn.microsoft.com/graph/api/resources/officegraphinsights
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.handed import Looking, Reach, Stored, Unfold, Unfolding

_OF, _ROW, _PERMISSIONS = "@of", "@row", "driveItem/permissions"
_ITEM = "#microsoft.graph.driveItem"
_TYPES = {
    **dict.fromkeys(("doc", "docx"), "Word"),
    **dict.fromkeys(("xls", "xlsx"), "Excel"),
    **dict.fromkeys(("ppt", "pptx"), "PowerPoint"),
    **dict.fromkeys(("png", "jpg", "jpeg", "gif"), "Image"),
    **dict.fromkeys(("mp4", "mov", "avi"), "Video"),
    "pdf": "Pdf",
    "txt": "Text",
    "zip": "Archive",
    "one": "OneNote",
}


class File(NamedTuple):
    """A file, and the drive that it is in."""

    row: Row
    drive: Row

    @property
    def changed(self) -> str:
        """When it was changed last."""
        return str(self.row.record.get("lastModifiedDateTime") or "")

    @property
    def changed_by(self) -> str:
        """The id of who did that."""
        return _user(self.row.record.get("lastModifiedBy")) or self.owner

    @property
    def owner(self) -> str:
        """The id of the user whose drive it is in; empty where it is nobody's."""
        return _user(self.drive.record.get("owner"))


def _user(by: Any) -> str:
    return str(((by or {}).get("user") or {}).get("id") or "").casefold()


def _files(stored: Stored) -> Iterator[File]:
    drives = {row.key: row for row in stored.rows("drives")}
    for row in stored.rows("drive/items"):
        if "file" in row.record and row.owner in drives:
            yield File(row, drives[row.owner])


def _insight(file: File) -> Record:
    """What is said of a file."""
    item, drive = file.row.record, file.drive.record
    name = str(item.get("name") or "")
    url = item.get("webUrl")
    is_personal = bool(file.owner)
    return {
        "id": f"{drive['id']}_{item['id']}",
        _ROW: file.row.key,
        "resourceReference": {
            "id": f"drives/{drive['id']}/items/{item['id']}",
            "type": _ITEM.removeprefix("#"),
            "webUrl": url,
        },
        "resourceVisualization": {
            "title": name.rpartition(".")[0] or name,
            "type": _TYPES.get(name.rpartition(".")[2].lower(), "Other"),
            "mediaType": (item.get("file") or {}).get("mimeType"),
            "previewText": "",
            "containerType": "OneDriveBusiness" if is_personal else "Site",
            "containerDisplayName": drive.get("name"),
            "containerWebUrl": drive.get("webUrl"),
        },
    }


def _as_used(file: File) -> Record:
    when = {"lastAccessedDateTime": file.changed, "lastModifiedDateTime": file.changed}
    return {**_insight(file), "lastUsed": when}


def _used(who: str, stored: Stored) -> Iterable[Record]:
    """What somebody was the last to change, the latest first."""
    mine = (file for file in _files(stored) if file.changed_by == who)
    return map(_as_used, sorted(mine, key=_changed, reverse=True))


def _changed(file: File) -> str:
    return file.changed


def _as_shared(file: File, permission: Record, person: Record) -> Record:
    detail: Record = {
        "sharedBy": {
            "id": person.get("id"),
            "displayName": person.get("displayName"),
            "address": person.get("mail") or person.get("userPrincipalName"),
        },
        "sharedDateTime": file.changed,
        "sharingSubject": file.row.record.get("name"),
        "sharingType": "Link" if permission.get("link") else "Direct",
        "sharingReference": _insight(file)["resourceReference"],
    }
    return {**_insight(file), "lastShared": detail, "sharingHistory": [detail]}


def _shared(who: str, stored: Stored) -> Iterable[Record]:
    """What others have let somebody have."""
    files = {file.row.key: file for file in _files(stored)}
    people = {str(row.record["id"]).casefold(): row.record for row in stored.rows("users")}
    for row in stored.rows(_PERMISSIONS):
        file = files.get(row.owner)
        if file is not None and file.owner != who and who in _let_in(row.record):
            yield _as_shared(file, row.record, people.get(file.owner, {}))


def _let_in(permission: Record) -> set[str]:
    granted = [permission.get("grantedToV2"), permission.get("grantedTo")]
    several = permission.get("grantedToIdentitiesV2") or ()
    return {_user(each) for each in (*granted, *several)} - {""}


def _as_trending(file: File, place: int) -> Record:
    return {**_insight(file), "weight": 1 / (place + 1), "lastModifiedDateTime": file.changed}


def _trending(who: str, stored: Stored) -> Iterable[Record]:
    """What others changed in the libraries of somebody's groups, the latest first."""
    groups = {
        group.key
        for group in stored.rows("groups")
        if _is_among(who, stored.linked("group/members", group.key))
    }
    theirs = (file for file in _files(stored) if file.drive.owner in groups)
    found = [file for file in theirs if file.changed_by != who]
    for place, file in enumerate(sorted(found, key=_changed, reverse=True)):
        yield _as_trending(file, place)


def _is_among(who: str, members: Iterable[Row]) -> bool:
    return any(str(member.record["id"]).casefold() == who for member in members)


# By its id --------------------------------------------------------------------------------------


def _file(looking: Looking, key: str) -> File | None:
    """The file that an id means, whoever may see it."""
    parts = key.split("_")
    for cut in range(1, len(parts)):  # both ids may have the character between them
        drive_id, item_id = "_".join(parts[:cut]), "_".join(parts[cut:])
        drive = looking.find("drives", "id", drive_id, None)
        if drive is not None:
            item = looking.find("drive/items", "id", item_id, drive.key)
            return None if item is None else File(item, drive)
    return None


def _one_used(looking: Looking, file: File, who: str) -> Record | None:
    return _as_used(file) if file.changed_by == who else None


def _one_shared(looking: Looking, file: File, who: str) -> Record | None:
    for row in looking.owned(_PERMISSIONS, file.row.key):
        if file.owner != who and who in _let_in(row.record):
            person = looking.find("users", "id", file.owner, None)
            return _as_shared(file, row.record, {} if person is None else person.record)
    return None


def _one_trending(looking: Looking, file: File, who: str) -> Record | None:
    group = looking.row(file.drive.owner)
    if group is None or file.changed_by == who:
        return None
    return _as_trending(file, 0) if _is_among(who, looking.linked("group/members", group)) else None


One = Callable[[Looking, File, str], "Record | None"]


def _reached(give: One) -> Reach:
    def reach(looking: Looking, key: str, owner: Row | None) -> Record | None:
        who = "" if owner is None else str(owner.record.get(_OF) or "").casefold()
        file = _file(looking, key) if who else None
        return None if file is None else give(looking, file, who)

    return reach


def _unfolds(give: Callable[[str, Stored], Iterable[Record]]) -> Unfold:
    def unfold(unfolding: Unfolding) -> Iterable[Row | Record | str]:
        who = str(unfolding.owner.get(_OF) or "").casefold()
        yield from unfolding.rows.scan()
        if unfolding.stored is not None and who:
            there: set[str] = set()
            for each in give(who, unfolding.stored):
                if each["id"] not in there:
                    there.add(each["id"])
                    yield each

    return unfold


NAVIGATION = (
    Navigation("user/insights", provided=True, start=lambda user: {_OF: user.get("id")}),
    *(
        Navigation(f"officeGraphInsights/{name}", unfolds=_unfolds(give), reached=_reached(one))
        for name, give, one in (
            ("used", _used, _one_used),
            ("shared", _shared, _one_shared),
            ("trending", _trending, _one_trending),
        )
    ),
    *(
        Navigation(f"{name}/resource", led=_ROW)
        for name in ("usedInsight", "sharedInsight", "trending")
    ),
)
