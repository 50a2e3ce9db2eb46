"""OpenAPI 3.1 of both APIs, from the models and from the tables of the control API."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping

from fakegraph._version import __version__
from fakegraph.control import bodies, notifications, routes
from fakegraph.control.bodies import ControlBody
from fakegraph.control.routes import ROOT, SERVER_ROUTES, TENANT_ROUTES, View
from fakegraph.dataclass import dataclass
from fakegraph.edm import json_schema
from fakegraph.edm.json_schema import JsonSchema
from fakegraph.edm.model import EntitySet, Model, all_entity_sets
from fakegraph.graph.openapi import Description
from fakegraph.tenants.journal import CRITERIA
from fakegraph.web.guard import KEY_HEADER
from fakegraph.web.openapi import BEARER, JSON, TEXT, Json, closed, components, errors, headers

_KEY = "key"
_TEXT: JsonSchema = {"type": "string"}
_WHOLE: JsonSchema = {"type": "integer", "minimum": 0}
_IN_QUERY = {**_WHOLE, "maximum": 10**routes.DIGITS - 1}
_MOMENT = json_schema.PRIMITIVES["Edm.DateTimeOffset"]


def document(models: Mapping[str, Model], strict: bool, signed_in: bool, keyed: bool) -> Json:
    """The description of a server.

    ``strict``: it takes only documented queries. ``signed_in``: the Graph API wants a token;
    ``keyed``: the control API wants its key.
    """
    described = [Description(model, strict) for model in models.values()]
    paths = {path: item for each in described for path, item in each.paths().items()}
    control = _Control(all_entity_sets(models), tuple(models), keyed)
    shared = components()
    for each in described:
        shared["schemas"] |= each.schemas()
    shared["schemas"] |= control.schemas()
    shared["securitySchemes"] = {
        BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        _KEY: {"type": "apiKey", "in": "header", "name": KEY_HEADER},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fakegraph",
            "version": __version__,
            "summary": "A local stand-in for Microsoft Graph, and the control API of it.",
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{BEARER: []}] if signed_in else [],
        "paths": paths | control.paths(),
        "components": shared,
    }


_ABOUT = (
    "The paths of Graph are also there without a version, which means the first, and below "
    "/tenants/{tenant}. A link to a next page is used whole, as it was given."
)


@dataclass(frozen=True)
class _Row:
    """A view in the description: what it takes, and its success.

    ``body``: a class, or a schema by name; ``optional``: it may be left out. ``content`` is the
    answer's media type and schema, None for none. ``refusals`` are statuses beside 400 and 403.
    """

    status: int = 200
    content: tuple[str, JsonSchema] | None = None
    body: type[ControlBody] | str | None = None
    optional: bool = False
    query: tuple[Json, ...] = ()
    refusals: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()


def _list_of(items: JsonSchema) -> tuple[str, JsonSchema]:
    return JSON, closed({"value": {"type": "array", "items": items}})


def _refer(name: str) -> JsonSchema:
    return {"$ref": f"#/components/schemas/{name}"}


def _criteria() -> Iterator[Json]:
    for name in CRITERIA:
        parameter: Json = {"name": name, "in": "query"}
        schema = bodies.criterion_schema(name)
        if name == "json":  # any JSON value, not a text
            parameter["content"] = {JSON: {"schema": schema}}
        else:
            parameter["schema"] = schema
        yield parameter


_TENANT = closed({"id": _TEXT, "url": {"type": "string", "format": "uri"}}, {"test": _TEXT})
_NAME = closed({"name": _TEXT})
_CLOCK = closed({"now": _MOMENT, "frozen": {"type": "boolean"}})
_SPENT = closed({"app": _TEXT, "used": _WHOLE, "resetSeconds": _WHOLE})
_BUDGET = closed(
    {
        "requests": json_schema.nullable(_WHOLE),
        "seconds": json_schema.nullable(_WHOLE),
        "apps": {"type": "array", "items": _SPENT},
    }
)
_COURSE = closed({"lastMs": _WHOLE}, {"code": _TEXT, "message": _TEXT, "times": _WHOLE})
_ONE = ({"name": "id", "in": "query", "schema": _TEXT},)
_OF_A_SET = ({"name": "path", "in": "query", "schema": _TEXT},)
_PATHS = (
    {"name": "path", "in": "query", "schema": {"type": "array", "items": _TEXT}, "explode": True},
)
_WANTED = (
    {"name": "key", "in": "query", "schema": {**_TEXT, "minLength": 1}, "required": True},
    {"name": "near", "in": "query", "schema": _TEXT},
)
_SINCE = ({"name": "since", "in": "query", "schema": _IN_QUERY},)
_BETWEEN = tuple(
    {"name": name, "in": "query", "schema": _IN_QUERY} for name in ("after", "before", "most")
)
_KIND: JsonSchema = {"enum": ["created", "changed", "deleted", "linked", "unlinked"]}
_CHANGE = closed({"sequence": _WHOLE, "kind": _KIND, "path": _TEXT}, {"old": {"type": "object"}})
_DIFFERENCE = closed(
    {"kind": _KIND, "path": _TEXT}, {"old": {"type": "object"}, "new": {"type": "object"}}
)
_WITH = ({"name": "with", "in": "query", "schema": _TEXT},)
_ASKED = tuple(_criteria())
_NEAR = closed({"request": _refer("request"), "differences": {"type": "array", "items": _TEXT}})
_DONE = _Row(204)
_WITH_BODY = (413, 415)

# Every view of the control API; one that is missing here is a KeyError.
_ROWS: Mapping[View, _Row] = {
    routes.health: _Row(
        content=(JSON, closed({"status": {"const": "ok"}, "version": _TEXT})), refusals=(503,)
    ),
    routes.ca_certificate: _Row(content=("application/x-pem-file", _TEXT), refusals=(404,)),
    routes.metrics: _Row(content=(TEXT, _TEXT)),
    routes.openapi: _Row(content=(JSON, {"type": "object"}), query=_OF_A_SET, refusals=(404,)),
    routes.show_page: _Row(content=("text/html", _TEXT)),
    routes.show_page_file: _Row(content=("text/javascript", _TEXT), refusals=(404,)),
    routes.show_screen_file: _Row(content=("text/javascript", _TEXT), refusals=(404,)),
    routes.show_model: _Row(content=(JSON, {"type": "object"}), refusals=(404,)),
    routes.list_tenants: _Row(content=_list_of(_TENANT)),
    routes.create_tenant: _Row(
        201,
        (JSON, _TENANT),
        bodies.TenantBody,
        optional=True,
        refusals=(409, 503, *_WITH_BODY),
        headers=("Location",),
    ),
    routes.delete_tenant: _Row(204, refusals=(404, 503)),
    routes.reset: _Row(204, refusals=(503, *_WITH_BODY)),
    routes.seed: _Row(
        content=(JSON, {"type": "object", "additionalProperties": _WHOLE}),
        body="seed",
        refusals=(409, 503, *_WITH_BODY),
    ),
    routes.count_records: _Row(content=(JSON, {"type": "object", "additionalProperties": _WHOLE})),
    routes.clear_records: _Row(204, query=_OF_A_SET, refusals=(404, 503)),
    routes.records: _Row(content=_list_of({"type": "object"}), query=_ONE),
    routes.create_record: _Row(
        201, (JSON, {"type": "object"}), "records", refusals=(409, 503, *_WITH_BODY)
    ),
    routes.update_record: _Row(
        content=(JSON, {"type": "object"}), body="record", refusals=(503, *_WITH_BODY)
    ),
    routes.delete_record: _Row(204, refusals=(503,)),
    routes.find_records: _Row(
        content=_list_of(closed({"path": _TEXT, "type": _TEXT})), query=_WANTED, refusals=(404,)
    ),
    routes.changes: _Row(
        content=(
            JSON,
            closed({"value": {"type": "array", "items": _CHANGE}, "sequence": _WHOLE}),
        ),
        query=_SINCE,
        refusals=(410,),
    ),
    routes.export: _Row(content=(JSON, {"type": "object"}), query=_PATHS, refusals=(404,)),
    routes.compare: _Row(content=_list_of(_DIFFERENCE), query=_WITH, refusals=(404,)),
    routes.activities: _Row(content=_list_of({"type": "object"})),
    routes.noted: _Row(content=(JSON, {"type": "object"})),
    routes.sent: _Row(content=_list_of(_refer("mail"))),
    routes.list_sign_ins: _Row(content=(JSON, {"type": "object"})),
    routes.list_notifications: _Row(content=_list_of({"type": "object"})),
    routes.flush_notifications: _Row(
        content=(JSON, closed(dict.fromkeys(("delivered", "waiting", "dropped"), _WHOLE))),
        refusals=_WITH_BODY,
    ),
    routes.remind_subscriber: _Row(
        204, body=notifications.ReminderBody, refusals=(404, 409, *_WITH_BODY)
    ),
    routes.redeliver_notification: _Row(204, refusals=_WITH_BODY),
    routes.list_delivery_faults: _Row(content=_list_of(_refer("deliveryFault"))),
    routes.add_delivery_fault: _Row(
        201,
        (JSON, _refer("deliveryFault")),
        notifications.DeliveryFaultBody,
        refusals=_WITH_BODY,
    ),
    routes.clear_delivery_faults: _DONE,
    routes.list_snapshots: _Row(content=_list_of(_NAME)),
    routes.take_snapshot: _Row(
        201, (JSON, _NAME), bodies.SnapshotBody, refusals=(409, *_WITH_BODY)
    ),
    routes.delete_snapshots: _DONE,
    routes.delete_snapshot: _DONE,
    routes.restore_snapshot: _Row(204, refusals=(503, *_WITH_BODY)),
    routes.list_requests: _Row(content=_list_of(_refer("request")), query=_ASKED),
    routes.list_summaries: _Row(content=(JSON, {"type": "object"}), query=_BETWEEN),
    routes.look_at: _Row(content=(JSON, {}), refusals=(401, 405, 406, 409, 410, 412, 503, 504)),
    routes.show_request: _Row(content=(JSON, {"type": "object"})),
    routes.explain_request: _Row(content=(JSON, {"type": "object"})),
    routes.replay_request: _Row(
        content=(JSON, closed({"status": _WHOLE, "requestId": _TEXT})),
        refusals=(409, *_WITH_BODY),
    ),
    routes.clear_requests: _DONE,
    routes.near_misses: _Row(content=_list_of(_NEAR), query=_ASKED),
    routes.requests_as_har: _Row(content=(JSON, closed({"log": {"type": "object"}})), query=_ASKED),
    routes.list_faults: _Row(content=_list_of(_refer("fault.listed"))),
    routes.add_fault: _Row(
        201, (JSON, _refer("fault.added")), bodies.FaultBody, refusals=_WITH_BODY
    ),
    routes.clear_faults: _DONE,
    routes.delete_fault: _DONE,
    routes.list_stubs: _Row(content=_list_of(_refer("stub.listed"))),
    routes.add_stub: _Row(201, (JSON, _refer("stub.added")), bodies.StubBody, refusals=_WITH_BODY),
    routes.clear_stubs: _DONE,
    routes.delete_stub: _DONE,
    routes.show_clock: _Row(content=(JSON, _CLOCK)),
    routes.set_clock: _Row(content=(JSON, _CLOCK), body=bodies.ClockBody, refusals=_WITH_BODY),
    routes.reset_clock: _DONE,
    routes.show_throttle: _Row(content=(JSON, _BUDGET)),
    routes.show_operations: _Row(content=(JSON, _COURSE)),
    routes.say_operations: _Row(
        content=(JSON, _COURSE), body=bodies.OperationsBody, refusals=_WITH_BODY
    ),
    routes.reset_operations: _DONE,
    routes.make_token: _Row(
        201,
        (JSON, closed({"access_token": _TEXT, "token_type": {"const": "Bearer"}})),
        bodies.TokenBody,
        optional=True,
        refusals=_WITH_BODY,
    ),
}
# What can be done next with what a view has made: the parameter that takes its name, where the
# answer has that, and the views.
_LINKS: Mapping[View, tuple[str, str, tuple[View, ...]]] = {
    routes.create_tenant: ("tenant", "id", (routes.delete_tenant,)),
    routes.take_snapshot: ("name", "name", (routes.restore_snapshot, routes.delete_snapshot)),
    routes.add_fault: ("fault", "id", (routes.delete_fault,)),
    routes.add_stub: ("stub", "id", (routes.delete_stub,)),
}
_SAID = {200: "What was asked for.", 201: "It was made.", 204: "It was done."}
_PART = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class _Control:
    """The control API of a server with these entity sets and versions; ``keyed``: it asks for its
    key.
    """

    sets: Mapping[str, EntitySet]
    versions: tuple[str, ...]
    keyed: bool

    def paths(self) -> Json:
        """The path items; those about a tenant are there for the default one, too."""
        found: Json = {}
        for path, views in SERVER_ROUTES.items():
            self._add(found, path, views, about_tenant=False)
        for path, views in TENANT_ROUTES.items():
            self._add(found, path, views, about_tenant=False)
            self._add(found, f"/tenants/<tenant>{path}", views, about_tenant=True)
        return found

    def _add(self, found: Json, path: str, views: Mapping[str, View], about_tenant: bool) -> None:
        written = ROOT + _PART.sub(r"{\1}", path)
        parts = [self._part(name) for name in _PART.findall(path)]
        item = found[written] = {"parameters": parts} if parts else {}
        for method, view in views.items():
            operation = self._operation(view, path)
            operation["operationId"] = _operation_id(view, about_tenant)
            if view in _LINKS:
                operation["responses"]["201"]["links"] = _links(view, about_tenant)
            if parts:
                operation["responses"] |= {"404": errors((404,))["404"]}
            item[method.lower()] = operation

    def _part(self, name: str) -> Json:
        schema = self._part_schemas().get(name, {"type": "string", "pattern": r"^[^/]+$"})
        return {"name": name, "in": "path", "required": True, "schema": schema}

    def _part_schemas(self) -> Mapping[str, JsonSchema]:
        return {
            "tenant": bodies.TENANT_NAME,
            "name": bodies.SNAPSHOT_NAME,
            # What is declared is described; any path of the published model does as well.
            "number": _WHOLE,
            "read": {"enum": list(self.versions)},  # with a path behind it, where that is not coded
            "path": {"type": "string", "pattern": f"^({'|'.join(self.sets)})(/[^/]+)?$"},
        }

    def _operation(self, view: View, path: str) -> Json:
        row = _ROWS[view]
        answer: Json = {"description": _SAID[row.status], "headers": headers(*row.headers)}
        if row.content is not None:
            media_type, schema = row.content
            answer["content"] = {media_type: {"schema": schema}}
        is_open = path in routes.OPEN | routes.PUBLIC
        refusals = {400, *row.refusals}
        if not is_open:
            refusals |= {403, 401} if self.keyed else {403}
        operation: Json = {
            "summary": (inspect.getdoc(view) or "").partition("\n")[0],
            "tags": [f"control: {path.split('/')[1]}"],
            "security": [{_KEY: []}] if self.keyed and not is_open else [],
            "responses": {str(row.status): answer, **errors(refusals)},
        }
        if row.query:
            operation["parameters"] = list(row.query)
        if row.body is not None:
            name = row.body if isinstance(row.body, str) else _body_name(row.body)
            content = {JSON: {"schema": _refer(name)}}
            operation["requestBody"] = {"required": not row.optional, "content": content}
        return operation

    def schemas(self) -> dict[str, JsonSchema]:
        """The components: what is sent, and what several answers have."""
        classes = [row.body for row in _ROWS.values() if isinstance(row.body, type)]
        found = {_body_name(each): each.reader().json_schema() for each in classes}
        fault = bodies.FaultBody.reader().property_schemas()
        found["fault.added"] = closed({"id": _TEXT}, fault)
        found["fault.listed"] = closed({"id": _TEXT, "matched": _WHOLE, "hit": _WHOLE}, fault)
        stub = bodies.StubBody.reader().property_schemas()
        found["stub.added"] = closed({"id": _TEXT}, stub)
        found["stub.listed"] = closed({"id": _TEXT, "hit": _WHOLE}, stub)
        found["request"] = _ENTRY
        found["mail"] = _MAIL
        found["record"] = {"anyOf": [self._one(each, partial=True) for each in self.sets.values()]}
        one = _refer("record")
        found["records"] = {"anyOf": [one, {"type": "array", "items": one}]}
        found["seed"] = closed(
            {}, {"fixture": bodies.FIXTURES, "defaults": {"type": "boolean"}, **self._records()}
        )
        return found

    def _records(self) -> dict[str, JsonSchema]:
        """Records by entity set, as fixtures have them: later members of enums included."""
        return {
            name: {"type": "array", "items": self._one(entity_set)}
            for name, entity_set in self.sets.items()
        }

    @staticmethod
    def _one(entity_set: EntitySet, *, partial: bool = False) -> JsonSchema:
        return entity_set.schema.reader(partial=partial, future_members=True).json_schema()


def _operation_id(view: View, about_tenant: bool) -> str:
    return f"{'tenant.' if about_tenant else ''}{view.__name__}"


def _links(view: View, about_tenant: bool) -> Json:
    parameter, name, followers = _LINKS[view]
    parameters = {parameter: f"$response.body#/{name}"}
    if about_tenant:
        parameters["tenant"] = "$request.path.tenant"
    return {
        follower.__name__: {
            "operationId": _operation_id(follower, about_tenant),
            "parameters": parameters,
        }
        for follower in followers
    }


def _body_name(body: type[ControlBody]) -> str:
    return body.edm_name.rpartition(".")[2]


_NULLABLE_TEXT = json_schema.nullable(_TEXT)
_TEXTS: JsonSchema = {"type": "object", "additionalProperties": _TEXT}
_ENTRY = closed(
    {
        "number": {"type": "integer", "minimum": 1},
        "time": _MOMENT,
        "method": _TEXT,
        "path": _TEXT,
        "route": _NULLABLE_TEXT,
        "query": _TEXTS,
        "headers": _TEXTS,
        "json": {},
        "bodySize": _WHOLE,
        "status": _WHOLE,
        "errorCode": _NULLABLE_TEXT,
        "errorMessage": _NULLABLE_TEXT,
        "responseJson": {},
        "responseSize": _WHOLE,
        "durationMs": {"type": "number", "minimum": 0},
        "tenant": _TEXT,
        "requestId": _TEXT,
        "fault": _NULLABLE_TEXT,
        "stub": _NULLABLE_TEXT,
        "ignored": {"type": "array", "items": {"type": "string"}},
        "inferred": {"type": "boolean"},
        "batch": _NULLABLE_TEXT,
    }
)
_ADDRESSES: JsonSchema = {"type": "array", "items": _TEXT}
_ATTACHMENT = closed(
    {
        "name": _NULLABLE_TEXT,
        "contentType": _NULLABLE_TEXT,
        "size": _WHOLE,
        "isInline": {"type": "boolean"},
        "contentBytes": {**_NULLABLE_TEXT, "contentEncoding": "base64"},
    }
)
_MAIL = closed(
    {
        "time": _MOMENT,
        "sender": _TEXT,
        "from": _TEXT,
        "to": _ADDRESSES,
        "cc": _ADDRESSES,
        "bcc": _ADDRESSES,
        "subject": _TEXT,
        "body": _TEXT,
        "bodyType": {"enum": ["text", "html"]},
        "attachments": {"type": "array", "items": _ATTACHMENT},
        "internetMessageId": _TEXT,
        "path": _NULLABLE_TEXT,
    }
)
