"""Access packages: what is requested, what comes of it, and what cannot be."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

EM = "identityGovernance/entitlementManagement"
NOBODY = "1a111111-1111-4111-8111-111111111111"
SALES = "2b222222-2222-4222-8222-222222222222"


@pytest.fixture
def reps(client):
    """A client of a tenant with a package whose members are those of the group Sales."""
    people = [{"id": name, "displayName": name.title(), "mail": f"{name}@x.org"} for name in "ab"]
    seed(client, {"users": people, "groups": [{"id": SALES, "displayName": "Sales"}]})
    make(client, f"{EM}/catalogs", {"displayName": "Sales"})
    client.catalog = listed(client, f"{EM}/catalogs")[0]["id"]
    client.package = new_package(client)
    origin = {"originId": SALES, "originSystem": "AadGroup"}
    resource = {"displayName": "Sales", **origin}
    asked = {"requestType": "adminAdd", "resource": resource, "catalog": {"id": client.catalog}}
    made = make(client, f"{EM}/resourceRequests", asked)
    assert made["state"] == "delivered"
    return client


def new_package(client):
    """A package in the catalog, whose members are those of the group Sales."""
    body = {"displayName": "Reps", "catalog": {"id": client.catalog}}
    package = make(client, f"{EM}/accessPackages", body)["id"]
    origin = {"originId": SALES, "originSystem": "AadGroup"}
    role = {"originId": f"Member_{SALES}", "originSystem": "AadGroup", "displayName": "Member"}
    path = f"{EM}/accessPackages/{package}/resourceRoleScopes"
    make(client, path, {"role": {**role, "resource": origin}, "scope": origin})
    return package


def new_policy(client, package, **said):
    body = {"displayName": "Direct", "accessPackage": {"id": package}, **said}
    return make(client, f"{EM}/assignmentPolicies", body)["id"]


def ask(client, kind, **assignment):
    body = {"requestType": kind, "assignment": assignment}
    return client.post(f"/v1.0/{EM}/assignmentRequests", json=body)


def members(client):
    return [each["id"] for each in listed(client, f"groups/{SALES}/members")]


def request_of(client, answer):
    assert answer.status_code == 201, answer.text
    assert (answer.json["state"], answer.json["status"]) == ("submitted", "Accepted")
    return client.get(f"/v1.0/{EM}/assignmentRequests/{answer.json['id']}").json


def test_who_is_assigned_a_package_is_in_its_groups_until_it_is_removed(reps):
    policy = new_policy(reps, reps.package)
    said = {"targetId": "a", "assignmentPolicyId": policy, "accessPackageId": reps.package}

    request = request_of(reps, ask(reps, "adminAdd", **said))

    assert (request["state"], request["status"]) == ("delivered", "Delivered")
    assert request["completedDateTime"]
    (assignment,) = listed(reps, f"{EM}/assignments?$expand=target")
    assert (assignment["state"], assignment["target"]["displayName"]) == ("delivered", "A")
    assert members(reps) == ["a"]
    assert_error(reps.delete(f"/v1.0/{EM}/accessPackages/{reps.package}"), 400, "BadRequest")

    twin = new_package(reps)
    other = new_policy(reps, twin)
    said = {"targetId": "a", "assignmentPolicyId": other, "accessPackageId": twin}
    request_of(reps, ask(reps, "adminAdd", **said))
    assert [each["objectId"] for each in listed(reps, f"{EM}/subjects")] == ["a"]
    request_of(reps, ask(reps, "adminRemove", id=assignment["id"]))

    gone = reps.get(f"/v1.0/{EM}/assignments/{assignment['id']}").json
    assert gone["state"] == "expired"
    assert gone["expiredDateTime"]
    assert members(reps) == ["a"]  # by the other package
    (left,) = listed(reps, f"{EM}/assignments?$filter=state eq 'delivered'")
    request_of(reps, ask(reps, "adminRemove", id=left["id"]))
    assert members(reps) == []
    assert reps.delete(f"/v1.0/{EM}/accessPackages/{reps.package}").status_code == 204


@pytest.mark.parametrize("last", ["Approve", "Deny"])
def test_who_asks_for_a_package_waits_for_each_stage_of_approval(reps, last):
    settings = {"isApprovalRequiredForAdd": True, "stages": [{}, {}]}
    policy = new_policy(reps, reps.package, requestApprovalSettings=settings)
    said = {"accessPackageId": reps.package, "assignmentPolicyId": policy}

    request = request_of(reps, ask(reps, "userAdd", **said))

    assert (request["state"], members(reps)) == ("pendingApproval", [])
    approval = f"{EM}/accessPackageAssignmentApprovals/{request['id']}"
    first, second = (
        f"/v1.0/{approval}/stages/{e['id']}" for e in listed(reps, f"{approval}/stages")
    )
    assert_error(reps.patch(second, json={"reviewResult": "Approve"}), 400, "BadRequest")
    assert reps.patch(first, json={"reviewResult": "Approve"}).status_code == 204
    assert members(reps) == []
    assert reps.patch(second, json={"reviewResult": last}).status_code == 204
    shown = reps.get(second).json
    assert (shown["status"], shown["reviewedBy"]["id"]) == ("Completed", "a")
    path = f"{EM}/assignmentRequests/{request['id']}?$expand=requestor"
    after = reps.get(f"/v1.0/{path}").json
    assert after["requestor"]["objectId"] == "a"
    assert (after["state"], members(reps)) == (
        ("delivered", ["a"]) if last == "Approve" else ("denied", [])
    )
    assert len(listed(reps, f"{EM}/assignments")) == (last == "Approve")


def test_a_resource_is_in_a_catalog_with_its_roles_until_it_is_removed(reps):
    catalog = f"{EM}/catalogs/{reps.catalog}"
    (resource,) = listed(reps, f"{catalog}/resources?$expand=roles,scopes")
    roles = listed(reps, f"{catalog}/resourceRoles?$filter=originSystem eq 'AadGroup'")
    assert {each["originId"] for each in roles} == {f"Member_{SALES}", f"Owner_{SALES}"}
    assert {each["id"] for each in roles} == {each["id"] for each in resource["roles"]}
    assert [each["originId"] for each in resource["scopes"]] == [SALES]
    body = {"resource": {"id": resource["id"]}, "catalog": {"id": reps.catalog}}

    make(reps, f"{EM}/resourceRequests", {"requestType": "adminRemove", **body})

    for what in ("resources", "resourceRoles"):
        assert listed(reps, f"{catalog}/{what}") == []


@pytest.mark.parametrize(
    ("where", "body", "target"),
    [
        ("catalogs", {}, "displayName"),
        ("connectedOrganizations", {}, "displayName"),
        ("accessPackages", {"displayName": "P"}, "catalog"),
        ("accessPackages", {"catalog": {"id": "x"}}, "displayName"),
        ("assignmentPolicies", {"displayName": "P"}, "accessPackage"),
        ("assignmentRequests", {}, "requestType"),
        ("assignmentRequests", {"requestType": "adminAdd"}, "assignment"),
        ("resourceRequests", {"catalog": {"id": "x"}}, "requestType"),
        ("resourceRequests", {"requestType": "adminAdd", "resource": {"originId": "x"}}, "catalog"),
    ],
)
def test_what_a_body_lacks_is_asked_for(client, where, body, target):
    error = assert_error(client.post(f"/v1.0/{EM}/{where}", json=body), 400, "BadRequest")
    assert error["target"] == target
    assert listed(client, f"{EM}/{where}") == []


def test_what_nobody_could_be_assigned_is_refused(reps):
    policy = new_policy(reps, reps.package)
    other = new_package(reps)
    wrong = {"targetId": "a", "assignmentPolicyId": policy, "accessPackageId": other}
    assert_error(ask(reps, "adminAdd", **wrong), 400, "BadRequest", policy)
    nothing = {"targetId": "a", "assignmentPolicyId": policy}
    assert_error(ask(reps, "adminAdd", **nothing), 400, "BadRequest", "accessPackageId")
    nobody = {"assignmentPolicyId": policy, "accessPackageId": reps.package}
    assert_error(ask(reps, "adminAdd", **nobody), 400, "BadRequest", "targetId")
    assert_error(ask(reps, "adminAdd", targetId=NOBODY, **nobody), 404, "ResourceNotFound", NOBODY)
    for what in ("assignments", "assignmentRequests", "subjects"):
        assert listed(reps, f"{EM}/{what}") == []
