"""From a bound expression to a function.

A compiled expression takes a *scope*, a list with the record in slot 0, the time in slot 1, what is
left of the query's work in slot 2 and the items of lambdas behind them. It gives a key, or None for
null. Logic has three values, as OData 4.01 Part 2 section 5.1.1.1 says; a record matches only where
the whole is true.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeGuard

from fakegraph.edm import types
from fakegraph.edm.types import CollectionType, EnumType, Type
from fakegraph.edm.values import Instant, enum_key, key_of, same
from fakegraph.odata import bound
from fakegraph.odata.bound import Bound, Constant, Kinds, PropertyPath
from fakegraph.odata.budget import Budget, work_of
from fakegraph.store import Row

Scope = list[Any]
Evaluate = Callable[[Scope], Any]
Simple = Callable[[Iterable[Row]], Iterator[Row]]

_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_FLIPPED = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


def compile_expression(expression: Bound) -> Evaluate:
    """A function from a scope to the expression's key."""
    return _COMPILERS[type(expression)](expression)


def new_scope(slots: int, now: Instant) -> Scope:
    """A scope for one query, at one point in time, that has no record yet."""
    scope: Scope = [None] * slots
    scope[bound.NOW_SLOT] = now
    scope[bound.BUDGET_SLOT] = Budget()
    return scope


def property_key(type_: Type, masks: bool, fold: bool) -> Callable[[Any], Any]:
    """The key function for a stored value, case folded and with later members masked on demand."""
    if isinstance(type_, CollectionType):
        item = property_key(type_.item, masks, fold)
        return lambda items: [None if value is None else item(value) for value in items]
    if isinstance(type_, EnumType):
        return _masking(type_) if masks else enum_key(type_)
    if fold and type_ == types.STRING:
        return str.casefold
    return key_of(type_)


def _masking(type_: EnumType) -> Callable[[Any], Any]:
    """Members that old clients do not know count as the sentinel that they are shown."""
    if type_.unknown is None or type_.unknown not in type_.members:
        return enum_key(type_)
    sentinel = type_.members[type_.unknown]
    masked = {
        name: value if name in type_.documented else sentinel
        for name, value in type_.members.items()
    }
    return enum_key(EnumType(type_.name, masked, type_.unknown, type_.flags))


def _constant(expression: Constant) -> Evaluate:
    value = expression.value
    return lambda scope: value


def _path(expression: PropertyPath, fold: bool = False) -> Evaluate:
    raw = _raw(expression)
    key = property_key(expression.type, expression.masks, fold)
    if key is same:
        return raw

    def evaluate(scope: Scope) -> Any:
        value = raw(scope)
        return None if value is None else key(value)

    return evaluate


def _raw(expression: PropertyPath) -> Evaluate:
    slot, names = expression.slot, expression.names
    if len(names) == 1 and isinstance(names[0], str):
        name = names[0]
        return lambda scope: scope[slot].get(name)

    def walk(scope: Scope) -> Any:
        value = scope[slot]
        for name in names:
            if value is None:
                return None
            if isinstance(name, Kinds):
                value = value if _kind_of(value) in name else None
            else:
                value = value.get(name)
        return value

    return walk


def _kind_of(value: Any) -> str:
    """The type that a value says it has."""
    return str(value.get("@odata.type") or "").removeprefix("#")


def _is_of(expression: bound.IsOf) -> Evaluate:
    value, kinds = _raw(expression.value), expression.kinds

    def evaluate(scope: Scope) -> bool:
        found = value(scope)
        return found is not None and _kind_of(found) in kinds

    return evaluate


def _folded(expression: Bound, fold: bool) -> Evaluate:
    """Compile a side of a comparison, text in lower case where the comparison disregards it."""
    if isinstance(expression, PropertyPath):
        return _path(expression, fold)
    evaluate = compile_expression(expression)
    if not fold or expression.type != types.STRING:
        return evaluate
    if isinstance(expression, Constant):
        return _constant(Constant(expression.type, expression.value.casefold()))

    def folded(scope: Scope) -> Any:
        value = evaluate(scope)
        return None if value is None else value.casefold()

    return folded


def _compare(expression: bound.Compare) -> Evaluate:
    name, left, right = expression.operator, expression.left, expression.right
    if isinstance(left, Constant):
        name, left, right = _FLIPPED[name], right, left
    value = _folded(left, expression.fold)
    if isinstance(right, Constant):
        constant = _folded(right, expression.fold)([])
        if name == "eq" and _is_one_property(left):
            return _equals(left, expression.fold, constant)
        return _compare_constant(name, value, constant)
    return _compare_values(name, value, _folded(right, expression.fold))


def _is_one_property(tree: Bound) -> TypeGuard[PropertyPath]:
    return (
        isinstance(tree, PropertyPath) and len(tree.names) == 1 and isinstance(tree.names[0], str)
    )


def _equals(path: PropertyPath, fold: bool, constant: Any) -> Evaluate:
    """What filters ask most, whether one property has a value, in as few calls as can be."""
    slot, name = path.slot, path.names[0]
    key = property_key(path.type, path.masks, fold)
    if key is same or constant is None:
        return lambda scope: scope[slot].get(name) == constant

    def evaluate(scope: Scope) -> bool:
        found = scope[slot].get(name)
        return found is not None and key(found) == constant

    return evaluate


def _compare_constant(name: str, value: Evaluate, constant: Any) -> Evaluate:
    if name == "eq":
        return lambda scope: value(scope) == constant
    if name == "ne":
        return lambda scope: value(scope) != constant
    if constant is None:
        return lambda scope: False
    ordering = _ORDERINGS[name]

    def evaluate(scope: Scope) -> bool:
        found = value(scope)
        return found is not None and ordering(found, constant)

    return evaluate


def _compare_values(name: str, left: Evaluate, right: Evaluate) -> Evaluate:
    if name == "eq":
        return lambda scope: left(scope) == right(scope)
    if name == "ne":
        return lambda scope: left(scope) != right(scope)
    ordering = _ORDERINGS[name]

    def evaluate(scope: Scope) -> bool:
        one, other = left(scope), right(scope)
        return one is not None and other is not None and ordering(one, other)

    return evaluate


def _one_of(expression: bound.OneOf) -> Evaluate:
    value = _folded(expression.left, expression.fold)
    wanted = frozenset(_folded(c, expression.fold)([]) for c in expression.constants)
    return lambda scope: value(scope) in wanted


def _has(expression: bound.HasFlags) -> Evaluate:
    value, flags = compile_expression(expression.left), expression.flags

    def evaluate(scope: Scope) -> Any:
        found = value(scope)
        return None if found is None else found & flags == flags

    return evaluate


def _logic(expression: bound.Logic) -> Evaluate:
    terms = [compile_expression(term) for term in expression.terms]
    deciding = expression.operator == "or"

    def evaluate(scope: Scope) -> Any:
        result: bool | None = not deciding
        for term in terms:
            value = term(scope)
            if value is deciding:
                return deciding
            if value is None:
                result = None
        return result

    return evaluate


def _not(expression: bound.Not) -> Evaluate:
    term = compile_expression(expression.term)

    def evaluate(scope: Scope) -> Any:
        value = term(scope)
        return None if value is None else not value

    return evaluate


def _apply(expression: bound.Apply) -> Evaluate:
    apply, cost = expression.function.apply, expression.function.cost
    arguments = [compile_expression(argument) for argument in expression.arguments]

    def evaluate(scope: Scope) -> Any:
        found = [argument(scope) for argument in arguments]
        if None in found:
            return None
        if cost is not None:
            scope[bound.BUDGET_SLOT].spend(cost(*found))
        return apply(*found)

    return evaluate


def _now(expression: bound.Now) -> Evaluate:
    return operator.itemgetter(bound.NOW_SLOT)


def _items(expression: Bound) -> Evaluate:
    """The items of a collection as stored, for a lambda to look into."""
    return (
        _raw(expression) if isinstance(expression, PropertyPath) else compile_expression(expression)
    )


def _quantified(expression: bound.Quantified) -> Evaluate:
    items, slot = _items(expression.collection), expression.slot
    if expression.predicate is None:
        return lambda scope: bool(items(scope))
    test = compile_expression(expression.predicate)
    work = work_of(expression.predicate)
    deciding = expression.quantifier == "any"

    def evaluate(scope: Scope) -> bool:
        found = items(scope) or ()
        scope[bound.BUDGET_SLOT].spend(len(found) * work)
        for item in found:
            scope[slot] = item
            if (test(scope) is True) is deciding:
                return deciding
        return not deciding

    return evaluate


def _count(expression: bound.CountOf) -> Evaluate:
    items, slot = _items(expression.collection), expression.slot
    if expression.condition is None:
        return lambda scope: len(items(scope) or ())
    test = compile_expression(expression.condition)
    work = work_of(expression.condition)

    def evaluate(scope: Scope) -> int:
        total = 0
        found = items(scope) or ()
        scope[bound.BUDGET_SLOT].spend(len(found) * work)
        for item in found:
            scope[slot] = item
            total += test(scope) is True
        return total

    return evaluate


def _choice(expression: bound.Choice) -> Evaluate:
    branches = [
        (compile_expression(condition), compile_expression(value))
        for condition, value in expression.branches
    ]

    def evaluate(scope: Scope) -> Any:
        return next((value(scope) for test, value in branches if test(scope) is True), None)

    return evaluate


def _list(expression: bound.ListOf) -> Evaluate:
    items = [compile_expression(item) for item in expression.items]
    return lambda scope: [item(scope) for item in items]


_COMPILERS: dict[type, Callable[[Any], Evaluate]] = {
    Constant: _constant,
    PropertyPath: _path,
    bound.Apply: _apply,
    bound.Now: _now,
    bound.Compare: _compare,
    bound.OneOf: _one_of,
    bound.HasFlags: _has,
    bound.Logic: _logic,
    bound.Not: _not,
    bound.Quantified: _quantified,
    bound.CountOf: _count,
    bound.IsOf: _is_of,
    bound.Choice: _choice,
    bound.ListOf: _list,
}


def compile_simple(expression: Bound) -> Simple | None:
    """What filters ask most, whether one property of a record has a value: what gives those of some
    rows for which that is so, without a call for each of them. None for other filters.
    """
    if not isinstance(expression, bound.Compare) or expression.operator != "eq":
        return None
    path, constant = expression.left, expression.right
    if isinstance(path, Constant):
        path, constant = constant, path
    if not isinstance(constant, Constant) or not _is_one_property(path):
        return None
    if path.slot != bound.RECORD_SLOT:
        return None
    name, wanted = str(path.names[0]), _folded(constant, expression.fold)([])
    key = property_key(path.type, path.masks, expression.fold)
    if key is same or wanted is None:
        return lambda rows: (row for row in rows if row.record.get(name) == wanted)
    if key is str.casefold and wanted:
        return lambda rows: (
            row for row in rows if (row.record.get(name) or "").casefold() == wanted
        )
    if isinstance(path.type, EnumType) and not path.type.flags:
        names = frozenset(each for each in path.type.members if key(each) == wanted)
        return lambda rows: (row for row in rows if row.record.get(name) in names)

    def has_value(row: Row) -> bool:
        found = row.record.get(name)
        return found is not None and key(found) == wanted

    return partial(filter, has_value)


def compile_order_key(expression: Bound) -> Evaluate:
    """Like :func:`compile_expression`; text is folded where the service disregards its case."""
    fold = isinstance(expression, PropertyPath) and expression.ignore_case
    return _folded(expression, fold)
