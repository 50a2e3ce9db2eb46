"""What of users and groups is kept elsewhere, and what devices and units must have."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, make, seed, user
from tests.graph.whole.test_signed_in import bearer
from tests.workloads.test_directory_values import group, refusal, unified, urls

USER = "4e7a3f0a-0000-4000-8000-000000000001"
GROUP = "02bd9fd6-8f93-4758-87c3-1fb73740a315"
SYNCED = (
    "Unable to update the specified properties for on-premises mastered Directory Sync objects or "
    "objects currently undergoing migration."
)
NOT_LISTED = "This operation target is not yet supported."


@pytest.fixture
def synced(client):
    """A user and a group that come from on premises."""
    own = {"onPremisesSyncEnabled": True, "displayName": "x"}
    seed(client, {"users": [{"id": USER, **own}], "groups": [{"id": GROUP, **own, **kind()}]})
    return client


def kind():
    return {"securityEnabled": True, "mailEnabled": False, "groupTypes": []}


@pytest.mark.parametrize(
    "name", ["displayName", "jobTitle", "mobilePhone", "onPremisesImmutableId"]
)
def test_what_is_mastered_on_premises_is_not_changed(synced, name):
    changed = synced.patch(f"/v1.0/users/{USER}", json={name: "y", "usageLocation": "DE"})
    assert refusal(changed) == SYNCED
    selected = synced.get(f"/v1.0/users/{USER}?$select=displayName,usageLocation").json
    assert (selected["displayName"], selected["usageLocation"]) == ("x", None)


def test_what_is_of_the_cloud_is_changed_of_a_synced_user(synced):
    body = {"usageLocation": "DE", "displayName": "x"}
    assert synced.patch(f"/v1.0/users/{USER}", json=body).status_code == 204
    assert synced.delete(f"/v1.0/users/{USER}").status_code == 204


def test_the_members_of_a_synced_group_are_kept_on_premises(synced):
    assert refusal(synced.patch(f"/v1.0/groups/{GROUP}", json={"displayName": "y"})) == SYNCED
    (url,) = urls(USER)
    for links in ("members", "owners"):
        added = synced.post(f"/v1.0/groups/{GROUP}/{links}/$ref", json={"@odata.id": url})
        assert (added.status_code == 204) is (links == "owners")
    seed(synced, {f"groups/{GROUP}/members": [{"id": USER}]})
    assert refusal(synced.delete(f"/v1.0/groups/{GROUP}/members/{USER}/$ref")) == SYNCED


def test_what_sharepoint_keeps_is_changed_alone(client):
    path = f"/v1.0/users/{make(client, 'users', user())['id']}"
    refused = client.patch(path, json={"aboutMe": "x", "skills": ["y"], "jobTitle": "z"})
    assert refusal(refused).startswith("aboutMe, skills: what is kept elsewhere")
    assert client.get(path).json["jobTitle"] is None
    assert client.patch(path, json={"aboutMe": "x", "skills": ["y"]}).status_code == 204
    assert client.get(f"{path}?$select=aboutMe").json["aboutMe"] == "x"


def test_what_exchange_keeps_is_changed_alone(client):
    path = f"/v1.0/groups/{make(client, 'groups', unified())['id']}"
    both = {"allowExternalSenders": True, "description": "x"}
    assert "allowExternalSenders: what is kept" in refusal(client.patch(path, json=both))
    assert client.patch(path, json={"allowExternalSenders": True}).status_code < 300
    assert client.get(f"{path}?$select=allowExternalSenders").json["allowExternalSenders"] is True


@pytest.mark.parametrize("name", ["aboutMe", "skills", "mySite", "mailboxSettings"])
def test_users_are_not_listed_with_what_is_kept_elsewhere(client, name):
    id_ = make(client, "users", user())["id"]
    group_id = make(client, "groups", group(**{"members@odata.bind": urls(id_)}))["id"]
    for path in ("users", f"groups/{group_id}/members/microsoft.graph.user"):
        refused = client.get(f"/v1.0/{path}?$select=id,{name}")
        assert refused.status_code == 501
        error = refused.json["error"]
        assert (error["code"], error["message"]) == ("NotImplemented", NOT_LISTED)
    assert client.get(f"/v1.0/users/{id_}?$select={name}").status_code == 200


DEVICE = {
    "accountEnabled": True,
    "alternativeSecurityIds": [{"type": 2, "key": "eA=="}],
    "deviceId": "4c299165-6e8f-4b45-a5ba-c5d250a707ff",
    "displayName": "pc",
    "operatingSystem": "linux",
    "operatingSystemVersion": "1",
}


@pytest.mark.parametrize("name", DEVICE)
def test_a_device_is_made_with_all_that_it_needs(client, name):
    body = {key: value for key, value in DEVICE.items() if key != name}
    refused = client.post("/v1.0/devices", json=body)
    assert refusal(refused) == f"A value is required for property '{name}' of resource 'Device'."
    made = make(client, "devices", DEVICE)
    assert client.get(f"/v1.0/devices(deviceId='{DEVICE['deviceId']}')").json["id"] == made["id"]
    assert client.get(f"/v1.0/devices/{DEVICE['deviceId']}").status_code == 404


@pytest.mark.parametrize("name", ["manufacturer", "model", "trustType", "mdmAppId"])
def test_what_is_reported_of_a_device_is_read_only(client, name):
    id_ = make(client, "devices", DEVICE)["id"]
    message = f"Property '{name}' is read-only and cannot be set."
    assert refusal(client.patch(f"/v1.0/devices/{id_}", json={name: "x"})) == message
    assert client.delete(f"/v1.0/devices/{id_}").status_code == 204
    assert client.get("/v1.0/directory/deletedItems/microsoft.graph.user").json["value"] == []


def test_a_unit_has_a_name_and_contacts_are_read_only(client):
    refused = client.post("/v1.0/directory/administrativeUnits", json={"description": "x"})
    assert refusal(refused) == (
        "A value is required for property 'displayName' of resource 'AdministrativeUnit'."
    )
    seed(client, {"contacts": [{"id": USER}]})
    for method, path in (("POST", ""), ("PATCH", f"/{USER}"), ("DELETE", f"/{USER}")):
        answer = client.open(f"/v1.0/contacts{path}", method=method, json={"displayName": "x"})
        assert answer.status_code == 405


@pytest.fixture
def signed(make_client):
    client = make_client(auth="bearer")
    seed(client, {"users": [{"id": USER, "userPrincipalName": "a@contoso.com"}, {"id": GROUP}]})
    return client


PERSON = bearer({"oid": USER, "scp": "Group.ReadWrite.All"})


@pytest.mark.parametrize(
    ("body", "headers", "owners"),
    [
        (unified(), PERSON, [USER]),
        (unified(**{"owners@odata.bind": urls(GROUP)}), PERSON, [GROUP]),
        (group(), PERSON, []),
        (unified(), bearer({"oid": USER, "roles": ["Group.Create"], "idtyp": "app"}), []),
        (unified(), bearer("opaque"), []),
    ],
)
def test_who_makes_a_microsoft_365_group_owns_it(signed, body, headers, owners):
    made = signed.post("/v1.0/groups", json=body, headers=headers)
    assert made.status_code == 201
    found = listed(signed, f"groups/{made.json['id']}/owners", headers=headers)
    assert [each["id"] for each in found] == owners
