"""From a literal's text to its node: the last section of the ABNF, "Literal Data Values"."""

from __future__ import annotations

import base64
import functools
import itertools
import json
import re
from collections.abc import Iterator
from decimal import Decimal

from fakegraph.odata.nodes import EnumLiteral, Literal

_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)
# As many digits as an Int64 can have, and a sign; longer ones do not become an int at all.
_INT64_LENGTH = 20


def any_case(word: str) -> Iterator[str]:
    """All ways to write a word in capitals and small letters."""
    return map("".join, itertools.product(*zip(word.lower(), word.upper(), strict=True)))


#: Words that stand for a value. Only Booleans may be in any case.
CONSTANTS: dict[str, tuple[str, bool | float | None]] = {
    **dict.fromkeys(any_case("true"), ("Edm.Boolean", True)),
    **dict.fromkeys(any_case("false"), ("Edm.Boolean", False)),
    "null": ("null", None),
    "INF": ("Edm.Double", float("inf")),
    "NaN": ("Edm.Double", float("nan")),
}


def number(text: str, position: int) -> Literal:
    """A whole number by its size, a fraction as Decimal, an exponent or -INF as Double."""
    if "e" in text or "E" in text or "I" in text:
        return Literal("Edm.Double", float(text), text, position)
    if "." in text or len(text) > _INT64_LENGTH:
        return Literal("Edm.Decimal", Decimal(text), text, position)
    value = int(text)
    if value in _INT32:
        return Literal("Edm.Int32", value, text, position)
    if value in _INT64:
        return Literal("Edm.Int64", value, text, position)
    return Literal("Edm.Decimal", Decimal(text), text, position)


def string(text: str, position: int) -> Literal:
    """``'…'``, where a quote inside is doubled."""
    return Literal("Edm.String", text[1:-1].replace("''", "'"), text, position)


def json_string(text: str, position: int) -> Literal | None:
    """``"…"``; None where an escape names half of a surrogate pair, which is no character."""
    value = json.loads(text)
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        return None
    return Literal("Edm.String", value, text, position)


_MEMBER = r"(?:[^\W\d]\w{0,127}|[-+]?[0-9]{1,19})"
_MEMBERS = re.compile(rf"{_MEMBER}(?:,{_MEMBER})*+")


def enum_members(quoted: str) -> tuple[str | int, ...] | None:
    """The members in ``Solid,+42``; None where that is not what the text is."""
    if not _MEMBERS.fullmatch(quoted):
        return None
    return tuple(
        int(member) if member[0] in "+-0123456789" else member for member in quoted.split(",")
    )


def prefixed(prefix: str, text: str, position: int) -> Literal | EnumLiteral | None:
    """``prefix'…'``, where ``text`` is all of it; None where there is no such literal."""
    quoted = text[len(prefix) + 1 : -1]
    if "." in prefix:
        members = enum_members(quoted)
        return EnumLiteral(prefix, members, position) if members else None
    kind = prefix.lower()
    if kind == "duration":
        return _duration(quoted, text, position)
    if kind == "binary":
        return _binary(quoted, text, position)
    if kind in ("geography", "geometry"):
        return _shape(kind, quoted, text, position)
    return None


# An XML Schema dayTimeDuration: at least one part, and none after a T at the end.
_DURATION = re.compile(
    r"-?P(?=.)(?:[0-9]++D)?+(?:T(?=.)(?:[0-9]++H)?+(?:[0-9]++M)?+(?:[0-9]++(?:\.[0-9]++)?+S)?+)?+",
    re.IGNORECASE,
)


def _duration(quoted: str, text: str, position: int) -> Literal | None:
    if not _DURATION.fullmatch(quoted):
        return None
    return Literal("Edm.Duration", quoted.upper(), text, position)


# base64url; the last character's unused bits are zero, the padding may be left out.
_BINARY = re.compile(
    r"(?:[\w-]{4})*+(?:[\w-]{2}[AEIMQUYcgkosw048]=?|[\w-][AQgw](?:==)?)?", re.ASCII
)


def _binary(quoted: str, text: str, position: int) -> Literal | None:
    if not _BINARY.fullmatch(quoted):
        return None
    digits = quoted.rstrip("=")
    value = base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4))
    return Literal("Edm.Binary", value, text, position)


_NUMBER = r"(?:[-+]?[0-9]++(?:\.[0-9]++)?+(?:e[-+]?[0-9]++)?+|(?-i:NaN|-?INF))"
_POINT = rf"{_NUMBER} {_NUMBER}(?: {_NUMBER}){{0,2}}+"
_POINT_DATA = rf"\({_POINT}\)"
_LINE_DATA = rf"\({_POINT}(?:,{_POINT})++\)"
_RING = rf"\({_POINT}(?:,{_POINT})*+\)"
_POLYGON_DATA = rf"\({_RING}(?:,{_RING})*+\)"
_SHAPES = (
    rf"(?P<Point>Point{_POINT_DATA})",
    rf"(?P<LineString>LineString{_LINE_DATA})",
    rf"(?P<Polygon>Polygon{_POLYGON_DATA})",
    rf"(?P<MultiPoint>MultiPoint\((?:{_POINT_DATA}(?:,{_POINT_DATA})*+)?+\))",
    rf"(?P<MultiLineString>MultiLineString\((?:{_LINE_DATA}(?:,{_LINE_DATA})*+)?+\))",
    rf"(?P<MultiPolygon>MultiPolygon\((?:{_POLYGON_DATA}(?:,{_POLYGON_DATA})*+)?+\))",
)
_SRID = re.compile(r"SRID=[0-9]{1,5};", re.IGNORECASE)
_COLLECTION = re.compile(r"GeometryCollection\(", re.IGNORECASE)


@functools.cache
def _simple_shape() -> re.Pattern[str]:
    # Slow to compile, and few ask for it.
    return re.compile("|".join(_SHAPES), re.IGNORECASE)


def _shape(prefix: str, quoted: str, text: str, position: int) -> Literal | None:
    srid = _SRID.match(quoted)
    if not srid:
        return None
    if _COLLECTION.match(quoted, srid.end()):
        name = "Collection" if _is_collection(quoted, srid.end()) else None
    else:
        shape = _simple_shape().fullmatch(quoted, srid.end())
        name = shape.lastgroup if shape else None
    if name is None:
        return None
    return Literal(f"Edm.{prefix.capitalize()}{name}", quoted, text, position)


def _is_collection(quoted: str, place: int) -> bool:
    """Whether a GeometryCollection, maybe of collections, takes up the rest of the text."""
    depth = 0
    while True:
        opening = _COLLECTION.match(quoted, place)
        if opening:
            place = opening.end()
            depth += 1
            continue
        shape = _simple_shape().match(quoted, place)
        if not shape:
            return False
        place = shape.end()
        while depth and quoted.startswith(")", place):
            place += 1
            depth -= 1
        if not depth:
            return place == len(quoted)
        if not quoted.startswith(",", place):
            return False
        place += 1
