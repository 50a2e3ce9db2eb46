"""What is raised where a query option is not well written, and the bounds it is held to."""

from __future__ import annotations

from typing import NoReturn

#: Longest text of one query option, or of a whole query string, in characters.
MAX_LENGTH = 16_384
#: Deepest nesting of parentheses, lists and options, and tallest tree.
MAX_DEPTH = 100
#: Most items of a list after ``in``.
MAX_LIST = 1_000
#: Most nodes of one tree.
MAX_NODES = 4_000
#: Longest name (ABNF rule odataIdentifier), for each of a qualified name's parts.
MAX_NAME = 128

_SHOWN = 200


class QueryError(ValueError):
    """A query option that is not well formed.

    ``message`` is in the service's words and ``hint`` says what would be right, where that can be
    told; ``str()`` gives both. ``position`` is the 0-based index into ``text``, the decoded value
    of the option.
    """

    def __init__(self, message: str, position: int, text: str, hint: str | None = None) -> None:
        super().__init__(message, position, text, hint)
        self.message = message
        self.position = position
        self.text = text
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


def excerpt(text: str, position: int) -> str:
    """The text as a message shows it: whole when short, else what surrounds the position."""
    if len(text) <= _SHOWN:
        return text
    start = min(max(0, position - _SHOWN // 2), len(text) - _SHOWN)
    end = start + _SHOWN
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def syntax_error(text: str, position: int, hint: str | None) -> QueryError:
    """The service's ``Syntax error at position …``, to be raised."""
    message = f"Syntax error at position {position} in '{excerpt(text, position)}'."
    return QueryError(message, position, text, hint)


def refuse_limit(text: str, position: int, what: str) -> NoReturn:
    """Raises for a text that breaks one of the bounds above; ``what`` names it and its value."""
    raise QueryError(f"The query is too complex: {what}.", position, text)


def check_length(text: str) -> None:
    """Raises for a text longer than MAX_LENGTH."""
    if len(text) > MAX_LENGTH:
        refuse_limit(text, MAX_LENGTH, f"it has more than {MAX_LENGTH} characters")
