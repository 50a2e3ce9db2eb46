"""Two servers over one database: all of a tenant is the same at both, whoever is asked."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from fakegraph.app import close_app, create_app, tenants_of
from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError
from fakegraph.settings import Settings
from fakegraph.tenants import states
from fakegraph.tenants.signins import Device

CONTROL = "/_fakegraph"
USERS = "/v1.0/users"


@pytest.fixture(scope="module")
def apps(database: str) -> Iterator[list[Any]]:
    settings = Settings(store=database, fixture=(), auth="off")
    apps = [create_app(settings) for _ in range(2)]
    yield apps
    for app in apps:
        close_app(app)


@pytest.fixture
def both(apps: list[Any]) -> tuple[FlaskClient, FlaskClient]:
    one, other = (app.test_client() for app in apps)
    one.post(f"{CONTROL}/reset")
    one.delete(f"{CONTROL}/requests")
    return one, other


def statuses(clients, number, path=USERS):
    return [clients[each % 2].get(path).status_code for each in range(number)]


def test_a_fault_that_is_set_at_one_hits_once_at_the_other(both):
    one, other = both
    assert one.post(f"{CONTROL}/faults", json={"preset": "throttled"}).status_code == 201
    assert [other.get(USERS).status_code, one.get(USERS).status_code] == [429, 200]
    for client in both:
        (fault,) = client.get(f"{CONTROL}/faults").json["value"]
        assert (fault["matched"], fault["hit"]) == (1, 1)
    other.delete(f"{CONTROL}/faults")
    assert one.get(f"{CONTROL}/faults").json == {"value": []}


def test_a_fault_that_skips_counts_at_both(both):
    both[0].post(f"{CONTROL}/faults", json={"preset": "unavailable", "skip": 2, "times": 3})
    assert statuses(both, 7) == [200, 200, 503, 503, 503, 200, 200]


def test_faults_are_hit_as_often_as_they_say_by_many_at_once(both):
    both[0].post(f"{CONTROL}/faults", json={"preset": "conflict", "times": 20})
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda each: both[each % 2].get(USERS).status_code, range(60)))
    assert found.count(409) == 20
    assert found.count(200) == 40


def test_a_stub_answers_at_both(both):
    one, other = both
    stub = {"match": {"path": "/users"}, "json": {"value": []}, "times": 2, "check": False}
    assert one.post(f"{CONTROL}/stubs", json={**stub, "status": 218}).status_code == 201
    assert statuses((other, one), 3) == [218, 218, 200]


def test_the_clock_stands_still_at_both(both):
    one, other = both
    one.put(f"{CONTROL}/clock", json={"now": "2030-01-02T03:04:05Z"})
    assert other.get(f"{CONTROL}/clock").json["now"] == "2030-01-02T03:04:05Z"
    other.delete(f"{CONTROL}/clock")
    assert one.get(f"{CONTROL}/clock").json["frozen"] is False


def test_the_journal_has_what_either_was_asked_in_the_order_of_the_answers(both):
    one, other = both
    for number in range(6):
        both[number % 2].get(f"{USERS}?$top={number + 1}")
    for client in both:
        found = client.get(f"{CONTROL}/requests").json["value"]
        assert [each["query"]["$top"] for each in found] == list("123456")
        assert [each["number"] for each in found] == list(
            range(found[0]["number"], found[0]["number"] + 6)
        )
    assert found[0]["responseJson"]["value"] == []
    other.delete(f"{CONTROL}/requests")
    assert one.get(f"{CONTROL}/requests").json == {"value": []}
    one.get(USERS)
    assert len(other.get(f"{CONTROL}/requests").json["value"]) == 1


def test_long_running_operations_take_their_course_at_both(both):
    one, other = both
    one.put(f"{CONTROL}/operations", json={"lastMs": 50, "times": 1})
    assert other.get(f"{CONTROL}/operations").json == {"lastMs": 50, "times": 1}


def test_a_snapshot_of_one_is_gone_back_to_at_the_other(both):
    one, other = both
    one.post(USERS, json=user(1))
    assert one.post(f"{CONTROL}/snapshots", json={"name": "first"}).status_code == 201
    assert other.post(f"{CONTROL}/snapshots", json={"name": "first"}).status_code == 409
    one.post(USERS, json=user(2))
    assert other.get(f"{CONTROL}/snapshots").json == {"value": [{"name": "first"}]}
    assert other.post(f"{CONTROL}/snapshots/first/restore").status_code == 204
    for client in both:
        assert [each["displayName"] for each in client.get(USERS).json["value"]] == ["User 1"]
    other.delete(f"{CONTROL}/snapshots")
    assert one.post(f"{CONTROL}/snapshots/first/restore").status_code == 404


def test_a_link_to_the_next_page_goes_on_at_the_other(both):
    one, other = both
    for number in range(7):
        assert one.post(USERS, json=user(number)).status_code == 201
    page, found = other.get(f"{USERS}?$top=3&$orderby=displayName").json, []
    turn = 0
    while True:
        found += [each["displayName"] for each in page["value"]]
        if "@odata.nextLink" not in page:
            break
        page = both[turn % 2].get(page["@odata.nextLink"]).json
        turn += 1
    assert found == [f"User {number}" for number in range(7)]


def test_a_delta_link_goes_on_at_the_other(both):
    one, other = both
    one.post(USERS, json=user(1))
    page = one.get(f"{USERS}/delta").json
    assert len(page["value"]) == 1
    other.post(USERS, json=user(2))
    page = other.get(page["@odata.deltaLink"]).json
    assert [each["displayName"] for each in page["value"]] == ["User 2"]
    assert one.get(page["@odata.deltaLink"]).json["value"] == []


def test_what_a_new_tenant_was_said_to_be_it_is_at_both(both):
    one, other = both
    said = {"id": "strictly", "strictQueries": True, "pageSize": 2, "test": "a test"}
    one.delete("/_fakegraph/tenants/strictly")
    assert one.post("/_fakegraph/tenants", json=said).status_code == 201
    for number in range(3):
        other.post("/tenants/strictly/v1.0/users", json=user(number))
    for client in both:
        assert len(client.get("/tenants/strictly/v1.0/users").json["value"]) == 2
    other.delete("/_fakegraph/tenants/strictly")
    assert one.get("/tenants/strictly/v1.0/users").status_code == 404


def user(number):
    name = f"user{number}"
    return {
        "displayName": f"User {number}",
        "mailNickname": name,
        "userPrincipalName": f"{name}@contoso.com",
        "accountEnabled": True,
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
    }


# Signing in


@pytest.fixture
def strict(database: str) -> Iterator[tuple[FlaskClient, FlaskClient]]:
    settings = Settings(store=database, fixture=(), auth="strict", device_auto_approve=True)
    apps = [create_app(settings) for _ in range(2)]
    one, other = (app.test_client() for app in apps)
    yield one, other
    for app in apps:
        close_app(app)


def token(client, form, tenant="default"):
    return client.post(f"/{tenant}/oauth2/v2.0/token", data=form)


SECRET = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "x"}


def test_a_token_of_one_opens_the_other(strict):
    one, other = strict
    scope = "https://graph.microsoft.com/.default"
    found = token(one, {**SECRET, "scope": scope}).json["access_token"]
    assert other.get(USERS, headers={"Authorization": f"Bearer {found}"}).status_code == 200
    assert other.get(USERS).status_code == 401
    keys = [client.get("/default/discovery/v2.0/keys").json for client in strict]
    assert keys[0] == keys[1]


@pytest.mark.parametrize("tenant", ["default", "nobody-made-it"])
def test_a_code_of_one_is_redeemed_at_the_other_and_once(strict, tenant):
    one, other = strict
    asked = {
        "client_id": "app",
        "response_type": "code",
        "redirect_uri": "http://localhost/back",
        "scope": "openid offline_access User.Read",
        "login_hint": "ada@contoso.com",
    }
    sent = one.get(f"/{tenant}/oauth2/v2.0/authorize", query_string=asked)
    code = sent.headers["Location"].partition("code=")[2].partition("&")[0]
    form = {
        "grant_type": "authorization_code",
        "client_id": "app",
        "code": code,
        "redirect_uri": asked["redirect_uri"],
        "client_secret": "x",
    }
    given = token(other, form, tenant)
    assert given.status_code == 200, given.json
    assert token(one, form, tenant).json["error"] == "invalid_grant"

    again = {
        "grant_type": "refresh_token",
        "client_id": "app",
        "client_secret": "x",
        "refresh_token": given.json["refresh_token"],
    }
    assert token(one, again, tenant).status_code == 200


def test_a_device_that_was_let_in_at_one_is_at_the_other(strict):
    one, other = strict
    begun = one.post(
        "/default/oauth2/v2.0/devicecode", data={"client_id": "app", "scope": "User.Read"}
    ).json
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": "app",
        "device_code": begun["device_code"],
    }
    assert token(other, form).status_code == 200


# What is noted, drawn and counted


def test_logs_tell_what_was_done_at_either(both):
    one, other = both
    one.post(USERS, json=user(1))
    other.post(USERS, json=user(2))
    for client in (other, one):
        found = client.get("/v1.0/auditLogs/directoryAudits").json["value"]
        names = {each["targetResources"][0]["userPrincipalName"] for each in found}
        assert names == {"user1@contoso.com", "user2@contoso.com"}
        assert len(found) == 2


def test_a_budget_is_one_for_both(database):
    settings = Settings(store=database, fixture=(), auth="off", rate_limit="6/60")
    apps = [create_app(settings) for _ in range(2)]
    clients = [app.test_client() for app in apps]
    clients[0].post(f"{CONTROL}/reset")
    assert statuses(clients, 9) == [200] * 6 + [429] * 3
    clients[1].post(f"{CONTROL}/reset")
    assert statuses(clients, 1) == [200]
    for app in apps:
        close_app(app)


def test_chaos_with_a_seed_is_the_same_for_one_and_for_two(database):
    settings = Settings(store=database, fixture=(), auth="off", chaos=0.5, chaos_seed=5)
    apps = [create_app(settings) for _ in range(2)]
    clients = [app.test_client() for app in apps]
    clients[0].post(f"{CONTROL}/reset")
    shared = statuses(clients, 20)
    alone = create_app(Settings(fixture=(), auth="off", chaos=0.5, chaos_seed=5))
    assert shared == statuses([alone.test_client()] * 2, 20)
    for app in (*apps, alone):
        close_app(app)


def test_what_is_late_is_late_at_both(database):
    settings = Settings(store=database, fixture=(), auth="off", consistency_delay="reads:2")
    apps = [create_app(settings) for _ in range(2)]
    one, other = (app.test_client() for app in apps)
    one.post(f"{CONTROL}/reset")
    made = one.post(USERS, json=user(1)).json
    path = f"{USERS}/{made['id']}"
    assert [client.get(path).status_code for client in (other, one, other)] == [404, 404, 200]
    for app in apps:
        close_app(app)


def test_functions_cannot_answer_for_other_servers(apps, both):
    control = apps[0].extensions["fakegraph_control"]()
    with pytest.raises(GraphError, match="no other replica"):
        control.add_function("default", {"match": {"path": "/users"}}, lambda request: {})


def test_what_is_gone_is_forgotten_also_by_who_has_not_heard_for_long(
    database, apps, both, monkeypatch
):
    monkeypatch.setattr(states, "_REMEMBERED", 6)
    monkeypatch.setattr(states, "_EVERY", 3)
    kept = [tenants_of(app).of_token(None).sign_ins.devices for app in apps]
    for number in range(4):
        device = Device("app", "openid", f"code{number}", Instant(number))
        kept[0].put(f"secret{number}", device)
    both[1].get(USERS)
    assert len(kept[1].ids()) == 4

    kept[0].take(lambda each: each.user_code != "code2")
    for number in range(12):
        both[0].put(f"{CONTROL}/clock", json={"now": f"2030-01-{number + 1:02}T00:00:00Z"})
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT id FROM fakegraph_states WHERE kind = 'devices' ORDER BY id"
        ).fetchall()
    both[1].get(USERS)

    assert rows == [("secret2",)]
    assert kept[1].ids() == ["secret2"]
    assert kept[1].get("secret2") == kept[0].get("secret2")
