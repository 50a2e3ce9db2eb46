"""What has changed of a window of a calendar, since a token."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make

WINDOW = "startDateTime=2026-03-02&endDateTime=2026-03-05"
BRIEF = {"@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end"}


def at(day, hour=9):
    return {"dateTime": f"2026-03-{day:02}T{hour:02}:00:00", "timeZone": "UTC"}


def event(day=3, hour=15, **more):
    return {"subject": "Tea", "start": at(day, hour), "end": at(day, hour + 1), **more}


def series():
    recurrence = {"pattern": {"type": "daily", "interval": 1}, "range": {"type": "noEnd", "startDate": "2026-03-01"}}  # fmt: skip
    return event(1, 9, recurrence=recurrence)


def round_of(client, url):
    """What a round tells, and where the next one begins."""
    found = []
    while True:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        found += answer.json["value"]
        url = answer.json.get("@odata.nextLink", answer.json.get("@odata.deltaLink"))
        url = url.removeprefix("http://localhost")
        if "@odata.deltaLink" in answer.json:
            return found, url


@pytest.fixture(params=["me/calendarView", "me/calendar/calendarView"])
def begun(client, request):
    """A client of a calendar with an event and a series, what is told first, and the next link."""
    make(client, "me/events", event())
    make(client, "me/events", series())
    make(client, "me/events", event(9))
    return client, *round_of(client, f"/v1.0/{request.param}/delta?{WINDOW}")


def view(client):
    return listed(client, f"me/calendarView?{WINDOW}")


def test_the_first_round_has_series_whole_and_occurrences_in_brief(begun):
    client, found, _ = begun
    assert [each["type"] for each in found] == ["singleInstance", "seriesMaster", *["occurrence"] * 3]  # fmt: skip
    assert {each["@odata.type"] for each in found} == {"#microsoft.graph.event"}
    assert found[1]["recurrence"]["pattern"]["type"] == "daily"
    for each in found[2:]:
        assert {*each} == BRIEF
    assert {each["id"] for each in found if each["type"] != "seriesMaster"} == {each["id"] for each in view(client)}  # fmt: skip


@pytest.mark.parametrize(
    "option", ["$select=id", "$expand=attachments", "$filter=isAllDay eq true"]
)
def test_changes_of_a_window_are_told_whole(client, option):
    refused = client.get(f"/v1.0/me/calendarView/delta?{WINDOW}&{option}")
    assert_error(refused, 400, "BadRequest", option.partition("=")[0], "$top")


def test_pages_hold_what_is_preferred(client):
    make(client, "me/events", series())
    url, sizes = f"/v1.0/me/calendarView/delta?{WINDOW}", []
    while "deltatoken" not in url:
        answer = client.get(url, headers={"Prefer": "odata.maxpagesize=3"}).json
        sizes.append(len(answer["value"]))
        url = answer.get("@odata.nextLink", answer.get("@odata.deltaLink"))
        url = url.removeprefix("http://localhost")
    assert sizes == [3, 1]


def test_pages_hold_more_than_usual_where_that_is_preferred(client):
    make(client, "me/events", series())
    url = f"/v1.0/me/calendarView/delta?{WINDOW}".replace("03-05", "03-30")
    answer = client.get(url, headers={"Prefer": "odata.maxpagesize=50"}).json
    assert len(answer["value"]) > 20
    assert "@odata.deltaLink" in answer


def test_nothing_is_told_when_nothing_has_changed(begun):
    client, _, link = begun
    found, again = round_of(client, link)
    assert found == []
    assert again != ""


def test_what_comes_and_goes_is_told(begun):
    client, first, link = begun
    new = make(client, "me/events", event(4))
    make(client, "me/events", event(20))
    client.patch(f"/v1.0/me/events/{first[0]['id']}", json={"subject": "Cake"})
    found, link = round_of(client, link)
    assert {each["id"]: each["subject"] for each in found} == {new["id"]: "Tea", first[0]["id"]: "Cake"}  # fmt: skip
    client.patch(f"/v1.0/me/events/{new['id']}", json={"start": at(8), "end": at(8, 10)})
    client.delete(f"/v1.0/me/events/{first[0]['id']}")
    found, _ = round_of(client, link)
    gone = {each["id"] for each in found if each["@removed"] == {"reason": "deleted"}}
    assert gone == {new["id"], first[0]["id"]}


def test_what_becomes_of_a_series_is_told(begun):
    client, first, link = begun
    master, second, third = first[1], first[2], first[3]
    client.patch(f"/v1.0/me/events/{second['id']}", json={"subject": "Cake"})
    found, link = round_of(client, link)
    assert [(each["id"], each["type"], each["subject"]) for each in found] == [(second["id"], "exception", "Cake")]  # fmt: skip
    client.delete(f"/v1.0/me/events/{third['id']}")
    found, link = round_of(client, link)
    gone = [each["id"] for each in found if "@removed" in each]
    assert gone == [third["id"]]
    assert [each["type"] for each in found if "type" in each] == ["seriesMaster", "occurrence"]
    client.delete(f"/v1.0/me/events/{second['id']}")
    found, link = round_of(client, link)
    assert [each["id"] for each in found if "@removed" in each].count(second["id"]) == 1
    client.patch(f"/v1.0/me/events/{master['id']}", json={"subject": "All"})
    found, link = round_of(client, link)
    assert master["id"] in [each["id"] for each in found]


@pytest.mark.parametrize(
    ("query", "code"),
    [("", "ErrorInvalidParameter"), (f"?{WINDOW}&$select=subject", None), (f"?{WINDOW}&$filter=subject eq 'x'", None)],
)  # fmt: skip
def test_a_round_needs_a_window_and_takes_little_else(client, query, code):
    refused = client.get(f"/v1.0/me/calendarView/delta{query}")
    assert refused.status_code == 400, refused.text
    if code:
        assert_error(refused, 400, code)


UNTRACKED = "Unsupported request: Change tracking is not supported against 'microsoft.graph.event'."


@pytest.mark.parametrize("place", ["me/events", "me/calendar/events"])
def test_beta_tells_of_events_that_begin_from_a_moment_on(client, place):
    make(client, "me/events", event(1))
    kept = make(client, "me/events", event(4))
    make(client, "me/events", series())
    url = f"/beta/{place}/delta?startDateTime=2026-03-02T00:00:00%2B01:00"
    ((found,), link) = round_of(client, url)
    assert {*found} == {"@odata.type", "@odata.etag", "id", "type", "start", "end"}
    assert (found["id"], found["start"]["dateTime"][:10]) == (kept["id"], "2026-03-04")
    make(client, "me/events", event(1))
    new = make(client, "me/events", event(5))
    client.patch(f"/v1.0/me/events/{kept['id']}", json={"start": at(1), "end": at(1, 10)})
    told, _ = round_of(client, link)
    assert {each["id"]: "@removed" in each for each in told} == {kept["id"]: True, new["id"]: False}
    whole, _ = round_of(client, f"/beta/{place}/delta")
    assert len(whole) == 5
    for stable in (f"/v1.0/{place}/delta", url.replace("/beta", "/v1.0")):
        error = assert_error(client.get(stable), 400, "BadRequest", "beta alone")
        assert error["message"] == UNTRACKED
    assert_error(client.get(f"{url}&endDateTime=2026-03-09"), 400, "BadRequest", "endDateTime")
    wrong = client.get(f"/beta/{place}/delta?startDateTime=soon")
    assert_error(wrong, 400, "ErrorInvalidParameter", "StartDateTime")
