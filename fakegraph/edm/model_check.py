"""Every line of a model file is read, where a file was written by others.

A model is read when it is used, so damage would be told at some request; this tells it at once.
"""

from __future__ import annotations

from collections.abc import Iterable

from fakegraph.edm.lines import MAGIC, Lines
from fakegraph.edm.published import Operation, PublishedEnum, PublishedModel, PublishedType
from fakegraph.edm.surface import Surface
from fakegraph.edm.types import CollectionType, PrimitiveType, Type

_KINDS = ("operation", "path", "permission", "permissions", "root", "term", "type", "use")


def check(model: PublishedModel) -> None:
    """Raise ValueError for the first line that is damaged, naming it."""
    model.lines.check_order()
    _check_kinds(model.lines)
    for type_ in model.types():
        with model.reading_type(type_.name):
            if isinstance(type_, PublishedEnum):
                _ = type_.flags, type_.members
            else:
                _check_structured(type_)
    for operation in model.all_operations():
        with model.lines.reading(f"operation {operation.name}"):
            _check_operation(model, operation)
    for root in model.roots():
        with model.lines.reading(f"root {root.name}"):
            _check_types(model, [root.type] if root.type else [])
            if root.operation is not None and not model.operations(root.operation):
                raise KeyError(f"operation {root.operation}")
    surface = Surface(model.lines)
    for _ in (*surface.permitted(), *surface.known(), *surface.grantable()):
        pass


def _check_kinds(lines: Lines) -> None:
    for columns in lines.starting():
        kind, _, name = columns[0].partition(" ")
        if columns[0] != MAGIC and (kind not in _KINDS or not name):
            raise lines.damaged(columns[0], f"a line begins with one of {', '.join(_KINDS)}")


def _check_structured(type_: PublishedType) -> None:
    _ = type_.abstract
    if type_.base is not None and type_ not in type_.base.heirs:
        raise ValueError(f"'{type_.base.name}' does not have it among its heirs")
    for heir in type_.heirs:
        if heir.base is not type_:
            raise ValueError(f"'{heir.name}' is not derived from it")
    for key in type_.keys:
        if key not in type_.properties:
            raise ValueError(f"its key '{key}' is no property of it")
    properties = (prop.type for prop in type_.own_properties.values())
    navigation = (member.type for member in type_.own_navigation.values())
    _check_types(type_.model, [*properties, *navigation])
    _ = type_.capabilities, type_.core, type_.alternate_keys


def _check_operation(model: PublishedModel, operation: Operation) -> None:
    found = [operation.bound_to, operation.result, *(each.type for each in operation.parameters)]
    _check_types(model, [type_ for type_ in found if type_ is not None])


def _check_types(model: PublishedModel, found: Iterable[Type]) -> None:
    for type_ in found:
        item = type_.item if isinstance(type_, CollectionType) else type_
        if not isinstance(item, PrimitiveType):
            model.columns_of(str(item))
