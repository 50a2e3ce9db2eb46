"""Values that stand in a path: literals of a type, and keys as a segment of their own.

OData 4.01 Part 2: Conventions, section 5.1.1.14, as far as Microsoft Graph goes by it: dates and
GUIDs may stand in quotes, members of an enumeration may be spelt in any case. What is read is as
JSON has it, so that it compares with records. Everything here raises :class:`ValueError` with words
that say what would be right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fakegraph.edm import types, values
from fakegraph.edm.types import CollectionType, EnumType, Type

_QUOTED = re.compile(r"(?P<prefix>[\w.]*+)'(?P<text>[^']*+(?:''[^']*+)*+)'")
_INTEGER = re.compile(r"[-+]?[0-9]{1,19}")
_NUMBER = re.compile(r"[-+]?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][-+]?[0-9]{1,3})?|-?INF|NaN")
_ITEM = re.compile(r"\s*+((?:'[^']*+(?:''[^']*+)*+'|[^,'])++)(?:,|\Z)")

_Reader = Callable[[str], Any]


def literal(type_: Type, text: str) -> Any:
    """The value that a literal means where one of that type is due."""
    if text == "null":
        return None
    if isinstance(type_, CollectionType):
        return _items(type_, text)
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        return _bare(type_, text)
    inside = quoted["text"].replace("''", "'")
    prefix = quoted["prefix"].lower()
    if isinstance(type_, EnumType):
        if prefix not in ("", type_.name.lower()):
            raise _wrong(type_)
        return _member(type_, inside)
    kind = _KINDS.get(str(type_))
    if kind is None or prefix not in kind.prefixes:
        raise _wrong(type_)
    return plain(type_, inside)


def plain(type_: Type, text: str) -> Any:
    """The value of a text without quotes, as keys are that are a segment."""
    if isinstance(type_, EnumType):
        return _member(type_, text)
    kind = _KINDS.get(str(type_))
    if kind is None:
        raise ValueError(f"no value of type {type_} can stand in a path.")
    try:
        return kind.read(text)
    except (ValueError, KeyError):
        raise _wrong(type_) from None


def _bare(type_: Type, text: str) -> Any:
    """What is not in quotes, where quotes do not have to be."""
    if isinstance(type_, EnumType) or type_ == types.STRING:
        raise _wrong(type_)
    return plain(type_, text)


def expected(type_: Type) -> str:
    """What a literal of a type looks like."""
    if isinstance(type_, EnumType):
        return f"one of {', '.join(map(repr, _members(type_)))}, in quotes"
    kind = _KINDS.get(str(type_))
    return kind.expected if kind else f"a value of type {type_}"


def _wrong(type_: Type) -> ValueError:
    return ValueError(f"it takes {expected(type_)}.")


def _member(type_: EnumType, text: str) -> str:
    spelt = {name.lower(): name for name in _members(type_)}
    names = [name.strip().lower() for name in text.split(",")] if type_.flags else [text.lower()]
    if not all(name in spelt for name in names):
        raise _wrong(type_)
    return ",".join(spelt[name] for name in names)


def _members(type_: EnumType) -> list[str]:
    """Those that can be sent: all but the one that stands for what a client does not know."""
    return [name for name in type_.members if name != type_.unknown]


def _items(type_: CollectionType, text: str) -> list[Any]:
    """``["a","b"]`` as in JSON, or ``['a','b']``."""
    if not (text.startswith("[") and text.endswith("]")):
        raise ValueError(f"it takes an array in brackets, each item {expected(type_.item)}.")
    if "'" not in text:
        return _json_items(type_, text)
    inside, position, found = text[1:-1], 0, []
    while position < len(inside):
        match = _ITEM.match(inside, position)
        if match is None:
            raise ValueError(f"each item of the array is {expected(type_.item)}.")
        found.append(literal(type_.item, match[1].strip()))
        position = match.end()
    if inside.endswith(","):
        raise ValueError("the array ends with a comma.")
    return found


def _json_items(type_: CollectionType, text: str) -> list[Any]:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("the array is not well-formed JSON.") from None
    return [
        plain(type_.item, item) if isinstance(item, str) else literal(type_.item, json.dumps(item))
        for item in items
    ]


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _integer(allowed: range) -> _Reader:
    def read(text: str) -> int:
        number = int(text) if _INTEGER.fullmatch(text) else allowed.stop
        if number not in allowed:
            raise ValueError(text)
        return number

    return read


def _number(convert: _Reader) -> _Reader:
    def read(text: str) -> Any:
        if _NUMBER.fullmatch(text) is None:
            raise ValueError(text)
        return convert(text)

    return read


def _checked(check: _Reader) -> _Reader:
    """Keeps the text, as records do, where it is one of its type."""

    def read(text: str) -> str:
        check(text)
        return text

    return read


def _moment(text: str) -> str:
    """A date alone is the midnight that it begins with, in UTC."""
    try:
        values.day(text)
    except ValueError:
        values.instant(text)
        return text
    return f"{text}T00:00:00Z"


class _Kind(NamedTuple):
    """How values of a primitive type are read, what they look like, how they may be quoted."""

    read: _Reader
    expected: str
    prefixes: tuple[str, ...] = ()


def _whole(allowed: range) -> _Kind:
    return _Kind(_integer(allowed), f"a whole number from {allowed.start} to {allowed.stop - 1}")


_KINDS: Mapping[str, _Kind] = {
    "Edm.Binary": _Kind(
        _checked(values.binary), "base64url, as in binary'AQID'", prefixes=("", "binary")
    ),
    "Edm.Boolean": _Kind(_boolean, "true or false"),
    "Edm.Byte": _whole(values.BYTE_RANGE),
    "Edm.Date": _Kind(_checked(values.day), "a date, as in 2024-01-31", prefixes=("",)),
    "Edm.DateTimeOffset": _Kind(
        _moment,
        "a date and time with an offset, as in 2024-01-31T23:59:59Z, or a date alone",
        prefixes=("",),
    ),
    "Edm.Decimal": _Kind(_number(values.decimal), "a number"),
    "Edm.Double": _Kind(_number(float), "a number"),
    "Edm.Duration": _Kind(
        _checked(values.duration), "a duration, as in duration'PT1H'", prefixes=("", "duration")
    ),
    "Edm.Guid": _Kind(
        values.guid, "a GUID, as in 4c03f248-f248-4c03-48f2-034c48f2034c", prefixes=("",)
    ),
    "Edm.Int16": _whole(values.INT16_RANGE),
    "Edm.Int32": _whole(values.INT32_RANGE),
    "Edm.Int64": _whole(values.INT64_RANGE),
    "Edm.SByte": _whole(values.SBYTE_RANGE),
    "Edm.Single": _Kind(_number(float), "a number"),
    "Edm.String": _Kind(
        str, "a string in single quotes, in which a quote is written twice", prefixes=("",)
    ),
    "Edm.TimeOfDay": _Kind(
        _checked(values.time_of_day), "a time of day, as in 23:59:59", prefixes=("",)
    ),
}
