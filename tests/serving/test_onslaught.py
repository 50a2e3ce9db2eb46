"""A server meets inputs that are nearly requests, and more clients than it can have at once.

``ONSLAUGHT_INPUTS`` says how many inputs (2,000 if not given; ``make crash-test`` says 200,000), and
``ONSLAUGHT_CLIENTS`` how many clients, of which 500 come in a second (150; 1,500).
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import resource
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import urlsplit

import pytest

from tests.serving.test_http import OFFER, REFUSED
from tests.serving.wire import HOST, Wire

INPUTS = int(os.environ.get("ONSLAUGHT_INPUTS", "2000"))
CLIENTS = int(os.environ.get("ONSLAUGHT_CLIENTS", "150"))
AT_ONCE = 16
A_SECOND = 500

PROGRAM = """
import sys
from werkzeug.exceptions import RequestEntityTooLarge
from fakegraph.serving import serve
from fakegraph.web.later import Pause, begin
from tests.serving.wire import echo, reply

def app(environ, start_response):
    def finish(_):
        try:
            return echo(environ, start_response)
        except RequestEntityTooLarge:
            return reply(start_response, "", "413 Content Too Large")

    return begin(steps(environ["PATH_INFO"]), finish)

def steps(path):
    if path == "/wait":
        yield Pause(seconds=0.001)
    if path == "/work":
        yield Pause(share="somebody")

serve(app, host="127.0.0.1", port=0, max_body=1000, ready=lambda url: print(url, flush=True))
"""

POST = b"POST / HTTP/1.1\r\n" + HOST
VALID = [
    b"GET /wait HTTP/1.1\r\n" + HOST + b"Accept: a\r\nX: \xe4\r\n\r\n",
    b"HEAD /work?a=b%20c HTTP/1.1\r\n" + HOST + OFFER + b"\r\n",
    b"GET http://example/a HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n",
    b"DELETE / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    POST + b"Content-Length: 7\r\n\r\nabc\r\n\r\n",
    POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: 1\r\n\r\n",
    POST + OFFER + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + b"a" * 1000 + b"\r\n0\r\n\r\n",
    POST + b"Content-Length: 1001\r\n\r\n" + b"a" * 1001,
]
BROKEN = [sent for sent, *_ in REFUSED if len(sent) < 10_000]
TOKENS = [b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"\t", b"\xff", b"0", b"9" * 20, b"\r\n\r\n"]
TOKENS += [b"%", b"Host: a\r\n", b"Content-Length: 1\r\n", b"Transfer-Encoding: chunked\r\n"]
TOKENS += [b"Upgrade: x\r\n", b"Connection: upgrade\r\n", b"HTTP/1.1", b"http://", b"A: b\r\n"]


def mutated(chance: random.Random) -> bytes:
    """Some requests, of which some bytes were changed."""
    requests = chance.choices([*VALID, chance.choice(BROKEN)], k=chance.randint(1, 4))
    data = bytearray(b"".join(requests))
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + int(chance.expovariate(0.1)))
        match chance.randrange(5):
            case 0:
                data[start:end] = chance.randbytes(end - start)
            case 1:
                del data[start:end]
            case 2:
                data[start:start] = data[start:end]
            case 3:
                data[start:start] = chance.choice(TOKENS)
            case 4 if start < len(data):
                data[start] ^= 1 << chance.randrange(8)
    return bytes(data)


ANSWER = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]+\r\n((?:[A-Za-z-]+: [^\r\n]*\r\n)*)\r\n")
LENGTH = re.compile(rb"Content-Length: (\d+)\r\n")


def statuses(data: bytes) -> list[int]:
    """Of the answers that these bytes are. Fails where they are anything else."""
    found = []
    while data:
        head = ANSWER.match(data)
        assert head is not None, data
        found.append(int(head[1]))
        data = data[head.end() :]
        length = LENGTH.search(head[2])
        if length is not None and data and not data.startswith(b"HTTP/1.1 "):  # else to a HEAD
            assert len(data) >= int(length[1])
            data = data[int(length[1]) :]
    return found


@contextmanager
def server(files: int | None) -> Iterator[str]:
    """The URL of a server that may have so many files open; it must end well, having said nothing."""

    def limit() -> None:
        if files is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    with TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            preexec_fn=limit,
        )
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            open_files = Path(f"/proc/{process.pid}/fd")
            before = len(list(open_files.iterdir()))
            yield url
            while len(list(open_files.iterdir())) > before:
                assert process.poll() is None
        finally:
            process.terminate()
            process.communicate()
        said.seek(0)
        assert (process.returncode, said.read()) == (0, "")


@pytest.mark.parametrize("files", [None, 64])
def test_whatever_comes_is_answered_or_refused(files: int | None) -> None:
    chance, seen = random.Random(files), Counter[int]()
    with server(files) as url, Wire(url) as wire:
        address = (urlsplit(url).hostname, urlsplit(url).port)
        for start in range(0, INPUTS, AT_ONCE):
            with ExitStack() as stack:
                socks = [
                    stack.enter_context(socket.create_connection(address, 30))
                    for _ in range(AT_ONCE)
                ]
                for sock in socks:
                    sock.sendall(mutated(chance))
                    sock.shutdown(socket.SHUT_WR)
                assert wire.get(f"/{start}").json["PATH_INFO"] == f"/{start}"
                for sock in socks:
                    with sock.makefile("rb") as file:
                        seen.update(statuses(file.read()))
    assert set(seen) <= {100, 200, 400, 413, 417, 431, 501, 505}


@pytest.mark.parametrize("files", [None, 64])
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "closed"])
def test_however_many_come_each_is_answered(files: int | None, kept: bool) -> None:
    """More than may be connected at once: who has waited longest goes, whoever comes is served."""

    # A slow client has connected more than there is room for before it asks for the first.
    unanswered = asyncio.Semaphore(8)

    async def come(number: int, url: str, all_have_come: asyncio.Barrier) -> bool:
        await asyncio.sleep(number / A_SECOND)
        async with unanswered:
            reader, writer = await asyncio.open_connection(
                urlsplit(url).hostname, urlsplit(url).port
            )
            writer.write(b"GET /%d HTTP/1.1\r\n%s\r\n" % (number, HOST))
            answered = b"200" in await reader.readline()
        if kept:
            await all_have_come.wait()
        writer.transport.abort()
        return answered

    async def all_come(url: str) -> list[bool]:
        all_have_come = asyncio.Barrier(CLIENTS)
        return await asyncio.gather(*(come(n, url, all_have_come) for n in range(CLIENTS)))

    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    with server(files) as url:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(CLIENTS + 200, usual[1]), usual[1]))
        try:
            assert asyncio.run(all_come(url)) == [True] * CLIENTS
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, usual)
