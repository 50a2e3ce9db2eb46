"""$orderby, $compute, $select, $expand, and whole query strings."""

from __future__ import annotations

import pytest

from fakegraph.odata import (
    QueryError,
    parse_compute,
    parse_expand,
    parse_filter,
    parse_orderby,
    parse_query_options,
    parse_select,
)
from fakegraph.odata.nodes import (
    ComputeItem,
    ExpandItem,
    Identifier,
    OrderTerm,
    QueryOption,
    SearchAnd,
    SearchIncomplete,
    SearchPhrase,
    SearchWord,
    SelectItem,
)

A, B = Identifier("a"), Identifier("b")
TOP_1 = QueryOption("$top", 1)

ORDERS = [
    ("a", (OrderTerm(A),)),
    ("a asc", (OrderTerm(A),)),
    ("a\tDESC", (OrderTerm(A, True),)),
    ("a desc,b", (OrderTerm(A, True), OrderTerm(B))),
    ("a , b desc", (OrderTerm(A), OrderTerm(B, True))),
    ("desc desc", (OrderTerm(Identifier("desc"), True),)),
    ("asc", (OrderTerm(Identifier("asc")),)),
    ("a/b/$count desc", (OrderTerm(parse_filter("a/b/$count"), True),)),
    ("a add 1 desc", (OrderTerm(parse_filter("a add 1"), True),)),
    ("[1] asc", (OrderTerm(parse_filter("[1]")),)),
]

COMPUTED = [
    ("a as b", (ComputeItem(A, "b"),)),
    (
        "a add 1 as b,tolower(a) AS c",
        (ComputeItem(parse_filter("a add 1"), "b"), ComputeItem(parse_filter("tolower(a)"), "c")),
    ),
]

SELECTED = [
    ("*", (SelectItem(("*",)),)),
    ("a,b", (SelectItem(("a",)), SelectItem(("b",)))),
    ("a , b", (SelectItem(("a",)), SelectItem(("b",)))),
    ("*,a", (SelectItem(("*",)), SelectItem(("a",)))),
    ("a/ns.T/b", (SelectItem(("a", "ns.T", "b")),)),
    ("ns.*", (SelectItem(("ns.*",)),)),
    ("a.b.c.*", (SelectItem(("a.b.c.*",)),)),
    ("ns.f", (SelectItem(("ns.f",)),)),
    ("ns.f(p,q)", (SelectItem(("ns.f",), ("p", "q")),)),
    ("@ns.term#q", (SelectItem(("@ns.term#q",)),)),
    ("a/@ns.term", (SelectItem(("a", "@ns.term")),)),
    ("a($top=1)", (SelectItem(("a",), None, (TOP_1,)),)),
    ("a(TOP=1; $SKIP=2)", (SelectItem(("a",), None, (TOP_1, QueryOption("$skip", 2))),)),
    (
        "a($select=b($select=a))",
        (
            SelectItem(
                ("a",),
                None,
                (
                    QueryOption(
                        "$select",
                        (
                            SelectItem(
                                ("b",), None, (QueryOption("$select", (SelectItem(("a",)),)),)
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
    (
        "a($filter=b;$orderby=a desc;$count=TRUE;$compute=a as b;@p=1)",
        (
            SelectItem(
                ("a",),
                None,
                (
                    QueryOption("$filter", B),
                    QueryOption("$orderby", (OrderTerm(A, True),)),
                    QueryOption("$count", True),
                    QueryOption("$compute", (ComputeItem(A, "b"),)),
                    QueryOption("@p", parse_filter("1")),
                ),
            ),
        ),
    ),
]

EXPANDED = [
    ("a", (ExpandItem(("a",)),)),
    ("a,b", (ExpandItem(("a",)), ExpandItem(("b",)))),
    ("*", (ExpandItem(("*",)),)),
    ("*/$ref", (ExpandItem(("*",), "$ref"),)),
    ("*($levels=3)", (ExpandItem(("*",), None, (QueryOption("$levels", 3),)),)),
    ("$value", (ExpandItem(("$value",)),)),
    ("ns.T/a/ns.U", (ExpandItem(("ns.T", "a", "ns.U")),)),
    ("a/*", (ExpandItem(("a", "*")),)),
    ("@ns.term/a", (ExpandItem(("@ns.term", "a")),)),
    ("a/$ref($top=1)", (ExpandItem(("a",), "$ref", (TOP_1,)),)),
    ("a/$count($filter=b)", (ExpandItem(("a",), "$count", (QueryOption("$filter", B),)),)),
    ("a($levels=Max)", (ExpandItem(("a",), None, (QueryOption("$levels", "max"),)),)),
    (
        "a($expand=b;$top=1)",
        (ExpandItem(("a",), None, (QueryOption("$expand", (ExpandItem(("b",)),)), TOP_1)),),
    ),
    (
        "a($filter=b eq ';)')",
        (ExpandItem(("a",), None, (QueryOption("$filter", parse_filter("b eq ';)'")),)),),
    ),
    ("a($top=1;$top=1)", (ExpandItem(("a",), None, (TOP_1, TOP_1)),)),
]

# A search has tokens of its own, which end where the parenthesis or the next option is.
NESTED_SEARCHES = [
    ("x", SearchWord("x")),
    ("x y", SearchAnd((SearchWord("x"), SearchWord("y")))),
    (" x", SearchWord("x")),
    ("x;y", SearchWord("x;y")),
    ("(x)", SearchWord("x")),
    ('";$top=2)"', SearchPhrase(";$top=2)")),
    ("O'Neil", SearchWord("O'Neil")),
    ("'un(fin\"ished;'", SearchIncomplete('un(fin"ished;')),
    ("'it''s'", SearchIncomplete("it's")),
]


@pytest.mark.parametrize(("text", "terms"), ORDERS)
def test_orderby_is_its_terms(text, terms):
    assert parse_orderby(text) == terms


@pytest.mark.parametrize(("text", "items"), COMPUTED)
def test_compute_is_its_items(text, items):
    assert parse_compute(text) == items


@pytest.mark.parametrize(("text", "items"), SELECTED)
def test_select_is_its_items(text, items):
    assert parse_select(text) == items


@pytest.mark.parametrize(("text", "items"), EXPANDED)
def test_expand_is_its_items(text, items):
    assert parse_expand(text) == items


@pytest.mark.parametrize(("text", "search"), NESTED_SEARCHES)
def test_a_search_may_stand_among_other_options(text, search):
    nested = QueryOption("$search", search)
    assert parse_expand(f"a($search={text})")[0].options == (nested,)
    assert parse_expand(f"a($search={text};$top=1)")[0].options == (nested, TOP_1)
    assert parse_expand(f"a($top=1;search={text})")[0].options == (TOP_1, nested)


REFUSED = {
    parse_orderby: """\

a,
,a
a up
a desc desc
a b c
a desc b
desc,
a;b
(a)desc
a asc,(""",
    parse_compute: """\

a
a as
a as b.c
a as 'b'
a as b,
(a)as b
a as b c""",
    parse_select: """\

,a
a,
a b
a/
/a
a//b
a/*
**
ns.*/a
ns .*
@ns.*
a()
f(p,)
f(ns.p)
f(p
'a'
1
$a
a$b
a;b
a&b
a($foo=1)
a($expand=b)
a($levels=2)
a($skiptoken=x)
a($top)
a($top=)
a($top=x)
a($top=-1)
a($top= 1)
a($top=1 )
a($top=1,$skip=2)
a($top=1234567890123456789)
a($count=1)
a($filter=)
a($top=1;)
a(;$top=1)
a($top=1
a($top=1)/b
a(@ns.p=1)
a(@p)
a(1)""",
    parse_expand: """\

a,
**
*/$count
*/a
*($select=a)
*($top=1)
*/$ref($levels=2)
a/*/b
$ref
$count
$value/a
a/$value
a/$value($top=1)
a/$ref/b
a/$ref($select=b)
a/$ref($levels=2)
a/$ref($expand=b)
a/$count($top=1)
a/$count(@p=1)
a()
a(b)
a($levels=0)
a($levels=01)
a($levels=-1)
a($levels=1.5)
a($levels=min)
a($levels=)
a($format=json)
a($filter=b,$top=1)
a($search=)
a($search=x
a($search="x)
a($search=x))
a($search=(x)
a($search=x(y)
a($filter=b""",
}


@pytest.mark.parametrize(
    ("parse", "text"),
    [(parse, text) for parse, texts in REFUSED.items() for text in texts.split("\n")],
)
def test_what_the_grammar_does_not_have_is_refused(parse, text):
    with pytest.raises(QueryError):
        parse(text)


QUERIES = [
    ("", ()),
    ("$filter=a", (QueryOption("$filter", A),)),
    ("filter=a&$Top=1", (QueryOption("$filter", A), TOP_1)),
    ("%24filter=a+eq%20%27x%26y%27", (QueryOption("$filter", parse_filter("a eq 'x&y'")),)),
    ("$filter=a eq '%2B'", (QueryOption("$filter", parse_filter("a eq '+'")),)),
    ("$top=1&$top=1", (TOP_1, TOP_1)),
    ("$skip=0&$index=-3", (QueryOption("$skip", 0), QueryOption("$index", -3))),
    ("$count=False", (QueryOption("$count", False),)),
    ("$orderby=a", (QueryOption("$orderby", (OrderTerm(A),)),)),
    (
        "$select=a&$expand=b",
        (
            QueryOption("$select", (SelectItem(("a",)),)),
            QueryOption("$expand", (ExpandItem(("b",)),)),
        ),
    ),
    ("$compute=a as b", (QueryOption("$compute", (ComputeItem(A, "b"),)),)),
    ("$search=%22a%20b%22", (QueryOption("$search", SearchPhrase("a b")),)),
    (
        "$skipToken=a%3Db=&$deltatoken=+",
        (QueryOption("$skiptoken", "a=b="), QueryOption("$deltatoken", "+")),
    ),
    ("$format=application/atom+xml", (QueryOption("$format", "application/atom+xml"),)),
    ("$format=JSON", (QueryOption("$format", "JSON"),)),
    (
        "$schemaversion=*&schemaversion=1.0-b_~2",
        (QueryOption("$schemaversion", "*"), QueryOption("$schemaversion", "1.0-b_~2")),
    ),
    ("$id=Users('1')", (QueryOption("$id", "Users('1')"),)),
    (
        "@p=[1]&@q=%7B%7D",
        (QueryOption("@p", parse_filter("[1]")), QueryOption("@q", parse_filter("{}"))),
    ),
    (
        "mine&yours=&his=a%20b=c+d",
        (QueryOption("mine", None), QueryOption("yours", ""), QueryOption("his", "a b=c d")),
    ),
]


@pytest.mark.parametrize(("query", "options"), QUERIES)
def test_a_query_string_is_its_options(query, options):
    assert parse_query_options(query) == options


REFUSED_QUERIES = """\
&
$top=1&
$top=1&&$skip=1
$top
$top=
$top=a
$top= 1
$top=+1
$top=-1
$top=1.5
$top=1234567890123456789
$count
$count=
$count=1
$index=
$index=--1
$filter
$filter=
$filter= a
$filter=a eq '%ff'
$filter=a eq %2
$filter=a eq 2024-01-01T00:00+01:00
$filter=name eq 'R&D'
$search=
$format=
$format=yaml
$format=a/
$schemaversion=
$schemaversion=1 0
$skiptoken=
$levels=2
$apply=aggregate(a)
$Foo=1
=1
@p
@p=
@=1
@1=1
@ns.p=1
mine=%
mine=%zz
%ff=1
$top=1&mine"""


@pytest.mark.parametrize("query", REFUSED_QUERIES.split("\n"))
def test_a_query_string_with_anything_wrong_is_refused(query):
    with pytest.raises(QueryError):
        parse_query_options(query)


def test_options_know_where_they_begin():
    assert [option.position for option in parse_query_options("$top=1&a=2&@p=3")] == [0, 7, 11]
    assert [option.position for option in parse_expand("a($top=1;$skip=2)")[0].options] == [2, 9]
    assert [term.position for term in parse_orderby("a desc,b")] == [0, 7]
