"""What bodies say of other things, where a workload reads that: inline, by id, by URL."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, make, seed

EM = "identityGovernance/entitlementManagement"
CASE = "security/cases/ediscoveryCases/c"
EVENT_TYPE = "security/triggerTypes/retentionEventTypes"


def test_what_a_body_names_by_its_id_is_linked(client):
    seed(client, {f"{EM}/catalogs": [{"id": "c", "displayName": "Sales"}]})

    made = make(client, f"{EM}/accessPackages", {"displayName": "A", "catalog": {"id": "c"}})

    found = client.get(f"/v1.0/{EM}/accessPackages/{made['id']}?$expand=catalog").json
    assert found["catalog"]["displayName"] == "Sales"
    catalog = client.get(f"/v1.0/{EM}/catalogs/c?$expand=accessPackages").json
    assert [each["id"] for each in catalog["accessPackages"]] == [made["id"]]
    assert len(listed(client, f"{EM}/catalogs")) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{EM}/accessPackages", {"displayName": "A", "catalog": {"id": "nobody"}}),
        (f"{EM}/assignmentPolicies", {"displayName": "A", "accessPackage": {"id": "nobody"}}),
        (
            f"{CASE}/custodians/k/siteSources",
            {"site": {"webUrl": "https://contoso.sharepoint.com/a"}},
        ),
        (
            "security/subjectRightsRequests",
            {"approvers": [{"id": f"{1:08}-0000-4000-8000-{1:012}"}]},
        ),
    ],
)
def test_what_a_body_names_and_is_not_there_is_not_made(client, path, body):
    seed(client, {f"{CASE}/custodians": [{"id": "k"}]})

    refused = client.post(f"/v1.0/{path}", json=body)

    assert refused.status_code == 404, refused.text
    assert listed(client, path) == []


def test_what_a_body_describes_is_found_by_what_it_says(client):
    site = {"id": "s", "webUrl": "https://contoso.sharepoint.com/sites/Retail"}
    seed(client, {"sites": [site], f"{CASE}/custodians": [{"id": "k"}]})

    made = make(client, f"{CASE}/custodians/k/siteSources", {"site": {"webUrl": site["webUrl"]}})

    found = client.get(f"/v1.0/{CASE}/custodians/k/siteSources/{made['id']}?$expand=site")
    assert found.json["site"]["id"] == "s"


def test_what_a_body_has_in_it_is_made_with_it(client):
    rule = {"ruleName": "p", "scheduledActionConfigurations": [{"actionType": "block"}]}
    body = {
        "@odata.type": "#microsoft.graph.windows10CompliancePolicy",
        "displayName": "W",
        "scheduledActionsForRule": [rule],
    }

    made = make(client, "deviceManagement/deviceCompliancePolicies", body)

    path = f"deviceManagement/deviceCompliancePolicies/{made['id']}/scheduledActionsForRule"
    (found,) = listed(client, path)
    (action,) = listed(client, f"{path}/{found['id']}/scheduledActionConfigurations")
    assert (found["ruleName"], action["actionType"]) == ("p", "block")


def test_an_object_with_nothing_but_a_url_is_what_it_leads_to(client):
    point = "solutions/backupRestore/restorePoints"
    seed(client, {point: [{"id": "p"}]})
    artifact = {
        "destinationType": "new",
        "restorePoint": {"@odata.id": f"https://graph.microsoft.com/v1.0/{point}/p"},
    }

    made = make(
        client,
        "solutions/backupRestore/exchangeRestoreSessions",
        {"mailboxRestoreArtifacts": [artifact]},
    )

    path = f"/v1.0/solutions/backupRestore/exchangeRestoreSessions/{made['id']}"
    whole = client.get(f"{path}?$expand=mailboxRestoreArtifacts($expand=restorePoint)")
    (found,) = whole.json["mailboxRestoreArtifacts"]
    assert found["restorePoint"]["id"] == "p"


def test_a_label_is_bound_to_its_event_type(client):
    seed(client, {EVENT_TYPE: [{"id": "t", "displayName": "Hired"}]})
    url = f"https://graph.microsoft.com/v1.0/{EVENT_TYPE}/t"

    made = make(
        client,
        "security/labels/retentionLabels",
        {"displayName": "L", "retentionEventType@odata.bind": url},
    )

    path = f"/v1.0/security/labels/retentionLabels/{made['id']}?$expand=retentionEventType"
    assert client.get(path).json["retentionEventType"]["displayName"] == "Hired"


def test_a_collection_may_be_said_to_be_of_what_is_derived(client):
    path = "solutions/bookingBusinesses/b/appointments"
    seed(client, {"solutions/bookingBusinesses": [{"id": "b"}]})
    derived = "microsoft.graph.bookingCustomerInformation"
    body = {
        "customers@odata.type": f"#Collection({derived})",
        "customers": [{"@odata.type": f"#{derived}", "name": "Joni"}],
    }

    assert make(client, path, body)["customers"][0]["name"] == "Joni"
    body["customers@odata.type"] = "#Collection(microsoft.graph.bookingReminder)"
    assert client.post(f"/v1.0/{path}", json=body).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "policies/authorizationPolicy",
        "policies/crossTenantAccessPolicy/default",
        "policies/adminConsentRequestPolicy",
        "admin/sharepoint/settings",
        f"{EM}/settings",
        "education/classes/c/assignmentSettings",
        f"{CASE}/settings",
    ],
)
def test_what_can_be_changed_and_not_made_is_always_there(client, path):
    seed(
        client,
        {"education/classes": [{"id": "c"}], "security/cases/ediscoveryCases": [{"id": "c"}]},
    )

    found = client.get(f"/v1.0/{path}")

    assert found.status_code == 200, found.text
    assert client.get(f"/v1.0/{path}").json["id"] == found.json["id"]


def test_what_is_always_there_has_an_address(client):
    seed(client, {"education/classes": [{"id": "c"}]})

    found = client.get("/v1.0/education/classes/c?$expand=assignmentSettings/$ref").json

    link = found["assignmentSettings"]["@odata.id"]
    assert link.endswith("/v1.0/education/classes/c/assignmentSettings")
    assert client.get(link).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "education/classes/none/assignmentSettings",  # what has it is not there
        "organization/none/branding",
        "tenantRelationships/multiTenantOrganization/joinRequest",
        "policies/crossTenantAccessPolicy/partners/p/identitySynchronization",  # it is made
    ],
)
def test_what_is_made_is_not_there_before(client, path):
    seed(client, {"policies/crossTenantAccessPolicy/partners": [{"tenantId": "p"}]})

    assert client.get(f"/v1.0/{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "beta/networkAccess/connectivity/remoteNetworks",
        "beta/networkAccess/connectivity/branches",
        "v1.0/tenantRelationships/multiTenantOrganization/tenants",
    ],
)
def test_what_there_is_one_of_has_what_is_put_there(client, path):
    name = "displayName" if path.endswith("tenants") else "name"
    tenant = "4b827261-d21f-4aa9-b7db-7fa1f56fb163"
    besides = {"tenantId": tenant} if path.endswith("tenants") else {}
    made = client.post(f"/{path}", json={name: "there", **besides})

    assert made.status_code == 201, made.text
    assert made.json[name] == "there"
    (stored,) = client.get(f"/_fakegraph/records/{path.partition('/')[2]}").json["value"]
    assert stored["id"] == made.json["id"]


@pytest.mark.parametrize(
    "path",
    [
        "beta/me/analytics/activityStatistics",
        "v1.0/deviceManagement/managedDeviceOverview",
        "v1.0/deviceManagement/softwareUpdateStatusSummary",
        "v1.0/identity/conditionalAccess/authenticationStrength/combinations",
    ],
)
def test_what_nothing_makes_is_there_from_the_start(client, path):
    assert client.get(f"/{path}").status_code == 200


def test_the_ways_to_prove_who_one_is_are_listed(client):
    path = "/v1.0/identity/conditionalAccess/authenticationStrength/combinations"
    found = client.get(path).json["value"]
    assert {"fido2", "sms", "password,sms"} <= set(found)
    assert len(found) == len(set(found))


def test_strengths_are_there_by_both_of_their_paths(client):
    path = "identity/conditionalAccess/authenticationStrength/policies"
    made = make(client, path, {"displayName": "Own", "allowedCombinations": ["fido2"]})

    both = [listed(client, each) for each in (path, "policies/authenticationStrengthPolicies")]
    assert both[0] == both[1]
    assert made["id"] in [each["id"] for each in both[0]]
    assert len(both[0]) == 4


def test_the_numbers_of_devices_are_changed_in_their_place(client):
    path = "/v1.0/deviceManagement/softwareUpdateStatusSummary"
    assert client.patch(path, json={"compliantDeviceCount": 3}).status_code in (200, 204)
    assert client.get(path).json["compliantDeviceCount"] == 3


@pytest.mark.parametrize("method", ["post", "put"])
def test_a_multitenant_organization_is_inactive_until_it_is_made(client, method):
    path = "/v1.0/tenantRelationships/multiTenantOrganization"
    assert client.get(path).json["state"] == "inactive"
    made = getattr(client, method)(path, json={"displayName": "Group"})
    assert made.status_code == 201
    assert client.put(path, json={"displayName": "Group"}).status_code == 200
    found = client.get(path).json
    assert (found["state"], found["displayName"]) == ("active", "Group")


def test_connections_are_the_same_at_both_of_their_addresses(client):
    make(client, "external/connections", {"id": "people", "name": "HR"})

    for path in ("connections", "external/connections"):
        changed = client.patch(f"/v1.0/{path}/people", json={"name": path})
        assert changed.status_code == 204, changed.text
        for other in ("connections", "external/connections"):
            assert [each["name"] for each in listed(client, other)] == [path]


def test_a_change_makes_the_schema_of_a_connection(client):
    seed(client, {"external/connections": [{"id": "hr"}]})
    path = "/v1.0/external/connections/hr/schema"
    assert client.get(path).status_code == 404
    prop = {"name": "title", "type": "string", "isSearchable": True}

    made = client.patch(
        path, json={"baseType": "microsoft.graph.externalItem", "properties": [prop]}
    )

    assert (made.status_code, made.text) == (202, ""), made.text
    assert client.get(path).json["properties"][0]["name"] == "title"
    operation = client.get(made.headers["Location"])
    assert operation.json["status"] == "completed"


def test_a_single_thing_is_made_once(client):
    path = "/v1.0/servicePrincipals/8e0b0000-0000-4000-8000-000000000001"
    seed(client, {"servicePrincipals": [{"id": "8e0b0000-0000-4000-8000-000000000001"}]})
    single = f"{path}/remoteDesktopSecurityConfiguration"
    assert client.get(single).status_code == 404

    made = client.post(single, json={"isRemoteDesktopProtocolEnabled": True})

    assert made.status_code == 201, made.text
    assert client.get(single).json["isRemoteDesktopProtocolEnabled"] is True
    assert client.post(single, json={}).status_code == 400  # as the directory says it
    assert client.delete(single).status_code == 204
    assert client.get(single).status_code == 404


def test_permissions_may_name_a_collection_for_its_items(client):
    path = "/v1.0/admin/people/profileCardProperties"
    label = {"annotations": [{"displayName": "Cost centre"}]}
    made = client.post(path, json={"directoryPropertyName": "CustomAttribute1", **label})
    assert made.status_code == 201, made.text

    changed = client.patch(f"{path}/CustomAttribute1", json={"annotations": []})

    assert changed.status_code == 200, changed.text
    assert client.get(f"{path}/CustomAttribute1").json["annotations"] == []
    assert client.delete(f"{path}/CustomAttribute1").status_code == 204
    assert client.get(f"{path}/CustomAttribute1").status_code == 404


def test_an_item_is_added_to_a_property(client):
    seed(client, {"security/alerts_v2": [{"id": "a", "comments": [{"comment": "One"}]}]})
    path = "/v1.0/security/alerts_v2/a/comments"

    answer = client.post(path, json={"comment": "Two"})

    assert answer.status_code == 200, answer.text
    assert [each["comment"] for each in answer.json["value"]] == ["One", "Two"]
    assert [each["comment"] for each in client.get(path).json["value"]] == ["One", "Two"]
    assert client.post(path, json={"remark": "Three"}).status_code == 400
    assert client.post(path, json=[{"comment": "Three"}]).status_code == 400
    assert len(client.get(path).json["value"]) == 2


def test_a_window_of_a_bookings_calendar(client):
    def between(name, first, last):
        times = {"startDateTime": first, "endDateTime": last}
        zoned = {k: {"dateTime": v, "timeZone": "UTC"} for k, v in times.items()}
        return {"id": name, **zoned}

    path = "solutions/bookingBusinesses/b"
    appointments = [
        between("in", "2027-05-02T12:00:00", "2027-05-02T13:00:00"),
        between("out", "2027-06-02T12:00:00", "2027-06-02T13:00:00"),
        {"id": "never"},
    ]
    seed(client, {f"{path}/appointments": appointments})

    window = "start=2027-05-01T00:00:00Z&end=2027-05-31T00:00:00Z"

    assert [each["id"] for each in listed(client, f"{path}/calendarView?{window}")] == ["in"]
    assert client.get(f"/v1.0/{path}/calendarView?start=2027-05-01").status_code == 400
    assert client.get(f"/v1.0/{path}/calendarView?start=x&end=y").status_code == 400
    assert len(listed(client, f"{path}/appointments")) == 3


def test_a_seed_may_be_of_roles_whose_holders_are_not_there(client):
    nobody = f"{1:08}-0000-4000-8000-{1:012}"
    root = "roleManagement/directory"
    role = "62e90394-69f5-4237-9190-012177145e10"
    held = {"principalId": nobody, "roleDefinitionId": role, "directoryScopeId": "/"}

    seed(client, {f"{root}/roleAssignments": [{"id": "a", **held}]})
    seed(client, {f"{root}/roleAssignmentScheduleRequests": [{"id": "r"}]})

    assert client.get(f"/v1.0/{root}/roleAssignments/a").json["principalId"] == nobody
    assert client.post(f"/v1.0/{root}/roleAssignments", json=held).status_code == 404
    cancelled = client.post(f"/v1.0/{root}/roleAssignmentScheduleRequests/r/cancel")
    assert cancelled.status_code == 204


def test_an_assignment_is_asked_for_by_ids(client):
    user = "8e0b0000-0000-4000-8000-000000000001"
    seed(client, {f"{EM}/accessPackages": [{"id": "p"}], f"{EM}/assignmentPolicies": [{"id": "y"}]})
    seed(client, {"users": [{"id": user}]})
    wanted = {"targetId": user, "assignmentPolicyId": "y", "accessPackageId": "p"}
    path = f"{EM}/assignmentRequests"

    make(client, path, {"requestType": "adminAdd", "assignment": wanted})

    expanded = f"{EM}/assignments?$expand=accessPackage,assignmentPolicy,target"
    (found,) = listed(client, expanded)
    assert found["accessPackage"]["id"] == "p"
    assert found["assignmentPolicy"]["id"] == "y"
    assert found["target"]["objectId"] == user
    for name in wanted:
        other = {**wanted, name: 5 if name == "targetId" else "none"}
        refused = client.post(f"/v1.0/{path}", json={"assignment": other})
        assert refused.status_code in (400, 404), refused.text
    assert client.post(f"/v1.0/{path}", json={"targetId": user}).status_code == 400
    assert len(listed(client, f"{EM}/assignments")) == 1


def test_who_is_signed_in_is_one_of_a_school_s_users(client):
    me = client.get("/v1.0/me").json["id"]
    assert client.get("/v1.0/education/me").json["id"] == me
    seed(client, {"education/classes": [{"id": "c"}], "education/users": [{"id": me}]})
    client.post("/v1.0/education/classes/c/members/$ref", json=_link(f"education/users/{me}"))

    assert [each["id"] for each in listed(client, "education/me/classes")] == ["c"]
    changed = client.patch("/v1.0/education/me", json={"externalSource": "sis"})
    assert changed.status_code == 200, changed.text
    assert client.get(f"/v1.0/education/users/{me}").json["externalSource"] == "sis"


def test_a_link_may_lead_to_what_is_my_own(client):
    path = "education/classes/c/assignments"
    seed(client, {path: [{"id": "a"}], "education/me/rubrics": [{"id": "r"}]})

    answer = client.put(f"/v1.0/{path}/a/rubric/$ref", json=_link("education/me/rubrics/r"))

    assert answer.status_code == 204, answer.text
    assert client.get(f"/v1.0/{path}/a/rubric").json["id"] == "r"


def test_a_content_type_has_the_base_that_a_body_says(client):
    seed(client, {"sites": [{"id": "s"}]})
    base = {"id": "0x0120D520", "name": "Document Set"}

    made = make(client, "sites/s/contentTypes", {"name": "docSet", "base": base})

    assert client.get(f"/v1.0/sites/s/contentTypes/{made['id']}").json["base"] == base


def test_a_method_of_signing_in_is_there_to_be_configured(client):
    path = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations"
    fido = f"{path}/fido2"
    assert client.get(fido).json["id"] == "Fido2"
    assert client.get(f"{path}/carrierPigeon").status_code == 404

    for targets in (["all_users"], ["a", "b"]):
        body = {
            "@odata.type": "#microsoft.graph.fido2AuthenticationMethodConfiguration",
            "state": "enabled",
            "includeTargets": [{"targetType": "group", "id": each} for each in targets],
        }
        assert client.patch(fido, json=body).status_code == 204

        found = client.get(
            f"{fido}/microsoft.graph.fido2AuthenticationMethodConfiguration?$expand=includeTargets"
        ).json
        assert [each["id"] for each in found["includeTargets"]] == targets
    assert client.patch(fido, json={"state": "disabled"}).status_code == 204
    assert client.get(fido).json["state"] == "disabled"


def test_a_policy_grants_by_a_strength(client):
    strengths = "policies/authenticationStrengthPolicies"
    seed(client, {strengths: [{"id": "s", "displayName": "Strong"}]})
    path = "identity/conditionalAccess/policies"
    users = {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}}
    url = f"https://graph.microsoft.com/v1.0/{strengths}"

    for said in (
        {"authenticationStrength": {"id": "s"}},
        {"authenticationStrength@odata.bind": f"{url}/s"},
        {"authenticationStrength": {"@odata.id": f"{url}/s"}},
    ):
        grants = {"operator": "OR", **said}
        policy = {"displayName": "P", "state": "disabled", "conditions": users}
        made = make(client, path, {**policy, "grantControls": grants})

        assert made["grantControls"]["authenticationStrength"] == {"id": "s"}
        strength = f"/v1.0/{path}/{made['id']}/grantControls?$expand=authenticationStrength"
        assert client.get(strength).status_code == 200
    grants = {"operator": "OR", "authenticationStrength@odata.bind": f"{url}/none"}
    refused = client.post(f"/v1.0/{path}", json={**policy, "grantControls": grants})
    assert refused.status_code == 404


def test_a_page_is_made_with_its_layout(client):
    seed(client, {"sites": [{"id": "s"}]})
    part = {"@odata.type": "#microsoft.graph.textWebPart", "innerHtml": "<p>Hello</p>"}
    section = {"layout": "oneColumn", "columns": [{"width": 12, "webparts": [part]}]}

    made = make(
        client,
        "sites/s/pages",
        {
            "@odata.type": "#microsoft.graph.sitePage",
            "name": "hello.aspx",
            "canvasLayout": {"horizontalSections": [section]},
        },
    )

    page = f"/v1.0/sites/s/pages/{made['id']}/microsoft.graph.sitePage?$expand=canvasLayout"
    inner = "$expand=horizontalSections($expand=columns($expand=webparts))"
    layout = client.get(f"{page}({inner})").json["canvasLayout"]
    (found,) = layout["horizontalSections"][0]["columns"][0]["webparts"]
    assert found["innerHtml"] == "<p>Hello</p>"


def test_what_lies_in_several_places_is_found_by_its_id(client):
    store = "sites/s/termStore"
    seed(client, {f"{store}/groups": [{"id": "g"}], "sites/t/termStore/groups": [{"id": "twice"}]})
    seed(client, {f"{store}/groups": [{"id": "twice"}]})
    body = {
        "localizedNames": [{"languageTag": "en-US", "name": "Cars"}],
        "parentGroup": {"id": "g"},
    }

    made = make(client, f"{store}/sets", body)

    found = client.get(f"/v1.0/{store}/sets/{made['id']}?$expand=parentGroup").json
    assert found["parentGroup"]["id"] == "g"
    body["parentGroup"]["id"] = "none"
    assert client.post(f"/v1.0/{store}/sets", json=body).status_code == 404


def _link(path):
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/{path}"}
