"""Usage reports as files: URLs that need no token, and are good for some minutes.

The service has them at another host, whose answers are not Graph's.
https://learn.microsoft.com/graph/reports-overview
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

from fakegraph.edm.values import instant
from fakegraph.errors import GraphError
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.seals import sealed, unsealed
from fakegraph.store import Store
from fakegraph.web.exchange import Answer, Exchange

PATH = "data/download"
LONG = True  # all that a tenant has is read for one
_SECONDS = 600
_TICKS = 10_000_000


def report_url(generation: str, root: str, now: str, name: str, said: Mapping[str, str]) -> str:
    """The URL of a report as it is asked for at a time."""
    return f"{root}/{PATH}?{urlencode({'token': sealed([name, dict(said), now], generation)})}"


def read_open(exchange: Exchange, store: Store, now: float) -> Answer:
    """The answer to a request for such a URL; ``now`` is in seconds. Raises GraphError."""
    from fakegraph.workloads.usage.reports import file_of

    if exchange.method not in ("GET", "HEAD"):
        raise GraphError(405, "MethodNotAllowed", "A report is read with GET.")
    found = unsealed(parse_qs(exchange.query).get("token", [""])[0], store.generation)
    if found is None or now > instant(found[2]) / _TICKS + _SECONDS:
        raise GraphError(403, "Forbidden", "The URL of the report has expired, or is not whole.")
    name, data = file_of(found[0], found[1], InStore(store), found[2])
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Answer(200, data, "application/octet-stream", headers)
