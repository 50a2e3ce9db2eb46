"""Whoever wants in without being let in: tokens, codes, clients and redirects that are not theirs."""

from __future__ import annotations

import base64
import json

import jwt as pyjwt
import pytest

from fakegraph.app import control_of
from fakegraph.tenants.guids import MOST, Guids, guid_of_name
from tests.identity.conftest import (
    ASSERTION,
    CHALLENGE,
    DEVICE,
    GRAPH,
    ON_BEHALF,
    URI,
    VERIFIER,
    SignIn,
    claims_of,
    number_of,
)

APP = {"client_secret": "x", "scope": GRAPH}
WEB = {"client_id": "web", "client_secret": "s3cret"}
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
TENANTS = ["t2", guid_of_name("t2"), "t2.onmicrosoft.com"]


@pytest.fixture
def two(make_client):
    """A server with two tenants, each with a user."""
    found = SignIn(make_client(auth="strict"))
    for name in ("t1", "t2"):
        found.control("POST", "/tenants", {"id": name})
        records = {"users": [{"userPrincipalName": "a@contoso.com"}]}
        found.control("POST", f"/tenants/{name}/seed", records)
    return found


@pytest.mark.parametrize("other", TENANTS)
def test_what_is_one_tenants_is_nothing_in_another(two, other):
    code = two.code("t1")
    number_of(two.redeem(code, other, status=400), 700005)
    found = two.redeem(code, "t1")  # which is as good as before
    number_of(two.token("refresh_token", other, 400, refresh_token=found["refresh_token"]), 70000)
    flow = two.device("t1")
    number_of(two.token(DEVICE, other, 400, device_code=flow["device_code"]), 70018)
    front = two.token("password", "t1", username="a@contoso.com", password="p", scope="api://web/x")
    asked = {**WEB, "assertion": front["access_token"], "scope": "User.Read"}
    asked["requested_token_use"] = "on_behalf_of"
    number_of(two.token(ON_BEHALF, other, 400, **asked), 50013)


def test_a_code_is_good_once_for_whom_and_where_it_was_given(entra):
    code = entra.code(**PKCE)
    for wrong, number in (
        ({"code_verifier": "w" * 43}, 501481),
        ({"code_verifier": CHALLENGE}, 501481),  # which everybody has seen
        ({}, 501481),
        ({"code_verifier": VERIFIER, "redirect_uri": f"{URI}/"}, 500112),
        ({"code_verifier": VERIFIER, "redirect_uri": f"{URI}?x=1"}, 500112),
        ({"code_verifier": VERIFIER, "client_id": "other"}, 70000),
        ({"code_verifier": VERIFIER, "redirect_uri": None}, 900144),
    ):
        number_of(entra.redeem(code, status=400, **wrong), number)
    entra.redeem(code, code_verifier=VERIFIER)
    number_of(entra.redeem(code, status=400, code_verifier=VERIFIER), 54005)


def test_a_challenge_cannot_be_taken_away(entra):
    code = entra.code(**PKCE)
    number_of(entra.redeem(code, status=400, code_verifier=""), 501481)
    plain = entra.code(code_challenge=VERIFIER)
    number_of(entra.redeem(plain, status=400, code_verifier=CHALLENGE), 501481)
    none = entra.code()
    number_of(entra.redeem(none, status=400, code_verifier=VERIFIER), 501481)


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def forgeries(token, key):
    """The same claims, not signed by this server."""
    head, body, signature = token.split(".")
    claims = claims_of(token)
    public = key.jwks()["keys"][0]
    for algorithm in ("none", "None", "NONE", "", None, 1, ["RS256"]):
        yield f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': key.kid})}.{body}."
        yield f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': key.kid})}.{body}.{signature}"
    for secret in (public["n"], json.dumps(public), "0" * 48):
        with_secret = base64.b64encode(secret.encode()).decode()
        yield pyjwt.encode(claims, with_secret, "HS256", headers={"kid": key.kid})
    yield f"{head}.{part({**claims, 'tid': 'other'})}.{signature}"
    yield f"{head}.{part({**claims, 'roles': ['.default']})}.{signature}"
    yield f"{head}.{body}.{signature[:-4]}AAAA"
    yield f"{head}.{body}."
    yield f"{part({'alg': 'RS256', 'kid': 'other'})}.{body}.{signature}"
    own = {"alg": "RS256", "kid": key.kid, "jwk": public, "jku": "https://evil.example/keys"}
    yield f"{part(own)}.{body}.{signature}"
    yield f"{part({**own, 'crit': ['exp'], 'b64': False})}.{body}.{signature}"


def test_no_forgery_opens_anything(entra, open_app):
    good = entra.token("client_credentials", **APP)["access_token"]
    key = control_of(open_app).key
    assert entra.count_with(good).status_code == 200
    for forged in forgeries(good, key):
        assert entra.count_with(forged).status_code == 401, forged
        asked = {**WEB, "assertion": forged, "requested_token_use": "on_behalf_of"}
        entra.refused(50013, ON_BEHALF, **asked, scope="User.Read")
        headers = {"Authorization": f"Bearer {forged}"}
        assert entra.client.get("/oidc/userinfo", headers=headers).status_code == 401


def test_no_forgery_proves_an_app(entra):
    claims = {"iss": "web", "sub": "web", "aud": "http://localhost/default/oauth2/v2.0/token", "nbf": 1, "exp": 2**40}  # fmt: skip
    signed = pyjwt.encode(claims, "s3cret" * 8, "HS256")
    for forged in (f"{part({'alg': 'none'})}.{part(claims)}.", signed, "a.b.c", "..", "x" * 20_000):
        asked = {"client_id": "web", "client_assertion": forged, "client_assertion_type": ASSERTION}
        entra.refused(700027, "client_credentials", 401, **asked, scope=GRAPH)


@pytest.mark.parametrize(
    "uri",
    ["http://localhost/callback/../evil", "http://localhost/callback%2f..", "http://localhost/Callback",
     "http://localhost/callback?x=1", "http://localhost/callback;x", "http://localhost.evil.example/callback",
     "http://localhost:80@evil.example/callback", "http://evil.example#@localhost/callback", "https://localhost/callback",
     "http://127.0.0.1/callback", "http://[::1]/callback", "http://localhost/callback\u2028", " http://localhost/callback",
     "http://localhost%2eevil.example/callback", "http:///callback", "http:localhost/callback", "http://localhost/callback/"],
)  # fmt: skip
def test_an_app_is_where_it_said_and_nowhere_near(entra, uri):
    answer = entra.authorize(client_id="web", redirect_uri=uri, scope="User.Read")
    assert answer.status_code == 400
    assert "Location" not in answer.headers


LONG = [("state", 32_768), ("nonce", 8_192), ("scope", 8_192), ("client_id", 8_192), ("login_hint", 8_192), ("claims", 32_768)]  # fmt: skip


@pytest.mark.parametrize(("name", "most"), LONG)
def test_what_is_kept_is_bounded(entra, name, most):
    value = f'{{"a":"{"x" * most}"}}' if name == "claims" else "x" * (most + 1)
    answer = entra.authorize(**{name: value})
    assert answer.status_code == 400
    assert "AADSTS9002313" in answer.text
    data = {"grant_type": "password", "client_id": "a", name: value}
    answer = entra.client.post("/default/oauth2/v2.0/token", data=data)
    assert answer.status_code == 400


def test_a_long_state_comes_back_whole(entra):
    state = "&=%" * 5_000
    place = entra.authorize(state=state).headers["Location"]
    assert place.count("%26%3D%25") == 5_000


def test_nobody_has_tenants_forgotten_by_asking_for_others():
    guids = Guids()
    guids.add("mine")
    for number in range(MOST + 10):
        guids.add(f"t{number}")
        guids.retire(f"t{number}")
    assert guids.name(guid_of_name("mine")) == "mine"
    assert guids.name(guid_of_name(f"t{MOST}")) == f"t{MOST}"
    assert guids.name(guid_of_name("t0")) is None


def test_a_passing_tenants_guid_is_not_its_to_keep(two):
    for number in range(120):
        two.client.get(f"/p{number}/v2.0/.well-known/openid-configuration")
    claims = claims_of(two.token("client_credentials", guid_of_name("t1"), **APP)["access_token"])
    assert claims["tid"] == guid_of_name("t1")
    made = {each["id"] for each in two.control("GET", "/tenants")["value"]}
    assert made == {"default", "t1", "t2"}
