"""What is imported when: each module costs every start of a server, or every run of pytest."""

from __future__ import annotations

import subprocess
import sys

import pytest

SERVER = "import fakegraph.cli, fakegraph.process, fakegraph.serving.server\n"
# What a server with the built-in fixture does without until somebody asks for it.
LATER = {
    "cryptography",
    "fakegraph.control.routes",
    "fakegraph.edm.published",
    "fakegraph.graph.batch",
    "fakegraph.graph.whole",
    "fakegraph.odata.nodes",
    "fakegraph.signin.api",
    "fakegraph.web.tls",
    "fakegraph.web.tunnel",
    "fakegraph.workloads.declarations",
    "fakegraph.workloads.registry",
    "httpx",
    "re2",
    "urllib.request",
}


def said(code: str) -> str:
    """What a new process prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_pytest_imports_the_plugin_alone() -> None:
    code = "import pytest, sys\nbefore = set(sys.modules)\nimport fakegraph.pytest_plugin\n"
    found = said(f"{code}print(*sorted(set(sys.modules) - before))").split()
    assert found == ["fakegraph", "fakegraph._version", "fakegraph.pytest_plugin"]


@pytest.fixture(scope="module")
def imported() -> set[str]:
    code = f"{SERVER}from fakegraph.app import create_app\ncreate_app()\nimport sys\n"
    return set(said(f"{code}print(*sys.modules)").split())


def test_a_server_imports_what_is_asked_for_only_then(imported: set[str]) -> None:
    assert "fakegraph.graph.api" in imported
    assert imported & LATER == set()


EMAIL = """
import re, sys
from marshmallow import ValidationError, validate
print(isinstance(validate.Email.DOMAIN_REGEX, re.Pattern))
print(validate.Email()("a@b.example"), bool(validate.URL()("http://b.example/")))
for wrong in ("a@b@c", "a", "a@b_.example", "@b.example"):
    try: validate.Email()(wrong)
    except ValidationError: print("refused")
print(re.compile.__module__)
"""


@pytest.mark.parametrize(
    ("first", "compiled"), [("import fakegraph.edm.fields", False), ("import marshmallow", True)]
)
def test_marshmallows_patterns_are_compiled_when_they_are_used(first: str, compiled: bool) -> None:
    found = said(f"{first}\nimport fakegraph.edm.fields\n{EMAIL}").split()
    assert found == [str(compiled), "a@b.example", "True", *["refused"] * 4, "re"]


def test_tenants_are_made_without_what_their_fixture_has() -> None:
    code = """
import sys
import urllib.request
from fakegraph import FakeGraph
from fakegraph.handle import FakeGraphServer

server = FakeGraphServer().start()
set_ = "/beta/reports/userCredentialUsageDetails?$top=1"
asked = urllib.request.Request(server.url + set_, headers={"Authorization": "Bearer any"})
urllib.request.urlopen(asked).close()  # the default tenant is there
with FakeGraph(server) as graph:
    print("fakegraph.graph.whole.seeding" in sys.modules)
    graph.records("users")
    print("fakegraph.graph.whole.seeding" in sys.modules)
server.stop()
"""
    assert said(code).split() == ["False", "True"]
