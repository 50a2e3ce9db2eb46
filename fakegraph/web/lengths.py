"""How long a body may be: those with the bytes of files may be longer than all others."""

from __future__ import annotations

_TIMES = 15  # of 4 MiB that is 60 MiB, the most that a range of an upload session may have
_OF_FILES = (b"/content", b"/uploadSession")


def longest(target: bytes | str, max_body: int) -> int:
    """The most bytes that the body of a request for a target may have, where others may have
    ``max_body``.
    """
    if isinstance(target, str):
        target = target.encode("utf-8", "surrogatepass")
    path = target.partition(b"?")[0] if b"?" in target else target
    return max_body * _TIMES if path.endswith(_OF_FILES) else max_body
