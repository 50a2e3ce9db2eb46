"""Fields that are selected by name: which there are, and what is shown of them only so.

https://learn.microsoft.com/graph/api/resources/fieldvalueset
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit
from zlib import crc32

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.files.columns import READ_ONLY, Columns, standard, unrecognized
from fakegraph.workloads.files.granted import LISTED as ITEMS
from fakegraph.workloads.handed import Compute, Reading

FIELDS, COLUMNS = "listItem/fields", "list/columns"
#: Whether a list has the columns that each library has from the start.
STANDARD = "@standard"

#: What SharePoint has of every item beside its columns, and is not built here.
_NOT_BUILT = frozenset(
    {"AccessPolicy", "AppAuthor", "AppEditor", "BaseName", "CheckoutUser", "ContentVersion"}
    | {"Created_x0020_Date", "EncodedAbsUrl", "FSObjType", "File_x0020_Type", "GUID"}
    | {"HTML_x0020_File_x0020_Type", "InstanceID", "Last_x0020_Modified", "LinkFilename"}
    | {"LinkFilenameNoMenu", "MetaInfo", "NoExecute", "Order", "OriginatorId", "ParentUniqueId"}
    | {"ProgId", "Restricted", "SMTotalSize", "ScopeId", "ServerUrl", "SortBehavior"}
    | {"SyncClientId", "UniqueId", "WorkflowInstanceID", "WorkflowVersion", "owshiddenversion"}
    | {"_CopySource", "_HasCopyDestinations", "_IsCurrentVersion", "_Level"}
    | {"_ModerationComments", "_ModerationStatus", "_UIVersion"}
)


def number_of_user(id_: object) -> str:
    """The number that a site has for a user."""
    return str(crc32(str(id_).encode()) % 9000 + 10)


def selected(name: str) -> Compute:
    """What a field of that name is shown as where it is selected, as far as no other says it.

    The function raises GraphError: 400 for what no column has, 501 for what is not built.
    """

    def show(reading: Reading) -> Any:
        above = _list_of(reading)
        if above is None or name in reading.record:
            return reading.record.get(name)
        return _shown(reading, above, name)

    return show


def _shown(reading: Reading, above: Reading, name: str) -> Any:
    there = [*above.inside(COLUMNS)]
    columns = Columns(there or (standard(library=True) if STANDARD in above.record else ()))
    if name in _OF_ITEM:
        return _OF_ITEM[name](_item_of(reading) or {})
    column = columns.named(name)
    if column is not None and columns.looks_up(column) and f"{name}LookupId" in reading.record:
        return _looked_up(above, column, reading.record[f"{name}LookupId"])
    if name in _NOT_BUILT:
        message = f"The field '{name}' of SharePoint is not built in fakegraph."
        raise GraphError(501, "NotImplemented", message, name)
    if column is None and not columns.any and name not in READ_ONLY:
        raise unrecognized(name)
    return None


def _list_of(reading: Reading) -> Reading | None:
    """The list that fields are of, also those of a version of an item."""
    at = reading.holder()
    while at is not None and at.type.name != "microsoft.graph.list":
        at = at.holder()
    return at


def _item_of(reading: Reading) -> Record | None:
    at = reading.holder()
    while at is not None and at.type.name != "microsoft.graph.listItem":
        at = at.holder()
    return None if at is None else at.record


def _who(item: Record, name: str) -> Any:
    by = item.get(name) or {}
    return ((by.get("user") or by.get("application")) or {}).get("displayName")


def _path(item: Record) -> str | None:
    return unquote(urlsplit(str(item["webUrl"])).path) if item.get("webUrl") else None


_OF_ITEM: Mapping[str, Any] = {
    "Author": lambda item: _who(item, "createdBy"),
    "Editor": lambda item: _who(item, "lastModifiedBy"),
    "ContentTypeId": lambda item: (item.get("contentType") or {}).get("id"),
    "FileRef": _path,
    "FileDirRef": lambda item: (_path(item) or "").rpartition("/")[0] or None,
}


def _looked_up(above: Reading, column: Record, ids: Any) -> Any:
    """What the items have that a field looks up; of several each with its id."""
    if isinstance(ids, list):
        found = ((each, _value(above, column, each)) for each in ids)
        return [{"LookupId": each, "LookupValue": value} for each, value in found]
    return _value(above, column, ids)


def _value(above: Reading, column: Record, id_: object) -> Any:
    if column.get("personOrGroup") is not None:
        users = above.there("users")
        known = (user for user in users if number_of_user(user["id"]) == str(id_))
        return next((user.get("displayName") for user in known), None)
    lookup = column["lookup"]
    for other in above.neighbours(lookup.get("listId")):
        item = other.within(ITEMS, str(id_))
        fields = next(iter(() if item is None else item.inside(FIELDS)), {})
        return fields.get(lookup.get("columnName") or "Title")
    return None
