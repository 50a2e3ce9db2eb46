"""What is deleted for good, and is in no bin."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, make

MEETING = {
    "subject": "Tea",
    "start": {"dateTime": "2026-03-01T10:00:00", "timeZone": "UTC"},
    "end": {"dateTime": "2026-03-01T11:00:00", "timeZone": "UTC"},
}
BIN = "me/mailFolders/deleteditems"


@pytest.mark.parametrize(
    ("place", "body"),
    [
        ("me/messages", {"subject": "x"}),
        ("me/mailFolders", {"displayName": "Old"}),
        ("me/events", MEETING),
        ("me/calendars", {"name": "Old"}),
        ("me/contacts", {"givenName": "Eve"}),
        ("me/contactFolders", {"displayName": "Old"}),
        ("me/drive/root/children", {"name": "old", "folder": {}}),
    ],
)
def test_what_is_deleted_for_good_is_nowhere(client, place, body):
    made = make(client, place, body)
    one = f"me/drive/items/{made['id']}" if "drive" in place else f"{place}/{made['id']}"

    answer = client.post(f"/v1.0/{one}/permanentDelete")

    assert answer.status_code == 204, answer.text
    assert client.get(f"/v1.0/{one}").status_code == 404
    assert made["id"] not in [each["id"] for each in listed(client, place)]
    assert listed(client, f"{BIN}/messages") == listed(client, f"{BIN}/childFolders") == []
    assert client.post(f"/v1.0/{one}/permanentDelete").status_code == 404


def test_a_folder_goes_with_all_that_is_in_it(client):
    folder = make(client, "me/mailFolders", {"displayName": "Old"})
    below = make(client, f"me/mailFolders/{folder['id']}/childFolders", {"displayName": "Older"})
    mail = make(client, f"me/mailFolders/{below['id']}/messages", {"subject": "x"})
    top = make(client, "me/drive/root/children", {"name": "old", "folder": {}})
    item = make(client, f"me/drive/items/{top['id']}/children", {"name": "in", "folder": {}})

    for one in (f"me/mailFolders/{folder['id']}", f"me/drive/items/{top['id']}"):
        assert client.post(f"/v1.0/{one}/permanentDelete").status_code == 204

    for one in (f"me/messages/{mail['id']}", f"me/drive/items/{item['id']}"):
        assert client.get(f"/v1.0/{one}").status_code == 404


@pytest.mark.parametrize("one", ["me/mailFolders/inbox", "me/calendar", "me/drive/root"])
def test_what_is_always_there_stays(client, one):
    assert client.post(f"/v1.0/{one}/permanentDelete").status_code in (400, 403)
    assert client.get(f"/v1.0/{one}").status_code == 200


def test_what_is_deleted_twice_can_be_recovered_and_is_in_no_list(client):
    kept = make(client, "me/messages", {"subject": "kept"})["id"]
    make(client, "me/messages", {"subject": "x"})
    recoverable = "me/mailFolders/recoverableitemsdeletions"
    ids = []
    for folder in ("drafts", "deleteditems"):
        (found,) = (
            each
            for each in listed(client, f"me/mailFolders/{folder}/messages")
            if each["id"] != kept
        )
        ids.append(found["id"])
        assert client.delete(f"/v1.0/me/messages/{ids[-1]}").status_code == 204

    (found,) = listed(client, f"{recoverable}/messages")
    assert found["id"] not in ids
    assert client.get(f"/v1.0/{recoverable}").json["totalItemCount"] == 1
    assert listed(client, f"{BIN}/messages") == []
    for query in ("", "?$filter=isRead eq true", "?$search=%22x%22", "?$orderby=subject"):
        assert found["id"] not in [each["id"] for each in listed(client, f"me/messages{query}")]
    assert client.get("/v1.0/me/messages?$count=true").json["@odata.count"] == 1
    assert client.get("/v1.0/me/messages/$count").text == "1"

    one = f"/v1.0/me/messages/{found['id']}"
    back = client.post(f"{one}/move", json={"destinationId": "inbox"})
    assert back.status_code == 201
    assert len(listed(client, "me/messages")) == 2


def test_what_is_deleted_of_what_can_be_recovered_is_nowhere(client):
    make(client, "me/messages", {"subject": "x"})
    for folder in ("drafts", "deleteditems", "recoverableitemsdeletions"):
        (found,) = listed(client, f"me/mailFolders/{folder}/messages")
        assert client.delete(f"/v1.0/me/messages/{found['id']}").status_code == 204
    assert listed(client, "me/mailFolders/recoverableitemsdeletions/messages") == []
    assert client.get(f"/v1.0/me/messages/{found['id']}").status_code == 404
