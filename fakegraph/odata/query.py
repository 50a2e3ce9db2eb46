"""A request's query options as one value: parsed, bound to an entity set, compiled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from fakegraph.edm import types
from fakegraph.edm.fields import did_you_mean
from fakegraph.edm.model import EntitySet, Model
from fakegraph.edm.types import CollectionType, StructuredType, Type
from fakegraph.errors import GraphError, bad_request
from fakegraph.odata import nodes
from fakegraph.odata.binder import Binder, Context
from fakegraph.odata.bound import Bound
from fakegraph.odata.compiler import Evaluate, compile_expression, compile_order_key
from fakegraph.odata.errors import QueryError
from fakegraph.odata.options import (
    parse_expand,
    parse_expression,
    parse_filter,
    parse_orderby,
    parse_search,
    parse_select,
)
from fakegraph.odata.query_string import Options

MAX_TOP = 999
MAX_SKIP = 2**31 - 1
_SEARCH_CLAUSE = re.compile(r"([A-Za-z_]\w*):(.*)", re.DOTALL)

T = TypeVar("T")
Matcher = Callable[[dict[str, Any]], bool]


@dataclass(frozen=True)
class Filter:
    """A filter in its two forms: the bound tree, and what was compiled from it."""

    tree: Bound
    evaluate: Evaluate
    slots: int


@dataclass(frozen=True)
class OrderKey:
    """One term of ``$orderby``. Nulls come first when ascending (OData 4.01 Part 1, 11.2.6.2)."""

    tree: Bound
    evaluate: Evaluate
    slots: int
    descending: bool

    @property
    def type(self) -> Type | None:
        """The type of the keys that it gives."""
        return self.tree.type


@dataclass(frozen=True)
class Query:
    """What a client asked of a collection; ``identity`` tells two different questions apart.

    ``select`` is None for all properties. ``skiptoken`` is still the client's text.
    """

    filter: Filter | None = None
    search: Matcher | None = None
    order: tuple[OrderKey, ...] = ()
    select: tuple[str, ...] | None = None
    top: int | None = None
    skip: int = 0
    count: bool = False
    skiptoken: str | None = None
    identity: str = ""


@dataclass(frozen=True)
class Source:
    """The entity set that a query is about, in the model it belongs to, as this client sees it."""

    model: Model
    entity_set: EntitySet
    future_members: bool = False


def read_query(options: Options, source: Source) -> Query:
    """Read all options. Raises GraphError (400) in the service's words, its target the option."""
    aliases = _Aliases(options.aliases)
    _refuse_expand(options.get("expand"), source.entity_set.type)
    query = Query(
        filter=_filter(options, source, aliases),
        search=_search(options.get("search"), source.entity_set.type),
        order=_order(options, source, aliases),
        select=read_select(options, source.entity_set.type),
        top=_top(options.get("top")),
        skip=_whole_number("skip", options.get("skip") or "0", MAX_SKIP),
        count=_boolean("count", options.get("count")),
        skiptoken=options.get("skiptoken"),
        identity=_identity(options, source),
    )
    aliases.refuse_unused()
    return query


def _identity(options: Options, source: Source) -> str:
    texts = [options.get(name) or "" for name in ("filter", "orderby", "search")]
    aliases = [f"{name}={value}" for name, value in sorted(options.aliases.items())]
    return "\n".join([source.entity_set.name, str(source.future_members), *texts, *aliases])


class _Aliases:
    """The parameter aliases of a request: parsed when used, and refused when never used."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.items = tuple(sorted(texts.items()))
        self._unused = set(texts)

    def note_use(self, text: str) -> None:
        """Take the aliases that a text mentions, and those that their values mention, as used."""
        for name in re.findall(r"@\w+", text):
            if name in self._unused:
                self._unused.discard(name)
                self.note_use(dict(self.items)[name])

    def refuse_unused(self) -> None:
        for name in sorted(self._unused):
            raise bad_request(
                f"The query parameter '{name}' is not supported. No expression uses this alias.",
                name,
            )


def _parsed(prefix: str, target: str, parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except QueryError as error:
        raise invalid(prefix, target, error) from error


def invalid(prefix: str, target: str, error: QueryError) -> GraphError:
    """A parser's or binder's refusal as the service words it."""
    return bad_request(f"{prefix}{error}", target)


@lru_cache(maxsize=512)
def _alias_trees(items: tuple[tuple[str, str], ...]) -> dict[str, nodes.Expression]:
    trees = {}
    for name, text in items:
        trees[name] = _parsed("Invalid filter clause: ", name, parse_expression, text)
    return trees


def _context(source: Source, aliases: tuple[tuple[str, str], ...]) -> Context:
    return Context(
        source.entity_set.type,
        source.model.type_named,
        _alias_trees(aliases),
        source.future_members,
    )


def _filter(options: Options, source: Source, aliases: _Aliases) -> Filter | None:
    text = options.get("filter")
    if text is None:
        return None
    aliases.note_use(text)
    return compiled_filter(text, source, aliases.items)


@lru_cache(maxsize=512)
def compiled_filter(text: str, source: Source, aliases: tuple[tuple[str, str], ...] = ()) -> Filter:
    """Parse, bind and compile a ``$filter``. Cached. Raises GraphError (400)."""
    prefix = "Invalid filter clause: "
    tree = _parsed(prefix, "$filter", parse_filter, text)
    binder = Binder(_context(source, aliases), text)
    try:
        expression = binder.predicate(tree)
    except QueryError as error:
        raise invalid(prefix, "$filter", error) from error
    return Filter(expression, compile_expression(expression), binder.slots)


def _order(options: Options, source: Source, aliases: _Aliases) -> tuple[OrderKey, ...]:
    text = options.get("orderby")
    if text is None:
        return ()
    aliases.note_use(text)
    return compiled_order(text, source, aliases.items)


@lru_cache(maxsize=512)
def compiled_order(
    text: str, source: Source, aliases: tuple[tuple[str, str], ...] = ()
) -> tuple[OrderKey, ...]:
    """Parse, bind and compile an ``$orderby``. Cached. Raises GraphError (400)."""
    prefix = "Invalid orderby clause: "
    terms = _parsed(prefix, "$orderby", parse_orderby, text)
    keys = []
    for term in terms:
        binder = Binder(_context(source, aliases), text)
        try:
            tree = binder.bind(term.expression)
            if isinstance(tree.type, CollectionType | StructuredType):
                raise binder.error(
                    "The $orderby expression must evaluate to a single value of primitive type.",
                    term.expression,
                )
        except QueryError as error:
            raise invalid(prefix, "$orderby", error) from error
        keys.append(OrderKey(tree, compile_order_key(tree), binder.slots, term.descending))
    return tuple(keys)


def read_select(options: Options, type_: StructuredType) -> tuple[str, ...] | None:
    """The selected property names in the order of the type, or None for all of them."""
    text = options.get("select")
    return None if text is None else _selected(text, type_)


@lru_cache(maxsize=512)
def _selected(text: str, type_: StructuredType) -> tuple[str, ...] | None:
    prefix = "Parsing OData Select and Expand failed: "
    items = _parsed(prefix, "$select", parse_select, text)
    names = [_selected_name(item, type_, text) for item in items]
    if "*" in names:
        return None
    return tuple(name for name in type_.properties if name in names)


def _selected_name(item: nodes.SelectItem, type_: StructuredType, text: str) -> str:
    path = item.path[1:] if item.path[0] == type_.name and len(item.path) > 1 else item.path
    if path == ("*",):
        return "*"
    prop = type_.find(path[0])
    if prop is None:
        raise _unknown_property(path[0], type_, "$select")
    if len(path) > 1 or item.options or item.parameters is not None:
        raise bad_request(
            "Parsing OData Select and Expand failed: only whole properties can be selected here; "
            f"fakegraph does not serve what follows '{path[0]}' in '{text}'.",
            "$select",
        )
    return prop.name


def _unknown_property(name: str, type_: StructuredType, target: str) -> GraphError:
    return bad_request(
        f"Parsing OData Select and Expand failed: Could not find a property named '{name}' on type "
        f"'{type_}'. It has {', '.join(type_.properties)}."
        + did_you_mean(name, tuple(type_.properties)),
        target,
    )


def _refuse_expand(text: str | None, type_: StructuredType) -> None:
    """No type that is served has a navigation property, so there is nothing to expand."""
    if text is None:
        return
    items = _parsed("Parsing OData Select and Expand failed: ", "$expand", parse_expand, text)
    name = items[0].path[0]
    prop = type_.find(name)
    if prop is None:
        raise _unknown_property(name, type_, "$expand")
    raise GraphError(
        400,
        "ExpandNotSupported",
        f"Expand is not allowed for property '{prop.name}' according to the entity schema.",
        "$expand",
    )


def _top(text: str | None) -> int | None:
    if text is None:
        return None
    top = _whole_number("top", text, 2**31 - 1)
    if not 1 <= top <= MAX_TOP:
        raise bad_request(
            f"Invalid page size specified: '{top}'. Must be between 1 and {MAX_TOP} inclusive.",
            "$top",
        )
    return top


def _whole_number(name: str, text: str, maximum: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= maximum):
        raise bad_request(
            f"Invalid value '{text}' for ${name} query option found. The ${name} query option "
            "requires a non-negative integer value.",
            f"${name}",
        )
    return int(text)


def _boolean(name: str, text: str | None) -> bool:
    if text not in {None, "true", "false"}:
        raise bad_request(
            f"Invalid value '{text}' for ${name} query option found. Valid values are 'true' and "
            "'false'.",
            f"${name}",
        )
    return text == "true"


# $search


def _search(text: str | None, type_: StructuredType) -> Matcher | None:
    return None if text is None else _compiled_search(text, type_)


@lru_cache(maxsize=512)
def _compiled_search(text: str, type_: StructuredType) -> Matcher:
    prefix = "Invalid search clause: "
    return _search_matcher(_parsed(prefix, "$search", parse_search, text), type_)


def _search_matcher(node: nodes.SearchExpression, type_: StructuredType) -> Matcher:
    match node:
        case nodes.SearchWord(text):
            return _text_matcher(text, _texts(type_))
        case nodes.SearchPhrase(text):
            return _phrase_matcher(text, type_)
        case nodes.SearchNot(operand):
            inner = _search_matcher(operand, type_)
            return lambda record: not inner(record)
        case nodes.SearchAnd(terms) | nodes.SearchOr(terms):
            combine = all if isinstance(node, nodes.SearchAnd) else any
            tests = [_search_matcher(term, type_) for term in terms]
            return lambda record: combine(matches(record) for matches in tests)
    raise _bad_search("Text to search for stands in double quotes.")


def _phrase_matcher(text: str, type_: StructuredType) -> Matcher:
    clause = _SEARCH_CLAUSE.fullmatch(text)
    if clause is None:
        return _text_matcher(text, _texts(type_))
    prop = type_.find(clause[1])
    if prop is None or prop.name not in _texts(type_):
        raise _bad_search(
            f"'{clause[1]}' is not a text property of '{type_}': search {', '.join(_texts(type_))}."
        )
    return _text_matcher(clause[2], [prop.name])


def _bad_search(hint: str) -> GraphError:
    return bad_request(f"Invalid search clause: {hint}", "$search")


def _texts(type_: StructuredType) -> list[str]:
    return [
        p.name for p in type_.properties.values() if p.type == types.STRING and p.name != type_.key
    ]


def _text_matcher(text: str, names: Iterable[str]) -> Matcher:
    wanted, names = text.casefold(), tuple(names)

    def matches(record: dict[str, Any]) -> bool:
        return any(wanted in (record.get(name) or "").casefold() for name in names)

    return matches
