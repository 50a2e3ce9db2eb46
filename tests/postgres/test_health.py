"""What a server over a database says of its health, and of a database that is no use or hangs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings, SettingsError

from .database import Database

HEALTH = "/_fakegraph/health"


@pytest.fixture
def url(postgres: Database) -> str:
    return postgres.create()


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    app = create_app(Settings(store=url, fixture=(), auth="off"))
    yield app.test_client()
    close_app(app)


def change(client: Any, url: str, statement: str) -> None:
    """Change the database, and have the server connect anew."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
    client.application.extensions["fakegraph_tenants"].stores.pool._clear()


def test_a_database_that_takes_no_writes_is_not_well(client: Any, url: str) -> None:
    assert client.get(HEALTH).status_code == 200
    name = url.rpartition("/")[2]
    change(client, url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    answer = client.get(HEALTH)
    assert answer.status_code == 503
    assert "read-only transaction" in answer.json["error"]["message"]


def test_a_table_that_is_not_permitted_is_said_at_health_and_at_reads(
    client: Any, url: str
) -> None:
    change(client, url, "ALTER TABLE fakegraph_turns RENAME TO elsewhere")
    for path in (HEALTH, "/v1.0/users"):
        answer = client.get(path)
        assert answer.status_code == 503, path
        message = answer.json["error"]["message"]
        assert "fakegraph_turns" in message
        assert "write was not made" not in message


def test_a_later_server_says_in_a_line_what_the_store_has(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="fakegraph")
    for fixture in (("contoso",), ("contoso",)):
        close_app(create_app(Settings(store=url, fixture=fixture)))
    (said,) = (each.getMessage() for each in caplog.records if "not applied" in each.getMessage())
    assert said.startswith("the store has records already, so the fixture contoso is not applied")
    assert len(said) < 200


def test_a_server_with_other_fixtures_says_that_the_store_has_others(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="fakegraph")
    for fixture in (("contoso",), (), ()):
        close_app(create_app(Settings(store=url, fixture=fixture)))
    said = [each.getMessage() for each in caplog.records if "other fixtures" in each.getMessage()]
    assert len(said) == 2
    assert "the store's default tenant was made with other fixtures than none" in said[0]
    caplog.clear()
    app = create_app(Settings(store=url, fixture=(), auth="off"))
    app.test_client().post("/_fakegraph/reset")
    close_app(app)
    caplog.clear()
    close_app(create_app(Settings(store=url, fixture=())))
    assert "fixtures" not in caplog.text


def test_durability_is_not_for_a_store(url: str) -> None:
    with pytest.raises(SettingsError, match="durability is for data-dir"):
        Settings(store=url, durability="fsync")


@pytest.mark.parametrize(
    ("path", "seconds"),
    [
        (HEALTH, 2),
        ("/v1.0/users", 3),
        ("/tenants/other/v1.0/users", 3),
        ("/_fakegraph/requests", 3),
    ],
)
def test_a_database_that_hangs_is_said_to_be_away_soon(
    client: Any, path: str, seconds: int
) -> None:
    pool = client.application.extensions["fakegraph_tenants"].stores.pool
    [[(pid,)]] = pool.ask(("SELECT pg_backend_pid()",))
    os.kill(int(pid), signal.SIGSTOP)
    try:
        answer = client.get(path)
    finally:
        os.kill(int(pid), signal.SIGCONT)
    assert answer.status_code == 503
    told = f"has not answered within {seconds} seconds"
    assert told in answer.json["error"]["message"]
