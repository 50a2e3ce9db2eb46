"""The same records through TinyDB's own interface."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tinydb import Query, where
from tinydb.table import Document, Table

from fakegraph.store import KeyTaken, NoSuchRow, Store

from .conftest import ids, person
from .worlds import MANAGER, MEMBERS, STORES, World, do, dump, key


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
    store.container("people").insert([person("new", age=5)])
    assert table.count(where("age") == 5) == 1


def test_inserts_are_seen_by_the_collection(table: Table, store: Store) -> None:
    assert table.insert(person("a", age=1)) == 3
    assert table.insert_multiple([person("b", age=2), person("c", age=3)]) == [4, 5]
    assert table.insert(Document(person("d", age=4), doc_id=9)) == 9

    collection = store.container("people")
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

    assert ids(store.container("people").scan()) == ["p1", "p2"]


def test_updates_and_removals_are_seen_by_the_collection(table: Table, store: Store) -> None:
    assert table.update({"age": 50}, doc_ids=[1]) == [1]
    assert table.update(lambda document: document.pop("group"), where("id") == "p2") == [2]
    assert table.update({"age": 1}, doc_ids=[77]) == []
    collection = store.container("people")
    assert ids(collection.walk("age")) == ["p2", "p1"]
    assert "group" not in collection.get("p2").record

    assert table.remove(doc_ids=[1]) == [1]
    assert table.remove(where("age") == 40) == [2]
    assert len(collection) == 0


def test_upsert_updates_or_inserts(table: Table, store: Store) -> None:
    table.upsert(person("p1", age=7), where("id") == "p1")
    table.upsert(person("p7", age=8), where("id") == "p7")

    assert ids(store.container("people").walk("age", high=8)) == ["p1", "p7"]


def test_an_update_that_raises_changes_nothing(table: Table, store: Store) -> None:
    def halve(document: dict[str, int]) -> None:
        document["age"] = 2 // (document["age"] - 40)

    with pytest.raises(ZeroDivisionError):
        table.update(halve)

    assert [row.record["age"] for row in store.container("people").scan()] == [30, 40]


def test_an_id_can_pass_from_one_record_to_another(table: Table, store: Store) -> None:
    table.update_multiple([({"id": "p2"}, where("age") == 30), ({"id": "p1"}, where("age") == 40)])

    collection = store.container("people")
    assert collection.get("p1").record["age"] == 40
    assert collection.get("p2").record["age"] == 30
    assert ids(collection.scan()) == ["p2", "p1"]


def test_what_it_gives_are_copies(table: Table, store: Store) -> None:
    store.container("people").insert([person("nested", tags=["a"])])
    table.get(where("id") == "nested")["tags"].append("b")

    assert store.container("people").get("nested").record["tags"] == ["a"]


def test_truncate_and_dropping_empty_the_sets(store: Store) -> None:
    database = store.tinydb
    database.table("places").insert({"id": "here"})
    database.table("people").truncate()
    assert len(store.container("people")) == 0
    assert len(store.container("places")) == 1

    database.table("people").insert(person("again"))
    database.drop_table("people")
    assert ids(store.container("people").scan()) == []
    database.drop_tables()
    assert len(store.container("places")) == 0


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

    assert ids(store.container("people").insert([person("b")])) == ["b"]


def test_everything_can_be_read_and_written_at_once(store: Store) -> None:
    storage = store.tinydb.storage
    data = storage.read()
    assert data == {"people": {"1": person("p1", age=30), "2": person("p2", age=40)}, "places": {}}

    storage.write({"people": {"2": person("p1"), "5": person("new")}})
    assert ids(store.container("people").scan()) == ["p1", "new"]
    assert ids(store.container("people").walk("age")) == ["p1", "new"]


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


# Owners and links


@pytest.fixture(params=STORES)
def store_of_all(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A store with users, their messages and folders, groups and members."""
    world = World(request.param, tmp_path)
    yield world.open()
    world.close()


def test_a_document_says_what_contains_it(store_of_all: Any) -> None:
    folders = store_of_all.tinydb.table("user/folders")

    assert folders.all() == [
        {"id": "f1", "name": "Inbox", "@owner": "users/1"},
        {"id": "f2", "name": "Bills", "@owner": "user/folders/1"},
    ]
    assert folders.get(where("@owner") == "users/1").doc_id == 1


def test_documents_are_put_into_others_and_moved(store_of_all: Any) -> None:
    store = store_of_all
    messages = store.tinydb.table("user/messages")
    messages.insert({"id": "m2", "@owner": "users/2", "received": 5})
    messages.update({"@owner": "users/2"}, where("id") == "m1")
    bo = key(store, "users", "bo")
    assert ids(store.container("user/messages").of(bo).walk("received")) == ["m1", "m2"]
    messages.update(lambda document: document.pop("@owner"), where("id") == "m1")
    assert ids(store.container("user/messages").of(bo).scan()) == ["m2"]


def test_links_are_documents_too(store_of_all: Any) -> None:
    store = store_of_all
    database = store.tinydb
    assert "links:group/members" in database.tables()
    members = database.table("links:group/members")
    assert members.all() == [
        {"from": "groups/1", "to": "users/2"},
        {"from": "groups/1", "to": "users/1"},
    ]
    staff, ada, bo = (
        key(store, *each) for each in [("groups", "staff"), ("users", "ada"), ("users", "bo")]
    )
    members.remove(where("to") == "users/2")
    assert ids(store.links(MEMBERS).targets(staff).scan()) == ["ada"]
    assert members.insert({"from": "groups/1", "to": "users/2"}) == 3
    members.update({"from": "users/1"}, where("to") == "users/2")
    assert ids(store.links(MEMBERS).targets(ada).scan()) == ["bo"]
    database.table("links:user/manager").insert({"from": "users/2", "to": "users/1"})
    assert store.links(MANAGER).has(bo, ada)


def test_removing_documents_removes_what_they_contain(store_of_all: Any) -> None:
    store = store_of_all
    store.tinydb.table("user/folders").truncate()
    assert ids(store.container("user/folders").scan()) == []
    store.tinydb.table("users").remove(doc_ids=[1])
    assert ids(store.container("user/messages").scan()) == []
    assert store.tinydb.table("links:group/members").all() == [
        {"from": "groups/1", "to": "users/2"}
    ]


@pytest.mark.parametrize(
    ("table", "document", "words"),
    [
        ("user/messages", {"id": "m", "@owner": "users/9"}, "no row with the key"),
        ("user/messages", {"id": "m", "@owner": "x"}, "@owner: 'x' is not the key of a row"),
        ("user/messages", {"id": "m", "@deleted": "users/1"}, "@deleted: .* own hide"),
        ("user/messages", {"@owner": "users/1"}, "id must be a string"),
        (
            "user/messages",
            {"id": "m", "@bytes": {"content": "0" * 64}},
            "the bytes 0+ are not there",
        ),
        ("user/messages", {"id": "m", "@bytes": {"content": "x"}}, "the SHA-256 of bytes"),
        ("links:group/members", {"from": "groups/1", "to": "users/9"}, "no row with the key"),
        ("links:group/members", {"from": "groups/1", "to": "users/1"}, "linked already"),
        ("links:group/members", {"from": "groups/1"}, "it is not a link"),
    ],
)
def test_documents_that_do_not_fit_change_nothing(
    store_of_all: Any, table: str, document: dict[str, Any], words: str
) -> None:
    before = dump(store_of_all)
    with pytest.raises((NoSuchRow, ValueError, TypeError), match=words):
        store_of_all.tinydb.table(table).insert(document)

    assert dump(store_of_all) == before


def test_a_row_that_contains_itself_is_refused(store_of_all: Any) -> None:
    with pytest.raises(ValueError, match="cannot be moved into what it contains"):
        store_of_all.tinydb.table("user/folders").update({"@owner": "user/folders/2"}, doc_ids=[1])


def test_what_is_deleted_is_not_there_and_keeps_its_id(store_of_all: Any) -> None:
    store = store_of_all
    do(store, "hide", key(store, "users", "bo"))
    users = store.tinydb.table("users")
    assert [document.doc_id for document in users.all()] == [1]
    assert store.tinydb.table("links:group/members").all() == [
        {"from": "groups/1", "to": "users/1"}
    ]
    with pytest.raises(ValueError, match="document 2: a deleted one has this id"):
        users.insert(Document({"id": "new"}, doc_id=2))
    assert users.insert({"id": "new"}) == 3


def test_all_of_it_can_be_read_and_written_at_once(store_of_all: Any) -> None:
    store = store_of_all
    before, storage = dump(store), store.tinydb.storage
    data = storage.read()
    store.tinydb.drop_tables()
    assert all(not rows for rows in dump(store).values())

    storage.write({name: data[name] for name in reversed(data)})
    assert dump(store) == before
    with pytest.raises(ValueError, match="document 1: @owner: 'users/1' is not there"):
        storage.write({"user/folders": data["user/folders"]})
    assert dump(store) == before


def test_a_record_cannot_say_what_the_data_file_says_of_rows(store_of_all: Any) -> None:
    for mark in ("@owner", "@deleted"):
        with pytest.raises(ValueError, match=f"a record cannot have {mark}"):
            store_of_all.container("users").insert([{"id": "new", mark: "users/1"}])
