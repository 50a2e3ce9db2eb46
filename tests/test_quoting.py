"""``quoting.quoted`` beside what it stands for."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegraph.quoting import parts_of, quoted


@given(st.text(), st.sampled_from(["", "/", "'@:!$*,;~-._", "]^\\-a"]))
def test_it_quotes_as_urllib_does(text, safe):
    assert quoted(text, safe) == quote(text, safe=safe)


def test_what_is_no_text_is_refused():
    with pytest.raises(UnicodeEncodeError):
        quoted("a\ud800b")


def test_what_cannot_be_a_url_has_no_parts():
    assert parts_of("http://[a") is None
    assert parts_of("https://a/b").hostname == "a"
