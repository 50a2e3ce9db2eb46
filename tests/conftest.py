"""Fixtures and helpers that most tests share."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings

pytest_plugins = ["pytester"]

# How long an example takes says how busy the machine is.
settings.register_profile(
    "any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

SET = "/beta/reports/userCredentialUsageDetails"

# The request of the documentation page, with real enum members in place of its "String".
EVENT = {
    "@odata.type": "#microsoft.graph.userCredentialUsageDetails",
    "feature": "registration",
    "userPrincipalName": "User Principal Name value",
    "userDisplayName": "User Display Name value",
    "isSuccess": True,
    "authMethod": "email",
    "failureReason": "Failure Reason value",
    "eventDateTime": "2017-01-01T00:00:02.9716266+03:00",
}


def event(**changes: Any) -> dict[str, Any]:
    """The page's event with some properties changed; None removes one."""
    merged = {**EVENT, **changes}
    return {name: value for name, value in merged.items() if value is not None}


MakeClient = Callable[..., FlaskClient]


@pytest.fixture
def make_client() -> Iterator[MakeClient]:
    """Clients of apps with given settings; by default empty, and nobody has to sign in."""
    apps: list[Flask] = []

    def make(**settings: Any) -> FlaskClient:
        app = create_app(Settings(**{"fixture": (), "auth": "off", **settings}))
        apps.append(app)
        return app.test_client()

    yield make
    for app in apps:
        close_app(app)


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    """A client of an empty tenant."""
    return make_client()


@pytest.fixture
def contoso(make_client: MakeClient) -> FlaskClient:
    """A client of a tenant with the built-in fixture."""
    return make_client(fixture=("contoso",))


@pytest.fixture
def imported() -> Iterator[dict[str, ModuleType]]:
    """What stays imported: pytest forgets what was imported while a project was run, and a server
    of this process would import it once more, with other classes of the same names.
    """
    kept: dict[str, ModuleType] = {}
    yield kept
    sys.modules.update({name: kept[name] for name in kept.keys() - sys.modules.keys()})


@pytest.fixture
def pytester(
    imported: dict[str, ModuleType], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.Pytester]:
    """Projects of users, who need not have what this one's tests are written with."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:xdist")
    yield pytester
    imported.update(sys.modules)


def create(client: FlaskClient, **changes: Any) -> dict[str, Any]:
    """Create an event over HTTP and give the answer's body."""
    response = client.post(SET, json=event(**changes))
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json
    return body


def assert_error(response: Any, status: int, code: str, *words: str) -> dict[str, Any]:
    """Assert the service's error envelope, with these words in what it says; give the error."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/json"
    assert set(response.json) == {"error"}
    error: dict[str, Any] = response.json["error"]
    assert error["code"] == code
    said = [error["message"], *(each["message"] for each in error.get("details", ()))]
    for word in words:
        assert any(word in each for each in said)
    assert response.headers["OData-Version"] == "4.0"
    inner = error["innerError"]
    assert inner["request-id"] == response.headers["request-id"]
    assert inner["client-request-id"] == response.headers["client-request-id"]
    assert uuid.UUID(inner["request-id"])
    assert len(inner["date"]) == len("2026-01-31T07:00:00")
    return error
