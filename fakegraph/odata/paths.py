"""From tokens to paths and calls: what begins with a name, and all that a slash may join to it.

ABNF: section 4, "Expressions", from rootExpr to methodCallExpr, with castExpr, isofExpr and case.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

from fakegraph.odata import literals
from fakegraph.odata.errors import QueryError, excerpt
from fakegraph.odata.lexer import (
    AT,
    BLANK,
    DATE,
    DATE_TIME,
    GUID,
    IDENTIFIER,
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
    Annotation,
    BoundCall,
    Call,
    Case,
    Count,
    EnumLiteral,
    Expression,
    FilterSegment,
    Identifier,
    Key,
    Lambda,
    Literal,
    Member,
    QueryOption,
    TypeName,
)
from fakegraph.odata.sentences import IDENTIFIER_EXPECTED, unknown_function

_T = TypeVar("_T")
_Literal = TypeVar("_Literal", bound=Literal | EnumLiteral)

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

_SEGMENT_KINDS = {GUID, DATE, DATE_TIME, TIME, NUMBER}
_KEY_KINDS = {*_SEGMENT_KINDS, STRING, AT}

_PARAMETER = re.compile(rf"{BLANK}*+{IDENTIFIER}{BLANK}*+=")
_TYPE_ARGUMENT = re.compile(rf"{BLANK}*+(?:Collection\(({NAMES})\)|({NAMES}))(?={BLANK}*+\))")
_NAMED_ONLY = "Every parameter of a function that is not OData's own is named: name=value."
_TYPE_EXPECTED = "A type's name was expected: isof('microsoft.graph.user')."
_FORMER_FUNCTIONS = {
    "substringof": "Use contains(name,'x').",
    "like": "Use contains(name,'x').",
    "replace": "OData 4 has no replace.",
    "lower": "Use tolower(name).",
    "upper": "Use toupper(name).",
}


class PathParser(Lexer):
    """Reads paths and calls; what stands in their parentheses is read by its heirs."""

    __slots__ = ()

    def expression(self) -> Expression:
        """commonExpr."""
        raise NotImplementedError

    def primary(self) -> Expression:
        """An operand without its operators."""
        raise NotImplementedError

    def nested_options(self, context: str) -> tuple[QueryOption, ...]:
        """``($filter=…;$search=…)``, at its parenthesis."""
        raise NotImplementedError

    def literal(self, literal: _Literal) -> _Literal:
        """Moves past the token that is this literal."""
        self.grow(1)
        self.advance()
        return literal

    def separated(self, closer: str, read: Callable[[], _T]) -> list[_T]:
        """The items from this opening token to its closer; the height is the tallest one's."""
        self.enter()
        self.advance()
        items: list[_T] = []
        height = 0
        while items or self.token != closer:
            items.append(read())
            height = max(height, self.height)
            if self.token != ",":
                break
            self.advance()
        self.height = height
        self.expect(closer)
        self.leave()
        return items

    # Calls ----------------------------------------------------------------------------------------

    def call(self) -> Expression:
        """A name and its parenthesis at the start of a path."""
        name, start = self.token, self.start
        lowered = name.lower()
        self.advance()
        if lowered in METHODS and not self._is_named():
            return _SPECIAL.get(lowered, PathParser._method)(self, name, start)
        if lowered in _LAMBDAS:
            hint = f"{name} follows a collection and a slash: members/{lowered}(m:m eq 'x')."
            self.fail(hint, start)
        self.height = 0
        return self.path(self._bound(None, name, start))

    def _method(self, name: str, start: int) -> Expression:
        arguments = self.separated(")", self.expression)
        least, most = METHODS[name.lower()]
        if not least <= len(arguments) <= most:
            raise _wrong_arity(self.text, name, start, len(arguments))
        self.grow(self.height + 1)
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
        literal = self.literal(literals.string(self.token, self.start))
        self.height = height
        return literal

    def _case(self, name: str, start: int) -> Expression:
        """Where ``10:11`` turns out to be no time of day, its colon is the branch's."""
        place, depth = self.start, self.depth
        try:
            return self._branches(start)
        except QueryError:
            if self.scan is scan_without_times():
                raise
            self.scan = scan_without_times()
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
        branches = self.separated(")", self._branch)
        if not branches:
            self.fail("case needs conditions with values: case(size gt 5:'big',true:'no').", start)
        self.grow(self.height + 1)
        return Case(tuple(branches), start)

    def _branch(self) -> tuple[Expression, Expression]:
        condition, height = self.expression(), self.height
        self.expect(":")
        value = self.expression()
        self.height = max(height, self.height)
        return condition, value

    def _is_named(self) -> bool:
        """Whether this parenthesis holds ``name=value``."""
        return _PARAMETER.match(self.text, self.end) is not None

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
        arguments = self.separated(")", self._named_argument)
        self.grow(1 + max(height, self.height))
        return BoundCall(base, name, tuple(arguments), start)

    def _named_argument(self) -> tuple[str, Expression]:
        name = self.token
        if self.kind != WORD or "." in name or self.peek()[1] != "=":
            self.fail(_NAMED_ONLY)
        self.advance()
        self.advance()
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
        message = unknown_function(excerpt(name, 0))
        raise QueryError(message, start, self.text, _FORMER_FUNCTIONS.get(name.lower(), hint))

    # Paths ----------------------------------------------------------------------------------------

    def path(self, node: Expression) -> Expression:
        """The segments that follow; none follows ``/$count``, ``/any(…)`` and ``/all(…)``."""
        while True:
            if self._has_key_after(node):
                node = self._key(node)
                continue
            if self.token != "/":
                break
            self.advance()
            node = self._segment(node)
            if isinstance(node, Count | Lambda):
                break
        return node

    def _has_key_after(self, node: Expression) -> bool:
        """Whether a key follows at once what a call or a filter gives."""
        return (
            self.token == "("
            and not self.gap
            and isinstance(node, BoundCall | FilterSegment)
            and self._is_key()
        )

    def _segment(self, base: Expression) -> Expression:
        name, start = self.token, self.start
        if self.kind == WORD:
            self.advance()
            if self.token == "(" and name.lower() in _LAMBDAS:
                return self._lambda(base, name.lower(), start)
            if self.token == "(" and not self.gap:
                return self._bound(base, name, start)
            self.grow(self.height + 1)
            return Member(base, name, start)
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
                hint = f"{kind} needs a variable and a condition: {kind}(x:x eq 'a')."
                self.fail(hint, expected=IDENTIFIER_EXPECTED)
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
        predicate = self.expression()
        self.expect(")")
        self.leave()
        self.grow(1 + max(height, self.height))
        return FilterSegment(base, predicate, start)


def _wrong_arity(text: str, name: str, start: int, given: int) -> QueryError:
    from fakegraph.odata.functions import no_signature

    least, most = METHODS[name.lower()]
    takes = f"{least}" if least == most else f"{least} or {most}"
    hint = f"{name} takes {takes} argument{'' if takes == '1' else 's'}; {given} given."
    return QueryError(no_signature(name), start, text, hint)


_SPECIAL: dict[str, Callable[[PathParser, str, int], Expression]] = {
    "cast": PathParser._typed,
    "isof": PathParser._typed,
    "case": PathParser._case,
}
