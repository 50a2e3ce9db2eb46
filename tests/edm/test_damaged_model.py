"""A model file that a hand has damaged: the line is named, and nothing else is raised."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegraph.edm.from_csdl import model_text
from fakegraph.edm.lines import DamagedLineError
from fakegraph.edm.model_check import check
from fakegraph.edm.published import PublishedModel, built_in
from fakegraph.edm.surface import Surface
from fakegraph.edm.to_csdl import csdl_chunks
from tests.edm.test_from_csdl import SHOP, document

SURFACE = (
    "path /tools\tGET aaaaaa 200 filter\tPOST aaaaaa 201\n"
    "permission Shop.Read\tApplication admin\n"
    "permissions aaaaaa\tApplication Shop.Read\n"
)
TEXT = "".join(sorted((model_text(document(SHOP)) + SURFACE).splitlines(True), key=str.lower))


def opened(text):
    return PublishedModel(text.encode())


def test_whole_files_pass():
    check(opened(TEXT))
    check(built_in("v1.0"))


# What stands in the file, what stands there after the damage, and words of the refusal.
DAMAGE = [
    ("type .tool\tentity open stream", "type .tool", "'type .tool', is damaged"),
    ("type .tool\tentity", "type .tool\tentiti", "there is no 'complex'"),
    ("base .thing", "base .thin", "there is no '.thin'"),
    ("base .thing", "base .tool", "leads back to itself"),
    ("heirs .tool", "heirs .tools", "there is no '.tools'"),
    ("heirs .tool", "heirs .place", "'shop.place' is not derived from it"),
    ("heirs .tool", "heirs .thing", "leads back|not derived|does not have it"),
    ("heirs .tool\t", "", "does not have it among its heirs"),
    ("keys shelf number", "keys shelf size", "'size' is no property"),
    ("made:Date~", "made", "a type is missing behind a name"),
    ("home:.place=", "home:.plac=", "there is no 'type .plac'"),
    ("home:.place=", "home:%.place=", "not elsewhere|there is no 'enum'|in 'type .place'"),
    ("colours:%.colour*!", "colours:.colour*!", "not elsewhere|enumeration|there is no"),
    ("price:Decimal(2)", "price:Decimal(two)", "invalid literal"),
    ("rival:.thing!", "rival:String!", "leads to no entity"),
    ("blue=9", "blue=nine", "invalid literal"),
    ("enum flags", "enum flog", "'flog'"),
    ("function+ .cost .tool* ", "function+ ", "'operation cost', is damaged"),
    ("action .cost - of", "of", "'operation cost', is damaged"),
    ("-> Decimal!", "-> .money!", "there is no 'type .money'"),
    ("root tools\tset .tool", "root tools\tsett .tool", "not 'sett'"),
    ("root tools\tset .tool", "root tools\tset .tolo", "there is no 'type .tolo'"),
    ("import .cost", "import .costs", "there is no 'operation .costs'|costs"),
    ("GET aaaaaa 200", "GOT aaaaaa 200", "there is no method 'GOT'"),
    ("GET aaaaaa 200", "GET aaaaaa two", "invalid literal"),
    ("GET aaaaaa 200", "GET bbbbbb 200", "there is no 'permissions bbbbbb'"),
    ("type .place", "typo .place", "a line begins with one of|out of order"),
    ("type .place", "type .zplace", "out of order"),
    ("Application admin", "Application nobody", "'permission Shop.Read', is damaged"),
    ("permission Shop.Read\t", "path /tools\t", "the key of the line before it"),
    ("namespace shop", "namespac shop", "there is no 'namespace'"),
]  # fmt: skip


@pytest.mark.parametrize(("whole", "damaged", "words"), DAMAGE, ids=[each[1] for each in DAMAGE])
def test_the_line_is_named(whole, damaged, words):
    assert TEXT.count(whole) == 1, whole
    with pytest.raises(DamagedLineError, match=words) as raised:
        check(opened(TEXT.replace(whole, damaged)))
    assert re.search(r"\bline\b", str(raised.value))


def test_lines_are_counted_from_one():
    number = next(n for n, line in enumerate(TEXT.splitlines(), 1) if line.startswith("type .tool"))

    with pytest.raises(DamagedLineError, match=f"^line {number}, 'type .tool', is damaged: "):
        check(opened(TEXT.replace("made:Date~", "made:~")))


def test_damage_is_told_when_the_line_is_used_where_nobody_looked_before():
    model = opened(TEXT.replace("made:Date~", "made"))

    assert model.structured("shop.tool").base.name == "shop.thing"
    with pytest.raises(DamagedLineError, match=r"type \.tool"):
        _ = model.structured("shop.tool").properties
    with pytest.raises(DamagedLineError, match=r"type \.tool"):
        b"".join(csdl_chunks(opened(TEXT.replace("entity open", "entity opened")).lines))
    surface = Surface(opened(TEXT.replace("GET aaaaaa 200", "GET bbbbbb")).lines)
    with pytest.raises(DamagedLineError, match="path /tools"):
        surface.at("/tools", "tools", "collection")


def test_a_line_that_is_not_text_is_named():
    data = TEXT.encode().replace(b"made:Date~", b"m\xffde:Date~")

    with pytest.raises(DamagedLineError, match=r"'type \.tool', is damaged: it is not UTF-8"):
        check(PublishedModel(data))


def test_a_file_that_ends_early_is_told():
    with pytest.raises(DamagedLineError, match="the last line does not end"):
        check(opened(TEXT.rstrip("\n")))


@given(st.data())
def test_any_damage_is_a_value_error_or_none(data):
    """A part is cut out, doubled or replaced: the check says so, or the file can be used."""
    start = data.draw(st.integers(0, len(TEXT)))
    end = data.draw(st.integers(start, min(len(TEXT), start + 30)))
    put = data.draw(st.sampled_from(["", " ", "\t", "\n", "=", ":", "*", "%", ".", "\x00", "é"]))
    text = TEXT[:start] + data.draw(st.sampled_from([put, TEXT[start:end] * 2])) + TEXT[end:]
    try:
        model = opened(text)
        check(model)
    except ValueError:
        return
    b"".join(csdl_chunks(model.lines))


def test_lines_of_no_known_kind_are_told():
    with pytest.raises(DamagedLineError, match=r"'zoo \.x', is damaged: a line begins with one of"):
        check(opened(f"{TEXT}zoo .x\ty\n"))
