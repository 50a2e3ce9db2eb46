"""``EachIndex``: a row is found by each item of a collection."""

from __future__ import annotations

from typing import Any

import pytest

from fakegraph.store import EachIndex, Layout, Template

from .worlds import STORES, do, ids, stores_of

TAGS = Layout(indexes=(EachIndex("tags/*", str.casefold),))
MANY = [f"t{n}" for n in range(40)]


@pytest.fixture(params=STORES)
def store(request: Any, tmp_path: Any) -> Any:
    records = {"things": [{"id": "a", "tags": ["X", "y"]}, {"id": "b", "tags": None}]}
    stores = stores_of(request.param, Template(records, {"things": TAGS}), tmp_path)
    yield stores.open("contoso")
    stores.close()


def found(store: Any, key: str) -> list[str]:
    """By a read, and by a transaction, which say the same."""
    read = ids(store.container("things").equal("tags/*", [key]))
    assert ids(do(store, "equal", "things", "tags/*", key)) == read
    return read


def key_of(store: Any, id_: str) -> Any:
    return store.container("things").get(id_).key


def test_a_row_is_found_by_each_item_of_its_collection(store: Any) -> None:
    assert [found(store, key) for key in ("x", "y", "z")] == [["a"], ["a"], []]
    do(store, "insert", "things", {"id": "c", "tags": ["Y", "y", "z"]})
    do(store, "insert", "things", {"id": "d", "tags": MANY})
    do(store, "insert", "things", {"id": "e", "tags": [1]})
    assert [found(store, key) for key in ("x", "y", "z", "t39")] == [
        ["a"],
        ["a", "c"],
        ["c"],
        ["d"],
    ]


def test_a_row_that_changes_is_found_by_what_it_has_then(store: Any) -> None:
    do(store, "replace", key_of(store, "a"), {"id": "a", "tags": ["z"]})
    do(store, "replace", key_of(store, "b"), {"id": "b", "tags": ["z"]})
    assert [found(store, key) for key in ("x", "z")] == [[], ["a", "b"]]
    do(store, "hide", key_of(store, "a"))
    assert found(store, "z") == ["b"]
    store.reset()
    assert [found(store, key) for key in ("x", "z")] == [["a"], []]


def test_a_transaction_finds_what_it_has_changed_itself(store: Any) -> None:
    def work(transaction: Any) -> list[list[str]]:
        row = transaction.find("things", "id", "a")
        transaction.replace(row.key, {"id": "a", "tags": ["z"]})
        transaction.insert("things", {"id": "c", "tags": ["Z", "q"]})
        return [ids(transaction.equal("things", "tags/*", key)) for key in ("x", "z", "q")]

    assert store.transact(work) == [[], ["a", "c"], ["c"]]
