"""How long a body may be: those with the bytes of files may be longer than all others."""

from __future__ import annotations

#: Of 4 MiB that is 240 MiB for a file at once, and for a range of an upload session 60 MiB.
_OF_FILES = {b"content": 60, b"uploadSession": 15}


def longest(target: bytes | str, max_body: int) -> int:
    """The most bytes that the body of a request for a target may have, where others may have
    ``max_body``.
    """
    if isinstance(target, str):
        target = target.encode("utf-8", "surrogatepass")
    path = target.partition(b"?")[0] if b"?" in target else target
    return max_body * _OF_FILES.get(path.rpartition(b"/")[2], 1)
