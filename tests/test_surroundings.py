"""Proxies, passwords and CA bundles that the environment names are not for a loopback server."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fakegraph import FakeGraph

SET = "userCredentialUsageDetails"


@pytest.fixture(autouse=True)
def hostile(tmp_path, monkeypatch):
    """An environment in which whoever believes it goes nowhere, or says who they are."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / ".netrc").write_text("default login eve password secret\n")
    for scheme in ("http", "https", "all"):
        for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "::1/128")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))


@pytest.fixture(params=[False, True], ids=["http", "https"])
def graph(request):
    with FakeGraph(tls=request.param, fixture="contoso") as graph:
        yield graph


def was_asked_once(graph):
    """Whether it was, and by a caller with the token; a password in its place is a 401."""
    return [request.status for request in graph.requests] == [200]


def test_httpx_goes_straight_to_the_server(graph):
    with graph.httpx() as client:
        assert client.get(f"reports/{SET}/$count").text == "400"
    assert was_asked_once(graph)


def test_a_handle_of_a_server_elsewhere_goes_straight_there(graph):
    with FakeGraph(url=graph.server.url, ca=graph.ca, fixture="contoso") as other:
        assert len(other.records(SET)) == 400
        with other.httpx() as client:
            assert client.get(f"reports/{SET}/$count").text == "400"
        assert was_asked_once(other)


def test_health_goes_straight_to_the_server(graph, tmp_path):
    command = [sys.executable, "-m", "fakegraph", "health"]
    command += ["--port", graph.server.url.rpartition(":")[2]]
    command += ["--tls"] if graph.ca else []
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("ok: fakegraph ")
