"""$search: words, phrases and operators, and text that is not finished yet."""

from __future__ import annotations

import pytest

from fakegraph.odata import QueryError, parse_search
from fakegraph.odata.nodes import (
    SearchAnd,
    SearchIncomplete,
    SearchNot,
    SearchOr,
    SearchPhrase,
    SearchWord,
)

A, B, C = (SearchWord(word) for word in "abc")
AND, OR, NOT = (SearchWord(word) for word in ("AND", "OR", "NOT"))

SEARCHES = [
    ("a", A),
    (" \ta", A),
    ("a b", SearchAnd((A, B))),
    ("a AND b", SearchAnd((A, B))),
    ("a\tAND\tb", SearchAnd((A, B))),
    ("a AND b c", SearchAnd((A, B, C))),
    ("(a b) c", SearchAnd((A, B, C))),
    ("a OR b", SearchOr((A, B))),
    ("a OR (b OR c)", SearchOr((A, B, C))),
    ("a b OR c", SearchOr((SearchAnd((A, B)), C))),
    ("a OR b c", SearchOr((A, SearchAnd((B, C))))),
    ("a AND (b OR c)", SearchAnd((A, SearchOr((B, C))))),
    ("( a )", A),
    ("NOT a", SearchNot(A)),
    ("NOT NOT a", SearchNot(SearchNot(A))),
    ("NOT a b", SearchAnd((SearchNot(A), B))),
    ("NOT (a b)", SearchNot(SearchAnd((A, B)))),
    ("a AND NOT b", SearchAnd((A, SearchNot(B)))),
    ('"a b"', SearchPhrase("a b")),
    ('"subject:has"', SearchPhrase("subject:has")),
    (r'"a \"b\" \\ \c"', SearchPhrase('a "b" \\ \\c')),
    ('"a" "b"', SearchAnd((SearchPhrase("a"), SearchPhrase("b")))),
    ('NOT "a"', SearchNot(SearchPhrase("a"))),
    ("O'Neil", SearchWord("O'Neil")),
    ("a;b,c:d@e/f?g$h=i#j&k%l", SearchWord("a;b,c:d@e/f?g$h=i#j&k%l")),
    ("naïve 名前", SearchAnd((SearchWord("naïve"), SearchWord("名前")))),
    ("and or not", SearchAnd((SearchWord("and"), SearchWord("or"), SearchWord("not")))),
]

# An operator is one only where it has something to work on.
OPERATORS_AS_WORDS = [
    ("AND", AND),
    ("NOT", NOT),
    ("a OR", SearchAnd((A, OR))),
    ("OR a", SearchAnd((OR, A))),
    ("NOT AND", SearchNot(AND)),
    ("NOT AND a", SearchAnd((NOT, A))),
    ("NOT OR a", SearchOr((NOT, A))),
    ("AND AND AND", SearchAnd((AND, AND))),
    ("OR OR OR", SearchOr((OR, OR))),
    ("(OR)", OR),
]

INCOMPLETE = [
    ("''", ""),
    ("'a b'", "a b"),
    ("'a\"b ('", 'a"b ('),
    ("'it''s'", "it's"),
    (" 'a'", "a"),
]


@pytest.mark.parametrize(("text", "tree"), SEARCHES + OPERATORS_AS_WORDS)
def test_a_search_becomes_its_tree(text, tree):
    assert parse_search(text) == tree


@pytest.mark.parametrize(("text", "kept"), INCOMPLETE)
def test_a_search_in_single_quotes_is_unfinished_text(text, kept):
    assert parse_search(text) == SearchIncomplete(kept)


REFUSED = [
    *("", " ", "a\x1cb", "(", ")", "()", "( )", "(a", "a)", "(a OR)b", "(a)(b)"),
    *("a(b)", "NOT(a)", "a AND(b)", 'NOT"a"', '"', '""', '"a', 'a"', 'a"b"', '"a"b', '"a""b"'),
    *('"a\\"', "'a", "'a'b'", "'a' b", "a 'b'", "a AND (b", "NOT (a"),
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_grammar_does_not_have_is_refused(text):
    with pytest.raises(QueryError):
        parse_search(text)


def test_positions_are_those_of_the_first_token():
    tree = parse_search('  a OR NOT "b"')
    assert tree.position == 2
    assert tree.terms[1].position == 7
    assert tree.terms[1].operand.position == 11
