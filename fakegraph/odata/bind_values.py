"""Values that are written out: literals, members of enumerations, lists."""

from __future__ import annotations

from typing import Any

from fakegraph.edm import types, values
from fakegraph.edm.fields import did_you_mean
from fakegraph.edm.types import EnumType, PrimitiveType
from fakegraph.odata import bound, nodes
from fakegraph.odata.binding import Binding
from fakegraph.odata.bound import Bound, Constant
from fakegraph.odata.functions import ANY_COLLECTION
from fakegraph.odata.sentences import bad_date_time


class Values(Binding):
    """Binds them, as keys of their types."""

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
