"""The change log, the generation, and bytes."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from fakegraph.store import ChangesLost

from .worlds import MANAGER, World, do, insert, key, said


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


# The change log


def test_rows_that_come_change_and_go_are_told(store: Any, ada: int) -> None:
    began = store.sequence
    row = insert(store, "user/messages", "m2", ada, read=False, received=1)
    do(store, "replace", row.key, {"id": "m3", "read": True, "received": 1})
    do(store, "delete", row.key)

    assert said(store, began) == [
        {"created user/messages/2 m2 of users/1"},
        {"updated user/messages/2 m2 of users/1, was id='m2' read=False"},
        {"deleted user/messages/2 m3 of users/1"},
    ]


def test_a_property_that_comes_or_goes_was_none(store: Any, ada: int) -> None:
    began = store.sequence
    do(store, "replace", ada, {"id": "ada", "age": 36, "city": "London", "new": 1})

    assert said(store, began) == [
        {"updated users/1 ada, was new=None upn='ada@contoso.com'"},
    ]


def test_a_property_that_is_null_or_missing_is_the_same_however_it_is_looked_for(
    store: Any, ada: int, bo: int
) -> None:
    do(store, "replace", bo, {"id": "bo", "age": None})
    began = store.sequence

    def both(transaction: Any) -> None:
        transaction.replace(bo, {"id": "bo"})
        transaction.replace(ada, {"id": "ada"})

    store.transact(both)

    (told,) = said(store, began)
    assert [each[:15] for each in told] == ["updated users/1"]


def test_what_python_alone_takes_for_the_same_is_told(store: Any, bo: int) -> None:
    began = store.sequence
    do(store, "replace", bo, {"id": "bo", "age": 1, "n": [1]})
    do(store, "replace", bo, {"id": "bo", "age": True, "n": [1]})
    do(store, "replace", bo, {"id": "bo", "age": True, "n": [1.0]})

    assert said(store, began)[1:] == [
        {"updated users/2 bo, was age=1"},
        {"updated users/2 bo, was n=[1]"},
    ]


def test_a_move_is_told_with_where_it_was(store: Any, ada: int, bo: int) -> None:
    began = store.sequence
    do(store, "move", key(store, "user/messages", "m1"), bo)
    kinds = [(each.kind, each.container) for each in store.changes.after(began, 10)]

    assert kinds == [("moved", "user/messages")]


def test_links_are_told_with_both_ends(store: Any, ada: int, bo: int) -> None:
    began = store.sequence
    do(store, "link", MANAGER, bo, ada)
    do(store, "link", MANAGER, bo, ada)
    do(store, "unlink", MANAGER, bo, ada)

    assert said(store, began) == [
        {"linked user/manager users/2 users/1"},
        {"unlinked user/manager users/2 users/1"},
    ]


def test_a_cascade_is_told_whole(store: Any, ada: int) -> None:
    began = store.sequence
    do(store, "delete", ada)

    assert said(store, began) == [
        {
            "deleted users/1 ada",
            "deleted user/folders/1 f1 of users/1",
            "deleted user/folders/2 f2 of user/folders/1",
            "deleted user/messages/1 m1 of users/1",
            "unlinked group/members groups/1 users/1",
        }
    ]


def test_hiding_restoring_and_purging_are_told(store: Any, bo: int) -> None:
    began = store.sequence
    do(store, "hide", bo)
    do(store, "restore", bo)
    do(store, "hide", bo)
    do(store, "purge", bo)
    hidden = {"hidden users/2 bo", "unlinked group/members groups/1 users/2"}

    assert said(store, began) == [
        hidden,
        {"restored users/2 bo", "linked group/members groups/1 users/2"},
        hidden,
        {"purged users/2 bo", "purged group/members groups/1 users/2"},
    ]


def test_one_transaction_has_one_sequence_and_tells_the_outcome(
    store: Any, ada: int, bo: int
) -> None:
    began = store.sequence

    def work(transaction: Any) -> None:
        row = transaction.insert("groups", {"id": "x"})
        transaction.replace(row.key, {"id": "y"})
        transaction.replace(bo, {"id": "bo", "age": 1})
        transaction.replace(bo, {"id": "bo", "age": 2})
        transaction.link(MANAGER, bo, ada)
        transaction.unlink(MANAGER, bo, ada)

    store.transact(work)
    assert store.sequence == began + 1
    assert {each.sequence for each in store.changes.after(began, 10)} == {began + 1}
    assert said(store, began) == [
        {
            "created groups/2 y",
            "updated users/2 bo, was age=None city='Oslo' upn='bo@contoso.com'",
        }
    ]


def test_a_write_that_changes_nothing_is_not_told(store: Any, ada: int) -> None:
    began = store.sequence
    do(store, "replace", ada, dict(store.row(ada).record))
    do(store, "move", key(store, "user/messages", "m1"), ada)
    do(store, "unlink", MANAGER, ada, ada)

    assert said(store, began) == []


def test_changes_are_read_on_from_a_sequence(store: Any) -> None:
    began = store.sequence
    for number in range(20):
        insert(store, "groups", f"g{number}")
    found, after = [], began
    while page := store.changes.after(after, 7):
        found += [each.id for each in page]
        after = page[-1].sequence

    assert found == [f"g{number}" for number in range(20)]
    assert after == store.sequence
    assert store.changes.after(store.sequence, 7) == []


def test_a_page_of_changes_never_ends_inside_a_transaction(store: Any, ada: int) -> None:
    began = store.sequence
    store.transact(
        lambda transaction: [transaction.insert("groups", {"id": f"g{n}"}) for n in range(10)]
    )
    insert(store, "groups", "last")
    page = store.changes.after(began, 3)

    rest = store.changes.after(page[-1].sequence, 3)
    assert [each.id for each in page + rest] == [*(f"g{n}" for n in range(10)), "last"]


def test_what_came_before_the_log_begins_is_lost(store: Any) -> None:
    began = store.sequence
    store.reset()
    with pytest.raises(ChangesLost):
        store.changes.after(began, 10)
    assert store.changes.after(store.sequence, 10) == []
    began = store.sequence
    insert(store, "groups", "x")
    assert said(store, began) == [{"created groups/2 x"}]


def test_changes_are_there_when_it_is_opened_again(lasting: World) -> None:
    store = lasting.open()
    began, ada = store.sequence, key(store, "users", "ada")
    insert(store, "user/messages", "m2", ada)
    do(store, "replace", ada, {"id": "ada", "age": 37, "upn": "x", "city": "London"})
    do(store, "hide", ada)
    told = said(store, began)
    assert len(told) == 3

    lasting.kill()
    assert said(lasting.open(), began) == told
    assert said(lasting.open_again(), began) == told
    store = lasting.open_again()
    do(store, "restore", ada)
    do(store, "delete", ada)
    told = said(store, began)
    lasting.kill()
    assert said(lasting.open(), began) == told


def test_what_is_gone_tells_where_it_was(lasting: World) -> None:
    store = lasting.open()
    if not hasattr(store.changes, "ends"):
        pytest.skip("the oracle does not say it")
    ada = key(store, "users", "ada")
    record = {"id": "m9", "folder": "inbox", "in": {"id": "f1"}, "body": "x" * 300, "to": ["bo"]}
    store.transact(lambda transaction: transaction.insert("user/messages", record, ada))
    began = store.sequence
    do(store, "delete", key(store, "user/messages", "m9"))
    do(store, "hide", ada)
    left = {"folder": "inbox", "in": {"id": "f1"}}

    def told(store: Any) -> list[Any]:
        return [(each.kind, each.left) for each in store.changes.after(began, 1)]

    assert told(store) == [("deleted", left)]
    lasting.kill()
    assert told(lasting.open()) == [("deleted", left)]
    lasting.open_again().close()
    store = lasting.open()
    assert told(store) == [("deleted", left)]
    (hidden,) = [each for each in store.changes.after(began, 10) if each.id == "ada"]
    assert hidden.left == {}, "of what nothing contains, nothing says where it was"


def test_changes_end_with_the_last_write_that_changed_something(store: Any) -> None:
    if not hasattr(store.changes, "ends"):
        pytest.skip("the oracle does not say it")
    assert store.changes.ends == store.sequence
    insert(store, "groups", "x")
    assert store.changes.ends == store.sequence
    store.reset()
    assert store.changes.ends == store.changes.begins == store.sequence


def test_tenants_have_changes_of_their_own(world: World) -> None:
    one, two = world.open("one"), world.open("two")
    began = two.sequence
    insert(one, "groups", "x")

    assert said(two, began) == []


# The generation


def test_a_generation_ends_with_reset_and_restore(store: Any) -> None:
    seen = [store.generation]
    snapshot = store.snapshot()
    insert(store, "groups", "x")
    assert store.generation == seen[0]
    for back in (store.reset, lambda: store.restore(snapshot), store.reset):
        back()
        seen.append(store.generation)

    assert len(set(seen)) == 4
    assert all(isinstance(each, str) and 4 <= len(each) <= 40 for each in seen)


def test_tenants_have_generations_of_their_own(world: World) -> None:
    assert world.open("one").generation != world.open("two").generation


def test_each_change_makes_another_stamp(store: Any, ada: int) -> None:
    if not hasattr(store.changes, "ends"):
        pytest.skip("the oracle does not say it")
    snapshot, stamps = store.snapshot(), [store.stamp]
    row = insert(store, "groups", "x")
    for change in (
        lambda: do(store, "replace", row.key, {"id": "y"}),
        lambda: do(store, "link", MANAGER, row.key, ada),
        lambda: do(store, "delete", row.key),
        lambda: store.restore(snapshot),
        lambda: insert(store, "groups", "x"),
        store.reset,
    ):
        stamps.append(store.stamp)
        change()
    stamps.append(store.stamp)

    assert len(set(stamps)) == len(stamps)
    assert store.row(ada) is not None
    assert store.stamp == stamps[-1]


# Bytes


def with_bytes(data: bytes, id: str = "d1", owner: int = 0) -> Callable[[Any], Any]:
    def work(transaction: Any) -> Any:
        name = transaction.keep(data)
        return transaction.insert("files", {"id": id, "@bytes": {"content": name}}, owner)

    return work


def test_bytes_are_kept_under_the_name_of_their_digest(store: Any) -> None:
    data = bytes(range(256)) * 500
    row = store.transact(with_bytes(data))
    name = row.record["@bytes"]["content"]

    assert name == sha256(data).hexdigest()
    assert store.bytes.get(name) == data
    assert store.bytes.size(name) == len(data)
    assert store.bytes.get(sha256(b"other").hexdigest()) is None


def test_no_bytes_at_all_are_bytes(store: Any) -> None:
    name = store.transact(with_bytes(b"")).record["@bytes"]["content"]

    assert store.bytes.get(name) == b""
    assert store.bytes.size(name) == 0


@pytest.mark.parametrize("name", ["", "x", "../contoso.json", "/etc/hostname", "a/b", "A" * 64])
def test_a_name_that_is_none_has_no_bytes(store: Any, name: str) -> None:
    assert store.bytes.get(name) is None


def test_bytes_stay_while_any_row_names_them(store: Any) -> None:
    name = store.transact(with_bytes(b"one", "d1")).record["@bytes"]["content"]
    store.transact(with_bytes(b"one", "d2"))
    do(store, "delete", key(store, "files", "d1"))
    assert store.bytes.get(name) == b"one"
    do(store, "hide", key(store, "files", "d2"))
    assert store.bytes.get(name) == b"one"


def test_bytes_stay_while_a_snapshot_names_them(store: Any) -> None:
    name = store.transact(with_bytes(b"one")).record["@bytes"]["content"]
    snapshot = store.snapshot()
    do(store, "delete", key(store, "files", "d1"))
    store.transact(with_bytes(b"two", "d2"))
    store.restore(snapshot)

    assert store.container("files").get("d1").record["@bytes"]["content"] == name
    assert store.bytes.get(name) == b"one"


def test_bytes_are_named_anew_after_they_were_dropped(store: Any) -> None:
    for number in range(3):
        name = store.transact(with_bytes(b"one")).record["@bytes"]["content"]
        assert store.bytes.get(name) == b"one"
        do(store, "delete", key(store, "files", "d1"))
        insert(store, "groups", f"g{number}")


def test_bytes_are_there_when_it_is_opened_again(lasting: World) -> None:
    store = lasting.open()
    names = [
        store.transact(with_bytes(b"%d" % number, f"d{number}")).record["@bytes"]["content"]
        for number in range(4)
    ]
    do(store, "hide", key(store, "files", "d1"))
    do(store, "delete", key(store, "files", "d2"))
    with pytest.raises(ZeroDivisionError):
        store.transact(lambda transaction: [transaction.keep(b"never named"), 1 / 0])
    lasting.kill()
    for again in (lasting.open, lasting.open_again):
        store = again()
        assert [store.bytes.get(name) for name in names] == [b"0", b"1", None, b"3"]
        assert store.bytes.get(sha256(b"never named").hexdigest()) is None
    do(store, "purge", next(store.hidden("files").scan()).key)
    assert lasting.open_again().bytes.get(names[1]) is None


def test_tenants_have_bytes_of_their_own(world: World) -> None:
    one, two = world.open("one"), world.open("two")
    name = one.transact(with_bytes(b"secret")).record["@bytes"]["content"]

    assert two.bytes.get(name) is None
    two.transact(with_bytes(b"secret"))
    do(one, "delete", key(one, "files", "d1"))
    assert two.bytes.get(name) == b"secret"
