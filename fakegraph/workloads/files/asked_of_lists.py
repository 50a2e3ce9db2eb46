"""What a condition or an order names of the fields of lists, and what of it lists can be asked.

https://learn.microsoft.com/graph/api/listitem-list
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fakegraph.errors import GraphError
from fakegraph.odata import nodes
from fakegraph.odata.errors import QueryError
from fakegraph.odata.options import parse_expression, parse_filter, parse_orderby


class Named(NamedTuple):
    """A field that a query names: in which option, and the type of what it is compared to."""

    option: str
    compared: str


_COMPARED = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})


def named(options: Mapping[str, str], aliases: Mapping[str, str]) -> Mapping[str, Named]:
    """The fields that the options name. What cannot be read has none: who reads the query says so.

    Raises GraphError (400) for what lists cannot be asked.
    """
    reader = _Reader(aliases)
    try:
        if "filter" in options:
            reader.option = "$filter"
            reader.condition(parse_filter(options["filter"]))
        if "orderby" in options:
            reader.option = "$orderby"
            for term in parse_orderby(options["orderby"]):
                reader.key(term.expression)
    except QueryError:
        pass
    return reader.found


class _Reader:
    """Goes through trees; an alias is what it stands for."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self.option = ""
        self.found: dict[str, Named] = {}
        self._aliases = dict(aliases)

    def condition(self, node: nodes.Expression) -> None:
        """What has to be so. Raises GraphError (400), and QueryError of an alias."""
        match node:
            case nodes.And(terms=terms) | nodes.Or(terms=terms):
                for each in terms:
                    self.condition(each)
            case nodes.Not(operand=operand):
                self.condition(operand)
            case nodes.Comparison(op=op, left=left, right=right) if op in _COMPARED:
                self._value(left, right)
                self._value(right, left)
            case nodes.Alias():
                self.condition(self._meant(node))
            case _:
                self._value(node)

    def key(self, node: nodes.Expression) -> None:
        """What is sorted by. Raises GraphError (400), and QueryError of an alias."""
        match self._meant(node):
            case nodes.Member() | nodes.Identifier() as path:
                self._value(path)
            case _:
                raise self._unasked()

    def _value(self, node: nodes.Expression, other: nodes.Expression | None = None) -> None:
        """One side of a comparison, with the other."""
        match self._meant(node):
            case nodes.Member(base=nodes.Identifier(name=base), name=name) if _is_fields(base):
                self.found.setdefault(name, Named(self.option, self._type_of(other)))
            case nodes.Call(name=name, arguments=arguments) if name.lower() == "startswith":
                for each in arguments:
                    if not isinstance(each, nodes.TypeName):
                        self._value(each)
            case nodes.Comparison() | nodes.And() | nodes.Or() | nodes.Not() as inner:
                self.condition(inner)
            case nodes.Literal() | nodes.Identifier() | nodes.Member() | nodes.Annotation():
                pass
            case nodes.Alias():
                pass  # one that is given nowhere, which is told
            case _:
                raise self._unasked()

    def _type_of(self, node: nodes.Expression | None) -> str:
        meant = None if node is None else self._meant(node)
        return meant.type if isinstance(meant, nodes.Literal) else ""

    def _meant(self, node: nodes.Expression) -> nodes.Expression:
        """What an alias stands for, and anything else itself. Raises QueryError."""
        known = dict(self._aliases)
        while isinstance(node, nodes.Alias):
            text = known.pop(f"@{node.name.removeprefix('@')}", None)
            if text is None:
                break
            node = parse_expression(text)
        return node

    def _unasked(self) -> GraphError:
        return GraphError(400, "notSupported", "Operation not supported", self.option)


def _is_fields(name: str) -> bool:
    return name.casefold() == "fields"
