"""``$expand``: what things lead to, shown with them (OData 4.01 Part 1, 11.2.5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson

from fakegraph.edm.fields import did_you_mean
from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import NavigationProperty
from fakegraph.errors import GraphError, bad_request
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.collections import Beheld, originals
from fakegraph.graph.whole.leading import Leading
from fakegraph.graph.whole.locate import Way
from fakegraph.graph.whole.places import Many, One, Place
from fakegraph.graph.whole.queries import Queried, query_type
from fakegraph.graph.whole.world import World
from fakegraph.odata import engine
from fakegraph.odata.budget import Budget
from fakegraph.odata.errors import QueryError
from fakegraph.odata.options import parse_expand
from fakegraph.odata.query import Query, Source
from fakegraph.odata.query_string import Options
from fakegraph.odata.reading import read_query
from fakegraph.store import Record, Row

_FAILED = "Parsing OData Select and Expand failed: "
_MOST_LEVELS = 1_000
_DEEPEST = 64  # where several lead to several; a chain of single things may be longer
_MOST_ITEMS = 999
_WORK = 100  # of finding, and of showing, one thing: as that many comparisons


@dataclass(frozen=True)
class Expansion:
    """One navigation property that is expanded, of things of a type, and what is asked of it.

    ``levels``: how many times it is followed further; ``endless``: a chain of single things goes
    on until it ends, or comes to what it has shown.
    """

    owner: PublishedType
    member: NavigationProperty
    options: Options
    inner: tuple[Expansion, ...]
    levels: int
    endless: bool = False
    unasked: bool = False


@lru_cache(maxsize=512)
def read_expand(text: str, type_: PublishedType) -> tuple[Expansion, ...]:
    """What an ``$expand`` asks for. Raises GraphError (400)."""
    try:
        parse_expand(text)
    except QueryError as error:
        raise bad_request(f"{_FAILED}{error}", "$expand") from error
    found: dict[str, Expansion] = {}
    for item in _split(text, ","):
        each = _expansion(item, type_)
        if each.member.name in found:
            message = f"{_FAILED}'{each.member.name}' is expanded more than once."
            raise bad_request(message, "$expand")
        found[each.member.name] = each
    return tuple(found.values())


def check_number(expansions: tuple[Expansion, ...], most: int | None) -> None:
    """Raise GraphError (400) for more things to expand than a workload allows."""
    if most is not None and len(expansions) > most:
        raise bad_request(
            f"The result of parsing $expand contained at least {most + 1} items, but the maximum "
            f"allowed is {most}.",
            "$expand",
        )


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
    levels = values.pop("levels", "1").strip().casefold()
    endless = levels == "max"
    further = _MOST_LEVELS if endless else _read_levels(levels, member.name)
    inner = values.pop("expand", None)
    assert isinstance(member.type, PublishedType)
    nested = read_expand(inner, member.type) if inner is not None else ()
    return Expansion(owner, member, Options(values, {}), nested, further - 1, endless)


def _read_levels(text: str, name: str) -> int:
    levels = int(text)
    if levels > _MOST_LEVELS:
        raise bad_request(
            f"{_FAILED}The $levels of '{name}' is a number from 1 to {_MOST_LEVELS} or 'max', it "
            f"is set to '{text}' instead.",
            "$expand",
        )
    return levels


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


def _too_deep() -> GraphError:
    return GraphError(
        501,
        "NotImplemented",
        f"fakegraph expands what leads to several things no more than {_DEEPEST} levels deep. Ask "
        "with smaller $levels.",
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
        self._lookup = asked.lookup
        self._budget = Budget()

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
        if len(on_the_way) > _DEEPEST:
            raise _too_deep()
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
            whole |= self._found(row, place, each, (*on_the_way, each.member))
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
        self, start: Row, place: Place, expansion: Expansion, way: tuple[NavigationProperty, ...]
    ) -> Record:
        name = expansion.member.name
        query = self._query(expansion)
        if isinstance(place, One):
            self._budget.spend(_WORK)
            return {name: self._chain(start, place, expansion, query, way)}
        page = self._page(place, query, expansion)
        found: Record = {}
        if page.total is not None:
            found[f"{name}@odata.count"] = page.total
        found[name] = [self._item(row, expansion, query, way) for row in page.rows]
        return found

    def _chain(
        self,
        start: Row,
        place: One,
        expansion: Expansion,
        query: Query,
        way: tuple[NavigationProperty, ...],
    ) -> Any:
        """A single thing, in it the one that it leads to, and so on for as many levels as asked.

        Made from the last to the first, as JSON: what is so deep can be made in no other way.
        """
        once = replace(expansion, levels=0)
        row, seen = place.row, {start.key}
        if row is None:
            return place.start
        items: list[Record] = []
        while row is not None:
            items.append(self._item(row, once, query, way))
            if len(items) > expansion.levels or (expansion.endless and row.key in seen):
                break
            seen.add(row.key)
            at = self._place(row, expansion)
            row = at.row if isinstance(at, One) else None
        found = items.pop()
        while items:
            found = {**items.pop(), expansion.member.name: orjson.Fragment(orjson.dumps(found))}
        return found

    def _item(
        self,
        row: Row,
        expansion: Expansion,
        query: Query,
        way: tuple[NavigationProperty, ...],
    ) -> Record:
        self._budget.spend(_WORK)
        type_ = expansion.member.type
        shown = self._show(self._asked, row, query.select, type_)
        inner = expansion.inner
        if expansion.levels > 0:
            inner = (*inner, replace(expansion, levels=expansion.levels - 1))
        return self.expanded(row, shown, inner, query.select, way)

    def _page(self, many: Many, query: Query, expansion: Expansion) -> engine.Page:
        workload = self._asked.world.declared.workload([expansion.owner])
        most = many.said.expanded or workload.expanded or _MOST_ITEMS
        size = min(query.top or most, workload.expanded or _MOST_ITEMS)
        rows = self._asked.rows(many)
        self._budget.spend(_WORK + engine.effort(query, rows))
        if query.about:
            rows = Beheld(rows, Leading(self._asked).seen)
        page = engine.run(query, rows, size, None, self._asked.tenant.instant())
        return originals(page)

    def _query(self, expansion: Expansion) -> Query:
        type_ = expansion.member.type
        assert isinstance(type_, PublishedType)
        return read_query(expansion.options, inner_source(self._asked, type_))


@lru_cache(maxsize=1024)
def _unasked(world: World, type_: PublishedType) -> tuple[Expansion, ...]:
    return tuple(
        Expansion(type_, type_.navigation[name], Options({}, {}), (), 0, unasked=True)
        for name in world.unasked(type_)
    )


def inner_source(asked: Asked, type_: PublishedType) -> Source:
    """What queries are bound against that stand in an ``$expand`` of things of a type."""
    strict = asked.tenant.strict_queries
    queried = _queried(asked.world, type_)
    return Source(asked.world.model, queried, asked.preferences.future_members, strict)


@lru_cache(maxsize=1024)
def _queried(world: Any, type_: PublishedType) -> Queried:
    return Queried(type_.name, query_type(world, type_), type_.name)
