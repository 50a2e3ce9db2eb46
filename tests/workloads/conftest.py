"""Tenants with people, for the tests of Teams; others have people of their own."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import seed

NAMES = ("ada", "bob", "cy")
USERS = {
    "users": [
        {
            "id": each,
            "displayName": each.title(),
            "userPrincipalName": f"{each}@contoso.com",
            "mail": f"{each}@contoso.com",
        }
        for each in NAMES
    ]
}


@pytest.fixture
def people(client):
    """A client of a tenant with these."""
    seed(client, USERS)
    return client


@pytest.fixture
def strict(make_client):
    """The same, where tokens are looked at."""
    client = make_client(auth="strict")
    assert client.post("/_fakegraph/seed", json=USERS).status_code == 200
    return client
