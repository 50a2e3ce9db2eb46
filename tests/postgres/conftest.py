"""What these tests have that no other has: a PostgreSQL. ``make test-postgres`` runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .database import Database


@pytest.fixture(scope="session")
def postgres() -> Iterator[Database]:
    """A server of databases for all of these tests, quick because it trusts the machine."""
    found = Database("-c", "fsync=off", "-c", "max_connections=200")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def database(postgres: Database) -> str:
    """The URL of an empty database, one for each file of tests."""
    return postgres.create()
