"""GET: a page of a collection, a count, one thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fakegraph.errors import GraphError, bad_request
from fakegraph.graph.paging import read_token, write_token
from fakegraph.graph.shape import collection_json
from fakegraph.graph.shapes import Step
from fakegraph.graph.watched import FEW_ROWS, GLANCED, Glanced, TooLong, Watched
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.collections import Group, originals
from fakegraph.graph.whole.gated import read_gated
from fakegraph.graph.whole.narrowing import at_most, check_conditions, cut, finding, narrowed
from fakegraph.graph.whole.pages import next_link, place_of
from fakegraph.graph.whole.places import Listed, Many, row_in
from fakegraph.graph.whole.shape import context_of, entity, pieces, tag_header, tag_of
from fakegraph.graph.whole.world import TYPE
from fakegraph.odata import engine
from fakegraph.odata.collection import Collection
from fakegraph.odata.engine import Position
from fakegraph.odata.query import Query
from fakegraph.odata.query_string import Options
from fakegraph.odata.reading import read_query
from fakegraph.store import Container, Owned, Record, Row
from fakegraph.web.exchange import Answer
from fakegraph.web.headers import entity_tags
from fakegraph.workloads.declarations import Type

_ON_ENTITIES = (
    "Query options $filter, $orderby, $count, $skip, and $top can be applied only on collections."
)
_WANTS_EXPAND = "It is shown where $expand names it."
_WANTS_HEADER = "It takes effect with the header ConsistencyLevel: eventual."
_NO_TAGS = 'It is a list of ETags as they were read, quotes and all: "a", W/"b". Or it is *.'
_ON_COUNT = "Only $filter and $search go with /$count."


def list_things(asked: Asked) -> Answer:
    """GET on a collection: one page."""
    return list_of(asked, asked.listed())


def list_of(asked: Asked, many: Many | Listed) -> Answer:
    """One page of a collection."""
    page, link, query = page_of(asked, many)
    found = pieces(asked, page.rows, query.select)
    context = context_of(asked, query.select)
    total = len(page.rows) if many.said.counted == "page" else page.total
    return asked.ok(200, collection_json(context, found, total, link, asked.format))


def page_of(asked: Asked, many: Many | Listed) -> tuple[engine.Page, str | None, Query]:
    """The page of a collection that is asked for, the link to the next one, and the query."""
    query = _read_query(asked, many)
    size = query.top or many.said.page_size or asked.tenant.page_size
    size = min(size, asked.preferences.max_page_size or size)
    query, rows = narrowed(asked, many, query, asked.options, asked.source)
    where = asked.tenant.store.generation, asked.exchange.raw_path, asked.options
    walked = int(asked.options.get("skip") or 0) if asked.workload.walks else 0
    place = place_of(*where, walked)
    after = None if query.skiptoken is None else _after(asked, query.skiptoken, query, place)
    rows = _watched(asked, rows)
    page = originals(engine.run(query, rows, size, after, asked.tenant.instant()))
    page = cut(page, asked.options, many.said.max_page or asked.workload.max_page)
    if page.next is None:
        return page, None, query
    walked += size if asked.workload.walks else 0
    token = write_token(page.next, query, place_of(*where, walked))
    return page, next_link(asked.url, asked.options, token, walked), query


def _after(asked: Asked, token: str, query: Query, place: str) -> Position:
    try:
        return read_token(token, query, place)
    except GraphError as error:
        raise asked.words.bad_page(error) from None


def count_things(asked: Asked) -> Answer:
    """GET on ``/$count``: the number as plain text."""
    asked.options.allow({"filter", "search"}, _ON_COUNT)
    many = asked.listed()
    query = _read_query(asked, many)
    query, rows = narrowed(asked, many, query, asked.options, asked.source)
    rows = _watched(asked, rows)
    total = engine.count(query, rows, asked.tenant.instant())
    return Answer(200, str(total).encode(), content_type="text/plain")


def get_thing(asked: Asked) -> Answer:
    """GET on one thing."""
    select = _selected(asked) if asked.options else None
    if asked.plan.said.reads is not None:
        asked.plan.said.reads([str(key) for each in asked.segments for key in each.keys.values()])
    row, type_ = asked.straight(asked.plan.straight), asked.plan.at_end
    if row is None or TYPE in row.record:
        row, type_ = row or _row_of(asked), None
    rules = asked.rules_of(row) if type_ is None else asked.world.rules(type_)
    if is_known(asked, row.record, rules):
        return Answer(304)
    return asked.ok(200, entity(asked, row, select, type_=type_), tag_header(row, rules))


def _selected(asked: Asked) -> tuple[str, ...] | None:
    """What is selected of one thing. Raises GraphError for options that mean nothing here."""
    with_more = {"count"} if asked.options.get("expand") is not None else set()
    asked.options.allow({"select", "expand", "format"} | with_more, _ON_ENTITIES)
    for check in asked.world.rules(asked.type).queries:
        check(asked.options.values)
    return _read_query(asked).select


def _row_of(asked: Asked) -> Row:
    """The row of the thing that the path leads to; of what is nowhere stored, one that has it."""
    one = asked.located().one
    one.check()
    if one.adopts or (one.row is None and one.plan is not None):
        one.row = asked.write(lambda maker, found: maker.made(found.one))
    return row_in(one)


def is_known(asked: Asked, record: Record, rules: Type) -> bool:
    """Whether the client says that it has this version of a thing already."""
    sent = asked.exchange.header("HTTP_IF_NONE_MATCH").strip()
    if not sent:
        return False
    tags = {str(record.get(name)) for name in rules.tags}
    if rules.etag is not None:
        tags.add(tag_of(record, rules))
    if sent == "*" or not tags:
        return bool(tags)
    named = entity_tags(sent)
    if not named:
        asked.exchange.note_ignored("The header If-None-Match", _NO_TAGS)
    return not named.isdisjoint(tag.removeprefix("W/") for tag in tags)


def _read_query(asked: Asked, many: Many | Listed | None = None) -> Query:
    searched, most = False, None
    told: Mapping[str, str] = {}
    if many is not None:
        _check_cast(asked, many)
        rules = asked.world.rules(many.type)
        own = {n: v for n, v in asked.options.others.items() if n in many.said.parameters}
        owner = many.owner.row if isinstance(many, Many) and many.owner is not None else None
        around = {} if owner is None else owner.record
        own |= {f"@{name}": str(around[name]) for name in rules.queried_of if name in around}
        told = {**own, **asked.options.values}
        for check in (*rules.queries, *rules.listings, *many.said.queries):
            check(told)
        searched = bool(rules.searched) and asked.plan.gate is None
        most = many.said.max_page or asked.workload.max_page
    query = _query(asked, finding(asked.options, searched, most), gated=many is not None)
    query = at_most(query, asked.options, most)
    if many is not None:
        check_conditions(asked.world.rules(many.type), query, told)
    if query.select is not None:
        _tell_of_nominal(asked, query.select)
    if many is not None and many.said.counted == "all":
        query = replace(query, count=True)
    if query.skiptoken is not None and asked.workload.walks:
        query = replace(query, skip=0)  # the token says where they are
    elif query.skiptoken is not None and asked.options.get("skip") is not None:
        raise bad_request(
            "Invalid skip token. $skip does not go with $skiptoken: use an @odata.nextLink whole.",
            "$skip",
        )
    return query


def _check_cast(asked: Asked, many: Many | Listed) -> None:
    """Raise GraphError (400) where things of all types are asked for, and cannot be."""
    if many.said.by_cast and asked.plan.about.step is not Step.CAST:
        raise GraphError(
            400,
            asked.words.bad_query,
            f"'{asked.plan.about.template}' is not listed as a whole. A cast says what of it is: "
            f"{asked.plan.about.template}/microsoft.graph.user.",
        )


def _tell_of_nominal(asked: Asked, select: Sequence[str]) -> None:
    """Have the journal tell of what is selected and only expanding would show."""
    expand = (asked.options.get("expand") or "").casefold()
    for name in select:
        if asked.source.type.is_nominal(name) and name.casefold() not in expand:
            asked.exchange.note_ignored(f"'{name}' in $select", _WANTS_EXPAND)


def _query(asked: Asked, options: Options, *, gated: bool) -> Query:
    """What the options ask for, if it may be asked so where it is."""
    gate = asked.plan.gate if gated else None
    if gate is None:
        return read_query(options, asked.source)
    eventual, counting = asked.eventual, asked.plan.kind == "count"
    query = read_gated(options, asked.source, gate, eventual=eventual, counting=counting)
    if not eventual and options.get("count") == "true":
        asked.exchange.note_ignored("$count=true", _WANTS_HEADER)
    return query


def _watched(asked: Asked, rows: Any) -> Collection:
    gone = asked.exchange.gone
    found: Collection = rows
    if asked.is_glance:
        if isinstance(rows, Container | Owned | Group):
            return Glanced(found)
        if len(asked.listed().rows()) > GLANCED:
            raise TooLong  # more may be read of it than comes out
        return found
    return found if gone is None or len(found) <= FEW_ROWS else Watched(found, gone)
