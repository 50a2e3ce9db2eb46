"""What becomes of values on their way to a client, by its preferences and the format it wants."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache, lru_cache
from typing import Any

from fakegraph.edm.published import PublishedModel, PublishedType
from fakegraph.edm.types import CollectionType, EnumType, Type
from fakegraph.graph.shape import LONG, hidden_members, type_note
from fakegraph.graph.whole.world import TYPE
from fakegraph.store import Record
from fakegraph.web.headers import Format

Convert = Callable[[Any], Any]


class Conversion:
    """How objects are shown to clients of one kind.

    ``masks``: members of enumerations that only some clients know are shown as the sentinel.
    """

    def __init__(self, model: PublishedModel, masks: bool, format_: Format) -> None:
        self._model = model
        self._masks = masks
        self._longs_as_text = format_.ieee754
        self._full = format_.metadata == "full"
        self._none = format_.metadata == "none"
        self._plan = cache(self._planned)

    def shown(self, record: Record, type_: PublishedType) -> Record:
        """An object of a type as it is shown."""
        plan = self._plan(type_)
        found = record
        if not plan.keys().isdisjoint(record):
            found = dict(record)
            for name in plan.keys() & record.keys():
                if record[name] is not None:
                    found[name] = plan[name](record[name])
        if self._full:
            return self._noted(found, type_)
        if self._none:
            return {name: value for name, value in found.items() if "@odata." not in name}
        return found

    def touches(self, type_: PublishedType, names: Collection[str] | None) -> bool:
        """Whether it may show anything of these properties of a type otherwise than it is stored;
        None: of all.
        """
        if self._full or self._none or names is None:
            return True
        return not self._plan(type_).keys().isdisjoint(names)

    def _planned(self, type_: PublishedType) -> Mapping[str, Convert]:
        """By property, what makes of a value the one that is shown, where that is another."""
        found = ((name, self._converter(prop.type)) for name, prop in type_.properties.items())
        return {name: convert for name, convert in found if convert is not None}

    def _converter(self, type_: Type) -> Convert | None:
        if isinstance(type_, CollectionType):
            item = self._converter(type_.item)
            return None if item is None else lambda value: [_one(item, each) for each in value]
        if isinstance(type_, PublishedType):
            changes = self._full or self._none or self._changes(type_)
            return (lambda value: self._object(value, type_)) if changes else None
        if isinstance(type_, EnumType) and self._masks:
            return _masking(type_)
        return str if self._longs_as_text and type_ in LONG else None

    def _changes(self, type_: PublishedType) -> bool:
        """Whether anything in objects of a type, or of one derived from it, is another value."""
        waiting, seen = [type_], {type_}
        while waiting:
            at = waiting.pop()
            items = {getattr(prop.type, "item", prop.type) for prop in at.properties.values()}
            objects = {each for each in items if isinstance(each, PublishedType)}
            if any(self._converter(each) is not None for each in items - objects):
                return True
            new = {*objects, *at.descendants} - seen
            seen |= new
            waiting += new
        return False

    def _object(self, value: Any, type_: PublishedType) -> Any:
        if not isinstance(value, dict):
            return value
        said = value.get(TYPE)
        actual = self._model.type_named(said.removeprefix("#")) if said else type_
        return self.shown(value, actual if isinstance(actual, PublishedType) else type_)

    def _noted(self, record: Record, type_: PublishedType) -> Record:
        """An object with its type, and those of its properties that do not tell theirs."""
        found: Record = {TYPE: record.get(TYPE, f"#{type_.name}")}
        for name, value in record.items():
            prop = type_.properties.get(name)
            note = None if prop is None or value is None else type_note(prop.type)
            if note is not None:
                found[f"{name}{TYPE}"] = note
            found[name] = value
        return found


@lru_cache(maxsize=64)
def conversion(model: PublishedModel, masks: bool, format_: Format) -> Conversion:
    """How objects are shown to clients of one kind; always the same one."""
    return Conversion(model, masks, format_)


def _one(convert: Convert, value: Any) -> Any:
    """An item of a collection, which may be null where nobody says that it may not be."""
    return None if value is None else convert(value)


def _masking(type_: EnumType) -> Convert | None:
    """What shows the sentinel in place of members that are declared behind it."""
    hidden = hidden_members(type_)
    if not hidden:
        return None

    def mask(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        names = [type_.unknown if name in hidden else name for name in value.split(",")]
        return ",".join(str(name) for name in dict.fromkeys(names))

    return mask
