"""``PublishedModel``: the types and operations that a service publishes, read when first used.

A model file has a line for each type, each name of operations and each thing that a path may begin
with (``lines.py`` finds them, ``from_csdl.py`` writes them). In it a type is written

- ``String`` (a built-in one, with ``Edm.`` left out), ``Decimal(2)`` (with at most two fractional
  digits), ``.user`` (the namespace left out that is the file's own), ``%.importance`` (an
  enumeration),
- and after it marks: ``*`` a collection, ``+`` contained, ``!`` not null, ``=`` computed,
  ``~`` immutable, ``?`` an optional parameter, ``^`` read off an SDK: whether it may be null, how
  wide a number is and whether something is contained is not known. A type is ``unsure`` then.

A file that is laid ``over`` a built-in one has only what differs from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from fakegraph.dataclass import dataclass
from fakegraph.edm.lines import FORMAT, MAGIC, UNSURE, DamagedLineError, Lines, Reading, named
from fakegraph.edm.types import (
    PRIMITIVES,
    CollectionType,
    EnumType,
    NavigationProperty,
    PrimitiveType,
    Property,
    StructuredType,
    Type,
)
from fakegraph.once import once

_MARKS = "*+!=~?^"
BUILT_IN = ("v1.0", "beta")
_FLAGS = frozenset({"abstract", "open", "stream", UNSURE})
_OPERATIONS = ("action", "action+", "function", "function+")
_ROOTS = ("set", "singleton", "import")

Member = Property | NavigationProperty


@dataclass(frozen=True)
class Root:
    """What a path may begin with. ``kind`` is ``set``, ``singleton`` or ``import``.

    ``type`` is that of its entities; an import has none and names its ``operation``.
    ``bindings``: in which set the targets of its navigation properties are, by path.
    """

    name: str
    kind: str
    type: PublishedType | None
    operation: str | None
    bindings: Mapping[str, str]
    capabilities: Mapping[str, bool | str]

    @property
    def many(self) -> bool:
        """Whether it is a collection."""
        return self.kind == "set"


@dataclass(frozen=True)
class OperationParameter:
    """A parameter of an operation, apart from the one that it is bound by."""

    name: str
    type: Type
    nullable: bool
    optional: bool


@dataclass(frozen=True)
class Operation:
    """One overload of an action or a function.

    ``bound_to`` is what it is called on, one or ``bound_to_many``; None for what an import names.
    ``result`` is None where it gives nothing. A ``composable`` one's path may go on.
    ``entity_set_path``: by which way from what it is called on its result is found, ``""`` for that
    itself. ``core`` is what the core vocabulary says of it: ``{"RequiresExplicitBinding": True}``.
    """

    name: str
    qualified: str
    is_action: bool
    composable: bool
    bound_to: Type | None
    bound_to_many: bool
    parameters: tuple[OperationParameter, ...]
    result: Type | None
    result_nullable: bool
    entity_set_path: str | None = None
    core: Mapping[str, bool | str] = field(default_factory=dict, hash=False)

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the parameters that a call must give: of an action, what may not be null."""
        return tuple(
            each.name
            for each in self.parameters
            if not (each.optional or (self.is_action and each.nullable))
        )

    def without_need_of(self, names: frozenset[str]) -> Operation:
        """This one, of which a call need not give these parameters."""
        if not names:
            return self
        relaxed = (
            replace(each, optional=each.optional or each.name in names) for each in self.parameters
        )
        return replace(self, parameters=tuple(relaxed))


class PublishedType(StructuredType):
    """An entity or complex type as its line says, filled when first used."""

    model: PublishedModel

    def __init__(self, model: PublishedModel, name: str) -> None:
        self.__dict__.update(name=name, model=model)

    def __repr__(self) -> str:
        return f"<{self.name}>"  # and not what it has, which leads through the whole model

    __eq__ = object.__eq__  # models of two versions have types of one name
    __hash__ = object.__hash__

    @cached_property
    def _columns(self) -> Mapping[str, str]:
        return _columns_of(self)

    def _reading(self) -> Reading:
        return self.model.reading_type(self.name)

    @property
    def is_entity(self) -> bool:
        """Whether it is an entity type; else it is a complex type."""
        return "entity" in self._columns

    @cached_property
    def _flags(self) -> list[str]:
        with self._reading():
            flags = self._columns["entity" if self.is_entity else "complex"].split()
            if not _FLAGS.issuperset(flags):
                raise ValueError(f"flags are {', '.join(sorted(_FLAGS))}, not '{' '.join(flags)}'")
            return flags

    @property
    def abstract(self) -> bool:
        return "abstract" in self._flags

    @property
    def open(self) -> bool:
        return "open" in self._flags

    @property
    def unsure(self) -> bool:
        """Whether it was read off an SDK: nobody says whether it is abstract or open, and so on."""
        return UNSURE in self._flags

    @property
    def has_stream(self) -> bool:
        """Whether the entity itself is bytes, at ``/$value``."""
        return any("stream" in type_._flags for type_ in self.chain)

    @cached_property
    def base(self) -> PublishedType | None:
        name = self._columns.get("base")
        if name is None:
            return None
        with self._reading():
            base = self.model.structured(name)
            _ = base.base  # all of them at once, since they might lead in a circle
            return base

    @cached_property
    def chain(self) -> tuple[PublishedType, ...]:
        """The type itself, its base, the base of that, and so on."""
        return (self, *(self.base.chain if self.base else ()))

    @cached_property
    def heirs(self) -> tuple[PublishedType, ...]:
        """The types derived from it directly."""
        names = self._columns.get("heirs", "").split()
        with self._reading():
            return tuple(self.model.structured(name) for name in names)

    @property
    def descendants(self) -> Iterator[PublishedType]:
        """Every type derived from it, nearest first."""
        level = self.heirs
        while level:
            if self in level:
                with self._reading():
                    raise ValueError("it is among its own heirs")
            yield from level
            level = tuple(heir for type_ in level for heir in type_.heirs)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The names of its key properties."""
        own = tuple(self._columns.get("keys", "").split())
        return own or (self.base.keys if self.base else ())

    @property
    def key(self) -> str | None:
        return self.keys[0] if self.keys else None

    @cached_property
    def alternate_keys(self) -> tuple[Mapping[str, str], ...]:
        """Other keys: of each the names in a URL, and the path of the property that each means."""
        own = tuple(
            {alias: path or alias for alias, _, path in (p.partition("=") for p in key.split(","))}
            for key in self._columns.get("alternate", "").split()
        )
        return (*own, *(self.base.alternate_keys if self.base else ()))

    @cached_property
    def own_properties(self) -> Mapping[str, Property]:
        """What this type declares itself."""
        texts = self._columns.get("properties", "").split()
        with self._reading():
            return {prop.name: prop for prop in map(self.model.property_from, texts)}

    @cached_property
    def properties(self) -> Mapping[str, Property]:
        return {**(self.base.properties if self.base else {}), **self.own_properties}

    @cached_property
    def own_navigation(self) -> Mapping[str, NavigationProperty]:
        """What this type declares itself."""
        texts = self._columns.get("navigation", "").split()
        with self._reading():
            found = [self.model.navigation_from(self.name, text) for text in texts]
        return {nav.name: nav for nav in found}

    @cached_property
    def navigation(self) -> Mapping[str, NavigationProperty]:
        return {**(self.base.navigation if self.base else {}), **self.own_navigation}

    @cached_property
    def _own_words(self) -> Mapping[str, tuple[str, str]]:
        """The words of its own members with the columns they stand in, by name and folded name."""
        found = {
            word.partition(":")[0]: (column, word)
            for column in ("properties", "navigation")
            for word in self._columns.get(column, "").split()
        }
        return {name.casefold(): said for name, said in found.items()} | found

    @cached_property
    def _own_members(self) -> dict[str, Member]:
        return {}

    def _own_member(self, name: str) -> Member | None:
        """The member of that name that this type declares itself, made when first asked for."""
        said = self._own_words.get(name) or self._own_words.get(name.casefold())
        if said is None:
            return None
        column, word = said
        if word not in self._own_members:
            self._own_members[word] = (
                self.model.property_from(word)
                if column == "properties"
                else self.model.navigation_from(self.name, word)
            )
        return self._own_members[word]

    def member(self, name: str) -> Member | None:
        """The property or navigation property of that name, in any case, with inherited ones."""
        known = self._members.get(name)
        if known is not None:
            return known
        found = (type_._own_member(name) for type_ in self.chain)
        member = next((member for member in found if member is not None), None)
        if member is not None and member.name == name:  # there is no end of other spellings
            self._members[name] = member
        return member

    @cached_property
    def _members(self) -> dict[str, Member]:
        return {}

    def member_of_heir(self, name: str) -> tuple[PublishedType, Member] | None:
        """A member of that name that only some type derived from this one has, and that type."""
        for heir in self.descendants:
            member = heir.member(name)
            if member is not None:
                return heir, member
        return None

    @cached_property
    def capabilities(self) -> Mapping[str, bool | str]:
        """What is said of this type and, after ``name/``, of a member of it.

        ``{"FilterRestrictions.Filterable": False, "photo/InsertRestrictions.Insertable": False}``
        """
        return _told(self._columns, "capabilities")

    @cached_property
    def core(self) -> Mapping[str, bool | str]:
        """The same of the core vocabulary: ``{"owner/Revisions": "Deprecated,2022-04-25,,"}``.

        A revision is its kind, date, date of removal and version; others follow after ``;``.
        """
        return _told(self._columns, "core")


class PublishedEnum(EnumType):
    """An enumeration as its line says, filled when first used."""

    model: PublishedModel

    def __init__(self, model: PublishedModel, name: str) -> None:
        self.__dict__.update(name=name, model=model, unknown="unknownFutureValue")

    def __repr__(self) -> str:
        return f"<{self.name}>"

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @cached_property
    def _columns(self) -> Mapping[str, str]:
        return _columns_of(self)

    @cached_property
    def flags(self) -> bool:
        with self.model.reading_type(self.name):
            words = self._columns["enum"].split()
            if not {"flags", UNSURE}.issuperset(words):
                raise KeyError(self._columns["enum"])
            return "flags" in words

    @cached_property
    def members(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        following = 0
        with self.model.reading_type(self.name):
            for member in self._columns.get("members", "").split():
                name, _, value = member.partition("=")
                found[name] = int(value) if value else following
                following = found[name] + 1
        return found


def _columns_of(type_: PublishedType | PublishedEnum) -> Mapping[str, str]:
    """Its columns; what refers to a type makes it before its line is looked for."""
    try:
        return type_.model.columns_of(type_.name)
    except KeyError as error:
        raise DamagedLineError(
            f"a line refers to '{type_.name}', and there is no such type"
        ) from error


class _Reference(NamedTuple):
    """What a text such as ``.user*!`` says: the type, the type of an item, the marks, the scale."""

    type: Type
    item: Type
    marks: str
    scale: int | None


_Published = TypeVar("_Published", PublishedType, PublishedEnum)


class PublishedModel:
    """A model file. Opening it reads none of its types; each is made when first asked for."""

    def __init__(self, data: bytes | Lines) -> None:
        self.lines = Lines(data) if isinstance(data, bytes) else data
        header = self.lines.find(MAGIC)
        columns = named(header[1:]) if header else {}
        if columns.get("format") != FORMAT or columns.get("over", BUILT_IN[0]) not in BUILT_IN:
            raise ValueError("this is no model file of this version of fakegraph")
        if isinstance(data, bytes) and "over" in columns:
            self.lines = Lines(data, built_in(columns["over"]).lines)
        with self.lines.reading(MAGIC):
            self.namespace = columns["namespace"]
        self.container = columns.get("container", "")
        self._types: dict[str, PublishedType | PublishedEnum] = {}
        self._references: dict[str, _Reference] = {}
        self._operations: dict[str, tuple[Operation, ...]] = {}
        self._roots: dict[str, Root | None] = {}

    # Types ------------------------------------------------------------------------------------

    def type_named(self, name: str) -> PublishedType | PublishedEnum | None:
        """The type of that qualified name, in any case."""
        written = self._written(name)
        if written in self._types:
            return self._types[written]
        columns = self.lines.find(f"type {written}")
        if columns is None:
            return None
        return self._from_line(columns)

    def structured(self, name: str) -> PublishedType:
        """The entity or complex type of that name. Raises KeyError where there is none."""
        type_ = self.type_named(name)
        if not isinstance(type_, PublishedType):
            raise KeyError(name)
        return type_

    def types(self) -> Iterator[PublishedType | PublishedEnum]:
        """Every type, by name. This reads them all."""
        for columns in self.lines.starting("type "):
            yield self._from_line(columns)

    def columns_of(self, name: str) -> Mapping[str, str]:
        """The columns of a type's line by their words. Raises KeyError where there is none."""
        columns = self.lines.find(f"type {self._written(name)}")
        if columns is None:
            raise KeyError(f"type {self._written(name)}")
        return named(columns[1:])

    def reading_type(self, name: str) -> Reading:
        """Around what reads the line of a type."""
        return self.lines.reading(f"type {self._written(name)}")

    def _written(self, name: str) -> str:
        """A qualified name as the file has it: ``.user``."""
        length = len(self.namespace)
        own = name[: length + 1].lower() == f"{self.namespace.lower()}."
        return name[length:] if own else name

    def _qualified(self, written: str) -> str:
        return f"{self.namespace}{written}" if written.startswith(".") else written

    def _from_line(self, columns: list[str]) -> PublishedType | PublishedEnum:
        written = columns[0].removeprefix("type ")
        with self.lines.reading(columns[0]):
            if columns[1].startswith("enum"):
                return self._made(PublishedEnum, written)
            return self._made(PublishedType, written)

    def _made(self, kind: type[_Published], written: str) -> _Published:
        """The one object for a type that the file has, whose line need not be read for it."""
        made = self._types.get(written)
        if made is None:
            made = self._types.setdefault(written, kind(self, self._qualified(written)))
        if not isinstance(made, kind):
            raise ValueError(f"'{written}' is written as an enumeration here, and not elsewhere")
        return made

    def _read(self, text: str) -> _Reference:
        """What such a text of the file refers to; the same texts come again and again."""
        known = self._references.get(text)
        if known is None:
            known = self._references[text] = self._reference(text)
        return known

    def _reference(self, text: str) -> _Reference:
        written = text.rstrip(_MARKS)
        marks = text[len(written) :]
        scale = None
        item: Type
        if not written:
            raise ValueError("a type is missing behind a name")
        if written.startswith("%"):
            item = self._made(PublishedEnum, written[1:])
        elif "." in written:
            item = self._made(PublishedType, written)
        else:
            name, _, facet = written.partition("(")
            scale = int(facet.rstrip(")")) if facet else None
            item = PRIMITIVES.get(f"Edm.{name}") or PrimitiveType(f"Edm.{name}")
        return _Reference(CollectionType(item) if "*" in marks else item, item, marks, scale)

    def property_from(self, text: str) -> Property:
        """The property that such a word of the file means."""
        name, _, written = text.partition(":")
        found = self._read(written)
        return Property(
            name,
            found.type,
            nullable="!" not in found.marks,
            computed="=" in found.marks,
            immutable="~" in found.marks,
            scale=found.scale,
            unsure="^" in found.marks,
        )

    def navigation_from(self, owner: str, text: str) -> NavigationProperty:
        """The navigation property that such a word of the file means."""
        name, _, written = text.partition(":")
        found = self._read(written)
        if not isinstance(found.item, PublishedType):
            raise ValueError(f"'{text}' leads to no entity")
        return NavigationProperty(
            name,
            found.item,
            many="*" in found.marks,
            contained="+" in found.marks,
            nullable="!" not in found.marks,
            owner=owner,
        )

    # Operations -------------------------------------------------------------------------------

    def operations(self, name: str) -> tuple[Operation, ...]:
        """Every overload of the operations of that name, in any case.

        A name with its namespace leaves out those of others; one without means all.
        """
        last = name.rpartition(".")[2].lower()
        if last not in self._operations:
            columns = self.lines.find(f"operation {last}")
            if columns is None:
                return ()
            spelt = columns[0].removeprefix("operation ")
            with self.lines.reading(columns[0]):
                self._operations[last] = tuple(self._operation(spelt, each) for each in columns[1:])
        found = self._operations[last]
        if "." not in name:
            return found
        return tuple(each for each in found if each.qualified.lower() == name.lower())

    def bound(self, name: str, type_: StructuredType, many: bool) -> tuple[Operation, ...]:
        """The overloads that can be called on one such thing, or on many, the nearest type's first.

        Those bound to a base of the type are among them.
        """
        found = [
            each
            for each in self.operations(name)
            if each.bound_to_many == many
            and isinstance(each.bound_to, StructuredType)
            and type_.is_heir_of(each.bound_to)
        ]
        order = {each.name: place for place, each in enumerate(_chain(type_))}
        return tuple(sorted(found, key=lambda each: order[str(each.bound_to)]))

    def all_operations(self) -> Iterator[Operation]:
        """Every overload, by name. This reads them all."""
        for columns in self.lines.starting("operation "):
            yield from self.operations(columns[0].removeprefix("operation "))

    def _operation(self, name: str, text: str) -> Operation:
        """``function+ .range .workbookWorksheet address:String? @IsURL+ -> .workbookRange``"""
        signature, _, result = text.partition(" -> ")
        kind, written, bound, *others = signature.split()
        if kind not in _OPERATIONS or ":" in written + bound:
            raise ValueError(f"'{text}' does not begin with a kind, a name and what it is bound to")
        binding = None if bound == "-" else self._read(bound)
        told = dict(_said(word[1:]) for word in others if word.startswith("@"))
        path = told.pop("EntitySetPath", None)
        return Operation(
            name,
            self._qualified(written),
            is_action=kind.startswith("action"),
            composable=kind.endswith("+"),
            bound_to=binding.item if binding else None,
            bound_to_many="*" in bound,
            parameters=tuple(self._parameter(word) for word in others if not word.startswith("@")),
            result=self._read(result).type if result else None,
            result_nullable=not result.endswith("!"),
            entity_set_path=None if path is None else str(path),
            core=told,
        )

    def _parameter(self, text: str) -> OperationParameter:
        name, _, written = text.partition(":")
        found = self._read(written)
        return OperationParameter(name, found.type, "!" not in found.marks, "?" in found.marks)

    # What paths begin with --------------------------------------------------------------------

    def root(self, name: str) -> Root | None:
        """The entity set, singleton or import of that name, in any case."""
        columns = self.lines.find(f"root {name}")
        if columns is None:
            return None
        spelt = columns[0].removeprefix("root ")
        if spelt not in self._roots:
            self._roots[spelt] = self._root(spelt, columns)
        return self._roots[spelt]

    def roots(self) -> Iterator[Root]:
        """All of them, by name."""
        for columns in self.lines.starting("root "):
            yield self._root(columns[0].removeprefix("root "), columns)

    def _root(self, name: str, columns: list[str]) -> Root:
        with self.lines.reading(columns[0]):
            kind, _, target = columns[1].partition(" ")
            if kind not in _ROOTS:
                raise ValueError(f"a path begins with one of {', '.join(_ROOTS)}, not '{kind}'")
        parts = named(columns[2:])
        imported = kind == "import"
        pairs = (binding.partition("=") for binding in parts.get("bindings", "").split())
        return Root(
            name,
            kind,
            None if imported else self._made(PublishedType, target),
            self._qualified(target) if imported else None,
            {path: target for path, _, target in pairs},
            _told(parts, "capabilities"),
        )


def _chain(type_: StructuredType) -> Iterator[StructuredType]:
    at: StructuredType | None = type_
    while at is not None:
        yield at
        at = at.base


def _told(columns: Mapping[str, str], column: str) -> Mapping[str, bool | str]:
    return dict(map(_said, columns.get(column, "").split()))


def _said(word: str) -> tuple[str, bool | str]:
    """``Insertable-`` or ``UpdateMethod=PUT``."""
    name, equals, value = word.partition("=")
    return (name, value) if equals else (word[:-1], word.endswith("+"))


def open_model(path: Path) -> PublishedModel:
    """The model in a model file, or in a CSDL document. Raises OSError or ValueError."""
    data = path.read_bytes()
    if not data.startswith(MAGIC.encode()):
        from fakegraph.edm.from_csdl import model_text

        data = model_text(data).encode()
    return PublishedModel(data)


@once
def built_in(version: str) -> PublishedModel:
    """The model of a version of Graph that comes with fakegraph: one of ``BUILT_IN``."""
    return open_model(Path(__file__).parent / "builtin" / f"{version}.model")
