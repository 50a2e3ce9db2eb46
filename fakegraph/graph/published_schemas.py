"""Types of a published model as components of an OpenAPI document, those that are referred to."""

from __future__ import annotations

from collections.abc import Iterator

from fakegraph.edm import json_schema
from fakegraph.edm.json_schema import JsonSchema
from fakegraph.edm.published import PublishedModel, PublishedType
from fakegraph.edm.schema import TYPE_ANNOTATION
from fakegraph.edm.typed import ANY_JSON, is_dictionary
from fakegraph.edm.types import (
    CollectionType,
    EnumType,
    NavigationProperty,
    PrimitiveType,
    Property,
    Type,
)

_EVERYTHING = 100  # that many types are derived from ``entity`` alone, which says nothing then
_ITSELF = ".itself"  # behind the name of a type that others are derived from


class PublishedSchemas:
    """The components of one version.

    ``expanded``: what navigation properties lead to is described as well, which leads through the
    whole model; else it is said to be an object.
    """

    def __init__(self, model: PublishedModel, version: str, expanded: bool) -> None:
        self._model = model
        self._version = version
        self._expanded = expanded
        self._waiting: list[str] = []
        self._seen: set[str] = set()

    def of(self, type_: Type | None) -> JsonSchema:
        """The schema of a value; of a named type a reference, whose target is a component then."""
        if isinstance(type_, CollectionType):
            return {"type": "array", "items": self.of(type_.item)}
        if isinstance(type_, PrimitiveType):
            return json_schema.PRIMITIVES.get(type_.name, {})
        if type_ is None or type_.name == ANY_JSON:
            return {}
        return self._refer(type_.name)

    def components(self) -> Iterator[tuple[str, JsonSchema]]:
        """Each that was referred to, and each that these refer to, by name."""
        while self._waiting:
            type_ = self._model.type_named(self._waiting.pop())
            if isinstance(type_, EnumType):
                yield self._named(type_.name), json_schema.enum(type_, tuple(type_.members))
            elif type_ is not None:
                yield from self._structured(type_)

    def _refer(self, name: str) -> JsonSchema:
        if name not in self._seen:
            self._seen.add(name)
            self._waiting.append(name)
        return {"$ref": f"#/components/schemas/{self._named(name)}"}

    def _named(self, name: str) -> str:
        return f"{self._version}.{name.removeprefix(f'{self._model.namespace}.')}"

    def _structured(self, type_: PublishedType) -> Iterator[tuple[str, JsonSchema]]:
        """What is of that type: it itself, or of a type that is derived from it."""
        name = self._named(type_.name)
        if not self._expanded and len(type_.heirs) > _EVERYTHING:
            yield name, {"type": "object"}
            return
        if not type_.heirs:
            yield name, self._itself(type_)
            return
        some = [self._refer(heir.name) for heir in type_.heirs]
        if not type_.abstract:
            yield f"{name}{_ITSELF}", self._itself(type_)
            some.insert(0, {"$ref": f"#/components/schemas/{name}{_ITSELF}"})
        yield name, {"anyOf": some}

    def _itself(self, type_: PublishedType) -> JsonSchema:
        properties: dict[str, JsonSchema] = {TYPE_ANNOTATION: {"const": f"#{type_.name}"}}
        for prop in type_.properties.values():
            properties[prop.name] = self._marked(type_, prop, self._property(prop))
        for member in type_.navigation.values():
            properties[member.name] = self._marked(type_, member, self._related(member))
        schema = json_schema.annotated(properties)
        if is_dictionary(type_):
            schema["additionalProperties"] = True
        if _is_deprecated(type_, "Revisions"):
            schema["deprecated"] = True
        return schema

    def _property(self, prop: Property) -> JsonSchema:
        schema = dict(self.of(prop.type))
        if prop.nullable and schema:
            schema = json_schema.nullable(schema)
        return {**schema, "readOnly": True} if prop.computed else schema

    def _related(self, member: NavigationProperty) -> JsonSchema:
        one: JsonSchema = self.of(member.type) if self._expanded else {"type": "object"}
        if member.many:
            return {"type": "array", "items": one}
        return json_schema.nullable(one) if member.nullable else one

    def _marked(
        self, type_: PublishedType, member: Property | NavigationProperty, schema: JsonSchema
    ) -> JsonSchema:
        term = f"{member.name}/Revisions"
        if any(_is_deprecated(each, term) for each in type_.chain):
            return {**schema, "deprecated": True}
        return schema


def _is_deprecated(type_: PublishedType, term: str) -> bool:
    return str(type_.core.get(term, "")).startswith("Deprecated")
