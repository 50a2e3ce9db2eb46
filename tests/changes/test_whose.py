"""Whose subscriptions there are for who asks.

https://learn.microsoft.com/graph/api/subscription-list
"""

from __future__ import annotations

import httpx
import pytest

from fakegraph import FakeGraph
from tests.changes.conftest import NOW, ahead, error_of

ADMIN = "62e90394-69f5-4237-9190-012177145e10"
READS_ALL = ["Mail.Read", "Subscription.Read.All"]
ONE, OTHER = "0a1b2c3d-0000-4000-8000-000000000001", "0a1b2c3d-0000-4000-8000-000000000002"


@pytest.fixture(scope="module")
def graph(server):
    with FakeGraph(url=server.url, clock=NOW, auth="strict") as graph:
        for name in ("ada", "bo"):
            graph.create("users", userPrincipalName=f"{name}@contoso.com")
        yield graph


@pytest.fixture(scope="module")
def asks(graph):
    """Asks as an app, for a user of it where there is one: ``asks(ONE, "ada").get(…)``."""
    clients = []

    def asks(app, user=None, *, scopes=("Mail.Read",), **more):
        about = {"scopes": list(scopes), "user": f"{user}@contoso.com"} if user else None
        token = graph.token(app=app, **(about or {"roles": ["Mail.Read"]}), **more)
        headers = {"Authorization": f"Bearer {token}"}
        clients.append(httpx.Client(base_url=f"{graph.url}/v1.0", headers=headers))
        return clients[-1]

    yield asks
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def made(graph, asks):
    """The ids of the subscriptions that there are, by who made each."""
    with graph.receiver() as receiver:

        def make(app, user=None):
            answer = asks(app, user).post(
                "/subscriptions",
                json={
                    "changeType": "created",
                    "notificationUrl": receiver.url,
                    "resource": "users/ada@contoso.com/messages" if user is None else "me/messages",
                    "expirationDateTime": ahead(60),
                },
            )
            assert answer.status_code == 201, answer.text
            return answer.json()["id"]

        return {
            "app": make(ONE),
            "ada": make(ONE, "ada"),
            "bo": make(ONE, "bo"),
            "other app": make(OTHER),
            "other ada": make(OTHER, "ada"),
        }


@pytest.mark.parametrize(
    ("app", "user", "more", "sees"),
    [
        (ONE, None, {}, {"app", "ada", "bo"}),
        (OTHER, None, {}, {"other app", "other ada"}),
        (ONE.upper(), None, {}, {"app", "ada", "bo"}),
        (ONE, "ada", {}, {"ada"}),
        (ONE, "bo", {}, {"bo"}),
        (OTHER, "bo", {}, set()),
        (ONE, "ada", {"scopes": READS_ALL}, {"ada", "other ada"}),
        (ONE, "ada", {"claims": {"wids": [ADMIN]}}, {"app", "ada", "bo"}),
        (
            ONE,
            "ada",
            {"scopes": READS_ALL, "claims": {"wids": [ADMIN]}},
            {"app", "ada", "bo", "other app", "other ada"},
        ),
    ],
)
def test_who_asks_has_what_is_theirs_alone(asks, made, app, user, more, sees):
    client = asks(app, user, **more)

    listed = {each["id"] for each in client.get("/subscriptions").json()["value"]}

    assert listed == {made[name] for name in sees}
    found = {name for name, id_ in made.items() if client.get(f"/subscriptions/{id_}").is_success}
    assert found == sees


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"expirationDateTime": ahead(90)}),
        ("DELETE", "", None),
        ("POST", "/reauthorize", None),
    ],
)
def test_what_is_another_ones_is_not_there(asks, made, method, path, body):
    answer = asks(ONE, "bo").request(method, f"/subscriptions/{made['ada']}{path}", json=body)

    assert error_of(answer, 404) == ("ResourceNotFound", "The object was not found.")
    assert asks(ONE, "ada").get(f"/subscriptions/{made['ada']}").is_success


def test_what_a_test_put_there_is_everybodys(graph, asks):
    with graph.snapshot():
        id_ = graph.create("subscriptions", resource="me/messages")["id"]
        for who in (asks(ONE), asks(OTHER), asks(ONE, "bo")):
            assert id_ in [each["id"] for each in who.get("/subscriptions").json()["value"]]


@pytest.mark.parametrize(
    "what", ["messages", "events", "contacts", "mailFolders('inbox')/messages"]
)
def test_a_mailbox_that_somebody_shares_is_subscribed_to_by_apps_alone(graph, asks, what):
    name = f"{what[:5]}.{what[-3:]}@contoso.com"
    graph.seed({"users": [{"userPrincipalName": name, "@fullAccess": ["bo@contoso.com"]}]})
    scopes = [f"{kind}.Read{shared}" for kind in ("Mail", "Calendars", "Contacts") for shared in ("", ".Shared")]  # fmt: skip
    roles = ["Mail.Read", "Calendars.Read", "Contacts.Read"]
    with graph.receiver() as receiver:
        body = {
            "changeType": "created",
            "notificationUrl": receiver.url,
            "resource": f"users/{name}/{what}",
            "expirationDateTime": ahead(60),
        }
        bo = asks(ONE, "bo", scopes=scopes)
        assert bo.get(f"/{body['resource']}").status_code == 200
        code, message = error_of(bo.post("/subscriptions", json=body), 403)
        assert (code, "Status Code: Forbidden" in message) == ("ExtensionError", True)
        own = {**body, "resource": f"users/bo@contoso.com/{what}"}
        assert bo.post("/subscriptions", json=own).status_code == 201
        app = graph.token(app=OTHER, roles=roles)
        headers = {"Authorization": f"Bearer {app}"}
        answer = httpx.post(f"{graph.url}/v1.0/subscriptions", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
