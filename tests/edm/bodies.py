"""Bodies of published types: valid ones, and every way to spoil one of them.

A spoilt body says where: the target that its problem must name.
"""

from __future__ import annotations

import copy
import string
from base64 import b64encode
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from hypothesis import strategies as st

from fakegraph.edm.published import PublishedEnum, PublishedModel, PublishedType
from fakegraph.edm.schema import TYPE_ANNOTATION
from fakegraph.edm.types import CollectionType, PrimitiveType, Property, Type

MAX_DEPTH = 3
MAX_PROPERTIES = 6
ANY = ("Edm.Untyped", "microsoft.graph.Json")

_digits = st.text(string.digits, min_size=1, max_size=7)
_clock = st.times().map(lambda time: time.strftime("%H:%M:%S"))
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)
VALUES = {
    "Edm.Binary": st.binary(max_size=9).map(lambda data: b64encode(data).decode()),
    "Edm.Boolean": st.booleans(),
    "Edm.Byte": st.integers(0, 255),
    "Edm.Date": st.dates().map(str),
    "Edm.DateTimeOffset": st.builds(
        lambda day, time, digits, zone: f"{day}T{time}.{digits}{zone}",
        st.dates(min_value=date(2, 1, 1), max_value=date(9998, 1, 1)).map(str),
        _clock,
        _digits,
        st.sampled_from(["Z", "+01:00", "-14:00"]),
    ),
    "Edm.Decimal": st.integers(-999, 999) | st.sampled_from([0.5, -12.25]),
    "Edm.Double": st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["INF", "NaN"]),
    "Edm.Duration": st.builds("P{}DT{}H".format, st.integers(0, 99), st.integers(0, 23)),
    "Edm.Guid": st.uuids().map(str),
    "Edm.Int16": st.integers(-(2**15), 2**15 - 1),
    "Edm.Int32": st.integers(-(2**31), 2**31 - 1),
    "Edm.Int64": st.integers(-(2**63), 2**63 - 1),
    "Edm.SByte": st.integers(-128, 127),
    "Edm.Single": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "Edm.String": st.text(max_size=4),
    "Edm.TimeOfDay": _clock,
    "Edm.Untyped": _json,
}

# Of each type a JSON value that is none of it, though it may look like one.
WRONG = {
    "Edm.Binary": ("*", 1),
    "Edm.Boolean": ("true", 1),
    "Edm.Byte": (256, -1, "1"),
    "Edm.Date": ("2023-02-29", 20230228),
    "Edm.DateTimeOffset": ("2024-01-01T00:00:00", 0),
    "Edm.Decimal": ("12.5", True),
    "Edm.Double": ("1.5", True),
    "Edm.Duration": ("1 day", 1),
    "Edm.Guid": ("4c03f248", 1),
    "Edm.Int16": (2**15, 1.5, "1"),
    "Edm.Int32": (2**31, 1.5, "1"),
    "Edm.Int64": (2**63, 1.5, "1"),
    "Edm.SByte": (128, "1"),
    "Edm.Single": (1e39, "1.5"),
    "Edm.String": (1, True, ["a"]),
    "Edm.TimeOfDay": ("24:00:00", 0),
}


class Spoilt(NamedTuple):
    """A body with one thing wrong in it, and the property that is to blame."""

    kind: str
    body: Any
    target: str


def concrete(type_: PublishedType) -> list[PublishedType]:
    """What a body for that type may be."""
    return [each for each in (type_, *type_.descendants) if not each.abstract]


def writable(type_: PublishedType) -> list[Property]:
    """The properties that a body can have a value for."""
    return [prop for prop in type_.properties.values() if _can_be_written(prop.type)]


def _can_be_written(type_: Type) -> bool:
    item = type_.item if isinstance(type_, CollectionType) else type_
    if isinstance(item, PublishedType):
        return bool(concrete(item))
    return item.name != "Edm.Stream"


def is_any(type_: Type) -> bool:
    return str(type_) in ANY


def holds_anything(type_: PublishedType) -> bool:
    """Whether any name may stand in a body for it."""
    known = (".fieldValueSet", ".openTypeExtension", ".stringKeyObjectValuePair")
    return type_.name.endswith(known) or (type_.open and type_.key is None and not type_.properties)


@st.composite
def bodies(draw: st.DrawFn, declared: PublishedType, depth: int = 0) -> dict[str, Any]:
    """A valid body for a type, of the type itself or of one derived from it."""
    type_ = draw(st.sampled_from(concrete(declared)))
    known = writable(type_)
    few = MAX_PROPERTIES if depth == 0 else 2
    chosen = (
        draw(st.lists(st.sampled_from(known), max_size=few, unique_by=lambda p: p.name))
        if known
        else []
    )
    body = {prop.name: draw(_value(prop, prop.type, type_, depth)) for prop in chosen}
    if type_ is not declared or draw(st.booleans()):
        body[TYPE_ANNOTATION] = f"#{type_.name}"
    return body


def _value(prop: Property, type_: Type, owner: PublishedType, depth: int) -> st.SearchStrategy[Any]:
    if isinstance(type_, CollectionType):
        size = 2 if depth < MAX_DEPTH else 0
        return st.lists(_value_of(type_.item, depth), max_size=size)
    if prop.name in owner.keys and type_.name == "Edm.String":
        return st.text(string.ascii_letters, min_size=1, max_size=9)
    value = _value_of(type_, depth)
    if prop.nullable:
        return st.none() | value
    return value.filter(lambda drawn: drawn is not None)


def _value_of(type_: Type, depth: int) -> st.SearchStrategy[Any]:
    if isinstance(type_, PublishedEnum):
        names = st.sampled_from([name for name in type_.members if name != type_.unknown])
        return st.lists(names, min_size=1, max_size=3).map(",".join) if type_.flags else names
    if isinstance(type_, PrimitiveType):
        return VALUES[type_.name]
    assert isinstance(type_, PublishedType)
    if is_any(type_):
        return VALUES["Edm.Untyped"]
    return bodies(type_, depth + 1) if depth < MAX_DEPTH else _smallest(type_)


def _smallest(declared: PublishedType) -> st.SearchStrategy[Any]:
    type_ = concrete(declared)[0]
    return st.just({TYPE_ANNOTATION: f"#{type_.name}"})


def spoilt(
    model: PublishedModel, declared: PublishedType, body: dict[str, Any]
) -> Iterator[Spoilt]:
    """Every body that differs from a valid one in one thing, which is wrong."""
    for kind, path, value in _changes(model, declared, body, ()):
        changed = copy.deepcopy(body)
        at: Any = changed
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        yield Spoilt(kind, changed, _target(path))


def _target(path: tuple[str | int, ...]) -> str:
    target = ""
    for step in path:
        target += f"[{step}]" if isinstance(step, int) else f"/{step}" if target else step
    return target


Change = tuple[str, tuple[str | int, ...], Any]


def _changes(
    model: PublishedModel, declared: PublishedType, body: Any, path: tuple[str | int, ...]
) -> Iterator[Change]:
    said = body.get(TYPE_ANNOTATION)
    type_ = model.structured(said.removeprefix("#")) if said else declared
    if not holds_anything(type_):
        yield "unknown property", (*path, "noSuchProperty"), 1
    yield "type that does not exist", (*path, TYPE_ANNOTATION), "#microsoft.graph.noSuchType"
    foreign = next((each for each in _others(model, type_) if not each.is_heir_of(declared)), None)
    if foreign is not None:
        yield "type of a sibling", (*path, TYPE_ANNOTATION), f"#{foreign.name}"
    for name, value in body.items():
        if name != TYPE_ANNOTATION:
            prop = type_.properties[name]
            if not prop.nullable:
                yield "null", (*path, name), None
            yield from _value_changes(model, prop.type, value, (*path, name))


def _others(model: PublishedModel, type_: PublishedType) -> Iterator[PublishedType]:
    """Types beside one: with the same base, else just any."""
    if type_.base:
        yield from type_.base.descendants
    yield model.structured("microsoft.graph.recipient")
    yield model.structured("microsoft.graph.user")


def _value_changes(
    model: PublishedModel, type_: Type, value: Any, path: tuple[str | int, ...]
) -> Iterator[Change]:
    if is_any(type_):
        return
    if isinstance(type_, CollectionType):
        yield "no array", path, "x"
        yield "no array", path, {}
        if value and not is_any(type_.item):
            yield "null in an array", (*path, 0), None
        for position, item in enumerate(value or ()):
            yield from _value_changes(model, type_.item, item, (*path, position))
    elif isinstance(type_, PublishedEnum):
        yield "foreign member", path, "noSuchMember"
        if type_.unknown in type_.members:
            yield "foreign member", path, type_.unknown
        yield "foreign member", path, f"{type_.documented[0]},noSuchMember"
        yield "wrong type", path, 0
    elif isinstance(type_, PublishedType):
        yield "no object", path, "x"
        yield "no object", path, []
        if value is not None:
            yield from _changes(model, type_, value, path)
    else:
        yield "object", path, {}
        for wrong in WRONG[type_.name]:
            yield "wrong type", path, wrong
