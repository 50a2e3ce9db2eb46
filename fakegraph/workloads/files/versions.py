"""Numbers of versions: of files, and of items of lists."""

from __future__ import annotations

from collections.abc import Iterable

from fakegraph.digits import natural
from fakegraph.store import Record


def next_version(versions: Iterable[Record]) -> str:
    """The number of the version that comes after some."""
    wholes = (natural(str(each["id"]).partition(".")[0]) for each in versions)
    return f"{max((each for each in wholes if each is not None), default=0) + 1}.0"
