"""Bytes, or the range of them that is asked for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fakegraph.errors import GraphError
from fakegraph.web.exchange import Answer, Exchange

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def ranged(exchange: Exchange, data: bytes, media_type: str, headers: Mapping[str, str]) -> Answer:
    """All of the bytes, or the range that ``Range`` asks for. Raises GraphError (416)."""
    whole = {"Accept-Ranges": "bytes", **headers}
    asked = _RANGE.fullmatch(exchange.header("HTTP_RANGE").strip())
    if asked is None or asked[0] == "bytes=-":
        return Answer(200, data, media_type, whole)
    first, last = _ends(asked[1], asked[2], len(data))
    if first > last:
        raise GraphError(
            416,
            "invalidRange",
            "The requested range is not satisfiable.",
            headers={"Content-Range": f"bytes */{len(data)}"},
        )
    whole["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Answer(206, data[first : last + 1], media_type, whole)


def _ends(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last so many
        return (max(size - int(last), 0), size - 1) if int(last) else (size, size - 1)
    return int(first), min(int(last), size - 1) if last else size - 1
