"""What OpenAPI documents of every API of the server share: errors, headers of answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fakegraph.edm import json_schema
from fakegraph.edm.json_schema import JsonSchema

Json = dict[str, Any]

JSON, XML, TEXT = "application/json", "application/xml", "text/plain"
ERROR: JsonSchema = {"$ref": "#/components/schemas/error"}
BEARER = "bearer"

# What the statuses that are not successes mean, by the headers that they have of their own.
ERRORS: Mapping[int, tuple[str, tuple[str, ...]]] = {
    400: ("What was sent is not understood, or not supported here.", ()),
    401: ("No token, or one that does not hold good.", ("WWW-Authenticate",)),
    403: ("The token lacks a permission.", ()),
    404: ("There is no such thing.", ()),
    405: ("The method is not for this.", ("Allow",)),
    406: ("None of the formats that are acceptable can be given.", ()),
    409: ("Its id or name is taken.", ()),
    410: ("It is retired.", ()),
    412: ("These resources have no ETag.", ()),
    413: ("The body is too large.", ()),
    415: ("The body has another encoding than gzip.", ()),
    429: ("Too many requests.", ("Retry-After",)),
    503: ("The write could not be kept, and was not made.", ()),
    504: ("The query is too much work.", ()),
}

_TEXT: JsonSchema = {"type": "string"}
_GUID: JsonSchema = {"type": "string", "format": "uuid"}

# Headers of answers: what they say, their schema, and whether they are always there.
HEADERS: Mapping[str, tuple[str, JsonSchema, bool]] = {
    "request-id": ("The server's name for the request.", _GUID, True),
    "client-request-id": ("The client's, or else the server's.", _TEXT, True),
    "OData-Version": ("The version of the protocol.", {"const": "4.0"}, True),
    "x-ms-ags-diagnostic": ("Which server it was: a fake.", _TEXT, True),
    "Location": ("Where the new thing is.", {"type": "string", "format": "uri"}, True),
    "Preference-Applied": ("The preferences that were met.", _TEXT, False),
    "Deprecation": ("Since when it is deprecated.", _TEXT, True),
    "Sunset": ("Until when the service had data.", _TEXT, True),
    "Link": ("A page about the deprecation.", _TEXT, True),
    "WWW-Authenticate": ("Where tokens come from.", _TEXT, False),
    "Allow": ("The methods that are for this.", _TEXT, True),
    "Retry-After": ("Seconds to wait, or what a fault has it say.", {"type": "string"}, False),
}
ALWAYS = ("request-id", "client-request-id", "OData-Version", "x-ms-ags-diagnostic")


def headers(*names: str) -> Json:
    """References to headers of answers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def errors(statuses: Iterable[int]) -> Json:
    """References to refusals; whatever a fault was told to answer is the ``default``."""
    found = {str(status): _reference(str(status)) for status in sorted(statuses)}
    return {**found, "default": _reference("fault")}


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/responses/{name}"}


def components() -> Json:
    """What both APIs share: the error, the refusals, the headers."""
    refusals = {str(status): _refusal(*said) for status, said in ERRORS.items()}
    fault = _refusal("What a fault, a rate limit or chaos answers.", ("Retry-After",))
    return {
        "schemas": {"error": _ENVELOPE},
        "responses": {**refusals, "fault": fault},
        "headers": {
            name: {"description": description, "schema": schema, "required": always}
            for name, (description, schema, always) in HEADERS.items()
        },
    }


def _refusal(description: str, names: Sequence[str]) -> Json:
    return {
        "description": description,
        "headers": headers(*ALWAYS, *names),
        "content": {JSON: {"schema": ERROR}},
    }


def closed(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> JsonSchema:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


_SECOND = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$"
_PROBLEM = closed({"code": _TEXT, "message": _TEXT, "target": json_schema.nullable(_TEXT)})
_INNER: JsonSchema = {
    "type": "object",
    "properties": {
        "date": {"type": "string", "pattern": _SECOND},
        "request-id": _GUID,
        "client-request-id": _TEXT,
    },
    "required": ["date", "request-id", "client-request-id"],
    "additionalProperties": _TEXT,
}
_ENVELOPE = closed(
    {
        "error": closed(
            {"code": _TEXT, "message": _TEXT, "innerError": _INNER},
            {"target": _TEXT, "details": {"type": "array", "items": _PROBLEM}},
        )
    }
)
