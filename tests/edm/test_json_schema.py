"""JSON Schema says of a body what the schema that reads it says."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from jsonschema import Draft202012Validator

from fakegraph.edm import InvalidEntity, fields
from fakegraph.edm.schema import ComplexSchema
from tests.edm.test_schema import COLOUR, FIELDS, read, thing

# What no pattern tells: which days there are; and to JSON Schema 1.0 is a whole number.
_BEYOND = ("2023-02-29", 1.0, 10**400)
_FORMATTED = (fields.Guid, fields.Date, fields.Binary)


def takes(schema, body, **options):
    description = schema.reader(**options).json_schema()
    Draft202012Validator.check_schema(description)
    return Draft202012Validator(description).is_valid(body)


@pytest.mark.parametrize(("field", "good", "bad"), FIELDS, ids=lambda f: type(f).__name__)
def test_fields_are_described(field, good, bad):
    schema = thing(value=field)
    for value in good:
        assert takes(schema, {"value": value}), value
    for value in [*bad, None]:
        if value in _BEYOND or (isinstance(field, _FORMATTED) and isinstance(value, str)):
            continue
        assert not takes(schema, {"value": value}), value


def test_required_nullable_unknown_and_annotations():
    schema = thing(a=fields.String(), b=fields.Boolean(nullable=True))
    typed = {"@odata.type": "#microsoft.graph.thing"}

    for body, fine in (
        ({"a": "x"}, True),
        ({"a": "x", "b": None}, True),
        ({"b": True}, False),
        ({"a": None}, False),
        ({"a": "x", "c": 1}, False),
        ({"a": "x", **typed, "a@vendor.note": 1}, True),
        ({"a": "x", "@odata.type": "#microsoft.graph.other"}, False),
        ({"a": "x", "c@odata.bind": "y"}, False),
        ({"a": "x", "id": ""}, False),
        ({"a": "x", "id": "i" * 257}, False),
        ({"a": "x", "id": "\x07"}, False),
    ):
        assert takes(schema, body) is fine, body
        with nullcontext() if fine else pytest.raises(InvalidEntity):
            read(schema, body)
    assert takes(schema, {}, partial=True)


def test_later_members_and_nested_objects_follow_the_reader():
    class Place(ComplexSchema):
        edm_name = "place"
        colour = fields.Enum(COLOUR)
        city = fields.String()

    schema = thing(home=fields.Complex(Place))
    later = {"home": {"colour": "blue", "city": "Ely"}}

    assert not takes(schema, later)
    assert takes(schema, later, future_members=True)
    assert not takes(schema, {"home": {"colour": "red"}})
    assert takes(schema, {"home": {"colour": "red"}}, partial=True)
