"""``--strict-queries``: of what OData allows, only what the documentation lists for a resource.

The words are those of the library that reporting workloads check their queries with. What joins
and groups conditions (``and``, ``or``, ``not``, parentheses) is listed for Microsoft Graph as a
whole: https://learn.microsoft.com/graph/filter-query-parameter
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fakegraph.edm.types import Property
from fakegraph.errors import GraphError, bad_request
from fakegraph.odata import bound
from fakegraph.odata.binder import OPERATOR_KINDS
from fakegraph.odata.bound import Bound, PropertyPath
from fakegraph.odata.query import INVALID, Asked


def check_filter(tree: Bound, resource: Asked) -> None:
    """Raise GraphError (400) for an operator or function that is not listed for its property."""
    if resource.options is not None:
        _check(tree, resource)


def check_order(tree: Bound, resource: Asked) -> None:
    """Raise GraphError (400) for a term of ``$orderby`` that is not listed."""
    if resource.options is None:
        return
    prop = _property(tree, resource)
    if prop is None:
        raise _refused("Only properties can be used in the $orderby query option.", "$orderby")
    if not prop.sorts:
        sorting = [each.name for each in resource.type.properties.values() if each.sorts]
        raise _refused(
            f"The property '{prop.name}' cannot be used in the $orderby query option. "
            f"The documentation lists {', '.join(sorting) or 'none'}.",
            "$orderby",
        )


def _check(tree: Bound, resource: Asked, item: Property | None = None) -> None:
    """``item``: the collection whose items a lambda's variable stands for."""
    match tree:
        case bound.Logic(_, _, terms):
            for term in terms:
                _check(term, resource, item)
        case bound.Not(_, term):
            _check(term, resource, item)
        case bound.Compare(_, operator, left, right):
            shown = f"Logical operator '{OPERATOR_KINDS[operator]}'"
            _check_use(operator, shown, (left, right), resource, item)
        case bound.Apply(_, function, arguments):
            _check_use(function.name, f"Function '{function.name}'", arguments, resource, item)
        case bound.Quantified(_, quantifier, collection, _, predicate):
            _check_use(quantifier, f"Function '{quantifier}'", (collection,), resource, item)
            if predicate is not None:
                _check(predicate, resource, _property(collection, resource))
        case bound.OneOf(_, left, _):
            _check_use("in", "Logical operator 'In'", (left,), resource, item)
        case _:
            raise _refused(f"{_NAMES.get(type(tree), 'This expression')} is not allowed.")


_NAMES: dict[type, str] = {
    bound.Constant: "A condition without a property",
    PropertyPath: "A property by itself, without a comparison,",
    bound.HasFlags: "Logical operator 'Has'",
    bound.CountOf: "/$count in a filter",
    bound.Choice: "Function 'case'",
}


def _check_use(
    name: str, shown: str, operands: Iterable[Bound], resource: Asked, item: Property | None
) -> None:
    """Check an operator or function between properties and constants."""
    properties = []
    for operand in operands:
        if isinstance(operand, bound.Constant):
            continue
        prop = _property(operand, resource) or (item if _is_item(operand) else None)
        if prop is None:
            _check_inner(operand)
        else:
            properties.append(prop)
    for prop in properties:
        if not prop.filters:
            raise _refused(
                f"The property '{prop.name}' cannot be used in the $filter query option."
            )
        if name not in prop.filters:
            raise _refused(
                f"{shown} is not allowed for the property '{prop.name}'. "
                f"The documentation lists {', '.join(prop.filters)}."
            )


def _check_inner(operand: Any) -> None:
    what = operand.function.name if isinstance(operand, bound.Apply) else "expression"
    raise _refused(f"Function '{what}' is not allowed inside a comparison.")


def _is_item(operand: Bound) -> bool:
    return isinstance(operand, PropertyPath) and not operand.names and operand.slot > 0


def _property(tree: Bound, resource: Asked) -> Property | None:
    if isinstance(tree, PropertyPath) and len(tree.names) == 1 and tree.slot == bound.RECORD_SLOT:
        return resource.type.properties.get(str(tree.names[0]))
    return None


def _refused(message: str, target: str = "$filter") -> GraphError:
    return bad_request(f"{INVALID} {message}", target)
