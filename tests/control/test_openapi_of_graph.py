"""``GET /_fakegraph/openapi.json?path=``: what Graph has, built here or not."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error

URL = "/_fakegraph/openapi.json"


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/users/*/messages", "/v1.0/users/{user-id}/messages"),
        ("/v1.0/users/ada@contoso.com/manager", "/v1.0/users/{user-id}/manager"),
        ("/beta/reports/userCredentialUsageDetails", "/beta/reports/userCredentialUsageDetails"),
    ],
)
def test_a_pattern_is_described(client, pattern, path):
    document = client.get(URL, query_string={"path": pattern}).json
    assert document["openapi"].startswith("3.1")
    assert path in document["paths"]
    assert len(document["paths"]) < 20


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"path": "/nothing/*"}, "no path of the model meets"),
        ({"path": "/userz"}, "'userz'"),
        ({"path": ""}, "path is a pattern such as"),
        ({"path": "/beta/"}, "path is a pattern such as"),
        ({"path": "/users", "more": "1"}, "takes the query option path"),
    ],
)
def test_what_nobody_has_is_refused(client, query, words):
    status, code = (400, "BadRequest") if "more" in query else (404, "ResourceNotFound")
    assert_error(client.get(URL, query_string=query), status, code, words)
