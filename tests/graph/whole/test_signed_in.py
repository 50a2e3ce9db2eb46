"""Who ``/me`` is: the user that a token names, or with any other token the one of ``--me``."""

from __future__ import annotations

import base64
import json

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, seed

ADA, BOB = "ada@contoso.com", "bob@contoso.com"
NOT_FOUND = "Request_ResourceNotFound"


@pytest.fixture
def people(make_client):
    client = make_client(auth="bearer")
    records = [{"id": "a", "userPrincipalName": ADA}, {"id": "b", "userPrincipalName": BOB}]
    seed(client, {"users": records})
    return client


def bearer(claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    token = claims if isinstance(claims, str) else f"{part({'alg': 'none'})}.{part(claims)}.x"
    return {"Authorization": f"Bearer {token}"}


def me(client, claims):
    return client.get("/v1.0/me", headers=bearer(claims))


@pytest.mark.parametrize(
    "claims",
    [
        {"oid": "b"},
        {"oid": "b", "upn": ADA},
        {"upn": BOB},
        {"preferred_username": BOB},
        {"unique_name": BOB},
        {"oid": "unknown", "preferred_username": BOB.upper()},
    ],
)
def test_a_token_names_the_user(people, claims):
    assert me(people, claims).json["userPrincipalName"] == BOB


@pytest.mark.parametrize("claims", ["opaque", "a.b.c", {}, {"scp": "User.Read"}])
def test_a_token_that_says_nothing_means_the_first_user(people, claims):
    assert me(people, claims).json["userPrincipalName"] == ADA


@pytest.mark.parametrize(
    "claims",
    [{"oid": "x"}, {"upn": "x@y.z"}, {"preferred_username": "x@y.z"}, {"unique_name": "live#x"}],
)
def test_a_token_that_names_nobody_is_nobodys(people, claims):
    assert_error(me(people, claims), 404, NOT_FOUND, "token names", "--me")
    for method, path, body in (
        ("PATCH", "me", {"jobTitle": "x"}),
        ("POST", "me/messages", {"subject": "x"}),
        ("GET", "me/drive/root", None),
    ):
        answer = people.open(f"/v1.0/{path}", method=method, json=body, headers=bearer(claims))
        assert_error(answer, 404, NOT_FOUND)
    assert len(listed(people, "users", headers=bearer("opaque"))) == 2


@pytest.mark.parametrize("claims", [{"oid": 1}, {"oid": ["b"]}, {"tid": 1}, {"tid": None}])
@pytest.mark.parametrize("auth", ["bearer", "strict"])
def test_ids_that_are_no_texts_are_refused(make_client, auth, claims):
    client = make_client(auth=auth)
    answer = client.get("/v1.0/me", headers=bearer(claims))
    assert_error(answer, 401, "InvalidAuthenticationToken")
    if auth == "strict" and claims.get("tid", 1) is not None:
        made = client.post("/_fakegraph/tokens", json={"user": ADA, "claims": claims})
        answer = me(client, made.json["access_token"])
        assert_error(answer, 401, "InvalidAuthenticationToken")


def test_who_was_deleted_is_not_signed_in(people):
    assert people.delete("/v1.0/users/b", headers=bearer("opaque")).status_code == 204
    for claims in ({"oid": "b"}, {"upn": BOB}, {"oid": "b", "upn": ADA}):
        assert_error(me(people, claims), 404, NOT_FOUND)
        answer = people.patch("/v1.0/me", json={"jobTitle": "x"}, headers=bearer(claims))
        assert_error(answer, 404, NOT_FOUND)
    assert [each["id"] for each in listed(people, "users", headers=bearer("opaque"))] == ["a"]


def test_who_was_deleted_does_not_come_back_as_me(make_client):
    client = make_client(me=BOB)
    seed(client, {"users": [{"id": "b", "userPrincipalName": BOB}]})
    assert client.delete("/v1.0/me").status_code == 204
    assert_error(client.get("/v1.0/me"), 404, NOT_FOUND)


def test_the_id_of_what_was_deleted_is_taken(client):
    seed(client, {"users": [{"id": "b", "userPrincipalName": BOB}], "groups": [{"id": "g"}]})
    assert client.delete("/v1.0/users/b").status_code == 204
    for records in (
        {"users": [{"id": "b"}]},
        {"groups/g/members": [{"id": "b", "@odata.type": "#microsoft.graph.user"}]},
        {"directory/deletedItems": [{"id": "b", "@odata.type": "#microsoft.graph.user"}]},
    ):
        answer = client.post("/_fakegraph/seed", json=records)
        assert answer.status_code in (400, 409), answer.text
        assert "already exists" in answer.text
    assert listed(client, "users") == []
