"""What of a tenant making things asks for, and who is signed in where a token does not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError
from fakegraph.graph.whole.lookup import Lookup
from fakegraph.graph.whole.world import stable_id


class Tenancy(Protocol):
    """A tenant, or what tenants are made from. ``me`` is who is signed in, an id or a UPN."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def guid(self) -> str:
        """Its GUID; empty for what tenants are made from."""

    @property
    def me(self) -> str:
        """Who is signed in; empty for the first user."""

    @property
    def new_id(self) -> Callable[[], str]:
        """Gives an id that nothing has."""

    @property
    def instant(self) -> Callable[[], Instant]:
        """Its time."""


def identities(lookup: Lookup, me: Callable[[], Mapping[str, str]], app: str) -> dict[str, Any]:
    """Who writes, as an ``identitySet``: the user who is signed in, or the app alone."""
    found: dict[str, Any] = {}
    if app:
        row = lookup.find("applications", "appId", app, None)
        shown = {} if row is None else {"displayName": row.record.get("displayName")}
        found["application"] = {"id": app, **shown}
    try:
        known = me()
    except GraphError:  # nobody is signed in
        return {**found, "user": {"displayName": "SharePoint App"}}
    users = (lookup.find("users", name, value, None) for name, value in known.items())
    user = next((row for row in users if row is not None), None)
    record = dict(known) if user is None else user.record
    found["user"] = {name: record[name] for name in ("id", "displayName") if record.get(name)}
    return found


def named(tenancy: Tenancy, name: str, upn: str = "") -> Mapping[str, str]:
    """A user who is known by an id or a UPN."""
    upn = upn or (name if "@" in name else "")
    found = {"id": name if "@" not in name else stable_id(tenancy.id, name)}
    return {**found, "userPrincipalName": upn} if upn else found


def somebody(tenancy: Tenancy, lookup: Lookup) -> Mapping[str, str]:
    """Who is signed in with a token that does not say who it is."""
    if tenancy.me:
        return named(tenancy, tenancy.me)
    first = next(iter(lookup.owned("users", 0)), None)
    if first is not None:
        return {"id": str(first.record["id"])}
    return {"id": stable_id(tenancy.id, "me"), "userPrincipalName": "me@contoso.com"}
