"""Queries over the rows of one owner, and over what is linked: as over a list of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fakegraph.edm.values import Instant
from fakegraph.generate.sets import generate
from fakegraph.odata import engine
from fakegraph.odata.clauses import compiled_filter, compiled_order
from fakegraph.odata.query import Query, Source
from fakegraph.store import Layout
from fakegraph.template import indexes
from fakegraph.workloads.reports import build_models

from .worlds import KINDS, MEMBERS, World, do, insert, key

MODEL = build_models()["beta"]
SET = MODEL.find("reports/userCredentialUsageDetails")
SOURCE = Source(MODEL, SET)
NOW = Instant(0)
EVENTS = list(generate(400, 7, users=20))
SOME_DATE = EVENTS[17]["eventDateTime"]
CONTAINER = "user/events"

FILTERS = [
    None,
    "isSuccess eq true",
    f"userPrincipalName eq '{EVENTS[17]['userPrincipalName'].upper()}'",
    "authMethod in ('fido','email') and feature eq 'reset'",
    f"eventDateTime ge {SOME_DATE}",
    f"eventDateTime eq {SOME_DATE} or isSuccess eq false",
    "eventDateTime gt 2024-06-20 and eventDateTime lt 2024-06-24",
]
ORDERS = [None, "eventDateTime", "eventDateTime desc", "isSuccess desc,eventDateTime"]


@pytest.fixture(scope="module", params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[World]:
    declared = tuple(replace(each, by_owner=each.ordered) for each in indexes(SET))
    folder: Path = tmp_path_factory.mktemp("queries")
    world = World(request.param, folder, {CONTAINER: Layout(indexes=declared)})
    yield world
    world.close()


@pytest.fixture(scope="module")
def store(world: World) -> Any:
    """Ada and Bo have the events in turn; the staff is linked to every third, from the last on."""
    store = world.open()
    owners = [key(store, "users", each) for each in ("ada", "bo")]
    staff = key(store, "groups", "staff")

    def work(transaction: Any) -> None:
        made = [
            transaction.insert(CONTAINER, event, owners[number % 2])
            for number, event in enumerate(EVENTS)
        ]
        for row in made[::-3]:
            transaction.link("group/events", staff, row.key)

    store.transact(work)
    return store


def pages(rows: Any, text: str | None, order: str | None) -> list[list[str]]:
    query = Query(
        filter=None if text is None else compiled_filter(text, SOURCE),
        order=() if order is None else compiled_order(order, SOURCE),
    )
    found, after = [], None
    while True:
        page = engine.run(query, rows, 37, after, NOW)
        found.append([row.record["id"] for row in page.rows])
        assert sum(map(len, found)) <= len(EVENTS)
        if page.next is None:
            assert engine.count(query, rows, NOW) == sum(map(len, found))
            return found
        after = page.next


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("order", ORDERS)
def test_a_query_gives_of_an_owner_what_a_scan_would(
    store: Any, text: str | None, order: str | None
) -> None:
    for owner in ("ada", "bo"):
        rows = store.container(CONTAINER).of(key(store, "users", owner))
        assert pages(rows, text, order) == pages(only_scanned(rows), text, order)


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("order", ORDERS)
def test_a_query_gives_of_links_what_a_scan_would(
    store: Any, text: str | None, order: str | None
) -> None:
    rows = store.links("group/events").targets(key(store, "groups", "staff"))
    expected = pages(only_scanned(rows), text, order)
    assert pages(rows, text, order) == expected
    if order is None and text is None:
        assert [id for page in expected for id in page] == [each["id"] for each in EVENTS[::-3]]


def only_scanned(rows: Any) -> Any:
    """The same rows without an index."""

    class Scanned(SimpleNamespace):
        def __len__(self) -> int:
            return len(rows)

    return Scanned(indexed={}, scan=rows.scan)


@pytest.mark.parametrize("order", ORDERS)
def test_pages_of_links_go_on_while_links_come_and_go(world: World, order: str | None) -> None:
    store = world.open(f"paging{ORDERS.index(order)}")
    staff = key(store, "groups", "staff")
    made = [insert(store, CONTAINER, **event) for event in EVENTS[:100]]
    for row in made:
        do(store, "link", MEMBERS, staff, row.key)
    for user in ("ada", "bo"):
        do(store, "unlink", MEMBERS, staff, key(store, "users", user))
    query = Query(order=() if order is None else compiled_order(order, SOURCE))
    rows, after, met = store.links(MEMBERS).targets(staff), None, []
    for _ in range(10):
        page = engine.run(query, rows, 10, after, NOW)
        met += [row.record["id"] for row in page.rows]
        after = page.next
        do(store, "unlink", MEMBERS, staff, page.rows[-1].key)

    assert after is None
    assert sorted(met) == sorted(event["id"] for event in EVENTS[:100])
