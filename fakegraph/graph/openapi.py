"""The Graph API in OpenAPI 3.1: an operation for each target and method, from the model alone.

Paths are written as in Microsoft's own description of Graph:
https://github.com/microsoftgraph/msgraph-metadata/tree/master/openapi
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence

from fakegraph.dataclass import dataclass
from fakegraph.edm import json_schema
from fakegraph.edm.json_schema import JsonSchema
from fakegraph.edm.model import EntitySet, Function, Model, Parameter
from fakegraph.edm.types import EnumType, StructuredType
from fakegraph.graph import batch_schema
from fakegraph.graph.entities import handlers_of, targets_of
from fakegraph.graph.paths import Kind, Target
from fakegraph.graph.query_parameters import FORMATS, option, option_schemas, request_headers
from fakegraph.web.openapi import ALWAYS, JSON, TEXT, XML, Json, closed, errors, headers

_TEXT: JsonSchema = {"type": "string"}
_DEPRECATED = ("Deprecation", "Sunset", "Link")

# By kind and method: the query options, and the statuses beside those that all have.
_COLLECTION = ("filter", "orderby", "select", "top", "skip", "count", "search", "format")
_WRITE_ERRORS = (412, 413, 415, 503)
_USES: Mapping[tuple[Kind, str], tuple[Sequence[str], Sequence[int]]] = {
    (Kind.COLLECTION, "GET"): (_COLLECTION, (406, 504)),
    (Kind.COLLECTION, "POST"): (("select", "format"), (406, 409, *_WRITE_ERRORS)),
    (Kind.COUNT, "GET"): (("filter", "search"), (406, 504)),
    (Kind.ENTITY, "GET"): (("select", "format"), (404, 406)),
    (Kind.ENTITY, "PATCH"): (("select", "format"), (404, 406, *_WRITE_ERRORS)),
    (Kind.ENTITY, "DELETE"): ((), (404, 406, 412, 503)),
    (Kind.FUNCTION, "GET"): (_COLLECTION, (406, 504)),
    (Kind.SERVICE, "GET"): (("format",), (406,)),
    (Kind.METADATA, "GET"): (("format",), (406,)),
    (Kind.BATCH, "POST"): ((), (406, 412, 413, 415)),
}
_ON_ONE = ("select", "format")
_VERBS: Mapping[tuple[Kind, str], str] = {
    (Kind.COLLECTION, "GET"): ".list",
    (Kind.COLLECTION, "POST"): ".create",
    (Kind.COUNT, "GET"): ".count",
    (Kind.ENTITY, "GET"): ".get",
    (Kind.ENTITY, "PATCH"): ".update",
    (Kind.ENTITY, "DELETE"): ".delete",
    (Kind.SERVICE, "GET"): "service",
    (Kind.METADATA, "GET"): "metadata",
    (Kind.BATCH, "POST"): "batch",
}
_OPEN = (Kind.SERVICE, Kind.METADATA)


@dataclass(frozen=True)
class Description:
    """One version of the Graph API. ``strict``: only documented query options are taken."""

    model: Model
    strict: bool = False

    def paths(self) -> Json:
        """The path items, by path."""
        found: dict[str, Json] = {}
        for target in targets_of(self.model):
            for path, parameters in self._places(target):
                operations = {
                    method.lower(): self._operation(target, method, parameters)
                    for method in handlers_of(target)
                }
                item: Json = {"parameters": parameters} if parameters else {}
                found[path] = {**item, **operations}
        return found

    def schemas(self) -> dict[str, JsonSchema]:
        """The components: what answers have of each type, and what may be written."""
        found = {
            self._named(type_.name): json_schema.of_named_type(type_, self.refer)
            for type_ in self.model.types
            if isinstance(type_, EnumType | StructuredType)
        }
        for entity_set in self.model:
            if entity_set.writable:
                name = self._named(entity_set.type.name)
                found[f"{name}.create"] = entity_set.schema.reader().json_schema()
                found[f"{name}.update"] = _changes(entity_set)
        return found

    def refer(self, type_name: str) -> JsonSchema:
        """A reference to the schema of a named type."""
        return {"$ref": f"#/components/schemas/{self._named(type_name)}"}

    def _named(self, type_name: str) -> str:
        return f"{self.model.version}.{type_name.removeprefix('microsoft.graph.')}"

    def _places(self, target: Target) -> Iterator[tuple[str, list[Json]]]:
        """The target's paths: one, but of a function one for each form that it is called in."""
        root = f"/{self.model.version}"
        if target.kind is not Kind.FUNCTION:
            yield root + target.route, [_key()] if target.kind is Kind.ENTITY else []
            return
        for overload in target.function.overloads:
            arguments = ",".join(f"{each.name}='{{{each.name}}}'" for each in overload)
            yield f"{root}{target.route}({arguments})", [_argument(each) for each in overload]

    def _operation(self, target: Target, method: str, parameters: Sequence[Json]) -> Json:
        handler = handlers_of(target)[method]
        resource = target.resource
        operation: Json = {
            "operationId": self._operation_id(target, method, parameters),
            "summary": (inspect.getdoc(handler) or "").partition("\n")[0],
            "tags": [_tag(target)],
            "parameters": [*self._options(target, method), *request_headers()],
            "responses": self._responses(target, method),
        }
        if resource is not None:
            operation["description"] = inspect.getdoc(resource.schema) or ""
            if resource.deprecation is not None:
                operation["deprecated"] = True
        if target.kind in _OPEN:
            operation["security"] = []
        body = self._body(target, method)
        if body is not None:
            operation["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
        if target.kind is Kind.COLLECTION and method == "POST":
            operation["responses"]["201"]["links"] = self._links(target)
        return operation

    def _operation_id(self, target: Target, method: str, parameters: Sequence[Json]) -> str:
        what = "" if target.resource is None else target.resource.path.replace("/", ".")
        form = "".join(f"-{parameter['name']}" for parameter in parameters)
        verb = form if target.kind is Kind.FUNCTION else _VERBS[target.kind, method]
        return f"{self.model.version}.{what}{verb}"

    def _options(self, target: Target, method: str) -> list[Json]:
        names: Iterable[str] = _USES[target.kind, method][0]
        resource = target.resource
        if resource is None:
            forms = ("xml", XML) if target.kind is Kind.METADATA else FORMATS
            return [option("format", {"type": "string", "enum": list(forms)}) for _ in names]
        if isinstance(resource, Function) and not resource.many:
            names = _ON_ONE
        limits = resource.options if self.strict and method == "GET" else None
        if limits is not None:
            names = [name for name in names if name in limits]
        schemas = option_schemas(resource.type, limits is not None)
        return [option(name, schemas[name]) for name in names if name in schemas]

    def _body(self, target: Target, method: str) -> JsonSchema | None:
        if target.kind is Kind.BATCH:
            return batch_schema.request()
        form = {"POST": "create", "PATCH": "update"}.get(method)
        if form is None:
            return None
        return self.refer(f"{target.entity_set.type.name}.{form}")

    def _responses(self, target: Target, method: str) -> Json:
        resource = target.resource
        deprecated = resource is not None and resource.deprecation is not None
        extra = _DEPRECATED if deprecated else ()
        found: Json = {}
        for status, (content, names) in self._successes(target, method).items():
            answer: Json = {
                "description": _SUCCESSES[status],
                "headers": headers(*ALWAYS, *names, *extra),
            }
            if content is not None:
                answer["content"] = content
            found[str(status)] = answer
        statuses = {400, 429, *_USES[target.kind, method][1]}
        if target.kind not in _OPEN:
            statuses.add(401)
        if target.permissions:
            statuses.add(403)
        one = isinstance(resource, Function) and not resource.many
        if deprecated and (one or method != "GET"):
            statuses.add(410)
        return found | errors(statuses)

    def _successes(
        self, target: Target, method: str
    ) -> dict[int, tuple[Json | None, tuple[str, ...]]]:
        """By status, the content, and the headers of its own."""
        if method == "DELETE":
            return {204: (None, ())}
        content = self._content(target)
        if target.kind is Kind.COLLECTION and method == "POST":
            content = {JSON: {"schema": self._one(target)}}
            return {201: (content, ("Location", "Preference-Applied"))}
        return {200: (content, ("Preference-Applied",))}

    def _content(self, target: Target) -> Json:
        match target.kind:
            case Kind.COUNT:
                return {TEXT: {"schema": {"type": "string", "pattern": "^[0-9]+$"}}}
            case Kind.METADATA:
                return {XML: {"schema": _TEXT}}
            case Kind.SERVICE:
                return {JSON: {"schema": _SERVICE_DOCUMENT}}
            case Kind.BATCH:
                return {JSON: {"schema": batch_schema.ANSWER}}
            case Kind.COLLECTION:
                return {JSON: {"schema": self._page(target)}}
            case Kind.FUNCTION if target.function.many:
                return {JSON: {"schema": self._page(target)}}
        return {JSON: {"schema": self._one(target)}}

    def _one(self, target: Target) -> JsonSchema:
        assert target.resource is not None
        return self.refer(target.resource.type.name)

    def _page(self, target: Target) -> JsonSchema:
        return {
            "type": "object",
            "properties": {
                "@odata.context": {"type": "string", "format": "uri"},
                "@odata.count": {"type": "integer", "minimum": 0},
                "@odata.nextLink": {"type": "string", "format": "uri"},
                "value": {"type": "array", "items": self._one(target)},
            },
            "required": ["value"],
            "additionalProperties": False,
        }

    def _links(self, target: Target) -> Json:
        """What can be done next with an entity that was created."""
        what = target.entity_set.path.replace("/", ".")
        return {
            verb: {
                "operationId": f"{self.model.version}.{what}.{verb}",
                "parameters": {"id": "$response.body#/id"},
            }
            for verb in ("get", "update", "delete")
        }


_SUCCESSES = {
    200: "What was asked for.",
    201: "It was made.",
    204: "It was done; there is nothing to say.",
}


def _tag(target: Target) -> str:
    if target.resource is None:
        return "service"
    return target.resource.path.rpartition("/")[0].replace("/", ".") or target.resource.name


def _changes(entity_set: EntitySet) -> JsonSchema:
    """The body of an update: the key cannot be changed."""
    schema = entity_set.schema.reader(partial=True).json_schema()
    schema["properties"].pop(entity_set.type.key)
    return schema


def _key() -> Json:
    # As a segment of a path; keys that begin with a dollar sign need the parentheses.
    schema = {"type": "string", "minLength": 1, "pattern": r"^[^$\x00-\x1f\x7f-\x9f]"}
    return {"name": "id", "in": "path", "required": True, "schema": schema}


def _argument(parameter: Parameter) -> Json:
    schema: JsonSchema = {"type": "string"}
    if parameter.values is not None:
        schema["enum"] = [each for each in parameter.values if each not in parameter.unserved]
    return {"name": parameter.name, "in": "path", "required": True, "schema": schema}


_SERVICE_DOCUMENT = closed(
    {
        "value": {
            "type": "array",
            "items": closed(
                {"name": _TEXT, "kind": {"enum": ["EntitySet", "Singleton"]}, "url": _TEXT}
            ),
        }
    },
    {"@odata.context": {"type": "string", "format": "uri"}},
)
