"""Events: when they are, where, and what is made of what is sent.

https://learn.microsoft.com/graph/api/resources/event
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Tracking, Type
from fakegraph.workloads.handed import Acting, Formed, Making, Reading, Test, Unfolding, Word
from fakegraph.workloads.operations import Call
from fakegraph.workloads.outlook import ids, online, series, spans
from fakegraph.workloads.outlook.checks import (
    check_events,
    refuse_attachments,
    refuse_search,
    refuse_subject,
)
from fakegraph.workloads.outlook.extended import EXTENDED, check_expanded
from fakegraph.workloads.outlook.recurrence import days, problem, whole
from fakegraph.workloads.outlook.series import Window
from fakegraph.workloads.outlook.values import called, mailbox_owner, named, preview, web_link
from fakegraph.workloads.outlook.words import invalid
from fakegraph.workloads.outlook.zones import (
    FLOATING,
    as_told,
    floating,
    in_utc,
    in_zone,
    moment_of,
    read_iso,
    utc_of,
    within,
    zone,
)

CALENDARS, GROUPS, EVENTS = online.CALENDARS, "user/calendarGroups", "user/events"
DEFAULT = Word(CALENDARS, "calendar")
_MOST_DAYS = 1825
_MOST_ATTENDEES = 500
_LONGEST = timedelta(days=5 * 366)
"""Five years, whichever they are: Exchange Web Services say so, and have the same store."""
UNSET = "0001-01-01T00:00:00Z"
NEVER = "4501-01-01T00:00:00Z"
_OWN, _SHARED = "@own", frozenset({"start", "end", "id", "type", "seriesMasterId"})


# Times --------------------------------------------------------------------------------------


def told_time(value: Mapping[str, Any], preferences: Mapping[str, str]) -> Mapping[str, Any]:
    """A time in the zone that the client prefers."""
    return as_told(value, preferences.get("outlook.timezone"))


def told_slot(value: Mapping[str, Any], preferences: Mapping[str, str]) -> Mapping[str, Any]:
    """A time slot in the zone that the client prefers."""
    return {name: told_time(each, preferences) for name, each in value.items() if each is not None}


_PROPOSED = "proposedNewTime"


def _told_attendees(
    attendees: list[Mapping[str, Any]], preferences: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    """Attendees, with the times that they propose in the zone that the client prefers."""
    return [
        {**each, _PROPOSED: told_slot(each[_PROPOSED], preferences)}
        if each.get(_PROPOSED)
        else each
        for each in attendees
    ]


def _zone_of(name: str) -> Any:
    """The zone that a time was sent in; of one that stays as it was, what is known of it."""

    def zone_name(making: Making) -> Any:
        value, before = making.record.get(name), making.before
        if before is not None and value == before.get(name):
            return before.get(_original(name))
        return (value or {}).get("timeZone") or "UTC"

    return zone_name


def _original(name: str) -> str:
    return f"original{name.capitalize()}TimeZone"


def _time(name: str) -> Any:
    """A time as it is kept: in UTC, or as midnight wherever somebody looks on."""

    def kept(making: Making) -> Any:
        record, value = making.record, making.record.get(name)
        if value is None:
            return None
        here = record.get(_original(name)) or "UTC"
        if record.get("isAllDay"):
            return value if value.get(FLOATING) else floating(_local(value, here))
        if value.get(FLOATING):  # it lasts no longer all day
            return utc_of(datetime.fromisoformat(value["dateTime"][:19]), zone(here))
        return in_utc(value)

    return kept


def _local(value: Mapping[str, Any], here: str) -> datetime:
    """What clocks show at a time where it was meant."""
    if value.get(FLOATING):
        return datetime.fromisoformat(value["dateTime"][:19])
    sent = value.get("timeZone") or "UTC"
    return _clock(value, here if sent == "UTC" else sent)


def _clock(value: Mapping[str, Any], here: str) -> datetime:
    """What clocks of a zone show at a time."""
    local = value if value.get(FLOATING) else in_zone(value, here)
    return datetime.fromisoformat(local["dateTime"][:19])


def _zoned(value: Record) -> Record:
    """A time as a body has it. Raises GraphError (400) for one that says no time zone."""
    zone(str(value.get("timeZone") or ""))
    return value


def _amended(call: Call, changes: Record) -> Record:
    """A change of an event. Raises GraphError (400) for one that says too little of its times.

    What programs have found the service to want goes beyond what the page of the operation says.
    """
    if changes.get("isAllDay") is not None and "start" not in changes:
        raise _unsaid_start()
    if call.record.get("recurrence") and "recurrence" not in changes:
        for name in ("start", "end"):
            value, known = changes.get(name), call.record.get(_original(name)) or "UTC"
            if value is not None and zone(value["timeZone"]) != zone(known):
                raise invalid("A series comes to another time zone with its recurrence.", name)
    return changes


def _unsaid_start() -> GraphError:
    code, where = "ErrorInvalidRequest", "start"
    hint = "A change of isAllDay says start and end too, whatever they are."
    details = [Problem(hint, where, code)]
    return GraphError(400, code, "Missing parameters: Event.Start", where, details)


def _refuse_times(record: Record, before: Record | None) -> None:
    missing = [name for name in ("start", "end") if not record.get(name)]
    if missing and not _is_other(record, before, "start", "end"):
        return  # a seed had no more of it, and this body is about something else
    if missing:
        raise invalid(f"An event needs '{missing[0]}'.", missing[0])
    start, end = record["start"], record["end"]
    for each in (start, end):
        in_utc(each)
    begins, ends = moment_of(start)[0], moment_of(end)[0]
    if ends < begins:
        raise invalid("An event's end is not before its start.", "end")
    if ends - begins > _LONGEST:
        message = "Calendar item duration is too long."
        raise GraphError(400, "ErrorCalendarDurationIsTooLong", message, "end")
    if record.get("isAllDay") and _is_other(record, before, "isAllDay", "start", "end"):
        _refuse_all_day(record, before or {})


def _refuse_all_day(record: Record, before: Record) -> None:
    start, end = record["start"], record["end"]
    zones = [
        before.get(_original(name))
        if record[name] == before.get(name)
        else record[name].get("timeZone")
        for name in ("start", "end")
    ]
    if zones[0] != zones[1]:
        raise invalid("Both ends of an event that lasts all day are in one time zone.", "end")
    ends = [_local(each, zones[0] or "UTC") for each in (start, end)]
    if any((each.hour, each.minute, each.second) != (0, 0, 0) for each in ends):
        if record["start"] == before.get("start"):
            raise _unsaid_start()
        raise invalid("An event that lasts all day begins and ends at midnight.", "start")
    if ends[0] >= ends[1]:
        raise invalid("An event that lasts all day ends at midnight of a later day.", "end")


def ends_of(record: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """When an event begins and ends."""
    return moment_of(record["start"])[0], moment_of(record["end"])[0]


def _is_other(record: Record, before: Record | None, *names: str) -> bool:
    return before is None or any(record.get(name) != before.get(name) for name in names)


# Recurrence ---------------------------------------------------------------------------------


def _recurrence(making: Making) -> Any:
    """A recurrence with all that its kind has no use for as well."""
    record, before = making.record, making.before or {}
    value = record.get("recurrence")
    if value is None:
        return None
    found = whole(value, record.get(_original("start")) or "UTC")
    if value == before.get("recurrence") and record.get("start") != before.get("start"):
        return _from(found, _clock(record["start"], found["range"]["recurrenceTimeZone"]).date())
    return found


def _from(recurrence: Record, day: date) -> Record:
    """A recurrence that begins on a day: its startDate is always that of the series' start."""
    return {**recurrence, "range": {**recurrence["range"], "startDate": day.isoformat()}}


def _refuse_recurrence(record: Record, before: Record | None) -> None:
    recurrence = record.get("recurrence")
    if recurrence is None or not _is_other(record, before, "recurrence", "start", "end"):
        return
    if record.get("seriesMasterId"):
        raise invalid("An occurrence of a series is no series itself.", "recurrence")
    found = problem(recurrence)
    if found is not None:
        raise invalid(found[0], f"recurrence/{found[1]}")
    here = recurrence["range"].get("recurrenceTimeZone") or _sent_zone(record, before)
    zone(here)
    start, end = (_clock(record[name], here) for name in ("start", "end"))
    first = date.fromisoformat(recurrence["range"]["startDate"])
    is_new = before is None or recurrence != before.get("recurrence")
    if is_new and start.date() != first:
        raise invalid("A range's startDate is the day of start.", "recurrence/range/startDate")
    if not is_new and _is_other(record, before, "start"):
        first = start.date()
    two = []
    for day in days(_from(recurrence, first), first, date.max):
        two.append(day)
        if len(two) == 2:
            break
    if not two:
        raise invalid("A series has an occurrence in its range.", "recurrence/range/endDate")
    if len(two) == 2 and end - start > two[1] - two[0]:
        raise invalid("An occurrence ends before the next one begins.", "end")


def _sent_zone(record: Record, before: Record | None) -> str:
    start = record.get("start") or {}
    if before is not None and start == before.get("start"):
        return before.get(_original("start")) or "UTC"
    return start.get("timeZone") or "UTC"


def _kind(making: Making) -> str:
    if making.record.get("seriesMasterId"):
        return "exception"
    return "seriesMaster" if making.record.get("recurrence") else "singleInstance"


def _own(making: Making) -> Any:
    """What an exception of a series has for itself, and not from the series.

    Raises GraphError (400) for one that comes to the day of the next one, or of the one before.
    """
    record, before = making.record, making.before
    if not record.get("seriesMasterId"):
        return None
    master = next(iter(making.having("id", record["seriesMasterId"])), {})
    if master.get("recurrence") and record.get("start") and _is_other(record, before, "start"):
        _refuse_crossing(record, master)
    before = before or master
    found = {name for name, value in record.items() if value != before.get(name)}
    kept = {name for name in found if name[0] != "@"} - _SHARED
    return sorted({*kept, *((making.before or {}).get(_OWN) or ())})


def _refuse_crossing(record: Record, master: Record) -> None:
    day, local = series.day_of(record, master), _clock(record["start"], series.zone_of(master))
    recurrence, one = master["recurrence"], timedelta(days=1)
    *_, before = (date.min, *days(recurrence, date.min, day - one))
    after = next(days(recurrence, day + one, date.max), date.max)
    if not before < local.date() < after:
        raise GraphError(
            400,
            "ErrorOccurrenceCrossingBoundary",
            "Modified occurrence is crossing or overlapping adjacent occurrence.",
            "start",
        )


def _altered(acting: Acting, row: Row, before: Record) -> None:
    """A series that is otherwise has no exceptions; what else changes of it, changes of them."""
    record = row.record
    if not before.get("recurrence"):
        return
    exceptions = acting.beside(row, "seriesMasterId", record["id"])
    if any(record.get(name) != before.get(name) for name in ("start", "end", "recurrence")):
        for each in exceptions:
            acting.remove(each)
        if record.get("cancelledOccurrences"):
            acting.alter(row, {"cancelledOccurrences": []})
        return
    changed = {
        name: value
        for name, value in record.items()
        if name in _FLOWING and value != before.get(name)
    }
    for each in exceptions if changed else ():
        own = each.record.get(_OWN) or ()
        acting.alter(each, {**{n: v for n, v in changed.items() if n not in own}, _OWN: own})


_FLOWING = frozenset(
    {"subject", "body", "bodyPreview", "location", "locations", "attendees", "categories"}
    | {"importance", "sensitivity", "showAs", "isReminderOn", "reminderMinutesBeforeStart"}
    | {"isCancelled", "responseStatus", "hideAttendees"}
)


def _unmade(acting: Acting, row: Row) -> None:
    """An exception that is deleted leaves no occurrence; a series takes its exceptions along."""
    record = row.record
    if record.get("recurrence"):
        for each in acting.beside(row, "seriesMasterId", record["id"]):
            acting.remove(each)
    for master in acting.beside(row, "id", record.get("seriesMasterId")):
        series.OCCURRENCES.gone(acting, master, record)


# What else they have ------------------------------------------------------------------------


def _sent_attendees(attendees: list[Any]) -> list[Any]:
    """Attendees as a body has them: what it says that they have answered is not heeded."""
    return [
        {**{name: value for name, value in each.items() if name != "status"}, **_claimed(each)}
        for each in attendees
    ]


def _claimed(attendee: Mapping[str, Any]) -> Record:
    said = (attendee.get("status") or {}).get("response")
    return {} if said in (None, "none") else {"status": _CLAIMED}


_CLAIMED = {"response": "notResponded", "time": NEVER}


def _attendees(making: Making) -> list[Any]:
    """Attendees with all that the service says of them, and what they have answered so far."""
    before = {address_of(each): each for each in (making.before or {}).get("attendees") or ()}
    found = []
    for each in making.record.get("attendees") or ():
        known = before.get(address_of(each)) or {}
        status = each.get("status")
        if status is None or (status == _CLAIMED and known):
            status = known.get("status") or {"response": "none", "time": UNSET}
        whole = {**known, "type": "required", **named(called(each, making)), "status": status}
        if whole.get(_PROPOSED) is None:
            whole.pop(_PROPOSED, None)
        found.append(whole)
    return found


def address_of(person: Mapping[str, Any] | None) -> str:
    """The address of somebody, in small letters."""
    return str(((person or {}).get("emailAddress") or {}).get("address") or "").casefold()


def _refuse_attendees(record: Record, before: Record | None) -> None:
    if len(record.get("attendees") or ()) > _MOST_ATTENDEES:
        raise invalid(f"An event has {_MOST_ATTENDEES} attendees at most.", "attendees")


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


def _has_attachments(reading: Reading) -> bool:
    stored = reading.record.get("hasAttachments")
    if stored is not None:
        return bool(stored)
    return any(not each.get("isInline") for each in reading.inside("event/attachments"))


# Windows ------------------------------------------------------------------------------------


def _moment(parameters: Mapping[str, str], name: str) -> datetime:
    text = parameters[name]
    try:
        found = read_iso(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        spelt = name[0].upper() + name[1:]
        message = f"The value of parameter '{spelt}' is invalid."
        raise GraphError(400, "ErrorInvalidParameter", message, name) from error


def window_of(parameters: Mapping[str, str], owner: Mapping[str, Any]) -> Window:
    """The window that a request asks for, of an owner's calendar. Raises GraphError (400)."""
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
    home = zone((owner.get("mailboxSettings") or {}).get("timeZone") or "UTC")
    return Window(within(begin), within(end), home)


def begins_from(text: str) -> Test:
    """The test of what begins at a moment or later. Raises GraphError (400)."""
    begin = within(_moment({"startDateTime": text}, "startDateTime"))
    return lambda event: bool(event.get("start")) and moment_of(event["start"])[0] >= begin


def in_view(unfolding: Unfolding) -> list[Any]:
    """What of a calendar overlaps the window that is asked for."""
    return [*series.in_window(unfolding, window_of(unfolding.parameters, unfolding.owner))]


def traced(unfolding: Unfolding) -> list[Any]:
    """The same for who asks what has changed: with the series that occurrences are of."""
    window = window_of(unfolding.parameters, unfolding.owner)
    return [*series.in_window(unfolding, window, traced=True)]


_BRIEF = ("@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end")


def _brief(event: Record) -> Record:
    """What is told of an occurrence: the rest is said of its series."""
    if event.get("type") != "occurrence":
        return event
    return {name: event[name] for name in _BRIEF if name in event}


def instances(unfolding: Unfolding) -> list[Any]:
    """The occurrences and exceptions of a series in the window that is asked for."""
    window, master = window_of(unfolding.parameters, unfolding.owner), unfolding.beneath
    if not master.get("recurrence"):
        return []
    found = [*unfolding.rows.equal("seriesMasterId", [master["id"]])]
    but = {series.day_of(row.record, master) for row in found}
    seen = [row for row in found if window.has(row.record)]
    return [*seen, *window.occurrences(master, but)]


def _content(reading: Reading) -> tuple[bytes, str]:
    """Raise GraphError (405): the service gives an event as a file only where it is attached."""
    why = "An event has no $value: one that is attached to something has."
    problem = Problem(why, "$value", "ErrorInvalidRequest")
    message = "The OData request is not supported."
    raise GraphError(405, "ErrorInvalidRequest", message, "$value", [problem])


# Declarations -------------------------------------------------------------------------------

_UNSAID = {
    "importance": "normal",
    "sensitivity": "normal",
    "showAs": "busy",
    "isAllDay": False,
    "isReminderOn": True,
    "reminderMinutesBeforeStart": 15,
    "responseRequested": True,
    "allowNewTimeProposals": True,
    "hideAttendees": False,
}
"""What an event has where nobody says it, or null."""
_FORMED = {
    **{name: Formed(name, value) for name, value in _UNSAID.items()},
    "start": _time("start"),
    "end": _time("end"),
    "recurrence": _recurrence,
    "attendees": _attendees,
    **online.FORMED,
    "type": _kind,
    _OWN: _own,
    series.WEEKS: lambda making: spans.keys_of(making.record),
}

TYPES = (
    Type(
        "event",
        lasting=ids.LASTING,
        ignored=frozenset(
            {"bodyPreview", "hasAttachments", "iCalUId", "isCancelled", "isDraft", "isOrganizer"}
            | {"onlineMeeting", "onlineMeetingUrl", "organizer", "originalStart", "responseStatus"}
            | {"originalStartTimeZone", "originalEndTimeZone", "seriesMasterId", "type", "webLink"}
            | {"cancelledOccurrences"}
            | {_OWN}
        ),
        immutable=frozenset({"transactionId"}),
        generated={
            "@calendar": lambda making: making.id_of(DEFAULT),
            "iCalUId": ids.calendar_uid,
            "organizer": mailbox_owner,
            "originalStartTimeZone": _zone_of("start"),
            "originalEndTimeZone": _zone_of("end"),
            "bodyPreview": preview,
            "location": _location,
            "locations": _locations,
        },
        formed=_FORMED,
        changed={
            "bodyPreview": preview,
            "originalStartTimeZone": _zone_of("start"),
            "originalEndTimeZone": _zone_of("end"),
            "location": _location,
            "locations": _locations,
            **_FORMED,
        },
        computed={
            "hasAttachments": _has_attachments,
            "webLink": web_link("itemid={}&exvsurl=1&path=/calendar/item"),
        },
        defaults={
            "subject": "",
            **_UNSAID,
            "isCancelled": False,
            "isDraft": False,
            "isOrganizer": True,
            "isOnlineMeeting": False,
            "onlineMeetingProvider": "unknown",
            "body": {"contentType": "html", "content": ""},
            "attendees": [],
            "responseStatus": {"response": "organizer", "time": UNSET},
        },
        sent={"attendees": _sent_attendees, "start": _zoned, "end": _zoned},
        amends=_amended,
        written={"organizer": named},
        told={"start": told_time, "end": told_time, "attendees": _told_attendees},
        refuses=(
            refuse_subject,
            _refuse_times,
            _refuse_recurrence,
            _refuse_attendees,
            refuse_attachments,
        ),
        queries=(refuse_search, check_events, check_expanded),
        derived=series.OCCURRENCES,
        altered=_altered,
        unmade=_unmade,
        exact=frozenset({"iCalUId", "seriesMasterId", "transactionId"}),
        indexed=("iCalUId", "seriesMasterId", "transactionId", f"{series.WEEKS}/*"),
        again={"transactionId": frozenset()},
        # https://learn.microsoft.com/graph/api/event-delta says which it has not
        tracking=Tracking(options=frozenset({"top"}), typed=True, brief=_brief),
        related=frozenset({"attachments", "extensions"}) | EXTENDED,
        returned=frozenset({"extensions"}),
        only_when_selected=frozenset({"cancelledOccurrences"}),
        contents={"$value": _content},
    ),
)
NAVIGATION = ()
