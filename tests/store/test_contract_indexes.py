"""Indexes: by equality, by order, by owner and order together; and pages that go by them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from .worlds import World, do, ids, insert, key

MESSAGES = "user/messages"


@pytest.fixture
def store(world: World) -> Any:
    """A new tenant's store, of each kind."""
    return world.open()


@pytest.fixture
def ada(store: Any) -> int:
    return key(store, "users", "ada")


@pytest.fixture
def bo(store: Any) -> int:
    return key(store, "users", "bo")


def fill(store: Any, owners: list[int], received: list[Any]) -> None:
    """Messages n0, n1, …, the owners' in turn."""

    def work(transaction: Any) -> None:
        for number, when in enumerate(received):
            record = {"id": f"n{number}", "received": when, "read": number % 3 == 0}
            transaction.insert(MESSAGES, record, owners[number % len(owners)])

    store.transact(work)


def test_it_says_what_can_be_looked_up(store: Any, ada: int) -> None:
    assert store.container("users").indexed == {"age": True, "city": False}
    assert store.container("groups").indexed == {}
    assert store.container(MESSAGES).of(ada).indexed["received"] is True


def test_indexes_of_a_whole_container(store: Any, ada: int) -> None:
    users = store.container("users")
    insert(store, "users", "c", age=20, city="OSLO")
    do(store, "replace", ada, {"id": "ada", "age": 10})

    assert ids(users.walk("age")) == ["bo", "ada", "c"]
    assert ids(users.walk("age", descending=True)) == ["c", "ada", "bo"]
    assert ids(users.equal("city", ["oslo"])) == ["bo", "c"]
    assert users.count_equal("city", ["oslo", "london"]) == 2
    assert ids(users.equal("city", [None])) == ["ada"]
    assert ids(users.equal("age", [10, 20])) == ["ada", "c"]


def test_an_owners_rows_are_walked_in_order(store: Any, ada: int, bo: int) -> None:
    fill(store, [bo, ada], [n * 7919 % 1009 for n in range(400)])
    mine = sorted(range(0, 400, 2), key=lambda n: n * 7919 % 1009)
    found = store.container(MESSAGES).of(bo)

    assert ids(found.walk("received")) == [f"n{n}" for n in mine]
    assert ids(found.walk("received", descending=True)) == [f"n{n}" for n in reversed(mine)]


OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({}, "n m x a d b e c"),
    ({"descending": True}, "c b e a d x n m"),
    ({"low": 2}, "b e c"),
    ({"low": 2, "low_inclusive": False}, "c"),
    ({"high": 2}, "a d b e"),
    ({"high": 2, "high_inclusive": False}, "a d"),
    ({"low": 1, "high": 2, "descending": True}, "b e a d"),
    ({"low": 2, "high": 2, "high_inclusive": False}, ""),
    ({"low": 3, "high": 1}, ""),
    ({"low": 7, "descending": True}, ""),
]


@pytest.mark.parametrize(("options", "expected"), OPTIONS)
def test_a_range_of_an_owners_rows_is_none_of_the_others(
    store: Any, ada: int, bo: int, options: dict[str, Any], expected: str
) -> None:
    times = {"n": None, "a": 1, "b": 2, "m": None, "c": 3, "x": math.nan, "d": 1, "e": 2}
    for name, when in times.items():
        insert(store, MESSAGES, f"{name}-", ada, received=when)
        insert(store, MESSAGES, name, bo, received=when)

    found = store.container(MESSAGES).of(bo)
    assert ids(found.walk("received", **options)) == expected.split()
    theirs = store.container(MESSAGES).of(ada).walk("received", **options)
    assert [id for id in ids(theirs) if id != "m1"] == [f"{id}-" for id in expected.split()]


@pytest.mark.parametrize("bounds", [{}, {"low": 3, "high": 11}, {"low": 4}, {"high": 9}])
def test_a_walk_backwards_is_a_walk_from_its_end(
    store: Any, ada: int, bo: int, bounds: dict[str, Any]
) -> None:
    fill(store, [ada, bo], [(number * 7) % 5 + 3 if number % 6 else None for number in range(700)])
    rows = store.container(MESSAGES).of(ada)
    whole = list(rows.walk("received", **bounds))[::-1]
    assert ids(rows.walk("received", backwards=True, **bounds)) == ids(whole)
    for number in range(0, len(whole), 67):
        after = (whole[number].record["received"], whole[number].position)
        rest = rows.walk("received", backwards=True, after=after, **bounds)
        assert ids(rest) == ids(whole[number + 1 :])


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("bounds", [{}, {"low": 3, "high": 11}, {"low": 4}, {"high": 9}])
def test_a_walk_goes_on_after_any_row_of_an_owner(
    store: Any, ada: int, bo: int, descending: bool, bounds: dict[str, int]
) -> None:
    fill(store, [ada, bo], [n * n % 13 or None for n in range(120)])
    found = store.container(MESSAGES).of(bo)
    rows = list(found.walk("received", **bounds, descending=descending))

    for number, row in enumerate(rows):
        after = (row.record["received"], row.position)
        rest = found.walk("received", **bounds, descending=descending, after=after)
        assert ids(rest) == ids(rows[number + 1 :])


@pytest.mark.parametrize("descending", [False, True])
def test_pages_meet_each_row_whose_key_stays_exactly_once(
    store: Any, ada: int, bo: int, descending: bool
) -> None:
    fill(store, [ada, bo], [n * 7919 % 101 or None for n in range(300)])
    found, met, after, number = store.container(MESSAGES).of(bo), [], None, 0
    while True:
        rows = found.walk("received", descending=descending, after=after)
        page = [row for _, row in zip(range(10), rows, strict=False)]
        if not page:
            break
        met += ids(page)
        after = (page[-1].record["received"], page[-1].position)
        number += 1
        assert number < 60, "it ends"
        do(store, "delete", page[-1].key)
        insert(store, MESSAGES, f"late{number}", bo, received=number * 31 % 101)
        other = store.container(MESSAGES).get(f"n{number * 8 % 300}")
        if other is not None and other.owner == ada:
            do(store, "replace", other.key, {**other.record, "received": 50})

    assert len(set(met)) == len(met)
    assert {f"n{n}" for n in range(1, 300, 2)} <= {*met}


@pytest.mark.parametrize("descending", [False, True])
def test_a_walk_under_way_meets_what_stays(store: Any, ada: int, bo: int, descending: bool) -> None:
    fill(store, [ada, bo], [n * 7919 % 101 for n in range(600)])
    met = []
    walk = store.container(MESSAGES).of(ada).walk("received", descending=descending)
    for number, row in enumerate(walk):
        met.append(row.record["id"])
        if number % 40 == 0:
            gone = store.container(MESSAGES).get(f"n{number}")
            if gone is not None:
                do(store, "delete", gone.key)
            insert(store, MESSAGES, f"late{number}", ada, received=number % 101)

    stayed = {*ids(store.container(MESSAGES).of(ada).scan())}
    assert {id for id in stayed if id[0] in "nm"} <= {*met}
    assert len(set(met)) == len(met)


def test_an_owners_rows_are_scanned_on_from_a_position(store: Any, ada: int, bo: int) -> None:
    fill(store, [ada, bo], list(range(500)))
    found = store.container(MESSAGES).of(bo)
    rows = list(found.scan())

    for row in rows[:: len(rows) // 7]:
        assert ids(found.scan(row.position)) == ids(rows[rows.index(row) + 1 :])
    do(store, "delete", rows[100].key)
    assert ids(found.scan(rows[100].position)) == ids(rows[101:])


def test_what_is_indexed_of_an_owner_is_the_owners_alone(store: Any, ada: int, bo: int) -> None:
    fill(store, [ada, bo], list(range(300)))
    for owner in (ada, bo):
        found = store.container(MESSAGES).of(owner)
        for name in found.indexed:
            for value in (True, False, 7, 8, None):
                expected = [row for row in found.scan() if row.record.get(name) == value]
                assert ids(found.equal(name, [value])) == ids(expected)
                assert found.count_equal(name, [value]) == len(expected)
                late = ids(row for row in expected if row.position > 100)
                assert ids(found.equal(name, [value], 100)) == late


def test_a_moved_row_is_walked_with_its_new_owners(store: Any, ada: int, bo: int) -> None:
    fill(store, [bo], [10, 30])
    moved = key(store, MESSAGES, "m1")
    do(store, "replace", moved, {"id": "m1", "received": 20})
    do(store, "move", moved, bo)
    messages = store.container(MESSAGES)

    assert ids(messages.of(bo).walk("received")) == ["n0", "m1", "n1"]
    assert ids(messages.of(bo).scan()) == ["m1", "n0", "n1"]
    assert ids(messages.of(ada).walk("received")) == []
    assert ids(messages.equal("read", [None])) == ["m1"]


def test_hidden_rows_are_in_no_index(store: Any, ada: int, bo: int) -> None:
    fill(store, [bo], [10, 30])
    hidden = key(store, MESSAGES, "n0")
    do(store, "hide", hidden)
    messages = store.container(MESSAGES)

    assert ids(messages.of(bo).walk("received")) == ids(messages.of(bo).scan()) == ["n1"]
    assert ids(messages.equal("read", [True])) == ["m1"]
    assert (len(messages.of(bo)), len(messages)) == (1, 2)
    do(store, "restore", hidden)
    assert ids(messages.of(bo).walk("received")) == ids(messages.of(bo).scan()) == ["n0", "n1"]
    assert ids(messages.equal("read", [True])) == ["m1", "n0"]


def test_indexes_follow_a_snapshot(store: Any, ada: int, bo: int) -> None:
    fill(store, [ada, bo], list(range(100)))
    snapshot = store.snapshot()
    do(store, "delete", ada)
    fill_again = [f"n{n}" for n in range(1, 100, 2)]
    for id in fill_again:
        row = store.container(MESSAGES).get(id)
        do(store, "replace", row.key, {"id": id, "received": -row.record["received"]})
    assert ids(store.container(MESSAGES).of(bo).walk("received")) == fill_again[::-1]

    store.restore(snapshot)
    assert ids(store.container(MESSAGES).of(bo).walk("received")) == fill_again
    assert len(store.container(MESSAGES).of(ada)) == 51


@pytest.mark.parametrize("asked_first", [True, False])
def test_an_index_that_is_made_late_has_what_others_have(
    store: Any, ada: int, bo: int, asked_first: bool
) -> None:
    rows = store.container(MESSAGES).of(bo)
    assert rows.indexed["from"] is False
    insert(store, MESSAGES, "a", bo, **{"from": "Eve"})
    insert(store, MESSAGES, "other", ada, **{"from": "Eve"})
    if asked_first:
        assert ids(rows.equal("from", ["eve"])) == ["a"]
    insert(store, MESSAGES, "b", bo, **{"from": "EVE"})
    insert(store, MESSAGES, "c", bo, **{"from": "mel"})
    insert(store, MESSAGES, "d", bo, **{"from": "eve"})
    do(store, "replace", key(store, MESSAGES, "c"), {"id": "c", "from": "eve"})
    do(store, "delete", key(store, MESSAGES, "a"))
    do(store, "hide", key(store, MESSAGES, "d"))

    def work(transaction: Any) -> Any:
        transaction.insert(MESSAGES, {"id": "e", "from": "eve"}, bo)
        return [row.record["id"] for row in transaction.equal(MESSAGES, "from", "eve", bo)]

    assert store.transact(work) == ["b", "c", "e"]
    assert ids(rows.equal("from", ["eve"])) == ["b", "c", "e"]
    assert rows.count_equal("from", ["eve", "mel"]) == 3
    last = rows.get("e")
    assert [rows.count_before("from", each, last.position) for each in ("eve", "mel")] == [2, 0]
    fill(store, [bo], list(range(1100)))  # so many at once are made beside who reads
    assert ids(rows.equal("from", ["eve"])) == ["b", "c", "e"]
    assert rows.count_equal("from", [None]) == 1100


def test_a_walk_by_what_has_no_order_is_an_error(store: Any) -> None:
    for name in ("city", "nothing"):
        with pytest.raises(KeyError):
            list(store.container("users").walk(name))


def test_null_is_equal_to_null(store: Any, bo: int) -> None:
    assert ids(store.container("users").equal("age", [None])) == ["bo"]
    insert(store, MESSAGES, "m2", bo)
    assert ids(store.container(MESSAGES).equal("read", [None])) == ["m2"]


@pytest.mark.parametrize("name", ["read", "received", "nothing"])
def test_an_index_of_the_other_kind_is_none(store: Any, ada: int, name: str) -> None:
    """By owner for all of a container, or for a container beside an owner's rows."""
    messages = store.container(MESSAGES)
    rows = messages.of(ada) if name == "read" else messages
    assert name not in rows.indexed
    for read in (rows.walk, lambda name: rows.equal(name, [1])):
        with pytest.raises(KeyError):
            list(read(name))
    with pytest.raises(KeyError):
        rows.count_equal(name, [1])
