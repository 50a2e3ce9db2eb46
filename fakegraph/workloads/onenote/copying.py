"""Copies of notebooks, sections and pages, which go on after the answer, and what finds notebooks.

https://learn.microsoft.com/graph/api/notebook-copynotebook
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Operation
from fakegraph.workloads.onenote.names import OF_NOTEBOOKS, OF_SECTIONS, Names
from fakegraph.workloads.operations import Call, Ending, Thing, operation

NOTEBOOKS, SECTIONS = "onenote/notebooks", "onenote/sections"
GROUPS, PAGES = "onenote/sectionGroups", "onenote/pages"
_IN_NOTEBOOK, _IN_GROUP, _IN_SECTION = "@notebook", "@group", "@section"


def _tells(call: Call, result: Thing | None, ending: Ending) -> Mapping[str, str]:
    """What tells of a copy is beside what is copied."""
    notes = call.owner(call.thing)
    assert notes is not None
    segment = call.thing.container.rpartition("/")[2] if result is None else _segment(result)
    made = "" if result is None else result.id
    location = {"resourceId": made, "resourceLocation": f"{call.root}{_of(call)}/{segment}/{made}"}
    monitor = {
        "id": f"copy-{call.new_id()}",
        "status": "Failed" if ending.error else "Completed",
        "percentComplete": "0" if ending.error else "100",
        "createdDateTime": call.now,
        "lastActionDateTime": call.now,
        **({} if result is None else location),
        **ending.kept,
    }
    kept = call.add(notes, "operations", monitor)
    return {"Operation-Location": f"{call.root}{_of(call)}/operations/{kept.id}"}


def _segment(thing: Thing) -> str:
    return thing.container.rpartition("/")[2]


def _of(call: Call) -> str:
    """The path of the notes that something is copied in: of who has it."""
    notes = call.owner(call.thing)
    holder = None if notes is None else call.owner(notes)
    if holder is None:
        return "/me/onenote"
    return f"/{holder.container}/{holder.id}/onenote"


def _notes(call: Call) -> Thing:
    """The notes that a copy goes to: of a group, or where the original is. Raises GraphError."""
    for name in ("siteCollectionId", "siteId"):
        if call.arguments.get(name):
            message = f"Copies go to notebooks of users and groups here, and to none by '{name}'."
            raise GraphError(501, "NotImplemented", message, name)
    group_id = call.arguments.get("groupId")
    if not group_id:
        notes = call.owner(call.thing)
        assert notes is not None
        return notes
    group = call.find("groups", group_id)
    if group is None:
        message = f"Unable to find an Office 365 unified group that has the ID '{group_id}'."
        raise GraphError(404, "20160", message, "groupId")
    (notes,) = call.leads_to(group, "onenote")
    return notes


def _destination(call: Call, notes: Thing, container: str) -> Thing:
    """What a copy goes into. Raises GraphError (404)."""
    id_ = str(call.arguments.get("id") or "")
    found = call.held(notes, container, id_) if notes.key and id_ else None
    if found is None:
        message = f"The specified ID '{id_}' for the destination resource does not exist."
        raise GraphError(404, "20156", message, "id")
    return found


def _renamed(call: Call, names: Names = OF_SECTIONS) -> Record:
    name = call.arguments.get("renameAs")
    if not name:
        return {}
    names.check(name)
    return {"displayName": name}


def _within(call: Call, notes: Thing, container: str, **places: str) -> list[Thing]:
    """What is in a place, of what somebody has."""
    return [
        each
        for each in call.inside(notes, container)
        if all(each.record.get(f"@{name}", "") == id_ for name, id_ in places.items())
    ]


def _copy_section(call: Call, section: Thing, place: Record, notes: Thing) -> Thing:
    """Copy a section with its pages."""
    source = call.owner(section)
    assert source is not None
    made = call.copy(section, place, notes, alone=True)
    for page in _within(call, source, PAGES, section=section.id):
        where = {_IN_SECTION: made.id, _IN_NOTEBOOK: made.record.get(_IN_NOTEBOOK)}
        call.copy(page, where, notes, alone=True)
    return made


def _copy_group(call: Call, group: Thing, place: Record, notes: Thing) -> None:
    """Copy a group of sections with all that is in it."""
    source = call.owner(group)
    assert source is not None
    made = call.copy(group, place, notes, alone=True)
    inside = {_IN_GROUP: made.id, _IN_NOTEBOOK: made.record.get(_IN_NOTEBOOK)}
    for each in _within(call, source, SECTIONS, group=group.id):
        _copy_section(call, each, inside, notes)
    for each in _within(call, source, GROUPS, group=group.id):
        _copy_group(call, each, inside, notes)


def _copy_notebook(call: Call) -> Thing:
    notes, notebook = _notes(call), call.thing
    source = call.owner(notebook)
    assert source is not None
    made = call.copy(
        notebook, {"isDefault": False, **_renamed(call, OF_NOTEBOOKS)}, notes, alone=True
    )
    inside = {_IN_NOTEBOOK: made.id}
    for each in _within(call, source, SECTIONS, notebook=notebook.id, group=""):
        _copy_section(call, each, inside, notes)
    for each in _within(call, source, GROUPS, notebook=notebook.id, group=""):
        _copy_group(call, each, inside, notes)
    return made


def _section_to_notebook(call: Call) -> Thing:
    notes = _notes(call)
    notebook = _destination(call, notes, NOTEBOOKS)
    place = {_IN_NOTEBOOK: notebook.id, _IN_GROUP: "", "isDefault": False, **_renamed(call)}
    return _copy_section(call, call.thing, place, notes)


def _section_to_group(call: Call) -> Thing:
    notes = _notes(call)
    group = _destination(call, notes, GROUPS)
    inside = {_IN_GROUP: group.id, _IN_NOTEBOOK: group.record.get(_IN_NOTEBOOK)}
    return _copy_section(call, call.thing, {"isDefault": False, **inside, **_renamed(call)}, notes)


def _page_to_section(call: Call) -> Thing:
    notes = _notes(call)
    section = _destination(call, notes, SECTIONS)
    place = {_IN_SECTION: section.id, _IN_NOTEBOOK: section.record.get(_IN_NOTEBOOK)}
    return call.copy(call.thing, place, notes, alone=True)


def _copying(name: str, function: Callable[[Call], Any]) -> Operation:
    return operation(name, tells=_tells, status=202)(function)


# Finding notebooks ------------------------------------------------------------------------------


@operation("notebook*/getNotebookFromWebUrl", reads=True)
def from_web_url(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/notebook-getnotebookfromweburl"""
    url = str(call.arguments.get("webUrl") or "").removeprefix("onenote:")
    for each in call.things():
        links = each.record.get("links") or {}
        if url and (links.get("oneNoteWebUrl") or {}).get("href") == url:
            return _as_found(each.record)
    raise GraphError(404, "20102", f"No notebook has the URL '{url}'.", "webUrl")


def _as_found(record: Record) -> Record:
    said = ("id", "isDefault", "isShared", "userRole", "links", "sectionsUrl", "sectionGroupsUrl")
    return {
        **{name: record.get(name) for name in said},
        "name": record.get("displayName"),
        "createdTime": record.get("createdDateTime"),
        "lastModifiedTime": record.get("lastModifiedDateTime"),
    }


@operation("notebook*/getRecentNotebooks", reads=True)
def recent(call: Call) -> list[Record]:
    """Those that were changed last, first.

    https://learn.microsoft.com/graph/api/notebook-getrecentnotebooks
    """

    def changed(notebook: Thing) -> str:
        record = notebook.record
        return str(record.get("lastModifiedDateTime") or record.get("createdDateTime") or "")

    return [
        {
            "displayName": each.record.get("displayName"),
            "lastAccessedTime": changed(each) or None,
            "links": each.record.get("links"),
            "sourceService": "OneDriveForBusiness",
        }
        for each in sorted(call.things(), key=changed, reverse=True)
    ]


OPERATIONS = (
    _copying("notebook/copyNotebook", _copy_notebook),
    _copying("onenoteSection/copyToNotebook", _section_to_notebook),
    _copying("onenoteSection/copyToSectionGroup", _section_to_group),
    _copying("onenotePage/copyToSection", _page_to_section),
    from_web_url,
    recent,
)
