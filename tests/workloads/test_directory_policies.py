"""What policies say before anybody changes them, strengths of authentication, and settings."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, make, seed, user
from tests.workloads.test_directory_naive import error
from tests.workloads.test_directory_values import IDS, group, unified

UNIFIED = "62375ab9-6b52-47ed-826b-58e47e0e304b"
RESISTANT = "00000000-0000-0000-0000-000000000004"
STRENGTHS = "/v1.0/policies/authenticationStrengthPolicies"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (
            "authorizationPolicy",
            {
                "id": "authorizationPolicy",
                "allowInvitesFrom": "everyone",
                "blockMsolPowerShell": False,
                "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
            },
        ),
        (
            "identitySecurityDefaultsEnforcementPolicy",
            {"id": "00000000-0000-0000-0000-000000000005", "isEnabled": False},
        ),
        ("authenticationMethodsPolicy", {"id": "authenticationMethodsPolicy"}),
        ("adminConsentRequestPolicy", {"isEnabled": False, "reviewers": [], "version": 0}),
        ("crossTenantAccessPolicy/default", {"isServiceDefault": True}),
    ],
)
def test_a_policy_says_what_goes_before_anybody_changes_it(client, path, wanted):
    found = client.get(f"/v1.0/policies/{path}").json
    assert {name: found[name] for name in wanted} == wanted
    assert client.get("/_fakegraph/changes").json["value"] == []


def test_a_policy_of_a_seeded_application_is_among_the_policies_and_no_user(client):
    users = listed(client, "users")
    policy = {"displayName": "P", "definition": ["{}"], "isOrganizationDefault": False}

    seed(client, {"applications/a/tokenIssuancePolicies": [{"id": "p", **policy}]})

    assert [each["id"] for each in listed(client, "policies/tokenIssuancePolicies")] == ["p"]
    assert [each["id"] for each in listed(client, "applications/a/tokenIssuancePolicies")] == ["p"]
    assert listed(client, "users") == users


def test_a_directory_object_that_a_seed_says_nothing_of_is_a_user(client):
    seed(client, {"directoryObjects": [{"id": IDS[0]}]})

    assert client.get(f"/v1.0/directoryObjects/{IDS[0]}").json["@odata.type"].endswith(".user")
    exported = client.get("/_fakegraph/export").json
    assert client.post("/_fakegraph/reset").status_code == 204
    client.delete("/_fakegraph/records")
    seed(client, exported)


def test_a_policy_that_is_changed_keeps_what_is_not_named(client):
    path = "/v1.0/policies/authorizationPolicy"
    assert client.patch(path, json={"allowInvitesFrom": "none"}).status_code == 204
    found = client.get(path).json
    assert (found["allowInvitesFrom"], found["allowedToUseSSPR"]) == ("none", True)
    assert found["defaultUserRolePermissions"]["allowedToCreateApps"] is True


def test_access_across_tenants_goes_back_to_the_services_default(client):
    path = "/v1.0/policies/crossTenantAccessPolicy/default"
    start = client.get(path).json
    trust = {"isMfaAccepted": True}
    assert client.patch(path, json={"inboundTrust": trust}).status_code == 204
    changed = client.get(path).json
    assert (changed["isServiceDefault"], changed["inboundTrust"]["isMfaAccepted"]) == (False, True)
    assert client.post(f"{path}/resetToSystemDefault").status_code == 204
    assert client.get(path).json == start


# Strengths ------------------------------------------------------------------------------------


def test_there_are_three_built_in_strengths(client):
    found = listed(client, "policies/authenticationStrengthPolicies?$select=id,policyType")
    assert {each["id"][-1] for each in found} == {"2", "3", "4"}
    assert {each["policyType"] for each in found} == {"builtIn"}
    one = f"{STRENGTHS}/{RESISTANT}"
    combinations = client.get(one).json["allowedCombinations"]
    assert combinations == ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"]
    said = ("BadRequest", "A built-in authentication strength cannot be changed.")
    update = {"allowedCombinations": ["fido2"]}
    assert error(client.patch(one, json={"displayName": "x"})) == said
    assert error(client.delete(one)) == said
    assert error(client.post(f"{one}/updateAllowedCombinations", json=update)) == said


def test_a_conditional_access_policy_grants_by_a_built_in_strength(client):
    url = f"https://graph.microsoft.com{STRENGTHS}/{RESISTANT}"
    policy = make(
        client,
        "identity/conditionalAccess/policies",
        {
            "displayName": "P",
            "state": "disabled",
            "conditions": {
                "clientAppTypes": ["all"],
                "applications": {"includeApplications": ["All"]},
                "users": {"includeUsers": ["All"]},
            },
            "grantControls": {"operator": "OR", "authenticationStrength@odata.bind": url},
        },
    )
    path = f"/v1.0/identity/conditionalAccess/policies/{policy['id']}/grantControls"
    assert client.get(path).json["authenticationStrength"] == {"id": RESISTANT}


def test_what_a_strength_allows_is_replaced_by_an_action(client):
    body = {"displayName": "Mine", "allowedCombinations": ["fido2", "password,voice"]}
    made = make(client, "policies/authenticationStrengthPolicies", body)
    assert (made["policyType"], made["requirementsSatisfied"]) == ("custom", "mfa")
    path = f"{STRENGTHS}/{made['id']}"
    wanted = {"allowedCombinations": ["fido2"]}
    answer = client.post(f"{path}/updateAllowedCombinations", json=wanted)
    assert answer.status_code == 200
    assert answer.json["previousCombinations"] == body["allowedCombinations"]
    assert answer.json["currentCombinations"] == ["fido2"]
    assert client.get(path).json["allowedCombinations"] == ["fido2"]
    assert client.delete(path).status_code == 204


# Settings -------------------------------------------------------------------------------------


def test_settings_are_made_of_templates(client):
    templates = {each["id"]: each for each in listed(client, "groupSettingTemplates")}
    assert len(templates) == 8
    template = client.get(f"/v1.0/groupSettingTemplates/{UNIFIED}").json
    values = {each["name"]: each for each in template["values"]}
    assert values["EnableGroupCreation"]["type"] == "System.Boolean"
    assert values["EnableGroupCreation"]["defaultValue"] == "true"
    body = {
        "templateId": UNIFIED,
        "values": [{"name": "EnableGroupCreation", "value": "false"}],
    }
    assert make(client, "groupSettings", body)["displayName"] == "Group.Unified"
    wrong = {**body, "values": [{"name": "Nonsense", "value": "1"}]}
    code, message = error(client.post("/v1.0/groupSettings", json=wrong))
    assert code == "Request_BadRequest"
    assert message.startswith("'Nonsense' is no value of the template Group.Unified: it has Allow")


# Groups and principals ------------------------------------------------------------------------


def test_exchange_says_what_goes_for_a_new_group(client):
    names = "allowExternalSenders,isSubscribedByMail,unseenCount"
    found = {}
    for kind, body in (("365", unified()), ("security", group())):
        id_ = make(client, "groups", body)["id"]
        found[kind] = client.get(f"/v1.0/groups/{id_}?$select={names}").json
        found[kind].pop("@odata.context")
    assert list(found["365"].values()) == [False, True, 0]
    assert set(found["security"].values()) == {None}


def test_a_group_without_a_team_is_named(client):
    id_ = make(client, "groups", group())["id"]
    for path in ("team", "team/channels"):
        said = error(client.get(f"/v1.0/groups/{id_}/{path}"), 404)
        assert said == ("NotFound", f"No team found with Group Id {id_}")
    ada = make(client, "users", user())["id"]
    assert "Resource 'manager' does" in client.get(f"/v1.0/users/{ada}/manager").text


def test_principals_are_found_by_their_kind(client):
    path = "/v1.0/servicePrincipals?$filter=servicePrincipalType eq"
    assert len(client.get(f"{path} 'Application'").json["value"]) == 1
    assert client.get(f"{path} 'ManagedIdentity'").json["value"] == []


def test_a_change_of_the_policy_for_methods_gives_it_as_its_page_shows(client):
    path = "/v1.0/policies/authenticationMethodsPolicy"
    campaign = {"snoozeDurationInDays": 2, "state": "enabled"}
    body = {"registrationEnforcement": {"authenticationMethodsRegistrationCampaign": campaign}}

    answer = client.patch(path, json=body)

    assert (answer.status_code, answer.json["id"]) == (200, "authenticationMethodsPolicy")
    told = answer.json["registrationEnforcement"]["authenticationMethodsRegistrationCampaign"]
    assert told["snoozeDurationInDays"] == 2
    other = client.patch("/v1.0/policies/authorizationPolicy", json={"description": "x"})
    assert other.status_code == 204


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"templateId": IDS[0], "values": []},
            "Invalid value specified for property 'templateId' of resource 'GroupSetting'.",
        ),
        (
            {"templateId": None, "values": []},
            "A value is required for property 'templateId' of resource 'GroupSetting'.",
        ),
        (
            {"values": [{"name": "EnableGroupCreation", "value": "maybe"}]},
            "'maybe' is no System.Boolean, which 'EnableGroupCreation' is.",
        ),
        (
            {"values": [{"name": "GroupCreationAllowedGroupId", "value": "x"}]},
            "'x' is no System.Guid, which 'GroupCreationAllowedGroupId' is.",
        ),
    ],
)
def test_settings_are_of_a_template_and_have_values_of_its_kinds(client, changes, said):
    body = {"templateId": UNIFIED, "values": [], **changes}
    assert error(client.post("/v1.0/groupSettings", json=body)) == ("Request_BadRequest", said)
    assert listed(client, "groupSettings") == []


def test_there_is_one_setting_of_a_template_for_the_tenant_and_one_for_each_group(client):
    template, off = "08d542b9-071f-4e16-94b0-74abb372e3d9", "AllowToAddGuests"
    body = {"templateId": template, "values": [{"name": off, "value": "False"}]}
    groups = [make(client, "groups", unified(mailNickname=name))["id"] for name in "ab"]
    paths = ["groupSettings", *(f"groups/{id_}/settings" for id_ in groups)]
    made = [make(client, path, body) for path in paths]
    taken = error(client.post("/v1.0/groupSettings", json=body))[1]
    assert taken == "Another object with the same value for property templateId already exists."
    again = error(client.post(f"/v1.0/{paths[1]}", json=body))[1]
    assert again.startswith("A conflicting object with one or more of the specified property")
    path = f"/v1.0/groupSettings/{made[0]['id']}"
    assert client.patch(path, json={"values": []}).status_code == 204
    said = error(client.patch(path, json={"templateId": UNIFIED}))[1]
    assert said == "Property 'templateId' is read-only and cannot be set."


@pytest.mark.parametrize(("path", "body", "name"), [
    ("policies/tokenLifetimePolicies", {"displayName": "x", "definition": ["{}"]}, "definition"),
    ("policies/claimsMappingPolicies", {"displayName": "x", "definition": ["{}"]}, "displayName"),
    ("policies/homeRealmDiscoveryPolicies", {"displayName": "x", "definition": ["{}"]}, "definition"),
    ("policies/tokenIssuancePolicies", {"displayName": "x", "definition": ["{}"]}, "definition"),
    ("policies/activityBasedTimeoutPolicies", {"displayName": "x", "definition": ["{}"]}, "definition"),
    ("policies/authenticationStrengthPolicies",
     {"displayName": "x", "allowedCombinations": ["fido2"]}, "allowedCombinations"),
    ("policies/authenticationStrengthPolicies",
     {"displayName": "x", "allowedCombinations": ["fido2"]}, "displayName")])  # fmt: skip
def test_a_policy_says_what_its_page_requires(client, path, body, name):
    lacking = {key: value for key, value in body.items() if key != name}
    refused = client.post(f"/v1.0/{path}", json=lacking)
    assert (refused.status_code, name in refused.json["error"]["message"]) == (400, True)
    assert client.post(f"/v1.0/{path}", json=body).status_code == 201


def test_who_forgets_the_ref_makes_nothing(client):
    seed(client, {"groups": [{"id": IDS[0]}], "users": [{"id": IDS[1]}]})
    there = listed(client, "users")
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{IDS[1]}"}

    for place in ("owners", "acceptedSenders"):
        answer = client.post(f"/v1.0/groups/{IDS[0]}/{place}", json=body)
        assert answer.status_code == 400, answer.text
        assert "/$ref" in answer.json["error"]["message"]
        assert listed(client, f"groups/{IDS[0]}/{place}") == []
    assert listed(client, "users") == there
