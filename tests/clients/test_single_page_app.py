"""A single-page app with MSAL in Chromium: with the hosts of production, and with the server's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import serving

HERE = Path(__file__).parent
PRODUCTION = ("https://login.microsoftonline.com/organizations", "https://graph.microsoft.com")
TESTS = 6


@pytest.mark.parametrize("whose", ["production's", "its own"])
def test_a_single_page_app_signs_in_and_out(tmp_path, ca, whose):
    chromium = shutil.which("chromium")
    assert chromium, "this test needs the browser chromium on the PATH"
    proxied = whose == "production's"
    options = ("--proxy",) if proxied else ca[1]
    with serving(tmp_path, "--auth", "strict", *options) as served:
        authority, graph = PRODUCTION if proxied else (f"{served}/organizations", served)
        said = {"chromium": chromium, "profile": str(tmp_path / "profile"), "authority": authority,
                "graph": graph, "proxy": served if proxied else None,
                "users": ["ada.abara001@contoso.onmicrosoft.com", "ana.jansen003@contoso.com"]}  # fmt: skip
        control = {"CONTROL": f"{served}/_fakegraph", "NODE_EXTRA_CA_CERTS": str(ca[0])}
        done = subprocess.run(
            ["node", "--test", "--test-reporter=spec", "single_page_app.test.mjs"],
            cwd=HERE,
            env={**os.environ, **control, "APP": json.dumps(said)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"pass {TESTS}" in done.stdout
