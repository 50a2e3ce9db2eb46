"""Settings from flags, environment, file and Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakegraph.settings import RateLimit, Settings, SettingsError, load_settings, unknown_variables


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
        ({"consistency_delay": "soon"}, {}, "", "--consistency-delay is 'soon': it takes milli"),
        ({}, {"FAKEGRAPH_CONSISTENCY_DELAY": "reads:"}, "", "it takes milliseconds"),
        ({}, {}, "consistency-delay = -1", "it takes milliseconds"),
        ({"control_key": "a b"}, {}, "", "it takes 1 to 256 printable ASCII characters"),
        ({"max_tenants": "0"}, {}, "", "it takes a whole number from 1"),
        ({}, {}, "chaos = true", "it takes a number from 0 to 1"),
        ({"fixture": ["a"], "no_fixture": True}, {}, "", "--fixture and --no-fixture exclude each other"),
        ({}, {"FAKEGRAPH_PAGE_SIZE": "-1"}, "", "FAKEGRAPH_PAGE_SIZE is '-1'"),
        ({}, {"FAKEGRAPH_DATADIR": "x"}, "", "there is no setting FAKEGRAPH_DATADIR: did you mean FAKEGRAPH_DATA_DIR?"),
        ({}, {"FAKEGRAPH_FIXTURES": "x"}, "", "did you mean FAKEGRAPH_FIXTURE?"),
        ({}, {"FAKEGRAPH_PROT": "1"}, "", "did you mean FAKEGRAPH_PORT?"),
        ({}, {"FAKEGRAPH_TSL": "1"}, "", "did you mean FAKEGRAPH_TLS?"),
        ({}, {"FAKEGRAPH_PORTS": "tcp"}, "", "did you mean FAKEGRAPH_PORT?"),
        ({}, {"FAKEGRAPH_PORT": "tcp"}, "", "FAKEGRAPH_PORT is 'tcp'"),
        ({"host": "a..b"}, {}, "", "--host is 'a..b': it takes an address or a name of this machine"),
        ({"host": "x" * 70}, {}, "", "it takes an address or a name"),
        ({"host": "http://localhost"}, {}, "", "it takes an address or a name"),
        ({"host": "localhost:8365"}, {}, "", "it takes an address or a name"),
        ({"host": "[::1"}, {}, "", "it takes an address or a name"),
        ({"host": "[localhost]"}, {}, "", "it takes an address or a name"),
        ({"host": "."}, {}, "", "it takes an address or a name"),
        ({"host": "b\u00fccher.example"}, {}, "", "it takes an address or a name"),
        ({"tls": "1", "tls_name": ("fake_graph",)}, {}, "", "--tls-name is \"('fake_graph',)\": no certificate can have 'fake_graph'"),
        ({}, {"FAKEGRAPH_TLS": "1", "FAKEGRAPH_TLS_NAME": "graph,,x"}, "", "no certificate can have ''"),
        ({}, {}, "tls = true\ntls-name = [5]", "it takes host names or addresses"),
        ({"tls": "1", "tls_name": ("x" * 64,)}, {}, "", "no certificate can have"),
        ({"tls": "1", "tls_name": ("-a",)}, {}, "", "no certificate can have"),
        ({"tls": "1", "tls_name": ("xn--a",)}, {}, "", "no certificate can have"),
        ({"tls": "1", "tls_name": ("a.*",)}, {}, "", "no certificate can have"),
        ({}, {}, 'fixture = "a\\u0000b"', "it takes names of built-in fixtures"),
        ({}, {"FAKEGRAPH_NO_FIXTURE": "maybe"}, "", "it takes true or false"),
        ({}, {}, "colour = 1", "fakegraph.toml: there is no setting colour: there is host"),
        ({}, {}, "page_size = 3\npage-size = 4", "fakegraph.toml: page-size is there twice"),
        ({}, {}, "port = true", "fakegraph.toml: port is 'True'"),
        ({}, {}, "port = 1.5", "fakegraph.toml: port is '1.5'"),
        ({}, {}, "max-body = true", "it takes a number of bytes"),
        ({}, {}, "fixture = 5", "it takes names of built-in fixtures"),
        ({}, {}, "host = 5", "it takes an address or a name"),
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


@pytest.mark.parametrize("given", ["::1", "[::1]"])
def test_an_address_may_be_written_as_in_a_url(given):
    assert Settings(host=given).host == "::1"
    assert Settings(tls=True, tls_name=given).tls_name == ("::1",)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "fe80::1%eth0", "localhost", "my_host", "a.b."])
def test_what_can_be_listened_on_is_taken(host):
    assert Settings(host=host).host == host


@pytest.mark.parametrize("name", ["fakegraph", "*.test.example", "10.0.0.1", "b\u00fccher.example"])
def test_what_a_certificate_can_have_is_taken(name):
    assert Settings(tls=True, tls_name=name).tls_name == (name,)


# What Kubernetes writes into a pod beside a Service, and `docker --link` into a container.
OTHERS = {
    "FAKEGRAPH_SERVICE_HOST": "10.0.0.1",
    "FAKEGRAPH_SERVICE_PORT": "8365",
    "FAKEGRAPH_SERVICE_PORT_HTTP": "8365",
    "FAKEGRAPH_PORT": "tcp://10.0.0.1:8365",
    "FAKEGRAPH_PORT_8365_TCP": "tcp://10.0.0.1:8365",
    "FAKEGRAPH_PORT_8365_TCP_PROTO": "tcp",
    "FAKEGRAPH_PORT_8365_TCP_PORT": "8365",
    "FAKEGRAPH_PORT_8365_TCP_ADDR": "10.0.0.1",
    "FAKEGRAPH_PORT_53_UDP_ADDR": "10.0.0.1",
    "FAKEGRAPH_AUTH_PORT": "tcp://10.0.0.2:80",  # of a Service fakegraph-auth
    "FAKEGRAPH_AUTH_SERVICE_HOST": "10.0.0.2",
    "FAKEGRAPH_AUTH_PORT_80_TCP_ADDR": "10.0.0.2",
    "FAKEGRAPH_NAME": "/tests/fakegraph",
    "FAKEGRAPH_ENV_FAKEGRAPH_HOST": "0.0.0.0",
    "FAKEGRAPH_URL": "http://127.0.0.1:8365",  # of our recipes
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_others_write_is_passed_over(name):
    environ = {name: OTHERS[name], "FAKEGRAPH_PAGE_SIZE": "5"}
    assert load_settings({}, environ) == Settings(page_size=5)
    assert unknown_variables(environ) == []


def test_a_variable_that_means_nothing_here_is_told():
    environ = {
        "FAKEGRAPH_COLOUR": "x",
        "FAKEGRAPH_VERSION": "1",
        "FAKEGRAPH_EMPTY": "",
        "OTHER": "x",
    }
    assert load_settings({}, environ) == Settings()
    assert unknown_variables(environ) == ["FAKEGRAPH_COLOUR", "FAKEGRAPH_VERSION"]


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
