"""What changes of messages may say, what nulls mean, and extended properties."""

from __future__ import annotations

from base64 import b64encode
from email import message_from_bytes, policy

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.workloads.test_directory_values import unified

SET = "Set action is invalid for property."
COLOR = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Color"
FORMATS = (
    "PropertyId values may only be in one of the following formats: 'MapiPropertyType namespaceGuid "
    "Name propertyName', 'MapiPropertyType namespaceGuid Id propertyId' or "
    "'MapiPropertyType propertyTag'."
)
COMPLEX = "The restriction or sort order is too complex for this operation."


def refused(answer, status, code, message):
    assert assert_error(answer, status, code)["message"] == message


@pytest.mark.parametrize(
    "name",
    [
        *("bodyPreview", "conversationId", "conversationIndex", "createdDateTime"),
        *("hasAttachments", "isDraft", "lastModifiedDateTime", "parentFolderId"),
        *("receivedDateTime", "sentDateTime", "webLink"),
    ],
)
def test_a_change_does_not_name_what_is_read_only_though_it_be_the_same(client, name):
    made = make(client, "me/messages", {"subject": "a"})
    url = f"/v1.0/me/messages/{made['id']}"
    answer = client.patch(url, json={name: made[name], "subject": "b"})
    refused(answer, 400, "ErrorInvalidPropertySet", SET)
    assert client.get(url).json["subject"] == "a"


@pytest.mark.parametrize("path", ["me/messages", "me/events", "me/contacts"])
def test_a_change_does_not_give_another_id(client, path):
    when = {"dateTime": "2026-03-02T09:00:00", "timeZone": "UTC"}
    made = make(client, path, {"start": when, "end": when} if "events" in path else {})
    url = f"/v1.0/{path}/{made['id']}"
    assert_error(client.patch(url, json={"id": "x"}), 400, "ErrorInvalidPropertySet")
    assert client.patch(url, json={"id": made["id"], "categories": ["a"]}).status_code == 200
    lasting = {"Prefer": 'IdType="ImmutableId"'}
    known = client.get(url, headers=lasting).json["id"]
    answer = client.patch(f"/v1.0/{path}/{known}", json={"id": known}, headers=lasting)
    assert (answer.status_code, answer.json["id"]) == (200, known)


def test_a_whole_message_cannot_be_sent_back(client):
    made = make(client, "me/messages", {"subject": "a"})
    url = f"/v1.0/me/messages/{made['id']}"
    refused(client.patch(url, json=client.get(url).json), 400, "ErrorInvalidPropertySet", SET)
    few = client.get(f"{url}?$select=subject,categories").json
    assert client.patch(url, json={**few, "changeKey": made["changeKey"]}).status_code == 200


def test_what_was_sent_keeps_its_name(client):
    seed(client, {"me/messages": [{"subject": "a", "receivedDateTime": "2026-11-25T08:00:00Z"}]})
    (sent,) = listed(client, "me/messages")
    change = {"internetMessageId": "<other@contoso.com>"}
    answer = client.patch(f"/v1.0/me/messages/{sent['id']}", json=change)
    refused(answer, 400, "ErrorInvalidPropertySet", "Message is not draft.")


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("toRecipients", [{"emailAddress": {"address": "a@b.c"}}], []),
        ("replyTo", [{"emailAddress": {"address": "a@b.c"}}], []),
        ("categories", ["Red category"], []),
        ("importance", "high", "normal"),
        ("inferenceClassification", "other", "focused"),
        ("flag", {"flagStatus": "flagged"}, {"flagStatus": "notFlagged"}),
    ],
)
def test_a_null_of_a_message_is_its_default(client, name, value, kept):
    made = make(client, "me/messages", {"subject": "a", name: value})
    changed = client.patch(f"/v1.0/me/messages/{made['id']}", json={name: None})
    assert changed.json[name] == kept
    assert make(client, "me/messages", {"subject": "a", name: None})[name] == kept


def test_what_is_read_or_not_is_known_whatever_was_sent(client):
    made = make(client, "me/messages", {"isRead": None})
    assert made["isRead"] is True
    changed = client.patch(f"/v1.0/me/messages/{made['id']}", json={"isRead": None})
    assert changed.json["isRead"] is False
    assert client.get("/v1.0/me/messages/$count?$filter=isRead eq false").text == "1"


def test_categories_of_contacts_and_events_are_never_missing(client):
    when = {"dateTime": "2026-11-25T12:00:00", "timeZone": "UTC"}
    for place, body in (("contacts", {"givenName": "A"}), ("events", {"start": when, "end": when})):
        made = make(client, f"me/{place}", {**body, "categories": ["x"]})
        answer = client.patch(f"/v1.0/me/{place}/{made['id']}", json={"categories": None})
        assert answer.json["categories"] == []


@pytest.mark.parametrize("start", [None, "2026-11-03T00:00:00"])
def test_a_flag_is_not_due_before_it_begins(client, start):
    moment = {"dateTime": "2026-11-02T23:00:00", "timeZone": "UTC"}
    flag = {"flagStatus": "flagged", "dueDateTime": moment}
    if start:
        flag["startDateTime"] = {"dateTime": start, "timeZone": "UTC"}
    refused = client.post("/v1.0/me/messages", json={"flag": flag})
    error = assert_error(refused, 400, "ErrorInvalidArgument", "dueDateTime")
    assert error["message"] == "The request is invalid."
    made = make(client, "me/messages", {"flag": {**flag, "startDateTime": moment}})
    assert made["flag"]["dueDateTime"] == moment


def test_a_flag_that_is_taken_away_has_no_dates_and_a_complete_one_says_when(client):
    day = {"dateTime": "2026-11-27T00:00:00.0000000", "timeZone": "UTC"}
    flag = {"flagStatus": "flagged", "startDateTime": day, "dueDateTime": day}
    made = make(client, "me/messages", {"subject": "a", "flag": flag})
    assert made["flag"] == flag
    url = f"/v1.0/me/messages/{made['id']}"
    done = client.patch(url, json={"flag": {"flagStatus": "complete"}}).json["flag"]
    assert done.keys() == {*flag, "completedDateTime"}
    assert done["completedDateTime"]["timeZone"] == "UTC"
    said = {"flagStatus": "complete", "completedDateTime": day}
    assert client.patch(url, json={"flag": said}).json["flag"]["completedDateTime"] == day
    gone = client.patch(url, json={"flag": {"flagStatus": "notFlagged"}}).json["flag"]
    assert gone == {"flagStatus": "notFlagged"}


# Extended properties --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id_", "ok"),
    [
        (COLOR, True),
        ("String {66F5A359-4659-4830-9070-00047EC6AC6E} Name Two words", True),
        ("string 66f5a359-4659-4830-9070-00047ec6ac6e Id 0x8570", True),
        ("SystemTime 0x3007", True),
        ("Integer 0x0E07", True),
        ("StringArray {66f5a359-4659-4830-9070-00047ec6ac6e} Name Colors", True),
        ("Color", False),
        ("Text {66f5a359-4659-4830-9070-00047ec6ac6e} Name Color", False),
        ("String {66f5a359} Name Color", False),
        ("String {66f5a359-4659-4830-9070-00047ec6ac6e} Color", False),
        ("String {66f5a359-4659-4830-9070-00047ec6ac6e} Name ", False),
        ("Integer tag", False),
    ],
)
def test_ids_of_extended_properties_have_one_of_three_forms(client, id_, ok):
    value = "2026-03-02T09:00:00Z" if id_.startswith("SystemTime") else "1"
    single = {"singleValueExtendedProperties": [{"id": id_, "value": value}]}
    several = {"multiValueExtendedProperties": [{"id": id_, "value": [value]}]}
    for body in (single, several):
        answer = client.post("/v1.0/me/messages", json=body)
        if ok:
            assert answer.status_code == 201, answer.text
        else:
            refused(answer, 400, "ErrorInvalidProperty", FORMATS)
    for query in (
        f"$expand=singleValueExtendedProperties($filter=id eq '{id_}')",
        f"$filter=singleValueExtendedProperties/Any(ep: ep/id eq '{id_}' and ep/value eq '1')",
    ):
        for place in ("messages", "contacts", "events"):
            answer = client.get(f"/v1.0/me/{place}?{query}")
            if ok:
                assert answer.status_code == 200, answer.text
            else:
                refused(answer, 400, "ErrorInvalidProperty", FORMATS)


def test_values_of_extended_properties_are_found_in_any_case_and_names_in_one(client):
    body = {"subject": "a", "singleValueExtendedProperties": [{"id": COLOR, "value": "Green"}]}
    make(client, "me/messages", body)

    def found(id_, value):
        condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{id_}' and ep/value eq '{value}')"  # fmt: skip
        return len(listed(client, f"me/messages?$filter={condition}"))

    assert [found(COLOR, each) for each in ("Green", "green", "GREEN", "gree")] == [1, 1, 1, 0]
    assert found(COLOR.replace("Color", "color"), "Green") == 0


NUMBERS = "IntegerArray {66f5a359-4659-4830-9070-00047ec6ac6e} Name Numbers"


def extended(client, path):
    """What a thing has of two extended properties."""
    expand = ",".join(
        f"{kind}ValueExtendedProperties($filter=id eq '{id_}')"
        for kind, id_ in (("single", COLOR), ("multi", NUMBERS))
    )
    found = client.get(f"/v1.0/{path}?$expand={expand}")
    assert found.status_code == 200, found.text
    return [
        [each["value"] for each in found.json[f"{kind}ValueExtendedProperties"]]
        for kind in ("single", "multi")
    ]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("me/messages", {"subject": "a"}),
        ("me/mailFolders", {"displayName": "a"}),
        ("me/contacts", {"givenName": "a"}),
        ("me/contactFolders", {"displayName": "a"}),
        ("me/calendars", {"name": "a"}),
    ],
)
def test_extended_properties_come_with_a_body_and_another_value_takes_the_place_of_one(
    client, path, body
):
    single, several = {"id": COLOR, "value": "Green"}, {"id": NUMBERS, "value": ["1", "2"]}
    brought = {"singleValueExtendedProperties": [single], "multiValueExtendedProperties": [several]}
    made = make(client, path, {**body, **brought})
    assert not {*brought} & made.keys()
    place = f"{path}/{made['id']}"
    assert extended(client, place) == [["Green"], [["1", "2"]]]
    other = {**single, "id": COLOR.replace("Color", "Size"), "value": "9"}
    changes = {
        "singleValueExtendedProperties": [{**single, "value": "Blue"}, other],
        "multiValueExtendedProperties": [{**several, "value": ["3"]}],
    }
    assert client.patch(f"/v1.0/{place}", json=changes).status_code == 200
    assert extended(client, place) == [["Blue"], [["3"]]]
    wrong = {"singleValueExtendedProperties": [{**single, "value": "Red"}, {"id": "x"}]}
    refused(client.patch(f"/v1.0/{place}", json=wrong), 400, "ErrorInvalidProperty", FORMATS)
    assert extended(client, place)[0] == ["Blue"]


def test_extended_properties_are_not_sorted_with(client):
    condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{COLOR}' and ep/value eq 'a')"
    answer = client.get(f"/v1.0/me/messages?$filter={condition}&$orderby=subject")
    refused(answer, 400, "ErrorRestrictionTooComplex", COMPLEX)


# Filters --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("from/emailAddress/address eq 'BOB@Fabrikam.com'", True),
        ("from/emailAddress/name eq 'bob'", True),
        ("startswith(from/emailAddress/address,'BOB')", True),
        ("contains(body/content,'HELLO')", True),
        ("categories/any(c:c eq 'red CATEGORY')", True),
        ("subject eq 'LUNCH'", True),
        ("from/emailAddress/address in ('BOB@FABRIKAM.COM')", True),
        ("from/emailAddress/address ne 'BOB@FABRIKAM.COM'", False),
        ("conversationId eq 'THREAD'", False),
        ("conversationId eq 'Thread'", True),
    ],
)
def test_texts_of_messages_are_compared_in_any_case_however_deep_they_are(client, condition, holds):
    sender = {"emailAddress": {"name": "Bob", "address": "bob@fabrikam.com"}}
    body = {"contentType": "text", "content": "Hello"}
    seed(client, {"me/messages": [{"subject": "Lunch", "from": sender, "body": body, "categories": ["Red category"], "conversationId": "Thread"}]})  # fmt: skip
    assert len(listed(client, f"me/messages?$filter={condition}")) == holds


def test_folders_of_contacts_are_not_searched(client):
    answer = client.get('/v1.0/me/contactFolders?$search="a"')
    assert_error(answer, 400, "BadRequest", "'$search' is not supported")


def test_the_folder_of_all_contacts_keeps_its_name(client):
    made = make(client, "me/contacts", {"givenName": "A"})
    url = f"/v1.0/me/contactFolders/{made['parentFolderId']}"
    answer = client.patch(url, json={"displayName": "Mine"})
    refused(answer, 400, "ErrorInvalidOperation", "Distinguished folders cannot be renamed.")
    assert client.get(url).json["displayName"] == "Contacts"


@pytest.mark.parametrize("size", [255, 256])
def test_a_subject_has_255_characters_at_most(client, size):
    seed(client, {"users": [{"id": "bob", "userPrincipalName": "bob@contoso.com"}]})
    mail = {
        "subject": "s" * size,
        "toRecipients": [{"emailAddress": {"address": "bob@contoso.com"}}],
    }
    at = {"dateTime": "2026-03-02T09:00:00", "timeZone": "UTC"}
    made = make(client, "users/bob/messages", {**mail, "subject": ""})
    one, fits = f"/v1.0/users/bob/messages/{made['id']}", size == 255
    for answer, status in (
        (client.post("/v1.0/users/bob/messages", json=mail), 201),
        (
            client.post(
                "/v1.0/users/bob/events", json={"subject": mail["subject"], "start": at, "end": at}
            ),
            201,
        ),
        (client.patch(one, json={"subject": mail["subject"]}), 200),
        (client.post("/v1.0/users/bob/sendMail", json={"message": mail}), 202),
        (client.post(f"{one}/createReply", json={"message": {"subject": mail["subject"]}}), 201),
    ):
        if fits:
            assert answer.status_code == status, answer.text
        else:
            assert_error(answer, 400, "ErrorPropertyValidationFailure", "255 characters")


# What is odd -----------------------------------------------------------------------------------

ODD = ["\n@contoso.com", "x\r\ny@contoso.com", "\x00@c.d", "é@contoso.com", "a@ü.de", "😀@x.y", "(a)@c.d", "a@b@c", "<a@b>", "multipart/x", "message/rfc822", "\\@c.d"]  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_whatever_a_message_says_it_can_be_sent_and_read_as_it_travels(client, odd):
    """What cannot stand in a header is left out of it, and never begins another one."""
    seed(client, {"users": [{"id": "bob", "mail": "bob@contoso.com", "userPrincipalName": "bob@contoso.com"}]})  # fmt: skip
    file = {"@odata.type": "#microsoft.graph.fileAttachment", "name": odd, "contentType": odd, "contentId": odd, "contentBytes": "aGk="}  # fmt: skip
    people = [{"emailAddress": {"address": f'"{odd}"@x.y', "name": odd}}, {"emailAddress": {"address": "bob@contoso.com"}}]  # fmt: skip
    message = {"subject": odd, "internetMessageId": odd, "toRecipients": people, "internetMessageHeaders": [{"name": "x-a", "value": odd}], "attachments": [file]}  # fmt: skip
    made = make(client, "me/messages", message)
    sent = client.post("/v1.0/users/bob/sendMail", json={"message": message})
    assert sent.status_code == 202, sent.text
    (got,) = listed(client, "users/bob/mailFolders/inbox/messages")
    for path in (f"me/messages/{made['id']}", f"users/bob/messages/{got['id']}"):
        answer = client.get(f"/v1.0/{path}/$value")
        assert answer.status_code == 200, answer.text
        parsed = message_from_bytes(answer.data, policy=policy.default)
        names = ["From", "Sender", "To", "Subject", "Message-ID", "Date", "x-a", "MIME-Version"]
        assert {*parsed.keys()} <= {*names, "Content-Type"}
        assert next(each.get_content_type() for each in parsed.iter_parts()) == "text/html"


@pytest.mark.parametrize(
    "lead", ["multipart/mixed; boundary=b{0}\r\n\r\n--b{0}", "message/rfc822\r\n"]
)
@pytest.mark.parametrize("place", ["messages", "sendMail"])
def test_mime_that_is_nested_without_end_is_refused(client, place, lead):
    depth = 300 if "boundary" in lead else 1000
    data = "".join(f"Content-Type: {lead.format(each)}\r\n" for each in range(depth))
    answer = client.post(f"/v1.0/me/{place}", data=b64encode(data.encode()), content_type="text/plain")  # fmt: skip
    assert_error(answer, 400, "ErrorMimeContentInvalid", "parts")


TOO_MUCH = {
    "addresses": ("To: " + "a@b.c," * 1_001, "more than 1000 addresses"),
    "an address": ("To: " + "(" * 2_000, "too long"),
    "parameters": ("Content-Type: text/plain" + "; a=b" * 100, "too many parts"),
    "quotes": ("Content-Disposition: attachment; filename=" + '"' * 70, "too many parts"),
    "a header": ("X-A: " + "a " * 10_000, "too long"),
    "headers": ("X-A: a\r\n" * 60_000 + "X-B: b", "256 kB"),
    "a part": (
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\nx\r\n" * 260,
        "250",
    ),
}


@pytest.mark.parametrize(("head", "words"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_mime_with_more_than_the_service_takes_is_refused(client, head, words):
    data = b64encode(f"Subject: x\r\n{head}\r\n\r\nhi".encode())
    answer = client.post("/v1.0/me/messages", data=data, content_type="text/plain")
    assert_error(answer, 400, "ErrorMimeContentInvalid", words)
    assert listed(client, "me/messages") == []


@pytest.mark.parametrize("charset", ["idna", "undefined", "zork", "UTF-7", "x\0y"])
def test_of_an_alphabet_that_mail_has_not_what_can_be_read_is_read(client, charset):
    heads = f"Date: Thu, 31 Dec 9999 23:59:59 -2359\r\nContent-Type: text/plain; charset={charset}"
    data = b64encode(f"{heads}\r\n\r\nhi".encode())
    answer = client.post("/v1.0/me/messages", data=data, content_type="text/plain")
    assert answer.status_code == 201, answer.text
    assert answer.json["body"]["content"] == "hi"


def test_addresses_in_mime_are_read_one_by_one(client):
    said = f'{"," * 100_000} "Bob, (B)" <bob@b.c>, (no, one) ada@b.c, team: x@b.c, y@b.c;'
    data = b64encode(f"To: {said}\r\nSubject: x\r\n\r\nhi".encode())
    answer = client.post("/v1.0/me/messages", data=data, content_type="text/plain")
    assert answer.status_code == 201, answer.text
    found = [each["emailAddress"] for each in answer.json["toRecipients"]]
    assert [each["address"] for each in found] == ["bob@b.c", "ada@b.c", "x@b.c", "y@b.c"]
    assert found[0]["name"] == "Bob, (B)"


@pytest.mark.parametrize("address", ["bob@", "@", "bob", "<bob@>", "Mon, 1 Jantext/html@ ["])
def test_mime_to_what_is_no_address_is_refused(client, address):
    data = b64encode(f"To: {address}\r\nSubject: x\r\n\r\nhi".encode())
    answer = client.post("/v1.0/me/sendMail", data=data, content_type="text/plain")
    assert_error(answer, 400, "ErrorInvalidRecipients")
    assert listed(client, "me/messages") == []


@pytest.mark.parametrize("place", ["messages", "sendMail"])
def test_of_a_long_subject_in_mime_as_much_is_kept_as_the_store_takes(client, place):
    data = b64encode(b"To: x@fabrikam.com\r\nSubject: " + b"s" * 300 + b"\r\n\r\nhi")
    answer = client.post(f"/v1.0/me/{place}", data=data, content_type="text/plain")
    assert answer.status_code < 300, answer.text
    assert [each["subject"] for each in listed(client, "me/messages")] == ["s" * 255]


def test_mime_of_an_alphabet_that_nobody_knows_is_read_as_far_as_it_can_be(client):
    data = b"Content-Type: text/plain; charset=klingon\r\n\r\nhi"
    answer = client.post("/v1.0/me/messages", data=b64encode(data), content_type="text/plain")
    assert answer.status_code == 201
    assert answer.json["body"] == {"contentType": "text", "content": "hi"}


@pytest.mark.parametrize(
    ("zone", "sent"),
    [
        ("", "2026-11-25T20:00:00Z"),
        ("Pacific Standard Time", "2026-11-25T12:00:00"),
        ("Asia/Tokyo", "2026-11-26T05:00:00"),
    ],
)
@pytest.mark.parametrize("deed", ["createReply", "createReplyAll", "createForward"])
def test_an_answer_says_when_the_message_was_sent_in_the_preferred_zone(client, deed, zone, sent):
    seed(client, {"me/messages": [{"subject": "a", "sentDateTime": "2026-11-25T20:00:00Z", "from": {"emailAddress": {"address": "a@b.c"}}}]})  # fmt: skip
    (message,) = listed(client, "me/messages")
    headers = {"Prefer": f'outlook.timezone="{zone}"'} if zone else {}
    answer = client.post(f"/v1.0/me/messages/{message['id']}/{deed}", headers=headers)
    assert answer.status_code == 201, answer.text
    assert f"<b>Sent:</b> {sent}<br>" in answer.json["body"]["content"]


def test_an_answer_in_a_zone_that_nobody_knows_is_refused(client):
    made = make(client, "me/messages", {"subject": "a"})
    headers = {"Prefer": 'outlook.timezone="Mars"'}
    answer = client.post(f"/v1.0/me/messages/{made['id']}/createReply", headers=headers)
    assert_error(answer, 400, "TimeZoneNotSupportedException", "'Mars'")


@pytest.mark.parametrize("line", [b"To: bo\xffb@contoso.com", b"From: \xc9ve <a@b.c\xfe>", b"X-A\xfe: \xff", b"Subject: \xff\xfe", b"Message-ID: <\xff@b>"])  # fmt: skip
def test_mime_with_bytes_that_are_no_text_is_read_as_far_as_it_can_be(client, line):
    mime = b64encode(line + b"\r\nTo: a@b.c\r\n\r\nHi")
    answer = client.post("/v1.0/me/messages", data=mime, content_type="text/plain")
    assert answer.status_code == 201, answer.text
    assert client.get(f"/v1.0/me/messages/{answer.json['id']}/$value").status_code == 200
    sent = client.post("/v1.0/me/sendMail", data=mime, content_type="text/plain")
    assert sent.status_code in (202, 400, 403), sent.text


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("Integer", "-7", "seven"),
        ("Boolean", "True", "yes"),
        ("Double", "1.5e3", "1,5"),
        ("SystemTime", "2026-03-02T09:00:00Z", "tomorrow"),
        ("CLSID", "66f5a359-4659-4830-9070-00047ec6ac6e", "66f5a359"),
    ],
)
def test_extended_properties_have_values_of_their_type(client, kind, good, bad):
    id_ = f"{kind} {{66f5a359-4659-4830-9070-00047ec6ac6e}} Name x"

    def sent(value):
        several = [{"id": id_.replace(" ", "Array ", 1), "value": [good, value]}]
        one = [{"id": id_, "value": value}]
        if kind == "Boolean":  # MAPI has no list of these
            return {"singleValueExtendedProperties": one}
        return {"singleValueExtendedProperties": one, "multiValueExtendedProperties": several}

    made = client.post("/v1.0/me/messages", json=sent(good))
    assert made.status_code == 201, made.text
    for name, value in sent(bad).items():
        answer = client.post("/v1.0/me/messages", json={name: value})
        assert_error(answer, 400, "ErrorInvalidExtendedPropertyValue", f"'{bad}'")
    assert len(listed(client, "me/messages")) == 1


@pytest.mark.parametrize("header", [{"name": "X-a b", "value": "x"}, {"name": "X-", "value": "x"}, {"name": "X-a:", "value": "x"}, {"name": "x-a"}])  # fmt: skip
def test_headers_have_names_that_mail_can_have_and_a_value(client, header):
    answer = client.post("/v1.0/me/messages", json={"internetMessageHeaders": [header]})
    assert_error(answer, 400, "InvalidInternetMessageHeader")


def test_nothing_is_no_message(client):
    for path in ("messages", "sendMail"):
        answer = client.post(f"/v1.0/me/{path}", data="", content_type="text/plain")
        assert_error(answer, 400, "ErrorMimeContentInvalid")


def test_a_range_of_bytes_has_some(client):
    message = make(client, "me/messages", {})
    item = {"attachmentType": "file", "name": "a", "size": 4_000_000}
    path = f"/v1.0/me/messages/{message['id']}/attachments/createUploadSession"
    url = client.post(path, json={"AttachmentItem": item}).json["uploadUrl"]
    first = client.put(url, data=b"x", headers={"Content-Range": "bytes 0-0/4000000"})
    assert first.json["nextExpectedRanges"] == ["1"]
    answer = client.put(url, data=b"", headers={"Content-Range": "bytes 1-0/4000000"})
    assert_error(answer, 400, "ErrorInvalidRequest", "ends before it begins")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("mailFolders", {"displayName": ""}),
        ("contactFolders", {"displayName": ""}),
        ("calendars", {"name": ""}),
        ("calendarGroups", {"name": ""}),
        ("outlook/masterCategories", {"displayName": ""}),
        ("inferenceClassification/overrides", {"classifyAs": "other", "senderEmailAddress": {}}),
    ],
)  # fmt: skip
def test_names_and_addresses_are_not_empty(client, path, body):
    count = len(listed(client, f"me/{path}"))
    answer = client.post(f"/v1.0/me/{path}", json=body)
    assert_error(answer, 400, "ErrorPropertyValidationFailure")
    assert len(listed(client, f"me/{path}")) == count


def test_only_messages_and_people_are_searched(client):
    message, group = make(client, "me/messages", {}), make(client, "groups", unified())["id"]
    thread = {"topic": "News", "threads": [{"posts": [{"body": {"content": "x"}}]}]}
    make(client, f"groups/{group}/conversations", thread)
    (found,) = listed(client, f"groups/{group}/threads")
    mine = (
        "calendars",
        "calendarGroups",
        "calendar/calendarPermissions",
        "mailFolders/inbox/messageRules",
    )
    mine += (
        "outlook/masterCategories",
        "inferenceClassification/overrides",
        f"messages/{message['id']}/attachments",
    )
    for path in (
        *(f"me/{each}" for each in mine),
        *(f"groups/{group}/{each}" for each in ("conversations", "threads", f"threads/{found['id']}/posts")),
    ):  # fmt: skip
        answer = client.get(f'/v1.0/{path}?$search="x"')
        assert_error(answer, 400, "BadRequest", "'$search' is not supported")
