"""Events that last all day: they are on the same day wherever somebody looks on."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

PACIFIC = "Pacific Standard Time"


def test_an_event_lasts_five_years_at_most(client):
    start = {"dateTime": "2026-03-02T09:00:00", "timeZone": "UTC"}
    for year, status in (("2031", 201), ("2032", 400)):
        end = {"dateTime": f"{year}-03-02T09:00:00", "timeZone": "UTC"}
        answer = client.post("/v1.0/me/events", json={"subject": "x", "start": start, "end": end})
        assert answer.status_code == status, answer.text
    assert_error(
        answer, 400, "ErrorCalendarDurationIsTooLong", "Calendar item duration is too long."
    )


MARCH = "startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z"


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        ("id eq 'x'", "Id"),
        ("recurrence ne null", "Recurrence"),
        ("Recurrence/pattern/interval eq 1", "Recurrence"),
    ],
)
def test_events_are_not_filtered_by_all(client, condition, name):
    refused = client.get(f"/v1.0/me/events?$filter={condition}")
    said = f"The property '{name}' does not support filtering."
    assert assert_error(refused, 400, "ErrorInvalidProperty")["message"] == said
    named = "attendees/any(id:id/type eq 'required') or subject eq 'id eq recurrence'"
    assert client.get(f"/v1.0/me/events?$filter={named}").status_code == 200


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("organizer/emailAddress/address eq 'o''x@y.z'", '(i.Organizer.EmailAddress == "o\'x@y.z")'),
        ("isCancelled eq false and attendees/any(a: a/emailAddress/address eq 'x')", 'i.Attendees.Any(a => (a.EmailAddress == "x"))'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["events?$top=5", f"calendarView?{MARCH}"])
def test_events_are_not_filtered_by_their_people(client, condition, said, place):
    refused = client.get(f"/v1.0/me/{place}&$filter={condition}")
    error = assert_error(refused, 501, "UnsupportedEntityExpression")
    assert error["message"] == f"'i => {said}' is not a supported filter expression."


@pytest.mark.parametrize("is_new", [True, False])
def test_the_default_calendar_stays_the_default_one(client, is_new):
    made = make(client, "me/calendars", {"name": "Mine", "isDefaultCalendar": False})
    body, one = {"isDefaultCalendar": True}, f"/v1.0/me/calendars/{made['id']}"
    answer = (
        client.post("/v1.0/me/calendars", json={"name": "Other", **body})
        if is_new
        else client.patch(one, json=body)
    )
    assert_error(answer, 501, "NotImplemented", "default one")
    assert client.patch("/v1.0/me/calendar", json=body).status_code == 200


def midnight(day, zone=PACIFIC, hour="00"):
    return {"dateTime": f"2026-03-{day:02}T{hour}:00:00", "timeZone": zone}


def event(first=2, last=3, zone=PACIFIC, **more):
    return {"subject": "Off", "isAllDay": True, "start": midnight(first, zone), "end": midnight(last, zone), **more}  # fmt: skip


@pytest.mark.parametrize("zone", [None, "UTC", "Tokyo Standard Time", "America/New_York"])
def test_a_day_is_the_same_everywhere(client, zone):
    made = make(client, "me/events", event())
    wish = {} if zone is None else {"Prefer": f'outlook.timezone="{zone}"'}
    found = client.get(f"/v1.0/me/events/{made['id']}", headers=wish).json
    label = zone or "UTC"
    assert found["start"] == {"dateTime": "2026-03-02T00:00:00.0000000", "timeZone": label}
    assert found["end"] == {"dateTime": "2026-03-03T00:00:00.0000000", "timeZone": label}
    assert found["originalStartTimeZone"] == PACIFIC


@pytest.mark.parametrize(
    "changes",
    [
        {"start": midnight(2, hour="01")},
        {"end": midnight(3, hour="12")},
        {"end": midnight(2)},
        {"end": midnight(3, "UTC")},
    ],
)
def test_what_is_no_day_is_refused(client, changes):
    answer = client.post("/v1.0/me/events", json={**event(), **changes})
    assert_error(answer, 400, "ErrorPropertyValidationFailure", "failed validation")


def test_an_event_can_begin_to_last_all_day_and_end_to(client):
    made = make(client, "me/events", {**event(), "isAllDay": False})
    assert made["start"]["dateTime"] == "2026-03-02T08:00:00.0000000"
    one = f"/v1.0/me/events/{made['id']}"
    times = {"start": midnight(2), "end": midnight(3)}
    assert client.patch(one, json={"isAllDay": True, **times}).json["start"]["dateTime"][:13] == "2026-03-02T00"  # fmt: skip
    assert client.patch(one, json={"subject": "Free"}).json["start"]["dateTime"][:13] == "2026-03-02T00"  # fmt: skip
    assert client.patch(one, json={"isAllDay": False, **times}).json["start"] == made["start"]


@pytest.mark.parametrize("hour", ["00", "09"])
@pytest.mark.parametrize("lasts", [True, False])
def test_whether_an_event_lasts_all_day_is_said_with_when_it_begins(client, hour, lasts):
    made = make(
        client, "me/events", {**event(), "isAllDay": False, "start": midnight(2, hour=hour)}
    )
    answer = client.patch(f"/v1.0/me/events/{made['id']}", json={"isAllDay": lasts})
    assert_error(answer, 400, "ErrorInvalidRequest", "Missing parameters: Event.Start")


@pytest.mark.parametrize(
    ("home", "window", "seen"),
    [
        ("UTC", "startDateTime=2026-03-02&endDateTime=2026-03-03", True),
        ("UTC", "startDateTime=2026-03-03&endDateTime=2026-03-04", False),
        ("Pacific Standard Time", "startDateTime=2026-03-03&endDateTime=2026-03-04", True),
        ("Pacific Standard Time", "startDateTime=2026-03-02&endDateTime=2026-03-02T08:00:00", False),
        ("Tokyo Standard Time", "startDateTime=2026-03-01&endDateTime=2026-03-02", True),
    ],
)  # fmt: skip
def test_windows_see_days_as_the_mailbox_does(client, home, window, seen):
    seed(client, {"users": [{"id": "ada", "mailboxSettings": {"timeZone": home}}]})
    make(client, "users/ada/events", event())
    assert bool(listed(client, f"users/ada/calendarView?{window}")) is seen


def test_days_recur_as_days(client):
    recurrence = {"pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]}, "range": {"type": "numbered", "startDate": "2026-03-02", "numberOfOccurrences": 3}}  # fmt: skip
    make(client, "me/events", event(recurrence=recurrence))
    found = listed(client, "me/calendarView?startDateTime=2026-03-01&endDateTime=2026-05-01")
    assert [each["start"]["dateTime"][:13] for each in found] == ["2026-03-02T00", "2026-03-09T00", "2026-03-16T00"]  # fmt: skip
    assert {each["isAllDay"] for each in found} == {True}
    assert listed(client, "me/calendarView?startDateTime=2026-03-01&endDateTime=2026-05-01&$filter=isAllDay eq false") == []  # fmt: skip


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00", "9999-12-31T23:00:00", "2026-03-02T00:00:00.x", "2026-13-02T00:00:00"],
)
def test_no_time_is_too_much(client, moment):
    for zone in ("Tokyo Standard Time", PACIFIC):
        when = {"dateTime": moment, "timeZone": zone}
        answer = client.post("/v1.0/me/events", json={"subject": "x", "start": when, "end": when})
        assert answer.status_code in (201, 400), answer.text
        wish = {"Prefer": f'outlook.timezone="{zone}"'}
        for path in ("me/events", "me/calendarView?startDateTime=0001-01-01&endDateTime=0002-01-01", "me/calendarView?startDateTime=9998-01-01&endDateTime=9999-12-31"):  # fmt: skip
            assert client.get(f"/v1.0/{path}", headers=wish).status_code in (200, 400)
