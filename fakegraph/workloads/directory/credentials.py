"""What apps and users prove with who they are, as records keep it: nothing of it can be read again.

https://learn.microsoft.com/graph/api/resources/passwordcredential
https://learn.microsoft.com/graph/api/resources/keycredential
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fakegraph.store import Record
from fakegraph.tenants.concealed import conceal
from fakegraph.workloads.handed import Making

SECRETS = "@secrets"
"""In the record of an application or a service principal: its secrets, concealed, by ``keyId``."""


def secrets_of(making: Making) -> dict[str, str] | None:
    """The secrets of the credentials that a record has: those that it brings, and those kept."""
    known = (making.before or making.record).get(SECRETS) or {}
    found = {}
    for each in making.record.get("passwordCredentials") or ():
        key_id, secret = str(each.get("keyId")), each.get("secretText")
        if secret:
            found[key_id] = conceal(secret)
        elif key_id in known:
            found[key_id] = known[key_id]
    return found or None


def without_secrets(credentials: Iterable[Mapping[str, Any]]) -> list[Record]:
    """Password credentials as anybody may read them."""
    return [{**each, "secretText": None} for each in credentials]


def concealed_profile(profile: Mapping[str, Any]) -> Record:
    """A ``passwordProfile`` as it is kept."""
    password = profile.get("password")
    return {**profile, "password": conceal(password)} if password else dict(profile)
