"""What the bytes of pictures say of themselves, and how pictures are drawn smaller."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from fakegraph.errors import GraphError

_PNG, _GIF, JPEG = b"\x89PNG\r\n\x1a\n", b"GIF8", b"\xff\xd8"
_MOST_PIXELS = 100_000_000
_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})  # tables, which stand among the frames' markers


def picture_size(data: bytes) -> tuple[int, int] | None:
    """How wide and how high a picture is; None for what is none."""
    if data.startswith(_PNG) and len(data) >= 24:
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if data.startswith(_GIF) and len(data) >= 10:
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return _jpeg_size(data) if data.startswith(JPEG) else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """From the first frame's head, behind any number of segments."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


# A warning is raised where a test run wants it so. The filters are not changed here: they are those
# of all threads, and two that put them back in turn would leave them changed.
_NO_PICTURE = (OSError, ValueError, SyntaxError, Warning)


class NoPicture(ValueError):
    """Bytes are no picture that can be drawn."""


def drawn(
    data: bytes,
    most: tuple[int, int],
    fitted: Callable[[int, int], tuple[int, int]],
    *,
    flat: bool = False,
) -> tuple[bytes, str]:
    """A picture in another size, and its media type: PNG where one can see through it, unless it is
    to be ``flat``, or JPEG.

    ``most`` is about how large it will be, and ``fitted`` how large just, by how large it is; what
    of it has not that shape is cut off. Raises NoPicture, and GraphError (501) without Pillow.
    """
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        raise GraphError(
            501,
            "NotImplemented",
            "Pictures are drawn by Pillow, which is not there: pip install pillow.",
        ) from None
    try:
        picture: Any = Image.open(io.BytesIO(data))
        if picture.width * picture.height > _MOST_PIXELS:
            raise ValueError(picture.size)
        picture.draft("RGB", most)
        picture = ImageOps.exif_transpose(picture)
        is_seen_through = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
        is_clear = is_seen_through and not flat
        picture = picture.convert("RGBA" if is_clear else "RGB")
        picture = ImageOps.fit(picture, fitted(picture.width, picture.height))
        out = io.BytesIO()
        picture.save(out, "PNG" if is_clear else "JPEG")
    except (*_NO_PICTURE, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise NoPicture(str(error)) from error
    return out.getvalue(), f"image/{'png' if is_clear else 'jpeg'}"
