"""Logs are open while they are written to; and what is written to is still where it was."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fakegraph.store import StorageFailure, Store, Stores, Template, openlog

from .conftest import dump, ids, person


def descriptors(folder: Path) -> list[str]:
    """The logs in a folder that this process has open."""
    opened = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            opened.append(str(link.readlink()))
        except OSError:  # the one for the list itself
            continue
    return [name for name in opened if name.startswith(f"{folder}/") and ".wal" in name]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def empty(folder: Path) -> None:
    """Remove what is in a folder, and leave the folder."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="asks Linux")


def after_a_crash(folder: Path, template: Template, *tenants: str) -> list[object]:
    """What a later server finds of some tenants in a copy of the folder."""
    stores = Stores(template, shutil.copytree(folder, folder.with_name("crash")))
    try:
        return [dump(stores.open(tenant)) for tenant in tenants]
    finally:
        stores.close()


@needs_proc
def test_a_tenant_that_is_only_read_has_no_descriptor(tmp_path: Path, template: Template) -> None:
    stores = Stores(template, tmp_path)
    opened = [stores.open(f"t{number}") for number in range(20)]
    for store in opened:
        assert ids(store.container("people").scan()) == ["p1", "p2"]
    assert descriptors(tmp_path) == []

    opened[0].container("people").insert([person("new")])
    assert descriptors(tmp_path) == [str(tmp_path / "t0.wal.tmp (deleted)")] or descriptors(
        tmp_path
    ) == [str(tmp_path / "t0.wal")]
    stores.close()
    assert descriptors(tmp_path) == []


@needs_proc
def test_so_many_logs_are_open_and_no_more(
    tmp_path: Path, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openlog, "MOST_OPEN", 5)
    stores = Stores(template, tmp_path / "data")
    names = [f"t{number}" for number in range(30)]
    opened = [stores.open(name) for name in names]
    for turn in range(3):
        for store in opened:
            store.container("people").insert([person(f"new{turn}")])
            assert len(descriptors(tmp_path)) <= 5

    assert after_a_crash(tmp_path / "data", template, *names) == [dump(store) for store in opened]
    stores.close()


@needs_proc
def test_an_idle_log_is_closed_and_opened_again(
    tmp_path: Path, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openlog, "IDLE", 0.02)
    stores = Stores(template, tmp_path / "data", "fsync")
    store = stores.open("contoso")
    for turn in range(3):
        store.container("people").insert([person(f"new{turn}")])
        while descriptors(tmp_path):
            time.sleep(0.005)

    assert after_a_crash(tmp_path / "data", template, "contoso") == [dump(store)]
    stores.close()


@pytest.mark.parametrize("durability", ["flush", "fsync"])
def test_closing_logs_costs_no_write(
    tmp_path: Path, template: Template, monkeypatch: pytest.MonkeyPatch, durability: str
) -> None:
    """Eight tenants are written to at once, and two may have their logs open."""
    monkeypatch.setattr(openlog, "MOST_OPEN", 2)
    monkeypatch.setattr(openlog, "IDLE", 0.001)
    stores = Stores(template, tmp_path / "data", durability)  # type: ignore[arg-type]
    names = [f"t{number}" for number in range(8)]
    opened = [stores.open(name) for name in names]

    def write(store: Store) -> None:
        for number in range(100):
            store.container("people").insert([person(f"n{number}")])
            store.container("people").delete(f"n{number - 3}")

    threads = [threading.Thread(target=write, args=[store]) for store in opened * 2]
    for number, thread in enumerate(threads):
        if number < len(opened):
            thread.start()
    for thread in threads[: len(opened)]:
        thread.join()

    expected = [dump(store) for store in opened]
    assert [len(found["people"]) for found in expected] == [5] * 8
    assert after_a_crash(tmp_path / "data", template, *names) == expected
    stores.close()


def refused(store: Store, words: str) -> None:
    """A write is refused, with these words, and nothing of it is seen."""
    before = dump(store)
    with pytest.raises(StorageFailure, match=words):
        store.container("people").insert([person("lost")])
    with pytest.raises(StorageFailure, match=words):
        store.reset()
    assert dump(store) == before


Loss = Callable[[Path], object]
LOSSES: dict[str, tuple[Loss, str]] = {
    "the folder": (shutil.rmtree, "was removed or replaced while the server runs"),
    "what is in it": (
        empty,
        "was removed or replaced while the server runs",
    ),
    "the lock": (
        lambda folder: (folder / "fakegraph.lock").unlink(),
        "was removed or replaced while the server runs",
    ),
    "another lock": (
        lambda folder: (
            (folder / "new").touch(),
            (folder / "new").replace(folder / "fakegraph.lock"),
        ),
        "was removed or replaced while the server runs",
    ),
    "the data file": (
        lambda folder: (folder / "contoso.json").unlink(),
        r"contoso\.json was removed while the server runs",
    ),
}
OF_THE_LOG: dict[str, tuple[Loss, str]] = {
    "the log": (lambda folder: (folder / "contoso.wal").unlink(), "No such file"),
    "a pipe": (
        lambda folder: ((folder / "contoso.wal").unlink(), os.mkfifo(folder / "contoso.wal")),
        "another file is in its place now|No such device",
    ),
    "another log": (
        lambda folder: shutil.copy(folder / "contoso.wal", folder / "new").replace(
            folder / "contoso.wal"
        ),
        "another file is in its place now",
    ),
}


@pytest.mark.parametrize("durability", ["flush", "fsync"])
@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize("loss", [*LOSSES, *OF_THE_LOG])
def test_what_was_removed_is_not_written_to(
    tmp_path: Path,
    template: Template,
    monkeypatch: pytest.MonkeyPatch,
    durability: str,
    idle: bool,
    loss: str,
) -> None:
    monkeypatch.setattr(openlog, "MOST_OPEN", 0 if idle else 9)
    stores = Stores(template, tmp_path / "data", durability)  # type: ignore[arg-type]
    store = stores.open("contoso")
    store.container("people").insert([person("kept")])
    stores.open("other").container("people").insert([person("kept")])
    lose, words = (LOSSES | OF_THE_LOG)[loss]
    lose(tmp_path / "data")

    refused(store, words)
    refused(store, words)
    stores.close()


@pytest.mark.parametrize("loss", LOSSES)
def test_what_was_removed_before_the_first_write_is_not_written_to(
    tmp_path: Path, template: Template, loss: str
) -> None:
    stores = Stores(template, tmp_path / "data")
    store = stores.open("contoso")
    lose, words = LOSSES[loss]
    lose(tmp_path / "data")

    refused(store, words)
    assert not list(tmp_path.glob("data/*.wal"))
    stores.close()


def test_a_folder_that_is_back_in_its_place_is_written_to_again(
    tmp_path: Path, template: Template
) -> None:
    stores = Stores(template, tmp_path / "data")
    store = stores.open("contoso")
    store.container("people").insert([person("kept")])
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    refused(store, "was removed or replaced")
    with pytest.raises(StorageFailure, match="was removed or replaced"):
        stores.open("new")
    with pytest.raises(StorageFailure, match="was removed or replaced"):
        stores.remove("contoso")
    (tmp_path / "elsewhere").rename(tmp_path / "data")

    store = stores._open.get("contoso") or stores.open("contoso")
    store.container("people").insert([person("new")])
    assert after_a_crash(tmp_path / "data", template, "contoso") == [dump(store)]
    stores.close()


def test_another_servers_files_are_left_alone(
    tmp_path: Path, template: Template, caplog: pytest.LogCaptureFixture
) -> None:
    """The folder was removed, and another server began one of that name."""
    ours = Stores(template, tmp_path / "data")
    ours.open("contoso").container("people").insert([person("ours")])
    shutil.rmtree(tmp_path / "data")
    theirs = Stores(template, tmp_path / "data")
    store = theirs.open("contoso")
    store.container("people").insert([person("theirs")])
    before = files(tmp_path / "data")

    ours.close()
    assert files(tmp_path / "data") == before
    assert "was removed or replaced while the server runs" in caplog.text
    assert after_a_crash(tmp_path / "data", template, "contoso") == [dump(store)]
    theirs.close()
