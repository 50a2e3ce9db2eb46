"""Expressions bound to a schema: every name is a known property, every literal a key.

A bound tree is frozen and typed. ``compiler.py`` turns it into a predicate, ``plan.py`` reads from
it which index can answer; whatever else evaluates filters one day (a database) starts here too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.types import StructuredType, Type
from fakegraph.odata.functions import Function


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal, as a key. ``type`` is None for ``null``."""

    type: Type | None
    value: Any


class Kinds(frozenset[str]):
    """Names of types, in a path: what is of none of them has nothing behind it."""

    @classmethod
    def of(cls, type_: StructuredType) -> Kinds:
        """A type, and all that are derived from it."""
        return cls({type_.name, *(each.name for each in type_.descendants)})


@dataclass(frozen=True, slots=True)
class PropertyPath:
    """Properties from one to the next, from the record (slot 0) or a lambda variable's item.

    ``masks`` says that enum members that the client does not know count as the sentinel. ``way``
    is the path of a URL that leads there from the record, with ``{id}`` for an item.
    ``spellings`` are those of the property.
    """

    type: Type
    names: tuple[str | Kinds, ...]
    slot: int = 0
    ignore_case: bool = False
    masks: bool = True
    way: tuple[str, ...] = field(default=(), compare=False)
    spellings: Callable[[str], tuple[str, ...]] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of the table, or an arithmetic operator, called with its arguments."""

    type: Type
    function: Function
    arguments: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Now:
    """The tenant's idea of the time."""

    type: Type


@dataclass(frozen=True, slots=True)
class Compare:
    """eq, ne, gt, ge, lt, le. ``fold``: without regard to case."""

    type: Type
    operator: str
    left: Bound
    right: Bound
    fold: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """``in`` with a list of constants."""

    type: Type
    left: Bound
    constants: tuple[Constant, ...]
    fold: bool = False


@dataclass(frozen=True, slots=True)
class HasFlags:
    """``has``: all bits of the constant are set."""

    type: Type
    left: Bound
    flags: int


@dataclass(frozen=True, slots=True)
class Logic:
    """``and`` or ``or`` of all terms."""

    type: Type
    operator: str
    terms: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """``not``."""

    type: Type
    term: Bound


@dataclass(frozen=True, slots=True)
class Quantified:
    """``any`` or ``all`` over a collection; without a predicate, whether it has items."""

    type: Type
    quantifier: str
    collection: Bound
    slot: int
    predicate: Bound | None


@dataclass(frozen=True, slots=True)
class CountOf:
    """``/$count`` of a collection, of the items that meet a condition where one is given."""

    type: Type
    collection: Bound
    slot: int
    condition: Bound | None


@dataclass(frozen=True, slots=True)
class IsOf:
    """``isof``: whether something is of one of these types."""

    type: Type
    value: PropertyPath
    kinds: Kinds


@dataclass(frozen=True, slots=True)
class Choice:
    """``case``: the value behind the first condition that holds."""

    type: Type | None
    branches: tuple[tuple[Bound, Bound], ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A collection written out in the expression."""

    type: Type
    items: tuple[Bound, ...]


Bound = (
    Constant
    | PropertyPath
    | Apply
    | Now
    | Compare
    | OneOf
    | HasFlags
    | Logic
    | Not
    | Quantified
    | CountOf
    | IsOf
    | Choice
    | ListOf
)

# The slots of a scope, in which a compiled expression finds what it works on.
RECORD_SLOT = 0
NOW_SLOT = 1
BUDGET_SLOT = 2
FIRST_FREE_SLOT = 3
