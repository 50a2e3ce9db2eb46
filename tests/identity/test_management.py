"""What signing in asks Azure Resource Manager: tenants and one subscription, and nothing else."""

from __future__ import annotations

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings
from tests.identity.conftest import GRAPH, SignIn, claims_of

HOST = "management.azure.com"
ARM = "https://management.core.windows.net//.default"
VERSION = "?api-version=2022-12-01"


def asked(entra, path, token=None, method="GET", host=HOST):
    head = {"Host": host, **({} if token is None else {"Authorization": f"Bearer {token}"})}
    return entra.client.open(path, method=method, headers=head)


@pytest.fixture(scope="module", params=["off", "bearer"])
def lenient(request):
    app = create_app(Settings(fixture=(), auth=request.param))
    yield SignIn(app.test_client())
    close_app(app)


@pytest.fixture
def token(entra):
    return entra.token("client_credentials", client_secret="x", scope=ARM)["access_token"]


@pytest.mark.parametrize("host", [HOST, "management.usgovcloudapi.net", "Management.azure.com:443"])
def test_there_is_one_subscription(entra, token, host):
    found = asked(entra, f"/subscriptions{VERSION}", token, host=host).json
    (one,) = found["value"]
    assert (one["state"], one["id"]) == ("Enabled", f"/subscriptions/{one['subscriptionId']}")
    assert one["tenantId"] == claims_of(token)["tid"]
    assert found["value"] == asked(entra, f"/subscriptions{VERSION}", token).json["value"]
    (tenant,) = asked(entra, f"/tenants{VERSION}", token, host=host).json["value"]
    assert tenant["tenantId"] == one["tenantId"]


def test_other_tenants_have_another(entra, token):
    other = entra.token("client_credentials", "other", client_secret="x", scope=ARM)["access_token"]
    ids = {
        asked(entra, f"/subscriptions{VERSION}", each).json["value"][0]["id"]
        for each in (token, other)
    }
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/subscriptions", "GET", 400, "MissingApiVersionParameter"),
        ("/subscriptions?api-version=new", "GET", 400, "InvalidApiVersionParameter"),
        (f"/subscriptions/1/resourceGroups{VERSION}", "GET", 501, "NotImplemented"),
        (f"/subscriptions{VERSION}", "POST", 501, "NotImplemented"),
        (f"/v1.0/users{VERSION}", "GET", 501, "NotImplemented"),
        (f"/default/oauth2/v2.0/token{VERSION}", "POST", 501, "NotImplemented"),
    ],
)
def test_all_else_is_refused_by_name(entra, token, path, method, status, code):
    answer = asked(entra, path, token, method)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    if status == 501:
        assert f"{method} {path.partition('?')[0]}" in answer.json["error"]["message"]


def test_the_token_must_be_for_it(entra, token):
    graph = entra.token("client_credentials", client_secret="x", scope=GRAPH)["access_token"]
    entra.advance("PT2H")
    for sent, code in (
        (None, "AuthenticationFailed"),
        ("opaque", "InvalidAuthenticationToken"),
        (token[:-8] + "AAAAAAAA", "InvalidAuthenticationToken"),
        (token, "ExpiredAuthenticationToken"),
    ):
        answer = asked(entra, f"/tenants{VERSION}", sent)
        assert (answer.status_code, answer.json["error"]["code"]) == (401, code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    entra.control("POST", "/reset")
    answer = asked(entra, f"/tenants{VERSION}", graph)
    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "InvalidAuthenticationTokenAudience"


def test_where_tokens_are_not_checked_any_will_do(lenient):
    assert asked(lenient, f"/subscriptions{VERSION}", "any").status_code == 200


def test_the_journal_tells_of_it(entra, token):
    asked(entra, f"/subscriptions{VERSION}", token)
    asked(entra, f"/subscriptions/1{VERSION}", token)
    one, two = entra.control("GET", "/requests")["value"][-2:]
    assert (one["route"], one["status"]) == ("/subscriptions", 200)
    assert (two["route"], two["status"], two["errorCode"]) == (None, 501, "NotImplemented")


def test_clouds_are_discovered_there(entra):
    found = asked(entra, "/metadata/endpoints?api-version=2022-09-01")
    assert found.status_code == 200
    assert "resourceManager" in found.text
