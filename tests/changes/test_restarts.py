"""What was acknowledged is not told again by the next server, and what was not is."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.handle.notified import Receiver
from fakegraph.settings import Settings


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@contextmanager
def serving(folder):
    """A client of an app that has a data folder; the end is a clean one."""
    app = create_app(Settings(data_dir=folder))
    try:
        yield Client(app.test_client())
    finally:
        close_app(app)


class Client:
    """Asks an app, and expects a success."""

    def __init__(self, client):
        self._client = client

    def __call__(self, method, path, body=None):
        headers = {"Authorization": "Bearer x"}
        answer = self._client.open(path, method=method, json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json if answer.data else None

    def message(self, subject):
        return self("POST", "/v1.0/me/messages", {"subject": subject})["id"]

    def flush(self):
        return self("POST", "/_fakegraph/notifications/flush")

    def subscribe(self, url, resource="me/messages"):
        body = {
            "changeType": "created",
            "notificationUrl": url,
            "resource": resource,
            "expirationDateTime": "2099-01-01T00:00:00Z",
        }
        self("PUT", "/_fakegraph/clock", {"now": "2098-12-31T00:00:00Z"})
        return self("POST", "/v1.0/subscriptions", body)["id"]

    def later(self):
        self("PUT", "/_fakegraph/clock", {"now": "2098-12-31T02:00:00Z"})


def ids(receiver):
    return [each["resourceData"]["id"] for each in receiver.received]


def test_what_was_not_delivered_is_delivered_by_the_next_server(tmp_path, receiver):
    with serving(tmp_path) as ask:
        ask.subscribe(receiver.url)
        first = ask.message("a")
        ask.flush()
        receiver.answer(*[500] * 3)
        second = ask.message("b")
        assert ask.flush()["waiting"] == 1
        assert ids(receiver) == [first]
    receiver._statuses.clear()
    with serving(tmp_path) as ask:
        ask.later()
        ask.flush()
        third = ask.message("c")
        ask.flush()
    assert ids(receiver) == [first, second, third]
    with serving(tmp_path) as ask:
        ask.later()
        ask.flush()
    assert ids(receiver) == [first, second, third]


def test_what_was_written_before_anything_was_delivered_is_told(tmp_path, receiver):
    with serving(tmp_path) as ask:
        before = ask.message("before")
        ask.subscribe(receiver.url)
        receiver.answer(*[500] * 10)
        told = [ask.message(subject) for subject in "ab"]
        ask.flush()
        assert ids(receiver) == []
    receiver._statuses.clear()
    with serving(tmp_path) as ask:
        ask.later()
        ask.flush()
    assert sorted(ids(receiver)) == sorted(told)
    assert before not in ids(receiver)


def test_a_subscription_that_ended_meanwhile_is_gone(tmp_path, receiver):
    with serving(tmp_path) as ask:
        made = ask.subscribe(receiver.url)
        ask.message("a")
        ask.flush()
    with serving(tmp_path) as ask:
        ask("PUT", "/_fakegraph/clock", {"now": "2099-06-01T00:00:00Z"})
        ask.message("b")
        ask.flush()
        assert ask("GET", "/v1.0/subscriptions")["value"] == []
        records = json.dumps(ask("GET", "/_fakegraph/records"))
        assert made not in records
        assert "@notified" not in records
    assert len(receiver.received) == 1


def test_each_subscription_goes_on_from_where_it_was(tmp_path, receiver):
    with serving(tmp_path) as ask, Receiver() as other:
        ask.subscribe(receiver.url)
        ask.subscribe(other.url)
        other.answer(*[500] * 10)
        first = ask.message("a")
        assert ask.flush()["waiting"] == 1
        assert (ids(receiver), ids(other)) == ([first], [])
        url = other.url
    with serving(tmp_path) as ask:
        assert ask.flush() == {"delivered": 0, "waiting": 1, "dropped": 0}
        (waiting,) = ask("GET", "/_fakegraph/notifications")["value"]
        assert waiting["url"] == url
        assert waiting["notification"]["resourceData"]["id"] == first
    assert ids(receiver) == [first]
