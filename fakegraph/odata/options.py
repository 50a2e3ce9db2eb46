"""The query options: single values, those nested in parentheses, and the whole query string.

ABNF: section 2, "Query Options". Names of options are compared without case and, as on Microsoft
Graph, may stand without their ``$``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeVar
from urllib.parse import unquote, unquote_plus

from fakegraph.odata.errors import (
    MAX_DEPTH,
    QueryError,
    check_length,
    excerpt,
    refuse_limit,
    syntax_error,
)
from fakegraph.odata.expressions import ExpressionParser
from fakegraph.odata.lexer import AT, BLANK, DOLLAR, IDENTIFIER, WORD
from fakegraph.odata.nodes import (
    ComputeItem,
    ExpandItem,
    Expression,
    OptionValue,
    OrderTerm,
    QueryOption,
    SearchExpression,
    SelectItem,
)
from fakegraph.odata.search import read_search, search_end
from fakegraph.odata.sentences import IDENTIFIER_EXPECTED, TERM, system_token

_T = TypeVar("_T")


def parse_filter(text: str) -> Expression:
    """The tree of a ``$filter`` value, Boolean or not. Raises QueryError."""
    return _whole(text, OptionParser.filter)


def parse_expression(text: str) -> Expression:
    """The tree of a parameter alias's value. Raises QueryError."""
    return _whole(text, OptionParser.filter)


def parse_orderby(text: str) -> tuple[OrderTerm, ...]:
    """The terms of an ``$orderby`` value, at least one. Raises QueryError."""
    return _whole(text, OptionParser.orderby)


def parse_select(text: str) -> tuple[SelectItem, ...]:
    """The items of a ``$select`` value, at least one. Raises QueryError."""
    return _whole(text, OptionParser.select)


def parse_expand(text: str) -> tuple[ExpandItem, ...]:
    """The items of an ``$expand`` value, at least one. Raises QueryError."""
    return _whole(text, OptionParser.expand)


def parse_compute(text: str) -> tuple[ComputeItem, ...]:
    """The items of a ``$compute`` value, at least one. Raises QueryError."""
    return _whole(text, OptionParser.compute)


def parse_search(text: str) -> SearchExpression:
    """The tree of a ``$search`` value. Raises QueryError."""
    check_length(text)
    try:
        return read_search(text, 0, len(text))
    except RecursionError:
        refuse_limit(text, 0, f"it is nested more than {MAX_DEPTH} levels deep")


def parse_query_options(query: str) -> tuple[QueryOption, ...]:
    """The options of a query string, undecoded and without its ``?``, in their order.

    An option written twice is returned twice. Raises QueryError; its ``text`` is the decoded value
    of the option that is wrong or, where no value can be told, the query string.
    """
    check_length(query)
    if "#" in query:
        raise syntax_error(query, query.index("#"), "A # ends the query: it is written %23.")
    options: list[QueryOption] = []
    start = 0
    for part in query.split("&") if query else ():
        end = start + len(part)
        previous = options[-1].name if options else None
        options.append(_query_option(query, start, end, previous))
        start = end + 1
    return tuple(options)


def _whole(text: str, read: Callable[[OptionParser], _T]) -> _T:
    try:
        parser = OptionParser(text)
        value = read(parser)
        parser.finish(terms=read in (OptionParser.select, OptionParser.expand))
    except RecursionError:
        # Only when the caller is itself hundreds of calls deep.
        refuse_limit(text, 0, f"it is nested more than {MAX_DEPTH} levels deep")
    return value


class OptionParser(ExpressionParser):
    """Reads the values of options. Each method starts at the value's first token."""

    __slots__ = ()

    def filter(self) -> Expression:
        return self.expression()

    def orderby(self) -> tuple[OrderTerm, ...]:
        return tuple(self._items(self._order_term))

    def _order_term(self) -> OrderTerm:
        start = self.start
        expression = self.expression()
        direction = self.token.lower()
        if self.kind != WORD or not self.gap or direction not in ("asc", "desc"):
            return OrderTerm(expression, False, start)
        self.advance()
        return OrderTerm(expression, direction == "desc", start)

    def compute(self) -> tuple[ComputeItem, ...]:
        return tuple(self._items(self._compute_item))

    def _compute_item(self) -> ComputeItem:
        start = self.start
        expression = self.expression()
        if self.kind != WORD or not self.gap or self.token.lower() != "as":
            self.fail("A name for the value is missing: price mul 2 as double.")
        self.advance()
        name = self.token
        if self.kind != WORD or not self.gap or "." in name:
            self.fail("A name was expected after as.")
        self.advance()
        return ComputeItem(expression, name, start)

    def _items(self, read: Callable[[], _T]) -> Iterator[_T]:
        """What commas separate."""
        yield read()
        while self.token == ",":
            self.advance()
            yield read()

    # $select --------------------------------------------------------------------------------------

    def select(self) -> tuple[SelectItem, ...]:
        return tuple(self._items(self._select_item))

    def _select_item(self) -> SelectItem:
        start = self.start
        if self.token == "*":
            self.advance()
            return SelectItem(("*",), position=start)
        path = [self._segment_name()]
        if self.token == ".*" and not self.gap and not path[0].startswith("@"):
            self.advance()
            return SelectItem((f"{path[0]}.*",), position=start)
        while self._slash():
            path.append(self._segment_name())
        if self.token != "(":
            return SelectItem(tuple(path), position=start)
        if self._holds_options():
            return SelectItem(tuple(path), None, self.nested_options("select"), start)
        return SelectItem(tuple(path), self._parameter_names(), (), start)

    def _segment_name(self) -> str:
        if self.kind == DOLLAR:
            raise QueryError(
                system_token(self.token, self.text), self.start, self.text, _NAME_EXPECTED
            )
        if self.kind not in (WORD, AT):
            self.fail(_NAME_EXPECTED, expected=IDENTIFIER_EXPECTED)
        name = self.token
        self.grow(1)
        self.advance()
        return name

    def _slash(self) -> bool:
        """Moves past a slash that goes on with the path."""
        if self.token != "/":
            return False
        self.advance()
        return True

    def _holds_options(self) -> bool:
        """Whether this parenthesis holds ``name=value``, not the names of parameters."""
        kind, _, _, end = self.peek()
        return kind != WORD or self.peek(end)[1] == "="

    def _parameter_names(self) -> tuple[str, ...]:
        self.advance()
        names = []
        while True:
            if self.kind != WORD or "." in self.token:
                self.fail("The name of a parameter was expected here.")
            names.append(self.token)
            self.advance()
            if self.token != ",":
                break
            self.advance()
        self.expect(")")
        return tuple(names)

    # $expand --------------------------------------------------------------------------------------

    def expand(self) -> tuple[ExpandItem, ...]:
        return tuple(self._items(self._expand_item))

    def _expand_item(self) -> ExpandItem:
        start = self.start
        if self.token == "$value":
            self.advance()
            return ExpandItem(("$value",), position=start)
        path: list[str] = []
        suffix: str | None = None
        while True:
            if self.token == "*":
                path.append("*")
                self.advance()
            elif self.token in _SUFFIXES and path:
                suffix = self.token
                self.advance()
                break
            else:
                path.append(self._segment_name())
            if not self._slash():
                break
            if path[-1] == "*" and self.token != "$ref":
                self.fail("Only /$ref may follow *.")
        options = self._expand_options(path, suffix)
        return ExpandItem(tuple(path), suffix, options, start)

    def _expand_options(self, path: list[str], suffix: str | None) -> tuple[QueryOption, ...]:
        if self.token != "(":
            return ()
        if path[-1] == "*":
            if suffix:
                self.fail("*/$ref takes no options.")
            return self.nested_options("star")
        return self.nested_options({"$ref": "ref", "$count": "count"}.get(suffix or "", "expand"))

    # Options in parentheses -----------------------------------------------------------------------

    def nested_options(self, context: str) -> tuple[QueryOption, ...]:
        self.enter()
        options: list[QueryOption] = []
        height = 0
        while not options or self.token == ";":
            self.advance()
            options.append(self._nested_option(context))
            height = max(height, self.height)
        self.expect(")", TERM if self.token == "," else None)
        self.leave()
        self.grow(height + 1)
        return tuple(options)

    def _nested_option(self, context: str) -> QueryOption:
        written, start = self.token, self.start
        if self.kind not in (WORD, DOLLAR, AT):
            self.fail("An option was expected here: $select=id,displayName.")
        if self.peek()[1] != "=":
            self.fail(f"An option needs a value: {excerpt(written, 0)}=….", self.end)
        if self.kind == AT:
            if "." in written or "#" in written or context not in _WITH_ALIASES:
                self.fail("No parameter alias may stand here.", start)
            name = written
        else:
            name = f"${written.lstrip('$').lower()}"
            if name not in _NESTED[context]:
                allowed = ", ".join(sorted(_NESTED[context]))
                self.fail(f"Only these options may stand here: {allowed}.", start)
        self.advance()
        self.height = 0
        begin = self.end
        value = self._nested_value(name)
        return QueryOption(name, value, start, self.text[begin : self.start].strip())

    def _nested_value(self, name: str) -> OptionValue:
        """The value after the equals sign that is the current token."""
        if name in _SIMPLE:
            written = _END_OF_VALUE.split(self.text[self.end :], maxsplit=1)[0]
            end = self.end + len(written)
            value: OptionValue = _simple_value(name, written, self.text, self.end)
        elif name == "$search":
            end = search_end(self.text, self.end, _NEXT_OPTION)
            value = read_search(self.text, self.end, end)
        else:
            self.advance()
            return _READERS.get(name, OptionParser.filter)(self)
        self.end = end
        self.advance()
        return value


_NAME_EXPECTED = "The name of a property was expected here."
_SUFFIXES = ("$ref", "$count")

_FOR_COUNT = {"$filter", "$search"}
_FOR_COLLECTIONS = {*_FOR_COUNT, "$count", "$orderby", "$skip", "$top"}
#: Which options may stand in whose parentheses.
_NESTED = {
    "count": _FOR_COUNT,
    "ref": _FOR_COLLECTIONS,
    "star": {"$levels"},
    "select": {*_FOR_COLLECTIONS, "$compute", "$select"},
    "expand": {*_FOR_COLLECTIONS, "$compute", "$expand", "$levels", "$select"},
}
_WITH_ALIASES = ("select", "expand")
_NEXT_OPTION = re.compile(
    rf"{BLANK}*+(?:\$?(?:compute|count|expand|filter|levels|orderby|search|select|skip|top)|@\w++)=",
    re.IGNORECASE,
)

#: The options whose values the tokens of expressions make up.
_READERS: dict[str, Callable[[OptionParser], OptionValue]] = {
    "$compute": OptionParser.compute,
    "$expand": OptionParser.expand,
    "$filter": OptionParser.filter,
    "$orderby": OptionParser.orderby,
    "$select": OptionParser.select,
}

_ANYTHING = re.compile(r".+", re.DOTALL)
_COUNTING = re.compile(r"[0-9]{1,18}")


def _invalid(name: str, requirement: str) -> str:
    return f"Invalid value '{{}}' for {name} query option found. {requirement}"


def _requires_count(name: str) -> str:
    return _invalid(name, f"The {name} query option requires a non-negative integer value.")


def _not_empty(name: str) -> str:
    return _invalid(name, "It must not be empty.")


#: The options with a plain value: its form, what is made of it, and what to say where it is wrong.
_SIMPLE: dict[str, tuple[re.Pattern[str], Callable[[str], OptionValue], str]] = {
    "$count": (
        re.compile(r"true|false", re.IGNORECASE),
        lambda value: value.lower() == "true",
        _invalid("$count", "Valid values are 'true, false'."),
    ),
    "$deltatoken": (_ANYTHING, str, _not_empty("$deltatoken")),
    "$format": (
        re.compile(r"atom|json|xml|[^/]+/[^/]+", re.IGNORECASE),
        str,
        _invalid("$format", "Valid values are 'json' and the name of a media type."),
    ),
    "$id": (_ANYTHING, str, _not_empty("$id")),
    "$index": (
        re.compile(r"-?[0-9]{1,18}"),
        int,
        _invalid("$index", "The $index query option requires an integer."),
    ),
    "$levels": (
        re.compile(r"[1-9][0-9]{0,17}|max", re.IGNORECASE),
        lambda value: int(value) if value.isdecimal() else "max",
        "Levels option must be a non-negative integer or 'max', it is set to '{}' instead.",
    ),
    "$schemaversion": (
        re.compile(r"\*|[A-Za-z0-9._~-]+"),
        str,
        _invalid("$schemaversion", "Valid values are a version and '*'."),
    ),
    "$skip": (_COUNTING, int, _requires_count("$skip")),
    "$skiptoken": (_ANYTHING, str, _not_empty("$skiptoken")),
    "$top": (_COUNTING, int, _requires_count("$top")),
}
_END_OF_VALUE = re.compile(r"[;()]")


def _simple_value(name: str, value: str, text: str, position: int) -> OptionValue:
    form, make, refusal = _SIMPLE[name]
    if form.fullmatch(value):
        return make(value)
    raise QueryError(refusal.format(excerpt(value, 0)), position, text)


# The whole query string ---------------------------------------------------------------------------

_SYSTEM = {*_READERS, *_SIMPLE, "$search"} - {"$levels"}
_ALIAS = re.compile(rf"@{IDENTIFIER}")
_RAW_PHRASE = re.compile(r"(?:\"|%22).*?(?:\"|%22)")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _query_option(query: str, start: int, end: int, previous: str | None) -> QueryOption:
    """The option at ``query[start:end]``; ``previous`` is the name of the one before it."""
    part = query[start:end]
    written, equals, value = part.partition("=")
    name = _decode(written, query, start)
    system = f"${name.lstrip('$').lower()}"
    if system in _SYSTEM and name.lower() in (system, system[1:]):
        if not equals:
            raise syntax_error(query, end, f"An option needs a value: {name}=….")
        return QueryOption(system, _system_value(system, value, query, start), start)
    if name.startswith("@"):
        if not _ALIAS.fullmatch(name) or not equals:
            raise syntax_error(query, start, "A parameter alias is a name and a value: @name='x'.")
        decoded = _decode(value, query, start)
        _check_ends(decoded)
        return QueryOption(name, parse_expression(decoded), start)
    if name.startswith("$"):
        raise QueryError(
            f"The query parameter '{excerpt(name, 0)}' is not supported.", start, query
        )
    if not name or (not equals and previous in _SYSTEM):
        # Most likely the second half of a value: title eq 'R&D'.
        raise syntax_error(query, start, "An & that belongs to a value is written %26.")
    return QueryOption(name, _decode(value, query, start) if equals else None, start)


def _system_value(name: str, value: str, query: str, start: int) -> OptionValue:
    if name in _SIMPLE:
        # In these a + is a +, as in application/atom+xml.
        decoded = _decode(value, query, start, plus=False)
        return _simple_value(name, decoded, decoded, 0)
    decoded = _decode(value, query, start)
    _check_ends(decoded)
    if name != "$search":
        return _whole(decoded, _READERS[name])
    if ";" in _RAW_PHRASE.sub("", value):
        raise syntax_error(query, start, "A ; that belongs to a word is written %3B.")
    return parse_search(decoded)


def _check_ends(value: str) -> None:
    """Refuse blanks around a value, which the ABNF has before lists and objects only.

    A value by itself is read as the service's lexer reads it, which skips them.
    """
    inner = value.strip()
    if value != inner and not inner.startswith(("[", "{")):
        position = 0 if value[:1].isspace() else len(value.rstrip())
        raise syntax_error(value, position, "Remove the space around the value.")


def _decode(raw: str, query: str, position: int, *, plus: bool = True) -> str:
    """Percent-decoded; as on the web, a ``+`` is a space."""
    bad = _BAD_ESCAPE.search(raw)
    if bad:
        raise syntax_error(query, position, "A % is written %25.")
    try:
        return (unquote_plus if plus else unquote)(raw, errors="strict")
    except UnicodeDecodeError:
        hint = "Percent-encoded bytes must be UTF-8."
        raise syntax_error(query, position, hint) from None
