"""JSON that two readers could take differently is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegraph.strict_json import MAX_DEPTH, JsonError, loads


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "line 1, column 1"),
        (b"{", "line 1"),
        (b'{"a": 1,}', "line 1, column"),
        (b"{} {}", "Extra data"),
        (b"\xef\xbb\xbf{}", "byte-order mark"),
        (b'"\xff"', "Byte 1 is not UTF-8"),
        (b"NaN", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"1e999", "too large"),
        (b"9" * 5000, "too long"),
        (b'{"a": 1, "b": 2, "a": 3}', "'a' is there twice"),
        (b'[{"x": {"a": 1, "a": 1}}]', "'a' is there twice"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\udc00": 1}', "surrogate"),
        (b'{"a": 100000000000000000000, "b": "\\ud800"}', "surrogate"),
        (b"[" * 100_000, "nested deeper"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested deeper than 64 levels"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "nested deeper"),
        (b'"\x01"', "control character"),
        (b"'a'", "line 1"),
    ],
)
def test_refused_with_the_place(data, words):
    with pytest.raises(JsonError) as raised:
        loads(data)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b' {"a": [1, 2.5, true, null, "x"]} ', {"a": [1, 2.5, True, None, "x"]}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
        (b"12345678901234567890123", 12345678901234567890123),
        (b'["[[[[[[", "\\\\"]' , ["[[[[[[", "\\"]),
        (b"[" + b"[]," * 5000 + b"[]]", [[]] * 5001),
    ],
)  # fmt: skip
def test_read_as_it_is(data, value):
    found = loads(data)
    assert value is None or found == value


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner)
        ),
    )
)
def test_reads_what_the_standard_library_writes(value):
    assert loads(json.dumps(value).encode()) == value
