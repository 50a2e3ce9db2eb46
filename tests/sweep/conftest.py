"""What sweeps share: one app for all of them, and how much of a sweep everyday runs do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TypeVar

import pytest
from flask.testing import FlaskClient

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings

T = TypeVar("T")

WHOLE = bool(os.environ.get("SWEEP"))


def sample(cases: Sequence[T], size: int) -> Sequence[T]:
    """So many of the cases, evenly spread; all of them where ``SWEEP`` is set."""
    return cases if WHOLE else cases[:: max(1, len(cases) // size)]


@pytest.fixture(scope="session")
def swept() -> Iterator[FlaskClient]:
    """A client of the app that all sweeps share; each case has a tenant of its own."""
    app = create_app(Settings(fixture=(), auth="off"))
    yield app.test_client()
    close_app(app)
