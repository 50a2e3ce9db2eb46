"""Many mutated inputs, and many clients at once. ``make crash-test`` has far more of both."""

from __future__ import annotations

import os
import random
import selectors
import socket
import time
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from tests.serving.wire import HOST, Wire, echo, serving

INPUTS = int(os.environ.get("ONSLAUGHT_INPUTS", "2000"))
CLIENTS = int(os.environ.get("ONSLAUGHT_CLIENTS", "150"))
SECONDS = 3.0  # in which the clients arrive; in the short form a tenth of it
SEEDS = (
    b"GET /a HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /a%2Fb?$filter=x%20eq%201 HTTP/1.1\r\n" + HOST + b"Accept: a\r\nCookie: b=1\r\n\r\n",
    b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nContent-Type: x\r\n\r\nabc",
    b"POST /a HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"PATCH /a HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    b"GET http://graph/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"GET /a HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
)
TOKENS = (
    b"\r\n",
    b"\0",
    b":",
    b"0" * 40,
    b"\xff",
    b" ",
    b"Content-Length: 1\r\n",
    b"chunked",
    b"%",
)


def mutated(chance: random.Random) -> bytes:
    """One of the seeds, or several, with bytes flipped, cut, doubled, put in."""
    data = bytearray(b"".join(chance.choices(SEEDS, k=chance.choice((1, 1, 2, 3)))))
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(data) + 1), chance.randint(1, 12)
        match chance.randrange(5):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = data[at : at + size]
            case 3:
                data[at:at] = chance.choice(TOKENS)
            case _:
                del data[at:]
        if not data:
            break
    return bytes(data)


def test_no_input_ends_the_server() -> None:
    chance = random.Random(20261125)
    with serving(echo, max_body=1000) as url, Wire(url) as steady:
        parts = urlsplit(url)
        for turn in range(INPUTS):
            address = parts.hostname, parts.port
            with socket.create_connection(address, timeout=30) as sock, suppress(OSError):
                sock.sendall(mutated(chance))
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(65_536):
                    pass
            if turn % 100 == 0:
                assert steady.get(f"/{turn}").json["PATH_INFO"] == f"/{turn}"


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "closed"])
def test_all_clients_that_arrive_are_answered(kept: bool) -> None:
    """More than may be connected at once: who has waited longest goes, whoever comes is served."""
    spread = SECONDS * CLIENTS / 1500
    with serving(echo) as url, selectors.DefaultSelector() as selector:
        parts = urlsplit(url)
        began, answered, open_ = time.monotonic(), 0, []
        for number in range(CLIENTS):
            time.sleep(max(0.0, began + spread * number / CLIENTS - time.monotonic()))
            sock = socket.create_connection((parts.hostname, parts.port), timeout=30)
            sock.sendall(b"GET /%d HTTP/1.1\r\n%s\r\n" % (number, HOST))
            selector.register(sock, selectors.EVENT_READ)
            open_.append(sock)
            answered += _read(selector, 0, kept)
        while answered < CLIENTS and (more := _read(selector, 10, kept)):
            answered += more
        assert answered == CLIENTS
        with Wire(url) as wire:
            assert wire.get("/after").status == 200
        for sock in open_:
            sock.close()


def _read(selector: selectors.BaseSelector, patience: float, kept: bool) -> int:
    """Read what has come: each client's first answer counts, and is its own."""
    found = 0
    for key, _ in selector.select(patience):
        sock = key.fileobj
        assert isinstance(sock, socket.socket)
        assert sock.recv(65_536).startswith(b"HTTP/1.1 200 OK")
        selector.unregister(sock)
        found += 1
        if not kept:
            sock.close()
    return found
