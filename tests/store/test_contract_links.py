"""Links, from both sides."""

from __future__ import annotations

from typing import Any

import pytest

from fakegraph.store import NoSuchRow

from .worlds import MANAGER, MEMBERS, World, do, dump, ids, insert, key, positions


@pytest.fixture
def store(world: World) -> Any:
    """A new tenant's store, of each kind."""
    return world.open()


@pytest.fixture
def staff(store: Any) -> int:
    return key(store, "groups", "staff")


def test_links_are_seen_from_both_sides_in_their_order(store: Any, staff: int) -> None:
    ada, bo = key(store, "users", "ada"), key(store, "users", "bo")
    other = insert(store, "groups", "other").key
    assert do(store, "link", MEMBERS, other, ada) is True
    members = store.links(MEMBERS)

    assert ids(members.targets(staff).scan()) == ["bo", "ada"]
    assert ids(members.targets(other).scan()) == ["ada"]
    assert ids(members.sources(ada).scan()) == ["staff", "other"]
    assert ids(members.sources(bo).scan()) == ["staff"]
    assert (len(members.targets(staff)), len(members.sources(ada))) == (2, 2)
    assert members.has(staff, ada)
    assert not members.has(ada, staff)
    assert not members.has(other, bo)


def test_a_relation_that_nobody_wrote_to_is_empty(store: Any, staff: int) -> None:
    nothing = store.links("no/such")

    assert ids(nothing.targets(staff).scan()) == ids(nothing.sources(staff).scan()) == []
    assert len(nothing.targets(staff)) == 0
    assert nothing.page(staff, -1, 10) == []
    assert not nothing.has(staff, staff)


def test_a_pair_is_linked_once_in_a_relation(store: Any, staff: int) -> None:
    ada = key(store, "users", "ada")
    before = store.sequence

    assert do(store, "link", MEMBERS, staff, ada) is False
    assert store.sequence == before, "nothing has changed"
    assert do(store, "link", "group/owners", staff, ada) is True
    assert ids(store.links("group/owners").targets(staff).scan()) == ["ada"]
    assert ids(store.links(MEMBERS).targets(staff).scan()) == ["bo", "ada"]


def test_an_unlinked_pair_is_gone_from_both_sides(store: Any, staff: int) -> None:
    ada, bo = key(store, "users", "ada"), key(store, "users", "bo")
    assert do(store, "unlink", MEMBERS, staff, bo) is True
    assert do(store, "unlink", MEMBERS, staff, bo) is False
    assert do(store, "unlink", "no/such", staff, bo) is False
    members = store.links(MEMBERS)

    assert ids(members.targets(staff).scan()) == ["ada"]
    assert ids(members.sources(bo).scan()) == []
    do(store, "link", MEMBERS, staff, bo)
    assert ids(members.targets(staff).scan()) == ["ada", "bo"]
    assert positions(members.targets(staff).scan()) == [2, 3]
    assert ids(members.sources(ada).scan()) == ["staff"]


def test_a_row_can_be_linked_to_itself(store: Any, staff: int) -> None:
    do(store, "link", MEMBERS, staff, staff)
    assert ids(store.links(MEMBERS).sources(staff).scan()) == ["staff"]
    do(store, "delete", staff)
    assert ids(store.links(MEMBERS).sources(staff).scan()) == []


@pytest.mark.parametrize("hidden", [False, True])
def test_both_ends_of_a_link_must_be_there(store: Any, staff: int, hidden: bool) -> None:
    gone = insert(store, "users", "gone").key
    do(store, "hide" if hidden else "delete", gone)
    before = dump(store)

    for ends in ((staff, gone), (gone, staff), (staff, 0)):
        with pytest.raises(NoSuchRow):
            do(store, "link", MEMBERS, *ends)
    assert dump(store) == before


def test_rows_at_the_other_end_are_the_rows_as_they_are(store: Any, staff: int) -> None:
    ada = key(store, "users", "ada")
    do(store, "replace", ada, {"id": "ada2", "age": 1})
    found = list(store.links(MEMBERS).targets(staff).scan())

    assert [row.record["id"] for row in found] == ["bo", "ada2"]
    assert (found[1].key, found[1].position) == (ada, 2)
    assert found[1].json == b'{"id":"ada2","age":1}'


def test_links_are_paged_by_the_links_positions(store: Any, staff: int) -> None:
    users = [insert(store, "users", f"u{number}").key for number in range(300)]
    for user in reversed(users):
        do(store, "link", MEMBERS, staff, user)
    members = store.links(MEMBERS)
    expected = ["bo", "ada", *(f"u{number}" for number in reversed(range(300)))]

    found, after = [], -1
    while page := members.page(staff, after, 70):
        found += [row.record["id"] for _, row in page]
        after = page[-1][0]
    assert found == expected
    assert ids(members.targets(staff).scan()) == expected
    for row in list(members.targets(staff).scan())[::50]:
        rest = expected[expected.index(row.record["id"]) + 1 :]
        assert ids(members.targets(staff).scan(row.position)) == rest
        assert [each.record["id"] for _, each in members.page(staff, row.position, 5)] == rest[:5]


def test_paging_links_holds_while_they_change(store: Any, staff: int) -> None:
    users = [insert(store, "users", f"u{number}").key for number in range(100)]
    for user in users:
        do(store, "link", MEMBERS, staff, user)
    members = store.links(MEMBERS)
    met, after, number = [], -1, 0
    while page := members.page(staff, after, 10):
        met += [row.record["id"] for _, row in page]
        after = page[-1][0]
        do(store, "unlink", MEMBERS, staff, page[-1][1].key)  # the one that the next page follows
        do(store, "delete", users[50 + number])
        if number < 5:
            do(store, "link", MEMBERS, staff, insert(store, "users", f"late{number}").key)
        number += 1
        assert number < 40, "it ends"

    deleted = {f"u{50 + each}" for each in range(number)}
    assert len(set(met)) == len(met)
    assert {"bo", "ada", *(f"u{each}" for each in range(100))} - deleted <= {*met}


def test_deleting_either_end_takes_links_along(store: Any, staff: int) -> None:
    ada, bo = key(store, "users", "ada"), key(store, "users", "bo")
    do(store, "link", MANAGER, bo, ada)
    do(store, "delete", ada)

    assert ids(store.links(MEMBERS).targets(staff).scan()) == ["bo"]
    assert ids(store.links(MANAGER).targets(bo).scan()) == []
    do(store, "delete", staff)
    assert ids(store.links(MEMBERS).sources(bo).scan()) == []


def test_many_links_are_seen_from_the_other_side(store: Any) -> None:
    ada = key(store, "users", "ada")
    for number in range(200):
        group = insert(store, "groups", f"g{number}").key
        do(store, "link", MEMBERS, group, ada)
    found = store.links(MEMBERS).sources(ada)

    assert ids(found.scan()) == ["staff", *(f"g{number}" for number in range(200))]
    assert len(found) == 201


def test_links_are_forked_with_the_rest(world: World) -> None:
    one, two = world.open("one"), world.open("two")
    staff, bo = key(one, "groups", "staff"), key(one, "users", "bo")
    do(one, "unlink", MEMBERS, staff, bo)

    assert ids(one.links(MEMBERS).targets(staff).scan()) == ["ada"]
    assert ids(two.links(MEMBERS).targets(key(two, "groups", "staff")).scan()) == ["bo", "ada"]
    do(two, "link", MEMBERS, key(two, "groups", "staff"), key(two, "groups", "staff"))
    assert ids(one.links(MEMBERS).sources(staff).scan()) == []


@pytest.mark.parametrize("many", [3, 40, 700])  # kept in a tuple, in a set, in several parts of one
def test_the_first_of_several_are_given_together(store: Any, staff: int, many: int) -> None:
    other = insert(store, "groups", "other").key
    users = [insert(store, "users", f"u{number}").key for number in range(many)]

    def join(transaction: Any) -> None:
        for user in users:
            transaction.link(MEMBERS, other, user)

    store.transact(join)
    members = store.links(MEMBERS)

    known = [row.key for row in members.targets(staff).scan()]
    for limit in (1, 2, many - 1, many, many + 1):
        ends = members.ends([staff, other, users[0]], limit, backwards=False)
        assert ends == [known[:limit], users[:limit], []]
    assert members.ends([users[0], staff], 9, backwards=True) == [[other], []]
    assert store.links("no/such").ends([staff], 1, backwards=False) == [[]]


def test_the_first_that_several_contain_are_given_together(store: Any, staff: int) -> None:
    other = insert(store, "groups", "other").key
    assert store.container("threads").first_of([staff, other], 2) == [[], []]
    rows = [insert(store, "threads", f"t{number}", owner=other) for number in range(3)]

    found = store.container("threads").first_of([staff, other], 2)

    assert [[row.key for row in each] for each in found] == [[], [row.key for row in rows[:2]]]


def test_what_was_given_together_is_given_anew_after_a_change(store: Any, staff: int) -> None:
    members, threads = store.links(MEMBERS), store.container("threads")
    first = insert(store, "threads", "t1", owner=staff)

    def seen() -> tuple[list[int], list[int], list[str]]:
        (ends,) = members.ends([staff], 9, backwards=False)
        (backwards,) = members.ends([ends[0]], 9, backwards=True)
        (inside,) = threads.first_of([staff], 9)
        return ends, backwards, [row.record["id"] for row in inside]

    ends, backwards, _ = seen()
    new = insert(store, "users", "new").key
    do(store, "link", MEMBERS, staff, new)
    do(store, "link", MEMBERS, new, ends[0])
    do(store, "replace", first.key, {"id": "t2"})
    assert seen() == ([*ends, new], [*backwards, new], ["t2"])

    snapshot = store.snapshot()
    do(store, "delete", new)
    assert seen() == (ends, backwards, ["t2"])
    store.restore(snapshot)
    assert seen() == ([*ends, new], [*backwards, new], ["t2"])
    for number in range(10):  # in more ways than are remembered
        assert members.ends([staff], number, backwards=False) == [[*ends, new][:number]]

    many = [insert(store, "users", f"n{number}").key for number in range(1_001)]
    store.transact(lambda write: [write.link(MEMBERS, staff, key) for key in many])
    assert members.ends([staff], 2_000, backwards=False) == [[*ends, new, *many]]
    assert seen()[0] == [*ends, new, *many][:9]
    store.transact(lambda write: [write.unlink(MEMBERS, staff, key) for key in many])
    assert seen()[0] == [*ends, new]
