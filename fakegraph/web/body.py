"""Reading a request's JSON body: everything that can be wrong with it, each with its status."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any

from fakegraph import strict_json
from fakegraph.errors import GraphError, Problem, bad_request
from fakegraph.web.encoding import inflated
from fakegraph.web.exchange import Exchange
from fakegraph.web.headers import split_media_type, unknown_parameters

UNREADABLE = (
    "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is "
    "of valid JSON format."
)
_GZIP = ("gzip", "x-gzip")


def read_json(exchange: Exchange) -> Any:
    """The body as JSON. Raises GraphError: 413, 415, or 400 with the place of the fault."""
    _check_content_type(exchange.header("HTTP_CONTENT_ENCODING"), exchange.header("CONTENT_TYPE"))
    data = exchange.read_body()
    if exchange.header("HTTP_CONTENT_ENCODING").strip().lower() in _GZIP:
        data = exchange.body = inflated(data, exchange.max_body)
    if not data:
        raise bad_request("Empty Payload. JSON content expected.")
    try:
        return strict_json.loads(data)
    except strict_json.JsonError as error:
        raise bad_request(f"{UNREADABLE} {error}") from error


def peek_json(exchange: Exchange) -> Any:
    """The same, for who reads it before the one that it is for."""
    data = exchange.peek_body()
    try:
        return read_json(exchange)
    finally:
        exchange.environ["wsgi.input"] = BytesIO(data)


def _said_once(header: str) -> str:
    """A header that was sent twice, with the same value, as if it had been sent once."""
    first, *others = header.split(",")
    return first if all(each.strip() == first.strip() for each in others) else header


@lru_cache(maxsize=64)
def _check_content_type(encoding: str, content_type: str) -> None:
    encoding = encoding.strip().lower()
    if encoding not in {"", "identity", *_GZIP}:
        raise GraphError(
            415,
            "UnsupportedMediaType",
            f"A body with Content-Encoding: {encoding} is not read: gzip is.",
            "Content-Encoding",
        )
    media, parameters = split_media_type(_said_once(content_type))
    unknown = unknown_parameters(parameters)
    if not media:
        message = "Write requests (excluding DELETE) must contain the Content-Type header"
        hint = Problem("Send application/json.", "Content-Type", "BadRequest")
        raise GraphError(400, "BadRequest", f"{message} declaration.", hint.target, [hint])
    if media != "application/json":
        raise bad_request(f"{UNREADABLE} Send application/json, not {media}.", "Content-Type")
    if unknown:
        raise bad_request(
            f"{UNREADABLE} The parameter {unknown[0]} of the Content-Type is not supported.",
            "Content-Type",
        )
