"""Administrative units with their members and roles, and devices with their owners."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, make, ref, refusal, seed, user

UNITS = "directory/administrativeUnits"
STATE = "membershipRuleProcessingState"
ADMIN = "62e90394-69f5-4237-9190-012177145e10"
NOBODY = "1a111111-1111-4111-8111-111111111111"
GROUP = {
    "@odata.type": "#microsoft.graph.group",
    "displayName": "G",
    "mailEnabled": False,
    "mailNickname": "g",
    "securityEnabled": True,
}
DEVICE = {
    "accountEnabled": True,
    "alternativeSecurityIds": [{"type": 2, "key": "YWJj"}],
    "deviceId": "4c299165-6e8f-4b45-a5ba-c5d250a707ff",
    "displayName": "Laptop",
    "operatingSystem": "Linux",
    "operatingSystemVersion": "6",
}


@pytest.fixture
def ada(client):
    return make(client, "users", user())["id"]


@pytest.fixture
def unit(client):
    return make(client, UNITS, {"displayName": "U"})["id"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"displayName": None},
            "A value is required for property 'displayName' of resource 'AdministrativeUnit'.",
        ),
        (
            {"visibility": "Secret"},
            "Invalid value specified for property 'visibility' of resource 'AdministrativeUnit'.",
        ),
        (
            {"membershipType": "Random"},
            "Invalid value specified for property 'membershipType' of resource "
            "'AdministrativeUnit'.",
        ),
        (
            {"membershipType": "Dynamic"},
            "A value is required for property 'membershipRule' of resource 'AdministrativeUnit'.",
        ),
    ],
)
def test_a_unit_is_not_made_with_such_a_value(client, changes, message):
    body = {"displayName": "U", **changes}
    assert refusal(client.post(f"/v1.0/{UNITS}", json=body)) == message
    assert listed(client, UNITS) == []


def test_a_unit_is_restricted_from_the_start_or_never(client):
    made = make(client, UNITS, {"displayName": "U", "isMemberManagementRestricted": True})
    at = f"/v1.0/{UNITS}/{made['id']}"
    assert "read-only" in refusal(client.patch(at, json={"isMemberManagementRestricted": False}))
    assert client.patch(at, json={"description": "x"}).status_code == 204
    assert client.delete(at).status_code == 204
    (gone,) = listed(client, "directory/deletedItems/microsoft.graph.administrativeUnit")
    assert gone["id"] == made["id"]


def test_a_unit_has_users_groups_and_devices(client, ada, unit):
    at = f"/v1.0/{UNITS}/{unit}/members"
    device = make(client, "devices", DEVICE)["id"]
    for path in (f"users/{ada}", f"devices/{device}"):
        assert client.post(f"{at}/$ref", json=ref(path)).status_code == 204
    seed(client, {"applications": [{"id": NOBODY, "displayName": "A"}]})
    refusal(client.post(f"{at}/$ref", json=ref(f"applications/{NOBODY}")))

    made = make(client, f"{UNITS}/{unit}/members", GROUP)
    assert made["@odata.type"] == "#microsoft.graph.group"
    found = listed(client, f"{UNITS}/{unit}/members")
    assert [each["id"] for each in found] == [ada, device, made["id"]]
    assert client.get(f"/v1.0/groups/{made['id']}").json["displayName"] == "G"
    assert [each["id"] for each in listed(client, f"users/{ada}/memberOf")] == [unit]


def test_units_are_there_by_both_of_their_paths(client, ada, unit):
    short = "/beta/administrativeUnits"
    made = client.post(short, json={"displayName": "V"})
    assert made.status_code == 201, made.text
    both = [client.get(path).json["value"] for path in (short, f"/beta/{UNITS}")]
    assert [each["displayName"] for each in both[0]] == ["U", "V"]
    assert both[0] == both[1]
    assert client.get(f"/v1.0/{UNITS}/{made.json['id']}").json["displayName"] == "V"
    assert client.patch(f"{short}/{unit}", json={"displayName": "W"}).status_code == 204
    assert client.get(f"/v1.0/{UNITS}/{unit}").json["displayName"] == "W"
    assert client.post(f"{short}/{unit}/members/$ref", json=ref(f"users/{ada}")).status_code == 204
    assert [each["id"] for each in listed(client, f"{UNITS}/{unit}/members")] == [ada]
    assert [each["id"] for each in client.get(f"{short}/{unit}/members").json["value"]] == [ada]
    told = client.get(f"{short}/delta").json["value"]
    assert {each["id"] for each in told} == {unit, made.json["id"]}
    assert client.get(f"{short}/$count", headers={"ConsistencyLevel": "eventual"}).data == b"2"
    assert client.delete(f"{short}/{unit}").status_code == 204
    assert client.get(f"/v1.0/{UNITS}/{unit}").status_code == 404


def test_a_rule_says_who_is_in_a_dynamic_unit(client, ada):
    rule = {"membershipRule": "user.country -eq 'x'", "membershipRuleProcessingState": "On"}
    body = {"displayName": "U", "membershipType": "Dynamic", **rule}
    unit = make(client, UNITS, body)["id"]
    at = f"/v1.0/{UNITS}/{unit}/members/$ref"
    code = "Authorization_RequestDenied"
    refusal(client.post(at, json=ref(f"users/{ada}")), 403, code)


def test_a_dynamic_unit_has_whom_its_rule_matches_until_it_is_paused(client, ada):
    rule = {"membershipRule": "user.displayName -startsWith 'Ada'", STATE: "On"}
    body = {"displayName": "U", "membershipType": "Dynamic", **rule}
    at = f"{UNITS}/{make(client, UNITS, body)['id']}"
    devices = {**body, "membershipRule": "device.displayName -eq 'Laptop'"}
    other = f"{UNITS}/{make(client, UNITS, devices)['id']}"
    laptop = make(client, "devices", DEVICE)["id"]
    bob = make(client, "users", user(userPrincipalName="bob@contoso.com", displayName="Bob"))["id"]

    def members(of=at):
        return [each["id"] for each in listed(client, f"{of}/members")]

    assert (members(), members(other)) == ([ada], [laptop])
    assert client.patch(f"/v1.0/users/{bob}", json={"displayName": "Ada B."}).status_code == 204
    assert members() == [ada, bob]
    assert at.endswith(listed(client, f"users/{bob}/memberOf")[0]["id"])
    assert client.patch(f"/v1.0/{at}", json={STATE: "Paused"}).status_code == 204
    assert client.patch(f"/v1.0/users/{bob}", json={"displayName": "Bob"}).status_code == 204
    assert members() == [ada, bob]
    assert client.patch(f"/v1.0/{at}", json={STATE: "On"}).status_code == 204
    assert members() == [ada]


def test_a_rule_without_effect_is_told_of(client):
    rule = {"membershipRule": "user.country -eq 'x'", STATE: "On"}
    plain = {**GROUP, **rule}
    plain.pop("@odata.type")

    def told():
        return client.get("/_fakegraph/requests").json["value"][-1]["ignored"]

    group = make(client, "groups", plain)["id"]
    assert ["'membershipRule'" in each and "groupTypes" in each for each in told()] == [True]
    make(client, UNITS, {"displayName": "U", **rule})
    assert ["'membershipType': 'Dynamic'" in each for each in told()] == [True]
    assert client.patch(f"/v1.0/groups/{group}", json={"description": "d"}).status_code == 204
    assert told() == []


def test_a_device_is_called_by_a_guid_and_a_state_of_rules_is_one(client):
    refusal(client.post("/v1.0/devices", json={**DEVICE, "deviceId": "laptop"}))
    plain = {**GROUP, STATE: "Soon"}
    plain.pop("@odata.type")
    assert STATE in refusal(client.post("/v1.0/groups", json=plain))


def test_who_has_a_role_in_a_unit_is_seen_from_all_three(client, ada, unit):
    role = make(client, "directoryRoles", {"roleTemplateId": ADMIN})["id"]
    at = f"{UNITS}/{unit}/scopedRoleMembers"
    made = make(client, at, {"roleId": role, "roleMemberInfo": {"id": ada}})
    assert made["administrativeUnitId"] == unit
    assert len(made["id"]) == 64
    for path in (at, f"users/{ada}/scopedRoleMemberOf", f"directoryRoles/{role}/scopedMembers"):
        assert [each["id"] for each in listed(client, path)] == [made["id"]]
    assert listed(client, f"directoryRoles/{role}/members") == []

    again = {"roleId": role, "roleMemberInfo": {"id": ada}}
    refusal(client.post(f"/v1.0/{at}", json=again))
    named = refusal(client.post(f"/v1.0/{at}", json={**again, "administrativeUnitId": NOBODY}))
    assert "administrativeUnitId" in named
    assert client.delete(f"/v1.0/{at}/{made['id']}").status_code == 204
    assert listed(client, f"users/{ada}/scopedRoleMemberOf") == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"roleId": NOBODY}, 404),
        ({"roleMemberInfo": {"id": NOBODY}}, 404),
        ({"roleMemberInfo": {}}, 400),
        ({"roleId": None}, 400),
    ],
)
def test_a_role_in_a_unit_is_of_what_is_there(client, ada, unit, changes, status):
    role = make(client, "directoryRoles", {"roleTemplateId": ADMIN})["id"]
    body = {"roleId": role, "roleMemberInfo": {"id": ada}, **changes}
    at = f"{UNITS}/{unit}/scopedRoleMembers"
    assert client.post(f"/v1.0/{at}", json=body).status_code == status
    assert listed(client, at) == []


@pytest.mark.parametrize("name", DEVICE)
def test_a_device_needs_what_it_is_registered_with(client, name):
    body = {key: value for key, value in DEVICE.items() if key != name}
    message = refusal(client.post("/v1.0/devices", json=body))
    assert message == f"A value is required for property '{name}' of resource 'Device'."


def test_a_device_is_known_by_two_ids_and_gone_for_good(client):
    made = make(client, "devices", DEVICE)["id"]
    assert client.get(f"/v1.0/devices(deviceId='{DEVICE['deviceId']}')").json["id"] == made
    assert client.get(f"/v1.0/devices/{DEVICE['deviceId']}").status_code == 404
    refusal(client.post("/v1.0/devices", json=DEVICE))
    at = f"/v1.0/devices/{made}"
    assert client.patch(at, json={"displayName": "x"}).status_code == 204
    assert "read-only" in refusal(client.patch(at, json={"trustType": "AzureAd"}))
    refusal(client.patch(at, json={"isCompliant": True}), 403, "Authorization_RequestDenied")
    assert client.delete(at).status_code == 204
    assert client.get(f"/v1.0/directory/deletedItems/{made}").status_code == 404


def test_a_device_has_fifteen_attributes_that_programs_set_one_by_one(client):
    first, second = "extensionAttribute1", "extensionAttribute2"
    made = make(client, "devices", {**DEVICE, "extensionAttributes": {first: "BYOD"}})
    assert made["extensionAttributes"].pop(first) == "BYOD"
    assert list(made["extensionAttributes"].values()) == [None] * 14
    at = f"/v1.0/devices/{made['id']}"
    change = {"extensionAttributes": {second: "x"}}
    assert client.patch(at, json=change).status_code == 204
    shown = client.get(f"{at}?$select=id,extensionAttributes").json["extensionAttributes"]
    assert (len(shown), shown[first], shown[second]) == (15, "BYOD", "x")
    refusal(client.patch(at, json={"extensionAttributes": {"extensionAttribute16": "x"}}))
    asked = f"/v1.0/devices?$filter=extensionAttributes/{first} eq 'byod'&$select=id"
    refusal(client.get(asked), code="Request_UnsupportedQuery")
    advanced = client.get(f"{asked}&$count=true", headers={"ConsistencyLevel": "eventual"})
    assert [each["id"] for each in advanced.json["value"]] == [made["id"]]


def test_a_device_has_one_owner_and_many_users(client, ada):
    made = make(client, "devices", DEVICE)["id"]
    other = make(client, "users", user(userPrincipalName="b@contoso.com"))["id"]
    at = f"/v1.0/devices/{made}"
    for path in ("registeredUsers", "registeredOwners"):
        assert client.post(f"{at}/{path}/$ref", json=ref(f"users/{ada}")).status_code == 204
        refusal(client.post(f"{at}/{path}/$ref", json=ref(f"devices/{made}")))
    refusal(client.post(f"{at}/registeredOwners/$ref", json=ref(f"users/{other}")))
    assert client.post(f"{at}/registeredUsers/$ref", json=ref(f"users/{other}")).status_code == 204
    assert [each["id"] for each in listed(client, f"users/{ada}/ownedDevices")] == [made]


def test_contacts_are_read_alone(client):
    seed(client, {"contacts": [{"id": NOBODY, "displayName": "C"}]})
    assert client.post("/v1.0/contacts", json={"displayName": "x"}).status_code == 405
    assert client.patch(f"/v1.0/contacts/{NOBODY}", json={}).status_code == 405
    assert client.delete(f"/v1.0/contacts/{NOBODY}").status_code == 405


@pytest.mark.parametrize(("changes", "said"), [
    ({"displayName": ""}, "'displayName' of resource 'AdministrativeUnit'"),
    ({"deletedDateTime": "2020-01-01T00:00:00Z"}, "Property 'deletedDateTime' is read-only"),
    ({"membershipType": "Dynamic", "membershipRule": "nonsense"}, "rule validation error")])  # fmt: skip
def test_a_unit_is_what_a_unit_can_be(client, changes, said):
    body = {"displayName": "Europe", **changes}
    assert said in refusal(client.post(f"/v1.0/{UNITS}", json=body))
    assert listed(client, UNITS) == []


def test_what_cannot_be_in_a_unit_is_not_made_in_one(client, unit):
    body = {"@odata.type": "#microsoft.graph.application", "displayName": "A"}
    refused = client.post(f"/v1.0/{UNITS}/{unit}/members", json=body)
    assert "cannot be in an administrative unit" in refusal(refused)
    assert listed(client, "applications") == []
