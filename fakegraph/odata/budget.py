"""How much work one query may be: what is worked out, times the records that it is worked out for.

The service gives up on queries that take too long. Here work is counted, not timed, so that a query
that is answered once is answered always.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from fakegraph.errors import GraphError
from fakegraph.odata import bound

MAX_WORK = 5_000_000  # comparisons; one or two seconds
KEY_WORK = 4  # of a sort key: it is worked out, ranked and compared

_CALL_WORK = 3
_T = TypeVar("_T")


class Budget:
    """What is left of the work that one query may be."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MAX_WORK

    def spend(self, work: int) -> None:
        """Take work off. Raises GraphError (504) where none is left."""
        self._left -= work
        if self._left < 0:
            raise _too_much()


def affordable(items: Iterable[_T], work: int, at_most: int) -> Iterable[_T]:
    """The items, each of which is so much work, and ``at_most`` how many there are.

    Going through them raises GraphError (504) where it gets too much.
    """
    most = MAX_WORK // max(work, 1)
    return items if at_most <= most else _counted(items, most)


def _counted(items: Iterable[_T], most: int) -> Iterator[_T]:
    for number, item in enumerate(items):
        if number == most:
            raise _too_much()
        yield item


def _too_much() -> GraphError:
    return GraphError(
        504,
        "UnknownError",
        "The query takes too long: it has too many parts for so many records. Narrow it by a "
        "property that has an index, or ask in several requests.",
    )


def work_of(tree: Any) -> int:
    """How much work it is to evaluate a bound tree for one record, loops left aside."""
    if isinstance(tree, tuple):
        return sum(map(work_of, tree))
    if not isinstance(tree, bound.Bound) or isinstance(tree, bound.Constant | bound.PropertyPath):
        return 0
    own = _CALL_WORK if isinstance(tree, bound.Apply) else 1
    return own + sum(work_of(getattr(tree, name)) for name in tree.__slots__)
