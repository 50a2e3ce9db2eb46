"""Schema extensions: objects with declared members, and what things have of them."""

from __future__ import annotations

import re

import pytest

from tests.graph.whole.conftest import listed, make, refusal, seed, user

MEMBERS = [{"name": "courseId", "type": "Integer"}, {"name": "courseName", "type": "String"}]


def schema(**changes):
    body = {"id": "courses", "description": "d", "targetTypes": ["User"], "properties": MEMBERS}
    return {**body, **changes}


def invalid(name):
    return f"Invalid value specified for property '{name}' of resource 'SchemaExtension'."


@pytest.fixture
def courses(client):
    """The name of a schema for users."""
    return make(client, "schemaExtensions", schema())["id"]


def test_a_schema_gets_a_name_that_nobody_else_has(client):
    made = make(client, "schemaExtensions", schema())
    assert re.fullmatch(r"ext[a-z0-9]{8}_courses", made["id"])
    assert made["status"] == "InDevelopment"
    assert make(client, "schemaExtensions", schema())["id"] != made["id"]
    assert client.get(f"/v1.0/schemaExtensions/{made['id']}").json["properties"] == MEMBERS
    found = listed(client, f"schemaExtensions?$filter=id eq '{made['id']}'")
    assert [each["id"] for each in found] == [made["id"]]


def test_a_verified_domain_stands_before_the_name(client):
    seed(client, {"domains": [{"id": "contoso.com", "isVerified": True}, {"id": "a.de"}]})
    assert make(client, "schemaExtensions", schema(id="contoso_courses"))["id"] == "contoso_courses"
    other = make(client, "schemaExtensions", schema(id="a_courses"))["id"]
    assert re.fullmatch(r"ext[a-z0-9]{8}_a_courses", other)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "two words"),
        ("targetTypes", ["Site"]),
        ("targetTypes", []),
        ("properties", []),
        ("properties", [{"name": "a", "type": "LargeInteger"}]),
        ("properties", [{"name": "a b", "type": "String"}]),
        ("properties", [{"name": None, "type": "String"}]),
        ("properties", [MEMBERS[0], MEMBERS[0]]),
        ("status", "Available"),
    ],
)
def test_what_is_no_schema_is_refused(client, name, value):
    assert refusal(client.post("/v1.0/schemaExtensions", json=schema(**{name: value}))) == invalid(
        name
    )


@pytest.mark.parametrize("name", ["id", "targetTypes", "properties"])
def test_a_schema_needs_its_parts(client, name):
    body = schema()
    del body[name]
    message = refusal(client.post("/v1.0/schemaExtensions", json=body))
    assert message == f"A value is required for property '{name}' of resource 'SchemaExtension'."


def test_a_schema_only_grows_and_goes_on(client, courses):
    at = f"/v1.0/schemaExtensions/{courses}"
    for name, value in (
        ("properties", MEMBERS[:1]),
        ("properties", [{"name": "courseId", "type": "String"}, MEMBERS[1]]),
        ("targetTypes", ["Group"]),
        ("status", "Deprecated"),
    ):
        assert refusal(client.patch(at, json={name: value})) == invalid(name)
    more = [*MEMBERS, {"name": "more", "type": "Boolean"}]
    grown = client.patch(at, json={"properties": more, "targetTypes": ["User", "Group"]})
    assert (grown.status_code, grown.data) == (204, b"")
    assert client.patch(at, json={"status": "Available"}).status_code == 204
    assert refusal(client.patch(at, json={"status": "InDevelopment"})) == invalid("status")
    assert client.delete(at).status_code == 403
    assert client.patch(at, json={"status": "Deprecated"}).status_code == 204
    assert client.delete(at).status_code == 403
    assert client.get(at).json["properties"] == more


def test_a_schema_in_development_can_go(client, courses):
    assert client.delete(f"/v1.0/schemaExtensions/{courses}").status_code == 204
    assert client.post("/v1.0/users", json=user(**{courses: {"courseId": 1}})).status_code == 400


def test_things_have_an_object_of_it_whose_members_change_one_by_one(client, courses):
    value = {"courseId": 1, "courseName": "a"}
    id_ = make(client, "users", user(**{courses: value}))["id"]
    at = f"/v1.0/users/{id_}"
    assert courses not in client.get(at).json
    assert client.get(f"{at}?$select=id,{courses}").json == {
        "@odata.context": f"http://localhost/v1.0/$metadata#users(id,{courses})/$entity",
        "id": id_,
        courses: value,
    }
    assert client.patch(at, json={courses: {"courseName": "b"}}).status_code == 204
    assert client.get(f"{at}?$select={courses}").json[courses] == {**value, "courseName": "b"}
    assert client.patch(at, json={courses: None}).status_code == 204
    assert courses not in client.get(f"{at}?$select={courses}").json


@pytest.mark.parametrize("value", [{"courseId": "1"}, {"other": 1}, "a", {"courseName": "x" * 257}])
def test_values_are_of_the_schema(client, courses, value):
    message = refusal(client.post("/v1.0/users", json=user(**{courses: value})))
    assert message == "One or more property values specified are invalid."


def test_people_are_found_by_a_member(client, courses):
    for number in (1, 2):
        values = {"displayName": str(number), "userPrincipalName": f"u{number}@contoso.com"}
        make(client, "users", user(**values, **{courses: {"courseId": number}}))
    found = listed(client, f"users?$filter={courses}/courseId eq 2")
    assert [each["displayName"] for each in found] == ["2"]


def test_it_is_for_the_kinds_of_things_that_it_names(client, courses):
    group = {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}
    refusal(client.post("/v1.0/groups", json={**group, courses: {"courseId": 1}}))
    at = f"/v1.0/schemaExtensions/{courses}"
    client.patch(at, json={"targetTypes": ["User", "Group", "Message"]})
    make(client, "groups", {**group, courses: {"courseId": 1}})
    make(client, "users", user())
    message = make(client, "me/messages", {"subject": "s", courses: {"courseId": 3}})["id"]
    found = client.get(f"/v1.0/me/messages/{message}?$select=subject,{courses}").json
    assert found[courses] == {"courseId": 3}


def test_what_a_folder_has_is_found_by_a_member_where_it_is_expanded(client):
    name = make(client, "schemaExtensions", schema(targetTypes=["Message"]))["id"]
    for number in (1, 2):
        make(client, "me/messages", {"subject": f"m{number}", name: {"courseId": number}})
    at = f"$filter={name}/courseId eq 2;$orderby={name}/courseId;$select=subject,{name}"

    response = client.get(f"/v1.0/me/mailFolders/drafts?$expand=messages({at})")

    assert response.status_code == 200, response.text
    (found,) = response.json["messages"]
    assert (found["subject"], found[name]["courseId"]) == ("m2", 2)


def test_schema_extensions_are_asked_by_a_few_properties(client):
    for good in (
        "id eq 'x'",
        "owner eq 'x'",
        "status eq 'Available'",
        "targetTypes/any(t:t eq 'x')",
    ):
        assert client.get(f"/v1.0/schemaExtensions?$filter={good}").status_code == 200, good
    answer = client.get("/v1.0/schemaExtensions?$filter=description eq 'x'")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "Request_UnsupportedQuery")
