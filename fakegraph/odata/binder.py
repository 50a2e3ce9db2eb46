"""From syntax to meaning: names become properties, literals become keys, types are checked.

Words of the errors follow those of the service's own OData library. What OData allows and this
server cannot do is refused here, by name; nothing is bound to a guess. Here are the operators;
values, names and calls are in ``bind_values.py``, ``bind_paths.py`` and ``bind_calls.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakegraph.edm import types, values
from fakegraph.edm.fields import did_you_mean
from fakegraph.edm.types import (
    NUMBERS,
    CollectionType,
    EachOf,
    EnumType,
    StructuredType,
    Type,
)
from fakegraph.odata import bound, nodes
from fakegraph.odata.arithmetic import arithmetic, negation
from fakegraph.odata.bind_calls import Calls
from fakegraph.odata.bind_values import Values
from fakegraph.odata.binding import ignores_case
from fakegraph.odata.bound import Bound, Constant
from fakegraph.odata.errors import QueryError
from fakegraph.odata.functions import KNOWN
from fakegraph.odata.sentences import unknown_function

_NO_COLLECTION = "The right operand for the IN operation is not a collection value."

OPERATOR_KINDS = {
    "eq": "Equal",
    "ne": "NotEqual",
    "gt": "GreaterThan",
    "ge": "GreaterThanOrEqual",
    "lt": "LessThan",
    "le": "LessThanOrEqual",
    "has": "Has",
    "and": "And",
    "or": "Or",
    "not": "Not",
    "add": "Add",
    "sub": "Subtract",
    "mul": "Multiply",
    "div": "Divide",
    "divby": "Divide",
    "mod": "Modulo",
}

_NOT_SERVED: Mapping[type, str] = {
    nodes.Annotation: "annotations in expressions",
    nodes.BoundCall: "functions bound to a value",
    nodes.FilterSegment: "/$filter(...) inside a path",
    nodes.Key: "keys inside an expression",
    nodes.ObjectExpr: "objects inside an expression",
}


_EQUALITY = {"eq": "or", "ne": "and"}


def _spellings(left: Bound, right: Bound) -> list[tuple[Bound, Bound]]:
    """The two sides of a comparison, once for each text that the constant among them means."""
    if isinstance(left, bound.PropertyPath) and isinstance(right, Constant):
        return [(left, each) for each in _spelt(left, right)]
    if isinstance(right, bound.PropertyPath) and isinstance(left, Constant):
        return [(each, right) for each in _spelt(right, left)]
    return []


def _spelt(path: bound.PropertyPath, constant: Constant) -> list[Constant]:
    if path.spellings is None or not isinstance(constant.value, str):
        return []
    return [Constant(constant.type, text) for text in path.spellings(constant.value)]


class Binder(Values, Calls):
    """Binds the expressions of one query option. Raises :class:`QueryError` with the position."""

    # Operators --------------------------------------------------------------------------------

    def _boolean(self, node: nodes.Expression, operator: str) -> Bound:
        term = self.bind(node)
        if term.type not in (types.BOOLEAN, None):
            kind, hint = OPERATOR_KINDS[operator], f"'{operator}' takes conditions."
            if operator != "not":
                raise self.error(_binary(term.type, types.BOOLEAN, kind), node, hint)
            raise self.error(_unary(term.type, kind), node, hint)
        return term

    def _and(self, node: nodes.And) -> Bound:
        return self._logic("and", node.terms)

    def _or(self, node: nodes.Or) -> Bound:
        return self._logic("or", node.terms)

    def _logic(self, operator: str, terms: tuple[nodes.Expression, ...]) -> Bound:
        return bound.Logic(
            types.BOOLEAN, operator, tuple(self._boolean(term, operator) for term in terms)
        )

    def _not(self, node: nodes.Not) -> Bound:
        return bound.Not(types.BOOLEAN, self._boolean(node.operand, "not"))

    def _negate(self, node: nodes.Negate) -> Bound:
        operand = self.bind(node.operand)
        function = negation(operand.type)
        if function is None:
            raise self.error(_unary(operand.type, "Negate"), node)
        return self._apply(function, (operand,), node)

    def _comparison(self, node: nodes.Comparison) -> Bound:
        left, right = self.bind(node.left), self.bind(node.right)
        if _are_things(left.type) or _are_things(right.type):
            message = f"The operand for a binary operator '{OPERATOR_KINDS[node.op]}' is not a "
            raise self.error(f"{message}single value.", node)
        if node.op == "has":
            return self._has(left, right, node)
        if isinstance(left.type, EachOf) and right.type is not None:
            return self._compare_each(left, right, node)
        if self._comparable(left, right):
            return self._compare(node.op, left, right)
        left, right = self._agree(left, right, node), self._agree(right, left, node)
        if not self._comparable(left, right):
            raise self._incompatible(node.op, left, right, node)
        return self._compare(node.op, left, right)

    def _compare_each(self, left: Bound, right: Bound, node: nodes.Comparison) -> Bound:
        """What is asked of items by the collection: of ``ne`` that none is equal."""
        collection, type_ = self._known_collection(left, node.left, _NO_COLLECTION)
        item = self._new_item(collection, type_)
        right = self._agree(right, item, node)
        if not self._comparable(item, right):
            raise self._incompatible(node.op, item, right, node)
        is_none = node.op == "ne"
        found = self._compare("eq" if is_none else node.op, item, right)
        quantified = bound.Quantified(types.BOOLEAN, "any", collection, item.slot, found)
        return bound.Not(types.BOOLEAN, quantified) if is_none else quantified

    def _compare(self, operator: str, left: Bound, right: Bound) -> Bound:
        fold = ignores_case(left) or ignores_case(right)
        spelt = _spellings(left, right)
        if operator not in _EQUALITY or len(spelt) < 2:
            return bound.Compare(types.BOOLEAN, operator, left, right, fold)
        terms = (bound.Compare(types.BOOLEAN, operator, *each, fold) for each in spelt)
        return bound.Logic(types.BOOLEAN, _EQUALITY[operator], tuple(terms))

    def _comparable(self, left: Bound, right: Bound) -> bool:
        if left.type is None or right.type is None:
            return True
        if left.type in NUMBERS and right.type in NUMBERS:
            return True
        if isinstance(left.type, CollectionType) and isinstance(right.type, CollectionType):
            return True
        return left.type == right.type and not isinstance(left.type, StructuredType)

    def _agree(self, side: Bound, other: Bound, node: Any) -> Bound:
        """A constant in the type of what it is compared with, where the service allows both."""
        if not isinstance(side, Constant):
            return side
        if side.type == types.STRING and isinstance(other.type, EnumType):
            value = sum(
                {
                    self._member(other.type, name.strip(), side.value, node)
                    for name in (side.value.split(",") if other.type.flags else [side.value])
                }
            )
            return Constant(other.type, value)
        if side.type == types.DATE and other.type == types.DATE_TIME_OFFSET:
            return Constant(other.type, values.Instant(side.value * values.TICKS_PER_DAY))
        return side

    def _incompatible(self, op: str, left: Bound, right: Bound, node: Any) -> QueryError:
        hint = None
        if {left.type, right.type} == {types.STRING, types.DATE_TIME_OFFSET}:
            hint = "A date stands without quotes: 2024-01-01T00:00:00Z"
        elif types.STRING in (left.type, right.type):
            hint = "Text stands in single quotes; nothing else does."
        return self.error(_binary(left.type, right.type, OPERATOR_KINDS[op]), node, hint)

    def _has(self, left: Bound, right: Bound, node: nodes.Comparison) -> Bound:
        right = self._agree(right, left, node)
        if (
            not isinstance(left.type, EnumType)
            or left.type != right.type
            or not isinstance(right, Constant)
        ):
            raise self._incompatible("has", left, right, node)
        return bound.HasFlags(types.BOOLEAN, left, right.value)

    def _in(self, node: nodes.In) -> Bound:
        left = self.bind(node.left)
        items = node.right.items if isinstance(node.right, nodes.ListExpr) else node.right
        if not isinstance(items, tuple):
            return self._in_collection(left, node, items)
        if node.right == ():
            raise self.error(_NO_COLLECTION, node, "A list in parentheses has at least one item.")
        members = [self._in_item(left, item, node) for item in items]
        if all(isinstance(member, Constant) for member in members):
            constants = tuple(m for m in members if isinstance(m, Constant))
            return bound.OneOf(types.BOOLEAN, left, constants, ignores_case(left))
        terms = tuple(self._compare("eq", left, member) for member in members)
        return bound.Logic(types.BOOLEAN, "or", terms)

    def _in_item(self, left: Bound, item: nodes.Expression, node: nodes.In) -> Bound:
        member = self.bind(item)
        if not self._comparable(left, member):
            member = self._agree(member, left, item)
        if not self._comparable(left, member):
            raise self._incompatible("eq", left, member, item)
        return member

    def _in_collection(self, left: Bound, node: nodes.In, right: nodes.Expression) -> Bound:
        collection, type_ = self._collection(right, _NO_COLLECTION)
        item = self._new_item(collection, type_)
        left = self._agree(left, item, node)
        if not self._comparable(left, item):
            raise self._incompatible("eq", left, item, node)
        return bound.Quantified(
            types.BOOLEAN, "any", collection, item.slot, self._compare("eq", item, left)
        )

    def _arithmetic(self, node: nodes.Arithmetic) -> Bound:
        left, right = self.bind(node.left), self.bind(node.right)
        function = arithmetic(node.op, left.type, right.type)
        if function is None:
            raise self.error(_binary(left.type, right.type, OPERATOR_KINDS[node.op]), node)
        return self._apply(function, (left, right), node)

    def _case(self, node: nodes.Case) -> Bound:
        branches = tuple(
            (self._boolean(condition, "and"), self.bind(value))
            for condition, value in node.branches
        )
        known = {value.type for _, value in branches} - {None}
        if len(known) > 1 and not known <= set(NUMBERS):
            raise self.error("The values of case() must be of one type.", node)
        return bound.Choice(max(known, key=_width, default=None), branches)

    # What is not served -----------------------------------------------------------------------

    def _not_served(self, node: Any) -> QueryError:
        """The refusal of a key; unless it is more likely a misspelt function: ``lenght('x')``."""
        base = node.base if isinstance(node, nodes.Key) else None
        if isinstance(base, nodes.Identifier) and self.context.item.find(base.name) is None:
            return self.error(
                unknown_function(base.name),
                base,
                f"The functions are {', '.join(KNOWN)}.{did_you_mean(base.name, KNOWN)}",
            )
        return self.refused(_NOT_SERVED[type(node)], node)

    def _refuse(self, node: Any) -> Bound:
        raise self._not_served(node)


def _are_things(type_: Type | None) -> bool:
    """Whether something is what a navigation property leads to that has many."""
    item = type_.item if isinstance(type_, CollectionType) else None
    return isinstance(item, StructuredType) and item.key is not None


def _binary(left: Type | None, right: Type | None, kind: str) -> str:
    return (
        "A binary operator with incompatible types was detected. Found operand types "
        f"'{left}' and '{right}' for operator kind '{kind}'."
    )


def _unary(operand: Type | None, kind: str) -> str:
    return (
        "A unary operator with an incompatible type was detected. Found operand type "
        f"'{operand}' for operator kind '{kind}'."
    )


def _width(type_: Type | None) -> int:
    return NUMBERS.index(type_) if type_ in NUMBERS else 0


Binder.binders = {
    **dict.fromkeys(_NOT_SERVED, Binder._refuse),
    nodes.Literal: Binder._literal,
    nodes.EnumLiteral: Binder._enum_literal,
    nodes.ListExpr: Binder._list,
    nodes.Identifier: Binder._identifier,
    nodes.Variable: Binder._variable,
    nodes.Alias: Binder._alias,
    nodes.Member: Binder._member_path,
    nodes.Count: Binder._count_of,
    nodes.Lambda: Binder._lambda,
    nodes.Call: Binder._call,
    nodes.Case: Binder._case,
    nodes.Comparison: Binder._comparison,
    nodes.Arithmetic: Binder._arithmetic,
    nodes.In: Binder._in,
    nodes.And: Binder._and,
    nodes.Or: Binder._or,
    nodes.Not: Binder._not,
    nodes.Negate: Binder._negate,
}
