"""Pages of ``docs/`` that need more than Python, done as a reader would do them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.pages import PAGES, ROOT, Page
from tests.ports import ReservedPort
from tests.test_pages import HERE, PLAYED, TESTED

OTHERS = [page for page in PLAYED if page.commands and page not in HERE]
README = (ROOT / "README.md").read_text()


@pytest.fixture(scope="session")
def clone(tmp_path_factory):
    """The repository as somebody gets it who clones it."""
    place = tmp_path_factory.mktemp("clone") / "fakegraph"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{ROOT}", place], check=True)
    return place


@pytest.mark.parametrize("page", OTHERS, ids=lambda page: page.name)
def test_others_do_as_they_say(page: Page, tmp_path: Path, clone: Path, served: str) -> None:
    folder = tmp_path / "reader"
    folder.mkdir()
    (tmp_path / "fakegraph").symlink_to(clone)
    # Who installs it has it from there, and not from the repository of these tests.
    installs = {"PYTHONPATH": ""} if "pip" in page.needs else {}
    page.play(folder, served, **installs)


@pytest.mark.parametrize("page", TESTED, ids=lambda page: page.name)
def test_guides_do_as_they_say_one_by_one(page: Page, tmp_path: Path) -> None:
    (tmp_path / "reader").mkdir()
    page.play(tmp_path / "reader")


def test_the_first_command_of_the_readme_serves(clone: Path) -> None:
    command = ["make", "--silent", "serve", f"PYTHON={sys.executable}"]
    own = {"PYTHONPATH": "", "PYTHONUNBUFFERED": "1"}
    with (
        ReservedPort() as port,
        subprocess.Popen(
            command,
            cwd=clone,
            env={**os.environ, **own, "FAKEGRAPH_PORT": str(port)},
            stdout=subprocess.PIPE,
            text=True,
        ) as served,
    ):
        assert served.stdout is not None
        try:
            said = next(line for line in served.stdout if "listening" in line)
            assert f"http://127.0.0.1:{port}" in said
            asked = urllib.request.Request(
                f"http://127.0.0.1:{port}/v1.0/me", headers={"Authorization": "Bearer anything"}
            )
            with urllib.request.urlopen(asked) as answer:
                assert json.load(answer)["displayName"] == "Ada Abara"
        finally:
            served.terminate()  # make leaves it to its child, which it tells


def test_the_first_test_in_javascript_passes(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```js\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (tmp_path / "me.test.mjs").write_text(example)
    (command,) = re.findall(r"`fakegraph (run -- node --test me.test.mjs)`", README)
    done = subprocess.run(
        [sys.executable, "-m", "fakegraph", *command.split()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_language_has_its_tutorial() -> None:
    names = {page.path.stem for page in PAGES if page.name.startswith("tutorial/")}
    languages = {"python", "javascript", "dotnet", "java", "go", "powershell", "curl"}
    assert languages <= names
