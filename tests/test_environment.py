"""What the environment says so that Graph's host names lead to a server."""

from __future__ import annotations

import base64
import json
import os
import re
import ssl
import struct
import subprocess
import sys
import textwrap
import urllib.request
from hashlib import sha1
from pathlib import Path

import pytest
import requests

from fakegraph import FakeGraph
from fakegraph.environment import CLIENT, SECRET, variables
from fakegraph.environment.trust import java_keystore, trusted
from fakegraph.handle import Server
from fakegraph.handle.errors import Misuse
from fakegraph.tokens.bearer import payload_of
from fakegraph.tokens.ca import passing_folder
from fakegraph.tokens.chain import ROOT, make_chain

URL = "http://127.0.0.1:8365"
GUID = "11111111-0000-4000-8000-000000000001"
ASK = """
import json, urllib.request
request = urllib.request.Request(
    "https://graph.microsoft.com/v1.0/users?$select=displayName", headers={"Authorization": "Bearer " + TOKEN}
)
print([each["displayName"] for each in json.load(urllib.request.urlopen(request))["value"]])
"""


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    for name, data in make_chain(["a.example"]).items():
        (tmp_path / name).write_bytes(data)
    return tmp_path / ROOT


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_what_is_given_is_kept_where_it_leads_nowhere_else(ca: Path) -> None:
    given = {
        "NO_PROXY": "db.internal, *.microsoft.com,.microsoftonline.com,graph.microsoft.com,*,com,10.0.0.0/8",
        "NODE_OPTIONS": "--max-old-space-size=99",
        "JAVA_TOOL_OPTIONS": "-Xmx1g",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "PYTHONPATH": os.pathsep.join(("/ours", "/theirs")),
    }
    found = variables(URL, ca, given, GUID)
    assert found["HTTPS_PROXY"] == found["https_proxy"] == URL
    assert (
        found["NO_PROXY"] == found["no_proxy"] == "localhost,127.0.0.1,::1,db.internal,10.0.0.0/8"
    )
    assert re.fullmatch(
        r"--max-old-space-size=99 --require=/\S+/preload\.cjs", found["NODE_OPTIONS"]
    )
    assert found["JAVA_TOOL_OPTIONS"].startswith(
        "-Xmx1g -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=8365 "
    )
    assert re.fullmatch(r"/\S+/environment/python:/ours:/theirs", found["PYTHONPATH"])
    assert variables(URL, ca, {**given, **found}, GUID) == found


CERTIFI = """
import sys, certifi, requests.certs
same = certifi.where() == requests.certs.where() and certifi.contents() == open(certifi.where()).read()
print(same, certifi.where(), getattr(sys, "ours", None))
"""


def test_certifi_names_the_bundle_and_what_python_started_with_is_kept(
    ca: Path, tmp_path: Path
) -> None:
    """Programs that name its file trust it alone."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.ours = 'kept'")
    found = variables(URL, ca, {"PYTHONPATH": str(tmp_path)}, GUID)
    known = {**os.environ, **found}

    def printed(environ: dict[str, str]) -> list[str]:
        command = [sys.executable, "-c", CERTIFI]
        return subprocess.run(command, env=environ, capture_output=True, text=True).stdout.split()

    assert printed(known) == ["True", found["SSL_CERT_FILE"], "kept"]
    del known["SSL_CERT_FILE"]
    same, bundle, kept = printed(known)
    assert (same, bundle.endswith("cacert.pem"), kept) == ("True", True, "kept")


def test_credentials_are_those_that_are_given_or_ours(ca: Path) -> None:
    found = variables(URL, ca, {}, GUID)
    assert found["FAKEGRAPH_URL"] == URL
    assert [found[f"AZURE_{name}"] for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")] == [
        GUID,
        CLIENT,
        SECRET,
    ]
    own = variables(URL, ca, {"AZURE_CLIENT_ID": "own", "AZURE_CLIENT_SECRET": "own"}, GUID)
    assert not [name for name in own if name.startswith("AZURE_")]


def test_paths_with_spaces_are_quoted(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    for name, data in make_chain([]).items():
        (folder / name).write_bytes(data)
    options = variables(URL, folder / ROOT, {}, GUID)["JAVA_TOOL_OPTIONS"]
    assert re.search(r' "-Djavax\.net\.ssl\.trustStore=\S+ b/trusted-\w+\.jks" ', options)


def test_what_was_trusted_is_trusted_still(ca: Path, tmp_path: Path) -> None:
    other = make_chain(["b.example"])[ROOT]
    (tmp_path / "other.pem").write_bytes(other)
    given = {
        "SSL_CERT_FILE": str(tmp_path / "other.pem"),
        "NODE_EXTRA_CA_CERTS": str(tmp_path / "gone"),
    }
    files = trusted(ca, given)
    assert files.bundle.read_bytes() == ca.read_bytes() + other
    assert files == trusted(ca, {**given, "SSL_CERT_FILE": str(files.bundle)})
    assert variables(URL, ca, given, GUID)["NODE_EXTRA_CA_CERTS"] == str(files.bundle)
    assert variables(URL, ca, {}, GUID)["NODE_EXTRA_CA_CERTS"] == str(ca)
    ssl.create_default_context(cafile=trusted(ca, {}).bundle)


def test_files_are_in_memory_where_they_cannot_be_beside_the_root(ca: Path) -> None:
    with ca.open() as file:
        files = trusted(Path(f"/dev/fd/{file.fileno()}"), {})
    assert files.bundle.parent == files.java.parent == passing_folder()
    assert files.bundle.read_bytes() == trusted(ca, {}).bundle.read_bytes()


def test_a_keystore_is_as_java_reads_it() -> None:
    chain = make_chain(["a.example"])
    certificates = [chain[name].strip() for name in ("ca.pem", "intermediate.pem")]
    data = java_keystore(certificates)
    body, digest = data[:-20], data[-20:]
    assert digest == sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + body).digest()
    assert struct.unpack(">III", body[:12]) == (0xFEEDFEED, 2, 2)
    for each in (chain["ca.pem"], chain["intermediate.pem"]):
        assert base64.b64decode(b"".join(each.splitlines()[1:-1])) in body


BATCH = """
import urllib.request
request = urllib.request.Request(
    "https://graph.microsoft.com/v1.0/$batch",
    b'{"requests": [{"id": "1", "method": "GET", "url": "/users/ada@contoso.com"}]}',
    {"Authorization": "Bearer names-no-tenant", "Content-Type": "application/json"},
)
print(urllib.request.urlopen(request).read().decode())
"""
CAUGHT = """
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
"""


def printed(environ: dict[str, str], script: str) -> str:
    """What a process of that environment prints."""
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def asked(environ: dict[str, str], token: str) -> list[str]:
    """Whom a process of that environment finds among the users of Graph."""
    said = printed(environ, ASK.replace("TOKEN", repr(token)))
    return json.loads(said.replace("'", '"'))


def test_another_process_is_led_to_the_tenant_of_a_test() -> None:
    with FakeGraph(
        fixture=(),
        records={"users": [{"displayName": "Ada", "userPrincipalName": "ada@contoso.com"}]},
    ) as graph:
        environ = graph.environment(proxy=True)
        assert environ["AZURE_TENANT_ID"] == payload_of(graph.token())["tid"]
        assert asked(environ, graph.token()) == asked(environ, "names-no-tenant") == ["Ada"]
        assert [each["status"] for each in json.loads(printed(environ, BATCH))["responses"]] == [
            200
        ]
        assert graph.environment() == environ
        assert graph.environment(proxy=False).keys() == {
            "FAKEGRAPH_URL", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET",
            "IDENTITY_ENDPOINT", "IDENTITY_HEADER",
        }  # fmt: skip
        with (
            FakeGraph(url=graph.server.url) as other,
            pytest.raises(Misuse, match="give what it says as ca"),
        ):
            other.environment()


SIGN_IN = """
import urllib.parse, urllib.request
form = urllib.parse.urlencode({
    "grant_type": "password", "client_id": "GUID", "scope": "openid", "username": "ada@contoso.com", "password": "xWwvJ]6NMw+bWH-d",
})
url = "https://login.microsoftonline.com/AUTHORITY/oauth2/v2.0/token"
print(urllib.request.urlopen(url, form.encode()).read().decode())
"""


@pytest.mark.parametrize("authority", ["organizations", "contoso.com", "nobodys.example"])
def test_sign_ins_that_leave_the_tenant_open_are_the_tests(authority: str) -> None:
    with FakeGraph(fixture="contoso") as graph, FakeGraph(fixture="contoso"):
        graph.create(
            "users",
            userPrincipalName="ada@contoso.com",
            passwordProfile={"password": "xWwvJ]6NMw+bWH-d"},
        )
        script = SIGN_IN.replace("GUID", GUID).replace("AUTHORITY", authority)
        answer = json.loads(printed(graph.environment(), script))
        assert payload_of(answer["access_token"])["tid"] == payload_of(graph.token())["tid"]


def test_who_is_at_home_where_there_is_no_tenant_is_told_so() -> None:
    with FakeGraph() as graph:
        environ = graph.environment()
        proxy = environ["HTTPS_PROXY"].replace(graph.id, "elsewhere")
        for part in (ASK.replace("TOKEN", "'x'"), SIGN_IN.replace("AUTHORITY", "common")):
            caught = "import urllib.error\ntry:\n" + textwrap.indent(part, "  ") + CAUGHT
            said = printed({**environ, "HTTPS_PROXY": proxy, "https_proxy": proxy}, caught)
            assert "404" in said
            assert "There is no tenant 'elsewhere'" in said


TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"


def users(token: str) -> list[str]:
    """Whom this process finds, by Graph's own name and two libraries."""
    url, head = "https://graph.microsoft.com/v1.0/users", {"Authorization": f"Bearer {token}"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=head)) as answer:
        found = json.load(answer)["value"]
    assert found == requests.get(url, headers=head).json()["value"]
    return [each["displayName"] for each in found]


def signed_in() -> requests.Response:
    """What an app is told that has a tenant of the real service in its settings."""
    form = {"grant_type": "client_credentials", "client_id": GUID, "client_secret": "x"}
    scope = "https://graph.microsoft.com/.default"
    url = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
    return requests.post(url, {**form, "scope": scope})


@pytest.mark.parametrize("name", ["Ada", "Bob"])
def test_code_of_this_process_is_in_its_tests_tenant(fakegraph_server: Server, name: str) -> None:
    before = dict(os.environ)
    with (
        FakeGraph(fakegraph_server, records={"users": [{"displayName": name}]}) as graph,
        graph.in_place(),
    ):
        token = signed_in().json()["access_token"]
        assert payload_of(token)["tid"] == payload_of(graph.token())["tid"]
        assert users(token) == users("names-no-tenant") == [name]
        with FakeGraph(fakegraph_server, records={"users": [{"displayName": "Eve"}]}) as other:
            token = other.token()
            assert users(token) == ["Eve"]
            with pytest.raises(Misuse, match="one tenant at a time"), other.in_place():
                pass
        assert users(token) == [name]  # the other tenant is gone
    assert dict(os.environ) == before


def test_a_strict_directory_knows_no_tenant_of_others() -> None:
    with FakeGraph(strict_directory=True, fixture=()) as graph, graph.in_place():
        assert "AADSTS90002" in signed_in().text
