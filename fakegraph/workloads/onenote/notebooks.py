"""OneNote: notebooks, with sections, groups of these, and pages.

https://learn.microsoft.com/graph/integrate-with-onenote
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from fakegraph.digits import natural
from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type, Workload
from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.directory.addresses import only_unified
from fakegraph.workloads.handed import Making, Reading, Rendered
from fakegraph.workloads.onenote.commands import change_page
from fakegraph.workloads.onenote.copying import GROUPS, NOTEBOOKS, OPERATIONS, PAGES, SECTIONS
from fakegraph.workloads.onenote.names import OF_NOTEBOOKS, OF_SECTIONS
from fakegraph.workloads.onenote.pages import (
    keep_parts,
    preview,
    read_multipart,
    read_page,
    show_page,
)
from fakegraph.workloads.operations import ended, failure, running
from fakegraph.workloads.words import Words

_MOST = 100  # of a list, on a page


class OneNoteWords(Words):
    """OneNote's sentences; its codes are numbers."""

    def not_found(self, type_name: str, key: str) -> GraphError:
        return GraphError(404, "20102", "The specified resource ID does not exist.")

    def required(self, type_name: str, names: Sequence[str]) -> GraphError:
        if "displayName" not in names:
            return super().required(type_name, names)
        return GraphError(400, "20152", "The body has no 'displayName'.", "displayName")

    def taken(self, type_name: str, name: str, value: object, holder: str = "") -> GraphError:
        return GraphError(
            409, "20117", "An item with this name already exists in this location.", "displayName"
        )


def _check_top(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) for more on a page than there may be."""
    if (natural(options.get("top", "")) or 0) > _MOST:
        raise GraphError(400, "20129", f"The maximum value of 'top' is {_MOST}.", "$top")


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


def _order(reading: Reading) -> int | None:
    """Which page of its section one is, from 0."""
    section = reading.record.get("@section")
    return reading.place("@section", section) if section else None


def _check_levels(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) for what does not say whether levels are told: they are anyway.

    https://learn.microsoft.com/graph/api/page-get
    """
    if options.get("pagelevel", "true").casefold() not in ("true", "false"):
        message = "'pagelevel' is true or false."
        raise GraphError(400, "BadRequest", message, "pagelevel")


TYPES = (
    Type("onenoteEntityBaseModel", generated={"id": _id}, always_shown=frozenset({"id"})),
    Type(
        "onenoteEntityHierarchyModel",
        required=("displayName",),
        ignored=_SET,
        ignore_case=frozenset("*"),
    ),
    Type(
        "notebook",
        generated={"links": _links},
        defaults={"isDefault": False, "isShared": False, "userRole": "Owner"},
        refuses=(OF_NOTEBOOKS.refuse,),
        together=(("displayName",),),
        holds=((SECTIONS, "@notebook"), (GROUPS, "@notebook"), (PAGES, "@notebook")),
    ),
    Type(
        "onenoteSection",
        generated={"links": _links},
        defaults={"isDefault": False},
        refuses=(OF_SECTIONS.refuse,),
        together=(("@notebook", "@group", "displayName"),),
        holds=((PAGES, "@section"),),
    ),
    Type(
        "sectionGroup",
        refuses=(OF_SECTIONS.refuse,),
        together=(("@notebook", "@group", "displayName"),),
        holds=((SECTIONS, "@group"), (GROUPS, "@group")),
    ),
    Type(
        "onenotePage",
        generated={"links": _links},
        defaults={"level": 0},
        computed={"order": _order},
        late=("@section",),
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


_listed = partial(Navigation, page_size=20, max_page=_MOST)
_pages = partial(
    _listed, queries=(_check_top, _check_levels), order=_NEWEST, parameters=("pagelevel",)
)

NAVIGATION = (
    Navigation(
        "group/onenote", opens=only_unified("ResourceNotFound", "The resource could not be found.")
    ),
    _listed(NOTEBOOKS, order=_BY_NAME),
    _listed(SECTIONS, order=_BY_NAME),
    _listed(GROUPS, order=_BY_NAME),
    _pages(PAGES),
    Navigation("notebook/sections", home=SECTIONS, view=_OF_NOTEBOOK, where=_AT_THE_TOP),
    Navigation("notebook/sectionGroups", home=GROUPS, view=_OF_NOTEBOOK, where=_AT_THE_TOP),
    Navigation("sectionGroup/sections", home=SECTIONS, view=_OF_GROUP),
    Navigation("sectionGroup/sectionGroups", home=GROUPS, view=_OF_GROUP),
    _pages(
        "onenoteSection/pages",
        home=PAGES,
        view={"@section": "id", "@notebook": "@notebook"},
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
