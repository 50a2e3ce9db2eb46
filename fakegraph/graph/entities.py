"""What can be done with a collection and its entities: one function per kind and method.

``HANDLERS`` is the list of them all; the methods that are not in it are answered with 405.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from fakegraph.edm.model import EntitySet, Model
from fakegraph.edm.schema import InvalidEntity, Record
from fakegraph.errors import GraphError, bad_request, refused
from fakegraph.graph.call import Call
from fakegraph.graph.documents import metadata_document, service_document
from fakegraph.graph.functions import Rows, StoredData, read_arguments
from fakegraph.graph.paging import read_token, write_token
from fakegraph.graph.paths import Kind, Target
from fakegraph.graph.retirement import words_of_retirement
from fakegraph.graph.shape import collection_json, entity_json, shape
from fakegraph.graph.watched import FEW_ROWS, Watched
from fakegraph.odata import engine
from fakegraph.odata.collection import Collection
from fakegraph.odata.query import Query
from fakegraph.odata.reading import read_query, read_select
from fakegraph.store import KeyTaken, Row
from fakegraph.web.body import read_json
from fakegraph.web.exchange import Answer
from fakegraph.web.headers import has_long_numbers_as_text
from fakegraph.web.later import Steps

_ON_ENTITIES = (
    "Query options $filter, $orderby, $count, $skip, and $top can be applied only on collections."
)
_ON_ONE = "Only $select goes with the one object that this function gives."
_ON_COUNT = "Only $filter and $search go with /$count."
_ON_WRITES = "Only $select goes with a write."
_ON_DELETE = "No query option goes with a DELETE."


def list_entities(call: Call) -> Answer:
    """GET on a collection: one page."""
    return answer_page(call, _rows(call))


def answer_page(call: Call, rows: Collection) -> Answer:
    """The page of some rows that the request asks for."""
    query = _read_query(call)
    size = query.top or call.tenant.page_size
    size = min(size, call.preferences.max_page_size or size)
    generation = call.tenant.store.generation
    after = None if query.skiptoken is None else read_token(query.skiptoken, query, generation)
    page = engine.run(query, _watched(call, rows), size, after, call.tenant.instant())
    token = None if page.next is None else write_token(page.next, query, generation)
    next_link = None if token is None else _next_link(call, token)
    shown = _shape(call, page.rows, query.select)
    context = call.context(query.select)
    return _ok(call, 200, collection_json(context, shown, page.total, next_link, call.format))


def _read_query(call: Call) -> Query:
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
    return f"{call.url()}?{options}{'&' if options else ''}$skiptoken={token}"


@lru_cache(maxsize=256)
def _encoded(*options: tuple[str, str]) -> str:
    return urlencode(options, safe="$@,()/:", quote_via=quote)


def count_entities(call: Call) -> Answer:
    """GET on ``/$count``: the number as plain text."""
    call.options.allow({"filter", "search"}, _ON_COUNT)
    query = read_query(call.options, call.source)
    total = engine.count(query, _watched(call, _rows(call)), call.tenant.instant())
    return Answer(200, str(total).encode(), content_type="text/plain")


def create_entity(call: Call) -> Answer:
    """POST on a collection."""
    call.options.allow({"select", "format"}, _ON_WRITES)
    select = read_select(call.options, call.resource.type)
    record = _read_entity(call)
    record = {"id": record.pop("id", None) or call.tenant.new_id(), **record}
    if _collection(call).get(record["id"]) is not None:
        raise _taken(record["id"])
    try:
        (row,) = _collection_to_write(call).insert([record])
    except KeyTaken as error:
        raise _taken(record["id"]) from error
    headers = {"Location": call.entity_url(record["id"])}
    return _ok(call, 201, _entity(call, row, select, written=True), headers)


def get_entity(call: Call) -> Answer:
    """GET on an entity."""
    select = None
    if call.options:
        call.options.allow({"select", "expand", "format"}, _ON_ENTITIES)
        select = _read_query(call).select
    row = _rows(call).get(call.target.key)
    if row is None:
        raise not_found(call)
    return _ok(call, 200, _entity(call, row, select))


def update_entity(call: Call) -> Answer:
    """PATCH on an entity: the properties that are sent replace the stored ones."""
    call.options.allow({"select", "format"}, _ON_WRITES)
    select = read_select(call.options, call.resource.type)
    collection, key = _collection(call), call.target.key
    if collection.get(key) is None:
        raise not_found(call)
    changes = _read_entity(call, partial=True)
    if changes.get("id", key) != key:
        raise bad_request(f"Property 'id' is read-only and cannot be updated: it is '{key}'.", "id")
    row = _collection_to_write(call).update(key, lambda record: {**record, **changes})
    if row is None:
        raise not_found(call)
    return _ok(call, 200, _entity(call, row, select, written=True))


def delete_entity(call: Call) -> Answer:
    """DELETE on an entity."""
    call.options.allow((), _ON_DELETE)
    key = call.target.key
    if _collection(call).get(key) is None or not _collection_to_write(call).delete(key):
        raise not_found(call)
    return Answer(204)


def call_function(call: Call) -> Answer:
    """GET on a function: the page of a collection, or one object."""
    function = call.target.function
    arguments, options = read_arguments(function, call.target.arguments, call.options)
    call = replace(call, options=options)
    records: Sequence[Record] = ()
    if not call.retired:
        data = StoredData(call.tenant.store, call.tenant.instant())
        records = function.compute(data, arguments)
    if function.many:
        return answer_page(call, Rows(records))
    call.options.allow({"select", "format"}, _ON_ONE)
    select = read_query(call.options, call.source).select
    (shown,) = _shape(call, [Row(1, record) for record in records], select)
    context = call.context(select, one=True)
    return _ok(call, 200, entity_json(context, shown, call.format, function.type.name))


def run_batch(call: Call) -> Steps[Answer]:
    """POST on ``/$batch``; what that takes is imported when the first one comes."""
    from fakegraph.graph.batch import answer_batch

    return answer_batch(call)


Handler = Callable[[Call], Answer | Steps[Answer]]

HANDLERS: Mapping[Kind, Mapping[str, Handler]] = {
    Kind.COLLECTION: {"GET": list_entities, "POST": create_entity},
    Kind.COUNT: {"GET": count_entities},
    Kind.ENTITY: {"GET": get_entity, "PATCH": update_entity, "DELETE": delete_entity},
    Kind.FUNCTION: {"GET": call_function},
    Kind.SERVICE: {"GET": service_document},
    Kind.BATCH: {"POST": run_batch},
    Kind.METADATA: {"GET": metadata_document},
}
_READING = {kind: {"GET": each["GET"]} for kind, each in HANDLERS.items() if "GET" in each}


def targets_of(model: Model) -> Iterator[Target]:
    """Everything that can be addressed in a model."""
    yield from (Target(kind) for kind in _OF_THE_MODEL)
    for resource in model.resources:
        kinds = _SET_KINDS if isinstance(resource, EntitySet) else (Kind.FUNCTION,)
        yield from (Target(kind, resource) for kind in kinds)


_OF_THE_MODEL = (Kind.SERVICE, Kind.METADATA, Kind.BATCH)
_SET_KINDS = (Kind.COLLECTION, Kind.COUNT, Kind.ENTITY)


def handlers_of(target: Target) -> Mapping[str, Handler]:
    """By method, what can be done with a target."""
    resource = target.resource
    read_only = isinstance(resource, EntitySet) and not resource.writable
    return (_READING if read_only else HANDLERS)[target.kind]


def not_found(call: Call) -> GraphError:
    """The reporting workloads' answer for a key that is not there."""
    why = f"No {call.entity_set.name} has the id '{call.target.key}'."
    if call.retired:
        why = words_of_retirement(call)
    return GraphError(404, "ResourceNotFound", f"Resource could not be discovered. {why}")


def _collection(call: Call) -> Any:
    return call.tenant.store.container(call.entity_set.collection)


def _collection_to_write(call: Call) -> Any:
    return call.keep().store.container(call.entity_set.collection)


def _taken(key: str) -> GraphError:
    return GraphError(
        409,
        "Conflict",
        f"Another object with the same value for property id already exists: '{key}' is taken.",
        "id",
    )


def _rows(call: Call) -> Any:
    """What of the collection can be read."""
    return Rows() if call.retired else _collection(call)


def _watched(call: Call, rows: Collection) -> Collection:
    gone = call.exchange.gone
    return rows if gone is None or len(rows) <= FEW_ROWS else Watched(rows, gone)


def _shape(call: Call, rows: Sequence[Row], select: tuple[str, ...] | None) -> list[bytes]:
    resource, address = call.resource, None
    if isinstance(resource, EntitySet) and resource.type.key is not None:
        address = _address(call)
    return shape(rows, resource.type, call.look(select), address)


def _address(call: Call) -> Callable[[Record], str]:
    return lambda record: call.entity_path(record["id"])


def _entity(
    call: Call, row: Row, select: tuple[str, ...] | None, *, written: bool = False
) -> bytes:
    """An entity's JSON; the answer to a write names its type, as the documentation page shows."""
    type_name = call.resource.type.name if written and select is None else None
    (shown,) = _shape(call, [row], select)
    return entity_json(call.context(select, one=True), shown, call.format, type_name)


def _read_entity(call: Call, *, partial: bool = False) -> Record:
    schema = call.entity_set.schema.reader(
        partial=partial,
        future_members=call.preferences.future_members,
        ieee754=has_long_numbers_as_text(call.exchange.header("CONTENT_TYPE")),
    )
    try:
        return schema.read(read_json(call.exchange))
    except InvalidEntity as error:
        raise refused(error.problems) from error


def _ok(call: Call, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, body, call.format.content_type, headers or {})
