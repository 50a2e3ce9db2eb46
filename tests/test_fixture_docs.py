"""What docs/how-to/fixtures.md says works as it is written there."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

from fakegraph import FakeGraph
from tests.test_import import recorded

ADA = "ada@contoso.com"
PAGE = (Path(__file__).parents[1] / "docs" / "how-to" / "fixtures.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def run(line, folder):
    program, *arguments = shlex.split(line)
    assert program == "fakegraph"
    command = [sys.executable, "-m", "fakegraph", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (line, done.stderr, done.stdout)
    return done.stdout


def test_the_commands_do_what_is_shown(tmp_path):
    with FakeGraph(data_dir=tmp_path / "data") as graph:
        graph.server.control("POST", "/seed", {"users": [{"userPrincipalName": ADA}]})
    entries = {"log": {"entries": recorded()}}
    (tmp_path / "graph.har").write_text(json.dumps(entries))
    for block in blocks("sh"):
        for line in block.splitlines():
            run(line, tmp_path)


def test_the_builders_build_what_is_shown(pytester):
    pytester.makepyfile("\n".join(blocks("python")))
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)
