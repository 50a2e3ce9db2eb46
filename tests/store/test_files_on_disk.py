"""What is in the data file and the log, and what is done when it is not as it should be."""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from tinydb import TinyDB

from fakegraph.store import DataFileError, Stores, Template, read_records
from fakegraph.store.logged import LoggedStorage

from .conftest import INDEXES, dump, ids, people, person

Contents = dict[str, list[tuple[int, Any]]]


def reopened(folder: Path, template: Template) -> Contents:
    """What a later server finds in the folder; it stops cleanly."""
    stores = Stores(template, folder)
    try:
        return dump(stores.open("contoso"))
    finally:
        stores.close()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def crashed(tmp_path: Path, template: Template) -> Callable[[], Path]:
    """A function that copies the folder of a running store with five writes, as a crash leaves it."""
    stores = Stores(template, tmp_path / "running")
    store = stores.open("contoso")
    collection = store.collection("people")
    collection.insert([person("a"), person("b")])
    collection.update("a", lambda record: {**record, "age": 7, "name": "Zoë\n\u2028"})
    collection.delete("p1")
    store.insert_many({"places": [{"id": "here"}], "people": [person("c")]})
    collection.delete("c")
    count = iter(range(1_000_000))

    def crash() -> Path:
        return Path(shutil.copytree(tmp_path / "running", tmp_path / f"crash{next(count)}"))

    return crash


EXPECTED: Contents = {
    "people": [
        (2, person("p2", age=40)),
        (3, person("a", age=7, name="Zoë\n\u2028")),
        (4, person("b")),
    ],
    "places": [(1, {"id": "here"})],
}


def test_stock_tinydb_reads_everything_after_a_clean_stop(
    tmp_path: Path, template: Template
) -> None:
    stores = Stores(template, tmp_path)
    store = stores.open("contoso")
    store.collection("people").insert([person(f"n{n}", name=f"Ünï {n}") for n in range(500)])
    store.collection("people").delete("p1")
    expected = dump(store)
    stores.close()

    with TinyDB(tmp_path / "contoso.json") as stock:
        assert stock.tables() == {"_fakegraph", "people", "places"}
        for name, rows in expected.items():
            assert [(d.doc_id, dict(d)) for d in stock.table(name).all()] == rows
        assert stock.table("_fakegraph").get(doc_id=1)["format"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["contoso.json", "fakegraph.lock"]


def test_what_stock_tinydb_adds_is_there_when_it_is_opened_again(
    tmp_path: Path, template: Template
) -> None:
    reopened(tmp_path, template)
    with TinyDB(tmp_path / "contoso.json") as stock:
        stock.table("people").insert(person("theirs"))

    stores = Stores(template, tmp_path)
    collection = stores.open("contoso").collection("people")
    assert ids(collection.scan()) == ["p1", "p2", "theirs"]
    assert collection.insert([person("ours")])[0].position == 4
    stores.close()


def test_a_new_tenant_is_on_disk_before_its_first_write(tmp_path: Path, template: Template) -> None:
    stores = Stores(template, tmp_path)
    before = dump(stores.open("contoso"))
    copy = shutil.copytree(tmp_path, tmp_path / "crash")

    assert reopened(copy, Template({"people": people(99)}, INDEXES)) == before
    stores.close()


def test_the_template_is_not_applied_to_a_tenant_that_exists(
    tmp_path: Path, template: Template
) -> None:
    reopened(tmp_path, template)
    later = Template({"people": people(1, 2, 3), "things": [{"id": "t"}]}, INDEXES)

    found = reopened(tmp_path, later)
    assert [record["age"] for _, record in found["people"]] == [30, 40]
    assert found["things"] == [], "a set that is new begins empty"
    assert found["places"] == [], "a set that is no longer served is kept"


def test_reset_after_opening_again_goes_to_the_template_of_now(
    tmp_path: Path, template: Template
) -> None:
    reopened(tmp_path, template)
    stores = Stores(Template({"people": people(30, 41, 50)}, INDEXES), tmp_path)
    store = stores.open("contoso")
    store.reset()
    expected = dump(store)
    copy = shutil.copytree(tmp_path, tmp_path / "crash")
    stores.close()

    assert [record["age"] for _, record in expected["people"]] == [30, 41, 50]
    assert reopened(copy, template) == reopened(tmp_path, template) == expected


def test_acknowledged_writes_are_there_after_a_crash(
    crashed: Callable[[], Path], template: Template
) -> None:
    folder = crashed()

    assert reopened(folder, template) == EXPECTED
    assert reopened(folder, template) == EXPECTED, "and after the clean stop that followed"


def test_positions_stay_given_after_the_highest_row_was_deleted(
    crashed: Callable[[], Path], template: Template
) -> None:
    for folder in (crashed(), crashed()):
        for _ in range(2):
            stores = Stores(template, folder)
            collection = stores.open("contoso").collection("people")
            (row,) = collection.insert([person("new")])
            collection.delete("new")
            stores.close()
        assert row.position == 7, "c, deleted, had 5; new, deleted, had 6"


def test_a_snapshot_that_was_restored_is_there_after_a_crash(
    tmp_path: Path, template: Template
) -> None:
    stores = Stores(template, tmp_path)
    store = stores.open("contoso")
    collection = store.collection("people")
    collection.insert([person("a", age=1)])
    snapshot, expected = store.snapshot(), dump(store)
    collection.delete("a")
    collection.insert([person("b", age=2)])
    collection.update("p1", lambda record: {**record, "age": 9})
    store.restore(snapshot)

    assert reopened(shutil.copytree(tmp_path, tmp_path / "crash"), template) == expected
    stores.close()


def test_the_log_may_end_anywhere(
    crashed: Callable[[], Path], template: Template, caplog: pytest.LogCaptureFixture
) -> None:
    """Cut at each byte of its last three lines: whole lines count, a torn one is told of."""
    folder = crashed()
    journal = (folder / "contoso.wal").read_bytes()
    lines = journal.splitlines(keepends=True)
    assert len(lines) == 6
    states = []
    for count in range(3, 7):
        (folder / "contoso.wal").write_bytes(b"".join(lines[:count]))
        states.append(read_records(folder / "contoso.json"))
    data_file = (folder / "contoso.json").read_bytes()

    for size in range(len(b"".join(lines[:3])), len(journal) + 1):
        (folder / "contoso.wal").write_bytes(journal[:size])
        (folder / "contoso.json").write_bytes(data_file)
        whole = journal[:size].count(b"\n")
        caplog.clear()
        found = reopened(folder, template)
        assert {name: [record for _, record in rows] for name, rows in found.items()} == (
            states[whole - 3]
        )
        torn = not journal[:size].endswith(b"\n")
        assert [record.levelno for record in caplog.records] == [logging.WARNING] * torn
        if torn:
            place = f"line {whole + 1} (byte {len(b''.join(lines[:whole]))})"
            assert place in caplog.text
            assert "torn" in caplog.text


def test_writes_go_on_after_a_torn_line(crashed: Callable[[], Path], template: Template) -> None:
    folder = crashed()
    journal = folder / "contoso.wal"
    journal.write_bytes(journal.read_bytes()[:-5])
    stores = Stores(template, folder)
    store = stores.open("contoso")
    store.collection("people").insert([person("after")])
    expected = dump(store)

    assert reopened(shutil.copytree(folder, folder / "crash"), template) == expected
    stores.close()


def _line(payload: str) -> bytes:
    return b"%08x %s\n" % (crc32(payload.encode()), payload.encode())


def _flip(number: int, place: int = 20) -> Callable[[list[bytes]], None]:
    def change(lines: list[bytes]) -> None:
        line = bytearray(lines[number])
        line[place] ^= 1
        lines[number] = bytes(line)

    return change


def _set(number: int, line: bytes) -> Callable[[list[bytes]], None]:
    return lambda lines: lines.__setitem__(number, line)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_flip(0), "line 1 (byte {1}): the checksum does not fit"),
        (_flip(1), "line 2 (byte {2}): the checksum does not fit"),
        (_flip(4, 0), "line 5 (byte {5}): the checksum does not fit"),
        (_set(2, b"\n"), "line 3 (byte {3}): the checksum does not fit"),
        (lambda lines: lines.pop(2), "line 3 (byte {3}): it does not go on from the line before it"),
        (lambda lines: lines.pop(1), "goes on from write 1, but the data file beside it ends with write 0"),
        (lambda lines: lines.pop(0), "line 1 (byte {1}): it is not a line of a fakegraph log"),
        (_set(2, _line('{"n":2,"set":{}}')), "it does not go on"),
        (_set(2, _line('{"n":"2"}')), "it does not go on"),
        (_set(1, _line('{"n":"1"}')), "it does not go on"),
        (_set(2, _line("[]")), "line 3 (byte {3}): it is not a line of a fakegraph log"),
        (_set(2, _line("no json")), "line 3 (byte {3}): it is not a line of a fakegraph log"),
        (_set(2, _line('{"n":2,"del":{"people":[77]}}')), "write 2 does not fit the data file"),
        (_set(2, _line('{"n":2,"put":{"people":7}}')), "write 2 does not fit the data file"),
        (_set(0, _line('{"format":2,"store":"x"}')), "the log's format is 2, and this version reads format 1"),
        (_set(0, _line('{"format":1,"store":"x"}')), "the log belongs to another data file"),
    ],
)  # fmt: skip
def test_a_damaged_log_is_refused_and_left_alone(
    crashed: Callable[[], Path],
    template: Template,
    change: Callable[[list[bytes]], None],
    message: str,
) -> None:
    folder = crashed()
    lines = (folder / "contoso.wal").read_bytes().splitlines(keepends=True)
    change(lines)
    (folder / "contoso.wal").write_bytes(b"".join(lines))
    before = files(folder)

    with pytest.raises(DataFileError) as error:
        reopened(folder, template)
    starts = [0, *(len(b"".join(lines[:number])) for number in range(len(lines)))]
    assert re.sub(r"{(\d)}", lambda m: str(starts[int(m[1])]), message) in str(error.value)
    assert str(folder / "contoso.wal") in str(error.value)
    assert "\n" not in str(error.value)
    assert files(folder) == before


def _edit(change: Callable[[Any], object]) -> Callable[[bytes], bytes]:
    def edit(data: bytes) -> bytes:
        found = json.loads(data)
        change(found)
        return json.dumps(found).encode()

    return edit


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"", "it is not JSON"),
        (lambda data: data[:100], "it is not JSON"),
        (lambda data: data.replace(b'"p2"', b"'p2'"), "line 4, column 11"),
        (lambda data: b"[1, 2]", "it is not a fakegraph data file"),
        (lambda data: b'{"people": {}}', "it is not a fakegraph data file"),
        (_edit(lambda d: d.pop("_fakegraph")), "it is not a fakegraph data file"),
        (_edit(lambda d: d["_fakegraph"]["1"].update(format=2)), "its format is 2, and this version reads format 1"),
        (_edit(lambda d: d["_fakegraph"]["1"].pop("store")), "must have a store"),
        (_edit(lambda d: d["_fakegraph"]["1"].update(sequence=None)), "must have a store"),
        (_edit(lambda d: d["_fakegraph"]["1"].update(next=[])), "must have a store"),
        (_edit(lambda d: d["people"].update({"02": person("x")})), "a document id is there twice"),
        (_edit(lambda d: d.update(people=[])), "table 'people': it is not an object"),
        (_edit(lambda d: d["people"].update(x={})), "table 'people': a document id is not a number"),
        (_edit(lambda d: d["people"].update({"7": {"id": 3}})), "table 'people', document 7: it is not a record"),
        (_edit(lambda d: d["people"].update({"7": None})), "table 'people', document 7: it is not a record"),
        (_edit(lambda d: d["people"].update({"-7": person("x")})), "document -7: it is not a record"),
        (_edit(lambda d: d["people"].update({"7": person("p2")})), "document 7: the id 'p2' is there twice"),
    ],
)  # fmt: skip
def test_a_data_file_that_is_not_ours_is_refused_and_left_alone(
    tmp_path: Path, template: Template, change: Callable[[bytes], bytes], message: str
) -> None:
    reopened(tmp_path, template)
    path = tmp_path / "contoso.json"
    path.write_bytes(change(path.read_bytes()))
    before = files(tmp_path)

    with pytest.raises(DataFileError) as error:
        reopened(tmp_path, template)
    assert message in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert files(tmp_path) == before


@pytest.mark.parametrize("name", ["contoso.json", "contoso.wal"])
def test_a_folder_in_the_place_of_a_file_is_refused(
    tmp_path: Path, template: Template, name: str
) -> None:
    reopened(tmp_path, template)
    (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / name).mkdir()

    with pytest.raises(DataFileError, match="it cannot be read"):
        reopened(tmp_path, template)


def test_a_log_without_its_data_file_is_refused(
    crashed: Callable[[], Path], template: Template
) -> None:
    folder = crashed()
    (folder / "contoso.json").unlink()

    with pytest.raises(DataFileError, match=r"contoso\.json that it goes on from is not there"):
        reopened(folder, template)


def test_a_crash_between_writing_the_data_file_and_cutting_the_log_does_no_harm(
    crashed: Callable[[], Path], template: Template
) -> None:
    folder = crashed()
    journal = (folder / "contoso.wal").read_bytes()
    reopened(folder, template)
    assert not (folder / "contoso.wal").exists()
    (folder / "contoso.wal").write_bytes(journal)

    assert reopened(folder, template) == EXPECTED


def test_what_a_crash_left_half_written_is_cleared_away(
    crashed: Callable[[], Path], template: Template
) -> None:
    folder = crashed()
    for name in ("contoso.json.tmp", "contoso.wal.tmp"):
        (folder / name).write_bytes(b"half")

    assert reopened(folder, template) == EXPECTED
    assert sorted(files(folder)) == ["contoso.json", "fakegraph.lock"]


def storage_of(stores: Stores) -> LoggedStorage:
    storage = stores.open("contoso")._storage
    assert isinstance(storage, LoggedStorage)
    return storage


def test_the_data_file_is_written_anew_when_the_log_outgrows_it(
    tmp_path: Path, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fakegraph.store.logged.LEAST_LOG", 10_000)
    stores = Stores(template, tmp_path)
    store = stores.open("contoso")
    collection = store.collection("people")
    for number in range(2000):
        collection.update("p1", lambda record, number=number: {**record, "age": number})
        assert (tmp_path / "contoso.wal").stat().st_size < 1_000_000
    storage = store._storage
    assert isinstance(storage, LoggedStorage)
    assert storage._saver is not None
    storage._saver.join()
    # What was written beside the last save may have outgrown the limit again; the next write sees.
    collection.update("p1", lambda record: {**record, "age": 2000})
    storage._saver.join()

    assert (tmp_path / "contoso.wal").stat().st_size <= 10_000
    copy = shutil.copytree(tmp_path, tmp_path / "crash")
    assert reopened(copy, template) == dump(store)
    stores.close()


def test_writes_made_while_the_data_file_is_written_stay_in_the_log(
    tmp_path: Path, template: Template
) -> None:
    stores = Stores(template, tmp_path)
    storage = storage_of(stores)
    collection = stores._open["contoso"].collection("people")
    collection.insert([person(f"n{n}", name="x" * 1000) for n in range(200)])

    def meanwhile() -> None:
        collection.insert([person(f"late{len(collection)}")])

    storage.save(meanwhile)
    journal = (tmp_path / "contoso.wal").read_bytes()
    assert journal.count(b"late") == len(collection) - 202 > 0
    collection.insert([person("last")])
    copy = shutil.copytree(tmp_path, tmp_path / "crash")
    assert reopened(copy, template) == dump(stores._open["contoso"])
    stores.close()


def test_reading_a_tenants_files_changes_nothing(
    crashed: Callable[[], Path], template: Template
) -> None:
    folder = crashed()
    before = files(folder)

    found = read_records(folder / "contoso.json")
    assert found == {name: [record for _, record in rows] for name, rows in EXPECTED.items()}
    assert files(folder) == before


def test_reading_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="No such file"):
        read_records(tmp_path / "nothing.json")
