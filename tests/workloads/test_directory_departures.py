"""What goes with who is deleted: assignments, grants and units of licences, which come back."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, make, seed, user
from tests.workloads.test_directory_values import group, unified

GRAPH = "servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"
SKU = "4e7a3f0a-0000-4000-8000-0000000000d1"
NO_ROLE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def tenant(client):
    """A tenant with a user, a group and an app; each has a role of the app, the user more."""
    sku = {"skuId": SKU, "skuPartNumber": "E5", "prepaidUnits": {"enabled": 5}}
    seed(client, {"subscribedSkus": [{**sku, "servicePlans": []}]})
    app = make(client, "applications", {"displayName": "A"})
    ids = {
        "users": make(client, "users", user(usageLocation="DE"))["id"],
        "groups": make(client, "groups", group())["id"],
        "servicePrincipals": make(client, "servicePrincipals", {"appId": app["appId"]})["id"],
    }
    resource = ids["servicePrincipals"]
    for kind in ("users", "groups"):
        body = {"principalId": ids[kind], "resourceId": resource, "appRoleId": NO_ROLE}
        make(client, f"{kind}/{ids[kind]}/appRoleAssignments", body)
    graph = client.get(f"/v1.0/{GRAPH}?$select=id").json["id"]
    grant = {"clientId": resource, "resourceId": graph, "scope": "User.Read"}
    make(client, "oauth2PermissionGrants", {**grant, "consentType": "AllPrincipals"})
    own = {**grant, "consentType": "Principal", "principalId": ids["users"]}
    make(client, "oauth2PermissionGrants", own)
    body = {"addLicenses": [{"skuId": SKU}], "removeLicenses": []}
    assert client.post(f"/v1.0/users/{ids['users']}/assignLicense", json=body).status_code == 200
    return client, ids


def standing(client, ids):
    """The kinds of who has a role of the app, the grants, and the units of licences in use."""
    at = f"servicePrincipals/{ids['servicePrincipals']}/appRoleAssignedTo"
    found = client.get(f"/v1.0/{at}").json.get("value", ())
    (sku,) = listed(client, "subscribedSkus")
    kinds = sorted(each["principalType"] for each in found)
    return kinds, len(listed(client, "oauth2PermissionGrants")), sku["consumedUnits"]


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("users", (["Group"], 1, 0)),
        ("servicePrincipals", ([], 0, 1)),
    ],
)
def test_it_goes_with_them_and_comes_back_and_is_gone_for_good(tenant, kind, after):
    client, ids = tenant
    before = standing(client, ids)
    ids_before = {each["id"] for each in listed(client, "oauth2PermissionGrants")}
    assert before == (["Group", "User"], 2, 1)
    for _ in range(2):
        assert client.delete(f"/v1.0/{kind}/{ids[kind]}").status_code == 204
        assert standing(client, ids) == after
        path = f"/v1.0/directory/deletedItems/{ids[kind]}"
        assert not [name for name in client.get(path).json if name.startswith("@departed")]
        assert client.post(f"{path}/restore").status_code == 200
        assert standing(client, ids) == before
        assert {each["id"] for each in listed(client, "oauth2PermissionGrants")} == ids_before
    client.delete(f"/v1.0/{kind}/{ids[kind]}")
    assert client.delete(path).status_code == 204
    assert standing(client, ids) == after


def test_what_a_security_group_has_goes_with_it(tenant):
    client, ids = tenant
    assert client.delete(f"/v1.0/groups/{ids['groups']}").status_code == 204
    assert standing(client, ids) == (["User"], 2, 1)


def test_what_the_other_end_is_gone_of_does_not_come_back(tenant):
    client, ids = tenant
    client.delete(f"/v1.0/users/{ids['users']}")
    client.delete(f"/v1.0/servicePrincipals/{ids['servicePrincipals']}")
    back = client.post(f"/v1.0/directory/deletedItems/{ids['users']}/restore")
    assert back.status_code == 200
    assert listed(client, f"users/{ids['users']}/appRoleAssignments") == []
    assert listed(client, "oauth2PermissionGrants") == []


def test_what_a_seed_says_was_deleted_says_when_and_comes_back(client):
    deleted = {"@odata.type": "#microsoft.graph.group", "id": NO_ROLE, **unified()}
    seed(client, {"directory/deletedItems": [deleted, {"id": SKU, "displayName": "Gone"}]})
    path = "/v1.0/directory/deletedItems"
    assert client.get(f"{path}/{NO_ROLE}").json["deletedDateTime"] is not None
    for id_, kind in ((NO_ROLE, "groups"), (SKU, "users")):
        assert client.post(f"{path}/{id_}/restore").json["id"] == id_
        back = client.get(f"/v1.0/{kind}/{id_}?$select=deletedDateTime").json
        assert back["deletedDateTime"] is None
        assert client.get(f"{path}/{id_}").status_code == 404


def test_what_somebody_owned_is_listed_when_it_is_deleted(client):
    ada, bob = (
        make(client, "users", user(userPrincipalName=f"{name}@contoso.com"))["id"]
        for name in ("ada", "bob")
    )
    unified = group(groupTypes=["Unified"], mailEnabled=True)
    owned = {"owners@odata.bind": [f"http://localhost/v1.0/users/{ada}"]}
    groups = [
        make(client, "groups", {**unified, "mailNickname": name, **owned})["id"]
        for name in ("g1", "g2", "g3")
    ]
    app = make(client, "applications", {"displayName": "A"})["id"]
    ref = {"@odata.id": f"http://localhost/v1.0/users/{ada}"}
    assert client.post(f"/v1.0/applications/{app}/owners/$ref", json=ref).status_code == 204
    for path in (f"groups/{groups[0]}", f"groups/{groups[1]}", f"applications/{app}"):
        assert client.delete(f"/v1.0/{path}").status_code == 204

    def asked(**body):
        return client.post("/v1.0/directory/deletedItems/getUserOwnedObjects", json=body)

    found = asked(userId=ada.upper(), type="Group").json["value"]
    assert [each["id"] for each in found] == sorted(groups[:2])
    assert all(each["@odata.type"] == "#microsoft.graph.group" for each in found)
    assert all(each["deletedDateTime"] and each["displayName"] for each in found)
    assert [each["id"] for each in asked(userId=ada, type="application").json["value"]] == [app]
    assert asked(userId=bob, type="Group").json["value"] == []
    assert asked(userId=ada, type="User").status_code == 400
    assert asked(userId=NO_ROLE, type="Group").status_code == 404
