"""Tokens of ``/delta``: since when changes are told, as text that only this server reads.

A token says what it was given for: the tenant, the place, the options of the first request, and the
store's generation, so that none goes for anything else.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import asdict, field
from hashlib import blake2s
from typing import Any

import orjson

from fakegraph.dataclass import dataclass

_SEAL_SIZE = 8
_MAX_TOKEN = 100_000

FIRST, LATER, DONE = "first", "later", "done"


@dataclass(frozen=True)
class Token:
    """Where a round goes on, or where the next one begins.

    ``kind``: in the ``FIRST`` round and ``LATER`` ones there are more pages; ``DONE``: the round is
    over. ``since`` and ``until`` are the numbers of the writes between which changes are told, and
    ``at`` is how far they were. What was written up to ``seen`` the last round may have shown:
    things are told as they are, not as they were ``since``. ``issued`` is the tenant's time;
    ``options``, ``others`` and ``aliases`` are those of the first request.
    """

    kind: str
    generation: str
    place: str
    since: int
    issued: int
    until: int = 0
    seen: int = 0
    at: Any = None
    options: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def text(self, tenant: str) -> str:
        """What a client is given."""
        payload = orjson.dumps(asdict(self))
        return base64.urlsafe_b64encode(_seal(payload, tenant) + payload).decode().rstrip("=")


def read(text: str, tenant: str) -> Token | None:
    """What a client was given; None for anything else."""
    try:
        raw = base64.b64decode(text[:_MAX_TOKEN] + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    seal, payload = raw[:_SEAL_SIZE], raw[_SEAL_SIZE:]
    if seal != _seal(payload, tenant):
        return None
    return Token(**orjson.loads(payload))


def _seal(payload: bytes, tenant: str) -> bytes:
    key = blake2s(f"delta {tenant}".encode("utf-8", "surrogatepass")).digest()
    return blake2s(payload, digest_size=_SEAL_SIZE, key=key).digest()
