"""``--tls``: a local CA that is made once, and certificates that clients verify."""

from __future__ import annotations

import json
import os
import socket
import ssl
import stat
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from fakegraph import FakeGraph
from fakegraph.settings import Settings, SettingsError
from fakegraph.tokens.ca import ca_file, tls_files

SET = "userCredentialUsageDetails"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "fakegraph" / "tls"


def get(url, ca):
    context = ssl.create_default_context(cafile=ca)
    request = urllib.request.Request(url, headers={"Authorization": "Bearer x"})
    with urllib.request.urlopen(request, context=context) as answer:
        return answer.read()


def test_clients_that_trust_the_ca_are_content(cache):
    with FakeGraph(tls=True, fixture=()) as graph:
        assert graph.url.startswith("https://127.0.0.1:")
        assert graph.ca == cache / "ca.pem"
        for name in ("127.0.0.1", "localhost"):
            url = graph.beta.replace("127.0.0.1", name)
            assert get(f"{url}/reports/{SET}/$count", graph.ca) == b"0"
        assert get(f"{graph.server.url}/_fakegraph/ca.pem", graph.ca) == graph.ca.read_bytes()
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            get(graph.beta, None)
        with FakeGraph(url=graph.server.url, ca=graph.ca) as other:
            assert other.records(SET) == []
    with FakeGraph(fixture=()) as plain:
        assert plain.ca is None


def test_the_authority_outlives_the_server(cache):
    contents = []
    for _ in range(2):
        with FakeGraph(tls=True, fixture=()):
            contents.append({path.name: path.read_bytes() for path in cache.iterdir()})
    assert contents[0] == contents[1]


def test_it_is_kept_with_the_data(tmp_path, cache):
    settings = Settings(tls=True, data_dir=tmp_path / "data")
    assert ca_file(settings) == tmp_path / "data" / "tls" / "ca.pem"
    assert not cache.exists()


def test_keys_are_for_their_owner_alone(cache):
    files = tls_files(Settings(tls=True))
    for path in cache.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == (0o600 if "key" in path.name else 0o644)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert files.key in set(cache.iterdir())


def test_certificates_have_the_names_that_were_asked_for():
    from cryptography import x509

    files = tls_files(Settings(tls=True, tls_name=("graph", "graph.test")))
    certificate = x509.load_pem_x509_certificate(files.cert.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    shown = {str(name.value) for name in names}
    assert shown == {"localhost", "127.0.0.1", "::1", socket.gethostname(), "graph", "graph.test"}
    assert tls_files(Settings(tls=True)).cert != files.cert


@pytest.mark.parametrize("proxy_first", [False, True])
def test_many_that_start_at_once_agree_on_one_authority(cache, proxy_first):
    if proxy_first:  # as `fakegraph run` does: its chain lies below the authority's folder
        chain = ca_file(Settings(proxy=True))
    found, gate = [], threading.Barrier(8)

    def start():
        gate.wait()
        found.append(tls_files(Settings(tls=True)).ca.read_bytes())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert set(found) == {(cache / "ca.pem").read_bytes()}
    assert not proxy_first or chain.exists()
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    with FakeGraph(tls=True, fixture=()) as graph:
        assert get(f"{graph.beta}/reports/{SET}/$count", graph.ca) == b"0"


def test_an_authority_that_somebody_began_and_never_finished_is_made(cache, monkeypatch):
    monkeypatch.setattr("fakegraph.tokens.ca._TURN", 0.1)
    (cache / ".making").mkdir(parents=True)
    assert ca_file(Settings(tls=True)) == cache / "ca.pem"
    assert {path.name for path in cache.iterdir()} == {"ca.pem", "ca-key.pem"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"tls": True, "tls_cert": "a", "tls_key": "b"}, "give one of them"),
        ({"tls_name": ["graph"]}, "give tls too"),
        ({"tls": True, "tls_name": ["a b"]}, "no certificate can have 'a b'"),
        ({"tls": "maybe"}, "true or false"),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with pytest.raises(SettingsError, match=words):
        Settings(**settings)


def run(*arguments, cwd):
    command = [sys.executable, "-m", "fakegraph", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_command_line_says_where_it_is(tmp_path, cache):
    done = run("ca", cwd=tmp_path)
    assert done.stdout == f"{cache / 'ca.pem'}\n"
    assert run("ca", "--pem", cwd=tmp_path).stdout == (cache / "ca.pem").read_text()


def test_serve_says_where_it_is_too(tmp_path, cache):
    command = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--tls"]
    command += ["--tls-name", "graph", "--ready-file", "ready.json"]
    with subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ}, stdout=subprocess.PIPE, text=True
    ) as process:
        url = process.stdout.readline().split()[-1]
        assert process.stdout.readline() == f"CA certificate: {cache / 'ca.pem'}\n"
        ready = json.loads((tmp_path / "ready.json").read_text())
        assert ready == {"url": url, "pid": process.pid, "ca": str(cache / "ca.pem")}
        assert int(get(f"{url}/reports/{SET}/$count", ready["ca"])) > 300
        done = run("health", "--ready-file", "ready.json", cwd=tmp_path)
        assert done.stdout.startswith("ok: fakegraph ")
        process.terminate()
        assert process.wait() == 0


def process(code, cwd, **environ):
    """A Python process with an environment of its own; only the search path is taken along."""
    environ = {"PATH": os.environ["PATH"], **environ}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )


# No home: neither a variable nor an entry of the user's in the system's list.
NO_ENTRY = """
import pwd
def getpwuid(uid): raise KeyError(uid)
pwd.getpwuid = getpwuid
"""
SERVED = """
import pathlib, ssl, urllib.request
from fakegraph import FakeGraph
with FakeGraph(tls=True, fixture=()) as graph, FakeGraph(tls=True, fixture=()) as other:
    assert graph.ca == other.ca
    trusting = ssl.create_default_context(cafile=graph.ca)
    urllib.request.urlopen(graph.server.url + "/_fakegraph/health", context=trusting).close()
    print(graph.ca)
"""
HOMES = [
    ("no home", NO_ENTRY, {}),
    ("a home that is a file", "", {"HOME": "/dev/null"}),
    ("a home that is not there, and cannot be made", "", {"HOME": "/proc/nowhere"}),
    ("a cache that is a file", "", {"XDG_CACHE_HOME": "/dev/null"}),
    ("a home that is no absolute path", "", {"HOME": "home"}),
]


@pytest.mark.parametrize(("before", "environ"), [case[1:] for case in HOMES], ids=[case[0] for case in HOMES])  # fmt: skip
def test_without_a_home_the_authority_lives_as_long_as_the_process(tmp_path, before, environ):
    done = process(before + SERVED, tmp_path, **environ)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    ca = Path(done.stdout.strip())
    assert not ca.exists()
    assert not ca.parent.parent.exists()
    assert list(tmp_path.iterdir()) == []


NOWHERE_AT_ALL = """
import pathlib, tempfile
from fakegraph.tokens import ca
ca._MEMORY = pathlib.Path("/proc/nowhere")
tempfile.tempdir = "/proc/nowhere"
"""


@pytest.mark.parametrize(("before", "environ"), [case[1:] for case in HOMES], ids=[case[0] for case in HOMES])  # fmt: skip
@pytest.mark.parametrize(
    ("command", "nowhere"), [("ca", ""), ("ca --pem", ""), ("serve --tls --port 0", NOWHERE_AT_ALL)]
)
def test_where_no_authority_can_be_kept_one_line_names_the_data_folder(
    tmp_path, before, environ, command, nowhere
):
    code = f"import sys\nsys.argv[1:] = {command.split()}\nfrom fakegraph.cli import main\nmain()"
    done = process(before + nowhere + code, tmp_path, **environ)

    assert done.returncode == 1
    assert done.stderr.startswith("Error: no CA can be kept: ")
    assert "--data-dir" in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_data_folder_serves_without_a_home(tmp_path):
    code = "import sys\nsys.argv[1:] = ['ca', '--data-dir', 'data']\nfrom fakegraph.cli import main\nmain()"
    done = process(NO_ENTRY + code, tmp_path)
    assert (done.returncode, done.stdout) == (0, "data/tls/ca.pem\n")


def test_a_server_without_a_home_says_that_its_authority_passes(tmp_path):
    command = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--tls"]
    environ = {"PATH": os.environ["PATH"], "HOME": "/dev/null"}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:  # fmt: skip
        url = server.stdout.readline().split()[-1]
        ca = Path(server.stdout.readline().removeprefix("CA certificate: ").strip())
        assert int(get(f"{url}/reports/{SET}/$count", ca)) > 300
        server.terminate()
        assert "no CA can be kept" in server.communicate()[1]
    assert not ca.exists()


def test_an_authority_that_cannot_sign_is_one_clear_line(tmp_path, cache):
    run("ca", cwd=tmp_path)
    for spoil in (lambda key: key.write_text("rubbish"), lambda key: key.unlink()):
        spoil(cache / "ca-key.pem")
        done = run("serve", "--tls", "--port", "0", cwd=tmp_path)
        assert done.returncode == 1
        assert done.stderr.startswith(f"Error: the CA in {cache} cannot sign: ")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("hostname", ["my_host", "x" * 64, "a..b", ""])
def test_a_machine_whose_name_no_certificate_can_have_is_served(monkeypatch, hostname):
    monkeypatch.setattr(socket, "gethostname", lambda: hostname)
    assert tls_files(Settings(tls=True)).cert.exists()


def test_a_certificate_that_cannot_be_used_is_one_clear_line(tmp_path):
    made = tls_files(Settings(tls=True))
    (tmp_path / "rubbish").write_text("rubbish")
    key = load_pem_private_key(made.key.read_bytes(), None)
    form = (Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    (tmp_path / "locked").write_bytes(key.private_bytes(*form))
    cases = {
        (made.cert, made.ca.with_name("ca-key.pem")): "KEY_VALUES_MISMATCH",
        (made.cert, "gone.pem"): "cannot read gone.pem: No such file",
        (".", made.key): "cannot read .: Is a directory",
        ("rubbish", made.key): "are no certificate and its key in PEM form",
        (made.cert, "locked"): "the key locked has a password",
    }
    for (cert, key), words in cases.items():
        done = run("serve", "--port", "0", "--tls-cert", cert, "--tls-key", key, cwd=tmp_path)
        assert done.returncode == 1
        assert words in done.stderr
        assert done.stderr.startswith("Error: ")
        assert done.stderr.count("\n") == 1


def test_without_tls_there_is_no_authority(client):
    assert client.get("/_fakegraph/ca.pem").status_code == 404
