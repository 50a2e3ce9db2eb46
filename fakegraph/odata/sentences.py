"""What the service says where a parse fails, in the words of the OData library behind it.

The library's lexer goes first: a character that begins no token, a number that stops short, or a
date with a time that is none is refused as such, whatever the parser expected at its place.
"""

from __future__ import annotations

import re

from fakegraph.odata.errors import excerpt

SYNTAX = "Syntax error"
EXPRESSION = "Expression expected"
OPEN = "'(' expected"
CLOSE_OR_OPERATOR = "')' or operator expected"
CLOSE_OR_COMMA = "')' or ',' expected"
IDENTIFIER_EXPECTED = "An identifier was expected"
TERM = "Term"  # of $select and $expand

_DATE_TIME = re.compile(r"[0-9]{2,4}-[0-9]{1,2}-[0-9]{1,2}T[0-9]{1,2}:[0-9]{1,2}[^,) ]*+")
_SHORT_NUMBER = re.compile(
    r"[-+]?[0-9]++(?:\.(?![0-9])|(?:\.[0-9]++)?+[eE][-+]?+(?![0-9])(?![\w-]))"
)
# How tokens begin, the end among them; behind an @ stands a name.
_BEGINNING = re.compile(r"[\w()\[{/,:=*?.'$-]|@(?:[^\W\d]|\$|\Z)|\Z")
_NUMBER_LIKE = re.compile(r"[0-9@]")
_REST_OF_WORD = re.compile(r"(?<=\w)\w++")

#: The types that the prefixes of literals name; what stands before other quotes is taken for text.
_PREFIXED = {
    "binary": "Edm.Binary",
    "duration": "Edm.Duration",
    "geography": "Edm.Geography",
    "geometry": "Edm.Geometry",
}


def sentence_at(text: str, position: int, end: int, expected: str, *, token: bool = True) -> str:
    """The sentence for what stands at ``text[position:end]``, where ``expected`` would be right.

    ``token``: it is one at all. In a syntax error the service names the place behind it, else the
    one where it begins.
    """
    if not token and (date := _DATE_TIME.match(text, position)):
        return bad_date_time(date[0])
    if not token and (number := _SHORT_NUMBER.match(text, position)):
        return placed("A digit was expected", text, number.end())
    if not _BEGINNING.match(text, position):
        odd = position + text.startswith("@", position)
        return placed(f"{SYNTAX}: character '{text[odd]}' is not valid", text, odd)
    if expected == TERM:
        return f"Term '{excerpt(text, position)}' is not valid in a $select or $expand expression."
    if expected == IDENTIFIER_EXPECTED:
        return f"{expected} at position {position}."
    if expected == SYNTAX or (expected == EXPRESSION and _NUMBER_LIKE.match(text, position)):
        rest = _REST_OF_WORD.match(text, end)
        return placed(SYNTAX, text, rest.end() if rest else end)
    return placed(expected, text, position)


def placed(what: str, text: str, place: int) -> str:
    """A sentence about a place in a text."""
    return f"{what} at position {place} in '{excerpt(text, place)}'."


def bad_date_time(text: str) -> str:
    """What is said of a date with a time that is not well written, or does not exist."""
    return (
        f"The DateTimeOffset text '{excerpt(text, 0)}' should be in format "
        "'yyyy-mm-ddThh:mm:ss('.'s+)?(zzzzzz)?' and each field value is within valid range."
    )


def bad_literal(prefix: str, literal: str, position: int, text: str) -> str:
    """What is said of ``prefix'…'`` where it is no literal."""
    literal = excerpt(literal, 0)
    if "." in prefix:
        return f"The string '{literal}' is not a valid enumeration type constant."
    type_ = _PREFIXED.get(prefix.lower(), "Edm.String")
    place = f"at '{position}' in '{excerpt(text, position)}'"
    return f"Unrecognized '{type_}' literal '{literal}' {place}."


def unknown_function(name: str) -> str:
    """What is said of a call of what is no function."""
    return (
        f"An unknown function with name '{name}' was found. This may also be a function import or "
        "a key lookup on a navigation property, which is not allowed."
    )


def system_token(token: str, text: str) -> str:
    """What is said of a ``$name`` among those of properties."""
    return f"Found system token '{token}' in select or expand clause '{excerpt(text, 0)}'."


def unterminated(text: str, start: int, *, prefixed: bool = False) -> str:
    """What is said of a literal that begins there and does not end."""
    kind = "literal" if prefixed else "string literal"
    return f"There is an unterminated {kind} at position {len(text)} in '{excerpt(text, start)}'."
