"""What all connections of a server share: how many they are, how long they wait, what they hold."""

from __future__ import annotations

import resource
import time
from typing import Protocol

MAX_CONNECTIONS = 900
MAX_HEAD = 64 * 1024
# What chunked coding may add to a body. A chunk of one byte takes six on the wire.
CHUNKING = 8
UNFINISHED_BODIES = 64 * 1024 * 1024  # bytes of all bodies together whose rest is still to come
ACCEPTED_AT_ONCE = 16
BACKLOG = 1024  # connections that wait to be accepted

# Times are in seconds.
SWEEP = 1.0
IDLE_TIMEOUT = 75.0
REQUEST_TIMEOUT = 60.0
SEND_TIMEOUT = 60.0
DRAIN_TIMEOUT = 2.0
HANDSHAKE_TIMEOUT = 60.0
GLANCE = 0.005  # between two looks at whether all is answered

_OTHER_FILES = 24  # what a small process has open beside connections


class Member(Protocol):
    """A connection, as its server sees it."""

    def give_up(self) -> None:
        """The time for what it waits for is over."""

    def shutdown(self) -> None:
        """The server stops: end it when what is under way is answered."""

    def abort(self) -> None:
        """End it now."""


class Hall:
    """Where connections wait for their clients, longest first. All on the loop's thread.

    When there are too many, the one that has waited longest goes.
    """

    def __init__(self, max_body: int) -> None:
        self.max_body = max_body
        self.members: set[Member] = set()
        self.unfinished = 0  # bytes of bodies
        self.closing = False
        self._most = max(1, min(MAX_CONNECTIONS, _files() - _OTHER_FILES - ACCEPTED_AT_ONCE))
        self._until: dict[Member, float] = {}  # in the order in which they began to wait

    def enter(self, member: Member, seconds: float) -> None:
        """Take in a new connection, which waits for its client."""
        if len(self.members) >= self._most:
            self.make_room()
        self.members.add(member)
        self._until[member] = time.monotonic() + seconds

    def leave(self, member: Member) -> None:
        """It is closed."""
        self.members.discard(member)
        self._until.pop(member, None)

    def waits(self, member: Member, seconds: float) -> None:
        """From now on it waits for its client, so long at most."""
        self._until.pop(member, None)
        self._until[member] = time.monotonic() + seconds

    def busy(self, member: Member) -> None:
        """It waits for this server."""
        self._until.pop(member, None)

    def make_room(self) -> None:
        """End the connection that has waited longest for its client."""
        if self._until:
            oldest = next(iter(self._until))
            self.leave(oldest)
            oldest.abort()

    def overdue(self) -> list[Member]:
        """Those who have waited too long; they are waited for no more."""
        now = time.monotonic()
        found = [member for member, until in self._until.items() if until <= now]
        for member in found:
            del self._until[member]
        return found


def _files() -> int:
    """How many files this process may have open."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MAX_CONNECTIONS * 2 if most == resource.RLIM_INFINITY else most
