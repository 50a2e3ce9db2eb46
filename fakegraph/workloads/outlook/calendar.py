"""Calendars, their groups and permissions, and what is in them.

https://learn.microsoft.com/graph/api/resources/calendar-overview
"""

from __future__ import annotations

from collections.abc import Callable

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Preview, Type
from fakegraph.workloads.handed import Asker, Word
from fakegraph.workloads.outlook import ids
from fakegraph.workloads.outlook.checks import named_by, refuse_search
from fakegraph.workloads.outlook.events import (
    CALENDARS,
    DEFAULT,
    EVENTS,
    GROUPS,
    begins_from,
    in_view,
    instances,
    traced,
)
from fakegraph.workloads.outlook.extended import EXTENDED, check_asked
from fakegraph.workloads.outlook.rights import of_unified
from fakegraph.workloads.outlook.values import mailbox_owner

_MINE = Word(GROUPS, "mine")


def _refuse_default(record: Record, before: Record | None) -> None:
    """Raise GraphError (501): which calendar is the default one stays as it is."""
    known = bool((before or {}).get("isDefaultCalendar"))
    if bool(record.get("isDefaultCalendar")) is not known:
        message = (
            "isDefaultCalendar: Microsoft Graph makes another calendar the default one, fakegraph "
            "does not. A test can say what it answers: POST /_fakegraph/stubs."
        )
        raise GraphError(501, "NotImplemented", message, "isDefaultCalendar")


_OWN_KEYS = frozenset({"id", "changeKey"})

TYPES = (
    Type(
        "calendar",
        required=("name",),
        ignored=_OWN_KEYS
        | {"canEdit", "canShare", "canViewPrivateItems", "owner", "isRemovable", "hexColor"}
        | {"isTallyingResponses"},
        generated={
            "id": ids.folder_id,
            "changeKey": ids.change_key,
            "owner": lambda making: mailbox_owner(making)["emailAddress"],
            "@group": lambda making: making.id_of(_MINE),
        },
        changed={"changeKey": ids.change_key},
        defaults={
            "color": "auto",
            "hexColor": "",
            "canEdit": True,
            "canShare": True,
            "canViewPrivateItems": True,
            "isDefaultCalendar": False,
            "isRemovable": True,
            "isTallyingResponses": False,
            "allowedOnlineMeetingProviders": ["teamsForBusiness"],
            "defaultOnlineMeetingProvider": "teamsForBusiness",
        },
        etag="changeKey",
        refuses=(named_by("name"), _refuse_default),
        queries=(refuse_search, check_asked),
        related=EXTENDED,
        always_shown=frozenset({"id"}),
        ignore_case=frozenset("*"),
        kept={"@kept": True},
        together=(("@group", "name"),),
        holds=((EVENTS, "@calendar"),),
    ),
    Type(
        "calendarGroup",
        required=("name",),
        ignored=_OWN_KEYS | {"classId"},
        generated={
            "id": ids.folder_id,
            "changeKey": ids.change_key,
            "classId": lambda making: making.new_id(),
        },
        changed={"changeKey": ids.change_key},
        refuses=(named_by("name"),),
        queries=(refuse_search,),
        always_shown=frozenset({"id"}),
        kept={"@kept": True},
        together=(("name",),),
        holds=((CALENDARS, "@group"),),
    ),
)

_IN_CALENDAR = {"@calendar": "id"}
_WINDOW = ("startDateTime", "endDateTime")
_NEWEST = "createdDateTime desc"
_EVENTS_TOLD = Preview(
    "beta", {"startDateTime": begins_from}, frozenset({"id", "type", "start", "end"})
)
"""https://learn.microsoft.com/graph/api/event-delta?view=graph-rest-beta"""


def _of_mailbox(
    owner: str, opens: Callable[[Record, Asker], object] | None = None
) -> tuple[Navigation, ...]:
    """What users and groups have of calendars: one of their own, and its events."""
    return (
        Navigation(
            f"{owner}/events",
            home=EVENTS,
            listed={"@calendar": DEFAULT, "seriesMasterId": None},
            order=_NEWEST,
            page_size=10,
            max_page=1000,
            preview=_EVENTS_TOLD,
            opens=opens,
        ),
        Navigation(
            f"{owner}/calendarView",
            home=EVENTS,
            listed={"@calendar": DEFAULT},
            parameters=_WINDOW,
            unfolds=in_view,
            traced=traced,
            order="start/dateTime",
            page_size=10,
            max_page=1000,
            opens=opens,
        ),
        Navigation(
            f"{owner}/calendar",
            home=CALENDARS,
            listed={"@well": "calendar"},
            provided=False,
            opens=opens,
        ),
    )


NAVIGATION = (
    *_of_mailbox("user"),
    *_of_mailbox("group", of_unified),
    Navigation(
        CALENDARS,
        provisioned=(
            {
                "@well": "calendar",
                "@kept": True,
                "name": "Calendar",
                "isDefaultCalendar": True,
                "isRemovable": False,
                "isTallyingResponses": True,
            },
        ),
        known_by="name",
        words={"calendar": {"@well": "calendar"}},
        page_size=10,
    ),
    Navigation(
        GROUPS,
        provisioned=(
            {
                "@well": "mine",
                "@kept": True,
                "name": "My Calendars",
                "classId": "0006f0b7-0000-0000-c000-000000000046",
            },
        ),
        known_by="name",
        words={"mine": {"@well": "mine"}},
        page_size=10,
    ),
    Navigation("calendarGroup/calendars", home=CALENDARS, view={"@group": "id"}, page_size=10),
    Navigation(
        "calendar/events",
        home=EVENTS,
        view=_IN_CALENDAR,
        listed={"seriesMasterId": None},
        order=_NEWEST,
        page_size=10,
        max_page=1000,
        preview=_EVENTS_TOLD,
    ),
    Navigation(
        "calendar/calendarView",
        home=EVENTS,
        view=_IN_CALENDAR,
        parameters=_WINDOW,
        unfolds=in_view,
        traced=traced,
        order="start/dateTime",
        page_size=10,
        max_page=1000,
    ),
    Navigation(
        "event/calendar",
        home=CALENDARS,
        view={"id": "@calendar"},
        documented=frozenset({"GET"}),
    ),
    Navigation(
        "event/instances",
        home=EVENTS,
        view={"seriesMasterId": "id"},
        parameters=_WINDOW,
        unfolds=instances,
        order="start/dateTime",
        page_size=10,
        max_page=1000,
        tracked="unbuilt",
    ),
    Navigation("event/exceptionOccurrences", home=EVENTS, view={"seriesMasterId": "id"}),
)
