"""Events that recur: occurrences, exceptions and cancellations, in windows and by their ids."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

DAY = {"type": "daily", "interval": 1}
WEEK = "startDateTime=2026-03-02&endDateTime=2026-03-09"  # of Monday to Monday
GONE = "The specified object was not found in the store."


def at(day, hour=9, zone="UTC"):
    return {"dateTime": f"2026-{day}T{hour:02}:00:00", "timeZone": zone}


def event(day="03-02", pattern=DAY, hour=9, zone="UTC", span=None, **more):
    recurrence = {"pattern": pattern, "range": {"type": "noEnd", "startDate": f"2026-{day}", **(span or {})}}  # fmt: skip
    return {"subject": "Stand-up", "start": at(day, hour, zone), "end": at(day, hour + 1, zone), "recurrence": recurrence, **more}  # fmt: skip


def week(client, path="me/calendarView", window=WEEK, **options):
    return listed(client, f"{path}?{window}&$top=50", **options)


def days(events):
    return [each["start"]["dateTime"][5:13] for each in events]


def change(client, one, body):
    answer = client.patch(f"/v1.0/me/events/{one['id']}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.fixture
def master(client):
    return make(client, "me/events", event())


def test_events_have_the_series_and_windows_its_occurrences(client, master):
    single = make(client, "me/events", {"subject": "Tea", "start": at("03-03", 15), "end": at("03-03", 16)})  # fmt: skip

    assert {each["id"] for each in listed(client, "me/events")} == {master["id"], single["id"]}
    found = week(client)
    assert days(found) == ["03-02T09", "03-03T09", "03-03T15", *(f"03-0{day}T09" for day in range(4, 9))]  # fmt: skip
    assert {each["type"] for each in found} == {"occurrence", "singleInstance"}
    first = found[0]
    assert (first["seriesMasterId"], first["recurrence"]) == (master["id"], None)
    assert first["@odata.etag"] == master["@odata.etag"]
    assert first["iCalUId"] != master["iCalUId"]
    assert first["originalStart"] == "2026-03-02T09:00:00Z"
    assert len({each["id"] for each in found}) == len(found)
    assert week(client) == found  # their ids are always the same
    assert week(client, "me/calendar/calendarView") == found
    mine = f"me/calendars/{client.get('/v1.0/me/calendar').json['id']}/calendarView"
    assert week(client, mine) == found


def test_a_recurrence_is_shown_whole(master):
    assert master["type"] == "seriesMaster"
    assert master["recurrence"] == {
        "pattern": {"type": "daily", "interval": 1, "month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday", "index": "first"},
        "range": {"type": "noEnd", "startDate": "2026-03-02", "endDate": "0001-01-01", "recurrenceTimeZone": "UTC", "numberOfOccurrences": 0},
    }  # fmt: skip


def test_an_occurrence_is_found_by_its_id(client, master):
    found = week(client)[2]
    assert "FRAAgI" in found["id"]
    assert found["id"].endswith("EA==")
    one = client.get(f"/v1.0/me/events/{found['id']}")
    assert {n: v for n, v in one.json.items() if n != "@odata.context"} == found
    below = f"me/events/{master['id']}/instances"
    assert week(client, below) == week(client)
    for path in (below, "me/calendar/events", "me/calendarView"):
        assert client.get(f"/v1.0/{path}/{found['id']}").json["id"] == found["id"]
    for wrong in (found["id"].replace("FRAAgI", "FRAAgJ"), found["id"].replace("AAAALS", "AAAALR")):
        assert_error(client.get(f"/v1.0/me/events/{wrong}"), 404, "ErrorItemNotFound")


def test_a_days_event_outside_the_pattern_is_nothing(client):
    weekly = make(client, "me/events", event(pattern={"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]}))  # fmt: skip
    daily = make(client, "me/events", event())
    third = next(each for each in week(client) if each["start"]["dateTime"][8:10] == "03")
    stem = len(daily["id"].rstrip("=")) // 2
    piece = third["id"][stem : stem + 28]
    other = weekly["id"].rstrip("=")
    wrong = f"{other[:stem]}{piece}{other[stem:]}{third['id'][-5:]}"
    assert_error(client.get(f"/v1.0/me/events/{wrong}"), 404, "ErrorItemNotFound")


def test_a_changed_occurrence_is_an_exception(client, master):
    second = week(client)[1]
    changed = change(client, second, {"subject": "Retro", "start": at("03-03", 11), "end": at("03-03", 12)})  # fmt: skip

    assert (changed["id"], changed["type"]) == (second["id"], "exception")
    assert (changed["seriesMasterId"], changed["originalStart"]) == (master["id"], "2026-03-03T09:00:00Z")  # fmt: skip
    found = week(client)
    assert days(found)[:3] == ["03-02T09", "03-03T11", "03-04T09"]
    assert [each["subject"] for each in found[:3]] == ["Stand-up", "Retro", "Stand-up"]
    assert [each["id"] for each in listed(client, "me/events")] == [master["id"]]
    whole = client.get(f"/v1.0/me/events/{master['id']}?$expand=exceptionOccurrences").json
    assert [each["subject"] for each in whole["exceptionOccurrences"]] == ["Retro"]
    assert days(week(client, f"me/events/{master['id']}/instances")) == days(found)


def test_a_series_changes_what_its_exceptions_have_not_themselves(client, master):
    second = week(client)[1]
    change(client, second, {"subject": "Retro"})
    change(client, master, {"subject": "Daily", "location": {"displayName": "Room 1"}})
    found = [(each["subject"], each["location"]["displayName"]) for each in week(client)[:3]]
    assert found == [("Daily", "Room 1"), ("Retro", "Room 1"), ("Daily", "Room 1")]
    change(client, second, {"importance": "high"})
    change(client, master, {"subject": "Morning", "importance": "low"})
    found = [(each["subject"], each["importance"]) for each in week(client)[:3]]
    assert found == [("Morning", "low"), ("Retro", "high"), ("Morning", "low")]


@pytest.mark.parametrize("changes", [{"start": at("03-02", 8)}, {"end": at("03-02", 11)}, "weekly"])
def test_a_series_that_is_otherwise_has_no_exceptions(client, master, changes):
    second = week(client)[1]
    change(client, second, {"subject": "Retro"})
    third = week(client)[2]
    assert client.delete(f"/v1.0/me/events/{third['id']}").status_code == 204
    if changes == "weekly":
        changes = {"recurrence": event(pattern={"type": "weekly", "interval": 1, "daysOfWeek": ["monday", "tuesday", "wednesday"]})["recurrence"]}  # fmt: skip
    change(client, master, changes)
    assert {each["subject"] for each in week(client)} == {"Stand-up"}
    assert [each["start"]["dateTime"][8:10] for each in week(client)[:3]] == ["02", "03", "04"]


def test_a_series_that_is_moved_alone_takes_its_start_date_along(client):
    monday = {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]}
    span = {"type": "endDate", "endDate": "2026-03-16"}
    zone = "Pacific Standard Time"
    made = make(client, "me/events", event(pattern=monday, hour=22, zone=zone, span=span))
    later = change(client, made, {"start": at("03-02", 21, zone)})
    assert later["recurrence"] == made["recurrence"]  # 3 March in UTC, and the 2nd of the series
    moved = change(client, made, {"start": at("03-05", 9, zone), "end": at("03-05", 10, zone)})
    assert moved["recurrence"]["range"]["startDate"] == "2026-03-05"
    window = "startDateTime=2026-02-01&endDateTime=2026-05-01"
    assert days(week(client, window=window)) == ["03-09T16", "03-16T16"]
    past = {"start": at("03-17", 9, zone), "end": at("03-17", 10, zone)}
    refused = client.patch(f"/v1.0/me/events/{made['id']}", json=past)
    assert_error(refused, 400, "ErrorPropertyValidationFailure", "in its range")


@pytest.mark.parametrize("first", ["as it is", "as an exception"])
def test_a_deleted_occurrence_leaves_no_trace_but_in_the_series(client, master, first):
    second = week(client)[1]
    if first == "as an exception":
        change(client, second, {"subject": "Retro"})
    one = f"/v1.0/me/events/{second['id']}"
    assert client.delete(one).status_code == 204
    assert days(week(client))[:2] == ["03-02T09", "03-04T09"]
    assert assert_error(client.get(one), 404, "ErrorItemNotFound")["message"] == GONE
    assert client.delete(one).status_code == 404
    assert "cancelledOccurrences" not in client.get(f"/v1.0/me/events/{master['id']}").json
    found = client.get(f"/v1.0/me/events/{master['id']}?$select=cancelledOccurrences").json
    assert found["cancelledOccurrences"] == [f"OID.{master['id']}.2026-03-03"]


def test_a_series_goes_with_all_of_it(client, master):
    second = week(client)[1]
    change(client, second, {"subject": "Retro"})
    assert client.delete(f"/v1.0/me/events/{master['id']}").status_code == 204
    assert week(client) == listed(client, "me/events") == []
    assert client.get(f"/v1.0/me/events/{second['id']}").status_code == 404


def test_a_series_can_become_a_single_event(client, master):
    changed = change(client, master, {"recurrence": None})
    assert (changed["type"], changed["recurrence"]) == ("singleInstance", None)
    assert days(week(client)) == ["03-02T09"]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Pacific Standard Time", ["03-06T17", "03-07T17", "03-08T16", "03-09T16"]),
        ("America/Los_Angeles", ["03-06T17", "03-07T17", "03-08T16", "03-09T16"]),
        ("UTC", ["03-06T09", "03-07T09", "03-08T09", "03-09T09"]),
    ],
)
def test_occurrences_keep_what_clocks_show_across_a_change_of_time(client, zone, expected):
    make(client, "me/events", event("03-06", zone=zone))
    window = "startDateTime=2026-03-06&endDateTime=2026-03-10"
    assert days(week(client, window=window)) == expected
    wish = {"Prefer": f'outlook.timezone="{zone}"'}
    seen = week(client, window=window, headers=wish)
    assert {each["start"]["dateTime"][11:16] for each in seen} == {"09:00"}
    assert {each["start"]["timeZone"] for each in seen} == {zone}


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("Pacific Standard Time", "03-08", ("10:30", "11:00")),
        ("Europe/Berlin", "03-29", ("01:30", "02:00")),
        ("UTC", "03-29", ("02:30", "03:00")),
    ],
)
def test_an_occurrence_that_clocks_skip_ends_after_it_begins(client, zone, day, expected):
    """At 02:30, which there is none of on that day; 03:00 there is."""
    first = f"03-{int(day[3:]) - 1:02}"
    times = {"start": {"dateTime": f"2026-{first}T02:30:00", "timeZone": zone}, "end": {"dateTime": f"2026-{first}T03:00:00", "timeZone": zone}}  # fmt: skip
    made = make(client, "me/events", {**event(first), **times})
    found = week(client, f"me/events/{made['id']}/instances", f"startDateTime=2026-{first}&endDateTime=2026-{day}T23:00:00")  # fmt: skip
    assert tuple(found[-1][name]["dateTime"][11:16] for name in ("start", "end")) == expected


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("startDateTime=2026-03-02T10:00:00&endDateTime=2026-03-03T09:00:00", []),
        ("startDateTime=2026-03-02T09:59:59&endDateTime=2026-03-03T09:00:01", ["03-02T09", "03-03T09"]),
        ("startDateTime=2026-03-02T10:30:00%2B02:00&endDateTime=2026-03-02T11:30:00%2B02:00", ["03-02T09"]),
        ("StartDateTime=2026-03-02&enddatetime=2026-03-03", ["03-02T09"]),
        ("startDateTime=2031-03-02&endDateTime=2031-03-03", ["03-02T09"]),
    ],
)  # fmt: skip
def test_a_window_has_what_overlaps_it(client, master, window, expected):
    assert days(week(client, window=window)) == expected


def test_pages_filters_and_counts_go_over_occurrences(client, master):
    make(client, "me/events", {"subject": "Tea", "start": at("03-03", 15), "end": at("03-03", 16)})
    found, url = [], f"/v1.0/me/calendarView?{WEEK}&$top=3&$count=true"
    while url:
        answer = client.get(url).json
        assert answer.get("@odata.count", 8) == 8
        found += answer["value"]
        url = answer.get("@odata.nextLink", "").removeprefix("http://localhost")
    assert found == week(client)
    assert len(week(client, window=f"{WEEK}&$filter=type eq 'occurrence'")) == 7
    assert len(listed(client, f"me/calendarView?{WEEK}&$filter=subject eq 'tea'")) == 1
    assert days(week(client, window=f"{WEEK}&$orderby=start/dateTime desc"))[0] == "03-08T09"
    (one, *_) = week(client, window=f"{WEEK}&$select=subject")
    assert {*one} == {"@odata.etag", "id", "subject"}


def test_what_is_seeded_recurs_too(client):
    seed(client, {"me/events": [{"id": "m", **event()}, {"subject": "Odd", "recurrence": {"pattern": {"type": "daily"}}}]})  # fmt: skip
    assert len(week(client)) == 7
    assert client.get(f"/v1.0/me/events/{week(client)[0]['id']}").status_code == 200


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({"pattern": {"type": "weekly", "interval": 1}}, "recurrence/pattern/daysOfWeek"),
        ({"pattern": {"type": "daily", "interval": 0}}, "recurrence/pattern/interval"),
        ({"pattern": {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 32}}, "recurrence/pattern/dayOfMonth"),
        ({"span": {"type": "endDate", "endDate": "2026-03-01"}}, "recurrence/range/endDate"),
        ({"span": {"type": "numbered", "numberOfOccurrences": 0}}, "recurrence/range/numberOfOccurrences"),
        ({"span": {"startDate": "2026-03-03"}}, "recurrence/range/startDate"),
        ({"end": at("03-04", 9)}, "end"),
    ],
)  # fmt: skip
def test_what_cannot_recur_is_refused(client, changes, target):
    answer = client.post("/v1.0/me/events", json=event(**changes))
    error = assert_error(answer, 400, "ErrorPropertyValidationFailure", "failed validation")
    assert error["target"] == target


@pytest.mark.parametrize(
    ("day", "ok"), [("03-03", True), ("03-02", False), ("03-04", False), ("03-05", False)]
)
def test_an_occurrence_stays_between_its_neighbours(client, master, day, ok):
    second = week(client)[1]
    body = {"start": at(day, 20), "end": at(day, 21)}
    answer = client.patch(f"/v1.0/me/events/{second['id']}", json=body)
    if ok:
        assert answer.status_code == 200
    else:
        error = assert_error(answer, 400, "ErrorOccurrenceCrossingBoundary")
        assert error["message"] == "Modified occurrence is crossing or overlapping adjacent occurrence."  # fmt: skip


def test_the_same_transaction_makes_one_event(client):
    body = event(transactionId="t-1")
    first, again = make(client, "me/events", body), make(client, "me/events", {**body, "subject": "x"})  # fmt: skip
    assert first["id"] == again["id"]
    assert again["subject"] == "Stand-up"
    assert len(listed(client, "me/events")) == 1
    refused = client.patch(f"/v1.0/me/events/{first['id']}", json={"transactionId": "t-2"})
    assert_error(refused, 400, "ErrorInvalidPropertySet")


@pytest.mark.parametrize(
    ("option", "ok"),
    [
        ("$filter=hasAttachments eq false", True),
        ("$orderby=hasAttachments", True),
        ("$filter=contains(webLink,'itemid')", True),
        ("$expand=attachments,extensions($filter=id eq 'com.contoso.x')", True),
        (
            "$expand=singleValueExtendedProperties($filter=id eq 'String {66f5a359-4659-4830-9070-00047ec6ac6e} Name x')",
            True,
        ),
        ("$search=x", False),
        ("$expand=instances", False),
    ],
)
def test_occurrences_are_asked_as_events_are(client, master, option, ok):
    answer = client.get(f"/v1.0/me/calendarView?{WEEK}&{option}")
    assert answer.status_code == (200 if ok else 400), answer.text
    if ok:
        assert len(answer.json["value"]) == 7


def test_what_is_deleted_for_good_leaves_nothing(client, master):
    second, third, *_ = week(client)[1:]
    change(client, second, {"subject": "Retro"})
    for one in (second, third):
        assert client.post(f"/v1.0/me/events/{one['id']}/permanentDelete").status_code == 204
        assert client.get(f"/v1.0/me/events/{one['id']}").status_code == 404
    assert days(week(client))[:2] == ["03-02T09", "03-05T09"]
    change(client, week(client)[0], {"subject": "Retro"})
    assert client.post(f"/v1.0/me/events/{master['id']}/permanentDelete").status_code == 204
    assert week(client) == []


@pytest.mark.parametrize(
    ("recurrence", "where"),
    [
        ({"pattern": {"type": "daily"}, "range": {"type": "noEnd", "startDate": "2026-03-02"}}, "interval"),
        ({"pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["friday"]}, "range": {"type": "endDate", "startDate": "2026-03-02", "endDate": "2026-03-05"}}, "endDate"),
    ],
)  # fmt: skip
def test_a_series_has_an_interval_and_an_occurrence(client, recurrence, where):
    body = {"subject": "x", "start": at("03-02"), "end": at("03-02", 10), "recurrence": recurrence}
    error = assert_error(client.post("/v1.0/me/events", json=body), 400, "ErrorPropertyValidationFailure")  # fmt: skip
    assert error["target"].endswith(where)
    assert listed(client, "me/events") == []


def test_nobody_says_which_occurrences_are_cancelled(client, master):
    change(client, master, {"cancelledOccurrences": ["OID.x.2026-03-03"]})
    found = client.get(f"/v1.0/me/events/{master['id']}?$select=cancelledOccurrences").json
    assert found["cancelledOccurrences"] == []
    assert len(week(client)) == 7


@pytest.mark.parametrize("text", ["20260302T090000", "2026-W10-1", "2026-03-02T09", "2026-061"])
def test_a_time_is_written_at_length(client, text):
    body = {"subject": "x", "start": at("03-02"), "end": at("03-02", 10)}
    for name in ("start", "end"):
        wrong = {**body, name: {"dateTime": text, "timeZone": "UTC"}}
        assert_error(client.post("/v1.0/me/events", json=wrong), 400, "ErrorInvalidParameter", text)
    answer = client.get(f"/v1.0/me/calendarView?startDateTime={text}&endDateTime=2026-03-09")
    message = assert_error(answer, 400, "ErrorInvalidParameter")["message"]
    assert message == "The value of parameter 'StartDateTime' is invalid."


def test_a_series_comes_to_another_zone_with_its_recurrence(client, master):
    times = {
        "start": at("03-02", 9, "America/New_York"),
        "end": at("03-02", 10, "America/New_York"),
    }
    refused = client.patch(f"/v1.0/me/events/{master['id']}", json=times)
    assert_error(refused, 400, "ErrorPropertyValidationFailure", "with its recurrence")
    same = {"start": at("03-02", 8, "Etc/UTC"), "end": at("03-02", 9, "Etc/UTC")}
    assert change(client, master, same)["type"] == "seriesMaster"
    moved = change(client, master, {**times, "recurrence": event()["recurrence"]})
    assert moved["originalStartTimeZone"] == "America/New_York"
    assert days(week(client))[:7] == [*(f"03-0{day}T14" for day in range(2, 8)), "03-08T13"]


def test_null_is_what_nobody_says(client):
    usual = {"showAs": "busy", "importance": "normal", "sensitivity": "normal", "isAllDay": False, "isReminderOn": True, "reminderMinutesBeforeStart": 15, "responseRequested": True, "allowNewTimeProposals": True, "hideAttendees": False}  # fmt: skip
    body = {"subject": "x", "start": at("03-02"), "end": at("03-02", 10)}
    made = make(client, "me/events", {**body, **dict.fromkeys(usual)})
    assert usual.items() <= made.items()
    other = make(client, "me/events", {**body, "showAs": "free", "isReminderOn": False})
    assert usual.items() <= change(client, other, dict.fromkeys(usual)).items()
    blank = {"businessPhones": [], "homePhones": [], "homeAddress": {}}
    contact = make(client, "me/contacts", {"givenName": "Ada", **dict.fromkeys(blank)})
    assert blank.items() <= contact.items()
