"""Identity, policies and governance."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, make, seed


def test_what_the_service_expands_unasked_is_shown(client):
    policy = {"id": "low", "includes": [{"id": "i1"}], "excludes": []}
    seed(client, {"policies/permissionGrantPolicies": [policy]})

    assert client.get("/v1.0/policies/permissionGrantPolicies/low").json["includes"] == [
        {"id": "i1"}
    ]
    (found,) = listed(client, "policies/permissionGrantPolicies")
    assert (found["includes"], found["excludes"]) == ([{"id": "i1"}], [])
    (narrow,) = listed(client, "policies/permissionGrantPolicies?$select=id")
    assert narrow == {"id": "low"}


def test_what_is_shown_unasked_shows_its_own_unasked(client):
    request = {"id": "r1", "approval": {"id": "a1", "stages": [{"id": "s1"}]}}
    path = "identityGovernance/appConsent/appConsentRequests"
    seed(client, {path: [{"id": "c1", "userConsentRequests": [request]}]})

    (found,) = listed(client, path)

    (inner,) = found["userConsentRequests"]
    assert [each["id"] for each in inner["approval"]["stages"]] == ["s1"]


def test_what_leads_to_itself_is_shown_once_unasked(client):
    base = {"id": "0x01", "name": "Item"}
    seed(client, {"sites/s/contentTypes": [{**base, "base": base}]})

    found = client.get("/v1.0/sites/s/contentTypes/0x01").json

    assert found["base"] == base
    assert "base" not in client.get("/v1.0/sites/s/contentTypes/0x01/base").json.get("base", {})


def test_what_the_model_marks_is_shown_unasked(client):
    seed(client, {"communications/callRecords": [{"id": "c", "organizer_v2": {"id": "o"}}]})

    assert client.get("/v1.0/communications/callRecords/c").json["organizer_v2"]["id"] == "o"


def test_a_change_of_a_policy_has_no_body_where_nothing_else_is_documented(client):
    body = {
        "id": "d",
        "displayName": "A",
        "isEnabled": True,
        "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/basic/update"]}],
    }
    role = make(client, "roleManagement/directory/roleDefinitions", body)
    path = f"/v1.0/roleManagement/directory/roleDefinitions/{role['id']}"

    response = client.patch(path, json={"displayName": "B"})

    assert (response.status_code, response.data) == (204, b"")
    assert client.get(path).json["displayName"] == "B"


def test_a_documented_status_comes_before_the_usual_one(client):
    seed(client, {"identityGovernance/termsOfUse/agreements": [{"id": "a", "displayName": "A"}]})

    response = client.patch(
        "/v1.0/identityGovernance/termsOfUse/agreements/a", json={"displayName": "B"}
    )

    assert response.status_code == 200
    assert response.json["displayName"] == "B"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("connectedOrganizations/o/internalSponsors", "users"),
        ("connectedOrganizations/o/externalSponsors", "users"),
        ("accessPackages/o/incompatibleGroups", "groups"),
    ],
)
def test_groups_and_sponsors_are_linked_although_the_model_says_contained(client, path, kind):
    root = "identityGovernance/entitlementManagement"
    id_ = "4e7a3f0a-0000-4000-8000-000000000001"
    seed(client, {f"{root}/{path.partition('/')[0]}": [{"id": "o"}], kind: [{"id": id_}]})
    url = {"@odata.id": f"https://graph.microsoft.com/v1.0/{kind}/{id_}"}

    assert client.post(f"/v1.0/{root}/{path}/$ref", json=url).status_code == 204

    assert [each["id"] for each in listed(client, f"{root}/{path}")] == [id_]
    assert client.delete(f"/v1.0/{root}/{path}/{id_}/$ref").status_code == 204
    assert listed(client, f"{root}/{path}") == []
    assert client.get(f"/v1.0/{kind}/{id_}").status_code == 200


def test_what_a_rollout_applies_to_is_listed(client):
    id_ = "4e7a3f0a-0000-4000-8000-000000000001"
    seed(client, {"policies/featureRolloutPolicies": [{"id": "f"}], "groups": [{"id": id_}]})
    path = "policies/featureRolloutPolicies/f/appliesTo"
    url = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{id_}"}

    client.post(f"/v1.0/{path}/$ref", json=url)

    assert [each["id"] for each in listed(client, path)] == [id_]


def test_a_provider_is_taken_away_from_a_user_flow(client):
    root = "identity/b2xUserFlows/f/userFlowIdentityProviders"
    seed(client, {root: [{"id": "p", "@odata.type": "#microsoft.graph.builtInIdentityProvider"}]})
    assert [each["id"] for each in listed(client, root)] == ["p"]

    assert client.delete(f"/v1.0/{root}/p/$ref").status_code == 204

    assert listed(client, root) == []


def test_who_has_two_packages_that_do_not_go_together(client):
    top = "identityGovernance/entitlementManagement"
    seed(
        client,
        {
            "users": [{"id": each, "displayName": each} for each in ("ada", "bob", "cy")],
            f"{top}/accessPackages": [{"id": "p"}, {"id": "q"}],
            f"{top}/assignmentPolicies": [{"id": "any"}],
        },
    )
    for package, who in (("p", "ada"), ("q", "ada"), ("p", "bob"), ("q", "cy")):
        of = {"targetId": who, "assignmentPolicyId": "any", "accessPackageId": package}
        make(client, f"{top}/assignmentRequests", {"requestType": "adminAdd", "assignment": of})

    def found(package, other):
        names = f"accessPackageId='{package}',incompatibleAccessPackageId='{other}'"
        path = f"{top}/assignments/additionalAccess({names})?$expand=target,accessPackage"
        return [
            (each["target"]["objectId"], each["accessPackage"]["id"])
            for each in listed(client, path)
        ]

    assert found("p", "q") == [("ada", "p")]
    assert found("q", "p") == [("ada", "q")]
    same = "additionalAccess(accessPackageId='p',incompatibleAccessPackageId='p')"
    assert client.get(f"/v1.0/{top}/assignments/{same}").status_code == 400
