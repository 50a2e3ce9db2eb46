"""OData's query options: ``parse_*`` turn text into frozen trees (``nodes``), or raise."""

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
