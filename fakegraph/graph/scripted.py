"""Requests that a test has said the answers to."""

from __future__ import annotations

import json
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.tenants import Tenant
from fakegraph.tenants.faults import Facts
from fakegraph.tenants.stubs import Stub, StubbedRequest
from fakegraph.web.encoding import inflated
from fakegraph.web.exchange import Answer, Exchange
from fakegraph.web.headers import MINIMAL

_TYPE = "content-type"


def picked(tenant: Tenant, exchange: Exchange, facts: Facts) -> Stub | None:
    """The stub that answers a request. Raises GraphError for a body that cannot be read."""
    return tenant.stubs.pick(facts, lambda: _json(exchange))


def scripted(stub: Stub, exchange: Exchange, facts: Facts) -> Answer:
    """What a stub answers a request with.

    Raises GraphError (500) where a test's function fails, or gives what cannot be answered.
    """
    body = _json(exchange)
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").title(): str(value)
        for name, value in exchange.environ.items()
        if name.startswith("HTTP_")
    }
    request = StubbedRequest(facts.method, facts.path, facts.query, headers, body)
    try:
        status, said = stub.reply(request)
        data = b"" if said is None else json.dumps(said, ensure_ascii=False).encode()
    except Exception as error:  # it is the test's own
        message = f"The stub {stub.id} failed: {type(error).__name__}: {error}"
        raise GraphError(500, "stubFailed", message) from error
    headers = {name: value for name, value in stub.headers.items() if name.lower() != _TYPE}
    usual = MINIMAL.content_type if data else None
    types = (value for name, value in stub.headers.items() if name.lower() == _TYPE)
    return Answer(status, data, next(types, usual), headers)


def _json(exchange: Exchange) -> Any:
    """The body of a request where it is JSON, else None."""
    data = exchange.peek_body()
    try:
        if exchange.header("HTTP_CONTENT_ENCODING").strip().lower() in ("gzip", "x-gzip"):
            data = inflated(data, exchange.max_body)
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
