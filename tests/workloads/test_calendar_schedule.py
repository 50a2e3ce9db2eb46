"""Free and busy: schedules, times that suit everybody, reminders."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

ADA = "users/ada"
PACIFIC = "Pacific Standard Time"


@pytest.fixture
def people(client):
    """A client of a tenant with Ada, Bob and Cy, at noon of a Sunday in winter."""
    names = ("ada", "bob", "cy")
    seed(client, {"users": [{"id": name, "displayName": name.title(), "mail": f"{name}@contoso.com", "userPrincipalName": f"{name}@contoso.com"} for name in names]})  # fmt: skip
    assert client.put("/_fakegraph/clock", json={"now": "2026-03-01T12:00:00Z", "frozen": True}).status_code == 200  # fmt: skip
    return client


def at(hour, minute=0, day=2, zone="UTC"):
    return {"dateTime": f"2026-03-{day:02}T{hour:02}:{minute:02}:00", "timeZone": zone}


def event(client, who, first, last, **more):
    return make(client, f"users/{who}/events", {"subject": "Busy", "start": at(*first), "end": at(*last), **more})  # fmt: skip


def schedule(client, *names, status=200, headers=None, **more):
    body = {"schedules": [f"{name}@contoso.com" for name in names], "startTime": at(9), "endTime": at(12), **more}  # fmt: skip
    answer = client.post(f"/v1.0/{ADA}/calendar/getSchedule", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json["value"] if status == 200 else answer


def test_a_schedule_has_a_digit_for_each_slot(people):
    event(people, "bob", (9, 0), (9, 30))
    event(people, "bob", (10, 15), (10, 45), showAs="tentative")
    event(people, "bob", (10, 30), (11, 0), showAs="oof")
    event(people, "bob", (11, 0), (11, 30), showAs="workingElsewhere")
    event(people, "bob", (11, 30), (12, 0), showAs="free")
    (bob,) = schedule(people, "bob")
    assert (bob["scheduleId"], bob["availabilityView"]) == (
        "bob@contoso.com",
        "201340",
    )
    assert [each["status"] for each in bob["scheduleItems"]] == ["busy", "tentative", "oof", "workingElsewhere", "free"]  # fmt: skip
    assert bob["workingHours"]["startTime"] == "08:00:00.0000000"
    (hourly,) = schedule(people, "bob", availabilityViewInterval="60")
    assert hourly["availabilityView"] == "234"


def test_schedules_have_occurrences_in_the_zone_that_is_preferred(people):
    daily = {"pattern": {"type": "daily", "interval": 1}, "range": {"type": "noEnd", "startDate": "2026-02-01"}}  # fmt: skip
    first = {"dateTime": "2026-02-01T10:00:00", "timeZone": "UTC"}
    make(people, "users/bob/events", {"subject": "Daily", "start": first, "end": {**first, "dateTime": "2026-02-01T10:30:00"}, "recurrence": daily, "location": {"displayName": "Room"}, "sensitivity": "private"})  # fmt: skip
    (bob, ada) = schedule(people, "bob", "ada", headers={"Prefer": f'outlook.timezone="{PACIFIC}"'})
    assert (bob["availabilityView"], ada["availabilityView"]) == ("002000", "000000")
    (item,) = bob["scheduleItems"]
    assert item["start"] == {"dateTime": "2026-03-02T02:00:00.0000000", "timeZone": PACIFIC}
    assert item["isPrivate"] is True
    assert item.get("subject") is item.get("location") is None


def test_who_is_unknown_is_told_of_in_their_place(people):
    (bob, nobody) = schedule(people, "bob", "nobody")
    assert bob["availabilityView"] == "000000"
    assert nobody["scheduleId"] == "nobody@contoso.com"
    assert nobody["error"] == {"message": "Unable to resolve e-mail address nobody@contoso.com to an Active Directory object.", "responseCode": "5009"}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"endTime": at(9)}, "ErrorInvalidTimeInterval", "The time duration specified for FreeBusyViewOptions.TimeWindow is invalid."),
        ({"endTime": {"dateTime": "2026-05-04T09:00:00", "timeZone": "UTC"}}, "ErrorTimeIntervalTooBig", "The requested time duration specified for FreeBusyViewOptions.TimeWindow is too long. The allowed limit = 62 days; the actual limit = 63 days."),
        ({"startTime": at(9, zone="Greenwich Mean Time")}, "TimeZoneNotSupportedException", "A valid TimeZone value must be specified. The following TimeZone value is not supported: 'Greenwich Mean Time'."),
        ({"startTime": at(9, zone="right/UTC")}, "TimeZoneNotSupportedException", "A valid TimeZone value must be specified. The following TimeZone value is not supported: 'right/UTC'."),
        ({"availabilityViewInterval": 4}, "ErrorInvalidMergedFreeBusyInterval", "The merged free/busy interval is invalid: it has 5 to 1440 minutes."),
    ],
)  # fmt: skip
def test_a_window_that_cannot_be_is_refused(people, changes, code, message):
    refused = schedule(people, "bob", status=400, **changes)
    assert assert_error(refused, 400, code)["message"] == message


def test_schedules_are_of_a_hundred_and_entries_a_thousand_at_most(people):
    names = ["bob", *(f"n{number}" for number in range(99))]
    assert len(schedule(people, *names)) == 100
    refused = schedule(people, *names, "more", status=400)
    said = "There are too many target users in the EmailAddress array. The allowed size = 100; the actual size = 101."  # fmt: skip
    assert assert_error(refused, 400, "ErrorMailboxDataArrayTooBig")["message"] == said
    events = [{"subject": "x", "start": at(9), "end": at(10)} for _ in range(1000)]
    seed(people, {"users/bob@contoso.com/events": events})
    (full,) = schedule(people, "bob")
    assert (len(full["scheduleItems"]), "error" in full) == (1000, False)
    seed(people, {"users/bob@contoso.com/events": events[:1]})
    (full, other) = schedule(people, "bob", "cy")
    assert full["error"] == {"responseCode": "5006", "message": "The result set contains too many calendar entries. The allowed size = 1000; the actual size = 1001."}  # fmt: skip
    assert (full.get("scheduleItems") or [], "error" in other) == ([], False)


# Times that suit everybody ---------------------------------------------------------------------


def meet(client, *names, **more):
    attendees = [{"type": "required", "emailAddress": {"address": f"{name}@contoso.com"}} for name in names]  # fmt: skip
    slots = [{"start": at(7), "end": at(11)}]
    body = {"attendees": attendees, "timeConstraint": {"timeSlots": slots}, "meetingDuration": "PT1H", **more}  # fmt: skip
    answer = client.post(f"/v1.0/{ADA}/findMeetingTimes", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json


def starts(found):
    return [each["meetingTimeSlot"]["start"]["dateTime"][11:16] for each in found["meetingTimeSuggestions"]]  # fmt: skip


def test_times_that_suit_everybody_are_found(people):
    event(people, "ada", (8, 0), (8, 30))
    event(people, "bob", (9, 0), (9, 30))
    found = meet(people, "bob", "cy", returnSuggestionReasons=True)
    assert starts(found) == ["09:30", "10:00", "08:30", "09:00"]
    best, *_, last = found["meetingTimeSuggestions"]
    assert (best["confidence"], best["order"], best["organizerAvailability"]) == (100, 1, "free")
    assert best["suggestionReason"] == "Suggested because it is one of the nearest times when all attendees are available."  # fmt: skip
    assert last["confidence"] == 50
    assert [(each["attendee"]["emailAddress"]["address"], each["availability"]) for each in last["attendeeAvailability"]] == [("bob@contoso.com", "busy"), ("cy@contoso.com", "free")]  # fmt: skip
    assert found["emptySuggestionsReason"] == ""
    assert starts(meet(people, "bob", "cy", minimumAttendeePercentage=60)) == ["09:30", "10:00"]
    assert starts(meet(people, "bob", "cy", maxCandidates=1)) == ["09:30"]
    assert starts(meet(people, "bob", isOrganizerOptional=True))[0] == "08:00"


@pytest.mark.parametrize(
    ("domain", "day", "expected"),
    [("work", 2, ["08:00"]), ("unrestricted", 2, ["07:00"]), ("work", 7, []), ("personal", 7, ["08:00"])],
)  # fmt: skip
def test_work_has_its_hours(people, domain, day, expected):
    slots = [{"start": at(7, day=day), "end": at(11, day=day)}]
    found = meet(people, "bob", timeConstraint={"activityDomain": domain, "timeSlots": slots}, maxCandidates=1)  # fmt: skip
    assert starts(found) == expected


@pytest.mark.parametrize(
    ("who", "names", "reason"),
    [
        ("ada", ["bob"], "organizerUnavailable"),
        ("bob", ["bob"], "attendeesUnavailable"),
        ("cy", ["nobody"], "attendeesUnavailableOrUnknown"),
    ],
)
def test_why_there_is_no_time_is_told(people, who, names, reason):
    event(people, who, (6, 0), (12, 0))
    found = meet(people, *names)
    assert (found["emptySuggestionsReason"], found["meetingTimeSuggestions"]) == (reason, [])


def test_nobody_meets_in_the_past(people):
    slots = [{"start": at(7, day=1), "end": at(14, day=1)}]
    found = meet(people, timeConstraint={"activityDomain": "unrestricted", "timeSlots": slots})
    assert starts(found) == ["12:00", "12:30", "13:00"]


def places(found):
    return [[each["displayName"] for each in one["locations"]] for one in found["meetingTimeSuggestions"]]  # fmt: skip


@pytest.fixture
def rooms(people):
    """The same with two rooms, of which the first is busy until ten."""
    told = {"mailboxSettings": {"userPurpose": "room"}}
    seed(people, {"users": [{"id": f"room{n}", "displayName": f"Room {n}", "userPrincipalName": f"room{n}@contoso.com", **told} for n in (1, 2)]})  # fmt: skip
    event(people, "room1", (7, 0), (10, 0))
    event(people, "room2", (9, 30), (12, 0))
    return people


ROOM = {"displayName": "Room 1", "locationEmailAddress": "room1@contoso.com"}
UNCHECKED = {**ROOM, "resolveAvailability": False}


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ({"locations": [ROOM]}, [[], [], [], [], ["Room 1"]]),
        ({"locations": [ROOM], "isRequired": True}, [["Room 1"]]),
        ({"locations": [UNCHECKED], "isRequired": True}, [["Room 1"]] * 5),
        ({"locations": [{"displayName": "The park"}]}, [["The park"]] * 5),
        ({"locations": [ROOM], "isRequired": True, "suggestLocation": True}, [["Room 2"], ["Room 2"], ["Room 1"]]),
        ({"suggestLocation": True}, [["Room 2"], ["Room 2"], [], [], ["Room 1"]]),
        ({"isRequired": True}, []),
    ],
)  # fmt: skip
def test_places_are_found_that_are_free(rooms, constraint, expected):
    found = meet(rooms, "bob", locationConstraint=constraint)
    assert places(found) == expected
    assert found["emptySuggestionsReason"] == ("" if expected else "locationsUnavailable")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"timeConstraint": {"timeSlots": [{"start": at(7)}]}}, "ErrorInvalidTimeInterval"),
        ({"timeConstraint": {"timeSlots": [{}]}}, "ErrorInvalidTimeInterval"),
        ({"timeConstraint": {"timeSlots": [{"start": at(7), "end": at(7)}]}}, "ErrorInvalidTimeInterval"),
        ({"timeConstraint": {"timeSlots": [{"start": at(7), "end": {**at(8), "timeZone": "x"}}]}}, "TimeZoneNotSupportedException"),
        ({"maxCandidates": -1}, "ErrorInvalidParameter"),
        ({"minimumAttendeePercentage": 101}, "ErrorInvalidParameter"),
        ({"minimumAttendeePercentage": "x"}, "RequestBodyRead"),
        ({"meetingDuration": "-PT1H"}, "ErrorInvalidParameter"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_not_looked_for(people, changes, code):
    answer = people.post(f"/v1.0/{ADA}/findMeetingTimes", json=changes)
    assert_error(answer, 400, code)


def test_numbers_may_be_texts_there(people):
    texts = {"maxCandidates": "1", "minimumAttendeePercentage": "60", "returnSuggestionReasons": "true"}  # fmt: skip
    event(people, "bob", (8, 0), (9, 0))
    assert starts(meet(people, "bob", "cy", **texts)) == ["09:00"]
    assert starts(meet(people, "bob", "cy", **texts | {"minimumAttendeePercentage": "100.0"})) == ["09:00"]  # fmt: skip


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_no_error_of_ours(people, day):
    slot = {name: {"dateTime": f"{day}T{hour}:00:00", "timeZone": "UTC"} for name, hour in (("start", "01"), ("end", "23"))}  # fmt: skip
    body = {"schedules": ["ada@contoso.com"], "startTime": slot["start"], "endTime": slot["end"]}
    assert_error(people.post(f"/v1.0/{ADA}/calendar/getSchedule", json=body), 400, "ErrorInvalidTimeInterval")  # fmt: skip
    asked = {"timeConstraint": {"activityDomain": "unrestricted", "timeSlots": [slot]}}
    assert_error(people.post(f"/v1.0/{ADA}/findMeetingTimes", json=asked), 400, "ErrorInvalidTimeInterval")  # fmt: skip
    far = {"0001-01-01": "Tonga Standard Time", "9999-12-31": "Hawaiian Standard Time"}[day]
    body |= {"startTime": {**slot["start"], "timeZone": far}, "endTime": {**slot["end"], "timeZone": far}}  # fmt: skip
    assert_error(people.post(f"/v1.0/{ADA}/calendar/getSchedule", json=body), 400, "ErrorInvalidParameter")  # fmt: skip


def test_a_meeting_that_lasts_for_ages_suits_nobody(people):
    answer = people.post(f"/v1.0/{ADA}/findMeetingTimes", json={"meetingDuration": "P9999999D"})
    assert (answer.status_code, answer.json["meetingTimeSuggestions"]) == (200, [])


# Reminders -------------------------------------------------------------------------------------

VIEW = f"{ADA}/reminderView(startDateTime='2026-03-02',endDateTime='2026-03-05')"


def reminders(client):
    return [(each["eventSubject"], each["reminderFireTime"]["dateTime"][8:16]) for each in listed(client, VIEW)]  # fmt: skip


def test_reminders_come_before_events(people):
    event(people, "ada", (9, 0), (10, 0), subject="Tea")
    event(people, "ada", (11, 0), (12, 0), subject="Lunch", reminderMinutesBeforeStart=60)
    event(people, "ada", (13, 0), (14, 0), subject="Nap", isReminderOn=False)
    assert reminders(people) == [("Tea", "02T08:45"), ("Lunch", "02T10:00")]
    (first, _) = listed(people, VIEW, headers={"Prefer": f'outlook.timezone="{PACIFIC}"'})
    assert first["eventStartTime"] == {"dateTime": "2026-03-02T01:00:00.0000000", "timeZone": PACIFIC}  # fmt: skip
    assert first["reminderFireTime"]["dateTime"].startswith("2026-03-02T00:45")
    assert people.get(f"/v1.0/{ADA}/events/{first['eventId']}").json["subject"] == "Tea"


@pytest.mark.parametrize("recurs", [False, True])
def test_a_reminder_is_put_off_and_given_up(people, recurs):
    more = {}
    if recurs:
        more = {"recurrence": {"pattern": {"type": "daily", "interval": 1}, "range": {"type": "numbered", "numberOfOccurrences": 2, "startDate": "2026-03-02"}}}  # fmt: skip
    event(people, "ada", (9, 0), (10, 0), **more)
    before = listed(people, f"{ADA}/calendarView?startDateTime=2026-03-02&endDateTime=2026-03-05")
    one = f"/v1.0/{ADA}/events/{before[0]['id']}"
    later = [("Busy", "03T08:45")] if recurs else []
    snoozed = people.post(f"{one}/snoozeReminder", json={"newReminderTime": at(8, 55)})
    assert (snoozed.status_code, snoozed.data) == (200, b"")
    assert reminders(people) == [("Busy", "02T08:55"), *later]
    dismissed = people.post(f"{one}/dismissReminder")
    assert (dismissed.status_code, dismissed.data) == (200, b"")
    assert reminders(people) == later
    after = listed(people, f"{ADA}/calendarView?startDateTime=2026-03-02&endDateTime=2026-03-05")
    assert [each["type"] for each in after] == [each["type"] for each in before]


def test_working_hours_of_a_custom_time_zone_are_not_built(people):
    custom = {"@odata.type": "#microsoft.graph.customTimeZone", "name": "Mine", "bias": -200}
    hours = {"workingHours": {"timeZone": custom}}
    assert people.patch(f"/v1.0/{ADA}/mailboxSettings", json=hours).status_code == 200
    answer = people.post(f"/v1.0/{ADA}/findMeetingTimes", json={})
    assert_error(answer, 501, "NotImplemented", "customTimeZone", "unrestricted")
    anytime = {"timeConstraint": {"activityDomain": "unrestricted"}}
    assert people.post(f"/v1.0/{ADA}/findMeetingTimes", json=anytime).status_code == 200
