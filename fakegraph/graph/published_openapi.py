"""A published model in OpenAPI 3.1: an operation for each method that is known at a path.

The document is written a piece at a time. Of types it has those that its operations refer to, so
that a document of some paths is small. Paths are written as in Microsoft's own description of
Graph: https://github.com/microsoftgraph/msgraph-metadata/tree/master/openapi
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import orjson

from fakegraph._version import __version__
from fakegraph.chunks import in_chunks
from fakegraph.edm.json_schema import JsonSchema, annotated
from fakegraph.edm.published import Operation, PublishedModel, PublishedType
from fakegraph.edm.surface import CHANGED, Evidence, Use
from fakegraph.edm.types import STRING, EnumType, Type
from fakegraph.graph.published_schemas import PublishedSchemas
from fakegraph.graph.query_parameters import PUBLISHED_OPTIONS, option, request_headers
from fakegraph.graph.resource_path import ResourcePath
from fakegraph.graph.shapes import Shape, Step
from fakegraph.graph.templates import paths_of
from fakegraph.graph.walk import Walk
from fakegraph.graph.whole.plan import Plan
from fakegraph.graph.whole.world import World
from fakegraph.web.openapi import ALWAYS, BEARER, JSON, TEXT, Json, components, errors, headers
from fakegraph.workloads.registry import declared

BYTES = "application/octet-stream"

_URI: JsonSchema = {"type": "string", "format": "uri"}
_REFERENCE: JsonSchema = {
    "type": "object",
    "properties": {"@odata.id": _URI},
    "required": ["@odata.id"],
}
_VARIABLE = re.compile(r"(=?)\{(\w+)\}")
_WRITE_ERRORS = (412, 413, 415, 503)
_ERRORS: Mapping[str, tuple[int, ...]] = {
    "GET": (404, 406, 504),
    "POST": (404, 406, 409, *_WRITE_ERRORS),
    "PATCH": (404, 406, 409, *_WRITE_ERRORS),
    "PUT": (404, 406, 409, *_WRITE_ERRORS),
    "DELETE": (404, 406, 412, 503),
}
_STATUS: Mapping[str, int] = {"GET": 200, "POST": 201, "PATCH": 200, "PUT": 200, "DELETE": 204}
_SILENT = ("refs", "ref", "property", "stream", "value")  # their writes answer 204
_SAID = {200: "What was asked for.", 201: "It was made.", 202: "It was begun.", 204: "It was done."}
_ON_ONE = ("select", "expand")
_ON_MANY = ("filter", "orderby", "select", "expand", "top", "skip", "count", "search")

# By kind and method; what it is about stands in the braces.
_SUMMARIES: Mapping[tuple[str, str], str] = {
    ("collection", "GET"): "List {}.",
    ("collection", "POST"): "Create one of {}.",
    ("item", "GET"): "Get one of {}.",
    ("item", "PATCH"): "Update one of {}.",
    ("item", "PUT"): "Put one of {}.",
    ("item", "DELETE"): "Delete one of {}.",
    ("refs", "GET"): "List references of {}.",
    ("refs", "POST"): "Add a reference to {}.",
    ("refs", "DELETE"): "Remove a reference from {}.",
    ("count", "GET"): "Count {}.",
    ("action", "POST"): "Invoke {}.",
    ("function", "GET"): "Call {}.",
}
_VERBS = {"GET": "Get", "PATCH": "Update", "PUT": "Put", "DELETE": "Delete", "POST": "Create"}


def openapi_of(
    model: PublishedModel, pattern: str | None = None, version: str = "v1.0"
) -> Iterator[bytes]:
    """The document of the paths that meet a pattern, or of all, in pieces.

    ``pattern`` is one of :func:`paths_of`; ValueError where no path meets it. What is read for the
    document is forgotten afterwards.
    """
    walk = Walk(PublishedModel(model.lines))
    places = paths_of(walk, pattern)
    first = next(places, None)
    if first is None:
        raise ValueError(f"no path of the model meets '{pattern}'")
    document = _Document(walk.model, version, expanded=pattern is None)
    return in_chunks(document.texts(chain([first], places)))


class _Document:
    def __init__(self, model: PublishedModel, version: str, expanded: bool) -> None:
        self._version = version
        self._world = World(model, declared())
        self._schemas = PublishedSchemas(model, version, expanded)

    def texts(self, places: Iterable[ResourcePath]) -> Iterator[bytes]:
        """The document in pieces of JSON."""
        head = {
            "openapi": "3.1.0",
            "info": {
                "title": f"Microsoft Graph {self._version}",
                "version": __version__,
                "summary": "The paths of the published model, as fakegraph has them.",
            },
            "servers": [{"url": "/"}],
            "security": [{BEARER: []}],
        }
        yield orjson.dumps(head)[:-1] + b',"paths":'
        yield from _object(self._paths(places))
        shared = components()
        own = shared.pop("schemas")
        shared["parameters"] = dict(_parameters())
        shared["securitySchemes"] = {BEARER: {"type": "http", "scheme": "bearer"}}
        yield b',"components":' + orjson.dumps(shared)[:-1] + b',"schemas":'
        yield from _object(chain(own.items(), self._schemas.components()))
        yield b"}}"

    def _paths(self, places: Iterable[ResourcePath]) -> Iterator[tuple[str, Json]]:
        for place in places:
            text, parameters = self._written(place.shape)
            item: Json = {"parameters": parameters} if parameters else {}
            plan = Plan(self._world, place, Evidence.KNOWN)
            for method in plan.allowed:
                item[method.lower()] = self._operation(plan, place, place.uses[method])
            yield f"/{self._version}{text}", item

    # Paths ------------------------------------------------------------------------------------

    def _written(self, shape: Shape) -> tuple[str, list[Json]]:
        """A path with a name of its own for each of what varies, and these as parameters."""
        text = ""
        parameters: dict[str, Json] = {}
        for each in shape.line:
            by_path = each.before is not None and each.before.step is Step.BY_PATH
            closed = ":" if by_path and each.step is not Step.BY_PATH else ""
            written = self._segment(each, parameters)
            text += written if written[0] in ":(" else f"{closed}/{written}"
        return text, list(parameters.values())

    def _segment(self, shape: Shape, parameters: dict[str, Json]) -> str:
        def named(match: re.Match[str]) -> str:
            equals, name = match.groups()
            type_ = _type_of(shape, name)
            wanted = _parameter_name(shape, name)
            unique, number = wanted, 1
            while unique in parameters:
                unique, number = f"{wanted}{number}", number + 1
            schema = self._schemas.of(type_)
            parameters[unique] = _parameter(unique, "path", schema, required=True)
            quoted = equals and (type_ == STRING or isinstance(type_, EnumType))
            return f"{equals}'{{{unique}}}'" if quoted else f"{equals}{{{unique}}}"

        return _VARIABLE.sub(named, shape.name)

    # Operations -------------------------------------------------------------------------------

    def _operation(self, plan: Plan, place: ResourcePath, use: Use) -> Json:
        shape = place.shape
        word = shape.before.word if shape.step is Step.END and shape.before else shape.word
        summary = _SUMMARIES.get((place.kind, use.method), f"{_VERBS[use.method]} {{}}.")
        operation: Json = {
            "operationId": _operation_id(self._version, place.template, use.method),
            "summary": summary.format(word),
            "tags": [shape.line[0].name],
            "parameters": [*_options(place, use), *(_refer(name) for name in _HEADERS)],
            "responses": self._responses(plan, place, use.method),
        }
        if use.permissions is not None:
            names = dict.fromkeys(n for each in use.permissions.schemes.values() for n in each)
            operation["security"] = [{BEARER: [name]} for name in names]
        if _is_deprecated(place):
            operation["deprecated"] = True
        body = self._body(place, use.method)
        if body is not None:
            operation["requestBody"] = {"required": True, "content": body}
        return operation

    def _body(self, place: ResourcePath, method: str) -> Json | None:
        if method in ("GET", "DELETE"):
            return None
        operation = place.operation
        if operation is not None and operation.is_action:
            return self._arguments(operation) if operation.parameters else None
        if place.kind in ("stream", "value"):
            return {BYTES: {}}
        if place.kind in ("refs", "ref"):
            return {JSON: {"schema": _REFERENCE}}
        one = self._schemas.of(place.type)
        return {JSON: {"schema": _value(one, place) if place.kind == "property" else one}}

    def _arguments(self, operation: Operation) -> Json:
        properties = {each.name: self._schemas.of(each.type) for each in operation.parameters}
        schema = annotated(properties)
        if operation.required:
            schema["required"] = list(operation.required)
        return {JSON: {"schema": schema}}

    def _responses(self, plan: Plan, place: ResourcePath, method: str) -> Json:
        answers = {
            str(status): self._response(place, method, status)
            for status in _successes(plan, place, method)
        }
        return {**answers, **errors({400, 401, 403, 429, *_ERRORS[method]})}

    def _response(self, place: ResourcePath, method: str, status: int) -> Json:
        answer: Json = {
            "description": _SAID.get(status, "It is elsewhere."),
            "headers": headers(*ALWAYS, *(["Location"] if status in (201, 302) else [])),
        }
        content = self._content(place, method) if status in (200, 201) else None
        if content is not None:
            answer["content"] = content
        return answer

    def _content(self, place: ResourcePath, method: str) -> Json | None:
        if place.kind == "count":
            return {TEXT: {"schema": {"type": "string", "pattern": "^[0-9]+$"}}}
        if place.kind in ("stream", "value"):
            return {BYTES: {}} if method == "GET" else None
        if place.kind in ("refs", "ref"):
            one = _REFERENCE
        elif place.type is None:
            return None
        else:
            one = self._schemas.of(place.type)
        many = place.many and method in ("GET", "POST") and place.kind != "collection"
        if many or (place.kind == "collection" and method == "GET") or place.kind == "refs":
            return {JSON: {"schema": _page(one)}}
        plain = not isinstance(place.type, PublishedType) and place.kind != "ref"
        return {JSON: {"schema": _value(one, place) if plain or place.kind == "property" else one}}


_HEADERS = ("Prefer", "ConsistencyLevel", "client-request-id")


def _object(pairs: Iterable[tuple[str, Any]]) -> Iterator[bytes]:
    """A JSON object, a property at a time."""
    before = b"{"
    for name, value in pairs:
        yield before + orjson.dumps(name) + b":" + orjson.dumps(value)
        before = b","
    yield b"{}" if before == b"{" else b"}"


def _parameters() -> Iterator[tuple[str, Json]]:
    for name, schema in PUBLISHED_OPTIONS.items():
        yield name, option(name, schema)
    for header in request_headers():
        yield header["name"], header


def _parameter(name: str, place: str, schema: JsonSchema, required: bool) -> Json:
    return {"name": name, "in": place, "required": required, "schema": schema}


def _refer(name: str) -> Json:
    return {"$ref": f"#/components/parameters/{name}"}


def _options(place: ResourcePath, use: Use) -> Iterator[Json]:
    if use.method != "GET":
        return iter(())
    names: Iterable[str] = _ON_MANY if place.many else _ON_ONE
    if use.options is not None:
        names = [name for name in PUBLISHED_OPTIONS if name in use.options]
    elif place.kind == "count":
        names = ("filter", "search")
    elif not isinstance(place.type, PublishedType):
        names = ()
    return map(_refer, names)


def _parameter_name(shape: Shape, name: str) -> str:
    """``user-id`` for a key, as it is called in Microsoft's description."""
    if shape.step is Step.KEY and name == "id" and isinstance(shape.type, PublishedType):
        return f"{shape.type.name.rpartition('.')[2]}-id"
    return name


def _type_of(shape: Shape, name: str) -> Type:
    """The type of what varies in a segment."""
    if shape.operation is not None:
        return next(p.type for p in shape.operation.parameters if p.name == name)
    if shape.step is Step.KEY and isinstance(shape.type, PublishedType):
        alternate = {n: path for key in shape.type.alternate_keys for n, path in key.items()}
        prop = shape.type.find(alternate.get(name, shape.type.key or name))
        return prop.type if prop else STRING
    return STRING


def _operation_id(version: str, template: str, method: str) -> str:
    words = re.sub(r"\W+", ".", template).strip(".")
    return f"{version}.{words}.{method.lower()}"


def _successes(plan: Plan, place: ResourcePath, method: str) -> list[int]:
    """The statuses of successes.

    What is put where nothing is, or may be made so, is made; a property without a value is 204.
    """
    if method in ("PUT", "PATCH") and place.kind == "stream":
        return _filled(plan, place, method)
    status = plan.success(method) or _success(place, method)
    if method == "GET" and place.kind == "property" and not place.many:
        return [status, 204]
    if method not in ("PUT", "PATCH") or place.kind not in ("item", "single"):
        return [status]
    upserts = isinstance(place.type, PublishedType) and place.type.capabilities.get(_UPSERTABLE)
    if method == "PATCH" and not (status == 201 or upserts is True):
        return [status]
    changed = CHANGED[method] if status == 201 else status
    return [changed, 201]


def _filled(plan: Plan, place: ResourcePath, method: str) -> list[int]:
    """The statuses where bytes were written; some things are shown with them, or made by them."""
    owner = place.shape.before.type if place.shape.before else None
    if isinstance(owner, PublishedType) and plan.world.rules(owner).filled is not None:
        return [200, 201]
    return [plan.success(method) or _success(place, method)]


_UPSERTABLE = "UpdateRestrictions.Upsertable"


def _success(place: ResourcePath, method: str) -> int:
    operation = place.operation
    if operation is not None:
        return 204 if operation.result is None else 200
    return 204 if method != "GET" and place.kind in _SILENT else _STATUS[method]


def _is_deprecated(place: ResourcePath) -> bool:
    operation = place.operation
    told = operation.core.get("Revisions", "") if operation else ""
    if isinstance(place.type, PublishedType) and operation is None:
        told = place.type.core.get("Revisions", "")
    return str(told).startswith("Deprecated")


def _value(schema: JsonSchema, place: ResourcePath) -> JsonSchema:
    """A value that is no entity stands in ``value``."""
    whole = {"type": "array", "items": schema} if place.many else schema
    properties = {"@odata.context": _URI, "value": whole}
    return {"type": "object", "properties": properties, "required": ["value"]}


def _page(items: JsonSchema) -> JsonSchema:
    return {
        "type": "object",
        "properties": {
            "@odata.context": _URI,
            "@odata.count": {"type": "integer", "minimum": 0},
            "@odata.nextLink": _URI,
            "@odata.deltaLink": _URI,
            "value": {"type": "array", "items": items},
        },
        "required": ["value"],
    }
