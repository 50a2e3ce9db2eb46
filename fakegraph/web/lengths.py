"""How long a body may be: those with the bytes of files may be longer than all others."""

from __future__ import annotations

#: Of 4 MiB that is 240 MiB for a file at once, and for a range of an upload session 60 MiB.
_OF_FILES = {"content": 60, "uploadSession": 15}


def longest(target: str, max_body: int) -> int:
    """The most bytes that the body of a request for a target may have, where others may have
    ``max_body``.
    """
    if "content" not in target and "uploadSession" not in target:  # nearly always
        return max_body
    return max_body * _OF_FILES.get(target.partition("?")[0].rpartition("/")[2], 1)
