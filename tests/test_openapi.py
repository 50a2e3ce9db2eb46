"""The OpenAPI document: valid, whole, and derived from what is served."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from fakegraph.app import close_app, create_app
from fakegraph.control.bodies import ClockBody, FaultBody, read_clock, read_fault
from fakegraph.control.routes import ROOT, SERVER_ROUTES, TENANT_ROUTES
from fakegraph.edm.model import EntitySet, Model
from fakegraph.errors import GraphError
from fakegraph.graph.entities import handlers_of, targets_of
from fakegraph.settings import Settings
from fakegraph.tenants.faults import PRESETS
from fakegraph.tenants.journal import CRITERIA
from fakegraph.workloads.reports import build_models
from tests.edm.test_csdl import Gadget
from tests.graph.test_negotiation import Widget

URL = f"{ROOT}/openapi.json"
EVENTS = "/beta/reports/userCredentialUsageDetails"
OLD = "/beta/reports/credentialUserRegistrationDetails"


def described(client, **headers):
    answer = client.get(URL, headers=headers)
    assert (answer.status_code, answer.content_type) == (200, "application/json"), answer.text
    return answer.json


@pytest.fixture
def document(client):
    return described(client)


def operations(document):
    return {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


@pytest.mark.parametrize(
    "settings", [{}, {"strict_queries": True, "auth": "strict", "control_key": "k"}]
)
def test_it_is_valid(make_client, settings):
    document = described(make_client(**settings), **{"X-Fakegraph-Key": "k"})

    assert document["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_operation_of_both_faces_is_there(document):
    found = {(method, re.sub(r"\([^/]*\)$", "", path)) for method, path in operations(document)}
    expected = {
        (method, f"/{version}{target.route}")
        for version, model in build_models().items()
        for target in targets_of(model)
        for method in handlers_of(target)
    }
    for routes, root in (
        (SERVER_ROUTES, ROOT),
        (TENANT_ROUTES, ROOT),
        (TENANT_ROUTES, f"{ROOT}/tenants/{{tenant}}"),
    ):
        for path, views in routes.items():
            written = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
            expected |= {(method, f"{root}{written}") for method in views}
    assert found == expected


def test_operations_have_names_words_and_refusals(document):
    found = operations(document)

    names = [operation["operationId"] for operation in found.values()]
    assert len(names) == len(set(names))
    for operation in found.values():
        assert operation["summary"].endswith(".")
        assert len(operation["tags"]) == 1
        assert {"400", "default"} <= operation["responses"].keys()


def test_functions_have_a_path_for_each_form(document):
    root = "/beta/reports/authenticationMethods/usersRegisteredByFeature"
    period = document["paths"]["/beta/reports/getCredentialUsageSummary(period='{period}')"]

    assert f"{root}()" in document["paths"]
    assert (
        f"{root}(includedUserTypes='{{includedUserTypes}}',includedUserRoles='{{includedUserRoles}}')"
        in document["paths"]
    )
    assert period["parameters"][0]["schema"]["enum"] == ["D1", "D7", "D30"]


def test_deprecated_members_say_so(document):
    found = operations(document)

    assert found["GET", EVENTS]["deprecated"]
    assert "410" in found["POST", EVENTS]["responses"]
    assert "Sunset" in found["GET", EVENTS]["responses"]["200"]["headers"]
    successor = found["GET", "/beta/reports/authenticationMethods/userEventsSummary"]
    assert "deprecated" not in successor
    assert ("POST", "/beta/reports/authenticationMethods/userEventsSummary") not in found


def test_query_options_are_those_that_are_taken(make_client):
    def options(document, path=EVENTS):
        parameters = operations(document)["GET", path]["parameters"]
        return {each["name"]: each["schema"] for each in parameters if each["in"] == "query"}

    loose = options(described(make_client()))
    assert "$skip" in loose
    assert (loose["$top"]["minimum"], loose["$top"]["maximum"]) == (1, 999)
    assert loose["$orderby"]["type"] == "string"
    strict = options(described(make_client(strict_queries=True)))
    assert set(strict) == {"$filter", "$orderby", "$top"}
    assert strict["$orderby"]["items"]["enum"] == ["isSuccess", "isSuccess asc", "isSuccess desc"]
    unsorted = options(described(make_client(strict_queries=True)), OLD)
    assert set(unsorted) == {"$filter", "$top"}


def test_who_must_sign_in_is_said(make_client):
    document = described(make_client(auth="bearer", control_key="k"), **{"X-Fakegraph-Key": "k"})
    found = operations(document)

    assert document["security"] == [{"bearer": []}]
    assert "security" not in found["GET", EVENTS]
    assert found["GET", "/beta/$metadata"]["security"] == []
    assert found["POST", f"{ROOT}/reset"]["security"] == [{"key": []}]
    assert found["GET", f"{ROOT}/health"]["security"] == []
    assert described(make_client())["security"] == []


def test_the_journal_can_be_asked_by_every_criterion(document):
    found = operations(document)["GET", f"{ROOT}/requests"]["parameters"]

    assert [parameter["name"] for parameter in found] == list(CRITERIA)


FAULTS = [
    *({"preset": name} for name in PRESETS),
    {"status": 503, "code": "x", "retryAfter": 0.5, "delayMs": 5},
    {"status": 429, "retryAfter": None, "times": None, "match": {"query": {"$top": "1"}}},
    {"preset": "throttled", "message": ""},
    {"delayMs": 1},
    {"bodyMs": 5, "truncateBody": True},
    {"drop": True, "delayMs": 5},
    {"preset": "slow", "delayMs": 10},
    {"status": 500, "drop": False, "bodyMs": 0},
    {"truncateBody": True, "drop": False},
    {},
    {"delayMs": 0},
    {"drop": False},
    {"preset": "throttled", "status": 503},
    {"preset": "slow", "code": "x"},
    {"preset": "slow", "delayMs": 0},
    {"delayMs": 5, "retryAfter": 1},
    {"drop": True, "status": 500},
    {"drop": True, "truncateBody": True},
    {"status": 500, "bodyMs": 5},
    {"preset": "connectionReset", "bodyMs": 5},
    {"status": 200},
    {"status": 500, "match": {"host": "x"}},
]
CLOCKS = [
    {"now": "2024-01-01T00:00:00Z"},
    {"now": "2024-01-01T00:00:00Z", "frozen": False},
    {"frozen": True},
    {"advance": "-P1DT2H30M0.5S"},
    {},
    {"advance": "PT1H", "frozen": True},
    {"advance": "P1Y"},
    {"now": "2024-01-01"},
    {"now": "2024-01"},
]


def read_a_fault(body):
    return read_fault(body, "f")


@pytest.mark.parametrize(
    ("body", "schema", "read"),
    [
        *((body, FaultBody, read_a_fault) for body in FAULTS),
        *((body, ClockBody, read_clock) for body in CLOCKS),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_what_goes_together_is_described_as_it_is_read(body, schema, read):
    try:
        read(body)
    except GraphError:
        taken = False
    else:
        taken = True
    assert Draft202012Validator(schema.reader().json_schema()).is_valid(body) is taken


def test_whole_numbers_may_be_written_with_a_point(client):
    assert client.post(f"{ROOT}/tenants", json={"pageSize": 5.0}).status_code == 201
    assert client.post(f"{ROOT}/tenants", json={"pageSize": 5.5}).status_code == 400


def test_one_registration_is_described(client):
    model = Model("beta")
    model.add(EntitySet("gadgets", Gadget))
    model.add(EntitySet("things/widgets", Widget))
    app = create_app(Settings(fixture=(), auth="off"), models={"beta": model})
    document = described(app.test_client())
    close_app(app)

    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert ("PATCH", "/beta/things/widgets/{id}") in operations(document)
    schemas = document["components"]["schemas"]
    assert schemas["beta.colour"]["enum"] == ["red", "unknownFutureValue", "octarine"]
    assert schemas["beta.widget.create"]["properties"]["colours"]["items"]["enum"] == [
        "red",
        "unknownFutureValue",
    ]
    assert "gadgets" in schemas["seed"]["properties"]


def test_nothing_of_it_is_imported_before_it_is_asked_for():
    code = (
        "import sys, fakegraph.app as a; from fakegraph.settings import Settings; "
        "c = a.create_app(Settings(fixture=(), auth='off')).test_client(); "
        "c.get('/beta/reports/userCredentialUsageDetails'); c.get('/_fakegraph/health'); "
        "print([name for name in sys.modules if 'openapi' in name or 'csdl' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
