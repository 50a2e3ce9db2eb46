"""What is put down as it was stored elsewhere, and put in order: it is the same after a restart."""

from __future__ import annotations

import pytest

from fakegraph.store import KeyTaken, NoSuchRow, Stores, Template


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


def everything(store):
    return {
        name: [(each.position, each.owner, each.root, dict(each.record)) for each in entries]
        for name, entries in store.every()
    }


def test_rows_take_each_others_places_with_all_that_hangs_on_them(folder):
    stores = Stores(Template({}), folder)
    store = stores.open("t")

    def work(transaction):
        a, b, c = (transaction.insert("users", {"id": each}).key for each in "abc")
        mail = transaction.insert("user/messages", {"id": "m"}, a)
        transaction.insert("message/parts", {"id": "p"}, mail.key)
        gone = transaction.insert("user/messages", {"id": "gone"}, a)
        transaction.link("user/manager", a, b)
        transaction.link("user/manager", c, a)
        transaction.hide(gone.key)
        return [c, a, b]

    keys = store.transact(work)
    store.transact(lambda transaction: transaction.reorder("users", keys))
    assert [row.record["id"] for row in store.container("users").scan()] == ["c", "a", "b"]
    a = store.container("users").get("a")
    assert [row.record["id"] for row in store.container("user/messages").of(a.key).scan()] == ["m"]
    links = store.links("user/manager")
    assert [row.record["id"] for row in links.targets(a.key).scan()] == ["b"]
    assert [row.record["id"] for row in links.sources(a.key).scan()] == ["c"]
    (hidden,) = store.hidden("user/messages").scan()
    assert (hidden.owner, hidden.record["id"]) == (a.key, "gone")
    known = everything(store)
    stores.close()
    again = Stores(Template({}), folder).open("t")
    assert everything(again) == known
    with pytest.raises(NoSuchRow):
        again.transact(lambda transaction: transaction.reorder("users", [0]))
    assert everything(again) == known


def test_what_is_laid_is_hidden_as_it_says_and_restored(folder):
    store = Stores(Template({}), folder).open("t")

    def work(transaction):
        user = transaction.lay("users", {"id": "a"}, 0, -1)
        mail = transaction.lay("user/messages", {"id": "m"}, user.key, user.key)
        other = transaction.insert("users", {"id": "b"})
        transaction.lay_links("user/manager", other.key, [(user.key, user.key), (other.key, 0)])
        return user.key, mail.key, other.key

    user, mail, other = store.transact(work)
    assert [row.key for row in store.container("users").scan()] == [other]
    assert [row.key for row in store.links("user/manager").targets(other).scan()] == [other]
    store.transact(lambda transaction: transaction.restore(user))
    assert store.row(mail).owner == user
    targets = [row.key for row in store.links("user/manager").targets(other).scan()]
    assert targets == [user, other]
    with pytest.raises(KeyTaken):
        store.transact(lambda transaction: transaction.lay("users", {"id": "a"}))
