"""The way of a request to the Graph face: locate, authorise, resolve, handle, send."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from fakegraph.edm.model import Model
from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError
from fakegraph.graph.call import Call
from fakegraph.graph.entities import HANDLERS
from fakegraph.graph.exchange import Answer, Exchange
from fakegraph.graph.headers import check_accept, check_refused_headers, read_preferences
from fakegraph.graph.paths import Kind, Location, locate, resolve
from fakegraph.identity.bearer import require_bearer, tenant_of
from fakegraph.odata.query_string import split_options
from fakegraph.store import StorageFailure
from fakegraph.tenants import Tenant, Tenants

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger("fakegraph")


@dataclass(frozen=True)
class GraphFace:
    """A WSGI app: the models by version (the first answers paths without one) and the tenants."""

    models: Mapping[str, Model]
    tenants: Tenants
    page_size: int
    auth: str
    max_body: int
    clock: Callable[[], Instant]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, whatever becomes of it."""
        began = time.perf_counter()
        exchange = Exchange(environ, self.max_body)
        clock = self.clock
        try:
            host = exchange.host_url
            location = _located(exchange.raw_path, tuple(self.models))
            tenant = self._tenant(exchange, location, host)
            clock = tenant.instant
            answer = self._answer(exchange, location, tenant, host)
        except GraphError as error:
            answer = exchange.refusal(error, clock())
        except StorageFailure as error:
            log.error("a write failed: %s", error)
            answer = exchange.refusal(_write_failed(error), clock())
        except Exception:
            log.exception("unexpected error")
            answer = exchange.refusal(_bug(), clock())
        if log.isEnabledFor(logging.INFO):
            _log_request(exchange, answer, began)
        return exchange.send(answer, start_response)

    def _tenant(self, exchange: Exchange, location: Location, host: str) -> Tenant:
        token = ""
        if self.auth != "off":
            token = require_bearer(exchange.header("HTTP_AUTHORIZATION"), host)
        if location.tenant is not None:
            return self.tenants.named(location.tenant)
        return self.tenants.of_token(tenant_of(token))

    def _answer(self, exchange: Exchange, location: Location, tenant: Tenant, host: str) -> Answer:
        check_refused_headers(exchange.environ)
        model = self.models[location.version]
        target = resolve(model, location.segments)
        handlers = HANDLERS[target.kind]
        handler = handlers.get(exchange.method)
        if handler is None:
            raise _method_not_allowed(tuple(handlers))
        if exchange.method == "GET" and target.kind is not Kind.COUNT:
            check_accept(exchange.header("HTTP_ACCEPT"))
        preferences = read_preferences(exchange.header("HTTP_PREFER"))
        call = Call(
            exchange=exchange,
            tenant=tenant,
            model=model,
            target=target,
            options=split_options(exchange.query),
            preferences=preferences,
            root=host + location.prefix,
            page_size=self.page_size,
        )
        answer = handler(call)
        applied = preferences.applied(to_writes=exchange.method != "GET")
        if not applied:
            return answer
        headers = {**answer.headers, "Preference-Applied": applied}
        return Answer(answer.status, answer.body, answer.content_type, headers)


_located = lru_cache(maxsize=4096)(locate)


def _log_request(exchange: Exchange, answer: Answer, began: float) -> None:
    request = {
        "method": exchange.method,
        "target": f"{exchange.raw_path}?{exchange.query}".rstrip("?"),
        "status": answer.status,
        "durationMs": round((time.perf_counter() - began) * 1000, 2),
        "requestId": exchange.request_id,
    }
    line = "%(method)s %(target)s %(status)d %(durationMs)sms %(requestId)s"
    log.info(line, request, extra={"request": request})


def _method_not_allowed(allowed: tuple[str, ...]) -> GraphError:
    return GraphError(
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed for the request target. "
        f"It takes {', '.join(allowed)}.",
        headers={"Allow": ", ".join(allowed)},
    )


def _write_failed(error: StorageFailure) -> GraphError:
    return GraphError(
        503, "serviceNotAvailable", f"The write was not made, for it could not be kept: {error}"
    )


def _bug() -> GraphError:
    return GraphError(
        500, "InternalServerError", "fakegraph met an error of its own; its log has it."
    )
