"""Planner's declarations."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.graph.whole.test_permissions import send as ask

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


def test_a_plan_is_seen_by_whom_its_details_share_it_with(client, plan):
    seed(client, {"users": [{"id": "ada"}, {"id": "bob"}]})
    path = f"/v1.0/planner/plans/{plan['id']}/details"
    for shared, seen in (({"ada": True}, 1), ({"ada": None, "bob": True}, 0)):
        head = {"If-Match": client.get(path).json["@odata.etag"]}
        answer = client.patch(path, json={"sharedWith": shared}, headers=head)
        assert answer.status_code == 204, answer.text
        assert len(listed(client, "users/ada/planner/plans")) == seen
    (theirs,) = listed(client, "users/bob/planner/plans")
    assert theirs["id"] == plan["id"]
    assert client.get(f"/v1.0/users/bob/planner/plans/{plan['id']}").json["title"] == "Launch"
    assert client.get(f"/v1.0/users/ada/planner/plans/{plan['id']}").status_code == 404


def test_a_plan_that_is_seeded_among_ones_own_is_shared_with_one(client):
    seed(client, {"users": [{"id": "ada"}]})
    seed(client, {"users/ada/planner/plans": [{"title": "Mine", "owner": GROUP}]})
    (mine,) = listed(client, "users/ada/planner/plans")
    details = client.get(f"/v1.0/planner/plans/{mine['id']}/details").json
    assert details["sharedWith"] == {"ada": True}


def test_a_seeded_task_of_a_user_is_assigned(client, plan):
    seed(client, {"users/ada/planner/tasks": [{"title": "Read", "planId": plan["id"]}]})

    (task,) = listed(client, f"planner/plans/{plan['id']}/tasks")
    assert list(task["assignments"]) == ["ada"]


def test_a_write_names_the_version_that_it_is_about(client, plan):
    path = f"/v1.0/planner/plans/{plan['id']}"
    change = {"title": "Landing"}

    for response in (client.patch(path, json=change), client.delete(path)):
        assert_error(response, 412, "", "If-Match header must be specified")
    task = make_task(client, plan)
    for tag in ("*", "abc", 'W/"abc"', '"a b"', task["@odata.etag"]):
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


def write(client, path, body, **headers):
    """Change the version that is there."""
    tag = {"If-Match": client.get(f"/v1.0/{path}").json["@odata.etag"]}
    return client.patch(f"/v1.0/{path}", json=body, headers={**tag, **headers})


def change(client, path, body, **headers):
    """Change the version that is there, and give what it is then."""
    answer = write(client, path, body, **headers)
    assert answer.status_code in (200, 204), answer.text
    return client.get(f"/v1.0/{path}").json


def test_what_is_in_no_plan_or_bucket_is_refused(client, plan):
    other = make(client, "planner/plans", {"title": "b", "owner": GROUP})
    bucket = make(client, "planner/buckets", {"name": "a", "planId": other["id"]})["id"]
    for path, body in (
        ("buckets", {"name": "x", "planId": "none"}),
        ("tasks", {"title": "x", "planId": "none"}),
        ("tasks", {"title": "x", "planId": plan["id"], "bucketId": "none"}),
        ("tasks", {"title": "x", "planId": plan["id"], "bucketId": bucket}),
    ):
        answer = client.post(f"/v1.0/planner/{path}", json=body)
        assert_error(answer, 404, "", "The requested item is not found.")
    task = make_task(client, plan)
    tag = {"If-Match": task["@odata.etag"]}
    moved = client.patch(f"/v1.0/planner/tasks/{task['id']}", json={"bucketId": "no"}, headers=tag)
    assert_error(moved, 404, "")


@pytest.mark.parametrize("name", ["details", "bucketTaskBoardFormat", "progressTaskBoardFormat"])
def test_what_stands_beside_a_task_has_versions_of_its_own(client, plan, name):
    path = f"planner/tasks/{make_task(client, plan)['id']}/{name}"
    body = {"description": "x"} if name == "details" else {"orderHint": "A B!"}
    first = client.get(f"/v1.0/{path}").json["@odata.etag"]
    assert client.patch(f"/v1.0/{path}", json=body, headers={"If-Match": first}).status_code == 204

    stale = client.patch(f"/v1.0/{path}", json=body, headers={"If-Match": first})

    assert_error(stale, 409, "", "conflicted")
    of_plan = {"If-Match": plan["@odata.etag"]}
    assert_error(
        client.patch(f"/v1.0/{path}", json=body, headers=of_plan), 400, "", "invalid value"
    )
    assert_error(client.patch(f"/v1.0/{path}", json=body), 412, "", "must be specified")


def test_a_task_counts_what_its_details_have(client, plan):
    task = make_task(client, plan)
    path = f"planner/tasks/{task['id']}"
    item = {"@odata.type": "#microsoft.graph.plannerChecklistItem"}
    details = {
        "description": "Long",
        "checklist": {"1": {**item, "title": "a", "isChecked": True}, "2": {**item, "title": "b"}},
        "references": {
            "http%3A//a%2Eb": {"@odata.type": "#microsoft.graph.plannerExternalReference"}
        },
    }
    change(client, f"{path}/details", details)

    found = client.get(f"/v1.0/{path}").json

    names = ("hasDescription", "checklistItemCount", "activeChecklistItemCount", "referenceCount")
    assert [found[name] for name in names] == [True, 2, 1, 1]
    old = client.patch(
        f"/v1.0/{path}", json={"title": "x"}, headers={"If-Match": task["@odata.etag"]}
    )
    assert_error(old, 409, "")
    change(client, f"{path}/details", {"checklist": {"2": None}, "description": ""})
    found = client.get(f"/v1.0/{path}").json
    assert [found[name] for name in names] == [False, 1, 0, 1]


def test_a_task_says_who_did_what(client, plan):
    seed(client, {"users": [{"id": "ada", "displayName": "Ada"}, {"id": "bob"}]})
    task = make_task(client, plan)
    path = f"planner/tasks/{task['id']}"
    assert task["createdBy"]["user"]["id"] == "ada"
    to_bob = {"bob": {"@odata.type": "#microsoft.graph.plannerAssignment", "orderHint": " !"}}

    found = change(client, path, {"assignments": to_bob, "percentComplete": 100})

    assert found["completedBy"]["user"]["id"] == "ada"
    assert found["assignments"]["bob"]["assignedBy"]["user"]["id"] == "ada"
    assert found["assignments"]["bob"]["assignedDateTime"]
    found = change(client, path, {"assignments": {"bob": None}, "percentComplete": 50})
    assert (found["completedBy"], found["completedDateTime"], found["assignments"]) == (
        None,
        None,
        {},
    )


def test_order_hints_are_places_between_others(client, plan):
    def bucket(hint):
        body = {"name": "x", "planId": plan["id"], "orderHint": hint}
        return make(client, "planner/buckets", body)["orderHint"]

    first = bucket(" !")
    last = bucket(f"{first} !")
    middle = bucket(f"{first} {last}!")
    before = bucket(f" {first}!")
    for _ in range(30):
        last = bucket(f"{middle} {last}!")
        assert middle < last
    assert before < first < middle < last
    assert not any(" " in each or each.endswith("!") for each in (before, first, middle))
    assert bucket("8585abc") == "8585abc"
    for wrong in (f"{last} {first}!", "a b c!", "a b", f"{first} {first}!"):
        body = {"name": "x", "planId": plan["id"], "orderHint": wrong}
        assert_error(client.post("/v1.0/planner/buckets", json=body), 400, "", "no order hint")


def test_hints_are_worked_out_wherever_they_are(client, plan):
    task = make_task(client, plan, assigneePriority=" !", assignments={"ada": {"orderHint": " !"}})
    path = f"planner/tasks/{task['id']}"
    assert task["assignments"]["ada"]["assignedDateTime"]
    hints = [task["orderHint"], task["assigneePriority"], task["assignments"]["ada"]["orderHint"]]
    board = change(
        client, f"{path}/assignedToTaskBoardFormat", {"orderHintsByAssignee": {"ada": "A B!"}}
    )
    hints.append(board["orderHintsByAssignee"]["ada"])
    item = {"@odata.type": "#microsoft.graph.plannerChecklistItem", "title": "a", "orderHint": " !"}
    hints.append(
        change(client, f"{path}/details", {"checklist": {"1": item}})["checklist"]["1"]["orderHint"]
    )
    hints.append(
        change(client, f"{path}/progressTaskBoardFormat", {"orderHint": "A B!"})["orderHint"]
    )
    hints.append(change(client, path, {"orderHint": "A B!"})["orderHint"])

    assert [each for each in hints if " " in each] == []
    assert all("A" < each < "B" for each in (hints[3], hints[5], hints[6]))


def test_planner_gives_lists_whole(client, plan):
    for _ in range(3):
        make_task(client, plan)

    assert len(listed(client, f"planner/plans/{plan['id']}/tasks?$top=1")) == 3
    told = client.get("/_fakegraph/requests").json["value"][-1]["ignored"]
    assert any("$top" in each for each in told)


def test_what_is_in_a_dictionary_is_an_object(client, plan):
    task = make_task(client, plan)
    path = f"planner/tasks/{task['id']}"
    for where, body in (
        (path, {"assignments": {"ada": "x"}}),
        (f"{path}/details", {"checklist": {"1": "x"}}),
        (f"{path}/details", {"references": {"x": [1]}}),
    ):
        tag = {"If-Match": client.get(f"/v1.0/{where}").json["@odata.etag"]}
        refused = client.patch(f"/v1.0/{where}", json=body, headers=tag)
        assert_error(refused, 400, "", "is an object, or null")


def test_a_roster_has_the_plans_whose_container_it_is(client):
    roster = client.post("/beta/planner/rosters", json={}).json["id"]
    url = f"https://graph.microsoft.com/beta/planner/rosters/{roster}"
    said = {"url": url}, {"containerId": roster, "type": "roster"}
    prefer = {"Prefer": "include-unknown-enum-members"}

    plans = [
        make(client, "planner/plans", {"title": "Ours", "container": each})["id"] for each in said
    ]

    for each in plans:
        container = client.get(f"/v1.0/planner/plans/{each}", headers=prefer).json["container"]
        assert container == {"containerId": roster, "type": "roster", "url": url}
    found = client.get(f"/beta/planner/rosters/{roster}/plans?$select=id").json["value"]
    assert sorted(each["id"] for each in found) == sorted(plans)


@pytest.mark.parametrize(
    ("path", "said", "status"),
    [
        ("plans", {"title": "x", "owner": "nobody"}, 404),
        ("plans", {"title": "x", "container": {"url": "junk"}}, 404),
        ("plans", {"title": "", "owner": GROUP}, 400),
        ("buckets", {"name": ""}, 400),
        ("tasks", {"title": ""}, 400),
        ("tasks", {"title": "x", "assignments": {"ada": {"since": "today"}}}, 400),
        ("tasks", {"title": "x", "assignments": {"ada": {"orderHint": 1}}}, 400),
        ("tasks", {"title": "x", "appliedCategories": {"category26": True}}, 400),
        ("tasks", {"title": "x", "appliedCategories": {"category1": "yes"}}, 400),
    ],
)
def test_what_planner_has_no_place_for_is_refused(client, plan, path, said, status):
    body = said if path == "plans" else {"planId": plan["id"], **said}
    before = len(listed(client, f"planner/{path}"))
    assert client.post(f"/v1.0/planner/{path}", json=body).status_code == status
    assert len(listed(client, f"planner/{path}")) == before


def test_entries_of_a_checklist_have_what_such_have(client, plan):
    path = f"/v1.0/planner/tasks/{make_task(client, plan)['id']}/details"
    for entry in ({"done": True}, {"title": "x", "isChecked": "yes"}):
        head = {"If-Match": client.get(path).json["@odata.etag"]}
        changed = client.patch(path, json={"checklist": {"a": entry}}, headers=head)
        assert_error(changed, 400, "", "'a'")
    assert client.get(path).json["checklist"] == {}


@pytest.mark.parametrize(
    ("name", "most", "code"),
    [
        ("checklist", 20, "MaximumChecklistItemsOnTask"),
        ("references", 15, "MaximumReferencesOnTask"),
    ],
)
def test_a_task_has_so_many_of_each_at_most(client, plan, name, most, code):
    path = f"planner/tasks/{make_task(client, plan)['id']}/details"

    many = {f"e{number}": {} for number in range(most + 1)}
    assert_error(write(client, path, {name: many}), 403, code)
    many["e0"] = None
    assert write(client, path, {name: many}).status_code == 204
    assert_error(write(client, path, {name: {"more": {}}}), 403, code)
    assert len(client.get(f"/v1.0/{path}").json[name]) == most


def test_a_task_has_twenty_assignees_at_most_and_a_plan_is_shared_or_not(client, plan):
    many = {f"u{number}": {"orderHint": " !"} for number in range(21)}
    body = {"planId": plan["id"], "title": "x", "assignments": many}
    answer = client.post("/v1.0/planner/tasks", json=body)
    assert_error(answer, 403, "MaximumAssigneesInTasks")
    many.popitem()
    assert client.post("/v1.0/planner/tasks", json=body).status_code == 201

    path = f"planner/plans/{plan['id']}/details"
    assert_error(write(client, path, {"sharedWith": {"ada": "x"}}), 400, "")


def test_who_makes_a_plan_is_in_its_group(make_client):
    client = make_client(auth="strict")
    people = [{"id": each, "userPrincipalName": f"{each}@contoso.com"} for each in ("ada", "bob")]
    said = {"users": people, "groups": [{"id": GROUP, "members": [{"id": "ada"}]}]}
    assert client.post("/_fakegraph/seed", json=said).status_code == 200
    body = {"title": "Launch", "container": {"containerId": GROUP}}

    for who, status in (("ada", 201), ("bob", 403)):
        user = f"{who}@contoso.com"
        made = ask(client, "POST", "planner/plans", body, user=user, scp="Tasks.ReadWrite")
        assert made.status_code == status, made.text


def test_an_assignment_to_nobody_is_told(client, plan):
    seed(client, {"users": [{"id": "ada"}]})
    both = {name: {"orderHint": " !"} for name in ("ada", "nobody")}
    task = make_task(client, plan, assignments=both)

    def told():
        noted = client.get("/_fakegraph/requests").json["value"]
        return [each["ignored"] for each in noted if each["method"] in ("POST", "PATCH")][-1]

    assert ["'nobody'" in each for each in told()] == [True]
    change(client, f"planner/tasks/{task['id']}", {"title": "B"})
    assert told() == []


def test_plans_go_with_their_group_and_come_back_with_it(client):
    unified = {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False}
    group = make(client, "groups", {"displayName": "G", "mailNickname": "g", **unified})["id"]
    plan = make(client, "planner/plans", {"title": "P", "owner": group})
    bucket = make(client, "planner/buckets", {"name": "B", "planId": plan["id"]})
    task = make_task(client, plan, bucketId=bucket["id"], assignments={"ada": {"orderHint": " !"}})
    seed(client, {"users": [{"id": "ada"}]})
    paths = [f"plans/{plan['id']}", f"buckets/{bucket['id']}", f"tasks/{task['id']}"]
    paths += [f"plans/{plan['id']}/tasks", f"tasks/{task['id']}/details"]

    def statuses():
        return {client.get(f"/v1.0/planner/{path}").status_code for path in paths}

    assert client.delete(f"/v1.0/groups/{group}").status_code == 204
    assert statuses() == {404}
    assert listed(client, "users/ada/planner/tasks") == []
    assert client.post(f"/v1.0/directory/deletedItems/{group}/restore").status_code == 200
    assert statuses() == {200}
    assert [each["id"] for each in listed(client, "users/ada/planner/tasks")] == [task["id"]]
    assert client.delete(f"/v1.0/groups/{group}").status_code == 204
    assert client.delete(f"/v1.0/directory/deletedItems/{group}").status_code == 204
    assert statuses() == {404}
