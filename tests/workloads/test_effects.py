"""What operations do that are declared by a line each: every effect, as it is read after."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, seed

KNOWN = {"Prefer": "include-unknown-enum-members"}
DEVICE = "deviceManagement/managedDevices"
GROUP = {
    "@odata.type": "#microsoft.graph.groupAssignmentTarget",
    "groupId": "b80bb774-0288-4da1-8201-890375a60c8f",
}
AUTOPILOT = "deviceManagement/windowsAutopilotDeviceIdentities"
ASSIGNMENTS = "education/classes/c/assignments"
SUBMISSIONS = f"{ASSIGNMENTS}/a/submissions"

#: Where a thing is, what it is, what is done to it and with what, and what it says then.
SET = [
    (AUTOPILOT, {}, "unassignUserFromDevice", {}, {"userPrincipalName": ""}),
    (
        AUTOPILOT,
        {},
        "assignUserToDevice",
        {"userPrincipalName": "ada@contoso.com", "addressableUserName": "Ada"},
        {"userPrincipalName": "ada@contoso.com", "addressableUserName": "Ada"},
    ),
    (AUTOPILOT, {}, "updateDeviceProperties", {"groupTag": "G"}, {"groupTag": "G"}),
    (
        "deviceManagement/deviceEnrollmentConfigurations",
        {"@odata.type": "#microsoft.graph.deviceEnrollmentLimitConfiguration"},
        "setPriority",
        {"priority": 8},
        {"priority": 8},
    ),
    (
        "deviceAppManagement/vppTokens",
        {},
        "syncLicenses",
        {},
        {"lastSyncStatus": "completed"},
    ),
    (
        "deviceManagement/deviceManagementPartners",
        {"partnerState": "enabled"},
        "terminate",
        {},
        {"partnerState": "terminated"},
    ),
    (
        "deviceManagement/remoteAssistancePartners",
        {"onboardingStatus": "onboarded"},
        "disconnect",
        {},
        {"onboardingStatus": "notOnboarded"},
    ),
    (
        "deviceManagement/remoteAssistancePartners",
        {"onboardingStatus": "notOnboarded"},
        "beginOnboarding",
        {},
        {"onboardingStatus": "onboarding"},
    ),
    (
        "deviceManagement/virtualEndpoint/cloudPCs",
        {},
        "rename",
        {"displayName": "B"},
        {"displayName": "B"},
    ),
    (
        "deviceManagement/virtualEndpoint/cloudPCs",
        {"servicePlanId": "a"},
        "resize",
        {"targetServicePlanId": "b"},
        {"servicePlanId": "b"},
    ),
    (ASSIGNMENTS, {"status": "draft"}, "publish", {}, {"status": "published"}),
    (ASSIGNMENTS, {"status": "inactive"}, "activate", {}, {"status": "assigned"}),
    (ASSIGNMENTS, {"status": "assigned"}, "deactivate", {}, {"status": "inactive"}),
    (SUBMISSIONS, {"status": "working"}, "submit", {}, {"status": "submitted"}),
    (SUBMISSIONS, {"status": "submitted"}, "unsubmit", {}, {"status": "working"}),
    (SUBMISSIONS, {"status": "submitted"}, "return", {}, {"status": "returned"}),
    (SUBMISSIONS, {"status": "returned"}, "reassign", {}, {"status": "reassigned"}),
    (SUBMISSIONS, {"status": "working"}, "excuse", {}, {"status": "excused"}),
    ("education/classes/c/modules", {"status": "draft"}, "publish", {}, {"status": "published"}),
    ("education/classes/c/modules", {}, "pin", {}, {"isPinned": True}),
    ("education/classes/c/modules", {"isPinned": True}, "unpin", {}, {"isPinned": False}),
]


@pytest.mark.parametrize(
    ("path", "record", "action", "body", "expected"),
    SET,
    ids=[f"{path.split('/')[-1]}-{action}" for path, _, action, _, _ in SET],
)
def test_what_an_action_sets_is_read_after(client, path, record, action, body, expected):
    seed(client, {path: [{"id": "x", **record}]})

    response = client.post(f"/v1.0/{path}/x/{action}", json=body, headers=KNOWN)

    assert response.status_code in (200, 204), response.text
    found = client.get(f"/v1.0/{path}/x", headers=KNOWN).json
    assert {name: found[name] for name in expected} == expected
    if response.status_code == 200:
        assert {name: response.json[name] for name in expected} == expected


REFUSED = [
    (ASSIGNMENTS, {"status": "published"}, "publish"),
    (ASSIGNMENTS, {"status": "draft"}, "activate"),
    (SUBMISSIONS, {"status": "working"}, "unsubmit"),
    (SUBMISSIONS, {"status": "submitted"}, "submit"),
]


@pytest.mark.parametrize(
    ("path", "record", "action"), REFUSED, ids=[action for _, _, action in REFUSED]
)
def test_an_action_is_refused_in_other_states_and_changes_nothing(client, path, record, action):
    seed(client, {path: [{"id": "x", **record}]})

    response = client.post(f"/v1.0/{path}/x/{action}", json={})

    assert_error(response, 400, "BadRequest", f"is '{record['status']}'")
    assert client.get(f"/v1.0/{path}/x").json["status"] == record["status"]


@pytest.mark.parametrize(
    ("action", "body", "said"),
    [
        ("syncDevice", {}, {}),
        ("rebootNow", {}, {}),
        ("locateDevice", {}, {"@odata.type": "#microsoft.graph.locateDeviceActionResult"}),
        ("windowsDefenderScan", {"quickScan": True}, {"scanType": "quick"}),
        (
            "deleteUserFromSharedAppleDevice",
            {"userPrincipalName": "ada@contoso.com"},
            {"userPrincipalName": "ada@contoso.com"},
        ),
    ],
)
def test_what_is_asked_of_a_device_is_noted_on_it(client, action, body, said):
    seed(client, {DEVICE: [{"id": "d", "deviceActionResults": [{"actionName": "shutDown"}]}]})

    response = client.post(f"/v1.0/{DEVICE}/d/{action}", json=body)

    assert response.status_code == 204, response.text
    first, last = client.get(f"/v1.0/{DEVICE}/d").json["deviceActionResults"]
    assert first["actionName"] == "shutDown"
    assert (last["actionName"], last["actionState"]) == (action, "pending")
    assert {name: last[name] for name in said} == said


@pytest.mark.parametrize(
    ("action", "state"), [("retire", "retirePending"), ("wipe", "wipePending")]
)
def test_a_device_that_is_to_go_says_so(client, action, state):
    seed(client, {DEVICE: [{"id": "d", "managementState": "managed"}]})

    assert client.post(f"/v1.0/{DEVICE}/d/{action}", json={}).status_code == 204

    assert client.get(f"/v1.0/{DEVICE}/d").json["managementState"] == state


def test_all_devices_of_a_user_are_retired(client):
    seed(client, {"users/u/managedDevices": [{"id": "d"}, {"id": "e"}]})

    assert client.post("/v1.0/users/u/removeAllDevicesFromManagement").status_code == 204

    there = listed(client, "users/u/managedDevices")
    assert [each["managementState"] for each in there] == ["retirePending"] * 2


IOS = {"@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration"}
ASSIGNED = [
    ("deviceManagement/deviceConfigurations", IOS, "assign", "assignments", "assignments"),
    (
        "deviceManagement/deviceCompliancePolicies",
        {"@odata.type": "#microsoft.graph.iosCompliancePolicy"},
        "assign",
        "assignments",
        "assignments",
    ),
    (
        "deviceManagement/deviceEnrollmentConfigurations",
        {"@odata.type": "#microsoft.graph.deviceEnrollmentLimitConfiguration"},
        "assign",
        "enrollmentConfigurationAssignments",
        "assignments",
    ),
    (
        "deviceAppManagement/mobileApps",
        {"@odata.type": "#microsoft.graph.webApp"},
        "assign",
        "mobileAppAssignments",
        "assignments",
    ),
    (
        "deviceAppManagement/targetedManagedAppConfigurations",
        {},
        "assign",
        "assignments",
        "assignments",
    ),
]


@pytest.mark.parametrize(
    ("path", "record", "action", "parameter", "navigation"),
    ASSIGNED,
    ids=[each[0].split("/")[-1] for each in ASSIGNED],
)
def test_assigning_puts_what_is_sent_in_the_stead_of_what_was(
    client, path, record, action, parameter, navigation
):
    seed(client, {path: [{"id": "x", **record}], f"{path}/x/{navigation}": [{"id": "old"}]})
    sent = [{"target": GROUP}]

    response = client.post(f"/v1.0/{path}/x/{action}", json={parameter: sent})

    assert response.status_code in (200, 204), response.text
    (there,) = listed(client, f"{path}/x/{navigation}")
    assert there["id"] != "old"
    assert there["target"]["groupId"] == GROUP["groupId"]


def test_apps_are_targeted_by_policies_that_have_some(client):
    policies = "deviceAppManagement/managedAppPolicies"
    of = "#microsoft.graph."
    seed(
        client,
        {
            policies: [
                {"id": "a", "@odata.type": f"{of}androidManagedAppProtection"},
                {"id": "w", "@odata.type": f"{of}windowsInformationProtectionPolicy"},
            ]
        },
    )
    app = {
        "@odata.type": f"{of}managedMobileApp",
        "mobileAppIdentifier": {
            "@odata.type": f"{of}androidMobileAppIdentifier",
            "packageId": "com.contoso",
        },
    }

    assert client.post(f"/v1.0/{policies}/a/targetApps", json={"apps": [app]}).status_code == 204

    (there,) = listed(client, f"{policies}/a/microsoft.graph.androidManagedAppProtection/apps")
    assert there["mobileAppIdentifier"]["packageId"] == "com.contoso"
    refused = client.post(f"/v1.0/{policies}/w/targetApps", json={"apps": [app]})
    assert_error(refused, 400, "BadRequest", "has no 'apps'")


def test_devices_are_imported(client):
    path = "deviceManagement/importedWindowsAutopilotDeviceIdentities"
    sent = [{"serialNumber": "1"}, {"serialNumber": "2"}]

    body = {"importedWindowsAutopilotDeviceIdentities": sent}
    response = client.post(f"/v1.0/{path}/import", json=body)

    assert response.status_code == 200, response.text
    assert {each["serialNumber"] for each in listed(client, path)} == {"1", "2"}
    assert len(response.json["value"]) == 2


def test_the_log_of_intune_says_what_it_has(client):
    path = "deviceManagement/auditEvents"
    events = [("Device", "Wipe"), ("Device", "Lock"), ("App", "Create"), ("Device", "Wipe")]
    seed(client, {path: [{"category": of, "activityType": what} for of, what in events]})

    categories = client.get(f"/v1.0/{path}/getAuditCategories").json["value"]
    types = client.get(f"/v1.0/{path}/getAuditActivityTypes(category='Device')").json["value"]

    assert categories == ["App", "Device"]
    assert types == ["Lock", "Wipe"]


def test_the_authority_over_devices_is_set(client):
    (found,) = listed(client, "organization")

    response = client.post(f"/v1.0/organization/{found['id']}/setMobileDeviceManagementAuthority")

    assert response.json["value"] == 1
    path = f"/v1.0/organization/{found['id']}?$select=mobileDeviceManagementAuthority"
    assert client.get(path).json["mobileDeviceManagementAuthority"] == "intune"


def test_what_is_handed_in_is_kept_as_it_was(client):
    resource = {
        "resource": {"@odata.type": "#microsoft.graph.educationLinkResource", "link": "https://a/b"}
    }
    seed(client, {SUBMISSIONS: [{"id": "x", "status": "working"}]})
    seed(client, {f"{SUBMISSIONS}/x/resources": [{"id": "r", **resource}]})

    assert client.post(f"/v1.0/{SUBMISSIONS}/x/submit").status_code == 204

    (kept,) = listed(client, f"{SUBMISSIONS}/x/submittedResources")
    assert kept["resource"]["link"] == "https://a/b"
    submission = client.get(f"/v1.0/{SUBMISSIONS}/x").json
    assert submission["submittedDateTime"]
