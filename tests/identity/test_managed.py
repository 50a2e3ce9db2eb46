"""Managed identities: tokens for what runs in Azure, as virtual machines and App Service give them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from fakegraph.signin import managed
from fakegraph.signin.arc import Proof
from fakegraph.signin.managed import OWN
from tests.identity.conftest import claims_of

GRAPH = "https://graph.microsoft.com"
MACHINE = {"Metadata": "true"}
SERVICE = {"X-IDENTITY-HEADER": "any"}
VAULT = (
    "/subscriptions/1/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
)
PRINCIPAL = {
    "id": "22222222-0000-4000-8000-000000000001",
    "appId": "22222222-0000-4000-8000-000000000002",
    "displayName": "Machine",
    "servicePrincipalType": "ManagedIdentity",
    "alternativeNames": ["isExplicit=True", VAULT],
}
FORMS = [
    ("/metadata/identity/oauth2/token", MACHINE, "2018-02-01"),
    ("/default/metadata/identity/oauth2/token", MACHINE, "2018-02-01"),
    ("/default/oauth2/msi", SERVICE, "2019-08-01"),
]
ARC = ("/metadata/identity/oauth2/token", MACHINE, "2020-06-01")


def asked(entra, path, head, version, **query):
    known = {"api-version": version, "resource": GRAPH, **query}
    sent = {name: value for name, value in known.items() if value is not None}
    return entra.client.get(path, headers=head, query_string=sent)


@pytest.mark.parametrize(("path", "head", "version"), FORMS)
def test_a_machine_has_an_identity_of_its_own(entra, path, head, version):
    found = asked(entra, path, head, version).json
    claims = claims_of(found["access_token"])
    assert (claims["appid"], claims["appidacr"], claims["idtyp"]) == (OWN, "2", "app")
    assert (found["client_id"], found["resource"]) == (OWN, GRAPH)
    assert found["expires_on"] == str(claims["exp"])
    assert entra.count_with(found["access_token"]).status_code == 200
    other = asked(entra, path, head, version, resource="https://vault.azure.net").json
    assert claims_of(other["access_token"])["aud"] == "https://vault.azure.net"


@pytest.mark.parametrize(("path", "head", "version"), FORMS)
def test_it_is_the_managed_identity_of_the_directory(entra, path, head, version):
    entra.control("POST", "/seed", json={"servicePrincipals": [PRINCIPAL]})
    for named in (
        {},
        {"client_id": PRINCIPAL["appId"]},
        {"object_id": PRINCIPAL["id"]},
        {"mi_res_id": VAULT.upper()},
    ):
        found = asked(entra, path, head, version, **named).json
        claims = claims_of(found["access_token"])
        assert (claims["appid"], claims["oid"]) == (PRINCIPAL["appId"], PRINCIPAL["id"])


@pytest.mark.parametrize(
    ("form", "head", "query", "status", "error"),
    [
        (0, {}, {}, 400, "invalid_request"),
        (0, {"Metadata": "false"}, {}, 400, "invalid_request"),
        (0, {**MACHINE, "X-Forwarded-For": "10.0.0.1"}, {}, 400, "invalid_request"),
        (0, MACHINE, {"api-version": "2017-01-01"}, 400, "invalid_request"),
        (0, MACHINE, {"api-version": None}, 400, "invalid_request"),
        (0, MACHINE, {"resource": None}, 400, "invalid_request"),
        (0, MACHINE, {"resource": "a b"}, 400, "invalid_resource"),
        (0, MACHINE, {"resource": "https://other.example"}, 400, "invalid_resource"),
        (0, MACHINE, {"object_id": "nobody"}, 400, "invalid_request"),
        (0, MACHINE, {"mi_res_id": "/nowhere"}, 400, "invalid_request"),
        (0, MACHINE, {"client_id": "a", "object_id": "b"}, 400, "invalid_request"),
        (2, {}, {}, 401, "unauthorized_client"),
        (2, SERVICE, {"api-version": "2018-02-01"}, 400, "invalid_request"),
    ],
)
def test_what_is_refused(entra, form, head, query, status, error):
    path, _, version = FORMS[form]
    answer = asked(entra, path, head, version, **query)
    assert (answer.status_code, answer.json["error"]) == (status, error)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Azure Arc's, as far as the server knows."""
    monkeypatch.setattr(managed, "_PROOF", Proof(tmp_path))
    return tmp_path


def test_azure_arc_wants_what_is_in_a_file(entra, folder):
    challenge = asked(entra, *ARC).headers["WWW-Authenticate"]
    [file] = folder.iterdir()
    assert challenge == f"Basic realm={file}"
    assert (file.suffix, stat.S_IMODE(file.stat().st_mode)) == (".key", 0o600)
    path, head, version = ARC
    for sent in ("Basic x", "Basic", f"Bearer {file.read_text()}", file.read_text()):
        answer = asked(entra, path, {**head, "Authorization": sent}, version)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, challenge)
    right = {**head, "Authorization": f"Basic {file.read_text()}"}
    assert claims_of(asked(entra, path, right, version).json["access_token"])["appid"] == OWN
    entra.control("POST", "/seed", json={"servicePrincipals": [PRINCIPAL]})
    found = asked(entra, path, right, version, msi_res_id=VAULT).json
    assert (found["msi_res_id"], found["client_id"]) == (VAULT, PRINCIPAL["appId"])
    assert asked(entra, path, {"Authorization": f"Basic {file.read_text()}"}, version).json["error"] == "invalid_request"  # fmt: skip


def test_where_azure_arc_has_no_folder_the_file_is_in_one_of_the_servers(entra, folder):
    folder.rmdir()
    answer = asked(entra, *ARC)
    file = Path(answer.headers["WWW-Authenticate"].removeprefix("Basic realm="))
    assert (answer.status_code, len(file.read_text()) > 20) == (401, True)


def test_each_tenant_has_its_machines(entra):
    path, head, version = FORMS[0]
    found = asked(entra, f"/fabrikam{path}", head, version).json
    mine = asked(entra, path, head, version).json
    assert len({claims_of(each["access_token"])["tid"] for each in (found, mine)}) == 2


def test_a_strict_directory_has_those_that_are_there(strict):
    path, head, version = FORMS[0]
    assert asked(strict, path, head, version).json["error"] == "unauthorized_client"
    strict.control("POST", "/seed", json={"servicePrincipals": [PRINCIPAL]})
    assert asked(strict, path, head, version).status_code == 200


def test_the_journal_keeps_no_token(entra):
    path, head, version = FORMS[0]
    token = asked(entra, path, head, version).json["access_token"]
    kept = entra.client.get("/_fakegraph/requests").text
    assert "/metadata/identity/oauth2/token" in kept
    assert token not in kept
