"""Expressions bound to a schema: every name is a known property, every literal a key.

A bound tree is frozen and typed. ``compiler.py`` turns it into a predicate, ``plan.py`` reads from
it which index can answer; whatever else evaluates filters one day (a database) starts here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fakegraph.edm.types import Type
from fakegraph.odata.functions import Function


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal, as a key. ``type`` is None for ``null``."""

    type: Type | None
    value: Any


@dataclass(frozen=True, slots=True)
class PropertyPath:
    """Properties from one to the next, from the record (slot 0) or a lambda variable's item.

    ``masks`` says that enum members that the client does not know count as the sentinel.
    """

    type: Type
    names: tuple[str, ...]
    slot: int = 0
    ignore_case: bool = False
    masks: bool = True


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
    | Choice
    | ListOf
)

# The slots of a scope, in which a compiled expression finds what it works on.
RECORD_SLOT = 0
NOW_SLOT = 1
BUDGET_SLOT = 2
FIRST_FREE_SLOT = 3
