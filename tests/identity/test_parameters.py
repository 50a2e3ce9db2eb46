"""Parameters that nobody asked for: taken no notice of, told of, and their values never shown."""

from __future__ import annotations

import logging

import pytest

from tests.identity.conftest import GRAPH, number_of, sent_back

TOKEN = "/default/oauth2/v2.0/token"
APP = {"client_secret": "x", "scope": GRAPH}
SECRET = "Zx8~Q.very-secret_value-0123456789abcdef"


def ignored(entra):
    """What the journal says was without effect in the last request."""
    return [note.partition(" was ignored. ") for note in entries(entra)[-1]["ignored"]]


def entries(entra):
    return entra.control("GET", "/requests")["value"]


CLIENTS_SEND = {
    "access_type": "offline",
    "mkt": "en-US",
    "max_age": "0",
    "instance_aware": "true",
    "sso_reload": "true",
    "x-client-SKU": "MSAL.js",
    "x-client-current-telemetry": "5|1,1|",
    "client-request-id-2": "x",
}
SHOWN = [name for name in CLIENTS_SEND if name != "client-request-id-2"]


def test_authorize_takes_no_notice_of_what_it_does_not_know(entra):
    assert "code" in sent_back(entra.authorize(**CLIENTS_SEND))
    notes = [what for what, _, _ in ignored(entra)]
    assert [f"The parameter '{name}'" for name in SHOWN] == notes[: len(SHOWN)]
    assert len(notes) == len(CLIENTS_SEND)


def test_a_page_carries_on_what_is_known_alone(entra):
    page = entra.authorize(login_hint=None, client_secrt=SECRET, state="kept").text
    assert "kept" in page
    assert SECRET not in page


@pytest.mark.parametrize(
    ("grant", "fields"),
    [
        ("client_credentials", {**APP, "redirect_uri": "http://localhost", "username": "x"}),
        ("password", {"username": "eve@contoso.com", "password": "p", "scope": GRAPH, "response_type": "code"}),
    ],
)  # fmt: skip
def test_the_token_endpoint_takes_no_notice_either(entra, grant, fields):
    found = entra.token(grant, **fields, **CLIENTS_SEND)
    assert "access_token" in found
    names = {"redirect_uri", "response_type", *SHOWN}
    if grant == "client_credentials":
        names.add("username")
    notes = {what for what, _, _ in ignored(entra)}
    wanted = names & {*fields, *CLIENTS_SEND}
    assert {f"The parameter '{name}'" for name in wanted} <= notes


@pytest.mark.parametrize("name", ["access_type", "client_secret", "redirect_uri"])
def test_a_device_begins_whatever_else_is_sent(entra, name):
    assert entra.device(**{name: SECRET})["device_code"]
    assert ignored(entra)[0][0] == f"The parameter '{name}'"


def test_leaving_takes_no_notice_either(entra):
    path = "/default/oauth2/v2.0/logout?ui_locales=de&max_age=1"
    assert entra.client.get(path).status_code == 200
    assert [what for what, _, _ in ignored(entra)] == [
        "The parameter 'ui_locales'",
        "The parameter 'max_age'",
    ]


def test_what_is_in_the_query_of_a_post_is_told_of(entra):
    answer = entra.client.post(f"{TOKEN}?scope=x&slice=1", data={"grant_type": "password"})
    number_of(answer.json, 900144)
    assert [what for what, _, _ in ignored(entra)] == [
        "The parameter 'scope' in the query",
        "The parameter 'slice' in the query",
    ]


def test_a_misspelt_name_is_pointed_out(entra):
    data = {"grant_type": "client_credentials", "client_id": "web", "client_secrt": SECRET}
    answer = entra.client.post(TOKEN, data={**data, "scope": GRAPH})
    number_of(answer.json, 7000218)
    ((what, _, why),) = ignored(entra)
    assert (what, why) == ("The parameter 'client_secrt'", "Is 'client_secret' meant?")
    answer = entra.client.post(TOKEN, data={"grant_typ": "password"})
    assert "'grant_typ' was sent." in answer.json["error_description"]


def everything_shown(entra, caplog):
    urls = ("/_fakegraph/requests", "/_fakegraph/requests.har", "/_fakegraph/metrics")
    return "".join(entra.client.get(url).text for url in urls) + caplog.text


PLACES = [
    ("GET", "/default/oauth2/v2.0/authorize"),
    ("POST", TOKEN),
    ("POST", "/default/oauth2/v2.0/devicecode"),
    ("GET", "/default/oauth2/v2.0/logout"),
    ("POST", "/default/oauth2/deviceauth"),
    ("GET", "/common/discovery/instance"),
    ("GET", "/common/userrealm/ada@contoso.com"),
    ("POST", "/default/oauth2/v2.0/tokn"),
]


@pytest.mark.parametrize(("method", "path"), PLACES)
@pytest.mark.parametrize("form", ["{}", "client_secrt={}", "colour={}", "{}=x", "a=b&{}=x&{}=y"])
def test_no_value_of_an_unknown_parameter_is_shown(entra, caplog, method, path, form):
    caplog.set_level(logging.DEBUG, logger="fakegraph")
    text = form.replace("{}", SECRET.replace("~", "%7E"))
    good = {"grant_type": "client_credentials", "client_id": "seen", "scope": GRAPH}
    common = "&".join(f"{name}={value}" for name, value in good.items())
    media = "application/x-www-form-urlencoded"
    answers = [
        entra.client.open(f"{path}?{text}", method=method),
        entra.client.open(f"{path}?{common}&{text}", method=method),
        entra.client.open(path, method="POST", data=text, content_type=media),
        entra.client.open(path, method="POST", data=f"{common}&{text}", content_type=media),
    ]
    assert all(SECRET not in answer.text for answer in answers)
    assert all(SECRET not in str(answer.headers) for answer in answers)
    shown = everything_shown(entra, caplog)
    assert SECRET not in shown
    assert SECRET.replace("~", "%7E") not in shown


@pytest.mark.parametrize("path", ["/oauth2/v2.0/token", "/default/token", "/v1.0/users"])
def test_a_form_that_strays_to_graph_is_not_shown(entra, caplog, path):
    caplog.set_level(logging.DEBUG, logger="fakegraph")
    token = entra.control("POST", "/tokens")["access_token"]
    data, bearer = {"client_secret": SECRET}, {"Authorization": f"Bearer {token}"}
    for headers in ({}, bearer):
        assert entra.client.post(path, data=data, headers=headers).status_code >= 400
    assert entries(entra)
    assert SECRET not in everything_shown(entra, caplog)
