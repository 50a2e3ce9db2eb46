"""Expressions of attribute mappings: read, and worked out as far as their functions are known.

https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from fakegraph.dataclass import dataclass

_TOKEN = re.compile(
    r"""\s*(?:\[(?P<attribute>[^\[\]]+)\]|"(?P<text>(?:[^"\\]|\\.)*)"|(?P<number>-?\d+)"""
    r"""|(?P<name>[A-Za-z]\w*)\s*\(|(?P<sign>[(),]))"""
)
_LONGEST, _DEEPEST = 10_000, 50

Values = Mapping[str, str]


class Unreadable(ValueError):
    """It is no expression."""


class Unknown(ValueError):
    """It can be read, and is not worked out."""


@dataclass(frozen=True)
class Node:
    """``kind``: ``Attribute``, ``Constant`` or ``Function``; ``name`` which one.

    Of a function, ``parts`` are its arguments, None for one that is left out. ``text`` is as it
    stands in the expression.
    """

    kind: str
    name: str
    text: str
    parts: tuple[Node | None, ...] = ()


# Reading ----------------------------------------------------------------------------------------


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def whole(self) -> Node:
        found = self._node(0)
        if self._text[self._at :].strip():
            raise Unreadable(f"Nothing may follow behind position {self._at}.")
        return found

    def _node(self, depth: int) -> Node:
        found = _TOKEN.match(self._text, self._at)
        if found is None or found["sign"] or depth > _DEEPEST:
            raise Unreadable(f"An attribute, a text or a function is missing at {self._at}.")
        begin = found.start(found.lastgroup or 0) - (0 if found["name"] or found["number"] else 1)
        self._at = found.end()
        if found["attribute"] is not None:
            return Node("Attribute", found["attribute"], self._since(begin))
        if found["name"] is None:
            text = found["number"] or re.sub(r"\\(.)", r"\1", found["text"] or "")
            return Node("Constant", text, self._since(begin))
        parts = self._parts(depth + 1)
        return Node("Function", found["name"], self._since(begin), parts)

    def _since(self, begin: int) -> str:
        return self._text[begin : self._at]

    def _parts(self, depth: int) -> tuple[Node | None, ...]:
        """The arguments, up to the parenthesis that ends them; what is left out is None."""
        parts: list[Node | None] = []
        while True:
            ends = self._sign()
            if not ends:
                parts.append(self._node(depth))
                ends = self._sign()
            elif parts or ends == ",":
                parts.append(None)
            if ends == ")":
                return tuple(parts)
            if ends != ",":
                raise Unreadable(f"A comma or a parenthesis is missing at {self._at}.")

    def _sign(self) -> str:
        found = _TOKEN.match(self._text, self._at)
        if found is None or not found["sign"] or found["sign"] == "(":
            return ""
        self._at = found.end()
        return str(found["sign"])


def read(text: str) -> Node:
    """What an expression means. Raises Unreadable."""
    if len(text) > _LONGEST:
        raise Unreadable(f"An expression has {_LONGEST} characters at most.")
    return _Reader(text).whole()


# Working out ------------------------------------------------------------------------------------

Given = Sequence[str | None]


def _replaced(given: Given) -> str:
    source, find, pattern, _, replacement = [*given, *[None] * 5][:5]
    if pattern:
        raise Unknown("Replace with a regular expression is not worked out here.")
    return (source or "").replace(find, replacement or "") if find else source or ""


def _middle(given: Given) -> str:
    source, start, length = given
    begin = int(start or 1) - 1
    return (source or "")[begin : begin + int(length or 0)]


def _first(given: Given) -> str:
    return next((each for each in given if each), "")


def _joined(given: Given) -> str:
    separator, *rest = given
    return (separator or "").join(each for each in rest if each)


_FUNCTIONS: Mapping[str, tuple[tuple[str, ...], Callable[[Given], str]]] = {
    "append": (("source", "suffix"), lambda given: "".join(each or "" for each in given)),
    "coalesce": (("source",), _first),
    "join": (("separator", "source"), _joined),
    "mid": (("source", "start", "length"), _middle),
    "replace": (
        (
            *("source", "Find", "RegexPattern", "RegexGroupName", "Replacement"),
            *("ReplacementAttribute", "Template"),
        ),
        _replaced,
    ),
    "stripspaces": (("source",), lambda given: (given[0] or "").replace(" ", "")),
    "tolower": (("source", "culture"), lambda given: (given[0] or "").lower()),
    "toupper": (("source", "culture"), lambda given: (given[0] or "").upper()),
    "trim": (("source",), lambda given: (given[0] or "").strip()),
}


def names_of(node: Node) -> tuple[str, ...]:
    """What the arguments of a function are called, where it is known; the last one may be many."""
    known = _FUNCTIONS.get(node.name.casefold())
    return () if known is None else known[0]


def worked_out(node: Node, values: Values) -> str | None:
    """The value of an expression for an object with these values. Raises Unknown."""
    if node.kind == "Attribute":
        return values.get(node.name.casefold())
    if node.kind == "Constant":
        return node.name
    known = _FUNCTIONS.get(node.name.casefold())
    if known is None:
        raise Unknown(f"The function {node.name} is not worked out here.")
    given = [None if each is None else worked_out(each, values) for each in node.parts]
    try:
        return known[1](given)
    except (ValueError, IndexError) as error:
        raise Unknown(f"{node.name} has other arguments: {', '.join(known[0])}.") from error
