"""From tokens to expressions: the ABNF's sections "Expressions" and "JSON format for queries".

Beyond the ABNF, and as Microsoft Graph documents its filters: words that are operators, functions
or lambdas are compared without case, an operator may be followed by a parenthesis without a space
(``not(``), and ``isof`` and ``cast`` take the type's name in quotes too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from fakegraph.odata import literals
from fakegraph.odata.errors import MAX_LIST, QueryError, refuse_limit
from fakegraph.odata.lexer import (
    AT,
    DATE,
    DATE_TIME,
    DOLLAR,
    END,
    GUID,
    JSON,
    NUMBER,
    STRING,
    TIME,
    WORD,
)
from fakegraph.odata.nodes import (
    Alias,
    And,
    Annotation,
    Arithmetic,
    Comparison,
    EnumLiteral,
    Expression,
    Identifier,
    In,
    ListExpr,
    Literal,
    Negate,
    Not,
    ObjectExpr,
    Or,
    Variable,
)
from fakegraph.odata.paths import PathParser
from fakegraph.odata.sentences import CLOSE_OR_OPERATOR, EXPRESSION, bad_literal

#: How tightly the operators between two operands bind; ``has`` and ``in`` bind tighter than all.
LEVELS = {
    "or": 1,
    "and": 2,
    "eq": 3,
    "ne": 3,
    "gt": 4,
    "ge": 4,
    "lt": 4,
    "le": 4,
    "add": 5,
    "sub": 5,
    "mul": 6,
    "div": 6,
    "divby": 6,
    "mod": 6,
}
_OR, _AND, _RELATIONAL = 1, 2, 4
_PREFIXES = {"-", *literals.any_case("not")}
_BETWEEN_OPERANDS = {*LEVELS, "has", "in"}

_BARE = {GUID: "Edm.Guid", DATE: "Edm.Date", DATE_TIME: "Edm.DateTimeOffset", TIME: "Edm.TimeOfDay"}

_CLOSERS = (")", "]", "}", ",", ";", ":", "/", "=", "*")


class ExpressionParser(PathParser):
    """Reads expressions. Each method begins at its construct's first token, ends past its last."""

    __slots__ = ()

    # Operators ------------------------------------------------------------------------------------

    def expression(self) -> Expression:
        """commonExpr: operands and the operators between them, by precedence."""
        first = self.operand()
        if self.kind != WORD:
            return first
        operands = [(first, self.height)]
        pending: list[tuple[int, str, int]] = []
        while self.kind == WORD:
            name = self.token.lower()
            if not self.gap and name in _BETWEEN_OPERANDS:
                self.fail(f"A space must stand before {self.token}.")
            level = LEVELS.get(name)
            if level is None:
                break
            while pending and (pending[-1][0] > level or pending[-1][0] == level > _AND):
                self._reduce(operands, pending)
            pending.append((level, name, self.start))
            self._past_operator()
            operands.append((self.operand(), self.height))
        while pending:
            self._reduce(operands, pending)
        expression, self.height = operands[0]
        return expression

    def _past_operator(self) -> None:
        operator = self.token
        self.advance()
        if not self.gap and self.token != "(":
            if self.kind == END:
                self.fail(f"The right side of {operator} is missing.", expected=EXPRESSION)
            self.fail(f"A space must follow {operator}.")

    def _reduce(
        self, operands: list[tuple[Expression, int]], pending: list[tuple[int, str, int]]
    ) -> None:
        """Makes one node of the last operator, or run of ``and`` or ``or``, and its operands."""
        level, name, position = pending.pop()
        if level > _AND:
            right, right_height = operands.pop()
            left, left_height = operands.pop()
            self.grow(1 + max(left_height, right_height))
            make = Comparison if level <= _RELATIONAL else Arithmetic
            operands.append((make(name, left, right, position), self.height))
            return
        count = 2
        while pending and pending[-1][0] == level:
            position = pending.pop()[2]
            count += 1
        joined = operands[-count:]
        del operands[-count:]
        self.grow(1 + max(height for _, height in joined))
        operands.append((_junction(level, [term for term, _ in joined], position), self.height))

    def operand(self) -> Expression:
        """What stands between operators: a primary with its ``not``, ``-``, ``in`` and ``has``."""
        prefixes: list[tuple[type[Not] | type[Negate], int]] = []
        while self.token in _PREFIXES:
            if self.token == "-":
                prefixes.append((Negate, self.start))
                self.advance()
            elif self._negates():
                prefixes.append((Not, self.start))
                self._past_operator()
            else:
                break
        node = self.primary()
        while self.kind == WORD and self.gap:
            name = self.token.lower()
            if name == "in":
                node = self._in(node)
            elif name == "has":
                node = self._has(node)
            else:
                break
        for make, position in reversed(prefixes):
            self.grow(self.height + 1)
            node = make(node, position)
        return node

    def _negates(self) -> bool:
        """Whether ``not`` is the operator here; ``not eq 1`` is about a property called so."""
        kind, word, start, end = self.peek()
        if word == "/" and start == self.end:
            return False
        if kind != WORD or word.lower() not in _BETWEEN_OPERANDS:
            return True
        kind, operand, _, _ = self.peek(end)
        return kind == END or operand in _CLOSERS or operand.lower() in _BETWEEN_OPERANDS

    def _in(self, left: Expression) -> In:
        height, position = self.height, self.start
        self._past_operator()
        right: tuple[Literal | EnumLiteral, ...] | Expression
        right = self._list() if self.token == "(" else self.primary()
        self.grow(1 + max(height, self.height))
        return In(left, right, position)

    def _list(self) -> tuple[Literal | EnumLiteral, ...] | Expression:
        """``(1,2)``, or an expression in parentheses when that is all there is."""
        self.enter()
        self.advance()
        items: list[Literal | EnumLiteral] = []
        self.height = 0
        while self.token != ")" or items:
            start, parenthesised = self.start, self.token == "("
            item = self.expression()
            literal = isinstance(item, Literal | EnumLiteral) and not parenthesised
            if not items and self.token == ")" and not literal:
                self.advance()
                self.leave()
                return item
            if not isinstance(item, Literal | EnumLiteral) or parenthesised:
                self.fail("Only literals may stand in the list after in.", start)
            items.append(item)
            if len(items) > MAX_LIST:
                refuse_limit(self.text, start, f"a list has more than {MAX_LIST} items")
            if self.token != ",":
                break
            self.advance()
        self.expect(")")
        self.leave()
        return tuple(items)

    def _has(self, left: Expression) -> Comparison:
        height, position = self.height, self.start
        self._past_operator()
        start = self.start
        right = self.primary()
        if not _is_enumeration(right):
            self.fail("After has stand enumeration members: has ns.Type'a,b'.", start)
        self.grow(1 + max(height, self.height))
        return Comparison("has", left, right, position)

    # Operands -------------------------------------------------------------------------------------

    def primary(self) -> Expression:
        """An operand without its operators: a literal, a path, a call, something in parentheses."""
        read = _PRIMARIES.get(self.kind)
        if read is None:
            read = _OPENERS.get(self.token)
            if read is None:
                self._refuse_operand()
        return read(self)

    def _refuse_operand(self) -> NoReturn:
        hint = None
        if self.token in _CLOSERS:
            hint = f"A value or a property was expected before '{self.token}'."
        self.fail(hint, expected=EXPRESSION)

    def _string(self) -> Expression:
        return self.literal(literals.string(self.token, self.start))

    def _number(self) -> Expression:
        return self.literal(literals.number(self.token, self.start))

    def _bare(self) -> Expression:
        value = self.token if self.kind == GUID else self.token.upper()
        return self.literal(Literal(_BARE[self.kind], value, self.token, self.start))

    def _word(self) -> Expression:
        name, start = self.token, self.start
        after = self.text[self.end : self.end + 1]
        if after == "(":
            return self.call()
        if after == "'":
            return self._prefixed()
        constant = literals.CONSTANTS.get(name)
        self.grow(1)
        self.advance()
        if constant and after != "/":
            return Literal(*constant, name, start)
        node = Identifier(name, start)
        return self.path(node) if self.token == "/" else node

    def _prefixed(self) -> Expression:
        prefix, start = self.token, self.start
        self.advance()
        text = self.text[start : self.end]
        literal = literals.prefixed(prefix, text, start)
        if literal is None:
            message = bad_literal(prefix, text, start, self.text)
            raise QueryError(message, start, self.text, _prefix_hint(prefix))
        return self.literal(literal)

    def _at(self) -> Expression:
        name, start = self.token, self.start
        self.grow(1)
        self.advance()
        node: Expression = Alias(name, start)
        if "." in name or "#" in name:
            term, _, qualifier = name[1:].partition("#")
            node = Annotation(None, term, qualifier or None, start)
        return self.path(node)

    def _dollar(self) -> Expression:
        name, start = self.token, self.start
        if name not in ("$it", "$this", "$root"):
            self.fail("Only $it, $this and $root may begin a path.")
        self.grow(1)
        self.advance()
        if name == "$root" and self.token != "/":
            self.fail("After $root stands a path: $root/users('1').")
        return self.path(Variable(name, start))

    def _parenthesis(self) -> Expression:
        self.enter()
        self.advance()
        node = self.expression()
        self.expect(")", CLOSE_OR_OPERATOR)
        self.leave()
        return node

    def _array(self) -> Expression:
        start = self.start
        items = self.separated("]", self._value)
        self.grow(self.height + 1)
        return ListExpr(tuple(items), start)

    def _object(self) -> Expression:
        start = self.start
        members = self.separated("}", self._member)
        self.grow(self.height + 1)
        return ObjectExpr(tuple(members), start)

    def _member(self) -> tuple[str, Expression]:
        if self.kind != JSON:
            self.fail("A member's name stands in double quotes here.")
        name = self._json()
        self.expect(":")
        return str(name.value), self._value()

    def _value(self) -> Expression:
        return self._json() if self.kind == JSON else self.expression()

    def _json(self) -> Literal:
        literal = literals.json_string(self.token, self.start)
        if literal is None:
            self.fail("An escape in this string names half a character.")
        return self.literal(literal)


def _junction(level: int, terms: list[Expression], position: int) -> And | Or:
    make = And if level == _AND else Or
    flat: list[Expression] = []
    for term in terms:
        if isinstance(term, make):
            flat.extend(term.terms)
        else:
            flat.append(term)
    return make(tuple(flat), position)


def _is_enumeration(node: Expression) -> bool:
    if isinstance(node, Literal):
        return node.type == "Edm.String" and literals.enum_members(str(node.value)) is not None
    return isinstance(node, EnumLiteral | Alias)


def _prefix_hint(prefix: str) -> str:
    if "." in prefix:
        return "Enumeration members are names or numbers, without spaces: ns.Type'a,b'."
    return _PREFIX_HINTS.get(prefix.lower(), "An enumeration's type is written with its namespace.")


_PREFIX_HINTS = {
    "duration": "A duration is written duration'P1DT12H30M5.5S'.",
    "binary": "Binary values are base64url: binary'T0RhdGE'.",
    "geography": "Such a value is written geography'SRID=4326;Point(142.1 64.1)'.",
    "geometry": "Such a value is written geometry'SRID=0;Point(142.1 64.1)'.",
    "datetime": "A date with a time stands without prefix and quotes: 2024-01-01T00:00:00Z.",
    "datetimeoffset": "A date with a time stands without prefix and quotes: 2024-01-01T00:00:00Z.",
    "time": "A time of day stands without prefix and quotes: 23:59:59.",
    "guid": "A GUID stands without prefix and quotes.",
    "x": "Binary values are written binary'T0RhdGE'.",
}
_Reader = Callable[[ExpressionParser], Expression]
_PRIMARIES: dict[int, _Reader] = {
    **dict.fromkeys(_BARE, ExpressionParser._bare),
    WORD: ExpressionParser._word,
    STRING: ExpressionParser._string,
    NUMBER: ExpressionParser._number,
    AT: ExpressionParser._at,
    DOLLAR: ExpressionParser._dollar,
}
_OPENERS: dict[str, _Reader] = {
    "(": ExpressionParser._parenthesis,
    "[": ExpressionParser._array,
    "{": ExpressionParser._object,
}
