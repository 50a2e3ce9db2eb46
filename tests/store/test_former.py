"""Files that former versions wrote are opened, with all that they held."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB

from fakegraph.store import Index, Stores, Template, read_records

from .conftest import dump, ids, same

FORMER = Path(__file__).parent / "former"
HELD = json.loads((FORMER / "held.json").read_text(encoding="utf-8"))
NEXT = {"alone": 6, "logged": 8, "killed": 8, "torn": 8, "sets": 6}

TEMPLATE = Template(
    {"people": [{"id": "other"}], "new": [{"id": "newer"}]},
    {"people": [Index("age", same, ordered=True)]},
)


def expected(tenant: str) -> dict[str, list[tuple[int, Any]]]:
    return {
        name: [(position, record) for position, record in rows]
        for name, rows in HELD[tenant].items()
    }


@pytest.fixture(params=HELD)
def tenant(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of a tenant whose former files are in a folder of their own."""
    name: str = request.param
    for path in FORMER.glob(f"{name}.*"):
        shutil.copy(path, tmp_path)
    return name


def test_a_former_file_holds_what_it_held(tmp_path: Path, tenant: str) -> None:
    """Whatever the template of now has: it is not that which the tenant began as."""
    for _ in range(2):
        stores = Stores(TEMPLATE, tmp_path)
        found = dump(stores.open(tenant))
        stores.close()
        assert found.pop("new") == []
        assert found == expected(tenant)


def test_former_positions_are_not_given_again(tmp_path: Path, tenant: str) -> None:
    stores = Stores(TEMPLATE, tmp_path)
    people = stores.open(tenant).container("people")
    (row,) = people.insert([{"id": "now", "age": 0}])

    assert row.position == NEXT[tenant]
    assert ids(people.walk("age", low=0, high=7))[0] == "now"
    stores.close()


def test_writes_to_a_former_file_are_there_after_a_crash(tmp_path: Path, tenant: str) -> None:
    stores = Stores(TEMPLATE, tmp_path)
    store = stores.open(tenant)
    store.container("people").delete("p3")
    store.container("people").insert([{"id": "now"}])
    written = dump(store)
    crash = shutil.copytree(tmp_path, tmp_path / "crash")
    stores.close()

    for folder in (crash, tmp_path):
        later = Stores(TEMPLATE, folder)
        found = dump(later.open(tenant))
        assert found == {name: rows for name, rows in written.items() if rows or name in found}
        later.close()


def test_a_former_file_that_was_written_to_is_one_for_stock_tinydb(
    tmp_path: Path, tenant: str
) -> None:
    stores = Stores(TEMPLATE, tmp_path)
    store = stores.open(tenant)
    store.container("people").insert([{"id": "now"}])
    written = dump(store)
    stores.close()

    with TinyDB(tmp_path / f"{tenant}.json") as stock:
        found = [(each.doc_id, dict(each)) for each in stock.table("people").all()]
    assert found == written["people"]


def test_former_files_are_read_without_a_server(tmp_path: Path, tenant: str) -> None:
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    found = read_records(tmp_path / f"{tenant}.json")

    assert found == {
        name: [record for _, record in rows] for name, rows in expected(tenant).items()
    }
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("tenant", ["torn"], indirect=True)
def test_a_former_log_that_is_torn_is_told_of(
    tmp_path: Path, tenant: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "fakegraph.store"):
        read_records(tmp_path / "torn.json")

    assert "none that was acknowledged is missing" in caplog.text
