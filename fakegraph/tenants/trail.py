"""What a tenant has seen happen, until somebody asks for the logs of it.

Writing a log costs more than what it tells of; so only what is needed for it is noted here.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fakegraph.edm.values import Instant

MOST = 1000  # of each kind; the oldest goes


class Caller(NamedTuple):
    """Who made a request, and with what: an app's id, a user's id and UPN, all maybe empty."""

    app: str
    user: str
    upn: str
    app_only: bool
    address: str
    agent: str
    request: str


class Deed(NamedTuple):
    """One thing that a request did to an object of a type; ``other`` is what it was linked to.

    ``activity`` and ``category`` are the log's words; ``before`` is the record as it was.
    """

    activity: str
    category: str
    operation: str
    type: str
    record: Mapping[str, Any]
    before: Mapping[str, Any] | None = None
    other: tuple[str, Mapping[str, Any]] | None = None


class Audit(NamedTuple):
    """A deed, when it was done and by whom."""

    instant: Instant
    caller: Caller
    deed: Deed


class SignIn(NamedTuple):
    """Somebody signed in themselves, or could not: ``number`` is that of the error, 0 for none."""

    instant: Instant
    caller: Caller
    name: str
    app_name: str
    number: int = 0
    reason: str = ""


class Trail:
    """What was noted and is not in a log yet. It is on no disk; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._audits: deque[Audit] = deque(maxlen=MOST)
        self._sign_ins: deque[SignIn] = deque(maxlen=MOST)

    def add(self, instant: Instant, caller: Caller, deeds: Sequence[Deed]) -> None:
        """Note what a request did."""
        with self._lock:
            self._audits.extend(Audit(instant, caller, each) for each in deeds)

    def add_sign_in(self, sign_in: SignIn) -> None:
        """Note that somebody signed in, or could not."""
        with self._lock:
            self._sign_ins.append(sign_in)

    def take_audits(self) -> list[Audit]:
        """What was done, oldest first; it is not kept here any more."""
        with self._lock:
            found = list(self._audits)
            self._audits.clear()
            return found

    def take_sign_ins(self) -> list[SignIn]:
        """The sign-ins, oldest first; they are not kept here any more."""
        with self._lock:
            found = list(self._sign_ins)
            self._sign_ins.clear()
            return found

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._audits.clear()
            self._sign_ins.clear()
