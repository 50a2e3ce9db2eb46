"""Models from files: each is read and checked once, kept by its content, or refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakegraph.edm import model_files, published
from fakegraph.edm.from_csdl import MAX_BYTES, model_text
from fakegraph.edm.model_files import NoModelError, model_in, read_option
from tests.edm.test_from_csdl import SHOP, document


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "fakegraph" / "models"


@pytest.fixture
def csdl(tmp_path):
    file = tmp_path / "shop.xml"
    file.write_bytes(document(SHOP))
    return file


@pytest.fixture
def readings(monkeypatch):
    """The documents that were read, in order."""
    found = []

    def counting(data):
        found.append(data)
        return model_text(data)

    monkeypatch.setattr(model_files, "model_text", counting)
    return found


def test_a_document_is_read_once(csdl, cache, readings):
    first, second = model_in(csdl), model_in(csdl)

    assert len(readings) == 1
    assert first.structured("shop.tool").key == second.structured("shop.tool").key == "shelf"
    (kept,) = cache.iterdir()
    assert kept.read_text() == model_text(document(SHOP))


def test_it_is_kept_with_the_data_where_there_is_a_folder(csdl, cache, tmp_path, readings):
    for _ in range(2):
        model_in(csdl, tmp_path / "data")

    assert len(readings) == 1
    assert len(list((tmp_path / "data" / "models").iterdir())) == 1
    assert not cache.exists()


def test_another_content_is_another_model(csdl, cache, readings):
    model_in(csdl)
    csdl.write_bytes(document('<ComplexType Name="a"/>'))

    assert model_in(csdl).type_named("shop.a").name == "shop.a"
    assert model_in(csdl).type_named("shop.tool") is None
    assert len(readings) == 2


def test_a_model_file_is_checked_once(tmp_path, cache, monkeypatch):
    file = tmp_path / "shop.model"
    file.write_text(model_text(document(SHOP)))
    model_in(file)
    monkeypatch.setattr(model_files, "check", None)  # it would fail if it were called

    assert model_in(file).root("tools").many
    assert [kept.read_bytes() for kept in cache.iterdir()] == [file.read_bytes()]


def test_what_is_kept_and_damaged_is_made_again(csdl, cache):
    model_in(csdl)
    (kept,) = cache.iterdir()
    kept.write_text("")

    assert model_in(csdl).root("tools").many
    assert kept.read_text() == model_text(document(SHOP))


@pytest.mark.parametrize("place", ["a file", "no home"])
def test_where_nothing_can_be_kept_it_is_made_each_time(
    csdl, tmp_path, monkeypatch, readings, place
):
    if place == "a file":
        monkeypatch.setenv("XDG_CACHE_HOME", str(csdl))
    else:
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setattr(Path, "home", lambda: Path("nowhere"))
    for _ in range(2):
        assert model_in(csdl).root("tools").many

    assert len(readings) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (b"", "not well-formed XML"),
        (b"hello", "not well-formed XML"),
        (b"<a/>", "not CSDL"),
        (b"\x89PNG\r\n", "not well-formed XML"),
        (document('<ComplexType Name="a" BaseType="s.none"/>'), "'s.none' of 'a' is not defined"),
        (b"!fakegraph-model\tformat 99\n", "no model file of this version"),
        (b"!fakegraph-model\tformat 1\tnamespace a\ntype .t\n", "line 2, 'type .t', is damaged"),
        (b" " * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_what_is_no_model_is_refused_in_one_line(tmp_path, cache, content, words):
    file = tmp_path / "x.xml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(NoModelError, match=words) as raised:
        model_in(file)
    assert str(raised.value).startswith(f"{file}: ")
    assert "\n" not in str(raised.value)
    assert not cache.exists()


def test_a_folder_is_no_model(tmp_path):
    with pytest.raises(NoModelError, match="it is a folder"):
        model_in(tmp_path)


def test_the_built_in_file_can_be_given_too(tmp_path):
    file = Path(published.__file__).parent / "builtin" / "v1.0.model"

    assert model_in(file, tmp_path).root("me").name == "me"


def test_an_option_names_a_version_and_a_file():
    assert read_option("beta=a/b=c.xml") == ("beta", Path("a/b=c.xml"))
    assert read_option("v1.0=x") == ("v1.0", Path("x"))


@pytest.mark.parametrize("text", ["", "beta", "beta=", "=x", "be/ta=x", "../x=y", "1=x", "ü=x"])
def test_other_options_are_refused(text):
    with pytest.raises(NoModelError, match="is not VERSION=FILE"):
        read_option(text)
