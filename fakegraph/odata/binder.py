"""From syntax to meaning: names become properties, literals become keys, types are checked.

Words of the errors follow those of the service's own OData library. What OData allows and this
server cannot do is refused here, by name; nothing is bound to a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fakegraph.edm import types, values
from fakegraph.edm.fields import did_you_mean
from fakegraph.edm.types import (
    FLOATS,
    INTEGERS,
    NUMBERS,
    CollectionType,
    EnumType,
    PrimitiveType,
    Property,
    StructuredType,
    Type,
)
from fakegraph.odata import bound, nodes
from fakegraph.odata.arithmetic import arithmetic, failure_reason, negation
from fakegraph.odata.bound import Bound, Constant, PropertyPath
from fakegraph.odata.casts import cast_function
from fakegraph.odata.errors import QueryError
from fakegraph.odata.functions import (
    ANY_COLLECTION,
    FUNCTIONS,
    KNOWN,
    Function,
    folded,
    no_signature,
)
from fakegraph.odata.sentences import OPEN, bad_date_time, placed, unknown_function

MAX_BOUND_NODES = 10_000  # parameter aliases can be used many times: the whole stays bounded
MAX_BOUND_DEPTH = 150
MAX_CONSTANT = 65_536  # characters or items of what is worked out at once: it is kept

_NO_COLLECTION = "The right operand for the IN operation is not a collection value."

TypeLookup = Callable[[str], Type | None]

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


@dataclass(frozen=True)
class Context:
    """What an expression is bound against.

    ``item`` is the type of one record; ``types`` finds a type by its qualified name; ``aliases``
    are the request's parameter aliases; ``future_members`` says that the client asked for enum
    members after the sentinel.
    """

    item: StructuredType
    types: TypeLookup
    aliases: Mapping[str, nodes.Expression]
    future_members: bool = False


class _InAlias(QueryError):
    """A fault in the value of an alias; the message says of which."""


class Binder:
    """Binds the expressions of one query option. Raises :class:`QueryError` with the position."""

    def __init__(self, context: Context, text: str) -> None:
        self.context = context
        self.text = text
        self.slots = bound.FIRST_FREE_SLOT
        self._item = PropertyPath(context.item, (), bound.RECORD_SLOT)
        self._variables: dict[str, PropertyPath] = {}
        self._open_aliases: set[str] = set()
        self._count = 0
        self._depth = 0

    def predicate(self, node: nodes.Expression) -> Bound:
        """Bind an expression that must be Boolean."""
        expression = self.bind(node)
        if expression.type not in (types.BOOLEAN, None):
            raise self.error(
                "The $filter expression must evaluate to a single boolean value.",
                node,
                f"This one is of type {expression.type}; compare it with something.",
            )
        return expression

    def bind(self, node: nodes.Expression) -> Bound:
        """Bind any expression."""
        self._count += 1
        self._depth += 1
        if self._count > MAX_BOUND_NODES or self._depth > MAX_BOUND_DEPTH:
            raise self.error("The expression is too large once its aliases are put in.", node)
        try:
            if type(node) in _NOT_SERVED:
                raise self._not_served(node)
            return _BINDERS[type(node)](self, node)
        finally:
            self._depth -= 1

    def error(self, message: str, node: Any, hint: str | None = None) -> QueryError:
        """A refusal that points at a node."""
        place = f"At position {node.position}: {hint}" if hint else f"See position {node.position}."
        return QueryError(message, node.position, self.text, place)

    def refused(self, what: str, node: Any) -> QueryError:
        """A refusal of something that OData has and fakegraph does not serve."""
        return self.error(
            "The expression is not supported.", node, f"fakegraph does not serve {what}."
        )

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

    # Literals ---------------------------------------------------------------------------------

    def _literal(self, node: nodes.Literal) -> Bound:
        if node.type == "null":
            return Constant(None, None)
        type_ = types.PRIMITIVES.get(node.type)
        if type_ is None:
            raise self.refused(f"{node.type} values", node)
        return Constant(type_, self._key(type_, node.value, node))

    def _key(self, type_: PrimitiveType, value: Any, node: nodes.Literal) -> Any:
        try:
            return value if isinstance(value, bytes) else values.key_of(type_)(value)
        except ValueError as error:
            message = f"Cannot convert the literal '{node.text}' to the expected type '{type_}'."
            if type_ == types.DATE_TIME_OFFSET:
                message = bad_date_time(node.text)
            raise self.error(message, node, f"As it stands, {error}.") from error

    def _enum_literal(self, node: nodes.EnumLiteral) -> Bound:
        type_ = self.context.types(node.type_name)
        shown = f"{node.type_name}'{','.join(map(str, node.members))}'"
        if not isinstance(type_, EnumType) or type_.name != node.type_name:
            hint = (
                f"Did you mean {type_.name}?"
                if isinstance(type_, EnumType)
                else f"No enumeration is called {node.type_name}."
            )
            raise self.error(
                f"The string '{shown}' is not a valid enumeration type constant.", node, hint
            )
        total = 0
        for member in node.members:
            total |= self._member(type_, member, shown, node)
        return Constant(type_, total)

    def _member(self, type_: EnumType, member: str | int, shown: str, node: Any) -> int:
        known = type_.members if self.context.future_members else type_.documented
        if isinstance(member, int):
            member = next((n for n in known if type_.members[n] == member), str(member))
        if member in known:
            return type_.members[member]
        hint = f"{type_.name} has {', '.join(type_.documented)}."
        if member in type_.members:
            hint = f"{member} is for requests with Prefer: include-unknown-enum-members. {hint}"
        else:
            hint += did_you_mean(member, tuple(known))
        raise self.error(
            f"The string '{shown}' is not a valid enumeration type constant.", node, hint
        )

    def _list(self, node: nodes.ListExpr) -> Bound:
        return bound.ListOf(ANY_COLLECTION, tuple(map(self.bind, node.items)))

    # Paths ------------------------------------------------------------------------------------

    def _identifier(self, node: nodes.Identifier) -> Bound:
        if node.name in self._variables:
            return self._variables[node.name]
        return self._step(self._item, node.name, node)

    def _member_path(self, node: nodes.Member) -> Bound:
        return self._step(self.bind(node.base), node.name, node)

    def _step(self, base: Bound, name: str, node: Any) -> Bound:
        if name.lower() in ("any", "all") and isinstance(base.type, CollectionType):
            raise self._no_parenthesis(node)
        if not isinstance(base, PropertyPath) or not isinstance(base.type, StructuredType):
            raise self.error(
                f"The parent value for a property access of a property '{name}' is not a single "
                "value. Property access can only be applied to a single value.",
                node,
            )
        if "." in name:
            return self._cast_segment(base, name, node)
        prop = base.type.find(name)
        if prop is None:
            raise self.error(
                f"Could not find a property named '{name}' on type '{base.type}'.",
                node,
                f"It has {', '.join(base.type.properties)}."
                + did_you_mean(name, tuple(base.type.properties)),
            )
        return self._property(base, prop)

    def _no_parenthesis(self, node: nodes.Member) -> QueryError:
        """The refusal of ``any`` and ``all`` without what they need, which parses as a property."""
        rest = self.text[node.position + len(node.name) :]
        place = len(self.text) - len(rest.lstrip())
        hint = f"Write {node.name}(x:x eq 'a')."
        return QueryError(placed(OPEN, self.text, place), place, self.text, hint)

    def _property(self, base: PropertyPath, prop: Property) -> PropertyPath:
        return PropertyPath(
            prop.type,
            (*base.names, prop.name),
            base.slot,
            prop.ignore_case,
            masks=not self.context.future_members,
        )

    def _cast_segment(self, base: PropertyPath, name: str, node: Any) -> Bound:
        type_ = self.context.types(name)
        if type_ is None:
            raise self.error(
                f"The type '{name}' is not defined in the model.", node, "Check its spelling."
            )
        if type_ != base.type:
            raise self.error(
                f"Encountered invalid type cast. '{name}' is not assignable from '{base.type}'.",
                node,
            )
        return base

    def _variable(self, node: nodes.Variable) -> Bound:
        if node.name == "$it":
            return PropertyPath(self.context.item, (), bound.RECORD_SLOT)
        if node.name == "$this":
            return self._item
        raise self.refused("$root in expressions", node)

    def _alias(self, node: nodes.Alias) -> Bound:
        opened: list[str] = []
        target: nodes.Expression = node
        while isinstance(target, nodes.Alias):  # however long the chain: it costs no stack
            opened.append(target.name)
            target = self._value_of(target.name, node)
        try:
            found = self.bind(target)
        except _InAlias as error:
            raise _InAlias(error.message, node.position, self.text) from error
        except QueryError as error:
            # Positions in the alias's value mean nothing in this text: say whose they are.
            message = f"In the value of {opened[-1]}: {error}"
            raise _InAlias(message, node.position, self.text) from error
        self._open_aliases.difference_update(opened)
        return found

    def _value_of(self, name: str, node: nodes.Alias) -> nodes.Expression:
        """What an alias stands for, which is open from then on."""
        if name not in self.context.aliases:
            hint = f"Add it to the query: &{name}=VALUE"
            raise self.error(f"The parameter alias '{name}' has no value.", node, hint)
        if name in self._open_aliases:
            raise self.error(f"The parameter alias '{name}' is defined by itself.", node)
        self._open_aliases.add(name)
        return self.context.aliases[name]

    # Collections ------------------------------------------------------------------------------

    def _collection(self, node: nodes.Expression, message: str) -> tuple[Bound, Type]:
        """A collection and its items' type. Raises an error of that message for anything else."""
        collection = self.bind(node)
        if not isinstance(collection.type, CollectionType) or not isinstance(
            collection, PropertyPath
        ):
            raise self.error(message, node, f"This is of type {collection.type}.")
        return collection, collection.type.item

    def _new_item(self, collection: Bound, type_: Type) -> PropertyPath:
        slot = self.slots
        self.slots += 1
        ignore_case = isinstance(collection, PropertyPath) and collection.ignore_case
        return PropertyPath(type_, (), slot, ignore_case, masks=not self.context.future_members)

    def _lambda(self, node: nodes.Lambda) -> Bound:
        collection, type_ = self._collection(
            node.base, "Any/All may only be used following a collection."
        )
        item = self._new_item(collection, type_)
        predicate = None
        if node.variable is not None and node.predicate is not None:
            if node.variable in self._variables:
                raise self.error(
                    f"The range variable '{node.variable}' has already been declared.", node
                )
            self._variables[node.variable] = item
            try:
                predicate = self.predicate(node.predicate)
            finally:
                del self._variables[node.variable]
        return bound.Quantified(types.BOOLEAN, node.kind, collection, item.slot, predicate)

    def _count_of(self, node: nodes.Count) -> Bound:
        collection, type_ = self._collection(
            node.base, "$count may only be used following a collection."
        )
        item = self._new_item(collection, type_)
        condition = None
        for option in node.options:
            if option.name != "$filter":
                raise self.refused(f"{option.name} inside $count", node)
            with self._as_item(item):
                condition = self.predicate(option.value)  # type: ignore[arg-type]  # by the option's name
        return bound.CountOf(types.INT64, collection, item.slot, condition)

    @contextmanager
    def _as_item(self, item: PropertyPath) -> Iterator[None]:
        outer, self._item = self._item, item
        try:
            yield
        finally:
            self._item = outer

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
        if node.op == "has":
            return self._has(left, right, node)
        if self._comparable(left, right):
            return self._compare(node.op, left, right)
        left, right = self._agree(left, right, node), self._agree(right, left, node)
        if not self._comparable(left, right):
            raise self._incompatible(node.op, left, right, node)
        return self._compare(node.op, left, right)

    def _compare(self, operator: str, left: Bound, right: Bound) -> Bound:
        fold = _ignores_case(left) or _ignores_case(right)
        return bound.Compare(types.BOOLEAN, operator, left, right, fold)

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
            return bound.OneOf(types.BOOLEAN, left, constants, _ignores_case(left))
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

    # Functions --------------------------------------------------------------------------------

    def _call(self, node: nodes.Call) -> Bound:
        name = node.name.casefold()
        if name == "now":
            return bound.Now(types.DATE_TIME_OFFSET)
        if name in {"cast", "isof"}:
            return self._typed_call(name, node)
        if name not in FUNCTIONS:
            raise self.refused(f"the function {node.name}", node)
        arguments = [self.bind(argument) for argument in node.arguments]  # type: ignore[arg-type]  # only cast and isof have type names
        for function in FUNCTIONS[name]:
            if _accepts(function, arguments):
                return self._apply(function, arguments, node)
        raise self._no_signature(name, arguments, node)

    def _apply(self, function: Function, arguments: Sequence[Bound], node: Any) -> Bound:
        """A call; worked out at once where it depends on nothing, so that it fails at once too."""
        if function.folds and any(map(_ignores_case, arguments)):
            function = folded(function)
        constants = [a.value for a in arguments if isinstance(a, Constant)]
        try:
            if function.check and constants and isinstance(arguments[-1], Constant):
                function.check(constants[-1])
            if len(constants) == len(arguments):
                known = None if None in constants else function.apply(*constants)
                self._check_size(known, node)
                return Constant(function.result, known)
        except (ArithmeticError, ValueError) as error:
            raise self.error(
                "The expression cannot be evaluated.", node, f"{failure_reason(error)}."
            ) from error
        return bound.Apply(function.result, function, tuple(arguments))

    def _check_size(self, value: Any, node: Any) -> None:
        if isinstance(value, str | list) and len(value) > MAX_CONSTANT:
            raise self.error("The expression is too large once it is worked out.", node)

    def _no_signature(self, name: str, arguments: list[Bound], node: nodes.Call) -> QueryError:
        found = ", ".join(str(argument.type) for argument in arguments)
        return self.error(no_signature(name), node, f"It was called with ({found}).")

    def _typed_call(self, name: str, node: nodes.Call) -> Bound:
        *values_, type_node = node.arguments
        type_ = self._named_type(type_node)
        value = self.bind(values_[0]) if values_ else self._item  # type: ignore[arg-type]  # the last one alone is a type
        if name == "isof":
            return self._is_of(value, type_)
        function = cast_function(value.type, type_)
        if type_ == value.type or value.type is None:
            return value
        if function is None:
            raise self.error(
                f"Encountered invalid type cast. '{type_}' is not assignable from '{value.type}'.",
                node,
            )
        return self._apply(function, (value,), node)

    def _is_of(self, value: Bound, type_: Type) -> Bound:
        if type_ != value.type:
            return Constant(types.BOOLEAN, False)
        if isinstance(value, PropertyPath) and not value.names:
            return Constant(types.BOOLEAN, True)
        return bound.Compare(types.BOOLEAN, "ne", value, Constant(None, None))

    def _named_type(self, node: Any) -> Type:
        name = node.value if isinstance(node, nodes.Literal) else getattr(node, "name", None)
        if not isinstance(name, str):
            raise self.error("Cast or IsOf Function must have a type in its arguments.", node)
        type_ = types.PRIMITIVES.get(name) or self.context.types(name)
        if type_ is None:
            raise self.error(
                f"The type '{name}' is not defined in the model.",
                node,
                "Name it with its namespace, as in 'microsoft.graph.user' or Edm.String.",
            )
        return CollectionType(type_) if getattr(node, "collection", False) else type_

    def _case(self, node: nodes.Case) -> Bound:
        branches = tuple(
            (self._boolean(condition, "and"), self.bind(value))
            for condition, value in node.branches
        )
        known = {value.type for _, value in branches} - {None}
        if len(known) > 1 and not known <= set(NUMBERS):
            raise self.error("The values of case() must be of one type.", node)
        return bound.Choice(max(known, key=_width, default=None), branches)


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


def _ignores_case(expression: Bound) -> bool:
    return isinstance(expression, PropertyPath) and expression.ignore_case


def _accepts(function: Function, arguments: list[Bound]) -> bool:
    return len(function.arguments) == len(arguments) and all(
        _fits(expected, argument.type)
        for expected, argument in zip(function.arguments, arguments, strict=True)
    )


def _fits(expected: Type, found: Type | None) -> bool:
    if found is None or expected == found:
        return True
    if isinstance(expected, CollectionType):
        return isinstance(found, CollectionType)
    if expected == types.DOUBLE or expected == types.DECIMAL:
        return found in NUMBERS and (expected == types.DECIMAL) != (found in FLOATS)
    return expected == types.INT32 and found in INTEGERS


_BINDERS: dict[type, Callable[[Binder, Any], Bound]] = {
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
