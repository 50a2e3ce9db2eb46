"""Bytes of files on their way in: what is long goes to the disk, and is read from there once."""

from __future__ import annotations

import hashlib
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from fakegraph.app import close_app, create_app
from fakegraph.chunks import Spooled
from fakegraph.settings import Settings
from tests.serving.wire import HOST, Wire, reply, serving

SMALL = 128 << 10  # of all bodies; those with the bytes of files may have sixty times that
DATA = random.Random(5).randbytes(2_500_000)
JSON = b"Content-Type: application/json\r\n"
FILE = b"/v1.0/me/drive/root:/big.bin:/content"


def chunked(data: bytes) -> bytes:
    """A body in chunks of different sizes."""
    found, at, size = [], 0, 1
    while at < len(data):
        piece = data[at : at + size]
        found.append(b"%x\r\n%b\r\n" % (len(piece), piece))
        at, size = at + size, min(size * 3 + 1, 300_000)
    return b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(found) + b"0\r\n\r\n"


def whole(data: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(data), data)


def put(path: bytes, body: bytes) -> bytes:
    return b"PUT " + path + b" HTTP/1.1\r\n" + HOST + body


class Bodies:
    """An app that says how a body came, and what it is."""

    def __init__(self) -> None:
        self.spooled: list[bool] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.spooled.append(isinstance(environ.get("fakegraph.spooled"), Spooled))
        data = environ["wsgi.input"].read()
        return reply(start_response, f"{len(data)} {hashlib.sha256(data).hexdigest()}")


@pytest.mark.parametrize("sent", [whole, chunked])
@pytest.mark.parametrize(
    ("path", "size", "spooled"),
    [
        (b"/a/content", 2_500_000, True),
        (b"/a/content", 1 << 20, False),
        (b"/a/other", 60_000, False),
    ],
)
def test_what_is_long_is_on_the_disk_and_whole(sent, path, size, spooled):
    app, data = Bodies(), DATA[:size]
    with serving(app, max_body=SMALL) as url, Wire(url) as wire:
        for _ in range(2):
            answer = wire.send(put(path, sent(data))).answer()
            assert answer.json == f"{size} {hashlib.sha256(data).hexdigest()}"
        wire.send(put(path, sent(data)) + put(b"/b/content", sent(b"short")))
        assert wire.answer().body == answer.body
        assert wire.answer().json.startswith("5 ")
    assert app.spooled == [spooled] * 3 + [False]


@pytest.mark.parametrize("sent", [whole, chunked])
def test_more_than_a_file_may_have_is_413(sent):
    app = Flask(__name__)
    app.put("/a/content")(lambda: request.get_data())
    with serving(app, max_body=20_000) as url, Wire(url) as wire:
        answer = wire.send(put(b"/a/content", sent(DATA))).answer()
        assert answer.status == 413
        assert wire.at_end()


def test_a_disk_without_room_is_507(monkeypatch):
    def full() -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with serving(Bodies(), max_body=SMALL) as url, Wire(url) as wire:
        answer = wire.send(put(b"/a/content", whole(DATA))).answer()
        assert answer.status == 507
        assert b"No space left on device" in answer.body


@pytest.fixture(params=[True, False], ids=["kept", "in memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A server, with a data folder or without."""
    folder = tmp_path / "data" if request.param else None
    app = create_app(Settings(fixture=(), auth="off", data_dir=folder, max_body=SMALL))
    with serving(app, max_body=SMALL) as url:
        yield url
    close_app(app)


def test_a_file_that_comes_at_once_is_not_read_whole(url, monkeypatch):
    from fakegraph.web.exchange import Exchange

    read = Exchange.read_body
    monkeypatch.setattr(
        Exchange,
        "read_body",
        lambda self: pytest.fail("read") if self.body_size > SMALL else read(self),
    )
    with Wire(url) as wire:
        made = wire.send(put(FILE, whole(DATA))).answer()
        assert made.status == 201, made.body
        item = made.json
        assert item["size"] == len(DATA)
        at = item["@microsoft.graph.downloadUrl"].partition("//example")[2]
        down = wire.get(at)
        assert down.body == DATA
        session = wire.send(
            b"POST /v1.0/me/drive/root:/s.bin:/createUploadSession HTTP/1.1\r\n"
            + HOST
            + JSON
            + whole(b"{}")
        ).answer()
        place = session.json["uploadUrl"].partition("//example")[2].encode()
        ends = b"Content-Range: bytes 0-1500000/1500001\r\n"
        done = wire.send(put(place, ends + whole(DATA[:1_500_001]))).answer()
        assert (done.status, done.json["size"]) == (201, 1_500_001)
