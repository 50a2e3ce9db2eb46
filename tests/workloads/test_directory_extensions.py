"""What applications add to directory objects: extension properties, and how they are read."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, make, refusal, seed, user

APP = "1a111111-1111-4111-8111-111111111111"
APP_ID = "2A222222-2222-4222-8222-222222222222"
PREFIX = f"extension_{APP_ID.replace('-', '')}_"
AT = f"applications/{APP}/extensionProperties"
USER = "#microsoft.graph.user"
ADVANCED = {"headers": {"ConsistencyLevel": "eventual"}}


@pytest.fixture
def tenant(client):
    """An application with its service principal."""
    app = {"id": APP, "appId": APP_ID, "displayName": "App"}
    principal = {"appId": APP_ID, "displayName": "App"}
    seed(client, {"applications": [app], "servicePrincipals": [principal]})
    return client


def prop(name="badge", kind="String", *targets, **more):
    targets = list(targets) or ["User"]
    return {"name": name, "dataType": kind, "targetObjects": targets, **more}


def test_an_extension_property_is_made_with_the_name_that_others_know_it_by(tenant):
    made = make(tenant, AT, prop())
    assert made["name"] == f"{PREFIX}badge"
    assert made["appDisplayName"] == "App"
    assert made["isSyncedFromOnPremises"] is made["isMultiValued"] is False
    assert listed(tenant, AT) == [{k: v for k, v in made.items() if k != "@odata.context"}]

    again = refusal(tenant.post(f"/v1.0/{AT}", json=prop("Badge")))
    assert again == f"An extension property exists with the name {PREFIX}Badge."
    assert tenant.patch(f"/v1.0/{AT}/{made['id']}", json={"name": "x"}).status_code == 405
    assert tenant.delete(f"/v1.0/{AT}/{made['id']}").status_code == 204
    assert listed(tenant, AT) == []


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (prop(kind="Text"), "dataType"),
        (prop("badge", "String", "User", "Contact"), "targetObjects"),
        ({**prop(), "targetObjects": []}, "targetObjects"),
        (prop("two words"), "name"),
        (prop("1st"), "name"),
    ],
)
def test_an_extension_property_has_a_known_type_and_target(tenant, body, name):
    message = refusal(tenant.post(f"/v1.0/{AT}", json=body))
    assert (
        message == f"Invalid value specified for property '{name}' of resource 'ExtensionProperty'."
    )
    assert listed(tenant, AT) == []


@pytest.mark.parametrize("name", ["name", "dataType", "targetObjects"])
def test_an_extension_property_needs_its_three_parts(tenant, name):
    body = prop()
    del body[name]
    message = refusal(tenant.post(f"/v1.0/{AT}", json=body))
    assert message == f"A value is required for property '{name}' of resource 'ExtensionProperty'."


@pytest.mark.parametrize(
    ("kind", "value", "wrong"),
    [
        ("String", "a", 1),
        ("String", "x" * 256, "x" * 257),
        ("Boolean", True, "true"),
        ("Integer", -5, 2**31),
        ("LargeInteger", 2**40, 2**63),
        ("DateTime", "2026-01-31T07:00:00Z", "yesterday"),
        ("Binary", "AQID", "%"),
        ("Binary", "A" * 340 + "AA==", "A" * 344 + "AA=="),
    ],
)
def test_values_are_kept_by_their_type_and_shown_when_they_are_selected(tenant, kind, value, wrong):
    name = make(tenant, AT, prop("it", kind))["name"]
    id_ = make(tenant, "users", user(**{name: value}))["id"]

    at = f"/v1.0/users/{id_}"
    assert name not in tenant.get(at).json
    assert tenant.get(f"{at}?$select=id,{name}").json[name] == value

    message = refusal(tenant.patch(at, json={name: wrong, "jobTitle": "x"}))
    assert message == "One or more property values specified are invalid."
    assert tenant.get(f"{at}?$select=jobTitle").json["jobTitle"] is None

    assert tenant.patch(at, json={name: None}).status_code == 204
    assert name not in tenant.get(f"{at}?$select=id,{name}").json


def test_a_multi_valued_one_has_an_array(tenant):
    name = make(tenant, AT, prop("it", isMultiValued=True))["name"]
    at = f"/v1.0/users/{make(tenant, 'users', user())['id']}"
    assert tenant.patch(at, json={name: ["a", "b"]}).status_code == 204
    assert tenant.get(f"{at}?$select={name}").json[name] == ["a", "b"]
    refusal(tenant.patch(at, json={name: "a"}))
    found = listed(tenant, f"users?$filter={name}/any(x:x eq 'B')")
    assert [each["displayName"] for each in found] == ["Ada Lovelace"]


def test_what_a_group_has_is_not_among_what_is_shown_by_itself(tenant):
    name = make(tenant, AT, prop("it", "String", "Group", "Device"))["name"]
    body = {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}
    made = make(tenant, "groups", {**body, name: "a"})
    assert name not in made
    assert all(name not in each for each in listed(tenant, "groups"))
    assert listed(tenant, f"groups?$select={name}") == [{name: "a"}]

    message = refusal(tenant.post("/v1.0/users", json=user(**{name: "a"})))
    assert message == f"The following extension properties are not available: {name}."


def test_what_no_application_has_added_is_neither_written_nor_asked_for(tenant):
    at = f"/v1.0/users/{make(tenant, 'users', user())['id']}"
    missing = refusal(tenant.patch(at, json={f"{PREFIX}a": 1, f"{PREFIX}b": 1}))
    assert missing == (
        f"The following extension properties are not available: {PREFIX}a, {PREFIX}b."
    )
    for option in (f"$select={PREFIX}a", f"$filter={PREFIX}a eq 'x'"):
        message = refusal(tenant.get(f"/v1.0/users?{option}"), code="Request_UnsupportedQuery")
        assert message == (
            f"Property '{PREFIX}a' does not exist as a declared property or extension property."
        )


def test_an_application_without_a_service_principal_adds_nothing(client):
    seed(client, {"applications": [{"id": APP, "appId": APP_ID, "displayName": "App"}]})
    name = make(client, AT, prop())["name"]
    message = refusal(client.post("/v1.0/users", json=user(**{name: "a"})))
    assert message == f"The following extension properties are not available: {name}."


def test_an_extension_property_that_is_gone_is_not_available(tenant):
    made = make(tenant, AT, prop())
    tenant.delete(f"/v1.0/{AT}/{made['id']}")
    refusal(tenant.post("/v1.0/users", json=user(**{made["name"]: "a"})))


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("{} eq 'A1'", ["a"]),
        ("{} in ('a1', 'B1')", ["a", "b"]),
        ("startswith({},'b')", ["b"]),
        ("{} ge 'b'", ["b"]),
    ],
)
def test_people_are_found_by_it(tenant, condition, found):
    name = make(tenant, AT, prop())["name"]
    for each in ("a", "b", "c"):
        value = {} if each == "c" else {name: f"{each}1"}
        body = user(displayName=each, userPrincipalName=f"{each}@contoso.com", **value)
        make(tenant, "users", body)
    there = listed(tenant, f"users?$filter={condition.format(name)}")
    assert [each["displayName"] for each in there] == found
    code = "Request_UnsupportedQuery"
    refusal(tenant.get(f"/v1.0/users?$filter=endswith({name},'1')"), code=code)


def test_it_is_read_of_members_too(tenant):
    name = make(tenant, AT, prop())["name"]
    id_ = make(tenant, "users", user(**{name: "a"}))["id"]
    body = {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}
    group = make(tenant, "groups", body)["id"]
    link = {"@odata.id": f"http://localhost/v1.0/users/{id_}"}
    tenant.post(f"/v1.0/groups/{group}/members/$ref", json=link)
    (found,) = listed(tenant, f"groups/{group}/members?$select=id,{name}")
    assert found[name] == "a"


def test_one_object_has_a_hundred_values_at_most(tenant):
    made = [{"id": f"{n:08}-0000-4000-8000-000000000000", **prop(f"n{n}")} for n in range(101)]
    seed(tenant, {AT: made})
    values = {f"{PREFIX}n{n}": "a" for n in range(100)}
    id_ = make(tenant, "users", user(**values))["id"]
    response = tenant.patch(f"/v1.0/users/{id_}", json={f"{PREFIX}n100": "a"})
    refusal(response, 403, "Directory_QuotaExceeded")


def test_the_fifteen_attributes_change_one_by_one(client):
    at = f"/v1.0/users/{make(client, 'users', user())['id']}"
    name = "onPremisesExtensionAttributes"
    first = {"extensionAttribute1": "a", "extensionAttribute2": "b"}
    for values in (first, {"extensionAttribute1": None}):
        assert client.patch(at, json={name: values}).status_code == 204
    found = client.get(f"{at}?$select={name}").json[name]
    assert (found["extensionAttribute1"], found["extensionAttribute2"]) == (None, "b")


def test_what_is_expanded_is_selected_by_extension_properties(tenant):
    name = make(tenant, AT, prop())["name"]
    boss = make(tenant, "users", {**user(), name: "blue"})["id"]
    seed(tenant, {"users": [{"id": "u2", "displayName": "B", "manager": {"id": boss}}]})
    seed(
        tenant, {"groups/g1": {"displayName": "G", "members": [{"id": boss, "@odata.type": USER}]}}
    )
    for path, at in (("users/u2", "manager"), ("groups/g1", "members"), ("users", "manager")):
        response = tenant.get(f"/v1.0/{path}?$expand={at}($select=id,{name})")
        assert response.status_code == 200, response.text
        assert f'"{name}":"blue"' in response.text
    message = refusal(
        tenant.get("/v1.0/users?$expand=manager($select=extension_nobody_x)"),
        code="Request_UnsupportedQuery",
    )
    assert message == (
        "Property 'extension_nobody_x' does not exist as a declared property or extension property."
    )
