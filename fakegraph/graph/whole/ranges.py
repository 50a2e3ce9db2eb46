"""Bytes, or the range of them that is asked for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fakegraph.chunks import Part
from fakegraph.dataclass import dataclass
from fakegraph.errors import GraphError
from fakegraph.store.bytes import Content
from fakegraph.web.exchange import Answer, Exchange

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_NAME = r"[\w!#$%&'*+.^`|~-]+"
_MEDIA = re.compile(rf"{_NAME}/{_NAME}(?:[ \t]*;[\t -~]*)?", re.ASCII)
UNKNOWN = "application/octet-stream"
_AT_ONCE = 1 << 18  # bytes that are read whole: fewer are not worth a thread


@dataclass(frozen=True, slots=True)
class Piece(Part):
    """What is asked for of a content."""

    content: Content
    first: int
    size: int

    def check(self) -> None:
        self.content.check()

    def __iter__(self) -> Iterator[bytes]:
        return self.content.blocks(self.first, self.first + self.size - 1)


def ranged(
    exchange: Exchange, data: bytes | Content, media_type: str, headers: Mapping[str, str]
) -> Answer:
    """All of the bytes, or the range that ``Range`` asks for, unless that is of another version by
    ``If-Range``. Raises GraphError (416).
    """
    if _MEDIA.fullmatch(media_type) is None:  # what a client said that they are goes in no header
        media_type = UNKNOWN
    whole = {"Accept-Ranges": "bytes", **headers}
    size = len(data) if isinstance(data, bytes) else data.size
    asked = _RANGE.fullmatch(exchange.header("HTTP_RANGE").strip())
    version = exchange.header("HTTP_IF_RANGE").strip()
    is_other = bool(version) and version != headers.get("ETag")
    if asked is None or asked[0] == "bytes=-" or is_other:
        return _answer(200, data, (0, size - 1), media_type, whole)
    first, last = _ends(asked[1], asked[2], size)
    if first > last:
        raise GraphError(
            416,
            "invalidRange",
            "The requested range is not satisfiable.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    whole["Content-Range"] = f"bytes {first}-{last}/{size}"
    return _answer(206, data, (first, last), media_type, whole)


def _answer(
    status: int,
    data: bytes | Content,
    ends: tuple[int, int],
    media_type: str,
    headers: Mapping[str, str],
) -> Answer:
    first, last = ends
    if isinstance(data, Content):
        piece = Piece(data, first, last - first + 1)
        if piece.size > _AT_ONCE:
            return Answer(status, b"", media_type, headers, piece)
        return Answer(status, b"".join(piece), media_type, headers)
    return Answer(status, data[first : last + 1], media_type, headers)


def _ends(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last so many
        return (max(size - int(last), 0), size - 1) if int(last) else (size, size - 1)
    return int(first), min(int(last), size - 1) if last else size - 1
