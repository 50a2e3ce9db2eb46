"""A plugin of pytest: the apps that tests make are three over one database, asked in turn.

    python -m pytest -p tests.postgres.behind tests/graph

Apps with a data folder are left as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from typing import Any

import psycopg
import pytest
from flask import Flask

from fakegraph import app as made
from fakegraph.settings import Settings
from fakegraph.store.postgres.schema import TENANT_TABLES

from .database import Database

SERVERS = 3
_OTHERS = "fakegraph_others"

# What looks into one process: its log of errors, its records beside its requests, what it has at hand.
_ALONE = (
    "test_bug_is_a_500_without_a_traceback",
    "test_a_page_costs_what_it_tells_and_not_what_else_has_changed",
    "test_what_was_deleted_or_reset_is_not_found",
    "holds_nobody_up",
    "is_given_at_once",
)

_create, _close = made.create_app, made.close_app


class Behind:
    """One database for all tests; each app begins with none of its rows, templates apart."""

    def __init__(self) -> None:
        self.database = Database("-c", "fsync=off", "-c", "max_connections=300")

    def create(self, settings: Settings | None = None, **more: Any) -> Flask:
        """An app that is the first of several, each of which answers in its turn."""
        settings = settings or Settings()
        if settings.data_dir is not None:
            return _create(settings, **more)
        self.empty()
        shared = replace(settings, store=self.database.url)
        apps = [_create(shared, **more) for _ in range(SERVERS)]
        first, *others = apps
        turns = cycle([app.wsgi_app for app in apps])
        first.wsgi_app = lambda environ, start: next(turns)(environ, start)  # type: ignore[method-assign]
        first.extensions[_OTHERS] = others
        return first

    def close(self, app: Flask) -> None:
        """Close all of them."""
        for each in (app, *app.extensions.get(_OTHERS, ())):
            _close(each)

    def empty(self) -> None:
        """Take all tenants away."""
        with psycopg.connect(self.database.url) as connection:
            there = connection.execute("SELECT to_regclass('fakegraph_tenants')").fetchone()
            if there == (None,):
                return
            for table in TENANT_TABLES:
                kept = "tenant <> '' AND tenant NOT LIKE 'template:%'"
                connection.execute(f"DELETE FROM {table} WHERE {kept}")


@pytest.fixture(scope="session", autouse=True)
def behind() -> Iterator[None]:
    """Have every app be three."""
    import tests.conftest

    found = Behind()
    before = tests.conftest.create_app, tests.conftest.close_app
    tests.conftest.create_app, tests.conftest.close_app = found.create, found.close
    yield
    tests.conftest.create_app, tests.conftest.close_app = before
    found.database.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about one process."""
    alone = [each for each in items if any(name in each.name for name in _ALONE)]
    config.hook.pytest_deselected(items=alone)
    items[:] = [each for each in items if each not in alone]
