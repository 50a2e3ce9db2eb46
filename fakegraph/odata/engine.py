"""Running a query on a collection: a page of rows, where the next one begins, and the count.

A position in the results is the sort keys and the insertion position of the last row that was
given, never a number of rows: what is added or deleted meanwhile makes nothing come twice and
nothing go missing.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator
from functools import total_ordering
from itertools import islice
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import Instant
from fakegraph.errors import bad_request
from fakegraph.odata.arithmetic import failure_reason
from fakegraph.odata.bound import RECORD_SLOT
from fakegraph.odata.budget import affordable
from fakegraph.odata.collection import OBSERVER, Collection
from fakegraph.odata.compiler import new_scope
from fakegraph.odata.plan import Equality, equalities, is_range_of, ordered_by, prefixes, range_of
from fakegraph.odata.query import Filter, OrderKey, Query
from fakegraph.store import Row

MOST_EFFORT = 2  # a row is tested, and sorted
FEW_ROWS = 1_000  # so many are sorted faster than a long index is walked
MOST_BEGINNING = (
    10_000  # rows of a text's beginning, which are put into order; of more there is one on any page
)


@dataclass(frozen=True)
class Position:
    """After which row a page begins: its sort keys (None for null) and its insertion position."""

    keys: tuple[Any, ...]
    row: int


@dataclass(frozen=True)
class Page:
    """Rows, the position to go on from (None at the end), and the total where it was asked for."""

    rows: list[Row]
    next: Position | None
    total: int | None


def run(
    query: Query, collection: Collection, size: int, after: Position | None, now: Instant
) -> Page:
    """The page of at most ``size`` rows that follows ``after``. Raises GraphError (400, 504)."""
    if (observer := OBSERVER.get()) is not None:
        collection = observer(collection)
    try:
        rows = _ordered(query, collection, after, now, size + 1 + query.skip)
        if after is None and query.skip:
            rows = islice(rows, query.skip, None)
        found = list(islice(rows, size + 1))
        total = count(query, collection, now) if query.count else None
        position = _position_of(query, found[size - 1], now) if len(found) > size else None
        return Page(found[:size], position, total)
    except (ArithmeticError, ValueError) as error:
        raise _cannot_evaluate(error) from error


def effort(query: Query, collection: Collection) -> int:
    """About how many rows are tested or sorted for a page, where it comes to the worst."""
    best = _best_equality(query, collection)
    rows = len(collection) if best is None else collection.count_equal(best.name, best.keys)
    walked = None if rows <= FEW_ROWS else ordered_by(query.order, collection.indexed)
    tested = query.search is not None or (
        query.filter is not None
        and not (best and _answers(best, query))
        and not (walked is not None and is_range_of(walked, query.filter.tree))
    )
    return rows * (tested + (bool(query.order) and walked is None))


def may_end_early(query: Query, collection: Collection) -> bool:
    """Whether a page may be full long before the last row was tested, each of them quickly."""
    if query.count or query.search is not None:
        return False
    quick = query.filter is None or query.filter.simple is not None
    return quick and (not query.order or ordered_by(query.order, collection.indexed) is not None)


def count(query: Query, collection: Collection, now: Instant) -> int:
    """How many rows match, whatever the page. Raises GraphError (400, 504)."""
    if query.filter is None and query.search is None:
        return len(collection)
    best = _best_equality(query, collection)
    if best and _answers(best, query):
        return collection.count_equal(best.name, best.keys)
    try:
        return sum(1 for _ in _matching(query, collection, -1, now))
    except (ArithmeticError, ValueError) as error:
        raise _cannot_evaluate(error) from error


def _cannot_evaluate(error: Exception) -> Exception:
    """What a record's data, not the text of the query, makes impossible."""
    return bad_request(
        f"Invalid filter clause: The expression cannot be evaluated. {failure_reason(error)}."
    )


def _matching(query: Query, collection: Collection, after: int, now: Instant) -> Iterator[Row]:
    """The rows that match, in insertion order; by the best equality index, where there is one."""
    best = _best_equality(query, collection)
    if best is None:
        few = _few_beginning(query, collection, after)
        rows = collection.scan(after) if few is None else iter(few)
    else:
        rows = collection.equal(best.name, best.keys, after)
        if _answers(best, query):
            return rows
    return _tested(rows, len(collection), query, now)


def _few_beginning(query: Query, collection: Collection, after: int) -> list[Row] | None:
    """The rows that begin as the filter wants, in insertion order, where an ordered index has them
    and they are not many.
    """
    tree = None if query.filter is None else query.filter.tree
    for limits in prefixes(tree, collection.indexed):
        found = collection.walk(
            limits.name, low=limits.low, high=limits.high, high_inclusive=limits.high_inclusive
        )
        rows = list(islice(found, MOST_BEGINNING + 1))
        if len(rows) <= MOST_BEGINNING:
            later = (row for row in rows if row.position > after)
            return sorted(later, key=lambda row: row.position)
    return None


def _tested(rows: Iterable[Row], at_most: int, query: Query, now: Instant) -> Iterator[Row]:
    """The rows that match. Raises GraphError (504) where it gets too much work."""
    work = sum(test.work for test in (query.filter, query.search) if test is not None)
    rows = affordable(rows, work, at_most)
    if query.filter is not None:
        rows = satisfying(rows, query.filter, now)
    search = query.search
    return iter(rows) if search is None else (row for row in rows if search.matches(row.record))


def satisfying(rows: Iterable[Row], condition: Filter, now: Instant) -> Iterator[Row]:
    """The rows for which a filter is true, at one point in time."""
    if condition.simple is not None:
        return condition.simple(rows)
    return _evaluated(rows, condition, now)


def _evaluated(rows: Iterable[Row], condition: Filter, now: Instant) -> Iterator[Row]:
    evaluate, scope = condition.evaluate, new_scope(condition.slots, now)
    for row in rows:
        scope[RECORD_SLOT] = row.record
        if evaluate(scope) is True:
            yield row


def _answers(best: Equality, query: Query) -> bool:
    return query.search is None and query.filter is not None and best.answers(query.filter.tree)


def _best_equality(query: Query, collection: Collection) -> Equality | None:
    if query.filter is None:
        return None
    found = equalities(query.filter, collection.indexed)
    if len(found) < 2:
        return found[0] if found else None
    return min(found, key=lambda e: collection.count_equal(e.name, e.keys))


def _ordered(
    query: Query, collection: Collection, after: Position | None, now: Instant, wanted: int
) -> Iterator[Row]:
    if not query.order:
        return _matching(query, collection, -1 if after is None else after.row, now)
    walk = _walk(query, collection, after)
    if walk is not None:
        return _tested(walk, len(collection), query, now)
    return _sorted(query, collection, after, now, wanted)


def _walk(query: Query, collection: Collection, after: Position | None) -> Iterator[Row] | None:
    """The rows by way of an ordered index, where one has this order and promises to be quick."""
    name = ordered_by(query.order, collection.indexed)
    best = _best_equality(query, collection)
    if name is None or (best and collection.count_equal(best.name, best.keys) <= FEW_ROWS):
        return None
    limits = range_of(name, query.filter)
    return collection.walk(
        name,
        low=limits.low,
        low_inclusive=limits.low_inclusive,
        high=limits.high,
        high_inclusive=limits.high_inclusive,
        descending=query.order[0].descending,
        after=None if after is None else (after.keys[0], after.row),
        backwards=query.backwards,
    )


def _sorted(
    query: Query,
    collection: Collection,
    after: Position | None,
    now: Instant,
    wanted: int,
) -> Iterator[Row]:
    keys_of = _keys_of(query.order, now)
    directions = tuple(key.descending for key in query.order)
    sign = -1 if query.backwards else 1
    start = None if after is None else _rank(after.keys, directions, sign * after.row)
    rows = _matching(query, collection, -1, now)
    ranked: Iterable[tuple[Any, Row]] = (
        (_rank(keys_of(row.record), directions, sign * row.position), row)
        for row in affordable(rows, sum(key.work for key in query.order), len(collection))
    )
    if start is not None:
        ranked = (pair for pair in ranked if pair[0] > start)
    return (row for _, row in heapq.nsmallest(wanted, ranked, key=lambda pair: pair[0]))


def _keys_of(
    order: tuple[OrderKey, ...], now: Instant
) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    scope = new_scope(max(key.slots for key in order), now)
    evaluates = [key.evaluate for key in order]

    def keys_of(record: dict[str, Any]) -> tuple[Any, ...]:
        scope[RECORD_SLOT] = record
        return tuple(evaluate(scope) for evaluate in evaluates)

    return keys_of


@total_ordering
class _Descending:
    """A key that sorts the other way round."""

    __slots__ = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and bool(self.key == other.key)

    def __lt__(self, other: _Descending) -> bool:
        return bool(other.key < self.key)


def _rank(keys: tuple[Any, ...], directions: tuple[bool, ...], position: int) -> tuple[Any, ...]:
    """What sorts a row among the others: nulls first ascending, ties by position."""
    parts = zip(map(_nulls_first, keys), directions, strict=True)
    return (*(_Descending(key) if descending else key for key, descending in parts), position)


def _nulls_first(key: Any) -> tuple[int, Any]:
    if key is None:
        return (0, 0)
    if isinstance(key, float) and math.isnan(key):
        return (1, 0)  # NaN has no order of its own; it must have one to be paged past
    return (2, key)


def _position_of(query: Query, row: Row, now: Instant) -> Position:
    keys = _keys_of(query.order, now)(row.record) if query.order else ()
    return Position(keys, row.position)
