"""Plans: whichever index a query goes through, the answer is the one of a full scan."""

from __future__ import annotations

from collections import UserList

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.edm.values import Instant
from fakegraph.generate.sets import generate
from fakegraph.odata import engine, plan
from fakegraph.odata.clauses import compiled_filter, compiled_order, without
from fakegraph.odata.query import Query, Source
from fakegraph.settings import Settings
from fakegraph.workloads.reports import build_models

SET = "userCredentialUsageDetails"
MODEL = build_models()["beta"]
SOURCE = Source(MODEL, MODEL.find(f"reports/{SET}"))
NOW = Instant(0)
RECORDS = list(generate(1500, 11, users=40))
SOME_USER = RECORDS[17]["userPrincipalName"]
SOME_DATE = RECORDS[17]["eventDateTime"]

FILTERS = [
    None,
    "isSuccess eq true",
    f"userPrincipalName eq '{SOME_USER.upper()}'",
    f"'{SOME_USER}' eq userPrincipalName and isSuccess eq false",
    "authMethod eq 'fido'",
    "authMethod eq 'unknownFutureValue'",
    "authMethod in ('fido','email') and feature eq 'reset'",
    "authMethod eq 'fido' or feature eq 'reset'",
    "not (authMethod eq 'fido')",
    "feature ne 'reset'",
    "authMethod eq null",
    "authMethod in []",
    f"eventDateTime ge {SOME_DATE}",
    f"eventDateTime gt {SOME_DATE} and eventDateTime lt 2024-06-25T00:00:00Z",
    f"{SOME_DATE} ge eventDateTime and eventDateTime ge 2024-06-02",
    f"eventDateTime eq {SOME_DATE}",
    "eventDateTime gt 2024-06-20 and eventDateTime gt 2024-06-22 and eventDateTime le 2024-06-28 and eventDateTime lt 2024-06-24",
    "eventDateTime gt 2025-01-01",
    "eventDateTime gt 2024-06-20 and eventDateTime lt 2024-06-10",
    "startswith(userDisplayName,'a') and authMethod eq 'email'",
]
ORDERS = [
    None,
    "eventDateTime",
    "eventDateTime desc",
    "isSuccess desc,eventDateTime",
    "userDisplayName,authMethod desc",
]


@pytest.fixture(scope="module")
def collection():
    app = create_app(Settings(fixture=(), auth="off"))
    found = app.extensions["fakegraph_tenants"].of_token(None).store.container(SET)
    found.insert(RECORDS)
    found.update(RECORDS[5]["id"], lambda record: {**record, "authMethod": "qrCode"})
    found.delete(RECORDS[6]["id"])
    yield found
    close_app(app)


class Unindexed(UserList):
    """Rows that can only be scanned."""

    indexed = {}

    def scan(self, after=-1):
        return (row for row in self if row.position > after)


@pytest.fixture(scope="module")
def unindexed(collection):
    """The same rows in a collection that can only be scanned."""
    return Unindexed(collection.scan())


def pages(source, text, order, size):
    query = Query(
        filter=None if text is None else compiled_filter(text, SOURCE),
        order=() if order is None else compiled_order(order, SOURCE),
    )
    after, found = None, []
    while True:
        page = engine.run(query, source, size, after, NOW)
        found += [row.record["id"] for row in page.rows]
        after = page.next
        if after is None:
            return found


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("text", FILTERS)
def test_indexes_answer_as_a_scan_does(collection, unindexed, text, order):
    assert pages(collection, text, order, 250) == pages(unindexed, text, order, 250)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("authMethod eq 'fido'", {"authMethod"}),
        ("authMethod eq 'fido' and feature eq 'reset' and isSuccess", {"authMethod", "feature"}),
        ("authMethod in ('fido','email')", {"authMethod"}),
        ("userPrincipalName eq 'A@CONTOSO.COM'", {"userPrincipalName"}),
        ("authMethod eq 'fido' or feature eq 'reset'", set()),
        ("authMethod ne 'fido'", set()),
        ("authMethod eq authMethod", set()),
        ("tolower(userPrincipalName) eq 'a'", set()),
        ("userDisplayName eq 'a'", set()),
    ],
)
def test_equalities_are_read_from_the_filter(collection, text, names):
    condition = compiled_filter(text, SOURCE)
    assert {found.name for found in plan.equalities(condition, collection.indexed)} == names


def test_sentinel_stands_for_all_that_it_hides(collection):
    condition = compiled_filter("authMethod eq 'unknownFutureValue'", SOURCE)
    (found,) = plan.equalities(condition, collection.indexed)
    assert {10, 11, 28} <= found.keys
    assert 0 not in found.keys


@pytest.mark.parametrize(
    ("text", "order", "long"),
    [
        (f"eventDateTime ge {SOME_DATE}", "eventDateTime desc", False),
        (f"{SOME_DATE} ge eventDateTime and eventDateTime gt {SOME_DATE}", "eventDateTime", False),
        (f"eventDateTime ge {SOME_DATE} and isSuccess eq true", "eventDateTime", True),
        (f"eventDateTime ne {SOME_DATE}", "eventDateTime", True),
        (f"eventDateTime ge {SOME_DATE}", "userDisplayName", True),
        (None, "eventDateTime", False),
    ],
)
def test_a_range_that_is_walked_takes_no_effort(collection, text, order, long):
    condition = compiled_filter(text, SOURCE) if text else None
    query = Query(filter=condition, order=compiled_order(order, SOURCE))
    assert (engine.effort(query, collection) > 0) is long


def test_a_filter_without_one_of_its_conditions():
    def left(text, term):
        whole = compiled_filter(text, SOURCE)
        found = without(whole, list(plan.conjuncts(whole.tree))[term])
        return found and [each for each in RECORDS if found.evaluate([each])]

    fido = [each for each in RECORDS if each["authMethod"] == "fido"]
    assert left("isSuccess eq true and authMethod eq 'fido'", 0) == fido
    assert left("authMethod eq 'fido' and isSuccess eq true", 1) == fido
    failed = [each for each in fido if not each["isSuccess"]]
    assert left("feature eq 'reset' and authMethod eq 'fido' and isSuccess eq false", 0) == failed
    assert left("authMethod eq 'fido'", 0) is None


def test_range_is_the_narrowest():
    text = "eventDateTime gt 2024-06-20 and 2024-06-22 lt eventDateTime and eventDateTime le 2024-06-28"
    limits = plan.range_of("eventDateTime", compiled_filter(text, SOURCE))
    day = 864_000_000_000
    assert (limits.high - limits.low, limits.low_inclusive, limits.high_inclusive) == (
        6 * day,
        False,
        True,
    )


@pytest.mark.parametrize(
    ("order", "name"),
    [("eventDateTime", "eventDateTime"), ("eventDateTime desc", "eventDateTime"), ("feature", None), ("isSuccess,eventDateTime", None), ("year(eventDateTime)", None)],
)  # fmt: skip
def test_ordered_index_serves_its_own_order(collection, order, name):
    assert plan.ordered_by(compiled_order(order, SOURCE), collection.indexed) == name


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("startswith(userDisplayName,'ab')", [("ab", "ac")]),
        ("startswith(userDisplayName,'ab') and isSuccess eq true", [("ab", "ac")]),
        ("startswith(userDisplayName,'AB')", [("ab", "ac")]),
        (f"startswith(userDisplayName,'a{chr(0x10FFFF)}')", [(f"a{chr(0x10FFFF)}", "b")]),
        ("startswith(userDisplayName,'')", []),
        ("startswith('ab',userDisplayName)", []),
        ("startswith(userDisplayName,'ab') or isSuccess eq true", []),
        ("not startswith(userDisplayName,'ab')", []),
        ("startswith(tolower(userDisplayName),'ab')", []),
        ("endswith(userDisplayName,'ab')", []),
        ("startswith(id,'ab')", []),
    ],
)
def test_what_begins_so_is_a_range(text, found):
    tree = compiled_filter(text, SOURCE).tree
    ranges = plan.prefixes(tree, {"userDisplayName": True})
    assert [(each.low, each.high) for each in ranges] == found
    assert all(not each.high_inclusive for each in ranges)
    assert plan.prefixes(tree, {"userDisplayName": False}) == []
