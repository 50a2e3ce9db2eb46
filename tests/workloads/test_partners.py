"""What partners may administer: asked for, approved, assigned to groups, and ended."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make

PATH = "tenantRelationships/delegatedAdminRelationships"
ROLE, OTHER = "29232cdf-9323-42fd-ade2-1d097af3e4de", "3a2c62db-5318-420d-8d74-23affee5d9d5"


def roles(*ids):
    return {"unifiedRoles": [{"roleDefinitionId": each} for each in ids]}


BODY = {"displayName": "Contoso", "duration": "P730D", "accessDetails": roles(ROLE)}
ASSIGNMENT = {
    "accessContainer": {
        "accessContainerId": "869713c9-0b28-4d08-8949-ae07ae1bf528",
        "accessContainerType": "securityGroup",
    },
    "accessDetails": roles(ROLE),
}


def ask(client, path, *actions):
    """What the relationship says after requests."""
    for action in actions:
        make(client, f"{path}/requests", {"action": action})
    return client.get(f"/v1.0/{path}").json


def test_a_relationship_is_locked_approved_assigned_and_ended(client):
    client.put("/_fakegraph/clock", json={"now": "2026-01-01T00:00:00Z", "frozen": True})
    made = make(client, PATH, BODY)
    path = f"{PATH}/{made['id']}"
    assert (made["status"], made["autoExtendDuration"]) == ("created", "PT0S")
    early = client.post(f"/v1.0/{path}/accessAssignments", json=ASSIGNMENT)
    assert_error(early, 400, "BadRequest", "not 'active'")

    assert ask(client, path, "lockForApproval")["status"] == "approvalPending"
    active = ask(client, path, "approve")
    assert active["status"] == "active"
    assert active["activatedDateTime"] == "2026-01-01T00:00:00Z"
    assert active["endDateTime"] == "2028-01-01T00:00:00Z"
    beyond = {**ASSIGNMENT, "accessDetails": roles(ROLE, OTHER)}
    refused = client.post(f"/v1.0/{path}/accessAssignments", json=beyond)
    assert_error(refused, 400, "BadRequest", OTHER)
    assigned = make(client, f"{path}/accessAssignments", ASSIGNMENT)
    (told,) = listed(client, f"{path}/operations")
    assert (told["status"], told["data"]) == ("succeeded", assigned["id"])
    assert client.get(f"/v1.0/{path}/accessAssignments/{assigned['id']}").json["status"] == "active"

    assert ask(client, path, "terminate")["status"] == "terminated"
    assert [each["status"] for each in listed(client, f"{path}/requests")] == ["succeeded"] * 3
    again = client.post(f"/v1.0/{path}/requests", json={"action": "approve"})
    assert_error(again, 400, "BadRequest", "terminated")
    assert len(listed(client, f"{path}/requests")) == 3


def test_a_relationship_is_changed_and_deleted_by_its_version_until_it_is_locked(client):
    made = make(client, PATH, BODY)
    path = f"/v1.0/{PATH}/{made['id']}"
    tag = {"If-Match": made["@odata.etag"]}

    assert client.patch(path, json={"displayName": "B"}).status_code == 412
    changed = client.patch(path, json={"displayName": "B"}, headers=tag)
    assert (changed.status_code, changed.json["displayName"]) == (200, "B")
    assert client.patch(path, json={"displayName": "C"}, headers=tag).status_code == 412
    locked = ask(client, path[6:], "lockForApproval")
    tag = {"If-Match": locked["@odata.etag"]}
    late = client.patch(path, json={"displayName": "C"}, headers=tag)
    assert_error(late, 400, "BadRequest", "approvalPending")
    assert_error(client.delete(path, headers=tag), 400, "BadRequest", "approvalPending")
    other = make(client, PATH, BODY)
    gone = client.delete(f"/v1.0/{PATH}/{other['id']}", headers={"If-Match": other["@odata.etag"]})
    assert gone.status_code == 204


@pytest.mark.parametrize(
    ("said", "words"),
    [
        *(({name: None}, name) for name in BODY),
        ({"displayName": "x" * 51}, "50 characters"),
        ({"duration": "PT1H"}, "P1D and P2Y"),
        ({"duration": "P800D"}, "P1D and P2Y"),
        ({"autoExtendDuration": "P90D"}, "P180D"),
        ({"accessDetails": {"unifiedRoles": []}}, "unifiedRoles"),
        ({"status": "active"}, "read-only"),
        ({"endDateTime": "2030-01-01T00:00:00Z"}, "read-only"),
    ],
)
def test_no_relationship_is_as_none_can_be(client, said, words):
    sent = {name: value for name, value in (BODY | said).items() if value is not None}
    assert_error(client.post(f"/v1.0/{PATH}", json=sent), 400, "BadRequest", words)
    assert listed(client, PATH) == []


def test_no_two_relationships_have_a_name(client):
    make(client, PATH, BODY)
    taken = client.post(f"/v1.0/{PATH}", json=BODY | {"displayName": "CONTOSO"})
    assert_error(taken, 409, "Conflict", "displayName")
