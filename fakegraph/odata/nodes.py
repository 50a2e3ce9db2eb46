"""The syntax tree of OData's query options: what the parser makes and the binder reads.

Nodes say what was written, never what it means: no name is looked up, no type is checked. They are
frozen and hashable, and two trees are equal when the same thing was written, wherever it stood:
``position``, the 0-based index into the parsed text, takes no part in comparison. It is where the
node's own token starts: the operator of an operation, the last segment of a path.

Grammar: OASIS, "OData ABNF Construction Rules Version 4.01".
"""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal
from typing import TypeAlias

from fakegraph.dataclass import dataclass

# Expressions: values ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal:
    """A primitive value. ``text`` is what was written, quotes and prefix included.

    ``type`` is ``null`` or an Edm name: ``Edm.Int32``, ``Edm.Int64`` or ``Edm.Decimal`` by size for
    whole numbers, ``Edm.Decimal`` with a fraction, ``Edm.Double`` with an exponent or for ``INF``
    and ``NaN``; ``Edm.GeographyPoint`` and so on for shapes. ``value`` is None, a bool, int,
    Decimal, float, str (unescaped) or bytes; for Guid, Date, DateTimeOffset, TimeOfDay, Duration
    and shapes it is the literal's text without prefix and quotes, times and durations in capitals.
    """

    type: str
    value: bool | int | Decimal | float | str | bytes | None
    text: str = field(compare=False)
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class EnumLiteral:
    """``microsoft.graph.usageAuthMethod'email,4'``: members, by name or number, in order."""

    type_name: str
    members: tuple[str | int, ...]
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class ListExpr:
    """``[1,"two",three]``. A string in double quotes is a Literal, like one in single quotes."""

    items: tuple[Expression, ...]
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class ObjectExpr:
    """``{"name":expression}``; members in their order, a name written twice is there twice."""

    members: tuple[tuple[str, Expression], ...]
    position: int = field(compare=False, default=0, repr=False)


# Expressions: paths -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identifier:
    """The first name of a path: a property, a lambda variable or, with dots in it, a type."""

    name: str
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Variable:
    """``$it``, ``$this`` or ``$root`` (always under a Member, Key or BoundCall)."""

    name: str
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Alias:
    """``@name``: a parameter alias, or an annotation whose term has no namespace."""

    name: str
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Annotation:
    """``base/@term#qualifier``; without a base it is an annotation of the instance itself."""

    base: Expression | None
    term: str
    qualifier: str | None = None
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Member:
    """``base/name``: a property or, with dots in the name, a cast to a type or a bound function."""

    base: Expression
    name: str
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Key:
    """``base('A1')``, ``base(@alias)`` and, ``as_segment``, ``base/42``: the entity of that key.

    A key of the form ``Items(id=1)`` cannot be told from a function's parameters: see BoundCall.
    """

    base: Expression
    value: Expression
    as_segment: bool = False
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class BoundCall:
    """``base/ns.function(name=value)`` or, without a base, ``ns.function(name=value)``.

    Also what ``Orders(id=1)`` looks like: the binder knows whether Orders is a collection (and this
    its key) or a function.
    """

    base: Expression | None
    name: str
    arguments: tuple[tuple[str, Expression], ...]
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Count:
    """``base/$count`` with its options, ``$filter`` and ``$search`` only."""

    base: Expression
    options: tuple[QueryOption, ...] = ()
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class FilterSegment:
    """``base/$filter(predicate)``: the part of a collection for which the predicate holds."""

    base: Expression
    predicate: Expression
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Lambda:
    """``base/any(variable:predicate)``; ``kind`` is any or all. Of ``any()`` both are None."""

    base: Expression
    kind: str
    variable: str | None
    predicate: Expression | None
    position: int = field(compare=False, default=0, repr=False)


# Expressions: operations --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """``startswith(a,'b')``: one of the language's own functions, with as many arguments as it has.

    ``name`` is as written; names are compared without case.
    """

    name: str
    arguments: tuple[Expression | TypeName, ...]
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class TypeName:
    """The type in ``cast(x,ns.T)`` and ``isof(Collection(ns.T))``, when written without quotes."""

    name: str
    collection: bool = False
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    """``case(condition:value,…)``."""

    branches: tuple[tuple[Expression, Expression], ...]
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left op right``; ``op`` is one of eq ne lt le gt ge has, in lower case."""

    op: str
    left: Expression
    right: Expression
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``left op right``; ``op`` is one of add sub mul div divby mod, in lower case."""

    op: str
    left: Expression
    right: Expression
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class In:
    """``left in (1,2)``, where ``right`` is the tuple of literals, or ``left in expression``."""

    left: Expression
    right: tuple[Literal | EnumLiteral, ...] | Expression
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """Two or more terms, none of them an And itself."""

    terms: tuple[Expression, ...]
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more terms, none of them an Or itself."""

    terms: tuple[Expression, ...]
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """``not operand``."""

    operand: Expression
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Negate:
    """``-operand``; the minus of a number belongs to its literal."""

    operand: Expression
    position: int = field(compare=False, default=0, repr=False)


# $orderby, $compute, $select, $expand -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """One key of ``$orderby``."""

    expression: Expression
    descending: bool = False
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class ComputeItem:
    """One ``expression as name`` of ``$compute``."""

    expression: Expression
    name: str
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class SelectItem:
    """One item of ``$select``.

    ``path`` holds the segments as written: property names, names of types and operations (with
    dots), ``@ns.term``; or the one segment ``*`` or ``ns.*``. ``parameters`` are the names in
    ``ns.function(a,b)``, None where there are no parentheses.
    """

    path: tuple[str, ...]
    parameters: tuple[str, ...] | None = None
    options: tuple[QueryOption, ...] = ()
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class ExpandItem:
    """One item of ``$expand``.

    ``path`` holds the segments as written; the last may be ``*``, and ``$value`` stands alone.
    ``suffix`` is ``$ref``, ``$count`` or None.
    """

    path: tuple[str, ...]
    suffix: str | None = None
    options: tuple[QueryOption, ...] = ()
    position: int = field(compare=False, default=0, repr=False)


# $search ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SearchWord:
    """One word."""

    text: str
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class SearchPhrase:
    """What stood in double quotes, unescaped: Graph's ``prop:value`` clauses too."""

    text: str
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class SearchIncomplete:
    """A whole search in single quotes: text that somebody is still typing, taken as it is."""

    text: str
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class SearchNot:
    """``NOT operand``."""

    operand: SearchExpression
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class SearchAnd:
    """Two or more terms, joined by ``AND`` or by a space; none of them a SearchAnd itself."""

    terms: tuple[SearchExpression, ...]
    position: int = field(compare=False, default=0, repr=False)


@dataclass(frozen=True, slots=True)
class SearchOr:
    """Two or more terms, none of them a SearchOr itself."""

    terms: tuple[SearchExpression, ...]
    position: int = field(compare=False, default=0, repr=False)


# Options ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QueryOption:
    """One ``name=value``.

    ``name`` is a system option in lower case with its ``$`` however it was written, a parameter
    alias with its ``@``, or a custom option as written. The value is, by name: ``$filter`` and
    aliases an Expression; ``$orderby``, ``$select``, ``$expand``, ``$compute`` a tuple of their
    items; ``$search`` a SearchExpression; ``$count`` a bool; ``$top``, ``$skip``, ``$index`` an
    int; ``$levels`` an int or ``max``; everything else a decoded str, None for a custom option
    without ``=``. ``text`` is the value as it was written, of an option in parentheses.
    """

    name: str
    value: OptionValue
    position: int = field(compare=False, default=0, repr=False)
    text: str = field(compare=False, default="", repr=False)


Expression: TypeAlias = (
    Literal
    | EnumLiteral
    | ListExpr
    | ObjectExpr
    | Identifier
    | Variable
    | Alias
    | Annotation
    | Member
    | Key
    | BoundCall
    | Count
    | FilterSegment
    | Lambda
    | Call
    | Case
    | Comparison
    | Arithmetic
    | In
    | And
    | Or
    | Not
    | Negate
)
SearchExpression: TypeAlias = (
    SearchWord | SearchPhrase | SearchIncomplete | SearchNot | SearchAnd | SearchOr
)
OptionValue: TypeAlias = (
    Expression
    | SearchExpression
    | tuple[OrderTerm, ...]
    | tuple[SelectItem, ...]
    | tuple[ExpandItem, ...]
    | tuple[ComputeItem, ...]
    | bool
    | int
    | str
    | None
)
