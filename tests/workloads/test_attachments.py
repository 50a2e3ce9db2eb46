"""What is attached to messages and events, in one request and in many."""

from __future__ import annotations

from base64 import b64encode
from email import message_from_bytes
from urllib.parse import unquote, urlsplit

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

MB = 1024 * 1024
DATA = bytes(range(256)) * 14_000
SIZE = len(DATA)
FILE = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt"}
REFERENCE = {"@odata.type": "#microsoft.graph.referenceAttachment", "name": "there"}


@pytest.fixture
def message(client):
    """The path of a draft."""
    return f"me/messages/{make(client, 'me/messages', {'subject': 'Hi'})['id']}"


def begin(client, place, **changes):
    item = {"attachmentType": "file", "name": "big.bin", "size": len(DATA), **changes}
    return client.post(f"/v1.0/{place}/attachments/createUploadSession", json={"AttachmentItem": item})  # fmt: skip


def url_of(answer):
    assert answer.status_code == 201, answer.text
    parts = urlsplit(answer.json["uploadUrl"])
    return f"{parts.path}?{parts.query}"


def put(client, url, first, last, total=SIZE, data=None):
    part = DATA[first : last + 1] if data is None else data
    return client.put(url, data=part, headers={"Content-Range": f"bytes {first}-{last}/{total}"})


@pytest.mark.parametrize("of", ["message", "event"])
def test_a_large_file_is_attached_in_ranges(client, message, of):
    place = message
    if of == "event":
        when = {"dateTime": "2026-11-25T12:00:00", "timeZone": "UTC"}
        made = make(client, "me/events", {"subject": "Lunch", "start": when, "end": when})
        place = f"me/events/{made['id']}"
    before = client.get(f"/v1.0/{place}").json
    answer = begin(client, place, contentType="image/png")
    url = url_of(answer)
    assert answer.json["@odata.context"].endswith("$metadata#microsoft.graph.uploadSession")
    assert answer.json["nextExpectedRanges"] == ["0-"]

    first = put(client, url, 0, 2 * MB - 1)
    assert (first.status_code, first.json["nextExpectedRanges"]) == (200, [str(2 * MB)])
    assert "uploadUrl" not in first.json
    assert first.json["expirationDateTime"] == answer.json["expirationDateTime"]
    assert client.get(url).json["nextExpectedRanges"] == [str(2 * MB)]
    assert listed(client, f"{place}/attachments") == []

    last = put(client, url, 2 * MB, len(DATA) - 1)
    assert (last.status_code, last.data) == (201, b"")
    id_ = unquote(last.headers["Location"]).rpartition("Attachments('")[2].removesuffix("')")
    (found,) = listed(client, f"{place}/attachments?$select=name,size,contentType")
    assert (found["id"], found["name"], found["contentType"]) == (id_, "big.bin", "image/png")
    assert found["size"] > len(DATA)
    assert client.get(f"/v1.0/{place}/attachments/{id_}/$value").data == DATA
    assert client.get(urlsplit(last.headers["Location"]).path).json["id"] == id_
    after = client.get(f"/v1.0/{place}").json
    assert after["hasAttachments"] is True
    assert after["changeKey"] != before["changeKey"]
    assert_error(put(client, url, 0, 9), 404, "ErrorItemNotFound")


def test_what_is_uploaded_can_be_given_up(client, message):
    url = url_of(begin(client, message))
    put(client, url, 0, 9)
    assert client.delete(url).status_code == 204
    assert_error(client.get(url), 404, "ErrorItemNotFound")
    assert_error(client.delete(url), 404, "ErrorItemNotFound")


@pytest.mark.parametrize(
    ("first", "last", "total", "size"),
    [(10, 19, len(DATA), 10), (0, 9, 4 * MB, 10), (0, 9, len(DATA), 9), (0, 9, 9, 10)],
)
def test_ranges_out_of_order_are_refused(client, message, first, last, total, size):
    url = url_of(begin(client, message))
    answer = put(client, url, first, last, total, b"x" * size)
    assert_error(answer, 400, "ErrorInvalidRequest")
    assert client.get(url).json["nextExpectedRanges"] == ["0"]


def test_an_upload_that_says_no_range_is_refused(client, message):
    url = url_of(begin(client, message))
    assert_error(client.put(url, data=b"x"), 400, "ErrorInvalidRequest", "Content-Range")
    assert client.post(url, data=b"x").status_code == 405


def test_a_range_has_four_megabytes_at_most(client, message):
    url = url_of(begin(client, message, size=6 * MB))
    answer = put(client, url, 0, 4 * MB, 6 * MB, bytes(4 * MB + 1))
    assert_error(answer, 413, "BadRequest", "The maximum request length supported is 4MB.")


def test_a_session_expires_by_the_tenants_clock(client, message):
    url = url_of(begin(client, message))
    client.put("/_fakegraph/clock", json={"advance": "P1D"})
    assert_error(put(client, url, 0, 9), 404, "ErrorItemNotFound")


def test_a_session_goes_with_its_message(client, message):
    url = url_of(begin(client, message))
    moved = client.post(f"/v1.0/{message}/move", json={"destinationId": "archive"}).json
    assert put(client, url, 0, 9).status_code == 200
    client.delete(f"/v1.0/me/messages/{moved['id']}")
    (gone,) = listed(client, "me/mailFolders/deleteditems/messages")
    client.post(f"/v1.0/me/messages/{gone['id']}/permanentDelete")
    assert_error(client.get(url), 404, "ErrorItemNotFound")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"size": 3 * MB - 1}, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"),
        ({"size": 151 * MB}, "ErrorMessageSizeExceeded"),
        ({"size": None}, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"),
        ({"name": None}, "ErrorPropertyValidationFailure"),
        ({"attachmentType": "item"}, "ErrorPropertyValidationFailure"),
    ],
)
def test_what_is_no_large_file_gets_no_session(client, message, changes, code):
    assert_error(begin(client, message, **changes), 400, code)


def test_a_session_needs_no_token_but_to_be_made(make_client):
    client = make_client(auth="bearer")
    token = {"Authorization": "Bearer x"}
    made = client.post("/v1.0/me/messages", json={}, headers=token).json
    place = f"/v1.0/me/messages/{made['id']}/attachments/createUploadSession"
    item = {"attachmentType": "file", "name": "b", "size": len(DATA)}
    assert client.post(place, json={"AttachmentItem": item}).status_code == 401
    url = url_of(client.post(place, json={"AttachmentItem": item}, headers=token))
    assert put(client, url, 0, 9).status_code == 200


def test_one_request_brings_four_megabytes_at_most(client, message):
    body = {"subject": "x" * (4 * MB)}
    answer = client.post("/v1.0/me/messages", json=body)
    assert_error(answer, 413, "BadRequest", "The maximum request length supported is 4MB.")
    whole = b64encode(bytes(3 * MB + 3)).decode()[: 4 * MB - 400]
    answer = client.post(f"/v1.0/{message}/attachments", json={**FILE, "contentBytes": whole})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("name", "media"), [("a.pdf", "application/pdf"), ("a", "application/octet-stream")]
)
def test_a_files_kind_is_read_off_its_name(client, message, name, media):
    made = make(client, f"{message}/attachments", {**FILE, "name": name, "contentBytes": "YQ=="})
    assert made["contentType"] == media


def test_attaching_makes_another_version_of_the_message(client, message):
    before = client.get(f"/v1.0/{message}").json
    made = make(client, f"{message}/attachments", {**FILE, "contentBytes": "YQ=="})
    between = client.get(f"/v1.0/{message}").json
    assert client.delete(f"/v1.0/{message}/attachments/{made['id']}").status_code == 204
    after = client.get(f"/v1.0/{message}").json
    assert [each["hasAttachments"] for each in (before, between, after)] == [False, True, False]
    assert len({each["changeKey"] for each in (before, between, after)}) == 3


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("text/html\r\nX-Evil: 1", "application/octet-stream"),
        ("山/山", "application/octet-stream"),
        ("a/b; c=\x00", "application/octet-stream"),
        ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
    ],
)
def test_what_is_no_media_type_goes_in_no_header(client, message, said, sent):
    body = {**FILE, "contentType": said, "contentBytes": "YQ=="}
    made = make(client, f"{message}/attachments", body)
    assert made["contentType"] == said
    value = client.get(f"/v1.0/{message}/attachments/{made['id']}/$value")
    assert (value.status_code, value.data, value.headers["Content-Type"]) == (200, b"a", sent)


def test_what_is_inline_is_no_attachment_to_speak_of(client, message):
    made = make(client, f"{message}/attachments", {**FILE, "isInline": True, "contentBytes": "YQ=="})  # fmt: skip
    assert made["isInline"] is True
    assert client.get(f"/v1.0/{message}").json["hasAttachments"] is False


def test_a_message_is_attached_with_what_it_says(client, message):
    item = {"@odata.type": "#microsoft.graph.message", "subject": "Inner", "body": {"contentType": "text", "content": "Deep"}}  # fmt: skip
    body = {"@odata.type": "#microsoft.graph.itemAttachment", "name": "Inner", "item": item}
    made = make(client, f"{message}/attachments", body)
    place = f"{message}/attachments/{made['id']}"
    shown = client.get(f"/v1.0/{place}?$expand=microsoft.graph.itemattachment/item").json
    assert (shown["item"]["subject"], shown["item"]["id"]) == ("Inner", "")
    assert "item" not in client.get(f"/v1.0/{place}").json
    value = client.get(f"/v1.0/{place}/$value")
    assert b"Subject: Inner" in value.data
    assert b"Deep" in value.data


def test_what_is_attached_can_be_sent_and_seeded_as_it_is_shown(client, message):
    inner = {"@odata.type": "#microsoft.graph.message", "id": "", "subject": "Inner"}
    make(client, f"{message}/attachments", item(inner, "sent"))
    seed(client, {f"{message}/attachments": [item(inner, "seeded")]})
    found = listed(client, f"{message}/attachments{INNER}")
    assert [each["name"] for each in found] == ["sent", "seeded"]
    assert [(each["item"]["id"], each["item"]["subject"]) for each in found] == [("", "Inner")] * 2


def test_all_kinds_of_attachments_travel(client):
    seed(client, {"users": [{"userPrincipalName": f"{name}@contoso.com"} for name in ("ada", "bob")]})  # fmt: skip
    item = {"@odata.type": "#microsoft.graph.message", "subject": "Inner"}
    attachments = [
        {**FILE, "contentBytes": "YQ=="},
        {"@odata.type": "#microsoft.graph.itemAttachment", "name": "Inner", "item": item},
    ]
    mail = {"subject": "Hi", "toRecipients": [{"emailAddress": {"address": "bob@contoso.com"}}], "attachments": attachments}  # fmt: skip
    answer = client.post("/v1.0/users/ada@contoso.com/sendMail", json={"message": mail})
    assert answer.status_code == 202, answer.text
    inbox = "users/bob@contoso.com/mailFolders/inbox/messages"
    (got,) = listed(client, inbox)
    found = listed(client, f"{inbox}/{got['id']}/attachments?$expand=microsoft.graph.itemattachment/item")  # fmt: skip
    assert sorted(each["name"] for each in found) == ["Inner", "a.txt"]
    assert [each["item"]["subject"] for each in found if "item" in each] == ["Inner"]


# Items ----------------------------------------------------------------------------------------

WHEN = {"dateTime": "2026-03-01T10:00:00", "timeZone": "Pacific Standard Time"}
EVENT = {"@odata.type": "microsoft.graph.event", "subject": "Tea; cake", "start": WHEN, "end": WHEN}
CONTACT = {"@odata.type": "microsoft.graph.contact", "givenName": "Eve", "surname": "Moss", "emailAddresses": [{"address": "eve@fabrikam.com"}]}  # fmt: skip
INNER = "?$expand=microsoft.graph.itemAttachment/item"


def item(what, name="item"):
    return {"@odata.type": "#microsoft.graph.itemAttachment", "name": name, "item": what}


@pytest.mark.parametrize(
    ("what", "media", "lines"),
    [
        (EVENT, "text/calendar", ["BEGIN:VCALENDAR", "SUMMARY:Tea\\; cake", "DTSTART:20260301T180000Z", "END:VCALENDAR"]),
        (CONTACT, "text/vcard", ["BEGIN:VCARD", "FN:Eve Moss", "N:Moss;Eve;;;", "EMAIL;TYPE=INTERNET,PREF:eve@fabrikam.com", "END:VCARD"]),
        ({"@odata.type": "microsoft.graph.message", "subject": "In"}, "text/plain", ["Subject: In"]),
    ],
)  # fmt: skip
def test_an_attached_item_is_a_file(client, message, what, media, lines):
    made = make(client, f"{message}/attachments", item(what))
    answer = client.get(f"/v1.0/{message}/attachments/{made['id']}/$value")
    assert (answer.status_code, answer.mimetype) == (200, media)
    assert set(lines) <= {*answer.text.split("\r\n")}
    assert client.get(f"/v1.0/{message}/attachments/{made['id']}{INNER}").json["item"]["id"] == ""
    whole = message_from_bytes(client.get(f"/v1.0/{message}/$value").data)
    kind = "message/rfc822" if media == "text/plain" else media
    assert kind in [each.get_content_type() for each in whole.walk()]


def nested(depth):
    what = {"@odata.type": "microsoft.graph.message", "subject": f"level {depth}"}
    return {**what, "attachments": [item(nested(depth - 1))]} if depth > 1 else what


def test_items_are_attached_to_items_as_deep_as_a_body_may_be(client, message):
    made = make(client, f"{message}/attachments", item(nested(20)))
    inner = "microsoft.graph.message/attachments($expand=microsoft.graph.itemAttachment/item)"
    query = f"{INNER}($expand={inner})"
    found = client.get(f"/v1.0/{message}/attachments/{made['id']}{query}")
    assert found.status_code == 200, found.text
    (below,) = found.json["item"]["attachments"]
    assert (found.json["item"]["subject"], below["item"]["subject"]) == ("level 20", "level 19")
    whole = client.get(f"/v1.0/{message}/attachments/{made['id']}/$value").text
    assert [f"Subject: level {each}" in whole for each in (20, 19, 1)] == [True] * 3
    deeper = client.post(f"/v1.0/{message}/attachments", json=item(nested(40)))
    assert_error(deeper, 400, "BadRequest", "nested")


def test_what_is_expanded_can_be_selected_as_well(client, message):
    make(client, f"{message}/attachments", {**FILE, "contentBytes": "YQ=="})
    url = f"/v1.0/{message}?$select=subject,Attachments"
    found = client.get(f"{url}&$expand=attachments($select=name)").json
    assert [each["name"] for each in found["attachments"]] == [FILE["name"]]
    assert "body" not in found
    assert "attachments" not in client.get(url).json
    assert_error(client.get(f"{url},attachment"), 400, "BadRequest", "attachment")


def test_beta_attaches_what_is_stored_elsewhere(client, message):
    link = {"@odata.type": "#microsoft.graph.referenceAttachment", "name": "a", "sourceUrl": "https://contoso.com/a", "providerType": "oneDriveBusiness", "permission": "view"}  # fmt: skip
    made = client.post(f"/beta/{message}/attachments", json=link)
    assert made.status_code == 201, made.text
    assert {name: made.json[name] for name in link} == link
    assert "sourceUrl" not in client.get(f"/v1.0/{message}/attachments/{made.json['id']}").json
    assert_error(client.post(f"/v1.0/{message}/attachments", json=link), 400, "RequestBodyRead")
    del link["sourceUrl"]
    nowhere = client.post(f"/beta/{message}/attachments", json=link)
    assert_error(nowhere, 400, "ErrorInvalidProperty", "The property 'SourceUrl' is required")
    assert client.get(f"/v1.0/{message}").json["hasAttachments"] is True


def test_a_reference_has_no_bytes(client, message):
    seed(client, {f"{message}/attachments": [REFERENCE]})
    (there,) = listed(client, f"{message}/attachments")
    assert there["@odata.type"] == REFERENCE["@odata.type"]
    answer = client.get(f"/v1.0/{message}/attachments/{there['id']}/$value")
    assert_error(answer, 405, "ErrorInvalidRequest")


@pytest.mark.parametrize("place", ["attachments", "me/messages", "me/events", "me/sendMail"])
@pytest.mark.parametrize("url", [{}, {"sourceUrl": "https://contoso.com/a"}])
def test_v1_0_makes_no_references(client, message, place, url):
    """Where they lead to is a property of beta's alone."""
    reference = {**REFERENCE, **url}
    when = {"dateTime": "2026-03-01T10:00:00", "timeZone": "UTC"}
    path, body = {
        "attachments": (f"{message}/attachments", reference),
        "me/events": (place, {"start": when, "end": when, "attachments": [reference]}),
        "me/sendMail": (place, {"message": {"attachments": [reference]}}),
    }.get(place, (place, {"attachments": [reference]}))
    answer = client.post(f"/v1.0/{path}", json=body)
    if url:
        said = (
            "The property 'sourceUrl' does not exist on type 'microsoft.graph.referenceAttachment'."
        )
        assert_error(answer, 400, "RequestBodyRead", said)
    else:
        assert_error(answer, 400, "ErrorInvalidProperty", "The property 'SourceUrl' is required")
        assert "beta" in answer.json["error"]["details"][0]["message"]


@pytest.mark.parametrize("place", ["attachments", "me/messages", "me/sendMail", "me/events"])
@pytest.mark.parametrize(
    ("part", "missing"),
    [
        ({**FILE, "name": None, "contentBytes": "YQ=="}, "name"),
        (FILE, "contentBytes"),
        ({"@odata.type": "#microsoft.graph.itemAttachment", "name": "x"}, "item"),
    ],
)
def test_what_is_attached_is_whole_however_it_comes(client, message, place, part, missing):
    whole = {"start": WHEN, "end": WHEN} if "events" in place else {}
    body = {**whole, "attachments": [part]}
    if place == "attachments":
        place, body = f"{message}/attachments", part
    answer = client.post(f"/v1.0/{place}", json={"message": body} if "send" in place else body)
    error = assert_error(answer, 400, "ErrorRequiredPropertyMissing", f"'{missing}'")
    assert error["message"] == "Required property is missing."
    assert listed(client, f"{message}/attachments") == []


def test_a_request_has_four_megabytes_at_most(client, message):
    body = {**FILE, "contentBytes": b64encode(bytes(3 * MB + 1)).decode()}
    for place, sent in ((f"{message}/attachments", body), ("me/messages", {"attachments": [body]}), ("me/sendMail", {"message": {"attachments": [body]}})):  # fmt: skip
        answer = client.post(f"/v1.0/{place}", json=sent)
        assert assert_error(answer, 413, "BadRequest")["message"] == "The maximum request length supported is 4MB."  # fmt: skip
