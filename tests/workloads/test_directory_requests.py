"""Requests for roles, the life of groups, and what else is asked of the directory now and then."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user
from tests.workloads.test_directory_values import group, unified

ROOT = "roleManagement/directory"
READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
START = {"startDateTime": "2020-01-01T00:00:00Z", "expiration": {"type": "noExpiration"}}
SHIFT = {**START, "expiration": {"type": "afterDuration", "duration": "PT8H"}}
NOBODY = "4e7a3f0a-0000-4000-8000-0000000000ff"


def request(client, who, action="adminAssign", kind="roleAssignment", **more):
    body = {"action": action, "principalId": who, "roleDefinitionId": READER}
    body |= {"directoryScopeId": "/", "justification": "x", "scheduleInfo": START, **more}
    return client.post(f"/v1.0/{ROOT}/{kind}ScheduleRequests", json=body)


@pytest.fixture
def ada(client):
    return make(client, "users", user())["id"]


def roles(client):
    return [each["roleDefinitionId"] for each in listed(client, f"{ROOT}/roleAssignments")]


def test_a_role_is_assigned_and_removed_by_request(client, ada):
    made = request(client, ada)
    assert (made.status_code, made.json["status"]) == (201, "Provisioned")
    unsaid = {"approvalId": None, "appScopeId": None, "isValidationOnly": False}
    assert {name: made.json[name] for name in unsaid} == unsaid
    assert made.json["ticketInfo"] == {"ticketNumber": None, "ticketSystem": None}
    assert made.json["createdBy"]["user"]["id"]
    assert roles(client) == [READER]
    (schedule,) = listed(client, f"{ROOT}/roleAssignmentSchedules?$expand=principal")
    assert schedule["id"] == made.json["targetScheduleId"]
    assert (schedule["principal"]["id"], schedule["assignmentType"]) == (ada, "Assigned")
    (instance,) = listed(client, f"{ROOT}/roleAssignmentScheduleInstances")
    assert instance["roleAssignmentScheduleId"] == schedule["id"]
    again = request(client, ada)
    assert_error(again, 400, "RoleAssignmentExists", "The Role assignment already exists.")
    (role,) = listed(client, "directoryRoles")
    assert [each["id"] for each in listed(client, f"directoryRoles/{role['id']}/members")] == [ada]
    assert request(client, ada, "adminRemove").json["status"] == "Revoked"
    assert listed(client, f"directoryRoles/{role['id']}/members") == []
    for name in ("roleAssignments", "roleAssignmentSchedules", "roleAssignmentScheduleInstances"):
        assert listed(client, f"{ROOT}/{name}") == []
    assert_error(request(client, ada, "adminRemove"), 400, "RoleAssignmentDoesNotExist")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"directoryScopeId": "somewhere"}, "Request_BadRequest"),
        ({"directoryScopeId": None}, "BadRequest"),
        ({"action": "adminExtend"}, "RoleAssignmentDoesNotExist"),
        ({"action": "adminUpdate"}, "RoleAssignmentDoesNotExist"),
        ({"action": "selfActivate", "kind": "roleEligibility"}, "BadRequest"),
        *(
            ({"scheduleInfo": {"expiration": each}}, "RoleAssignmentRequestPolicyValidationFailed")
            for each in (
                {"type": "afterDuration"},
                {"type": "afterDuration", "duration": "-PT8H"},
                {"type": "afterDateTime"},
                {"type": "afterDateTime", "endDateTime": "2020-01-01T00:00:00Z"},
            )
        ),
    ],
)
def test_a_request_that_cannot_be_carried_out_is_refused(client, ada, said, code):
    for more in ({}, {"isValidationOnly": True}):
        assert_error(request(client, ada, **said, **more), 400, code)
    assert listed(client, f"{ROOT}/roleAssignmentSchedules") == []


def test_roles_and_assignments_that_cannot_be_are_refused(client, ada):
    path, both = f"/v1.0/{ROOT}/roleAssignments", {"directoryScopeId": "/", "appScopeId": "/"}
    body = {"principalId": ada, "roleDefinitionId": READER, **both}
    assert_error(client.post(path, json=body), 400, "Request_BadRequest", "not both")
    permissions = [{"allowedResourceActions": ["everything"]}]
    role = {"displayName": "x", "isEnabled": True, "rolePermissions": permissions}
    refused = client.post(f"/v1.0/{ROOT}/roleDefinitions", json=role)
    assert_error(refused, 400, "Request_BadRequest", "Resource action 'everything'")
    strange = {"ids": [ada], "types": ["users"]}
    refused = client.post("/v1.0/directoryObjects/getByIds", json=strange)
    assert_error(refused, 400, "Request_BadRequest", "'users'")


def test_a_role_that_is_had_for_a_while_says_until_when(client, ada):
    expiration = {"type": "afterDuration", "duration": "PT8H"}
    start = {"startDateTime": "2020-01-01T00:00:00Z", "expiration": expiration}
    assert request(client, ada, isValidationOnly=True, scheduleInfo=start).status_code == 201
    assert listed(client, f"{ROOT}/roleAssignmentScheduleInstances") == []
    assert request(client, ada, scheduleInfo=start).status_code == 201
    (instance,) = listed(client, f"{ROOT}/roleAssignmentScheduleInstances")
    assert instance["endDateTime"] == "2020-01-01T08:00:00Z"


def test_who_is_eligible_activates_a_role(client, ada):
    refused = request(client, ada, "selfActivate", scheduleInfo=SHIFT)
    assert_error(refused, 400, "RoleAssignmentRequestPolicyValidationFailed", "no eligible")
    assert request(client, ada, kind="roleEligibility").status_code == 201
    assert roles(client) == []
    assert request(client, ada, "selfActivate", scheduleInfo=SHIFT).status_code == 201
    assert roles(client) == [READER]
    (schedule,) = listed(client, f"{ROOT}/roleAssignmentSchedules")
    assert schedule["assignmentType"] == "Activated"
    mine = listed(client, f"{ROOT}/roleEligibilitySchedules/filterByCurrentUser(on='principal')")
    assert [each["principalId"] for each in mine] == [ada]
    assert request(client, ada, "selfDeactivate").status_code == 201
    assert roles(client) == []


def test_the_policy_of_a_role_says_for_how_long_it_is_activated(client, ada):
    where = f"scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '{READER}'"
    path = "policies/roleManagementPolicyAssignments"
    (found,) = listed(client, f"{path}?$filter={where}&$expand=policy($expand=rules)")
    assert (found["policy"]["id"], found["policy"]["scopeType"]) == (
        found["policyId"],
        "DirectoryRole",
    )
    assert (
        len(found["policy"]["rules"])
        == len(listed(client, f"policies/roleManagementPolicies/{found['policyId']}/rules"))
        == 17
    )
    rule = f"/v1.0/policies/roleManagementPolicies/{found['policyId']}/rules/Expiration_EndUser_Assignment"
    assert client.get(rule).json["maximumDuration"] == "PT8H"
    request(client, ada, kind="roleEligibility")
    longer = {**START, "expiration": {"type": "afterDuration", "duration": "PT9H"}}
    for too_long in (longer, START):
        refused = request(client, ada, "selfActivate", scheduleInfo=too_long)
        assert_error(refused, 400, "RoleAssignmentRequestPolicyValidationFailed", "ExpirationRule")
    kind = "#microsoft.graph.unifiedRoleManagementPolicyExpirationRule"
    changed = client.patch(rule, json={"@odata.type": kind, "maximumDuration": "PT10H"})
    assert changed.status_code in (200, 204), changed.text
    assert (
        client.get(rule.replace("/rules/", "/effectiveRules/")).json["maximumDuration"] == "PT10H"
    )
    assert request(client, ada, "selfActivate", scheduleInfo=longer).status_code == 201


@pytest.mark.parametrize("changes", [{"principalId": NOBODY}, {"roleDefinitionId": NOBODY}])
def test_a_request_is_for_somebody_and_a_role_that_are_there(client, ada, changes):
    refused = request(client, ada, **changes)
    assert_error(refused, 404, "Request_ResourceNotFound", f"Resource '{NOBODY}'")
    assert listed(client, f"{ROOT}/roleAssignmentScheduleRequests") == []


@pytest.mark.parametrize("kind", ["roleAssignment", "roleEligibility"])
def test_a_request_for_later_waits_and_can_be_cancelled(client, ada, kind):
    later = {"scheduleInfo": {**START, "startDateTime": "2100-01-01T00:00:00Z"}}
    made = request(client, ada, kind=kind, **later).json
    assert (made["status"], roles(client)) == ("Granted", [])
    path = f"/v1.0/{ROOT}/{kind}ScheduleRequests/{made['id']}"
    assert client.post(f"{path}/cancel").status_code == 204
    assert client.get(path).json["status"] == "Canceled"
    assert client.post(f"{path}/cancel").status_code == 400
    validated = request(client, ada, kind=kind, isValidationOnly=True)
    assert (validated.status_code, listed(client, f"{ROOT}/{kind}Schedules")) == (201, [])


# Access to groups ---------------------------------------------------------------------------------

ACCESS = "identityGovernance/privilegedAccess/group"


@pytest.fixture
def crew(client):
    return make(client, "groups", group())["id"]


def access(client, who, where, action, kind="assignment", **more):
    body = {"accessId": "member", "principalId": who, "groupId": where, "action": action}
    body |= {"justification": "x", "scheduleInfo": START, **more}
    return client.post(f"/v1.0/{ACCESS}/{kind}ScheduleRequests", json=body)


def in_it(client, id_, relation="members"):
    return [each["id"] for each in listed(client, f"groups/{id_}/{relation}")]


def test_who_is_eligible_for_a_group_activates_it(client, ada, crew):
    refused = access(client, ada, crew, "selfActivate")
    assert_error(refused, 400, "RoleAssignmentRequestPolicyValidationFailed")
    assert access(client, ada, crew, "adminAssign", "eligibility").json["status"] == "Provisioned"
    assert in_it(client, crew) == []
    mine = f"{ACCESS}/eligibilitySchedules/filterByCurrentUser(on='principal')?$expand=group"
    (eligible,) = listed(client, mine)
    assert (eligible["group"]["id"], eligible["memberType"]) == (crew, "direct")

    made = access(client, ada, crew, "selfActivate")

    assert (made.status_code, in_it(client, crew)) == (201, [ada])
    assert made.json["targetScheduleId"] == f"{crew}_member_{made.json['id']}"
    (schedule,) = listed(client, f"{ACCESS}/assignmentSchedules?$expand=principal")
    assert (schedule["id"], schedule["principal"]["id"]) == (made.json["targetScheduleId"], ada)
    assert schedule["assignmentType"] == "activated"
    (instance,) = listed(client, f"{ACCESS}/assignmentScheduleInstances")
    assert instance["assignmentScheduleId"] == schedule["id"]
    assert access(client, ada, crew, "selfDeactivate").json["status"] == "Revoked"
    assert (in_it(client, crew), listed(client, f"{ACCESS}/assignmentSchedules")) == ([], [])


def test_owning_a_group_is_assigned_and_removed(client, ada, crew):
    for _ in range(2):
        made = access(client, ada, crew, "adminAssign", accessId="owner")
        assert (made.status_code, in_it(client, crew, "owners")) == (201, [ada])
        again = access(client, ada, crew, "adminAssign", accessId="owner")
        assert_error(again, 400, "RoleAssignmentExists")
        assert access(client, ada, crew, "adminRemove", accessId="owner").status_code == 201
        assert in_it(client, crew, "owners") == []
    nowhere = access(client, ada, NOBODY, "adminAssign")
    assert_error(nowhere, 404, "Request_ResourceNotFound", NOBODY)
    assert access(client, ada, crew, "adminAssign", accessId=None).status_code == 400
    assert_error(access(client, crew, crew, "adminAssign"), 400, "Request_BadRequest")
    later = {**START, "startDateTime": "2100-01-01T00:00:00Z"}
    waits = access(client, ada, crew, "adminAssign", scheduleInfo=later).json
    assert (waits["status"], in_it(client, crew)) == ("Granted", [])
    assert (
        client.post(f"/v1.0/{ACCESS}/assignmentScheduleRequests/{waits['id']}/cancel").data == b""
    )


# Groups -------------------------------------------------------------------------------------------


def ends(client, id_):
    return client.get(f"/v1.0/groups/{id_}?$select=expirationDateTime").json["expirationDateTime"]


def test_groups_expire_by_the_one_policy(client):
    client.put("/_fakegraph/clock", json={"now": "2026-05-04T03:02:01Z"})
    team, plain = make(client, "groups", unified())["id"], make(client, "groups", group())["id"]
    policy = {"groupLifetimeInDays": 100, "managedGroupTypes": "Selected"}
    path = f"/v1.0/groupLifecyclePolicies/{make(client, 'groupLifecyclePolicies', policy)['id']}"
    second = client.post("/v1.0/groupLifecyclePolicies", json=policy)
    assert second.status_code == 400
    for id_, changed in ((team, True), (team, False), (plain, False)):
        assert client.post(f"{path}/addGroup", json={"groupId": id_}).json["value"] is changed
    assert [ends(client, each) for each in (team, plain)] == ["2026-08-12T03:02:01Z", None]
    policies = [listed(client, f"groups/{each}/groupLifecyclePolicies") for each in (team, plain)]
    assert [len(each) for each in policies] == [1, 0]
    client.put("/_fakegraph/clock", json={"now": "2026-05-05T03:02:01Z"})
    assert client.post(f"/v1.0/groups/{team}/renew").status_code == 204
    assert ends(client, team) == "2026-08-13T03:02:01Z"
    assert client.post(f"{path}/removeGroup", json={"groupId": team}).json["value"] is True
    assert ends(client, team) is None
    unknown = client.post(f"{path}/addGroup", json={"groupId": NOBODY})
    assert_error(unknown, 404, "Request_ResourceNotFound", NOBODY)

    changed = client.patch(path, json={"managedGroupTypes": "All", "groupLifetimeInDays": 10})
    assert (changed.status_code, changed.json["groupLifetimeInDays"]) == (200, 10)
    assert [ends(client, each) for each in (team, plain)] == ["2026-05-15T03:02:01Z", None]
    new = make(client, "groups", unified(mailNickname="new"))
    assert ends(client, new["id"]) == "2026-05-15T03:02:01Z"
    assert client.post(f"{path}/addGroup", json={"groupId": team}).status_code == 400
    assert client.delete(path).status_code == 204
    assert ends(client, team) is None


@pytest.mark.parametrize(("act", "name", "value"), [
    ("subscribeByMail", "isSubscribedByMail", True),
    ("unsubscribeByMail", "isSubscribedByMail", False),
    ("addFavorite", "isFavorite", True), ("removeFavorite", "isFavorite", False),
    ("resetUnseenCount", "unseenCount", 0)])  # fmt: skip
def test_what_a_user_has_of_a_group_is_set(client, act, name, value):
    team, plain = make(client, "groups", unified())["id"], make(client, "groups", group())["id"]
    assert client.post(f"/v1.0/groups/{team}/{act}").status_code == 204
    assert client.get(f"/v1.0/groups/{team}?$select={name}").json[name] == value
    refused = client.post(f"/v1.0/groups/{plain}/{act}")
    assert_error(refused, 400, "Request_BadRequest", "Microsoft 365 groups")


# The rest -----------------------------------------------------------------------------------------


def test_extension_properties_of_all_applications_are_listed(client):
    for number in range(2):
        app = make(client, "applications", {"displayName": f"app {number}"})["id"]
        body = {"name": "x", "dataType": "String", "targetObjects": ["User"]}
        make(client, f"applications/{app}/extensionProperties", body)
    path = "/v1.0/directoryObjects/getAvailableExtensionProperties"
    found = client.post(path, json={}).json["value"]
    assert sorted(each["appDisplayName"] for each in found) == ["app 0", "app 1"]
    for synced, count in ((True, 0), (False, 2)):
        answer = client.post(path, json={"isSyncedFromOnPremises": synced})
        assert len(answer.json["value"]) == count


def test_the_publisher_of_an_application_is_verified(client):
    path = f"/v1.0/applications/{make(client, 'applications', {'displayName': 'x'})['id']}"
    body = {"verifiedPublisherId": "1234567"}
    assert client.post(f"{path}/setVerifiedPublisher", json=body).status_code == 204
    assert client.get(path).json["verifiedPublisher"]["verifiedPublisherId"] == "1234567"
    assert client.post(f"{path}/unsetVerifiedPublisher").status_code == 204
    assert set(client.get(path).json["verifiedPublisher"].values()) == {None}
    wrong = client.post(f"{path}/setVerifiedPublisher", json={"verifiedPublisherId": "x"})
    assert wrong.status_code == 400


def test_a_domain_is_deleted_with_its_users_moved(client):
    domains = [{"id": "contoso.com", "isVerified": True}]
    domains.append({"id": "contoso.onmicrosoft.com", "isInitial": True, "isVerified": True})
    seed(client, {"domains": domains})
    ada = make(client, "users", user(mail="ada@contoso.com"))["id"]
    unified = {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False}
    named = {"displayName": "Team", "mailNickname": "team"}
    team = make(client, "groups", {**named, **unified})["id"]
    uris = {"identifierUris": ["https://contoso.com/a", "api://contoso.com/a"]}
    app = make(client, "applications", {"displayName": "A", **uris})
    assert client.delete("/v1.0/domains/contoso.com").status_code == 400
    of_others = client.post("/v1.0/domains/contoso.com/forceDelete", json={})
    assert (of_others.status_code, "multitenant" in of_others.text) == (400, True)
    own = {"signInAudience": "AzureADMyOrg"}
    assert client.patch(f"/v1.0/applications/{app['id']}", json=own).status_code == 204
    answer = client.post(
        "/v1.0/domains/contoso.com/forceDelete", json={"disableUserAccounts": True}
    )
    assert answer.status_code == 204
    found = client.get(f"/v1.0/users/{ada}?$select=userPrincipalName,accountEnabled").json
    assert found["userPrincipalName"] == "ada@contoso.onmicrosoft.com"
    assert found["accountEnabled"] is False
    assert [each["id"] for each in listed(client, "domains")] == ["contoso.onmicrosoft.com"]
    addresses = client.get(f"/v1.0/users/{ada}?$select=mail,proxyAddresses").json
    assert addresses["mail"] == "ada@contoso.onmicrosoft.com"
    assert addresses["proxyAddresses"] == ["SMTP:ada@contoso.onmicrosoft.com"]
    assert client.get(f"/v1.0/groups/{team}").json["mail"] == "team@contoso.onmicrosoft.com"
    uris = client.get(f"/v1.0/applications/{app['id']}").json["identifierUris"]
    assert uris == ["https://contoso.onmicrosoft.com/a", "api://contoso.onmicrosoft.com/a"]
    only = client.post("/v1.0/domains/contoso.onmicrosoft.com/forceDelete", json={})
    assert only.status_code == 400


@pytest.mark.parametrize(("act", "state"), [
    ("confirmCompromised", "confirmedCompromised"), ("confirmSafe", "confirmedSafe"),
    ("dismiss", "dismissed")])  # fmt: skip
def test_sign_ins_are_said_to_be_safe_or_not(client, act, state):
    signs = [{"id": name, "createdDateTime": "2026-11-01T00:00:00Z"} for name in ("a", "b")]
    seed(client, {"auditLogs/signIns": signs})
    answer = client.post(f"/v1.0/auditLogs/signIns/{act}", json={"requestIds": ["a"]})
    assert answer.status_code == 204, answer.text
    risks = {name: client.get(f"/v1.0/auditLogs/signIns/{name}").json for name in "ab"}
    assert (risks["a"]["riskState"], risks["b"]["riskState"]) == (state, None)


def test_a_provisioning_job_is_paused_and_started(client):
    principal = {"id": NOBODY, "appId": NOBODY}
    seed(client, {"servicePrincipals": [principal]})
    jobs = f"servicePrincipals/{NOBODY}/synchronization/jobs"
    seed(client, {jobs: [{"id": "j", "templateId": "x"}]})
    for act, code in (("start", "Active"), ("pause", "Paused"), ("restart", "Active")):
        body = {"criteria": {"resetScope": "Watermark"}} if act == "restart" else None
        assert client.post(f"/v1.0/{jobs}/j/{act}", json=body).status_code == 204
        assert client.get(f"/v1.0/{jobs}/j").json["status"]["code"] == code
