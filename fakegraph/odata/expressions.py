"""From tokens to expressions: the ABNF's sections "Expressions" and "JSON format for queries".

Beyond the ABNF, and as Microsoft Graph documents its filters: words that are operators, functions
or lambdas are compared without case, an operator may be followed by a parenthesis without a space
(``not(``), and ``isof`` and ``cast`` take the type's name in quotes too.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
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
    NAMES,
    NUMBER,
    STRING,
    TIME,
    WORD,
    Lexer,
    scan,
    scan_without_times,
)
from fakegraph.odata.nodes import (
    Alias,
    And,
    Annotation,
    Arithmetic,
    BoundCall,
    Call,
    Case,
    Comparison,
    Count,
    EnumLiteral,
    Expression,
    FilterSegment,
    Identifier,
    In,
    Key,
    Lambda,
    ListExpr,
    Literal,
    Member,
    Negate,
    Not,
    ObjectExpr,
    Or,
    QueryOption,
    TypeName,
    Variable,
)

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

#: The language's own functions: how few and how many arguments each takes. Named in lower case.
METHODS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("concat", "contains", "endswith", "indexof", "startswith"), (2, 2)),
    **dict.fromkeys(("matchespattern", "hassubset", "hassubsequence"), (2, 2)),
    **dict.fromkeys(("length", "tolower", "toupper", "trim"), (1, 1)),
    "substring": (2, 3),
    **dict.fromkeys(("year", "month", "day", "hour", "minute", "second"), (1, 1)),
    **dict.fromkeys(("fractionalseconds", "totalseconds", "totaloffsetminutes"), (1, 1)),
    **dict.fromkeys(("date", "time"), (1, 1)),
    **dict.fromkeys(("mindatetime", "maxdatetime", "now"), (0, 0)),
    **dict.fromkeys(("round", "floor", "ceiling"), (1, 1)),
    **dict.fromkeys(("geo.distance", "geo.intersects"), (2, 2)),
    "geo.length": (1, 1),
    "cast": (1, 2),
    "isof": (1, 2),
    "case": (1, 1_000),
}
_LAMBDAS = ("any", "all")
_BARE = {GUID: "Edm.Guid", DATE: "Edm.Date", DATE_TIME: "Edm.DateTimeOffset", TIME: "Edm.TimeOfDay"}

_TYPE_ARGUMENT = re.compile(rf"[ \t]*+(?:Collection\(({NAMES})\)|({NAMES}))(?=[ \t]*+\))")
_CLOSERS = (")", "]", "}", ",", ";", ":", "/", "=", "*")


class ExpressionParser(Lexer):
    """Reads expressions. Each method begins at its construct's first token, ends past its last."""

    __slots__ = ()

    def nested_options(self, context: str) -> tuple[QueryOption, ...]:
        """``($filter=…;$search=…)``, at its parenthesis."""
        raise NotImplementedError

    def start_expression(self) -> Expression:
        """An expression at the start of an option's value, where no space may stand."""
        if self.gap and self.token not in _JSON_OPENERS:
            self.fail(position=self.start - 1)
        return self.expression()

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
                self.fail(f"The right side of {operator} is missing.")
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
        if self.kind == STRING and literals.enum_members(self.token[1:-1]) is None:
            self.fail("After has stand enumeration members: has 'a' or has ns.Type'a,b'.")
        if self.kind not in (STRING, AT) and not (self.kind == WORD and self.follows("'")):
            self.fail("After has stands an enumeration value: has ns.Type'member'.")
        right = self.primary()
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
        if self.token in _CLOSERS:
            self.fail(f"A value or a property was expected before '{self.token}'.")
        self.fail()

    def _literal(self, literal: Literal | EnumLiteral | None) -> Literal | EnumLiteral:
        if literal is None:
            self.fail("This is not the form of such a literal.")
        self.grow(1)
        self.advance()
        return literal

    def _string(self) -> Expression:
        return self._literal(literals.string(self.token, self.start))

    def _number(self) -> Expression:
        return self._literal(literals.number(self.token, self.start))

    def _bare(self) -> Expression:
        value = self.token if self.kind == GUID else self.token.upper()
        return self._literal(Literal(_BARE[self.kind], value, self.token, self.start))

    def _word(self) -> Expression:
        name, start = self.token, self.start
        after = self.text[self.end : self.end + 1]
        if after == "(":
            return self._call()
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
            self.fail(_prefix_hint(prefix), start)
        return self._literal(literal)

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
        self.expect(")")
        self.leave()
        return node

    def _array(self) -> Expression:
        start = self.start
        items: list[Expression] = []
        height = 0
        for _ in self._separated("]"):
            items.append(self._value())
            height = max(height, self.height)
        self.grow(height + 1)
        return ListExpr(tuple(items), start)

    def _object(self) -> Expression:
        start = self.start
        members: list[tuple[str, Expression]] = []
        height = 0
        for _ in self._separated("}"):
            if self.kind != JSON:
                self.fail("A member's name stands in double quotes here.")
            name = self._json()
            self.expect(":")
            members.append((str(name.value), self._value()))
            height = max(height, self.height)
        self.grow(height + 1)
        return ObjectExpr(tuple(members), start)

    def _value(self) -> Expression:
        return self._json() if self.kind == JSON else self.expression()

    def _json(self) -> Literal:
        literal = literals.json_string(self.token, self.start)
        if literal is None:
            self.fail("An escape in this string names half a character.")
        self._literal(literal)
        return literal

    def _separated(self, closer: str) -> Iterator[None]:
        """Once for each item from this opening token to its closer; the caller reads the item."""
        self.enter()
        self.advance()
        if self.token != closer:
            yield
            while self.token == ",":
                self.advance()
                yield
        self.expect(closer)
        self.leave()

    # Calls ----------------------------------------------------------------------------------------

    def _call(self) -> Expression:
        """A name and its parenthesis at the start of a path."""
        name, start = self.token, self.start
        lowered = name.lower()
        self.advance()
        if lowered in METHODS and not self._is_named():
            return _SPECIAL.get(lowered, ExpressionParser._method)(self, name, start)
        if lowered in _LAMBDAS:
            hint = f"{name} follows a collection and a slash: members/{lowered}(m:m eq 'x')."
            self.fail(hint, start)
        self.height = 0
        return self.path(self._bound(None, name, start))

    def _method(self, name: str, start: int) -> Expression:
        arguments: list[Expression] = []
        height = 0
        for _ in self._separated(")"):
            arguments.append(self.expression())
            height = max(height, self.height)
        least, most = METHODS[name.lower()]
        if not least <= len(arguments) <= most:
            raise _wrong_arity(self.text, name, start, len(arguments))
        self.grow(height + 1)
        return Call(name, tuple(arguments), start)

    def _typed(self, name: str, start: int) -> Expression:
        """``cast`` and ``isof``: the last argument is a type's name."""
        self.enter()
        self.height = 0
        arguments: list[Expression | TypeName] = []
        type_name = self._type_name()
        if type_name:
            arguments.append(type_name)
        else:
            self.advance()
            place = self.start
            arguments.append(self.expression())
            if self.token == ",":
                arguments.append(self._type_name() or self._quoted_type())
            elif not (isinstance(arguments[0], Literal) and arguments[0].type == "Edm.String"):
                self.fail(_TYPE_EXPECTED, place)
        self.expect(")")
        self.leave()
        self.grow(self.height + 1)
        return Call(name, tuple(arguments), start)

    def _type_name(self) -> TypeName | None:
        """The type before the closing parenthesis, None with nothing read where there is none."""
        match = _TYPE_ARGUMENT.match(self.text, self.end)
        if match is None:
            return None
        self.end = match.end()
        self.advance()
        group = match.lastindex or 0
        self.check_name(match[group], match.start(group))
        return TypeName(match[group], group == 1, match.start(group))

    def _quoted_type(self) -> Literal:
        self.advance()
        if self.kind != STRING:
            self.fail(_TYPE_EXPECTED)
        height = self.height
        literal = literals.string(self.token, self.start)
        self._literal(literal)
        self.height = height
        return literal

    def _case(self, name: str, start: int) -> Expression:
        """Where ``10:11`` turns out to be no time of day, its colon is the branch's."""
        place, depth = self.start, self.depth
        try:
            return self._branches(start)
        except QueryError:
            if self.scan is scan_without_times:
                raise
            self.scan = scan_without_times
            try:
                self.end, self.depth = place, depth
                self.advance()
                return self._branches(start)
            except QueryError:
                pass
            finally:
                self.scan = scan
            raise

    def _branches(self, start: int) -> Case:
        branches: list[tuple[Expression, Expression]] = []
        tallest = 0
        for _ in self._separated(")"):
            condition = self.expression()
            tallest = max(tallest, self.height)
            self.expect(":")
            branches.append((condition, self.expression()))
            tallest = max(tallest, self.height)
        if not branches:
            self.fail("case needs conditions with values: case(size gt 5:'big',true:'no').", start)
        self.grow(tallest + 1)
        return Case(tuple(branches), start)

    def _is_named(self) -> bool:
        """Whether this parenthesis holds ``name=value``."""
        kind, _, _, end = self.peek()
        return kind == WORD and self.text.startswith("=", end)

    def _is_key(self) -> bool:
        """Whether this parenthesis holds one literal or alias and nothing else, no space either."""
        kind, token, start, end = self.peek()
        if start != self.end:
            return False
        if kind == WORD and self.text.startswith("'", end):
            _, _, _, end = self.peek(end)
        elif kind == WORD:
            if token == "null" or token not in literals.CONSTANTS:
                return False
        elif kind not in _KEY_KINDS:
            return False
        return self.text.startswith(")", end)

    def _bound(self, base: Expression | None, name: str, start: int) -> Expression:
        """A name after ``base/`` or at the start, at its parenthesis: parameters or a key."""
        if self._is_key():
            self.grow(self.height + 1)
            return self._key(Member(base, name, start) if base else Identifier(name, start))
        if not self._is_named() and self.peek()[1] != ")":
            self._refuse_arguments(base, name, start)
        height = self.height
        arguments: list[tuple[str, Expression]] = []
        for _ in self._separated(")"):
            arguments.append(self._named_argument())
            height = max(height, self.height)
        self.grow(height + 1)
        return BoundCall(base, name, tuple(arguments), start)

    def _named_argument(self) -> tuple[str, Expression]:
        name = self.token
        if self.kind != WORD or "." in name or not self.follows("="):
            self.fail(_NAMED_ONLY)
        self.advance()
        self.advance()
        if self.gap and self.token not in _JSON_OPENERS:
            self.fail(position=self.start - 1)
        return name, self.expression()

    def _key(self, base: Expression) -> Key:
        """``('A1')`` after what it is the key of."""
        start, height = self.start, self.height
        self.advance()
        value = self.primary()
        self.expect(")")
        self.grow(1 + max(height, self.height))
        return Key(base, value, position=start)

    def _refuse_arguments(self, base: Expression | None, name: str, start: int) -> NoReturn:
        if base is not None:
            self.fail(_NAMED_ONLY, self.end)
        close = difflib.get_close_matches(name.lower(), METHODS, 1, 0.7)
        hint = f"Is {close[0]} meant?" if close else _NAMED_ONLY
        message = f"An unknown function with name '{name}' was found."
        raise QueryError(message, start, self.text, _FORMER_FUNCTIONS.get(name.lower(), hint))

    # Paths ----------------------------------------------------------------------------------------

    def path(self, node: Expression) -> Expression:
        """The segments that follow; none follows ``/$count``, ``/any(…)`` and ``/all(…)``."""
        while not self.gap:
            if self.token == "(" and isinstance(node, BoundCall | FilterSegment) and self._is_key():
                node = self._key(node)
                continue
            if self.token != "/":
                break
            self.advance()
            if self.gap:
                self.fail(position=self.start - 1)
            node = self._segment(node)
            if isinstance(node, Count | Lambda):
                break
        return node

    def _segment(self, base: Expression) -> Expression:
        name, start = self.token, self.start
        if self.kind == WORD:
            if not self.follows("("):
                self.grow(self.height + 1)
                self.advance()
                return Member(base, name, start)
            self.advance()
            if name.lower() in _LAMBDAS:
                return self._lambda(base, name.lower(), start)
            return self._bound(base, name, start)
        if self.kind == AT:
            self.grow(self.height + 1)
            self.advance()
            term, _, qualifier = name[1:].partition("#")
            return Annotation(base, term, qualifier or None, start)
        if self.kind in _SEGMENT_KINDS:
            height = self.height
            value = self.primary()
            self.grow(height + 1)
            return Key(base, value, as_segment=True, position=start)
        if name == "$count":
            return self._count(base)
        if name != "$filter" or not self.follows("("):
            self.fail("A name was expected after '/'.")
        return self._filter_segment(base)

    def _lambda(self, base: Expression, kind: str, start: int) -> Lambda:
        height = self.height
        self.enter()
        self.advance()
        variable: str | None = None
        predicate: Expression | None = None
        if kind == "all" or self.token != ")":
            variable = self.token
            if self.kind != WORD or "." in variable:
                self.fail(f"{kind} needs a variable and a condition: {kind}(x:x eq 'a').")
            self.advance()
            self.expect(":")
            predicate = self.expression()
            height = max(height, self.height)
        self.expect(")")
        self.leave()
        self.grow(height + 1)
        return Lambda(base, kind, variable, predicate, start)

    def _count(self, base: Expression) -> Count:
        start = self.start
        height = self.height + 1
        self.advance()
        options = self.nested_options("count") if self.token == "(" and not self.gap else ()
        self.grow(max(height, self.height + 1))
        return Count(base, options, start)

    def _filter_segment(self, base: Expression) -> FilterSegment:
        start, height = self.start, self.height
        self.advance()
        self.enter()
        self.advance()
        if self.gap:
            self.fail(position=self.start - 1)
        predicate = self.expression()
        self.expect(")")
        self.leave()
        self.grow(1 + max(height, self.height))
        return FilterSegment(base, predicate, start)


def _junction(level: int, terms: list[Expression], position: int) -> And | Or:
    make = And if level == _AND else Or
    flat: list[Expression] = []
    for term in terms:
        if isinstance(term, make):
            flat.extend(term.terms)
        else:
            flat.append(term)
    return make(tuple(flat), position)


def _prefix_hint(prefix: str) -> str:
    if "." in prefix:
        return "Enumeration members are names or numbers, without spaces: ns.Type'a,b'."
    return _PREFIX_HINTS.get(prefix.lower(), "An enumeration's type is written with its namespace.")


def _wrong_arity(text: str, name: str, start: int, given: int) -> QueryError:
    least, most = METHODS[name.lower()]
    takes = f"{least}" if least == most else f"{least} or {most}"
    message = (
        f"No function signature for the function with name '{name}' "
        "matches the specified arguments."
    )
    hint = f"{name} takes {takes} argument{'' if takes == '1' else 's'}; {given} given."
    return QueryError(message, start, text, hint)


_NAMED_ONLY = "Every parameter of a function that is not OData's own is named: name=value."
_TYPE_EXPECTED = "A type's name was expected: isof('microsoft.graph.user')."
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
_FORMER_FUNCTIONS = {
    "substringof": "Use contains(name,'x').",
    "like": "Use contains(name,'x').",
    "replace": "OData 4 has no replace.",
    "lower": "Use tolower(name).",
    "upper": "Use toupper(name).",
}

_JSON_OPENERS = ("[", "{")
_SEGMENT_KINDS = {GUID, DATE, DATE_TIME, TIME, NUMBER}
_KEY_KINDS = {*_SEGMENT_KINDS, STRING, AT}

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
_SPECIAL: dict[str, Callable[[ExpressionParser, str, int], Expression]] = {
    "cast": ExpressionParser._typed,
    "isof": ExpressionParser._typed,
    "case": ExpressionParser._case,
}
