"""What pyright says of code that uses the handle: as mypy, nothing of good uses and a lot of bad ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_typing import BAD, GOOD, ROOT

PYRIGHT = Path(__file__).parent / "node_modules" / ".bin" / "pyright"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What it says, as file and line."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "good.py").write_text(GOOD)
    (folder / "bad.py").write_text(BAD)
    settings = {"include": ["."], "extraPaths": [str(ROOT)], "typeCheckingMode": "strict"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [PYRIGHT, "--outputjson", "--pythonpath", sys.executable, "--project", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    told = json.loads(done.stdout)
    return {
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1): each
        for each in told["generalDiagnostics"]
        if each["severity"] == "error"
    }


def test_good_uses_are_taken(found):
    assert [each for (file, _), each in found.items() if file == "good.py"] == []


def test_bad_uses_are_refused(found):
    wanted = {number for number, line in enumerate(BAD.splitlines(), 1) if "  # " in line}
    assert {line for file, line in found if file == "bad.py"} >= wanted
