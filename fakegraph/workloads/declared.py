"""``Declarations``: all that workloads declare, and what follows from it for each type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from importlib import import_module
from typing import Any

from fakegraph.edm.published import Operation as Called
from fakegraph.edm.types import BOOLEAN, DOUBLE, INTEGERS, EnumType, StructuredType
from fakegraph.edm.values import Instant
from fakegraph.store import Record, Transaction
from fakegraph.workloads.declarations import (
    GENERAL,
    Advanced,
    Follow,
    Navigation,
    Operation,
    Turns,
    Type,
    Workload,
)
from fakegraph.workloads.handed import short

#: What files of workloads call what they declare, if they do.
_KINDS = ("WORKLOAD", "TYPES", "ADVANCED", "NAVIGATION", "OPERATIONS")

_ZEROS: Mapping[Any, Any] = {BOOLEAN: False, DOUBLE: 0.0, **dict.fromkeys(INTEGERS, 0)}


class Declarations:
    """All that workloads declare. Threads may share it once it is filled."""

    def __init__(self) -> None:
        self._types: dict[str, Type] = {}
        self._navigation: dict[str, Navigation] = {}
        self._operations: dict[str, Operation] = {}
        self._advanced: dict[str, Advanced] = {}
        self._workloads: list[Workload] = []
        self._settling: list[Workload] = []
        self._by_type: dict[str, Workload] = {}
        self._owners: dict[str, list[Workload]] = {}  # one at most
        self._merged: dict[str, Type] = {}
        self._silent: dict[str, Navigation] = {}

    def add(self, *declared: Type | Navigation | Workload | Operation | Advanced) -> None:
        """Take declarations. Raises ValueError for what is declared already.

        Of a type several may say something: what one says is added to what others have said.
        """
        for each in declared:
            if isinstance(each, Workload):
                self._workloads.append(each)
                self._settling += [each] if each.settles is not None else []
                for name in each.types:
                    _put(self._by_type, name, each)
            elif isinstance(each, Type):
                said = self._types.get(each.name)
                self._types[each.name] = each if said is None else _added(said, each)
            elif isinstance(each, Operation):
                _put(self._operations, each.name, each)
            elif isinstance(each, Advanced):
                _put(self._advanced, each.name, each)
            else:
                _put(self._navigation, each.name, each)

    def gather(self, folder: str, files: Iterable[str]) -> None:
        """Load files of a folder, and take what each declares under the names of ``_KINDS``."""
        for file in files:
            declares = vars(import_module(f"{folder}.{file}"))
            for kind in filter(declares.__contains__, _KINDS):
                found = declares[kind]
                self.add(*([found] if isinstance(found, Workload) else found))

    def type(self, type_: StructuredType) -> Type:
        """What is said of a type, with what is said of its bases."""
        found = self._merged.get(type_.name)
        if found is None:
            found = self._merged[type_.name] = self._merge(type_)
        return found

    def settle(self, transaction: Transaction, now: Instant) -> None:
        """Make what follows from the changes of a write, and from the time. Raises GraphError."""
        for workload in self._settling:
            concerned = not workload.settled_by or transaction.touches(workload.settled_by)
            if workload.settles is not None and concerned:
                workload.settles(transaction, now)

    @cached_property
    def given(self) -> Mapping[str, Sequence[Record]]:
        """What is there from the start, whatever else somebody puts there, by entity set."""
        found = {name: each for name, each in self._navigation.items() if each.besides}
        return {name: [dict(record) for record in each.given] for name, each in found.items()}

    @cached_property
    def follows(self) -> Sequence[tuple[str, Follow]]:
        """What comes of the things of a container that a write has changed, in turn."""
        return [each for workload in self._workloads for each in workload.follows.items()]

    @cached_property
    def turns(self) -> list[Turns]:
        """What time does without a write."""
        return [each.turns for each in self._workloads if each.turns is not None]

    def _merge(self, type_: StructuredType) -> Type:
        merged = Type(short(type_.name))
        for base in reversed(_chain(type_)):
            own = self._types.get(short(base.name))
            merged = merged if own is None else _added(merged, own)
        workload = self.workload([type_])
        zeros = _zeros(type_, merged) if workload.zeros else {}
        return replace(
            merged,
            name=short(type_.name),
            defaults={**zeros, **merged.defaults},
            nulls=workload.nulls if merged.nulls is None else merged.nulls,
        )

    def advanced(self, type_: StructuredType) -> Advanced | None:
        """What things of a type can be asked, where the gate of advanced queries is there."""
        return self._advanced.get(short(type_.name))

    def navigation(self, name: str) -> Navigation:
        """What is said of a navigation property, an entity set or a singleton of that name."""
        found = self._navigation.get(name) or self._silent.get(name)
        if found is None:
            found = self._silent[name] = Navigation(name)
        return found

    def operation(self, called: Called) -> Operation | None:
        """What does what an operation of the model does; None where nothing does."""
        bound = short(str(called.bound_to or ""))
        return self._operations.get(f"{bound}{'*' * called.bound_to_many}/{called.name}")

    def is_declared(self, name: str) -> bool:
        """Whether anything is said of a navigation property of that name."""
        return name in self._navigation

    def workload(self, types: Iterable[StructuredType], path: str = "") -> Workload:
        """Whose something is: by the first of the types that is some workload's, else by path."""
        for type_ in types:
            found = self._owners.get(type_.name)
            if found is None:
                names = [short(base.name) for base in _chain(type_)]
                known = [self._by_type[name] for name in names if name in self._by_type]
                found = self._owners[type_.name] = known[:1]
            if found:
                return found[0]
        for workload in self._workloads:
            if path.startswith(workload.paths):
                return workload
        return GENERAL


def _chain(type_: StructuredType) -> list[StructuredType]:
    found: list[StructuredType] = []
    at: StructuredType | None = type_
    while at is not None:
        found.append(at)
        at = at.base
    return found


def _put(found: dict[str, Any], name: str, declared: object) -> None:
    if name in found:
        raise ValueError(f"{name} is declared twice")
    found[name] = declared


def _zeros(type_: StructuredType, said: Type) -> dict[str, Any]:
    """What is never null of a type, and of what nothing else is said: no, none, the first of an
    enumeration. Moments, ids and texts have no such value that would mean anything.
    """
    found: dict[str, Any] = {}
    for name, prop in type_.properties.items():
        if prop.nullable or name in said.computed or name in said.generated:
            continue
        if isinstance(prop.type, EnumType):
            zero = next((each for each, value in prop.type.members.items() if value == 0), None)
            found |= {} if zero is None else {name: zero}
        elif prop.type in _ZEROS:
            found[name] = _ZEROS[prop.type]
    return found


def _added(base: Type, own: Type) -> Type:
    """What is said of a type, added to what is said of its base."""
    joined: dict[str, Any] = {}
    for each in fields(Type):
        inherited, said = getattr(base, each.name), getattr(own, each.name)
        if (
            each.name == "default_select"
            or said is None
            or isinstance(said, str | bool)
            or callable(said)
        ):
            joined[each.name] = said if said is not None else inherited
        elif isinstance(said, frozenset):
            joined[each.name] = said if inherited is None else inherited | said
        elif isinstance(said, tuple):
            joined[each.name] = tuple(dict.fromkeys((*inherited, *said)))
        elif isinstance(said, Mapping):
            joined[each.name] = {**inherited, **said}
        else:
            joined[each.name] = said
    return Type(**joined)
