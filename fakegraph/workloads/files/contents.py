"""What the service tells of a file's bytes: their kind, a hash of its own, what it reads."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import zlib
from collections.abc import Iterable

from fakegraph.store import Record
from fakegraph.workloads.files.totals import size_of

_BITS = 160
_SHIFT = 11
#: As many bytes as are folded at once: each has the place in the ring that it would have alone.
_FOLDED = _BITS << 12


class QuickXorHash:
    """Bytes in a ring of 160 bits, each 11 bits further on than the one before, and their size.

    https://learn.microsoft.com/onedrive/developer/code-snippets/quickxorhash
    """

    def __init__(self) -> None:
        self._columns = 0  # what each of the ring's places has, a byte each
        self._size = 0

    def update(self, data: bytes) -> None:
        """Take in some more bytes."""
        for at in range(0, len(data), _FOLDED):
            self._add(data[at : at + _FOLDED])

    def _add(self, data: bytes) -> None:
        # Every 160th byte has the same place, so both halves of what is long lie on each other.
        rest = int.from_bytes(data, "little")
        size = _FOLDED
        while size > _BITS:
            size //= 2
            rest = rest >> 8 * size ^ rest & ((1 << 8 * size) - 1)
        place = self._size % _BITS
        whole = rest << 8 * place
        self._columns ^= whole >> 8 * _BITS ^ whole & ((1 << 8 * _BITS) - 1)
        self._size += len(data)

    def digest(self) -> str:
        """The hash in base64."""
        ring = 0
        for place, found in enumerate(self._columns.to_bytes(_BITS, "little")):
            shift = place * _SHIFT % _BITS
            ring ^= found << shift & ((1 << _BITS) - 1) | found >> (_BITS - shift)
        ring ^= self._size << (_BITS - 64)
        return base64.b64encode(ring.to_bytes(_BITS // 8, "little")).decode()


def hashes(blocks: Iterable[bytes], kind: object) -> dict[str, str]:
    """The hashes that a drive of a kind tells: one at work or school, all in a personal one."""
    quick, sha1, sha256, crc = (
        QuickXorHash(),
        hashlib.sha1(usedforsecurity=False),
        hashlib.sha256(),
        0,
    )
    if kind != "personal":
        for block in blocks:
            quick.update(block)
        return {"quickXorHash": quick.digest()}
    for block in blocks:
        quick.update(block)
        sha1.update(block)
        sha256.update(block)
        crc = zlib.crc32(block, crc)
    return {
        "quickXorHash": quick.digest(),
        "sha1Hash": sha1.hexdigest().upper(),
        "sha256Hash": sha256.hexdigest().upper(),
        "crc32Hash": crc.to_bytes(4, "little").hex().upper(),
    }


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


_MOST_READ = 1 << 20


def is_read(record: Record) -> bool:
    """Whether words are looked for in the bytes of an item: it is a text, and not too long."""
    kind = str((record.get("file") or {}).get("mimeType") or "")
    return kind.startswith("text/") and size_of(record) <= _MOST_READ
