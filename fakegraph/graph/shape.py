"""From records to the JSON that a client may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import orjson

from fakegraph.dataclass import dataclass
from fakegraph.edm import types
from fakegraph.edm.schema import TYPE_ANNOTATION
from fakegraph.edm.types import CollectionType, EnumType, PrimitiveType, StructuredType, Type
from fakegraph.store import Record, Row, json_of
from fakegraph.web.headers import MINIMAL, Format

Convert = Callable[[Any], Any]

# Types whose JSON is enough to tell them (OData JSON Format 4.01, 4.6.3).
_PLAIN = (types.BOOLEAN, types.DOUBLE, types.STRING)
LONG = (types.INT64, types.DECIMAL)


@dataclass(frozen=True)
class Look:
    """How a client wants to see records: which properties, which enum members, which format."""

    select: tuple[str, ...] | None = None
    future_members: bool = False
    format: Format = MINIMAL


def shape(
    rows: Sequence[Row],
    type_: StructuredType,
    look: Look,
    address: Callable[[Record], str] | None = None,
) -> list[bytes]:
    """The rows' JSON objects; the stored bytes where the client sees all of them.

    ``address``: where a record is, below the service root, for full metadata.
    """
    convert, masks = _plan(type_, look.future_members, look.format)
    if masks is not None and not any(members.appear(rows) for members in masks):
        convert = None
    if convert is None and look.select is None:
        return json_of(rows)
    return [orjson.dumps(_shown(row.record, convert, look.select, address)) for row in rows]


def _shown(
    record: Record,
    convert: Convert | None,
    select: tuple[str, ...] | None,
    address: Callable[[Record], str] | None,
) -> Record:
    shown = record
    if select is not None:
        shown = {name: record[name] for name in select if name in record}
    if convert is not None:
        shown = convert(shown)
    if address is not None and TYPE_ANNOTATION in shown:
        links = dict.fromkeys(("@odata.id", "@odata.editLink"), address(record))
        shown = {TYPE_ANNOTATION: shown.pop(TYPE_ANNOTATION), **links, **shown}
    return shown


class _LaterMembers(NamedTuple):
    """Members of a property's enum that only some clients see; others see the sentinel."""

    name: str
    hidden: frozenset[str]
    many: bool  # a collection of them

    def appear(self, rows: Iterable[Row]) -> bool:
        """Whether any of the rows has one."""
        values = [row.record.get(self.name) for row in rows]
        return not self.hidden.isdisjoint(
            chain.from_iterable(filter(None, values)) if self.many else values
        )


def _later_members(type_: StructuredType) -> tuple[_LaterMembers, ...]:
    found = []
    for prop in type_.properties.values():
        many = isinstance(prop.type, CollectionType)
        hidden = hidden_members(getattr(prop.type, "item", prop.type))
        if hidden:
            found.append(_LaterMembers(prop.name, hidden, many))
    return tuple(found)


def hidden_members(type_: Type) -> frozenset[str]:
    """The members of an enumeration that only clients see who ask for later ones."""
    if not isinstance(type_, EnumType) or type_.unknown is None:
        return frozenset()
    return frozenset(type_.members) - frozenset(type_.documented)


@lru_cache(maxsize=1024)
def _plan(
    type_: StructuredType, future_members: bool, format_: Format
) -> tuple[Convert | None, tuple[_LaterMembers, ...] | None]:
    """What converts a record; and the enum members for whose sake alone it is done, if so."""
    full = format_.metadata == "full"
    convert = _converter(type_, not future_members, format_.ieee754, full)
    rest = _converter(type_, False, format_.ieee754, full)
    items = (getattr(prop.type, "item", prop.type) for prop in type_.properties.values())
    nested = any(isinstance(item, StructuredType) for item in items)
    only_masks = convert is not None and rest is None and not nested
    return convert, _later_members(type_) if only_masks else None


@lru_cache(maxsize=4096)
def _converter(type_: Type, masks: bool, ieee754: bool, full: bool) -> Convert | None:
    """What makes of a value the one that a client sees; None where that is the value itself."""
    if isinstance(type_, CollectionType):
        item = _converter(type_.item, masks, ieee754, full)
        return None if item is None else lambda value: [item(each) for each in value]
    if isinstance(type_, StructuredType):
        return _object_converter(type_, masks, ieee754, full)
    hidden = hidden_members(type_) if masks else frozenset()
    if hidden:
        sentinel = type_.unknown if isinstance(type_, EnumType) else None
        return lambda value: sentinel if value in hidden else value
    return str if ieee754 and type_ in LONG else None


def _object_converter(
    type_: StructuredType, masks: bool, ieee754: bool, full: bool
) -> Convert | None:
    converters = {
        name: _converter(prop.type, masks, ieee754, full) for name, prop in type_.properties.items()
    }
    notes = {name: type_note(prop.type) for name, prop in type_.properties.items() if full}
    if not full and not any(converters.values()):
        return None

    def convert(record: Record) -> Record:
        shown: Record = {TYPE_ANNOTATION: f"#{type_.name}"} if full else {}
        for name, value in record.items():
            if notes.get(name) and value is not None:
                shown[f"{name}{TYPE_ANNOTATION}"] = notes[name]
            inner = converters.get(name)
            shown[name] = value if inner is None or value is None else inner(value)
        return shown

    return convert


def type_note(type_: Type) -> str | None:
    """``p@odata.type`` for a property whose JSON does not say its type."""
    if isinstance(type_, CollectionType):
        return f"#Collection({_bare(type_.item)})"
    if isinstance(type_, StructuredType) or type_ in _PLAIN:
        return None
    return f"#{_bare(type_)}"


def _bare(type_: Type) -> str:
    name = str(type_)
    return name.removeprefix("Edm.") if isinstance(type_, PrimitiveType) else name


def entity_json(
    context: str, row: bytes, format_: Format = MINIMAL, type_name: str | None = None
) -> bytes:
    """An object on its own: with its context, and its type where the answer names it."""
    head = _head(context, format_.metadata, type_name)
    return row if head is None else head if row == b"{}" else head[:-1] + b"," + row[1:]


@lru_cache(maxsize=256)
def _head(context: str, metadata: str, type_name: str | None) -> bytes | None:
    """What stands in front of an object on its own, as an object; None for nothing."""
    head: dict[str, Any] = {}
    if metadata != "none":
        head["@odata.context"] = context
    if type_name is not None and metadata == "minimal":
        head[TYPE_ANNOTATION] = f"#{type_name}"
    return orjson.dumps(head) if head else None


def collection_json(
    context: str,
    rows: Sequence[bytes],
    total: int | None,
    next_link: str | None,
    format_: Format = MINIMAL,
) -> bytes:
    """A page of a collection."""
    head: dict[str, Any] = {}
    if format_.metadata != "none":
        head["@odata.context"] = context
    if total is not None:
        head["@odata.count"] = str(total) if format_.ieee754 else total
    if next_link is not None:
        head["@odata.nextLink"] = next_link
    begun = orjson.dumps(head)[:-1] + b"," if head else b"{"
    parts = [*rows] or [b""]  # much may be in them: all is put together at once
    parts[0] = b'%b"value":[%b' % (begun, parts[0])
    parts[-1] += b"]}"
    return b",".join(parts)
