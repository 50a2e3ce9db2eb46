"""Custom security attributes: sets, definitions, and the values that people have."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, make, refusal, user

SETS = "directory/attributeSets"
DEFINITIONS = "directory/customSecurityAttributeDefinitions"
TYPE = "#Microsoft.DirectoryServices.CustomSecurityAttributeValue"
ADVANCED = {"headers": {"ConsistencyLevel": "eventual"}}
WRONG = "One or more property values specified are invalid."


def definition(name="Project", type_="String", **changes):
    return {
        "attributeSet": "Engineering",
        "name": name,
        "type": type_,
        "status": "Available",
        "isCollection": False,
        "isSearchable": True,
        "usePreDefinedValuesOnly": False,
        **changes,
    }


def values(**attributes):
    return {"customSecurityAttributes": {"Engineering": {"@odata.type": TYPE, **attributes}}}


@pytest.fixture
def tenant(client):
    make(client, SETS, {"id": "Engineering", "maxAttributesPerSet": 25})
    make(client, DEFINITIONS, definition())
    make(client, DEFINITIONS, definition("Tags", isCollection=True))
    make(client, DEFINITIONS, definition("Cost", "Integer"))
    make(client, DEFINITIONS, definition("Cleared", "Boolean"))
    return client


@pytest.fixture
def at(tenant):
    return f"/v1.0/users/{make(tenant, 'users', user())['id']}"


def read(client, at):
    return client.get(f"{at}?$select=customSecurityAttributes").json["customSecurityAttributes"]


def test_a_definition_is_known_by_its_set_and_name(tenant):
    found = tenant.get(f"/v1.0/{DEFINITIONS}/Engineering_Project").json
    assert (found["id"], found["type"]) == ("Engineering_Project", "String")
    at = f"/v1.0/{DEFINITIONS}/Engineering_Project"
    assert refusal(tenant.patch(at, json={"name": "Other"})) == (
        "Property 'name' is read-only and cannot be set."
    )
    changed = tenant.patch(at, json={"description": "d", "status": "Deprecated"})
    assert (changed.status_code, changed.data) == (204, b"")
    assert tenant.delete(at).status_code == 405
    assert tenant.delete(f"/v1.0/{SETS}/Engineering").status_code == 405


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"name": "two words"}, "name"),
        ({"type": "Date"}, "type"),
        ({"status": "New"}, "status"),
        ({"type": "Boolean", "isCollection": True}, "isCollection"),
        ({"type": "Boolean", "usePreDefinedValuesOnly": True}, "usePreDefinedValuesOnly"),
        ({"attributeSet": "Sales"}, "attributeSet"),
    ],
)
def test_a_definition_is_of_something_that_can_be(tenant, changes, name):
    body = {**definition("Other"), **changes}
    assert refusal(tenant.post(f"/v1.0/{DEFINITIONS}", json=body)) == (
        f"Invalid value specified for property '{name}' of resource "
        "'CustomSecurityAttributeDefinition'."
    )


def test_a_set_has_a_name_and_a_size(client):
    for body in ({"id": "x" * 33}, {"id": "a b"}, {"id": "A", "maxAttributesPerSet": 501}):
        refusal(client.post(f"/v1.0/{SETS}", json=body))
    make(client, SETS, {"id": "Engineering", "maxAttributesPerSet": 1})
    make(client, DEFINITIONS, definition())
    assert "has 1 attributes" in refusal(
        client.post(f"/v1.0/{DEFINITIONS}", json=definition("Second"))
    )


def test_values_are_given_attribute_by_attribute_and_shown_when_selected(tenant, at):
    for given in (
        {"Project": "Baker"},
        {"Tags@odata.type": "#Collection(String)", "Tags": ["a", "b"]},
        {"Cost@odata.type": "#Int32", "Cost": 5},
        {"Cleared": True},
    ):
        assert tenant.patch(at, json=values(**given)).status_code == 204
    assert "customSecurityAttributes" not in tenant.get(at).json
    assert read(tenant, at) == {
        "Engineering": {
            "@odata.type": TYPE,
            "Project": "Baker",
            "Tags@odata.type": "#Collection(String)",
            "Tags": ["a", "b"],
            "Cost@odata.type": "#Int32",
            "Cost": 5,
            "Cleared": True,
        }
    }


def test_null_and_an_empty_array_take_values_away(tenant, at):
    many = {"Tags@odata.type": "#Collection(String)", "Tags": ["a"]}
    tenant.patch(at, json=values(Project="Baker", **many))
    tenant.patch(at, json=values(**{**many, "Tags": []}))
    assert read(tenant, at) == {"Engineering": {"@odata.type": TYPE, "Project": "Baker"}}
    tenant.patch(at, json=values(Project=None))
    assert not read(tenant, at)


@pytest.mark.parametrize(
    "given",
    [
        {"Unknown": "a"},
        {"Project": 1},
        {"Project": ["a"]},
        {"Tags": ["a"]},
        {"Tags@odata.type": "#Collection(String)", "Tags": [1]},
        {"Cost": 5},
        {"Cost@odata.type": "#Int32", "Cost": "5"},
        {"Cost@odata.type": "#Int32", "Cost": True},
        {"Cleared": "true"},
    ],
)
def test_values_are_as_they_are_defined(tenant, at, given):
    assert refusal(tenant.patch(at, json=values(**given))) == WRONG
    assert read(tenant, at) is None


@pytest.mark.parametrize("attributes", ["a", {"Project": "a"}, {"@odata.type": "#x", "Project": 1}])
def test_a_set_of_values_says_its_type(tenant, at, attributes):
    body = {"customSecurityAttributes": {"Engineering": attributes}}
    assert tenant.patch(at, json=body).status_code == 400
    assert read(tenant, at) is None


def test_what_is_deprecated_or_not_among_the_listed_is_not_given(tenant, at):
    tenant.patch(f"/v1.0/{DEFINITIONS}/Engineering_Project", json={"status": "Deprecated"})
    assert refusal(tenant.patch(at, json=values(Project="a"))) == WRONG

    listed_only = definition("Level", usePreDefinedValuesOnly=True)
    allowed = [{"id": "High", "isActive": True}, {"id": "Low", "isActive": False}]
    make(tenant, DEFINITIONS, {**listed_only, "allowedValues": allowed})
    assert tenant.patch(at, json=values(Level="High")).status_code == 204
    for other in ("Low", "Other"):
        assert refusal(tenant.patch(at, json=values(Level=other))) == WRONG
    there = f"{DEFINITIONS}/Engineering_Level/allowedValues"
    make(tenant, there, {"id": "Other", "isActive": True})
    assert tenant.patch(at, json=values(Level="Other")).status_code == 204


def test_people_are_found_by_them_with_the_advanced_parameters(tenant, at):
    tenant.patch(at, json=values(Project="Baker"))
    path = "users?$filter=customSecurityAttributes/Engineering/{} eq '{}'{}"
    found = listed(tenant, path.format("Project", "Baker", "&$count=true"), **ADVANCED)
    assert [each["displayName"] for each in found] == ["Ada Lovelace"]
    assert listed(tenant, path.format("Project", "baker", "&$count=true"), **ADVANCED) == []
    refusal(tenant.get(f"/v1.0/{path.format('Project', 'a', '')}"), code="Request_UnsupportedQuery")
    bad = tenant.get(f"/v1.0/{path.format('Other', 'a', '&$count=true')}", **ADVANCED)
    assert refusal(bad, code="Request_UnsupportedQuery") == (
        "Unsupported or invalid query filter clause specified for property 'Engineering_Other' of "
        "resource 'CustomSecurityAttributeValue'."
    )


def test_of_many_values_a_condition_asks_each(tenant, at):
    many = {"Tags@odata.type": "#Collection(String)", "Tags": ["India", "Canada"]}
    assert tenant.patch(at, json=values(**many)).status_code == 204
    path = "users?$count=true&$filter=customSecurityAttributes/Engineering/Tags {}"
    for condition, number in (
        *(("eq 'Canada'", 1), ("eq 'India'", 1), ("eq 'canada'", 0), ("eq 'Cuba'", 0)),
        *(("ne 'Canada'", 0), ("ne 'Cuba'", 1)),
    ):
        assert len(listed(tenant, path.format(condition), **ADVANCED)) == number, condition
    wrong = tenant.get(f"/v1.0/{path.format('eq 5')}", **ADVANCED)
    assert "incompatible types" in refusal(wrong, code="BadRequest")


def test_service_principals_have_them_too(tenant):
    app = "3a333333-3333-4333-8333-333333333333"
    tenant.post("/_fakegraph/seed", json={"servicePrincipals": [{"id": app, "displayName": "A"}]})
    at = f"/v1.0/servicePrincipals/{app}"
    assert tenant.patch(at, json=values(Project="Baker")).status_code == 204
    assert "customSecurityAttributes" not in tenant.get(at).json
    assert read(tenant, at)["Engineering"]["Project"] == "Baker"
