"""Headers in both directions, and who is let in."""

from __future__ import annotations

import base64
import json
import uuid

import pytest

from tests.conftest import EVENT, SET, assert_error, create


def test_success_has_the_service_headers(client):
    headers = client.get(SET).headers

    assert headers["Content-Type"] == (
        "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;"
        "charset=utf-8"
    )
    assert headers["OData-Version"] == "4.0"
    assert headers["Cache-Control"] == "no-cache"
    assert uuid.UUID(headers["request-id"])
    assert headers["client-request-id"] == headers["request-id"]
    assert json.loads(headers["x-ms-ags-diagnostic"])["ServerInfo"]["DataCenter"] == "fakegraph"
    assert "Strict-Transport-Security" not in headers


def test_https_has_transport_security(client):
    headers = client.get(SET, base_url="https://localhost").headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_client_request_id_is_echoed(client):
    sent = str(uuid.uuid4())

    good = client.get(SET, headers={"client-request-id": sent})
    bad = client.get(f"{SET}?$top=x", headers={"client-request-id": sent})

    assert good.headers["client-request-id"] == sent != good.headers["request-id"]
    assert assert_error(bad, 400, "BadRequest")["innerError"]["client-request-id"] == sent


@pytest.mark.parametrize("sent", ["mine", "{%s}", "%s, %s", "é"])
def test_a_client_request_id_that_is_no_guid_is_replaced(client, sent):
    sent = sent.replace("%s", str(uuid.uuid4()))

    answer = client.get(SET, headers={"client-request-id": sent})

    assert answer.headers["client-request-id"] == answer.headers["request-id"]
    noted = client.get("/_fakegraph/requests").json["value"][-1]["ignored"]
    assert "client-request-id was ignored. It is no GUID" in noted[0]


def test_two_requests_have_two_ids(client):
    assert client.get(SET).headers["request-id"] != client.get(SET).headers["request-id"]


@pytest.mark.parametrize(
    "accept",
    [
        "application/xml",
        "text/html",
        "application/json;q=0",
        "application/json;odata.metadata=verbose",
        "application/json;IEEE754Compatible=maybe",
        "application/json;profile=x",
        "application/json;q=0, */*",
        "text/html, application/json;q=2",
    ],
)
def test_accept_that_cannot_be_met_is_406(client, accept):
    assert_error(
        client.get(SET, headers={"Accept": accept}), 406, "NotAcceptable", "application/json"
    )


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/*",
        "application/json",
        "text/html, application/json;q=0.5",
        "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false",
        "application/json;odata=minimalmetadata",
        "application/json;odata=fullmetadata",
        "application/json;odata=nometadata",
        "",
    ],
)
def test_accept_with_json_is_met(client, accept):
    answer = client.get(SET, headers={"Accept": accept})
    assert answer.status_code == 200
    assert "odata.metadata=minimal" in answer.headers["Content-Type"]


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("json", 200),
        ("application/json", 200),
        ("xml", 406),
        ("atom", 406),
        ("application/json;odata.metadata=none", 200),
        ("application/json;odata.metadata=some", 406),
    ],
)
def test_format_option(client, value, status):
    assert client.get(f"{SET}?$format={value}").status_code == status


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("X-HTTP-Method-Override", "DELETE", 400),
        ("X-HTTP-Method", "DELETE", 400),
        ("OData-MaxVersion", "3.0", 400),
        ("OData-Version", "2.0", 400),
        ("OData-MaxVersion", "4.01", 200),
        ("If-None-Match", '"etag"', 412),
        ("If-Match", '"etag"', 412),
        ("If-Match", "*", 200),
        ("Prefer", "odata.maxpagesize=none", 400),
        ("Prefer", "odata.maxpagesize=0", 400),
        ("Prefer", "return=everything", 200),
        ("Prefer", "respond-async", 200),
        ("Prefer", "made-up=1, another", 200),
        ("ConsistencyLevel", "eventual", 200),
        ("ConsistencyLevel", "whenever", 400),
    ],
)
def test_headers_are_honoured_or_refused(client, header, value, status):
    response = client.get(SET, headers={header: value})

    assert response.status_code == status, response.text


def test_bearer_mode_asks_for_a_token(make_client):
    client = make_client(auth="bearer")

    for headers in (
        {},
        {"Authorization": ""},
        {"Authorization": "Basic eA=="},
        {"Authorization": "Bearer "},
    ):
        response = client.get(SET, headers=headers)
        assert_error(response, 401, "InvalidAuthenticationToken", "Access token is empty.")
        assert response.headers["WWW-Authenticate"] == (
            'Bearer realm="", authorization_uri="http://localhost/common/oauth2/authorize", '
            'client_id="00000003-0000-0000-c000-000000000000"'
        )
    assert client.get(SET, headers={"Authorization": "bearer anything"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "scheme", "words"),
    [
        ({"SdkVersion": "graph-js/3.0.7 (featureUsage=2)"}, "http", "over https only: serve with --tls"),
        ({"Sec-Fetch-Mode": "cors", "User-Agent": "node"}, "http", "over https only: serve with --tls"),
        ({"SdkVersion": "graph-js/3.0.7"}, "https", "to hosts among its customHosts only"),
        ({"SdkVersion": "graph-python-beta/1.66.0"}, "http", None),
        ({}, "http", None),
    ],
)  # fmt: skip
def test_the_javascript_client_is_told_why_its_token_did_not_come(
    make_client, headers, scheme, words
):
    client = make_client(auth="bearer")
    for url in (SET, "/tenants/default/v1.0/reports/authenticationMethods/userRegistrationDetails"):
        response = client.get(url, headers=headers, base_url=f"{scheme}://localhost")
        error = assert_error(response, 401, "InvalidAuthenticationToken", "Send any token")
        assert ("JavaScript" in error["message"]) is (words is not None)
        assert (words or "") in error["message"]


def jwt(claims: object) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + ".x"


def test_tid_picks_the_tenant(make_client):
    client = make_client(auth="bearer")
    one = {"Authorization": f"Bearer {jwt({'tid': 'one'})}"}
    two = {"Authorization": f"Bearer {jwt({'tid': 'two'})}"}

    assert client.post(SET, json=EVENT, headers=one).status_code == 201

    assert client.get(f"{SET}/$count", headers=one).text == "1"
    assert client.get(f"{SET}/$count", headers=two).text == "0"
    assert client.get(f"/tenants/one{SET}/$count", headers=two).text == "1"


@pytest.mark.parametrize("token", ["a.b.c", "a.b", jwt([]), "é.é.é"])
def test_token_without_a_tid_means_the_default_tenant(make_client, token):
    client = make_client(auth="bearer")
    headers = {"Authorization": f"Bearer {token}"}

    assert client.post(SET, json=EVENT, headers=headers).status_code == 201
    assert client.get(f"/tenants/default{SET}/$count", headers=headers).text == "1"


@pytest.mark.parametrize("tenant", ["../x", "a/b", "a.b", "", "x" * 100])
def test_tid_that_is_no_tenant_name_is_refused(make_client, tenant):
    client = make_client(auth="bearer")
    headers = {"Authorization": f"Bearer {jwt({'tid': tenant})}"}

    expected = 200 if tenant == "" else 400
    assert client.get(SET, headers=headers).status_code == expected


@pytest.mark.parametrize(
    "claims",
    [
        {"tid": "\ud800"},
        {"tid": "default", "appid": "\ud800"},
        {"upn": "\ud800"},
        {"wids": ["\udfff"]},
        {"\ud800": 1},
    ],
)
def test_claims_with_half_of_a_surrogate_pair_are_refused(make_client, claims):
    client = make_client(auth="bearer")
    headers = {"Authorization": f"Bearer {jwt(claims)}"}

    for url in ("/v1.0/me", "/tenants/default/v1.0/me"):
        answer = client.get(url, headers=headers)
        assert_error(answer, 401, "InvalidAuthenticationToken", "surrogate pair")
    batch = {"requests": [{"id": "1", "method": "GET", "url": "/me"}]}
    assert client.post("/v1.0/$batch", json=batch, headers=headers).status_code == 401
    whole = {"Authorization": f"Bearer {jwt({'upn': chr(0x1F600)})}"}
    assert client.get(SET, headers=whole).status_code == 200


def test_unknown_tenant_in_the_path_is_404(client):
    assert_error(client.get(f"/tenants/nobody{SET}"), 404, "ResourceNotFound", "'nobody'")


def test_health_needs_no_token(make_client):
    response = make_client(auth="bearer").get("/_fakegraph/health")

    assert (response.status_code, response.json["status"]) == (200, "ok")


def test_unknown_control_path_is_404(client):
    assert_error(client.get("/_fakegraph/nothing"), 404, "ResourceNotFound", "/nothing")


def test_bug_is_a_500_without_a_traceback(client):
    create(client, id="a")
    store = client.application.extensions["fakegraph_tenants"].named("default").store
    store.container = None

    response = client.get(f"{SET}/a")

    assert_error(response, 500, "InternalServerError", "its log has it")
    assert "Traceback" not in response.text


def test_unknown_method_has_the_envelope(client):
    response = client.open(SET, method="BREW")
    assert_error(response, 405, "BadRequest", "Specified HTTP method is not allowed")
