"""Signing out: apps are told in frames (front-channel logout), and the browser goes on."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from fakegraph.tenants.guids import guid_of_name
from tests.identity.conftest import URI, claims_of

APPS = {
    "4e7a3f0a-0000-4000-8000-0000000000b1": "https://one.example/out",
    "4e7a3f0a-0000-4000-8000-0000000000b2": "http://localhost:7000/out?x=1",
    "4e7a3f0a-0000-4000-8000-0000000000b3": None,
}
ONE, TWO, SILENT = APPS
LOGOUT = "/default/oauth2/v2.0/logout"


@pytest.fixture
def apps(entra):
    records = [
        {"appId": id_, "displayName": "App", "isFallbackPublicClient": True,
         "web": {"redirectUris": [URI], **({"logoutUrl": uri} if uri else {})}}
        for id_, uri in APPS.items()
    ]  # fmt: skip
    principals = [{"appId": id_} for id_ in APPS]
    entra.control("POST", "/seed", {"applications": records, "servicePrincipals": principals})
    return entra


def sign_in(entra, app, user="eve@contoso.com"):
    code = entra.code(client_id=app, login_hint=user, scope="openid profile User.Read")
    found = entra.redeem(code, client_id=app)
    return found["id_token"], claims_of(found["id_token"])


def leave(entra, **query):
    return entra.client.get(LOGOUT, query_string=query)


def frames(answer):
    """Where a page tells that somebody has left, with what."""
    assert answer.status_code == 200
    uris = [unescape(each) for each in re.findall(r'<iframe hidden src="([^"]+)"', answer.text)]
    return {uri.partition("?")[0]: parse_qs(urlsplit(uri).query) for uri in uris}


def test_the_apps_of_a_session_are_told(apps):
    said = [sign_in(apps, app)[1] for app in APPS]
    (sid,) = {each["sid"] for each in said}
    answer = leave(apps, logout_hint="EVE@contoso.com")
    issuer = f"http://localhost/{guid_of_name('default')}/v2.0"
    assert frames(answer) == {
        "https://one.example/out": {"sid": [sid], "iss": [issuer]},
        "http://localhost:7000/out": {"x": ["1"], "sid": [sid], "iss": [issuer]},
    }
    policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith("frame-src https://one.example http://localhost:7000")
    assert said[0]["iss"] == issuer
    assert "<iframe" not in leave(apps).text  # they are told once
    assert sign_in(apps, ONE)[1]["sid"] != sid


def test_the_page_leads_on(apps):
    sign_in(apps, ONE)
    answer = leave(apps, post_logout_redirect_uri=URI, state="a&b")
    assert frames(answer)
    assert f'<a href="{URI}?state=a%26b">' in answer.text
    sign_in(apps, SILENT)
    answer = leave(apps, post_logout_redirect_uri=URI)
    assert (answer.status_code, answer.headers["Location"]) == (302, URI)


@pytest.mark.parametrize("kind", ["logout_hint", "id_token_hint"])
def test_others_stay(apps, kind):
    token, _ = sign_in(apps, ONE)
    sign_in(apps, TWO, "ada@contoso.com")
    hint = {"logout_hint": "eve@contoso.com", "id_token_hint": token}[kind]
    assert set(frames(leave(apps, **{kind: hint}))) == {"https://one.example/out"}
    assert set(frames(leave(apps))) == {"http://localhost:7000/out"}


def test_who_came_by_a_page_alone_has_a_session(apps):
    user = {"username": "eve@contoso.com", "password": "x", "client_id": ONE}
    found = apps.token("password", **user, scope="openid User.Read")
    assert "sid" not in claims_of(found["id_token"])
    assert "<iframe" not in leave(apps).text


def test_a_device_that_was_approved_is_of_the_session(apps):
    flow = apps.device(client_id=ONE, scope="openid User.Read")
    apps.approve(flow)
    assert set(frames(leave(apps))) == {"https://one.example/out"}


def test_the_hint_says_whose_uris_count(apps):
    token, _ = sign_in(apps, ONE)
    other = "http://localhost:9/elsewhere"
    answer = leave(apps, id_token_hint=token, post_logout_redirect_uri=other)
    assert answer.status_code == 400
    assert "AADSTS50011" in answer.text


@pytest.mark.parametrize(
    "uri",
    ["javascript:alert(1)", "http://evil.example/", "https://a;script-src *", "https://a;b/", "https://a,b/",
     'https://a/"><script>', "https://u@a/", "//a/", "data:text/html,x"],
)  # fmt: skip
def test_no_browser_is_led_astray(entra, uri):
    record = {"appId": ONE, "displayName": "App", "isFallbackPublicClient": True, "web": {"logoutUrl": uri, "redirectUris": []}}  # fmt: skip
    records = {"applications": [record], "servicePrincipals": [{"appId": ONE}]}
    entra.client.post("/_fakegraph/seed", json=records)
    sign_in(entra, ONE)
    answer = leave(entra)
    assert "<iframe" not in answer.text
    assert "frame-src" not in answer.headers["Content-Security-Policy"]
