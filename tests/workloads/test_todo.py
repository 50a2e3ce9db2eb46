"""To Do's declarations."""

from __future__ import annotations

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed


def test_two_lists_are_there_from_the_start(client):
    lists = {each["displayName"]: each for each in listed(client, "me/todo/lists")}

    assert lists["Tasks"]["wellknownListName"] == "defaultList"
    assert lists["Flagged Emails"]["wellknownListName"] == "flaggedEmails"
    path = f"/v1.0/me/todo/lists/{lists['Tasks']['id']}"
    assert_error(client.delete(path), 400, "invalidRequest", "cannot be deleted")
    renamed = client.patch(path, json={"displayName": "Mine"})
    assert_error(renamed, 400, "invalidRequest", "cannot be renamed")


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
