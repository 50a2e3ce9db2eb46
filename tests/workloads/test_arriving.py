"""What mailboxes do with what arrives, and what they send back."""

from __future__ import annotations

from base64 import b64encode
from email import message_from_bytes
from email.policy import default

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import counting, listed, make, seed

ADA, BOB = "users/ada@contoso.com", "users/bob@contoso.com"
INBOX = "mailFolders/inbox/messages"
NAMES = ("ada", "bob", "cy")


@pytest.fixture
def people(client):
    """A client of a tenant with Ada, Bob and Cy."""
    seed(client, {"users": [{"id": name, "displayName": name.title(), "userPrincipalName": f"{name}@contoso.com", "mail": f"{name}@contoso.com"} for name in NAMES]})  # fmt: skip
    return client


def to(*addresses):
    return [{"emailAddress": {"address": each}} for each in addresses]


def send(client, *addresses, who=ADA, **message):
    mail = {"subject": "Hi", "toRecipients": to(*addresses), **message}
    answer = client.post(f"/v1.0/{who}/sendMail", json={"message": mail})
    assert answer.status_code == 202, answer.text


def subjects(client, path):
    return [each["subject"] for each in listed(client, path)]


def test_nobody_at_an_own_domain_is_reported(people):
    send(people, "bob@contoso.com", "nobody@contoso.com", "who@fabrikam.com")

    (report,) = listed(people, f"{ADA}/{INBOX}")
    assert report["subject"] == "Undeliverable: Hi"
    sender = report["from"]["emailAddress"]
    assert sender["address"].startswith("MicrosoftExchange")
    assert sender["address"].endswith("@contoso.com")
    assert "nobody@contoso.com" in report["body"]["content"]
    assert "fabrikam" not in report["body"]["content"]
    assert (report["isRead"], report["isDraft"]) == (False, False)
    assert subjects(people, f"{BOB}/{INBOX}") == ["Hi"]


def test_mail_to_a_group_comes_to_its_members(people):
    inner = {"id": "g2", "displayName": "Inner", "members": [{"id": "cy"}]}
    outer = {"id": "g1", "displayName": "All", "mail": "all@contoso.com", "members": [{"id": "bob"}, {"id": "g2", "@odata.type": "#microsoft.graph.group"}]}  # fmt: skip
    seed(people, {"groups": [inner, outer]})
    send(people, "ALL@contoso.com", "bob@contoso.com")
    assert [subjects(people, f"users/{name}/{INBOX}") for name in NAMES] == [[], ["Hi"], ["Hi"]]


def test_mail_to_an_alias_arrives(people):
    seed(people, {"users": [{"userPrincipalName": "dan@contoso.com", "proxyAddresses": ["smtp:d@contoso.com"]}]})  # fmt: skip
    send(people, "d@contoso.com")
    assert subjects(people, f"users/dan@contoso.com/{INBOX}") == ["Hi"]
    assert listed(people, f"{ADA}/{INBOX}") == []


def rule(client, conditions=None, sequence=1, **actions):
    body = {"displayName": f"r{sequence}", "sequence": sequence, "conditions": conditions or {}, "actions": actions}  # fmt: skip
    return make(client, f"{BOB}/mailFolders/inbox/messageRules", body)


MAIL = {
    "subject": "The Report",
    "body": {"contentType": "text", "content": "All is well"},
    "importance": "high",
    "categories": ["Red"],
    "internetMessageHeaders": [{"name": "x-kind", "value": "weekly"}],
}


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({"subjectContains": ["nothing", "report"]}, True),
        ({"subjectContains": ["well"]}, False),
        ({"bodyContains": ["IS WELL"]}, True),
        ({"bodyOrSubjectContains": ["report"]}, True),
        ({"senderContains": ["ADA"]}, True),
        ({"senderContains": ["cy"]}, False),
        ({"recipientContains": ["bob@"]}, True),
        ({"headerContains": ["weekly"]}, True),
        ({"fromAddresses": to("Ada@contoso.com")}, True),
        ({"fromAddresses": to("cy@contoso.com")}, False),
        ({"sentToAddresses": to("cy@contoso.com")}, True),
        ({"sentToMe": True}, True),
        ({"sentCcMe": True}, False),
        ({"sentToOrCcMe": True}, True),
        ({"sentOnlyToMe": True}, False),
        ({"notSentToMe": True}, False),
        ({"hasAttachments": True}, False),
        ({"importance": "high"}, True),
        ({"importance": "low"}, False),
        ({"categories": ["Red", "Blue"]}, True),
        ({"subjectContains": ["report"], "importance": "low"}, False),
        ({"withinSizeRange": {"minimumSize": 0, "maximumSize": 1}}, True),
        ({"withinSizeRange": {"minimumSize": 1, "maximumSize": 9}}, False),
        ({"sentToMe": False}, True),
        ({"isMeetingRequest": True}, False),
        ({"isMeetingResponse": False}, True),
        ({"isEncrypted": True}, False),
        ({"isSigned": False}, True),
        ({"sensitivity": "normal"}, True),
        ({"sensitivity": "private"}, False),
        ({"messageActionFlag": "any"}, False),
        ({"isAutomaticReply": True}, False),
    ],
)
def test_a_rule_acts_where_its_conditions_hold(people, conditions, holds):
    rule(people, conditions, markAsRead=True)
    send(people, "bob@contoso.com", "cy@contoso.com", **MAIL)
    (got,) = listed(people, f"{BOB}/{INBOX}")
    assert got["isRead"] is holds


def test_an_exception_keeps_a_rule_from_acting(people):
    made = rule(people, {"subjectContains": ["hi"]}, markAsRead=True)
    place = f"/v1.0/{BOB}/mailFolders/inbox/messageRules/{made['id']}"
    people.patch(place, json={"exceptions": {"senderContains": ["ada"]}})
    send(people, "bob@contoso.com")
    (got,) = listed(people, f"{BOB}/{INBOX}")
    assert got["isRead"] is False


def test_rules_move_and_mark_in_their_order_until_one_stops(people):
    folder = make(people, f"{BOB}/mailFolders", {"displayName": "Work"})
    rule(people, sequence=3, assignCategories=["never"])
    rule(people, sequence=1, moveToFolder=folder["id"], stopProcessingRules=True)
    rule(people, sequence=1, markImportance="low", assignCategories=["Green"])
    send(people, "bob@contoso.com")
    assert listed(people, f"{BOB}/{INBOX}") == []
    (got,) = listed(people, f"{BOB}/mailFolders/{folder['id']}/messages")
    assert (got["importance"], got["categories"]) == ("low", ["Green"])
    counts = people.get(f"/v1.0/{BOB}/mailFolders/{folder['id']}").json
    assert (counts["totalItemCount"], counts["unreadItemCount"]) == (1, 1)


def test_rules_delete_and_copy(people):
    folder = make(people, f"{BOB}/mailFolders", {"displayName": "Work"})
    rule(people, sequence=1, copyToFolder=folder["id"], delete=True)
    send(people, "bob@contoso.com")
    places = ("inbox", folder["id"], "deleteditems")
    found = [len(listed(people, f"{BOB}/mailFolders/{each}/messages")) for each in places]
    assert found == [0, 1, 1]


@pytest.mark.parametrize("action", ["moveToFolder", "copyToFolder"])
def test_rules_name_folders_by_word_or_id(people, action):
    rule(people, {}, **{action: "Archive"})
    send(people, "bob@contoso.com")
    assert len(listed(people, f"{BOB}/mailFolders/archive/messages")) == 1
    body = {"displayName": "r", "sequence": 1, "actions": {action: "nowhere"}}
    answer = people.post(f"/v1.0/{BOB}/mailFolders/inbox/messageRules", json=body)
    assert_error(
        answer, 400, "MessageRuleValidationError", "Message: 'Id is malformed.', Field: 'Action."
    )


def test_rules_are_of_the_inbox_alone(people):
    body = {"displayName": "r", "sequence": 1, "actions": {"delete": True}}
    answer = people.post(f"/v1.0/{BOB}/mailFolders/archive/messageRules", json=body)
    assert_error(answer, 400, "ErrorInvalidRequest", "inbox")


@pytest.mark.parametrize(("written", "kind"), [("html", "html"), ("text", "plain")])
def test_what_has_arrived_says_how_it_travelled(people, written, kind):
    own = [{"name": "x-kind", "value": "weekly"}]
    body = {"contentType": written, "content": "Hi"}
    send(people, "bob@contoso.com", internetMessageHeaders=own, body=body)
    (got,) = listed(people, f"{BOB}/{INBOX}")
    assert "internetMessageHeaders" not in got
    path = f"/v1.0/{BOB}/messages/{got['id']}?$select=internetMessageHeaders,internetMessageId"
    found = people.get(path).json
    headers = {each["name"]: each["value"] for each in found["internetMessageHeaders"]}
    assert headers.keys() == {"Received", "From", "To", "Subject", "Date", "Message-ID", "Content-Type", "MIME-Version", "x-kind"}  # fmt: skip
    assert headers["Message-ID"] == found["internetMessageId"]
    assert headers["Content-Type"] == f'text/{kind}; charset="utf-8"'
    assert (headers["x-kind"], headers["From"]) == ("weekly", "Ada <ada@contoso.com>")
    (sent,) = listed(people, f"{ADA}/mailFolders/sentitems/messages?$select=internetMessageHeaders")
    assert sent["internetMessageHeaders"] == own


def test_rules_delete_for_good(people):
    rule(people, permanentDelete=True)
    send(people, "bob@contoso.com")
    assert listed(people, f"{BOB}/messages") == []


@pytest.mark.parametrize(
    ("action", "subject", "sender"), [("forwardTo", "FW: Hi", "bob"), ("redirectTo", "Hi", "ada")]
)
def test_rules_pass_mail_on(people, action, subject, sender):
    rule(people, **{action: to("cy@contoso.com")})
    send(people, "bob@contoso.com")
    (got,) = listed(people, f"users/cy/{INBOX}")
    assert (got["subject"], got["from"]["emailAddress"]["address"]) == (subject, f"{sender}@contoso.com")  # fmt: skip
    assert len(listed(people, f"{BOB}/messages")) == 1
    assert len(people.get("/_fakegraph/sent").json["value"]) == 1


def test_rules_that_pass_on_to_each_other_come_to_an_end(people):
    rule(people, forwardTo=to("ada@contoso.com"))
    body = {"displayName": "r", "sequence": 1, "actions": {"forwardTo": to("bob@contoso.com")}}
    make(people, f"{ADA}/mailFolders/inbox/messageRules", body)
    send(people, "bob@contoso.com", who="users/cy")
    assert subjects(people, f"{ADA}/{INBOX}") == ["FW: Hi"]
    assert subjects(people, f"{BOB}/{INBOX}") == ["Hi"]


RULES = f"{BOB}/mailFolders/inbox/messageRules"


@pytest.mark.parametrize(
    ("changes", "target", "code", "field"),
    [
        ({"displayName": ""}, "displayName", "EmptyValueFound", "Name"),
        ({"displayName": "x" * 257}, "displayName", "StringValueTooBig", "Name"),
        ({"sequence": 0}, "sequence", "InvalidValue", "Sequence"),
        ({"sequence": None}, "sequence", "InvalidValue", "Sequence"),
        ({"actions": {}}, "actions", "MissingAction", "Actions"),
        ({"actions": {"markAsRead": False, "forwardTo": []}}, "actions", "MissingAction", "Actions"),
        ({"actions": {"redirectTo": [{"emailAddress": {"address": "bob"}}]}}, "actions/redirectTo", "InvalidAddress", "Action.RedirectTo"),
        ({"actions": {"copyToFolder": "Deleted Items"}}, "actions/copyToFolder", "InvalidValue", "Action.CopyToFolder"),
        ({"conditions": {"withinSizeRange": {"minimumSize": 9}}}, "conditions/withinSizeRange", "InvalidSizeRange", "Condition.WithinSizeRange"),
        ({"exceptions": {"withinSizeRange": {"maximumSize": -1}}}, "exceptions/withinSizeRange", "SizeLessThanZero", "Exception.WithinSizeRange"),
        ({"conditions": {"withinSizeRange": {"maximumSize": 2_097_152}}}, "conditions/withinSizeRange", "InvalidValue", "Condition.WithinSizeRange"),
    ],
)  # fmt: skip
def test_what_a_rule_cannot_be_is_told_by_its_field(people, changes, target, code, field):
    body = {"displayName": "r", "sequence": 1, "actions": {"markAsRead": True}, **changes}
    answer = people.post(f"/v1.0/{RULES}", json=body)
    error = assert_error(answer, 400, "MessageRuleValidationError", f"ErrorCode: '{code}', ")
    assert f"Field: '{field}', Value: '" in error["message"]
    assert error["target"] == target
    assert listed(people, RULES) == []


def test_rules_are_numbered_without_gaps(people):
    def order():
        found = sorted(listed(people, RULES), key=lambda each: each["sequence"])
        assert [each["sequence"] for each in found] == list(range(1, len(found) + 1))
        return [each["displayName"] for each in found]

    one, *_ = [make(people, RULES, {"displayName": name, "sequence": at, "actions": {"markAsRead": True}}) for name, at in (("a", 900), ("b", 900), ("c", 1))]  # fmt: skip
    assert order() == ["c", "a", "b"]
    place = f"/v1.0/{RULES}/{one['id']}"
    for to_place, wanted in ((1, ["a", "c", "b"]), (2_000_000_000, ["c", "b", "a"])):
        assert people.patch(place, json={"sequence": to_place}).status_code == 200
        assert order() == wanted
    assert people.patch(place, json={"isEnabled": False}).json["sequence"] == 3
    assert people.delete(f"/v1.0/{RULES}/{sorted(listed(people, RULES), key=lambda each: each['sequence'])[0]['id']}").status_code == 204  # fmt: skip
    assert order() == ["b", "a"]
    assert_error(people.get(f"/v1.0/{RULES}/AQAAAAAAAAA="), 404, "ErrorMessageRuleNotFound")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"conditions": {"hasAttachments": False, "senderContains": ["a"], "subjectContains": ["b"]}}, {"conditions": {"senderContains": ["A"], "subjectContains": ["b"]}}),
        ({"exceptions": {"withinSizeRange": {"maximumSize": 5}}}, {"exceptions": {"withinSizeRange": {"minimumSize": 0, "maximumSize": 5}}}),
        ({"actions": {"moveToFolder": "deleteditems"}}, {"actions": {"delete": True}}),
        ({"actions": {"delete": True, "stopProcessingRules": False}}, {"actions": {"delete": True, "stopProcessingRules": True}}),
    ],
)  # fmt: skip
def test_a_rule_is_kept_as_the_store_has_it(people, sent, kept):
    body = {"displayName": "r", "sequence": 1, "actions": {"markAsRead": True}, **sent}
    made = make(people, RULES, body)
    place = f"/v1.0/{RULES}/{made['id']}"
    for _ in range(2):
        assert {name: made[name] for name in kept} == kept
        made = people.patch(place, json=dict.fromkeys(("conditions", "exceptions", "actions"))).json
    refused = people.patch(place, json={"conditions": {"isSigned": None}})
    assert_error(refused, 400, "RequestBodyRead", "A null value was found for the property named 'isSigned', which has the expected type 'Edm.Boolean'.")  # fmt: skip


@pytest.mark.parametrize("kind", ["isAutomaticForward", "isAutomaticReply", "isNonDeliveryReport"])
def test_rules_know_what_no_person_has_sent(people, kind):
    body = {"displayName": "r", "sequence": 1, "actions": {"markAsRead": True}, "conditions": {kind: True}}  # fmt: skip
    make(people, f"{ADA}/mailFolders/inbox/messageRules", body)
    rule(people, forwardTo=to("ada@contoso.com"))
    away(people)
    send(people, "bob@contoso.com", "nobody@contoso.com")
    found = {each["subject"]: each["isRead"] for each in listed(people, f"{ADA}/{INBOX}")}
    prefix = {"isAutomaticForward": "FW", "isAutomaticReply": "Automatic", "isNonDeliveryReport": "Undeliverable"}  # fmt: skip
    assert len(found) == 3
    assert {name.startswith(prefix[kind]): read for name, read in found.items()} == {True: True, False: False}  # fmt: skip


def test_a_rule_forwards_as_an_attachment(people):
    rule(people, forwardAsAttachmentTo=to("cy@contoso.com"))
    file = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "aGk="}  # fmt: skip
    send(people, "bob@contoso.com", attachments=[file])
    (got,) = listed(people, f"users/cy/{INBOX}")
    assert (got["subject"], got["from"]["emailAddress"]["name"]) == ("FW: Hi", "Bob")
    assert got["hasAttachments"] is True
    place = f"users/cy/messages/{got['id']}/attachments"
    (attached,) = listed(people, f"{place}?$expand=microsoft.graph.itemAttachment/item")
    assert (attached["name"], attached["item"]["subject"]) == ("Hi", "Hi")
    assert attached["item"]["from"]["emailAddress"]["name"] == "Ada"
    whole = people.get(f"/v1.0/{place}/{attached['id']}/$value").text
    assert "Subject: Hi" in whole
    assert 'filename="a.txt"' in whole
    assert [len(listed(people, f"{BOB}/mailFolders/{each}/messages")) for each in ("inbox", "drafts", "outbox")] == [1, 0, 0]  # fmt: skip


def test_a_second_override_for_an_address_changes_the_first(people):
    place = f"{BOB}/inferenceClassification/overrides"
    first = make(people, place, {"classifyAs": "focused", "senderEmailAddress": {"name": "A", "address": "ada@contoso.com"}})  # fmt: skip
    other = make(people, place, {"classifyAs": "other", "senderEmailAddress": {"address": "cy@contoso.com"}})  # fmt: skip
    again = make(people, place, {"classifyAs": "other", "senderEmailAddress": {"name": "Ada", "address": "Ada@Contoso.com"}})  # fmt: skip
    assert (again["id"], again["classifyAs"]) == (first["id"], "other")
    assert again["senderEmailAddress"]["name"] == "Ada"
    assert {each["id"] for each in listed(people, place)} == {first["id"], other["id"]}


def test_an_override_sorts_what_arrives(people):
    said = {"classifyAs": "other", "senderEmailAddress": {"address": "Ada@contoso.com"}}
    make(people, f"{BOB}/inferenceClassification/overrides", said)
    send(people, "bob@contoso.com")
    send(people, "bob@contoso.com", who="users/cy")
    found = listed(people, f"{BOB}/{INBOX}?$select=inferenceClassification,from")
    assert {each["from"]["emailAddress"]["name"]: each["inferenceClassification"] for each in found} == {"Ada": "other", "Cy": "focused"}  # fmt: skip


def away(client, **settings):
    whole = {"status": "alwaysEnabled", "internalReplyMessage": "Back soon", **settings}
    answer = client.patch(f"/v1.0/{BOB}/mailboxSettings", json={"automaticRepliesSetting": whole})
    assert answer.status_code == 200, answer.text


def test_who_is_away_answers_each_sender_once(people):
    away(people)
    for who in (ADA, ADA, "users/cy"):
        send(people, "bob@contoso.com", who=who)
    (got,) = listed(people, f"{ADA}/{INBOX}")
    assert got["subject"] == "Automatic reply: Hi"
    assert "Back soon" in got["body"]["content"]
    assert got["from"]["emailAddress"]["address"] == "bob@contoso.com"
    assert subjects(people, f"users/cy/{INBOX}") == ["Automatic reply: Hi"]
    assert len(people.get("/_fakegraph/sent").json["value"]) == 3
    away(people, internalReplyMessage="Still away")
    send(people, "bob@contoso.com")
    assert len(listed(people, f"{ADA}/{INBOX}")) == 2


@pytest.mark.parametrize(
    ("start", "answers"), [("2026-11-25T00:00:00", 1), ("2026-11-26T00:00:00", 0)]
)
def test_who_is_away_for_a_while_answers_then(people, start, answers):
    people.put("/_fakegraph/clock", json={"now": "2026-11-25T12:00:00Z", "frozen": True})
    span = {"scheduledStartDateTime": {"dateTime": start, "timeZone": "Pacific Standard Time"}, "scheduledEndDateTime": {"dateTime": "2026-12-01T00:00:00", "timeZone": "UTC"}}  # fmt: skip
    away(people, status="scheduled", **span)
    send(people, "bob@contoso.com")
    assert len(listed(people, f"{ADA}/{INBOX}")) == answers


def test_two_who_are_away_do_not_answer_each_other_for_ever(people):
    away(people)
    whole = {"status": "alwaysEnabled", "internalReplyMessage": "Gone"}
    people.patch(f"/v1.0/{ADA}/mailboxSettings", json={"automaticRepliesSetting": whole})
    send(people, "bob@contoso.com")
    assert subjects(people, f"{ADA}/{INBOX}") == ["Automatic reply: Hi"]
    assert subjects(people, f"{BOB}/{INBOX}") == ["Hi"]


def test_a_thread_is_one_conversation_in_each_mailbox(people):
    send(people, "bob@contoso.com")
    (got,) = listed(people, f"{BOB}/{INBOX}")
    people.post(f"/v1.0/{BOB}/messages/{got['id']}/reply", json={"comment": "Yes"})
    found = [
        {each["conversationId"] for each in listed(people, f"{who}/messages")} for who in (ADA, BOB)
    ]
    assert [len(each) for each in found] == [1, 1]
    assert found[0] != found[1]
    (answer,) = listed(people, f"{ADA}/{INBOX}")
    assert len(answer["conversationIndex"]) > len(got["conversationIndex"])


def tips(client, options, *addresses):
    body = {"EmailAddresses": addresses, "MailTipsOptions": options}
    answer = client.post(f"/v1.0/{ADA}/getMailTips", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json["@odata.context"].endswith("#Collection(microsoft.graph.mailTips)")
    return answer.json["value"]


def test_tips_tell_who_is_away_and_who_is_not_known(people):
    away(people)
    bob, cy, nobody = tips(people, "automaticReplies, mailboxFullStatus", *(f"{name}@contoso.com" for name in ("bob", "cy", "nobody")))  # fmt: skip
    assert bob["automaticReplies"]["message"] == "Back soon"
    assert bob["mailboxFull"] is False
    assert bob["emailAddress"] == {"name": "Bob", "address": "bob@contoso.com"}
    assert cy["automaticReplies"]["message"] == ""
    assert nobody["error"]["code"] == "ErrorInvalidRecipients"
    assert "totalMemberCount" not in bob


def test_tips_count_the_members_of_a_group(people):
    guest = {"userPrincipalName": "eve_x#EXT#@contoso.com", "userType": "Guest"}
    seed(people, {"groups": [{"displayName": "All", "mail": "all@contoso.com", "members": [{"id": "bob"}, guest]}]})  # fmt: skip
    (found,) = tips(people, "totalMemberCount, externalMemberCount", "all@contoso.com")
    assert (found["totalMemberCount"], found["externalMemberCount"]) == (2, 1)


def test_what_is_deleted_for_good_is_in_no_folder(people):
    send(people, "bob@contoso.com")
    (got,) = listed(people, f"{BOB}/{INBOX}")
    place = f"/v1.0/{BOB}/messages/{got['id']}/permanentDelete"
    answer = people.post(place)
    assert (answer.status_code, answer.data) == (204, b"")
    assert listed(people, f"{BOB}/messages") == []
    assert_error(people.post(place), 404, "ErrorItemNotFound")


def test_a_folder_is_deleted_for_good_with_what_is_in_it(people):
    outer = make(people, f"{BOB}/mailFolders", {"displayName": "Outer"})
    inner = make(people, f"{BOB}/mailFolders/{outer['id']}/childFolders", {"displayName": "Inner"})
    make(people, f"{BOB}/mailFolders/{inner['id']}/messages", {"subject": "x"})
    assert people.post(f"/v1.0/{BOB}/mailFolders/{outer['id']}/permanentDelete").status_code == 204
    assert listed(people, f"{BOB}/messages") == []
    assert people.get(f"/v1.0/{BOB}/mailFolders/{inner['id']}").status_code == 404
    answer = people.post(f"/v1.0/{BOB}/mailFolders/inbox/permanentDelete")
    assert_error(answer, 400, "ErrorDeleteDistinguishedFolder")


def mime(client, text, who=ADA):
    data = b64encode(text.replace("\n", "\r\n").encode())
    answer = client.post(f"/v1.0/{who}/sendMail", data=data, content_type="text/plain")
    assert answer.status_code == 202, answer.text


def heads(client, path):
    """By subject: what the head of a message says, and which conversation it is in."""
    found = listed(client, f"{path}?$select=subject,conversationId,internetMessageHeaders")
    return {
        each["subject"]: (
            {head["name"]: head["value"] for head in each.get("internetMessageHeaders") or ()},
            each["conversationId"],
        )
        for each in found
    }


def test_answers_name_what_they_answer_and_all_before_it(people):
    send(people, "bob@contoso.com", subject="Printer", internetMessageId="<one@contoso.com>")
    (first,) = listed(people, f"{BOB}/{INBOX}")
    body = {"message": {"subject": "Two"}, "comment": "On it"}
    assert people.post(f"/v1.0/{BOB}/messages/{first['id']}/reply", json=body).status_code == 202
    (second,) = listed(people, f"{ADA}/{INBOX}")
    forward = {"toRecipients": to("cy@contoso.com"), "message": {"subject": "Three"}}
    path = f"{ADA}/messages/{second['id']}"
    assert people.post(f"/v1.0/{path}/forward", json=forward).status_code == 202
    head, thread = heads(people, f"{ADA}/{INBOX}")["Two"]
    assert thread == heads(people, f"{ADA}/mailFolders/sentitems/messages")["Printer"][1]
    assert (head["In-Reply-To"], head["References"]) == ("<one@contoso.com>", "<one@contoso.com>")
    head, _ = heads(people, f"users/cy/{INBOX}")["Three"]
    assert head["In-Reply-To"] == second["internetMessageId"]
    assert head["References"] == f"<one@contoso.com> {second['internetMessageId']}"
    raw = people.get(f"/v1.0/{path}/$value").text
    assert "In-Reply-To: <one@contoso.com>\r\n" in raw


def test_what_an_answer_answers_is_found_as_quickly_among_many(make_client):
    """From the second time on, as is whoever is asked for by that."""
    answer = b64encode(b"To: a@b.c\nSubject: x\nIn-Reply-To: <one@contoso.com>\n\nhello")
    heads = {"Content-Type": "text/plain"}
    wanted = "/v1.0/me/messages?$filter=internetMessageId eq '<ONE@contoso.com>'&$select=id"
    costs = []
    for size in (40, 400):
        client = make_client()
        known = [{"subject": "x", "internetMessageId": f"<{each}@x>"} for each in range(size)]
        seed(client, {"me/messages": [*known, {"internetMessageId": "<one@contoso.com>"}]})

        def asked(client=client):
            made = client.post("/v1.0/me/messages", data=answer, headers=heads)
            return made.json, client.get(wanted).json["value"]

        (first, found), _ = asked(), [asked() for _ in range(2)]
        ((again, found), calls) = counting(asked)
        (one,) = found
        one = client.get(f"/v1.0/me/messages/{one['id']}").json
        assert first["conversationId"] == again["conversationId"] == one["conversationId"]
        costs.append(calls)
    assert costs[1] < 1.2 * costs[0], costs


def test_mime_says_what_it_answers_to_whom_and_how_important_it_is(people):
    send(people, "bob@contoso.com", internetMessageId="<one@contoso.com>")
    inner = "Subject: Inner\nMessage-ID: <inner@x>\n\nwithin"
    mime(
        people,
        "To: ada@contoso.com\nBcc: Cy C <cy@contoso.com>\nSubject: Re: Hi\nImportance: High\n"
        "In-Reply-To: <one@contoso.com>\nReferences: <zero@x> <one@contoso.com>\n"
        "Auto-Submitted: auto-replied\nDisposition-Notification-To: bob@contoso.com\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n"
        f"--b\nContent-Type: message/rfc822\n\n{inner}\n--b--\n",
        BOB,
    )
    (mine,) = listed(people, f"{ADA}/{INBOX}?$expand=attachments")
    assert (mine["importance"], mine["isReadReceiptRequested"]) == ("high", True)
    assert (mine["toRecipients"][0]["emailAddress"]["name"], mine["bccRecipients"]) == ("Ada", [])
    (attached,) = mine["attachments"]
    assert (attached["@odata.type"], attached["name"]) == (
        "#microsoft.graph.itemAttachment",
        "Inner",
    )
    one = f"{ADA}/messages/{mine['id']}/attachments/{attached['id']}"
    item = people.get(f"/v1.0/{one}?$expand=microsoft.graph.itemattachment/item").json["item"]
    assert item["internetMessageId"] == "<inner@x>"
    head, thread = heads(people, f"{ADA}/{INBOX}")["Re: Hi"]
    assert head["References"] == "<zero@x> <one@contoso.com>"
    assert head["Auto-Submitted"] == "auto-replied"
    assert thread == heads(people, f"{ADA}/mailFolders/sentitems/messages")["Hi"][1]
    (sent,) = listed(people, f"{BOB}/mailFolders/sentitems/messages")
    assert sent["bccRecipients"] == [
        {"emailAddress": {"name": "Cy C", "address": "cy@contoso.com"}}
    ]
    assert subjects(people, f"users/cy/{INBOX}") == ["Re: Hi"]


def test_what_no_person_has_sent_says_so_and_is_in_the_conversation(people):
    away = {"status": "alwaysEnabled", "internalReplyMessage": "Away"}
    settings = {"automaticRepliesSetting": away}
    assert people.patch(f"/v1.0/{BOB}/mailboxSettings", json=settings).status_code == 200
    send(people, "bob@contoso.com", "nobody@contoso.com", internetMessageId="<one@contoso.com>")
    _, thread = heads(people, f"{ADA}/mailFolders/sentitems/messages")["Hi"]
    found = heads(people, f"{ADA}/{INBOX}")
    answer, same = found["Automatic reply: Hi"]
    assert (answer["Auto-Submitted"], answer["X-Auto-Response-Suppress"]) == (
        "auto-generated",
        "All",
    )
    report, too = found["Undeliverable: Hi"]
    assert report["Auto-Submitted"] == "auto-replied"
    assert report["X-MS-Exchange-Message-Is-Ndr"] == ""
    assert report["Content-Type"].startswith("multipart/report; report-type=")
    (bounced,) = listed(people, f"{ADA}/{INBOX}?$filter=subject eq 'Undeliverable: Hi'")
    raw = people.get(f"/v1.0/{ADA}/messages/{bounced['id']}/$value").data
    parsed = message_from_bytes(raw, policy=default)
    assert (parsed.get_content_type(), parsed["In-Reply-To"]) == ("multipart/report", "<one@contoso.com>")  # fmt: skip
    text, status = parsed.iter_parts()
    assert "nobody@contoso.com" in text.get_content()
    _, lost = status.get_payload()
    assert (lost["Final-Recipient"], lost["Action"]) == ("rfc822;nobody@contoso.com", "failed")
    assert lost["Status"] == "5.1.10"
    for head in (answer, report):
        assert head["In-Reply-To"] == head["References"] == "<one@contoso.com>"
    assert same == too == thread


@pytest.mark.parametrize(("said", "answered"), [("OOF", False), ("DR, All", False), ("DR", True)])
def test_who_is_away_answers_nobody_who_wants_no_answer(people, said, answered):
    away = {"status": "alwaysEnabled", "internalReplyMessage": "Away"}
    people.patch(f"/v1.0/{BOB}/mailboxSettings", json={"automaticRepliesSetting": away})
    header = {"name": "x-auto-response-suppress", "value": said}
    send(people, "bob@contoso.com", internetMessageHeaders=[header])
    assert bool(listed(people, f"{ADA}/{INBOX}")) is answered
