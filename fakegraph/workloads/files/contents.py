"""What the service tells of a file's bytes: how many, of what kind, and a hash of its own."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import zlib
from functools import reduce
from operator import xor

_BITS = 160
_SHIFT = 11


def quick_xor_hash(data: bytes) -> str:
    """QuickXorHash in base64: bytes in a ring of 160 bits, each 11 bits further on, and the size.

    https://learn.microsoft.com/onedrive/developer/code-snippets/quickxorhash
    """
    # Every 160th byte has the same place in the ring.
    rows = (data[at : at + _BITS].ljust(_BITS, b"\0") for at in range(0, len(data), _BITS))
    columns = reduce(xor, (int.from_bytes(row, "little") for row in rows), 0)
    ring = 0
    for place, found in enumerate(columns.to_bytes(_BITS, "little")):
        shift = place * _SHIFT % _BITS
        ring ^= found << shift & ((1 << _BITS) - 1) | found >> (_BITS - shift)
    ring ^= len(data) << (_BITS - 64)
    return base64.b64encode(ring.to_bytes(_BITS // 8, "little")).decode()


def hashes(data: bytes, kind: object) -> dict[str, str]:
    """The hashes that a drive of a kind tells: one at work or school, all in a personal one."""
    found = {"quickXorHash": quick_xor_hash(data)}
    if kind == "personal":
        found["sha1Hash"] = hashlib.sha1(data, usedforsecurity=False).hexdigest().upper()
        found["sha256Hash"] = hashlib.sha256(data).hexdigest().upper()
        found["crc32Hash"] = zlib.crc32(data).to_bytes(4, "little").hex().upper()
    return found


_OFFICE = "application/vnd.openxmlformats-officedocument"
_TYPES = {
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".pptx": f"{_OFFICE}.presentationml.presentation",
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".md": "text/markdown",
}


def media_type(name: str) -> str:
    """The media type of a file, by its name alone."""
    dot = name.rpartition(".")[2].lower()
    known = _TYPES.get(f".{dot}") or mimetypes.guess_type(f"x.{dot}", strict=False)[0]
    return known or "application/octet-stream"
