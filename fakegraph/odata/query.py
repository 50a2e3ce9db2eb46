"""A request's query options as one value; ``reading.py`` makes it from their text."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from fakegraph.dataclass import dataclass
from fakegraph.edm.types import StructuredType, Type

if TYPE_CHECKING:
    from fakegraph.odata.bound import Bound
    from fakegraph.odata.compiler import Evaluate, Simple

INVALID = "The query specified in the URI is not valid."

Matcher = Callable[[dict[str, Any]], bool]


@dataclass(frozen=True)
class About:
    """What an expression asks of a thing beside its properties.

    ``led``: where it goes along navigation properties, as paths of URLs from the thing on.
    ``typed``: whether it asks of which type something is.
    """

    led: tuple[str, ...] = ()
    typed: bool = False

    def __bool__(self) -> bool:
        return bool(self.led) or self.typed


@dataclass(frozen=True, eq=False)
class Filter:
    """A filter in its two forms: the bound tree, and what was compiled from it.

    ``work`` is how much it is to evaluate it for one record. ``about`` what it asks beside what is
    in the record. ``simple`` gives those of some rows that match, where the filter asks for nothing
    but the value of one property.
    """

    tree: Bound
    evaluate: Evaluate
    slots: int
    work: int
    about: About
    simple: Simple | None = None


@dataclass(frozen=True)
class Search:
    """A test of records, and how much work it is for one of them."""

    matches: Matcher
    work: int


@dataclass(frozen=True)
class OrderKey:
    """One term of ``$orderby``. Nulls come first when ascending (OData 4.01 Part 1, 11.2.6.2)."""

    tree: Bound
    evaluate: Evaluate
    slots: int
    descending: bool
    work: int
    about: About

    @property
    def type(self) -> Type | None:
        """The type of the keys that it gives."""
        return self.tree.type


@dataclass(frozen=True, eq=False)
class Query:
    """What a client asked of a collection; ``identity`` tells two different questions apart.

    ``select`` is None for all properties. ``skiptoken`` is still the client's text. ``backwards``:
    what was inserted last comes first among those with the same sort keys.
    """

    filter: Filter | None = None
    search: Search | None = None
    order: tuple[OrderKey, ...] = ()
    select: tuple[str, ...] | None = None
    top: int | None = None
    skip: int = 0
    count: bool = False
    skiptoken: str | None = None
    identity: str = ""
    backwards: bool = False

    @cached_property
    def about(self) -> About:
        """What is asked of each thing beside its properties."""
        found = [each.about for each in self.order]
        if self.filter is not None:
            found.append(self.filter.about)
        led = dict.fromkeys(path for each in found for path in each.led)
        return About(tuple(led), any(each.typed for each in found))


class Types(Protocol):
    """A model, as far as queries name its types."""

    def type_named(self, name: str) -> Type | None: ...


class Asked(Protocol):
    """What a query may be about: a resource, or a place of the published model.

    ``path`` tells it from others; ``options`` are the query options that are documented, if any.
    """

    @property
    def path(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def type(self) -> StructuredType: ...

    @property
    def options(self) -> frozenset[str] | None: ...


@dataclass(frozen=True)
class Source:
    """What a query is about, in the model it belongs to, as this client sees it.

    ``strict``: only what the documentation lists may be asked for. ``arguments`` are those of a
    function, as they were written.
    """

    model: Types
    resource: Asked
    future_members: bool = False
    strict: bool = False
    arguments: str = ""

    @property
    def type(self) -> StructuredType:
        """The type of one record."""
        return self.resource.type
