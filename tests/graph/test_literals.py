"""Literals in a path, by the type of what takes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fakegraph.edm import types
from fakegraph.edm.types import CollectionType, EnumType
from fakegraph.graph.literals import expected, literal, plain

COLOUR = EnumType("s.colour", {"red": 1, "green": 2, "unknownFutureValue": 3, "late": 4})
RIGHTS = EnumType("s.rights", {"none": 0, "read": 1, "write": 2}, None, flags=True)
STRINGS = CollectionType(types.STRING)
GUID = "4C03F248-f248-4c03-48f2-034c48f2034c"


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (types.STRING, "''", ""),
        (types.STRING, "'it''s'", "it's"),
        (types.STRING, "null", None),
        (types.STRING, "'null'", "null"),
        (types.BOOLEAN, "TRUE", True),
        (types.BYTE, "255", 255),
        (types.SBYTE, "-128", -128),
        (types.INT16, "-32768", -32768),
        (types.INT32, "+7", 7),
        (types.INT64, "9223372036854775807", 2**63 - 1),
        (types.DECIMAL, "1.50", Decimal("1.50")),
        (types.DOUBLE, "1.5e3", 1500.0),
        (types.SINGLE, "-INF", float("-inf")),
        (types.DATE, "2024-02-29", "2024-02-29"),
        (types.DATE, "'2024-02-29'", "2024-02-29"),
        (types.DATE_TIME_OFFSET, "2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00.5Z"),
        (types.DATE_TIME_OFFSET, "'2024-01-01T00:00:00Z'", "2024-01-01T00:00:00Z"),
        (types.TIME_OF_DAY, "23:59:59.5", "23:59:59.5"),
        (types.DURATION, "duration'PT1H'", "PT1H"),
        (types.DURATION, "Duration'PT1H'", "PT1H"),
        (types.DURATION, "'PT1H'", "PT1H"),
        (types.GUID, GUID, GUID.lower()),
        (types.GUID, f"'{GUID}'", GUID.lower()),
        (types.BINARY, "binary'AQID'", "AQID"),
        (COLOUR, "'green'", "green"),
        (COLOUR, "'GREEN'", "green"),
        (COLOUR, "s.colour'late'", "late"),
        (RIGHTS, "'Read, write'", "read,write"),
        (STRINGS, "[]", []),
        (STRINGS, "['a', 'b,]''']", ["a", "b,]'"]),
        (STRINGS, '["a","b\\n"]', ["a", "b\n"]),
        (STRINGS, '["a",null]', ["a", None]),
        (CollectionType(types.INT32), "[1, 2]", [1, 2]),
        (CollectionType(types.DATE), '["2024-02-29"]', ["2024-02-29"]),
    ],
)
def test_a_literal_is_a_value_as_records_have_it(type_, text, value):
    found = literal(type_, text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (types.STRING, "x"),
        (types.STRING, "'x"),
        (types.STRING, "'x'y'"),
        (types.STRING, '"x"'),
        (types.STRING, "guid'x'"),
        (types.STRING, "1"),
        (types.BOOLEAN, "1"),
        (types.BOOLEAN, "'true'"),
        (types.BYTE, "256"),
        (types.INT32, "'1'"),
        (types.INT32, "1.0"),
        (types.INT32, "٣"),
        (types.INT64, "9" * 30),
        (types.DOUBLE, "1_0"),
        (types.DOUBLE, "inf"),
        (types.DECIMAL, "x"),
        (types.DATE, "2024-02-30"),
        (types.DATE, "duration'2024-02-29'"),
        (types.DATE_TIME_OFFSET, "2024-01-01T00:00:00"),
        (types.DURATION, "binary'PT1H'"),
        (types.GUID, "x"),
        (types.BINARY, "binary'é'"),
        (types.STREAM, "'x'"),
        (types.UNTYPED, "1"),
        (COLOUR, "green"),
        (COLOUR, "'blue'"),
        (COLOUR, "2"),
        (COLOUR, "'red,green'"),
        (COLOUR, "'unknownFutureValue'"),
        (COLOUR, "s.color'green'"),
        (RIGHTS, "'read,x'"),
        (STRINGS, "'a'"),
        (STRINGS, "['a'"),
        (STRINGS, "['a',]"),
        (STRINGS, "['a' 'b']"),
        (STRINGS, "['a','b]"),
        (STRINGS, "[1]"),
        (STRINGS, '[["a"]]'),
        (STRINGS, '["a"'),
        (STRINGS, "[a]"),
        (CollectionType(types.INT32), '["x"]'),
    ],
)
def test_what_is_no_literal_of_a_type_is_refused_with_what_is(type_, text):
    with pytest.raises(ValueError, match=r"\.$") as caught:
        literal(type_, text)
    item = type_.item if isinstance(type_, CollectionType) else type_
    right = (expected(item), "no value of type", "not well-formed JSON", "ends with a comma")
    assert any(words in str(caught.value) for words in right)


def test_keys_that_are_a_segment_stand_without_quotes():
    assert plain(types.STRING, "'x'") == "'x'"
    assert plain(types.INT32, "7") == 7
    assert plain(types.GUID, GUID) == GUID.lower()
    assert plain(COLOUR, "RED") == "red"
    with pytest.raises(ValueError, match="a whole number from 0 to 255"):
        plain(types.BYTE, "-1")


def test_what_is_expected_is_said_in_words():
    assert expected(COLOUR) == "one of 'red', 'green', 'late', in quotes"
    assert expected(types.INT16) == "a whole number from -32768 to 32767"
