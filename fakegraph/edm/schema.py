"""``EntitySchema``: the one place that says what an entity's properties are.

A resource is one subclass. From it follow what a client may write (marshmallow), what queries may
name (:meth:`EdmSchema.edm_type`), and everything that is generated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, ClassVar, Self, cast

from marshmallow import RAISE, Schema, ValidationError, missing
from marshmallow.fields import Field

from fakegraph.edm import fields, json_schema, types
from fakegraph.edm.fields import EdmField, did_you_mean, shown
from fakegraph.edm.json_schema import JsonSchema
from fakegraph.edm.types import CollectionType, StructuredType, Type, qualified
from fakegraph.errors import MAX_PROBLEMS, Problem

Record = dict[str, Any]
"""One entity as stored: JSON-ready property values, its ``id`` included."""

TYPE_ANNOTATION = "@odata.type"
_AT_ONCE = 1_000  # stored records; one that is wrong lets so many be read one by one
_MOST_NAMES, _MOST_KINDS = 64, 64  # of bodies whose fields are remembered

_ANNOTATION = re.compile(json_schema.ANNOTATION)


class InvalidEntity(Exception):
    """A body or fixture record that its schema refuses; ``problems`` has every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class _UnknownProperty(str):
    """Marks marshmallow's message for an unknown name; the text is the type it is unknown on."""

    __slots__ = ("known",)
    known: list[str]


class EdmSchema(Schema):
    """A structured type. Subclass :class:`EntitySchema` or :class:`ComplexSchema`.

    ``edm_name`` is the type's name, in ``microsoft.graph`` unless it is qualified.
    """

    edm_name: ClassVar[str]
    edm_key: ClassVar[str | None] = None
    annotated: ClassVar[bool] = True  # whether annotations may stand among the properties
    complete: ClassVar[bool] = True  # whether what may be null and is left out is null

    class Meta:
        unknown = RAISE

    def __init__(
        self, *, future_members: bool = False, ieee754: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.future_members = future_members
        self.ieee754 = ieee754
        unknown = _UnknownProperty(self.type_name())
        unknown.known = list(self.fields)
        self.error_messages = {**self.error_messages, "unknown": unknown}
        self._quick_fields = self._fields_to_read_quickly()
        self._places = self._places_of_optional()
        self._fields_of: dict[tuple[str, ...], list[tuple[str, EdmField, bool]]] = {}

    def on_bind_field(self, field_name: str, field_obj: Field[Any]) -> None:
        """Marshmallow's hook for each field of a new schema."""
        may_be_null = isinstance(field_obj, EdmField) and field_obj.nullable
        if self.complete and may_be_null and not field_obj.required:
            field_obj.load_default = None

    @classmethod
    def type_name(cls) -> str:
        """The type's qualified name: ``microsoft.graph.userCredentialUsageDetails``."""
        return qualified(cls.edm_name)

    @classmethod
    def edm_fields(cls) -> Mapping[str, EdmField]:
        """The declared fields, in order."""
        return {
            name: field
            for name, field in cls._declared_fields.items()
            if isinstance(field, EdmField)
        }

    @classmethod
    @cache
    def edm_type(cls) -> StructuredType:
        """The type as the query language and the metadata see it."""
        properties = {name: field.property(name) for name, field in cls.edm_fields().items()}
        return StructuredType(cls.type_name(), properties, cls.edm_key)

    @classmethod
    @cache
    def reader(
        cls, *, partial: bool = False, future_members: bool = False, ieee754: bool = False
    ) -> Self:
        """A schema to :meth:`read` with, made once: making one costs more than reading with it.

        ``partial`` is for updates, which leave properties out; ``ieee754`` takes 64-bit and decimal
        numbers as texts. A schema keeps nothing of what it reads, so threads may share it.
        """
        return cls(partial=partial, future_members=future_members, ieee754=ieee754)

    def read(self, body: object) -> Record:
        """Check a JSON value from a client or a fixture, and give the record it describes.

        Annotations are dropped after ``@odata.type`` was checked; what may be null and is left out
        is null, except in an update. Raises :class:`InvalidEntity`
        with every problem (the first ``MAX_PROBLEMS``), in the order of the body, missing
        properties last.
        """
        record = self._read_quickly(body)
        if record is not None:
            return record
        if not isinstance(body, dict):
            raise InvalidEntity(
                [Problem(f"A JSON object was expected, with the properties of {self.type_name()}.")]
            )
        try:
            return self.load_annotated(body)
        except ValidationError as error:
            messages = cast(dict[str, Any], error.messages)
            sent = {name: messages[name] for name in body if name in messages}
            problems = list(islice(_flatten(sent | messages), MAX_PROBLEMS))
            raise InvalidEntity(problems) from error

    def load_annotated(self, body: Mapping[str, Any]) -> Record:
        """``load``, for a body with annotations where it may have them. Raises ValidationError."""
        messages: dict[str, Any] = {}
        properties = body
        if self.annotated:
            messages = dict(self._annotation_messages(body))
            properties = {name: value for name, value in body.items() if not _is_annotation(name)}
        properties = self._with_few_unknown(properties)
        record: Record = {}
        try:
            record = self.load(properties)
        except ValidationError as error:
            messages |= cast(dict[str, Any], error.messages)
        if messages:
            raise ValidationError(messages)
        return record

    def _with_few_unknown(self, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        """No more unknown properties than are listed; marshmallow has a message for each."""
        if len(properties) <= len(self.fields) + MAX_PROBLEMS:
            return properties
        surplus = set(islice((n for n in properties if n not in self.fields), MAX_PROBLEMS, None))
        return {name: value for name, value in properties.items() if name not in surplus}

    def json_schema(self) -> JsonSchema:
        """The body that it reads, as JSON Schema."""
        properties = self.property_schemas()
        schema: JsonSchema = {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
        }
        if self.annotated:
            type_annotation = {TYPE_ANNOTATION: {"const": f"#{self.type_name()}"}}
            schema = json_schema.annotated(type_annotation | properties)
        required = [name for name, field in self.fields.items() if field.required]
        if required and not self.partial:
            schema["required"] = required
        return {"title": self.edm_name, **schema}

    def property_schemas(self) -> dict[str, JsonSchema]:
        """What each property takes, as JSON Schema."""
        return {name: cast(EdmField, field).json_schema() for name, field in self.fields.items()}

    def _fields_to_read_quickly(self) -> list[tuple[str, EdmField, bool]]:
        """Name, field and whether it must be there; none where only ``load`` knows what to do."""
        found = [
            (name, field) for name, field in self.fields.items() if isinstance(field, EdmField)
        ]
        plain = all(
            type(field).deserialize is EdmField.deserialize
            and not field.validators
            and field.load_default in (missing, None)
            for _, field in found
        )
        if any(self._hooks.values()) or not plain or len(found) < len(self.fields):
            return []
        return [(name, field, field.required and not self.partial) for name, field in found]

    def _places_of_optional(self) -> Mapping[str, int]:
        """Where each field is among the quick ones, if none is required or filled in: then only
        those need be looked at that a body has, and types of Graph have a hundred.
        """
        found = self._quick_fields
        if not self.partial and any(must or each.load_default is None for _, each, must in found):
            return {}
        return {name: place for place, (name, _, _) in enumerate(found)}

    def _fields_for(self, body: Mapping[str, Any]) -> list[tuple[str, EdmField, bool]]:
        """The quick fields that a body has to be looked at for, in their order."""
        fields, places = self._quick_fields, self._places
        if not places:
            return fields
        names = tuple(body) if len(body) <= _MOST_NAMES else ()
        found = self._fields_of.get(names)  # many bodies have the same names
        if found is None:
            sent = places.keys() & body.keys()
            found = [fields[at] for at in sorted(map(places.__getitem__, sent))]
            if names and len(self._fields_of) < _MOST_KINDS:
                self._fields_of[names] = found
        return found

    def _read_quickly(self, body: object) -> Record | None:
        """The record, for a body with nothing wrong; None where there is more to say.

        The same fields check the same values as in ``load``, which takes four times as long over
        gathering what is wrong.
        """
        if type(body) is not dict or not self._quick_fields:
            return None
        record: Record = {}
        left_out = 0
        try:
            for name, field, required in self._fields_for(body):
                if name in body:
                    value = body[name]
                    if type(value) is field.takes:  # nearly always
                        record[name] = value
                    elif value is not None:
                        record[name] = field._deserialize(value, name, body, quickly=True)
                    elif field.allow_none:
                        record[name] = None
                    else:
                        return None
                elif required:
                    return None
                elif field.load_default is None and not self.partial:
                    record[name] = None
                    left_out += 1
        except ValidationError:
            return None
        others = len(body) - len(record) + left_out
        if others and self.annotated and body.get(TYPE_ANNOTATION) in self._type_names(""):
            others -= 1
        return None if others else record

    def read_stored(self, stored: Sequence[Any]) -> Iterator[Record | list[str]]:
        """What :meth:`read` makes of each of many records, which nearly always are as they should
        be; of one that it refuses, what is wrong with it.
        """
        for start in range(0, len(stored), _AT_ONCE):
            some = stored[start : start + _AT_ONCE]
            if self._all_fit(some):
                yield from some
            else:
                yield from map(self._record_or_problems, some)

    def _all_fit(self, stored: Sequence[Any]) -> bool:
        """Whether all of these are records with every property, each of its type."""
        if not self._quick_fields or {*map(type, stored)} != {dict}:
            return False
        if any({*names} != self.fields.keys() for names in {*map(tuple, stored)}):
            return False
        return all(
            field.fits_all([record[name] for record in stored])
            for name, field, _ in self._quick_fields
        )

    def _record_or_problems(self, stored: object) -> Record | list[str]:
        try:
            return self.read(stored)
        except InvalidEntity as error:
            return [
                f"{problem.target}: {problem.message}" if problem.target else problem.message
                for problem in error.problems
            ]

    def _annotation_messages(self, body: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
        for name, value in body.items():
            owner, found, rest = name.partition(TYPE_ANNOTATION)
            if not found or rest or (owner and owner not in self.fields):
                continue  # as OData readers do with annotations they don't know
            expected = self._type_names(owner)
            if value not in expected and not self._is_named_heir(owner, value):
                yield (
                    name,
                    [
                        f"Cannot convert the literal '{shown(value)}' to the expected type "
                        f"'{expected[0].lstrip('#')}'. '{name}' may be left out; "
                        f"if sent it must be '{expected[0]}'."
                    ],
                )

    def _is_named_heir(self, owner: str, value: object) -> bool:
        """Whether an annotation names a type that is derived from that of a property."""
        return False

    def _type_names(self, owner: str) -> list[str]:
        if not owner:
            return [f"#{self.type_name()}"]
        return _annotation_names(self.edm_type().properties[owner].type)


class ComplexSchema(EdmSchema):
    """A complex type: properties without a key."""


class EntitySchema(EdmSchema):
    """An entity type. Its key is ``id``, given by the server where the client sends none."""

    edm_key = "id"
    id = fields.Key()


def _is_annotation(name: str) -> bool:
    return "@" in name and _ANNOTATION.fullmatch(name) is not None


def _annotation_names(type_: Type) -> list[str]:
    """How ``p@odata.type`` may spell a type: built-in ones with and without ``Edm.``."""
    if isinstance(type_, CollectionType):
        return [f"#Collection({name.lstrip('#')})" for name in _annotation_names(type_.item)]
    if isinstance(type_, types.PrimitiveType):
        return [f"#{type_.name.removeprefix('Edm.')}", f"#{type_.name}"]
    return [f"#{type_.name}"]


def _flatten(messages: Any, target: str = "") -> Iterator[Problem]:
    """Marshmallow's nested messages as problems, each with the path of its property."""
    for name, value in messages.items():
        path = _join(target, name)
        if isinstance(value, dict):
            yield from _flatten(value, path)
            continue
        for message in value:
            if isinstance(message, _UnknownProperty):
                message = _unknown_message(str(name), message)
            yield Problem(str(message), path)


def _join(target: str, name: int | str) -> str:
    if isinstance(name, int):
        return f"{target}[{name}]"
    return f"{target}/{name}" if target else name


def _unknown_message(name: str, unknown: _UnknownProperty) -> str:
    return (
        f"The property '{shown(name)}' does not exist on type '{unknown!s}'. Make sure to only "
        "use property names that are defined by the type or mark the type as open type."
        f"{did_you_mean(name, unknown.known)}"
    )
