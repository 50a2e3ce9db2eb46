"""OpenAPI of the published model: valid, small for a few paths, and true to what is taken."""

from __future__ import annotations

import gc
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from fakegraph.edm.additions import with_declared
from fakegraph.edm.published import PublishedModel, PublishedType, built_in
from fakegraph.edm.surface import Surface
from fakegraph.errors import GraphError
from fakegraph.graph.published_openapi import openapi_of
from fakegraph.graph.published_schemas import PublishedSchemas
from fakegraph.workloads.reports import build_models
from tests.edm.bodies import bodies, concrete, spoilt

MODEL = built_in("v1.0")
SCHEMAS = "#/components/schemas/"


def described(pattern=None, model=MODEL, version="v1.0"):
    return json.loads(b"".join(openapi_of(model, pattern, version)))


def operation(pattern, method):
    document = described(pattern)
    (item,) = document["paths"].values()
    return item[method]


def schema_of(answer):
    """The schema of a success's JSON."""
    answers = (each for status, each in answer["responses"].items() if status.startswith("2"))
    (content,) = (each["content"] for each in answers if "content" in each)
    return content["application/json"]["schema"]


def references(value):
    return set(re.findall(r'"\$ref": "#/components/(\w+)/([^"]+)"', json.dumps(value)))


PATTERNS = [
    "/me",
    "/users/*/messages",
    "/groups/{id}/members",
    "/groups/{id}/members/$ref",
    "/drives/{id}/root:/{path}:/children",
    "/me/drive/items/{id}/workbook/worksheets/{id}/range*",
    "/applications(appId={appId})",
    "/me/photo/$value",
    "/users/$count",
    "/me/displayName",
    "/reports/*",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_document_is_valid(pattern):
    document = described(pattern)

    assert document["openapi"].startswith("3.1")
    assert document["paths"]
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_document_of_the_whole_refers_to_nothing_that_is_not_there():
    pieces = list(openapi_of(MODEL))
    document = json.loads(b"".join(pieces))
    components = document["components"]
    operations = [
        each
        for item in document["paths"].values()
        for method, each in item.items()
        if method != "parameters"
    ]

    assert len(pieces) > 100
    assert references(document) <= {
        (kind, name) for kind, each in components.items() for name in each
    }
    assert len(document["paths"]) == sum(1 for _ in Surface(MODEL.lines).permitted())
    assert len({each["operationId"] for each in operations}) == len(operations)
    assert all(each["summary"].endswith(".") for each in operations)
    types = {name.removesuffix(".itself") for name in components["schemas"]} - {"error"}
    assert len(types) > 2900


def test_a_document_of_one_path_has_only_what_it_refers_to():
    document = described("/users/{id}/messages")
    schemas = document["components"]["schemas"]
    found, waiting = set(), references(document["paths"])
    while waiting:
        kind, name = waiting.pop()
        found.add((kind, name))
        waiting |= references(document["components"][kind][name]) - found

    assert {name for kind, name in found if kind == "schemas"} == set(schemas)
    assert {"v1.0.message", "v1.0.recipient", "v1.0.eventMessage", "error"} <= set(schemas)
    assert "v1.0.user" not in schemas
    assert len(json.dumps(document)) < 100_000


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/me", "patch", {"204"}),
        ("/groups/{id}", "patch", {"204"}),
        ("/me/messages/{id}", "patch", {"200"}),
        ("/users", "post", {"201"}),
        ("/me/revokeSignInSessions", "post", {"200"}),
        ("/me/drive/root:/{path}:/content", "put", {"200", "201"}),
        ("/policies/deviceRegistrationPolicy", "patch", {"204"}),
    ],
)
def test_successes_are_those_that_the_workload_has(path, method, statuses):
    ((_, item),) = described(path)["paths"].items()
    assert {each for each in item[method]["responses"] if each < "300"} == statuses


def test_what_may_lead_to_anything_says_so():
    document = described("/users/{id}/insights/shared/{id}/resource")

    assert document["components"]["schemas"]["v1.0.entity"] == {"type": "object"}


def test_keys_have_names_of_their_own():
    document = described("/me/drive/items/{id}/workbook/worksheets/{id}/range(address={address})")
    ((path, item),) = document["paths"].items()

    assert path == (
        "/v1.0/me/drive/items/{driveItem-id}/workbook/worksheets/{workbookWorksheet-id}"
        "/range(address='{address}')"
    )
    assert [each["name"] for each in item["parameters"]] == [
        "driveItem-id",
        "workbookWorksheet-id",
        "address",
    ]
    twice = described("/users/{id}/mailFolders/{id}/childFolders/{id}")
    assert list(twice["paths"]) == [
        "/v1.0/users/{user-id}/mailFolders/{mailFolder-id}/childFolders/{mailFolder-id1}"
    ]


def test_every_variable_of_a_path_is_a_parameter():
    for path, item in described("/*/workbook/*")["paths"].items():
        names = [each["name"] for each in item.get("parameters", ())]
        assert sorted(re.findall(r"\{([^{}]+)\}", path)) == sorted(names), path
        assert len(set(names)) == len(names)


def test_an_operation_says_what_the_surface_knows():
    listing = operation("/users/{id}/messages", "get")
    creating = operation("/users/{id}/messages", "post")

    assert listing["summary"] == "List messages."
    assert {"bearer": ["Mail.ReadBasic"]} in listing["security"]
    assert {each["$ref"].rpartition("/")[2] for each in listing["parameters"]} > {"filter", "top"}
    assert schema_of(listing)["properties"]["value"]["items"] == {"$ref": f"{SCHEMAS}v1.0.message"}
    assert "201" in creating["responses"]
    assert "Location" in creating["responses"]["201"]["headers"]
    body = creating["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": f"{SCHEMAS}v1.0.message"}


def test_only_documented_options_are_there_where_some_are():
    names = {
        each["$ref"].rpartition("/")[2] for each in operation("/users/delta", "get")["parameters"]
    }

    assert {"deltatoken", "skiptoken", "filter", "select"} <= names
    assert not {"top", "orderby"} & names


def test_actions_take_their_parameters():
    sending = operation("/me/sendMail", "post")
    schema = sending["requestBody"]["content"]["application/json"]["schema"]

    assert schema["properties"].keys() == {"Message", "SaveToSentItems"}
    assert schema["required"] == ["Message"]
    assert "202" in sending["responses"]


def test_other_kinds_of_things_have_their_forms():
    assert schema_of(operation("/me/displayName", "get"))["required"] == ["value"]
    reference = operation("/groups/{id}/members/$ref", "post")["requestBody"]
    assert reference["content"]["application/json"]["schema"]["required"] == ["@odata.id"]
    photo = operation("/me/photo/$value", "get")["responses"]["200"]
    assert list(photo["content"]) == ["application/octet-stream"]
    count = operation("/users/$count", "get")["responses"]["200"]
    assert list(count["content"]) == ["text/plain"]
    changed = operation(
        "/me/drive/items/{id}/workbook/worksheets/{id}/range(address={address})", "patch"
    )
    body = changed["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": f"{SCHEMAS}v1.0.workbookRange"}


def test_what_only_the_model_declares_is_left_out():
    place = described("/me/mailboxSettings/automaticRepliesSetting")["paths"]
    (item,) = place.values()

    assert item.keys() == {"get"}


def test_what_is_deprecated_says_so():
    assert operation("/me/drive/recent", "get")["deprecated"] is True
    schemas = described("/me/drive/items/{id}/permissions")["components"]["schemas"]
    properties = schemas["v1.0.permission"]["properties"]
    assert properties["grantedTo"]["deprecated"] is True
    assert "deprecated" not in properties["grantedToV2"]


def test_additions_are_described_too():
    model = with_declared(MODEL, build_models()["beta"])
    document = described("/reports/userCredentialUsageDetails*", model, "beta")

    assert list(document["paths"]) == [
        "/beta/reports/userCredentialUsageDetails",
        "/beta/reports/userCredentialUsageDetails/$count",
        "/beta/reports/userCredentialUsageDetails/{userCredentialUsageDetails-id}",
    ]
    assert "beta.usageAuthMethod" in document["components"]["schemas"]


@pytest.mark.parametrize(("pattern", "error"), [("/no*", ValueError), ("/no", GraphError)])
def test_paths_that_are_not_there_are_refused(pattern, error):
    with pytest.raises(error):
        openapi_of(MODEL, pattern)


def models():
    gc.collect()
    return sum(isinstance(each, PublishedModel) for each in gc.get_objects())


def test_what_is_read_for_a_document_is_forgotten():
    known, before = len(MODEL._types), models()
    b"".join(openapi_of(MODEL, "/users/*"))

    assert len(MODEL._types) == known
    assert models() == before


WRITTEN = [
    type_
    for type_ in MODEL.types()
    if isinstance(type_, PublishedType) and concrete(type_) and type_.name != "microsoft.graph.Json"
]
# What a schema tells from a valid body; a member of an enumeration may be one of a later version.
SAID = {
    "unknown property",
    "type that does not exist",
    "type of a sibling",
    "null",
    "null in an array",
    "no array",
    "no object",
    "object",
}


def validator(type_):
    schemas = PublishedSchemas(MODEL, "v1.0", expanded=False)
    schema = schemas.of(type_)
    whole = {**schema, "components": {"schemas": dict(schemas.components())}}
    return Draft202012Validator(whole)


@settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.data())
def test_schemas_take_what_the_server_takes(data):
    type_ = data.draw(st.sampled_from(WRITTEN))
    body = data.draw(bodies(type_))
    found = validator(type_)

    found.validate(body)
    for kind, changed, _ in spoilt(MODEL, type_, body):
        if kind in SAID:
            assert not found.is_valid(changed), (kind, changed)


@pytest.mark.parametrize(
    ("path", "method", "successes"),
    [
        ("/identityGovernance/accessReviews/definitions/{id}", "put", {"201", "204"}),
        ("/teams/{id}/schedule", "put", {"200", "201"}),
        ("/users/{id}/messages/{id}", "patch", {"200"}),
        ("/print/settings", "get", {"200", "204"}),
    ],
)
def test_what_depends_on_what_is_there_has_a_status_for_each(path, method, successes):
    answers = operation(path, method)["responses"]
    assert {each for each in answers if each.startswith("2")} == successes
