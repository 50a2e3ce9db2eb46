"""Values in URLs that nobody but this server can have made, and that do not outlive a reset."""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2s
from typing import Any

import orjson

_SIZE = 16


def sealed(values: list[Any], generation: str) -> str:
    """Values as a text that may stand in a query."""
    payload = orjson.dumps(values)
    return base64.urlsafe_b64encode(_seal(payload, generation) + payload).decode().rstrip("=")


def unsealed(text: str, generation: str) -> list[Any] | None:
    """The values in such a text; None for what is none."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    seal, payload = raw[:_SIZE], raw[_SIZE:]
    return orjson.loads(payload) if seal == _seal(payload, generation) else None


def _seal(payload: bytes, generation: str) -> bytes:
    key = blake2s(generation.encode()).digest()
    return blake2s(payload, digest_size=_SIZE, key=key).digest()
