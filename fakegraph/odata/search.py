"""From the text of ``$search`` to its tree: the ABNF's rules from search to searchExpr-incomplete.

Beyond the ABNF, and as Microsoft Graph documents it: inside a phrase ``\\"`` is a double quote and
``\\\\`` a backslash. The operators are AND, OR and NOT in capitals, and only where there is
something for them to join or negate: elsewhere they are words like others.
"""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from fakegraph.odata.errors import (
    MAX_DEPTH,
    MAX_NODES,
    QueryError,
    refuse_limit,
    syntax_error,
)
from fakegraph.odata.lexer import BLANK
from fakegraph.odata.nodes import (
    SearchAnd,
    SearchExpression,
    SearchIncomplete,
    SearchNot,
    SearchOr,
    SearchPhrase,
    SearchWord,
)
from fakegraph.odata.sentences import (
    CLOSE_OR_OPERATOR,
    EXPRESSION,
    SYNTAX,
    placed,
    unterminated,
)

_PHRASE = r'"(?:[^"\\]|\\[\s\S])++"'
_INCOMPLETE = re.compile(r"'[^']*+(?:''[^']*+)*+'")
_TOKEN = re.compile(
    rf"{BLANK}*+(?:(?P<word>[^\s()\"'][^\s()\"]*+)|(?P<phrase>{_PHRASE})|(?P<open>\()|(?P<close>\)))"
)
_SPACE = re.compile(rf"{BLANK}*+")
_ESCAPE = re.compile(r'\\(["\\])')
_OPERANDS = ("word", "phrase", "open")


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    gap: bool


def read_search(text: str, start: int, end: int) -> SearchExpression:
    """The tree of the search that is all of ``text[start:end]``. Raises QueryError."""
    end = start + len(text[start:end].rstrip())
    place = _space_end(text, start, end)
    incomplete = _INCOMPLETE.fullmatch(text, place, end)
    if incomplete:
        return SearchIncomplete(incomplete[0][1:-1].replace("''", "'"), place)
    return _Search(text, _tokens(text, place, end)).whole()


def search_end(text: str, start: int, next_option: re.Pattern[str]) -> int:
    """Where a search ends that stands among other options in parentheses.

    A semicolon ends it only when another option follows: words may contain semicolons, and in
    decoded text they look the same as the separator.
    """
    place = _space_end(text, start, len(text))
    incomplete = _INCOMPLETE.match(text, place)
    if incomplete and text[incomplete.end() : incomplete.end() + 1] in (")", ";"):
        return incomplete.end()
    depth = 0
    for piece in _PIECE.finditer(text, place):
        character = piece[0]
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth < 0:
                return piece.start()
        elif character == ";" and not depth and next_option.match(text, piece.end()):
            return piece.start()
    return len(text)


_PIECE = re.compile(rf"{_PHRASE}|[^\"();]++|[\s\S]")


def _space_end(text: str, start: int, end: int) -> int:
    match = _SPACE.match(text, start, end)
    return match.end() if match else start


def _tokens(text: str, place: int, end: int) -> list[_Token]:
    """All tokens, and one of kind ``end`` after them."""
    tokens: list[_Token] = []
    while True:
        match = _TOKEN.match(text, place, end)
        if match is None:
            break
        kind = match.lastgroup or ""
        gap = match.start(kind) > place
        tokens.append(_Token(kind, match[kind], match.start(kind), gap))
        place = match.end()
    rest = _space_end(text, place, end)
    if rest < end:
        _refuse(text, rest)
    tokens.append(_Token("end", "", end, gap=False))
    return tokens


def _refuse(text: str, position: int) -> NoReturn:
    if text.startswith('""', position):
        raise syntax_error(text, position, "A phrase has at least one character.")
    if text.startswith('"', position):
        raise QueryError(
            unterminated(text, position),
            position,
            text,
            'End the phrase with a double quote; one inside it is written \\".',
        )
    if text.startswith("'", position):
        raise syntax_error(text, position, 'A phrase stands in double quotes: "blue green".')
    raise syntax_error(text, position, "Write control characters percent-encoded in a phrase.")


class _Search:
    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.index = 0
        self.depth = 0
        #: Of the tree made last.
        self.height = 0
        if len(tokens) > MAX_NODES:
            start = tokens[MAX_NODES].start
            refuse_limit(text, start, f"it has more than {MAX_NODES} parts")

    def whole(self) -> SearchExpression:
        search = self.alternatives()
        if self.token.kind != "end":
            self.fail("There is nothing open that this could close.")
        return search

    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def fail(self, hint: str, expected: str = SYNTAX) -> NoReturn:
        _, text, start, _ = self.token
        place = start + len(text) if expected == SYNTAX else start
        raise QueryError(placed(expected, self.text, place), start, self.text, hint)

    def joins(self, word: str, index: int) -> bool:
        """Whether the token there is this operator, with something for it to work on."""
        token = self.tokens[index]
        return (
            token.kind == "word" and token.text == word and self.tokens[index + 1].kind in _OPERANDS
        )

    def alternatives(self) -> SearchExpression:
        start = self.token.start
        terms = [self.conjunction()]
        height = self.height
        while self.joins("OR", self.index):
            self.index += 1
            self.require_gap()
            terms.append(self.conjunction())
            height = max(height, self.height)
        if len(terms) == 1:
            return terms[0]
        self.grow(height + 1)
        flat = [t for term in terms for t in (term.terms if isinstance(term, SearchOr) else [term])]
        return SearchOr(tuple(flat), start)

    def conjunction(self) -> SearchExpression:
        start = self.token.start
        terms = [self.negation()]
        height = self.height
        while self.token.kind in _OPERANDS and not self.joins("OR", self.index):
            self.require_gap()
            if self.joins("AND", self.index):
                self.index += 1
                self.require_gap()
            terms.append(self.negation())
            height = max(height, self.height)
        if len(terms) == 1:
            return terms[0]
        self.grow(height + 1)
        flat = [
            t for term in terms for t in (term.terms if isinstance(term, SearchAnd) else [term])
        ]
        return SearchAnd(tuple(flat), start)

    def negation(self) -> SearchExpression:
        negations: list[int] = []
        while self.joins("NOT", self.index) and not self.negates_nothing():
            negations.append(self.token.start)
            self.index += 1
            self.require_gap()
        search = self.operand()
        for start in reversed(negations):
            self.grow(self.height + 1)
            search = SearchNot(search, start)
        return search

    def negates_nothing(self) -> bool:
        """Whether what follows ``NOT`` is an operator, so that it must be a word itself."""
        return self.joins("AND", self.index + 1) or self.joins("OR", self.index + 1)

    def operand(self) -> SearchExpression:
        kind, text, start, _ = self.token
        if kind not in _OPERANDS:
            self.fail("Something to search for was expected here.", EXPRESSION)
        self.index += 1
        self.height = 1
        if kind == "word":
            return SearchWord(text, start)
        if kind == "phrase":
            return SearchPhrase(_ESCAPE.sub(r"\1", text[1:-1]), start)
        return self.parenthesis()

    def parenthesis(self) -> SearchExpression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            start = self.token.start
            refuse_limit(self.text, start, f"it is nested more than {MAX_DEPTH} levels deep")
        search = self.alternatives()
        if self.token.kind != "close":
            self.fail("A ')' is missing.", CLOSE_OR_OPERATOR)
        self.index += 1
        self.depth -= 1
        return search

    def require_gap(self) -> None:
        if not self.token.gap:
            self.fail("A space must stand between words, phrases and parentheses.")

    def grow(self, height: int) -> None:
        self.height = height
        if height > MAX_DEPTH:
            start = self.token.start
            refuse_limit(self.text, start, f"its tree is more than {MAX_DEPTH} levels high")
