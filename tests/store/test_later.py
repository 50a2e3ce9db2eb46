"""What a template makes later: when somebody first asks for a container that is not declared."""

from __future__ import annotations

import threading

import pytest

from fakegraph.store import Stores, Template


@pytest.fixture
def made():
    """How often it was made."""
    return []


@pytest.fixture
def stores(made):
    def later(transaction):
        made.append(True)
        ada = transaction.insert("users", {"id": "ada"})
        bob = transaction.insert("users", {"id": "bob"})
        transaction.insert("user/messages", {"id": "m"}, owner=ada.key)
        transaction.link("user/manager", ada.key, bob.key)

    template = Template({"events": [{"id": "e"}]}, {"events": ()}, later=later)
    return Stores(template)


def ids(store, container):
    return [row.record["id"] for row in store.container(container).scan()]


def test_nothing_is_made_for_what_is_declared(stores, made):
    store = stores.open("a")
    store.container("events").insert([{"id": "f"}])
    assert ids(store, "events") == ["e", "f"]
    assert made == []


def test_it_is_made_once_for_all_tenants(stores, made):
    first = stores.open("a")
    first.container("events").insert([{"id": "f"}])
    assert ids(first, "users") == ["ada", "bob"]
    assert ids(first, "events") == ["e", "f"]
    before, second = stores.open("b"), stores.open("c")
    for store in (before, second):
        ada = store.container("users").get("ada")
        assert [
            row.record["id"] for row in store.container("user/messages").of(ada.key).scan()
        ] == ["m"]
        (manager,) = store.links("user/manager").targets(ada.key).scan()
        assert manager.record["id"] == "bob"
    assert made == [True]


def test_a_tenant_that_was_open_before_has_it_too(stores):
    early, late = stores.open("a"), stores.open("b")
    late.transact(lambda transaction: transaction.delete(late.container("users").get("ada").key))
    assert ids(late, "users") == ["bob"]
    assert ids(late, "user/messages") == []
    assert ids(early, "users") == ["ada", "bob"]


def test_snapshots_and_resets_from_before_lead_to_what_there_is_at_the_start(stores):
    store = stores.open("a")
    snapshot = store.snapshot()
    store.clear(store.names())
    assert ids(store, "users") == []
    store.restore(snapshot)
    assert ids(store, "users") == ["ada", "bob"]
    store.clear(["users"])
    store.reset()
    ada = store.container("users").get("ada")
    store.transact(lambda transaction: transaction.delete(ada.key))
    assert ids(store, "user/messages") == []


def test_a_write_may_be_what_asks_first(stores):
    store = stores.open("a")
    row = store.transact(lambda transaction: transaction.insert("groups", {"id": "g"}))
    assert ids(store, "users") == ["ada", "bob"]
    assert store.row(row.key).record["id"] == "g"


def test_many_may_ask_at_once(stores, made):
    store, found = stores.open("a"), []
    threads = [threading.Thread(target=lambda: found.append(ids(store, "users"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["ada", "bob"]] * 8
    assert made == [True]


def test_on_disk_it_is_there_from_the_start_and_stays(tmp_path):
    def later(transaction):
        transaction.insert("users", {"id": "ada"})

    def opened():
        stores = Stores(Template({"events": []}, {"events": ()}, later=later), tmp_path)
        return stores, stores.open("a")

    stores, store = opened()
    store.transact(lambda transaction: transaction.insert("users", {"id": "bob"}))
    stores.close()
    stores, store = opened()
    assert ids(store, "users") == ["ada", "bob"]
    stores.close()
