"""Libraries: a drive and a list that are one, and the items of both.

A drive says which list it is (``@list``), the item of a list which item of the drive it is
(``@item``). The library that a site has from the start is named by the site, whichever of both
faces is asked for first; the other is made when it is needed.

https://learn.microsoft.com/graph/api/resources/sharepoint
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from fakegraph.store import Key, Record, Row, Transaction
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.files.columns import standard, unfit
from fakegraph.workloads.files.granted import AS_ITEM, OF_FILE
from fakegraph.workloads.files.granted import LISTED as LIST_ITEMS
from fakegraph.workloads.files.ids import PERSONAL_HOST, drive_guids, guid_of, packed_id, site_id
from fakegraph.workloads.files.selected import COLUMNS, STANDARD
from fakegraph.workloads.handed import Making, Reading, Test
from fakegraph.workloads.operations import Call

LISTS, DRIVES, _ITEMS = "site/lists", "drives", "drive/items"
CONTENT_TYPES = "list/contentTypes"
LIBRARY = "documentLibrary"
#: Of a drive, the id of the list that it is.
OF_DRIVE = "@list"
_LIST, _ITEM, _LAST = OF_DRIVE, OF_FILE, "@last"


def first_drive_id(making: Making) -> str:
    """The id of a drive: it says the site, its web and its list."""
    owner = making.owner or {}
    first = next(iter(making.beside()), None) is None
    known = making.record.get(_LIST)
    library = known or (library_of(str(owner.get("id"))) if first else making.new_id())
    return packed_id(str(owner.get("id")), str(library))


def library_of(owner: str) -> str:
    """The id of the list that the first library of something is."""
    return str(guid_of("library", owner))


def site_of(reading: Reading) -> Record | None:
    """Which site a list is of; what the site of a group has, the group has, and what lies in the
    drive of somebody is of a site of their own.
    """
    owner = reading.owner() or {}
    id_ = owner.get("id")
    if id_ is None:
        return None
    roots = () if "root" in owner else reading.above("sites")
    found = next((each["id"] for each in roots if "root" in each), id_)
    return {"siteId": site_id(PERSONAL_HOST, found) if "userPrincipalName" in owner else found}


def list_of(making: Making) -> str:
    """The id of the list that a drive is."""
    return str(drive_guids(str(making.record["id"]))[2])


def _first_list(site: Record) -> tuple[Record, ...]:
    """The library that each site has."""
    return (_record(library_of(str(site.get("id"))), "Documents", "Shared Documents"),)


def _record(id_: str, display_name: str, name: str) -> Record:
    facet = {"contentTypesEnabled": False, "hidden": False, "template": LIBRARY}
    shown = {"displayName": display_name, "name": name, "list": facet}
    return {"id": id_, **shown, STANDARD: True}


def _listed(options: Mapping[str, str]) -> Test:
    """Whether a list is listed: those of the system only where somebody asks for what they are."""
    selected = (each.strip().casefold() for each in options.get("select", "").split(","))
    if "system" in selected:
        return lambda record: True

    def is_listed(record: Record) -> bool:
        return record.get("system") is None and not (record.get("list") or {}).get("hidden")

    return is_listed


def _columns(of: Record) -> tuple[Record, ...]:
    return tuple(standard(library=True)) if STANDARD in of else ()


def _content_types(of: Record) -> tuple[Record, ...]:
    names = ("Document", "Folder") if STANDARD in of else ()
    return tuple(content_type(name, str(of["id"])) for name in names)


_TYPE_IDS = {"Item": "0x0100", "Document": "0x010100", "Folder": "0x012000"}


def content_type(name: str, list_id: str) -> Record:
    """A content type of a list."""
    id_ = f"{_TYPE_IDS[name]}{guid_of(name, list_id).hex.upper()}"
    return {"id": id_, "name": name, "hidden": False, "readOnly": False, "sealed": False}


def typed(there: Iterable[Record], said: Record) -> Record:
    """The content type of a list that a body means: by its id, its name, or the id of the one that
    it was made of. Raises GraphError (400).
    """
    begin, name = str(said.get("id") or "").upper(), said.get("name")
    for each in there if begin or name else ():
        if str(each["id"]).upper().startswith(begin) and name in (None, each.get("name")):
            return _named(each)
    raise unfit("contentType", f"The list has no content type '{said.get('id') or name}'.")


def _face(drive: Record) -> Record:
    """The list that a drive is, before anybody needs one."""
    url = unquote(str(drive.get("webUrl") or "").rpartition("/")[2])
    shown = str(drive.get("name") or "Documents")
    return _record(str(drive.get(_LIST) or drive_guids(str(drive["id"]))[2]), shown, url or shown)


def make_drive(call: Call) -> None:
    """A list that is made as a library is a drive too."""
    site, record = call.owner(call.thing), call.thing.record
    if site is None:
        return
    name = str(record["displayName"])
    drive: Record = {_LIST: call.thing.id, "name": name, "webUrl": record.get("webUrl")}
    call.add(site, "drives", {key: value for key, value in drive.items() if value is not None})


# What follows from files -------------------------------------------------------------------------


def settle(transaction: Transaction) -> None:
    """Let the items of lists follow those of their drives."""
    lists: dict[Key, Row | None] = {}
    for old, new in transaction.changed(_ITEMS):
        row = new or old
        assert row is not None
        if "root" in row.record:
            continue
        if row.owner not in lists:
            lists[row.owner] = _list_row(transaction, row.owner)
        above = lists[row.owner]
        if above is not None:
            lists[row.owner] = _follow(transaction, above, row, is_there=new is not None)


def _list_row(transaction: Transaction, drive: Key) -> Row | None:
    """The list that a drive is, which is made here where it was only there anyway."""
    row = transaction.row(drive)
    if row is None or row.record.get("driveType") not in _KINDS or not row.owner:
        return None
    face = _face(row.record)
    found = transaction.find(LISTS, "id", face["id"], row.owner)
    if found is not None:
        return found
    made = {name: row.record[name] for name in _TIMES if name in row.record}
    whole = {**face, **made, "webUrl": row.record.get("webUrl"), "eTag": f'"{face["id"]},1"'}
    return transaction.insert(LISTS, whole, row.owner)


_KINDS = (LIBRARY, "business")
_TIMES = ("createdDateTime", "lastModifiedDateTime")
_SAID = (*_TIMES, "createdBy", "lastModifiedBy")


def _follow(transaction: Transaction, above: Row, row: Row, *, is_there: bool) -> Row:
    """Make, change or delete the item of a list that an item of a drive is. Gives the list."""
    item = row.record
    there = transaction.find(LIST_ITEMS, _ITEM, item["id"], above.key)
    if not is_there:
        if there is not None:
            transaction.delete(there.key)
        return above
    number = int(above.record.get(_LAST) or 0) + 1
    said: Record = {name: item[name] for name in _SAID if item.get(name) is not None}
    said |= {"eTag": str(item.get("eTag")).replace("{", "").replace("}", "").lower()}
    said |= {"@name": item.get("name"), "@size": item.get("size")}
    if there is not None:
        if any(there.record.get(name) != value for name, value in said.items()):
            transaction.replace(there.key, {**there.record, **said})
        return above
    said |= {"contentType": _named(content_type(_kind(item), str(above.record["id"])))}
    transaction.insert(LIST_ITEMS, {"id": str(number), _ITEM: item["id"], **said}, above.key)
    transaction.replace(row.key, {**item, AS_ITEM: str(number)})
    return transaction.replace(above.key, {**above.record, _LAST: number})


def _kind(item: Record) -> str:
    return "Folder" if "folder" in item else "Document"


def _named(content_type: Record) -> Record:
    return {name: content_type[name] for name in ("id", "name")}


TYPES = ()

NAVIGATION = (
    Navigation(LISTS, above="root", provisioned=_first_list, asked=_listed, known_by="displayName"),
    Navigation(COLUMNS, provisioned=_columns, known_by="name"),
    Navigation(CONTENT_TYPES, provisioned=_content_types),
    Navigation("list/drive", home=DRIVES, view={_LIST: "id"}, documented=frozenset({"GET"})),
    Navigation(
        "drive/list",
        home=LISTS,
        view={"id": _LIST},
        provided=True,
        start=_face,
        documented=frozenset({"GET"}),
    ),
    Navigation(
        "driveItem/listItem",
        home=LIST_ITEMS,
        view={_ITEM: "id"},
        of="list",
        documented=frozenset({"GET"}),
    ),
    Navigation(
        "listItem/driveItem",
        home=_ITEMS,
        view={"id": _ITEM},
        of="drive",
        documented=frozenset({"GET"}),
    ),
)
