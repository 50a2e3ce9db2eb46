"""Query options and headers of requests to the Graph API, as OpenAPI parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fakegraph.edm.json_schema import JsonSchema
from fakegraph.edm.types import StructuredType
from fakegraph.odata.reading import MAX_SKIP, MAX_TOP
from fakegraph.web.headers import CONSISTENCY_LEVELS
from fakegraph.web.openapi import JSON, Json

_TEXT: JsonSchema = {"type": "string"}

FORMATS = ("json", JSON, *(f"{JSON};odata.metadata={name}" for name in ("none", "full")))
_REQUEST_HEADERS: Mapping[str, tuple[str, JsonSchema]] = {
    "Prefer": ("Preferences (RFC 7240): those that are not known are ignored.", _TEXT),
    "ConsistencyLevel": (
        "Accepted everywhere, as the service does; it changes nothing here.",
        {"type": "string", "enum": sorted(CONSISTENCY_LEVELS)},
    ),
    "client-request-id": ("The client's name for the request; it comes back.", _TEXT),
}
_PREFERENCES = (
    "odata.maxpagesize=2",
    "include-unknown-enum-members, return=minimal",
)


def option_schemas(type_: StructuredType, strict: bool) -> dict[str, JsonSchema]:
    """The query options of a collection of that type, by name.

    ``strict``: it is sorted by what is documented; else by any expression.
    """
    sorting = [prop.name for prop in type_.properties.values() if prop.sorts]
    terms = [f"{name}{way}" for name in sorting for way in ("", " asc", " desc")]
    orders = _list(_choice(terms)) if strict else _text("odata-orderby")
    return {
        "filter": _text("odata-filter"),
        "search": _text("odata-search"),
        **({"orderby": orders} if terms or not strict else {}),
        "select": _list(_choice(["*", *type_.properties])),
        "top": {"type": "integer", "minimum": 1, "maximum": MAX_TOP},
        "skip": {"type": "integer", "minimum": 0, "maximum": MAX_SKIP},
        "count": {"type": "boolean"},
        "format": {"type": "string", "enum": list(FORMATS)},
    }


def _text(format_: str) -> JsonSchema:
    """An expression of the query language."""
    return {"type": "string", "format": format_}


def _list(items: JsonSchema) -> JsonSchema:
    return {"type": "array", "minItems": 1, "items": items}


def _choice(names: Sequence[str]) -> JsonSchema:
    return {"type": "string", "enum": list(names)}


# Of any type; what a type has is not told.
PUBLISHED_OPTIONS: Mapping[str, JsonSchema] = {
    "filter": _text("odata-filter"),
    "search": _text("odata-search"),
    "orderby": _text("odata-orderby"),
    "select": _list(_TEXT),
    "expand": _text("odata-expand"),
    "top": {"type": "integer", "minimum": 1, "maximum": MAX_TOP},
    "skip": {"type": "integer", "minimum": 0, "maximum": MAX_SKIP},
    "count": {"type": "boolean"},
    "format": {"type": "string", "enum": list(FORMATS)},
    "skiptoken": _TEXT,
    "deltatoken": _TEXT,
}


def option(name: str, schema: JsonSchema) -> Json:
    """A query option as a parameter; its name has no dollar sign here."""
    parameter: Json = {"name": f"${name}", "in": "query", "schema": schema}
    if schema["type"] == "array":
        parameter |= {"style": "form", "explode": False}
    return parameter


def request_headers() -> list[Json]:
    """Those that every request may have."""
    found = []
    for name, (description, schema) in _REQUEST_HEADERS.items():
        parameter: Json = {"name": name, "in": "header", "description": description}
        parameter["schema"] = schema
        if name == "Prefer":
            parameter["examples"] = {text: {"value": text} for text in _PREFERENCES}
        found.append(parameter)
    return found
