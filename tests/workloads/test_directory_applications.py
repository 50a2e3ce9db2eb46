"""Applications: what they offer, how they are called, and whom they trust."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest

from fakegraph.tokens.certificates import signing_certificate
from fakegraph.workloads.directory import microsoft_graph
from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

ONE = "4e7a3f0a-0000-4000-8000-000000000001"
TWO = "4e7a3f0a-0000-4000-8000-000000000002"
ENABLED = "Permission (scope or role) cannot be deleted or updated unless disabled first."
TWICE = "Property value cannot have duplicate id or claim value."


def role(id_=ONE, **changes):
    said = {"id": id_, "value": "Read", "displayName": "Read", "description": "Read"}
    return {**said, "isEnabled": True, "allowedMemberTypes": ["User"], **changes}


def scope(id_=ONE, **changes):
    said = {"id": id_, "value": "Read", "type": "User", "isEnabled": True}
    return {**said, "adminConsentDisplayName": "Read", "adminConsentDescription": "x", **changes}


def roles(*found):
    return {"appRoles": list(found)}


def scopes(*found):
    return {"api": {"oauth2PermissionScopes": list(found)}}


def patch(client, app, body):
    return client.patch(f"/v1.0/applications/{app['id']}", json=body)


@pytest.mark.parametrize(("offer", "one"), [(roles, role), (scopes, scope)])
def test_what_is_enabled_is_disabled_before_it_goes(client, offer, one):
    app = make(client, "applications", {"displayName": "A", **offer(one())})
    for gone in (offer(), offer(one(value="Write"))):
        answer = patch(client, app, gone)
        assert_error(answer, 400, "Request_BadRequest", ENABLED)
        code = answer.json["error"]["details"][0]["code"]
        assert code == "CannotDeleteOrUpdateEnabledEntitlement"

    assert patch(client, app, {"displayName": "B"}).status_code == 204
    assert patch(client, app, offer(one(), one(TWO, value="Write"))).status_code == 204
    assert patch(client, app, offer(one(isEnabled=False))).status_code == 400
    both = offer(one(isEnabled=False), one(TWO, value="Write", isEnabled=False))
    assert patch(client, app, both).status_code == 204
    assert patch(client, app, offer()).status_code == 204


def test_a_change_of_the_api_leaves_its_scopes_alone(client):
    app = make(client, "applications", {"displayName": "A", **scopes(scope())})
    assert patch(client, app, {"api": {"acceptMappedClaims": True}}).status_code == 204
    found = client.get(f"/v1.0/applications/{app['id']}").json["api"]
    assert [each["id"] for each in found["oauth2PermissionScopes"]] == [ONE]


@pytest.mark.parametrize("body", [
    roles(role(), role(value="Write")), roles(role(), role(TWO)), scopes(scope(), scope(TWO)),
    {**roles(role()), **scopes(scope())}])  # fmt: skip
def test_what_is_offered_is_there_once(client, body):
    answer = client.post("/v1.0/applications", json={"displayName": "A", **body})
    assert_error(answer, 400, "Request_BadRequest", TWICE)


def test_a_value_has_no_spaces(client):
    body = {"displayName": "A", **roles(role(value="Read all"))}
    assert client.post("/v1.0/applications", json=body).status_code == 400


@pytest.mark.parametrize(("uri", "status"), [
    (f"api://{ONE}", 201), ("api://contoso.com/x", 201), ("https://a.contoso.com", 201),
    ("https://contoso.org", 400), ("api://else.example/x", 400), ("https://notcontoso.com", 400),
    ("https://[", 400)])  # fmt: skip
def test_a_uri_is_of_a_verified_domain(client, uri, status):
    client.post("/_fakegraph/seed", json={"domains": [{"id": "contoso.com", "isVerified": True}]})
    body = {"displayName": "A", "identifierUris": [uri]}
    answer = client.post("/v1.0/applications", json=body)
    assert answer.status_code == status, answer.text
    if status == 400:
        code = answer.json["error"]["details"][0]["code"]
        assert code == "HostNameNotOnVerifiedDomain"


def test_a_uri_is_of_one_application(client):
    uri = {"identifierUris": [f"api://{ONE}"]}
    app = make(client, "applications", {"displayName": "A", **uri})
    other = make(client, "applications", {"displayName": "B"})
    message = "Another object with the same value for property identifierUris already exists."

    assert patch(client, app, {**uri, "displayName": "C"}).status_code == 204
    assert_error(patch(client, other, uri), 400, "Request_BadRequest", message)


def trusted(number=0, **changes):
    said = {"name": f"n{number}", "issuer": "https://token.example", "subject": f"s{number}"}
    return {**said, "audiences": ["api://AzureADTokenExchange"], **changes}


def test_an_application_trusts_twenty_others_each_once(client):
    app = make(client, "applications", {"displayName": "A"})
    path = f"applications/{app['id']}/federatedIdentityCredentials"
    made = [make(client, path, trusted(number)) for number in range(19)]

    for again in (trusted(0, subject="else"), trusted(0, name="else")):
        answer = client.post(f"/v1.0/{path}", json=again)
        said = "FederatedIdentityCredential with name n0 already exists."
        assert_error(answer, 400, "Request_BadRequest", said)
    renamed = client.patch(f"/v1.0/{path}/{made[0]['id']}", json={"name": "else"})
    assert renamed.status_code == 400
    make(client, path, trusted(19))
    assert client.post(f"/v1.0/{path}", json=trusted(20)).status_code == 400


def test_what_an_application_trusts_is_named_too(client):
    """By its id and by its name, which others' may be too."""
    one, two = (make(client, "applications", {"displayName": "A"})["id"] for _ in range(2))
    paths = [f"applications/{id_}/federatedIdentityCredentials" for id_ in (one, two)]
    first, second = (make(client, path, trusted(0)) for path in paths)
    for key in ("/n0", "(name='n0')", f"/{second['id']}"):
        assert client.get(f"/v1.0/{paths[1]}{key}").json["id"] == second["id"]
    assert client.patch(f"/v1.0/{paths[1]}/n0", json={"description": "x"}).status_code == 204
    assert client.delete(f"/v1.0/{paths[1]}/n0").status_code == 204
    assert client.get(f"/v1.0/{paths[1]}/n0").status_code == 404
    assert client.get(f"/v1.0/{paths[0]}/n0").json["id"] == first["id"]


GRAPH = "00000003-0000-0000-c000-000000000000"


def test_every_tenant_has_microsoft_graph_with_what_can_be_granted(client):
    graph = client.get(f"/v1.0/servicePrincipals(appId='{GRAPH}')").json
    query = f"$filter=appId eq '{GRAPH}'&$select=id,appRoles"
    (found,) = client.get(f"/v1.0/servicePrincipals?{query}").json["value"]
    assert (found["id"], found["appRoles"]) == (graph["id"], graph["appRoles"])
    roles = {each["value"]: each for each in graph["appRoles"]}
    scopes = {each["value"]: each for each in graph["oauth2PermissionScopes"]}
    assert roles["User.Read.All"]["id"] == "df021288-bdef-4463-88db-98f22de89214"
    assert roles["User.Read.All"]["allowedMemberTypes"] == ["Application"]
    assert scopes["User.Read"]["id"] == "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
    assert (scopes["User.Read"]["type"], scopes["User.Read.All"]["type"]) == ("User", "Admin")
    assert {"openid", "Mail.Read.Shared", "Directory.AccessAsUser.All"} <= scopes.keys()
    assert "User.Read" not in roles
    every = [each["id"] for each in (*roles.values(), *scopes.values())]
    for kind in (roles, scopes):
        assert len({each["id"] for each in kind.values()}) == len(kind) > 500
    # Ids that only a whole record of the service's can tell, of each kind.
    assert scopes["email"]["id"] == "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0"
    assert scopes["AccessReview.Read.All"]["id"] == "ebfcd32b-babb-40f4-a14b-42706e83bd28"
    assert roles["User.ReadBasic.All"]["id"] == "97235f07-e226-4f63-ace3-39588e11d3a1"
    assert sum(UUID(each).version == 5 for each in every) < len(every) * 0.6
    again = client.post("/v1.0/servicePrincipals", json={"appId": GRAPH})
    assert again.status_code == 409
    made = client.get(f"/v1.0/directoryObjects/{graph['id']}").json
    assert made["@odata.type"] == "#microsoft.graph.servicePrincipal"


def test_microsoft_graph_may_be_a_seed(client):
    own = {"id": GRAPH, "appId": GRAPH, "appRoles": []}
    seed(client, {"servicePrincipals": [own]})
    (graph,) = client.get("/v1.0/servicePrincipals").json["value"]
    assert (graph["id"], graph["appRoles"]) == (GRAPH, [])
    assert len(graph["oauth2PermissionScopes"]) > 500


def test_an_app_role_of_microsoft_graph_is_assigned(client):
    app = make(client, "applications", {"displayName": "A"})
    principal = make(client, "servicePrincipals", {"appId": app["appId"]})["id"]
    graph = client.get(f"/v1.0/servicePrincipals(appId='{GRAPH}')").json
    (role,) = (each["id"] for each in graph["appRoles"] if each["value"] == "User.Read.All")
    body = {"principalId": principal, "resourceId": graph["id"], "appRoleId": role}
    given = make(client, f"servicePrincipals/{principal}/appRoleAssignments", body)
    assert given["resourceDisplayName"] == "Microsoft Graph"
    unknown = client.post(
        f"/v1.0/servicePrincipals/{principal}/appRoleAssignments",
        json={**body, "appRoleId": "4e7a3f0a-0000-4000-8000-0000000000aa"},
    )
    said = f"Permission being assigned was not found on application '{GRAPH}'."
    assert_error(unknown, 400, "Request_BadRequest", said)


def test_what_an_application_has_from_the_start(client):
    app = make(client, "applications", {"displayName": "A"})

    assert app["signInAudience"] == "AzureADandPersonalMicrosoftAccount"
    assert app["api"]["requestedAccessTokenVersion"] == 2
    assert app["web"]["implicitGrantSettings"] == {
        "enableAccessTokenIssuance": False,
        "enableIdTokenIssuance": False,
    }
    assert app["passwordCredentials"] == app["keyCredentials"] == app["identifierUris"] == []
    assert client.get(f"/v1.0/applications(appId='{app['appId']}')").json["id"] == app["id"]
    (graph,) = client.get("/v1.0/servicePrincipals").json["value"]
    assert graph["displayName"] == "Microsoft Graph"
    missing = client.post("/v1.0/applications", json={})
    said = "A value is required for property 'displayName' of resource 'Application'."
    assert_error(missing, 400, "Request_BadRequest", said)


def test_a_service_principal_takes_over_what_its_application_has(client):
    app = make(
        client,
        "applications",
        {
            "displayName": "A",
            "identifierUris": [f"api://{ONE}"],
            "web": {"redirectUris": ["https://contoso.com/back"], "homePageUrl": "https://c.com"},
            **roles(role()),
            **scopes(scope(TWO)),
        },
    )

    made = make(client, "servicePrincipals", {"appId": app["appId"]})

    assert (made["displayName"], made["appDisplayName"]) == ("A", "A")
    assert made["servicePrincipalNames"] == [app["appId"], f"api://{ONE}"]
    assert made["replyUrls"] == ["https://contoso.com/back"]
    assert made["homepage"] == "https://c.com"
    assert [each["id"] for each in made["appRoles"]] == [ONE]
    assert [each["id"] for each in made["oauth2PermissionScopes"]] == [TWO]
    assert made["accountEnabled"] is True
    found = client.get(f"/v1.0/servicePrincipals(appId='{app['appId']}')").json
    assert found["id"] == made["id"]


@pytest.mark.parametrize(("kind", "uri", "status"), [
    ("web", "https://app.contoso.com/back", 204), ("web", "http://localhost:8400/x", 204),
    ("web", "http://app.contoso.com/back", 400), ("spa", "http://app.contoso.com", 400),
    ("web", "x", 400), ("web", "https://[", 400), ("spa", "https://", 400),
    ("publicClient", "msal1://auth", 204), ("publicClient", "http://localhost", 204),
    ("publicClient", "urn:ietf:wg:oauth:2.0:oob", 204), ("publicClient", "foo bar", 400),
    ("web", "https://a.com/\r\nX: 1", 400), ("spa", "https://a.com/#x", 400),
    ("web", f"https://a.com/{'x' * 242}", 204), ("web", f"https://a.com/{'x' * 243}", 400),
    ("publicClient", "http://app.contoso.com", 400)])  # fmt: skip
def test_redirects_are_safe(client, kind, uri, status):
    id_ = make(client, "applications", {"displayName": "x"})["id"]
    answer = client.patch(f"/v1.0/applications/{id_}", json={kind: {"redirectUris": [uri]}})
    assert answer.status_code == status, answer.text
    if status == 400:
        said = f"Invalid value specified for property '{kind}' of resource 'Application'."
        assert_error(answer, 400, "Request_BadRequest", said)


def test_an_application_has_so_many_redirects_and_a_logo_when_it_was_given_one(client):
    id_ = make(client, "applications", {"displayName": "x"})["id"]
    uris = [f"https://app.contoso.com/{number}" for number in range(200)]
    body = {"web": {"redirectUris": uris}, "spa": {"redirectUris": uris[:57]}}
    answer = client.patch(f"/v1.0/applications/{id_}", json=body)
    assert_error(answer, 400, "Request_BadRequest", "256 redirect URIs")
    logo = client.get(f"/v1.0/applications/{id_}/logo")
    assert_error(logo, 404, "Request_ResourceNotFound", "Resource 'logo' does not exist")


@pytest.mark.parametrize(
    ("data", "media"),
    [(b'{"a": 1}', "application/json"), (b"words", "image/png"), (b"", "image/png"), (b"GIF8", "image/gif")],
)  # fmt: skip
def test_a_logo_is_a_picture(client, data, media):
    path = f"/v1.0/applications/{make(client, 'applications', {'displayName': 'x'})['id']}/logo"
    assert_error(
        client.put(path, data=data, content_type=media), 400, "Request_BadRequest", "picture"
    )
    assert client.get(path).status_code == 404
    drawn = b"GIF89a\1\0\1\0"
    assert client.put(path, data=drawn, content_type="image/gif").status_code < 300
    assert (client.get(path).data, client.get(path).mimetype) == (drawn, "image/gif")


def test_a_service_principal_goes_with_its_application_and_does_not_come_back_with_it(client):
    app = make(client, "applications", {"displayName": "A"})
    principal = make(client, "servicePrincipals", {"appId": app["appId"]})
    of_graph = client.get(f"/v1.0/servicePrincipals(appId='{GRAPH}')").json["id"]
    tenant = client.get("/v1.0/organization").json["value"][0]["id"]
    assert principal["appOwnerOrganizationId"] == tenant

    assert client.delete(f"/v1.0/applications/{app['id']}").status_code == 204
    bin_ = "directory/deletedItems"
    assert [each["id"] for each in listed(client, "servicePrincipals")] == [of_graph]
    gone = listed(client, f"{bin_}/microsoft.graph.servicePrincipal")
    assert [each["id"] for each in gone] == [principal["id"]]

    assert client.post(f"/v1.0/{bin_}/{app['id']}/restore").status_code == 200
    assert [each["id"] for each in listed(client, "servicePrincipals")] == [of_graph]
    again = make(client, "servicePrincipals", {"appId": app["appId"]})
    taken = client.post(f"/v1.0/{bin_}/{principal['id']}/restore")
    message = (
        "The service principal cannot be created, updated, or restored because the service "
        f"principal name {app['appId']} is already in use."
    )
    assert_error(taken, 409, "Request_MultipleObjectsWithSameKeyValue", message)
    client.delete(f"/v1.0/servicePrincipals/{again['id']}")
    assert client.post(f"/v1.0/{bin_}/{principal['id']}/restore").status_code == 200


def test_the_service_principal_of_another_tenants_application_is_nobodys_here(client):
    found = client.get(f"/v1.0/servicePrincipals(appId='{GRAPH}')").json
    assert found["appOwnerOrganizationId"] == "f8cdef31-a31e-4b4a-93e4-5f571e91255a"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-05-04T03:02:01Z", "2028-05-04T03:02:01Z"),
        ("2024-02-29T01:00:00Z", "2026-02-28T01:00:00Z"),
        ("2027-03-01T00:00:00+02:00", "2029-03-01T00:00:00+02:00"),
    ],
)
def test_a_secret_is_good_for_two_years(client, start, end):
    path = f"/v1.0/applications/{make(client, 'applications', {'displayName': 'A'})['id']}"
    body = {"passwordCredential": {"startDateTime": start}}
    made = client.post(f"{path}/addPassword", json=body)
    assert made.json["endDateTime"] == end
    before = {"passwordCredential": {"startDateTime": start, "endDateTime": start}}
    refused = client.post(f"{path}/addPassword", json=before)
    assert_error(refused, 400, "Request_BadRequest", "ends after it begins")
    assert len(client.get(path).json["passwordCredentials"]) == 1


def certificate():
    """One as base64, and its thumbprint."""
    begin, end = (datetime(year, 1, 1, tzinfo=UTC) for year in (2026, 2028))
    data, thumbprint = signing_certificate("x", begin, end)
    return b64encode(data).decode(), b64encode(thumbprint).decode()


def test_a_certificate_tells_what_is_not_said_of_it_and_is_shown_when_it_is_selected(client):
    key, thumbprint = certificate()
    sent = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": key, "displayName": "CN=x"}
    body = {"displayName": "A", "keyCredentials": [sent]}
    made = make(client, "applications", body)
    path = f"/v1.0/applications/{made['id']}"
    for found in (made, client.get(path).json):
        (shown,) = found["keyCredentials"]
        assert (shown["key"], shown["customKeyIdentifier"]) == (None, thumbprint)
        assert shown["startDateTime"] == "2026-01-01T00:00:00Z"
        assert shown["endDateTime"] == "2028-01-01T00:00:00Z"
        assert UUID(shown["keyId"])
    selected = client.get(f"{path}?$select=keyCredentials").json["keyCredentials"]
    assert [each["key"] for each in selected] == [key]

    # What was read is sent back, with the key and without; another joins it.
    for kept in (selected, made["keyCredentials"]):
        body = {"keyCredentials": [*kept, {**sent, "key": certificate()[0]}]}
        assert client.patch(path, json=body).status_code == 204
        found = client.get(f"{path}?$select=keyCredentials").json["keyCredentials"]
        assert [each["key"] == key for each in found] == [True, False]
    changed = {"keyCredentials": [{**selected[0], "displayName": "CN=y"}]}
    said = f"Update to existing credential with KeyId '{shown['keyId']}' is not allowed."
    assert_error(client.patch(path, json=changed), 400, "Request_BadRequest", said)
    broken = {"keyCredentials": [{**sent, "key": "YWJj"}]}
    assert_error(client.patch(path, json=broken), 400, "Request_BadRequest", "no certificate")
    assert client.patch(path, json={"keyCredentials": []}).status_code == 204
    assert client.get(path).json["keyCredentials"] == []


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"signInAudience": "Everybody"}, "signInAudience"),
        ({"displayName": None}, "displayName"),
        ({"displayName": ""}, "displayName"),
        ({"displayName": "x" * 257}, "displayName"),
        ({"appRoles": [role(allowedMemberTypes=["Robot"])]}, "allowedMemberTypes"),
        ({"appRoles": [{"value": "Read", "displayName": "Read", "isEnabled": True}]}, "id"),
    ],
)
def test_values_of_applications_that_are_refused(client, changes, name):
    path = f"/v1.0/applications/{make(client, 'applications', {'displayName': 'A'})['id']}"
    answer = client.patch(path, json=changes)
    assert_error(answer, 400, "Request_BadRequest", f"for property '{name}' of resource")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"audiences": ["a", "b"]}, "audiences"),
        ({"audiences": []}, "audiences"),
        ({"name": "a b"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"issuer": "nobody"}, "issuer"),
    ],
)
def test_values_of_federated_credentials_that_are_refused(client, changes, name):
    app = make(client, "applications", {"displayName": "A"})["id"]
    path = f"applications/{app}/federatedIdentityCredentials"
    body = {"name": "main", "issuer": "https://i.example", "subject": "s", "audiences": ["a"]}
    answer = client.post(f"/v1.0/{path}", json={**body, **changes})
    said = f"for property '{name}' of resource 'FederatedIdentityCredential'"
    assert_error(answer, 400, "Request_BadRequest", said)
    make(client, path, body)
    assert client.get(f"/v1.0/{path}/main").json["subject"] == "s"
    assert client.delete(f"/v1.0/{path}/main").status_code == 204
    assert listed(client, path) == []


# Microsoft Graph itself -----------------------------------------------------------------------

BY_APP_ID = f"servicePrincipals?$filter=appId eq '{GRAPH}'"
GRAPH_ID = microsoft_graph.PRINCIPAL["id"]
ASSIGNED = {"resourceId": GRAPH_ID, "scope": "User.Read", "consentType": "AllPrincipals"}


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.get(f"/v1.0/directoryObjects/{GRAPH_ID}").json["id"],
        lambda client: client.get(f"/v1.0/{BY_APP_ID}").json["value"][0]["id"],
        lambda client: client.get("/_fakegraph/records/servicePrincipals").json["value"][0]["id"],
        lambda client: client.post(
            "/v1.0/directoryObjects/getByIds", json={"ids": [GRAPH_ID]}
        ).json["value"][0]["id"],
        lambda client: client.post(
            "/v1.0/oauth2PermissionGrants", json={"clientId": GRAPH_ID, **ASSIGNED}
        ).json["resourceId"],
    ],
)
def test_microsoft_graph_is_there_however_an_empty_tenant_is_first_asked(client, ask):
    assert ask(client) == GRAPH_ID


def test_reading_what_can_be_granted_is_no_change_and_always_the_same(client):
    first = client.get(f"/v1.0/{BY_APP_ID}").json["value"]
    assert client.get("/_fakegraph/changes").json["value"] == []
    assert client.get(f"/v1.0/{BY_APP_ID}").json["value"] == first
    (found,) = first
    assert {"User.Read.All", "Mail.Send"} <= {each["value"] for each in found["appRoles"]}
    assert {"User.Read", "openid"} <= {each["value"] for each in found["oauth2PermissionScopes"]}
    headers = {"ConsistencyLevel": "eventual"}
    assert client.get("/v1.0/servicePrincipals/$count", headers=headers).text == "1"
    counted = client.get("/v1.0/servicePrincipals?$count=true", headers=headers).json
    assert counted["@odata.count"] == len(counted["value"]) == 1
    delta = client.get("/v1.0/servicePrincipals/delta").json["value"]
    assert [each["id"] for each in delta] == [GRAPH_ID]
    assert client.post("/_fakegraph/reset").status_code == 204
    assert client.get(f"/v1.0/{BY_APP_ID}").json["value"] == first


def test_every_tenant_has_the_template_for_what_no_gallery_has(client):
    path = "/v1.0/applicationTemplates/8adf8e6e-67b2-4cf2-a259-e3dc5476c621/instantiate"
    made = client.post(path, json={"displayName": "Ours"})
    assert made.status_code == 201, made.text
    (app,) = listed(client, "applications")
    assert made.json["application"]["appId"] == app["appId"]


def test_a_federated_credential_is_made_or_changed_by_its_name(client):
    id_ = make(client, "applications", {"displayName": "x"})["id"]
    path = f"/v1.0/applications/{id_}/federatedIdentityCredentials(name='ci')"
    body = {"issuer": "https://x", "subject": "a", "audiences": ["api://AzureADTokenExchange"]}
    upsert = {"headers": {"Prefer": "create-if-missing"}}

    assert client.patch(path, json=body).status_code == 404
    made = client.patch(path, json=body, **upsert)
    assert (made.status_code, made.json["name"], made.json["subject"]) == (201, "ci", "a")
    assert client.patch(path, json={**body, "subject": "b"}, **upsert).status_code == 204
    (found,) = listed(client, f"applications/{id_}/federatedIdentityCredentials")
    assert found["subject"] == "b"


@pytest.mark.parametrize(("body", "said"), [
    (roles({**role(), "allowedMemberTypes": []}), "'allowedMemberTypes' of resource 'AppRole'"),
    (roles({**role(), "value": "x" * 121}), "'value' of resource 'AppRole'"),
    (roles({**role(), "value": "caf\u00e9"}), "'value' of resource 'AppRole'"),
    (scopes({**scope(), "value": "a b"}), "'value' of resource 'PermissionScope'"),
    (scopes({**scope(), "type": "Anybody"}), "'type' of resource 'PermissionScope'"),
    (scopes({"value": "a", "type": "User"}), "'id' of resource 'PermissionScope'"),
    ({"api": {"requestedAccessTokenVersion": 1}}, "api.requestedAccessTokenVersion is invalid"),
    ({"signInAudience": "PersonalMicrosoftAccount", "api": {"requestedAccessTokenVersion": None}},
     "api.requestedAccessTokenVersion is invalid"),
    ({"applicationTemplateId": ONE}, "Property 'applicationTemplateId' is read-only"),
    ({"createdByAppId": ONE}, "Property 'createdByAppId' is read-only")])  # fmt: skip
def test_an_application_offers_what_can_be_asked_for(client, body, said):
    refused = client.post("/v1.0/applications", json={"displayName": "A", **body})
    assert_error(refused, 400, "Request_BadRequest", said)
    assert listed(client, "applications") == []


def test_personal_accounts_come_with_tokens_of_version_2(client):
    body = {"displayName": "A", "signInAudience": "AzureADMyOrg"}
    app = make(client, "applications", body)["id"]
    wider = {"signInAudience": "AzureADandPersonalMicrosoftAccount"}
    refused = client.patch(f"/v1.0/applications/{app}", json=wider)
    said = "Property api.requestedAccessTokenVersion is invalid."
    assert_error(refused, 400, "Request_BadRequest", said)
    both = {**wider, "api": {"requestedAccessTokenVersion": 2}}
    assert client.patch(f"/v1.0/applications/{app}", json=both).status_code == 204


@pytest.mark.parametrize(("name", "value"), [
    ("subject", ""), ("subject", "s" * 601), ("issuer", "https://" + "i" * 600),
    ("audiences", ["a" * 601]), ("description", "d" * 601)])  # fmt: skip
def test_a_federated_credential_is_not_too_long(client, name, value):
    """https://learn.microsoft.com/graph/api/resources/federatedidentitycredential"""
    app = make(client, "applications", {"displayName": "A"})["id"]
    body = {"name": "n", "issuer": "https://a.b", "subject": "s", "audiences": ["c"], name: value}
    refused = client.post(f"/v1.0/applications/{app}/federatedIdentityCredentials", json=body)
    assert_error(refused, 400, "Request_BadRequest", f"'{name}' of resource 'FederatedIdentity")


@pytest.mark.parametrize(("name", "value", "said"), [
    ("notes", "x" * 1025, "Invalid value"), ("description", "x" * 1025, "Invalid value"),
    ("applicationTemplateId", ONE, "is read-only"), ("disabledByMicrosoftStatus", "x", "is read-o"),
    ("resourceSpecificApplicationPermissions", [], "is read-only")])  # fmt: skip
def test_a_service_principal_refuses_what_is_not_written(client, name, value, said):
    app = make(client, "applications", {"displayName": "A"})
    principal = make(client, "servicePrincipals", {"appId": app["appId"]})["id"]
    refused = client.patch(f"/v1.0/servicePrincipals/{principal}", json={name: value})
    assert_error(refused, 400, "Request_BadRequest", said)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("identifierUris", ["notauri"]),
        ("tags", ["two words"]),
        ("tags", ["x" * 257]),
        ("samlMetadataUrl", "nowhere"),
        ("web", {"logoutUrl": "nowhere"}),
        ("web", {"homePageUrl": "nowhere"}),
        ("info", {"termsOfServiceUrl": "nowhere"}),
        ("api", {"preAuthorizedApplications": [{"appId": "x"}]}),
        ("optionalClaims", {"idToken": [{"essential": True}]}),
        ("tokenEncryptionKeyId", ONE),
    ],
)
def test_a_value_that_none_can_have_is_refused(client, name, value):
    app = make(client, "applications", {"displayName": "A"})
    said = f"Invalid value specified for property '{name}' of resource 'Application'."
    made = client.post("/v1.0/applications", json={"displayName": "B", name: value})
    for answer in (made, patch(client, app, {name: value})):
        assert_error(answer, 400, "Request_BadRequest", said)


def test_a_service_principal_offers_what_its_application_does(client):
    app = make(client, "applications", {"displayName": "A", **roles(role())})
    path = f"/v1.0/servicePrincipals/{make(client, 'servicePrincipals', {'appId': app['appId']})['id']}"
    other = [role(TWO, value="Write")]

    for name in ("appRoles", "oauth2PermissionScopes"):
        answer = client.patch(path, json={name: other if name == "appRoles" else [scope()]})
        assert_error(answer, 400, "Request_BadRequest", name, "does not match the application")

    assert client.patch(path, json={"appRoles": [role()], "notes": "n"}).status_code == 204
    assert client.get(path).json["appRoles"][0]["id"] == ONE
