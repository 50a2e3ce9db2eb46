"""How the service announces that something goes, and what it answers once it is gone.

The announcement is that of the real service. What deprecated reports answer after their last day
is not documented beyond "stop returning data", so all that ``--retired`` does is decided here and
in ``Call.retired``: lists are empty, entities are not found, writes are refused with 410.
"""

from __future__ import annotations

from fakegraph.edm.model import Deprecation
from fakegraph.errors import GraphError
from fakegraph.graph.call import Call
from fakegraph.graph.paths import Kind


def deprecation_headers(deprecation: Deprecation) -> dict[str, str]:
    """``Deprecation`` (RFC 9745, in the service's older form), ``Sunset`` (RFC 8594), ``Link``."""
    return {
        "Deprecation": deprecation.since,
        "Sunset": deprecation.sunset,
        "Link": f'<{deprecation.link}>; rel="deprecation"; type="text/html"',
    }


def check_retired(call: Call) -> None:
    """Raise GraphError (410) for what a retired resource cannot answer with an empty list."""
    if call.target.resource is None or not call.retired:
        return
    one = call.target.kind is Kind.FUNCTION and not call.target.function.many
    if call.exchange.method in ("GET", "HEAD") and not one:
        return
    deprecation = call.resource.deprecation
    successors = ", ".join(f"/{path}" for path in deprecation.successors) if deprecation else ""
    raise GraphError(
        410,
        "Gone",
        f"/{call.resource.path} is retired. Its successor is {successors}.",
    )
