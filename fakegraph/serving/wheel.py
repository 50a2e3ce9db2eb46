"""Which thread drives the server: one at a time does all the work, as long as it can.

A change of threads costs more than most requests do. So the driver waits for sockets, reads, calls
the app and sends, all by itself, and another thread watches it. When the driver is held up inside
the app, by a wait or by a long calculation, the watcher takes the wheel, and the former driver
finishes its request on the side. After some calls in a row that had to wait, the next ones are
expected to: the driver then leaves the wheel before each call, which makes this an ordinary pool.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

logger = logging.getLogger("fakegraph.serving")

MAX_THREADS = 128
SPARE_THREADS = 16

# Times are in seconds.
_TICK = 0.02  # a driver that needs longer for one turn loses the wheel; each look costs some 0.5 ms
_QUIET_TICKS = 5  # after so many without a turn the watcher sleeps until the next one
_HELD_UP = 0.0005  # waiting that makes a call count as held up
_LESSONS = 4  # after so many calls in a row that were held up, the next ones are expected to be,
_EAGER_TURNS = 1024  # for so many turns

Job = TypeVar("Job")


class Wheel(Generic[Job]):
    """Runs ``drive`` on one thread at a time. It returns when its thread no longer ``drives``.

    ``set_aside`` is called before the wheel changes hands within a turn, with the job of that turn:
    the next driver must not touch it. ``wake`` makes a driver that sleeps return to itself.
    """

    def __init__(
        self,
        drive: Callable[[], None],
        set_aside: Callable[[Job], None],
        wake: Callable[[], None],
    ) -> None:
        self.ended = threading.Event()
        self.failure: BaseException | None = None
        self._drive = drive
        self._set_aside = set_aside
        self._wake = wake

        # The driver counts its turns and says what it is busy with. The wheel itself changes hands
        # under the lock only.
        self._lock = threading.Lock()
        self._driver: int | None = None
        self._busy: Job | None = None
        self._turn = 0
        self._doubtful = False
        self._held_up = 0
        self._eager = 0

        self._threads: set[threading.Thread] = set()
        self._spare = 0
        self._watching = threading.Lock()
        self._nudge = threading.Event()
        self._dozing = False

    def start(self) -> None:
        """Begin to drive, on threads of its own."""
        for _ in range(2):
            self._add_thread()

    def end(self) -> None:
        """Let the threads go."""
        with self._lock:
            self._driver = None
            self.ended.set()
        self._nudge.set()
        self._wake()

    def join(self, until: float) -> int:
        """Wait for the threads until that monotonic time. The number of those still busy."""
        for thread in tuple(self._threads):
            thread.join(max(until - time.monotonic(), 0))
        return sum(thread.is_alive() for thread in self._threads)

    @property
    def drives(self) -> bool:
        """Does the calling thread have the wheel?"""
        return self._driver == threading.get_ident()

    def take_turn(self, job: Job, work: Callable[[Job], None]) -> bool:
        """Do ``work(job)`` as the driver. False: the wheel was left or lost over it."""
        self._turn += 1
        self._busy = job
        eager = self._eager > 0
        if eager:
            self._eager -= 1
            with self._lock:
                if self.drives:
                    self._let_go(job)
        if eager or self._dozing:
            self._nudge.set()
        if eager:
            work(job)
        else:
            self._learn_from(work, job)
        with self._lock:
            drives = self.drives
            if drives:
                self._busy = None
        return drives

    def _learn_from(self, work: Callable[[Job], None], job: Job) -> None:
        """Do ``work(job)``, and see whether it waited or was busy all the time."""
        doubtful = (
            self._doubtful
        )  # only after a long call is it worth to look at the processor time
        began, used = time.perf_counter(), time.thread_time() if doubtful else 0
        work(job)
        took = time.perf_counter() - began
        if not self.drives:
            return  # it was the lesson of the one who took over
        self._doubtful = took > _HELD_UP
        if not self._doubtful:
            self._held_up = 0
        elif doubtful and took - time.thread_time() + used > _HELD_UP:
            self._learn()

    def _learn(self) -> None:
        self._held_up += 1
        if self._held_up >= _LESSONS:
            self._eager = _EAGER_TURNS
            self._held_up = 0  # what the threads of that time do to each other must prove nothing
            self._doubtful = False

    def _let_go(self, job: Job) -> None:
        self._set_aside(job)
        self._busy = None
        self._driver = None

    def _add_thread(self) -> None:
        thread = threading.Thread(target=self._run, name="fakegraph-server", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _run(self) -> None:
        try:
            while self._stand_by():
                self._drive()
        except BaseException as error:
            if not self.ended.is_set():
                self.failure = error
                logger.critical("the server failed", exc_info=True)
                self.end()

    def _stand_by(self) -> bool:
        """Wait for the wheel. False: it is all over, or there are threads enough."""
        with self._lock:
            if self._driver is None and not self.ended.is_set():
                self._driver = threading.get_ident()
                return True
            if self._spare == SPARE_THREADS:
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
        """Watch the driver until it leaves the wheel, or is stuck and loses it."""
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
                self._let_go(self._busy)
                self._learn()
            self._driver = threading.get_ident()
            return True
