"""Bodies of ``$batch`` and of its answers, as JSON Schema."""

from __future__ import annotations

from collections.abc import Sequence

from fakegraph.edm.json_schema import JsonSchema
from fakegraph.graph.batch import HEADER_NAME, ITEM_KEYS, MAX_ITEMS, WITH_BODY, WITHOUT_BODY
from fakegraph.web.openapi import closed

_TEXT: JsonSchema = {"type": "string"}

ANSWER = closed(
    {
        "responses": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_ITEMS,
            "items": closed(
                {
                    "id": _TEXT,
                    "status": {"type": "integer", "minimum": 100, "maximum": 599},
                    "headers": {"type": "object", "additionalProperties": _TEXT},
                },
                {"body": {}},
            ),
        }
    }
)


_BASE64URL: JsonSchema = {
    "type": "string",
    "pattern": "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2,3})?$",
}


def request() -> JsonSchema:
    """The body of a batch."""
    return closed(
        {
            "requests": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_ITEMS,
                "items": {"anyOf": [_item(WITHOUT_BODY), *_items_with_body()]},
            }
        }
    )


def _item(methods: Sequence[str]) -> JsonSchema:
    """A request of a batch. Ids are unique, and ``dependsOn`` names one of them."""
    text: JsonSchema = {"type": "string", "pattern": r"^[\x20-\x7e]*$"}
    known: dict[str, JsonSchema] = {
        "id": {
            "type": ["string", "integer"],
            "minLength": 1,
            "minimum": 1 - 2**31,
            "maximum": 2**31 - 1,
        },
        "method": {"type": "string", "enum": list(methods)},
        "url": {
            "type": "string",
            "minLength": 1,
            "pattern": r"^/?[A-Za-z0-9$_.()'=/-]*(\?[A-Za-z0-9$_.='&%/-]*)?$",
        },
        "headers": {
            "type": "object",
            "propertyNames": {"pattern": f"^{HEADER_NAME.pattern}$"},
            "properties": dict.fromkeys(("Content-Type", "Authorization", "Prefer"), text),
            "additionalProperties": text,
        },
        "body": {"type": "null"},
        "dependsOn": {"type": "array", "items": {"type": "string"}, "maxItems": 1},
        "atomicityGroup": {},
    }
    assert known.keys() == set(ITEM_KEYS)
    required = ("id", "method", "url")
    return closed(
        {name: known.pop(name) for name in required},
        known,
    )


def _items_with_body() -> list[JsonSchema]:
    """JSON is the body as it is, anything else its base64."""
    as_it_is: JsonSchema = {"type": ["object", "array", "number", "boolean"]}
    json: JsonSchema = {"type": "string", "enum": ["application/json"]}
    return [_item_with_body(as_it_is, {"Content-Type": json}), _item_with_body(_BASE64URL, {})]


def _item_with_body(body: JsonSchema, headers: JsonSchema) -> JsonSchema:
    schema = _item(WITH_BODY)
    schema["properties"]["headers"]["required"] = ["Content-Type"]
    schema["properties"]["headers"]["properties"] |= headers
    schema["properties"]["body"] = body
    schema["required"] += ["headers", "body"]
    return schema
