"""Every kind of literal: what it becomes, and what is no such literal."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from fakegraph.odata import QueryError, parse_filter
from fakegraph.odata.nodes import EnumLiteral, Literal

NUMBERS = [
    ("0", "Edm.Int32", 0),
    ("007", "Edm.Int32", 7),
    ("+42", "Edm.Int32", 42),
    ("-2147483648", "Edm.Int32", -(2**31)),
    ("2147483648", "Edm.Int64", 2**31),
    ("-9223372036854775808", "Edm.Int64", -(2**63)),
    ("9223372036854775808", "Edm.Decimal", Decimal(2**63)),
    ("1" * 5000, "Edm.Decimal", Decimal("1" * 5000)),
    ("3.50", "Edm.Decimal", Decimal("3.50")),
    ("-0.1", "Edm.Decimal", Decimal("-0.1")),
    ("1e3", "Edm.Double", 1000.0),
    ("-2.5E-1", "Edm.Double", -0.25),
    ("INF", "Edm.Double", math.inf),
    ("-INF", "Edm.Double", -math.inf),
]

CONSTANTS = [
    ("null", "null", None),
    ("true", "Edm.Boolean", True),
    ("FALSE", "Edm.Boolean", False),
    ("True", "Edm.Boolean", True),
]

STRINGS = [
    ("''", ""),
    ("'a b'", "a b"),
    ("'O''Neil'", "O'Neil"),
    ("''''", "'"),
    ("'\"<>&%;()/'", '"<>&%;()/'),
    ("'Ægir 名前 😀'", "Ægir 名前 😀"),
    ("'eq null or'", "eq null or"),
]

TEXTUAL = [
    ("01234567-89AB-cdef-0123-456789abcdef", "Edm.Guid", None),
    ("00000000-0000-0000-0000-000000000000", "Edm.Guid", None),
    ("beefbeef-89ab-cdef-0123-456789abcdef", "Edm.Guid", None),
    ("2024-02-29", "Edm.Date", None),
    ("10024-10-01", "Edm.Date", None),
    ("0999-11-10", "Edm.Date", None),
    ("2024-12-31", "Edm.Date", None),
    ("-0044-03-15", "Edm.Date", None),
    ("12024-01-01", "Edm.Date", None),
    ("2024-01-31T23:59:59.9716266+05:45", "Edm.DateTimeOffset", None),
    ("2024-01-31T23:59:59.123456789012Z", "Edm.DateTimeOffset", None),
    ("2024-06-30t23:59:60z", "Edm.DateTimeOffset", "2024-06-30T23:59:60Z"),
    ("0001-01-01T00:00-14:00", "Edm.DateTimeOffset", None),
    ("-0001-01-01T00:00Z", "Edm.DateTimeOffset", None),
    ("00:00", "Edm.TimeOfDay", None),
    ("23:59:60.123456789012", "Edm.TimeOfDay", None),
]

DURATIONS = ["P1D", "-P3DT4H5M6.75S", "PT0S", "PT90M", "P0DT1S", "PT1H30S"]

BINARIES = [("", b""), ("TQ", b"M"), ("TQ==", b"M"), ("TWE=", b"Ma"), ("_-8_", b"\xff\xef?")]

SHAPES = [
    ("Point(142.1 -64.1)", "Point"),
    ("point(1e3 NaN -INF 4)", "Point"),
    ("LineString(1 1,2 2,3 3)", "LineString"),
    ("Polygon((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1),(3 3,3 3))", "Polygon"),
    ("MultiPoint()", "MultiPoint"),
    ("MultiPoint((1 1),(2 2 3),(4 4))", "MultiPoint"),
    ("MultiLineString((1 1,2 2),(3 3,4 4))", "MultiLineString"),
    ("MultiLineString()", "MultiLineString"),
    ("MultiPolygon(((0 0,1 1,0 0)),((0 0,1 1,0 0),(2 2,2 2)))", "MultiPolygon"),
    ("MultiPolygon()", "MultiPolygon"),
    ("GeometryCollection(Point(1 1))", "Collection"),
    ("GeometryCollection(GeometryCollection(Point(1 1)),MultiPoint())", "Collection"),
]


@pytest.mark.parametrize(("text", "type_", "value"), NUMBERS + CONSTANTS)
def test_a_number_or_constant_has_the_type_of_its_size_and_form(text, type_, value):
    assert parse_filter(text) == Literal(type_, value, text)


def test_nan_is_a_double():
    literal = parse_filter("NaN")
    assert literal.type == "Edm.Double"
    assert math.isnan(literal.value)


@pytest.mark.parametrize(("text", "value"), STRINGS)
def test_a_string_is_what_stands_between_its_quotes(text, value):
    assert parse_filter(text) == Literal("Edm.String", value, text)


@pytest.mark.parametrize(("text", "type_", "value"), TEXTUAL)
def test_dates_times_and_guids_keep_their_text(text, type_, value):
    literal = parse_filter(text)
    assert (literal.type, literal.value, literal.text) == (type_, value or text, text)


@pytest.mark.parametrize("quoted", DURATIONS)
def test_a_duration_keeps_its_text(quoted):
    assert parse_filter(f"duration'{quoted}'") == Literal("Edm.Duration", quoted, "")
    assert parse_filter(f"Duration'{quoted.lower()}'") == Literal("Edm.Duration", quoted, "")
    assert parse_filter(f"'{quoted}'").type == "Edm.String"


@pytest.mark.parametrize(("quoted", "value"), BINARIES)
def test_binary_is_base64url_with_or_without_padding(quoted, value):
    assert parse_filter(f"binary'{quoted}'") == Literal("Edm.Binary", value, "")


@pytest.mark.parametrize(("shape", "name"), SHAPES)
def test_a_shape_is_named_for_its_kind_and_its_surface(shape, name):
    on_earth = parse_filter(f"geography'SRID=4326;{shape}'")
    on_paper = parse_filter(f"Geometry'srid=0;{shape}'")
    assert on_earth == Literal(f"Edm.Geography{name}", f"SRID=4326;{shape}", "")
    assert on_paper == Literal(f"Edm.Geometry{name}", f"srid=0;{shape}", "")


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("ns.Colour'red'", ("red",)),
        ("ns.Colour'red,blue'", ("red", "blue")),
        ("a.b.Colour'4'", (4,)),
        ("ns.Colour'-1,+2,three'", (-1, 2, "three")),
    ],
)
def test_an_enumeration_literal_has_members_by_name_and_by_number(text, members):
    assert parse_filter(text) == EnumLiteral(text.partition("'")[0], members)


NO_LITERALS = """\
42.
.5
1e
1e5e5
0x1F
1_000
5L
2024-1-1
2024-13-01
2024-00-10
2024-01-32
024-01-01
2024-01-01T
2024-01-01T00:00:00
2024-01-01T24:00Z
2024-01-01T23:60Z
2024-01-01T23:59:61Z
2024-01-01T23:59:59.Z
2024-01-01T23:59:59.1234567890123Z
2024-01-01T23:59+2:00
2024-01-01T23:59+24:00
24:00
1:30
12:5
12:00:61
12:00:00.
01234567-89ab-cdef-0123-456789abcde
01234567-89ab-cdef-0123-456789abcdef0
01234567-89ab-cdef-0123-456789abcdeg
{01234567-89ab-cdef-0123-456789abcdef}
'open
'open''
"double"
duration''
duration'P'
duration'PT'
duration'P1DT'
duration'1D'
duration'P1Y'
duration'P1M'
duration'P1W'
duration'PT1S1M'
duration'PT1.5M'
duration'--P1D'
binary'T'
binary'TR'
binary'TQ='
binary'TWF='
binary'TWE=='
binary'a+/b'
binary'T Q'
geography'Point(1 2)'
geography'SRID=;Point(1 2)'
geography'SRID=123456;Point(1 2)'
geography'SRID=0;Point()'
geography'SRID=0;Point(1)'
geography'SRID=0;Point(1 2 3 4 5)'
geography'SRID=0;Point(1  2)'
geography'SRID=0;Point(1,2)'
geography'SRID=0;Point(nan 2)'
geography'SRID=0;Point(1 2)) '
geography'SRID=0;LineString(1 2)'
geography'SRID=0;LineString()'
geography'SRID=0;Polygon(1 1,2 2,1 1)'
geography'SRID=0;Polygon()'
geography'SRID=0;MultiPoint(1 1,2 2)'
geography'SRID=0;MultiLineString((1 1))'
geography'SRID=0;GeometryCollection()'
geography'SRID=0;GeometryCollection(Point(1 1)'
geography'SRID=0;GeometryCollection(Point(1 1)Point(1 1))'
geography'SRID=0;GeometryCollection(Point(1 1)),'
geography'SRID=0;Circle(1 1)'
ns.Colour''
ns.Colour'red '
ns.Colour'red, blue'
ns.Colour'red,'
ns.Colour'1.5'
ns.Colour'12345678901234567890'
Colour'red'
datetime'2024-01-01T00:00:00'
guid'01234567-89ab-cdef-0123-456789abcdef'
X'00ff'
"""


@pytest.mark.parametrize("text", NO_LITERALS.splitlines())
def test_what_only_looks_like_a_literal_is_refused(text):
    with pytest.raises(QueryError):
        parse_filter(text)
