"""Extended properties that Outlook keeps itself, and the ways to spell their ids."""

from __future__ import annotations

from tests.graph.whole.conftest import listed, make

GUID = "{66f5a359-4659-4830-9070-00047ec6ac6e}"
COLOR = f"String {GUID} Name Color"


def shown(client, path, *ids):
    """The values of extended properties of a thing, by the ids that the answer writes."""
    condition = " or ".join(f"id eq '{each}'" for each in ids)
    found = client.get(f"/v1.0/{path}?$expand=singleValueExtendedProperties($filter={condition})")
    assert found.status_code == 200, found.text
    return {each["id"]: each["value"] for each in found.json["singleValueExtendedProperties"]}


def having(client, path, condition):
    """The ids of the things one of whose extended properties is as a condition says."""
    found = listed(client, f"{path}?$filter=singleValueExtendedProperties/any(p:{condition})")
    return [each["id"] for each in found]


def extended(**values):
    """Of a body: extended properties by the tags that they have as SystemTime or Integer."""
    return {"singleValueExtendedProperties": [{"id": i, "value": v} for i, v in values.items()]}


def test_ids_may_be_spelt_otherwise(client):
    """The service writes them in one way: a second spelling in a body is no second property."""
    upper = GUID.strip("{}").upper()
    ids = ("String 0x0A0B", f"string {upper} Id 34160", f"STRING {upper} Name X's y")
    id_ = make(client, "me/messages", extended(**dict(zip(ids, "abc", strict=True))))["id"]
    path = f"me/messages/{id_}"

    written = ("String 0xa0b", f"String {GUID} Id 0x8570", f"String {GUID} Name X's y")
    expected = dict(zip(written, "abc", strict=True))
    for spelling in (ids, written):
        assert shown(client, path, *(each.replace("'", "''") for each in spelling)) == expected
    again = extended(**{"String 0x00a0b": "z"})
    assert client.patch(f"/v1.0/{path}", json=again).status_code == 200
    assert shown(client, path, "String 0xA0B") == {"String 0xa0b": "z"}
    assert having(client, "me/messages", "p/id eq 'String 0x0A0B' and p/value eq 'z'") == [id_]


def test_a_copy_has_what_the_message_was_given(client):
    id_ = make(client, "me/messages", extended(**{COLOR: "Green"}))["id"]
    copied = client.post(f"/v1.0/me/messages/{id_}/copy", json={"destinationId": "archive"})
    assert copied.status_code == 201, copied.text
    assert shown(client, f"me/messages/{copied.json['id']}", COLOR) == {COLOR: "Green"}


def test_messages_have_some_of_themselves(client):
    body = {"subject": "One", "importance": "high", "flag": {"flagStatus": "flagged"}}
    to = [{"emailAddress": {"name": each, "address": f"{each}@x.org"}} for each in ("Bo", "Cy")]
    draft = make(client, "me/messages", {**body, "toRecipients": to})
    path = f"me/messages/{draft['id']}"

    told = {
        "String 0x37": "One",
        "Integer 0x17": "2",
        "Integer 0x1090": "2",
        "String 0xe04": "Bo; Cy",
        "String 0x1a": "IPM.Note",
        "SystemTime 0x3008": draft["lastModifiedDateTime"],
        "String 0x1035": draft["internetMessageId"],
    }
    assert shown(client, path, *told, "String 0x7D", "String 0x1042") == told
    assert shown(client, path, "Integer 0x0E07") == {"Integer 0xe07": "9"}
    condition = "p/id eq 'String 0x0E04' and contains(p/value, 'Cy')"
    assert having(client, "me/messages", condition) == [draft["id"]]


def test_messages_say_what_they_weigh_and_whether_files_are_attached(client):
    path = f"me/messages/{make(client, 'me/messages', {'subject': 'One'})['id']}"
    before = shown(client, path, "Integer 0x0E08", "Boolean 0x0E1B")
    file = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a", "contentBytes": "aGk="}
    make(client, f"{path}/attachments", file)
    after = shown(client, path, "Integer 0x0E08", "Boolean 0x0E1B", "Long 0xe08")
    assert (before["Boolean 0xe1b"], after["Boolean 0xe1b"]) == ("false", "true")
    assert 0 < int(before["Integer 0xe08"]) < int(after["Integer 0xe08"])
    assert after["Long 0xe08"] == after["Integer 0xe08"]
    assert int(shown(client, path, "Integer 0xe07")["Integer 0xe07"]) & 0x10


def test_messages_have_numbers_in_the_order_they_came_in(client):
    made = [make(client, "me/messages", {"subject": each}) for each in "ab"]
    one, two = (shown(client, f"me/messages/{each['id']}", "Integer 0xe23") for each in made)
    assert 0 < int(one["Integer 0xe23"]) < int(two["Integer 0xe23"])


def test_what_has_arrived_has_the_headers_of_its_way(client):
    to = [{"emailAddress": {"address": client.get("/v1.0/me").json["userPrincipalName"]}}]
    message = {"subject": "Way", "toRecipients": to}
    assert client.post("/v1.0/me/sendMail", json={"message": message}).status_code == 202
    (came,) = listed(client, "me/mailFolders/inbox/messages?$select=internetMessageHeaders")
    headers = shown(client, f"me/messages/{came['id']}", "String 0x007D")["String 0x7d"]
    said = [f"{each['name']}: {each['value']}" for each in came["internetMessageHeaders"]]
    assert headers.splitlines() == said


def test_who_imports_mail_says_when_it_was_sent_and_came(client):
    times = ["2020-05-01T08:00:00Z", "2020-05-01T08:00:05Z"]
    ids = ("SystemTime 0x0039", "SystemTime 0x0E06")
    given = {**dict(zip(ids, times, strict=True)), "Integer 0x0E07": "1"}
    made = make(client, "me/messages", extended(**given))
    assert [made["sentDateTime"], made["receivedDateTime"]] == times
    assert made["isDraft"] is False
    wrong = make(client, "me/messages", extended(**{ids[0]: "2020-15-01T08:00:00Z"}))
    assert wrong["sentDateTime"] == wrong["createdDateTime"]


def test_events_have_some_of_themselves(client):
    when = {"dateTime": "2030-01-02T09:00:00", "timeZone": "UTC"}
    again = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": "2030-01-02", "numberOfOccurrences": 3},
    }
    event = {"subject": "E", "start": when, "end": when}
    made = make(client, "me/events", {**event, "recurrence": again})
    make(client, "me/events", event)
    place = "{00062002-0000-0000-C000-000000000046} Id"
    ids = (f"Boolean {place} 0x8223", f"Integer {place} 0x8205", f"SystemTime {place} 0x820D")
    found = shown(client, f"me/events/{made['id']}", *ids)
    assert sorted(found.values()) == ["2", "2030-01-02T09:00:00Z", "true"]
    condition = f"p/id eq '{ids[0]}' and cast(p/value,Edm.Boolean) eq true"
    assert having(client, "me/events", condition) == [made["id"]]


def test_folders_have_some_of_themselves(client):
    folder = make(client, "me/mailFolders", {"displayName": "Work"})
    found = shown(client, f"me/mailFolders/{folder['id']}", "String 0x3613", "String 0x3001")
    assert found == {"String 0x3613": "IPF.Note", "String 0x3001": "Work"}
    place = f"me/mailFolders/{folder['id']}"
    empty = shown(client, place, "SystemTime 0x670A")["SystemTime 0x670a"]
    client.put("/_fakegraph/clock", json={"advance": "PT1H"})
    item = make(client, f"{place}/messages", {"subject": "a"})
    assert empty < shown(client, place, "SystemTime 0x670A")["SystemTime 0x670a"]
    tags = ("SystemTime 0x670a", "SystemTime 0x3008")
    assert shown(client, place, *tags) == dict.fromkeys(tags, item["lastModifiedDateTime"])
    named = "p/id eq 'String 0x3613' and p/value eq 'IPF.Note'"
    assert folder["id"] in having(client, "me/mailFolders", named)
