"""OneNote: notebooks, with sections, groups of these, and pages.

https://learn.microsoft.com/graph/integrate-with-onenote
"""

from __future__ import annotations

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type, Workload
from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.handed import Making, Rendered
from fakegraph.workloads.onenote.commands import change_page
from fakegraph.workloads.onenote.copying import GROUPS, NOTEBOOKS, OPERATIONS, PAGES, SECTIONS
from fakegraph.workloads.onenote.pages import (
    keep_parts,
    preview,
    read_multipart,
    read_page,
    show_page,
)
from fakegraph.workloads.operations import ended, failure, running
from fakegraph.workloads.words import Words

_FORBIDDEN = frozenset('?*\\/:<>|&#"%~')
_LONGEST = {"notebook": 128, "section": 50}


class OneNoteWords(Words):
    """OneNote's sentences; its codes are numbers."""

    def not_found(self, type_name: str, key: str) -> GraphError:
        return GraphError(404, "20102", "The specified resource ID does not exist.")

    def taken(self, type_name: str, name: str, value: object, holder: str = "") -> GraphError:
        return GraphError(
            409, "20117", "An item with this name already exists in this location.", "displayName"
        )


def _refuse_name(record: Record, before: Record | None) -> None:
    name = str(record.get("displayName") or "")
    if _FORBIDDEN & set(name):
        raise GraphError(
            400,
            "20153",
            f"The name contains invalid characters. It has none of {' '.join(sorted(_FORBIDDEN))}",
            "displayName",
        )


def _id(making: Making) -> str:
    return f"1-{making.new_id()}"


def _links(making: Making) -> Record:
    client = f"onenote:https://contoso-my.sharepoint.com/{making.record['id']}"
    return {
        "oneNoteClientUrl": {"href": client},
        "oneNoteWebUrl": {"href": client.removeprefix("onenote:")},
    }


_SET = frozenset(
    {"id", "self", "createdBy", "createdDateTime", "lastModifiedBy", "lastModifiedDateTime"}
    | {"isDefault", "isShared", "userRole", "links", "sectionsUrl", "sectionGroupsUrl", "pagesUrl"}
)

# What `$select` may name without showing it: that is for `$expand`.
_AROUND = frozenset({"parentNotebook", "parentSectionGroup"})
_INSIDE = frozenset({"sections", "sectionGroups"})

TYPES = (
    Type("onenoteEntityBaseModel", generated={"id": _id}, always_shown=frozenset({"id"})),
    Type(
        "onenoteEntityHierarchyModel",
        required=("displayName",),
        ignored=_SET,
        refuses=(_refuse_name,),
        ignore_case=frozenset("*"),
    ),
    Type(
        "notebook",
        generated={"links": _links},
        defaults={"isDefault": False, "isShared": False, "userRole": "Owner"},
        together=(("displayName",),),
        holds=((SECTIONS, "@notebook"), (GROUPS, "@notebook"), (PAGES, "@notebook")),
        nominal=_INSIDE,
    ),
    Type(
        "onenoteSection",
        generated={"links": _links},
        defaults={"isDefault": False},
        together=(("@notebook", "@group", "displayName"),),
        holds=((PAGES, "@section"),),
        nominal=_AROUND | {"pages"},
    ),
    Type(
        "sectionGroup",
        together=(("@notebook", "@group", "displayName"),),
        holds=((SECTIONS, "@group"), (GROUPS, "@group")),
        nominal=_AROUND | _INSIDE,
    ),
    Type(
        "onenotePage",
        generated={"links": _links},
        defaults={"level": 0},
        nominal=frozenset({"parentNotebook", "parentSection"}),
        reads={
            "text/html": read_page,
            "application/xhtml+xml": read_page,
            "multipart/form-data": read_multipart,
        },
        follows=keep_parts,
        rendered={"content": Rendered(("includeIDs",), show_page)},
        patched={"content": change_page},
    ),
    # One that is seeded without bytes has none, and is there.
    Type("onenoteResource", contents={"content": lambda _: (b"", "application/octet-stream")}),
    # https://learn.microsoft.com/graph/api/resources/onenoteoperation
    Type(
        "onenoteOperation",
        computed={
            "status": running("Running"),
            "percentComplete": running("50"),
            "lastActionDateTime": ended,
            "error": failure,
        },
    ),
)

_OF_NOTEBOOK = {"@notebook": "id"}
_OF_GROUP = {"@group": "id", "@notebook": "@notebook"}
_AT_THE_TOP = {"@group": ""}
_NEWEST = "lastModifiedDateTime desc"
_BY_NAME = "displayName"


def _parents(type_name: str) -> tuple[Navigation, ...]:
    """What something is in."""
    return (
        Navigation(f"{type_name}/parentNotebook", home=NOTEBOOKS, view={"id": "@notebook"}),
        Navigation(f"{type_name}/parentSectionGroup", home=GROUPS, view={"id": "@group"}),
    )


NAVIGATION = (
    Navigation(NOTEBOOKS, page_size=20, max_page=100, order=_BY_NAME),
    Navigation(SECTIONS, page_size=20, max_page=100, order=_BY_NAME),
    Navigation(GROUPS, page_size=20, max_page=100, order=_BY_NAME),
    Navigation(PAGES, page_size=20, max_page=100, order=_NEWEST),
    Navigation("notebook/sections", home=SECTIONS, view=_OF_NOTEBOOK, where=_AT_THE_TOP),
    Navigation("notebook/sectionGroups", home=GROUPS, view=_OF_NOTEBOOK, where=_AT_THE_TOP),
    Navigation("sectionGroup/sections", home=SECTIONS, view=_OF_GROUP),
    Navigation("sectionGroup/sectionGroups", home=GROUPS, view=_OF_GROUP),
    Navigation(
        "onenoteSection/pages",
        home=PAGES,
        view={"@section": "id", "@notebook": "@notebook"},
        page_size=20,
        max_page=100,
        order=_NEWEST,
    ),
    *_parents("onenoteSection"),
    *_parents("sectionGroup"),
    Navigation("onenotePage/parentNotebook", home=NOTEBOOKS, view={"id": "@notebook"}),
    Navigation("onenotePage/parentSection", home=SECTIONS, view={"id": "@section"}),
)

ONENOTE = Workload(
    "onenote",
    types=("onenote", "onenoteEntityBaseModel", "onenoteOperation"),
    words=OneNoteWords(),
    depth=2,
)


def register(declarations: Declarations) -> None:
    """Add what is declared of OneNote."""
    declarations.add(ONENOTE, *TYPES, *NAVIGATION, *OPERATIONS, preview)
