"""The token endpoint: each grant, good and bad."""

from __future__ import annotations

import base64
import json
import threading
import time

import jwt as pyjwt
import pytest

from fakegraph.tenants.guids import guid_of_name
from tests.identity.conftest import (
    CHALLENGE,
    DEVICE,
    GRAPH,
    ON_BEHALF,
    URI,
    VERIFIER,
    claims_of,
    number_of,
)

ID_OF_GRAPH = "00000003-0000-0000-c000-000000000000"
NEEDED = "Reports.Read.All"
ALL = ["AuditLog.Read.All", "Reports.Read.All"]


def test_an_app_nobody_listed_is_let_in(entra):
    found = entra.token("client_credentials", client_secret="x", scope=GRAPH)
    assert (found["token_type"], found["expires_in"], found["ext_expires_in"]) == (
        "Bearer",
        3600,
        3600,
    )
    assert set(found) == {"token_type", "expires_in", "ext_expires_in", "access_token"}
    assert entra.count_with(found["access_token"]).text == "0"
    claims = claims_of(found["access_token"])
    assert (claims["appid"], claims["appidacr"]) == ("anyone", "1")
    assert {*ALL, "User.Read.All", "Mail.Send", ".default"} <= {*claims["roles"]}
    assert claims["iss"] == f"https://sts.windows.net/{guid_of_name('default')}/"


@pytest.mark.parametrize(
    "scope", [GRAPH, "https://graph.microsoft.com//.default", "http://localhost/.default"]
)
def test_graph_has_many_names(entra, scope):
    found = entra.token("client_credentials", client_secret="x", scope=scope)
    assert claims_of(found["access_token"])["aud"] == "https://graph.microsoft.com"


def test_a_listed_app_has_the_roles_that_stand_there(entra):
    for client, status in (("web", 200), ("nobody", 403)):
        found = entra.token(
            "client_credentials", client_id=client, client_secret="s3cret", scope=GRAPH
        )
        assert entra.count_with(found["access_token"]).status_code == status
    assert "roles" not in claims_of(found["access_token"])


def test_an_app_whose_secret_nobody_said_takes_any(entra):
    found = entra.token("client_credentials", client_id="listed", client_secret="x", scope=GRAPH)
    assert claims_of(found["access_token"])["app_displayname"] == "Listed"


def test_a_secret_may_stand_in_the_header(entra):
    def asked(secret):
        pair = base64.b64encode(f"web:{secret}".encode()).decode()
        data = {"grant_type": "client_credentials", "scope": GRAPH}
        return entra.client.post(
            "/default/oauth2/v2.0/token", data=data, headers={"Authorization": f"Basic {pair}"}
        )

    assert asked("s3cret").status_code == 200
    assert number_of(asked("wrong").json, 7000215) == "invalid_client"
    for header in ("Basic !", "Basic eA==", "Bearer x"):
        answer = entra.client.post(
            "/default/oauth2/v2.0/token",
            data={"grant_type": "client_credentials", "scope": GRAPH},
            headers={"Authorization": header},
        )
        assert number_of(answer.json, 90023) == "invalid_request"


APP = {"client_secret": "x", "scope": GRAPH}
WEB = {"client_id": "web", "client_secret": "s3cret"}
ROPC = {"username": "ada@contoso.com", "password": "lovelace", "scope": NEEDED}
OBO = {**WEB, "assertion": "x", "requested_token_use": "on_behalf_of", "scope": NEEDED}
REFUSED = [
    # grant, what is sent, AADSTS, error, status
    ("client_credentials", {**APP, "client_id": "web"}, 7000215, "invalid_client", 401),
    ("client_credentials", {**APP, "client_id": "web", "client_secret": None}, 7000218, "invalid_client", 401),
    ("client_credentials", {"scope": GRAPH}, 7000216, "invalid_client", 401),
    ("client_credentials", {**APP, "client_id": "tool"}, 700025, "invalid_client", 401),
    ("client_credentials", {**APP, "client_id": None}, 900144, "invalid_request", 400),
    ("client_credentials", {**APP, "client_id": ""}, 900144, "invalid_request", 400),
    ("client_credentials", {**APP, "scope": None}, 900144, "invalid_request", 400),
    ("client_credentials", {**APP, "scope": NEEDED}, 1002012, "invalid_scope", 400),
    ("client_credentials", {**APP, "scope": "openid profile"}, 1002012, "invalid_scope", 400),
    ("client_credentials", {**APP, "scope": f"{GRAPH} User.Read"}, 70011, "invalid_scope", 400),
    ("client_credentials", {**APP, "scope": "https://graph.microsoft.com/"}, 1002012, "invalid_scope", 400),
    ("client_credentials", {**APP, "scope": "<script>"}, 1002012, "invalid_scope", 400),
    ("client_credentials", {**APP, "scope": "https://other.example/.default"}, 500011, "invalid_resource", 400),
    ("client_credentials", {**APP, "scope": f"{GRAPH} api://web/.default"}, 28000, "invalid_scope", 400),
    ("client_credentials", {**APP, "scope": "https://graph.microsoft.com"}, 1002012, "invalid_scope", 400),
    ("client_credentials", {**APP, "scope": "//.default"}, 70011, "invalid_scope", 400),
    ("client_credentials", {**APP, "scope": "/.default"}, 70011, "invalid_scope", 400),
    ("password", {**ROPC, "scope": "/User.Read"}, 70011, "invalid_scope", 400),
    ("client_credentials", {**APP, "scope": "x.default"}, 1002012, "invalid_scope", 400),
    ("client_credentials", {**APP, "resource": "https://graph.microsoft.com"}, 901002, "invalid_request", 400),
    ("client_credentials", {**APP, "request": "a.b.c"}, 90023, "invalid_request", 400),
    ("client_credentials", {**APP, "request_uri": "https://a/b"}, 90023, "invalid_request", 400),
    ("client_credentials", {**APP, "tenant": "common"}, 50059, "invalid_request", 400),
    ("client_credentials", {**APP, "tenant": "Organizations"}, 50059, "invalid_request", 400),
    ("client_credentials", {**APP, "tenant": "consumers"}, 50059, "invalid_request", 400),
    ("client_credentials", {**APP, "claims": "x"}, 90023, "invalid_request", 400),
    ("client_credentials", {**APP, "claims": "[]"}, 90023, "invalid_request", 400),
    ("client_credentials", {**APP, "client_assertion": "x", "client_assertion_type": "x"}, 90023, "invalid_request", 400),
    ("implicit", {}, 70003, "unsupported_grant_type", 400),
    ("<script>", {}, 70003, "unsupported_grant_type", 400),
    ("", {}, 900144, "invalid_request", 400),
    ("password", {**ROPC, "password": "wrong"}, 50126, "invalid_grant", 400),
    ("password", {**ROPC, "password": None}, 900144, "invalid_request", 400),
    ("password", {**ROPC, "tenant": "consumers"}, 9001023, "invalid_request", 400),
    ("password", {**ROPC, "username": None}, 900144, "invalid_request", 400),
    ("password", {**ROPC, "username": "no domain"}, 50034, "invalid_grant", 400),
    ("password", {**ROPC, "tenant": "common"}, 9001023, "invalid_request", 400),
    ("password", {**ROPC, **WEB, "scope": "Mail.Read"}, 65001, "invalid_grant", 400),
    ("authorization_code", {"redirect_uri": URI, "code": "x"}, 70000, "invalid_grant", 400),
    ("authorization_code", {"redirect_uri": URI}, 900144, "invalid_request", 400),
    ("authorization_code", {"code": "x"}, 900144, "invalid_request", 400),
    ("refresh_token", {"refresh_token": "x", "scope": NEEDED}, 70000, "invalid_grant", 400),
    ("refresh_token", {"scope": NEEDED}, 900144, "invalid_request", 400),
    (DEVICE, {"device_code": "x"}, 70018, "bad_verification_code", 400),
    (DEVICE, {"code": "x"}, 70018, "bad_verification_code", 400),
    (DEVICE, {}, 900144, "invalid_request", 400),
    (DEVICE, {"device_code": "x", "code": "y"}, 90023, "invalid_request", 400),
    (ON_BEHALF, OBO, 50013, "invalid_grant", 400),
    (ON_BEHALF, {**OBO, "requested_token_use": "x"}, 90023, "invalid_request", 400),
    (ON_BEHALF, {**OBO, "requested_token_use": None}, 900144, "invalid_request", 400),
    (ON_BEHALF, {**OBO, "client_id": "tool", "client_secret": None}, 7000216, "invalid_client", 401),
]  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "audience"),
    [
        ("User.Read", ID_OF_GRAPH),
        ("openid profile", ID_OF_GRAPH),
        (f"openid {ID_OF_GRAPH}/User.Read", ID_OF_GRAPH),
        ("openid https://graph.microsoft.com/User.Read", "https://graph.microsoft.com"),
    ],
)
def test_tokens_are_for_graph_by_its_id_where_no_url_names_it(entra, scope, audience):
    found = entra.token("password", **{**ROPC, "scope": f"{scope} offline_access"})
    assert claims_of(found["access_token"])["aud"] == audience
    again = entra.token(
        "refresh_token",
        refresh_token=found["refresh_token"],
        scope="https://graph.microsoft.com/.default",
    )
    assert claims_of(again["access_token"])["aud"] == "https://graph.microsoft.com"
    assert entra.count_with(found["access_token"]).status_code != 401


@pytest.mark.parametrize(("grant", "sent", "number", "error", "status"), REFUSED)
def test_what_is_wrong_is_refused(entra, grant, sent, number, error, status):
    assert entra.refused(number, grant, status, **sent) == error


STRICT = [
    ("client_credentials", APP, 700016, "unauthorized_client", 400),
    ("password", {**ROPC, **WEB, "username": "eve@contoso.com"}, 50034, "invalid_grant", 400),
    ("client_credentials", {**WEB, "scope": "api://anyone/.default"}, 500011, "invalid_resource", 400),
    ("client_credentials", {**APP, **WEB, "tenant": "elsewhere"}, 90002, "invalid_request", 400),
    ("client_credentials", {**APP, **WEB, "tenant": "unknown.com"}, 90002, "invalid_request", 400),
]  # fmt: skip


@pytest.mark.parametrize(("grant", "sent", "number", "error", "status"), STRICT)
def test_a_strict_directory_knows_only_its_own(strict, grant, sent, number, error, status):
    assert strict.refused(number, grant, status, **sent) == error


def test_those_of_a_strict_directory_are_let_in(strict):
    found = strict.token("client_credentials", **WEB, scope=GRAPH)
    assert strict.count_with(found["access_token"]).status_code == 200
    assert strict.token("password", **ROPC, **WEB)["scope"] == NEEDED
    one = strict.tenant(strictDirectory=False)
    assert strict.token("client_credentials", one, client_secret="x", scope=GRAPH)


def test_a_tenant_may_be_strict_alone(entra):
    name = entra.tenant(strictDirectory=True)
    entra.refused(700016, "client_credentials", tenant=name, **APP)
    entra.token("client_credentials", **APP)


def test_a_password_signs_a_user_in(entra):
    found = entra.token(
        "password",
        **{**ROPC, "scope": f"openid profile email offline_access {NEEDED}", "client_info": "1"},
    )
    claims = claims_of(found["access_token"])
    assert (claims["upn"], claims["oid"], claims["name"]) == (
        "Ada@contoso.com",
        "ada-id",
        "Ada <b>",
    )
    assert (claims["scp"], claims["wids"]) == (f"{NEEDED} openid profile email", ["w1"])
    assert (claims["idtyp"], claims["appidacr"]) == ("user", "0")
    assert entra.count_with(found["access_token"]).status_code == 200
    assert found["scope"] == f"{NEEDED} openid profile email"
    info = json.loads(base64.urlsafe_b64decode(found["client_info"] + "=="))
    assert info == {"uid": "ada-id", "utid": guid_of_name("default")}
    identity = claims_of(found["id_token"])
    issuer = f"http://localhost/{guid_of_name('default')}/v2.0"
    assert (identity["aud"], identity["iss"]) == ("anyone", issuer)
    assert (identity["preferred_username"], identity["email"]) == ("Ada@contoso.com",) * 2
    assert (identity["ver"], identity["tid"], identity["oid"]) == (
        "2.0",
        guid_of_name("default"),
        "ada-id",
    )
    assert identity["sub"] != "ada-id"


def test_a_user_without_a_password_takes_any(entra):
    for name in ("bob@contoso.com", "eve@fabrikam.com"):
        found = entra.token("password", username=name, password="x", scope=NEEDED)
        assert claims_of(found["access_token"])["upn"] == name
        assert "refresh_token" not in found
        assert "id_token" not in found


def test_what_is_granted_by_default(entra):
    found = entra.token("password", **{**ROPC, **WEB, "scope": GRAPH})
    assert claims_of(found["access_token"])["scp"] == f"{NEEDED} User.Read"
    prefix = "https://graph.microsoft.com/"
    assert found["scope"] == f"{GRAPH} {prefix}{NEEDED} {prefix}User.Read"
    unlisted = entra.token("password", **{**ROPC, "scope": ".default"})
    granted = claims_of(unlisted["access_token"])["scp"].split()
    assert {*ALL, "User.Read", "Mail.Read", ".default"} <= {*granted}
    assert {*unlisted["scope"].split()} == {*granted}
    only = entra.token("password", **{**ROPC, "scope": "openid"})
    assert claims_of(only["access_token"])["scp"] == "openid"
    assert entra.count_with(only["access_token"]).status_code == 403


def test_a_code_signs_a_user_in_once(entra):
    code = entra.code(nonce="n1")
    found = entra.redeem(code)
    assert claims_of(found["id_token"])["nonce"] == "n1"
    assert claims_of(found["access_token"])["upn"] == "eve@contoso.com"
    assert entra.count_with(found["access_token"]).status_code == 200
    number_of(entra.redeem(code, status=400), 54005)


@pytest.mark.parametrize(
    ("asked", "sent", "number"),
    [
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, {"code_verifier": VERIFIER}, None),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, {"code_verifier": CHALLENGE}, 501481),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, {"code_verifier": "é"}, 501481),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, {}, 501481),
        ({"code_challenge": CHALLENGE}, {"code_verifier": VERIFIER}, 501481),
        ({"code_challenge": VERIFIER}, {"code_verifier": VERIFIER}, None),
        ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, {"code_verifier": VERIFIER}, None),
        ({}, {"code_verifier": VERIFIER}, 501481),
        ({}, {"redirect_uri": URI + "/other"}, 500112),
        ({}, {"client_id": "listed"}, 70000),
        ({}, {"tenant": "elsewhere"}, 700005),
        ({}, {"scope": "User.Read"}, 70000),
        ({}, {"scope": "openid"}, None),
        ({}, {"scope": "Reports.Read.All openid"}, None),
        ({"scope": f"{GRAPH} openid"}, {"scope": "Reports.Read.All"}, None),
    ],
)  # fmt: skip
def test_what_a_redemption_must_show(entra, asked, sent, number):
    found = entra.redeem(entra.code(**asked), status=400 if number else 200, **sent)
    if number:
        assert number_of(found, number) == "invalid_grant"
    else:
        assert NEEDED in claims_of(found["access_token"])["scp"]


def test_a_failed_redemption_leaves_the_code_good(entra):
    code = entra.code(code_challenge=VERIFIER)
    number_of(entra.redeem(code, status=400), 501481)
    entra.redeem(code, code_verifier=VERIFIER)


def test_a_code_expires_by_the_tenants_clock(entra):
    one, two = entra.code(), entra.code()
    entra.advance("PT9M59S")
    entra.redeem(one)
    entra.advance("PT2S")
    assert number_of(entra.redeem(two, status=400), 70008) == "invalid_grant"


def test_of_many_who_redeem_a_code_one_wins(open_app, entra, monkeypatch):
    monkeypatch.setattr(
        "fakegraph.signin.grants._check_verifier", lambda *_: time.sleep(0.01)
    )  # so that they would overtake each other if they could
    code, gate, found = entra.code(), threading.Barrier(8), []

    def redeem():
        client = open_app.test_client()
        gate.wait()
        data = {
            "grant_type": "authorization_code",
            "client_id": "anyone",
            "code": code,
            "redirect_uri": URI,
        }
        found.append(client.post("/default/oauth2/v2.0/token", data=data))

    threads = [threading.Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    losers = [answer for answer in found if answer.status_code != 200]
    assert len(found) - len(losers) == 1
    for loser in losers:
        number_of(loser.json, 54005)


def test_tenants_do_not_share_sign_ins(entra):
    one, two = entra.tenant(), entra.tenant()
    code, flow = entra.code(one), entra.device(one)
    found = entra.redeem(code, one)
    assert claims_of(found["access_token"])["tid"] == guid_of_name(one)
    assert claims_of(found["id_token"])["iss"] == f"http://localhost/{one}/v2.0"
    number_of(entra.redeem(entra.code(one), two, status=400), 700005)
    refresh = {"refresh_token": found["refresh_token"]}
    entra.refused(70000, "refresh_token", tenant=two, **refresh)
    entra.refused(70018, DEVICE, tenant=two, device_code=flow["device_code"])
    assert entra.count_with(found["access_token"], two).status_code == 401
    assert entra.token("refresh_token", one, **refresh)["refresh_token"]


def test_a_refresh_token_renews_and_stays_good(entra):
    first = entra.redeem(entra.code())
    entra.advance("PT2H")
    assert entra.count_with(first["access_token"]).status_code == 401
    for scope in (None, "openid", "openid Reports.Read.All", GRAPH):
        found = entra.token("refresh_token", refresh_token=first["refresh_token"], scope=scope)
        assert entra.count_with(found["access_token"]).status_code == 200, scope
        assert found["refresh_token"] != first["refresh_token"]
    again = entra.token("refresh_token", refresh_token=found["refresh_token"], scope="User.Read")
    assert claims_of(again["access_token"])["scp"] == "User.Read"
    entra.refused(70000, "refresh_token", client_id="listed", refresh_token=first["refresh_token"])


def test_a_refresh_token_ends_with_time_and_with_a_reset(entra):
    refresh = {"refresh_token": entra.redeem(entra.code())["refresh_token"]}
    entra.advance("P90D")
    entra.refused(700082, "refresh_token", **refresh)
    entra.control("DELETE", "/clock")
    entra.token("refresh_token", **refresh)
    entra.control("POST", "/reset")
    entra.refused(70000, "refresh_token", **refresh)


def test_a_device_waits_for_its_user(entra):
    flow = entra.device()
    assert (flow["expires_in"], flow["interval"]) == (900, 1)
    assert flow["user_code"] in flow["message"]
    assert flow["verification_uri"] == "http://localhost/default/oauth2/deviceauth"
    poll = {"device_code": flow["device_code"]}
    assert entra.refused(70016, DEVICE, **poll) == "authorization_pending"
    assert entra.approve(flow).status_code == 200
    assert entra.approve(flow).status_code == 400
    entra.refused(70018, DEVICE, client_id="listed", **poll)
    found = entra.token(DEVICE, **poll)
    assert claims_of(found["access_token"])["upn"] == "eve@contoso.com"
    entra.refused(54005, DEVICE, **poll)


def test_a_device_may_be_declined_or_come_too_late(entra):
    one, two, three = entra.device(), entra.device(), entra.device()
    assert entra.approve(one, "decline").status_code == 200
    assert entra.refused(65004, DEVICE, device_code=one["device_code"]) == "authorization_declined"
    entra.approve(three)
    entra.advance("PT15M")
    assert entra.approve(two).status_code == 400
    for flow in (two, three):
        assert entra.refused(70020, DEVICE, device_code=flow["device_code"]) == "expired_token"


def test_default_alone_is_of_graph(entra):
    found = entra.token("client_credentials", **{**APP, "scope": ".default"})
    assert claims_of(found["access_token"])["aud"] == "00000003-0000-0000-c000-000000000000"
    assert entra.count_with(found["access_token"]).status_code == 200


def test_scopes_of_openid_connect_mean_nothing_to_an_app_by_itself(entra):
    """MSAL for Go adds them always, and so does what builds on it."""
    scope = f"{GRAPH} openid offline_access profile"
    found = entra.token("client_credentials", **{**APP, "scope": scope})
    assert found.keys() == entra.token("client_credentials", **APP).keys()
    assert "scp" not in claims_of(found["access_token"])


def test_a_device_may_say_code_as_at_v1(entra):
    flow = entra.device()
    entra.approve(flow)
    assert entra.token(DEVICE, code=flow["device_code"])["token_type"] == "Bearer"


def test_devices_may_be_approved_by_themselves(entra):
    name = entra.tenant(deviceAutoApprove=True)
    flow = entra.device(name)
    found = entra.token("device_code", name, device_code=flow["device_code"])
    assert claims_of(found["access_token"])["upn"] == "Ada@contoso.com"


def test_an_app_acts_for_its_user(entra):
    scope = "api://web/access_as_user"
    front = entra.token("password", **{**ROPC, "scope": f"openid {scope}"})
    assert claims_of(front["access_token"])["aud"] == "api://web"
    assert front["scope"] == f"{scope} openid"
    assert entra.count_with(front["access_token"]).status_code == 401
    asked = {**OBO, "assertion": front["access_token"]}
    found = entra.token(ON_BEHALF, **asked)
    claims = claims_of(found["access_token"])
    assert (claims["upn"], claims["appid"], claims["scp"]) == ("Ada@contoso.com", "web", NEEDED)
    assert entra.count_with(found["access_token"]).status_code == 200
    entra.refused(500131, ON_BEHALF, **{**asked, "client_id": "listed"})
    entra.refused(500131, ON_BEHALF, **{**asked, "assertion": found["access_token"]})
    entra.advance("PT1H")
    entra.refused(500133, ON_BEHALF, **asked)


@pytest.mark.parametrize("wanted", [{"signature": "none"}, {"signature": "foreign"}, {"signature": "wrong"}, {"tenant": "other"}])  # fmt: skip
def test_an_assertion_that_is_not_ours_is_refused(entra, wanted):
    body = {"audience": "web", "user": "ada@contoso.com", **wanted}
    forged = entra.control("POST", "/tokens", body)["access_token"]
    entra.refused(50013, ON_BEHALF, **{**OBO, "assertion": forged})


def test_an_apps_own_token_is_nobody_to_act_for(entra):
    token = entra.control("POST", "/tokens", {"audience": "web", "roles": []})["access_token"]
    entra.refused(7000114, ON_BEHALF, **{**OBO, "assertion": token})


def test_tokens_are_checked_as_a_resource_server_would(entra):
    found = entra.token("password", **{**ROPC, "scope": f"openid {NEEDED}"})
    for path, token, audience in (
        ("/default/v2.0/.well-known/openid-configuration", found["id_token"], "anyone"),
        (
            "/default/.well-known/openid-configuration",
            found["access_token"],
            ID_OF_GRAPH,
        ),
    ):
        metadata = entra.client.get(path).json
        keys = entra.client.get(metadata["jwks_uri"].removeprefix("http://localhost")).json
        key = pyjwt.PyJWKSet.from_dict(keys)[pyjwt.get_unverified_header(token)["kid"]]
        pyjwt.decode(token, key, ["RS256"], audience=audience, issuer=metadata["issuer"])
