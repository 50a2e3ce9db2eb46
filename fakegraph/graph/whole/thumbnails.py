"""Thumbnails: pictures that are drawn when somebody asks for their URL, which needs no token."""

from __future__ import annotations

from fakegraph.errors import GraphError
from fakegraph.graph.whole.downloads import content_of, opened
from fakegraph.graph.whole.ranges import ranged
from fakegraph.store import Store
from fakegraph.web.exchange import Answer, Exchange
from fakegraph.workloads.files.pictures import box_of, draw

LONG = True
"""Drawing holds up others."""

_MOST_BYTES = 64 * 1024 * 1024


def read_open(exchange: Exchange, store: Store, now: float) -> Answer:
    """The answer to a request for such a URL. Raises GraphError (401, 404, 501)."""
    row, stream = opened(exchange, store, now)
    name, _, size = stream.partition("~")
    if box_of(size) is None or int(row.record.get("size") or 0) > _MOST_BYTES:
        raise GraphError(404, "itemNotFound", "There is no thumbnail of this file.")
    return ranged(exchange, *draw(content_of(store, row.record, name), size), {})
