"""What every answer of the Graph face has in common: the headers, and the body of an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response

from fakegraph.edm.values import Instant, format_instant
from fakegraph.errors import GraphError
from fakegraph.graph.headers import DIAGNOSTIC


def base_headers(request_id: str, client_request_id: str, *, secure: bool) -> dict[str, str]:
    """The headers that the service sends with successes and errors alike."""
    headers = {
        "Cache-Control": "no-cache",
        "request-id": request_id,
        "client-request-id": client_request_id,
        "x-ms-ags-diagnostic": DIAGNOSTIC,
    }
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def error_body(error: GraphError, now: Instant, ids: Mapping[str, str]) -> dict[str, Any]:
    """The JSON of an error; ``now`` is the tenant's time."""
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.target is not None:
        body["target"] = error.target
    if error.details:
        body["details"] = [
            {"code": problem.code, "message": problem.message, "target": problem.target}
            for problem in error.details
        ]
    body["innerError"] = {
        "date": format_instant(now)[:19],
        "request-id": ids["request-id"],
        "client-request-id": ids["client-request-id"],
    }
    return {"error": body}


def error_response(error: GraphError, now: Instant, headers: Mapping[str, str]) -> Response:
    """The answer to a request that is refused."""
    body = orjson.dumps(error_body(error, now, headers))
    answer = Response(body, error.status, content_type="application/json")
    answer.headers.update(headers)
    answer.headers.update(error.headers)
    return answer
