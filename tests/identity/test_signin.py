"""The sign-in endpoints apart from grants: discovery, pages, and what is refused everywhere."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from urllib.parse import urlencode

import httpx
import pytest

from fakegraph import FakeGraph
from fakegraph.signin.oauth import ERRORS
from fakegraph.tenants.guids import guid_of_name
from tests.conftest import assert_error
from tests.control.conftest import Asked
from tests.identity.conftest import (
    CHALLENGE,
    DEVICE,
    GRAPH,
    URI,
    VERIFIER,
    SignIn,
    claims_of,
    number_of,
    sent_back,
)

V2 = "/v2.0/.well-known/openid-configuration"
TOKEN = "/default/oauth2/v2.0/token"
FORM = "application/x-www-form-urlencoded"
HOSTILE = "\"><script>alert('x')</script>"


def page_error(answer, number, status=400):
    """Assert that people are shown this error, on a page that runs nothing."""
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f"AADSTS{number}: " in answer.text
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("authority", "name"),
    [
        ("default", "default"),
        ("t-1_x", "t-1_x"),
        ("common", "{tenantid}"),
        ("organizations", "{tenantid}"),
        ("consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"),
        ("fabrikam.com", "fabrikam"),
        ("unknown.example", "default"),
    ],
)
def test_authorities_lead_to_tenants(entra, authority, name):
    found = entra.client.get(f"/{authority}{V2}").json
    tenant = name if name.startswith("{") else guid_of_name(name)
    assert found["issuer"] == f"http://localhost/{tenant}/v2.0"
    for name in ("authorization", "token", "device_authorization", "end_session"):
        path = found[f"{name}_endpoint"].removeprefix("http://localhost")
        assert path.startswith(f"/{authority}/")
        assert entra.client.get(path).status_code != 404
    older = entra.client.get(f"/{authority}{V2.replace('/v2.0', '')}").json
    assert older["issuer"] == f"https://sts.windows.net/{tenant}/"
    for metadata in (found, older):
        path = metadata["jwks_uri"].removeprefix("http://localhost")
        (key,) = entra.client.get(path).json["keys"]
        assert {"kty", "n", "e", "kid", "use", "alg"} <= key.keys()
        assert not {"d", "p", "q"} & key.keys()


@pytest.mark.parametrize("authority", ["a b", "a@b", "-.", "%FF", "é", "x" * 65])
def test_no_tenant_has_such_a_name(entra, authority):
    answer = entra.client.get(f"/{authority}{V2}")
    assert number_of(answer.json, 9002313 if authority == "%FF" else 900023) == "invalid_request"


def test_a_user_of_a_known_domain_goes_home(entra):
    found = entra.token(
        "password", "organizations", username="x@fabrikam.com", password="p", scope=GRAPH
    )
    assert claims_of(found["access_token"])["tid"] == guid_of_name("fabrikam")
    code = entra.code("common", login_hint="x@fabrikam.com")
    found = entra.redeem(code, "common")
    assert claims_of(found["access_token"])["tid"] == guid_of_name("fabrikam")
    again = entra.token("refresh_token", "common", refresh_token=found["refresh_token"])
    assert claims_of(again["access_token"])["tid"] == guid_of_name("fabrikam")
    flow = entra.device("fabrikam")
    entra.client.post(
        "/fabrikam/oauth2/deviceauth",
        data={"user_code": flow["user_code"], "action": "approve", "username": "x@fabrikam.com"},
    )
    assert entra.token(DEVICE, "common", device_code=flow["device_code"])


def test_consumers_are_personal_accounts(entra):
    code = entra.code("consumers")
    found = entra.redeem(code, "consumers")
    assert_error(entra.count_with(found["access_token"]), 403, "Forbidden")


def discover(entra, **query):
    asked = {
        "api-version": "1.1",
        "authorization_endpoint": "http://localhost/t1/oauth2/v2.0/authorize",
    }
    return entra.client.get("/common/discovery/instance", query_string=asked | query).json


def test_the_server_vouches_for_itself_alone(entra):
    found = discover(entra)
    assert found["tenant_discovery_endpoint"] == f"http://localhost/t1{V2}"
    assert found["metadata"][0]["aliases"] == ["localhost"]
    for endpoint in (
        "https://login.microsoftonline.com/x/authorize",
        "x",
        "http://localhost",
        "http://[",
    ):
        assert (
            number_of(discover(entra, authorization_endpoint=endpoint), 50049) == "invalid_instance"
        )
    number_of(discover(entra, **{"api-version": "9"}), 90023)


def test_realms_are_managed_here(entra, strict):
    path = "/common/userrealm/ada%40contoso.com?api-version=1.0"
    found = entra.client.get(path).json
    assert (found["account_type"], found["domain_name"]) == ("Managed", "contoso.com")
    assert strict.client.get(path).json["account_type"] == "Managed"
    assert strict.client.get(path.replace("ada", "eve")).json["account_type"] == "Unknown"
    number_of(entra.client.get(path.replace("1.0", "2.1")).json, 90023)


def test_a_page_lets_pick_a_user(entra):
    answer = entra.authorize(login_hint=None, state=HOSTILE)
    assert answer.status_code == 200
    assert "Ada &lt;b&gt;" in answer.text
    links = re.findall(r'href="([^"]+)"', answer.text)
    followed = entra.client.get(f"/default/oauth2/v2.0/authorize{links[0].replace('&amp;', '&')}")
    found = sent_back(followed)
    assert found["state"] == HOSTILE
    assert claims_of(entra.redeem(found["code"])["access_token"])["upn"] == "Ada@contoso.com"


@pytest.mark.parametrize("name", ["client_id", "state", "nonce", "domain_hint", "scope", "claims"])
def test_a_page_repeats_nothing_that_could_run(entra, name):
    for hint in (None, HOSTILE):
        answer = entra.authorize(**{"login_hint": hint, name: HOSTILE})
        assert "<script>alert" not in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert (
        "<script>alert"
        not in entra.client.get(
            "/default/oauth2/deviceauth", query_string={"user_code": HOSTILE}
        ).text
    )
    flow = {"user_code": HOSTILE}
    assert "<script>alert" not in entra.approve(flow, username=HOSTILE).text
    assert "<script>alert" not in entra.approve(entra.device(), username=f"{HOSTILE}@b.c").text


@pytest.mark.parametrize("path", ["/default/oauth2/v2.0/authorize", "/default/oauth2/authorize"])
def test_what_is_asked_may_be_posted(entra, path):
    """https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest"""
    asked = {"client_id": "anyone", "response_type": "code", "redirect_uri": URI, "state": "s",
             "scope": "openid User.Read", "resource": "https://graph.microsoft.com"}  # fmt: skip
    if "v2.0" in path:
        del asked["resource"]
    found = sent_back(entra.client.post(path, data={**asked, "login_hint": "eve@contoso.com"}))
    assert found["state"] == "s"
    assert entra.redeem(found["code"])
    page = entra.client.post(path, data={**asked, "prompt": "select_account"})
    links = re.findall(r'href="([^"]+)"', page.text)
    followed = entra.client.get(f"{path}{links[0].replace('&amp;', '&')}")
    assert sent_back(followed)["code"]
    assert entra.client.post(path, data="{}", content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    ("mode", "start"), [(None, f"{URI}?"), ("query", f"{URI}?"), ("fragment", f"{URI}#")]
)
def test_a_browser_is_sent_back(entra, mode, start):
    answer = entra.authorize(response_mode=mode, state="a&b=c")
    assert answer.headers["Location"].startswith(start)
    assert sent_back(answer)["state"] == "a&b=c"
    longer = entra.authorize(redirect_uri=f"{URI}?x=1").headers["Location"]
    assert longer.startswith(f"{URI}?x=1&code=")


def test_a_form_may_be_posted_back(entra):
    answer = entra.authorize(response_mode="form_post", state=HOSTILE)
    assert answer.status_code == 200
    assert f'action="{URI}"' in answer.text
    assert "<script>alert" not in answer.text
    code = re.search(r'name="code" value="([^"]+)"', answer.text)[1]
    assert entra.redeem(code)


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "http://example.com/", "ftp://localhost/",
        "//localhost/", "/callback", "https://", "http://localhost/#x", "http://user@localhost/", "http://localhost\\@evil/",
        "http://localhost/\r\nX: y", "http://localhost/\t", "https://a b/", 'https://a/"', "http://localhost:x/",
        "http://[::1", "urn:ietf:wg:oauth:2.0:oob", f"https://a/{'x' * 2000}", "http://localhost.evil.com/",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_a_place_that_is_none(entra, uri):
    page_error(entra.authorize(redirect_uri=uri), 50011)
    answer = entra.client.get(
        "/default/oauth2/v2.0/logout", query_string={"post_logout_redirect_uri": uri}
    )
    page_error(answer, 50011)


@pytest.mark.parametrize(
    "uri",
    ["https://example.com/x?y=1", "http://127.0.0.1:1/", "http://[::1]:1", "http://localhost"],
)
def test_an_unlisted_app_may_be_anywhere_safe(entra, uri):
    assert entra.authorize(redirect_uri=uri).headers["Location"].startswith(uri)


def test_a_listed_app_is_where_it_said(entra):
    for uri in ("http://localhost/callback", "http://localhost:5000/callback"):
        assert entra.authorize(client_id="web", redirect_uri=uri).status_code == 302
    for uri in (
        "http://localhost/other",
        "http://127.0.0.1/callback",
        "https://localhost/callback",
    ):
        page_error(entra.authorize(client_id="web", redirect_uri=uri), 50011)
    page_error(entra.authorize(client_id="nobody"), 500113)


SENT_BACK = [
    ({"response_type": "token"}, 700051, "unsupported_response_type"),
    ({"response_type": "id_token"}, 700054, "unsupported_response_type"),
    ({"response_type": "code id_token"}, 700054, "unsupported_response_type"),
    ({"response_type": "x"}, 70005, "unsupported_response_type"),
    ({"response_type": None}, 900144, "invalid_request"),
    ({"response_mode": "x"}, 70007, "invalid_request"),
    ({"scope": None}, 900144, "invalid_request"),
    ({"scope": "<b>"}, 70011, "invalid_scope"),
    ({"scope": "https://other.example/x"}, 500011, "invalid_resource"),
    ({"client_id": "web", "redirect_uri": "http://localhost/callback", "scope": "Mail.Read"}, 65001, "consent_required"),
    ({"prompt": "none", "login_hint": None}, 50058, "login_required"),
    ({"prompt": "none", "login_hint": "nobody"}, 50058, "login_required"),
    ({"prompt": "create"}, 90023, "invalid_request"),
    ({"code_challenge": CHALLENGE, "code_challenge_method": "S512"}, 50149, "invalid_request"),
    ({"code_challenge_method": "S256"}, 50147, "invalid_request"),
    ({"code_challenge": "short"}, 501491, "invalid_request"),
    ({"code_challenge": CHALLENGE + "x", "code_challenge_method": "S256"}, 501491, "invalid_request"),
    ({"code_challenge": "é" * 43}, 501491, "invalid_request"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "number", "error"), SENT_BACK)
def test_the_app_is_told_what_was_wrong(entra, asked, number, error):
    answer = entra.authorize(state="s", **asked)
    assert answer.status_code == 302
    place = answer.headers["Location"]
    assert place.startswith("http://localhost")
    assert f"error={error}" in place
    assert f"AADSTS{number}" in place
    assert place.endswith("state=s")


def test_prompts_are_taken(entra):
    for prompt in ("login", "consent", "select_account", "none"):
        assert "code" in sent_back(entra.authorize(prompt=prompt))


def test_people_are_told_what_no_app_could(entra, strict):
    page_error(entra.authorize(client_id=None), 900144)
    page_error(entra.authorize(redirect_uri=None), 900144)
    page_error(entra.authorize(resource="https://graph.microsoft.com"), 901002)
    page_error(entra.authorize(request="a.b.c"), 90023)
    page_error(entra.authorize(login_hint="nobody"), 50034)
    page_error(strict.authorize(), 700016)
    page_error(strict.authorize(client_id="tool"), 50034)
    assert "eve" not in strict.authorize(client_id="tool", login_hint=None).text


def test_leaving_leads_on(entra):
    path = "/default/oauth2/v2.0/logout"
    assert entra.client.get(path).status_code == 200
    query = {"post_logout_redirect_uri": f"{URI}?a=b", "state": "s"}
    assert entra.client.get(path, query_string=query).headers["Location"] == f"{URI}?a=b&state=s"
    del query["state"]
    query["post_logout_redirect_uri"] = URI
    assert entra.client.get(path, query_string=query).headers["Location"] == URI
    page_error(entra.client.get(path, query_string={**query, "client_id": "nobody"}), 50011)


def test_a_foreign_page_approves_no_device(entra):
    flow = entra.device()
    for origin in ("https://evil.example", "null"):
        answer = entra.approve(flow, headers={"Origin": origin})
        assert answer.status_code == 403
    assert entra.approve(flow, headers={"Origin": "http://localhost"}).status_code == 200


@pytest.mark.parametrize(
    ("fields", "number"),
    [({"action": "x"}, 90023), ({"user_code": "NOPE"}, 70018), ({"user_code": ""}, 900144)],
)  # fmt: skip
def test_a_device_page_refuses_what_it_does_not_know(entra, fields, number):
    data = {
        "user_code": entra.device()["user_code"],
        "action": "approve",
        "username": "a@b.c",
        **fields,
    }
    page_error(entra.client.post("/default/oauth2/deviceauth", data=data), number)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", TOKEN, "POST"),
        ("PUT", TOKEN, "POST"),
        ("OPTIONS", TOKEN, "POST"),
        ("GET", "/default/oauth2/v2.0/devicecode", "POST"),
        ("PUT", "/default/oauth2/v2.0/authorize", "GET, POST"),
        ("DELETE", "/default/oauth2/deviceauth", "GET, POST"),
        ("POST", f"/default{V2}", "GET"),
        ("HEAD", "/default/discovery/v2.0/keys", "GET"),
    ],
)
def test_other_methods_are_refused(entra, method, path, allowed):
    answer = entra.client.open(path, method=method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == allowed


SMALL = 100_000


@pytest.mark.parametrize(
    ("body", "media", "status", "number"),
    [
        ("grant_type=password&grant_type=password", None, 400, 9000411),
        ("grant_type=password&password=&password=", None, 400, 9000411),
        ('{"grant_type": "password"}', "application/json", 400, 900144),
        ("grant_type=x", "text/plain", 400, 900144),
        ("grant_type=%FF", None, 400, 9002313),
        (b"grant_type=\xff", None, 400, 9002313),
        ("grant_type", None, 400, 900144),
        ("&".join(f"p{n}=1" for n in range(101)), None, 400, 9002313),
        ("", None, 400, 900144),
        ("x=" + "y" * SMALL, None, 413, None),
    ],
)
def test_a_body_that_is_no_form_is_refused(make_client, body, media, status, number):
    client = make_client(max_body=SMALL)
    media = "application/x-www-form-urlencoded; charset=utf-8" if media is None else media
    answer = client.post(TOKEN, data=body, content_type=media)
    assert answer.status_code == status
    assert number_of(answer.json, number) == "invalid_request"


def test_a_body_of_no_media_type_is_a_form(entra):
    sent = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
    body = urlencode({**sent, "scope": GRAPH})
    answer = entra.client.post(TOKEN, data=body, content_type="")
    assert answer.json["token_type"] == "Bearer", answer.text


def test_a_name_alone_in_a_form_has_no_value(entra):
    """So clients write what they have not: ``redirect_uri`` of a device, for one."""
    sent = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
    body = f"redirect_uri&{urlencode({**sent, 'scope': GRAPH})}"
    answer = entra.client.post(TOKEN, data=body, content_type="application/x-www-form-urlencoded")
    assert answer.json["token_type"] == "Bearer", answer.text


def test_parameters_of_the_token_endpoint_are_not_in_its_query(entra):
    answer = entra.client.post(f"{TOKEN}?grant_type=password", data={"scope": GRAPH})
    assert number_of(answer.json, 900144) == "invalid_request"
    fields = {
        "client_secret": "x",
        "scope": GRAPH,
        "x-client-SKU": "MSAL",
        "claims": "{}",
        "client_info": "1",
    }
    assert "client_info" not in entra.token(
        "client_credentials", **fields
    )  # MSAL takes it for a user's
    telemetry = f"{TOKEN}?client-request-id=1"
    assert entra.client.post(telemetry, data={"grant_type": "x"}).json["error_codes"] == [70003]


def test_a_correlation_id_comes_back(entra):
    id_ = "01234567-89ab-cdef-0123-456789abcdef"
    answer = entra.client.post(TOKEN, headers={"client-request-id": id_})
    assert answer.json["correlation_id"] == answer.headers["client-request-id"] == id_
    assert answer.json["trace_id"] == answer.headers["x-ms-request-id"]
    assert answer.headers["Cache-Control"] == "no-store"
    odd = entra.client.post(TOKEN, headers={"client-request-id": "x"})
    assert odd.json["correlation_id"] == odd.json["trace_id"]


@pytest.mark.parametrize(
    "path",
    ["/beta/oauth2/v2.0/token", "/v1.0/discovery/keys", "/BETA/oauth2/x", "/reports/oauth2/v2.0/token",
     "/tenants/oauth2/v2.0/token", "/tenants/x/beta/oauth2/token", "/x/y/oauth2/v2.0/token", "/oauth2/v2.0/token",
     "/default/oauth2", "/default/v2.0", "/beta/v2.0/.well-known/openid-configuration"],
)  # fmt: skip
def test_graphs_own_paths_stay_graphs(client, path):
    assert "innerError" in client.get(path).json["error"]


@pytest.mark.parametrize(
    "path", ["/default/oauth2/v1.0/token", "/default/oauth2/v2.0/token/x", "/default/userrealm/a/b"]
)
def test_what_is_not_served_is_said(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert (
        "/{tenant}/oauth2/v2.0/token"
        in number_of(answer.json, None) + answer.json["error_description"]
    )


def test_paths_are_found_in_any_case(entra):
    assert entra.client.get("/default/V2.0/.Well-Known/OpenID-Configuration").status_code == 200


def test_no_secret_is_kept_or_logged(entra, caplog):
    caplog.set_level(logging.INFO, logger="fakegraph")
    secret = "s3cret-value"
    names = ("client_secret", "password", "assertion", "refresh_token", "code", "code_verifier",
             "device_code", "client_assertion", "id_token_hint", "clientsecret", "Password")  # fmt: skip
    for name in names:
        entra.client.post(TOKEN, data={"grant_type": "password", "client_id": "seen", name: secret})
        entra.client.post(f"{TOKEN}?{name}={secret}", data={"grant_type": "password"})
        entra.client.get("/default/oauth2/v2.0/authorize", query_string={name: secret})
        entra.client.get("/default/oauth2/v2.0/logout", query_string={name: secret})
        entra.client.post(TOKEN, data={"grant_type": "password", secret * 9: "x"})
        entra.client.post(TOKEN, data=f"{secret}=x&{secret}=y", content_type=FORM)
    entra.client.post(TOKEN, data=secret, content_type=FORM)
    entra.client.post(TOKEN, json={"client_secret": secret})
    entra.client.post(
        TOKEN, data="{}", content_type="text/plain", headers={"Authorization": f"Basic {secret}"}
    )
    entra.client.get("/default/oauth2/v2.0/logout", headers={"Referer": f"http://x/?code={secret}"})
    code, flow = entra.code(code_challenge=VERIFIER), entra.device()
    entra.approve(flow)
    found = [
        entra.redeem(code, code_verifier=VERIFIER),
        entra.token(DEVICE, device_code=flow["device_code"]),
    ]
    kept = (
        entra.client.get("/_fakegraph/requests.har").text
        + entra.client.get("/_fakegraph/requests").text
    )
    kept += caplog.text + entra.client.get("/_fakegraph/metrics").text
    issued = [value for answer in found for name, value in answer.items() if name.endswith("token")]
    for text in (secret, VERIFIER, code, flow["device_code"], flow["user_code"], *issued):
        assert text not in kept
    assert "[redacted]" in kept
    assert "client_id=seen" in kept
    (asked,) = entra.control("GET", "/requests?path=/default/oauth2/v2.0/devicecode")["value"]
    assert (asked["route"], asked["status"]) == ("/{tenant}/oauth2/v2.0/devicecode", 200)
    refused = entra.control("GET", "/requests?errorCode=invalid_request")["value"]
    assert len(refused) > len(names)
    assert all(entry["responseJson"] is None for entry in refused)


def test_a_refused_sign_in_says_why(entra, caplog):
    caplog.set_level(logging.INFO, logger="fakegraph")
    entra.client.post(TOKEN, data={"grant_type": "nonsense", "client_id": "seen"})
    (entry,) = entra.control("GET", "/requests")["value"]
    assert entry["errorMessage"].startswith("AADSTS70003: The app requested an unsupported grant")
    assert caplog.records[-1].getMessage().endswith(entry["errorMessage"])


def test_a_fault_with_a_path_hits_a_sign_in(entra):
    def ask():
        return entra.client.post(TOKEN, data={"grant_type": "x", "client_id": "a1"})

    entra.control("POST", "/faults", {"status": 503, "times": None})
    entra.control("POST", "/faults", {"status": 503, "match": {"path": "/reports/*"}})
    assert ask().status_code == 400
    match = {"path": "/*/oauth2/v2.0/token", "app": "a1"}
    entra.control("POST", "/faults", {"preset": "throttled", "match": match})
    answer = ask()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert answer.json["error"] == "temporarily_unavailable"
    fault = {
        "status": 400,
        "code": "invalid_grant",
        "message": "Gone.",
        "match": {"path": "/default/*"},
    }
    entra.control("POST", "/faults", fault)
    assert number_of(ask().json, None) == "invalid_grant"
    assert ask().json["error_codes"] == [70003]
    token = entra.control("POST", "/tokens")["access_token"]
    assert entra.count_with(token).status_code == 503
    hit = [each["fault"] for each in entra.control("GET", f"/requests?path={TOKEN}")["value"]]
    assert [fault is not None for fault in hit] == [False, True, True, False]


def test_drops_and_delays_need_the_right_server(entra):
    entra.control("POST", "/faults", {"drop": True, "match": {"path": TOKEN}})
    entra.control("POST", "/faults", {"delayMs": 1, "match": {"path": TOKEN}})
    entra.control("POST", "/faults", {"truncateBody": True, "match": {"path": TOKEN}})
    statuses = [entra.client.post(TOKEN).status_code for _ in range(4)]
    assert statuses == [501, 400, 501, 400]


def test_a_bug_is_a_plain_500(entra, monkeypatch, caplog):
    monkeypatch.setattr("fakegraph.signin.discovery._root", lambda ask: 1 / 0)
    answer = entra.client.get(f"/default{V2}")
    assert answer.status_code == 500
    assert number_of(answer.json, None) == "server_error"
    assert "ZeroDivisionError" in caplog.text


def test_a_host_that_is_none_is_refused(entra):
    answer = entra.client.get(f"/default{V2}", headers={"Host": "a b"})
    assert answer.status_code == 400


def test_all_this_is_loaded_when_somebody_signs_in():
    script = """
import sys
from fakegraph.app import create_app
from fakegraph.settings import Settings
client = create_app(Settings(auth="strict")).test_client()
client.get("/beta/reports/userCredentialUsageDetails")
heavy = ("joserfc", "cryptography", "fakegraph.signin.api", "fakegraph.signin.grants")
assert not [name for name in sys.modules if name.startswith(heavy)]
assert client.get("/default/v2.0/.well-known/openid-configuration").status_code == 200
assert not [name for name in sys.modules if name.startswith(heavy[:2])]
assert client.get("/default/discovery/keys").status_code == 200
assert "joserfc" in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_handle_says_where_to_sign_in():
    with FakeGraph(fixture=(), auth="strict") as graph:
        data = {"client_id": "a", "client_secret": "b", "scope": GRAPH}
        data["grant_type"] = "client_credentials"
        answer = httpx.post(f"{graph.authority}/oauth2/v2.0/token", data=data).json()
        headers = {"Authorization": f"Bearer {answer['access_token']}"}
        url = f"{graph.server.url}/beta/reports/userCredentialUsageDetails"
        assert httpx.get(url, headers=headers).json()["value"] == []
        graph.assert_called("POST", "/*/oauth2/v2.0/token", times=1)
        graph.assert_called("GET", "/reports/userCredentialUsageDetails", status=200)


def test_every_error_has_its_words():
    for number, (error, status, words) in ERRORS.items():
        assert re.fullmatch(r"[a-z_]+", error), number
        assert 400 <= status < 500
        assert words.count("{") == words.count("}")


def test_sign_ins_are_bounded(make_client, monkeypatch):
    monkeypatch.setattr("fakegraph.tenants.signins.MOST", 3)
    entra = SignIn(make_client())
    codes = [entra.code() for _ in range(4)]
    number_of(entra.redeem(codes[0], status=400), 70000)
    entra.redeem(codes[1])


def test_bearer_mode_takes_these_tokens_too(make_client):
    entra = SignIn(make_client(auth="bearer"))
    found = entra.token("client_credentials", "t9", client_secret="x", scope=GRAPH)
    assert entra.count_with(found["access_token"]).status_code == 200
    assert "t9" in {each["id"] for each in Asked(entra.client).control("GET", "/tenants")["value"]}


def test_single_page_apps_redeem_their_codes_by_script(entra):
    origin = {"Origin": "https://app.example"}
    asked = {
        **origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-a",
    }
    for path, method in (("/oauth2/v2.0/token", "post"), ("/discovery/v2.0/keys", "get")):
        preflight = entra.client.options(f"/default{path}", headers=asked)
        assert preflight.status_code == 200
        assert preflight.headers["Access-Control-Allow-Headers"] == "x-a"
        answer = getattr(entra.client, method)(f"/default{path}", headers=origin)
        for each in (preflight, answer):
            assert each.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "path", ["oauth2/v2.0/authorize", "oauth2/deviceauth", "oauth2/v2.0/logout"]
)
def test_no_script_of_another_page_reads_pages_for_people(entra, path):
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    for method in ("get", "options", "post"):
        answer = getattr(entra.client, method)(f"/default/{path}", headers=headers)
        assert "Access-Control-Allow-Origin" not in answer.headers
