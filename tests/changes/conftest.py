"""A tenant, a client of it, and somebody who listens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from fakegraph import FakeGraph

NOW = "2026-03-02T09:00:00Z"


@pytest.fixture(scope="module")
def server():
    with FakeGraph() as graph:
        yield graph


@pytest.fixture
def graph(server):
    """A tenant whose clock stands at NOW."""
    with FakeGraph(url=server.url, clock=NOW) as graph:
        yield graph


@pytest.fixture
def client(graph):
    about = {"headers": graph.headers, "timeout": 60}
    with httpx.Client(base_url=f"{graph.url}/v1.0", **about) as client:
        yield client


@pytest.fixture
def receiver(graph):
    with graph.receiver() as receiver:
        yield receiver


def ahead(minutes, now=NOW):
    """So many minutes after a time, as text."""
    then = datetime.fromisoformat(now).astimezone(UTC) + timedelta(minutes=minutes)
    return then.isoformat().replace("+00:00", "Z")


@pytest.fixture
def subscribe(client, receiver):
    """Makes a subscription with these properties; its JSON, or the answer where one of them is
    ``refused=True``.
    """

    def subscribe(resource, change="created,updated,deleted", *, refused=False, **more):
        body = {
            "changeType": change,
            "notificationUrl": receiver.url,
            "resource": resource,
            "expirationDateTime": ahead(60),
            **more,
        }
        body = {name: value for name, value in body.items() if value is not None}
        answer = client.post("/subscriptions", json=body)
        if refused:
            return answer
        assert answer.status_code == 201, answer.text
        return answer.json()

    return subscribe


def error_of(answer, status=400):
    """The code and the message of a refusal."""
    assert answer.status_code == status, answer.text
    found = answer.json()["error"]
    return found["code"], found["message"]
