"""Reading a request's JSON body: everything that can be wrong with it, each with its status."""

from __future__ import annotations

from typing import Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from fakegraph import strict_json
from fakegraph.errors import GraphError, bad_request
from fakegraph.graph.headers import split_media_type, unknown_parameters

UNREADABLE = (
    "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is "
    "of valid JSON format."
)


def read_json(request: Request) -> Any:
    """The body as JSON. Raises GraphError: 413, 415, or 400 with the place of the fault."""
    _check_content_type(request)
    try:
        data = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise too_large(request.max_content_length) from error
    if not data:
        raise bad_request(f"{UNREADABLE} The body is empty.")
    try:
        return strict_json.loads(data)
    except strict_json.JsonError as error:
        raise bad_request(f"{UNREADABLE} {error}") from error


def too_large(limit: int | None) -> GraphError:
    """The answer to a body over ``--max-body``."""
    return GraphError(
        413, "RequestEntityTooLarge", f"The request body is larger than {limit} bytes, the limit."
    )


def _check_content_type(request: Request) -> None:
    media, parameters = split_media_type(request.headers.get("Content-Type", ""))
    unknown = unknown_parameters(parameters)
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise _unsupported(f"A body with Content-Encoding: {encoding} is not read.")
    if media != "application/json":
        sent = f"not {media}" if media else "and the request has no Content-Type"
        raise _unsupported(f"Send application/json, {sent}.")
    if unknown:
        raise _unsupported(f"The parameter {unknown[0]} of the Content-Type is not supported.")


def _unsupported(hint: str) -> GraphError:
    return GraphError(
        415,
        "UnsupportedMediaType",
        "A supported MIME type could not be found that matches the content type of the request. "
        + hint,
        "Content-Type",
    )
