"""Ten servers that start at the same moment over a database in which nothing is yet."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from fakegraph.app import close_app, create_app, tenants_of
from fakegraph.settings import Settings
from fakegraph.store import KeyTaken, Stores, Template, TenantTaken
from tests.store.worlds import LAYOUTS, RECORDS, dump, insert, seed

from .database import Database

SERVERS = 10
_EVENTS = "userCredentialUsageDetails"


def all_at_once(work: Any) -> list[Any]:
    """What each of the servers' threads gives, or the error that it ends with."""
    gate, found = threading.Barrier(SERVERS), [None] * SERVERS

    def run(number: int) -> None:
        gate.wait()
        try:
            found[number] = work(number)
        except Exception as error:
            found[number] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(SERVERS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return found


def test_one_schema_one_template_and_one_tenant_come_of_it(postgres: Database) -> None:
    url = postgres.create()

    def start(number: int) -> tuple[Stores, Any]:
        stores = Stores(Template(RECORDS, LAYOUTS, seed=seed), url=url)
        return stores, stores.open("default")

    started = all_at_once(start)
    stores = [each[0] for each in started]
    first = started[0][1]
    assert {each[1]._storage.made for each in started} == {first._storage.made}
    assert all(dump(each[1]) == dump(first) for each in started)
    pool = first._storage._pool
    assert pool.ask(("SELECT count(DISTINCT digest) FROM fakegraph_templates",)) == [[("1",)]]

    made = all_at_once(lambda number: stores[number].open("contoso", new=True))
    assert [type(each) for each in made].count(TenantTaken) == SERVERS - 1

    taken = all_at_once(lambda number: insert(started[number][1], "users", "only"))
    assert [type(each) for each in taken].count(KeyTaken) == SERVERS - 1
    rows = all_at_once(lambda number: insert(started[number][1], "users", f"u{number}"))
    assert len({row.key for row in rows}) == SERVERS
    for each in stores:
        each.close()


def test_servers_make_the_same_ids_of_a_fixture_without_any(
    postgres: Database, tmp_path: Path
) -> None:
    fixture = tmp_path / "userCredentialUsageDetails.jsonl"
    event = {
        "feature": "reset",
        "userPrincipalName": "a@b",
        "userDisplayName": "A",
        "isSuccess": True,
        "authMethod": "email",
        "failureReason": "",
        "eventDateTime": "2024-01-31T23:59:59Z",
    }
    fixture.write_text("\n".join([json.dumps(event)] * 3))
    settings = Settings(store=postgres.create(), fixture=(str(fixture),))
    apps = [create_app(settings), create_app(settings)]
    stores = [tenants_of(app).stores for app in apps]
    names = [stores[0].open("one"), stores[1].open("other")]

    ids = [[row.record["id"] for row in each.container(_EVENTS).scan()] for each in names]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 3
    for app in apps:
        close_app(app)
