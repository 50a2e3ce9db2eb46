"""What things have that have none of their own, but ask for those that are elsewhere.

A search folder says in ``filterQuery`` which messages are in it: ``Type.asks`` declares that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import NavigationProperty
from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError
from fakegraph.graph.whole.lookup import InStore, Lookup
from fakegraph.graph.whole.places import Question
from fakegraph.graph.whole.queries import queried_as
from fakegraph.graph.whole.seeing import Seer
from fakegraph.graph.whole.world import World
from fakegraph.odata import engine
from fakegraph.odata.query import Filter, Source
from fakegraph.odata.query_string import Options
from fakegraph.odata.reading import read_query
from fakegraph.store import Key, Record, Row, Store
from fakegraph.workloads.handed import Asks, Compute

_NOW = re.compile(r"\b(?:now|maxdatetime|mindatetime)\(", re.IGNORECASE)
_ALWAYS = Instant(0)
"""No condition that is taken goes by the time."""


def question(
    world: World, lookup: Lookup, type_: PublishedType, asks: Asks, record: Record, owner: Key
) -> Question:
    """What a record asks for among things of a type. Raises GraphError for what cannot be asked."""
    text = str(record.get(asks.condition) or "")
    condition = _condition(world, type_, text) if text else None
    values = tuple(asks.among(record, lambda name: lookup.owned(name, owner)))
    names = frozenset(name for name in type_.properties if re.search(rf"\b{name}\b", text, re.I))
    computed = computed_in(world, type_, text)
    seer = _seer(world, lookup) if computed else None

    def test(row: Row) -> bool:
        if row.record.get(asks.by) not in values:
            return False
        if condition is None or (computed and seer is None):
            return True
        seen = row if seer is None else seer.seen(row, computed)
        return any(True for _ in engine.satisfying([seen], condition, _ALWAYS))

    return Question(test, names | {asks.by}, asks.by, values, f"{text} {values}", asks.refuse())


def rows_asked(
    world: World, store: Store, record: Record, type_: PublishedType, name: str, owner: Key
) -> Iterator[Row]:
    """The rows that a thing has by what it asks for along a navigation property."""
    asks, member = world.rules(type_).asks[name], type_.member(name)
    assert isinstance(member, NavigationProperty)
    assert isinstance(member.type, PublishedType)
    asked = question(world, InStore(store), member.type, asks, record, owner)
    rows = store.container(asks.home).of(owner).equal(asks.by, asked.values)
    return filter(asked.test, rows)


@lru_cache(maxsize=1024)
def may_ask(world: World, type_: PublishedType) -> bool:
    """Whether things of a type have what they ask for, and not only some of them."""
    rules = (world.rules(each) for each in (type_, *type_.descendants))
    return any(not asks.of for each in rules for asks in each.asks.values())


def check_asked(world: World, type_: PublishedType, record: Mapping[str, Any]) -> None:
    """Raise GraphError (400) for a condition that a body sets and that cannot be asked."""
    for name, asks in world.rules(type_).asks.items():
        member = type_.member(name)
        text = record.get(asks.condition)
        if isinstance(member, NavigationProperty) and isinstance(text, str) and text:
            assert isinstance(member.type, PublishedType)
            for check in world.rules(member.type).queries:
                check({"filter": text})
            try:
                _condition(world, member.type, text)
            except GraphError as error:
                raise GraphError(error.status, error.code, error.message, asks.condition) from error


def computed_in(world: World, type_: PublishedType, text: str) -> Mapping[str, Compute]:
    """What a condition names that is worked out of what is around a thing."""
    rules, named = world.rules(type_), {word.casefold() for word in re.findall(r"\w+", text)}
    return {
        name: give
        for name, give in rules.computed.items()
        if name.casefold() in named and name not in rules.unseen
    }


def _seer(world: World, lookup: Lookup) -> Seer | None:
    """Who sees what is worked out; None in a write under way, which finds by what is stored."""
    return Seer(world, lookup.store, "", lambda: _ALWAYS) if isinstance(lookup, InStore) else None


@lru_cache(maxsize=512)
def _condition(world: World, type_: PublishedType, text: str) -> Filter:
    """A condition as it is kept. Raises GraphError (400)."""
    words = world.declared.workload([type_]).words
    query = read_query(
        Options({"filter": text}, {}), Source(world.model, queried_as(world, type_, ()))
    )
    assert query.filter is not None
    if query.filter.about.led or _NOW.search(text):
        why = "A condition that is kept is of what things have themselves, and not of the time."
        raise GraphError(400, words.bad_query, why)
    return query.filter
