"""What a collection does, the same in memory and on disk."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest

from fakegraph.store import Container, Index, KeyTaken, Record, Store, Stores, Template

from .conftest import dump, ids, people, person


def test_it_starts_as_the_template(collection: Container) -> None:
    assert ids(collection.scan()) == ["p1", "p2"]
    assert len(collection) == 2


def test_insert_gives_the_rows_and_stores_them(collection: Container) -> None:
    (row,) = collection.insert([person("ada")])

    assert collection.get("ada") is row
    assert row.record == person("ada")
    assert row.json == b'{"id":"ada","group":"staff","name":"Ada","age":36}'


def test_positions_only_grow(collection: Container) -> None:
    (first,) = collection.insert([person("a")])
    collection.delete("a")
    (second,) = collection.insert([person("a")])

    assert second.position > first.position


@pytest.mark.parametrize("batch", [["new", "p1"], ["new", "new"], ["p2"]])
def test_insert_with_a_taken_id_stores_nothing(collection: Container, batch: list[str]) -> None:
    with pytest.raises(KeyTaken) as error:
        collection.insert([person(key) for key in batch])

    assert error.value.value == batch[-1]
    assert ids(collection.scan()) == ["p1", "p2"]


@pytest.mark.parametrize("key", [None, 7])
def test_insert_needs_an_id_that_is_text(collection: Container, key: Any) -> None:
    with pytest.raises(TypeError, match="id must be a string"):
        collection.insert([person("fine"), {"id": key}])

    assert collection.get("fine") is None


def test_insert_refuses_what_is_not_json(collection: Container) -> None:
    with pytest.raises(TypeError):
        collection.insert([person("fine"), person("odd", age=object())])

    assert ids(collection.scan()) == ["p1", "p2"]


def test_what_the_caller_does_to_its_record_later_changes_nothing(collection: Container) -> None:
    record = person("ada")
    collection.insert([record])
    record["age"] = 99

    assert collection.get("ada").record["age"] == 36


def test_inserting_nothing_changes_nothing(collection: Container) -> None:
    assert collection.insert([]) == []
    assert len(collection) == 2


def test_update_keeps_the_position(collection: Container) -> None:
    before = collection.get("p1")
    row = collection.update("p1", lambda record: {**record, "age": 31})

    assert row.record["age"] == 31
    assert row.position == before.position
    assert collection.get("p1") is row
    assert before.record["age"] == 30, "who holds the row from before keeps what it has read"


def test_update_of_nothing_gives_none(collection: Container) -> None:
    assert collection.update("nobody", lambda record: record) is None


def test_update_that_raises_changes_nothing(collection: Container) -> None:
    def change(record: Record) -> Record:
        record["age"] = 0
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        collection.update("p1", change)

    assert collection.get("p1").record["age"] == 30


def test_update_may_change_the_id(collection: Container) -> None:
    row = collection.update("p1", lambda record: {**record, "id": "other"})

    assert row is not None
    assert row.position == 1
    assert ids(collection.scan()) == ["other", "p2"]
    assert collection.get("p1") is None
    assert collection.get("other") is row


def test_a_write_inside_a_write_is_refused(collection: Container) -> None:
    def change(record: Record) -> Record:
        collection.delete("p2")
        return record

    with pytest.raises(RuntimeError, match="inside another"):
        collection.update("p1", change)

    assert ids(collection.scan()) == ["p1", "p2"]
    assert collection.delete("p2")


def test_delete_says_whether_there_was_something(collection: Container) -> None:
    assert collection.delete("p1") is True
    assert collection.delete("p1") is False
    assert ids(collection.scan()) == ["p2"]
    assert collection.get("p1") is None


def test_a_deleted_id_is_free_again(collection: Container) -> None:
    collection.delete("p1")
    collection.insert([person("p1", age=1)])

    assert ids(collection.scan()) == ["p2", "p1"]


def test_scan_goes_on_after_a_position(collection: Container) -> None:
    rows = collection.insert(people(*range(700))[2:])

    assert ids(collection.scan(rows[600].position)) == ids(rows[601:])


def test_a_scan_meets_each_row_that_stays_exactly_once(collection: Container) -> None:
    collection.insert([person(f"n{number}") for number in range(1000)])
    met = []
    for number, row in enumerate(collection.scan()):
        met.append(row.record["id"])
        if number % 9 == 0:
            collection.delete(f"n{number}")
            collection.update(f"n{(number * 7) % 1000}", lambda record: {**record, "age": 1})
            collection.insert([person(f"late{number}")])

    stayed = {row.record["id"] for row in collection.scan()}
    assert len(met) == len(set(met))
    assert stayed <= set(met)


def test_reads_stop_when_the_reader_does(collection: Container) -> None:
    collection.insert(people(*range(500))[2:])

    assert len(list(islice(collection.scan(), 3))) == 3
    assert len(list(islice(collection.equal("group", ["staff"]), 3))) == 3
    assert len(list(islice(collection.walk("age"), 3))) == 3


def test_equal_gives_rows_of_any_of_the_keys_in_order(collection: Container) -> None:
    collection.insert([person(f"n{n}", group="abc"[n % 3]) for n in range(300)])

    assert ids(collection.equal("group", ["a", "c"])) == [f"n{n}" for n in range(300) if n % 3 != 1]
    assert collection.count_equal("group", ["a", "c"]) == 200


def test_equal_goes_on_after_a_position(collection: Container) -> None:
    rows = collection.insert([person(f"n{n}", group="ab"[n % 2]) for n in range(300)])

    found = collection.equal("group", ["a"], rows[100].position)
    assert ids(found) == [f"n{n}" for n in range(102, 300, 2)]


def test_equal_takes_a_key_once_however_often_it_is_named(collection: Container) -> None:
    assert ids(collection.equal("group", ["staff", "staff"])) == ["p1", "p2"]
    assert collection.count_equal("group", ["staff", "staff"]) == 2


def test_equal_goes_by_the_key_and_not_the_value(collection: Container) -> None:
    collection.insert([person("loud", name="ADA")])

    assert ids(collection.equal("name", ["ada"])) == ["p1", "p2", "loud"]
    assert ids(collection.equal("name", ["ADA"])) == []


def test_equal_works_on_an_ordered_index(collection: Container) -> None:
    collection.insert(people(1, 2, 30, 30, 40)[2:])

    assert ids(collection.equal("age", [30])) == ["p1", "p3", "p4"]
    assert ids(collection.equal("age", [40, 30])) == ["p1", "p2", "p3", "p4", "p5"]
    assert collection.count_equal("age", [30, 99]) == 3


def test_equal_finds_null(collection: Container) -> None:
    collection.insert([person("n1", group=None, age=None), {"id": "n2"}])

    assert ids(collection.equal("group", [None])) == ["n1", "n2"]
    assert ids(collection.equal("age", [None])) == ["n1", "n2"]
    assert collection.count_equal("age", [None]) == 2


def test_a_row_that_changes_between_two_wanted_keys_comes_once(collection: Container) -> None:
    collection.insert([person(f"n{n}", group="ab"[n % 2]) for n in range(600)])
    met = []
    for row in collection.equal("group", ["a", "b"]):
        met.append(row.record["id"])
        for n in range(0, 600, 97):
            collection.update(f"n{n}", lambda r: {**r, "group": "a" if r["group"] == "b" else "b"})

    assert met == [f"n{n}" for n in range(600)]


def test_updates_and_deletes_are_seen_through_every_index(collection: Container) -> None:
    collection.insert([person(f"n{n}", group="new", age=n) for n in range(100)])
    for n in range(0, 100, 2):
        collection.delete(f"n{n}")
    for n in range(1, 100, 4):
        collection.update(f"n{n}", lambda record: {**record, "group": "old", "age": 200})

    assert ids(collection.equal("group", ["new"])) == [f"n{n}" for n in range(3, 100, 4)]
    assert ids(collection.equal("group", ["old"])) == [f"n{n}" for n in range(1, 100, 4)]
    assert ids(collection.walk("age", low=200)) == [f"n{n}" for n in range(1, 100, 4)]


def test_it_says_what_is_indexed(collection: Container, store: Store) -> None:
    assert collection.indexed == {"group": False, "name": False, "age": True}
    assert store.container("places").indexed == {}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "n m a d b e c"),
        ({"descending": True}, "c b e a d n m"),
        ({"low": 2}, "b e c"),
        ({"low": 2, "low_inclusive": False}, "c"),
        ({"high": 2}, "a d b e"),
        ({"high": 2, "high_inclusive": False}, "a d"),
        ({"low": 1, "high": 2, "descending": True}, "b e a d"),
        ({"low": 2, "high": 2}, "b e"),
        ({"low": 2, "high": 2, "high_inclusive": False}, ""),
        ({"low": 3, "high": 1}, ""),
        ({"low": 3, "high": 1, "descending": True}, ""),
        ({"low": 7, "descending": True}, ""),
        ({"low": 2, "low_inclusive": False, "descending": True}, "c"),
        ({"high": 2, "high_inclusive": False, "descending": True}, "a d"),
    ],
)
def test_walk_goes_by_key_then_as_inserted(
    stores: Stores, options: dict[str, Any], expected: str
) -> None:
    collection = stores.open("walks").container("people")
    for key in ["p1", "p2"]:
        collection.delete(key)
    ages = {"n": None, "a": 1, "b": 2, "m": None, "c": 3, "d": 1, "e": 2}
    collection.insert([person(key, age=age) for key, age in ages.items()])

    assert ids(collection.walk("age", **options)) == expected.split()


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("bounds", [{}, {"low": 3, "high": 11}, {"low": 4}, {"high": 9}])
def test_walk_goes_on_after_any_row(
    stores: Stores, descending: bool, bounds: dict[str, int]
) -> None:
    collection = stores.open("walks").container("people")
    collection.insert([person(f"n{n}", age=n * n % 13 or None) for n in range(100)])
    rows = list(collection.walk("age", **bounds, descending=descending))

    for number, row in enumerate(rows):
        after = (row.record["age"], row.position)
        rest = collection.walk("age", **bounds, descending=descending, after=after)
        assert ids(rest) == ids(rows[number + 1 :])


@pytest.mark.parametrize("descending", [False, True])
def test_walk_goes_on_after_a_row_that_is_gone(collection: Container, descending: bool) -> None:
    collection.insert([person(f"n{n}", age=5) for n in range(400)])
    gone = collection.get("n200")
    collection.delete("n200")

    rest = list(collection.walk("age", descending=descending, after=(5, gone.position)))
    assert ids(rest)[:199] == [f"n{n}" for n in range(201, 400)]


@pytest.mark.parametrize("descending", [False, True])
def test_walk_meets_each_row_whose_key_stays_exactly_once(
    collection: Container, descending: bool
) -> None:
    collection.insert([person(f"n{n}", age=n * 7919 % 1009) for n in range(1000)])
    met = []
    for number, row in enumerate(collection.walk("age", descending=descending)):
        met.append(row.record["id"])
        if number % 9 == 0:
            collection.insert([person(f"late{number}", age=number * 31 % 1009)])
            collection.delete(f"n{number * 3 % 1000}")
            collection.update(f"n{number * 3 % 1000 + 1}", lambda r: {**r, "name": "Bob"})

    stayed = {row.record["id"] for row in collection.scan() if row.record["id"].startswith("n")}
    assert stayed <= set(met)
    assert len(met) == len(set(met))


def test_walk_descending_takes_long_runs_of_one_key_in_order(collection: Container) -> None:
    collection.insert([person(f"n{n}", age=n // 300) for n in range(900)])
    expected = [*range(600, 900), *range(300, 600), *range(300)]

    found = [key for key in ids(collection.walk("age", descending=True)) if key[0] == "n"]
    assert found == [f"n{n}" for n in expected]


def test_walk_by_an_index_without_order_is_an_error(collection: Container) -> None:
    with pytest.raises(KeyError):
        list(collection.walk("group"))


def test_insert_many_stores_in_all_sets_or_in_none(store: Store) -> None:
    with pytest.raises(KeyTaken):
        store.insert_many({"places": [{"id": "here"}], "people": [person("p1")]})

    assert ids(store.container("places").scan()) == []
    store.insert_many({"places": [{"id": "here"}], "people": [person("p3")]})
    assert ids(store.container("places").scan()) == ["here"]
    assert ids(store.container("people").scan()) == ["p1", "p2", "p3"]


def test_many_records_at_once_are_seen_at_once(collection: Container) -> None:
    collection.insert([person(f"n{n}", age=n) for n in range(3000)])

    assert len(collection) == 3002
    assert collection.count_equal("group", ["staff"]) == 3002
    assert ids(collection.walk("age", low=2999)) == ["n2999"]
    assert collection.get("n1234").record["age"] == 1234


def test_a_big_insert_shows_nothing_until_it_shows_everything() -> None:
    seen = []

    def watch(value: Any) -> Any:
        seen.append(collection.get("n0"))
        return value

    template = Template({"people": []}, {"people": [Index("age", watch)]})
    collection = Stores(template).open("contoso").container("people")
    collection.insert([person(f"n{n}", age=n) for n in range(3000)])

    assert seen == [None] * 3000
    assert len(collection) == 3000


def test_reset_goes_back_to_the_template(store: Store, collection: Container) -> None:
    before = dump(store)
    collection.insert([person("new")])
    collection.update("p1", lambda record: {**record, "age": 99})
    collection.delete("p2")
    store.reset()

    assert dump(store) == before
    assert ids(collection.walk("age")) == ["p1", "p2"]
    assert collection.insert([person("new")])[0].position == 3


def test_what_differs_from_a_snapshot_and_from_the_start(
    store: Store, collection: Container
) -> None:
    assert store.differences() == []
    collection.update("p1", lambda record: {**record, "age": 31})
    snapshot = store.snapshot()
    assert store.differences(snapshot) == []
    for age in (32, 33):
        collection.update("p1", lambda record, age=age: {**record, "age": age})
    collection.delete("p2")
    collection.insert([person("p3"), person("p4")])
    collection.delete("p4")

    def told(since: Any = None) -> list[tuple[Any, ...]]:
        found = store.differences(since)
        return sorted((each.kind, each.container, each.id, *each.old.items()) for each in found)

    others = [("created", "people", "p3"), ("deleted", "people", "p2")]
    assert told(snapshot) == [*others, ("updated", "people", "p1", ("age", 31))]
    assert told() == [*others, ("updated", "people", "p1", ("age", 30))]
    store.restore(snapshot)
    assert told(snapshot) == []


def test_a_snapshot_is_what_was_there(store: Store, collection: Container) -> None:
    collection.insert([person("kept", age=1)])
    before = dump(store)
    snapshot = store.snapshot()
    collection.insert([person("later")])
    collection.update("kept", lambda record: {**record, "age": 2})
    collection.delete("p1")

    store.restore(snapshot)
    assert dump(store) == before
    collection.delete("kept")
    store.restore(snapshot)
    assert dump(store) == before, "a snapshot can be gone back to more than once"


def test_tenants_do_not_see_each_other(stores: Stores) -> None:
    one, other = stores.open("one"), stores.open("other")
    one.container("people").delete("p1")
    other.container("people").insert([person("p3")])

    assert ids(one.container("people").scan()) == ["p2"]
    assert ids(other.container("people").scan()) == ["p1", "p2", "p3"]
    assert ids(stores.open("third").container("people").scan()) == ["p1", "p2"]


def test_a_template_cannot_have_an_id_twice() -> None:
    with pytest.raises(KeyTaken):
        Template({"people": [person("p1"), person("p1")]})


def test_a_row_shows_what_it_is(collection: Container) -> None:
    assert repr(collection.get("p1")) == f"Row(1, {person('p1', age=30)!r})"


def test_what_is_made_of_containers_is_made_anew_where_one_of_them_changes(store: Store) -> None:
    asked = []

    def names(seen: Store) -> list[str]:
        asked.append(1)
        return [*ids(seen.container("people").scan()), *ids(seen.container("groups").scan())]

    def made() -> tuple[list[str], int]:
        return store.made_of(("people", "groups"), names), len(asked)

    before, _ = made()
    store.container("others").insert([person("other")])
    assert made() == (before, 1)
    store.container("groups").insert([person("staff")])
    assert made() == made() == ([*before, "staff"], 2)
    store.container("people").delete("p1")
    assert made() == (["p2", "staff"], 3)
    store.reset()
    assert made() == (before, 4)
