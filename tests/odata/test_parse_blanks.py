"""White space: all of it that the service's lexer skips, wherever a token may begin."""

from __future__ import annotations

import pytest

from fakegraph.odata import (
    QueryError,
    parse_compute,
    parse_expand,
    parse_expression,
    parse_filter,
    parse_orderby,
    parse_search,
    parse_select,
)

# What .NET's Char.IsWhiteSpace says yes to: Zs, Zl, Zp, and six control characters.
BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2004\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
# These look like blanks, or are to Python.
NO_BLANKS = "\x1c\x1f\u200b\ufeff\u180e\x00"

# Each with its tokens apart by _, which stands for any blank, or for none where the second text
# has it so.
SPACED = [
    (parse_filter, "_a_eq_'x'_", "a eq 'x'"),
    (parse_filter, "_(_a_)_", "(a)"),
    (parse_filter, "_not_a_and_-_b_gt_1_", "not a and -b gt 1"),
    (parse_filter, "_a_/_b_/_c_eq_null", "a/b/c eq null"),
    (parse_filter, "a/any_(_x_:_x_eq_'b'_)_", "a/any(x:x eq 'b')"),
    (parse_filter, "_a_/_all_(_x_:_x_/_b_)", "a/all(x:x/b)"),
    (parse_filter, "a/Any_(_)", "a/any()"),
    (parse_filter, "_startswith(_a_,_'b'_)_", "startswith(a,'b')"),
    (parse_filter, "_a_in_(_'b'_,_'c'_)_", "a in ('b','c')"),
    (parse_filter, "_a_/_$count_gt_1_", "a/$count gt 1"),
    (parse_filter, "_a_has_ns.E'x'_", "a has ns.E'x'"),
    (parse_filter, "_isof(_a_,_ns.T_)_", "isof(a,ns.T)"),
    (parse_filter, "_f(_p_=_1_,_q_=_'x'_)_", "f(p=1,q='x')"),
    (parse_filter, "_[_1_,_2_]_", "[1,2]"),
    (parse_filter, '_{_"a"_:_1_}_', '{"a":1}'),
    (parse_filter, "_case(_a_:_1_,_true_:_2_)_", "case(a:1,true:2)"),
    (parse_expression, "_'D30'_", "'D30'"),
    (parse_orderby, "_a_desc_,_b_,_c_/_d_asc_", "a desc,b,c/d asc"),
    (parse_compute, "_a_add_1_as_b_,_c_as_d_", "a add 1 as b,c as d"),
    (parse_select, "_a_,_b_/_c_,_*_", "a,b/c,*"),
    (parse_select, "_f_(_p_,_q_)_", "f(p,q)"),
    (parse_select, "_a_(_$select_=_b_,_c_;_$top_=1;_$orderby_=_d_)_", "a($select=b,c;$top=1;$orderby=d)"),
    (parse_expand, "_a_,_b_/_ns.T_/_c_", "a,b/ns.T/c"),
    (parse_expand, "_a_(_$filter_=_b_eq_1_;_$select_=_c_)_", "a($filter=b eq 1;$select=c)"),
    (parse_expand, "_a_/_$ref_", "a/$ref"),
    (parse_expand, "_a(_$search=_x_;_$top=1)", "a($search=x;$top=1)"),
    (parse_search, "_a_b_OR_(_NOT_\"c d\"_)_", 'a b OR (NOT "c d")'),
    (parse_search, "_'a b'_", "'a b'"),
]  # fmt: skip


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize(("parse", "spaced", "plain"), SPACED)
def test_blanks_between_tokens_are_skipped(parse, spaced, plain, blank):
    assert parse(spaced.replace("_", blank)) == parse(plain)
    assert parse(spaced.replace("_", f"{blank} \r\n{blank}")) == parse(plain)


@pytest.mark.parametrize("character", NO_BLANKS)
@pytest.mark.parametrize("text", ["a_eq 1", "a eq_1", "_a", "a, _b", "a/any_(x:x)"])
def test_what_only_looks_blank_is_not(text, character):
    for parse in (parse_filter, parse_orderby):
        with pytest.raises(QueryError):
            parse(text.replace("_", character))


@pytest.mark.parametrize("blank", BLANKS)
def test_blanks_inside_literals_are_theirs(blank):
    assert parse_filter(f"a eq '{blank}b{blank}'").right.value == f"{blank}b{blank}"
    assert parse_search(f'"b{blank}c"').text == f"b{blank}c"


def test_words_still_stand_apart():
    for text in ("a eq1", "aeq 1", "a eq'b'", "a and(b)or c", "startswith (a,'b')"):
        with pytest.raises(QueryError):
            parse_filter(text)
