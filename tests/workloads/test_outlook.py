"""Outlook's declarations: what mailboxes have, and what becomes of it."""

from __future__ import annotations

from base64 import b64encode
from email import message_from_bytes, policy
from urllib.parse import quote

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

EVENT = {
    "subject": "Lunch",
    "start": {"dateTime": "2026-11-25T12:00:00", "timeZone": "Pacific Standard Time"},
    "end": {"dateTime": "2026-11-25T13:00:00", "timeZone": "Pacific Standard Time"},
}
WINDOW = "startDateTime=2026-11-25T00:00:00Z&endDateTime=2026-11-26T00:00:00Z"


def folder(client, word):
    """A mail folder, by its word or id."""
    response = client.get(f"/v1.0/me/mailFolders/{word}")
    assert response.status_code == 200, response.text
    return response.json


# Mail folders -------------------------------------------------------------------------------


def test_a_mailbox_has_its_folders_from_the_start(client):
    names = [each["displayName"] for each in listed(client, "me/mailFolders?$top=20")]

    assert names == [
        *("Archive", "Conversation History", "Deleted Items", "Drafts", "Inbox", "Junk Email"),
        *("Outbox", "Sent Items"),
    ]


def test_hidden_folders_are_listed_on_demand(client):
    shown = listed(client, "me/mailFolders?includeHiddenFolders=true&$top=50")

    assert {"Sync Issues", "Clutter"} <= {each["displayName"] for each in shown}
    bad = client.get("/v1.0/me/mailFolders?includeHiddenFolders=perhaps")
    assert_error(bad, 400, "BadRequest", "includeHiddenFolders")


@pytest.mark.parametrize("word", ["inbox", "INBOX", "Inbox"])
def test_a_folder_is_found_by_its_word_in_any_case(client, word):
    assert folder(client, word)["displayName"] == "Inbox"


def test_each_mailbox_has_folders_of_its_own(client):
    seed(client, {"users": [{"id": "a"}, {"id": "b"}]})

    ids = {client.get(f"/v1.0/users/{who}/mailFolders/inbox").json["id"] for who in "ab"}

    assert len(ids) == 2


def test_counts_follow_what_is_in_a_folder(client):
    seed(
        client,
        {
            "me/mailFolders/inbox/messages": [
                {"id": "AAMkAAAAAAA1", "receivedDateTime": "2026-11-25T08:00:00Z"},
                {"receivedDateTime": "2026-11-25T09:00:00Z", "isRead": True},
            ]
        },
    )

    inbox = folder(client, "inbox")
    assert (inbox["totalItemCount"], inbox["unreadItemCount"]) == (2, 1)

    client.patch("/v1.0/me/messages/AAMkAAAAAAA1", json={"isRead": True})
    assert folder(client, "inbox")["unreadItemCount"] == 0
    assert folder(client, "msgfolderroot")["childFolderCount"] == 8


def test_counts_can_be_asked_for(client):
    seed(client, {"me/mailFolders/inbox/messages": [{"subject": "a"}]})

    found = listed(client, "me/mailFolders?$filter=totalItemCount gt 0&$select=displayName")

    assert [each["displayName"] for each in found] == ["Inbox"]


def test_folders_are_made_below_others(client):
    made = make(client, "me/mailFolders", {"displayName": "Projects"})
    child = make(client, f"me/mailFolders/{made['id']}/childFolders", {"displayName": "Old"})

    assert made["parentFolderId"] == folder(client, "msgfolderroot")["id"]
    assert child["parentFolderId"] == made["id"]
    assert folder(client, made["id"])["childFolderCount"] == 1
    assert folder(client, child["id"])["displayName"] == "Old"
    names = [each["displayName"] for each in listed(client, "me/mailFolders?$top=20")]
    assert "Projects" in names
    assert "Old" not in names


def test_two_folders_beside_each_other_have_two_names(client):
    refused = client.post("/v1.0/me/mailFolders", json={"displayName": "inbox"})

    assert_error(refused, 409, "ErrorFolderExists", "already exists")


def test_folders_from_the_start_stay(client):
    refused = client.delete("/v1.0/me/mailFolders/inbox")
    assert_error(refused, 400, "ErrorDeleteDistinguishedFolder", "Distinguished")
    renamed = client.patch("/v1.0/me/mailFolders/inbox", json={"displayName": "Mine"})
    assert_error(renamed, 400, "ErrorInvalidOperation", "renamed")


def test_a_deleted_folder_is_below_deleted_items(client):
    made = make(client, "me/mailFolders", {"displayName": "Projects"})

    place = f"/v1.0/me/mailFolders/{made['id']}"
    assert client.delete(place).status_code == 204

    (below,) = listed(client, "me/mailFolders/deleteditems/childFolders")
    assert (below["displayName"], below["id"]) == ("Projects", made["id"])
    assert client.get(place).json["parentFolderId"] == below["parentFolderId"]
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404


def test_a_deleted_folder_keeps_its_name_and_its_mailbox(client):
    """Its id begins as that of all folders there; a number goes behind a name that is taken."""
    for _ in range(3):
        made = make(client, "me/mailFolders", {"displayName": "Report 2024"})
        assert client.delete(f"/v1.0/me/mailFolders/{made['id']}").status_code == 204

    deleted = listed(client, "me/mailFolders/deleteditems/childFolders")
    names = {each["displayName"] for each in deleted}
    assert names == {"Report 2024", "Report 20241", "Report 20242"}
    assert {each["id"][:60] for each in deleted} == {made["id"][:60]}


def test_a_deleted_message_has_an_id_of_its_mailbox(client):
    made = make(client, "me/messages", {"subject": "Lunch"})
    client.delete(f"/v1.0/me/messages/{made['id']}")

    (deleted,) = listed(client, "me/mailFolders/deleteditems/messages")
    assert deleted["id"] != made["id"]
    assert deleted["id"][:60] == made["id"][:60]


def test_a_seeded_folder_of_that_name_is_the_one_that_is_there(client):
    seed(client, {"me/mailFolders": [{"id": "AAMkINBOX0001", "displayName": "Inbox"}]})

    assert folder(client, "inbox")["id"] == "AAMkINBOX0001"
    assert len(listed(client, "me/mailFolders?$top=20")) == 8


def test_what_is_in_a_deleted_folder_goes_along(client):
    made = make(client, "me/mailFolders", {"displayName": "Projects"})
    make(client, f"me/mailFolders/{made['id']}/messages", {"subject": "Hi"})
    make(client, f"me/mailFolders/{made['id']}/childFolders", {"displayName": "Old"})

    client.delete(f"/v1.0/me/mailFolders/{made['id']}")

    (moved,) = listed(client, "me/mailFolders/deleteditems/childFolders")
    (message,) = listed(client, f"me/mailFolders/{moved['id']}/messages")
    assert message["subject"] == "Hi"
    assert moved["childFolderCount"] == 1

    client.delete(f"/v1.0/me/mailFolders/{moved['id']}")
    assert listed(client, "me/mailFolders/deleteditems/childFolders") == []
    assert listed(client, "me/messages") == []


def test_deleted_folders_of_one_name_have_two(client):
    for _ in range(2):
        made = make(client, "me/mailFolders", {"displayName": "Projects"})
        assert client.delete(f"/v1.0/me/mailFolders/{made['id']}").status_code == 204

    below = listed(client, "me/mailFolders/deleteditems/childFolders")
    assert [each["displayName"] for each in below] == ["Projects", "Projects1"]


# Messages -----------------------------------------------------------------------------------


def test_a_made_message_is_a_draft(client):
    made = make(
        client,
        "me/messages",
        {
            "subject": "Hi",
            "body": {"contentType": "HTML", "content": "<p>One</p><p>two</p>"},
            "toRecipients": [{"emailAddress": {"address": "bob@contoso.com"}}],
        },
    )

    assert made["isDraft"] is True
    assert made["isRead"] is True
    assert made["parentFolderId"] == folder(client, "drafts")["id"]
    assert made["bodyPreview"] == "One two"
    assert made["toRecipients"][0]["emailAddress"]["name"] == "bob@contoso.com"
    assert made["ccRecipients"] == []
    assert made["flag"] == {"flagStatus": "notFlagged"}
    assert made["id"].startswith("AAMk")
    assert made["@odata.etag"] == f'W/"{made["changeKey"]}"'
    assert "uniqueBody" not in made


def test_mail_can_be_imported_as_received(client):
    flags = [{"id": "Integer 0x0E07", "value": "1"}]
    body = {"subject": "Old", "singleValueExtendedProperties": flags}

    made = make(client, "me/mailFolders/inbox/messages", body)

    assert made["isDraft"] is False
    assert made["isRead"] is False
    assert folder(client, "inbox")["unreadItemCount"] == 1


def test_a_message_made_in_a_folder_is_there(client):
    made = make(client, "me/mailFolders/inbox/messages", {"subject": "Hi"})

    assert [each["id"] for each in listed(client, "me/mailFolders/inbox/messages")] == [made["id"]]
    assert listed(client, "me/mailFolders/drafts/messages") == []
    assert client.get(f"/v1.0/me/mailFolders/inbox/messages/{made['id']}").status_code == 200
    elsewhere = client.get(f"/v1.0/me/mailFolders/drafts/messages/{made['id']}")
    assert_error(elsewhere, 404, "ErrorItemNotFound", "not found in the store")


def test_what_the_service_sets_is_passed_over(client):
    sent = {"subject": "Hi", "isDraft": False, "receivedDateTime": "2020-01-01T00:00:00Z"}

    made = make(client, "me/messages", {**sent, "id": ""})

    assert made["isDraft"] is True
    assert made["receivedDateTime"] == made["createdDateTime"]


def test_messages_come_newest_first_ten_on_a_page(client):
    seed(
        client,
        {
            "me/messages": [
                {"subject": str(number), "receivedDateTime": f"2026-11-{number:02}T08:00:00Z"}
                for number in range(1, 13)
            ]
        },
    )

    page = client.get("/v1.0/me/messages").json

    assert [each["subject"] for each in page["value"]] == [str(n) for n in range(12, 2, -1)]
    rest = client.get(page["@odata.nextLink"]).json["value"]
    assert [each["subject"] for each in rest] == ["2", "1"]


def test_id_and_etag_are_there_whatever_is_selected(client):
    made = make(client, "me/messages", {"subject": "Hi"})

    found = client.get(f"/v1.0/me/messages/{made['id']}?$select=subject").json

    assert found.keys() == {"@odata.context", "@odata.etag", "id", "subject"}


def test_a_deleted_message_is_in_deleted_items_with_another_id(client):
    made = make(client, "me/messages", {"subject": "Hi"})

    assert client.delete(f"/v1.0/me/messages/{made['id']}").status_code == 204

    gone = client.get(f"/v1.0/me/messages/{made['id']}")
    assert_error(gone, 404, "ErrorItemNotFound", "The specified object was not found")
    (deleted,) = listed(client, "me/mailFolders/deleteditems/messages")
    assert deleted["subject"] == "Hi"
    client.delete(f"/v1.0/me/messages/{deleted['id']}")
    assert listed(client, "me/messages") == []


def test_what_is_no_id_is_not_searched_for(client):
    for path in ("me/messages/nonsense", "me/mailFolders/inboxes", "me/events/nothing"):
        assert_error(client.get(f"/v1.0/{path}"), 400, "ErrorInvalidIdMalformed", "malformed")


def test_a_change_makes_a_new_version(client):
    made = make(client, "me/messages", {"subject": "Hi"})
    path, old = f"/v1.0/me/messages/{made['id']}", {"If-Match": made["@odata.etag"]}

    changed = client.patch(path, json={"importance": "High"}, headers=old)

    assert changed.status_code == 200
    assert changed.json["importance"] == "high"
    assert changed.json["changeKey"] != made["changeKey"]
    assert changed.headers["ETag"] == changed.json["@odata.etag"]
    assert client.get(path).headers["ETag"] == changed.json["@odata.etag"]
    for response in (
        client.patch(path, json={"subject": "b"}, headers=old),
        client.delete(path, headers=old),
    ):
        assert_error(response, 412, "ErrorIrresolvableConflict", "change key")
    assert client.get(path).json["subject"] == "Hi"


def test_a_preference_for_what_there_is_not_is_told_in_the_journal(client):
    wishes = 'outlook.body-content-type="pdf", IdType=Bogus, outlook.body-content-type="text"'
    answer = client.get("/v1.0/me/messages", headers={"Prefer": wishes})
    assert (answer.status_code, answer.headers.get("Preference-Applied")) == (200, None)
    noted = client.get("/_fakegraph/requests").json["value"][-1]["ignored"]
    assert [each.partition(" was ignored. ")[2] for each in noted] == [
        'It can be outlook.body-content-type="text" or outlook.body-content-type="html".',
        'It can be IdType="ImmutableId".',
    ]


@pytest.mark.parametrize("tag", ["", " ", "x", 'W/"a", "b"', "*, *"])
def test_what_is_no_etag_guards_no_write(client, tag):
    path = f"/v1.0/me/messages/{make(client, 'me/messages', {'subject': 'Hi'})['id']}"

    refused = client.patch(path, json={"subject": "b"}, headers={"If-Match": tag})

    assert_error(refused, 400, "RequestBodyRead", "invalid value")
    assert "one ETag as it was read" in refused.json["error"]["details"][0]["message"]
    assert client.get(path).json["subject"] == "Hi"


def test_the_sender_of_a_sent_message_stays(client):
    seed(client, {"me/messages": [{"id": "AAMkSENT0001", "sentDateTime": "2026-11-25T08:00:00Z"}]})

    sender = {"from": {"emailAddress": {"address": "eve@contoso.com"}}}
    refused = client.patch("/v1.0/me/messages/AAMkSENT0001", json=sender)

    assert_error(refused, 400, "ErrorInvalidPropertySet", "Message is not draft.")


def test_a_filter_begins_with_what_is_ordered_by(client):
    query = "$filter=hasAttachments eq true&$orderby=receivedDateTime desc"
    refused = client.get(f"/v1.0/me/messages?{query}")
    error = assert_error(refused, 400, "InefficientFilter")
    assert error["message"] == "The restriction or sort order is too complex for this operation."
    assert "has to come first" in error["details"][0]["message"]

    query = (
        "$filter=receivedDateTime ge 1900-01-01T00:00:00Z and isRead eq false"
        "&$orderby=receivedDateTime desc"
    )
    assert client.get(f"/v1.0/me/messages?{query}").status_code == 200


@pytest.mark.parametrize(
    ("option", "code"),
    [
        ("$orderBy=subject", "SearchWithOrderBy"),
        ("$filter=isRead eq true", "SearchWithFilter"),
        ("$count=true", "SearchWithCount"),
    ],
)
def test_a_search_goes_alone(client, option, code):
    refused = client.get(f'/v1.0/me/messages?$search="pizza"&{option}')

    name = option.partition("=")[0]
    said = f"The query parameter '{name}' is not supported with '$search'."
    assert assert_error(refused, 400, code, "")["message"] == said


def test_a_search_finds_a_thousand_at_most_and_the_last_sent_first(client):
    def mail(number):
        moment = f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z"
        return {"subject": f"pizza {number}", "sentDateTime": moment}

    seed(client, {"me/messages": [mail(number) for number in range(1001)]})

    page = client.get('/v1.0/me/messages?$search="pizza"&$top=600&$select=subject').json
    rest = client.get(page["@odata.nextLink"]).json

    found = [each["subject"] for each in page["value"] + rest["value"]]
    assert found == [f"pizza {number}" for number in range(1000, 0, -1)]
    assert "@odata.nextLink" not in rest


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("pizza", "ab"),
        ("PIZ", "ab"),
        ("subject:pizza", "a"),
        ("pizza NOT party", "b"),
        ("pizza AND party", "a"),
        ("subject:party OR subject:news", "ac"),
        ("(subject:party OR subject:news) from:eve", "c"),
        ("from:eve@contoso.com", "c"),
        ("hasAttachments:true", "b"),
        ("received>=2026-11-02", "bc"),
        ("received:11/01/2026", "a"),
        ("izza", ""),
        ("hasAttachment:false", "ac"),
        ("-party pizza", "b"),
        ("+pizza -food", "a"),
        ("subject:pizza subject:news", "ac"),
        ("subject:pizza AND subject:news", ""),
        ("subject:(pizza OR news)", "ac"),
        ("subject<>pizza", "bc"),
        (r"subject:\"pizza party\"", "a"),
        (r"subject:\"party pizza\"", ""),
        ("received:2026-11-01..2026-11-02", "ab"),
        ("received<>2026-11-01", "bc"),
        ("received>2026-11-01T07:59", "abc"),
        ("received<2026-11-02T08:00:00Z", "a"),
        ("attachment:plan", "c"),
        ("size>400000", "c"),
        ("size:1..15", "a"),
        ("importance:medium", "bc"),
        ("importance:HIGH", "a"),
        ("kind:meetings", "b"),
        ("kind:email", "ac"),
        ("kind:notes", ""),
    ],
)
def test_a_search_finds_words_and_properties(client, search, found):
    eve = {"emailAddress": {"name": "Eve", "address": "eve@contoso.com"}}
    plan = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "The plan.txt", "size": 500_000, "isInline": True}  # fmt: skip
    body = {"contentType": "html", "content": "<p>All about <b>pizza</b></p>"}
    messages = [
        {"id": "AAMkAAAAAA0a", "subject": "Pizza party", "importance": "high"},
        {
            "@odata.type": "#microsoft.graph.eventMessage",
            "id": "AAMkAAAAAA0b",
            "subject": "Food",
            "body": body,
            "hasAttachments": True,
        },
        {"id": "AAMkAAAAAA0c", "subject": "News", "from": eve, "attachments": [plan]},
    ]
    for day, each in enumerate(messages, start=1):
        each["receivedDateTime"] = f"2026-11-0{day}T08:00:00Z"
    seed(client, {"me/messages": messages})

    answer = listed(client, f'me/messages?$search="{quote(search)}"')

    assert sorted(each["id"][-1] for each in answer) == list(found)


def test_a_search_for_letters_alone_needs_no_quotes(client):
    mails = {"a": "Pizza party", "b": "Pizza", "c": "Party"}
    seed(client, {"me/messages": [{"id": i, "subject": each} for i, each in mails.items()]})

    for search, found in (("pizza", "ab"), ("pizza party", "a"), ("pizza OR party", "abc")):
        answer = listed(client, f"me/messages?$search={quote(search)}")
        assert sorted(each["id"] for each in answer) == list(found)
    refused = client.get("/v1.0/me/messages?$search=subject:pizza")
    message = "Syntax error: character ':' is not valid at position 7 in 'subject:pizza'. "
    assert_error(refused, 400, "BadRequest", message)


@pytest.mark.parametrize("search", ["'pizza'", '"size:1..many"', '"(pizza"', '"AND"', '"sent:soon"', '"sent:2026-02-30"', '"kind:mail"', '"isread:true"', '"subject>a"', '"a NEAR b"', '"subject:!"', '"importance:top"', '"' + "(" * 300 + 'a"', '"' + "NOT " * 300 + 'a"', '"' + "a " * 2500 + '"'])  # fmt: skip
def test_a_search_that_cannot_be_read_is_refused(client, search):
    assert_error(client.get(f"/v1.0/me/messages?$search={search}"), 400, "BadRequest", "")


def test_a_token_is_for_its_own_search(client):
    seed(client, {"me/messages": [{"subject": f"{word} {n}"} for word in "ab" for n in "12"]})
    page = client.get('/v1.0/me/messages?$search="a"&$top=1').json

    assert len(client.get(page["@odata.nextLink"]).json["value"]) == 1
    other = page["@odata.nextLink"].replace("%22a%22", "%22b%22")
    assert other != page["@odata.nextLink"]
    assert_error(client.get(other), 400, "BadRequest", "skip token")


def test_a_page_has_a_thousand_at_most(client):
    seed(client, {"me/messages": [{"subject": str(number)} for number in range(12)]})

    assert len(listed(client, "me/messages?$top=5000")) == 12
    assert_error(client.get("/v1.0/me/messages?$top=x"), 400, "BadRequest", "$top")


def test_bodies_come_as_text_where_that_is_preferred(client):
    body = {"contentType": "html", "content": "<html><head><title>x</title></head><b>Hi</b></html>"}
    made = make(client, "me/messages", {"body": body})
    wish = {"Prefer": 'outlook.body-content-type="text"'}

    found = client.get(f"/v1.0/me/messages/{made['id']}", headers=wish)

    assert found.json["body"] == {"contentType": "text", "content": "Hi"}
    assert found.headers["Preference-Applied"] == 'outlook.body-content-type="text"'
    assert client.get(f"/v1.0/me/messages/{made['id']}").json["body"] == body


def test_attachments_come_with_a_message(client):
    attachment = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "a.txt",
        "contentBytes": "aGVsbG8=",
    }
    made = make(client, "me/messages", {"subject": "Hi", "attachments": [attachment]})
    plain = make(client, "me/messages", {"subject": "Hi"})

    (found,) = listed(client, f"me/messages/{made['id']}/attachments")

    assert (found["name"], found["contentBytes"]) == ("a.txt", "aGVsbG8=")
    assert found["size"] > 5
    assert client.get(f"/v1.0/me/messages/{made['id']}").json["hasAttachments"] is True
    assert plain["hasAttachments"] is False
    with_them = listed(client, "me/messages?$filter=hasAttachments eq true")
    assert [each["id"] for each in with_them] == [made["id"]]


FILE = {
    "@odata.type": "#microsoft.graph.fileAttachment",
    "name": "a.txt",
    "contentType": "text/plain",
}


@pytest.mark.parametrize("by", ["post", "seed"])
def test_bytes_of_attachments_are_kept_beside_their_records(client, by):
    made = make(client, "me/messages", {"subject": "Hi"})
    place = f"me/messages/{made['id']}/attachments"
    if by == "post":
        make(client, place, {**FILE, "contentBytes": "aGVsbG8="})
    else:
        seed(client, {place: [{**FILE, "contentBytes": "aGVsbG8="}]})

    (found,) = listed(client, place)
    (stored,) = client.get(f"/_fakegraph/records/{place}").json["value"]

    assert found["contentBytes"] == "aGVsbG8="
    assert "contentBytes" not in stored
    assert "contentBytes" not in listed(client, f"{place}?$select=name")[0]
    assert client.get(f"/v1.0/{place}/{found['id']}/$value").data == b"hello"
    assert client.get(f"/v1.0/{place}/{found['id']}").json["contentBytes"] == "aGVsbG8="


def test_a_message_can_be_read_as_it_travels(client):
    attachment = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "a.txt",
        "contentType": "text/plain",
        "contentBytes": "aGVsbG8=",
    }
    made = make(
        client,
        "me/messages",
        {
            "subject": "Grüße",
            "body": {"contentType": "text", "content": "Hi"},
            "toRecipients": [{"emailAddress": {"address": "bob@contoso.com", "name": "Bob"}}],
            "attachments": [attachment],
        },
    )

    response = client.get(f"/v1.0/me/messages/{made['id']}/$value")

    assert response.mimetype == "text/plain"
    found = message_from_bytes(response.data, policy=policy.default)
    assert found["Subject"] == "Grüße"
    assert found["To"].addresses[0].addr_spec == "bob@contoso.com"
    assert found["Message-ID"] == made["internetMessageId"]
    assert found.get_body().get_content().strip() == "Hi"
    (file,) = found.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("a.txt", "hello")
    (stored,) = listed(client, f"me/messages/{made['id']}/attachments")
    raw = client.get(f"/v1.0/me/messages/{made['id']}/attachments/{stored['id']}/$value")
    assert (raw.data, raw.mimetype) == (b"hello", "text/plain")


MIME = b"""\
From: Eve <eve@contoso.com>
To: Bob <bob@contoso.com>, ada@contoso.com
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Date: Wed, 25 Nov 2026 12:00:00 +0100
Message-ID: <1@contoso.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain

Hi there
--x
Content-Type: text/csv; name=a.csv
Content-Disposition: attachment; filename=a.csv
Content-Transfer-Encoding: base64

YSxi
--x--
"""


def test_a_draft_can_be_made_of_a_message_as_it_travels(client):
    plain = {"Content-Type": "text/plain"}

    response = client.post("/v1.0/me/messages", data=b64encode(MIME), headers=plain)

    assert response.status_code == 201, response.text
    made = response.json
    assert (made["subject"], made["isDraft"]) == ("Grüße", True)
    assert made["from"]["emailAddress"]["address"] == "eve@contoso.com"
    addresses = [each["emailAddress"]["address"] for each in made["toRecipients"]]
    assert addresses == ["bob@contoso.com", "ada@contoso.com"]
    assert made["sentDateTime"] == "2026-11-25T11:00:00Z"
    assert made["bodyPreview"] == "Hi there"
    assert made["parentFolderId"] == folder(client, "drafts")["id"]
    (attachment,) = listed(client, f"me/messages/{made['id']}/attachments")
    assert (attachment["name"], attachment["contentBytes"]) == ("a.csv", "YSxi")

    refused = client.post("/v1.0/me/messages", data=b"no base64!", headers=plain)
    assert_error(refused, 400, "ErrorMimeContentInvalidBase64String", "Invalid base64")


# Calendars ----------------------------------------------------------------------------------


def test_a_mailbox_has_a_calendar_from_the_start(client):
    (calendar,) = listed(client, "me/calendars")

    assert (calendar["name"], calendar["isDefaultCalendar"]) == ("Calendar", True)
    assert client.get("/v1.0/me/calendar").json["id"] == calendar["id"]
    (group,) = listed(client, "me/calendarGroups")
    assert group["name"] == "My Calendars"
    inside = listed(client, f"me/calendarGroups/{group['id']}/calendars")
    assert [each["id"] for each in inside] == [calendar["id"]]
    refused = client.delete(f"/v1.0/me/calendars/{calendar['id']}")
    assert refused.status_code == 400


def test_events_are_in_the_calendar_that_they_were_made_in(client):
    other = make(client, "me/calendars", {"name": "Other"})
    mine = make(client, "me/events", EVENT)
    theirs = make(client, f"me/calendars/{other['id']}/events", EVENT)

    assert [each["id"] for each in listed(client, "me/events")] == [mine["id"]]
    assert [each["id"] for each in listed(client, "me/calendar/events")] == [mine["id"]]
    there = listed(client, f"me/calendars/{other['id']}/events")
    assert [each["id"] for each in there] == [theirs["id"]]
    assert client.get(f"/v1.0/me/events/{theirs['id']}").status_code == 200


def test_a_groups_calendar_is_its_own(client):
    seed(client, {"groups": [{"id": "g"}]})
    made = make(client, "groups/g/events", EVENT)

    assert [each["id"] for each in listed(client, "groups/g/calendar/events")] == [made["id"]]
    assert listed(client, "me/events") == []


def test_times_are_kept_in_utc_and_shown_where_the_client_is(client):
    made = make(client, "me/events", EVENT)

    assert made["start"] == {"dateTime": "2026-11-25T20:00:00.0000000", "timeZone": "UTC"}
    assert made["originalStartTimeZone"] == "Pacific Standard Time"
    for zone in ("Pacific Standard Time", "America/Los_Angeles"):
        wish = {"Prefer": f'outlook.timezone="{zone}"'}
        found = client.get(f"/v1.0/me/events/{made['id']}", headers=wish)
        assert found.json["start"] == {"dateTime": "2026-11-25T12:00:00.0000000", "timeZone": zone}
        assert found.headers["Preference-Applied"] == f'outlook.timezone="{zone}"'


def test_a_change_of_something_else_leaves_the_original_zone(client):
    made = make(client, "me/events", EVENT)

    changed = client.patch(f"/v1.0/me/events/{made['id']}", json={"subject": "Dinner"}).json

    assert changed["originalStartTimeZone"] == "Pacific Standard Time"
    assert changed["start"] == made["start"]


def test_a_zone_that_nobody_knows_is_refused(client):
    start = {"dateTime": "2026-11-25T12:00:00", "timeZone": "Greenwich Mean Time"}

    refused = client.post("/v1.0/me/events", json={**EVENT, "start": start})

    assert_error(refused, 400, "TimeZoneNotSupportedException", "'Greenwich Mean Time'")
    for path in ("events", "messages"):  # though there is nothing whose times it would say
        wish = {"Prefer": 'outlook.timezone="Greenwich Mean Time"'}
        refused = client.get(f"/v1.0/me/{path}", headers=wish)
        assert_error(refused, 400, "TimeZoneNotSupportedException", "'Greenwich Mean Time'")


@pytest.mark.parametrize(
    "wrong",
    [
        {"end": {"dateTime": "2026-11-25T11:00:00", "timeZone": "Pacific Standard Time"}},
        {"isAllDay": True},
        {"start": None},
    ],
)
def test_an_event_that_cannot_be_is_refused(client, wrong):
    refused = client.post("/v1.0/me/events", json={**EVENT, **wrong})

    assert_error(refused, 400, "ErrorPropertyValidationFailure", "failed validation")
    assert listed(client, "me/events") == []


def test_a_made_event_has_all_that_the_service_sets(client):
    made = make(
        client,
        "me/events",
        {
            **EVENT,
            "location": {"displayName": "Cafe"},
            "attendees": [{"emailAddress": {"address": "bob@contoso.com"}}],
        },
    )

    assert made["type"] == "singleInstance"
    assert made["iCalUId"].startswith("040000008200E00074C5B7101A82E008")
    assert made["isOrganizer"] is True
    assert made["reminderMinutesBeforeStart"] == 15
    assert made["attendees"][0]["status"]["response"] == "none"
    assert made["attendees"][0]["emailAddress"]["name"] == "bob@contoso.com"
    assert made["locations"][0]["displayName"] == "Cafe"
    assert made["recurrence"] is None


def test_a_new_location_replaces_the_locations(client):
    made = make(client, "me/events", {**EVENT, "location": {"displayName": "Cafe"}})

    changed = client.patch(
        f"/v1.0/me/events/{made['id']}", json={"location": {"displayName": "Bar"}}
    ).json

    assert [each["displayName"] for each in changed["locations"]] == ["Bar"]


def test_a_calendar_view_has_what_overlaps_its_window(client):
    inside = make(client, "me/events", EVENT)
    late = {"dateTime": "2026-11-27T12:00:00", "timeZone": "UTC"}
    make(client, "me/events", {"subject": "Late", "start": late, "end": late})

    for path in ("me/calendarView", "me/calendar/calendarView"):
        assert [each["id"] for each in listed(client, f"{path}?{WINDOW}")] == [inside["id"]]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "ErrorInvalidParameter"),
        ("?startDateTime=2026-11-25", "ErrorInvalidParameter"),
        ("?startDateTime=x&endDateTime=2026-11-25", "ErrorInvalidParameter"),
        ("?startDateTime=2010-11-25&endDateTime=2026-11-25", "ErrorInvalidRequest"),
    ],
)
def test_a_calendar_view_needs_its_window(client, query, code):
    assert_error(client.get(f"/v1.0/me/calendarView{query}"), 400, code, "")


def test_a_folder_says_what_it_weighs_to_who_asks(client):
    inbox = "me/mailFolders/inbox"
    assert "sizeInBytes" not in client.get(f"/v1.0/{inbox}").json
    made = make(client, f"{inbox}/messages", {"subject": "abc", "body": {"content": "défg"}})
    file = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "a",
        "contentBytes": "aGVsbG8=",
    }
    attached = make(client, f"me/messages/{made['id']}/attachments", file)
    make(client, f"{inbox}/messages", {"subject": "h"})

    def weights():
        found = listed(client, "me/mailFolders?$select=displayName,sizeInBytes")
        return {each["displayName"]: each["sizeInBytes"] for each in found if each["sizeInBytes"]}

    assert weights() == {"Inbox": 3 + 5 + attached["size"] + 1}
    client.delete(f"/v1.0/me/messages/{made['id']}")
    assert weights() == {"Inbox": 1, "Deleted Items": 8 + attached["size"]}
    search = {
        "@odata.type": "microsoft.graph.mailSearchFolder",
        "displayName": "H",
        "filterQuery": "subject eq 'h'",
    }
    root = client.get("/v1.0/me/mailFolders/msgfolderroot").json["id"]
    make(
        client,
        f"{inbox}/childFolders",
        {**search, "includeNestedFolders": True, "sourceFolderIds": [root]},
    )
    (found,) = listed(client, f"{inbox}/childFolders?$select=sizeInBytes")
    assert found["sizeInBytes"] == 1


@pytest.mark.parametrize("zone", [None, "", "EST", "Factory", "Japan", "Mars"])
@pytest.mark.parametrize("name", ["start", "end"])
def test_a_time_of_an_event_says_a_zone_that_the_service_has(client, name, zone):
    times = {
        each: {"dateTime": "2026-03-02T09:00:00", "timeZone": "UTC"} for each in ("start", "end")
    }
    made = make(client, "me/events", times)
    other = {"dateTime": "2026-03-02T09:00:00", "timeZone": zone}
    refused = [
        client.post("/v1.0/me/events", json={**times, name: other}),
        client.patch(f"/v1.0/me/events/{made['id']}", json={name: other}),
    ]
    for each in refused:
        assert_error(each, 400, "TimeZoneNotSupportedException", f"supported: '{zone or ''}'.")


def test_an_offset_in_a_time_says_the_moment_and_its_zone_when_it_recurs(client):
    start = {"dateTime": "2026-10-20T12:30:00+02:00", "timeZone": "America/New_York"}
    end = {"dateTime": "2026-10-20T11:00:00Z", "timeZone": "America/New_York"}
    weeks = {"type": "daily", "interval": 14}
    range_ = {"type": "numbered", "startDate": "2026-10-20", "numberOfOccurrences": 2}
    body = {"start": start, "end": end, "recurrence": {"pattern": weeks, "range": range_}}
    made = make(client, "me/events", body)
    window = "startDateTime=2026-10-01&endDateTime=2026-12-01"
    found = listed(client, f"me/events/{made['id']}/instances?{window}")
    assert [each["start"]["dateTime"][5:16] for each in found] == ["10-20T10:30", "11-03T11:30"]
    assert [each["end"]["dateTime"][5:16] for each in found] == ["10-20T11:00", "11-03T12:00"]


# Contacts, categories, settings -------------------------------------------------------------


def test_contacts_are_in_their_folders(client):
    own = make(client, "me/contactFolders", {"displayName": "Friends"})
    one = make(client, "me/contacts", {"givenName": "Ada", "surname": "Lovelace"})
    other = make(client, f"me/contactFolders/{own['id']}/contacts", {"displayName": "Bob"})

    assert (one["displayName"], one["fileAs"]) == ("Ada Lovelace", "Lovelace, Ada")
    assert [each["id"] for each in listed(client, "me/contacts")] == [one["id"]]
    there = listed(client, f"me/contactFolders/{own['id']}/contacts")
    assert [each["id"] for each in there] == [other["id"]]
    assert [each["displayName"] for each in listed(client, "me/contactFolders")] == ["Friends"]
    default = listed(client, f"me/contactFolders/{one['parentFolderId']}/contacts")
    assert [each["id"] for each in default] == [one["id"]]


def test_a_contacts_name_follows_its_parts(client):
    made = make(client, "me/contacts", {"givenName": "Ada", "surname": "Lovelace"})

    changed = client.patch(f"/v1.0/me/contacts/{made['id']}", json={"surname": "Byron"}).json

    assert changed["displayName"] == "Ada Byron"


def test_a_contact_is_filed_by_its_name_until_somebody_says_how(client):
    made = make(client, "me/contacts", {"givenName": "Ada", "surname": "Lovelace"})
    path = f"/v1.0/me/contacts/{made['id']}"
    assert client.patch(path, json={"surname": "Byron"}).json["fileAs"] == "Byron, Ada"
    assert client.patch(path, json={"fileAs": "Countess"}).json["fileAs"] == "Countess"
    assert client.patch(path, json={"surname": "King"}).json["fileAs"] == "Countess"


def test_an_address_of_a_contact_takes_the_place_of_what_was_there(client):
    home = {"street": "Main 1", "city": "Bothell"}
    made = make(client, "me/contacts", {"givenName": "Ada", "homeAddress": home})
    path = f"/v1.0/me/contacts/{made['id']}"
    assert client.patch(path, json={"surname": "King"}).json["homeAddress"] == home
    moved = client.patch(path, json={"homeAddress": {"city": "Kent"}}).json
    assert moved["homeAddress"] == {"city": "Kent"}


def test_a_search_finds_contacts_and_tells_less_of_them(client):
    address = {"name": "Grace", "address": "gh@navy.example"}
    known = {"emailAddresses": [address], "categories": ["Red"], "companyName": "Navy Yard"}
    made = make(client, "me/contacts", {"givenName": "Grace", "surname": "Hopper", **known})
    make(client, "me/contacts", {"givenName": "Ada", "surname": "Lovelace"})
    for words in ("hop", '"Hopper"', '"gh@navy"', '"yard"', '"grace NOT ada"'):
        (found,) = listed(client, f"me/contacts?$search={words}")
        assert (found["id"], found["displayName"]) == (made["id"], "Grace Hopper")
        assert (found["emailAddresses"], found["categories"]) == ([], [])
        assert found["createdDateTime"] is found["primaryEmailAddress"] is None
    assert listed(client, 'me/contacts?$search="zork"') == []
    assert len(listed(client, 'me/contactFolders/contacts/contacts?$search="ada OR grace"')) == 2
    kept = client.get(f"/v1.0/me/contacts/{made['id']}").json
    assert (kept["emailAddresses"], kept["categories"]) == ([address], ["Red"])
    for option, code in (
        ("$filter=title eq 'a'", "SearchWithFilter"),
        ("$count=true", "SearchWithCount"),
    ):
        refused = client.get(f'/v1.0/me/contacts?$search="a"&{option}')
        assert_error(refused, 400, code)
    refused = client.get('/v1.0/me/contacts?$search="title:a"')
    assert_error(refused, 400, "BadRequest", "words alone")


def test_a_contact_is_born_on_a_day(client):
    made = make(client, "me/contacts", {"givenName": "Eve", "birthday": "1974-07-22"})
    assert made["birthday"] == "1974-07-22T00:00:00Z"
    refused = client.patch(f"/v1.0/me/contacts/{made['id']}", json={"birthday": "1974-07-32"})
    assert_error(refused, 400, "RequestBodyRead", "1974-07-32")


def test_an_event_of_which_a_seed_says_no_times_can_be_changed_otherwise(client):
    seed(client, {"me/events": [{"id": "AAMkAGI1AAAt9AHjAAA=", "subject": "a"}]})
    url = "/v1.0/me/events/AAMkAGI1AAAt9AHjAAA="
    assert client.patch(url, json={"subject": "b"}).json["subject"] == "b"
    half = {"start": {"dateTime": "2026-03-01T10:00:00", "timeZone": "UTC"}}
    assert_error(client.patch(url, json=half), 400, "ErrorPropertyValidationFailure")


def test_a_contact_has_three_addresses_at_most(client):
    addresses = [{"address": f"{name}@contoso.com"} for name in "abcd"]

    refused = client.post("/v1.0/me/contacts", json={"emailAddresses": addresses})

    assert_error(refused, 400, "ErrorInvalidProperty", "EmailAddresses has 4 entries")


def test_a_mailbox_has_categories_from_the_start_that_can_go(client):
    first, *others = listed(client, "me/outlook/masterCategories")
    assert len(others) == 5

    client.delete(f"/v1.0/me/outlook/masterCategories/{first['id']}")

    assert listed(client, "me/outlook/masterCategories") == others
    taken = client.post("/v1.0/me/outlook/masterCategories", json={"displayName": "Blue category"})
    assert assert_error(taken, 409, "ErrorItemExists")["target"] == "displayName"


def test_settings_are_shown_to_those_who_ask(client):
    seed(
        client, {"users": [{"id": "a", "mailboxSettings": {"timeZone": "W. Europe Standard Time"}}]}
    )

    found = client.get("/v1.0/users/a?$select=mailboxSettings").json["mailboxSettings"]

    assert found["timeZone"] == "W. Europe Standard Time"
    assert found["dateFormat"] == "M/d/yyyy"
    assert "mailboxSettings" not in client.get("/v1.0/users/a").json


def test_settings_have_urls_of_their_own(client):
    hours = client.get("/v1.0/me/mailboxSettings/workingHours").json
    assert hours["startTime"] == "08:00:00.0000000"

    changed = client.patch("/v1.0/me/mailboxSettings", json={"timeZone": "Pacific Standard Time"})
    assert changed.status_code == 200, changed.text

    assert client.get("/v1.0/me/mailboxSettings/timeZone").json["value"] == "Pacific Standard Time"
    assert client.get("/v1.0/me/mailboxSettings").json["dateFormat"] == "M/d/yyyy"


def test_a_photo_that_nobody_set_is_not_found(client):
    assert_error(client.get("/v1.0/me/photo"), 404, "ImageNotFound", "ImageNotFoundException")


PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes([0, 0, 1, 0, 0, 0, 0, 240]) + bytes(8)
GIF = b"GIF89a" + bytes([240, 0, 120, 0]) + bytes(8)
_TABLE = b"\xff\xc4\0\x04\0\0"
JPEG = b"\xff\xd8" + _TABLE + b"\xff\xc0\0\x0b\x08\0\xf0\1\0" + bytes(8)


@pytest.mark.parametrize(
    ("data", "media", "size"),
    [
        (PNG, "image/png", (256, 240)),
        (GIF, "image/gif", (240, 120)),
        (JPEG, "image/jpeg", (256, 240)),
    ],
    ids=["png", "gif", "jpeg"],
)
def test_a_photo_says_how_large_it_is(client, data, media, size):
    path, head = "/v1.0/me/photo", {"Content-Type": media}

    response = client.put(f"{path}/$value", data=data, headers=head)

    assert (response.status_code, response.data) == (200, b"")
    found = client.get(path).json
    assert (found["width"], found["height"]) == size
    assert found["id"] == f"{size[0]}X{size[1]}"
    assert found["@odata.mediaContentType"] == media
    assert found["@odata.mediaEtag"]
    photo = client.get(f"{path}/$value")
    assert (photo.data, photo.mimetype) == (data, media)


def test_the_bytes_of_a_photo_are_changed_and_deleted_as_it_is(client):
    path, head = "/v1.0/me/photo/$value", {"Content-Type": "image/png"}
    client.put(path, data=JPEG, headers=head)

    assert client.patch(path, data=PNG, headers=head).status_code == 200
    assert client.get(path).data == PNG
    assert client.delete(path).status_code == 204
    assert_error(client.get(path), 404, "ImageNotFound", "ImageNotFoundException")
    contact = make(client, "me/contacts", {"givenName": "Ada"})["id"]
    of_contact = f"/v1.0/me/contacts/{contact}/photo/$value"
    assert client.patch(of_contact, data=PNG, headers=head).status_code == 200


def test_a_link_to_the_next_page_says_how_many_were_walked(client):
    for number in range(25):
        make(client, "me/messages", {"subject": f"{number}"})
    pages, url = [], "/v1.0/me/messages?$select=subject&$skip=2"
    while url:
        page = client.get(url).json
        pages.append([each["subject"] for each in page["value"]])
        url = page.get("@odata.nextLink", "")
        assert ("$skip=12&" in url, "$skip=22&" in url) == (len(pages) == 1, len(pages) == 2)
        for other in ("$skip=13&", "") if "$skip=12&" in url else ():
            changed = client.get(url.replace("$skip=12&", other))
            assert_error(changed, 400, "BadRequest", "Invalid skip token")
    assert [len(each) for each in pages] == [10, 10, 3]
    assert len({name for each in pages for name in each}) == 23
    assert len(client.get("/v1.0/me/messages?$skip=12").json["value"]) == 10


def test_ids_say_what_they_are_of(client):
    message = make(client, "me/messages", {"subject": "s"})["id"]
    file = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a", "contentBytes": "aGk="}
    attached = make(client, f"me/messages/{message}/attachments", file)["id"]
    assert attached.startswith(f"{message.rstrip('=')}ABEgAQA")
    folder = make(client, "me/mailFolders", {"displayName": "f"})["id"]
    assert folder.startswith("AQMk")
    assert "AuAAAAAA" in folder


def test_what_is_no_picture_is_no_photo(client):
    head = {"Content-Type": "image/jpeg"}

    for data in (b"hello", b"", JPEG[:9]):
        refused = client.put("/v1.0/me/photo/$value", data=data, headers=head)
        assert_error(refused, 400, "ErrorInvalidImage", "picture")
    assert client.get("/v1.0/me/photo").status_code == 404


# Groups -------------------------------------------------------------------------------------


def test_a_conversation_comes_with_its_threads_and_posts(client):
    seed(client, {"groups": [{"id": "g"}]})
    post = {"body": {"contentType": "html", "content": "<b>What</b> do we know?"}}
    body = {"topic": "News", "threads": [{"posts": [post]}]}

    made = make(client, "groups/g/conversations", body)

    assert made["preview"] == "What do we know?"
    (thread,) = listed(client, f"groups/g/conversations/{made['id']}/threads")
    assert thread["topic"] == "News"
    assert [each["id"] for each in listed(client, "groups/g/threads")] == [thread["id"]]
    (found,) = listed(client, f"groups/g/threads/{thread['id']}/posts")
    assert post["body"]["content"] in found["body"]["content"]
    client.delete(f"/v1.0/groups/g/conversations/{made['id']}")
    assert listed(client, "groups/g/threads") == []


# Many messages ------------------------------------------------------------------------------


def mailbox(client, messages=40):
    """A user with messages in two folders, one by one, later and later."""
    records = [
        {
            "id": f"m{number:02}",
            "subject": f"Message {number}",
            "isRead": number % 4 == 0,
            "receivedDateTime": f"2026-11-25T12:{number:02}:00Z",
            "parentFolderId": "even" if number % 2 == 0 else "odd",
        }
        for number in range(messages)
    ]
    folders = [{"id": name, "displayName": name} for name in ("even", "odd")]
    seed(client, {"me/mailFolders": folders})
    seed(client, {"me/messages": records})


def pages(client, path):
    """The ids on each page, from the first to the last."""
    found, url = [], f"/v1.0/{path}"
    while url:
        response = client.get(url)
        assert response.status_code == 200, response.text
        found.append([each["id"] for each in response.json["value"]])
        url = response.json.get("@odata.nextLink")
    return found


def test_messages_of_a_folder_are_paged_from_the_latest_on(client):
    mailbox(client)
    odd = [f"m{number:02}" for number in range(39, 0, -2)]

    assert pages(client, "me/mailFolders/odd/messages") == [odd[:10], odd[10:]]
    ascending = "me/mailFolders/odd/messages?$orderby=receivedDateTime&$top=15"
    assert pages(client, ascending) == [odd[:4:-1], odd[4::-1]]


@pytest.mark.parametrize(
    ("limits", "numbers"),
    [
        ("ge 2026-11-25T12:35:00Z", [39, 37, 35]),
        ("gt 2026-11-25T12:35:00Z", [39, 37]),
        ("lt 2026-11-25T12:03:00Z", [1]),
        ("le 2026-11-25T12:03:00Z", [3, 1]),
        ("eq 2026-11-25T12:03:00Z", [3]),
        ("eq 2026-11-25T12:02:00Z", []),
    ],
)
def test_messages_of_a_folder_in_a_span_of_time(client, limits, numbers):
    mailbox(client)
    query = f"$filter=receivedDateTime {limits}&$orderby=receivedDateTime desc"

    (found,) = pages(client, f"me/mailFolders/odd/messages?{query}")
    assert found == [f"m{number:02}" for number in numbers]


def test_a_folder_counts_what_is_in_it_after_every_change(client):
    mailbox(client)

    def counts(word):
        found = folder(client, word)
        return found["totalItemCount"], found["unreadItemCount"]

    assert (counts("even"), counts("odd")) == ((20, 10), (20, 20))
    client.patch("/v1.0/me/messages/m01", json={"isRead": True})
    client.delete("/v1.0/me/messages/m03")
    assert (counts("odd"), counts("deleteditems")) == ((19, 18), (1, 1))
    assert client.get("/v1.0/me/mailFolders/odd/messages/$count").text == "19"
    assert listed(client, "me/mailFolders/deleteditems/messages")[0]["subject"] == "Message 3"


def test_ids_of_folders_are_compared_exactly(client):
    mailbox(client, 2)
    seed(client, {"me/mailFolders": [{"id": "ODD", "displayName": "Other"}]})

    assert folder(client, "ODD")["totalItemCount"] == 0
    assert listed(client, "me/messages?$filter=parentFolderId eq 'ODD'") == []
    assert [each["id"] for each in listed(client, "me/mailFolders/odd/messages")] == ["m01"]


def test_a_message_that_was_shown_before_says_that_it_has_attachments_now(client):
    message = make(client, "me/messages", {"subject": "Plans"})
    path = f"me/messages/{message['id']}"
    assert client.get(f"/v1.0/{path}").json["hasAttachments"] is False

    attached = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a", "contentBytes": ""}
    make(client, f"{path}/attachments", attached)

    assert client.get(f"/v1.0/{path}").json["hasAttachments"] is True
    assert [each["hasAttachments"] for each in listed(client, "me/messages")] == [True]


def test_what_was_shown_before_is_shown_as_others_prefer_it(client):
    message = make(
        client,
        "me/messages",
        {"subject": "Plans", "body": {"contentType": "html", "content": "<b>Hi</b>"}},
    )
    path = f"/v1.0/me/messages/{message['id']}"
    html = client.get(path).json["body"]
    text = client.get(path, headers={"Prefer": 'outlook.body-content-type="text"'}).json["body"]

    assert (html["contentType"], text["contentType"]) == ("html", "text")
    assert client.get(path).json["body"] == html
    assert client.get(f"{path}?$select=subject").json.keys() - {"id", "subject"} == {
        "@odata.context",
        "@odata.etag",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("parentFolderId", "AAMkAAAAAAA1"),
        ("isDraft", False),
        ("receivedDateTime", "2020-01-01T00:00:00Z"),
        ("sentDateTime", "2020-01-01T00:00:00Z"),
        (
            "attachments",
            [{"@odata.type": "#microsoft.graph.fileAttachment", "name": "a", "contentBytes": ""}],
        ),
    ],
)
def test_a_message_keeps_what_changes_of_it_cannot_set(client, name, value):
    made = make(client, "me/messages", {"subject": "a"})
    there = f"/v1.0/me/messages/{made['id']}"

    response = client.patch(there, json={name: value, "subject": "b"})

    message = "Set action is invalid for property."
    assert_error(response, 400, "ErrorInvalidPropertySet", message)
    assert client.get(there).json["subject"] == "a"
    assert listed(client, f"me/messages/{made['id']}/attachments") == []


def test_a_folder_does_not_move_by_a_change(client):
    made = make(client, "me/mailFolders", {"displayName": "a"})

    response = client.patch(
        f"/v1.0/me/mailFolders/{made['id']}", json={"parentFolderId": folder(client, "inbox")["id"]}
    )

    assert_error(response, 400, "ErrorInvalidPropertySet", "Set action is invalid")


@pytest.mark.parametrize("word", ["archive", "Archive", "sentitems"])
def test_seeds_put_messages_into_folders_by_their_words(client, word):
    seed(client, {"me/messages": [{"subject": "a", "parentFolderId": word}]})

    assert [each["subject"] for each in listed(client, f"me/mailFolders/{word}/messages")] == ["a"]


def test_seeds_put_messages_into_folders_that_they_make(client):
    made = {"id": "AQMkAAAAAAA1", "displayName": "x"}
    there = {"subject": "a", "parentFolderId": made["id"]}
    seed(client, {"me/messages": [there], "me/mailFolders": [made]})

    assert len(listed(client, f"me/mailFolders/{made['id']}/messages")) == 1


def test_seeds_put_no_message_where_no_folder_is(client):
    seeds = {"me/messages": [{"subject": "a", "parentFolderId": "nowhere"}]}

    response = client.post("/_fakegraph/seed", json=seeds)

    assert response.status_code == 400
    assert "'nowhere' is nothing in user/mailFolders" in response.text
    assert listed(client, "me/messages") == []


def test_moments_of_a_seeded_message_are_in_utc_whatever_their_zone(client):
    sent = {
        "id": "AAMkMESSAGE01",
        "subject": "Hi",
        "receivedDateTime": "2024-05-10T08:00:00.5+05:30",
    }
    seed(client, {"me/messages": [sent]})

    (message,) = listed(client, "me/messages")
    assert message["receivedDateTime"] == "2024-05-10T02:30:00Z"


@pytest.mark.parametrize("place", ["messages", "mailFolders/inbox/messages"])
def test_of_messages_of_one_moment_the_last_one_comes_first(client, place):
    seed(client, {"me/messages": [{"subject": str(number), "receivedDateTime": "2026-11-25T08:00:00Z", "parentFolderId": "inbox"} for number in range(25)]})  # fmt: skip

    def shown(query):
        found, url = [], f"/v1.0/me/{place}?{query}"
        while url:
            page = client.get(url).json
            found += [int(each["subject"]) for each in page["value"]]
            url = page.get("@odata.nextLink")
        return found

    assert shown("$top=7") == shown("$orderby=receivedDateTime desc") == [*range(25)][::-1]
    assert shown("$orderby=sentDateTime desc&$top=10") == [*range(25)][::-1]
    assert shown("$orderby=receivedDateTime,subject desc") == sorted(range(25), key=str)[::-1]
    assert shown("$orderby=receivedDateTime") == shown("$orderby=importance") == [*range(25)]
    unread = "$filter=receivedDateTime ge 2020-01-01T00:00:00Z and isRead eq false"
    assert shown(f"{unread}&$orderby=receivedDateTime desc&$top=3") == [*range(25)][::-1]


@pytest.mark.parametrize("deed", ["move", "delete"])
def test_what_is_in_a_folder_that_moves_has_other_ids(client, deed):
    """And the same immutable ones; the folders below it keep theirs."""
    outer = make(client, "me/mailFolders", {"displayName": "Outer"})["id"]
    inner = make(client, f"me/mailFolders/{outer}/childFolders", {"displayName": "Inner"})["id"]
    prefer = {"Prefer": 'IdType="ImmutableId"'}
    made, lasting = {}, {}
    for place in (outer, inner):
        path = f"me/mailFolders/{place}/messages"
        made[place] = make(client, path, {"subject": "Hi"})["id"]
        (lasting[place],) = [each["id"] for each in listed(client, path, headers=prefer)]
    changes = client.get(f"/v1.0/me/mailFolders/{inner}/messages/delta").json["@odata.deltaLink"]

    if deed == "move":
        url = f"/v1.0/me/mailFolders/{outer}/move"
        assert client.post(url, json={"destinationId": "archive"}).json["id"] == outer
    else:
        assert client.delete(f"/v1.0/me/mailFolders/{outer}").status_code == 204
    place = "archive" if deed == "move" else "deleteditems"
    (moved,) = listed(client, f"me/mailFolders/{place}/childFolders")
    (below,) = listed(client, f"me/mailFolders/{moved['id']}/childFolders")
    assert below["id"] == inner

    for old, now in ((outer, moved["id"]), (inner, inner)):
        (message,) = listed(client, f"me/mailFolders/{now}/messages")
        assert message["id"] != made[old]
        assert message["parentFolderId"] == now
        assert_error(client.get(f"/v1.0/me/messages/{made[old]}"), 404, "ErrorItemNotFound")
        (again,) = listed(client, f"me/mailFolders/{now}/messages", headers=prefer)
        assert again["id"] == lasting[old]
    told = client.get(changes).json["value"]
    gone = [each["id"] for each in told if "@removed" in each]
    assert gone == [made[inner]]
    assert [each["id"] for each in told if "@removed" not in each] == [message["id"]]


def test_a_folder_that_lies_in_itself_moves(client):
    """Seeds can say so; the move comes to an end."""
    ids = ["AQMkFOLDERAAA1", "AQMkFOLDERBBB1"]
    seed(client, {"me/mailFolders": [{"id": ids[n], "displayName": "ab"[n], "parentFolderId": ids[1 - n]} for n in (0, 1)]})  # fmt: skip
    seed(client, {"me/messages": [{"id": "AAMkMESSAGE01", "parentFolderId": ids[1]}]})
    answer = client.post(f"/v1.0/me/mailFolders/{ids[0]}/move", json={"destinationId": "inbox"})
    assert answer.status_code == 200
    (message,) = listed(client, f"me/mailFolders/{ids[1]}/messages")
    assert message["id"] != "AAMkMESSAGE01"


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("today", ["25"]),
        ("yesterday", ["24"]),
        ("'this week'", ["25", "24", "22"]),
        ("'last week'", ["21"]),
        ("'this month'", ["25", "24", "22", "21"]),
        ("'last month'", []),
        ("'this year'", ["25", "24", "22", "21"]),
    ],
)
def test_words_for_spans_of_days_go_by_the_tenants_clock(client, word, found):
    client.put("/_fakegraph/clock", json={"now": "2026-11-25T12:00:00Z"})
    days = ("21", "22", "24", "25")
    seed(client, {"me/messages": [{"subject": day, "receivedDateTime": f"2026-11-{day}T08:00:00Z"} for day in days]})  # fmt: skip
    spelt = word.replace("'", '\\"')
    answer = listed(client, f'me/messages?$search="received:{spelt}"')
    assert [each["subject"] for each in answer] == found


def test_contacts_and_their_folders_are_moved_by_saying_where_they_are(client):
    seed(client, {"users": [{"id": "ada", "userPrincipalName": "ada@contoso.com"}, {"id": "bob", "userPrincipalName": "bob@contoso.com"}]})  # fmt: skip
    one, two = (make(client, "me/contactFolders", {"displayName": name})["id"] for name in "AB")
    below = make(client, f"me/contactFolders/{one}/childFolders", {"displayName": "C"})["id"]
    other = make(client, "users/bob/contactFolders", {"displayName": "X"})["id"]
    contact = make(client, "me/contacts", {"givenName": "Ada"})

    def names(path, name="displayName"):
        return [each[name] for each in listed(client, f"me/{path}")]

    def put(path, place, status=200):
        answer = client.patch(f"/v1.0/me/{path}", json={"parentFolderId": place})
        assert answer.status_code == status, answer.text
        return answer

    moved = put(f"contacts/{contact['id']}", one).json
    assert moved["parentFolderId"] == one
    assert (names("contacts"), names(f"contactFolders/{one}/contacts")) == ([], ["Ada"])
    put(f"contactFolders/{one}/contacts/{contact['id']}", two)
    assert names(f"contactFolders/{two}/contacts") == ["Ada"]
    put(f"contactFolders/{below}", two)
    assert names(f"contactFolders/{two}/childFolders") == ["C"]

    for path in (f"contacts/{contact['id']}", f"contactFolders/{one}"):
        assert_error(put(path, other, 404), 404, "ErrorItemNotFound")
        assert_error(put(path, "x", 400), 400, "ErrorInvalidIdMalformed")
    assert_error(put(f"contactFolders/{two}", below, 400), 400, "ErrorMoveCopyFailed")
    kept = contact["parentFolderId"]
    assert_error(put(f"contactFolders/{kept}", one, 400), 400, "ErrorMoveDistinguishedFolder")
    for path, body in (("contacts", {}), ("contactFolders", {"displayName": "D"})):
        answer = client.post(f"/v1.0/me/{path}", json={**body, "parentFolderId": other})
        assert_error(answer, 404, "ErrorItemNotFound")
        made = make(client, f"me/{path}", {**body, "parentFolderId": one})
        assert made["parentFolderId"] == one
    assert names(f"contactFolders/{two}/contacts") == ["Ada"]


def test_what_has_arrived_asks_for_no_receipt_of_its_delivery_any_more(client):
    address = "ada@contoso.com"
    seed(client, {"users": [{"id": "ada", "mail": address, "userPrincipalName": address}]})
    message = {"isDeliveryReceiptRequested": True, "toRecipients": [{"emailAddress": {"address": address}}]}  # fmt: skip
    assert client.post("/v1.0/me/sendMail", json={"message": message}).status_code == 202
    for folder, asked in (("sentitems", True), ("inbox", None)):
        (found,) = listed(client, f"me/mailFolders/{folder}/messages")
        assert found["isDeliveryReceiptRequested"] is asked
