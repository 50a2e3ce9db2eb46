"""What a path takes of which nothing says it: as much as what is nearest to it takes.

Of some methods the documentation has a page and no permission. Who may change a thing in one way
may in another, one of a collection takes what the collection does, what is reached by one property
what it takes by another, and what is in a thing at last what the thing takes.
"""

from __future__ import annotations

from collections.abc import Iterator

from fakegraph.edm.published import PublishedType
from fakegraph.edm.surface import Permissions
from fakegraph.graph.shapes import Shape, Step
from fakegraph.graph.walk import Walk

_WRITES = ("PATCH", "PUT", "DELETE", "POST")
_ROUND = frozenset({Step.CAST, Step.END})


def nearest(walk: Walk, shape: Shape, method: str) -> Permissions | None:
    """What a method takes at a path; None where nothing near it says it, and of operations."""
    if shape.calls:
        return None
    methods = ("GET",) if method == "GET" else (method, *_WRITES)
    at: Shape | None = shape
    while at is not None and at.step is not Step.SERVICE:
        for near in (at, *_beside(walk, at)):
            uses = walk.uses(near)
            said = (uses[name].permissions for name in methods if name in uses)
            found = next((each for each in said if each is not None), None)
            if found is not None:
                return found
        at = at.before
        while at is not None and at.step in _ROUND:
            at = at.before
    return None


def _beside(walk: Walk, shape: Shape) -> Iterator[Shape]:
    """The other properties that lead to things of the same type."""
    owner = None if shape.before is None else shape.before.type
    if shape.step is not Step.MEMBER or not isinstance(owner, PublishedType):
        return
    above = shape.before.template.replace("{", "").replace("}", "") if shape.before else ""
    for name, member in owner.navigation.items():
        if name != shape.name and member.type is shape.type:
            yield walk(f"{above}/{name}").shape
