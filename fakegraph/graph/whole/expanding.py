"""``$expand``: what things lead to, shown with them (OData 4.01 Part 1, 11.2.5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from fakegraph.edm.fields import did_you_mean
from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import NavigationProperty
from fakegraph.errors import GraphError, bad_request
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.locate import Way
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.places import Many, One, Place
from fakegraph.graph.whole.queries import Queried, query_type
from fakegraph.graph.whole.world import World
from fakegraph.odata import engine
from fakegraph.odata.errors import QueryError
from fakegraph.odata.options import parse_expand
from fakegraph.odata.query import Query, Source
from fakegraph.odata.query_string import Options
from fakegraph.odata.reading import read_query
from fakegraph.store import Record, Row

_FAILED = "Parsing OData Select and Expand failed: "
_MOST_LEVELS = 32
_MOST_ITEMS = 999


@dataclass(frozen=True)
class Expansion:
    """One navigation property that is expanded, of things of a type, and what is asked of it.

    ``levels``: how many times it is followed further.
    """

    owner: PublishedType
    member: NavigationProperty
    options: Options
    inner: tuple[Expansion, ...]
    levels: int
    unasked: bool = False


@lru_cache(maxsize=512)
def read_expand(text: str, type_: PublishedType) -> tuple[Expansion, ...]:
    """What an ``$expand`` asks for. Raises GraphError (400)."""
    try:
        parse_expand(text)
    except QueryError as error:
        raise bad_request(f"{_FAILED}{error}", "$expand") from error
    return tuple(_expansion(item, type_) for item in _split(text, ","))


def _expansion(text: str, type_: PublishedType) -> Expansion:
    path, opening, rest = text.partition("(")
    *casts, name = path.strip().split("/")
    if name in ("$ref", "$count", "*") or name.startswith("$"):
        raise bad_request(f"{_FAILED}fakegraph does not expand '{path.strip()}'.", "$expand")
    owner = type_
    for cast in casts:
        found = type_.model.type_named(cast)
        if not isinstance(found, PublishedType) or not found.is_heir_of(owner):
            raise bad_request(f"{_FAILED}'{cast}' is no type derived from '{owner}'.", "$expand")
        owner = found
    member = owner.member(name)
    if not isinstance(member, NavigationProperty):
        raise _not_expandable(name, owner)
    if owner.capabilities.get(f"{member.name}/ExpandRestrictions.Expandable") is False:
        raise GraphError(
            400,
            "ExpandNotSupported",
            f"Expand is not allowed for property '{member.name}' according to the entity schema.",
            "$expand",
        )
    values = dict(_pair(part) for part in _split(rest.rstrip()[:-1], ";")) if opening else {}
    levels = values.pop("levels", "1")
    further = _MOST_LEVELS if levels == "max" else min(int(levels), _MOST_LEVELS)
    inner = values.pop("expand", None)
    assert isinstance(member.type, PublishedType)
    nested = read_expand(inner, member.type) if inner is not None else ()
    return Expansion(owner, member, Options(values, {}), nested, further - 1)


def _not_expandable(name: str, type_: PublishedType) -> GraphError:
    if type_.member(name) is not None:
        return bad_request(
            f"{_FAILED}Property '{name}' on type '{type_}' is not a navigation property or complex "
            "property. Only navigation properties can be expanded.",
            "$expand",
        )
    return bad_request(
        f"{_FAILED}Could not find a property named '{name}' on type '{type_}'."
        + did_you_mean(name, tuple(type_.navigation)),
        "$expand",
    )


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().removeprefix("$").casefold(), value


def _split(text: str, separator: str) -> Iterator[str]:
    """The parts of a text between separators that stand in no parentheses and no quotes."""
    depth, start, quote = 0, 0, ""
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == separator and not depth:
            yield text[start:place]
            start = place + 1
    yield text[start:]


class Expander:
    """Gives what things lead to, as one request asks for it."""

    def __init__(self, asked: Asked, show: Any) -> None:
        """``show`` makes of a row, the selected properties and a type what a client sees."""
        self._asked = asked
        self._show = show
        self._lookup = InStore(asked.tenant.store)

    def expanded(
        self,
        row: Row,
        shown: Record,
        expansions: tuple[Expansion, ...],
        select: tuple[str, ...] | None = None,
        on_the_way: tuple[NavigationProperty, ...] = (),
    ) -> Record:
        """What is shown of a row, with what it leads to.

        ``on_the_way`` are what led to it: that is not expanded again unless somebody asks for it.
        """
        whole = dict(shown)
        members = {each.member.name for each in expansions}
        unasked = [
            each
            for each in self._unasked(row)
            if (select is None or each.member.name in select)
            and each.member.name not in members
            and each.member not in on_the_way
        ]
        for each in (*unasked, *expansions):
            place = self._place(row, each)
            if place is None or (each.unasked and isinstance(place, One) and not place.there):
                continue
            whole |= self._found(place, each, (*on_the_way, each.member))
        return whole

    def _unasked(self, row: Row) -> tuple[Expansion, ...]:
        """What is expanded of a row although nobody asks for it."""
        if not row.key:
            return ()
        container = self._lookup.container_of(row.key)
        return _unasked(self._asked.world, self._asked.world.type_of(row.record, container))

    def _place(self, row: Row, expansion: Expansion) -> Place | None:
        """What the navigation property of a row leads to; None where the row cannot have it."""
        if not row.key:
            return None
        way = Way(self._asked.world, self._lookup, self._asked.me, ())
        if not way.place_of(row).type.is_heir_of(expansion.owner):
            return None
        return self._asked.member_of(row, expansion.member.name)

    def _found(
        self, place: Place, expansion: Expansion, way: tuple[NavigationProperty, ...]
    ) -> Record:
        name = expansion.member.name
        query = self._query(expansion)
        if isinstance(place, One):
            return {name: self._one(place, expansion, query, way)}
        page = self._page(place, query)
        found: Record = {}
        if page.total is not None:
            found[f"{name}@odata.count"] = page.total
        found[name] = [self._item(row, expansion, query, way) for row in page.rows]
        return found

    def _one(
        self,
        place: One,
        expansion: Expansion,
        query: Query,
        way: tuple[NavigationProperty, ...],
    ) -> Record | None:
        if place.row is None:
            return place.start
        return self._item(place.row, expansion, query, way)

    def _item(
        self,
        row: Row,
        expansion: Expansion,
        query: Query,
        way: tuple[NavigationProperty, ...],
    ) -> Record:
        type_ = expansion.member.type
        shown = self._show(self._asked, row, query.select, type_)
        inner = expansion.inner
        if expansion.levels > 0:
            inner = (*inner, replace(expansion, levels=expansion.levels - 1))
        return self.expanded(row, shown, inner, query.select, way)

    def _page(self, many: Many, query: Query) -> engine.Page:
        size = query.top or many.said.expanded or _MOST_ITEMS
        return engine.run(query, many.rows(), size, None, self._asked.tenant.instant())

    def _query(self, expansion: Expansion) -> Query:
        asked, type_ = self._asked, expansion.member.type
        assert isinstance(type_, PublishedType)
        source = Source(
            asked.world.model,
            _queried(asked.world, type_),
            asked.preferences.future_members,
            asked.tenant.strict_queries,
        )
        return read_query(expansion.options, source)


@lru_cache(maxsize=1024)
def _unasked(world: World, type_: PublishedType) -> tuple[Expansion, ...]:
    return tuple(
        Expansion(type_, type_.navigation[name], Options({}, {}), (), 0, unasked=True)
        for name in world.unasked(type_)
    )


@lru_cache(maxsize=1024)
def _queried(world: Any, type_: PublishedType) -> Queried:
    return Queried(type_.name, query_type(world, type_), type_.name)
