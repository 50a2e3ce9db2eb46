"""Ids that are made of others: what the directory gives to things that say how two go together."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from uuid import UUID


def composite(*ids: object, more: int | None = None) -> str | None:
    """GUIDs one after the other, in base64 for URLs without padding; None where one is none.

    ``more``: a number that stands behind them, as one byte.
    """
    try:
        data = b"".join(UUID(str(each)).bytes_le for each in ids)
    except ValueError:
        return None
    data += b"" if more is None else bytes([more])
    return urlsafe_b64encode(data).decode().rstrip("=")
