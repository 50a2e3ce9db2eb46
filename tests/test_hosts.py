"""The Host header: one rule, whoever answers."""

from __future__ import annotations

import re

import pytest

from fakegraph.errors import GraphError
from fakegraph.hosts import host_url
from tests.conftest import SET, create, event

GRAPH, SIGN_IN, CONTROL = f"{SET}?$top=1", "/default/v2.0/.well-known/openid-configuration", "/_fakegraph/tenants"  # fmt: skip

# What containers, compose, machines and people call a server, and how its URLs begin then.
GOOD = {
    "my_project_fakegraph_1:8365": "my_project_fakegraph_1:8365",
    "my-project-fakegraph-1": "my-project-fakegraph-1",
    "fake_graph": "fake_graph",
    "_fakegraph": "_fakegraph",
    "-x-": "-x-",
    "fakegraph.my_project_default:8365": "fakegraph.my_project_default:8365",
    "3f2b1c4d5e6f": "3f2b1c4d5e6f",
    "host.docker.internal": "host.docker.internal",
    "FakeGraph": "FakeGraph",
    f"{'x' * 63}.{'y' * 63}": f"{'x' * 63}.{'y' * 63}",
    "fakegraph.": "fakegraph.",
    "localhost:": "localhost",
    "localhost:80": "localhost",
    "localhost:443": "localhost:443",
    "localhost:65535": "localhost:65535",
    "127.0.0.1:8365": "127.0.0.1:8365",
    "[::1]:": "[::1]",
    "[::1]:8365": "[::1]:8365",
    "[fe80::1%eth0]": "[fe80::1%eth0]",
    "[::ffff:127.0.0.1]": "[::ffff:127.0.0.1]",
}
BAD = [
    "a b",
    "a/b",
    "a@b",
    "a?b",
    "a\\b",
    "b\u00fccher",
    "x" * 64,
    "a..b",
    ".",
    "localhost:x",
    "localhost:0",
    "localhost:65536",
    "localhost:80:80",
    "localhost:-1",
    "localhost:\u0663",
    ":80",
    "::1",
    "[::1",
    "[localhost]",
    "[]",
    "[::1]x",
]


@pytest.fixture
def reached(make_client):
    """A client that everybody reaches by any name: the control API has a key."""
    client = make_client(host="0.0.0.0", control_key="k")
    create(client)
    create(client)
    return client


def ask(client, path, host):
    return client.get(path, headers={"Host": host, "X-Fakegraph-Key": "k"})


@pytest.mark.parametrize("host", GOOD)
def test_links_begin_as_the_client_called_the_server(reached, host):
    link = ask(reached, GRAPH, host).json["@odata.nextLink"]
    assert link.startswith(f"http://{GOOD[host]}/beta/")
    issuer = ask(reached, SIGN_IN, host).json["issuer"]
    assert re.fullmatch(rf"http://{re.escape(GOOD[host])}/[0-9a-f-]{{36}}/v2\.0", issuer)
    (tenant,) = ask(reached, CONTROL, host).json["value"]
    assert tenant["url"] == f"http://{GOOD[host]}/tenants/default"


@pytest.mark.parametrize("host", BAD)
def test_what_is_no_host_is_refused_by_everybody(reached, host):
    for path in (GRAPH, SIGN_IN, CONTROL):
        answer = ask(reached, path, host)
        assert answer.status_code == 400, path
        assert "Invalid Hostname" in answer.text


def test_what_is_no_address_is_refused():
    with pytest.raises(GraphError, match="Invalid Hostname"):
        host_url("http", "[:::]")


def test_who_names_no_host_is_given_the_address_of_the_server(reached):
    environ = {"SERVER_NAME": "::1", "SERVER_PORT": "8365", "HTTP_HOST": ""}
    answer = reached.post(SET, json=event(), environ_overrides=environ)
    assert answer.headers["Location"].startswith("http://[::1]:8365/beta/")
