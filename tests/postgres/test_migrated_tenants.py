"""What goes along with a tenant that moves, beside its records, and what the next server makes of
it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fakegraph.app import close_app, create_app
from fakegraph.changes.moved import written_down
from fakegraph.handle.notified import Receiver
from fakegraph.settings import Settings
from fakegraph.store.postgres.moving import into_database, out_of_database
from fakegraph.store.postgres.place import SharedPlace
from fakegraph.template import laid_out
from fakegraph.tokens.keys import SharedKey

from .database import Database
from .test_migrate import migrate
from .test_shared_notifications import CONTROL, add, seed, subscribe


@contextmanager
def serving(place: Path | str) -> Iterator[Any]:
    """A client of a server that has a folder, or a database."""
    where = {"data_dir": place} if isinstance(place, Path) else {"store": place}
    app = create_app(Settings(**where, auth="off"))
    try:
        yield app.test_client()
    finally:
        close_app(app)


def move(source: Path | str, target: Path | str) -> None:
    if isinstance(source, Path):
        list(into_database(source, str(target), laid_out()))
    else:
        list(out_of_database(source, Path(target), laid_out(), written_down))


@pytest.fixture(params=["in", "out"])
def places(request: Any, postgres: Database, tmp_path: Path) -> tuple[Path | str, Path | str]:
    """From where to where."""
    folder, url = tmp_path / "data", postgres.create()
    return (folder, url) if request.param == "in" else (url, folder)


def test_what_was_told_before_a_move_is_not_told_after_it(places: Any) -> None:
    source, target = places
    with Receiver() as receiver:
        with serving(source) as client:
            seed(client)
            subscribe(client, receiver)
            before = [add(client, name) for name in ("Ada", "Bo")]
            assert client.post(f"{CONTROL}/flush").json["delivered"] == 2
        move(source, target)
        with serving(target) as client:
            client.post(f"{CONTROL}/flush")
            after = add(client, "Cy")
            client.post(f"{CONTROL}/flush")
        told = [each["resourceData"]["id"] for each in receiver.received]
    assert sorted(told) == sorted([*before, after])


def test_a_token_of_before_is_good_after_a_move(places: Any) -> None:
    source, target = places
    with serving(source) as client:
        jwks = client.get("/common/discovery/v2.0/keys").json
    moved = migrate(source, target)
    assert (moved.returncode, moved.stderr) == (0, "")
    with serving(target) as client:
        assert client.get("/common/discovery/v2.0/keys").json == jwks
    if isinstance(target, Path):
        assert (target / "identity" / "signing-key.pem").stat().st_mode & 0o077 == 0


def test_a_key_that_is_there_already_stays_and_it_is_said(
    postgres: Database, tmp_path: Path
) -> None:
    url, folder = postgres.create(), tmp_path / "data"
    with serving(folder) as client:
        client.get("/common/discovery/v2.0/keys")
    place = SharedPlace(url, laid_out())
    kid = SharedKey(place.pool).kid
    place.close()
    moved = migrate(folder, url)
    assert moved.returncode == 0
    assert moved.stderr.startswith("the database has a key of its own already")
    with serving(url) as client:
        keys = client.get("/common/discovery/v2.0/keys").json["keys"]
    assert [each["kid"] for each in keys] == [kid]


def test_who_may_only_read_may_copy_out(postgres: Database, tmp_path: Path) -> None:
    url = postgres.create()
    with serving(url):
        pass
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN")
    reader = url.replace("//fakegraph@", "//reader@")
    refused = migrate(reader, tmp_path / "none")
    assert refused.returncode == 1
    assert "GRANT SELECT on those whose names begin with fakegraph_" in refused.stderr
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    assert migrate(reader, tmp_path / "out").stdout.endswith("1 tenant copied\n")


def test_what_has_no_tenants_of_fakegraph_is_refused(postgres: Database, tmp_path: Path) -> None:
    empty, url = tmp_path / "empty", postgres.create()
    empty.mkdir()
    from_folder, from_database = migrate(empty, url), migrate(url, tmp_path / "out")
    assert (from_folder.returncode, from_database.returncode) == (1, 1)
    assert "is no data folder: no tenant's file is in it" in from_folder.stderr
    assert "the database has no tables of fakegraph" in from_database.stderr
    assert list(empty.iterdir()) == []
