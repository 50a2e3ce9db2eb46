"""What deprecated resources answer once they are gone.

What the real reports answer after their last day is not documented beyond "stop returning data", so
all that ``--retired`` does is decided here and in ``Call.retired``: lists are empty, entities are
not found, writes are refused with 410.
"""

from __future__ import annotations

from fakegraph.errors import GraphError
from fakegraph.graph.call import Call
from fakegraph.graph.paths import Kind


def check_retired(call: Call) -> None:
    """Raise GraphError (410) for what a retired resource cannot answer with an empty list."""
    if call.target.resource is None or not call.retired:
        return
    one = call.target.kind is Kind.FUNCTION and not call.target.function.many
    if call.exchange.method in ("GET", "HEAD") and not one:
        return
    raise GraphError(410, "Gone", words_of_retirement(call))


def words_of_retirement(call: Call) -> str:
    """That a resource is retired, and where its successor is served."""
    deprecation = call.resource.deprecation
    successors = () if deprecation is None else deprecation.successors
    where = " and ".join(f"{call.root}/{path}" for path in successors)
    return f"/{call.resource.path} is retired. Its successor is served at {where}."
