"""What is discovered of clouds, under this server's own name and under Microsoft's."""

from __future__ import annotations

import pytest

from fakegraph.clouds import HOSTS, SIGN_IN
from fakegraph.tenants.guids import guid_of_name
from tests.identity.conftest import GRAPH, claims_of, number_of

APP = {"client_secret": "x", "scope": GRAPH}
V2 = "v2.0/.well-known/openid-configuration"
GUID = guid_of_name("default")
SIGN_INS = [name for name, service in HOSTS.items() if service == SIGN_IN]
CLOUDS = {
    "login.microsoftonline.com": ("login.microsoftonline.com", "graph.microsoft.com"),
    "login.windows.net": ("login.microsoftonline.com", "graph.microsoft.com"),
    "login.microsoft.com": ("login.microsoftonline.com", "graph.microsoft.com"),
    "westus2.login.microsoft.com": ("login.microsoftonline.com", "graph.microsoft.com"),
    "login.microsoftonline.us": ("login.microsoftonline.us", "graph.microsoft.us"),
    "login.usgovcloudapi.net": ("login.microsoftonline.us", "graph.microsoft.us"),
    "login.chinacloudapi.cn": ("login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"),
    "login.partner.microsoftonline.cn": ("login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"),
    "login.microsoftonline.de": ("login.microsoftonline.de", "graph.microsoft.de"),
    "login-us.microsoftonline.com": ("login-us.microsoftonline.com", "graph.microsoft.com"),
}  # fmt: skip


def at(entra, host, path, **options):
    method = options.pop("method", "GET")
    return entra.client.open(path, method=method, base_url=f"https://{host}", **options)


def discovered(entra, host, endpoint):
    query = {"api-version": "1.1", "authorization_endpoint": endpoint}
    return at(entra, host, "/common/discovery/instance", query_string=query).json


@pytest.mark.parametrize("host", CLOUDS)
def test_the_configuration_agrees_with_where_it_is(entra, host):
    issuer, graph = CLOUDS[host]
    found = at(entra, host, f"/default/{V2}").json
    assert found["issuer"] == f"https://{issuer}/{GUID}/v2.0"
    assert found["token_endpoint"] == f"https://{host}/default/oauth2/v2.0/token"
    assert found["msgraph_host"] == graph
    assert f"login.{found['cloud_instance_name']}" in (issuer, f"login.{issuer}")
    form = {"grant_type": "password", "client_id": "anyone", "username": "a@contoso.com"}
    form |= {"password": "x", "scope": "openid User.Read"}
    token = at(entra, host, "/default/oauth2/v2.0/token", method="POST", data=form).json
    assert claims_of(token["id_token"])["iss"] == found["issuer"]


def test_its_own_address_is_everything(entra):
    found = entra.client.get(f"/default/{V2}", base_url="http://localhost:8365").json
    names = ("msgraph_host", "cloud_instance_name", "cloud_graph_host_name")
    assert {found[name] for name in names} == {"localhost:8365"}


@pytest.mark.parametrize("host", CLOUDS)
def test_microsofts_names_vouch_for_each_other(entra, host):
    for name in CLOUDS:
        found = discovered(entra, host, f"https://{name}/default/oauth2/v2.0/authorize")
        assert found["tenant_discovery_endpoint"] == f"https://{name}/default/{V2}"
        aliases = {alias for each in found["metadata"] for alias in each["aliases"]}
        assert aliases == {*CLOUDS, "sts.windows.net"} - {"westus2.login.microsoft.com"}
        for each in found["metadata"]:
            assert {each["preferred_network"], each["preferred_cache"]} <= {*each["aliases"]}


@pytest.mark.parametrize("endpoint", ["https://login.live.com/x/y", "https://evil.example/x/y",
    "https://login.microsoftonline.com.evil.example/x/y", "https://login.microsoftonline.com"])  # fmt: skip
def test_nobody_else_is_vouched_for(entra, endpoint):
    number_of(discovered(entra, "login.microsoftonline.com", endpoint), 50049)


def test_by_its_own_name_it_leads_nobody_to_the_real_ones(entra):
    endpoint = "https://login.microsoftonline.com/x/oauth2/authorize"
    number_of(discovered(entra, "localhost", endpoint), 50049)


@pytest.mark.parametrize("host", SIGN_INS)
@pytest.mark.parametrize("path", ["/", "/v1.0/users", "/beta/me", "/oauth2/v2.0/token", "/x"])
def test_a_host_to_sign_in_at_has_nothing_of_graph(entra, host, path):
    answer = at(entra, host, path)
    assert answer.json["error"] in {"invalid_request", "unauthorized_client"}


@pytest.mark.parametrize("path", ["/oauth20_authorize.srf", "/oauth20_token.srf", "/ppsecure/post.srf",
    "/common/oauth2/v2.0/token", f"/consumers/{V2}", "/.well-known/openid-configuration"])  # fmt: skip
def test_personal_accounts_have_no_sign_in_of_their_own(entra, path):
    for method in ("GET", "POST"):
        answer = at(entra, "login.live.com", path, method=method)
        assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")


LOCAL = "http://localhost:8365"


@pytest.mark.parametrize(
    ("base", "manager", "sign_in", "graph"),
    [
        (LOCAL, f"{LOCAL}/", f"{LOCAL}/", f"{LOCAL}/"),
        ("https://management.azure.com", "https://management.azure.com/",
         "https://login.microsoftonline.com/", "https://graph.microsoft.com/"),
    ],
)  # fmt: skip
def test_a_cloud_says_where_its_services_are(entra, base, manager, sign_in, graph):
    def asked(version):
        return entra.client.get(f"/metadata/endpoints?api-version={version}", base_url=base).json

    cloud = asked("2022-09-01")
    assert (cloud["resourceManager"], cloud["microsoftGraphResourceId"]) == (manager, graph)
    assert cloud["authentication"]["loginEndpoint"] == sign_in
    assert asked("2019-05-01") == [cloud]
    oldest = asked("2015-01-01")
    assert oldest["authentication"]["loginEndpoint"] == sign_in
    assert oldest["graphEndpoint"] == cloud["graphAudience"]


@pytest.mark.parametrize(
    ("query", "code"),
    [("", "MissingApiVersionParameter"), ("?api-version=1", "InvalidApiVersionParameter")],
)
def test_the_version_of_that_has_to_be_one(entra, query, code):
    answer = entra.client.get(f"/metadata/endpoints{query}")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, code)
    assert entra.client.post("/metadata/endpoints").status_code == 405


@pytest.mark.parametrize(
    "path", ["//v2.0/.well-known/openid-configuration", "//discovery//v2.0/keys"]
)
def test_doubled_slashes_are_one(entra, path):
    """MSAL asks so where an authority ends with one."""
    for host in ("login.microsoftonline.com", "localhost"):
        assert at(entra, host, f"/{GUID}{path}").status_code == 200
