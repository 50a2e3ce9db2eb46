"""Settings from flags, environment, file and Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakegraph.settings import RateLimit, Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_defaults_are_the_documented_ones():
    assert load_settings({}, {}) == Settings()
    assert (Settings().host, Settings().port) == ("127.0.0.1", 8365)
    assert (Settings().fixture, Settings().auth) == (("contoso",), "bearer")
    assert (Settings().page_size, Settings().max_body) == (100, 4 * 1024 * 1024)
    assert (Settings().data_dir, Settings().durability) == (None, "flush")


def test_flag_beats_environment_beats_file_beats_default():
    Path("fakegraph.toml").write_text("port = 1\npage-size = 11\nmax_body = '1KiB'\n")
    environ = {"FAKEGRAPH_PORT": "2", "FAKEGRAPH_PAGE_SIZE": "12", "OTHER": "x"}

    settings = load_settings({"port": "3"}, environ)

    assert (settings.port, settings.page_size, settings.max_body) == (3, 12, 1024)
    assert settings.auth == "bearer"


def test_named_file_is_read_instead(tmp_path):
    Path("fakegraph.toml").write_text("port = 1")
    other = tmp_path / "other.toml"
    other.write_text("page-size = 7")

    settings = load_settings({}, {}, other)

    assert (settings.port, settings.page_size) == (8365, 7)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"FAKEGRAPH_FIXTURE": "a, b"}, ("a", "b")),
        ({"FAKEGRAPH_NO_FIXTURE": "true"}, ()),
        ({"FAKEGRAPH_NO_FIXTURE": "0", "FAKEGRAPH_FIXTURE": "a"}, ("a",)),
        ({"FAKEGRAPH_FIXTURE": ""}, ("contoso",)),
    ],
)
def test_fixtures_from_the_environment(environ, expected):
    assert load_settings({}, environ).fixture == expected


def test_fixtures_from_the_file():
    Path("fakegraph.toml").write_text("fixture = ['a', 'b']")
    assert load_settings({}, {}).fixture == ("a", "b")
    Path("fakegraph.toml").write_text("no-fixture = true")
    assert load_settings({}, {}).fixture == ()


@pytest.mark.parametrize(
    ("flags", "environ", "file", "words"),
    [
        ({"port": "x"}, {}, "", "--port is 'x': it takes a whole number from 0 to 65535"),
        ({"port": "65536"}, {}, "", "from 0 to 65535"),
        ({"page_size": "0"}, {}, "", "--page-size is '0': it takes a whole number from 1 to 999"),
        ({"auth": "lax"}, {}, "", "--auth is 'lax': it takes one of off, bearer, strict"),
        ({"tls_cert": "x"}, {}, "", "tls-cert and tls-key go together"),
        ({"max_body": "4 MB"}, {}, "", "it takes a number of bytes"),
        ({"rate_limit": "10"}, {}, "", "--rate-limit is '10': it takes REQUESTS/SECONDS"),
        ({"rate_limit": "0/5"}, {}, "", "it takes REQUESTS/SECONDS"),
        ({"chaos": "2"}, {}, "", "--chaos is '2': it takes a number from 0 to 1"),
        ({"chaos": "nan"}, {}, "", "it takes a number from 0 to 1"),
        ({"latency": "9..5"}, {}, "", "--latency is '9..5': it takes milliseconds"),
        ({"latency": "-5"}, {}, "", "it takes milliseconds"),
        ({"control_key": "a b"}, {}, "", "it takes 1 to 256 printable ASCII characters"),
        ({"max_tenants": "0"}, {}, "", "it takes a whole number from 1"),
        ({}, {}, "chaos = true", "it takes a number from 0 to 1"),
        ({"fixture": ["a"], "no_fixture": True}, {}, "", "--fixture and --no-fixture exclude each other"),
        ({}, {"FAKEGRAPH_PAGE_SIZE": "-1"}, "", "FAKEGRAPH_PAGE_SIZE is '-1'"),
        ({}, {"FAKEGRAPH_COLOUR": "x"}, "", "there is no setting FAKEGRAPH_COLOUR: there is FAKEGRAPH_HOST"),
        ({}, {"FAKEGRAPH_NO_FIXTURE": "maybe"}, "", "it takes true or false"),
        ({}, {}, "colour = 1", "fakegraph.toml: there is no setting colour: there is host"),
        ({}, {}, "port = true", "fakegraph.toml: port is 'True'"),
        ({}, {}, "port = 1.5", "fakegraph.toml: port is '1.5'"),
        ({}, {}, "max-body = true", "it takes a number of bytes"),
        ({}, {}, "fixture = 5", "it takes names of built-in fixtures"),
        ({}, {}, "host = 5", "it takes text"),
        ({}, {}, "data-dir = 5", "it takes a path"),
        ({}, {}, "port = ", "fakegraph.toml: "),
    ],
)  # fmt: skip
def test_bad_setting_is_one_line_with_its_source(flags, environ, file, words):
    Path("fakegraph.toml").write_text(file)

    with pytest.raises(SettingsError) as raised:
        load_settings(flags, environ)

    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_failures_and_limits_are_settings():
    flags = {"rate_limit": "100/10", "chaos": "0.25", "latency": "20..200", "journal_size": "5"}
    settings = load_settings(flags, {"FAKEGRAPH_CHAOS_SEED": "7", "FAKEGRAPH_CONTROL_KEY": "k"})
    assert settings.rate_limit == RateLimit(100, 10)
    assert (settings.chaos, settings.chaos_seed, settings.latency) == (0.25, 7, (20, 200))
    assert (settings.journal_size, settings.control_key) == (5, "k")
    assert load_settings({"latency": "50"}, {}).latency == (50, 50)
    assert Settings(latency=(1, 2), rate_limit=RateLimit(1, 2)).latency == (1, 2)


def test_file_that_is_named_must_be_there():
    with pytest.raises(SettingsError, match=r"gone\.toml: there is no such file"):
        load_settings({}, {}, Path("gone.toml"))


def test_python_settings_are_checked_and_converted():
    assert Settings(fixture=["a"], max_body="1MiB", data_dir="x").max_body == 1 << 20
    assert Settings(data_dir="x").data_dir == Path("x")
    with pytest.raises(SettingsError, match="page_size is '0'"):
        Settings(page_size=0)
