"""What a naive calendar gets wrong: each mistake, with the service's own sentences."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

ADA, BOB = "users/ada", "users/bob"
NEEDS_WINDOW = "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime."  # fmt: skip
TOO_LONG = "Your request can't be completed. The range between the start and end dates is greater than the allowed range. Maximum number of days: 1825"  # fmt: skip
INVALID = "At least one property failed validation."
GONE = "The specified object was not found in the store."


@pytest.fixture
def people(client):
    """A client of a tenant with Ada, Bob, and a guest without a mailbox."""
    users = [{"id": name, "displayName": name.title(), "mail": f"{name}@contoso.com", "userPrincipalName": f"{name}@contoso.com"} for name in ("ada", "bob")]  # fmt: skip
    seed(client, {"users": [*users, {"id": "guest", "userType": "Guest", "userPrincipalName": "g@contoso.com"}]})  # fmt: skip
    return client


def at(time, zone="UTC"):
    return {"dateTime": f"2026-03-{time}", "timeZone": zone}


def event(**more):
    return {"subject": "Plan", "start": at("02T09:00:00"), "end": at("02T10:00:00"), **more}


DAILY = {"pattern": {"type": "daily", "interval": 1}, "range": {"type": "noEnd", "startDate": "2026-03-02"}}  # fmt: skip
WEEK = "startDateTime=2026-03-02&endDateTime=2026-03-09"


def test_events_have_masters_alone_and_windows_occurrences_with_ids_of_their_own(people):
    master = make(people, f"{ADA}/events", event(recurrence=DAILY))
    assert [each["type"] for each in listed(people, f"{ADA}/events")] == ["seriesMaster"]
    found = listed(people, f"{ADA}/calendarView?{WEEK}")
    assert [each["type"] for each in found] == ["occurrence"] * 7
    assert len({master["id"], *(each["id"] for each in found)}) == 8
    assert {each["seriesMasterId"] for each in found} == {master["id"]}
    again = listed(people, f"{ADA}/events/{master['id']}/instances?{WEEK}")
    assert [each["id"] for each in again] == [each["id"] for each in found]


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("", "ErrorInvalidParameter", NEEDS_WINDOW),
        ("?startDateTime=2026-03-02", "ErrorInvalidParameter", NEEDS_WINDOW),
        ("?startDateTime=2026-03-02T00:00:00+05:30&endDateTime=2026-03-03", "ErrorInvalidParameter", "The value of parameter 'StartDateTime' is invalid."),
        ("?startDateTime=2026-03-02&endDateTime=soon", "ErrorInvalidParameter", "The value of parameter 'EndDateTime' is invalid."),
        ("?startDateTime=2026-03-02&endDateTime=2031-03-02", "ErrorInvalidRequest", TOO_LONG),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["calendarView", "calendar/calendarView", "events/{}/instances"])
def test_a_window_is_needed_and_says_what_is_wrong(people, place, query, code, message):
    master = make(people, f"{ADA}/events", event(recurrence=DAILY))
    answer = people.get(f"/v1.0/{ADA}/{place.format(master['id'])}{query}")
    assert assert_error(answer, 400, code)["message"] == message


@pytest.mark.parametrize(
    ("zone", "utc", "tokyo"),
    [
        ("Pacific Standard Time", "02T17:00:00", "03T02:00:00"),
        ("America/Los_Angeles", "02T17:00:00", "03T02:00:00"),
        ("UTC", "02T09:00:00", "02T18:00:00"),
    ],
)
def test_times_are_in_utc_or_in_the_zone_that_is_preferred_with_seven_digits(people, zone, utc, tokyo):  # fmt: skip
    body = event(start=at("02T09:00:00", zone), end=at("02T10:00:00", zone))
    made = make(people, f"{ADA}/events", body)
    assert made["start"] == {"dateTime": f"2026-03-{utc}.0000000", "timeZone": "UTC"}
    assert made["originalStartTimeZone"] == zone
    wanted = {"Prefer": 'outlook.timezone="Tokyo Standard Time"'}
    answer = people.get(f"/v1.0/{ADA}/events/{made['id']}", headers=wanted)
    assert answer.json["start"] == {"dateTime": f"2026-03-{tokyo}.0000000", "timeZone": "Tokyo Standard Time"}  # fmt: skip
    assert answer.headers["Preference-Applied"] == 'outlook.timezone="Tokyo Standard Time"'


def test_what_lasts_all_day_is_midnight_wherever_somebody_looks_on(people):
    zone = "Pacific Standard Time"
    body = event(isAllDay=True, start=at("02T00:00:00", zone), end=at("03T00:00:00", zone))
    made = make(people, f"{ADA}/events", body)
    for prefer in (zone, "Asia/Tokyo", "UTC"):
        headers = {"Prefer": f'outlook.timezone="{prefer}"'}
        found = people.get(f"/v1.0/{ADA}/events/{made['id']}", headers=headers).json
        assert found["start"] == {"dateTime": "2026-03-02T00:00:00.0000000", "timeZone": prefer}
        assert found["end"] == {"dateTime": "2026-03-03T00:00:00.0000000", "timeZone": prefer}
    refused = people.post(f"/v1.0/{ADA}/events", json=event(isAllDay=True))
    assert assert_error(refused, 400, "ErrorPropertyValidationFailure")["message"] == INVALID


def test_a_meeting_is_a_copy_in_each_calendar_and_answers_travel(people):
    guest = [{"emailAddress": {"address": "bob@contoso.com"}}]
    mine = make(people, f"{ADA}/events", event(attendees=guest))
    (his,) = listed(people, f"{BOB}/events")
    assert (his["iCalUId"], his["isOrganizer"], his["showAs"]) == (mine["iCalUId"], False, "tentative")  # fmt: skip
    assert his["id"] != mine["id"]
    strange = people.get(f"/v1.0/{BOB}/events/{mine['id']}")
    assert assert_error(strange, 404, "ErrorItemNotFound")["message"] == GONE
    (request,) = listed(people, f"{BOB}/mailFolders/inbox/messages")
    assert (request["@odata.type"], request["meetingMessageType"]) == ("#microsoft.graph.eventMessageRequest", "meetingRequest")  # fmt: skip
    assert people.post(f"/v1.0/{BOB}/events/{his['id']}/accept", json={}).status_code == 202
    (attendee,) = people.get(f"/v1.0/{ADA}/events/{mine['id']}").json["attendees"]
    assert attendee["status"]["response"] == "accepted"
    (answer,) = listed(people, f"{ADA}/mailFolders/inbox/messages")
    assert (answer["subject"], answer["responseType"]) == ("Accepted: Plan", "accepted")


@pytest.mark.parametrize(
    ("path", "status", "code", "message"),
    [
        (f"{ADA}/events/x", 400, "ErrorInvalidIdMalformed", "Id is malformed."),
        (f"{ADA}/calendars/x/events", 400, "ErrorInvalidIdMalformed", "Id is malformed."),
        (f"{ADA}/calendars/6d8ba6a9-1e0c-4ba6-b3b4-5f3f0b5f6f61/events", 400, "ErrorInvalidIdMalformed", "Id is malformed."),
        (f"{ADA}/events/AAMkAGFkYS0wMDAwMDAwMDAwMDAwMDAwMDAwMDA=", 404, "ErrorItemNotFound", GONE),
        ("users/guest/events", 404, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise."),
        ("users/eve@contoso.com/events", 404, "ErrorInvalidUser", "The requested user 'eve@contoso.com' is invalid."),
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_always_the_same(people, path, status, code, message):
    assert assert_error(people.get(f"/v1.0/{path}"), status, code)["message"] == message


def test_an_old_change_key_is_a_conflict(people):
    made = make(people, f"{ADA}/events", event())
    old = {"If-Match": made["@odata.etag"]}
    one = f"/v1.0/{ADA}/events/{made['id']}"
    assert people.patch(one, json={"subject": "Other"}, headers=old).status_code == 200
    error = assert_error(people.patch(one, json={"subject": "Third"}, headers=old), 412, "ErrorIrresolvableConflict")  # fmt: skip
    assert error["message"] == "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item."  # fmt: skip


def test_projections_keep_the_id_and_the_etag(people):
    make(people, f"{ADA}/events", event(recurrence=DAILY))
    for path in (f"{ADA}/events?$select=subject", f"{ADA}/calendarView?{WEEK}&$select=subject"):
        for each in listed(people, path):
            assert {*each} == {"@odata.etag", "id", "subject"}
