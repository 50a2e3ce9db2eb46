"""What a naive fake of mail gets wrong, each with a test: the service's own words are compared."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote, urlsplit

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

ADA, BOB = "users/ada", "users/bob"
GONE = "The specified object was not found in the store."
COMPLEX = "The restriction or sort order is too complex for this operation."
MALFORMED = "Id is malformed."
SET = "Set action is invalid for property."
WELL_KNOWN = (
    *("archive", "clutter", "conflicts", "conversationhistory", "deleteditems", "drafts", "inbox"),
    *("junkemail", "localfailures", "msgfolderroot", "outbox", "recoverableitemsdeletions"),
    *("scheduled", "searchfolders", "sentitems", "serverfailures", "syncissues"),
)
FILE = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "aGk="}


@pytest.fixture
def people(client):
    """A client of a tenant with Ada and Bob."""
    names = ("ada", "bob")
    seed(client, {"users": [{"id": name, "displayName": name.title(), "mail": f"{name}@contoso.com", "userPrincipalName": f"{name}@contoso.com"} for name in names]})  # fmt: skip
    return client


def mail(*to, **more):
    people = [{"emailAddress": {"address": f"{each}@contoso.com"}} for each in to]
    return {"subject": "Hi", "body": {"contentType": "text", "content": "Hello"}, "toRecipients": people, **more}  # fmt: skip


def refused(answer, status, code, message):
    assert assert_error(answer, status, code)["message"] == message


def counts(client, word, user=ADA):
    found = client.get(f"/v1.0/{user}/mailFolders/{word}").json
    return found["totalItemCount"], found["unreadItemCount"]


# 1 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deed", ["move", "copy", "send", "delete"])
def test_ids_change_on_move_copy_send_and_delete(people, deed):
    old = make(people, f"{ADA}/messages", mail("bob"))["id"]
    path = f"/v1.0/{ADA}/messages/{old}"
    if deed == "delete":
        assert people.delete(path).status_code == 204
        (found,) = listed(people, f"{ADA}/mailFolders/deleteditems/messages")
    elif deed == "send":
        assert people.post(f"{path}/send").status_code == 202
        (found,) = listed(people, f"{ADA}/mailFolders/sentitems/messages")
    else:
        answer = people.post(f"{path}/{deed}", json={"destinationId": "Archive"})
        assert answer.status_code == 201
        found = answer.json
    assert found["id"] != old
    assert people.get(f"/v1.0/{ADA}/messages/{found['id']}").status_code == 200
    assert [each["emailAddress"]["address"] for each in found["toRecipients"]] == [
        "bob@contoso.com"
    ]
    if deed == "copy":
        assert people.get(path).status_code == 200
    else:
        refused(people.get(path), 404, "ErrorItemNotFound", GONE)


# 2 --------------------------------------------------------------------------------------------


def test_a_selection_keeps_the_id_and_the_etag(people):
    made = make(people, f"{ADA}/messages", mail())
    for path in (f"{ADA}/messages/{made['id']}", f"{ADA}/messages"):
        answer = people.get(f"/v1.0/{path}?$select=subject").json
        (found,) = answer.get("value", [answer])
        assert found.keys() - {"@odata.context"} == {"@odata.etag", "id", "subject"}
        assert found["@odata.etag"] == f'W/"{made["changeKey"]}"'


# 3 --------------------------------------------------------------------------------------------


def test_what_is_sent_is_in_sent_items_and_in_the_inbox_of_the_recipient(people):
    answer = people.post(f"/v1.0/{ADA}/sendMail", json={"message": mail("bob")})
    assert (answer.status_code, answer.data) == (202, b"")
    (sent,) = listed(people, f"{ADA}/mailFolders/sentitems/messages")
    (got,) = listed(people, f"{BOB}/mailFolders/inbox/messages")
    assert sent["internetMessageId"] == got["internetMessageId"]
    assert {sent["id"], sent["conversationId"]}.isdisjoint({got["id"], got["conversationId"]})
    assert (sent["isRead"], got["isRead"]) == (True, False)
    assert sent["sentDateTime"] == got["sentDateTime"]

    saved = {"message": mail("bob"), "saveToSentItems": "false"}
    assert people.post(f"/v1.0/{ADA}/sendMail", json=saved).status_code == 202
    assert len(listed(people, f"{ADA}/mailFolders/sentitems/messages")) == 1
    assert len(listed(people, f"{BOB}/mailFolders/inbox/messages")) == 2


# 4 --------------------------------------------------------------------------------------------


def test_what_is_deleted_is_in_deleted_items_and_both_counts_change(people):
    made = make(people, f"{ADA}/mailFolders/inbox/messages", mail())
    path = f"/v1.0/{ADA}/messages/{made['id']}"
    people.patch(path, json={"isRead": False})
    assert (counts(people, "inbox"), counts(people, "deleteditems")) == ((1, 1), (0, 0))
    assert people.delete(path).status_code == 204
    assert (counts(people, "inbox"), counts(people, "deleteditems")) == ((0, 0), (1, 1))
    refused(people.delete(path), 404, "ErrorItemNotFound", GONE)


# 5 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "$filter=isRead eq false&$orderby=sentDateTime desc",
        "$filter=hasAttachments eq true&$orderby=receivedDateTime desc",
        "$filter=isRead eq false and from/emailAddress/address eq 'a@b.c'&$orderby=receivedDateTime",
        "$filter=from/emailAddress/address eq 'a@b.c'&$orderby=receivedDateTime desc",
        "$filter=contains(subject,'a')&$orderby=receivedDateTime",
        "$filter=importance eq 'high' and receivedDateTime ge 2020-01-01T00:00:00Z&$orderby=receivedDateTime",
        "$filter=subject eq 'a' and receivedDateTime ge 2020-01-01T00:00:00Z&$orderby=receivedDateTime,subject",
    ],
)
def test_a_sort_that_does_not_lead_the_filter_is_refused(people, query):
    refused(people.get(f"/v1.0/{ADA}/messages?{query}"), 400, "InefficientFilter", COMPLEX)


@pytest.mark.parametrize(
    "query",
    [
        "$filter=receivedDateTime ge 1900-01-01T00:00:00Z and isRead eq false&$orderby=receivedDateTime desc",
        "$filter=subject eq 'a' and receivedDateTime ge 2020-01-01T00:00:00Z&$orderby=subject,receivedDateTime",
        "$filter=isRead eq false&$orderby=receivedDateTime desc",
        "$filter=isRead eq false and receivedDateTime ge 2020-01-01T00:00:00Z&$orderby=receivedDateTime",
        "$filter=Subject eq 'a' and importance eq 'normal'&$orderby=subject,importance,receivedDateTime desc",
        "$filter=isRead eq false",
        "$orderby=subject",
    ],
)
def test_a_sort_that_leads_the_filter_is_taken(people, query):
    assert people.get(f"/v1.0/{ADA}/messages?{query}").status_code == 200


# 6 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "code"),
    [("$orderBy=subject", "SearchWithOrderBy"), ("$filter=isRead eq true", "SearchWithFilter")],
)
def test_a_search_with_a_sort_or_a_filter_is_refused(people, option, code):
    name = option.partition("=")[0]
    message = f"The query parameter '{name}' is not supported with '$search'."
    refused(people.get(f'/v1.0/{ADA}/messages?$search="a"&{option}'), 400, code, message)


# 7 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", WELL_KNOWN)
def test_folders_have_well_known_names_in_any_case_also_as_destinations(people, word):
    found = [people.get(f"/v1.0/{ADA}/mailFolders/{each}").json for each in (word, word.upper())]
    assert found[0]["id"] == found[1]["id"]
    assert "wellKnownName" not in found[0]
    assert people.get(f"/beta/{ADA}/mailFolders/{word}").json["wellKnownName"] == word
    made = make(people, f"{ADA}/messages", mail())
    path = f"/v1.0/{ADA}/messages/{made['id']}/move"
    moved = people.post(path, json={"destinationId": word.title()})
    assert moved.json["parentFolderId"] == found[0]["id"]


def test_a_name_that_is_not_well_known_is_no_id(people):
    answer = people.get(f"/v1.0/{ADA}/mailFolders/purple")
    refused(answer, 400, "ErrorInvalidIdMalformed", MALFORMED)


# 8 --------------------------------------------------------------------------------------------


def test_drafts_and_sent_mail_are_read_and_unread_counts_follow(people):
    draft = make(people, f"{ADA}/messages", mail())
    assert draft["isRead"] is True
    assert counts(people, "drafts") == (1, 0)
    path = f"/v1.0/{ADA}/messages/{draft['id']}"
    for read, unread in ((False, 1), (False, 1), (True, 0)):
        assert people.patch(path, json={"isRead": read}).status_code == 200
        assert counts(people, "drafts") == (1, unread)
    people.post(f"/v1.0/{ADA}/sendMail", json={"message": mail("bob")})
    assert counts(people, "sentitems") == (1, 0)
    assert counts(people, "inbox", BOB) == (1, 1)


# 13 -------------------------------------------------------------------------------------------


def test_the_last_range_of_an_upload_is_answered_with_a_location_alone(people):
    draft = make(people, f"{ADA}/messages", mail())
    size = 3 * 1024 * 1024 + 1
    item = {"AttachmentItem": {"attachmentType": "file", "name": "large.bin", "size": size}}
    begun = people.post(f"/v1.0/{ADA}/messages/{draft['id']}/attachments/createUploadSession", json=item)  # fmt: skip
    url = urlsplit(begun.json["uploadUrl"])
    ranges = {"Content-Range": f"bytes 0-{size - 1}/{size}"}
    answer = people.put(f"{url.path}?{url.query}", data=bytes(size), headers=ranges)
    assert (answer.status_code, answer.data) == (201, b"")
    id_ = answer.headers["Location"].split("Attachments('")[1].rstrip("')")
    (attached,) = listed(people, f"{ADA}/messages/{draft['id']}/attachments?$select=name")
    assert attached["id"] == id_


# 14 -------------------------------------------------------------------------------------------


def test_bodies_are_wrapped_or_texts_and_some_properties_only_selected(people):
    body = {"contentType": "html", "content": "<b>Hi</b>"}
    headers = [{"name": "x-kind", "value": "weekly"}]
    made = make(people, f"{ADA}/messages", mail(body=body, internetMessageHeaders=headers))
    path = f"/v1.0/{ADA}/messages/{made['id']}"
    whole = '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n</head>\r\n<body>\r\n<b>Hi</b>\r\n</body>\r\n</html>\r\n'  # fmt: skip
    assert people.get(path).json["body"] == {"contentType": "html", "content": whole}
    text = people.get(path, headers={"Prefer": 'outlook.body-content-type="text"'})
    assert text.json["body"] == {"contentType": "text", "content": "Hi"}
    assert text.headers["Preference-Applied"] == 'outlook.body-content-type="text"'
    assert {"uniqueBody", "internetMessageHeaders"}.isdisjoint(people.get(path).json)
    chosen = people.get(f"{path}?$select=uniqueBody,internetMessageHeaders").json
    assert chosen["internetMessageHeaders"] == headers
    assert "<b>Hi</b>" in chosen["uniqueBody"]["content"]


# 15 -------------------------------------------------------------------------------------------


def test_each_thing_that_is_not_there_has_its_own_words(people):
    refused(people.get(f"/v1.0/{ADA}/messages/x"), 400, "ErrorInvalidIdMalformed", MALFORMED)
    unknown = "AAMkADAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMAA="
    refused(people.get(f"/v1.0/{ADA}/messages/{unknown}"), 404, "ErrorItemNotFound", GONE)
    refused(people.get(f"/v1.0/{ADA}/mailFolders/{unknown}"), 404, "ErrorItemNotFound", GONE)
    seed(people, {"users": [{"id": "eve", "userType": "Guest"}]})
    without = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
    refused(people.get("/v1.0/users/eve/messages"), 404, "MailboxNotEnabledForRESTAPI", without)
    invalid = "The requested user 'who@contoso.com' is invalid."
    refused(people.get("/v1.0/users/who@contoso.com/messages"), 404, "ErrorInvalidUser", invalid)
    assert people.get("/v1.0/users/eve").status_code == 200


def test_an_app_has_no_mailbox_of_its_own(make_client):
    client = make_client(auth="strict")
    token = client.post("/_fakegraph/tokens", json={"roles": ["Mail.Read"]}).json["access_token"]
    answer = client.get("/v1.0/me/messages", headers={"Authorization": f"Bearer {token}"})
    message = "/me request is only valid with delegated authentication flow."
    refused(answer, 400, "BadRequest", message)


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_an_old_etag_is_a_conflict(people, method):
    made = make(people, f"{ADA}/messages", mail())
    path = f"/v1.0/{ADA}/messages/{made['id']}"
    people.patch(path, json={"categories": ["Red"]})
    old = {"If-Match": made["@odata.etag"]}
    body = {"json": {"categories": []}} if method == "patch" else {}
    answer = getattr(people, method)(path, headers=old, **body)
    message = "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item."  # fmt: skip
    refused(answer, 412, "ErrorIrresolvableConflict", message)
    body = {"changeKey": made["changeKey"], "categories": []}
    refused(people.patch(path, json=body), 412, "ErrorIrresolvableConflict", message)


# The table of errors --------------------------------------------------------------------------

_RECIPIENTS = "At least one recipient is not valid., "
_NONE = f"{_RECIPIENTS}A message can't be sent because it contains no recipients."


def test_what_cannot_be_sent_is_refused(people):
    def send(body, **more):
        return people.post(f"/v1.0/{ADA}/sendMail", json=body, **more)

    refused(send({"message": {}}), 400, "ErrorInvalidRecipients", _NONE)
    refused(send({"message": mail()}), 400, "ErrorInvalidRecipients", _NONE)
    assert send({}).status_code == 400
    bad = {**mail(), "toRecipients": [{"emailAddress": {"address": "bad"}}]}
    message = f'{_RECIPIENTS}Recipient "bad" isn\'t resolved. All recipients must be resolved before a message can be submitted.'  # fmt: skip
    refused(send({"message": bad}), 400, "ErrorInvalidRecipients", message)
    many = [{"emailAddress": {"address": f"a{number}@fabrikam.com"}} for number in range(501)]
    answer = send({"message": {"toRecipients": many[:250], "ccRecipients": many[250:]}})
    assert_error(answer, 400, "ErrorInvalidRecipients", "500 recipients at most")
    mime = people.post(f"/v1.0/{ADA}/sendMail", data="no base64!", content_type="text/plain")
    refused(mime, 400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")  # fmt: skip


def test_headers_of_ones_own_begin_with_x(people):
    body = mail(internetMessageHeaders=[{"name": "List-Unsubscribe", "value": "a"}])
    message = "The internet message header name 'List-Unsubscribe' should start with 'x-' or 'X-'."
    for path, sent in ((f"{ADA}/messages", body), (f"{ADA}/sendMail", {"message": body})):
        answer = people.post(f"/v1.0/{path}", json=sent)
        refused(answer, 400, "InvalidInternetMessageHeader", message)
    six = [{"name": f"X-{number}", "value": "a"} for number in range(6)]
    answer = people.post(f"/v1.0/{ADA}/messages", json=mail(internetMessageHeaders=six))
    assert_error(answer, 400, "InvalidInternetMessageHeaderCollection")
    made = make(people, f"{ADA}/messages", mail(internetMessageHeaders=six[:5]))
    changed = people.patch(f"/v1.0/{ADA}/messages/{made['id']}", json={"internetMessageHeaders": []})  # fmt: skip
    refused(changed, 400, "ErrorInvalidPropertySet", SET)


def test_filters_that_the_store_cannot_do_are_refused(people):
    message = "The query filter contains one or more invalid nodes."
    for condition in (
        "toRecipients/any(r:r/emailAddress/address eq 'a')",
        "ccRecipients/any(r:r/emailAddress/address eq 'a')",
        "categories/any(c:startswith(c,'R'))",
        "endswith(subject,'R')",
        "isRead eq false and endsWith(from/emailAddress/address,'@contoso.com')",
    ):
        answer = people.get(f"/v1.0/{ADA}/messages?$filter={condition}")
        refused(answer, 400, "ErrorInvalidUrlQueryFilter", message)
    answer = people.get(f"/v1.0/{ADA}/messages?$filter=categories/any(c:c eq 'Red')")
    assert answer.status_code == 200


def test_what_is_too_large_is_refused(people):
    draft = make(people, f"{ADA}/messages", mail())
    path = f"/v1.0/{ADA}/messages/{draft['id']}/attachments"
    large = b64encode(bytes(3 * 1024 * 1024 + 1)).decode()
    answer = people.post(path, json={**FILE, "contentBytes": large[: 4 * 1024 * 1024]})
    assert_error(answer, 413, "BadRequest")
    small = {"AttachmentItem": {"attachmentType": "file", "name": "a", "size": 10}}
    answer = people.post(f"{path}/createUploadSession", json=small)
    refused(answer, 400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", "The size of the attachment should not be less than the minimum size.")  # fmt: skip


def test_folders_keep_their_names_apart_and_those_from_the_start_stay(people):
    make(people, f"{ADA}/mailFolders", {"displayName": "Plans"})
    exists = "A folder with the specified name already exists."
    answer = people.post(f"/v1.0/{ADA}/mailFolders", json={"displayName": "PLANS"})
    refused(answer, 409, "ErrorFolderExists", exists)
    answer = people.delete(f"/v1.0/{ADA}/mailFolders/inbox")
    refused(answer, 400, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")  # fmt: skip


def test_changes_are_told_by_folder_alone(people):
    answer = people.get(f"/v1.0/{ADA}/messages/delta")
    message = "Unsupported request: Change tracking is not supported against 'microsoft.graph.message'."  # fmt: skip
    refused(answer, 400, "BadRequest", message)


def test_what_is_sent_stays_from_whom_it_is(people):
    people.post(f"/v1.0/{ADA}/sendMail", json={"message": mail("bob")})
    (got,) = listed(people, f"{BOB}/mailFolders/inbox/messages")
    path = f"/v1.0/{BOB}/messages/{got['id']}"
    body = {"from": {"emailAddress": {"address": "eve@contoso.com"}}}
    refused(people.patch(path, json=body), 400, "ErrorInvalidPropertySet", "Message is not draft.")
    refused(people.post(f"{path}/send"), 404, "ErrorItemNotFound", GONE)
    answer = people.patch(path, json={"receivedDateTime": "2020-01-01T00:00:00Z"})
    refused(answer, 400, "ErrorInvalidPropertySet", SET)


def test_a_comment_and_a_body_exclude_each_other(people):
    people.post(f"/v1.0/{ADA}/sendMail", json={"message": mail("bob")})
    (got,) = listed(people, f"{BOB}/mailFolders/inbox/messages")
    path = f"/v1.0/{BOB}/messages/{got['id']}"
    both = {"comment": "a", "message": {"body": {"contentType": "text", "content": "b"}}}
    to = mail("ada")["toRecipients"]
    for deed in ("reply", "replyAll", "createReply", "createReplyAll"):
        assert people.post(f"{path}/{deed}", json=both).status_code == 400
    twice = {"comment": "a", "toRecipients": to, "message": {"toRecipients": to}}
    for body in (twice, {"comment": "a"}):
        assert people.post(f"{path}/forward", json=body).status_code == 400
    assert people.post(f"{path}/forward", json={"message": {"toRecipients": to}}).status_code == 202


# Answers, and links ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "to", "answered"),
    [
        ("bob", ["ada"], ["bob"]),
        ("ada", ["bob"], ["bob"]),
        ("ada", ["ada"], ["ada"]),
        (None, [], ["ada"]),
        (None, ["bob"], ["bob"]),
    ],
)
def test_an_answer_to_all_reaches_somebody(people, sender, to, answered):
    said = {} if sender is None else {"from": mail(sender)["toRecipients"][0]}
    body = mail(*to) | said
    message = make(people, f"{ADA}/messages", body)["id"]
    answer = people.post(f"/v1.0/{ADA}/messages/{message}/replyAll", json={"comment": "Yes"})
    assert answer.status_code == 202, answer.text
    (sent,) = listed(people, f"{ADA}/mailFolders/sentitems/messages")
    found = [each["emailAddress"]["address"] for each in sent["toRecipients"]]
    assert found == [f"{each}@contoso.com" for each in answered]


def test_a_link_for_people_goes_with_the_id(people):
    made = make(people, f"{ADA}/messages", mail())
    moved = people.post(
        f"/v1.0/{ADA}/messages/{made['id']}/move", json={"destinationId": "archive"}
    )
    for found in (made, moved.json):
        assert quote(found["id"], safe="") in found["webLink"]
