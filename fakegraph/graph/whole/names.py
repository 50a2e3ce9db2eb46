"""Names that are taken: what has them, and which are free."""

from __future__ import annotations

from fakegraph.graph.whole.places import Many
from fakegraph.store import Row
from fakegraph.workloads.naming import numbered

FAIL, REPLACE, RENAME = "fail", "replace", "rename"


def namesake(many: Many, name: str, value: object) -> Row | None:
    """What has that name in a collection."""
    return None if value is None else many.get({name: value})


def free_name(many: Many, name: str, value: str) -> str:
    """A name like that one that nothing has: ``notes 1.txt``."""
    return next(each for each in numbered(value) if namesake(many, name, each) is None)
