"""What is released: the same bytes whoever builds them, with a bill of what is in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from fakegraph import __version__

ROOT = Path(__file__).parents[2]


def build(folder, *options, umask, **environ):
    subprocess.run(
        [sys.executable, "-m", "tools.release", *options, str(folder)],
        cwd=ROOT,
        env={**os.environ, **environ},
        umask=umask,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("one"), umask=0o022)


def test_who_builds_again_gets_the_same_bytes(built, tmp_path):
    again = build(tmp_path, "--no-sbom", umask=0o077, TZ="Asia/Tokyo")
    assert len(again) == 2
    for name, file in again.items():
        assert file.read_bytes() == built[name].read_bytes(), name


def test_the_sdist_says_nothing_of_who_packed_it(built):
    with tarfile.open(built[f"fakegraph-{__version__}.tar.gz"]) as archive:
        members = archive.getmembers()
    assert {(each.uid, each.gid, each.uname, each.gname) for each in members} == {(0, 0, "", "")}
    assert len({each.mtime for each in members}) == 1
    names = {each.name.partition("/")[2] for each in members}
    assert {"pyproject.toml", "setup.cfg", "LICENSE", "fakegraph/js/index.cjs"} <= names


def test_the_wheel_has_the_npm_package_whole(built):
    with zipfile.ZipFile(built[f"fakegraph-{__version__}-py3-none-any.whl"]) as wheel:
        names = {name for name in wheel.namelist() if name.startswith("fakegraph/js/")}
    assert names == {f"fakegraph/js/{path.name}" for path in (ROOT / "fakegraph/js").iterdir()}


def test_the_bill_lists_what_is_brought_in_and_what_is_shipped(built):
    bill = json.loads(built[f"fakegraph-{__version__}.cdx.json"].read_text())
    assert (bill["bomFormat"], bill["metadata"]["component"]["version"]) == (
        "CycloneDX",
        __version__,
    )
    names = {each["name"].lower() for each in bill["components"]}
    assert {"flask", "tinydb", "marshmallow", "cryptography", "preact", "htm"} <= names
    assert all(each["version"] for each in bill["components"])
    assert str(ROOT) not in json.dumps(bill)


def test_a_tag_is_signed_as_the_page_says(tmp_path):
    page = (ROOT / "docs" / "how-to" / "release.md").read_text()
    (script,) = re.findall(r"^```sh\n(git config gpg.*?)^```$", page, re.MULTILINE | re.DOTALL)
    prepare = """
        mkdir .ssh
        ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519
        git init --quiet repository
        cd repository
        git config user.email ada@contoso.com
        git config user.name Ada
        git commit --quiet --allow-empty --message one
    """
    done = subprocess.run(
        ["bash", "-ec", prepare + script],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert 'Good "git" signature for ada@contoso.com' in done.stdout + done.stderr
