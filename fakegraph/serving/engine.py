"""The sockets of the server, and what is done about each."""

from __future__ import annotations

import errno
import logging
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from fakegraph.serving.connection import NEVER, Connection
from fakegraph.serving.wheel import Wheel
from fakegraph.serving.wsgi import DISTURB, build_environ, call, render, render_refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

logger = logging.getLogger("fakegraph.serving")

MAX_CONNECTIONS = 900  # below the 1,024 open files that a process usually may have

# Times are in seconds.
_SWEEP = 1.0
_IDLE_TIMEOUT = 75.0
_REQUEST_TIMEOUT = 60.0
_SEND_TIMEOUT = 60.0
_DRAIN_TIMEOUT = 2.0
_BREATHER = 0.01

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Engine:
    """Serves one app on one listening socket, which it owns from here on.

    ``wrap`` makes the socket of an accepted connection speak TLS.
    """

    def __init__(
        self,
        app: WSGIApplication,
        listener: socket.socket,
        environ: WSGIEnvironment,
        max_body: int,
        wrap: Callable[[socket.socket], socket.socket] | None = None,
    ) -> None:
        self._app = app
        self._listener = listener
        self._environ = environ
        self._max_body = max_body
        self._wrap = wrap
        self._wheel = Wheel[Connection](self._drive, self._ignore, self._wake)
        self._connections: set[Connection] = set()
        self._returned: deque[Connection] = deque()  # from threads that had lost the wheel
        self._stop_by = NEVER
        self._next_sweep = 0.0
        self._selector = selectors.DefaultSelector()
        self._wakes, self._waker = socket.socketpair()
        for sock in (listener, self._wakes, self._waker):
            sock.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._wakes, selectors.EVENT_READ, self._woken)

    @property
    def failure(self) -> BaseException | None:
        """The error that ended the server, if one did."""
        return self._wheel.failure

    def start(self) -> None:
        """Begin to serve, on threads of its own."""
        self._wheel.start()

    @property
    def ended(self) -> bool:
        """Whether it is over, because of a failure or a stop."""
        return self._wheel.ended.is_set()

    def stop(self, grace: float) -> None:
        """Take no new requests, and end when those under way are answered, or after ``grace``."""
        self._stop_by = min(self._stop_by, time.monotonic() + grace)
        self._wake()
        until = self._stop_by + 0.1
        self._wheel.ended.wait(max(until - time.monotonic(), 0))
        self._wheel.end()
        left = self._wheel.join(until)
        if left:
            logger.warning("%d requests did not end in time; their threads are left behind", left)
        for connection in tuple(self._connections):
            self._discard(connection)
        self._selector.close()
        for sock in (self._listener, self._wakes, self._waker):
            sock.close()

    def _drive(self) -> None:
        while self._wheel.drives:
            for key, _ in self._selector.select(self._patience()):
                if not isinstance(key.data, Connection):
                    key.data()
                elif not self._attend(key.data):
                    return
            now = time.monotonic()
            if now > self._next_sweep:
                self._next_sweep = now + _SWEEP
                self._sweep(now)
            if self._stop_by is not NEVER:
                self._wind_down(now)

    def _patience(self) -> float | None:
        """How long the driver may sleep while nothing arrives."""
        if self._stop_by is not NEVER:
            return max(0, min(_SWEEP, self._stop_by - time.monotonic()))
        return _SWEEP if self._connections else None

    def _wake(self) -> None:
        with suppress(OSError):
            self._waker.send(b"\0")

    def _woken(self) -> None:
        with suppress(BlockingIOError):
            self._wakes.recv(4096)
        while self._returned:
            connection = self._returned.popleft()
            if connection in self._connections:
                self._settle(connection)

    def _accept(self) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            self._make_room()
        try:
            sock, address = self._listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE) and not self._make_room():
                time.sleep(_BREATHER)
            return
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._wrap is not None:
                sock = self._wrap(sock)
        except OSError:
            sock.close()  # the client has gone already
            return
        connection = Connection(sock, address[:2], self._max_body)
        connection.deadline = time.monotonic() + _REQUEST_TIMEOUT
        self._connections.add(connection)
        self._watch(connection, selectors.EVENT_READ)

    def _make_room(self) -> bool:
        """Close the connection that has been waiting longest for its client."""
        idle = [connection for connection in self._connections if connection.idle]
        if idle:
            self._discard(min(idle, key=lambda connection: connection.deadline))
        return bool(idle)

    def _attend(self, connection: Connection) -> bool:
        """Do what there is to do for a connection that the selector named.

        False: this thread has lost the wheel over it.
        """
        if connection.unsent:
            connection.send(connection.unsent)
        elif not self._read(connection):
            return True
        if connection.reader.requests and connection.open:
            connection.deadline = NEVER
            if not self._wheel.take_turn(connection, self._answer):
                self._returned.append(connection)
                self._wake()
                return False
        self._settle(connection)
        return True

    def _read(self, connection: Connection) -> bool:
        """Take in what has arrived. False: there is nothing to do about it."""
        data = connection.receive()
        if data == b"":
            self._discard(connection)
        if not data or connection.draining:
            return False
        reader = connection.reader
        waiting = reader.begun
        reader.feed(data)
        if reader.requests:
            return True
        if reader.wants_continue:
            reader.wants_continue = False
            connection.send(_CONTINUE)
        if reader.refusal or not connection.open:
            return True
        if not waiting:  # else the time of this request is running already
            connection.deadline = time.monotonic() + _REQUEST_TIMEOUT
        return False

    def _answer(self, connection: Connection) -> None:
        requests = connection.reader.requests
        while requests and connection.open:
            request = requests.popleft()
            environ = build_environ(self._environ, request, connection.address)
            environ[DISTURB] = connection.disturb
            reply = call(self._app, environ)
            if connection.dropped:
                return
            last = not request.keep_alive or request.too_large or self._stop_by is not NEVER
            connection.closing = last
            data = render(reply, request, last=last)
            if connection.disturbed:
                connection.send_disturbed(data, len(reply.body) if request.method != "HEAD" else 0)
            else:
                connection.send(data)

    def _settle(self, connection: Connection) -> None:
        """Decide what a connection waits for after what was done for it."""
        now = time.monotonic()
        reader = connection.reader
        if reader.refusal is not None and connection.open:
            connection.closing = True
            connection.send(render_refusal(reader.refusal))
        if connection.open:
            connection.deadline = now + (_REQUEST_TIMEOUT if reader.begun else _IDLE_TIMEOUT)
            self._watch(connection, selectors.EVENT_READ)
        elif connection.unsent:
            connection.deadline = now + _SEND_TIMEOUT
            self._watch(connection, selectors.EVENT_WRITE)
        elif reader.ended and not connection.dropped:
            connection.drain()
            connection.deadline = now + _DRAIN_TIMEOUT
            self._watch(connection, selectors.EVENT_READ)
        else:
            self._discard(connection)

    def _watch(self, connection: Connection, event: int) -> None:
        """Have the selector name a connection for this event and no other; 0 for none at all."""
        if connection.interest == event:
            return
        if not event:
            self._selector.unregister(connection.sock)
        elif connection.interest:
            self._selector.modify(connection.sock, event, connection)
        else:
            self._selector.register(connection.sock, event, connection)
        connection.interest = event

    def _ignore(self, connection: Connection) -> None:
        self._watch(connection, 0)

    def _discard(self, connection: Connection) -> None:
        self._ignore(connection)
        self._connections.discard(connection)
        connection.close()

    def _sweep(self, now: float) -> None:
        """End what has taken too long."""
        for connection in tuple(self._connections):
            if connection.deadline > now:
                continue
            reader = connection.reader
            if reader.begun and connection.open:
                reader.refuse(HTTPStatus.REQUEST_TIMEOUT, "The rest of the request did not come.")
                self._settle(connection)
            else:
                self._discard(connection)

    def _wind_down(self, now: float) -> None:
        if self._listener.fileno() >= 0:
            self._selector.unregister(self._listener)
            self._listener.close()
        for connection in tuple(self._connections):
            if connection.idle:
                self._discard(connection)
        if not self._connections or now >= self._stop_by:
            self._wheel.end()
