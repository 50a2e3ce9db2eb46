"""Whatever is sent, the answer is the service's: never a 500, and nothing half-stored.

``FUZZ_EXAMPLES`` says how much of each kind is sent; ``make crash-test`` says more.
"""

from __future__ import annotations

import json
import os
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings
from tests.conftest import EVENT, SET, create

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
FUZZ = settings(max_examples=EXAMPLES)


@pytest.fixture(scope="module")
def shared():
    app = create_app(Settings(fixture=(), auth="off"))
    client = app.test_client()
    create(client, id="a")
    yield client
    close_app(app)


def json_values():
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    return st.recursive(
        scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
    )


@FUZZ
@given(
    st.dictionaries(
        st.sampled_from([*EVENT, "id", "x@y.z", "p@odata.type"]) | st.text(), json_values()
    )
)
def test_any_json_body_is_taken_or_refused(shared, body):
    before = shared.get(f"{SET}/$count").text

    response = shared.post(SET, json={**EVENT, **body})

    assert response.status_code in {201, 400, 409}, response.text
    after = shared.get(f"{SET}/$count").text
    assert (after != before) == (response.status_code == 201)
    if response.status_code == 201:
        shared.delete(response.headers["Location"])


@FUZZ
@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_refused(shared, data):
    response = shared.post(SET, data=data, content_type="application/json")

    assert response.status_code == 400


@FUZZ
@given(st.dictionaries(st.sampled_from(list(EVENT)) | st.text(), json_values(), max_size=3))
def test_any_patch_is_taken_or_refused_whole(shared, changes):
    before = shared.get(f"{SET}/a").json

    response = shared.patch(f"{SET}/a", data=json.dumps(changes), content_type="application/json")

    assert response.status_code in {200, 400}, response.text
    if response.status_code == 400:
        assert shared.get(f"{SET}/a").json == before


PIECES = ["isSuccess", "userDisplayName", "eventDateTime", "feature", " eq ", " and ", " or ", "not ",
          "true", "null", "'a'", "''", "(", ")", ",", "/", "$it", "1", "-", "2024-01-01T00:00:00Z",
          "startswith", "length(", "now()", " add ", " in ", "any(", "x:x", "@a", "duration'PT1H'",
          "case(", ":", "cast(", "Edm.String", "microsoft.graph.featureType'reset'", "[", "]", "{", "\"", "é", "\x00"]  # fmt: skip


@FUZZ
@given(
    st.sampled_from(
        [
            "filter",
            "orderby",
            "select",
            "expand",
            "search",
            "top",
            "skip",
            "count",
            "skiptoken",
            "format",
            "@a",
        ]
    ),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=40),
)
@example("filter", "(" * 5000)
@example("filter", "not " * 3000 + "true")
@example("filter", "true" + " and true" * 1800)
@example("filter", "1" + " add 1" * 2000 + " eq 1")
@example("filter", "id eq '" + "a" * 16000)
@example("filter", "matchesPattern(userDisplayName,'" + "(a*)*" * 100 + "')")
@example("filter", "matchesPattern(userDisplayName,'((a{1000}){1000}){1000}')")
@example("search", "NOT " * 3000 + "x")
@example("expand", "a($expand=" * 2000)
@example("select", "a/" * 8000)
@example("orderby", ",".join(["isSuccess"] * 1600))
def test_any_option_value_is_answered_or_refused(shared, name, value):
    response = shared.get(f"{SET}?{name}={quote(value, safe='')}")

    assert response.status_code in {200, 400, 406}, response.text
    assert "Traceback" not in response.text


@FUZZ
@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_any_path_is_answered_or_refused(shared, path):
    """405 and 501 are for what the published model has there."""
    response = shared.get(f"/beta/{quote(path, safe='()')}")

    assert response.status_code in {200, 400, 404, 405, 501}, response.text


@FUZZ
@given(
    st.sampled_from(
        [
            "Accept",
            "Prefer",
            "Content-Type",
            "Authorization",
            "OData-Version",
            "client-request-id",
            "If-Match",
            "Accept-Encoding",
            "ConsistencyLevel",
            "Range",
            "Origin",
            "X-HTTP-Method-Override",
        ]
    ),
    st.text(alphabet=st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=40),
)
def test_any_header_value_is_answered_or_refused(shared, header, value):
    response = shared.get(SET, headers={header: value})

    assert response.status_code in {200, 400, 406, 412, 416}, response.text


REPORTS = "/beta/reports"
CALLS = [
    "getCredentialUsageSummary",
    "authenticationMethods/usersRegisteredByMethod",
    "microsoft.graph.",
]
INSIDE = ["period", "=", "'D7'", "'d30'", "@p", ",", "includedUserTypes", "'all'", "(", ")", "'", "''", " ",
          "microsoft.graph.includedUserTypes'guest'", "includedUserRoles", "null", "5", "é", "/", "%"]  # fmt: skip


@FUZZ
@given(
    st.sampled_from(CALLS),
    st.lists(st.sampled_from(INSIDE), max_size=10).map("".join) | st.text(max_size=20),
    st.sampled_from(["", "?@p='D7'", "?$filter=@p&@p=true", "?$top=1&$format=json"]),
)
@example("getCredentialUsageSummary", "period='" + "a" * 20_000, "")
@example("getCredentialUsageSummary", "period='" + "''" * 10_000 + "'", "")
@example("getCredentialUsageSummary", "a='b'," * 5_000, "")
def test_any_call_is_answered_or_refused(shared, name, inside, query):
    written = quote(inside.encode("utf-8", "surrogatepass"), safe="=',@()")
    response = shared.get(f"{REPORTS}/{name}({written}){query}")

    assert response.status_code in {200, 400}, response.text


PARTS = st.sampled_from(
    ["1", "2", "GET", "get", "POST", "DELETE", "/reports/userCredentialUsageDetails", "/$batch", "/$metadata",
     "http://localhost/v1.0/", "http://localhost", "//localhost", "?$top=1", "application/json", "Bearer x",
     "e30=", "a?b#c", "..", "%2e%2e/_fakegraph/reset", "\r\n", "é"]
)  # fmt: skip
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "id": PARTS | json_values(),
        "method": PARTS | json_values(),
        "url": PARTS | st.lists(PARTS, max_size=4).map("".join) | json_values(),
        "headers": st.dictionaries(st.sampled_from(["Content-Type", "Prefer", "Accept", "Host", "é", "a b"]) | st.text(), PARTS | json_values()),
        "body": json_values(),
        "dependsOn": st.lists(PARTS) | json_values(),
        "depends_on": json_values(),
        "atomicityGroup": json_values(),
    },
)  # fmt: skip


@FUZZ
@given(st.lists(ITEMS | json_values(), max_size=4) | json_values())
def test_any_batch_is_answered_or_refused(shared, requests):
    response = shared.post("/beta/$batch", json={"requests": requests})

    assert response.status_code in {200, 400}, response.text
    if response.status_code == 200:
        for each in response.json["responses"]:
            assert each["status"] < 500, each


@FUZZ
@given(
    st.sampled_from(["GET", "POST", "PATCH"]),
    st.sampled_from(["/reports/userCredentialUsageDetails", "/reports/userCredentialUsageDetails/a"]),
    st.dictionaries(
        st.sampled_from(["Prefer", "Accept", "ConsistencyLevel", "If-Match", "Content-Type"]), st.text()
    ),
    st.text(max_size=30),
    json_values(),
)  # fmt: skip
def test_any_item_is_answered_or_refused(shared, method, path, headers, query, body):
    request = {"id": "1", "method": method, "url": f"{path}?{query}", "headers": headers}
    if method != "GET":
        request |= {"body": body, "headers": {"Content-Type": "application/json", **headers}}
    response = shared.post("/beta/$batch", json={"requests": [request]})

    assert response.status_code in {200, 400}, response.text
    if response.status_code == 200:
        assert response.json["responses"][0]["status"] < 500, response.text
