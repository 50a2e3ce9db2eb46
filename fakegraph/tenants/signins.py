"""What a tenant remembers of sign-ins under way: codes, device codes and refresh tokens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import field
from typing import Generic, TypeVar

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import Instant

MOST = 10_000  # of each; the oldest goes
Item = TypeVar("Item")


@dataclass(frozen=True)
class Consent:
    """What a user let a client have: the scopes as they were asked for."""

    client: str
    user: str
    scope: str


@dataclass
class Code:
    """An authorization code, good for one redemption. ``challenge``: that of PKCE, with method."""

    consent: Consent
    redirect_uri: str
    challenge: tuple[str, str] | None
    nonce: str | None
    issued: Instant
    expires: Instant
    stamp: str = ""
    used: bool = False


@dataclass
class Device:
    """A device that waits for somebody to approve it; ``user`` is who did."""

    client: str
    scope: str
    user_code: str
    expires: Instant
    user: str | None = None
    declined: bool = False
    used: bool = False


@dataclass(frozen=True)
class Refresh:
    """A refresh token. It may be used until it expires, or the user's stamp is another one."""

    consent: Consent
    issued: Instant
    expires: Instant
    stamp: str = ""


@dataclass
class Session:
    """A user who has signed in on pages: to which apps, by their ids. ``id`` is the ``sid``."""

    id: str
    user: str
    apps: set[str] = field(default_factory=set)


class Kept(Generic[Item]):
    """Items by their secret, so many at most. Threads may share it."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._lock = threading.Lock()

    def put(self, secret: str, item: Item) -> None:
        """Keep an item; the oldest goes where there is no room."""
        with self._lock:
            while len(self._items) >= MOST:
                del self._items[next(iter(self._items))]
            self._items[secret] = item

    def visit(self, secret: str, look: Callable[[Item | None], Item]) -> Item:
        """Look at an item, or at None, and change it, while nobody else can."""
        with self._lock:
            return look(self._items.get(secret))

    def get(self, secret: str) -> Item | None:
        """What is kept under a secret."""
        with self._lock:
            return self._items.get(secret)

    def find(self, wanted: Callable[[Item], bool]) -> Item | None:
        """The newest item that is as wanted."""
        with self._lock:
            return next(filter(wanted, reversed(self._items.values())), None)

    def take(self, wanted: Callable[[Item], bool]) -> list[Item]:
        """Those that are as wanted, and kept no longer."""
        with self._lock:
            found = {secret: item for secret, item in self._items.items() if wanted(item)}
            for secret in found:
                del self._items[secret]
        return list(found.values())

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._items.clear()


class SignIns:
    """All of it, for one tenant. It is in memory only."""

    def __init__(self) -> None:
        self.codes = Kept[Code]()
        self.devices = Kept[Device]()
        self.refreshes = Kept[Refresh]()
        self.sessions = Kept[Session]()

    def join(self, user: str, app: str, new_id: Callable[[], str]) -> None:
        """Note that a user has signed in to an app on a page."""
        name = user.casefold()
        session = self.session(user)
        if session is None:
            session = Session(new_id(), user)
            self.sessions.put(name, session)
        session.apps.add(app)

    def session(self, user: str) -> Session | None:
        """The session of a user, if they have one."""
        return self.sessions.get(user.casefold())

    def clear(self) -> None:
        """Forget everything."""
        for kept in (self.codes, self.devices, self.refreshes, self.sessions):
            kept.clear()
