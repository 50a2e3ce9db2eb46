"""Single-page apps: what the scripts of pages redeem, and nobody else, and for how long."""

from __future__ import annotations

import pytest

from tests.identity.conftest import CHALLENGE, URI, VERIFIER, number_of, sent_back

PAGE = {"Origin": "http://localhost:9"}
SPA, WEB, TOOL = (f"4e7a3f0a-0000-4000-8000-0000000000c{number}" for number in range(3))
TYPES = {SPA: "spa", WEB: "web", TOOL: "publicClient"}


@pytest.fixture
def apps(entra):
    records = [
        {
            "appId": id_,
            "displayName": "App",
            kind: {"redirectUris": [URI]},
            "isFallbackPublicClient": id_ == TOOL,
        }
        for id_, kind in TYPES.items()
    ]
    principals = [{"appId": id_} for id_ in TYPES]
    entra.control("POST", "/seed", {"applications": records, "servicePrincipals": principals})
    return entra


def ask(entra, grant, app, origin, **fields):
    data = {"grant_type": grant, "client_id": app, "redirect_uri": URI, **fields}
    headers = PAGE if origin else {}
    return entra.client.post("/default/oauth2/v2.0/token", data=data, headers=headers)


def redeem(entra, app, *, origin=True, pkce=True):
    proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"} if pkce else {}
    fields = {"code": entra.code(client_id=app, **proof)}
    if pkce:
        fields["code_verifier"] = VERIFIER
    return ask(entra, "authorization_code", app, origin, **fields)


def refresh(entra, app, token, *, origin=True):
    return ask(entra, "refresh_token", app, origin, refresh_token=token)


@pytest.mark.parametrize("app", [WEB, TOOL])
def test_a_page_redeems_no_code_of_another_kind_of_app(apps, app):
    refused = redeem(apps, app)  # whether or not it should show a secret
    assert (refused.status_code, number_of(refused.json, 9002326)) == (400, "invalid_request")
    assert "'http://localhost:9'" in refused.json["error_description"]
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


def test_a_page_redeems_no_refresh_token_that_none_was_given(apps):
    found = redeem(apps, TOOL, origin=False).json
    assert "refresh_token_expires_in" not in found
    assert number_of(refresh(apps, TOOL, found["refresh_token"]).json, 9002326) == "invalid_request"
    assert refresh(apps, TOOL, found["refresh_token"], origin=False).status_code == 200


@pytest.mark.parametrize("app", [SPA, "anyone"])
def test_what_a_page_was_given_is_redeemed_by_pages(apps, app):
    token = redeem(apps, app).json["refresh_token"]
    assert number_of(refresh(apps, app, token, origin=False).json, 9002327) == "invalid_request"
    assert refresh(apps, app, token).status_code == 200
    assert number_of(redeem(apps, app, pkce=False).json, 9002325) == "invalid_request"


def test_a_code_of_a_single_page_app_is_redeemed_by_pages(apps):
    assert number_of(redeem(apps, SPA, origin=False).json, 9002327) == "invalid_request"


def test_refresh_tokens_of_pages_end_after_a_day(apps):
    found = redeem(apps, SPA).json
    assert found["refresh_token_expires_in"] == 86_400
    apps.advance("PT23H")
    found = refresh(apps, SPA, found["refresh_token"]).json
    assert found["refresh_token_expires_in"] == 3_600
    apps.advance("PT1H")
    refused = refresh(apps, SPA, found["refresh_token"]).json
    assert number_of(refused, 700084) == "invalid_grant"
    assert sent_back(apps.authorize(prompt="none", client_id=SPA))["code"]  # as MSAL goes on


def test_a_token_that_is_bound_to_a_key_is_refused(entra):
    fields = {"scope": "User.Read", "username": "eve@contoso.com", "password": "p"}
    refused = entra.token("password", status=400, token_type="pop", req_cnf="e30", **fields)
    assert number_of(refused, 90023) == "invalid_request"
    assert "'req_cnf' is not supported" in refused["error_description"]
