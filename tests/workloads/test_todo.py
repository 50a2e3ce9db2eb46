"""To Do's declarations."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("me/todo/lists", {"displayName": "L"}, "displayName"),
        ("me/mailFolders", {"displayName": "F"}, "displayName"),
        ("me/calendars", {"name": "C"}, "name"),
    ],
)
def test_what_a_thing_is_not_made_without_is_not_taken_away(client, path, body, name):
    made = f"/v1.0/{path}/{make(client, path, body)['id']}"

    answer = client.patch(made, json={name: None})

    assert answer.status_code == 400, answer.text
    assert name in answer.text
    assert client.get(made).json[name] == body[name]


@pytest.mark.parametrize(
    "path", ["me", "me/calendar", "organization/{org}", "me/todo/lists/{list}"]
)
def test_what_has_no_bytes_is_not_read_as_bytes(client, path):
    names = {"list": make(client, "me/todo/lists", {"displayName": "L"})["id"]}
    names["org"] = listed(client, "organization")[0]["id"]
    place = f"/v1.0/{path.format(**names)}"
    assert client.get(place).status_code == 200

    assert_error(client.get(f"{place}/$value"), 400, "BadRequest", "has no bytes")


def test_two_lists_are_there_from_the_start(client):
    lists = {each["displayName"]: each for each in listed(client, "me/todo/lists")}

    assert lists["Tasks"]["wellknownListName"] == "defaultList"
    assert lists["Flagged Emails"]["wellknownListName"] == "flaggedEmails"
    path = f"/v1.0/me/todo/lists/{lists['Tasks']['id']}"
    assert_error(client.delete(path), 400, "invalidRequest", "cannot be deleted")
    renamed = client.patch(path, json={"displayName": "Mine"})
    assert_error(renamed, 400, "invalidRequest", "cannot be renamed")


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("me/todo/lists", 1000),
        ("me/todo/lists/tasks/tasks", 1000),
        ("me/mailFolders", 1000),
        ("me/calendars", 1000),
        ("deviceManagement/managedDevices", 1000),
        ("sites/root/lists", 5000),
        ("me/drives", 5000),
    ],
)
def test_more_are_asked_for_at_once_than_of_the_directory(client, path, most):
    there = client.get(f"/v1.0/{path}")
    assert there.status_code == 200, there.text

    asked = client.get(f"/v1.0/{path}?$top={most}")

    assert (asked.status_code, asked.json["value"]) == (200, there.json["value"])
    assert client.get(f"/v1.0/users?$top={most}").status_code == 400


def test_a_word_means_the_list_that_is_there(client):
    made = make(client, "me/todo/lists/Tasks/tasks", {"title": "Read"})

    (found,) = [each for each in listed(client, "me/todo/lists") if each["displayName"] == "Tasks"]
    tasks = listed(client, f"me/todo/lists/{found['id']}/tasks")
    assert [each["id"] for each in tasks] == [made["id"]]


def test_a_task_needs_a_title_alone(client):
    refused = client.post("/v1.0/me/todo/lists/tasks/tasks", json={"importance": "low"})
    assert_error(refused, 400, "invalidRequest", "title")

    made = make(client, "me/todo/lists/tasks/tasks", {"title": "Read"})
    assert made["status"] == "notStarted"
    assert made["body"] == {"content": "", "contentType": "text"}
    assert "dueDateTime" not in made
    assert "completedDateTime" not in made


def test_what_comes_in_a_body_is_checked_as_what_is_posted_by_itself(client):
    tasks = "me/todo/lists/tasks/tasks"
    task = make(client, tasks, {"title": "Read", "checklistItems": [{"displayName": "a"}]})
    at, steps = f"/v1.0/{tasks}/{task['id']}", {"checklistItems": [{}]}

    bad = [client.post(f"/v1.0/{tasks}", json={"title": "Write", **steps})]
    bad += [client.patch(at, json=steps), client.post(f"{at}/checklistItems", json={})]

    for each in bad:
        assert_error(each, 400, "invalidRequest", "displayName")
    assert client.patch(at, json={"checklistItems": [{"displayName": "b"}]}).status_code == 200
    items = listed(client, f"{tasks}/{task['id']}/checklistItems")
    assert [each["displayName"] for each in items] == ["a", "b"]


def test_a_due_date_is_a_day_where_it_was_meant(client):
    due = {"dateTime": "2020-08-25T16:30:00", "timeZone": "Eastern Standard Time"}

    made = make(client, "me/todo/lists/tasks/tasks", {"title": "Read", "dueDateTime": due})

    assert made["dueDateTime"] == {"dateTime": "2020-08-25T04:00:00.0000000", "timeZone": "UTC"}


def test_a_completed_task_says_when(client):
    made = make(client, "me/todo/lists/tasks/tasks", {"title": "Read"})
    path = f"/v1.0/me/todo/lists/tasks/tasks/{made['id']}"

    done = client.patch(path, json={"status": "completed"}).json
    assert done["completedDateTime"]["timeZone"] == "UTC"

    again = client.patch(path, json={"status": "notStarted"}).json
    assert "completedDateTime" not in again
    assert again["@odata.etag"] not in (made["@odata.etag"], done["@odata.etag"])


def test_a_task_comes_with_what_it_is_about(client):
    made = make(
        client,
        "me/todo/lists/tasks/tasks",
        {
            "title": "Read",
            "linkedResources": [{"webUrl": "https://contoso.com", "displayName": "x"}],
        },
    )

    (found,) = listed(client, f"me/todo/lists/tasks/tasks/{made['id']}/linkedResources")
    assert found["webUrl"] == "https://contoso.com"


def test_a_checked_item_says_when(client):
    made = make(client, "me/todo/lists/tasks/tasks", {"title": "Read"})
    path = f"me/todo/lists/tasks/tasks/{made['id']}/checklistItems"
    item = make(client, path, {"displayName": "Chapter 1"})
    assert "checkedDateTime" not in item

    checked = client.patch(f"/v1.0/{path}/{item['id']}", json={"isChecked": True}).json
    assert checked["checkedDateTime"]


def test_a_seeded_list_of_that_name_is_the_one_that_is_there(client):
    seed(client, {"me/todo/lists": [{"id": "AAMkTASKS001", "displayName": "Tasks"}]})

    names = [each["displayName"] for each in listed(client, "me/todo/lists")]
    assert sorted(names) == ["Flagged Emails", "Tasks"]
    assert client.get("/v1.0/me/todo/lists/tasks").json["id"] == "AAMkTASKS001"


# What recurs, and what is attached --------------------------------------------------------------

TASKS = "me/todo/lists/Tasks/tasks"


def daily(zone="UTC", **more):
    recurrence = {"pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday", "thursday"]}, "range": {"type": "noEnd", "startDate": "2026-03-02"}}  # fmt: skip
    due = {"dateTime": "2026-03-02T15:00:00", "timeZone": zone}
    return {"title": "Water", "dueDateTime": due, "recurrence": recurrence, **more}


@pytest.mark.parametrize(
    ("zone", "first", "second"),
    [
        ("UTC", "2026-03-02T00:00:00", "2026-03-05T00:00:00"),
        ("Pacific Standard Time", "2026-03-02T08:00:00", "2026-03-05T08:00:00"),
        ("Tokyo Standard Time", "2026-03-01T15:00:00", "2026-03-04T15:00:00"),
    ],
)
def test_completing_what_recurs_makes_the_next_task(client, zone, first, second):
    steps = [{"displayName": "Roses", "isChecked": True}, {"displayName": "Palm"}]
    of = [{"webUrl": "https://contoso.com/7", "applicationName": "Shop", "displayName": "7", "externalId": "7"}]  # fmt: skip
    made = make(client, TASKS, daily(zone, checklistItems=steps, linkedResources=of, reminderDateTime={"dateTime": "2026-03-02T12:00:00", "timeZone": "UTC"}))  # fmt: skip
    assert made["dueDateTime"]["dateTime"] == f"{first}.0000000"
    assert made["recurrence"]["pattern"]["firstDayOfWeek"] == "sunday"
    one = f"/v1.0/{TASKS}/{made['id']}"
    for _ in range(2):  # the second time it is completed already
        assert client.patch(one, json={"status": "completed"}).json["status"] == "completed"
    (new,) = listed(client, f"{TASKS}?$filter=status ne 'completed'")
    assert new["id"] != made["id"]
    assert new["dueDateTime"]["dateTime"] == f"{second}.0000000"
    assert new["reminderDateTime"]["dateTime"].startswith("2026-03-05T12:00")
    assert new["recurrence"] == made["recurrence"]
    assert new.get("completedDateTime") is None
    again = listed(client, f"{TASKS}/{new['id']}/checklistItems")
    assert [(each["displayName"], each["isChecked"]) for each in again] == [("Roses", False), ("Palm", False)]  # fmt: skip
    assert all(each.get("checkedDateTime") is None for each in again)
    (link,) = listed(client, f"{TASKS}/{new['id']}/linkedResources")
    assert of[0].items() <= link.items()
    assert len(listed(client, f"{TASKS}/{made['id']}/linkedResources")) == 1
    before = listed(client, f"{TASKS}/{made['id']}/checklistItems")
    assert [each["isChecked"] for each in before] == [True, False]


def test_what_is_null_of_a_task_is_not_there(client):
    made = make(client, TASKS, {"title": "x", "body": None, "dueDateTime": None})
    assert made["body"] == {"content": "", "contentType": "text"}
    assert "dueDateTime" not in made
    one = f"/v1.0/{TASKS}/{made['id']}"
    due = {"dateTime": "2026-03-02T15:00:00", "timeZone": "UTC"}
    assert client.patch(one, json={"dueDateTime": due}).json["dueDateTime"]
    assert "dueDateTime" not in client.patch(one, json={"dueDateTime": None}).json


def test_a_reminder_that_has_no_time_is_off(client):
    made = make(client, TASKS, {"title": "x", "isReminderOn": True})
    assert made["isReminderOn"] is False
    moment = {"dateTime": "2026-03-02T12:00:00", "timeZone": "UTC"}
    on = {"isReminderOn": True, "reminderDateTime": moment}
    assert client.patch(f"/v1.0/{TASKS}/{made['id']}", json=on).json["isReminderOn"] is True


def test_what_recurs_so_often_ends(client):
    body = daily()
    body["recurrence"]["range"] = {"type": "numbered", "startDate": "2026-03-02", "numberOfOccurrences": 1}  # fmt: skip
    made = make(client, TASKS, body)
    client.patch(f"/v1.0/{TASKS}/{made['id']}", json={"status": "completed"})
    assert len(listed(client, TASKS)) == 1


@pytest.mark.parametrize("changes", [{"dueDateTime": None}, {"pattern": {"type": "weekly", "interval": 1}}])  # fmt: skip
def test_what_cannot_recur_is_refused(client, changes):
    body = daily()
    if "pattern" in changes:
        body["recurrence"]["pattern"] = changes["pattern"]
    else:
        body |= changes
    assert_error(client.post(f"/v1.0/{TASKS}", json=body), 400, "invalidRequest")


def test_a_task_has_one_linked_resource(client):
    resource = {"webUrl": "http://x", "applicationName": "App", "displayName": "There"}
    made = make(client, TASKS, {"title": "x", "linkedResources": [resource]})
    assert [each["webUrl"] for each in made["linkedResources"]] == [resource["webUrl"]]
    place = f"{TASKS}/{made['id']}/linkedResources"
    assert [each["webUrl"] for each in listed(client, place)] == ["http://x"]
    refused = client.post(f"/v1.0/{place}", json=resource)
    assert assert_error(refused, 400, "invalidRequest")["message"] == "Only one item in linkedResources is allowed."  # fmt: skip
    refused = client.post(f"/v1.0/{TASKS}", json={"title": "y", "linkedResources": [resource] * 2})
    assert_error(refused, 400, "invalidRequest")
    assert [each["title"] for each in listed(client, TASKS)] == ["x"]


def test_files_are_attached_to_tasks(client):
    made = make(client, TASKS, {"title": "x"})
    place = f"{TASKS}/{made['id']}/attachments"
    file = {"@odata.type": "#microsoft.graph.taskFileAttachment", "name": "a.txt", "contentType": "text/plain", "contentBytes": "aGk="}  # fmt: skip
    attached = make(client, place, file)
    assert attached["size"] == 2
    answer = client.get(f"/v1.0/{place}/{attached['id']}/$value")
    assert (answer.data, answer.mimetype) == (b"hi", "text/plain")
    assert client.get(f"/v1.0/{place}/{attached['id']}").json["contentBytes"] == "aGk="
    assert client.get(f"/v1.0/{TASKS}").json["value"][0]["hasAttachments"] is True
    large = {**file, "contentBytes": "A" * (4 * 1024 * 1024 + 8)}
    assert client.post(f"/v1.0/{place}", json=large).status_code == 413


def test_a_word_is_no_list_that_one_task_is_read_in(client):
    (tasks, *_) = listed(client, "me/todo/lists")
    made = make(client, "me/todo/lists/Tasks/tasks", {"title": "Buy milk"})

    refused = client.get(f"/v1.0/me/todo/lists/TASKS/tasks/{made['id']}")
    message = "Parent folder specified does not contain a Task with given Id"
    assert assert_error(refused, 404, "invalidRequest")["message"] == message
    assert client.get(f"/v1.0/me/todo/lists/{tasks['id']}/tasks/{made['id']}").status_code == 200
    changed = client.patch(f"/v1.0/me/todo/lists/Tasks/tasks/{made['id']}", json={"title": "x"})
    assert changed.json["title"] == "x"
    assert client.delete(f"/v1.0/me/todo/lists/Tasks/tasks/{made['id']}").status_code == 204


def test_a_list_that_is_not_there_is_deleted_all_the_same(client):
    made = make(client, "me/todo/lists", {"displayName": "Once"})
    statuses = [client.delete(f"/v1.0/me/todo/lists/{made['id']}").status_code for _ in range(2)]
    assert statuses == [204, 204]
    assert client.get(f"/v1.0/me/todo/lists/{made['id']}").status_code == 404


def test_the_name_of_a_list_is_not_empty(client):
    assert_error(client.post("/v1.0/me/todo/lists", json={"displayName": ""}), 400, "invalidRequest")  # fmt: skip
    made = make(client, "me/todo/lists", {"displayName": "L"})
    path = f"/v1.0/me/todo/lists/{made['id']}"
    assert_error(client.patch(path, json={"displayName": ""}), 400, "invalidRequest")


def test_what_a_task_has_is_not_searched(client):
    made = make(client, TASKS, {"title": "x"})
    for name in ("checklistItems", "linkedResources", "attachments"):
        answer = client.get(f'/v1.0/{TASKS}/{made["id"]}/{name}?$search="x"')
        assert_error(answer, 400, "BadRequest", "'$search' is not supported")
