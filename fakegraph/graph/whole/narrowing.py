"""What queries leave of a collection, as its workload has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from fakegraph.digits import natural
from fakegraph.graph.whole.asked import Asked, selected_of
from fakegraph.graph.whole.collections import (
    Beheld,
    Chosen,
    Each,
    Group,
    Groups,
    Instead,
    Part,
    Several,
    group_of,
)
from fakegraph.graph.whole.leading import Leading
from fakegraph.graph.whole.places import (
    Listed,
    Many,
    Rows,
    UnstoredRow,
)
from fakegraph.graph.whole.records import has_values
from fakegraph.graph.whole.seeing import Seer
from fakegraph.graph.whole.unfolding import unfolded
from fakegraph.graph.whole.world import World
from fakegraph.odata.bound import Bound, PropertyPath
from fakegraph.odata.engine import Page
from fakegraph.odata.plan import equalities
from fakegraph.odata.query import Query, Source
from fakegraph.odata.query_string import Options
from fakegraph.odata.reading import MAX_TOP, read_query
from fakegraph.store import Owned, Record, Row
from fakegraph.store.rows import LinkedRow
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import Compute, Findings, Reading, Test


def narrowed(
    asked: Asked, many: Many | Listed, query: Query, options: Options, source: Source
) -> tuple[Query, Rows]:
    """A query with the collection's own order, and the rows that its own parameters leave.

    ``options`` are those that the query was read from, against ``source``.
    """
    rows = asked.rows(many)
    unlisted = _unlisted(asked, many, rows)
    rules, search = asked.world.rules(many.type), options.get("search")
    query, rows = grouped(asked.world, many, query, rows)
    if unlisted is not None:
        rows = _passing(rows, unlisted)
    if many.said.unfolds is not None and isinstance(many, Many):
        found = unfolded(
            many,
            rows,
            options.others,
            many.said.unfolds,
            asked.seer.store,
            asked.seer.around,
            asked.checked,
            selected_of(options),
        )
        rows = in_order(found)
    if many.said.asked is not None:
        rows = _passing(rows, many.said.asked({**options.values, **options.others}))
    texts = [options.get("filter"), options.get("orderby"), search, *options.aliases.values()]
    named = _named(" ".join(filter(None, texts)).casefold(), rules)
    if named:
        rows = Each(rows, lambda row: asked.seer.seen(row, named))
    if query.about:
        rows = Beheld(rows, Leading(asked).seen)
    if search is not None:
        rows = _found(asked.seer, rules, rows, search)
        findings = rules.findings or Findings()
        if findings.latest:
            rows = Chosen(rows, findings.latest, findings.most)
            query = _ordered(query, source, f"{findings.latest} desc")
        if findings.told is not None:
            rows = Instead(rows, _as_told(findings.told))
    if many.said.order is not None and not query.order and query.search is None:
        query = _ordered(query, source, many.said.order)
    return _from_the_last(query, rules.recent), rows


def _as_told(told: Callable[[Record], Record]) -> Callable[[Row], Row]:
    return lambda row: Row(row.position, told(row.record), row.number, row.owner)


def grouped(world: World, many: Many | Listed, query: Query, rows: Rows) -> tuple[Query, Rows]:
    """The group that a filter pins rows to, and the query without what that answers of it."""
    groups = world.groups(many.containers[0]) if len(many.containers) == 1 else {}
    if query.filter is None or not groups:
        return query, rows
    condition = query.filter
    for each in equalities(condition, world.grouped(many.containers[0])):
        if None in each.keys or len(each.keys) != 1:
            continue  # what has no value is in no group
        found = _having(rows, each.name, next(iter(each.keys)), groups)
        if found is not None:
            rows = found
            query = _answered(query, each.term)
    return query, rows


@lru_cache(maxsize=512)
def _answered(query: Query, term: Bound) -> Query:
    """A query without a condition that the rows are known to meet."""
    from fakegraph.odata.clauses import without

    return query if query.filter is None else replace(query, filter=without(query.filter, term))


def in_order(found: Iterable[Row | str]) -> Several:
    """What was unfolded, but for ids of what is gone, as a collection."""
    return Several([each for each in found if isinstance(each, Row)], _put)


def _put(position: int, row: Row) -> Row:
    if isinstance(row, UnstoredRow):
        return UnstoredRow(row.one, position)
    return LinkedRow(position, row)


def _unlisted(asked: Asked, many: Many | Listed, rows: Rows) -> Test | None:
    """The test of what is listed of rows some of which are not; mostly there are none of these."""
    if not many.said.unlisted or not isinstance(rows, Owned):
        return None
    name, word = many.said.unlisted
    places = asked.seer.container(word.navigation).of(rows.owner)
    ids = places.made(_ids_of(asked.world, word.navigation, word.word))
    if not rows.count_equal(name, ids):
        return None
    return lambda record: record.get(name) not in ids


@lru_cache(maxsize=256)
def _ids_of(world: World, navigation: str, word: str) -> Callable[[Sequence[Row]], list[str]]:
    """What gives the ids of those places that a well-known word means."""
    sought = world.declared.navigation(navigation).words[word]
    return lambda rows: [row.record["id"] for row in rows if has_values(row.record, sought)]


def _having(rows: Rows, name: str, value: Any, groups: Groups) -> Group | None:
    if isinstance(rows, Group):
        return rows.having(name, value)
    return group_of(rows, name, value, groups) if isinstance(rows, Owned) else None


def _found(seer: Seer, rules: Type, rows: Rows, search: str) -> Rows:
    """The rows that a search finds, as their workload reads it."""

    def finding(test: Callable[[Reading], bool]) -> Callable[[Row], bool]:
        return lambda row: test(seer.around(row))

    for read in rules.searched:
        rows = Part(rows, finding(read(search)))
    return rows


def _named(text: str, rules: Type) -> Mapping[str, Compute]:
    """What of all that is worked out a text names."""
    return {
        name: give
        for name, give in rules.computed.items()
        if name.casefold() in text and name not in rules.unseen
    }


def finding(options: Options, searched: bool, most: int | None) -> Options:
    """The options that say what rows are found, as most workloads read them.

    ``expansions.py`` reads ``$expand``; ``searched``: a workload reads ``$search``; ``most``: what
    a greater ``$top`` is taken for, and left out, as one of nothing is, and one that is greater
    than other workloads take.
    """
    top = natural(options.get("top") or "")
    left_out = {"expand"} | ({"search"} if searched else set())
    if most is not None and top is not None and not 0 < top < min(most, MAX_TOP + 1):
        left_out.add("top")
    if not left_out.intersection(options.values):
        return options
    return _without(options, frozenset(left_out))


def at_most(query: Query, options: Options, most: int | None) -> Query:
    """A query that was read from what ``finding`` gives, with what a ``$top`` left out means."""
    if most is None or query.top is not None or options.get("top") is None:
        return query
    return replace(query, top=min(natural(options.get("top") or "") or most, most))


def check_conditions(rules: Type, query: Query, options: Mapping[str, str]) -> None:
    """Raise GraphError for a filter that a type's things are not found by, or an order that they
    are not listed in; ``options`` as ``Type.listings`` are told them.
    """
    if query.filter is not None:
        for check in rules.conditions:
            check(query.filter.tree)
    for sorts in rules.orders:
        for key in query.order:
            sorts(key.tree, options)


def cut(page: Page, options: Options, most: int | None) -> Page:
    """A page; one of nothing where a collection that can be asked for that is: ``$top=0``."""
    top = options.get("top") or ""
    is_none = most is not None and bool(top) and not top.strip("0")
    return replace(page, rows=[], next=None) if is_none else page


@lru_cache(maxsize=512)
def _without(options: Options, left_out: frozenset[str]) -> Options:
    values = {name: value for name, value in options.values.items() if name not in left_out}
    expanded = "expand" in options.values
    used = _used(options) if expanded else options.used
    return Options(values, options.aliases, used, options.others)


def _used(options: Options) -> frozenset[str]:
    """The aliases that something has a use for: also what is expanded."""
    text = " ".join((options.values["expand"], *options.aliases.values()))
    return options.used | (options.aliases.keys() & {*re.findall(r"@\w+", text)})


def _passing(rows: Rows, test: Test) -> Rows:
    """The rows whose records pass a test."""
    return Part(rows, lambda row: test(row.record))


def _from_the_last(query: Query, recent: frozenset[str]) -> Query:
    """A query that has what was made last first, where it goes by a moment from the latest on."""
    if not recent or not query.order or not query.order[0].descending:
        return query
    path = query.order[0].tree
    is_moment = isinstance(path, PropertyPath) and path.names[0] in recent
    return _backwards(query) if is_moment else query


@lru_cache(maxsize=512)
def _backwards(query: Query) -> Query:
    return replace(query, backwards=True)


@lru_cache(maxsize=512)
def _ordered(query: Query, source: Source, text: str) -> Query:
    return replace(query, order=read_query(Options({"orderby": text}, {}), source).order)
