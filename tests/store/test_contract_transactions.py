"""Transactions, deleting with all that hangs on a row, soft deletion, snapshots."""

from __future__ import annotations

from typing import Any

import pytest

from fakegraph.store import KeyTaken, NoSuchRow, StorageFailure

from .worlds import MANAGER, MEMBERS, World, do, dump, ids, insert, key


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


@pytest.fixture
def staff(store: Any) -> int:
    return key(store, "groups", "staff")


# All or nothing


def test_a_transaction_is_made_whole(store: Any, ada: int, staff: int) -> None:
    def work(transaction: Any) -> str:
        user = transaction.insert("users", {"id": "c"})
        transaction.insert("user/messages", {"id": "m2"}, user.key)
        transaction.link(MEMBERS, staff, user.key)
        transaction.unlink(MEMBERS, staff, ada)
        return "done"

    assert store.transact(work) == "done"
    user = key(store, "users", "c")
    assert ids(store.container("user/messages").of(user).scan()) == ["m2"]
    assert ids(store.links(MEMBERS).targets(staff).scan()) == ["bo", "c"]


def test_what_is_worked_out_of_a_container_is_so_again_when_that_changes(
    store: Any, ada: int
) -> None:
    def found_in(transaction: Any) -> Any:
        def work() -> list[str]:
            return ids(transaction.rows_of("users", [0]))

        return transaction.remembered("users", "all", work)

    def write(transaction: Any) -> Any:
        transaction.insert("users", {"id": "c"})
        return found_in(transaction)

    assert store.transact(found_in) == store.transact(found_in) == ["ada", "bo"]
    before = store.snapshot()
    assert store.transact(write) == ["ada", "bo", "c"]
    assert store.transact(found_in) == store.transact(found_in) == ["ada", "bo", "c"]
    store.transact(lambda transaction: transaction.hide(ada))
    assert store.transact(found_in) == ["bo", "c"]
    store.restore(before)
    assert store.transact(found_in) == ["ada", "bo"]


def test_a_transaction_finds_by_an_index_what_it_has_made_so_far(
    store: Any, ada: int, bo: int
) -> None:
    def work(transaction: Any) -> list[list[str]]:
        found = [ids(transaction.equal("users", "city", "oslo"))]
        transaction.replace(ada, {"id": "ada", "city": "OSLO"})
        transaction.insert("users", {"id": "c", "city": "Oslo"})
        found.append(ids(transaction.equal("users", "city", "oslo")))
        transaction.hide(bo)
        return [*found, ids(transaction.equal("users", "city", "oslo"))]

    assert store.transact(work) == [["bo"], ["ada", "bo", "c"], ["ada", "c"]]
    with pytest.raises(KeyError):
        store.transact(lambda transaction: transaction.equal("users", "name", "x"))


def test_a_transaction_tells_what_it_has_changed_so_far(store: Any, ada: int, bo: int) -> None:
    def told(transaction: Any) -> list[tuple[str | None, str | None]]:
        pairs = transaction.changed("users")
        return [tuple(row and row.record.get("city") for row in pair) for pair in pairs]

    def work(transaction: Any) -> Any:
        before = told(transaction)
        transaction.replace(ada, {"id": "ada", "city": "Ulm"})
        transaction.hide(bo)
        transaction.insert("users", {"id": "c", "city": "Oslo"})
        transaction.delete(transaction.insert("users", {"id": "d"}).key)
        return before, told(transaction), ids(new for _, new in transaction.changed("users") if new)

    before, after, there = store.transact(work)
    assert before == []
    assert sorted(after, key=str) == sorted(
        [("London", "Ulm"), ("Oslo", None), (None, "Oslo")], key=str
    )
    assert sorted(there) == ["ada", "c"]


def test_a_transaction_tells_what_it_has_linked_so_far(
    store: Any, ada: int, bo: int, staff: int
) -> None:
    def work(transaction: Any) -> Any:
        before = transaction.relinked(MEMBERS)
        transaction.unlink(MEMBERS, staff, ada)
        other = transaction.insert("users", {"id": "c"}).key
        transaction.link(MEMBERS, staff, other)
        transaction.link(MEMBERS, other, other)
        transaction.unlink(MEMBERS, other, other)
        return before, sorted(transaction.relinked(MEMBERS)), other

    before, after, other = store.transact(work)
    assert before == []
    assert after == sorted([(staff, ada, False), (staff, other, True)])


@pytest.mark.parametrize("error", [KeyTaken, NoSuchRow, TypeError, ZeroDivisionError])
def test_a_transaction_that_raises_leaves_no_trace(
    store: Any, ada: int, bo: int, staff: int, error: type[Exception]
) -> None:
    before, sequence = dump(store), store.sequence
    breaks = {
        KeyTaken: lambda transaction: transaction.insert("users", {"id": "C"}),
        NoSuchRow: lambda transaction: transaction.link(MEMBERS, staff, ada),
        TypeError: lambda transaction: transaction.replace(bo, {"id": "bo", "x": object()}),
        ZeroDivisionError: lambda transaction: 1 / 0,
    }

    def work(transaction: Any) -> None:
        transaction.insert("users", {"id": "c"})
        transaction.replace(bo, {"id": "b"})
        transaction.link(MANAGER, bo, ada)
        transaction.unlink(MEMBERS, staff, bo)
        transaction.hide(key(store, "user/folders", "f1"))
        transaction.insert("made/now", {"id": "x"}, bo)
        transaction.delete(ada)
        breaks[error](transaction)

    with pytest.raises(error):
        store.transact(work)
    assert (dump(store), store.sequence) == (before, sequence)
    assert ids(store.container("made/now").scan()) == []
    row = insert(store, "users", "c")
    assert row.position == 3, "positions that were not used are given to the next"


def test_a_transaction_sees_its_own_changes(store: Any, ada: int, bo: int, staff: int) -> None:
    def work(transaction: Any) -> None:
        c = transaction.insert("users", {"id": "c", "upn": "c@contoso.com"})
        assert transaction.row(c.key).record["id"] == "c"
        assert transaction.find("users", "upn", "C@contoso.com").key == c.key
        transaction.replace(c.key, {"id": "d"})
        assert transaction.find("users", "id", "c") is None
        assert transaction.find("users", "upn", "c@contoso.com") is None
        assert transaction.find("users", "id", "D").key == c.key
        transaction.link(MEMBERS, staff, c.key)
        transaction.unlink(MEMBERS, staff, bo)
        assert ids(transaction.targets(MEMBERS, staff)) == ["ada", "d"]
        assert ids(transaction.sources(MEMBERS, c.key)) == ["staff"]
        folder = transaction.insert("user/folders", {"id": "f", "name": "New"}, bo)
        assert transaction.find("user/folders", "name", "NEW", bo).key == folder.key
        assert transaction.find("user/folders", "name", "NEW", ada) is None
        transaction.move(folder.key, ada)
        assert transaction.find("user/folders", "name", "NEW", bo) is None
        assert transaction.find("user/folders", "name", "NEW", ada).owner == ada
        transaction.delete(ada)
        assert transaction.row(ada) is transaction.row(folder.key) is None
        assert ids(transaction.targets(MEMBERS, staff)) == ["d"]
        transaction.insert("users", {"id": "ada", "upn": "ada@contoso.com"})
        transaction.hide(bo)
        assert transaction.row(bo) is transaction.find("users", "id", "bo") is None
        transaction.insert("users", {"id": "bo"})
        transaction.delete(transaction.find("users", "id", "bo").key)
        transaction.restore(bo)
        assert transaction.row(bo).record["id"] == "bo"

    store.transact(work)
    assert ids(store.container("users").scan()) == ["bo", "d", "ada"]
    assert ids(store.container("user/folders").scan()) == []


def test_containers_that_one_transaction_makes_are_told_apart(store: Any, bo: int) -> None:
    def work(transaction: Any) -> list[Any]:
        made = [transaction.insert(name, {"id": name}, bo) for name in ("new/a", "new/b", "new/a2")]
        assert [transaction.row(row.key).record["id"] for row in made] == [
            "new/a",
            "new/b",
            "new/a2",
        ]
        made.append(transaction.insert("new/c", {"id": "new/c"}, made[1].key))
        return made

    made = store.transact(work)
    names = [store.container_of(row.key) for row in made]
    assert names == ["new/a", "new/b", "new/a2", "new/c"]
    assert [row.record["id"] for row in store.rows([row.key for row in made])] == names
    do(store, "delete", made[1].key)
    assert [len(store.container(name)) for name in names] == [1, 0, 1, 0]


def test_a_transaction_finds_by_owner_too(store: Any, ada: int, bo: int) -> None:
    def work(transaction: Any) -> None:
        for owner, found in ((ada, "m1"), (bo, None), (None, "m1")):
            row = transaction.find("user/messages", "id", "m1", owner)
            assert (row and row.record["id"]) == found
        assert ids(transaction.rows_of("user/folders", [ada, bo])) == ["f1"]
        with pytest.raises(KeyError):
            transaction.find("users", "nothing", "x")

    store.transact(work)


def test_what_is_made_and_unmade_in_one_transaction_was_never_there(store: Any, bo: int) -> None:
    before, sequence = dump(store), store.sequence

    def work(transaction: Any) -> None:
        c = transaction.insert("users", {"id": "c"})
        transaction.link(MANAGER, c.key, bo)
        transaction.insert("user/messages", {"id": "m2"}, c.key)
        transaction.delete(c.key)
        transaction.hide(bo)
        transaction.restore(bo)

    store.transact(work)
    assert dump(store) == before
    assert store.changes.after(sequence, 100) == []


def test_a_record_is_taken_as_it_is_when_it_is_given(store: Any) -> None:
    record = {"id": "c", "age": 1}

    def work(transaction: Any) -> None:
        transaction.insert("users", record)
        record["age"] = 2

    store.transact(work)
    assert store.container("users").get("c").record["age"] == 1


def test_a_write_inside_a_write_is_refused(store: Any) -> None:
    before = dump(store)
    with pytest.raises(RuntimeError):
        store.transact(lambda transaction: insert(store, "users", "c"))
    assert dump(store) == before
    insert(store, "users", "c")


def test_a_closed_store_takes_no_writes(world: World) -> None:
    store = world.open()
    store.close()
    with pytest.raises(StorageFailure):
        insert(store, "users", "c")
    with pytest.raises(StorageFailure):
        store.reset()


@pytest.mark.parametrize("step", ["insert", "replace", "move", "restore"])
def test_a_step_that_is_refused_leaves_the_others_of_its_transaction(
    store: Any, ada: int, bo: int, step: str
) -> None:
    do(store, "hide", ada)
    insert(store, "user/messages", "m1", bo)
    mine = insert(store, "user/folders", "f", bo, name="x").key
    insert(store, "user/folders", "g", 0, name="X")
    before = dump(store)
    arguments = {
        "insert": ("users", {"id": "BO", "upn": "new"}),
        "replace": (bo, {"id": "new", "upn": "taken", "more": 2}),
        "move": (mine, 0),
        "restore": (ada,),  # whose message's id is taken
    }[step]

    def work(transaction: Any) -> None:
        other = transaction.insert("users", {"id": "other", "upn": "taken"})
        with pytest.raises(KeyTaken):
            getattr(transaction, step)(*arguments)
        transaction.delete(other.key)

    store.transact(work)
    assert dump(store) == before
    do(store, "insert", "users", {"id": "new", "upn": "new"})
    assert store.container("users").get("BO").key == bo


# Deleting


def test_deleting_takes_what_is_contained_along_at_any_depth(store: Any, ada: int) -> None:
    deep = key(store, "user/folders", "f2")
    for number in range(30):
        deep = insert(store, "user/folders", f"d{number}", deep, name="x").key
        insert(store, "user/messages", f"n{number}", deep)
    insert(store, "message/attachments", "a1", key(store, "user/messages", "n29"))
    do(store, "delete", ada)

    for name in ("user/folders", "user/messages", "message/attachments"):
        assert ids(store.container(name).scan()) == []
    assert ids(store.container("users").scan()) == ["bo"]


def test_deleting_takes_the_links_of_what_is_contained_along(
    store: Any, ada: int, bo: int, staff: int
) -> None:
    inbox = key(store, "user/folders", "f1")
    do(store, "link", "folder/readers", inbox, bo)
    do(store, "link", "user/favourites", bo, key(store, "user/folders", "f2"))
    do(store, "delete", ada)

    assert ids(store.links("folder/readers").sources(bo).scan()) == []
    assert ids(store.links("user/favourites").targets(bo).scan()) == []
    assert ids(store.links(MEMBERS).targets(staff).scan()) == ["bo"]


def test_a_deletion_leaves_the_owner_and_its_other_things(store: Any, ada: int) -> None:
    do(store, "delete", key(store, "user/folders", "f2"))

    assert ids(store.container("user/folders").of(ada).scan()) == ["f1"]
    assert ids(store.container("user/messages").of(ada).scan()) == ["m1"]


def test_deleting_an_owner_purges_what_of_it_is_hidden(store: Any, ada: int, bo: int) -> None:
    inbox, bills = key(store, "user/folders", "f1"), key(store, "user/folders", "f2")
    do(store, "link", "folder/readers", bills, bo)
    do(store, "hide", bills)
    do(store, "hide", key(store, "user/messages", "m1"))
    do(store, "delete", ada)

    for name in ("user/folders", "user/messages"):
        assert ids(store.hidden(name).scan()) == []
    for gone in (inbox, bills):
        with pytest.raises(NoSuchRow):
            do(store, "restore", gone)


# Hiding, restoring, purging


def test_what_is_hidden_is_out_of_every_read(store: Any, ada: int, staff: int) -> None:
    keys = [ada, key(store, "user/folders", "f2"), key(store, "user/messages", "m1")]
    do(store, "hide", ada)

    assert store.rows(keys) == [None, None, None]
    assert ids(store.container("users").scan()) == ["bo"]
    assert store.container("users").get("ada") is None
    assert store.container("users").find("upn", "ada@contoso.com") is None
    assert ids(store.container("user/folders").scan()) == []
    assert ids(store.container("user/folders").of(ada).scan()) == []
    assert ids(store.links(MEMBERS).targets(staff).scan()) == ["bo"]
    assert ids(store.links(MEMBERS).sources(ada).scan()) == []
    assert not store.links(MEMBERS).has(staff, ada)
    assert store.links(MEMBERS).page(staff, -1, 9)[0][1].record["id"] == "bo"
    for step in ("delete", "hide"):
        with pytest.raises(NoSuchRow):
            do(store, step, ada)
    with pytest.raises(NoSuchRow):
        do(store, "replace", ada, {"id": "ada"})
    with pytest.raises(NoSuchRow):
        insert(store, "user/messages", "m2", ada)


def test_many_rows_go_along_and_come_back(store: Any, ada: int, bo: int) -> None:
    def fill(transaction: Any) -> None:
        for number in range(1100):
            record = {"id": f"n{number}", "received": number % 100}
            message = transaction.insert("user/messages", record, ada)
            transaction.link("user/favourites", bo, message.key)

    store.transact(fill)
    messages, favourites = store.container("user/messages"), store.links("user/favourites")
    before = dump(store)
    walked = ids(messages.of(ada).walk("received"))
    do(store, "hide", ada)
    assert len(messages) == len(favourites.targets(bo)) == 0
    assert ids(store.hidden("users").scan()) == ["ada"]
    do(store, "restore", ada)

    assert dump(store) == before
    assert ids(messages.of(ada).walk("received")) == walked
    do(store, "hide", ada)
    do(store, "purge", ada)
    assert len(messages) == len(favourites.targets(bo)) == len(store.hidden("users")) == 0


def test_hidden_lists_what_was_hidden_itself_and_not_what_went_along(store: Any, ada: int) -> None:
    do(store, "hide", key(store, "user/messages", "m1"))
    do(store, "hide", ada)

    assert ids(store.hidden("users").scan()) == ["ada"]
    assert ids(store.hidden("user/messages").scan()) == ["m1"]
    assert ids(store.hidden("user/folders").scan()) == []
    assert len(store.hidden("users")) == 1
    found = next(store.hidden("users").scan())
    assert (found.key, found.record["id"]) == (ada, "ada")
    assert store.hidden("users").get("ada").key == ada
    assert store.hidden("users").get("bo") is None


def test_restoring_undoes_exactly_what_hiding_did(
    store: Any, ada: int, bo: int, staff: int
) -> None:
    do(store, "link", MANAGER, bo, ada)
    do(store, "link", "user/favourites", bo, key(store, "user/folders", "f2"))
    do(store, "hide", key(store, "user/messages", "m1"))
    before = dump(store)
    do(store, "hide", ada)
    do(store, "restore", ada)

    assert dump(store) == before
    assert ids(store.links("user/favourites").targets(bo).scan()) == ["f2"]
    assert ids(store.hidden("user/messages").scan()) == ["m1"], "it went on its own"
    do(store, "restore", key_of_hidden(store, "user/messages", "m1"))
    assert ids(store.container("user/messages").of(ada).scan()) == ["m1"]


def key_of_hidden(store: Any, container: str, id: str) -> int:
    return next(row.key for row in store.hidden(container).scan() if row.record["id"] == id)


def test_a_link_hidden_from_both_ends_comes_back_with_the_later_one(
    store: Any, ada: int, bo: int
) -> None:
    do(store, "link", MANAGER, bo, ada)
    for first, second in ((ada, bo), (bo, ada)):
        do(store, "hide", ada)
        do(store, "hide", bo)
        do(store, "restore", first)
        assert ids(store.links(MANAGER).targets(bo).scan()) == []
        assert ids(store.links(MANAGER).sources(ada).scan()) == []
        do(store, "restore", second)
        assert ids(store.links(MANAGER).targets(bo).scan()) == ["ada"]
        assert ids(store.links(MANAGER).sources(ada).scan()) == ["bo"]


def test_a_link_to_what_went_along_comes_back_with_its_root(store: Any, ada: int, bo: int) -> None:
    bills = key(store, "user/folders", "f2")
    do(store, "link", "user/favourites", bo, bills)
    do(store, "hide", bo)
    do(store, "hide", ada)
    do(store, "restore", bo)
    assert ids(store.links("user/favourites").targets(bo).scan()) == []
    do(store, "restore", ada)
    assert ids(store.links("user/favourites").targets(bo).scan()) == ["f2"]


def test_unique_values_are_free_while_hidden(store: Any, ada: int) -> None:
    do(store, "hide", ada)
    other = insert(store, "users", "ADA", upn="x").key
    before = dump(store)
    with pytest.raises(KeyTaken):
        do(store, "restore", ada)
    assert dump(store) == before

    do(store, "replace", other, {"id": "c", "upn": "ada@contoso.com"})
    with pytest.raises(KeyTaken) as taken:
        do(store, "restore", ada)
    assert taken.value.name == "upn"
    do(store, "replace", other, {"id": "c"})
    do(store, "restore", ada)
    assert store.container("users").get("ada").key == ada


def test_two_hidden_rows_may_have_had_one_name(store: Any, ada: int) -> None:
    do(store, "hide", ada)
    second = insert(store, "users", "ada").key
    do(store, "hide", second)

    assert ids(store.hidden("users").scan()) == ["ada", "ada"]
    do(store, "restore", second)
    with pytest.raises(KeyTaken):
        do(store, "restore", ada)
    do(store, "purge", ada)
    assert store.container("users").get("ada").key == second
    assert ids(store.hidden("users").scan()) == []


def test_a_unique_value_of_what_went_along_can_keep_it_from_coming_back(
    store: Any, ada: int
) -> None:
    do(store, "hide", ada)
    insert(store, "user/messages", "m1")
    before = dump(store)
    with pytest.raises(KeyTaken):
        do(store, "restore", ada)
    assert dump(store) == before


def test_nothing_is_restored_into_an_owner_that_is_hidden(store: Any, ada: int) -> None:
    inbox, bills = key(store, "user/folders", "f1"), key(store, "user/folders", "f2")
    do(store, "hide", bills)
    do(store, "hide", ada)
    with pytest.raises(NoSuchRow):
        do(store, "restore", bills)
    with pytest.raises(NoSuchRow):
        do(store, "restore", inbox)  # it went along: its root comes back, or nothing
    do(store, "restore", ada)
    do(store, "restore", bills)
    assert ids(store.container("user/folders").of(inbox).scan()) == ["f2"]


def test_only_hidden_roots_are_restored_and_purged(store: Any, ada: int) -> None:
    along = key(store, "user/messages", "m1")
    for step in ("restore", "purge"):
        with pytest.raises(NoSuchRow):
            do(store, step, ada)
    do(store, "hide", ada)
    for step in ("restore", "purge"):
        with pytest.raises(NoSuchRow):
            do(store, step, along)


def test_purging_ends_rows_and_their_links(store: Any, ada: int, bo: int, staff: int) -> None:
    do(store, "link", MANAGER, bo, ada)
    do(store, "hide", bo)
    do(store, "hide", ada)
    do(store, "purge", ada)
    assert ids(store.hidden("users").scan()) == ["bo"]
    do(store, "restore", bo)

    assert ids(store.links(MANAGER).targets(bo).scan()) == []
    assert ids(store.links(MEMBERS).targets(staff).scan()) == ["bo"]
    for step in ("restore", "purge"):
        with pytest.raises(NoSuchRow):
            do(store, step, ada)
    assert ids(store.container("user/folders").scan()) == []
    insert(store, "users", "ada")


@pytest.mark.parametrize("end", ["delete", "purge"])
def test_no_link_comes_back_to_a_row_that_is_gone(store: Any, ada: int, bo: int, end: str) -> None:
    favourites, bills = store.links("user/favourites"), key(store, "user/folders", "f2")
    do(store, "link", MANAGER, bo, ada)
    do(store, "link", "user/favourites", bo, bills)
    do(store, "hide", bo)
    if end == "purge":
        do(store, "hide", ada)
    do(store, end, ada)
    do(store, "restore", bo)

    for rows in (store.links(MANAGER).targets(bo), favourites.targets(bo)):
        assert ids(rows.scan()) == []
        assert len(rows) == 0
    assert not store.links(MANAGER).has(bo, ada)


def test_purging_takes_what_was_hidden_before_along(store: Any, ada: int) -> None:
    do(store, "hide", key(store, "user/messages", "m1"))
    do(store, "hide", key(store, "user/folders", "f2"))
    do(store, "hide", ada)
    do(store, "purge", ada)

    for name in ("users", "user/messages", "user/folders"):
        assert ids(store.hidden(name).scan()) == []


# Snapshots


def test_a_snapshot_has_everything(store: Any, ada: int, bo: int, staff: int) -> None:
    do(store, "hide", key(store, "user/folders", "f2"))
    do(store, "link", MANAGER, bo, ada)
    before, snapshot = dump(store), store.snapshot()
    do(store, "restore", key_of_hidden(store, "user/folders", "f2"))
    do(store, "unlink", MANAGER, bo, ada)
    do(store, "move", key(store, "user/messages", "m1"), bo)
    do(store, "link", MEMBERS, staff, staff)
    insert(store, "elsewhere", "x", ada)
    do(store, "delete", ada)
    after, later = dump(store), store.snapshot()

    for _ in range(2):
        store.restore(snapshot)
        assert dump(store) == before
        assert ids(store.container("elsewhere").scan()) == []
        do(store, "restore", key_of_hidden(store, "user/folders", "f2"))
        store.restore(later)
        assert dump(store) == after
        assert ids(store.container("elsewhere").scan()) == []


def test_a_store_goes_on_after_a_snapshot_was_gone_back_to(store: Any, ada: int, bo: int) -> None:
    snapshot = store.snapshot()
    do(store, "delete", ada)
    store.restore(snapshot)
    insert(store, "user/messages", "m2", ada, received=0)
    do(store, "link", MANAGER, bo, ada)

    assert ids(store.container("user/messages").of(ada).walk("received")) == ["m2", "m1"]
    assert ids(store.links(MANAGER).sources(ada).scan()) == ["bo"]
    do(store, "delete", ada)
    assert ids(store.container("user/messages").scan()) == []
    assert ids(store.links(MANAGER).targets(bo).scan()) == []


def test_reset_goes_back_to_the_template(store: Any, ada: int, bo: int, staff: int) -> None:
    before = dump(store)
    do(store, "hide", bo)
    do(store, "delete", staff)
    insert(store, "elsewhere", "x")
    insert(store, "user/messages", "m2", ada)
    store.reset()

    assert dump(store) == before
    assert ids(store.container("elsewhere").scan()) == []
    assert insert(store, "user/messages", "new", ada).position == 2


# On disk


def test_everything_is_there_when_it_is_opened_again(lasting: World) -> None:
    store = lasting.open()
    ada, bo, staff = (
        key(store, *each) for each in (("users", "ada"), ("users", "bo"), ("groups", "staff"))
    )
    message = insert(store, "user/messages", "m2", bo, received=5)
    do(store, "link", MANAGER, bo, ada)
    do(store, "unlink", MEMBERS, staff, ada)
    do(store, "move", key(store, "user/folders", "f2"), bo)
    do(store, "hide", key(store, "user/folders", "f1"))
    do(store, "replace", bo, {"id": "bob", "upn": "bob@contoso.com"})
    extra = insert(store, "elsewhere", "x", message.key)
    before, generation, sequence = dump(store), store.generation, store.sequence

    for again in (lambda: lasting.open_again(), lambda: [lasting.kill(), lasting.open()][1]):
        store = again()
        assert dump(store) == before
        assert (store.generation, store.sequence) == (generation, sequence)
        assert store.row(extra.key).owner == message.key
        assert store.row(message.key).record["id"] == "m2"
        assert store.container("users").find("upn", "BOB@contoso.com").key == bo
        assert ids(store.container("user/messages").of(bo).walk("received")) == ["m2"]
    do(store, "restore", key_of_hidden(store, "user/folders", "f1"))
    do(store, "delete", bo)
    assert ids(store.container("elsewhere").scan()) == []
    row = insert(store, "user/messages", "m3", ada)
    assert row.position == 3, "what was deleted gives its place to nobody"
    assert dump(lasting.open_again()) == dump(store)


def test_a_restored_snapshot_is_there_when_it_is_opened_again(lasting: World) -> None:
    store = lasting.open()
    ada = key(store, "users", "ada")
    do(store, "hide", key(store, "user/folders", "f2"))
    before, snapshot = dump(store), store.snapshot()
    do(store, "delete", ada)
    insert(store, "elsewhere", "x")
    store.restore(snapshot)
    lasting.kill()
    assert dump(lasting.open()) == before
    store = lasting.open_again()
    assert dump(store) == before
    store.reset()
    start = dump(store)
    lasting.kill()
    assert dump(lasting.open()) == start == dump(lasting.open("other"))


def test_the_first_of_an_owners_rows_is_that_of_all(store: Any, ada: int) -> None:
    def work(transaction: Any) -> list[list[str]]:
        found = []

        def look() -> None:
            for owner, container in ((ada, "user/messages"), (0, "users")):
                rows = ids(transaction.rows_of(container, [owner]))
                for name in (*rows, "nobody"):
                    first = transaction.first_of(
                        container, owner, lambda row, name=name: row.record["id"] >= name
                    )
                    wanted = [each for each in rows if each >= name][:1]
                    assert (ids([first]) if first is not None else []) == wanted
                found.append(rows)

        look()
        new = transaction.insert("user/messages", {"id": "a0"}, ada)
        transaction.insert("users", {"id": "zoe"})
        look()
        transaction.hide(new.key)
        transaction.hide(key(store, "users", "bo"))
        look()
        return found

    before, users, more, more_users, less, less_users = store.transact(work)
    assert len(more) == len(before) + 1 == len(less) + 1
    assert len(more_users) == len(users) + 1 == len(less_users) + 1


def test_what_a_write_makes_and_takes_away_again_has_no_place(store: Any) -> None:
    def work(transaction: Any) -> int:
        kept = transaction.insert("groups", {"id": "kept"})
        transaction.delete(transaction.insert("groups", {"id": "gone"}).key)
        return kept.key

    kept = store.transact(work)
    following = store.transact(lambda transaction: transaction.insert("groups", {"id": "next"}))

    assert following.key >> 12 == (kept >> 12) + 1
