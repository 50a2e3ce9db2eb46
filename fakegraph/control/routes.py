"""Routes of the control face."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from fakegraph._version import __version__
from fakegraph.errors import GraphError


def blueprint() -> Blueprint:
    """The control face's routes. Paths under ``/_fakegraph`` that it does not have are 404."""
    control = Blueprint("control", __name__, url_prefix="/_fakegraph")
    control.add_url_rule("/health", "health", _health)
    control.add_url_rule("/", "unknown_root", _unknown)
    control.add_url_rule("/<path:path>", "unknown", _unknown)
    return control


def _health() -> ResponseReturnValue:
    return jsonify(status="ok", version=__version__)


def _unknown(path: str = "") -> ResponseReturnValue:
    raise GraphError(
        404, "ResourceNotFound", f"The control face has no '/{path}'. It has /_fakegraph/health."
    )
