"""What tests of the generic engine share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

from flask.testing import FlaskClient

from tests.conftest import assert_error

T = TypeVar("T")


def counting(work: Callable[[], T]) -> tuple[T, int]:
    """What a piece of work gives, and how many calls of functions it takes."""
    number = 0

    def note(*_: Any) -> None:
        nonlocal number
        number += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        result = work()
    finally:
        sys.setprofile(before)
    return result, number


def user(**changes: Any) -> dict[str, Any]:
    """The body that makes a user."""
    return {
        "accountEnabled": True,
        "displayName": "Ada Lovelace",
        "mailNickname": "ada",
        "userPrincipalName": "ada@contoso.com",
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
        **changes,
    }


def make(client: FlaskClient, path: str, body: Any) -> dict[str, Any]:
    """Make a thing over HTTP, and give the answer's body."""
    response = client.post(f"/v1.0/{path}", json=body)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json
    return made


def seed(client: FlaskClient, records: dict[str, Any]) -> dict[str, int]:
    """Put records where paths lead."""
    response = client.post("/_fakegraph/seed", json=records)
    assert response.status_code == 200, response.text
    counts: dict[str, int] = response.json
    return counts


def ref(path: str) -> dict[str, str]:
    """The body that links to what is at a path."""
    return {"@odata.id": f"http://localhost/v1.0/{path}"}


def refusal(response: Any, status: int = 400, code: str = "Request_BadRequest") -> str:
    """What the service says in refusing; by default as the directory does."""
    message: str = assert_error(response, status, code)["message"]
    return message


def stored(client, container):
    """What of a container is stored, with what the server notes in it for itself."""
    tenant = client.application.extensions["fakegraph_tenants"].named("default")
    return tenant.store.container(container)


def listed(client: FlaskClient, path: str, **options: Any) -> list[dict[str, Any]]:
    """What is listed at a path."""
    response = client.get(f"/v1.0/{path}", **options)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json["value"]
    return found
