"""Conditional access: policies with all their parts, and the places that they name."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, make, seed, user
from tests.graph.whole.test_permissions import send as ask

POLICIES = "identity/conditionalAccess/policies"
PLACES = "identity/conditionalAccess/namedLocations"
NOBODY = "1a111111-1111-4111-8111-111111111111"
CIDR = "#microsoft.graph.iPv4CidrRange"


def policy(**changes):
    conditions = {
        "clientAppTypes": ["all"],
        "applications": {"includeApplications": ["All"]},
        "users": {"includeUsers": ["All"]},
    }
    body = {
        "displayName": "MFA",
        "state": "enabled",
        "conditions": {**conditions, **changes.pop("conditions", {})},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def addresses(**changes):
    return {
        "@odata.type": "#microsoft.graph.ipNamedLocation",
        "displayName": "Office",
        "ipRanges": [{"@odata.type": CIDR, "cidrAddress": "12.34.221.11/22"}],
        **changes,
    }


def countries(**changes):
    return {
        "@odata.type": "#microsoft.graph.countryNamedLocation",
        "displayName": "Abroad",
        "countriesAndRegions": ["US", "GB"],
        **changes,
    }


def refusal(response):
    assert response.status_code == 400, response.text
    assert response.json["error"]["code"] == "BadRequest"
    return response.json["error"]["message"]


def test_the_other_url_needs_what_the_first_does(make_client):
    client = make_client(auth="strict")
    there = "policies/conditionalAccessPolicies"
    reads, writes = "Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"

    assert ask(client, "GET", there, roles=[reads]).status_code == 200
    for path, method, body in (
        (there, "GET", None),
        (f"{there}/x", "GET", None),
        (f"{there}/x", "PATCH", {"state": "disabled"}),
        (f"{there}/x", "DELETE", None),
        (there, "POST", policy()),
    ):
        assert ask(client, method, path, body, roles=["User.Read.All"]).status_code == 403
    for roles in ([reads], [writes], [writes, reads]):
        said = [ask(client, "POST", path, policy(), roles=roles) for path in (POLICIES, there)]
        assert len({each.status_code for each in said}) == 1


def test_what_was_exported_is_imported_with_the_null_of_what_nobody_sets(client):
    exported = make(client, POLICIES, policy())
    assert exported["deletedDateTime"] is None
    kept = ("id", "createdDateTime", "modifiedDateTime", "@odata.context")
    body = {name: value for name, value in exported.items() if name not in kept}
    made = make(client, POLICIES, {**body, "createdDateTime": None})
    assert made["createdDateTime"]
    assert made["id"] != exported["id"]
    gone = {**body, "deletedDateTime": "2020-01-01T00:00:00Z"}
    assert "deletedDateTime" in refusal(client.post(f"/v1.0/{POLICIES}", json=gone))


def test_policies_have_another_url(client):
    """Programs list them among all policies, too."""
    there = "/v1.0/policies/conditionalAccessPolicies"
    made = make(client, POLICIES, policy())
    other = client.post(there, json=policy(displayName="Other"))
    assert other.status_code == 201, other.text

    changed = client.patch(f"{there}/{made['id']}", json={"state": "disabled"})

    assert changed.status_code == 204, changed.text
    said = {each["displayName"]: each["state"] for each in listed(client, POLICIES)}
    assert said == {"MFA": "disabled", "Other": "enabled"}
    assert client.delete(f"{there}/{made['id']}").status_code == 204
    assert [each["displayName"] for each in listed(client, POLICIES)] == ["Other"]


def test_a_policy_is_shown_with_what_nobody_set(client):
    made = make(client, POLICIES, policy())
    assert made["@odata.context"].endswith("#identity/conditionalAccess/policies/$entity")
    assert made["modifiedDateTime"] is made["sessionControls"] is None
    assert made["createdDateTime"]
    conditions = made["conditions"]
    assert conditions["users"]["excludeUsers"] == conditions["signInRiskLevels"] == []
    assert conditions["locations"] is conditions["platforms"] is None
    assert made["grantControls"]["termsOfUse"] == []


def test_a_change_replaces_what_it_names_and_says_when(client):
    users = {"includeUsers": ["None"], "excludeUsers": ["GuestsOrExternalUsers"]}
    id_ = make(client, POLICIES, policy(conditions={"users": users}))["id"]
    at = f"/v1.0/{POLICIES}/{id_}"
    conditions = policy()["conditions"]
    changed = client.patch(at, json={"state": "disabled", "conditions": conditions})
    assert (changed.status_code, changed.data) == (204, b"")
    found = client.get(at).json
    assert found["state"] == "disabled"
    assert found["conditions"]["users"]["excludeUsers"] == []
    assert found["modifiedDateTime"]
    assert refusal(client.patch(at, json={"conditions": {"users": {}}})).startswith("1007: ")
    assert client.delete(at).status_code == 204
    assert client.get(at).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"displayName": None},
        {"state": None},
        {"conditions": {"clientAppTypes": []}},
        {"conditions": {"applications": None}},
        {"conditions": {"users": {"excludeUsers": ["All"]}}},
        {"grantControls": None},
        {"grantControls": {"builtInControls": ["mfa"]}},
    ],
)
def test_a_policy_has_all_its_parts(client, changes):
    message = refusal(client.post(f"/v1.0/{POLICIES}", json=policy(**changes)))
    assert message.startswith(
        "1007: Incoming ConditionalAccessPolicy object is null or does not match the schema of "
        "ConditionalAccessPolicy type. "
    )
    assert listed(client, POLICIES) == []


def test_a_policy_needs_controls_of_one_kind(client):
    session = {"signInFrequency": {"value": 4, "type": "hours", "isEnabled": True}}
    make(client, POLICIES, policy(grantControls=None, sessionControls=session))


@pytest.mark.parametrize(
    ("part", "values", "number"),
    [
        ("applications", {"includeApplications": ["mail"]}, "1011: "),
        ("users", {"includeUsers": ["ada"]}, "1032: "),
        ("users", {"includeUsers": ["All"], "excludeUsers": [NOBODY]}, "1040: "),
        ("users", {"includeGroups": ["sales"]}, "1054: Invalid group value: sales."),
        ("users", {"includeRoles": ["Reader"]}, "Policy contains invalid role ids: Reader."),
        ("locations", {"includeLocations": ["Home"]}, "Policy contains invalid location ids: Home"),
    ],
)
def test_a_policy_names_what_can_be(client, part, values, number):
    response = client.post(f"/v1.0/{POLICIES}", json=policy(conditions={part: values}))
    assert refusal(response).startswith(number)


@pytest.mark.parametrize(
    ("part", "values", "message"),
    [
        ("applications", {"includeUserActions": ["urn:user:registerdevice"]}, "1012: "),
        ("applications", {"includeApplications": [], "includeUserActions": ["urn:x"]}, "urn:user:"),
    ],
)
def test_a_policy_is_for_applications_or_for_what_users_do(client, part, values, message):
    whole = {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}}
    said = {part: {**whole.get(part, {}), **values}}
    assert message in refusal(client.post(f"/v1.0/{POLICIES}", json=policy(conditions=said)))
    assert listed(client, POLICIES) == []


@pytest.mark.parametrize("said", [{"value": 0, "type": "hours"}, {"value": 1}, {}])
def test_a_frequency_is_a_number_of_hours_or_days(client, said):
    limits = {"sessionControls": {"signInFrequency": {"isEnabled": True, **said}}}
    assert "signInFrequency" in refusal(client.post(f"/v1.0/{POLICIES}", json=policy(**limits)))
    limits["sessionControls"]["signInFrequency"] |= {"frequencyInterval": "everyTime"}
    make(client, POLICIES, policy(**limits))


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("applications", {"includeApplications": [NOBODY]}),
        ("users", {"includeUsers": ["All"], "excludeGroups": [NOBODY]}),
        ("users", {"includeRoles": [NOBODY]}),
        ("locations", {"includeLocations": ["All"], "excludeLocations": [NOBODY]}),
    ],
)
def test_what_a_policy_names_and_nobody_knows_is_told(client, part, values):
    made = make(client, POLICIES, policy(conditions={part: values}))

    def told():
        return client.get("/_fakegraph/requests").json["value"][-1]["ignored"]

    assert [NOBODY in each and part in each for each in told()] == [True]
    assert client.patch(f"/v1.0/{POLICIES}/{made['id']}", json={"displayName": "B"}).status_code
    assert told() == []


def test_a_policy_for_somebody_is_found_by_its_state(client):
    ada = make(client, "users", user())["id"]
    make(client, POLICIES, policy(conditions={"users": {"includeUsers": [ada]}}))
    assert len(listed(client, f"{POLICIES}?$filter=state eq 'enabled'&$top=1")) == 1
    assert listed(client, f"{POLICIES}?$filter=state eq 'disabled'") == []


def test_places_are_addresses_or_countries(client):
    office, abroad = make(client, PLACES, addresses()), make(client, PLACES, countries())
    assert (office["isTrusted"], office["modifiedDateTime"]) == (False, None)
    assert abroad["includeUnknownCountriesAndRegions"] is False
    types = [each["@odata.type"] for each in listed(client, PLACES)]
    assert types == [
        "#microsoft.graph.ipNamedLocation",
        "#microsoft.graph.countryNamedLocation",
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"displayName": "Nowhere"},
        addresses(displayName=None),
        addresses(ipRanges=[]),
        addresses(ipRanges=[{"@odata.type": CIDR, "cidrAddress": "1.2.3.4"}]),
        addresses(ipRanges=[{"@odata.type": CIDR, "cidrAddress": "1.2.3.0/33"}]),
        addresses(ipRanges=[{"@odata.type": CIDR, "cidrAddress": "2001::/16"}]),
        addresses(ipRanges=[{"@odata.type": CIDR, "cidrAddress": "10.0.0.0/7"}]),
        countries(countriesAndRegions=[]),
        countries(countriesAndRegions=["USA"]),
        countries(countriesAndRegions=["US", "XX"]),
    ],
)
def test_what_is_no_place_is_not_made(client, body):
    refusal(client.post(f"/v1.0/{PLACES}", json=body))
    assert listed(client, PLACES) == []


def test_a_place_that_is_trusted_or_named_stays(client):
    office = make(client, PLACES, addresses(isTrusted=True))["id"]
    at = f"/v1.0/{PLACES}/{office}"
    refusal(client.delete(at))
    locations = {"includeLocations": [office]}
    made = make(client, POLICIES, policy(conditions={"locations": locations}))["id"]
    kind = {"@odata.type": "#microsoft.graph.ipNamedLocation"}
    assert client.patch(at, json={**kind, "isTrusted": False}).status_code == 204
    assert "'MFA'" in refusal(client.delete(at))
    client.delete(f"/v1.0/{POLICIES}/{made}")
    assert client.delete(at).status_code == 204


def test_a_change_of_conditions_leaves_alone_those_that_it_does_not_name(client):
    made = make(client, POLICIES, policy(conditions={"userRiskLevels": ["high"]}))
    path = f"/v1.0/{POLICIES}/{made['id']}"

    change = {"signInRiskLevels": ["low"], "users": {"excludeUsers": ["All"]}}
    assert "1007" in refusal(client.patch(path, json={"conditions": change}))
    change["users"] = {"includeUsers": ["None"]}
    assert client.patch(path, json={"conditions": change}).status_code == 204

    found = client.get(path).json["conditions"]
    assert (found["signInRiskLevels"], found["userRiskLevels"]) == (["low"], ["high"])
    assert found["applications"]["includeApplications"] == ["All"]
    assert found["users"]["includeUsers"] == ["None"]


def test_a_policy_that_always_lacked_a_part_can_be_changed(client):
    seed(client, {POLICIES: [{"id": NOBODY}]})
    path = f"/v1.0/{POLICIES}/{NOBODY}"

    assert client.patch(path, json={"state": "disabled", "displayName": "A"}).status_code == 204
    assert "1007" in refusal(client.patch(path, json={"displayName": ""}))


@pytest.mark.parametrize(("body", "target"), [
    ({"grantControls": {"operator": "OR"}}, "grantControls"),
    ({"grantControls": {"builtInControls": ["passwordChange"]}}, "grantControls"),
    ({"conditions": {"userRiskLevels": []}}, "conditions/userRiskLevels"),
    ({"conditions": {"applications": {"includeApplications": ["Office365"]}}},
     "conditions/applications"),
    ({"conditions": {"applications": {"includeApplications": ["All"], "excludeApplications":
      [NOBODY]}}}, "conditions/applications"),
    ({"conditions": {"platforms": {"includePlatforms": ["all"]}}}, "conditions")])  # fmt: skip
def test_a_changed_password_is_asked_for_by_risk_alone(client, body, target):
    """https://learn.microsoft.com/graph/api/resources/conditionalaccessgrantcontrols"""
    grants = {"operator": "AND", "builtInControls": ["mfa", "passwordChange"]}
    risk = {"userRiskLevels": ["high"]}
    assert make(client, POLICIES, policy(conditions=risk, grantControls=grants))["id"]
    changed = policy(
        conditions={**risk, **body.get("conditions", {})},
        grantControls={**grants, **body.get("grantControls", {})},
    )
    message = refusal(client.post(f"/v1.0/{POLICIES}", json=changed))
    assert message.endswith(f"without other conditions: {target} says something else.")


@pytest.mark.parametrize(("path", "body"), [(POLICIES, policy()), (PLACES, addresses())])
def test_the_service_gives_the_id(client, path, body):
    made = make(client, path, {**body, "id": NOBODY})
    assert made["id"] != NOBODY
    refused = client.patch(f"/v1.0/{path}/{made['id']}", json={"id": NOBODY})
    assert refusal(refused) == "Property 'id' is read-only and cannot be set."
