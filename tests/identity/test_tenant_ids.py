"""A tenant has a name, a GUID and domains, and answers to each of them."""

from __future__ import annotations

import httpx
import pytest

from fakegraph import FakeGraph
from fakegraph.tenants.guids import guid_of_name
from tests.identity.conftest import GRAPH, SignIn, claims_of

APP = {"client_secret": "x", "scope": GRAPH}
SAID = "1a111111-1111-4111-8111-111111111111"
USERS = "/v1.0/users/$count"


@pytest.fixture
def entra(make_client):
    return SignIn(make_client(auth="strict"))


def signed_in(entra, authority):
    return claims_of(entra.token("client_credentials", authority, **APP)["access_token"])


def issuer(entra, authority):
    return entra.client.get(f"/{authority}/v2.0/.well-known/openid-configuration").json["issuer"]


def seed(entra, tenant, records):
    entra.control("POST", f"/tenants/{tenant}/seed", records)


def organization(entra, tenant):
    token = entra.token("client_credentials", tenant, **APP)["access_token"]
    answer = entra.client.get("/v1.0/organization", headers={"Authorization": f"Bearer {token}"})
    (found,) = answer.json["value"]
    return found


@pytest.mark.parametrize("tenant", ["default", "t1", "9f0b1c2d-0000-4000-8000-00000000000A"])
def test_tokens_call_a_tenant_by_its_guid(entra, tenant):
    guid = guid_of_name(tenant)
    for authority in (tenant, guid, guid.upper()):
        claims = signed_in(entra, authority)
        assert (claims["tid"], claims["iss"]) == (guid, f"https://sts.windows.net/{guid}/")
        assert issuer(entra, authority) == f"http://localhost/{guid}/v2.0"
    made = {each["id"] for each in entra.control("GET", "/tenants")["value"]}
    assert made == {"default", tenant}


@pytest.mark.parametrize("tenant", ["default", "t1"])
def test_the_organization_has_the_same_id(entra, tenant):
    assert organization(entra, tenant)["id"] == guid_of_name(tenant)
    assert signed_in(entra, tenant)["tid"] == guid_of_name(tenant)


@pytest.mark.parametrize("tenant", ["default", "t1"])
def test_who_says_the_organization_says_the_guid(entra, tenant):
    if tenant != "default":
        entra.control("POST", "/tenants", {"id": tenant})
    seed(entra, tenant, {"organization": [{"id": SAID, "displayName": "Contoso"}]})
    for authority in (SAID, tenant, guid_of_name(tenant)):
        assert signed_in(entra, authority)["tid"] == SAID
        assert issuer(entra, authority).split("/")[3] == SAID
    assert organization(entra, SAID)["displayName"] == "Contoso"


def test_what_all_tenants_start_with_is_the_default_ones(make_client):
    entra = SignIn(make_client(auth="strict", fixture=("contoso",)))
    said = "c0a70500-0000-4000-8000-0000000000ff"
    assert signed_in(entra, "default")["tid"] == organization(entra, "default")["id"] == said
    assert signed_in(entra, said)["tid"] == said
    assert signed_in(entra, "t1")["tid"] == guid_of_name("t1")
    other = organization(entra, "t1")
    assert (other["id"], other["displayName"]) == (guid_of_name("t1"), "Contoso")
    assert signed_in(entra, "t1")["tid"] == guid_of_name("t1")


def test_two_tenants_never_share_a_guid(entra):
    for tenant in ("t1", "t2"):
        entra.control("POST", "/tenants", {"id": tenant})
        seed(entra, tenant, {"organization": [{"id": SAID}]})
    assert signed_in(entra, "t1")["tid"] == SAID
    assert signed_in(entra, "t2")["tid"] == guid_of_name("t2")
    entra.control("DELETE", "/tenants/t1", status=204)
    assert signed_in(entra, "t2")["tid"] == SAID


def test_a_token_is_good_in_its_tenant_alone(entra):
    mine = entra.token("client_credentials", "t1", **APP)["access_token"]
    entra.token("client_credentials", "t2", **APP)
    seed(entra, "t1", {"users": [{"userPrincipalName": "a@contoso.com"}]})
    bearer = {"Authorization": f"Bearer {mine}", "ConsistencyLevel": "eventual"}
    guid, other = guid_of_name("t1"), guid_of_name("t2")
    for prefix in ("", "/tenants/t1", f"/tenants/{guid}"):
        answer = entra.client.get(f"{prefix}{USERS}", headers=bearer)
        assert (answer.status_code, answer.text) == (200, "1")
    for prefix in ("/tenants/t2", f"/tenants/{other}", "/tenants/default"):
        assert entra.client.get(f"{prefix}{USERS}", headers=bearer).status_code == 401
    assert entra.control("GET", f"/tenants/{guid}/records")["users"] == 1


@pytest.mark.parametrize("said", [{"domains": [{"id": "tail.example"}]},
    {"organization": [{"id": SAID, "verifiedDomains": [{"name": "Tail.Example"}]}]}])  # fmt: skip
def test_a_domain_leads_to_whose_it_is(entra, said):
    entra.control("POST", "/tenants", {"id": "t1"})
    seed(entra, "t1", said)
    wanted = signed_in(entra, "t1")["tid"]
    for authority in ("tail.example", "TAIL.example", "t1.onmicrosoft.com"):
        assert signed_in(entra, authority)["tid"] == wanted
    user = {"username": "u@tail.example", "password": "p", "scope": GRAPH}
    found = entra.token("password", "organizations", **user)
    assert claims_of(found["access_token"])["tid"] == wanted


def test_strictly_a_guid_is_one_of_a_tenant_that_is_there(make_client):
    entra = SignIn(make_client(strict_directory=True))
    number = entra.client.post(f"/{guid_of_name('t1')}/oauth2/v2.0/token", data={"x": "y"}).json
    assert number["error_codes"] == [90002]
    entra.control("POST", "/tenants", {"id": "t1"})
    assert issuer(entra, guid_of_name("t1")).split("/")[3] == guid_of_name("t1")


def test_a_restart_knows_the_guids(make_client, tmp_path):
    for _ in range(2):
        entra = SignIn(make_client(data_dir=tmp_path, auth="strict"))
        claims = signed_in(entra, guid_of_name("t1") if _ else "t1")
        assert claims["tid"] == guid_of_name("t1")
        made = {each["id"] for each in entra.control("GET", "/tenants")["value"]}
        assert made == {"default", "t1"}
        entra.client.application.extensions["fakegraph_tenants"].close()


def test_a_handles_tokens_say_the_guid(fakegraph):
    (found,) = httpx.get(f"{fakegraph.v1}/organization", headers=fakegraph.headers).json()["value"]
    assert claims_of(fakegraph.token())["tid"] == found["id"] == guid_of_name(fakegraph.id)


def test_a_handle_may_say_its_organization():
    with FakeGraph(fixture=None, records={"organization": [{"id": SAID}]}) as graph:
        assert claims_of(graph.token())["tid"] == SAID
