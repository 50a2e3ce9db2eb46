"""How long a body may be: those with the bytes of files may be longer than all others."""

from __future__ import annotations

#: Of 4 MiB that is 240 MiB for a file at once, and for a range of an upload session 60 MiB.
_OF_FILES = {"content": 60, "uploadSession": 15}


def longest(target: bytes | str, max_body: int) -> int:
    """The most bytes that the body of a request for a target may have, where others may have
    ``max_body``.
    """
    if isinstance(target, bytes):
        target = target.decode("latin-1")
    path = target.partition("?")[0] if "?" in target else target
    return max_body * _OF_FILES.get(path.rpartition("/")[2], 1)
