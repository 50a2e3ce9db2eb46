"""App role assignments and delegated permissions: one thing, seen from both ends."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

USER = "4e7a3f0a-0000-4000-8000-000000000001"
GROUP = "4e7a3f0a-0000-4000-8000-000000000002"
CLIENT = "4e7a3f0a-0000-4000-8000-000000000003"
RESOURCE = "4e7a3f0a-0000-4000-8000-000000000004"
OTHER = "4e7a3f0a-0000-4000-8000-000000000005"
ROLE = "4e7a3f0a-0000-4000-8000-000000000006"
OFF = "4e7a3f0a-0000-4000-8000-000000000007"
NOBODY = "4e7a3f0a-0000-4000-8000-00000000000f"
ZERO = "00000000-0000-0000-0000-000000000000"


def role(id_, **changes):
    said = {"id": id_, "value": "Read", "displayName": "Read", "isEnabled": True}
    return {**said, "allowedMemberTypes": ["User", "Application"], **changes}


@pytest.fixture(autouse=True)
def tenant(client):
    roles = [role(ROLE), role(OFF, isEnabled=False)]
    seed(
        client,
        {
            "users": [{"id": USER, "displayName": "Ada"}],
            "groups": [{"id": GROUP, "displayName": "All"}],
            "servicePrincipals": [
                {"id": CLIENT, "appId": CLIENT, "displayName": "Client"},
                {"id": RESOURCE, "appId": RESOURCE, "displayName": "Resource", "appRoles": roles},
            ],
        },
    )


def assignment(principal=USER, **changes):
    return {"principalId": principal, "resourceId": RESOURCE, "appRoleId": ROLE, **changes}


def ids_in(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return [str(UUID(bytes_le=data[at : at + 16])) for at in range(0, len(data), 16)]


@pytest.mark.parametrize(("path", "kind", "name"), [
    (f"users/{USER}", "User", "Ada"), (f"groups/{GROUP}", "Group", "All"),
    (f"servicePrincipals/{CLIENT}", "ServicePrincipal", "Client")])  # fmt: skip
@pytest.mark.parametrize("from_resource", [False, True])
def test_an_assignment_is_seen_from_both_ends(client, path, kind, name, from_resource):
    principal = path.partition("/")[2]
    own, other = f"{path}/appRoleAssignments", f"servicePrincipals/{RESOURCE}/appRoleAssignedTo"

    made = make(client, other if from_resource else own, assignment(principal))

    assert (made["principalType"], made["principalDisplayName"], made["resourceDisplayName"]) == (
        kind,
        name,
        "Resource",
    )
    assert ids_in(made["id"])[0] == principal
    assert len(made["id"]) == 43
    assert "." in made["createdDateTime"]  # unlike those of other objects
    for place in (own, other):
        assert [each["id"] for each in listed(client, place)] == [made["id"]]
    assert listed(client, f"servicePrincipals/{CLIENT}/appRoleAssignedTo") == []
    away = own if from_resource else other
    assert client.delete(f"/v1.0/{away}/{made['id']}").status_code == 204
    assert listed(client, own) == listed(client, other) == []


@pytest.mark.parametrize(("changes", "message"), [
    ({"principalId": NOBODY}, "Not a valid reference update."),
    ({"resourceId": NOBODY}, "'resourceId' is"),
    ({"appRoleId": NOBODY}, f"Permission being assigned was not found on application '{RESOURCE}'."),
    ({"appRoleId": OFF}, f"Permission being assigned was not found on application '{RESOURCE}'."),
    ({"appRoleId": ZERO}, f"Permission being assigned was not found on application '{RESOURCE}'."),
    ({"appRoleId": None}, "")])  # fmt: skip
def test_an_assignment_of_what_is_not_there_is_refused(client, changes, message):
    path = f"/v1.0/servicePrincipals/{RESOURCE}/appRoleAssignedTo"
    if "resourceId" in changes:
        seed(client, {"servicePrincipals": [{"id": NOBODY, "appId": NOBODY}]})
        changes = {**changes, "appRoleId": ZERO}

    answer = client.post(path, json={**assignment(), **changes})

    assert answer.status_code == 400, answer.text
    assert answer.json["error"]["message"].startswith(message)
    assert listed(client, f"servicePrincipals/{RESOURCE}/appRoleAssignedTo") == []


def test_a_resource_without_roles_has_the_default_one(client):
    body = assignment(resourceId=CLIENT, appRoleId=ZERO)
    assert make(client, f"users/{USER}/appRoleAssignments", body)["appRoleId"] == ZERO


def test_a_second_assignment_is_refused(client):
    path = f"users/{USER}/appRoleAssignments"
    make(client, path, assignment())

    answer = client.post(f"/v1.0/{path}", json=assignment())

    message = "Permission being assigned already exists on the object"
    assert_error(answer, 400, "Request_BadRequest", message)
    assert answer.json["error"]["details"][0]["code"] == "InvalidUpdate"


def test_an_assignment_says_the_principal_that_its_path_says(client):
    answer = client.post(f"/v1.0/users/{USER}/appRoleAssignments", json=assignment(GROUP))
    assert answer.status_code == 400
    assert answer.json["error"]["details"][0]["target"] == "principalId"


def grant(**changes):
    said = {"clientId": CLIENT, "consentType": "AllPrincipals", "resourceId": RESOURCE}
    return {**said, "scope": "User.Read", **changes}


PERSONAL = {"consentType": "Principal", "principalId": USER}


@pytest.mark.parametrize(("changes", "ids"), [
    ({}, [CLIENT, RESOURCE]), (PERSONAL, [CLIENT, RESOURCE, USER])])  # fmt: skip
def test_a_grant_has_its_ids_in_its_own(client, changes, ids):
    made = make(client, "oauth2PermissionGrants", grant(**changes))

    assert ids_in(made["id"]) == ids
    found = listed(client, f"servicePrincipals/{CLIENT}/oauth2PermissionGrants")
    assert [each["id"] for each in found] == [made["id"]]
    own = listed(client, f"users/{USER}/oauth2PermissionGrants")
    assert [each["id"] for each in own] == ([made["id"]] if changes else [])
    path = f"/v1.0/oauth2PermissionGrants/{made['id']}"
    assert client.patch(path, json={"scope": "User.Read Mail.Read"}).status_code == 204
    assert client.get(path).json["scope"] == "User.Read Mail.Read"
    assert client.patch(path, json={"resourceId": CLIENT}).status_code == 400
    assert client.delete(path).status_code == 204


@pytest.mark.parametrize("changes", [{}, PERSONAL])
def test_a_second_grant_is_a_conflict(client, changes):
    make(client, "oauth2PermissionGrants", grant(**changes))

    answer = client.post("/v1.0/oauth2PermissionGrants", json=grant(scope="x", **changes))

    code = "Request_MultipleObjectsWithSameKeyValue"
    assert_error(answer, 409, code, "Permission entry already exists.")


@pytest.mark.parametrize(("changes", "target"), [
    ({"clientId": NOBODY}, "clientId"), ({"resourceId": USER}, "resourceId"),
    ({"consentType": "Everybody"}, "consentType"), ({"principalId": USER}, "principalId"),
    ({"consentType": "Principal"}, "principalId"),
    ({"consentType": "Principal", "principalId": NOBODY}, "principalId")])  # fmt: skip
def test_a_grant_of_what_is_not_there_is_refused(client, changes, target):
    answer = client.post("/v1.0/oauth2PermissionGrants", json=grant(**changes))
    assert answer.status_code == 400
    assert answer.json["error"]["details"][0]["target"] == target


# What users may consent to ------------------------------------------------------------------------

SCOPE = "4e7a3f0a-0000-4000-8000-000000000008"


def test_a_permission_is_classified_by_those_of_its_resource(client):
    """https://learn.microsoft.com/graph/api/resources/delegatedpermissionclassification"""
    scope = {"id": SCOPE, "value": "read", "type": "User", "isEnabled": True}
    app = make(client, "applications", {"displayName": "A", "api": {"oauth2PermissionScopes": [scope]}})  # fmt: skip
    principal = make(client, "servicePrincipals", {"appId": app["appId"]})["id"]
    path = f"servicePrincipals/{principal}/delegatedPermissionClassifications"
    for changes, name in (
        ({"permissionId": NOBODY}, "permissionId"),
        ({"permissionId": "x"}, "permissionId"),
        ({"permissionName": "write"}, "permissionName"),
        ({"permissionId": None}, "permissionId"),
    ):
        body = {"permissionId": SCOPE, "classification": "low", **changes}
        refused = client.post(f"/v1.0/{path}", json=body)
        assert_error(refused, 400, "Request_BadRequest", f"'{name}' of resource 'Delegated")
    made = make(client, path, {"permissionId": SCOPE, "classification": "low"})
    assert made["permissionName"] == "read"
    assert base64.urlsafe_b64decode(made["id"] + "=") == UUID(SCOPE).bytes_le + b"\x01"
    again = client.post(f"/v1.0/{path}", json={"permissionId": SCOPE, "classification": "low"})
    assert again.status_code == 400
    assert [each["id"] for each in listed(client, path)] == [made["id"]]
