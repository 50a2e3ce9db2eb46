"""From stored rows to the JSON that a client may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def _masked(record: Mapping[str, Any], type_: StructuredType) -> dict[str, Any] | None:
    """A copy with later enum members as the sentinel, or None where the record has none."""
    changes: dict[str, Any] = {}
    for name, later, sentinel in _later_members(type_):
        value = record.get(name)
        if isinstance(value, list):
            if not later.isdisjoint(value):
                changes[name] = [sentinel if item in later else item for item in value]
        elif value in later:
            changes[name] = sentinel
    return {**record, **changes} if changes else None


def row_json(
    row: Row, type_: StructuredType, select: Sequence[str] | None, *, future_members: bool
) -> bytes:
    """One row as a JSON object; the stored bytes where the client sees all of them."""
    masked = None if future_members else _masked(row.record, type_)
    if masked is None and select is None:
        return row.json
    record = row.record if masked is None else masked
    if select is not None:
        record = {name: record[name] for name in select if name in record}
    return orjson.dumps(record)


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
