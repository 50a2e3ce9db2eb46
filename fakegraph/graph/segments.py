"""The text of one segment of a path: a name, and what stands in the parentheses behind it.

OData 4.01 Part 2: Conventions, sections 4.3.1 (keys) and 4.5 (functions).
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from fakegraph.errors import GraphError, bad_request
from fakegraph.graph import refusals

Written = tuple[tuple[str, str], ...]
"""What stands in parentheses: names, each with a literal or alias; ``("", "'x'")`` has no name."""

# Every quantifier is possessive, so that no text makes it go back and try again.
_STRING = r"'[^']*+(?:''[^']*+)*+'"
_JSON = r'"(?:[^"\\]|\\.)*+"'
_ITEMS = rf"\[(?:{_STRING}|{_JSON}|[^\[\]'\"])*+\]"
_ARGUMENT = re.compile(
    rf"\s*+(?:(?P<name>[^\W\d]\w*+)\s*+=\s*+)?+"
    rf"(?P<value>(?:{_STRING}|{_JSON}|{_ITEMS}|[^,'\"\[\]])++)(?:,|\Z)"
)


class Call(NamedTuple):
    """A segment: its whole text, the name that it begins with, what stands in parentheses.

    ``written`` is None where there are none.
    """

    text: str
    name: str
    written: Written | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The names in the parentheses, folded."""
        return tuple(folded(name) for name, _ in self.written or ())


def check_text(path: str) -> None:
    """Refuse what is no text at all. Raises GraphError (400)."""
    if not path.isascii():
        try:
            path.encode()
        except UnicodeEncodeError:
            raise _not_utf8() from None


def decoded(text: str) -> str:
    """Percent-encoded text as it is meant. Raises GraphError (400)."""
    if "%" not in text:
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise _not_utf8() from None


def _not_utf8() -> GraphError:
    return bad_request("The path is not percent-encoded UTF-8.")


def folded(text: str) -> str:
    """What two spellings of a name have in common: names are ASCII where case does not matter."""
    return text.lower() if text.isascii() else text


def is_open(text: str) -> bool:
    """Whether a string in parentheses has begun and not ended, so that a slash is part of it."""
    return text.partition("(")[2].count("'") % 2 == 1


def read_call(text: str) -> Call:
    """Cut a segment that may call a function or have a key behind it. Raises GraphError (400)."""
    name, opening, rest = text.partition("(")
    if not opening:
        return Call(text, text)
    if not rest.endswith(")"):
        raise refusals.bad_syntax(text, "its parenthesis does not end with it.")
    if not name:
        raise refusals.no_name()
    return Call(text, name, tuple(_written(text, rest[:-1])))


def _written(text: str, inside: str) -> list[tuple[str, str]]:
    found = []
    position = 0
    while position < len(inside):
        match = _ARGUMENT.match(inside, position)
        if match is None:
            raise _bad_arguments(text, inside[position:])
        found.append((match["name"] or "", match["value"].strip()))
        position = match.end()
    if inside.rstrip().endswith(","):
        raise _bad_arguments(text, ",")
    return found


def _bad_arguments(text: str, rest: str) -> GraphError:
    return refusals.bad_syntax(
        text,
        f"In parentheses stand name='value', name=@alias or a key; '{rest[:80]}' is none of these.",
    )
