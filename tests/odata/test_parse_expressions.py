"""Expressions: the tree of each construct, and what binds how tightly."""

from __future__ import annotations

import pytest

from fakegraph.odata import QueryError, parse_expression, parse_filter
from fakegraph.odata.nodes import (
    Alias,
    And,
    Annotation,
    Arithmetic,
    BoundCall,
    Call,
    Case,
    Comparison,
    Count,
    EnumLiteral,
    FilterSegment,
    Identifier,
    In,
    Key,
    Lambda,
    ListExpr,
    Literal,
    Member,
    Negate,
    Not,
    ObjectExpr,
    Or,
    QueryOption,
    SearchWord,
    TypeName,
    Variable,
)

A, B, C, D = (Identifier(name) for name in "abcd")
X = Identifier("x")
NULL = Literal("null", None, "null")
TRUE = Literal("Edm.Boolean", True, "true")


def number(value: int) -> Literal:
    return Literal("Edm.Int32", value, str(value))


def string(value: str) -> Literal:
    return Literal("Edm.String", value, f"'{value}'")


ONE, TWO = number(1), number(2)

OPERATORS = [
    *((f"a {op} 1", Comparison(op, A, ONE)) for op in ("eq", "ne", "gt", "ge", "lt", "le")),
    *((f"a {op} 1", Arithmetic(op, A, ONE)) for op in ("add", "sub", "mul", "div", "divby", "mod")),
    ("a EQ 1", Comparison("eq", A, ONE)),
    ("a  eq\t1", Comparison("eq", A, ONE)),
    ("a and b", And((A, B))),
    ("a or b or c", Or((A, B, C))),
    ("(a or b) or c", Or((A, B, C))),
    ("a or (b or (c or d))", Or((A, B, C, D))),
    ("not a", Not(A)),
    ("NOT(a)", Not(A)),
    ("not not a", Not(Not(A))),
    ("-a", Negate(A)),
    ("- 1", Negate(ONE)),
    ("-1", number(-1)),
    ("a sub -1", Arithmetic("sub", A, number(-1))),
    ("-(a)", Negate(A)),
    ("a in (1,2)", In(A, (ONE, TWO))),
    ("a in ( 1 , null )", In(A, (ONE, NULL))),
    ("a in (1)", In(A, (ONE,))),
    ("a IN('b')", In(A, (string("b"),))),
    ("a in ()", In(A, ())),
    ("a in b", In(A, B)),
    ("a in (b)", In(A, B)),
    ("a in [1]", In(A, ListExpr((ONE,)))),
    ("a in @p", In(A, Alias("@p"))),
    ("a in (ns.E'x')", In(A, (EnumLiteral("ns.E", ("x",)),))),
    ("a has ns.E'x,y'", Comparison("has", A, EnumLiteral("ns.E", ("x", "y")))),
    ("a has 'x'", Comparison("has", A, string("x"))),
    ("a has @p", Comparison("has", A, Alias("@p"))),
]

PRECEDENCE = [
    ("a or b and c", "a or (b and c)"),
    ("a and b or c and d", "(a and b) or (c and d)"),
    ("a eq 1 and b", "(a eq 1) and b"),
    ("a eq b gt c", "a eq (b gt c)"),
    ("a eq b eq c", "(a eq b) eq c"),
    ("a gt 1 add 2", "a gt (1 add 2)"),
    ("a add b mul c", "a add (b mul c)"),
    ("a mul b add c", "(a mul b) add c"),
    ("a sub b sub c", "(a sub b) sub c"),
    ("a mod b divby c", "(a mod b) divby c"),
    ("-a mul b", "(-a) mul b"),
    ("not a eq b", "(not a) eq b"),
    ("not a and b", "(not a) and b"),
    ("not a in (1)", "not (a in (1))"),
    ("not a has 'x'", "not (a has 'x')"),
    ("a has 'x' eq true", "(a has 'x') eq true"),
    ("a in (1) or b", "(a in (1)) or b"),
    ("( a )", "a"),
]

PATHS = [
    ("a/b/c", Member(Member(A, "b"), "c")),
    ("ns.T/a", Member(Identifier("ns.T"), "a")),
    ("a/ns.T/b", Member(Member(A, "ns.T"), "b")),
    ("$it", Variable("$it")),
    ("$this/a", Member(Variable("$this"), "a")),
    ("$root/a('k')/b", Member(Key(Member(Variable("$root"), "a"), string("k")), "b")),
    ("$root/f()/b", Member(BoundCall(Variable("$root"), "f", ()), "b")),
    ("@p", Alias("@p")),
    ("@p/a", Member(Alias("@p"), "a")),
    ("@ns.term", Annotation(None, "ns.term")),
    ("@term#q", Annotation(None, "term", "q")),
    ("a/@ns.term#q/b", Member(Annotation(A, "ns.term", "q"), "b")),
    ("a(1)", Key(A, ONE)),
    ("a(@p)/b", Member(Key(A, Alias("@p")), "b")),
    ("a(ns.E'x')", Key(A, EnumLiteral("ns.E", ("x",)))),
    ("a(true)", Key(A, TRUE)),
    ("a/b(-1)", Key(Member(A, "b"), number(-1))),
    ("a/1/b", Member(Key(A, ONE, as_segment=True), "b")),
    ("a(b=1,c='x')", BoundCall(None, "a", (("b", ONE), ("c", string("x"))))),
    ("ns.f()", BoundCall(None, "ns.f", ())),
    ("f(  p=1)", BoundCall(None, "f", (("p", ONE),))),
    ("ns.f( )", BoundCall(None, "ns.f", ())),
    (
        "a/ns.f( p=b/c , q=@q )/d",
        Member(BoundCall(A, "ns.f", (("p", Member(B, "c")), ("q", Alias("@q")))), "d"),
    ),
    ("f(p=1 add 2)", BoundCall(None, "f", (("p", Arithmetic("add", ONE, TWO)),))),
    ("f(p= [1])", BoundCall(None, "f", (("p", ListExpr((ONE,))),))),
    ("f()(1)/b", Member(Key(BoundCall(None, "f", ()), ONE), "b")),
    ("a/$count", Count(A)),
    (
        "a/$count($filter=b;search=red)",
        Count(A, (QueryOption("$filter", B), QueryOption("$search", SearchWord("red")))),
    ),
    ("a/$filter(b)/$count", Count(FilterSegment(A, B))),
    ("a/$filter(b)(1)", Key(FilterSegment(A, B), ONE)),
    ("a/any()", Lambda(A, "any", None, None)),
    ("a/any( )", Lambda(A, "any", None, None)),
    ("a/Any(x:x)", Lambda(A, "any", "x", X)),
    ("a/all( x : x/b )", Lambda(A, "all", "x", Member(X, "b"))),
    ("a/any(b:b/c/all(d:d))", Lambda(A, "any", "b", Lambda(Member(B, "c"), "all", "d", D))),
]

CALLS = [
    ("contains(a,'b')", Call("contains", (A, string("b")))),
    ("startsWith( a , 'b' )", Call("startsWith", (A, string("b")))),
    ("substring(a,1)", Call("substring", (A, ONE))),
    ("substring(a,1,2)", Call("substring", (A, ONE, TWO))),
    ("now()", Call("now", ())),
    ("NOW( )", Call("NOW", ())),
    ("geo.length(a)", Call("geo.length", (A,))),
    ("tolower(trim(a))", Call("tolower", (Call("trim", (A,)),))),
    ("cast(a,Edm.Int32)", Call("cast", (A, TypeName("Edm.Int32")))),
    ("cast( Collection(ns.T) )", Call("cast", (TypeName("ns.T", collection=True),))),
    ("isof(T)", Call("isof", (TypeName("T"),))),
    ("isof($it, 'ns.T')", Call("isof", (Variable("$it"), string("ns.T")))),
    ("isOf('ns.T')", Call("isOf", (string("ns.T"),))),
    ("length(x=1)", BoundCall(None, "length", (("x", ONE),))),
    ("case(a:1,true:2)", Case(((A, ONE), (TRUE, TWO)))),
    ("case( a gt 1 : 1 )", Case(((Comparison("gt", A, ONE), ONE),))),
    ("case(a gt 1:2)", Case(((Comparison("gt", A, ONE), TWO),))),
    ("case(a gt 10:11)", Case(((Comparison("gt", A, number(10)), number(11)),))),
    (
        "case(case(a gt 10:11,true:12):1)",
        Case(((Case(((Comparison("gt", A, number(10)), number(11)), (TRUE, number(12)))), ONE),)),
    ),
    (
        "case(a gt 10:11:1)",
        Case(((Comparison("gt", A, Literal("Edm.TimeOfDay", "10:11", "")), ONE),)),
    ),
    (
        "case(a gt 10:11:12:1)",
        Case(((Comparison("gt", A, Literal("Edm.TimeOfDay", "10:11:12", "")), ONE),)),
    ),
]

JSON = [
    ("[]", ListExpr(())),
    ("[ 1 , a ]", ListExpr((ONE, A))),
    (" [1]", ListExpr((ONE,))),
    ('["a","\\u00e9\\n\\"\\/"]', ListExpr((string("a"), string('é\n"/')))),
    ("[\"a b\",'a b']", ListExpr((string("a b"), string("a b")))),
    ("{}", ObjectExpr(())),
    ('{ "a" : 1 , "b b":c/d}', ObjectExpr((("a", ONE), ("b b", Member(C, "d"))))),
    ('{"a":{"b":[[]]}}', ObjectExpr((("a", ObjectExpr((("b", ListExpr((ListExpr(()),))),))),))),
    ("[a,b] in [[1,2]]", In(ListExpr((A, B)), ListExpr((ListExpr((ONE, TWO)),)))),
]

# Words come first: whether one is a keyword depends on where it stands.
KEYWORDS_AS_NAMES = [
    ("allDay eq true", Comparison("eq", Identifier("allDay"), TRUE)),
    ("nullable eq null", Comparison("eq", Identifier("nullable"), NULL)),
    ("notes", Identifier("notes")),
    ("any eq 1", Comparison("eq", Identifier("any"), ONE)),
    ("eq eq eq", Comparison("eq", Identifier("eq"), Identifier("eq"))),
    ("and and or", And((Identifier("and"), Identifier("or")))),
    ("not eq 1", Comparison("eq", Identifier("not"), ONE)),
    ("not in (1)", In(Identifier("not"), (ONE,))),
    ("not eq eq 1", Comparison("eq", Not(Identifier("eq")), ONE)),
    ("not eq", Not(Identifier("eq"))),
    ("(not eq)", Not(Identifier("eq"))),
    ("not/a", Member(Identifier("not"), "a")),
    ("null/a eq 1", Comparison("eq", Member(Identifier("null"), "a"), ONE)),
    *((f"a/{word}", Member(A, word)) for word in ("any", "all", "not", "null", "true", "in", "eq")),
    ("a/any(eq:eq eq 1)", Lambda(A, "any", "eq", Comparison("eq", Identifier("eq"), ONE))),
    ("contains eq 1", Comparison("eq", Identifier("contains"), ONE)),
    ("été eq 1", Comparison("eq", Identifier("été"), ONE)),
    ("_a1 eq 1", Comparison("eq", Identifier("_a1"), ONE)),
    ("हिन्दी eq 1", Comparison("eq", Identifier("हिन्दी"), ONE)),
]


@pytest.mark.parametrize(("text", "tree"), OPERATORS + PATHS + CALLS + JSON + KEYWORDS_AS_NAMES)
def test_an_expression_becomes_its_tree(text, tree):
    assert parse_filter(text) == tree
    assert parse_expression(text) == tree


@pytest.mark.parametrize(("text", "same"), PRECEDENCE)
def test_operators_bind_as_odata_says(text, same):
    assert parse_filter(text) == parse_filter(same)


REFUSED = """\

a b
a eq
eq 1
and a
a and
a eq 1 b
a eq1
a eq 1and b
'a'eq b
a eq'b'
(a)and b
()
(a
a)
(a,b)
a,b
a;b
a:b
a.
a..b
.a
/a
a/
a//b
a/*
*
not
a not b
a eq not
-
+a
1 2
a = 1
a == 1
a != 1
a && b
a eq "b"
a²
²a
a in
a in (1,)
a in (,1)
a in (1 2)
a in (b,c)
a in (1,b)
a in ((1),2)
a in (1,(2))
a in (1 add 2,3)
a in (1
a has
a has 1
a has b
a has null
a has 'not a member'
a has b/c
foo(a)
foo('a',b)
foo(1,2)
foo( 1 )
foo(null)
contains(a)
contains(a,b,c)
contains(a,b
contains a,b
contains (a,b)
contains(,a)
now(1)
substring(a)
any()
any(x:x)
all(x:x)
a/any(x)
a/any(x:)
a/any(:x)
a/any(1:x)
a/any(x.y:x)
a/all()
a/any(x:x)/b
a/any(x:x
a/$count/b
a/$count()
a/$count($top=1)
a/$count($filter=)
a/$COUNT
a/$value
a/$ref
a/$filter
a/$filter()
$count
$root
$root/
$It
$foo
@
@1
@p.
@p(1)
a(1)(2)
a/b(c)
a/b(1,2)
f(p=1,)
f(p=1,2)
f(,p=1)
f(ns.p=1)
f(p=1
case()
case(a)
case(a:)
case(a,b)
case(a:1,)
case(a:1:2)
case(a gt 25:26:27)
cast()
cast(1)
cast(a,1)
cast(a,)
cast(a,b,c)
isof(a/b)
isof('a','b'
[1,]
[,1]
[1 2]
[1
["a" eq a]
["\\x"]
["\\ud800"]
["a
"a"
{"a"}
{"a":}
{"a":1,}
{a:1}
{'a':1}
{"a":1
[1]/a
'a'/b
tolower(a)/b
(a)/b"""


@pytest.mark.parametrize(
    "text",
    [
        *REFUSED.split("\n"),
        "( a",
        " ",
        "\x01",
        "\x00a",
        "a\x7f",
        "a\x1ceq 1",
        "startswith (a,'b')",
        "a/f (p=1)",
    ],
)
def test_what_the_grammar_does_not_have_is_refused(text):
    with pytest.raises(QueryError):
        parse_filter(text)


def test_positions_are_those_of_operators_and_of_last_segments():
    tree = parse_filter("a/bc eq 'x' and not startswith(d,'y')")
    comparison, negation = tree.terms
    assert tree.position == 12
    assert (comparison.position, comparison.left.position, comparison.right.position) == (5, 2, 8)
    assert (negation.position, negation.operand.position) == (16, 20)


def test_trees_are_equal_and_hash_alike_wherever_they_stood():
    assert parse_filter("a  eq  (1)") == parse_filter("a eq 1")
    assert hash(parse_filter("a  eq  (1)")) == hash(parse_filter("a eq 1"))
    assert parse_filter("a eq 1") != parse_filter("a eq 2")
