"""The threads and sockets of the server.

One thread at a time drives: it waits for sockets, reads, calls the app and sends, all by itself, so
that a short request costs no change of thread. Another one watches it. When the driver is held up
inside the app, by a wait or by a long calculation, the watcher takes the wheel, and the former
driver finishes its request on the side. When calls were held up lately, each is expected to be, and
the driver gives the wheel away before it calls the app: then this is an ordinary pool of threads.
"""

from __future__ import annotations

import errno
import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from fakegraph.serving.connection import NEVER, Connection
from fakegraph.serving.wsgi import DROP, build_environ, call, render, render_refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

logger = logging.getLogger("fakegraph.serving")

MAX_THREADS = 128
MAX_CONNECTIONS = 900  # below the 1,024 open files that a process usually may have
_SPARE_THREADS = 16

# All times are in seconds.
_TICK = 0.005  # a driver that needs longer for one turn loses the wheel
_QUIET_TICKS = 10  # after so many without a request the watcher sleeps until the next one
_HELD_UP = 0.001  # waiting that makes a call count as held up
_EAGER_TURNS = 1024  # for so long one is wiser after two held up calls in a row
_SWEEP = 1.0
_IDLE_TIMEOUT = 75.0
_REQUEST_TIMEOUT = 60.0
_SEND_TIMEOUT = 60.0
_DRAIN_TIMEOUT = 2.0

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
        self.ended = threading.Event()
        self.failure: BaseException | None = None
        self._app = app
        self._environ = environ
        self._max_body = max_body
        self._wrap = wrap
        self._listener = listener
        self._connections: set[Connection] = set()
        self._returned: deque[Connection] = deque()
        self._stop_by = NEVER
        self._next_sweep = 0.0

        self._selector = selectors.DefaultSelector()
        self._wakes, self._waker = socket.socketpair()
        for sock in (listener, self._wakes, self._waker):
            sock.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._wakes, selectors.EVENT_READ, self._woken)

        # The driver counts its turns and says which connection it is busy with; to be relieved of
        # both, or of the wheel, takes the lock.
        self._lock = threading.Lock()
        self._driver: int | None = None
        self._busy: Connection | None = None
        self._turn = 0
        self._eager = 0
        self._held_up = False
        self._threads: set[threading.Thread] = set()
        self._spare = 0

        self._watching = threading.Lock()
        self._nudge = threading.Event()
        self._dozing = False

    def start(self) -> None:
        """Begin to serve, on threads of its own."""
        for _ in range(2):
            self._add_thread()

    def request_stop(self, grace: float) -> None:
        """Take no new requests; ``ended`` is set once those under way are answered, or after grace.

        Fit for a signal handler.
        """
        self._stop_by = min(self._stop_by, time.monotonic() + grace)
        self._wake()

    def stop(self, grace: float) -> None:
        """Stop as ``request_stop`` does, wait for it, and give everything back."""
        self.request_stop(grace)
        until = self._stop_by + 0.1
        self.ended.wait(max(until - time.monotonic(), 0))
        self._end()
        for thread in tuple(self._threads):
            thread.join(max(until - time.monotonic(), 0))
        left = sum(thread.is_alive() for thread in self._threads)
        if left:
            logger.warning("%d requests did not end in time; their threads are left behind", left)
        for connection in tuple(self._connections):
            self._discard(connection)
        self._selector.close()
        for sock in (self._listener, self._wakes, self._waker):
            sock.close()

    # Threads

    def _add_thread(self) -> None:
        thread = threading.Thread(target=self._run, name="fakegraph-server", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _run(self) -> None:
        try:
            while self._stand_by():
                self._drive()
        except BaseException as error:
            if self.ended.is_set():
                return
            self.failure = error
            logger.critical("the server failed", exc_info=True)
            self._end()

    def _stand_by(self) -> bool:
        """Wait for the wheel. False: the server has ended, or there are threads enough."""
        with self._lock:
            if self._driver is None and not self.ended.is_set():
                self._driver = threading.get_ident()
                return True
            if self._spare == _SPARE_THREADS:
                self._threads.discard(threading.current_thread())
                return False
            self._spare += 1
        with self._watching:
            drives = self._watch()
        with self._lock:
            self._spare -= 1
            alone = drives and self._spare == 0 and len(self._threads) < MAX_THREADS
        if alone:
            self._add_thread()
        return drives

    def _watch(self) -> bool:
        """Watch the driver until it gives up the wheel, or is stuck and loses it."""
        quiet = 0
        while not self.ended.is_set():
            turn = self._turn
            if quiet < _QUIET_TICKS:
                self._nudge.wait(_TICK)
            else:
                self._dozing = True
                if self._busy is None:  # the driver looks at these two in the opposite order
                    self._nudge.wait()
                self._dozing = False
            self._nudge.clear()
            if self._take_over(turn):
                return True
            quiet = quiet + 1 if self._turn == turn else 0
        return False

    def _take_over(self, turn: int) -> bool:
        with self._lock:
            if self.ended.is_set():
                return False
            if self._driver is not None:
                if self._busy is None or self._turn != turn:
                    return False
                self._free_wheel(self._busy)
            self._driver = threading.get_ident()
            return True

    def _free_wheel(self, busy: Connection) -> None:
        """Leave the wheel to another thread, and ``busy`` to the one that answers it."""
        self._watch_for(busy, 0)
        self._busy = None
        self._driver = None

    # The driver's part

    def _drive(self) -> None:
        me = threading.get_ident()
        while self._driver == me:
            for key, _ in self._selector.select(self._patience()):
                if isinstance(key.data, Connection):
                    self._attend(key.data)
                else:
                    key.data()
                if self._driver != me:
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

    def _accept(self) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            self._make_room()
        try:
            sock, address = self._listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE) and not self._make_room():
                time.sleep(_TICK)
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
        self._watch_for(connection, selectors.EVENT_READ)

    def _make_room(self) -> bool:
        """Close the connection that has been waiting longest for its client."""
        idle = [connection for connection in self._connections if connection.idle]
        if idle:
            self._discard(min(idle, key=lambda connection: connection.deadline))
        return bool(idle)

    def _attend(self, connection: Connection) -> None:
        """Do what there is to do for a connection that the selector named."""
        if connection.unsent:
            connection.send(connection.unsent)
        elif not self._read(connection):
            return
        if connection.reader.requests and connection.open:
            self._take_turn(connection)
        else:
            self._settle(connection)

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

    def _take_turn(self, connection: Connection) -> None:
        """Answer what a connection asked for, and lose or leave the wheel over it if need be."""
        me = threading.get_ident()
        connection.deadline = NEVER
        self._turn += 1
        self._busy = connection
        eager = self._eager > 0
        if eager:
            self._eager -= 1
            with self._lock:
                if self._driver == me:
                    self._free_wheel(connection)
        if eager or self._dozing:
            self._nudge.set()
        began, used = time.perf_counter(), time.thread_time()
        self._answer(connection)
        waited = time.perf_counter() - began - time.thread_time() + used
        with self._lock:
            drives = self._driver == me
            if drives:
                self._busy = None
        if not eager:
            self._learn(waited > _HELD_UP)
        if drives:
            self._settle(connection)
        else:
            self._returned.append(connection)
            self._wake()

    def _learn(self, held_up: bool) -> None:
        if held_up and self._held_up:
            self._eager = _EAGER_TURNS
        self._held_up = held_up

    def _answer(self, connection: Connection) -> None:
        requests = connection.reader.requests
        while requests and connection.open:
            request = requests.popleft()
            environ = build_environ(self._environ, request, connection.address)
            environ[DROP] = connection.drop
            reply = call(self._app, environ)
            if connection.dropped:
                return
            last = not request.keep_alive or request.too_large or self._stop_by is not NEVER
            connection.closing = last
            connection.send(render(reply, request, last=last))

    def _woken(self) -> None:
        with suppress(BlockingIOError):
            self._wakes.recv(4096)
        while self._returned:
            connection = self._returned.popleft()
            if connection in self._connections:
                self._settle(connection)

    def _wake(self) -> None:
        with suppress(OSError):
            self._waker.send(b"\0")

    def _settle(self, connection: Connection) -> None:
        """Decide what a connection waits for after what was done for it."""
        now = time.monotonic()
        reader = connection.reader
        if reader.refusal is not None and connection.open:
            connection.closing = True
            connection.send(render_refusal(reader.refusal))
        if connection.open:
            connection.deadline = now + (_REQUEST_TIMEOUT if reader.begun else _IDLE_TIMEOUT)
            self._watch_for(connection, selectors.EVENT_READ)
        elif connection.unsent:
            connection.deadline = now + _SEND_TIMEOUT
            self._watch_for(connection, selectors.EVENT_WRITE)
        elif reader.ended and not connection.dropped:
            connection.drain()
            connection.deadline = now + _DRAIN_TIMEOUT
            self._watch_for(connection, selectors.EVENT_READ)
        else:
            self._discard(connection)

    def _watch_for(self, connection: Connection, event: int) -> None:
        if connection.interest == event:
            return
        if not event:
            self._selector.unregister(connection.sock)
        elif connection.interest:
            self._selector.modify(connection.sock, event, connection)
        else:
            self._selector.register(connection.sock, event, connection)
        connection.interest = event

    def _discard(self, connection: Connection) -> None:
        self._watch_for(connection, 0)
        self._connections.discard(connection)
        connection.close()

    def _sweep(self, now: float) -> None:
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
            self._end()

    def _end(self) -> None:
        """Let the threads go."""
        with self._lock:
            self._driver = None
            self.ended.set()
        self._nudge.set()
        self._wake()
