"""What items of drives do.

https://learn.microsoft.com/graph/api/resources/driveitem
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.files.checkout import CHECKED_OUT, check_deletion
from fakegraph.workloads.files.granted import ALONE, ANEW, PERMISSIONS, check_writes
from fakegraph.workloads.files.items import check_name, read_place
from fakegraph.workloads.naming import numbered
from fakegraph.workloads.operations import Call, Ending, FailsLater, Thing, operation

_ITEMS = "drive/items"


def _monitor(call: Call, result: Thing | None, ending: Ending) -> Mapping[str, str]:
    return {"Location": call.monitor_url(result, ending)}


@operation("driveItem/copy", tells=_monitor)
def copy(call: Call) -> Thing | None:
    """https://learn.microsoft.com/graph/api/driveitem-copy"""
    item, name = call.thing, call.arguments.get("name")
    drive = call.owner(item)
    assert drive is not None
    if name is not None:
        check_name({"name": name}, None)
    into = _target(call, item, drive)
    below = by_folder(call, drive)
    if into.key in {each.key for each in whole(item, below)}:
        message = "Nothing can be copied into itself."
        raise GraphError(400, "invalidRequest", message, "parentReference")
    other = call.owner(into)
    assert other is not None
    check_writes(call, into, other)
    if not call.arguments.get("childrenOnly"):
        return _copy(call, item, name or item.record["name"], (into, other), below)
    if name is not None or "folder" not in item.record:
        message = "childrenOnly is for what is in a folder, which keeps its names."
        raise GraphError(400, "invalidRequest", message, "childrenOnly")
    inside = below.get(item.id, ())
    _check_free(call, inside, (into, other))
    for each in inside:
        _copy(call, each, each.record["name"], (into, other), below)
    return into


Below = dict[Any, list[Thing]]
"""The items of a drive, by the id of the folder that they lie in."""

Into = tuple[Thing, Thing]
"""A folder, and the drive that it is in."""


def by_folder(call: Call, drive: Thing) -> Below:
    found: Below = {}
    for each in call.inside(drive, _ITEMS):
        found.setdefault(_folder_id(each.record), []).append(each)
    return found


def _folder_id(record: Record) -> Any:
    return None if "root" in record else (record.get("parentReference") or {}).get("id")


def whole(item: Thing, below: Below) -> list[Thing]:
    """An item, and all that is in it at any depth."""
    found, left = [item], dict(below)  # what is seeded may lie in itself
    for each in found:  # which grows meanwhile
        found += left.pop(each.id, ())
    return found


def _target(call: Call, item: Thing, drive: Thing) -> Thing:
    """The folder that is copied into. Raises GraphError: 404, 400 for what is none."""
    said = call.arguments.get("parentReference") or {}
    named, names = read_place(str(said["path"])) if said.get("path") else (None, None)
    other = _drive(call, said.get("driveId") or named, drive)
    there = by_folder(call, other)
    usual = _folder_id(item.record) if other is drive and names is None else None
    into = _meant(said.get("id") or usual, names or (), there)
    if into is None:
        raise call.words.not_found("driveItem", str(said.get("path") or said.get("id")))
    if not {"folder", "root"} & into.record.keys():
        message = "What is copied into is a folder."
        raise GraphError(400, "invalidRequest", message, "parentReference")
    return into


def _drive(call: Call, id_: str | None, drive: Thing) -> Thing:
    """The drive that is copied into. Raises GraphError (404)."""
    if id_ in (None, drive.id):
        return drive
    found = call.find("drives", id_)
    if found is None:
        raise call.words.not_found("drive", str(id_))
    return found


def _meant(id_: str | None, names: Iterable[str], there: Below) -> Thing | None:
    """The item of a drive with that id, or that names lead to from the root."""
    if id_ is not None:
        return next((each for items in there.values() for each in items if each.id == id_), None)
    at: Thing | None = next(iter(there.get(None, ())), None)
    for name in names:
        inside = there.get(at.id, ()) if at is not None else ()
        at = next((each for each in inside if _same(each.record["name"], name)), None)
    return at


def _namesake(call: Call, name: str, into: Into) -> Thing | None:
    folder, drive = into
    there = (each for each in call.inside(drive, _ITEMS) if _folder_id(each.record) == folder.id)
    return next((each for each in there if _same(each.record["name"], name)), None)


def _same(name: Any, other: str) -> bool:
    return str(name).casefold() == other.casefold()


def _check_free(call: Call, items: Iterable[Thing], into: Into) -> None:
    """Raise FailsLater for names that are taken, unless that is meant."""
    if call.conflict == "fail":
        for each in items:
            if _namesake(call, each.record["name"], into) is not None:
                raise FailsLater("nameAlreadyExists", "Name already exists")


def _copy(call: Call, item: Thing, name: str, into: Into, below: Below) -> Thing:
    """Copy an item with all that is in it, to a name that may be taken."""
    other = _namesake(call, name, into)
    if other is not None:
        is_around = item.key in {each.key for each in whole(other, below)}
        if call.conflict == "fail" or (call.conflict == "replace" and is_around):
            raise FailsLater("nameAlreadyExists", "Name already exists")
        if call.conflict == "replace":
            call.delete(other)
        else:
            free = (each for each in numbered(name) if _namesake(call, each, into) is None)
            name = next(free)
    return _copied(call, item, name, into, below)


def _copied(call: Call, item: Thing, name: str, into: Into, below: Below) -> Thing:
    """The same, to a name that is free."""
    folder, drive = into
    found: list[Thing] = []
    waiting = [(item, name, folder)]
    while waiting:
        at, own, above = waiting.pop()
        place = {"name": own, "parentReference": {"id": above.id}}
        made = call.copy(at, {**place, **_anew(call)}, drive)
        for permission in call.inside(made, PERMISSIONS):
            call.erase(permission)
        if not call.arguments.get("includeAllVersionHistory"):
            for version in call.inside(made, "driveItem/versions"):
                call.erase(version)
        found.append(made)
        waiting += [(each, each.record["name"], made) for each in below.pop(at.id, ())]
    return found[0]


def _anew(call: Call) -> Record:
    """What a copy has that is not as it was."""
    times = {"createdDateTime": call.now, "lastModifiedDateTime": call.now}
    names = ("createdBy", "fileSystemInfo", "cTag", "shared", CHECKED_OUT, ALONE, ANEW)
    own = dict.fromkeys(names)
    return {**times, **own}


@operation("driveItem/createUploadSession", status=200, makes="item", passes_over=True)
def create_upload_session(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/driveitem-createuploadsession"""
    item = call.arguments.get("item") or {}
    size = item.get("fileSize")
    if size is not None and size < 0:
        raise GraphError(400, "invalidRequest", "A file has no fewer bytes than none.", "fileSize")
    said = {name: item[name] for name in _SAID if item.get(name) is not None}
    deferred = bool(call.arguments.get("deferCommit"))
    return call.begin_session(said, size, deferred=deferred)


@operation("driveItemVersion/restoreVersion", status=204)
def restore_version(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/driveitemversion-restore"""
    version = call.thing
    item = call.owner(version)
    assert item is not None
    call.fill_as(item, "content", version)


@operation("driveItem/permanentDelete", status=204)
def permanent_delete(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/driveitem-permanentdelete"""
    check_deletion(call)
    call.erase(call.thing)


@operation("driveItem/restore", status=200, revives=True)
def restore(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/driveitem-restore: of personal drives alone."""
    there = call.buried()
    if there is None:
        raise call.words.not_found("driveItem", "")
    found, drive = there
    if drive.record.get("driveType") != "personal":
        raise GraphError(400, "notSupported", "Operation not supported")
    name, place = call.arguments.get("name"), call.arguments.get("parentReference") or {}
    if name is not None:
        check_name({**found.record, "name": name}, found.record)
    into = place.get("id") or _folder_id(found.record)
    if call.held(drive, _ITEMS, str(into)) is None:
        raise call.words.not_found("driveItem", str(into))
    changes: Record = {"parentReference": {"id": into}}
    return call.restore(found, changes if name is None else {**changes, "name": name})


_SAID = ("name", "description", "fileSystemInfo")

OPERATIONS = (copy, create_upload_session, permanent_delete, restore, restore_version)
