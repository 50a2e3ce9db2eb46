"""``Model``: what one Graph version contains. Filled by ``resources/`` or at run time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any, Protocol

from fakegraph.dataclass import dataclass
from fakegraph.edm.schema import EdmSchema, EntitySchema, Record
from fakegraph.edm.types import (
    CollectionType,
    EnumType,
    PrimitiveType,
    StructuredType,
    Type,
    qualified,
)
from fakegraph.edm.values import Instant


@dataclass(frozen=True)
class Deprecation:
    """That something is deprecated, since when, until when, and what comes after it.

    ``since`` and ``sunset`` are HTTP dates (RFC 9110, 5.6.7), ``link`` is a page about it,
    ``successors`` are paths.
    """

    since: str
    sunset: str
    link: str
    successors: tuple[str, ...]

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """How the service announces it with every answer (RFC 9745 in its older form, RFC 8594)."""
        return {
            "Deprecation": self.since,
            "Sunset": self.sunset,
            "Link": f'<{self.link}>; rel="deprecation"; type="text/html"',
        }


@dataclass(frozen=True, eq=False)
class EntitySet:
    """A named collection of records at a path, with one schema.

    ``path`` is what follows the version in a URL: ``reports/userCredentialUsageDetails``.
    ``permissions``: any one of them is enough to read and to write; none means that none is needed.
    ``view_of`` names the set whose records these are, where it is not this one's own. ``options``
    are the query options that the documentation lists, without the ``$``; None where it does not.
    """

    path: str
    schema: type[EntitySchema]
    permissions: tuple[str, ...] = ()
    writable: bool = True
    view_of: str | None = None
    options: frozenset[str] | None = None
    deprecation: Deprecation | None = None

    @cached_property
    def name(self) -> str:
        """The last segment of the path: the set's name in fixtures, seeds and the data file."""
        return self.path.rpartition("/")[2]

    @cached_property
    def collection(self) -> str:
        """The name under which the records are stored."""
        return self.view_of or self.name

    @cached_property
    def type(self) -> StructuredType:
        """The entity type of the records."""
        return self.schema.edm_type()


class Data(Protocol):
    """What a function is worked out from: one tenant's records and its time."""

    @property
    def now(self) -> Instant:
        """The tenant's time."""

    def records(self, name: str) -> Iterable[Record]:
        """The records of a set, in order. They must not be changed."""

    def between(self, name: str, property_: str, low: Instant, high: Instant) -> Iterable[Record]:
        """Those whose DateTimeOffset property is after ``low`` and not after ``high``."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function. ``values`` are the texts it takes, in any case; None: all.

    ``unserved``: of these, what fakegraph refuses, with the reason.
    """

    name: str
    type: PrimitiveType | EnumType
    values: tuple[str, ...] | None = None
    unserved: Mapping[str, str] = field(default_factory=dict, hash=False)


Compute = Callable[[Data, Mapping[str, str]], list[Record]]
"""From a tenant's data and the arguments by parameter name to the records of the result."""


@dataclass(frozen=True, eq=False)
class Function:
    """A function bound to what its path begins with; ``many``: it gives a collection.

    ``overloads``: the parameters of each form it can be called in, which are all required there.
    One that gives a single object computes a list of one record.
    """

    path: str
    schema: type[EdmSchema]
    compute: Compute
    overloads: tuple[tuple[Parameter, ...], ...] = ((),)
    many: bool = True
    permissions: tuple[str, ...] = ()
    options: frozenset[str] | None = None
    deprecation: Deprecation | None = None

    @cached_property
    def name(self) -> str:
        """The last segment of the path."""
        return self.path.rpartition("/")[2]

    @cached_property
    def type(self) -> StructuredType:
        """The type of one object of the result."""
        return self.schema.edm_type()


Resource = EntitySet | Function


@dataclass(frozen=True)
class Container:
    """What only holds other things: ``reports``. ``type_name`` is its type in the metadata."""

    path: str
    type_name: str


@dataclass
class Model:
    """What one version serves, looked up by path in any case, as Graph does.

    ``containers`` names the types of the paths on the way to the resources; one that nobody
    named is called after its last segment: ``reportsRoot``.
    """

    version: str
    _resources: dict[str, Resource] = field(default_factory=dict)
    _containers: dict[str, Container] = field(default_factory=dict)
    _types: dict[str, Type] = field(default_factory=dict)

    def add(self, resource: Resource) -> None:
        """Register an entity set or a function. Raises ValueError when its path or name is taken.

        A view needs the set that it is a view of, in some version.
        """
        path = resource.path.casefold()
        if path in self._resources or any(known.name == resource.name for known in self.resources):
            raise ValueError(f"{self.version} already has {resource.path}")
        self._resources[path] = resource
        _collect(resource.type, self._types)
        if isinstance(resource, Function):
            for parameter in {p for overload in resource.overloads for p in overload}:
                _collect(parameter.type, self._types)
        for container in _containers_of(resource.path):
            self._containers.setdefault(container.path.casefold(), container)

    def name_container(self, path: str, type_name: str) -> None:
        """Say what type the metadata gives a path on the way to resources."""
        self._containers[path.casefold()] = Container(path, qualified(type_name))

    def __iter__(self) -> Iterator[EntitySet]:
        return (each for each in self.resources if isinstance(each, EntitySet))

    @property
    def resources(self) -> Iterable[Resource]:
        """The entity sets and functions, in the order in which they were added."""
        return self._resources.values()

    @property
    def containers(self) -> Iterable[Container]:
        """The paths on the way to the resources."""
        return self._containers.values()

    @property
    def types(self) -> Iterable[Type]:
        """The entity, complex and enumeration types that the resources use."""
        return self._types.values()

    def find(self, path: str) -> Resource | None:
        """The entity set or function at that path, or None."""
        return self._resources.get(path.casefold())

    def has_container(self, path: str) -> bool:
        """Whether some resource's path goes on below this one."""
        return path.casefold() in self._containers

    def type_named(self, name: str) -> Type | None:
        """The entity, complex or enumeration type of that qualified name, in any case."""
        return self._types.get(name.casefold())

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def _containers_of(path: str) -> Iterator[Container]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield Container(path, qualified(f"{path.rpartition('/')[2]}Root"))


def all_entity_sets(models: Mapping[str, Model]) -> dict[str, EntitySet]:
    """The entity sets of all versions, by name. Versions share the records of a name."""
    return {entity_set.name: entity_set for model in models.values() for entity_set in model}


def stored_checks(
    entity_sets: Mapping[str, EntitySet],
) -> dict[str, Callable[[Sequence[Any]], Iterator[Record | list[str]]]]:
    """What looks over stored records, by the name that they are stored under."""
    return {
        each.collection: each.schema.reader(future_members=True).read_stored
        for each in entity_sets.values()
        if each.view_of is None
    }


def _collect(type_: Type, found: dict[str, Type]) -> None:
    if isinstance(type_, CollectionType):
        _collect(type_.item, found)
    if not isinstance(type_, EnumType | StructuredType) or type_.name.casefold() in found:
        return
    found[type_.name.casefold()] = type_
    if isinstance(type_, StructuredType):
        for prop in type_.properties.values():
            _collect(prop.type, found)


def permissions_of(models: Mapping[str, Model]) -> tuple[str, ...]:
    """Every permission that something in the models asks for."""
    resources = [resource for model in models.values() for resource in model.resources]
    return tuple(sorted({name for each in resources for name in each.permissions}))
