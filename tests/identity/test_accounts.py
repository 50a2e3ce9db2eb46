"""Who signs in are the users, applications and service principals that Graph has."""

from __future__ import annotations

import jwt as pyjwt
import pytest

from tests.identity.certificates import Pair
from tests.identity.conftest import ASSERTION, GRAPH, claims_of, sent_back
from tests.identity.test_assertions import claims, signed

PASSWORD = "xWwvJ]6NMw+bWH-d"
ROLES = [
    "RoleManagement.ReadWrite.Directory",
    "DelegatedPermissionGrant.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "Directory.ReadWrite.All",
    "User.ReadWrite.All",
    "User-PasswordProfile.ReadWrite.All",
]
OTHER = "Another-0ne-of-mine"


class Tenant:
    """What a test does as the tenant's administrator."""

    def __init__(self, entra, tenant="default"):
        self.entra = entra
        self.prefix = "" if tenant == "default" else f"/tenants/{tenant}"
        self.tenant = tenant

    def call(self, method, path, body=None, status=None):
        wanted = {"tenant": self.tenant, "roles": ROLES}
        token = self.entra.control("POST", "/tokens", wanted)["access_token"]
        answer = self.entra.client.open(
            f"{self.prefix}/v1.0/{path}",
            method=method,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == (status or {"POST": 201, "GET": 200}.get(method, 204)), (
            answer.text
        )
        return answer.json if answer.text else None

    def user(self, name="grace", **changes):
        body = {
            "accountEnabled": True,
            "displayName": "Grace",
            "mailNickname": name,
            "userPrincipalName": f"{name}@contoso.com",
            "passwordProfile": {"password": PASSWORD, "forceChangePasswordNextSignIn": False},
        }
        return self.call("POST", "users", {**body, **changes})

    def app(self, principal=True, **changes):
        app = self.call("POST", "applications", {"displayName": "Daemon", **changes})
        found = None
        if principal:
            found = self.call("POST", "servicePrincipals", {"appId": app["appId"]})
        return app, found

    def secret(self, path):
        return self.call("POST", f"{path}/addPassword", {}, status=200)

    def password(self, password=PASSWORD, name="grace", **fields):
        asked = {"scope": "openid User.Read", "username": f"{name}@contoso.com", **fields}
        return self.entra.token("password", self.tenant, password=password, **asked)

    def credentials(self, app, secret, **fields):
        asked = {"client_id": app["appId"], "client_secret": secret, "scope": GRAPH, **fields}
        return self.entra.token("client_credentials", self.tenant, **asked)


@pytest.fixture
def tenant(entra):
    return Tenant(entra)


def test_a_user_made_over_graph_signs_in_with_the_password_of_then(tenant, entra):
    made = tenant.user()

    claims = claims_of(tenant.password()["access_token"])

    assert (claims["oid"], claims["upn"], claims["name"]) == (
        made["id"],
        "grace@contoso.com",
        "Grace",
    )
    wrong = {"username": "grace@contoso.com", "scope": "User.Read", "password": OTHER}
    entra.refused(50126, "password", **wrong)


def test_a_changed_password_counts_and_the_old_one_does_not(tenant):
    made = tenant.user()
    profile = {"password": OTHER, "forceChangePasswordNextSignIn": False}
    tenant.call("PATCH", f"users/{made['id']}", {"passwordProfile": profile})

    assert tenant.password(OTHER)["access_token"]
    assert tenant.password(PASSWORD, status=400)["error_codes"] == [50126]


def test_who_has_to_change_the_password_first_is_told_so(tenant):
    made = tenant.user()
    profile = {"forceChangePasswordNextSignIn": True}
    tenant.call("PATCH", f"users/{made['id']}", {"passwordProfile": profile})

    assert tenant.password(status=400)["error_codes"] == [50055]
    assert tenant.password(OTHER, status=400)["error_codes"] == [50126]


def by_password(tenant):
    return tenant.password(status=400)["error_codes"]


def by_hint(tenant):
    answer = tenant.entra.authorize(login_hint="grace@contoso.com", prompt="none")
    return sent_back(answer)["error"]


def by_page(tenant):
    return tenant.entra.authorize(login_hint="grace@contoso.com").status_code


def by_device(tenant):
    flow = tenant.entra.device()
    return tenant.entra.approve(flow, username="grace@contoso.com").status_code


@pytest.mark.parametrize(("way", "disabled", "deleted"), [
    (by_password, [50057], [50034]), (by_hint, "login_required", "login_required"),
    (by_page, 302, 400), (by_device, 400, 400)])  # fmt: skip
def test_who_is_disabled_or_deleted_is_refused(tenant, way, disabled, deleted):
    made = tenant.user()
    tenant.call("PATCH", f"users/{made['id']}", {"accountEnabled": False})
    assert way(tenant) == disabled

    tenant.call("DELETE", f"users/{made['id']}")
    assert way(tenant) == deleted


def test_a_refresh_token_of_somebody_who_was_disabled_gives_nothing(tenant, entra):
    made = tenant.user()
    kept = tenant.password(scope="User.Read offline_access")["refresh_token"]
    tenant.call("PATCH", f"users/{made['id']}", {"accountEnabled": False})

    entra.refused(50057, "refresh_token", refresh_token=kept)


def test_the_page_shows_users_of_graph_too(tenant, entra):
    other = Tenant(entra, entra.tenant())
    other.user("grace")
    other.user("barbara", accountEnabled=False)

    page = entra.authorize(other.tenant, login_hint=None).text

    assert "grace@contoso.com" in page
    assert "barbara@contoso.com" not in page


@pytest.mark.parametrize("kind", ["applications", "servicePrincipals"])
def test_a_secret_works_until_it_is_removed(tenant, entra, kind):
    app, principal = tenant.app()
    path = f"{kind}/{(app if kind == 'applications' else principal)['id']}"
    first, second = tenant.secret(path), tenant.secret(path)

    claims = claims_of(tenant.credentials(app, first["secretText"])["access_token"])
    assert (claims["appid"], claims["oid"]) == (app["appId"], principal["id"])

    tenant.call("POST", f"{path}/removePassword", {"keyId": first["keyId"]}, status=204)
    asked = {"client_id": app["appId"], "scope": GRAPH, "status": 401}
    secret = first["secretText"]
    entra.refused(7000215, "client_credentials", client_secret=secret, **asked)
    assert tenant.credentials(app, second["secretText"])["access_token"]
    tenant.call("PATCH", path, {"passwordCredentials": []})
    secret = second["secretText"]
    entra.refused(7000215, "client_credentials", client_secret=secret, **asked)
    entra.refused(7000218, "client_credentials", **asked)


def test_a_secret_is_over_at_its_end(tenant, entra):
    app, _ = tenant.app()
    made = tenant.secret(f"applications/{app['id']}")
    assert made["endDateTime"]

    entra.advance("P740D")

    asked = {"client_id": app["appId"], "client_secret": made["secretText"], "scope": GRAPH}
    entra.refused(7000222, "client_credentials", status=401, **asked)


def test_an_application_is_no_service_principal_until_one_is_made(tenant, entra):
    app, _ = tenant.app(principal=False)
    secret = tenant.secret(f"applications/{app['id']}")["secretText"]
    asked = {"client_id": app["appId"], "client_secret": secret, "scope": GRAPH}
    entra.refused(7000229, "client_credentials", status=401, **asked)

    tenant.call("POST", "servicePrincipals", {"appId": app["appId"]})

    assert tenant.credentials(app, secret)["access_token"]


@pytest.mark.parametrize("kind", ["applications", "servicePrincipals"])
def test_a_certificate_of_key_credentials_is_as_good_as_a_secret(tenant, kind):
    pair, app_and_principal = Pair(), tenant.app()
    app = app_and_principal[0]
    path = f"{kind}/{app_and_principal[kind != 'applications']['id']}"
    other = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": Pair().x5c[0]}
    asked = {"client_id": app["appId"], "client_assertion_type": ASSERTION, "scope": GRAPH}

    def sign_in(status):
        assertion = signed(pair, client=app["appId"])
        return tenant.entra.token(
            "client_credentials", status=status, client_assertion=assertion, **asked
        )

    assert sign_in(401)["error_codes"] == [700027]
    good = {**other, "key": pair.x5c[0]}
    tenant.call("PATCH", path, {"keyCredentials": [other, good]})
    assert claims_of(sign_in(200)["access_token"])["appidacr"] == "2"
    tenant.call("PATCH", path, {"keyCredentials": [other]})
    assert sign_in(401)["error_codes"] == [700027]


@pytest.mark.parametrize(("changes", "number"), [
    ({}, None), ({"iss": "https://else.example"}, 700211), ({"sub": "repo:other"}, 700213),
    ({"aud": "else"}, 700212), ({"exp": 1}, 700024)])  # fmt: skip
def test_an_assertion_of_a_federated_credential_lets_in(tenant, changes, number):
    app, _ = tenant.app()
    trusted = {
        "name": "pipeline",
        "issuer": "https://token.example",
        "subject": "repo:ours",
        "audiences": ["api://AzureADTokenExchange"],
    }
    tenant.call("POST", f"applications/{app['id']}/federatedIdentityCredentials", trusted)
    says = {
        "iss": trusted["issuer"],
        "sub": trusted["subject"],
        "aud": trusted["audiences"][0],
        **changes,
    }
    assertion = pyjwt.encode(claims(**says), Pair().key, "RS256")

    found = tenant.entra.token(
        "client_credentials",
        status=200 if number is None else 401 if number == 700024 else 400,
        client_id=app["appId"],
        client_assertion=assertion,
        client_assertion_type=ASSERTION,
        scope=GRAPH,
    )

    assert found.get("error_codes") == (None if number is None else [number])


@pytest.mark.parametrize(("wanted", "number"), [
    ({}, None), ({"signature": "wrong"}, 700027), ({"signature": "foreign"}, 700027),
    ({"signature": "none"}, 700027), ({"expiresIn": -1000}, 700024),
    ({"audience": "else"}, 700212), ({"claims": {"sub": "repo:other"}}, 700213)])  # fmt: skip
def test_a_workflow_signs_in_by_a_token_of_the_local_issuer(tenant, wanted, number):
    app, _ = tenant.app()
    trusted = {
        "name": "workflow",
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:octo-org/octo-repo:ref:refs/heads/main",
        "audiences": ["api://AzureADTokenExchange"],
    }
    tenant.call("POST", f"applications/{app['id']}/federatedIdentityCredentials", trusted)
    body = {"kind": "github", **wanted}
    assertion = tenant.entra.control("POST", "/tokens", json=body)["access_token"]

    answer = tenant.entra.client.post(
        "/default/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": app["appId"],
            "client_assertion": assertion,
            "client_assertion_type": ASSERTION,
            "scope": GRAPH,
        },
    )

    assert answer.json.get("error_codes") == (None if number is None else [number])


def test_a_service_principal_that_is_disabled_is_refused(tenant, entra):
    app, principal = tenant.app()
    secret = tenant.secret(f"applications/{app['id']}")["secretText"]
    tenant.call("PATCH", f"servicePrincipals/{principal['id']}", {"accountEnabled": False})

    asked = {"client_id": app["appId"], "client_secret": secret, "scope": GRAPH}
    assert entra.refused(7000112, "client_credentials", **asked) == "unauthorized_client"


def test_an_application_that_was_deleted_is_not_there(tenant, entra):
    app, principal = tenant.app()
    secret = tenant.secret(f"applications/{app['id']}")["secretText"]
    tenant.call("DELETE", f"servicePrincipals/{principal['id']}")
    tenant.call("DELETE", f"applications/{app['id']}")

    asked = {"client_id": app["appId"], "client_secret": secret, "scope": GRAPH}
    entra.refused(700016, "client_credentials", **asked)


def test_redirects_are_those_of_the_application(tenant, entra):
    app, _ = tenant.app(web={"redirectUris": ["https://app.contoso.com/back"]})

    good = entra.authorize(client_id=app["appId"], redirect_uri="https://app.contoso.com/back")
    bad = entra.authorize(client_id=app["appId"])

    assert good.headers["Location"].startswith("https://app.contoso.com/back?code=")
    assert (bad.status_code, "AADSTS50011" in bad.text) == (400, True)


def test_a_redirect_that_is_no_url_is_nobodys(tenant, entra):
    app, _ = tenant.app(publicClient={"redirectUris": ["contoso.app://[bad"]})

    refused = entra.authorize(client_id=app["appId"], redirect_uri="http://localhost/x")

    assert (refused.status_code, "AADSTS50011" in refused.text) == (400, True)


def test_a_public_client_shows_nothing(tenant, entra):
    tenant.user()
    public, _ = tenant.app(isFallbackPublicClient=True)
    private, _ = tenant.app()

    assert tenant.password(client_id=public["appId"])["access_token"]
    secret = {"client_id": public["appId"], "client_secret": "x", "status": 401}
    assert tenant.password(**secret)["error_codes"] == [700025]
    found = tenant.password(client_id=private["appId"], status=401)
    assert found["error_codes"] == [7000218]


def test_tenants_are_apart(tenant, entra):
    tenant.user()
    app, _ = tenant.app()
    secret = tenant.secret(f"applications/{app['id']}")["secretText"]
    other = Tenant(entra, entra.tenant())
    other.user(passwordProfile={"password": OTHER, "forceChangePasswordNextSignIn": False})

    assert tenant.password()["access_token"]
    assert other.password(status=400)["error_codes"] == [50126]
    claims = claims_of(other.credentials(app, secret)["access_token"])
    assert claims["app_displayname"] == app["appId"]  # nobody knows it there


def test_nothing_tells_a_secret_again(tenant, entra):
    made = tenant.user()
    app, principal = tenant.app()
    secrets = {PASSWORD}
    paths = [f"applications/{app['id']}", f"servicePrincipals/{principal['id']}"]
    for path in paths:
        created = tenant.secret(path)
        assert created["hint"] == created["secretText"][:3]
        secrets.add(created["secretText"])

    seen = [tenant.call("GET", f"users/{made['id']}?$select=id,passwordProfile")]
    for path in paths:
        seen.append(tenant.call("GET", path))
        seen.append(tenant.call("GET", f"{path}?$select=id,passwordCredentials"))
        assert [each["secretText"] for each in seen[-1]["passwordCredentials"]] == [None]
    seen += [entra.control("GET", f"/records/{path}") for path in (*paths, "users")]
    seen.append(entra.control("GET", "/requests"))
    seen.append(entra.control("GET", "/requests.har"))

    told = str(seen)
    assert not [secret for secret in secrets if secret in told]
    assert "[redacted]" in told


def test_a_secret_in_a_body_is_refused_and_one_in_a_seed_works(tenant, entra):
    app, _ = tenant.app()
    body = {"passwordCredentials": [{"secretText": "mine"}]}
    said = tenant.call("PATCH", f"applications/{app['id']}", body, status=400)["error"]["message"]
    assert said == "New password credentials must be generated using service actions."

    known = {"keyId": "02bd9fd6-8f93-4758-87c3-1fb73740a315", "secretText": "mine"}
    seeded = {"appId": known["keyId"], "displayName": "Seeded", "passwordCredentials": [known]}
    entra.control("POST", "/seed", {"applications": [seeded]})
    tenant.call("POST", "servicePrincipals", {"appId": known["keyId"]})

    assert tenant.credentials(seeded, "mine")["access_token"]
    assert "mine" not in str(entra.control("GET", "/records/applications"))


def test_secrets_go_back_with_snapshots_and_go_with_a_reset(tenant, entra):
    made = tenant.user()
    entra.control("POST", "/snapshots", {"name": "before"})
    profile = {"password": OTHER, "forceChangePasswordNextSignIn": False}
    tenant.call("PATCH", f"users/{made['id']}", {"passwordProfile": profile})

    entra.control("POST", "/snapshots/before/restore")

    assert tenant.password()["access_token"]
    assert tenant.password(OTHER, status=400)["error_codes"] == [50126]
