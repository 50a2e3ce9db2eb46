"""Ten servers that start at the same moment over a database in which nothing is yet."""

from __future__ import annotations

import threading
from typing import Any

from fakegraph.store import KeyTaken, Stores, Template, TenantTaken
from tests.store.worlds import LAYOUTS, RECORDS, dump, insert, seed

from .database import Database

SERVERS = 10


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
