"""What the directory and Outlook do when they are asked to: each effect, as it is seen after."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user

SKU = "0f9b09cb-62d1-4ff4-9129-43f4996f83f4"
IDS = {
    name: f"00000000-0000-4000-8000-00000000000{number}"
    for number, name in enumerate(("team", "club", "role", "unit"), start=1)
}


def post(client, path, body=None, status=200):
    answer = client.post(f"/v1.0/{path}", json={} if body is None else body)
    assert answer.status_code == status, answer.text
    return answer.json


@pytest.fixture
def ada(client):
    return make(client, "users", user())["id"]


@pytest.fixture
def member(client, ada):
    """Ada is in a team, which is in a club that secures nothing; and has a role."""
    person = {"id": ada}
    seed(client, {"groups": [{"id": IDS["team"], "securityEnabled": True, "members": [person]}]})
    team = {"id": IDS["team"], "@odata.type": "#microsoft.graph.group"}
    seed(client, {"groups": [{"id": IDS["club"], "securityEnabled": False, "members": [team]}]})
    seed(client, {"directoryRoles": [{"id": IDS["role"], "members": [person]}]})
    return ada


def test_memberships_are_told_over_any_number_of_steps(client, member):
    place = f"users/{member}"

    def told(name, only):
        return set(post(client, f"{place}/{name}", {"securityEnabledOnly": only})["value"])

    assert told("getMemberGroups", False) == {IDS["team"], IDS["club"]}
    assert told("getMemberGroups", True) == {IDS["team"]}
    assert told("getMemberObjects", False) == {IDS["team"], IDS["club"], IDS["role"]}
    above = post(client, f"groups/{IDS['team']}/getMemberGroups", {"securityEnabledOnly": False})
    assert above["value"] == [IDS["club"]]
    assert above["@odata.context"].endswith("$metadata#Collection(Edm.String)")
    refused = client.post(f"/v1.0/{place}/getMemberGroups", json={})
    assert_error(refused, 400, "Request_BadRequest", "securityEnabledOnly")


def test_memberships_are_checked(client, member):
    asked = [IDS["unit"], IDS["club"].upper(), IDS["role"]]

    groups = post(client, f"users/{member}/checkMemberGroups", {"groupIds": asked})
    objects = post(client, f"directoryObjects/{member}/checkMemberObjects", {"ids": asked})

    assert groups["value"] == [IDS["club"].upper()]
    assert objects["value"] == [IDS["club"].upper(), IDS["role"]]
    many = client.post(f"/v1.0/users/{member}/checkMemberGroups", json={"groupIds": ["x"] * 21})
    assert_error(many, 400, "Request_BadRequest", "20")


def test_things_are_read_by_their_ids(client, member):
    ids = [member, member, IDS["team"], IDS["unit"]]

    found = post(client, "directoryObjects/getByIds", {"ids": ids})
    users = post(client, "users/getByIds", {"ids": ids, "types": ["user"]})

    assert [each["id"] for each in found["value"]] == [member, IDS["team"]]
    assert found["value"][1]["@odata.type"] == "#microsoft.graph.group"
    assert found["@odata.context"].endswith("$metadata#directoryObjects")
    assert [each["displayName"] for each in users["value"]] == ["Ada Lovelace"]


def test_a_deleted_user_comes_back_with_memberships(client, member):
    assert client.delete(f"/v1.0/users/{member}").status_code == 204
    assert listed(client, f"groups/{IDS['team']}/members") == []

    back = post(client, f"directory/deletedItems/{member}/restore")

    assert back["@odata.type"] == "#microsoft.graph.user"
    assert back["@odata.context"].endswith("$metadata#directoryObjects/$entity")
    assert client.get(f"/v1.0/users/{member}").json["displayName"] == "Ada Lovelace"
    assert listed(client, "directory/deletedItems/microsoft.graph.user") == []
    assert [each["id"] for each in listed(client, f"groups/{IDS['team']}/members")] == [member]
    again = client.post(f"/v1.0/directory/deletedItems/{member}/restore")
    assert_error(again, 404, "Request_ResourceNotFound")
    there = client.post(f"/v1.0/users/{member}/restore")
    assert_error(there, 404, "Request_ResourceNotFound")


def test_who_comes_back_needs_a_name_that_is_free(client, ada):
    client.delete(f"/v1.0/users/{ada}")
    make(client, "users", user())

    refused = client.post(f"/v1.0/directory/deletedItems/{ada}/restore")

    error = assert_error(refused, 400, "Request_BadRequest")
    assert error["details"][0]["code"] == "ObjectConflict"
    assert [
        each["id"] for each in listed(client, "directory/deletedItems/microsoft.graph.user")
    ] == [ada]


def test_sessions_end(client, ada):
    client.put("/_fakegraph/clock", json={"now": "2026-05-04T03:02:01Z"})

    assert post(client, f"users/{ada}/revokeSignInSessions")["value"] is True

    for version in ("v1.0", "beta"):
        older = client.get(f"/{version}/users/{ada}?$select=refreshTokensValidFromDateTime").json
        assert older["refreshTokensValidFromDateTime"] == "2026-05-04T03:02:01Z"
    at = f"/v1.0/users/{ada}?$select=signInSessionsValidFromDateTime"
    assert client.get(at).json["signInSessionsValidFromDateTime"] == "2026-05-04T03:02:01Z"


@pytest.mark.parametrize("kind", ["applications", "servicePrincipals"])
def test_a_secret_is_told_once_and_taken_away(client, kind):
    client.put("/_fakegraph/clock", json={"now": "2026-05-04T03:02:01Z"})
    app = make(client, "applications", {"displayName": "App"})
    is_app = kind == "applications"
    made = (app if is_app else make(client, kind, {"appId": app["appId"]}))["id"]
    wish = {"passwordCredential": {"displayName": "first"}}

    secret = post(client, f"{kind}/{made}/addPassword", wish)

    assert secret["@odata.context"].endswith("$metadata#microsoft.graph.passwordCredential")
    assert secret["secretText"].startswith(secret["hint"])
    assert secret["endDateTime"] == "2028-05-04T03:02:01Z"  # two calendar years
    (kept,) = client.get(f"/v1.0/{kind}/{made}").json["passwordCredentials"]
    assert (kept["keyId"], kept["displayName"]) == (secret["keyId"], "first")
    assert kept["secretText"] is None
    key = {"keyId": secret["keyId"]}
    post(client, f"{kind}/{made}/removePassword", key, 204)
    assert client.get(f"/v1.0/{kind}/{made}").json["passwordCredentials"] == []
    again = client.post(f"/v1.0/{kind}/{made}/removePassword", json=key)
    assert_error(again, 400, "Request_BadRequest", "No password credential found")


def test_a_licence_is_handed_out_and_taken_back(client, ada):
    units = {"enabled": 1}
    sku = {"id": "s", "skuId": SKU, "skuPartNumber": "EMS", "prepaidUnits": units}
    seed(client, {"subscribedSkus": [{**sku, "consumedUnits": 0}]})
    place, add = f"users/{ada}/assignLicense", {"addLicenses": [{"skuId": SKU}]}
    wish = {**add, "removeLicenses": []}
    nowhere = client.post(f"/v1.0/{place}", json=wish)
    assert_error(nowhere, 400, "Request_BadRequest", "usage location")
    client.patch(f"/v1.0/users/{ada}", json={"usageLocation": "NL"})

    post(client, place, wish)

    at = f"/v1.0/users/{ada}?$select=assignedLicenses"
    assert [each["skuId"] for each in client.get(at).json["assignedLicenses"]] == [SKU]
    assert [each["skuId"] for each in listed(client, f"users/{ada}/licenseDetails")] == [SKU]
    assert listed(client, "subscribedSkus")[0]["consumedUnits"] == 1
    bob = make(client, "users", user(userPrincipalName="bob@contoso.com", usageLocation="NL"))
    full = client.post(f"/v1.0/users/{bob['id']}/assignLicense", json=wish)
    assert_error(full, 400, "Request_BadRequest", "available licenses")
    post(client, place, {"addLicenses": [], "removeLicenses": [SKU]})
    assert listed(client, f"users/{ada}/licenseDetails") == []
    assert listed(client, "subscribedSkus")[0]["consumedUnits"] == 0
    for body, words in (
        ({"addLicenses": [], "removeLicenses": [SKU]}, "corresponding license"),
        ({"addLicenses": [{"skuId": IDS["unit"]}], "removeLicenses": []}, "valid company License"),
        ({"addLicenses": []}, "removeLicenses"),
    ):
        refused = client.post(f"/v1.0/{place}", json=body)
        assert_error(refused, 400, "Request_BadRequest", words)


def test_a_name_that_is_taken_is_told(client):
    seed(client, {"groups": [{"id": IDS["team"], "mailNickname": "team"}]})
    wish = {"entityType": "Group", "mailNickname": "Team"}
    taken = client.post("/v1.0/directoryObjects/validateProperties", json=wish)
    error = assert_error(taken, 422, "Request_UnprocessableEntity")
    assert error["details"][0]["code"] == "PropertyConflict"
    wish["mailNickname"] = "free"
    post(client, "directoryObjects/validateProperties", wish, 204)


# Mail -----------------------------------------------------------------------------------------


def folder(client, word):
    return client.get(f"/v1.0/me/mailFolders/{word}").json


def subjects(client, place):
    return [each["subject"] for each in listed(client, f"{place}/messages")]


@pytest.fixture
def message(client, ada):
    made = make(
        client, "me/messages", {"subject": "Hello", "toRecipients": [to("ada@contoso.com")]}
    )
    attached = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "a",
        "contentBytes": "YQ==",
    }
    make(client, f"me/messages/{made['id']}/attachments", attached)
    return made["id"]


def to(address):
    return {"emailAddress": {"address": address}}


@pytest.mark.parametrize("where", ["archive", "Archive", None])
def test_a_message_is_moved_and_has_another_id(client, message, where):
    wish = {"destinationId": where or folder(client, "archive")["id"]}

    moved = post(client, f"me/messages/{message}/move", wish, 201)

    assert moved["id"] != message
    assert moved["@odata.context"].endswith("/messages/$entity")
    assert subjects(client, "me/mailFolders/archive") == ["Hello"]
    assert subjects(client, "me/mailFolders/drafts") == []
    assert len(listed(client, f"me/messages/{moved['id']}/attachments")) == 1
    assert_error(client.get(f"/v1.0/me/messages/{message}"), 404, "ErrorItemNotFound")


def test_a_message_is_copied_with_its_attachments(client, message):
    copy = post(client, f"me/messages/{message}/copy", {"DestinationId": "archive"}, 201)

    assert copy["id"] != message
    assert (
        copy["internetMessageId"]
        == client.get(f"/v1.0/me/messages/{message}").json["internetMessageId"]
    )
    assert subjects(client, "me/mailFolders/archive") == ["Hello"]
    (attached,) = listed(client, f"me/messages/{copy['id']}/attachments")
    (before,) = listed(client, f"me/messages/{message}/attachments")
    assert (attached["contentBytes"], attached["id"] == before["id"]) == ("YQ==", False)


@pytest.mark.parametrize("name", ["move", "copy"])
def test_nothing_comes_to_a_folder_that_is_not_there(client, message, name):
    wish = {"destinationId": "AQMkADAwATM0MDAAMS0yNTk1"}
    refused = client.post(f"/v1.0/me/messages/{message}/{name}", json=wish)
    assert_error(refused, 404, "ErrorItemNotFound")


def test_a_folder_is_moved_and_copied_with_what_it_holds(client, message):
    made = make(client, "me/mailFolders", {"displayName": "Work"})["id"]
    below = make(client, f"me/mailFolders/{made}/childFolders", {"displayName": "Below"})["id"]
    post(client, f"me/messages/{message}/move", {"destinationId": below}, 201)

    copy = post(client, f"me/mailFolders/{made}/copy", {"destinationId": "archive"})
    moved = post(client, f"me/mailFolders/{made}/move", {"destinationId": "inbox"})

    assert moved["id"] == made
    assert copy["id"] != made
    for each in (copy, moved):
        (child,) = listed(client, f"me/mailFolders/{each['id']}/childFolders")
        assert subjects(client, f"me/mailFolders/{child['id']}") == ["Hello"]
    assert folder(client, "archive")["childFolderCount"] == 1
    assert folder(client, "inbox")["childFolderCount"] == 1
    (child,) = listed(client, f"me/mailFolders/{moved['id']}/childFolders")
    into = {"destinationId": child["id"]}
    refused = client.post(f"/v1.0/me/mailFolders/{moved['id']}/move", json=into)
    assert_error(refused, 400, "ErrorMoveCopyFailed")
    kept = client.post("/v1.0/me/mailFolders/inbox/move", json={"destinationId": "archive"})
    assert_error(kept, 400, "ErrorMoveDistinguishedFolder")


def test_a_draft_is_sent_and_arrives(client, ada, message):
    bob = make(client, "users", user(userPrincipalName="bob@contoso.com"))["id"]
    client.patch(
        f"/v1.0/me/messages/{message}",
        json={"toRecipients": [to("BOB@contoso.com")], "bccRecipients": [to("x@elsewhere.org")]},
    )

    assert client.post(f"/v1.0/me/messages/{message}/send").status_code == 202

    (sent,) = listed(client, "me/mailFolders/sentitems/messages")
    (got,) = listed(client, f"users/{bob}/mailFolders/inbox/messages")
    assert subjects(client, "me/mailFolders/drafts") == []
    assert (sent["isDraft"], sent["isRead"], got["isRead"]) == (False, True, False)
    assert (got["bccRecipients"], got["hasAttachments"]) == ([], True)
    assert got["internetMessageId"] == sent["internetMessageId"]
    assert got["id"] != sent["id"] != message
    assert got["from"]["emailAddress"]["address"] == "ada@contoso.com"
    again = client.post(f"/v1.0/me/messages/{sent['id']}/send")
    assert_error(again, 404, "ErrorItemNotFound")


@pytest.mark.parametrize("save", [True, False])
def test_mail_is_sent_and_arrives(client, ada, save):
    attached = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "a",
        "contentBytes": "YQ==",
    }
    mail = {"subject": "Hi", "toRecipients": [to("ada@contoso.com")], "attachments": [attached]}

    answer = client.post("/v1.0/me/sendMail", json={"message": mail, "saveToSentItems": save})

    assert (answer.status_code, answer.data) == (202, b"")
    (got,) = listed(client, f"users/{ada}/mailFolders/inbox/messages")
    assert len(listed(client, f"users/{ada}/messages/{got['id']}/attachments")) == 1
    assert subjects(client, "me/mailFolders/sentitems") == ["Hi"] * save


def test_mail_is_sent_as_older_programs_spell_it(client, ada):
    address = {"EmailAddress": {"Address": "ada@contoso.com", "Name": "Ada"}}
    attached = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "Name": "a",
        "ContentBytes": "YQ==",
    }
    mail = {
        "Subject": "Hi",
        "Body": {"ContentType": "HTML", "Content": "<b>x</b>"},
        "ToRecipients": [address],
        "Attachments": [attached],
    }

    answer = client.post("/v1.0/me/sendMail", json={"Message": mail, "SaveToSentItems": "true"})

    assert answer.status_code == 202, answer.text
    (got,) = listed(client, f"users/{ada}/mailFolders/inbox/messages")
    assert (got["subject"], got["body"]["contentType"]) == ("Hi", "html")
    assert len(listed(client, f"users/{ada}/messages/{got['id']}/attachments")) == 1


@pytest.mark.parametrize("to_", [[], [to("bad")]])
def test_mail_to_nobody_is_refused(client, ada, to_):
    answer = client.post("/v1.0/me/sendMail", json={"message": {"toRecipients": to_}})
    assert_error(answer, 400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
    assert listed(client, "me/messages") == []


@pytest.fixture
def letter(client, ada):
    """The id of a mail from Bob to Ada and Cy, with a copy to Dan, as it is in Ada's inbox."""
    for name in ("bob", "cy", "dan"):
        make(client, "users", user(userPrincipalName=f"{name}@contoso.com"))
    attached = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "a",
        "contentBytes": "YQ==",
    }
    mail = {
        "subject": "Plans",
        "body": {"contentType": "text", "content": "1 < 2"},
        "toRecipients": [to("ada@contoso.com"), to("cy@contoso.com")],
        "ccRecipients": [to("dan@contoso.com")],
        "attachments": [attached],
    }
    answer = client.post("/v1.0/users/bob@contoso.com/sendMail", json={"message": mail})
    assert answer.status_code == 202, answer.text
    return listed(client, f"users/{ada}/mailFolders/inbox/messages")[0]["id"]


def addresses(message, name):
    return {each["emailAddress"]["address"] for each in message[name]}


@pytest.mark.parametrize(
    ("name", "people", "copies"),
    [("createReply", {"bob"}, set()), ("createReplyAll", {"bob", "cy"}, {"dan"})],
)
def test_an_answer_is_drafted(client, ada, letter, name, people, copies):
    draft = post(client, f"users/{ada}/messages/{letter}/{name}", {"comment": "a & b"}, 201)

    original = client.get(f"/v1.0/users/{ada}/messages/{letter}").json
    assert addresses(draft, "toRecipients") == {f"{each}@contoso.com" for each in people}
    assert addresses(draft, "ccRecipients") == {f"{each}@contoso.com" for each in copies}
    assert (draft["subject"], draft["isDraft"]) == ("RE: Plans", True)
    assert draft["conversationId"] == original["conversationId"]
    assert draft["conversationIndex"][:28] == original["conversationIndex"][:28]
    assert len(draft["conversationIndex"]) > len(original["conversationIndex"])
    said = draft["body"]["content"]
    assert said.index("a &amp; b") < said.index("bob@contoso.com") < said.index("1 &lt; 2")
    assert draft["hasAttachments"] is False


def test_a_mail_is_drafted_on_with_what_hangs_on_it(client, ada, letter):
    wish = {"toRecipients": [to("dan@contoso.com")]}
    draft = post(client, f"users/{ada}/messages/{letter}/createForward", wish, 201)

    assert (draft["subject"], addresses(draft, "toRecipients")) == (
        "FW: Plans",
        {"dan@contoso.com"},
    )
    (attached,) = listed(client, f"users/{ada}/messages/{draft['id']}/attachments")
    assert attached["contentBytes"] == "YQ=="


@pytest.mark.parametrize(
    ("subject", "answered", "passed"),
    [
        ("Plans", "RE: Plans", "FW: Plans"),
        ("re: Plans", "RE: Plans", "FW: Plans"),
        ("FW: RE: Plans", "RE: RE: Plans", "FW: RE: Plans"),
        ("AW: Plans", "RE: Plans", "FW: Plans"),
        ("Note: Plans", "RE: Note: Plans", "FW: Note: Plans"),
        ("RE:Plans", "RE: RE:Plans", "FW: RE:Plans"),
        ("The RE: Plans", "RE: The RE: Plans", "FW: The RE: Plans"),
        ("Q3: Plans", "RE: Q3: Plans", "FW: Q3: Plans"),
        ("", "RE: ", "FW: "),
    ],
)
def test_a_prefix_takes_the_place_of_another(client, ada, subject, answered, passed):
    mail = make(client, "me/messages", {"subject": subject, "importance": "high"})
    for name, wanted, importance in (
        ("createReply", answered, "normal"),
        ("createForward", passed, "high"),
    ):
        draft = post(client, f"me/messages/{mail['id']}/{name}", {}, 201)
        assert (draft["subject"], draft["importance"]) == (wanted, importance)


@pytest.mark.parametrize("kind", ["html", "text"])
def test_an_answer_takes_along_what_the_message_shows(client, ada, kind):
    def file(name, **more):
        return {"@odata.type": "#microsoft.graph.fileAttachment", "name": name, "contentBytes": "YQ==", **more}  # fmt: skip

    files = [
        file("shown", isInline=True, contentId="one"),
        file("not shown", isInline=True, contentId="two"),
        file("attached", contentId="one"),
    ]
    body = {"contentType": kind, "content": '<img src="cid:one">'}
    mail = make(client, "me/messages", {"subject": "Plans", "body": body, "attachments": files})
    draft = post(client, f"me/messages/{mail['id']}/createReply", {"comment": "a"}, 201)
    found = listed(client, f"me/messages/{draft['id']}/attachments")
    wanted = [("shown", True, "one", "YQ==")] if kind == "html" else []
    assert [(each["name"], each["isInline"], each["contentId"], each["contentBytes"]) for each in found] == wanted  # fmt: skip
    assert draft["hasAttachments"] is False


@pytest.mark.parametrize(
    ("name", "body", "people"),
    [
        ("reply", {"comment": "yes"}, ["bob"]),
        ("replyAll", {"message": {"body": {"content": "yes"}}}, ["bob", "cy", "dan"]),
        ("forward", {"toRecipients": [to("dan@contoso.com")]}, ["dan"]),
        ("forward", {"message": {"toRecipients": [to("cy@contoso.com")]}}, ["cy"]),
    ],
)
def test_an_answer_arrives(client, ada, letter, name, body, people):
    answer = client.post(f"/v1.0/users/{ada}/messages/{letter}/{name}", json=body)

    assert (answer.status_code, answer.data) == (202, b"")
    (sent,) = listed(client, f"users/{ada}/mailFolders/sentitems/messages")
    for each in people:
        inbox = listed(client, f"users/{each}@contoso.com/mailFolders/inbox/messages")
        assert sent["internetMessageId"] in {got["internetMessageId"] for got in inbox}
    assert listed(client, f"users/{ada}/mailFolders/drafts/messages") == []


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("reply", {"comment": "a", "message": {"body": {"content": "b"}}}, "ErrorInvalidArgument"),
        ("forward", {}, "ErrorInvalidRecipients"),
        (
            "forward",
            {"toRecipients": [to("a@b")], "message": {"toRecipients": [to("a@b")]}},
            "ErrorInvalidArgument",
        ),
    ],
)
def test_an_answer_that_cannot_be_sent_leaves_nothing(client, ada, letter, name, body, code):
    refused = client.post(f"/v1.0/users/{ada}/messages/{letter}/{name}", json=body)

    assert_error(refused, 400, code)
    assert len(listed(client, f"users/{ada}/messages")) == 1


def test_a_group_is_renewed(client):
    client.put("/_fakegraph/clock", json={"now": "2026-05-04T03:02:01Z"})
    seed(client, {"groups": [{"id": IDS["team"], "mailNickname": "team"}]})

    post(client, f"groups/{IDS['team']}/renew", status=204)

    assert client.get(f"/v1.0/groups/{IDS['team']}").json["renewedDateTime"] == (
        "2026-05-04T03:02:01Z"
    )
    own = {"mailNickname": "team"}
    post(client, f"groups/{IDS['team']}/validateProperties", own, 204)
    seed(client, {"groups": [{"id": IDS["club"], "mailNickname": "club"}]})
    taken = client.post(f"/v1.0/groups/{IDS['club']}/validateProperties", json=own)
    assert taken.status_code == 422


def test_anothers_mail_is_not_moved_with_a_users_token(make_client):
    client = make_client(auth="strict", fixture=("contoso",))
    names = ("ana.jansen003@contoso.com", "someone@contoso.com")
    seed(client, {f"users/{names[1]}/messages": [{"id": "AAMkAGI1AAAAAAA=", "subject": "x"}]})
    seed(client, {f"users/{names[0]}/messages": [{"id": "AAMkAGI2AAAAAAA=", "subject": "y"}]})
    body = {"user": names[0], "scp": "Mail.ReadWrite"}
    token = client.post("/_fakegraph/tokens", json=body).json["access_token"]

    def moved(place):
        return client.post(
            f"/v1.0/{place}/move",
            json={"destinationId": "archive"},
            headers={"Authorization": f"Bearer {token}"},
        )

    refused = moved(f"users/{names[1]}/messages/AAMkAGI1AAAAAAA=")
    assert_error(refused, 403, "ErrorAccessDenied")
    assert moved("me/messages/AAMkAGI2AAAAAAA=").status_code == 201


MIME = b"From: Ada <ada@contoso.com>\r\nTo: Ada <ada@contoso.com>\r\nSubject: As MIME\r\n\r\nHello"


@pytest.mark.parametrize("name", ["sendMail", "messages/{id}/forward"])
def test_mail_is_sent_as_mime(client, ada, message, name):
    place = f"/v1.0/me/{name.format(id=message)}"

    answer = client.post(place, data=b64encode(MIME), content_type="text/plain")

    assert answer.status_code == 202, answer.text
    (got,) = listed(client, f"users/{ada}/mailFolders/inbox/messages")
    assert (got["subject"], "Hello" in got["body"]["content"]) == ("As MIME", True)
    refused = client.post(place, data=b"%%%", content_type="text/plain")
    assert refused.status_code == 400, refused.text


def test_what_only_the_service_says_of_a_message_is_not_heeded(client, ada):
    mail = {"id": "mine", "isDraft": True, "changeKey": "x", "toRecipients": [to("a@b.org")]}

    answer = client.post("/v1.0/me/sendMail", json={"message": mail})

    assert answer.status_code == 202, answer.text
    (sent,) = listed(client, "me/mailFolders/sentitems/messages")
    assert (sent["isDraft"], sent["id"] == "mine", sent["changeKey"] == "x") == (
        False,
        False,
        False,
    )


def test_a_draft_out_of_mime_is_a_draft(client, ada, message):
    dated = b"Date: Sun, 28 Feb 2021 07:15:00 +0000\r\n" + MIME
    place = f"/v1.0/me/messages/{message}/createForward"

    draft = client.post(place, data=b64encode(dated), content_type="text/plain").json

    assert (draft["isDraft"], draft["subject"]) == (True, "As MIME")
    assert "As MIME" in subjects(client, "me/mailFolders/drafts")
