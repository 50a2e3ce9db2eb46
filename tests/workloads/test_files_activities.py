"""What has been done to files, items of lists and sites, by days, weeks and months."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make
from tests.workloads.test_files import put

TASKS = "sites/root/lists/Tasks"


def done(client, path, start, end, interval):
    asked = f"startDateTime='{start}',endDateTime='{end}',interval='{interval}'"
    return listed(client, f"{path}/getActivitiesByInterval({asked})")


def at(client, moment):
    client.put("/_fakegraph/clock", json={"now": moment, "frozen": True})


@pytest.fixture
def busy(client):
    make(client, "sites/root/lists", {"displayName": "Tasks"})
    for day, text in ((1, b"a"), (1, b"b"), (3, b"c")):
        at(client, f"2026-03-0{day}T08:00:00Z")
        put(client, "sites/root/drive/root:/a.txt:/content", text)
    make(client, f"{TASKS}/items", {"fields": {"Title": "x"}})
    at(client, "2026-04-02T08:00:00Z")
    client.patch(f"/v1.0/{TASKS}/items/1/fields", json={"Title": "y"})
    return client


def test_a_file_tells_when_it_was_made_and_edited(busy):
    once = {"actionCount": 1, "actorCount": 1}
    first = {"startDateTime": "2026-03-01T00:00:00Z", "endDateTime": "2026-03-02T00:00:00Z"}
    third = {"startDateTime": "2026-03-03T00:00:00Z", "endDateTime": "2026-03-04T00:00:00Z"}
    for path in ("sites/root/drive/root:/a.txt:", "sites/root/lists/Documents/items/1"):
        days = done(busy, path, "2026-03-01", "2026-03-9", "day")

        assert days == [{**first, "create": once, "edit": once}, {**third, "edit": once}]


def test_a_site_tells_of_all_that_lies_in_it(busy):
    told = done(busy, "sites/root", "2026-01-15", "2026-05-01", "month")

    said = [(each["startDateTime"][:10], each["endDateTime"][:10]) for each in told]
    assert said == [("2026-03-01", "2026-04-01"), ("2026-04-01", "2026-05-01")]
    march, april = (
        {k: v["actionCount"] for k, v in each.items() if "Time" not in k} for each in told
    )
    assert (march, april) == ({"create": 2, "edit": 2}, {"edit": 1})
    assert done(busy, "sites/root", "9999-12-01", "9999-12-31", "month") == []
    (week,) = done(busy, f"{TASKS}/items/1", "2026-03-30", "2026-04-20", "week")
    assert (week["startDateTime"][:10], week["edit"]["actionCount"]) == ("2026-03-30", 1)


@pytest.mark.parametrize(
    ("start", "end", "interval", "words"),
    [
        ("2026-03-01", "2026-03-01", "day", "comes after"),
        ("2026-03-01", "2026-02-30", "day", "'endDateTime' is a date"),
        ("yesterday", "2026-03-01", "day", "'startDateTime' is a date"),
        ("2026-03-01", "2026-03-02", "hour", "'interval' is day, week, month"),
        ("2026-01-01", "2026-04-01", "day", "less than 90"),
        ("0001-01-01", "9999-12-31", "week", "more than 1000"),
    ],
)
def test_what_is_no_time_to_count_in_is_refused(client, start, end, interval, words):
    asked = f"startDateTime='{start}',endDateTime='{end}',interval='{interval}'"
    answer = client.get(f"/v1.0/sites/root/getActivitiesByInterval({asked})")

    assert_error(answer, 400, "invalidRequest", words)
