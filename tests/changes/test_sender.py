"""What posts to where subscribers listen: how long it takes at most, whatever they do."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import pytest

from fakegraph.changes.destinations import Destinations
from fakegraph.changes.sender import Sender

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Slow: " + b"a" * 100 + b"\r\n"


class Trickling:
    """Says something at once, and goes on byte by byte, each long before anybody gives up."""

    def __init__(self, first, answer):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._first, self._answer, self._over = first, answer, threading.Event()
        self.sent = 0
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/hook"

    def _serve(self):
        connection, _ = self._listener.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(self._first)
            for byte in self._answer:
                connection.sendall(bytes([byte]))
                self.sent += 1
                if self._over.wait(0.01):
                    return

    def close(self):
        self._over.set()
        self._thread.join()
        self._listener.close()


@pytest.fixture
def post():
    senders, listeners = [], []

    def post(first, answer, seconds):
        senders.append(Sender(seconds, None))
        listeners.append(Trickling(first, answer))
        reply = senders[-1].post(Destinations().find(listeners[-1].url), b"{}", "text/plain")
        return reply, listeners[-1]

    yield post
    for each in (*listeners, *senders):
        each.close()


@pytest.mark.parametrize("answer", [_HEAD + b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 10])
def test_a_head_that_trickles_is_none(post, answer):
    reply, listener = post(b"", answer, seconds=0.2)

    assert (reply.status, reply.error) == (0, "timed out")
    assert listener.sent < len(answer)


def test_a_body_that_trickles_is_read_as_far_as_it_comes_in_time(post):
    head = b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n"
    reply, listener = post(head, b"b" * 100, seconds=0.5)

    assert reply.status == 202
    assert set(reply.body) <= {ord("b")}
    assert len(reply.body) < 100
    assert listener.sent < 100
