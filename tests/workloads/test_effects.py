"""What operations do that are declared by a line each: every effect, as it is read after."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography import x509

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

KNOWN = {"Prefer": "include-unknown-enum-members"}
DEVICE = "deviceManagement/managedDevices"
GROUP = {
    "@odata.type": "#microsoft.graph.groupAssignmentTarget",
    "groupId": "b80bb774-0288-4da1-8201-890375a60c8f",
}
AUTOPILOT = "deviceManagement/windowsAutopilotDeviceIdentities"
ASSIGNMENTS = "education/classes/c/assignments"
SUBMISSIONS = f"{ASSIGNMENTS}/a/submissions"

CASES = "security/cases/ediscoveryCases"
CUSTODIANS = f"{CASES}/c/custodians"
BOT = {"targets": [{"identity": {"application": {"id": "b", "displayName": "Bot"}}}]}
ANSWER = {
    "callbackUri": "https://bot.contoso.com",
    "mediaConfig": {"@odata.type": "#microsoft.graph.serviceHostedMediaConfig"},
    "acceptedModalities": ["audio"],
}

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
        "deviceManagement/virtualEndpoint/onPremisesConnections",
        {"healthCheckStatus": "failed"},
        "runHealthChecks",
        {},
        {"healthCheckStatus": "running"},
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
    ("communications/calls", {"state": "incoming"}, "answer", ANSWER, {"state": "established"}),
    ("communications/calls", {"state": "incoming"}, "reject", {}, {"state": "terminated"}),
    ("communications/calls", {"state": "incoming"}, "redirect", BOT, {"state": "redirecting"}),
    (
        "communications/calls",
        {"state": "established"},
        "transfer",
        {"transferTarget": BOT["targets"][0]},
        {"state": "transferring"},
    ),
    (
        "identityGovernance/accessReviews/definitions/d/instances",
        {"status": "InProgress"},
        "stop",
        {},
        {"status": "Completed"},
    ),
    (
        "identityGovernance/entitlementManagement/assignmentRequests",
        {"state": "pendingApproval"},
        "cancel",
        {},
        {"state": "canceled"},
    ),
    (
        "identityGovernance/privilegedAccess/group/assignmentScheduleRequests",
        {"status": "PendingApproval"},
        "cancel",
        {},
        {"status": "Canceled"},
    ),
    (CASES, {"status": "active"}, "close", {}, {"status": "closed"}),
    (CASES, {"status": "closed"}, "reopen", {}, {"status": "active"}),
    (CUSTODIANS, {"status": "active"}, "release", {}, {"status": "released"}),
    (CUSTODIANS, {"status": "released"}, "activate", {}, {"status": "active"}),
    (CUSTODIANS, {}, "applyHold", {}, {"holdStatus": "applied"}),
    (CUSTODIANS, {"holdStatus": "applied"}, "removeHold", {}, {"holdStatus": "notApplied"}),
    ("solutions/bookingBusinesses", {}, "publish", {}, {"isPublished": True}),
    (
        "solutions/bookingBusinesses",
        {"isPublished": True},
        "unpublish",
        {},
        {"isPublished": False},
    ),
    (
        "solutions/virtualEvents/townhalls",
        {"status": "draft"},
        "publish",
        {},
        {"status": "published"},
    ),
    (
        "solutions/virtualEvents/webinars",
        {"status": "published"},
        "cancel",
        {},
        {"status": "canceled"},
    ),
    (
        "solutions/virtualEvents/webinars/w/registrations",
        {"status": "registered"},
        "cancel",
        {},
        {"status": "canceled"},
    ),
    (
        "storage/fileStorage/containers",
        {"status": "inactive"},
        "activate",
        {},
        {"status": "active"},
    ),
    (
        "storage/fileStorage/containers",
        {},
        "lock",
        {"lockState": "lockedReadOnly"},
        {"lockState": "lockedReadOnly"},
    ),
    (
        "storage/fileStorage/containers",
        {"lockState": "lockedReadOnly"},
        "unlock",
        {},
        {"lockState": "unlocked"},
    ),
    (
        "admin/edge/internetExplorerMode/siteLists",
        {"status": "draft"},
        "publish",
        {"revision": "2", "sites": []},
        {"status": "published", "revision": "2"},
    ),
]


@pytest.mark.parametrize(
    ("path", "record", "action", "body", "expected"),
    SET,
    ids=[f"{path.split('/')[-1]}-{action}" for path, _, action, _, _ in SET],
)
def test_what_an_action_sets_is_read_after(client, path, record, action, body, expected):
    seed(client, {path: [{"id": "x", **record}]})

    response = client.post(f"/v1.0/{path}/x/{action}", json=body, headers=KNOWN)

    assert response.status_code in (200, 202, 204), response.text
    found = client.get(f"/v1.0/{path}/x", headers=KNOWN).json
    assert {name: found[name] for name in expected} == expected
    if response.status_code == 200:
        assert {name: response.json[name] for name in expected} == expected


REFUSED = [
    (ASSIGNMENTS, {"status": "published"}, "publish"),
    (ASSIGNMENTS, {"status": "draft"}, "activate"),
    (SUBMISSIONS, {"status": "working"}, "unsubmit"),
    (SUBMISSIONS, {"status": "submitted"}, "submit"),
    (CASES, {"status": "closed"}, "close"),
    ("solutions/virtualEvents/townhalls", {"status": "canceled"}, "publish"),
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


def test_all_is_shown_of_a_device_and_what_is_never_null_is_something(client):
    seed(client, {DEVICE: [{"id": "d"}, {"id": "e", "complianceState": "compliant"}]})

    said = client.get(f"/v1.0/{DEVICE}/d").json

    assert (said["serialNumber"], said["deviceActionResults"]) == (None, [])
    assert (said["isEncrypted"], said["totalStorageSpaceInBytes"]) == (False, 0)
    assert said["complianceState"] == "unknown"
    assert "enrolledDateTime" not in said  # no moment means none
    (found,) = listed(client, f"{DEVICE}?$filter=complianceState eq 'unknown'")
    assert found["id"] == "d"


def test_a_device_is_of_a_category(client):
    seed(client, {DEVICE: [{"id": "d"}]})
    kiosk = make(client, "deviceManagement/deviceCategories", {"displayName": "Kiosk"})
    at = f"http://localhost/v1.0/deviceManagement/deviceCategories/{kiosk['id']}"
    path = f"/v1.0/{DEVICE}/d/deviceCategory"

    response = client.put(f"{path}/$ref", json={"@odata.id": at})

    assert response.status_code == 204, response.text
    assert client.get(path).json["id"] == kiosk["id"]
    assert client.get(f"/v1.0/{DEVICE}/d").json["deviceCategoryDisplayName"] == "Kiosk"
    assert client.put(path, json={"displayName": "x"}).status_code == 405


@pytest.mark.parametrize(
    ("sent", "state"), [({}, "published"), ({"publishingState": "processing"}, "processing")]
)
def test_an_app_is_published_once_its_content_is_committed(client, sent, state):
    apps, of = "deviceAppManagement/mobileApps", "#microsoft.graph."
    app = make(client, apps, {"@odata.type": f"{of}win32LobApp", "displayName": "7-Zip"})
    link = make(client, apps, {"@odata.type": f"{of}webApp", "appUrl": "https://contoso.com"})
    assert (app["publishingState"], link["publishingState"]) == ("notPublished", "published")
    other = client.patch(f"/v1.0/{apps}/{app['id']}", json={"notes": "n"}).json

    body = {"@odata.type": f"{of}win32LobApp", "committedContentVersion": "1", **sent}
    done = client.patch(f"/v1.0/{apps}/{app['id']}", json=body)

    assert other["publishingState"] == "notPublished"
    assert (done.status_code, done.json["publishingState"]) == (200, state)


FILES = "deviceAppManagement/mobileApps/a/contentVersions/v/files"


@pytest.fixture
def file(client):
    """A file of an app, to which nothing was sent so far."""
    app = {"@odata.type": "#microsoft.graph.win32LobApp", "id": "a"}
    seed(client, {"deviceAppManagement/mobileApps": [app]})
    seed(client, {"deviceAppManagement/mobileApps/a/contentVersions": [{"id": "v"}]})
    return make(client, FILES, {"name": "a.bin", "size": 8, "sizeEncrypted": 10})


def put(client, url, data, **headers):
    sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return client.put(url, data=data, headers=sent, content_type="application/octet-stream")


def committed(client, file):
    assert client.post(f"/v1.0/{FILES}/{file['id']}/commit", json={}).status_code == 204
    found = client.get(f"/v1.0/{FILES}/{file['id']}").json
    return found["isCommitted"], found["uploadState"]


def test_the_bytes_of_an_app_come_in_blocks_and_are_committed(client, file):
    url = file["azureStorageUri"]
    assert file["uploadState"] == "azureStorageUriRequestSuccess"
    assert committed(client, file) == (False, "commitFileFailed")

    for name, data in (("MDA=", b"123456"), ("MDE=", b"7890"), ("MDI=", b"left out")):
        assert put(client, f"{url}&comp=block&blockid={name}", data).status_code == 201
    assert committed(client, file) == (False, "commitFileFailed")
    listed_ = "<Latest>MDA=</Latest><Uncommitted>MDE=</Uncommitted>"
    xml = f'<?xml version="1.0" encoding="utf-8"?>\n<BlockList>{listed_}</BlockList>\n'
    assert put(client, f"{url}&comp=blocklist", xml).status_code == 201
    assert committed(client, file) == (True, "commitFileSuccess")


def test_the_bytes_of_an_app_come_at_once_to_a_url_that_is_renewed(client, file):
    again = f"/v1.0/{FILES}/{file['id']}"
    assert client.post(f"{again}/renewUpload").status_code == 204
    renewed = client.get(again).json
    assert renewed["uploadState"] == "azureStorageUriRenewalSuccess"

    answer = put(client, file["azureStorageUri"], b"0" * 10, x_ms_blob_type="BlockBlob")
    assert (answer.status_code, answer.mimetype) == (403, "application/xml")
    assert b"<Code>AuthenticationFailed</Code>" in answer.data
    answer = put(client, renewed["azureStorageUri"], b"0" * 10, x_ms_blob_type="BlockBlob")
    assert (answer.status_code, answer.headers["Content-MD5"]) == (201, "8bcIu6F/HOlI3JefTXCSvA==")
    assert committed(client, file) == (True, "commitFileSuccess")


@pytest.mark.parametrize(
    ("more", "data", "code"),
    [
        ("", b"x", b"MissingRequiredHeader"),
        ("&comp=page", b"x", b"InvalidQueryParameterValue"),
        ("&comp=block", b"x", b"MissingRequiredQueryParameter"),
        ("&comp=block&blockid=%21", b"x", b"InvalidQueryParameterValue"),
        ("&comp=block&blockid=%C3%A9", b"x", b"InvalidQueryParameterValue"),
        ("&comp=blocklist", b" " * 2_000_000 + b"x", b"InvalidXmlDocument"),
        ("&comp=blocklist", b"<BlockList><Latest>MDA=</Latest></BlockList>", b"InvalidBlockList"),
        ("&comp=blocklist", b"<BlockList>&x;</BlockList>", b"InvalidXmlDocument"),
        ("&comp=blocklist", b"\xff", b"InvalidXmlDocument"),
    ],
)
def test_what_azures_storage_does_not_take_is_refused_in_xml(client, file, more, data, code):
    answer = put(client, file["azureStorageUri"] + more, data)

    assert (answer.status_code, answer.mimetype) == (400, "application/xml")
    assert b"<Code>%b</Code>" % code in answer.data
    assert committed(client, file) == (False, "commitFileFailed")


def test_a_blob_is_only_written_and_whole(client, file):
    url = file["azureStorageUri"]
    assert b"AuthorizationPermissionMismatch" in client.get(url).data
    other = put(
        client, f"{url}&comp=block&blockid=MDA=", b"x", Content_MD5="8bcIu6F/HOlI3JefTXCSvA=="
    )
    assert b"Md5Mismatch" in other.data
    assert client.delete(f"/v1.0/{FILES}/{file['id']}").status_code == 204
    assert put(client, f"{url}&comp=block&blockid=MDA=", b"x").status_code == 403


def test_who_seeds_a_file_of_an_app_says_where_its_bytes_go(client):
    seed(client, {FILES: [{"id": "f", "azureStorageUri": "https://x"}, {"id": "g"}]})

    assert client.get(f"/v1.0/{FILES}/f").json["azureStorageUri"] == "https://x"
    state = client.get(f"/v1.0/{FILES}/g").json["uploadState"]
    assert state == "azureStorageUriRequestTimedOut"


def test_a_report_that_nobody_exports_fails_at_once(client):
    made = make(client, "deviceManagement/reports/exportJobs", {"reportName": "Devices"})

    assert (made["status"], made["url"]) == ("failed", None)


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
    ("deviceAppManagement/iosManagedAppProtections", {}, "assign", "assignments", "assignments"),
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


def test_policies_of_apps_are_one_collection_and_those_of_each_type_another_view_of_it(client):
    """What is made at the URL of its type is among all, and what is among all at its type's."""
    beneath, of = "deviceAppManagement", "#microsoft.graph."
    ios = {"@odata.type": f"{of}iosManagedAppProtection", "displayName": "iOS"}
    android = {"@odata.type": f"{of}androidManagedAppProtection", "displayName": "Android"}
    make(client, f"{beneath}/iosManagedAppProtections", ios)
    seed(client, {f"{beneath}/managedAppPolicies": [{"id": "a", **android}]})

    def names(path):
        return [each["displayName"] for each in listed(client, f"{beneath}/{path}")]

    assert sorted(names("managedAppPolicies")) == ["Android", "iOS"]
    assert names("iosManagedAppProtections") == ["iOS"]
    assert names("androidManagedAppProtections") == ["Android"]
    assert names("targetedManagedAppConfigurations") == []


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


@pytest.mark.parametrize(
    ("sent", "group"), [({}, "selectedPublicApps"), ({"appGroupType": "allApps"}, "allApps")]
)
@pytest.mark.parametrize("kind", ["targetedManagedAppConfiguration", "iosManagedAppProtection"])
def test_a_policy_that_targets_apps_takes_their_group(client, kind, sent, group):
    path = f"deviceAppManagement/{kind}s"
    app = {
        "mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.iosMobileAppIdentifier",
            "bundleId": "com.contoso",
        },
    }
    seed(client, {path: [{"id": "p"}], f"{path}/p/apps": [{"id": "old"}, {"id": "older"}]})

    response = client.post(f"/v1.0/{path}/p/targetApps", json={"apps": [app], **sent})

    assert response.status_code == 204, response.text
    (there,) = listed(client, f"{path}/p/apps")
    assert there["mobileAppIdentifier"]["bundleId"] == "com.contoso"
    assert client.get(f"/v1.0/{path}/p").json["deployedAppCount"] == 1
    assert client.get(f"/beta/{path}/p").json["appGroupType"] == group


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


def test_a_certificate_for_devices_of_apple_is_requested(client):
    name = "downloadApplePushNotificationCertificateSigningRequest"
    path = f"/v1.0/deviceManagement/applePushNotificationCertificate/{name}"

    told = client.get(path).json["value"]

    assert x509.load_der_x509_csr(base64.b64decode(told)).is_signature_valid


@pytest.mark.parametrize(
    "name", ["getManagedAppDiagnosticStatuses", "getManagedDevicesWithAppFailures"]
)
def test_no_app_fails_that_nobody_installs(client, name):
    seed(client, {"users/u/managedDevices": [{"id": "d"}]})

    response = client.get(f"/v1.0/users/u/{name}")

    assert (response.status_code, response.json["value"]) == (200, [])
    assert client.get(f"/v1.0/users/nobody/{name}").status_code == 404


def test_measures_of_a_baseline_are_written_where_they_are_seen(client):
    path = "deviceManagement/userExperienceAnalyticsBaselines/b/appHealthMetrics"
    seed(client, {path: {"insights": []}})
    sent = {"insights": [{"insightId": "i", "severity": "warning"}]}

    response = client.patch(f"/v1.0/{path}", json=sent)

    assert response.status_code == 200, response.text
    (there,) = client.get(f"/v1.0/{path}").json["insights"]
    assert (there["insightId"], there["severity"]) == ("i", "warning")


SETTINGS = "#microsoft.graph.deviceManagementConfiguration"
_ASSIGNED_IN_BETA = {
    "deviceManagementScripts": ("deviceManagementScriptAssignments", 204),
    "deviceShellScripts": ("deviceManagementScriptAssignments", 204),
    "deviceHealthScripts": ("deviceHealthScriptAssignments", 204),
    "configurationPolicies": ("assignments", 200),
    "groupPolicyConfigurations": ("assignments", 200),
    "windowsFeatureUpdateProfiles": ("assignments", 204),
}


@pytest.mark.parametrize(("name", "how"), _ASSIGNED_IN_BETA.items(), ids=_ASSIGNED_IN_BETA)
def test_what_beta_alone_has_of_intune_is_assigned(client, name, how):
    parameter, status = how
    made = client.post(f"/beta/deviceManagement/{name}", json={"description": "x"})
    assert made.status_code == 201, made.text
    path = f"/beta/deviceManagement/{name}/{made.json['id']}"
    everywhere = {"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}

    for sent in ([everywhere, everywhere], [everywhere], []):
        response = client.post(f"{path}/assign", json={parameter: sent})
        assert response.status_code == status, response.text
        shown = client.get(f"{path}?$expand=assignments").json
        found = [each["target"] for each in shown["assignments"]]
        assert found == [each["target"] for each in sent]
    (listed_,) = client.get(f"/beta/deviceManagement/{name}").json["value"]
    assert listed_["roleScopeTagIds"] == []
    assert client.delete(path).status_code == 204


def test_a_policy_of_settings_comes_with_them_and_says_how_many(client):
    choice = {"@odata.type": f"{SETTINGS}ChoiceSettingInstance", "settingDefinitionId": "d"}
    sent = [{"settingInstance": choice}] * 2
    policies = "/beta/deviceManagement/configurationPolicies"
    made = client.post(policies, json={"name": "p", "settings": sent})
    assert (made.status_code, made.json["settingCount"]) == (201, 2)
    assert made.json["isAssigned"] is False
    assert made.json["templateReference"]["templateFamily"] == "none"
    path = f"{policies}/{made.json['id']}"

    found = client.get(f"{path}/settings?$top=1000").json["value"]
    assert [each["settingInstance"]["settingDefinitionId"] for each in found] == ["d", "d"]
    everybody = {"target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}}
    client.post(f"{path}/assign", json={"assignments": [everybody]})
    assert client.get(path).json["isAssigned"] is True


def test_an_action_for_noncompliance_has_no_template_but_nought(client):
    rule = {"ruleName": "r", "scheduledActionConfigurations": [{"actionType": "block"}]}
    policy = {"@odata.type": "#microsoft.graph.iosCompliancePolicy", "displayName": "p"}
    path = "/v1.0/deviceManagement/deviceCompliancePolicies"
    made = client.post(path, json={**policy, "scheduledActionsForRule": [rule]})
    assert made.status_code == 201, made.text

    below = "scheduledActionsForRule($expand=scheduledActionConfigurations)"
    (found,) = client.get(f"{path}?$expand={below}").json["value"]
    (action,) = found["scheduledActionsForRule"][0]["scheduledActionConfigurations"]
    assert action["notificationTemplateId"] == "00000000-0000-0000-0000-000000000000"


def test_a_script_goes_to_groups_as_it_was_said_before(client):
    made = client.post("/beta/deviceManagement/deviceManagementScripts", json={"fileName": "a.ps1"})
    assert made.json["displayName"] is None
    path = f"/beta/deviceManagement/deviceManagementScripts/{made.json['id']}"
    body = {"deviceManagementScriptGroupAssignments": [{"targetGroupId": "g"}]}

    assert client.post(f"{path}/assign", json=body).status_code == 204

    (found,) = client.get(f"{path}/groupAssignments").json["value"]
    assert found["targetGroupId"] == "g"
    assert client.get(f"{path}/assignments").json["value"] == []


def test_a_tenant_has_settings_of_intune_before_anybody_sets_any(client):
    there = client.get("/v1.0/deviceManagement/settings")

    assert (there.status_code, there.json["deviceComplianceCheckinThresholdDays"]) == (200, 30)
    assert client.get("/v1.0/deviceManagement").json["subscriptionState"] == "active"
    sent = {"settings": {"secureByDefault": True}}
    assert client.patch("/v1.0/deviceManagement", json=sent).status_code == 200
    assert client.get("/v1.0/deviceManagement/settings").json["secureByDefault"] is True


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

    assert client.post(f"/v1.0/{SUBMISSIONS}/x/submit").status_code == 200

    (kept,) = listed(client, f"{SUBMISSIONS}/x/submittedResources")
    assert kept["resource"]["link"] == "https://a/b"
    submission = client.get(f"/v1.0/{SUBMISSIONS}/x").json
    assert submission["submittedDateTime"]


# Calls ----------------------------------------------------------------------------------------

CALLS = "communications/calls"


@pytest.fixture
def call(client):
    """A call that an app and Ada take part in."""
    people = [{"id": "app", "isMuted": False}, {"id": "ada", "isMuted": False}]
    seed(client, {CALLS: [{"id": "c", "state": "established", "myParticipantId": "app"}]})
    seed(client, {f"{CALLS}/c/participants": people})
    return f"{CALLS}/c"


def muted(client, call):
    return {each["id"]: each["isMuted"] for each in listed(client, f"{call}/participants")}


def test_an_app_mutes_itself_and_others(client, call):
    body = {"clientContext": "mine"}

    answer = client.post(f"/v1.0/{call}/mute", json=body)

    assert answer.status_code == 200, answer.text
    assert (answer.json["status"], answer.json["clientContext"]) == ("Completed", "mine")
    assert answer.json["@odata.type"] == "#microsoft.graph.muteParticipantOperation"
    where = answer.headers["Location"].removeprefix("http://localhost")
    assert client.get(where).json["id"] == answer.json["id"]
    view = client.post(f"/v1.0/{call}/addLargeGalleryView", json=body)
    assert (view.status_code, view.json["clientContext"]) == (202, "mine")
    assert muted(client, call) == {"app": True, "ada": False}
    assert client.get(f"/v1.0/{call}/operations/{answer.json['id']}").status_code == 200
    assert client.post(f"/v1.0/{call}/unmute", json=body).status_code == 200
    assert client.post(f"/v1.0/{call}/participants/ada/mute", json=body).status_code == 200
    assert muted(client, call) == {"app": False, "ada": True}


def test_an_app_takes_part_in_the_call_that_it_makes(client):
    body = {"callbackUri": "https://bot.contoso.com/callback", "requestedModalities": ["audio"]}
    body["mediaConfig"] = {"@odata.type": "#microsoft.graph.serviceHostedMediaConfig"}

    made = make(client, CALLS, body)

    assert (made["state"], made["direction"]) == ("establishing", "outgoing")
    assert made["callChainId"]
    path = f"/v1.0/{CALLS}/{made['id']}"
    assert client.post(f"{path}/mute", json={}).status_code == 200
    assert muted(client, f"{CALLS}/{made['id']}") == {made["myParticipantId"]: True}
    target = {"transferTarget": {"identity": {"user": {"id": "bob"}}}}
    assert client.post(f"{path}/transfer", json=target).status_code == 202
    assert client.get(path).json["state"] == "transferring"


def test_an_app_shares_a_screen_and_looks_at_one(client, call):
    path = f"/v1.0/{call}/changeScreenSharingRole"
    for role, direction in (("sharer", "sendOnly"), ("viewer", "receiveOnly")):
        assert client.post(path, json={"role": role}).status_code == 202

        (shared,) = client.get(f"/v1.0/{call}/participants/app").json["mediaStreams"]
        assert (shared["mediaType"], shared["direction"]) == ("videoBasedScreenSharing", direction)
    assert_error(client.post(path, json={"role": "star"}), 400, "BadRequest")


def test_who_is_invited_takes_part(client, call):
    body = {"participants": [{"identity": {"user": {"id": "bob"}}}], "clientContext": "x"}

    answer = client.post(f"/v1.0/{call}/participants/invite", json=body)

    assert answer.status_code == 200, answer.text
    assert answer.json["participants"][0]["identity"]["user"]["id"] == "bob"
    people = listed(client, f"{call}/participants")
    assert [each["info"]["identity"]["user"]["id"] for each in people if "info" in each] == ["bob"]


def test_recording_is_said_of_who_records(client, call):
    body = {"clientContext": "x", "status": "recording"}

    assert client.post(f"/v1.0/{call}/updateRecordingStatus", json=body).status_code == 200

    found = client.get(f"/v1.0/{call}/participants/app").json
    assert found["recordingInfo"]["recordingStatus"] == "recording"


@pytest.mark.parametrize(
    ("action", "kind"),
    [("subscribeToTone", "subscribeToTone"), ("cancelMediaProcessing", "cancelMediaProcessing")],
)
def test_what_is_done_in_a_call_is_told_by_an_operation(client, call, action, kind):
    answer = client.post(f"/v1.0/{call}/{action}", json={"clientContext": "x"})

    assert answer.status_code == 200, answer.text
    (kept,) = listed(client, f"{call}/operations")
    assert kept["@odata.type"] == f"#microsoft.graph.{kind}Operation"


def test_a_call_is_kept_alive_while_it_is_there(client, call):
    assert client.post(f"/v1.0/{call}/keepAlive").status_code == 200
    assert client.post(f"/v1.0/{CALLS}/none/keepAlive").status_code == 404


# Printing -------------------------------------------------------------------------------------

PRINTERS = "print/printers"


def state(client, job):
    return client.get(f"/v1.0/{PRINTERS}/p/jobs/{job}").json["status"]["state"]


def test_a_job_goes_from_state_to_state(client):
    seed(client, {PRINTERS: [{"id": "p"}], f"{PRINTERS}/p/jobs": [{"id": "a"}, {"id": "b"}]})
    assert state(client, "a") == "paused"

    started = client.post(f"/v1.0/{PRINTERS}/p/jobs/a/start")
    aborted = client.post(f"/v1.0/{PRINTERS}/p/jobs/a/abort", json={"reason": "No paper"})
    cancelled = client.post(f"/v1.0/{PRINTERS}/p/jobs/b/cancel")

    assert (started.status_code, started.json["state"]) == (200, "pending"), started.text
    assert (aborted.status_code, cancelled.status_code) == (204, 204)
    assert (state(client, "a"), state(client, "b")) == ("aborted", "canceled")
    said = client.get(f"/v1.0/{PRINTERS}/p/jobs/a").json["status"]["description"]
    assert said == "No paper"
    again = client.post(f"/v1.0/{PRINTERS}/p/jobs/b/cancel")
    assert_error(again, 400, "BadRequest", "canceled")


def test_a_job_is_redirected_to_another_printer(client):
    seed(client, {PRINTERS: [{"id": "p"}, {"id": "q"}], f"{PRINTERS}/p/jobs": [{"id": "a"}]})

    answer = client.post(f"/v1.0/{PRINTERS}/p/jobs/a/redirect", json={"destinationPrinterId": "q"})

    assert answer.status_code == 200, answer.text
    (there,) = listed(client, f"{PRINTERS}/q/jobs")
    assert (there["id"], there["redirectedFrom"]) == (answer.json["id"], "p")
    assert client.get(f"/v1.0/{PRINTERS}/p/jobs/a").json["redirectedTo"] == "q"
    missing = {"destinationPrinterId": "none"}
    refused = client.post(f"/v1.0/{PRINTERS}/p/jobs/a/redirect", json=missing)
    assert refused.status_code == 404


def test_a_printer_is_registered_by_an_operation(client):
    body = {
        "displayName": "Hall",
        "manufacturer": "M",
        "model": "X",
        "hasPhysicalDevice": False,
        "certificateSigningRequest": {"content": "c", "transportKey": "k"},
    }

    answer = client.post(f"/v1.0/{PRINTERS}/create", json=body)

    assert answer.status_code == 202, answer.text
    url = answer.headers["Operation-Location"].partition("//")[2].partition("/")[2]
    told = client.get(f"{url}?$expand=microsoft.graph.printerCreateOperation/printer").json
    assert told["status"]["state"] == "succeeded"
    assert [each["displayName"] for each in listed(client, PRINTERS)] == ["Hall"]


def test_what_was_printed_is_told_by_printer_user_and_group(client):
    when = "2026-03-01T08:00:00Z"
    jobs = [
        {"id": who, "createdBy": {"id": who}, "createdDateTime": when, "status": {"state": end}}
        for who, end in (("ada", "completed"), ("bob", "aborted"), ("eve", "pending"))
    ]
    seed(client, {"groups": [{"id": "g", "members": [{"id": "bob"}]}]})
    seed(client, {PRINTERS: [{"id": "p", "displayName": "Hall"}], f"{PRINTERS}/p/jobs": jobs})

    def told(name, until="2026-03-02T00:00:00Z", **who):
        ((key, id_),) = who.items()
        arguments = f"{key}='{id_}',startDateTime=2026-03-01T00:00:00Z,endDateTime={until}"
        found = client.get(f"/v1.0/reports/{name}({arguments})").json["value"]
        return [(each["id"], each["processingState"]) for each in found]

    everything = [("ada", "completed"), ("bob", "aborted")]
    assert told("getPrinterArchivedPrintJobs", printerId="p") == everything
    assert told("getPrinterArchivedPrintJobs", printerId="q") == []
    assert told("getUserArchivedPrintJobs", userId="ada") == everything[:1]
    assert told("getGroupArchivedPrintJobs", groupId="g") == everything[1:]
    early = "2026-03-01T07:00:00Z"
    assert told("getPrinterArchivedPrintJobs", until=early, printerId="p") == []


# Reviews --------------------------------------------------------------------------------------

REVIEWS = "identityGovernance/accessReviews/definitions/d/instances"
IDS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(4)]


@pytest.fixture
def review(client):
    """A review of who is in a group: two of three have been decided on."""
    ada, bob, eve, group = IDS
    seed(client, {"groups": [{"id": group, "members": [{"id": ada}, {"id": bob}, {"id": eve}]}]})
    about = {"resource": {"id": group, "type": "group"}}
    decisions = [
        {"id": "1", "principal": {"id": ada}, "decision": "Approve", **about},
        {"id": "2", "principal": {"id": bob}, "decision": "Deny", **about},
        {"id": "3", "principal": {"id": eve}, "recommendation": "Deny", **about},
    ]
    seed(client, {REVIEWS: [{"id": "i"}], f"{REVIEWS}/i/decisions": decisions})
    return f"{REVIEWS}/i"


def decided(client, review):
    return [each.get("decision") for each in listed(client, f"{review}/decisions")]


def test_what_is_recommended_is_accepted_for_what_nobody_decided(client, review):
    assert client.post(f"/v1.0/{review}/acceptRecommendations").status_code == 204

    assert decided(client, review) == ["Approve", "Deny", "Deny"]


def test_decisions_are_recorded_at_once_and_reset(client, review):
    body = {"decision": "Approve", "justification": "Needed", "principalId": IDS[1]}

    assert client.post(f"/v1.0/{review}/batchRecordDecisions", json=body).status_code == 204

    assert decided(client, review) == ["Approve", "Approve", None]
    refused = client.post(f"/v1.0/{review}/batchRecordDecisions", json={"decision": "Maybe"})
    assert_error(refused, 400, "BadRequest", "Maybe")
    assert client.post(f"/v1.0/{review}/resetDecisions").status_code == 204
    assert decided(client, review) == ["NotReviewed"] * 3


def test_who_is_denied_is_no_member_once_decisions_are_applied(client, review):
    assert client.post(f"/v1.0/{review}/applyDecisions").status_code == 204

    members = {each["id"] for each in listed(client, f"groups/{IDS[3]}/members")}
    assert members == {IDS[0], IDS[2]}
    assert client.get(f"/v1.0/{review}").json["status"] == "Applied"
    results = [each.get("applyResult") for each in listed(client, f"{review}/decisions")]
    assert results == ["AppliedSuccessfully", "AppliedSuccessfully", None]


def test_reviews_are_those_of_who_asks(client):
    me = client.get("/v1.0/me").json["id"]
    seed(client, {"groups": [{"id": "g", "members": [{"id": me}]}]})
    reviewers = [
        {"id": "mine", "reviewers": [{"query": f"/users/{me}"}]},
        {"id": "ours", "fallbackReviewers": [{"query": "/groups/g/transitiveMembers"}]},
        {"id": "theirs", "reviewers": [{"query": "/users/x"}]},
    ]
    seed(client, {REVIEWS: reviewers})

    found = listed(client, f"{REVIEWS}/filterByCurrentUser(on='reviewer')")

    assert [each["id"] for each in found] == ["mine", "ours"]


def test_assignments_are_those_of_who_asks(client):
    me = client.get("/v1.0/me").json["id"]
    path = "identityGovernance/privilegedAccess/group/assignmentSchedules"
    seed(client, {"users": [{"id": me}]})
    seed(client, {path: [{"id": "mine", "principalId": me}, {"id": "x", "principalId": "x"}]})

    found = listed(client, f"{path}/filterByCurrentUser(on='principal')")

    assert [each["id"] for each in found] == ["mine"]


# Many at once ---------------------------------------------------------------------------------

MESSAGES = "admin/serviceAnnouncement/messages"
EACH = [
    (MESSAGES, "archive", "messageIds", {"viewPoint": {"isArchived": True}}),
    (MESSAGES, "unarchive", "messageIds", {"viewPoint": {"isArchived": False}}),
    (MESSAGES, "favorite", "messageIds", {"viewPoint": {"isFavorited": True}}),
    (MESSAGES, "unfavorite", "messageIds", {"viewPoint": {"isFavorited": False}}),
    (MESSAGES, "markRead", "messageIds", {"viewPoint": {"isRead": True}}),
    (MESSAGES, "markUnread", "messageIds", {"viewPoint": {"isRead": False}}),
    (
        "identityProtection/riskyUsers",
        "confirmCompromised",
        "userIds",
        {"riskState": "confirmedCompromised", "riskLevel": "high"},
    ),
    ("identityProtection/riskyUsers", "dismiss", "userIds", {"riskState": "dismissed"}),
    ("identityProtection/riskyUsers", "confirmSafe", "userIds", {"riskState": "confirmedSafe"}),
    (
        "identityProtection/riskyServicePrincipals",
        "dismiss",
        "servicePrincipalIds",
        {"riskState": "dismissed"},
    ),
    (CUSTODIANS, "applyHold", "ids", {"holdStatus": "applied"}),
    (CUSTODIANS, "removeHold", "ids", {"holdStatus": "notApplied"}),
]


@pytest.mark.parametrize(
    ("path", "action", "parameter", "expected"),
    EACH,
    ids=[f"{path.split('/')[-1]}-{action}" for path, action, _, _ in EACH],
)
def test_those_that_are_named_are_changed_all_or_none(client, path, action, parameter, expected):
    seed(client, {path: [{"id": "a"}, {"id": "b"}, {"id": "c"}]})

    wrong = client.post(f"/v1.0/{path}/{action}", json={parameter: ["a", "none"]})
    right = client.post(f"/v1.0/{path}/{action}", json={parameter: ["a", "b"]})

    assert wrong.status_code == 404
    assert right.status_code in (200, 202, 204), right.text
    found = {each["id"]: each for each in listed(client, path)}
    (name, value), *_ = expected.items()
    assert found["a"][name] == found["b"][name] == value
    assert name not in found["c"] or found["c"][name] is None


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        ("deviceManagement/deviceConfigurations", "iosUpdateConfiguration"),
        ("deviceManagement/deviceCompliancePolicies", "iosCompliancePolicy"),
    ],
)
def test_a_policy_of_devices_has_a_next_version_with_each_change(client, path, type_):
    said = {"@odata.type": f"#microsoft.graph.{type_}"}
    made = make(client, path, {**said, "displayName": "A"})
    one = f"/v1.0/{path}/{made['id']}"

    assert made["version"] == 1
    assert client.patch(one, json={**said, "description": "B"}).json["version"] == 2
    assert client.patch(one, json={**said, "version": 7}).json["version"] == 7
    client.post(f"{one}/assign", json={"assignments": [{"target": GROUP}]})
    assert client.get(one).json["version"] == 7  # that is no change of what it asks for


OLD = "2001-01-01T00:00:00Z"


@pytest.mark.parametrize("name", ["createdDateTime", "lastModifiedDateTime"])
def test_times_that_programs_send_back_to_intune_are_not_taken(client, name):
    said = {"@odata.type": "#microsoft.graph.iosStoreApp", name: OLD}
    apps = "deviceAppManagement/mobileApps"
    made = make(client, apps, {**said, "displayName": "A"})

    assert made[name] > OLD
    changed = client.patch(f"/v1.0/{apps}/{made['id']}", json={**said, "displayName": "B"})
    assert (changed.status_code, changed.json["displayName"]) == (200, "B")
    assert changed.json[name] >= made[name]


def test_what_was_seen_of_a_message_stays(client):
    seed(client, {MESSAGES: [{"id": "a", "viewPoint": {"isRead": True}}]})

    answer = client.post(f"/v1.0/{MESSAGES}/favorite", json={"messageIds": ["a"]})

    assert answer.json["value"] is True
    found = client.get(f"/v1.0/{MESSAGES}/a").json["viewPoint"]
    assert found == {"isRead": True, "isFavorited": True}


# The rest -------------------------------------------------------------------------------------


def test_an_appointment_that_is_cancelled_is_gone(client):
    path = "solutions/bookingBusinesses/b/appointments"
    seed(client, {path: [{"id": "a"}, {"id": "b"}]})

    answer = client.post(f"/v1.0/{path}/a/cancel", json={"cancellationMessage": "Ill"})

    assert answer.status_code == 204, answer.text
    assert [each["id"] for each in listed(client, path)] == ["b"]


def test_where_somebody_works_is_set_and_cleared(client):
    seed(client, {"users": [{"id": "u"}]})
    path = "/v1.0/users/u/presence"

    set_ = client.post(f"{path}/setManualLocation", json={"workLocationType": "office"})

    assert set_.status_code in (200, 204), set_.text
    found = client.get(path).json["workLocation"]
    assert (found["workLocationType"], found["source"]) == ("office", "manual")
    assert client.post(f"{path}/clearLocation").status_code in (200, 204)
    assert client.get(path).json["workLocation"]["source"] == "none"


def test_attributes_of_a_flow_are_put_in_order(client):
    path = "identity/b2xUserFlows/f/userAttributeAssignments"
    seed(client, {path: [{"id": "City"}, {"id": "Country"}, {"id": "Name"}]})

    def order(*ids):
        return client.post(f"/v1.0/{path}/setOrder", json={"newAssignmentOrder": {"order": ids}})

    assert order("Name", "City").status_code == 204
    found = client.get(f"/v1.0/{path}/getOrder").json
    assert found["order"] == ["Name", "City", "Country"]
    assert order("Street").status_code == 404


def test_a_workflow_gets_another_version(client):
    path = "identityGovernance/lifecycleWorkflows/workflows"
    seed(client, {path: [{"id": "w", "displayName": "A", "category": "joiner", "version": 1}]})

    body = {"workflow": {"displayName": "B", "category": "joiner"}}
    answer = client.post(f"/v1.0/{path}/w/createNewVersion", json=body)

    assert answer.status_code in (200, 201), answer.text
    found = client.get(f"/v1.0/{path}/w").json
    assert (found["displayName"], found["version"]) == ("B", 2)
    (before,) = listed(client, f"{path}/w/versions")
    assert (before["displayName"], before["versionNumber"]) == ("A", 1)


# Reports of Intune ----------------------------------------------------------------------------


def report(client, name, **body):
    answer = client.post(f"/v1.0/deviceManagement/reports/{name}", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/octet-stream"
    return json.loads(answer.data)


def test_devices_that_do_not_comply_are_told(client):
    devices = [
        {"id": "a", "deviceName": "One", "complianceState": "noncompliant"},
        {"id": "b", "deviceName": "Two", "complianceState": "compliant"},
        {"id": "c", "deviceName": "Three", "complianceState": "error"},
        {"id": "d", "deviceName": "Four"},
    ]
    seed(client, {DEVICE: devices})

    def told(name="getDeviceNonComplianceReport", **body):
        found = report(client, name, select=["DeviceName"], **body)
        return found["TotalRowCount"], [name for (name,) in found["Values"]]

    assert told() == (2, ["One", "Three"])
    assert told(orderBy=["DeviceName desc"]) == (2, ["Three", "One"])
    assert told(skip=1, top=1) == (2, ["Three"])
    assert told(search="hre") == (1, ["Three"])
    assert told(filter="(ComplianceState eq 'error')") == (1, ["Three"])
    assert told(filter="ComplianceState ne 'error' and DeviceName eq 'Two'") == (0, [])
    assert told("getDevicesWithoutCompliancePolicyReport") == (1, ["Four"])
    schema = report(client, "getDeviceNonComplianceReport", select=["DeviceId"])["Schema"]
    assert schema == [{"Column": "DeviceId", "PropertyType": "String"}]


def test_policies_say_which_devices_do_not_comply_and_how_many(client):
    policies = "deviceManagement/deviceCompliancePolicies"
    kind = {"@odata.type": "#microsoft.graph.iosCompliancePolicy"}
    seed(client, {policies: [{"id": "p", "displayName": "iOS", **kind}]})
    states = ("nonCompliant", "compliant", "conflict", "error")
    seed(
        client,
        {
            f"{policies}/p/deviceStatuses": [
                {"id": state, "deviceDisplayName": state, "status": state} for state in states
            ]
        },
    )

    names = ["PolicyName", "DeviceName"]
    rows = report(client, "getPolicyNonComplianceReport", select=names)["Values"]
    short = report(client, "getCompliancePolicyNonComplianceSummaryReport")

    assert rows == [["iOS", "nonCompliant"], ["iOS", "conflict"], ["iOS", "error"]]
    counted = dict(
        zip([each["Column"] for each in short["Schema"]], short["Values"][0], strict=True)
    )
    assert counted["NumberOfNonCompliantOrErrorDevices"] == 2
    assert (counted["NumberOfConflictDevices"], counted["NumberOfCompliantDevices"]) == (1, 1)
    configurations = report(client, "getConfigurationPolicyNonComplianceReport")
    assert configurations["TotalRowCount"] == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"select": ["Nothing"]}, 400, "BadRequest"),
        ({"orderBy": ["DeviceName up"]}, 400, "BadRequest"),
        ({"filter": "startswith(DeviceName,'a')"}, 400, "BadRequest"),
        ({"top": -1}, 400, "BadRequest"),
        ({"groupBy": ["OS"]}, 501, "NotImplemented"),
    ],
)
def test_what_no_report_of_intune_can_be_asked_is_refused(client, body, status, code):
    path = "/v1.0/deviceManagement/reports/getDeviceNonComplianceReport"
    assert_error(client.post(path, json=body), status, code)


# Of lists and the gallery ---------------------------------------------------------------------


def test_content_types_say_whether_they_are_published(client):
    path = "sites/s/contentTypes"
    seed(client, {"sites": [{"id": "s"}], path: [{"id": "c", "name": "Contract"}]})

    def published():
        return client.get(f"/v1.0/{path}/c/isPublished").json["value"]

    assert published() is False
    assert client.post(f"/v1.0/{path}/c/publish").status_code == 204
    assert published() is True
    assert client.post(f"/v1.0/{path}/c/unpublish").status_code == 204
    assert published() is False


def test_an_item_of_a_list_is_shared_by_a_link(client):
    path = "sites/s/lists/l/items"
    seed(client, {"sites": [{"id": "s"}], "sites/s/lists": [{"id": "l"}], path: [{"id": "7"}]})

    answer = client.post(f"/v1.0/{path}/7/createLink", json={"type": "edit"})

    assert answer.status_code == 201, answer.text
    assert (answer.json["roles"], answer.json["link"]["type"]) == (["write"], "edit")
    assert answer.json["link"]["webUrl"].startswith("https://contoso.sharepoint.com/")
    refused = client.post(f"/v1.0/{path}/7/createLink", json={"type": "look"})
    assert_error(refused, 400, "invalidRequest")


def test_an_application_comes_out_of_the_gallery(client):
    seed(client, {"applicationTemplates": [{"id": "t", "displayName": "Box"}]})

    answer = client.post("/v1.0/applicationTemplates/t/instantiate", json={"displayName": "Ours"})

    assert answer.status_code == 201, answer.text
    app, principal = answer.json["application"], answer.json["servicePrincipal"]
    assert (app["displayName"], app["applicationTemplateId"]) == ("Ours", "t")
    assert principal["appId"] == app["appId"]
    assert client.get(f"/v1.0/applications/{app['id']}").json["displayName"] == "Ours"
    found = client.get(f"/v1.0/servicePrincipals/{principal['id']}").json
    assert found["appId"] == app["appId"]


def test_one_batch_reaches_every_workload(client):
    seed(
        client,
        {
            ASSIGNMENTS: [{"id": "a", "status": "draft"}],
            DEVICE: [{"id": "d"}],
            "communications/calls": [{"id": "c", "state": "incoming"}],
        },
    )
    json_ = {"Content-Type": "application/json"}
    asked = [
        ("POST", "/me/onenote/notebooks", {"displayName": "Notes"}, 201),
        ("POST", f"/{ASSIGNMENTS}/a/publish", {}, 200),
        ("POST", f"/{DEVICE}/d/retire", {}, 204),
        ("POST", "/communications/calls/c/reject", {"reason": "busy"}, 202),
        ("GET", "/reports/getEmailActivityCounts(period='D7')", None, 302),
        ("GET", "/me/insights/used", None, 200),
        ("POST", "/me/todo/lists", {"displayName": "Buy"}, 201),
        ("POST", f"/{ASSIGNMENTS}/a/publish", {}, 400),
    ]
    requests = [
        {"id": str(number), "method": method, "url": url}
        | ({} if body is None else {"body": body, "headers": json_})
        | ({"dependsOn": ["1"]} if number == 7 else {})
        for number, (method, url, body, _) in enumerate(asked)
    ]

    answer = client.post("/v1.0/$batch", json={"requests": requests})

    assert answer.status_code == 200, answer.text
    found = {each["id"]: each for each in answer.json["responses"]}
    assert [found[str(number)]["status"] for number in range(len(asked))] == [
        status for *_, status in asked
    ]
    assert "/data/download?token=" in found["4"]["headers"]["Location"]
    assert client.get("/v1.0/communications/calls/c").json["state"] == "terminated"
    assert client.get(f"/v1.0/{DEVICE}/d").json["managementState"] == "retirePending"


@pytest.mark.parametrize("with_group", [False, True], ids=["class", "group"])
def test_a_folder_for_files_is_made_once(client, with_group):
    if with_group:
        group = {"id": "c", "displayName": "Maths", "groupTypes": ["Unified"]}
        seed(client, {"groups": [group]})
    seed(client, {"education/classes": [{"id": "c"}], SUBMISSIONS: [{"id": "x"}]})

    answer = client.post(f"/v1.0/{SUBMISSIONS}/x/setUpResourcesFolder")
    again = client.post(f"/v1.0/{SUBMISSIONS}/x/setUpResourcesFolder")

    assert answer.status_code == 200, answer.text
    url = answer.json["resourcesFolderUrl"]
    assert again.json["resourcesFolderUrl"] == url
    folder = client.get(url.partition("//")[2].partition("/")[2]).json
    assert "folder" in folder
    if with_group:
        (there,) = listed(client, "groups/c/drive/root/children")
        assert there["id"] == folder["id"]
    other = client.post(f"/v1.0/{ASSIGNMENTS}/a/setUpResourcesFolder")
    assert other.json["resourcesFolderUrl"].rpartition("/items/")[0] == url.rpartition("/items/")[0]


def test_a_connector_has_the_certificate_that_is_uploaded(client):
    from base64 import b64encode
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    bundle = pkcs12.serialize_key_and_certificates(
        b"x", key, made, None, BestAvailableEncryption(b"secret")
    )
    path = "identity/apiConnectors"
    seed(client, {path: [{"id": "c", "displayName": "Mine"}]})
    body = {"pkcs12Value": b64encode(bundle).decode(), "password": "secret"}

    answer = client.post(f"/v1.0/{path}/c/uploadClientCertificate", json=body)

    assert answer.status_code == 200, answer.text
    (found,) = client.get(f"/v1.0/{path}/c").json["authenticationConfiguration"]["certificateList"]
    assert found["thumbprint"] == made.fingerprint(hashes.SHA1()).hex().upper()
    assert (found["notBefore"], found["isActive"]) == (int(begins.timestamp()), True)
    wrong = client.post(
        f"/v1.0/{path}/c/uploadClientCertificate", json={**body, "password": "other"}
    )
    assert_error(wrong, 400, "BadRequest", "password")


def test_activities_are_told_by_when_somebody_was_active(client):
    me = client.get("/v1.0/me").json["id"]
    path = f"users/{me}/activities"
    seed(client, {"users": [{"id": me}], path: [{"id": "a"}, {"id": "b"}, {"id": "c"}]})
    for name, day in (("a", 1), ("b", 2)):
        when = {"lastActiveDateTime": f"2026-03-0{day}T08:00:00Z"}
        seed(client, {f"{path}/{name}/historyItems": [{"id": f"h{name}", **when}]})

    assert [each["id"] for each in listed(client, f"{path}/recent")] == ["b", "a"]


def test_an_app_asks_for_activities_by_names_of_its_own(client):
    path, item = "/v1.0/me/activities", {"lastActiveDateTime": "2026-03-01T08:00:00Z"}
    body = {"appActivityId": "/a?1", "activationUrl": "https://x", "historyItems": [item]}

    made = client.put(f"{path}/%2Fa%3F1", json=body)
    again = client.put(f"{path}/%2Fa%3F1", json={**body, "historyItems": [], "id": "b"})

    assert (made.status_code, again.status_code) == (201, 200), again.text
    assert [each["id"] for each in client.get(path).json["value"]] == [made.json["id"]]
    assert again.json["id"] == made.json["id"]


def test_what_was_done_with_an_item_from_outside_is_noted(client):
    seed(client, {"external/connections": [{"id": "hr"}]})
    seed(client, {"external/connections/hr/items": [{"id": "T1"}]})
    when = {"type": "created", "startDateTime": "2021-04-06T18:04:31.033Z"}
    activity = {**when, "performedBy": {"type": "user", "id": "u1"}}

    answer = client.post(
        "/v1.0/external/connections/hr/items/T1/addActivities", json={"activities": [activity]}
    )

    assert answer.status_code == 200, answer.text
    (told,) = answer.json["value"]
    assert told["error"] is None
    (noted,) = client.get("/_fakegraph/noted").json["externalActivities"]
    assert (noted["about"], noted["type"], noted["performedBy"]["id"]) == ("T1", "created", "u1")


def test_webinars_are_found_by_who_holds_them(client):
    me = client.get("/v1.0/me").json["id"]
    path = "solutions/virtualEvents/webinars"
    events = [
        {"id": "mine", "createdBy": {"user": {"id": me}}},
        {"id": "ours", "createdBy": {"user": {"id": "x"}}, "coOrganizers": [{"id": me}]},
    ]
    seed(client, {"users": [{"id": me}], path: events})

    def told(call):
        return [each["id"] for each in listed(client, f"{path}/{call}")]

    assert told("getByUserRole(role='organizer')") == ["mine"]
    assert told("getByUserRole(role='coOrganizer')") == ["ours"]
    assert told("getByUserIdAndRole(userId='x',role='organizer')") == ["ours"]
    wrong = client.get(f"/v1.0/{path}/getByUserRole(role='guest')")
    assert_error(wrong, 400, "BadRequest", "role")


def test_requests_for_consent_are_for_those_who_review_them(client):
    me = client.get("/v1.0/me").json["id"]
    path = "identityGovernance/appConsent/appConsentRequests"
    asked = f"{path}/filterByCurrentUser(on='reviewer')"
    seed(client, {"users": [{"id": me}], path: [{"id": "r"}]})
    assert listed(client, asked) == []

    reviewers = [{"query": f"/users/{me}", "queryType": "MicrosoftGraph"}]
    seed(client, {"policies/adminConsentRequestPolicy": {"reviewers": reviewers}})

    assert [each["id"] for each in listed(client, asked)] == ["r"]


def test_approvals_are_for_those_who_approve(client):
    path = "identityGovernance/entitlementManagement/accessPackageAssignmentApprovals"
    seed(client, {path: [{"id": "mine"}, {"id": "theirs"}]})
    for name, is_mine in (("mine", True), ("theirs", False)):
        seed(client, {f"{path}/{name}/stages": [{"id": f"s{name}", "assignedToMe": is_mine}]})

    found = listed(client, f"{path}/filterByCurrentUser(on='approver')")

    assert [each["id"] for each in found] == ["mine"]


@pytest.mark.parametrize("ending", ["publish", "submissions/s/submit", "submissions/s/unsubmit"])
def test_what_a_teacher_does_to_an_assignment_gives_it(client, ending):
    state = "submitted" if ending.endswith("unsubmit") else "working"
    record = {"id": "x", "status": "draft", "submissions": [{"id": "s", "status": state}]}
    seed(client, {ASSIGNMENTS: [record]})

    answer = client.post(f"/v1.0/{ASSIGNMENTS}/x/{ending}")

    assert (answer.status_code, answer.json["status"] in (state, "draft")) == (200, False)
