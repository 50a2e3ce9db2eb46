"""Bytes are kept under the name of what they are, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from fakegraph.store import DataFileError
from fakegraph.store.bytes import (
    Bytes,
    Content,
    FolderBytes,
    MemoryBytes,
    content,
    is_naming,
)

from .faulty import NO_SPACE, FaultyFiles, failure, the

HELLO = sha256(b"hello").hexdigest()
BASE = sha256(b"the template's").hexdigest()
NOBODY = "0" * 64


@pytest.fixture
def base() -> Bytes:
    base = MemoryBytes()
    base.keep(b"the template's")
    return base


@pytest.fixture(params=["memory", "flush", "fsync"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, base: Bytes) -> Bytes:
    if request.param == "memory":
        return MemoryBytes(base)
    fsync = request.param == "fsync"
    return FolderBytes(FaultyFiles(), tmp_path / "contoso.bytes", [base], fsync=fsync)


def part(kept: Bytes, name: str, start: int, size: int) -> bytes:
    file = kept.open(name)
    assert file is not None
    with file:
        file.seek(start)
        return file.read(size)


@pytest.mark.parametrize("data", [b"", b"hello", bytes(range(256)) * 10_000])
def test_what_was_kept_is_there_under_its_name(kept: Bytes, data: bytes) -> None:
    name = kept.keep(data)

    assert name == sha256(data).hexdigest()
    assert kept.get(name) == data
    assert kept.size(name) == len(data)
    assert part(kept, name, 100, 50) == data[100:150]


def test_what_nobody_kept_is_not_there(kept: Bytes) -> None:
    assert (kept.get(NOBODY), kept.size(NOBODY), kept.open(NOBODY)) == (None, None, None)


def test_the_bytes_of_its_base_are_there(kept: Bytes) -> None:
    assert kept.get(BASE) == b"the template's"
    assert kept.size(BASE) == 14
    assert part(kept, BASE, 4, 8) == b"template"


def test_equal_contents_are_one(kept: Bytes) -> None:
    assert kept.keep(b"hello") == kept.keep(b"hel" + b"lo")
    kept.sweep(lambda name: False)
    assert kept.get(HELLO) is None


LONG = bytes(range(256)) * 3_000  # several blocks


def test_contents_are_joined_one_after_the_other(kept: Bytes) -> None:
    names = [BASE, kept.keep(LONG), kept.keep(b""), kept.keep(b"hello"), BASE]

    joined = kept.join(names)

    whole = b"the template's" + LONG + b"hello" + b"the template's"
    assert joined == sha256(whole).hexdigest()
    assert kept.get(joined) == whole
    assert kept.join([joined]) == joined
    kept.sweep(lambda name: name == joined)
    assert (kept.get(joined), kept.get(HELLO)) == (whole, None)


def test_what_is_gone_is_not_joined(kept: Bytes) -> None:
    with pytest.raises(DataFileError, match="are not there"):
        kept.join([kept.keep(b"hello"), NOBODY])
    assert kept.get(HELLO) == b"hello"


@pytest.mark.parametrize(
    ("first", "last"), [(0, None), (0, 9), (5, 5), (250_000, 600_000), (767_999, None), (7, 6)]
)
def test_a_content_is_read_block_by_block(kept: Bytes, first: int, last: int | None) -> None:
    found = Content(kept, kept.keep(LONG))

    blocks = list(found.blocks(first, last))

    assert b"".join(blocks) == LONG[first : None if last is None else last + 1]
    assert max(map(len, blocks), default=0) < len(LONG)
    assert (found.size, found.read()) == (len(LONG), LONG)


def test_what_is_not_wanted_is_swept_and_the_base_left_alone(kept: Bytes) -> None:
    other = kept.keep(b"other")
    kept.keep(b"hello")
    kept.sweep(lambda name: name == other)

    assert (kept.get(HELLO), kept.size(HELLO)) == (None, None)
    assert kept.get(other) == b"other"
    assert kept.get(BASE) == b"the template's"
    assert kept.get(kept.keep(b"hello")) == b"hello", "it can come again"


def test_what_is_kept_does_not_change_with_what_it_was_given(kept: Bytes) -> None:
    data = bytearray(b"hello")
    kept.keep(data)
    data[:] = b"hullo"

    assert kept.get(HELLO) == b"hello"


@pytest.fixture
def files() -> FaultyFiles:
    return FaultyFiles()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "contoso.bytes"


def test_each_content_is_a_file_that_is_its_name(files: FaultyFiles, folder: Path) -> None:
    kept = FolderBytes(files, folder)
    assert not folder.exists(), "it is made with the first content"
    kept.keep(b"hello")

    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [(HELLO, b"hello")]
    assert FolderBytes(files, folder).get(HELLO) == b"hello"


def test_a_content_that_is_there_is_not_written_again(files: FaultyFiles, folder: Path) -> None:
    kept = FolderBytes(files, folder)
    kept.keep(b"hello")
    files.made.clear()
    kept.keep(b"hello")
    assert files.made == []

    (folder / HELLO).write_bytes(b"hel")  # as a power cut may leave it
    FolderBytes(files, folder).keep(b"hello")
    assert (folder / HELLO).read_bytes() == b"hello"


@pytest.mark.parametrize("fsync", [False, True])
def test_a_content_is_written_whole_or_not_at_all(
    files: FaultyFiles, folder: Path, fsync: bool
) -> None:
    kept = FolderBytes(files, folder, fsync=fsync)
    for number in range(1, 20):
        with files.failing(the(number, NO_SPACE)):
            error = failure(lambda: kept.keep(b"hello"))
        if error is None:
            break
        assert f"{folder} cannot be written: No space left" in str(error)
        found = [path.read_bytes() for path in folder.iterdir()] if folder.exists() else []
        assert found in ([], [b"hello"]), files.failed

    calls = ["make_folder", "open", "write", "rename", "close"]
    synced = ["make_folder", "open", "write", "fsync", "rename", "close", *["fsync_folder"] * 2]
    assert files.failed == (synced if fsync else calls)
    assert kept.get(HELLO) == b"hello"


@pytest.mark.parametrize("fsync", [False, True])
def test_contents_are_joined_whole_or_not_at_all(
    files: FaultyFiles, folder: Path, fsync: bool
) -> None:
    kept = FolderBytes(files, folder, fsync=fsync)
    names = [kept.keep(b"hel"), kept.keep(b"lo")]
    for number in range(1, 20):
        with files.failing(the(number, NO_SPACE)):
            error = failure(lambda: kept.join(names))
        if error is None:
            break
        assert f"{folder} cannot be written: No space left" in str(error)
        assert {path.name for path in folder.iterdir()} - {HELLO} == {*names}, files.failed

    assert files.failed[-1] == ("fsync_folder" if fsync else "close")
    assert kept.get(HELLO) == b"hello"


def test_a_sweep_goes_on_where_a_file_cannot_be_removed(files: FaultyFiles, folder: Path) -> None:
    kept = FolderBytes(files, folder)
    names = [kept.keep(b"hello"), kept.keep(b"other")]
    (folder / f"{NOBODY}.tmp").write_bytes(b"half")
    (folder / "notes.txt").write_bytes(b"somebody's")
    with files.failing(the(2, NO_SPACE)):
        kept.sweep(lambda name: False)
    assert len(list(folder.iterdir())) == 2

    kept.sweep(lambda name: False)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert [kept.get(name) for name in names] == [None, None]


def test_removing_takes_the_folder_away(files: FaultyFiles, folder: Path) -> None:
    kept = FolderBytes(files, folder)
    kept.remove()
    kept.keep(b"hello")
    kept.remove()

    assert not folder.exists()


DAMAGE: list[Callable[[bytes], bytes]] = [
    lambda data: data[:-1],
    lambda data: b"",
    lambda data: b"j" + data[1:],
    lambda data: data + b"\0",
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_content_is_refused(
    files: FaultyFiles, folder: Path, damage: Callable[[bytes], bytes]
) -> None:
    FolderBytes(files, folder).keep(b"hello")
    (folder / HELLO).write_bytes(damage(b"hello"))

    kept = FolderBytes(files, folder)
    for read in (kept.get, kept.open):
        with pytest.raises(DataFileError, match=f"{folder / HELLO}: it is damaged: its name is"):
            read(HELLO)


def test_a_folder_in_the_place_of_a_content_is_refused(files: FaultyFiles, folder: Path) -> None:
    (folder / HELLO).mkdir(parents=True)
    with pytest.raises(DataFileError, match="it cannot be read: it is a folder"):
        FolderBytes(files, folder).get(HELLO)


@pytest.mark.parametrize("name", ["", "..", "../contoso.json", "/etc/hostname", "A" * 64])
def test_what_is_no_name_reaches_no_file(kept: Bytes, tmp_path: Path, name: str) -> None:
    kept.keep(b"hello")
    (tmp_path / "contoso.json").write_bytes(b"secret")

    assert (kept.get(name), kept.size(name), kept.open(name)) == (None, None, None)


@pytest.mark.parametrize(
    ("found", "does"),
    [
        ({"contentBytes": HELLO}, True),
        ({}, False),
        ({"contentBytes": "x"}, False),
        ({"contentBytes": HELLO.upper()}, False),
        ({"contentBytes": 7}, False),
        (HELLO, False),
        (None, False),
    ],
)
def test_how_a_record_names_its_bytes(found: object, does: bool) -> None:
    assert is_naming(found) is does


def _gone(path: Path) -> None:
    path.unlink()


def _linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


SPOILT: list[tuple[Callable[[Path], object], str]] = [
    (lambda path: path.write_bytes(b"jello"), "it is damaged"),
    (lambda path: os.truncate(path, 2), "it is damaged"),
    (_linked, "no regular file, but a link"),
    (_piped, "no regular file, but a pipe"),
    (_gone, f"the bytes {HELLO} are not there"),
]


@pytest.mark.parametrize(("spoil", "words"), SPOILT)
def test_a_content_that_is_spoilt_after_it_was_checked_is_refused_and_logged(
    files: FaultyFiles,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[Path], object],
    words: str,
) -> None:
    kept = FolderBytes(files, folder)
    assert content(kept, kept.keep(b"hello")) == b"hello"
    spoil(folder / HELLO)

    with pytest.raises(DataFileError, match=words):
        content(kept, HELLO)
    assert words in caplog.text
    assert kept.keep(b"hello") == HELLO
    assert content(kept, HELLO) == b"hello", "who sends it again mends it"


@pytest.mark.parametrize("spoil", [_linked, _piped, _gone])
def test_what_is_no_file_is_not_there(
    files: FaultyFiles, folder: Path, spoil: Callable[[Path], object]
) -> None:
    kept = FolderBytes(files, folder)
    kept.keep(b"hello")
    spoil(folder / HELLO)

    assert (kept.size(HELLO), kept.has(HELLO)) == (None, False)
