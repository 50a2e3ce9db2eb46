"""What a refused query option is told: the service's words, the place, and what would be right."""

from __future__ import annotations

import pytest

from fakegraph.odata import (
    parse_expand,
    parse_filter,
    parse_orderby,
    parse_query_options,
    parse_search,
    parse_select,
)
from tests.odata.conftest import refusal


def test_a_syntax_error_is_in_the_services_words_and_knows_its_place():
    error = refusal(parse_filter, "name = 'x'")
    # The service names the place behind what it cannot read, as in the sentences below.
    assert error.message == "Syntax error at position 6 in 'name = 'x''."
    assert (error.position, error.text) == (5, "name = 'x'")
    assert str(error) == f"{error.message} {error.hint}"
    assert isinstance(error, ValueError)


def test_an_error_without_a_hint_is_its_message():
    error = refusal(parse_query_options, "$top=x")
    assert error.hint is None
    assert str(error) == error.message


def test_an_open_string_is_named_and_placed():
    error = refusal(parse_filter, "name eq 'O''Neil")
    assert error.position == 8
    assert error.hint.startswith("End it with a single quote")
    assert refusal(parse_search, 'a "b').position == 2


def test_an_unknown_function_is_named_and_the_nearest_one_suggested():
    error = refusal(parse_filter, "a eq 1 and startWith(b,'c')")
    assert error.message.startswith("An unknown function with name 'startWith' was found. This may")
    assert error.hint == "Is startswith meant?"
    assert error.position == 11


def test_a_wrong_number_of_arguments_is_told_with_the_right_one():
    error = refusal(parse_filter, "contains(a)")
    assert error.message == (
        "No function signature for the function with name 'contains' matches the specified "
        "arguments. The function signatures considered are: contains(Edm.String, Edm.String); "
        "contains(Collection(any), Collection(any))."
    )
    assert error.hint == "contains takes 2 arguments; 1 given."
    assert refusal(parse_filter, "now(1)").hint == "now takes 0 arguments; 1 given."
    assert refusal(parse_filter, "trim()").hint == "trim takes 1 argument; 0 given."
    assert "takes 2 or 3 arguments" in refusal(parse_filter, "substring(a)").hint


def test_a_bad_value_of_an_option_is_told_as_the_service_does():
    assert refusal(parse_query_options, "$top=-1").message == (
        "Invalid value '-1' for $top query option found. "
        "The $top query option requires a non-negative integer value."
    )
    assert refusal(parse_query_options, "$foo=1").message == (
        "The query parameter '$foo' is not supported."
    )


def test_the_place_of_a_bad_value_is_in_the_text_that_was_parsed():
    error = refusal(parse_query_options, "a=1&$top=x%20")
    assert (error.position, error.text) == (0, "x ")
    error = refusal(parse_query_options, "a=1&$filter=a%20eq%20=")
    assert (error.position, error.text) == (5, "a eq =")
    error = refusal(parse_expand, "a($skip=1;$top=x)")
    assert (error.position, error.text) == (15, "a($skip=1;$top=x)")


def test_a_long_text_is_shown_around_the_error():
    text = f"{'a' * 100} eq '{'b' * 150}' & {'c' * 1000}"
    error = refusal(parse_filter, text)
    assert error.position == text.index("&")
    assert f"…{text[error.position - 100 : error.position + 100]}…" in error.message
    assert error.text == text


SENTENCES = [
    # Two that were seen.
    (parse_filter, "iswhatever 12", "Syntax error at position 13 in 'iswhatever 12'."),
    (parse_filter, "jobtitle ge '!' , accountenabled eq true", "Syntax error at position 17 in 'jobtitle ge '!' , accountenabled eq true'."),
    # The end of an expression.
    (parse_filter, "a eq 1)", "Syntax error at position 7 in 'a eq 1)'."),
    (parse_filter, "a eq 1 b c", "Syntax error at position 8 in 'a eq 1 b c'."),
    (parse_filter, "a eq 5x", "Syntax error at position 7 in 'a eq 5x'."),
    (parse_filter, "a eq'b'", "Syntax error at position 7 in 'a eq'b''."),
    (parse_filter, "startswith (a,'b')", "Syntax error at position 12 in 'startswith (a,'b')'."),
    (parse_orderby, "a up", "Syntax error at position 4 in 'a up'."),
    (parse_orderby, "a desc,b down", "Syntax error at position 13 in 'a desc,b down'."),
    # Paths and lambdas.
    (parse_filter, "a/ ", "Syntax error at position 3 in 'a/ '."),
    (parse_filter, "a//b", "Syntax error at position 3 in 'a//b'."),
    (parse_filter, "a/any(x)", "Syntax error at position 8 in 'a/any(x)'."),
    (parse_filter, "a/any(o(true)", "Syntax error at position 8 in 'a/any(o(true)'."),
    (parse_filter, "Orders/any(2 eq ID)", "An identifier was expected at position 11."),
    (parse_filter, "Orders/all(: o/ID)", "An identifier was expected at position 11."),
    # Where an operand is missing.
    (parse_filter, "", "Expression expected at position 0 in ''."),
    (parse_filter, "  ", "Expression expected at position 2 in '  '."),
    (parse_filter, "a eq", "Expression expected at position 4 in 'a eq'."),
    (parse_filter, "a eq 1 and ", "Expression expected at position 11 in 'a eq 1 and '."),
    (parse_filter, "a eq = 1", "Expression expected at position 5 in 'a eq = 1'."),
    (parse_filter, "a eq ,", "Expression expected at position 5 in 'a eq ,'."),
    (parse_filter, "not )", "Expression expected at position 4 in 'not )'."),
    (parse_filter, "()", "Expression expected at position 1 in '()'."),
    (parse_filter, "contains(,'b')", "Expression expected at position 9 in 'contains(,'b')'."),
    (parse_orderby, "a,", "Expression expected at position 2 in 'a,'."),
    (parse_search, "()", "Expression expected at position 1 in '()'."),
    # Parentheses.
    (parse_filter, "(a eq 1", "')' or operator expected at position 7 in '(a eq 1'."),
    (parse_filter, "(a eq 1 b)", "')' or operator expected at position 8 in '(a eq 1 b)'."),
    (parse_filter, "((a) , b)", "')' or operator expected at position 5 in '((a) , b)'."),
    (parse_filter, "contains(a,'b'", "')' or ',' expected at position 14 in 'contains(a,'b''."),
    (parse_filter, "contains(a 'b')", "')' or ',' expected at position 11 in 'contains(a 'b')'."),
    (parse_filter, "a/any(x:x eq 1", "')' or ',' expected at position 14 in 'a/any(x:x eq 1'."),
    (parse_filter, "a in (1 2)", "')' or ',' expected at position 8 in 'a in (1 2)'."),
    (parse_search, "(a", "')' or operator expected at position 2 in '(a'."),
    (parse_search, "a)", "Syntax error at position 2 in 'a)'."),
    # What is no token.
    (parse_filter, "a != 1", "Syntax error: character '!' is not valid at position 2 in 'a != 1'."),
    (parse_filter, "a > 1", "Syntax error: character '>' is not valid at position 2 in 'a > 1'."),
    (parse_filter, 'a eq "b"', "Syntax error: character '\"' is not valid at position 5 in 'a eq \"b\"'."),
    (parse_filter, "a eq ‘b’", "Syntax error: character '‘' is not valid at position 5 in 'a eq ‘b’'."),
    (parse_filter, "(a eq 1; b", "Syntax error: character ';' is not valid at position 7 in '(a eq 1; b'."),
    (parse_filter, "a eq @1", "Syntax error: character '1' is not valid at position 6 in 'a eq @1'."),
    (parse_filter, "a eq @", "Syntax error at position 6 in 'a eq @'."),
    (parse_filter, "a§ eq 1", "Syntax error: character '§' is not valid at position 1 in 'a§ eq 1'."),
    (parse_orderby, "a;", "Syntax error: character ';' is not valid at position 1 in 'a;'."),
    # Literals.
    (parse_filter, "a eq 'b", "There is an unterminated string literal at position 7 in 'a eq 'b'."),
    (parse_filter, "a eq duration'P1D", "There is an unterminated literal at position 17 in 'a eq duration'P1D'."),
    (parse_search, 'a "b', "There is an unterminated string literal at position 4 in 'a \"b'."),
    (parse_filter, "a eq 5.", "A digit was expected at position 7 in 'a eq 5.'."),
    (parse_filter, "a eq 5.x", "A digit was expected at position 7 in 'a eq 5.x'."),
    (parse_filter, "a eq -1e+ 2", "A digit was expected at position 9 in 'a eq -1e+ 2'."),
    (parse_filter, "a ge 2025-11-24T01:11:04", "The DateTimeOffset text '2025-11-24T01:11:04' should be in format 'yyyy-mm-ddThh:mm:ss('.'s+)?(zzzzzz)?' and each field value is within valid range."),
    (parse_filter, "a ge 2024-13-01T00:00:00Z and b", "The DateTimeOffset text '2024-13-01T00:00:00Z' should be in format 'yyyy-mm-ddThh:mm:ss('.'s+)?(zzzzzz)?' and each field value is within valid range."),
    (parse_filter, "(a ge 2024-1-1T1:00)", "The DateTimeOffset text '2024-1-1T1:00' should be in format 'yyyy-mm-ddThh:mm:ss('.'s+)?(zzzzzz)?' and each field value is within valid range."),
    (parse_filter, "a eq 1 2024-01-01T00:00:00Z", "Syntax error at position 27 in 'a eq 1 2024-01-01T00:00:00Z'."),
    (parse_filter, "(a eq 1 2024-01-01T00:00:00Z)", "')' or operator expected at position 8 in '(a eq 1 2024-01-01T00:00:00Z)'."),
    (parse_filter, "a eq guid'4d'", "Unrecognized 'Edm.String' literal 'guid'4d'' at '5' in 'a eq guid'4d''."),
    (parse_filter, "a eq datetime'2024-01-01'", "Unrecognized 'Edm.String' literal 'datetime'2024-01-01'' at '5' in 'a eq datetime'2024-01-01''."),
    (parse_filter, "a eq duration'1D'", "Unrecognized 'Edm.Duration' literal 'duration'1D'' at '5' in 'a eq duration'1D''."),
    (parse_filter, "a eq ns.E'b c'", "The string 'ns.E'b c'' is not a valid enumeration type constant."),
    # $select and $expand.
    (parse_select, "a b", "Term 'a b' is not valid in a $select or $expand expression."),
    (parse_select, "a)", "Term 'a)' is not valid in a $select or $expand expression."),
    (parse_select, "a;b", "Syntax error: character ';' is not valid at position 1 in 'a;b'."),
    (parse_select, "", "An identifier was expected at position 0."),
    (parse_select, ",a", "An identifier was expected at position 0."),
    (parse_select, "a,'b'", "An identifier was expected at position 2."),
    (parse_select, "a,$count", "Found system token '$count' in select or expand clause 'a,$count'."),
    (parse_expand, "children($select=id,name,$top=5)", "Found system token '$top' in select or expand clause 'children($select=id,name,$top=5)'."),
    (parse_expand, "children($filter=a,$top=5)", "Term 'children($filter=a,$top=5)' is not valid in a $select or $expand expression."),
    (parse_expand, "a($levels=-1)", "Levels option must be a non-negative integer or 'max', it is set to '-1' instead."),
    (parse_query_options, "$count=1", "Invalid value '1' for $count query option found. Valid values are 'true, false'."),
]  # fmt: skip


@pytest.mark.parametrize(("parse", "text", "message"), SENTENCES)
def test_each_fault_has_the_services_own_sentence(parse, text, message):
    assert refusal(parse, text).message == message


def test_hints_of_names_are_of_names():
    assert refusal(parse_select, "a b").hint == "Names are separated by commas: id,displayName."
    assert "names have commas between" in refusal(parse_select, "a;b").hint


HINTS = [
    ("a == 1", 2, "eq"),
    ("a = 1", 2, "eq"),
    ("a != 1", 2, "ne"),
    ("a <> 1", 2, "ne"),
    ("a >= 1", 2, "ge"),
    ("a <= 1", 2, "le"),
    ("a > 1", 2, "gt"),
    ("a < 1", 2, "lt"),
    ("a && b", 2, "and"),
    ("a || b", 2, "or"),
    ("!a", 0, "not"),
    ("a + 1 eq 2", 2, "add"),
    ("a - 1 eq 2", 2, "sub"),
    ("a * 2 eq 2", 2, "*"),
    ("a like 'x'", 2, "contains"),
    ("a LIKE 'x'", 2, "contains"),
    ("a is null", 2, "null"),
    ("a is not null", 2, "ne null"),
    ("a neq 1", 2, "ne"),
    ("a equals 1", 2, "eq"),
    ("a gte 1", 2, "ge"),
    ("a lte 1", 2, "le"),
    ("a between 1 and 2", 2, "ge"),
    ("a contains 'b'", 2, "contains("),
    ("a startswith 'b'", 2, "function"),
    ("a not in (1)", 2, "before"),
    ("a eq 1 desc", 7, "$orderby"),
    ("a frobs b", 2, "operator"),
    ('a eq "b"', 5, "single quotes"),
    ("a eq ‘b’", 5, "straight"),
    ("a eq 'O'Neil'", 8, "twice"),
    ("substringof('x',a)", 0, "contains"),
    ("frobnicate(a)", 0, "name=value"),
    ("a/b(c)", 4, "name=value"),
    ("any(x:x)", 0, "collection"),
    ("a/any(x)", 7, "':' was expected"),
    ("(a eq 1", 7, "')' is missing"),
    ("contains(a,'b'", 14, "')' is missing"),
    ("a eq 1)", 6, "nothing open"),
    ("a eq", 4, "right side of eq is missing"),
    ("a eq 1 and", 10, "right side of and is missing"),
    ("a eq'b'", 4, "space must follow eq"),
    ("'a'eq b", 3, "space must stand before eq"),
    ("", 0, "missing"),
    ("a/", 2, "name was expected"),
    ("startswith (a,'b')", 11, "space"),
    ("a eq .5", 5, "0.5"),
    ("a eq 5.", 5, "point"),
    ("a..b", 1, "dot"),
    ("a eq 5 6", 7, "number"),
    ("a eq [1", 7, "']' is missing"),
    ("a [1]", 2, "list"),
    ("a,b", 1, "complete"),
    ("a eq @", 5, "alias"),
    ("a eq $that", 5, "$it"),
    ("a§ eq 1", 1, "cannot have"),
    ("\u0301a eq 1", 0, "cannot have"),
    ("a eq 2024-01-01T00:00:00", 5, "offset"),
    ("a ge 2024-01-01T00:00:00 and b", 5, "offset"),
    ("a eq 2024-01-01T00:00:00 03:00", 5, "%2B"),
    ("a eq 2024-13-01T00:00:00Z", 5, "2024-01-01T00:00:00Z"),
    ("a eq 2024-1-1", 5, "two digits"),
    ("a eq 12345678-1234-1234-1234-12345678901", 5, "GUID"),
    ("a eq %27b%27", 5, "percent-encoded twice"),
    ("a eq 2024-01-01T00%3A00Z", 5, "percent-encoded twice"),
    ("a eq datetime'2024-01-01T00:00:00'", 5, "without prefix"),
    ("a eq duration'1D'", 5, "duration'P"),
    ("a eq Colour'red'", 5, "namespace"),
    ("a eq ns.Colour'red blue'", 5, "without spaces"),
    ("a in (b,c)", 6, "literals"),
    ("a in ((1),2)", 6, "literals"),
    ("a has 1", 6, "has ns.Type"),
    ("a has 'b c'", 6, "members"),
    ("case()", 0, "case("),
    ("cast(a,1)", 7, "type"),
    ("isof(a/b)", 5, "type"),
    ('["\\ud800"]', 1, "half a character"),
    ("{a:1}", 1, "double quotes"),
    ("$root", 5, "path"),
]


@pytest.mark.parametrize(("text", "position", "hint"), HINTS)
def test_a_hint_says_what_would_be_right(text, position, hint):
    error = refusal(parse_filter, text)
    assert error.position == position
    assert hint in error.hint


@pytest.mark.parametrize(
    ("parse", "text", "position", "hint"),
    [
        (parse_orderby, "a up", 2, "operator"),
        (parse_orderby, "a,", 2, "missing"),
        (parse_select, "a,", 2, "property"),
        (parse_select, "f(p,1)", 4, "parameter"),
        (parse_select, "a($levels=2)", 2, "$select"),
        (parse_select, "a($top=1 )", 7, None),
        (parse_expand, "*/a", 2, "$ref"),
        (parse_expand, "*/$count", 2, "$ref"),
        (parse_expand, "*/$ref($top=1)", 6, "no options"),
        (parse_expand, "a/$count($top=1)", 9, "$filter, $search"),
        (parse_expand, "a(b)", 3, "b=…"),
        (parse_search, "(a", 2, "')' is missing"),
        (parse_search, "a)", 1, "nothing open"),
        (parse_search, "a(b)", 1, "space"),
        (parse_search, "()", 1, "expected"),
        (parse_search, "a 'b'", 2, "double quotes"),
        (parse_search, '""', 0, "one character"),
        (parse_query_options, "$filter=name eq 'R&D'", 8, None),
        (parse_query_options, "$top=1&mine", 7, "%26"),
        (parse_query_options, "a=1&b=%", 4, "%25"),
        (parse_query_options, "a=%ff", 0, "UTF-8"),
        (parse_query_options, "a=1&$filter=%ff", 4, "UTF-8"),
        (parse_query_options, "a=1&$skiptoken=%f", 4, "%25"),
        (parse_query_options, "$top=1&$count", 13, "$count=…"),
        (parse_query_options, "a=1&@p", 4, "@name"),
        (parse_query_options, "$filter= a", 0, "space"),
        (parse_query_options, "$filter=a%20", 1, "space"),
        (parse_query_options, "$search=a;b", 0, "%3B"),
        (parse_query_options, "$search=a#b", 9, "%23"),
    ],
)
def test_other_options_say_where_and_what_too(parse, text, position, hint):
    error = refusal(parse, text)
    assert error.position == position
    assert hint is None or hint in error.hint
