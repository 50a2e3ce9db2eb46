"""Planner's declarations."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

GROUP = "02bd9fd6-8f93-4758-87c3-1fb73740a315"


@pytest.fixture
def plan(client):
    """A plan in a group."""
    seed(client, {"groups": [{"id": GROUP}]})
    return make(client, "planner/plans", {"title": "Launch", "container": {"containerId": GROUP}})


def make_task(client, plan, **properties):
    """A task in a plan."""
    return make(client, "planner/tasks", {"planId": plan["id"], "title": "Write", **properties})


def test_a_plan_is_in_its_group(client, plan):
    assert plan["owner"] == GROUP
    assert plan["container"]["url"].endswith(f"/groups/{GROUP}")
    assert [each["id"] for each in listed(client, f"groups/{GROUP}/planner/plans")] == [plan["id"]]
    refused = client.post("/v1.0/planner/plans", json={"title": "Homeless"})
    assert refused.status_code == 400


def test_tasks_are_seen_in_their_plan_and_bucket(client, plan):
    bucket = make(client, "planner/buckets", {"name": "To do", "planId": plan["id"]})
    task = make_task(client, plan, bucketId=bucket["id"])
    make_task(client, plan)

    assert len(listed(client, f"planner/plans/{plan['id']}/tasks")) == 2
    there = listed(client, f"planner/buckets/{bucket['id']}/tasks")
    assert [each["id"] for each in there] == [task["id"]]
    buckets = listed(client, f"planner/plans/{plan['id']}/buckets")
    assert [each["id"] for each in buckets] == [bucket["id"]]


def test_a_task_is_seen_by_whom_it_is_assigned_to(client, plan):
    seed(client, {"users": [{"id": "ada"}, {"id": "bob"}]})
    assignment = {"@odata.type": "#microsoft.graph.plannerAssignment", "orderHint": " !"}
    task = make_task(client, plan, assignments={"ada": assignment})

    assert [each["id"] for each in listed(client, "users/ada/planner/tasks")] == [task["id"]]
    assert listed(client, "users/bob/planner/tasks") == []


def test_a_seeded_task_of_a_user_is_assigned(client, plan):
    seed(client, {"users/ada/planner/tasks": [{"title": "Read", "planId": plan["id"]}]})

    (task,) = listed(client, f"planner/plans/{plan['id']}/tasks")
    assert list(task["assignments"]) == ["ada"]


def test_a_write_names_the_version_that_it_is_about(client, plan):
    path = f"/v1.0/planner/plans/{plan['id']}"
    change = {"title": "Landing"}

    for response in (client.patch(path, json=change), client.delete(path)):
        assert_error(response, 412, "", "If-Match header must be specified")
    for tag in ("*", "abc"):
        refused = client.patch(path, json=change, headers={"If-Match": tag})
        assert_error(refused, 400, "", "invalid value")

    current = {"If-Match": plan["@odata.etag"]}
    changed = client.patch(path, json=change, headers=current)
    assert (changed.status_code, changed.data) == (204, b"")
    stale = client.patch(path, json=change, headers=current)
    assert_error(stale, 409, "", "conflicted")


def test_a_write_answers_with_what_it_made_where_that_is_preferred(client, plan):
    wish = {"If-Match": plan["@odata.etag"], "Prefer": "return=representation"}

    changed = client.patch(f"/v1.0/planner/plans/{plan['id']}", json={"title": "b"}, headers=wish)

    assert changed.status_code == 200
    assert changed.json["title"] == "b"
    assert changed.json["@odata.etag"] != plan["@odata.etag"]


def test_details_are_there_from_the_start(client, plan):
    task = make_task(client, plan)
    path = f"/v1.0/planner/tasks/{task['id']}/details"
    details = client.get(path).json
    assert details["id"] == task["id"]

    one = {"1": {"@odata.type": "#microsoft.graph.plannerChecklistItem", "title": "a"}}
    first = client.patch(
        path, json={"checklist": one}, headers={"If-Match": details["@odata.etag"]}
    )
    assert first.status_code == 204, first.text
    details = client.get(path).json
    assert details["checklist"]["1"]["title"] == "a"

    gone = {"checklist": {"1": None}}
    client.patch(path, json=gone, headers={"If-Match": details["@odata.etag"]})
    assert client.get(path).json["checklist"] == {}


def test_the_plan_of_a_task_stays(client, plan):
    task = make_task(client, plan)

    refused = client.patch(
        f"/v1.0/planner/tasks/{task['id']}",
        json={"planId": "other"},
        headers={"If-Match": task["@odata.etag"]},
    )

    assert refused.status_code == 400


def test_a_completed_task_says_when(client, plan):
    task = make_task(client, plan)
    path, head = f"/v1.0/planner/tasks/{task['id']}", {"If-Match": task["@odata.etag"]}

    client.patch(path, json={"percentComplete": 100}, headers=head)

    assert client.get(path).json["completedDateTime"]


def test_a_deleted_plan_takes_along_what_is_in_it(client, plan):
    other = make(client, "planner/plans", {"title": "b", "container": {"containerId": GROUP}})
    for each in (plan, other):
        make(client, "planner/buckets", {"name": "To do", "planId": each["id"]})
        make_task(client, each)

    head = {"If-Match": plan["@odata.etag"]}
    assert client.delete(f"/v1.0/planner/plans/{plan['id']}", headers=head).status_code == 204

    for path in ("planner/tasks", "planner/buckets"):
        assert [each["planId"] for each in listed(client, path)] == [other["id"]]
