"""Servers over one database tell each change once, whichever of them it was made at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from fakegraph.app import close_app, create_app
from fakegraph.handle.notified import Receiver
from fakegraph.settings import Settings

CONTROL = "/_fakegraph/notifications"


@pytest.fixture
def apps(database: str) -> Iterator[list[Any]]:
    settings = Settings(store=database, fixture=(), auth="off")
    apps = [create_app(settings) for _ in range(2)]
    apps[0].test_client().post("/_fakegraph/reset")
    yield apps
    for app in apps:
        close_app(app)


@pytest.fixture
def both(apps: list[Any]) -> tuple[FlaskClient, FlaskClient]:
    one, other = (app.test_client() for app in apps)
    return one, other


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as found:
        yield found


def subscribe(client, receiver):
    ends = datetime.now(UTC) + timedelta(hours=2)
    body = {
        "changeType": "created,updated,deleted",
        "notificationUrl": receiver.url,
        "resource": "users/ada@contoso.com/contacts",
        "expirationDateTime": ends.isoformat(),
        "clientState": "state",
    }
    answer = client.post("/v1.0/subscriptions", json=body)
    assert answer.status_code == 201, answer.json
    return answer.json["id"]


def seed(client):
    client.post("/_fakegraph/seed", json={"users": [{"userPrincipalName": "ada@contoso.com"}]})


def add(client, name):
    made = client.post("/v1.0/users/ada@contoso.com/contacts", json={"givenName": name})
    assert made.status_code == 201, made.json
    return made.json["id"]


def told(receiver):
    return sorted(each["resourceData"]["id"] for each in receiver.received)


def test_each_change_at_either_is_told_once(both, receiver):
    one, other = both
    seed(one)
    subscribe(one, receiver)
    made = [add(both[number % 2], f"n{number}") for number in range(20)]

    counts = other.post(f"{CONTROL}/flush").json
    assert counts == {"delivered": 20, "dropped": 0, "waiting": 0}
    assert told(receiver) == sorted(made)
    for client in both:
        shown = client.get(CONTROL).json["value"]
        assert [each["state"] for each in shown] == ["delivered"] * 20


def test_what_is_tried_in_vain_at_one_is_tried_again_by_either(both, receiver):
    one, other = both
    seed(one)
    one.put("/_fakegraph/clock", json={"frozen": True})
    subscribe(one, receiver)
    receiver.answer(503)
    made = add(one, "Ada")
    assert one.post(f"{CONTROL}/flush").json["waiting"] == 1
    other.put("/_fakegraph/clock", json={"advance": "PT5S"})
    assert other.post(f"{CONTROL}/flush").json == {"delivered": 1, "dropped": 0, "waiting": 0}
    assert told(receiver) == [made]
    (shown,) = one.get(CONTROL).json["value"]
    assert [each["status"] for each in shown["attempts"]] == [503, 202]


def test_what_is_to_go_wrong_goes_wrong_at_either_once(both, receiver):
    one, other = both
    seed(one)
    subscribe(other, receiver)
    one.post(f"{CONTROL}/faults", json={"effect": "drop"})
    add(other, "lost")
    made = add(other, "told")
    assert one.post(f"{CONTROL}/flush").json == {"delivered": 1, "dropped": 1, "waiting": 0}
    assert told(receiver) == [made]
    assert other.get(f"{CONTROL}/faults").json == {"value": []}


def test_what_a_server_that_ended_had_not_told_another_tells(both, apps, receiver):
    one, other = both
    seed(one)
    subscribe(one, receiver)
    one.put("/_fakegraph/clock", json={"frozen": True})
    receiver.answer(503)
    made = add(one, "Ada")
    one.post(f"{CONTROL}/flush")
    close_app(apps[0])
    other.put("/_fakegraph/clock", json={"advance": "PT5S"})
    other.post(f"{CONTROL}/flush")
    assert told(receiver) == [made]


def test_a_subscription_that_ends_at_one_is_not_told_by_the_other(both, receiver):
    one, other = both
    seed(one)
    subscription = subscribe(one, receiver)
    add(other, "told")
    other.post(f"{CONTROL}/flush")
    assert other.delete(f"/v1.0/subscriptions/{subscription}").status_code == 204
    add(one, "not told")
    one.post(f"{CONTROL}/flush")
    assert len(receiver.received) == 1


def test_a_reset_forgets_at_both_what_was_told(both, receiver):
    one, other = both
    seed(one)
    subscribe(one, receiver)
    add(other, "Ada")
    one.post(f"{CONTROL}/flush")
    other.post("/_fakegraph/reset")
    for client in both:
        assert client.get(CONTROL).json == {"value": []}
        counts = client.post(f"{CONTROL}/flush").json
        assert counts == {"delivered": 0, "dropped": 0, "waiting": 0}
