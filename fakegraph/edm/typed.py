"""Schemas of published types: what a client may send for a type that nobody wrote a class for.

A schema is made when its type is first written, and those of nested types when a value of theirs
first comes, since complex types may hold themselves. Of what the model says everything is checked
but this: nothing is required, and what is computed may be sent. Workloads say more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Self, cast

from marshmallow import ValidationError

from fakegraph.edm import fields, types, values
from fakegraph.edm.fields import EdmField, LateText, did_you_mean, each_read, shown
from fakegraph.edm.json_schema import JsonSchema
from fakegraph.edm.published import PublishedType
from fakegraph.edm.schema import TYPE_ANNOTATION, EdmSchema, InvalidEntity, Record
from fakegraph.edm.types import CollectionType, EnumType, NavigationProperty, Property, Type
from fakegraph.errors import Problem

BIND = "@odata.bind"
REFERENCE = "@odata.id"
NOTHING: frozenset[str] = frozenset()

# Any JSON value, which the model writes as a complex type without properties.
ANY_JSON = "microsoft.graph.Json"
# Open types that declare something and are there for what they do not declare.
_DICTIONARIES = frozenset(
    f"microsoft.graph.{name}"
    for name in ("fieldValueSet", "openTypeExtension", "stringKeyObjectValuePair")
)
# What values of open types are documented to hold beside what the model declares, with its type.
_BESIDE = {
    "identity": {"tenantId": ""},
    "chatMessageMentionedIdentitySet": {"tag": "teamworkTagIdentity"},
    "identitySet": dict.fromkeys(
        ("applicationInstance", "encrypted", "guest", "onPremises", "phone"), "identity"
    ),
}
_UNLISTED = "Microsoft.DirectoryServices."  # of types that no model has, which bodies name
_GRAPH = f"{types.NAMESPACE}."
_USUAL = f"{_GRAPH}user"  # what a directory object is taken for that could be many things


@lru_cache(maxsize=8192)
def schema_of(type_: PublishedType) -> type[TypedSchema]:
    """The schema of a type, made once."""
    declared = {prop.name: _field(prop, type_) for prop in type_.properties.values()}
    attributes = {"structured": type_, "edm_name": type_.name, "edm_key": type_.key}
    return type(type_.name.rpartition(".")[2], (TypedSchema,), declared | attributes)


class NestingSchema(EdmSchema):
    """A schema whose values may be of published types.

    ``related`` names the navigation properties that a body may set, with their targets inline or
    with ``@odata.bind``; ``members/manager`` is one of a target. None is for what does not come
    from clients: it may set all of them, what is of a derived type need not say of which, and
    open types may have extensions, as ``extension_…_name``.
    """

    complete = False

    class Meta(EdmSchema.Meta):
        register = False

    def __init__(self, *, related: frozenset[str] | None = NOTHING, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.related = related

    @classmethod
    @lru_cache(maxsize=8192)
    def reader(
        cls,
        *,
        partial: bool = False,
        future_members: bool = False,
        ieee754: bool = False,
        related: frozenset[str] | None = NOTHING,
    ) -> Self:
        """As of every schema; of one that is made for ``related``."""
        return cls(partial=partial, future_members=future_members, ieee754=ieee754, related=related)

    @property
    def lenient(self) -> bool:
        """Whether what it reads comes from somebody who may leave things open."""
        return self.related is None

    def nested(self, type_: PublishedType, name: str | None = None) -> TypedSchema:
        """The schema with which a value of a type is read; ``name``: where it stands, if below."""
        related = self.related
        if related and name is not None:
            below = f"{name}/"
            related = frozenset(n.removeprefix(below) for n in related if n.startswith(below))
        return schema_of(type_).reader(
            partial=bool(self.partial),
            future_members=self.future_members,
            ieee754=self.ieee754,
            related=related,
        )


class TypedSchema(NestingSchema):
    """The schema of one published type. Get it from :func:`schema_of`.

    ``@odata.type`` in a body may name a type derived from it, whose schema reads the body then; the
    record keeps that annotation.
    """

    structured: ClassVar[PublishedType]

    @classmethod
    def edm_type(cls) -> PublishedType:  # type: ignore[override]  # a narrower type, and no cache
        return cls.structured

    def read(self, body: object) -> Record:
        if type(body) is dict and self._reads_itself and TYPE_ANNOTATION not in body:
            return super().read(body)
        try:
            reader = self.chosen(body)
        except ValidationError as error:
            message = str(cast(dict[str, list[object]], error.messages)[TYPE_ANNOTATION][0])
            raise InvalidEntity([Problem(message, TYPE_ANNOTATION)]) from error
        return self._marked(super(TypedSchema, reader).read(reader.own(body)), reader)

    def read_as_sent(self, body: dict[str, Any]) -> Record | None:
        """As ``read``, of a body without annotations; None where there is more to say of it."""
        return self._read_quickly(body) if self._reads_itself else None

    def read_nested(self, value: Mapping[str, Any], *, quickly: bool = False) -> Record:
        """The same for a value inside of a body. Raises ValidationError.

        ``quickly``: it need not say what is wrong, since then the whole body is read again.
        """
        if quickly and self._reads_itself and TYPE_ANNOTATION not in value:
            record = self._read_quickly(value)
            if record is None:
                raise ValidationError([])
            return record
        reader = self.chosen(value)
        value = cast("Mapping[str, Any]", reader.own(value))
        record = reader._read_quickly(value) if quickly else reader.load_annotated(value)
        if record is None:
            raise ValidationError([])
        return self._marked(record, reader)

    @cached_property
    def _reads_itself(self) -> bool:
        """Whether it reads what does not say another type."""
        type_ = self.structured
        return not (type_.abstract or self.lenient or type_.name in _UNSAID)

    def own(self, body: object) -> object:
        """A body as one of the very type: it may have named a base, or left it open."""
        if not isinstance(body, dict) or TYPE_ANNOTATION not in body:
            return body
        return {**body, TYPE_ANNOTATION: f"#{self.structured.name}"}

    def _marked(self, record: Record, reader: TypedSchema) -> Record:
        if reader is self:
            return record
        return {TYPE_ANNOTATION: f"#{reader.structured.name}", **record}

    def chosen(self, body: object) -> TypedSchema:
        """The schema that reads a body, by its ``@odata.type``. Raises ValidationError."""
        type_ = self.structured
        said = body.get(TYPE_ANNOTATION) if isinstance(body, dict) else None
        if said is not None and said != f"#{type_.name}":
            type_ = self._type_said(said)
        may_guess = self.lenient or type_.name in _UNSAID
        if may_guess and (said is None or type_.abstract) and isinstance(body, dict):
            type_ = likeliest(type_, body)
        if type_.abstract and isinstance(body, dict):
            words = LateText(lambda: _abstract_message(type_, said))
            raise ValidationError({TYPE_ANNOTATION: [words]})
        return self if type_ is self.structured else self.nested(type_)

    def _type_said(self, said: object) -> PublishedType:
        expected = self.structured
        name = said.removeprefix("#") if isinstance(said, str) else shown(said)
        found = expected.model.type_named(name)
        known = found is not None and (_is_called(found.name, name) or self.lenient)
        if not known or not isinstance(found, PublishedType):
            words = LateText(lambda: _unresolved_message(name, expected))
        elif self.partial and expected.is_entity and expected.is_heir_of(found):
            return expected  # a change of what bases have may name one of them
        elif not found.is_heir_of(expected):
            words = LateText(lambda: unrelated_message(name, expected))
        else:
            return found
        raise ValidationError({TYPE_ANNOTATION: [words]})

    def _fields_to_read_quickly(self) -> list[tuple[str, EdmField, bool]]:
        """None of a list's fields: what they do not take is no field of the type."""
        return [] if self.structured.name == _FIELDS else super()._fields_to_read_quickly()

    def load_annotated(self, body: Mapping[str, Any]) -> Record:
        messages: dict[str, Any] = {}
        if self.structured.name == _FIELDS and not self.lenient:
            messages = _untyped(body)
        others: Record = {}
        properties: dict[str, Any] = {}
        for name, value in body.items():
            read = None if name in self.fields else self._other(name)
            if read is None and TYPE_ANNOTATION not in body and self._leaves_open(name):
                read = self._read_anything
            if read is None:
                properties[name] = value
                continue
            try:
                others[name] = read(value)
            except ValidationError as error:
                messages[name] = error.messages
        record: Record = {}
        try:
            record = super().load_annotated(properties)
        except ValidationError as error:
            messages |= cast(dict[str, Any], error.messages)
        if messages:
            raise ValidationError(messages)
        return record | others

    def _other(self, name: str) -> Callable[[Any], Any] | None:
        """How to read what is no property of the type: a relation, or what open types hold."""
        owner, bound, rest = name.partition(BIND)
        navigation = self.structured.navigation.get(owner)
        if navigation is not None and not rest:
            if self.related is not None and owner not in self.related:
                return _refusing(_inline_message(navigation))
            return _reading_links(navigation) if bound else self._reading_related(navigation)
        if name in (beside := _beside(self.structured)):
            return self._reading_beside(beside[name])
        # What an entity has beside its properties are extensions, which are named with a line;
        # anything else is a mistake, whoever makes it.
        may_be = self.lenient and ("_" in name or not self.structured.is_entity)
        is_open = may_be and any(base.open for base in self.structured.chain)
        if (is_open or is_dictionary(self.structured)) and "@" not in name:
            return self._read_anything
        return None

    def _reading_beside(self, type_name: str) -> Callable[[Any], Any]:
        """How to read what the model does not declare: text, or a value of a type that it names."""
        if not type_name:
            return _read_text
        found = self.structured.model.type_named(f"{_GRAPH}{type_name}")
        reader = self.nested(cast(PublishedType, found), "")
        return lambda value: None if value is None else _read_object(reader, value)

    def _leaves_open(self, name: str) -> bool:
        """Whether a value that does not say its type may have what only types have that are derived
        from its own: it is kept as it came, as of which of them it is nobody has said.
        """
        type_ = self.structured
        may_be = (
            name not in self.fields
            and (self.lenient or type_.name in _UNSAID)
            and not type_.is_entity
        )
        return may_be and any(each.member(name) is not None for each in type_.descendants)

    def _reading_related(self, navigation: NavigationProperty) -> Callable[[Any], Any]:
        reader = self.nested(cast(PublishedType, navigation.type), navigation.name)

        def read(value: Any) -> Any:
            if not navigation.many:
                return None if value is None else read_one(value)
            if not isinstance(value, list):
                raise ValidationError([f"'{navigation.name}' takes an array of objects."])
            return each_read(value, read_one)

        def read_one(value: Any) -> Any:
            reference = None if self.lenient else _read_reference(navigation, value)
            return reference or _read_object(reader, value)

        return read

    def _read_anything(self, value: Any) -> Any:
        """A value that no property says the type of: an object may say it itself."""
        if isinstance(value, list):
            return each_read(value, self._read_anything)
        if not isinstance(value, dict) or TYPE_ANNOTATION not in value:
            return _read_untyped(value)
        said = value[TYPE_ANNOTATION]
        if isinstance(said, str) and said.removeprefix("#").startswith(_UNLISTED):
            return _read_untyped(value)
        found = (
            self.structured.model.type_named(said.removeprefix("#"))
            if isinstance(said, str)
            else None
        )
        if not isinstance(found, PublishedType):
            message = f"A type named '{shown(said)}' could not be resolved by the model."
            raise ValidationError({TYPE_ANNOTATION: [message]})
        read = self.nested(found, "").read_nested(value)
        return {TYPE_ANNOTATION: f"#{found.name}", **read}

    def _is_named_heir(self, owner: str, value: object) -> bool:
        if not owner or not isinstance(value, str):
            return False
        declared = self.structured.properties[owner].type
        item = getattr(declared, "item", declared)
        name = value.removeprefix("#")
        if isinstance(declared, CollectionType):
            name = name.removeprefix("Collection(").removesuffix(")")
        found = self.structured.model.type_named(name)
        return (
            isinstance(found, PublishedType)
            and isinstance(item, PublishedType)
            and found.is_heir_of(item)
        )

    def _type_names(self, owner: str) -> list[str]:
        """With and without the ``#``, as the service takes them."""
        names = super()._type_names(owner)
        return [*names, *(name.removeprefix("#") for name in names)]


class Member(fields.Enum):
    """A member of a published enumeration, several with commas where they are flags.

    Any case is taken, as the workloads do, and kept as it is declared. Later members are for
    every client to send; the sentinel stands for what one does not know, and is for none.
    """

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            super()._deserialize(value, attr, data, **kwargs)
        names = value.split(",") if self.type.flags else [value]
        return ",".join(self._declared(name.strip() if self.type.flags else name) for name in names)

    def _declared(self, name: str) -> str:
        if name not in self.type.members:
            folded = name.casefold()
            name = next((each for each in self.type.members if each.casefold() == folded), name)
        known = name in self.type.members
        if not known or (name == self.type.unknown and not self.schema.future_members):
            raise ValidationError([LateText(lambda: self._unknown(name))])
        return name

    def _unknown(self, name: str) -> str:
        hint = did_you_mean(name, self._sendable)
        error = self.make_error("unknown_member", literal=shown(name), hint=hint)
        return str(cast(list[str], error.messages)[0])

    @property
    def _sendable(self) -> list[str]:
        return [name for name in self.type.members if name != self.type.unknown]

    @property
    def expected(self) -> str:  # type: ignore[override]
        return f"one of {', '.join(self._sendable)}"


class Structured(EdmField):
    """A JSON object of a published complex type."""

    node = "StartObject"
    expected = "an object"

    def __init__(self, type_: PublishedType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.type = type_
        self._reader: TypedSchema | None = None  # of the schema that this field stands in

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            super()._deserialize(value, attr, data, **kwargs)
        reader = self._reader
        if reader is None:
            outer = cast(NestingSchema, self.schema)
            reader = self._reader = outer.nested(cast(PublishedType, self.type), str(self.name))
        return reader.read_nested(value, quickly=bool(kwargs.get("quickly")))

    def check(self, value: Any) -> None:
        raise self.make_error("node", found="PrimitiveValue")

    def json_form(self) -> JsonSchema:
        return {"type": "object"}


class Unknown(EdmField):
    """A built-in type that fakegraph knows the name of alone; what a client sends is refused."""

    expected = "no value here: fakegraph does not know that type"

    def __init__(self, type_: types.PrimitiveType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.type = type_

    def check(self, value: Any) -> None:
        raise self.invalid(value)


_PRIMITIVES: Mapping[Type, type[EdmField]] = {
    types.BINARY: fields.Binary,
    types.BOOLEAN: fields.Boolean,
    types.BYTE: fields.Byte,
    types.DATE: fields.Date,
    types.DATE_TIME_OFFSET: fields.DateTimeOffset,
    types.DOUBLE: fields.Double,
    types.DURATION: fields.Duration,
    types.GUID: fields.Guid,
    types.INT16: fields.Int16,
    types.INT32: fields.Int32,
    types.INT64: fields.Int64,
    types.SBYTE: fields.SByte,
    types.SINGLE: fields.Single,
    types.STREAM: fields.Stream,
    types.STRING: fields.String,
    types.TIME_OF_DAY: fields.TimeOfDay,
    types.UNTYPED: fields.Untyped,
}


def _field(prop: Property, owner: PublishedType) -> EdmField:
    if prop.name in owner.keys and prop.type == types.STRING:
        return fields.Key()
    field = field_of(prop.type, nullable=prop.nullable, scale=prop.scale)
    if isinstance(field, fields.Collection) and _may_have_nulls(prop, owner):
        field.item.nullable = field.item.allow_none = True
    return field


def _may_have_nulls(prop: Property, owner: PublishedType) -> bool:
    """Whether nobody says that no item of a collection is null: of values, not of objects."""
    item = getattr(prop.type, "item", None)
    declaring = next((each for each in owner.chain if prop.name in each.own_properties), owner)
    return isinstance(item, types.PrimitiveType) and (prop.unsure or declaring.unsure)


def field_of(
    type_: Type, *, nullable: bool, required: bool = False, scale: int | None = None
) -> EdmField:
    """The field for values of a type."""
    if isinstance(type_, CollectionType):
        item = field_of(type_.item, nullable=False, scale=scale)
        return fields.Collection(item, nullable=nullable, required=required)
    if isinstance(type_, EnumType):
        return Member(type_, nullable=nullable, required=required)
    if isinstance(type_, PublishedType) and type_.name != ANY_JSON:
        return Structured(type_, nullable=nullable, required=required)
    if isinstance(type_, PublishedType):
        return fields.Untyped(nullable=nullable, required=required)
    if type_ == types.DECIMAL:
        return fields.Decimal(scale=scale, nullable=nullable, required=required)
    if type_ in _PRIMITIVES:
        return _PRIMITIVES[type_](nullable=nullable, required=required)
    return Unknown(cast(types.PrimitiveType, type_), nullable=nullable, required=required)


# What clients send of these is of one of their heirs, and does not say of which.
_UNSAID = frozenset({f"{_GRAPH}identity"})


@lru_cache(maxsize=256)
def _beside(type_: PublishedType) -> Mapping[str, str]:
    """What values of a type may hold that the model does not declare."""
    names = [each.name.removeprefix(_GRAPH) for each in type_.chain if each.open]
    return {name: kind for each in names for name, kind in _BESIDE.get(each, {}).items()}


def _read_text(value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        raise ValidationError([f"It takes text, and not {shown(value)}."])
    return value


def _read_untyped(value: Any) -> Any:
    try:
        return values.kept(value)
    except ValueError as error:
        raise ValidationError([f"It has a number that nothing can hold: {error}."]) from error


def _untyped(body: Mapping[str, Any]) -> dict[str, Any]:
    """What is wrong with a body that sets fields of a list: the id, and lists without their type.

    The service's sentence is the same for all; why stands behind it.
    """
    found: dict[str, Any] = {}
    if "id" in body:
        found["id"] = [_REFUSED, "The service sets the id of fields: leave it out."]
    for name, value in body.items():
        said = body.get(f"{name}@odata.type")
        if isinstance(value, list) and (not isinstance(said, str) or "Collection(" not in said):
            why = f'Several values need "{name}@odata.type": "Collection(Edm.String)".'
            found[name] = [_REFUSED, why]
    return found


_FIELDS, _REFUSED = f"{_GRAPH}fieldValueSet", "Invalid request"


def is_dictionary(type_: PublishedType) -> bool:
    """Whether a type is there for what it does not declare.

    Graph calls hundreds of types open whose undeclared properties it refuses; what is left are
    complex types that declare nothing, and a few more.
    """
    if not type_.open or not type_.name.startswith(_GRAPH):
        return type_.open
    return type_.name in _DICTIONARIES or not (type_.is_entity or type_.properties)


def likeliest(type_: PublishedType, body: Mapping[str, Any]) -> PublishedType:
    """Of a type and those derived from it, the nearest that has most of a body: the type itself
    where it is one of values, and several have as much.
    """
    names = [name for name in body if "@" not in name and type_.member(name) is None]

    if not names and not type_.abstract:
        return type_
    types_ = [each for each in (type_, *type_.descendants) if not each.abstract]

    def known(each: PublishedType) -> tuple[int, bool]:
        return sum(each.member(name) is not None for name in names), each.name == _USUAL

    found = max(types_, key=known, default=type_)
    if type_.abstract or type_.is_entity:
        return found
    alike = [each for each in types_ if known(each) == known(found)]
    return found if all(each.is_heir_of(found) for each in alike) else type_


def _is_called(name: str, said: str) -> bool:
    """Whether a body means a type by what it says: namespaces are in any case."""
    return name == said or name.rpartition(".")[2] == said.rpartition(".")[2]


def _unresolved_message(name: str, expected: PublishedType) -> str:
    known = [expected.name, *(heir.name for heir in expected.descendants)]
    return (
        f"A type named '{shown(name)}' could not be resolved by the model."
        f"{did_you_mean(name, known)}"
    )


def unrelated_message(name: str, expected: PublishedType) -> str:
    """What is wrong with a body that says that it is of a type which is not the expected one."""
    return (
        f"A resource with type '{name}' was found, but it is not assignable to the expected type "
        f"'{expected.name}'. {_assignable(expected)}"
    )


def _abstract_message(type_: PublishedType, said: object) -> str:
    found = (
        "A value without a type name was found"
        if said is None
        else "Cannot create an abstract class"
    )
    return f"{found}: '{type_.name}' is abstract. {_assignable(type_)}"


def _assignable(type_: PublishedType) -> str:
    names = [each.name for each in (type_, *type_.descendants) if not each.abstract]
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    listed = ", ".join(f"#{name}" for name in names[:10])
    return (
        f"{TYPE_ANNOTATION} is one of {listed}{more}." if names else "No type is derived from it."
    )


def _inline_message(navigation: NavigationProperty) -> str:
    name = navigation.name
    return (
        f"The navigation property '{name}' of '{navigation.owner}' cannot be set here, neither "
        f"inline nor with {name}{BIND}. It has a URL of its own."
    )


def _refusing(message: str) -> Callable[[Any], Any]:
    def refuse(_: Any) -> Any:
        raise ValidationError([message])

    return refuse


def _reading_links(navigation: NavigationProperty) -> Callable[[Any], Any]:
    """An array of URLs where there are many, a URL where there is one."""
    name = navigation.name

    def read(value: Any) -> Any:
        links = value if navigation.many else [value]
        if not isinstance(links, list) or not all(isinstance(link, str) for link in links):
            wanted = "an array of URLs" if navigation.many else "a URL"
            message = f"Invalid URL format specified in {BIND} for {name}. It takes {wanted}."
            raise ValidationError([message])
        if not links:
            raise ValidationError(
                [
                    "The value of 'odata.bind' property annotation is an empty array. The "
                    "'odata.bind' property annotation must have a non-empty array as its value."
                ]
            )
        return value

    return read


def _read_reference(navigation: NavigationProperty, value: Any) -> Record | None:
    """An object that says nothing but the URL of a thing, or the key of one that lives elsewhere.

    None for another (OData JSON Format 4.01, 8.4 and 4.5.8).
    """
    if not isinstance(value, dict):
        return None
    if isinstance(value.get(REFERENCE), str) and all("@" in name for name in value):
        return {REFERENCE: value[REFERENCE]}
    key = cast(PublishedType, navigation.type).key or "id"
    is_key = not navigation.contained and value.keys() == {key} and isinstance(value[key], str)
    return dict(value) if is_key else None


def _read_object(reader: TypedSchema, value: Any) -> Record:
    if not isinstance(value, dict):
        name = reader.structured.name
        raise ValidationError([f"A JSON object was expected, with the properties of {name}."])
    return reader.read_nested(value)
