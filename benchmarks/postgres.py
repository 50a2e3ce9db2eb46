"""What records in PostgreSQL cost, beside the embedded store and beside psycopg. Prints markdown.

    python benchmarks/postgres.py [--rounds N] [--quick]

It wants Debian's PostgreSQL, which it starts by itself, and psycopg. Each thing is done by the
store in memory, by the store over the database, and by the floor: psycopg alone, with as many round
trips to the same server, and as many rows that each brings back. They are measured in turn, as the
speed of a machine drifts, and ratios are taken between neighbours; medians are printed.

What a request costs beside its store is not in it: `benchmarks/run.py` has that.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from itertools import count, islice
from pathlib import Path
from typing import Any

import orjson
import psycopg

sys.path[:0] = [str(Path(__file__).parents[1])]

from store import user  # noqa: E402

from fakegraph.store import Index, Layout, Store, Stores, Template, UniqueKey  # noqa: E402
from tests.postgres.database import Database  # noqa: E402

PAGE, MEMBERS = 100, "group/members"
TRIPS = {"get": 1, "filtered page of 100": 1, "100 with $expand": 1, "create": 2}
BUDGETS = {"floor": 0.6, "million": 1.5, "tenant": 0.5}

Figures = dict[str, list[float]]
"""Microseconds, a value for each round."""


def same(value: Any) -> Any:
    return value


LAYOUTS = {
    "users": Layout(
        keys=(UniqueKey("id"), UniqueKey("userPrincipalName", str.casefold)),
        indexes=(Index("officeLocation", same), Index("displayName", same, ordered=True)),
    ),
    "groups": Layout(),
}


def user_id(number: int) -> str:
    """The id of a user."""
    return f"{number:08x}-1111-4000-8000-000000000000"


def template(size: int) -> Template:
    """So many users, and a group of each hundred of the first ten thousand."""

    def seed(transaction: Any) -> None:
        rows = list(islice(transaction.all_of("users"), 10_000))
        for number in range(0, len(rows), PAGE):
            group = transaction.insert("groups", {"id": f"g{number // PAGE}"})
            for row in rows[number : number + PAGE]:
                transaction.link(MEMBERS, group.key, row.key)

    return Template({"users": list(map(user, range(size))), "groups": []}, LAYOUTS, seed=seed)


class Ours:
    """What requests ask of a store; over a database they catch up first."""

    def __init__(self, store: Store, size: int) -> None:
        self.store, self.size, self._new = store, size, count(size)

    def get(self, number: int) -> object:
        """One by its id."""
        self.store.catch_up()
        row = self.store.container("users").get(user_id(number % self.size))
        assert row is not None
        return row.json

    def page(self, number: int) -> object:
        """A hundred by a condition that an index answers."""
        self.store.catch_up()
        rows = self.store.container("users").walk("displayName", low=f"User {number % 9 + 1}")
        return [row.json for row in islice(rows, PAGE)]

    def expand(self, number: int) -> object:
        """The hundred members of a group, each with the groups that it is in."""
        self.store.catch_up()
        group = self.store.container("groups").get(f"g{number % (min(self.size, 10_000) // PAGE)}")
        assert group is not None
        links = self.store.links(MEMBERS)
        keys = [row.key for _, row in links.page(group.key, -1, PAGE)]
        groups = links.ends(keys, 20, backwards=True)
        flat = self.store.rows([key for each in groups for key in each])
        return [row.json for row in (*self.store.rows(keys), *flat) if row is not None]

    def create(self, number: int) -> object:
        """One more."""
        self.store.catch_up()
        return self.store.container("users").insert([user(next(self._new))])[0].json


_FIRST = """WITH first AS (
        UPDATE floor_at SET n = %s WHERE of = 'default' AND n = %s RETURNING of)
    INSERT INTO floor_log SELECT of, CAST(%s AS BIGINT), CAST(%s AS TEXT) FROM first RETURNING n"""


class Floor:
    """Psycopg alone: a table of texts, and for each thing as many round trips and rows."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)
        self._new = count(1)
        self._ask("CREATE TABLE floor (n BIGINT PRIMARY KEY, data TEXT NOT NULL)")
        self._ask("CREATE TABLE floor_log (of TEXT, n BIGINT, data TEXT, PRIMARY KEY (of, n))")
        self._ask("CREATE TABLE floor_at (of TEXT PRIMARY KEY, n BIGINT)")
        self._ask("INSERT INTO floor_at VALUES ('default', 0)")
        with self._connection.cursor() as cursor, cursor.copy("COPY floor FROM STDIN") as copy:
            for number in range(1_000):
                copy.write_row((number, orjson.dumps(user(number)).decode()))
        self._ask("ANALYZE floor")

    def _ask(self, sql: str, *values: object) -> list[Any]:
        cursor = self._connection.execute(sql, values)
        return cursor.fetchall() if cursor.description else []

    def get(self, number: int) -> object:
        """One row."""
        return self._ask("SELECT data FROM floor WHERE n = %s", number % 1_000)

    def page(self, number: int) -> object:
        """A hundred rows."""
        start = number % 9 * PAGE
        return self._ask("SELECT data FROM floor WHERE n >= %s AND n < %s", start, start + PAGE)

    def expand(self, number: int) -> object:
        """Two hundred rows."""
        start = number % 8 * PAGE
        return self._ask("SELECT data FROM floor WHERE n >= %s AND n < %s", start, start + 2 * PAGE)

    def create(self, number: int) -> object:
        """A look, and a row that is inserted where a number is still what it was."""
        [(at,)] = self._ask("SELECT n FROM floor_at WHERE of = 'default'")
        new = orjson.dumps(user(next(self._new))).decode()
        return self._ask(_FIRST, at + 1, at, at + 1, new)


NAMES = {
    "get": "get",
    "page": "filtered page of 100",
    "expand": "100 with $expand",
    "create": "create",
}


def timed(action: Callable[[int], object], times: int) -> float:
    """Microseconds of one, the median of many."""
    found = []
    for number in range(times):
        began = time.perf_counter()
        action(number * 7)
        found.append(time.perf_counter() - began)
    return statistics.median(found) * 1e6


def measure(kinds: dict[str, Any], rounds: int, times: int) -> dict[str, Figures]:
    """Each thing by each kind, in turn."""
    found: dict[str, Figures] = {name: {kind: [] for kind in kinds} for name in NAMES}
    for name in NAMES:  # what is prepared, planned and cached is so from the start
        for each in kinds.values():
            timed(getattr(each, name), 20)
    for _ in range(rounds):
        for name in NAMES:
            for kind, each in kinds.items():
                found[name][kind].append(timed(getattr(each, name), times))
    return found


def ratio(one: list[float], other: list[float]) -> float:
    """The median of the ratios between neighbours."""
    return statistics.median(a / b for a, b in zip(one, other, strict=True))


def tenants(stores: Stores, url: str, times: int) -> float:
    """Milliseconds of a new tenant, beside what its round trip costs."""
    connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)
    made, trip = [], []
    for number in range(times):
        began = time.perf_counter()
        stores.open(f"new{number}")
        made.append(time.perf_counter() - began)
        began = time.perf_counter()
        connection.execute("INSERT INTO floor_log VALUES ('', %s, '')", (number,))
        trip.append(time.perf_counter() - began)
    connection.close()
    return (statistics.median(made) - statistics.median(trip)) * 1e3


def resets(store: Store, writes: int) -> float:
    """Milliseconds of going back after so many writes."""
    for number in range(writes):
        store.container("users").insert([{"id": f"r{number}", "userPrincipalName": f"r{number}"}])
    began = time.perf_counter()
    store.reset()
    return (time.perf_counter() - began) * 1e3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the sizes, one round")
    asked = parser.parse_args()
    rounds, times = (1, 100) if asked.quick else (asked.rounds, 400)
    small, big = (1_000, 10_000) if asked.quick else (1_000, 1_000_000)
    database = Database("-c", "synchronous_commit=off")
    try:
        report(database, small, big, rounds, times)
    finally:
        database.stop()


def report(database: Database, small: int, big: int, rounds: int, times: int) -> None:
    """Print what was measured."""
    url = database.create()
    few, embedded = template(small), Stores(template(small))
    shared = Stores(few, url=url)
    store, floor = shared.open("default"), Floor(url)
    kinds = {"embedded": Ours(embedded.open("default"), small), "shared": Ours(store, small)}
    found = measure({**kinds, "floor": floor}, rounds, times)
    print(f"{small:,} users; microseconds\n")
    print("| | round trips | embedded | PostgreSQL | floor | of the floor |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, words in NAMES.items():
        values = [statistics.median(each) for each in found[name].values()]
        share = ratio(found[name]["floor"], found[name]["shared"])
        cells = " | ".join(f"{value:.0f}" for value in values)
        print(f"| {words} | {TRIPS[words]} | {cells} | {share:.2f} (at least {BUDGETS['floor']}) |")
    print()
    print(f"- new tenant beside its round trip: {tenants(shared, url, times):.2f} ms (at most 0.5)")
    after = {writes: resets(store, writes) for writes in (10, times * 10)}
    told = ", ".join(f"{took:.1f} ms after {writes:,} writes" for writes, took in after.items())
    print(f"- reset: {told}")
    many_url = database.create()
    began = time.perf_counter()
    many = Stores(template(big), url=many_url)
    other = many.open("default")
    print(f"- {big:,} users: the first server begins in {time.perf_counter() - began:.0f} s")
    both = {"few": Ours(store, small), "many": Ours(other, big)}
    found = measure(both, rounds, times)
    shares = {NAMES[name]: ratio(each["many"], each["few"]) for name, each in found.items()}
    told = ", ".join(f"{words} {share:.2f}" for words, share in shares.items())
    print(f"- {big:,} users at the cost of {small:,} (at most 1.5 times): {told}")
    for each in (embedded, shared, many):
        each.close()


if __name__ == "__main__":
    main()
