"""Edm types as JSON Schema 2020-12, which OpenAPI 3.1 uses.

What a client may send is narrower than what it may see: fields and schemas say the first
(``EdmField.json_schema``, ``EdmSchema.json_schema``), :func:`of_type` the second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.edm import values
from fakegraph.edm.types import CollectionType, EnumType, PrimitiveType, StructuredType, Type

JsonSchema = dict[str, Any]

# An instance annotation, or one for a property: p@odata.type, @vendor.note (OData JSON 4.01, 4.6).
# Not @odata.bind: that one sets a navigation property, so it must name one.
ANNOTATION = r"^[^@]*@(?!odata\.bind$)[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+(#[A-Za-z0-9_]+)?$"
_NO_CONTROL_CHARACTER = r"^[^\x00-\x1f\x7f-\x9f]*$"
_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,7})?)?"
_OFFSET = r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)"
_SECONDS = r"[0-9]{1,9}(\.[0-9]{1,7})?S"
_CLOCK = f"([0-9]{{1,6}}H([0-9]{{1,6}}M)?({_SECONDS})?|[0-9]{{1,6}}M({_SECONDS})?|{_SECONDS})"


def _integer(range_: range, format_: str) -> JsonSchema:
    return {
        "type": "integer",
        "format": format_,
        "minimum": range_.start,
        "maximum": range_.stop - 1,
    }


def _floating(format_: str) -> JsonSchema:
    return {"anyOf": [{"type": "number", "format": format_}, {"enum": ["INF", "-INF", "NaN"]}]}


PRIMITIVES: Mapping[str, JsonSchema] = {
    "Edm.Binary": {"type": "string", "format": "base64url"},
    "Edm.Boolean": {"type": "boolean"},
    "Edm.Byte": _integer(values.BYTE_RANGE, "uint8"),
    "Edm.Date": {"type": "string", "format": "date"},
    "Edm.DateTimeOffset": {
        "type": "string",
        "format": "date-time",
        "pattern": f"^{_DAY}T{_TIME}{_OFFSET}$",
    },
    "Edm.Decimal": {"type": "number", "format": "decimal"},
    "Edm.Double": _floating("double"),
    "Edm.Duration": {
        "type": "string",
        "pattern": f"^[+-]?P([0-9]{{1,6}}D(T{_CLOCK})?|T{_CLOCK})$",
    },
    "Edm.Guid": {"type": "string", "format": "uuid"},
    "Edm.Int16": _integer(values.INT16_RANGE, "int16"),
    "Edm.Int32": _integer(values.INT32_RANGE, "int32"),
    "Edm.Int64": _integer(values.INT64_RANGE, "int64"),
    "Edm.SByte": _integer(values.SBYTE_RANGE, "int8"),
    "Edm.Single": _floating("float"),
    "Edm.Stream": {"type": "string", "format": "base64url"},
    "Edm.String": {"type": "string"},
    "Edm.TimeOfDay": {"type": "string", "pattern": f"^{_TIME}$"},
    "Edm.Untyped": {},
}


def key(max_length: int) -> JsonSchema:
    """A key that the server keeps."""
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": max_length,
        "pattern": _NO_CONTROL_CHARACTER,
    }


def enum(type_: EnumType, members: tuple[str, ...]) -> JsonSchema:
    """Some members of an enumeration; of flags, any with commas between them."""
    if type_.flags:
        names = "|".join(members)
        return {"type": "string", "pattern": f"^({names})(, ?({names}))*$"}
    return {"type": "string", "enum": list(members)}


def nullable(schema: JsonSchema) -> JsonSchema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def annotated(properties: Mapping[str, JsonSchema]) -> JsonSchema:
    """An object with some of these properties, and annotations among them."""
    return {
        "type": "object",
        "properties": dict(properties),
        "patternProperties": {ANNOTATION: {}},
        "additionalProperties": False,
    }


def of_type(type_: Type, refer: Callable[[str], JsonSchema]) -> JsonSchema:
    """What an answer has for a value. ``refer`` makes a reference to a named type's schema."""
    if isinstance(type_, CollectionType):
        return {"type": "array", "items": of_type(type_.item, refer)}
    return PRIMITIVES[type_.name] if isinstance(type_, PrimitiveType) else refer(type_.name)


def of_named_type(
    type_: EnumType | StructuredType, refer: Callable[[str], JsonSchema]
) -> JsonSchema:
    """What an answer has for a named type: of an object, what was selected."""
    if isinstance(type_, EnumType):
        return enum(type_, tuple(type_.members))
    properties = {}
    for prop in type_.properties.values():
        schema = of_type(prop.type, refer)
        properties[prop.name] = nullable(schema) if prop.nullable else schema
    return annotated(properties)
