"""``--auth strict``: every bad token is refused as the service refuses it, and no good one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time

import jwt as pyjwt
import pytest

from fakegraph import FakeGraph
from fakegraph.tenants.guids import guid_of_name
from fakegraph.tokens.claims import PERSONAL_TENANT
from fakegraph.tokens.keys import SigningKey
from tests.conftest import assert_error, event
from tests.control.conftest import Asked
from tests.identity.conftest import GRAPH

NEEDED = "Reports.Read.All"


@pytest.fixture(scope="module")
def app_():
    from fakegraph.app import close_app, create_app
    from fakegraph.settings import Settings

    app = create_app(Settings(fixture=(), auth="strict"))
    yield app
    close_app(app)


@pytest.fixture
def asked(app_):
    asked = Asked(app_.test_client())
    asked.control("POST", "/reset")
    return asked


def make(asked, tenant=None, **wanted):
    prefix = "" if tenant is None else f"/tenants/{tenant}"
    return asked.control("POST", f"{prefix}/tokens", wanted)["access_token"]


def ask(asked, token, tenant=None, **options):
    headers = {"Authorization": f"Bearer {token}"}
    return asked.graph(tenant=tenant, headers=headers, **options)


def parts(token):
    return [json.loads(base64.urlsafe_b64decode(p + "==")) for p in token.split(".")[:2]]


def encoded(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_a_good_token_is_let_in(asked):
    for wanted in (
        {},
        {"roles": [NEEDED]},
        {"roles": ["Other", NEEDED]},
        {"scp": f"User.Read {NEEDED}", "user": "ada@contoso.com"},
        {"roles": [NEEDED], "audience": "00000003-0000-0000-c000-000000000000"},
        {"roles": [NEEDED], "audience": "https://graph.microsoft.com/"},
        {"roles": [NEEDED], "audience": "https://graph.microsoft.us"},
        {"roles": [NEEDED], "audience": "https://dod-graph.microsoft.us/"},
        {"roles": [NEEDED], "audience": "https://microsoftgraph.chinacloudapi.cn"},
    ):
        assert ask(asked, make(asked, **wanted)).status_code == 200, wanted


def test_claims_are_the_real_ones(asked):
    _, app = parts(make(asked, roles=[NEEDED], app="a-1"))
    assert app["iss"] == f"https://sts.windows.net/{guid_of_name('default')}/"
    assert (app["aud"], app["appid"], app["idtyp"]) == ("https://graph.microsoft.com", "a-1", "app")
    assert (app["ver"], app["roles"], app["tid"]) == ("1.0", [NEEDED], guid_of_name("default"))
    assert app["exp"] - app["iat"] == 3600
    _, user = parts(make(asked, scp=NEEDED, user="ada@contoso.com", version="2.0"))
    assert user["iss"] == f"https://login.microsoftonline.com/{guid_of_name('default')}/v2.0"
    assert (user["scp"], user["preferred_username"]) == (NEEDED, "ada@contoso.com")
    assert "azp" in user
    assert "roles" not in user
    assert {"oid", "sub", "uti", "nbf"} <= user.keys()


def test_graph_takes_no_token_of_the_form_of_v2(asked):
    answer = ask(asked, make(asked, roles=[NEEDED], version="2.0"))
    assert_error(answer, 401, "InvalidAuthenticationToken", "Invalid issuer.")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_others_can_check_the_signature(app_, asked):
    from fakegraph.app import control_of

    token = make(asked)
    (key,) = control_of(app_).key.jwks()["keys"]
    assert key["kid"] == pyjwt.get_unverified_header(token)["kid"]
    assert "d" not in key
    claims = pyjwt.decode(
        token, pyjwt.PyJWK(key).key, ["RS256"], audience="https://graph.microsoft.com"
    )
    assert claims["tid"] == guid_of_name("default")


SIGNATURE, AUDIENCE = "Invalid signature.", "Invalid audience."
PARSING, LIFETIME = "error code: 80049217", "the token is expired."
NOT_YET, ISSUER = "expired or is not yet valid.", "Invalid issuer."
CLAIMS = [
    ({"aud": None}, AUDIENCE),
    ({"aud": "https://graph.windows.net"}, AUDIENCE),
    ({"aud": ["https://graph.microsoft.com"]}, AUDIENCE),
    ({"aud": 7}, AUDIENCE),
    ({"aud": {}}, AUDIENCE),
    ({"iss": None}, ISSUER),
    ({"iss": "https://sts.windows.net/other/"}, ISSUER),
    ({"iss": "https://evil.example/default/"}, ISSUER),
    ({"iss": ["https://sts.windows.net/default/"]}, ISSUER),
    ({"tid": None}, "Invalid tenant."),
    ({"tid": ""}, "Invalid tenant."),
    ({"tid": 5}, "Invalid tenant."),
    ({"tid": "../up"}, "Invalid tenant."),
    ({"tid": ["default"]}, "Invalid tenant."),
    ({"exp": None}, NOT_YET),
    ({"exp": "soon"}, NOT_YET),
    ({"exp": True}, NOT_YET),
    ({"exp": 1}, LIFETIME),
    ({"exp": -1e300}, NOT_YET),
    ({"exp": 1e300}, NOT_YET),
    ({"nbf": None}, NOT_YET),
    ({"nbf": 99_999_999_999}, NOT_YET),
    ({"nbf": "0"}, NOT_YET),
    ({"appid": None}, "no app"),
    ({"appid": 5}, "no app"),
    ({"roles": NEEDED}, "Invalid roles."),
    ({"roles": [1]}, "Invalid roles."),
    ({"roles": {NEEDED: True}}, "Invalid roles."),
    ({"scp": [NEEDED]}, "Invalid scp."),
    ({"scp": 1}, "Invalid scp."),
]


@pytest.mark.parametrize(("claims", "words"), CLAIMS)
def test_a_token_with_a_bad_claim_is_refused(asked, claims, words):
    answer = ask(asked, make(asked, claims=claims))
    assert_error(answer, 401, "InvalidAuthenticationToken", words)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def _forged(asked, key):
    """Tokens that this server did not sign as they are."""
    good = make(asked)
    head, payload, signature = good.split(".")
    header, claims = parts(good)
    public = key.key.as_pem(private=False)
    hmac_head = encoded({**header, "alg": "HS256"})
    hs256 = hmac.new(public, f"{hmac_head}.{payload}".encode(), hashlib.sha256).digest()
    more = encoded({**claims, "roles": ["Directory.ReadWrite.All"]})
    return {
        "nothing": ("x", PARSING),
        "two parts": (f"{head}.{payload}", PARSING),
        "five parts": (f"{head}.{payload}.{signature}.a.b", PARSING),
        "not base64": ("é.é.é", PARSING),
        "spaces inside": (f"{head} .{payload}.{signature}", PARSING),
        "not JSON": (f"{encoded(b'x')}.{payload}.{signature}", PARSING),
        "a list for a header": (f"{encoded([])}.{payload}.{signature}", PARSING),
        "a number for claims": (f"{head}.{encoded(5)}.{signature}", PARSING),
        "deep nesting": (f"{encoded(b'[' * 3000)}.{payload}.{signature}", PARSING),
        "not UTF-8": (f"{encoded(bytes([255, 254]))}.{payload}.{signature}", PARSING),
        "huge": (f"{head}.{encoded({'x': 'y' * 20_000})}.{signature}", PARSING),
        "other claims": (f"{head}.{more}.{signature}", SIGNATURE),
        "no signature": (f"{head}.{payload}.", SIGNATURE),
        "half a signature": (f"{head}.{payload}.{signature[: len(signature) // 2]}", SIGNATURE),
        "another's signature": (make(asked, signature="wrong"), SIGNATURE),
        "another key": (make(asked, signature="foreign"), SIGNATURE),
        "alg none": (make(asked, signature="none"), SIGNATURE),
        "alg None": (f"{encoded({**header, 'alg': 'None'})}.{payload}.", SIGNATURE),
        "HMAC with the public key": (f"{hmac_head}.{payload}.{encoded(hs256)}", SIGNATURE),
        "alg missing": (f"{encoded({'kid': header['kid']})}.{payload}.{signature}", SIGNATURE),
        "alg RS512": (f"{encoded({**header, 'alg': 'RS512'})}.{payload}.{signature}", SIGNATURE),
        "no kid": (f"{encoded({'alg': 'RS256'})}.{payload}.{signature}", SIGNATURE),
        "another kid": (f"{encoded({**header, 'kid': 'x'})}.{payload}.{signature}", SIGNATURE),
        "a key of its own": (
            f"{encoded({**header, 'jwk': key.jwks()['keys'][0]})}.{payload}.{signature}",
            SIGNATURE,
        ),
    }


def test_a_token_that_was_not_signed_here_is_refused(app_, asked):
    from fakegraph.app import control_of

    forged = _forged(asked, control_of(app_).key)
    assert len(forged) + len(CLAIMS) >= 40
    for name, (token, words) in forged.items():
        answer = ask(asked, token)
        error = assert_error(answer, 401, "InvalidAuthenticationToken")
        assert words in error["message"], name
        assert set(error) == {"code", "message", "innerError"}, name


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eDp5", "bearer"])
def test_a_missing_token_is_said(asked, header):
    answer = asked.graph(headers={"Authorization": header})
    assert_error(answer, 401, "InvalidAuthenticationToken", "Access token is empty.")


@pytest.mark.parametrize(
    "wanted", [{"roles": []}, {"roles": ["User.Read.All"]}, {"scp": "", "user": "a@b.c"}]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_missing_permission_is_said(asked, wanted, method):
    answer = ask(asked, make(asked, **wanted), method=method, json=event())
    assert_error(
        answer,
        403,
        "Authentication_MSGraphPermissionMissing",
        f"Calling principal does not have required MSGraph permissions {NEEDED}",
    )


def test_personal_accounts_are_refused(asked):
    asked.tenant(id=PERSONAL_TENANT)
    try:
        token = make(asked, PERSONAL_TENANT, scp=NEEDED, user="ada@outlook.com")
        assert_error(ask(asked, token), 403, "Forbidden", "Personal Microsoft accounts")
    finally:
        asked.control("DELETE", f"/tenants/{PERSONAL_TENANT}")


def test_a_token_never_reads_another_tenant(asked):
    one, two = asked.tenant(), asked.tenant()
    asked.control("POST", f"/tenants/{two}/seed", {"userCredentialUsageDetails": [event(id="a")]})
    token = make(asked, one)
    assert_error(ask(asked, token, two), 401, "InvalidAuthenticationToken", "another tenant")
    assert ask(asked, token, one).json["value"] == []
    assert ask(asked, token).json["value"] == []
    assert len(ask(asked, make(asked, two)).json["value"]) == 1


def test_a_token_expires_by_the_tenants_clock(asked):
    token = make(asked, expiresIn=60)
    assert ask(asked, token).status_code == 200
    asked.control("PUT", "/clock", {"advance": "PT59S"})
    assert ask(asked, token).status_code == 200
    asked.control("PUT", "/clock", {"advance": "PT2S"})
    assert_error(ask(asked, token), 401, "InvalidAuthenticationToken", LIFETIME)
    asked.control("PUT", "/clock", {"advance": "-P1D"})
    assert_error(ask(asked, token), 401, "InvalidAuthenticationToken", NOT_YET)


def test_a_bad_wish_for_a_token_is_refused(asked):
    for body in ({"roles": "x"}, {"expiresIn": "1h"}, {"signature": "x"}, {"colour": 1}, []):
        assert_error(asked.client.post("/_fakegraph/tokens", json=body), 400, "BadRequest")


def test_one_tenant_may_be_strict_where_others_are_not(make_client):
    asked = Asked(make_client())
    name = asked.tenant(auth="strict")
    assert asked.graph().status_code == 200
    assert asked.graph(tenant=name).status_code == 401
    assert ask(asked, make(asked, name), name).status_code == 200


def test_the_handle_is_let_in():
    with FakeGraph(fixture=(), auth="strict") as graph, graph.httpx() as client:
        path = "/reports/userCredentialUsageDetails"
        assert client.get(path).status_code == 200
        refused = client.get(path, headers={"Authorization": f"Bearer {graph.token(roles=[])}"})
        assert refused.status_code == 403
        old = client.get(path, headers={"Authorization": f"Bearer {graph.token(expires_in=-1)}"})
        assert old.status_code == 401


def test_the_key_is_made_when_needed_and_kept(tmp_path):
    key = SigningKey(tmp_path)
    assert not (tmp_path / "identity").exists()
    kid = key.kid
    (file,) = (tmp_path / "identity").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert SigningKey(tmp_path).kid == kid
    assert SigningKey(None).kid != kid


def test_a_printed_token_is_let_in_after_a_restart_too(tmp_path, make_client):
    data = tmp_path / "data"
    command = [sys.executable, "-m", "fakegraph", "token", "--data-dir", data]
    printed = []
    for arguments in (["--role", NEEDED], ["--scope", NEEDED], ["--role", "X"], []):
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True)
        printed.append(done.stdout.strip())
    from fakegraph.app import close_app

    for _ in range(2):
        asked = Asked(make_client(auth="strict", data_dir=data))
        statuses = [ask(asked, token).status_code for token in printed]
        assert statuses == [200, 200, 403, 200]
        close_app(asked.client.application)
    done = subprocess.run(
        [*command, "--expires-in", "-5"], capture_output=True, text=True, check=True
    )
    assert (
        pyjwt.decode(done.stdout.strip(), options={"verify_signature": False})["exp"] < time.time()
    )


def test_nothing_heavy_is_made_for_those_who_do_not_ask():
    code = (
        "import sys, fakegraph.app as a; from fakegraph.settings import Settings; "
        "a.create_app(Settings(fixture=())); "
        "print(sorted({'cryptography', 'joserfc', 'trustme'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


EVERYTHING = [
    ("client_credentials", {"client_secret": "x", "scope": GRAPH}),
    ("password", {"username": "ada@contoso.com", "password": "lovelace", "scope": GRAPH}),
]


@pytest.mark.parametrize(("grant", "fields"), EVERYTHING)
def test_who_is_not_limited_has_every_permission(entra, grant, fields):
    token = entra.token(grant, **fields)["access_token"]
    assert len(token) < 2_500  # it lists what is usual, and says that it has the others
    for path in ("users", "groups", "applications", "identity/conditionalAccess/policies"):
        answer = entra.client.get(f"/v1.0/{path}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text


def test_what_run_sets_can_do_everything(entra):
    from fakegraph.environment import sign_in

    said = sign_in("http://localhost", {}, guid_of_name("default"))
    token = entra.token(
        "client_credentials",
        said["AZURE_TENANT_ID"],
        client_id=said["AZURE_CLIENT_ID"],
        client_secret=said["AZURE_CLIENT_SECRET"],
        scope=GRAPH,
    )["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert entra.client.get("/v1.0/users", headers=headers).status_code == 200


@pytest.mark.parametrize("wanted", [{}, {"user": "ada@contoso.com"}])
def test_a_token_that_asks_for_nothing_has_everything(entra, wanted):
    token = entra.control("POST", "/tokens", wanted)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    for path in ("users", "auditLogs/directoryAudits"):
        answer = entra.client.get(f"/v1.0/{path}", headers=headers)
        wanted_status = 403 if "user" in wanted and path != "users" else 200  # which takes a role
        assert answer.status_code == wanted_status, answer.text
    (entry, *_) = entra.control("GET", "/requests?path=/v1.0/users")["value"]
    why = entra.control("GET", f"/requests/{entry['number']}/why")
    assert why["permissions"]["enough"] is True


def test_everything_is_of_ones_own_kind_and_mailbox(entra):
    entra.control("POST", "/seed", {"users": [{"userPrincipalName": "Ada@contoso.com"}, {"userPrincipalName": "bob@contoso.com"}]})  # fmt: skip
    token = entra.token("password", username="bob@contoso.com", password="x", scope=GRAPH)
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert entra.client.get("/v1.0/me/messages", headers=headers).status_code == 200
    answer = entra.client.get("/v1.0/users/Ada@contoso.com/messages", headers=headers)
    assert answer.status_code == 403
    app = entra.control("POST", "/tokens")["access_token"]
    answer = entra.client.get(
        "/v1.0/users/Ada@contoso.com/messages", headers={"Authorization": f"Bearer {app}"}
    )
    assert answer.status_code == 200
