"""Queries of places with a gate: read, and checked once for each text of them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from fakegraph.errors import GraphError
from fakegraph.graph.whole.gate import Gate, missing, unsupported
from fakegraph.odata.query import Query, Source
from fakegraph.odata.query_string import Options
from fakegraph.odata.reading import read_query


@lru_cache(maxsize=512)
def read_gated(
    options: Options, source: Source, gate: Gate, *, eventual: bool, counting: bool = False
) -> Query:
    """The query, if it may be asked so. Cached. Raises GraphError (400) in the service's words.

    ``eventual``: the header is there; ``counting``: the path ends in ``/$count``. What the
    ``$search`` means is the workload's business.
    """
    if gate.matrix.plain:
        return _read_plain(options, source, gate)
    if counting and not eventual:
        message = "$count is not currently supported."
        raise GraphError(400, "Request_BadRequest", message, "$count")
    search = options.get("search")
    if search is not None and not eventual:
        raise unsupported(
            "Request with $search query parameter only works through MSGraph with a special "
            "request header: 'ConsistencyLevel: eventual'",
            "$search",
        )
    query = read_query(_without_search(options), source)
    if query.filter is not None or query.order:
        from fakegraph.graph.whole.conditions import Conditions

        advanced = eventual and (query.count or counting or search is not None)
        Conditions(gate, eventual, advanced).check(query)
    first = query.skiptoken is None  # the number of all is on the first page alone
    return replace(query, count=query.count and eventual and first)


def _read_plain(options: Options, source: Source, gate: Gate) -> Query:
    """The query of a place without advanced parameters."""
    query = read_query(options, source)
    if query.filter is not None or query.order:
        from fakegraph.graph.whole.conditions import Conditions

        try:
            Conditions(gate, eventual=True, advanced=True).check(query)
        except GraphError as error:
            said = "Invalid filter clause. " if error.target == "$filter" else ""
            message = f"{said}{error.message}"
            raise GraphError(400, "BadRequest", message, error.target) from error
    return query


def check_expansion(
    name: str, nested: bool, levels: bool, options: Options, eventual: bool
) -> None:
    """Raise GraphError (400) for an ``$expand`` that does not go with the other parameters.

    ``nested``: there is another one in it; ``levels``: it is followed further.
    """
    if nested:
        raise unsupported("Only one property can be expanded in a single query.", "$expand")
    advanced = eventual and options.get("count") == "true"
    if levels and not advanced:
        raise unsupported(missing("$expand with $levels", eventual=eventual), "$expand")
    searched = eventual and options.get("search") is not None
    if (advanced or searched) and not levels:
        raise unsupported(
            f"$expand={name} does not go with $count=true, $search and the header "
            "'ConsistencyLevel: eventual': only manager($levels=…) does.",
            "$expand",
        )


def _without_search(options: Options) -> Options:
    if options.get("search") is None:
        return options
    values = {name: value for name, value in options.values.items() if name != "search"}
    return Options(values, options.aliases, options.used, options.others)
