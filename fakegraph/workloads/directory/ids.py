"""Ids that are made of others: what the directory gives to things that say how two go together."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from uuid import NAMESPACE_DNS, UUID, uuid5


def composite(*ids: object) -> str | None:
    """GUIDs one after the other, in base64 for URLs without padding; None where one is none."""
    try:
        data = b"".join(UUID(str(each)).bytes_le for each in ids)
    except ValueError:
        return None
    return urlsafe_b64encode(data).decode().rstrip("=")


def tenant_id(name: str) -> str:
    """The GUID of a tenant: its name where that is one, and else always the same one for a name."""
    try:
        return str(UUID(name))
    except ValueError:
        return str(uuid5(NAMESPACE_DNS, name))
