"""Calendars, their groups and permissions, and events.

https://learn.microsoft.com/graph/api/resources/calendar-overview
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Making, Reading, Test, Word
from fakegraph.workloads.outlook import ids
from fakegraph.workloads.outlook.values import mailbox_owner, named, preview, web_link
from fakegraph.workloads.outlook.words import invalid
from fakegraph.workloads.outlook.zones import in_utc, in_zone, moment_of

CALENDARS, GROUPS, EVENTS = "user/calendars", "user/calendarGroups", "user/events"
_DEFAULT = Word(CALENDARS, "calendar")
_MINE = Word(GROUPS, "mine")
_MOST_DAYS = 1825
_UNSET = "0001-01-01T00:00:00Z"


# Times --------------------------------------------------------------------------------------


def _kept(value: Mapping[str, Any]) -> dict[str, Any]:
    return in_utc(value)


def _told(value: Mapping[str, Any], preferences: Mapping[str, str]) -> Mapping[str, Any]:
    """A time in the zone that the client prefers."""
    name = preferences.get("outlook.timezone")
    return value if name is None else in_zone(value, name)


def _zone_of(name: str) -> Any:
    """The zone that a time was sent in; of one that stays as it was, what is known of it."""

    def zone(making: Making) -> Any:
        value, before = making.record.get(name), making.before
        if before is not None and value == before.get(name):
            return before.get(f"original{name.capitalize()}TimeZone")
        return (value or {}).get("timeZone") or "UTC"

    return zone


def _refuse_times(record: Record, before: Record | None) -> None:
    missing = [name for name in ("start", "end") if not record.get(name)]
    if missing:
        raise invalid(f"An event needs '{missing[0]}'.", missing[0])
    start, end = record["start"], record["end"]
    first, last = moment_of(start), moment_of(end)
    if last < first:
        raise invalid("An event's end is not before its start.", "end")
    if not record.get("isAllDay") or (before is not None and before.get("isAllDay")):
        return
    if start.get("timeZone") != end.get("timeZone"):
        raise invalid("Both ends of an event that lasts all day are in one time zone.", "end")
    if any("T00:00" not in str(each.get("dateTime")) for each in (start, end)):
        raise invalid("An event that lasts all day begins and ends at midnight.", "start")


# Events -------------------------------------------------------------------------------------


def _attendees(attendees: list[Any]) -> list[Any]:
    """Attendees with all that the service says of them."""
    return [
        {
            "type": "required",
            "status": {"response": "none", "time": _UNSET},
            **named(each),
        }
        for each in attendees
    ]


def _locations(making: Making) -> list[Any]:
    """``locations``, in step with ``location``."""
    record, before = making.record, making.before or {}
    place, places = record.get("location") or {}, record.get("locations") or []
    if places and (not making.before or places != before.get("locations")):
        return list(places)
    if making.before and place == before.get("location"):
        return list(places)
    name = place.get("displayName")
    if not name:
        return []
    return [
        {
            "locationType": "default",
            "uniqueIdType": "private",
            "uniqueId": name,
            **{key: value for key, value in place.items() if value is not None},
        }
    ]


def _location(making: Making) -> dict[str, Any]:
    """``location``, in step with ``locations``."""
    record, before = making.record, making.before or {}
    place, places = record.get("location"), record.get("locations") or []
    if places and (place is None or (before and places != before.get("locations"))):
        names = [each.get("displayName") for each in places if each.get("displayName")]
        return {**places[0], "displayName": "; ".join(names)}
    return dict(place or {"displayName": "", "locationType": "default"})


def _kind(making: Making) -> str:
    return "seriesMaster" if making.record.get("recurrence") else "singleInstance"


def _has_attachments(reading: Reading) -> bool:
    stored = reading.record.get("hasAttachments")
    if stored is not None:
        return bool(stored)
    return any(not each.get("isInline") for each in reading.inside("event/attachments"))


# Windows ------------------------------------------------------------------------------------


def _moment(parameters: Mapping[str, str], name: str) -> datetime:
    text = parameters[name]
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        spelt = name[0].upper() + name[1:]
        message = f"The value of parameter '{spelt}' is invalid."
        raise GraphError(400, "ErrorInvalidParameter", message, name) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _in_window(parameters: Mapping[str, str]) -> Test:
    """The test of what lies in the window that a request asks for."""
    if set(parameters) != {"startDateTime", "endDateTime"}:
        raise GraphError(
            400,
            "ErrorInvalidParameter",
            "This request requires a time window specified by the query string parameters "
            "StartDateTime and EndDateTime.",
        )
    begin, end = _moment(parameters, "startDateTime"), _moment(parameters, "endDateTime")
    if end < begin:
        message = "The value of parameter 'EndDateTime' is invalid."
        raise GraphError(400, "ErrorInvalidParameter", message, "endDateTime")
    if end - begin > timedelta(days=_MOST_DAYS):
        raise GraphError(
            400,
            "ErrorInvalidRequest",
            "Your request can't be completed. The range between the start and end dates is "
            f"greater than the allowed range. Maximum number of days: {_MOST_DAYS}",
        )

    def is_in(record: Record) -> bool:
        if not record.get("start") or not record.get("end"):
            return False
        first, last = moment_of(record["start"])[0], moment_of(record["end"])[0]
        if record.get("recurrence") and first < end:
            raise _no_series(record)
        if first == last:
            return begin <= first < end
        return first < end and last > begin

    return is_in


def _content(reading: Reading) -> tuple[bytes, str]:
    raise _not_built("An event's $value: fakegraph does not write calendar files yet.")


def _no_series(record: Record) -> GraphError:
    return _not_built(
        f"The event '{record.get('subject')}' is a series, and may have occurrences in this "
        "window: fakegraph does not work them out yet."
    )


def _not_built(message: str) -> GraphError:
    return GraphError(501, "NotImplemented", message, headers={"x-fakegraph": "not-served"})


# Declarations -------------------------------------------------------------------------------

_OWN_KEYS = frozenset({"id", "changeKey"})

TYPES = (
    Type(
        "event",
        lasting=ids.LASTING,
        ignored=frozenset(
            {"bodyPreview", "hasAttachments", "iCalUId", "isCancelled", "isDraft", "isOrganizer"}
            | {"onlineMeeting", "onlineMeetingUrl", "organizer", "originalStart", "responseStatus"}
            | {"originalStartTimeZone", "originalEndTimeZone", "seriesMasterId", "type", "webLink"}
        ),
        immutable=frozenset({"transactionId"}),
        generated={
            "@calendar": lambda making: making.id_of(_DEFAULT),
            "iCalUId": ids.calendar_uid,
            "organizer": mailbox_owner,
            "originalStartTimeZone": _zone_of("start"),
            "originalEndTimeZone": _zone_of("end"),
            "bodyPreview": preview,
            "type": _kind,
            "location": _location,
            "locations": _locations,
        },
        changed={
            "bodyPreview": preview,
            "originalStartTimeZone": _zone_of("start"),
            "originalEndTimeZone": _zone_of("end"),
            "type": _kind,
            "location": _location,
            "locations": _locations,
        },
        computed={
            "hasAttachments": _has_attachments,
            "webLink": web_link("itemid={}&exvsurl=1&path=/calendar/item"),
        },
        defaults={
            "subject": "",
            "importance": "normal",
            "sensitivity": "normal",
            "showAs": "busy",
            "isAllDay": False,
            "isCancelled": False,
            "isDraft": False,
            "isOrganizer": True,
            "isReminderOn": True,
            "reminderMinutesBeforeStart": 15,
            "responseRequested": True,
            "allowNewTimeProposals": True,
            "hideAttendees": False,
            "isOnlineMeeting": False,
            "onlineMeetingProvider": "unknown",
            "body": {"contentType": "html", "content": ""},
            "attendees": [],
            "responseStatus": {"response": "organizer", "time": _UNSET},
        },
        written={"start": _kept, "end": _kept, "attendees": _attendees, "organizer": named},
        told={"start": _told, "end": _told},
        refuses=(_refuse_times,),
        related=frozenset(
            {"attachments", "extensions", "singleValueExtendedProperties"}
            | {"multiValueExtendedProperties"}
        ),
        only_when_selected=frozenset({"cancelledOccurrences"}),
        contents={"$value": _content},
    ),
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
        always_shown=frozenset({"id"}),
        kept={"@kept": True},
        together=(("name",),),
        holds=((CALENDARS, "@group"),),
    ),
    Type(
        "calendarPermission",
        ignored=frozenset({"id", "allowedRoles", "isInsideOrganization", "isRemovable"}),
        immutable=frozenset({"emailAddress"}),
        generated={"id": ids.rule_id},
        defaults={"isRemovable": True, "isInsideOrganization": True},
    ),
)

_IN_CALENDAR = {"@calendar": "id"}
_WINDOW = ("startDateTime", "endDateTime")
_NEWEST = "createdDateTime desc"


def _of_mailbox(owner: str) -> tuple[Navigation, ...]:
    """What users and groups have of calendars: one of their own, and its events."""
    return (
        Navigation(
            f"{owner}/events",
            home=EVENTS,
            listed={"@calendar": _DEFAULT},
            order=_NEWEST,
            page_size=10,
            max_page=1000,
        ),
        Navigation(
            f"{owner}/calendarView",
            home=EVENTS,
            listed={"@calendar": _DEFAULT},
            parameters=_WINDOW,
            asked=_in_window,
            order="start/dateTime",
            page_size=10,
            max_page=1000,
            tracked="unbuilt",
        ),
        Navigation(
            f"{owner}/calendar", home=CALENDARS, listed={"@well": "calendar"}, provided=False
        ),
    )


NAVIGATION = (
    *_of_mailbox("user"),
    *_of_mailbox("group"),
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
        order=_NEWEST,
        page_size=10,
        max_page=1000,
    ),
    Navigation(
        "calendar/calendarView",
        home=EVENTS,
        view=_IN_CALENDAR,
        parameters=_WINDOW,
        asked=_in_window,
        order="start/dateTime",
        page_size=10,
        max_page=1000,
        tracked="unbuilt",
    ),
    Navigation("event/calendar", home=CALENDARS, view={"id": "@calendar"}),
)
