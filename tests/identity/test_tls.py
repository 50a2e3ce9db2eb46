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

import pytest

from fakegraph import FakeGraph
from fakegraph.identity.ca import ca_file, tls_files
from fakegraph.settings import Settings, SettingsError

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


def test_many_that_start_at_once_agree_on_one_authority():
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
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"tls": True, "tls_cert": "a", "tls_key": "b"}, "give one of them"),
        ({"tls_name": ["graph"]}, "give tls too"),
        ({"tls": True, "tls_name": ["a b"]}, "host names"),
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


def test_a_cache_that_cannot_be_written_is_one_clear_line(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    done = run("serve", "--tls", "--port", "0", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


def test_without_tls_there_is_no_authority(client):
    assert client.get("/_fakegraph/ca.pem").status_code == 404
