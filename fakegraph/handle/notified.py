"""Change notifications, as tests look at them, and somebody who receives them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson


@dataclass(frozen=True)
class Attempt:
    """One try to deliver: the tenant's time, and the receiver's status, None for no answer."""

    time: str
    status: int | None
    error: str = ""


@dataclass(frozen=True)
class Notification:
    """A change notification, as it was or is to be delivered to ``url``.

    ``state`` is ``waiting``, ``underWay``, ``delivered`` or ``dropped``. ``change_type`` and
    ``resource`` are empty where it tells of the subscription itself: then ``lifecycle_event`` says
    what. ``json`` is the item as it is sent.
    """

    number: int
    subscription: str
    url: str
    state: str
    time: str
    change_type: str
    resource: str
    lifecycle_event: str
    attempts: tuple[Attempt, ...]
    json: Mapping[str, Any]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Notification:
        """One from what the control API says of it."""
        item = told["notification"]
        tries = (Attempt(e["time"], e["status"], e.get("error", "")) for e in told["attempts"])
        return cls(
            told["number"],
            told["subscriptionId"],
            told["url"],
            told["state"],
            told["time"],
            item.get("changeType", ""),
            item.get("resource", ""),
            item.get("lifecycleEvent", ""),
            tuple(tries),
            item,
        )

    def __str__(self) -> str:
        return f"{self.lifecycle_event or self.change_type} {self.resource} ({self.state})"


class Receiver:
    """Listens on this machine for notifications: it answers the handshake, and collects. ::

        with graph.receiver() as receiver:
            client.subscribe(url=receiver.url)
            ...
            (item,) = receiver.wait(1)

    ``received`` are the items, oldest first, ``bodies`` the notifications that they came in, and
    ``greeted`` the tokens of handshakes.
    """

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.bodies: list[dict[str, Any]] = []
        self.greeted: list[str] = []
        self._statuses: list[int] = []
        self._came = threading.Condition()
        self._connections: set[socket.socket] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    @property
    def url(self) -> str:
        """Where it listens, to be the ``notificationUrl``."""
        return f"http://127.0.0.1:{self._server.server_port}/notifications"

    def answer(self, *statuses: int) -> None:
        """Answer the next notifications with these statuses, instead of 202."""
        with self._came:
            self._statuses += statuses

    def wait(self, count: int = 1, seconds: float = 10.0) -> Sequence[dict[str, Any]]:
        """The items, once there are so many. Raises AssertionError where they do not come."""
        until = time.monotonic() + seconds
        with self._came:
            while len(self.received) < count:
                left = until - time.monotonic()
                if left <= 0:
                    raise AssertionError(
                        f"expected {count} notifications in {seconds:g} s, came {self.received}"
                    )
                self._came.wait(left)
            return list(self.received)

    def take(self, target: str, body: bytes) -> tuple[int, bytes]:
        """The status and the text that a request is answered with."""
        tokens = parse_qs(urlsplit(target).query).get("validationToken")
        if tokens:
            self.greeted.append(tokens[0])
            return 200, tokens[0].encode()
        with self._came:
            status = self._statuses.pop(0) if self._statuses else 202
            if status in range(200, 300):
                found = orjson.loads(body)
                self.bodies.append(found)
                self.received += found["value"]
                self._came.notify_all()
        return status, b""

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        for each in tuple(self._connections):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def note(self, connection: socket.socket, *, open_: bool) -> None:
        """Remember a connection, to be ended with the block, until it ends by itself."""
        change = self._connections.add if open_ else self._connections.discard
        change(connection)


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            receiver.note(self.connection, open_=True)

        def finish(self) -> None:
            receiver.note(self.connection, open_=False)
            super().finish()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, text = receiver.take(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """What comes is in ``received``."""

    return Handler
