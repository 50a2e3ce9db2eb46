"""Roles: templates, activated roles with members, and assignments, which are the same."""

from __future__ import annotations

import re

import pytest

from tests.graph.whole.conftest import listed, make, ref, refusal, seed, user

ADMIN = "62e90394-69f5-4237-9190-012177145e10"
READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
ASSIGNMENTS = "roleManagement/directory/roleAssignments"
DEFINITIONS = "roleManagement/directory/roleDefinitions"
THERE = (
    "A conflicting object with one or more of the specified property values is present in the "
    "directory."
)
_ALWAYS = {"startDateTime": "2020-01-01T00:00:00Z", "expiration": {"type": "noExpiration"}}
GIVEN = {"action": "adminAssign", "directoryScopeId": "/", "scheduleInfo": _ALWAYS}
TAKEN = {"action": "adminRemove", "directoryScopeId": "/"}
GROUP = {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}


def roles_of(client, id_):
    found = listed(client, f"users/{id_}/memberOf")
    return [each["displayName"] for each in found if each["@odata.type"].endswith("Role")]


@pytest.fixture
def ada(client):
    return make(client, "users", user())["id"]


@pytest.fixture
def bob(client):
    return make(client, "users", user(userPrincipalName="bob@contoso.com"))["id"]


@pytest.fixture
def role(client):
    return make(client, "directoryRoles", {"roleTemplateId": ADMIN})["id"]


def test_templates_are_there_and_stay(client):
    found = {each["id"]: each["displayName"] for each in listed(client, "directoryRoleTemplates")}
    assert found[ADMIN] == "Global Administrator"
    assert found[READER] == "Global Reader"
    one = client.get(f"/v1.0/directoryRoleTemplates/{READER}").json
    assert one["displayName"] == "Global Reader"
    assert client.delete(f"/v1.0/directoryRoleTemplates/{READER}").status_code == 405
    assert listed(client, "directoryRoles") == []


def test_a_role_is_activated_once_by_its_template(client):
    made = make(client, "directoryRoles", {"roleTemplateId": ADMIN})
    assert made["displayName"] == "Global Administrator"
    again = client.post("/v1.0/directoryRoles", json={"roleTemplateId": ADMIN.upper()})
    assert refusal(again) == THERE
    found = client.get(f"/v1.0/directoryRoles(roleTemplateId='{ADMIN}')").json
    assert found["id"] == made["id"]
    at = f"/v1.0/directoryRoles/{made['id']}"
    assert client.delete(at).status_code == client.patch(at, json={}).status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"roleTemplateId": "1a111111-1111-4111-8111-111111111111"},
        {"roleTemplateId": ADMIN, "displayName": "Mine"},
    ],
)
def test_a_role_is_of_a_template_and_nothing_else(client, body):
    refusal(client.post("/v1.0/directoryRoles", json=body))
    assert listed(client, "directoryRoles") == []


def test_a_member_of_a_role_has_an_assignment(client, ada, bob, role):
    at = f"/v1.0/directoryRoles/{role}/members"
    assert client.post(f"{at}/$ref", json=ref(f"users/{ada}")).status_code == 204
    (found,) = listed(client, f"{ASSIGNMENTS}?$filter=principalId eq '{ada}'")
    assert (found["roleDefinitionId"], found["directoryScopeId"]) == (ADMIN, "/")
    assert found["id"].startswith("lAPpYvVpN0KRkAEhdxReE")
    assert re.fullmatch(r"[\w-]{43}-1", found["id"])

    refusal(client.post(f"{at}/$ref", json=ref(f"users/{ada}")))
    assert len(listed(client, ASSIGNMENTS)) == 1
    client.post(f"{at}/$ref", json=ref(f"users/{bob}"))
    assert client.delete(f"{at}/{ada}/$ref").status_code == 204
    assert [each["principalId"] for each in listed(client, ASSIGNMENTS)] == [bob]


def test_the_last_global_administrator_stays(client, ada, bob, role):
    members = f"directoryRoles/{role}/members"
    for id_ in (ada, bob):
        client.post(f"/v1.0/{members}/$ref", json=ref(f"users/{id_}"))
    by_person = {each["principalId"]: each["id"] for each in listed(client, ASSIGNMENTS)}
    assert client.delete(f"/v1.0/{ASSIGNMENTS}/{by_person[bob]}").status_code == 204
    requests = "/v1.0/roleManagement/directory/roleAssignmentScheduleRequests"
    remove = {"action": "adminRemove", "principalId": ada, "roleDefinitionId": ADMIN}
    make(client, requests.removeprefix("/v1.0/"), {**remove, "principalId": bob, **GIVEN})
    assert client.post(requests, json={**remove, "principalId": bob, **TAKEN}).status_code == 201
    assert client.post(requests, json={**remove, **GIVEN}).status_code == 201
    for answer in (
        client.delete(f"/v1.0/{members}/{ada}/$ref"),
        client.delete(f"/v1.0/{ASSIGNMENTS}/{by_person[ada]}"),
        client.post(requests, json={**remove, **TAKEN}),
    ):
        assert refusal(answer).startswith("The last Global Administrator")
    assert [each["id"] for each in listed(client, members)] == [ada]
    assert [each["principalId"] for each in listed(client, ASSIGNMENTS)] == [ada]


def test_an_assignment_activates_the_role_and_makes_a_member(client, ada):
    body = {"roleDefinitionId": READER, "principalId": ada, "directoryScopeId": "/"}
    made = make(client, ASSIGNMENTS, body)
    assert made["@odata.context"].endswith("#roleManagement/directory/roleAssignments/$entity")
    (role,) = listed(client, "directoryRoles")
    assert (role["displayName"], role["roleTemplateId"]) == ("Global Reader", READER)
    assert [each["id"] for each in listed(client, f"directoryRoles/{role['id']}/members")] == [ada]
    assert roles_of(client, ada) == ["Global Reader"]

    assert refusal(client.post(f"/v1.0/{ASSIGNMENTS}", json=body)) == THERE
    at = f"/v1.0/{ASSIGNMENTS}/{made['id']}"
    assert client.patch(at, json={"principalId": ada}).status_code == 405
    assert client.delete(at).status_code == 204
    assert roles_of(client, ada) == []
    assert client.get(at).status_code == 404


def test_an_assignment_shows_who_and_what_when_it_is_expanded(client, ada):
    body = {"roleDefinitionId": READER, "principalId": ada, "directoryScopeId": "/"}
    make(client, ASSIGNMENTS, body)
    (one,) = listed(client, f"{ASSIGNMENTS}?$expand=principal")
    assert one["principal"]["@odata.type"] == "#microsoft.graph.user"
    assert one["principal"]["id"] == ada
    (one,) = listed(client, f"{ASSIGNMENTS}?$expand=roleDefinition")
    assert one["roleDefinition"]["displayName"] == "Global Reader"
    both = client.get(f"/v1.0/{ASSIGNMENTS}?$expand=principal,roleDefinition")
    assert both.status_code == 400


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"principalId": "1a111111-1111-4111-8111-111111111111"}, 404),
        ({"roleDefinitionId": "1a111111-1111-4111-8111-111111111111"}, 404),
        ({"directoryScopeId": "/administrativeUnits/1a111111-1111-4111-8111-111111111111"}, 404),
        ({"principalId": None}, 400),
        ({"directoryScopeId": None}, 400),
    ],
)
def test_an_assignment_is_of_what_is_there(client, ada, changes, status):
    body = {"roleDefinitionId": READER, "principalId": ada, "directoryScopeId": "/", **changes}
    assert client.post(f"/v1.0/{ASSIGNMENTS}", json=body).status_code == status
    assert listed(client, ASSIGNMENTS) == listed(client, "directoryRoles") == []


def test_a_role_in_a_unit_is_none_everywhere(client, ada):
    unit = make(client, "directory/administrativeUnits", {"displayName": "U"})["id"]
    scope = f"/administrativeUnits/{unit}"
    body = {"roleDefinitionId": READER, "principalId": ada, "directoryScopeId": scope}
    assert re.fullmatch(r"[\w-]{64}-1", make(client, ASSIGNMENTS, body)["id"])
    assert roles_of(client, ada) == []


def test_who_is_deleted_has_no_assignment_until_they_are_back(client, ada, role):
    client.post(f"/v1.0/directoryRoles/{role}/members/$ref", json=ref(f"users/{ada}"))
    client.delete(f"/v1.0/users/{ada}")
    assert listed(client, ASSIGNMENTS) == []
    client.post(f"/v1.0/directory/deletedItems/{ada}/restore")
    assert [each["principalId"] for each in listed(client, ASSIGNMENTS)] == [ada]
    assert roles_of(client, ada) == ["Global Administrator"]


def test_seeds_of_one_are_seen_in_the_other(client, ada):
    members = [{"id": ada}]
    seed(client, {"directoryRoles": [{"roleTemplateId": ADMIN, "members": members}]})
    seed(
        client,
        {ASSIGNMENTS: [{"roleDefinitionId": READER, "principalId": ada, "directoryScopeId": "/"}]},
    )
    assert sorted(roles_of(client, ada)) == ["Global Administrator", "Global Reader"]
    assert {each["roleDefinitionId"] for each in listed(client, ASSIGNMENTS)} == {ADMIN, READER}


@pytest.mark.parametrize(("assignable", "status"), [(True, 204), (False, 400)])
def test_groups_have_roles_if_they_were_made_for_it(client, role, assignable, status):
    group = make(client, "groups", {**GROUP, "isAssignableToRole": assignable})["id"]
    response = client.post(f"/v1.0/directoryRoles/{role}/members/$ref", json=ref(f"groups/{group}"))
    assert response.status_code == status


def test_built_in_definitions_stay_as_they_are(client):
    found = client.get(f"/v1.0/{DEFINITIONS}/{ADMIN}").json
    assert (found["displayName"], found["isBuiltIn"]) == ("Global Administrator", True)
    assert found["templateId"] == ADMIN
    assert len(listed(client, f"{DEFINITIONS}?$filter=displayName eq 'Global Reader'")) == 1
    at = f"/v1.0/{DEFINITIONS}/{ADMIN}"
    refusal(client.patch(at, json={"description": "x"}))
    refusal(client.delete(at))
    assert listed(client, "roleManagement/entitlementManagement/roleDefinitions") == []


def test_own_definitions_are_assigned_and_then_kept(client, ada):
    permissions = [{"allowedResourceActions": ["microsoft.directory/applications/basic/update"]}]
    body = {"displayName": "Mine", "isEnabled": True, "rolePermissions": permissions}
    made = make(client, DEFINITIONS, body)
    assert (made["isBuiltIn"], made["templateId"]) == (False, made["id"])
    at = f"/v1.0/{DEFINITIONS}/{made['id']}"
    assert client.patch(at, json={"description": "x"}).status_code == 204
    assert [each["id"] for each in listed(client, f"{DEFINITIONS}?$filter=isBuiltIn eq false")] == [
        made["id"]
    ]
    assignment = {"roleDefinitionId": made["id"], "principalId": ada, "directoryScopeId": "/"}
    given = make(client, ASSIGNMENTS, assignment)["id"]
    refusal(client.delete(at))
    client.delete(f"/v1.0/{ASSIGNMENTS}/{given}")
    assert client.delete(at).status_code == 204


def test_a_definition_allows_something(client):
    for permissions in ([], [{}]):
        body = {"displayName": "Mine", "isEnabled": True, "rolePermissions": permissions}
        refusal(client.post(f"/v1.0/{DEFINITIONS}", json=body))


def test_roles_of_other_providers_are_none_of_the_directory(client, ada):
    at = "roleManagement/entitlementManagement/roleAssignments"
    body = {"roleDefinitionId": READER, "principalId": ada, "directoryScopeId": "/"}
    made = make(client, at, body)
    assert listed(client, ASSIGNMENTS) == listed(client, "directoryRoles") == []
    assert client.delete(f"/v1.0/{at}/{made['id']}").status_code == 204


def test_roles_are_asked_for_by_their_template_alone(client, ada, role):
    client.post(f"/v1.0/directoryRoles/{role}/members/$ref", json=ref(f"users/{ada}"))
    found = listed(client, f"directoryRoles?$filter=roleTemplateId eq '{ADMIN}'&$select=id")
    assert [each["id"] for each in found] == [role]
    assert listed(client, f"directoryRoles?$filter=roleTemplateId eq '{READER}'") == []
    for path in ("directoryRoles", f"directoryRoles/{role}/members"):
        message = refusal(client.get(f"/v1.0/{path}?$top=5"))
        assert message == "'$top' is not supported by the service."
    other = client.get("/v1.0/directoryRoles?$filter=displayName eq 'Global Administrator'")
    assert refusal(other, code="Request_UnsupportedQuery") == (
        "Unsupported or invalid query filter clause specified for property 'displayName' of "
        "resource 'DirectoryRole'."
    )
    mine = f"users/{ada}/memberOf/microsoft.graph.directoryRole?$top=5&$count=true"
    mine += "&$filter=displayName eq 'Global Administrator'"
    found = listed(client, mine, headers={"ConsistencyLevel": "eventual"})
    assert [each["id"] for each in found] == [role]


def test_a_role_is_assigned_to_groups_that_were_made_for_it(client):
    for assignable, status in ((False, 400), (True, 201)):
        body = {**GROUP, "isAssignableToRole": assignable}
        id_ = make(client, "groups", body)["id"]
        body = {"roleDefinitionId": READER, "principalId": id_, "directoryScopeId": "/"}
        assert client.post(f"/v1.0/{ASSIGNMENTS}", json=body).status_code == status
    assert len(listed(client, ASSIGNMENTS)) == 1


@pytest.mark.parametrize(("changes", "name"), [
    ({"displayName": ""}, "displayName"), ({"resourceScopes": ["/x"]}, "resourceScopes")])  # fmt: skip
def test_a_definition_has_a_name_and_is_for_the_whole_directory(client, changes, name):
    allowed = [{"allowedResourceActions": ["microsoft.directory/applications/basic/update"]}]
    body = {"displayName": "R", "rolePermissions": allowed, "isEnabled": True, **changes}
    said = refusal(client.post(f"/v1.0/{DEFINITIONS}", json=body))
    assert (
        said
        == f"Invalid value specified for property '{name}' of resource 'UnifiedRoleDefinition'."
    )


def test_ids_of_roles_are_the_services(client, ada):
    allowed = [{"allowedResourceActions": ["microsoft.directory/applications/basic/update"]}]
    body = {"id": READER, "displayName": "R", "rolePermissions": allowed, "isEnabled": True}
    assert make(client, DEFINITIONS, body)["id"] != READER
    given = {"roleDefinitionId": READER, "principalId": ada, "directoryScopeId": "/", "id": "mine"}
    assert make(client, ASSIGNMENTS, given)["id"].endswith("-1")
