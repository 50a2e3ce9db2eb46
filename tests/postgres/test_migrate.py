"""``fakegraph migrate``: a data folder into a database and out of it again, to the same records."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fakegraph.changes.moved import written_down
from fakegraph.store import StoreError, Stores, Template
from fakegraph.store.postgres.moving import into_database, out_of_database
from tests.store.worlds import LAYOUTS, MEMBERS, RECORDS, do, dump, insert, key, said, seed

from .database import Database

LONG = bytes(range(256)) * 3000


def template() -> Template:
    return Template(RECORDS, LAYOUTS, seed=seed)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two tenants, one of which was never written to."""
    stores = Stores(template(), tmp_path / "data")
    store = stores.open("contoso")

    def with_bytes(transaction: Any) -> None:
        for name, data in (("short", b"short"), ("long", LONG)):
            record = {"id": name, "@bytes": {"content": transaction.keep(data)}}
            transaction.insert("files", record)

    store.transact(with_bytes)
    do(store, "hide", key(store, "users", "ada"))
    insert(store, "user/messages", "m9", key(store, "users", "bo"), note="é\x00")
    do(store, "link", MEMBERS, key(store, "groups", "staff"), insert(store, "users", "cy").key)
    stores.open("Untouched")
    stores.close()
    return tmp_path / "data"


def everything(stores: Stores) -> dict[str, Any]:
    """All that is to be read of all tenants."""
    found: dict[str, Any] = {}
    for name in stores.tenants():
        store = stores.open(name)
        names = [row.record["@bytes"]["content"] for row in store.container("files").scan()]
        found[name] = (
            dump(store),
            said(store, 0),
            {each: store.bytes.get(each) for each in names},
            (store.generation, max(store.sequence, 1)),
        )
    stores.close()
    return found


def test_both_ways_lead_to_the_same_records(
    folder: Path, postgres: Database, tmp_path: Path
) -> None:
    url, back = postgres.create(), tmp_path / "back"
    before = everything(Stores(template(), folder))
    assert dict(into_database(folder, url, template())) == {"Untouched": 6, "contoso": 6}
    inside = everything(Stores(template(), url=url))
    assert dict(out_of_database(url, back, template(), written_down)) == {
        "Untouched": 6,
        "contoso": 6,
    }
    after = everything(Stores(template(), back))

    assert before == inside == after
    assert LONG in before["contoso"][2].values()


def test_where_a_tenant_is_already_nothing_is_copied(folder: Path, postgres: Database) -> None:
    url = postgres.create()
    stores = Stores(template(), url=url)
    insert(stores.open("Untouched"), "users", "mine")
    stores.close()

    with pytest.raises(StoreError, match="has 'Untouched' already"):
        list(into_database(folder, url, template()))
    with pytest.raises(StoreError, match="has 'Untouched' already"):
        list(out_of_database(url, folder, template(), written_down))
    assert Stores(template(), url=url).tenants() == ["Untouched"]


def test_a_folder_that_a_server_has_is_left_alone(folder: Path, postgres: Database) -> None:
    stores = Stores(template(), folder)
    with pytest.raises(StoreError, match="in use by another server"):
        list(into_database(folder, postgres.create(), template()))
    stores.close()


def migrate(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fakegraph", "migrate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def test_the_command_says_what_it_has_copied_and_what_is_wrong(
    folder: Path, postgres: Database, tmp_path: Path
) -> None:
    url = postgres.create()
    copied = migrate(folder, url)
    assert (copied.returncode, copied.stderr) == (0, "")
    assert copied.stdout == "Untouched: 6 records\ncontoso: 6 records\n2 tenants copied\n"
    assert migrate(url, tmp_path / "out").stdout.endswith("2 tenants copied\n")

    wrong = {
        ("a", "b"): "one is a data folder, and the other one begins with postgresql://",
        (tmp_path / "none", url): f"the data folder {tmp_path / 'none'} is not there",
        (folder, "postgresql://127.0.0.1:1/x"): "the database cannot be reached: connection to",
        (folder, "postgresql://u:p%@h/x"): "'postgresql://h/x': a % in it",
    }
    for arguments, words in wrong.items():
        refused = migrate(*arguments)
        assert refused.returncode != 0
        assert words in refused.stderr
        assert "Traceback" not in refused.stderr
