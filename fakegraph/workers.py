"""``fakegraph serve --workers N``: processes that accept at one listener and share a database.

This process listens, starts the workers and another one where one dies, and passes on what it is
told. It answers nothing itself. A worker is a server as ``fakegraph serve`` is one alone.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import select
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from fakegraph.app import warm
from fakegraph.fixtures.problems import FixtureError
from fakegraph.process import (
    ServeError,
    Serving,
    announce,
    cannot_serve,
    operate,
    prepare,
    remove_ready_file,
    serves,
)
from fakegraph.settings import Settings, SettingsError
from fakegraph.tokens.ca import TlsFiles
from fakegraph.web import limits
from fakegraph.web.listening import CannotServe, Shared, listen

log = logging.getLogger("fakegraph")

MOST_DEATHS, WITHIN = 16, 60.0
"""Where more than so many workers die in so many seconds, none is started any more."""

_REST = 0.2  # seconds before another is started for one that never answered
_HEEDED = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_HOW = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)
"""What workers are sent at the first signal, the second, and all others."""
_SAID = 3000  # characters of an error: a line goes through a pipe whole


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, with all workers; then close everything. Raises ServeError."""
    if not hasattr(os, "fork"):
        raise ServeError("workers are processes that this system cannot make: there is no fork")
    files = prepare(settings)
    try:
        place = listen(settings.host, settings.port, files.cert, files.key)
    except CannotServe as error:
        raise cannot_serve(error, settings) from error
    with place.socket:
        place.socket.listen(limits.BACKLOG)
        try:
            warm(settings)
            _Workers(settings, files, place.socket, place.url).run()
        except FixtureError as error:
            raise ServeError(str(error)) from error
        finally:
            remove_ready_file(settings)


class _Workers:
    """The workers of a server, as the process sees them that has started them."""

    def __init__(
        self, settings: Settings, files: TlsFiles, listener: socket.socket, url: str
    ) -> None:
        self._settings, self._files = settings, files
        self._listener, self._url = listener, url
        self._alive: set[int] = set()
        self._answer: set[int] = set()  # those that have said so
        self._served: str | None = None  # what the first of them said of its records
        self._announced = False
        self._told_to_end = 0  # how often
        self._deaths: deque[float] = deque()
        self._failure: ServeError | SettingsError | None = None
        self._said, self._say = os.pipe()  # a line from each worker
        self._lifeline, self._held = os.pipe()  # which ends when this process does
        self._woken, self._wake = os.pipe()  # the numbers of signals
        for each in (self._said, self._woken, self._wake):
            os.set_blocking(each, False)

    def run(self) -> None:
        """Start them, and come back when none is left. Raises ServeError, SettingsError."""
        for number in _HEEDED:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._wake)
        gc.freeze()  # what is imported is shared with the workers while nobody touches it
        doors: dict[int, Callable[[], object]] = {self._woken: self._signalled}
        doors[self._said] = self._listen
        poll = select.poll()
        if self._settings.until_eof:
            doors[0] = lambda: self._read_input(poll)
        for each in doors:
            poll.register(each, select.POLLIN)
        self._start()  # alone: what it finds wrong is said once, and what it makes is there
        while self._alive:
            for each, _ in poll.poll():
                doors[each]()
        if self._failure is not None:
            raise self._failure

    def _signalled(self) -> None:
        for number in _read(self._woken):
            if number == signal.SIGCHLD:
                self._bury()
            else:
                self._end()

    def _read_input(self, poll: select.poll) -> None:
        if not _read(0):
            poll.unregister(0)
            self._end()

    def _end(self) -> None:
        """Pass it on that the server is to end."""
        how = _HOW[min(self._told_to_end, len(_HOW) - 1)]
        self._told_to_end += 1
        self._listener.close()  # the workers have it open as long as they take requests
        for pid in self._alive:
            os.kill(pid, how)

    def _fail(self, failure: ServeError | SettingsError) -> None:
        self._failure = self._failure or failure
        self._end()

    # What workers say and how they end

    def _listen(self) -> None:
        for line in _read(self._said).splitlines():
            said = json.loads(line)
            if "served" in said:
                self._answers(said["pid"], said["served"])
            elif self._announced:
                log.error("worker %d could not start: %s", said["pid"], said["error"])
            elif not self._told_to_end:
                kind = SettingsError if said["usage"] else ServeError
                self._fail(kind(said["error"]))

    def _answers(self, pid: int, served: str) -> None:
        self._answer.add(pid)
        if self._served is None:
            self._served = served
            for _ in range(self._settings.workers - 1):
                self._start()
        if not self._announced and len(self._answer) == self._settings.workers:
            self._announced = True
            if self._told_to_end:
                return
            try:
                announce(self._settings, self._url, self._served, self._files.ca)
            except OSError as error:
                self._fail(ServeError(str(error)))

    def _bury(self) -> None:
        self._listen()  # what they said before
        while self._alive:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self._alive.discard(pid)
            answered = pid in self._answer
            self._answer.discard(pid)
            if not self._told_to_end:
                self._replace(pid, os.waitstatus_to_exitcode(status), answered=answered)

    def _replace(self, pid: int, code: int, *, answered: bool) -> None:
        ended = f"worker {pid} ended by itself, with {code}"
        if code < 0:
            ended = f"worker {pid} was ended by {signal.Signals(-code).name}"
        now = time.monotonic()
        self._deaths.append(now)
        while self._deaths[0] < now - WITHIN:
            self._deaths.popleft()
        if not self._announced:
            self._fail(ServeError(f"{ended}, before all of them answered"))
        elif len(self._deaths) > MOST_DEATHS:
            self._fail(
                ServeError(
                    f"{ended}: more than {MOST_DEATHS} have ended within {WITHIN:g} seconds, so "
                    "no other one is started, and the server ends"
                )
            )
        else:
            log.warning("%s: another one is started", ended)
            if not answered:
                time.sleep(_REST)
            self._start()

    # A worker

    def _start(self) -> None:
        if self._told_to_end:
            return
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEEDED)  # none is lost between the two
        pid = os.fork()
        if pid == 0:
            os._exit(self._work())
        self._alive.add(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)

    def _work(self) -> int:
        """Be a worker; the exit status."""
        try:
            self._become_one()
            level = log.level
            if self._served is not None:  # what is to be said at the start the first has said
                log.setLevel(logging.ERROR)

            def ready(serving: Serving) -> None:
                log.setLevel(level)
                self._tell(served=self._served or serves(serving, self._settings))

            operate(self._settings, self._files, ready, Shared(self._listener))
            return 0
        except SystemExit:
            return 0
        except (ServeError, SettingsError) as error:
            self._tell(error=str(error)[:_SAID], usage=isinstance(error, SettingsError))
        except Exception:
            log.critical("a worker failed", exc_info=True)
        finally:
            with suppress(OSError, ValueError):
                sys.stderr.flush()
        return 1

    def _become_one(self) -> None:
        os.setsid()  # what a terminal sends, and whoever sends to a group, reaches the first alone
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)
        for each in (self._held, self._said, self._woken, self._wake):
            os.close(each)
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        threading.Thread(target=self._end_with_parent, daemon=True).start()

    def _end_with_parent(self) -> None:
        os.read(self._lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _tell(self, **said: Any) -> None:
        os.write(self._say, json.dumps({"pid": os.getpid(), **said}).encode() + b"\n")


def _read(descriptor: int) -> bytes:
    """What has come; nothing where nothing has, or nothing will any more."""
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:
        return b""
