"""Unread messages, which an index finds: the same as going through all of them."""

from __future__ import annotations

from random import Random

import pytest

from tests.graph.whole.conftest import seed

FOLDERS = ("inbox", "archive", "deleteditems")


def message(number, random):
    moment = f"2026-11-{random.randint(1, 5):02}T08:00:{random.choice(('00', '01'))}Z"
    return {"id": f"AAMk{number:08}", "subject": str(number), "isRead": random.random() < 0.6, "receivedDateTime": moment, "parentFolderId": random.choice(FOLDERS)}  # fmt: skip


def all_of(client, path):
    """What all pages at a path have."""
    found, url = [], f"/v1.0/{path}"
    while url:
        page = client.get(url).json
        found += page["value"]
        url = page.get("@odata.nextLink")
    return found


CONDITIONS = {
    "isRead eq false": lambda each: not each["isRead"],
    "isRead eq true": lambda each: each["isRead"],
    "false eq isRead": lambda each: not each["isRead"],
    "not isRead": lambda each: not each["isRead"],
    "isRead in (false)": lambda each: not each["isRead"],
    "isRead in (true,false)": lambda each: True,
    "isRead eq false and isRead eq true": lambda each: False,
    "isRead eq false and contains(subject,'1')": (
        lambda each: not each["isRead"] and "1" in each["subject"]
    ),
    "isRead eq false and hasAttachments eq false": lambda each: not each["isRead"],
    "parentFolderId eq null and isRead eq false": lambda each: False,
    "parentFolderId eq null": lambda each: False,
    "isRead eq false or subject eq '1'": lambda each: not each["isRead"] or each["subject"] == "1",
}


def check(client, places):
    for place in places:
        whole = all_of(client, f"{place}?$top=100")
        for condition, holds in CONDITIONS.items():
            wanted = [each["id"] for each in whole if holds(each)]
            found = all_of(client, f"{place}?$filter={condition}&$top=3&$count=true")
            assert [each["id"] for each in found] == wanted, (place, condition)
            counted = client.get(f"/v1.0/{place}/$count?$filter={condition}")
            assert counted.text == str(len(wanted)), (place, condition)


@pytest.mark.parametrize("turn", range(2))
def test_unread_messages_are_found_after_every_change(client, turn):
    random = Random(turn)
    seed(client, {"me/messages": [message(number, random) for number in range(20)]})
    places = ["me/messages", *(f"me/mailFolders/{word}/messages" for word in FOLDERS)]
    check(client, places)
    for _ in range(12):
        known = all_of(client, "me/messages?$top=100&$select=isRead")
        one = random.choice(known)
        path = f"/v1.0/me/messages/{one['id']}"
        match random.randrange(4):
            case 0:
                client.patch(path, json={"isRead": not one["isRead"]})
            case 1:
                client.post(f"{path}/move", json={"destinationId": random.choice(FOLDERS)})
            case 2:
                client.delete(path)
            case 3:
                client.post(f"{path}/copy", json={"destinationId": random.choice(FOLDERS)})
    check(client, places)


def test_unread_messages_of_a_span_of_time_are_found_by_their_folder(client):
    random = Random(7)
    seed(client, {"me/messages": [message(number, random) for number in range(40)]})
    inbox = client.get("/v1.0/me/mailFolders/inbox").json["id"]
    whole = all_of(client, "me/messages?$top=100")
    wanted = [each["id"] for each in whole if each["parentFolderId"] == inbox and not each["isRead"] and each["receivedDateTime"] >= "2026-11-03"]  # fmt: skip
    since = "receivedDateTime ge 2026-11-03T00:00:00Z"

    for path in (
        f"me/messages?$filter={since} and isRead eq false and parentFolderId eq '{inbox}'",
        f"me/messages?$filter=parentFolderId eq '{inbox}' and {since} and isRead eq false",
        f"me/mailFolders/inbox/messages?$filter={since} and isRead eq false&$orderby=receivedDateTime desc",
    ):
        assert [each["id"] for each in all_of(client, path)] == wanted
    ascending = all_of(client, f"me/mailFolders/inbox/messages?$filter={since} and isRead eq false&$orderby=receivedDateTime")  # fmt: skip
    assert sorted(each["id"] for each in ascending) == sorted(wanted)
    times = [each["receivedDateTime"] for each in ascending]
    assert times == sorted(times)
