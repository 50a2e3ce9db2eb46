"""The expressions among the query options: parsed, bound to an entity set, compiled, cached."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from fakegraph.edm import types
from fakegraph.edm.fields import did_you_mean
from fakegraph.edm.types import CollectionType, Property, StructuredType
from fakegraph.errors import GraphError, bad_request
from fakegraph.odata import nodes
from fakegraph.odata.binder import Binder
from fakegraph.odata.binding import Context
from fakegraph.odata.bound import Bound, Constant, Logic
from fakegraph.odata.budget import KEY_WORK, work_of
from fakegraph.odata.compiler import compile_expression, compile_order_key, compile_simple
from fakegraph.odata.documented import check_filter, check_order
from fakegraph.odata.errors import QueryError
from fakegraph.odata.options import (
    parse_expand,
    parse_expression,
    parse_filter,
    parse_orderby,
    parse_search,
    parse_select,
)
from fakegraph.odata.plan import conjuncts
from fakegraph.odata.query import Filter, OrderKey, Search, Source

_FILTER = "Invalid filter clause: "
_SELECT = "Parsing OData Select and Expand failed: "
_SEARCH = "Invalid search clause: "
_SEARCH_CLAUSE = re.compile(r"([A-Za-z_]\w*):(.*)", re.DOTALL)


@contextmanager
def _refusing(prefix: str, target: str) -> Iterator[None]:
    """A parser's or binder's refusal as the service words it."""
    try:
        yield
    except QueryError as error:
        raise bad_request(f"{prefix}{error}", target) from error
    except RecursionError as error:  # only when the caller is itself hundreds of calls deep
        raise bad_request(f"{prefix}The query is too complex: it is too deep.", target) from error


@lru_cache(maxsize=512)
def _alias_trees(items: tuple[tuple[str, str], ...]) -> dict[str, nodes.Expression]:
    trees = {}
    for name, text in items:
        with _refusing(_FILTER, name):
            trees[name] = parse_expression(text)
    return trees


def _context(source: Source, aliases: tuple[tuple[str, str], ...]) -> Context:
    return Context(
        source.type,
        source.model.type_named,
        _alias_trees(aliases),
        source.future_members,
    )


@lru_cache(maxsize=512)
def compiled_filter(text: str, source: Source, aliases: tuple[tuple[str, str], ...] = ()) -> Filter:
    """Parse, bind and compile a ``$filter``. Cached. Raises GraphError (400)."""
    with _refusing(_FILTER, "$filter"):
        tree = parse_filter(text)
        binder = Binder(_context(source, aliases), text)
        expression = binder.predicate(tree)
        if source.strict:
            check_filter(expression, source.resource)
        evaluate = compile_expression(expression)
        work, simple = work_of(expression), compile_simple(expression)
        return Filter(expression, evaluate, binder.slots, work, binder.about, simple)


@lru_cache(maxsize=512)
def without(condition: Filter, term: Bound) -> Filter | None:
    """A filter without one of the conditions that must all hold; None where there is no other."""
    terms = tuple(each for each in conjuncts(condition.tree) if each is not term)
    if not terms:
        return None
    tree = terms[0] if len(terms) == 1 else Logic(types.BOOLEAN, "and", terms)
    evaluate, simple = compile_expression(tree), compile_simple(tree)
    return Filter(tree, evaluate, condition.slots, work_of(tree), condition.about, simple)


@lru_cache(maxsize=512)
def compiled_order(
    text: str, source: Source, aliases: tuple[tuple[str, str], ...] = ()
) -> tuple[OrderKey, ...]:
    """Parse, bind and compile an ``$orderby``. Cached. Raises GraphError (400)."""
    with _refusing("Invalid orderby clause: ", "$orderby"):
        terms = parse_orderby(text)
        binder = Binder(_context(source, aliases), text)
        return tuple(_order_key(term, binder, source) for term in terms)


def _order_key(term: nodes.OrderTerm, binder: Binder, source: Source) -> OrderKey:
    tree = binder.bind(term.expression)
    if isinstance(tree.type, CollectionType | StructuredType):
        raise binder.error(
            "The $orderby expression must evaluate to a single value of primitive type.",
            term.expression,
        )
    if isinstance(tree, Constant):
        raise binder.error(
            "The $orderby expression must refer to a property.",
            term.expression,
            "A constant orders nothing.",
        )
    if source.strict:
        check_order(tree, source.resource)
    work = KEY_WORK + work_of(tree)
    key = compile_order_key(tree)
    return OrderKey(tree, key, binder.slots, term.descending, work, binder.about)


@lru_cache(maxsize=512)
def selected(text: str, type_: StructuredType) -> tuple[str, ...] | None:
    """The names that a ``$select`` names, in the type's order; ``a/b`` of a part of a property.

    Cached. Raises GraphError (400).
    """
    with _refusing(_SELECT, "$select"):
        items = parse_select(text)
    names = [_selected_name(item, type_, text) for item in items]
    if "*" in names:
        return None
    declared = [name for name in type_.properties if name in names]
    return tuple(dict.fromkeys([*declared, *names]))


def _selected_name(item: nodes.SelectItem, type_: StructuredType, text: str) -> str:
    path = item.path[1:] if item.path[0] == type_.name and len(item.path) > 1 else item.path
    if path == ("*",):
        return "*"
    prop = type_.find(path[0])
    if prop is None and len(path) == 1 and (type_.open or type_.is_nominal(path[0])):
        return path[0]
    if prop is None:
        raise type_.unknown(path[0]) or _unknown_property(path[0], type_, "$select")
    if item.options or item.parameters is not None:
        raise bad_request(
            f"{_SELECT}only properties and parts of them can be selected here; "
            f"fakegraph does not serve what follows '{'/'.join(path)}' in '{text}'.",
            "$select",
        )
    return "/".join((prop.name, *_parts(path[1:], prop, text)))


def _parts(names: tuple[str, ...], prop: Property, text: str) -> Iterator[str]:
    """The names of the properties of values, from one to the next. Raises GraphError (400)."""
    for name in names:
        inside = getattr(prop.type, "item", prop.type)
        if not isinstance(inside, StructuredType):
            raise bad_request(
                f"{_SELECT}Found a path with multiple navigation properties or a bad complex "
                "property path in a select clause. Please reword your query such that each level "
                "of select or expand only contains either TypeSegments or Properties. "
                f"'{prop.name}' in '{text}' is a {inside}, with nothing in it.",
                "$select",
            )
        found = inside.find(name)
        if found is None:
            raise _unknown_property(name, inside, "$select")
        prop = found
        yield prop.name


def _unknown_property(name: str, type_: StructuredType, target: str) -> GraphError:
    return bad_request(
        f"{_SELECT}Could not find a property named '{name}' on type "
        f"'{type_}'. It has {', '.join(type_.properties)}."
        + did_you_mean(name, tuple(type_.properties)),
        target,
    )


def refuse_expand(text: str, type_: StructuredType) -> None:
    """Raise GraphError (400): no type that is served has a navigation property to expand."""
    with _refusing(_SELECT, "$expand"):
        items = parse_expand(text)
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


_Texts = Mapping[str, str]
"""The texts of a record by property, their case folded once for all words."""


@lru_cache(maxsize=512)
def compiled_search(text: str, type_: StructuredType) -> Search:
    """Parse a ``$search`` and make a test of records of it. Cached. Raises GraphError (400)."""
    with _refusing(_SEARCH, "$search"):
        tree = parse_search(text)
        test = _search_test(tree, type_)
    names = _texts_of(type_)

    def matches(record: dict[str, Any]) -> bool:
        return test({name: (record.get(name) or "").casefold() for name in names})

    return Search(matches, len(names) * (1 + _words(tree)))


def _search_test(node: nodes.SearchExpression, type_: StructuredType) -> Callable[[_Texts], bool]:
    match node:
        case nodes.SearchWord(text):
            return _has_anywhere(text)
        case nodes.SearchPhrase(text):
            return _has_phrase(text, type_)
        case nodes.SearchNot(operand):
            inner = _search_test(operand, type_)
            return lambda texts: not inner(texts)
        case nodes.SearchAnd(terms) | nodes.SearchOr(terms):
            tests = [_search_test(term, type_) for term in terms]
            return _joined(tests, deciding=isinstance(node, nodes.SearchOr))
    raise _bad_search("Text to search for stands in double quotes.")


def _words(node: nodes.SearchExpression) -> int:
    match node:
        case nodes.SearchAnd(terms) | nodes.SearchOr(terms):
            return sum(map(_words, terms))
        case nodes.SearchNot(operand):
            return _words(operand)
    return 1


def _joined(tests: list[Callable[[_Texts], bool]], *, deciding: bool) -> Callable[[_Texts], bool]:
    def test(texts: _Texts) -> bool:
        for each in tests:
            if each(texts) is deciding:
                return deciding
        return not deciding

    return test


def _has_phrase(text: str, type_: StructuredType) -> Callable[[_Texts], bool]:
    clause = _SEARCH_CLAUSE.fullmatch(text)
    if clause is None:
        return _has_anywhere(text)
    prop, names = type_.find(clause[1]), _texts_of(type_)
    if prop is None or prop.name not in names:
        raise _bad_search(
            f"'{clause[1]}' is not a text property of '{type_}': search {', '.join(names)}."
        )
    name, wanted = prop.name, clause[2].casefold()
    return lambda texts: wanted in texts[name]


def _has_anywhere(text: str) -> Callable[[_Texts], bool]:
    wanted = text.casefold()

    def test(texts: _Texts) -> bool:
        for found in texts.values():  # noqa: SIM110  # any() takes twice as long
            if wanted in found:
                return True
        return False

    return test


def _bad_search(hint: str) -> GraphError:
    return bad_request(f"{_SEARCH}{hint}", "$search")


def _texts_of(type_: StructuredType) -> list[str]:
    return [
        p.name for p in type_.properties.values() if p.type == types.STRING and p.name != type_.key
    ]
