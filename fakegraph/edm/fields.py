"""Marshmallow fields for Edm types: what a client may send for a property.

A field checks and hands on the JSON value as it came; nothing is rewritten, so a record comes back
character for character. Messages lead with the service's own words and end with what would be
right. To add a type, add a class here and its key function to ``values.py``.
"""

from __future__ import annotations

import copy
import difflib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Protocol, cast

from marshmallow import ValidationError, fields

from fakegraph.edm import json_schema, types, values
from fakegraph.edm.json_schema import JsonSchema
from fakegraph.edm.types import CollectionType, EnumType, Property, StructuredType, Type
from fakegraph.errors import MAX_PROBLEMS

MAX_SHOWN = 80
JsonType = type[Any]
JsonTypes = tuple[JsonType, ...]
_ANY_JSON: JsonTypes = (bool, int, float, str, list, dict, type(None))
_NODES: dict[type, str] = {dict: "StartObject", list: "StartArray"}
_NONE = type(None)


def shown(value: object) -> str:
    """A JSON value as text for a message, cut to a readable length."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


class SchemaOfField(Protocol):
    """The schema that a field stands in: what fields ask of ``schema.EdmSchema``."""

    ieee754: bool
    future_members: bool
    partial: Any

    def type_name(self) -> str:
        """The qualified name of its type."""

    def load_annotated(self, value: dict[str, Any]) -> dict[str, Any]:
        """A nested object, read. Raises ValidationError."""

    def json_schema(self) -> JsonSchema:
        """What a client may send, as JSON Schema."""


class SchemaClass(Protocol):
    """The class of such a schema."""

    def edm_type(self) -> StructuredType:
        """The type that it declares."""

    def __call__(self, *, partial: Any, future_members: bool, ieee754: bool) -> SchemaOfField:
        """A schema that reads so."""


class EdmField(fields.Field[Any]):
    """A property: ``nullable`` as in the service's metadata; not nullable means required.

    ``ignore_case``: the documentation says its text is compared without regard to case.
    ``index``: requests often ask for one of its values (``equality``) or for its order and ranges
    (``order``), so the store keeps an index of it. ``filters`` and ``sorts``: what the
    documentation lists for ``$filter`` (``eq``, ``startswith``) and whether for ``$orderby``.
    """

    type: Type
    expected: str = ""
    node: ClassVar[str] = "PrimitiveValue"
    takes: ClassVar[JsonType | None] = None
    """The type of Python all of whose values are right as they are; None for none. What checks in
    a way of its own says it anew.
    """

    default_error_messages = {
        "required": "Invalid value specified for property '{name}' of resource '{owner}'. "
        "It is required: send {expected}.",
        "null": "A null value was found for the property named '{name}', which has the expected "
        "type '{type}[Nullable=False]'. The expected type '{type}[Nullable=False]' does not allow "
        "null values. Send {expected}.",
        "invalid": "Cannot convert the literal '{literal}' to the expected type '{type}'. "
        "Property '{name}' takes {expected}.",
        "detail": "Cannot convert the literal '{literal}' to the expected type '{type}'. "
        "Property '{name}': {problem}.",
        "node": "An unexpected '{found}' node was found for property named '{name}' when reading "
        "from the JSON reader. A '{node}' node was expected: send {expected}.",
    }

    def __init__(
        self,
        *,
        nullable: bool = False,
        required: bool | None = None,
        ignore_case: bool = False,
        index: Literal["equality", "order"] | None = None,
        filters: tuple[str, ...] = (),
        sorts: bool = False,
    ) -> None:
        super().__init__(
            required=not nullable if required is None else required, allow_none=nullable
        )
        self.nullable = nullable
        self.ignore_case = ignore_case
        self.index = index
        self.filters = filters
        self.sorts = sorts

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "takes" not in vars(cls) and not vars(cls).keys().isdisjoint({"check", "_deserialize"}):
            cls.takes = None

    def __deepcopy__(self, memo: object) -> EdmField:
        """Marshmallow copies each field for each schema, and makes a shallow copy, too."""
        copied = object.__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    @property
    def schema(self) -> SchemaOfField:
        """The schema that this field stands in, through any collection around it."""
        parent = self.parent
        while isinstance(parent, fields.Field):
            parent = cast("fields.Field[Any]", parent.parent)
        return cast(SchemaOfField, parent)

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        return super().make_error(
            key,
            name=self.name,
            owner=self.schema.type_name(),
            type=self.type,
            expected=self.expected,
            node=self.node,
            **kwargs,
        )

    def property(self, name: str) -> Property:
        """What the query language, ``$metadata`` and OpenAPI need to know of this field."""
        return Property(name, self.type, self.nullable, self.ignore_case, self.filters, self.sorts)

    def json_schema(self) -> JsonSchema:
        """What a client may send, as JSON Schema. Of a field in a schema that was made."""
        schema = self.json_form()
        return json_schema.nullable(schema) if self.allow_none else schema

    def json_form(self) -> JsonSchema:
        """The same, null left aside."""
        return json_schema.PRIMITIVES[str(self.type)]

    def fits_all(self, stored: Sequence[Any]) -> bool:
        """Whether all of these stored values can stay as they are; each different one is looked at
        once. Of a field in a schema that was made.
        """
        kinds = set(map(type, stored))
        if _NONE in kinds:
            stored = [value for value in stored if value is not None]
            kinds.discard(_NONE)
            if not self.allow_none:
                return False
        if len(kinds) == 1 and not kinds & _NODES.keys():  # of two kinds, 1 and true are the same
            stored = list(set(stored))
        return all(map(self.fits, stored))

    def fits(self, value: Any) -> bool:
        """Whether a stored value, which is not null, can stay as it is."""
        try:
            read = self._deserialize(value, self.name, None)
        except ValidationError:
            return False
        return bool(read is value or read == value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if type(value) in _NODES and _NODES[type(value)] != self.node:
            raise self.make_error("node", found=_NODES[type(value)])
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        """Raise ValidationError unless the JSON value is one of this type's."""
        raise NotImplementedError

    def invalid(self, value: Any) -> ValidationError:
        """The error for a value of the wrong kind."""
        return self.make_error("invalid", literal=shown(value))


class Boolean(EdmField):
    """``true`` or ``false``; never 1, "true" or "yes"."""

    type = types.BOOLEAN
    expected = "true or false"
    takes = bool

    def check(self, value: Any) -> None:
        if not isinstance(value, bool):
            raise self.invalid(value)


class String(EdmField):
    """A JSON string."""

    type = types.STRING
    expected = "a string"
    takes = str

    def check(self, value: Any) -> None:
        if not isinstance(value, str):
            raise self.invalid(value)


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class Key(String):
    """The ``id`` of an entity: 1 to 256 characters, none of them a control character."""

    MAX_LENGTH = 256
    expected = f"a string of 1 to {MAX_LENGTH} characters, none of them a control character"

    def __init__(self) -> None:
        super().__init__(required=False)

    def check(self, value: Any) -> None:
        super().check(value)
        if not self.fits(value):
            raise self.invalid(value)

    def fits(self, value: Any) -> bool:
        fits = type(value) is str and 1 <= len(value) <= self.MAX_LENGTH
        return fits and not _CONTROL.search(value)

    def json_form(self) -> JsonSchema:
        return json_schema.key(self.MAX_LENGTH)


class _Number(EdmField):
    def check(self, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.invalid(value)


class _Integer(_Number):
    range: ClassVar[range]

    def check(self, value: Any) -> None:
        super().check(value)
        if not isinstance(value, int) or value not in self.range:
            raise self.invalid(value)


class Byte(_Integer):
    """A whole number of 8 bits, without a sign."""

    type = types.BYTE
    range = values.BYTE_RANGE
    expected = "a whole number from 0 to 255"


class SByte(_Integer):
    """A whole number of 8 bits."""

    type = types.SBYTE
    range = values.SBYTE_RANGE
    expected = "a whole number from -128 to 127"


class Int16(_Integer):
    """A whole number of 16 bits."""

    type = types.INT16
    range = values.INT16_RANGE
    expected = "a whole number from -32768 to 32767"


class Int32(_Integer):
    """A whole number of 32 bits."""

    type = types.INT32
    range = values.INT32_RANGE
    expected = "a whole number from -2147483648 to 2147483647"


class _Long(_Number):
    """A number that the schema of an IEEE754Compatible request also takes as text."""

    written: ClassVar[re.Pattern[str]]

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if self.schema.ieee754 and isinstance(value, str) and self.written.fullmatch(value):
            value = json.loads(value)
        return super()._deserialize(value, attr, data, **kwargs)


class Int64(_Long, _Integer):
    """A whole number of 64 bits."""

    type = types.INT64
    range = values.INT64_RANGE
    written = re.compile(r"-?(0|[1-9]\d{0,18})", re.ASCII)
    expected = "a whole number from -9223372036854775808 to 9223372036854775807"


class _Spelt(EdmField):
    """A type whose JSON form is text with a grammar of its own."""

    read: ClassVar[Callable[[Any], Any]]
    accepts: ClassVar[tuple[type, ...]] = (str,)

    def check(self, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, self.accepts):
            raise self.invalid(value)
        try:
            type(self).read(value)
        except ValueError as error:
            raise self.make_error("detail", literal=shown(value), problem=error) from error


class Double(_Spelt):
    """A JSON number, or one of the texts INF, -INF, NaN."""

    type = types.DOUBLE
    read = values.double
    accepts = (int, float, str)
    expected = "a number"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return values.kept(super()._deserialize(value, attr, data, **kwargs))


class Single(Double):
    """The same, of 32 bits."""

    type = types.SINGLE
    read = values.single


class Decimal(_Long):
    """A JSON number of any precision that JSON readers keep.

    ``scale``: how many fractional digits it may have; None leaves that open.
    """

    written = re.compile(r"-?(0|[1-9]\d{0,200})(\.\d{1,200})?", re.ASCII)
    type = types.DECIMAL

    def __init__(self, *, scale: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale
        limited = "" if scale is None else f" with at most {scale} fractional digits"
        self.expected = f"a number{limited}"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return values.kept(super()._deserialize(value, attr, data, **kwargs))

    def check(self, value: Any) -> None:
        super().check(value)
        try:
            float(value)
        except OverflowError as error:
            raise self.invalid(value) from error
        if self.scale is not None and _fractional_digits(value) > self.scale:
            raise self.invalid(value)


def _fractional_digits(number: float) -> int:
    exponent = values.decimal(number).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


class Binary(_Spelt):
    """Bytes in base64url."""

    type = types.BINARY
    read = values.binary
    expected = "binary data in base64url"


class Date(_Spelt):
    """A calendar day."""

    type = types.DATE
    read = values.day
    expected = "a date such as 2024-01-31"


class DateTimeOffset(_Spelt):
    """A point in time with its offset; kept as it was sent, to all seven fractional digits."""

    type = types.DATE_TIME_OFFSET
    read = values.instant
    expected = "a date and time with its offset, such as 2024-01-31T23:59:59.1234567Z"

    def fits(self, value: Any) -> bool:
        return values.is_plain_instant(value) or super().fits(value)


class Duration(_Spelt):
    """A length of time."""

    type = types.DURATION
    read = values.duration
    expected = "a duration such as P1DT2H30M"


class Guid(_Spelt):
    """A GUID."""

    type = types.GUID
    read = values.guid
    expected = "a GUID such as 4c03f248-f248-4c03-48f2-034c48f2034c"


class TimeOfDay(_Spelt):
    """A time on the clock."""

    type = types.TIME_OF_DAY
    read = values.time_of_day
    expected = "a time such as 23:59:59.1234567"


class Untyped(EdmField):
    """Any JSON value."""

    type = types.UNTYPED
    expected = "any JSON value"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        self.check(value)
        return values.kept(value)

    def check(self, value: Any) -> None:
        try:
            values.kept(value)
        except ValueError as error:
            raise self.invalid(value) from error


class Stream(EdmField):
    """Bytes with a URL of their own: what a body says of them is refused."""

    type = types.STREAM
    expected = "no value in JSON: it is read and written at its own URL"

    def check(self, value: Any) -> None:
        raise self.invalid(value)


class Enum(EdmField):
    """A member of an enumeration, by name.

    Members after an evolvable enumeration's sentinel are only taken where the schema was made
    with ``future_members``.
    """

    default_error_messages = {
        "unknown_member": "Requested value '{literal}' was not found. "
        "Property '{name}' takes {expected}.{hint}",
        "future_member": "Requested value '{literal}' was not found. Property '{name}' takes "
        "{expected}; '{literal}' is a later member of {type}, for requests with the header "
        "Prefer: include-unknown-enum-members.",
    }

    type: EnumType

    def __init__(self, type_: EnumType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.type = type_

    @property
    def expected(self) -> str:  # type: ignore[override]  # a long enumeration is read when it is told
        return f"one of {', '.join(self.type.documented)}"

    def check(self, value: Any) -> None:
        if not isinstance(value, str):
            raise self.invalid(value)
        for name in value.split(",") if self.type.flags else (value,):
            self._check_member(name.strip() if self.type.flags else name)

    def _check_member(self, name: str) -> None:
        if name in self.type.documented or (
            name in self.type.members and self.schema.future_members
        ):
            return
        if name in self.type.members:
            raise self.make_error("future_member", literal=name)
        raise self.make_error(
            "unknown_member", literal=shown(name), hint=did_you_mean(name, self.type.documented)
        )

    def json_form(self) -> JsonSchema:
        everything = self.schema.future_members
        return json_schema.enum(
            self.type, tuple(self.type.members) if everything else self.type.documented
        )


class LateText:
    """A message that is put into words when it is told, since of a million problems few are."""

    def __init__(self, words: Callable[[], str]) -> None:
        self._words = words

    def __str__(self) -> str:
        return self._words()


def did_you_mean(name: str, known: tuple[str, ...] | list[str]) -> str:
    """A closing sentence with the known name nearest to a wrong one, or nothing."""
    folded = {candidate.casefold(): candidate for candidate in known}
    near = difflib.get_close_matches(name[:MAX_SHOWN].casefold(), folded, n=1, cutoff=0.75)
    return f" Did you mean '{folded[near[0]]}'?" if near else ""


class Collection(EdmField):
    """A JSON array whose items are all of one field's type."""

    node = "StartArray"

    def __init__(self, item: EdmField, **kwargs: Any) -> None:
        super().__init__(ignore_case=item.ignore_case, **kwargs)
        self.item = item
        self.type = CollectionType(item.type)

    @property
    def expected(self) -> str:  # type: ignore[override]
        return f"an array, each item {self.item.expected}"

    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        super()._bind_to_schema(field_name, parent)
        self.item = copy.deepcopy(self.item)  # each schema instance has its own, for its options
        self.item._bind_to_schema(field_name, self)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise self.make_error("node", found=_NODES.get(type(value), "PrimitiveValue"))
        return each_read(value, lambda item: self.item.deserialize(item, attr, data, **kwargs))

    def json_form(self) -> JsonSchema:
        return {"type": "array", "items": self.item.json_schema()}


def each_read(items: list[Any], read: Callable[[Any], Any]) -> list[Any]:
    """What reading makes of each item. Raises ValidationError with the problems, by position."""
    found = []
    problems: dict[int | str, Any] = {}
    for position, item in enumerate(items):
        try:
            found.append(read(item))
        except ValidationError as error:
            problems[position] = error.messages
            if len(problems) == MAX_PROBLEMS:
                break
    if problems:
        raise ValidationError(cast(dict[str, Any], problems))
    return found


class Complex(EdmField):
    """A JSON object of a complex type, given by its schema."""

    node = "StartObject"
    expected = "an object"

    def __init__(self, schema: SchemaClass, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.nested = schema
        self.type = schema.edm_type()

    def _deserialize(
        self,
        value: Any,
        attr: str | None,
        data: Any,
        **kwargs: Any,
    ) -> Any:
        if not isinstance(value, dict):
            raise self.make_error("node", found=_NODES.get(type(value), "PrimitiveValue"))
        return self._reader().load_annotated(value)

    def json_form(self) -> JsonSchema:
        return self._reader().json_schema()

    def _reader(self) -> SchemaOfField:
        outer = self.schema
        return self.nested(
            partial=outer.partial, future_members=outer.future_members, ieee754=outer.ieee754
        )
