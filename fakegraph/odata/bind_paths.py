"""Names: properties and what lies behind them, variables, aliases, collections and their items."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from fakegraph.edm import types
from fakegraph.edm.fields import did_you_mean
from fakegraph.edm.types import CollectionType, Property, StructuredType, Type
from fakegraph.odata import bound, nodes
from fakegraph.odata.binding import Binding
from fakegraph.odata.bound import Bound, PropertyPath
from fakegraph.odata.errors import QueryError
from fakegraph.odata.sentences import OPEN, placed


class _InAlias(QueryError):
    """A fault in the value of an alias; the message says of which."""


class _Items(NamedTuple):
    """The items of a collection: ``seen`` as those of a type, ``meant`` where they are of it."""

    collection: PropertyPath
    item: PropertyPath
    seen: PropertyPath
    meant: Bound | None


def _of_those(meant: Bound, kind: str, predicate: Bound | None) -> Bound:
    """A condition on items that is about those of a type alone: others never count."""
    if predicate is None:
        return meant
    if kind == "any":
        return bound.Logic(types.BOOLEAN, "and", (meant, predicate))
    return bound.Logic(types.BOOLEAN, "or", (bound.Not(types.BOOLEAN, meant), predicate))


class Paths(Binding):
    """Binds them to properties of the record, or of an item."""

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
            leading = base.type.lead(name)
            if leading is not None:
                return self._lead(base, leading)
            refused = base.type.unknown(name)
            if refused is not None:
                raise refused
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
        """A property of what a path leads to; in an object that ignores case, all texts do."""
        return PropertyPath(
            prop.type,
            (*base.names, prop.name),
            base.slot,
            prop.ignore_case or base.ignore_case,
            masks=not self.context.future_members,
            way=(*base.way, prop.name),
            spellings=prop.spellings,
        )

    def _lead(self, base: PropertyPath, leading: Property) -> PropertyPath:
        """What a navigation property leads to."""
        found = self._property(base, leading)
        self.led["/".join(found.way)] = None
        return found

    def _cast_segment(self, base: PropertyPath, name: str, node: Any) -> PropertyPath:
        type_ = self.context.types(name)
        if type_ is None:
            raise self.error(
                f"The type '{name}' is not defined in the model.", node, "Check its spelling."
            )
        found = self._cast(base, type_)
        if found is None:
            raise self.error(
                f"Encountered invalid type cast. '{name}' is not assignable from '{base.type}'.",
                node,
            )
        return found

    def _cast(self, base: PropertyPath, type_: Type) -> PropertyPath | None:
        """The same as a thing of a type; None where it can be none."""
        known = base.type
        if not isinstance(type_, StructuredType) or not isinstance(known, StructuredType):
            return None
        if known.is_heir_of(type_):
            return base
        if not type_.is_heir_of(known):
            return None
        self.typed = True
        names, way = (*base.names, bound.Kinds.of(type_)), (*base.way, type_.name)
        return replace(base, type=known.seen_as(type_), names=names, way=way)

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

    def _collection(self, node: nodes.Expression, message: str) -> tuple[PropertyPath, Type]:
        """A collection and its items' type. Raises an error of that message for anything else."""
        return self._known_collection(self.bind(node), node, message)

    def _known_collection(
        self, collection: Bound, node: nodes.Expression, message: str
    ) -> tuple[PropertyPath, Type]:
        if not isinstance(collection.type, CollectionType) or not isinstance(
            collection, PropertyPath
        ):
            raise self.error(message, node, f"This is of type {collection.type}.")
        return collection, collection.type.item

    def _items(self, node: nodes.Expression, message: str) -> _Items:
        """The items of a collection that something is asked of: where a cast stands behind it,
        those of that type. Raises an error of that message for anything else.
        """
        if isinstance(node, nodes.Member) and "." in node.name:
            base = self.bind(node.base)
            if isinstance(base.type, CollectionType):
                collection, type_ = self._known_collection(base, node, message)
                item = self._new_item(collection, type_)
                if isinstance(type_, StructuredType):
                    seen = self._cast_segment(item, node.name, node)
                    return _Items(collection, item, seen, self._is_of(item, seen.type))
        collection, type_ = self._collection(node, message)
        item = self._new_item(collection, type_)
        return _Items(collection, item, item, None)

    def _is_of(self, value: Bound, type_: Type) -> Bound:
        raise NotImplementedError

    def _new_item(self, collection: Bound, type_: Type) -> PropertyPath:
        slot = self.slots
        self.slots += 1
        masks = not self.context.future_members
        if not isinstance(collection, PropertyPath):
            return PropertyPath(type_, (), slot, masks=masks)
        way = (*collection.way, "{id}")
        return PropertyPath(type_, (), slot, collection.ignore_case, masks=masks, way=way)

    def _lambda(self, node: nodes.Lambda) -> Bound:
        found = self._items(node.base, "Any/All may only be used following a collection.")
        predicate = None
        if node.variable is not None and node.predicate is not None:
            if node.variable in self._variables:
                raise self.error(
                    f"The range variable '{node.variable}' has already been declared.", node
                )
            self._variables[node.variable] = found.seen
            try:
                predicate = self.predicate(node.predicate)
            finally:
                del self._variables[node.variable]
        if found.meant is not None:
            predicate = _of_those(found.meant, node.kind, predicate)
        return bound.Quantified(
            types.BOOLEAN, node.kind, found.collection, found.item.slot, predicate
        )

    def _count_of(self, node: nodes.Count) -> Bound:
        found = self._items(node.base, "$count may only be used following a collection.")
        condition = None
        for option in node.options:
            if option.name != "$filter":
                raise self.refused(f"{option.name} inside $count", node)
            with self._as_item(found.seen):
                condition = self.predicate(option.value)  # type: ignore[arg-type]  # by the option's name
        if found.meant is not None:
            condition = _of_those(found.meant, "any", condition)
        return bound.CountOf(types.INT64, found.collection, found.item.slot, condition)

    @contextmanager
    def _as_item(self, item: PropertyPath) -> Iterator[None]:
        outer, self._item = self._item, item
        try:
            yield
        finally:
            self._item = outer
