"""What expressions are bound against, and what the parts of the binder share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from fakegraph.dataclass import dataclass
from fakegraph.edm import types
from fakegraph.edm.types import StructuredType, Type
from fakegraph.odata import bound, nodes
from fakegraph.odata.bound import Bound, PropertyPath
from fakegraph.odata.errors import QueryError
from fakegraph.odata.query import About

MAX_BOUND_NODES = 10_000  # parameter aliases can be used many times: the whole stays bounded
MAX_BOUND_DEPTH = 150

TypeLookup = Callable[[str], Type | None]


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


class Binding:
    """What the parts of the binder share: the whole that they are parts of, its state and refusals.

    ``binders`` has, by kind of node, what binds it.
    """

    binders: ClassVar[Mapping[type, Callable[[Any, Any], Bound]]] = {}

    def __init__(self, context: Context, text: str) -> None:
        self.context = context
        self.text = text
        self.slots = bound.FIRST_FREE_SLOT
        self._item = PropertyPath(context.item, (), bound.RECORD_SLOT)
        self._variables: dict[str, PropertyPath] = {}
        self._open_aliases: set[str] = set()
        self.led: dict[str, None] = {}
        self.typed = False
        self._count = 0
        self._depth = 0

    @property
    def about(self) -> About:
        """What all that was bound asks of a thing beside its properties."""
        return About(tuple(self.led), self.typed)

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
            return self.binders[type(node)](self, node)
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


def ignores_case(expression: Bound) -> bool:
    """Whether the service compares its text without regard to case."""
    return isinstance(expression, PropertyPath) and expression.ignore_case
