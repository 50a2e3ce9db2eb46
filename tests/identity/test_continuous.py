"""Continuous access evaluation: claims challenges, for clients that can handle them."""

from __future__ import annotations

import base64
import json
import re

import pytest

from tests.identity.conftest import GRAPH, URI, SignIn, claims_of, number_of, sent_back

CAPABLE = json.dumps({"access_token": {"xms_cc": {"values": ["cp1"]}}})
USER = {"username": "ada@contoso.com", "password": "x", "scope": f"{GRAPH} offline_access"}
ADA = {"userPrincipalName": "ada@contoso.com", "id": "7d1c6a52-0000-4000-8000-000000000001"}
ME = "/v1.0/me"


@pytest.fixture(params=["strict", "bearer"])
def entra(make_client, request):
    found = SignIn(make_client(auth=request.param))
    found.control("POST", "/seed", {"users": [ADA]})
    return found


def signed_in(entra, claims=CAPABLE, **more):
    return entra.token("password", **{**USER, **more}, claims=claims)


def ask(entra, token, path=ME, method="GET", **options):
    headers = {"Authorization": f"Bearer {token}"}
    return entra.client.open(path, method=method, headers=headers, **options)


def by_app(entra, path, method="POST", **options):
    answer = ask(entra, entra.control("POST", "/tokens")["access_token"], path, method, **options)
    assert answer.status_code < 300, answer.text


def revoke(entra):
    by_app(entra, "/v1.0/users/ada@contoso.com/revokeSignInSessions")


def challenge(answer):
    """The claims that a 401 asks for, as the SDKs read them."""
    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "InvalidAuthenticationToken"
    header = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_claims"' in header
    found = re.search(r'claims="([^"]+)"', header)[1]
    return base64.b64decode(found, validate=True).decode()


@pytest.mark.parametrize(("claims", "capable"), [(CAPABLE, True), (None, False), ("{}", False),
    ('{"access_token": {"xms_cc": {"values": ["CP1"]}}}', True), ('{"access_token": {"xms_cc": {"values": [1, "CP1"]}}}', True),
    ('{"access_token": {"xms_cc": {"values": ["cp2"]}}}', False), ('{"access_token": 1}', False),
    ('{"access_token": {"xms_cc": {"values": "cp1"}}}', False), ('{"id_token": {"xms_cc": {"values": ["cp1"]}}}', False)])  # fmt: skip
def test_who_can_handle_challenges_has_a_longer_token(entra, claims, capable):
    found = signed_in(entra, claims)
    said = claims_of(found["access_token"])
    assert said.get("xms_cc") == (["cp1"] if capable else None)
    assert said["exp"] - said["iat"] == found["expires_in"] == (86_400 if capable else 3600)
    app = entra.token("client_credentials", client_secret="x", scope=GRAPH, claims=claims)
    assert claims_of(app["access_token"]).get("xms_cc") == said.get("xms_cc")


@pytest.mark.parametrize("frozen", [False, True])
def test_who_was_sent_away_is_challenged(entra, frozen):
    if frozen:
        entra.control("PUT", "/clock", {"frozen": True})
    capable, other = signed_in(entra), signed_in(entra, None)
    for found in (capable, other):
        assert ask(entra, found["access_token"]).status_code == 200
    revoke(entra)
    wanted = challenge(ask(entra, capable["access_token"]))
    assert json.loads(wanted)["access_token"]["nbf"]["essential"] is True
    assert ask(entra, other["access_token"]).status_code == 200  # until it expires
    for found in (capable, other):
        entra.refused(50173, "refresh_token", refresh_token=found["refresh_token"])
    merged = {"access_token": {**json.loads(CAPABLE)["access_token"], **json.loads(wanted)["access_token"]}}  # fmt: skip
    again = signed_in(entra, json.dumps(merged))
    assert ask(entra, again["access_token"]).status_code == 200
    assert entra.token("refresh_token", refresh_token=again["refresh_token"])
    revoke(entra)
    challenge(ask(entra, again["access_token"]))


def test_who_is_disabled_is_challenged(entra):
    token = signed_in(entra)["access_token"]
    by_app(entra, "/v1.0/users/ada@contoso.com", "PATCH", json={"accountEnabled": False})
    challenge(ask(entra, token))
    assert signed_in(entra, status=400)["error_codes"] == [50057]
    by_app(entra, "/v1.0/users/ada@contoso.com", "PATCH", json={"accountEnabled": True})
    assert ask(entra, token).status_code == 200


@pytest.mark.parametrize("first", ["an-Old-password-1", None])
def test_a_new_password_ends_what_was_given_before(entra, first):
    if first is not None:
        profile = {"password": first, "forceChangePasswordNextSignIn": False}
        body = {"passwordProfile": profile}
        by_app(entra, "/v1.0/users/ada@contoso.com", "PATCH", json=body)
    found = signed_in(entra, password=first or "x")
    profile = {"password": "a-New-password-2", "forceChangePasswordNextSignIn": False}
    by_app(entra, "/v1.0/users/ada@contoso.com", "PATCH", json={"passwordProfile": profile})
    challenge(ask(entra, found["access_token"]))
    entra.refused(50173, "refresh_token", refresh_token=found["refresh_token"])
    assert (
        ask(entra, signed_in(entra, password="a-New-password-2")["access_token"]).status_code == 200
    )


def test_a_made_token_goes_by_when_it_was_issued(entra):
    body = {"user": "ada@contoso.com", "claims": {"xms_cc": ["cp1"], "oid": ADA["id"]}}
    token = entra.control("POST", "/tokens", body)["access_token"]
    assert ask(entra, token).status_code == 200
    entra.advance("PT1M")
    revoke(entra)
    challenge(ask(entra, token))


def test_others_are_none_the_worse(entra):
    token = signed_in(entra, username="eve@contoso.com")["access_token"]
    revoke(entra)
    assert ask(entra, token, "/v1.0/users").status_code == 200
    app = entra.token("client_credentials", client_secret="x", scope=GRAPH, claims=CAPABLE)
    assert ask(entra, app["access_token"], "/v1.0/users").status_code == 200


def test_what_is_kept_of_it_is_not_shown(entra):
    revoke(entra)
    token = signed_in(entra)["access_token"]
    for path in (ME, f"{ME}?$select=signInSessionsValidFromDateTime", "/v1.0/users"):
        assert "@sessions" not in ask(entra, token, path).text


def test_a_code_of_before_is_worth_nothing_either(entra):
    query = {"login_hint": "ada@contoso.com", "scope": f"{GRAPH} offline_access"}
    code = sent_back(entra.authorize(**query))["code"]
    revoke(entra)
    number_of(entra.redeem(code, status=400, redirect_uri=URI), 50173)
