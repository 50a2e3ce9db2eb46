"""Sorted lines: found in any case, exactly those asked for, however odd the keys are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fakegraph.edm.lines import Lines, named, text_of

keys = st.text("aAbB/. é", min_size=1, max_size=4)


@given(st.sets(keys), st.lists(keys))
def test_lines_are_found_like_the_entries_of_a_table(present, asked):
    lines = Lines(text_of([[key, f"value {key}"] for key in present]).encode())

    for key in present:
        assert lines.find(key) == [key, f"value {key}"]
    for key in asked:
        alike = {each for each in present if _folded(each) == _folded(key)}
        found = lines.find(key)
        assert found is None if not alike else found[0] in alike
        beginning = [each for each in present if _folded(each).startswith(_folded(key))]
        assert sorted(columns[0] for columns in lines.starting(key)) == sorted(beginning)


def _folded(key):
    return key.encode().lower()


def test_no_lines_have_nothing():
    assert Lines(b"").find("a") is None
    assert list(Lines(b"").starting()) == []


def test_columns_are_named_by_their_first_word():
    assert named(["enum flags", "members a b", "entity"]) == {
        "enum": "flags",
        "members": "a b",
        "entity": "",
    }


BELOW = Lines(
    text_of(
        [
            ["type a", "entity", "heirs x y", "properties p:String q:Int32"],
            ["type B", "complex"],
            ["use a", "GET"],
        ]
    ).encode()
)
ABOVE = [
    ["type A", "complex"],
    ["type a", "changed", "heirs+ z", "properties- q", "properties+ q:String r:Date"],
    ["use a", "gone"],
    ["use b", "GET"],
]


def test_lines_laid_over_others_stand_for_them_change_them_or_take_them_away():
    lines = Lines(text_of(ABOVE).encode(), BELOW)

    changed = ["type a", "entity", "heirs x y z", "properties p:String q:String r:Date"]
    assert lines.find("type a") == changed
    assert lines.find("type A") == ["type A", "complex"]
    assert lines.find("type b") == ["type B", "complex"]
    assert lines.find("use a") is None
    keys = [columns[0] for columns in lines.starting()]
    assert keys == ["type a", "type A", "type B", "use b"]


def test_lines_that_keep_all_take_nothing_away():
    lines = Lines(text_of(ABOVE).encode(), BELOW, keeps=True)

    assert lines.find("use a") == ["use a", "GET"]
    assert lines.find("type a")[-1] == "properties p:String q:Int32 r:Date"
