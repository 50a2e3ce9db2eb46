"""rclone, unmodified, through ``fakegraph run``: it signs in by a refresh token, and compares hashes."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

LARGE = 100_000_000
#: Makes a user, signs it in, says what kind its drive is, and writes rclone's configuration.
CONFIGURE = """
import json, os, sys, urllib.parse, urllib.request

GRAPH = "https://graph.microsoft.com/v1.0"
LOGIN = "https://login.microsoftonline.com/organizations/oauth2/v2.0/token"
kind, file = sys.argv[1:]
app = {"client_id": "4a1c2b9e-3d47-4f0e-9a55-0c1f6d7e8b90", "client_secret": "s3cret"}

def ask(url, token, body=None, form=None):
    data = urllib.parse.urlencode(form).encode() if form else json.dumps(body).encode() if body else None
    head = {} if form else {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data, head)) as answer:
        return json.load(answer)

ada = "ada@contoso.com"
profile = {"password": "L0velace!x", "forceChangePasswordNextSignIn": False}
ask(f"{GRAPH}/users", "x", {"accountEnabled": True, "displayName": "Ada", "mailNickname": "ada",
    "userPrincipalName": ada, "passwordProfile": profile})
asked = {"grant_type": "password", "username": ada, "password": profile["password"]}
scope = {"scope": "Files.ReadWrite.All offline_access"}
signed_in = ask(LOGIN, "", form={**app, **asked, **scope})
personal = {f"users/{ada}/drive": {"driveType": "personal"}}
if kind == "personal":
    ask(f"{os.environ['FAKEGRAPH_URL']}/_fakegraph/seed", "x", personal)
drive = ask(f"{GRAPH}/me/drive", signed_in["access_token"])
old = {"access_token": "old", "token_type": "Bearer", "expiry": "2020-01-01T00:00:00Z"}
told = {**app, "type": "onedrive", "drive_id": drive["id"], "drive_type": kind,
    "token": json.dumps({**old, "refresh_token": signed_in["refresh_token"]})}
with open(file, "w") as config:
    print("[od]", *(f"{name} = {value}" for name, value in told.items()), sep="\\n", file=config)
"""
STEPS = """
"$PYTHON" -c "$CONFIGURE" business "$RCLONE_CONFIG"
rclone mkdir od:top
rclone copy here od:top
rclone check here od:top
rclone hashsum quickxor od:top --output-file there
rclone hashsum quickxor here --output-file local
sort there | sha1sum; sort local | sha1sum; wc -l < there
rclone copy od:top back
diff -r here back && echo same
rm here/f1.txt; echo changed > here/f2.txt
rclone sync here od:top
rclone check here od:top
rclone move od:top od:moved
rclone lsf od:
rclone moveto od:moved/f2.txt "od:moved/sub/a#b %.txt"
rclone cat "od:moved/sub/a#b %.txt"
rclone copyto "od:moved/sub/a#b %.txt" od:moved/copy.txt
rclone cat od:moved/copy.txt
rclone lsf -R od:moved | wc -l
rclone about od: --json | grep -o '"used": [0-9]*'
rclone purge od:moved
rclone size od:
"""
STEPS_OF_PERSONAL = """
"$PYTHON" -c "$CONFIGURE" personal "$RCLONE_CONFIG"
rclone copy here od:top
rclone hashsum sha1 here --output-file local
rclone hashsum sha1 od:top --output-file there
sort there | sha1sum; sort local | sha1sum; wc -l < there
rclone check here od:top
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two hundred small files, and a large one below them."""
    (tmp_path / "here" / "sub").mkdir(parents=True)
    for number in range(200):
        (tmp_path / "here" / f"f{number}.txt").write_text(f"file {number}\n")
    (tmp_path / "here" / "sub" / "large.bin").write_bytes(random.Random(21).randbytes(LARGE))
    return tmp_path


def run(steps: str, folder: Path, *options: str) -> list[str]:
    """What a script prints, with nothing tried twice: what is refused fails it."""
    known = {
        **os.environ,
        "PYTHON": sys.executable,
        "CONFIGURE": CONFIGURE,
        "RCLONE_CONFIG": str(folder / "rclone.conf"),
        "RCLONE_CACHE_DIR": str(folder / "cache"),
        "RCLONE_RETRIES": "1",
        "RCLONE_LOW_LEVEL_RETRIES": "1",
    }
    command = [sys.executable, "-m", "fakegraph", "run", *options, "--", "sh", "-ec", steps]
    done = subprocess.run(
        command, cwd=folder, env=known, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ERROR" not in done.stderr, done.stderr
    return done.stdout.splitlines()


def test_rclone_copies_syncs_checks_moves_and_purges(folder: Path) -> None:
    there, local, *found = run(STEPS, folder)

    used = sum(file.stat().st_size for file in (folder / "here").rglob("*") if file.is_file())
    copied = len("changed") + 1
    assert there == local
    assert found == [
        "201",
        "same",
        "moved/",
        "changed",
        "changed",
        "202",
        f'"used": {used + copied}',
        "Total objects: 0 (0)",
        "Total size: 0 B (0 Byte)",
    ]


def test_rclone_compares_the_sha1_of_personal_drives(folder: Path) -> None:
    (folder / "here" / "sub" / "large.bin").unlink()

    there, local, count = run(STEPS_OF_PERSONAL, folder)

    assert (there, count) == (local, "200")
