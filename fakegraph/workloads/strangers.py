"""Ids that a body has and that nothing here has: they are kept, and the journal tells of them.

What the service makes of such ids is not known, so nothing is refused::

    Type("shift", idle=(strangers("userId", "users", "user"),))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fakegraph.store import Record
from fakegraph.workloads.handed import Idle, Others


def strangers(path: str, container: str, called: str) -> Idle:
    """Tells of new ids at a path of names that nothing in a container has.

    What is a collection on the way is gone through: ``customers/customerId``.
    """
    names = path.split("/")

    def tell(record: Record, before: Record | None, of: Others) -> Iterable[tuple[str, str]]:
        known = set(_values(before or {}, names))
        for id_ in dict.fromkeys(_values(record, names)):
            if id_ not in known and not _is_there(of, container, id_):
                yield f"'{id_}' as {path} in the body", f"No {called} has that id here."

    return tell


def _is_there(of: Others, container: str, id_: str) -> bool:
    if "/" not in container:
        return of.find(container, "id", id_) is not None
    return any(each.get("id") == id_ for each in of(container))  # whoever contains it


def _values(value: Any, names: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _values(each, names)
    elif names and isinstance(value, dict):
        yield from _values(value.get(names[0]), names[1:])
    elif not names and value:
        yield str(value)
