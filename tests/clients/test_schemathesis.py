"""schemathesis goes through the OpenAPI document of a served fakegraph, with all of its checks.

What it sends is the same each time: of the whole surface a part, all of it with
``WHOLE_SURFACE``, as ``make crash-test`` does. Each API has a server of its own: what the control API is
told to do, such as to wait ten minutes, is no business of the other's requests.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.clients.conftest import serving

KEY = "a-key"
APIS = {"graph": r"^/(beta|v1\.0)/", "control": "^/_fakegraph/"}
SEED = 8365
EXAMPLES = 10
EVERYTHING = ("--phases", "examples,coverage,fuzzing,stateful")


def call(url, method="GET"):
    request = urllib.request.Request(url, method=method, headers={"X-Fakegraph-Key": KEY})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def operations_of(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, operation


@pytest.mark.parametrize("api", APIS)
def test_what_is_described_is_what_is_done(tmp_path, api):
    options = ("--auth", "strict", "--control-key", KEY, "--log-level", "error")
    with serving(tmp_path, *options) as url:
        document = call(f"{url}/_fakegraph/openapi.json")
        for _, operation in operations_of(document):
            del operation["responses"]["default"]  # what faults answer; there are none
        (tmp_path / "openapi.json").write_text(json.dumps(document))
        token = call(f"{url}/_fakegraph/tokens", "POST")["access_token"]
        header = {"graph": f"Authorization: Bearer {token}", "control": f"X-Fakegraph-Key: {KEY}"}
        done = run(tmp_path, url, header[api], APIS[api])

    wanted = sum(re.match(APIS[api], path) is not None for path, _ in operations_of(document))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Tested: {wanted}\n" in done.stdout, done.stdout


WHOLE = (
    "/users",
    "/users/{id}/messages",
    "/groups/{id}/members*",
    "/deviceManagement/deviceCategories*",
)
CHECKS = "no_error_of_the_server,no_success_that_is_not_described"
FUZZING = ("--checks", CHECKS, "--phases", "fuzzing")
# The paths of the whole surface, in so many parts that are spread evenly over it.
PARTS = 24
FUZZED = range(0, PARTS, 1 if os.environ.get("WHOLE_SURFACE") else 8)


@pytest.mark.parametrize("pattern", WHOLE)
def test_nothing_of_the_whole_is_an_error_of_the_server(tmp_path, pattern):
    with serving(tmp_path, "--no-fixture", "--log-level", "error") as url:
        document = call(f"{url}/_fakegraph/openapi.json?path={quote(pattern)}")
        operations = list(operations_of(document))
        (tmp_path / "openapi.json").write_text(json.dumps(document))
        done = run(tmp_path, url, "Authorization: Bearer x", "/", FUZZING, "2")

    assert operations
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr


@pytest.mark.parametrize("part", FUZZED)
def test_the_whole_surface_does_what_is_described(tmp_path, part):
    with serving(tmp_path, "--no-fixture", "--log-level", "error") as url:
        document = call(f"{url}/_fakegraph/openapi.json?path=*")
        document["paths"] = dict(list(document["paths"].items())[part::PARTS])
        wanted = len(list(operations_of(document)))
        (tmp_path / "openapi.json").write_text(json.dumps(document))
        done = run(tmp_path, url, "Authorization: Bearer x", "/", FUZZING, "1")

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    assert f"Tested: {wanted}\n" in done.stdout, done.stdout[-5000:]


def run(folder, url, header, paths, checks=EVERYTHING, examples=str(EXAMPLES)):
    command = [sys.executable, "-m", "schemathesis.cli"]
    command += ["--config-file", Path(__file__).with_name("schemathesis.toml")]
    command += ["run", folder / "openapi.json"]
    command += ["--url", url, "--header", header, "--include-path-regex", paths]
    command += [*checks, "--seed", str(SEED), "--max-examples", examples, "--continue-on-failure"]
    command += ["--warnings", "off", "--no-color"]
    here = str(Path(__file__).parent)
    environment = {**os.environ, "PYTHONPATH": here, "SCHEMATHESIS_HOOKS": "schemathesis_hooks"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
