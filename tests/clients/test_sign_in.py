"""MSAL and azure-identity, unmodified but for their authority, over TLS that they verify."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import jwt as pyjwt
import msal
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential
from cryptography.hazmat.primitives import hashes
from joserfc import jwt
from joserfc.jwk import KeySet
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph_beta import GraphRequestAdapter, GraphServiceClient
from msgraph_beta.generated.models.feature_type import FeatureType
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_beta.generated.models.usage_auth_method import UsageAuthMethod
from msgraph_beta.generated.models.user_credential_usage_details import UserCredentialUsageDetails
from msgraph_core.tasks.page_iterator import PageIterator

from fakegraph.handle import RemoteServer
from tests.clients.conftest import serving
from tests.clients.test_javascript import node
from tests.identity.certificates import Pair

pytestmark = [
    pytest.mark.filterwarnings("ignore:The Reporting userCredentialUsageDetails API is deprecated"),
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
    pytest.mark.filterwarnings("ignore:response_mode='form_post' is recommended"),
    pytest.mark.filterwarnings("ignore:This API has been deprecated for public client flows"),
]

GRAPH = ["https://graph.microsoft.com/.default"]
READ = ["Reports.Read.All"]
SET = "reports/userCredentialUsageDetails"
URI = "http://localhost:8400/callback"
PAIR = Pair()
DIRECTORY = {
    "apps": [
        {"id": "daemon", "secrets": ["s3cret"], "certificates": [PAIR.pem], "roles": READ, "scopes": READ},
        {"id": "nobody", "secrets": ["s3cret"], "roles": []},
        {"id": "tool", "public": True, "scopes": READ, "redirectUris": ["http://localhost/callback"]},
    ],
    "users": [{"userPrincipalName": "ada@contoso.com", "displayName": "Ada", "password": "lovelace"}],
}  # fmt: skip


class Served:
    """A served fakegraph that wants its own tokens, and what a test asks it."""

    def __init__(self, url, ca):
        self.url = url
        self.control = RemoteServer(url, ca=ca).control

    @property
    def authority(self):
        return f"{self.url}/default"

    def token_requests(self):
        """How often the token endpoint was asked, and what it said."""
        found = self.control("GET", "/requests?path=/*/oauth2/v2.0/token")["value"]
        return [each["status"] for each in found]

    def count(self, token):
        """What Graph says to a token."""
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{self.url}/beta/{SET}/$count", headers=headers)

    def public(self, client="tool"):
        return msal.PublicClientApplication(
            client, authority=self.authority, instance_discovery=False
        )

    def confidential(self, credential="s3cret", client="daemon"):
        return msal.ConfidentialClientApplication(
            client, credential, authority=self.authority, instance_discovery=False
        )


def options(folder):
    (folder / "people").mkdir()
    (folder / "people" / "directory.json").write_text(json.dumps(DIRECTORY))
    return ("--tls", "--auth", "strict", "--data-dir", folder / "data",
            "--fixture", "contoso", "--fixture", folder / "people")  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signin")
    with serving(folder, *options(folder)) as url:
        yield url, folder / "data" / "tls" / "ca.pem"


@pytest.fixture
def served(server, monkeypatch):
    url, ca = server
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(ca))
    found = Served(url, ca)
    found.control("POST", "/reset")
    return found


def good(answer):
    assert "access_token" in answer, answer
    return answer["access_token"]


def connect(served, credential, scopes=GRAPH):
    host = urlsplit(served.url).hostname
    more = {"scopes": scopes} if scopes else {}
    provider = AzureIdentityAuthenticationProvider(credential, allowed_hosts=[host], **more)
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = f"{served.url}/beta"
    return GraphServiceClient(request_adapter=adapter).reports.user_credential_usage_details


def secret_credential(served, **changes):
    settings = {"tenant_id": "default", "client_id": "daemon", "client_secret": "s3cret", **changes}
    return ClientSecretCredential(**settings, authority=served.url, disable_instance_discovery=True)


def test_azure_identity_signs_the_graph_sdk_in(served):
    async def work():
        details = connect(served, secret_credential(served))
        created = await details.post(
            UserCredentialUsageDetails(
                feature=FeatureType.Reset,
                user_principal_name="python@contoso.com",
                user_display_name="Python",
                is_success=True,
                auth_method=UsageAuthMethod.Fido,
                failure_reason="",
                event_date_time=datetime(2024, 5, 1, tzinfo=UTC),
            )
        )
        assert (
            await details.by_user_credential_usage_details_id(created.id).get()
        ).id == created.id
        parameters = type(details).UserCredentialUsageDetailsRequestBuilderGetQueryParameters(
            top=37
        )
        first = await details.get(RequestConfiguration(query_parameters=parameters))
        found = []
        adapter = details.request_adapter
        await PageIterator(first, adapter).iterate(lambda event: found.append(event.id) or True)
        assert len(set(found)) == await details.count.get() == 401
        assert created.id in found

    asyncio.run(work())
    assert served.token_requests() == [200]


def test_a_scope_may_be_derived_from_the_base_url(served):
    async def work():
        return await connect(served, secret_credential(served), scopes=None).count.get()

    assert asyncio.run(work()) == 400


GUID = "c0a70500-0000-4000-8000-0000000000ff"  # of contoso's organisation


@pytest.mark.parametrize("tenant", ["default", GUID, GUID.upper(), "contoso.com"])
def test_a_tenant_is_named_in_any_way(served, tenant):
    credential = secret_credential(served, tenant_id=tenant)
    assert served.count(credential.get_token(*GRAPH).token).status_code == 200
    app = msal.PublicClientApplication(
        "tool", authority=f"{served.url}/{tenant}", instance_discovery=False
    )
    flow = begin(app)
    found = app.acquire_token_by_auth_code_flow(flow, browse(flow))
    assert served.count(good(found)).status_code == 200
    (account,) = app.get_accounts()
    assert account["home_account_id"].endswith(f".{GUID}")
    assert found["id_token_claims"]["tid"] == GUID
    assert app.acquire_token_silent(READ, account)["access_token"] == found["access_token"]


def test_azure_identity_signs_in_by_certificate(served):
    pem = (PAIR.key_pem + PAIR.pem).encode()
    for chain in (False, True):
        credential = CertificateCredential(
            "default",
            "daemon",
            certificate_data=pem,
            authority=served.url,
            disable_instance_discovery=True,
            send_certificate_chain=chain,
        )
        assert served.count(credential.get_token(*GRAPH).token).status_code == 200


def test_azure_identity_says_what_was_wrong(served):
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215: Invalid client secret"):
        secret_credential(served, client_secret="wrong").get_token(*GRAPH)

    async def work():
        await connect(served, secret_credential(served, client_id="nobody")).count.get()

    with pytest.raises(ODataError) as raised:
        asyncio.run(work())
    assert raised.value.response_status_code == 403


def test_msal_keeps_an_apps_token(served):
    app = served.confidential()
    first = app.acquire_token_for_client(GRAPH)
    assert served.count(good(first)).text == "400"
    second = app.acquire_token_for_client(GRAPH)
    assert (second["token_source"], second["access_token"]) == ("cache", first["access_token"])
    assert served.token_requests() == [200]
    wrong = served.confidential("wrong").acquire_token_for_client(GRAPH)
    assert (wrong["error"], wrong["error_codes"]) == ("invalid_client", [7000215])


@pytest.mark.parametrize(
    "credential",
    [
        {"private_key": PAIR.key_pem, "thumbprint": PAIR.thumbprint(hashes.SHA1).hex()},
        {"private_key": PAIR.key_pem, "public_certificate": PAIR.pem},
    ],
    ids=["RS256", "PS256"],
)
def test_msal_signs_in_by_certificate(served, credential):
    app = served.confidential(credential)
    assert served.count(good(app.acquire_token_for_client(GRAPH))).status_code == 200
    stranger = served.confidential({**credential, "private_key": Pair().key_pem})
    assert stranger.acquire_token_for_client(GRAPH)["error_codes"] == [700027]


def sign_in(app):
    return app.acquire_token_by_username_password("ada@contoso.com", "lovelace", READ)


@pytest.fixture
def served_443(tmp_path, monkeypatch):
    """The same at the port where MSAL asks the realm of a user, whatever the authority says."""
    try:
        socket.create_server(("127.0.0.77", 443)).close()
    except OSError:
        pytest.skip("port 443 is not free, or not ours to take")
    address = ("--host", "127.0.0.77", "--port", "443", "--tls-name", "127.0.0.77")
    with serving(tmp_path, *options(tmp_path), *address) as url:
        ca = tmp_path / "data" / "tls" / "ca.pem"
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca))
        yield Served(url, ca)


def test_msal_signs_a_user_in_by_password_and_on_again(served_443):
    served = served_443
    app = served.public()
    first = sign_in(app)
    assert served.count(good(first)).status_code == 200
    path = "/common/userrealm/ada@contoso.com"
    assert len(served.control("GET", f"/requests?path={path}")["value"]) == 1
    (account,) = app.get_accounts()
    assert account["username"] == "ada@contoso.com"
    silent = app.acquire_token_silent(READ, account)
    assert silent["access_token"] == first["access_token"]

    served.control("PUT", "/clock", {"advance": "PT2H"})
    assert served.count(silent["access_token"]).status_code == 401
    renewed = app.acquire_token_silent(READ, account, force_refresh=True)
    assert served.count(good(renewed)).status_code == 200
    assert served.token_requests() == [200, 200]

    served.control("PUT", "/clock", {"advance": "P91D"})
    lost = app.acquire_token_silent_with_error(READ, account, force_refresh=True)
    assert lost["error_codes"] == [700082]
    wrong = app.acquire_token_by_username_password("ada@contoso.com", "wrong", READ)
    assert (wrong["error"], wrong["error_codes"]) == ("invalid_grant", [50126])


def test_msal_may_ask_this_server_about_the_authority(served):
    app = msal.ConfidentialClientApplication(
        "daemon",
        "s3cret",
        authority=served.authority,
        instance_discovery=f"{served.url}/common/discovery/instance",
    )
    good(app.acquire_token_for_client(GRAPH))


def test_msal_signs_a_device_in(served):
    app = served.public()
    flow = app.initiate_device_flow(READ)
    assert flow["user_code"] in flow["message"]
    pending = app.acquire_token_by_device_flow(flow, exit_condition=lambda flow: True)
    assert pending["error"] == "authorization_pending"
    form = {"user_code": flow["user_code"], "username": "ada@contoso.com", "action": "approve"}
    page = requests.get(flow["verification_uri"])
    assert "<form method=post>" in page.text
    assert requests.post(flow["verification_uri"], data=form).status_code == 200
    found = app.acquire_token_by_device_flow(flow)
    assert served.count(good(found)).status_code == 200
    assert found["id_token_claims"]["preferred_username"] == "ada@contoso.com"


def test_msal_signs_a_device_in_that_nobody_approves(tmp_path, monkeypatch):
    with serving(tmp_path, *options(tmp_path), "--device-auto-approve") as url:
        ca = tmp_path / "data" / "tls" / "ca.pem"
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca))
        served = Served(url, ca)
        app = served.public()
        found = app.acquire_token_by_device_flow(app.initiate_device_flow(READ))
        assert served.count(good(found)).status_code == 200


def browse(flow):
    """What a browser brings back to the app, in the address or in a form."""
    answer = requests.get(flow["auth_uri"], allow_redirects=False)
    if answer.status_code == 200:
        assert f'action="{URI}"' in answer.text
        return dict(re.findall(r'name="(\w+)" value="([^"]*)"', answer.text))
    assert answer.status_code == 302, answer.text
    place, _, query = answer.headers["Location"].partition("?")
    assert place == URI
    return dict(parse_qsl(query))


def begin(app, scopes=READ, **options):
    return app.initiate_auth_code_flow(
        scopes, redirect_uri=URI, login_hint="ada@contoso.com", **options
    )


@pytest.mark.parametrize("mode", [None, "form_post"])
@pytest.mark.parametrize("kind", ["public", "confidential"])
def test_msal_redeems_a_code(served, kind, mode):
    app = getattr(served, kind)()
    flow = begin(app, response_mode=mode)
    assert "code_challenge_method=S256" in flow["auth_uri"]
    back = browse(flow)
    found = app.acquire_token_by_auth_code_flow(dict(flow), back)
    assert served.count(good(found)).status_code == 200
    (account,) = app.get_accounts()
    assert account["username"] == "ada@contoso.com"
    silent = app.acquire_token_silent(READ, account)
    assert silent["access_token"] == found["access_token"]
    assert served.token_requests() == [200]
    again = app.acquire_token_by_auth_code_flow(dict(flow), back)
    assert again["error_codes"] == [54005]
    other = {**flow, "code_verifier": "x" * 43}
    assert app.acquire_token_by_auth_code_flow(other, browse(flow))["error_codes"] == [501481]


def test_msal_renews_what_the_tenants_clock_has_ended(served):
    app = served.public()
    flow = begin(app)
    first = good(app.acquire_token_by_auth_code_flow(flow, browse(flow)))
    (account,) = app.get_accounts()
    served.control("PUT", "/clock", {"advance": "PT2H"})
    assert served.count(first).status_code == 401
    renewed = good(app.acquire_token_silent(READ, account, force_refresh=True))
    assert served.count(renewed).status_code == 200
    assert served.token_requests() == [200, 200]


def test_msal_acts_for_a_user(served):
    front = served.public()
    flow = begin(front, ["api://daemon/access_as_user"])
    token = good(front.acquire_token_by_auth_code_flow(flow, browse(flow)))
    assert served.count(token).status_code == 401
    app = served.confidential()
    found = app.acquire_token_on_behalf_of(token, READ)
    assert served.count(good(found)).status_code == 200
    claims = pyjwt.decode(found["access_token"], options={"verify_signature": False})
    assert (claims["upn"], claims["appid"]) == ("ada@contoso.com", "daemon")


def test_claims_hold_before_a_resource_server(served):
    """Checked by two libraries, with nothing but what the metadata says."""
    app = served.public()
    flow = begin(app)
    found = app.acquire_token_by_auth_code_flow(flow, browse(flow))
    for version, token, audience in (
        ("", good(found), "00000003-0000-0000-c000-000000000000"),
        ("/v2.0", found["id_token"], "tool"),
    ):
        path = f"{version}/.well-known/openid-configuration"
        metadata = requests.get(served.authority + path).json()
        keys = requests.get(metadata["jwks_uri"]).json()
        key = pyjwt.PyJWKSet.from_dict(keys)[pyjwt.get_unverified_header(token)["kid"]]
        wanted = {"audience": audience, "issuer": metadata["issuer"]}
        required = {"require": ["exp", "nbf", "iat"]}
        claims = pyjwt.decode(token, key, ["RS256"], **wanted, options=required)
        same = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"]).claims
        registry = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": metadata["issuer"]},
            aud={"essential": True, "value": audience},
            tid={"essential": True, "value": metadata["issuer"].split("/")[3]},
            exp={"essential": True},
        )
        registry.validate(same)
        assert same == claims


def test_javascript_signs_in(served, server, tmp_path):
    """``sign_in.test.mjs``: @azure/identity and @azure/msal-node."""
    url, ca = server
    pem = tmp_path / "app.pem"
    pem.write_text(PAIR.key_pem + PAIR.pem)
    arguments = ("--test", "--test-reporter=spec", "sign_in.test.mjs")
    done = node(*arguments, url=url, ca=ca, FAKEGRAPH_TEST_PEM=str(pem))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 8" in done.stdout


def test_without_the_ca_nobody_signs_in(served, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(requests.exceptions.SSLError):
        served.confidential()
