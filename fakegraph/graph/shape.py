"""From stored rows to the JSON that a client may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import orjson

from fakegraph.edm.schema import TYPE_ANNOTATION
from fakegraph.edm.types import CollectionType, EnumType, StructuredType
from fakegraph.store import Row


@lru_cache(maxsize=1024)
def _later_members(type_: StructuredType) -> tuple[tuple[str, frozenset[str], str], ...]:
    """Properties with enum members that only some clients see: name, the members, the sentinel."""
    found = []
    for prop in type_.properties.values():
        enum = prop.type.item if isinstance(prop.type, CollectionType) else prop.type
        if isinstance(enum, EnumType) and enum.unknown is not None:
            later = frozenset(enum.members) - frozenset(enum.documented)
            if later:
                found.append((prop.name, later, enum.unknown))
    return tuple(found)


@lru_cache(maxsize=1024)
def shaper(
    type_: StructuredType, select: tuple[str, ...] | None, *, future_members: bool
) -> Callable[[Row], bytes]:
    """A function from a row to its JSON object; the stored bytes where the client sees them all."""
    later = () if future_members else _later_members(type_)

    def shape(row: Row) -> bytes:
        record = row.record
        changes = {
            name: _shown(record[name], hidden, sentinel)
            for name, hidden, sentinel in later
            if _hides(record.get(name), hidden)
        }
        if not changes and select is None:
            return row.json
        record = {**record, **changes}
        if select is not None:
            record = {name: record[name] for name in select if name in record}
        return orjson.dumps(record)

    return shape


def _hides(value: Any, hidden: frozenset[str]) -> bool:
    return value in hidden if type(value) is str else bool(value) and not hidden.isdisjoint(value)


def _shown(value: Any, hidden: frozenset[str], sentinel: str) -> Any:
    if isinstance(value, str):
        return sentinel
    return [sentinel if item in hidden else item for item in value]


def entity_json(context: str, row: bytes, type_name: str | None = None) -> bytes:
    """An entity on its own: the row with its context, and its type where the answer names it."""
    head: dict[str, Any] = {"@odata.context": context}
    if type_name is not None:
        head[TYPE_ANNOTATION] = f"#{type_name}"
    return _merged(orjson.dumps(head), row)


def _merged(head: bytes, tail: bytes) -> bytes:
    return head if tail == b"{}" else head[:-1] + b"," + tail[1:]


def collection_json(
    context: str, rows: Sequence[bytes], total: int | None, next_link: str | None
) -> bytes:
    """A page of a collection."""
    head: dict[str, Any] = {"@odata.context": context}
    if total is not None:
        head["@odata.count"] = total
    if next_link is not None:
        head["@odata.nextLink"] = next_link
    return orjson.dumps(head)[:-1] + b',"value":[' + b",".join(rows) + b"]}"
