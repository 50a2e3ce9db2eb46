"""Single sign-on: a browser that has signed in is known again, by its cookie, until it leaves."""

from __future__ import annotations

import base64
import json

import pytest

from tests.identity.conftest import URI, claims_of, sent_back

EVE, ADA = "eve@contoso.com", "Ada@contoso.com"
LOGIN_HINT = '{"id_token":{"login_hint":null}}'


def sign_in(entra, user=EVE, **fields):
    """Sign in on the page; the claims of the ID token."""
    found = entra.redeem(entra.code(login_hint=user, **fields), claims=fields.get("claims"))
    return claims_of(found["id_token"])


def silently(entra, tenant="default", **fields):
    """The error of a silent sign-in, None where there is a code."""
    answer = entra.authorize(tenant, **{"login_hint": None, "prompt": "none", **fields})
    return sent_back(answer).get("error_description", "").partition(":")[0] or None


def test_who_has_signed_in_is_known_again(entra):
    assert silently(entra) == silently(entra, login_hint=EVE) == "AADSTS50058"
    sid = sign_in(entra)["sid"]
    assert silently(entra) is silently(entra, login_hint=EVE) is silently(entra, sid=sid) is None
    assert silently(entra, "common") is silently(entra, "organizations") is None
    assert silently(entra, login_hint=ADA) == "AADSTS50058"
    assert silently(entra, sid="another") == "AADSTS160021"
    code = sent_back(entra.authorize(login_hint=None))["code"]
    assert claims_of(entra.redeem(code)["id_token"])["preferred_username"] == EVE
    for prompt in ("login", "select_account"):
        assert entra.authorize(login_hint=None, prompt=prompt).status_code == 200
    entra.client.delete_cookie("ESTSAUTH")
    assert silently(entra) == "AADSTS50058"


def test_of_several_a_page_asks_which(entra):
    sids = {user: sign_in(entra, user)["sid"] for user in (EVE, ADA)}
    assert silently(entra) == "AADSTS16000"
    assert entra.authorize(login_hint=None).status_code == 200
    code = sent_back(entra.authorize(login_hint=None, prompt="none", sid=sids[ADA]))["code"]
    assert claims_of(entra.redeem(code)["id_token"])["preferred_username"] == ADA
    entra.client.get("/default/oauth2/v2.0/logout", query_string={"logout_hint": ADA})
    assert silently(entra) is None


@pytest.mark.parametrize("hinted", [True, False])
def test_who_leaves_is_forgotten(entra, hinted):
    hint = sign_in(entra, claims=LOGIN_HINT)["login_hint"]
    query = {"logout_hint": hint} if hinted else {}
    answer = entra.client.get("/common/oauth2/v2.0/logout", query_string=query)
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert silently(entra) == "AADSTS50058"


def test_a_browser_that_leaves_takes_nobody_along(entra):
    sign_in(entra, ADA)
    entra.client.delete_cookie("ESTSAUTH")
    sid = sign_in(entra)["sid"]
    entra.client.get("/default/oauth2/v2.0/logout")
    assert sign_in(entra)["sid"] != sid
    entra.client.get("/default/oauth2/v2.0/logout")
    kept = sign_in(entra, ADA)["sid"]
    assert sign_in(entra, ADA)["sid"] == kept


def test_a_session_ends_with_what_is_revoked(entra):
    user = {"userPrincipalName": "grace@contoso.com", "displayName": "Grace"}
    entra.control("POST", "/seed", {"users": [user]})
    before = sign_in(entra, "grace@contoso.com")["sid"]
    token = entra.control("POST", "/tokens", {})["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    path = "/v1.0/users/grace@contoso.com/revokeSignInSessions"
    assert entra.client.post(path, headers=headers).status_code == 200
    assert silently(entra) == "AADSTS50058"
    assert sign_in(entra, "grace@contoso.com")["sid"] != before
    entra.client.patch(path[:-21], json={"accountEnabled": False}, headers=headers)
    assert silently(entra) == "AADSTS50058"


def test_a_hint_that_a_token_gave_names_its_user(entra):
    claims = sign_in(entra, claims=LOGIN_HINT)
    assert EVE not in claims["login_hint"]
    assert "login_hint" not in sign_in(entra)
    assert silently(entra, login_hint=claims["login_hint"]) is None
    assert silently(entra, login_hint="O.nobody") == "AADSTS50058"


def test_the_answer_tells_whose_session_it_is(entra):
    back = sent_back(entra.authorize(client_info="1"))
    info = json.loads(base64.urlsafe_b64decode(back["client_info"] + "=="))
    claims = claims_of(entra.redeem(back["code"])["id_token"])
    assert (info, back["session_state"]) == (
        {"uid": claims["oid"], "utid": claims["tid"]},
        claims["sid"],
    )
    assert "client_info" not in sent_back(entra.authorize())


def test_frames_of_other_sites_bring_the_cookie_where_it_is_safe(entra):
    asked = {"client_id": "a", "response_type": "code", "redirect_uri": URI, "scope": "openid"}
    path = "/default/oauth2/v2.0/authorize"
    query = {**asked, "login_hint": EVE}
    plain = entra.client.get(path, query_string=query).headers["Set-Cookie"]
    safe = entra.client.get(path, query_string=query, base_url="https://localhost")
    assert plain.endswith("; Path=/; HttpOnly")
    assert safe.headers["Set-Cookie"].endswith("; Path=/; HttpOnly; Secure; SameSite=None")
    seen = json.dumps(entra.control("GET", "/requests"))
    assert plain.partition(".")[2].partition(";")[0] not in seen


@pytest.mark.parametrize("cookie", ["", "~", "é", "ZGVmYXVsdA", "ZGVmYXVsdA.", "%.x", "x" * 9000])
def test_a_cookie_that_says_nothing_is_none(entra, cookie):
    headers = {"Cookie": f"a=b; ESTSAUTH={cookie}".encode().decode("latin-1")}
    asked = {"client_id": "a", "response_type": "code", "redirect_uri": URI, "scope": "openid"}
    path = "/common/oauth2/v2.0/authorize"
    answer = entra.client.get(path, query_string={**asked, "prompt": "none"}, headers=headers)
    assert number_of_redirect(answer) == "AADSTS50058"


def number_of_redirect(answer):
    return sent_back(answer)["error_description"].partition(":")[0]
