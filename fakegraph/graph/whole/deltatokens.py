"""Tokens of ``/delta``: since when changes are told, as text that only this server reads.

A token says what it was given for: the tenant, the place, the options of the first request, and the
store's generation, so that none goes for anything else. It is sealed with the generation itself,
which nobody is told. That of an earlier one nobody can tell any more: all that it says is how a
client begins anew.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import asdict, field, fields
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
    ``options``, ``others`` and ``aliases`` are those of the first request. ``tenant`` and
    ``generation`` are what ``mark_of`` gives for these.
    """

    kind: str
    tenant: str
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

    def text(self, generation: str) -> str:
        """What a client is given."""
        payload = orjson.dumps(asdict(self))
        return base64.urlsafe_b64encode(_seal(payload, generation) + payload).decode().rstrip("=")


def mark_of(text: str) -> str:
    """What stands for the name of a tenant or of a generation, and does not tell it."""
    return blake2s(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def read(text: str, tenant: str, generation: str) -> Token | None:
    """What a client was given; None for anything else."""
    try:
        raw = base64.b64decode(text[:_MAX_TOKEN] + "=" * (-len(text) % 4), b"-_", validate=True)
        seal, payload = raw[:_SEAL_SIZE], raw[_SEAL_SIZE:]
        said = orjson.loads(payload)
    except (binascii.Error, ValueError):
        return None
    if not _is_one(said) or said["tenant"] != mark_of(tenant):
        return None
    if said["generation"] == mark_of(generation) and seal != _seal(payload, generation):
        return None
    return Token(**said)


def _is_one(said: Any) -> bool:
    """Whether something has all that a token has, each of its type."""
    if not isinstance(said, dict) or said.keys() != {each.name for each in fields(Token)}:
        return False
    texts = (said[name] for name in ("kind", "tenant", "generation", "place"))
    numbers = (said[name] for name in ("since", "issued", "until", "seen"))
    options = (said[name] for name in ("options", "others", "aliases"))
    return (
        all(isinstance(each, str) for each in texts)
        and all(type(each) is int for each in numbers)
        and all(isinstance(each, dict) and _has_texts(each) for each in options)
    )


def _has_texts(options: Mapping[str, Any]) -> bool:
    return all(isinstance(each, str) for each in options.values())


def _seal(payload: bytes, generation: str) -> bytes:
    return blake2s(payload, digest_size=_SEAL_SIZE, key=generation.encode()[:32]).digest()
