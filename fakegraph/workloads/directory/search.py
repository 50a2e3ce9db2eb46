"""``$search`` in the directory: ``"property:text"``, joined by AND and OR.

https://learn.microsoft.com/graph/search-query-parameter#using-search-on-directory-object-collections
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from fakegraph.errors import GraphError, bad_request
from fakegraph.odata import nodes
from fakegraph.odata.errors import QueryError
from fakegraph.odata.options import parse_search
from fakegraph.store import Record
from fakegraph.workloads.directory.advanced import SEARCHED
from fakegraph.workloads.handed import Test

_TOKENISED = {"displayname", "description"}
_BARE = re.compile(r'[^"]*?:')
_CLAUSE = re.compile(r"(\w+):(.*)", re.DOTALL)
_TOKEN = re.compile(r"[A-Z]*[^\W\d_A-Z]+|[A-Z]+|[^\W\d_]+|\d+")
_JOINED = re.compile(r"[^\s]+")
_NO_WORD = re.compile(r"[\W_]+")


@lru_cache(maxsize=512)
def searched(text: str) -> Test:
    """The test of records that a ``$search`` means. Raises GraphError (400)."""
    bare = _BARE.match(text)
    if bare is not None and not text.lstrip().startswith('"'):
        place = bare.end() - 1
        raise bad_request(
            f"Syntax error: character ':' is not valid at position {place} in '{text}'. "
            'A clause stands in double quotes: "displayName:ada".',
            "$search",
        )
    try:
        tree = parse_search(text)
    except QueryError as error:
        raise bad_request(str(error), "$search") from error
    return _test(tree)


def _test(node: Any) -> Test:
    match node:
        case nodes.SearchPhrase(text):
            return _clause(text)
        case nodes.SearchAnd(terms):
            tests = [_test(term) for term in terms]
            return lambda record: all(test(record) for test in tests)
        case nodes.SearchOr(terms):
            tests = [_test(term) for term in terms]
            return lambda record: any(test(record) for test in tests)
    raise _unsupported('A clause is "property:text" in double quotes, joined by AND or OR.')


def _clause(text: str) -> Test:
    found = _CLAUSE.fullmatch(text)
    name = SEARCHED.get(found[1].casefold()) if found is not None else None
    if found is None or name is None:
        raise _unsupported(
            f"'{text}' is not \"property:text\" of one of {', '.join(sorted(SEARCHED.values()))}."
        )
    wanted = found[2].strip()
    if not wanted:
        raise _unsupported(f"'{text}' lacks what is searched for, behind the colon.")
    if name.casefold() in _TOKENISED:
        tokens = _tokens(wanted)
        return lambda record: _has_all(_texts(record, name), tokens)
    start = wanted.casefold()
    return lambda record: any(each.casefold().startswith(start) for each in _texts(record, name))


def _unsupported(hint: str) -> GraphError:
    message = f"Unsupported or invalid search clause. {hint}"
    return GraphError(400, "Request_UnsupportedQuery", message, "$search")


def _texts(record: Record, name: str) -> list[str]:
    value = record.get(name)
    return [value] if isinstance(value, str) else [e for e in value or () if isinstance(e, str)]


def _has_all(texts: list[str], tokens: list[str]) -> bool:
    """Whether each token begins one of a text's, in any order."""
    for text in texts:
        there = [*_tokens(text), *(_NO_WORD.sub("", e).casefold() for e in _JOINED.findall(text))]
        if all(any(each.startswith(token) for each in there) for token in tokens):
            return True
    return False


def _tokens(text: str) -> list[str]:
    """A text's parts: between blanks, symbols and digits, and where capitals begin."""
    return [each.casefold() for each in _TOKEN.findall(text)]
