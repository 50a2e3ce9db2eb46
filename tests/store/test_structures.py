"""The structures under a collection, against plain ones, and what forks share."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from itertools import product
from random import Random
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakegraph.store.indexes import EqualityIndex, OrderedGroups, OrderedIndex
from fakegraph.store.keymap import KeyMap
from fakegraph.store.layouts import GroupIndex, Index, Layout, UniqueKey
from fakegraph.store.records import Records
from fakegraph.store.rows import LinkedRow, Row, RowList, json_of
from fakegraph.store.sharing import compact, share_strings
from fakegraph.store.sortedset import SortedSet

numbers = st.integers(0, 3000)


@given(st.lists(st.tuples(st.booleans(), numbers), max_size=60), st.integers(0, 2500))
@settings(max_examples=60, deadline=None)
def test_a_key_map_is_a_dict(steps: list[tuple[bool, int]], size: int) -> None:
    entries = {f"k{number}": number for number in range(size)}
    found = KeyMap()
    found.fill(list(entries.items()))
    old, before = found.fork(), dict(entries)
    for put, number in steps:
        key = f"k{number}"
        if put:
            found[key] = entries[key] = -number
        elif entries.pop(key, None) is not None:
            del found[key]

    keys = [f"k{number}" for number in range(3001)]
    assert [found.get(key) for key in keys] == [entries.get(key) for key in keys]
    assert [old.get(key) for key in keys] == [before.get(key) for key in keys]


def test_a_key_map_grows_from_nothing() -> None:
    found = KeyMap()
    for number in range(20_000):
        found[number * 4096] = number

    assert all(found.get(number * 4096) == number for number in range(20_000))


def test_a_grown_key_map_and_its_fork_change_apart() -> None:
    found = KeyMap()
    for number in range(5000):
        found[f"k{number}"] = number
    fork = found.fork()
    for number in range(5000):
        fork[f"k{number}"] = -number
        if number % 2:
            del found[f"k{number}"]

    assert all(fork.get(f"k{number}") == -number for number in range(5000))
    assert all(
        found.get(f"k{number}") == (None if number % 2 else number) for number in range(5000)
    )


class _Alike:
    """Keys that a hash cannot tell apart."""

    def __hash__(self) -> int:
        return 1


def test_keys_with_the_same_hash_do_not_make_a_key_map_grow_for_ever() -> None:
    found = KeyMap()
    keys = [_Alike() for _ in range(400)]
    for number, key in enumerate(keys):
        found[key] = number

    assert [found.get(key) for key in keys] == list(range(400))


@given(st.lists(st.tuples(st.booleans(), numbers), max_size=400), st.integers(0, 1200), numbers)
@settings(max_examples=60, deadline=None)
def test_a_sorted_set_is_a_sorted_list(
    steps: list[tuple[bool, int]], size: int, bound: int
) -> None:
    entries = list(range(0, size * 2, 2))
    found = SortedSet(entries)
    old, before = found.fork(), list(entries)
    for put, number in steps:
        place = bisect_left(entries, number)
        there = place < len(entries) and entries[place] == number
        if put and not there:
            entries.insert(place, number)
            found.add(number)
        elif there and not put:
            del entries[place]
            found.discard(number)

    assert _ascending(found) == entries == _descending(found)
    assert _ascending(old) == before
    assert len(found) == len(entries)
    assert found.count(bound, bound + 500) == (
        bisect_left(entries, bound + 500) - bisect_right(entries, bound)
    )
    above = entries[bisect_right(entries, bound) :]
    assert above[: len(found.after(bound, 50))] == found.after(bound, 50)
    assert bool(above) == bool(found.after(bound, 50))


def _ascending(found: SortedSet) -> list[Any]:
    entries = list(found.after(None, 10))
    while entries and (more := found.after(entries[-1], 10)):
        entries += more
    return entries


def _descending(found: SortedSet) -> list[Any]:
    entries = list(found.before(None, 10))
    while entries and (more := found.before(entries[0], 10)):
        entries = more + entries
    return entries


def test_a_sorted_set_that_was_emptied_takes_entries_again() -> None:
    found = SortedSet(range(300))
    for number in range(300):
        found.discard(number)
    assert _ascending(found) == _descending(found) == found.before(9, 9) == []
    assert found.count(0, 9) == 0

    found.add(5)
    assert _ascending(found) == [5]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 900)), max_size=200))
@settings(max_examples=60, deadline=None)
def test_a_row_list_is_a_dict_by_position(steps: list[tuple[bool, int]]) -> None:
    rows = {position: Row(position, {"id": str(position)}) for position in range(3, 700, 3)}
    found = RowList()
    found.fill(list(rows.values()))
    old, before = found.fork(), dict(rows)
    for put, position in steps:
        if put:
            rows[position] = Row(position, {"id": "new"})
            found.put(rows[position])
        elif rows.pop(position, None):
            found.remove(position)

    expected = [rows[position] for position in sorted(rows)]
    assert list(found) == expected
    assert [found.get(position) for position in range(1000)] == [rows.get(p) for p in range(1000)]
    assert list(old) == list(before.values())
    met: list[Row] = []
    while batch := found.after(met[-1].position if met else -1, 7):
        met += batch
    assert met == expected
    changes = {(a and a.position, b and b.position) for a, b in old.differences(found)}
    assert changes == {
        (p if p in before else None, p if p in rows else None)
        for p in before.keys() | rows.keys()
        if before.get(p) is not rows.get(p)
    }


@given(
    st.lists(st.integers(1, 700), unique=True, max_size=20)
    | st.builds(
        lambda first, size: [*range(first, first + size)], st.integers(1, 600), st.integers(0, 300)
    ),
    st.integers(0, 9),
    st.sets(st.integers(1, 700), max_size=9),
)
@settings(max_examples=100, deadline=None)
def test_rows_are_picked_in_the_order_of_their_positions_as_told(
    positions: list[int], swapped: int, gone: set[int]
) -> None:
    found = RowList()
    found.fill([Row(position, {}) for position in range(1, 600)])
    for position in gone & set(range(1, 600)):
        found.remove(position)
    if swapped and len(positions) > swapped:
        positions[swapped - 1], positions[swapped] = positions[swapped], positions[swapped - 1]

    there = (found.get(position) for position in positions)
    assert found.pick(positions) == [row for row in there if row is not None]


@pytest.mark.parametrize(
    ("mine", "theirs", "differ"),
    [(1, 1, False), (1, True, True), (1, 1.0, True), ("a", "a", False), ("a", "b", True)],
)
def test_rows_differ_when_their_json_does(mine: Any, theirs: Any, differ: bool) -> None:
    here, there = RowList(), RowList()
    here.put(Row(1, {"value": mine}))
    there.put(Row(1, {"value": theirs}))

    assert bool(list(here.differences(there))) is differ


def test_a_fork_of_a_big_list_copies_only_what_is_written_to() -> None:
    found = RowList()
    found.fill([Row(position, {}) for position in range(100_000)])
    fork = found.fork()
    fork.put(Row(50_000, {}))

    shared = [fork._chunks[n] is chunk for n, chunk in found._chunks.items()]
    assert shared.count(False) == 1


def _key(value: Any) -> Any:
    if value == "bad":
        raise ValueError(value)
    return value


@pytest.mark.parametrize("kind", [EqualityIndex, OrderedIndex])
@pytest.mark.parametrize(
    ("value", "key"),
    [(None, None), ("bad", None), ([1], None), (3, 3), (True, 1), (math.inf, math.inf)],
)
def test_a_value_without_a_key_counts_as_null(kind: Any, value: Any, key: Any) -> None:
    index = kind(Index("age", _key))

    assert index.place_of(Row(1, {"age": value})) == index.place(0, key)


def test_a_key_of_a_heavy_kind_of_number_is_kept_as_a_plain_one() -> None:
    class Heavy(int):
        pass

    assert type(Index("age", Heavy).keying()({"age": 3})) is int


def test_an_ordered_index_takes_what_it_cannot_compare_for_null() -> None:
    index = OrderedIndex(Index("age", _key))
    for position, value in enumerate([7, "seven", 5]):
        index.add(index.place_of(Row(position, {"age": value})), position)

    assert list(index.entries.after(None, 9)) == [(0, 0, 0, 1), (0, 2, 5, 2), (0, 2, 7, 0)]


@pytest.mark.parametrize("kind", [EqualityIndex, OrderedIndex])
@pytest.mark.parametrize("by_owner", [False, True])
def test_every_nan_is_the_same_key(kind: Any, by_owner: bool) -> None:
    index = kind(Index("age", float, by_owner=by_owner))
    for position, text in enumerate(["nan", "1", "NaN"]):
        index.add(index.place_of(Row(position, {"age": text}, owner=7)), position)

    nan = index.place(7, math.nan)
    assert index.count(index.place_of(Row(9, {"age": "nan"}, owner=7))) == 2
    assert list(index.positions(nan, -1, 9)[0]) == [0, 2]
    index.discard(nan, 0)
    assert list(index.positions(nan, -1, 9)[0]) == [2]


@pytest.mark.parametrize("kind", [EqualityIndex, OrderedIndex])
def test_an_index_by_owner_keeps_owners_apart(kind: Any) -> None:
    index = kind(Index("age", _key, by_owner=True))
    for position, owner in enumerate([7, 8, 7]):
        index.add(index.place_of(Row(position, {"age": 1}, owner=owner)), position)

    assert [list(index.positions(index.place(owner, 1), -1, 9)[0]) for owner in (7, 8, 9)] == [
        [0, 2],
        [1],
        [],
    ]


@pytest.mark.parametrize(
    ("unique", "value", "key"),
    [
        (UniqueKey("id"), "A", "A"),
        (UniqueKey("id"), 7, 7),
        (UniqueKey("id"), None, None),
        (UniqueKey("id"), ["A"], None),
        (UniqueKey("id", str.casefold), "A", "a"),
        (UniqueKey("id", str.casefold), 7, None),
        (UniqueKey("id", str.casefold, within_owner=True), "A", (9, "a")),
        (UniqueKey("id", str.casefold, within_owner=True), 7, None),
    ],
)
def test_what_a_unique_key_is_found_by(unique: UniqueKey, value: Any, key: Any) -> None:
    assert unique.finding()(Row(1, {"id": value}, owner=9)) == key


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 150)), unique_by=lambda step: step[1]))
@settings(max_examples=60, deadline=None)
def test_an_equality_index_keeps_each_keys_positions_in_order(
    pairs: list[tuple[int, int]],
) -> None:
    filled, added = EqualityIndex(Index("age", _key)), EqualityIndex(Index("age", _key))
    filled.fill(sorted(pairs, key=lambda pair: pair[1]))
    for key, position in pairs:
        added.add(key, position)
    fork = added.fork()
    for key, position in pairs[::2]:
        fork.discard(key, position)

    for key in range(4):
        expected = sorted(position for other, position in pairs if other == key)
        left = sorted(position for other, position in pairs[1::2] if other == key)
        assert list(filled.positions(key, -1, 999)[0]) == expected
        assert list(added.positions(key, -1, 999)[0]) == expected
        assert list(fork.positions(key, -1, 999)[0]) == left
        assert added.count(key) == len(expected)


def test_an_equality_index_and_its_fork_change_apart() -> None:
    found = EqualityIndex(Index("age", _key))
    found.fill([("few", 1), *(("many", position) for position in range(2, 500))])
    fork = found.fork()
    found.add("many", 1000)
    found.discard("few", 1)
    fork.add("many", 2000)
    fork.discard("many", 2)

    many = list(range(3, 500))
    assert found.count("few") == 0
    assert fork.count("few") == 1
    assert list(fork.positions("many", -1, 10)[0])[:2] == [3, 4]
    assert _all(found, "many") == [2, *many, 1000]
    assert _all(fork, "many") == [*many, 2000]


def _all(index: EqualityIndex, key: str) -> list[int]:
    positions: list[int] = []
    complete = False
    while not complete:
        more, complete = index.positions(key, positions[-1] if positions else -1, 100)
        positions += more
    return positions


def test_a_key_within_an_owner_takes_the_owner() -> None:
    with pytest.raises(ValueError, match="say whose"):
        UniqueKey("id", within_owner=True).key("a")


def test_repeated_strings_become_one_object() -> None:
    records: list[dict[str, Any]] = [
        {"id": f"key {n}", "group": "ab" * n if n < 2 else f"a{'b' * 3}"} for n in range(50)
    ]
    records[9]["group"] = None
    share_strings(records)

    assert records[20]["group"] is records[30]["group"] == "abbb"
    assert records[9] == {"id": "key 9", "group": None}


def test_a_compact_record_is_equal_and_shares_its_short_texts() -> None:
    def made() -> dict[str, Any]:
        return {
            "from": {"name": "-".join(["Ada", "L"])},
            "to": [{"name": "-".join(["Ada", "L"])}, 1.0, True, None],
            "none": [],
            "text": "-" * 500,
        }

    one, two = compact(made()), compact(made())
    assert one == two == made()
    assert one["from"]["name"] is one["to"][0]["name"] is two["from"]["name"]
    assert [type(each) for each in one["to"]] == [dict, float, bool, type(None)]


def test_compact_records_share_small_objects_that_are_the_same_json() -> None:
    def person(name: str, **more: Any) -> dict[str, Any]:
        return {"emailAddress": {"name": name, **more}}

    one, two = compact({"from": person("Ada"), "to": [person("Ada")]}), compact(person("Ada"))
    assert one["from"] is one["to"][0] is two
    other = compact({"emailAddress": {"address": "a", "name": "Ada"}})
    turned = compact({"emailAddress": {"name": "Ada", "address": "a"}})
    assert [*other["emailAddress"]] != [*turned["emailAddress"]]
    assert compact({"a": 1}) is not compact({"a": True})
    assert [compact(each) for each in ({"a": 1}, {"a": True}, {"a": {}})] == [{"a": 1}, {"a": True}, {"a": {}}]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_groups_of_an_index_know_how_many_they_have(seed: int) -> None:
    """Copies too, which change on their own."""
    random = Random(seed)
    declared = GroupIndex("folder&read=false+when", ordered=True, by_owner=True)

    def entry() -> Any:
        record = {"folder": random.choice(["a", "b", None]), "when": random.randrange(3)}
        record["read"] = random.random() < 0.3
        return SimpleNamespace(owner=random.choice([1, 2]), record=record)

    first = OrderedGroups(declared)
    rows = {position: entry() for position in range(300)}
    first.fill((first.place_of(each), position) for position, each in rows.items())
    known = [(first, rows)]
    for turn in range(400):
        index, rows = random.choice(known)
        if turn % 100 == 50:
            known.append((index.fork(), dict(rows)))
        position = random.randrange(400)
        if position in rows:
            index.discard(index.place_of(rows.pop(position)), position)
        else:
            rows[position] = entry()
            index.add(index.place_of(rows[position]), position)
    for index, rows in known:
        for owner, folder in product((1, 2, 3), ("a", "b", "c")):
            of_group = [
                each
                for each in rows.values()
                if (each.owner, each.record["folder"], each.record["read"])
                == (owner, folder, False)
            ]
            assert index.size(owner, (folder, False)) == len(of_group)


def test_a_late_index_is_not_there_until_somebody_asks() -> None:
    """And it has what is written while it is made."""
    changes: list[Any] = []

    def key(value: str) -> str:
        if changes:
            records.apply(changes.pop())
        return value

    records: Records[Row] = Records(Layout(indexes=(Index("from", key, late=True),)))
    records.fill([Row(at, {"id": f"r{at}", "from": "eve"}) for at in range(50)])
    assert "from" not in records.indexes
    first, new = records.at(7), Row(60, {"id": "new", "from": "eve"})
    changes.append([(first, None), (None, new)])
    assert records.count_equal("from", ["eve"]) == 50
    assert [row.position for row in records.equal("from", ["eve"], 5)][:2] == [6, 8]
    assert [*records.equal("from", ["eve"], 49)] == [new]
    fork = records.fork()
    records.apply([(new, None)])
    assert (records.count_equal("from", ["eve"]), fork.count_equal("from", ["eve"])) == (49, 50)


def test_the_json_of_rows_is_theirs_one_by_one_kept_or_not() -> None:
    plain, kept, large = (Row(at, {"id": "x" * size}) for at, size in ((1, 1), (2, 2), (3, 99_999)))
    assert kept.json == b'{"id":"xx"}'
    linked = LinkedRow(4, kept)

    for rows in ([], [kept], [plain, kept], [kept, linked], [large, plain], [large]):
        assert json_of(rows) == [orjson.dumps(row.record) for row in rows]


def test_what_is_worked_out_of_records_is_so_once_until_they_change() -> None:
    records: Records[Row] = Records()
    worked: list[int] = []

    def work() -> int:
        worked.append(len(records))
        return len(records)

    assert [records.remembered("size", work) for _ in range(3)] == [0, 0, 0]
    records.apply([(None, Row(1, {"id": "a"}))])
    assert [records.remembered("size", work) for _ in range(3)] == [1, 1, 1]
    assert worked == [0, 1]
    assert records.fork().remembered("size", lambda: "its own") == "its own"
