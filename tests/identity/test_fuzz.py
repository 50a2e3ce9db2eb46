"""Whatever is sent to a sign-in endpoint, it is refused in shape or answered; never a 500."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakegraph.signin.api import ROUTES
from fakegraph.signin.grants import GRANTS
from tests.identity.conftest import GRAPH, URI

FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
NAMES = sorted(
    {
        *("client_id", "client_secret", "scope", "redirect_uri", "response_type", "response_mode"),
        *("state", "nonce", "prompt", "login_hint", "code_challenge", "code_challenge_method"),
        *("post_logout_redirect_uri", "api-version", "authorization_endpoint", "user_code"),
        *("username", "action", "claims", "client_assertion", "client_assertion_type"),
        *(name for grant in GRANTS.values() for name in grant.parameters),
    }
)
TEXT = st.text(max_size=20) | st.sampled_from(
    ["default", "code", GRAPH, URI, "web", "1.ZGVmYXVsdA.x", "1..x", "a.b.c", "1.1", "S256", "{}", "ada@contoso.com"]
)  # fmt: skip
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=5), TEXT), max_size=8)
PATHS = st.sampled_from([route.path for route in ROUTES])
APART = st.sampled_from(["/oidc/userinfo", "/metadata/endpoints", "/default/openid/userinfo", "/"])
HOSTS = st.sampled_from(
    ["localhost", "login.microsoftonline.com", "login.live.com", "a b", "[", "x:99999"]
)


@settings(max_examples=300, suppress_health_check=FIXTURES)
@given(path=PATHS, tenant=TEXT, query=PAIRS, body=PAIRS, grant=st.sampled_from(sorted(GRANTS)))
def test_parameters_of_any_kind(entra, path, tenant, query, body, grant):
    place = f"/{quote(tenant or 'x', safe='')}{path}?{urlencode(query, errors='surrogatepass')}"
    answers = [
        entra.client.get(place),
        entra.client.post(place, data=dict(body)),
        entra.client.post(
            f"/default{path}", data={"grant_type": grant, "client_id": "x", **dict(body)}
        ),
    ]
    for answer in answers:
        assert answer.status_code < 500, answer.text


@settings(max_examples=100, suppress_health_check=FIXTURES)
@given(path=PATHS, query=st.binary(max_size=30), body=st.binary(max_size=50))
def test_bytes_of_any_kind(entra, path, query, body):
    media = "application/x-www-form-urlencoded"
    environ = {"QUERY_STRING": query.decode("latin-1")}
    for method in ("GET", "POST"):
        answer = entra.client.open(
            f"/default{path}",
            method=method,
            data=body,
            content_type=media,
            environ_overrides=environ,
        )
        assert answer.status_code < 500, answer.text


@settings(max_examples=150, suppress_health_check=FIXTURES)
@given(
    path=APART | PATHS,
    host=HOSTS,
    token=st.text(max_size=30) | st.sampled_from(["a.b.c", "a.e30.c"]),
    query=PAIRS,
)
def test_headers_of_any_kind(entra, path, host, token, query):
    sent = quote(token, safe=".")
    for method in ("GET", "POST", "OPTIONS", "PUT"):
        answer = entra.client.open(
            f"{path}?{urlencode(query, errors='surrogatepass')}",
            method=method,
            headers={"Host": host, "Authorization": f"Bearer {sent}"},
        )
        assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("secret", ["1.Li4veA.x", "1.AA.x", "1./.x", "1.é.x", "1.ZGVmYXVsdA.x"])
def test_codes_that_name_odd_tenants(entra, secret):
    for grant, name in (("authorization_code", "code"), ("refresh_token", "refresh_token")):
        found = entra.token(grant, "common", 400, redirect_uri=URI, **{name: secret})
        assert found["error"] == "invalid_grant"
