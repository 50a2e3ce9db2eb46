"""Two servers' stores over one database: each has at once what the other has written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fakegraph.store import KeyTaken, StoreClosed, Stores, Template, TenantNameError, TenantTaken
from fakegraph.store.errors import DataFileError
from fakegraph.store.postgres.bases import READ, write_base
from fakegraph.store.postgres.opened import Opened
from tests.store.worlds import LAYOUTS, RECORDS, do, dump, ids, insert, key, said, seed


def stores_of(database: str, records: Any = RECORDS) -> Stores:
    return Stores(Template(records, LAYOUTS, seed=seed), url=database)


@pytest.fixture
def two(database: str) -> Iterator[tuple[Stores, Stores]]:
    both = stores_of(database), stores_of(database)
    for name in both[0].tenants():
        both[0].remove(name)
    yield both
    for each in both:
        each.close()


@pytest.fixture
def both(two: tuple[Stores, Stores]) -> tuple[Any, Any]:
    """A tenant at either server."""
    one, other = two
    return one.open("contoso"), other.open("contoso")


def same(one: Any, other: Any) -> None:
    """Both have the same once they have caught up, with all that is told of it."""
    for each in (one, other):
        each.catch_up()
    assert dump(one) == dump(other)
    assert (one.sequence, one.generation) == (other.sequence, other.generation)
    begins = max(one.changes.begins, other.changes.begins)
    assert said(one, begins) == said(other, begins)


def test_what_one_writes_the_other_reads_with_the_same_keys(both: tuple[Any, Any]) -> None:
    one, other = both
    ada = insert(one, "users", "ada2")
    other.catch_up()

    assert other.container("users").get("ada2").key == ada.key
    assert insert(other, "users", "next").position == ada.position + 1
    same(one, other)


def test_containers_that_either_makes_have_one_number(both: tuple[Any, Any]) -> None:
    one, other = both
    first = insert(one, "drives", "a")
    second = insert(other, "sites", "b")

    one.catch_up()
    assert one.container_of(second.key) == "sites"
    assert other.container_of(first.key) == "drives"
    same(one, other)


def test_unique_values_hold_across_both(both: tuple[Any, Any]) -> None:
    one, other = both
    insert(one, "users", "cy", upn="cy@contoso.com")

    with pytest.raises(KeyTaken):
        insert(other, "users", "other", upn="CY@contoso.com")
    same(one, other)


def test_soft_deletion_and_links_are_shared(both: tuple[Any, Any]) -> None:
    one, other = both
    do(one, "hide", key(one, "users", "ada"))
    other.catch_up()

    assert ids(other.hidden("users").scan()) == ["ada"]
    do(other, "restore", next(iter(other.hidden("users").scan())).key)
    same(one, other)


def test_a_reset_is_seen_and_costs_one_line(both: tuple[Any, Any]) -> None:
    one, other = both
    start = dump(one)
    for number in range(20):
        insert(one, "users", f"u{number}")
    other.catch_up()
    before = other.sequence
    one.reset()
    other.catch_up()

    assert dump(other) == start
    assert (other.sequence, other.changes.begins) == (before + 1, before + 1)
    insert(other, "users", "after")
    same(one, other)


def test_one_goes_back_to_a_snapshot_while_the_other_reads(both: tuple[Any, Any]) -> None:
    one, other = both
    snapshot = one.snapshot()
    insert(one, "drives", "gone")
    other.catch_up()
    reading = other.container("users").scan()
    first = next(reading).record["id"]
    one.restore(snapshot)
    other.catch_up()

    assert [first, *ids(reading)] == ["ada", "bo"]
    assert ids(other.container("drives").scan()) == []
    same(one, other)


def test_who_comes_later_has_all_of_it(database: str, both: tuple[Any, Any]) -> None:
    one, _ = both
    insert(one, "users", "x", note="é 🙂 \x00")
    insert(one, "drives", "d", key(one, "users", "x"))
    later = stores_of(database)
    same(one, later.open("contoso"))
    later.close()


def test_a_tenant_that_was_removed_is_closed_at_the_other(
    two: tuple[Stores, Stores], both: tuple[Any, Any]
) -> None:
    two[0].remove("contoso")

    assert two[1].tenants() == []
    with pytest.raises(StoreClosed):
        both[1].catch_up()
    with pytest.raises(StoreClosed):
        insert(both[1], "users", "late")


def test_a_tenant_of_that_name_that_came_after_it_is_another_one(
    two: tuple[Stores, Stores], both: tuple[Any, Any]
) -> None:
    two[0].remove("contoso")
    insert(two[0].open("contoso"), "users", "new")

    with pytest.raises(StoreClosed):
        insert(both[1], "users", "late")


def test_names_are_one_servers_only_also_by_case(two: tuple[Stores, Stores]) -> None:
    one, other = two
    one.open("Fabrikam", new=True)

    with pytest.raises(TenantTaken):
        other.open("Fabrikam", new=True)
    with pytest.raises(TenantNameError):
        other.open("fabrikam")
    assert other.tenants() == ["Fabrikam"]
    assert "Fabrikam" in other
    assert "fabrikam" not in other


def test_a_server_with_another_fixture_finds_the_tenant_as_it_began(
    database: str, both: tuple[Any, Any]
) -> None:
    later = stores_of(database, {**RECORDS, "groups": [{"id": "staff"}, {"id": "new"}]})
    found = later.open("contoso")

    same(both[0], found)
    found.reset()
    both[0].catch_up()
    assert ids(both[0].container("groups").scan()) == ["staff", "new"]
    same(both[0], found)
    later.close()


def test_contents_are_shared(both: tuple[Any, Any]) -> None:
    one, other = both
    short, long = b"short", b"0123456789abcdef" * 40_000

    def work(transaction: Any) -> None:
        names = {"a": transaction.keep(short), "b": transaction.keep(long)}
        transaction.insert("users", {"id": "photo", "@bytes": names})

    one.transact(work)
    other.catch_up()
    names = other.container("users").get("photo").record["@bytes"]
    assert (other.bytes.get(names["a"]), other.bytes.get(names["b"])) == (short, long)
    assert (other.bytes.size(names["b"]), other.bytes.size("0" * 64)) == (len(long), None)
    with other.bytes.open(names["b"]) as file:
        file.seek(600_001)
        assert file.read(20) == long[600_001:600_021]


def test_a_marked_snapshot_is_one_for_both(both: tuple[Any, Any]) -> None:
    one, other = both
    insert(one, "users", "kept")
    one.mark("before")
    insert(other, "users", "gone")

    assert other.marks() == ["before"]
    other.restore(other.marked("before"))
    same(one, other)
    assert ids(one.container("users").scan()) == ["ada", "bo", "kept"]
    one.unmark("before")
    other.catch_up()
    assert (other.marks(), other.marked("before")) == ([], None)


def test_a_log_that_was_put_together_is_read_as_before(
    database: str, both: tuple[Any, Any]
) -> None:
    one, other = both
    for number in range(3):
        insert(one, "users", f"u{number}")
    one.mark("three")
    do(one, "hide", key(one, "users", "ada"))
    insert(other, "drives", "d")
    other._storage.compact()
    insert(other, "drives", "e")

    later = stores_of(database)
    found = later.open("contoso")
    same(one, found)
    assert said(found, 0) == said(one, 0)
    found.restore(found.marked("three"))
    same(one, found)
    same(other, found)
    assert ids(one.container("users").scan()) == ["ada", "bo", "u0", "u1", "u2"]
    later.close()


def test_who_is_behind_a_log_that_was_put_together_reads_anew(both: tuple[Any, Any]) -> None:
    one, other = both
    table = other.container("users")
    for _ in range(2):  # what came since the base before the last one stays
        insert(one, "users", f"u{one.sequence}")
        one._storage.compact()
    insert(one, "users", "last")

    same(one, other)
    assert ids(table.scan()) == ids(one.container("users").scan())


def test_a_base_that_another_server_is_still_at_stays(both: tuple[Any, Any]) -> None:
    """It was taken away with the old ones, and then named: what it had was lost."""
    one, other = both
    insert(one, "users", "early")
    other.catch_up()
    insert(one, "users", "late")
    storage, began = one._storage, one._storage.began
    now = Opened(storage.tables, storage.changes.copy(), one.generation, one.sequence)
    about = one.sequence, storage.tables.snapshot(), now, began, storage._place.keep(began)
    assert write_base(storage._pool, storage.key, *about)

    other._storage.compact()  # of what it has caught up with: less

    [parts] = storage._pool.ask((READ, storage.key, one.sequence))
    assert parts


def test_a_tenant_whose_base_is_gone_is_an_error_and_not_its_template(
    database: str, both: tuple[Any, Any]
) -> None:
    one, _ = both
    insert(one, "users", "kept")
    one.reset()
    later = stores_of(database)
    assert dump(later.open("contoso")) == dump(one)  # which has no base, and needs none
    later.close()

    insert(one, "users", "kept")
    one._storage.compact()
    pool, key = one._storage._pool, one._storage.key
    pool.ask(("DELETE FROM fakegraph_bases WHERE tenant = $1", key))
    later = stores_of(database)
    with pytest.raises(DataFileError, match="the base of contoso: its log begins after write"):
        later.open("contoso")
    later.close()


def trips(store: Any) -> int:
    """How many round trips a server has made for records, whose connections are idle."""
    return sum(wire.trips for wire in store._storage._pool._idle)


def test_a_read_is_one_round_trip_and_a_write_one_or_two(both: tuple[Any, Any]) -> None:
    one, _ = both
    one.catch_up()
    before = trips(one)
    one.catch_up()
    assert trips(one) == before + 1
    one.container("users").insert([{"id": "new"}])
    assert trips(one) == before + 2
    insert(one, "users", "alone")  # what must not be done twice takes the tenant's row first
    assert trips(one) == before + 4


def test_work_is_done_again_only_where_somebody_was_quicker_and_it_may_be(
    both: tuple[Any, Any],
) -> None:
    one, other = both
    done: list[int] = []

    def work(transaction: Any) -> int:
        done.append(len(transaction.all_of("users")))
        return transaction.insert("users", {"id": f"n{len(done)}"}).position

    one.transact(work, again=True)
    assert done == [2]
    assert other.transact(work, again=True) == 4  # which has not caught up
    assert done == [2, 2, 3]
    one.transact(work)
    assert done == [2, 2, 3, 4]
    same(one, other)


def test_contents_that_are_kept_are_named_when_they_are_swept(both: tuple[Any, Any]) -> None:
    one, other = both

    def work(transaction: Any) -> str:
        name: str = transaction.keep(b"content")
        other._storage.bytes.sweep(lambda name: False)  # before anybody names it
        transaction.insert(
            "users", {"id": "photo", "@bytes": {"content": transaction.keep(b"content")}}
        )
        return name

    assert one.bytes.get(one.transact(work, again=True)) == b"content"


def test_a_write_to_a_tenant_that_is_gone_is_refused_at_the_first_try_too(
    two: tuple[Stores, Stores], both: tuple[Any, Any]
) -> None:
    two[0].remove("contoso")
    with pytest.raises(StoreClosed):
        both[1].container("users").insert([{"id": "late"}])
