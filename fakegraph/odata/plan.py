"""Which index can answer a query, read from its bound tree.

A plan narrows: every row that it yields is still tested against the whole filter, unless the index
answers all of it. So a plan that finds no index is slow, never wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.types import EnumType, Type
from fakegraph.odata.bound import (
    RECORD_SLOT,
    Apply,
    Bound,
    Compare,
    Constant,
    Logic,
    OneOf,
    PropertyPath,
)
from fakegraph.odata.compiler import property_key
from fakegraph.odata.query import Filter, OrderKey

_LAST = chr(0x10FFFF)
_FLIPPED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


@dataclass(frozen=True)
class Equality:
    """Rows whose indexed key is one of ``keys``: all that ``term`` of the filter wants."""

    name: str
    keys: frozenset[Any]
    term: Bound

    def answers(self, tree: Bound) -> bool:
        """Whether nothing of a filter is left to be tested. NaN is in indexes, and equals none."""
        return self.term is tree and all(key == key for key in self.keys)


@dataclass(frozen=True)
class Range:
    """Rows whose ordered key lies between two bounds; None leaves a side open."""

    name: str
    low: Any = None
    low_inclusive: bool = True
    high: Any = None
    high_inclusive: bool = True


def conjuncts(tree: Bound | None) -> Iterator[Bound]:
    """The conditions that must all hold."""
    if isinstance(tree, Logic) and tree.operator == "and":
        for term in tree.terms:
            yield from conjuncts(term)
    elif tree is not None:
        yield tree


def equalities(condition: Filter, indexed: Mapping[str, bool]) -> list[Equality]:
    """The indexed properties that a filter pins to known values. ``indexed``: name to ordered."""
    return [each for each in _pinned(condition) if each.name in indexed]


@lru_cache(maxsize=512)
def _pinned(condition: Filter) -> tuple[Equality, ...]:
    """The properties that a filter pins to known values, whether or not there is an index."""
    return tuple(filter(None, map(_equality, conjuncts(condition.tree))))


def _equality(term: Bound) -> Equality | None:
    if isinstance(term, Compare) and term.operator == "eq":
        path, constants = _sides(term)
    elif isinstance(term, OneOf):
        path, constants = term.left, term.constants
    else:
        return None
    if not _is_plain(path) or path.ignore_case != term.fold:
        return None
    keys = frozenset().union(*(_stored_keys(path, constant) for constant in constants))
    return Equality(str(path.names[0]), keys, term)


def _sides(term: Compare) -> tuple[Any, tuple[Constant, ...]]:
    if isinstance(term.right, Constant):
        return term.left, (term.right,)
    return (term.right, (term.left,)) if isinstance(term.left, Constant) else (None, ())


def _is_plain(path: Any) -> bool:
    return (
        isinstance(path, PropertyPath)
        and len(path.names) == 1
        and isinstance(path.names[0], str)
        and path.slot == RECORD_SLOT
    )


def _stored_keys(path: PropertyPath, constant: Constant) -> set[Any]:
    """The keys in the index that count as the constant for this client."""
    value = constant.value
    if isinstance(value, str) and path.ignore_case:
        return {value.casefold()}
    if isinstance(path.type, EnumType) and path.masks:
        shown = property_key(path.type, masks=True, fold=False)
        members = path.type.members
        return {number for name, number in members.items() if shown(name) == value} or {value}
    return {value}


def index_key(type_: Type, ignore_case: bool) -> Any:
    """The key function of an index on a property: the one that comparisons use, nothing masked."""
    return property_key(type_, masks=False, fold=ignore_case)


def ordered_by(order: tuple[OrderKey, ...], indexed: Mapping[str, bool]) -> str | None:
    """The property whose ordered index gives the rows in this very order, or None."""
    if len(order) != 1 or not _is_plain(order[0].tree):
        return None
    path = order[0].tree
    assert isinstance(path, PropertyPath)
    name = str(path.names[0])
    return name if indexed.get(name) else None


@lru_cache(maxsize=512)
def range_of(name: str, condition: Filter | None) -> Range:
    """The narrowest range of a property that the filter leaves."""
    limits, tree = Range(name), None if condition is None else condition.tree
    for operator, value in filter(None, (_limit(name, term) for term in conjuncts(tree))):
        limits = _narrow(limits, operator, value)
    return limits


def is_range_of(name: str, tree: Bound) -> bool:
    """Whether a filter wants a range of that property and nothing besides."""
    return all(_limit(name, term) is not None for term in conjuncts(tree))


def _limit(name: str, term: Bound) -> tuple[str, Any] | None:
    """How a condition limits a property, and the value that it does it with; None for no limit."""
    if not isinstance(term, Compare) or term.operator not in {*_FLIPPED, "eq"}:
        return None
    path, constants = _sides(term)
    if not _is_plain(path) or path.names != (name,) or constants[0].value is None:
        return None
    operator = _FLIPPED.get(term.operator) if path is term.right else term.operator
    return operator or "eq", constants[0].value


def prefixes(tree: Bound | None, indexed: Mapping[str, bool]) -> list[Range]:
    """The ranges of ordered indexes that hold all that begins as the filter wants."""
    found = (_prefix(term) for term in conjuncts(tree))
    return [each for each in found if each is not None and indexed.get(each.name)]


def _prefix(term: Bound) -> Range | None:
    if not isinstance(term, Apply) or term.function.name != "startswith":
        return None
    path, start = term.arguments
    if not (_is_plain(path) and isinstance(start, Constant) and isinstance(start.value, str)):
        return None
    assert isinstance(path, PropertyPath)
    name, low = path.names[0], start.value.casefold() if path.ignore_case else start.value
    kept = low.rstrip(_LAST)
    if not kept or not isinstance(name, str):
        return None
    high = kept[:-1] + chr(ord(kept[-1]) + 1)
    return Range(name, low, high=high, high_inclusive=False)


def _narrow(limits: Range, operator: str, value: Any) -> Range:
    low, low_inclusive = limits.low, limits.low_inclusive
    high, high_inclusive = limits.high, limits.high_inclusive
    if operator in {"gt", "ge", "eq"} and (
        low is None or value > low or (value == low and operator == "gt")
    ):
        low, low_inclusive = value, operator != "gt"
    if operator in {"lt", "le", "eq"} and (
        high is None or value < high or (value == high and operator == "lt")
    ):
        high, high_inclusive = value, operator != "lt"
    return Range(limits.name, low, low_inclusive, high, high_inclusive)
