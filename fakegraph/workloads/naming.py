"""Names like one that is taken."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count


def numbered(name: str) -> Iterator[str]:
    """``notes 1.txt``, ``notes 2.txt`` and so on, of ``notes.txt``."""
    stem, dot, ending = name.rpartition(".")
    if not stem:
        stem, dot, ending = name, "", ""
    return (f"{stem} {number}{dot}{ending}" for number in count(1))
