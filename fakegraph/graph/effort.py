"""What takes long, so that it must not be done where everybody waits for it.

The sizes are such that what stays below them takes some milliseconds at most.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress

from fakegraph.errors import GraphError
from fakegraph.graph.call import Call
from fakegraph.graph.paths import Kind
from fakegraph.odata import engine
from fakegraph.odata.reading import read_query

LONG_SCAN = 1_000  # records that are tested or sorted, times the parts of what tests them
LONG_QUERY = 2_000  # characters
LONG_BODY = 16_384  # bytes
_PART = 200  # characters of a query that are counted as one part of it


def takes_long(call: Call) -> bool:
    """Whether a request should be carried out by a thread of its own."""
    exchange = call.exchange
    if len(exchange.query) > LONG_QUERY:
        return True
    if exchange.method in _WRITES:
        waits = call.tenant.passing or call.tenant.store.writes_wait
        return waits or exchange.body_size > LONG_BODY
    measure = _MEASURES.get(call.target.kind)
    return measure is not None and measure(call) > LONG_SCAN


def _scan(call: Call) -> float:
    """How many records the query looks at, times its parts."""
    collection = call.tenant.store.container(call.entity_set.collection)
    parts = 1 + len(call.exchange.query) / _PART
    if engine.MOST_EFFORT * len(collection) * parts > LONG_SCAN:
        with suppress(GraphError):  # the handler will say it
            return engine.effort(read_query(call.options, call.source), collection) * parts
    return 0


def _all_records(call: Call) -> float:
    """A function may look at every record of what is declared."""
    store = call.tenant.store
    return sum(len(store.container(name)) for name in store.names_so_far())


def _always(_: Call) -> float:
    return math.inf


_WRITES = ("POST", "PATCH", "PUT", "DELETE")
_MEASURES: Mapping[Kind, Callable[[Call], float]] = {
    Kind.COLLECTION: _scan,
    Kind.COUNT: _scan,
    Kind.FUNCTION: _all_records,
    Kind.METADATA: _always,
    Kind.SERVICE: _always,
}
