"""What is in the data file and the log, and what is done when it is not as it should be."""

from __future__ import annotations

import json
import logging
import os
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

from .conftest import INDEXES, ids, people, person
from .conftest import filled as dump

Contents = dict[str, list[tuple[int, Any]]]


def written(folder: Path, template: Template) -> None:
    """Make a tenant that has a row p3 besides what the template has, and stop cleanly."""
    stores = Stores(template, folder)
    stores.open("contoso").container("people").insert([person("p3")])
    stores.close()


def reopened(folder: Path, template: Template) -> Contents:
    """What a later server finds in the folder; it stops cleanly."""
    stores = Stores(template, folder)
    try:
        return dump(stores.open("contoso"))
    finally:
        stores.close()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def crashed(tmp_path: Path, template: Template) -> Callable[[], Path]:
    """A function that copies the folder of a running store with five writes, as a crash leaves it."""
    stores = Stores(template, tmp_path / "running")
    store = stores.open("contoso")
    collection = store.container("people")
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
    store.container("people").insert([person(f"n{n}", name=f"Ünï {n}") for n in range(500)])
    store.container("people").delete("p1")
    expected = dump(store)
    stores.close()

    with TinyDB(tmp_path / "contoso.json") as stock:
        assert stock.tables() == {"_fakegraph", "_changes", "people"}
        for name, rows in expected.items():
            assert [(d.doc_id, dict(d)) for d in stock.table(name).all()] == rows
        assert stock.table("_fakegraph").get(doc_id=1)["format"] == 2
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [".templates", "contoso.json", "fakegraph.lock"]


def test_what_stock_tinydb_adds_is_there_when_it_is_opened_again(
    tmp_path: Path, template: Template
) -> None:
    written(tmp_path, template)
    with TinyDB(tmp_path / "contoso.json") as stock:
        stock.table("people").insert(person("theirs"))

    stores = Stores(template, tmp_path)
    collection = stores.open("contoso").container("people")
    assert ids(collection.scan()) == ["p1", "p2", "p3", "theirs"]
    assert collection.insert([person("ours")])[0].position == 5
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
    assert "things" not in found, "a container that is new begins empty"


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
            collection = stores.open("contoso").container("people")
            (row,) = collection.insert([person("new")])
            collection.delete("new")
            stores.close()
        assert row.position == 7, "c, deleted, had 5; new, deleted, had 6"


def test_a_snapshot_that_was_restored_is_there_after_a_crash(
    tmp_path: Path, template: Template
) -> None:
    stores = Stores(template, tmp_path)
    store = stores.open("contoso")
    collection = store.container("people")
    collection.insert([person("a", age=1)])
    snapshot, expected = store.snapshot(), dump(store)
    collection.delete("a")
    collection.insert([person("b", age=2)])
    collection.update("p1", lambda record: {**record, "age": 9})
    store.restore(snapshot)

    assert reopened(shutil.copytree(tmp_path, tmp_path / "crash"), template) == expected
    stores.close()


def states_of(folder: Path) -> list[dict[str, list[Any]]]:
    """What was stored after each write of the log, from none of them on."""
    journal = (folder / "contoso.wal").read_bytes()
    lines = journal.splitlines(keepends=True)
    states = []
    for count in range(len(lines[2:]) + 1):
        (folder / "contoso.wal").write_bytes(b"".join(lines[: 2 + count]))
        states.append(read_records(folder / "contoso.json"))
    (folder / "contoso.wal").write_bytes(journal)
    return states


def after_changing_the_log(folder: Path, template: Template, journal: bytes) -> Any:
    """What a server finds that reads another log, and whether the log is then removed."""
    data_file = (folder / "contoso.json").read_bytes()
    (folder / "contoso.wal").write_bytes(journal)
    found = reopened(folder, template)
    (folder / "contoso.json").write_bytes(data_file)
    return {name: [record for _, record in rows] for name, rows in found.items()}


def test_a_log_that_lost_its_end_says_how_many_writes_that_was(
    crashed: Callable[[], Path], template: Template, caplog: pytest.LogCaptureFixture
) -> None:
    """Cut at each byte, at the ends of lines as well: whole lines count, and each loss is told."""
    folder = crashed()
    journal = (folder / "contoso.wal").read_bytes()
    states = states_of(folder)
    head = len(b"".join(journal.splitlines(keepends=True)[:2]))
    caplog.clear()

    for size in range(head, len(journal)):
        caplog.clear()
        whole = journal[:size].count(b"\n") - 2
        assert after_changing_the_log(folder, template, journal[:size]) == states[whole]
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        missing = "1 write is" if whole == 4 else f"{5 - whole} writes are"
        assert f"{missing} missing: the last one left is {whole}, of 5" in record.getMessage()
        if not journal[:size].endswith(b"\n"):
            start = journal.rindex(b"\n", 0, size) + 1
            assert f"line {whole + 3} (byte {start}) is torn" in record.getMessage()

    caplog.clear()
    assert after_changing_the_log(folder, template, journal) == states[5]
    assert not caplog.records


def test_a_log_that_lost_its_head_too_says_that_it_does_not_know(
    crashed: Callable[[], Path], template: Template, caplog: pytest.LogCaptureFixture
) -> None:
    folder = crashed()
    journal = (folder / "contoso.wal").read_bytes()
    before = states_of(folder)[0]
    head = len(b"".join(journal.splitlines(keepends=True)[:2]))

    for size in range(head):
        caplog.clear()
        assert after_changing_the_log(folder, template, journal[:size]) == before
        (record,) = caplog.records
        assert "whether writes are missing at its end cannot be told" in record.getMessage()


def test_a_line_that_was_never_counted_was_never_acknowledged(
    crashed: Callable[[], Path], template: Template, caplog: pytest.LogCaptureFixture
) -> None:
    """As a crash in the midst of a write leaves it."""
    folder = crashed()
    journal = (folder / "contoso.wal").read_bytes()

    for more in (b"0", b"01234567 {", b"\0" * 4096, b"01234567 {}\n"):
        caplog.clear()
        after_changing_the_log(folder, template, journal + more)
        (record,) = caplog.records
        assert f"(byte {len(journal)}) is torn" in record.getMessage()
        assert "none that was acknowledged is missing" in record.getMessage()
    whole = _line('{"n":6,"del":{"people":[2]}}')
    caplog.clear()
    found = after_changing_the_log(folder, template, journal + whole)
    assert [record["id"] for record in found["people"]] == ["a", "b"]
    assert not caplog.records


def test_a_damaged_count_does_not_cost_the_writes(
    crashed: Callable[[], Path], template: Template, caplog: pytest.LogCaptureFixture
) -> None:
    folder = crashed()
    lines = (folder / "contoso.wal").read_bytes().splitlines(keepends=True)
    for damage in (_flip(1, 0), _flip(1), _set(1, b" " * (len(lines[1]) - 1) + b"\n")):
        changed = [*lines]
        damage(changed)
        caplog.clear()
        found = after_changing_the_log(folder, template, b"".join(changed))
        assert found == {name: [record for _, record in rows] for name, rows in EXPECTED.items()}
        assert "line 2, which counts the writes, is damaged" in caplog.text


def test_a_log_that_belongs_to_a_later_data_file_is_told_of(
    tmp_path: Path, template: Template, caplog: pytest.LogCaptureFixture
) -> None:
    """An old copy of the data file was put back beside a log that is empty since."""
    stores = Stores(template, tmp_path)
    storage = storage_of(stores)
    early = (tmp_path / "contoso.json").read_bytes()
    collection = stores._open["contoso"].container("people")
    for number in range(3):
        collection.insert([person(f"n{number}")])
    storage.save()
    copy = shutil.copytree(tmp_path, tmp_path / "crash")
    stores.close()
    (copy / "contoso.json").write_bytes(early)

    reopened(copy, template)
    assert "3 writes are missing: the last one left is 0, of 3" in caplog.text


def test_what_is_only_read_is_left_as_it_is(
    crashed: Callable[[], Path], template: Template
) -> None:
    """A log that lost its end is evidence until somebody writes."""
    folder = crashed()
    journal = folder / "contoso.wal"
    journal.write_bytes(journal.read_bytes()[:-5])
    before = files(folder)
    stores = Stores(template, folder)
    dump(stores.open("contoso"))

    assert files(folder) == before
    stores.close()


def test_writes_go_on_after_a_torn_line(crashed: Callable[[], Path], template: Template) -> None:
    folder = crashed()
    journal = folder / "contoso.wal"
    journal.write_bytes(journal.read_bytes()[:-5])
    stores = Stores(template, folder)
    store = stores.open("contoso")
    store.container("people").insert([person("after")])
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
        (_flip(2), "line 3 (byte {3}): the checksum does not fit: the line is damaged, and the 4 after it"),
        (_flip(5, 0), "line 6 (byte {6}): the checksum does not fit: the line is damaged, and the 1 after it"),
        (_set(3, b"\n"), "line 4 (byte {4}): the checksum does not fit"),
        (lambda lines: lines.pop(3), "line 4 (byte {4}): it does not go on from the line before it"),
        (lambda lines: lines.pop(2), "goes on from write 1, but the data file beside it ends with write 0"),
        (lambda lines: lines.pop(0), "line 1 (byte {1}): it is not the first line of a fakegraph log"),
        (_set(3, _line('{"n":2,"more":{}}')), "it does not go on"),
        (_set(3, _line('{"n":"2"}')), "it does not go on"),
        (_set(2, _line('{"n":"1"}')), "it does not go on"),
        (_set(3, _line("{}")), "line 4 (byte {4}): it is not a line of a fakegraph log"),
        (_set(3, _line("[]")), "line 4 (byte {4}): it is not a line of a fakegraph log"),
        (_set(3, _line("no json")), "line 4 (byte {4}): it is not a line of a fakegraph log"),
        (_set(3, _line('{"n":2,"del":{"people":[77]}}')), "write 2 does not fit the data file"),
        (_set(3, _line('{"n":2,"put":{"people":7}}')), "write 2 does not fit the data file"),
        (_set(0, _line('{"format":4,"store":"x"}')), "the log's format is 4, and this version reads formats 1 to 3 only"),
        (_set(0, _line('{"format":3,"store":"x"}')), "the log belongs to another data file"),
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
        (lambda data: data.replace(b'"p2"', b"'p2'"), "line 3, column 11"),
        (lambda data: b"[1, 2]", "it is not a fakegraph data file"),
        (lambda data: b'{"people": {}}', "it is not a fakegraph data file"),
        (_edit(lambda d: d.pop("_fakegraph")), "it is not a fakegraph data file"),
        (_edit(lambda d: d["_fakegraph"]["1"].update(format=3)), "its format is 3, and this version reads format 2"),
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
    written(tmp_path, template)
    path = tmp_path / "contoso.json"
    path.write_bytes(change(path.read_bytes()))
    before = files(tmp_path)

    with pytest.raises(DataFileError) as error:
        reopened(tmp_path, template)
    assert message in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert files(tmp_path) == before


def test_an_edited_data_file_is_taken_with_a_warning(
    tmp_path: Path, template: Template, caplog: pytest.LogCaptureFixture
) -> None:
    written(tmp_path, template)
    path = tmp_path / "contoso.json"
    path.write_bytes(path.read_bytes().replace(b'"age":30', b'"age":31'))

    found = reopened(tmp_path, template)
    assert [record["age"] for _, record in found["people"]] == [31, 40, 36]
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"{path}: its checksum does not fit: it was edited, or" in record.getMessage()


def test_a_data_file_that_was_edited_is_whole_again_once_it_is_written(
    tmp_path: Path, template: Template, caplog: pytest.LogCaptureFixture
) -> None:
    written(tmp_path, template)
    with TinyDB(tmp_path / "contoso.json") as stock:
        stock.table("people").insert(person("theirs"))
    stores = Stores(template, tmp_path)
    stores.open("contoso").container("people").insert([person("ours")])
    stores.close()
    caplog.clear()

    assert len(reopened(tmp_path, template)["people"]) == 5
    assert not caplog.records


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

    with pytest.raises(DataFileError, match=r"contoso\.json that it goes with is not there"):
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
    collection = store.container("people")
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

    size = (tmp_path / "contoso.json").stat().st_size
    assert (tmp_path / "contoso.wal").stat().st_size <= max(10_000, size)
    copy = shutil.copytree(tmp_path, tmp_path / "crash")
    assert reopened(copy, template) == dump(store)
    stores.close()


def test_writes_made_while_the_data_file_is_written_stay_in_the_log(
    tmp_path: Path, template: Template
) -> None:
    stores = Stores(template, tmp_path)
    storage = storage_of(stores)
    collection = stores._open["contoso"].container("people")
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


def test_who_asks_meanwhile_waits_for_few_documents_however_small_they_are(
    tmp_path: Path, template: Template
) -> None:
    stores = Stores(template, tmp_path)
    storage = storage_of(stores)
    collection = stores._open["contoso"].container("people")
    for number in range(1000):
        collection.insert([{"id": f"n{number}"}])
    rests: list[None] = []
    storage.save(lambda: rests.append(None))
    assert len(rests) >= 2 * len(collection) // 150  # what is told of the changes is as many
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


@pytest.mark.parametrize("suffix", ["json", "wal", "template"])
def test_what_is_no_regular_file_is_refused_by_its_name(
    crashed: Callable[[], Path], template: Template, suffix: str
) -> None:
    folder = crashed()
    (kept,) = (folder / ".templates").glob("*.json")
    file = kept if suffix == "template" else folder / f"contoso.{suffix}"
    file.unlink()
    os.mkfifo(file)

    stores = Stores(Template({"people": people(1)}, INDEXES), folder)
    with pytest.raises(DataFileError, match=f"{file.name}.*: it is no regular file, but a pipe"):
        stores.open("contoso")
    stores.open("other")
    stores.close()


def test_a_pipe_in_the_place_of_the_log_alone_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "contoso.wal")
    stores = Stores(Template({"people": people(1)}, INDEXES), tmp_path)
    with pytest.raises(DataFileError, match=r"contoso\.wal"):
        stores.open("contoso")
    stores.close()


def test_a_template_that_became_a_pipe_is_written_anew(tmp_path: Path, template: Template) -> None:
    written(tmp_path, template)
    (kept,) = (tmp_path / ".templates").glob("*.json")
    kept.unlink()
    os.mkfifo(kept)

    assert len(reopened(tmp_path, template)["people"]) == 3
    assert kept.is_file()


@pytest.mark.parametrize("left", ["wal", "bytes"])
def test_what_is_left_where_a_data_file_is_gone_is_left_alone_until_it_is_removed(
    crashed: Callable[[], Path], template: Template, left: str
) -> None:
    folder = crashed()
    (folder / "contoso.json").unlink()
    content = folder / "contoso.bytes" / ("0" * 64)
    if left == "bytes":
        (folder / "contoso.wal").unlink()
        content.parent.mkdir()
        content.write_bytes(b"mine")

    stores = Stores(template, folder)
    assert stores.tenants() == ["contoso"]
    assert "contoso" in stores
    with pytest.raises(DataFileError, match=rf"contoso\.{left}: .*json that .* is not there"):
        stores.open("contoso")
    assert (folder / "contoso.wal").exists() if left == "wal" else content.exists()

    stores.remove("contoso")
    assert stores.tenants() == []
    assert len(dump(stores.open("contoso"))["people"]) == 2
    stores.close()
