"""Data folders and the names of tenants: what does, what does not, and who may."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakegraph.store import (
    FolderError,
    FolderInUse,
    Stores,
    Template,
    TenantNameError,
    check_tenant_name,
)

from .conftest import ids, person


@pytest.mark.parametrize("name", ["default", "a", "A-b_9", "x" * 64, "console", "COM", "com10"])
def test_names_that_do(name: str) -> None:
    check_tenant_name(name)


SPELT_WRONG = [
    "",
    "x" * 65,
    ".",
    "..",
    "a.b",
    "a/b",
    "a\\b",
    "/etc",
    "a b",
    " a",
    "a\n",
    "a\0",
    "Ünï",
]
DEVICES = ["con", "CON", "nul", "PRN", "aux", "com1", "LPT9", "com0"]


@pytest.mark.parametrize("name", SPELT_WRONG + DEVICES)
def test_names_that_do_not(name: str, template: Template, tmp_path: Path) -> None:
    with pytest.raises(TenantNameError, match="does not do"):
        check_tenant_name(name)
    for stores in (Stores(template), Stores(template, tmp_path)):
        with pytest.raises(TenantNameError):
            stores.open(name)
        with pytest.raises(TenantNameError):
            stores.remove(name)
        stores.close()


def test_a_long_name_is_not_repeated_whole() -> None:
    with pytest.raises(TenantNameError) as error:
        check_tenant_name("x" * 10_000)
    assert len(str(error.value)) < 300


def test_a_name_that_differs_only_by_case_is_refused(stores: Stores) -> None:
    stores.open("contoso")

    with pytest.raises(
        TenantNameError, match="'Contoso' does not do: the tenant 'contoso' is open"
    ):
        stores.open("Contoso")


def test_a_name_that_differs_from_a_file_only_by_case_is_refused(
    tmp_path: Path, template: Template
) -> None:
    stores = Stores(template, tmp_path)
    stores.open("contoso").close()

    with pytest.raises(TenantNameError, match="there is a tenant 'contoso'"):
        stores.open("CONTOSO")
    stores.close()


def test_a_tenant_is_open_once(stores: Stores) -> None:
    store = stores.open("contoso")
    with pytest.raises(TenantNameError, match="is open"):
        stores.open("contoso")

    store.close()
    assert ids(stores.open("contoso").container("people").scan()) == ["p1", "p2"]


def test_a_store_can_be_closed_twice(stores: Stores) -> None:
    store = stores.open("contoso")
    store.close()
    store.close()
    stores.close()
    stores.close()


def test_it_lists_the_tenants(tmp_path: Path, template: Template, stores: Stores) -> None:
    assert stores.tenants() == []
    stores.open("b")
    stores.open("a")
    assert stores.tenants() == ["a", "b"]


def test_tenants_on_disk_are_listed_and_nothing_else(tmp_path: Path, template: Template) -> None:
    for name in ("notes.txt", "a.b.json", ".json", "contoso.json.tmp"):
        (tmp_path / name).write_text("mine")
    stores = Stores(template, tmp_path)
    stores.open("contoso").close()

    assert stores.tenants() == ["contoso"]
    stores.close()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_looking_at_a_tenant_does_not_list_the_folder(
    tmp_path: Path, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Late.json").write_text("{}")
    stores = Stores(template, tmp_path)
    for name in ("open", "closed"):
        stores.open(name).container("people").insert([person("new")])
    stores.open("closed2").close()

    def refuse(*_: object) -> object:
        raise AssertionError("the folder was listed")

    for where, call in ((os, "listdir"), (os, "scandir"), (Path, "iterdir")):
        monkeypatch.setattr(where, call, refuse)
    assert [
        name in stores for name in ("open", "closed2", "nobody", "CLOSED2", "late", "../x")
    ] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    assert ids(stores.open("closed2").container("people").scan()) == ["p1", "p2"]
    stores.remove("closed2")
    stores.open("new").close()
    assert ("new" in stores, "closed2" in stores) == (True, False)
    with pytest.raises(TenantNameError, match="there is a tenant 'Late'"):
        stores.open("late")
    stores.close()


def test_a_file_that_comes_or_goes_while_it_runs_is_seen(
    tmp_path: Path, template: Template
) -> None:
    stores = Stores(template, tmp_path)
    stores.open("one").close()
    (tmp_path / "one.json").rename(tmp_path / "two.json")

    assert ("one" in stores, "two" in stores) == (False, True)
    assert ids(stores.open("ONE").container("people").scan()) == ["p1", "p2"]
    stores.close()


def test_a_removed_tenant_begins_anew(stores: Stores) -> None:
    stores.open("contoso").container("people").insert([person("new")])
    stores.remove("contoso")
    stores.remove("contoso")

    assert stores.tenants() == []
    assert ids(stores.open("contoso").container("people").scan()) == ["p1", "p2"]


def test_the_folder_is_made(tmp_path: Path, template: Template) -> None:
    stores = Stores(template, tmp_path / "some" / "where")
    stores.open("contoso")
    stores.close()

    assert (tmp_path / "some" / "where" / "contoso.json").exists()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, template: Template) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    for folder in (path, path / "below"):
        with pytest.raises(FolderError, match=f"the data folder {folder} cannot be used: "):
            Stores(template, folder)
    assert path.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the system says it to those whom it does not let (it lets root)."""

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("fakegraph.store.folder.os.open", refuse)
    with pytest.raises(FolderError, match="cannot be used: Permission denied"):
        Stores(template, tmp_path)


def test_a_folder_that_cannot_be_locked_is_refused(
    tmp_path: Path, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(fd: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fakegraph.store.folder._lock", refuse)
    with pytest.raises(FolderError, match="cannot be locked: No locks available"):
        Stores(template, tmp_path)


def test_a_second_server_in_the_process_is_refused(tmp_path: Path, template: Template) -> None:
    first = Stores(template, tmp_path)
    with pytest.raises(FolderInUse, match=f"the data folder {tmp_path} is in use"):
        Stores(template, tmp_path)

    first.close()
    Stores(template, tmp_path).close()


HOLDER = """
import sys
from fakegraph.store import Stores, Template
stores = Stores(Template({"people": []}), sys.argv[1])
stores.open("theirs")
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_refused_until_the_first_is_gone(
    tmp_path: Path, template: Template
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        with pytest.raises(FolderInUse):
            Stores(template, tmp_path)
        holder.kill()
        holder.wait()

    stores = Stores(template, tmp_path)
    assert stores.tenants() == ["theirs"]
    stores.close()


def test_what_is_said_of_durability_is_one_of_two(tmp_path: Path, template: Template) -> None:
    with pytest.raises(ValueError, match="'flush' or 'fsync', not 'never'"):
        Stores(template, tmp_path, "never")  # type: ignore[arg-type]
