"""Continuous access evaluation: who was sent away is told so while their token still lives.

https://learn.microsoft.com/entra/identity/conditional-access/concept-continuous-access-evaluation
"""

from __future__ import annotations

import base64
from hashlib import sha256

from fakegraph.edm.values import Instant, instant
from fakegraph.errors import GraphError
from fakegraph.store import Record, Store
from fakegraph.tenants.faults import REVOKED, challenging
from fakegraph.tokens.claims import seconds
from fakegraph.tokens.strict import Access

SESSIONS = "@sessions"
"""Of a user's record: what changes whenever all that they were given is revoked."""

_SINCE = "signInSessionsValidFromDateTime"


def stamp_of(user: Record) -> str:
    """What a user's sessions are called until they are revoked, or the password is another one: as
    it stands in a token (``aio``).

    Times alone would not do: all of a test happens in one second.
    """
    password = (user.get("passwordProfile") or {}).get("password")
    text = f"{user.get(SESSIONS)} {user.get(_SINCE)} {password}"
    return base64.urlsafe_b64encode(sha256(text.encode()).digest()[:15]).decode()


def revoked_at(user: Record) -> Instant:
    """The instant before which nothing that a user was given holds good."""
    said = (user.get(name) for name in (_SINCE, "lastPasswordChangeDateTime"))
    return max((instant(each) for each in said if each), default=Instant(0))


def check(store: Store, access: Access, now: Instant) -> None:
    """Raise GraphError (401) with a claims challenge for a user who was sent away since.

    Only clients that can handle it (``cp1``) are told; the tokens of others live until they expire.
    """
    if access.stamp is None or not access.user:
        return
    try:
        row = store.container("users").find("id", access.user)
    except KeyError:
        return
    if row is None:
        return
    if row.record.get("accountEnabled") is False:
        raise challenge(now)
    since = revoked_at(row.record)
    if access.stamp:
        revoked = access.stamp != stamp_of(row.record)
    else:
        revoked = access.issued < seconds(since)
    if revoked:
        raise challenge(since)


def challenge(since: Instant) -> GraphError:
    """The 401 that asks for a token from after an instant, in the form that it was seen in."""
    headers = challenging(seconds(since))
    return GraphError(401, "InvalidAuthenticationToken", REVOKED, headers=headers)
