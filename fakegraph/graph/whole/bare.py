"""URLs that need no token. The service has them at other hosts, whose answers are not Graph's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from fakegraph.errors import GraphError
from fakegraph.graph.walk import Walk
from fakegraph.graph.whole.world import World
from fakegraph.tenants import Tenant
from fakegraph.web.exchange import Answer, Exchange

_JSON = "application/json"


class Asking(NamedTuple):
    """A request for such a URL. ``root`` is the service root; ``keep`` gives the tenant to write
    to, as in ``Asked``; ``shown`` gives the JSON of what a path leads to, as Graph has it.
    """

    exchange: Exchange
    tenant: Tenant
    world: World
    walk: Walk
    root: str
    keep: Callable[[], Tenant]
    shown: Callable[[str], bytes]


def told(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """JSON."""
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return Answer(status, data, _JSON, headers or {})


def refusal(error: GraphError) -> Answer:
    """An error as these hosts tell it, with neither date nor ids."""
    said: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.inner:
        said["innererror"] = dict(error.inner)
    return told(error.status, {"error": said}, error.headers)
