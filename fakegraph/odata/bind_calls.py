"""Calls of functions, and those of types: ``cast`` and ``isof``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fakegraph.edm import types
from fakegraph.edm.types import (
    FLOATS,
    INTEGERS,
    NUMBERS,
    CollectionType,
    StructuredType,
    Type,
)
from fakegraph.odata import bound, nodes
from fakegraph.odata.arithmetic import failure_reason
from fakegraph.odata.bind_paths import Paths
from fakegraph.odata.binding import ignores_case
from fakegraph.odata.bound import Bound, Constant, PropertyPath
from fakegraph.odata.casts import cast_function
from fakegraph.odata.errors import QueryError
from fakegraph.odata.functions import FUNCTIONS, Function, folded, no_signature

MAX_CONSTANT = 65_536  # characters or items of what is worked out at once: it is kept


class Calls(Paths):
    """Binds them to the rows of the table of functions."""

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
        if function.folds and any(map(ignores_case, arguments)):
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
        if isinstance(value, PropertyPath) and isinstance(type_, StructuredType):
            found = self._cast(value, type_)
            if found is not None:
                return found
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
        if isinstance(type_, StructuredType) and isinstance(value.type, StructuredType):
            if type_.is_heir_of(value.type) and type_.name != value.type.name:
                assert isinstance(value, PropertyPath)
                self.typed = True
                return bound.IsOf(types.BOOLEAN, value, bound.Kinds.of(type_))
            if not value.type.is_heir_of(type_):
                return Constant(types.BOOLEAN, False)
        elif type_ != value.type:
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
