"""Ids that things in a mailbox keep wherever they are, and how ids are translated."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}
FILE = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "aGk="}
WHEN = {"dateTime": "2026-11-25T12:00:00", "timeZone": "UTC"}


def immutable(client, path):
    """The immutable id of a thing."""
    answer = client.get(f"/v1.0/{path}", headers=IMMUTABLE)
    assert answer.status_code == 200, answer.text
    return answer.json["id"]


@pytest.mark.parametrize(
    ("place", "body"),
    [
        ("me/messages", {"subject": "Hi"}),
        ("me/events", {"subject": "Hi", "start": WHEN, "end": WHEN}),
        ("me/contacts", {"givenName": "Ada"}),
    ],
)
def test_items_have_an_immutable_id_for_those_who_prefer_it(client, place, body):
    usual = make(client, place, body)["id"]
    answer = client.get(f"/v1.0/{place}/{usual}", headers=IMMUTABLE)

    id_ = answer.json["id"]
    assert id_.startswith("AAkALgAA")
    assert answer.headers["Preference-Applied"] == 'IdType="ImmutableId"'
    assert [each["id"] for each in listed(client, place, headers=IMMUTABLE)] == [id_]
    assert immutable(client, f"{place}/{id_}") == id_
    assert client.get(f"/v1.0/{place}/{id_}").json["id"] == usual  # both forms are known to all
    assert client.patch(f"/v1.0/{place}/{id_}", json={"categories": ["Red"]}).json["id"] == usual
    made = client.post(f"/v1.0/{place}", json=body, headers=IMMUTABLE)
    assert made.json["id"].startswith("AAkALgAA")
    assert made.json["id"] != id_
    assert client.delete(f"/v1.0/{place}/{id_}").status_code == 204


def test_an_immutable_id_stays_where_the_usual_one_changes(client):
    made = make(client, "me/messages", {"subject": "Hi"})
    id_ = immutable(client, f"me/messages/{made['id']}")

    moved = client.post(f"/v1.0/me/messages/{id_}/move", json={"destinationId": "archive"}).json
    assert moved["id"] != made["id"]
    assert_error(client.get(f"/v1.0/me/messages/{made['id']}"), 404, "ErrorItemNotFound")
    assert immutable(client, f"me/messages/{moved['id']}") == id_
    assert immutable(client, f"me/mailFolders/archive/messages/{id_}") == id_
    assert client.get(f"/v1.0/me/mailFolders/inbox/messages/{id_}").status_code == 404

    copied = client.post(f"/v1.0/me/messages/{id_}/copy", json={"destinationId": "inbox"}, headers=IMMUTABLE)  # fmt: skip
    assert copied.json["id"] not in (id_, made["id"])
    assert client.delete(f"/v1.0/me/messages/{id_}").status_code == 204  # it is in Deleted Items
    assert immutable(client, f"me/mailFolders/deleteditems/messages/{id_}") == id_
    assert client.post(f"/v1.0/me/messages/{id_}/permanentDelete").status_code == 204
    assert_error(client.get(f"/v1.0/me/messages/{id_}"), 404, "ErrorItemNotFound")


def test_a_draft_keeps_its_immutable_id_when_it_is_sent(client):
    to = [{"emailAddress": {"address": "bob@fabrikam.com"}}]
    made = make(client, "me/messages", {"subject": "Hi", "toRecipients": to})
    id_ = immutable(client, f"me/messages/{made['id']}")

    assert client.post(f"/v1.0/me/messages/{made['id']}/send").status_code == 202

    (sent,) = listed(client, "me/mailFolders/sentitems/messages", headers=IMMUTABLE)
    assert (sent["id"], sent["internetMessageId"]) == (id_, made["internetMessageId"])


def test_attachments_have_immutable_ids_and_folders_none(client):
    message = make(client, "me/messages", {"subject": "Hi", "attachments": [FILE]})
    path = f"me/messages/{message['id']}"
    (attached,) = listed(client, f"{path}/attachments", headers=IMMUTABLE)
    assert attached["id"].startswith("AAkALgAA")
    assert client.get(f"/v1.0/{path}/attachments/{attached['id']}/$value").data == b"hi"
    whole = client.get(f"/v1.0/{path}?$expand=attachments", headers=IMMUTABLE).json
    assert whole["attachments"][0]["id"] == attached["id"]
    (known,) = listed(client, f"{path}/attachments")
    assert known["id"] != attached["id"]

    folder = client.get("/v1.0/me/mailFolders/inbox").json["id"]
    assert immutable(client, "me/mailFolders/inbox") == folder


def test_an_immutable_id_is_of_one_mailbox(client):
    seed(
        client, {"users": [{"userPrincipalName": f"{name}@contoso.com"} for name in ("ada", "bob")]}
    )
    made = make(client, "me/messages", {"subject": "Hi"})
    id_ = immutable(client, f"me/messages/{made['id']}")

    answer = client.get(f"/v1.0/users/bob@contoso.com/messages/{id_}")
    assert_error(answer, 404, "ErrorItemNotFound")
    other = id_[:-2] + ("A=" if id_[-2] != "A" else "B=")
    assert_error(client.get(f"/v1.0/me/messages/{other}"), 404, "ErrorItemNotFound")


def test_changes_are_told_with_immutable_ids(client):
    first = client.get("/v1.0/me/mailFolders/inbox/messages/delta", headers=IMMUTABLE).json
    made = make(client, "me/mailFolders/inbox/messages", {"subject": "Hi"})
    id_ = immutable(client, f"me/messages/{made['id']}")

    second = client.get(first["@odata.deltaLink"], headers=IMMUTABLE).json
    assert [each["id"] for each in second["value"]] == [id_]
    client.post(f"/v1.0/me/messages/{id_}/move", json={"destinationId": "archive"})
    third = client.get(second["@odata.deltaLink"], headers=IMMUTABLE).json
    assert [(each["id"], each["@removed"]) for each in third["value"]] == [(id_, {"reason": "deleted"})]  # fmt: skip
    usual = client.get(second["@odata.deltaLink"]).json
    assert [each["id"] for each in usual["value"]] == [made["id"]]


def test_what_is_moved_and_moved_back_is_no_loss_by_its_immutable_id(client):
    made = make(client, "me/mailFolders/inbox/messages", {"subject": "Hi"})
    id_ = immutable(client, f"me/messages/{made['id']}")
    link = client.get("/v1.0/me/mailFolders/inbox/messages/delta", headers=IMMUTABLE).json["@odata.deltaLink"]  # fmt: skip
    for place in ("archive", "inbox"):
        client.post(f"/v1.0/me/messages/{id_}/move", json={"destinationId": place})

    told = client.get(link, headers=IMMUTABLE).json["value"]
    assert [(each["id"], "@removed" in each) for each in told] == [(id_, False)]


@pytest.mark.parametrize("prefer", ['IdType="Other"', "IdType", 'outlook.body-content-type="rtf"'])
def test_a_preference_that_nothing_means_is_not_met(client, prefer):
    make(client, "me/messages", {"subject": "Hi"})
    answer = client.get("/v1.0/me/messages", headers={"Prefer": prefer})
    assert answer.json["value"][0]["id"].startswith("AAMk")
    assert "Preference-Applied" not in answer.headers


# Translating ----------------------------------------------------------------------------------


def translated(client, source, target, *ids):
    body = {"inputIds": list(ids), "sourceIdType": source, "targetIdType": target}
    return client.post("/v1.0/me/translateExchangeIds", json=body)


@pytest.mark.parametrize("target", ["restImmutableEntryId", "immutableEntryId", "ewsId", "entryId"])
def test_ids_are_translated_there_and_back(client, target):
    ids = [make(client, "me/messages", {"subject": "Hi"})["id"] for _ in range(3)]
    ids.append(make(client, "me/contacts", {"givenName": "Ada"})["id"])

    answer = translated(client, "restId", target, *ids)
    assert answer.status_code == 200, answer.text
    assert answer.json["@odata.context"].endswith("#Collection(microsoft.graph.convertIdResult)")
    assert [each["sourceId"] for each in answer.json["value"]] == ids
    found = [each["targetId"] for each in answer.json["value"]]
    assert len({*found, *ids}) == (8 if target != "ewsId" else len({*found, *ids}))
    back = translated(client, target, "restId", *found).json["value"]
    assert [each["targetId"] for each in back] == ids


def test_a_translated_id_is_the_one_that_the_preference_gives(client):
    made = make(client, "me/messages", {"subject": "Hi"})["id"]
    (found,) = translated(client, "restId", "restImmutableEntryId", made).json["value"]
    assert found["targetId"] == immutable(client, f"me/messages/{made}")


def test_what_cannot_be_translated_says_why(client):
    gone = make(client, "me/messages", {"subject": "Hi"})["id"]
    client.post(f"/v1.0/me/messages/{gone}/permanentDelete")
    found = translated(client, "restId", "restImmutableEntryId", "{x}", gone, "", "A").json["value"]
    errors = [each["errorDetails"] for each in found]
    malformed = {"code": "ErrorInvalidIdMalformed", "message": "Id is malformed."}
    lost = {"code": "ErrorItemNotFound", "message": "The specified object was not found in the store."}  # fmt: skip
    assert errors == [malformed, lost, malformed, malformed]
    (other,) = translated(client, "entryId", "restId", "notanentry").json["value"]
    assert other["errorDetails"] == malformed


def test_a_thousand_ids_are_translated_at_once(client):
    assert_error(translated(client, "restId", "ewsId", *["A" * 12] * 1001), 400, "ErrorInvalidArgument", "1000")  # fmt: skip
    wrong = translated(client, "restId", "other", "A" * 12)
    assert wrong.status_code == 400
