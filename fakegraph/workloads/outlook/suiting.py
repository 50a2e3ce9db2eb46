"""Times and rooms that suit everybody.

https://learn.microsoft.com/graph/api/user-findmeetingtimes
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from fakegraph.edm.values import duration
from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.outlook.arriving import receivers
from fakegraph.workloads.outlook.events import address_of
from fakegraph.workloads.outlook.recurrence import DAYS
from fakegraph.workloads.outlook.rights import is_room, own_addresses
from fakegraph.workloads.outlook.schedule import (
    DIGITS,
    MOST_DAYS,
    WEAKEST,
    Busy,
    at,
    busy_of,
    hours_of,
)
from fakegraph.workloads.outlook.words import OUTLOOK
from fakegraph.workloads.outlook.zones import slot_of, within, zone

_MOST_FOUND, _AHEAD, _HALF = 20, timedelta(days=7), timedelta(minutes=30)
_WINDOW = "FreeBusyViewOptions.TimeWindow"
_IS_FREE = ("free", "workingElsewhere", "unknown")
_CONFIDENCE = {"free": 100.0, "workingElsewhere": 100.0, "unknown": 49.0}
_CUSTOM = (
    "fakegraph does not know when it is in a customTimeZone, which the working hours of this "
    'mailbox are in: set one by name, or ask for the activityDomain "unrestricted".'
)
_WEEKEND = ("saturday", "sunday")


class _Person(NamedTuple):
    """Somebody who is to come: what they have to do, None where nobody knows."""

    asked: Record
    busy: list[Busy] | None

    def status(self, begin: datetime, end: datetime) -> str:
        """What they have to do in a slot."""
        if self.busy is None:
            return "unknown"
        found = [each.status for each in self.busy if each.begin < end and each.end > begin]
        ranked = sorted(found, key=lambda each: WEAKEST.index(DIGITS.get(each, "2")))
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
    organizer = _Person({}, busy_of(call, call.thing, begin, end))
    people = [_person(call, each, begin, end) for each in asked.get("attendees") or ()]
    rooms = _rooms(call, begin, end)
    least, most = _limits(call)
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
        places = _places(call, rooms, first, last)
        if places is None:
            reasons.add("locationsUnavailable")
            continue
        seen = [
            {"availability": status, "attendee": person.asked}
            for person, status in zip(people, statuses, strict=True)
        ]
        said = {"organizerAvailability": own, "attendeeAvailability": seen, "locations": places}
        found.append((-confidence, first, said))
    best = sorted(found, key=lambda each: each[:2])[:most]
    return {
        "emptySuggestionsReason": "" if best else next(iter(sorted(reasons)), "unknown"),
        "meetingTimeSuggestions": [
            _suggestion(call, number, -confidence, first, first + length, said)
            for number, (confidence, first, said) in enumerate(best, start=1)
        ],
    }


def _limits(call: Call) -> tuple[float, int]:
    """How sure it is to be at least, and how many times are given. Raises GraphError (400)."""
    least = call.arguments.get("minimumAttendeePercentage")
    most = call.arguments.get("maxCandidates")
    for name, value, highest in (
        ("minimumAttendeePercentage", least, 100),
        ("maxCandidates", most, 2**31),
    ):
        if value is not None and not 0 <= value <= highest:
            message = f"The value of parameter '{name}' is invalid: {value}."
            raise GraphError(400, "ErrorInvalidParameter", message, name)
    return 50 if least is None else least, most or _MOST_FOUND


def _person(call: Call, asked: Record, begin: datetime, end: datetime) -> _Person:
    here = receivers(call, [address_of(asked)])[0]
    kept = {"type": "required", **asked}
    if not here:
        return _Person(kept, None)
    return _Person(kept, [busy for user in here for busy in busy_of(call, user, begin, end)])


class _Room(NamedTuple):
    """Where a meeting may be. ``checked``: whether it has to be free."""

    place: Record
    person: _Person
    checked: bool

    def suits(self, begin: datetime, end: datetime) -> bool:
        """Whether it is free in a slot, or nobody asks."""
        return not self.checked or self.person.status(begin, end) in _IS_FREE


def _rooms(call: Call, begin: datetime, end: datetime) -> list[_Room]:
    """The places that are asked for; where some are to be suggested, the tenant's rooms too."""
    constraint = call.arguments.get("locationConstraint") or {}
    found = []
    for each in constraint.get("locations") or ():
        place = {name: value for name, value in each.items() if name != "resolveAvailability"}
        asked = {"emailAddress": {"address": each.get("locationEmailAddress")}}
        checked = each.get("resolveAvailability") is not False
        found.append(_Room(place, _person(call, asked, begin, end), checked))
    if constraint.get("suggestLocation"):
        known = {str(each.place.get("locationEmailAddress")).casefold() for each in found}
        found += (
            _Room(_place_of(user), _Person({}, busy_of(call, user, begin, end)), checked=True)
            for user in call.inside(None, "users")
            if is_room(user.record) and not own_addresses(user.record) & known
        )
    return found


def _place_of(user: Thing) -> Record:
    record = user.record
    address = record.get("mail") or record.get("userPrincipalName")
    return {"displayName": record.get("displayName"), "locationEmailAddress": address}


def _places(call: Call, rooms: list[_Room], begin: datetime, end: datetime) -> list[Record] | None:
    """The places that suit a slot; None where one is needed and none does."""
    constraint = call.arguments.get("locationConstraint") or {}
    found = [each.place for each in rooms if each.suits(begin, end)]
    return None if constraint.get("isRequired") and not found else found


def _slots(call: Call) -> list[tuple[datetime, datetime]]:
    """The times in which a meeting may be, from now on. Raises GraphError (400)."""
    now = datetime.fromisoformat(call.now).astimezone(UTC)
    given = (call.arguments.get("timeConstraint") or {}).get("timeSlots") or []
    slots = [slot_of(each, _WINDOW) for each in given] or [(now, within(now + _AHEAD))]
    if max(end - begin for begin, end in slots) > timedelta(days=MOST_DAYS):
        message = f"The time duration specified for {_WINDOW} is invalid."
        raise GraphError(400, "ErrorInvalidTimeInterval", message, _WINDOW)
    return [(max(begin, now), max(end, now)) for begin, end in slots]


def _starts(
    call: Call, slots: list[tuple[datetime, datetime]], length: timedelta
) -> Iterator[datetime]:
    """When a meeting may begin: on half hours, in working hours unless nobody minds."""
    domain = (call.arguments.get("timeConstraint") or {}).get("activityDomain") or "work"
    hours = hours_of(call.thing)
    named = hours.get("timeZone") or {}
    if domain != "unrestricted" and "customTimeZone" in str(named.get("@odata.type")):
        raise GraphError(501, "NotImplemented", _CUSTOM)
    here = zone(str(named.get("name") or "UTC")) if domain != "unrestricted" else UTC
    days = {*hours["daysOfWeek"], *(_WEEKEND if domain == "personal" else ())}
    opens, closes = (time.fromisoformat(hours[name][:8]) for name in ("startTime", "endTime"))
    seen: set[datetime] = set()
    for begin, end in slots:
        at = begin.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while length <= end - at:
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
        "meetingTimeSlot": {"start": at(call, begin), "end": at(call, end)},
    }


OPERATIONS = (find_meeting_times,)
