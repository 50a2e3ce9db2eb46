"""Flagged messages, which are tasks of a list of their own, and large files of tasks."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

DAY = {"dateTime": "2026-11-27T00:00:00.0000000", "timeZone": "UTC"}
FLAGGED = {"flagStatus": "flagged", "startDateTime": DAY, "dueDateTime": DAY}


def tasks(client, user="me"):
    lists = listed(client, f"{user}/todo/lists")
    (one,) = [each["id"] for each in lists if each["wellknownListName"] == "flaggedEmails"]
    return f"{user}/todo/lists/{one}/tasks"


def flag(client, message, **flag):
    path = f"/v1.0/me/messages/{message}"
    answer = client.patch(path, json={"flag": flag})
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_flagged_message_is_a_task_with_a_link_to_it(client):
    made = make(client, "me/messages", {"subject": "Answer this", "flag": FLAGGED})
    (task,) = listed(client, f"{tasks(client)}?$expand=linkedResources")
    assert (task["title"], task["status"]) == ("Answer this", "notStarted")
    assert task["dueDateTime"] == task["startDateTime"] == DAY
    (link,) = task["linkedResources"]
    assert (link["applicationName"], link["displayName"]) == ("Outlook", "Answer this")
    assert (link["externalId"], link["webUrl"]) == (made["id"], made["webLink"])


def test_a_task_follows_the_flag_of_its_message(client):
    message = make(client, "me/messages", {"subject": "a"})["id"]
    place = tasks(client)
    assert listed(client, place) == []
    flag(client, message, **FLAGGED)
    (task,) = listed(client, place)
    flag(client, message, flagStatus="complete")
    (done,) = listed(client, place)
    assert (done["id"], done["status"]) == (task["id"], "completed")
    assert done["completedDateTime"]["timeZone"] == "UTC"
    again = flag(client, message, flagStatus="flagged")["flag"]
    assert again.keys() == FLAGGED.keys()
    (task,) = listed(client, place)
    assert task["status"] == "notStarted"
    assert "completedDateTime" not in task
    client.patch(f"/v1.0/me/messages/{message}", json={"subject": "b"})
    assert [each["title"] for each in listed(client, place)] == ["b"]
    flag(client, message, flagStatus="notFlagged")
    assert listed(client, place) == []


def test_a_message_follows_what_becomes_of_its_task(client):
    message = make(client, "me/messages", {"subject": "a", "flag": FLAGGED})
    path = f"/v1.0/me/messages/{message['id']}"
    place = tasks(client)
    (task,) = listed(client, place)
    for status, flagged in (("completed", "complete"), ("inProgress", "flagged")):
        done = client.patch(f"/v1.0/{place}/{task['id']}", json={"status": status})
        assert done.json["status"] == status
        found = client.get(path).json
        assert found["flag"]["flagStatus"] == flagged
        assert found["changeKey"] != message["changeKey"]
    assert client.delete(f"/v1.0/{place}/{task['id']}").status_code == 204
    assert client.get(path).json["flag"] == {"flagStatus": "notFlagged"}


@pytest.mark.parametrize("deed", ["move", "delete", "permanentDelete", "folder"])
def test_a_task_goes_along_with_its_message_and_goes_when_that_is_deleted(client, deed):
    folder = make(client, "me/mailFolders", {"displayName": "a"})["id"]
    body = {"subject": "a", "flag": FLAGGED}
    message = make(client, f"me/mailFolders/{folder}/messages", body)["id"]
    place = tasks(client)
    (task,) = listed(client, place)
    path = f"/v1.0/me/messages/{message}"
    match deed:
        case "move":
            message = client.post(f"{path}/move", json={"destinationId": "archive"}).json["id"]
        case "folder":
            client.post(f"/v1.0/me/mailFolders/{folder}/move", json={"destinationId": "archive"})
            (found,) = listed(client, f"me/mailFolders/{folder}/messages")
            message = found["id"]
        case "delete":
            client.delete(path)
        case "permanentDelete":
            client.post(f"{path}/permanentDelete")
    found = listed(client, f"{place}?$expand=linkedResources")
    if "elete" in deed:
        assert found == []
    else:
        ((link,),) = [each["linkedResources"] for each in found]
        assert (found[0]["id"], link["externalId"]) == (task["id"], message)


def test_seeded_flags_count_and_each_mailbox_has_its_own(client):
    seed(client, {"users": [{"id": name, "userPrincipalName": f"{name}@contoso.com"} for name in ("ada", "bob")], "users/bob/messages": [{"subject": "a", "flag": FLAGGED}, {"subject": "b"}]})  # fmt: skip
    assert [each["title"] for each in listed(client, tasks(client, "users/bob"))] == ["a"]
    assert listed(client, tasks(client, "users/ada")) == []
    assert client.delete("/v1.0/users/bob").status_code == 204
    assert client.post("/v1.0/directory/deletedItems/bob/restore").status_code == 200
    assert [each["title"] for each in listed(client, tasks(client, "users/bob"))] == ["a"]


def test_what_is_sent_is_not_flagged_for_who_gets_it(client):
    seed(client, {"users": [{"id": name, "mail": f"{name}@contoso.com", "userPrincipalName": f"{name}@contoso.com"} for name in ("ada", "bob")]})  # fmt: skip
    to = [{"emailAddress": {"address": "bob@contoso.com"}}]
    message = {"subject": "a", "toRecipients": to, "flag": FLAGGED}
    client.post("/v1.0/users/ada/sendMail", json={"message": message})
    (got,) = listed(client, "users/bob/messages")
    assert got["flag"] == {"flagStatus": "notFlagged"}
    assert listed(client, tasks(client, "users/bob")) == []


# Large files ----------------------------------------------------------------------------------

MB = 1024 * 1024


@pytest.fixture
def task(client):
    """The path of a task."""
    place = "me/todo/lists"
    lists = listed(client, place)
    return f"{place}/{lists[0]['id']}/tasks/{make(client, f'{place}/tasks/tasks', {'title': 'a'})['id']}"  # fmt: skip


def begin(client, task, **changes):
    info = {"attachmentType": "file", "name": "big.bin", "size": 4 * MB, **changes}
    path = f"/v1.0/{task}/attachments/createUploadSession"
    return client.post(path, json={"attachmentInfo": info})


def put(client, url, first, last, total=4 * MB):
    headers = {"Content-Range": f"bytes {first}-{last}/{total}"}
    return client.put(f"{url}/content", data=bytes(last - first + 1), headers=headers)


def test_a_large_file_comes_to_a_task_in_ranges(client, task):
    begun = begin(client, task, contentType="text/plain")
    assert begun.status_code == 201, begun.text
    assert begun.json.keys() == {"@odata.context", "uploadUrl", "expirationDateTime", "nextExpectedRanges"}  # fmt: skip
    url = urlsplit(begun.json["uploadUrl"]).path
    assert client.get(url).json["nextExpectedRanges"] == begun.json["nextExpectedRanges"] == ["0-"]
    taken = put(client, url, 0, 3 * MB - 1)
    assert (taken.status_code, taken.json["nextExpectedRanges"]) == (200, [str(3 * MB)])
    assert put(client, url, 0, 9).status_code == 400
    done = put(client, url, 3 * MB, 4 * MB - 1)
    assert (done.status_code, done.data) == (201, b"")
    (file,) = listed(client, f"{task}/attachments?$select=name,size,contentType,id")
    assert (file["name"], file["size"], file["contentType"]) == ("big.bin", 4 * MB, "text/plain")
    location = urlsplit(done.headers["Location"]).path
    assert location.endswith(f"/attachments/{file['id']}")
    assert client.get(f"{location}/$value").data == bytes(4 * MB)
    assert client.get(f"/v1.0/{task}").json["hasAttachments"] is True
    assert put(client, url, 0, 9).status_code == 404


def test_a_session_of_a_task_can_be_given_up_and_ends_by_the_clock(client, task):
    url = urlsplit(begin(client, task).json["uploadUrl"]).path
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    url = urlsplit(begin(client, task).json["uploadUrl"]).path
    client.put("/_fakegraph/clock", json={"now": "2126-01-01"})
    assert put(client, url, 0, 9).status_code == 404


@pytest.mark.parametrize(
    "changes", [{"size": 25 * MB + 1}, {"size": 0}, {"name": None}, {"attachmentType": "item"}]
)
def test_what_is_no_file_of_a_task_gets_no_session(client, task, changes):
    assert_error(begin(client, task, **changes), 400, "invalidRequest")


def test_an_upload_to_a_task_needs_a_token(make_client):
    strict = make_client(auth="strict")
    path = "/v1.0/me/todo/lists/a/tasks/b/attachmentSessions/c/content"
    assert strict.put(path, data=b"a", headers={"Content-Range": "bytes 0-0/1"}).status_code == 401


def test_a_task_keeps_its_title_and_is_not_searched(client, task):
    refused = client.patch(f"/v1.0/{task}", json={"title": None})
    assert_error(refused, 400, "invalidRequest", "'title'")
    searched = client.get(f'/v1.0/{task.rpartition("/")[0]}?$search="a"')
    assert_error(searched, 400, "BadRequest", "$search")
