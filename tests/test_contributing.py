"""The first change of .github/CONTRIBUTING.md, made in a copy, works as it is written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / ".github" / "CONTRIBUTING.md").read_text()
FILES = (
    "fakegraph/tenants/faults.py",
    "fakegraph/handle/options.py",
    "fakegraph/js/index.d.cts",
    "docs/reference/control.md",
)
PARTS = (
    "tools",
    "fakegraph",
    "fixtures",
    "docs",
    "tests",
    "README.md",
    "CHANGELOG.md",
    "setup.cfg",
)


@pytest.fixture
def copy(tmp_path):
    leave = shutil.ignore_patterns("__pycache__", "node_modules", ".*", "sweep", "replay")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tmp_path / part, ignore=leave)
        else:
            shutil.copy(source, tmp_path)
    return tmp_path


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def change(file, diff):
    """Put the added line of a diff behind the line that it shows."""
    before, after = (line[1:] for line in diff.splitlines())
    text = file.read_text()
    assert text.count(f"{before}\n") == 1, f"{file.name} has that line once: {before}"
    file.write_text(text.replace(f"{before}\n", f"{before}\n{after}\n"))


def run(folder, *arguments):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0"]
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [*command, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_the_first_change_works_step_by_step(copy):
    (test,) = blocks("python")
    (copy / "tests" / "test_full_drive.py").write_text(test)
    status, said = run(copy, "tests/test_full_drive.py")
    assert status == 1
    assert "throttled" in said  # which presets there are

    first, *others = blocks("diff")
    change(copy / FILES[0], first)
    known = ("tests/test_typing.py", "tests/test_readme.py", "-k", "full or types or every_preset")
    status, said = run(copy, "tests/test_full_drive.py", *known)
    failed = re.findall(r"^FAILED (\S+)", said, re.MULTILINE)
    assert (status, [each for each in failed if "full_drive" in each]) == (1, []), said

    for file, diff in zip(FILES[1:], others, strict=True):
        change(copy / file, diff)
    status, said = run(copy, "tests/test_full_drive.py", *known)
    assert status == 0, said


def test_the_files_that_are_changed_are_those_that_are_named():
    told = PAGE.partition("## Your first change")[2]
    assert [name for name in FILES if f"`{name}`" not in told] == []
    pythons = set(re.findall(r"(\S*python) -m pytest", told.replace("`", "")))
    assert pythons == {".venv/bin/python"}  # what `make test-smoke` has made, not the system's
    named = re.findall(r"python -m pytest (tests/[\w/.]+\w(?: tests/[\w/.]+\w)*)", told)
    paths = {path for line in named for path in line.split()} - {"tests/test_full_drive.py"}
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_links_of_the_pages_for_contributors_lead_somewhere():
    for page in (ROOT / ".github").glob("*.md"):
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert link.startswith("https://") or (page.parent / link).exists(), link
        assert [line for line in page.read_text().splitlines() if len(line) > 120] == []
