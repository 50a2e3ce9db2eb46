"""What can be done with a place: one function per kind of path and method.

``HANDLERS`` is the list of them all. What is not in it is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from fakegraph.edm.published import PublishedType
from fakegraph.errors import bad_request
from fakegraph.graph.paging import read_token, write_token
from fakegraph.graph.shape import collection_json, entity_json
from fakegraph.graph.watched import FEW_ROWS, Watched
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.collections import Each, Part
from fakegraph.graph.whole.contexts import fragment
from fakegraph.graph.whole.locate import Located
from fakegraph.graph.whole.making import Maker, check_change, check_new, read_record, type_said
from fakegraph.graph.whole.places import Many, One, Rows
from fakegraph.graph.whole.shape import shown, tag_of, worked_out
from fakegraph.odata import engine
from fakegraph.odata.query import OrderKey, Query, Source
from fakegraph.odata.query_string import Options
from fakegraph.odata.reading import read_query, read_select
from fakegraph.store import Row, Transaction
from fakegraph.web.exchange import Answer
from fakegraph.web.later import Steps

_ON_ENTITIES = (
    "Query options $filter, $orderby, $count, $skip, and $top can be applied only on collections."
)
_ON_COUNT = "Only $filter and $search go with /$count."
_ON_WRITES = "Only $select goes with a write."
_ON_DELETE = "No query option goes with a DELETE."


def list_things(asked: Asked) -> Answer:
    """GET on a collection: one page."""
    many = asked.located().many
    query = _read_query(asked)
    size = query.top or many.said.page_size or asked.tenant.page_size
    size = min(size, asked.preferences.max_page_size or size)
    query, rows = _narrowed(asked, many, query)
    about = f"{asked.tenant.store.generation} {asked.exchange.raw_path}"
    query = replace(query, identity=f"{about}\n{query.identity}")
    after = None if query.skiptoken is None else read_token(query.skiptoken, query)
    rows = _watched(asked, rows)
    page = engine.run(query, rows, size, after, asked.tenant.instant())
    link = None if page.next is None else _next_link(asked, write_token(page.next, query))
    found = shown(asked, page.rows, query.select, asked.type)
    context = _context(asked, query.select)
    return asked.ok(200, collection_json(context, found, page.total, link, asked.format))


def count_things(asked: Asked) -> Answer:
    """GET on ``/$count``: the number as plain text."""
    asked.options.allow({"filter", "search"}, _ON_COUNT)
    query = read_query(asked.options, asked.source)
    query, rows = _narrowed(asked, asked.located().many, query)
    rows = _watched(asked, rows)
    total = engine.count(query, rows, asked.tenant.instant())
    return Answer(200, str(total).encode(), content_type="text/plain")


def get_thing(asked: Asked) -> Answer:
    """GET on one thing."""
    asked.options.allow({"select", "expand", "format"}, _ON_ENTITIES)
    query = _read_query(asked)
    one = asked.located().one
    one.check()
    return asked.ok(200, _entity(asked, one.row or Row(0, one.record), query.select))


def create(asked: Asked) -> Answer:
    """POST on a collection."""
    asked.options.allow({"select", "format"}, _ON_WRITES)
    select = read_select(asked.options, asked.source.type)
    asked.located()
    record = read_record(asked, asked.type, partial=False)
    rules = asked.world.rules(type_said(asked.world, record, asked.type))
    check_new(asked.words, rules, record)

    def work(transaction: Transaction, found: Located) -> Row:
        return Maker(asked.world, asked.tenant, transaction).add(found.many, record)

    row = asked.write(work)
    status = asked.status(201)
    if status == 204:
        return Answer(204)
    key = str(row.record[asked.type.key or "id"])
    headers = {"Location": f"{_url(asked)}/{quote(key, safe=_SAFE)}"} if status == 201 else {}
    return asked.ok(status, _entity(asked, row, select, made=True), headers)


def change(asked: Asked) -> Answer:
    """PATCH on one thing: the properties that are sent replace the stored ones."""
    asked.options.allow({"select", "format"}, _ON_WRITES)
    select = read_select(asked.options, asked.source.type)
    one = asked.located().one
    one.check()
    check_version(asked, one)
    changes = read_record(asked, one.type, partial=True)
    check_change(asked.words, asked.world.rules(one.type), one.record, changes)

    def work(transaction: Transaction, found: Located) -> Row:
        found.one.check()
        check_version(asked, found.one)
        return Maker(asked.world, asked.tenant, transaction).change(found.one, changes)

    row = asked.write(work)
    status = asked.status(200)
    return Answer(204) if status == 204 else asked.ok(status, _entity(asked, row, select))


def delete(asked: Asked) -> Answer:
    """DELETE on one thing: it goes with all that it contains, and with all links to it."""
    asked.options.allow((), _ON_DELETE)
    one = asked.located().one
    one.check()
    check_version(asked, one)

    def work(transaction: Transaction, found: Located) -> None:
        one: One = found.one
        one.check()
        check_version(asked, one)
        check_kept(asked, one)
        Maker(asked.world, asked.tenant, transaction).discard(one)

    asked.write(work)
    return Answer(204)


def check_version(asked: Asked, one: One) -> None:
    """Raise GraphError unless a write is about the version of a thing that is there."""
    rules = asked.world.rules(one.type)
    if rules.etag is None:
        return
    wanted = asked.exchange.header("HTTP_IF_MATCH").strip()
    if not wanted:
        if rules.must_match:
            raise asked.words.no_version(rules.name)
        return
    if wanted == "*" and not rules.must_match:
        return
    if not _TAG.fullmatch(wanted):
        raise asked.words.bad_version(rules.name, wanted)
    if wanted.removeprefix("W/") != tag_of(one.record, rules).removeprefix("W/"):
        raise asked.words.stale(rules.name, wanted)


def check_kept(asked: Asked, one: One) -> None:
    """Raise GraphError for what cannot be deleted."""
    kept = asked.world.rules(one.type).kept
    if any(one.record.get(name) == value for name, value in kept.items()):
        raise asked.words.kept(asked.world.rules(one.type).name, one.key)


def _narrowed(asked: Asked, many: Many, query: Query) -> tuple[Query, Rows]:
    """A query with the collection's own order, and the rows that its own parameters leave."""
    rows = many.rows()
    for check in asked.world.rules(many.type).queries:
        check(asked.options.values)
    if many.said.asked is not None:
        fits = many.said.asked(asked.options.others)
        rows = Part(rows, lambda row: fits(row.record))
    if asked.world.rules(many.type).computed and (query.filter or query.order):
        store = asked.tenant.store
        rows = Each(rows, lambda row: worked_out(asked.world, store, row))
    if many.said.order is not None and not query.order and query.search is None:
        query = replace(query, order=_order(asked.source, many.said.order))
    return query, rows


@lru_cache(maxsize=512)
def _order(source: Source, text: str) -> tuple[OrderKey, ...]:
    return read_query(Options({"orderby": text}, {}), source).order


_TAG = re.compile(r'(?:W/)?"[^"]*"')

Handler = Callable[[Asked], Answer | Steps[Answer]]

HANDLERS: Mapping[str, Mapping[str, Handler]] = {
    "collection": {"GET": list_things, "POST": create},
    "count": {"GET": count_things},
    "item": {"GET": get_thing, "PATCH": change, "DELETE": delete},
    "single": {"GET": get_thing, "PATCH": change, "DELETE": delete},
}

_SAFE = "'@:!$*,;~-._"


def _url(asked: Asked) -> str:
    """The absolute URL of what was asked for, without its query."""
    behind = asked.exchange.raw_path.rstrip("/")
    prefix = asked.root.partition("://")[2].partition("/")[2]
    host = asked.root[: len(asked.root) - len(prefix)].rstrip("/")
    return f"{host}{behind}"


def _read_query(asked: Asked) -> Query:
    query = read_query(asked.options, asked.source)
    if query.skiptoken is not None and asked.options.get("skip") is not None:
        raise bad_request(
            "Invalid skip token. $skip does not go with $skiptoken: use an @odata.nextLink whole.",
            "$skip",
        )
    return query


def _next_link(asked: Asked, token: str) -> str:
    """The same request from where this page ends: every option but ``$skip``, which is used up."""
    values = asked.options.values.items()
    kept = [(f"${name}", value) for name, value in values if name not in {"skip", "skiptoken"}]
    kept += asked.options.others.items()
    kept += [*asked.options.aliases.items(), ("$skiptoken", token)]
    return f"{_url(asked)}?{urlencode(kept, safe='$@,()/:', quote_via=quote)}"


def _watched(asked: Asked, rows: Any) -> engine.Collection:
    gone = asked.exchange.gone
    found: engine.Collection = rows
    return found if gone is None or len(found) <= FEW_ROWS else Watched(found, gone)


def _context(asked: Asked, select: tuple[str, ...] | None, *, one: bool = False) -> str:
    first = asked.segments[0].name
    me = asked.me_id() if first == "me" else ""
    what = fragment(asked.world, asked.segments, me, select, one=one)
    return f"{asked.root}/$metadata#{what}"


def _entity(asked: Asked, row: Row, select: tuple[str, ...] | None, *, made: bool = False) -> bytes:
    assert isinstance(asked.type, PublishedType)
    (found,) = shown(asked, [row], select, asked.type)
    one = made or asked.path.kind != "collection"
    return entity_json(_context(asked, select, one=one), found, asked.format)
