"""The way of a request to the Graph face: locate, authorise, resolve, handle, send."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from flask import Blueprint, Request, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, SecurityError

from fakegraph.edm.model import Model
from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError, bad_request
from fakegraph.graph.body import too_large
from fakegraph.graph.call import Answer, Call
from fakegraph.graph.entities import HANDLERS
from fakegraph.graph.envelope import base_headers, error_response
from fakegraph.graph.headers import check_accept, check_refused_headers, read_preferences
from fakegraph.graph.paths import Location, locate, resolve
from fakegraph.identity.bearer import require_bearer, tenant_of
from fakegraph.odata.query_string import split_options
from fakegraph.store import StorageFailure
from fakegraph.tenants import Tenant, Tenants

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@dataclass(frozen=True)
class GraphFace:
    """What the Graph face is made of: the models by version, the tenants, and its settings."""

    models: Mapping[str, Model]
    tenants: Tenants
    page_size: int
    auth: str
    clock: Callable[[], Instant]

    def blueprint(self) -> Blueprint:
        """The routes, to be registered on the app after everything more specific."""
        blueprint = Blueprint("graph", __name__)
        rule = {"methods": METHODS, "provide_automatic_options": False}
        blueprint.add_url_rule("/", "root", self.answer, **rule)  # type: ignore[arg-type]  # Flask types these as Any
        blueprint.add_url_rule("/<path:path>", "path", self.answer, **rule)  # type: ignore[arg-type]  # as above
        return blueprint

    def answer(self, path: str = "") -> Response:
        """Answer the current request, whatever becomes of it."""
        g.now = self.clock
        call = self._read(request)
        handlers = HANDLERS[call.target.kind]
        handler = handlers.get(request.method)
        if handler is None:
            raise method_not_allowed(tuple(handlers))
        return self._send(call, handler(call))

    def _read(self, request: Request) -> Call:
        location = locate(_raw_path(request), tuple(self.models))
        check_refused_headers(request.headers)
        host = _host_url(request)
        token = ""
        if self.auth != "off":
            token = require_bearer(request.headers.get("Authorization"), host)
        tenant = self._tenant(location, token)
        g.now = tenant.instant
        model = self.models[location.version]
        target = resolve(model, location.segments)
        if request.method == "GET" and target.kind.value != "count":
            check_accept(request.headers.get("Accept", ""))
        return Call(
            request=request,
            tenant=tenant,
            model=model,
            target=target,
            options=split_options(request.query_string.decode("latin-1")),
            preferences=read_preferences(request.headers.get("Prefer", "")),
            root=host + location.prefix,
            page_size=self.page_size,
        )

    def _tenant(self, location: Location, token: str) -> Tenant:
        if location.tenant is not None:
            return self.tenants.named(location.tenant)
        return self.tenants.of_token(tenant_of(token))

    def _send(self, call: Call, answer: Answer) -> Response:
        response = Response(answer.body, answer.status, content_type=answer.content_type)
        if not answer.body:
            del response.headers["Content-Type"]
        response.headers.update(request_headers())
        response.headers["OData-Version"] = "4.0"
        applied = call.preferences.applied(to_writes=call.request.method != "GET")
        if applied:
            response.headers["Preference-Applied"] = applied
        if answer.headers:
            response.headers.update(answer.headers)
        return response


def method_not_allowed(allowed: tuple[str, ...]) -> GraphError:
    """The service's 405."""
    return GraphError(
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed for the request target. "
        f"It takes {', '.join(allowed)}.",
        headers={"Allow": ", ".join(allowed)},
    )


def _raw_path(request: Request) -> str:
    """The path before percent-decoding, so that ``%2F`` in a key is not taken for a separator."""
    raw: str | None = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI")
    if raw is None or not raw.startswith("/"):
        raw = quote(request.path)
    return raw.partition("?")[0]


def _host_url(request: Request) -> str:
    """Scheme and host as the caller used them, for the links in the answer."""
    try:
        if not request.host:
            raise bad_request("Bad Request - Invalid Hostname: the Host header is not a host name.")
    except SecurityError as error:
        raise bad_request("Bad Request - Invalid Hostname.") from error
    return f"{request.scheme}://{request.host}"


def request_headers() -> dict[str, str]:
    """The common headers of the answer to the current request; the same each time it is asked."""
    if "headers" not in g:
        request_id = str(uuid.uuid4())
        client_id = request.headers.get("client-request-id", "").strip() or request_id
        g.headers = base_headers(request_id, client_id, secure=request.is_secure)
    headers: dict[str, str] = g.headers
    return headers


def handle_graph_error(error: GraphError) -> Response:
    """Answer a refusal in the service's envelope."""
    return error_response(error, g.now(), request_headers())


def handle_http_error(error: HTTPException) -> Response:
    """Give the errors of Flask and Werkzeug themselves the same body."""
    if isinstance(error, RequestEntityTooLarge):
        return handle_graph_error(too_large(request.max_content_length))
    if error.code == 405:
        return handle_graph_error(method_not_allowed(tuple(METHODS)))
    status = error.code or 500
    return handle_graph_error(GraphError(status, "BadRequest", error.description or error.name))


def handle_storage_failure(error: StorageFailure) -> Response:
    """A write that did not reach the disk was not made; the client may try again."""
    current_app.logger.error("%s", error)
    return handle_graph_error(GraphError(503, "serviceNotAvailable", f"The write failed: {error}"))


def handle_bug(error: Exception) -> Response:
    """Log what nobody expected, and tell the client no more than that."""
    current_app.logger.exception("unexpected error")
    return handle_graph_error(
        GraphError(500, "InternalServerError", "fakegraph met an error of its own; its log has it.")
    )
