"""From stored rows to the JSON that a client may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import orjson

from fakegraph.edm.schema import TYPE_ANNOTATION
from fakegraph.edm.types import CollectionType, EnumType, StructuredType
from fakegraph.store import Row


class _LaterMembers(NamedTuple):
    """Members of a property's enum that only some clients see; others see the sentinel."""

    name: str
    hidden: frozenset[str]
    sentinel: str
    many: bool  # a collection of them

    def appear(self, rows: Iterable[Row]) -> bool:
        """Whether any of the rows has one."""
        values = [row.record.get(self.name) for row in rows]
        return not self.hidden.isdisjoint(
            chain.from_iterable(filter(None, values)) if self.many else values
        )

    def masked(self, value: Any) -> Any:
        """The value as those clients see it."""
        if self.many and value is not None:
            return [self.sentinel if item in self.hidden else item for item in value]
        return self.sentinel if value in self.hidden else value


@lru_cache(maxsize=1024)
def _later_members(type_: StructuredType) -> tuple[_LaterMembers, ...]:
    found = []
    for prop in type_.properties.values():
        many = isinstance(prop.type, CollectionType)
        enum = prop.type.item if isinstance(prop.type, CollectionType) else prop.type
        if isinstance(enum, EnumType) and enum.unknown is not None:
            hidden = frozenset(enum.members) - frozenset(enum.documented)
            if hidden:
                found.append(_LaterMembers(prop.name, hidden, enum.unknown, many))
    return tuple(found)


def shape(
    rows: Sequence[Row],
    type_: StructuredType,
    select: tuple[str, ...] | None,
    *,
    future_members: bool,
) -> list[bytes]:
    """The rows' JSON objects; the stored bytes where the client sees all of them."""
    later = () if future_members else _later_members(type_)
    masks = [members for members in later if members.appear(rows)]
    if select is None and not masks:
        return [row.json for row in rows]
    return [orjson.dumps(_shown(row.record, masks, select)) for row in rows]


def _shown(
    record: dict[str, Any], masks: list[_LaterMembers], select: tuple[str, ...] | None
) -> dict[str, Any]:
    changes = {mask.name: mask.masked(record[mask.name]) for mask in masks if mask.name in record}
    record = {**record, **changes}
    return record if select is None else {name: record[name] for name in select if name in record}


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
