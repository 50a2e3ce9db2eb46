"""What can be done with a collection and its entities: one function per kind and method.

``HANDLERS`` is the list of them all; the methods that are not in it are answered with 405.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from fakegraph.edm.schema import EntitySchema, InvalidEntity, Record
from fakegraph.errors import GraphError, bad_request, refused
from fakegraph.graph.body import read_json
from fakegraph.graph.call import Call
from fakegraph.graph.exchange import Answer
from fakegraph.graph.headers import JSON, check_format
from fakegraph.graph.paging import read_token, write_token
from fakegraph.graph.paths import Kind
from fakegraph.graph.shape import collection_json, entity_json, shape
from fakegraph.odata import engine
from fakegraph.odata.query import Query, read_query, read_select
from fakegraph.store import KeyTaken, Row

_ON_ENTITIES = (
    "Query options $filter, $orderby, $count, $skip, and $top can be applied only on collections."
)
_ON_COUNT = "Only $filter and $search go with /$count."
_ON_WRITES = "Only $select goes with a write."
_ON_DELETE = "No query option goes with a DELETE."


def list_entities(call: Call) -> Answer:
    """GET on a collection: one page."""
    query = _read_query(call)
    size = query.top or call.page_size
    size = min(size, call.preferences.max_page_size or size)
    after = None if query.skiptoken is None else read_token(query.skiptoken, query)
    page = engine.run(query, _collection(call), size, after, call.tenant.instant())
    next_link = None if page.next is None else _next_link(call, write_token(page.next, query))
    rows = _shape(call, page.rows, query.select)
    return _ok(200, collection_json(call.context(query.select), rows, page.total, next_link))


def _read_query(call: Call) -> Query:
    check_format(call.options.get("format"))
    query = read_query(call.options, call.source)
    if query.skiptoken is not None and call.options.get("skip") is not None:
        raise bad_request(
            "Invalid skip token. $skip does not go with $skiptoken: use an @odata.nextLink whole.",
            "$skip",
        )
    return query


def _next_link(call: Call, token: str) -> str:
    """The same request from where this page ends: every option but ``$skip``, which is used up."""
    kept = [(f"${n}", v) for n, v in call.options.values.items() if n not in {"skip", "skiptoken"}]
    options = _encoded(*kept, *call.options.aliases.items())
    return f"{call.collection_url()}?{options}{'&' if options else ''}$skiptoken={token}"


@lru_cache(maxsize=256)
def _encoded(*options: tuple[str, str]) -> str:
    return urlencode(options, safe="$@,()/:", quote_via=quote)


def count_entities(call: Call) -> Answer:
    """GET on ``/$count``: the number as plain text."""
    call.options.allow({"filter", "search"}, _ON_COUNT)
    query = read_query(call.options, call.source)
    total = engine.count(query, _collection(call), call.tenant.instant())
    return Answer(200, str(total).encode(), content_type="text/plain")


def create_entity(call: Call) -> Answer:
    """POST on a collection."""
    call.options.allow({"select", "format"}, _ON_WRITES)
    check_format(call.options.get("format"))
    select = read_select(call.options, call.entity_set.type)
    record = _read_entity(call, call.entity_set.schema.reader(future_members=_future(call)))
    record = {"id": record.pop("id", None) or call.tenant.new_id(), **record}
    try:
        (row,) = _collection(call).insert([record])
    except KeyTaken as error:
        raise GraphError(
            409,
            "Conflict",
            f"Another object with the same value for property id already exists: "
            f"'{record['id']}' is taken.",
            "id",
        ) from error
    url = call.entity_url(record["id"])
    headers = {"Location": url}
    if call.preferences.minimal:
        return Answer(204, headers={**headers, "OData-EntityId": url})
    return _ok(201, _entity(call, row, select, written=True), headers)


def get_entity(call: Call) -> Answer:
    """GET on an entity."""
    call.options.allow({"select", "expand", "format"}, _ON_ENTITIES)
    query = _read_query(call)
    row = _collection(call).get(call.target.key)
    if row is None:
        raise not_found(call)
    return _ok(200, _entity(call, row, query.select))


def update_entity(call: Call) -> Answer:
    """PATCH on an entity: the properties that are sent replace the stored ones."""
    call.options.allow({"select", "format"}, _ON_WRITES)
    check_format(call.options.get("format"))
    select = read_select(call.options, call.entity_set.type)
    collection, key = _collection(call), call.target.key
    if collection.get(key) is None:
        raise not_found(call)
    changes = _read_entity(
        call, call.entity_set.schema.reader(partial=True, future_members=_future(call))
    )
    if changes.get("id", key) != key:
        raise bad_request(f"Property 'id' is read-only and cannot be updated: it is '{key}'.", "id")
    row = collection.update(key, lambda record: {**record, **changes})
    if row is None:
        raise not_found(call)
    if call.preferences.minimal:
        return Answer(204, headers={"OData-EntityId": call.entity_url(key)})
    return _ok(200, _entity(call, row, select, written=True))


def delete_entity(call: Call) -> Answer:
    """DELETE on an entity."""
    call.options.allow((), _ON_DELETE)
    if not _collection(call).delete(call.target.key):
        raise not_found(call)
    return Answer(204)


HANDLERS: Mapping[Kind, Mapping[str, Callable[[Call], Answer]]] = {
    Kind.COLLECTION: {"GET": list_entities, "POST": create_entity},
    Kind.COUNT: {"GET": count_entities},
    Kind.ENTITY: {"GET": get_entity, "PATCH": update_entity, "DELETE": delete_entity},
}


def not_found(call: Call) -> GraphError:
    """The reporting workloads' answer for a key that is not there."""
    return GraphError(
        404,
        "ResourceNotFound",
        f"Resource could not be discovered. No {call.entity_set.name} has the id "
        f"'{call.target.key}'.",
    )


def _collection(call: Call) -> Any:
    return call.tenant.store.collection(call.entity_set.name)


def _future(call: Call) -> bool:
    return call.preferences.future_members


def _shape(call: Call, rows: Sequence[Row], select: tuple[str, ...] | None) -> list[bytes]:
    return shape(rows, call.entity_set.type, select, future_members=_future(call))


def _entity(
    call: Call, row: Row, select: tuple[str, ...] | None, *, written: bool = False
) -> bytes:
    """An entity's JSON; the answer to a write names its type, as the documentation page shows."""
    type_name = call.entity_set.type.name if written and select is None else None
    (shown,) = _shape(call, [row], select)
    return entity_json(call.context(select, entity=True), shown, type_name)


def _read_entity(call: Call, schema: EntitySchema) -> Record:
    try:
        return schema.read(read_json(call.exchange))
    except InvalidEntity as error:
        raise refused(error.problems) from error


def _ok(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, body, JSON, headers or {})
