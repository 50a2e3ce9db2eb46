"""What becomes of requests while the database is away, and that they go on by themselves after."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fakegraph.store import StorageFailure, StoreError, Stores, Template
from fakegraph.store.postgres.pool import Unreachable
from fakegraph.store.postgres.wire import Lost, Wire
from tests.store.worlds import LAYOUTS, RECORDS, dump, ids, insert, seed

from .database import Database


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    """A database server of this file's own, which is killed now and then."""
    found = Database()
    yield found
    found.stop()


@pytest.fixture
def stores(server: Database) -> Iterator[Stores]:
    stores = Stores(Template(RECORDS, LAYOUTS, seed=seed), url=server.create())
    yield stores
    stores.close()


@pytest.fixture
def store(stores: Stores) -> Any:
    return stores.open("contoso")


def away(store: Any) -> None:
    """Neither reads nor writes are answered, and what is refused may be tried again."""
    with pytest.raises(Unreachable) as refused:
        store.catch_up()
    assert refused.value.retry_after
    with pytest.raises(StorageFailure):
        insert(store, "users", "lost")


def test_it_goes_on_when_the_database_is_back(server: Database, store: Any) -> None:
    insert(store, "users", "kept")
    server.kill()
    away(store)
    server.start()

    _eventually(store.catch_up)
    insert(store, "users", "after")
    assert ids(store.container("users").scan()) == ["ada", "bo", "kept", "after"]


def test_a_connection_that_is_lost_while_nobody_uses_it_costs_no_request(
    server: Database, store: Any
) -> None:
    store.catch_up()
    server.kill()
    server.start()

    store.catch_up()
    insert(store, "users", "after")


def test_a_database_that_does_not_answer_is_not_waited_for(
    server: Database, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fakegraph.store.postgres.shared.SOON", 0.1)
    store.catch_up()
    [(pid,)] = store._storage._pool.ask(("SELECT pg_backend_pid()",))[0]
    os.kill(int(pid), signal.SIGSTOP)
    try:
        with pytest.raises(Unreachable, match="has not answered within"):
            store.catch_up()
    finally:
        os.kill(int(pid), signal.SIGCONT)
    _eventually(store.catch_up)


class _LosesAnswers(Wire):
    """A connection whose answer to the next COMMIT is lost, before or after it is made."""

    lost = ""

    def ask(self, *statements: Any, **options: Any) -> Any:
        if ("COMMIT",) in statements and len(statements) > 1 and _LosesAnswers.lost:
            word, _LosesAnswers.lost = _LosesAnswers.lost, ""
            if word == "after":
                super().ask(*statements, **options)
            self.close()
            raise Lost("cut")
        return super().ask(*statements, **options)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_write_whose_answer_is_lost_is_made_once(
    server: Database, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr("fakegraph.store.postgres.pool.Wire", _LosesAnswers)
    stores = Stores(Template(RECORDS, LAYOUTS, seed=seed), url=server.create())
    store = stores.open("contoso")
    _LosesAnswers.lost = when
    row = insert(store, "users", "once")

    assert _LosesAnswers.lost == ""
    before, sequence = dump(store), store.sequence
    store.catch_up()
    assert (dump(store), store.sequence) == (before, sequence)
    assert store.container("users").get("once").key == row.key
    stores.close()


def _eventually(call: Any) -> None:
    for _ in range(100):
        try:
            call()
        except StoreError:
            time.sleep(0.1)
        else:
            return
    call()
