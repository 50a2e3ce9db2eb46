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
    run(python, "-m", "pip", "install", "--quiet", f"{wheel}[pytest]")

    command = [python, "-m", "fakegraph", "serve", "--port", "0", "--auth", "off"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as served:
        url = served.stdout.readline().split()[-1]
        path = "/reports/userCredentialUsageDetails?$count=true&$top=1"
        with urllib.request.urlopen(url + path) as answer:
            assert json.load(answer)["@odata.count"] == 400
        served.terminate()
        assert served.wait() == 0

    test = tmp_path / "test_it.py"
    test.write_text(
        "def test_it(fakegraph):\n    assert fakegraph.records('userCredentialUsageDetails')\n"
    )
    assert "1 passed" in run(python, "-m", "pytest", "-q", test, cwd=tmp_path)
