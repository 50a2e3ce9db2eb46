"""Tokens for other services than Graph: issued, signed, for that service, and of no use at Graph."""

from __future__ import annotations

import base64
import json

import jwt as pyjwt
import pytest

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings
from fakegraph.tokens.resources import MANAGEMENT, resource_of
from tests.identity.conftest import DEVICE, GRAPH, SignIn, claims_of

ARM = "https://management.core.windows.net/"
SHAREPOINT = "00000003-0000-0ff1-ce00-000000000000"
APP = {"client_secret": "x"}


@pytest.fixture(scope="module")
def bearer():
    app = create_app(Settings(fixture=(), auth="bearer"))
    yield SignIn(app.test_client())
    close_app(app)


@pytest.mark.parametrize(
    "audience",
    [
        ARM,
        "https://management.azure.com",
        "https://management.azure.com/",
        MANAGEMENT,
        "https://contoso.sharepoint.com",
        "https://contoso-admin.sharepoint.com",
        SHAREPOINT,
        "https://outlook.office365.com",
        "https://outlook.office.com",
        "https://vault.azure.net",
        "https://vault.azure.net/",
        "https://my-vault.vault.azure.net",
        "https://storage.azure.com/",
        "https://account.blob.core.windows.net",
        "https://Vault.azure.net",
        "https://analysis.windows.net/powerbi/api",
        "https://management.core.usgovcloudapi.net/",
    ],
)
def test_a_token_is_for_what_was_asked_for_and_opens_no_graph(entra, bearer, audience):
    """The audience is to the letter what stands before ``/.default``."""
    found = entra.token("client_credentials", **APP, scope=f"{audience}/.default")
    claims = claims_of(found["access_token"])
    assert (claims["aud"], "roles" in claims) == (audience, False)
    keys = pyjwt.PyJWKSet.from_dict(entra.client.get("/default/discovery/keys").json)
    pyjwt.decode(found["access_token"], keys.keys[0], ["RS256"], audience=audience)
    for graph in (entra, bearer):
        answer = graph.count_with(found["access_token"])
        assert answer.status_code == 401
        assert "Invalid audience" in answer.json["error"]["message"]


@pytest.mark.parametrize(
    "identifier",
    [
        "https://sharepoint.com",
        "https://contoso.sharepoint.com.evil.example",
        "https://a.b.sharepoint.com",
        "http://vault.azure.net",
        "https://.sharepoint.com:x",
        "https://[",
        "vault.azure.net",
        "https://graph.microsoft.com",
        "",
    ],
)
def test_what_is_no_other_service(identifier):
    assert resource_of(identifier) is None


def test_two_services_are_asked_for_one_by_one(entra):
    both = f"{ARM}/.default https://vault.azure.net/.default"
    entra.refused(28000, "client_credentials", **APP, scope=both)
    entra.refused(28000, "client_credentials", **APP, scope=f"{GRAPH} {ARM}/.default")


def test_a_user_has_tokens_of_several_services_by_one_refresh_token(entra):
    user = {"username": "eve@contoso.com", "password": "x"}
    asked = "https://contoso.sharepoint.com/AllSites.Read offline_access openid"
    first = entra.token("password", **user, scope=asked)
    claims = claims_of(first["access_token"])
    assert (claims["aud"], claims["upn"]) == ("https://contoso.sharepoint.com", user["username"])
    assert claims["scp"].split() == ["AllSites.Read", "openid"]
    assert first["scope"].split()[0] == "https://contoso.sharepoint.com/AllSites.Read"
    more = {"refresh_token": first["refresh_token"]}
    other = entra.token("refresh_token", **more, scope=f"{ARM}/.default")
    assert claims_of(other["access_token"])["scp"] == "user_impersonation"
    assert other["scope"].split()[-1] == f"{ARM}/user_impersonation"
    graph = entra.token("refresh_token", **more, scope=GRAPH)
    assert entra.count_with(graph["access_token"]).status_code == 200


def test_codes_and_devices_are_for_other_services_too(entra):
    scope = "https://outlook.office.com/IMAP.AccessAsUser.All"
    found = entra.redeem(entra.code(scope=scope))
    assert claims_of(found["access_token"])["aud"] == "https://outlook.office.com"
    begun = entra.device(scope=f"{ARM}/.default")
    entra.approve(begun)
    code = begun["device_code"]
    done = entra.token(DEVICE, device_code=code)
    assert claims_of(done["access_token"])["aud"] == ARM


def test_a_strict_directory_has_the_services_that_have_a_principal_there(strict):
    """And of those, what was granted: to an app by its roles, to a user by consent."""
    web = {"client_id": "web", "client_secret": "s3cret"}
    scope = "https://contoso.sharepoint.com/.default"
    strict.refused(500011, "client_credentials", **web, scope=scope)
    role = {"id": "11111111-0000-4000-8000-000000000001", "value": "Sites.Read.All"}
    sharepoint = {
        "id": "11111111-0000-4000-8000-000000000002",
        "appId": SHAREPOINT,
        "displayName": "SharePoint",
        "appRoles": [
            {**role, "allowedMemberTypes": ["Application"], "displayName": "x", "isEnabled": True}
        ],
    }
    client = {"id": "11111111-0000-4000-8000-000000000003", "appId": "web", "displayName": "Web"}
    granted = {
        "clientId": client["id"],
        "resourceId": sharepoint["id"],
        "consentType": "AllPrincipals",
        "scope": "AllSites.Read",
    }
    assigned = {
        "id": "one",
        "principalId": client["id"],
        "resourceId": sharepoint["id"],
        "appRoleId": role["id"],
    }
    strict.control("POST", "/seed", json={"servicePrincipals": [sharepoint]})
    assert "roles" not in claims_of(
        strict.token("client_credentials", **web, scope=scope)["access_token"]
    )
    user = {**web, "username": "ada@contoso.com", "password": "lovelace"}
    strict.refused(65001, "password", **user, scope=scope)
    strict.control(
        "POST", "/seed",
        json={
            "servicePrincipals": [client],
            "oauth2PermissionGrants": [granted],
            f"servicePrincipals/{client['id']}/appRoleAssignments": [assigned],
        },
    )  # fmt: skip
    app = strict.token("client_credentials", **web, scope=scope)
    assert claims_of(app["access_token"])["roles"] == ["Sites.Read.All"]
    signed_in = strict.token("password", **user, scope=scope)
    assert claims_of(signed_in["access_token"])["scp"] == "AllSites.Read"
    more = "https://contoso.sharepoint.com/AllSites.Write"
    strict.refused(65001, "password", **user, scope=more)


@pytest.mark.parametrize(
    ("audience", "status"),
    [
        ("https://graph.microsoft.com", 200),
        ("00000003-0000-0000-C000-000000000000", 200),
        ("http://localhost", 200),
        (None, 200),
        (7, 200),
        ("api://x", 401),
        ("c0a70500-0000-4000-8000-000000000001", 401),
        (ARM, 401),
    ],
)
def test_tokens_for_others_open_no_graph_whoever_made_them(bearer, audience, status):
    claims = base64.urlsafe_b64encode(json.dumps({"aud": audience}).encode()).decode().rstrip("=")
    assert bearer.count_with(f"e30.{claims}.e30").status_code == status
