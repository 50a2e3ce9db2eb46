"""Who is signed in, as OpenID Connect asks it."""

from __future__ import annotations

import pytest

from fakegraph.tenants.guids import guid_of_name
from tests.identity.conftest import SignIn, claims_of

USER = {"username": "ada@contoso.com", "password": "x"}
ADA = {
    "userPrincipalName": "ada@contoso.com",
    "displayName": "Ada Lovelace",
    "givenName": "Ada",
    "surname": "Lovelace",
    "mail": "ada.lovelace@contoso.com",
}
PATHS = ["/oidc/userinfo", "/t1/openid/userinfo", f"/{guid_of_name('t1')}/openid/userinfo"]


@pytest.fixture
def entra(make_client):
    found = SignIn(make_client(auth="strict"))
    found.control("POST", "/tenants", {"id": "t1"})
    found.control("POST", "/tenants/t1/seed", {"users": [ADA]})
    return found


def signed_in(entra, scope="openid profile email User.Read"):
    return entra.token("password", "t1", **USER, scope=scope)


def asked(entra, token, path=PATHS[0], method="GET", **options):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return entra.client.open(path, method=method, headers=headers, **options)


def refused(answer, status, code, words=""):
    error = answer.json["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert words in error["message"]
    assert "request-id" in error["innerError"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_user_is_told_of(entra, path, method):
    found = signed_in(entra)
    told = asked(entra, found["access_token"], path, method).json
    assert told == {
        "sub": claims_of(found["id_token"])["sub"],
        "name": "Ada Lovelace",
        "family_name": "Lovelace",
        "given_name": "Ada",
        "picture": "http://localhost/v1.0/me/photo/$value",
        "email": "ada.lovelace@contoso.com",
    }


def test_the_configuration_leads_there(entra):
    token = signed_in(entra)["access_token"]
    for path in ("/t1/v2.0", "/t1"):
        where = entra.client.get(f"{path}/.well-known/openid-configuration").json
        place = where["userinfo_endpoint"].removeprefix("http://localhost")
        assert asked(entra, token, place).json["name"] == "Ada Lovelace"
    base = "https://login.microsoftonline.com"
    found = entra.client.get("/t1/v2.0/.well-known/openid-configuration", base_url=base).json
    assert found["userinfo_endpoint"] == "https://graph.microsoft.com/oidc/userinfo"
    answer = asked(entra, token, base_url="https://graph.microsoft.com")
    assert answer.json["email"] == ADA["mail"]


def test_scopes_say_how_much(entra):
    for scope, names in (("openid", set()), ("openid email", {"email"}),
                         ("openid profile", {"name", "family_name", "given_name", "picture"})):  # fmt: skip
        token = signed_in(entra, f"{scope} User.Read")["access_token"]
        assert set(asked(entra, token).json) == {"sub", *names}
    token = signed_in(entra, "User.Read")["access_token"]
    refused(asked(entra, token), 403, "Forbidden", "openid")


def test_others_are_refused_in_graphs_words(entra):
    code = "InvalidAuthenticationToken"
    refused(asked(entra, None), 401, code)
    refused(asked(entra, "nonsense"), 401, code)
    for wrong in ({"signature": "none"}, {"expiresIn": -1}, {"audience": "api://x"}):
        body = {"user": "ada@contoso.com", "scp": "openid", **wrong}
        token = entra.control("POST", "/tenants/t1/tokens", body)["access_token"]
        answer = asked(entra, token)
        refused(answer, 401, code)
        assert "Bearer" in answer.headers["WWW-Authenticate"]
    app = entra.control("POST", "/tenants/t1/tokens")["access_token"]
    refused(asked(entra, app), 403, "Forbidden")
    other = signed_in(entra)["access_token"]
    refused(asked(entra, other, "/default/openid/userinfo"), 401, code)
    entry = entra.control("GET", "/requests")["value"][-1]
    assert (entry["route"], entry["errorCode"]) == ("/{tenant}/openid/userinfo", code)
