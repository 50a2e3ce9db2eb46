"""Free and busy: schedules, times that suit everybody, and reminders.

https://learn.microsoft.com/graph/api/calendar-getschedule, user-findmeetingtimes and
user-reminderview
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, NamedTuple

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.outlook.arriving import receivers
from fakegraph.workloads.outlook.booked import booked, home_of, window_at
from fakegraph.workloads.outlook.events import EVENTS, window_of
from fakegraph.workloads.outlook.rights import FULL_ACCESS, has_right, own_addresses
from fakegraph.workloads.outlook.settings import DEFAULTS
from fakegraph.workloads.outlook.shared import PERMISSIONS, is_private, may_be_read
from fakegraph.workloads.outlook.words import OUTLOOK
from fakegraph.workloads.outlook.zones import as_told, moment_of, slot_of, utc_of

DIGITS = {"free": "0", "tentative": "1", "busy": "2", "oof": "3", "workingElsewhere": "4"}
WEAKEST = "04123"  # the digit of a slot is the one that comes last here
MOST_DAYS = 62
_MOST_SCHEDULES, _MOST_ENTRIES = 100, 1000
_INTERVALS = range(5, 1441)
REMINDERS = "@reminders"


def told(call: Call, value: Mapping[str, Any]) -> Mapping[str, Any]:
    return as_told(value, call.preferences.get("outlook.timezone"))


def at(call: Call, moment: datetime) -> Mapping[str, Any]:
    return told(call, utc_of(moment.replace(tzinfo=None), UTC))


# Schedules -----------------------------------------------------------------------------------


@operation("calendar/getSchedule", reads=True)
def get_schedule(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/calendar-getschedule"""
    begin, end = _span(call, "StartTime", "EndTime")
    interval = call.arguments.get("AvailabilityViewInterval", 30)
    if interval not in _INTERVALS:
        message = "The merged free/busy interval is invalid: it has 5 to 1440 minutes."
        raise GraphError(400, "ErrorInvalidMergedFreeBusyInterval", message)
    schedules = call.arguments.get("Schedules") or []
    if not schedules:
        raise GraphError(400, "ErrorInvalidParameter", "No schedules are asked for.", "Schedules")
    if len(schedules) > _MOST_SCHEDULES:
        message = (
            "There are too many target users in the EmailAddress array. The allowed size = "
            f"{_MOST_SCHEDULES}; the actual size = {len(schedules)}."
        )
        raise GraphError(400, "ErrorMailboxDataArrayTooBig", message, "Schedules")
    return [_schedule(call, each, begin, end, timedelta(minutes=interval)) for each in schedules]


def _span(call: Call, first: str, last: str) -> tuple[datetime, datetime]:
    """The window of free and busy times that is asked for. Raises GraphError (400)."""
    what = "FreeBusyViewOptions.TimeWindow"
    said = {"start": call.arguments.get(first), "end": call.arguments.get(last)}
    begin, end = slot_of(said, what)
    long = ceil((end - begin) / timedelta(days=1))
    if long > MOST_DAYS:
        message = (
            f"The requested time duration specified for {what} is too long. The allowed limit = "
            f"{MOST_DAYS} days; the actual limit = {long} days."
        )
        raise GraphError(400, "ErrorTimeIntervalTooBig", message)
    return begin, end


def _schedule(call: Call, id_: str, begin: datetime, end: datetime, step: timedelta) -> Record:
    people = receivers(call, [id_.casefold()])[0]
    if not people:
        message = f"Unable to resolve e-mail address {id_} to an Active Directory object."
        return _failed(id_, "5009", message)
    found = [(user, busy_of(call, user, begin, end)) for user in people]
    largest = max(len(entries) for _, entries in found)
    if largest > _MOST_ENTRIES:
        message = (
            "The result set contains too many calendar entries. The allowed size = "
            f"{_MOST_ENTRIES}; the actual size = {largest}."
        )
        return _failed(id_, "5006", message)
    busy = [(user, each) for user, entries in found for each in entries]
    return {
        "scheduleId": id_,
        "availabilityView": "".join(_view([each for _, each in busy], begin, end, step)),
        "scheduleItems": [_item(call, each, details=_may_read(call, user)) for user, each in busy],
        "workingHours": hours_of(people[0]),
    }


def _failed(id_: str, code: str, message: str) -> Record:
    return {"scheduleId": id_, "error": {"message": message, "responseCode": code}}


class Busy(NamedTuple):
    """An event, as others see that somebody has something to do."""

    begin: datetime
    end: datetime
    status: str
    record: Record


def busy_of(call: Call, user: Thing, begin: datetime, end: datetime) -> list[Busy]:
    window = window_at(user, begin, end)
    return [
        Busy(*window.span(each), str(each.get("showAs") or "busy"), each)
        for each in booked(call, user, window)
    ]


def _view(busy: list[Busy], begin: datetime, end: datetime, step: timedelta) -> Iterator[str]:
    """A digit for each slot: of what is then, the strongest."""
    for number in range(ceil((end - begin) / step)):
        first = begin + number * step
        found = (
            DIGITS.get(each.status, "2")
            for each in busy
            if each.begin < first + step and each.end > first
        )
        yield max(found, key=WEAKEST.index, default="0")


def _item(call: Call, busy: Busy, *, details: bool) -> Record:
    record = busy.record
    found = {
        "status": busy.status,
        "start": told(call, record["start"]),
        "end": told(call, record["end"]),
    }
    if not details:
        return found
    hidden = is_private(record)
    more = (
        {}
        if hidden
        else {
            "subject": record.get("subject"),
            "location": (record.get("location") or {}).get("displayName"),
        }
    )
    return {"isPrivate": hidden, **more, **found}


def _may_read(call: Call, user: Thing) -> bool:
    """Whether who asks may see more of somebody's calendar than that something is there."""
    who = call.caller() if call.person else None
    if who is None or who.key == user.key or has_right(FULL_ACCESS, user.record, who.record):
        return True
    own = own_addresses(who.record)
    return any(
        may_be_read(each.record, own)
        for calendar in call.leads_to(user, "calendar")
        for each in call.inside(calendar, PERMISSIONS)
    )


def hours_of(user: Thing) -> Record:
    settings = user.record.get("mailboxSettings") or {}
    hours = settings.get("workingHours") or DEFAULTS["workingHours"]
    return {**hours, "timeZone": hours.get("timeZone") or {"name": home_of(user.record)}}


# Reminders -----------------------------------------------------------------------------------


@operation("user/reminderView", reads=True, workload=OUTLOOK)
def reminder_view(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/user-reminderview"""
    spelt = {"StartDateTime": "startDateTime", "EndDateTime": "endDateTime"}
    asked = {spelt[name]: value for name, value in call.arguments.items() if value is not None}
    user = call.thing
    window = window_of(asked, user.record)
    found = (_reminder(call, user, each) for each in booked(call, user, window))
    return [each for each in found if each is not None]


def _reminder(call: Call, user: Thing, event: Record) -> Record | None:
    if not event.get("isReminderOn"):
        return None
    said = (event.get(REMINDERS) or {}).get(event["id"])
    if said == "":
        return None
    minutes = timedelta(minutes=event.get("reminderMinutesBeforeStart") or 0)
    fires = said or utc_of((moment_of(event["start"])[0] - minutes).replace(tzinfo=None), UTC)
    item = event["id"]
    return {
        "eventId": item,
        "changeKey": event.get("changeKey"),
        "eventSubject": event.get("subject"),
        "eventWebLink": event.get("webLink")
        or f"https://outlook.office365.com/owa/?itemid={item}&exvsurl=1&path=/calendar/item",
        "eventStartTime": told(call, event["start"]),
        "eventEndTime": told(call, event["end"]),
        "eventLocation": event.get("location"),
        "reminderFireTime": told(call, fires),
    }


def _refused(why: str) -> GraphError:
    return GraphError(400, "ErrorInvalidRequest", f"Your request can't be completed. {why}")


def _remind(call: Call, when: Any) -> None:
    """Note when there is to be a reminder of an event, empty for never: nothing else changes."""
    record, owner = call.record, call.holder
    if owner.container == "groups":
        raise _refused("Outlook has no reminders of the events of groups.")
    is_stored = record.get("type") != "occurrence"
    whole = str(record["id"] if is_stored else record["seriesMasterId"])
    kept = call.held(owner, EVENTS, whole)
    assert kept is not None
    known = kept.record.get(REMINDERS) or {}
    call.change(kept, {REMINDERS: {**known, record["id"]: when}})


@operation("event/snoozeReminder", status=200)
def snooze_reminder(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/event-snoozereminder"""
    if call.record.get("isReminderOn") is False:
        raise _refused("This event has no reminder that could be snoozed.")
    moment, _ = moment_of(call.arguments["NewReminderTime"])
    _remind(call, utc_of(moment.astimezone(UTC).replace(tzinfo=None), UTC))


@operation("event/dismissReminder", status=200)
def dismiss_reminder(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/event-dismissreminder"""
    _remind(call, "")


OPERATIONS = (
    get_schedule,
    reminder_view,
    snooze_reminder,
    dismiss_reminder,
)
