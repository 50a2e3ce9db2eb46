"""Debian's OneDrive client, unmodified, through ``fakegraph run``.

It is built on a libcurl that takes the system's certificates alone, so it sees those of the run in their place: in a
namespace of its own, which wants no root.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import DOCS, Page

# What the guide has `fakegraph run` do: a shell that sees other certificates and becomes the client.
(SHOWN,) = (
    each.text.partition("fakegraph run -- ")[2].strip()
    for each in Page(DOCS / "how-to" / "unmodified.md").blocks
    if "onedrive" in each.text
)
OWN = """--confdir "$PWD/conf" --syncdir "$PWD/here" "$@"' sh "$@\""""

#: Makes a user, says what kind its drive is, signs it in, and leaves the refresh token where the client has it.
CONFIGURE = """
import json, os, sys, urllib.parse, urllib.request

GRAPH = "https://graph.microsoft.com/v1.0"
LOGIN = "https://login.microsoftonline.com/organizations/oauth2/v2.0/token"
kind, file = sys.argv[1:]

def ask(url, body=None, form=None):
    data = urllib.parse.urlencode(form).encode() if form else json.dumps(body).encode()
    head = {} if form else {"Authorization": "Bearer x", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data, head)) as answer:
        return json.load(answer)

ada, password = "ada@contoso.com", "L0velace!x"
profile = {"password": password, "forceChangePasswordNextSignIn": False}
ask(f"{GRAPH}/users", {"accountEnabled": True, "displayName": "Ada", "mailNickname": "ada",
    "userPrincipalName": ada, "passwordProfile": profile})
ask(f"{os.environ['FAKEGRAPH_URL']}/_fakegraph/seed", {f"users/{ada}/drive": {"driveType": kind}})
asked = {"grant_type": "password", "username": ada, "password": password,
    "client_id": "d50ca740-c83f-4d1b-b616-12c519384f0c", "scope": "Files.ReadWrite.All offline_access"}
with open(file, "w") as token:
    token.write(ask(LOGIN, form=asked)["refresh_token"])
"""
STEPS = """
"$PYTHON" -c "$CONFIGURE" "$KIND" conf/refresh_token
export HOME="$PWD" DRIVE=https://graph.microsoft.com/v1.0/users/ada@contoso.com/drive
sync() { SHOWN; }
ask() { curl -sf -H 'Authorization: Bearer x' "$@"; }
sync --synchronize
ask -L "$DRIVE/root:/sub/deep/b%23.txt:/content"
ask "$DRIVE/root:/sub/large.bin?select=size"; echo
echo changed > here/a.txt; rm here/sub/large.bin; mv here/sub/deep here/other
sync --synchronize
ask -L "$DRIVE/root:/a.txt:/content"
ask "$DRIVE/root/children?select=name" | grep -o '"name":"[^"]*"'
ask -X PUT "$DRIVE/root:/new.txt:/content" -H 'Content-Type: text/plain' -d 'from there' > put
ask -X DELETE "$DRIVE/root:/other"
sync --synchronize
cat here/new.txt; echo; ls here
sync --display-sync-status
""".replace("SHOWN", SHOWN.replace("--synchronize'", OWN))


def _may_have_namespaces() -> bool:
    command = ["unshare", "-rm", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _may_have_namespaces(), reason="this system gives users no namespaces")
@pytest.mark.parametrize("kind", ["business", "personal"])
def test_onedrive_keeps_a_folder_and_a_drive_the_same(tmp_path: Path, kind: str) -> None:
    (tmp_path / "here" / "sub" / "deep").mkdir(parents=True)
    (tmp_path / "conf").mkdir()
    (tmp_path / "here" / "a.txt").write_text("one\n")
    (tmp_path / "here" / "sub" / "deep" / "b#.txt").write_text("two\n")
    (tmp_path / "here" / "sub" / "large.bin").write_bytes(bytes(12_000_000))
    known = {**os.environ, "PYTHON": sys.executable, "CONFIGURE": CONFIGURE, "KIND": kind}
    command = [sys.executable, "-m", "fakegraph", "run", "--", "sh", "-ec", STEPS]

    done = subprocess.run(
        command, cwd=tmp_path, env=known, capture_output=True, text=True, check=False
    )

    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "ERROR" not in said, said
    lines = done.stdout.splitlines()
    assert "two" in lines, said
    assert any('"size":12000000' in line for line in lines), said
    names = [line for line in lines if line.startswith('"name":')]
    assert names == ['"name":"a.txt"', '"name":"other"', '"name":"sub"'], said
    assert lines[lines.index("from there") + 1 :][:3] == ["a.txt", "new.txt", "sub"], said
    assert "No pending remote changes - in sync" in said, said
