"""What tenants are called beside their names: each has a GUID, as at Microsoft Entra ID.

It is the id of the tenant's organisation, where somebody has said it, and else one that belongs to
its name: the same on every server.
"""

from __future__ import annotations

import re
import threading
import uuid
from functools import lru_cache

from fakegraph.store import Store

ORGANIZATION = "organization"
SETTLED = "provided"  # the container that tells what of a tenant is there from the start
GUID_LENGTH = 36
MOST = 10_000

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_guid(text: str) -> bool:
    """Whether it is a GUID, in any case."""
    return _GUID.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def guid_of_name(name: str) -> str:
    """The GUID that belongs to a tenant's name: the name itself, where it is one."""
    return name.lower() if is_guid(name) else str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def said_of(store: Store, *, by_template: bool) -> str:
    """The id of a tenant's organisation; empty where nobody has said it of this tenant.

    ``by_template``: what all tenants start with counts too, as for the default one.
    """
    try:
        id_, is_own = store.made_of((ORGANIZATION, SETTLED), _said)
    except KeyError:  # there are no such things
        return ""
    return id_ if is_own or by_template else ""


def _said(store: Store) -> tuple[str, bool]:
    """The id of the organisation, and whether it was said of this tenant."""
    row = next(store.container(ORGANIZATION).scan(), None)
    id_ = "" if row is None else str(row.record["id"]).lower()
    is_own = store.container(SETTLED).find("id", ORGANIZATION, 0) is not None
    return id_ if is_guid(id_) else "", is_own


class Guids:
    """Which tenant each GUID is of. Threads may share it.

    Those of tenants that are no more are remembered for the tokens that still say them, ``MOST`` of
    them; nobody who asks for many can have the others forgotten.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._said: dict[str, str] = {}  # by the names of tenants
        self._past: dict[str, str] = {}
        self._lock = threading.Lock()

    def of(self, name: str, said: str = "") -> str:
        """The GUID of a tenant: what is said, unless that is another's."""
        with self._lock:
            if said and self._names.setdefault(said, name) == name:
                self._said[name] = said
                return said
        return self.add(name)

    def add(self, name: str) -> str:
        """Remember the GUID that belongs to a tenant's name."""
        guid = guid_of_name(name)
        self._names.setdefault(guid, name)
        return guid

    def name(self, guid: str) -> str | None:
        """The name of the tenant whose GUID it is."""
        folded = guid.lower()
        return self._names.get(folded) or self._past.get(folded)

    def retire(self, name: str) -> None:
        """Remember a tenant that is no more as one of many; its organisation's id is free."""
        own = guid_of_name(name)
        with self._lock:
            for guid in (own, self._said.pop(name, own)):
                if self._names.get(guid) == name:
                    del self._names[guid]
            while len(self._past) >= MOST:
                del self._past[next(iter(self._past))]
            self._past[own] = name
