"""Links, invitations and permissions of what is in drives, and what others see of it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user
from tests.workloads.test_files import folder, put

ROOT = "/v1.0/me/drive/root:"


@pytest.fixture
def item(client) -> dict[str, Any]:
    return put(client, "me/drive/root:/A/b.txt:/content")


def link(client, path="/A/b.txt", **body):
    return client.post(f"{ROOT}{path}:/createLink", json=body)


def invite(client, path="/A/b.txt", **body):
    return client.post(f"{ROOT}{path}:/invite", json=body)


def permissions(client, path="/A/b.txt"):
    return listed(client, f"me/drive/root:{path}:/permissions")


def test_a_link_is_made_once_of_each_type_and_scope(client, item):
    first = link(client, type="view", scope="organization")
    again = link(client, type="view", scope="organization")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["id"] == first.json["id"]
    made = first.json
    assert made["roles"] == ["read"]
    assert made["link"]["webUrl"].startswith("https://contoso-my.sharepoint.com/:t:/g/personal/")
    assert made["hasPassword"] is False
    url = base64.urlsafe_b64decode(made["shareId"].removeprefix("u!") + "===").decode()
    assert url == made["link"]["webUrl"]
    for other in (
        {"type": "edit", "scope": "organization"},
        {"type": "view", "scope": "anonymous"},
    ):
        assert link(client, **other).status_code == 201
    assert link(client, type="view").json["id"] == first.json["id"]


def test_what_is_said_of_a_link_that_is_there_holds_from_then_on(client, item):
    for name in ("bob", "cy"):
        body = user(userPrincipalName=f"{name}@contoso.com", mailNickname=name, displayName=name)
        make(client, "users", body)
    link(client, scope="anonymous")
    link(client, scope="users", recipients=[{"email": "bob@contoso.com"}])
    until = "2031-01-01T00:00:00Z"

    again = link(client, scope="anonymous", password="x", expirationDateTime=until)
    more = link(client, scope="users", recipients=[{"email": "cy@contoso.com"}])

    assert (again.status_code, again.json["hasPassword"]) == (200, True)
    assert again.json["expirationDateTime"] == until
    assert more.status_code == 200
    names = [each["user"]["displayName"] for each in more.json["grantedToIdentitiesV2"]]
    assert names == ["bob", "cy"]
    assert len(permissions(client)) == 3  # the owner's too
    shared = client.get(f"{ROOT}/A/b.txt").json["shared"]
    assert "." not in shared["sharedDateTime"]


def test_a_link_may_end_and_have_a_password(client, item):
    body = {"password": "x", "expirationDateTime": "2031-01-01T00:00:00Z"}
    made = link(client, type="edit", scope="anonymous", **body).json

    assert made["roles"] == ["write"]
    assert made["hasPassword"] is True
    assert made["expirationDateTime"] == "2031-01-01T00:00:00Z"
    assert "x" not in made.values()


@pytest.mark.parametrize(
    "body", [{"type": "embed"}, {"type": "x"}, {"type": "view", "scope": "all"}]
)
def test_links_that_a_library_has_not(client, item, body):
    assert_error(link(client, **body), 400, "invalidRequest")


def test_a_personal_drive_has_links_to_embed(client):
    seed(client, {"me/drive": {"driveType": "personal"}})
    put(client, "me/drive/root:/A/b.txt:/content")

    made = link(client, type="embed").json

    assert (made["roles"], made["link"]["type"]) == (["read"], "embed")
    assert made["link"]["webUrl"] in made["link"]["webHtml"]


def test_sharing_is_seen_at_the_item(client, item):
    client.put("/_fakegraph/clock", json={"advance": "PT1H"})
    before = client.get(f"{ROOT}/A/b.txt").json
    assert "shared" not in before
    token = client.get("/v1.0/me/drive/root/delta?token=latest").json["@odata.deltaLink"]

    link(client, type="view", scope="organization")

    after = client.get(f"{ROOT}/A/b.txt").json
    assert after["shared"]["scope"] == "organization"
    assert (after["eTag"] != before["eTag"], after["cTag"]) == (True, before["cTag"])
    for each in permissions(client)[:1]:
        client.delete(f"{ROOT}/A/b.txt:/permissions/{each['id']}")
    for now in (after, client.get(f"{ROOT}/A/b.txt").json):
        assert now["lastModifiedDateTime"] == before["lastModifiedDateTime"]
    assert "shared" not in now
    assert item["id"] in [each["id"] for each in client.get(token).json["value"]]


def test_people_are_invited(client, item):
    ada = make(client, "users", user(userPrincipalName="ada@contoso.com", mailNickname="ada"))
    recipients = [{"email": "Ada@contoso.com"}, {"email": "guest@fabrikam.com"}]

    answer = invite(client, recipients=recipients, roles=["write"], requireSignIn=True)

    assert answer.status_code == 200
    known, guest = answer.json["value"]
    assert known["roles"] == ["write"]
    assert known["grantedToV2"]["user"]["id"] == ada["id"]
    assert known["invitation"] == {"email": "Ada@contoso.com", "signInRequired": True}
    assert base64.urlsafe_b64decode(known["id"] + "===") == b"i:0#.f|membership|ada@contoso.com"
    assert guest["grantedToV2"]["user"] == {"displayName": "guest@fabrikam.com"}
    again = invite(client, recipients=[{"objectId": ada["id"]}], roles=["read"]).json["value"]
    assert [(each["id"], each["roles"]) for each in again] == [(known["id"], ["read"])]
    assert client.get(f"{ROOT}/A/b.txt").json["shared"]["scope"] == "users"


@pytest.mark.parametrize(
    ("body", "inner"),
    [
        ({"recipients": [{"email": "a@b.com"}]}, None),
        ({"recipients": [{"email": "a@b.com"}], "roles": ["owner"]}, None),
        ({"recipients": [], "roles": ["read"]}, None),
        ({"recipients": [{"alias": "nobody"}], "roles": ["read"]}, "noResolvedUsers"),
        ({"recipients": [{"objectId": "nobody"}], "roles": ["read"]}, "noResolvedUsers"),
    ],
)
def test_invitations_that_mean_nothing(client, item, body, inner):
    answer = invite(client, **body)

    assert_error(answer, 400, "invalidRequest")
    assert answer.json["error"]["innerError"].get("code") == inner
    assert [each["roles"] for each in permissions(client)] == [["owner"]]


def test_permissions_come_from_above(client, item):
    own = link(client, type="view", scope="organization").json
    above = invite(client, "/A", recipients=[{"email": "a@b.com"}], roles=["read"]).json["value"][0]

    mine, inherited, owner = permissions(client)

    assert (mine["id"], "inheritedFrom" in mine) == (own["id"], False)
    assert (inherited["id"], inherited["inheritedFrom"]["name"]) == (above["id"], "A")
    assert owner["roles"] == ["owner"]
    assert len(permissions(client, "/A")) == 2
    path = f"{ROOT}/A/b.txt:/permissions"
    assert client.get(f"{path}/{own['id']}").json["link"]["type"] == "view"
    assert client.get(f"{path}/{above['id']}").json == {
        "@odata.context": client.get(f"{path}/{own['id']}").json["@odata.context"],
        **inherited,
    }
    assert client.get(f"{path}/{owner['id']}").json["roles"] == ["owner"]
    for each, why in ((inherited, "inherited from 'A'"), (owner, "owner of a drive")):
        for refused in (
            client.delete(f"{path}/{each['id']}"),
            client.patch(f"{path}/{each['id']}", json={"roles": ["write"]}),
        ):
            assert_error(refused, 400, "invalidRequest", why)
    assert_error(client.delete(f"{path}/nope"), 404, "itemNotFound", "Item not found")
    assert client.delete(f"{path}/{own['id']}").status_code == 204
    assert len(permissions(client)) == 2


@pytest.mark.parametrize("until", ["", "tomorrow", "2031-01-01", "2031-02-30T00:00:00Z"])
def test_an_invitation_that_ends_at_no_moment(client, item, until):
    body = {"recipients": [{"email": "a@b.com"}], "roles": ["read"], "expirationDateTime": until}

    assert_error(invite(client, **body), 400, "invalidRequest")


def test_what_is_changed_of_a_permission(client, item):
    granted = invite(client, recipients=[{"email": "a@b.com"}], roles=["read"]).json["value"][0]
    company = link(client, type="view", scope="organization").json
    anybody = link(client, type="view", scope="anonymous").json
    path = f"{ROOT}/A/b.txt:/permissions"

    changed = client.patch(f"{path}/{granted['id']}", json={"roles": ["write"]})
    assert (changed.status_code, changed.json["roles"]) == (200, ["write"])
    refused = client.patch(f"{path}/{company['id']}", json={"roles": ["write"]})
    assert_error(refused, 400, "invalidRequest")
    until = {"expirationDateTime": "2031-01-01T00:00:00Z"}
    later = client.patch(f"{path}/{anybody['id']}", json=until)
    assert (later.status_code, later.json["expirationDateTime"]) == (200, "2031-01-01T00:00:00Z")
    writes = client.patch(f"{path}/{anybody['id']}", json={"roles": ["write"]})
    assert (writes.json["roles"], writes.json["link"]["type"]) == (["write"], "edit")
    for id_ in (granted["id"], anybody["id"]):
        nothing = client.patch(f"{path}/{id_}", json={"roles": []})
        assert_error(nothing, 400, "invalidRequest", "'roles' has to have some")


def test_what_is_shared_with_somebody(client):
    for name in ("ada", "bob"):
        make(client, "users", user(userPrincipalName=f"{name}@contoso.com", mailNickname=name))
    me = client.get("/v1.0/me").json
    other = next(each for each in listed(client, "users") if each["id"] != me["id"])
    path = f"users/{other['id']}/drive/root:/a.txt:"
    item = put(client, f"{path}/content")
    put(client, f"users/{other['id']}/drive/root:/own.txt:/content")
    mine = put(client, "me/drive/root:/mine.txt:/content")
    body = {"recipients": [{"objectId": me["id"]}], "roles": ["read"]}
    assert client.post(f"/v1.0/{path}/invite", json=body).status_code == 200

    (found,) = listed(client, "me/drive/sharedWithMe")

    remote = found["remoteItem"]
    assert (found["name"], remote["id"], remote["size"]) == ("a.txt", item["id"], 5)
    assert remote["parentReference"]["driveId"] == item["parentReference"]["driveId"]
    assert listed(client, f"users/{other['id']}/drive/sharedWithMe") == []
    assert [each["id"] for each in listed(client, "me/drive/recent")] == [mine["id"]]


def test_what_somebody_follows(client, item):
    put(client, "me/drive/root:/c.txt:/content")
    followed = client.post(f"{ROOT}/A/b.txt:/follow")

    assert (followed.status_code, followed.json["id"]) == (200, item["id"])
    assert client.post(f"{ROOT}/A/b.txt:/follow").status_code == 200
    assert [each["id"] for each in listed(client, "me/drive/following")] == [item["id"]]
    assert client.post(f"/v1.0/me/drive/items/{item['id']}/unfollow").status_code == 204
    assert listed(client, "me/drive/following") == []
    folder(client, "B")
    assert_error(client.post(f"{ROOT}/nope:/follow"), 404, "itemNotFound")
