"""No text is too long, too deep, too large or too clever for the parser."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakegraph.odata import (
    QueryError,
    parse_compute,
    parse_expand,
    parse_filter,
    parse_orderby,
    parse_query_options,
    parse_search,
    parse_select,
)
from fakegraph.odata.errors import MAX_DEPTH, MAX_LENGTH, MAX_LIST, MAX_NAME, MAX_NODES
from tests.odata.conftest import refusal

PARSERS = [
    parse_compute,
    parse_expand,
    parse_filter,
    parse_orderby,
    parse_query_options,
    parse_search,
    parse_select,
]


@pytest.mark.parametrize("parse", PARSERS)
def test_a_text_over_the_length_is_refused_with_the_limit(parse):
    error = refusal(parse, "a" * (MAX_LENGTH + 1))
    assert error.message == f"The query is too complex: it has more than {MAX_LENGTH} characters."


def test_a_text_of_the_length_is_read():
    text = f"a eq '{'x' * (MAX_LENGTH - 7)}'"
    assert len(text) == MAX_LENGTH
    assert len(parse_filter(text).right.value) == MAX_LENGTH - 7


# Each repetition is one level.
NESTED = [
    (parse_filter, "(", "a", ")"),
    (parse_filter, "[", "1", "]"),
    (parse_filter, '{"a":', "1", "}"),
    (parse_filter, "tolower(", "a", ")"),
    (parse_filter, "f(a=", "1", ")"),
    (parse_filter, "a/f(a=", "1", ")"),
    (parse_filter, "cast(", "a", ",T)"),
    (parse_filter, "case(a:", "1", ")"),
    (parse_filter, "case(", "a", ":1)"),
    (parse_filter, "not ", "a", ""),
    (parse_filter, "not (", "a", ")"),
    (parse_filter, "-", "a", ""),
    (parse_filter, "a/any(a:", "a", ")"),
    (parse_filter, "a/", "a", ""),
    (parse_filter, "", "a", "/1"),
    (parse_filter, "", "a", "/@a"),
    (parse_filter, "", "a", "/f()"),
    (parse_filter, "", "a", "/$filter(a)"),
    (parse_filter, "", "a", " in a"),
    (parse_filter, "", "a", " has 'a'"),
    (parse_filter, "1 add ", "1", ""),
    (parse_filter, "a eq (", "a", ")"),
    (parse_filter, "a and (b or ", "a", ")"),
    (parse_filter, "a in (", "a", ")"),
    (parse_search, "(", "a", ")"),
    (parse_search, "NOT ", "a", ""),
    (parse_search, "a OR b (", "a", ")"),
]


def test_parentheses_alone_are_bounded_too():
    parse_filter("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH)
    error = refusal(parse_filter, "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1))
    assert error.position == MAX_DEPTH


# These make two levels each, an And and an Or, say.
DOUBLE = {"a and (b or ", "a OR b ("}


@pytest.mark.parametrize(("parse", "before", "inmost", "after"), NESTED)
def test_nesting_is_read_up_to_the_bound_and_refused_beyond(parse, before, inmost, after):
    levels = MAX_DEPTH // 2 if before in DOUBLE else MAX_DEPTH
    parse(before * (levels - 1) + inmost + after * (levels - 1))
    error = refusal(parse, before * (levels + 1) + inmost + after * (levels + 1))
    assert f"more than {MAX_DEPTH} levels" in error.message


SIBLINGS = [
    *(
        "(a)",
        "[1]",
        '{"a":1}',
        "tolower(a)",
        "f(a=1)",
        "cast(a,T)",
        "cast(T)",
        "case(a:1)",
        "not a",
    ),
    *("a/any(x:x)", "a/any()", "a/f()", "a(1)", "a/$count($filter=a)", "a/$filter(a)", "-a"),
    *("a in (1)", "a in (a)", "a in ()", "a has 'a'", "1 add 1", "a eq 1"),
]


@pytest.mark.parametrize("sibling", SIBLINGS)
def test_what_stands_side_by_side_is_not_deep(sibling):
    count = 2 * MAX_DEPTH
    assert len(parse_filter(f"[{','.join([sibling] * count)}]").items) == count
    parse_expand(",".join(["a($filter=a)"] * count))
    parse_search(" ".join(["(a OR NOT b)"] * count))


@pytest.mark.parametrize(
    ("parse", "before", "after"),
    [
        (parse_expand, "a($expand=", ")"),
        (parse_select, "a($select=", ")"),
        (parse_filter, "a/$count($filter=", ")"),
        (parse_filter, "a/$filter(", ")"),
    ],
)
def test_nested_options_are_bounded_too(parse, before, after):
    parse(before * 20 + "a" + after * 20)
    error = refusal(parse, before * 500 + "a" + after * 500)
    assert f"more than {MAX_DEPTH} levels" in error.message


@pytest.mark.parametrize("parse", [parse_filter, parse_search])
def test_a_caller_deep_in_calls_of_its_own_gets_the_same_refusal(parse):
    text = "(" * 80 + "a" + ")" * 80

    def descend(levels: int) -> None:
        if levels:
            descend(levels - 1)
        else:
            parse(text)

    parse(text)
    seen = set()
    for levels in range(0, 900, 20):
        try:
            descend(levels)
        except QueryError as error:
            seen.add(error.message)
        except RecursionError:
            break
    assert seen == {f"The query is too complex: it is nested more than {MAX_DEPTH} levels deep."}


def test_long_runs_of_and_and_or_are_not_deep():
    assert len(parse_filter(" or ".join(["a eq 1"] * 500)).terms) == 500
    assert len(parse_filter(" and ".join(["a"] * 1500)).terms) == 1500
    assert len(parse_search(" OR ".join(["a"] * 1500)).terms) == 1500


def test_a_list_is_bounded():
    assert len(parse_filter(f"a in ({','.join('1' * MAX_LIST)})").right) == MAX_LIST
    error = refusal(parse_filter, f"a in ({','.join('1' * (MAX_LIST + 1))})")
    assert f"more than {MAX_LIST} items" in error.message


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_filter, f"[{','.join('1' * (MAX_NODES + 1))}]"),
        (parse_select, ",".join("a" * (MAX_NODES + 1))),
        (parse_search, " ".join("a" * (MAX_NODES + 1))),
    ],
)
def test_the_number_of_nodes_is_bounded(parse, text):
    assert f"more than {MAX_NODES} parts" in refusal(parse, text).message


def test_names_are_bounded_part_by_part():
    name = "a" * MAX_NAME
    parse_filter(f"{name}.{name}/{name}")
    assert "name" in refusal(parse_filter, f"b/{name}a").message
    assert "name" in refusal(parse_filter, f"cast(ns.{name}a)").message
    assert "name" in refusal(parse_filter, f"@{name}a").message


# One for each kind of token and bracket, long enough that anything worse than linear would show.
LONG = 4_000
HOSTILE = [
    *(character * MAX_LENGTH for character in "([{'\"1aé@$/.,:;=*)]}-+% \t\u0301T0P"),
    "'" + "''" * LONG,
    "a" + " " * (MAX_LENGTH - 5) + "eq",
    "1" * (MAX_LENGTH - 1) + "x",
    "1." + "1" * LONG + "x",
    "1e" + "1" * LONG + "x",
    "1" * LONG + "-01-01T00:00",
    "00:00:00." + "0" * LONG,
    "a." * LONG,
    "a." * LONG + "b(c)",
    "a(" + "a." * LONG + "b)",
    "@a." * LONG,
    "duration'P" + "1" * LONG + "'",
    "duration'PT" + "1" * LONG + "." + "1" * LONG + "'",
    "binary'" + "a" * (LONG + 1) + "'",
    "ns.E'" + "a," * LONG + "'",
    "geography'SRID=0;Point(" + "1" * LONG + "'",
    "geography'SRID=0;LineString(" + "1 1," * LONG + ")'",
    "geography'SRID=0;MultiPolygon(" + "((1 1,1 1))," * 1000 + "'",
    "geography'SRID=0;" + "GeometryCollection(" * 800 + "'",
    '["' + "\\n" * LONG,
    "case(" * 90 + "a gt 10:11" + ":1)" * 90,
    "case(a gt 10:11," * 900,
    "not eq " * 2000,
    "a eq '" + "\\" * LONG,
    "f()" + "(1)" * LONG,
    "a($search=" * 1000,
    "a($search=" + "x;" * LONG + ")",
    "a($search=" + ";$to" * LONG + ")",
    "a(" + "$top=1;" * 2000,
    "NOT " * LONG,
    "( " * LONG,
    '"' + '\\"' * LONG,
    "a=%" * LONG,
    "@a=1&" * 3000,
]


def outcome(parse, text: str) -> object:
    """The tree, or the error that refused the text; anything else that is raised fails the test."""
    try:
        return parse(text)
    except QueryError as error:
        return error


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_read_or_refused(parse, text):
    result = outcome(parse, text)
    if isinstance(result, QueryError):
        assert 0 <= result.position <= len(text)
        assert len(str(result)) < 1_000


WORDS = """
a b_1 ns.T @p @ns.t#q $it $this $root $count $filter $ref $value $select $top any all not eq ne
and or in has add sub asc desc as null true INF -INF 1 -1 2.5 1e3 'x' '' "y" 10:11 10:11:12
2024-01-01 2024-01-01T00:00Z 01234567-89ab-cdef-0123-456789abcdef duration'P1D' ns.E'm' binary'TQ'
contains( cast( isof( case( now( f( p= x: $search= $expand= $filter= $levels=max ( ) [ ] { } , ; :
/ = * - . & % %20 AND OR NOT é ' " \\ `
"""
PIECES = [
    *WORDS.split(),
    *([" "] * 8),
    *("\t", "\n", "\u00a0", "\u0301", "\ud800", "geography'SRID=0;Point(1 2)'"),
]

fuzzed = st.one_of(
    st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
)


@pytest.mark.parametrize("parse", PARSERS)
@given(text=fuzzed)
@example(text="\x00")
@example(text="a eq \udfff")
def test_whatever_is_sent_is_a_tree_or_a_query_error(parse, text):
    result = outcome(parse, text)
    if isinstance(result, QueryError):
        assert 0 <= result.position <= len(result.text)
        assert result.message in str(result)
    else:
        assert hash(result) == hash(outcome(parse, text)) or "NaN" in text
