"""What docs/how-to/fixtures.md says works as it is written there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

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
    for name, text in re.findall(
        r'^```json title="([^"]+)"\n(.*?)^```', PAGE, re.MULTILINE | re.DOTALL
    ):
        (tmp_path / name).write_text(text)
    for block in blocks("sh"):
        for line in block.splitlines():
            run(line, tmp_path)
    assert "Adele Vance" in (tmp_path / "recorded" / "users.jsonl").read_text()
    assert "Adele Vance" not in (tmp_path / "others" / "users.jsonl").read_text()


def test_the_builders_build_what_is_shown(pytester):
    pytester.makepyfile("\n".join(blocks("python")))
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)
