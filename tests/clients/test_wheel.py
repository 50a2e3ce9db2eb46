"""The wheel, installed on its own into a fresh environment, is all that a user needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_SOURCE = (".*", "node_modules", "build", "dist", "*.egg-info", "__pycache__")


PROJECT = """
import json, unittest, urllib.error, urllib.request

import pytest

from fakegraph import FakeGraph

SET = "userCredentialUsageDetails"
EVENT = dict(feature="reset", userPrincipalName="ada@contoso.com", userDisplayName="Ada",
             isSuccess=False, authMethod="email", failureReason="Locked",
             eventDateTime="2024-01-31T08:00:00Z")


def get(graph, path=f"/reports/{SET}"):
    request = urllib.request.Request(graph.beta + path, headers=graph.headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@pytest.mark.parametrize("number", range(20))
@pytest.mark.fakegraph(fixture="contoso", page_size=3, auth="bearer", clock="2024-07-01T00:00:00Z",
                       records={SET: [EVENT]})
def test_every_name(fakegraph, fakegraph_url, fakegraph_server, number):
    assert fakegraph_url == fakegraph.url and fakegraph.url.startswith(fakegraph_server.url)
    assert fakegraph.v1 == fakegraph.url + "/v1.0"
    assert fakegraph.token(roles=["Reports.Read.All"]).count(".") == 2
    before = len(fakegraph.records(SET))
    with fakegraph.snapshot():
        assert fakegraph.create(SET, **EVENT)["id"]
        assert fakegraph.seed({SET: [EVENT]}) == {SET: 1}
        assert len(fakegraph.records(SET)) == before + 2
    assert len(fakegraph.records(SET)) == before
    assert len(get(fakegraph)["value"]) == 3
    fakegraph.fail("throttled", method="GET", path="/reports/*", times=1, skip=1, retry_after=0)
    get(fakegraph)
    with pytest.raises(urllib.error.HTTPError, match="429"):
        get(fakegraph)
    fakegraph.freeze("2024-08-01T00:00:00Z")
    fakegraph.advance("PT1H")
    assert fakegraph.now == "2024-08-01T01:00:00Z"
    first = fakegraph.requests[0]
    assert (first.method, first.path, first.status) == ("GET", f"/beta/reports/{SET}", 200)
    assert (first.query, first.json) == ({}, None)
    fakegraph.assert_called("GET", f"/reports/{SET}", times=3)
    fakegraph.assert_not_called("POST", json={})
    fakegraph.reset()
    assert len(fakegraph.records(SET)) == before


class TestScripts(unittest.TestCase):
    def test_with(self):
        with FakeGraph(fixture=["contoso"], page_size=7) as graph:
            self.assertEqual(len(get(graph)["value"]), 7)

    def test_two(self):
        with FakeGraph() as one, FakeGraph(fixture=()) as two:
            self.assertNotEqual(len(get(one)["value"]), len(get(two)["value"]))
"""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_wheel_serves_the_builtin_fixture(tmp_path):
    # From a copy: setuptools leaves a build folder that would get into the next wheel.
    source = shutil.copytree(ROOT, tmp_path / "source", ignore=shutil.ignore_patterns(*NOT_SOURCE))
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path)
    run(*pip, source, cwd=tmp_path)
    (wheel,) = tmp_path.glob("fakegraph-*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", f"{wheel}[pytest]", "pytest-xdist")

    command = [python, "-m", "fakegraph", "serve", "--port", "0", "--auth", "off"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as served:
        url = served.stdout.readline().split()[-1]
        path = "/reports/userCredentialUsageDetails?$count=true&$top=1"
        with urllib.request.urlopen(url + path) as answer:
            assert json.load(answer)["@odata.count"] == 400
        served.terminate()
        assert served.wait() == 0

    (tmp_path / "test_it.py").write_text(PROJECT)
    for workers in ((), ("-n", "4")):
        said = run(python, "-m", "pytest", "-q", *workers, "test_it.py", cwd=tmp_path)
        assert "22 passed" in said
