"""Monitors of copied items: URLs that need no token, and tell how far the copying is.

The service has them at another host, whose answers are not Graph's.
https://learn.microsoft.com/graph/long-running-actions-overview
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import orjson

from fakegraph.graph.whole.seals import sealed, unsealed
from fakegraph.store import Key, Store
from fakegraph.web.exchange import Answer, Exchange
from fakegraph.workloads.operations import Ending

PATH = "_api/v2.0/monitor"
_NEVER = "0001-01-01T00:00:00Z"


def monitor_url(generation: str, root: str, key: Key | None, ending: Ending) -> str:
    """The URL of what tells of an operation; ``key`` is that of what it makes."""
    error = dict(ending.error) if ending.error else None
    text = sealed([key, ending.began, ending.until, error, root], generation)
    return f"{root}/{PATH}?{urlencode({'tempauth': text})}"


def read_open(exchange: Exchange, store: Store, now: float) -> Answer:
    """The answer to a request for such a URL; ``now`` is in seconds."""
    if exchange.method not in ("GET", "HEAD"):
        return _refused(405, "notAllowed", "A monitor is read with GET.")
    if exchange.header("HTTP_AUTHORIZATION"):
        why = "Invalid audience Uri 'https://graph.microsoft.com/'."
        return _refused(401, "unauthenticated", why)
    said = unsealed(parse_qs(exchange.query).get("tempauth", [""])[0], store.generation)
    if said is None:
        return _refused(404, "itemNotFound", "There is no such operation.")
    key, began, until, error, root = said
    if now * 1000 < until:
        share = round(100 * max(now * 1000 - began, 0) / (until - began), 1)
        told = {"operation": "ItemCopy", "percentageComplete": share, "status": "inProgress"}
        return _json(202, told)
    if error is not None:
        return _json(200, {"status": "failed", "lastActionDateTime": _NEVER, "error": error})
    return _json(
        200, {"percentageComplete": 100.0, **_made(store, key, root), "status": "completed"}
    )


def _made(store: Store, key: Key, root: str) -> dict[str, str]:
    """What came of it, as long as that is there."""
    row = None if key is None else store.row(key)
    drive = None if row is None else store.row(row.owner)
    if row is None or drive is None:
        return {}
    location = f"{root}/drives/{drive.record['id']}/items/{row.record['id']}"
    return {"resourceId": row.record["id"], "resourceLocation": location}


def _json(status: int, body: Any) -> Answer:
    return Answer(status, orjson.dumps(body), "application/json")


def _refused(status: int, code: str, message: str) -> Answer:
    return _json(status, {"error": {"code": code, "message": message}})
