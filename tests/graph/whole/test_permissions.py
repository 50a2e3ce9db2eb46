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
    assert_error(answer, 403, "ErrorAccessDenied", "Mail.ReadBasic.All")


def test_who_is_signed_in_has_other_permissions_than_an_app(strict):
    assert ask(strict, "me", user=ADA, scp="User.Read").json["userPrincipalName"] == ADA
    assert_error(ask(strict, "me", roles=["User.Read.All"]), 400, "BadRequest", "delegated")
    assert ask(strict, f"users/{ADA}/messages", roles=["Mail.Read"]).status_code == 200


def test_a_mailbox_is_for_its_owner(strict):
    mine = ask(strict, f"users/{ADA}/messages", user=ADA, scp="Mail.Read")
    assert [each["subject"] for each in mine.json["value"]] == [f"for {ADA}"]

    answer = ask(strict, f"users/{BOB}/messages", user=ADA, scp="Mail.Read")
    assert_error(answer, 403, "ErrorAccessDenied", "another user")
    shared = ask(strict, f"users/{BOB}/messages", user=ADA, scp="Mail.Read.Shared Mail.Read")
    assert shared.status_code == 200
