"""From text to tokens, one at a time.

One regular expression knows every token. It takes whole words first: whether ``any``, ``not`` or
``eq`` is a keyword depends on where the word stands, and that is the parser's business. Every
quantifier over unbounded input is possessive, so no input makes it go back and try again.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable
from typing import NoReturn, cast

from fakegraph.odata.errors import (
    MAX_DEPTH,
    MAX_NAME,
    MAX_NODES,
    QueryError,
    check_length,
    refuse_limit,
)
from fakegraph.odata.hints import hint_at
from fakegraph.odata.sentences import CLOSE_OR_COMMA, SYNTAX, TERM, sentence_at, unterminated

# A token's kind is the number of its group. Punctuation is told apart by its text.
GUID, WORD, PUNCTUATION, STRING, DATE_TIME, DATE, TIME, NUMBER, JSON, DOLLAR, AT, END, BAD = range(
    1, 14
)

#: What may stand between tokens: what .NET's ``Char.IsWhiteSpace`` knows. Python knows a few more.
BLANK = r"[^\S\x1c-\x1f]"
# Letters, digits, underscore and all that is not ASCII and no space: check_name looks closer at it.
# Said as what is left out, since sets that reach beyond ASCII are slow, to compile above all.
IDENTIFIER = r"[^\x00-@\[-^`{-\x7f\s][^\x00-/:-@\[-^`{-\x7f\s]*+"
NAMES = rf"{IDENTIFIER}(?:\.{IDENTIFIER})*+"
_DATE = r"-?(?:0[0-9]{3}|[1-9][0-9]{3}[0-9]*+)-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_HOUR_MINUTE = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_SECOND = r":(?:[0-5][0-9]|60)(?:\.[0-9]{1,12})?"
_CHARACTERS = r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+'

_Scan = Callable[[str, int], re.Match[str]]


def _tokens(time: str) -> _Scan:
    groups = (
        r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}(?![\w-])",
        NAMES,
        r"[()/,:;=*\[\]{}]|-(?![0-9]|INF\b)|\.\*",
        r"'[^']*+(?:''[^']*+)*+'",
        rf"{_DATE}[Tt]{_HOUR_MINUTE}(?:{_SECOND})?(?:[Zz]|[-+]{_HOUR_MINUTE})(?![\w.])",
        rf"{_DATE}(?![\w.-])",
        time,
        r"[-+]?[0-9]++(?:\.[0-9]++)?+(?:[eE][-+]?[0-9]++)?+(?![\w.]|-[0-9])|-INF(?![\w.])",
        f'"{_CHARACTERS}"',
        r"\$[A-Za-z]++",
        rf"@{NAMES}(?:\#{IDENTIFIER})?+",
        r"\Z",
        r"[\s\S]",
    )
    pattern = rf"{BLANK}*+(?:{'|'.join(f'({group})' for group in groups)})"
    # The last two groups make it match anywhere.
    return cast("_Scan", re.compile(pattern).match)


scan = _tokens(rf"{_HOUR_MINUTE}(?:{_SECOND}(?![\w.])|(?![\w.]|{_SECOND}))")


@functools.cache
def scan_without_times() -> _Scan:
    """Like scan, where ``10:11`` is a number, a colon, and another number."""
    return _tokens("(?!)")


# ABNF rule odataIdentifier, for what the pattern above lets through.
_LEADING = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"}
_FOLLOWING = _LEADING | {"Nd", "Mn", "Mc", "Pc", "Cf"}

_NAMED = (WORD, AT)


class Lexer:
    """The text, the token that is read next, and what the tree has grown to.

    The current token is described by ``kind``, ``token`` (its text), ``start``, ``end``, and
    ``gap``: whether there was white space before it.
    """

    __slots__ = (
        "depth",
        "end",
        "gap",
        "height",
        "kind",
        "nodes",
        "scan",
        "start",
        "text",
        "token",
        "unusual",
    )

    def __init__(self, text: str) -> None:
        check_length(text)
        self.text = text
        #: Whether there can be names in it that need a closer look.
        self.unusual = len(text) > MAX_NAME or not text.isascii()
        self.scan = scan
        self.kind = 0
        self.token = ""
        self.start = self.end = 0
        self.gap = False
        self.depth = 0
        #: Of the tree made last.
        self.height = 0
        self.nodes = 0
        self.advance()

    def advance(self) -> None:
        """Moves on to the next token."""
        match = self.scan(self.text, self.end)
        kind = match.lastindex or BAD
        start, end = match.span(kind)
        self.gap = start > self.end
        self.kind, self.start, self.end = kind, start, end
        self.token = token = match[kind]
        if self.unusual and kind in _NAMED:
            sigil = 1 if kind == AT else 0
            self.check_name(token[sigil:], start + sigil)
        elif kind == BAD and token == "'":
            self._refuse_open_string()

    def peek(self, place: int | None = None) -> tuple[int, str, int, int]:
        """Kind, text, start and end of the token after the current one, or after that place."""
        match = self.scan(self.text, self.end if place is None else place)
        kind = match.lastindex or BAD
        return kind, match[kind], match.start(kind), match.end()

    def follows(self, character: str) -> bool:
        """Whether the current token is followed at once by this character."""
        return self.text.startswith(character, self.end)

    def expect(self, token: str, expected: str | None = None) -> None:
        """Moves past this punctuation, or refuses what stands in its place."""
        if self.token != token:
            expected = expected or (CLOSE_OR_COMMA if token == ")" else SYNTAX)
            if self.kind == END:
                self.fail(f"A '{token}' is missing.", expected=expected)
            hint = f"A '{token}' was expected here." if token == ":" else None
            self.fail(hint, expected=expected)
        self.advance()

    def finish(self, *, terms: bool = False) -> None:
        """Refuses what the grammar found no place for; ``terms``: behind those of ``$select``."""
        if self.kind != END:
            self.fail(expected=TERM if terms else SYNTAX)

    def fail(
        self, hint: str | None = None, position: int | None = None, expected: str = SYNTAX
    ) -> NoReturn:
        """Refuses the current token, or what stands at the position."""
        position = self.start if position is None else position
        kind, _, _, end = self.peek(position)
        message = sentence_at(self.text, position, end, expected, token=kind != BAD)
        hint = hint or hint_at(self.text, position, terms=expected == TERM)
        raise QueryError(message, position, self.text, hint)

    def enter(self) -> None:
        """One level deeper; every level is a few frames of Python's own stack."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            refuse_limit(self.text, self.start, f"it is nested more than {MAX_DEPTH} levels deep")

    def leave(self) -> None:
        self.depth -= 1

    def grow(self, height: int) -> None:
        """Notes that a node of this height is made."""
        self.height = height
        self.nodes += 1
        if height > MAX_DEPTH:
            refuse_limit(self.text, self.start, f"its tree is more than {MAX_DEPTH} levels high")
        if self.nodes > MAX_NODES:
            refuse_limit(self.text, self.start, f"it has more than {MAX_NODES} parts")

    def _refuse_open_string(self) -> NoReturn:
        before = self.text[self.start - 1 : self.start]
        prefixed = before == "_" or before.isalnum()
        raise QueryError(
            unterminated(self.text, self.start, prefixed=prefixed),
            self.start,
            self.text,
            "End it with a single quote; a quote inside it is written twice: 'O''Neil'.",
        )

    def check_name(self, name: str, start: int) -> None:
        """Refuses what is no odataIdentifier, or several with dots or a ``#`` between them."""
        if len(name) <= MAX_NAME and name.isascii():
            return
        for part in re.finditer(r"[^.#]+", name):
            if part.end() - part.start() > MAX_NAME:
                refuse_limit(self.text, start, f"a name has more than {MAX_NAME} characters")
            for index, character in enumerate(part[0], part.start()):
                allowed = _LEADING if index == part.start() else _FOLLOWING
                if character != "_" and unicodedata.category(character) not in allowed:
                    hint = hint_at(self.text, start + index, "A name cannot have this character.")
                    self.fail(hint, start + index)
