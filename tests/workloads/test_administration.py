"""What administrators do in one request: each effect, as it is read after."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.graph.whole.test_permissions import send as ask
from tests.workloads.test_files import put

USERS = {
    "users": [{"id": each, "userPrincipalName": f"{each}@contoso.com"} for each in ("ada", "bob")]
}
SITE = "contoso.sharepoint.com,da60e844-ba1d-49bc-b4d4-d5e36bae9019,712a596e-90a1-49e3-9b48-bfa80bee8740"
LABEL = "5feba255-812e-446a-ac59-a7044ef827b5"


# The tenant ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "has"),
    [
        ({"servicePlanName": "TEAMS1", "provisioningStatus": "Success"}, True),
        ({"servicePlanName": "TEAMS1", "provisioningStatus": "Disabled"}, False),
        ({"servicePlanName": "EXCHANGE_S_STANDARD", "provisioningStatus": "Success"}, False),
    ],
)
def test_a_licence_of_teams_is_seen_by_its_plan(client, plan, has):
    seed(client, {**USERS, "users/ada/licenseDetails": [{"id": "l", "servicePlans": [plan]}]})

    found = client.get("/v1.0/users/ada/licenseDetails/getTeamsLicensingDetails").json

    assert found["hasTeamsLicense"] is has


def test_a_tenant_is_known_by_its_id_and_its_domains(client):
    domain = {"id": "contoso.com", "isVerified": True, "isDefault": True}
    seed(client, {"organization": [{"displayName": "Contoso"}], "domains": [domain]})
    (own,) = listed(client, "organization")
    path = "/v1.0/tenantRelationships/findTenantInformationBy"
    said = {"tenantId": own["id"], "displayName": "Contoso", "defaultDomainName": "contoso.com"}

    for query in (f"TenantId(tenantId='{own['id']}')", "DomainName(domainName='Contoso.com')"):
        found = client.get(path + query).json
        assert {name: found[name] for name in said} == said
    for query in ("TenantId(tenantId='x')", "DomainName(domainName='fabrikam.com')"):
        assert_error(client.get(path + query), 404, "Directory_ObjectNotFound")


def test_a_strength_is_used_by_policies(client):
    strengths = "policies/authenticationStrengthPolicies"
    (mfa,) = (
        each["id"]
        for each in listed(client, strengths)
        if each["displayName"] == "Multifactor authentication"
    )
    conditions = {
        "applications": {"includeApplications": ["All"]},
        "clientAppTypes": ["all"],
        "users": {"includeUsers": ["All"]},
    }
    bound = {
        "authenticationStrength@odata.bind": f"https://graph.microsoft.com/v1.0/{strengths}/{mfa}"
    }
    said = {"displayName": "Strong", "state": "enabled", "conditions": conditions}
    controls = {"operator": "OR", **bound}
    made = make(client, "identity/conditionalAccess/policies", {**said, "grantControls": controls})

    used = client.get(f"/v1.0/{strengths}/{mfa}/usage").json

    assert [each["id"] for each in used["mfa"]] == [made["id"]]
    assert used["none"] == []
    other = next(each["id"] for each in listed(client, strengths) if each["id"] != mfa)
    assert client.get(f"/v1.0/{strengths}/{other}/usage").json["mfa"] == []


def test_policies_of_teams_are_assigned_to_users(client):
    seed(client, USERS)
    path = "admin/teams/policy/userAssignments"

    def send(action, **said):
        body = {"value": [{"userId": "ada", "policyType": "TeamsMeetingPolicy", **said}]}
        return client.post(f"/v1.0/{path}/{action}", json=body)

    def policies():
        return [(each["userId"], each["policyId"]) for each in listed(client, path)]

    assert send("assign", policyId="a").status_code == 204
    assert send("assign", policyId="b").status_code == 204
    assert policies() == [("ada", "b")]
    assert send("unassign").status_code == 204
    assert policies() == []
    assert_error(send("assign"), 400, "BadRequest")
    assert_error(send("assign", policyId="a", userId="zoe"), 404, "ResourceNotFound")


def test_what_lies_in_a_place_is_found_at_any_depth(client):
    of = "#microsoft.graph."
    seed(
        client,
        {
            "places": [
                {"@odata.type": f"{of}building", "id": "b"},
                {"@odata.type": f"{of}floor", "id": "f", "parentId": "b"},
                {"@odata.type": f"{of}room", "id": "r", "parentId": "f"},
                {"@odata.type": f"{of}room", "id": "elsewhere"},
            ]
        },
    )

    assert [each["id"] for each in listed(client, "places/b/descendants")] == ["f", "r"]
    assert listed(client, "places/r/descendants") == []


def test_a_place_is_found_by_its_address(client):
    room = {"@odata.type": "#microsoft.graph.room", "displayName": "R"}
    seed(client, {"places": [{**room, "id": "r", "emailAddress": "r1@contoso.com"}]})
    change = {"@odata.type": "microsoft.graph.room", "capacity": 50}
    assert client.patch("/v1.0/places/R1@contoso.com", json=change).json["capacity"] == 50
    other = client.patch("/v1.0/places/r", json={"emailAddress": "r2@contoso.com"})
    assert_error(other, 400, "BadRequest", "Property 'emailAddress' is read-only")
    assert client.get("/v1.0/places/r1@contoso.com").json["id"] == "r"
    texts = {
        "@odata.type": "microsoft.graph.Room",
        "capacity": "60",
        "isWheelchairAccessible": True,
    }
    changed = client.patch("/v1.0/places/r", json=texts)
    assert changed.status_code == 200, changed.text
    assert (changed.json["capacity"], changed.json["isWheelChairAccessible"]) == (60, True)
    seed(client, {"places": [{"@odata.type": "#microsoft.graph.roomList", "id": "l", "emailAddress": "l@contoso.com", "rooms": [{"id": "in", "displayName": "I"}]}]})  # fmt: skip
    rooms = listed(client, "places/l@contoso.com/microsoft.graph.roomList/rooms")
    assert [each["id"] for each in rooms] == ["in"]


def test_what_cannot_be_seen_on_graph_is_noted(client):
    seed(client, USERS)
    assert client.get("/_fakegraph/noted").json == {}

    for name in ("startWorkingTime", "endWorkingTime"):
        path = f"/v1.0/users/ada/solutions/workingTimeSchedule/{name}"
        assert client.post(path).status_code == 204
    wiped = client.post(
        "/v1.0/users/ada/wipeManagedAppRegistrationsByDeviceTag", json={"deviceTag": "t"}
    )
    assert wiped.status_code == 204, wiped.text
    email = {"displayName": "Phish", "action": "softDelete", "analyzedEmails": [{"id": "1"}]}
    answer = client.post("/v1.0/security/collaboration/analyzedEmails/remediate", json=email)
    assert answer.status_code == 202, answer.text

    noted = client.get("/_fakegraph/noted").json
    actions = [each["action"] for each in noted["workingTimes"]]
    assert actions == ["startWorkingTime", "endWorkingTime"]
    (wipe,) = noted["appWipes"]
    assert (wipe["about"], wipe["deviceTag"]) == ("ada", "t")
    (told,) = noted["emailRemediations"]
    assert (told["displayName"], told["action"]) == ("Phish", "softDelete")


# Access -------------------------------------------------------------------------------------------

GOVERNED = "identityGovernance/entitlementManagement"
WORKFLOWS = "identityGovernance/lifecycleWorkflows/workflows"


def test_a_package_says_what_its_policies_ask_for(client):
    approval = {"isApprovalRequiredForAdd": True, "isRequestorJustificationRequired": True}
    question = {
        "@odata.type": "#microsoft.graph.accessPackageTextInputQuestion",
        "id": "why",
        "text": "Why?",
    }
    policy = {
        "id": "q",
        "displayName": "All",
        "accessPackage": {"id": "p"},
        "requestApprovalSettings": approval,
        "questions": [question],
    }
    packages = f"{GOVERNED}/accessPackages"
    seed(
        client,
        {packages: [{"id": "p"}, {"id": "other"}], f"{GOVERNED}/assignmentPolicies": [policy]},
    )

    def asked(package):
        answer = client.post(f"/v1.0/{packages}/{package}/getApplicablePolicyRequirements")
        assert answer.status_code == 200, answer.text
        return answer.json["value"]

    (found,) = asked("p")
    assert (found["policyId"], found["policyDisplayName"]) == ("q", "All")
    assert {name: found[name] for name in approval} == approval
    assert found["isApprovalRequiredForUpdate"] is False
    assert [each["text"] for each in found["questions"]] == ["Why?"]
    assert asked("other") == []


def test_a_preview_of_a_workflow_has_results_and_is_no_run(client):
    path = f"{WORKFLOWS}/w"
    seed(client, {**USERS, WORKFLOWS: [{"id": "w"}], f"{path}/tasks": [{"id": "1"}]})
    told = {"headers": {"Prefer": "include-unknown-enum-members"}}
    asked = f"{path}/userProcessingResults?$expand=subject"

    for subjects in ([], [{"id": "none"}], [{"id": "ada"}] * 11):
        wrong = client.post(f"/v1.0/{path}/previewWorkflow", json={"subjects": subjects})
        assert wrong.status_code in (400, 404), wrong.text
    assert listed(client, asked) == []
    right = {"subjects": [{"id": "ada"}]}
    assert client.post(f"/v1.0/{path}/previewWorkflow", json=right).status_code == 204

    (found,) = listed(client, f"{asked}&$filter=workflowExecutionType eq 'preview'", **told)
    assert (found["subject"]["id"], found["totalTasksCount"]) == ("ada", 1)
    assert listed(client, f"{path}/runs") == []


@pytest.mark.parametrize("outcome", ["completed", "failed"])
def test_an_extension_says_what_came_of_a_task_once(client, outcome):
    results = f"{WORKFLOWS}/w/tasks/1/taskProcessingResults"
    seed(
        client,
        {
            WORKFLOWS: [{"id": "w"}],
            f"{WORKFLOWS}/w/tasks": [{"id": "1"}],
            results: [{"id": "r", "processingStatus": "inProgress"}],
        },
    )
    body = {"source": "s", "type": "lifecycleEvent", "data": {"operationStatus": outcome}}
    path = f"/v1.0/{results}/r"

    assert client.post(f"{path}/resume", json={**body, "data": {}}).status_code == 400
    assert client.post(f"{path}/resume", json=body).status_code == 204

    found = client.get(path).json
    assert (found["processingStatus"], "completedDateTime" in found) == (outcome, True)
    assert client.post(f"{path}/resume", json=body).status_code == 400


def test_a_workflow_is_run_for_some(client):
    path = f"{WORKFLOWS}/w"
    tasks = [{"id": n, "taskDefinitionId": f"d{n}"} for n in ("1", "2")]
    seed(client, {**USERS, WORKFLOWS: [{"id": "w"}], f"{path}/tasks": tasks})
    client.put("/_fakegraph/clock", json={"now": "2026-03-01T08:00:00Z", "frozen": True})
    both = {"subjects": [{"id": "ada"}, {"id": "bob"}]}

    assert client.post(f"/v1.0/{path}/activate", json=both).status_code == 204

    (run,) = listed(client, f"{path}/runs")
    assert (run["processingStatus"], run["workflowExecutionType"]) == ("completed", "onDemand")
    assert (run["totalUsersCount"], run["totalTasksCount"]) == (2, 4)
    results = listed(client, f"{path}/userProcessingResults?$expand=subject")
    assert [each["subject"]["id"] for each in results] == ["ada", "bob"]

    def summary(of, year):
        times = f"startDateTime={year}-01-01T00:00:00Z,endDateTime={year + 1}-01-01T00:00:00Z"
        return client.get(f"/v1.0/{path}/{of}/summary({times})").json

    counts = summary("runs", 2026)
    assert (counts["totalRuns"], counts["successfulRuns"], counts["totalUsers"]) == (1, 1, 2)
    assert summary("runs", 2020)["totalRuns"] == 0
    counts = summary("userProcessingResults", 2026)
    assert (counts["totalUsers"], counts["successfulUsers"], counts["totalTasks"]) == (2, 2, 4)
    counts = summary("taskReports", 2026)
    assert (counts["totalTasks"], counts["successfulTasks"], counts["failedTasks"]) == (4, 4, 0)
    assert summary("taskReports", 2020)["totalTasks"] == 0
    nobody = {"subjects": [{"id": "zoe"}]}
    assert_error(client.post(f"/v1.0/{path}/activate", json=nobody), 404, "ResourceNotFound")
    assert_error(client.post(f"/v1.0/{path}/activate", json={"subjects": []}), 400, "BadRequest")


def test_what_came_of_all_workflows_is_counted(client):
    path = f"{WORKFLOWS}/w"
    tasks = [{"id": n, "taskDefinitionId": f"d{n}", "displayName": f"Task {n}"} for n in ("1", "2")]
    workflows = [{"id": "w", "displayName": "Leavers", "category": "leaver"}, {"id": "idle"}]
    failed = {"failedUsersCount": 1, "totalUsersCount": 1, "failedTasksCount": 1}
    run = {"id": "r", "processingStatus": "failed", "startedDateTime": "2026-02-01T00:00:00Z"}
    runs = [{**run, **failed, "totalTasksCount": 1}]
    seed(client, {**USERS, WORKFLOWS: workflows, f"{path}/tasks": tasks, f"{path}/runs": runs})
    client.put("/_fakegraph/clock", json={"now": "2026-03-01T08:00:00Z", "frozen": True})
    both = {"subjects": [{"id": "ada"}, {"id": "bob"}]}
    assert client.post(f"/v1.0/{path}/activate", json=both).status_code == 204

    def told(name, year=2026):
        times = f"startDateTime={year}-01-01T00:00:00Z,endDateTime={year + 1}-01-01T00:00:00Z"
        found = client.get(f"/v1.0/identityGovernance/lifecycleWorkflows/insights/{name}({times})")
        assert found.status_code == 200, found.text
        return found.json

    all_ = told("workflowsProcessedSummary")
    wanted = {"totalRuns": 2, "successfulRuns": 1, "failedRuns": 1}
    wanted |= {"totalTasks": 5, "successfulTasks": 4, "failedTasks": 1}
    wanted |= {"totalUsers": 3, "successfulUsers": 2, "failedUsers": 1}
    assert {name: all_[name] for name in wanted} == wanted
    assert told("workflowsProcessedSummary", 2020)["totalRuns"] == 0
    kinds = told("workflowsProcessedByCategory")
    wanted = {"totalLeaverRuns": 2, "failedLeaverRuns": 1, "totalJoinerRuns": 0}
    assert {name: kinds[name] for name in wanted} == wanted
    (top,) = told("topWorkflowsProcessedSummary")["value"]
    assert (top["workflowId"], top["totalRuns"], top["totalUsers"]) == ("w", 2, 3)
    found = told("topTasksProcessedSummary")["value"]
    assert [(e["taskDefinitionId"], e["totalTasks"], e["successfulUsers"]) for e in found] == [
        ("d1", 2, 2),
        ("d2", 2, 2),
    ]
    assert told("topTasksProcessedSummary", 2020)["value"] == []


def test_what_users_did_in_simulated_attacks_is_told_over_all_of_them(client):
    ada, bob = ({"userId": each, "displayName": each.title()} for each in ("ada", "bob"))
    clicked = {"eventName": "EmailLinkClicked", "eventDateTime": "2026-01-02T00:00:00Z"}
    training = {
        "displayName": "Phishing",
        "latestTrainingStatus": "completed",
        "trainingAssignedProperties": {"contentDateTime": "2026-01-03T00:00:00Z"},
        "trainingCompletedProperties": {"contentDateTime": "2026-01-04T00:00:00Z"},
    }
    yielded = {"simulationUser": ada, "isCompromised": True, "simulationEvents": [clicked]}
    first = [{**yielded, "trainingEvents": [training]}, {"simulationUser": bob}]
    simulations = [
        {"id": "1", "launchDateTime": "2026-01-01T00:00:00Z", "report": {"simulationUsers": first}},
        {
            "id": "2",
            "launchDateTime": "2026-02-01T00:00:00Z",
            "report": {"simulationUsers": [yielded]},
        },
    ]
    seed(client, {"security/attackSimulation/simulations": simulations})

    path = "reports/security/getAttackSimulation"
    (again,) = listed(client, f"{path}RepeatOffenders")
    assert (again["attackSimulationUser"]["userId"], again["repeatOffenceCount"]) == ("ada", 2)
    of_ada, of_bob = listed(client, f"{path}SimulationUserCoverage")
    wanted = {"clickCount": 2, "compromisedCount": 2, "simulationCount": 2}
    wanted |= {"latestSimulationDateTime": "2026-02-01T00:00:00Z"}
    assert {name: of_ada[name] for name in wanted} == wanted
    assert (of_bob["clickCount"], of_bob["simulationCount"]) == (0, 1)
    trained, untrained = listed(client, f"{path}TrainingUserCoverage")
    (done,) = trained["userTrainings"]
    assert (done["trainingStatus"], done["completionDateTime"][:10]) == ("completed", "2026-01-04")
    assert untrained["userTrainings"] == []


def test_a_workflow_that_was_deleted_comes_back(client):
    seed(client, {WORKFLOWS: [{"id": "w", "displayName": "Leavers"}]})
    deleted = "identityGovernance/lifecycleWorkflows/deletedItems/workflows"

    assert client.delete(f"/v1.0/{WORKFLOWS}/w").status_code == 204

    assert client.get(f"/v1.0/{WORKFLOWS}/w").status_code == 404
    assert [each["id"] for each in listed(client, deleted)] == ["w"]
    assert client.post(f"/v1.0/{deleted}/w/restore").json["displayName"] == "Leavers"
    assert client.get(f"/v1.0/{WORKFLOWS}/w").status_code == 200
    assert listed(client, deleted) == []


def test_a_package_is_shown_to_those_whom_a_policy_lets_ask(client):
    single, members = "#microsoft.graph.singleUser", "#microsoft.graph.groupMembers"
    group = "02bd9fd6-8f93-4758-87c3-1fb73740a315"
    scopes = {
        "members": {"allowedTargetScope": "allMemberUsers"},
        "ada": {"specificAllowedTargets": [{"@odata.type": single, "userId": "ada"}]},
        "bob": {"specificAllowedTargets": [{"@odata.type": single, "userId": "bob"}]},
        "group": {"specificAllowedTargets": [{"@odata.type": members, "groupId": group}]},
        "nobody": {"allowedTargetScope": "notSpecified"},
    }
    one = {"allowedTargetScope": "specificDirectoryUsers"}
    packages = f"{GOVERNED}/accessPackages"
    seed(
        client,
        {
            **USERS,
            "groups": [{"id": group}],
            f"groups/{group}/members": [{"@odata.type": "#microsoft.graph.user", "id": "ada"}],
            packages: [
                *({"id": name} for name in scopes),
                {"id": "hidden", "isHidden": True},
                {"id": "without"},
            ],
            f"{GOVERNED}/assignmentPolicies": [
                *(
                    {"id": name, "accessPackage": {"id": name}, **one, **said}
                    for name, said in scopes.items()
                ),
                {"id": "h", "accessPackage": {"id": "hidden"}, **scopes["members"]},
            ],
        },
    )

    found = listed(client, f"{packages}/filterByCurrentUser(on='allowedRequestor')")

    assert [each["id"] for each in found] == ["members", "ada", "group"]


# Files --------------------------------------------------------------------------------------------


def test_a_file_keeps_a_label_of_retention(client):
    """https://learn.microsoft.com/graph/api/driveitem-setretentionlabel"""
    put(client, "me/drive/root:/kept.txt:/content")
    path = "/v1.0/me/drive/root:/kept.txt:/retentionLabel"
    assert_error(client.get(path), 404, "itemNotFound")
    for body in ({}, {"name": ""}):
        assert_error(client.patch(path, json=body), 400, "invalidRequest")

    made = client.patch(path, json={"name": "Contracts"})
    locked = client.patch(path, json={"retentionSettings": {"isRecordLocked": True}})

    assert (made.status_code, made.json["name"]) == (200, "Contracts")
    assert made.json["isLabelAppliedExplicitly"] is True
    assert made.json["labelAppliedBy"]["user"]["id"]
    assert made.json["retentionSettings"]["behaviorDuringRetentionPeriod"] == "retain"
    settings = {**made.json["retentionSettings"], "isRecordLocked": True}
    assert (
        locked.json["retentionSettings"] == client.get(path).json["retentionSettings"] == settings
    )
    assert client.delete(path).status_code == 204
    assert_error(client.get(path), 404, "itemNotFound")


def test_a_file_has_the_label_that_it_was_given(client):
    seed(client, {"me/drive/root:/a.docx": {"content": "x"}, "me/drive/root:/b": {"folder": {}}})
    path = "/v1.0/me/drive/root:/a.docx:"

    def labels():
        answer = client.post(f"{path}/extractSensitivityLabels")
        assert answer.status_code == 200, answer.text
        return [
            (each["sensitivityLabelId"], each["assignmentMethod"]) for each in answer.json["labels"]
        ]

    assert labels() == []
    said = {"sensitivityLabelId": LABEL, "assignmentMethod": "privileged"}
    answer = client.post(f"{path}/assignSensitivityLabel", json=said)
    assert (answer.status_code, answer.data) == (202, b"")
    assert client.get(answer.headers["Location"]).status_code in (200, 303)
    assert labels() == [(LABEL, "privileged")]
    client.post(f"{path}/assignSensitivityLabel", json={"sensitivityLabelId": ""})
    assert labels() == []
    folder = "/v1.0/me/drive/root:/b:/assignSensitivityLabel"
    assert_error(client.post(folder, json=said), 400, "notSupported")


def test_a_page_is_published_version_by_version(client):
    seed(client, {"sites": [{"id": SITE}]})
    page = {"@odata.type": "#microsoft.graph.sitePage", "name": "a.aspx", "title": "A"}
    made = make(client, f"sites/{SITE}/pages", page)
    path = f"/v1.0/sites/{SITE}/pages/{made['id']}/microsoft.graph.sitePage"
    assert (made["webUrl"], made["promotionKind"]) == ("SitePages/a.aspx", "page")
    state = made["publishingState"]
    assert (state["level"], state["versionId"]) == ("checkout", "0.1")
    assert state["checkedOutBy"] == made["createdBy"] == made["lastModifiedBy"]
    assert client.patch(path, json={"name": "b.aspx"}).json["webUrl"] == "SitePages/b.aspx"

    for version in ("1.0", "2.0"):
        assert client.post(f"{path}/publish").status_code == 204
        state = client.get(path).json["publishingState"]
        assert (state["level"], state["versionId"]) == ("published", version)


def test_a_list_takes_over_a_content_type_of_its_site(client):
    seed(client, {"sites": [{"id": SITE}]})
    site = f"sites/{SITE}"
    type_ = make(client, f"{site}/contentTypes", {"name": "Contract", "description": "Paper"})
    list_ = make(client, f"{site}/lists", {"displayName": "Papers"})["id"]
    types = f"{site}/lists/{list_}/contentTypes"

    def applicable():
        found = listed(client, f"{site}/getApplicableContentTypesForList(listId='{list_}')")
        return [each["name"] for each in found]

    def add(id_):
        url = f"https://graph.microsoft.com/v1.0/{site}/contentTypes/{id_}"
        return client.post(f"/v1.0/{types}/addCopy", json={"contentType": url})

    assert applicable() == ["Contract"]
    answer = add(type_["id"])
    assert answer.status_code == 201, answer.text
    assert answer.json["id"].startswith(f"{type_['id']}00")
    assert ("Contract", "Paper") in {
        (e["name"], e.get("description")) for e in listed(client, types)
    }
    assert applicable() == []
    assert_error(add(type_["id"]), 409, "nameAlreadyExists")
    assert add("0x99").status_code == 404


def test_a_container_comes_back_or_is_gone_for_good(client):
    path, deleted = (f"storage/fileStorage/{name}" for name in ("containers", "deletedContainers"))
    body = {"displayName": "C", "containerTypeId": "e2756c4d-fa33-4452-9c36-2325686e1082"}
    id_ = make(client, path, body)["id"]

    assert client.delete(f"/v1.0/{path}/{id_}").status_code == 204
    assert client.get(f"/v1.0/{path}/{id_}").status_code == 404
    assert [each["id"] for each in listed(client, deleted)] == [id_]
    assert client.post(f"/v1.0/{deleted}/{id_}/restore").json["displayName"] == "C"
    assert client.get(f"/v1.0/{path}/{id_}").status_code == 200
    assert listed(client, deleted) == []
    assert client.post(f"/v1.0/{path}/{id_}/permanentDelete").status_code == 204
    assert client.get(f"/v1.0/{path}/{id_}").status_code == 404
    assert listed(client, deleted) == []


def test_a_set_of_documents_has_again_what_a_version_kept(client):
    seed(client, {"sites": [{"id": SITE}]})
    lists = f"sites/{SITE}/lists"
    items = f"{lists}/{make(client, lists, {'displayName': 'Papers'})['id']}/items"
    path = f"{items}/{make(client, items, {'fields': {'Title': 'one'}})['id']}"
    version = make(client, f"{path}/documentSetVersions", {"comment": "First"})["id"]
    client.patch(f"/v1.0/{path}/fields", json={"Title": "two"})

    answer = client.post(f"/v1.0/{path}/documentSetVersions/{version}/restore")

    assert answer.status_code == 204, answer.text
    assert client.get(f"/v1.0/{path}/fields").json["Title"] == "one"


# Telephone numbers --------------------------------------------------------------------------------

NUMBERS = "admin/teams/telephoneNumberManagement/numberAssignments"


def test_a_telephone_number_is_assigned_by_an_operation_and_taken_back(client):
    people = [{"id": each, "displayName": each} for each in ("ada", "bob")]
    number = {"id": "n", "telephoneNumber": "+12061234567", "numberType": "directRouting"}
    seed(client, {"users": people, NUMBERS: [{**number, "assignmentStatus": "unassigned"}]})
    said = {"telephoneNumber": "12061234567", "numberType": "directRouting"}

    def ask(name, **more):
        return client.post(f"/v1.0/{NUMBERS}/{name}", json={**said, **more})

    def state():
        found = client.get(f"/v1.0/{NUMBERS}/n").json
        names = ("assignmentTargetId", "assignmentCategory", "assignmentStatus", "locationId")
        return tuple(found.get(name) for name in names)

    assert ask("assignNumber", assignmentTargetId="nobody").status_code == 404
    assert (
        ask("assignNumber", assignmentTargetId="ada", numberType="callingPlan").status_code == 404
    )
    answer = ask("assignNumber", assignmentTargetId="ada", locationId="here")
    assert (answer.status_code, answer.data) == (202, b"")
    told = client.get(answer.headers["Location"].partition("localhost")[2]).json
    assert told["status"] == "succeeded"
    where = f"http://localhost/v1.0/{NUMBERS}/n"
    assert told["numbers"] == [{"resourceLocation": where, "status": "succeeded"}]
    assert state() == ("ada", "primary", "userAssigned", "here")
    assert_error(ask("assignNumber", assignmentTargetId="bob"), 409, "Conflict", "ada")

    del said["numberType"]
    assert ask("updateNumber", locationId="", networkSiteId="site").status_code == 204
    assert state()[3] is None
    said["numberType"] = "directRouting"
    path = "admin/teams/userConfigurations"
    ada, bob = listed(client, f"{path}?$expand=user($select=displayName)&$orderby=id")
    assert ada["telephoneNumbers"] == [
        {"telephoneNumber": "+12061234567", "assignmentCategory": "primary"}
    ]
    assert (ada["isEnterpriseVoiceEnabled"], bob["telephoneNumbers"]) == (True, [])
    assert (ada["accountType"], bob["user"]["displayName"]) == ("user", "bob")
    assert client.get(f"/v1.0/{path}/bob").json["isEnterpriseVoiceEnabled"] is False
    assert ask("unassignNumber").status_code == 202
    assert state() == (None, None, "unassigned", None)
    assert client.get(f"/v1.0/{path}/ada").json["telephoneNumbers"] == []
    assert_error(ask("unassignNumber"), 409, "Conflict")


# Bookings -----------------------------------------------------------------------------------------

BUSINESSES = "solutions/bookingBusinesses"
MEMBER = {"@odata.type": "#microsoft.graph.bookingStaffMember"}


def at(hour, day=2):
    return {"dateTime": f"2026-03-{day:02}T{hour:02}:00:00", "timeZone": "UTC"}


@pytest.fixture
def business(client):
    slots = [{"startTime": "08:00:00.0000000", "endTime": "17:00:00.0000000"}]
    appointment = {"staffMemberIds": ["s"], "serviceId": "cut"}
    seed(
        client,
        {
            BUSINESSES: [{"id": "b", "businessHours": [{"day": "monday", "timeSlots": slots}]}],
            f"{BUSINESSES}/b/staffMembers": [
                {"id": "s", "useBusinessHours": True, **MEMBER},
                {"id": "far", "useBusinessHours": True, "timeZone": "Asia/Tokyo", **MEMBER},
            ],
            f"{BUSINESSES}/b/appointments": [
                {"id": "a", **appointment, "startDateTime": at(9), "endDateTime": at(10)},
                {"id": "x", **appointment, "startDateTime": at(10), "endDateTime": at(11)},
            ],
        },
    )
    return client


def test_what_bookings_calls_required_is_there_and_it_publishes_by_itself(client):
    said = {"displayName": "Cut", "isPublished": True, "publicUrl": "https://x", "id": "mine"}
    made = client.post(f"/v1.0/{BUSINESSES}", json=said).json
    assert made["id"] != "mine"
    assert "isPublished" not in made
    assert "publicUrl" not in made
    business = f"/v1.0/{BUSINESSES}/{made['id']}"
    for action, at_url in (("publish", True), ("unpublish", False)):
        assert client.post(f"{business}/{action}").status_code == 204
        found = client.get(business).json
        assert (found["isPublished"], bool(found["publicUrl"])) == (at_url, at_url)
    member = {**MEMBER, "displayName": "Ada", "emailAddress": "ada@contoso.com", "role": "guest"}
    path = f"{business}/staffMembers"
    for name in ("displayName", "emailAddress", "role"):
        without = {key: value for key, value in member.items() if key != name}
        assert_error(client.post(path, json=without), 400, "BadRequest", name)
    assert client.post(path, json=member).status_code == 201


def availability(client, *ids, start, end):
    body = {"staffIds": list(ids), "startDateTime": start, "endDateTime": end}
    answer = client.post(f"/v1.0/{BUSINESSES}/b/getStaffAvailability", json=body)
    if answer.status_code != 200:
        return answer
    return {
        each["staffId"]: [
            (
                one["status"],
                one["startDateTime"]["dateTime"][11:13],
                one["endDateTime"]["dateTime"][11:13],
            )
            for one in each["availabilityItems"]
        ]
        for each in answer.json["value"]
    }


def test_businesses_are_listed_by_their_names_and_changed_without_an_answer(client):
    fab, works = (
        {"id": "f", "displayName": "Fabrikam"},
        {"id": "a", "displayName": "Adventure Works"},
    )
    seed(client, {BUSINESSES: [{**fab, "email": "f@x"}, works]})

    assert listed(client, BUSINESSES) == [fab, works]
    assert listed(client, f"{BUSINESSES}?query=adventure") == [works]
    changed = client.patch(f"/v1.0/{BUSINESSES}/f", json={"email": "new@x"})
    assert (changed.status_code, changed.data) == (204, b"")
    assert client.get(f"/v1.0/{BUSINESSES}/f").json["email"] == "new@x"
    made = make(client, f"{BUSINESSES}/f/services", {"displayName": "Bento"})
    service = f"/v1.0/{BUSINESSES}/f/services/{made['id']}"
    assert client.patch(service, json={"notes": "x"}).status_code == 204


# Communities --------------------------------------------------------------------------------------

COMMUNITIES = "employeeExperience/communities"


def test_a_community_is_a_group_that_an_operation_tells_of(client):
    seed(client, {"users": [{"id": "ada"}, {"id": "bob"}]})
    body = {"displayName": "Ask HR", "description": "All of it", "privacy": "private"}
    bob = {"owners@odata.bind": ["https://graph.microsoft.com/v1.0/users/bob"]}

    for more, owner in (({}, "ada"), (bob, "bob")):
        made = client.post(f"/v1.0/{COMMUNITIES}", json={**body, **more})

        assert (made.status_code, made.data) == (202, b""), made.text
        where = made.headers["Location"]
        assert made.headers["Operation-Location"] == where
        told = client.get(where.removeprefix("http://localhost")).json
        assert (told["status"], told["operationType"]) == ("succeeded", "createCommunity")
        group = client.get(f"/v1.0/{COMMUNITIES}/{told['resourceId']}").json["groupId"]
        found = client.get(f"/v1.0/groups/{group}").json
        assert (found["displayName"], found["visibility"]) == ("Ask HR", "Private")
        of = client.get(f"/v1.0/{COMMUNITIES}/{told['resourceId']}/group").json
        assert of["id"] == group
        for links in ("owners", "members"):
            assert [each["id"] for each in listed(client, f"groups/{group}/{links}")] == [owner]
    for wrong in ({**body, "displayName": "x" * 256}, {"displayName": "x"}):
        assert client.post(f"/v1.0/{COMMUNITIES}", json=wrong).status_code == 400
    assert len(listed(client, COMMUNITIES)) == 2


def test_the_roles_of_viva_engage_are_there_and_have_members(client):
    seed(client, {"users": [{"id": "ada"}]})
    roles = {each["displayName"]: each["id"] for each in listed(client, "employeeExperience/roles")}
    path = f"employeeExperience/roles/{roles['Network Admin']}/members"

    ada = {"user@odata.bind": "https://graph.microsoft.com/v1.0/users/ada"}
    made = client.post(f"/v1.0/{path}", json=ada)

    assert made.status_code == 201, made.text
    assert (made.json["userId"], bool(made.json["createdDateTime"])) == ("ada", True)
    assert [each["id"] for each in listed(client, path)] == [made.json["id"]]
    assert client.delete(f"/v1.0/{path}/{made.json['id']}").status_code == 204
    assert client.post(f"/v1.0/{path}", json={"userId": "ada"}).json["userId"] == "ada"
    assert_error(client.post(f"/v1.0/{path}", json={}), 400, "BadRequest", "userId")
    assert sorted(roles) == ["Corporate Communicator", "Network Admin", "Verified Admin"]


def test_an_app_by_itself_says_who_owns_a_community(make_client):
    client = make_client(auth="strict")
    client.post("/_fakegraph/seed", json={"users": [{"id": "ada"}]})
    body = {"displayName": "x", "description": "x", "privacy": "public"}
    app = {"roles": ["Community.ReadWrite.All"]}

    assert_error(ask(client, "POST", COMMUNITIES, body, **app), 400, "BadRequest", "owners")


def test_staff_is_booked_open_or_out(business):
    found = availability(business, "s", start=at(6), end=at(20))

    assert found == {
        "s": [
            ("outOfOffice", "06", "08"),
            ("available", "08", "09"),
            ("busy", "09", "11"),
            ("available", "11", "17"),
            ("outOfOffice", "17", "20"),
        ]
    }


def test_hours_of_work_are_of_the_zone_of_the_staff(business):
    found = availability(business, "far", start=at(22, day=1), end=at(10))

    assert found["far"] == [
        ("outOfOffice", "22", "23"),
        ("available", "23", "08"),
        ("outOfOffice", "08", "10"),
    ]


def test_who_is_not_there_has_no_availability(business):
    assert_error(availability(business, "x", start=at(8), end=at(9)), 404, "ResourceNotFound")
    assert_error(availability(business, "s", start=at(9), end=at(8)), 400, "BadRequest")


def test_ids_that_a_booking_names_and_nobody_has_are_told(client):
    refused = client.post(f"/v1.0/{BUSINESSES}", json={})
    assert (refused.status_code, "displayName" in refused.text) == (400, True)
    business = f"{BUSINESSES}/{make(client, BUSINESSES, {'displayName': 'B'})['id']}"
    service = make(client, f"{business}/services", {"displayName": "S"})["id"]
    named = {"serviceId": service, "staffMemberIds": ["nobody"]}
    kind = "#microsoft.graph.bookingCustomerInformation"
    customers = [{"@odata.type": kind, "customerId": "stranger"}]

    make(client, f"{business}/appointments", {**named, "customers": customers})

    told = client.get("/_fakegraph/requests").json["value"][-1]["ignored"]
    assert ["'nobody'" in told[0], "'stranger'" in told[1], len(told)] == [True, True, 2]
