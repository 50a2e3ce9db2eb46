"""The same records through TinyDB's own interface."""

from __future__ import annotations

import pytest
from tinydb import Query, where
from tinydb.table import Document, Table

from fakegraph.store import KeyTaken, Store

from .conftest import ids, person
from .worlds import MEMBERS, World, key


@pytest.fixture
def table(store: Store) -> Table:
    return store.tinydb.table("people")


def test_it_has_a_table_for_each_set(store: Store) -> None:
    database = store.tinydb

    assert database.tables() == {"people", "places"}
    assert len(database.table("people")) == 2
    assert len(database.table("places")) == 0


def test_documents_are_records_and_their_ids_positions(table: Table) -> None:
    assert [(document.doc_id, document["id"]) for document in table] == [(1, "p1"), (2, "p2")]
    assert table.all() == [person("p1", age=30), person("p2", age=40)]
    assert table.get(doc_id=2) == person("p2", age=40)
    assert table.get(doc_id=3) is None
    assert table.contains(doc_id=1)


def test_queries_work(table: Table) -> None:
    assert ids_of(table.search(Query().age > 35)) == ["p2"]
    assert table.count(where("age") == 30) == 1
    assert table.get(where("id") == "nobody") is None


def ids_of(documents: list[Document]) -> list[str]:
    return [document["id"] for document in documents]


def test_a_query_sees_what_was_written_since_it_was_last_asked(table: Table, store: Store) -> None:
    assert table.count(where("age") == 5) == 0
    store.collection("people").insert([person("new", age=5)])
    assert table.count(where("age") == 5) == 1


def test_inserts_are_seen_by_the_collection(table: Table, store: Store) -> None:
    assert table.insert(person("a", age=1)) == 3
    assert table.insert_multiple([person("b", age=2), person("c", age=3)]) == [4, 5]
    assert table.insert(Document(person("d", age=4), doc_id=9)) == 9

    collection = store.collection("people")
    assert ids(collection.scan()) == ["p1", "p2", "a", "b", "c", "d"]
    assert ids(collection.walk("age", high=4)) == ["a", "b", "c", "d"]
    assert collection.insert([person("e")])[0].position == 10


@pytest.mark.parametrize(
    "records", [[person("new"), person("p1")], [person("new"), Document(person("x"), doc_id=1)]]
)
def test_an_insert_of_what_is_there_changes_nothing(
    table: Table, store: Store, records: list[dict[str, object]]
) -> None:
    with pytest.raises((KeyTaken, ValueError)):
        table.insert_multiple(records)

    assert ids(store.collection("people").scan()) == ["p1", "p2"]


def test_updates_and_removals_are_seen_by_the_collection(table: Table, store: Store) -> None:
    assert table.update({"age": 50}, doc_ids=[1]) == [1]
    assert table.update(lambda document: document.pop("group"), where("id") == "p2") == [2]
    assert table.update({"age": 1}, doc_ids=[77]) == []
    collection = store.collection("people")
    assert ids(collection.walk("age")) == ["p2", "p1"]
    assert "group" not in collection.get("p2").record

    assert table.remove(doc_ids=[1]) == [1]
    assert table.remove(where("age") == 40) == [2]
    assert len(collection) == 0


def test_upsert_updates_or_inserts(table: Table, store: Store) -> None:
    table.upsert(person("p1", age=7), where("id") == "p1")
    table.upsert(person("p7", age=8), where("id") == "p7")

    assert ids(store.collection("people").walk("age", high=8)) == ["p1", "p7"]


def test_an_update_that_raises_changes_nothing(table: Table, store: Store) -> None:
    def halve(document: dict[str, int]) -> None:
        document["age"] = 2 // (document["age"] - 40)

    with pytest.raises(ZeroDivisionError):
        table.update(halve)

    assert [row.record["age"] for row in store.collection("people").scan()] == [30, 40]


def test_an_id_can_pass_from_one_record_to_another(table: Table, store: Store) -> None:
    table.update_multiple([({"id": "p2"}, where("age") == 30), ({"id": "p1"}, where("age") == 40)])

    collection = store.collection("people")
    assert collection.get("p1").record["age"] == 40
    assert collection.get("p2").record["age"] == 30
    assert ids(collection.scan()) == ["p2", "p1"]


def test_what_it_gives_are_copies(table: Table, store: Store) -> None:
    store.collection("people").insert([person("nested", tags=["a"])])
    table.get(where("id") == "nested")["tags"].append("b")

    assert store.collection("people").get("nested").record["tags"] == ["a"]


def test_truncate_and_dropping_empty_the_sets(store: Store) -> None:
    database = store.tinydb
    database.table("places").insert({"id": "here"})
    database.table("people").truncate()
    assert len(store.collection("people")) == 0
    assert len(store.collection("places")) == 1

    database.table("people").insert(person("again"))
    database.drop_table("people")
    assert ids(store.collection("people").scan()) == []
    database.drop_tables()
    assert len(store.collection("places")) == 0


def test_a_table_of_its_own_is_kept_with_the_rest(store: Store) -> None:
    snapshot = store.snapshot()
    table = store.tinydb.table("notes")
    table.insert({"id": "n1", "text": "hello"})
    assert table.all() == [{"id": "n1", "text": "hello"}]

    store.restore(snapshot)
    assert table.all() == []


def test_closing_it_leaves_the_store_open(store: Store) -> None:
    with store.tinydb as database:
        database.table("people").insert(person("a"))

    assert ids(store.collection("people").insert([person("b")])) == ["b"]


def test_everything_can_be_read_and_written_at_once(store: Store) -> None:
    storage = store.tinydb.storage
    data = storage.read()
    assert data == {"people": {"1": person("p1", age=30), "2": person("p2", age=40)}, "places": {}}

    storage.write({"people": {"2": person("p1"), "5": person("new")}})
    assert ids(store.collection("people").scan()) == ["p1", "new"]
    assert ids(store.collection("people").walk("age")) == ["p1", "new"]


def test_it_says_what_it_is(table: Table) -> None:
    assert repr(table).startswith("<RecordTable name='people', total=2, storage=<")


@pytest.mark.parametrize("world", ["memory"], indirect=True)
def test_a_change_leaves_what_hangs_on_the_row_and_a_removal_takes_it(world: World) -> None:
    store = world.open()
    table, ada = store.tinydb.table("users"), key(store, "users", "ada")
    table.update({"age": 37}, doc_ids=[1])
    table.update({"city": "Turin"})
    table.update(lambda each: each.update(upn={"ada": "bo@x", "bo": "ada@x"}[each["id"]]))
    table.update(lambda each: each.update(upn={"ada": "ada@x", "bo": "bo@x"}[each["id"]]))

    assert store.container("users").get("ada").key == ada
    assert store.container("users").find("upn", "ada@x").key == ada
    assert ids(store.container("user/messages").of(ada).scan()) == ["m1"]
    assert ids(store.links(MEMBERS).sources(ada).scan()) == ["staff"]
    table.remove(doc_ids=[1])
    assert ids(store.container("user/messages").scan()) == []
    assert ids(store.links(MEMBERS).targets(key(store, "groups", "staff")).scan()) == ["bo"]
