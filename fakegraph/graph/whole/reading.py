"""GET: a page of a collection, a count, one thing."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from fakegraph.errors import bad_request
from fakegraph.graph.paging import read_token, write_token
from fakegraph.graph.shape import collection_json
from fakegraph.graph.watched import FEW_ROWS, Watched
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.collections import Beheld, Each, Part, originals
from fakegraph.graph.whole.gated import read_gated
from fakegraph.graph.whole.leading import Leading
from fakegraph.graph.whole.places import Many, Rows
from fakegraph.graph.whole.shape import context_of, entity, shown, tag_header, tag_of
from fakegraph.odata import engine
from fakegraph.odata.query import Query, Source
from fakegraph.odata.query_string import Options
from fakegraph.odata.reading import read_query
from fakegraph.store import Record, Row
from fakegraph.web.exchange import Answer
from fakegraph.workloads.declarations import Compute, Test, Type

_ON_ENTITIES = (
    "Query options $filter, $orderby, $count, $skip, and $top can be applied only on collections."
)
_WANTS_HEADER = "It takes effect with the header ConsistencyLevel: eventual."
_ON_COUNT = "Only $filter and $search go with /$count."


def list_things(asked: Asked) -> Answer:
    """GET on a collection: one page."""
    return list_of(asked, asked.located().many)


def list_of(asked: Asked, many: Many) -> Answer:
    """One page of a collection."""
    page, link, query = page_of(asked, many)
    found = shown(asked, page.rows, query.select, asked.type)
    context = context_of(asked, query.select)
    return asked.ok(200, collection_json(context, found, page.total, link, asked.format))


def page_of(asked: Asked, many: Many) -> tuple[engine.Page, str | None, Query]:
    """The page of a collection that is asked for, the link to the next one, and the query."""
    query = _read_query(asked, many)
    size = query.top or many.said.page_size or asked.tenant.page_size
    size = min(size, asked.preferences.max_page_size or size)
    query, rows = _narrowed(asked, many, query)
    own = (asked.options.get("search"), *asked.options.others.items())
    place = f"{asked.tenant.store.generation} {asked.exchange.raw_path} {own}\n"
    after = None if query.skiptoken is None else read_token(query.skiptoken, query, place)
    rows = _watched(asked, rows)
    page = originals(engine.run(query, rows, size, after, asked.tenant.instant()))
    token = None if page.next is None else write_token(page.next, query, place)
    return page, None if token is None else _next_link(asked, token), query


def count_things(asked: Asked) -> Answer:
    """GET on ``/$count``: the number as plain text."""
    asked.options.allow({"filter", "search"}, _ON_COUNT)
    many = asked.located().many
    query, rows = _narrowed(asked, many, _read_query(asked, many))
    rows = _watched(asked, rows)
    total = engine.count(query, rows, asked.tenant.instant())
    return Answer(200, str(total).encode(), content_type="text/plain")


def get_thing(asked: Asked) -> Answer:
    """GET on one thing."""
    with_more = {"count"} if asked.options.get("expand") is not None else set()
    asked.options.allow({"select", "expand", "format"} | with_more, _ON_ENTITIES)
    query = _read_query(asked)
    row = asked.straight(asked.plan.straight) or _row_of(asked)
    rules = asked.rules_of(row)
    if is_known(asked, row.record, rules):
        return Answer(304)
    return asked.ok(200, entity(asked, row, query.select), tag_header(row, rules))


def _row_of(asked: Asked) -> Row:
    """The row of the thing that the path leads to; of what is nowhere stored, one that has it."""
    one = asked.located().one
    one.check()
    if one.row is None and one.plan is not None:
        one.row = asked.write(lambda maker, found: maker.made(found.one))
    return one.row or Row(0, one.record)


def is_known(asked: Asked, record: Record, rules: Type) -> bool:
    """Whether the client says that it has this version of a thing already."""
    known = asked.exchange.header("HTTP_IF_NONE_MATCH").strip()
    if not known:
        return False
    tags = {str(record.get(name)) for name in rules.tags}
    if rules.etag is not None:
        tags.add(tag_of(record, rules))
    return known in tags or (known == "*" and bool(tags))


def _narrowed(asked: Asked, many: Many, query: Query) -> tuple[Query, Rows]:
    """A query with the collection's own order, and the rows that its own parameters leave."""
    rows = asked.rows(many)
    rules, search = asked.world.rules(many.type), asked.options.get("search")
    if many.said.asked is not None:
        rows = _passing(rows, many.said.asked(asked.options.others))
    named = _named(asked.options, rules) if rules.computed else {}
    if named:
        rows = Each(rows, lambda row: asked.seer.seen(row, named))
    if query.about:
        rows = Beheld(rows, Leading(asked).seen)
    if search is not None:
        for read in rules.searched:
            rows = _passing(rows, read(search))
    if many.said.order is not None and not query.order and query.search is None:
        query = _ordered(query, asked.source, many.said.order)
    return query, rows


def _named(options: Options, rules: Type) -> dict[str, Compute]:
    """What is worked out of things, and the query may name."""
    texts = (options.get(name) or "" for name in ("filter", "orderby", "search"))
    text = " ".join(texts).casefold()
    return {name: give for name, give in rules.computed.items() if name.casefold() in text}


def _passing(rows: Rows, test: Test) -> Rows:
    """The rows whose records pass a test."""
    return Part(rows, lambda row: test(row.record))


@lru_cache(maxsize=512)
def _ordered(query: Query, source: Source, text: str) -> Query:
    """A query without an order, in that one."""
    return replace(query, order=read_query(Options({"orderby": text}, {}), source).order)


def _read_query(asked: Asked, many: Many | None = None) -> Query:
    searched, most = False, None
    if many is not None:
        rules = asked.world.rules(many.type)
        for check in rules.queries:
            check(asked.options.values)
        searched = bool(rules.searched) and asked.plan.gate is None
        most = many.said.max_page
    query = _query(asked, _finding(asked.options, searched, most), gated=many is not None)
    if most is not None and query.top is None and asked.options.get("top") is not None:
        query = replace(query, top=most)
    if query.skiptoken is not None and asked.options.get("skip") is not None:
        raise bad_request(
            "Invalid skip token. $skip does not go with $skiptoken: use an @odata.nextLink whole.",
            "$skip",
        )
    return query


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


@lru_cache(maxsize=512)
def _finding(options: Options, searched: bool, most: int | None) -> Options:
    """The options that say what rows are found, as most workloads read them.

    ``expanding.py`` reads ``$expand``; ``searched``: a workload reads ``$search``; ``most``: what
    a greater ``$top`` is taken for, and left out.
    """
    top = options.get("top") or ""
    left_out = {"expand"} | ({"search"} if searched else set())
    if most is not None and top.isascii() and top.isdigit() and int(top) >= most:
        left_out.add("top")
    if not left_out.intersection(options.values):
        return options
    values = {name: value for name, value in options.values.items() if name not in left_out}
    return Options(values, options.aliases, options.used, options.others)


def _next_link(asked: Asked, token: str) -> str:
    """The same request from where this page ends: every option but ``$skip``, which is used up."""
    return f"{asked.url}?{_repeated(asked.options)}$skiptoken={token}"


@lru_cache(maxsize=512)
def _repeated(options: Options) -> str:
    """What the link to the next page says before its token."""
    values = options.values.items()
    kept = [(f"${name}", value) for name, value in values if name not in {"skip", "skiptoken"}]
    kept += [*options.others.items(), *options.aliases.items()]
    text = urlencode(kept, safe="$@,()/:", quote_via=quote)
    return f"{text}&" if text else ""


def _watched(asked: Asked, rows: Any) -> engine.Collection:
    gone = asked.exchange.gone
    found: engine.Collection = rows
    return found if gone is None or len(found) <= FEW_ROWS else Watched(found, gone)
