"""Edm types as values: what a property holds, apart from how it is checked or stored.

The names are those of OData's Common Schema Definition Language 4.01, section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from functools import cached_property

from fakegraph.dataclass import dataclass

NAMESPACE = "microsoft.graph"


@dataclass(frozen=True)
class PrimitiveType:
    """A built-in type such as ``Edm.String``."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class EnumType:
    """An enumeration: member names to values, in the documented order.

    ``unknown`` names the sentinel member of an evolvable enum. Members declared after it are only
    for clients that send ``Prefer: include-unknown-enum-members``; others see the sentinel.
    See https://learn.microsoft.com/graph/best-practices-concept#handling-future-members-in-evolvable-enumerations
    """

    name: str
    members: Mapping[str, int]
    unknown: str | None = "unknownFutureValue"
    flags: bool = False

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return self.name

    @cached_property
    def documented(self) -> tuple[str, ...]:
        """The members that every client may send and see: up to and including the sentinel."""
        names = tuple(self.members)
        return names[: names.index(self.unknown) + 1] if self.unknown in names else names


@dataclass(frozen=True)
class CollectionType:
    """Zero or more items of one type; a JSON array."""

    item: Type

    def __str__(self) -> str:
        return f"Collection({self.item})"


class EachOf(CollectionType):
    """A collection of which a comparison with one value is about its items: any is equal to it."""


@dataclass(frozen=True)
class Property:
    """One property of a structured type.

    ``ignore_case`` says that the service compares its text without regard to case. ``filters``
    are the operators and functions that the documentation lists for ``$filter``; ``sorts`` says
    whether it lists ``$orderby``. The service alone sets what is ``computed``; what is
    ``immutable`` is set when the entity is made. ``scale``: how many fractional digits an
    Edm.Decimal has at most, None where that is left open. ``unsure``: it was read off an SDK, which
    does not say whether what is in a collection may be null. ``spellings``: all that a text means
    that it is compared with, None where it means itself alone.
    """

    name: str
    type: Type
    nullable: bool = False
    ignore_case: bool = False
    filters: tuple[str, ...] = ()
    sorts: bool = False
    computed: bool = False
    immutable: bool = False
    scale: int | None = None
    unsure: bool = False
    spellings: Callable[[str], tuple[str, ...]] | None = None


@dataclass(frozen=True)
class NavigationProperty:
    """What leads from one entity to others: to ``many`` or to one, which it may contain.

    ``owner`` is the qualified name of the type that declares it.
    """

    name: str
    type: StructuredType
    many: bool
    contained: bool
    nullable: bool
    owner: str


@dataclass(frozen=True)
class StructuredType:
    """An entity type (``key`` names its key property) or a complex type (``key`` is None).

    ``properties`` and ``navigation`` have what its bases declare as well, theirs first.
    """

    name: str
    properties: Mapping[str, Property] = field(compare=False)
    key: str | None = None
    base: StructuredType | None = field(default=None, compare=False)
    navigation: Mapping[str, NavigationProperty] = field(default_factory=dict, compare=False)
    abstract: bool = field(default=False, compare=False)
    open: bool = field(default=False, compare=False)

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return self.name

    @property
    def descendants(self) -> Iterator[StructuredType]:
        """Every type derived from it, as far as it is known."""
        return iter(())

    @cached_property
    def _folded(self) -> dict[str, Property]:
        return {name.casefold(): prop for name, prop in self.properties.items()}

    def find(self, name: str) -> Property | None:
        """The property of that name; query options may spell it in any case, as Graph allows."""
        return self.properties.get(name) or self._folded.get(name.casefold())

    def lead(self, name: str) -> Property | None:
        """What queries may go on to by that name that is no property: none, if nothing says so."""
        return None

    def is_nominal(self, name: str) -> bool:
        """Whether it is no property, and can be selected, which is without effect."""
        return False

    def unknown(self, name: str) -> Exception | None:
        """What is to be raised of a name that it does not have; None: what is usual."""
        return None

    def seen_as(self, other: StructuredType) -> StructuredType:
        """Another type, as queries see it that see this one so."""
        return other

    def is_heir_of(self, other: StructuredType) -> bool:
        """Whether it is that type or is derived from it."""
        type_: StructuredType | None = self
        while type_ is not None and type_.name != other.name:
            type_ = type_.base
        return type_ is not None


Type = PrimitiveType | EnumType | CollectionType | StructuredType

BINARY = PrimitiveType("Edm.Binary")
BOOLEAN = PrimitiveType("Edm.Boolean")
BYTE = PrimitiveType("Edm.Byte")
DATE = PrimitiveType("Edm.Date")
DATE_TIME_OFFSET = PrimitiveType("Edm.DateTimeOffset")
DECIMAL = PrimitiveType("Edm.Decimal")
DOUBLE = PrimitiveType("Edm.Double")
DURATION = PrimitiveType("Edm.Duration")
GUID = PrimitiveType("Edm.Guid")
INT16 = PrimitiveType("Edm.Int16")
INT32 = PrimitiveType("Edm.Int32")
INT64 = PrimitiveType("Edm.Int64")
SBYTE = PrimitiveType("Edm.SByte")
SINGLE = PrimitiveType("Edm.Single")
STREAM = PrimitiveType("Edm.Stream")
STRING = PrimitiveType("Edm.String")
TIME_OF_DAY = PrimitiveType("Edm.TimeOfDay")
UNTYPED = PrimitiveType("Edm.Untyped")

PRIMITIVES: Mapping[str, PrimitiveType] = {
    type_.name: type_
    for type_ in (
        BINARY,
        BOOLEAN,
        BYTE,
        DATE,
        DATE_TIME_OFFSET,
        DECIMAL,
        DOUBLE,
        DURATION,
        GUID,
        INT16,
        INT32,
        INT64,
        SBYTE,
        SINGLE,
        STREAM,
        STRING,
        TIME_OF_DAY,
        UNTYPED,
    )
}


# Numbers, each promoted to those that follow it (OData 4.01 Part 2, section 5.1.1.2.7).
INTEGERS = (BYTE, SBYTE, INT16, INT32, INT64)
FLOATS = (SINGLE, DOUBLE)
NUMBERS = (*INTEGERS, DECIMAL, *FLOATS)


def qualified(name: str) -> str:
    """The name with its namespace: ``featureType`` is ``microsoft.graph.featureType``."""
    return name if "." in name else f"{NAMESPACE}.{name}"


def enum_type(name: str, *members: str, unknown: str | None = "unknownFutureValue") -> EnumType:
    """An enumeration whose members are numbered from 0 in the order given."""
    return EnumType(qualified(name), {m: value for value, m in enumerate(members)}, unknown)
