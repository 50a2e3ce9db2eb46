"""Containers, owners, keys, moves and templates: what every kind of store promises of rows."""

from __future__ import annotations

from typing import Any

import pytest

from fakegraph.store import KeyTaken, NoSuchRow

from .worlds import World, do, dump, ids, insert, key, name_of


@pytest.fixture
def store(world: World) -> Any:
    """A new tenant's store, of each kind."""
    return world.open()


def test_a_container_that_was_never_written_to_is_empty(store: Any) -> None:
    nothing = store.container("drives/root/items")

    assert len(nothing) == 0
    assert ids(nothing.scan()) == ids(nothing.of(key(store, "users", "ada")).scan()) == []
    assert nothing.get("x") is nothing.find("id", "x") is None
    assert ids(store.hidden("drives/root/items").scan()) == []


def test_a_container_is_made_by_its_first_write(world: World) -> None:
    store = world.open()
    empty = store.container("drives/root/items")
    row = insert(store, "drives/root/items", "i1")

    assert ids(empty.scan()) == ["i1"]
    assert store.container_of(row.key) == "drives/root/items"
    assert "drives/root/items" in store.names()
    assert "drives/root/items" not in world.open("other").names()


def test_a_row_tells_its_key_its_owner_and_its_place(store: Any) -> None:
    ada = key(store, "users", "ada")
    row = insert(store, "user/messages", "new", ada, read=False)

    assert (row.owner, row.position, row.record) == (ada, 2, {"id": "new", "read": False})
    found = store.row(row.key)
    assert (found.key, found.owner, found.json) == (row.key, ada, b'{"id":"new","read":false}')
    assert store.row(ada).owner == 0


def test_rows_are_had_by_key_many_at_a_time(store: Any) -> None:
    ada, bo = key(store, "users", "ada"), key(store, "users", "bo")
    m1 = key(store, "user/messages", "m1")
    do(store, "delete", bo)

    found = store.rows([m1, bo, ada, 0, m1])
    assert [row and row.record["id"] for row in found] == ["m1", None, "ada", None, "m1"]
    assert store.rows([]) == []


def test_keys_differ_across_containers_and_are_never_given_twice(store: Any) -> None:
    given = [row.key for name in store.names() for row in store.container(name).scan()]
    for number in range(3):
        row = insert(store, "groups", f"g{number}")
        insert(store, f"new{number}", "x")
        given.append(row.key)
        do(store, "delete", row.key)

    assert len(set(given)) == len(given)
    assert 0 not in given


def test_a_key_is_another_for_the_same_id_after_a_deletion(store: Any) -> None:
    staff = key(store, "groups", "staff")
    do(store, "delete", staff)
    insert(store, "groups", "staff")

    assert key(store, "groups", "staff") != staff
    assert store.row(staff) is None


def test_rows_of_an_owner_are_listed_counted_and_found(store: Any) -> None:
    ada, bo = key(store, "users", "ada"), key(store, "users", "bo")
    for number in range(300):
        insert(store, "user/messages", f"n{number}", (ada, bo)[number % 2])
    messages = store.container("user/messages")

    assert ids(messages.of(bo).scan()) == [f"n{number}" for number in range(1, 300, 2)]
    assert ids(messages.of(ada).scan()) == ["m1", *(f"n{n}" for n in range(0, 300, 2))]
    assert (len(messages), len(messages.of(ada)), len(messages.of(bo))) == (301, 151, 150)
    assert len(messages.of(key(store, "groups", "staff"))) == 0
    assert messages.of(bo).get("n1").record["id"] == "n1"
    assert messages.of(bo).get("n2") is None
    assert messages.get("n2", ada).key == messages.get("n2").key
    assert messages.get("n2", bo) is None


def test_an_owner_that_is_not_there_is_refused(store: Any) -> None:
    bo = key(store, "users", "bo")
    do(store, "delete", bo)
    before = dump(store)

    for owner in (bo, bo + (1 << 40)):
        with pytest.raises(NoSuchRow):
            insert(store, "user/messages", "m2", owner)
        with pytest.raises(NoSuchRow):
            do(store, "move", key(store, "user/messages", "m1"), owner)
    assert dump(store) == before


def test_an_identity_is_compared_as_its_layout_says(store: Any) -> None:
    with pytest.raises(KeyTaken) as taken:
        insert(store, "users", "ADA", upn="other")
    assert (taken.value.name, taken.value.value) == ("id", "ADA")
    insert(store, "groups", "STAFF")

    assert store.container("users").get("aDa").record["id"] == "ada"
    assert ids(store.container("groups").scan()) == ["staff", "STAFF"]
    assert store.container("groups").get("Staff") is None


def test_an_alternate_key_finds_and_is_unique(store: Any) -> None:
    users = store.container("users")
    with pytest.raises(KeyTaken) as taken:
        insert(store, "users", "c", upn="ADA@contoso.com")
    assert (taken.value.name, taken.value.value) == ("upn", "ADA@contoso.com")

    assert users.find("upn", "Bo@Contoso.com").record["id"] == "bo"
    assert users.find("upn", "nobody") is None
    assert users.find("id", "BO").record["id"] == "bo"


def test_a_record_without_an_alternate_key_has_none(store: Any) -> None:
    insert(store, "users", "c")
    insert(store, "users", "d", upn=None)

    assert len(store.container("users")) == 4
    assert store.container("users").find("upn", None) is None


def test_a_value_that_cannot_be_compared_is_nobodys_key(store: Any) -> None:
    insert(store, "users", "c", upn=1)
    insert(store, "users", "d", upn=1)

    users = store.container("users")
    assert users.find("upn", 1) is users.find("upn", ["x"]) is None
    with pytest.raises(KeyError):
        users.find("age", 36)


def test_a_key_within_an_owner_is_unique_there_alone(store: Any) -> None:
    ada, bo = key(store, "users", "ada"), key(store, "users", "bo")
    with pytest.raises(KeyTaken):
        insert(store, "user/folders", "f3", ada, name="INBOX")
    mine = insert(store, "user/folders", "f3", bo, name="INBOX")
    folders = store.container("user/folders")

    assert folders.find("name", "inbox", ada).record["id"] == "f1"
    assert folders.find("name", "inbox", bo).key == mine.key
    with pytest.raises(KeyTaken):
        do(store, "move", mine.key, ada)
    assert store.row(mine.key).owner == bo


def test_a_replaced_record_keeps_its_key_and_place_under_a_new_id(store: Any) -> None:
    ada = key(store, "users", "ada")
    row = do(store, "replace", ada, {"id": "countess", "upn": "al@contoso.com"})
    users = store.container("users")

    assert (row.key, row.position) == (ada, 1)
    assert users.get("ada") is users.find("upn", "ada@contoso.com") is None
    assert users.get("COUNTESS").key == users.find("upn", "AL@contoso.com").key == ada
    assert ids(users.scan()) == ["countess", "bo"]
    assert ids(store.container("user/messages").of(ada).scan()) == ["m1"]
    insert(store, "users", "ada", upn="ada@contoso.com")


def test_a_row_may_keep_its_keys_in_another_case(store: Any) -> None:
    ada = key(store, "users", "ada")
    do(store, "replace", ada, {"id": "ADA", "upn": "Ada@contoso.com"})

    assert store.container("users").get("ada").record == {"id": "ADA", "upn": "Ada@contoso.com"}
    assert store.container("users").find("upn", "ada@CONTOSO.com").key == ada


def test_a_replacement_cannot_take_what_another_has(store: Any) -> None:
    ada, before = key(store, "users", "ada"), dump(store)
    for record in ({"id": "BO"}, {"id": "ada", "upn": "BO@contoso.com"}):
        with pytest.raises(KeyTaken):
            do(store, "replace", ada, record)
    assert dump(store) == before


def test_two_rows_may_swap_their_keys_in_one_transaction(store: Any) -> None:
    ada, bo = key(store, "users", "ada"), key(store, "users", "bo")

    def swap(transaction: Any) -> None:
        transaction.replace(ada, {"id": "x"})
        transaction.replace(bo, {"id": "ada", "upn": "ada@contoso.com"})
        transaction.replace(ada, {"id": "bo", "upn": "bo@contoso.com"})

    store.transact(swap)
    users = store.container("users")
    assert (users.get("ada").key, users.get("bo").key) == (bo, ada)
    assert users.find("upn", "ada@contoso.com").key == bo
    assert users.get("x") is None


@pytest.mark.parametrize(
    "record",
    [{}, {"id": None}, {"id": 1}, {"id": "x", "bad": {1, 2}}, {"id": "x", "bad": object()}],
)
def test_what_is_no_record_is_a_type_error(store: Any, record: dict[str, Any]) -> None:
    ada, before = key(store, "users", "ada"), dump(store)
    with pytest.raises(TypeError):
        do(store, "insert", "users", record)
    with pytest.raises(TypeError):
        do(store, "replace", ada, record)
    assert dump(store) == before


def test_a_row_moves_with_all_it_contains(store: Any) -> None:
    bo, inbox = key(store, "users", "bo"), key(store, "user/folders", "f1")
    row = do(store, "move", inbox, bo)
    folders = store.container("user/folders")

    assert (row.key, row.owner, row.record["id"]) == (inbox, bo, "f1")
    assert ids(folders.of(bo).scan()) == ["f1"]
    assert ids(folders.of(inbox).scan()) == ["f2"]
    assert ids(folders.of(key(store, "users", "ada")).scan()) == []
    do(store, "delete", bo)
    assert ids(folders.scan()) == []


def test_a_row_moves_to_the_top_and_back(store: Any) -> None:
    ada, inbox = key(store, "users", "ada"), key(store, "user/folders", "f1")
    do(store, "move", inbox, 0)
    assert ids(store.container("user/folders").of(0).scan()) == ["f1"]
    do(store, "move", inbox, ada)

    assert store.row(inbox).owner == ada
    assert len(store.container("user/folders").of(0)) == 0


def test_a_row_cannot_be_moved_into_what_it_contains(store: Any) -> None:
    inbox, bills = key(store, "user/folders", "f1"), key(store, "user/folders", "f2")
    for owner in (inbox, bills):
        with pytest.raises(ValueError, match="contain"):
            do(store, "move", inbox, owner)
    assert store.row(inbox).owner == key(store, "users", "ada")


def test_a_row_is_restored_with_another_record(store: Any) -> None:
    """The keys of the one that it had may be taken meanwhile."""
    bo = key(store, "users", "bo")
    do(store, "hide", bo)
    do(store, "insert", "users", {"id": "bo"})

    with pytest.raises(KeyTaken):
        do(store, "restore", bo)
    do(store, "restore", bo, {"id": "bob", "age": 7})

    found = store.container("users").get("bob")
    assert (found.key, found.record) == (bo, {"id": "bob", "age": 7})


@pytest.mark.parametrize("step", ["replace", "move", "delete", "hide", "restore", "purge"])
def test_a_row_that_is_not_there_is_said(store: Any, step: str) -> None:
    gone = key(store, "groups", "staff")
    do(store, "delete", gone)
    rest = {"replace": [{"id": "x"}], "move": [0]}.get(step, [])
    with pytest.raises(NoSuchRow) as error:
        do(store, step, gone, *rest)
    assert error.value.key == gone


def test_a_new_tenant_has_what_the_template_has(world: World) -> None:
    store = world.open()

    assert dump(store) == {
        "users": [
            (1, "", {"id": "ada", "upn": "ada@contoso.com", "age": 36, "city": "London"}),
            (2, "", {"id": "bo", "upn": "bo@contoso.com", "age": None, "city": "Oslo"}),
        ],
        "groups": [(1, "", {"id": "staff"})],
        "user/folders": [
            (1, "users/1", {"id": "f1", "name": "Inbox"}),
            (2, "user/folders/1", {"id": "f2", "name": "Bills"}),
        ],
        "user/messages": [(1, "users/1", {"id": "m1", "received": 1, "read": True})],
        **{f"hidden {name}": [] for name in ("users", "groups", "user/folders", "user/messages")},
        "group/members": {"groups/1": [(1, "users/2"), (2, "users/1")]},
        "group/members back": {"users/1": [(2, "groups/1")], "users/2": [(1, "groups/1")]},
        "user/manager": {},
        "user/manager back": {},
    }


def test_tenants_of_one_template_do_not_see_each_other(world: World) -> None:
    one, two = world.open("one"), world.open("two")
    before = dump(two)
    ada = key(one, "users", "ada")
    insert(one, "user/messages", "m2", ada)
    do(one, "replace", key(one, "users", "bo"), {"id": "bob"})
    do(one, "delete", ada)
    insert(one, "elsewhere", "x")

    assert dump(two) == before == dump(world.open("three"))
    insert(two, "user/messages", "m3", key(two, "users", "ada"))
    assert ids(one.container("user/messages").scan()) == []
    assert ids(two.container("user/messages").scan()) == ["m1", "m3"]


def test_a_read_goes_on_over_what_was_there_when_it_is_forked(world: World) -> None:
    store = world.open()
    for number in range(500):
        insert(store, "groups", f"g{number}")
    reading = store.container("groups").scan()
    next(reading)
    snapshot = store.snapshot()
    for number in range(0, 500, 3):
        do(store, "delete", key(store, "groups", f"g{number}"))
    rest = ids(reading)

    assert {f"g{number}" for number in range(500) if number % 3} <= {*rest}
    assert len(set(rest)) == len(rest)
    store.restore(snapshot)
    assert len(store.container("groups")) == 501


def test_keys_of_many_containers_stay_apart(store: Any) -> None:
    rows = [insert(store, f"c{number}", "x") for number in range(60)]

    assert len({row.key for row in rows}) == 60
    assert [name_of(store, row.key) for row in rows] == [f"c{number}/1" for number in range(60)]
