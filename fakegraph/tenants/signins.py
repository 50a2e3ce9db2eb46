"""What a tenant remembers of sign-ins under way: codes, device codes and refresh tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, field, replace
from typing import Any, Generic, TypeVar

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import Instant
from fakegraph.tenants.turns import Turns, alone

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
    """An authorization code, good for one redemption. ``challenge``: that of PKCE, with method;
    ``claims``: those that the ID token shall have.
    """

    consent: Consent
    redirect_uri: str
    challenge: tuple[str, str] | None
    nonce: str | None
    issued: Instant
    expires: Instant
    stamp: str = ""
    claims: tuple[str, ...] = ()
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
    """A refresh token. It may be used until it expires, or the user's stamp is another one.

    ``spa``: by the scripts of pages alone.
    """

    consent: Consent
    issued: Instant
    expires: Instant
    stamp: str = ""
    spa: bool = False


@dataclass
class Session:
    """A user who has signed in on pages: to which apps, by their ids. ``id`` is the ``sid``.

    It is over when the user's stamp is another one.
    """

    id: str
    user: str
    apps: list[str] = field(default_factory=list)
    stamp: str = ""


class Kept(Generic[Item]):
    """Items by their secret, so many at most. Threads may share it. ``read`` makes one of its
    fields.
    """

    def __init__(self, kind: str, read: Callable[[dict[str, Any]], Item], turns: Turns) -> None:
        self.kind = kind
        self._read = read
        self._turn = turns(self)
        self._items: dict[str, Item] = {}

    def put(self, secret: str, item: Item) -> None:
        """Keep an item; the oldest goes where there is no room."""

        self.change(secret, lambda _: item)

    def _drop(self, secret: str) -> None:
        del self._items[secret]
        self._turn.note(secret)

    def visit(self, secret: str, look: Callable[[Item | None], Item]) -> Item:
        """Look at an item, or at None, and change it, while nobody else can."""

        def work() -> Item:
            before = self.row(secret)
            found = look(self._items.get(secret))
            if self.row(secret) != before:
                self._turn.note(secret)
            return found

        return self._turn(work)

    def change(self, secret: str, make: Callable[[Item | None], Item]) -> Item:
        """Keep what is made of an item, or of None, and give it; the oldest goes where there is no
        room.
        """

        def work() -> Item:
            while secret not in self._items and len(self._items) >= MOST:
                self._drop(next(iter(self._items)))
            found = self._items[secret] = make(self._items.get(secret))
            self._turn.note(secret)
            return found

        return self._turn(work)

    def get(self, secret: str) -> Item | None:
        """What is kept under a secret."""
        return self._items.get(secret)

    def secret_of(self, wanted: Callable[[Item], bool]) -> str | None:
        """The secret of the newest item that is as wanted."""
        found = reversed(list(self._items.items()))
        return next((secret for secret, item in found if wanted(item)), None)

    def take(self, wanted: Callable[[Item], bool]) -> list[Item]:
        """Those that are as wanted, and kept no longer."""

        def work() -> list[Item]:
            found = {secret: item for secret, item in self._items.items() if wanted(item)}
            for secret in found:
                self._drop(secret)
            return list(found.values())

        return self._turn(work)

    def clear(self) -> None:
        """Forget them all."""
        if self._items:
            self.take(lambda item: True)

    def ids(self) -> Iterable[str]:
        """The secrets of what is kept."""
        return list(self._items)

    def row(self, id_: str) -> Any:
        """The fields of an item."""
        item: Any = self._items.get(id_)
        return None if item is None else asdict(item)

    def hear(self, id_: str, value: Any) -> None:
        """Keep what another replica has been given."""
        if value is None:
            self._items.pop(id_, None)
        else:
            self._items[id_] = self._read(value)


def _with_consent(kind: Callable[..., Item]) -> Callable[[dict[str, Any]], Item]:
    return lambda said: kind(**{**said, "consent": Consent(**said["consent"])})


def _code(said: dict[str, Any]) -> Code:
    challenge = said["challenge"]
    proof = None if challenge is None else (challenge[0], challenge[1])
    return _with_consent(Code)({**said, "challenge": proof, "claims": tuple(said["claims"])})


class SignIns:
    """All of it, for one tenant. It is on no disk."""

    def __init__(self, turns: Turns = alone) -> None:
        self.codes = Kept("codes", _code, turns)
        self.devices = Kept("devices", lambda said: Device(**said), turns)
        self.refreshes = Kept("refreshes", _with_consent(Refresh), turns)
        self.sessions = Kept("sessions", lambda said: Session(**said), turns)

    def join(self, user: str, app: str, stamp: str, new_id: Callable[[], str]) -> str:
        """Note that a user has signed in to an app on a page; the id of their session."""
        known = self.session(user)
        if known is not None and known.stamp == stamp and app in known.apps:
            return known.id
        id_ = new_id()

        def join(session: Session | None) -> Session:
            if session is None or session.stamp != stamp:
                return Session(id_, user, [app], stamp)
            return replace(session, apps=sorted({*session.apps, app}))

        return self.sessions.change(user.casefold(), join).id

    def session(self, user: str) -> Session | None:
        """The session of a user, if they have one."""
        return self.sessions.get(user.casefold())

    def clear(self) -> None:
        """Forget everything."""
        for kept in (self.codes, self.devices, self.refreshes, self.sessions):
            kept.clear()
