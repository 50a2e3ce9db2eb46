"""The fields of list items: what columns make of them, and what can be asked of them.

https://learn.microsoft.com/graph/api/resources/fieldvalueset
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Key, Record, Row, Transaction
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.files.columns import (
    FILE_NAME,
    Columns,
    duplicate,
    standard,
    unrecognized,
)
from fakegraph.workloads.files.granted import LISTED as ITEMS
from fakegraph.workloads.files.granted import OF_FILE
from fakegraph.workloads.files.items import check_name
from fakegraph.workloads.files.libraries import CONTENT_TYPES, typed
from fakegraph.workloads.files.selected import (
    COLUMNS,
    FIELDS,
    STANDARD,
    number_of_user,
    selected,
)
from fakegraph.workloads.files.versions import next_version
from fakegraph.workloads.handed import Acting, Compute, Extension, Reading, Sought

_VERSIONS, _THEIR_FIELDS = "listItem/versions", "listItemVersion/fields"
_TYPED = "ContentType"
_VERSION, _TAG = "@version", "@tag"
_SHAREPOINT_APP = "1073741822"

_Place = tuple[Columns, Row, Row]
"""The columns that fields are of, the item and the list."""

# What bodies say --------------------------------------------------------------------------------


def _made(acting: Acting, row: Row) -> None:
    """New fields are as the columns have them; what is seeded is as it is."""
    place = None if acting.plants else _place(acting, row)
    if place is not None:
        columns, record = place[0], row.record
        sent = {name: record[name] for name in record if _is_sent(name)}
        sent = _retyped(acting, place, _renamed(acting, place, columns.check(sent)))
        _keep(acting, row, {**sent, **columns.missing(record)}, place)
        if sent and OF_FILE in place[1].record:
            _touch(acting, acting.owner(row) or place[1])


def _altered(acting: Acting, row: Row, before: Record) -> None:
    record = row.record
    changed = (name for name in record if _is_sent(name) and before.get(name) != record[name])
    sent = {name: record[name] for name in changed}
    place = None if acting.plants else _place(acting, row)
    if place is not None and sent:
        sent = _renamed(acting, place, place[0].check(sent))
        _keep(acting, row, _retyped(acting, place, sent), place)
        _touch(acting, acting.owner(row) or place[1])  # of another content type by now


def _renamed(acting: Acting, place: _Place, values: Record) -> Record:
    """Let a file have the name that its fields are given, which they do not keep themselves."""
    if FILE_NAME not in values:
        return values
    files = acting.leads_to(place[1], "driveItem") if OF_FILE in place[1].record else ()
    if not files:
        raise unrecognized(FILE_NAME)
    named = {"name": values[FILE_NAME]}
    check_name({**files[0].record, **named}, files[0].record)
    acting.alter(files[0], named)
    return {**values, FILE_NAME: None}


def _retyped(acting: Acting, place: _Place, values: Record) -> Record:
    """Let an item be of the content type that its fields name, which they do not keep."""
    if values.get(_TYPED) is None:
        return values
    _, item, above = place
    type_ = typed(
        (each.record for each in acting.inside(above, CONTENT_TYPES)), {"name": values[_TYPED]}
    )
    acting.alter(item, {"contentType": type_})
    return {**values, _TYPED: None}


def _touch(acting: Acting, item: Row) -> None:
    """Make another version of an item: of a library that of the file, which it follows."""
    files = acting.leads_to(item, "driveItem") if OF_FILE in item.record else ()
    acting.touch(next(iter(files), item))


def _is_sent(name: str) -> bool:
    return name != "id" and not name.startswith("@")


def _place(acting: Acting, row: Row) -> _Place | None:
    item = acting.owner(row)
    above = None if item is None else acting.owner(item)
    if item is None or above is None:
        return None
    columns = (each.record for each in acting.inside(above, COLUMNS))
    return Columns(columns), item, above


def _keep(acting: Acting, row: Row, values: Record, place: _Place) -> None:
    """Keep values in the form of their columns. Raises GraphError for one that is taken."""
    columns, item, above = place
    for name in columns.unique():
        value = values.get(name)
        if value is not None and value in _others(acting, above, item, name):
            raise duplicate(name)
    acting.alter(row, values)


def _others(acting: Acting, above: Row, item: Row, name: str) -> Iterator[Any]:
    for other in acting.inside(above, ITEMS):
        if other.key != item.key:
            yield from (each.record.get(name) for each in acting.inside(other, FIELDS))


# What follows -----------------------------------------------------------------------------------


def settle(transaction: Transaction) -> None:
    """Make a version of each item that is another than before; what is null is not there."""
    touched: dict[Key, bool] = {}
    for old, new in transaction.changed(ITEMS):
        if new is not None and (old is None or old.record.get("eTag") != new.record.get("eTag")):
            touched[new.key] = old is None
    for old, new in transaction.changed(FIELDS):
        if new is not None and (old is None or _said(old.record) != _said(new.record)):
            touched.setdefault(new.owner, False)
    for key, is_new in touched.items():
        item = transaction.row(key)
        if item is not None and transaction.container_of(key) == ITEMS:
            fields = next(iter(transaction.rows_of(FIELDS, [item.key])), None)
            if fields is not None:
                fields = transaction.replace(fields.key, _as_kept(fields.record, item.record))
            if OF_FILE not in item.record:
                _keep_version(transaction, item, fields, is_new=is_new)


def _said(fields: Record) -> Record:
    """What clients have said of fields."""
    return {name: value for name, value in fields.items() if _is_sent(name) and value is not None}


def _as_kept(fields: Record, item: Record) -> Record:
    whole = {name: value for name, value in fields.items() if value is not None}
    return {**whole, _TAG: item.get("eTag")}


def _keep_version(transaction: Transaction, item: Row, fields: Row | None, *, is_new: bool) -> None:
    there = [each.record for each in transaction.rows_of(_VERSIONS, [item.key])]
    if is_new and there:
        return  # it has brought versions along
    id_, record = next_version(there), item.record
    said = ("lastModifiedBy", "lastModifiedDateTime")
    told: Record = {name: record[name] for name in said if record.get(name) is not None}
    version = transaction.insert(_VERSIONS, {"id": id_, **told}, item.key)
    if fields is not None:
        whole = {**fields.record, _VERSION: id_}
        transaction.replace(fields.key, whole)
        transaction.insert(_THEIR_FIELDS, whole, version.key)


# What is shown ----------------------------------------------------------------------------------


def _of_item(name: str) -> Compute:
    return lambda reading: (reading.owner() or {}).get(name)


def _person(name: str) -> Compute:
    """The number that a site has for who made or changed an item."""

    def number(reading: Reading) -> str | None:
        owner = reading.owner()
        by = (owner or {}).get(name) or {}
        id_ = (by.get("user") or {}).get("id")
        if owner is None:
            return None
        return number_of_user(id_) if id_ else _SHAREPOINT_APP

    return number


def _content_type(reading: Reading) -> str | None:
    return ((reading.owner() or {}).get("contentType") or {}).get("name")


def _title(reading: Reading) -> Any:
    return reading.record.get("Title")


def _always(value: Any) -> Compute:
    return lambda reading: None if reading.owner() is None else value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _ending(name: str) -> str | None:
    return name.rpartition(".")[2] if "." in name else None


_COMPUTED: Mapping[str, Compute] = {
    "id": _of_item("id"),
    "@odata.etag": _of_item("eTag"),
    "ContentType": _content_type,
    "Created": _of_item("createdDateTime"),
    "Modified": _of_item("lastModifiedDateTime"),
    "AuthorLookupId": _person("createdBy"),
    "EditorLookupId": _person("lastModifiedBy"),
    "_UIVersionString": lambda reading: reading.record.get(_VERSION),
    "Attachments": _always(False),
    "Edit": _always(""),
    "LinkTitle": _title,
    "LinkTitleNoMenu": _title,
    "ItemChildCount": _always("0"),
    "FolderChildCount": _always("0"),
    "FileLeafRef": _of_item("@name"),
    "FileSizeDisplay": lambda reading: _text((reading.owner() or {}).get("@size")),
    "DocIcon": lambda reading: _ending(str((reading.owner() or {}).get("@name") or "")),
    "_ComplianceFlags": _always(""),
    "_ComplianceTag": _always(""),
    "_ComplianceTagWrittenTime": _always(""),
    "_ComplianceTagUserId": _always(""),
}


def _or_stored(name: str, compute: Compute) -> Compute:
    """What is stored, as seeds may have it, and else what is worked out."""
    return lambda reading: reading.record.get(name) or compute(reading)


# What can be asked ------------------------------------------------------------------------------

_ANYWAY = ("honornonindexedquerieswarningmayfailrandomly", "allowthrottleablequeries")
_NOT_INDEXED = (
    "Field '{name}' cannot be referenced in filter or orderby as it is not indexed. Provide the "
    "'Prefer: HonorNonIndexedQueriesWarningMayFailRandomly' header to allow this, but be warned "
    "that such queries may fail on large lists."
)
_KINDS = {"number": "Edm.Double", "currency": "Edm.Double", "boolean": "Edm.Boolean"}


def beyond(sought: Sought) -> tuple[Extension, ...]:
    """The fields that a query names. Raises GraphError (400): for what no column has, for what is
    not indexed where that is not asked for, and for what lists cannot be asked.
    """
    from fakegraph.workloads.files.asked_of_lists import named  # with what reads conditions

    found = named(sought.options, sought.aliases)
    if not found:
        return ()
    there = list(sought.around.inside(COLUMNS))
    if not there and STANDARD in sought.around.record:
        there = [*standard(library=True)]
    columns = Columns(there)
    anyway = any(each in sought.preferences for each in _ANYWAY)
    for name, field in found.items():
        _check_named(columns, name, field.option, anyway=anyway)
    kinds = (
        Extension(name, _kind(columns, name, field.compared), loose=True)
        for name, field in found.items()
    )
    return (Extension("fields", members=tuple(kinds)),)


def _check_named(columns: Columns, name: str, option: str, *, anyway: bool) -> None:
    column = columns.find(name)
    if column is None and not columns.any and name not in _COMPUTED:
        raise unrecognized(name)
    is_indexed = name == "id" or (column or {}).get("indexed")
    if not is_indexed and not anyway:
        raise GraphError(400, "invalidRequest", _NOT_INDEXED.format(name=name), option)


def _kind(columns: Columns, name: str, compared: str) -> str:
    """What type values have to have to count: as the column says, or what they are compared to."""
    kind = columns.kind(name)
    if kind in _KINDS:
        return _KINDS[kind]
    if kind == "dateTime":
        return "Edm.DateTimeOffset" if compared in _MOMENTS else "Edm.String"
    if kind or compared in ("", "Edm.String"):
        return "Edm.String"
    return compared if compared == "Edm.Boolean" else "Edm.Double"


_MOMENTS = frozenset({"Edm.Date", "Edm.DateTimeOffset"})


TYPES = (
    Type(
        "fieldValueSet",
        computed={name: _or_stored(name, give) for name, give in _COMPUTED.items()},
        selects=selected,
        tags=(_TAG,),
        made=_made,
        altered=_altered,
    ),
)


def _start(item: Record) -> Record:
    return {"id": str(item.get("id")), _TAG: item.get("eTag")}


NAVIGATION = (
    Navigation(
        FIELDS,
        provided=True,
        start=_start,
        statuses={"PATCH": 200},
        documented=frozenset({"GET"}),
    ),
)
