"""What a query asks, held against what is declared of a type: each operator on each property."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.errors import GraphError
from fakegraph.graph.whole.gate import Gate, missing, unsupported
from fakegraph.odata import bound
from fakegraph.odata.bound import Bound, PropertyPath
from fakegraph.odata.query import Query
from fakegraph.workloads.declarations import Advanced

MOST_OR_TERMS = 15
_SORTING = "Sorting not supported for current query."
_STARTS_OR_ENDS = frozenset({"startswith", "endswith"})
_RECORD: Mapping[int, tuple[str, ...]] = {bound.RECORD_SLOT: ()}


@dataclass
class Conditions:
    """What one query asks, held against the matrix."""

    gate: Gate
    eventual: bool
    advanced: bool
    _collections: dict[int, tuple[str, ...]] = field(default_factory=lambda: dict(_RECORD))

    def check(self, query: Query) -> None:
        """Raise GraphError (400) for what may not be asked so."""
        if self.gate.cast and not self.advanced and not self._is_of_casts(query):
            raise unsupported(missing("A cast with $filter or $orderby", eventual=self.eventual))
        if query.filter is not None:
            self._check_filter(query.filter.tree)
        self._check_order(query)

    def _is_of_casts(self, query: Query) -> bool:
        """Whether it is a condition alone, on what a cast takes one on without the parameters."""
        if query.filter is None or query.order:
            return False
        return self.gate.matrix.of_casts.issuperset(_heads(query.filter.tree))

    def _missing(self, what: str) -> GraphError:
        return unsupported(missing(what, eventual=self.eventual))

    def _check_order(self, query: Query) -> None:
        if query.order and query.filter is not None and not self.advanced:
            raise unsupported(_SORTING, "$orderby")
        for key in query.order:
            cell = self.gate.matrix.sorts.get("/".join(self._names(key.tree) or ()))
            if cell is None or (cell == "A" and not self.advanced):
                raise unsupported(_SORTING, "$orderby")

    def _check_filter(self, tree: Bound) -> None:
        if self.gate.only_advanced and not self.gate.cast and not self.advanced:
            raise self._missing("$filter")
        terms = sum(1 for _ in _or_terms(tree))
        if terms > MOST_OR_TERMS and not self.advanced:
            raise unsupported(
                "Too many child clauses specified in search filter expression containing 'OR' "
                f"operators: {terms}. Max allowed: {MOST_OR_TERMS}."
            )
        about = set(_heads(tree))
        for name in self.gate.matrix.alone & about if len(about) > 1 else ():
            raise self._refused(name)
        self._check(tree)

    def _check(self, tree: Bound, outer: tuple[str, ...] = ()) -> None:
        """``outer``: what the condition stands in that a property has to take too: ``not``."""
        match tree:
            case bound.Logic(_, _, terms):
                for term in terms:
                    self._check(term, outer)
            case bound.Not(_, term):
                if not self.advanced:
                    raise self._missing("Operator 'Not'")
                self._check(term, (*outer, "not"))
            case bound.Compare(_, operator, left, right):
                self._compare(operator, left, right, outer)
            case bound.OneOf(_, left, _):
                self._take(left, "in", outer)
            case bound.Apply(_, function, arguments) if function.name in _STARTS_OR_ENDS:
                self._take(arguments[0], function.name, outer)
            case bound.Apply(_, function, _):
                told = function.name.capitalize()
                raise unsupported(f"Unsupported property filter clause operator '{told}'.")
            case bound.Quantified(_, "any", collection, slot, predicate):
                self._any(collection, slot, predicate, outer)
            case bound.IsOf():
                raise unsupported("Unsupported property filter clause operator 'IsOf'.")
            case bound.Constant() if bound.RECORD_SLOT in self._collections:
                return
            case _:
                raise self._unsupported(tree)

    def _any(
        self, collection: Bound, slot: int, predicate: Bound | None, outer: tuple[str, ...]
    ) -> None:
        names = self._names(collection)
        if names is None:
            raise self._unsupported(collection)
        if predicate is None:  # whether there is any item: of what can be asked for one
            self._take_any(collection, names, outer)
            return
        together = self.gate.matrix.together.get("/".join(names))
        if together is not None and _compared(predicate) != together:
            raise self._unsupported(collection)
        known, self._collections = self._collections, {slot: names}  # it is about the items alone
        self._check(predicate, outer)
        self._collections = known

    def _take_any(self, collection: Bound, names: tuple[str, ...], outer: tuple[str, ...]) -> None:
        whole = "/".join(names)
        for name in self.gate.matrix.filters:
            if name == whole or name.startswith(f"{whole}/"):
                self._take_names(collection, tuple(name.split("/")), "eq", outer)
                return
        raise self._unsupported(collection)

    def _compare(self, operator: str, left: Bound, right: Bound, outer: tuple[str, ...]) -> None:
        if isinstance(left, bound.Constant):
            left, right = right, left
        if isinstance(left, bound.CountOf):
            if not self.advanced:
                raise self._unsupported(left.collection)
            return
        if not isinstance(right, bound.Constant | bound.Now):
            raise self._unsupported(left)
        value = right.value if isinstance(right, bound.Constant) else right
        if operator == "ne" and not self.advanced and value is not None:
            raise unsupported("Unsupported property filter clause operator 'NotEqualsMatch'.")
        if value is None:
            self._take(left, "null", outer)
        elif value == "" and not self.advanced:
            raise self._unsupported(left)
        if value is not None or operator == "ne":
            self._take(left, operator, outer)

    def _take(self, operand: Bound, operator: str, outer: tuple[str, ...]) -> None:
        """Let a property through with an operator, and with what that stands in."""
        names = self._names(operand)
        if names is None:
            raise self._unsupported(operand)
        self._take_names(operand, names, operator, outer)

    def _take_names(
        self, operand: Bound, names: tuple[str, ...], operator: str, outer: tuple[str, ...]
    ) -> None:
        cells = [_cell(self.gate.matrix, names, each) for each in (operator, *outer)]
        if None in cells:
            if self.advanced and not self.gate.matrix.plain:
                raise unsupported("The request uses a filter property that is not indexed")
            raise self._unsupported(operand)
        if "A" in cells and not self.advanced:
            if operator == "endswith":
                raise self._missing("Operator 'endsWith'")
            raise self._unsupported(operand)

    def _names(self, operand: Bound) -> tuple[str, ...] | None:
        """The property that is meant, from the record on."""
        if not isinstance(operand, PropertyPath) or operand.slot not in self._collections:
            return None
        return (*self._collections[operand.slot], *_named(operand))

    def _unsupported(self, operand: Any) -> GraphError:
        among = next(iter(self._collections.values()))  # of what a condition on items is about
        names = self._names(operand) or _any_names(operand) or among
        return self._refused(names[-1] if names else "")

    def _refused(self, name: str) -> GraphError:
        return unsupported(
            "Unsupported or invalid query filter clause specified for property "
            f"'{name}' of resource '{self.gate.resource}'."
        )


def _named(path: PropertyPath) -> tuple[str, ...]:
    """The names of properties in a path, without those of types."""
    return tuple(name for name in path.names if isinstance(name, str))


def _any_names(operand: Any) -> tuple[str, ...]:
    """The names of the first property inside an expression."""
    if isinstance(operand, PropertyPath):
        return _named(operand)
    if isinstance(operand, bound.IsOf):
        return _named(operand.value)
    if isinstance(operand, bound.Apply):
        return next(filter(None, map(_any_names, operand.arguments)), ())
    if isinstance(operand, bound.Quantified | bound.CountOf):
        return _any_names(operand.collection)
    return ()


def _heads(tree: Bound) -> Iterator[str]:
    """The properties that a condition is about, by their first names."""
    match tree:
        case bound.Logic(_, _, terms):
            for term in terms:
                yield from _heads(term)
        case bound.Not(_, term):
            yield from _heads(term)
        case bound.Compare(_, _, left, right):
            yield from (_any_names(left) or _any_names(right))[:1]
        case bound.OneOf(_, operand, _):
            yield from _any_names(operand)[:1]
        case _:
            yield from _any_names(tree)[:1]


def _cell(matrix: Advanced, names: tuple[str, ...], operator: str) -> str | None:
    found = matrix.filters.get("/".join(names)) or matrix.filters.get(f"{names[0]}/*")
    if found is None and "_" in names[0]:  # no name that the model has
        found = matrix.filters.get("extension_*")
    return None if found is None else found.get(operator)


def _or_terms(tree: Bound) -> Iterator[Bound]:
    """All that stands between ``or``, and in lists after ``in``; of the largest such part."""
    match tree:
        case bound.Logic(_, "or", terms):
            for term in terms:
                inner = list(_or_terms(term))
                yield from inner or [term]
        case bound.Logic(_, _, terms):
            yield from max((list(_or_terms(term)) for term in terms), key=len, default=[])
        case bound.Not(_, term):
            yield from _or_terms(term)
        case bound.OneOf(_, _, constants):
            yield from constants
        case bound.Quantified(_, _, _, _, predicate) if predicate is not None:
            yield from _or_terms(predicate)


def _compared(tree: Bound) -> frozenset[str]:
    """The names that all have to be equal to something."""
    if isinstance(tree, bound.Logic) and tree.operator == "and":
        return frozenset().union(*map(_compared, tree.terms))
    if isinstance(tree, bound.Compare) and tree.operator == "eq":
        return frozenset(_any_names(tree.left) or _any_names(tree.right))
    return frozenset()
