"""Every file call fails in turn: the write fails, nothing else does, and nothing is lost."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fakegraph.store import (
    Container,
    Durability,
    StorageFailure,
    Store,
    Stores,
    Template,
    Transaction,
)
from fakegraph.store.logged import LoggedStorage

from .conftest import filled as dump
from .conftest import ids, person
from .faulty import BROKEN, NO_SPACE, FaultyFiles, every, failure, the


@pytest.fixture
def files() -> FaultyFiles:
    return FaultyFiles()


@pytest.fixture(params=["flush", "fsync"])
def stores(
    request: pytest.FixtureRequest, tmp_path: Path, template: Template, files: FaultyFiles
) -> Iterator[Stores]:
    durability: Durability = request.param
    stores = Stores(template, tmp_path / "data", durability, files=files)
    yield stores
    stores.close()


@pytest.fixture
def store(stores: Stores) -> Store:
    return stores.open("contoso")


def after_a_crash(tmp_path: Path, template: Template) -> Any:
    """What a later server finds in a copy of the folder as it is now."""
    copy = tmp_path / f"crash{len(list(tmp_path.iterdir()))}"
    stores = Stores(template, shutil.copytree(tmp_path / "data", copy))
    try:
        return dump(stores.open("contoso"))
    finally:
        stores.close()


WRITES: dict[str, Callable[[Store], object]] = {
    "insert": lambda store: store.container("people").insert([person("new"), person("new2")]),
    "update": lambda store: store.container("people").update("p1", lambda r: {**r, "age": 1}),
    "delete": lambda store: store.container("people").delete("p1"),
    "insert_many": lambda s: s.insert_many({"people": [person("x")], "places": [{"id": "y"}]}),
    "reset": lambda store: store.reset(),
    "tinydb": lambda store: store.tinydb.table("people").insert(person("theirs")),
    "bytes": lambda store: store.transact(_with_bytes),
    "owners and links": lambda store: store.transact(_with_owner_and_link),
    "hide": lambda store: store.transact(lambda write: write.hide(_key(store, "p1"))),
}


def _key(store: Store, id: str) -> int:
    row = store.container("people").get(id)
    assert row is not None
    return row.key


def _with_bytes(write: Transaction) -> None:
    names = {"photo": write.keep(b"a photo"), "voice": write.keep(b"a voice")}
    write.insert("people", person("new", **{"@bytes": names}))


def _with_owner_and_link(write: Transaction) -> None:
    owner = write.insert("made/now", {"id": "m"})
    write.link("people/friends", owner.key, write.insert("people", person("new"), owner.key).key)


@pytest.mark.parametrize("code", [NO_SPACE, BROKEN])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_fails_whole_at_whichever_call_fails(
    tmp_path: Path,
    template: Template,
    files: FaultyFiles,
    store: Store,
    code: int,
    write: Callable[[Store], object],
) -> None:
    store.container("people").insert([person("before")])
    expected = dump(store)
    for number in range(1, 20):
        with files.failing(the(number, code)):
            error = failure(lambda: write(store))
        if error is None:
            break
        assert error.error.errno == code
        assert os.strerror(code) in str(error)
        assert dump(store) == expected
        assert ids(store.container("people").walk("age")) == ["p1", "before", "p2"]
        assert after_a_crash(tmp_path, template) == expected
    assert number > 1, "at least one call was made to fail"

    assert dump(store) != expected, "with all calls working the write is made"
    assert after_a_crash(tmp_path, template) == dump(store)


def test_a_line_may_take_many_short_writes(
    tmp_path: Path, template: Template, files: FaultyFiles, store: Store
) -> None:
    files.short = True
    store.container("people").insert([person("new", name="x" * 300)])

    assert files.made.count("write") > 40
    assert after_a_crash(tmp_path, template) == dump(store)


def test_a_full_disk_fails_writes_and_no_reads_until_there_is_room(
    tmp_path: Path, template: Template, files: FaultyFiles, store: Store
) -> None:
    collection = store.container("people")
    with files.failing(every("write", code=NO_SPACE)):
        for number in range(5):
            with pytest.raises(StorageFailure, match="No space left on device"):
                collection.insert([person(f"n{number}")])
            assert ids(collection.scan()) == ["p1", "p2"]
            assert collection.get("p1") is not None

    collection.insert([person("roomy")])
    assert ids(collection.scan()) == ["p1", "p2", "roomy"]
    assert after_a_crash(tmp_path, template) == dump(store)


def test_a_log_that_cannot_be_cut_back_takes_no_writes_until_it_can(
    tmp_path: Path, template: Template, files: FaultyFiles, store: Store
) -> None:
    collection = store.container("people")
    collection.insert([person("before")])
    with files.failing(every("write", "truncate")), pytest.raises(StorageFailure):
        collection.insert([person("lost")])
    with files.failing(every("truncate")), pytest.raises(StorageFailure):
        collection.insert([person("lost")])
    assert "write" not in files.made, "nothing goes behind the half line"

    collection.insert([person("after")])
    assert ids(collection.scan()) == ["p1", "p2", "before", "after"]
    assert after_a_crash(tmp_path, template) == dump(store)


def test_a_half_line_that_could_not_be_cut_back_is_dropped_after_a_crash(
    tmp_path: Path, template: Template, files: FaultyFiles, store: Store
) -> None:
    store.container("people").insert([person("before")])
    with files.failing(every("write", "truncate")), pytest.raises(StorageFailure):
        store.container("people").insert([person("lost")])

    assert after_a_crash(tmp_path, template) == dump(store)


@pytest.mark.parametrize("code", [NO_SPACE, BROKEN])
def test_a_data_file_that_cannot_be_written_leaves_the_old_one_and_the_log(
    tmp_path: Path, template: Template, files: FaultyFiles, store: Store, code: int
) -> None:
    storage = store._storage
    assert isinstance(storage, LoggedStorage)
    for number in range(1, 30):
        store.container("people").insert([person(f"n{number}")])
        with files.failing(the(number, code)):
            try:
                storage.save(lambda: None)
            except OSError:
                assert after_a_crash(tmp_path, template) == dump(store)
            else:
                break
        store.container("people").delete("p1")
        assert after_a_crash(tmp_path, template) == dump(store)

    assert {"open", "write", "fsync", "rename", "fsync_folder", "truncate"} <= {*files.failed}
    assert not list((tmp_path / "data").glob("*.tmp"))
    assert after_a_crash(tmp_path, template) == dump(store)


@pytest.mark.parametrize("code", [NO_SPACE, BROKEN])
def test_a_log_that_cannot_be_begun_anew_is_kept(
    tmp_path: Path, template: Template, files: FaultyFiles, store: Store, code: int
) -> None:
    storage = store._storage
    assert isinstance(storage, LoggedStorage)
    collection = store.container("people")
    for number in range(1, 12):
        collection.insert([person(f"n{number}", name="x" * 70_000)])

        def meanwhile(number: int = number) -> None:
            if collection.get(f"late{number}") is None:
                collection.insert([person(f"late{number}")])

        def fails(_: int, name: str, number: int = number) -> int | None:
            _, written, since = "|".join(files.made).partition("fsync_folder")
            return code if written and since.count("|") == number else None

        with files.failing(fails), suppress(OSError):
            storage.save(meanwhile)
        collection.insert([person(f"after{number}")])
        assert after_a_crash(tmp_path, template) == dump(store)

    calls = "close identity identity open identity write fsync rename close"
    assert files.failed == calls.split()
    assert not list((tmp_path / "data").glob("*.tmp"))


def test_a_data_file_that_cannot_be_written_beside_requests_is_told_of(
    tmp_path: Path,
    template: Template,
    files: FaultyFiles,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("fakegraph.store.logged.LEAST_LOG", 1000)
    storage = store._storage
    assert isinstance(storage, LoggedStorage)
    storage._limit = 1000
    store.container("people").insert([person("small")])  # so that the log is there
    with files.failing(every("rename")):
        store.container("people").insert([person("big", name="x" * 2000)])
        assert storage._saver is not None
        storage._saver.join()

    assert "contoso.json could not be written: Input/output error" in caplog.text
    assert after_a_crash(tmp_path, template) == dump(store)


def test_a_stop_that_cannot_write_the_data_file_loses_nothing(
    tmp_path: Path,
    template: Template,
    files: FaultyFiles,
    stores: Stores,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = stores.open("contoso")
    store.container("people").insert([person("kept")])
    expected = dump(store)
    with files.failing(every("write", "truncate", "close")):
        stores.close()

    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "could not be brought up to date: Input/output error" in caplog.text
    assert after_a_crash(tmp_path, template) == expected


def test_writes_after_the_stop_fail(files: FaultyFiles, stores: Stores) -> None:
    store = stores.open("contoso")
    stores.close()

    with pytest.raises(StorageFailure, match="it is closed"):
        store.container("people").insert([person("late")])
    with pytest.raises(StorageFailure, match="it is closed"):
        store.reset()
    assert ids(store.container("people").scan()) == ["p1", "p2"]


def test_a_tenant_whose_file_cannot_be_written_is_not_made(
    tmp_path: Path, template: Template, files: FaultyFiles
) -> None:
    opened = 0
    for number in range(1, 20):
        stores = Stores(template, tmp_path / f"data{number}", files=files)
        with files.failing(the(number, NO_SPACE)):
            error = failure(lambda stores=stores: stores.open("contoso"))
        assert error is None or error.error.errno == NO_SPACE
        assert not list((tmp_path / f"data{number}").glob("*.tmp"))
        opened += error is None
        stores.open("another")
        stores.close()

    assert opened > 0


def test_removing_a_tenant_writes_nothing_out_first(files: FaultyFiles, stores: Stores) -> None:
    store = stores.open("contoso")
    store.container("people").insert([person("unwanted")])
    with files.failing(every("write")):
        stores.remove("contoso")
    assert "write" not in files.made

    with pytest.raises(StorageFailure):
        store.container("people").insert([person("late")])
    assert stores.tenants() == []


def test_files_that_cannot_be_removed_are_an_error(files: FaultyFiles, stores: Stores) -> None:
    stores.open("contoso")
    with (
        files.failing(every("remove")),
        pytest.raises(StorageFailure, match="the files of contoso cannot be removed"),
    ):
        stores.remove("contoso")


def line_up(collection: Container, size: int) -> None:
    """Return when so many records wait for the disk."""
    while len(collection._storage.unseen("people")) < size:
        pass


def test_writers_that_wait_for_the_same_disk_fail_together(
    tmp_path: Path, template: Template, files: FaultyFiles
) -> None:
    """While one write waits for the disk others line up behind it; its failure is theirs."""
    stores = Stores(template, tmp_path / "data", "fsync", files=files)
    store = stores.open("contoso")
    collection = store.container("people")
    collection.insert([person("kept")])
    expected = dump(store)
    waiting, go_on, outcomes = threading.Event(), threading.Event(), []

    def stop_at_the_first(number: int, name: str) -> int | None:
        if name == "fsync" and not waiting.is_set():
            waiting.set()
            go_on.wait()
            return BROKEN
        return None

    def write(key: str) -> None:
        try:
            collection.insert([person(key)])
            outcomes.append(key)
        except StorageFailure as error:
            outcomes.append(error.error.errno)

    with files.failing(stop_at_the_first):
        threads = [threading.Thread(target=write, args=[f"n{number}"]) for number in range(4)]
        threads[0].start()
        waiting.wait()
        for thread in threads[1:]:
            thread.start()
        line_up(collection, 4)
        assert dump(store) == expected, "what the disk does not have is not seen"
        go_on.set()
        for thread in threads:
            thread.join()

    assert outcomes == [BROKEN] * 4
    assert dump(store) == expected
    collection.insert([person("n0")])
    assert after_a_crash(tmp_path, template) == dump(store)
    stores.close()


def test_writers_that_wait_at_the_same_time_share_one_fsync(
    tmp_path: Path, template: Template, files: FaultyFiles
) -> None:
    stores = Stores(template, tmp_path / "data", "fsync", files=files)
    store = stores.open("contoso")
    collection = store.container("people")
    waiting, go_on = threading.Event(), threading.Event()

    def stop_at_the_first(number: int, name: str) -> None:
        if name == "fsync" and not waiting.is_set():
            waiting.set()
            go_on.wait()

    def write(number: int) -> None:
        collection.insert([person(f"n{number}", age=number)])
        collection.update(f"n{number}", lambda record: {**record, "age": number + 100})

    with files.failing(stop_at_the_first):
        threads = [threading.Thread(target=write, args=[number]) for number in range(9)]
        threads[0].start()
        waiting.wait()
        for thread in threads[1:]:
            thread.start()
        line_up(collection, 9)
        go_on.set()
        for thread in threads:
            thread.join()
        assert files.made.count("fsync") <= 2 + 9, "18 writes, and the first 9 shared two"

    assert sorted(row.record["age"] for row in collection.scan())[2:] == list(range(100, 109))
    assert after_a_crash(tmp_path, template) == dump(store)
    stores.close()


def test_a_writer_sees_the_writes_that_still_wait_for_the_disk(
    tmp_path: Path, template: Template, files: FaultyFiles
) -> None:
    """Two writers cannot take the same id, though no reader sees the first one's record yet."""
    stores = Stores(template, tmp_path / "data", "fsync", files=files)
    collection = stores.open("contoso").container("people")
    waiting, go_on, outcomes = threading.Event(), threading.Event(), []

    def stop_at_the_first(number: int, name: str) -> None:
        if name == "fsync" and not waiting.is_set():
            waiting.set()
            go_on.wait()

    def insert() -> None:
        collection.insert([person("same", age=1)])

    def again() -> None:
        outcomes.append(collection.update("same", lambda record: {**record, "age": 2}))

    with files.failing(stop_at_the_first):
        threads = [threading.Thread(target=insert), threading.Thread(target=again)]
        threads[0].start()
        waiting.wait()
        assert collection.get("same") is None
        with pytest.raises(Exception, match="'same' is taken"):
            collection.insert([person("same")])
        threads[1].start()
        while files.made.count("write") < 2:
            pass
        go_on.set()
        for thread in threads:
            thread.join()

    assert outcomes[0] is not None
    assert collection.get("same") == outcomes[0]
    assert outcomes[0].record["age"] == 2
    stores.close()
