"""Bodies that are not read whole: they go block by block, as the client takes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from fakegraph.chunks import Part
from tests.serving.wire import HOST, Wire, reply, serving

BLOCK = 1 << 18
BLOCKS = 40


class Counted(Part):
    """Forty blocks, of which it says how many were wanted; ``breaks`` before the last."""

    size = BLOCKS * BLOCK

    def __init__(self, breaks: bool) -> None:
        self._breaks = breaks
        self.wanted = 0

    def __iter__(self) -> Iterator[bytes]:
        for number in range(BLOCKS):
            if self._breaks and number == BLOCKS - 1:
                raise OSError("the disk is gone")
            self.wanted += 1
            yield bytes([number]) * BLOCK


WHOLE = b"".join(bytes([number]) * BLOCK for number in range(BLOCKS))


class App:
    """Answers /part with a part, which a query disturbs, and all else at once."""

    def __init__(self) -> None:
        self.parts: list[Counted] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] != "/part":
            return reply(start_response, "here")
        effect = environ["QUERY_STRING"]
        if effect == "truncate":
            environ["fakegraph.disturb"](truncate=True)
        self.parts.append(Counted(effect == "breaks"))
        start_response("200 OK", [("Content-Length", str(Counted.size))])
        return self.parts[-1]


def ask(query: str = "", method: str = "GET") -> bytes:
    return f"{method} /part?{query} HTTP/1.1\r\n".encode() + HOST + b"\r\n"


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def url(app: App) -> Iterator[str]:
    with serving(app) as url:
        yield url


def test_a_part_is_sent_whole_and_the_connection_goes_on(url: str) -> None:
    with Wire(url) as wire:
        for _ in range(2):
            found = wire.send(ask()).answer()
            assert found.headers["content-length"] == str(len(WHOLE))
            assert found.body == WHOLE
        assert wire.get("/").json == "here"


def test_nothing_is_read_for_head(url: str, app: App) -> None:
    with Wire(url) as wire:
        found = wire.send(ask(method="HEAD")).answer(to_head=True)

        assert found.headers["content-length"] == str(len(WHOLE))
        assert wire.get("/").json == "here"
    assert [each.wanted for each in app.parts] == [0]


def test_no_more_is_read_than_the_client_takes_and_others_are_answered(url: str, app: App) -> None:
    with Wire(url) as slow, Wire(url) as other:
        slow.send(ask())
        for _ in range(3):
            assert other.get("/").json == "here"
        assert app.parts[0].wanted < BLOCKS
        assert slow.answer().body == WHOLE


def test_who_goes_in_the_middle_is_read_for_no_more(url: str, app: App) -> None:
    with Wire(url) as gone:
        gone.send(ask())
        with Wire(url) as other:
            assert other.get("/").json == "here"
    with Wire(url) as other:
        assert other.get("/").json == "here"
    assert app.parts[0].wanted < BLOCKS


def test_a_part_that_cannot_be_read_on_breaks_off(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Wire(url) as wire:
        wire.send(ask("breaks"))
        came = b""
        with suppress(ConnectionError):
            came = wire.answer().body
        assert len(came) < len(WHOLE)
    assert "the rest of a content could not be read" in caplog.text


def test_a_part_is_disturbed_as_any_body(url: str) -> None:
    with Wire(url) as wire:
        wire.send(ask("truncate"))
        head, _, body = wire.sock.makefile("rb").read().partition(b"\r\n\r\n")
        assert str(len(WHOLE)).encode() in head
        assert body == WHOLE[: len(WHOLE) // 2]
