"""Names that are taken: what has them, and which are free."""

from __future__ import annotations

from itertools import count

from fakegraph.graph.whole.places import Many
from fakegraph.store import Row

FAIL, REPLACE, RENAME = "fail", "replace", "rename"


def namesake(many: Many, name: str, value: object) -> Row | None:
    """What has that name in a collection."""
    return None if value is None else many.get({name: value})


def free_name(many: Many, name: str, value: str) -> str:
    """A name like that one that nothing has: ``notes 1.txt``."""
    stem, dot, ending = value.rpartition(".")
    if not stem:
        stem, dot, ending = value, "", ""
    names = (f"{stem} {number}{dot}{ending}" for number in count(1))
    return next(each for each in names if namesake(many, name, each) is None)
