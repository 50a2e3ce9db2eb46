"""OData's query options: ``parse_*`` turn text into frozen trees (``nodes``), or raise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakegraph.odata.errors import QueryError
    from fakegraph.odata.options import (
        parse_compute,
        parse_expand,
        parse_expression,
        parse_filter,
        parse_orderby,
        parse_query_options,
        parse_search,
        parse_select,
    )

__all__ = [
    "QueryError",
    "parse_compute",
    "parse_expand",
    "parse_expression",
    "parse_filter",
    "parse_orderby",
    "parse_query_options",
    "parse_search",
    "parse_select",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: a server can start without the parser."""
    if name not in __all__:
        raise AttributeError(f"module 'fakegraph.odata' has no attribute '{name}'")
    from importlib import import_module

    home = "errors" if name == "QueryError" else "options"
    return getattr(import_module(f"fakegraph.odata.{home}"), name)
