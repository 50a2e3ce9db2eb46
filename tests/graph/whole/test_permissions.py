"""``--auth strict``: what a path needs, by how the caller signed in, and whose data it reaches."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import seed

ADA, BOB = "ada@contoso.com", "bob@contoso.com"


@pytest.fixture
def strict(make_client):
    client = make_client(auth="strict")
    seed(client, {f"users/{who}/messages": [{"subject": f"for {who}"}] for who in (ADA, BOB)})
    return client


def ask(client, path, **token):
    made = client.post("/_fakegraph/tokens", json=token).json["access_token"]
    return client.get(f"/v1.0/{path}", headers={"Authorization": f"Bearer {made}"})


def test_a_permission_of_the_path_is_needed(strict):
    assert ask(strict, "users", roles=["User.Read.All"]).status_code == 200
    answer = ask(strict, "users", roles=["Mail.Read"])
    assert_error(answer, 403, "Authorization_RequestDenied", "User.Read.All")
    answer = ask(strict, f"users/{ADA}/messages", roles=["User.Read.All"])
    error = assert_error(answer, 403, "ErrorAccessDenied")
    assert error["message"] == "Access is denied. Check credentials and try again."
    assert "Mail.ReadBasic.All" in error["details"][0]["message"]


def test_who_is_signed_in_has_other_permissions_than_an_app(strict):
    assert ask(strict, "me", user=ADA, scp="User.Read").json["userPrincipalName"] == ADA
    assert_error(ask(strict, "me", roles=["User.Read.All"]), 400, "BadRequest", "delegated")
    assert ask(strict, f"users/{ADA}/messages", roles=["Mail.Read"]).status_code == 200


@pytest.mark.parametrize("path", ["users", "groups", "applications", f"users/{ADA}"])
@pytest.mark.parametrize("nothing", [{"roles": []}, {"user": ADA, "scp": ""}])
def test_a_token_without_anything_is_told_so(strict, path, nothing):
    message = "Either scp or roles claim need to be present in the token."
    assert_error(ask(strict, path, **nothing), 403, "AccessDenied", message)


_SELF = {"user": ADA, "scp": "User.Read"}
_WRITER = {"user": ADA, "scp": "User.ReadWrite"}
_STRANGER = {"user": "eve@contoso.com", "scp": "User.Read"}
_ADMIN = {"user": ADA, "scp": "User.ReadWrite.All Directory.Read.All"}
_APP = {"roles": ["User.ReadWrite.All"]}
NEW = {"jobTitle": "Analyst"}


@pytest.mark.parametrize(("method", "path", "statuses"), [
    ("GET", "me", (200, 200, 404, 200, 400)),
    ("GET", "users", (403, 403, 403, 200, 200)),
    ("GET", f"users/{ADA}", (200, 200, 403, 200, 200)),
    ("GET", f"users/{BOB}", (403, 403, 403, 200, 200)),
    ("PATCH", f"users/{ADA}", (403, 204, 403, 204, 204)),
    ("PATCH", f"users/{BOB}", (403, 403, 403, 204, 204)),
    ("DELETE", f"users/{BOB}", (403, 403, 403, 204, 204))])  # fmt: skip
def test_each_path_says_whose_data_it_reaches(strict, method, path, statuses):
    """The user, who may write too, a stranger whom nobody made, an administrator's app, and an app by itself."""
    callers = (_SELF, _WRITER, _STRANGER, _ADMIN, _APP)
    for caller, status in zip(callers, statuses, strict=True):
        if method == "DELETE" and status == 204:
            seed(strict, {f"users/{BOB}/messages": []})
        answer = send(strict, method, path, NEW if method == "PATCH" else None, **caller)
        assert answer.status_code == status, (caller, answer.text)
        if status == 403:
            assert answer.json["error"]["code"] == DENIED


def test_a_mailbox_is_for_its_owner(strict):
    mine = ask(strict, f"users/{ADA}/messages", user=ADA, scp="Mail.Read")
    assert [each["subject"] for each in mine.json["value"]] == [f"for {ADA}"]

    answer = ask(strict, f"users/{BOB}/messages", user=ADA, scp="Mail.Read")
    error = assert_error(answer, 403, "ErrorAccessDenied")
    assert error["message"] == "Access is denied. Check credentials and try again."
    assert "another user" in error["details"][0]["message"]


def token(client, **wanted):
    made = client.post("/_fakegraph/tokens", json=wanted).json["access_token"]
    return {"Authorization": f"Bearer {made}"}


def send(client, method, path, body=None, **wanted):
    return client.open(f"/v1.0/{path}", method=method, json=body, headers=token(client, **wanted))


def ids(client, *names):
    found = client.get("/v1.0/users", headers=token(client, roles=["User.Read.All"])).json["value"]
    by_name = {each["userPrincipalName"]: each["id"] for each in found}
    return [by_name[name] for name in names]


DENIED = "Authorization_RequestDenied"


def test_what_is_in_a_union_needs_what_its_own_type_needs(strict):
    (bob,) = ids(strict, BOB)
    for path in (f"directoryObjects/{bob}", f"directoryObjects/{bob}/microsoft.graph.user"):
        answer = send(strict, "DELETE", path, roles=["Mail.Read"])
        assert_error(answer, 403, DENIED, "User.DeleteRestore.All")
    assert ask(strict, f"users/{bob}", roles=["User.Read.All"]).status_code == 200
    answer = send(strict, "DELETE", f"directoryObjects/{bob}", roles=["User.ReadWrite.All"])
    assert answer.status_code == 204


def test_what_was_deleted_needs_what_its_own_type_needs(strict):
    (bob,) = ids(strict, BOB)
    send(strict, "DELETE", f"users/{bob}", roles=["User.ReadWrite.All"])
    deleted = "directory/deletedItems"
    for path in (
        deleted,
        f"{deleted}/$count",
        f"{deleted}/microsoft.graph.user",
        f"{deleted}/{bob}",
        f"{deleted}/{bob}/microsoft.graph.user",
        f"{deleted}/no-such-thing",
    ):
        assert_error(ask(strict, path, roles=["Mail.Read"]), 403, DENIED)
    assert_error(ask(strict, deleted, roles=["User.Read.All"]), 403, DENIED)
    users = ask(strict, f"{deleted}/microsoft.graph.user", roles=["User.Read.All"])
    assert [each["id"] for each in users.json["value"]] == [bob]
    whole = ask(strict, deleted, roles=["Directory.Read.All"])
    assert_error(whole, 400, "Request_UnsupportedQuery", "microsoft.graph.user")
    assert ask(strict, f"{deleted}/{bob}", roles=["User.Read.All"]).status_code == 200

    answer = send(strict, "DELETE", f"{deleted}/{bob}", roles=["Mail.Read", "User.Read.All"])
    assert_error(answer, 403, DENIED)
    answer = send(strict, "DELETE", f"{deleted}/{bob}", roles=["User.DeleteRestore.All"])
    assert answer.status_code == 204


def test_deleting_a_member_itself_needs_what_deleting_users_needs(strict, caplog):
    (bob,) = ids(strict, BOB)
    seed(strict, {"groups": [{"id": "g", "displayName": "G", "members": [{"id": bob}]}]})
    path = f"groups/g/members/{bob}"
    answer = send(strict, "DELETE", path, roles=["GroupMember.ReadWrite.All"])
    assert_error(answer, 403, DENIED, "User.DeleteRestore.All")
    assert ask(strict, f"users/{bob}", roles=["User.Read.All"]).status_code == 200
    assert "members" not in caplog.text
    assert send(strict, "DELETE", path, roles=["User.ReadWrite.All"]).status_code == 204
    assert ask(strict, f"users/{bob}", roles=["User.Read.All"]).status_code == 404


def test_deleting_a_member_itself_is_warned_of(client, caplog):
    seed(client, {"groups": [{"id": "g", "displayName": "G", "members": [{"id": "u"}]}]})
    assert client.delete("/v1.0/groups/g/members/u").status_code == 204
    (warned,) = [each for each in caplog.records if each.levelname == "WARNING"]
    assert "/groups/{id}/members/{id}" in warned.getMessage()
    assert "$ref" in warned.getMessage()


def test_a_link_to_one_thing_is_written_by_ref_alone(client):
    seed(client, {"users": [{"id": "u", "manager": {"id": "m"}}]})
    for method in ("DELETE", "PUT", "PATCH"):
        answer = client.open("/v1.0/users/u/manager", method=method, json={})
        assert_error(answer, 405, "BadRequest", "not allowed")
    assert client.get("/v1.0/users/m").status_code == 200
    assert client.delete("/v1.0/users/u/manager/$ref").status_code == 204


def test_a_drive_is_for_its_owner(strict):
    (bob,) = ids(strict, BOB)
    mine = {"user": ADA, "scp": "Files.ReadWrite.All Mail.Read.Shared"}
    drive = ask(strict, f"users/{bob}/drive", roles=["Files.Read.All"]).json["id"]
    for path in (f"users/{bob}/drive", f"users/{bob}/drives", f"drives/{drive}"):
        assert_error(ask(strict, path, **mine), 403, "accessDenied")
    for path in (f"users/{bob}/drive/root", f"drives/{drive}/root", f"drives/{drive}/items/root"):
        assert_error(ask(strict, path, **mine), 403, "accessDenied")
        assert_error(ask(strict, f"{path}/children", **mine), 403, "accessDenied")
        new = {"name": "n", "folder": {}}
        answer = send(strict, "POST", f"{path}/children", new, **mine)
        assert_error(answer, 403, "accessDenied")
    assert ask(strict, "me/drive/root/children", **mine).status_code == 200
    own = ask(strict, "me/drive", **mine).json["id"]
    assert ask(strict, f"drives/{own}/root/children", **mine).status_code == 200
    assert ask(strict, f"drives/{drive}/root", roles=["Files.Read.All"]).status_code == 200


def test_what_is_shared_of_calendars_opens_no_mail(strict):
    answer = ask(strict, f"users/{BOB}/messages", user=ADA, scp="Mail.Read Calendars.Read.Shared")
    assert_error(answer, 403, "ErrorAccessDenied")


def test_a_mailbox_is_for_its_owner_by_whichever_way(strict):
    ada, bob = ids(strict, ADA, BOB)
    seed(strict, {f"users/{ada}": {"manager": {"id": bob}}})
    way = "manager/microsoft.graph.user/messages"
    for path in (f"me/{way}", f"users/{ada}/{way}"):
        answer = ask(strict, path, user=ADA, scp="Mail.Read")
        assert_error(answer, 403, "ErrorAccessDenied")


def test_what_is_expanded_needs_what_reading_it_does(strict):
    (bob,) = ids(strict, BOB)
    seed(strict, {"groups": [{"id": "g", "displayName": "G", "members": [{"id": bob}]}]})
    for path in (
        f"users/{bob}?$expand=drive",
        f"users/{bob}?$expand=memberOf,drive($select=name)",
        "groups/g?$expand=members($expand=microsoft.graph.user/drive)",
        "users?$expand=drive($expand=root)",
        "users?$filter=drive/name eq 'x'",
        "users?$filter=drives/any(d:d/name eq 'x')",
        "users/$count?$filter=drives/any(d:d/name eq 'x')",
        "users?$orderby=drive/name",
    ):
        answer = ask(strict, path, roles=["Directory.Read.All"])
        assert_error(answer, 403, DENIED, "Files.Read.All")
    answer = ask(strict, "groups/g?$expand=members", roles=["Group.Read.All"])
    assert [each["id"] for each in answer.json["members"]] == [bob]
    both = ask(strict, f"users/{bob}?$expand=drive", roles=["User.Read.All", "Files.Read.All"])
    assert both.json["drive"]["name"] == "OneDrive"


def test_what_is_expanded_is_for_its_owner(strict):
    ada, bob = ids(strict, ADA, BOB)
    mine = {"user": ADA, "scp": "User.Read.All Files.Read.All"}
    for path in (f"users/{bob}", "users"):
        answer = ask(strict, f"{path}?$expand=drive", **mine)
        assert_error(answer, 403, DENIED, "another user")
    for path in (f"users/{ada}", "me"):
        assert ask(strict, f"{path}?$expand=drive", **mine).status_code == 200


def test_basic_permissions_show_no_bodies(strict):
    whole = {"subject": "s", "body": {"contentType": "text", "content": "secret"}}
    seed(strict, {f"users/{ADA}/mailFolders/inbox/messages": [whole]})
    for token in (
        {"user": ADA, "scp": "Mail.ReadBasic Mail.Send"},
        {"roles": ["Mail.ReadBasic.All"]},
    ):
        way = f"users/{ADA}/messages"
        for query in ("", "?$select=subject,body,bodyPreview,uniqueBody"):
            answer = ask(strict, f"{way}{query}", **token)
            assert answer.status_code == 200
            assert {"body", "bodyPreview", "uniqueBody"}.isdisjoint(answer.json["value"][0])
            assert "secret" not in answer.text
        id_ = ask(strict, way, **token).json["value"][0]["id"]
        assert "secret" not in ask(strict, f"{way}/{id_}", **token).text
        for rest in ("/$value", "/body", "/body/content", "/bodyPreview", "/attachments"):
            answer = ask(strict, f"{way}/{id_}{rest}", **token)
            assert_error(answer, 403, "ErrorAccessDenied")
        for query in (
            "$search=secret",
            "$filter=contains(body/content,'secret')",
            "$expand=attachments",
            "$expand=extensions",
        ):
            assert_error(ask(strict, f"{way}?{query}", **token), 403, "ErrorAccessDenied")
    full = ask(strict, f"users/{ADA}/messages", roles=["Mail.ReadBasic.All", "Mail.Read"])
    assert "secret" in full.text
    nothing = ask(strict, f"users/{ADA}/messages/{id_}/$value", roles=["User.Read.All"])
    assert_error(nothing, 403, "ErrorAccessDenied")


def test_presence_of_others_needs_more_than_that_of_ones_own(strict):
    own, other = (f"users/{who}/presence" for who in (ADA, BOB))
    for path, scope, status in (
        *((own, "Presence.Read", 200), (other, "Presence.Read", 403)),
        *((other, "Presence.Read.All", 200), ("me/presence", "Presence.Read", 200)),
    ):
        assert ask(strict, path, user=ADA, scp=scope).status_code == status, (path, scope)
    error = ask(strict, "users", roles=["Mail.Read"]).json["error"]
    assert error["message"] == "Insufficient privileges to complete the operation."
    assert "User.Read.All" in error["details"][0]["message"]
