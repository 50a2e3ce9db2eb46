"""A client that sends exactly the bytes it is told to, and apps to send them to."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from fakegraph.serving import InProcessServer

HOST = b"Host: example\r\n"
PATIENCE = 120.0  # seconds until something hangs, on a machine with much else to do


class Wire:
    """One connection to a server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.sock = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
        self._file = self.sock.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self.sock.close()

    def send(self, data: bytes) -> Wire:
        self.sock.sendall(data)
        return self

    def get(self, path: str) -> Answer:
        return self.send(b"GET %s HTTP/1.1\r\n%s\r\n" % (path.encode(), HOST)).answer()

    def answer(self, *, to_head: bool = False) -> Answer:
        """Read one answer."""
        status = self._file.readline()
        if not status:
            raise EOFError("the server closed the connection")
        headers: dict[str, str] = {}
        while (line := self._file.readline()) != b"\r\n":
            name, _, value = line.decode("latin-1").partition(":")
            assert name.lower() not in headers, f"{name} comes twice"
            headers[name.lower()] = value.strip()
        length = 0 if to_head else int(headers.get("content-length", 0))
        return Answer(int(status.split()[1]), headers, self._file.read(length))

    def at_end(self) -> bool:
        """Wait for what comes next: is it the end of the connection?"""
        return self._file.read(1) == b""


class Answer:
    """One answer, read."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def reply(start_response: Any, value: Any, status: str = "200 OK") -> list[bytes]:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    start_response(status, [("Content-Type", "application/json")])
    return [body]


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Says what has reached it."""
    seen = {key: value for key, value in environ.items() if isinstance(value, str)}
    return reply(start_response, seen | {"body": environ["wsgi.input"].read().decode("latin-1")})


@contextmanager
def serving(app: Callable[..., Any], **options: Any) -> Iterator[str]:
    """The URL of a server of that app."""
    server = InProcessServer(app, **options)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
