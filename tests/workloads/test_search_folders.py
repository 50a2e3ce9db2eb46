"""Search folders: what they find is what is in them."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed


def finds(client, query, *sources, nested=False, **more):
    """A new search folder."""
    body = {"@odata.type": "microsoft.graph.mailSearchFolder", "displayName": "Found"}
    body |= {"includeNestedFolders": nested, "sourceFolderIds": list(sources)}
    body |= {"filterQuery": query, **more}
    return make(client, "me/mailFolders/searchfolders/childFolders", body)


def subjects(client, folder, query=""):
    path = f"me/mailFolders/{folder['id']}/messages?$orderby=subject{query}"
    return [each["subject"] for each in listed(client, path)]


@pytest.fixture
def mailbox(client):
    """An inbox with a folder in it, each with messages."""
    below = make(client, "me/mailFolders/inbox/childFolders", {"displayName": "Below"})
    for place, subject, more in (
        ("inbox", "Digest 1", {"isRead": False}),
        ("inbox", "Lunch", {}),
        (below["id"], "digest 2", {"importance": "high"}),
        ("archive", "Digest 3", {}),
    ):
        make(client, f"me/mailFolders/{place}/messages", {"subject": subject, **more})
    return below


@pytest.mark.parametrize(
    ("sources", "nested", "found"),
    [
        (["inbox"], False, ["Digest 1"]),
        (["Inbox"], True, ["Digest 1", "digest 2"]),
        (["inbox", "archive"], True, ["Digest 1", "digest 2", "Digest 3"]),
        (["msgfolderroot"], True, ["Digest 1", "digest 2", "Digest 3"]),
        (["drafts"], True, []),
    ],
)
def test_it_finds_what_its_filter_says_in_its_folders(client, mailbox, sources, nested, found):
    folder = finds(client, "contains(subject, 'digest')", *sources, nested=nested)

    assert folder["isSupported"] is True
    assert sorted(subjects(client, folder), key=str.casefold) == found
    shown = client.get(f"/v1.0/me/mailFolders/{folder['id']}").json
    unread = sum(each == "Digest 1" for each in found)
    assert (shown["totalItemCount"], shown["unreadItemCount"]) == (len(found), unread)


def test_it_follows_what_becomes_of_messages_and_of_itself(client, mailbox):
    folder = finds(client, "importance eq 'high'", "inbox", mailbox["id"])
    at = f"/v1.0/me/mailFolders/{folder['id']}"
    (id_,) = (each["id"] for each in listed(client, f"me/mailFolders/{folder['id']}/messages"))

    assert client.get(f"{at}/messages/{id_}").json["parentFolderId"] == mailbox["id"]
    assert client.patch(f"{at}/messages/{id_}", json={"importance": "low"}).status_code == 200
    assert subjects(client, folder) == []
    assert_error(client.get(f"{at}/messages/{id_}"), 404, "ErrorItemNotFound")
    assert client.get(f"{at}/messages/$count").get_data(as_text=True) == "0"
    changed = {"filterQuery": "isRead eq false", "sourceFolderIds": ["inbox"]}
    assert client.patch(at, json=changed).json["filterQuery"] == "isRead eq false"
    assert subjects(client, folder) == ["Digest 1"]
    assert subjects(client, folder, "&$filter=subject eq 'Lunch'") == []
    expanded = client.get(f"{at}?$expand=messages($select=subject)").json["messages"]
    assert [each["subject"] for each in expanded] == ["Digest 1"]


def test_it_goes_by_attachments_too(client):
    file = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a", "contentBytes": "YQ=="}
    for subject, attached in (("With", [file]), ("Without", [])):
        body = {"subject": subject, "attachments": attached}
        make(client, "me/mailFolders/inbox/messages", body)

    assert subjects(client, finds(client, "hasAttachments eq true", "inbox")) == ["With"]


def test_its_counts_are_asked_for_as_those_of_others(client, mailbox):
    finds(client, "isRead eq false", "inbox", displayName="One")
    finds(client, "isRead eq true", "inbox", displayName="Two")
    place = "me/mailFolders/searchfolders/childFolders"
    found = {text: [each["displayName"] for each in listed(client, f"{place}?$filter={text}")] for text in ("unreadItemCount gt 0", "totalItemCount eq 1", "totalItemCount gt 1")}  # fmt: skip
    assert found == {
        "unreadItemCount gt 0": ["One"],
        "totalItemCount eq 1": ["One", "Two"],
        "totalItemCount gt 1": [],
    }


def test_it_may_look_through_itself_and_find_nothing_there(client, mailbox):
    folder = finds(client, "isRead eq true", "inbox")
    at = f"/v1.0/me/mailFolders/{folder['id']}"
    client.patch(at, json={"sourceFolderIds": [folder["id"]], "includeNestedFolders": True})
    assert subjects(client, folder) == []


@pytest.mark.parametrize("how", ["seed", "create"])
def test_a_test_cannot_make_one_that_cannot_be_asked_either(client, how):
    record = {"@odata.type": "#microsoft.graph.mailSearchFolder", "displayName": "Found"}
    record |= {"filterQuery": "(((", "sourceFolderIds": ["inbox"]}
    if how == "seed":
        answer = client.post("/_fakegraph/seed", json={"me/mailFolders": [record]})
    else:
        answer = client.post("/_fakegraph/records/me/mailFolders", json=record)
    assert answer.status_code == 400
    assert client.get("/v1.0/me/mailFolders").status_code == 200


def test_its_changes_are_told(client, mailbox):
    folder = finds(client, "importance eq 'high'", "inbox")
    at = f"/v1.0/me/mailFolders/{folder['id']}/messages/delta"
    first = client.get(at).json
    (id_,) = (e["id"] for e in listed(client, "me/messages") if e["subject"] == "Lunch")

    client.patch(f"/v1.0/me/messages/{id_}", json={"importance": "high"})
    second = client.get(first["@odata.deltaLink"]).json
    client.patch(f"/v1.0/me/messages/{id_}", json={"importance": "low"})
    third = client.get(second["@odata.deltaLink"]).json

    assert first["value"] == []
    assert [each["subject"] for each in second["value"]] == ["Lunch"]
    assert [(each["id"], each["@removed"]) for each in third["value"]] == [
        (id_, {"reason": "deleted"})
    ]
    client.patch(f"/v1.0/me/mailFolders/{folder['id']}", json={"filterQuery": "isRead eq true"})
    assert client.get(third["@odata.deltaLink"]).status_code == 400  # of another question


def test_nothing_can_be_put_into_it(client, mailbox):
    folder = finds(client, "isRead eq false", "inbox")
    (id_, *_) = (each["id"] for each in listed(client, "me/messages"))

    code = "ErrorInvalidFolderTypeForOperation"
    at = f"/v1.0/me/mailFolders/{folder['id']}/messages"
    assert_error(client.post(at, json={"subject": "Hi"}), 400, code, "search folder")
    for verb in ("move", "copy"):
        path = f"/v1.0/me/messages/{id_}/{verb}"
        assert_error(client.post(path, json={"destinationId": folder["id"]}), 400, code)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subject eq", "BadRequest"),
        ("colour eq 'red'", "BadRequest"),
        ("receivedDateTime gt now()", "BadRequest"),
        ("attachments/any(a:a/name eq 'x')", "BadRequest"),
        ("toRecipients/any(r:r/emailAddress/address eq 'a@b.c')", "ErrorInvalidUrlQueryFilter"),
    ],
)
def test_a_filter_that_cannot_be_asked_is_refused(client, query, code):
    seed(client, {"me/mailFolders": []})
    body = {"@odata.type": "microsoft.graph.mailSearchFolder", "displayName": "Found"}
    body |= {"sourceFolderIds": ["inbox"], "filterQuery": query}
    answer = client.post("/v1.0/me/mailFolders/inbox/childFolders", json=body)

    assert_error(answer, 400, code)
