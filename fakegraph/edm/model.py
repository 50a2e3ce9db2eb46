"""``Model``: what one Graph version contains. Filled by ``resources/`` or at run time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from fakegraph.edm.schema import EntitySchema
from fakegraph.edm.types import EnumType, StructuredType, Type


@dataclass(frozen=True)
class EntitySet:
    """A named collection of records at a path, with one schema.

    ``path`` is what follows the version in a URL: ``reports/userCredentialUsageDetails``.
    ``permissions``: any one of them is enough to read and to write; none means that none is needed.
    """

    path: str
    schema: type[EntitySchema]
    permissions: tuple[str, ...] = ()

    @cached_property
    def name(self) -> str:
        """The last segment of the path: the set's name in fixtures, seeds and the data file."""
        return self.path.rpartition("/")[2]

    @cached_property
    def type(self) -> StructuredType:
        """The entity type of the records."""
        return self.schema.edm_type()


class Model:
    """The entity sets of one version, looked up by path in any case, as Graph does."""

    def __init__(self, version: str) -> None:
        self.version = version
        self._sets: dict[str, EntitySet] = {}
        self._types: dict[str, Type] = {}

    def add(self, entity_set: EntitySet) -> None:
        """Register an entity set. Raises ValueError when its path or name is taken."""
        path = entity_set.path.casefold()
        if path in self._sets or any(known.name == entity_set.name for known in self):
            raise ValueError(f"{self.version} already has an entity set {entity_set.path}")
        self._sets[path] = entity_set
        _collect(entity_set.type, self._types)

    def __iter__(self) -> Iterator[EntitySet]:
        return iter(self._sets.values())

    def find(self, path: str) -> EntitySet | None:
        """The entity set at that path, or None."""
        return self._sets.get(path.casefold())

    def has_container(self, path: str) -> bool:
        """Whether some entity set's path goes on below this one."""
        prefix = f"{path.casefold()}/"
        return any(known.startswith(prefix) for known in self._sets)

    def type_named(self, name: str) -> Type | None:
        """The entity, complex or enumeration type of that qualified name, in any case."""
        return self._types.get(name.casefold())


def all_entity_sets(models: Mapping[str, Model]) -> dict[str, EntitySet]:
    """The entity sets of all versions, by name. Versions share the records of a name."""
    return {entity_set.name: entity_set for model in models.values() for entity_set in model}


def _collect(type_: Type, found: dict[str, Type]) -> None:
    if isinstance(type_, EnumType | StructuredType):
        found[type_.name.casefold()] = type_
    if isinstance(type_, StructuredType):
        for prop in type_.properties.values():
            _collect(getattr(prop.type, "item", prop.type), found)


def permissions_of(entity_sets: Mapping[str, EntitySet]) -> tuple[str, ...]:
    """Every permission that one of the sets asks for."""
    return tuple(sorted({name for each in entity_sets.values() for name in each.permissions}))
