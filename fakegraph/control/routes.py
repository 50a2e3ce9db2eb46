"""Routes of the control face."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from fakegraph._version import __version__
from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError
from fakegraph.graph.exchange import Exchange


def register(app: Flask, clock: Callable[[], Instant]) -> None:
    """Add the control face to an app. Paths under ``/_fakegraph`` that it does not have are 404."""
    control = Blueprint("control", __name__, url_prefix="/_fakegraph")
    control.add_url_rule("/health", "health", _health)
    app.register_blueprint(control)

    def answer_error(error: Exception) -> Response:
        exchange = Exchange(request.environ, 0)
        answer = exchange.refusal(_as_graph_error(error), clock())
        return Response(answer.body, answer.status, exchange.headers(answer))

    app.register_error_handler(GraphError, answer_error)
    app.register_error_handler(HTTPException, answer_error)


def _health() -> ResponseReturnValue:
    return jsonify(status="ok", version=__version__)


def _as_graph_error(error: Exception) -> GraphError:
    """Werkzeug's own errors in the words of the control face."""
    if isinstance(error, GraphError):
        return error
    assert isinstance(error, HTTPException)
    allowed = getattr(error, "valid_methods", None) or ()
    headers = {"Allow": ", ".join(allowed)} if allowed else {}
    if error.code == 404:
        hint = f"The control face has no '{request.path}'. It has /_fakegraph/health."
        return GraphError(404, "ResourceNotFound", hint)
    return GraphError(error.code or 500, error.name.replace(" ", ""), str(error), headers=headers)
