"""What tokens tell of assignments, grants and memberships that are made over Graph."""

from __future__ import annotations

import pytest

from tests.identity.conftest import GRAPH, claims_of
from tests.identity.test_accounts import Tenant

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
ROLE = "4e7a3f0a-0000-4000-8000-000000000006"
OWN = "4e7a3f0a-0000-4000-8000-000000000007"
TEMPLATE = "62e90394-69f5-4237-9190-012177145e10"


def role(id_, value):
    said = {"id": id_, "value": value, "displayName": value, "description": value}
    return {**said, "isEnabled": True, "allowedMemberTypes": ["User", "Application"]}


@pytest.fixture
def graph_principal(entra, strict):
    for each in (entra, strict):
        record = {
            "id": GRAPH_APP,
            "appId": GRAPH_APP,
            "appRoles": [role(ROLE, "Sites.Archive.All")],
        }
        each.control("POST", "/seed", {"servicePrincipals": [record]})


@pytest.fixture
def lenient(entra, graph_principal):
    return Tenant(entra)


@pytest.fixture
def firm(strict, graph_principal):
    return Tenant(strict)


def assign(tenant, principal, resource=GRAPH_APP, role_id=ROLE):
    body = {"principalId": principal, "resourceId": resource, "appRoleId": role_id}
    return tenant.call("POST", f"servicePrincipals/{resource}/appRoleAssignedTo", body)


def with_secret(tenant):
    app, principal = tenant.app()
    return app, principal, tenant.secret(f"applications/{app['id']}")["secretText"]


def test_an_app_has_what_was_assigned_to_it_and_no_more_in_a_strict_directory(firm):
    app, principal, secret = with_secret(firm)

    def roles():
        return claims_of(firm.credentials(app, secret)["access_token"]).get("roles")

    assert roles() is None
    made = assign(firm, principal["id"])
    assert roles() == ["Sites.Archive.All"]
    firm.call("DELETE", f"servicePrincipals/{principal['id']}/appRoleAssignments/{made['id']}")
    assert roles() is None


def test_what_was_assigned_comes_on_top_of_what_everybody_has(lenient):
    app, principal, secret = with_secret(lenient)
    before = claims_of(lenient.credentials(app, secret)["access_token"])["roles"]
    assign(lenient, principal["id"])

    after = claims_of(lenient.credentials(app, secret)["access_token"])["roles"]

    assert after == [*before, "Sites.Archive.All"]


def test_nobody_consented_until_there_is_a_grant(firm):
    user, (app, principal) = firm.user(), firm.app(isFallbackPublicClient=True)
    other = firm.user("ada")
    asked = {"client_id": app["appId"], "scope": "User.Read"}
    granted = {"clientId": principal["id"], "resourceId": GRAPH_APP, "scope": "User.Read"}

    assert firm.password(status=400, **asked)["error_codes"] == [65001]
    assert firm.password(status=400, **asked | {"scope": GRAPH})["error_codes"] == [65001]
    mine = {**granted, "consentType": "Principal", "principalId": user["id"]}
    firm.call("POST", "oauth2PermissionGrants", mine)
    assert claims_of(firm.password(**asked)["access_token"])["scp"] == "User.Read"
    assert (
        claims_of(firm.password(**asked | {"scope": GRAPH})["access_token"])["scp"] == "User.Read"
    )
    assert firm.password(name="ada", status=400, **asked)["error_codes"] == [65001]
    every = {**granted, "consentType": "AllPrincipals", "scope": " User.Read Mail.Read"}
    made = firm.call("POST", "oauth2PermissionGrants", every)
    asked = {**asked, "scope": "Mail.Read"}
    claims = claims_of(firm.password(name="ada", **asked)["access_token"])
    assert (claims["scp"], claims["oid"]) == ("Mail.Read", other["id"])
    firm.call("DELETE", f"oauth2PermissionGrants/{made['id']}")
    assert firm.password(name="ada", status=400, **asked)["error_codes"] == [65001]


def test_a_code_is_given_for_what_its_user_has_consented_to(firm):
    user, (app, principal) = firm.user(), firm.app(isFallbackPublicClient=True)
    asked = {"client_id": app["appId"], "scope": "User.Read", "login_hint": "grace@contoso.com"}
    assert "error=consent_required" in firm.entra.authorize(**asked).headers["Location"]
    mine = {"clientId": principal["id"], "resourceId": GRAPH_APP, "scope": "User.Read"}
    mine |= {"consentType": "Principal", "principalId": user["id"]}
    firm.call("POST", "oauth2PermissionGrants", mine)
    assert "code=" in firm.entra.authorize(**asked).headers["Location"]


def by_membership(tenant, user):
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user['id']}"}
    made = tenant.call("POST", "directoryRoles", {"roleTemplateId": TEMPLATE})
    tenant.call("POST", f"directoryRoles/{made['id']}/members/$ref", body, status=204)


def by_assignment(tenant, user):
    body = {"principalId": user["id"], "roleDefinitionId": TEMPLATE, "directoryScopeId": "/"}
    tenant.call("POST", "roleManagement/directory/roleAssignments", body)


@pytest.mark.parametrize("give", [by_membership, by_assignment])
def test_a_directory_role_shows_in_the_next_token(lenient, give):
    user = lenient.user()
    assert "wids" not in claims_of(lenient.password()["access_token"])

    give(lenient, user)

    assert claims_of(lenient.password()["access_token"])["wids"] == [TEMPLATE]


def group(tenant, *members, **changes):
    body = {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}
    made = tenant.call("POST", "groups", {**body, **changes})
    for member in members:
        link = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{member['id']}"}
        tenant.call("POST", f"groups/{made['id']}/members/$ref", link, status=204)
    return made


@pytest.mark.parametrize(("asked", "told"), [
    (None, []), ("SecurityGroup", ["inner", "outer"]), ("All", ["inner", "outer", "office"]),
    ("ApplicationGroup", ["outer"])])  # fmt: skip
def test_groups_are_told_to_who_asks_for_them(lenient, asked, told):
    user = lenient.user()
    inner = group(lenient, user)
    outer = group(lenient, inner, mailNickname="o")
    unified = {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False}
    office = group(lenient, user, mailNickname="u", **unified)
    made = {
        "groupMembershipClaims": asked,
        "appRoles": [role(OWN, "Task.Read")],
        "isFallbackPublicClient": True,
        "optionalClaims": {"idToken": [{"name": "family_name"}], "accessToken": []},
    }
    app, principal = lenient.app(**made)
    assign(lenient, outer["id"], principal["id"], OWN)
    lenient.call("PATCH", f"users/{user['id']}", {"surname": "Hopper"})

    own = f"openid api://{app['appId']}/.default"
    found = lenient.password(client_id=app["appId"], scope=own)

    ids = {"inner": inner["id"], "outer": outer["id"], "office": office["id"]}
    for token in (found["id_token"], found["access_token"]):
        claims = claims_of(token)
        assert set(claims.get("groups", [])) == {ids[name] for name in told}
        assert claims["roles"] == ["Task.Read"]
    assert claims_of(found["id_token"])["family_name"] == "Hopper"
    assert "family_name" not in claims_of(found["access_token"])


def test_permissions_are_granted_as_they_are_published_in_whichever_case(entra):
    scope = "user.read https://graph.microsoft.com/MAIL.READ openid"
    found = entra.token("password", username="ada@contoso.com", password="lovelace", scope=scope)
    assert claims_of(found["access_token"])["scp"] == "User.Read Mail.Read openid"
    assert found["scope"] == "User.Read https://graph.microsoft.com/Mail.Read openid"
