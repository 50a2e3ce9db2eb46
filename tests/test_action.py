"""The GitHub Action does what it says, run as a runner would run it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

ACTION = Path(__file__).parents[1] / ".github" / "actions" / "start"
DECLARED = yaml.safe_load((ACTION / "action.yml").read_text())
(STEP,) = DECLARED["runs"]["steps"]


@pytest.fixture
def runner(tmp_path):
    """Runs the action's step with inputs; gives its exit code, what it said, and what it told."""
    home = tmp_path / "fakegraph"
    home.mkdir()
    (home / "venv").symlink_to(sys.prefix)  # as if it were installed already
    files = {name: tmp_path / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH")}

    def run(**inputs):
        expressions = {"github.action_path": str(ACTION)}
        for name, declared in DECLARED["inputs"].items():
            expressions[f"inputs.{name}"] = inputs.get(name, declared["default"])
        given = {
            name: re.sub(r"\$\{\{ (.*?) \}\}", lambda found: expressions[found[1]], value)
            for name, value in STEP["env"].items()
        }
        environ = {**os.environ, **given, **{name: str(file) for name, file in files.items()}}
        done = subprocess.run(
            ["bash", "-c", STEP["run"]],
            env={**environ, "RUNNER_TEMP": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        told = {name: file.read_text() if file.exists() else "" for name, file in files.items()}
        return done.returncode, done.stdout + done.stderr, told

    yield run
    ready = home / "ready.json"
    if ready.exists():
        os.kill(json.loads(ready.read_text())["pid"], signal.SIGTERM)


def lines(text):
    return dict(line.split("=", 1) for line in text.splitlines())


def test_steps_that_follow_know_where_it_is(runner, tmp_path):
    status, said, told = runner(port="0", options="--auth off  --no-fixture")
    assert status == 0, said
    url = lines(told["GITHUB_ENV"])["FAKEGRAPH_URL"]
    assert lines(told["GITHUB_OUTPUT"]) == {"url": url}
    with urllib.request.urlopen(f"{url}/v1.0/users") as answer:
        assert json.load(answer)["value"] == []
    (folder,) = told["GITHUB_PATH"].splitlines()
    assert [path.name for path in Path(folder).iterdir()] == ["fakegraph"]
    assert set(DECLARED["outputs"]) == {"url", "ca"}


def test_a_server_that_does_not_start_is_told_of(runner):
    status, said, told = runner(port="0", options="--page-size 0")
    assert status == 1
    assert "::error::fakegraph does not start: Error: --page-size is '0'" in said
    assert told["GITHUB_ENV"] == ""


def test_inputs_are_no_part_of_a_script():
    assert "inputs." not in STEP["run"]
    assert set(DECLARED["inputs"]) == {"options", "port", "package"}
