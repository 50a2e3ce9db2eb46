"""Free and busy: schedules, times that suit everybody, and reminders.

https://learn.microsoft.com/graph/api/calendar-getschedule, user-findmeetingtimes and
user-reminderview
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from math import ceil
from typing import Any, NamedTuple

from fakegraph.edm.values import duration
from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.outlook.arriving import receivers
from fakegraph.workloads.outlook.booked import booked, home_of, window_at
from fakegraph.workloads.outlook.events import EVENTS, address_of, window_of
from fakegraph.workloads.outlook.recurrence import DAYS
from fakegraph.workloads.outlook.rights import FULL_ACCESS, has_right, own_addresses
from fakegraph.workloads.outlook.settings import DEFAULTS
from fakegraph.workloads.outlook.shared import PERMISSIONS, may_be_read
from fakegraph.workloads.outlook.words import OUTLOOK
from fakegraph.workloads.outlook.zones import as_told, moment_of, utc_of, zone

_DIGITS = {"free": "0", "tentative": "1", "busy": "2", "oof": "3", "workingElsewhere": "4"}
_WEAKEST = "04123"  # the digit of a slot is the one that comes last here
_MOST_DAYS = 62
_INTERVALS = range(5, 1441)
_HALF = timedelta(minutes=30)
REMINDERS = "@reminders"


def _told(call: Call, value: Mapping[str, Any]) -> Mapping[str, Any]:
    return as_told(value, call.preferences.get("outlook.timezone"))


def _at(call: Call, moment: datetime) -> Mapping[str, Any]:
    return _told(call, utc_of(moment.replace(tzinfo=None), UTC))


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
    return [_schedule(call, each, begin, end, timedelta(minutes=interval)) for each in schedules]


def _span(call: Call, first: str, last: str) -> tuple[datetime, datetime]:
    """The window of free and busy times that is asked for. Raises GraphError (400)."""
    what = "FreeBusyViewOptions.TimeWindow"
    values = [call.arguments.get(name) for name in (first, last)]
    if None in values:
        raise GraphError(
            400, "ErrorInvalidTimeInterval", f"The time duration specified for {what} is invalid."
        )
    begin, end = (moment_of(each)[0] for each in values if each is not None)
    if end <= begin:
        raise GraphError(
            400, "ErrorInvalidTimeInterval", f"The time duration specified for {what} is invalid."
        )
    long = ceil((end - begin) / timedelta(days=1))
    if long > _MOST_DAYS:
        message = (
            f"The requested time duration specified for {what} is too long. The allowed limit = "
            f"{_MOST_DAYS} days; the actual limit = {long} days."
        )
        raise GraphError(400, "ErrorTimeIntervalTooBig", message)
    return begin.astimezone(UTC), end.astimezone(UTC)


def _schedule(call: Call, id_: str, begin: datetime, end: datetime, step: timedelta) -> Record:
    people = receivers(call, [id_.casefold()])[0]
    if not people:
        message = f"Unable to resolve e-mail address {id_} to an Active Directory object."
        return {"scheduleId": id_, "error": {"message": message, "responseCode": "5009"}}
    busy = [(user, each) for user in people for each in _busy(call, user, begin, end)]
    return {
        "scheduleId": id_,
        "availabilityView": "".join(_view([each for _, each in busy], begin, end, step)),
        "scheduleItems": [_item(call, each, details=_may_read(call, user)) for user, each in busy],
        "workingHours": _hours(people[0]),
    }


class _Busy(NamedTuple):
    """An event, as others see that somebody has something to do."""

    begin: datetime
    end: datetime
    status: str
    record: Record


def _busy(call: Call, user: Thing, begin: datetime, end: datetime) -> list[_Busy]:
    window = window_at(user, begin, end)
    return [
        _Busy(*window.span(each), str(each.get("showAs") or "busy"), each)
        for each in booked(call, user, window)
    ]


def _view(busy: list[_Busy], begin: datetime, end: datetime, step: timedelta) -> Iterator[str]:
    """A digit for each slot: of what is then, the strongest."""
    for number in range(ceil((end - begin) / step)):
        first = begin + number * step
        found = (
            _DIGITS.get(each.status, "2")
            for each in busy
            if each.begin < first + step and each.end > first
        )
        yield max(found, key=_WEAKEST.index, default="0")


def _item(call: Call, busy: _Busy, *, details: bool) -> Record:
    record = busy.record
    found = {
        "status": busy.status,
        "start": _told(call, record["start"]),
        "end": _told(call, record["end"]),
    }
    if not details:
        return found
    is_private = record.get("sensitivity") in ("private", "confidential")
    more = (
        {}
        if is_private
        else {
            "subject": record.get("subject"),
            "location": (record.get("location") or {}).get("displayName"),
        }
    )
    return {"isPrivate": is_private, **more, **found}


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


def _hours(user: Thing) -> Record:
    settings = user.record.get("mailboxSettings") or {}
    hours = settings.get("workingHours") or DEFAULTS["workingHours"]
    return {**hours, "timeZone": hours.get("timeZone") or {"name": home_of(user.record)}}


# Times that suit everybody -------------------------------------------------------------------

_MOST_FOUND, _AHEAD = 20, timedelta(days=7)
_CONFIDENCE = {"free": 100.0, "workingElsewhere": 100.0, "unknown": 49.0}
_WEEKEND = ("saturday", "sunday")


class _Person(NamedTuple):
    """Somebody who is to come: what they have to do, None where nobody knows."""

    asked: Record
    busy: list[_Busy] | None

    def status(self, begin: datetime, end: datetime) -> str:
        """What they have to do in a slot."""
        if self.busy is None:
            return "unknown"
        found = [each.status for each in self.busy if each.begin < end and each.end > begin]
        ranked = sorted(found, key=lambda each: _WEAKEST.index(_DIGITS.get(each, "2")))
        return ranked[-1] if ranked else "free"


@operation("user/findMeetingTimes", reads=True, workload=OUTLOOK)
def find_meeting_times(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/user-findmeetingtimes"""
    asked = call.arguments
    length = timedelta(microseconds=duration(asked.get("meetingDuration") or "PT30M") // 10)
    if length <= timedelta(0):
        raise GraphError(400, "ErrorInvalidParameter", "A meeting takes time.", "meetingDuration")
    slots = _slots(call)
    begin, end = min(each[0] for each in slots), max(each[1] for each in slots)
    organizer = _Person({}, _busy(call, call.thing, begin, end))
    people = [_person(call, each, begin, end) for each in asked.get("attendees") or ()]
    least = asked.get("minimumAttendeePercentage", 50)
    found: list[tuple[float, datetime, Record]] = []
    reasons: set[str] = set()
    for first in _starts(call, slots, length):
        last = first + length
        own = organizer.status(first, last)
        if own not in _CONFIDENCE and not asked.get("isOrganizerOptional"):
            reasons.add("organizerUnavailable")
            continue
        statuses = [each.status(first, last) for each in people]
        marks = [_CONFIDENCE.get(each, 0.0) for each in statuses]
        confidence = sum(marks) / len(marks) if marks else 100.0
        if confidence < least:
            is_known = "unknown" not in statuses
            reasons.add("attendeesUnavailable" if is_known else "attendeesUnavailableOrUnknown")
            continue
        seen = [
            {"availability": status, "attendee": person.asked}
            for person, status in zip(people, statuses, strict=True)
        ]
        said = {"organizerAvailability": own, "attendeeAvailability": seen}
        found.append((-confidence, first, said))
    most = asked.get("maxCandidates") or _MOST_FOUND
    best = sorted(found, key=lambda each: each[:2])[:most]
    return {
        "emptySuggestionsReason": "" if best else next(iter(sorted(reasons)), "unknown"),
        "meetingTimeSuggestions": [
            _suggestion(call, number, -confidence, first, first + length, said)
            for number, (confidence, first, said) in enumerate(best, start=1)
        ],
    }


def _person(call: Call, asked: Record, begin: datetime, end: datetime) -> _Person:
    here = receivers(call, [address_of(asked)])[0]
    kept = {"type": "required", **asked}
    if not here:
        return _Person(kept, None)
    return _Person(kept, [busy for user in here for busy in _busy(call, user, begin, end)])


def _slots(call: Call) -> list[tuple[datetime, datetime]]:
    """The times in which a meeting may be, from now on."""
    now = datetime.fromisoformat(call.now).astimezone(UTC)
    given = (call.arguments.get("timeConstraint") or {}).get("timeSlots") or []
    slots = [(moment_of(each["start"])[0], moment_of(each["end"])[0]) for each in given]
    for begin, end in slots or [(now, now + _AHEAD)]:
        if end <= begin or end - begin > timedelta(days=_MOST_DAYS):
            message = "The time duration specified for FreeBusyViewOptions.TimeWindow is invalid."
            raise GraphError(400, "ErrorInvalidTimeInterval", message, "timeConstraint/timeSlots")
    return [(max(begin, now), max(end, now)) for begin, end in slots or [(now, now + _AHEAD)]]


def _starts(
    call: Call, slots: list[tuple[datetime, datetime]], length: timedelta
) -> Iterator[datetime]:
    """When a meeting may begin: on half hours, in working hours unless nobody minds."""
    domain = (call.arguments.get("timeConstraint") or {}).get("activityDomain") or "work"
    hours = _hours(call.thing)
    here = zone(str((hours.get("timeZone") or {}).get("name") or "UTC"))
    days = {*hours["daysOfWeek"], *(_WEEKEND if domain == "personal" else ())}
    opens, closes = (time.fromisoformat(hours[name][:8]) for name in ("startTime", "endTime"))
    seen: set[datetime] = set()
    for begin, end in slots:
        at = begin.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while at + length <= end:
            local, last = at.astimezone(here), (at + length).astimezone(here)
            is_open = domain == "unrestricted" or (
                DAYS[local.weekday()] in days
                and local.date() == last.date()
                and opens <= local.time()
                and last.time() <= closes
            )
            if at >= begin and is_open and at not in seen:
                seen.add(at)
                yield at
            at += _HALF


def _suggestion(
    call: Call, number: int, confidence: float, begin: datetime, end: datetime, said: Record
) -> Record:
    whole = all(each["availability"] == "free" for each in said["attendeeAvailability"])
    reason = (
        "Suggested because it is one of the nearest times when all attendees are available."
        if whole
        else "Suggested because most attendees are available."
    )
    wanted = call.arguments.get("returnSuggestionReasons")
    return {
        "confidence": confidence,
        "order": number,
        "suggestionReason": reason if wanted else "",
        **said,
        "meetingTimeSlot": {"start": _at(call, begin), "end": _at(call, end)},
        "locations": [],
    }


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
        "eventStartTime": _told(call, event["start"]),
        "eventEndTime": _told(call, event["end"]),
        "eventLocation": event.get("location"),
        "reminderFireTime": _told(call, fires),
    }


def _remind(call: Call, when: Any) -> None:
    """Note when there is to be a reminder of an event, empty for never: nothing else changes."""
    record, owner = call.record, call.holder
    is_stored = record.get("type") != "occurrence"
    whole = str(record["id"] if is_stored else record["seriesMasterId"])
    kept = call.held(owner, EVENTS, whole)
    assert kept is not None
    known = kept.record.get(REMINDERS) or {}
    call.change(kept, {REMINDERS: {**known, record["id"]: when}})


@operation("event/snoozeReminder", status=200)
def snooze_reminder(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/event-snoozereminder"""
    moment, _ = moment_of(call.arguments["NewReminderTime"])
    _remind(call, utc_of(moment.astimezone(UTC).replace(tzinfo=None), UTC))


@operation("event/dismissReminder", status=200)
def dismiss_reminder(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/event-dismissreminder"""
    _remind(call, "")


OPERATIONS = (
    get_schedule,
    find_meeting_times,
    reminder_view,
    snooze_reminder,
    dismiss_reminder,
)
