"""What all connections of a server share: how many they are, how long they wait, what they hold."""

from __future__ import annotations

import resource
import ssl
import time
from typing import Protocol

MAX_CONNECTIONS = 900
UNFINISHED_BODIES = 64 * 1024 * 1024  # bytes of all bodies together whose rest is still to come
ACCEPTED_AT_ONCE = 16
BACKLOG = 1024  # connections that wait to be accepted
_OTHER_FILES = 24  # what a small process has open beside connections

# Times are in seconds.
SWEEP = 1.0
IDLE_TIMEOUT = 75.0
REQUEST_TIMEOUT = 60.0
SEND_TIMEOUT = 60.0
DRAIN_TIMEOUT = 2.0


class Member(Protocol):
    """A connection, as its server sees it."""

    def give_up(self) -> None:
        """The time for what it waits for is over."""

    def shutdown(self) -> None:
        """The server stops: end when what is under way is answered. It may be told again."""

    def abort(self) -> None:
        """End now."""


class Hall:
    """Where connections wait for their clients. When there are too many, the one that has waited
    longest goes. ``tls``: what clients have to speak before HTTP. Used on the loop's thread.
    """

    def __init__(self, max_body: int, tls: ssl.SSLContext | None) -> None:
        self.max_body = max_body
        self.tls = tls
        self.members: set[Member] = set()
        self.unfinished = 0  # bytes of bodies
        self.closing = False
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        room = files - _OTHER_FILES - ACCEPTED_AT_ONCE if files >= 0 else MAX_CONNECTIONS
        self._most = max(1, min(MAX_CONNECTIONS, room))
        self._until: dict[Member, float] = {}  # in the order in which they began to wait

    def hold(self, size: int) -> bool:
        """So many bytes of bodies more, or fewer, are kept. False: it is more than all may have."""
        self.unfinished += size
        return self.unfinished <= UNFINISHED_BODIES

    def enter(self, member: Member) -> bool:
        """Take in a new connection, which waits for its client. False: there is no room for it,
        since all the others wait for this server.
        """
        while len(self.members) >= self._most and self._until:  # those told so were more
            oldest = next(iter(self._until))
            self.leave(oldest)
            oldest.abort()
        self.members.add(member)
        self.waits(member, REQUEST_TIMEOUT)
        return len(self.members) <= self._most

    def leave(self, member: Member) -> None:
        """It is closed."""
        self.members.discard(member)
        self._until.pop(member, None)

    def waits(self, member: Member, seconds: float) -> None:
        """From now on it waits for its client, so long at most; unless it has left."""
        self._until.pop(member, None)
        if member in self.members:
            self._until[member] = time.monotonic() + seconds

    def busy(self, member: Member) -> None:
        """It waits for this server."""
        self._until.pop(member, None)

    def overdue(self) -> list[Member]:
        """Those who have waited too long; they are waited for no more."""
        now = time.monotonic()
        found = [member for member, until in self._until.items() if until <= now]
        for member in found:
            del self._until[member]
        return found
