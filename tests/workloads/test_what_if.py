"""What conditional access would make of a sign-in: each condition, met and not."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import make, user
from tests.workloads.test_directory_values import group, urls

AT = "identity/conditionalAccess"
APP = "4e7a3f0a-0000-4000-8000-0000000000aa"
OTHER = "4e7a3f0a-0000-4000-8000-0000000000bb"
READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
GRANT = {"operator": "OR", "builtInControls": ["mfa"]}
FOR_ALL = {"applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"]}}


@pytest.fixture
def ada(client):
    return make(client, "users", user())["id"]


def policy(client, state="enabled", **conditions):
    whole = {"clientAppTypes": ["all"], **FOR_ALL, **conditions}
    body = {"displayName": "P", "state": state, "conditions": whole, "grantControls": GRANT}
    return make(client, f"{AT}/policies", body)["id"]


def ask(client, who, *, only=False, context=None, **conditions):
    for_app = {"@odata.type": "#microsoft.graph.applicationContext", "includeApplications": [APP]}
    identity = {"@odata.type": "#microsoft.graph.userSignIn", "userId": who}
    body = {
        "signInIdentity": identity if isinstance(who, str) else who,
        "signInContext": context or for_app,
        "signInConditions": conditions,
        "appliedPoliciesOnly": only,
    }
    return client.post(f"/v1.0/{AT}/evaluate", json=body)


def reasons(client, who, **conditions):
    """Why the one policy does not apply; empty where it does."""
    answer = ask(client, who, **conditions)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json["value"]
    assert found["policyApplies"] is (found["analysisReasons"] == "notSet")
    return "" if found["policyApplies"] else found["analysisReasons"]


def apps(*included, **more):
    return {"applications": {"includeApplications": list(included), **more}}


RISKS = {"signInRiskLevels": ["high"]}


@pytest.mark.parametrize(
    ("conditions", "asked", "why"),
    [
        ({}, {}, ""),
        (apps(APP), {}, ""),
        (apps(OTHER), {}, "application"),
        (apps("None"), {}, "application"),
        (apps("All", excludeApplications=[APP]), {}, "application"),
        ({"platforms": {"includePlatforms": ["all"]}}, {"devicePlatform": "android"}, ""),
        (
            {"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}},
            {"devicePlatform": "iOS"},
            "devicePlatform",
        ),
        (
            {"platforms": {"includePlatforms": ["windows"]}},
            {"devicePlatform": "macOS"},
            "devicePlatform",
        ),
        ({"platforms": {"includePlatforms": ["windows"]}}, {}, "notEnoughInformation"),
        ({"clientAppTypes": ["browser"]}, {"clientAppType": "browser"}, ""),
        ({"clientAppTypes": ["browser"]}, {"clientAppType": "other"}, "clientApps"),
        (RISKS, {"signInRiskLevel": "high"}, ""),
        (RISKS, {"signInRiskLevel": "low"}, "signInRisk"),
        ({"userRiskLevels": ["low"]}, {"userRiskLevel": "high"}, "userRisk"),
        ({"locations": {"includeLocations": ["All"]}}, {}, ""),
        (
            {"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}},
            {"ipAddress": "10.1.2.3"},
            "location",
        ),
        (
            {"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}},
            {"ipAddress": "11.1.2.3"},
            "",
        ),
        ({"locations": {"includeLocations": ["AllTrusted"]}}, {"ipAddress": "10.9.9.9"}, ""),
        ({"locations": {"includeLocations": ["AllTrusted"]}}, {"ipAddress": "::1"}, "location"),
        (
            {"devices": {"deviceFilter": {"mode": "include", "rule": "device.model -eq 'x'"}}},
            {},
            "notEnoughInformation",
        ),
    ],
)
def test_a_policy_applies_where_all_its_conditions_are_met(client, ada, conditions, asked, why):
    ranges = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "10.0.0.0/8"}]
    place = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Here"}
    make(client, f"{AT}/namedLocations", {**place, "isTrusted": True, "ipRanges": ranges})
    policy(client, **conditions)
    assert reasons(client, ada, **asked) == why


def test_a_country_is_a_place(client, ada):
    place = {"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "There"}
    id_ = make(client, f"{AT}/namedLocations", {**place, "countriesAndRegions": ["DE"]})["id"]
    policy(client, locations={"includeLocations": [id_]})
    assert reasons(client, ada, country="DE") == ""
    assert reasons(client, ada, country="FR") == "location"
    assert reasons(client, ada) == "notEnoughInformation"


def test_users_are_named_by_themselves_their_groups_and_their_roles(client, ada):
    outer = make(client, "groups", group())["id"]
    inner = make(client, "groups", group(**{"members@odata.bind": urls(ada)}))["id"]
    at = f"https://graph.microsoft.com/v1.0/groups/{inner}"
    client.post(f"/v1.0/groups/{outer}/members/$ref", json={"@odata.id": at})
    role = {"roleDefinitionId": READER, "principalId": ada, "directoryScopeId": "/"}
    make(client, "roleManagement/directory/roleAssignments", role)
    everybody = {"includeUsers": ["All"]}
    for users, why in (
        ({"includeUsers": [ada]}, ""),
        ({"includeUsers": ["None"]}, "users"),
        ({"includeGroups": [outer]}, ""),
        ({"includeRoles": [READER]}, ""),
        ({"includeUsers": ["GuestsOrExternalUsers"]}, "users"),
        ({**everybody, "excludeUsers": [ada]}, "users"),
        ({**everybody, "excludeGroups": [inner]}, "users"),
        ({**everybody, "excludeRoles": [READER]}, "users"),
        ({**everybody, "excludeUsers": ["GuestsOrExternalUsers"]}, ""),
    ):
        id_ = policy(client, users=users)
        assert reasons(client, ada) == why, users
        client.delete(f"/v1.0/{AT}/policies/{id_}")
    policy(client, users={"includeUsers": ["GuestsOrExternalUsers"]})
    client.patch(f"/v1.0/users/{ada}", json={"userType": "Guest"})
    assert reasons(client, ada) == ""


def test_what_applies_alone_is_told_on_request(client, ada):
    on, off = policy(client), policy(client, state="disabled", **apps(OTHER))
    found = {each["id"]: each for each in ask(client, ada).json["value"]}
    assert found[on]["policyApplies"]
    assert found[on]["grantControls"]["builtInControls"] == ["mfa"]
    assert found[off]["analysisReasons"] == "policyNotEnabled,application"
    assert [each["id"] for each in ask(client, ada, only=True).json["value"]] == [on]


def test_service_principals_and_what_users_do_are_conditions_too(client, ada):
    app = make(client, "applications", {"displayName": "A"})
    principal = make(client, "servicePrincipals", {"appId": app["appId"]})["id"]
    kind = "#microsoft.graph.servicePrincipalSignIn"
    who = {"@odata.type": kind, "servicePrincipalId": principal}
    action = {"@odata.type": "#microsoft.graph.userActionContext"}
    registers = {**action, "userAction": "registerSecurityInformation"}
    id_ = policy(client)
    assert reasons(client, who) == "workloadIdentities"
    assert reasons(client, ada, context=registers) == "userActions"
    client.delete(f"/v1.0/{AT}/policies/{id_}")
    ours = {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}
    id_ = policy(client, clientApplications=ours, users={"includeUsers": ["None"]})
    assert (reasons(client, who), reasons(client, ada)) == ("", "users")
    client.delete(f"/v1.0/{AT}/policies/{id_}")
    policy(client, applications={"includeUserActions": ["urn:user:registersecurityinfo"]})
    assert (reasons(client, ada, context=registers), reasons(client, ada)) == ("", "application")


@pytest.mark.parametrize(
    ("identity", "conditions", "words"),
    [
        (OTHER, {}, f"Nobody is '{OTHER}'"),
        ("", {}, "signInIdentity"),
        (None, {"ipAddress": "here"}, "'here' is no IP address"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(client, ada, identity, conditions, words):
    answer = ask(client, ada if identity is None else identity, **conditions)
    assert_error(answer, 400, "BadRequest", words)
