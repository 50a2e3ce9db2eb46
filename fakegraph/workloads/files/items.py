"""What lies in drives: one home for all of a drive, in which folders and paths are views.

https://learn.microsoft.com/graph/api/resources/driveitem
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote
from uuid import UUID

from fakegraph.digits import natural
from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.files.checkout import CHECKED_OUT, check_deletion, check_lock
from fakegraph.workloads.files.contents import hashes, media_type
from fakegraph.workloads.files.granted import AS_ITEM, check_move, signed
from fakegraph.workloads.files.ids import (
    ROOT_GUID,
    drive_guids,
    item_guid,
    item_id,
    next_tag,
    tag,
    whole_seconds,
)
from fakegraph.workloads.files.queries import check_asked, check_condition, check_order
from fakegraph.workloads.files.totals import ITEMS as DRIVE_ITEMS
from fakegraph.workloads.files.totals import TOTALS, WHOLE, size_of, total_id, walked
from fakegraph.workloads.files.versions import next_version
from fakegraph.workloads.handed import Acting, Asks, Filled, Making, Reading, Word
from fakegraph.workloads.operations import Call
from fakegraph.workloads.pictures import picture_size

_ILLEGAL = re.compile(r'["*:<>?/\\|\x00-\x1f\x7f]')
_RESERVED = re.compile(
    r"\.lock|con|prn|aux|nul|com\d|lpt\d|desktop\.ini|~\$.*|.*_vti_.*", re.IGNORECASE
)
_LONGEST = 255
_ILLEGAL_NAME = "The provided name cannot contain any illegal characters."


def check_name(record: Record, before: Record | None) -> None:
    """Raise GraphError for a name that no item can have."""
    name = record.get("name")
    if before is not None and name == before.get("name"):
        return
    wrong = _wrong(name, record) if isinstance(name, str) and name else "An item has a name."
    if wrong:
        raise _invalid(wrong, "name")


def _invalid(message: str, target: str) -> GraphError:
    return GraphError(400, "invalidRequest", message, target)


_FILES_ONLY = ("file", "folder")


def _check_made(making: Making) -> None:
    """Raise GraphError for an item that cannot be as, or where, it is made."""
    record, above = making.record, making.beneath
    if "root" in record:
        return
    if record.get("name"):
        check_name(record, None)
        _check_forms(record, above)
        _check_tilde(making)
    if all(record.get(name) is not None for name in _FILES_ONLY):
        raise _invalid("An item is a file or a folder, not both.", "file")
    if record.get("bundle") is not None and not making.plants:
        _check_bundle(making.owner or {})
    if above is not None:
        _check_holds(above)
    _check_path(making, record)


def _check_bundle(drive: Record) -> None:
    """Raise GraphError (400): what people gather so lies in personal drives alone.

    https://learn.microsoft.com/graph/api/bundle-create
    """
    if drive.get("driveType") != _PERSONAL:
        raise GraphError(400, "notSupported", "Operation not supported", "bundle")


_LONGEST_PATH = 400


def _check_path(making: Making, record: Record) -> None:
    """Raise GraphError for a path with too many letters."""
    letters, seen = len(str(record.get("name"))), set()
    at = (record.get("parentReference") or {}).get("id") or (making.beneath or {}).get("id")
    while at is not None and at not in seen:
        seen.add(at)
        above = next(iter(making.having("id", at)), None)
        if above is None or "root" in above:
            break
        letters += len(str(above.get("name"))) + 1
        at = (above.get("parentReference") or {}).get("id")
    if letters > _LONGEST_PATH:
        message = f"The path has {letters} letters, and may have {_LONGEST_PATH}."
        inner = {"code": "pathIsTooLong"}
        raise GraphError(400, "invalidRequest", message, "name", inner=inner)


def _check_forms(record: Record, above: Record | None) -> None:
    at_root = above is None or "root" in above
    if at_root and "folder" in record and str(record.get("name")).casefold() == "forms":
        raise _invalid("The name 'forms' is reserved at the root of a library.", "name")


def _check_tilde(making: Making) -> None:
    if (making.owner or {}).get("driveType") == "documentLibrary" and "folder" in making.record:
        before = (making.before or {}).get("name")
        name = str(making.record.get("name"))
        if name.startswith("~") and name != before:
            raise _invalid(_ILLEGAL_NAME, "name")


def _check_holds(above: Record) -> None:
    if above.get("bundle") is not None:
        raise _no_place()
    if above.get("file") is not None:
        message = f"'{above.get('name')}' is a file: only folders have children."
        raise _invalid(message, "parentReference")


# Bundles ------------------------------------------------------------------------------------------

#: Of a bundle, the ids of what it gathers, which lies elsewhere.
_GATHERED = "@gathered"


def _gathered(bundle: Record, _: object) -> Iterable[str]:
    ids: Iterable[str] = bundle.get(_GATHERED) or ()
    return ids


def _no_place() -> GraphError:
    message = "A bundle gathers what lies elsewhere, which a body names by its id alone."
    return _invalid(message, "id")


def _gather(call: Call) -> bool:
    """Put into a bundle what a body names. Raises GraphError: 400, 404.

    https://learn.microsoft.com/graph/api/bundle-additem
    """
    bundle, id_ = call.thing, call.arguments.get("id")
    drive = call.owner(bundle)
    if bundle.record.get("bundle") is None or not isinstance(id_, str) or drive is None:
        return False
    item = call.held(drive, DRIVE_ITEMS, id_)
    if item is None:
        raise call.words.not_found("driveItem", id_)
    if {"root", "bundle"} & item.record.keys():
        raise _no_place()
    there = _gathered(bundle.record, None)
    call.change(bundle, {_GATHERED: [*(each for each in there if each != item.id), item.id]})
    return True


def _leave(call: Call, item: Record) -> None:
    """Take something out of a bundle again: it stays where it lies.

    https://learn.microsoft.com/graph/api/bundle-removeitem
    """
    there = _gathered(call.thing.record, None)
    call.change(call.thing, {_GATHERED: [each for each in there if each != item["id"]]})


def _bundle(reading: Reading) -> Record | None:
    """What a bundle says of itself, and how many things it has that are there still."""
    bundle: Record | None = reading.record.get("bundle")
    if bundle is None:
        return None
    there = _gathered(reading.record, None)
    found = sum(any(True for _ in reading.beside("id", each)) for each in there)
    return {**bundle, "childCount": found}


#: Where an item says what folder it lies in.
_FOLDER = "parentReference/id"

_PLACE = re.compile(
    r"(?:/drives/(?P<drive>[^/]+)|(?:/me|/(?:users|groups|sites)/[^/]+)?/drive)"
    r"/root(?::?/?|:(?P<path>/.+))"
)


def _placed(making: Making) -> Record:
    """The folder that an item lies in from now on. Raises GraphError for what is none."""
    before = making.before or {}
    known = before.get("parentReference") or {}  # which a seed may have said more of
    whole, old = making.record["parentReference"], known.get("id")
    sent = {name: whole[name] for name in whole if name == "id" or whole[name] != known.get(name)}
    drive = (making.owner or {}).get("id")
    id_, path = sent.get("id"), sent.get("path")
    if path:  # clients send an empty one beside the id
        found = _at_path(making, str(path), drive)
        if id_ not in (old, found):
            raise _invalid("'id' and 'path' mean different folders.", "parentReference")
        id_ = found
    if sent.get("driveId") not in (None, drive):
        raise _invalid(_OTHER_DRIVE, "parentReference/driveId")
    name = making.record.get("name")
    if "root" in making.record or (id_, name) == (old, before.get("name")):
        return {"id": id_}
    _check_path(making, {"name": name, "parentReference": {"id": id_}})
    above = next(iter(making.having("id", id_)), None)
    if above is not None:
        _check_holds(above)
        _check_forms(making.record, above)
    _check_tilde(making)
    return {"id": id_}


_OTHER_DRIVE = "Items are not moved between drives: 'driveId' has to be that of their own drive."


def read_place(path: str) -> tuple[str | None, list[str]]:
    """The drive that a path of a folder names, and the names behind its root. Raises GraphError."""
    found = _PLACE.fullmatch(path)
    if found is None:
        message = f"'{path}' is no path of a folder: it is like '/drive/root:/a/b'."
        raise _invalid(message, "parentReference/path")
    names = filter(None, (found["path"] or "").split("/"))
    return found["drive"], [unquote(name) for name in names]


def _at_path(making: Making, path: str, drive: object) -> str:
    """The id of what a path of a drive leads to. Raises GraphError."""
    said, names = read_place(path)
    if said not in (None, drive):
        raise _invalid(_OTHER_DRIVE, "parentReference/path")
    at = making.id_of(Word("drive/items", "root"))
    for name in names:
        wanted = name.casefold()
        inside = making.having(_FOLDER, at)
        below = next((each for each in inside if str(each["name"]).casefold() == wanted), None)
        if below is None:
            raise GraphError(404, "itemNotFound", "The resource could not be found.")
        at = str(below["id"])
    return at


def _wrong(name: str, record: Record) -> str | None:
    if name != name.strip():
        return "The provided name cannot contain leading, or trailing, spaces."
    dotted = "folder" in record and name.endswith(".")
    if (
        _ILLEGAL.search(name)
        or not name.strip(".")
        or _RESERVED.fullmatch(name)
        or dotted
        or len(name) > _LONGEST
    ):
        return _ILLEGAL_NAME
    return None


def _id(making: Making) -> str:
    drive = str((making.owner or {}).get("id"))
    return item_id(drive, ROOT_GUID if "root" in making.record else UUID(making.new_id()))


def _folder_of(making: Making) -> Record | None:
    """What is made of itself lies in the root."""
    if {"root", "bundle"} & making.record.keys() or making.owner is None:
        return None  # what is gathered by a bundle lies where it is
    return {"id": making.id_of(Word("drive/items", "root"))}


def _etag(making: Making) -> str:
    return tag(str(making.record["id"]), 1)


def _ctag(making: Making) -> str:
    return tag(str(making.record["id"]), 1 if "file" in making.record else 0, "c:")


def _next_etag(making: Making) -> str:
    if not making.plants:
        check_lock(making.before or {}, making.by())
    return next_tag(making.record.get("eTag"), str(making.record["id"]))


def _filled(filled: Filled) -> Record:
    """What becomes of an item that is given content."""
    record = filled.record
    if {"folder", "package"} & set(record):
        raise GraphError(409, "nameAlreadyExists", "Name already exists", "name")
    return {
        "size": filled.content.size,
        "file": {
            "mimeType": media_type(str(record.get("name"))),
            "hashes": hashes(filled.content.blocks(), filled.owner.get("driveType")),
        },
        "cTag": next_tag(record.get("cTag"), str(record["id"]), "c:"),
        "image": _image(filled),
    }


def _image(filled: Filled) -> Record | None:
    """How large a picture is; None of what is none."""
    size = picture_size(next(iter(filled.content.blocks()), b""))
    return None if size is None else dict(zip(("width", "height"), size, strict=True))


def _made(acting: Acting, row: Row) -> None:
    """A file that was posted without bytes is empty; what has times of its own has these."""
    record = row.record
    drive = acting.owner(row)
    kind = None if drive is None else drive.record.get("driveType")
    changes: Record = {}
    is_empty = record.get("size") is None and record.get("file") is not None
    if is_empty and (not acting.plants or record["file"] == {}):
        file = {"mimeType": media_type(str(record["name"])), "hashes": hashes((), kind)}
        changes = {"size": 0, "file": file}
    is_seeded = record.get("createdDateTime") != record.get("lastModifiedDateTime")
    if kind != _PERSONAL and record.get("fileSystemInfo") is not None and not is_seeded:
        changes |= {**_times(record), "fileSystemInfo": None}
    if changes:
        acting.alter(row, changes)


_PERSONAL = "personal"


def _times(record: Record) -> Record:
    """The times that a client gives an item, as far as these can be moments."""
    said = record["fileSystemInfo"]
    return {name: whole_seconds(said[name]) for name in _TIMES if said.get(name)}


#: How often an item of a library was given times of its own: each time it is another version.
TIMED = "@timed"


def _own_times(making: Making) -> Record | None:
    """What stays of them: in a library the item has these times itself."""
    record = making.record
    if record.get("fileSystemInfo") is None or (making.owner or {}).get("driveType") == _PERSONAL:
        return record.get("fileSystemInfo")
    record.update(_times(record))
    record[TIMED] = int(record.get(TIMED) or 0) + 1
    return None


def _sharepoint_ids(reading: Reading) -> Record | None:
    drive = reading.owner()
    if drive is None:
        return None
    site, web, library = map(str, drive_guids(str(drive["id"])))
    item = str(item_guid(str(reading.record["id"])))
    ids = {"siteId": site, "webId": web, "listId": library, "listItemUniqueId": item}
    if reading.record.get(AS_ITEM):
        ids["listItemId"] = reading.record[AS_ITEM]
    if reading.tenant:
        ids["tenantId"] = reading.tenant
    return {**ids, "siteUrl": str(drive.get("webUrl") or "").rpartition("/")[0]}


def _publication(reading: Reading) -> Record | None:
    """That it is published, or checked out and by whom, and as which version."""
    lock = reading.record.get(CHECKED_OUT)
    numbers = [float(each["id"]) for each in reading.inside("driveItem/versions")]
    if not numbers:
        return None
    version = {"versionId": str(max(numbers))}
    if lock:
        return {"level": "checkout", **version, "checkedOutBy": lock["by"]}
    return {"level": "published", **version}


def _reference(reading: Reading) -> Record | None:
    """Where it lies: the drive, and the folder with the path to it."""
    drive = reading.owner()
    if drive is None:
        return None
    said: Record = {"driveId": drive["id"], "driveType": drive.get("driveType", "business")}
    parents = _parents(reading)
    if parents:
        names = [quote(str(each.get("name"))) for each in reversed(parents[:-1])]
        said["id"] = parents[0]["id"]
        said["name"] = parents[0].get("name")
        if not FOUND.keys() <= reading.record.keys():
            said["path"] = "/".join([_root_path(drive), *names])
    return said


def _root_path(drive: Record) -> str:
    """How the paths in a drive begin: those in a personal one do not say which drive it is."""
    own = drive.get("driveType") == _PERSONAL
    return "/drive/root:" if own else f"/drives/{drive['id']}/root:"


#: What an item has in an answer to a search, where it is not said what folders it lies in.
FOUND: Record = {"@found": True}


def clicked(id_: str) -> Record:
    """What is told of an item that was found: where to say that somebody has opened it."""
    return {"onClickTelemetryUrl": f"https://www.bing.com/{quote(id_)}"}


def _search_result(reading: Reading) -> Record | None:
    record = reading.record
    return clicked(str(record["id"])) if FOUND.keys() <= record.keys() else record.get(_RESULT)


_RESULT = "searchResult"


def _parents(reading: Reading) -> list[Record]:
    """The folders that it lies in, the nearest first and the root last."""
    found: list[Record] = []
    at = reading.record
    while "root" not in at:
        above = reading.beside("id", (at.get("parentReference") or {}).get("id"))
        folder = next(iter(above), None)
        if folder is None or folder in found:
            break
        at = folder
        found.append(at)
    return found


def _folder(reading: Reading) -> Record | None:
    if "folder" not in reading.record:
        return None
    return {"childCount": reading.count("drive/items", {_FOLDER: reading.record["id"]})}


def _size(reading: Reading) -> int | None:
    """How large it is with all that is in it."""
    record = reading.record
    if "folder" not in record:
        return size_of(record) if "file" in record else None
    drive = reading.owner()
    if drive is None:
        return size_of(record)
    whole = reading.beside_in(TOTALS, total_id(drive["id"], WHOLE))
    if whole is None:
        return walked(record, lambda id_: reading.beside(_FOLDER, id_))
    if "root" in record:
        return size_of(whole)
    total = reading.beside_in(TOTALS, total_id(drive["id"], record["id"]))
    return size_of(total or {}) + size_of(record)


def _web_url(reading: Reading) -> str | None:
    drive = reading.owner()
    if drive is None or reading.record.get("webUrl") or not drive.get("webUrl"):
        return None
    name = str(reading.record.get("name"))
    if name.rpartition(".")[2].lower() in _OFFICE and "file" in reading.record:
        site = str(drive["webUrl"]).rpartition("/")[0]
        guid = str(item_guid(str(reading.record["id"]))).upper()
        more = f"file={quote(name)}&action=default&mobileredirect=true"
        return f"{site}/_layouts/15/Doc.aspx?sourcedoc=%7B{guid}%7D&{more}"
    return url_along(reading, drive)


def url_along(reading: Reading, drive: Record) -> str:
    """The URL that goes by the names of the folders that an item lies in."""
    names = [str(each.get("name")) for each in reversed(_parents(reading)[:-1])]
    if "root" not in reading.record:
        names.append(str(reading.record.get("name")))
    return "/".join([str(drive.get("webUrl") or ""), *map(quote, names)])


#: What a browser opens in Office.
_OFFICE = frozenset({"doc", "docx", "xls", "xlsx", "ppt", "pptx"})


def _download(reading: Reading) -> str | None:
    return reading.download("content") if "file" in reading.record else None


def _file_times(reading: Reading) -> Record | None:
    return {name: reading.record[name] for name in _TIMES if name in reading.record} or None


_TIMES = ("createdDateTime", "lastModifiedDateTime")


_SERVICES_OWN = frozenset(
    {"id", "cTag", "eTag", "size", "webUrl", "webDavUrl", "createdBy", "createdDateTime", "deleted"}
    | {"lastModifiedBy", "lastModifiedDateTime", "root", "shared", "searchResult", "publication"}
    | {"sharepointIds", "image", "photo", "video", "audio", "location", "malware"}
    | {"pendingOperations", "specialFolder"}
)
_DOWNLOAD = "@microsoft.graph.downloadUrl"
_KINDS = ("file", "folder", "package", "remoteItem", "bundle")


def _check_former(reading: Reading) -> None:
    """Raise GraphError for the version that is the file as it is, in a library."""
    number = natural(str(reading.record["id"]).partition(".")[0])
    if number is None:
        return  # one that was seeded
    later = f"{number + 1}.0"
    hashes = ((reading.owner() or {}).get("file") or {}).get("hashes") or {}
    if reading.beside_in("driveItem/versions", later) is None and "sha1Hash" not in hashes:
        raise _invalid("The current version is read as the content of the item itself.", "id")


def _name(making: Making) -> str:
    return "root" if "root" in making.record else str(making.record["id"])


# Clients ask for what is taken for malware with it; here nothing is.
_OF_MALWARE = ("AVOverride",)

TYPES = (
    Type("baseItem", sparse=True),
    Type(
        "driveItem",
        required=("name",),
        ignored=_SERVICES_OWN,
        immutable=frozenset({"id"}),
        settled=frozenset(_KINDS),
        one_of=_KINDS,
        checks=(_check_made,),
        placed=_placed,
        generated={
            "id": _id,
            "name": _name,  # a seed may leave it out, and no item has none
            "parentReference": _folder_of,
            "eTag": _etag,
            "cTag": _ctag,
            "createdBy": signed,
            "lastModifiedBy": signed,
        },
        changed={"eTag": _next_etag, "lastModifiedBy": signed, "fileSystemInfo": _own_times},
        made=_made,
        identified=lambda guid, drive: item_id(str(drive.get("id")), UUID(guid)),
        annotated=dict.fromkeys(
            (_DOWNLOAD, "content.downloadUrl", "@content.downloadUrl"), _DOWNLOAD
        ),
        only_when_selected=frozenset({"sharepointIds", "publication"}),
        computed={
            "parentReference": _reference,
            "bundle": _bundle,
            "folder": _folder,
            "size": _size,
            "webUrl": _web_url,
            "fileSystemInfo": _file_times,
            "sharepointIds": _sharepoint_ids,
            "publication": _publication,
            _RESULT: _search_result,
            _DOWNLOAD: _download,
        },
        asks={"children": Asks("", DRIVE_ITEMS, "id", _gathered, _no_place, of="bundle")},
        merged=frozenset({"parentReference", "fileSystemInfo"}),
        together=((_FOLDER, "name"),),
        lies_in=_FOLDER,
        indexed=(_FOLDER,),
        ordered=(f"{_FOLDER}+name",),
        ignore_case=frozenset({"name", "webUrl"}),
        by_path=("children", "name"),
        on_the_way={"folder": {}},
        refuses=(check_name,),
        queries=(check_asked,),
        conditions=(check_condition,),
        orders=(check_order,),
        queried_of=("driveType",),
        written={"createdDateTime": whole_seconds, "lastModifiedDateTime": whole_seconds},
        conflicts="name",
        redirects=frozenset({"content"}),
        same_bytes={"contentStream": "content"},
        passed={"content": _OF_MALWARE},
        filled=_filled,
        tags=("eTag", "cTag"),
        kept={"root": {}},
        soft_deleted=True,
        follows=check_move,
        leaves=check_deletion,
    ),
    Type(
        "driveItemVersion",
        generated={"id": lambda making: next_version(making.beside())},
        redirects=frozenset({"content"}),
        passed={"content": _OF_MALWARE},
        opens=_check_former,
    ),
)

NAVIGATION = (
    Navigation("driveItem/versions", order="length(id) desc,id desc"),
    Navigation(
        "driveItem/children",
        home="drive/items",
        view={_FOLDER: "id"},
        page_size=200,
        max_page=1000,
        order="name",
        puts=_gather,
        drops=_leave,
    ),
)
