"""Photos of people, groups and contacts.

https://learn.microsoft.com/graph/api/resources/profilephoto
"""

from __future__ import annotations

from hashlib import blake2s

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import Filled

_PNG, _GIF, _JPEG = b"\x89PNG\r\n\x1a\n", b"GIF8", b"\xff\xd8"
_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})  # tables, which stand among the frames' markers
MOST_BYTES = 4 * 1024 * 1024


def _filled(given: Filled) -> Record:
    """What is known of a photo by its bytes. Raises GraphError for what is no picture."""
    if given.content.size > MOST_BYTES:
        raise GraphError(413, "RequestEntityTooLarge", "A photo has less than 4 MB.")
    data = given.content.read()
    size = picture_size(data)
    if size is None:
        raise GraphError(400, "ErrorInvalidImage", "The photo is no JPEG, PNG or GIF picture.")
    width, height = size
    return {
        "id": f"{width}X{height}",
        "width": width,
        "height": height,
        "@odata.mediaContentType": given.media_type,
        "@odata.mediaEtag": f'"{blake2s(data, digest_size=4).hexdigest().upper()}"',
    }


def picture_size(data: bytes) -> tuple[int, int] | None:
    """How wide and how high a picture is; None for what is none."""
    if data.startswith(_PNG) and len(data) >= 24:
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if data.startswith(_GIF) and len(data) >= 10:
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return _jpeg_size(data) if data.startswith(_JPEG) else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """From the first frame's head, behind any number of segments."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


TYPES = (Type("profilePhoto", filled=_filled),)
NAVIGATION = ()
