"""gzip, both ways (RFC 9110, 8.4 and 12.5.3)."""

from __future__ import annotations

import zlib
from functools import lru_cache

from fakegraph.errors import GraphError, bad_request
from fakegraph.web.exchange import Answer
from fakegraph.web.headers import media_ranges

SMALLEST = 1024  # bytes; below that gzip saves nothing that anyone would notice
_LEVEL = 1
_GZIP = 16 + zlib.MAX_WBITS


def compressed(answer: Answer, accept_encoding: str) -> Answer:
    """The answer as the client's Accept-Encoding has it. Raises GraphError (406)."""
    if not accept_encoding or not _wants_gzip(accept_encoding) or len(answer.body) < SMALLEST:
        return answer
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    body = packer.compress(answer.body) + packer.flush()
    headers = {**answer.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Answer(answer.status, body, answer.content_type, headers)


@lru_cache(maxsize=256)
def _wants_gzip(accept_encoding: str) -> bool:
    """Whether gzip is acceptable; where it is not, the answer must be as it is."""
    qualities = {coding: quality for coding, _, quality in media_ranges(accept_encoding)}
    others = qualities.get("*", 0.0)
    if qualities.get("gzip", qualities.get("x-gzip", others)):
        return True
    if not qualities.get("identity", 0.0 if "*" in qualities else 1.0):
        raise GraphError(
            406,
            "NotAcceptable",
            f"None of the encodings in '{accept_encoding}' can be given: fakegraph has gzip and "
            "identity.",
            "Accept-Encoding",
        )
    return False


def inflated(data: bytes, limit: int) -> bytes:
    """The content of a gzip body. Raises GraphError: 413 over the limit, 400 for a bad one."""
    unpacker = zlib.decompressobj(wbits=_GZIP)
    try:
        content = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise bad_request(f"The request body is not gzip: {error}.", "Content-Encoding") from error
    if len(content) > limit:
        raise GraphError(
            413,
            "RequestEntityTooLarge",
            f"The request body inflates to more than {limit} bytes, the limit.",
        )
    if not unpacker.eof or unpacker.unused_data:
        raise bad_request("The request body is not one whole gzip stream.", "Content-Encoding")
    return content
