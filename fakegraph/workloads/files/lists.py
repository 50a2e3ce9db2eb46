"""Lists, what is in them, and their columns.

https://learn.microsoft.com/graph/api/resources/list
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from fakegraph.digits import natural
from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.effects import notes
from fakegraph.workloads.files.columns import (
    FACETS,
    Columns,
    check_column,
    check_deleted,
    internal_name,
    shown_name,
    standard,
    unfit,
)
from fakegraph.workloads.files.fields import beyond
from fakegraph.workloads.files.granted import LISTED as ITEMS
from fakegraph.workloads.files.granted import OF_FILE, signed
from fakegraph.workloads.files.ids import team_site, whole_seconds
from fakegraph.workloads.files.libraries import (
    CONTENT_TYPES,
    LIBRARY,
    LISTS,
    content_type,
    make_drive,
    site_of,
    typed,
)
from fakegraph.workloads.files.queries import check_asked
from fakegraph.workloads.files.selected import COLUMNS, FIELDS, STANDARD
from fakegraph.workloads.handed import Acting, Making, Reading
from fakegraph.workloads.operations import Call, Made, Thing, operation

_TAG = re.compile(r'"([^,"]*),(\d+)"')
_LAST = "@last"


def _facet(making: Making) -> Record:
    usual = {"contentTypesEnabled": False, "hidden": False, "template": "genericList"}
    facet = {**usual, **(making.record.get("list") or {})}
    if not making.plants and facet["template"] not in _TEMPLATES:
        message = f"'{facet['template']}' is no template of lists: {', '.join(_TEMPLATES)} are."
        raise GraphError(400, "invalidRequest", message, "list/template")
    return facet


#: https://learn.microsoft.com/graph/api/resources/listinfo, and more of SharePoint's own.
_TEMPLATES = (
    *("genericList", "documentLibrary", "survey", "links", "announcements", "contacts", "events"),
    *("tasks", "task", "discussionBoard", "pictureLibrary", "webPageLibrary", "issueTracking"),
    "accessRequest",
)


def _etag(making: Making) -> str:
    return f'"{making.new_id()},1"'


def _next_etag(making: Making) -> str:
    found = _TAG.fullmatch(str(making.record.get("eTag")))
    return f'"{found[1]},{int(found[2]) + 1}"' if found else _etag(making)


def _number(making: Making) -> str:
    """Items of a list are counted, and no number comes again."""
    low = int((making.owner or {}).get(_LAST) or 0)

    def is_taken(number: int) -> bool:
        return next(iter(making.having("id", str(number))), None) is not None

    step = 1
    while is_taken(low + step):  # what is made at once has no number that the list knows of
        step *= 2
    high = low + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_taken(middle) else (low, middle)
    return str(high)


def _counted(acting: Acting, row: Row) -> None:
    """The list of a new item knows its number; who makes it by a body gives it fields."""
    above, number = acting.owner(row), natural(str(row.record["id"]))
    if above is None:
        return
    if number is not None and number > int(above.record.get(_LAST) or 0):
        acting.alter(above, {_LAST: number})
    _typed(acting, row, above)
    if not acting.plants and not acting.inside(row, FIELDS):
        acting.give(row, "fields", {})


def _retyped(acting: Acting, row: Row, before: Record) -> None:
    above = acting.owner(row)
    if above is not None and row.record.get("contentType") != before.get("contentType"):
        _typed(acting, row, above)


def _typed(acting: Acting, row: Row, above: Row) -> None:
    """An item is of a content type that its list has. Raises GraphError (400) for another."""
    there = [] if acting.plants else [e.record for e in acting.inside(above, CONTENT_TYPES)]
    said = row.record.get("contentType") or {}
    type_ = typed(there, said) if there else said
    if type_ != said:
        acting.alter(row, {"contentType": type_})


def _url_name(making: Making) -> str | None:
    name = making.record.get("displayName")
    return None if name is None else _NO_URL.sub("", str(name)).strip()


_NO_URL = re.compile(r'["#%&*:<>?/\\{|}~]')
_LONGEST = 255


def _check_list(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a title that no list can have."""
    title = record.get("displayName")
    if isinstance(title, str) and (not _NO_URL.sub("", title).strip() or len(title) > _LONGEST):
        raise unfit("displayName", f"A list has a title, of {_LONGEST} letters at most.")


def _check_kept(call: Call, *_: object) -> None:
    """Raise GraphError (400) for a column that no list is without."""
    above = call.owner(call.thing)
    if above is not None and above.container == LISTS:
        check_deleted(str(call.thing.record.get("name")), call.thing.record)


def _list_url(making: Making) -> str | None:
    owner = making.owner or {}
    site = team_site(owner) if making.owner_type == "group" else owner.get("webUrl")
    name = making.record.get("name")
    if site is None or name is None:
        return None
    is_library = (making.record.get("list") or {}).get("template") == LIBRARY
    return f"{site}/{'' if is_library else 'Lists/'}{quote(str(name))}"


def _shows_files(record: Record) -> bool:
    """Whether it is a library, or of one, as it was before: it has what its files have."""
    return OF_FILE in record or _LAST in record or STANDARD in record


def _item_url(making: Making) -> str | None:
    above = (making.owner or {}).get("webUrl")
    if _shows_files(making.record):
        return None
    return None if above is None else f"{above}/{making.record['id']}_.000"


def _by(making: Making) -> Record | None:
    return None if _shows_files(making.record) else signed(making)


def _content_type(making: Making) -> Record:
    whole = content_type("Item", str((making.owner or {}).get("id")))
    return {name: whole[name] for name in ("id", "name")}


def _internal_name(making: Making) -> str | None:
    """What fields have it by: the name that it is given, or what it is shown as."""
    name = making.record.get("name") or making.record.get("displayName")
    return None if name is None else internal_name(str(name))


def _display_name(making: Making) -> str | None:
    name = making.record.get("displayName") or making.record.get("name")
    return None if name is None else shown_name(str(name))


def _of_list(reading: Reading) -> Record | None:
    """The site that the list of an item is of."""
    above = reading.holder()
    return None if above is None else site_of(above)


def _completed(call: Call, record: Record, before: Record | None) -> None:
    """A list that is made has the columns that all have, beside its own."""
    if before is not None:
        return
    library = (record.get("list") or {}).get("template") == LIBRARY
    if library:
        make_drive(call)
    own = call.inside(call.thing, COLUMNS)
    for column in own:
        _check_there(call, call.thing, column.record)
    known = {column.record["name"] for column in own}
    for each in standard(library=library):
        if each["name"] not in known:
            call.add(call.thing, "columns", each)
    for name in ("Document" if library else "Item", "Folder"):
        call.add(call.thing, "contentTypes", content_type(name, call.thing.id))


def _settled(call: Call, record: Record, before: Record | None) -> None:
    """A column that is made has a name, and looks up what there is; one that is changed too."""
    above = call.owner(call.thing)
    if above is not None and (before is None or record.get("lookup") != before.get("lookup")):
        _check_there(call, above, record)


def _check_there(call: Call, above: Thing, column: Record) -> None:
    """Raise GraphError (400) for no name, and for a list, or a column of it, that is not there."""
    if not column.get("name"):
        raise unfit("name", "A column has a name.")
    lookup = column.get("lookup") or {}
    if not lookup or lookup.get("primaryLookupColumnId") is not None:
        return
    site = above if above.container == "sites" else call.owner(above)
    id_, name = str(lookup.get("listId")).lower(), lookup.get("columnName") or "Title"
    found = None if site is None else call.held(site, LISTS, id_)
    if found is None:
        raise unfit("lookup/listId", f"The site has no list of the id '{lookup.get('listId')}'.")
    columns = Columns(each.record for each in call.inside(found, COLUMNS))
    if columns.named(name) is None and not columns.any:
        raise unfit("lookup/columnName", f"The list that is looked up has no column '{name}'.")


def _restore(call: Call) -> None:
    """An item of a list has the values again that a version of it has."""
    item = call.owner(call.thing)
    assert item is not None
    old = call.inside(call.thing, "listItemVersion/fields")
    now = call.inside(item, FIELDS)
    if old and now:
        kept = {name: each for name, each in old[0].record.items() if name[0] != "@"}
        gone: dict[str, Any] = dict.fromkeys(now[0].record.keys() - kept.keys() - {"@version"})
        call.change(now[0], {**gone, **kept})


def _captured(call: Call, record: Record, before: Record | None) -> None:
    """A version of a document set that is made has the values that the set has then."""
    item = call.owner(call.thing)
    values = [] if item is None or before is not None else call.inside(item, FIELDS)
    for each in values:
        kept = {name: value for name, value in each.record.items() if name[0] != "@"}
        call.add(call.thing, "fields", kept)


# https://learn.microsoft.com/graph/api/listitemversion-restore
# https://learn.microsoft.com/graph/api/documentsetversion-restore
_RESTORING = tuple(
    operation(name, status=204)(_restore)
    for name in ("listItemVersion/restoreVersion", "documentSetVersion/restore")
)


# Content types ------------------------------------------------------------------------------------


def _site_of(call: Call, list_: Thing) -> Thing | None:
    """The site that a list is of; what the site of a group has, the group has."""
    owner = call.owner(list_)
    if owner is None or owner.container != "groups":
        return owner
    return next((each for each in call.inside(owner, "sites") if "root" in each.record), None)


@operation("contentType*/addCopy")
def add_copy(call: Call) -> Made:
    """A list takes over a content type of its site.

    https://learn.microsoft.com/graph/api/contenttype-addcopy
    """
    said = str(call.arguments.get("contentType") or "")
    id_ = unquote(urlsplit(said).path.rstrip("/").rpartition("/")[2])
    site = _site_of(call, call.holder)
    found = None if site is None or not id_ else call.held(site, _OF_SITES, id_)
    if found is None:
        raise call.words.not_found("contentType", id_)
    if any(each.record.get("name") == found.record.get("name") for each in call.things()):
        name = found.record.get("name")
        message = f"The list has a content type '{name}' already."
        raise GraphError(409, "nameAlreadyExists", message, "contentType")
    own = {"id": f"{found.id}00{call.new_id().replace('-', '').upper()}"}
    kept = {name: each for name, each in found.record.items() if name[0] != "@" and name != "id"}
    made = call.add(call.holder, "contentTypes", {**kept, **own})
    return Made(made)


@operation("site/getApplicableContentTypesForList", reads=True)
def applicable(call: Call) -> list[Thing]:
    """The content types of a site that a list of it does not have, and can take over.

    https://learn.microsoft.com/graph/api/site-getapplicablecontenttypesforlist
    """
    id_ = str(call.arguments["listId"])
    list_ = next((each for each in call.leads_to(call.thing, "lists") if each.id == id_), None)
    if list_ is None:
        raise call.words.not_found("list", id_)
    names = {each.record.get("name") for each in call.inside(list_, "list/contentTypes")}
    return [
        each
        for each in call.inside(call.thing, _OF_SITES)
        if each.record.get("name") not in names and not each.record.get("hidden")
    ]


_OF_SITES = "site/contentTypes"


@operation("contentType/associateWithHubSites", status=204)
def associate(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/contenttype-associatewithhubsites"""
    if call.arguments.get("propagateToExistingLists"):
        message = "Content types are not brought into the lists of hub sites here."
        raise GraphError(501, "NotImplemented", message, "propagateToExistingLists")
    there = list(call.thing.record.get("associatedHubsUrls") or ())
    more = [each for each in call.arguments["hubSiteUrls"] if each not in there]
    call.change(call.thing, {"associatedHubsUrls": [*there, *more]})


# https://learn.microsoft.com/graph/api/contenttype-copytodefaultcontentlocation
_COPIED = notes("contentType/copyToDefaultContentLocation", "@defaultContents", status=204)

OPERATIONS = (*_RESTORING, add_copy, applicable, associate, _COPIED)

_TAGS = {"eTag": _next_etag}
_TAKEN_OVER = ("name", "displayName", "description", "columnGroup", "indexed", "required")
_SERVICES_OWN = frozenset(
    {"createdBy", "createdDateTime", "eTag", "lastModifiedBy", "lastModifiedDateTime", "webUrl"}
    | {"id"}
)

_WHOLE = dict.fromkeys(("createdDateTime", "lastModifiedDateTime"), whole_seconds)

TYPES = (
    Type(
        "list",
        required=("displayName",),
        ignored=_SERVICES_OWN,
        immutable=frozenset({"id"}),
        generated={
            "name": _url_name,
            "eTag": _etag,
            "webUrl": _list_url,
            "createdBy": _by,
            "lastModifiedBy": _by,
        },
        changed={**_TAGS, "lastModifiedBy": _by},
        formed={"list": _facet},
        merged=frozenset({"list"}),
        unique=("displayName",),
        refuses=(_check_list,),
        also_by=("displayName",),
        related=frozenset({"columns", "contentTypes"}),
        computed={"parentReference": site_of},
        follows=_completed,
        written=_WHOLE,
        etag="eTag",
    ),
    Type(
        "listItem",
        ignored=_SERVICES_OWN,
        immutable=frozenset({"id"}),
        generated={
            "id": _number,
            "eTag": _etag,
            "createdBy": _by,
            "lastModifiedBy": _by,
            "contentType": _content_type,
            "webUrl": _item_url,
        },
        changed={**_TAGS, "lastModifiedBy": _by},
        related=frozenset({"fields"}),
        unique=(OF_FILE,),
        echoed=frozenset({"fields"}),
        made=_counted,
        altered=_retyped,
        written=_WHOLE,
        computed={"parentReference": _of_list},
        beyond=beyond,
        etag="eTag",
        queries=(check_asked,),
    ),
    # https://learn.microsoft.com/graph/api/listitem-post-documentsetversions
    Type("documentSetVersion", follows=_captured),
    Type(
        "columnDefinition",
        formed={"displayName": _display_name, "name": _internal_name},
        defaults={
            "enforceUniqueValues": False,
            "hidden": False,
            "indexed": False,
            "readOnly": False,
            "required": False,
        },
        unique=("name",),
        immutable=frozenset({"name"}),
        refuses=(check_column,),
        follows=_settled,
        leaves=_check_kept,
        # https://learn.microsoft.com/graph/api/contenttype-post-columns
        related=frozenset({"sourceColumn"}),
        takes={"sourceColumn": {name: name for name in (*_TAKEN_OVER, *FACETS)}},
    ),
)

NAVIGATION = (
    Navigation(ITEMS, page_size=200, max_page=5000, statuses={"PATCH": 200}),
    Navigation("listItem/versions", order="length(id) desc,id desc"),
)
