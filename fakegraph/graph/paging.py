"""``$skiptoken``: a position in the results, as text that only this server reads.

A token belongs to the query it was given for, and to what that was asked of: to the store's
generation at least, as after a reset or a restore another row may be where it leads. One that was
changed, that comes with another ``$filter`` or ``$orderby``, or from before, is refused as the
service refuses it: ``Invalid skip token.``
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from decimal import Decimal
from hashlib import blake2s
from typing import Any

import orjson

from fakegraph.edm import types
from fakegraph.edm.types import Type
from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError, bad_request
from fakegraph.odata.engine import Position
from fakegraph.odata.query import Query

_SEAL_SIZE = 8
_MAX_TOKEN = 100_000

# Keys that JSON cannot carry as they are: to JSON, and back.
_CODECS: dict[Type, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    types.BINARY: (lambda key: base64.b64encode(key).decode(), base64.b64decode),
    types.DATE_TIME_OFFSET: (int, Instant),
    types.DECIMAL: (str, Decimal),
    types.DOUBLE: (repr, float),
    types.SINGLE: (repr, float),
}


def _same(key: Any) -> Any:
    return key


def write_token(position: Position, query: Query, place: str) -> str:
    """The token for a position in the results of a query of a place."""
    keys = [
        None if key is None else _codec(order.type)[0](key)
        for order, key in zip(query.order, position.keys, strict=True)
    ]
    payload = orjson.dumps([position.row, *keys])
    return base64.urlsafe_b64encode(_seal(payload, query, place) + payload).decode().rstrip("=")


def read_token(token: str, query: Query, place: str) -> Position:
    """The position that a token stands for. Raises GraphError (400)."""
    try:
        raw = base64.b64decode(token[:_MAX_TOKEN] + "=" * (-len(token) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _invalid() from error
    seal, payload = raw[:_SEAL_SIZE], raw[_SEAL_SIZE:]
    if seal != _seal(payload, query, place):
        raise _invalid()
    row, *keys = orjson.loads(payload)
    pairs = zip(query.order, keys, strict=True)
    return Position(
        tuple(None if key is None else _codec(order.type)[1](key) for order, key in pairs), row
    )


def _codec(type_: Type | None) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    return _CODECS.get(type_, (_same, _same)) if type_ is not None else (_same, _same)


def _seal(payload: bytes, query: Query, place: str) -> bytes:
    whose = f"{place} {query.identity}"
    key = blake2s(whose.encode("utf-8", "surrogatepass")).digest()
    return blake2s(payload, digest_size=_SEAL_SIZE, key=key).digest()


def _invalid() -> GraphError:
    return bad_request(
        "Invalid skip token. Use an @odata.nextLink whole, as it was given.", "$skiptoken"
    )
