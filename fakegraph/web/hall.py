"""Where connections wait for their clients."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Callable
from typing import Protocol

from fakegraph.web.head import Leads

_OTHER_FILES = 24  # what a small process has open beside connections
_ARRIVING = 5  # turns of the loop between accepting a connection and having its end told
_ALWAYS = b"/_fakegraph"  # the control API, which can end what keeps all others busy


def room_for(wished: int, in_hand: int) -> int:
    """How many connections there may be of those wished for, with ``in_hand`` more accepted, by
    what the system lets this process have open.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = files - _OTHER_FILES - in_hand if files >= 0 else wished
    return max(1, min(wished, room))


class Member(Protocol):
    """A connection, as its server sees it."""

    def give_up(self) -> None:
        """The time for what it waits for is over."""

    def shutdown(self) -> None:
        """The server stops: end when what is under way is answered. It may be told again."""

    def abort(self) -> None:
        """End now."""


class Hall:
    """There may be ``most`` connections; when there are more, the one that has waited longest goes.
    When all but a few wait for the server, the others are for the control API.

    ``patience``: seconds in which a new one must have sent its first request. ``max_body``: bytes
    that a body may have; ``room``: bytes of all bodies together whose rest is still to come;
    ``proxy``: where connections lead, if anywhere. Used on one thread.
    """

    def __init__(self, most: int, patience: float, max_body: int, room: int) -> None:
        self.max_body = max_body
        self.proxy: Leads | None = None
        self.members: set[Member] = set()
        self.unfinished = 0  # bytes of bodies
        self.closing = False
        self._most = most
        self._busy = most - min(8, most // 10)
        self._patience = patience
        self._room = room
        self._until: dict[Member, float] = {}  # in the order in which they began to wait

    def hold(self, size: int) -> bool:
        """So many bytes of bodies more, or fewer, are kept. False: it is more than all may have."""
        self.unfinished += size
        return self.unfinished <= self._room

    def admits(self, target: bytes) -> bool:
        """Whether a request may be answered, by how many are being answered."""
        return len(self.members) - len(self._until) < self._busy or target.startswith(_ALWAYS)

    def enter(self, member: Member) -> bool:
        """Take in a new connection, which waits for its client. False: there is no room for it,
        since all the others wait for this server.
        """
        while len(self.members) >= self._most and self._until:  # those told so were more
            oldest = next(iter(self._until))
            self.leave(oldest)
            oldest.abort()
        self.members.add(member)
        self.waits(member, self._patience)
        return len(self.members) <= self._most

    def leave(self, member: Member) -> None:
        """It is closed, or goes on as another one."""
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

    async def tell_all(self, what: Callable[[Member], None]) -> None:
        """Those too that were accepted a moment ago, and will be members some turns later."""
        for _ in range(_ARRIVING):
            for member in tuple(self.members):
                what(member)
            await asyncio.sleep(0)

    def watch(self, loop: asyncio.AbstractEventLoop, every: float) -> None:
        """Have those given up who wait too long, each by itself: one that fails stops no other."""
        for member in self.overdue():
            loop.call_soon(member.give_up)
        loop.call_later(every, self.watch, loop, every)
