"""The endpoints of v1, which ADAL and many programs use: with a resource instead of scopes."""

from __future__ import annotations

import re

import pytest

from fakegraph.tenants.guids import guid_of_name
from tests.identity.conftest import (
    CHALLENGE,
    ON_BEHALF,
    URI,
    VERIFIER,
    claims_of,
    number_of,
    sent_back,
)

RESOURCE = "https://graph.microsoft.com"
GUID = guid_of_name("default")
ISSUER = f"https://sts.windows.net/{GUID}/"
APP = {"client_id": "anyone", "client_secret": "x"}
USER = {"username": "ada@contoso.com", "password": "lovelace"}


def post(entra, path, status=200, **data):
    answer = entra.client.post(f"/default/oauth2/{path}", data=data)
    assert answer.status_code == status, answer.text
    return answer.json


def token(entra, grant, status=200, **data):
    return post(entra, "token", status, grant_type=grant, **{"client_id": "anyone", **data})


def reads(entra, found):
    return entra.count_with(found["access_token"]).status_code


@pytest.mark.parametrize(
    "resource",
    [
        RESOURCE,
        f"{RESOURCE}/",
        "00000003-0000-0000-c000-000000000000",
        "https://graph.microsoft.us",
    ],
)
def test_an_app_names_a_resource(entra, resource):
    found = token(entra, "client_credentials", **APP, resource=resource)
    assert set(found) == {
        *("token_type", "expires_in", "ext_expires_in", "expires_on", "not_before", "resource"),
        "access_token",
    }
    assert all(isinstance(value, str) for value in found.values())
    claims = claims_of(found["access_token"])
    assert (claims["ver"], claims["iss"], claims["aud"]) == ("1.0", ISSUER, resource)
    assert (claims["appid"], found["resource"]) == ("anyone", resource)
    assert (found["expires_on"], found["not_before"]) == (str(claims["exp"]), str(claims["nbf"]))
    assert reads(entra, found) == 200


def test_a_user_always_stays_signed_in(entra):
    found = token(entra, "password", **USER, resource=RESOURCE, scope="openid")
    assert found["expires_in"] == "3600"
    claims, identity = claims_of(found["access_token"]), claims_of(found["id_token"])
    assert (claims["unique_name"], claims["upn"]) == ("Ada@contoso.com", "Ada@contoso.com")
    assert (identity["ver"], identity["iss"], identity["aud"]) == ("1.0", ISSUER, "anyone")
    assert (identity["unique_name"], identity["tid"]) == ("Ada@contoso.com", GUID)
    assert "User.Read" in found["scope"].split()
    assert "offline_access" not in found["scope"]
    for resource in ({}, {"resource": f"{RESOURCE}/"}, {"resource": "api://listed"}):
        again = token(entra, "refresh_token", refresh_token=found["refresh_token"], **resource)
        wanted = resource.get("resource", RESOURCE)
        assert claims_of(again["access_token"])["aud"] == again["resource"] == wanted
    v2 = entra.token("refresh_token", refresh_token=found["refresh_token"], scope="User.Read")
    assert reads(entra, v2) == 403  # it asks for that alone


def test_tokens_have_the_names_that_a_user_has(entra):
    eve = {"userPrincipalName": "eve@contoso.com", "givenName": "Eve", "surname": None}
    entra.client.post("/_fakegraph/seed", json={"users": [eve]})
    found = token(entra, "password", username="eve@contoso.com", password="p", resource=RESOURCE)
    for each in (found["access_token"], found["id_token"]):
        claims = claims_of(each)
        assert (claims["given_name"], "family_name" in claims) == ("Eve", False)


@pytest.mark.parametrize("where", ["authorize", "token", "both"])
def test_a_code_says_what_it_is_for_at_either_end(entra, where):
    resource = {"resource": RESOURCE}
    query = {
        "client_id": "anyone",
        "response_type": "code",
        "redirect_uri": URI,
        "login_hint": "eve@contoso.com",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **(resource if where != "token" else {}),
    }
    code = sent_back(entra.client.get("/default/oauth2/authorize", query_string=query))["code"]
    more = resource if where != "authorize" else {}
    given = {"code": code, "redirect_uri": URI, "code_verifier": VERIFIER}
    found = token(entra, "authorization_code", **given, **more)
    assert reads(entra, found) == 200
    assert claims_of(found["id_token"])["upn"] == "eve@contoso.com"


def test_passwords_are_taken_where_any_organisation_signs_in(entra):
    asked = {"grant_type": "password", "client_id": "anyone", **USER, "resource": RESOURCE}
    for tenant in ("common", "organizations"):
        answer = entra.client.post(f"/{tenant}/oauth2/token", data=asked)
        assert claims_of(answer.json["access_token"])["upn"] == "Ada@contoso.com"
    number_of(entra.client.post("/consumers/oauth2/token", data=asked).json, 9001023)


def test_a_sign_in_alone_is_for_azure_ad_graph(entra):
    """So JupyterHub and social-auth ask, who want to know who it is and nothing else."""
    query = {"client_id": "anyone", "response_type": "code", "redirect_uri": URI, "login_hint": "eve@contoso.com"}  # fmt: skip
    code = sent_back(entra.client.get("/default/oauth2/authorize", query_string=query))["code"]
    found = token(entra, "authorization_code", code=code, redirect_uri=URI)
    assert claims_of(found["id_token"])["upn"] == "eve@contoso.com"
    claims = claims_of(found["access_token"])
    assert claims["aud"] == found["resource"] == "00000002-0000-0000-c000-000000000000"
    assert reads(entra, found) == 401


def test_somebody_has_to_say_what_it_is_for(entra):
    error = token(entra, "password", 400, **USER)
    assert "'resource'" in error["error_description"]
    for grant, data in (("client_credentials", APP), ("password", USER)):
        number_of(token(entra, grant, 400, **data), 900144)
    number_of(post(entra, "devicecode", 400, client_id="anyone"), 900144)


@pytest.mark.parametrize(
    "resource",
    ["https://other.example", "/", "//", "a b", f"{RESOURCE} api://listed", "<script>", "x" * 5000],
)
def test_a_resource_that_is_none_is_refused(entra, resource):
    error = token(entra, "client_credentials", 400, **APP, resource=resource)
    assert error["error_codes"][0] in {500011, 70011}


def test_a_device_is_approved(entra):
    flow = post(entra, "devicecode", client_id="anyone", resource=RESOURCE)
    assert set(flow) == {
        *("user_code", "device_code", "verification_url", "expires_in", "interval", "message")
    }
    assert (flow["expires_in"], flow["interval"]) == ("900", "1")
    form = {"code": flow["device_code"], "resource": RESOURCE}
    number_of(token(entra, "device_code", 400, **form), 70016)
    entra.approve(flow)
    assert reads(entra, token(entra, "device_code", **form)) == 200


def test_the_configuration_names_them(entra):
    found = entra.client.get("/default/.well-known/openid-configuration").json
    for name in ("token", "authorization", "device_authorization", "end_session"):
        path = found[f"{name}_endpoint"].removeprefix("http://localhost")
        assert re.fullmatch(r"/default/oauth2/[a-z]+", path)
        assert entra.client.get(path).status_code != 404
    assert found["issuer"] == ISSUER


def test_on_behalf_of_a_user(entra):
    mine = token(entra, "password", **USER, resource="api://web")["access_token"]
    asked = {
        "client_id": "web",
        "client_secret": "s3cret",
        "assertion": mine,
        "requested_token_use": "on_behalf_of",
    }
    found = token(entra, ON_BEHALF, **asked, resource=RESOURCE)
    assert claims_of(found["access_token"])["upn"] == "Ada@contoso.com"
    assert reads(entra, found) == 200
    again = entra.token(ON_BEHALF, **asked, scope="Reports.Read.All")
    assert reads(entra, again) == 200


def test_scope_is_no_parameter_of_v1_and_resource_none_of_v2(entra):
    found = token(entra, "client_credentials", **APP, resource=RESOURCE, scope="nonsense <>")
    assert reads(entra, found) == 200
    entra.refused(901002, "client_credentials", **APP, scope=f"{RESOURCE}/.default", resource="x")


def test_leaving_leads_on(entra):
    path = f"/default/oauth2/logout?post_logout_redirect_uri={URI}"
    assert entra.client.get(path).headers["Location"] == URI


API = "4e7a3f0a-0000-4000-8000-00000000000a"
URI_OF_API = "api://orders.contoso.com/api"


def seed_api(entra, **api):
    record = {"appId": API, "displayName": "Orders", "identifierUris": [URI_OF_API], "api": api}
    secret = {"keyId": API, "secretText": "s3cret"}
    entra.control("POST", "/seed", {"applications": [{**record, "passwordCredentials": [secret]}],
                                    "servicePrincipals": [{"appId": API}]})  # fmt: skip


@pytest.mark.parametrize("named", [URI_OF_API, f"api://{API}", API])
@pytest.mark.parametrize("version", [1, 2, None])
@pytest.mark.parametrize("older", [False, True])
def test_an_api_says_which_tokens_it_takes(entra, named, version, older):
    seed_api(entra, requestedAccessTokenVersion=version)
    if older:
        front = token(entra, "password", **USER, resource=named)["access_token"]
    else:
        front = entra.token("password", **USER, scope=f"{named}/access")["access_token"]
    claims = claims_of(front)
    if version == 2:
        assert (claims["ver"], claims["aud"], claims["azp"]) == ("2.0", API, "anyone")
        assert claims["iss"] == f"https://login.microsoftonline.com/{GUID}/v2.0"
        assert (claims["preferred_username"], claims["azpacr"]) == ("Ada@contoso.com", "0")
    else:
        uri = named if older or named.startswith("api") else f"api://{API}"
        assert (claims["ver"], claims["aud"], claims["appid"]) == ("1.0", uri, "anyone")
        assert claims["upn"] == claims["unique_name"] == "Ada@contoso.com"
    asked = {"client_id": API, "client_secret": "s3cret", "assertion": front}
    asked["requested_token_use"] = "on_behalf_of"
    found = entra.token(ON_BEHALF, **asked, scope="Reports.Read.All")
    assert claims_of(found["access_token"])["upn"] == "Ada@contoso.com"
    assert reads(entra, token(entra, ON_BEHALF, **asked, resource=RESOURCE)) == 200


def test_an_id_token_is_nothing_to_act_by(entra):
    found = entra.token("password", **USER, client_id="web", client_secret="s3cret", scope="openid User.Read")  # fmt: skip
    asked = {"client_id": "web", "client_secret": "s3cret", "assertion": found["id_token"]}
    asked |= {"requested_token_use": "on_behalf_of", "scope": "User.Read"}
    entra.refused(240002, ON_BEHALF, **asked)
