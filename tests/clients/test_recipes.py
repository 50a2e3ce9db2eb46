"""The recipes in ``docs/`` whose toolchain can be had here, run as a reader would run them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import serving

RECIPES = (Path(__file__).parents[2] / "docs" / "how-to" / "recipes.md").read_text()
DEFAULT_URL = "http://127.0.0.1:8365"


def recipe(language, word):
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", RECIPES, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if word in block)
    return found


def run(*command, cwd, **environ):
    assert shutil.which(str(command[0])), f"{command[0]} is needed to run this recipe"
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_pytest(tmp_path, served):
    (tmp_path / "test_report.py").write_text(recipe("python", "test_report.py"))
    pytest = (sys.executable, "-m", "pytest", "-q", "test_report.py")
    assert "1 passed" in run(*pytest, cwd=tmp_path)
    assert "1 passed" in run(*pytest, "--fakegraph-url", served, cwd=tmp_path)


def test_unittest(tmp_path):
    (tmp_path / "test_unittest.py").write_text(recipe("python", "test_unittest.py"))
    run(sys.executable, "-m", "unittest", "test_unittest", cwd=tmp_path)


def test_javascript(tmp_path, served):
    (tmp_path / "report.test.mjs").write_text(recipe("js", "report.test.mjs"))
    said = run("node", "--test", "--test-reporter=spec", ".", cwd=tmp_path, FAKEGRAPH_URL=served)
    assert "pass 1" in said


def test_java(tmp_path, served):
    (tmp_path / "Report.java").write_text(recipe("java", "Report.java"))
    assert run("java", "Report.java", served, cwd=tmp_path) == "ok\n"


@pytest.fixture
def signing_in(tmp_path):
    """A server to sign in at, and the variables by which clients trust it."""
    with serving(tmp_path, "--tls", "--auth", "strict", "--data-dir", tmp_path / "data") as url:
        ca = str(tmp_path / "data" / "tls" / "ca.pem")
        names = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
        yield url, dict.fromkeys(names, ca)


def test_sign_in_with_python(tmp_path, signing_in):
    url, trust = signing_in
    (tmp_path / "sign_in.py").write_text(recipe("python", "sign_in.py"))
    assert run(sys.executable, "sign_in.py", url, cwd=tmp_path, **trust) == "5\n5\n"


def test_sign_in_with_node(tmp_path, signing_in):
    url, trust = signing_in
    (tmp_path / "sign-in.mjs").write_text(recipe("js", "sign-in.mjs"))
    (tmp_path / "node_modules").symlink_to(Path(__file__).parent / "node_modules")
    assert run("node", "sign-in.mjs", cwd=tmp_path, FAKEGRAPH_URL=url, **trust) == "5\n"


def test_azure_identity_for_node(tmp_path, signing_in):
    url, trust = signing_in
    said = recipe("js", "new ClientSecretCredential").strip().rstrip(";")
    (tmp_path / "credential.mjs").write_text(
        f"""import {{ ClientSecretCredential }} from "@azure/identity";
const server = process.env.FAKEGRAPH_URL;
const credential = {said};
console.log((await credential.getToken("https://graph.microsoft.com/.default")).token.split(".").length);
"""
    )
    (tmp_path / "node_modules").symlink_to(Path(__file__).parent / "node_modules")
    assert run("node", "credential.mjs", cwd=tmp_path, FAKEGRAPH_URL=url, **trust) == "3\n"


def test_sign_in_with_java(tmp_path, signing_in):
    url, trust = signing_in
    (tmp_path / "SignIn.java").write_text(recipe("java", "SignIn.java"))
    script = recipe("sh", "keytool").replace("$(fakegraph ca)", trust["SSL_CERT_FILE"])
    said = run("sh", "-c", script.replace("https://localhost:8365", url), cwd=tmp_path)
    assert said.endswith("200 400\n")


def test_curl(tmp_path, served):
    script = "set -e\n" + recipe("sh", "curl").replace(DEFAULT_URL, served)
    said = run("sh", "-c", script, cwd=tmp_path)
    assert "}400{" in said
    assert said.count('"errorCode":"serviceNotAvailable"') == 2
