"""The gate of advanced queries: what a type's things can be asked, and what wants the header.

The advanced parameters are the header ``ConsistencyLevel: eventual`` and ``$count=true``; with
``$search`` and ``/$count`` the header alone does. ``gated.py`` reads queries by it, and
``conditions.py`` holds what they ask against what is declared (``Advanced``).

https://learn.microsoft.com/graph/aad-advanced-queries
"""

from __future__ import annotations

from fakegraph.dataclass import dataclass
from fakegraph.errors import GraphError
from fakegraph.workloads.declarations import Advanced

_HELP = "Refer to https://aka.ms/graph-docs/advanced-queries for more information"


@dataclass(frozen=True, eq=False)
class Gate:
    """What is declared of a place: its matrix, and how errors call its type.

    ``cast``: the path ends in a type; ``only_advanced``: no condition is taken there otherwise.
    """

    matrix: Advanced
    resource: str
    cast: bool = False
    only_advanced: bool = False


def unsupported(message: str, target: str = "$filter") -> GraphError:
    """A 400 for a query that the directory does not carry out."""
    return GraphError(400, "Request_UnsupportedQuery", message, target)


def missing(what: str, *, eventual: bool) -> str:
    """What is said of what wants the advanced parameters; ``eventual``: the header is there."""
    lacks = "'$count=true' query parameter" if eventual else "'ConsistencyLevel:eventual' header"
    return f"{what} is not supported because the {lacks} is missing. {_HELP}"
