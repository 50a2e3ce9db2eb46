"""Who has a mailbox, who may read another's, and in whose name mail is sent."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, seed
from tests.graph.whole.test_permissions import send as ask

NAMES = ("ada", "bob", "cy")
SUPPORT = "support@contoso.com"
DENIED = "Access is denied. Check credentials and try again."
SEND_AS_DENIED = "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account., Cannot submit message."  # fmt: skip
READ = "Mail.Read Mail.Read.Shared"
SEND = "Mail.Send Mail.Send.Shared"


def people(**support):
    users = [{"id": name, "displayName": name.title(), "mail": f"{name}@contoso.com", "userPrincipalName": f"{name}@contoso.com"} for name in NAMES]  # fmt: skip
    shared = {"id": "support", "displayName": "Support", "mail": SUPPORT, "userPrincipalName": SUPPORT}  # fmt: skip
    return {"users": [*users, {**shared, **support}]}


def mail(sender=None):
    message = {"subject": "Hi", "toRecipients": [{"emailAddress": {"address": "bob@contoso.com"}}]}
    return {"message": message if sender is None else {**message, "from": {"emailAddress": {"address": sender}}}}  # fmt: skip


def senders(client, path="users/bob/mailFolders/inbox/messages"):
    (found,) = listed(client, path)
    return [found[each]["emailAddress"]["address"] for each in ("from", "sender")]


@pytest.mark.parametrize(
    ("rights", "sender"),
    [
        ({"@sendAs": ["ada@contoso.com"]}, SUPPORT),
        ({"@sendAs": ["ada"], "@sendOnBehalf": ["ada"]}, SUPPORT),
        ({"@sendOnBehalf": ["ADA"]}, "ada@contoso.com"),
    ],
)
def test_mail_from_another_goes_by_right(client, rights, sender):
    seed(client, people(**rights))
    assert client.post("/v1.0/users/ada/sendMail", json=mail(SUPPORT)).status_code == 202
    assert senders(client) == [SUPPORT, sender]
    assert senders(client, "users/ada/mailFolders/sentitems/messages") == [SUPPORT, sender]
    (told,) = client.get("/_fakegraph/sent").json["value"]
    assert (told["from"], told["sender"]) == (SUPPORT, sender)


@pytest.mark.parametrize("sender", [SUPPORT, "cy@contoso.com", "who@fabrikam.com", "nobody"])
def test_mail_from_another_is_refused_without_one(client, sender):
    seed(client, people(**{"@sendAs": ["bob"]}))
    answer = client.post("/v1.0/users/ada/sendMail", json=mail(sender))
    error = assert_error(answer, 403, "ErrorSendAsDenied")
    assert error["message"] == SEND_AS_DENIED
    assert "@sendAs" in error["details"][0]["message"]
    assert listed(client, "users/bob/messages") == listed(client, "users/ada/messages") == []


def test_a_draft_from_another_goes_by_right_too(client):
    seed(client, people(**{"@sendOnBehalf": ["ada"]}))
    made = client.post("/v1.0/users/ada/messages", json=mail(SUPPORT)["message"])
    assert client.post(f"/v1.0/users/ada/messages/{made.json['id']}/send").status_code == 202
    assert senders(client) == [SUPPORT, "ada@contoso.com"]
    made = client.post("/v1.0/users/ada/messages", json=mail("cy@contoso.com")["message"])
    answer = client.post(f"/v1.0/users/ada/messages/{made.json['id']}/send")
    assert_error(answer, 403, "ErrorSendAsDenied")
    assert client.get(f"/v1.0/users/ada/messages/{made.json['id']}").json["isDraft"] is True


def test_mail_from_ones_own_addresses_needs_no_right(client):
    seed(client, {"users": [{"id": "ada", "mail": "ada@contoso.com", "userPrincipalName": "ada@contoso.com", "proxyAddresses": ["smtp:lovelace@contoso.com"]}, {"id": "bob", "mail": "bob@contoso.com"}]})  # fmt: skip
    body = mail("Lovelace@contoso.com")
    assert client.post("/v1.0/users/ada/sendMail", json=body).status_code == 202
    assert senders(client) == ["Lovelace@contoso.com"] * 2


def test_a_group_lets_send_as_well(client):
    seed(client, people())
    seed(client, {"groups": [{"id": "g", "displayName": "All", "mail": "all@contoso.com", "@sendAs": ["ada"]}]})  # fmt: skip
    assert client.post("/v1.0/users/ada/sendMail", json=mail("all@contoso.com")).status_code == 202
    assert senders(client) == ["all@contoso.com"] * 2


@pytest.fixture
def strict(make_client):
    client = make_client(auth="strict")
    seed(client, people(**{"@fullAccess": ["ada"], "@sendAs": ["bob"]}))
    seed(client, {"users/support/messages": [{"id": "AAMk00000001", "subject": "Help"}]})
    return client


@pytest.mark.parametrize(
    ("user", "scp", "status"),
    [
        ("ada@contoso.com", READ, 200),
        ("ada@contoso.com", "Mail.Read", 403),
        ("bob@contoso.com", READ, 403),
        ("cy@contoso.com", READ, 403),
        (SUPPORT, "Mail.Read", 200),
    ],
)
@pytest.mark.parametrize("path", ["messages", "messages/AAMk00000001", "mailFolders/inbox"])
def test_a_shared_mailbox_is_read_by_those_who_were_let(strict, user, scp, status, path):
    answer = ask(strict, "GET", f"users/{SUPPORT}/{path}", user=user, scp=scp)
    assert answer.status_code == status, answer.text
    if status == 403:
        assert assert_error(answer, 403, "ErrorAccessDenied")["message"] == DENIED


def test_an_app_reads_every_mailbox_and_none_without_permission(strict):
    assert ask(strict, "GET", "users/cy/messages", roles=["Mail.Read"]).status_code == 200
    answer = ask(strict, "GET", "users/cy/messages", roles=["User.Read.All"])
    assert assert_error(answer, 403, "ErrorAccessDenied")["message"] == DENIED
    answer = ask(strict, "GET", "me/messages", roles=["Mail.Read"])
    message = "/me request is only valid with delegated authentication flow."
    assert assert_error(answer, 400, "BadRequest")["message"] == message


def test_mail_is_sent_from_a_shared_mailbox_by_right(strict):
    def sends(user, path, body):
        return ask(strict, "POST", f"{path}/sendMail", body, user=f"{user}@contoso.com", scp=SEND)

    assert sends("bob", f"users/{SUPPORT}", mail()).status_code == 202
    app = {"roles": ["Mail.Read"]}
    found = ask(strict, "GET", "users/support/mailFolders/sentitems/messages", **app).json["value"]
    assert [each["sender"]["emailAddress"]["address"] for each in found] == [SUPPORT]
    assert ask(strict, "GET", "users/bob/mailFolders/sentitems/messages", **app).json["value"] == []
    refused = sends("ada", f"users/{SUPPORT}", mail())  # who reads all of it may not send
    assert assert_error(refused, 403, "ErrorSendAsDenied")["message"] == SEND_AS_DENIED
    assert_error(sends("cy", f"users/{SUPPORT}", mail()), 403, "ErrorAccessDenied")
    assert_error(sends("cy", "me", mail(SUPPORT)), 403, "ErrorSendAsDenied")


# Who has none ---------------------------------------------------------------------------------

_WITHOUT = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
PATHS = ("todo/lists", "messages", "mailFolders/inbox", "mailFolders", "events", "calendar", "contacts", "mailboxSettings", "outlook/masterCategories")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", [{"userType": "Guest"}, {"@mailbox": False}])
def test_who_has_no_mailbox_has_nothing_in_it(client, path, who):
    seed(client, {"users": [{"id": "ada"}, {"id": "eve", "displayName": "Eve", **who}]})
    error = assert_error(client.get(f"/v1.0/users/eve/{path}"), 404, "MailboxNotEnabledForRESTAPI")
    assert error["message"] == _WITHOUT
    assert client.get("/v1.0/users/eve").status_code == 200
    sent = client.post("/v1.0/users/eve/sendMail", json=mail())
    assert_error(sent, 404, "MailboxNotEnabledForRESTAPI")


def test_a_guest_may_have_a_mailbox(client):
    seed(client, {"users": [{"id": "eve", "userType": "Guest", "@mailbox": True}]})
    assert client.get("/v1.0/users/eve/messages").status_code == 200


def test_mail_to_who_has_no_mailbox_is_undeliverable(client):
    seed(client, people())
    seed(client, {"users": [{"id": "eve", "mail": "eve@contoso.com", "@mailbox": False}]})
    body = {"message": {"subject": "Hi", "toRecipients": [{"emailAddress": {"address": "eve@contoso.com"}}]}}  # fmt: skip
    assert client.post("/v1.0/users/ada/sendMail", json=body).status_code == 202
    assert [each["subject"] for each in listed(client, "users/ada/mailFolders/inbox/messages")] == ["Undeliverable: Hi"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_nobody_has_no_mailbox(client, path):
    seed(client, people())
    tenant = listed(client, "organization")[0]["id"]
    for who, said in (("nobody@contoso.com", "nobody@contoso.com"), ("9f86", f"9f86@{tenant}")):
        error = assert_error(client.get(f"/v1.0/users/{who}/{path}"), 404, "ErrorInvalidUser")
        assert error["message"] == f"The requested user '{said}' is invalid."
    answer = client.post("/v1.0/users/nobody/sendMail", json=mail())
    assert_error(answer, 404, "ErrorInvalidUser")


def test_a_link_that_leads_to_nobody_names_nobody(client):
    seed(client, {**people(), "education/users": [{"id": "ada"}]})
    for path in ("education/me/user", "education/users/ada/user"):
        answer = client.get(f"/v1.0/{path}/mailboxSettings")
        assert_error(answer, 404, "Request_ResourceNotFound", "Resource 'user' does not exist")


@pytest.mark.parametrize("wrong", [{"@sendAs": "ada"}, {"@fullAccess": [1]}, {"@mailbox": "no"}])
def test_rights_that_cannot_be_are_refused(client, wrong):
    answer = client.post("/_fakegraph/seed", json={"users": [{"id": "ada", **wrong}]})
    assert answer.status_code == 400
    assert next(iter(wrong)) in answer.text


def test_rights_are_shown_to_nobody_and_bodies_have_none(client):
    seed(client, people(**{"@sendAs": ["ada"]}))
    assert "@sendAs" not in client.get("/v1.0/users/support").text
    client.patch("/v1.0/users/support", json={"@sendAs": ["cy"], "jobTitle": "x"})
    assert_error(client.post("/v1.0/users/cy/sendMail", json=mail(SUPPORT)), 403, "ErrorSendAsDenied")  # fmt: skip


def test_recipients_are_called_as_the_directory_calls_them(client):
    seed(client, people())
    to = [{"emailAddress": {"address": each}} for each in ("BOB@contoso.com", "who@fabrikam.com")]
    named = [{"emailAddress": {"address": "cy@contoso.com", "name": "C"}}]
    made = client.post("/v1.0/users/ada/messages", json={"toRecipients": to, "ccRecipients": named})
    assert [each["emailAddress"]["name"] for each in made.json["toRecipients"]] == ["Bob", "who@fabrikam.com"]  # fmt: skip
    assert made.json["ccRecipients"] == named
    changed = client.patch(f"/v1.0/users/ada/messages/{made.json['id']}", json={"bccRecipients": to, "from": to[0]})  # fmt: skip
    assert changed.json["bccRecipients"][0]["emailAddress"]["name"] == "Bob"
    assert changed.json["from"]["emailAddress"]["name"] == "Bob"


@pytest.mark.parametrize(
    ("path", "scp", "status"),
    [
        ("me/messages/AAMk00000001", "Mail.ReadWrite", 200),
        ("me/messages/AAMk00000001", "Mail.ReadWrite.Shared", 200),
        ("me/messages/AAMk00000001", "Mail.ReadBasic", 200),
        ("me/messages/AAMk00000001", "Mail.Send", 403),
        ("me/messages/AAMk00000001", "Calendars.ReadWrite", 403),
        ("me/calendarGroups", "Calendars.ReadWrite", 200),
        ("me/calendar/events", "Calendars.Read.Shared", 200),
        ("me/calendar/events", "Contacts.ReadWrite", 403),
    ],
)
def test_a_permission_to_a_mailbox_has_the_lesser_ones_within_it(strict, path, scp, status):
    answer = ask(strict, "GET", path, user=SUPPORT, scp=scp)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(("role", "status"), [("Mail.ReadWrite", 200), ("Mail.Send", 403)])
def test_a_permission_of_an_app_has_the_lesser_ones_within_it(strict, role, status):
    answer = ask(strict, "GET", "users/support/messages/AAMk00000001", roles=[role])
    assert answer.status_code == status, answer.text


# Of a stranger -------------------------------------------------------------------------------

SHARED = "Mail.ReadWrite Mail.ReadWrite.Shared Contacts.ReadWrite Contacts.ReadWrite.Shared Tasks.ReadWrite Tasks.ReadWrite.Shared MailboxSettings.ReadWrite Mail.Send Mail.Send.Shared"  # fmt: skip
OF_OTHERS = [
    *(
        "messages",
        "messages/$count",
        "messages?$search=%22a%22",
        "mailFolders",
        "mailFolders/inbox",
    ),
    *("mailFolders/inbox/messages/delta", "mailFolders/inbox/messageRules", "contacts"),
    *(
        "contactFolders",
        "contacts/delta",
        "todo/lists",
        "todo/lists/tasks/tasks",
        "mailboxSettings",
    ),
    *("outlook/masterCategories", "inferenceClassification/overrides", "people"),
]


@pytest.mark.parametrize("path", OF_OTHERS)
def test_a_stranger_sees_nothing_of_a_mailbox_whatever_was_consented_to(strict, path):
    stranger = {"user": "cy@contoso.com", "scp": SHARED}
    answer = ask(strict, "GET", f"users/support/{path}", **stranger)
    code = "accessDenied" if path.startswith("todo") else "ErrorAccessDenied"
    message = assert_error(answer, 403, code)["message"]
    assert message.startswith(DENIED)
    batch = {"requests": [{"id": "1", "method": "GET", "url": f"/users/support/{path}"}]}
    (inner,) = ask(strict, "POST", "$batch", batch, **stranger).json["responses"]
    assert (inner["status"], inner["body"]["error"]["code"]) == (403, code)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("messages", {"subject": "x"}),
        ("contacts", {"givenName": "x"}),
        ("contactFolders", {"displayName": "x"}),
        ("todo/lists", {"displayName": "x"}),
        ("mailFolders", {"displayName": "x"}),
        ("sendMail", mail()),
        ("inferenceClassification/overrides", {"classifyAs": "other", "senderEmailAddress": {"address": "a@b.c"}}),
    ],
)  # fmt: skip
def test_a_stranger_writes_nothing_into_a_mailbox(strict, path, body):
    stranger = {"user": "cy@contoso.com", "scp": SHARED}
    answer = ask(strict, "POST", f"users/support/{path}", body, **stranger)
    assert answer.status_code == 403, answer.text


@pytest.mark.parametrize("path", ["contacts", "contactFolders", "todo/lists"])
def test_who_has_full_access_sees_contacts_and_tasks_too(strict, path):
    scp = "Contacts.Read.Shared Contacts.Read Tasks.Read Tasks.Read.Shared"
    answer = ask(strict, "GET", f"users/support/{path}", user="ada@contoso.com", scp=scp)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("path", "scp", "status"),
    [
        ("photo", "User.Read", 403),
        ("photo", "User.ReadBasic.All", 404),
        ("photos", "User.ReadBasic.All", 404),
        ("photo/$value", "User.ReadBasic.All", 404),
        ("people", "People.Read", 403),
        ("people", "People.Read.All", 200),
    ],
)
def test_permissions_for_all_open_photos_and_people_of_others(strict, path, scp, status):
    answer = ask(strict, "GET", f"users/support/{path}", user="cy@contoso.com", scp=scp)
    assert answer.status_code == status, answer.text
    if status == 404:
        assert_error(answer, 404, "ImageNotFound")
