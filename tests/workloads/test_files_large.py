"""Large contents: read and written in parts, and hashed as they come."""

from __future__ import annotations

import base64
import errno
import os
import random

import pytest

from fakegraph.workloads.files.contents import QuickXorHash, hashes
from tests.conftest import assert_error
from tests.workloads.test_files import content, put
from tests.workloads.test_files_uploads import begin, send

LARGE = random.Random(3).randbytes(1_500_001)
PATH = "me/drive/root:/big.bin:/content"


def simple(data: bytes) -> str:
    """The hash as its description has it: a byte after the other."""
    ring = 0
    for number, byte in enumerate(data):
        shift = 11 * number % 160
        ring ^= byte << shift & ((1 << 160) - 1) | byte >> (160 - shift)
    return base64.b64encode((ring ^ len(data) << 96).to_bytes(20, "little")).decode()


@pytest.mark.parametrize(
    "sizes", [[0], [1], [159, 1], [160] * 3, [161, 7, 1000], [655_359, 655_362]]
)
def test_the_hash_of_blocks_is_that_of_the_whole(sizes):
    found, at = QuickXorHash(), 0
    for size in sizes:
        found.update(LARGE[at : at + size])
        at += size

    assert found.digest() == simple(LARGE[:at])


def test_a_large_file_is_read_whole_and_in_ranges(client):
    session = begin(client)
    for first in range(0, len(LARGE), 500_000):
        last = min(first + 500_000, len(LARGE)) - 1
        done = send(client, session, first, last, data=LARGE[first : last + 1], total=len(LARGE))

    assert (done.status_code, done.json["size"]) == (201, len(LARGE))
    assert done.json["file"]["hashes"] == hashes([LARGE], "business")
    assert content(client, PATH) == LARGE
    assert content(client, PATH, Range="bytes=300000-900000") == LARGE[300_000:900_001]
    assert content(client, PATH, Range="bytes=-5") == LARGE[-5:]
    led = client.get(f"/v1.0/{PATH}").headers["Location"]
    assert client.head(led).headers["Content-Length"] == str(len(LARGE))
    beyond = client.get(led, headers={"Range": f"bytes={len(LARGE)}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(LARGE)}")


def test_an_old_version_comes_back_with_the_same_bytes(client):
    item = put(client, PATH, LARGE)
    put(client, PATH, b"short")

    path = f"/v1.0/me/drive/items/{item['id']}/versions/1.0/restoreVersion"
    assert client.post(path).status_code == 204

    assert content(client, PATH) == LARGE
    restored = client.get(f"/v1.0/me/drive/items/{item['id']}").json
    assert (restored["size"], restored["file"]) == (len(LARGE), item["file"])


@pytest.fixture
def full(make_client, tmp_path, monkeypatch):
    """A client whose data is kept on a disk that is full once it is told so, and how to tell."""
    client = make_client(data_dir=tmp_path / "data")

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fill() -> None:
        for call in ("write", "pwrite"):
            monkeypatch.setattr(os, call, refuse)

    return client, fill


def test_a_full_disk_is_507_and_reads_go_on(full, monkeypatch):
    client, fill = full
    item = put(client, PATH, LARGE)
    session = begin(client, "root:/other.bin:")
    half = session["uploadUrl"]
    assert send(client, session, 0, 511).status_code == 202
    fill()

    refused = [
        client.put(f"/v1.0/{PATH}", data=b"other"),
        client.put(half, data=bytes(512), headers={"Content-Range": "bytes 512-1023/1024"}),
        client.post("/v1.0/me/drive/root/children", json={"name": "A", "folder": {}}),
        client.delete(f"/v1.0/me/drive/items/{item['id']}"),
    ]

    for answer in refused:
        assert_error(answer, 507, "insufficientStorage", "No space left")
    assert content(client, PATH) == LARGE
    assert client.get(half).json["nextExpectedRanges"] == ["512-1023"]
    monkeypatch.undo()
    assert send(client, session, 512, 1023).status_code == 201
    assert client.put(f"/v1.0/{PATH}", data=b"other").status_code == 200
