"""What an answer may be, checked by the type that the model gives it: every problem of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from marshmallow import ValidationError

from fakegraph.edm.published import PublishedType
from fakegraph.edm.schema import InvalidEntity, Record
from fakegraph.edm.typed import NestingSchema, field_of, schema_of
from fakegraph.edm.types import CollectionType, Type
from fakegraph.errors import Problem


def problems_of(type_: Type, many: bool, body: Any) -> list[Problem]:
    """What is wrong with the body of an answer that gives one thing of a type, or ``many``."""
    is_thing = isinstance(type_, PublishedType) and not many
    schema = schema_of(type_) if is_thing else _enveloped(type_, many)
    try:
        schema.reader(future_members=True, related=None).read(body)
    except InvalidEntity as error:
        return list(error.problems)
    return []


@lru_cache(maxsize=8192)
def _enveloped(type_: Type, many: bool) -> type[_Envelope]:
    """The schema of what is not an object itself: ``{"value": …}``."""
    item = CollectionType(type_) if many else type_
    attributes = {"value": field_of(item, nullable=False), "edm_name": str(item)}
    return type("Envelope", (_Envelope,), attributes)


class _Envelope(NestingSchema):
    """A body with its ``value``."""

    def _read_quickly(self, body: object) -> Record | None:
        return None

    def load_annotated(self, body: Mapping[str, Any]) -> Record:
        if "value" not in body:
            raise ValidationError(
                {"value": ["The answer has its 'value' here, and it is missing."]}
            )
        return super().load_annotated(body)
