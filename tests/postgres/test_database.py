"""The PostgreSQL that these tests run on is there, and each file has a database of its own."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from .database import Database


def ask(url, statement):
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def test_a_file_begins_with_an_empty_database(database):
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    assert ask(database, tables) == [(0,)]


def test_what_is_written_in_one_database_is_in_no_other(postgres, database):
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE kept (a int)")

    with pytest.raises(psycopg.errors.UndefinedTable):
        ask(postgres.create(), "SELECT * FROM kept")


def test_it_comes_back_after_it_was_killed_with_what_was_committed():
    database = Database()
    try:
        with psycopg.connect(database.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS a")
        database.kill()
        database.start()
        assert ask(database.url, "SELECT a FROM kept") == [(1,)]
    finally:
        database.stop()


def test_it_runs_as_an_ordinary_user(postgres):
    ((folder,),) = ask(postgres.url, "SHOW data_directory")
    assert Path(folder).stat().st_uid != 0
