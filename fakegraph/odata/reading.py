"""From the text of a request's query options to one value.

What is an expression is read by ``clauses.py``, which is imported when the first one comes: the
parser, the binder and the compiler are half of what there is to import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from fakegraph.digits import natural
from fakegraph.edm.types import StructuredType
from fakegraph.errors import bad_request
from fakegraph.odata.query import INVALID, Asked, Filter, OrderKey, Query, Search, Source
from fakegraph.odata.query_string import Options, refuse_unused

MAX_TOP = 999
MAX_SKIP = 2**31 - 1

_SPELT = {"orderby": "OrderBy", "skiptoken": "SkipToken"}


@lru_cache(maxsize=512)
def read_query(options: Options, source: Source) -> Query:
    """Read all options; cached. Raises GraphError (400) in the service's words."""
    aliases = _Aliases(options.aliases, options.used)
    _refuse_expand(options.get("expand"), source.type)
    query = Query(
        filter=_filter(options, source, aliases),
        search=_search(options.get("search"), source.type),
        order=_order(options, source, aliases),
        select=read_select(options, source.type),
        top=_top(options.get("top")),
        skip=_whole_number("skip", options.values.get("skip", "0"), MAX_SKIP),
        count=_boolean("count", options.get("count")),
        skiptoken=options.get("skiptoken"),
        identity=_identity(options, source),
    )
    aliases.refuse_unused()
    return query


def _identity(options: Options, source: Source) -> str:
    texts = [options.get(name) or "" for name in ("filter", "orderby", "search")]
    aliases = [f"{name}={value}" for name, value in sorted(options.aliases.items())]
    about = [source.resource.path, source.arguments, str(source.future_members)]
    return "\n".join([*about, *texts, *aliases])


class _Aliases:
    """The parameter aliases of a request: parsed when used, and refused when never used."""

    def __init__(self, texts: Mapping[str, str], used: frozenset[str]) -> None:
        self.items = tuple(sorted(texts.items()))
        self._unused = set(texts) - used

    def note_use(self, text: str) -> None:
        """Take the aliases that a text mentions, and those that their values mention, as used."""
        values, texts = dict(self.items), [text]
        while texts:
            for name in re.findall(r"@\w+", texts.pop()):
                if name in self._unused:
                    self._unused.discard(name)
                    texts.append(values[name])

    def refuse_unused(self) -> None:
        refuse_unused(self._unused)


def _filter(options: Options, source: Source, aliases: _Aliases) -> Filter | None:
    text = options.get("filter")
    if text is None:
        return None
    from fakegraph.odata.clauses import compiled_filter

    aliases.note_use(text)
    return compiled_filter(text, source, aliases.items)


def _order(options: Options, source: Source, aliases: _Aliases) -> tuple[OrderKey, ...]:
    text = options.get("orderby")
    if text is None:
        return ()
    from fakegraph.odata.clauses import compiled_order

    aliases.note_use(text)
    return compiled_order(text, source, aliases.items)


def read_select(options: Options, type_: StructuredType) -> tuple[str, ...] | None:
    """The selected property names in the order of the type, or None for all of them."""
    text = options.get("select")
    if text is None:
        return None
    from fakegraph.odata.clauses import selected

    return selected(text, type_)


def _search(text: str | None, type_: StructuredType) -> Search | None:
    if text is None:
        return None
    from fakegraph.odata.clauses import compiled_search

    return compiled_search(text, type_)


def _refuse_expand(text: str | None, type_: StructuredType) -> None:
    if text is None:
        return
    from fakegraph.odata.clauses import refuse_expand

    refuse_expand(text, type_)


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
    number = natural(text, 10)
    if number is None or number > maximum:
        raise bad_request(
            f"Invalid value '{text}' for ${name} query option found. The ${name} query option "
            "requires a non-negative integer value.",
            f"${name}",
        )
    return number


def _boolean(name: str, text: str | None) -> bool:
    if text not in {None, "true", "false"}:
        raise bad_request(
            f"Invalid value '{text}' for ${name} query option found. "
            "Valid values are 'true, false'.",
            f"${name}",
        )
    return text == "true"


def check_listed(options: Options, resource: Asked) -> None:
    """Raise GraphError (400) for a query option that the documentation does not list."""
    if resource.options is None:
        return
    for name in options.values:
        if name not in resource.options:
            listed = ", ".join(f"${each}" for each in sorted(resource.options)) or "none"
            raise bad_request(
                f"{INVALID} Query option '{_SPELT.get(name, name.capitalize())}' is not allowed. "
                f"The documentation lists {listed} for {resource.name}.",
                f"${name}",
            )
